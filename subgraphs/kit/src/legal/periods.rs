//! Periods of a table: none may overlap another of its scope, and the country's may leave no gap.
//! The same check serves tables in code and rows of a database.

use chrono::NaiveDate;

/// The time in which one row counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period<'s> {
    /// Where it counts: empty for the whole country, otherwise anything that names a smaller scope.
    pub scope: &'s str,
    /// The first day.
    pub from: NaiveDate,
    /// The first day no longer covered; `None` for an open end.
    pub to: Option<NaiveDate>,
}

/// Something wrong with a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The parameter's code.
    pub code: &'static str,
    /// What is wrong.
    pub kind: FaultKind,
}

/// What can be wrong with a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// There is no value at all.
    Empty,
    /// A day does not exist in the calendar.
    NoSuchDay,
    /// A period ends before it begins, or lasts no day.
    Backwards,
    /// Two periods of one scope share a day.
    Overlap,
    /// The country's periods leave a day out between the first and the last.
    Gap,
    /// A name, a basis or a source is missing.
    Silent,
    /// Two parameters have one code.
    Double,
}

/// What is wrong with the periods of one parameter. A smaller scope may have gaps: there the country's
/// value counts.
pub fn faults_of<'s>(
    code: &'static str,
    periods: impl IntoIterator<Item = Period<'s>>,
) -> Vec<Fault> {
    let mut periods: Vec<Period<'s>> = periods.into_iter().collect();
    periods.sort_by_key(|period| (period.scope, period.from));
    let mut found = Vec::new();
    if periods.is_empty() {
        found.push(FaultKind::Empty);
    }
    for period in &periods {
        if period.from == NaiveDate::MIN || period.to == Some(NaiveDate::MIN) {
            found.push(FaultKind::NoSuchDay);
        } else if period.to.is_some_and(|to| to <= period.from) {
            found.push(FaultKind::Backwards);
        }
    }
    for pair in periods.windows(2) {
        let [first, second] = pair else { continue };
        if first.scope != second.scope {
            continue;
        }
        match first.to {
            Some(to) if to == second.from => {}
            Some(to) if to < second.from => {
                if first.scope.is_empty() {
                    found.push(FaultKind::Gap);
                }
            }
            _ => found.push(FaultKind::Overlap),
        }
    }
    found.into_iter().map(|kind| Fault { code, kind }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(n: i32) -> NaiveDate {
        NaiveDate::from_num_days_from_ce_opt(730_000 + n).unwrap()
    }

    /// Scope, first day, first day no longer covered.
    type Row<'t> = (&'t str, i32, Option<i32>);

    fn kinds(periods: &[Row<'_>]) -> Vec<FaultKind> {
        let periods = periods.iter().map(|(scope, from, to)| Period {
            scope,
            from: day(*from),
            to: to.map(day),
        });
        let faults = faults_of("X", periods);
        faults.into_iter().map(|fault| fault.kind).collect()
    }

    #[test]
    fn each_fault_is_told_by_its_kind() {
        use FaultKind::*;
        let table: [(&[Row<'_>], &[FaultKind]); 8] = [
            (&[], &[Empty]),
            (&[("", 0, None)], &[]),
            (&[("", 5, None), ("", 0, Some(5))], &[]),
            (&[("", 0, Some(4)), ("", 5, None)], &[Gap]),
            (&[("", 0, Some(6)), ("", 5, None)], &[Overlap]),
            (&[("", 0, None), ("", 5, None)], &[Overlap]),
            (&[("", 5, Some(5))], &[Backwards]),
            // A province may stop having a value of its own.
            (&[("", 0, None), ("51", 0, Some(4)), ("51", 9, None)], &[]),
        ];
        for (periods, expected) in table {
            assert_eq!(kinds(periods), expected, "{periods:?}");
        }
    }

    proptest! {
        #[test]
        fn a_table_without_faults_gives_exactly_one_value_for_every_day(
            cuts in proptest::collection::vec(0..60i32, 1..6), moved in 0..6usize, by in -3..4i32,
        ) {
            let mut cuts = cuts;
            cuts.sort_unstable();
            cuts.dedup();
            let mut periods: Vec<Period<'_>> = cuts
                .iter()
                .enumerate()
                .map(|(i, from)| Period { scope: "", from: day(*from), to: cuts.get(i + 1).map(|to| day(*to)) })
                .collect();
            // One end is moved: by nothing in one case of seven.
            if let Some(period) = periods.get_mut(moved) {
                period.to = period.to.map(|to| to + chrono::Duration::days(i64::from(by)));
            }
            let clean = faults_of("X", periods.clone()).is_empty();
            let first = cuts[0];
            let single = (first..70).all(|n| {
                let counts = periods.iter().filter(|p| p.from <= day(n) && p.to.is_none_or(|to| day(n) < to));
                counts.count() == 1
            });
            // A period turned backwards may by chance leave every day with one value.
            let backwards = periods.iter().any(|p| p.to.is_some_and(|to| to <= p.from));
            prop_assert_eq!(clean, single && !backwards);
        }
    }
}
