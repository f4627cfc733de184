//! Columns that are encrypted in place, read while keys change, and keys that can be dropped.

use std::sync::atomic::{AtomicBool, Ordering};

use sea_orm::{ConnectionTrait, Statement};
use sea_orm_migration::{MigrationTrait, async_trait::async_trait, prelude::*, schema};
use uuid::Uuid;

use super::{rotation, *};
use crate::{Graph, Result, Services, Subsystem, mutation::execute, testing};

const PHONE: SealedColumn =
    SealedColumn::text("caller", "phone", RowKey::Uuid("id")).indexed("phone_index");
const NOTE: SealedColumn = SealedColumn::bytes("caller", "note", RowKey::Uuid("id"));
const ALL: [SealedColumn; 2] = [PHONE, NOTE];

struct Callers;

#[async_trait]
impl Subsystem for Callers {
    fn name(&self) -> &'static str {
        "callers"
    }
    fn migrations(&self) -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(Tables)]
    }
    fn schema(&self, _: Services) -> Graph {
        panic!("no test asks it")
    }
    async fn seed(&self, _: &Services, _: &(dyn Fn(&str, usize, usize) + Sync)) -> Result<()> {
        Ok(())
    }
}

struct Tables;

impl MigrationName for Tables {
    fn name(&self) -> &str {
        "callers_0001"
    }
}

#[async_trait]
impl MigrationTrait for Tables {
    async fn up(&self, manager: &SchemaManager) -> std::result::Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("caller")
                    .col(schema::uuid("id").primary_key())
                    .col(schema::text("phone"))
                    .col(schema::blob_null("phone_index"))
                    .col(schema::blob_null("note"))
                    .to_owned(),
            )
            .await
    }
}

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn phone(n: u128) -> String {
    format!("139{:08}", n % 300)
}

/// Rows as a program of before wrote them: phones in plain.
async fn old_rows(services: &Services, count: u128) {
    let services = services.clone();
    let writer = services.clone();
    services
        .db
        .write(move |tx| {
            let services = writer.clone();
            Box::pin(async move {
                let columns = services
                    .columns
                    .for_writing(tx, services.clock.now())
                    .await?;
                for n in 0..count {
                    let note = columns.encrypt(&NOTE, &id(n).to_string(), &format!("note {n}"))?;
                    execute(
                        tx,
                        "INSERT INTO caller (id, phone, note) VALUES ($1, $2, $3)",
                        vec![id(n).into(), phone(n).into(), note.into()],
                    )
                    .await?;
                }
                Ok(())
            })
        })
        .await
        .unwrap();
}

async fn read_phone(services: &Services, n: u128) -> String {
    let row = services
        .db
        .read()
        .query_one_raw(Statement::from_sql_and_values(
            services.db.backend(),
            "SELECT phone FROM caller WHERE id = $1",
            [id(n).into()],
        ))
        .await
        .unwrap()
        .unwrap();
    let value: String = row.try_get("", "phone").unwrap();
    let opened = services
        .columns
        .open_text(services.db.read(), &PHONE, &id(n).to_string(), &value)
        .await
        .unwrap();
    opened.to_string()
}

/// Whether any phone lies in plain in the table.
async fn plain_phones(services: &Services) -> usize {
    let rows = services
        .db
        .read()
        .query_all_raw(Statement::from_string(
            services.db.backend(),
            "SELECT phone FROM caller WHERE phone LIKE '139%'",
        ))
        .await
        .unwrap();
    rows.len()
}

async fn found(services: &Services, phone: &str) -> usize {
    let columns = services.columns.load(services.db.read()).await.unwrap();
    let mut found = 0;
    for index in columns.indexes(&PHONE, phone) {
        let rows = services
            .db
            .read()
            .query_all_raw(Statement::from_sql_and_values(
                services.db.backend(),
                "SELECT id FROM caller WHERE phone_index = $1",
                [index.into()],
            ))
            .await
            .unwrap();
        found += rows.len();
    }
    found
}

