//! The last days of applications, and the days that decisions took, that could not be told when they were written
//! because the calendar of the year was not known. Whoever reads a case is told them as soon as it is
//! ([`super::standing`]); here the rows follow, for the lists and figures that the database counts.

use super::{Standing, standing_by};
use crate::model::permit_case;
use crate::vocabulary::PermitState;
use chrono::NaiveDate;
use kit::Result;
use kit::calendar::WorkCalendar;
use minzheng_kit as kit;
use sea_orm::sea_query::{Expr, ExprTrait, SimpleExpr};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

/// The most rows of one transaction.
const AT_ONCE: u64 = 500;

/// O-4, the job: fills in what the calendar tells by now; answers how many cases gained by it.
pub async fn settle(s: &kit::Services) -> Result<usize> {
    settle_by(s, WorkCalendar::china()).await
}

/// The same by a calendar.
pub(crate) async fn settle_by(s: &kit::Services, calendar: WorkCalendar) -> Result<usize> {
    let Some(known) = calendar.known() else {
        return Ok(0);
    };
    let today = s.clock.today();
    let (mut settled, mut after) = (0, Uuid::nil());
    loop {
        let rows = permit_case::Entity::find()
            .filter(wanting(known))
            .filter(permit_case::Column::Id.gt(after))
            .order_by_asc(permit_case::Column::Id)
            .limit(AT_ONCE)
            .all(s.db.read())
            .await?;
        let Some(last) = rows.last() else {
            return Ok(settled);
        };
        after = last.id;
        let told: Vec<(permit_case::Model, Standing)> = rows
            .into_iter()
            .map(|case| {
                let stands = standing_by(&calendar, &case, today);
                (case, stands)
            })
            .filter(|(case, stands)| gains(case, stands))
            .collect();
        if !told.is_empty() {
            settled += write(s, told).await?;
        }
    }
}

/// The cases whose days run or ran, within what the calendar knows, and that want one of them.
fn wanting((first, last): (NaiveDate, NaiveDate)) -> SimpleExpr {
    use permit_case::Column as C;
    let untaken = C::Decided.is_not_null().and(C::DaysTaken.is_null());
    C::State
        .is_in([
            PermitState::Accepted,
            PermitState::Granted,
            PermitState::Refused,
        ])
        .and(C::Received.between(first, last))
        .and(
            C::StatutoryDue
                .is_null()
                .or(C::CommittedDue.is_null())
                .or(untaken),
        )
}

fn gains(case: &permit_case::Model, stands: &Standing) -> bool {
    stands.statutory_due != case.statutory_due
        || stands.committed_due != case.committed_due
        || stands.days_taken != case.days_taken
}

/// Writes what is told now. It is no change of the case, so that its version stays; a case that was changed meanwhile is
/// left to the next time.
async fn write(s: &kit::Services, told: Vec<(permit_case::Model, Standing)>) -> Result<usize> {
    s.db.write(move |tx| {
        let told = told.clone();
        Box::pin(async move {
            use permit_case::Column as C;
            let mut written = 0;
            for (case, stands) in told {
                let done = permit_case::Entity::update_many()
                    .col_expr(C::StatutoryDue, Expr::value(stands.statutory_due))
                    .col_expr(C::CommittedDue, Expr::value(stands.committed_due))
                    .col_expr(C::DaysTaken, Expr::value(stands.days_taken))
                    .filter(C::Id.eq(case.id))
                    .filter(C::Version.eq(case.version))
                    .exec(tx)
                    .await?;
                written += usize::try_from(done.rows_affected).unwrap_or_default();
            }
            Ok(written)
        })
    })
    .await
}
