//! Registration at the counter, through the schema.

use super::steps::open_slots;
use super::*;

const FIELDS: &str = "application { id version state kind refusalCode checks { code subject outcome reason }
  record { certificateNumber registeredOn effectiveFrom kind } parties { role present willing document } }";

fn receipt(key: &str, man: String, woman: String) -> Value {
    json!({ "requestKey": key, "registry": registry("510118-1"), "registrar": registrar_of("510118-1"),
        "kind": "MARRIAGE", "man": man, "woman": woman })
}

async fn receive(p: &Province, key: &str, man: String, woman: String) -> Value {
    let input = receipt(key, man, woman);
    p.change(
        p.officer("a"),
        "receiveApplication",
        "ReceiveApplicationInput",
        FIELDS,
        input,
    )
    .await
}

fn declaration(application: &Value, key: &str, role: &str) -> Value {
    json!({ "requestKey": key, "application": application["id"], "version": application["version"], "role": role,
        "present": true, "questionedApart": true, "willing": true, "document": "ID_CARD",
        "documentNumber": "secret paper", "declaredStatus": "NEVER_MARRIED", "noSpouse": true, "noKinship": true,
        "illnessDutyExplained": true, "faceMatch": "PASS" })
}

async fn declare(p: &Province, input: Value) -> Value {
    p.change(
        p.officer("a"),
        "recordDeclaration",
        "RecordDeclarationInput",
        FIELDS,
        input,
    )
    .await
}

async fn step(p: &Province, field: &str, key: &str, application: &Value) -> Value {
    let input = json!({ "requestKey": key, "application": application["id"], "version": application["version"] });
    p.change(p.officer("a"), field, "ApplicationStepInput", FIELDS, input)
        .await
}

/// Both parties say and show what the law asks.
async fn both_declare(p: &Province, application: &Value, key: &str) -> Value {
    let him = declare(p, declaration(application, &format!("{key} m"), "MAN")).await;
    assert!(refusals(&him).is_empty(), "{him}");
    let her = declare(
        p,
        declaration(&him["application"], &format!("{key} w"), "WOMAN"),
    )
    .await;
    assert!(refusals(&her).is_empty(), "{her}");
    her["application"].clone()
}

#[tokio::test]
async fn a_couple_is_registered_certified_and_archived_on_the_spot() {
    let p = Province::of("51").await;
    let received = receive(&p, "r", p.number(2), p.number(3)).await;
    assert!(refusals(&received).is_empty(), "{received}");
    assert_eq!(received["application"]["state"], "RECEIVED");
    let again = receive(&p, "r", p.number(2), p.number(3)).await;
    assert_eq!(again, received, "the same key, the same answer");
    let declared = both_declare(&p, &received["application"], "d").await;
    let early = step(&p, "registerMarriage", "early", &declared).await;
    assert_eq!(refusals(&early), ["NOT_FOUND_ELIGIBLE"]);
    let checked = step(&p, "runOnlineChecks", "c", &declared).await;
    assert_eq!(checked["application"]["state"], "ELIGIBLE", "{checked:#}");
    let outcomes = checked["application"]["checks"].as_array().unwrap();
    assert!(outcomes.iter().all(|check| check["outcome"] == "PASS") && outcomes.len() >= 11);
    let stale = step(&p, "registerMarriage", "stale", &declared).await;
    assert_eq!(refusals(&stale), ["VERSION_CONFLICT"]);
    let groundless = step(&p, "refuseMarriage", "no", &checked["application"]).await;
    assert_eq!(refusals(&groundless), ["NO_GROUND_FOR_REFUSAL"]);
    let before = p.services.db.statements();
    let done = step(&p, "registerMarriage", "reg", &checked["application"]).await;
    let used = p.services.db.statements() - before;
    eprintln!("registerMarriage: {used} statements");
    // The checks are asked again at the button.
    assert!(used <= 50, "{used} statements to register a marriage");
    assert_eq!(done["application"]["state"], "REGISTERED", "{done:#}");
    let number = done["application"]["record"]["certificateNumber"]
        .as_str()
        .unwrap();
    assert!(
        number.starts_with("J510118-2026-****"),
        "masked for officers: {number}"
    );
    assert_eq!(done["application"]["record"]["registeredOn"], "2026-11-22");
    let mine = p
        .data(
            p.citizen(3),
            "{ myMarriage { status marriage { certificates { number state } } } }",
            none(),
        )
        .await;
    assert_eq!(mine["myMarriage"]["status"], "MARRIED");
    // Printing needs two unused forms, and comes before the archive.
    let print = |key: &str, application: &Value, forms: [&str; 2]| {
        json!({ "requestKey": key, "application": application["id"], "version": application["version"],
            "printNumbers": forms })
    };
    let shelve = |key: &str, application: &Value| {
        json!({ "requestKey": key, "application": application["id"], "version": application["version"],
            "volume": "2026-001", "pages": 8 })
    };
    let early = p
        .change(
            p.officer("a"),
            "archiveMarriage",
            "ArchiveInput",
            FIELDS,
            shelve("s0", &done["application"]),
        )
        .await;
    assert_eq!(refusals(&early), ["APPLICATION_STATE"]);
    let same = print("p0", &done["application"], ["F1", "F1"]);
    let same = p
        .change(
            p.officer("a"),
            "certifyMarriage",
            "CertifyInput",
            FIELDS,
            same,
        )
        .await;
    assert_eq!(
        refusals(&same),
        ["PRINT_NUMBER_UNUSABLE"],
        "a form is used once"
    );
    let forms = print("p", &done["application"], ["F1", "F2"]);
    let printed = p
        .change(
            p.officer("a"),
            "certifyMarriage",
            "CertifyInput",
            FIELDS,
            forms,
        )
        .await;
    assert_eq!(printed["application"]["state"], "CERTIFIED", "{printed}");
    let shelved = p
        .change(
            p.officer("a"),
            "archiveMarriage",
            "ArchiveInput",
            FIELDS,
            shelve("s", &printed["application"]),
        )
        .await;
    assert_eq!(shelved["application"]["state"], "ARCHIVED", "{shelved}");
    let query = "query ($n: CitizenIdInput) { archiveFiles(search: { holder: $n }) { edges { node { kind volume retainUntil } } } }";
    let found = p
        .data(p.officer("a"), query, json!({ "n": p.number(2) }))
        .await;
    assert_eq!(
        found["archiveFiles"]["edges"][0]["node"],
        json!({ "kind": "MARRIAGE", "volume": "2026-001", "retainUntil": "2126-12-31" })
    );
    // Nothing that was shown at the counter leaks: not the number of the paper, not a citizen's.
    let events = crate::kit::events::read_outbox(p.services.db.read(), 0, 500)
        .await
        .unwrap();
    assert!(
        events
            .iter()
            .any(|event| event.kind == "MarriageRegistered")
    );
    for event in events {
        assert!(!event.body.contains("secret paper") && !event.body.contains(&p.number(2)));
    }
}

