//! Charities whose spending fell short of what binds them (O-22): what a report shows, and the list that officers
//! work through. What follows is an officer's decision: a warning ([`super::penalties`]), which only a breach on
//! record allows.

use super::{among, register, within};
use crate::model::{annual_report, organization, territory};
use crate::rules::charity::{CharityYear, is_breached};
use crate::rules::report::last_due_year;
use crate::vocabulary::{OrgKind, OrgState};
use chrono::NaiveDate;
use kit::Result;
use minzheng_kit as kit;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QuerySelect, Select,
};
use uuid::Uuid;

/// Whether the two percentages bind an organization: a foundation that raises from the public.
#[must_use]
pub fn binds(organization: &organization::Model) -> bool {
    organization.kind == OrgKind::Foundation && organization.public_raising_since.is_some()
}

/// A report's figures, and whether the income of the year before is known: `reports` are the organization's.
#[must_use]
pub fn figures(
    report: &annual_report::Model,
    reports: &[annual_report::Model],
) -> (CharityYear, bool) {
    let last = reports.iter().find(|other| other.year == report.year - 1);
    let year = CharityYear {
        last_income_fen: last.map_or(0, |last| last.income_fen),
        charitable_spending_fen: report.charitable_fen,
        total_spending_fen: report.spending_fen,
        management_fen: report.management_fen,
    };
    (year, last.is_some())
}

/// The day by whose percentages a year is judged: its last.
#[must_use]
pub fn judged_on(year: i32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, 12, 31).unwrap_or(NaiveDate::MAX)
}

/// Whether the report on a year shows a breach. No report shows none: that is a ground of its own.
fn breached(reports: &[annual_report::Model], year: i32) -> bool {
    reports
        .iter()
        .filter(|report| report.year == year)
        .any(|report| {
            let (figures, income_known) = figures(report, reports);
            is_breached(&figures, income_known, judged_on(year))
        })
}

/// Whether one of the two last due reports shows a breach: what is older is not punished any more (行政处罚法 36).
pub(super) async fn is_shown(
    db: &impl ConnectionTrait,
    organization: &organization::Model,
    today: NaiveDate,
) -> Result<bool> {
    let codes = [organization.credit_code.clone()];
    let reports: Vec<annual_report::Model> = register::reports(db, &codes)
        .await?
        .into_values()
        .flatten()
        .collect();
    let last = last_due_year(today);
    Ok((last - 1..=last).any(|year| breached(&reports, year)))
}

/// The living organizations of a division and below that a breach of one year binds; to be paged by code. In two
/// statements, however many there are: the rule judges, not the database.
pub async fn of_year(
    db: &impl ConnectionTrait,
    division: Uuid,
    year: i32,
) -> Result<Select<organization::Entity>> {
    let bound = organization::Entity::find()
        .join_rev(
            JoinType::InnerJoin,
            within::<organization::Entity>(organization::Column::DivisionId),
        )
        .filter(territory::Column::Ancestor.eq(division))
        .filter(organization::Column::Kind.eq(OrgKind::Foundation))
        .filter(organization::Column::PublicRaisingSince.is_not_null())
        .filter(organization::Column::State.is_in(OrgState::LIVE))
        .all(db)
        .await?;
    let codes: Vec<String> = bound.into_iter().map(|row| row.credit_code).collect();
    let short: Vec<String> = register::reports(db, &codes)
        .await?
        .into_iter()
        .filter(|(_, reports)| breached(reports, year))
        .map(|(code, _)| code)
        .collect();
    Ok(organization::Entity::find().filter(among(organization::Column::CreditCode, &short)))
}
