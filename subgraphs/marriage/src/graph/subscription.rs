//! What marriage registration tells as it happens.

use super::divorce::{DivorceApplication, DivorceStep};
use super::person::Person;
use super::queue::RegistryQueue;
use super::records::MaritalLedgerEntry;
use super::registry::MarriageRegistry;
use super::{bad_argument, uuid};
use crate::kit::events::{Past, Topic, live, resumable};
use crate::kit::federation::directives::*;
use crate::kit::{Date, PrincipalExt, Result};
use crate::rules::ledger::Entry;
use crate::service::{deadlines, ledger, queue, registries, slots, visits};
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

/// A day of a registry whose free places have changed (号源变化).
#[derive(SimpleObject, Clone, Debug)]
pub struct SlotsMovement {
    /// The registry with its slots as they are now (登记机关).
    pub registry: MarriageRegistry,
    /// The day (日期).
    pub date: Date,
    /// Places left on that day, of all services (余号).
    pub free_places: i32,
}

/// A period of the caller's own divorce that ends soon (离婚登记期限将届满).
#[derive(SimpleObject, Clone, Debug)]
pub struct DivorceDeadline {
    /// The caller (本人).
    pub person: Person,
    /// The application (离婚登记申请).
    pub application: DivorceApplication,
    /// Which period ends: the cooling-off or the window (节点).
    #[graphql(directive = personal::apply("marital".into(), "person { id }".into()))]
    pub step: DivorceStep,
    /// Its last day (届满日).
    #[graphql(directive = personal::apply("marital".into(), "person { id }".into()))]
    pub on: Date,
    /// Days until then; 0 on the day itself (剩余天数).
    #[graphql(directive = personal::apply("marital".into(), "person { id }".into()))]
    pub days_left: i64,
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

/// What is told as it happens (订阅).
#[derive(Clone, Copy, Debug, Default)]
pub struct Subscription;

/// What is told as it happens (订阅).
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
        // The cursor is what was told last: nothing is told twice.
        let movements = resumable(ctx, topics, None, Past::Rewritten, move |last| {
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

    /// The free places of a registry on a day: as they are now, then whenever they have changed (号源变化).
    async fn slots_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The registry (登记机关).")] registry: ID,
        #[graphql(desc = "The day (日期).")] date: Date,
    ) -> async_graphql::Result<BoxStream<'static, Result<SlotsMovement>>> {
        let services = ctx.services().clone();
        let id = uuid(&registry, "registry")?;
        registries::by_id(services.db.read(), id).await?;
        let topics = vec![Topic::of(visits::SLOTS_CHANGED, id.to_string())];
        let db = services.db.clone();
        Ok(live(&db, topics, None, move |last| {
            let services = services.clone();
            async move {
                let (db, now) = (services.db.read(), services.clock.now());
                let row = Arc::new(registries::by_id(db, id).await?);
                let rows = [Arc::clone(&row)];
                let mut days = slots::on_day(db, &rows, None, date.0, now).await?;
                let views = days.remove(&id).map(|day| day.slots).unwrap_or_default();
                let free_places = views.iter().map(slots::SlotView::free).sum();
                let seen = Some(views);
                if last == seen {
                    return Ok((Vec::new(), last));
                }
                let movement = SlotsMovement {
                    registry: MarriageRegistry::alone(row),
                    date,
                    free_places,
                };
                Ok((vec![movement], seen))
            }
        }))
    }

    /// The periods of the caller's own divorces that end soon: as they are now, then once each day (离婚登记期限将届满).
    #[graphql(directive = requires_scopes::apply(vec![vec!["self".into()]]))]
    async fn divorce_deadline_near(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many days ahead, 1 to 30 (提前天数).", default = 7)] days: i32,
    ) -> async_graphql::Result<BoxStream<'static, Result<DivorceDeadline>>> {
        let person = ctx.person()?.to_owned();
        let services = ctx.services().clone();
        let ahead = i64::from(days.clamp(1, 30));
        let topics = vec![Topic::of(deadlines::NEAR, person.clone())];
        let db = services.db.clone();
        let near = live(&db, topics, None, move |last| {
            let (services, person) = (services.clone(), person.clone());
            async move {
                let now = deadlines::of_person(&services, &person, ahead).await?;
                let seen: Vec<_> = now.iter().map(|(_, near)| *near).collect();
                let seen = Some((services.clock.today(), seen));
                if last == seen {
                    return Ok((Vec::new(), last));
                }
                let told = now.into_iter().map(|(application, near)| DivorceDeadline {
                    person: Person::alone(person.clone()),
                    application: DivorceApplication::alone(application),
                    step: if near.window {
                        DivorceStep::WindowEnds
                    } else {
                        DivorceStep::CoolingOffEnds
                    },
                    on: Date(near.on),
                    days_left: near.days_left,
                });
                Ok((told.collect(), seen))
            }
        });
        Ok(near)
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
        let topics = vec![Topic::of(ledger::ENTERED, person.clone())];
        let (reading, whose) = (ctx.services().db.clone(), person.clone());
        let entries = resumable(ctx, topics, since, Past::Fixed, move |seq| {
            let (db, person) = (reading.clone(), whose.clone());
            async move { ledger::behind(db.read(), &person, seq).await }
        });
        let events = entries.map(move |entry| Ok(MyMaritalEvent::new(&person, entry?)));
        Ok(events.boxed())
    }
}
