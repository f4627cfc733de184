//! Deaths, court papers, revocations and disputes of marriages between provinces: wherever they are entered, whoever
//! keeps a ledger or the record hears of them.

use super::super::events::deliver;
use super::world::{Loss, World, act, couple, now, office, ready};
use super::*;
use crate::interop::core::TxnId;
use crate::interop::core::names::At;
use crate::interop::store::load;
use crate::model::interop::{alarm, row, telling};
use crate::rules::ledger::LedgerEvent;
use crate::service::ledger;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, QueryFilter};

const NOTICE: &str = "notice { id version state outcome record { id state endedOn } }";

/// A couple of 32 and 35 is married in 51; the application as it stands then.
async fn married(world: &World, nth: usize) -> Value {
    let (man, woman) = couple(nth);
    let p = world.p("51");
    let (his, hers) = (world.p("32").number(man), world.p("35").number(woman));
    let checked = ready(p, &format!("m{nth}"), his, hers).await;
    act(p, "registerMarriage", &format!("m{nth}"), &checked).await;
    world.settle().await;
    let done = now(p, &checked).await;
    assert_eq!(done["state"], "REGISTERED", "{done}");
    done
}

/// A judgment on a couple of 32 and 35 comes to a registry, which annotates it.
async fn judged(world: &World, at: &str, nth: usize) -> Value {
    let (man, woman) = couple(nth);
    let p = world.p(at);
    let who = || Principal {
        subject: Some("a".into()),
        ..p.registrar(&office(at)[..6])
    };
    let input = json!({ "requestKey": format!("n{nth}"), "registry": registry(office(at)), "court": "示例法院",
        "documentNumber": format!("（2026）{nth}号"), "kind": "DIVORCE_JUDGMENT", "effectiveOn": "2026-11-22",
        "man": world.p("32").number(man), "woman": world.p("35").number(woman), "certificatesCollected": true });
    let received = p
        .change(
            who(),
            "receiveCourtNotice",
            "ReceiveCourtNoticeInput",
            NOTICE,
            input,
        )
        .await;
    assert!(refusals(&received).is_empty(), "{received}");
    let notice = &received["notice"];
    let input = json!({ "requestKey": format!("a{nth}"), "notice": notice["id"], "version": notice["version"] });
    p.change(
        who(),
        "annotateJudgment",
        "AnnotateJudgmentInput",
        NOTICE,
        input,
    )
    .await
}

/// The states of the marriage and of its certificates, as a person sees them.
async fn papers(world: &World, code: &str, n: usize) -> Value {
    let p = world.p(code);
    let mine =
        "{ myMarriage { status person { marriages { state endedOn certificates { state } } } } }";
    let mut mine = p.data(p.citizen(n), mine, none()).await;
    mine["myMarriage"].take()
}

/// The state of the record and of its certificates, as the accepting province keeps them.
async fn kept(world: &World, code: &str) -> Vec<(String, Vec<String>)> {
    use crate::model::{certificate, marriage_record};
    let db = world.p(code).services.db.read();
    let shared = crate::model::interop::record::Entity::find()
        .all(db)
        .await
        .unwrap();
    let mut found = Vec::new();
    for one in shared {
        let record = marriage_record::Entity::find_by_id(one.record_id)
            .one(db)
            .await
            .unwrap()
            .unwrap();
        let papers = certificate::Entity::find()
            .filter(certificate::Column::RecordId.eq(one.record_id))
            .all(db)
            .await
            .unwrap();
        found.push((
            record.state,
            papers.into_iter().map(|paper| paper.state).collect(),
        ));
    }
    found
}

async fn untold(world: &World, code: &str) -> usize {
    telling::Entity::find()
        .filter(telling::Column::Told.eq(false))
        .all(world.p(code).services.db.read())
        .await
        .unwrap()
        .len()
}

