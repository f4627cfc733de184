//! The law at the counter: what stops a registration, what refuses it, who acts, and when it is over.

use super::events::deliver;
use super::*;
use crate::rules::ledger::LedgerEvent;
use crate::service::ledger::{self, Fact};

pub(super) const FIELDS: &str =
    "application { id version state refusalCode checks { code subject outcome reason }
  record { id certificateNumber } parties { role needs } }";
const CHECK: &str = "query ($m: CitizenIdInput!, $w: CitizenIdInput!, $r: ID!, $f: PaperFactsInput) {
  eligibilityCheck(man: $m, woman: $w, registry: $r, manFacts: $f) { verdict reasons { code legalBasis } notes { code }
    parties { status } } }";

pub(super) fn receipt(key: &str, at: &str, man: &str, woman: &str) -> Value {
    json!({ "requestKey": key, "registry": registry(at), "registrar": registrar_of(at), "kind": "MARRIAGE",
        "man": man, "woman": woman })
}

pub(super) async fn receive(p: &Province, who: Principal, input: Value) -> Value {
    p.change(
        who,
        "receiveApplication",
        "ReceiveApplicationInput",
        FIELDS,
        input,
    )
    .await
}

pub(super) fn declaration(of: &Value, key: &str, role: &str) -> Value {
    json!({ "requestKey": key, "application": of["id"], "version": of["version"], "role": role, "present": true,
        "questionedApart": true, "willing": true, "document": "ID_CARD", "documentNumber": "paper",
        "declaredStatus": "NEVER_MARRIED", "noSpouse": true, "noKinship": true, "illnessDutyExplained": true,
        "faceMatch": "PASS" })
}

pub(super) async fn declare(p: &Province, who: Principal, input: Value) -> Value {
    p.change(
        who,
        "recordDeclaration",
        "RecordDeclarationInput",
        FIELDS,
        input,
    )
    .await
}

pub(super) async fn step(
    p: &Province,
    who: Principal,
    field: &str,
    key: &str,
    of: &Value,
) -> Value {
    let input = json!({ "requestKey": key, "application": of["id"], "version": of["version"] });
    p.change(who, field, "ApplicationStepInput", FIELDS, input)
        .await
}

/// A couple received and declared at the story's hall.
pub(super) async fn couple(p: &Province, key: &str, man: &str, woman: &str) -> Value {
    let received = receive(p, p.officer("a"), receipt(key, "510118-1", man, woman)).await;
    assert!(refusals(&received).is_empty(), "{received}");
    declared(p, key, &received["application"]).await
}

pub(super) async fn declared(p: &Province, key: &str, of: &Value) -> Value {
    let him = declare(
        p,
        p.officer("a"),
        declaration(of, &format!("{key} m"), "MAN"),
    )
    .await;
    assert!(refusals(&him).is_empty(), "{him}");
    let input = declaration(&him["application"], &format!("{key} w"), "WOMAN");
    let her = declare(p, p.officer("a"), input).await;
    assert!(refusals(&her).is_empty(), "{her}");
    her["application"].clone()
}

pub(super) fn reasons(of: &Value) -> Vec<&str> {
    let checks = of["application"]["checks"].as_array().unwrap().iter();
    checks
        .filter_map(|check| check["reason"].as_str())
        .collect()
}

pub(super) async fn check(p: &Province, man: &str, woman: &str) -> Value {
    let variables = json!({ "m": man, "w": woman, "r": registry("510118-1") });
    p.data(p.registrar("510118"), CHECK, variables).await["eligibilityCheck"].take()
}

