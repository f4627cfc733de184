//! Divisions that are merged, moved or renamed, as places tells them on their effective day.
//!
//! The organizations stay where they were registered, and their codes keep that division for ever; what
//! follows is the territory: a division that ends lies in its successor from now on, so that figures
//! and lists of the successor hold what was registered in both. Where several divisions follow, an
//! officer has to decide, and nothing moves by itself. Running it twice changes nothing.

use crate::model::territory;
use kit::events::{Consumer, DivisionChanged, Event, Known};
use kit::{Result, Services};
use minzheng_kit as kit;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Changes of divisions, from the subgraph of places.
#[derive(Clone, Copy, Debug)]
pub struct Divisions;

#[async_trait::async_trait]
impl Consumer for Divisions {
    fn source(&self) -> &'static str {
        "places"
    }

    fn kinds(&self) -> &'static [&'static str] {
        &[DivisionChanged::KIND]
    }

    async fn apply(&self, _: &Services, tx: &DatabaseTransaction, e: &Event) -> Result<()> {
        let Some(change) = e.read::<DivisionChanged>()? else {
            return Ok(());
        };
        for after in &change.to {
            below(tx, after.id, after.parent).await?;
        }
        for before in &change.from {
            let Some(after) = change.successor(before.id) else {
                continue;
            };
            if after.id != before.id {
                below(tx, before.id, Some(after.id)).await?;
            }
        }
        Ok(())
    }
}

/// Puts a division, with everything in it, below another one and nowhere else. Without a parent it only
/// comes to lie in itself.
async fn below(tx: &DatabaseTransaction, division: Uuid, parent: Option<Uuid>) -> Result<()> {
    add(tx, &BTreeMap::from([((division, division), 0)])).await?;
    let Some(parent) = parent else {
        return Ok(());
    };
    add(tx, &BTreeMap::from([((parent, parent), 0)])).await?;
    let above = territory::Entity::find()
        .filter(territory::Column::Division.eq(parent))
        .all(tx)
        .await?;
    let inside = territory::Entity::find()
        .filter(territory::Column::Ancestor.eq(division))
        .all(tx)
        .await?;
    let members: Vec<Uuid> = inside.iter().map(|row| row.division).collect();
    let ancestors: Vec<Uuid> = above.iter().map(|row| row.ancestor).collect();
    // A loop would make every figure of both wrong; such an event is not followed.
    if members.contains(&parent) {
        return Ok(());
    }
    // Out of what it lay in before and does not any more.
    territory::Entity::delete_many()
        .filter(territory::Column::Division.is_in(members.iter().copied()))
        .filter(territory::Column::Ancestor.is_not_in(members.iter().copied()))
        .filter(territory::Column::Ancestor.is_not_in(ancestors.iter().copied()))
        .exec(tx)
        .await?;
    let mut rows = BTreeMap::new();
    for up in &above {
        for down in &inside {
            rows.insert((up.ancestor, down.division), up.depth + down.depth + 1);
        }
    }
    add(tx, &rows).await
}

async fn add(tx: &DatabaseTransaction, rows: &BTreeMap<(Uuid, Uuid), i32>) -> Result<()> {
    let row = |(&(ancestor, division), &depth): (&(Uuid, Uuid), &i32)| {
        territory::Model {
            ancestor,
            division,
            depth,
        }
        .into_active_model()
    };
    let there = OnConflict::columns([territory::Column::Ancestor, territory::Column::Division])
        .update_column(territory::Column::Depth)
        .to_owned();
    territory::Entity::insert_many(rows.iter().map(row))
        .on_conflict(there)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}
