//! P-3 and P-4: within what area a name must be alone, and when two names sound alike.

use async_graphql::Enum;
use sea_orm::{DeriveActiveEnum, EnumIter};

use super::pinyin;

/// The kinds of place names (地名类别), 地名管理条例 3.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "Text",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
#[graphql(name = "PlaceKind")]
pub enum PlaceKind {
    /// Mountains, rivers, lakes, islands and other natural features (自然地理实体).
    NaturalFeature,
    /// Administrative divisions (行政区划).
    Division,
    /// Seats of villagers' and residents' committees (村民委员会、居民委员会所在地).
    Village,
    /// City parks and nature reserves (城市公园、自然保护地).
    Park,
    /// Streets, roads and lanes (街路巷).
    Road,
    /// Residential areas and buildings that serve for orientation (住宅区、楼宇).
    Residence,
    /// Transport, water, power, communication and weather facilities (交通运输、水利、电力、通信、气象等设施).
    Facility,
    /// Other places of importance (其他地理实体).
    Other,
}

impl PlaceKind {
    /// The code of the kind in the code table, 1–8.
    pub fn code(self) -> i32 {
        match self {
            Self::NaturalFeature => 1,
            Self::Division => 2,
            Self::Village => 3,
            Self::Park => 4,
            Self::Road => 5,
            Self::Residence => 6,
            Self::Facility => 7,
            Self::Other => 8,
        }
    }

    /// P-3, 地名管理条例 9(7)–(8): the area in which the name must be alone. The built-up area of roads,
    /// residences and what the article does not name is taken to be the county or district, for built-up
    /// areas have no register.
    pub fn scope(self) -> Scope {
        match self {
            Self::NaturalFeature | Self::Division => Scope::Nation,
            Self::Village => Scope::County,
            Self::Park | Self::Road | Self::Residence | Self::Facility | Self::Other => {
                Scope::BuiltUpArea
            }
        }
    }
}

/// The area in which a name must be alone (地名唯一性范围).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(name = "NameScope")]
pub enum Scope {
    /// The whole country (全国范围).
    Nation,
    /// One county or district (县级行政区域).
    County,
    /// One built-up area (同一建成区).
    BuiltUpArea,
}

/// How alike two names are (冲突类型).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(name = "NameConflictKind")]
pub enum ConflictKind {
    /// The same characters (重名).
    Same,
    /// Other characters of the same sound (同音).
    Homophone,
}

/// P-4, 地名管理条例 9(8): the sound of a name, toneless, syllable by syllable, by which homophones are found.
/// The spaces keep 西安 (xi an) apart from 仙 (xian).
pub fn sound(name: &str) -> String {
    pinyin::syllables(name)
        .iter()
        .map(|s| pinyin::toneless(s))
        .collect::<Vec<_>>()
        .join(" ")
}

/// P-4: whether and how two names of the same kind and scope are in conflict.
pub fn conflict(one: &str, other: &str) -> Option<ConflictKind> {
    if one == other {
        Some(ConflictKind::Same)
    } else {
        (sound(one) == sound(other)).then_some(ConflictKind::Homophone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_sound_alike_are_told_from_equal_and_different_ones() {
        for (one, other, found) in [
            ("新华路", "新华路", Some(ConflictKind::Same)),
            ("新华路", "新花路", Some(ConflictKind::Homophone)),
            ("中山路", "钟山路", Some(ConflictKind::Homophone)),
            ("新华路", "新华街", None),
            ("西安路", "仙路", None),
            ("长乐路", "常乐路", Some(ConflictKind::Homophone)),
        ] {
            assert_eq!(conflict(one, other), found, "{one} {other}");
        }
    }

    #[test]
    fn kinds_have_the_codes_of_the_table() {
        use sea_orm::Iterable;
        let codes: Vec<i32> = PlaceKind::iter().map(PlaceKind::code).collect();
        assert_eq!(codes, [1, 2, 3, 4, 5, 6, 7, 8]);
    }
}
