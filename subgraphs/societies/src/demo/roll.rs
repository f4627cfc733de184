//! The roll of organizations: who, where, since when, led by whom.

use super::figures;
use super::land::{County, Land};
use super::{
    CITIZENS_ASSOCIATION, OLD_NAMED_ASSOCIATION, ORGANIZATIONS, Rows, STORY_ASSOCIATION,
    credit_code, names,
};
use crate::model::{member_stat, office, organization, organization_name};
use crate::vocabulary::{
    ActivityField, CharityBasis, HubKind, OfficeEnd, OfficeRole, OrgKind, OrgState, RegistrarLevel,
};
use chrono::{Days, NaiveDate};
use kit::demo::RngExt;
use kit::{Services, YearMonth};
use minzheng_kit as kit;
use rand::rngs::StdRng;
use std::collections::HashMap;
use uuid::Uuid;

/// The kind of organization `n`: the first sixty serve funerals and couples, then association, civil
/// non-enterprise unit and foundation as 11 to 8 to 1.
pub(super) fn kind_of(n: usize) -> OrgKind {
    match n {
        0..60 => OrgKind::CivilNonEnterprise,
        STORY_ASSOCIATION | CITIZENS_ASSOCIATION | OLD_NAMED_ASSOCIATION => OrgKind::SocialGroup,
        _ => match n % 20 {
            0..11 => OrgKind::SocialGroup,
            11..19 => OrgKind::CivilNonEnterprise,
            _ => OrgKind::Foundation,
        },
    }
}

pub(super) fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default()
}

/// A day from `from` up to but not including `to`.
pub(super) fn day_between(rng: &mut StdRng, from: NaiveDate, to: NaiveDate) -> NaiveDate {
    let span = (to - from).num_days().max(1);
    let shift = u64::try_from(rng.random_range(0..span)).unwrap_or_default();
    from.checked_add_days(Days::new(shift)).unwrap_or(from)
}

/// Whether `n` has a part in a story or serves another subsystem, so that it must live on.
const fn is_fixed(n: usize) -> bool {
    n <= OLD_NAMED_ASSOCIATION
}

/// The county of each organization; foundations have none, for the province registers them.
fn homes(land: &Land, rng: &mut StdRng) -> Vec<Option<usize>> {
    let special = |n: usize| {
        matches!(
            n,
            0 | 30 | STORY_ASSOCIATION | CITIZENS_ASSOCIATION | OLD_NAMED_ASSOCIATION
        )
    };
    // How many organizations the counties of the reports get, the story's five included.
    let quota: HashMap<usize, usize> = match land.digits.as_str() {
        // Six of them are cleaned up.
        "51" => HashMap::from([(
            land.story,
            figures::xinjin::ORGANIZATIONS + CLEANED_IN_XINJIN,
        )]),
        "32" => land
            .places_of(figures::xuzhou::CODE)
            .into_iter()
            .map(|at| (at, 30))
            .collect(),
        "35" => land
            .places_of(figures::fuzhou::CODE)
            .into_iter()
            .map(|at| (at, 60))
            .collect(),
        "36" => HashMap::from([(land.story, 60)]),
        _ => HashMap::new(),
    };
    let free: Vec<usize> = (0..ORGANIZATIONS)
        .filter(|n| kind_of(*n) != OrgKind::Foundation && !special(*n))
        .collect();
    let mut places: Vec<usize> = Vec::with_capacity(free.len());
    for (&at, &count) in quota.iter().collect::<std::collections::BTreeMap<_, _>>() {
        let count = if at == land.story {
            count.saturating_sub(5)
        } else {
            count
        };
        places.extend(std::iter::repeat_n(at, count));
    }
    let others: Vec<usize> = (0..land.counties.len())
        .filter(|at| !quota.contains_key(at))
        .collect();
    let others = if others.is_empty() {
        (0..land.counties.len()).collect()
    } else {
        others
    };
    let missing = free.len().saturating_sub(places.len());
    places.extend(others.iter().copied().cycle().take(missing));
    // Fisher and Yates, so that numbers say nothing about counties.
    for at in (1..places.len()).rev() {
        places.swap(at, rng.random_range(0..=at));
    }
    let mut homes = vec![None; ORGANIZATIONS];
    for (n, at) in free.into_iter().zip(places) {
        homes[n] = Some(at);
    }
    for (n, home) in homes.iter_mut().enumerate() {
        if special(n) {
            *home = Some(land.story);
        }
    }
    homes
}

