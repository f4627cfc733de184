//! What is sealed of a record: who could not keep it does not decide, whoever has decided enters the ledger all the
//! same, and a key that has changed goes on opening what was sealed for it.

use super::rights::of_the_province;
use super::world::{Loss, World, act, couple, now, ready};
use super::*;
use crate::interop::store::details::{DETAILS, Details};
use crate::interop::wire::jwe::{Identity, Place};
use crate::model::interop::{alarm, application};
use crate::model::marriage_record;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter};

/// What is sealed instead, for an authority and a transaction.
type Change<'a> = &'a (dyn Fn(&str, &str) -> String + Sync);

async fn open_alarms(p: &Province) -> Vec<String> {
    let rows = alarm::Entity::find()
        .filter(alarm::Column::ClosedAt.is_null())
        .all(p.services.db.read())
        .await;
    rows.unwrap().into_iter().map(|row| row.what).collect()
}

/// Puts other texts in the place of what was sealed of the record at the counter.
async fn reseal(p: &Province, change: impl Fn(&str, &str) -> String) {
    for kept in application::Entity::find()
        .all(p.services.db.read())
        .await
        .unwrap()
    {
        let mut body: Value = serde_json::from_str(&kept.body).unwrap();
        let txn = kept.txn.to_string();
        for code in ["32", "35"] {
            body["details"][code] = json!(change(code, &txn));
        }
        let text = body.to_string();
        let job = p.services.db.write(move |tx| {
            let text = text.clone();
            Box::pin(async move {
                application::Entity::update_many()
                    .col_expr(application::Column::Body, Expr::value(text))
                    .filter(application::Column::Txn.eq(kept.txn))
                    .exec(tx)
                    .await
                    .map_err(crate::kit::Error::from)
            })
        });
        job.await.unwrap();
    }
}

