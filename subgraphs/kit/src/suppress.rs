//! Small cells: a count under three is not published, and whatever would give it back is withheld too
//! (domain.md E.3: k = 3; a neighbour must not learn who divorced).
//!
//! Withholding the small cell alone protects nobody: a total minus the other cells gives it back, and
//! so does this month's year-to-date figure minus last month's. Therefore [`Cells`] is told *all*
//! numbers that are published together, and every sum that holds between them; [`Cells::release`]
//! withholds further cells until, for each small one, there is another table that a reader could not
//! tell from the true one: the same published numbers, the same sums, no withheld cell below what a
//! withheld cell may be, and another value in the small cell. Such a table (a *witness*) is really
//! found, never assumed, so no reader, however clever, can compute the cell; where the search gives up,
//! more is withheld, never less.
//!
//! Zeros are published under [`Policy::UNDER_THREE`]: they tell of nobody. A reader therefore knows that
//! a withheld cell holds at least one, and the search reckons with that. Where nearly all cells are none or one, that
//! knowledge is worth too much: see [`Policy::UNDER_THREE_OR_NONE`].
//!
//! **Always build the whole table** (all siblings of a division, the whole year), whatever was asked,
//! and then take what was asked: otherwise two questions with different ranges withhold different
//! cells, and the reader puts them together. Ratios go through [`Released::ratio`].

mod moves;
mod tree;
mod witness;

pub use tree::{Branch, TreeReleased, tree};

/// What is small.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Policy {
    /// Counts below this are withheld.
    pub below: u64,
    /// Whether zero is withheld as well: as cover, so that a withheld one might as well be none. It is not protected
    /// itself: that nobody was counted may be found out.
    pub withholds_zero: bool,
}

impl Policy {
    /// One and two are withheld, zero is shown: the rule of this installation (domain.md E.3).
    pub const UNDER_THREE: Self = Self {
        below: 3,
        withholds_zero: false,
    };

    /// None, one and two are withheld: for what happens so seldom that most places have none or one a month. Were none
    /// shown there, a total would tell each of the ones, and would have to be withheld with them.
    pub const UNDER_THREE_OR_NONE: Self = Self {
        below: 3,
        withholds_zero: true,
    };

    /// Whether a count may not be published by itself.
    pub fn is_small(self, count: u64) -> bool {
        count < self.below && (count > 0 || self.withholds_zero)
    }

    /// The least that a withheld cell can hold, as every reader knows.
    fn floor(self) -> u64 {
        u64::from(!self.withholds_zero)
    }
}

/// A cell of [`Cells`]: its place in the order of [`Cells::add`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cell(usize);

/// `total` is the sum of `parts`, and the reader knows it.
#[derive(Clone, Debug)]
struct Sum {
    total: Cell,
    parts: Vec<Cell>,
    /// The parts, the smallest count first.
    by_value: Vec<Cell>,
}

impl Sum {
    fn members(&self) -> impl Iterator<Item = Cell> {
        self.parts
            .iter()
            .copied()
            .chain(std::iter::once(self.total))
    }
}

/// Counts that are published together, and the sums between them.
#[derive(Clone, Debug, Default)]
pub struct Cells {
    values: Vec<u64>,
    sums: Vec<Sum>,
    /// The sums that each cell stands in.
    at: Vec<Vec<usize>>,
    /// Cells that are published to nobody, whatever they hold.
    unpublished: Vec<Cell>,
}

impl Cells {
    /// No cells yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a count that would be published.
    pub fn add(&mut self, count: u64) -> Cell {
        self.values.push(count);
        self.at.push(Vec::new());
        Cell(self.values.len() - 1)
    }

    /// Adds a count that stands in sums and is itself never published.
    pub fn add_unpublished(&mut self, count: u64) -> Cell {
        let cell = self.add(count);
        self.unpublished.push(cell);
        cell
    }

    /// Adds the sum of some cells as a cell of its own, and the fact that it is their sum.
    pub fn add_total(&mut self, parts: &[Cell]) -> Cell {
        let count = parts.iter().map(|part| self.value(*part)).sum();
        let total = self.add(count);
        self.sum(total, parts);
        total
    }