pub(super) async fn enter(p: &Province, person: &str, event: LedgerEvent, day: &str, record: u128) {
    let (person, at) = (person.to_owned(), p.services.clock.now());
    let fact = Fact {
        event,
        effective_on: day.parse().unwrap(),
        record: (record > 0).then(|| uuid::Uuid::from_u128(record)),
    };
    p.services
        .db
        .write(move |tx| {
            let person = person.clone();
            Box::pin(async move {
                ledger::append(tx, &person, fact, at).await?;
                Ok(())
            })
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn the_dead_marry_nobody_and_may_again_when_the_death_is_taken_back() {
    // M-23, M-5, 民法典 13. The woman has no record of any kind: her death is the first entry of her ledger.
    let p = Province::of("51").await;
    let death = json!({ "person": p.token(3), "diedOn": "2026-11-20" });
    let (man, woman) = (p.number(2), p.number(3));
    let waiting = couple(&p, "w", &man, &woman).await;
    let found = step(&p, p.officer("a"), "runOnlineChecks", "c", &waiting).await;
    assert_eq!(found["application"]["state"], "ELIGIBLE", "{found:#}");
    deliver(&p, "DeathRegistered", death.clone()).await;
    let ended = step(
        &p,
        p.officer("a"),
        "registerMarriage",
        "g",
        &found["application"],
    )
    .await;
    assert_eq!(
        refusals(&ended),
        ["VERSION_CONFLICT"],
        "the application has ended"
    );
    let answer = check(&p, &man, &woman).await;
    assert_eq!(answer["verdict"], "REFUSED");
    assert_eq!(answer["reasons"][0]["code"], "PARTY_DEAD_ON_RECORD");
    assert!(answer["reasons"][0]["legalBasis"].is_string());
    assert_eq!(answer["parties"][1]["status"], "DECEASED");
    let again = couple(&p, "x", &man, &woman).await;
    let found = step(&p, p.officer("a"), "runOnlineChecks", "d", &again).await;
    assert!(
        reasons(&found).contains(&"PARTY_DEAD_ON_RECORD"),
        "{found:#}"
    );
    let refused = step(
        &p,
        p.officer("a"),
        "refuseMarriage",
        "r",
        &found["application"],
    )
    .await;
    assert_eq!(
        refused["application"]["refusalCode"],
        "PARTY_DEAD_ON_RECORD"
    );
    let direct = register_directly(&p, &p.token(2), &p.token(3), None).await;
    assert_eq!(
        direct.as_deref(),
        Some("PARTY_DEAD_ON_RECORD"),
        "nor does the service itself"
    );
    // A second telling changes nothing; a court takes the death back.
    deliver(&p, "DeathRegistered", death).await;
    let back = json!({ "record": uuid::Uuid::from_u128(1), "person": p.token(3) });
    deliver(&p, "DeathRevoked", back).await;
    assert_eq!(check(&p, &man, &woman).await["verdict"], "ELIGIBLE");
}

/// Registers without the counter; the code of the refusal.
async fn register_directly(
    p: &Province,
    man: &str,
    woman: &str,
    since: Option<&str>,
) -> Option<String> {
    use crate::service::registration::{Registration, register};
    let (man, woman) = (man.to_owned(), woman.to_owned());
    let since = since.map(|day| day.parse().unwrap());
    let hall = crate::service::registries::by_id(p.services.db.read(), registry_id("510118-1"))
        .await
        .unwrap();
    let now = p.services.clock.now();
    let done = p
        .services
        .db
        .write(move |tx| {
            let (man, woman, hall) = (man.clone(), woman.clone(), hall.clone());
            Box::pin(async move {
                let what = Registration {
                    registry: &hall,
                    code_of_the_day: "510118",
                    kind: "MARRIAGE",
                    man: &man,
                    woman: &woman,
                    conditions_first_met: since,
                    cross_province: false,
                };
                register(tx, &what, now).await
            })
        })
        .await;
    match done {
        Ok(_) => None,
        Err(crate::kit::Error::Invalid(refusal)) => Some(refusal.code),
        Err(other) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_marriage_made_good_later_lies_over_no_other() {
    // M-13, I-1, 司法解释(一) 6: the woman was another's wife from 2010 to 2015.
    let p = Province::of("51").await;
    let woman = p.token(3);
    enter(&p, &woman, LedgerEvent::Married, "2010-05-01", 7).await;
    enter(&p, &woman, LedgerEvent::Divorced, "2015-01-01", 7).await;
    for (n, (day, fine)) in [
        ("2012-06-01", false),
        ("2014-12-31", false),
        ("2015-01-01", true),
    ]
    .into_iter()
    .enumerate()
    {
        let direct = register_directly(&p, &p.token(6_580), &woman, Some(day)).await;
        if fine {
            break;
        }
        assert_eq!(
            direct.as_deref(),
            Some("CONDITIONS_NOT_MET_ON_THAT_DAY"),
            "{day}"
        );
        let mut input = receipt(&format!("r{n}"), "510118-1", &p.number(2), &p.number(3));
        input["kind"] = json!("RETROACTIVE");
        input["conditionsFirstMet"] = json!(day);
        let received = receive(&p, p.officer("a"), input).await;
        assert_eq!(
            refusals(&received),
            ["CONDITIONS_NOT_MET_ON_THAT_DAY"],
            "{day}"
        );
        assert_eq!(
            received["userErrors"][0]["field"],
            json!(["input", "conditionsFirstMet"])
        );
    }
    let found = ledger::of_persons(p.services.db.read(), std::slice::from_ref(&woman))
        .await
        .unwrap();
    assert_eq!(found[&woman].status, crate::rules::ledger::Status::Married);
}

#[tokio::test]
async fn a_foreigner_is_registered_by_papers_where_the_registry_may() {
    // M-8, 婚姻登记条例 2.
    let p = Province::of("51").await;
    let all = "{ registries(first: 500) { edges { node { id competence division { id } } } } }";
    let all = p.data(p.public(), all, none()).await["registries"]["edges"].take();
    let competent = all.as_array().unwrap().iter().find(|edge| {
        let list = edge["node"]["competence"].as_array().unwrap();
        list.contains(&json!("FOREIGN"))
    });
    let competent = &competent.unwrap()["node"];
    let county = crate::service::registries::by_id(
        p.services.db.read(),
        competent["id"].as_str().unwrap().parse().unwrap(),
    )
    .await
    .unwrap();
    let officer = || Principal {
        subject: Some("f".into()),
        ..p.registrar(&county.county_code)
    };
    let passport = "DEU:C01X00T47";
    let facts = json!({ "sex": "MAN", "birthDate": "1990-05-05" });
    let at = |key: &str| {
        let mut input = receipt(key, &county.code, passport, &p.number(3));
        input["registrar"] = json!(registrar_of(&county.code));
        input
    };
    let bare = receive(&p, officer(), at("a")).await;
    assert_eq!(refusals(&bare), ["PAPER_FACTS_MISSING"]);
    let mut told = at("b");
    told["manFacts"] = facts.clone();
    let received = receive(&p, officer(), told).await;
    assert!(refusals(&received).is_empty(), "{received}");
    let mut him = declaration(&received["application"], "m", "MAN");
    him["document"] = json!("PASSPORT");
    let him = declare(&p, officer(), him).await;
    let her = declare(
        &p,
        officer(),
        declaration(&him["application"], "w", "WOMAN"),
    )
    .await;
    let checked = step(&p, officer(), "runOnlineChecks", "c", &her["application"]).await;
    assert_eq!(
        reasons(&checked),
        ["SINGLE_STATUS_PAPERS_MISSING"],
        "{checked:#}"
    );
    let mut him = declaration(&checked["application"], "m2", "MAN");
    him["document"] = json!("PASSPORT");
    him["singleStatusPapers"] = json!(true);
    let him = declare(&p, officer(), him).await;
    let checked = step(&p, officer(), "runOnlineChecks", "c2", &him["application"]).await;
    assert_eq!(checked["application"]["state"], "ELIGIBLE", "{checked:#}");
    let done = step(
        &p,
        officer(),
        "registerMarriage",
        "g",
        &checked["application"],
    )
    .await;
    assert_eq!(done["application"]["state"], "REGISTERED", "{done:#}");
    // Before the counter: papers are announced, and the story's hall is not competent.
    let variables = json!({ "m": "DEU:C01X00T47", "w": p.number(6_581), "r": registry("510118-1"), "f": facts });
    let answer = p.data(p.registrar("510118"), CHECK, variables).await["eligibilityCheck"].take();
    let codes: Vec<_> = answer["reasons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| &r["code"])
        .collect();
    assert!(
        codes.contains(&&json!("SPOUSE_ON_RECORD")),
        "an own record counts: {answer}"
    );
    let numbers = [
        ("931017199003030031", "CITIZEN_ID_CHECK"),
        ("000000194912310000", "NUMBER_NAMES_NOBODY"),
    ];
    for (number, code) in numbers {
        let bad = receive(
            &p,
            p.officer("a"),
            receipt(number, "510118-1", number, &p.number(3)),
        )
        .await;
        assert_eq!(refusals(&bad), [code], "{bad}");
    }
    let at_home = receive(&p, p.officer("a"), {
        let mut input = receipt("h", "510118-1", "FRA:12AB34567", &p.number(6_571));
        input["manFacts"] = json!({ "sex": "MAN", "birthDate": "1991-01-01" });
        input
    })
    .await;
    let him = &at_home["application"];
    assert_eq!(him["parties"][0]["needs"], "FOREIGN", "{at_home}");
    let checked = step(&p, p.officer("a"), "runOnlineChecks", "hc", him).await;
    assert!(reasons(&checked).contains(&"REGISTRY_NOT_COMPETENT"));
}

#[tokio::test]
async fn a_doubted_identity_a_wrong_face_and_a_false_declaration_stop_the_case() {
    // M-7, 居民身份证法 3.
    let p = Province::of("51").await;
    let doubt = |doubted: bool| json!({ "person": p.token(2), "doubted": doubted });
    deliver(&p, "IdentityDoubted", doubt(true)).await;
    let waiting = couple(&p, "a", &p.number(2), &p.number(3)).await;
    let checked = step(&p, p.officer("a"), "runOnlineChecks", "c", &waiting).await;
    assert_eq!(
        checked["application"]["state"], "SUSPENDED_UNVERIFIED",
        "{checked:#}"
    );
    assert_eq!(reasons(&checked), ["IDENTITY_DISPUTED"]);
    deliver(&p, "IdentityDoubted", doubt(false)).await;
    enter(&p, &p.token(3), LedgerEvent::Married, "2010-05-01", 7).await;
    enter(&p, &p.token(3), LedgerEvent::Divorced, "2015-01-01", 7).await;
    let mut face = declaration(&checked["application"], "f", "MAN");
    face["faceMatch"] = json!("FAIL");
    let face = declare(&p, p.officer("a"), face).await;
    let checked = step(
        &p,
        p.officer("a"),
        "runOnlineChecks",
        "d",
        &face["application"],
    )
    .await;
    let mut found = reasons(&checked);
    found.sort_unstable();
    assert_eq!(
        found,
        ["DECLARATION_CONTRADICTS_RECORD", "FACE_DOES_NOT_FIT"]
    );
    // Both can be mended: neither is a ground to refuse (M-10).
    let refused = step(
        &p,
        p.officer("a"),
        "refuseMarriage",
        "n",
        &checked["application"],
    )
    .await;
    assert_eq!(refusals(&refused), ["NO_GROUND_FOR_REFUSAL"]);
    let mut him = declaration(&checked["application"], "f2", "MAN");
    him["declaredStatus"] = json!("NEVER_MARRIED");
    let him = declare(&p, p.officer("a"), him).await;
    let mut her = declaration(&him["application"], "h2", "WOMAN");
    her["declaredStatus"] = json!("DIVORCED");
    let her = declare(&p, p.officer("a"), her).await;
    let checked = step(
        &p,
        p.officer("a"),
        "runOnlineChecks",
        "e",
        &her["application"],
    )
    .await;
    assert_eq!(checked["application"]["state"], "ELIGIBLE", "{checked:#}");
}

#[tokio::test]
async fn a_request_key_is_bound_to_its_mutation_and_to_texts_that_are_kept_nowhere() {
    let p = Province::of("51").await;
    let waiting = couple(&p, "a", &p.number(2), &p.number(3)).await;
    let checked = step(&p, p.officer("a"), "runOnlineChecks", "one", &waiting).await;
    assert!(refusals(&checked).is_empty());
    // The same application at the same version: only the mutation differs.
    let other = step(&p, p.officer("a"), "abandonApplication", "one", &waiting).await;
    assert_eq!(refusals(&other), ["REQUEST_KEY_REUSED"]);
    let again = step(&p, p.officer("a"), "runOnlineChecks", "one", &waiting).await;
    assert_eq!(again["application"]["id"], checked["application"]["id"]);
    let input = declaration(&checked["application"], "two", "MAN");
    let first = declare(&p, p.officer("a"), input.clone()).await;
    assert!(refusals(&first).is_empty(), "{first}");
    assert!(refusals(&declare(&p, p.officer("a"), input.clone()).await).is_empty());
    let mut changed = input;
    changed["documentNumber"] = json!("another paper");
    let changed = declare(&p, p.officer("a"), changed).await;
    assert_eq!(refusals(&changed), ["REQUEST_KEY_REUSED"]);
}

#[tokio::test]
async fn what_is_left_at_the_counter_is_over_with_its_day() {
    // M-11, 婚姻登记条例: 当场予以登记.
    let mut p = Province::of("51").await;
    let waiting = couple(&p, "a", &p.number(2), &p.number(3)).await;
    let checked = step(&p, p.officer("a"), "runOnlineChecks", "c", &waiting).await;
    p.at("2026-11-23T02:00:00Z");
    let mine = "{ myRegistrationApplications { state } }";
    let read = p.data(p.citizen(2), mine, none()).await;
    assert_eq!(
        read["myRegistrationApplications"][0]["state"], "ABORTED",
        "no job has run"
    );
    let late = step(
        &p,
        p.officer("a"),
        "registerMarriage",
        "g",
        &checked["application"],
    )
    .await;
    assert_eq!(refusals(&late), ["NOT_FOUND_ELIGIBLE"]);
    let anew = receive(
        &p,
        p.officer("a"),
        receipt("b", "510118-1", &p.number(2), &p.number(3)),
    )
    .await;
    assert_eq!(anew["application"]["state"], "RECEIVED", "{anew}");
    let swept = crate::service::timers::run(&p.services).await.unwrap();
    assert!(swept.left_applications >= 1, "{swept:?}");
    let told = crate::kit::events::read_outbox(p.services.db.read(), 0, 1_000)
        .await
        .unwrap();
    let by_time = |kind: &str| {
        told.iter()
            .any(|e| e.kind == kind && e.body.contains("TIME"))
    };
    assert!(by_time("RegistrationApplicationChanged") && by_time("QueueTicketChanged"));
    let second = crate::service::timers::run(&p.services).await.unwrap();
    assert_eq!(second, crate::service::timers::Swept::default());
}

#[tokio::test]
async fn an_unwilling_party_stops_the_case_however_it_came_out() {
    // M-4, 民法典 1046.
    let p = Province::of("51").await;
    let received = receive(
        &p,
        p.officer("a"),
        receipt("a", "510118-1", &p.number(2), &p.number(3)),
    )
    .await;
    let mut input = declaration(&received["application"], "u", "WOMAN");
    input["willing"] = json!(false);
    input["questionedApart"] = json!(false);
    let stopped = declare(&p, p.officer("a"), input).await;
    assert_eq!(stopped["application"]["state"], "REFUSED", "{stopped}");
    assert_eq!(stopped["application"]["refusalCode"], "NOT_FULLY_WILLING");
}

#[tokio::test]
async fn once_an_account_is_linked_everybody_acts_under_the_own_one_at_each_step() {
    // M-26, 婚姻登记条例.
    let p = Province::of("51").await;
    let link = |key: &str, account: Value| json!({ "requestKey": key, "registrar": registrar_of("510118-1"), "version": 1, "account": account });
    let fields = "registrar { id version }";
    let waiting = couple(&p, "a", &p.number(2), &p.number(3)).await;
    let who = p.registrar("510100");
    let linked = p
        .change(
            who,
            "linkRegistrarAccount",
            "LinkRegistrarAccountInput",
            fields,
            link("l", json!("hers")),
        )
        .await;
    assert_eq!(linked["registrar"]["version"], 2, "{linked}");
    let other = step(&p, p.officer("a"), "runOnlineChecks", "c", &waiting).await;
    assert_eq!(refusals(&other), ["REGISTRAR_NOT_OF_THIS_REGISTRY"]);
    let own = step(&p, p.officer("hers"), "runOnlineChecks", "c", &waiting).await;
    assert_eq!(own["application"]["state"], "ELIGIBLE", "{own}");
    let status = json!({ "requestKey": "s", "registrar": registrar_of("510118-1"), "version": 2, "status": "SUSPENDED" });
    p.change(
        p.officer("b"),
        "setRegistrarStatus",
        "SetRegistrarStatusInput",
        fields,
        status,
    )
    .await;
    let suspended = step(
        &p,
        p.officer("hers"),
        "registerMarriage",
        "g",
        &own["application"],
    )
    .await;
    assert_eq!(
        refusals(&suspended),
        ["REGISTRAR_NOT_QUALIFIED"],
        "at each step"
    );
    let apply = json!({ "requestKey": "d", "registry": registry("510118-1"), "man": p.number(0), "woman": p.number(1),
        "bothPresent": true, "agreementSigned": true, "fullCapacity": true });
    let divorce = p
        .change(
            p.officer("hers"),
            "applyDivorce",
            "ApplyDivorceInput",
            "application { state }",
            apply,
        )
        .await;
    assert_eq!(refusals(&divorce), ["REGISTRAR_NOT_QUALIFIED"]);
}
