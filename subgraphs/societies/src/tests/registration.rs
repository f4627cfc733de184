//! Registration from the counter to the certificate, as clients ask for it.

use super::{Stage, code_of, division};
use crate::demo::STORY_ASSOCIATION;
use minzheng_kit::{Principal, Role};
use serde_json::{Value, json};

pub(super) const CASE: &str =
    "permitCase { id state version statutoryDue committedDue isDeadlineProvisional isLate
    missing receivedOn daysTaken granted ground name organization { creditCode state } }";

/// Who hands in at the counter, and who is to lead.
pub(super) const APPLICANT: usize = 1;
const HEAD: usize = 9_200;

pub(super) fn founding(stage: &Stage, key: &str, changes: Value) -> Value {
    let mut founding = json!({
        "kind": "SOCIAL_GROUP", "name": "新津区青禾读书协会", "division": division("510118"),
        "hasBodies": true, "hasStaff": true, "hasPremises": true, "hasProperty": true,
        "bearsLiability": true, "funds": "30000", "paidInCash": true, "individualMembers": 50,
        "supervisor": "新津区教育局", "consentedOn": "2026-11-10",
    });
    for (field, value) in changes.as_object().unwrap() {
        founding[field] = value.clone();
    }
    json!({
        "requestKey": key, "item": "FOUND", "founding": founding,
        "legalRepresentative": stage.identity(HEAD),
    })
}

pub(super) async fn decide(stage: &Stage, case: &Value, granted: bool) -> Value {
    let input = json!({
        "requestKey": format!("d-{}-{}", case["id"], case["version"]), "id": case["id"],
        "version": case["version"], "granted": granted,
        "ground": if granted { Value::Null } else { json!("CONDITIONS_NOT_MET") },
    });
    stage
        .change(stage.officer("510118"), "decideRegistration", input, CASE)
        .await
}

pub(super) async fn accept(stage: &Stage, case: &Value, missing: &[&str]) -> Value {
    let input = json!({
        "requestKey": format!("a-{}-{}", case["id"], case["version"]), "id": case["id"],
        "version": case["version"], "missing": missing,
    });
    stage
        .change(stage.officer("510118"), "acceptRegistration", input, CASE)
        .await
}

#[tokio::test]
async fn an_association_is_founded_from_the_counter_to_the_certificate() {
    for stage in Stage::everywhere("51", "found").await {
        let citizen = || stage.citizen(APPLICANT);
        let input = founding(&stage, "f1", json!({}));
        let first = stage
            .change(citizen(), "submitRegistration", input.clone(), CASE)
            .await;
        assert_eq!(code_of(&first), "OK", "{first:#}");
        let case = &first["permitCase"];
        assert_eq!(
            (&case["state"], &case["receivedOn"]),
            (&json!("SUBMITTED"), &json!(null))
        );
        // Asked again with the same key: the same case. The person is told apart by the token.
        let again = stage
            .change(citizen(), "submitRegistration", input.clone(), CASE)
            .await;
        assert_eq!(again, first);
        let mut other = input;
        other["legalRepresentative"] = stage.identity(HEAD + 1);
        let other = stage
            .change(citizen(), "submitRegistration", other, CASE)
            .await;
        assert_eq!(code_of(&other), "REQUEST_KEY_REUSED");
        // Sixty days from now lie in a year whose calendar is not published.
        let accepted = accept(&stage, case, &[]).await;
        let case = &accepted["permitCase"];
        assert_eq!(case["state"], "ACCEPTED", "{accepted:#}");
        assert_eq!(case["isDeadlineProvisional"], true);
        assert_eq!(case["receivedOn"], "2026-11-22");
        let (granted, statements) = stage.counted(decide(&stage, case, true)).await;
        assert!(statements < 40, "{statements}");
        let case = &granted["permitCase"];
        assert_eq!(
            (&case["state"], &case["daysTaken"]),
            (&json!("GRANTED"), &json!(0))
        );
        let code = case["organization"]["creditCode"].as_str().unwrap();
        assert!(minzheng_kit::credit_code::parse(code).is_ok());
        assert!(code.starts_with("51510118YY51"), "{code}");
        let query = "query ($code: CreditCode!) { organization(creditCode: $code) {
            name state founded legalRep { id } division { id } members { individual unit } } }";
        let one = stage
            .data(stage.officer("510118"), query, json!({ "code": code }))
            .await;
        let one = &one["organization"];
        assert_eq!(
            (&one["state"], &one["founded"]),
            (&json!("REGISTERED"), &json!("2026-11-22"))
        );
        assert_eq!(one["legalRep"]["id"], stage.token(HEAD));
        assert_eq!(one["members"], json!({ "individual": 50, "unit": 0 }));
        assert_eq!(one["division"]["id"], division("510118"));
        // The name is taken now, the head leads a society now, and the number never left unsealed.
        let taken = stage
            .change(
                citizen(),
                "submitRegistration",
                founding(&stage, "f2", json!({})),
                CASE,
            )
            .await;
        assert_eq!(code_of(&taken), "NAME_TAKEN");
        let second = founding(&stage, "f3", json!({ "name": "新津区青禾棋类协会" }));
        let second = stage
            .change(citizen(), "submitRegistration", second, CASE)
            .await;
        assert_eq!(code_of(&second), "LEADS_ANOTHER_SOCIETY");
        assert_eq!(
            second["userErrors"][0]["legalBasis"],
            "社会团体登记管理条例 (2016) 第十二条"
        );
        let events = minzheng_kit::events::read_outbox(stage.services.db.read(), 0, 500)
            .await
            .unwrap();
        let number = stage.identity(HEAD)["number"].as_str().unwrap().to_owned();
        assert!(events.iter().all(|event| !event.body.contains(&number)));
        let kinds = stage.told().await;
        for kind in [
            "RegistrationSubmitted",
            "RegistrationAccepted",
            "OrganizationRegistered",
            "RegistrationDecided",
        ] {
            assert_eq!(
                kinds.iter().filter(|told| *told == kind).count(),
                1,
                "{kind}"
            );
        }
    }
}

