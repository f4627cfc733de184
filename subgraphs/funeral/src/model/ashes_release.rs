//! The release of ashes by two officers (骨灰领取).

use sea_orm::entity::prelude::*;

use crate::rules::terms::{KinRelation, ReleaseState};

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "ashes_release")]
pub struct Model {
    /// Identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The case.
    pub case_id: Uuid,
    /// Token of the person who takes them.
    #[sea_orm(column_type = "Text")]
    pub receiver: String,
    /// What the receiver is to the deceased.
    pub relation: KinRelation,
    /// Number of the written authority, of anyone but the applicant.
    #[sea_orm(column_type = "Text", nullable)]
    pub authority: Option<String>,
    /// Where it stands.
    pub state: ReleaseState,
    /// The first officer.
    #[sea_orm(column_type = "Text", nullable)]
    pub asked_by: Option<String>,
    /// Token of the person who the first officer is, where the token told.
    #[sea_orm(column_type = "Text", nullable)]
    pub asked_person: Option<String>,
    /// When it was asked for.
    pub asked_at: DateTimeUtc,
    /// The second officer.
    #[sea_orm(column_type = "Text", nullable)]
    pub confirmed_by: Option<String>,
    /// When it was confirmed.
    pub confirmed_at: Option<DateTimeUtc>,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
