//! Joint inspections: both sides of a line act, each for itself and by a person of its own.

use minzheng_kit::calendar::WorkCalendar;
use minzheng_kit::officer::Officer;
use minzheng_kit::{Error, Result, UserError, mutation};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait,
    IntoActiveModel, QueryFilter,
};
use serde_json::json;
use uuid::Uuid;

use super::{
    act::{self, About, Act},
    boundary_requests::{
        JointInspectionStepInput, RecordInspectionFindingsInput, ScheduleInspectionInput, Side,
        SignInspectionInput,
    },
    naming::month,
};
use crate::{
    model::{
        boundary_line, joint_inspection,
        vocabulary::{JointInspectionCause, JointInspectionState},
    },
    rules::{boundaries as law, clocks::Deadline, officers},
};

pub(super) const LONGEST: usize = 1000;
pub(super) const LINE: usize = 100;

pub(super) fn refused(code: &str, en: &str, zh: &str, field: &str) -> Error {
    UserError::new(code, en, zh).field(&["input", field]).into()
}

pub(super) async fn line(
    tx: &DatabaseTransaction,
    id: Uuid,
    field: &str,
) -> Result<boundary_line::Model> {
    boundary_line::Entity::find_by_id(id)
        .one(tx)
        .await?
        .ok_or_else(|| act::unknown(field))
}

/// On which sides of a line the officer acts.
pub(super) async fn sides(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    line: &boundary_line::Model,
) -> Result<(bool, bool)> {
    let sides = (
        act.holds(tx, line.left_division).await?,
        act.holds(tx, line.right_division).await?,
    );
    if sides == (false, false) {
        return Err(Error::Forbidden);
    }
    Ok(sides)
}

pub(super) async fn told(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    line: &boundary_line::Model,
    entity: (&str, Uuid),
    kind: &str,
    mut body: serde_json::Value,
) -> Result<()> {
    if let Some(body) = body.as_object_mut() {
        body.insert("version".into(), 1.into());
        body.insert("line".into(), line.id.to_string().into());
    }
    let key = entity.1.to_string();
    mutation::history(tx, entity.0, &key, act.principal, None, Some(body.clone())).await?;
    let about = About {
        division: Some(line.left_division),
        ..About::default()
    };
    act::record(tx, act.at, kind, about, body).await
}

/// Writes a line with what is due next (B-1).
async fn save_due(
    tx: &DatabaseTransaction,
    line: boundary_line::Model,
    change: impl FnOnce(&mut boundary_line::ActiveModel) + Send,
    due: Deadline,
) -> Result<()> {
    let version = line.version;
    let mut changed = line.into_active_model();
    changed.due_on = Set(due.day);
    changed.due_month = Set(month(due.day));
    changed.due_provisional = Set(due.is_provisional);
    changed.version = Set(version + 1);
    change(&mut changed);
    changed.update(tx).await?;
    Ok(())
}

/// B-1: the day by which a line is due: its regular day, or the day of the first event whose inspection is open.
async fn due(
    tx: &DatabaseTransaction,
    line: &boundary_line::Model,
    last_periodic: Option<chrono::NaiveDate>,
) -> Result<Deadline> {
    due_by(&WorkCalendar::china(), tx, line, last_periodic).await
}

/// The same by a calendar.
pub(super) async fn due_by(
    calendar: &WorkCalendar,
    tx: &DatabaseTransaction,
    line: &boundary_line::Model,
    last_periodic: Option<chrono::NaiveDate>,
) -> Result<Deadline> {
    use joint_inspection::Column as C;
    let events: Vec<chrono::NaiveDate> = joint_inspection::Entity::find()
        .filter(C::Line.eq(line.id))
        .filter(C::Cause.ne(JointInspectionCause::Periodic))
        .filter(C::State.is_in([
            JointInspectionState::Scheduled,
            JointInspectionState::Signed,
        ]))
        .all(tx)
        .await?
        .into_iter()
        .filter_map(|row| row.occurred_on)
        .collect();
    let first = line.first_due_on.unwrap_or(line.due_on);
    let regular = law::regular_due(calendar, last_periodic, first);
    Ok(law::next_due(regular, &events))
}

