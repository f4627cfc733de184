//! The province shown, as the generators walk through it.

use minzheng_kit::{
    demo,
    divisions::{self, Dataset, Division, Kind, Level},
};

use crate::rules::romanise;
use crate::rules::scope::PlaceKind;

/// A county with what stands above and below it.
pub(super) struct County {
    pub(super) itself: &'static Division,
    pub(super) prefecture: Option<&'static Division>,
    /// Towns, townships and subdistricts; no zones.
    pub(super) townships: Vec<&'static Division>,
}

/// The province shown.
pub(super) struct Land {
    pub(super) province: Option<&'static Division>,
    /// By code.
    pub(super) counties: Vec<County>,
}

impl Land {
    pub(super) fn of(province: &str) -> Self {
        let set: &'static Dataset = divisions::dataset();
        let counties = set
            .counties_of(province)
            .map(|itself| County {
                itself,
                prefecture: itself
                    .parent
                    .and_then(|id| set.by_id(&id))
                    .filter(|d| d.level == Level::Prefecture),
                townships: set
                    .children(&itself.id)
                    .filter(|t| t.kind != Kind::Zone)
                    .collect(),
            })
            .collect();
        Self {
            province: set.by_code(&format!("{province}0000")),
            counties,
        }
    }

    pub(super) fn province_code(&self) -> &str {
        self.province.map_or("00", |p| &p.code[..2])
    }
}

impl County {
    /// The name without 区, 县 or 市, unless one character would be left.
    pub(super) fn short_name(&self) -> &'static str {
        let (specific, _) = romanise::split(&self.itself.name, PlaceKind::Division);
        if specific.chars().count() > 1 {
            specific
        } else {
            &self.itself.name
        }
    }

    pub(super) fn is_in(&self, prefecture: &str) -> bool {
        self.itself.code.starts_with(prefecture)
    }

    /// The divisions that a thing in this county lies in, smallest first.
    pub(super) fn around(
        &self,
        township: Option<&'static Division>,
        land: &Land,
    ) -> Vec<&'static Division> {
        [township, Some(self.itself), self.prefecture, land.province]
            .into_iter()
            .flatten()
            .collect()
    }
}

/// A plausible point: longitude and latitude.
pub(super) fn point_of(division: &Division) -> (f64, f64) {
    demo::point_of(&division.code)
}
