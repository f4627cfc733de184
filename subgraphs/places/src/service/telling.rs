//! What the other subsystems are told: the events that they know by type ([`minzheng_kit::events`]), with
//! what only this subsystem knows beside it in the same body.

use chrono::{DateTime, NaiveDate, Utc};
use minzheng_kit::{
    Error, Result, divisions as known_divisions,
    events::{DivisionChanged, DivisionSide, Event, PlaceChanged, Relation},
};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};
use serde_json::Value;
use uuid::Uuid;

use super::{
    act::{self, About},
    divisions,
    naming::force,
};
use crate::model::{
    division_change, division_lineage, division_side, place,
    vocabulary::{DivisionSideRole, LineageRelation},
};

/// Tells that a place has another name, address or point; `own` is what else there is to say. One whose name
/// has ended is told as `PlaceEnded`, which no listener takes for a place.
pub async fn place(
    tx: &DatabaseTransaction,
    at: DateTime<Utc>,
    place: &place::Model,
    effective: NaiveDate,
    own: Value,
) -> Result<()> {
    let about = About {
        division: Some(place.division),
        place: Some(place.id),
        application: None,
    };
    let Some(name) = force::standing(tx, place.id).await? else {
        return act::record(tx, at, "PlaceEnded", about, own).await;
    };
    let known = PlaceChanged {
        place: place.id,
        name: name.name,
        division: place.division,
        point: place.longitude.zip(place.latitude),
        effective,
    };
    let body = with(Event::of(&known, at)?.body, own);
    act::record(tx, at, "PlaceChanged", about, body).await
}

/// Tells a change of divisions, on the day it takes effect: at once, or when the day comes for which it was
/// announced; and keeps it, as all that are told do, so that officers of the new order are officers here too.
/// `own` is what else there is to say.
pub async fn division(
    tx: &DatabaseTransaction,
    at: DateTime<Utc>,
    change: &division_change::Model,
    sides: &[division_side::Model],
    own: Value,
) -> Result<()> {
    let of = |role: DivisionSideRole| -> Vec<Uuid> {
        let those = sides.iter().filter(|side| side.role == role);
        those.map(|side| side.division).collect()
    };
    let before = change.effective.pred_opt().unwrap_or(change.effective);
    let mut known = DivisionChanged {
        change: change.id,
        relation: relation(change.relation),
        effective: change.effective,
        from: shown(tx, &of(DivisionSideRole::Source), before).await?,
        to: shown(tx, &of(DivisionSideRole::Target), change.effective).await?,
        below: shown(tx, &of(DivisionSideRole::Below), change.effective).await?,
    };
    with_shares(tx, &mut known).await?;
    known_divisions::learn(tx, &known).await?;
    let about = About {
        division: known.to.first().or(known.from.first()).map(|side| side.id),
        ..About::default()
    };
    let event = Event::of(&known, at)?;
    let body = with(event.body, own);
    act::record(tx, at, &event.kind, about, body).await
}

/// D-8: what part of a division that is divided goes to each of its successors, where the decision states it.
async fn with_shares(tx: &DatabaseTransaction, known: &mut DivisionChanged) -> Result<()> {
    use division_lineage::Column;
    let [source] = known.from.as_slice() else {
        return Ok(());
    };
    if known.to.len() < 2 {
        return Ok(());
    }
    let steps = division_lineage::Entity::find()
        .filter(Column::FromDivision.eq(source.id))
        .filter(Column::Effective.eq(known.effective))
        .filter(Column::Share.is_not_null())
        .all(tx)
        .await?;
    for target in &mut known.to {
        let step = steps
            .iter()
            .find(|step| step.to_division == Some(target.id));
        let share = step.and_then(|step| step.share);
        target.share_permille = share
            .filter(|share| (0.0..=1.0).contains(share))
            .map(|share| (share * 1_000.0).round() as u32);
    }
    Ok(())
}

/// What all know, and beside it what only this subsystem says.
fn with(mut known: Value, own: Value) -> Value {
    if let (Some(body), Value::Object(own)) = (known.as_object_mut(), own) {
        for (key, value) in own {
            body.entry(key).or_insert(value);
        }
    }
    known
}

/// Divisions as they stood on a day.
async fn shown(tx: &DatabaseTransaction, ids: &[Uuid], on: NaiveDate) -> Result<Vec<DivisionSide>> {
    let mut versions = divisions::versions_on(tx, ids, on).await?;
    ids.iter()
        .map(|id| {
            let version = versions
                .remove(id)
                .ok_or_else(|| Error::internal("a side of a change without a version"))?;
            Ok(DivisionSide {
                id: *id,
                code: version.code,
                name: version.name,
                parent: version.parent,
                share_permille: None,
            })
        })
        .collect()
}

const fn relation(own: LineageRelation) -> Relation {
    match own {
        LineageRelation::Rename => Relation::Rename,
        LineageRelation::Retype => Relation::Retype,
        LineageRelation::Recode => Relation::Recode,
        LineageRelation::Merge => Relation::Merge,
        LineageRelation::Split => Relation::Split,
        LineageRelation::Transfer => Relation::Transfer,
        LineageRelation::Abolish => Relation::Abolish,
        LineageRelation::Create => Relation::Create,
    }
}
