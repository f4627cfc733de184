//! Notices of courts, and replacement certificates.

use super::lateness::record_of;
use super::steps::{
    annotate_paper, apply_correction, couple_of, judgment, lost, named, paper_done,
    papers_of_divorce, propose_correction, receive_paper, replace, voidness,
};
use super::*;

/// A judgment on a couple of the demonstration, with its request key.
fn notice(p: &Province, key: &str, number: &str, effective: &str, man: usize) -> Value {
    let mut paper = judgment("510118-1", number, effective, couple_of(p, man));
    paper["requestKey"] = json!(key);
    paper
}

async fn receive(p: &Province, input: Value) -> Value {
    receive_paper(p, p.officer("a"), input).await
}

async fn annotate(p: &Province, key: &str, notice: &Value) -> Value {
    annotate_paper(p, p.officer("a"), key, notice).await
}

const STATUS: &str = "{ myMarriage { status person { marriages { state endedOn } maritalLedger { chainIntact } } } }";

#[tokio::test]
async fn a_judgment_waits_for_a_person_and_blocks_a_replacement_meanwhile() {
    let p = Province::of("51").await;
    let waiting = receive(&p, notice(&p, "n", "（2026）1号", "2026-11-01", 0)).await;
    assert_eq!(waiting["notice"]["state"], "WAITING", "{waiting}");
    let status = p.data(p.citizen(0), STATUS, none()).await;
    assert_eq!(
        status["myMarriage"]["status"], "MARRIED",
        "nothing happens by itself"
    );
    // M-25a: the court has spoken, the certificate is not replaced.
    assert_eq!(
        refusals(&replace(&p, lost(&p, "l", 0, "X1")).await),
        ["COURT_NOTICE_EXISTS"]
    );
    let twice = receive(&p, notice(&p, "n2", "（2026）1号", "2026-11-01", 0)).await;
    assert_eq!(refusals(&twice), ["NOTICE_KNOWN"]);
    let list = "query ($r: ID!) { courtNotices(registry: $r, state: WAITING) { edges { node { court state couple { id } } } } }";
    let list = p
        .data(p.officer("a"), list, json!({ "r": registry("510118-1") }))
        .await;
    assert_eq!(
        list["courtNotices"]["edges"].as_array().unwrap().len(),
        2,
        "with the demonstration's"
    );
    let done = annotate(&p, "a", &waiting["notice"]).await;
    assert_eq!(done["notice"]["outcome"], "ENDED", "{done}");
    let record = &done["notice"]["record"];
    assert_eq!(record["state"], "DISSOLVED_JUDGMENT");
    assert_eq!(record["endedOn"], "2026-11-01");
    assert_eq!(record["annotations"][0]["reference"], "（2026）1号");
    let status = p.data(p.citizen(1), STATUS, none()).await;
    assert_eq!(status["myMarriage"]["status"], "DIVORCED");
    assert_eq!(
        status["myMarriage"]["person"]["maritalLedger"]["chainIntact"],
        true
    );
    assert_eq!(
        refusals(&annotate(&p, "b", &done["notice"]).await),
        ["NOTICE_DONE"]
    );
    assert_eq!(
        refusals(&replace(&p, lost(&p, "m", 0, "X1")).await),
        ["MARRIAGE_NOT_VALID"]
    );
}

