//! Offices that ended with a death which a court took back: an officer looks at each (民法典 50).

use crate::vocabulary::OfficeRole;
use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "office_review")]
pub struct Model {
    /// Key, made of the office and the event: the same event opens no second review.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The office.
    pub office_id: Uuid,
    /// The organization.
    pub credit_code: String,
    /// The division the organization is registered in.
    pub division_id: Uuid,
    /// The opaque token of the person.
    pub person: String,
    /// The office.
    pub role: OfficeRole,
    /// The day on which the death was taken back.
    pub opened: Date,
    /// The day of the decision; none while it waits.
    pub decided: Option<Date>,
    /// Whether the person holds the office again; none while it waits.
    pub restored: Option<bool>,
    /// Counts the changes.
    pub version: i64,
}

/// None: statements join by hand, so that their number can be counted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
