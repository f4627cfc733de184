//! The decisions on names: every third place from the second half of 2023 on, and for 福州 exactly what its
//! report counts in the first half of 2023; with their filings and notices, a few of them late.

use std::collections::HashMap;

use chrono::{DateTime, Days, NaiveDate, Utc};
use minzheng_kit::{demo, demo::RngExt, id};
use rand::rngs::StdRng;
use sea_orm::ActiveValue::{NotSet, Set};
use uuid::Uuid;

use super::{land::Land, places::Made};
use crate::{
    model::{
        filing, naming_application, naming_area, naming_report, naming_step, place_change,
        public_notice,
        vocabulary::{NamingAuthority, NamingKind, NamingReportKind, NamingReportOutcome},
    },
    rules::{authority, clocks, scope::PlaceKind, state::NamingState},
    service::naming::month,
};

/// 福州, first half of 2023: city roads named or renamed.
const FUZHOU_ROADS: usize = 155;
/// 福州, first half of 2023: filings reviewed.
const FUZHOU_FILINGS: usize = 239;

/// The rows.
#[derive(Clone, Default)]
pub(super) struct Decided {
    pub(super) applications: Vec<naming_application::ActiveModel>,
    pub(super) areas: Vec<naming_area::ActiveModel>,
    pub(super) filings: Vec<filing::ActiveModel>,
    pub(super) notices: Vec<public_notice::ActiveModel>,
    pub(super) reports: Vec<naming_report::ActiveModel>,
    pub(super) steps: Vec<naming_step::ActiveModel>,
    /// The day of the decision by place.
    pub(super) of: HashMap<Uuid, NaiveDate>,
    /// The day on which a name ended, by place.
    pub(super) ended: HashMap<Uuid, NaiveDate>,
}

/// How a decision runs.
struct Course {
    approved: NaiveDate,
    filed: Option<NaiveDate>,
    reviewed: Option<NaiveDate>,
    published: Option<NaiveDate>,
    /// The division whose department reviews the filing.
    reviewer: Option<Uuid>,
    by: String,
}

pub(super) fn make(land: &Land, places: &[Made], today: NaiveDate) -> Decided {
    let mut rng = demo::rng(&format!("decisions {}", land.province_code()));
    let mut decided = Decided::default();
    let (mut roads, mut others) = (FUZHOU_ROADS, FUZHOU_FILINGS);
    for (n, place) in places.iter().enumerate().filter(|(_, p)| !p.is_fixed) {
        let Some(county) = land.counties.get(place.county_index) else {
            continue;
        };
        let city = county.prefecture.or(land.province);
        let reported = if !county.is_in("3501") {
            false
        } else if place.kind == PlaceKind::Road {
            roads > 0 && {
                roads -= 1;
                true
            }
        } else {
            others > 0 && {
                others -= 1;
                true
            }
        };
        let course = if reported && place.kind == PlaceKind::Road {
            // Decided by the city, filed with the province.
            let name = city.map_or("", |c| c.name.as_str());
            first_half_of_2023(
                &mut rng,
                land.province.map(|p| p.id),
                format!("{name}人民政府"),
            )
        } else if reported {
            first_half_of_2023(
                &mut rng,
                city.map(|c| c.id),
                format!("{}人民政府", county.itself.name),
            )
        } else if n % 3 == 0 || place.former.is_some() {
            usual(
                &mut rng,
                city.map(|c| c.id),
                format!("{}人民政府", county.itself.name),
                today,
            )
        } else {
            continue;
        };
        decide(&mut decided, land, place, &course);
    }
    let open: Vec<&Made> = places
        .iter()
        .filter(|p| p.kind == PlaceKind::Road && !decided.of.contains_key(&p.id))
        .take(60)
        .collect();
    for place in open {
        pending(&mut rng, &mut decided, land, place, today);
    }
    decided
}

fn after(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_add_days(Days::new(days)).unwrap_or(day)
}

fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default()
}

/// Approved, filed in time, reviewed and noticed, all before July.
fn first_half_of_2023(rng: &mut StdRng, reviewer: Option<Uuid>, by: String) -> Course {
    let approved = after(date(2023, 1, 3), rng.random_range(0..155));
    let filed = after(approved, rng.random_range(2..=14));
    Course {
        approved,
        filed: Some(filed),
        reviewed: Some(after(filed, rng.random_range(1..=7))),
        published: Some(after(approved, rng.random_range(5..=15))),
        reviewer,
        by,
    }
}