/// Organizations of 新津 that were cleaned up and do not count in the report's figure.
const CLEANED_IN_XINJIN: usize = 6;

/// Which organizations were ended by a clean-up, and when.
fn endings(land: &Land, homes: &[Option<usize>], rng: &mut StdRng) -> HashMap<usize, NaiveDate> {
    let ((year, first), (_, last)) = figures::HALF_YEAR;
    let (start, end) = (day(year, first, 1), day(year, last + 1, 1));
    let (recent, now) = (day(2023, 7, 1), day(2026, 11, 1));
    let fuzhou = if land.digits == "35" {
        land.places_of(figures::fuzhou::CODE)
    } else {
        Vec::new()
    };
    let mut ended = HashMap::new();
    let (mut zombies, mut xinjin) = (0, 0);
    for (n, home) in homes.iter().enumerate().filter(|(n, _)| !is_fixed(*n)) {
        let Some(home) = home else { continue };
        if fuzhou.contains(home) {
            if zombies < figures::fuzhou::ZOMBIES && n % 3 != 0 {
                ended.insert(n, day_between(rng, start, end));
                zombies += 1;
            } else if n % 37 == 0 {
                ended.insert(n, day_between(rng, recent, now));
            }
        } else if land.digits == "51" && *home == land.story {
            if xinjin < CLEANED_IN_XINJIN {
                ended.insert(n, day_between(rng, recent, now));
                xinjin += 1;
            }
        } else if rng.random_range(0..100) < 7 {
            ended.insert(n, day_between(rng, recent, now));
        }
    }
    ended
}

/// Where and by whom an organization is registered.
struct Seat<'a> {
    division: Uuid,
    level: RegistrarLevel,
    name: &'a str,
    county: &'a County,
}

fn seat<'a>(land: &'a Land, n: usize, home: Option<usize>) -> Seat<'a> {
    let county = &land.counties[home.unwrap_or(0)];
    let Some(home) = home else {
        let name = &land.province_name;
        return Seat {
            division: land.province,
            level: RegistrarLevel::Province,
            name,
            county,
        };
    };
    match &county.prefecture {
        // Some are registered by the prefecture; in the reports' counties all stay where they are.
        Some((id, name))
            if n.is_multiple_of(11)
                && home != land.story
                && !is_fixed(n)
                && land.digits != "35" =>
        {
            Seat {
                division: *id,
                level: RegistrarLevel::Prefecture,
                name,
                county,
            }
        }
        _ => Seat {
            division: county.id,
            level: RegistrarLevel::County,
            name: &county.name,
            county,
        },
    }
}

/// Fills organizations, names, offices, members.
pub(super) fn fill(land: &Land, s: &Services, rows: &mut Rows) {
    let mut rng = kit::demo::rng(&format!("societies/roll/{}", land.digits));
    let homes = homes(land, &mut rng);
    let ended = endings(land, &homes, &mut rng);
    let mut counters: HashMap<(Uuid, OrgKind), usize> = HashMap::new();
    for (n, home) in homes.iter().enumerate() {
        let seat = seat(land, n, *home);
        let kind = kind_of(n);
        let k = counters.entry((seat.division, kind)).or_default();
        let rest = names::rest(n, kind, *k);
        *k += 1;
        let row = organization(land, n, &seat, &rest, ended.get(&n).copied(), &mut rng);
        rows.names.extend(name_versions(&row, &seat, &rest, n));
        rows.offices.extend(offices(s, &row, n, &mut rng));
        if kind == OrgKind::SocialGroup {
            rows.members.push(member_stat::Model {
                credit_code: row.credit_code.clone(),
                as_of: day(2025, 12, 31),
                individual: rng.random_range(24..160),
                unit: rng.random_range(30..90),
            });
        }
        rows.organizations.push(row);
    }
    charities(land, rows, &mut rng);
    // The current name is the last one.
    let last: HashMap<&str, &str> = rows
        .names
        .iter()
        .map(|name| (name.credit_code.as_str(), name.name.as_str()))
        .collect();
    for row in &mut rows.organizations {
        if let Some(name) = last.get(row.credit_code.as_str()) {
            row.name = (*name).to_owned();
        }
    }
}