#[tokio::test]
async fn a_court_paper_at_the_accepting_province_ends_the_marriage_on_both_ledgers() {
    for world in World::on_both(&["51", "32", "35"]).await {
        let (man, woman) = couple(0);
        married(&world, 0).await;
        // What is first said about it is lost.
        let mut left = 2;
        world.losing(move |_, _, phase| {
            if phase == "ENDED" && left > 0 {
                left -= 1;
                Loss::Question
            } else {
                Loss::Nothing
            }
        });
        let done = judged(&world, "51", 0).await;
        assert_eq!(done["notice"]["outcome"], "ENDED", "{done}");
        world.settle().await;
        for (code, n) in [("32", man), ("35", woman)] {
            assert_eq!(world.status(code, n).await, Status::Divorced, "{code}");
            let seen = papers(&world, code, n).await;
            let record = &seen["person"]["marriages"][0];
            assert_eq!(record["state"], "DISSOLVED_JUDGMENT", "{code} {seen}");
            assert_eq!(record["endedOn"], "2026-11-22");
            // Entered once, however often it was told.
            let p = world.p(code);
            let entries = ledger::latest(p.services.db.read(), &p.token(n), 20)
                .await
                .unwrap();
            let ends = entries
                .iter()
                .filter(|entry| entry.event == LedgerEvent::DivorcedByCourt);
            assert_eq!(ends.count(), 1, "{code}");
        }
        assert_eq!(untold(&world, "51").await, 0);
        // Both may marry again, anywhere.
        let fresh = couple(1).1;
        let his = world.p("32").number(man);
        let next = ready(world.p("51"), "next", his, world.p("35").number(fresh)).await;
        act(world.p("51"), "registerMarriage", "next", &next).await;
        world.settle().await;
        assert_eq!(now(world.p("51"), &next).await["state"], "REGISTERED");
        world.chains_are_whole().await;
    }
}

#[tokio::test]
async fn an_ending_at_a_ledgers_authority_reaches_the_other_ledger_and_the_accepting_province() {
    for world in World::on_both(&["51", "32", "35"]).await {
        married(&world, 0).await;
        assert_eq!(kept(&world, "51").await[0].0, "VALID");
        let done = judged(&world, "32", 0).await;
        assert_eq!(done["notice"]["outcome"], "ENDED", "{done}");
        world.settle().await;
        let (man, woman) = couple(0);
        for (code, n) in [("32", man), ("35", woman)] {
            assert_eq!(world.status(code, n).await, Status::Divorced, "{code}");
        }
        let ended = (
            "DISSOLVED_JUDGMENT".to_owned(),
            vec!["CANCELLED".to_owned(); 2],
        );
        assert_eq!(kept(&world, "51").await, [ended]);
        // The death of a spouse, in the province that keeps her ledger.
        let (_, woman) = couple(1);
        married(&world, 1).await;
        let her = world.p("35");
        let body = json!({ "person": her.token(woman), "diedOn": "2026-11-22" });
        deliver(her, "DeathRegistered", body).await;
        world.settle().await;
        assert_eq!(world.status("32", couple(1).0).await, Status::Widowed);
        let states: Vec<String> = kept(&world, "51").await.into_iter().map(|k| k.0).collect();
        assert!(states.contains(&"ENDED_DEATH".to_owned()), "{states:?}");
        for code in ["32", "35", "51"] {
            assert_eq!(untold(&world, code).await, 0, "{code}");
        }
    }
}

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

/// The mark of an application belongs to its marriage: a paper on another one does not take it.
#[tokio::test]
async fn a_late_paper_on_an_earlier_marriage_takes_no_mark_of_the_present_one() {
    use crate::interop::core::effect::{Effect, LedgerWrite};
    use crate::interop::core::event::Entry;
    use crate::interop::core::message::Ending;
    use crate::interop::core::{PersonId, RecordId};
    use crate::interop::fault;
    use crate::interop::store::{Desk, apply::apply};
    for world in World::on_both(&["51", "32"]).await {
        let node = world.node("32");
        let p = world.p("32");
        let id = |n: u128| uuid::Uuid::from_u128(n);
        let enter =
            |person: String, seq: u64, entry: Entry, record: u128, application: Option<u128>| {
                let (services, node) = (p.services.clone(), std::sync::Arc::clone(&node));
                let write = LedgerWrite {
                    person: PersonId(person),
                    seq,
                    entry,
                    record: Some(RecordId(id(record))),
                    application: application.map(|of| RecordId(id(of))),
                    effective_on: None,
                    txn: Some(TxnId(id(99))),
                };
                let held = std::sync::Arc::new((services.clone(), node, write));
                async move {
                    let outcome = services.db.write(move |tx| {
                        let held = std::sync::Arc::clone(&held);
                        Box::pin(async move {
                            let (services, node, write) = held.as_ref();
                            let desk = Desk {
                                tx,
                                services,
                                node,
                                now: fault::now(),
                            };
                            apply(desk, vec![Effect::Ledger(write.clone())]).await
                        })
                    });
                    outcome.await.unwrap();
                }
            };
        let court = Entry::Ended(Ending::DivorcedByCourt);
        // In each order of what a ledger may hold, the mark is that of marriage 2.
        let married = [
            (Entry::Married, 2, None),
            (court, 1, None),
            (Entry::Marked, 2, Some(5)),
        ];
        for (nth, order) in [
            [0, 1, 2],
            [0, 2, 1],
            [1, 0, 2],
            [1, 2, 0],
            [2, 0, 1],
            [2, 1, 0],
        ]
        .into_iter()
        .enumerate()
        {
            let token = format!("person{nth}");
            for (seq, which) in order.into_iter().enumerate() {
                let (entry, record, application) = married[which];
                enter(token.clone(), seq as u64 + 1, entry, record, application).await;
            }
            let db = p.services.db.read();
            let entries = ledger::of_persons(db, std::slice::from_ref(&token))
                .await
                .unwrap()
                .remove(&token)
                .unwrap()
                .entries;
            let mark = load::open_mark(db, &token, &entries).await.unwrap();
            assert_eq!(mark, Some(id(5)), "{order:?}");
            // Withdrawn, and what was entered before it comes after all: no phantom.
            enter(token.clone(), 4, Entry::Unmarked, 2, Some(5)).await;
            enter(token.clone(), 5, Entry::Marked, 2, Some(5)).await;
            let mark = load::open_mark(db, &token, &entries).await.unwrap();
            assert_eq!(mark, None, "{order:?}");
        }
    }
}

