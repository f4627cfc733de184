//! Which divisions lie in which.
//!
//! The table holds, for every division that something lies in, itself and all above it. It is
//! filled from the divisions of now, as this subsystem was told of them, the first time a division is used.

use minzheng_kit::divisions::{self, Divisions};
use minzheng_kit::error::{Error, Result, UserError};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait};
use uuid::Uuid;

use crate::model::division_scope;

/// The rows for a division: itself and each division above.
pub fn rows(divisions: &Divisions, division: Uuid) -> Vec<division_scope::ActiveModel> {
    divisions
        .upwards(&division)
        .into_iter()
        .map(|ancestor| division_scope::ActiveModel {
            division_id: Set(division),
            ancestor_id: Set(ancestor),
        })
        .collect()
}

/// Makes sure that a division can be counted, and refuses one that nobody knows; answers its code of now.
pub async fn ensure<C: ConnectionTrait>(c: &C, division: Uuid) -> Result<String> {
    let now = divisions::told(c).await?;
    let Some(known) = now.by_id(&division) else {
        return Err(Error::Invalid(
            UserError::new(
                "DIVISION_UNKNOWN",
                "There is no such division today.",
                "没有该行政区划。",
            )
            .field(&["division"]),
        ));
    };
    let conflict = OnConflict::columns([
        division_scope::Column::DivisionId,
        division_scope::Column::AncestorId,
    ])
    .do_nothing()
    .to_owned();
    division_scope::Entity::insert_many(rows(&now, division))
        .on_conflict(conflict)
        .exec_without_returning(c)
        .await?;
    Ok(known.code.clone())
}

/// The division and all above it, nearest first: where a policy that holds here may stand.
pub async fn upwards<C: ConnectionTrait>(c: &C, division: Uuid) -> Result<Vec<Uuid>> {
    Ok(divisions::told(c).await?.upwards(&division))
}
