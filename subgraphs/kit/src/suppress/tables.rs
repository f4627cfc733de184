//! The two shapes of table that statistics have: a group with its total, and rows through the months of
//! a year with their totals and their figures to date.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use super::{Cell, Cells, Policy, Released};

/// What may be published of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The counts in the order given; `None` where withheld.
    pub parts: Vec<Option<u64>>,
    /// Their sum; `None` where withheld.
    pub total: Option<u64>,
}

/// A group of counts and their total.
pub fn group(counts: &[u64], policy: Policy) -> Group {
    let mut cells = Cells::new();
    let parts: Vec<Cell> = counts.iter().map(|count| cells.add(*count)).collect();
    let total = cells.add_total(&parts);
    let released = cells.release(policy);
    Group {
        parts: parts.iter().map(|part| released.get(*part)).collect(),
        total: released.get(total),
    }
}

/// Rows (districts, kinds) through the months of one year: for each row its months and its figure to
/// date at each month, and the same for all rows together. The last figure to date is the year's.
#[derive(Clone, Debug)]
pub struct Months {
    cells: Cells,
    rows: Vec<Row>,
    all: Row,
}

#[derive(Clone, Debug, Default)]
struct Row {
    months: Vec<Cell>,
    to_date: Vec<Cell>,
}

/// What may be published of [`Months`]; cheap to clone.
#[derive(Clone, Debug)]
pub struct MonthsReleased(Arc<Whole>);

#[derive(Debug)]
struct Whole {
    table: Months,
    released: Released,
}

/// Tables kept released. A province has some dozens of families of divisions, two or three figures, and a
/// few years that are looked at.
const KEPT: usize = 512;

type Kept = HashMap<(Policy, Vec<Vec<u64>>), MonthsReleased>;

/// The same counts always give the same answer, and the search for it is what figures of a month cost most:
/// so what was asked lately is kept, by the whole table. It holds counts and no person.
static LATELY: LazyLock<Mutex<Kept>> = LazyLock::new(Mutex::default);

/// Withholds what must be withheld of rows through months. Each row has as many months as the first one;
/// what is missing counts as zero.
pub fn months(rows: &[Vec<u64>], policy: Policy) -> MonthsReleased {
    let key = (policy, rows.to_vec());
    let lately = || LATELY.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = lately().get(&key) {
        return known.clone();
    }
    // Not under the lock: two that ask for one table at once both search, and find the same.
    let table = Months::new(rows);
    let released = table.cells.release(policy);
    let found = MonthsReleased(Arc::new(Whole { table, released }));
    let mut lately = lately();
    if lately.len() >= KEPT {
        lately.clear();
    }
    lately.insert(key, found.clone());
    found
}

impl Months {
    fn new(rows: &[Vec<u64>]) -> Self {
        let length = rows.first().map_or(0, Vec::len);
        let mut cells = Cells::new();
        let rows: Vec<Row> = rows
            .iter()
            .map(|counts| {
                let months = (0..length)
                    .map(|m| cells.add(counts.get(m).copied().unwrap_or_default()))
                    .collect();
                with_sums_to_date(&mut cells, months)
            })
            .collect();
        let months = (0..length)
            .map(|m| {
                let column: Vec<Cell> = rows.iter().map(|row| row.months[m]).collect();
                cells.add_total(&column)
            })
            .collect();
        let all = with_sums_to_date(&mut cells, months);
        for m in 0..length {
            let column: Vec<Cell> = rows.iter().map(|row| row.to_date[m]).collect();
            cells.sum(all.to_date[m], &column);
        }
        Self { cells, rows, all }
    }
}

/// Adds the figures to date: the first is the first month's, each later one adds its month.
fn with_sums_to_date(cells: &mut Cells, months: Vec<Cell>) -> Row {
    let mut to_date: Vec<Cell> = Vec::with_capacity(months.len());
    for month in &months {
        let sum = match to_date.last() {
            None => vec![*month],
            Some(before) => vec![*before, *month],
        };
        to_date.push(cells.add_total(&sum));
    }
    Row { months, to_date }
}

impl MonthsReleased {
    /// A row's count of a month; `None` where withheld or not there.
    pub fn cell(&self, row: usize, month: usize) -> Option<u64> {
        self.of(self.0.table.rows.get(row)?.months.get(month))
    }

    /// A row's figure from the first month to this one.
    pub fn to_date(&self, row: usize, month: usize) -> Option<u64> {
        self.of(self.0.table.rows.get(row)?.to_date.get(month))
    }

    /// The count of a month over all rows.
    pub fn total(&self, month: usize) -> Option<u64> {
        self.of(self.0.table.all.months.get(month))
    }

    /// The figure to date over all rows.
    pub fn total_to_date(&self, month: usize) -> Option<u64> {
        self.of(self.0.table.all.to_date.get(month))
    }

    /// How many cells are withheld.
    pub fn withheld(&self) -> usize {
        self.0.released.withheld()
    }

    fn of(&self, cell: Option<&Cell>) -> Option<u64> {
        self.0.released.get(*cell?)
    }

    #[cfg(test)]
    pub(super) fn parts(&self) -> (&Cells, &Released) {
        (&self.0.table.cells, &self.0.released)
    }
}
