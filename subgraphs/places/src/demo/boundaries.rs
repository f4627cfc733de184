//! Boundary lines between counties and townships, inspected in two rounds.
//!
//! Which divisions touch is not in any open table: lines run between neighbours in the order of codes, for
//! 福州 between those whose seats are nearest. What is exact is what its report counts.

use chrono::{Datelike, Days, NaiveDate};
use minzheng_kit::{
    demo,
    demo::RngExt,
    divisions::{Division, Kind},
    id,
};
use rand::rngs::StdRng;
use sea_orm::ActiveValue::Set;
use uuid::Uuid;

use super::land::{County, Land, point_of};
use crate::{
    model::{
        boundary_area, boundary_line, joint_inspection, marker,
        vocabulary::{BoundaryLevel, JointInspectionCause, JointInspectionState, MarkerCondition},
    },
    rules::{clocks, geometry::Point},
    service::naming::month,
};

/// 福州: lines between counties, between townships, and the length of all in metres.
const FUZHOU: (usize, usize, i64) = (72, 458, 7_651_970);
/// The counties whose townships have lines too: those of the reports.
const WITH_TOWNSHIPS: [&str; 3] = ["510118", "320311", "361103"];

/// The rows.
#[derive(Clone, Default)]
pub(super) struct Lines {
    pub(super) lines: Vec<boundary_line::ActiveModel>,
    pub(super) areas: Vec<boundary_area::ActiveModel>,
    pub(super) inspections: Vec<joint_inspection::ActiveModel>,
    pub(super) markers: Vec<marker::ActiveModel>,
}

/// A division on one side of a line, with all that it lies in.
struct Side(Vec<&'static Division>);

struct Draft {
    level: BoundaryLevel,
    left: Side,
    right: Side,
    metres: i64,
    /// The first day on which the second round can have ended, and how many follow.
    second_round: (NaiveDate, u64),
}

pub(super) fn make(land: &Land) -> Lines {
    let mut rng = demo::rng(&format!("boundaries {}", land.province_code()));
    let mut lines = Lines::default();
    let fuzhou = fuzhou(land, &mut rng);
    for draft in usual(land, &mut rng).into_iter().chain(fuzhou) {
        lines.add(&draft, &mut rng);
    }
    lines
}

fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default()
}

/// Counties only, not the zones that are counted like them.
fn in_law(county: &&County) -> bool {
    county.itself.kind != Kind::Zone
}

fn usual(land: &Land, rng: &mut StdRng) -> Vec<Draft> {
    let second_round = (date(2021, 9, 1), 1500);
    let mut drafts = Vec::new();
    let counties: Vec<&County> = land
        .counties
        .iter()
        .filter(in_law)
        .filter(|c| !c.is_in("3501"))
        .collect();
    for pair in counties.windows(2) {
        drafts.push(Draft {
            level: BoundaryLevel::County,
            left: Side(pair[0].around(None, land)),
            right: Side(pair[1].around(None, land)),
            metres: rng.random_range(15_000..95_000),
            second_round,
        });
    }
    for county in counties
        .iter()
        .filter(|c| WITH_TOWNSHIPS.contains(&c.itself.code.as_str()))
    {
        for pair in county.townships.windows(2) {
            drafts.push(Draft {
                level: BoundaryLevel::Township,
                left: Side(county.around(Some(pair[0]), land)),
                right: Side(county.around(Some(pair[1]), land)),
                metres: rng.random_range(2_000..18_000),
                second_round,
            });
        }
    }
    drafts
}

/// 福州's lines: as many as its report counts, exactly as long, both rounds done by the middle of 2023.
fn fuzhou(land: &Land, rng: &mut StdRng) -> Vec<Draft> {
    let counties: Vec<&County> = land
        .counties
        .iter()
        .filter(in_law)
        .filter(|c| c.is_in("3501"))
        .collect();
    if counties.is_empty() {
        return Vec::new();
    }
    let (county_lines, township_lines, total) = FUZHOU;
    let second_round = (date(2021, 10, 1), 600);
    let mut drafts = Vec::with_capacity(county_lines + township_lines);
    let mut pairs: Vec<(f64, &County, &County)> = Vec::new();
    for (i, one) in counties.iter().enumerate() {
        for other in &counties[i + 1..] {
            pairs.push((seat(one.itself).distance(seat(other.itself)), one, other));
        }
    }
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (_, one, other) in pairs.into_iter().take(county_lines) {
        drafts.push(Draft {
            level: BoundaryLevel::County,
            left: Side(one.around(None, land)),
            right: Side(other.around(None, land)),
            metres: rng.random_range(30_000..60_000),
            second_round,
        });
    }
    let apart = |gap: usize| {
        counties.iter().flat_map(move |c| {
            c.townships
                .iter()
                .zip(c.townships.iter().skip(gap))
                .map(move |(a, b)| (*c, *a, *b))
        })
    };
    for (county, one, other) in (1..8).flat_map(apart).take(township_lines) {
        drafts.push(Draft {
            level: BoundaryLevel::Township,
            left: Side(county.around(Some(one), land)),
            right: Side(county.around(Some(other), land)),
            metres: rng.random_range(5_000..15_000),
            second_round,
        });
    }
    scale(&mut drafts, total);
    drafts
}

/// Makes the lengths add up to `total`, keeping their proportions to a metre.
fn scale(drafts: &mut [Draft], total: i64) {
    let sum: i64 = drafts.iter().map(|d| d.metres).sum();
    let mut left = total;
    for draft in &mut *drafts {
        draft.metres = draft.metres * total / sum.max(1);
        left -= draft.metres;
    }
    for draft in drafts.iter_mut().take(usize::try_from(left).unwrap_or(0)) {
        draft.metres += 1;
    }
}

