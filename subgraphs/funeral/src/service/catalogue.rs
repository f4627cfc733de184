//! What may be charged, as it is published: the items, the ceilings of base items and who sets them (F-7), and the
//! lists of facilities, version by version (F-6).

use chrono::NaiveDate;
use minzheng_kit::contract::scope as contract_scope;
use minzheng_kit::divisions::{Division, Divisions, Level};
use minzheng_kit::{Error, Result, UserError, id};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait,
};
use serde_json::json;
use std::collections::HashSet;
use uuid::Uuid;

use super::act::{Act, short, unique, unknown};
use super::ceilings::Ceilings;
use super::{facilities, scope};
use crate::model::{ceiling_authority, facility, price_ceiling, price_line, service_item};
use crate::rules::price_list::{self, NewLine, SetBy};
use crate::rules::terms::{FacilityState, ItemClass, ItemUnit};

/// The province of these services.
fn province<'a>(act: &Act<'a>) -> Result<&'a Division> {
    let divisions = &act.principal.divisions;
    divisions
        .by_code(&format!("{}0000", act.services.province.as_str()))
        .ok_or(Error::NotFound)
}

/// The division with an id, as it is by now.
fn division<'a>(act: &Act<'a>, key: Uuid) -> Result<&'a Division> {
    act.principal.divisions.by_id(&key).ok_or_else(|| {
        unknown(
            "division",
            "There is no such division today.",
            "没有该行政区划。",
        )
    })
}

/// A row that holds on a day, by the two columns of its term.
fn holds<C: ColumnTrait>(from: C, to: C, on: NaiveDate) -> Condition {
    Condition::all()
        .add(from.lte(on))
        .add(Condition::any().add(to.is_null()).add(to.gt(on)))
}

/// An item to be added to the service list.
#[derive(Clone, Debug)]
pub struct NewItem {
    /// Its code.
    pub code: String,
    /// Chinese name.
    pub name_zh: String,
    /// English name.
    pub name_en: String,
    /// Its class.
    pub class: ItemClass,
    /// The unit it is charged in.
    pub unit: ItemUnit,
}

/// Adds an item to the service list of the province. For officers of the province.
pub async fn add_item(act: &Act<'_>, new: &NewItem) -> Result<String> {
    act.officer(contract_scope::FUNERAL_CASE, province(act)?.id)?;
    price_list::new_item(&new.code, new.class)?;
    let row = service_item::ActiveModel {
        code: Set(new.code.clone()),
        name_zh: Set(short(&new.name_zh, "nameZh", 40)?.to_owned()),
        name_en: Set(short(&new.name_en, "nameEn", 80)?.to_owned()),
        class: Set(new.class),
        unit: Set(new.unit),
    };
    service_item::Entity::insert(row)
        .exec_without_returning(act.tx)
        .await
        .map_err(|e| {
            unique(e, || {
                UserError::new(
                    "ITEM_EXISTS",
                    "There is an item with this code already.",
                    "该项目编码已存在。",
                )
                .field(&["code"])
            })
        })?;
    let key = id::derived("service item", &new.code);
    act.done(
        ("ServiceItem", key),
        "ServiceItemAdded",
        None,
        json!({ "code": new.code, "class": new.class }),
    )
    .await?;
    Ok(new.code.clone())
}

/// F-7: the province authorises a prefecture to set ceilings from a day on.
pub async fn authorise(
    act: &Act<'_>,
    prefecture: Uuid,
    basis: &str,
    from: NaiveDate,
) -> Result<Uuid> {
    act.officer(contract_scope::FUNERAL_CASE, province(act)?.id)?;
    let place = division(act, prefecture)?;
    price_list::may_authorise(place.level == Level::Prefecture)?;
    scope::ensure(act.tx, prefecture).await?;
    let key = id::new();
    let row = ceiling_authority::ActiveModel {
        id: Set(key),
        division_id: Set(prefecture),
        basis: Set(short(basis, "basis", 80)?.to_owned()),
        valid_from: Set(from.max(act.today)),
        valid_to: Set(None),
    };
    ceiling_authority::Entity::insert(row)
        .exec_without_returning(act.tx)
        .await?;
    act.done(
        ("CeilingAuthority", key),
        "CeilingsAuthorised",
        None,
        json!({ "division": prefecture, "from": from.max(act.today) }),
    )
    .await?;
    Ok(key)
}

