//! Points of places, by either road, and areas with what lies in them.

use super::*;

const SHAPE: &str = "geometry { id number state }";

/// The corners of the area in which a place says it lies: convex, so that all between them is inside.
async fn corners(run: &Running, place: &str) -> Vec<(f64, f64)> {
    let query = "query($id: ID!) { place(id: $id) { division { geometry { geometry } } } }";
    let data = run.data(query, json!({ "id": place })).await;
    let ring = data["place"]["division"]["geometry"]["geometry"]["coordinates"][0].clone();
    let mut corners: Vec<(f64, f64)> = ring
        .as_array()
        .unwrap()
        .iter()
        .map(|corner| (corner[0].as_f64().unwrap(), corner[1].as_f64().unwrap()))
        .collect();
    corners.pop();
    corners
}

/// A point inside, nearer to the first corner the larger the share.
fn inside(corners: &[(f64, f64)], share: f64) -> (f64, f64) {
    let count = corners.len() as f64;
    let middle = |of: fn(&(f64, f64)) -> f64| corners.iter().map(of).sum::<f64>() / count;
    let between =
        |first: f64, middle: f64| ((middle + (first - middle) * share) * 1e7).round() / 1e7;
    (
        between(corners[0].0, middle(|corner| corner.0)),
        between(corners[0].1, middle(|corner| corner.1)),
    )
}

async fn told(run: &Running, place: &str) -> usize {
    let feed = "{ _events(after: 0, first: 500) { kind key } }";
    let service = Principal::service("51", "marriage");
    let data = run.ask(service, feed, json!({})).await;
    let events = data["data"]["_events"].as_array().unwrap().clone();
    events
        .iter()
        .filter(|event| event["kind"] == "PlaceChanged" && event["key"] == place)
        .count()
}

/// A.3-24, 空间落图: by whichever road a point comes, it lies in the division and the others are told of it.
#[tokio::test]
async fn a_point_lies_in_its_division_and_is_told_by_either_road() {
    let run = running("51").await;
    let (clerk, chief) = (
        Principal::registrar("51", "510118", None),
        supervisor("510118"),
    );
    let place = demo_place_id("510118", DemoPlace::Park).to_string();
    let corners = corners(&run, &place).await;
    let proposal = |key: &str, (east, north): (f64, f64)| {
        json!({ "requestKey": key, "subject": "PLACE", "subjectId": place, "datum": "CGCS2000", "source": "SURVEY",
            "basedOn": 0, "geometry": { "type": "Point", "coordinates": [east, north] } })
    };
    let outside = run
        .change(
            &clerk,
            "proposeGeometry",
            SHAPE,
            proposal("p1", (101.0, 28.0)),
        )
        .await;
    assert_eq!(refusal(&outside), "POINT_OUTSIDE_DIVISION", "{outside:#}");
    let named = |key: &str, (east, north): (f64, f64)| {
        json!({ "requestKey": key, "kind": "NAME", "placeKind": "ROAD", "divisionId": id("510118"), "specific": "青丝溪",
            "generic": "路", "reasons": "新建城市道路命名", "point": { "longitude": east, "latitude": north } })
    };
    let first = inside(&corners, 0.2);
    for (key, point, expected) in [
        ("n1", (101.0, 28.0), "POINT_OUTSIDE_DIVISION"),
        ("n2", first, "none"),
    ] {
        let done = run
            .change(
                &clerk,
                "submitNaming",
                "application { id }",
                named(key, point),
            )
            .await;
        assert_eq!(refusal(&done), expected, "{done:#}");
    }
    let drawn = run
        .change(&clerk, "proposeGeometry", SHAPE, proposal("p2", first))
        .await;
    let commit = json!({ "requestKey": "p3", "geometryId": drawn["geometry"]["id"] });
    let done = run.change(&chief, "commitGeometry", SHAPE, commit).await;
    assert_eq!(done["geometry"]["state"], "COMMITTED", "{done:#}");
    assert_eq!(told(&run, &place).await, 1, "the others keep a copy of it");
    let shown = "query($id: ID!) { place(id: $id) { version point { longitude latitude }
        geometry { number geometry } } }";
    let at = run.data(shown, json!({ "id": place })).await["place"].clone();
    assert_eq!(
        at["point"],
        json!({ "longitude": first.0, "latitude": first.1 })
    );

    // Put on the map anew, it has one point still; who follows the feed hears of that and of nothing before.
    let feed = "query($cursor: String) { changesSince(cursor: $cursor, first: 500) {
        nodes { kind place { id } } pageInfo { endCursor hasNextPage } } }";
    let before = run.data(feed, json!({})).await["changesSince"]["pageInfo"].clone();
    assert_eq!(before["hasNextPage"], false);
    let (east, north) = inside(&corners, 0.4);
    let put = json!({ "requestKey": "p4", "placeId": place, "version": at["version"],
        "point": { "longitude": east, "latitude": north }, "datum": "CGCS2000" });
    let moved = run
        .change(&clerk, "placeOnMap", "place { version }", put)
        .await;
    assert_eq!(refusal(&moved), "none", "{moved:#}");
    assert_eq!(told(&run, &place).await, 2);
    let behind = run
        .data(feed, json!({ "cursor": before["endCursor"] }))
        .await["changesSince"]["nodes"]
        .clone();
    let heard = |kind: &str| json!({ "kind": kind, "place": { "id": place } });
    assert_eq!(
        behind,
        json!([heard("PlaceChanged"), heard("GeometryCommitted")])
    );
    let at = run.data(shown, json!({ "id": place })).await["place"].clone();
    assert_eq!(at["point"], json!({ "longitude": east, "latitude": north }));
    assert_eq!(
        at["geometry"],
        json!({ "number": 2, "geometry": { "type": "Point", "coordinates": [east, north] } })
    );
}