/// B-1: schedules a joint inspection, of the whole line in its round of five years, or at once of a stretch
/// that an event has changed: then the line is due on the day of the event.
pub async fn schedule(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    input: &ScheduleInspectionInput,
) -> Result<Uuid> {
    use chrono::Datelike;
    let line = line(tx, act::known(&input.line_id, "lineId")?, "lineId").await?;
    sides(tx, act, &line).await?;
    act::same_version(line.version, input.version)?;
    if let Some(refusal) = law::stretch_is_named(input.cause, input.stretch.as_deref()) {
        return Err(refusal.into());
    }
    let open = joint_inspection::Entity::find()
        .filter(joint_inspection::Column::Line.eq(line.id))
        .filter(joint_inspection::Column::State.is_in([
            JointInspectionState::Scheduled,
            JointInspectionState::Signed,
        ]))
        .all(tx)
        .await?;
    if input.cause == JointInspectionCause::Periodic
        && open
            .iter()
            .any(|row| row.cause == JointInspectionCause::Periodic)
    {
        return Err(refused(
            "INSPECTION_OPEN",
            "A round of this line is open already.",
            "该界线本轮联检尚未办结。",
            "lineId",
        ));
    }
    let occurred = act::past_day(input.occurred_on.map(|d| d.0), act.today, "occurredOn")?;
    let id = minzheng_kit::id::new();
    let round = line.rounds + i32::from(law::counts_as_round(input.cause));
    joint_inspection::ActiveModel {
        id: Set(id),
        line: Set(line.id),
        year: Set(act.today.year()),
        round: Set(round),
        findings: Set(None),
        signed_by_left: Set(None),
        signed_by_right: Set(None),
        filed_on: Set(None),
        cause: Set(input.cause),
        state: Set(JointInspectionState::Scheduled),
        occurred_on: Set((input.cause != JointInspectionCause::Periodic).then_some(occurred)),
        left_signer: Set(None),
        left_signer_person: Set(None),
        right_signer: Set(None),
        right_signer_person: Set(None),
        stretch: Set(act::optional_text(
            input.stretch.as_deref(),
            "stretch",
            LONGEST,
        )?),
        scheduled_on: Set(input.scheduled_on.map(|d| d.0)),
        left_team: Set(act::optional_text(
            input.left_team.as_deref(),
            "leftTeam",
            LINE,
        )?),
        right_team: Set(act::optional_text(
            input.right_team.as_deref(),
            "rightTeam",
            LINE,
        )?),
        closed_on: Set(None),
        result_doc: Set(None),
        received_by: Set(None),
        version: Set(1),
    }
    .insert(tx)
    .await?;
    let due = due(tx, &line, line.last_inspected).await?;
    // Of a line that was never inspected the first day is kept, so that it comes back after the event.
    let is_first = line.last_inspected.is_none();
    let first = line.first_due_on.or(is_first.then_some(line.due_on));
    let body = json!({ "inspection": id, "cause": act::stored(&input.cause), "dueOn": due.day });
    told(
        tx,
        act,
        &line,
        ("JointInspection", id),
        "InspectionScheduled",
        body,
    )
    .await?;
    save_due(tx, line, |changed| changed.first_due_on = Set(first), due).await?;
    Ok(id)
}

async fn inspection(
    tx: &DatabaseTransaction,
    id: &async_graphql::ID,
    version: i64,
) -> Result<(joint_inspection::Model, boundary_line::Model)> {
    let row = joint_inspection::Entity::find_by_id(act::known(id, "inspectionId")?)
        .one(tx)
        .await?
        .ok_or_else(|| act::unknown("inspectionId"))?;
    act::same_version(row.version, version)?;
    let line = line(tx, row.line, "inspectionId").await?;
    Ok((row, line))
}

/// Records what was found. What both sides have signed is no longer changed.
pub async fn record_findings(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    input: &RecordInspectionFindingsInput,
) -> Result<Uuid> {
    let (row, line) = inspection(tx, &input.inspection_id, input.version).await?;
    sides(tx, act, &line).await?;
    if row.signed_by_left.is_some() || row.signed_by_right.is_some() {
        return Err(refused(
            "SIGNED_ALREADY",
            "Findings are recorded before the sides sign them.",
            "检查情况应当在签字之前记录。",
            "inspectionId",
        ));
    }
    let (id, version) = (row.id, row.version);
    let mut changed = row.into_active_model();
    changed.findings = Set(Some(act::text(&input.findings, "findings", LONGEST)?));
    changed.version = Set(version + 1);
    changed.update(tx).await?;
    let body = json!({ "inspection": id });
    told(
        tx,
        act,
        &line,
        ("JointInspection", id),
        "InspectionFindingsRecorded",
        body,
    )
    .await?;
    Ok(id)
}

