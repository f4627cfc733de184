//! What a bureau needs before its counters can open: registries, their hours, their people and rooms; and the
//! kinship that stands in the way of marriages (M-6).
//!
//! All of it is for an officer of the division, not of the registry itself: nobody enters himself.

use super::act::{Act, add, same_version, save, still_as_read};
use super::couple::Known;
use crate::kit::calendar::WorkCalendar;
use crate::kit::{Error, Result};
use crate::model::{
    counselling_room, counsellor, guide, kin_edge, opening_exception, opening_hours, registrar,
    registry,
};
use crate::rules::Refusal;
use crate::rules::days::rest_or_weekend;
use crate::rules::opening::{Period, WeekdayPeriod, hours_fault, rest_day_fault};
use chrono::NaiveDate;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect,
};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// The registry, for an officer of the division above it.
async fn above(act: &Act<'_>, id: Uuid) -> Result<registry::Model> {
    let row = act.review(id).await?;
    if act.caller.registry.is_some() {
        return Err(Error::Forbidden);
    }
    Ok(row)
}

/// The registry at the version at which it was read, if the caller says which, one version on: two officers who
/// change a registry or its hours do not overwrite one another.
async fn changing(act: &Act<'_>, id: Uuid, read: Option<i64>) -> Result<registry::Model> {
    let row = above(act, id).await?;
    still_as_read(read, row.version)?;
    let moved = registry::Entity::update_many()
        .col_expr(registry::Column::Version, Expr::value(row.version + 1))
        .filter(registry::Column::Id.eq(row.id))
        .filter(registry::Column::Version.eq(row.version))
        .exec(act.tx)
        .await?;
    if moved.rows_affected == 0 {
        return Err(Error::Conflict);
    }
    Ok(row)
}

/// A new registry, or the same with other facts.
#[derive(Clone, Debug, Serialize)]
pub struct Site {
    /// Official name.
    pub name: String,
    /// The place of its address.
    pub place: Option<Uuid>,
    /// Degrees east and north.
    pub point: (f64, f64),
    /// May register residents of the mainland; of Hong Kong, Macao, Taiwan and overseas Chinese; foreigners.
    pub competence: (bool, bool, bool),
    /// `HALL` or `PARK`.
    pub site_kind: &'static str,
    /// Couples served at once.
    pub windows: i32,
    /// Open on rest days.
    pub weekend_service: bool,
}

/// Opens a registry in a county.
#[derive(Clone, Debug, Serialize)]
pub struct Open {
    /// Six digits of today of its county.
    pub county: String,
    /// What it is.
    pub site: Site,
}

/// Opens a registry; its code is the county's with the next number of a site.
pub async fn open(act: Act<'_>, what: &Open) -> Result<Uuid> {
    // As it is now: a county may have been born or renumbered since the program was made.
    let set = &act.caller.divisions;
    let county = set.by_code(&what.county).filter(|county| {
        county.level == crate::kit::divisions::Level::County
            && act.caller.registry.is_none()
            && act.caller.oversees(&county.code)
    });
    let county = county.ok_or(Error::Forbidden)?;
    let (prefecture, province) = super::moves::lies_in(set, county.id);
    let number = next_site(act.tx, &county.code).await?;
    let site = &what.site;
    let row = registry::Model {
        id: crate::kit::id::new(),
        code: format!("{}-{number}", county.code),
        name: site.name.clone(),
        county_id: county.id,
        prefecture_id: prefecture,
        province_id: province,
        county_code: county.code.clone(),
        place_id: site.place,
        lon: site.point.0,
        lat: site.point.1,
        mainland: site.competence.0,
        hmt_overseas: site.competence.1,
        foreign_parties: site.competence.2,
        site_kind: site.site_kind.to_owned(),
        windows: site.windows,
        counselling_rooms: 0,
        counselling_by: None,
        weekend_service: site.weekend_service,
        version: 1,
    };
    let id = row.id;
    add!(act.tx, registry, row)?;
    act.leave(
        "MarriageRegistry",
        id,
        None,
        "OPEN",
        json!({ "county": county.id }),
    )
    .await?;
    Ok(id)
}

