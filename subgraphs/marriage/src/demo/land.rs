//! The divisions of the province shown, as the demonstration needs them.

use crate::kit::divisions::{Level, dataset};
use std::collections::HashMap;
use uuid::Uuid;

/// A county with what stands above it.
#[derive(Clone, Debug)]
pub(super) struct County {
    pub(super) id: Uuid,
    pub(super) code: String,
    pub(super) name: String,
    pub(super) prefecture: Option<(Uuid, String)>,
    /// Codes by first year, oldest first.
    codes: Vec<(i32, String)>,
}

impl County {
    /// The code valid in a year: a certificate keeps the code of its day (D-7).
    pub(super) fn code_in(&self, year: i32) -> &str {
        let last = self.codes.iter().rfind(|(from, _)| *from <= year);
        last.or(self.codes.first())
            .map_or(&self.code, |(_, code)| code)
    }

    /// Whether the county existed in a year, as far as its history is known.
    pub(super) fn existed_in(&self, year: i32) -> bool {
        self.codes.first().is_none_or(|(from, _)| *from <= year)
    }

    /// The county's name with its prefecture's in front.
    pub(super) fn full_name(&self) -> String {
        let above = self
            .prefecture
            .as_ref()
            .map_or("", |(_, name)| name.as_str());
        format!("{above}{}", self.name)
    }
}

/// The province and its counties.
pub(super) struct Land {
    pub(super) province: Uuid,
    pub(super) counties: Vec<County>,
    /// Index of the county that the province's report is about.
    pub(super) story: usize,
}

impl Land {
    /// The province of two digits, if it has divisions.
    pub(super) fn of(digits: &str) -> Option<Self> {
        let set = dataset();
        let province = set.by_code(&format!("{digits}0000"))?.id;
        let mut codes: HashMap<Uuid, Vec<(i32, String)>> = HashMap::new();
        for version in set.versions().iter().filter(|v| v.level == Level::County) {
            let from = i32::try_from(version.from_year).unwrap_or(1981);
            codes
                .entry(version.division)
                .or_default()
                .push((from, version.code.clone()));
        }
        let counties: Vec<County> = set
            .counties_of(digits)
            .map(|county| {
                let mut codes = codes.remove(&county.id).unwrap_or_default();
                codes.sort();
                let prefecture = set
                    .ancestors(&county.id)
                    .into_iter()
                    .find(|d| d.level == Level::Prefecture);
                County {
                    id: county.id,
                    code: county.code.clone(),
                    name: county.name.clone(),
                    prefecture: prefecture.map(|d| (d.id, d.name.clone())),
                    codes,
                }
            })
            .collect();
        let code = story_code(digits);
        let story = counties.iter().position(|c| c.code == code).unwrap_or(0);
        (!counties.is_empty()).then_some(Self {
            province,
            counties,
            story,
        })
    }
}

/// The county that the report of a province is about: 新津, 徐州鼓楼, 福州台江 (江心岛), 广丰.
fn story_code(digits: &str) -> &'static str {
    match digits {
        "51" => "510118",
        "32" => "320302",
        "35" => "350103",
        "36" => "361103",
        _ => "",
    }
}
