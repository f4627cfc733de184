//! The attacker: knows the published numbers, all sums, and that a withheld cell is no zero, and tries
//! to solve for the small cells. Its method shares nothing with the search for witnesses: it narrows
//! ranges, splits them and enumerates whole solutions.

use proptest::prelude::*;

use super::*;
use crate::testing::equations;

/// The ranges that an attacker has for each cell.
type Ranges = Vec<(u64, u64)>;

/// More than any sum of the test tables.
const MUCH: u64 = 400;

fn start(cells: &Cells, released: &Released, floor: u64) -> Ranges {
    (0..cells.values.len())
        .map(|place| match released.get(Cell(place)) {
            Some(shown) => (shown, shown),
            None => (floor, MUCH),
        })
        .collect()
}

/// Narrows all ranges by all sums until nothing changes; `false` when a range is empty.
fn narrow(cells: &Cells, ranges: &mut Ranges) -> bool {
    loop {
        let before = ranges.clone();
        for sum in &cells.sums {
            let (low, high) = sum.parts.iter().fold((0, 0), |(low, high), part| {
                (low + ranges[part.0].0, high + ranges[part.0].1)
            });
            let total = &mut ranges[sum.total.0];
            *total = (total.0.max(low), total.1.min(high));
            let total = *total;
            for part in &sum.parts {
                let own = ranges[part.0];
                let (others_low, others_high) = (low - own.0, high - own.1);
                ranges[part.0] = (
                    own.0.max(total.0.saturating_sub(others_high)),
                    own.1.min(total.1.saturating_sub(others_low)),
                );
                if ranges[part.0].0 > ranges[part.0].1 || total.0 > total.1 {
                    return false;
                }
                // The sums above are of the old ranges; the next round uses the new ones.
                if ranges[part.0] != own {
                    break;
                }
            }
        }
        if *ranges == before {
            return ranges.iter().all(|(low, high)| low <= high);
        }
    }
}

/// Whether a whole solution lies within the ranges. `None` when the attacker runs out of time, which
/// counts as not having found out anything.
fn solvable(cells: &Cells, mut ranges: Ranges, time: &mut usize) -> Option<bool> {
    if *time == 0 {
        return None;
    }
    *time -= 1;
    if !narrow(cells, &mut ranges) {
        return Some(false);
    }
    let Some(place) = (0..ranges.len())
        .filter(|place| ranges[*place].0 < ranges[*place].1)
        .min_by_key(|place| ranges[*place].1 - ranges[*place].0)
    else {
        return Some(true);
    };
    let (low, high) = ranges[place];
    for guess in low..=high {
        let mut next = ranges.clone();
        next[place] = (guess, guess);
        match solvable(cells, next, time) {
            Some(false) => {}
            other => return other,
        }
    }
    Some(false)
}

/// The small cells whose value the attacker finds out.
fn found_out(cells: &Cells, released: &Released, policy: Policy) -> Vec<Cell> {
    let ranges = start(cells, released, policy.floor());
    (0..cells.values.len())
        .map(Cell)
        .filter(|cell| cells.value(*cell) > 0 && policy.is_small(cells.value(*cell)))
        .filter(|cell| {
            let truth = cells.value(*cell);
            // Any other value that leads to a whole solution saves the cell.
            let saved = (policy.floor()..truth + 8)
                .filter(|other| *other != truth)
                .any(|other| {
                    let mut guess = ranges.clone();
                    guess[cell.0] = (other, other);
                    let mut time = 20_000;
                    solvable(cells, guess, &mut time) != Some(false)
                });
            !saved
        })
        .collect()
}

#[test]
fn the_attacker_is_no_fool() {
    // Withholding the small cell alone, or two cells that can only be one and one, is found out.
    for (counts, withheld) in [(vec![2, 7, 5], vec![0]), (vec![1, 1, 9], vec![0, 1])] {
        let mut cells = Cells::new();
        let parts: Vec<Cell> = counts.iter().map(|count| cells.add(*count)).collect();
        cells.add_total(&parts);
        let shown = (0..cells.values.len())
            .map(|place| (!withheld.contains(&place)).then_some(cells.values[place]))
            .collect();
        let found = found_out(&cells, &Released(shown), Policy::UNDER_THREE);
        assert_eq!(found.len(), withheld.len());
    }
}

/// Rows of months below their sum.
fn table(rows: &[Vec<u64>]) -> Vec<Branch> {
    let length = rows.first().map_or(0, Vec::len);
    let all = (0..length).map(|m| rows.iter().map(|row| row[m]).sum());
    let top = Branch {
        above: None,
        counts: all.collect(),
    };
    let rows = rows.iter().map(|counts| Branch {
        above: Some(0),
        counts: counts.clone(),
    });
    std::iter::once(top).chain(rows).collect()
}

