//! Small counts are not shown, for in a small place a neighbour learns from them who divorced; nor
//! is one alone hidden, for its total would give it back.
//!
//! The table is divisions below one parent by the months of a year. A line is a row or a column
//! whose sum is published elsewhere (the parent's count; the year to date). No line may hold
//! exactly one hidden cell, nor hidden cells that their sum gives back: the next smallest of the line
//! is hidden with them, until every line is safe. What is hidden depends on the whole table alone and never on what was asked for, so that
//! two questions cannot be played against each other.

/// Which cells of a table are hidden. `rows[r][c]` is a count; all rows are of one length.
/// `sums_of_rows` says whether sums along a row are published (the year to date).
#[must_use]
pub fn hidden(rows: &[Vec<i64>], threshold: i64, sums_of_rows: bool) -> Vec<Vec<bool>> {
    let width = rows.iter().map(Vec::len).min().unwrap_or(0);
    let mut hidden: Vec<Vec<bool>> = rows
        .iter()
        .map(|row| {
            row.iter()
                .take(width)
                .map(|count| (1..threshold).contains(count))
                .collect()
        })
        .collect();
    let columns = (0..width).map(|c| (0..rows.len()).map(|r| (r, c)).collect::<Vec<_>>());
    let mut lines: Vec<Vec<(usize, usize)>> = columns.collect();
    if sums_of_rows {
        lines.extend((0..rows.len()).map(|r| (0..width).map(|c| (r, c)).collect()));
    }
    // Each turn hides at least one cell more, so it ends.
    while let Some((r, c)) = lines.iter().find_map(|line| second(rows, &hidden, line)) {
        match hidden.get_mut(r).and_then(|row| row.get_mut(c)) {
            Some(cell) => *cell = true,
            None => break,
        }
    }
    hidden
}

/// The cell to hide with the only hidden one of a line, if there is another cell.
fn second(
    rows: &[Vec<i64>],
    hidden: &[Vec<bool>],
    line: &[(usize, usize)],
) -> Option<(usize, usize)> {
    let is_hidden = |r: usize, c: usize| hidden.get(r).and_then(|row| row.get(c)) == Some(&true);
    let of = |r: usize, c: usize| rows.get(r).and_then(|row| row.get(c)).copied().unwrap_or(0);
    let (mut cells, mut sum) = (0, 0);
    for (r, c) in line.iter().filter(|(r, c)| is_hidden(*r, *c)) {
        cells += 1;
        sum += of(*r, *c);
    }
    // Zeros are shown, so every reader knows that a hidden cell holds at least one: two hidden ones
    // that add up to two give themselves back.
    let safe = cells == 0 || (cells > 1 && sum > cells);
    if safe {
        return None;
    }
    line.iter()
        .filter(|(r, c)| !is_hidden(*r, *c))
        .filter_map(|(r, c)| Some((*rows.get(*r)?.get(*c)?, *r, *c)))
        // A zero hides nothing where anything else can: the smallest count above it goes first.
        .min_by_key(|(count, r, c)| (*count == 0, *count, *r, *c))
        .map(|(_, r, c)| (r, c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn marks(rows: &[Vec<i64>], sums: bool) -> Vec<String> {
        hidden(rows, 3, sums)
            .iter()
            .map(|row| row.iter().map(|h| if *h { 'x' } else { '.' }).collect())
            .collect()
    }

    #[test]
    fn a_small_count_takes_another_with_it() {
        type Case = (Vec<Vec<i64>>, bool, Vec<&'static str>);
        let table: Vec<Case> = vec![
            (vec![vec![9, 9], vec![9, 9]], true, vec!["..", ".."]),
            (vec![vec![1, 9], vec![7, 9]], false, vec!["x.", "x."]),
            (vec![vec![1, 9], vec![7, 9]], true, vec!["xx", "xx"]),
            (vec![vec![2], vec![1], vec![5]], false, vec!["x", "x", "."]),
            // One and one would be known from their sum of two.
            (vec![vec![1], vec![1], vec![5]], false, vec!["x", "x", "x"]),
            (vec![vec![0], vec![1], vec![5]], false, vec![".", "x", "x"]),
            (vec![vec![0], vec![1], vec![0]], false, vec!["x", "x", "x"]),
        ];
        for (rows, sums, expected) in table {
            assert_eq!(marks(&rows, sums), expected, "{rows:?}");
        }
    }

    proptest! {
        #[test]
        fn no_line_gives_a_hidden_cell_back(
            cells in proptest::collection::vec(0i64..9, 24),
            width in 2usize..7,
        ) {
            let rows: Vec<Vec<i64>> = cells.chunks_exact(width).map(<[i64]>::to_vec).collect();
            let hidden = hidden(&rows, 3, true);
            for (row, marks) in rows.iter().zip(&hidden) {
                for (count, mark) in row.iter().zip(marks) {
                    prop_assert!(!(1..3).contains(count) || *mark);
                }
                prop_assert_ne!(marks.iter().filter(|m| **m).count(), 1);
            }
            for (row, marks) in rows.iter().zip(&hidden) {
                let kept: Vec<i64> = row.iter().zip(marks).filter(|(_, m)| **m).map(|(n, _)| *n).collect();
                let told = !kept.is_empty() && kept.iter().sum::<i64>() <= kept.len() as i64;
                prop_assert!(!told || marks.iter().all(|m| *m));
            }
            if rows.len() > 1 {
                for c in 0..width {
                    prop_assert_ne!(hidden.iter().filter(|row| row[c]).count(), 1);
                }
            }
        }
    }
}