/// B-3: signs for one side, by an officer of that side who decides. With the second signature, which is another
/// person's, the inspection is signed.
pub async fn sign(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    input: &SignInspectionInput,
) -> Result<Uuid> {
    act.decides()?;
    let officer = act.officer()?;
    let (row, line) = inspection(tx, &input.inspection_id, input.version).await?;
    let (left, right) = sides(tx, act, &line).await?;
    let (holds, signed) = match input.side {
        Side::Left => (left, row.signed_by_left),
        Side::Right => (right, row.signed_by_right),
    };
    if !holds {
        return Err(Error::Forbidden);
    }
    if signed.is_some() || row.state != JointInspectionState::Scheduled {
        return Err(refused(
            "SIGNED_ALREADY",
            "This side has signed already.",
            "该方已经签字。",
            "side",
        ));
    }
    if let Some(refusal) = law::may_sign(row.findings.is_some()) {
        return Err(refusal.into());
    }
    let other = match input.side {
        Side::Left => (&row.right_signer, &row.right_signer_person),
        Side::Right => (&row.left_signer, &row.left_signer_person),
    };
    let other = Officer {
        account: other.0.as_deref(),
        person: other.1.as_deref(),
    };
    if let Some(same) = officers::may_act_for_the_other(other, officer, "side") {
        return Err(same.into());
    }
    let on = act::past_day(input.signed_on.map(|d| d.0), act.today, "signedOn")?;
    // A round is signed after the one before, a stretch after what happened to it.
    let before = match row.cause {
        JointInspectionCause::Periodic => line.last_inspected,
        _ => row.occurred_on,
    };
    if let Some(refusal) = law::in_order(&[before], on, "signedOn") {
        return Err(refusal.into());
    }
    let (id, version) = (row.id, row.version);
    let both = match input.side {
        Side::Left => (Some(on), row.signed_by_right),
        Side::Right => (row.signed_by_left, Some(on)),
    };
    let mut changed = row.into_active_model();
    changed.signed_by_left = Set(both.0);
    changed.signed_by_right = Set(both.1);
    let (subject, person) = (
        officer.account.map(str::to_owned),
        officer.person.map(str::to_owned),
    );
    match input.side {
        Side::Left => {
            changed.left_signer = Set(subject);
            changed.left_signer_person = Set(person);
        }
        Side::Right => {
            changed.right_signer = Set(subject);
            changed.right_signer_person = Set(person);
        }
    }
    if law::completed(both.0, both.1).is_some() {
        changed.state = Set(JointInspectionState::Signed);
    }
    changed.version = Set(version + 1);
    changed.update(tx).await?;
    let body = json!({ "inspection": id, "side": if input.side == Side::Left { "LEFT" } else { "RIGHT" } });
    told(
        tx,
        act,
        &line,
        ("JointInspection", id),
        "InspectionSigned",
        body,
    )
    .await?;
    Ok(id)
}

/// B-3: closes an inspection that both sides have signed. The round of five years begins anew with a periodic
/// one; the look at a stretch only takes away what made the line due at once.
pub async fn close(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    input: &JointInspectionStepInput,
) -> Result<Uuid> {
    let (row, line) = inspection(tx, &input.inspection_id, input.version).await?;
    sides(tx, act, &line).await?;
    let unfit = law::may_close(
        row.signed_by_left,
        row.signed_by_right,
        row.findings.as_deref(),
    );
    if let Some(refusal) = unfit {
        return Err(refusal.into());
    }
    if row.state != JointInspectionState::Signed {
        return Err(refused(
            "CLOSED_ALREADY",
            "This inspection was closed before.",
            "该联检已经办结。",
            "inspectionId",
        ));
    }
    let completed = law::completed(row.signed_by_left, row.signed_by_right)
        .ok_or_else(|| Error::internal("a signed inspection without signatures"))?;
    let (id, version, cause) = (row.id, row.version, row.cause);
    let closed_on = act::past_day(input.on.map(|d| d.0), act.today, "on")?;
    if let Some(refusal) = law::in_order(&[Some(completed)], closed_on, "on") {
        return Err(refusal.into());
    }
    let mut changed = row.into_active_model();
    changed.state = Set(JointInspectionState::Closed);
    changed.closed_on = Set(Some(closed_on));
    changed.result_doc = Set(Some(act::text(&input.document, "document", LINE)?));
    changed.version = Set(version + 1);
    changed.update(tx).await?;
    let is_round = law::counts_as_round(cause);
    let last = if is_round {
        Some(completed)
    } else {
        line.last_inspected
    };
    let due = due(tx, &line, last).await?;
    let rounds = line.rounds + i32::from(is_round);
    let body = json!({ "inspection": id, "round": is_round, "dueOn": due.day });
    told(
        tx,
        act,
        &line,
        ("JointInspection", id),
        "InspectionClosed",
        body,
    )
    .await?;
    save_due(
        tx,
        line,
        |changed| {
            changed.last_inspected = Set(last);
            changed.rounds = Set(rounds);
        },
        due,
    )
    .await?;
    Ok(id)
}

/// B-2: files the result with the body that approved the line.
pub async fn file(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    input: &JointInspectionStepInput,
) -> Result<Uuid> {
    let (row, line) = inspection(tx, &input.inspection_id, input.version).await?;
    sides(tx, act, &line).await?;
    if let Some(refusal) = law::may_file(row.state) {
        return Err(refusal.into());
    }
    let (id, version) = (row.id, row.version);
    let filed_on = act::past_day(input.on.map(|d| d.0), act.today, "on")?;
    if let Some(refusal) = law::in_order(&[row.closed_on], filed_on, "on") {
        return Err(refusal.into());
    }
    let mut changed = row.into_active_model();
    changed.state = Set(JointInspectionState::Filed);
    changed.filed_on = Set(Some(filed_on));
    changed.received_by = Set(Some(law::filed_with(line.level).to_owned()));
    changed.result_doc = Set(Some(act::text(&input.document, "document", LINE)?));
    changed.version = Set(version + 1);
    changed.update(tx).await?;
    let body = json!({ "inspection": id });
    told(
        tx,
        act,
        &line,
        ("JointInspection", id),
        "InspectionFiled",
        body,
    )
    .await?;
    Ok(id)
}
