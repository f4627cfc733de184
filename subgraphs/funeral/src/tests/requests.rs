//! The realistic requests of domain.md C.2 that this subsystem takes part in: 2, 4, 15 and 17, and
//! who may ask what.

use minzheng_kit::testing::entities;
use minzheng_kit::{Principal, Role};
use serde_json::{Value, json};

use super::{Stage, dashboard, division};

#[tokio::test]
async fn request_2_my_life_events_show_the_case_and_the_waiver() {
    let stage = Stage::of("51").await;
    let reps = json!([{ "__typename": "Person", "id": stage.token(0) }]);
    let selection = "... on Person { familyCases { number state closedOn deceased { id death { diedOn paperKind } } \
         facility { name } charged waived waivers { itemCode amount settled } } waivers { itemCode amount grantedOn } }";
    let answer = entities(&stage.graph, stage.citizen(0), reps.clone(), selection).await;
    assert!(answer.get("errors").is_none(), "{answer:#}");
    let me = &answer["data"]["_entities"][0];
    let case = &me["familyCases"][0];
    assert_eq!(case["state"], "CLOSED");
    assert_eq!(case["deceased"]["id"], stage.token(8_001).as_str());
    assert_eq!(case["deceased"]["death"]["diedOn"], "2026-09-03");
    assert_eq!(case["facility"]["name"], "新津区殡仪馆");
    assert_eq!(me["waivers"].as_array().unwrap().len(), 4);
    assert!(
        case["waivers"]
            .as_array()
            .unwrap()
            .iter()
            .all(|w| w["settled"] == true)
    );

    // Nobody else may see it, officers apart.
    let answer = entities(
        &stage.graph,
        stage.citizen(6),
        reps.clone(),
        "... on Person { familyCases { number } }",
    )
    .await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
    let officer = Principal::registrar("51", "510118", None);
    let answer = entities(
        &stage.graph,
        officer,
        reps,
        "... on Person { familyCases { number } }",
    )
    .await;
    assert_eq!(
        answer["data"]["_entities"][0]["familyCases"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_death_is_for_near_kin_and_officers() {
    let stage = Stage::of("51").await;
    let reps = json!([
        { "__typename": "Person", "id": stage.token(8_001) },
        { "__typename": "Person", "id": stage.token(8_000) },
    ]);
    let answer = entities(
        &stage.graph,
        stage.citizen(0),
        reps.clone(),
        "... on Person { death { diedOn } }",
    )
    .await;
    assert_eq!(
        answer["data"]["_entities"][0]["death"]["diedOn"],
        "2026-09-03"
    );
    assert_eq!(answer["data"]["_entities"][1]["death"], Value::Null);
    assert_eq!(answer["errors"].as_array().unwrap().len(), 1);
    assert_eq!(
        answer["errors"][0]["path"],
        json!(["_entities", 1, "death"])
    );
    let officer = Principal::registrar("51", "510118", None);
    let answer = entities(
        &stage.graph,
        officer,
        reps.clone(),
        "... on Person { death { diedOn } }",
    )
    .await;
    assert_eq!(
        answer["data"]["_entities"][1]["death"]["diedOn"],
        "2026-11-19"
    );
    let answer = entities(
        &stage.graph,
        Principal::public("51"),
        reps,
        "... on Person { death { diedOn } }",
    )
    .await;
    assert_eq!(answer["errors"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn request_4_funeral_help_near_me_in_one_operation() {
    let stage = Stage::of("51").await;
    let (longitude, latitude) = minzheng_kit::demo::point_of("510118");
    let query = "query ($point: PointInput!, $division: ID!, $on: Date) { \
         homes: facilitiesNear(point: $point, kind: FUNERAL_HOME, subKind: URBAN_PUBLIC, radiusKm: 20) { \
           distanceKm facility { name phone point { longitude latitude } prices(on: $on, class: BASE) { item { code nameZh unit } price ceiling basis } } } \
         waiverEligibility(division: $division, on: $on) { eligible atMost alreadyGranted policies { item { code } standard division { id } legalBasis } } \
         columbaria: facilitiesNear(point: $point, kind: COLUMBARIUM, subKind: URBAN_PUBLIC, radiusKm: 50, first: 1) { \
           distanceKm facility { name freePlots plots(state: FREE, first: 3) { nodes { label state } pageInfo { hasNextPage } } } } }";
    let variables = json!({
        "point": { "longitude": longitude, "latitude": latitude }, "division": division("510118"), "on": "2026-11-22",
    });
    let data = stage.data(stage.citizen(0), query, variables).await;
    let homes = data["homes"].as_array().unwrap();
    assert_eq!(homes[0]["facility"]["name"], "新津区殡仪馆");
    let far: Vec<f64> = homes
        .iter()
        .map(|h| h["distanceKm"].as_f64().unwrap())
        .collect();
    assert!(far.is_sorted() && far.iter().all(|d| *d <= 20.0));
    let prices = homes[0]["facility"]["prices"].as_array().unwrap();
    assert_eq!(prices.len(), 6);
    assert!(
        prices
            .iter()
            .all(|p| p["ceiling"].is_string() && p["basis"] == "发改价格〔2026〕108号")
    );
    // The county's own policy for the transport goes before the province's.
    let waiver = &data["waiverEligibility"];
    assert_eq!(waiver["atMost"], "1740.00");
    assert_eq!(waiver["policies"][0]["standard"], "500.00");
    assert_eq!(
        waiver["policies"][0]["division"]["id"],
        division("510118").as_str()
    );
    assert_ne!(waiver["alreadyGranted"], "0.00");
    let hall = &data["columbaria"][0]["facility"];
    assert_eq!(hall["freePlots"], 5);
    assert_eq!(hall["plots"]["nodes"].as_array().unwrap().len(), 3);
    assert_eq!(hall["plots"]["pageInfo"]["hasNextPage"], true);
}

#[tokio::test]
async fn an_old_list_version_is_served_for_its_day() {
    let stage = Stage::of("51").await;
    let query = "{ facilities(kind: COLUMBARIUM, first: 1) { nodes { \
         now: prices { listVersion } before: prices(on: \"2026-03-29\") { listVersion validTo } earlier: prices(on: \"2019-12-31\") { price } } } }";
    let data = stage.data(Principal::public("51"), query, json!({})).await;
    let hall = &data["facilities"]["nodes"][0];
    assert_eq!(hall["now"][0]["listVersion"], 2);
    assert_eq!(
        hall["before"][0],
        json!({ "listVersion": 1, "validTo": "2026-03-30" })
    );
    assert_eq!(hall["earlier"], json!([]));
}

#[tokio::test]
async fn request_15_figures_are_for_those_who_may_read_statistics() {
    let stage = Stage::of("51").await;
    let reps = json!([{ "__typename": "Division", "id": division("510118") }, { "__typename": "Division", "id": division("510104") }]);
    let selection = "... on Division { funeralStats(from: \"2026-11\", to: \"2026-11\") { month cremations asOf } }";
    let answer = entities(&stage.graph, dashboard("51"), reps.clone(), selection).await;
    assert_eq!(
        answer["data"]["_entities"][0]["funeralStats"][0]["month"],
        "2026-11"
    );
    let answer = entities(&stage.graph, stage.citizen(0), reps.clone(), selection).await;
    assert_eq!(answer["errors"].as_array().unwrap().len(), 2);
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
    // A supervisor reads their own division.
    let supervisor = Principal {
        division: Some("510118".into()),
        ..Principal::of(Role::Supervisor, "51")
    };
    let answer = entities(&stage.graph, supervisor, reps, selection).await;
    assert!(answer["data"]["_entities"][0]["funeralStats"].is_array());
    assert_eq!(
        answer["errors"][0]["path"],
        json!(["_entities", 1, "funeralStats"])
    );
}

#[tokio::test]
async fn request_17_the_operators_desk_in_one_operation() {
    let stage = Stage::of("51").await;
    let operator = Principal::registrar("51", "510118", None);
    let open = stage
        .data(
            operator.clone(),
            "{ openTickets { nodes { id number } } }",
            json!({}),
        )
        .await;
    let tickets = open["openTickets"]["nodes"].as_array().unwrap();
    assert_eq!(tickets.len(), 1);
    let query = "query ($id: ID!, $division: ID!) { \
         hotlineTicket(id: $id) { number category state overdue dueAt callerPhone caller { id } \
           callerCases { callerIsApplicant case { number state applicant { id } applicantPhone relation } } \
           nearestHearse { label distanceKm promisedMinutes facility { name } } \
           nearestFacilities(first: 2) { distanceKm facility { name } } \
           priceCeilings { item { code nameZh } ceiling } } \
         ticketSla(division: $division, from: \"2025-12\", to: \"2026-11\") { tickets late toDispatch { p50 p90 p99 } toArrival { p50 } } }";
    let variables = json!({ "id": tickets[0]["id"], "division": division("510000") });
    let answer = stage.ask(operator.clone(), query, variables.clone()).await;
    // The province's times are not for a district's operator.
    assert_eq!(answer["errors"][0]["path"], json!(["ticketSla"]));
    let ticket = &answer["data"]["hotlineTicket"];
    assert_eq!(ticket["state"], "OPEN");
    assert_eq!(ticket["overdue"], false);
    assert_eq!(ticket["caller"]["id"], stage.token(7).as_str());
    let cases = ticket["callerCases"].as_array().unwrap();
    assert_eq!(cases.len(), 1);
    assert_eq!(cases[0]["callerIsApplicant"], true);
    assert_eq!(cases[0]["case"]["state"], "OPENED");
    assert_eq!(cases[0]["case"]["applicantPhone"], ticket["callerPhone"]);
    assert_eq!(ticket["nearestHearse"]["facility"]["name"], "新津区殡仪馆");
    assert!(ticket["nearestHearse"]["promisedMinutes"].as_i64().unwrap() <= 90);
    assert_eq!(ticket["nearestFacilities"].as_array().unwrap().len(), 2);
    assert_eq!(ticket["priceCeilings"].as_array().unwrap().len(), 8);

    let head = Principal::registrar("51", "510000", None);
    let data = stage.data(head, query, variables.clone()).await;
    assert!(data["ticketSla"]["tickets"].as_i64().unwrap() > 300);
    assert!(data["ticketSla"]["toDispatch"]["p50"].as_i64().unwrap() <= 15);

    let answer = stage.ask(stage.citizen(7), query, variables).await;
    assert_eq!(answer["data"]["hotlineTicket"], Value::Null);
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
}

#[tokio::test]
async fn a_malformed_argument_is_told_without_its_value() {
    let stage = Stage::of("51").await;
    let table = [
        "{ facilitiesNear(point: { longitude: 519.9, latitude: 0 }) { distanceKm } }",
        "{ facilitiesNear(point: { longitude: 104, latitude: 30 }, radiusKm: 999) { distanceKm } }",
        "{ waiverEligibility(division: \"519901199003030032\") { eligible } }",
        "{ facilities(after: \"519901199003030032\") { nodes { id } } }",
        "{ facilities(first: 501) { nodes { id } } }",
    ];
    for query in table {
        let answer = stage.ask(Principal::public("51"), query, json!({})).await;
        assert_eq!(
            answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT",
            "{query} {answer:#}"
        );
        assert!(!answer["errors"].to_string().contains("519"), "{answer:#}");
    }
    let answer = stage
        .ask(
            Principal::public("51"),
            "{ facility(id: \"nothing\") { id } }",
            json!({}),
        )
        .await;
    assert_eq!(answer["data"]["facility"], Value::Null);
    assert!(answer.get("errors").is_none());
}
