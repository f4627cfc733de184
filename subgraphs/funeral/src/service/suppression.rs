//! Figures as they may be shown to those who do not keep the records: a month in which one or two people
//! of a place died, or one or two families had their fees waived, is not shown, and nothing is shown that
//! would give it back (domain.md E.3, [`minzheng_kit::suppress`]).
//!
//! A figure is judged as one system: all divisions of all levels, below each the facilities and voyages that
//! are told of by themselves, and all months of a year, whatever part of it was asked for: otherwise two
//! questions, or two levels, would be put together. What is a matter of things and not of people (illegal
//! graves, the number of voyages) is shown.
//!
//! Of cremations and of households none is withheld like one or two: a county has few of either in a month, and were
//! the nones shown, the province's figure would have to go instead ([`Policy::UNDER_THREE_OR_NONE`]). Burials at sea
//! and other forms are announced voyages and rare sites: none is shown there.

mod judged;

use std::collections::{BTreeSet, HashMap, HashSet};

use minzheng_kit::divisions::Divisions;
use minzheng_kit::error::Result;
use minzheng_kit::suppress::Policy;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::figures::{self, MonthFigures};
use crate::model::waiver_settlement;

pub use judged::{Judged, Row};

/// The figures of a month as they may be shown; none where withheld.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Month, see `YearMonth::index`.
    pub month: i32,
    /// Cremations.
    pub cremations: Option<i64>,
    /// Households that had a fee waived.
    pub households: Option<i64>,
    /// What was waived, in fen; withheld with the households.
    pub waived: Option<i64>,
    /// Sets of ashes given to the sea.
    pub sea_burials: Option<i64>,
    /// Illegal graves closed.
    pub graves_closed: i64,
}

/// A figure that is a matter of people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// Cremations.
    Cremations,
    /// Households that had a fee waived.
    Households,
    /// Sets of ashes given to the sea.
    SeaBurials,
}

impl Figure {
    /// What was counted of it.
    pub const fn of(self, figures: &MonthFigures) -> i64 {
        match self {
            Self::Cremations => figures.cremations,
            Self::Households => figures.households,
            Self::SeaBurials => figures.sea_burials,
        }
    }

    const fn policy(self) -> Policy {
        match self {
            Self::Cremations | Self::Households => Policy::UNDER_THREE_OR_NONE,
            Self::SeaBurials => Policy::UNDER_THREE,
        }
    }

    /// Whether a count is withheld.
    pub fn is_small(self, count: i64) -> bool {
        u64::try_from(count).is_ok_and(|count| self.policy().is_small(count))
    }
}

impl Shown {
    /// Everything, for those who keep the records themselves.
    pub const fn whole(figures: &MonthFigures) -> Self {
        Self {
            month: figures.month,
            cremations: Some(figures.cremations),
            households: Some(figures.households),
            waived: Some(figures.waived),
            sea_burials: Some(figures.sea_burials),
            graves_closed: figures.graves_closed,
        }
    }

    /// What of a month may be told.
    pub fn where_open(figures: &MonthFigures, open: impl Fn(Figure) -> bool) -> Self {
        let whole = Self::whole(figures);
        let households = open(Figure::Households);
        Self {
            cremations: whole.cremations.filter(|_| open(Figure::Cremations)),
            households: whole.households.filter(|_| households),
            waived: whole.waived.filter(|_| households),
            sea_burials: whole.sea_burials.filter(|_| open(Figure::SeaBurials)),
            ..whole
        }
    }
}

/// The first and the last month of the years of a period.
pub fn whole_years(from: i32, to: i32) -> (i32, i32) {
    (from.div_euclid(12) * 12, to.div_euclid(12) * 12 + 11)
}

/// The figures of all divisions in some years, and what of them may be shown.
pub struct Tables {
    months: HashMap<Uuid, Vec<MonthFigures>>,
    /// The divisions that the counts of each facility and voyage are parts of.
    leaves: HashMap<Uuid, BTreeSet<Uuid>>,
    cremations: Judged,
    households: Judged,
    sea: Judged,
}

/// Reads the whole systems for the years of a period, with one statement.
pub async fn tables<C: ConnectionTrait>(
    c: &C,
    order: &Divisions,
    now: i32,
    from: i32,
    to: i32,
) -> Result<Tables> {
    let (first, last) = whole_years(from, to);
    let (months, parts) = figures::everywhere(c, first, last).await?;
    Ok(Tables::of(order, now, months, &parts))
}

