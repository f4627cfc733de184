//! Handing in an annual report (O-10, O-11).
//!
//! One transaction: the caller's right, the rule, the row, its history and the event, all or nothing.
//! A citizen may report for an organization whose legal representative they are; an officer for the
//! organizations of their division. A report that is there already is replaced only by someone who
//! read it (`based_on`), and a late one is taken and marked.
//!
//! Handing in never says what the supervising department thinks of the report: that is an officer's word
//! ([`super::conclusion::view`]). An agreement was to the report as it stood and falls with its replacement; an
//! objection stands until an officer records another view.

use crate::model::{annual_report, member_stat, office, organization};
use crate::rules::{Refusal, report};
use crate::vocabulary::{OfficeRole, SupervisorView};
use chrono::NaiveDate;
use kit::{Error, Principal, Role, Services, UserError};
use minzheng_kit as kit;
use minzheng_kit::events::Event;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

/// A report as it comes in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The organization.
    pub credit_code: String,
    /// The year it is about.
    pub year: i32,
    /// The day it was handed in to the supervising department.
    pub to_supervisor: Option<NaiveDate>,
    /// Income, in fen.
    pub income_fen: i64,
    /// Spending, in fen.
    pub spending_fen: i64,
    /// Of it on charitable activity, in fen.
    pub charitable_fen: i64,
    /// Of it on management, in fen.
    pub management_fen: i64,
    /// Full-time staff.
    pub staff: i32,
    /// Activities held.
    pub activities: i32,
    /// Individual and unit members at the end of the year, for associations.
    pub members: Option<(i32, i32)>,
    /// Full party members at the end of the year; none where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party_members: Option<i32>,
    /// The version of the report that this one replaces; none for the first.
    pub based_on: Option<i64>,
}

/// The answer that is kept for a repeated request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submitted {
    /// The report's id.
    pub id: Uuid,
}

impl From<Refusal> for UserError {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.code, refusal.en(), refusal.zh()).basis(refusal.basis)
    }
}

fn refused(code: &str, en: &str, zh: &str, field: &str) -> Error {
    Error::Invalid(UserError::new(code, en, zh).field(&["input", field]))
}

/// The form's own rules: codes that can be, figures that fit one another.
fn check_form(r: &Report) -> kit::Result<()> {
    if let Err(error) = kit::credit_code::parse(&r.credit_code) {
        return Err(Error::Invalid(
            error.user_error().field(&["input", "creditCode"]),
        ));
    }
    let negative = [
        ("income", r.income_fen < 0),
        ("spending", r.spending_fen < 0),
        ("charitableSpending", r.charitable_fen < 0),
        ("managementCost", r.management_fen < 0),
        ("staff", r.staff < 0),
        ("activities", r.activities < 0),
        (
            "partyMembers",
            r.party_members.is_some_and(|number| number < 0),
        ),
        (
            "members",
            r.members
                .is_some_and(|(individual, unit)| individual < 0 || unit < 0),
        ),
    ];
    if let Some((field, _)) = negative.iter().find(|(_, bad)| *bad) {
        return Err(refused(
            "NEGATIVE_FIGURE",
            "A figure may not be negative.",
            "数值不得为负。",
            field,
        ));
    }
    // Both parts are bounded by the scalar, so their sum cannot overflow.
    if r.charitable_fen.saturating_add(r.management_fen) > r.spending_fen {
        return Err(refused(
            "PARTS_EXCEED_WHOLE",
            "Charitable spending and management costs together exceed all spending.",
            "慈善活动支出与管理费用之和超过总支出。",
            "spending",
        ));
    }
    Ok(())
}

/// Hands a report in. `Error::Invalid` and `Error::Conflict` are for the payload's user errors.
pub async fn submit(
    s: &Services,
    actor: &Principal,
    request_key: &str,
    r: &Report,
) -> kit::Result<Submitted> {
    check_form(r)?;
    let today = s.clock.today();
    let at = s.clock.now();
    let (actor, key, report) = (actor.clone(), request_key.to_owned(), r.clone());
    let body = kit::mutation::Fingerprint::of(s, &report)?;
    s.db.write(move |tx| {
        let (actor, key, report) = (actor.clone(), key.clone(), report.clone());
        let body = body.clone();
        Box::pin(async move {
            kit::mutation::once(tx, &actor, &key, &body, async {
                let organization = allowed(tx, &actor, &report).await?;
                let (row, before) = write(tx, &organization, &report, today).await?;
                let id = row.id;
                let after = shown(&row);
                kit::mutation::history(
                    tx,
                    "AnnualReport",
                    &id.to_string(),
                    &actor,
                    before,
                    Some(after),
                )
                .await?;
                let body =
                    json!({ "creditCode": row.credit_code, "year": row.year, "late": row.late });
                let event = Event {
                    kind: "AnnualReportSubmitted".to_owned(),
                    key: row.credit_code,
                    at,
                    body,
                };
                kit::events::emit(tx, &event).await?;
                Ok(Submitted { id })
            })
            .await
        })
    })
    .await
}

