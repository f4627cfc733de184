//! What the supervision looks at: ratings that run out, clean-up results, how long permits take.

use super::{Months, among, median, within};
use crate::model::{cleanup_case, organization, permit_case, rating, territory};
use crate::vocabulary::{CleanupKind, CleanupResult, DayUnit, PermitItem, RatingState};
use chrono::NaiveDate;
use minzheng_kit as kit;
use sea_orm::sea_query::{Expr, ExprTrait, SimpleExpr};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, Iterable, JoinType, QueryFilter,
    QuerySelect, Select,
};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// Ratings that count today and stop to count before a day, in a division and below where one is given; to
/// be paged by that day and id.
#[must_use]
pub fn ratings_expiring(
    today: NaiveDate,
    before: NaiveDate,
    division: Option<Uuid>,
) -> Select<rating::Entity> {
    let find = rating::Entity::find()
        .filter(rating::Column::State.eq(RatingState::Valid))
        .filter(rating::Column::ValidTo.gt(today))
        .filter(rating::Column::ValidTo.lt(before));
    let Some(division) = division else {
        return find;
    };
    find.join(
        JoinType::InnerJoin,
        rating::Entity::belongs_to(organization::Entity)
            .from(rating::Column::CreditCode)
            .to(organization::Column::CreditCode)
            .into(),
    )
    .join(
        JoinType::InnerJoin,
        organization::Entity::belongs_to(territory::Entity)
            .from(organization::Column::DivisionId)
            .to(territory::Column::Division)
            .into(),
    )
    .filter(territory::Column::Ancestor.eq(division))
}

/// What was cleaned up in a division over a range of months.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cleanup {
    /// "Zombie" cases closed.
    pub zombie: i64,
    /// Illegal organizations banned.
    pub illegal: i64,
    /// Both by result.
    pub by_result: BTreeMap<CleanupResult, i64>,
}

#[derive(FromQueryResult)]
struct Cleaned {
    ancestor: Uuid,
    kind: CleanupKind,
    result: Option<CleanupResult>,
    number: i64,
}

/// Clean-up of many divisions.
pub async fn cleanup(
    db: &impl ConnectionTrait,
    divisions: &[Uuid],
    range: Months,
) -> kit::Result<HashMap<Uuid, Cleanup>> {
    let rows = territory::Entity::find()
        .select_only()
        .column(territory::Column::Ancestor)
        .column_as(cleanup_case::Column::Kind, "kind")
        .column_as(cleanup_case::Column::Result, "result")
        .column_as(cleanup_case::Column::Id.count(), "number")
        .join(
            JoinType::InnerJoin,
            within::<cleanup_case::Entity>(cleanup_case::Column::DivisionId),
        )
        .filter(among(territory::Column::Ancestor, divisions))
        .filter(cleanup_case::Column::ClosedMonth.between(range.from, range.to))
        .filter(cleanup_case::Column::Result.ne(CleanupResult::Dismissed))
        .group_by(territory::Column::Ancestor)
        .group_by(cleanup_case::Column::Kind)
        .group_by(cleanup_case::Column::Result)
        .into_model::<Cleaned>()
        .all(db)
        .await?;
    let mut all: HashMap<Uuid, Cleanup> = HashMap::new();
    for row in rows {
        let one = all.entry(row.ancestor).or_default();
        match row.kind {
            CleanupKind::Zombie => one.zombie += row.number,
            CleanupKind::Illegal => one.illegal += row.number,
        }
        if let Some(result) = row.result {
            *one.by_result.entry(result).or_default() += row.number;
        }
    }
    Ok(all)
}

/// How one item of permit kept its terms over a range of months: each case by its own term, made longer and promised as
/// it was when it came in, and not by the one of today.
#[derive(Clone, Debug, PartialEq)]
pub struct Sla {
    /// The item.
    pub item: PermitItem,
    /// How its days are counted.
    pub unit: DayUnit,
    /// Days by law, of a case of today.
    pub statutory_days: i32,
    /// Days by promise, of a case of today.
    pub committed_days: i32,
    /// Cases decided in the range.
    pub decided: i64,
    /// Of them within the promise.
    pub within_committed: i64,
    /// Of them within the law.
    pub within_statutory: i64,
    /// Median of the days taken; none when none was decided.
    pub median_days: Option<f64>,
    /// Cases open today.
    pub open: i64,
    /// Of them past the promised day.
    pub open_late: i64,
}

