//! D.6 (39), and persons whom no province's digits name: a table of routes moves no ledger, and who does not know says
//! so.

use super::world::{World, act, now, office, ready};
use super::*;

/// A single person of age.
fn single(code: &str, parity: usize, nth: usize) -> usize {
    use chrono::Datelike as _;
    (7_000..8_000)
        .filter(|n| n % 2 == parity && 2026 - person(code, *n).birth_date.year() > 22)
        .nth(nth)
        .unwrap()
}

/// The checks of one application by code and party.
fn outcome(application: &Value, code: &str) -> Vec<String> {
    let checks = application["checks"].as_array().unwrap();
    let of = checks.iter().filter(|check| check["code"] == code);
    of.map(|check| check["outcome"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn case_39_who_newly_gets_digits_answers_for_nobody_until_the_ledgers_have_come() {
    for mut world in World::on_both(&["51", "35", "36"]).await {
        // Married on the ledger of 36; her number never changes.
        assert_eq!(world.status("36", 1).await, Status::Married);
        let her = world.p("36").number(1);
        let fresh = world.p("36").number(single("36", 1, 0));
        let table = json!({ "epoch": 2, "rows": [{ "prefix": &her[..6], "authority": "35" }] });
        world.routes(&table).await;
        let p = world.p("51");
        let checked = ready(p, "k", p.number(single("51", 0, 0)), her.clone()).await;
        let pressed = act(p, "registerMarriage", "k", &checked).await;
        assert_eq!(pressed["application"]["state"], "HOLDING", "{pressed}");
        world.settle().await;
        let refused = now(p, &checked).await;
        assert_eq!(
            (refused["state"].as_str(), refused["refusalCode"].as_str()),
            (Some("ABORTED"), Some("AUTHORITY_DOES_NOT_KNOW")),
            "{refused}"
        );
        // Nor at the counter of the authority itself, nor at that of the former one.
        for code in ["35", "36"] {
            let p = world.p(code);
            let his = world.p("51").number(single("51", 0, 1));
            let checked = ready(p, &format!("at {code}"), his, her.clone()).await;
            if code == "35" {
                assert_eq!(checked["state"], "SUSPENDED_UNVERIFIED", "{checked}");
                assert!(outcome(&checked, "MARITAL_STATUS").contains(&"UNVERIFIED".to_owned()));
            } else {
                act(p, "registerMarriage", "x", &checked).await;
                world.settle().await;
                assert_eq!(
                    now(p, &checked).await["refusalCode"],
                    "AUTHORITY_DOES_NOT_KNOW"
                );
            }
        }
        // Once 35 says that it has the ledgers behind these digits, it answers for them.
        let handed = json!({ "epoch": 2, "rows": [{ "prefix": &her[..6], "authority": "35" }],
            "handedOver": [&her[..6]] });
        world.routes(&handed).await;
        let p = world.p("51");
        let checked = ready(p, "again", p.number(single("51", 0, 2)), fresh).await;
        act(p, "registerMarriage", "again", &checked).await;
        world.settle().await;
        assert_eq!(now(p, &checked).await["state"], "REGISTERED");
    }
}

/// D.2 (1): a person without a mainland number is the national authority's; where it is not connected, nobody knows
/// whether another province has registered them, and that is said.
#[tokio::test]
async fn whoever_has_no_mainland_number_is_unverified_until_the_national_authority_is_connected() {
    let world = World::of(&["51", "35"]).await;
    let her = "HKG:H60123456";
    for code in ["51", "35"] {
        let p = world.p(code);
        let who = || Principal {
            subject: Some("a".into()),
            ..p.registrar(&office(code)[..6])
        };
        let input = json!({ "requestKey": format!("{code} r"), "registry": registry(office(code)),
            "registrar": registrar_of(office(code)), "kind": "MARRIAGE", "man": p.number(single(code, 0, 0)), "woman": her,
            "womanFacts": { "sex": "WOMAN", "birthDate": "1990-03-03" } });
        let state =
            "application { id version state checks { code outcome reason } } userErrors { code }";
        let query = format!(
            "mutation ($input: ReceiveApplicationInput!) {{ receiveApplication(input: $input) {{ {state} }} }}"
        );
        let answer = p.ask(who(), &query, json!({ "input": input })).await;
        let received = &answer["data"]["receiveApplication"]["application"];
        assert_eq!(received["state"], "RECEIVED", "{answer}");
        let checked = act(p, "runOnlineChecks", &format!("{code} c"), received).await;
        let found = outcome(&checked["application"], "MARITAL_STATUS");
        assert_eq!(found, ["PASS", "UNVERIFIED"], "{checked}");
        assert_ne!(checked["application"]["state"], "ELIGIBLE");
        let pressed = act(
            p,
            "registerMarriage",
            &format!("{code} p"),
            &checked["application"],
        )
        .await;
        assert!(!refusals(&pressed).is_empty(), "{pressed}");
    }
}
