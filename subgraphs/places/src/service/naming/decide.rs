//! From acceptance to approval: conflicts judged, reports, review, approval; or return and rejection.

use minzheng_kit::Result;
use minzheng_kit::officer::Officer;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter,
};
use uuid::Uuid;

use super::{
    LONGEST_LINE, LONGEST_REMARK, Step, advance, asked, month, open,
    requests::{ApproveNamingInput, NamingStepInput, RecordNamingReportInput},
    submit,
};
use crate::{
    model::{
        filing, heritage_name, naming_application, naming_report, public_notice,
        vocabulary::{NamingAuthority, NamingReportKind},
    },
    rules::{authority, clocks, names, officers, scope, state::NamingState},
    service::{
        act::{self, Act},
        divisions,
    },
};

fn remark(input: &NamingStepInput) -> Result<String> {
    act::plain_text(
        input.remark.as_deref().unwrap_or_default(),
        "remark",
        LONGEST_REMARK,
    )
}

/// Judges the names that sound alike and says why this one may stand: `CONFLICT_CHECK → EVALUATION`. An equal
/// name cannot be judged away (P-3).
pub async fn judge_conflicts(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    input: &NamingStepInput,
) -> Result<Uuid> {
    let row = open(tx, act, &input.application_id, input.version).await?;
    let state = row.state.step(NamingState::Evaluation)?;
    let remark = remark(input)?;
    alone(tx, act, &row).await?;
    let step = Step {
        name: "judgeNamingConflicts",
        event: "NamingConflictsJudged",
        state,
        remark: Some(remark),
    };
    advance(tx, act, row, step, |_| ()).await
}

/// P-3: no equal name in force or decided stands in the way today; those that sound alike were judged.
async fn alone(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    row: &naming_application::Model,
) -> Result<()> {
    let found = submit::conflicts(tx, row.kind, submit::wanted(row, act)).await?;
    let kinds: Vec<_> = found.iter().map(|conflict| conflict.kind).collect();
    match scope::may_stand(&kinds, true) {
        Some(refusal) => Err(refusal.into()),
        None => Ok(()),
    }
}

/// Records the evaluation, the experts' or the public's opinions (P-8). The state stays; the version does not.
pub async fn record_report(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    input: &RecordNamingReportInput,
) -> Result<Uuid> {
    let row = open(tx, act, &input.application_id, input.version).await?;
    let state = row.state;
    if !matches!(state, NamingState::ConflictCheck | NamingState::Evaluation) {
        state.step(NamingState::Review)?;
    }
    let made_on = act::past_day(input.made_on.map(|d| d.0), act.today, "madeOn")?;
    naming_report::ActiveModel {
        id: Set(minzheng_kit::id::new()),
        application: Set(row.id),
        kind: Set(input.kind),
        outcome: Set(input.outcome),
        document: Set(act::text(&input.document, "document", LONGEST_LINE)?),
        summary: Set(act::text(&input.summary, "summary", LONGEST_REMARK)?),
        made_on: Set(made_on),
        recorded_at: Set(act.at),
        recorded_by: Set(act.subject()),
    }
    .insert(tx)
    .await?;
    let step = Step {
        name: "recordNamingReport",
        event: "NamingReported",
        state,
        remark: None,
    };
    advance(tx, act, row, step, |_| ()).await
}

async fn is_listed(tx: &DatabaseTransaction, row: &naming_application::Model) -> Result<bool> {
    Ok(match row.place {
        Some(id) => heritage_name::Entity::find_by_id(id)
            .one(tx)
            .await?
            .is_some(),
        None => false,
    })
}

/// The reports on an application that count: those recorded since it was sent in.
async fn reports(
    tx: &DatabaseTransaction,
    row: &naming_application::Model,
) -> Result<Vec<naming_report::Model>> {
    Ok(naming_report::Entity::find()
        .filter(naming_report::Column::Application.eq(row.id))
        .filter(naming_report::Column::RecordedAt.gte(row.submitted_at))
        .all(tx)
        .await?)
}

/// Lays the application before the approving body: `EVALUATION → REVIEW`, with all reports that it needs. Those count
/// that were recorded since it was sent in, for they are on its name and not on an earlier one.
pub async fn review(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    input: &NamingStepInput,
) -> Result<Uuid> {
    let row = open(tx, act, &input.application_id, input.version).await?;
    let state = row.state.step(NamingState::Review)?;
    let reports = reports(tx, &row).await?;
    let made: Vec<NamingReportKind> = reports.iter().map(|report| report.kind).collect();
    let needed = names::reports_needed(row.place_kind, row.kind, is_listed(tx, &row).await?);
    if let Some(missing) = names::reports_are_there(&needed, &made) {
        return Err(missing.into());
    }
    let step = Step {
        name: "reviewNaming",
        event: "NamingReviewed",
        state,
        remark: act::optional_plain_text(input.remark.as_deref(), "remark", LONGEST_REMARK)?,
    };
    let reviewer = act.officer()?;
    advance(tx, act, row, step, |changed| {
        changed.reviewed_by = Set(reviewer.account.map(str::to_owned));
        changed.reviewer_person = Set(reviewer.person.map(str::to_owned));
    })
    .await
}

