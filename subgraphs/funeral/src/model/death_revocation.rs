//! A death that is to be taken back, by two officers (F-19).

use sea_orm::entity::prelude::*;

use crate::rules::terms::{CorrectionReason, RevocationState};

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "death_revocation")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The record of the death.
    pub death_id: Uuid,
    /// On what grounds.
    pub reason: CorrectionReason,
    /// The paper that shows it, encrypted.
    #[sea_orm(column_type = "Text", nullable)]
    pub paper: Option<String>,
    /// Where it stands.
    pub state: RevocationState,
    /// The first officer.
    #[sea_orm(column_type = "Text", nullable)]
    pub asked_by: Option<String>,
    /// Token of the person who the first officer is, where the token told.
    #[sea_orm(column_type = "Text", nullable)]
    pub asked_person: Option<String>,
    /// When.
    pub asked_at: DateTimeUtc,
    /// The second officer.
    #[sea_orm(column_type = "Text", nullable)]
    pub confirmed_by: Option<String>,
    /// When it was confirmed or withdrawn.
    pub confirmed_at: Option<DateTimeUtc>,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
