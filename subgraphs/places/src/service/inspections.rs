//! Joint inspections and markers: both sides of a line act, each for itself.

use minzheng_kit::{Error, Result, UserError, mutation};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder,
};
use serde_json::json;
use uuid::Uuid;

use super::{
    act::{self, About, Act},
    boundary_requests::{
        AgreeMarkerActInput, InspectionStepInput, ProposeMarkerActInput, RecordFindingsInput,
        RecordMarkerInput, ScheduleInspectionInput, Side, SignInspectionInput,
    },
    naming::{month, requests::PlacePointInput},
};
use crate::{
    model::{
        boundary_line, joint_inspection, marker, marker_act,
        vocabulary::{InspectionCause, InspectionState, MarkerActKind, MarkerCondition},
    },
    rules::{boundaries as law, geojson::rounded, geometry::Point},
};

const LONGEST: usize = 1000;
const LINE: usize = 100;
/// How far a position may differ from the recorded one and still be the same marker, in metres. [P]
const SAME_PLACE: f64 = 2.0;

fn refused(code: &str, en: &str, zh: &str, field: &str) -> Error {
    UserError::new(code, en, zh).field(&["input", field]).into()
}

async fn line(tx: &DatabaseTransaction, id: Uuid, field: &str) -> Result<boundary_line::Model> {
    boundary_line::Entity::find_by_id(id)
        .one(tx)
        .await?
        .ok_or_else(|| act::unknown(field))
}

