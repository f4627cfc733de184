//! The months of many divisions at once: what the leader's cockpit shows.
//!
//! Four statements, whatever the number of divisions and months: living organizations, clean-up,
//! fees, permits. All sums run over [`crate::model::territory`], so that a prefecture's figure is the
//! sum of its counties by construction.

use super::{Months, among, grouped, median, within};
use crate::model::{cleanup_case, fee_reduction, organization, permit_case, territory};
use crate::vocabulary::{CleanupKind, CleanupResult, DayUnit, OrgState};
use minzheng_kit as kit;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect,
};
use std::collections::HashMap;
use uuid::Uuid;

/// One division in one month.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OrgMonth {
    /// The month, as [`kit::YearMonth::index`].
    pub month: i32,
    /// Organizations that exist at its end.
    pub live: i64,
    /// "Zombie" cases closed in it.
    pub zombie_cleaned: i64,
    /// Illegal organizations banned in it.
    pub illegal_banned: i64,
    /// Fees cut, in fen.
    pub fees_cut_fen: i64,
    /// Enterprises that pay less.
    pub enterprises_helped: i64,
    /// Median of the working days that permits took; none when none was decided.
    pub permit_median_days: Option<f64>,
}

#[derive(FromQueryResult)]
struct Life {
    ancestor: Uuid,
    first: i32,
    ended: Option<i32>,
    number: i64,
}

#[derive(FromQueryResult)]
struct Cleaned {
    ancestor: Uuid,
    month: i32,
    kind: CleanupKind,
    number: i64,
}

#[derive(FromQueryResult)]
struct Fees {
    ancestor: Uuid,
    month: i32,
    cut_fen: i64,
    enterprises: i64,
}

#[derive(FromQueryResult)]
struct Permits {
    ancestor: Uuid,
    month: i32,
    days: i32,
    number: i64,
}

/// Every month of the range for every division asked for.
pub async fn months(
    db: &impl ConnectionTrait,
    divisions: &[Uuid],
    range: Months,
) -> kit::Result<HashMap<Uuid, Vec<OrgMonth>>> {
    let lives = grouped(lives(db, divisions, range).await?, |row| row.ancestor);
    let cleaned = grouped(cleaned(db, divisions, range).await?, |row| row.ancestor);
    let fees = grouped(fees(db, divisions, range).await?, |row| row.ancestor);
    let permits = grouped(permits(db, divisions, range).await?, |row| row.ancestor);
    let one = |division: &Uuid| {
        let mut all: Vec<OrgMonth> = range
            .iter()
            .map(|month| OrgMonth {
                month,
                ..OrgMonth::default()
            })
            .collect();
        for life in lives.get(division).into_iter().flatten() {
            for at in all.iter_mut().filter(|at| life.first <= at.month) {
                if life.ended.is_none_or(|ended| ended > at.month) {
                    at.live += life.number;
                }
            }
        }
        for row in cleaned.get(division).into_iter().flatten() {
            if let Some(at) = place(&mut all, range, row.month) {
                match row.kind {
                    CleanupKind::Zombie => at.zombie_cleaned += row.number,
                    CleanupKind::Illegal => at.illegal_banned += row.number,
                }
            }
        }
        for row in fees.get(division).into_iter().flatten() {
            if let Some(at) = place(&mut all, range, row.month) {
                at.fees_cut_fen = row.cut_fen;
                at.enterprises_helped = row.enterprises;
            }
        }
        let mut histograms: HashMap<i32, Vec<(i32, i64)>> = HashMap::new();
        for row in permits.get(division).into_iter().flatten() {
            histograms
                .entry(row.month)
                .or_default()
                .push((row.days, row.number));
        }
        for (month, mut histogram) in histograms {
            if let Some(at) = place(&mut all, range, month) {
                at.permit_median_days = median(&mut histogram);
            }
        }
        all
    };
    Ok(divisions
        .iter()
        .map(|division| (*division, one(division)))
        .collect())
}

fn place(all: &mut [OrgMonth], range: Months, month: i32) -> Option<&mut OrgMonth> {
    usize::try_from(month - range.from)
        .ok()
        .and_then(|at| all.get_mut(at))
}