/// Approves a name: `REVIEW → APPROVED`. The body must be one that the article names for the kind, another
/// officer, another person, must have reviewed, the place must still stand as it was asked for, and the name must still
/// be alone: of two officers who approve the same name one is refused. The clocks of filing and notice begin.
pub async fn approve(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    input: &ApproveNamingInput,
) -> Result<Uuid> {
    act.decides()?;
    let row = open(tx, act, &input.application_id, input.version).await?;
    let state = row.state.step(NamingState::Approved)?;
    let reviewer = Officer {
        account: row.reviewed_by.as_deref(),
        person: row.reviewer_person.as_deref(),
    };
    if let Some(same) = officers::may_approve(reviewer, act.officer()?) {
        return Err(same.into());
    }
    let chain = divisions::chain(tx, row.division, act.today).await?;
    let is_municipality = chain
        .last()
        .is_some_and(|province| province.name.ends_with('市'));
    if let Some(unfit) = authority::may_approve(row.place_kind, input.authority, is_municipality) {
        return Err(unfit.into());
    }
    asked::still_stands(tx, &row).await?;
    alone(tx, act, &row).await?;
    let approved_on = act::past_day(input.approved_on.map(|d| d.0), act.today, "approvedOn")?;
    let rested_on = reports(tx, &row).await?;
    if let Some(early) = names::approved_after(rested_on.iter().map(|one| one.made_on), approved_on)
    {
        return Err(early.into());
    }
    start_clocks(tx, &row, input.authority, approved_on, &chain).await?;
    let step = Step {
        name: "approveNaming",
        event: "NamingApproved",
        state,
        remark: None,
    };
    let approved_by = act::text(&input.approved_by, "approvedBy", LONGEST_LINE)?;
    let approval_doc = act::text(&input.approval_doc, "approvalDoc", LONGEST_LINE)?;
    advance(tx, act, row, step, |changed| {
        changed.authority = Set(Some(input.authority));
        changed.approved_by = Set(Some(approved_by));
        changed.approval_doc = Set(Some(approval_doc));
        changed.approved_on = Set(Some(approved_on));
        changed.approved_month = Set(Some(month(approved_on)));
    })
    .await
}

/// P-9, P-10: the rows of filing and notice with their last days. What the State Council approves is filed
/// with nobody.
async fn start_clocks(
    tx: &DatabaseTransaction,
    row: &naming_application::Model,
    authority: NamingAuthority,
    approved_on: chrono::NaiveDate,
    chain: &[crate::model::division_version::Model],
) -> Result<()> {
    if let Some(receiver) = authority::receiver(authority) {
        let due = clocks::filing_due(approved_on);
        filing::ActiveModel {
            application: Set(row.id),
            due_on: Set(due.day),
            due_month: Set(month(due.day)),
            due_provisional: Set(due.is_provisional),
            filed_on: Set(None),
            reviewer: Set(reviewer(authority, row, chain)),
            reviewed_on: Set(None),
            reviewed_month: Set(None),
            result: Set(None),
            receiver: Set(Some(receiver)),
            chased_on: Set(None),
            reported_on: Set(None),
            due_told: Set(None),
        }
        .insert(tx)
        .await?;
    }
    // Where it runs from a filing, that sets its last day when it comes.
    let due = clocks::notice_due(approved_on, None);
    let waits = authority::notice_waits_for_filing(authority);
    public_notice::ActiveModel {
        application: Set(row.id),
        due_on: Set(due.day),
        due_provisional: Set(due.is_provisional || waits),
        published_on: Set(None),
        channel: Set(None),
        body: Set(None),
        registry_sent_on: Set(None),
    }
    .insert(tx)
    .await?;
    Ok(())
}

/// P-9: the division whose department receives the filing: one level over the approving government, or the
/// county's own for what another department approved.
fn reviewer(
    authority: NamingAuthority,
    row: &naming_application::Model,
    chain: &[crate::model::division_version::Model],
) -> Uuid {
    use crate::model::vocabulary::DivisionLevel as L;
    let at = |level: L| chain.iter().find(|one| one.level == level);
    let above = match authority {
        NamingAuthority::OtherDepartment => None,
        NamingAuthority::PrefectureGovernment
        | NamingAuthority::ProvinceGovernment
        | NamingAuthority::Ministry
        | NamingAuthority::StateCouncil
        | NamingAuthority::NationalPeoplesCongress => at(L::Province),
        NamingAuthority::CountyGovernment | NamingAuthority::PlaceNameDepartment => {
            at(L::Prefecture).or_else(|| at(L::Province))
        }
    };
    above.map_or(row.county, |one| one.division)
}

/// Refuses a name for good; only before approval.
pub async fn reject(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    input: &NamingStepInput,
) -> Result<Uuid> {
    act.decides()?;
    end(
        tx,
        act,
        input,
        NamingState::Rejected,
        "rejectNaming",
        "NamingRejected",
    )
    .await
}

/// Sends an application back to be mended; only before approval.
pub async fn send_back(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    input: &NamingStepInput,
) -> Result<Uuid> {
    end(
        tx,
        act,
        input,
        NamingState::Returned,
        "returnNaming",
        "NamingReturned",
    )
    .await
}

async fn end(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    input: &NamingStepInput,
    state: NamingState,
    name: &str,
    event: &str,
) -> Result<Uuid> {
    let row = open(tx, act, &input.application_id, input.version).await?;
    let state = row.state.step(state)?;
    let step = Step {
        name,
        event,
        state,
        remark: Some(remark(input)?),
    };
    advance(tx, act, row, step, |_| ()).await
}