#[tokio::test]
async fn a_late_judgment_is_noted_beside_what_came_after_and_overwrites_nothing() {
    let p = Province::of("51").await;
    // Couple 7 (persons 14 and 15) was divorced by registration.
    let before = p.data(p.citizen(14), STATUS, none()).await["myMarriage"].take();
    let ended = &before["person"]["marriages"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()["endedOn"];
    assert!(ended.is_string(), "{before}");
    let waiting = receive(&p, notice(&p, "n", "（2026）2号", "2026-11-20", 14)).await;
    let done = annotate(&p, "a", &waiting["notice"]).await;
    assert_eq!(done["notice"]["outcome"], "NOTED", "{done}");
    let after = p.data(p.citizen(14), STATUS, none()).await["myMarriage"].take();
    assert_eq!(after["person"]["marriages"], before["person"]["marriages"]);
    assert_eq!(after["status"], before["status"]);
}

#[tokio::test]
async fn a_lost_certificate_is_replaced_and_no_new_marriage_comes_of_it() {
    let p = Province::of("51").await;
    let mut unseen = lost(&p, "u", 0, "X1");
    unseen["archiveChecked"] = json!(false);
    unseen["holderIdentified"] = json!(false);
    assert_eq!(
        refusals(&replace(&p, unseen).await),
        ["HOLDER_NOT_IDENTIFIED", "ARCHIVE_NOT_CHECKED"]
    );
    let made = replace(&p, lost(&p, "l", 0, "X1")).await;
    assert_eq!(
        made["certificate"]["kind"], "MARRIAGE_REPLACEMENT",
        "{made}"
    );
    assert_eq!(replace(&p, lost(&p, "l", 0, "X1")).await, made);
    let mine =
        "{ myMarriage { status person { marriages { certificates { number kind state } } } } }";
    let mine = p.data(p.citizen(0), mine, none()).await["myMarriage"].take();
    assert_eq!(mine["status"], "MARRIED");
    let marriages = mine["person"]["marriages"].as_array().unwrap();
    assert_eq!(marriages.len(), 1);
    let mut papers: Vec<_> = marriages[0]["certificates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| (c["kind"].as_str().unwrap(), c["state"].as_str().unwrap()))
        .collect();
    papers.sort_unstable();
    assert_eq!(
        papers,
        [("MARRIAGE", "REPLACED"), ("MARRIAGE_REPLACEMENT", "ISSUED")]
    );
    let number = |kind: &str| {
        let all = marriages[0]["certificates"].as_array().unwrap();
        all.iter().find(|c| c["kind"] == kind).unwrap()["number"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert!(number("MARRIAGE_REPLACEMENT").starts_with("BJ510118-2026-00000"));
    // The wife's stays, and a printed form is used once.
    let hers = p
        .data(
            p.citizen(1),
            "{ myMarriage { marriage { certificates { state } } } }",
            none(),
        )
        .await;
    assert_eq!(
        hers["myMarriage"]["marriage"]["certificates"],
        json!([{ "state": "ISSUED" }])
    );
    assert_eq!(
        refusals(&replace(&p, lost(&p, "k", 1, "X1")).await),
        ["PRINT_NUMBER_UNUSABLE"]
    );
    assert_eq!(
        refusals(&replace(&p, lost(&p, "j", 2, "X2")).await),
        ["RECORD_NOT_FOUND"]
    );
}

#[tokio::test]
async fn a_judgment_taken_back_by_two_officers_stops_no_replacement() {
    // M-25a.
    let p = Province::of("51").await;
    let paper = notice(&p, "n", "（2026）9号", "2026-11-01", 0);
    paper_done(&p, p.officer("a"), paper).await;
    let record = record_of(&p, &p.token(0)).await;
    assert_eq!(record.state, "DISSOLVED_JUDGMENT");
    let back = ("VALID", None);
    let proposed = propose_correction(&p, p.officer("a"), "c", &named(&record), back).await;
    let applied = apply_correction(&p, p.officer("b"), "d", &proposed).await;
    assert_eq!(applied["correction"]["state"], "APPLIED", "{applied}");
    let replaced = replace(&p, lost(&p, "l", 0, "X9")).await;
    assert_eq!(
        replaced["certificate"]["kind"], "MARRIAGE_REPLACEMENT",
        "{replaced}"
    );
}

#[tokio::test]
async fn the_papers_of_a_divorce_fall_with_it() {
    // M-22: a registered divorce of a marriage that is then declared void certifies nothing.
    let p = Province::of("51").await;
    let record = record_of(&p, &p.token(14)).await;
    let paper = voidness("（2026）8号", couple_of(&p, 14));
    let done = paper_done(&p, p.officer("a"), paper).await;
    assert_eq!(done["notice"]["outcome"], "ENDED", "{done}");
    let papers = papers_of_divorce(&p, record.id).await;
    assert!(papers.iter().all(|state| state != "ISSUED"));
}
