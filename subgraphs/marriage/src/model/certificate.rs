//! Certificates 婚姻证件, one for each holder; both spouses' bear the same number.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "certificate")]
pub struct Model {
    /// Opaque.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Certificate number.
    pub number: String,
    /// `MARRIAGE`, `DIVORCE`, `MARRIAGE_REPLACEMENT` or `DIVORCE_REPLACEMENT`.
    pub kind: String,
    /// Person token.
    pub holder: String,
    /// The marriage record or divorce record it certifies.
    pub record_id: Uuid,
    /// Day of issue.
    pub issued_on: Date,
    /// `ISSUED`, `REPLACED` or `CANCELLED`.
    pub state: String,
    /// Number of the printed form 印制号; none while not printed.
    pub print_no: Option<String>,
    /// The certificate that this one replaces.
    pub replaces: Option<Uuid>,
    /// The registry that issued it; none where another province's did, or nobody has noted it.
    pub registry_id: Option<Uuid>,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
