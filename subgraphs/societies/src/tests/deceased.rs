//! Who has died is registered by no road, and what names them is given back.

use super::moves::apply;
use super::registration::{APPLICANT, CASE, accept, decide, founding};
use super::{Stage, code_of, division};
use crate::demo::{CITIZENS_ASSOCIATION, STORY_ASSOCIATION};
use crate::service::death::{Aliases, Deaths};
use crate::service::deceased;
use kit::events::{DeathRegistered, DeathRevoked, Event};
use minzheng_kit as kit;
use serde_json::{Value, json};

/// Who is to lead by the form of [`founding`].
const HEAD: usize = 9_200;

fn told<T: kit::events::Known + serde::Serialize>(stage: &Stage, fact: &T) -> Event {
    Event::of(fact, stage.services.clock.now()).unwrap()
}

fn death(person: &str) -> DeathRegistered {
    DeathRegistered {
        person: person.to_owned(),
        died_on: "2026-11-18".parse().unwrap(),
        record: None,
    }
}

fn revoked(person: &str) -> DeathRevoked {
    DeathRevoked {
        person: person.to_owned(),
        record: kit::id::derived("death", person),
        revision: 2,
    }
}

async fn submit(stage: &Stage, key: &str, name: &str, head: usize) -> Value {
    let mut input = founding(stage, key, json!({ "name": name }));
    input["legalRepresentative"] = stage.identity(head);
    stage
        .change(stage.citizen(APPLICANT), "submitRegistration", input, CASE)
        .await
}

/// Whether somebody may be registered.
async fn is_registrable(stage: &Stage, person: &str) -> bool {
    deceased::registrable(stage.services.db.read(), person, "id")
        .await
        .is_ok()
}

#[tokio::test]
async fn an_application_that_names_a_dead_head_comes_back_and_goes_on_with_another() {
    for stage in Stage::everywhere("51", "deadhead").await {
        let person = stage.token(HEAD);
        let asked = submit(&stage, "f1", "新津区青禾读书协会", HEAD).await;
        let accepted = accept(&stage, &asked["permitCase"], &[]).await;
        assert_eq!(accepted["permitCase"]["state"], "ACCEPTED", "{accepted:#}");
        let lead = |key: &str, head: usize| {
            json!({ "requestKey": key, "item": "CHANGE", "creditCode": stage.code(STORY_ASSOCIATION),
                "change": { "item": "LEGAL_REPRESENTATIVE", "consentedOn": "2026-11-20" },
                "legalRepresentative": stage.identity(head) })
        };
        for _ in 0..2 {
            apply(&stage, &Deaths, told(&stage, &death(&person))).await;
        }
        let id = asked["permitCase"]["id"].clone();
        let query = "query ($id: ID!) { permitCase(id: $id) { id state version missing statutoryDue committedDue } }";
        let mut case = stage
            .data(stage.citizen(APPLICANT), query, json!({ "id": id }))
            .await["permitCase"]
            .take();
        assert_eq!(case["state"], "RETURNED", "{case:#}");
        let missing = case["missing"].as_array().unwrap();
        assert_eq!(missing.len(), 1);
        for word in ["亡", "死", "逝"] {
            assert!(!missing[0].as_str().unwrap().contains(word));
        }
        assert_eq!(
            (&case["statutoryDue"], &case["committedDue"]),
            (&json!(null), &json!(null))
        );
        let returned = stage.told().await;
        let returned = returned
            .iter()
            .filter(|kind| *kind == "RegistrationReturned");
        assert_eq!(returned.count(), 1);
        // The same head again: whoever hands it in is not told, the officer who takes it up is.
        let mut again = founding(&stage, "f2", json!({}));
        again["completes"] = case["id"].clone();
        again["version"] = case["version"].clone();
        let taken = stage
            .change(
                stage.citizen(APPLICANT),
                "submitRegistration",
                again.clone(),
                CASE,
            )
            .await;
        assert_eq!(taken["permitCase"]["state"], "SUBMITTED", "{taken:#}");
        let refused = accept(&stage, &taken["permitCase"], &[]).await;
        assert_eq!(code_of(&refused), "HEAD_NOT_REGISTRABLE", "{refused:#}");
        let back = accept(&stage, &taken["permitCase"], &["另一拟任法定代表人"]).await;
        assert_eq!(back["permitCase"]["state"], "RETURNED", "{back:#}");
        // Officers are refused at once, by each road.
        let other = founding(&stage, "f3", json!({ "name": "新津区青禾棋类协会" }));
        for input in [&other, &lead("c1", HEAD)] {
            let refused = stage
                .change(
                    stage.officer("510118"),
                    "submitRegistration",
                    input.clone(),
                    CASE,
                )
                .await;
            assert_eq!(code_of(&refused), "HEAD_NOT_REGISTRABLE", "{refused:#}");
        }
        // With another it goes on, and its days run anew.
        again["requestKey"] = json!("f4");
        again["version"] = back["permitCase"]["version"].clone();
        again["legalRepresentative"] = stage.identity(HEAD + 1);
        let again = stage
            .change(stage.citizen(APPLICANT), "submitRegistration", again, CASE)
            .await;
        assert_eq!(again["permitCase"]["state"], "SUBMITTED", "{again:#}");
        let accepted = accept(&stage, &again["permitCase"], &[]).await;
        case = decide(&stage, &accepted["permitCase"], true).await;
        assert_eq!(case["permitCase"]["state"], "GRANTED", "{case:#}");
        // A court took the death back.
        apply(&stage, &Deaths, told(&stage, &revoked(&person))).await;
        assert!(is_registrable(&stage, &person).await);
        let lives = submit(&stage, "f5", "新津区青禾棋类协会", HEAD).await;
        assert_eq!(code_of(&lives), "OK", "{lives:#}");
    }
}