/// On which sides of a line the officer acts.
async fn sides(
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

async fn told(
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
    due: chrono::NaiveDate,
) -> Result<()> {
    let version = line.version;
    let mut changed = line.into_active_model();
    changed.due_on = Set(due);
    changed.due_month = Set(month(due));
    changed.version = Set(version + 1);
    change(&mut changed);
    changed.update(tx).await?;
    Ok(())
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
        .filter(
            joint_inspection::Column::State
                .is_in([InspectionState::Scheduled, InspectionState::Signed]),
        )
        .all(tx)
        .await?;
    if input.cause == InspectionCause::Periodic
        && open
            .iter()
            .any(|row| row.cause == InspectionCause::Periodic)
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
        state: Set(InspectionState::Scheduled),
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
    let due = match input.cause {
        InspectionCause::Periodic => line.due_on,
        _ => line.due_on.min(occurred),
    };
    let body = json!({ "inspection": id, "cause": act::stored(&input.cause), "dueOn": due });
    told(
        tx,
        act,
        &line,
        ("JointInspection", id),
        "InspectionScheduled",
        body,
    )
    .await?;
    save_due(tx, line, |_| (), due).await?;
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
    input: &RecordFindingsInput,
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

/// B-3: signs for one side, by an officer of that side who decides. With the second signature the inspection is
/// signed.
pub async fn sign(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    input: &SignInspectionInput,
) -> Result<Uuid> {
    act.decides()?;
    let (row, line) = inspection(tx, &input.inspection_id, input.version).await?;
    let (left, right) = sides(tx, act, &line).await?;
    let (holds, signed) = match input.side {
        Side::Left => (left, row.signed_by_left),
        Side::Right => (right, row.signed_by_right),
    };
    if !holds {
        return Err(Error::Forbidden);
    }
    if signed.is_some() || row.state != InspectionState::Scheduled {
        return Err(refused(
            "SIGNED_ALREADY",
            "This side has signed already.",
            "该方已经签字。",
            "side",
        ));
    }
    if row.findings.is_none() {
        return Err(refused(
            "FINDINGS_MISSING",
            "Record what was found before the sides sign it.",
            "应当先记录检查情况，再行签字。",
            "inspectionId",
        ));
    }
    let on = act::past_day(input.signed_on.map(|d| d.0), act.today, "signedOn")?;
    let (id, version) = (row.id, row.version);
    let both = match input.side {
        Side::Left => (Some(on), row.signed_by_right),
        Side::Right => (row.signed_by_left, Some(on)),
    };
    let mut changed = row.into_active_model();
    changed.signed_by_left = Set(both.0);
    changed.signed_by_right = Set(both.1);
    if law::completed(both.0, both.1).is_some() {
        changed.state = Set(InspectionState::Signed);
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
    input: &InspectionStepInput,
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
    if row.state != InspectionState::Signed {
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
    let mut changed = row.into_active_model();
    changed.state = Set(InspectionState::Closed);
    changed.closed_on = Set(Some(act::past_day(input.on.map(|d| d.0), act.today, "on")?));
    changed.result_doc = Set(Some(act::text(&input.document, "document", LINE)?));
    changed.version = Set(version + 1);
    changed.update(tx).await?;
    let still_open = joint_inspection::Entity::find()
        .filter(joint_inspection::Column::Line.eq(line.id))
        .filter(joint_inspection::Column::Id.ne(id))
        .filter(joint_inspection::Column::Cause.ne(InspectionCause::Periodic))
        .filter(
            joint_inspection::Column::State
                .is_in([InspectionState::Scheduled, InspectionState::Signed]),
        )
        .one(tx)
        .await?;
    let is_round = law::counts_as_round(cause);
    let last = if is_round {
        Some(completed)
    } else {
        line.last_inspected
    };
    // A line that was never inspected keeps the day it was due on.
    let event = still_open.map(|_| line.due_on);
    let due = last.map_or(line.due_on, |last| law::next_due(last, event));
    let rounds = line.rounds + i32::from(is_round);
    let body = json!({ "inspection": id, "round": is_round, "dueOn": due });
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
    input: &InspectionStepInput,
) -> Result<Uuid> {
    let (row, line) = inspection(tx, &input.inspection_id, input.version).await?;
    sides(tx, act, &line).await?;
    if let Some(refusal) = law::may_file(row.state) {
        return Err(refusal.into());
    }
    let (id, version) = (row.id, row.version);
    let mut changed = row.into_active_model();
    changed.state = Set(InspectionState::Filed);
    changed.filed_on = Set(Some(act::past_day(input.on.map(|d| d.0), act.today, "on")?));
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

fn position(sent: PlacePointInput) -> Result<Point> {
    let point = Point {
        longitude: sent.longitude,
        latitude: sent.latitude,
    };
    if point.is_plausible() {
        Ok(rounded(point))
    } else {
        Err(refused(
            "POINT_OUTSIDE",
            "The point is not in this country.",
            "坐标不在有效范围内。",
            "point",
        ))
    }
}

/// Records a new marker, or how a known one was found. A known marker is not moved by this (B-4).
pub async fn record_marker(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    input: &RecordMarkerInput,
) -> Result<Uuid> {
    let line = line(tx, act::known(&input.line_id, "lineId")?, "lineId").await?;
    sides(tx, act, &line).await?;
    let point = position(input.point)?;
    let no = act::text(&input.no, "no", LINE)?;
    let known = marker::Entity::find()
        .filter(marker::Column::Line.eq(line.id))
        .filter(marker::Column::No.eq(&no))
        .one(tx)
        .await?;
    let keeper = input.keeper.map(|side| match side {
        Side::Left => line.left_division,
        Side::Right => line.right_division,
    });
    let id = match known {
        Some(row) => {
            act::same_version(row.version, input.version.unwrap_or_default())?;
            let stands = Point {
                longitude: row.longitude,
                latitude: row.latitude,
            };
            if stands.distance(point) > SAME_PLACE {
                let unfit = law::move_takes_effect(None, None, Some("-"));
                return Err(unfit.map_or(Error::Conflict, Into::into));
            }
            let (id, version) = (row.id, row.version);
            let mut changed = row.into_active_model();
            changed.condition = Set(input.condition);
            if let Some(keeper) = keeper {
                changed.keeper = Set(keeper);
            }
            changed.version = Set(version + 1);
            changed.update(tx).await?;
            id
        }
        None => {
            let id = minzheng_kit::id::new();
            marker::ActiveModel {
                id: Set(id),
                line: Set(line.id),
                no: Set(no),
                longitude: Set(point.longitude),
                latitude: Set(point.latitude),
                keeper: Set(keeper.unwrap_or(line.left_division)),
                condition: Set(input.condition),
                version: Set(1),
            }
            .insert(tx)
            .await?;
            id
        }
    };
    let body = json!({ "marker": id, "condition": act::stored(&input.condition) });
    told(tx, act, &line, ("Marker", id), "MarkerRecorded", body).await?;
    Ok(id)
}

/// B-4, B-5: proposes to move or mend a marker. The proposer's own side agrees by it; it takes effect with the
/// other side's word ([`agree`]).
pub async fn propose(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    input: &ProposeMarkerActInput,
) -> Result<Uuid> {
    act.decides()?;
    let row = marker::Entity::find_by_id(act::known(&input.marker_id, "markerId")?)
        .one(tx)
        .await?
        .ok_or_else(|| act::unknown("markerId"))?;
    act::same_version(row.version, input.version)?;
    let line = line(tx, row.line, "markerId").await?;
    let (left, right) = sides(tx, act, &line).await?;
    let survey = act::optional_text(input.survey_doc.as_deref(), "surveyDoc", LINE)?;
    let point = match input.act {
        MarkerActKind::Move => {
            if let Some(refusal) =
                law::move_takes_effect(Some(act.today), Some(act.today), survey.as_deref())
            {
                return Err(refusal.into());
            }
            let sent = input.point.ok_or_else(|| {
                refused(
                    "POINT_MISSING",
                    "Say where the marker is to stand.",
                    "应当填写界桩新位置。",
                    "point",
                )
            })?;
            Some(position(sent)?)
        }
        MarkerActKind::Mend => {
            let by_keeper = (left && row.keeper == line.left_division)
                || (right && row.keeper == line.right_division);
            if let Some(refusal) = law::may_mend(by_keeper, true) {
                return Err(refusal.into());
            }
            None
        }
    };
    let id = minzheng_kit::id::new();
    // An officer over both sides speaks for one of them only.
    let for_left = left && (!right || row.keeper == line.left_division);
    marker_act::ActiveModel {
        id: Set(id),
        marker: Set(row.id),
        line: Set(line.id),
        act: Set(input.act),
        longitude: Set(point.map(|p| p.longitude)),
        latitude: Set(point.map(|p| p.latitude)),
        survey_doc: Set(survey),
        reason: Set(act::text(&input.reason, "reason", LONGEST)?),
        proposed_on: Set(act.today),
        left_agreed_on: Set(for_left.then_some(act.today)),
        right_agreed_on: Set((!for_left).then_some(act.today)),
        done_on: Set(None),
        version: Set(1),
    }
    .insert(tx)
    .await?;
    let body = json!({ "act": id, "marker": row.id, "kind": act::stored(&input.act) });
    told(
        tx,
        act,
        &line,
        ("Marker", row.id),
        "MarkerActProposed",
        body,
    )
    .await?;
    Ok(id)
}

/// B-4, B-5: the other side agrees to a move, or was present at a mending; then it takes effect.
pub async fn agree(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    input: &AgreeMarkerActInput,
) -> Result<Uuid> {
    act.decides()?;
    let row = marker_act::Entity::find_by_id(act::known(&input.act_id, "actId")?)
        .one(tx)
        .await?
        .ok_or_else(|| act::unknown("actId"))?;
    act::same_version(row.version, input.version)?;
    let line = line(tx, row.line, "actId").await?;
    let (left, right) = sides(tx, act, &line).await?;
    let needs_left = row.left_agreed_on.is_none();
    if row.done_on.is_some() {
        return Err(refused(
            "DONE_ALREADY",
            "This was done before.",
            "该事项已经办理。",
            "actId",
        ));
    }
    if !(if needs_left { left } else { right }) {
        return Err(Error::Forbidden);
    }
    let both = (
        row.left_agreed_on.or(Some(act.today)),
        row.right_agreed_on.or(Some(act.today)),
    );
    let unfit = match row.act {
        MarkerActKind::Move => law::move_takes_effect(both.0, both.1, row.survey_doc.as_deref()),
        MarkerActKind::Mend => law::may_mend(true, law::completed(both.0, both.1).is_some()),
    };
    if let Some(refusal) = unfit {
        return Err(refusal.into());
    }
    let stands = marker::Entity::find_by_id(row.marker)
        .one(tx)
        .await?
        .ok_or_else(|| act::unknown("actId"))?;
    let version = stands.version;
    let mut changed = stands.into_active_model();
    changed.longitude = row.longitude.map_or(NotSet, Set);
    changed.latitude = row.latitude.map_or(NotSet, Set);
    changed.condition = Set(MarkerCondition::Good);
    changed.version = Set(version + 1);
    changed.update(tx).await?;
    let (id, marker, kind, version) = (row.id, row.marker, row.act, row.version);
    let mut done = row.into_active_model();
    done.left_agreed_on = Set(both.0);
    done.right_agreed_on = Set(both.1);
    done.done_on = Set(Some(act.today));
    done.version = Set(version + 1);
    done.update(tx).await?;
    let body = json!({ "act": id, "marker": marker, "kind": act::stored(&kind) });
    told(tx, act, &line, ("Marker", marker), "MarkerActDone", body).await?;
    Ok(marker)
}

/// The moves and mendings of a marker, latest first.
pub async fn acts_of<C: ConnectionTrait>(
    db: &C,
    markers: &[Uuid],
) -> Result<std::collections::HashMap<Uuid, Vec<marker_act::Model>>> {
    let rows = marker_act::Entity::find()
        .filter(marker_act::Column::Marker.is_in(markers.iter().copied()))
        .order_by_desc(marker_act::Column::ProposedOn)
        .order_by_desc(marker_act::Column::Id)
        .all(db)
        .await?;
    Ok(super::naming::grouped(rows, |row| row.marker))
}
