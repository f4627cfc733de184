//! Protected names and the addresses that print names of before.

use std::collections::HashMap;

use minzheng_kit::{Result, UserError, mutation};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, ExprTrait,
    IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    sea_query::{Expr, LikeExpr},
};
use serde_json::json;
use uuid::Uuid;

use super::{
    act::{self, About, Act},
    naming::requests::{LayDownMeasuresInput, ListHeritageNameInput, UpdateStandardAddressInput},
    telling,
};
use crate::model::{
    heritage_name, outdated_address, place, place_name, vocabulary::PlaceHeritageCategory,
};

/// The longest text of measures or address, in characters.
const LONGEST: usize = 1000;

async fn place_of(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    id: &async_graphql::ID,
) -> Result<place::Model> {
    let place = place::Entity::find_by_id(act::known(id, "placeId")?)
        .one(tx)
        .await?
        .ok_or_else(|| act::unknown("placeId"))?;
    act.oversees(tx, place.county).await?;
    Ok(place)
}

async fn told(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    place: &place::Model,
    kind: &str,
    body: serde_json::Value,
) -> Result<()> {
    let key = place.id.to_string();
    mutation::history(tx, "Place", &key, act.principal, None, Some(body.clone())).await?;
    let about = About {
        division: Some(place.division),
        place: Some(place.id),
        application: None,
    };
    act::record(tx, act.at, kind, about, body).await
}

/// P-7, 地名管理条例 25: puts a name on the list of protected names.
pub async fn list(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    input: &ListHeritageNameInput,
) -> Result<Uuid> {
    act.decides()?;
    let place = place_of(tx, act, &input.place_id).await?;
    act::same_version(place.version, input.version)?;
    let listed = heritage_name::Entity::find_by_id(place.id).one(tx).await?;
    if listed.is_some() {
        return Err(UserError::new(
            "LISTED_ALREADY",
            "This name is on the list already.",
            "该地名已列入保护名录。",
        )
        .field(&["input", "placeId"])
        .basis("地名管理条例第二十五条")
        .into());
    }
    heritage_name::ActiveModel {
        place: Set(place.id),
        category: Set(input.category),
        listed_on: Set(act::past_day(
            input.listed_on.map(|d| d.0),
            act.today,
            "listedOn",
        )?),
        document: Set(act::text(&input.document, "document", 100)?),
        measures: Set(None),
        measures_on: Set(None),
        version: Set(1),
    }
    .insert(tx)
    .await?;
    let version = place.version + 1;
    let mut changed = place.clone().into_active_model();
    changed.is_heritage = Set(true);
    changed.version = Set(version);
    changed.update(tx).await?;
    let body = json!({ "version": 1, "place": place.id, "category": act::stored(&input.category) });
    told(tx, act, &place, "PlaceListed", body).await?;
    Ok(place.id)
}

/// P-7: lays down the protective measures without which a listed name is not changed.
pub async fn lay_down(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    input: &LayDownMeasuresInput,
) -> Result<Uuid> {
    act.decides()?;
    let place = place_of(tx, act, &input.place_id).await?;
    let row = heritage_name::Entity::find_by_id(place.id)
        .one(tx)
        .await?
        .ok_or_else(|| {
            UserError::new(
                "NOT_LISTED",
                "This name is not on the list.",
                "该地名未列入保护名录。",
            )
            .field(&["input", "placeId"])
        })?;
    act::same_version(row.version, input.version)?;
    let version = row.version + 1;
    let mut changed = row.into_active_model();
    changed.measures = Set(Some(act::text(&input.measures, "measures", LONGEST)?));
    changed.measures_on = Set(Some(act::past_day(
        input.measures_on.map(|d| d.0),
        act.today,
        "measuresOn",
    )?));
    changed.version = Set(version);
    changed.update(tx).await?;
    let body = json!({ "version": 1, "place": place.id, "measures": true });
    told(tx, act, &place, "PlaceMeasuresLaidDown", body).await?;
    Ok(place.id)
}