#[tokio::test]
async fn the_law_refuses_at_the_counter_with_field_and_article() {
    let stage = Stage::of("51").await;
    let table = [
        (
            json!({ "individualMembers": 49 }),
            "TOO_FEW_MEMBERS",
            "individualMembers",
        ),
        (json!({ "funds": "29999.99" }), "FUNDS_TOO_SMALL", "funds"),
        (
            json!({ "hasStaff": false }),
            "CONDITIONS_NOT_MET",
            "hasBodies",
        ),
        (
            json!({ "exempt": "INSIDE_UNIT" }),
            "NOT_TO_REGISTER",
            "exempt",
        ),
        (json!({ "name": "中国读书协会" }), "NAME_RESERVED", "name"),
        (
            json!({ "name": "青禾读书协会" }),
            "NAME_WITHOUT_DIVISION",
            "name",
        ),
        (
            json!({ "name": "新津区餐饮行业协会" }),
            "NAME_TAKEN",
            "name",
        ),
        (
            json!({ "consentedOn": null }),
            "SUPERVISOR_CONSENT_MISSING",
            "consentedOn",
        ),
        (
            json!({ "consentedOn": "2026-11-23" }),
            "SUPERVISOR_CONSENT_MISSING",
            "consentedOn",
        ),
        (
            json!({ "kind": "FOUNDATION", "name": "新津区青禾基金会", "funds": "9000000" }),
            "REGISTRAR_NOT_COMPETENT",
            "funds",
        ),
        (
            json!({ "kind": "FOUNDATION", "name": "四川省青禾基金会", "division": division("510000"), "funds": "1999999" }),
            "FUNDS_TOO_SMALL",
            "funds",
        ),
        (
            json!({ "kind": "CIVIL_NON_ENTERPRISE", "name": "新津区青禾服务中心", "hasProperty": false }),
            "CONDITIONS_NOT_MET",
            "hasProperty",
        ),
        (json!({ "division": "x" }), "BAD_ID", "division"),
    ];
    for (number, (changes, code, field)) in table.into_iter().enumerate() {
        let input = founding(&stage, &format!("r{number}"), changes);
        let answer = stage
            .change(stage.citizen(APPLICANT), "submitRegistration", input, CASE)
            .await;
        assert_eq!(code_of(&answer), code);
        assert_eq!(
            answer["userErrors"][0]["field"],
            json!(["input", field]),
            "{code}"
        );
        assert!(answer["permitCase"].is_null());
    }
    let mut bad = founding(&stage, "bad", json!({}));
    bad["legalRepresentative"]["number"] = json!("510118199001011234");
    let answer = stage
        .change(stage.citizen(APPLICANT), "submitRegistration", bad, CASE)
        .await;
    assert_eq!(
        answer["userErrors"][0]["field"],
        json!(["input", "legalRepresentative", "number"])
    );
    assert!(!answer.to_string().contains("510118199001011234"));
    assert!(stage.told().await.is_empty());
}

