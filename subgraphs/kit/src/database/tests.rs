//! The database as subgraphs use it: on SQLite always, on PostgreSQL too where
//! `MINZHENG_TEST_POSTGRES` names a server.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use sea_orm::{ActiveValue::Set, entity::prelude::*};
use sea_orm_migration::{MigrationTrait, prelude::*};

use super::*;
use crate::{
    Graph, Principal, Services, Subsystem, UserError,
    events::{self, Event},
    mutation,
    page::{PageArgs, keyset},
    testing,
};

pub(crate) mod thing {
    #![allow(unreachable_pub, reason = "the derive wants public items")]
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "thing")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub name: String,
        pub weight: i64,
        pub day: Date,
        pub at: DateTimeUtc,
        pub heavy: bool,
        pub share: f64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

struct Table;

impl MigrationName for Table {
    fn name(&self) -> &str {
        "thing_0001"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Table {
    async fn up(&self, manager: &SchemaManager) -> std::result::Result<(), DbErr> {
        use sea_orm_migration::schema::*;
        manager
            .create_table(
                Table_::create()
                    .table("thing")
                    .col(uuid("id").primary_key())
                    .col(text("name"))
                    .col(big_integer("weight"))
                    .col(date("day"))
                    .col(timestamp_with_time_zone("at"))
                    .col(boolean("heavy"))
                    .col(double("share"))
                    .to_owned(),
            )
            .await
    }
}

use sea_orm_migration::prelude::Table as Table_;

pub(crate) struct Things;

#[async_trait::async_trait]
impl Subsystem for Things {
    fn name(&self) -> &'static str {
        "things"
    }
    fn migrations(&self) -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(Table)]
    }
    fn schema(&self, _: Services) -> Graph {
        unreachable!("these tests need no schema")
    }
    async fn seed(&self, _: &Services, _: &(dyn Fn(&str, usize, usize) + Sync)) -> Result<()> {
        Ok(())
    }
}

/// Every test runs on each kind of database that is there.
pub(crate) async fn databases() -> Vec<Services> {
    testing::databases(&Things, "51").await
}

fn row(n: i64) -> thing::ActiveModel {
    thing::ActiveModel {
        id: Set(crate::id::derived("thing", &n.to_string())),
        name: Set(format!("thing {n}")),
        weight: Set(n / 3),
        day: Set("2026-11-22".parse().unwrap()),
        at: Set(testing::clock().now()),
        heavy: Set(n % 2 == 0),
        share: Set(n as f64 / 7.0),
    }
}

