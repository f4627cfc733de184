//! Projects of the five partners: community, organizations, social workers, volunteers, charity (五社联动).

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "project")]
pub struct Model {
    /// Key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Where it runs.
    pub division_id: Uuid,
    /// The organization that runs it, if it is one of ours.
    pub credit_code: Option<String>,
    /// First day.
    pub started: Date,
    /// Whether it is a pilot.
    pub pilot: bool,
    /// Among the ten best of the province.
    pub honoured: bool,
    /// Money put in, in fen.
    pub amount_fen: i64,
    /// Community organizations grown.
    pub organizations_grown: i32,
    /// People served.
    pub people_served: i64,
    /// Whether the report gives that figure only roughly.
    pub people_approximate: bool,
    /// Counts the changes of the row.
    pub version: i64,
}

/// None: statements join by hand, so that their number can be counted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
