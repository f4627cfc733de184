//! Monthly counts as they may be shown to those who do not keep the records: small cells withheld, and with them
//! whatever would give them back (domain.md E.3, [`crate::kit::suppress`]).
//!
//! The system is always the whole one (a province, its prefectures, their counties, all months of a year, and the
//! sums from January on), whatever part of it was asked for: otherwise two questions, or two levels, would be put
//! together.

use super::statistics::{self, ByDivision, Counselling, Month, monthly};
use crate::kit::divisions::{Divisions, Level};
use crate::kit::suppress::{Branch, Policy, TreeReleased, tree};
use crate::kit::{DateTime, Result, YearMonth};
use crate::rules::law::{self, Parameter};
use chrono::NaiveDate;
use sea_orm::ConnectionTrait;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use uuid::Uuid;

/// The counts of one month as shown; none where a count is hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The month.
    pub month: YearMonth,
    /// Marriages registered.
    pub registered: Option<i64>,
    /// Of these with a party of another province.
    pub cross_province: Option<i64>,
    /// Divorces registered.
    pub divorces: Option<i64>,
    /// Applications withdrawn in the cooling-off.
    pub withdrawn: Option<i64>,
    /// Marriages registered from January to this month.
    pub ytd_registered: Option<i64>,
    /// When the figures last changed.
    pub as_of: Option<DateTime>,
}

impl Shown {
    /// Everything, for those who keep the records themselves.
    #[must_use]
    pub fn whole(month: &Month) -> Self {
        Self {
            month: month.month,
            registered: Some(month.registered),
            cross_province: Some(month.cross_province),
            divorces: Some(month.divorces),
            withdrawn: Some(month.withdrawn),
            ytd_registered: Some(month.ytd_registered),
            as_of: month.as_of,
        }
    }
}

/// A figure of a month.
type Figure = fn(&Month) -> i64;

/// The figures, and whether their sums from January on are published.
const FIGURES: [(Figure, bool); 4] = [
    (|m| m.registered, true),
    (|m| m.cross_province, false),
    (|m| m.divorces, false),
    (|m| m.withdrawn, false),
];

/// A province with everything below it: where each division stands, and below what.
#[derive(Debug, Default)]
struct Tree {
    rows: Vec<(Uuid, Option<usize>)>,
    places: HashMap<Uuid, usize>,
}

impl Tree {
    /// The tree that a division stands in, from its province down to the counties, which records are counted by.
    /// Of the three thousand townships below them only those are in it that were asked about: nothing is counted
    /// there.
    fn around(set: &Divisions, division: &Uuid, townships: &HashSet<Uuid>) -> Self {
        let root = set
            .ancestors(division)
            .last()
            .map_or(*division, |province| province.id);
        let mut tree = Self::default();
        tree.add(root, None);
        let mut at = 0;
        while let Some((above, _)) = tree.rows.get(at).copied() {
            for child in set.children(&above) {
                if child.level != Level::Township || townships.contains(&child.id) {
                    tree.add(child.id, Some(at));
                }
            }
            at += 1;
        }
        tree
    }

    fn add(&mut self, division: Uuid, above: Option<usize>) {
        if !self.places.contains_key(&division) {
            self.places.insert(division, self.rows.len());
            self.rows.push((division, above));
        }
    }

    /// The released figures of a year; `count` gives a division's count of a month from 0.
    fn release(
        &self,
        to_date: bool,
        policy: Policy,
        count: impl Fn(&Uuid, usize) -> i64,
    ) -> TreeReleased {
        let rows: Vec<Branch> = self
            .rows
            .iter()
            .map(|(division, above)| Branch {
                above: *above,
                counts: (0..12)
                    .map(|month| u64::try_from(count(division, month)).unwrap_or(0))
                    .collect(),
            })
            .collect();
        tree(&rows, to_date, policy)
    }
}

/// The trees of some divisions, by province.
fn trees(order: &Divisions, divisions: &[Uuid]) -> Vec<Tree> {
    let level = |division: &Uuid| order.by_id(division).map(|found| found.level);
    let townships: HashSet<Uuid> = divisions
        .iter()
        .filter(|division| level(division) == Some(Level::Township))
        .copied()
        .collect();
    let mut trees: Vec<Tree> = Vec::new();
    for division in divisions {
        if !trees.iter().any(|tree| tree.places.contains_key(division)) {
            trees.push(Tree::around(order, division, &townships));
        }
    }
    trees
}

/// What is small on a day. Where no rule is known the usual one stands: nothing is shown for want of a row.
pub(super) fn policy(today: NaiveDate) -> Policy {
    let below = law::count(Parameter::SmallCell, today);
    Policy {
        below: below.unwrap_or(Policy::UNDER_THREE.below),
        ..Policy::UNDER_THREE
    }
}

