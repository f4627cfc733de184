//! What is told to those who ask: the least answer, the archive, levels, the law's numbers.

use super::*;

#[tokio::test]
async fn the_least_answer_is_given_with_its_limits() {
    let p = Province::of("51").await;
    let query = "query ($id: ID!) { maritalProof(person: $id) { answer purpose coverageFrom disclaimer { code legalBasis } } }";
    let own = p
        .data(p.citizen(0), query, json!({ "id": p.token(0) }))
        .await["maritalProof"]
        .take();
    assert_eq!(own["answer"], "SPOUSE_ON_RECORD");
    assert!(own["disclaimer"].is_null() && own["coverageFrom"].is_string());
    let free = p
        .data(p.citizen(2), query, json!({ "id": p.token(2) }))
        .await["maritalProof"]
        .take();
    assert_eq!(free["answer"], "NO_RECORD_FOUND");
    assert_eq!(free["disclaimer"]["code"], "NO_RECORD_IS_NOT_UNMARRIED");
    let other = p
        .ask(p.citizen(2), query, json!({ "id": p.token(0) }))
        .await;
    assert_eq!(codes(&other), ["FORBIDDEN"]);
    // Person 4 has an open application for divorce at the hall.
    let aimless = p
        .ask(
            p.idle_registrar("510118"),
            query,
            json!({ "id": p.token(4) }),
        )
        .await;
    assert_eq!(
        codes(&aimless),
        ["BAD_USER_INPUT"],
        "an officer states a purpose"
    );
    let aimed = Principal {
        purpose: Some("MARRIAGE_REG".into()),
        ..p.officer("a")
    };
    let told = p.data(aimed, query, json!({ "id": p.token(0) })).await["maritalProof"].take();
    assert_eq!(told["purpose"], "MARRIAGE_REG");
    for who in [p.public(), p.dashboard(), p.supervisor()] {
        assert_eq!(
            codes(&p.ask(who, query, json!({ "id": p.token(0) })).await),
            ["FORBIDDEN"]
        );
    }
}

#[tokio::test]
async fn the_archive_is_found_by_old_number_old_place_and_person() {
    let p = Province::of("51").await;
    let query = "query ($number: String, $place: String, $year: Int, $holder: CitizenIdInput) {
        archiveFiles(search: { number: $number, placeThen: $place, year: $year, holder: $holder }, first: 500) {
            edges { node { placeThen year number couple { id } } } } }";
    let mine = "{ myMarriage { marriage { certificateNumber } } }";
    let mine = p.data(p.citizen(0), mine, none()).await;
    let number = mine["myMarriage"]["marriage"]["certificateNumber"].clone();
    let by_number = p
        .data(p.officer("a"), query, json!({ "number": number }))
        .await["archiveFiles"]["edges"]
        .take();
    assert_eq!(by_number.as_array().unwrap().len(), 1);
    let file = &by_number[0]["node"];
    assert_eq!(file["placeThen"], "新津县", "the name of that day");
    assert!(file["number"].as_str().unwrap().contains("****"));
    let by_place = p
        .data(
            p.officer("a"),
            query,
            json!({ "place": "新津县", "year": 2019 }),
        )
        .await;
    let list = by_place["archiveFiles"]["edges"]
        .as_array()
        .unwrap()
        .clone();
    assert!(
        list.iter()
            .any(|edge| edge["node"]["couple"] == file["couple"])
    );
    let by_person = p
        .data(p.officer("a"), query, json!({ "holder": p.number(1) }))
        .await;
    assert_eq!(
        by_person["archiveFiles"]["edges"].as_array().unwrap().len(),
        1
    );
    for wide in [
        json!({}),
        json!({ "year": 2019 }),
        json!({ "place": "新津县" }),
    ] {
        assert_eq!(
            codes(&p.ask(p.officer("a"), query, wide).await),
            ["BAD_USER_INPUT"]
        );
    }
    assert_eq!(
        codes(
            &p.ask(p.citizen(0), query, json!({ "number": number }))
                .await
        ),
        ["FORBIDDEN"]
    );
}

#[tokio::test]
async fn levels_are_counted_and_raised_from_above() {
    let p = Province::of("51").await;
    let county = crate::kit::divisions::dataset()
        .by_code("510118")
        .unwrap()
        .id;
    let query =
        "query ($d: ID!, $r: ID!) { registryStandards(division: $d) { level registries inParks }
        registry(id: $r) { standard { level basis } } }";
    let keys = json!({ "d": county, "r": registry("510118-2") });
    let data = p.data(p.public(), query, keys.clone()).await;
    assert_eq!(data["registry"]["standard"]["level"], "A4");
    let counts = data["registryStandards"].as_array().unwrap();
    let total: i64 = counts
        .iter()
        .map(|c| c["registries"].as_i64().unwrap())
        .sum();
    assert_eq!(total, 2);
    let assess = |key: &str| {
        json!({ "requestKey": key, "registry": registry("510118-2"), "level": "A5", "basis": "2026年评定",
            "validFrom": "2026-11-01" })
    };
    let query_own = "mutation ($input: AssessRegistryInput!) { assessRegistry(input: $input) { userErrors { code } } }";
    let own = p
        .ask(
            p.registrar("510118"),
            query_own,
            json!({ "input": assess("o") }),
        )
        .await;
    assert_eq!(codes(&own), ["FORBIDDEN"], "nobody assesses himself");
    let raised = p
        .change(
            p.registrar("510100"),
            "assessRegistry",
            "AssessRegistryInput",
            "standard { level }",
            assess("r"),
        )
        .await;
    assert_eq!(raised["standard"]["level"], "A5", "{raised}");
    let data = p.data(p.public(), query, keys).await;
    assert_eq!(data["registry"]["standard"]["level"], "A5");
}

#[tokio::test]
async fn the_numbers_of_the_law_are_told_with_their_days() {
    let p = Province::of("51").await;
    let query = "query ($d: Date!) { marriageLegalParameters(on: $d) { name value legalBasis }
        marriageServiceScope(on: $d) { scope legalBasis } }";
    for (day, man, scope) in [("2026-11-22", 22, "NATION"), ("2012-06-01", 22, "DISTRICT")] {
        let data = p.data(p.public(), query, json!({ "d": day })).await;
        let list = data["marriageLegalParameters"].as_array().unwrap();
        let age = list.iter().find(|row| row["name"] == "MAN_AGE").unwrap();
        assert_eq!(age["value"], man);
        assert_eq!(data["marriageServiceScope"]["scope"], scope);
    }
}
