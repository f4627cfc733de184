//! One person with two numbers, and a change of the token key: whatever number is shown, and at whatever moment of a
//! registration it becomes known, nobody is married twice.

use super::super::events::deliver;
use super::holds::two_days_ago;
use super::world::{Loss, World, act, couple, now, ready};
use super::*;
use crate::interop::core::names::TxnId;
use crate::interop::store::load;
use crate::kit::events::Event;
use crate::model::interop::{alarm, mark, row};
use crate::rules::ledger::LedgerEvent;
use crate::service::ledger;
use sea_orm::{ColumnTrait, QueryFilter};
use uuid::Uuid;

/// `persons` tells that one token was given up for another.
async fn merge(p: &Province, old: &str, new: &str, merge: &str) {
    let told = json!({ "version": 1, "old": old, "new": new, "cause": "MERGE", "merge": merge });
    deliver(p, "PersonAliased", told).await;
}

async fn rekey(p: &Province, old: &str, new: &str) {
    let told = json!({ "version": 1, "old": old, "new": new, "cause": "REKEY" });
    deliver(p, "PersonAliased", told).await;
}

async fn split(p: &Province, old: &str, new: &str, merge: &str) {
    let told = json!({ "version": 1, "old": old, "new": new, "merge": merge });
    deliver(p, "PersonSplit", told).await;
}

async fn status(p: &Province, token: &str) -> Status {
    super::super::events::status(p, token).await.0
}

/// The button is pressed at 51; nothing more is waited for.
async fn press(world: &World, key: &str, man: usize, woman: usize) -> Value {
    let p = world.p("51");
    let (his, hers) = (world.p("32").number(man), world.p("35").number(woman));
    let checked = ready(p, key, his, hers).await;
    act(p, "registerMarriage", key, &checked).await;
    checked
}

/// How a registration at 51 ends.
async fn registered(world: &World, key: &str, man: usize, woman: usize) -> (String, Value) {
    let checked = press(world, key, man, woman).await;
    world.settle().await;
    let done = now(world.p("51"), &checked).await;
    let state = done["state"].as_str().unwrap().to_owned();
    (state, done["refusalCode"].clone())
}

fn refused(code: &str) -> (String, Value) {
    ("ABORTED".to_owned(), json!(code))
}

/// All promises to a person.
async fn holds(p: &Province, token: &str) -> Vec<Uuid> {
    let all = load::holds_of(p.services.db.read(), token).await.unwrap();
    all.into_iter().map(|txn| txn.0).collect()
}

/// The promise to a person who has at most one.
async fn hold(p: &Province, token: &str) -> Option<Uuid> {
    let all = holds(p, token).await;
    assert!(all.len() < 2);
    all.first().copied()
}

/// Whom the row of a transaction names, and whether its promise is contested.
async fn named(p: &Province, txn: Uuid) -> (String, bool) {
    let state = load::row(p.services.db.read(), TxnId(txn)).await.unwrap();
    let body = serde_json::to_value(state.unwrap()).unwrap();
    let person = body["hold"]["person"].as_str().unwrap().to_owned();
    (person, body["hold"]["contested"] == true)
}

/// The promise that is given to a person of a province now.
async fn promised(p: &Province, n: usize) -> Option<Uuid> {
    hold(p, &p.token(n)).await
}

async fn alarms(p: &Province) -> Vec<String> {
    let rows = alarm::Entity::find().all(p.services.db.read()).await;
    rows.unwrap().into_iter().map(|row| row.what).collect()
}

#[tokio::test]
async fn whoever_shows_another_number_is_the_person_they_were_merged_into() {
    for world in World::on_both(&["51", "32", "35"]).await {
        let ((man, woman), (other, free)) = (couple(0), couple(1));
        let p = world.p("32");
        assert_eq!(registered(&world, "a", man, woman).await.0, "REGISTERED");
        // The other number of the married man is known: it finds his ledger, at home and from anywhere.
        merge(p, &p.token(other), &p.token(man), "m1").await;
        let twice = registered(&world, "b", other, free).await;
        assert_eq!(twice, refused("SPOUSE_ON_RECORD"));
        // Merged the other way round, and through a chain: both numbers find it still.
        let (third, _) = couple(2);
        merge(p, &p.token(man), &p.token(third), "m2").await;
        for (key, n) in [("c", man), ("d", other), ("e", third)] {
            let twice = registered(&world, key, n, free).await;
            assert_eq!(twice, refused("SPOUSE_ON_RECORD"), "{key}");
        }
        let entries = ledger::latest(p.services.db.read(), &p.token(third), 50).await;
        let married = entries.unwrap();
        let married = married.iter().filter(|e| e.event == LedgerEvent::Married);
        assert_eq!(married.count(), 1);
        // Not one person after all: the other number's holder may marry.
        split(p, &p.token(man), &p.token(third), "m2").await;
        split(p, &p.token(other), &p.token(man), "m1").await;
        assert_eq!(status(p, &p.token(man)).await, Status::Married);
        assert_eq!(registered(&world, "f", other, free).await.0, "REGISTERED");
    }
}

