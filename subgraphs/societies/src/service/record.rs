//! What the registry keeps on organizations besides their registration, always for many at once.

use super::{among, grouped};
use crate::model::{annual_report, branch, filing, inspection, liquidation, penalty};
use chrono::NaiveDate;
use kit::Result;
use minzheng_kit as kit;
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use std::collections::HashMap;

type ByCode<T> = Result<HashMap<String, T>>;

/// Their branches, newest first, closed ones too.
pub async fn branches(db: &impl ConnectionTrait, codes: &[String]) -> ByCode<Vec<branch::Model>> {
    let rows = branch::Entity::find()
        .filter(among(branch::Column::CreditCode, codes))
        .order_by_desc(branch::Column::Opened)
        .order_by_asc(branch::Column::Id)
        .all(db)
        .await?;
    Ok(grouped(rows, |row| row.credit_code.clone()))
}

/// What they filed, newest first.
pub async fn filings(db: &impl ConnectionTrait, codes: &[String]) -> ByCode<Vec<filing::Model>> {
    let rows = filing::Entity::find()
        .filter(among(filing::Column::CreditCode, codes))
        .order_by_desc(filing::Column::Filed)
        .order_by_asc(filing::Column::Id)
        .all(db)
        .await?;
    Ok(grouped(rows, |row| row.credit_code.clone()))
}

/// Their penalties, newest first.
pub async fn penalties(db: &impl ConnectionTrait, codes: &[String]) -> ByCode<Vec<penalty::Model>> {
    let rows = penalty::Entity::find()
        .filter(among(penalty::Column::CreditCode, codes))
        .order_by_desc(penalty::Column::Decided)
        .order_by_asc(penalty::Column::Id)
        .all(db)
        .await?;
    Ok(grouped(rows, |row| row.credit_code.clone()))
}

/// Their inspections, newest first.
pub async fn inspections(
    db: &impl ConnectionTrait,
    codes: &[String],
) -> ByCode<Vec<inspection::Model>> {
    let rows = inspection::Entity::find()
        .filter(among(inspection::Column::CreditCode, codes))
        .order_by_desc(inspection::Column::Inspected)
        .order_by_asc(inspection::Column::Id)
        .all(db)
        .await?;
    Ok(grouped(rows, |row| row.credit_code.clone()))
}

/// O-13: full party members by the newest of an organization's reports and inspections that says how many there are.
/// A report speaks of the end of its year.
#[must_use]
pub fn party_members(
    reports: &[annual_report::Model],
    inspections: &[inspection::Model],
) -> Option<u32> {
    let reported = reports.iter().filter_map(|row| {
        let day = NaiveDate::from_ymd_opt(row.year, 12, 31)?;
        Some((day, row.party_members?))
    });
    let found = inspections
        .iter()
        .filter_map(|row| Some((row.inspected, row.party_members?)));
    let (_, members) = reported.chain(found).max_by_key(|(day, _)| *day)?;
    u32::try_from(members).ok()
}

/// Their liquidations.
pub async fn liquidations(
    db: &impl ConnectionTrait,
    codes: &[String],
) -> ByCode<liquidation::Model> {
    let rows = liquidation::Entity::find()
        .filter(among(liquidation::Column::CreditCode, codes))
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.credit_code.clone(), row))
        .collect())
}
