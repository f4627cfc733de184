//! What needs two officers needs two persons: an account more makes nobody a second one.

use super::events::deliver;
use super::lateness::record_of;
use super::*;

/// An officer under an account, who is this person by the token.
fn officer(p: &Province, account: &str, person: &str) -> Principal {
    Principal {
        person: Some(person.to_owned()),
        ..p.officer(account)
    }
}

const CORRECTION: &str = "correction { id version state }";

async fn corrected(p: &Province, who: Principal, key: &str) -> Value {
    let record = record_of(p, &p.token(0)).await;
    let input = json!({ "requestKey": key, "registry": registry("510118-1"), "record": record.id,
        "version": record.version, "to": "DISSOLVED_JUDGMENT", "endedOn": "2026-11-01", "evidence": "函1号" });
    p.change(
        who,
        "proposeCorrection",
        "ProposeCorrectionInput",
        CORRECTION,
        input,
    )
    .await
}

async fn decide(p: &Province, who: Principal, key: &str, of: &Value) -> Value {
    let input = json!({ "requestKey": key, "correction": of["correction"]["id"],
        "version": of["correction"]["version"], "apply": true });
    p.change(
        who,
        "decideCorrection",
        "DecideCorrectionInput",
        CORRECTION,
        input,
    )
    .await
}

#[tokio::test]
async fn one_person_with_two_accounts_corrects_nothing_alone() {
    let p = Province::of("51").await;
    let (li, wang) = (p.token(9_001), p.token(9_003));
    let proposed = corrected(&p, officer(&p, "li", &li), "p").await;
    assert_eq!(proposed["correction"]["state"], "PROPOSED", "{proposed}");
    // The same person as a supervisor, and under another issuer's account.
    let supervisor = Principal {
        person: Some(li.clone()),
        ..p.supervisor()
    };
    for (key, who) in [("s", supervisor), ("o", officer(&p, "other", &li))] {
        let refused = decide(&p, who, key, &proposed).await;
        assert_eq!(refusals(&refused), ["CORRECTION_NEEDS_TWO_OFFICERS"]);
    }
    // Nor after the two numbers by which the issuers know that person were merged.
    let body =
        json!({ "version": 1, "old": li, "new": p.token(9_005), "cause": "MERGE", "merge": "m9" });
    deliver(&p, "PersonAliased", body).await;
    let same = officer(&p, "third", &p.token(9_005));
    let refused = decide(&p, same, "m", &proposed).await;
    assert_eq!(refusals(&refused), ["CORRECTION_NEEDS_TWO_OFFICERS"]);
    let applied = decide(&p, officer(&p, "wang", &wang), "w", &proposed).await;
    assert_eq!(applied["correction"]["state"], "APPLIED", "{applied}");
}

const CASE: &str = "case { id version state }";

#[tokio::test]
async fn one_person_with_two_accounts_ends_no_case_and_nobody_ends_the_own() {
    let p = Province::of("51").await;
    let (li, wang) = (p.token(9_001), p.token(9_003));
    let record = record_of(&p, &p.token(0)).await;
    let open = json!({ "requestKey": "o", "registry": registry("510118-1"), "record": record.id, "complainant": p.number(1) });
    let case = p
        .change(
            p.officer("a"),
            "openImpersonationCase",
            "OpenImpersonationCaseInput",
            CASE,
            open,
        )
        .await;
    let step = |key: &str, of: &Value, field: &str| json!({ "requestKey": key, "case": of["case"]["id"], "version": of["case"]["version"], field: field == "agree" });
    let propose = async |who: Principal, key: &str| {
        p.change(
            who,
            "proposeImpersonationDecision",
            "ProposeImpersonationDecisionInput",
            CASE,
            step(key, &case, "revoke"),
        )
        .await
    };
    // M-26: the husband works here, under an account that no registrar is linked with.
    let own = propose(officer(&p, "x", &p.token(0)), "own").await;
    assert_eq!(refusals(&own), ["REGISTRAR_MUST_STAND_BACK"]);
    let proposed = propose(officer(&p, "li", &li), "p").await;
    assert_eq!(proposed["case"]["state"], "PROPOSED", "{proposed}");
    let decide = async |who: Principal, key: &str| {
        p.change(
            who,
            "decideImpersonationCase",
            "DecideImpersonationCaseInput",
            CASE,
            step(key, &proposed, "agree"),
        )
        .await
    };
    let alone = decide(officer(&p, "li2", &li), "l").await;
    assert_eq!(refusals(&alone), ["SECOND_OFFICER_NEEDED"]);
    let own = decide(officer(&p, "x", &p.token(0)), "h").await;
    assert_eq!(refusals(&own), ["REGISTRAR_MUST_STAND_BACK"]);
    let done = decide(officer(&p, "wang", &wang), "w").await;
    assert_eq!(done["case"]["state"], "DISMISSED", "{done}");
}
