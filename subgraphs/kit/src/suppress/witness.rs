//! The search for a witness: another table with the same published numbers and sums in which one
//! withheld cell holds another value.
//!
//! The two tables differ by one in some withheld cells. The search changes the cell in question, finds
//! a sum that no longer holds, mends it by changing another withheld member, and goes on until all sums
//! hold. Short ways are tried first. A witness proves more than linear algebra would: it respects that
//! counts are whole and that no withheld cell lies below its floor.

use std::collections::BTreeSet;

use super::{Cell, Cells};

/// How many changes one search may try in all. Tables of a county's year need a few dozen; the bound
/// keeps a hopeless search from costing more than a moment, and then more is withheld.
const MOST_STEPS: usize = 20_000;

/// The longest witness that is looked for, in changed cells: a year's table needs two dozen.
const LONGEST: usize = 128;

/// Whether some other table differs from the true one in `cell` and in nothing that is published.
pub(super) fn exists(cells: &Cells, hidden: &[bool], cell: Cell, floor: u64) -> bool {
    let mut steps = 0;
    let most = hidden.iter().filter(|hidden| **hidden).count().min(LONGEST);
    let mut length = 4;
    loop {
        for up in [true, false] {
            let mut search = Search {
                cells,
                hidden,
                floor,
                change: vec![0; hidden.len()],
                off: vec![0; cells.sums.len()],
                broken: BTreeSet::new(),
                steps: &mut steps,
            };
            if search.change(cell, up) && search.mend(length) {
                return true;
            }
        }
        if length >= most || steps >= MOST_STEPS {
            return false;
        }
        length *= 2;
    }
}

struct Search<'s> {
    cells: &'s Cells,
    hidden: &'s [bool],
    floor: u64,
    /// By how much each cell differs: -1, 0 or 1.
    change: Vec<i8>,
    /// By how much each sum's total now exceeds its parts.
    off: Vec<i32>,
    /// The sums that do not hold at the moment.
    broken: BTreeSet<usize>,
    steps: &'s mut usize,
}

impl Search<'_> {
    /// Changes a cell by one; `false`, and nothing done, when it may not be.
    fn change(&mut self, cell: Cell, up: bool) -> bool {
        let free = self.hidden[cell.0] && self.change[cell.0] == 0;
        if !free || (!up && self.cells.value(cell) <= self.floor) {
            return false;
        }
        self.put(cell, if up { 1 } else { -1 });
        true
    }

    fn put(&mut self, cell: Cell, by: i8) {
        self.change[cell.0] += by;
        for place in &self.cells.at[cell.0] {
            let total = self.cells.sums[*place].total == cell;
            self.off[*place] += i32::from(if total { by } else { -by });
            if self.off[*place] == 0 {
                self.broken.remove(place);
            } else {
                self.broken.insert(*place);
            }
        }
    }

    /// Makes all sums hold again with at most `left` further changes.
    fn mend(&mut self, left: usize) -> bool {
        let Some(place) = self.broken.first().copied() else {
            return true;
        };
        if left == 0 || *self.steps >= MOST_STEPS {
            return false;
        }
        let cells = self.cells;
        let sum = &cells.sums[place];
        let excess = self.off[place] > 0;
        // The total first: it carries the change upwards, where there is more room.
        let ways = std::iter::once((sum.total, !excess))
            .chain(sum.parts.iter().map(|part| (*part, excess)));
        for (cell, up) in ways {
            *self.steps += 1;
            if self.change(cell, up) {
                if self.mend(left - 1) {
                    return true;
                }
                self.put(cell, if up { -1 } else { 1 });
            }
        }
        false
    }
}
