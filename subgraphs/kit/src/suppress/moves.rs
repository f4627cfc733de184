//! The witnesses that a tree of months has by its shape: one person counted in another month, in another row, or
//! not at all. Of all such moves that change the cell in question the one is taken that costs the fewest
//! published figures; the blind search ([`super::witness`]) is left for what has no shape.
//!
//! A move names a row at the bottom of the tree whose count changes, one that changes the other way (or none: then
//! the rows above change too, up to the root), the month of the change and the month that makes up for it (or none:
//! then the figures to date stay changed until the year ends). Where such a move would cost a figure of the whole
//! tree, moves are tried as well whose other row changes in another month: what is above both then changes between
//! these two months only, and the year's figure stays.

use super::{Cell, Cells};

/// A row: its cells by month, and the row above.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) above: Option<usize>,
    pub(super) months: Vec<Cell>,
    /// As many as months, or none where figures to date are not published.
    pub(super) to_date: Vec<Cell>,
}

/// The months of a move: the count changes in the first and back in the second.
#[derive(Clone, Copy)]
struct Span {
    from: usize,
    back: Option<usize>,
}

/// Rows that change over the same months, and whether upwards in the first.
#[derive(Clone, Copy)]
struct Side<'p> {
    rows: &'p [usize],
    span: Span,
    up: bool,
}

/// The tree as the search for moves sees it.
pub(super) struct Moves<'t> {
    cells: &'t Cells,
    rows: &'t [Row],
    floor: u64,
    /// The row, the month and whether it is a figure to date, of each cell.
    places: Vec<Option<(usize, usize, bool)>>,
    /// The rows at the bottom, each with all rows above it, the root last.
    paths: Vec<Vec<usize>>,
    /// What withholding a figure of a row costs: as much as there are rows at the bottom that it sums.
    weights: Vec<usize>,
}

impl<'t> Moves<'t> {
    pub(super) fn new(cells: &'t Cells, rows: &'t [Row], floor: u64) -> Self {
        let mut places = vec![None; cells.values.len()];
        for (place, row) in rows.iter().enumerate() {
            for (kind, list) in [(false, &row.months), (true, &row.to_date)] {
                for (month, cell) in list.iter().enumerate() {
                    if let Some(at) = places.get_mut(cell.0) {
                        *at = Some((place, month, kind));
                    }
                }
            }
        }
        let mut is_above = vec![false; rows.len()];
        for above in rows.iter().filter_map(|row| row.above) {
            if let Some(at) = is_above.get_mut(above) {
                *at = true;
            }
        }
        let paths: Vec<Vec<usize>> = (0..rows.len())
            .filter(|place| !is_above[*place])
            .map(|bottom| path(rows, bottom))
            .collect();
        let mut weights = vec![0; rows.len()];
        for row in paths.iter().flatten() {
            weights[*row] += 1;
        }
        Self {
            cells,
            rows,
            floor,
            places,
            paths,
            weights,
        }
    }

    /// All cells that the cheapest move changes, of those that change `cell`.
    pub(super) fn cheapest(&self, hidden: &[bool], cell: Cell) -> Option<Vec<Cell>> {
        let (row, month, to_date) = self.places.get(cell.0).copied().flatten()?;
        let spans = self.spans(row, month, to_date);
        let mut best = Best::default();
        for (span, up) in both_ways(&spans) {
            for path in self.paths.iter().filter(|path| path.contains(&row)) {
                let below = self.own(path, row, span, up);
                if self.cost(hidden, &[below], best.cost).is_none() {
                    continue;
                }
                // The nearest rows first: they share the most of what lies above.
                for other in self.others(path, row) {
                    let (mine, theirs) = match other {
                        Some(other) => apart(path, other),
                        None => (&path[..], &[][..]),
                    };
                    let sides = [(mine, up), (theirs, !up)];
                    let sides = sides.map(|(rows, up)| Side { rows, span, up });
                    if self.offer(hidden, &sides, &mut best) {
                        return best.changed;
                    }
                }
            }
        }
        let whole = self.weights.iter().max().copied().unwrap_or_default();
        if best.cost >= whole && !self.rows[row].to_date.is_empty() {
            self.across_months(hidden, row, &spans, &mut best);
        }
        best.changed
    }

    /// Moves of two rows in two months.
    fn across_months(&self, hidden: &[bool], row: usize, spans: &[Span], best: &mut Best) {
        for (span, up) in both_ways(spans).filter(|(span, _)| span.back.is_none()) {
            for path in self.paths.iter().filter(|path| path.contains(&row)) {
                let below = self.own(path, row, span, up);
                if self.cost(hidden, &[below], best.cost).is_none() {
                    continue;
                }
                for other in self.others(path, row).flatten() {
                    let (mine, theirs) = apart(path, other);
                    let shared = &path[mine.len()..];
                    let months = 0..self.rows[row].months.len();
                    for then in months.filter(|then| *then != span.from) {
                        let between = Span {
                            from: span.from.min(then),
                            back: Some(span.from.max(then)),
                        };
                        let back = Span {
                            from: then,
                            back: None,
                        };
                        let side = |rows, span, up| Side { rows, span, up };
                        let sides = [
                            side(mine, span, up),
                            side(theirs, back, !up),
                            side(shared, between, (span.from < then) == up),
                        ];
                        self.offer(hidden, &sides, best);
                    }
                }
            }
        }
    }