/// While a province catches up, no fact is written either: it may lack what the fact is about.
#[tokio::test]
async fn until_every_peer_has_answered_no_court_paper_death_or_application_is_written() {
    let world = World::of(&["51", "32", "35"]).await;
    let p = world.p("51");
    world.losing(|_, _, phase| {
        if phase == "HELLO" {
            Loss::Question
        } else {
            Loss::Nothing
        }
    });
    run::start_now(&p.services).await;
    let who = || Principal {
        subject: Some("a".into()),
        ..p.registrar("510118")
    };
    // The couple 0 and 1 of this province, married here.
    let input = json!({ "requestKey": "n", "registry": registry("510118-2"), "court": "示例法院",
        "documentNumber": "（2026）9号", "kind": "DIVORCE_JUDGMENT", "effectiveOn": "2026-11-20",
        "man": p.number(0), "woman": p.number(1), "certificatesCollected": true });
    let received = p
        .change(
            who(),
            "receiveCourtNotice",
            "ReceiveCourtNoticeInput",
            NOTICE,
            input,
        )
        .await;
    let notice = &received["notice"];
    let input = json!({ "requestKey": "a", "notice": notice["id"], "version": notice["version"] });
    let early = p
        .change(
            who(),
            "annotateJudgment",
            "AnnotateJudgmentInput",
            NOTICE,
            input,
        )
        .await;
    assert_eq!(refusals(&early), ["CATCHING_UP_AFTER_START"]);
    let input = json!({ "requestKey": "d", "registry": registry("510118-2"), "man": p.number(0), "woman": p.number(1),
        "bothPresent": true, "agreementSigned": true, "fullCapacity": true, "children": 1 });
    let early = p
        .change(
            who(),
            "applyDivorce",
            "ApplyDivorceInput",
            "application { id }",
            input,
        )
        .await;
    assert_eq!(refusals(&early), ["CATCHING_UP_AFTER_START"]);
    let token = p.token(0);
    let services = p.services.clone();
    let died = p.services.db.write(move |tx| {
        let (services, token) = (services.clone(), token.clone());
        Box::pin(async move {
            let day = "2026-11-20".parse().unwrap();
            crate::service::death::apply(&services, tx, &token, day, services.clock.now()).await
        })
    });
    let error = died.await.unwrap_err();
    assert_eq!(error.code(), crate::kit::Error::Unavailable.code());
    assert_eq!(world.status("51", 0).await, Status::Married);
}

/// Whoever is held, be it by somebody who poses as them, is told so at once, and when it ends.
#[tokio::test]
async fn who_is_held_is_told_at_once_and_when_it_ends() {
    use crate::kit::testing::{subscribe, told, watching};
    const MINE: &str = "subscription { myMaritalEvent { entry { event } } }";
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
    let begun = |code: &str| world.p(code).services.db.watchers().begun();
    let before = (begun("32"), begun("35"));
    let pressing = async {
        watching(&world.p("32").services.db, before.0 + 1).await;
        watching(&world.p("35").services.db, before.1 + 1).await;
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
