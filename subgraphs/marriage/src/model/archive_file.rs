//! Archive files 婚姻登记档案: where a record's papers are, and under which names they can be found.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "archive_file")]
pub struct Model {
    /// Opaque.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// `MARRIAGE`, `DIVORCE` or `REPLACEMENT`.
    pub record_kind: String,
    /// The marriage record, divorce record or certificate.
    pub record_id: Uuid,
    /// The registry.
    pub registry_id: Uuid,
    /// Person token.
    pub man: String,
    /// Person token.
    pub woman: String,
    /// Certificate number in the form of its day.
    pub number: String,
    /// Name of the division on that day.
    pub place_then: String,
    /// Year of the act.
    pub year: i32,
    /// Volume.
    pub volume_no: String,
    /// Pages.
    pub pages: i32,
    /// Reference to the scan; none while not digitised.
    pub digital_ref: Option<String>,
    /// SHA-256 of the scan.
    pub digest: Option<String>,
    /// `LONG_TERM` or `PERMANENT`.
    pub retention: String,
    /// Last day of keeping; none for permanent keeping.
    pub retain_until: Option<Date>,
    /// Legal day.
    pub archived_on: Date,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