/// The organization, if there is one and the caller may report for it.
async fn allowed(
    tx: &impl ConnectionTrait,
    actor: &Principal,
    r: &Report,
) -> kit::Result<organization::Model> {
    let unknown = || {
        refused(
            "ORGANIZATION_UNKNOWN",
            "No organization has this code.",
            "没有该统一社会信用代码的社会组织。",
            "creditCode",
        )
    };
    let organization = organization::Entity::find_by_id(r.credit_code.as_str())
        .one(tx)
        .await?
        .ok_or_else(unknown)?;
    match actor.role {
        Role::Registrar => {
            if !actor.works_in(&organization.division_id) {
                return Err(Error::Forbidden);
            }
        }
        Role::Citizen => {
            let person = actor.person.as_deref().ok_or(Error::Forbidden)?;
            office::Entity::find()
                .filter(office::Column::CreditCode.eq(r.credit_code.as_str()))
                .filter(office::Column::Person.eq(person))
                .filter(office::Column::Role.eq(OfficeRole::LegalRepresentative))
                .filter(office::Column::Until.is_null())
                .one(tx)
                .await?
                .ok_or(Error::Forbidden)?;
        }
        _ => return Err(Error::Forbidden),
    }
    if !organization.state.is_live() {
        return Err(refused(
            "ORGANIZATION_ENDED",
            "The organization no longer exists.",
            "该社会组织已终止。",
            "creditCode",
        ));
    }
    Ok(organization)
}

/// Writes the row; answers it and what stood there before.
async fn write(
    tx: &impl ConnectionTrait,
    organization: &organization::Model,
    r: &Report,
    today: NaiveDate,
) -> kit::Result<(annual_report::Model, Option<serde_json::Value>)> {
    let duty = report::duty(
        organization.charity_since.is_some(),
        organization.supervisor.is_some(),
    );
    let late = report::submission(&report::Submission {
        year: r.year,
        founded: organization.founded,
        duty,
        to_supervisor: r.to_supervisor,
        today,
    })
    .map_err(|refusal| {
        let field = if refusal.code.starts_with("SUPERVISOR") {
            "submittedToSupervisor"
        } else {
            "year"
        };
        Error::Invalid(UserError::from(refusal).field(&["input", field]))
    })?;
    let old = annual_report::Entity::find()
        .filter(annual_report::Column::CreditCode.eq(r.credit_code.as_str()))
        .filter(annual_report::Column::Year.eq(r.year))
        .one(tx)
        .await?;
    if old.as_ref().map(|old| old.version) != r.based_on {
        return Err(Error::Conflict);
    }
    if old.as_ref().is_some_and(|old| old.result.is_some()) {
        return Err(refused(
            "REPORT_ALREADY_JUDGED",
            "The registry has already drawn its conclusion on this year.",
            "登记管理机关已作出该年度检查结论。",
            "year",
        ));
    }
    let row = annual_report::Model {
        id: old.as_ref().map_or_else(kit::id::new, |old| old.id),
        credit_code: r.credit_code.clone(),
        year: r.year,
        duty,
        to_supervisor: None,
        to_registry: today,
        late,
        result: None,
        income_fen: r.income_fen,
        spending_fen: r.spending_fen,
        charitable_fen: r.charitable_fen,
        management_fen: r.management_fen,
        staff: r.staff,
        activities: r.activities,
        version: r.based_on.unwrap_or(0) + 1,
        supervisor_view: old
            .as_ref()
            .and_then(|old| old.supervisor_view)
            .filter(|view| *view == SupervisorView::Objected),
        party_members: r.party_members,
        handed_to_supervisor: r.to_supervisor,
    };
    let active = row.clone().into_active_model().reset_all();
    if old.is_some() {
        active.update(tx).await?;
    } else {
        annual_report::Entity::insert(active)
            .exec_without_returning(tx)
            .await?;
    }
    if let Some((individual, unit)) = r.members {
        let as_of = NaiveDate::from_ymd_opt(r.year, 12, 31).unwrap_or(today);
        let count = member_stat::ActiveModel {
            credit_code: Set(r.credit_code.clone()),
            as_of: Set(as_of),
            individual: Set(individual),
            unit: Set(unit),
        };
        let conflict =
            OnConflict::columns([member_stat::Column::CreditCode, member_stat::Column::AsOf])
                .update_columns([member_stat::Column::Individual, member_stat::Column::Unit])
                .to_owned();
        member_stat::Entity::insert(count)
            .on_conflict(conflict)
            .exec_without_returning(tx)
            .await?;
    }
    Ok((row, old.as_ref().map(shown)))
}

/// A report as history keeps it.
fn shown(row: &annual_report::Model) -> serde_json::Value {
    json!({
        "creditCode": row.credit_code, "year": row.year, "duty": row.duty.text(),
        "toSupervisor": row.to_supervisor, "toRegistry": row.to_registry, "late": row.late,
        "handedToSupervisor": row.handed_to_supervisor,
        "view": row.supervisor_view.map(SupervisorView::text),
        "incomeFen": row.income_fen, "spendingFen": row.spending_fen,
        "charitableFen": row.charitable_fen, "managementFen": row.management_fen,
        "staff": row.staff, "activities": row.activities, "version": row.version,
    })
}