/// From July 2023 to the month before this one; one filing in 25 is late, one in 200 outstanding.
fn usual(rng: &mut StdRng, reviewer: Option<Uuid>, by: String, today: NaiveDate) -> Course {
    let first = date(2023, 7, 1);
    let days = (today - first).num_days().max(40).unsigned_abs();
    let approved = after(first, rng.random_range(0..days - 22));
    let filed = match rng.random_range(0..200) {
        0 => None,
        1..=8 => Some(after(approved, rng.random_range(16..=40))),
        _ => Some(after(approved, rng.random_range(2..=15))),
    }
    .filter(|filed| *filed <= today);
    let reviewed = filed
        .map(|day| after(day, rng.random_range(1..=10)))
        .filter(|day| *day <= today);
    let published = Some(after(approved, rng.random_range(5..=15)));
    Course {
        approved,
        filed,
        reviewed,
        published,
        reviewer,
        by,
    }
}

/// The body that decides on most names of a kind.
pub(super) fn authority_of(kind: PlaceKind) -> Option<NamingAuthority> {
    let likely = [
        NamingAuthority::CountyGovernment,
        NamingAuthority::OtherDepartment,
    ];
    likely
        .into_iter()
        .find(|one| authority::may_approve(kind, *one, false).is_none())
}

/// Noon of a day in Shanghai.
pub(super) fn noon(day: NaiveDate) -> DateTime<Utc> {
    // 12:00 in Shanghai.
    day.and_hms_opt(4, 0, 0).unwrap_or_default().and_utc()
}

fn decide(decided: &mut Decided, land: &Land, place: &Made, course: &Course) {
    let id = id::derived("naming", &place.id.to_string());
    let kind = if place.former.is_some() {
        NamingKind::Rename
    } else {
        NamingKind::Name
    };
    // Names are in force by their notice; a filing may still be owing.
    let done = course.published.is_some();
    let state = if done {
        NamingState::InForce
    } else {
        NamingState::Approved
    };
    decided.applications.push(naming_application::ActiveModel {
        approved_on: Set(Some(course.approved)),
        approved_month: Set(Some(month(course.approved))),
        approved_by: Set(Some(course.by.clone())),
        authority: Set(authority_of(place.kind)),
        effective_on: Set(course.published),
        ..application(
            id,
            kind,
            state,
            place,
            noon(
                course
                    .approved
                    .checked_sub_days(Days::new(30))
                    .unwrap_or(course.approved),
            ),
        )
    });
    areas(&mut decided.areas, land, place, id);
    let due = clocks::filing_due(course.approved);
    decided.filings.push(filing::ActiveModel {
        application: Set(id),
        due_on: Set(due.day),
        due_month: Set(month(due.day)),
        due_provisional: Set(due.is_provisional),
        filed_on: Set(course.filed),
        reviewer: Set(course.reviewer.unwrap_or(place.county.id)),
        reviewed_on: Set(course.reviewed),
        reviewed_month: Set(course.reviewed.map(month)),
        result: Set(course.reviewed.map(|_| "予以备案".to_owned())),
        receiver: Set(authority_of(place.kind).and_then(authority::receiver)),
        chased_on: Set(None),
        reported_on: Set(None),
        due_told: Set(None),
    });
    let waits = authority_of(place.kind).is_some_and(authority::notice_waits_for_filing);
    let filed = course.filed.filter(|_| waits);
    let due = clocks::notice_due(course.approved, filed);
    decided.notices.push(public_notice::ActiveModel {
        application: Set(id),
        due_on: Set(due.day),
        due_provisional: Set(due.is_provisional || waits && filed.is_none()),
        published_on: Set(course.published),
        channel: Set(course.published.map(|_| "政府门户网站".to_owned())),
        body: Set(course.published.map(|_| {
            format!(
                "批准{}为标准地名，罗马字母拼写{}。",
                place.name.text(),
                place.name.roman.plain
            )
        })),
        registry_sent_on: Set(course.published),
    });
    decided.of.insert(place.id, course.approved);
}

pub(super) fn areas(
    areas: &mut Vec<naming_area::ActiveModel>,
    land: &Land,
    place: &Made,
    application: Uuid,
) {
    let Some(county) = land.counties.get(place.county_index) else {
        return;
    };
    areas.extend(
        county
            .around(place.township, land)
            .into_iter()
            .map(|division| naming_area::ActiveModel {
                division: Set(division.id),
                application: Set(application),
            }),
    );
}

