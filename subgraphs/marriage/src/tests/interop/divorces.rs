//! A divorce by consent whose two ledgers are kept by two provinces: one application anywhere, one mark on both,
//! one end on both.

use super::steps::{he_marries_again, married};
use super::*;
use crate::rules::ledger::LedgerEvent;
use crate::service::ledger;

const APPLICATION: &str =
    "application { id version state refusalCode refusal { code messageZh } closedOn }";

/// The registry of a province where a couple applies.
fn counter(code: &str) -> &'static str {
    match code {
        "51" => "510118-2",
        "35" => "350103-1",
        _ => "320311-1",
    }
}

fn clerk(p: &Province) -> Principal {
    Principal {
        subject: Some("a".into()),
        ..p.registrar(&counter(p.digits)[..6])
    }
}

async fn apply(world: &World, at: &str, key: &str, (man, woman): (usize, usize)) -> Value {
    let p = world.p(at);
    let input = json!({ "requestKey": key, "registry": registry(counter(at)),
        "man": world.p("32").number(man), "woman": world.p("35").number(woman),
        "bothPresent": true, "agreementSigned": true, "fullCapacity": true, "children": 1 });
    p.change(
        clerk(p),
        "applyDivorce",
        "ApplyDivorceInput",
        APPLICATION,
        input,
    )
    .await
}

async fn seen(p: &Province, application: &Value) -> Value {
    let query = "query ($id: ID!) { divorceApplication(id: $id) { id version state refusalCode refusal { code messageZh } } }";
    p.data(clerk(p), query, json!({ "id": application["id"] }))
        .await["divorceApplication"]
        .take()
}

async fn withdraw(p: &Province, key: &str, application: &Value) -> Value {
    let input = json!({ "requestKey": key, "application": application["id"], "by": "WOMAN" });
    p.change(
        clerk(p),
        "withdrawDivorce",
        "WithdrawDivorceInput",
        APPLICATION,
        input,
    )
    .await
}

/// Both ask for the certificate and the registrar registers.
async fn register(p: &Province, key: &str, application: &Value) -> Value {
    let code = counter(p.digits);
    let input = json!({ "requestKey": format!("{key} ask"), "application": application["id"],
        "version": application["version"], "registry": registry(code), "registrar": registrar_of(code),
        "bothPresent": true });
    let asked = p
        .change(
            clerk(p),
            "requestDivorceCertificate",
            "RequestDivorceCertificateInput",
            APPLICATION,
            input,
        )
        .await;
    assert_eq!(asked["application"]["state"], "REVIEW", "{asked}");
    press(p, key, &asked["application"]).await
}

async fn press(p: &Province, key: &str, application: &Value) -> Value {
    let input = json!({ "requestKey": format!("{key} register"), "application": application["id"],
        "version": application["version"], "bothWilling": true, "agreementSettled": true });
    p.change(
        clerk(p),
        "registerDivorce",
        "RegisterDivorceInput",
        APPLICATION,
        input,
    )
    .await
}

/// What the two ledgers say of it, holds left aside: the last entry of his and of hers.
async fn last(world: &World, (man, woman): (usize, usize)) -> [LedgerEvent; 2] {
    let mut found = Vec::new();
    for (code, n) in [("32", man), ("35", woman)] {
        let p = world.p(code);
        let entries = ledger::latest(p.services.db.read(), &p.token(n), 10)
            .await
            .unwrap();
        let last = entries
            .iter()
            .find(|entry| !matches!(entry.event, LedgerEvent::Held | LedgerEvent::Released));
        found.push(last.unwrap().event);
    }
    [found[0], found[1]]
}

