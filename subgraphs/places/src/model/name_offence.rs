//! An offence against the rules on using names and keeping their signs. Who is responsible stands in the document,
//! not here.

use sea_orm::entity::prelude::*;

use super::vocabulary::NameOffenceKind;

/// An offence against the rules on using names and keeping their signs.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "name_offence")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What it is.
    pub kind: NameOffenceKind,
    /// Where.
    pub division: Uuid,
    /// The county it lies in, by whose officers it is kept.
    pub county: Uuid,
    /// The place whose name is misused or whose sign is damaged.
    pub place: Option<Uuid>,
    /// The sign.
    pub signpost: Option<Uuid>,
    /// The fine on the responsible person, in fen; 0 where it was only ordered to put it right.
    pub fine_fen: i64,
    /// The document of the decision.
    pub document: String,
    /// The day of the decision.
    pub decided_on: Date,
}

/// Joins are written where they are needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