impl Tables {
    /// Judges what was counted.
    fn of(
        order: &Divisions,
        now: i32,
        months: HashMap<Uuid, Vec<MonthFigures>>,
        parts: &[(Uuid, Uuid, MonthFigures)],
    ) -> Self {
        let mut leaves: HashMap<Uuid, BTreeSet<Uuid>> = HashMap::new();
        for (leaf, division, _) in parts {
            leaves.entry(*leaf).or_default().insert(*division);
        }
        let judge = |figure: Figure, to_date: bool| {
            let divisions = months.iter().flat_map(|(id, list)| {
                list.iter()
                    .map(move |m| (Row::Division(*id), m.month, figure.of(m)))
            });
            let leaves = parts
                .iter()
                .map(|(leaf, division, m)| (Row::Leaf(*leaf, *division), m.month, figure.of(m)));
            let all = divisions.chain(leaves);
            Judged::of(order, figure.policy(), now, all, to_date)
        };
        Self {
            // Cremations are told by month only.
            cremations: judge(Figure::Cremations, false),
            households: judge(Figure::Households, true),
            sea: judge(Figure::SeaBurials, true),
            leaves,
            months,
        }
    }

    /// The months of a division, as they may be shown.
    pub fn of_division(&self, division: Uuid, from: i32, to: i32) -> Vec<Shown> {
        (from..=to)
            .map(|month| self.of_month(division, month))
            .collect()
    }

    /// A month of a division, as it may be shown.
    pub fn of_month(&self, division: Uuid, month: i32) -> Shown {
        let all = self.months.get(&division).map_or(&[][..], Vec::as_slice);
        let counted = all.iter().find(|m| m.month == month).copied();
        let counted = counted.unwrap_or(MonthFigures {
            month,
            ..MonthFigures::default()
        });
        let row = Row::Division(division);
        Shown::where_open(&counted, |figure| self.month_is_open(figure, row, month))
    }

    const fn judged(&self, figure: Figure) -> &Judged {
        match figure {
            Figure::Cremations => &self.cremations,
            Figure::Households => &self.households,
            Figure::SeaBurials => &self.sea,
        }
    }

    /// Whether a figure of a row may be told for a month.
    pub fn month_is_open(&self, figure: Figure, row: Row, month: i32) -> bool {
        self.judged(figure).month_is_open(row, month)
    }

    /// Whether anything is counted by itself below a division in a month: a township, a facility, a voyage.
    pub fn tells_below(
        &self,
        figure: Figure,
        order: &Divisions,
        division: Uuid,
        month: i32,
    ) -> bool {
        self.judged(figure).tells_below(order, division, month)
    }

    /// Whether the households of a whole period may be told, see [`Judged::period_is_open`].
    pub fn period_is_open(&self, division: Uuid, from: i32, to: i32) -> bool {
        self.households
            .period_is_open(Row::Division(division), from, to)
    }

    /// Whether the households of a facility may be told: its own count, not its division's, decides. One whose
    /// cases are those of several divisions tells nothing.
    pub fn facility_is_open(&self, facility: Uuid, from: i32, to: i32) -> bool {
        self.leaf_is_open(&self.households, facility, from, to)
    }

    /// Whether the sets of ashes of a voyage may be told.
    pub fn voyage_is_open(&self, voyage: Uuid, month: i32) -> bool {
        self.leaf_is_open(&self.sea, voyage, month, month)
    }

    fn leaf_is_open(&self, judged: &Judged, leaf: Uuid, from: i32, to: i32) -> bool {
        let Some(divisions) = self.leaves.get(&leaf) else {
            return true;
        };
        let mut divisions = divisions.iter();
        match (divisions.next(), divisions.next()) {
            (Some(only), None) => judged.period_is_open(Row::Leaf(leaf, *only), from, to),
            _ => false,
        }
    }

    /// The sets of ashes that a division gave to the sea in a period; none where withheld.
    pub fn at_sea(&self, division: Uuid, from: i32, to: i32) -> Option<i64> {
        let open = self.sea.period_is_open(Row::Division(division), from, to);
        let months = self.months.get(&division).map_or(&[][..], Vec::as_slice);
        open.then(|| {
            let asked = months.iter().filter(|m| (from..=to).contains(&m.month));
            asked.map(|m| m.sea_burials).sum()
        })
    }

