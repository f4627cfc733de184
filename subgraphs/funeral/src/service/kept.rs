//! What is kept of the deceased of cases, as near kin see it who were granted it (F-20).

use std::collections::HashMap;
use std::sync::Arc;

use minzheng_kit::Result;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::{cases, cremations, deaths, interments};
use crate::model::{
    ashes_custody, cremation, death_correction, death_record, funeral_case, interment,
};

/// What is kept of one deceased.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The case.
    pub case: funeral_case::Model,
    /// The record of the death; none where none is recorded, or it was taken back.
    pub death: Option<death_record::Model>,
    /// What was corrected in it, oldest first.
    pub corrections: Vec<death_correction::Model>,
    /// The cremation.
    pub cremation: Option<cremation::Model>,
    /// Where the ashes are or were kept, oldest first.
    pub custody: Vec<ashes_custody::Model>,
    /// The interment.
    pub interment: Option<interment::Model>,
}

/// What is kept of the deceased of cases, with six statements for all of them.
///
/// # Errors
/// The database's own.
pub async fn of_cases<C: ConnectionTrait>(c: &C, ids: &[Uuid]) -> Result<HashMap<Uuid, Arc<Kept>>> {
    let found = cases::by_ids(c, ids).await?;
    let mut recorded = cases::deaths_of(c, ids).await?;
    recorded.retain(|_, death| death.revoked_on.is_none());
    let records: Vec<Uuid> = recorded.values().map(|death| death.id).collect();
    let corrected = deaths::corrections(c, &records).await?;
    let mut cremated = cremations::of_cases(c, ids).await?;
    let mut custodies = cremations::custodies(c, ids).await?;
    let mut interred = interments::of_cases(c, ids).await?;
    Ok(found
        .into_iter()
        .map(|(id, case)| {
            let death = recorded.remove(&id);
            let corrections = death.as_ref().and_then(|d| corrected.get(&d.id)).cloned();
            let kept = Kept {
                case,
                death,
                corrections: corrections.unwrap_or_default(),
                cremation: cremated.remove(&id),
                custody: custodies.remove(&id).unwrap_or_default(),
                interment: interred.remove(&id),
            };
            (id, Arc::new(kept))
        })
        .collect())
}
