//! How many certificates a registry issued in a year: so many print its name and its address (domain.md C.2, 11).
//!
//! Both spouses get one, and twice the couples of a county, with those divorced and the replacements, is what its
//! registries issued together. So a count may give back what the county's figures withhold, and its neighbours'; what
//! is shown to those who do not keep the records is judged with both.

use super::suppression::{self, policy};
use crate::kit::divisions::Divisions;
use crate::kit::suppress::{Cell, Cells, Policy};
use crate::kit::{Result, YearMonth};
use crate::model::registry;
use chrono::NaiveDate;
use sea_orm::{ConnectionTrait, Statement, Value};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// The registries of a county, and how many certificates each issued.
type ByCounty = HashMap<Uuid, Vec<(Uuid, i64)>>;

/// How many certificates each registry of these counties issued in a year, whatever became of them, in one statement.
async fn counted(
    db: &impl ConnectionTrait,
    counties: &[Uuid],
    (first, last): (NaiveDate, NaiveDate),
) -> Result<ByCounty> {
    let wanted: Vec<String> = (3..counties.len() + 3).map(|at| format!("${at}")).collect();
    let sql = format!(
        "SELECT r.county_id AS county, r.id AS registry, COUNT(c.id) AS n FROM registry r \
         LEFT JOIN certificate c ON c.registry_id = r.id AND c.issued_on BETWEEN $1 AND $2 \
         WHERE r.county_id IN ({}) GROUP BY r.county_id, r.id",
        wanted.join(", ")
    );
    let mut values: Vec<Value> = vec![first.into(), last.into()];
    values.extend(counties.iter().map(|county| Value::from(*county)));
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let mut found = ByCounty::new();
    for row in db.query_all_raw(statement).await? {
        let of = (row.try_get("", "registry")?, row.try_get("", "n")?);
        found
            .entry(row.try_get("", "county")?)
            .or_default()
            .push(of);
    }
    Ok(found)
}

/// The counties of some registries, each once.
fn counties(registries: &[Arc<registry::Model>]) -> Vec<Uuid> {
    let mut counties: Vec<Uuid> = registries.iter().map(|row| row.county_id).collect();
    counties.sort_unstable();
    counties.dedup();
    counties
}

/// The first and the last day of a year; none of a year outside the calendar.
#[must_use]
pub fn days_of(year: i32) -> Option<(NaiveDate, NaiveDate)> {
    if !(1949..=9999).contains(&year) {
        return None;
    }
    let day = |month, day| NaiveDate::from_ymd_opt(year, month, day);
    day(1, 1).zip(day(12, 31))
}

/// The certificates that each of these registries issued, in one statement.
///
/// # Errors
/// What the database says.
pub async fn whole(
    db: &impl ConnectionTrait,
    registries: &[Arc<registry::Model>],
    days: (NaiveDate, NaiveDate),
) -> Result<HashMap<Uuid, i64>> {
    let found = counted(db, &counties(registries), days).await?;
    Ok(found.into_values().flatten().collect())
}

/// The same as it may be shown to those who do not keep the records, in two statements; a registry is left out where
/// its count is withheld.
///
/// # Errors
/// What the database says.
pub async fn shown(
    db: &impl ConnectionTrait,
    order: &Divisions,
    registries: &[Arc<registry::Model>],
    days: (NaiveDate, NaiveDate),
    today: NaiveDate,
) -> Result<HashMap<Uuid, i64>> {
    let counties = counties(registries);
    let found = counted(db, &counties, days).await?;
    let (from, to) = (YearMonth::of(days.0), YearMonth::of(days.1));
    let months = suppression::shown(db, order, &counties, from, to, today).await?;
    let is_open = |county: &Uuid| {
        months.get(county).is_some_and(|list| {
            list.iter()
                .all(|month| month.registered.is_some() && month.divorces.is_some())
        })
    };
    Ok(found
        .into_iter()
        .filter(|(county, _)| is_open(county))
        .flat_map(|(_, counts)| released(counts, policy(today)))
        .collect())
}

/// What may be shown of the registries of one county, whose sum the county's figures tell.
fn released(counts: Vec<(Uuid, i64)>, of_couples: Policy) -> Vec<(Uuid, i64)> {
    // A couple has two certificates.
    let policy = Policy {
        below: 2 * of_couples.below,
        ..of_couples
    };
    let mut cells = Cells::new();
    let each: Vec<Cell> = counts
        .iter()
        .map(|(_, count)| cells.add(u64::try_from(*count).unwrap_or(0)))
        .collect();
    cells.add_total(&each);
    let released = cells.release(policy);
    counts
        .into_iter()
        .zip(each)
        .filter(|(_, cell)| released.get(*cell).is_some())
        .map(|(of, _)| of)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_or_two_couples_are_not_told_nor_what_would_tell_them() {
        let shown = |counts: &[i64]| {
            let counts = counts.iter().enumerate();
            let counts = counts.map(|(at, n)| (Uuid::from_u128(at as u128), *n));
            let shown: HashMap<Uuid, i64> = released(counts.collect(), Policy::UNDER_THREE)
                .into_iter()
                .collect();
            shown
        };
        let told = |counts: &[i64]| {
            let mut told: Vec<i64> = shown(counts).into_values().collect();
            told.sort_unstable();
            told
        };
        assert_eq!(told(&[6]), [6]);
        assert_eq!(told(&[0]), [0], "none tells of nobody");
        for small in 1..6 {
            assert_eq!(told(&[small]), [0; 0], "{small}");
        }
        assert_eq!(told(&[40, 60]), [40, 60]);
        assert_eq!(
            told(&[4, 60]),
            [0; 0],
            "the county's sum gives the other back"
        );
        assert_eq!(told(&[4, 40, 60]), [60]);
    }

    #[test]
    fn a_year_is_one_of_the_calendar() {
        let text = |year| days_of(year).map(|(first, last)| format!("{first} {last}"));
        assert_eq!(text(2026).as_deref(), Some("2026-01-01 2026-12-31"));
        for year in [i32::MIN, 0, 1948, 10_000, i32::MAX] {
            assert_eq!(text(year), None, "{year}");
        }
    }
}