#[test]
fn a_provinces_year_of_183_counties_is_judged_whole() {
    // Counts as they are in counties: mostly dozens, here and there one or two or none.
    let mut state = 20_261_122_u64;
    let mut draw = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        match (state >> 33) % 10 {
            0 => (state >> 40) % 4,
            _ => (state >> 40) % 300,
        }
    };
    let rows: Vec<Vec<u64>> = (0..183)
        .map(|_| (0..12).map(|_| draw()).collect())
        .collect();
    let began = std::time::Instant::now();
    let table = tree(&table(&rows), true, Policy::UNDER_THREE);
    let (cells, released) = table.parts();
    println!(
        "{} cells, {} withheld, in {:?}",
        cells.values.len(),
        released.withheld(),
        began.elapsed()
    );
    let small = |place: usize| Policy::UNDER_THREE.is_small(cells.values[place]);
    for (place, shown) in released.0.iter().enumerate() {
        assert!(shown.is_none() || (*shown == Some(cells.values[place]) && !small(place)));
    }
    // Most of the table stays readable.
    assert!(released.withheld() * 3 < cells.values.len());
}

/// The places of withheld cells that are determined when the published sums are solved for real numbers. The values
/// are of no matter, so each sum is taken to be nought.
fn determined(cells: &Cells, released: &Released) -> Vec<usize> {
    let unknown: Vec<usize> = (0..cells.values.len())
        .filter(|place| released.0[*place].is_none())
        .collect();
    let column = |cell: Cell| unknown.iter().position(|place| *place == cell.0);
    let sums = cells.sums.iter().map(|sum| {
        let mut row = vec![0.0; unknown.len() + 1];
        for part in &sum.parts {
            if let Some(at) = column(*part) {
                row[at] += 1.0;
            }
        }
        if let Some(at) = column(sum.total) {
            row[at] -= 1.0;
        }
        row
    });
    let found = equations::determined(sums.collect(), unknown.len());
    found.into_iter().map(|(at, _)| unknown[at]).collect()
}

proptest! {
    #[test]
    fn no_small_cell_of_a_group_is_found_out(
        counts in proptest::collection::vec(0u64..9, 0..8),
        withholds_zero: bool,
    ) {
        let policy = Policy { below: 3, withholds_zero };
        let mut cells = Cells::new();
        let parts: Vec<Cell> = counts.iter().map(|count| cells.add(*count)).collect();
        cells.add_total(&parts);
        let released = cells.release(policy);
        // A total of all that is withheld together with its parts leaves every choice open.
        prop_assert_eq!(found_out(&cells, &released, policy), []);
    }

    #[test]
    fn no_small_cell_of_a_table_with_both_totals_is_found_out(
        counts in proptest::collection::vec(proptest::collection::vec(0u64..7, 3), 2..4),
    ) {
        let mut cells = Cells::new();
        let rows: Vec<Vec<Cell>> = counts
            .iter()
            .map(|row| row.iter().map(|count| cells.add(*count)).collect())
            .collect();
        let row_totals: Vec<Cell> = rows.iter().map(|row| cells.add_total(row)).collect();
        let columns: Vec<Cell> = (0..3)
            .map(|c| {
                let column: Vec<Cell> = rows.iter().map(|row| row[c]).collect();
                cells.add_total(&column)
            })
            .collect();
        let all = cells.add_total(&row_totals);
        cells.sum(all, &columns);
        let released = cells.release(Policy::UNDER_THREE);
        prop_assert_eq!(found_out(&cells, &released, Policy::UNDER_THREE), []);
    }

    #[test]
    fn no_small_month_is_found_out_from_figures_to_date_and_totals(
        counts in proptest::collection::vec(proptest::collection::vec(0u64..6, 4), 1..3),
    ) {
        let table = tree(&table(&counts), true, Policy::UNDER_THREE);
        let (cells, released) = table.parts();
        prop_assert_eq!(found_out(cells, released, Policy::UNDER_THREE), []);
    }

    #[test]
    fn no_small_cell_of_a_large_table_can_be_solved_for(
        counts in proptest::collection::vec(proptest::collection::vec(0u64..40, 12), 1..12),
    ) {
        let table = tree(&table(&counts), true, Policy::UNDER_THREE);
        let (cells, released) = table.parts();
        for place in determined(cells, released) {
            prop_assert!(!Policy::UNDER_THREE.is_small(cells.values[place]));
        }
        // What is shown is true.
        for (place, shown) in released.0.iter().enumerate() {
            prop_assert!(shown.is_none_or(|shown| shown == cells.values[place]));
        }
    }
}

#[test]
fn a_province_where_nearly_every_cell_is_small_still_tells_its_own_months() {
    // Deaths under a waiver in one month of one county: none, one, or two, hardly ever three.
    let mut state = 20_261_123_u64;
    let mut draw = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        [0, 0, 0, 0, 1, 1, 1, 2, 2, 3][(state >> 33) as usize % 10]
    };
    let counties: Vec<u64> = (0..20 * 9 * 12).map(|_| draw()).collect();
    let rows = levels(&counties, 9, 12);
    let began = std::time::Instant::now();
    let judged = tree(&rows, true, Policy::UNDER_THREE);
    println!(
        "{} rows, {} withheld, in {:?}",
        rows.len(),
        judged.withheld(),
        began.elapsed()
    );
    assert!((0..12).all(|month| judged.cell(0, month).is_some()));
    let (cells, released) = judged.parts();
    for (place, shown) in released.0.iter().enumerate() {
        let true_and_large = *shown == Some(cells.values[place])
            && !Policy::UNDER_THREE.is_small(cells.values[place]);
        assert!(shown.is_none() || true_and_large);
    }
}