#[tokio::test]
async fn what_is_missing_is_named_once_and_completed_by_the_applicant() {
    for stage in Stage::everywhere("51", "complete").await {
        let first = stage
            .change(
                stage.citizen(APPLICANT),
                "submitRegistration",
                founding(&stage, "f", json!({})),
                CASE,
            )
            .await;
        let returned = accept(&stage, &first["permitCase"], &["章程草案", "验资报告"]).await;
        let case = &returned["permitCase"];
        assert_eq!(
            (&case["state"], &case["missing"]),
            (&json!("RETURNED"), &json!(["章程草案", "验资报告"]))
        );
        assert_eq!(
            code_of(&decide(&stage, case, true).await),
            "CASE_STATE_FORBIDS"
        );
        let mut input = founding(&stage, "g", json!({ "name": "新津区青禾文学协会" }));
        input["completes"] = case["id"].clone();
        input["version"] = case["version"].clone();
        let foreign = stage
            .ask(
                stage.citizen(2),
                "mutation ($input: SubmitRegistrationInput!) { submitRegistration(input: $input) { permitCase { id } } }",
                json!({ "input": input }),
            )
            .await;
        assert_eq!(foreign["errors"][0]["extensions"]["code"], "FORBIDDEN");
        let again = stage
            .change(stage.citizen(APPLICANT), "submitRegistration", input, CASE)
            .await;
        let case = &again["permitCase"];
        assert_eq!(case["id"], first["permitCase"]["id"]);
        assert_eq!(
            (&case["state"], &case["missing"]),
            (&json!("SUBMITTED"), &json!([]))
        );
        // The first name is free again: somebody else may ask for it.
        let other = founding(&stage, "h", json!({}));
        let other = stage
            .change(stage.citizen(2), "submitRegistration", other, CASE)
            .await;
        assert_eq!(code_of(&other), "OK");
        let second = founding(&stage, "i", json!({ "name": "新津区青禾文学协会" }));
        let second = stage
            .change(stage.citizen(2), "submitRegistration", second, CASE)
            .await;
        assert_eq!(code_of(&second), "NAME_ASKED_FOR");
        // Taken back, the name is free.
        let input = json!({ "requestKey": "w", "id": case["id"], "version": case["version"] });
        let gone = stage
            .change(
                stage.citizen(APPLICANT),
                "withdrawRegistration",
                input,
                CASE,
            )
            .await;
        assert_eq!(gone["permitCase"]["state"], "WITHDRAWN");
        let third = founding(&stage, "j", json!({ "name": "新津区青禾文学协会" }));
        let third = stage
            .change(stage.citizen(2), "submitRegistration", third, CASE)
            .await;
        assert_eq!(code_of(&third), "OK");
    }
}