/// The next number of a site under a code. Registries keep their codes wherever they go on, so that those of this county
/// may have been numbered elsewhere, and those numbered here may be another's.
async fn next_site(db: &impl ConnectionTrait, code: &str) -> Result<u32> {
    let known: Vec<String> = registry::Entity::find()
        .select_only()
        .column(registry::Column::Code)
        .filter(registry::Column::Code.starts_with(format!("{code}-")))
        .into_tuple()
        .all(db)
        .await?;
    let numbers = known
        .iter()
        .filter_map(|code| code.rsplit_once('-')?.1.parse::<u32>().ok());
    Ok(numbers.max().unwrap_or(0).saturating_add(1))
}

/// Other facts of a registry.
#[derive(Clone, Debug, Serialize)]
pub struct Change {
    /// The registry.
    pub registry: Uuid,
    /// The version at which it was read, if the caller says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// What it is now.
    pub site: Site,
}

/// Changes what a registry is; its county and code stay.
pub async fn change(act: Act<'_>, what: &Change) -> Result<Uuid> {
    use registry::Column;
    let row = changing(&act, what.registry, what.version).await?;
    let site = &what.site;
    registry::Entity::update_many()
        .col_expr(Column::Name, Expr::value(site.name.as_str()))
        .col_expr(Column::PlaceId, Expr::value(site.place))
        .col_expr(Column::Lon, Expr::value(site.point.0))
        .col_expr(Column::Lat, Expr::value(site.point.1))
        .col_expr(Column::Mainland, Expr::value(site.competence.0))
        .col_expr(Column::HmtOverseas, Expr::value(site.competence.1))
        .col_expr(Column::ForeignParties, Expr::value(site.competence.2))
        .col_expr(Column::SiteKind, Expr::value(site.site_kind))
        .col_expr(Column::Windows, Expr::value(site.windows))
        .col_expr(Column::WeekendService, Expr::value(site.weekend_service))
        .filter(Column::Id.eq(row.id))
        .exec(act.tx)
        .await?;
    act.leave("MarriageRegistry", row.id, Some("OPEN"), "OPEN", json!({}))
        .await?;
    Ok(row.id)
}

/// The regular hours of a registry, all of them.
#[derive(Clone, Debug, Serialize)]
pub struct Week {
    /// The registry.
    pub registry: Uuid,
    /// The version at which it was read, if the caller says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// ISO weekday, opening and closing minute.
    pub hours: Vec<(u32, i32, i32)>,
}

/// Sets the regular hours; what was booked by earlier hours stays booked.
pub async fn set_week(act: Act<'_>, what: &Week) -> Result<Uuid> {
    let row = changing(&act, what.registry, what.version).await?;
    let week: Vec<WeekdayPeriod> = what
        .hours
        .iter()
        .map(|(weekday, opens, closes)| WeekdayPeriod {
            weekday: *weekday,
            period: Period {
                opens: *opens,
                closes: *closes,
            },
        })
        .collect();
    act.unless(hours_fault(&week).into_iter().collect())?;
    opening_hours::Entity::delete_many()
        .filter(opening_hours::Column::RegistryId.eq(row.id))
        .exec(act.tx)
        .await?;
    for hours in &week {
        let hours = opening_hours::Model {
            registry_id: row.id,
            weekday: i32::try_from(hours.weekday).unwrap_or(0),
            opens: hours.period.opens,
            closes: hours.period.closes,
        };
        add!(act.tx, opening_hours, hours)?;
    }
    act.leave("OpeningHours", row.id, None, "SET", json!({}))
        .await?;
    super::visits::told(&act, row.id, act.today()).await?;
    Ok(row.id)
}

/// The hours of one day that is unlike others.
#[derive(Clone, Debug, Serialize)]
pub struct Day {
    /// The registry.
    pub registry: Uuid,
    /// The version at which it was read, if the caller says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// The day.
    pub day: NaiveDate,
    /// Opening and closing minutes; closed all day when empty; the usual hours again when none.
    pub hours: Option<Vec<(i32, i32)>>,
}

