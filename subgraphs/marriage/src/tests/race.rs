//! Many at once: one winner for a place, numbers without gaps. On SQLite always, on PostgreSQL when
//! `MINZHENG_TEST_POSTGRES` names one.

use super::*;
use crate::kit::{Error, database, testing};
use crate::rules::certificate::Prefix;
use crate::rules::opening::Service;
use crate::service::registration::{Registration, register};
use crate::service::slot_id::SlotKey;
use crate::service::{certificates, registries, slots};
use std::sync::Arc;

/// Seeded services on each database there is.
pub(super) async fn everywhere() -> Vec<Services> {
    let mut all = vec![testing::seeded(&Marriage, "36").await];
    if let Ok(url) = std::env::var("MINZHENG_TEST_POSTGRES") {
        let schema = format!("marriage_{}", crate::kit::id::new().simple());
        let db = database::open_in_schema(&url, &schema).await.unwrap();
        let services = testing::over(db, &Marriage, "36").await;
        Marriage.seed(&services, &|_, _, _| ()).await.unwrap();
        all.push(services);
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_clients_after_one_place_exactly_one_wins() {
    for services in everywhere().await {
        let key = SlotKey {
            registry: registry_id("361103-1"),
            service: Service::Divorce,
            day: "2026-11-25".parse().unwrap(),
            opens: 540,
        };
        let services = Arc::new(services);
        let clients = (0..100).map(|n| {
            let services = Arc::clone(&services);
            tokio::spawn(async move {
                services
                    .db
                    .write(|tx| {
                        let now = services.clock.now();
                        Box::pin(async move {
                            slots::book(tx, key, &[format!("client{n}")], false, now).await
                        })
                    })
                    .await
            })
        });
        let outcomes = futures_util::future::join_all(clients).await;
        let mut won = 0;
        for outcome in outcomes {
            match outcome.unwrap() {
                Ok(_) => won += 1,
                Err(Error::Invalid(refusal)) => assert_eq!(refusal.code, "SLOT_FULL"),
                // A busy database asks to try again; nobody is booked twice for it.
                Err(Error::Unavailable) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!(won, 1, "{:?}", services.db.backend());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn certificate_numbers_have_no_gap_whatever_is_rolled_back() {
    for services in everywhere().await {
        let services = Arc::new(services);
        let clients = (0..100).map(|n| {
            let services = Arc::clone(&services);
            tokio::spawn(async move {
                eagerly(&services, move |tx| {
                    Box::pin(async move {
                        let number =
                            certificates::allocate(tx, Prefix::Divorce, "361103", 2031).await?;
                        // Every third transaction fails after it took its number.
                        if n % 3 == 0 {
                            Err(Error::NotFound)
                        } else {
                            Ok(number.serial)
                        }
                    })
                })
                .await
            })
        });
        let mut serials: Vec<u32> = futures_util::future::join_all(clients)
            .await
            .into_iter()
            .filter_map(|outcome| outcome.unwrap().ok())
            .collect();
        serials.sort_unstable();
        assert_eq!(
            serials,
            (1..=66).collect::<Vec<u32>>(),
            "{:?}",
            services.db.backend()
        );
    }
}

/// Writes, and tries again while the database is too busy, as a client would.
async fn eagerly<T: Send>(
    services: &Services,
    work: impl for<'c> Fn(
        &'c sea_orm::DatabaseTransaction,
    ) -> futures_util::future::BoxFuture<'c, crate::kit::Result<T>>
    + Send
    + Clone,
) -> crate::kit::Result<T> {
    loop {
        match services.db.write(work.clone()).await {
            Err(Error::Unavailable) => {}
            other => return other,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_tickets_have_a_hundred_numbers_without_a_gap() {
    for services in everywhere().await {
        let services = Arc::new(services);
        let registry = registry_id("361103-1");
        let officer = Principal::registrar("36", "361103", None);
        let clients = (0..100).map(|n| {
            let (services, officer) = (Arc::clone(&services), officer.clone());
            tokio::spawn(async move {
                loop {
                    let what = crate::service::queue::Take {
                        registry,
                        service: "MARRIAGE",
                        appointment: None,
                    };
                    let key = format!("ticket {n}");
                    let key = crate::service::act::Key {
                        mutation: "takeTicket",
                        request: &key,
                    };
                    let outcome =
                        crate::service::act::run(&services, &officer, key, what, |a, w| {
                            Box::pin(crate::service::queue::take(a, w))
                        });
                    match outcome.await {
                        Ok(id) => return id,
                        Err(crate::service::act::NotDone::Stopped(Error::Unavailable)) => {}
                        Err(other) => panic!("{other:?}"),
                    }
                }
            })
        });
        let made = futures_util::future::join_all(clients).await.len();
        assert_eq!(made, 100);
        use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
        let rows = crate::model::queue_ticket::Entity::find()
            .filter(crate::model::queue_ticket::Column::RegistryId.eq(registry))
            .order_by_asc(crate::model::queue_ticket::Column::Number)
            .all(services.db.read())
            .await
            .unwrap();
        let numbers: Vec<i32> = rows.iter().map(|row| row.number).collect();
        assert_eq!(
            numbers,
            (1..=104).collect::<Vec<i32>>(),
            "four of the demonstration"
        );
    }
}

#[tokio::test]
async fn a_registration_certifies_both_counts_itself_and_blocks_the_next() {
    for services in everywhere().await {
        let row = Arc::new(
            registries::by_id(services.db.read(), registry_id("361103-1"))
                .await
                .unwrap(),
        );
        let token = |index| services.tokenizer.demo(&person("36", index)).to_string();
        let (man, woman) = (token(2), token(3));
        let month = crate::kit::YearMonth {
            year: 2026,
            month: 11,
        };
        let county = [row.county_id];
        let counted = || async {
            let stats =
                crate::service::statistics::monthly(services.db.read(), &county, month, month);
            stats.await.unwrap()[&row.county_id][0].registered
        };
        let before = counted().await;
        let now = services.clock.now();
        let go = || {
            services.db.write(|tx| {
                let (row, man, woman) = (Arc::clone(&row), man.clone(), woman.clone());
                Box::pin(async move {
                    let what = Registration {
                        registry: &row,
                        code_of_the_day: "361103",
                        kind: "MARRIAGE",
                        man: &man,
                        woman: &woman,
                        conditions_first_met: None,
                        cross_province: false,
                    };
                    register(tx, &what, now).await
                })
            })
        };
        let record = go().await.unwrap();
        assert!(record.certificate_no.unwrap().starts_with("J361103-2026-"));
        assert_eq!(counted().await, before + 1);
        let papers = certificates::of_records(services.db.read(), &[record.id])
            .await
            .unwrap();
        assert_eq!(papers[&record.id].len(), 2);
        match go().await {
            Err(Error::Invalid(refusal)) => assert_eq!(refusal.code, "SPOUSE_ON_RECORD"),
            other => panic!("{other:?}"),
        }
    }
}

/// Counts who won; whoever lost was refused by one of these codes.
fn winners(outcomes: Vec<crate::kit::Result<()>>, refused: &[&str]) -> usize {
    let mut won = 0;
    for outcome in outcomes {
        match outcome {
            Ok(()) => won += 1,
            Err(Error::Invalid(refusal)) => {
                assert!(refused.contains(&&*refusal.code), "{}", refusal.code);
            }
            // A busy database asks to try again; nothing was written for it.
            Err(Error::Unavailable | Error::Conflict | Error::Busy) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    won
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_registrations_of_one_man_exactly_one_is_made() {
    // I-1, 民法典 1042.
    for services in everywhere().await {
        let services = Arc::new(services);
        let hall = registries::by_id(services.db.read(), registry_id("361103-1"))
            .await
            .unwrap();
        let clients = (0..100).map(|n| {
            let (services, hall) = (Arc::clone(&services), hall.clone());
            tokio::spawn(async move {
                let base = Arc::clone(&services);
                let made = eagerly(&base, move |tx| {
                    let (services, hall) = (Arc::clone(&services), hall.clone());
                    Box::pin(async move {
                        let woman = format!("woman{n}");
                        let what = Registration {
                            registry: &hall,
                            code_of_the_day: "361103",
                            kind: "MARRIAGE",
                            man: "theman",
                            woman: &woman,
                            conditions_first_met: None,
                            cross_province: false,
                        };
                        register(tx, &what, services.clock.now()).await.map(|_| ())
                    })
                });
                made.await
            })
        });
        let outcomes = futures_util::future::join_all(clients).await;
        let outcomes = outcomes.into_iter().map(|o| o.unwrap()).collect();
        let backend = services.db.backend();
        assert_eq!(winners(outcomes, &["SPOUSE_ON_RECORD"]), 1, "{backend:?}");
        let man = ["theman".to_owned()];
        let ledgers = crate::service::ledger::of_persons(services.db.read(), &man)
            .await
            .unwrap();
        assert_eq!(ledgers["theman"].entries.len(), 1);
        assert!(ledgers["theman"].chain_intact);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_divorce_applications_of_one_couple_exactly_one_is_received() {
    // M-19, 民法典 1077.
    use crate::service::divorce::{Receipt, receive};
    for services in everywhere().await {
        let services = Arc::new(services);
        let token = |n| services.tokenizer.demo(&person("36", n)).to_string();
        let (man, woman) = (token(0), token(1));
        let clients = (0..100).map(|_| {
            let services = Arc::clone(&services);
            let (man, woman) = (man.clone(), woman.clone());
            tokio::spawn(async move {
                let base = Arc::clone(&services);
                let made = eagerly(&base, move |tx| {
                    let services = Arc::clone(&services);
                    let (man, woman) = (man.clone(), woman.clone());
                    Box::pin(async move {
                        let receipt = Receipt {
                            registry: registry_id("361103-1"),
                            both_present: true,
                            agreement_signed: true,
                            full_capacity: true,
                            children: None,
                            agreement_sealed: None,
                            crisis_help_accepted: None,
                            registrar: None,
                        };
                        receive(&services, tx, &man, &woman, &receipt)
                            .await
                            .map(|_| ())
                    })
                });
                made.await
            })
        });
        let outcomes = futures_util::future::join_all(clients).await;
        let outcomes = outcomes.into_iter().map(|o| o.unwrap()).collect();
        let backend = services.db.backend();
        assert_eq!(
            winners(outcomes, &["APPLICATION_ALREADY_OPEN"]),
            1,
            "{backend:?}"
        );
    }
}