#[tokio::test]
async fn what_was_plain_is_encrypted_in_place_and_can_be_cut_off_and_run_again() {
    for services in testing::databases(&Callers, "51").await {
        old_rows(&services, 450).await;
        assert_eq!(plain_phones(&services).await, 450);
        assert_eq!(read_phone(&services, 7).await, phone(7));
        // Cut off after the first transaction: the task is dropped while it works.
        let reached = std::sync::Arc::new(tokio::sync::Notify::new());
        let (working, tell) = (services.clone(), reached.clone());
        let cut = tokio::spawn(async move {
            rotation::seal_existing(&working, &ALL, &|_, done, _| {
                if done > 0 {
                    tell.notify_one();
                }
            })
            .await
        });
        reached.notified().await;
        cut.abort();
        let _ = cut.await;
        rotation::seal_existing(&services, &ALL, &|_, _, _| ())
            .await
            .unwrap();
        assert_eq!(plain_phones(&services).await, 0);
        for n in [0, 7, 199, 200, 449] {
            assert_eq!(read_phone(&services, n).await, phone(n));
        }
        // Phones repeat after 300 rows; the blind index finds both and tells them from others.
        assert_eq!(found(&services, &phone(7)).await, 2);
        assert_eq!(found(&services, &phone(299)).await, 1);
        assert_eq!(found(&services, "13900000999").await, 0);
        let again = rotation::seal_existing(&services, &ALL, &|_, _, _| ()).await;
        assert_eq!(again.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_rotation_that_is_cut_off_goes_on_with_the_same_key_while_others_read_and_write() {
    for services in testing::databases(&Callers, "51").await {
        old_rows(&services, 900).await;
        rotation::seal_existing(&services, &ALL, &|_, _, _| ())
            .await
            .unwrap();
        let reached = std::sync::Arc::new(tokio::sync::Notify::new());
        let (working, tell) = (services.clone(), reached.clone());
        let cut = tokio::spawn(async move {
            rotation::data_keys(&working, &ALL, Some(Cipher::Sm4Gcm), &|_, done, _| {
                if done > 0 {
                    tell.notify_one();
                }
            })
            .await
        });
        reached.notified().await;
        cut.abort();
        let _ = cut.await;
        let held = services.columns.load(services.db.read()).await.unwrap();
        assert_eq!(held.newest(), 2);

        // Another process, which opened the old keys and knows nothing of the new one, goes on.
        let other = Services {
            columns: testing::columns(&[[5; 32]]),
            ..services.clone()
        };
        assert_eq!(read_phone(&other, 3).await, phone(3));
        let stop = std::sync::Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let writing = other.clone();
        let busy = tokio::spawn(async move {
            let mut written = 0_u128;
            while !stopped.load(Ordering::SeqCst) {
                let n = 10_000 + written;
                let services = writing.clone();
                let done = writing
                    .db
                    .write(move |tx| {
                        let services = services.clone();
                        Box::pin(async move {
                            let columns = services
                                .columns
                                .for_writing(tx, services.clock.now())
                                .await?;
                            let row = id(n).to_string();
                            execute(
                                tx,
                                "INSERT INTO caller (id, phone, phone_index) VALUES ($1, $2, $3)",
                                vec![
                                    id(n).into(),
                                    columns.encrypt_text(&PHONE, &row, &phone(n))?.into(),
                                    columns.index(&PHONE, &phone(n))?.into(),
                                ],
                            )
                            .await?;
                            Ok(())
                        })
                    })
                    .await;
                // A writer that the database could not serve in its tries has written nothing.
                if done.is_ok() {
                    written += 1;
                }
                assert_eq!(read_phone(&writing, 11).await, phone(11));
            }
            written
        });
        rotation::data_keys(&services, &ALL, None, &|_, _, _| ())
            .await
            .unwrap();
        rotation::index_keys(&services, &ALL, &|_, _, _| ())
            .await
            .unwrap();
        stop.store(true, Ordering::SeqCst);
        let written = busy.await.unwrap();
        let keys = services.columns.load(services.db.read()).await.unwrap();
        // The old keys are gone, and every value opens with what is left.
        assert_eq!(keys.newest(), 2);
        assert_eq!(ring::read(services.db.read()).await.unwrap().len(), 2);
        for n in (0..900).chain(10_000..10_000 + written) {
            assert_eq!(read_phone(&services, n).await, phone(n));
        }
        let meanwhile = (0..written).filter(|n| phone(10_000 + n) == phone(7));
        assert_eq!(found(&services, &phone(7)).await, 3 + meanwhile.count());
    }
}

#[tokio::test]
async fn a_value_read_just_before_its_key_is_dropped_is_opened_just_after() {
    let services = testing::memory(&Callers, "51").await;
    old_rows(&services, 2).await;
    rotation::seal_existing(&services, &ALL, &|_, _, _| ())
        .await
        .unwrap();
    let columns = services.columns.load(services.db.read()).await.unwrap();
    let row = id(0).to_string();
    let before = columns.encrypt_text(&PHONE, &row, &phone(0)).unwrap();
    rotation::data_keys(&services, &ALL, None, &|_, _, _| ())
        .await
        .unwrap();
    let opened = services
        .columns
        .open_text(services.db.read(), &PHONE, &row, &before)
        .await
        .unwrap();
    assert_eq!(opened.as_str(), phone(0));
}

#[tokio::test]
async fn a_value_moved_to_another_row_or_column_does_not_open() {
    let services = testing::memory(&Callers, "51").await;
    old_rows(&services, 2).await;
    let columns = services.columns.load(services.db.read()).await.unwrap();
    let (one, two) = (id(0).to_string(), id(1).to_string());
    let text = columns.encrypt_text(&PHONE, &one, "13900000001").unwrap();
    assert!(text.starts_with("enc:1:") && !text.contains("139"));
    assert_eq!(
        columns.decrypt_text(&PHONE, &one, &text).unwrap().as_str(),
        "13900000001"
    );
    assert!(columns.decrypt_text(&PHONE, &two, &text).is_err());
    assert!(columns.decrypt_text(&NOTE, &one, &text).is_err());
    assert_eq!(columns.encrypt_text(&PHONE, &one, "").unwrap(), "");
}

#[tokio::test]
async fn a_copy_of_the_database_without_the_master_key_opens_nothing() {
    let services = testing::memory(&Callers, "51").await;
    old_rows(&services, 1).await;
    let thief = Services {
        columns: testing::columns(&[[6; 32]]),
        ..services.clone()
    };
    assert!(thief.columns.load(thief.db.read()).await.is_err());
}
