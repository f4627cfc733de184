//! Figures as they may be shown to those who do not keep the records: a month in which one or two people
//! of a place died, or one or two families had their fees waived, is not shown, and nothing is shown that
//! would give it back (domain.md E.3, [`minzheng_kit::suppress`]).
//!
//! The tables are whole ones (all divisions below the same parent, all months of a year, with the sums from
//! January on), whatever part of them was asked for: otherwise two questions with different ranges would
//! be put together. What is a matter of things and not of people (illegal graves, voyages) is shown.

use std::collections::{BTreeMap, HashMap, HashSet};

use minzheng_kit::divisions::Divisions;
use minzheng_kit::error::Result;
use minzheng_kit::suppress::{MonthsReleased, Policy, months};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::figures::{self, MonthFigures};

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
    pub sea_burials: i64,
    /// Illegal graves closed.
    pub graves_closed: i64,
}

impl Shown {
    /// Everything, for those who keep the records themselves.
    pub const fn whole(figures: &MonthFigures) -> Self {
        Self {
            month: figures.month,
            cremations: Some(figures.cremations),
            households: Some(figures.households),
            waived: Some(figures.waived),
            sea_burials: figures.sea_burials,
            graves_closed: figures.graves_closed,
        }
    }
}

/// The tables of released figures, by family and year.
pub struct Tables {
    /// Where each division stands: its family and its row.
    places: HashMap<Uuid, (Uuid, usize)>,
    cremations: HashMap<(Uuid, i32), MonthsReleased>,
    households: HashMap<(Uuid, i32), MonthsReleased>,
    months: HashMap<Uuid, Vec<MonthFigures>>,
}

/// Reads the whole tables that some divisions stand in, for the years of a period, with one statement.
pub async fn tables<C: ConnectionTrait>(
    c: &C,
    order: &Divisions,
    divisions: &[Uuid],
    from: i32,
    to: i32,
) -> Result<Tables> {
    let families = families(order, divisions);
    let mut places = HashMap::new();
    for (family, members) in &families {
        for (row, member) in members.iter().enumerate() {
            places.insert(*member, (*family, row));
        }
    }
    let (first, last) = (from.div_euclid(12) * 12, to.div_euclid(12) * 12 + 11);
    let wanted: Vec<Uuid> = places.keys().copied().collect();
    let months = figures::monthly(c, &wanted, first, last).await?;
    let mut tables = Tables {
        places,
        cremations: HashMap::new(),
        households: HashMap::new(),
        months,
    };
    for (family, members) in &families {
        for year in first.div_euclid(12)..=last.div_euclid(12) {
            let key = (*family, year);
            if let Some(released) = tables.release(members, year, |m| m.cremations) {
                tables.cremations.insert(key, released);
            }
            if let Some(released) = tables.release(members, year, |m| m.households) {
                tables.households.insert(key, released);
            }
        }
    }
    Ok(tables)
}

/// The divisions with the same parent as each of those asked for; one without a parent is alone.
fn families(order: &Divisions, divisions: &[Uuid]) -> BTreeMap<Uuid, Vec<Uuid>> {
    let mut families: BTreeMap<Uuid, Vec<Uuid>> = BTreeMap::new();
    let mut placed: HashSet<Uuid> = HashSet::new();
    for division in divisions {
        if placed.contains(division) {
            continue;
        }
        // What ended is counted with what followed it, and shown there only.
        let standing = |members: Vec<Uuid>| -> Vec<Uuid> {
            let members = members.into_iter();
            members.filter(|one| order.by_id(one).is_some()).collect()
        };
        let (parent, members) = match order.family(division) {
            Some((parent, members)) => (parent, standing(members)),
            // Its own key may be that of the family below it.
            None => {
                let alone = minzheng_kit::id::derived("alone", &division.to_string());
                (alone, vec![*division])
            }
        };
        placed.extend(&members);
        families.insert(parent, members);
    }
    families
}

impl Tables {
    /// The released table of one figure; none where the whole year is empty.
    fn release(
        &self,
        members: &[Uuid],
        year: i32,
        figure: impl Fn(&MonthFigures) -> i64,
    ) -> Option<MonthsReleased> {
        let rows: Vec<Vec<u64>> = members
            .iter()
            .map(|member| {
                let mut row = vec![0; 12];
                for month in self.months.get(member).into_iter().flatten() {
                    if month.month.div_euclid(12) == year
                        && let Ok(place) = usize::try_from(month.month.rem_euclid(12))
                        && let Some(cell) = row.get_mut(place)
                    {
                        *cell = u64::try_from(figure(month)).unwrap_or(0);
                    }
                }
                row
            })
            .collect();
        let empty = rows.iter().flatten().all(|count| *count == 0);
        (!empty).then(|| months(&rows, Policy::UNDER_THREE))
    }