async fn is_authorised<C: ConnectionTrait>(c: &C, prefecture: Uuid, on: NaiveDate) -> Result<bool> {
    use ceiling_authority::Column;
    Ok(ceiling_authority::Entity::find()
        .filter(Column::DivisionId.eq(prefecture))
        .filter(holds(Column::ValidFrom, Column::ValidTo, on))
        .one(c)
        .await?
        .is_some())
}

/// A ceiling to be set.
#[derive(Clone, Debug)]
pub struct NewCeiling {
    /// The province, or a prefecture.
    pub division: Uuid,
    /// The item.
    pub item: String,
    /// In fen.
    pub ceiling: i64,
    /// The document.
    pub basis: String,
    /// First day.
    pub from: NaiveDate,
}

/// F-7: sets the ceiling of a base item in a province or in an authorised prefecture; the one before ends on that
/// day. The province sets those of a prefecture too.
pub async fn set_ceiling(act: &Act<'_>, new: &NewCeiling) -> Result<Uuid> {
    act.officer(contract_scope::FUNERAL_CASE, new.division)?;
    let place = division(act, new.division)?;
    let of_province = act
        .officer(contract_scope::FUNERAL_CASE, province(act)?.id)
        .is_ok();
    let by = match place.level {
        Level::Province => SetBy::Province,
        Level::Prefecture if of_province => SetBy::Province,
        Level::Prefecture => SetBy::Prefecture {
            authorised: is_authorised(act.tx, new.division, new.from).await?,
        },
        _ => SetBy::Lower,
    };
    price_list::may_set_ceiling(by)?;
    let items = facilities::items(act.tx).await?;
    let class = items.get(&new.item).map(|i| i.class);
    price_list::ceiling(class, new.ceiling, new.from, act.today)?;
    scope::ensure(act.tx, new.division).await?;
    use price_ceiling::Column;
    price_ceiling::Entity::update_many()
        .col_expr(Column::ValidTo, Expr::value(new.from))
        .filter(Column::DivisionId.eq(new.division))
        .filter(Column::ItemCode.eq(&new.item))
        .filter(
            Condition::any()
                .add(Column::ValidTo.is_null())
                .add(Column::ValidTo.gt(new.from)),
        )
        .exec(act.tx)
        .await?;
    let key = id::new();
    let row = price_ceiling::ActiveModel {
        id: Set(key),
        division_id: Set(new.division),
        item_code: Set(new.item.clone()),
        ceiling: Set(new.ceiling),
        basis: Set(short(&new.basis, "basis", 80)?.to_owned()),
        valid_from: Set(new.from),
        valid_to: Set(None),
    };
    price_ceiling::Entity::insert(row)
        .exec_without_returning(act.tx)
        .await?;
    act.done(
        ("PriceCeiling", key),
        "PriceCeilingSet",
        None,
        json!({ "division": new.division, "item": new.item, "ceiling": new.ceiling, "from": new.from }),
    )
    .await?;
    Ok(key)
}

/// F-7: the facilities whose published lists lie above a ceiling from the day on which it binds them, at most so many:
/// they are to publish anew, and are charged no more than the ceiling until then.
pub async fn above(
    c: &impl ConnectionTrait,
    order: &Divisions,
    ceiling: &price_ceiling::Model,
    most: usize,
) -> Result<Vec<facility::Model>> {
    use price_line::Column;
    let here = facility::Entity::find()
        .select_only()
        .column(facility::Column::Id)
        .filter(
            facility::Column::DivisionId.in_subquery(facilities::divisions_in(ceiling.division_id)),
        )
        .filter(facility::Column::State.ne(FacilityState::Closed))
        .into_query();
    let dearer = price_line::Entity::find()
        .filter(Column::ItemCode.eq(&ceiling.item_code))
        .filter(Column::Price.gt(ceiling.ceiling))
        .filter(Column::FacilityId.in_subquery(here))
        .filter(
            Condition::any()
                .add(Column::ValidTo.is_null())
                .add(Column::ValidTo.gt(ceiling.valid_from)),
        )
        .all(c)
        .await?;
    let mut homes: Vec<Uuid> = dearer.iter().map(|l| l.facility_id).collect();
    homes.sort_unstable();
    homes.dedup();
    let standing = Ceilings::of(c, order, &homes).await?;
    // Only where it is this ceiling that stands: a prefecture's own goes before the province's.
    let bound: HashSet<Uuid> = dearer
        .iter()
        .filter(|line| {
            let from = line.valid_from.max(ceiling.valid_from);
            let stands = standing.on(line.facility_id, &line.item_code, from);
            stands == Some(ceiling.ceiling)
        })
        .map(|line| line.facility_id)
        .collect();
    homes.retain(|home| bound.contains(home));
    homes.truncate(most);
    let mut found = facilities::by_ids(c, &homes).await?;
    Ok(homes.iter().filter_map(|home| found.remove(home)).collect())
}

