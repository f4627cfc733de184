//! Two marriages of one person at one time: a case about each, for as long as that is so.

use super::events::{deliver, status};
use super::lateness::{cases, died, record_of, wed};
use super::steps::{
    couple_of, decide_in_case, lost, open_case, paper_done, propose_in_case, replace, voidness,
};
use super::*;
use crate::model::impersonation_case::Model as Case;
use crate::rules::ledger::Status;
use crate::service::ledger;

/// Persons 12 and 0, who are both married, turn out to be one; told twice.
async fn merged(p: &Province) {
    for _ in 0..2 {
        let body = json!({ "version": 1, "old": p.token(12), "new": p.token(0), "cause": "MERGE", "merge": "m1" });
        deliver(p, "PersonAliased", body).await;
    }
}

async fn parted(p: &Province, old: &str) {
    for _ in 0..2 {
        let body = json!({ "version": 1, "old": old, "new": p.token(0), "merge": "m1" });
        deliver(p, "PersonSplit", body).await;
    }
}

fn states(cases: &[Case]) -> Vec<(&str, &str)> {
    cases
        .iter()
        .map(|case| (case.ground.as_str(), case.state.as_str()))
        .collect()
}

async fn divorce_asked(p: &Province, key: &str) -> Value {
    let input = json!({ "requestKey": key, "registry": registry("510118-1"), "man": p.number(0), "woman": p.number(1),
        "bothPresent": true, "agreementSigned": true, "fullCapacity": true });
    p.change(
        p.officer("a"),
        "applyDivorce",
        "ApplyDivorceInput",
        "application { state }",
        input,
    )
    .await
}

#[tokio::test]
async fn a_merge_that_makes_two_marriages_makes_two_cases_and_a_split_closes_them() {
    // I-1: they raise a case.
    let p = Province::of("51").await;
    let old = p.token(12);
    let (his, theirs) = (record_of(&p, &p.token(0)).await, record_of(&p, &old).await);
    merged(&p).await;
    for record in [&his, &theirs] {
        let open = cases(&p, record.id).await;
        assert_eq!(states(&open), [("TWO_MARRIAGES", "OPEN")]);
        assert_eq!(open[0].complainant, p.token(0));
    }
    // The replay says it; no entry does.
    let twice = status(&p, &p.token(0)).await;
    assert_eq!(twice, (Status::Disputed, true, 2));
    assert_eq!(status(&p, &p.token(1)).await, (Status::Married, true, 1));
    // On the officers' list, with why.
    let list = "query ($r: ID!) { impersonationCases(registry: $r) { nodes { state ground record { id } } } }";
    let list = p
        .data(p.officer("a"), list, json!({ "r": registry("510118-1") }))
        .await;
    let listed = list["impersonationCases"]["nodes"].as_array().unwrap();
    let wanted = json!({ "state": "OPEN", "ground": "TWO_MARRIAGES", "record": { "id": his.id } });
    assert!(listed.contains(&wanted), "{list}");
    // Neither is divorced, nor certified to the spouse who knows nothing of it.
    let refused = divorce_asked(&p, "d").await;
    assert_eq!(refusals(&refused), ["RECORDS_DISPUTED"]);
    let replaced = replace(&p, lost(&p, "l", 1, "X1")).await;
    assert_eq!(refusals(&replaced), ["RECORDS_DISPUTED"]);
    parted(&p, &old).await;
    for record in [&his, &theirs] {
        let closed = cases(&p, record.id).await;
        assert_eq!(states(&closed), [("TWO_MARRIAGES", "DISMISSED")]);
    }
    assert_eq!(status(&p, &p.token(0)).await.0, Status::Married);
    let received = divorce_asked(&p, "d2").await;
    assert_eq!(received["application"]["state"], "COOLING", "{received}");
}

/// Two officers let a case go.
async fn decided(p: &Province, case: &Case, key: &str) -> Value {
    let open = json!({ "id": case.id, "version": case.version });
    let (first, second) = (format!("{key} p"), format!("{key} d"));
    let proposed = propose_in_case(p, p.officer("a"), &first, &open, false).await;
    decide_in_case(p, p.officer("b"), &second, &proposed["case"], true).await
}

#[tokio::test]
async fn while_both_marriages_stand_no_two_officers_let_the_case_go() {
    let p = Province::of("51").await;
    let (his, theirs) = (
        record_of(&p, &p.token(0)).await,
        record_of(&p, &p.token(12)).await,
    );
    merged(&p).await;
    let case = cases(&p, his.id).await.remove(0);
    let refused = decided(&p, &case, "x").await;
    assert_eq!(refusals(&refused), ["TWO_MARRIAGES_STAND"]);
    // A court declares the later one void: what is left stands alone, and both cases are over.
    let paper = voidness("（2026）11号", couple_of(&p, 12));
    let done = paper_done(&p, p.officer("a"), paper).await;
    assert_eq!(done["notice"]["outcome"], "ENDED", "{done}");
    for record in [&his, &theirs] {
        let closed = cases(&p, record.id).await;
        assert_eq!(states(&closed), [("TWO_MARRIAGES", "DISMISSED")]);
    }
    assert_eq!(status(&p, &p.token(0)).await.0, Status::Married);
}

#[tokio::test]
async fn who_complains_of_such_a_marriage_has_a_case_that_no_split_closes() {
    let p = Province::of("51").await;
    let his = record_of(&p, &p.token(0)).await;
    let old = p.token(12);
    merged(&p).await;
    let made = open_case(&p, p.officer("a"), "o", his.id, 1).await;
    assert_eq!(made["case"]["ground"], "COMPLAINT", "{made}");
    assert_eq!(status(&p, &p.token(1)).await.0, Status::Disputed);
    parted(&p, &old).await;
    let open = cases(&p, his.id).await;
    assert_eq!(states(&open), [("COMPLAINT", "OPEN")]);
    let done = decided(&p, &open[0], "y").await;
    assert_eq!(done["case"]["state"], "DISMISSED", "{done}");
    assert_eq!(status(&p, &p.token(1)).await.0, Status::Married);
}

#[tokio::test]
async fn a_day_of_death_corrected_behind_the_next_marriage_makes_two_cases_until_it_is_right() {
    let p = Province::of("51").await;
    let first = record_of(&p, &p.token(0)).await;
    died(&p, 0, "2026-11-10").await;
    let second = wed(&p, 2, 1, "2026-11-15").await;
    assert_eq!(status(&p, &p.token(1)).await.0, Status::Married);
    let correct = async |day: &str, revision: i32| {
        for _ in 0..2 {
            let body = json!({ "person": p.token(0), "diedOn": day, "version": 1, "revision": revision,
                "record": "5a000000-0000-4000-8000-000000000001" });
            deliver(&p, "DeathCorrected", body).await;
        }
    };
    correct("2026-11-18", 2).await;
    assert_eq!(status(&p, &p.token(1)).await.0, Status::Disputed);
    for record in [first.id, second] {
        let open = cases(&p, record).await;
        assert_eq!(states(&open), [("TWO_MARRIAGES", "OPEN")]);
    }
    correct("2026-11-10", 3).await;
    assert_eq!(status(&p, &p.token(1)).await.0, Status::Married);
    for record in [first.id, second] {
        let closed = cases(&p, record).await;
        assert_eq!(states(&closed), [("TWO_MARRIAGES", "DISMISSED")]);
    }
    let chain = ledger::of_persons(p.services.db.read(), &[p.token(1)])
        .await
        .unwrap();
    assert!(chain[&p.token(1)].chain_intact);
}
