//! The month's figures, for any number of divisions of any level with one statement.
//!
//! Figures are counted from the rows themselves; published reports stand beside them as batches
//! (`waiver_settlement` of source REPORT, `report_figure`), never as invented cases.

use std::collections::HashMap;

use minzheng_kit::YearMonth;
use minzheng_kit::divisions::{Figures, Joined, share_of};
use minzheng_kit::error::Result;
use sea_orm::{ConnectionTrait, QueryResult};
use uuid::Uuid;

use super::sql::Binds;
use crate::rules::terms::{FacilityKind, FacilitySubKind};

/// What happened in a division in a month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MonthFigures {
    /// Month, see `YearMonth::index`.
    pub month: i32,
    /// Cremations.
    pub cremations: i64,
    /// Households that had a fee waived.
    pub households: i64,
    /// What was waived, in fen.
    pub waived: i64,
    /// Sets of ashes given to the sea.
    pub sea_burials: i64,
    /// Illegal graves closed.
    pub graves_closed: i64,
}

impl Figures for MonthFigures {
    fn month(&self) -> YearMonth {
        YearMonth::from_index(self.month)
    }

    fn none(month: YearMonth) -> Self {
        Self {
            month: month.index(),
            ..Self::default()
        }
    }

    fn is_nothing(&self) -> bool {
        *self == Self::none(Figures::month(self))
    }

    fn part(&self, permille: u32) -> Self {
        Self {
            month: self.month,
            cremations: share_of(self.cremations, permille),
            households: share_of(self.households, permille),
            waived: share_of(self.waived, permille),
            sea_burials: share_of(self.sea_burials, permille),
            graves_closed: share_of(self.graves_closed, permille),
        }
    }

    fn add(&mut self, other: &Self) {
        self.cremations += other.cremations;
        self.households += other.households;
        self.waived += other.waived;
        self.sea_burials += other.sea_burials;
        self.graves_closed += other.graves_closed;
    }
}

/// The months of divisions, by id.
pub type ByDivision = HashMap<Uuid, Vec<MonthFigures>>;

/// The months of each division in which something happened, oldest first; what came to lie in one later is left
/// out before the month of the change, where `apart` names it (D-8).
pub async fn monthly<C: ConnectionTrait>(
    c: &C,
    divisions: &[Uuid],
    from: i32,
    to: i32,
    apart: &[Joined],
) -> Result<ByDivision> {
    let mut binds = Binds::default();
    let facts = facts(&mut binds, from, to);
    let wanted = binds.list(divisions);
    let mut sql = format!("{facts} WHERE s.ancestor_id IN ({wanted})");
    for one in apart {
        let ancestor = binds.one(one.ancestor);
        let division = binds.one(one.division);
        let since = binds.one(one.month());
        sql.push_str(&format!(
            " AND NOT (s.ancestor_id = {ancestor} AND s.division_id = {division} AND f.month < {since})"
        ));
    }
    sql.push_str(" GROUP BY s.ancestor_id, f.month ORDER BY month");
    let mut figures = ByDivision::new();
    for row in binds.all(c, &sql).await? {
        figures
            .entry(row.try_get("", "place")?)
            .or_default()
            .push(month_of(&row)?);
    }
    Ok(figures)
}

/// The months of all divisions, and those of each facility (households) and voyage (sets of ashes) as a part of
/// its division, with one statement: whole, as [`super::suppression`] must judge them.
pub async fn everywhere<C: ConnectionTrait>(
    c: &C,
    from: i32,
    to: i32,
) -> Result<(ByDivision, Vec<(Uuid, Uuid, MonthFigures)>)> {
    let mut binds = Binds::default();
    let facts = facts(&mut binds, from, to);
    let (from, to) = (binds.one(from), binds.one(to));
    let sql = format!(
        "{facts} GROUP BY s.ancestor_id, f.month \
         UNION ALL SELECT c.facility_id, w.division_id, w.granted_month, CAST(0 AS bigint), \
           COUNT(DISTINCT CASE WHEN w.reverses IS NULL AND w.reversed_on IS NULL THEN w.household END), \
           CAST(SUM(w.amount) AS bigint), CAST(0 AS bigint), CAST(0 AS bigint) \
           FROM waiver w JOIN funeral_case c ON c.id = w.case_id \
           WHERE w.granted_month BETWEEN {from} AND {to} GROUP BY c.facility_id, w.division_id, w.granted_month \
         UNION ALL SELECT id, division_id, sails_month, CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS bigint), \
           CAST(carried AS bigint), CAST(0 AS bigint) \
           FROM sea_voyage WHERE carried IS NOT NULL AND sails_month BETWEEN {from} AND {to} \
         ORDER BY month"
    );
    let (mut divisions, mut parts) = (ByDivision::new(), Vec::new());
    for row in binds.all(c, &sql).await? {
        let place: Uuid = row.try_get("", "place")?;
        match row.try_get::<Option<Uuid>>("", "part_of")? {
            None => divisions.entry(place).or_default().push(month_of(&row)?),
            Some(division) => parts.push((place, division, month_of(&row)?)),
        }
    }
    Ok((divisions, parts))
}