/// B.3.6: children lie in the parent, also where it is the parent that is drawn anew.
#[tokio::test]
async fn an_area_that_leaves_out_a_township_is_refused() {
    let run = running("51").await;
    let clerk = Principal::registrar("51", "510118", None);
    let (east, north) = minzheng_kit::demo::point_of("510118");
    let side = 0.002;
    let square = json!({ "type": "Polygon", "coordinates": [[[east, north], [east + side, north],
        [east + side, north + side], [east, north + side], [east, north]]] });
    let proposal = json!({ "requestKey": "s1", "subject": "DIVISION", "subjectId": id("510118"), "geometry": square,
        "datum": "CGCS2000", "source": "OFFICIAL_MAP", "basedOn": 1, "mapReviewNo": "川S(2026)1号" });
    let refused = run.change(&clerk, "proposeGeometry", SHAPE, proposal).await;
    assert_eq!(refusal(&refused), "GEOMETRY_CHILD_OUTSIDE", "{refused:#}");
}

/// B.3.6, 公众图形: the public gets the course within the tolerance, and the length of what was surveyed, along the ellipsoid.
#[tokio::test]
async fn the_public_gets_a_coarser_course_and_its_geodesic_length() {
    let run = running("51").await;
    let (clerk, chief) = (
        Principal::registrar("51", "510118", None),
        supervisor("510118"),
    );
    let place = demo_place_id("510118", DemoPlace::Park).to_string();
    // Due north along the meridian, and ten metres aside every hundred: fifty metres of tolerance take that away.
    let course: Vec<Value> = (0..=40)
        .map(|n| {
            let aside = if n % 2 == 0 { 103.8 } else { 103.800_1 };
            json!([aside, ((30.4 + f64::from(n) * 0.001) * 1e7).round() / 1e7])
        })
        .collect();
    let proposal = json!({ "requestKey": "l1", "subject": "PLACE", "subjectId": place, "datum": "CGCS2000",
        "source": "SURVEY", "basedOn": 0, "geometry": { "type": "LineString", "coordinates": course } });
    let shown = "geometry { id isSimplified lengthKm geometry }";
    let drawn = run.change(&clerk, "proposeGeometry", shown, proposal).await["geometry"].clone();
    assert_eq!(drawn["isSimplified"], false, "the officer gets the survey");
    assert_eq!(drawn["geometry"]["coordinates"], json!(course));
    let commit = json!({ "requestKey": "l2", "geometryId": drawn["id"] });
    let done = run.change(&chief, "commitGeometry", shown, commit).await;
    assert_eq!(refusal(&done), "none", "{done:#}");
    let query =
        "query($id: ID!) { place(id: $id) { geometry { isSimplified lengthKm geometry } } }";
    let public = run.data(query, json!({ "id": place })).await["place"]["geometry"].clone();
    assert_eq!(public["isSimplified"], true);
    assert_eq!(
        public["geometry"]["coordinates"],
        json!([course[0], course[40]])
    );
    assert_eq!(public["lengthKm"], drawn["lengthKm"]);
    // A degree of the meridian at 30.42° is 110,859.6 m and one of the parallel 96,077.4 m, by the radii of curvature:
    // forty steps of √(110.860² + 9.608²) m make 4,451.0 m.
    assert_eq!(public["lengthKm"], 4.451);
}
