//! An application to name, rename or cancel a name, and the decision on it (地名申请).

use sea_orm::entity::prelude::*;

use super::vocabulary::{NamingAuthority, NamingKind};
use crate::rules::scope::PlaceKind;
use crate::rules::state::NamingState;

/// An application to name, rename or cancel a name, and the decision on it (地名申请).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "naming_application")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What is asked for.
    pub kind: NamingKind,
    /// Where it stands.
    pub state: NamingState,
    /// The place; null until a new name is in force.
    pub place: Option<Uuid>,
    /// Kind of place.
    pub place_kind: PlaceKind,
    /// The smallest division named.
    pub division: Uuid,
    /// Its county.
    pub county: Uuid,
    /// The whole name asked for.
    pub name: String,
    /// 专名.
    pub specific: String,
    /// 通名.
    pub generic: String,
    /// Pinyin without tones.
    pub roman: String,
    /// Toneless syllables.
    pub sound: String,
    /// Degrees east.
    pub longitude: Option<f64>,
    /// Degrees north.
    pub latitude: Option<f64>,
    /// Plan and reasons.
    pub reasons: String,
    /// The conflicts found on submission.
    pub conflicts: Json,
    /// Opaque id of the caller who submitted; null for imported rows.
    pub applicant: Option<String>,
    /// When it was submitted.
    pub submitted_at: DateTimeUtc,
    /// Day of approval.
    pub approved_on: Option<Date>,
    /// Month of approval as year × 12 + month − 1, for statistics.
    pub approved_month: Option<i32>,
    /// Approving body.
    pub approved_by: Option<String>,
    /// The rank of the approving body.
    pub authority: Option<NamingAuthority>,
    /// Document of approval.
    pub approval_doc: Option<String>,
    /// First day in force; set by the notice.
    pub effective_on: Option<Date>,
    /// Where it lies, in words, as the notice must say.
    pub position: Option<String>,
    /// Opaque id of the officer who reviewed; null before, and for imported rows.
    pub reviewed_by: Option<String>,
    /// The person whose account that is, where the token said.
    pub reviewer_person: Option<String>,
    /// Invented, for demonstration.
    pub is_demo: bool,
    /// Raised by every change.
    pub version: i64,
}

/// Joins are written where they are needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