/// A line of a list to be published; money in fen.
#[derive(Clone, Debug)]
pub struct Line {
    /// The item.
    pub item: String,
    /// The price of a unit.
    pub price: i64,
    /// The reference range, of a non-base item.
    pub reference: Option<(i64, i64)>,
}

/// F-6, F-7: publishes the next version of a facility's list. It takes the place of the whole list before it, from its
/// first day on; what does not stand on it is no longer charged.
pub async fn publish(
    act: &Act<'_>,
    facility_id: Uuid,
    basis: &str,
    from: NaiveDate,
    lines: &[Line],
) -> Result<Uuid> {
    let home = facility::Entity::find_by_id(facility_id)
        .one(act.tx)
        .await?
        .ok_or(Error::Forbidden)?;
    act.officer(contract_scope::FUNERAL_CASE, home.division_id)?;
    if home.state == FacilityState::Closed {
        return Err(Error::Invalid(
            crate::rules::no_such_move("The facility is closed.", "该设施已关闭。")
                .field(&["facility"]),
        ));
    }
    use price_line::Column;
    let last = price_line::Entity::find()
        .filter(Column::FacilityId.eq(facility_id))
        .order_by_desc(Column::ValidFrom)
        .order_by_desc(Column::ListVersion)
        .one(act.tx)
        .await?;
    let codes: Vec<&str> = lines.iter().map(|l| l.item.as_str()).collect();
    price_list::list(&codes, from, last.as_ref().map(|l| l.valid_from), act.today)?;
    let items = facilities::items(act.tx).await?;
    let ceilings = Ceilings::of(act.tx, &act.principal.divisions, &[facility_id]).await?;
    let basis = short(basis, "basis", 80)?;
    let version = last.as_ref().map_or(1, |l| l.list_version + 1);
    let mut made = Vec::with_capacity(lines.len());
    for line in lines {
        let class = items.get(&line.item).map(|i| i.class);
        let base = class.is_some_and(|c| c != ItemClass::NonBase);
        let ceiling = ceilings.on(facility_id, &line.item, from).filter(|_| base);
        price_list::line(&NewLine {
            class,
            price: line.price,
            ceiling,
            reference: line.reference,
        })?;
        let reference = line.reference.filter(|_| !base);
        made.push(price_line::ActiveModel {
            id: Set(id::new()),
            facility_id: Set(facility_id),
            item_code: Set(line.item.clone()),
            list_version: Set(version),
            price: Set(line.price),
            ceiling: Set(ceiling),
            reference_low: Set(reference.map(|r| r.0)),
            reference_high: Set(reference.map(|r| r.1)),
            basis: Set(basis.to_owned()),
            valid_from: Set(from),
            valid_to: Set(None),
            published_on: Set(act.today),
        });
    }
    price_line::Entity::update_many()
        .col_expr(Column::ValidTo, Expr::value(from))
        .filter(Column::FacilityId.eq(facility_id))
        .filter(
            Condition::any()
                .add(Column::ValidTo.is_null())
                .add(Column::ValidTo.gt(from)),
        )
        .exec(act.tx)
        .await?;
    let count = made.len();
    minzheng_kit::database::insert_many(act.tx, made).await?;
    act.done(
        ("PriceList", facility_id),
        "PriceListPublished",
        last.map(|l| json!({ "version": l.list_version, "from": l.valid_from })),
        json!({ "version": version, "from": from, "lines": count }),
    )
    .await?;
    Ok(facility_id)
}