#[tokio::test]
async fn a_marriage_whose_record_cannot_be_kept_or_names_others_is_not_committed() {
    for world in World::on_both(&["51", "32", "35"]).await {
        let p = world.p("51");
        let node = world.node("51");
        let (man, woman) = couple(0);
        let (his, hers) = (world.p("32").number(man), world.p("35").number(woman));
        let others = (
            world.p("32").number(couple(1).0),
            world.p("35").number(couple(1).1),
        );
        let unreadable = |_: &str, _: &str| "not.a.sealed.text.".to_owned();
        let of_others = |code: &str, txn: &str| {
            let identity = |number: &String| Identity {
                id_number: number.clone(),
                name: String::new(),
            };
            let details = Details {
                division: "510118".to_owned(),
                man: identity(&others.0),
                woman: identity(&others.1),
            };
            let place = Place {
                txn,
                party: DETAILS,
            };
            node.seal(&details, place, code, chrono::Utc::now())
                .unwrap()
        };
        let of_nowhere = |code: &str, txn: &str| {
            let identity = |number: &String| Identity {
                id_number: number.clone(),
                name: String::new(),
            };
            let details = Details {
                division: "999999".to_owned(),
                man: identity(&his),
                woman: identity(&hers),
            };
            let place = Place {
                txn,
                party: DETAILS,
            };
            node.seal(&details, place, code, chrono::Utc::now())
                .unwrap()
        };
        let changes: [(&str, Change<'_>); 3] = [
            ("unreadable", &unreadable),
            ("of others", &of_others),
            ("of a division that is none", &of_nowhere),
        ];
        for (what, change) in changes {
            let checked = ready(p, what, his.clone(), hers.clone()).await;
            reseal(p, change).await;
            act(p, "registerMarriage", what, &checked).await;
            world.settle().await;
            let end = now(p, &checked).await;
            assert_eq!(
                (end["state"].as_str(), end["refusalCode"].as_str()),
                (Some("ABORTED"), Some("AUTHORITY_DOES_NOT_KNOW")),
                "{what}"
            );
            assert_ne!(world.status("32", man).await, Status::Married);
            assert_ne!(world.status("35", woman).await, Status::Married);
            for code in ["51", "32", "35"] {
                assert!(open_alarms(world.p(code)).await.is_empty(), "{what} {code}");
            }
        }
        // Sealed as it should be, it goes through.
        let checked = ready(p, "right", his.clone(), hers.clone()).await;
        act(p, "registerMarriage", "right", &checked).await;
        world.settle().await;
        assert_eq!(now(p, &checked).await["state"], "REGISTERED");
    }
}

async fn records(p: &Province, person: &str) -> u64 {
    use marriage_record::Column;
    marriage_record::Entity::find()
        .filter(
            sea_orm::Condition::any()
                .add(Column::Man.eq(person))
                .add(Column::Woman.eq(person)),
        )
        .count(p.services.db.read())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_holder_that_has_lost_its_key_follows_and_makes_the_record_when_the_key_is_back() {
    let mut world = World::of(&["51", "32", "35"]).await;
    let (man, woman) = couple(0);
    let (his, hers) = (world.p("32").number(man), world.p("35").number(woman));
    let checked = ready(world.p("51"), "k", his, hers).await;
    world.losing(|_, _, phase| match phase {
        "CONFIRM" | "RESOLVE" => Loss::Question,
        _ => Loss::Nothing,
    });
    act(world.p("51"), "registerMarriage", "k", &checked).await;
    for _ in 0..4 {
        run::look_now(&world.p("51").services).await;
    }
    assert_eq!(now(world.p("51"), &checked).await["state"], "REGISTERED");
    let (ha, n) = match world.status("32", man).await {
        Status::Held => ("32", man),
        _ => ("35", woman),
    };
    // Its sealing key is replaced, and the former one thrown away.
    world.new_sealing_key(ha, false).await;
    world.losing(|_, _, _| Loss::Nothing);
    world.settle().await;
    let token = world.p(ha).token(n);
    assert_eq!(
        world.status(ha, n).await,
        Status::Married,
        "a half marriage"
    );
    assert_eq!(records(world.p(ha), &token).await, 0);
    assert_eq!(open_alarms(world.p(ha)).await, ["DETAILS_UNREADABLE"]);
    run::again_now(&world.p(ha).services).await;
    assert_eq!(open_alarms(world.p(ha)).await, ["DETAILS_UNREADABLE"]);
    let list = "{ interopAlarms { code explanation explanationZh } }";
    let p = world.p(ha);
    let county = p.ask(p.supervisor(), list, none()).await;
    assert_eq!(codes(&county), ["FORBIDDEN"], "alarms are the province's");
    let seen = p.data(of_the_province(p, "first"), list, none()).await;
    assert_eq!(seen["interopAlarms"][0]["code"], "DETAILS_UNREADABLE");
    // It is found again.
    world.new_sealing_key(ha, true).await;
    run::again_now(&world.p(ha).services).await;
    assert_eq!(records(world.p(ha), &token).await, 1);
    assert!(open_alarms(world.p(ha)).await.is_empty());
}

#[tokio::test]
async fn what_was_sealed_for_an_earlier_key_is_still_opened_weeks_later() {
    let mut world = World::of(&["51", "32", "35"]).await;
    let (man, woman) = couple(0);
    let (his, hers) = (world.p("32").number(man), world.p("35").number(woman));
    let checked = ready(world.p("51"), "k", his.clone(), hers.clone()).await;
    act(world.p("51"), "registerMarriage", "k", &checked).await;
    world.settle().await;
    let fields = "application { id version state } userErrors { code }";
    let clerk = |p: &Province| Principal {
        subject: Some("a".into()),
        ..p.registrar("510118")
    };
    let p = world.p("51");
    let input = json!({ "requestKey": "d", "registry": registry("510118-2"), "man": his, "woman": hers,
        "bothPresent": true, "agreementSigned": true, "fullCapacity": true, "children": 1 });
    let query = format!(
        "mutation ($input: ApplyDivorceInput!) {{ applyDivorce(input: $input) {{ {fields} }} }}"
    );
    let answer = p.ask(clerk(p), &query, json!({ "input": input })).await;
    let application = answer["data"]["applyDivorce"]["application"].clone();
    assert_eq!(application["state"], "RECEIVING", "{answer}");
    world.settle().await;
    for code in ["51", "32", "35"] {
        world.new_sealing_key(code, true).await;
    }
    let p = world.p("51");
    let input = json!({ "requestKey": "w", "application": application["id"], "by": "MAN" });
    let query = format!(
        "mutation ($input: WithdrawDivorceInput!) {{ withdrawDivorce(input: $input) {{ {fields} }} }}"
    );
    p.ask(clerk(p), &query, json!({ "input": input })).await;
    world.settle().await;
    use crate::rules::ledger::LedgerEvent;
    for (code, n) in [("32", man), ("35", woman)] {
        let p = world.p(code);
        let entries = crate::service::ledger::latest(p.services.db.read(), &p.token(n), 1)
            .await
            .unwrap();
        assert_eq!(
            entries[0].event,
            LedgerEvent::DivorceApplicationClosed,
            "{code}"
        );
    }
}

/// What a decision makes besides the ledger may fail by itself: the decision stands, and it is made later.
#[tokio::test]
async fn a_decision_whose_record_cannot_be_made_ends_its_transaction_all_the_same() {
    for world in World::on_both(&["51", "32", "35"]).await {
        let p = world.p("51");
        let (man, woman) = couple(0);
        let (his, hers) = (world.p("32").number(man), world.p("35").number(woman));
        let checked = ready(p, "k", his, hers).await;
        world.losing(|_, _, phase| match phase {
            "COMMIT_LAST" => Loss::Question,
            _ => Loss::Nothing,
        });
        act(p, "registerMarriage", "k", &checked).await;
        run::look_now(&p.services).await;
        // The registry is not there when the decision comes.
        let id = crate::kit::id::parse(&registry(super::world::office("51"))).unwrap();
        let office = crate::model::registry::Entity::find_by_id(id)
            .one(p.services.db.read())
            .await;
        let office = office.unwrap().unwrap();
        let gone = p.services.db.write(move |tx| {
            Box::pin(async move {
                crate::model::registry::Entity::delete_by_id(id)
                    .exec(tx)
                    .await
                    .map_err(crate::kit::Error::from)
            })
        });
        assert_eq!(gone.await.unwrap().rows_affected, 1);
        world.losing(|_, _, _| Loss::Nothing);
        world.settle().await;
        assert_eq!(world.status("32", man).await, Status::Married);
        assert_eq!(world.status("35", woman).await, Status::Married);
        assert_eq!(open_alarms(p).await, ["DETAILS_UNREADABLE"]);
        let log = crate::model::interop::log::Entity::find()
            .one(p.services.db.read())
            .await;
        assert!(log.unwrap().unwrap().closed, "the transaction has no end");
        // Tried again without it, nothing changes; with it, record and certificate are made once.
        run::again_now(&p.services).await;
        assert_eq!(open_alarms(p).await, ["DETAILS_UNREADABLE"]);
        let back = p.services.db.write(move |tx| {
            let office = office.clone();
            Box::pin(async move {
                crate::model::registry::Entity::insert(crate::model::registry::ActiveModel::from(
                    office,
                ))
                .exec_without_returning(tx)
                .await
                .map_err(crate::kit::Error::from)
            })
        });
        back.await.unwrap();
        run::again_now(&p.services).await;
        assert!(open_alarms(p).await.is_empty());
        let done = now(p, &checked).await;
        assert_eq!(done["state"], "REGISTERED", "{done}");
        assert!(done["record"]["certificateNumber"].is_string());
        let records = crate::model::interop::record::Entity::find();
        assert_eq!(records.count(p.services.db.read()).await.unwrap(), 1);
    }
}
