//! P-3 and P-4: within what area a name must be alone, and when two names sound alike.

use async_graphql::Enum;
use minzheng_kit::UserError;
use sea_orm::{DeriveActiveEnum, EnumIter};

use super::{famous, pinyin};
use crate::model::vocabulary::{DivisionKind, DivisionLevel};

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

    /// P-3, 地名管理条例 9(7)–(8): the area in which a name of this kind must be alone. The article names divisions,
    /// famous natural features, villages, and of what stands in towns roads, residential areas and buildings; other
    /// natural features, parks, facilities and the rest it does not name.
    pub fn scope(self, name: &str) -> Scope {
        match self {
            Self::Division => Scope::Nation,
            Self::NaturalFeature if famous::is_famous(name) => Scope::Nation,
            Self::Village => Scope::County,
            Self::Road | Self::Residence => Scope::BuiltUpArea,
            Self::NaturalFeature | Self::Park | Self::Facility | Self::Other => Scope::Unlimited,
        }
    }
}

/// P-3, 地名管理条例 9(7): what is one built-up area (建成区): the districts of one city together, and every county or
/// county-level city by itself. Built-up areas have no register of their own. `of` is the kind and the division above
/// of the county, `beside` those of its neighbours; answers the neighbours that belong to it.
pub fn same_built_up_area<T: Copy>(
    of: (DivisionKind, Option<uuid::Uuid>),
    beside: &[(T, DivisionKind, Option<uuid::Uuid>)],
) -> Vec<T> {
    let (kind, city) = of;
    if kind != DivisionKind::District || city.is_none() {
        return Vec::new();
    }
    beside
        .iter()
        .filter(|(_, kind, above)| *kind == DivisionKind::District && *above == city)
        .map(|(one, _, _)| *one)
        .collect()
}

/// P-3, 地名管理条例 9(7): divisions of county level and above are alone in the country, townships in their
/// province.
pub fn division_scope(level: DivisionLevel) -> Scope {
    if level == DivisionLevel::Township {
        Scope::Province
    } else {
        Scope::Nation
    }
}

/// The area in which a name must be alone (地名唯一性范围).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(name = "NameScope")]
pub enum Scope {
    /// The whole country (全国范围).
    Nation,
    /// One province (省级行政区域).
    Province,
    /// One county or district (县级行政区域).
    County,
    /// One built-up area (同一建成区).
    BuiltUpArea,
    /// No area: the regulation lets names of this kind be equal (条例未作要求).
    #[graphql(name = "NONE")]
    Unlimited,
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

/// P-4, 地名管理条例 9(8): whether and how two names of the same kind and scope are in conflict. With `tones`
/// names that differ in tone only are let stand (a setting of the province).
pub fn conflict(one: &str, other: &str, tones: bool) -> Option<ConflictKind> {
    if one == other {
        return Some(ConflictKind::Same);
    }
    let alike = if tones {
        pinyin::syllables(one) == pinyin::syllables(other)
    } else {
        sound(one) == sound(other)
    };
    alike.then_some(ConflictKind::Homophone)
}

/// P-3, 地名管理条例 9(7): the same name within the scope is never given; P-4: one that only sounds alike may
/// be, when an officer has judged it and said why.
pub fn may_stand(conflicts: &[ConflictKind], judged: bool) -> Option<UserError> {
    let basis = "地名管理条例第九条第一款第七项、第八项";
    if conflicts.contains(&ConflictKind::Same) {
        return Some(
            UserError::new(
                "NAME_TAKEN",
                "This name is borne by another place within the area where it must be alone.",
                "在规定范围内已有相同地名。",
            )
            .field(&["input", "applicationId"])
            .basis(basis),
        );
    }
    (!conflicts.is_empty() && !judged).then(|| {
        UserError::new(
            "NAME_HOMOPHONE",
            "Names that sound alike are to be judged first.",
            "存在同音地名，应当先行核查并说明理由。",
        )
        .field(&["input", "applicationId"])
        .basis(basis)
    })
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
            assert_eq!(conflict(one, other, false), found, "{one} {other}");
        }
    }

    #[test]
    fn tones_count_only_where_the_province_says_so() {
        for (one, other, toneless, toned) in [
            ("中山路", "钟山路", true, true),
            ("新华路", "新花路", true, false),
            ("文昌街", "闻昌街", true, true),
            ("明山路", "名扇路", true, false),
        ] {
            assert_eq!(
                conflict(one, other, false).is_some(),
                toneless,
                "{one} {other}"
            );
            assert_eq!(conflict(one, other, true).is_some(), toned, "{one} {other}");
        }
    }

    #[test]
    fn equal_names_never_stand_and_homophones_only_when_judged() {
        use ConflictKind::{Homophone, Same};
        let code = |found: &[ConflictKind], judged| may_stand(found, judged).map(|e| e.code);
        assert_eq!(code(&[], false), None);
        assert_eq!(code(&[Homophone], false).as_deref(), Some("NAME_HOMOPHONE"));
        assert_eq!(code(&[Homophone], true), None);
        assert_eq!(
            code(&[Homophone, Same], true).as_deref(),
            Some("NAME_TAKEN")
        );
        assert_eq!(division_scope(DivisionLevel::Township), Scope::Province);
        assert_eq!(division_scope(DivisionLevel::County), Scope::Nation);
    }

    /// 地名管理条例 9(7): 全国范围内著名的自然地理实体; 同一个建成区内的街路巷名称; the other kinds are not named.
    #[test]
    fn each_kind_must_be_alone_where_the_article_says() {
        use PlaceKind as K;
        for (kind, name, scope) in [
            (K::NaturalFeature, "泰山", Scope::Nation),
            (K::NaturalFeature, "青丝溪", Scope::Unlimited),
            (K::Division, "新津区", Scope::Nation),
            (K::Village, "李庄", Scope::County),
            (K::Road, "人民路", Scope::BuiltUpArea),
            (K::Residence, "兴园小区", Scope::BuiltUpArea),
            (K::Park, "人民公园", Scope::Unlimited),
            (K::Facility, "人民桥", Scope::Unlimited),
            (K::Other, "文化广场", Scope::Unlimited),
        ] {
            assert_eq!(kind.scope(name), scope, "{name}");
        }
    }

    #[test]
    fn the_districts_of_one_city_are_one_built_up_area() {
        use DivisionKind::{County, CountyCity, District};
        let (city, other) = (
            Some(uuid::Uuid::from_u128(1)),
            Some(uuid::Uuid::from_u128(2)),
        );
        let beside = [
            (1, District, city),
            (2, District, city),
            (3, County, city),
            (4, CountyCity, city),
            (5, District, other),
        ];
        for (kind, above, expected) in [
            (District, city, vec![1, 2]),
            (District, other, vec![5]),
            (County, city, vec![]),
            (CountyCity, city, vec![]),
            (District, None, vec![]),
        ] {
            assert_eq!(
                same_built_up_area((kind, above), &beside),
                expected,
                "{kind:?}"
            );
        }
    }

    #[test]
    fn kinds_have_the_codes_of_the_table() {
        use sea_orm::Iterable;
        let codes: Vec<i32> = PlaceKind::iter().map(PlaceKind::code).collect();
        assert_eq!(codes, [1, 2, 3, 4, 5, 6, 7, 8]);
    }
}