fn organization(
    land: &Land,
    n: usize,
    seat: &Seat<'_>,
    rest: &str,
    ended: Option<NaiveDate>,
    rng: &mut StdRng,
) -> organization::Model {
    let kind = kind_of(n);
    let founded = match n {
        STORY_ASSOCIATION => day(2012, 5, 10),
        CITIZENS_ASSOCIATION => day(2016, 9, 8),
        OLD_NAMED_ASSOCIATION => day(2009, 3, 18),
        _ if kind == OrgKind::Foundation => day_between(rng, day(2005, 1, 1), day(2024, 1, 1)),
        _ if ended.is_some() => day_between(rng, day(1992, 1, 1), day(2019, 1, 1)),
        _ => day_between(rng, day(1992, 1, 1), day(2025, 10, 1)),
    };
    // "Zombies" end by deregistration, or by revocation where nobody was left to ask for it.
    let state = match ended {
        None => OrgState::Registered,
        Some(_) if n % 4 == 1 => OrgState::Revoked,
        Some(_) => OrgState::Deregistered,
    };
    let (longitude, latitude) = kit::demo::point_of(&seat.county.code);
    let yuan: i64 = match kind {
        OrgKind::SocialGroup => rng.random_range(3..50) * 10_000,
        OrgKind::CivilNonEnterprise => rng.random_range(3..30) * 10_000,
        OrgKind::Foundation => rng.random_range(20..300) * 100_000,
    };
    let month = |day: NaiveDate| YearMonth::of(day).index();
    organization::Model {
        credit_code: credit_code(&land.digits, n),
        kind,
        state,
        name: format!("{}{rest}", seat.name),
        division_id: seat.division,
        registrar_level: seat.level,
        registrar_division_id: seat.division,
        founded,
        founded_month: month(founded),
        ended,
        ended_month: ended.map(month),
        domicile_place_id: Some(Land::offices(&seat.county.code)),
        longitude: Some(longitude),
        latitude: Some(latitude),
        supervisor: (n % 7 != 3).then(|| format!("{}{}", seat.name, supervisor(rest))),
        funds_fen: yuan * 100,
        hub_kind: None,
        charity_basis: None,
        charity_since: None,
        public_raising_since: None,
        version: 1,
        activity: Some(activity(n, rest)),
        industry_department: None,
        activity_area: None,
        raises_publicly: false,
        direct_class: None,
    }
}

/// The field in which it works.
fn activity(n: usize, rest: &str) -> ActivityField {
    let has = |words: &[&str]| words.iter().any(|word| rest.contains(word));
    match n {
        0..30 => ActivityField::Funeral,
        30..60 => ActivityField::Counselling,
        _ if has(&["养老", "老年", "护理院"]) => ActivityField::Eldercare,
        _ if has(&["行业", "商会", "产业"]) => ActivityField::Trade,
        _ if has(&["学校", "幼儿园", "教育", "助学"]) => ActivityField::Education,
        _ => ActivityField::Other,
    }
}

/// The department that supervises a field.
fn supervisor(rest: &str) -> &'static str {
    let has = |words: &[&str]| words.iter().any(|word| rest.contains(word));
    if has(&["行业", "商会", "产业"]) {
        "工商业联合会"
    } else if has(&["学校", "幼儿园", "教育", "助学"]) {
        "教育局"
    } else if has(&[
        "书法", "摄影", "美术", "作家", "诗词", "音乐", "舞蹈", "戏曲", "文化", "艺术",
    ]) {
        "文化广电和旅游局"
    } else if has(&["护理", "心理", "康复"]) {
        "卫生健康局"
    } else {
        "民政局"
    }
}

/// One name, or two where the division was renamed in the organization's life.
fn name_versions(
    row: &organization::Model,
    seat: &Seat<'_>,
    rest: &str,
    n: usize,
) -> Vec<organization_name::Model> {
    let version = |division: &str, from, to| organization_name::Model {
        credit_code: row.credit_code.clone(),
        valid_from: from,
        valid_to: to,
        name: format!("{division}{rest}"),
        division_id: Some(seat.division),
        division_name: Some(division.to_owned()),
    };
    let former = seat
        .county
        .former
        .as_ref()
        .filter(|_| seat.level == RegistrarLevel::County);
    match former {
        Some((old, renamed)) if row.founded < *renamed => {
            // Some never took the new name: what "is the division in its name still valid?" is about.
            if n == OLD_NAMED_ASSOCIATION || (n.is_multiple_of(17) && !is_fixed(n)) {
                return vec![version(old, row.founded, None)];
            }
            vec![
                version(old, row.founded, Some(*renamed)),
                version(seat.name, *renamed, None),
            ]
        }
        _ => vec![version(seat.name, row.founded, None)],
    }
}

