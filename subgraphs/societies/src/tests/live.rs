//! What is told as it happens.

use super::{Stage, division};
use minzheng_kit::testing::{subscribe, told, watching};
use minzheng_kit::{Principal, Subsystem};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

const RISK: &str = "subscription ($d: ID!) { slaAtRisk(division: $d) { id state version } }";
const EXPIRING: &str = "subscription ($d: ID!) { ratingExpiring(division: $d) {
    rating { id validTo } organization { creditCode } } }";
const SERIOUS: &str = "subscription ($d: ID!) { listingEscalates(division: $d) {
    listing { id list reason } organization { creditCode } } }";

/// What is told of as many rows as are expected, while the job runs once.
async fn while_it_runs(
    stage: &Stage,
    who: Principal,
    query: &str,
    within: &str,
    expected: usize,
) -> Vec<Value> {
    let mut events = subscribe(&stage.graph, who, query, json!({ "d": division(within) }));
    let listening = async {
        let mut found = Vec::new();
        for _ in 0..expected {
            found.push(told(&mut events).await["data"].clone());
        }
        found
    };
    let before = stage.services.db.watchers().rested();
    let running = async {
        watching(&stage.services.db, before + 1).await;
        crate::Societies.tick(&stage.services).await.unwrap();
    };
    let (found, ()) = tokio::join!(listening, running);
    // Running again tells nothing again.
    crate::Societies.tick(&stage.services).await.unwrap();
    let quiet = futures_util::StreamExt::next(&mut events);
    let quiet = tokio::time::timeout(Duration::from_millis(200), quiet).await;
    assert!(quiet.is_err(), "told twice");
    found
}

fn ids(rows: &[Value], at: &str) -> BTreeSet<String> {
    rows.iter()
        .map(|row| row.pointer(at).unwrap().as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn officers_are_told_once_of_each_term_at_risk_in_their_division() {
    for stage in Stage::everywhere("51", "live_risk").await {
        let query = "query ($d: ID!) { slaAtRisk(division: $d, first: 500) { nodes { id } } }";
        let asked = json!({ "d": division("510100") });
        let standing = stage.data(stage.officer("510100"), query, asked).await;
        let standing = standing["slaAtRisk"]["nodes"].as_array().unwrap().clone();
        assert!(!standing.is_empty());
        let found = while_it_runs(
            &stage,
            stage.officer("510100"),
            RISK,
            "510100",
            standing.len(),
        )
        .await;
        assert_eq!(ids(&found, "/slaAtRisk/id"), ids(&standing, "/id"));
        // Nobody listens to another division.
        let asked = json!({ "d": division("510100") });
        for stranger in [stage.officer("510300"), stage.citizen(0)] {
            let mut refused = subscribe(&stage.graph, stranger, RISK, asked.clone());
            let refused = told(&mut refused).await;
            assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
        }
    }
}

#[tokio::test]
async fn everybody_may_hear_of_ratings_that_run_out() {
    for stage in Stage::everywhere("51", "live_rating").await {
        let before = crate::service::warnings::expires_before("2026-11-22".parse().unwrap());
        let query = "query ($d: ID, $before: Date!) { ratingsExpiring(before: $before, division: $d, first: 500) {
            nodes { rating { id } } } }";
        let asked = json!({ "d": division("510000"), "before": before });
        let standing = stage.data(Principal::public("51"), query, asked).await;
        let standing = standing["ratingsExpiring"]["nodes"]
            .as_array()
            .unwrap()
            .clone();
        assert!(!standing.is_empty());
        let found = while_it_runs(
            &stage,
            Principal::public("51"),
            EXPIRING,
            "510000",
            standing.len(),
        )
        .await;
        assert_eq!(
            ids(&found, "/ratingExpiring/rating/id"),
            ids(&standing, "/rating/id")
        );
        let named = "/ratingExpiring/organization/creditCode";
        assert!(found.iter().all(|one| one.pointer(named).is_some()));
    }
}

#[tokio::test]
async fn an_entry_that_becomes_serious_is_told_with_its_organization() {
    for stage in Stage::everywhere("51", "live_serious").await {
        let found = while_it_runs(&stage, Principal::public("51"), SERIOUS, "510000", 1).await;
        let one = &found[0]["listingEscalates"];
        assert_eq!(
            (&one["listing"]["list"], &one["listing"]["reason"]),
            (&json!("SERIOUS"), &json!("ABNORMAL_TWO_YEARS"))
        );
        assert!(one["organization"]["creditCode"].is_string(), "{one}");
    }
}