#[derive(FromQueryResult)]
struct Taken {
    item: PermitItem,
    days: i32,
    number: i64,
    in_promise: i64,
    in_law: i64,
}

/// How many cases of a group were decided in time: by their last day, or by their days where that is not known.
fn in_time(due: permit_case::Column, days: permit_case::Column) -> SimpleExpr {
    use permit_case::Column as C;
    let column = |column: C| Expr::col((permit_case::Entity, column));
    let by_days = column(due)
        .is_null()
        .and(column(C::DaysTaken).lte(column(days).add(column(C::ExtendedDays))));
    let by_day = column(C::Decided).lte(column(due));
    // A comparison with no day is neither true nor false.
    let kept: SimpleExpr = Expr::case(by_day.or(by_days), 1).finally(0).into();
    kept.sum()
}

#[derive(FromQueryResult)]
struct Open {
    item: PermitItem,
    due: Option<NaiveDate>,
    number: i64,
}

/// Every item of permit in one division, in two statements; `place` is the division's code of now.
pub async fn permit_sla(
    db: &impl ConnectionTrait,
    division: Uuid,
    place: &str,
    range: Months,
    today: NaiveDate,
) -> kit::Result<Vec<Sla>> {
    let cases = || {
        territory::Entity::find()
            .select_only()
            .column_as(permit_case::Column::Item, "item")
            .column_as(permit_case::Column::Id.count(), "number")
            .join(
                JoinType::InnerJoin,
                within::<permit_case::Entity>(permit_case::Column::DivisionId),
            )
            .filter(territory::Column::Ancestor.eq(division))
            .group_by(permit_case::Column::Item)
    };
    use permit_case::Column as C;
    let taken = cases()
        .column_as(permit_case::Column::DaysTaken, "days")
        .column_as(in_time(C::CommittedDue, C::CommittedDays), "in_promise")
        .column_as(in_time(C::StatutoryDue, C::StatutoryDays), "in_law")
        .filter(permit_case::Column::DecidedMonth.between(range.from, range.to))
        .filter(permit_case::Column::DaysTaken.is_not_null())
        .group_by(permit_case::Column::DaysTaken)
        .into_model::<Taken>()
        .all(db)
        .await?;
    let open = cases()
        .column_as(permit_case::Column::CommittedDue, "due")
        .filter(permit_case::Column::Decided.is_null())
        .group_by(permit_case::Column::CommittedDue)
        .into_model::<Open>()
        .all(db)
        .await?;
    Ok(PermitItem::iter()
        .map(|item| sla(item, place, &taken, &open, today))
        .collect())
}

fn sla(item: PermitItem, place: &str, taken: &[Taken], open: &[Open], today: NaiveDate) -> Sla {
    let term = crate::rules::term::permit_term(item, place, today);
    let (statutory_days, committed_days) = (
        i32::from(term.statutory_days),
        i32::from(term.committed_days),
    );
    let taken: Vec<&Taken> = taken.iter().filter(|row| row.item == item).collect();
    let all = |number: fn(&Taken) -> i64| taken.iter().map(|row| number(row)).sum::<i64>();
    let mut histogram: Vec<(i32, i64)> = taken.iter().map(|row| (row.days, row.number)).collect();
    let open = || open.iter().filter(|row| row.item == item);
    Sla {
        item,
        unit: term.unit,
        statutory_days,
        committed_days,
        decided: all(|row| row.number),
        within_committed: all(|row| row.in_promise),
        within_statutory: all(|row| row.in_law),
        open: open().map(|row| row.number).sum(),
        open_late: open()
            .filter(|row| row.due.is_some_and(|due| due < today))
            .map(|row| row.number)
            .sum(),
        median_days: median(&mut histogram),
    }
}