/// The head of each organization, a secretary-general for some, and the story's vice-president.
///
/// Heads are different persons for different organizations (O-6), all of age, none of the dead.
fn offices(
    s: &Services,
    row: &organization::Model,
    n: usize,
    rng: &mut StdRng,
) -> Vec<office::Model> {
    let head = match n {
        STORY_ASSOCIATION => 12,
        CITIZENS_ASSOCIATION => 0,
        _ => 20 + n * 3,
    };
    let mut holders = vec![(head, OfficeRole::LegalRepresentative)];
    if n % 5 == 2 {
        holders.push((21 + n * 3, OfficeRole::SecretaryGeneral));
    }
    if n == STORY_ASSOCIATION {
        holders.push((13, OfficeRole::SecretaryGeneral));
        // Dies in the story of funerals: the event ends this office.
        holders.push((8000, OfficeRole::Director));
    }
    let office = |(index, role): (usize, OfficeRole)| {
        let person = kit::demo::person(&s.province, index);
        let of_age = crate::rules::add_years(person.birth_date, 22);
        let since =
            row.founded
                .max(of_age)
                .max(day_between(rng, day(2017, 1, 1), day(2025, 10, 1)));
        office::Model {
            id: kit::id::derived("office", &format!("{}/{}", row.credit_code, role.text())),
            credit_code: row.credit_code.clone(),
            person: s.tokenizer.demo(&person).to_string(),
            role,
            since: row.ended.map_or(since, |ended| since.min(ended)),
            until: row.ended,
            ended: row.ended.map(|_| OfficeEnd::OrganizationEnded),
        }
    };
    holders.into_iter().map(office).collect()
}

/// Charities, hubs and brands.
fn charities(land: &Land, rows: &mut Rows, rng: &mut StdRng) {
    let fuzhou: Vec<Uuid> = match land.digits.as_str() {
        "35" => land
            .places_of(figures::fuzhou::CODE)
            .into_iter()
            .map(|at| land.counties[at].id)
            .collect(),
        _ => Vec::new(),
    };
    // The Charity Law came into force on this day.
    let law = day(2016, 9, 1);
    let mut in_fuzhou = 0;
    for (n, row) in rows.organizations.iter_mut().enumerate() {
        let may = row.state.is_live() && row.founded < day(2022, 1, 1) && !is_fixed(n);
        let is = if row.kind == OrgKind::Foundation {
            row.state.is_live()
        } else if fuzhou.contains(&row.division_id) {
            let one_more = may && in_fuzhou < figures::fuzhou::CHARITIES;
            in_fuzhou += usize::from(one_more);
            one_more
        } else {
            may && n % 25 == 4
        };
        if is {
            let registered = row.founded >= law;
            let since = if registered {
                row.founded
            } else {
                day_between(rng, law, day(2023, 1, 1))
            };
            row.charity_basis = Some(if registered {
                CharityBasis::Registered
            } else {
                CharityBasis::Recognised
            });
            row.charity_since = Some(since);
            let a_year_later = crate::rules::add_years(since, 1);
            row.public_raising_since =
                (n % 3 == 0 && a_year_later < day(2026, 1, 1)).then_some(a_year_later);
        }
        if !is && may && row.kind != OrgKind::Foundation {
            row.hub_kind = match n % 300 {
                150 => Some(HubKind::Hub),
                75 | 225 => Some(HubKind::Brand),
                _ => None,
            };
        }
    }
    if land.digits == "51" {
        xinjin_hubs(land, rows);
    }
}

/// 新津 has one hub and one brand. Its plan promised two hubs, which is another table.
fn xinjin_hubs(land: &Land, rows: &mut Rows) {
    let here = land.counties[land.story].id;
    let mut kinds = [Some(HubKind::Hub), Some(HubKind::Brand)].into_iter();
    let mut settled = false;
    for (n, row) in rows
        .organizations
        .iter_mut()
        .enumerate()
        .filter(|(_, row)| row.division_id == here)
    {
        row.hub_kind = None;
        let fits = row.state.is_live() && row.kind == OrgKind::CivilNonEnterprise && !is_fixed(n);
        if fits && !settled {
            match kinds.next() {
                Some(kind) => row.hub_kind = kind,
                None => settled = true,
            }
        }
    }
}