pub(crate) async fn fill(services: &Services, count: i64) {
    services
        .db
        .write(move |tx| Box::pin(async move { insert_many(tx, (0..count).map(row)).await }))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_test_that_listens_hears_what_runs_with_its_values_and_nothing_of_before() {
    for services in databases().await {
        fill(&services, 3).await;
        assert!(
            testing::listen(&services.db).is_empty(),
            "heard before it listened"
        );
        fill(&services, 0).await;
        let wanted = thing::Column::Name.eq("thing 1");
        thing::Entity::find()
            .filter(wanted)
            .all(services.db.read())
            .await
            .unwrap();
        services
            .db
            .write(|tx| {
                Box::pin(async move {
                    thing::Entity::find()
                        .filter(thing::Column::Weight.eq(7))
                        .one(tx)
                        .await?;
                    Ok(())
                })
            })
            .await
            .unwrap();
        let heard = testing::listen(&services.db);
        let of_things: Vec<String> = heard
            .iter()
            .filter(|statement| statement.sql.contains("FROM \"thing\""))
            .map(ToString::to_string)
            .collect();
        assert_eq!(of_things.len(), 2, "{heard:?}");
        assert!(of_things[0].contains("'thing 1'") && of_things[1].contains('7'));
        assert!(testing::listen(&services.db).is_empty());
    }
}

#[tokio::test]
async fn many_rows_go_in_with_few_statements_and_come_back_as_they_were() {
    for services in databases().await {
        let before = services.db.statements();
        fill(&services, 1_001).await;
        assert_eq!(services.db.statements() - before, 6);
        let all = thing::Entity::find().all(services.db.read()).await.unwrap();
        assert_eq!(all.len(), 1_001);
        let one = thing::Entity::find_by_id(crate::id::derived("thing", "700"))
            .one(services.db.read())
            .await
            .unwrap()
            .unwrap();
        assert_eq!((one.weight, one.heavy, one.share), (233, true, 100.0));
        assert_eq!(one.at, testing::clock().now());
    }
}

#[tokio::test]
async fn a_failed_write_leaves_nothing() {
    for services in databases().await {
        let outcome: Result<()> = services
            .db
            .write(|tx| {
                Box::pin(async move {
                    insert_many(tx, [row(1)]).await?;
                    Err(UserError::new("NO", "No.", "不。").into())
                })
            })
            .await;
        assert!(matches!(outcome, Err(Error::Invalid(_))));
        let left = thing::Entity::find()
            .count(services.db.read())
            .await
            .unwrap();
        assert_eq!(left, 0);
        fill(&services, 1).await;
        let twice = services
            .db
            .write(|tx| Box::pin(async move { insert_many(tx, [row(0)]).await }))
            .await;
        assert!(matches!(twice, Err(Error::Conflict)), "{twice:?}");
    }
}

/// Two who make the same row at once: the second is told of a duplicate key of which its snapshot knows nothing.
#[tokio::test]
async fn a_row_made_meanwhile_by_somebody_else_is_seen_by_running_again() {
    for services in databases().await {
        // SQLite has one writer, so nobody writes meanwhile.
        if services.db.backend() != DbBackend::Postgres {
            continue;
        }
        let runs = Arc::new(AtomicUsize::new(0));
        let found = services
            .db
            .write(|tx| {
                let (runs, other) = (Arc::clone(&runs), services.db.writer().clone());
                Box::pin(async move {
                    let first = runs.fetch_add(1, Ordering::SeqCst) == 0;
                    let there = thing::Entity::find_by_id(crate::id::derived("thing", "0"))
                        .one(tx)
                        .await?;
                    if there.is_some() {
                        return Ok(true);
                    }
                    if first {
                        insert_many(&other, [row(0)]).await?;
                    }
                    insert_many(tx, [row(0)]).await?;
                    Ok(false)
                })
            })
            .await;
        assert!(matches!(found, Ok(true)), "{found:?}");
        assert_eq!(runs.load(Ordering::SeqCst), 2);
    }
}

/// A client that goes away drops its write wherever it stands: before, in or after the beginning, a statement
/// or the commit.
#[tokio::test]
async fn a_write_dropped_at_any_point_leaves_no_connection_in_a_transaction() {
    for services in databases().await {
        fill(&services, 1).await;
        for polls in 0..40 {
            let db = services.db.clone();
            let mut write = Box::pin(async move {
                db.write(|tx| {
                    Box::pin(async move {
                        thing::Entity::find().count(tx).await?;
                        thing::Entity::find().count(tx).await?;
                        Ok(())
                    })
                })
                .await
            });
            let mut polled = 0;
            let dropped = std::future::poll_fn(|context| {
                polled += 1;
                match write.as_mut().poll(context) {
                    std::task::Poll::Pending if polled <= polls => std::task::Poll::Pending,
                    _ => std::task::Poll::Ready(()),
                }
            });
            dropped.await;
            drop(write);
            // Whoever gets such a connection reads in the transaction that should not be, and then cannot write.
            tokio::time::sleep(Duration::from_millis(2)).await;
            let reads = (0..10).map(|_| thing::Entity::find().count(services.db.read()));
            for read in futures_util::future::join_all(reads).await {
                assert_eq!(read.unwrap(), 1);
            }
            let writes = (0..10).map(|_| {
                services
                    .db
                    .write(|tx| Box::pin(async move { Ok(thing::Entity::find().count(tx).await?) }))
            });
            for write in futures_util::future::join_all(writes).await {
                assert_eq!(write.unwrap(), 1, "dropped at poll {polls}");
            }
        }
    }
}

#[tokio::test]
async fn concurrent_writers_lose_no_update() {
    const WRITERS: usize = 24;
    for services in databases().await {
        fill(&services, 1).await;
        let tries = Arc::new(AtomicUsize::new(0));
        let adding = (0..WRITERS).map(|_| {
            let (db, tries) = (services.db.clone(), Arc::clone(&tries));
            tokio::spawn(async move {
                testing::eagerly(&db, move |tx| {
                    tries.fetch_add(1, Ordering::Relaxed);
                    Box::pin(async move {
                        let row = thing::Entity::find()
                            .one(tx)
                            .await?
                            .ok_or(Error::NotFound)?;
                        let weight = row.weight + 1;
                        let mut row: thing::ActiveModel = row.into();
                        row.weight = Set(weight);
                        row.update(tx).await?;
                        Ok(())
                    })
                })
                .await
            })
        });
        for done in futures_util::future::join_all(adding).await {
            done.unwrap().unwrap();
        }
        let row = thing::Entity::find()
            .one(services.db.read())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(row.weight, WRITERS as i64, "{:?}", services.db.backend());
        assert!(tries.load(Ordering::Relaxed) >= WRITERS);
    }
}

#[tokio::test]
async fn readers_of_sqlite_cannot_write() {
    let services = testing::memory(&Things, "51").await;
    let outcome = insert_many(services.db.read(), [row(1)]).await;
    assert!(outcome.is_err());
}

#[tokio::test]
async fn pages_of_a_table_meet_in_both_directions() {
    for services in databases().await {
        fill(&services, 100).await;
        let order = [
            (thing::Column::Weight, Order::Desc),
            (thing::Column::Id, Order::Asc),
        ];
        let page = async |args: PageArgs| {
            let select = thing::Entity::find();
            keyset(services.db.read(), select, &order, &args, |rows| {
                rows.into_iter().map(|row| row.name).collect()
            })
            .await
            .unwrap()
        };
        let whole = page(PageArgs::forward(Some(500), None)).await;
        let whole: Vec<String> = whole.edges.into_iter().map(|edge| edge.node).collect();
        assert_eq!(whole.len(), 100);

        let (mut forward, mut after) = (Vec::new(), None);
        loop {
            let page = page(PageArgs::forward(Some(7), after)).await;
            after = page.edges.last().map(|edge| edge.cursor.clone());
            forward.extend(page.edges.into_iter().map(|edge| edge.node));
            if !page.has_next_page {
                break;
            }
        }
        assert_eq!(forward, whole);

        let (mut backward, mut before) = (Vec::new(), None);
        loop {
            let page = page(PageArgs::new(None, None, Some(9), before)).await;
            before = page.edges.first().map(|edge| edge.cursor.clone());
            backward.extend(page.edges.into_iter().rev().map(|edge| edge.node));
            if !page.has_previous_page {
                break;
            }
        }
        backward.reverse();
        assert_eq!(backward, whole);
    }
}

#[tokio::test]
async fn a_repeated_request_gets_the_first_answer_and_another_body_is_refused() {
    for services in databases().await {
        let runs = Arc::new(AtomicUsize::new(0));
        let ask = async |who: Principal, body: &'static str| {
            let runs = Arc::clone(&runs);
            let body = mutation::Fingerprint::of(&services, &body)?;
            services
                .db
                .write(move |tx| {
                    let (who, runs, body) = (who.clone(), Arc::clone(&runs), body.clone());
                    Box::pin(async move {
                        mutation::once(tx, &who, "key-1", &body, async {
                            Ok(runs.fetch_add(1, Ordering::SeqCst))
                        })
                        .await
                    })
                })
                .await
        };
        let anna = Principal::citizen("51", "anna");
        assert_eq!(ask(anna.clone(), "a").await.unwrap(), 0);
        assert_eq!(ask(anna.clone(), "a").await.unwrap(), 0);
        let Err(Error::Invalid(refused)) = ask(anna, "b").await else {
            panic!("another body must be refused")
        };
        assert_eq!(refused.code, "REQUEST_KEY_REUSED");
        // Another person's key of the same name is another key.
        assert_eq!(
            ask(Principal::citizen("51", "berta"), "b").await.unwrap(),
            1
        );
    }
}

