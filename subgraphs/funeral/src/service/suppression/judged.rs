//! One figure, judged as one system over all rows and whole years: what of it may be told.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use minzheng_kit::divisions::{Divisions, Level};
use minzheng_kit::suppress::{Branch, Policy, TreeReleased, tree};
use uuid::Uuid;

/// A row of a system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Row {
    /// A division with all that lies in it.
    Division(Uuid),
    /// A facility or a voyage, and the division that its count is a part of.
    Leaf(Uuid, Uuid),
}

/// One figure, judged over all rows and whole years.
#[derive(Clone, Debug)]
pub struct Judged {
    policy: Policy,
    /// The month that it is now; nothing can have been counted after it, as everybody knows.
    now: i32,
    years: HashMap<i32, Year>,
    /// Divisions that ended: what was counted there is told with what followed them, and nowhere else.
    ended: HashSet<Row>,
}

#[derive(Clone, Debug)]
struct Year {
    places: HashMap<Row, usize>,
    released: TreeReleased,
}

impl Judged {
    /// Judges counts by row and month, up to the month that it is now; years without any count need no judgement.
    /// With `to_date`, sums over several months are told too.
    pub fn of(
        order: &Divisions,
        policy: Policy,
        now: i32,
        counts: impl Iterator<Item = (Row, i32, i64)>,
        to_date: bool,
    ) -> Self {
        let mut ended = HashSet::new();
        let mut years: BTreeMap<i32, BTreeMap<Row, Vec<u64>>> = BTreeMap::new();
        for (row, month, count) in counts {
            let Some(count) = u64::try_from(count).ok().filter(|count| *count > 0) else {
                continue;
            };
            if matches!(row, Row::Division(id) if order.by_id(&id).is_none()) {
                ended.insert(row);
                continue;
            }
            let year = years.entry(month.div_euclid(12)).or_default();
            let length = length(month.div_euclid(12), now);
            let months = year.entry(row).or_insert_with(|| vec![0; length]);
            if let Some(cell) = months.get_mut(place(month)) {
                *cell += count;
            }
        }
        let judge = |(year, mut rows): (i32, BTreeMap<Row, Vec<u64>>)| {
            if policy.is_small(0) {
                for row in with_none(order, &rows) {
                    rows.insert(row, vec![0; length(year, now)]);
                }
            }
            (year, Year::of(order, policy, rows, to_date))
        };
        let years = years.into_iter().map(judge).collect();
        Self {
            policy,
            now,
            years,
            ended,
        }
    }

    /// Whether the count of a month may be told.
    pub fn month_is_open(&self, row: Row, month: i32) -> bool {
        self.told(row, month, TreeReleased::cell)
    }

    /// Whether the sum over a period may be told: a month by itself as that month is; a longer one where the sums
    /// from January on at its ends, and those of the whole years between, are all released, so that periods of
    /// any length give nothing back.
    pub fn period_is_open(&self, row: Row, from: i32, to: i32) -> bool {
        if from == to {
            return self.month_is_open(row, from);
        }
        let to_date = |month: i32| self.told(row, month, TreeReleased::to_date);
        (from.rem_euclid(12) == 0 || to_date(from - 1))
            && to_date(to)
            && (from.div_euclid(12)..to.div_euclid(12)).all(|year| to_date(year * 12 + 11))
    }

    /// Whether anything may have been counted below a division in a month.
    pub(super) fn tells_below(&self, order: &Divisions, division: Uuid, month: i32) -> bool {
        let Some(year) = self.years.get(&month.div_euclid(12)) else {
            return false;
        };
        let is_below = |row: &Row| match row {
            Row::Division(id) => order.ancestors(id).iter().any(|one| one.id == division),
            Row::Leaf(_, of) => order.upwards(of).contains(&division),
        };
        let mut rows = year.places.iter();
        rows.any(|(row, at)| year.released.cell(*at, place(month)) != Some(0) && is_below(row))
    }

    fn told(
        &self,
        row: Row,
        month: i32,
        of: impl Fn(&TreeReleased, usize, usize) -> Option<u64>,
    ) -> bool {
        if self.ended.contains(&row) {
            return false;
        }
        let Some(year) = self
            .years
            .get(&month.div_euclid(12))
            .filter(|_| month <= self.now)
        else {
            return true;
        };
        match (year.places.get(&row), row) {
            (Some(at), _) => of(&year.released, *at, place(month)).is_some(),
            // A row that is not there counted nothing in the whole year.
            (None, Row::Division(_)) => !self.policy.is_small(0),
            (None, Row::Leaf(..)) => true,
        }
    }
}

impl Year {
    fn of(order: &Divisions, policy: Policy, rows: BTreeMap<Row, Vec<u64>>, to_date: bool) -> Self {
        let places: HashMap<Row, usize> = rows.keys().copied().zip(0..).collect();
        let above = |row: &Row| {
            let over: Vec<Uuid> = match row {
                Row::Division(id) => order.ancestors(id).iter().map(|one| one.id).collect(),
                Row::Leaf(_, division) => order.upwards(division),
            };
            over.iter()
                .find_map(|id| places.get(&Row::Division(*id)).copied())
        };
        let branches: Vec<Branch> = rows
            .iter()
            .map(|(row, counts)| Branch {
                above: above(row),
                counts: counts.clone(),
            })
            .collect();
        Self {
            released: tree(&branches, to_date, policy),
            places,
        }
    }
}

/// Counties, prefectures and provinces beside those that counted something, which counted nothing themselves. Of a
/// township that counted nothing, nothing is told at all.
fn with_none(order: &Divisions, rows: &BTreeMap<Row, Vec<u64>>) -> BTreeSet<Row> {
    let tops: BTreeSet<Uuid> = rows
        .keys()
        .filter_map(|row| match row {
            Row::Division(id) | Row::Leaf(_, id) => order.upwards(id).last().copied(),
        })
        .collect();
    let (mut open, mut found): (Vec<Uuid>, _) = (tops.into_iter().collect(), BTreeSet::new());
    while let Some(id) = open.pop() {
        let children = order.children(&id);
        let below = children
            .iter()
            .filter(|child| child.level != Level::Township);
        open.extend(below.map(|child| child.id));
        let row = Row::Division(id);
        if !rows.contains_key(&row) {
            found.insert(row);
        }
    }
    found
}

/// How many months of a year there have been.
fn length(year: i32, now: i32) -> usize {
    usize::try_from((now + 1 - year * 12).clamp(0, 12)).unwrap_or(12)
}

/// The place of a month in its year.
fn place(month: i32) -> usize {
    usize::try_from(month.rem_euclid(12)).unwrap_or(0)
}
