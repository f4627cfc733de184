//! What a subgraph does without being asked: timers that the law sets ([`Subsystem::tick`]), and
//! dropping what need not be kept (answers of mutations after 30 days, events after 90).
//!
//! A timer is always evaluated on read as well, so that nothing is wrong while this does not run; it
//! makes states visible to queries over many rows and tells the other subsystems by events.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use tokio::sync::watch;

use crate::{
    error::Result,
    events,
    mutation::forget_old_requests,
    subsystem::{Services, Subsystem},
};

/// How often a subgraph looks at its timers.
pub const EVERY: Duration = Duration::from_secs(60);

/// How long events are kept for consumers that are away, in days.
pub const EVENT_DAYS: i64 = 90;

/// One round: what time alone changes, then what need not be kept. On PostgreSQL one process at a
/// time does it.
///
/// # Errors
/// The first that fails; the next round tries again.
pub async fn round(subsystem: &dyn Subsystem, services: &Services) -> Result<()> {
    services
        .db
        .exclusively("chores", || async {
            subsystem.tick(services).await?;
            tidy(services, services.clock.now()).await
        })
        .await
}

async fn tidy(services: &Services, now: DateTime<Utc>) -> Result<()> {
    let before = now - chrono::Duration::days(EVENT_DAYS);
    services
        .db
        .write(move |tx| {
            Box::pin(async move {
                forget_old_requests(tx, now).await?;
                events::prune(tx, before).await?;
                Ok(())
            })
        })
        .await
}

/// Rounds until `shutdown` turns true, the first at once.
pub async fn run(
    subsystem: Arc<dyn Subsystem>,
    services: Services,
    mut shutdown: watch::Receiver<bool>,
) {
    while !*shutdown.borrow() {
        if let Err(error) = round(subsystem.as_ref(), &services).await {
            tracing::warn!(
                subgraph = services.name,
                code = error.code(),
                "the chores of a subgraph cannot be done at the moment"
            );
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            changed = shutdown.changed() => if changed.is_err() { return },
        }
    }
}

#[cfg(test)]
mod tests {
    use sea_orm_migration::MigrationTrait;
    use serde_json::json;

    use super::*;
    use crate::{
        Clock, Graph, Principal,
        database::tests::{Things, databases},
        events::{Event, read_outbox},
        mutation::{Actor, meta, set_meta},
    };

    /// A subsystem whose only timer writes down that it was looked at.
    struct Timed;

    #[async_trait::async_trait]
    impl Subsystem for Timed {
        fn name(&self) -> &'static str {
            "things"
        }
        fn migrations(&self) -> Vec<Box<dyn MigrationTrait>> {
            Things.migrations()
        }
        fn schema(&self, services: Services) -> Graph {
            Things.schema(services)
        }
        async fn seed(&self, _: &Services, _: &(dyn Fn(&str, usize, usize) + Sync)) -> Result<()> {
            Ok(())
        }
        async fn tick(&self, services: &Services) -> Result<()> {
            let at = services.clock.now().to_rfc3339();
            services
                .db
                .write(move |tx| {
                    let at = at.clone();
                    Box::pin(async move { set_meta(tx, "ticked", &at).await })
                })
                .await
        }
    }

    async fn emit(services: &Services, key: &str, days_ago: i64) {
        let event = Event {
            kind: "Thing".into(),
            key: key.into(),
            at: services.clock.now() - chrono::Duration::days(days_ago),
            body: json!({}),
        };
        services
            .db
            .write(move |tx| {
                let event = event.clone();
                Box::pin(async move { events::emit(tx, &event).await })
            })
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn a_round_moves_timers_and_drops_what_is_old_and_a_late_consumer_is_told() {
        for services in databases().await {
            for (key, days_ago) in [("a", 200), ("b", 91), ("c", 3), ("d", 120), ("e", 0)] {
                emit(&services, key, days_ago).await;
            }
            let actor = Actor::new(&services, &Principal::registrar("51", "510118", None));
            let ask = || actor.run("k", json!(1), (), |_, ()| Box::pin(async { Ok(1) }));
            ask().await.unwrap();
            round(&Timed, &services).await.unwrap();
            let ticked = meta(services.db.read(), "ticked").await.unwrap();
            assert_eq!(ticked, Some(services.clock.now().to_rfc3339()));
            // What stands behind a young event stays: the feed has no holes.
            let left = read_outbox(services.db.read(), 0, 10).await.unwrap();
            let keys: Vec<&str> = left.iter().map(|event| event.key.as_str()).collect();
            assert_eq!(keys, ["c", "d", "e"]);
            let first = left[0].seq;
            assert!(
                read_outbox(services.db.read(), first - 2, 10)
                    .await
                    .is_err()
            );
            assert_eq!(
                read_outbox(services.db.read(), first - 1, 10)
                    .await
                    .unwrap()
                    .len(),
                3
            );
            assert_eq!(
                read_outbox(services.db.read(), first + 2, 10)
                    .await
                    .unwrap(),
                []
            );
            // Half a year later all is dropped, and places are not given out again.
            let later = Services {
                clock: Clock::fixed(services.clock.now() + chrono::Duration::days(180)),
                ..services.clone()
            };
            round(&Timed, &later).await.unwrap();
            emit(&later, "f", 0).await;
            let left = read_outbox(services.db.read(), 0, 10).await.unwrap();
            assert_eq!((left.len(), left[0].seq), (1, first + 3));
            assert!(read_outbox(services.db.read(), first, 10).await.is_err());
            // The answer of a request of half a year ago is forgotten with its key.
            let again = actor.run("k", json!(2), (), |_, ()| Box::pin(async { Ok(2) }));
            assert_eq!(again.await.unwrap(), 2);
        }
    }
}
