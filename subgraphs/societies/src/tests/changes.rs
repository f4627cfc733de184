//! What changes: annual reports handed in, offices ended by a death, persons with a new token.

use super::Stage;
use crate::demo::{CITIZENS_ASSOCIATION, STORY_ASSOCIATION};
use crate::service::death::{Aliases, Deaths};
use kit::events::{Consumer, Event, read_outbox};
use kit::{Principal, Role};
use minzheng_kit as kit;
use serde_json::{Value, json};

const SUBMIT: &str =
    "mutation ($input: SubmitAnnualReportInput!) { submitAnnualReport(input: $input) {
    annualReport { id year isLate result duty submittedToRegistry income version }
    organization { creditCode annualReports { year } members { asOf individual unit } }
    userErrors { code field messageZh legalBasis } } }";

fn report(stage: &Stage, key: &str, changes: Value) -> Value {
    let mut input = json!({
        "requestKey": key, "creditCode": stage.code(CITIZENS_ASSOCIATION), "year": 2025,
        "submittedToSupervisor": "2026-10-20", "income": "120000.00", "spending": "100000.00",
        "managementCost": "9000", "staff": 3, "activities": 12,
        "members": { "individual": 61, "unit": 4 },
    });
    for (field, value) in changes.as_object().unwrap() {
        input[field] = value.clone();
    }
    json!({ "input": input })
}

