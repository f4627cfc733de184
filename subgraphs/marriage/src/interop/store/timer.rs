//! When a row is looked at again.

use super::Desk;
use crate::interop::core::effect::Side;
use crate::interop::core::names::{Span, TxnId};
use crate::kit::Result;
use crate::model::interop::{log, row};
use chrono::{DateTime, Duration, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

/// How many times the wait may double while nobody answers: 3 s become a minute and a half, a minute
/// becomes half an hour.
const DOUBLINGS: u32 = 5;

/// When something is looked at again: the wait doubles while nobody answers, and is spread out so that
/// those who failed together do not come back together.
#[must_use]
pub fn next_look(now: DateTime<Utc>, after: Span, attempts: i32) -> DateTime<Utc> {
    let doublings = u32::try_from(attempts).unwrap_or(0).min(DOUBLINGS);
    let wait = after.0.saturating_mul(1 << doublings).max(1);
    now + Duration::milliseconds(rand::random_range(wait / 2..=wait + wait / 2))
}

pub(super) async fn again(
    desk: Desk<'_>,
    txn: Option<TxnId>,
    side: Side,
    after: Span,
) -> Result<()> {
    match (side, txn) {
        (Side::Coordinator, Some(txn)) => {
            let Some(row) = log::Entity::find_by_id(txn.0).one(desk.tx).await? else {
                return Ok(());
            };
            log::Entity::update_many()
                .col_expr(
                    log::Column::DueAt,
                    Expr::value(Some(next_look(desk.now, after, row.attempts))),
                )
                .col_expr(
                    log::Column::Attempts,
                    Expr::value(row.attempts.saturating_add(1)),
                )
                .filter(log::Column::Txn.eq(txn.0))
                .exec(desk.tx)
                .await?;
        }
        (Side::Authority, Some(txn)) => {
            let Some(row) = row::Entity::find_by_id(txn.0).one(desk.tx).await? else {
                return Ok(());
            };
            row::Entity::update_many()
                .col_expr(
                    row::Column::DueAt,
                    Expr::value(Some(next_look(desk.now, after, row.attempts))),
                )
                .col_expr(
                    row::Column::Attempts,
                    Expr::value(row.attempts.saturating_add(1)),
                )
                .filter(row::Column::Txn.eq(txn.0))
                .exec(desk.tx)
                .await?;
        }
        // The station asks again by itself while it waits for somebody.
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_to_a_bound_and_is_never_the_same_for_all() {
        let now = DateTime::UNIX_EPOCH;
        let span = Span(3_000);
        let waits: Vec<i64> = (0..200)
            .map(|_| (next_look(now, span, 0) - now).num_milliseconds())
            .collect();
        assert!(waits.iter().all(|wait| (1_500..=4_500).contains(wait)));
        assert!(waits.iter().collect::<std::collections::HashSet<_>>().len() > 20);
        assert!((next_look(now, span, 1_000) - now).num_seconds() <= 3 * 32 * 3 / 2);
        assert!(next_look(now, Span(0), 0) >= now);
    }
}