#[tokio::test]
async fn a_divorce_is_received_once_and_ends_the_marriage_on_both_ledgers() {
    let mut world = World::of(&["51", "32", "35"]).await;
    let pair = married(&world, 0).await;
    let received = apply(&world, "51", "first", pair).await;
    assert_eq!(received["application"]["state"], "RECEIVING", "{received}");
    world.settle().await;
    let open = seen(world.p("51"), &received["application"]).await;
    assert_eq!(open["state"], "COOLING", "{open}");
    assert_eq!(last(&world, pair).await, [LedgerEvent::DivorceApplied; 2]);
    // M-19: no second one, here or in her province, which never saw the first and tells why to who serves them only.
    for (at, why) in [("51", "APPLICATION_ALREADY_OPEN"), ("35", "NO_OPEN_MATTER")] {
        let second = apply(&world, at, "second", pair).await;
        assert_eq!(refusals(&second), [why], "{at}");
    }
    // A withdrawal counts at once and frees both ledgers, whatever is lost on the way.
    let mut left = 3;
    world.losing(move |_, _, phase| {
        if left > 0 && phase != "HELLO" {
            left -= 1;
            Loss::Answer
        } else {
            Loss::Nothing
        }
    });
    let gone = withdraw(world.p("51"), "w", &open).await;
    assert_eq!(gone["application"]["state"], "WITHDRAWN", "{gone}");
    world.settle().await;
    assert_eq!(
        last(&world, pair).await,
        [LedgerEvent::DivorceApplicationClosed; 2]
    );
    // Then in her province; in the window it is registered there.
    let again = apply(&world, "35", "third", pair).await;
    world.settle().await;
    let open = seen(world.p("35"), &again["application"]).await;
    assert_eq!(open["state"], "COOLING", "{again} {open}");
    world.at("35", "2026-12-28T02:00:00Z");
    let pressed = register(world.p("35"), "r", &open).await;
    assert_eq!(pressed["application"]["state"], "REGISTERING", "{pressed}");
    world.settle().await;
    let done = seen(world.p("35"), &open).await;
    assert_eq!(done["state"], "REGISTERED", "{done}");
    assert_eq!(last(&world, pair).await, [LedgerEvent::Divorced; 2]);
    for (code, n) in [("32", pair.0), ("35", pair.1)] {
        assert_eq!(world.status(code, n).await, Status::Divorced);
        let p = world.p(code);
        let mine = "{ myMarriage { person { marriages { state certificates { state kind } } } } }";
        let mine = p.data(p.citizen(n), mine, none()).await;
        let record = &mine["myMarriage"]["person"]["marriages"][0];
        assert_eq!(record["state"], "DISSOLVED_DIVORCE", "{mine}");
    }
    // Nothing of the couple is kept for later, and both may marry again.
    let kept = crate::model::interop::divorce::Entity::find()
        .all(world.p("35").services.db.read())
        .await
        .unwrap();
    assert!(kept.is_empty());
    he_marries_again(&world, pair.0).await;
    world.chains_are_whole().await;
}

/// A couple in 51, of whom one has been divorced: how their application ends.
async fn again(world: &World, key: &str, (man, woman): (usize, usize)) -> Value {
    let p = world.p("51");
    let (his, hers) = (world.p("32").number(man), world.p("35").number(woman));
    let next = ready(p, key, his, hers).await;
    act(p, "registerMarriage", key, &next).await;
    world.settle().await;
    now(p, &next).await
}

/// I-1, D.6 (57): what the decider alone knows may be lost in a restore, so nobody marries on it.
#[tokio::test]
async fn whom_a_divorce_has_freed_marries_again_when_the_other_province_has_it() {
    for mut world in World::on_both(&["51", "32", "35"]).await {
        let pair = married(&world, 0).await;
        let received = apply(&world, "35", "first", pair).await;
        world.settle().await;
        let open = seen(world.p("35"), &received["application"]).await;
        world.at("35", "2026-12-28T02:00:00Z");
        world.losing(|from, _, phase| match (from, phase) {
            ("32" | "35", "CONFIRM" | "RESOLVE") => Loss::Question,
            _ => Loss::Nothing,
        });
        register(world.p("35"), "r", &open).await;
        for _ in 0..4 {
            run::look_now(&world.p("35").services).await;
        }
        let waits = async |code: &str| {
            let seen = "{ interopTransactions { state } }";
            let p = world.p(code);
            let all = p.data(of_the_province(p, "s"), seen, none()).await;
            let rows = all["interopTransactions"].as_array().unwrap().clone();
            rows.iter().any(|row| row["state"] == "UNHEARD")
        };
        let of_32 = waits("32").await;
        assert_ne!(of_32, waits("35").await);
        let (da, freed, next) = if of_32 {
            ("32", pair.0, (pair.0, couple(1).1))
        } else {
            ("35", pair.1, (couple(1).0, pair.1))
        };
        assert_eq!(world.status(da, freed).await, Status::Divorced);
        let early = again(&world, "early", next).await;
        assert_eq!(early["state"], "ABORTED", "{early}");
        assert_eq!(early["refusalCode"], "REGISTRATION_IN_PROGRESS", "{early}");
        world.losing(|_, _, _| Loss::Nothing);
        world.settle().await;
        assert_eq!(last(&world, pair).await, [LedgerEvent::Divorced; 2]);
        assert!(!waits(da).await);
        let done = again(&world, "later", next).await;
        assert_eq!(done["state"], "REGISTERED", "{done}");
        world.chains_are_whole().await;
    }
}

#[tokio::test]
async fn two_applications_in_two_provinces_at_once_are_one_at_most() {
    let world = World::of(&["51", "32", "35"]).await;
    for round in 0..4 {
        let pair = married(&world, round).await;
        let key = format!("k{round}");
        let (here, there) = tokio::join!(
            apply(&world, "51", &key, pair),
            apply(&world, "32", &key, pair)
        );
        tokio::join!(
            run::look_now(&world.p("51").services),
            run::look_now(&world.p("32").services)
        );
        world.settle().await;
        let states = [
            seen(world.p("51"), &here["application"]).await,
            seen(world.p("32"), &there["application"]).await,
        ];
        let open = states
            .iter()
            .filter(|one| one["state"] == "COOLING")
            .count();
        assert!(open <= 1, "{states:?}");
        for refused in states.iter().filter(|one| one["state"] != "COOLING") {
            assert_eq!(refused["state"], "REFUSED");
            assert!(
                refused["refusal"]["messageZh"].is_string(),
                "a class in words: {refused}"
            );
        }
        let marked = last(&world, pair).await;
        let wanted = if open == 1 {
            [LedgerEvent::DivorceApplied; 2]
        } else {
            [LedgerEvent::Married; 2]
        };
        assert_eq!(marked, wanted, "{states:?}");
    }
}

