//! Peers that are slow, silent or left out: nobody else waits for them, and nothing is forgotten of them.

use super::rights::of_the_province;
use super::world::{Loss, World};
use super::*;
use crate::interop::core::message::{Ending, Notice};
use crate::interop::core::names::TxnId;
use crate::interop::store::load;
use crate::model::interop::{evidence, log as logs, noted, row as rows, telling};
use chrono::TimeDelta;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use uuid::Uuid;

/// The peers that a province goes on without.
async fn left_out(world: &World, code: &str) -> Vec<String> {
    let services = &world.p(code).services;
    let station = load::station(services.db.read(), &world.node(code)).await;
    let station = station.unwrap();
    assert!(station.serving());
    station.overridden.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_peer_that_was_left_out_is_asked_on_and_is_no_longer_missing_when_it_answers() {
    for world in World::on_both(&["51", "32"]).await {
        let p = world.p("51");
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        world.losing(move |from, _, phase| {
            if from == "51" && phase == "HELLO" {
                count.fetch_add(1, Ordering::SeqCst);
                Loss::Question
            } else {
                Loss::Nothing
            }
        });
        run::start_now(&p.services).await;
        for who in ["first", "second"] {
            let input = json!({ "requestKey": who, "authorities": ["32"] });
            let who = of_the_province(p, who);
            p.change(who, "goOnWithoutPeers", "GoOnWithoutInput", "done", input)
                .await;
        }
        assert_eq!(left_out(&world, "51").await, ["32"]);
        let station = "{ interopStation { serving waitingFor leftOut } }";
        let seen = p.data(p.supervisor(), station, none()).await;
        let wanted = json!({ "serving": true, "waitingFor": [], "leftOut": ["32"] });
        assert_eq!(seen["interopStation"], wanted);
        let before = asked.load(Ordering::SeqCst);
        // Each look asks; what is asked goes out in a task of its own.
        let patience = tokio::time::Instant::now() + Duration::from_secs(60);
        while asked.load(Ordering::SeqCst) == before {
            assert!(tokio::time::Instant::now() < patience, "it is not asked on");
            run::look_now(&p.services).await;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        world.losing(|_, _, _| Loss::Nothing);
        while !left_out(&world, "51").await.is_empty() {
            assert!(tokio::time::Instant::now() < patience, "it stays left out");
            run::look_now(&p.services).await;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// A hundred endings wait for a province that does not answer, and one, later, for another.
#[tokio::test]
async fn what_waits_for_a_silent_peer_stands_in_nobody_elses_way() {
    for world in World::on_both(&["51", "32", "35"]).await {
        let services = &world.p("51").services;
        let now = chrono::Utc::now();
        let of = |nth: i64| {
            let silent = nth < 100;
            let notice = Notice {
                id: Uuid::now_v7(),
                txn: TxnId(Uuid::now_v7()),
                ending: Ending::DivorcedByCourt,
                effective_on: "2026-11-20".parse().unwrap(),
            };
            telling::Model {
                notice: notice.id,
                peer: if silent { "32" } else { "35" }.to_owned(),
                body: serde_json::to_string(&notice).unwrap(),
                told: false,
                position: None,
                due_at: Some(now + TimeDelta::seconds(nth)),
                attempts: 0,
                since: Some(now),
            }
        };
        let all: Vec<_> = (0..101).map(of).collect();
        let job = services.db.write(move |tx| {
            let all = all.clone();
            Box::pin(async move {
                for row in all {
                    telling::Entity::insert(telling::ActiveModel::from(row))
                        .exec_without_returning(tx)
                        .await?;
                }
                Ok(())
            })
        });
        job.await.unwrap();
        let first = run::due_for(services, &[]).await;
        assert!(first.iter().all(|peer| peer == "32"), "{first:?}");
        let others = run::due_for(services, &["32".to_owned()]).await;
        assert_eq!(others, ["35"]);
        // Rows that do not say whom they ask, of before this was kept, wait for nobody.
        let unsaid = run::due_for(services, &["32".to_owned(), String::new()]).await;
        assert_eq!(unsaid, ["35"]);
    }
}

/// What a transaction waits for is on file beside it.
#[tokio::test]
async fn each_row_says_whom_it_asks() {
    for world in World::on_both(&["51", "32", "35"]).await {
        let (man, woman) = world::couple(0);
        let p = world.p("51");
        let (his, hers) = (world.p("32").number(man), world.p("35").number(woman));
        let checked = world::ready(p, "k", his, hers).await;
        world.losing(|_, _, phase| match phase {
            "COMMIT_LAST" => Loss::Question,
            _ => Loss::Nothing,
        });
        world::act(p, "registerMarriage", "k", &checked).await;
        run::look_now(&p.services).await;
        run::look_now(&p.services).await;
        let log = logs::Entity::find().one(p.services.db.read()).await;
        let log = log.unwrap().unwrap();
        let da = log.peer.unwrap();
        let ha = if da == "32" { "35" } else { "32" };
        let held = rows::Entity::find()
            .one(world.p(ha).services.db.read())
            .await;
        assert_eq!(held.unwrap().unwrap().peer, Some(da));
        world.losing(|_, _, _| Loss::Nothing);
        world.settle().await;
        for code in ["51", "32", "35"] {
            let db = world.p(code).services.db.read();
            for log in logs::Entity::find().all(db).await.unwrap() {
                assert_eq!(log.peer, None);
            }
            for row in rows::Entity::find().all(db).await.unwrap() {
                assert_eq!(row.peer, None);
            }
        }
    }
}

/// Both sides speak at once, many times: on PostgreSQL each transaction sees the log as it was when it began.
#[tokio::test]
async fn two_provinces_that_speak_at_once_begin_no_new_life_by_themselves() {
    for world in World::on_both(&["51", "32"]).await {
        let station = async |code: &str| {
            let services = &world.p(code).services;
            let station = load::living(services.db.read(), &world.node(code)).await;
            station.unwrap()
        };
        let before = [station("51").await.epoch, station("32").await.epoch];
        let day = "2026-11-20".parse().unwrap();
        let say = async |code: &str, peer: &str| {
            let root = exchange::Root {
                day,
                sent_count: 0,
                sent_root: String::new(),
                received_count: 0,
                received_root: String::new(),
            };
            let (services, node) = (&world.p(code).services, world.node(code));
            let word = exchange::Word::Root(root);
            // One that is not answered is said again by whoever said it.
            let _ = exchange::say(services, &node, peer.parse().unwrap(), word).await;
        };
        for _ in 0..5 {
            let all = (0..16).map(|n| match n % 2 {
                0 => say("51", "32"),
                _ => say("32", "51"),
            });
            futures_util::future::join_all(all).await;
        }
        for (code, epoch) in ["51", "32"].into_iter().zip(before) {
            let now = station(code).await;
            assert!(now.serving(), "{code} began a new life by itself");
            assert_eq!(now.epoch, epoch);
        }
        world.chains_are_whole().await;
    }
}

/// What the last answer to a start of `code` by `peer` gave back.
async fn given_back(world: &World, code: &str, peer: &str) -> Value {
    let last = message::Entity::find()
        .filter(message::Column::Peer.eq(peer))
        .filter(message::Column::Direction.eq(log::IN))
        .filter(message::Column::Phase.eq("HELLO-ANSWER"))
        .order_by_desc(message::Column::Seq)
        .one(world.p(code).services.db.read())
        .await;
    let text = last.unwrap().unwrap().jws;
    let body = text.split('.').nth(1).unwrap().as_bytes();
    let body = data_encoding::BASE64URL_NOPAD.decode(body).unwrap();
    serde_json::from_slice::<Value>(&body).unwrap()["messages"][0].take()
}

#[tokio::test]
async fn a_start_is_given_what_came_since_the_last_one_and_everything_where_a_chain_differs() {
    for world in World::on_both(&["51", "32", "35"]).await {
        let (man, woman) = world::couple(0);
        let p = world.p("51");
        let (his, hers) = (world.p("32").number(man), world.p("35").number(woman));
        let checked = world::ready(p, "k", his, hers).await;
        world::act(p, "registerMarriage", "k", &checked).await;
        world.settle().await;
        let verdicts = async || {
            run::start_now(&world.p("32").services).await;
            let answer = given_back(&world, "32", "51").await;
            assert_eq!(answer["accepted"], true, "{answer}");
            answer["verdicts"].as_array().unwrap().len()
        };
        assert_eq!(verdicts().await, 1);
        assert_eq!(verdicts().await, 0);
        // 51 was restored since, as its chain tells: it begins before all.
        let other = p.services.db.write(|tx| {
            Box::pin(async move {
                evidence::Entity::update_many()
                    .col_expr(evidence::Column::Hash, Expr::value("another"))
                    .exec(tx)
                    .await
                    .map_err(crate::kit::Error::from)
            })
        });
        assert!(other.await.unwrap().rows_affected > 0);
        assert_eq!(verdicts().await, 1);
        assert_eq!(verdicts().await, 0);
    }
}

/// 32 had told an ending that 35 has noted; with a restore 32 has lost it, and 51 had not heard of it yet.
#[tokio::test]
async fn an_ending_that_a_province_has_lost_comes_back_with_its_start() {
    for world in World::on_both(&["51", "32", "35"]).await {
        let (man, woman) = world::couple(0);
        let p = world.p("51");
        let (his, hers) = (world.p("32").number(man), world.p("35").number(woman));
        let checked = world::ready(p, "k", his, hers).await;
        world::act(p, "registerMarriage", "k", &checked).await;
        world.settle().await;
        let log = logs::Entity::find().one(p.services.db.read()).await;
        let notice = Notice {
            id: Uuid::now_v7(),
            txn: TxnId(log.unwrap().unwrap().txn),
            ending: Ending::DivorcedByCourt,
            effective_on: "2026-11-22".parse().unwrap(),
        };
        let row = noted::Model {
            peer: "32".to_owned(),
            notice: notice.id,
            position: 1_000,
            body: serde_json::to_string(&notice).unwrap(),
            hash: "its hash".to_owned(),
        };
        let job = world.p("35").services.db.write(move |tx| {
            let row = row.clone();
            Box::pin(async move {
                noted::Entity::insert(noted::ActiveModel::from(row))
                    .exec_without_returning(tx)
                    .await
                    .map_err(crate::kit::Error::from)
            })
        });
        job.await.unwrap();
        for _ in 0..2 {
            run::start_now(&world.p("32").services).await;
            world.settle().await;
            assert_eq!(world.status("32", man).await, Status::Divorced);
        }
        // The record has ended where it is kept, and where it was accepted.
        for code in ["32", "51"] {
            let db = world.p(code).services.db.read();
            let shared = crate::model::interop::record::Entity::find().one(db).await;
            let id = shared.unwrap().unwrap().record_id;
            let record = crate::model::marriage_record::Entity::find_by_id(id)
                .one(db)
                .await;
            assert_eq!(
                record.unwrap().unwrap().state,
                "DISSOLVED_JUDGMENT",
                "{code}"
            );
        }
        let (db, token) = (world.p("32").services.db.read(), world.p("32").token(man));
        let entries = crate::service::ledger::latest(db, &token, 20).await;
        let entries = entries.unwrap();
        let ends = crate::rules::ledger::LedgerEvent::DivorcedByCourt;
        assert_eq!(entries.iter().filter(|one| one.event == ends).count(), 1);
    }
}

/// An ending that nobody notes is a supervisor's matter, in words.
#[tokio::test]
async fn an_ending_that_a_peer_does_not_note_is_on_the_list_of_supervisors() {
    for mut world in World::on_both(&["51", "32", "35"]).await {
        let pair = late::married(&mut world).await;
        world.losing(|_, to, phase| {
            if phase == "ENDED" && to == "35" {
                Loss::Question
            } else {
                Loss::Nothing
            }
        });
        late::judged(&world, pair, "2026-11-26").await;
        let p = world.p("51");
        let often = p.services.db.write(|tx| {
            Box::pin(async move {
                telling::Entity::update_many()
                    .col_expr(telling::Column::Attempts, Expr::value(9))
                    .filter(telling::Column::Told.eq(false))
                    .exec(tx)
                    .await
                    .map_err(crate::kit::Error::from)
            })
        });
        assert_eq!(often.await.unwrap().rows_affected, 1);
        let list = "{ interopTransactions { id deed state side waitingFor inDoubt permitted explanation explanationZh } }";
        let seen = p.data(p.supervisor(), list, none()).await;
        let shown = seen["interopTransactions"].as_array().unwrap();
        let untold: Vec<_> = shown.iter().filter(|t| t["state"] == "TELLING").collect();
        assert_eq!(untold.len(), 1, "{seen:#}");
        assert_eq!(untold[0]["deed"], "END_MARRIAGE");
        assert_eq!(untold[0]["waitingFor"], "35");
        assert_eq!(untold[0]["inDoubt"], true);
        assert_eq!(untold[0]["permitted"], json!(["ASK_NOW"]));
        // A registrar has nothing to do about it.
        let seen = p.data(p.registrar("510118"), list, none()).await;
        let theirs = seen["interopTransactions"].as_array().unwrap();
        assert!(theirs.iter().all(|t| t["state"] != "TELLING"), "{seen:#}");
        // Told now, and noted: it is off the list.
        let input = json!({ "requestKey": "tell", "transaction": untold[0]["id"] });
        let done = p
            .change(
                p.supervisor(),
                "askInteropNow",
                "AskInteropInput",
                "done",
                input,
            )
            .await;
        assert_eq!(done["done"], true, "{done}");
        world.losing(|_, _, _| Loss::Nothing);
        world.settle().await;
        let seen = p.data(p.supervisor(), list, none()).await;
        let shown = seen["interopTransactions"].as_array().unwrap();
        assert!(shown.iter().all(|t| t["state"] != "TELLING"), "{seen:#}");
    }
}
