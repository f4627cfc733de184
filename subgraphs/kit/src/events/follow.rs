//! A subscription that follows the outbox: events of some kinds wake it, and it answers with the rows that they are
//! about, each as it is when the event is seen and judged for the listener then.

use async_graphql::Context;
use futures_util::stream::BoxStream;

use super::{FeedEvent, MAX_PULL, Past, Topic, last_event, read_outbox, resumable};
use crate::{error::Result, principal::PrincipalExt, subsystem::Services};

/// The rows that events of these kinds are about, from now on, and behind what was told last when the subscription is
/// resumed. `load` is given the events in their order and gives those of their rows that the listener may see.
pub fn follow<T, F, R>(
    ctx: &Context<'_>,
    kinds: &[&'static str],
    load: F,
) -> BoxStream<'static, Result<T>>
where
    T: Send + 'static,
    F: Fn(Services, Vec<FeedEvent>) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Result<Vec<T>>> + Send + 'static,
{
    let topics: Vec<Topic> = kinds.iter().copied().map(Topic::kind).collect();
    let kinds: Vec<&'static str> = kinds.to_vec();
    let services = ctx.services().clone();
    resumable(ctx, topics, None, Past::Rewritten, move |seq| {
        let (services, kinds, load) = (services.clone(), kinds.clone(), load.clone());
        async move { behind(&services, &kinds, seq, load).await }
    })
}

/// What changed behind a place of the outbox, and how far was looked; with no place given, nothing, and the outbox's
/// end.
async fn behind<T, F, R>(
    services: &Services,
    kinds: &[&'static str],
    seq: Option<i64>,
    load: F,
) -> Result<(Vec<T>, Option<i64>)>
where
    F: Fn(Services, Vec<FeedEvent>) -> R,
    R: Future<Output = Result<Vec<T>>>,
{
    let db = services.db.read();
    let Some(mut seq) = seq else {
        return Ok((Vec::new(), Some(last_event(db).await?)));
    };
    loop {
        let mut events = read_outbox(db, seq, MAX_PULL).await?;
        let Some(last) = events.last() else {
            return Ok((Vec::new(), Some(seq)));
        };
        seq = last.seq;
        events.retain(|event| kinds.contains(&event.kind.as_str()));
        if events.is_empty() {
            continue;
        }
        let rows = load(services.clone(), events).await?;
        if !rows.is_empty() {
            return Ok((rows, Some(seq)));
        }
    }
}

/// The ids that events name by their keys.
pub fn ids_of(events: &[FeedEvent]) -> Vec<uuid::Uuid> {
    events
        .iter()
        .filter_map(|event| event.key.parse().ok())
        .collect()
}
