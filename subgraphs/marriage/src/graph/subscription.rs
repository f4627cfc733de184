//! What marriage registration tells as it happens.

use super::person::Person;
use super::queue::RegistryQueue;
use super::records::MaritalLedgerEntry;
use super::registry::MarriageRegistry;
use super::{bad_argument, uuid};
use crate::kit::events::{Topic, live};
use crate::kit::federation::directives::*;
use crate::kit::{PrincipalExt, Result};
use crate::rules::ledger::Entry;
use crate::service::{ledger, queue, registries};
use async_graphql::{Context, ID, Object, SimpleObject, Subscription as Subscribe};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use std::sync::Arc;

/// A queue that moved, and whose it is (排队变化).
#[derive(SimpleObject, Clone, Debug)]
pub struct QueueMovement {
    /// The registry (登记机关).
    pub registry: MarriageRegistry,
    /// The queue as it is now (排队情况).
    pub queue: RegistryQueue,
}

/// Something that was entered into the caller's own marital ledger (本人婚姻状况变化).
#[derive(Clone, Debug)]
pub struct MyMaritalEvent {
    person: String,
    entry: Entry,
}

impl MyMaritalEvent {
    /// An entry of this person's ledger.
    pub fn new(person: &str, entry: Entry) -> Self {
        Self {
            person: person.to_owned(),
            entry,
        }
    }
}

/// Something that was entered into the caller's own marital ledger (本人婚姻状况变化).
#[Object]
impl MyMaritalEvent {
    /// The caller (本人).
    async fn person(&self) -> Person {
        Person::alone(self.person.clone())
    }

    /// The entry (台账条目).
    #[graphql(directive = personal::apply("marital".into(), "person { id }".into()))]
    async fn entry(&self) -> MaritalLedgerEntry {
        MaritalLedgerEntry::from(&self.entry)
    }
}

/// What marriage registration tells as it happens (婚姻登记订阅).
#[derive(Clone, Copy, Debug, Default)]
pub struct Subscription;

/// What marriage registration tells as it happens (婚姻登记订阅).
#[Subscribe]
impl Subscription {
    /// The queue of a registry: as it is now, then whenever it has moved (排队变化).
    async fn queue_moved(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The registry (登记机关).")] registry: ID,
    ) -> async_graphql::Result<BoxStream<'static, Result<QueueMovement>>> {
        let services = ctx.services().clone();
        let id = uuid(&registry, "registry")?;
        // Whoever asks for one that is not there is told so now.
        registries::by_id(services.db.read(), id).await?;
        let topics = vec![Topic::of(queue::MOVED, id.to_string())];
        let db = services.db.clone();
        // The cursor is what was told last: nothing is told twice.
        let movements = live(&db, topics, None, move |last| {
            let services = services.clone();
            async move {
                let today = services.clock.today();
                let now = (today, queue::of_day(services.db.read(), id, today).await?);
                if last.as_ref() == Some(&now) {
                    return Ok((Vec::new(), last));
                }
                let row = registries::by_id(services.db.read(), id).await?;
                let shown = MarriageRegistry::together(vec![Arc::new(row)]);
                let queue = RegistryQueue::of(today, now.1.clone());
                let movements = shown.into_iter().map(|registry| QueueMovement {
                    registry,
                    queue: queue.clone(),
                });
                Ok((movements.collect(), Some(now)))
            }
        });
        Ok(movements)
    }

    /// What is entered into the caller's own marital ledger (本人婚姻状况变化).
    #[graphql(directive = requires_scopes::apply(vec![vec!["self".into()]]))]
    async fn my_marital_event(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The position of the last entry seen: what came behind it is told first; if not given, what comes from now on (上次序号)."
        )]
        since: Option<i64>,
    ) -> async_graphql::Result<BoxStream<'static, Result<MyMaritalEvent>>> {
        let person = ctx.person()?.to_owned();
        if since.is_some_and(|seq| seq < 0) {
            return Err(bad_argument(
                "since",
                "A position is a number from 0.",
                "序号须为不小于零的整数。",
            ));
        }
        let db = ctx.services().db.clone();
        let topics = vec![Topic::of(ledger::ENTERED, person.clone())];
        let (reading, whose) = (db.clone(), person.clone());
        let entries = live(&db, topics, since, move |seq| {
            let (db, person) = (reading.clone(), whose.clone());
            async move { ledger::behind(db.read(), &person, seq).await }
        });
        let events = entries.map(move |entry| Ok(MyMaritalEvent::new(&person, entry?)));
        Ok(events.boxed())
    }
}
