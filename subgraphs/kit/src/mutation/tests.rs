//! Acts as subgraphs use them, on every database that is there.

use std::sync::Arc;

use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Statement, sea_query::Expr,
    sea_query::ExprTrait,
};
use serde_json::json;

use super::*;
use crate::{
    Services,
    database::tests::{databases, fill, thing},
    events::{PersonAliased, read_outbox},
    testing,
};

fn officer(services: &Services) -> Actor {
    Actor::new(services, &Principal::registrar("51", "510118", None))
}

#[tokio::test]
async fn an_act_is_done_once_with_its_history_and_event_at_the_provinces_time() {
    for services in databases().await {
        let actor = officer(&services);
        let told = PersonAliased {
            old: "a".into(),
            new: "b".into(),
            cause: Default::default(),
            merge: None,
            complete: None,
        };
        for _ in 0..2 {
            let told = told.clone();
            let answer = actor.run("key", json!(["a", "b"]), told, |act, told| {
                Box::pin(async move {
                    assert_eq!(act.today().to_string(), "2026-11-22");
                    act.history("Person", &told.old, None, Some(json!({ "to": told.new })))
                        .await?;
                    act.tell(told).await?;
                    act.emit("Other", "k", json!({})).await?;
                    Ok(told.new.clone())
                })
            });
            assert_eq!(answer.await.unwrap(), "b");
        }
        let events = read_outbox(services.db.read(), 0, 10).await.unwrap();
        assert_eq!(events.len(), 2);
        assert_eq!(events[0].event().unwrap().read().unwrap(), Some(told));
        let backend = services.db.backend();
        for sql in ["SELECT at FROM history", "SELECT at FROM request_key"] {
            let rows = services
                .db
                .read()
                .query_all_raw(Statement::from_string(backend, sql))
                .await
                .unwrap();
            assert_eq!(rows.len(), 1, "{sql}");
            let at: chrono::DateTime<Utc> = rows[0].try_get("", "at").unwrap();
            assert_eq!(at, testing::clock().now(), "{sql}");
        }
    }
}

#[tokio::test]
async fn what_was_sent_cannot_be_guessed_from_what_is_kept_of_it() {
    for services in databases().await {
        let actor = officer(&services);
        let sent = json!({ "phone": "13800138000" });
        let done = actor.run("key", sent.clone(), (), |_, ()| Box::pin(async { Ok(1) }));
        assert_eq!(done.await.unwrap(), 1);
        let row = services
            .db
            .read()
            .query_one_raw(Statement::from_string(
                services.db.backend(),
                "SELECT body_hash FROM request_key",
            ))
            .await
            .unwrap()
            .unwrap();
        let kept: String = row.try_get("", "body_hash").unwrap();
        let guess = serde_json::to_vec(&sent).unwrap();
        assert_ne!(kept, hex::encode(Sha256::digest(&guess)));
        assert_eq!(kept, services.tokenizer.fingerprints(&guess)[0]);
        // Known again after a change of the token key; by another installation's key it is nothing.
        let mut changed = services.clone();
        changed.tokenizer = crate::tokenizer::Tokenizer::new([9; 32], 2);
        let other = Fingerprint::of(&changed, &sent).unwrap();
        assert!(!other.is(&kept));
        let again = actor.run("key", sent, (), |_, ()| Box::pin(async { Ok(2) }));
        assert_eq!(again.await.unwrap(), 1, "the first answer");
        let another = actor.run("key", json!(3), (), |_, ()| Box::pin(async { Ok(3) }));
        assert!(
            matches!(another.await, Err(Error::Invalid(refusal)) if refusal.code == "REQUEST_KEY_REUSED")
        );
    }
}

#[tokio::test]
async fn of_a_hundred_who_change_one_version_one_wins_and_the_others_are_told() {
    for services in databases().await {
        fill(&services, 1).await;
        let actor = Arc::new(officer(&services));
        let clients = (0..100).map(|n: i64| {
            let actor = Arc::clone(&actor);
            tokio::spawn(async move {
                actor
                    .run(&format!("k{n}"), json!(n), n, |act, n| {
                        Box::pin(async move {
                            // The version that all of them read is 0, kept here as the weight.
                            let touched = thing::Entity::update_many()
                                .col_expr(
                                    thing::Column::Weight,
                                    Expr::col(thing::Column::Weight).add(1),
                                )
                                .col_expr(thing::Column::Name, Expr::value(n.to_string()))
                                .filter(thing::Column::Weight.eq(0))
                                .exec(act.tx)
                                .await?;
                            one_row(touched.rows_affected)?;
                            Ok(*n)
                        })
                    })
                    .await
            })
        });
        let mut winners = Vec::new();
        for client in clients.collect::<Vec<_>>() {
            match client.await.unwrap() {
                Ok(n) => winners.push(n),
                Err(Error::Invalid(refusal)) => assert_eq!(refusal.code, "VERSION_CONFLICT"),
                Err(other) => panic!("{other:?}"),
            }
        }
        let row = thing::Entity::find()
            .one(services.db.read())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(winners.len(), 1);
        assert_eq!((row.weight, row.name), (1, winners[0].to_string()));
    }
}

#[tokio::test]
async fn a_refused_act_keeps_nothing_and_its_key_may_be_used_again() {
    for services in databases().await {
        let actor = officer(&services);
        let refused: Result<i32> = actor
            .run("key", json!(1), (), |act, ()| {
                Box::pin(async move {
                    act.emit("Half", "k", json!({})).await?;
                    Err(UserError::new("NO", "No.", "否。").into())
                })
            })
            .await;
        assert!(matches!(refused, Err(Error::Invalid(_))));
        assert_eq!(read_outbox(services.db.read(), 0, 10).await.unwrap(), []);
        let done = actor.run("key", json!(2), (), |_, ()| Box::pin(async { Ok(7) }));
        assert_eq!(done.await.unwrap(), 7);
        let told = actor.write((), |act, ()| {
            Box::pin(async move { act.emit("Whole", "k", json!({})).await })
        });
        told.await.unwrap();
        assert_eq!(
            read_outbox(services.db.read(), 0, 10).await.unwrap().len(),
            1
        );
    }
}
