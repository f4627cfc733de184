//! Markers: how they are found, moved by both sides and a survey, mended by their keeper, handed to another keeper by
//! both.

use std::collections::HashMap;

use minzheng_kit::officer::Officer;
use minzheng_kit::{Error, Result};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder,
};
use serde_json::json;
use uuid::Uuid;

use super::{
    act::{self, Act},
    boundary_requests::{AgreeMarkerActInput, ProposeMarkerActInput, RecordMarkerInput, Side},
    inspections::{LINE, LONGEST, line, refused, sides, told},
    naming::requests::PlacePointInput,
};
use crate::{
    model::{
        boundary_line, marker, marker_act,
        vocabulary::{MarkerActKind, MarkerCondition},
    },
    rules::{boundaries as law, geojson::rounded, geometry::Point, officers},
};

/// How far a position may differ from the recorded one and still be the same marker, in metres. [P]
const SAME_PLACE: f64 = 2.0;

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

/// Records a new marker, or how a known one was found. A known marker is neither moved by this (B-4) nor mended, nor
/// does another side keep it by this (B-5).
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
    let keeper = input.keeper.map(|side| of(side, &line));
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
            let is_another = keeper.is_some_and(|keeper| keeper != row.keeper);
            let unfit = law::may_record(row.condition, input.condition)
                .or_else(|| law::keeper_stays(is_another));
            if let Some(refusal) = unfit {
                return Err(refusal.into());
            }
            let (id, version) = (row.id, row.version);
            let mut changed = row.into_active_model();
            changed.condition = Set(input.condition);
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

/// The division on a side of a line.
fn of(side: Side, line: &boundary_line::Model) -> Uuid {
    match side {
        Side::Left => line.left_division,
        Side::Right => line.right_division,
    }
}

/// B-4, B-5: proposes to move or mend a marker, or that another side keeps it. The proposer's own side agrees by it; it
/// takes effect with the other side's word, which another person gives ([`agree`]).
pub async fn propose(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    input: &ProposeMarkerActInput,
) -> Result<Uuid> {
    act.decides()?;
    let officer = act.officer()?;
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
        MarkerActKind::Keeper => None,
    };
    let keeper = match input.act {
        MarkerActKind::Keeper => {
            let keeper = input.keeper.map(|side| of(side, &line));
            let is_another = keeper.is_some_and(|keeper| keeper != row.keeper);
            if let Some(refusal) = law::keeper_changes(keeper.is_some(), is_another) {
                return Err(refusal.into());
            }
            keeper
        }
        MarkerActKind::Move | MarkerActKind::Mend => None,
    };
    let id = minzheng_kit::id::new();
    // An officer over both sides speaks for one of them only.
    let for_left = left && (!right || row.keeper == line.left_division);
    let own = |text: Option<&str>, is_own: bool| Set(text.filter(|_| is_own).map(str::to_owned));
    marker_act::ActiveModel {
        id: Set(id),
        marker: Set(row.id),
        line: Set(line.id),
        act: Set(input.act),
        longitude: Set(point.map(|p| p.longitude)),
        latitude: Set(point.map(|p| p.latitude)),
        keeper: Set(keeper),
        survey_doc: Set(survey),
        reason: Set(act::plain_text(&input.reason, "reason", LONGEST)?),
        proposed_on: Set(act.today),
        left_agreed_on: Set(for_left.then_some(act.today)),
        right_agreed_on: Set((!for_left).then_some(act.today)),
        left_officer: own(officer.account, for_left),
        left_officer_person: own(officer.person, for_left),
        right_officer: own(officer.account, !for_left),
        right_officer_person: own(officer.person, !for_left),
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

/// B-4, B-5: the other side agrees to a move or a change of keeper, or was present at a mending; then it takes effect. An
/// officer whose area holds both sides speaks for one of them.
pub async fn agree(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    input: &AgreeMarkerActInput,
) -> Result<Uuid> {
    act.decides()?;
    let officer = act.officer()?;
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
    let first = if needs_left {
        (&row.right_officer, &row.right_officer_person)
    } else {
        (&row.left_officer, &row.left_officer_person)
    };
    let first = Officer {
        account: first.0.as_deref(),
        person: first.1.as_deref(),
    };
    if let Some(same) = officers::may_act_for_the_other(first, officer, "actId") {
        return Err(same.into());
    }
    let both = (
        row.left_agreed_on.or(Some(act.today)),
        row.right_agreed_on.or(Some(act.today)),
    );
    let unfit = match row.act {
        MarkerActKind::Move => law::move_takes_effect(both.0, both.1, row.survey_doc.as_deref()),
        MarkerActKind::Mend => law::may_mend(true, law::completed(both.0, both.1).is_some()),
        MarkerActKind::Keeper => law::keeper_stays(law::completed(both.0, both.1).is_none()),
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
    match row.act {
        MarkerActKind::Move | MarkerActKind::Mend => {
            changed.condition = Set(MarkerCondition::Good);
        }
        MarkerActKind::Keeper => changed.keeper = row.keeper.map_or(NotSet, Set),
    }
    changed.version = Set(version + 1);
    changed.update(tx).await?;
    let (id, marker, kind, version) = (row.id, row.marker, row.act, row.version);
    let (subject, person) = (
        officer.account.map(str::to_owned),
        officer.person.map(str::to_owned),
    );
    let mut done = row.into_active_model();
    if needs_left {
        done.left_officer = Set(subject);
        done.left_officer_person = Set(person);
    } else {
        done.right_officer = Set(subject);
        done.right_officer_person = Set(person);
    }
    done.left_agreed_on = Set(both.0);
    done.right_agreed_on = Set(both.1);
    done.done_on = Set(Some(act.today));
    done.version = Set(version + 1);
    done.update(tx).await?;
    let body = json!({ "act": id, "marker": marker, "kind": act::stored(&kind) });
    told(tx, act, &line, ("Marker", marker), "MarkerActDone", body).await?;
    Ok(marker)
}

/// The moves, mendings and changes of keeper of a marker, latest first.
pub async fn acts_of<C: ConnectionTrait>(
    db: &C,
    markers: &[Uuid],
) -> Result<HashMap<Uuid, Vec<marker_act::Model>>> {
    let rows = marker_act::Entity::find()
        .filter(marker_act::Column::Marker.is_in(markers.iter().copied()))
        .order_by_desc(marker_act::Column::ProposedOn)
        .order_by_desc(marker_act::Column::Id)
        .all(db)
        .await?;
    Ok(super::naming::grouped(rows, |row| row.marker))
}