/// Sets the hours of one day, closes it, or takes that back.
pub async fn set_day(act: Act<'_>, what: &Day) -> Result<Uuid> {
    let row = changing(&act, what.registry, what.version).await?;
    let hours = what.hours.as_deref().unwrap_or_default();
    let periods: Vec<WeekdayPeriod> = hours
        .iter()
        .map(|(opens, closes)| WeekdayPeriod {
            weekday: 1,
            period: Period {
                opens: *opens,
                closes: *closes,
            },
        })
        .collect();
    let (rest, _) = rest_or_weekend(&WorkCalendar::default(), what.day);
    let closed = rest_day_fault(!periods.is_empty(), rest, row.weekend_service);
    act.unless(hours_fault(&periods).into_iter().chain(closed).collect())?;
    opening_exception::Entity::delete_many()
        .filter(opening_exception::Column::RegistryId.eq(row.id))
        .filter(opening_exception::Column::Day.eq(what.day))
        .exec(act.tx)
        .await?;
    let mut rows: Vec<(i32, Option<i32>)> = hours.iter().map(|(o, c)| (*o, Some(*c))).collect();
    if rows.is_empty() && what.hours.is_some() {
        rows.push((0, None));
    }
    for (opens, closes) in rows {
        let exception = opening_exception::Model {
            registry_id: row.id,
            day: what.day,
            opens,
            closes,
        };
        add!(act.tx, opening_exception, exception)?;
    }
    act.leave(
        "OpeningDay",
        row.id,
        None,
        "SET",
        json!({ "day": what.day }),
    )
    .await?;
    super::visits::told(&act, row.id, what.day).await?;
    Ok(row.id)
}

/// A registrar of a registry.
#[derive(Clone, Debug, Serialize)]
pub struct Registrar {
    /// The registry.
    pub registry: Uuid,
    /// Who.
    pub person: Known,
    /// Number of the certificate; unique.
    pub licence_no: String,
    /// First and last day of the certificate.
    pub valid: (NaiveDate, Option<NaiveDate>),
    /// The account that acts as this registrar.
    pub account: Option<String>,
}

/// M-26: enters a trained and examined registrar.
pub async fn enter_registrar(act: Act<'_>, what: &Registrar) -> Result<Uuid> {
    let row = above(&act, what.registry).await?;
    let known = registrar::Entity::find()
        .filter(registrar::Column::LicenceNo.eq(&what.licence_no))
        .one(act.tx)
        .await?;
    let mut reasons = Vec::new();
    if known.is_some() {
        reasons.push(Refusal::by_form(
            "LICENCE_KNOWN",
            "A registrar with this certificate is entered already.",
            "该资格证书编号已登记。",
        ));
    }
    if what.valid.1.is_some_and(|last| last < what.valid.0) {
        reasons.push(Refusal::by_form(
            "PERIOD_REVERSED",
            "The certificate ends before it begins.",
            "资格证书失效日期早于生效日期。",
        ));
    }
    act.unless(reasons)?;
    if let Some(account) = &what.account {
        free_account(&act, account, None).await?;
    }
    what.person.announce(&act).await?;
    let made = registrar::Model {
        id: crate::kit::id::new(),
        registry_id: row.id,
        person: what.person.token.clone(),
        account: what.account.clone(),
        licence_no: what.licence_no.clone(),
        valid_from: what.valid.0,
        valid_to: what.valid.1,
        status: "ACTIVE".to_owned(),
        version: 1,
    };
    let id = made.id;
    add!(act.tx, registrar, made)?;
    act.leave(
        "Registrar",
        id,
        None,
        "ACTIVE",
        json!({ "registry": row.id }),
    )
    .await?;
    Ok(id)
}

