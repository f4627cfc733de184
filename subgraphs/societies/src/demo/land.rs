//! The divisions of the province shown, as the demonstration needs them.

use super::figures;
use crate::model::territory;
use chrono::NaiveDate;
use minzheng_kit::divisions::{Dataset, DemoPlace, Division, Level, dataset, demo_place_id};
use std::collections::HashMap;
use uuid::Uuid;

/// A county of the province.
#[derive(Clone, Debug)]
pub(super) struct County {
    pub(super) id: Uuid,
    pub(super) code: String,
    /// Its name, behind the prefecture's where two counties of the province have the same.
    pub(super) name: String,
    /// The prefecture above and its name; none for a county directly below the province.
    pub(super) prefecture: Option<(Uuid, String)>,
    /// The name it had before, and when organizations took the new one.
    pub(super) former: Option<(String, NaiveDate)>,
}

/// The province and its counties.
#[derive(Clone, Debug)]
pub(super) struct Land {
    pub(super) province: Uuid,
    pub(super) province_name: String,
    /// Two digits.
    pub(super) digits: String,
    pub(super) counties: Vec<County>,
    /// The county of the story, by place in `counties`.
    pub(super) story: usize,
}

impl Land {
    /// The province of two digits; `None` when its divisions are not known.
    pub(super) fn of(digits: &str) -> Option<Self> {
        let data = dataset();
        let province = data.by_code(&format!("{digits}0000"))?;
        let former = former_names(data);
        let mut seen: HashMap<&str, usize> = HashMap::new();
        for county in data.counties_of(digits) {
            *seen.entry(&county.name).or_default() += 1;
        }
        let counties: Vec<County> = data
            .counties_of(digits)
            .map(|county| {
                let prefecture = prefecture(data, county);
                let alone = seen.get(county.name.as_str()) == Some(&1);
                let name = match &prefecture {
                    Some((_, above)) if !alone => format!("{above}{}", county.name),
                    _ => county.name.clone(),
                };
                let former = former.get(&county.id).cloned();
                County {
                    id: county.id,
                    code: county.code.clone(),
                    name,
                    prefecture,
                    former,
                }
            })
            .collect();
        let story_code = match digits {
            "51" => figures::xinjin::CODE,
            // 云龙区 of 徐州 and 鼓楼区 of 福州.
            "32" => "320303",
            "35" => "350102",
            "36" => figures::guangfeng::CODE,
            _ => "",
        };
        let story = counties
            .iter()
            .position(|county| county.code == story_code)
            .unwrap_or(0);
        (!counties.is_empty()).then(|| Self {
            province: province.id,
            province_name: province.name.clone(),
            digits: digits.to_owned(),
            counties,
            story,
        })
    }

    /// The counties of a prefecture (`350100`) or the county itself (`510118`), by place.
    pub(super) fn places_of(&self, code: &str) -> Vec<usize> {
        let prefix = code.strip_suffix("00").unwrap_or(code);
        (0..self.counties.len())
            .filter(|&at| self.counties[at].code.starts_with(prefix))
            .collect()
    }

    /// Every division with itself and all above it.
    pub(super) fn territory(&self) -> Vec<territory::Model> {
        let mut rows = vec![territory::Model {
            ancestor: self.province,
            division: self.province,
            depth: 0,
        }];
        let mut prefectures: Vec<Uuid> = Vec::new();
        for county in &self.counties {
            rows.push(territory::Model {
                ancestor: county.id,
                division: county.id,
                depth: 0,
            });
            let mut depth = 1;
            if let Some((prefecture, _)) = &county.prefecture {
                rows.push(territory::Model {
                    ancestor: *prefecture,
                    division: county.id,
                    depth,
                });
                depth += 1;
                if !prefectures.contains(prefecture) {
                    prefectures.push(*prefecture);
                }
            }
            rows.push(territory::Model {
                ancestor: self.province,
                division: county.id,
                depth,
            });
        }
        for prefecture in prefectures {
            rows.push(territory::Model {
                ancestor: prefecture,
                division: prefecture,
                depth: 0,
            });
            rows.push(territory::Model {
                ancestor: self.province,
                division: prefecture,
                depth: 1,
            });
        }
        rows
    }

    /// The office building of a county's organizations, which places makes under this id.
    pub(super) fn offices(county_code: &str) -> Uuid {
        demo_place_id(county_code, DemoPlace::Offices)
    }
}

fn prefecture(data: &Dataset, county: &Division) -> Option<(Uuid, String)> {
    let above = data.ancestors(&county.id);
    above
        .iter()
        .find(|above| above.level == Level::Prefecture)
        .map(|above| (above.id, above.name.clone()))
}

/// The last former name of every division that was renamed. Organizations took the new name on 1
/// September of the year: the source knows years only.
fn former_names(data: &Dataset) -> HashMap<Uuid, (String, NaiveDate)> {
    let mut last: HashMap<Uuid, (String, u32)> = HashMap::new();
    let mut former = HashMap::new();
    for version in data.versions() {
        if let Some((name, _)) = last.get(&version.division)
            && *name != version.name
            && let Ok(year) = i32::try_from(version.from_year)
            && let Some(day) = NaiveDate::from_ymd_opt(year, 9, 1)
        {
            former.insert(version.division, (name.clone(), day));
        }
        last.insert(version.division, (version.name.clone(), version.from_year));
    }
    former
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_story_counties_are_where_the_reports_are() {
        for (digits, name) in [
            ("51", "新津区"),
            ("32", "云龙区"),
            ("35", "鼓楼区"),
            ("36", "广丰区"),
        ] {
            let land = Land::of(digits).unwrap();
            assert_eq!(land.counties[land.story].name, name);
        }
    }

    #[test]
    fn xinjin_knows_its_former_name() {
        let land = Land::of("51").unwrap();
        let former = land.counties[land.story].former.clone().unwrap();
        assert_eq!(
            former,
            (
                "新津县".to_owned(),
                NaiveDate::from_ymd_opt(2020, 9, 1).unwrap()
            )
        );
    }

    #[test]
    fn every_county_lies_in_itself_and_in_the_province() {
        let land = Land::of("35").unwrap();
        let rows = land.territory();
        for county in &land.counties {
            for ancestor in [county.id, land.province] {
                assert!(
                    rows.iter()
                        .any(|row| row.ancestor == ancestor && row.division == county.id)
                );
            }
        }
        assert_eq!(land.places_of(figures::fuzhou::CODE).len(), 13);
    }
}
