//! What needs two officers: impersonation and corrections.

use super::steps::{
    apply_correction, decide_in_case, find_in_case, open_case, propose_correction, propose_in_case,
};
use super::*;

async fn record_of(p: &Province, citizen: usize) -> Value {
    let mine = "{ myMarriage { marriage { id version } } }";
    p.data(p.citizen(citizen), mine, none()).await["myMarriage"]["marriage"].clone()
}

async fn status(p: &Province, citizen: usize) -> Value {
    p.data(p.citizen(citizen), "{ myMarriage { status } }", none())
        .await["myMarriage"]["status"]
        .clone()
}

#[tokio::test]
async fn a_registration_by_impersonation_is_revoked_by_two_officers_on_the_word_of_an_organ() {
    let p = Province::of("51").await;
    let record = record_of(&p, 0).await;
    let stranger = open_case(&p, p.officer("a"), "x", &record["id"], 12).await;
    assert_eq!(refusals(&stranger), ["NOT_A_PARTY"]);
    let case = open_case(&p, p.officer("a"), "o", &record["id"], 1).await;
    assert_eq!(case["case"]["state"], "OPEN", "{case}");
    assert_eq!(status(&p, 0).await, "DISPUTED");
    let twice = open_case(&p, p.officer("a"), "t", &record["id"], 1).await;
    assert_eq!(refusals(&twice), ["CASE_ALREADY_OPEN"]);
    let bare = propose_in_case(&p, p.officer("a"), "p0", &case["case"], true).await;
    assert_eq!(refusals(&bare), ["EVIDENCE_OF_AN_ORGAN_MISSING"]);
    let added = find_in_case(&p, p.officer("a"), &case["case"]).await;
    assert_eq!(
        added["case"]["evidence"][0]["kind"], "POLICE_FINDING",
        "{added}"
    );
    let proposed = propose_in_case(&p, p.officer("a"), "p", &added["case"], true).await;
    assert_eq!(proposed["case"]["state"], "PROPOSED", "{proposed}");
    let alone = decide_in_case(&p, p.officer("a"), "d0", &proposed["case"], true).await;
    assert_eq!(refusals(&alone), ["SECOND_OFFICER_NEEDED"]);
    let query = "mutation ($input: DecideImpersonationCaseInput!) { decideImpersonationCase(input: $input) { userErrors { code } } }";
    for who in [
        p.citizen(0),
        p.public(),
        p.registrar("510104"),
        p.dashboard(),
    ] {
        let of = &proposed["case"];
        let input = json!({ "requestKey": "d1", "case": of["id"], "version": of["version"], "agree": true });
        let answer = p.ask(who, query, json!({ "input": input })).await;
        assert_eq!(codes(&answer), ["FORBIDDEN"]);
    }
    let done = decide_in_case(&p, p.supervisor(), "d", &proposed["case"], true).await;
    assert_eq!(done["case"]["state"], "REVOKED", "{done}");
    assert_eq!(done["case"]["record"]["state"], "REVOKED_FRAUD");
    assert_eq!(status(&p, 0).await, "NO_RECORD", "as if never married");
    let list = "query ($r: ID!) { impersonationCases(registry: $r) { edges { node { state } } } }";
    let list = p
        .data(p.supervisor(), list, json!({ "r": registry("510118-1") }))
        .await;
    assert_eq!(
        list["impersonationCases"]["edges"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn a_proposal_to_end_a_case_of_impersonation_is_over_after_a_week_and_may_be_made_again() {
    let mut p = Province::of("51").await;
    let record = record_of(&p, 0).await;
    let case = open_case(&p, p.officer("a"), "o", &record["id"], 0).await;
    let first = propose_in_case(&p, p.officer("a"), "p", &case["case"], false).await;
    assert_eq!(first["case"]["state"], "PROPOSED", "{first}");
    let later = p.services.clock.now() + crate::rules::record::DECIDED_WITHIN;
    p.at(&later.to_rfc3339());
    let late = decide_in_case(&p, p.supervisor(), "d", &first["case"], true).await;
    assert_eq!(refusals(&late), ["PROPOSAL_EXPIRED"]);
    let again = propose_in_case(&p, p.officer("a"), "q", &first["case"], false).await;
    assert_eq!(again["case"]["state"], "PROPOSED", "{again}");
    let decided = decide_in_case(&p, p.supervisor(), "e", &again["case"], true).await;
    assert_eq!(decided["case"]["state"], "DISMISSED", "{decided}");
}

#[tokio::test]
async fn a_dismissed_case_leaves_the_marriage_as_it_was() {
    let p = Province::of("51").await;
    let record = record_of(&p, 0).await;
    let case = open_case(&p, p.officer("a"), "o", &record["id"], 0).await;
    let proposed = propose_in_case(&p, p.officer("a"), "p", &case["case"], false).await;
    let back = decide_in_case(&p, p.officer("b"), "b", &proposed["case"], false).await;
    assert_eq!(
        back["case"]["state"], "OPEN",
        "the second officer sends it back"
    );
    let proposed = propose_in_case(&p, p.officer("a"), "q", &back["case"], false).await;
    let done = decide_in_case(&p, p.officer("b"), "d", &proposed["case"], true).await;
    assert_eq!(done["case"]["state"], "DISMISSED", "{done}");
    assert_eq!(done["case"]["record"]["state"], "VALID");
    assert_eq!(status(&p, 0).await, "MARRIED");
}

#[tokio::test]
async fn only_two_officers_with_evidence_take_a_step_back() {
    let p = Province::of("51").await;
    let record = record_of(&p, 0).await;
    let wrong = propose_correction(&p, p.officer("a"), "w", &record, ("VOID", None)).await;
    assert_eq!(refusals(&wrong), ["CORRECTION_INCOMPLETE"]);
    let judged = ("DISSOLVED_JUDGMENT", Some("2024-03-01"));
    let proposed = propose_correction(&p, p.officer("a"), "e", &record, judged).await;
    assert_eq!(proposed["correction"]["state"], "PROPOSED", "{proposed}");
    let alone = apply_correction(&p, p.officer("a"), "s", &proposed).await;
    assert_eq!(refusals(&alone), ["CORRECTION_NEEDS_TWO_OFFICERS"]);
    let applied = apply_correction(&p, p.officer("b"), "d", &proposed).await;
    assert_eq!(applied["correction"]["state"], "APPLIED", "{applied}");
    assert_eq!(status(&p, 0).await, "DIVORCED");
    // And back: it was wrong after all.
    let query = "query ($r: [_Any!]!) { _entities(representations: $r) { ... on Person { marriages { id version state } } } }";
    let key = json!({ "r": [{ "__typename": "Person", "id": p.token(0) }] });
    let data = p.data(p.citizen(0), query, key).await;
    let record = data["_entities"][0]["marriages"][0].clone();
    assert_eq!(record["state"], "DISSOLVED_JUDGMENT");
    let back = propose_correction(&p, p.officer("b"), "b", &record, ("VALID", None)).await;
    let applied = apply_correction(&p, p.supervisor(), "x", &back).await;
    assert_eq!(applied["correction"]["state"], "APPLIED", "{applied}");
    assert_eq!(status(&p, 0).await, "MARRIED");
}

#[tokio::test]
async fn a_correction_that_nobody_decides_in_a_week_is_over() {
    let mut p = Province::of("51").await;
    let record = record_of(&p, 0).await;
    let judged = ("DISSOLVED_JUDGMENT", Some("2024-03-01"));
    let first = propose_correction(&p, p.officer("a"), "a", &record, judged).await;
    assert_eq!(first["correction"]["state"], "PROPOSED", "{first}");
    let later = p.services.clock.now() + crate::rules::record::DECIDED_WITHIN;
    p.at(&later.to_rfc3339());
    let late = apply_correction(&p, p.officer("b"), "d", &first).await;
    assert_eq!(refusals(&late), ["CORRECTION_EXPIRED"]);
    let swept = crate::service::timers::run(&p.services).await.unwrap();
    assert!(swept.expired_corrections >= 1, "{swept:?}");
    let again = propose_correction(&p, p.officer("a"), "b", &record, judged).await;
    assert_eq!(again["correction"]["state"], "PROPOSED", "{again}");
}
