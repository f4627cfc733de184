//! Three provinces with their databases, and between them a wire that loses what a test wants: the real
//! shell, texts signed and sealed, without a network.

mod details;
mod divorces;
mod facts;
mod holds;
mod late;
mod merged;
mod peers;
mod rights;
mod routes;
mod steps;
mod words;
mod world;

use super::*;
use crate::interop::{exchange, log, run};
use crate::kit::Role;
use crate::kit::contract::role;
use crate::model::interop::{access, message};
use crate::rules::ledger::Status;
use rights::{of_the_province, proposed_a_week_ago};
use sea_orm::EntityTrait;
use std::sync::{Arc, Mutex};
use world::{Loss, World, act, couple, now, ready};

#[tokio::test]
async fn a_couple_of_two_provinces_marries_in_a_third_and_everything_is_on_file() {
    for world in World::on_both(&["51", "32", "35"]).await {
        let (man, woman) = couple(0);
        let (his, hers) = (world.p("32").number(man), world.p("35").number(woman));
        let p = world.p("51");
        let checked = ready(p, "k", his.clone(), hers.clone()).await;
        assert_eq!(checked["state"], "ELIGIBLE", "{checked:#}");
        let asked = checked["checks"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|c| c["outcome"] == "ASKED_AT_REGISTRATION");
        assert_eq!(asked.count(), 2);
        let pressed = act(p, "registerMarriage", "press", &checked).await;
        assert_eq!(pressed["application"]["state"], "HOLDING", "{pressed}");
        world.settle().await;
        let done = now(p, &checked).await;
        assert_eq!(done["state"], "REGISTERED", "{done}");
        assert!(
            done["record"]["certificateNumber"]
                .as_str()
                .unwrap()
                .starts_with("J510118-2026")
        );
        assert_eq!(world.status("32", man).await, Status::Married);
        assert_eq!(world.status("35", woman).await, Status::Married);
        // Nobody is married again, and the class is told, not the other person.
        let again = ready(
            world.p("35"),
            "again",
            his.clone(),
            world.p("35").number(couple(1).1),
        )
        .await;
        act(world.p("35"), "registerMarriage", "again", &again).await;
        world.settle().await;
        let refused = now(world.p("35"), &again).await;
        assert_eq!(
            (refused["state"].as_str(), refused["refusalCode"].as_str()),
            (Some("ABORTED"), Some("SPOUSE_ON_RECORD"))
        );
        assert!(refused["refusal"]["messageZh"].is_string());
        // Her own declaration at the counter stands; she is not held and not married.
        assert_eq!(
            world.status("35", couple(1).1).await,
            Status::NeverMarriedDeclared
        );
        // Each side can prove what was said; no log names anybody; each access is on file and can be seen.
        world.chains_are_whole().await;
        for province in &world.provinces {
            for row in message::Entity::find()
                .all(province.services.db.read())
                .await
                .unwrap()
            {
                let body = row.jws.split('.').nth(1).unwrap();
                let body = data_encoding::BASE64URL_NOPAD
                    .decode(body.as_bytes())
                    .unwrap();
                let text = String::from_utf8(body).unwrap();
                assert!(!text.contains(&his) && !text.contains(&hers));
            }
        }
        let read = access::Entity::find()
            .all(world.p("32").services.db.read())
            .await
            .unwrap();
        assert!(
            read.iter()
                .all(|row| !row.purpose.is_empty() && row.person == world.p("32").token(man))
        );
        assert!(
            read.iter()
                .any(|row| row.wrote && row.by_authority == "51" && row.officer == "a")
        );
        let query = "{ myMarriage { status } myMaritalEvents { entry { event seq } } myLedgerAccess { wrote authority purpose } }";
        let seen = world
            .p("32")
            .data(world.p("32").citizen(man), query, none())
            .await;
        assert_eq!(seen["myMarriage"]["status"], "MARRIED");
        assert_eq!(seen["myMaritalEvents"][0]["entry"]["event"], "MARRIED");
        assert!(!seen["myLedgerAccess"].as_array().unwrap().is_empty());
    }
}

#[tokio::test]
async fn whatever_one_question_or_answer_is_lost_the_couple_is_married_once() {
    let world = World::of(&["51", "32", "35"]).await;
    let phases = ["TRY", "COMMIT_LAST", "CONFIRM"];
    for (n, (phase, loss)) in phases
        .iter()
        .flat_map(|phase| [(*phase, Loss::Question), (*phase, Loss::Answer)])
        .enumerate()
    {
        let (man, woman) = couple(n);
        let p = world.p("51");
        let checked = ready(
            p,
            &format!("k{n}"),
            world.p("32").number(man),
            world.p("35").number(woman),
        )
        .await;
        let mut left = 1;
        world.losing(move |_, _, said| {
            if said == phase && left > 0 {
                left -= 1;
                loss
            } else {
                Loss::Nothing
            }
        });
        act(p, "registerMarriage", &format!("press{n}"), &checked).await;
        world.settle().await;
        let done = now(p, &checked).await;
        assert_eq!(done["state"], "REGISTERED", "{phase} {loss:?}: {done}");
        assert_eq!(
            world.status("32", man).await,
            Status::Married,
            "{phase} {loss:?}"
        );
        assert_eq!(
            world.status("35", woman).await,
            Status::Married,
            "{phase} {loss:?}"
        );
    }
    world.chains_are_whole().await;
}

