//! What the registry keeps on organizations besides their registration, always for many at once.

use super::{all_of, last_of};
use crate::model::{annual_report, branch, filing, inspection, liquidation, penalty};
use chrono::NaiveDate;
use kit::Result;
use minzheng_kit as kit;
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder};
use std::collections::HashMap;

type ByCode<T> = Result<HashMap<String, T>>;

/// Their branches, newest first, closed ones too.
pub async fn branches(db: &impl ConnectionTrait, codes: &[String]) -> ByCode<Vec<branch::Model>> {
    let find = branch::Entity::find()
        .order_by_desc(branch::Column::Opened)
        .order_by_asc(branch::Column::Id);
    all_of(db, (branch::Column::CreditCode, codes), find, |row| {
        &row.credit_code
    })
    .await
}

/// What they filed, newest first.
pub async fn filings(db: &impl ConnectionTrait, codes: &[String]) -> ByCode<Vec<filing::Model>> {
    let find = filing::Entity::find()
        .order_by_desc(filing::Column::Filed)
        .order_by_asc(filing::Column::Id);
    all_of(db, (filing::Column::CreditCode, codes), find, |row| {
        &row.credit_code
    })
    .await
}

/// Their penalties, newest first.
pub async fn penalties(db: &impl ConnectionTrait, codes: &[String]) -> ByCode<Vec<penalty::Model>> {
    let find = penalty::Entity::find()
        .order_by_desc(penalty::Column::Decided)
        .order_by_asc(penalty::Column::Id);
    all_of(db, (penalty::Column::CreditCode, codes), find, |row| {
        &row.credit_code
    })
    .await
}

/// Their inspections, newest first.
pub async fn inspections(
    db: &impl ConnectionTrait,
    codes: &[String],
) -> ByCode<Vec<inspection::Model>> {
    let find = inspection::Entity::find()
        .order_by_desc(inspection::Column::Inspected)
        .order_by_asc(inspection::Column::Id);
    all_of(db, (inspection::Column::CreditCode, codes), find, |row| {
        &row.credit_code
    })
    .await
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
    let find = liquidation::Entity::find();
    last_of(db, (liquidation::Column::CreditCode, codes), find, |row| {
        &row.credit_code
    })
    .await
}
