//! Monthly counts as they may be shown to those who do not keep the records: small cells hidden,
//! each with a second one, see [`crate::rules::small_cells`].
//!
//! The tables are whole ones (all counties below a parent, all months of a year), whatever part of
//! them was asked for. The year to date is hidden from the first hidden month of a year on, for two
//! neighbouring sums would give that month back.

use super::statistics::{ByDivision, Month, monthly};
use crate::kit::divisions::dataset;
use crate::kit::{DateTime, Result, YearMonth};
use crate::rules::law::{self, Parameter};
use crate::rules::small_cells::hidden;
use chrono::NaiveDate;
use sea_orm::ConnectionTrait;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::RangeInclusive;
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

/// A figure of a month, as a column of the tables.
type Figure = fn(&Month) -> i64;

/// The figures, and whether sums along the months are published.
const FIGURES: [(Figure, bool); 4] = [
    (|m| m.registered, true),
    (|m| m.cross_province, false),
    (|m| m.divorces, false),
    (|m| m.withdrawn, false),
];

/// The counts of each of these divisions as they may be shown: two statements, however many.
pub async fn shown(
    db: &impl ConnectionTrait,
    divisions: &[Uuid],
    from: YearMonth,
    to: YearMonth,
    today: NaiveDate,
) -> Result<ByDivision<Shown>> {
    // Whole years and whole families.
    let first = YearMonth { month: 1, ..from };
    let last = YearMonth { month: 12, ..to };
    let families = families(divisions);
    let mut wanted: Vec<Uuid> = divisions.to_vec();
    let mut seen: HashSet<Uuid> = wanted.iter().copied().collect();
    for member in families.values().flatten() {
        if seen.insert(*member) {
            wanted.push(*member);
        }
    }
    let months = monthly(db, &wanted, first, last).await?;
    let threshold = law::value(Parameter::SmallCell, today);
    let marks = marks(&families, &months, threshold);
    Ok(divisions
        .iter()
        .filter_map(|division| {
            let list = months.get(division)?;
            Some((
                *division,
                Arc::new(mask(*division, list, &marks, from..=to)),
            ))
        })
        .collect())
}

/// The divisions with the same parent as each of those asked for, by parent; a province is alone.
fn families(divisions: &[Uuid]) -> BTreeMap<Uuid, Vec<Uuid>> {
    let set = dataset();
    let mut families: BTreeMap<Uuid, Vec<Uuid>> = BTreeMap::new();
    for division in divisions {
        let Some(parent) = set.ancestors(division).first().map(|d| d.id) else {
            continue;
        };
        families
            .entry(parent)
            .or_insert_with(|| set.children(&parent).map(|d| d.id).collect());
    }
    families
}

/// Hidden cells by division, month and figure.
type Marks = HashSet<(Uuid, i32, usize)>;

fn marks(
    families: &BTreeMap<Uuid, Vec<Uuid>>,
    months: &ByDivision<Month>,
    threshold: i64,
) -> Marks {
    let mut marks = Marks::new();
    for members in families.values() {
        let mut years: BTreeMap<i32, Vec<(Uuid, Vec<Month>)>> = BTreeMap::new();
        for member in members {
            let mut by_year: HashMap<i32, Vec<Month>> = HashMap::new();
            for month in months.get(member).map_or(&[][..], |list| list) {
                by_year.entry(month.month.year).or_default().push(*month);
            }
            for (year, list) in by_year {
                years.entry(year).or_default().push((*member, list));
            }
        }
        for table in years.values() {
            for (figure, (of, sums)) in FIGURES.iter().enumerate() {
                let rows: Vec<Vec<i64>> = table
                    .iter()
                    .map(|(_, list)| list.iter().map(of).collect())
                    .collect();
                for ((member, list), row) in table.iter().zip(hidden(&rows, threshold, *sums)) {
                    let found = list.iter().zip(row).filter(|(_, hidden)| *hidden);
                    marks.extend(found.map(|(month, _)| (*member, month.month.index(), figure)));
                }
            }
        }
    }
    marks
}

fn mask(
    division: Uuid,
    list: &[Month],
    marks: &Marks,
    asked: RangeInclusive<YearMonth>,
) -> Vec<Shown> {
    let mut year_is_open = true;
    let mut shown = Vec::new();
    for month in list {
        let open = |figure: usize| !marks.contains(&(division, month.month.index(), figure));
        if month.month.month == 1 {
            year_is_open = true;
        }
        year_is_open &= open(0);
        if asked.contains(&month.month) {
            let whole = Shown::whole(month);
            shown.push(Shown {
                registered: whole.registered.filter(|_| open(0)),
                cross_province: whole.cross_province.filter(|_| open(1)),
                divorces: whole.divorces.filter(|_| open(2)),
                withdrawn: whole.withdrawn.filter(|_| open(3)),
                ytd_registered: whole.ytd_registered.filter(|_| year_is_open),
                ..whole
            });
        }
    }
    shown
}
