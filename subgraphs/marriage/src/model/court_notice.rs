//! Notices of courts 法院通知, waiting on a work list until a person annotates the record (M-21a).

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "court_notice")]
pub struct Model {
    /// Opaque.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The registry that received it.
    pub registry_id: Uuid,
    /// The court.
    pub court: String,
    /// Number of the judgment.
    pub doc_no: String,
    /// Its blind index; none only for a row of a program of before.
    pub doc_index: Option<Vec<u8>>,
    /// See `rules::court::NoticeKind`.
    pub kind: String,
    /// From when the judgment has effect.
    pub effective_on: Date,
    /// When the registry received it.
    pub received_on: Date,
    /// Person token.
    pub man: String,
    /// Person token.
    pub woman: String,
    /// The court collected the certificates.
    pub certificates_collected: bool,
    /// `WAITING` or `ANNOTATED`.
    pub state: String,
    /// The marriage record that was annotated.
    pub record_id: Option<Uuid>,
    /// `ENDED` or `NOTED` (the record had ended before).
    pub outcome: Option<String>,
    /// When it was annotated.
    pub annotated_on: Option<Date>,
    /// Counts changes.
    pub version: i64,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
