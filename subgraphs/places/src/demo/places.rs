//! The places: five of each county that other subsystems point to, and invented ones in proportion.

use chrono::{Days, NaiveDate};
use minzheng_kit::{
    demo::{self, RngExt},
    divisions::{DemoPlace, Division, demo_place_id},
    id,
};
use rand::rngs::StdRng;
use sea_orm::ActiveValue::Set;
use uuid::Uuid;

use super::{
    PLACES,
    decisions::Decided,
    land::{County, Land, point_of},
    names::{Name, Taken},
};
use crate::{
    model::{
        heritage_name, outdated_address, place, place_name,
        vocabulary::{NameStatus, PlaceHeritageCategory},
    },
    rules::scope::PlaceKind,
};

/// A place before it is a row.
#[derive(Clone)]
pub(super) struct Made {
    pub(super) id: Uuid,
    pub(super) kind: PlaceKind,
    /// Index of its county in the land.
    pub(super) county_index: usize,
    pub(super) county: &'static Division,
    pub(super) township: Option<&'static Division>,
    pub(super) name: Name,
    /// The name before, for a place that was renamed.
    pub(super) former: Option<Name>,
    /// Since when it has its first name, unless a decision says otherwise.
    pub(super) since: NaiveDate,
    /// One of the places that other subsystems point to.
    pub(super) is_fixed: bool,
    point: (f64, f64),
    address: Option<String>,
    is_heritage: bool,
}

/// All places of the province.
pub(super) fn make(land: &Land) -> Vec<Made> {
    let mut rng = demo::rng(&format!("places {}", land.province_code()));
    let mut taken = Taken::default();
    let mut made = Vec::with_capacity(PLACES);
    for (index, county) in land.counties.iter().enumerate() {
        for place in DemoPlace::ALL {
            made.push(fixed(&mut rng, &mut taken, land, index, county, place));
        }
    }
    let counties = land.counties.len();
    for n in made.len()..PLACES {
        let index = n % counties.max(1);
        let Some(county) = land.counties.get(index) else {
            break;
        };
        made.push(invented(&mut rng, &mut taken, land, index, county, n));
    }
    made
}

fn fixed(
    rng: &mut StdRng,
    taken: &mut Taken,
    land: &Land,
    index: usize,
    county: &County,
    place: DemoPlace,
) -> Made {
    let short = county.short_name();
    let (specific, generic, kind) = match place {
        DemoPlace::CivilAffairs => (format!("{short}政务"), "服务中心", PlaceKind::Facility),
        DemoPlace::Park => (short.to_owned(), "公园", PlaceKind::Park),
        DemoPlace::FuneralHome => (short.to_owned(), "殡仪馆", PlaceKind::Facility),
        DemoPlace::Columbarium => (short.to_owned(), "骨灰堂", PlaceKind::Facility),
        DemoPlace::Offices => (format!("{short}社会组织"), "大厦", PlaceKind::Residence),
    };
    let name = Name::new(specific, generic, kind);
    taken.take(&name, kind, &county.itself.code);
    let township = county.townships.first().copied();
    let street = taken
        .invent(rng, PlaceKind::Other, "streets of addresses")
        .specific;
    Made {
        id: demo_place_id(&county.itself.code, place),
        kind,
        county_index: index,
        county: county.itself,
        township,
        point: near(rng, county.itself),
        address: Some(address(land, county, township, &street, rng)),
        name,
        former: None,
        since: early(rng),
        is_fixed: true,
        is_heritage: false,
    }
}

fn invented(
    rng: &mut StdRng,
    taken: &mut Taken,
    land: &Land,
    index: usize,
    county: &County,
    n: usize,
) -> Made {
    let kind = match rng.random_range(0..100) {
        0..45 => PlaceKind::Road,
        45..70 => PlaceKind::Village,
        70..85 => PlaceKind::Residence,
        85..91 => PlaceKind::Facility,
        91..95 => PlaceKind::NaturalFeature,
        95..98 => PlaceKind::Other,
        _ => PlaceKind::Park,
    };
    let code = &county.itself.code;
    let name = taken.invent(rng, kind, code);
    let former = (rng.random_range(0..100) < 8).then(|| taken.invent(rng, kind, code));
    let township = match county.townships.len() {
        0 => None,
        several => Some(county.townships[rng.random_range(0..several)]),
    };
    let street = matches!(
        kind,
        PlaceKind::Residence | PlaceKind::Facility | PlaceKind::Park
    )
    .then(|| name.specific.clone());
    Made {
        id: id::derived("place", &format!("{}/{n}", land.province_code())),
        kind,
        county_index: index,
        county: county.itself,
        township,
        point: near(rng, township.unwrap_or(county.itself)),
        address: street.map(|street| address(land, county, township, &street, rng)),
        // Old names of features and villages are what the lists of heritage are made of.
        is_heritage: former.is_none()
            && matches!(kind, PlaceKind::NaturalFeature | PlaceKind::Village)
            && rng.random_range(0..10) == 0,
        name,
        former,
        since: early(rng),
        is_fixed: false,
    }
}

