//! Registries of a county that was divided or has ended: where each goes on, an officer above decides.
//!
//! A county that alone follows another takes its registries along by itself (`consumers::land`). Where several follow, or
//! none, a registry stays under the old county, and whoever oversees that goes on with what is open there; but nothing is
//! registered, divorced or replaced under a code that is gone ([`number_under`]). What was certified before keeps its
//! number, and what was counted its division (D-7).

use super::act::{Act, still_as_read};
use super::registries;
use crate::kit::contract::scope;
use crate::kit::divisions::assignment::{Assignment, may_assign, number_under};
use crate::kit::divisions::{Divisions, Level};
use crate::kit::mutation::history;
use crate::kit::{Error, Result, UserError};
use crate::model::registry;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// A registry and the county where it goes on.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Assign {
    /// The registry.
    pub registry: Uuid,
    /// The version at which it was read, if the caller says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// The county.
    pub county: Uuid,
}

/// Whether the county of a registry is in force under the code that the registry numbers by. Another county may bear that
/// code by now.
#[must_use]
pub fn stands(divisions: &Divisions, registry: &registry::Model) -> bool {
    divisions
        .by_id(&registry.county_id)
        .is_some_and(|county| county.code == registry.county_code)
}

/// B.1.3: why a registry numbers nothing today, if so.
#[must_use]
pub fn numbers_nothing(act: &Act<'_>, registry: &registry::Model) -> Vec<UserError> {
    let stands = stands(&act.caller.divisions, registry);
    let code = stands.then_some(registry.county_code.as_str());
    number_under(code).err().into_iter().collect()
}

/// The prefecture and the province that a county lies in; no prefecture where it stands directly under the province.
#[must_use]
pub fn lies_in(divisions: &Divisions, county: Uuid) -> (Option<Uuid>, Uuid) {
    let above = divisions.ancestors(&county);
    let province = above.last().map_or(county, |division| division.id);
    let prefecture = above.first().map(|division| division.id);
    (prefecture.filter(|above| *above != province), province)
}

/// B.0.3, B.1.3: the registry goes on in this county, under its code and its officers.
pub async fn assign(act: Act<'_>, what: &Assign) -> Result<Uuid> {
    use registry::Column;
    let row = registries::by_id(act.tx, what.registry).await?;
    let order = &act.caller.divisions;
    let works = |division: &Uuid| act.caller.works_in(division);
    let heirs = order.today(&row.county_id);
    // Where nothing follows, it goes on somewhere in what its county lay in.
    let above = match heirs.as_slice() {
        [] => order.answers_for(&row.county_id),
        _ => None,
    };
    let concerned = || heirs.iter().copied().chain(above);
    let officer = act.caller.has_scope(scope::MARRIAGE_CASE) && act.caller.registry.is_none();
    if !officer || !concerned().any(|division| works(&division.id)) {
        return Err(Error::Forbidden);
    }
    still_as_read(what.version, row.version)?;
    let county = order
        .by_id(&what.county)
        .filter(|county| county.level == Level::County);
    let follows = |county: Uuid| match above {
        Some(above) => order.upwards(&county).contains(&above.id),
        None => heirs.iter().any(|heir| heir.id == county),
    };
    let asked = Assignment {
        stands: stands(order, &row),
        is_heir: county.is_some_and(|county| follows(county.id)),
        above_all: concerned().all(|division| works(&division.id)),
    };
    may_assign(&asked).map_err(|refusal| act.refuse(vec![refusal.field(&["input", "county"])]))?;
    let county = county.ok_or(Error::NotFound)?;
    let (prefecture, province) = lies_in(order, county.id);
    let moved = registry::Entity::update_many()
        .col_expr(Column::CountyId, Expr::value(county.id))
        .col_expr(Column::CountyCode, Expr::value(county.code.as_str()))
        .col_expr(Column::PrefectureId, Expr::value(prefecture))
        .col_expr(Column::ProvinceId, Expr::value(province))
        .col_expr(Column::Version, Expr::value(row.version + 1))
        .filter(Column::Id.eq(row.id))
        .filter(Column::Version.eq(row.version))
        .exec(act.tx)
        .await?;
    if moved.rows_affected == 0 {
        return Err(Error::Conflict);
    }
    let side = |division: Uuid, code: &str| json!({ "division": division, "code": code });
    let (was, is) = (
        side(row.county_id, &row.county_code),
        side(county.id, &county.code),
    );
    let id = row.id.to_string();
    history(
        act.tx,
        "MarriageRegistry",
        &id,
        act.caller,
        Some(was),
        Some(is.clone()),
    )
    .await?;
    act.tell(
        "MarriageRegistryChanged",
        &id,
        json!({ "state": "OPEN", "more": is }),
    )
    .await?;
    Ok(row.id)
}