#[tokio::test]
async fn a_divorce_that_no_province_can_agree_to_goes_back_to_the_registrar() {
    let mut world = World::of(&["51", "32", "35"]).await;
    let pair = married(&world, 0).await;
    let received = apply(&world, "51", "a", pair).await;
    world.settle().await;
    let open = seen(world.p("51"), &received["application"]).await;
    world.at("51", "2026-12-28T02:00:00Z");
    // Nobody hears of the divorce until the coordinator starts again, and resolves it.
    world.losing(|_, _, phase| {
        if phase == "TRY" || phase == "COMMIT_LAST" {
            Loss::Question
        } else {
            Loss::Nothing
        }
    });
    let pressed = register(world.p("51"), "r", &open).await;
    assert_eq!(pressed["application"]["state"], "REGISTERING", "{pressed}");
    let words = "{ interopTransactions { deed waitingFor explanation explanationZh permitted } }";
    let list = world
        .p("51")
        .data(clerk(world.p("51")), words, none())
        .await;
    assert_eq!(list["interopTransactions"][0]["deed"], "DIVORCE", "{list}");
    world.losing(|_, _, _| Loss::Nothing);
    run::start_now(&world.p("51").services).await;
    world.settle().await;
    let back = seen(world.p("51"), &open).await;
    assert_eq!(
        (back["state"].as_str(), back["refusalCode"].as_str()),
        (Some("REVIEW"), Some("NOT_DECIDED_IN_TIME")),
        "{back}"
    );
    assert_eq!(last(&world, pair).await, [LedgerEvent::DivorceApplied; 2]);
    // Pressed again, and now it holds.
    press(world.p("51"), "again", &back).await;
    world.settle().await;
    let done = seen(world.p("51"), &open).await;
    assert_eq!(done["state"], "REGISTERED", "{done}");
    assert_eq!(last(&world, pair).await, [LedgerEvent::Divorced; 2]);
}

#[tokio::test]
async fn an_application_that_nobody_follows_up_is_taken_off_both_ledgers_by_the_timers() {
    let mut world = World::of(&["51", "32", "35"]).await;
    // Early enough that the whole window lies in a year whose days of rest are known.
    for province in ["51", "32", "35"] {
        world.at(province, "2026-10-20T02:00:00Z");
    }
    let pair = married(&world, 0).await;
    let received = apply(&world, "51", "a", pair).await;
    world.settle().await;
    world.at("51", "2026-12-30T02:00:00Z");
    crate::run_timers(&world.p("51").services).await.unwrap();
    let closed = seen(world.p("51"), &received["application"]).await;
    assert_eq!(closed["state"], "DEEMED_WITHDRAWN");
    world.settle().await;
    assert_eq!(
        last(&world, pair).await,
        [LedgerEvent::DivorceApplicationClosed; 2]
    );
}

/// C.2-9, M-19: who has an application before them sees whether another one is open in the country.
#[tokio::test]
async fn an_application_that_is_open_in_another_province_is_seen_from_one_that_is_closed() {
    let world = World::of(&["51", "32", "35"]).await;
    let pair = married(&world, 0).await;
    let other = async |at: &str, application: &Value| {
        let p = world.p(at);
        let query = "query ($id: ID!) { divorceApplication(id: $id) { openElsewhere } }";
        let asked = json!({ "id": application["application"]["id"] });
        p.data(clerk(p), query, asked).await["divorceApplication"]["openElsewhere"].take()
    };
    let hers = apply(&world, "35", "a", pair).await;
    world.settle().await;
    assert_eq!(other("35", &hers).await, "NONE");
    let open = seen(world.p("35"), &hers["application"]).await;
    withdraw(world.p("35"), "w", &open).await;
    world.settle().await;
    assert_eq!(other("35", &hers).await, "NONE");
    let third = apply(&world, "51", "b", pair).await;
    world.settle().await;
    // Her ledger is kept in 35 and bears the mark of the one in 51; that one's own mark leaves room for no other.
    assert_eq!(other("35", &hers).await, "ELSEWHERE");
    assert_eq!(other("51", &third).await, "NONE");
    let open = seen(world.p("51"), &third["application"]).await;
    withdraw(world.p("51"), "w2", &open).await;
    world.settle().await;
    // 51 keeps neither ledger: of a couple that it handles no more it knows nothing.
    assert_eq!(other("51", &third).await, "NOT_KNOWN_HERE");
    assert_eq!(other("35", &hers).await, "NONE");
    // Nobody but who handles it, or a party, is told.
    let p = world.p("51");
    let query = "query ($id: ID!) { divorceApplication(id: $id) { openElsewhere } }";
    let asked = json!({ "id": third["application"]["id"] });
    let stranger = p.ask(p.idle_registrar("510300"), query, asked).await;
    assert!(
        stranger["data"]["divorceApplication"].is_null(),
        "{stranger}"
    );
}
