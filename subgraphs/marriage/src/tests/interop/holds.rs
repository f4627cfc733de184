//! Who is held, and how that ends when the decision does not come: by two officers, by a death; and who is told.

use super::super::events::deliver;
use super::steps::papers;
use super::*;
use crate::interop::core::names::At;
use crate::model::interop::{alarm, row};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, QueryFilter};

/// Makes every hold of a province as old as if it were of two days ago.
pub(super) async fn two_days_ago(p: &Province) {
    for kept in row::Entity::find()
        .filter(row::Column::State.eq("HELD"))
        .all(p.services.db.read())
        .await
        .unwrap()
    {
        let mut body: Value = serde_json::from_str(&kept.body).unwrap();
        let since = body["hold"]["since"].as_i64().unwrap();
        body["hold"]["since"] = json!(At(since - 48 * 3_600_000));
        let text = body.to_string();
        let job = p.services.db.write(move |tx| {
            let text = text.clone();
            Box::pin(async move {
                row::Entity::update_many()
                    .col_expr(row::Column::Body, Expr::value(text))
                    .filter(row::Column::Txn.eq(kept.txn))
                    .exec(tx)
                    .await
                    .map_err(crate::kit::Error::from)
            })
        });
        job.await.unwrap();
    }
}

/// The transaction that holds somebody here.
pub(super) async fn held(p: &Province) -> uuid::Uuid {
    row::Entity::find()
        .filter(row::Column::State.eq("HELD"))
        .one(p.services.db.read())
        .await
        .unwrap()
        .unwrap()
        .txn
}

async fn two_officers(p: &Province, field: &str, kind: &str, input: Value) -> Value {
    let mut last = Value::Null;
    for (n, who) in ["first", "second"].into_iter().enumerate() {
        let mut input = input.clone();
        input["requestKey"] = json!(format!("{field} {n}"));
        let answer = p
            .change(of_the_province(p, who), field, kind, "done", input)
            .await;
        assert!(refusals(&answer).is_empty(), "{answer}");
        assert_eq!(answer["done"], n == 1, "{who}: {answer}");
        last = answer;
    }
    last
}

async fn alarms(p: &Province) -> Vec<String> {
    let rows = alarm::Entity::find().all(p.services.db.read()).await;
    rows.unwrap().into_iter().map(|row| row.what).collect()
}

/// The supervisor's list: state and what may be done.
async fn listed(p: &Province) -> Vec<(String, Value)> {
    let list = "{ interopTransactions { state permitted inDoubt } }";
    let seen = p.data(of_the_province(p, "first"), list, none()).await;
    let rows = seen["interopTransactions"].as_array().unwrap().clone();
    rows.into_iter()
        .map(|row| {
            (
                row["state"].as_str().unwrap().to_owned(),
                row["permitted"].clone(),
            )
        })
        .collect()
}

/// D.6 (60), D.3: HA hears nothing of a commit for two days; two officers free its person on a letter; DA had
/// committed: both ledgers are disputed, and two officers of each clear that.
#[tokio::test]
async fn two_officers_break_the_glass_and_what_that_leaves_disputed_is_cleared_by_two() {
    for world in World::on_both(&["51", "32", "35"]).await {
        let (man, woman) = couple(0);
        let p = world.p("51");
        let (his, hers) = (world.p("32").number(man), world.p("35").number(woman));
        let checked = ready(p, "k", his, hers).await;
        world.losing(|_, _, phase| match phase {
            "CONFIRM" | "FORCED" | "RESOLVE" => Loss::Question,
            _ => Loss::Nothing,
        });
        act(p, "registerMarriage", "k", &checked).await;
        for _ in 0..4 {
            run::look_now(&p.services).await;
        }
        assert_eq!(now(p, &checked).await["state"], "REGISTERED");
        let (ha, da) = match world.status("32", man).await {
            Status::Held => ("32", "35"),
            _ => ("35", "32"),
        };
        let holder = world.p(ha);
        let txn = held(holder).await;
        let letter = json!({ "transaction": txn, "statement": "函〔2026〕7号", "statedBy": da });
        // Too early.
        let early =
            json!({ "requestKey": "e1", "transaction": txn, "statement": "x", "statedBy": da });
        let who = of_the_province(holder, "first");
        holder
            .change(who, "breakInteropGlass", "BreakGlassInput", "done", early)
            .await;
        let early =
            json!({ "requestKey": "e2", "transaction": txn, "statement": "x", "statedBy": da });
        let who = of_the_province(holder, "second");
        let refused = holder
            .change(who, "breakInteropGlass", "BreakGlassInput", "done", early)
            .await;
        assert_eq!(refusals(&refused), ["BREAK_GLASS_NOT_ALLOWED"]);
        proposed_a_week_ago(holder).await;
        two_days_ago(holder).await;
        assert!(
            listed(holder)
                .await
                .iter()
                .any(|(state, may)| state == "HELD"
                    && may.as_array().unwrap().contains(&json!("BREAK_GLASS")))
        );
        two_officers(holder, "breakInteropGlass", "BreakGlassInput", letter).await;
        let n = if ha == "32" { man } else { woman };
        assert_ne!(world.status(ha, n).await, Status::Held);
        assert_eq!(listed(holder).await[0].0, "FORCED");
        // DA starts; it is told before it serves, and its own commit stands, disputed.
        world.losing(|_, _, phase| {
            if phase == "FORCED" || phase == "CONFIRM" {
                Loss::Question
            } else {
                Loss::Nothing
            }
        });
        let decider = world.p(da);
        run::start_now(&decider.services).await;
        assert!(
            alarms(decider)
                .await
                .contains(&"COMMITTED_THOUGH_FORCED".to_owned()),
            "the break-glass was dropped at the decider's start"
        );
        world.losing(|_, _, _| Loss::Nothing);
        world.settle().await;
        for (code, n) in [("32", man), ("35", woman)] {
            assert_eq!(world.status(code, n).await, Status::Disputed, "{code}");
            let p = world.p(code);
            assert_eq!(
                listed(p).await,
                [("DISPUTED".to_owned(), json!(["CLEAR_DISPUTE"]))]
            );
            let clear = json!({ "transaction": txn, "evidence": "会议纪要7号" });
            two_officers(p, "clearInteropDispute", "ClearDisputeInput", clear.clone()).await;
            assert_eq!(world.status(code, n).await, Status::Married, "{code}");
            assert!(listed(p).await.is_empty());
            let mut again = clear;
            again["requestKey"] = json!("again");
            let who = of_the_province(p, "first");
            let answer = p
                .change(
                    who,
                    "clearInteropDispute",
                    "ClearDisputeInput",
                    "done",
                    again,
                )
                .await;
            assert_eq!(refusals(&answer), ["NOT_DISPUTED"]);
            // Each has the record of the own person's marriage.
            assert_eq!(
                papers(&world, code, n).await["person"]["marriages"][0]["state"],
                "VALID"
            );
        }
        world.chains_are_whole().await;
    }
}

