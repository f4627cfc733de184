//! D.6 (49), (54): what the registers say of somebody is told, also by a refusal, to who serves them, and it is on
//! record of whom something was told.

use super::*;

/// Asks for a change that must be refused; gives the codes, and whom the answer is on record to tell of.
async fn refused(p: &Province, who: Principal, field: &str, input: Value) -> (Vec<String>, Value) {
    let kind = format!("{}{}Input", field[..1].to_uppercase(), &field[1..]);
    let query = format!(
        "mutation ($input: {kind}!) {{ {field}(input: $input) {{ userErrors {{ code messageEn }} }} }}"
    );
    let mut answer = p.ask(who, &query, json!({ "input": input })).await;
    assert!(answer.get("errors").is_none(), "{answer:#}");
    let payload = answer["data"][field].take();
    let found = refusals(&payload).into_iter().map(str::to_owned).collect();
    (found, answer["extensions"]["told"].take())
}

#[tokio::test]
async fn a_refusal_tells_what_is_on_record_only_to_who_serves_these_people() {
    let p = Province::of("51").await;
    let here = registry("510118-1");
    let marriage = |man: usize, woman: usize, registrar: &str| {
        json!({ "requestKey": format!("m{man}-{woman}-{registrar}"), "registry": here,
            "registrar": registrar_of(registrar), "kind": "RETROACTIVE", "conditionsFirstMet": "2020-01-02",
            "man": p.number(man), "woman": p.number(woman) })
    };
    let divorce = |man: usize, woman: usize, present: bool| {
        json!({ "requestKey": format!("d{man}-{woman}-{present}"), "registry": here, "man": p.number(man),
            "woman": p.number(woman), "bothPresent": present, "agreementSigned": true, "fullCapacity": true })
    };
    let replacement = |holder: usize, identified: bool| {
        json!({ "requestKey": format!("r{holder}-{identified}"), "registry": here,
            "registrar": registrar_of("510118-1"), "holder": p.number(holder), "certificate": "MARRIAGE",
            "holderIdentified": identified, "archiveChecked": true, "printNumber": "BJ1" })
    };
    let idle = || Principal {
        subject: Some("a".into()),
        ..p.idle_registrar("510118")
    };
    let serving = || p.officer("a");
    // Persons 0 and 1 are married to each other, 2 and 3 to nobody.
    let cases = [
        (
            "receiveApplication",
            marriage(0, 3, "510118-1"),
            vec!["SPOUSE_ON_RECORD"],
            vec!["NO_OPEN_MATTER"],
        ),
        (
            "receiveApplication",
            marriage(0, 3, "510104-1"),
            vec!["REGISTRAR_NOT_OF_THIS_REGISTRY", "SPOUSE_ON_RECORD"],
            vec!["REGISTRAR_NOT_OF_THIS_REGISTRY"],
        ),
        (
            "applyDivorce",
            divorce(2, 3, true),
            vec!["NO_VALID_MARRIAGE"],
            vec!["NO_OPEN_MATTER"],
        ),
        (
            "applyDivorce",
            divorce(2, 3, false),
            vec!["BOTH_MUST_BE_PRESENT", "NO_VALID_MARRIAGE"],
            vec!["BOTH_MUST_BE_PRESENT"],
        ),
        (
            "applyDivorce",
            divorce(0, 1, false),
            vec!["BOTH_MUST_BE_PRESENT"],
            vec!["BOTH_MUST_BE_PRESENT"],
        ),
        (
            "issueReplacement",
            replacement(2, true),
            vec!["RECORD_NOT_FOUND"],
            vec!["NO_OPEN_MATTER"],
        ),
        (
            "issueReplacement",
            replacement(2, false),
            vec!["HOLDER_NOT_IDENTIFIED", "RECORD_NOT_FOUND"],
            vec!["HOLDER_NOT_IDENTIFIED"],
        ),
    ];
    for (field, input, to_who_serves, to_anybody) in cases {
        for (who, expected) in [(serving(), to_who_serves), (idle(), to_anybody)] {
            let case = who.case.clone();
            let (found, told) = refused(&p, who, field, input.clone()).await;
            assert_eq!(found, expected, "{field} {input}");
            let persons = told["persons"].as_array().unwrap();
            assert!(!persons.is_empty() && told["case"] == json!(case), "{told}");
        }
    }
}

#[tokio::test]
async fn an_appointment_that_an_officer_booked_opens_nobody() {
    let p = Province::of("51").await;
    let slots = "query ($r: ID!) { registry(id: $r) { openSlots(date: \"2026-11-24\", service: MARRIAGE) { id } } }";
    let found = p
        .data(p.public(), slots, json!({ "r": registry("510118-1") }))
        .await;
    let slot = found["registry"]["openSlots"][0]["id"].clone();
    let officer = || Principal {
        subject: Some("a".into()),
        ..p.idle_registrar("510118")
    };
    let input = |key: &str, applicant: Option<usize>| json!({ "requestKey": key, "slot": slot, "applicant": applicant.map(|n| p.number(n)) });
    let read = async |who: Principal, n: usize| {
        let query = "query ($r: [_Any!]!) { _entities(representations: $r) { ... on Person { marriages { id } } } }";
        let key = json!({ "r": [{ "__typename": "Person", "id": p.token(n) }] });
        p.ask(who, query, key).await
    };
    let (by_officer, by_citizen) = (2, 3);
    let booked = p
        .change(
            officer(),
            "bookSlot",
            "BookSlotInput",
            "appointment { id }",
            input("o", Some(by_officer)),
        )
        .await;
    assert!(refusals(&booked).is_empty(), "{booked}");
    let seen = read(officer(), by_officer).await;
    assert!(
        seen["data"]["_entities"][0]["marriages"].is_null(),
        "{seen}"
    );
    // Who has booked for himself is expected.
    let booked = p
        .change(
            p.citizen(by_citizen),
            "bookSlot",
            "BookSlotInput",
            "appointment { id }",
            input("c", None),
        )
        .await;
    assert!(refusals(&booked).is_empty(), "{booked}");
    let seen = read(officer(), by_citizen).await;
    assert_eq!(
        seen["data"]["_entities"][0]["marriages"],
        json!([]),
        "{seen}"
    );
}