/// Renews a standard address; it is no longer on the list of those that print a name of before.
pub async fn update_address(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    input: &UpdateStandardAddressInput,
) -> Result<Uuid> {
    let place = place_of(tx, act, &input.place_id).await?;
    act::same_version(place.version, input.version)?;
    let address = act::text(&input.address, "address", LONGEST)?;
    let owing = outdated_address::Entity::find()
        .filter(outdated_address::Column::Place.eq(place.id))
        .all(tx)
        .await?;
    let prints_old = owing.iter().any(|row| {
        address.contains(&row.old_name)
            && row
                .new_name
                .as_deref()
                .is_none_or(|new| !address.contains(new))
    });
    if prints_old {
        return Err(UserError::new(
            "ADDRESS_OLD_NAME",
            "The address still prints the name of before.",
            "地址仍使用原地名，应当使用标准地名。",
        )
        .field(&["input", "address"])
        .basis("地名管理条例第十八条")
        .into());
    }
    outdated_address::Entity::delete_many()
        .filter(outdated_address::Column::Place.eq(place.id))
        .exec(tx)
        .await?;
    let version = place.version + 1;
    let mut changed = place.clone().into_active_model();
    changed.address = Set(Some(address));
    changed.version = Set(version);
    changed.update(tx).await?;
    let own = json!({ "county": place.county, "change": "ADDRESS" });
    let key = place.id.to_string();
    mutation::history(tx, "Place", &key, act.principal, None, Some(own.clone())).await?;
    telling::place(tx, act.at, &place, act.today, own).await?;
    Ok(place.id)
}

/// Places with protected names, to be paged by id; of one division or all, of one category or all.
pub fn protected(
    division: Option<Uuid>,
    category: Option<PlaceHeritageCategory>,
) -> Select<place::Entity> {
    let mut listed = heritage_name::Entity::find()
        .select_only()
        .column(heritage_name::Column::Place);
    if let Some(category) = category {
        listed = listed.filter(heritage_name::Column::Category.eq(category));
    }
    let places = place::Entity::find()
        .filter(place::Column::IsHeritage.eq(true))
        .filter(place::Column::Id.in_subquery(listed.into_query()));
    in_division(places, division)
}

fn in_division(places: Select<place::Entity>, division: Option<Uuid>) -> Select<place::Entity> {
    match division {
        None => places,
        Some(id) => places.filter(
            Condition::any()
                .add(place::Column::Division.eq(id))
                .add(place::Column::County.eq(id)),
        ),
    }
}

/// The listings of these places.
pub async fn listings<C: ConnectionTrait>(
    db: &C,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, heritage_name::Model>> {
    let rows = heritage_name::Entity::find()
        .filter(heritage_name::Column::Place.is_in(ids.iter().copied()))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| (row.place, row)).collect())
}

/// Places whose address prints a name that is no longer in force, to be paged by id.
pub fn outdated(division: Option<Uuid>) -> Select<place::Entity> {
    let owing = outdated_address::Entity::find()
        .select_only()
        .column(outdated_address::Column::Place)
        .into_query();
    in_division(
        place::Entity::find().filter(place::Column::Id.in_subquery(owing)),
        division,
    )
}

/// What these places' addresses print that is no longer in force, oldest first.
pub async fn old_names<C: ConnectionTrait>(
    db: &C,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Vec<outdated_address::Model>>> {
    let rows = outdated_address::Entity::find()
        .filter(outdated_address::Column::Place.is_in(ids.iter().copied()))
        .order_by_asc(outdated_address::Column::Since)
        .order_by_asc(outdated_address::Column::Application)
        .all(db)
        .await?;
    Ok(super::naming::grouped(rows, |row| row.place))
}

/// The places of the same county whose standard address prints any name that this place has or had; for
/// whoever thinks of renaming it. To be paged by id; `None` for an unknown place.
pub async fn addressed_by<C: ConnectionTrait>(
    db: &C,
    id: Uuid,
) -> Result<Option<Select<place::Entity>>> {
    let Some(itself) = place::Entity::find_by_id(id).one(db).await? else {
        return Ok(None);
    };
    let names = place_name::Entity::find()
        .filter(place_name::Column::Place.eq(id))
        .all(db)
        .await?;
    let mut printing = Condition::any();
    for name in &names {
        // Names are of Chinese characters and digits (P-1), so nothing in them is a wildcard.
        let pattern = LikeExpr::new(format!("%{}%", name.name));
        printing = printing.add(Expr::col(place::Column::Address).like(pattern));
    }
    if names.is_empty() {
        printing = printing.add(Expr::value(false));
    }
    Ok(Some(
        place::Entity::find()
            .filter(place::Column::County.eq(itself.county))
            .filter(place::Column::Id.ne(id))
            .filter(printing),
    ))
}