#[tokio::test]
async fn a_change_is_refused_or_granted_and_leaves_its_trace() {
    for stage in Stage::everywhere("51", "change").await {
        let code = stage.code(STORY_ASSOCIATION);
        let change = |key: &str, change: Value| json!({ "requestKey": key, "item": "CHANGE", "creditCode": code, "change": change });
        let rename = json!({ "item": "NAME", "text": "新津区餐饮烹饪行业协会", "consentedOn": "2026-10-01" });
        let head = || stage.citizen(12);
        let asked = stage
            .change(
                head(),
                "submitRegistration",
                change("c1", rename.clone()),
                CASE,
            )
            .await;
        assert_eq!(code_of(&asked), "OK", "{asked:#}");
        // The consent is older than thirty days: taken, and marked.
        assert_eq!(asked["permitCase"]["isLate"], true);
        assert_eq!(asked["permitCase"]["organization"]["state"], "CHANGING");
        let twice = stage
            .change(
                head(),
                "submitRegistration",
                change("c2", rename.clone()),
                CASE,
            )
            .await;
        assert_eq!(code_of(&twice), "STATE_FORBIDS");
        let accepted = accept(&stage, &asked["permitCase"], &[]).await;
        // Ten working days are the promise, twenty the law.
        assert_eq!(accepted["permitCase"]["committedDue"], "2026-12-04");
        assert_eq!(accepted["permitCase"]["statutoryDue"], "2026-12-18");
        let refused = decide(&stage, &accepted["permitCase"], false).await;
        assert_eq!(refused["permitCase"]["ground"], "CONDITIONS_NOT_MET");
        assert_eq!(refused["permitCase"]["organization"]["state"], "REGISTERED");
        assert_eq!(
            stage.organization(&code).await["name"],
            "新津区餐饮行业协会"
        );
        let again = stage
            .change(head(), "submitRegistration", change("c3", rename), CASE)
            .await;
        let accepted = accept(&stage, &again["permitCase"], &[]).await;
        let granted = decide(&stage, &accepted["permitCase"], true).await;
        assert_eq!(granted["permitCase"]["organization"]["state"], "REGISTERED");
        let query = "query ($code: CreditCode!) { organization(creditCode: $code) {
            name names { name validFrom validTo } before: name(asOf: \"2026-11-21\") } }";
        let one = stage
            .data(Principal::public("51"), query, json!({ "code": code }))
            .await;
        assert_eq!(one["organization"]["name"], "新津区餐饮烹饪行业协会");
        assert_eq!(one["organization"]["before"], "新津区餐饮行业协会");
        assert_eq!(one["organization"]["names"].as_array().unwrap().len(), 3);
        // Another head: the old office ends, the new one begins, and nobody heads two societies.
        let lead = |key: &str, person| {
            let mut input = change(
                key,
                json!({ "item": "LEGAL_REPRESENTATIVE", "consentedOn": "2026-11-20" }),
            );
            input["legalRepresentative"] = stage.identity(person);
            input
        };
        let both = stage
            .change(head(), "submitRegistration", lead("c4", 0), CASE)
            .await;
        assert_eq!(code_of(&both), "LEADS_ANOTHER_SOCIETY");
        let next = stage
            .change(head(), "submitRegistration", lead("c5", HEAD), CASE)
            .await;
        let accepted = accept(&stage, &next["permitCase"], &[]).await;
        decide(&stage, &accepted["permitCase"], true).await;
        let query = "query ($person: ID!) { legalRepConflicts(person: $person) { isConflict organizations { creditCode } } }";
        for (person, count) in [(12, 0), (HEAD, 1)] {
            let seen = stage
                .data(
                    stage.officer("510118"),
                    query,
                    json!({ "person": stage.token(person) }),
                )
                .await;
            let found = seen["legalRepConflicts"]["organizations"]
                .as_array()
                .unwrap();
            assert_eq!(found.len(), count, "{person}");
            assert_eq!(seen["legalRepConflicts"]["isConflict"], false);
        }
        // The old head may no longer act.
        let old = stage
            .ask(
                head(),
                "mutation ($input: FileParticularInput!) { fileParticular(input: $input) { userErrors { code } } }",
                json!({ "input": { "requestKey": "s", "creditCode": code, "kind": "SEAL" } }),
            )
            .await;
        assert_eq!(old["errors"][0]["extensions"]["code"], "FORBIDDEN");
    }
}

#[tokio::test]
async fn applications_are_read_by_their_officers_and_by_whoever_handed_them_in() {
    let stage = Stage::of("51").await;
    let list = "query ($d: ID!) { permitCases(division: $d, state: RETURNED, first: 10) {
        nodes { id item missing applicant { id } legalRepresentative { id } } } }";
    let here = json!({ "d": division("510118") });
    let (seen, statements) = stage
        .counted(stage.data(stage.officer("510118"), list, here.clone()))
        .await;
    let node = &seen["permitCases"]["nodes"][0];
    assert_eq!(node["applicant"]["id"], stage.token(0));
    assert_eq!(node["missing"].as_array().unwrap().len(), 2);
    // The page, and one each for the two roles.
    assert_eq!(statements, 3);
    for who in [
        stage.officer("510104"),
        stage.role(Role::Registrar),
        stage.citizen(0),
        stage.role(Role::Dashboard),
        Principal::public("51"),
    ] {
        let role = who.role;
        let answer = stage.ask(who, list, here.clone()).await;
        assert_eq!(
            answer["errors"][0]["extensions"]["code"], "FORBIDDEN",
            "{role:?}"
        );
    }
    let mine = "{ myPermitCases(first: 5) { nodes { id state } } }";
    let seen = stage.data(stage.citizen(0), mine, json!({})).await;
    assert_eq!(
        seen["myPermitCases"]["nodes"],
        json!([{ "id": node["id"], "state": "RETURNED" }])
    );
    let one = "query ($id: ID!) { permitCase(id: $id) { id } }";
    for (who, found) in [
        (stage.citizen(0), true),
        (stage.citizen(2), false),
        (stage.officer("510104"), false),
        (stage.officer("510000"), true),
    ] {
        let seen = stage.data(who, one, json!({ "id": node["id"] })).await;
        assert_eq!(seen["permitCase"].is_object(), found);
    }
}