/// An account is one registrar's.
async fn free_account(act: &Act<'_>, account: &str, of: Option<Uuid>) -> Result<()> {
    let holder = registrar::Entity::find()
        .filter(registrar::Column::Account.eq(account))
        .one(act.tx)
        .await?;
    let taken = holder.is_some_and(|holder| Some(holder.id) != of);
    act.unless(
        taken
            .then_some(Refusal::by_form(
                "ACCOUNT_TAKEN",
                "This account belongs to another registrar.",
                "该账号已关联其他登记员。",
            ))
            .into_iter()
            .collect(),
    )
}

/// The account of a registrar.
#[derive(Clone, Debug, Serialize)]
pub struct Link {
    /// The registrar and the version it was read at.
    pub registrar: (Uuid, i64),
    /// The account; none takes it away.
    pub account: Option<String>,
}

/// M-26: links the account that acts as a registrar. A registry that has linked one has everybody act under the
/// own account.
pub async fn link(act: Act<'_>, what: &Link) -> Result<Uuid> {
    let (id, version) = what.registrar;
    let row = registrar::Entity::find_by_id(id)
        .one(act.tx)
        .await?
        .ok_or(Error::NotFound)?;
    above(&act, row.registry_id).await?;
    same_version(version, row.version)?;
    if let Some(account) = &what.account {
        free_account(&act, account, Some(id)).await?;
    }
    let status = row.status.clone();
    let linked = registrar::Model {
        account: what.account.clone(),
        ..row
    };
    save!(act.tx, registrar, linked)?;
    let more = json!({ "linked": what.account.is_some() });
    act.leave("Registrar", id, Some(&status), &status, more)
        .await?;
    Ok(id)
}

/// A guide of the hall.
#[derive(Clone, Debug, Serialize)]
pub struct Guide {
    /// The registry.
    pub registry: Uuid,
    /// Number on the badge.
    pub label: String,
    /// Works today.
    pub on_duty: bool,
}

/// Enters a guide, or sets whether one that is known by the badge works today. Gives the registry.
pub async fn enter_guide(act: Act<'_>, what: &Guide) -> Result<Uuid> {
    let row = above(&act, what.registry).await?;
    let known = guide::Entity::find()
        .filter(guide::Column::RegistryId.eq(row.id))
        .filter(guide::Column::Label.eq(&what.label))
        .one(act.tx)
        .await?;
    let state = if what.on_duty { "ON_DUTY" } else { "OFF_DUTY" };
    let id = match known {
        Some(known) => {
            guide::Entity::update_many()
                .col_expr(guide::Column::OnDuty, Expr::value(what.on_duty))
                .filter(guide::Column::Id.eq(known.id))
                .exec(act.tx)
                .await?;
            known.id
        }
        None => {
            let made = guide::Model {
                id: crate::kit::id::new(),
                registry_id: row.id,
                label: what.label.clone(),
                on_duty: what.on_duty,
            };
            let id = made.id;
            add!(act.tx, guide, made)?;
            id
        }
    };
    act.leave("HallGuide", id, None, state, json!({ "registry": row.id }))
        .await?;
    Ok(row.id)
}

/// A counsellor of a registry.
#[derive(Clone, Debug, Serialize)]
pub struct Counsellor {
    /// The registry.
    pub registry: Uuid,
    /// Who.
    pub person: Known,
    /// What qualifies.
    pub qualification: &'static str,
    /// Credit code of the organization that sends the counsellor.
    pub provider: Option<String>,
    /// Works there.
    pub active: bool,
}

/// Enters a counsellor, or sets whether one that is known works there. Gives the registry.
pub async fn enter_counsellor(act: Act<'_>, what: &Counsellor) -> Result<Uuid> {
    use counsellor::Column;
    let row = above(&act, what.registry).await?;
    what.person.announce(&act).await?;
    let known = counsellor::Entity::find()
        .filter(Column::RegistryId.eq(row.id))
        .filter(Column::Person.eq(&what.person.token))
        .one(act.tx)
        .await?;
    let id = known
        .as_ref()
        .map_or_else(crate::kit::id::new, |known| known.id);
    let now = counsellor::Model {
        id,
        registry_id: row.id,
        person: what.person.token.clone(),
        qualification: what.qualification.to_owned(),
        provider: what.provider.clone(),
        active: what.active,
    };
    if known.is_some() {
        counsellor::Entity::delete_by_id(id).exec(act.tx).await?;
    }
    add!(act.tx, counsellor, now)?;
    let state = if what.active { "ACTIVE" } else { "GONE" };
    act.leave("Counsellor", id, None, state, json!({ "registry": row.id }))
        .await?;
    Ok(row.id)
}