    /// States that one cell is the sum of others. A statement that does not hold is left out: nobody
    /// can conclude anything from it. So is a sum of nothing.
    pub fn sum(&mut self, total: Cell, parts: &[Cell]) {
        let sum: u64 = parts.iter().map(|part| self.value(*part)).sum();
        let ours = parts
            .iter()
            .chain([&total])
            .all(|cell| cell.0 < self.values.len());
        if !ours || parts.is_empty() || sum != self.value(total) || parts.contains(&total) {
            return;
        }
        let place = self.sums.len();
        for member in parts.iter().chain([&total]) {
            if let Some(at) = self.at.get_mut(member.0) {
                at.push(place);
            }
        }
        let mut by_value = parts.to_vec();
        by_value.sort_by_key(|part| self.value(*part));
        self.sums.push(Sum {
            total,
            parts: parts.to_vec(),
            by_value,
        });
    }

    fn value(&self, cell: Cell) -> u64 {
        self.values.get(cell.0).copied().unwrap_or_default()
    }

    fn sums_of(&self, cell: Cell) -> impl Iterator<Item = &Sum> {
        self.at
            .get(cell.0)
            .into_iter()
            .flatten()
            .filter_map(|place| self.sums.get(*place))
    }

    /// Withholds the small cells and as many others as it takes to keep them unknown.
    pub fn release(&self, policy: Policy) -> Released {
        self.release_by(policy, |_, _| None)
    }

    /// As [`Cells::release`], by the witnesses that `propose` knows where it knows any: for what is withheld so far
    /// and a cell that is, the cells that would change.
    fn release_by(
        &self,
        policy: Policy,
        propose: impl Fn(&[bool], Cell) -> Option<Vec<Cell>>,
    ) -> Released {
        let mut hidden: Vec<bool> = self
            .values
            .iter()
            .map(|count| policy.is_small(*count))
            .collect();
        let small: Vec<Cell> = (0..self.values.len())
            .filter(|place| hidden[*place] && self.values[*place] > 0)
            .map(Cell)
            .filter(|cell| !self.unpublished.contains(cell))
            .collect();
        for cell in &self.unpublished {
            hidden[cell.0] = true;
        }
        // A witness of one cell is one of every cell that it changes, and stays one whatever else is withheld.
        let mut safe = vec![false; self.values.len()];
        for cell in small {
            if safe[cell.0] {
                continue;
            }
            match propose(&hidden, cell) {
                Some(changed) => {
                    for cell in changed {
                        hidden[cell.0] = true;
                        safe[cell.0] = true;
                    }
                }
                None => self.protect(&mut hidden, &mut safe, cell, policy),
            }
        }
        Released(
            self.values
                .iter()
                .zip(&hidden)
                .map(|(count, hidden)| (!hidden).then_some(*count))
                .collect(),
        )
    }

    /// Withholds the fewest cells that leave a witness for `small`; where no few do, one after the other.
    fn protect(&self, hidden: &mut [bool], safe: &mut [bool], small: Cell, policy: Policy) {
        loop {
            if let Some(changed) = witness::cheapest(self, hidden, small, policy.floor()) {
                for cell in changed {
                    hidden[cell.0] = true;
                    safe[cell.0] = true;
                }
                return;
            }
            let Some(next) = self.to_withhold(hidden, small, policy) else {
                return;
            };
            hidden[next.0] = true;
        }
    }

    /// The cell to withhold next, so that `small` may become unknown: of the sums nearest to it the
    /// smallest published part, before any total; `None` when all is withheld already.
    fn to_withhold(&self, hidden: &[bool], small: Cell, policy: Policy) -> Option<Cell> {
        let mut known = vec![false; self.values.len()];
        let mut front = vec![small];
        while !front.is_empty() {
            let mut best: Option<(bool, u64, Cell)> = None;
            let mut next = Vec::new();
            for cell in front {
                if std::mem::replace(&mut known[cell.0], true) {
                    continue;
                }
                for sum in self.sums_of(cell) {
                    for member in sum.members() {
                        if hidden[member.0] {
                            next.push(member);
                        } else if self.value(member) >= policy.floor() {
                            let total = member == sum.total;
                            let offer = (total, self.value(member), member);
                            if best.is_none_or(|best| offer < best) {
                                best = Some(offer);
                            }
                        }
                    }
                }
            }
            if let Some((_, _, cell)) = best {
                return Some(cell);
            }
            front = next;
        }
        None
    }
}

/// What may be published of [`Cells`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Released(Vec<Option<u64>>);

impl Released {
    /// The count; `None` where it is withheld.
    pub fn get(&self, cell: Cell) -> Option<u64> {
        self.0.get(cell.0).copied().flatten()
    }

