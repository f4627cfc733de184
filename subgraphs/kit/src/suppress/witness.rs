//! The search for a witness: another table with the same published numbers and sums in which one
//! withheld cell holds another value.
//!
//! The two tables differ by one in some withheld cells. The search changes the cell in question, finds
//! a sum that no longer holds, mends it by changing another member, and goes on until all sums hold. A
//! witness proves more than linear algebra would: it respects that counts are whole and that no withheld
//! cell lies below its floor.
//!
//! Where withheld cells alone do not suffice, the search may withhold a few more: it is asked for a
//! witness with none, one, two … of them, so that the first it finds costs the fewest.

use std::collections::BTreeSet;

use super::{Cell, Cells};

/// How many changes one search may try. A table of a county's year needs a few dozen; the bound keeps
/// a hopeless search from costing more than a moment.
const MOST_STEPS: usize = 4_000;

/// How many changes all searches for one cell may try. A cell for which nothing is found by then is hemmed in on
/// all sides, and withholding its neighbour costs the reader one figure more instead of everyone the wait: a
/// province where nearly every cell is one, two or nothing has a thousand such.
const MOST_STEPS_OF_ALL: usize = 40_000;

/// The most published cells that one witness may cost. A year of rows with figures to date needs five.
const MOST_SPARE: usize = 8;

/// The lengths of witnesses that are looked for, in changed cells: short ones first.
const LENGTHS: [usize; 3] = [8, 24, 96];

/// The witness for `cell` that costs the fewest published cells, as far as it is found: all cells that hold
/// another value in it. The published ones of them are to be withheld then.
pub(super) fn cheapest(
    cells: &Cells,
    hidden: &[bool],
    cell: Cell,
    floor: u64,
) -> Option<Vec<Cell>> {
    let mut search = Search {
        cells,
        hidden,
        floor,
        spare: 0,
        change: vec![0; hidden.len()],
        off: vec![0; cells.sums.len()],
        broken: BTreeSet::new(),
        changed: Vec::new(),
        steps: 0,
    };
    let mut left = MOST_STEPS_OF_ALL;
    for spare in 0..=MOST_SPARE {
        for length in LENGTHS {
            for up in [true, false] {
                let may = left.min(MOST_STEPS);
                (search.spare, search.steps) = (spare, may);
                if search.change(cell, up) {
                    if search.mend(length) {
                        return Some(search.changed);
                    }
                    search.undo(cell, up);
                }
                left -= may - search.steps;
            }
        }
    }
    None
}

struct Search<'s> {
    cells: &'s Cells,
    hidden: &'s [bool],
    floor: u64,
    /// How many more published cells may be changed.
    spare: usize,
    /// By how much each cell differs: -1, 0 or 1.
    change: Vec<i8>,
    /// By how much each sum's total now exceeds its parts.
    off: Vec<i32>,
    /// The sums that do not hold at the moment.
    broken: BTreeSet<usize>,
    /// The cells that are changed, in the order in which they were.
    changed: Vec<Cell>,
    /// How many more changes may be tried.
    steps: usize,
}

impl Search<'_> {
    /// Changes a cell by one; `false`, and nothing done, when it may not be.
    fn change(&mut self, cell: Cell, up: bool) -> bool {
        let Some(steps) = self.steps.checked_sub(1) else {
            return false;
        };
        self.steps = steps;
        let value = self.cells.value(cell);
        let published = !self.hidden[cell.0];
        let may = self.change[cell.0] == 0
            && value >= self.floor
            && (up || value > self.floor)
            && (!published || self.spare > 0);
        if !may {
            return false;
        }
        if published {
            self.spare -= 1;
        }
        self.changed.push(cell);
        self.put(cell, if up { 1 } else { -1 });
        true
    }

    /// Takes the last change of a cell back.
    fn undo(&mut self, cell: Cell, up: bool) {
        if !self.hidden[cell.0] {
            self.spare += 1;
        }
        self.changed.pop();
        self.put(cell, if up { -1 } else { 1 });
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
        if left == 0 || self.steps == 0 {
            return false;
        }
        let cells = self.cells;
        let hidden = self.hidden;
        let sum = &cells.sums[place];
        let excess = self.off[place] > 0;
        // Withheld cells first, they cost nothing; of the others the smallest parts, and the total last.
        for published in [false, true] {
            if published && self.spare == 0 {
                break;
            }
            let ways = sum
                .by_value
                .iter()
                .map(|part| (*part, excess))
                .chain([(sum.total, !excess)])
                .filter(|(cell, _)| hidden[cell.0] != published);
            for (cell, up) in ways {
                if self.change(cell, up) {
                    if self.mend(left - 1) {
                        return true;
                    }
                    self.undo(cell, up);
                }
                if self.steps == 0 {
                    return false;
                }
            }
        }
        false
    }
}
