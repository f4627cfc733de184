//! Which divisions lie in which.
//!
//! The table holds, for every division that something lies in, itself and all above it. It is
//! filled from the division set of kit the first time a division is used.

use minzheng_kit::divisions;
use minzheng_kit::error::{Error, Result, UserError};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait};
use uuid::Uuid;

use crate::model::division_scope;

/// The rows for a division: itself and each division above.
pub fn rows(division: Uuid) -> Vec<division_scope::ActiveModel> {
    let above = divisions::dataset()
        .ancestors(&division)
        .into_iter()
        .map(|d| d.id);
    std::iter::once(division)
        .chain(above)
        .map(|ancestor| division_scope::ActiveModel {
            division_id: Set(division),
            ancestor_id: Set(ancestor),
        })
        .collect()
}

/// Makes sure that a division can be counted, and refuses one that nobody knows.
pub async fn ensure<C: ConnectionTrait>(c: &C, division: Uuid) -> Result<()> {
    if divisions::dataset().by_id(&division).is_none() {
        return Err(Error::Invalid(
            UserError::new(
                "DIVISION_UNKNOWN",
                "There is no such division today.",
                "没有该行政区划。",
            )
            .field(&["division"]),
        ));
    }
    let conflict = OnConflict::columns([
        division_scope::Column::DivisionId,
        division_scope::Column::AncestorId,
    ])
    .do_nothing()
    .to_owned();
    division_scope::Entity::insert_many(rows(division))
        .on_conflict(conflict)
        .exec_without_returning(c)
        .await?;
    Ok(())
}

/// The division and all above it, nearest first: where a policy that holds here may stand.
pub fn upwards(division: Uuid) -> Vec<Uuid> {
    std::iter::once(division)
        .chain(
            divisions::dataset()
                .ancestors(&division)
                .into_iter()
                .map(|d| d.id),
        )
        .collect()
}

/// Whether an officer who works for the division with `officer_code` may act in `division`: it is
/// that division or lies below it.
pub fn within(division: Uuid, officer_code: &str) -> bool {
    let set = divisions::dataset();
    set.by_code(officer_code)
        .is_some_and(|d| upwards(division).contains(&d.id))
}
