//! Rows of a tree (counties, their prefectures, their province) through the months of one year, judged as one
//! system: what is published of a prefecture gives back what is withheld of a county as surely as a neighbour
//! does, so no level may be judged alone.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use super::moves::{Moves, Row};
use super::{Cell, Cells, Policy, Released};

/// One row: where it hangs, and its counts by month.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Branch {
    /// The row above, by its place; `None` for the root.
    pub above: Option<usize>,
    /// The counts of the months. A row with fewer months than the first one has zeros behind.
    pub counts: Vec<u64>,
}

/// What may be published of a tree; cheap to clone.
#[derive(Clone, Debug)]
pub struct TreeReleased(Arc<Whole>);

#[derive(Debug)]
struct Whole {
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the attacker of the tests reads the sums")
    )]
    cells: Cells,
    rows: Vec<Row>,
    released: Released,
}

/// Trees kept released. A province has some dozens of figures, and a few years that are looked at.
const KEPT: usize = 256;

type Kept = HashMap<(Policy, bool, Vec<Branch>), TreeReleased>;

/// The same counts always give the same answer: what was asked lately is kept, by the whole tree. It holds counts and
/// no person.
static LATELY: LazyLock<Mutex<Kept>> = LazyLock::new(Mutex::default);

/// Withholds what must be withheld of a tree of rows. With `to_date` the figures from the first month on are
/// published too, of every row.
///
/// Where the rows below do not add up to the one above (something was counted there and belongs to no row of
/// today), the rest stands as a row of its own that is never published.
pub fn tree(rows: &[Branch], to_date: bool, policy: Policy) -> TreeReleased {
    let key = (policy, to_date, rows.to_vec());
    // Not held while searching: two that ask for one tree at once both search, and find the same.
    let lately = || LATELY.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = lately().get(&key) {
        return known.clone();
    }
    let (cells, placed) = system(rows, to_date);
    let moves = Moves::new(&cells, &placed, policy.floor());
    let released = cells.release_by(policy, |hidden, small| moves.cheapest(hidden, small));
    let found = TreeReleased(Arc::new(Whole {
        cells,
        rows: placed,
        released,
    }));
    let mut lately = lately();
    if lately.len() >= KEPT {
        lately.clear();
    }
    lately.insert(key, found.clone());
    found
}

/// All cells of a tree and all sums between them. The rows that were given keep their places.
fn system(rows: &[Branch], to_date: bool) -> (Cells, Vec<Row>) {
    let length = rows.first().map_or(0, |row| row.counts.len());
    let mut cells = Cells::new();
    let mut placed: Vec<Row> = rows
        .iter()
        .enumerate()
        .map(|(place, row)| {
            let months = (0..length)
                .map(|m| cells.add(row.counts.get(m).copied().unwrap_or_default()))
                .collect();
            // A row hangs below an earlier or a later one, never below itself.
            let above = row.above.filter(|at| *at != place && *at < rows.len());
            with_sums_to_date(&mut cells, above, months, to_date, Cells::add)
        })
        .collect();
    let mut below: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (place, row) in placed.iter().enumerate() {
        if let Some(above) = row.above {
            below.entry(above).or_default().push(place);
        }
    }
    for (above, mut members) in below {
        if let Some(rest) = rest(&mut cells, &placed, above, &members, to_date) {
            members.push(placed.len());
            placed.push(rest);
        }
        let column = |of: fn(&Row) -> &Vec<Cell>, m: usize| -> Option<(Cell, Vec<Cell>)> {
            let parts = members.iter().filter_map(|at| of(&placed[*at]).get(m));
            Some((*of(&placed[above]).get(m)?, parts.copied().collect()))
        };
        for m in 0..length {
            let sums = [column(|row| &row.months, m), column(|row| &row.to_date, m)];
            for (total, parts) in sums.into_iter().flatten() {
                cells.sum(total, &parts);
            }
        }
    }
    (cells, placed)
}

/// A row of the given cells, with its figures to date: the first is the first month's, each later one adds its month.
fn with_sums_to_date(
    cells: &mut Cells,
    above: Option<usize>,
    months: Vec<Cell>,
    to_date: bool,
    add: fn(&mut Cells, u64) -> Cell,
) -> Row {
    let mut sums: Vec<Cell> = Vec::new();
    for month in months.iter().filter(|_| to_date) {
        let parts: Vec<Cell> = sums.last().into_iter().chain([month]).copied().collect();
        let count = parts.iter().map(|part| cells.value(*part)).sum();
        let sum = add(cells, count);
        cells.sum(sum, &parts);
        sums.push(sum);
    }
    Row {
        above,
        months,
        to_date: sums,
    }
}