#[tokio::test]
async fn a_grant_asks_again_whether_the_head_lives() {
    for stage in Stage::everywhere("51", "deadgrant").await {
        let asked = submit(&stage, "f1", "新津区青禾读书协会", HEAD).await;
        let accepted = accept(&stage, &asked["permitCase"], &[]).await;
        // The death is known, the case was not given back.
        let person = stage.token(HEAD);
        let noted = person.clone();
        let noting = stage.services.db.write(move |tx| {
            let person = noted.clone();
            Box::pin(async move {
                deceased::note(tx, &person, &person, "2026-11-18".parse().unwrap()).await
            })
        });
        noting.await.unwrap();
        let refused = decide(&stage, &accepted["permitCase"], true).await;
        assert_eq!(code_of(&refused), "HEAD_NOT_REGISTRABLE", "{refused:#}");
        // A new key of tokens moves what is known of the dead.
        let key = json!({ "old": person, "new": "NEWTOKEN", "cause": "REKEY" });
        let event = Event {
            kind: "PersonAliased".to_owned(),
            key: "x".to_owned(),
            at: stage.services.clock.now(),
            body: key,
        };
        apply(&stage, &Aliases, event).await;
        assert!(!is_registrable(&stage, "NEWTOKEN").await);
    }
}

#[tokio::test]
async fn an_office_does_not_come_back_to_who_has_died_after_all() {
    for stage in Stage::everywhere("51", "deadreview").await {
        let person = stage.token(0);
        apply(&stage, &Deaths, told(&stage, &death(&person))).await;
        apply(&stage, &Deaths, told(&stage, &revoked(&person))).await;
        apply(&stage, &Deaths, told(&stage, &death(&person))).await;
        let query = "query ($d: ID!) { officeReviews(division: $d) { nodes { id version } } }";
        let here = json!({ "d": division("510118") });
        let waiting = stage.data(stage.officer("510118"), query, here).await;
        let review = &waiting["officeReviews"]["nodes"][0];
        for (key, restored, expected) in [("r1", true, "HEAD_NOT_REGISTRABLE"), ("r2", false, "OK")]
        {
            let input = json!({ "requestKey": key, "id": review["id"], "version": review["version"], "restored": restored });
            let decided = stage
                .change(
                    stage.officer("510118"),
                    "decideOfficeReview",
                    input,
                    "organization { name }",
                )
                .await;
            assert_eq!(code_of(&decided), expected, "{decided:#}");
        }
    }
}

#[tokio::test]
async fn a_death_and_a_merge_may_come_in_either_order_and_the_split_tells_the_two_apart() {
    for stage in Stage::everywhere("51", "deadmerge").await {
        // Two heads turn out to be one person, and then two again.
        let (old, new) = (stage.token(0), stage.token(12));
        let join = |kind: &str, merge: &str| Event {
            kind: kind.to_owned(),
            key: old.clone(),
            at: stage.services.clock.now(),
            body: json!({ "version": 1, "old": old, "new": new, "cause": "MERGE", "merge": merge }),
        };
        let headless = async || {
            let query = "query ($d: ID!) { organizationsWithoutHead(division: $d, first: 10) { nodes { creditCode } } }";
            let here = json!({ "d": division("510118") });
            let all = stage.data(stage.officer("510118"), query, here).await;
            let nodes = all["organizationsWithoutHead"]["nodes"].as_array().unwrap();
            nodes
                .iter()
                .map(|one| one["creditCode"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        let (citizens, story) = (
            stage.code(CITIZENS_ASSOCIATION),
            stage.code(STORY_ASSOCIATION),
        );
        // The death first, of the one who stays; then the merge makes the other's office a dead person's.
        apply(&stage, &Deaths, told(&stage, &death(&new))).await;
        assert_eq!(headless().await, std::slice::from_ref(&story));
        for _ in 0..2 {
            apply(&stage, &Aliases, join("PersonAliased", "m1")).await;
        }
        let both = headless().await;
        assert!(
            both.contains(&story) && both.contains(&citizens),
            "{both:?}"
        );
        for _ in 0..2 {
            apply(&stage, &Aliases, join("PersonSplit", "m1")).await;
        }
        assert!(is_registrable(&stage, &old).await);
        assert!(!is_registrable(&stage, &new).await);
        let query = "query ($d: ID!) { officeReviews(division: $d) { nodes { organization { creditCode } } } }";
        let here = json!({ "d": division("510118") });
        let waiting = stage.data(stage.officer("510118"), query, here).await;
        assert_eq!(
            waiting["officeReviews"]["nodes"],
            json!([{ "organization": { "creditCode": citizens } }])
        );
        apply(&stage, &Deaths, told(&stage, &revoked(&new))).await;
        // The merge first; funerals tell the death under the token that was given up.
        apply(&stage, &Aliases, join("PersonAliased", "m2")).await;
        apply(&stage, &Deaths, told(&stage, &death(&old))).await;
        assert!(!is_registrable(&stage, &new).await);
        apply(&stage, &Aliases, join("PersonSplit", "m2")).await;
        assert!(!is_registrable(&stage, &old).await);
        assert!(is_registrable(&stage, &new).await);
    }
}