/// 行政许可法 42: ten working days more, once, by the head of the authority, and the applicant is told why.
#[tokio::test]
async fn the_term_of_a_permit_is_made_longer_once_by_the_head() {
    for stage in Stage::everywhere("51", "extend").await {
        let change = json!({ "requestKey": "c1", "item": "CHANGE", "creditCode": stage.code(STORY_ASSOCIATION),
            "change": { "item": "DOMICILE", "domicile": minzheng_kit::id::new(), "consentedOn": "2026-11-10" } });
        let case = stage
            .change(stage.officer("510118"), "submitRegistration", change, CASE)
            .await;
        assert_eq!(code_of(&case), "OK", "{case:#}");
        let case = accept(&stage, &case["permitCase"], &[]).await["permitCase"].take();
        let chief = Principal {
            division: Some("510118".into()),
            ..stage.role(Role::Supervisor)
        };
        let shown =
            "permitCase { version extendedDays extensionReason statutoryDays statutoryDue }";
        let ask = |key: &str, case: &Value| json!({ "requestKey": key, "id": case["id"], "version": case["version"], "reason": "需现场核查住所" });
        let clerks = stage
            .change(
                stage.officer("510118"),
                "extendRegistration",
                ask("e1", &case),
                shown,
            )
            .await;
        assert_eq!(code_of(&clerks), "HEAD_MUST_APPROVE", "{clerks:#}");
        let longer = stage
            .change(chief.clone(), "extendRegistration", ask("e2", &case), shown)
            .await;
        let is = &longer["permitCase"];
        assert_eq!(
            (&is["extendedDays"], &is["statutoryDays"]),
            (&json!(10), &json!(20))
        );
        assert_eq!(is["extensionReason"], "需现场核查住所");
        // Twenty working days from Sunday 2026-11-22 end on 12-18, thirty in a year without a calendar.
        assert_ne!(is["statutoryDue"], case["statutoryDue"], "{longer:#}");
        let again = json!({ "requestKey": "e3", "id": case["id"], "version": is["version"], "reason": "仍需核查" });
        let again = stage
            .change(chief, "extendRegistration", again, shown)
            .await;
        assert_eq!(code_of(&again), "EXTENDED_ALREADY", "{again:#}");
    }
}

/// 社会团体登记管理条例 9, 13: the consent cannot be gone around, nor a name that says the same.
#[tokio::test]
async fn a_founding_without_its_consent_its_class_or_a_name_of_its_own_is_refused() {
    let stage = Stage::of("51").await;
    for (key, changes, expected) in [
        (
            "w1",
            json!({ "supervisor": null, "consentedOn": null }),
            "SUPERVISOR_MISSING",
        ),
        (
            "w2",
            json!({ "supervisor": " ", "consentedOn": null }),
            "SUPERVISOR_MISSING",
        ),
        (
            "w3",
            json!({ "supervisor": null, "directClass": "TRADE_ASSOCIATION" }),
            "DIRECT_CLASS_DOES_NOT_FIT",
        ),
        ("w4", json!({ "isDeprivedOfRights": true }), "FOUNDER_UNFIT"),
        ("w5", json!({ "name": "中国青禾读书协会" }), "NAME_RESERVED"),
        (
            "w6",
            json!({ "supervisor": null, "consentedOn": null, "directClass": "COMMUNITY" }),
            "OK",
        ),
    ] {
        let input = founding(&stage, key, changes);
        let done = stage
            .change(stage.officer("510118"), "submitRegistration", input, CASE)
            .await;
        assert_eq!(code_of(&done), expected, "{key}: {done:#}");
        if expected == "OK" {
            let case = accept(&stage, &done["permitCase"], &[]).await["permitCase"].take();
            let granted = decide(&stage, &case, true).await;
            assert_eq!(granted["permitCase"]["state"], "GRANTED", "{granted:#}");
            let code = granted["permitCase"]["organization"]["creditCode"].clone();
            let query = "query ($code: CreditCode!) { organization(creditCode: $code) { supervisor directClass raisesPublicly } }";
            let one = stage
                .data(stage.officer("510118"), query, json!({ "code": code }))
                .await;
            assert_eq!(
                one["organization"],
                json!({ "supervisor": null, "directClass": "COMMUNITY", "raisesPublicly": false })
            );
        }
    }
    // The name that differs in its form only.
    let alike = founding(
        &stage,
        "w7",
        json!({ "name": "新津区青禾读书促进会", "supervisor": "新津区教育局" }),
    );
    let alike = stage
        .change(stage.officer("510118"), "submitRegistration", alike, CASE)
        .await;
    assert_eq!(code_of(&alike), "NAME_SIMILAR", "{alike:#}");
}
