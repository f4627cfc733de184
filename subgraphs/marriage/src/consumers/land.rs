//! Divisions and places, from the subgraph of places: where a registry stands follows; what was registered
//! stays with the division of its day (D-7), and its figures are carried over to the districts of today
//! by lineage when somebody asks for that (D-8): here is only written down what became of what.

use crate::kit::divisions::told;
use crate::kit::events::{
    Consumer, DivisionChanged, DivisionSide, Event, Known as _, PlaceChanged,
};
use crate::kit::mutation::history;
use crate::kit::{Principal, Result, Services};
use crate::model::registry::{Column, Entity};
use crate::service::rebase;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};
use serde_json::json;
use uuid::Uuid;

/// Changes of divisions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Divisions;

#[async_trait::async_trait]
impl Consumer for Divisions {
    fn source(&self) -> &'static str {
        "places"
    }

    fn kinds(&self) -> &'static [&'static str] {
        &[DivisionChanged::KIND]
    }

    async fn apply(&self, s: &Services, tx: &DatabaseTransaction, event: &Event) -> Result<()> {
        let Some(change) = event.read::<DivisionChanged>()? else {
            return Ok(());
        };
        let by = Principal::service(&s.province, "places").at(s.clock.now());
        // D-8: figures follow the territory; what goes on under its own identity keeps its own.
        let ended = |side: &&DivisionSide| change.to.iter().all(|after| after.id != side.id);
        for before in change.from.iter().filter(ended) {
            for after in &change.to {
                let share = match change.to.len() {
                    1 => Some(1_000),
                    _ => after.share_permille,
                };
                rebase::descend(tx, before.id, after.id, share).await?;
            }
        }
        for before in &change.from {
            // Several successors, or none: an officer decides (`service::moves`).
            let Some(after) = change.successor(before.id) else {
                continue;
            };
            let moved = counties(tx, before, after).await?
                + above(tx, Column::PrefectureId, before.id, after.id).await?
                + above(tx, Column::ProvinceId, before.id, after.id).await?;
            if moved > 0 {
                let side = |of: &DivisionSide| json!({ "division": of.id, "code": of.code });
                let (was, mut is) = (side(before), side(after));
                is["registries"] = moved.into();
                let id = before.id.to_string();
                history(tx, "Division", &id, &by, Some(was), Some(is)).await?;
            }
        }
        Ok(())
    }
}

/// Moves the registries of a county to what follows it: its identity, its code for officers' areas and new
/// certificates, and what it lies in. Answers how many moved; none where everything stands already.
async fn counties(
    tx: &DatabaseTransaction,
    before: &DivisionSide,
    after: &DivisionSide,
) -> Result<u64> {
    let rows = Entity::find()
        .filter(Column::CountyId.eq(before.id))
        .all(tx)
        .await?;
    let mut moved = 0;
    for row in rows {
        let (prefecture, province) = match after.parent {
            None => (row.prefecture_id, row.province_id),
            Some(parent) => stands_in(tx, parent, row.province_id).await?,
        };
        let stands = row.county_id == after.id
            && row.county_code == after.code
            && (row.prefecture_id, row.province_id) == (prefecture, province);
        if stands {
            continue;
        }
        moved += Entity::update_many()
            .col_expr(Column::CountyId, Expr::value(after.id))
            .col_expr(Column::CountyCode, Expr::value(after.code.as_str()))
            .col_expr(Column::PrefectureId, Expr::value(prefecture))
            .col_expr(Column::ProvinceId, Expr::value(province))
            .filter(Column::Id.eq(row.id))
            .exec(tx)
            .await?
            .rows_affected;
    }
    Ok(moved)
}

/// The prefecture and the province of a county that lies in `parent`, by the divisions of now: a parent with nothing
/// above it is a province, be it another one than before, and has no prefecture between. One that nobody knows is a
/// prefecture of the province that the county had.
async fn stands_in(
    tx: &DatabaseTransaction,
    parent: Uuid,
    province: Uuid,
) -> Result<(Option<Uuid>, Uuid)> {
    let now = told(tx).await?;
    Ok(match (now.by_id(&parent), now.ancestors(&parent).last()) {
        (_, Some(top)) => (Some(parent), top.id),
        (Some(top), None) => (None, top.id),
        (None, None) if parent == province => (None, province),
        (None, None) => (Some(parent), province),
    })
}

/// A prefecture or a province that goes on under another identity.
async fn above(tx: &DatabaseTransaction, column: Column, old: Uuid, new: Uuid) -> Result<u64> {
    if old == new {
        return Ok(0);
    }
    let moved = Entity::update_many()
        .col_expr(column, Expr::value(new))
        .filter(column.eq(old))
        .exec(tx)
        .await?;
    Ok(moved.rows_affected)
}

/// Places that moved on the map: a registry keeps a copy of its point, for searches by distance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places;

#[async_trait::async_trait]
impl Consumer for Places {
    fn source(&self) -> &'static str {
        "places"
    }

    fn kinds(&self) -> &'static [&'static str] {
        &[PlaceChanged::KIND]
    }

    async fn apply(&self, _: &Services, tx: &DatabaseTransaction, event: &Event) -> Result<()> {
        let Some(change) = event.read::<PlaceChanged>()? else {
            return Ok(());
        };
        let Some((longitude, latitude)) = change.point else {
            return Ok(());
        };
        Entity::update_many()
            .col_expr(Column::Lon, Expr::value(longitude))
            .col_expr(Column::Lat, Expr::value(latitude))
            .filter(Column::PlaceId.eq(change.place))
            .exec(tx)
            .await?;
        Ok(())
    }
}