#[test]
fn every_move_leaves_all_sums_as_they_are_and_changes_the_cell_in_question() {
    let counties = [2, 0, 9, 8, 1, 1, 0, 4, 3, 1, 0, 2, 6, 1, 1, 5, 0, 2];
    let mut rows = levels(&counties, 2, 3);
    // What is counted at the prefecture itself.
    rows[1].counts[1] += 4;
    rows[0].counts[1] += 4;
    for to_date in [false, true] {
        let judged = tree(&rows, to_date, Policy::UNDER_THREE);
        let (cells, released) = judged.parts();
        let hidden: Vec<bool> = released.0.iter().map(Option::is_none).collect();
        let moves = moves::Moves::new(cells, judged.rows(), 1);
        let withheld = (0..hidden.len()).filter(|place| hidden[*place]).map(Cell);
        let mut found = 0;
        for cell in withheld.filter(|cell| cells.value(*cell) > 0) {
            let changed = moves.cheapest(&hidden, cell).unwrap();
            assert!(changed.contains(&cell));
            // With each cell up or down by one every sum holds: no sum has one changed member alone, and some choice
            // of signs satisfies all at once.
            let mut sign: Vec<i32> = vec![0; hidden.len()];
            sign[cell.0] = 1;
            for _ in 0..changed.len() {
                for sum in &cells.sums {
                    let members = || sum.members().filter(|member| changed.contains(member));
                    let open: Vec<Cell> = members().filter(|m| sign[m.0] == 0).collect();
                    let off: i32 = members()
                        .map(|m| {
                            if m == sum.total {
                                sign[m.0]
                            } else {
                                -sign[m.0]
                            }
                        })
                        .sum();
                    if let [one] = open[..] {
                        sign[one.0] = if one == sum.total { -off } else { off };
                    }
                }
            }
            for sum in &cells.sums {
                let off: i32 = sum
                    .members()
                    .map(|m| {
                        if m == sum.total {
                            sign[m.0]
                        } else {
                            -sign[m.0]
                        }
                    })
                    .sum();
                assert_eq!(off, 0, "{changed:?}");
            }
            assert!(changed.iter().all(|cell| sign[cell.0] != 0), "{changed:?}");
            found += 1;
        }
        assert!(found > 10);
    }
}

/// Three levels: a province, its prefectures, their counties.
fn levels(counties: &[u64], width: usize, months: usize) -> Vec<Branch> {
    let mut rows = vec![Branch {
        above: None,
        counts: vec![0; months],
    }];
    for family in counties.chunks(width * months) {
        let prefecture = rows.len();
        rows.push(Branch {
            above: Some(0),
            counts: vec![0; months],
        });
        for county in family.chunks(months) {
            for (m, count) in county.iter().enumerate() {
                rows[0].counts[m] += count;
                rows[prefecture].counts[m] += count;
            }
            rows.push(Branch {
                above: Some(prefecture),
                counts: county.to_vec(),
            });
        }
    }
    rows
}

#[test]
fn levels_judged_apart_are_found_out_and_judged_together_are_not() {
    // The families of a prefecture and of the province, each judged alone, as one might do it: the county's
    // small cell is the prefecture's own, and the province's family shows all but itself.
    let rows = levels(&[2, 0, 9, 8], 2, 1);
    let (cells, _) = {
        let released = tree(&rows, false, Policy::UNDER_THREE);
        let (cells, released) = released.parts();
        (cells.clone(), released.clone())
    };
    // County 2 and its neighbour 0 in prefecture 1, whose total of 2 stands beside 17 under the province's 19.
    let apart = (0..cells.values.len())
        .map(|place| (cells.values[place] != 2 || place == 1).then_some(cells.values[place]))
        .collect();
    assert!(!found_out(&cells, &Released(apart), Policy::UNDER_THREE).is_empty());
    let together = tree(&rows, false, Policy::UNDER_THREE);
    let (cells, released) = together.parts();
    assert_eq!(found_out(cells, released, Policy::UNDER_THREE), []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_small_cell_of_two_levels_below_a_province_is_found_out(
        counties in proptest::collection::vec(0u64..7, 18),
        width in 1usize..4,
        to_date in proptest::bool::ANY,
        withholds_zero in proptest::bool::ANY,
    ) {
        let rows = levels(&counties, width, 3);
        let policy = Policy { below: 3, withholds_zero };
        let released = tree(&rows, to_date, policy);
        let (cells, released) = released.parts();
        prop_assert_eq!(found_out(cells, released, policy), []);
    }
}