    /// A share of a whole in permille, rounded to the nearest; `None` where either is withheld or the
    /// whole is nothing. A ratio with one withheld side would give it back.
    pub fn ratio(&self, part: Cell, whole: Cell) -> Option<u64> {
        let (part, whole) = (self.get(part)?, self.get(whole)?);
        (whole > 0).then(|| (part.saturating_mul(1000) + whole / 2) / whole)
    }

    /// How many cells are withheld.
    pub fn withheld(&self) -> usize {
        self.0.iter().filter(|count| count.is_none()).count()
    }
}

#[cfg(test)]
mod attack;

#[cfg(test)]
mod tests {
    use super::*;

    fn row(counts: &[u64]) -> (Vec<Option<u64>>, Option<u64>) {
        group(counts, Policy::UNDER_THREE)
    }

    /// What is released of some counts and their total.
    fn group(counts: &[u64], policy: Policy) -> (Vec<Option<u64>>, Option<u64>) {
        let mut cells = Cells::new();
        let parts: Vec<Cell> = counts.iter().map(|count| cells.add(*count)).collect();
        let total = cells.add_total(&parts);
        let released = cells.release(policy);
        let parts = parts.iter().map(|part| released.get(*part)).collect();
        (parts, released.get(total))
    }

    #[test]
    fn one_row_with_a_total_withholds_what_gives_the_small_cell_back() {
        type Row<'t> = (&'t [u64], &'t [Option<u64>], Option<u64>);
        let table: [Row<'_>; 8] = [
            // Nothing is small.
            (&[5, 0, 9], &[Some(5), Some(0), Some(9)], Some(14)),
            // A second cell goes with the small one: the smallest that is not zero.
            (&[2, 7, 5, 0], &[None, Some(7), None, Some(0)], Some(14)),
            // Two small ones protect one another when their sum leaves a choice …
            (&[1, 2, 9], &[None, None, Some(9)], Some(12)),
            // … and not when it does not: 1 + 1 is the only way to make 2.
            (&[1, 1, 9, 5], &[None, None, Some(9), None], Some(16)),
            // Nothing but zeros beside it: the total goes.
            (&[2, 0, 0], &[None, Some(0), Some(0)], None),
            (&[1, 1, 1], &[None, None, None], None),
            (&[0, 0], &[Some(0), Some(0)], Some(0)),
            (&[], &[], Some(0)),
        ];
        for (counts, parts, total) in table {
            assert_eq!(row(counts), (parts.to_vec(), total), "{counts:?}");
        }
    }

    #[test]
    fn neighbouring_periods_do_not_give_a_month_back() {
        let one = Branch {
            above: None,
            counts: vec![10, 2, 30, 8],
        };
        let released = tree(&[one], true, Policy::UNDER_THREE);
        let shown: Vec<_> = (0..4).map(|m| released.cell(0, m)).collect();
        let to_date: Vec<_> = (0..4).map(|m| released.to_date(0, m)).collect();
        assert_eq!(shown[1], None);
        // 42 - 30 - 10 would be the withheld February, were all three shown.
        let differences = to_date[1].zip(to_date[0]).is_some();
        let sums = to_date[2].zip(shown[2]).zip(to_date[0]).is_some();
        assert!(!differences && !sums, "{shown:?} {to_date:?}");
    }

    #[test]
    fn a_ratio_is_withheld_with_either_side() {
        let mut cells = Cells::new();
        let (small, rest) = (cells.add(2), cells.add(50));
        let total = cells.add_total(&[small, rest]);
        let released = cells.release(Policy::UNDER_THREE);
        assert_eq!(released.ratio(small, total), None);
        assert_eq!(released.ratio(rest, total), None);
        assert_eq!(released.ratio(total, total), Some(1000));
    }

    #[test]
    fn a_policy_may_withhold_none_as_cover_for_one() {
        let policy = Policy::UNDER_THREE_OR_NONE;
        // Which of the three is the one, nobody can tell.
        let covered = (vec![None, None, None, Some(9)], Some(10));
        assert_eq!(group(&[0, 1, 0, 9], policy), covered);
        // None by itself needs nothing.
        assert_eq!(group(&[0, 8, 9], policy).0, [None, Some(8), Some(9)]);
    }

    #[test]
    fn a_sum_that_does_not_hold_is_no_sum() {
        let mut cells = Cells::new();
        let (a, b, c) = (cells.add(1), cells.add(7), cells.add(9));
        cells.sum(c, &[a, b]);
        let released = cells.release(Policy::UNDER_THREE);
        assert_eq!((released.get(b), released.get(c)), (Some(7), Some(9)));
    }
}