/// A counselling room of a registry.
#[derive(Clone, Debug, Serialize)]
pub struct Room {
    /// The registry.
    pub registry: Uuid,
    /// Name on the door.
    pub name: String,
    /// Credit code of the organization that works in it.
    pub provider: Option<String>,
}

/// Enters a counselling room; the registry serves as many couples at once as it has rooms. Gives the registry.
pub async fn enter_room(act: Act<'_>, what: &Room) -> Result<Uuid> {
    use counselling_room::Column;
    let row = above(&act, what.registry).await?;
    let of_registry = || counselling_room::Entity::find().filter(Column::RegistryId.eq(row.id));
    let known = of_registry()
        .filter(Column::Name.eq(&what.name))
        .one(act.tx)
        .await?;
    act.unless(
        known
            .is_some()
            .then_some(Refusal::by_form(
                "ROOM_KNOWN",
                "The registry has a room of this name.",
                "该登记机关已有同名辅导室。",
            ))
            .into_iter()
            .collect(),
    )?;
    let made = counselling_room::Model {
        id: crate::kit::id::new(),
        registry_id: row.id,
        name: what.name.clone(),
        provider: what.provider.clone(),
    };
    let id = made.id;
    add!(act.tx, counselling_room, made)?;
    let rooms = of_registry().count(act.tx).await?;
    registry::Entity::update_many()
        .col_expr(
            registry::Column::CounsellingRooms,
            Expr::value(i32::try_from(rooms).unwrap_or(i32::MAX)),
        )
        .filter(registry::Column::Id.eq(row.id))
        .exec(act.tx)
        .await?;
    act.leave(
        "CounsellingRoom",
        id,
        None,
        "OPEN",
        json!({ "registry": row.id }),
    )
    .await?;
    super::visits::told(&act, row.id, act.today()).await?;
    Ok(row.id)
}

/// Kinship that forbids a marriage.
#[derive(Clone, Debug, Serialize)]
pub struct Kinship {
    /// The registry that has seen the papers.
    pub registry: Uuid,
    /// One of the two.
    pub one: Known,
    /// The other.
    pub other: Known,
    /// `DIRECT_LINE` or `COLLATERAL`.
    pub kind: &'static str,
    /// Where it is known from.
    pub source: String,
}

/// M-6, 民法典 1048: enters kinship within the forbidden degrees, once.
pub async fn record_kinship(act: Act<'_>, what: &Kinship) -> Result<bool> {
    act.office(what.registry).await?;
    if what.one.token == what.other.token {
        return Err(Refusal::by_form(
            "SAME_PERSON",
            "Both persons are the same.",
            "双方为同一人。",
        )
        .at(&["input", "other"])
        .into());
    }
    what.one.announce(&act).await?;
    what.other.announce(&act).await?;
    let either =
        super::counter::kin_among(act.tx, &[what.one.token.clone(), what.other.token.clone()])
            .await?;
    if either.is_empty() {
        let edge = kin_edge::Model {
            person_a: what.one.token.clone(),
            person_b: what.other.token.clone(),
            kind: what.kind.to_owned(),
            source: what.source.clone(),
        };
        kin_edge::Entity::insert(kin_edge::ActiveModel::from(edge))
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(act.tx)
            .await?;
        let entry = crate::kit::id::derived(
            "kinship",
            &format!("{} {}", what.one.token, what.other.token),
        );
        act.leave("Kinship", entry, None, what.kind, json!({}))
            .await?;
    }
    Ok(true)
}