/// D.6 (32): somebody dies while held: what is undecided is aborted at once; what is decided is entered, and disputed.
#[tokio::test]
async fn a_death_during_a_hold_aborts_what_is_undecided_and_disputes_what_is_decided() {
    for world in World::on_both(&["51", "32", "35"]).await {
        for (nth, lost) in [(0, "COMMIT_LAST"), (1, "CONFIRM")] {
            let (man, woman) = couple(nth);
            let p = world.p("51");
            let (his, hers) = (world.p("32").number(man), world.p("35").number(woman));
            let checked = ready(p, &format!("k{nth}"), his, hers).await;
            world.losing(move |_, _, phase| {
                if phase == lost {
                    Loss::Question
                } else {
                    Loss::Nothing
                }
            });
            act(p, "registerMarriage", &format!("k{nth}"), &checked).await;
            for _ in 0..3 {
                run::look_now(&p.services).await;
            }
            let (ha, n) = match world.status("32", man).await {
                Status::Held => ("32", man),
                _ => ("35", woman),
            };
            assert_eq!(world.status(ha, n).await, Status::Held);
            let holder = world.p(ha);
            let body = json!({ "person": holder.token(n), "diedOn": "2026-11-21" });
            deliver(holder, "DeathRegistered", body).await;
            assert_eq!(
                world.status(ha, n).await,
                Status::Held,
                "the holder freed it alone"
            );
            // Nobody waits ten minutes for it.
            run::look_now(&holder.services).await;
            world.losing(|_, _, _| Loss::Nothing);
            world.settle().await;
            let end = now(p, &checked).await;
            if lost == "COMMIT_LAST" {
                assert_eq!(
                    (end["state"].as_str(), end["refusalCode"].as_str()),
                    (Some("ABORTED"), Some("PARTY_DEAD_ON_RECORD")),
                    "{end}"
                );
                assert_ne!(world.status(ha, n).await, Status::Held);
            } else {
                assert_eq!(end["state"], "REGISTERED", "{end}");
                assert_eq!(world.status(ha, n).await, Status::Disputed);
                assert!(
                    alarms(holder)
                        .await
                        .contains(&"COMMITTED_WHILE_CONTESTED".to_owned())
                );
            }
        }
    }
}

/// Whoever is held, be it by somebody who poses as them, is told so at once, and when it ends.
#[tokio::test]
async fn who_is_held_is_told_at_once_and_when_it_ends() {
    use crate::kit::testing::{subscribe, told};
    const MINE: &str = "subscription { myMaritalEvent(since: 0) { entry { event } } }";
    let world = World::of(&["51", "32", "35"]).await;
    let (man, woman) = couple(0);
    let p = world.p("51");
    let (his, hers) = (world.p("32").number(man), world.p("35").number(woman));
    let checked = ready(p, "k", his, hers).await;
    let follow = |code: &str, n: usize| {
        let p = world.p(code);
        subscribe(&p.graph, p.citizen(n), MINE, none())
    };
    let (mut he, mut she) = (follow("32", man), follow("35", woman));
    world.losing(|_, _, phase| {
        if phase == "COMMIT_LAST" {
            Loss::Question
        } else {
            Loss::Nothing
        }
    });
    let pressing = async {
        act(p, "registerMarriage", "k", &checked).await;
        for _ in 0..3 {
            run::look_now(&p.services).await;
        }
    };
    let first = async {
        tokio::select! {
            one = told(&mut he) => (one, true),
            one = told(&mut she) => (one, false),
        }
    };
    let ((event, his), ()) = tokio::join!(first, pressing);
    assert_eq!(
        event["data"]["myMaritalEvent"]["entry"]["event"], "HELD",
        "{event}"
    );
    let freeing = async {
        world.losing(|_, _, _| Loss::Nothing);
        run::start_now(&p.services).await;
        world.settle().await;
    };
    let stream = if his { &mut he } else { &mut she };
    let (event, ()) = tokio::join!(told(stream), freeing);
    assert_eq!(
        event["data"]["myMaritalEvent"]["entry"]["event"], "RELEASED",
        "{event}"
    );
}