    /// The months of a division in which something happened, as they may be shown.
    pub fn of(&self, division: Uuid, from: i32, to: i32) -> Vec<Shown> {
        let Some((family, row)) = self.places.get(&division) else {
            return Vec::new();
        };
        let all = self.months.get(&division).map_or(&[][..], Vec::as_slice);
        all.iter()
            .filter(|m| (from..=to).contains(&m.month))
            .map(|figures| {
                let key = (*family, figures.month.div_euclid(12));
                let place = usize::try_from(figures.month.rem_euclid(12)).unwrap_or(0);
                let open = |tables: &HashMap<(Uuid, i32), MonthsReleased>| {
                    tables
                        .get(&key)
                        .is_none_or(|t| t.cell(*row, place).is_some())
                };
                let whole = Shown::whole(figures);
                let (cremations, households) = (open(&self.cremations), open(&self.households));
                Shown {
                    cremations: whole.cremations.filter(|_| cremations),
                    households: whole.households.filter(|_| households),
                    waived: whole.waived.filter(|_| households),
                    ..whole
                }
            })
            .collect()
    }

    /// Whether the households of a whole period may be told: the sums from January on at its ends, and those
    /// of the whole years between, are all released, so that periods of any length give nothing back.
    pub fn period_is_open(&self, division: Uuid, from: i32, to: i32) -> bool {
        let Some((family, row)) = self.places.get(&division) else {
            return true;
        };
        let to_date = |month: i32| {
            let key = (*family, month.div_euclid(12));
            let place = usize::try_from(month.rem_euclid(12)).unwrap_or(0);
            self.households
                .get(&key)
                .is_none_or(|t| t.to_date(*row, place).is_some())
        };
        let starts_a_year = from.rem_euclid(12) == 0;
        let years: HashSet<i32> = (from.div_euclid(12)..to.div_euclid(12)).collect();
        (starts_a_year || to_date(from - 1))
            && to_date(to)
            && years.iter().all(|year| to_date(year * 12 + 11))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn tables_of(rows: &[(Uuid, &[(i32, i64)])]) -> Tables {
        let family = Uuid::nil();
        let members: Vec<Uuid> = rows.iter().map(|(id, _)| *id).collect();
        let months = rows
            .iter()
            .map(|(id, counts)| {
                let list = counts
                    .iter()
                    .map(|(month, n)| MonthFigures {
                        month: 2026 * 12 + month - 1,
                        cremations: *n,
                        households: *n,
                        waived: n * 100,
                        ..MonthFigures::default()
                    })
                    .collect();
                (*id, list)
            })
            .collect();
        let mut tables = Tables {
            places: members
                .iter()
                .enumerate()
                .map(|(row, id)| (*id, (family, row)))
                .collect(),
            cremations: HashMap::new(),
            households: HashMap::new(),
            months,
        };
        let released = tables.release(&members, 2026, |m| m.households).unwrap();
        tables.households.insert((family, 2026), released);
        let released = tables.release(&members, 2026, |m| m.cremations).unwrap();
        tables.cremations.insert((family, 2026), released);
        tables
    }

    #[test]
    fn one_or_two_are_withheld_and_so_is_what_would_give_them_back() {
        let (a, b) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let tables = tables_of(&[
            (a, &[(1, 9), (2, 2), (3, 8)]),
            (b, &[(1, 7), (2, 6), (3, 5)]),
        ]);
        let january = 2026 * 12;
        let shown = tables.of(a, january, january + 2);
        assert_eq!(shown[1].cremations, None);
        assert_eq!((shown[1].households, shown[1].waived), (None, None));
        // The parent's total of February minus the neighbour's would tell it.
        let neighbour = tables.of(b, january, january + 2);
        let total_known = neighbour[1].cremations.is_some() && {
            let key = (Uuid::nil(), 2026);
            tables.cremations[&key].total(1).is_some()
        };
        assert!(!total_known);
        // January to February minus January would tell it too.
        let both = tables.period_is_open(a, january, january + 1)
            && tables.period_is_open(a, january, january);
        assert!(!both);
    }

    #[test]
    fn large_counts_are_shown_as_they_are() {
        let a = Uuid::from_u128(1);
        let tables = tables_of(&[(a, &[(1, 9), (2, 12)])]);
        let january = 2026 * 12;
        let shown = tables.of(a, january, january + 11);
        assert_eq!(
            shown.iter().map(|s| s.cremations).collect::<Vec<_>>(),
            [Some(9), Some(12)]
        );
        assert!(tables.period_is_open(a, january, january + 1));
    }
}