/// The statement over all facts of some months up to its grouping by division and month. One row per fact or group
/// of facts, then one grouping over all of them.
fn facts(binds: &mut Binds, from: i32, to: i32) -> String {
    let (from, to) = (binds.one(from), binds.one(to));
    format!(
        "SELECT s.ancestor_id AS place, CAST(NULL AS uuid) AS part_of, f.month AS month, \
           CAST(SUM(f.cremations) AS bigint) AS cremations, CAST(SUM(f.households) AS bigint) AS households, \
           CAST(SUM(f.waived) AS bigint) AS waived, CAST(SUM(f.sea) AS bigint) AS sea, \
           CAST(SUM(f.graves) AS bigint) AS graves \
         FROM ( \
           SELECT COALESCE(counted_in, division_id) AS division_id, cremated_month AS month, COUNT(*) AS cremations, 0 AS households, 0 AS waived, 0 AS sea, 0 AS graves \
             FROM funeral_case WHERE cremated_month BETWEEN {from} AND {to} GROUP BY COALESCE(counted_in, division_id), cremated_month \
           UNION ALL SELECT division_id, granted_month, 0, COUNT(DISTINCT CASE WHEN reverses IS NULL AND reversed_on IS NULL THEN household END), SUM(amount), 0, 0 \
             FROM waiver WHERE granted_month BETWEEN {from} AND {to} GROUP BY division_id, granted_month \
           UNION ALL SELECT division_id, month, 0, households, amount, 0, 0 \
             FROM waiver_settlement WHERE source = 'REPORT' AND month BETWEEN {from} AND {to} \
           UNION ALL SELECT division_id, sails_month, 0, 0, 0, carried, 0 \
             FROM sea_voyage WHERE carried IS NOT NULL AND sails_month BETWEEN {from} AND {to} \
           UNION ALL SELECT division_id, closed_month, 0, 0, 0, 0, COUNT(*) \
             FROM illegal_grave WHERE closed_month BETWEEN {from} AND {to} GROUP BY division_id, closed_month \
           UNION ALL SELECT division_id, month, 0, 0, 0, 0, value \
             FROM report_figure WHERE indicator = 'GRAVES_CLOSED' AND month BETWEEN {from} AND {to} \
         ) f JOIN division_scope s ON s.division_id = f.division_id"
    )
}

fn month_of(row: &QueryResult) -> Result<MonthFigures> {
    Ok(MonthFigures {
        month: row.try_get("", "month")?,
        cremations: row.try_get("", "cremations")?,
        households: row.try_get("", "households")?,
        waived: row.try_get("", "waived")?,
        sea_burials: row.try_get("", "sea")?,
        graves_closed: row.try_get("", "graves")?,
    })
}

/// How many facilities of each kind a division has, and how many are being built.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Facilities in operation, by kind and sub-kind.
    pub open: HashMap<(FacilityKind, FacilitySubKind), i64>,
    /// Facilities under construction.
    pub under_construction: i64,
}

impl Counts {
    /// Facilities in operation of one kind and sub-kind.
    pub fn of(&self, kind: FacilityKind, sub_kind: FacilitySubKind) -> i64 {
        self.open.get(&(kind, sub_kind)).copied().unwrap_or(0)
    }

    /// Facilities in operation of a sub-kind, whatever they are.
    pub fn of_sub_kind(&self, sub_kind: FacilitySubKind) -> i64 {
        self.open
            .iter()
            .filter(|((_, s), _)| *s == sub_kind)
            .map(|(_, n)| n)
            .sum()
    }
}

