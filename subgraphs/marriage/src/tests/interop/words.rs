//! Texts and their log: what is not believed changes nothing, days are sealed whoever was away, and what is past its
//! time goes.

use super::holds::held;
use super::world::{Loss, World, act, couple, now, ready};
use super::*;
use crate::interop::exchange::{Root, Word, say};
use crate::model::interop::root;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter};

#[tokio::test]
async fn an_answer_that_is_forged_stale_or_a_strangers_decides_nothing() {
    let world = World::of(&["51", "32", "35"]).await;
    for (nth, forged) in [Loss::Forged, Loss::Earlier, Loss::Stranger]
        .into_iter()
        .enumerate()
    {
        let (man, woman) = couple(nth);
        let p = world.p("51");
        let (his, hers) = (world.p("32").number(man), world.p("35").number(woman));
        let checked = ready(p, &format!("k{nth}"), his, hers).await;
        world.losing(move |from, _, phase| match phase {
            "TRY" | "COMMIT_LAST" | "CONFIRM" | "RESOLVE" if from == "51" => forged,
            _ => Loss::Nothing,
        });
        act(p, "registerMarriage", &format!("k{nth}"), &checked).await;
        for _ in 0..3 {
            run::look_now(&p.services).await;
        }
        // HA has promised; the coordinator believes no word of it.
        let waiting = now(p, &checked).await;
        assert_eq!(waiting["state"], "HOLDING", "{forged:?}: {waiting}");
        let ha = match world.status("32", man).await {
            Status::Held => "32",
            _ => "35",
        };
        held(world.p(ha)).await;
        world.losing(|_, _, _| Loss::Nothing);
        world.settle().await;
        assert_eq!(now(p, &checked).await["state"], "REGISTERED", "{forged:?}");
    }
    world.chains_are_whole().await;
}

#[tokio::test]
async fn every_day_is_sealed_and_told_however_long_somebody_was_away_and_three_years_are_kept() {
    for world in World::on_both(&["51", "32"]).await {
        let p = world.p("51");
        let db = &p.services.db;
        let now = chrono::Utc::now();
        let today = crate::service::shanghai(now).date();
        let open = async |last: chrono::NaiveDate| {
            let found =
                db.write(move |tx| Box::pin(async move { log::open_roots(tx, "32", last).await }));
            let found: Vec<root::Model> = found.await.unwrap();
            found
        };
        // Three messages are of four days ago, when nobody sealed anything, and all others of this very moment, though
        // midnight may have passed since they came.
        let days = chrono::TimeDelta::days;
        let then = now - days(4);
        let moved = db.write(move |tx| {
            Box::pin(async move {
                message::Entity::update_many()
                    .col_expr(message::Column::At, Expr::value(now))
                    .filter(message::Column::Seq.gt(1))
                    .exec(tx)
                    .await?;
                message::Entity::update_many()
                    .col_expr(message::Column::At, Expr::value(then))
                    .filter(message::Column::Seq.lte(1))
                    .exec(tx)
                    .await
                    .map_err(crate::kit::Error::from)
            })
        });
        assert!(moved.await.unwrap().rows_affected > 0);
        let first = open(today - days(1)).await;
        let told: Vec<_> = first.iter().map(|row| row.day).collect();
        assert_eq!(told, [today - days(4)], "a day was passed over");
        // Told, kept by the other side, and noted: then no more.
        for row in first {
            let root = Root {
                day: row.day,
                sent_count: row.sent_count,
                sent_root: row.sent_root,
                received_count: row.received_count,
                received_root: row.received_root,
            };
            let peer = "32".parse().unwrap();
            say(&p.services, &world.node("51"), peer, Word::Root(root))
                .await
                .unwrap();
        }
        assert!(open(today - days(1)).await.is_empty());
        let theirs = root::Entity::find_by_id(("51".to_owned(), today - days(4)))
            .one(world.p("32").services.db.read())
            .await
            .unwrap();
        assert!(theirs.unwrap().theirs.is_some());
        // What is older than three years goes, and nothing else; the chain is whole from where it begins.
        let before = message::Entity::find().count(db.read()).await.unwrap();
        let prune = async |now: chrono::DateTime<chrono::Utc>| {
            let job = db.write(move |tx| Box::pin(async move { log::prune(tx, now).await }));
            job.await.unwrap()
        };
        let three_years = then + days(log::KEPT_DAYS);
        assert_eq!(prune(three_years - days(1)).await, 0);
        let gone = prune(three_years + days(1)).await;
        assert!(gone > 0 && gone < before);
        world.chains_are_whole().await;
    }
}

/// A database that is put back under a running process is noticed with the next text, and nothing is written until a
/// new life has asked everybody.
#[tokio::test]
async fn a_database_put_back_under_a_running_process_opens_no_ledger() {
    let world = World::of(&["51", "32", "35"]).await;
    let p = world.p("51");
    let (man, woman) = couple(0);
    let (his, hers) = (world.p("32").number(man), world.p("35").number(woman));
    let checked = ready(p, "k", his, hers).await;
    let gone = p.services.db.write(|tx| {
        Box::pin(async move {
            message::Entity::delete_many()
                .filter(message::Column::Direction.eq(log::OUT))
                .exec(tx)
                .await
                .map_err(crate::kit::Error::from)
        })
    });
    assert!(gone.await.unwrap().rows_affected > 0);
    // The next thing that is said is said by nobody.
    act(p, "registerMarriage", "k", &checked).await;
    run::look_now(&p.services).await;
    let station = "{ interopStation { serving epoch } }";
    let seen = p.data(p.supervisor(), station, none()).await;
    assert_eq!(seen["interopStation"]["serving"], false, "{seen}");
    let other = ready(
        p,
        "o",
        world.p("32").number(couple(1).0),
        world.p("35").number(couple(1).1),
    )
    .await;
    let early = act(p, "registerMarriage", "o", &other).await;
    assert_eq!(refusals(&early), ["CATCHING_UP_AFTER_START"]);
    run::start_now(&p.services).await;
    world.settle().await;
    let late = act(p, "registerMarriage", "late", &other).await;
    assert_eq!(late["application"]["state"], "HOLDING", "{late}");
    world.settle().await;
    assert_eq!(now(p, &other).await["state"], "REGISTERED");
}
