//! Finding a registry: near a point, by division, by an old certificate.

use super::*;

const NEAR: &str = "query ($point: PointInput!, $date: Date, $first: Int!) {
  registriesNear(point: $point, date: $date, service: MARRIAGE, radiusKm: 60, first: $first) {
    distanceKm freePlaces
    opening { date open extended provisional periods { opens closes } }
    registry { id name siteKind hasWeekendService counsellingRooms place { id } point { longitude latitude }
      division { id } openSlots(date: \"2026-11-28\", service: MARRIAGE) { id opens closes startsAt capacity free } }
  } }";

fn xinjin() -> Value {
    json!({ "longitude": 103.81, "latitude": 30.41 })
}

#[tokio::test]
async fn the_nearest_registries_open_this_saturday_come_nearest_first() {
    let p = Province::of("51").await;
    let before = p.services.db.statements();
    let variables = json!({ "point": xinjin(), "date": "2026-11-28", "first": 5 });
    let data = p.data(p.public(), NEAR, variables).await;
    assert_eq!(
        p.services.db.statements() - before,
        7,
        "box, three for the day; three for the slots"
    );
    let near = data["registriesNear"].as_array().unwrap();
    assert_eq!(near.len(), 5);
    assert_eq!(near[0]["registry"]["id"], registry("510118-1"));
    assert_eq!(near[1]["registry"]["siteKind"], "PARK");
    let distances: Vec<f64> = near
        .iter()
        .map(|n| n["distanceKm"].as_f64().unwrap())
        .collect();
    assert!(distances.is_sorted());
    for n in near {
        assert_eq!(n["opening"]["open"], true);
        assert_eq!(
            n["opening"]["extended"], true,
            "a Saturday is served as 延时服务 only"
        );
        assert_eq!(n["registry"]["hasWeekendService"], true);
        assert!(n["freePlaces"].as_i64().unwrap() > 0);
        let slots = n["registry"]["openSlots"].as_array().unwrap();
        let free: i64 = slots.iter().map(|s| s["free"].as_i64().unwrap()).sum();
        assert_eq!(free, n["freePlaces"].as_i64().unwrap());
        assert_eq!(slots[0]["startsAt"], "2026-11-28T01:30:00Z");
    }
}

#[tokio::test]
async fn without_a_day_closed_registries_are_told_too_and_the_horizon_is_thirty_days() {
    let p = Province::of("51").await;
    let any = p
        .data(p.public(), NEAR, json!({ "point": xinjin(), "first": 50 }))
        .await;
    let any = any["registriesNear"].as_array().unwrap();
    assert!(
        any.iter()
            .any(|n| n["registry"]["hasWeekendService"] == false)
    );
    assert!(
        any.iter()
            .all(|n| n["opening"].is_null() && n["freePlaces"].is_null())
    );
    for (date, found) in [
        ("2026-11-27", true),
        ("2026-12-22", true),
        ("2026-12-23", false),
        ("2026-11-21", false),
    ] {
        let variables = json!({ "point": xinjin(), "date": date, "first": 5 });
        let data = p.data(p.public(), NEAR, variables).await;
        assert_eq!(
            !data["registriesNear"].as_array().unwrap().is_empty(),
            found,
            "{date}"
        );
    }
    let off = json!({ "point": { "longitude": 200.0, "latitude": 0.0 }, "first": 5 });
    assert_eq!(
        codes(&p.ask(p.public(), NEAR, off).await),
        ["BAD_USER_INPUT"]
    );
}

#[tokio::test]
async fn registries_are_paged_by_key() {
    let p = Province::of("51").await;
    let query = "query ($after: String) { registries(first: 100, after: $after) {
        nodes { orgCode } pageInfo { hasNextPage endCursor } } }";
    let query = query.replace("nodes { orgCode }", "edges { node { orgCode } }");
    let first = p.data(p.public(), &query, none()).await;
    assert_eq!(first["registries"]["pageInfo"]["hasNextPage"], true);
    let after = first["registries"]["pageInfo"]["endCursor"].clone();
    let second = p.data(p.public(), &query, json!({ "after": after })).await;
    let count = |page: &Value| page["registries"]["edges"].as_array().unwrap().len();
    // 183 counties and the park of 新津.
    assert_eq!((count(&first), count(&second)), (100, 84));
    let parks = "{ registries(siteKind: PARK) { edges { node { name orgCode } } } }";
    let parks = p.data(p.public(), parks, none()).await;
    assert_eq!(
        parks["registries"]["edges"][0]["node"]["orgCode"],
        "510118-2"
    );
}

#[tokio::test]
async fn an_old_certificate_leads_to_todays_division_and_its_registry() {
    let p = Province::of("51").await;
    let query = "query ($n: String!) { certificateOrigin(number: $n) { kind year code nameThen
        divisions { id registries { name openingHours { weekday opens closes } } } } }";
    let data = p
        .data(p.public(), query, json!({ "n": "J510132-2010-000001" }))
        .await;
    let origin = &data["certificateOrigin"];
    assert_eq!(origin["kind"], "MARRIAGE");
    assert_eq!(origin["nameThen"], "新津县");
    let today = crate::kit::divisions::dataset()
        .by_code("510118")
        .unwrap()
        .id
        .to_string();
    assert_eq!(origin["divisions"][0]["id"], today);
    let registries = origin["divisions"][0]["registries"].as_array().unwrap();
    assert_eq!(registries.len(), 2);
    assert_eq!(registries[0]["openingHours"][0]["opens"], "09:00");
    let bad = p
        .ask(p.public(), query, json!({ "n": "川新结字0312345" }))
        .await;
    assert_eq!(codes(&bad), ["BAD_USER_INPUT"]);
    assert!(!bad.to_string().contains("0312345"), "no value is echoed");
}

#[tokio::test]
async fn a_registry_tells_when_it_is_open_on_any_day() {
    let p = Province::of("51").await;
    let query = "query ($id: ID!) { registry(id: $id) {
        friday: openOn(date: \"2026-11-27\") { open extended }
        sunday: openOn(date: \"2026-11-29\") { open extended }
        closed: openOn(date: \"2026-12-02\") { open }
        unknownYear: openOn(date: \"2027-05-01\") { provisional } } }";
    let data = p
        .data(p.public(), query, json!({ "id": registry("510118-1") }))
        .await;
    let r = &data["registry"];
    assert_eq!(r["friday"], json!({ "open": true, "extended": false }));
    assert_eq!(r["sunday"], json!({ "open": true, "extended": true }));
    assert_eq!(
        r["closed"]["open"], false,
        "a dated exception beats the hours"
    );
    assert_eq!(r["unknownYear"]["provisional"], true);
    for missing in ["no-id", "00000000-0000-0000-0000-000000000000"] {
        let data = p.data(p.public(), query, json!({ "id": missing })).await;
        assert!(data["registry"].is_null());
    }
}