/// A day from 1985 to 2022.
fn early(rng: &mut StdRng) -> NaiveDate {
    let first = NaiveDate::from_ymd_opt(1985, 1, 1).unwrap_or_default();
    first
        .checked_add_days(Days::new(rng.random_range(0..13_800)))
        .unwrap_or(first)
}

/// Within a kilometre or two, to seven decimals.
fn near(rng: &mut StdRng, division: &Division) -> (f64, f64) {
    let (longitude, latitude) = point_of(division);
    let mut off = || f64::from(rng.random_range(-150_000..=150_000_i32)) / 1e7;
    let round = |degrees: f64| (degrees * 1e7).round() / 1e7;
    (round(longitude + off()), round(latitude + off()))
}

fn address(
    land: &Land,
    county: &County,
    township: Option<&Division>,
    street: &str,
    rng: &mut StdRng,
) -> String {
    let names: String = [land.province, county.prefecture, Some(county.itself)]
        .into_iter()
        .flatten()
        .chain(township)
        .map(|d| d.name.as_str())
        .collect();
    format!("{names}{street}路{}号", rng.random_range(1..400))
}

/// In each county the offices and halls that other subsystems point to stand on one of its roads that has kept its name:
/// who thinks of renaming that finds them all. Where no such road lies in their township, the county's first is one of
/// it, and passes by them.
pub(super) fn on_roads(made: &mut [Made], land: &Land) {
    for (index, county) in land.counties.iter().enumerate() {
        let here = |one: &Made| one.county_index == index;
        let is_standing = |one: &&Made| here(one) && one.is_fixed;
        let Some(point) = made.iter().find(is_standing).map(|one| one.point) else {
            continue;
        };
        let seat = county.townships.first().copied();
        let elsewhere = |one: &Made| one.township.map(|t| t.id) != seat.map(|t| t.id);
        let Some(road) = made
            .iter_mut()
            .filter(|one| here(one) && one.kind == PlaceKind::Road && one.former.is_none())
            .min_by_key(|one| elsewhere(one))
        else {
            continue;
        };
        if elsewhere(road) {
            (road.township, road.point) = (seat, point);
        }
        let road = road.name.text();
        let standing = made.iter_mut().filter(|one| here(one) && one.is_fixed);
        for (nth, one) in standing.enumerate() {
            let around: String = county
                .around(one.township, land)
                .iter()
                .rev()
                .map(|division| division.name.as_str())
                .collect();
            one.address = Some(format!("{around}{road}{}号", 8 + 2 * nth));
        }
    }
}

/// In each county one address that still prints the old name of a road, where a road was renamed.
pub(super) fn outdated(
    made: &mut [Made],
    decided: &Decided,
    land: &Land,
) -> Vec<outdated_address::ActiveModel> {
    let mut rows = Vec::new();
    for index in 0..land.counties.len() {
        let renamed = made.iter().find_map(|one| {
            let day = decided.of.get(&one.id).copied()?;
            let is_road = one.kind == PlaceKind::Road && one.county_index == index;
            let former = one.former.as_ref().filter(|_| is_road)?;
            Some((one.id, former.text(), one.name.text(), day))
        });
        let Some((road, old, new, since)) = renamed else {
            continue;
        };
        let printing = made
            .iter_mut()
            .find(|one| one.county_index == index && !one.is_fixed && one.address.is_some());
        if let Some(one) = printing {
            let around: String = land.counties[index]
                .around(one.township, land)
                .iter()
                .rev()
                .map(|d| d.name.as_str())
                .collect();
            one.address = Some(format!("{around}{old}12号"));
            rows.push(outdated_address::ActiveModel {
                place: Set(one.id),
                application: Set(id::derived("naming", &road.to_string())),
                county: Set(one.county.id),
                old_name: Set(old),
                new_name: Set(Some(new)),
                since: Set(since),
            });
        }
    }
    rows
}

