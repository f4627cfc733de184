//! What sort of division a row is, read from its level, code and name.
//!
//! The code carries the class only below the county (GB/T 10114: `001–099` subdistricts, `100–199`
//! towns, `200–399` townships, `400–599` units that are counted like townships but are none in law);
//! above it the last character of the name tells.

/// The level of a division in the tree. It never changes in a division's life: a county that becomes a
/// prefecture is succeeded by a new division.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// 省级.
    Province,
    /// 地级.
    Prefecture,
    /// 县级.
    County,
    /// 乡级.
    Township,
}

impl Level {
    /// The stable name stored in databases.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Province => "PROVINCE",
            Self::Prefecture => "PREFECTURE",
            Self::County => "COUNTY",
            Self::Township => "TOWNSHIP",
        }
    }
}

/// The kind of a division (`domain.md` B.0.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// 省, 自治区, 直辖市, 特别行政区.
    Province,
    /// 地级市, 地区, 自治州, 盟.
    Prefecture,
    /// 县, 自治县, 旗, 自治旗.
    County,
    /// 市辖区, 特区, 林区.
    District,
    /// 县级市.
    CountyCity,
    /// 镇.
    Town,
    /// 乡, 苏木.
    Township,
    /// 民族乡, 民族苏木.
    EthnicTownship,
    /// 街道.
    Subdistrict,
    /// A zone, farm or other unit that is counted like a division but is none in law (功能区, 类似乡级单位).
    Zone,
}

impl Kind {
    /// The stable name stored in databases.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Province => "PROVINCE",
            Self::Prefecture => "PREFECTURE",
            Self::County => "COUNTY",
            Self::District => "DISTRICT",
            Self::CountyCity => "COUNTY_CITY",
            Self::Town => "TOWN",
            Self::Township => "TOWNSHIP",
            Self::EthnicTownship => "ETHNIC_TOWNSHIP",
            Self::Subdistrict => "SUBDISTRICT",
            Self::Zone => "ZONE",
        }
    }

    /// The kind of a division by its level, code and name.
    pub fn of(level: Level, code: &str, name: &str) -> Self {
        match level {
            Level::Province => Self::Province,
            Level::Prefecture => Self::Prefecture,
            Level::County if name.ends_with('区') => Self::District,
            Level::County if name.ends_with('市') => Self::CountyCity,
            Level::County => Self::County,
            Level::Township => match code.as_bytes().get(6) {
                Some(b'0') => Self::Subdistrict,
                Some(b'1') => Self::Town,
                Some(b'2' | b'3') if name.ends_with("族乡") || name.contains("民族") => {
                    Self::EthnicTownship
                }
                Some(b'2' | b'3') => Self::Township,
                _ => Self::Zone,
            },
        }
    }
}

/// Who gave the code: the ministry's table is the law, the bureau's has rows of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CodeSystem {
    /// 民政部: the division exists in law.
    Mca,
    /// 国家统计局: the row exists for statistics only, or its law is not known from this source.
    Nbs,
}

impl CodeSystem {
    /// The stable name stored in databases.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mca => "MCA",
            Self::Nbs => "NBS",
        }
    }
}

/// The name without the word for its kind: 上饶地区 and 上饶市 have the same stem. Used to tell the heir of
/// an abolished prefecture from others that took a county or two.
pub(super) fn stem(name: &str) -> &str {
    for suffix in ["行政区", "地区", "自治州", "市", "盟"] {
        if let Some(stem) = name.strip_suffix(suffix) {
            return stem;
        }
    }
    name
}
