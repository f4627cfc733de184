//! What comes late between provinces: a death behind a judgment, a hold that nobody ends; and what only two persons do.

use super::super::events::deliver;
use super::*;
use crate::rules::ledger::LedgerEvent;
use crate::service::ledger;

const PROVINCES: [&str; 3] = ["51", "32", "35"];

/// A couple of 32 and 35 is married in 51; then it is five days later everywhere.
pub(super) async fn married(world: &mut World) -> (usize, usize) {
    let pair = steps::married(world, 0).await;
    for code in PROVINCES {
        world.at(code, "2026-11-27T04:00:00Z");
    }
    pair
}

/// A judgment of a day on the couple is annotated in 51.
pub(super) async fn judged(world: &World, pair: (usize, usize), effective: &str) {
    let done = steps::judged(world, "51", pair, effective).await;
    assert!(refusals(&done).is_empty(), "{done}");
    world.settle().await;
}

/// His death is told to his own province, twice.
async fn died(world: &World, man: usize, day: &str) {
    let p = world.p("32");
    for _ in 0..2 {
        let body = json!({ "person": p.token(man), "diedOn": day });
        deliver(p, "DeathRegistered", body).await;
    }
    world.settle().await;
}

/// The state and the end of the marriage as each province keeps its record.
async fn records(world: &World) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for code in PROVINCES {
        for row in steps::shared_records(world, code).await {
            let on = row.ended_on.map(|day| day.to_string());
            found.push((row.state, on.unwrap_or_default()));
        }
    }
    found
}

async fn all_told(world: &World) {
    for code in PROVINCES {
        assert_eq!(steps::untold(world, code).await, 0, "{code}");
    }
}

/// M-21, M-23: the order in which they are told decides nothing, wherever the survivor's ledger is kept.
#[tokio::test]
async fn a_death_before_a_judgment_makes_a_widow_of_the_spouse_whom_another_province_keeps() {
    for mut world in World::on_both(&PROVINCES).await {
        let pair = married(&mut world).await;
        judged(&world, pair, "2026-11-26").await;
        for (code, n) in [("32", pair.0), ("35", pair.1)] {
            assert_eq!(world.status(code, n).await, Status::Divorced, "{code}");
        }
        died(&world, pair.0, "2026-11-24").await;
        assert_eq!(world.status("35", pair.1).await, Status::Widowed);
        let ended = ("ENDED_DEATH".to_owned(), "2026-11-24".to_owned());
        assert_eq!(records(&world).await, vec![ended; 3]);
        all_told(&world).await;
        // Entered once, however often it was told.
        let her = world.p("35");
        let entries = ledger::latest(her.services.db.read(), &her.token(pair.1), 20)
            .await
            .unwrap();
        let deaths = entries
            .iter()
            .filter(|entry| entry.event == LedgerEvent::SpouseDied);
        assert_eq!(deaths.count(), 1);
        world.chains_are_whole().await;
    }
}

#[tokio::test]
async fn a_judgment_before_a_death_that_was_told_first_divorces_in_every_province() {
    for mut world in World::on_both(&PROVINCES).await {
        let pair = married(&mut world).await;
        died(&world, pair.0, "2026-11-26").await;
        assert_eq!(world.status("35", pair.1).await, Status::Widowed);
        judged(&world, pair, "2026-11-24").await;
        assert_eq!(world.status("35", pair.1).await, Status::Divorced);
        let ended = ("DISSOLVED_JUDGMENT".to_owned(), "2026-11-24".to_owned());
        assert_eq!(records(&world).await, vec![ended; 3]);
        all_told(&world).await;
    }
}

#[tokio::test]
async fn a_death_after_a_judgment_leaves_the_other_provinces_divorced_too() {
    let mut world = World::of(&PROVINCES).await;
    let pair = married(&mut world).await;
    judged(&world, pair, "2026-11-24").await;
    died(&world, pair.0, "2026-11-26").await;
    assert_eq!(world.status("35", pair.1).await, Status::Divorced);
    let ended = ("DISSOLVED_JUDGMENT".to_owned(), "2026-11-24".to_owned());
    assert_eq!(records(&world).await, vec![ended; 3]);
}

/// B.1.6, D.2 point 2: who is held and hears nothing is in doubt, and is told so; nothing frees itself.
#[tokio::test]
async fn who_is_held_for_longer_than_a_registration_takes_is_in_doubt_until_the_decision_is_known()
{
    let mut world = World::of(&PROVINCES).await;
    let (man, woman) = couple(0);
    let p = world.p("51");
    let (his, hers) = (world.p("32").number(man), world.p("35").number(woman));
    let checked = ready(p, "k", his, hers).await;
    world.losing(|_, _, phase| match phase {
        "COMMIT_LAST" | "RESOLVE" => Loss::Question,
        _ => Loss::Nothing,
    });
    act(p, "registerMarriage", "k", &checked).await;
    run::look_now(&p.services).await;
    run::look_now(&p.services).await;
    let (holder, n) = match world.status("32", man).await {
        Status::Held => ("32", man),
        _ => ("35", woman),
    };
    let mine = "{ myMarriage { status person { maritalLedger { status statusCode } } } }";
    let shown = async |world: &World| {
        let p = world.p(holder);
        let mut mine = p.data(p.citizen(n), mine, none()).await;
        let mine = mine["myMarriage"].take();
        assert_eq!(mine["person"]["maritalLedger"]["status"], mine["status"]);
        assert_eq!(mine["person"]["maritalLedger"]["statusCode"], "90");
        mine["status"].as_str().unwrap().to_owned()
    };
    // Holds are given by the clock of the wire, and shown by the legal one.
    let held = chrono::Utc::now();
    let later = |minutes| (held + chrono::TimeDelta::minutes(minutes)).to_rfc3339();
    world.at(holder, &later(5));
    assert_eq!(shown(&world).await, "HELD");
    world.at(holder, &later(11));
    assert_eq!(shown(&world).await, "IN_DOUBT");
    world.losing(|_, _, _| Loss::Nothing);
    run::start_now(&world.p("51").services).await;
    world.settle().await;
    assert_ne!(shown(&world).await, "IN_DOUBT");
}

#[tokio::test]
async fn two_accounts_of_one_supervisor_go_on_without_nobody() {
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
    let go_on = async |account: &str, person: &str| {
        let input = json!({ "requestKey": account, "authorities": ["32"] });
        let who = Principal {
            person: Some(person.to_owned()),
            ..of_the_province(p, account)
        };
        p.change(who, "goOnWithoutPeers", "GoOnWithoutInput", "done", input)
            .await
    };
    assert_eq!(go_on("first", "li").await["done"], false);
    let same = go_on("second", "li").await;
    assert_eq!(refusals(&same), ["SECOND_OFFICER_NEEDED"]);
    assert_eq!(go_on("third", "wang").await["done"], true);
}
