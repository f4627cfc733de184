//! A name of a place for a time.

use sea_orm::entity::prelude::*;

use super::vocabulary::NameStatus;
use crate::rules::scope::PlaceKind;

/// A name of a place for a time.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "place_name")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whose name.
    pub place: Uuid,
    /// The place's kind, repeated for the index.
    pub kind: PlaceKind,
    /// The place's county, repeated for the index.
    pub county: Uuid,
    /// The whole name.
    pub name: String,
    /// 专名.
    pub specific: String,
    /// 通名; null where the name has none.
    pub generic: Option<String>,
    /// Pinyin without tones.
    pub roman: String,
    /// Pinyin with tones.
    pub roman_toned: String,
    /// Toneless syllables with spaces, to find homophones.
    pub sound: String,
    /// Standard, former or other.
    pub status: NameStatus,
    /// First day.
    pub valid_from: Date,
    /// Last day, exclusive; null while in use.
    pub valid_to: Option<Date>,
}

/// Joins are written where they are needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
