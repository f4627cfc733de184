//! Shapes: proposed, committed, found by position, exported.

use super::*;

const SHAPE: &str = "geometry { id number state datum isSimplified areaKm2 lengthKm }";

#[tokio::test]
async fn shapes_are_committed_over_the_version_they_were_drawn_over() {
    let run = running("51").await;
    let chief = supervisor("510118");
    let clerk = Principal::registrar("51", "510118", None);
    let query = "query($id: ID!) { division(id: $id) { geometry { geometry datum number isSimplified areaKm2 isDemo } } }";
    let known =
        run.data(query, json!({ "id": id("510118") })).await["division"]["geometry"].clone();
    assert_eq!(known["datum"], "CGCS2000", "{known:#}");
    assert!(known["areaKm2"].as_f64().unwrap() > 1.0);
    let proposal = |key: &str, geometry: &Value| {
        json!({ "requestKey": key, "subject": "DIVISION", "subjectId": id("510118"), "geometry": geometry,
            "datum": "CGCS2000", "source": "OFFICIAL_MAP", "basedOn": 1, "mapReviewNo": "川S(2026)1号" })
    };
    // The public's shape is up to fifty metres off and may leave out a corner of a township: officers draw over the survey.
    let surveyed = "query($id: ID!) { division(id: $id) { fullGeometry { geometry } } }";
    let surveyed = run
        .shown(&chief, surveyed, json!({ "id": id("510118") }))
        .await;
    let own = surveyed["division"]["fullGeometry"]["geometry"].clone();

    // Every fault has its code.
    let square = |west: f64, south: f64, side: f64| {
        json!({ "type": "Polygon", "coordinates": [[[west, south], [west + side, south],
            [west + side, south + side], [west, south + side], [west, south]]] })
    };
    let bow = json!({ "type": "Polygon", "coordinates": [[[103.8, 30.4], [103.9, 30.5], [103.9, 30.4],
        [103.8, 30.6], [103.8, 30.4]]] });
    for (key, geometry, code) in [
        ("f1", bow, "GEOMETRY_CROSSES_ITSELF"),
        (
            "f2",
            json!({ "type": "Point", "coordinates": [103.8, 30.4] }),
            "GEOMETRY_KIND",
        ),
        (
            "f3",
            json!({ "type": "Point", "coordinates": [30.4, 103.8] }),
            "GEOMETRY_AXIS_ORDER",
        ),
        ("f4", square(103.0, 30.0, 1.5), "GEOMETRY_OVERLAPS"),
    ] {
        let refused = run
            .change(&clerk, "proposeGeometry", SHAPE, proposal(key, &geometry))
            .await;
        assert_eq!(refusal(&refused), code, "{refused:#}");
    }
    let mut drawn = proposal("f5", &own);
    drawn["source"] = "USER_DRAWN".into();
    let refused = run.change(&clerk, "proposeGeometry", SHAPE, drawn).await;
    assert_eq!(refusal(&refused), "SOURCE_NOT_OFFICIAL");
    let mut offset = proposal("f6", &own);
    offset["datum"] = "GCJ02".into();
    let refused = run.change(&clerk, "proposeGeometry", SHAPE, offset).await;
    assert_eq!(refusal(&refused), "DATUM_OFFSET");

    // Two proposals over one version: the first committed wins.
    let one = run
        .change(&clerk, "proposeGeometry", SHAPE, proposal("p1", &own))
        .await;
    assert_eq!(refusal(&one), "none", "{one:#}");
    let other = run
        .change(&clerk, "proposeGeometry", SHAPE, proposal("p2", &own))
        .await;
    let commit = |key: &str, shape: &Value| json!({ "requestKey": key, "geometryId": shape["geometry"]["id"] });
    let done = run
        .change(&chief, "commitGeometry", SHAPE, commit("p3", &one))
        .await;
    assert_eq!(done["geometry"]["number"], 2, "{done:#}");
    assert_eq!(done["geometry"]["state"], "COMMITTED");
    let late = run
        .change(&chief, "commitGeometry", SHAPE, commit("p4", &other))
        .await;
    assert_eq!(refusal(&late), "VERSION_CONFLICT");
    let full = "query($id: ID!) { division(id: $id) { fullGeometry { isSimplified number } } }";
    let stranger = run
        .ask(supervisor("510104"), full, json!({ "id": id("510118") }))
        .await;
    assert_eq!(stranger["errors"][0]["extensions"]["code"], "FORBIDDEN");
    let shown = run.shown(&chief, full, json!({ "id": id("510118") })).await;
    assert_eq!(
        shown["division"]["fullGeometry"],
        json!({ "isSimplified": false, "number": 2 })
    );

    positions(&run, &own).await;
}