#[tokio::test]
async fn a_coordinator_that_dies_before_the_decision_leaves_nobody_held() {
    let world = World::of(&["51", "32", "35"]).await;
    let (man, woman) = couple(0);
    let p = world.p("51");
    let checked = ready(
        p,
        "k",
        world.p("32").number(man),
        world.p("35").number(woman),
    )
    .await;
    world.losing(|_, _, phase| {
        if phase == "COMMIT_LAST" {
            Loss::Question
        } else {
            Loss::Nothing
        }
    });
    act(p, "registerMarriage", "press", &checked).await;
    run::look_now(&p.services).await;
    run::look_now(&p.services).await;
    let statuses = [
        world.status("32", man).await,
        world.status("35", woman).await,
    ];
    assert_eq!(
        statuses
            .iter()
            .filter(|status| **status == Status::Held)
            .count(),
        1,
        "{statuses:?}"
    );
    let words = "{ interopTransactions { state waitingFor explanation explanationZh permitted } }";
    let seen = p.data(p.registrar("510118"), words, none()).await;
    assert_eq!(seen["interopTransactions"][0]["state"], "HA_HELD");
    assert!(seen["interopTransactions"][0]["waitingFor"].is_string());
    // A new life of the coordinator resolves what it finds.
    world.losing(|_, _, _| Loss::Nothing);
    run::start_now(&p.services).await;
    world.settle().await;
    let done = now(p, &checked).await;
    assert_eq!(
        (done["state"].as_str(), done["refusalCode"].as_str()),
        (Some("ABORTED"), Some("NOT_DECIDED_IN_TIME"))
    );
    assert_eq!(world.status("32", man).await, Status::NoRecord);
    assert_eq!(world.status("35", woman).await, Status::NoRecord);
    // They press again, and now it holds.
    let again = ready(
        p,
        "again",
        world.p("32").number(man),
        world.p("35").number(woman),
    )
    .await;
    act(p, "registerMarriage", "again", &again).await;
    world.settle().await;
    assert_eq!(now(p, &again).await["state"], "REGISTERED");
}

#[tokio::test]
async fn one_person_wanted_twice_at_once_is_married_at_most_once() {
    let world = World::of(&["51", "32", "35"]).await;
    let (man, woman) = couple(0);
    let other = couple(1).1;
    let number = world.p("32").number(man);
    let here = ready(
        world.p("51"),
        "a",
        number.clone(),
        world.p("35").number(woman),
    )
    .await;
    let there = ready(world.p("35"), "b", number, world.p("35").number(other)).await;
    let (_, _) = tokio::join!(
        act(world.p("51"), "registerMarriage", "a", &here),
        act(world.p("35"), "registerMarriage", "b", &there)
    );
    tokio::join!(
        run::look_now(&world.p("51").services),
        run::look_now(&world.p("35").services)
    );
    world.settle().await;
    let states = [
        now(world.p("51"), &here).await,
        now(world.p("35"), &there).await,
    ];
    let registered = states
        .iter()
        .filter(|one| one["state"] == "REGISTERED")
        .count();
    assert!(registered <= 1, "{states:?}");
    assert!(
        states
            .iter()
            .all(|one| one["state"] == "REGISTERED" || one["state"] == "ABORTED"),
        "{states:?}"
    );
    let married = [
        world.status("35", woman).await,
        world.status("35", other).await,
    ];
    assert_eq!(
        married
            .iter()
            .filter(|status| **status == Status::Married)
            .count(),
        registered
    );
    assert_ne!(world.status("32", man).await, Status::Disputed);
}