fn seat(division: &Division) -> Point {
    let (longitude, latitude) = point_of(division);
    Point {
        longitude,
        latitude,
    }
}

impl Lines {
    fn add(&mut self, draft: &Draft, rng: &mut StdRng) {
        let (Some(left), Some(right)) = (draft.left.0.first(), draft.right.0.first()) else {
            return;
        };
        let id = id::derived("boundary", &format!("{}-{}", left.code, right.code));
        let round = |earliest: NaiveDate, days: u64, rng: &mut StdRng| {
            earliest
                .checked_add_days(Days::new(rng.random_range(0..days)))
                .unwrap_or(earliest)
        };
        let first = round(date(2016, 3, 1), 900, rng);
        let second = round(draft.second_round.0, draft.second_round.1, rng);
        let clocks::Deadline {
            day: due,
            is_provisional,
        } = clocks::inspection_due(second);
        self.lines.push(boundary_line::ActiveModel {
            id: Set(id),
            level: Set(draft.level),
            left_division: Set(left.id),
            right_division: Set(right.id),
            length_metres: Set(draft.metres),
            agreement_doc: Set(None),
            rounds: Set(2),
            last_inspected: Set(Some(second)),
            first_due_on: Set(None),
            due_on: Set(due),
            due_month: Set(month(due)),
            due_provisional: Set(is_provisional),
            is_demo: Set(true),
            version: Set(1),
        });
        let mut touched: Vec<Uuid> = draft
            .left
            .0
            .iter()
            .chain(&draft.right.0)
            .map(|d| d.id)
            .collect();
        touched.sort_unstable();
        touched.dedup();
        self.areas.extend(
            touched
                .into_iter()
                .map(|division| boundary_area::ActiveModel {
                    division: Set(division),
                    line: Set(id),
                }),
        );
        for (number, day) in [(1, first), (2, second)] {
            self.inspections.push(inspection(id, number, day));
        }
        // One line in twelve is being looked at: every other one in its third round, the rest because of a
        // flood, and these are due since then.
        if id.as_bytes()[15].is_multiple_of(12) && due.year() > 2026 {
            self.open(id, due);
        }
        if draft.level == BoundaryLevel::County {
            self.markers.push(half_way(id, left, right, rng));
        }
    }
}

impl Lines {
    /// An inspection that is not signed yet.
    fn open(&mut self, line: Uuid, due: NaiveDate) {
        let after_flood = line.as_bytes()[14].is_multiple_of(2);
        let (flood, begins) = (date(2026, 11, 2), date(2026, 12, 1));
        let mut row = inspection(line, if after_flood { 2 } else { 3 }, begins);
        row.id = Set(Uuid::new_v5(&line, b"open"));
        row.findings = Set(None);
        row.signed_by_left = Set(None);
        row.signed_by_right = Set(None);
        row.filed_on = Set(None);
        row.closed_on = Set(None);
        row.state = Set(JointInspectionState::Scheduled);
        row.scheduled_on = Set(Some(begins));
        row.left_team = Set(Some("演示数据：左方民政部门".to_owned()));
        row.right_team = Set(Some("演示数据：右方民政部门".to_owned()));
        if after_flood {
            row.cause = Set(JointInspectionCause::Disaster);
            row.occurred_on = Set(Some(flood));
            row.stretch = Set(Some("演示数据：洪水冲刷的河段".to_owned()));
            if let Some(last) = self.lines.last_mut() {
                let due = due.min(flood);
                last.due_on = Set(due);
                last.due_month = Set(month(due));
                last.due_provisional = Set(false);
            }
        }
        self.inspections.push(row);
    }
}

fn inspection(line: Uuid, round: i32, day: NaiveDate) -> joint_inspection::ActiveModel {
    joint_inspection::ActiveModel {
        id: Set(Uuid::new_v5(&line, format!("round {round}").as_bytes())),
        line: Set(line),
        year: Set(day.year()),
        round: Set(round),
        findings: Set(Some("演示数据：界线清晰，界桩完好".to_owned())),
        signed_by_left: Set(day.pred_opt()),
        signed_by_right: Set(Some(day)),
        left_signer: Set(None),
        left_signer_person: Set(None),
        right_signer: Set(None),
        right_signer_person: Set(None),
        occurred_on: Set(None),
        filed_on: Set(day.checked_add_days(Days::new(10))),
        cause: Set(JointInspectionCause::Periodic),
        state: Set(JointInspectionState::Filed),
        stretch: Set(None),
        scheduled_on: Set(day.checked_sub_days(Days::new(20))),
        left_team: Set(None),
        right_team: Set(None),
        closed_on: Set(Some(day)),
        result_doc: Set(None),
        received_by: Set(None),
        version: Set(1),
    }
}

fn half_way(
    line: Uuid,
    left: &Division,
    right: &Division,
    rng: &mut StdRng,
) -> marker::ActiveModel {
    let (a, b) = (seat(left), seat(right));
    let round = |degrees: f64| (degrees * 1e7).round() / 1e7;
    marker::ActiveModel {
        id: Set(Uuid::new_v5(&line, b"marker 1")),
        line: Set(line),
        no: Set(format!("{}{}-1", left.code, right.code)),
        longitude: Set(round(f64::midpoint(a.longitude, b.longitude))),
        latitude: Set(round(f64::midpoint(a.latitude, b.latitude))),
        keeper: Set(left.id),
        condition: Set(if rng.random_range(0..40) == 0 {
            MarkerCondition::Damaged
        } else {
            MarkerCondition::Good
        }),
        version: Set(1),
    }
}
