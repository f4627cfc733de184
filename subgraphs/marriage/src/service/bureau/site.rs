//! Registries: where they stand, whom they may serve, and how many at once.

use super::super::act::{Act, add};
use super::super::moves;
use super::changing;
use crate::kit::{Error, Result};
use crate::model::registry;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

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
    let (prefecture, province) = moves::lies_in(set, county.id);
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