/// A place on the map, what lies within, where a point is, and the export.
async fn positions(run: &Running, county: &Value) {
    let clerk = Principal::registrar("51", "510118", None);
    let place = demo_place_id("510118", DemoPlace::Park).to_string();
    let point =
        |longitude: f64, latitude: f64| json!({ "longitude": longitude, "latitude": latitude });
    let (east, north) = minzheng_kit::demo::point_of("510118");
    let put = |key: &str, at: Value, datum: &str| json!({ "requestKey": key, "placeId": place, "version": 1, "point": at, "datum": datum });
    let shown = "place { id version point { longitude } }";
    let offset = run
        .change(
            &clerk,
            "placeOnMap",
            shown,
            put("q1", point(east, north), "BD09"),
        )
        .await;
    assert_eq!(refusal(&offset), "DATUM_OFFSET");
    let outside = run
        .change(
            &clerk,
            "placeOnMap",
            shown,
            put("q2", point(101.0, 28.0), "CGCS2000"),
        )
        .await;
    assert_eq!(refusal(&outside), "POINT_OUTSIDE_DIVISION", "{outside:#}");
    let inside = point_in_division(run, &place).await;
    let done = run
        .change(&clerk, "placeOnMap", shown, put("q3", inside, "CGCS2000"))
        .await;
    assert_eq!(done["place"]["version"], 2, "{done:#}");

    let where_is = "query($p: PlacePointInput!) { reverseGeocode(point: $p) { isByShape distanceMetres
        division { parent { id } current { code level } } nearestPlace { standardName { text } } } }";
    let found =
        run.data(where_is, json!({ "p": point(east, north) })).await["reverseGeocode"].clone();
    assert_eq!(found["isByShape"], true, "{found:#}");
    assert!(
        found["division"]["current"]["code"]
            .as_str()
            .unwrap()
            .starts_with("510118")
    );
    assert!(found["nearestPlace"]["standardName"]["text"].is_string());

    let within = "query($polygon: GeoJSON!, $after: String) { placesWithin(polygon: $polygon, first: 7, after: $after) {
        nodes { id point { longitude latitude } } pageInfo { hasNextPage endCursor } } }";
    let (mut after, mut seen) = (Value::Null, Vec::new());
    loop {
        let page = run
            .data(within, json!({ "polygon": county, "after": after }))
            .await["placesWithin"]
            .clone();
        for node in page["nodes"].as_array().unwrap() {
            seen.push(node["id"].as_str().unwrap().to_owned());
        }
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    let distinct: std::collections::BTreeSet<&String> = seen.iter().collect();
    assert!(!seen.is_empty() && distinct.len() == seen.len());
    let line = json!({ "type": "LineString", "coordinates": [[103.8, 30.4], [103.9, 30.5]] });
    let refused = run
        .ask(Principal::public("51"), within, json!({ "polygon": line }))
        .await;
    assert_eq!(
        refused["errors"][0]["extensions"]["reason"],
        "GEOMETRY_KIND"
    );

    let export = "query($d: ID!, $f: VectorFormat!) { exportVector(divisionId: $d, level: COUNTY, format: $f) {
        mediaType datum isSimplified featureCount missingCount content } }";
    let before = run.services.db.statements();
    let data = run
        .data(export, json!({ "d": id("510100"), "f": "GEOJSON" }))
        .await;
    assert!(run.services.db.statements() - before <= 4);
    let file: Value =
        serde_json::from_str(data["exportVector"]["content"].as_str().unwrap()).unwrap();
    let features = file["features"].as_array().unwrap();
    assert_eq!(
        data["exportVector"]["featureCount"].as_u64().unwrap() as usize,
        features.len()
    );
    assert!(features.len() >= 20 && file.get("crs").is_none());
    let data = run
        .data(export, json!({ "d": id("510100"), "f": "WKT" }))
        .await;
    let text = data["exportVector"]["content"].as_str().unwrap();
    assert!(text.lines().all(|line| line.contains("\tMULTIPOLYGON (((")));
    let refused = "query($d: ID!) { exportFullVector(divisionId: $d, level: TOWNSHIP, format: GEOJSON) { featureCount } }";
    let other = run
        .ask(supervisor("510104"), refused, json!({ "d": id("510118") }))
        .await;
    assert_eq!(other["errors"][0]["extensions"]["code"], "FORBIDDEN");
}

/// A point in the area of the division that a place claims.
async fn point_in_division(run: &Running, place: &str) -> Value {
    let query = "query($id: ID!) { place(id: $id) { division { geometry { geometry } } } }";
    let data = run.data(query, json!({ "id": place })).await;
    let ring = data["place"]["division"]["geometry"]["geometry"]["coordinates"][0].clone();
    let corners = ring.as_array().unwrap();
    // The areas are convex, so the middle of two corners that do not follow each other lies inside.
    let middle = |axis: usize| {
        let sum: f64 = corners[..corners.len() - 1]
            .iter()
            .map(|corner| corner[axis].as_f64().unwrap())
            .sum();
        (sum / (corners.len() - 1) as f64 * 1e7).round() / 1e7
    };
    json!({ "longitude": middle(0), "latitude": middle(1) })
}
