//! Two officers are two people and not two accounts, nobody is the officer of their own matter, and what waits too long
//! for the second one is over; on both databases.

use minzheng_kit::{Clock, Principal};
use serde_json::{Value, json};

use super::steps::{colleague, number, officer};
use super::{Stage, databases};
use crate::demo;
use crate::service::timers;

/// The same person with another account.
fn as_person(who: Principal, token: &str) -> Principal {
    Principal {
        person: Some(token.to_owned()),
        ..who
    }
}

/// The same stage at a later time.
fn later(stage: &Stage, at: &str) -> Stage {
    let mut services = stage.services.clone();
    services.clock = Clock::fixed(at.parse().unwrap());
    Stage::over(services)
}

/// A case whose ashes are kept.
async fn kept(stage: &Stage, deceased: usize) -> Value {
    let case = stage.cremated(deceased, 40).await;
    let to = json!({ "boxNo": format!("骨-{deceased}") });
    stage.step(officer(), "takeIntoCustody", &case, to).await
}

fn to_applicant() -> Value {
    json!({ "receiver": number(40), "receiverName": "赵有名", "relation": "CHILD" })
}

/// F-15: 双人复核 of the release of ashes.
#[tokio::test]
async fn ashes_are_released_by_two_people_in_time() {
    for services in databases("two_release").await {
        demo::seed(&services, &|_, _, _| ()).await.unwrap();
        let stage = Stage::over(services);
        let confirm = json!({ "confirm": true });
        let case = kept(&stage, 7_830).await;
        // Who takes the ashes is no officer of it, neither first nor second.
        let own = as_person(officer(), &stage.token(40));
        let code = stage
            .refused(own, "releaseAshes", &case, to_applicant())
            .await;
        assert_eq!(code, "OWN_MATTER");
        let first = as_person(officer(), "person of two accounts");
        let case = stage
            .step(first, "releaseAshes", &case, to_applicant())
            .await;
        for second in [
            as_person(colleague(), "person of two accounts"),
            as_person(colleague(), &stage.token(40)),
            Principal {
                subject: Some("supervisor:registrar-1".into()),
                ..officer()
            },
        ] {
            let code = stage
                .refused(
                    second.clone(),
                    "confirmAshesRelease",
                    &case,
                    confirm.clone(),
                )
                .await;
            assert_eq!(code, "SECOND_OFFICER_REQUIRED", "{second:?}");
        }
        // A week later it is over, for readers as by the job, and is asked for anew.
        let query = "query ($id: ID!) { funeralCase(id: $id) { version ashesRelease { state } } }";
        let week = later(&stage, "2026-11-29T04:00:00Z");
        let state = async |stage: &Stage| {
            let data = stage
                .data(officer(), query, json!({ "id": case["id"] }))
                .await;
            data["funeralCase"]["ashesRelease"]["state"].clone()
        };
        assert_eq!(
            (state(&stage).await, state(&week).await),
            (json!("ASKED"), json!("EXPIRED"))
        );
        let code = week
            .refused(colleague(), "confirmAshesRelease", &case, confirm.clone())
            .await;
        assert_eq!(code, "PROPOSAL_EXPIRED");
        let other = kept(&stage, 7_831).await;
        let other = stage
            .step(officer(), "releaseAshes", &other, to_applicant())
            .await;
        assert_eq!(timers::run(&week.services).await.unwrap().proposals, 2);
        assert_eq!(timers::run(&week.services).await.unwrap().proposals, 0);
        assert_eq!(state(&stage).await, "EXPIRED");
        let code = week
            .refused(colleague(), "confirmAshesRelease", &other, confirm.clone())
            .await;
        assert_eq!(code, "PROPOSAL_EXPIRED");
        let case = week
            .step(officer(), "releaseAshes", &case, to_applicant())
            .await;
        let case = week
            .step(colleague(), "confirmAshesRelease", &case, confirm.clone())
            .await;
        assert_eq!(state(&week).await, "CONFIRMED");
        let told = minzheng_kit::events::read_outbox(stage.services.db.read(), 0, 500)
            .await
            .unwrap();
        let expired = told.iter().filter(|e| e.kind == "AshesReleaseExpired");
        assert_eq!(expired.count(), 2);
        assert!(case["id"].is_string());
        // Asked for anew before any job ran: the old one ends by that.
        let third = kept(&stage, 7_832).await;
        let third = stage
            .step(officer(), "releaseAshes", &third, to_applicant())
            .await;
        week.step(officer(), "releaseAshes", &third, to_applicant())
            .await;
    }
}

