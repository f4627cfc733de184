//! What a bureau needs before its counters can open: registries, their hours, their people and rooms; and the
//! kinship that stands in the way of marriages (M-6).
//!
//! All of it is for an officer of the division, not of the registry itself: nobody enters himself.

mod hours;
mod kinship;
mod people;
mod site;

use super::act::{Act, still_as_read};
use crate::kit::{Error, Result};
use crate::model::registry;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

pub use hours::{Day, Week, set_day, set_week};
pub use kinship::{Kinship, record_kinship};
pub use people::{
    Counsellor, Guide, Link, Registrar, Room, enter_counsellor, enter_guide, enter_registrar,
    enter_room, link,
};
pub use site::{Change, Open, Site, change, open};

/// The registry, for an officer of the division above it.
async fn above(act: &Act<'_>, id: Uuid) -> Result<registry::Model> {
    let row = act.review(id).await?;
    if act.caller.registry.is_some() {
        return Err(Error::Forbidden);
    }
    Ok(row)
}

/// The registry at the version at which it was read, if the caller says which, one version on: two officers who
/// change a registry or its hours do not overwrite one another.
async fn changing(act: &Act<'_>, id: Uuid, read: Option<i64>) -> Result<registry::Model> {
    let row = above(act, id).await?;
    still_as_read(read, row.version)?;
    let moved = registry::Entity::update_many()
        .col_expr(registry::Column::Version, Expr::value(row.version + 1))
        .filter(registry::Column::Id.eq(row.id))
        .filter(registry::Column::Version.eq(row.version))
        .exec(act.tx)
        .await?;
    if moved.rows_affected == 0 {
        return Err(Error::Conflict);
    }
    Ok(row)
}