#[tokio::test]
async fn two_registrations_before_the_merge_was_known_are_disputed_when_it_arrives() {
    for world in World::on_both(&["51", "32", "35"]).await {
        let ((man, woman), (other, hers)) = (couple(0), couple(1));
        let p = world.p("32");
        assert_eq!(registered(&world, "a", man, woman).await.0, "REGISTERED");
        assert_eq!(registered(&world, "b", other, hers).await.0, "REGISTERED");
        merge(p, &p.token(other), &p.token(man), "m1").await;
        assert_eq!(status(p, &p.token(man)).await, Status::Disputed);
        let third = registered(&world, "c", other, couple(2).1).await;
        assert_eq!(third, refused("RECORDS_DISPUTED"));
    }
}

#[tokio::test]
async fn a_new_token_key_never_makes_a_married_person_look_single() {
    for mut world in World::on_both(&["51", "32", "35"]).await {
        let (man, woman) = couple(0);
        let free = couple(1).1;
        let before = world.p("32").token(man);
        assert_eq!(registered(&world, "a", man, woman).await.0, "REGISTERED");
        world.new_token_key("32").await;
        let after = world.p("32").token(man);
        assert_ne!(before, after);
        // Nobody has told the new token yet.
        let twice = registered(&world, "b", man, free).await;
        assert_eq!(twice, refused("SPOUSE_ON_RECORD"));
        let p = world.p("32");
        assert_eq!(status(p, &before).await, Status::Married);
        rekey(p, &before, &after).await;
        let twice = registered(&world, "c", man, free).await;
        assert_eq!(twice, refused("SPOUSE_ON_RECORD"));
        assert_eq!(status(world.p("32"), &after).await, Status::Married);
    }
}

/// The province that has promised for a couple, and its person.
async fn holder(world: &World, man: usize, woman: usize) -> (&'static str, usize) {
    match promised(world.p("32"), man).await {
        Some(_) => ("32", man),
        None => {
            assert!(promised(world.p("35"), woman).await.is_some());
            ("35", woman)
        }
    }
}

#[tokio::test]
async fn a_merge_or_a_new_key_during_a_hold_takes_the_promise_along_and_a_split_brings_it_back() {
    for world in World::on_both(&["51", "32", "35"]).await {
        for (nth, what) in ["MERGE", "REKEY", "SPLIT", "SPLIT_LATER"]
            .into_iter()
            .enumerate()
        {
            let (man, woman) = couple(nth);
            world.losing(|_, _, phase| match phase {
                "CONFIRM" => Loss::Question,
                _ => Loss::Nothing,
            });
            let checked = press(&world, what, man, woman).await;
            for _ in 0..3 {
                run::look_now(&world.p("51").services).await;
            }
            let (code, n) = holder(&world, man, woman).await;
            let p = world.p(code);
            let (old, txn) = (p.token(n), promised(p, n).await.unwrap());
            let other = if n == man {
                couple(nth + 10).0
            } else {
                couple(nth + 10).1
            };
            let new = if what == "REKEY" {
                format!("new{nth}")
            } else {
                p.token(other)
            };
            if what == "REKEY" {
                rekey(p, &old, &new).await;
            } else {
                merge(p, &old, &new, what).await;
            }
            assert_eq!(
                (hold(p, &old).await, hold(p, &new).await),
                (None, Some(txn)),
                "{what}"
            );
            assert_eq!(named(p, txn).await, (new.clone(), false), "{what}");
            assert_eq!(status(p, &new).await, Status::Held, "{what}");
            assert_eq!(status(p, &old).await, Status::NoRecord, "{what}");
            if what == "SPLIT" {
                split(p, &old, &new, what).await;
                assert_eq!(
                    (hold(p, &old).await, hold(p, &new).await),
                    (Some(txn), None)
                );
                assert_eq!(named(p, txn).await, (old.clone(), false));
                assert_eq!(status(p, &old).await, Status::Held);
                assert_ne!(status(p, &new).await, Status::Held);
            }
            world.losing(|_, _, _| Loss::Nothing);
            run::start_now(&world.p("51").services).await;
            world.settle().await;
            let done = now(world.p("51"), &checked).await;
            assert_eq!(done["state"], "REGISTERED", "{what} {done}");
            let spouse = if what == "SPLIT" { &old } else { &new };
            assert_eq!(status(p, spouse).await, Status::Married, "{what}");
            assert_eq!(hold(p, spouse).await, None, "{what}");
            assert!(
                !alarms(p).await.contains(&"DETAILS_UNREADABLE".to_owned()),
                "{what}"
            );
            if what == "SPLIT_LATER" {
                // The marriage came of the promise that had been the other's.
                split(p, &old, &new, what).await;
                assert_eq!(status(p, &old).await, Status::Married);
                assert_ne!(status(p, &new).await, Status::Married);
                assert_eq!(named(p, txn).await.0, old);
                let mine = "{ myMarriage { status marriage { id } } }";
                let seen = p.data(Principal::citizen(code, &old), mine, none()).await;
                assert!(seen["myMarriage"]["marriage"]["id"].is_string(), "{seen}");
            }
        }
        world.chains_are_whole().await;
    }
}

