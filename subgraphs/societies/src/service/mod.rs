//! Use cases: what the graph asks for, as plain functions over a connection or a transaction.
//!
//! Every read takes *all* keys that are wanted at once and costs one statement, whatever their
//! number; the graph calls it once for all siblings of a page or of an `_entities` call. Nothing here
//! knows GraphQL, so that tests can call it without a schema.

pub mod act;
pub mod breaches;
pub mod cleanup;
pub mod conclusion;
pub mod cooperation;
pub mod death;
pub mod deceased;
pub mod development;
pub mod keyed;
pub mod listings;
pub mod moves;
pub mod page;
pub mod particulars;
pub mod penalties;
pub mod permit;
pub mod ratings;
pub mod record;
pub mod register;
pub mod report;
pub mod reviews;
pub mod statistics;
pub mod supervision;
pub mod warnings;

use crate::model::territory;
use kit::{Error, UserError, YearMonth};
use minzheng_kit as kit;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, RelationDef, Select};
use std::collections::HashMap;
use std::hash::Hash;

/// The longest range of months that one question may span.
pub const MAX_MONTHS: i32 = 120;

/// A range of months, both included, as [`YearMonth::index`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Months {
    /// First month.
    pub from: i32,
    /// Last month.
    pub to: i32,
}

impl Months {
    /// A range; refused when it is the wrong way round or longer than [`MAX_MONTHS`].
    pub fn new(from: YearMonth, to: YearMonth) -> kit::Result<Self> {
        let range = Self {
            from: from.index(),
            to: to.index(),
        };
        if range.to < range.from || range.to - range.from >= MAX_MONTHS {
            return Err(Error::Invalid(
                UserError::new(
                    "BAD_MONTH_RANGE",
                    "The range ends before it begins or is longer than ten years.",
                    "起止年月颠倒或者超过十年。",
                )
                .field(&["to"]),
            ));
        }
        Ok(range)
    }

    /// The months of the range.
    pub fn iter(self) -> impl Iterator<Item = i32> {
        self.from..=self.to
    }
}

/// The join from the territory asked for to rows of `E` that carry a division.
pub(crate) fn within<E: EntityTrait>(division: E::Column) -> RelationDef {
    territory::Entity::belongs_to(E::default())
        .from(territory::Column::Division)
        .to(division)
        .into()
}

/// Rows by key, in the order they came.
pub(crate) fn grouped<K: Eq + Hash, R>(rows: Vec<R>, key: impl Fn(&R) -> K) -> HashMap<K, Vec<R>> {
    let mut groups: HashMap<K, Vec<R>> = HashMap::new();
    for row in rows {
        groups.entry(key(&row)).or_default().push(row);
    }
    groups
}

/// `column IN (keys)` for owned keys behind a slice.
pub(crate) fn among<C: ColumnTrait, V: Clone + Into<sea_orm::Value>>(
    column: C,
    keys: &[V],
) -> sea_orm::sea_query::SimpleExpr {
    column.is_in(keys.iter().cloned())
}

/// The rows that stand under these keys, each key's in the order of `find`.
pub(crate) async fn all_of<E: EntityTrait>(
    db: &impl ConnectionTrait,
    (column, keys): (E::Column, &[String]),
    find: Select<E>,
    key: impl Fn(&E::Model) -> &String,
) -> kit::Result<HashMap<String, Vec<E::Model>>> {
    let rows = find.filter(among(column, keys)).all(db).await?;
    Ok(grouped(rows, |row| key(row).clone()))
}

/// The row that stands under each of these keys; of several the last one in the order of `find`.
pub(crate) async fn last_of<E: EntityTrait>(
    db: &impl ConnectionTrait,
    (column, keys): (E::Column, &[String]),
    find: Select<E>,
    key: impl Fn(&E::Model) -> &String,
) -> kit::Result<HashMap<String, E::Model>> {
    let rows = find.filter(among(column, keys)).all(db).await?;
    Ok(rows
        .into_iter()
        .map(|row| (key(&row).clone(), row))
        .collect())
}

/// The median of a histogram of (value, count); `None` when it is empty. Between two values it is
/// their mean.
pub(crate) fn median(histogram: &mut [(i32, i64)]) -> Option<f64> {
    histogram.sort_unstable();
    let total: i64 = histogram.iter().map(|(_, count)| count).sum();
    let at = |rank: i64| {
        let mut seen = 0;
        histogram.iter().find_map(|(value, count)| {
            seen += count;
            (rank < seen).then_some(f64::from(*value))
        })
    };
    let (low, high) = (at((total - 1) / 2)?, at(total / 2)?);
    (total > 0).then_some(f64::midpoint(low, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_a_histogram_is_the_middle_value() {
        assert_eq!(median(&mut []), None);
        assert_eq!(median(&mut [(7, 1)]), Some(7.0));
        assert_eq!(median(&mut [(9, 1), (4, 2)]), Some(4.0));
        assert_eq!(median(&mut [(9, 2), (4, 2)]), Some(6.5));
        assert_eq!(median(&mut [(1, 1), (2, 1), (9, 1), (10, 1)]), Some(5.5));
    }

    #[test]
    fn a_range_of_months_has_an_order_and_a_limit() {
        let month = |year, month| YearMonth { year, month };
        assert!(Months::new(month(2026, 1), month(2026, 1)).is_ok());
        assert!(Months::new(month(2026, 2), month(2026, 1)).is_err());
        assert!(Months::new(month(2016, 12), month(2026, 11)).is_ok());
        assert!(Months::new(month(2016, 11), month(2026, 11)).is_err());
    }
}
