//! Invented names, none equal to or sounding like another of its kind in its county.

use std::collections::HashSet;

use minzheng_kit::demo::RngExt;
use rand::rngs::StdRng;

use crate::rules::{
    romanise::{self, Roman},
    scope::{self, PlaceKind},
};

const FIRST: &[&str] = &[
    "锦", "文", "清", "兴", "安", "永", "福", "星", "云", "青", "金", "玉", "明", "和", "春", "秋",
    "东", "南", "西", "北", "龙", "凤", "石", "松", "竹", "梅", "柳", "桂", "丰", "泰", "康", "宝",
    "天", "望", "临", "建", "新", "高", "平", "光",
];
const SECOND: &[&str] = &[
    "江", "溪", "河", "华", "园", "林", "山", "泉", "湖", "桥", "塘", "岭", "坪", "湾", "源", "川",
    "城", "门", "台", "阳", "津", "井", "亭", "祥", "盛", "和", "安", "昌", "庆", "顺", "乐", "善",
    "景", "翠", "峰", "田", "洲", "滨", "苑", "麓",
];

/// The generic parts that are used for a kind.
fn generics(kind: PlaceKind) -> &'static [&'static str] {
    match kind {
        PlaceKind::Road => &["路", "街", "大道", "巷"],
        PlaceKind::Village => &["村", "社区"],
        PlaceKind::Residence => &["小区", "花园", "家园", "大厦"],
        PlaceKind::Facility => &["大桥", "水库", "汽车站", "隧道"],
        PlaceKind::NaturalFeature => &["山", "溪", "湖", "峰"],
        PlaceKind::Park => &["公园", "湿地公园"],
        PlaceKind::Other | PlaceKind::Division => &["广场", "博物馆", "塔"],
    }
}

/// A name with what is derived from it.
#[derive(Clone)]
pub(super) struct Name {
    pub(super) specific: String,
    pub(super) generic: &'static str,
    pub(super) roman: Roman,
    pub(super) sound: String,
}

impl Name {
    pub(super) fn new(specific: String, generic: &'static str, kind: PlaceKind) -> Self {
        let roman = romanise::romanise(&specific, Some(generic), kind);
        let sound = scope::sound(&format!("{specific}{generic}"));
        Self {
            specific,
            generic,
            roman,
            sound,
        }
    }

    pub(super) fn text(&self) -> String {
        format!("{}{}", self.specific, self.generic)
    }
}

/// The sounds that are taken, by kind and scope.
#[derive(Default)]
pub(super) struct Taken(HashSet<(PlaceKind, String, String)>);

impl Taken {
    /// P-3, P-4: whether the name is still free in its scope; then it is taken.
    pub(super) fn take(&mut self, name: &Name, kind: PlaceKind, county: &str) -> bool {
        // Stricter than the law for natural features, so that none is taken for another.
        let area = if matches!(kind, PlaceKind::NaturalFeature | PlaceKind::Division) {
            ""
        } else {
            county
        };
        self.0.insert((kind, area.to_owned(), name.sound.clone()))
    }

    /// A name of its own for a place of this kind. After some tries a third character helps.
    pub(super) fn invent(&mut self, rng: &mut StdRng, kind: PlaceKind, county: &str) -> Name {
        for attempt in 0.. {
            let generic = generics(kind)[rng.random_range(0..generics(kind).len())];
            let first = FIRST[rng.random_range(0..FIRST.len())];
            let second = SECOND[rng.random_range(0..SECOND.len())];
            let third = if attempt < 8 {
                ""
            } else {
                SECOND[rng.random_range(0..SECOND.len())]
            };
            let name = Name::new(format!("{first}{second}{third}"), generic, kind);
            if self.take(&name, kind, county) || attempt > 1000 {
                return name;
            }
        }
        Name::new(FIRST[0].to_owned(), generics(kind)[0], kind)
    }
}