/// F-19: 双人复核 of the taking back of a death.
#[tokio::test]
async fn a_death_is_taken_back_by_two_people_in_time() {
    for services in databases("two_revoke").await {
        demo::seed(&services, &|_, _, _| ()).await.unwrap();
        let stage = Stage::over(services);
        let case = stage.open(7_833, 40, "CHILD").await;
        let query = "query ($id: ID!) { funeralCase(id: $id) { death { id version } } }";
        let data = stage
            .data(officer(), query, json!({ "id": case["id"] }))
            .await;
        let death = data["funeralCase"]["death"].clone();
        let away = json!({ "reason": "NOT_DEAD" });
        stage
            .step(officer(), "cancelFuneralCase", &case, away)
            .await;
        let asked = |key: &str| json!({ "requestKey": key, "record": death["id"], "version": death["version"], "reason": "CLERICAL", "paper": "更正-1" });
        let confirm = |key: &str| json!({ "requestKey": key, "record": death["id"], "version": death["version"], "confirm": true });
        let sel = "death { revokedOn } revocation { state }";
        // Who was recorded as dead is no officer of it.
        let query = "mutation ($input: RevokeDeathInput!) { revokeDeath(input: $input) { userErrors { code } } }";
        let own = as_person(officer(), &stage.token(7_833));
        let answer = stage
            .ask(own.clone(), query, json!({ "input": asked("o") }))
            .await;
        assert_eq!(
            answer["errors"][0]["extensions"]["code"], "FORBIDDEN",
            "{answer}"
        );
        let first = as_person(officer(), "person of two accounts");
        let done = stage.act(first, "revokeDeath", asked("k1"), sel).await;
        assert_eq!(done["revocation"]["state"], "ASKED", "{done}");
        for (n, second) in [
            as_person(colleague(), "person of two accounts"),
            as_person(colleague(), &stage.token(7_833)),
        ]
        .into_iter()
        .enumerate()
        {
            let done = stage
                .act(
                    second,
                    "confirmDeathRevocation",
                    confirm(&format!("c{n}")),
                    sel,
                )
                .await;
            assert_eq!(
                done["userErrors"][0]["code"], "SECOND_OFFICER_REQUIRED",
                "{done}"
            );
        }
        let waiting = async |stage: &Stage| {
            let data = stage
                .data(officer(), "{ deathRevocations { id state } }", json!({}))
                .await;
            data["deathRevocations"].as_array().unwrap().len()
        };
        let week = later(&stage, "2026-11-29T04:00:00Z");
        assert_eq!((waiting(&stage).await, waiting(&week).await), (1, 0));
        let late = week
            .act(colleague(), "confirmDeathRevocation", confirm("late"), sel)
            .await;
        assert_eq!(late["userErrors"][0]["code"], "PROPOSAL_EXPIRED", "{late}");
        let anew = week.act(officer(), "revokeDeath", asked("k2"), sel).await;
        assert_eq!(anew["revocation"]["state"], "ASKED", "{anew}");
        let done = week
            .act(colleague(), "confirmDeathRevocation", confirm("c9"), sel)
            .await;
        assert_eq!(done["death"]["revokedOn"], "2026-11-29", "{done}");
        assert_eq!(done["revocation"]["state"], "CONFIRMED");
    }
}
