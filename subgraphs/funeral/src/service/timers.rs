//! What time alone brings about. Every reader judges by the present time already; this writes it down, so
//! that lists and figures by state agree with what readers see.

use chrono::{DateTime, NaiveDate, Utc};
use minzheng_kit::events::{self, Event};
use minzheng_kit::mutation::history;
use minzheng_kit::{Principal, Result, Services};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, QuerySelect,
};
use serde_json::json;
use uuid::Uuid;

use super::graves::OVERDUE;
use crate::model::{hotline_ticket, illegal_grave, plot, plot_hold};
use crate::rules::settings;
use crate::rules::settings::Parameter;
use crate::rules::terms::{GraveState, PlotState, TicketCategory, TicketState};

/// How many rows one run takes of each kind; the rest come with the next run.
const A_RUN: u64 = 500;

/// What a run wrote down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// Holds of niches and graves that ran out.
    pub holds: u64,
    /// Contracts whose term ended.
    pub terms: u64,
    /// Tickets raised because nobody dispatched them.
    pub tickets: u64,
    /// Clean-ups whose time has run out, each told once for a due day.
    pub overdue: u64,
    /// Releases and revocations that no second officer confirmed in time.
    pub proposals: u64,
}

/// Tells of clean-ups whose time has run out, once for each due day.
async fn overdue_graves(
    tx: &DatabaseTransaction,
    today: NaiveDate,
    now: DateTime<Utc>,
) -> Result<u64> {
    use illegal_grave::Column;
    let late: Vec<Uuid> = illegal_grave::Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::State.is_in([GraveState::Notice, GraveState::Rectifying]))
        .filter(Column::DueOn.lt(today))
        .filter(
            Condition::any()
                .add(Column::OverdueTold.is_null())
                .add(Expr::col(Column::OverdueTold).ne(Expr::col(Column::DueOn))),
        )
        .limit(A_RUN)
        .into_tuple()
        .all(tx)
        .await?;
    illegal_grave::Entity::update_many()
        .col_expr(Column::OverdueTold, Expr::col(Column::DueOn))
        .filter(Column::Id.is_in(late.iter().copied()))
        .exec(tx)
        .await?;
    for id in &late {
        let told = Event {
            kind: OVERDUE.to_owned(),
            key: id.to_string(),
            at: now,
            body: json!({ "version": 1, "id": id }),
        };
        events::emit(tx, &told).await?;
    }
    Ok(u64::try_from(late.len()).unwrap_or(u64::MAX))
}

/// Writes down what ran out. May run at any time and any number of times, in several processes at once.
pub async fn run(services: &Services) -> Result<Ran> {
    let services_ = services.clone();
    services
        .db
        .write(move |tx| {
            let services = services_.clone();
            Box::pin(async move {
                let (now, today) = (services.clock.now(), services.clock.today());
                let rules = settings::on(services.province.as_str(), today);
                let by = Principal::service(&services.province, "funeral");
                let lapsed: Vec<Uuid> = plot::Entity::find()
                    .select_only()
                    .column(plot::Column::Id)
                    .filter(plot::Column::State.eq(PlotState::Held))
                    .filter(plot::Column::HeldUntil.lte(now))
                    .limit(A_RUN)
                    .into_tuple()
                    .all(tx)
                    .await?;
                plot_hold::Entity::update_many()
                    .col_expr(plot_hold::Column::EndedAt, Expr::value(now))
                    .filter(plot_hold::Column::PlotId.is_in(lapsed.iter().copied()))
                    .filter(plot_hold::Column::EndedAt.is_null())
                    .filter(plot_hold::Column::ExpiresAt.lte(now))
                    .exec(tx)
                    .await?;
                let none: Option<chrono::DateTime<chrono::Utc>> = None;
                let holds = plot::Entity::update_many()
                    .col_expr(plot::Column::State, Expr::value(PlotState::Free))
                    .col_expr(plot::Column::HeldUntil, Expr::value(none))
                    .col_expr(
                        plot::Column::Version,
                        Expr::col(plot::Column::Version).add(1),
                    )
                    .filter(plot::Column::Id.is_in(lapsed.iter().copied()))
                    .filter(plot::Column::State.eq(PlotState::Held))
                    .exec(tx)
                    .await?
                    .rows_affected;
                let ended: Vec<Uuid> = plot::Entity::find()
                    .select_only()
                    .column(plot::Column::Id)
                    .filter(plot::Column::State.eq(PlotState::Occupied))
                    .filter(plot::Column::ContractTo.lte(today))
                    .limit(A_RUN)
                    .into_tuple()
                    .all(tx)
                    .await?;
                let terms = plot::Entity::update_many()
                    .col_expr(plot::Column::State, Expr::value(PlotState::Expired))
                    .col_expr(
                        plot::Column::Version,
                        Expr::col(plot::Column::Version).add(1),
                    )
                    .filter(plot::Column::Id.is_in(ended.iter().copied()))
                    .filter(plot::Column::State.eq(PlotState::Occupied))
                    .exec(tx)
                    .await?
                    .rows_affected;
                let overdue = overdue_graves(tx, today, now).await?;
                let proposals = super::proposals::run(tx, &services, &rules, A_RUN).await?;
                let before =
                    now - chrono::TimeDelta::minutes(rules.value(Parameter::EscalateMinutes));
                let waiting: Vec<Uuid> = hotline_ticket::Entity::find()
                    .select_only()
                    .column(hotline_ticket::Column::Id)
                    .filter(
                        hotline_ticket::Column::State
                            .is_in([TicketState::Open, TicketState::Reopened]),
                    )
                    .filter(hotline_ticket::Column::Category.eq(TicketCategory::Collect))
                    .filter(
                        hotline_ticket::Column::WaitingSince.lte(before).or(
                            hotline_ticket::Column::WaitingSince
                                .is_null()
                                .and(hotline_ticket::Column::OpenedAt.lte(before)),
                        ),
                    )
                    .limit(A_RUN)
                    .into_tuple()
                    .all(tx)
                    .await?;
                let tickets = hotline_ticket::Entity::update_many()
                    .col_expr(
                        hotline_ticket::Column::State,
                        Expr::value(TicketState::Escalated),
                    )
                    .col_expr(
                        hotline_ticket::Column::Version,
                        Expr::col(hotline_ticket::Column::Version).add(1),
                    )
                    .filter(hotline_ticket::Column::Id.is_in(waiting.iter().copied()))
                    .exec(tx)
                    .await?
                    .rows_affected;
                for (entity, ids, state, event) in [
                    ("Plot", &lapsed, "FREE", "PlotChanged"),
                    ("Plot", &ended, "EXPIRED", "PlotChanged"),
                    ("HotlineTicket", &waiting, "ESCALATED", "TicketAdvanced"),
                ] {
                    for id in ids {
                        let after = json!({ "state": state, "by": "timer" });
                        let told = Event {
                            kind: event.to_owned(),
                            key: id.to_string(),
                            at: now,
                            body: json!({ "version": 1, "id": id, "after": after }),
                        };
                        history(tx, entity, &id.to_string(), &by, None, Some(after)).await?;
                        events::emit(tx, &told).await?;
                    }
                }
                Ok(Ran {
                    holds,
                    terms,
                    tickets,
                    overdue,
                    proposals,
                })
            })
        })
        .await
}