/// A row of what is asked for, not yet approved.
pub(super) fn application(
    id: Uuid,
    kind: NamingKind,
    state: NamingState,
    place: &Made,
    submitted_at: DateTime<Utc>,
) -> naming_application::ActiveModel {
    let (longitude, latitude) = place.point();
    naming_application::ActiveModel {
        id: Set(id),
        kind: Set(kind),
        state: Set(state),
        place: Set(Some(place.id)),
        place_kind: Set(place.kind),
        division: Set(place.township.unwrap_or(place.county).id),
        county: Set(place.county.id),
        name: Set(place.name.text()),
        specific: Set(place.name.specific.clone()),
        generic: Set(place.name.generic.to_owned()),
        roman: Set(place.name.roman.plain.clone()),
        sound: Set(place.name.sound.clone()),
        longitude: Set(Some(longitude)),
        latitude: Set(Some(latitude)),
        reasons: Set("演示数据：按地名规划命名".to_owned()),
        conflicts: Set(serde_json::json!([])),
        applicant: Set(None),
        submitted_at: Set(submitted_at),
        approved_on: Set(None),
        approved_month: Set(None),
        approved_by: Set(None),
        authority: Set(None),
        approval_doc: Set(None),
        effective_on: Set(None),
        position: Set(Some("演示数据：见坐标".to_owned())),
        reviewed_by: Set(None),
        reviewer_person: Set(None),
        is_demo: Set(true),
        version: Set(1),
    }
}

/// A renaming of a road that waits for its evaluation, experts or decision.
fn pending(rng: &mut StdRng, decided: &mut Decided, land: &Land, place: &Made, today: NaiveDate) {
    const STATES: [NamingState; 4] = [
        NamingState::Submitted,
        NamingState::ConflictCheck,
        NamingState::Evaluation,
        NamingState::Review,
    ];
    let id = id::derived("naming-pending", &place.id.to_string());
    let state = STATES[rng.random_range(0..STATES.len())];
    let at = today
        .checked_sub_days(Days::new(rng.random_range(1..60)))
        .unwrap_or(today);
    let mut row = application(id, NamingKind::Rename, state, place, noon(at));
    let name = super::names::Name::new(
        format!("新{}", place.name.specific),
        place.name.generic,
        place.kind,
    );
    row.name = Set(name.text());
    row.roman = Set(name.roman.plain);
    row.sound = Set(name.sound);
    row.specific = Set(name.specific);
    decided.applications.push(row);
    areas(&mut decided.areas, land, place, id);
    decided.steps.push(naming_step::ActiveModel {
        application: Set(id),
        seq: Set(1),
        at: Set(noon(at)),
        act: Set("submitNaming".to_owned()),
        state: Set(NamingState::Submitted),
        actor_role: Set("registrar".to_owned()),
        actor: Set(None),
        remark: Set(Some("演示数据".to_owned())),
    });
    if state == NamingState::Review {
        for kind in [NamingReportKind::Evaluation, NamingReportKind::Opinions] {
            decided.reports.push(report(id, kind, at));
        }
    }
}

fn report(application: Uuid, kind: NamingReportKind, on: NaiveDate) -> naming_report::ActiveModel {
    let name: &[u8] = match kind {
        NamingReportKind::Evaluation => b"evaluation",
        _ => b"opinions",
    };
    naming_report::ActiveModel {
        id: Set(Uuid::new_v5(&application, name)),
        application: Set(application),
        kind: Set(kind),
        outcome: Set(NamingReportOutcome::InFavour),
        document: Set("演示〔2026〕1号".to_owned()),
        summary: Set("演示数据：同意".to_owned()),
        made_on: Set(on),
        recorded_at: Set(noon(on)),
        recorded_by: Set(None),
    }
}

/// How many decisions the change feed begins with.
const FED: usize = 200;

/// The beginning of the change feed: the last decisions, by their day.
pub(super) fn feed(decided: &Decided, made: &[Made]) -> Vec<place_change::ActiveModel> {
    let mut last: Vec<(NaiveDate, Uuid, Uuid)> = made
        .iter()
        .filter_map(|place| {
            let division = place.township.unwrap_or(place.county).id;
            Some((*decided.of.get(&place.id)?, place.id, division))
        })
        .collect();
    last.sort_unstable();
    let skipped = last.len().saturating_sub(FED);
    let row = |(day, place, division): (NaiveDate, Uuid, Uuid)| place_change::ActiveModel {
        seq: NotSet,
        at: Set(noon(day)),
        kind: Set("PlaceChanged".to_owned()),
        division: Set(Some(division)),
        place: Set(Some(place)),
        application: Set(Some(id::derived("naming", &place.to_string()))),
    };
    last.into_iter().skip(skipped).map(row).collect()
}
