//! Rows of a tree (counties, their prefectures, their province) through the months of one year, judged as one
//! system: what is published of a prefecture gives back what is withheld of a county as surely as a neighbour
//! does, so no level may be judged alone.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use super::{Cell, Cells, Policy, Released};

/// One row: where it hangs, and its counts by month.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Branch {
    /// The row above, by its place; `None` for the root.
    pub above: Option<usize>,
    /// The counts of the months. A row with fewer months than the first one has zeros behind.
    pub counts: Vec<u64>,
}

#[derive(Clone, Debug)]
struct Row {
    months: Vec<Cell>,
    to_date: Vec<Cell>,
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

/// Trees kept released, see [`super::months`].
const KEPT: usize = 256;

type Kept = HashMap<(Policy, bool, Vec<Branch>), TreeReleased>;

static LATELY: LazyLock<Mutex<Kept>> = LazyLock::new(Mutex::default);

/// Withholds what must be withheld of a tree of rows. With `to_date` the figures from the first month on are
/// published too, of every row.
///
/// Where the rows below do not add up to the one above (something was counted there and belongs to no row of
/// today), the rest stands as a row of its own that is never published.
pub fn tree(rows: &[Branch], to_date: bool, policy: Policy) -> TreeReleased {
    let key = (policy, to_date, rows.to_vec());
    let lately = || LATELY.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = lately().get(&key) {
        return known.clone();
    }
    let (cells, placed) = system(rows, to_date);
    let released = cells.release(policy);
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

/// All cells of a tree and all sums between them.
fn system(rows: &[Branch], to_date: bool) -> (Cells, Vec<Row>) {
    let length = rows.first().map_or(0, |row| row.counts.len());
    let mut cells = Cells::new();
    let placed: Vec<Row> = rows
        .iter()
        .map(|row| {
            let months: Vec<Cell> = (0..length)
                .map(|m| cells.add(row.counts.get(m).copied().unwrap_or_default()))
                .collect();
            let mut sums: Vec<Cell> = Vec::new();
            for month in months.iter().filter(|_| to_date) {
                let parts = match sums.last() {
                    None => vec![*month],
                    Some(before) => vec![*before, *month],
                };
                sums.push(cells.add_total(&parts));
            }
            Row {
                months,
                to_date: sums,
            }
        })
        .collect();
    let mut below: HashMap<usize, Vec<usize>> = HashMap::new();
    for (place, row) in rows.iter().enumerate() {
        // A row hangs below an earlier or a later one, never below itself.
        if let Some(above) = row.above.filter(|above| *above != place) {
            below.entry(above).or_default().push(place);
        }
    }
    let mut families: Vec<(usize, Vec<usize>)> = below.into_iter().collect();
    families.sort();
    for (above, members) in families {
        let Some(top) = placed.get(above) else {
            continue;
        };
        for m in 0..length {
            hang(&mut cells, &placed, &members, top.months.get(m), |row| {
                row.months.get(m)
            });
            hang(&mut cells, &placed, &members, top.to_date.get(m), |row| {
                row.to_date.get(m)
            });
        }
    }
    (cells, placed)
}

/// States that one cell of a row is the sum of the same cells of the rows below it, and of a rest if there is any.
fn hang(
    cells: &mut Cells,
    rows: &[Row],
    members: &[usize],
    total: Option<&Cell>,
    of: impl Fn(&Row) -> Option<&Cell>,
) {
    let Some(total) = total.copied() else {
        return;
    };
    let mut parts: Vec<Cell> = members
        .iter()
        .filter_map(|member| rows.get(*member).and_then(&of).copied())
        .collect();
    let sum: u64 = parts.iter().map(|part| cells.value(*part)).sum();
    let rest = cells.value(total).saturating_sub(sum);
    if rest > 0 && !parts.is_empty() {
        parts.push(cells.add_unpublished(rest));
    }
    cells.sum(total, &parts);
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
