//! Consumers that are killed: a batch is applied whole or not at all, and each event once.

use std::sync::atomic::{AtomicUsize, Ordering};

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr, sea_query::ExprTrait};
use serde_json::json;
use tokio::sync::Semaphore;

use super::*;
use crate::{
    Database, database,
    database::tests::{Things, databases, fill, thing},
    testing,
};

const EVENTS: i64 = 12;

/// The outbox of another database, without its endpoint.
struct Outbox(Database);

#[async_trait]
impl FeedSource for Outbox {
    async fn fetch(&self, after: i64, first: i32) -> Result<Vec<FeedEvent>> {
        read_outbox(self.0.read(), after, first).await
    }
}

/// Adds one to the thing that an event names, and stands still for ever in front of the event `stop`.
struct Counting {
    stop: Option<usize>,
    seen: AtomicUsize,
    reached: Arc<Semaphore>,
}

impl Counting {
    fn consumer(stop: Option<usize>, reached: &Arc<Semaphore>) -> Arc<dyn Consumer> {
        Arc::new(Self {
            stop,
            seen: AtomicUsize::new(0),
            reached: Arc::clone(reached),
        })
    }
}

#[async_trait]
impl Consumer for Counting {
    fn source(&self) -> &'static str {
        "things"
    }

    fn kinds(&self) -> &'static [&'static str] {
        &["Counted"]
    }

    async fn apply(&self, _: &Services, tx: &DatabaseTransaction, event: &Event) -> Result<()> {
        if Some(self.seen.fetch_add(1, Ordering::SeqCst)) == self.stop {
            self.reached.add_permits(1);
            std::future::pending::<()>().await;
        }
        thing::Entity::update_many()
            .col_expr(
                thing::Column::Weight,
                Expr::col(thing::Column::Weight).add(1),
            )
            .filter(thing::Column::Name.eq(&event.key))
            .exec(tx)
            .await?;
        Ok(())
    }
}

async fn told(services: &Services) {
    services
        .db
        .write(|tx| {
            Box::pin(async move {
                for n in 0..EVENTS {
                    let event = Event {
                        kind: "Counted".into(),
                        key: format!("thing {n}"),
                        at: testing::clock().now(),
                        body: json!({}),
                    };
                    emit(tx, &event).await?;
                }
                Ok(())
            })
        })
        .await
        .unwrap();
}

/// How often each thing was counted, beyond what it weighed at first.
async fn counts(db: &Database) -> Vec<i64> {
    let mut rows = thing::Entity::find().all(db.read()).await.unwrap();
    rows.sort_by_key(|row| {
        row.name
            .trim_start_matches("thing ")
            .parse::<i64>()
            .unwrap()
    });
    let first = (0..EVENTS).map(|n| n / 3);
    rows.iter()
        .zip(first)
        .map(|(row, first)| row.weight - first)
        .collect()
}

/// Runs a consumer until it stands still in the middle of a batch, and kills its task.
async fn killed_at(services: &Services, feed: &Arc<Outbox>, stop: usize) {
    let reached = Arc::new(Semaphore::new(0));
    let (_keep, shutdown) = watch::channel(false);
    let task = tokio::spawn(run(
        Counting::consumer(Some(stop), &reached),
        services.clone(),
        Arc::clone(feed) as Arc<dyn FeedSource>,
        shutdown,
    ));
    reached.acquire().await.unwrap().forget();
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
}

/// Services over the same data as a process that starts anew would open it.
async fn restarted(url: &str, schema: &str) -> Services {
    let db = database::open_in_schema(url, schema).await.unwrap();
    testing::over(db, &Things, "51").await
}

async fn kills_lose_and_double_nothing(url: &str, schema: &str) {
    let services = restarted(url, schema).await;
    fill(&services, EVENTS).await;
    let source = testing::memory(&Things, "51").await;
    told(&source).await;
    let feed = Arc::new(Outbox(source.db.clone()));
    for stop in [0, 1, 7, EVENTS as usize - 1] {
        let services = restarted(url, schema).await;
        killed_at(&services, &feed, stop).await;
        let services = restarted(url, schema).await;
        assert_eq!(
            counts(&services.db).await,
            vec![0; EVENTS as usize],
            "killed at {stop}"
        );
    }
    let services = restarted(url, schema).await;
    let whole = Counting::consumer(None, &Arc::new(Semaphore::new(0)));
    assert_eq!(
        drain(&whole, &services, feed.as_ref()).await.unwrap(),
        EVENTS as usize
    );
    // More events, and the consumer is killed among those.
    told(&source).await;
    killed_at(&services, &feed, 5).await;
    let services = restarted(url, schema).await;
    drain(&whole, &services, feed.as_ref()).await.unwrap();
    drain(&whole, &services, feed.as_ref()).await.unwrap();
    assert_eq!(counts(&services.db).await, vec![2; EVENTS as usize]);
}

#[tokio::test]
async fn a_consumer_killed_in_a_batch_and_restarted_applies_each_event_once() {
    let file = std::env::temp_dir().join(format!("minzheng-kill-{}.db", uuid::Uuid::new_v4()));
    let url = format!("sqlite://{}?mode=rwc", file.display());
    kills_lose_and_double_nothing(&url, "").await;
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", file.display()));
    }
    if let Ok(url) = std::env::var("MINZHENG_TEST_POSTGRES") {
        let schema = format!("kill_{}", uuid::Uuid::new_v4().simple());
        kills_lose_and_double_nothing(&url, &schema).await;
    }
}

#[tokio::test]
async fn two_processes_that_follow_one_feed_apply_each_event_once() {
    for services in databases().await {
        fill(&services, EVENTS).await;
        let source = testing::memory(&Things, "51").await;
        told(&source).await;
        let feed = Arc::new(Outbox(source.db.clone()));
        let tasks: Vec<_> = (0..4)
            .map(|_| {
                let (services, feed) = (services.clone(), Arc::clone(&feed));
                tokio::spawn(async move {
                    let consumer = Counting::consumer(None, &Arc::new(Semaphore::new(0)));
                    drain(&consumer, &services, feed.as_ref()).await
                })
            })
            .collect();
        let mut applied = 0;
        for task in tasks {
            applied += task.await.unwrap().unwrap();
        }
        assert_eq!(applied, EVENTS as usize);
        assert_eq!(counts(&services.db).await, vec![1; EVENTS as usize]);
    }
}
