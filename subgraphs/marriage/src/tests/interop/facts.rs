//! Deaths, court papers and revocations of marriages between provinces: wherever they are entered, whoever keeps a
//! ledger or the record hears of them.

use super::super::events::deliver;
use super::super::steps::{couple_of, judgment, paper_done};
use super::steps::{he_marries_again, judged, married, officer_at, papers, shared_records, untold};
use super::*;
use crate::interop::core::TxnId;
use crate::interop::store::load;
use crate::model::certificate;
use crate::rules::ledger::LedgerEvent;
use crate::service::ledger;
use sea_orm::{ColumnTrait, QueryFilter};

/// The state of the record and of its certificates, as the accepting province keeps them.
async fn kept(world: &World, code: &str) -> Vec<(String, Vec<String>)> {
    let db = world.p(code).services.db.read();
    let mut found = Vec::new();
    for record in shared_records(world, code).await {
        let papers = certificate::Entity::find()
            .filter(certificate::Column::RecordId.eq(record.id))
            .all(db)
            .await
            .unwrap();
        let states = papers.into_iter().map(|paper| paper.state).collect();
        found.push((record.state, states));
    }
    found
}

#[tokio::test]
async fn a_court_paper_at_the_accepting_province_ends_the_marriage_on_both_ledgers() {
    for world in World::on_both(&["51", "32", "35"]).await {
        let (man, woman) = married(&world, 0).await;
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
        let done = judged(&world, "51", (man, woman), "2026-11-22").await;
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
        he_marries_again(&world, man).await;
        world.chains_are_whole().await;
    }
}

#[tokio::test]
async fn an_ending_at_a_ledgers_authority_reaches_the_other_ledger_and_the_accepting_province() {
    for world in World::on_both(&["51", "32", "35"]).await {
        let (man, woman) = married(&world, 0).await;
        assert_eq!(kept(&world, "51").await[0].0, "VALID");
        let done = judged(&world, "32", (man, woman), "2026-11-22").await;
        assert_eq!(done["notice"]["outcome"], "ENDED", "{done}");
        world.settle().await;
        for (code, n) in [("32", man), ("35", woman)] {
            assert_eq!(world.status(code, n).await, Status::Divorced, "{code}");
        }
        let ended = (
            "DISSOLVED_JUDGMENT".to_owned(),
            vec!["CANCELLED".to_owned(); 2],
        );
        assert_eq!(kept(&world, "51").await, [ended]);
        // The death of a spouse, in the province that keeps her ledger.
        let (widower, woman) = married(&world, 1).await;
        let her = world.p("35");
        let body = json!({ "person": her.token(woman), "diedOn": "2026-11-22" });
        deliver(her, "DeathRegistered", body).await;
        world.settle().await;
        assert_eq!(world.status("32", widower).await, Status::Widowed);
        let states: Vec<String> = kept(&world, "51").await.into_iter().map(|k| k.0).collect();
        assert!(states.contains(&"ENDED_DEATH".to_owned()), "{states:?}");
        for code in ["32", "35", "51"] {
            assert_eq!(untold(&world, code).await, 0, "{code}");
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
    // The couple 0 and 1 of this province, married here.
    let paper = judgment("510118-2", "（2026）9号", "2026-11-20", couple_of(p, 0));
    let early = paper_done(p, officer_at(p), paper).await;
    assert_eq!(refusals(&early), ["CATCHING_UP_AFTER_START"]);
    let input = json!({ "requestKey": "d", "registry": registry("510118-2"), "man": p.number(0), "woman": p.number(1),
        "bothPresent": true, "agreementSigned": true, "fullCapacity": true, "children": 1 });
    let early = p
        .change(
            officer_at(p),
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