#[tokio::test]
async fn who_is_under_age_is_refused_with_the_reason() {
    let p = Province::of("51").await;
    let received = receive(&p, "r", p.number(10), p.number(11)).await;
    let declared = both_declare(&p, &received["application"], "d").await;
    let checked = step(&p, "runOnlineChecks", "c", &declared).await;
    assert_eq!(checked["application"]["state"], "CHECKING");
    let failed: Vec<_> = checked["application"]["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|check| check["outcome"] == "FAIL")
        .map(|check| check["reason"].as_str().unwrap())
        .collect();
    assert_eq!(failed, ["MAN_UNDER_AGE", "WOMAN_UNDER_AGE"]);
    let registered = step(&p, "registerMarriage", "g", &checked["application"]).await;
    assert_eq!(refusals(&registered), ["NOT_FOUND_ELIGIBLE"]);
    let refused = step(&p, "refuseMarriage", "n", &checked["application"]).await;
    assert_eq!(refused["application"]["state"], "REFUSED");
    assert_eq!(refused["application"]["refusalCode"], "MAN_UNDER_AGE");
    let why = "query ($id: ID!) { registrationApplication(id: $id) { refusal { code messageZh legalBasis } } }";
    let why = p
        .data(
            p.citizen(10),
            why,
            json!({ "id": refused["application"]["id"] }),
        )
        .await;
    assert_eq!(
        why["registrationApplication"]["refusal"]["legalBasis"], "民法典第一千零四十七条",
        "the couple is told the reason"
    );
}

#[tokio::test]
async fn what_stands_in_the_way_is_found_by_the_checks() {
    let p = Province::of("51").await;
    let elsewhere = person("32", 3).id_number;
    let table = [
        (p.number(0), p.number(3), "CHECKING", "SPOUSE_ON_RECORD"),
        (
            p.number(6_550),
            p.number(6_551),
            "CHECKING",
            "FORBIDDEN_KINSHIP",
        ),
        (
            p.number(6_560),
            elsewhere,
            "SUSPENDED_UNVERIFIED",
            "AUTHORITY_NOT_ANSWERED",
        ),
    ];
    for (n, (man, woman, state, reason)) in table.into_iter().enumerate() {
        let received = receive(&p, &format!("r{n}"), man, woman).await;
        assert!(refusals(&received).is_empty(), "{received}");
        let declared = both_declare(&p, &received["application"], &format!("d{n}")).await;
        let checked = step(&p, "runOnlineChecks", &format!("c{n}"), &declared).await;
        assert_eq!(checked["application"]["state"], state, "{checked:#}");
        let reasons = checked["application"]["checks"].as_array().unwrap();
        assert!(
            reasons.iter().any(|check| check["reason"] == reason),
            "{checked:#}"
        );
        let left = step(
            &p,
            "abandonApplication",
            &format!("a{n}"),
            &checked["application"],
        )
        .await;
        assert_eq!(left["application"]["state"], "ABORTED");
    }
}

#[tokio::test]
async fn the_counter_asks_for_every_declaration_and_coercion_stops_the_case() {
    let p = Province::of("51").await;
    let received = receive(&p, "r", p.number(2), p.number(3)).await;
    let bare = step(&p, "runOnlineChecks", "c", &received["application"]).await;
    assert_eq!(bare["application"]["state"], "CHECKING");
    let reasons: Vec<_> = bare["application"]["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|check| check["reason"].as_str())
        .collect();
    for code in [
        "BOTH_MUST_BE_PRESENT",
        "WILL_NOT_ASKED",
        "DECLARATION_MISSING",
        "IDENTITY_DOCUMENT_MISSING",
        "ILLNESS_DUTY_NOT_EXPLAINED",
    ] {
        assert!(reasons.contains(&code), "{code} in {reasons:?}");
    }
    let mut unwilling = declaration(&bare["application"], "u", "WOMAN");
    unwilling["willing"] = json!(false);
    let stopped = declare(&p, unwilling).await;
    assert_eq!(stopped["application"]["state"], "REFUSED");
    assert_eq!(stopped["application"]["refusalCode"], "NOT_FULLY_WILLING");
    let events = crate::kit::events::read_outbox(p.services.db.read(), 0, 500)
        .await
        .unwrap();
    assert!(
        events.iter().any(|event| event.kind == "CoercionSuspected"),
        "it is reported"
    );
}

#[tokio::test]
async fn a_case_is_for_its_own_registry_and_its_own_qualified_registrar() {
    let p = Province::of("51").await;
    let query = "mutation ($input: ReceiveApplicationInput!) { receiveApplication(input: $input) { userErrors { code } } }";
    let input = json!({ "input": receipt("x", p.number(2), p.number(3)) });
    for who in [
        p.registrar("510104"),
        p.citizen(2),
        p.public(),
        p.supervisor(),
    ] {
        assert_eq!(
            codes(&p.ask(who, query, input.clone()).await),
            ["FORBIDDEN"]
        );
    }
    let mut foreign = receipt("y", p.number(2), p.number(3));
    foreign["registrar"] = json!(registrar_of("510104-1"));
    let refused = p
        .change(
            p.officer("a"),
            "receiveApplication",
            "ReceiveApplicationInput",
            FIELDS,
            foreign,
        )
        .await;
    assert_eq!(refusals(&refused), ["REGISTRAR_NOT_OF_THIS_REGISTRY"]);
    // A suspended registrar may not go on, and the supervisor sees who is suspended.
    let status = json!({ "requestKey": "s", "registrar": registrar_of("510118-1"), "version": 1, "status": "SUSPENDED" });
    let suspended = p
        .change(
            p.officer("b"),
            "setRegistrarStatus",
            "SetRegistrarStatusInput",
            "registrar { status version }",
            status,
        )
        .await;
    assert_eq!(
        suspended["registrar"],
        json!({ "status": "SUSPENDED", "version": 2 })
    );
    let refused = receive(&p, "z", p.number(2), p.number(3)).await;
    assert_eq!(refusals(&refused), ["REGISTRAR_NOT_QUALIFIED"]);
    let list = "query ($r: ID!) { marriageRegistrars(registry: $r) { status } }";
    let list = p
        .data(p.supervisor(), list, json!({ "r": registry("510118-1") }))
        .await;
    assert_eq!(list["marriageRegistrars"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_person_is_in_one_application_at_a_time() {
    let p = Province::of("51").await;
    let first = receive(&p, "1", p.number(2), p.number(3)).await;
    assert!(refusals(&first).is_empty());
    let second = receive(&p, "2", p.number(6_570), p.number(3)).await;
    assert_eq!(refusals(&second), ["REGISTRATION_IN_PROGRESS"]);
}

#[tokio::test]
async fn a_marriage_made_good_later_has_effect_from_its_own_day() {
    let p = Province::of("51").await;
    let mut input = receipt("r", p.number(2), p.number(3));
    input["kind"] = json!("RETROACTIVE");
    let missing = p
        .change(
            p.officer("a"),
            "receiveApplication",
            "ReceiveApplicationInput",
            FIELDS,
            input.clone(),
        )
        .await;
    assert_eq!(refusals(&missing), ["CONDITIONS_DAY_MISPLACED"]);
    input["conditionsFirstMet"] = json!("2019-03-03");
    input["requestKey"] = json!("r2");
    let received = p
        .change(
            p.officer("a"),
            "receiveApplication",
            "ReceiveApplicationInput",
            FIELDS,
            input,
        )
        .await;
    let declared = both_declare(&p, &received["application"], "d").await;
    let checked = step(&p, "runOnlineChecks", "c", &declared).await;
    let done = step(&p, "registerMarriage", "g", &checked["application"]).await;
    assert_eq!(
        done["application"]["record"]["kind"], "RETROACTIVE",
        "{done:#}"
    );
    assert_eq!(done["application"]["record"]["registeredOn"], "2026-11-22");
    assert_eq!(done["application"]["record"]["effectiveFrom"], "2019-03-03");
}

#[tokio::test]
async fn a_draft_from_home_arrives_with_its_appointment_and_registers_nothing() {
    let mut p = Province::of("51").await;
    let slots = open_slots(&p, "2026-11-24", "MARRIAGE").await;
    let booking = json!({ "requestKey": "b", "slot": slots[0]["id"], "partner": p.number(3) });
    let booked = p
        .change(
            p.citizen(2),
            "bookSlot",
            "BookSlotInput",
            "appointment { id version }",
            booking,
        )
        .await;
    let draft = json!({ "requestKey": "d", "registry": registry("510118-1"), "kind": "MARRIAGE", "own": p.number(2),
        "partner": p.number(3), "appointment": booked["appointment"]["id"] });
    let drafted = p
        .change(
            p.citizen(2),
            "draftApplication",
            "DraftApplicationInput",
            FIELDS,
            draft.clone(),
        )
        .await;
    assert_eq!(drafted["application"]["state"], "BOOKED", "{drafted}");
    let mut stranger = draft;
    stranger["requestKey"] = json!("e");
    let stranger = p
        .change(
            p.citizen(12),
            "draftApplication",
            "DraftApplicationInput",
            FIELDS,
            stranger,
        )
        .await;
    assert_eq!(refusals(&stranger), ["NOT_YOUR_NUMBER"]);
    p.at("2026-11-24T01:00:00Z");
    let arrived =
        json!({ "requestKey": "c", "appointment": booked["appointment"]["id"], "version": 1 });
    let arrived = p
        .change(
            p.officer("a"),
            "checkIn",
            "AppointmentStepInput",
            "appointment { state }",
            arrived,
        )
        .await;
    assert_eq!(arrived["appointment"]["state"], "CHECKED_IN", "{arrived}");
    let mine = "{ myRegistrationApplications { id version state } }";
    let mine = p.data(p.citizen(3), mine, none()).await["myRegistrationApplications"][0].clone();
    assert_eq!(mine["state"], "CHECKED_IN");
    let mut input = receipt("r", p.number(2), p.number(3));
    input["application"] = mine["id"].clone();
    input["version"] = mine["version"].clone();
    let received = p
        .change(
            p.officer("a"),
            "receiveApplication",
            "ReceiveApplicationInput",
            FIELDS,
            input,
        )
        .await;
    assert_eq!(received["application"]["id"], mine["id"]);
    assert_eq!(received["application"]["state"], "RECEIVED");
    let served = p
        .data(
            p.citizen(2),
            "{ myMarriage { appointments { state } } }",
            none(),
        )
        .await;
    assert_eq!(served["myMarriage"]["appointments"][0]["state"], "SERVED");
}

#[tokio::test]
async fn the_list_of_a_registry_costs_the_same_for_one_and_for_many() {
    let p = Province::of("51").await;
    let query = "query ($r: ID!, $n: Int) { registrationApplications(registry: $r, first: $n) { edges { node {
        state couple { id } parties { role } checks { code } registry { name } registrar { licenceNumber } record { state } } } } }";
    let mut costs = Vec::new();
    for n in [1, 3] {
        let before = p.services.db.statements();
        let variables = json!({ "r": registry("510118-1"), "n": n });
        let data = p.data(p.officer("a"), query, variables).await;
        assert_eq!(
            data["registrationApplications"]["edges"]
                .as_array()
                .unwrap()
                .len(),
            n
        );
        costs.push(p.services.db.statements() - before);
    }
    assert!(costs[1] <= 6 && costs[0] <= costs[1], "{costs:?}");
    let other = p
        .ask(
            p.registrar("510104"),
            query,
            json!({ "r": registry("510118-1"), "n": 1 }),
        )
        .await;
    assert_eq!(codes(&other), ["FORBIDDEN"]);
}
