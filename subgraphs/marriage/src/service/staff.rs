//! Registrars of a registry and its standard level.

use super::act::{Act, add, same_version, save};
use crate::kit::{Error, Result};
use crate::model::{registrar, registry_standard};
use chrono::NaiveDate;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::Serialize;
use serde_json::json;
use std::collections::HashMap;
use uuid::Uuid;

/// The registrars of a registry, by certificate.
pub async fn registrars(
    db: &impl ConnectionTrait,
    registry: Uuid,
) -> Result<Vec<registrar::Model>> {
    Ok(registrar::Entity::find()
        .filter(registrar::Column::RegistryId.eq(registry))
        .order_by_asc(registrar::Column::LicenceNo)
        .all(db)
        .await?)
}

/// Registrars by id, in one statement.
pub async fn by_ids(
    db: &impl ConnectionTrait,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, registrar::Model>> {
    let rows = registrar::Entity::find()
        .filter(registrar::Column::Id.is_in(ids.iter().copied()))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// A registrar's new status.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Status {
    /// The registrar and the version it was read at.
    pub registrar: (Uuid, i64),
    /// Works; otherwise suspended.
    pub active: bool,
}

/// Suspends a registrar or lets him work again; for officers of the division, not of the registry.
pub async fn set_status(act: Act<'_>, what: &Status) -> Result<Uuid> {
    let (id, version) = what.registrar;
    let row = registrar::Entity::find_by_id(id)
        .one(act.tx)
        .await?
        .ok_or(Error::NotFound)?;
    act.review(row.registry_id).await?;
    if act.caller.registry.is_some() {
        return Err(Error::Forbidden);
    }
    same_version(version, row.version)?;
    let before = row.status.clone();
    let after = if what.active { "ACTIVE" } else { "SUSPENDED" };
    let changed = registrar::Model {
        status: after.to_owned(),
        ..row
    };
    save!(act.tx, registrar, changed)?;
    act.leave("Registrar", id, Some(&before), after, json!({}))
        .await?;
    Ok(id)
}

/// The levels of each of these registries, latest first, in one statement.
pub async fn standards_of(
    db: &impl ConnectionTrait,
    registries: &[Uuid],
) -> Result<HashMap<Uuid, Vec<registry_standard::Model>>> {
    let rows = registry_standard::Entity::find()
        .filter(registry_standard::Column::RegistryId.is_in(registries.iter().copied()))
        .order_by_desc(registry_standard::Column::ValidFrom)
        .all(db)
        .await?;
    let mut found: HashMap<Uuid, Vec<registry_standard::Model>> = HashMap::new();
    for row in rows {
        found.entry(row.registry_id).or_default().push(row);
    }
    Ok(found)
}

/// The level that holds on a day.
#[must_use]
pub fn level_on(
    standards: &[registry_standard::Model],
    day: NaiveDate,
) -> Option<&registry_standard::Model> {
    standards
        .iter()
        .find(|s| s.valid_from <= day && s.valid_to.is_none_or(|last| day <= last))
}

/// A new assessment.
#[derive(Clone, Debug, Serialize)]
pub struct Assess {
    /// The registry.
    pub registry: Uuid,
    /// `A1` to `A5`.
    pub level: &'static str,
    /// The assessment behind it.
    pub basis: String,
    /// First day.
    pub valid_from: NaiveDate,
}

/// Enters a new level; the one before ends on the day before. For the division above the county.
pub async fn assess(act: Act<'_>, what: &Assess) -> Result<Uuid> {
    let registry = act.review(what.registry).await?;
    let above = act.caller.registry.is_none()
        && act
            .caller
            .division
            .as_deref()
            .is_none_or(|own| own != registry.county_code);
    if !above {
        return Err(Error::Forbidden);
    }
    let basis = what.basis.trim();
    if basis.is_empty() || basis.chars().count() > 128 {
        return Err(crate::rules::Refusal::by_form(
            "BASIS_MISSING",
            "The assessment behind the level must be named.",
            "须填写等级评定依据。",
        )
        .at(&["input", "basis"])
        .into());
    }
    registry_standard::Entity::update_many()
        .col_expr(
            registry_standard::Column::ValidTo,
            Expr::value(what.valid_from.pred_opt()),
        )
        .filter(registry_standard::Column::RegistryId.eq(what.registry))
        .filter(registry_standard::Column::ValidTo.is_null())
        .exec(act.tx)
        .await?;
    let row = registry_standard::Model {
        id: crate::kit::id::new(),
        registry_id: what.registry,
        level: what.level.to_owned(),
        basis: basis.to_owned(),
        assessed_on: act.today(),
        valid_from: what.valid_from,
        valid_to: None,
    };
    let id = row.id;
    add!(act.tx, registry_standard, row)?;
    act.leave(
        "RegistryStandard",
        id,
        None,
        what.level,
        json!({ "registry": what.registry }),
    )
    .await?;
    Ok(id)
}