/// What a row counts beyond the rows below it, if anything: a row that is never published.
fn rest(
    cells: &mut Cells,
    rows: &[Row],
    above: usize,
    members: &[usize],
    to_date: bool,
) -> Option<Row> {
    let counts: Vec<u64> = rows[above]
        .months
        .iter()
        .enumerate()
        .map(|(m, total)| {
            let parts = members.iter().filter_map(|at| rows[*at].months.get(m));
            let sum: u64 = parts.map(|part| cells.value(*part)).sum();
            cells.value(*total).saturating_sub(sum)
        })
        .collect();
    if counts.iter().all(|count| *count == 0) {
        return None;
    }
    let months = counts
        .into_iter()
        .map(|count| cells.add_unpublished(count))
        .collect();
    Some(with_sums_to_date(
        cells,
        Some(above),
        months,
        to_date,
        Cells::add_unpublished,
    ))
}

impl TreeReleased {
    /// A row's count of a month; `None` where withheld or not there.
    pub fn cell(&self, row: usize, month: usize) -> Option<u64> {
        let cell = self.0.rows.get(row)?.months.get(month)?;
        self.0.released.get(*cell)
    }

    /// A row's figure from the first month to this one; `None` where withheld or not published.
    pub fn to_date(&self, row: usize, month: usize) -> Option<u64> {
        let cell = self.0.rows.get(row)?.to_date.get(month)?;
        self.0.released.get(*cell)
    }

    /// How many cells are withheld.
    pub fn withheld(&self) -> usize {
        self.0.released.withheld()
    }

    #[cfg(test)]
    pub(super) fn parts(&self) -> (&Cells, &Released) {
        (&self.0.cells, &self.0.released)
    }

    #[cfg(test)]
    pub(super) fn rows(&self) -> &[Row] {
        &self.0.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A province with two prefectures of two and three counties, in three months.
    fn province(counties: &[[u64; 3]; 5]) -> Vec<Branch> {
        let sum = |list: &[[u64; 3]]| -> Vec<u64> {
            (0..3).map(|m| list.iter().map(|c| c[m]).sum()).collect()
        };
        let row = |above, counts: Vec<u64>| Branch { above, counts };
        let mut rows = vec![
            row(None, sum(counties)),
            row(Some(0), sum(&counties[..2])),
            row(Some(0), sum(&counties[2..])),
        ];
        for (at, county) in counties.iter().enumerate() {
            rows.push(row(Some(1 + usize::from(at >= 2)), county.to_vec()));
        }
        rows
    }

    #[test]
    fn a_prefecture_and_its_county_are_judged_together() {
        // The only other county of the prefecture is nothing in that month: the prefecture itself is the small
        // cell, and the province minus its neighbour would tell it.
        let rows = province(&[[2, 9, 9], [0, 9, 9], [7, 9, 9], [8, 9, 9], [6, 9, 9]]);
        let released = tree(&rows, false, Policy::UNDER_THREE);
        assert_eq!(released.cell(3, 0), None);
        assert_eq!(released.cell(1, 0), None);
        let neighbour = released.cell(2, 0).is_some() && released.cell(0, 0).is_some();
        assert!(!neighbour, "province minus prefecture");
    }

    #[test]
    fn a_month_in_which_every_county_is_one_costs_that_month_and_not_the_years_figure() {
        // Nothing is withheld but ones: their sum tells each of them, so the sum goes, and what would give it back.
        let rows = province(&[[5, 1, 6], [4, 1, 7], [6, 1, 9], [8, 1, 5], [6, 1, 4]]);
        let released = tree(&rows, true, Policy::UNDER_THREE);
        assert_eq!(released.cell(0, 1), None);
        assert_eq!(released.to_date(0, 2), Some(65));
    }

    #[test]
    fn a_rest_that_belongs_to_no_row_is_never_published() {
        let rows = vec![
            Branch {
                above: None,
                counts: vec![30],
            },
            Branch {
                above: Some(0),
                counts: vec![9],
            },
            Branch {
                above: Some(0),
                counts: vec![11],
            },
        ];
        let released = tree(&rows, true, Policy::UNDER_THREE);
        assert_eq!(
            (released.cell(0, 0), released.cell(1, 0)),
            (Some(30), Some(9))
        );
        assert_eq!(
            released.withheld(),
            2,
            "the rest of ten, of the month and to date"
        );
    }
}
