//! What the funeral subsystem tells as it happens.

use async_graphql::{Context, Result, Subscription as Subscribe};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use minzheng_kit::contract::scope;
use minzheng_kit::events::{MAX_PULL, Topic, last_event, live, read_outbox};
use minzheng_kit::federation::directives::requires_scopes;
use minzheng_kit::{Error, PrincipalExt, Services};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::access;
use super::ticket::HotlineTicket;
use crate::model::hotline_ticket;
use crate::service::facilities::divisions_in;
use crate::service::tickets;

/// What the funeral subsystem tells as it happens (殡葬订阅).
#[derive(Clone, Copy, Debug, Default)]
pub struct Subscription;

/// What the funeral subsystem tells as it happens (殡葬订阅).
#[Subscribe]
impl Subscription {
    /// The hotline's tickets in the operator's division as they are opened and advanced; read `openTickets` first for those that stand (热线工单变化).
    #[graphql(directive = requires_scopes::apply(vec![vec!["hotline".into()]]))]
    async fn hotline_ticket_changed(
        &self,
        ctx: &Context<'_>,
    ) -> Result<BoxStream<'static, minzheng_kit::Result<HotlineTicket>>> {
        ctx.need(scope::HOTLINE)?;
        let division = access::own_division(ctx)?;
        access::hotline(ctx, division)?;
        let services = ctx.services().clone();
        let topics = tickets::CHANGES.map(Topic::kind).to_vec();
        let db = services.db.clone();
        let changed = live(&db, topics, None, move |seq| {
            let services = services.clone();
            async move { behind(&services, division, seq).await }
        });
        Ok(changed.map(|row| row.map(HotlineTicket::of)).boxed())
    }
}

/// Tickets of a division that changed behind a place of the outbox, each as it is now, and how far was
/// looked; with no place given, none, and the outbox's end.
async fn behind(
    services: &Services,
    division: Uuid,
    seq: Option<i64>,
) -> Result<(Vec<hotline_ticket::Model>, Option<i64>), Error> {
    let db = services.db.read();
    let Some(mut seq) = seq else {
        return Ok((Vec::new(), Some(last_event(db).await?)));
    };
    loop {
        let events = read_outbox(db, seq, MAX_PULL).await?;
        let Some(last) = events.last() else {
            return Ok((Vec::new(), Some(seq)));
        };
        seq = last.seq;
        let ids: Vec<Uuid> = events
            .iter()
            .filter(|event| tickets::CHANGES.contains(&event.kind.as_str()))
            .filter_map(|event| event.key.parse().ok())
            .collect();
        if ids.is_empty() {
            continue;
        }
        let rows = hotline_ticket::Entity::find()
            .filter(hotline_ticket::Column::Id.is_in(ids))
            .filter(hotline_ticket::Column::DivisionId.in_subquery(divisions_in(division)))
            .order_by_asc(hotline_ticket::Column::OpenedAt)
            .all(db)
            .await?;
        if !rows.is_empty() {
            return Ok((rows, Some(seq)));
        }
    }
}
