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

/// The lengths of witnesses that are looked for, in changed cells: short ones first.
const LENGTHS: [usize; 3] = [8, 24, 96];

/// A witness for `cell` that uses at most `spare` cells that are published so far; gives those, which are
/// to be withheld then.
pub(super) fn with_spare(
    cells: &Cells,
    hidden: &[bool],
    cell: Cell,
    floor: u64,
    spare: usize,
) -> Option<Vec<Cell>> {
    for length in LENGTHS {
        for up in [true, false] {
            let mut search = Search {
                cells,
                hidden,
                floor,
                spare,
                change: vec![0; hidden.len()],
                off: vec![0; cells.sums.len()],
                broken: BTreeSet::new(),
                used: Vec::new(),
                steps: 0,
            };
            if search.change(cell, up) && search.mend(length) {
                return Some(search.used);
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
    /// The published cells that are changed.
    used: Vec<Cell>,
    steps: usize,
}

impl Search<'_> {
    /// Changes a cell by one; `false`, and nothing done, when it may not be.
    fn change(&mut self, cell: Cell, up: bool) -> bool {
        self.steps += 1;
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
            self.used.push(cell);
        }
        self.put(cell, if up { 1 } else { -1 });
        true
    }

    /// Takes the last change of a cell back.
    fn undo(&mut self, cell: Cell, up: bool) {
        if !self.hidden[cell.0] {
            self.spare += 1;
            self.used.pop();
        }
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
        if left == 0 || self.steps >= MOST_STEPS {
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
                if self.steps >= MOST_STEPS {
                    return false;
                }
            }
        }
        false
    }
}