fn codes(answer: &Value) -> Vec<&str> {
    let errors = answer["submitAnnualReport"]["userErrors"]
        .as_array()
        .unwrap();
    errors
        .iter()
        .map(|error| error["code"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn the_legal_representative_hands_in_a_late_report_once() {
    for stage in Stage::everywhere("51", "submit").await {
        let first = stage
            .data(stage.citizen(0), SUBMIT, report(&stage, "k1", json!({})))
            .await;
        assert!(codes(&first).is_empty(), "{first:#}");
        let payload = &first["submitAnnualReport"];
        assert_eq!(payload["annualReport"]["isLate"], true);
        assert_eq!(payload["annualReport"]["version"], 1);
        assert_eq!(payload["annualReport"]["submittedToRegistry"], "2026-11-22");
        assert!(payload["annualReport"]["result"].is_null());
        assert_eq!(payload["organization"]["annualReports"][0]["year"], 2025);
        assert_eq!(
            payload["organization"]["members"],
            json!({ "asOf": "2025-12-31", "individual": 61, "unit": 4 })
        );
        // The same key: the same answer, and no second event.
        let again = stage
            .data(stage.citizen(0), SUBMIT, report(&stage, "k1", json!({})))
            .await;
        assert_eq!(again, first);
        let events = read_outbox(stage.services.db.read(), 0, 10).await.unwrap();
        assert_eq!(events.len(), 1);
        assert_eq!(events[0].kind, "AnnualReportSubmitted");
        assert_eq!(events[0].key, stage.code(CITIZENS_ASSOCIATION));
        // The same key with another body.
        let other = stage
            .data(
                stage.citizen(0),
                SUBMIT,
                report(&stage, "k1", json!({ "staff": 4 })),
            )
            .await;
        assert_eq!(codes(&other), ["REQUEST_KEY_REUSED"]);
        // Another key, blind; then with the version read.
        let blind = stage
            .data(stage.citizen(0), SUBMIT, report(&stage, "k2", json!({})))
            .await;
        assert_eq!(codes(&blind), ["VERSION_CONFLICT"]);
        let seeing = report(&stage, "k3", json!({ "basedOn": 1, "income": "130000" }));
        let seeing = stage.data(stage.citizen(0), SUBMIT, seeing).await;
        assert_eq!(seeing["submitAnnualReport"]["annualReport"]["version"], 2);
        assert_eq!(
            seeing["submitAnnualReport"]["annualReport"]["income"],
            "130000.00"
        );
        assert_eq!(
            seeing["submitAnnualReport"]["annualReport"]["id"],
            payload["annualReport"]["id"]
        );
    }
}

#[tokio::test]
async fn the_law_and_the_form_refuse_with_field_and_article() {
    let stage = Stage::of("51").await;
    let table = [
        (
            json!({ "creditCode": "123" }),
            "CREDIT_CODE_LENGTH",
            "creditCode",
        ),
        (
            json!({ "creditCode": kit::demo::credit_code("51", "510118", '1', 9_000) }),
            "ORGANIZATION_UNKNOWN",
            "creditCode",
        ),
        (json!({ "year": 2026 }), "YEAR_NOT_OVER", "year"),
        (json!({ "year": 2015 }), "BEFORE_FOUNDING", "year"),
        (
            json!({ "submittedToSupervisor": null }),
            "SUPERVISOR_REVIEW_MISSING",
            "submittedToSupervisor",
        ),
        (
            json!({ "submittedToSupervisor": "2025-12-31" }),
            "SUPERVISOR_REVIEW_IMPOSSIBLE",
            "submittedToSupervisor",
        ),
        (json!({ "income": "-1" }), "NEGATIVE_FIGURE", "income"),
        (json!({ "staff": -1 }), "NEGATIVE_FIGURE", "staff"),
        (
            json!({ "managementCost": "100000.01" }),
            "PARTS_EXCEED_WHOLE",
            "spending",
        ),
        (
            json!({ "year": 2024, "basedOn": 1 }),
            "REPORT_ALREADY_JUDGED",
            "year",
        ),
        (
            json!({ "requestKey": "" }),
            "REQUEST_KEY_INVALID",
            "requestKey",
        ),
    ];
    for (number, (changes, code, field)) in table.into_iter().enumerate() {
        let input = report(&stage, &format!("r{number}"), changes);
        let answer = stage.data(stage.citizen(0), SUBMIT, input).await;
        assert_eq!(codes(&answer), [code]);
        assert_eq!(
            answer["submitAnnualReport"]["userErrors"][0]["field"],
            json!(["input", field]),
            "{code}"
        );
        assert!(answer["submitAnnualReport"]["annualReport"].is_null());
    }
    assert!(
        read_outbox(stage.services.db.read(), 0, 10)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn only_the_legal_representative_and_the_divisions_officers_may_report() {
    let stage = Stage::of("51").await;
    let forbidden = [
        stage.citizen(2),
        Principal::registrar("51", "510104", None),
        stage.role(Role::Registrar),
        stage.role(Role::Supervisor),
        stage.role(Role::Dashboard),
        Principal::public("51"),
    ];
    for principal in forbidden {
        let role = principal.role;
        let answer = stage
            .ask(principal, SUBMIT, report(&stage, "f", json!({})))
            .await;
        assert_eq!(
            answer["errors"][0]["extensions"]["code"], "FORBIDDEN",
            "{role:?}"
        );
    }
    for (key, division) in [("a", "510118"), ("b", "510100")] {
        let officer = Principal::registrar("51", division, None);
        let based_on = if key == "a" { json!(null) } else { json!(1) };
        let answer = stage
            .data(
                officer,
                SUBMIT,
                report(&stage, key, json!({ "basedOn": based_on })),
            )
            .await;
        assert!(codes(&answer).is_empty(), "{answer:#}");
    }
}

async fn apply(stage: &Stage, consumer: &'static dyn Consumer, event: Event) {
    let services = stage.services.clone();
    stage
        .services
        .db
        .write(move |tx| {
            let (services, event) = (services.clone(), event.clone());
            Box::pin(async move { consumer.apply(&services, tx, &event).await })
        })
        .await
        .unwrap();
}

fn event(kind: &str, key: &str, body: Value) -> Event {
    Event {
        kind: kind.to_owned(),
        key: key.to_owned(),
        at: "2026-11-20T02:00:00Z".parse().unwrap(),
        body,
    }
}

#[tokio::test]
async fn a_registered_death_ends_the_offices_once() {
    for stage in Stage::everywhere("51", "death").await {
        let person = stage.token(0);
        let ended = async || {
            let asked = json!([{ "__typename": "Person", "id": person }]);
            let selection = "... on Person { officesHeld(includeEnded: true) { role until endedBy } legalRepOf { name } }";
            stage
                .resolve(stage.officer("510118"), asked, selection)
                .await[0]
                .take()
        };
        assert_eq!(ended().await["legalRepOf"].as_array().unwrap().len(), 1);
        let death = event(
            "DeathRegistered",
            "record",
            json!({ "person": person, "diedOn": "2026-11-18" }),
        );
        apply(&stage, &Deaths, death.clone()).await;
        let after = ended().await;
        assert_eq!(after["legalRepOf"], json!([]));
        assert_eq!(
            after["officesHeld"],
            json!([{ "role": "LEGAL_REPRESENTATIVE", "until": "2026-11-18", "endedBy": "DEATH" }])
        );
        apply(&stage, &Deaths, death).await;
        assert_eq!(ended().await, after);
        let events = read_outbox(stage.services.db.read(), 0, 10).await.unwrap();
        assert_eq!(
            events
                .iter()
                .filter(|event| event.kind == "OfficeEnded")
                .count(),
            1
        );
        // The organization is without a head, and says so.
        let query =
            "query ($code: CreditCode!) { organization(creditCode: $code) { legalRep { id } } }";
        let code = json!({ "code": stage.code(CITIZENS_ASSOCIATION) });
        let vacant = stage.data(stage.role(Role::Registrar), query, code).await;
        assert!(vacant["organization"]["legalRep"].is_null());
    }
}

#[tokio::test]
async fn a_death_of_somebody_without_office_changes_nothing() {
    let stage = Stage::of("36").await;
    apply(
        &stage,
        &Deaths,
        event("DeathRegistered", "nobody", json!({})),
    )
    .await;
    assert!(
        read_outbox(stage.services.db.read(), 0, 10)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn offices_follow_a_person_to_a_new_token() {
    for stage in Stage::everywhere("51", "alias").await {
        let body = json!({ "old": stage.token(12), "new": "NEWTOKEN" });
        apply(&stage, &Aliases, event("PersonAliased", "x", body.clone())).await;
        apply(&stage, &Aliases, event("PersonAliased", "x", body)).await;
        let asked = json!([{ "__typename": "Person", "id": "NEWTOKEN" }, { "__typename": "Person", "id": stage.token(12) }]);
        let selection = "... on Person { legalRepOf { creditCode } }";
        let all = stage
            .resolve(stage.officer("510118"), asked, selection)
            .await;
        assert_eq!(
            all[0]["legalRepOf"][0]["creditCode"],
            stage.code(STORY_ASSOCIATION)
        );
        assert_eq!(all[1]["legalRepOf"], json!([]));
    }
}