/// Organizations by the months between which they exist. Months before the range count as one, so
/// that the number of rows depends on the range and not on history.
async fn lives(
    db: &impl ConnectionTrait,
    divisions: &[Uuid],
    range: Months,
) -> kit::Result<Vec<Life>> {
    let before = range.from;
    let first = Expr::case(organization::Column::FoundedMonth.lt(before), before).finally(
        Expr::col((organization::Entity, organization::Column::FoundedMonth)),
    );
    let ended = Expr::case(
        organization::Column::EndedMonth.lte(range.to),
        Expr::col((organization::Entity, organization::Column::EndedMonth)),
    )
    .finally(Expr::cust("CAST(NULL AS INTEGER)"));
    Ok(territory::Entity::find()
        .select_only()
        .column(territory::Column::Ancestor)
        .expr_as(first, "first")
        .expr_as(ended, "ended")
        .column_as(organization::Column::CreditCode.count(), "number")
        .join(
            JoinType::InnerJoin,
            within::<organization::Entity>(organization::Column::DivisionId),
        )
        .filter(among(territory::Column::Ancestor, divisions))
        .filter(organization::Column::State.ne(OrgState::Preparing))
        .filter(organization::Column::FoundedMonth.lte(range.to))
        .filter(
            organization::Column::EndedMonth
                .is_null()
                .or(organization::Column::EndedMonth.gt(range.from)),
        )
        .group_by(Expr::cust("1"))
        .group_by(Expr::cust("2"))
        .group_by(Expr::cust("3"))
        .into_model::<Life>()
        .all(db)
        .await?)
}

async fn cleaned(
    db: &impl ConnectionTrait,
    divisions: &[Uuid],
    range: Months,
) -> kit::Result<Vec<Cleaned>> {
    Ok(territory::Entity::find()
        .select_only()
        .column(territory::Column::Ancestor)
        .column_as(cleanup_case::Column::ClosedMonth, "month")
        .column_as(cleanup_case::Column::Kind, "kind")
        .column_as(cleanup_case::Column::Id.count(), "number")
        .join(
            JoinType::InnerJoin,
            within::<cleanup_case::Entity>(cleanup_case::Column::DivisionId),
        )
        .filter(among(territory::Column::Ancestor, divisions))
        .filter(cleanup_case::Column::ClosedMonth.between(range.from, range.to))
        // What was dropped cleaned nothing up.
        .filter(cleanup_case::Column::Result.ne(CleanupResult::Dismissed))
        .group_by(territory::Column::Ancestor)
        .group_by(cleanup_case::Column::ClosedMonth)
        .group_by(cleanup_case::Column::Kind)
        .into_model::<Cleaned>()
        .all(db)
        .await?)
}

/// What a line saves, summed, as a whole number on both databases.
pub(crate) const CUT_FEN: &str =
    "CAST(COALESCE(SUM((old_fen - new_fen) * enterprises), 0) AS BIGINT)";

/// Enterprises helped, summed, as a whole number on both databases.
pub(crate) const ENTERPRISES: &str = "CAST(COALESCE(SUM(enterprises), 0) AS BIGINT)";

async fn fees(
    db: &impl ConnectionTrait,
    divisions: &[Uuid],
    range: Months,
) -> kit::Result<Vec<Fees>> {
    Ok(territory::Entity::find()
        .select_only()
        .column(territory::Column::Ancestor)
        .column_as(fee_reduction::Column::Month, "month")
        .expr_as(Expr::cust(CUT_FEN), "cut_fen")
        .expr_as(Expr::cust(ENTERPRISES), "enterprises")
        .join(
            JoinType::InnerJoin,
            within::<fee_reduction::Entity>(fee_reduction::Column::DivisionId),
        )
        .filter(among(territory::Column::Ancestor, divisions))
        .filter(fee_reduction::Column::Month.between(range.from, range.to))
        .group_by(territory::Column::Ancestor)
        .group_by(fee_reduction::Column::Month)
        .into_model::<Fees>()
        .all(db)
        .await?)
}

/// Only items counted in working days: those are what the promise is about, and a median over two
/// units would mean nothing.
async fn permits(
    db: &impl ConnectionTrait,
    divisions: &[Uuid],
    range: Months,
) -> kit::Result<Vec<Permits>> {
    Ok(territory::Entity::find()
        .select_only()
        .column(territory::Column::Ancestor)
        .column_as(permit_case::Column::DecidedMonth, "month")
        .column_as(permit_case::Column::DaysTaken, "days")
        .column_as(permit_case::Column::Id.count(), "number")
        .join(
            JoinType::InnerJoin,
            within::<permit_case::Entity>(permit_case::Column::DivisionId),
        )
        .filter(among(territory::Column::Ancestor, divisions))
        .filter(permit_case::Column::DecidedMonth.between(range.from, range.to))
        .filter(permit_case::Column::Unit.eq(DayUnit::Working))
        .filter(permit_case::Column::DaysTaken.is_not_null())
        .group_by(territory::Column::Ancestor)
        .group_by(permit_case::Column::DecidedMonth)
        .group_by(permit_case::Column::DaysTaken)
        .into_model::<Permits>()
        .all(db)
        .await?)
}