/// The counts of each of these divisions as they may be shown: one statement, however many.
pub async fn shown(
    db: &impl ConnectionTrait,
    order: &Divisions,
    divisions: &[Uuid],
    from: YearMonth,
    to: YearMonth,
    today: NaiveDate,
) -> Result<ByDivision<Shown>> {
    // Whole years and whole trees.
    let first = YearMonth { month: 1, ..from };
    let last = YearMonth { month: 12, ..to };
    let trees = trees(order, divisions);
    let wanted: Vec<Uuid> = trees
        .iter()
        .flat_map(|tree| tree.rows.iter().map(|(division, _)| *division))
        .collect();
    let months = monthly(db, &wanted, first, last).await?;
    let policy = policy(today);
    let mut found = ByDivision::new();
    for tree in &trees {
        let mut released: BTreeMap<(i32, usize), TreeReleased> = BTreeMap::new();
        for year in first.year..=last.year {
            let january = first.index() + 12 * (year - first.year);
            for (figure, (of, to_date)) in FIGURES.iter().enumerate() {
                let count = |division: &Uuid, month: usize| {
                    let place = january - first.index() + i32::try_from(month).unwrap_or(0);
                    let list = months.get(division);
                    list.and_then(|list| list.get(usize::try_from(place).ok()?))
                        .map_or(0, of)
                };
                released.insert((year, figure), tree.release(*to_date, policy, count));
            }
        }
        for division in divisions {
            let (Some(row), Some(list)) = (tree.places.get(division), months.get(division)) else {
                continue;
            };
            let asked = list.iter().filter(|m| (from..=to).contains(&m.month));
            let shown = asked.map(|month| mask(month, *row, &released)).collect();
            found.insert(*division, Arc::new(shown));
        }
    }
    Ok(found)
}

/// A month of a row with what is withheld taken out.
fn mask(month: &Month, row: usize, released: &BTreeMap<(i32, usize), TreeReleased>) -> Shown {
    let (year, at) = (
        month.month.year,
        month.month.month.saturating_sub(1) as usize,
    );
    let open = |figure: usize| {
        released
            .get(&(year, figure))
            .is_some_and(|tree| tree.cell(row, at).is_some())
    };
    let to_date = released
        .get(&(year, 0))
        .is_some_and(|tree| tree.to_date(row, at).is_some());
    let whole = Shown::whole(month);
    Shown {
        registered: whole.registered.filter(|_| open(0)),
        cross_province: whole.cross_province.filter(|_| open(1)),
        divorces: whole.divorces.filter(|_| open(2)),
        withdrawn: whole.withdrawn.filter(|_| open(3)),
        ytd_registered: whole.ytd_registered.filter(|_| to_date),
        ..whole
    }
}

/// Counselling in each of these divisions as it may be shown, in two statements. A sum over some months is shown
/// where the sums from January to its ends, and those of the whole years between, all are: so periods of any
/// length give nothing back. A division is left out where its sum is withheld.
pub async fn counselling(
    db: &impl ConnectionTrait,
    order: &Divisions,
    divisions: &[Uuid],
    from: YearMonth,
    to: YearMonth,
    today: NaiveDate,
) -> Result<HashMap<Uuid, Counselling>> {
    let trees = trees(order, divisions);
    let wanted: Vec<Uuid> = trees
        .iter()
        .flat_map(|tree| tree.rows.iter().map(|(division, _)| *division))
        .collect();
    let first = YearMonth { month: 1, ..from };
    let last = YearMonth { month: 12, ..to };
    let sessions = statistics::sessions(db, &wanted, first, last).await?;
    let rooms = statistics::rooms(db, divisions).await?;
    let policy = policy(today);
    let mut found = HashMap::new();
    for tree in &trees {
        let mut released: BTreeMap<i32, TreeReleased> = BTreeMap::new();
        for year in first.year..=last.year {
            let january = first.index() + 12 * (year - first.year);
            let count = |division: &Uuid, month: usize| {
                let month = january + i32::try_from(month).unwrap_or(0);
                sessions.get(&(*division, month)).map_or(0, |held| held.0)
            };
            released.insert(year, tree.release(true, policy, count));
        }
        for division in divisions {
            let Some(row) = tree.places.get(division) else {
                continue;
            };
            let to_date = |month: YearMonth| {
                let at = month.month.saturating_sub(1) as usize;
                let tree = released.get(&month.year);
                tree.is_some_and(|tree| tree.to_date(*row, at).is_some())
            };
            let begins = from.month == 1 || to_date(YearMonth::from_index(from.index() - 1));
            let years = (from.year..to.year).all(|year| to_date(YearMonth { year, month: 12 }));
            if !(begins && years && to_date(to)) {
                continue;
            }
            let held = (from.index()..=to.index()).filter_map(|m| sessions.get(&(*division, m)));
            let (sum, as_of) = held.fold((0, None), |(sum, latest), (count, as_of)| {
                (sum + count, latest.max(Some(*as_of)))
            });
            let told = Counselling {
                rooms: rooms.get(division).copied().unwrap_or(0),
                sessions: sum,
                as_of,
            };
            found.insert(*division, told);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::divisions::dataset;

    #[test]
    fn a_tree_goes_down_to_counties_and_to_no_township_that_was_not_asked_about() {
        let set = Divisions::default();
        let of = |code: &str| dataset().by_code(code).map(|division| division.id);
        let province = of("510000").unwrap();
        let counties = dataset().counties_of("51").count();
        let prefectures = dataset().children(&province).count();
        let alone = trees(&set, &[province]);
        assert_eq!(alone[0].rows.len(), 1 + prefectures + counties);
        let township = dataset()
            .children(&of("510118").unwrap())
            .next()
            .unwrap()
            .id;
        let with = trees(&set, &[province, township]);
        assert_eq!(
            (with.len(), with[0].rows.len()),
            (1, alone[0].rows.len() + 1)
        );
    }
}