impl Made {
    pub(super) fn place(&self) -> place::ActiveModel {
        place::ActiveModel {
            id: Set(self.id),
            kind: Set(self.kind),
            division: Set(self.township.unwrap_or(self.county).id),
            county: Set(self.county.id),
            longitude: Set(Some(self.point.0)),
            latitude: Set(Some(self.point.1)),
            address: Set(self.address.clone()),
            origin: Set(self
                .is_heritage
                .then(|| "演示数据：旧志所载地名".to_owned())),
            meaning: Set(None),
            is_heritage: Set(self.is_heritage),
            is_demo: Set(true),
            version: Set(1),
        }
    }

    /// Its place on the list of protected names; every third one with measures.
    pub(super) fn heritage(&self) -> Option<heritage_name::ActiveModel> {
        let has_measures = self.id.as_bytes()[15].is_multiple_of(3);
        let day = |month| NaiveDate::from_ymd_opt(2023, month, 18);
        self.is_heritage.then(|| heritage_name::ActiveModel {
            place: Set(self.id),
            category: Set(if self.kind == PlaceKind::Village {
                PlaceHeritageCategory::AncientVillage
            } else {
                PlaceHeritageCategory::FamousFeature
            }),
            listed_on: Set(day(5).unwrap_or_default()),
            document: Set("演示地名保护〔2023〕1号".to_owned()),
            measures: Set(has_measures.then(|| "演示数据：原地立碑，沿用专名".to_owned())),
            measures_on: Set(day(9).filter(|_| has_measures)),
            version: Set(1),
        })
    }

    pub(super) fn point(&self) -> (f64, f64) {
        self.point
    }

    /// Its names: a former one until the renaming was decided, and the standard one, unless that was cancelled.
    pub(super) fn names(&self, decided: &Decided) -> Vec<place_name::ActiveModel> {
        let decision = decided.of.get(&self.id).copied();
        let begun = match (&self.former, decision) {
            (None, Some(day)) => day,
            _ => self.since,
        };
        let row = |name: &Name, status, from, to| place_name::ActiveModel {
            id: Set(Uuid::new_v5(&self.id, name.text().as_bytes())),
            place: Set(self.id),
            kind: Set(self.kind),
            county: Set(self.county.id),
            name: Set(name.text()),
            specific: Set(name.specific.clone()),
            generic: Set(Some(name.generic.to_owned())),
            roman: Set(name.roman.plain.clone()),
            roman_toned: Set(name.roman.toned.clone()),
            sound: Set(name.sound.clone()),
            status: Set(status),
            valid_from: Set(from),
            valid_to: Set(to),
        };
        match (&self.former, decision) {
            (Some(former), Some(day)) => vec![
                row(former, NameStatus::Former, begun, Some(day)),
                row(&self.name, NameStatus::Standard, day, None),
            ],
            _ => {
                let ended = decided.ended.get(&self.id).copied();
                let status = match ended {
                    Some(_) => NameStatus::Former,
                    None => NameStatus::Standard,
                };
                vec![row(&self.name, status, begun, ended)]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offices_of_a_county_stand_on_a_road_of_their_own_township() {
        let land = Land::of("51");
        let mut made = make(&land);
        on_roads(&mut made, &land);
        let mut counties = 0;
        for index in 0..land.counties.len() {
            let here: Vec<&Made> = made
                .iter()
                .filter(|one| one.county_index == index)
                .collect();
            let roads = || here.iter().filter(|one| one.kind == PlaceKind::Road);
            if !roads().any(|road| road.former.is_none()) {
                continue;
            }
            counties += 1;
            for office in here.iter().filter(|one| one.is_fixed) {
                let address = office.address.as_deref().unwrap_or_default();
                let township = office.township.map(|township| township.id);
                let is_its = |road: &&&Made| address.contains(&road.name.text());
                let of = |road: &&Made| road.township.map(|township| township.id);
                assert!(
                    roads().filter(is_its).map(of).any(|of| of == township),
                    "{address}"
                );
            }
        }
        assert!(counties > 100, "{counties}");
    }
}