    /// Which of some batches may be told, of all batches of their divisions in their months. The households of a
    /// division's month are told, and neither one of its batches nor what is not settled yet is small.
    pub fn settled(&self, batches: &[waiver_settlement::Model]) -> HashSet<Uuid> {
        let small = |n: i64| u64::try_from(n).is_ok_and(|n| Policy::UNDER_THREE.is_small(n));
        let mut sums: HashMap<(Uuid, i32), (i64, bool)> = HashMap::new();
        for batch in batches {
            let at = (batch.division_id, batch.month);
            let (sum, any) = sums.entry(at).or_default();
            *sum += batch.households;
            *any |= small(batch.households);
        }
        let all = |division: &Uuid, month: i32| -> i64 {
            let list = self.months.get(division).into_iter().flatten();
            let mine = list.filter(|m| m.month == month);
            mine.map(|m| m.households).sum()
        };
        let open = |batch: &&waiver_settlement::Model| {
            let at = (batch.division_id, batch.month);
            let (sum, any) = sums.get(&at).copied().unwrap_or_default();
            !any && !small(all(&at.0, at.1) - sum) && self.period_is_open(at.0, at.1, at.1)
        };
        batches.iter().filter(open).map(|batch| batch.id).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeMap;

    use minzheng_kit::divisions::dataset;

    use super::*;

    const JANUARY: i32 = 2026 * 12;

    fn id(code: &str) -> Uuid {
        dataset().by_code(code).unwrap().id
    }

    /// Counties with their counts from January on, and all above them.
    fn tables_of(counties: &[(&str, &[i64])]) -> Tables {
        let order = Divisions::default();
        let mut months: HashMap<Uuid, BTreeMap<i32, i64>> = HashMap::new();
        for (code, counts) in counties {
            for over in order.upwards(&id(code)) {
                for (month, n) in (JANUARY..).zip(*counts) {
                    *months.entry(over).or_default().entry(month).or_default() += n;
                }
            }
        }
        let months = months
            .into_iter()
            .map(|(id, list)| {
                let list = list.into_iter().map(|(month, n)| MonthFigures {
                    month,
                    cremations: n,
                    households: n,
                    waived: n * 100,
                    sea_burials: n,
                    ..MonthFigures::default()
                });
                (id, list.collect())
            })
            .collect();
        Tables::of(&order, JANUARY + 10, months, &[])
    }

    #[test]
    fn one_or_two_are_withheld_and_so_is_what_would_give_them_back() {
        let tables = tables_of(&[("510104", &[9, 2, 8]), ("510105", &[7, 6, 5])]);
        let of = |code: &str| tables.of_division(id(code), JANUARY, JANUARY + 2);
        let shown = of("510104");
        assert_eq!((shown[1].cremations, shown[1].sea_burials), (None, None));
        assert_eq!((shown[1].households, shown[1].waived), (None, None));
        // The parent's total of February minus the neighbour's is two: of which county, nobody can tell.
        let told = |code: &str| of(code)[1].cremations;
        assert_eq!((told("510105"), told("510100")), (Some(6), Some(8)));
        assert_eq!((told("510106"), told("510107")), (None, None));
        // January to February minus January would tell it too.
        let open = |to: i32| tables.period_is_open(id("510104"), JANUARY, to);
        assert!(!(open(JANUARY + 1) && open(JANUARY)));
    }

    #[test]
    fn a_small_county_alone_in_its_prefecture_is_not_told_by_the_level_above() {
        // The families of each parent judged apart would show 成都 (2), alone of its kind in the month.
        let tables = tables_of(&[("510104", &[2]), ("510703", &[9]), ("510704", &[8])]);
        let told = |code: &str| tables.of_division(id(code), JANUARY, JANUARY)[0].cremations;
        assert_eq!((told("510104"), told("510100")), (None, None));
        // Nor is it told by the prefectures in which nobody died.
        assert_eq!((told("510300"), told("510400")), (None, None));
    }

    #[test]
    fn large_counts_are_shown_as_they_are() {
        let tables = tables_of(&[("510104", &[9, 12])]);
        let shown = tables.of_division(id("510104"), JANUARY, JANUARY + 11);
        let cremations: Vec<_> = shown.iter().map(|s| s.cremations).collect();
        assert_eq!(cremations[..3], [Some(9), Some(12), None]);
        // December has not come.
        assert_eq!(cremations[11], Some(0));
        assert!(tables.period_is_open(id("510104"), JANUARY, JANUARY + 1));
        assert_eq!(tables.at_sea(id("510000"), JANUARY, JANUARY + 1), Some(21));
    }

    #[test]
    fn a_batch_is_told_where_neither_it_nor_what_is_left_is_small() {
        use crate::rules::terms::{SettlementSource, WaiverPayer};
        let tables = tables_of(&[("510104", &[9, 9, 9, 2]), ("510105", &[8, 8, 8, 9])]);
        let batch = |at: u128, month: i32, households: i64| waiver_settlement::Model {
            id: Uuid::from_u128(at),
            division_id: id("510104"),
            month: JANUARY + month,
            households,
            amount: households * 100,
            payer: WaiverPayer::Fiscal,
            source: SettlementSource::Cases,
            settled_on: Default::default(),
        };
        // All nine; all but one; seven and two; the two of a month that is withheld.
        let batches = [
            batch(1, 0, 9),
            batch(2, 1, 8),
            batch(3, 2, 7),
            batch(4, 2, 2),
            batch(5, 3, 2),
        ];
        let told = tables.settled(&batches);
        assert!(
            told.is_subset(&HashSet::from([Uuid::from_u128(1)])),
            "{told:?}"
        );
        assert_eq!(
            told.len(),
            usize::from(tables.period_is_open(id("510104"), JANUARY, JANUARY))
        );
    }
}