    /// The cell's row and what lies below it on the way to a row at the bottom: it changes whatever the other row is.
    fn own<'p>(&self, path: &'p [usize], row: usize, span: Span, up: bool) -> Side<'p> {
        let below = path.iter().take_while(|at| **at != row).count();
        Side {
            rows: &path[..=below],
            span,
            up,
        }
    }

    /// Takes a move if it is the best so far; whether it costs nothing.
    fn offer(&self, hidden: &[bool], sides: &[Side<'_>], best: &mut Best) -> bool {
        let Some(cost) = self.cost(hidden, sides, best.cost) else {
            return false;
        };
        let changed = sides.iter().flat_map(|side| {
            let rows = side.rows.iter();
            rows.flat_map(|row| self.changed(*row, side.span))
        });
        best.changed = Some(changed.map(|(cell, _)| cell).collect());
        best.cost = cost;
        cost == 0
    }

    /// The months of all moves that change a cell, the shortest first.
    fn spans(&self, row: usize, month: usize, to_date: bool) -> Vec<Span> {
        let length = self.rows[row].months.len();
        let sums = !self.rows[row].to_date.is_empty();
        let ends = |from: usize| {
            let back = (from + 1..length).filter(move |_| sums).map(Some);
            back.chain([None]).map(move |back| Span { from, back })
        };
        let touches = |span: &Span| match to_date {
            true => span.from <= month && span.back.is_none_or(|back| month < back),
            false => span.from == month || span.back == Some(month),
        };
        let mut spans: Vec<Span> = (0..=month).flat_map(ends).filter(touches).collect();
        spans.sort_by_key(|span| span.back.unwrap_or(length) - span.from);
        spans
    }

    /// The rows that may change the other way, the nearest first, and at last none. Their ways to the root meet
    /// that of `path` above `row`, which would not change otherwise.
    fn others<'s>(
        &'s self,
        path: &'s [usize],
        row: usize,
    ) -> impl Iterator<Item = Option<&'s [usize]>> {
        let above = path.iter().skip_while(move |at| **at != row).skip(1);
        above
            .flat_map(move |meet| {
                self.paths.iter().filter(move |other| {
                    let (_, theirs) = apart(path, other);
                    other.get(theirs.len()) == Some(meet)
                })
            })
            .map(|other| Some(&other[..]))
            .chain([None])
    }

    /// What a move costs in published figures; `None` where a cell cannot change so, or it costs `most` or more.
    fn cost(&self, hidden: &[bool], sides: &[Side<'_>], most: usize) -> Option<usize> {
        let mut cost = 0;
        for side in sides {
            for row in side.rows {
                // The year's figure is worth two.
                let year = self.rows[*row].to_date.last();
                for (cell, same) in self.changed(*row, side.span) {
                    let value = self.cells.value(cell);
                    let least = self.floor + u64::from(side.up != same);
                    if value < least {
                        return None;
                    }
                    if !hidden[cell.0] {
                        cost += self.weights[*row] * (1 + usize::from(year == Some(&cell)));
                    }
                }
                if cost >= most {
                    return None;
                }
            }
        }
        Some(cost)
    }

    /// The cells of a row that a move changes, and whether the way of its first month.
    fn changed(&self, row: usize, span: Span) -> impl Iterator<Item = (Cell, bool)> {
        let row = &self.rows[row];
        let until = span.back.unwrap_or(row.to_date.len()).max(span.from);
        let months = [(Some(span.from), true), (span.back, false)];
        let months = months.into_iter().filter_map(|(month, same)| {
            let cell = row.months.get(month?)?;
            Some((*cell, same))
        });
        let to_date = row.to_date.get(span.from..until).unwrap_or_default();
        months.chain(to_date.iter().map(|cell| (*cell, true)))
    }
}

/// The best move so far: what it costs, and the cells that it changes.
struct Best {
    cost: usize,
    changed: Option<Vec<Cell>>,
}

impl Default for Best {
    fn default() -> Self {
        Self {
            cost: usize::MAX,
            changed: None,
        }
    }
}

fn both_ways(spans: &[Span]) -> impl Iterator<Item = (Span, bool)> {
    spans
        .iter()
        .flat_map(|span| [(*span, true), (*span, false)])
}

/// A row and all above it, the root last. A row that hangs below itself ends its path.
fn path(rows: &[Row], bottom: usize) -> Vec<usize> {
    let mut path = vec![bottom];
    let mut at = bottom;
    while let Some(above) = rows.get(at).and_then(|row| row.above) {
        if above >= rows.len() || path.contains(&above) {
            break;
        }
        path.push(above);
        at = above;
    }
    path
}

/// Of two ways to the root what lies before they meet.
fn apart<'p>(one: &'p [usize], other: &'p [usize]) -> (&'p [usize], &'p [usize]) {
    let shared = one
        .iter()
        .rev()
        .zip(other.iter().rev())
        .take_while(|(one, other)| one == other)
        .count();
    (&one[..one.len() - shared], &other[..other.len() - shared])
}