#[tokio::test]
async fn only_a_peer_speaks_and_never_twice_with_one_text() {
    let world = World::of(&["51", "32"]).await;
    let texts = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&texts);
    // Every text of 51 is lost on the way, and found by somebody.
    let node = world.node("32");
    let own = message::Entity::find()
        .all(world.p("51").services.db.read())
        .await
        .unwrap();
    seen.lock().unwrap().extend(
        own.into_iter()
            .filter(|row| row.direction == log::OUT && !row.phase.ends_with("ANSWER"))
            .map(|row| row.jws),
    );
    let texts = texts.lock().unwrap().clone();
    assert!(!texts.is_empty());
    for text in &texts {
        let again = exchange::answer(&world.p("32").services, &node, "51", text)
            .await
            .unwrap_err();
        assert_eq!(
            again.graphql().extensions.unwrap().get("reason"),
            Some(&"INTEROP_REPLAYED".into())
        );
    }
    let field = "mutation ($jws: String!) { interopExchange(jws: $jws) }";
    let p = world.p("32");
    let peer = |code: &str| Principal {
        subject: Some(format!("minzheng-peer-{code}|{code}")),
        ..Principal::of(Role::Peer, code)
    };
    let posing = Principal {
        province: "51".into(),
        ..peer("35")
    };
    assert_eq!(role::PEER, Role::Peer.as_str());
    for (who, text, code) in [
        (p.citizen(0), texts[0].as_str(), "FORBIDDEN"),
        (p.public(), &texts[0], "FORBIDDEN"),
        (p.registrar("320311"), &texts[0], "FORBIDDEN"),
        (posing, &texts[0], "FORBIDDEN"),
        (peer("35"), &texts[0], "BAD_USER_INPUT"),
        (peer("51"), "no text", "BAD_USER_INPUT"),
        (peer("51"), &texts[0], "BAD_USER_INPUT"),
    ] {
        let answer = p.ask(who, field, json!({ "jws": text })).await;
        assert_eq!(codes(&answer), [code], "{answer}");
    }
}

#[tokio::test]
async fn until_every_peer_has_answered_a_start_nothing_is_written() {
    let world = World::of(&["51", "32"]).await;
    let p = world.p("51");
    world.losing(|_, _, phase| {
        if phase == "HELLO" {
            Loss::Question
        } else {
            Loss::Nothing
        }
    });
    run::start_now(&p.services).await;
    let both = |n: usize| {
        use chrono::Datelike as _;
        let of = |parity: usize| -> Vec<usize> {
            (7_000..8_000)
                .filter(|i| i % 2 == parity && 2026 - person("51", *i).birth_date.year() > 22)
                .collect()
        };
        (p.number(of(0)[n]), p.number(of(1)[n]))
    };
    let (man, woman) = both(0);
    let checked = ready(p, "k", man, woman).await;
    let refused = act(p, "registerMarriage", "early", &checked).await;
    assert_eq!(refusals(&refused), ["CATCHING_UP_AFTER_START"]);
    let station = "{ interopStation { serving waitingFor epoch } }";
    let seen = p.data(p.supervisor(), station, none()).await;
    assert_eq!(
        (
            &seen["interopStation"]["serving"],
            &seen["interopStation"]["waitingFor"]
        ),
        (&json!(false), &json!(["32"]))
    );
    // Two supervisors go on without it; one alone cannot.
    let go_on = async |who: &str, key: &str| {
        let input = json!({ "requestKey": key, "authorities": ["32"] });
        let who = of_the_province(p, who);
        p.change(who, "goOnWithoutPeers", "GoOnWithoutInput", "done", input)
            .await
    };
    assert_eq!(go_on("first", "1").await["done"], false);
    assert_eq!(
        refusals(&go_on("first", "2").await),
        ["SECOND_OFFICER_NEEDED"]
    );
    // A proposal of a week ago is over: whoever comes next proposes anew.
    proposed_a_week_ago(p).await;
    assert_eq!(go_on("second", "3").await["done"], false);
    assert_eq!(
        refusals(&go_on("second", "4").await),
        ["SECOND_OFFICER_NEEDED"]
    );
    assert_eq!(go_on("first", "5").await["done"], true);
    let done = act(p, "registerMarriage", "late", &checked).await;
    assert_eq!(done["application"]["state"], "REGISTERED", "{done}");
    let alarms = p
        .data(
            of_the_province(p, "first"),
            "{ interopAlarms { id code explanation } }",
            none(),
        )
        .await;
    assert_eq!(alarms["interopAlarms"][0]["code"], "OVERRIDDEN");
    let input = json!({ "requestKey": "4", "alarm": alarms["interopAlarms"][0]["id"] });
    let closed = p
        .change(
            of_the_province(p, "first"),
            "closeInteropAlarm",
            "CloseInteropAlarmInput",
            "done",
            input,
        )
        .await;
    assert_eq!(closed["done"], true);
}

#[tokio::test]
async fn what_an_earlier_life_has_written_of_itself_opens_no_ledger() {
    let mut world = World::of(&["51", "32", "35"]).await;
    let (man, woman) = couple(0);
    let (his, hers) = (world.p("32").number(man), world.p("35").number(woman));
    let checked = ready(world.p("51"), "k", his, hers).await;
    // Started again, perhaps on an old copy: the row still says that it serves.
    world.opened_again("51");
    let early = act(world.p("51"), "registerMarriage", "early", &checked).await;
    assert_eq!(refusals(&early), ["CATCHING_UP_AFTER_START"]);
    let p = world.p("51");
    let station = "{ interopStation { serving waitingFor } }";
    let seen = p.data(p.supervisor(), station, none()).await;
    assert_eq!(seen["interopStation"]["serving"], false, "{seen}");
}