/// The facilities of each division, counted with one statement.
pub async fn facility_counts<C: ConnectionTrait>(
    c: &C,
    divisions: &[Uuid],
) -> Result<HashMap<Uuid, Counts>> {
    let mut binds = Binds::default();
    let wanted = binds.list(divisions);
    let sql = format!(
        "SELECT s.ancestor_id AS division, f.kind AS kind, f.sub_kind AS sub_kind, f.state AS state, COUNT(*) AS n \
         FROM facility f JOIN division_scope s ON s.division_id = f.division_id \
         WHERE s.ancestor_id IN ({wanted}) AND f.state <> 'CLOSED' \
         GROUP BY s.ancestor_id, f.kind, f.sub_kind, f.state"
    );
    let mut counts: HashMap<Uuid, Counts> =
        divisions.iter().map(|d| (*d, Counts::default())).collect();
    for row in binds.all(c, &sql).await? {
        let entry = counts.entry(row.try_get("", "division")?).or_default();
        let n: i64 = row.try_get("", "n")?;
        if row.try_get::<String>("", "state")? == "OPEN" {
            *entry
                .open
                .entry((row.try_get("", "kind")?, row.try_get("", "sub_kind")?))
                .or_default() += n;
        } else {
            entry.under_construction += n;
        }
    }
    Ok(counts)
}

/// What a division waived in a period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WaiverTotals {
    /// Households; one counts in each month in which a fee of it was waived, as it does in the months' own figures
    /// and in their settlements: what is told of periods is the sum of what is told of months.
    pub households: i64,
    /// The sum, in fen.
    pub waived: i64,
    /// The part of the sum that is settled, in fen.
    pub settled: i64,
}

/// The waivers of each division in a period, with one statement.
pub async fn waiver_totals<C: ConnectionTrait>(
    c: &C,
    divisions: &[Uuid],
    from: i32,
    to: i32,
) -> Result<HashMap<Uuid, WaiverTotals>> {
    let mut binds = Binds::default();
    let (from, to) = (binds.one(from), binds.one(to));
    let wanted = binds.list(divisions);
    let sql = format!(
        "SELECT s.ancestor_id AS division, CAST(SUM(f.households) AS bigint) AS households, \
           CAST(SUM(f.waived) AS bigint) AS waived, CAST(SUM(f.settled) AS bigint) AS settled \
         FROM ( \
           SELECT division_id, COUNT(DISTINCT CASE WHEN reverses IS NULL AND reversed_on IS NULL THEN household END) AS households, SUM(amount) AS waived, \
             SUM(CASE WHEN settlement_id IS NULL THEN 0 ELSE amount END) AS settled \
             FROM waiver WHERE granted_month BETWEEN {from} AND {to} GROUP BY division_id, granted_month \
           UNION ALL SELECT division_id, households, amount, amount \
             FROM waiver_settlement WHERE source = 'REPORT' AND month BETWEEN {from} AND {to} \
         ) f JOIN division_scope s ON s.division_id = f.division_id \
         WHERE s.ancestor_id IN ({wanted}) GROUP BY s.ancestor_id"
    );
    let mut totals: HashMap<Uuid, WaiverTotals> = divisions
        .iter()
        .map(|d| (*d, WaiverTotals::default()))
        .collect();
    for row in binds.all(c, &sql).await? {
        totals.insert(
            row.try_get("", "division")?,
            WaiverTotals {
                households: row.try_get("", "households")?,
                waived: row.try_get("", "waived")?,
                settled: row.try_get("", "settled")?,
            },
        );
    }
    Ok(totals)
}

/// The waivers in the cases of facilities in a period, with one statement.
pub async fn waivers_of_facilities<C: ConnectionTrait>(
    c: &C,
    facilities: &[Uuid],
    from: i32,
    to: i32,
) -> Result<HashMap<Uuid, WaiverTotals>> {
    let mut binds = Binds::default();
    let (from, to) = (binds.one(from), binds.one(to));
    let wanted = binds.list(facilities);
    let sql = format!(
        "SELECT f.facility AS facility, CAST(SUM(f.households) AS bigint) AS households, \
           CAST(SUM(f.waived) AS bigint) AS waived, CAST(SUM(f.settled) AS bigint) AS settled \
         FROM ( \
           SELECT c.facility_id AS facility, COUNT(DISTINCT CASE WHEN w.reverses IS NULL AND w.reversed_on IS NULL THEN w.household END) AS households, \
             SUM(w.amount) AS waived, SUM(CASE WHEN w.settlement_id IS NULL THEN 0 ELSE w.amount END) AS settled \
             FROM waiver w JOIN funeral_case c ON c.id = w.case_id \
             WHERE c.facility_id IN ({wanted}) AND w.granted_month BETWEEN {from} AND {to} \
             GROUP BY c.facility_id, w.granted_month \
         ) f GROUP BY f.facility"
    );
    let mut totals = HashMap::new();
    for row in binds.all(c, &sql).await? {
        totals.insert(
            row.try_get("", "facility")?,
            WaiverTotals {
                households: row.try_get("", "households")?,
                waived: row.try_get("", "waived")?,
                settled: row.try_get("", "settled")?,
            },
        );
    }
    Ok(totals)
}