#[tokio::test]
async fn history_tells_who_and_old_answers_are_forgotten() {
    for services in databases().await {
        let now = testing::clock().now() + chrono::Duration::days(36_500);
        let body = mutation::Fingerprint::of(&services, &1).unwrap();
        let forgotten = services
            .db
            .write(move |tx| {
                let body = body.clone();
                Box::pin(async move {
                    let who = Principal::registrar("51", "510118", None);
                    let after = Some(serde_json::json!({ "state": "OPEN" }));
                    mutation::history(tx, "Thing", "1", &who, None, after).await?;
                    mutation::once(tx, &who, "k", &body, async { Ok(1) }).await?;
                    mutation::forget_old_requests(tx, now).await
                })
            })
            .await
            .unwrap();
        assert_eq!(forgotten, 1);
    }
}

#[tokio::test]
async fn the_outbox_is_read_in_order_while_many_write_it() {
    for services in databases().await {
        let emitting = (0..20).map(|n| {
            let db = services.db.clone();
            tokio::spawn(async move {
                testing::eagerly(&db, move |tx| {
                    Box::pin(async move {
                        let event = Event {
                            kind: "Counted".into(),
                            key: n.to_string(),
                            at: testing::clock().now(),
                            body: serde_json::json!({}),
                        };
                        events::emit(tx, &event).await
                    })
                })
                .await
            })
        });
        let all = futures_util::future::join_all(emitting);
        tokio::pin!(all);
        let (mut seen, mut after, mut done) = (0, 0, false);
        while !done || seen < 20 {
            tokio::select! {
                written = &mut all, if !done => {
                    written.into_iter().for_each(|one| one.unwrap().unwrap());
                    done = true;
                }
                read = events::read_outbox(services.db.read(), after, 3) => {
                    for event in read.unwrap() {
                        assert!(event.seq > after);
                        after = event.seq;
                        seen += 1;
                    }
                }
            }
        }
        assert_eq!(seen, 20, "{:?}", services.db.backend());
    }
}