/// Two couples whose persons of one province are both held there: that province and the two.
async fn two_held(world: &World, lost: &'static str) -> (&'static str, [usize; 2], [Value; 2]) {
    world.losing(move |_, _, phase| {
        if phase == lost {
            Loss::Question
        } else {
            Loss::Nothing
        }
    });
    let mut found: Vec<(&'static str, usize, Value)> = Vec::new();
    // Of three couples two are held by the same province.
    for nth in 0..3 {
        let (man, woman) = couple(nth);
        let checked = press(world, &format!("k{nth}"), man, woman).await;
        for _ in 0..3 {
            run::look_now(&world.p("51").services).await;
        }
        let (code, n) = holder(world, man, woman).await;
        if let Some(at) = found.iter().position(|(other, ..)| *other == code) {
            let (_, first, its) = found.swap_remove(at);
            return (code, [first, n], [its, checked]);
        }
        found.push((code, n, checked));
    }
    unreachable!("three promises in two provinces")
}

#[tokio::test]
async fn of_two_promises_to_one_person_one_comes_to_nothing_when_nothing_was_decided() {
    for world in World::on_both(&["51", "32", "35"]).await {
        let (code, [first, second], [one, other]) = two_held(&world, "COMMIT_LAST").await;
        let p = world.p(code);
        let (old, new) = (p.token(first), p.token(second));
        let (his, stays) = (hold(p, &old).await.unwrap(), hold(p, &new).await.unwrap());
        merge(p, &old, &new, "m").await;
        let mut both = [his, stays];
        both.sort_unstable();
        assert_eq!(holds(p, &new).await, both);
        assert_eq!(named(p, his).await, (new.clone(), true));
        assert_eq!(named(p, stays).await, (new.clone(), false));
        // The holder asks at once; the decider has not decided, and never will otherwise.
        run::look_now(&p.services).await;
        // The other promise holds the person as before.
        assert_eq!(hold(p, &new).await, Some(stays));
        assert_eq!(status(p, &new).await, Status::Held);
        world.losing(|_, _, _| Loss::Nothing);
        world.settle().await;
        let ended = now(world.p("51"), &one).await;
        assert_eq!(ended["state"], "ABORTED", "{ended}");
        assert_eq!(ended["refusalCode"], "REGISTRATION_IN_PROGRESS");
        assert_eq!(now(world.p("51"), &other).await["state"], "REGISTERED");
        assert_eq!(status(p, &new).await, Status::Married);
        assert_eq!(hold(p, &new).await, None);
    }
}

#[tokio::test]
async fn of_two_promises_to_one_person_that_were_both_committed_two_officers_are_told() {
    for world in World::on_both(&["51", "32", "35"]).await {
        let (code, [first, second], _) = two_held(&world, "CONFIRM").await;
        let p = world.p(code);
        let (old, new) = (p.token(first), p.token(second));
        merge(p, &old, &new, "m").await;
        world.losing(|_, _, _| Loss::Nothing);
        run::start_now(&world.p("51").services).await;
        world.settle().await;
        assert_eq!(status(p, &new).await, Status::Disputed);
        let told = alarms(p).await;
        assert!(
            told.contains(&"COMMITTED_WHILE_CONTESTED".to_owned()),
            "{told:?}"
        );
        let open = row::Entity::find()
            .filter(row::Column::State.eq("HELD"))
            .all(p.services.db.read())
            .await
            .unwrap();
        for row in open {
            assert_ne!(named(p, row.txn).await.0, new);
        }
        // Nothing more comes of either number.
        for n in [first, second] {
            let (man, woman) = if code == "32" {
                (n, couple(5).1)
            } else {
                (couple(5).0, n)
            };
            let third = registered(&world, &format!("third {n}"), man, woman).await;
            assert_eq!(third, refused("RECORDS_DISPUTED"));
        }
    }
}

#[tokio::test]
async fn a_split_frees_the_promise_that_the_merge_had_contested() {
    for world in World::on_both(&["51", "32", "35"]).await {
        let (code, [first, second], [one, other]) = two_held(&world, "CONFIRM").await;
        let p = world.p(code);
        let (old, new) = (p.token(first), p.token(second));
        let (his, hers) = (hold(p, &old).await, hold(p, &new).await);
        merge(p, &old, &new, "m").await;
        split(p, &old, &new, "m").await;
        assert_eq!((hold(p, &old).await, hold(p, &new).await), (his, hers));
        assert_eq!(named(p, his.unwrap()).await, (old.clone(), false));
        two_days_ago(p).await;
        world.losing(|_, _, _| Loss::Nothing);
        run::start_now(&world.p("51").services).await;
        world.settle().await;
        for (application, token) in [(one, old), (other, new)] {
            let done = now(world.p("51"), &application).await;
            assert_eq!(done["state"], "REGISTERED", "{done}");
            assert_eq!(status(p, &token).await, Status::Married);
        }
    }
}

#[tokio::test]
async fn what_is_known_of_an_application_for_divorce_goes_along_and_comes_back() {
    let world = World::of(&["51", "32", "35"]).await;
    let p = world.p("32");
    let (old, new) = (p.token(couple(0).0), p.token(couple(1).0));
    let application = Uuid::from_u128(7);
    let open = mark::Model {
        person: old.clone(),
        application,
        record_id: None,
        opened: true,
        closed: false,
    };
    let job = p.services.db.write(move |tx| {
        let open = open.clone();
        Box::pin(async move {
            mark::Entity::insert(mark::ActiveModel::from(open))
                .exec_without_returning(tx)
                .await
                .map_err(crate::kit::Error::from)
        })
    });
    job.await.unwrap();
    let of = async |token: &str| {
        mark::Entity::find_by_id((token.to_owned(), application))
            .one(p.services.db.read())
            .await
            .unwrap()
            .map(|mark| (mark.opened, mark.closed))
    };
    merge(p, &old, &new, "m").await;
    assert_eq!(
        (of(&old).await, of(&new).await),
        (None, Some((true, false)))
    );
    split(p, &old, &new, "m").await;
    assert_eq!(
        (of(&old).await, of(&new).await),
        (Some((true, false)), None)
    );
}

#[tokio::test]
async fn a_merge_waits_until_a_province_that_was_restored_has_caught_up() {
    let mut world = World::of(&["51", "32", "35"]).await;
    let (man, woman) = couple(0);
    assert_eq!(registered(&world, "a", man, woman).await.0, "REGISTERED");
    world.opened_again("32");
    let p = world.p("32");
    let (old, new) = (p.token(man), p.token(couple(1).0));
    let told = |kind: &str| Event {
        kind: kind.to_owned(),
        key: "k".to_owned(),
        at: p.services.clock.now(),
        body: json!({ "version": 1, "old": old, "new": new, "merge": "m" }),
    };
    for kind in ["PersonAliased", "PersonSplit"] {
        let (event, services) = (told(kind), p.services.clone());
        let applied = p.services.db.write(move |tx| {
            let (event, services) = (event.clone(), services.clone());
            Box::pin(async move {
                for consumer in crate::consumers::all() {
                    if consumer.kinds().contains(&event.kind.as_str()) {
                        consumer.apply(&services, tx, &event).await?;
                    }
                }
                Ok(())
            })
        });
        let error = applied.await.unwrap_err();
        assert_eq!(
            error.code(),
            crate::kit::Error::Unavailable.code(),
            "{kind}"
        );
    }
    assert_eq!(status(p, &old).await, Status::Married);
    assert_eq!(status(p, &new).await, Status::NoRecord);
}
