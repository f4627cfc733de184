//! Signs of place names (地名标志), and what is decided on who damages them or uses other names.

use std::collections::HashMap;

use minzheng_kit::{Error, Result, UserError, mutation};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction,
    EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, Select,
};
use serde_json::json;
use uuid::Uuid;

use super::{
    act::{self, About, Act},
    divisions,
    inspections::LINE,
    naming::{asked::county_of, grouped},
    sign_requests::{RecordNameOffenceInput, RecordSignpostInput},
};
use crate::{
    model::{
        name_offence, place, signpost,
        vocabulary::{MarkerCondition, NameOffenceKind},
    },
    rules::{geojson::rounded, geometry::Point, names},
};

/// The place of a request, in the officer's area.
async fn place_of(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    sent: &async_graphql::ID,
) -> Result<place::Model> {
    let row = place::Entity::find_by_id(act::known(sent, "placeId")?)
        .one(tx)
        .await?
        .ok_or_else(|| act::unknown("placeId"))?;
    act.oversees(tx, row.county).await?;
    Ok(row)
}

/// Records a new sign, or how a known one was found; answers it.
pub async fn record(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    input: &RecordSignpostInput,
) -> Result<Uuid> {
    let place = place_of(tx, act, &input.place_id).await?;
    let point = input.point.map(|sent| Point {
        longitude: sent.longitude,
        latitude: sent.latitude,
    });
    if point.is_some_and(|point| !point.is_plausible()) {
        return Err(UserError::new(
            "POINT_OUTSIDE",
            "The point is not in this country.",
            "坐标不在有效范围内。",
        )
        .field(&["input", "point"])
        .into());
    }
    let point = point.map(rounded);
    let known = match &input.signpost_id {
        None => None,
        Some(id) => {
            let row = signpost::Entity::find_by_id(act::known(id, "signpostId")?)
                .filter(signpost::Column::Place.eq(place.id))
                .one(tx)
                .await?
                .ok_or_else(|| act::unknown("signpostId"))?;
            act::same_version(row.version, input.version.unwrap_or_default())?;
            Some(row)
        }
    };
    let row = signpost::Model {
        id: known
            .as_ref()
            .map_or_else(minzheng_kit::id::new, |row| row.id),
        place: place.id,
        position: act::text(&input.position, "position", 200)?,
        longitude: point.map(|p| p.longitude),
        latitude: point.map(|p| p.latitude),
        condition: input.condition,
        shown: act::text(&input.shown, "shown", LINE)?,
        keeper: act::text(&input.keeper, "keeper", LINE)?,
        checked_on: act::past_day(input.checked_on.map(|d| d.0), act.today, "checkedOn")?,
        version: known.as_ref().map_or(1, |row| row.version + 1),
    };
    let id = row.id;
    let shown = |row: &signpost::Model| json!({ "condition": act::stored(&row.condition), "version": row.version });
    let (before, after) = (known.as_ref().map(shown), shown(&row));
    let row = row.into_active_model().reset_all();
    if known.is_some() {
        row.update(tx).await?;
    } else {
        row.insert(tx).await?;
    }
    let key = id.to_string();
    mutation::history(
        tx,
        "Signpost",
        &key,
        act.principal,
        before,
        Some(after.clone()),
    )
    .await?;
    let about = About {
        division: Some(place.county),
        place: Some(place.id),
        application: None,
    };
    let body = json!({ "version": 1, "signpost": id, "condition": after["condition"] });
    act::record(tx, act.at, "SignpostRecorded", about, body).await?;
    Ok(id)
}

/// P-14: records what was decided on an offence; a damaged sign is damaged from then on. Answers the offence.
pub async fn offence(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    input: &RecordNameOffenceInput,
) -> Result<Uuid> {
    let division = act::known(&input.division_id, "divisionId")?;
    let chain = divisions::chain(tx, division, act.today).await?;
    let county = county_of(&chain)?.division;
    act.oversees(tx, county).await?;
    let decided_on = act::past_day(input.decided_on.map(|d| d.0), act.today, "decidedOn")?;
    let fine_fen = input.fine.unwrap_or_default().0;
    if let Some(refusal) = names::fine_fits(input.kind, fine_fen, decided_on) {
        return Err(refusal.into());
    }
    let place = match &input.place_id {
        Some(id) => Some(place_of(tx, act, id).await?.id),
        None => None,
    };
    let sign = match &input.signpost_id {
        Some(id) if input.kind == NameOffenceKind::SignDamaged => Some(
            signpost::Entity::find_by_id(act::known(id, "signpostId")?)
                .one(tx)
                .await?
                .filter(|sign| place == Some(sign.place))
                .ok_or_else(|| act::unknown("signpostId"))?,
        ),
        Some(_) => return Err(act::unknown("signpostId")),
        None => None,
    };
    let row = name_offence::Model {
        id: minzheng_kit::id::new(),
        kind: input.kind,
        division,
        county,
        place,
        signpost: sign.as_ref().map(|sign| sign.id),
        fine_fen,
        document: act::text(&input.document, "document", LINE)?,
        decided_on,
    };
    let id = row.id;
    let body = json!({ "version": 1, "offence": id, "kind": act::stored(&row.kind), "fineFen": fine_fen,
        "decidedOn": decided_on });
    row.into_active_model().insert(tx).await?;
    if let Some(sign) = sign.filter(|sign| sign.condition == MarkerCondition::Good) {
        let version = sign.version;
        let mut changed = sign.into_active_model();
        changed.condition = Set(MarkerCondition::Damaged);
        changed.version = Set(version + 1);
        changed.update(tx).await?;
    }
    let key = id.to_string();
    mutation::history(
        tx,
        "NameOffence",
        &key,
        act.principal,
        None,
        Some(body.clone()),
    )
    .await?;
    let about = About {
        division: Some(county),
        place,
        application: None,
    };
    act::record(tx, act.at, "NameOffenceRecorded", about, body).await?;
    Ok(id)
}

/// The signs of these places, by position.
pub async fn of_places<C: ConnectionTrait>(
    db: &C,
    places: &[Uuid],
) -> Result<HashMap<Uuid, Vec<signpost::Model>>> {
    let rows = signpost::Entity::find()
        .filter(signpost::Column::Place.is_in(places.iter().copied()))
        .order_by_asc(signpost::Column::Place)
        .order_by_asc(signpost::Column::Id)
        .all(db)
        .await?;
    Ok(grouped(rows, |row| row.place))
}

/// A sign.
pub async fn one<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<signpost::Model> {
    signpost::Entity::find_by_id(id)
        .one(db)
        .await?
        .ok_or(Error::NotFound)
}

/// An offence.
pub async fn one_offence<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<name_offence::Model> {
    name_offence::Entity::find_by_id(id)
        .one(db)
        .await?
        .ok_or(Error::NotFound)
}

/// The offences of these counties, to be paged by day.
pub fn offences(counties: &[Uuid]) -> Select<name_offence::Entity> {
    name_offence::Entity::find()
        .filter(name_offence::Column::County.is_in(counties.iter().copied()))
}