#[tokio::test]
async fn migrations_run_once_however_often_they_are_asked_for() {
    for services in databases().await {
        crate::subsystem::migrate(&Things, &services.db)
            .await
            .unwrap();
        assert!(
            crate::subsystem::seed_once(&Things, &services, &|_, _, _| ())
                .await
                .unwrap()
        );
        assert!(
            !crate::subsystem::seed_once(&Things, &services, &|_, _, _| ())
                .await
                .unwrap()
        );
    }
}

#[tokio::test]
async fn a_damaged_or_unreachable_file_is_one_clear_sentence_and_stays_as_it_is() {
    let folder = std::env::temp_dir().join(format!("minzheng-damaged-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("things.db");
    let garbage = vec![b'x'; 8192];
    std::fs::write(&path, &garbage).unwrap();
    let sentence = |outcome: Result<Database>| match outcome {
        Err(Error::Internal(sentence)) => sentence,
        other => panic!("{other:?}"),
    };
    let told = sentence(open(&format!("sqlite://{}?mode=rwc", path.display())).await);
    assert!(
        told.contains("damaged") && told.contains("things.db"),
        "{told}"
    );
    assert_eq!(std::fs::read(&path).unwrap(), garbage);
    let nowhere = folder.join("missing").join("things.db");
    let told = sentence(open(&format!("sqlite://{}?mode=rwc", nowhere.display())).await);
    assert!(told.contains("cannot be opened"), "{told}");
    let told = sentence(open("mysql://nobody").await);
    assert!(told.contains("sqlite:"), "{told}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_schema_is_split_off_a_postgres_address() {
    let table = [
        ("postgres://h/db", "postgres://h/db", None),
        ("postgres://h/db?schema=a", "postgres://h/db", Some("a")),
        (
            "postgres://h/db?sslmode=require&schema=a",
            "postgres://h/db?sslmode=require",
            Some("a"),
        ),
    ];
    for (url, rest, schema) in table {
        assert_eq!(
            open::split_schema(url),
            (rest.to_owned(), schema.map(str::to_owned))
        );
    }
}
