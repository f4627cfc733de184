//! Reading applications: for the officers of a division, for who handed them in, and those at risk.

use super::{APPLICANT, HEAD};
use crate::model::{office, organization, permit_case, permit_person, territory};
use crate::rules::parameter::{Parameter, count};
use crate::service::{act, among};
use crate::vocabulary::{OfficeRole, OrgKind, OrgState, PermitItem, PermitState};
use chrono::{Days, NaiveDate};
use kit::{Error, Result};
use minzheng_kit as kit;
use sea_orm::sea_query::{ExprTrait, Query, SimpleExpr};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect,
    Select,
};
use std::collections::HashMap;
use uuid::Uuid;

/// The case of an id.
pub async fn case(db: &impl ConnectionTrait, id: &Uuid) -> Result<permit_case::Model> {
    permit_case::Entity::find_by_id(*id)
        .one(db)
        .await?
        .ok_or_else(|| {
            act::refused(
                "CASE_UNKNOWN",
                "There is no such application.",
                "没有该申请。",
                "id",
            )
        })
}

/// What applications are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// Only of this item.
    pub item: Option<PermitItem>,
    /// Only in this recorded state.
    pub state: Option<PermitState>,
}

/// Applications kept in a division and below; to be paged by id, which is by time.
#[must_use]
pub fn cases(division: Uuid, wanted: Wanted) -> Select<permit_case::Entity> {
    let mut find = permit_case::Entity::find()
        .join(
            JoinType::InnerJoin,
            permit_case::Entity::belongs_to(territory::Entity)
                .from(permit_case::Column::DivisionId)
                .to(territory::Column::Division)
                .into(),
        )
        .filter(territory::Column::Ancestor.eq(division));
    if let Some(item) = wanted.item {
        find = find.filter(permit_case::Column::Item.eq(item));
    }
    if let Some(state) = wanted.state {
        find = find.filter(permit_case::Column::State.eq(state));
    }
    find
}

/// O-4: open applications of a division whose promised day has passed or is near: at most as many working days away
/// as the table says, so within the days that can hold them. What the calendar does not tell is at risk too. To be
/// paged by id.
#[must_use]
pub fn at_risk(division: Uuid, today: NaiveDate) -> Select<permit_case::Entity> {
    cases(division, Wanted::default()).filter(risk(today))
}

/// The same, wherever they are kept.
#[must_use]
pub fn risk(today: NaiveDate) -> SimpleExpr {
    let left = count(Parameter::RiskDays, today);
    // A day that was told is one of the calendar, so that its end is no nearer than any of them.
    let near = kit::calendar::WorkCalendar::china().working_days_after(today, left);
    let due = permit_case::Column::CommittedDue;
    let running = permit_case::Column::State
        .eq(PermitState::Accepted)
        .and(due.is_null().or(due.lte(near.day)));
    // Whom nobody has answered for so long is at risk whatever the term.
    let days = u64::from(count(Parameter::SilentDays, today));
    let since = today.checked_sub_days(Days::new(days)).unwrap_or(today);
    let silent = permit_case::Column::State
        .eq(PermitState::Submitted)
        .and(permit_case::Column::Submitted.lte(since));
    running.or(silent)
}

/// The applications that a person handed in or is to lead by; to be paged by id.
#[must_use]
pub fn of_person(person: &str) -> Select<permit_case::Entity> {
    let own = Query::select()
        .column(permit_person::Column::CaseId)
        .from(permit_person::Entity)
        .and_where(permit_person::Column::Person.eq(person))
        .and_where(permit_person::Column::Role.is_in([APPLICANT, HEAD]))
        .take();
    permit_case::Entity::find().filter(permit_case::Column::Id.in_subquery(own))
}

/// The persons of these cases, by case and role.
pub async fn persons(
    db: &impl ConnectionTrait,
    cases: &[Uuid],
) -> Result<HashMap<Uuid, Vec<permit_person::Model>>> {
    let rows = permit_person::Entity::find()
        .filter(among(permit_person::Column::CaseId, cases))
        .all(db)
        .await?;
    Ok(crate::service::grouped(rows, |row| row.case_id))
}

/// O-6: the living societies that a person heads; more than one is a conflict.
pub async fn societies_headed(
    db: &impl ConnectionTrait,
    person: &str,
) -> Result<Vec<organization::Model>> {
    Ok(organization::Entity::find()
        .join(
            JoinType::InnerJoin,
            organization::Entity::belongs_to(office::Entity)
                .from(organization::Column::CreditCode)
                .to(office::Column::CreditCode)
                .into(),
        )
        .filter(office::Column::Person.eq(person))
        .filter(office::Column::Role.eq(OfficeRole::LegalRepresentative))
        .filter(office::Column::Until.is_null())
        .filter(organization::Column::Kind.eq(OrgKind::SocialGroup))
        .filter(organization::Column::State.is_in(OrgState::LIVE))
        .order_by_asc(organization::Column::CreditCode)
        .all(db)
        .await?)
}

/// The case of an id, for a reader: none is no error.
pub async fn found(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<permit_case::Model>> {
    permit_case::Entity::find_by_id(id)
        .one(db)
        .await
        .map_err(Error::from)
}
