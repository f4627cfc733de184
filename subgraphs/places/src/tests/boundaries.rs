//! Joint inspections and markers, by officers of both sides.

use super::*;

const INSPECTION: &str =
    "inspection { id version state cause completedOn filedOn receivedBy closedOn }";

#[tokio::test]
async fn both_sides_of_a_line_inspect_it_and_keep_its_markers() {
    let run = running("36").await;
    let due = "{ boundariesDue(by: \"2030-12-31\", first: 500) { nodes { id level version dueOn lastInspected
        left { current { code } } right { current { code } } urgentInspections { id } } } }";
    let data = run.data(due, json!({})).await;
    let lines = data["boundariesDue"]["nodes"].as_array().unwrap().clone();
    let line = lines
        .iter()
        .rev()
        .find(|line| line["level"] == "COUNTY" && line["urgentInspections"] == json!([]))
        .unwrap()
        .clone();
    assert!(
        lines
            .iter()
            .any(|line| line["urgentInspections"] != json!([])),
        "the demonstration has a flood"
    );
    let side = |name: &str| supervisor(line[name]["current"]["code"].as_str().unwrap());
    let (left, right) = (side("left"), side("right"));
    let again = "query($id: ID!) { boundaryLine(id: $id) { version dueOn lastInspected lengthKm filedWith urgentInspections { stretch } } }";
    let read = async || run.data(again, json!({ "id": line["id"] })).await["boundaryLine"].clone();

    // B-1: a flood makes the line due at once.
    let mut flood = json!({ "requestKey": "i1", "lineId": line["id"], "version": line["version"],
        "cause": "DISASTER", "occurredOn": "2026-11-10" });
    let vague = run
        .change(&left, "scheduleInspection", INSPECTION, flood.clone())
        .await;
    assert_eq!(refusal(&vague), "STRETCH_MISSING");
    flood["stretch"] = "第3号至第4号界桩".into();
    flood["requestKey"] = "i2".into();
    let stranger = run
        .change(
            &supervisor("350112"),
            "scheduleInspection",
            INSPECTION,
            flood.clone(),
        )
        .await;
    assert_eq!(stranger["refused"], "FORBIDDEN");
    let made = run
        .change(&left, "scheduleInspection", INSPECTION, flood)
        .await;
    let mut inspection = made["inspection"].clone();
    assert_eq!(inspection["state"], "SCHEDULED", "{made:#}");
    let now = read().await;
    assert_eq!(now["dueOn"], "2026-11-10");
    assert_eq!(now["urgentInspections"][0]["stretch"], "第3号至第4号界桩");

    // B-3: findings, both signatures, each by its own side.
    let step = |key: &str, inspection: &Value| json!({ "requestKey": key, "inspectionId": inspection["id"], "version": inspection["version"] });
    let with = |mut input: Value, name: &str, value: &str| {
        input[name] = value.into();
        input
    };
    let input = with(
        step("i3", &inspection),
        "findings",
        "界桩完好，河岸塌方两处",
    );
    let found = run
        .change(&right, "recordInspectionFindings", INSPECTION, input)
        .await;
    inspection = found["inspection"].clone();
    let early = with(step("i4", &inspection), "document", "联检〔2026〕1号");
    let early = run
        .change(&left, "closeInspection", INSPECTION, early)
        .await;
    assert_eq!(refusal(&early), "SIGNATURE_MISSING");
    let foreign = with(step("i5", &inspection), "side", "LEFT");
    let foreign = run
        .change(&right, "signInspection", INSPECTION, foreign)
        .await;
    assert_eq!(
        foreign["refused"], "FORBIDDEN",
        "nobody signs for the other side"
    );
    // The flood was on the 10th; nothing that follows is dated before what comes first.
    let before = with(step("i5a", &inspection), "side", "LEFT");
    let before = with(before, "signedOn", "2026-11-09");
    let before = run
        .change(&left, "signInspection", INSPECTION, before)
        .await;
    assert_eq!(refusal(&before), "DAY_OUT_OF_ORDER");
    for (key, who, name) in [("i6", &left, "LEFT"), ("i7", &right, "RIGHT")] {
        let input = with(step(key, &inspection), "side", name);
        let signed = run.change(who, "signInspection", INSPECTION, input).await;
        inspection = signed["inspection"].clone();
    }
    assert_eq!(inspection["state"], "SIGNED");
    assert_eq!(inspection["completedOn"], "2026-11-22");
    let unclosed = with(step("i8", &inspection), "document", "联检〔2026〕1号");
    let unclosed = run
        .change(&left, "fileInspection", INSPECTION, unclosed)
        .await;
    assert_eq!(refusal(&unclosed), "INSPECTION_NOT_CLOSED");
    let input = with(step("i9", &inspection), "document", "联检〔2026〕1号");
    let before = with(with(input.clone(), "requestKey", "i9a"), "on", "2026-11-21");
    let before = run
        .change(&left, "closeInspection", INSPECTION, before)
        .await;
    assert_eq!(refusal(&before), "DAY_OUT_OF_ORDER");
    let closed = run
        .change(&left, "closeInspection", INSPECTION, input)
        .await;
    assert_eq!(closed["inspection"]["state"], "CLOSED", "{closed:#}");
    let now = read().await;
    assert_eq!(
        now["dueOn"], line["dueOn"],
        "the five years were not begun anew"
    );
    assert_eq!(now["lastInspected"], line["lastInspected"]);
    // B-2.
    let input = with(
        step("i10", &closed["inspection"]),
        "document",
        "联检〔2026〕1号",
    );
    let before = with(
        with(input.clone(), "requestKey", "i10a"),
        "on",
        "2026-11-21",
    );
    let before = run
        .change(&right, "fileInspection", INSPECTION, before)
        .await;
    assert_eq!(refusal(&before), "DAY_OUT_OF_ORDER");
    let filed = run
        .change(&right, "fileInspection", INSPECTION, input)
        .await;
    assert_eq!(filed["inspection"]["receivedBy"], now["filedWith"]);

    markers(&run, &line, &left, &right).await;
}

/// B-4, B-5: markers move by both sides and a survey, and are mended by their keeper.
async fn markers(run: &Running, line: &Value, left: &Principal, right: &Principal) {
    const MARKER: &str =
        "marker { id version condition point { longitude latitude } acts { id version doneOn } }";
    const ACT: &str = "act { id version doneOn leftAgreedOn rightAgreedOn }";
    let at = |longitude: f64| json!({ "longitude": longitude, "latitude": 28.5 });
    let new = json!({ "requestKey": "k1", "lineId": line["id"], "no": "演示-9", "point": at(117.5),
        "condition": "DAMAGED", "keeper": "LEFT" });
    let made = run.change(left, "recordMarker", MARKER, new).await;
    let marker = made["marker"].clone();
    assert_eq!(marker["condition"], "DAMAGED", "{made:#}");
    let moved = json!({ "requestKey": "k2", "lineId": line["id"], "no": "演示-9", "version": 1,
        "point": at(117.6), "condition": "GOOD" });
    let refused = run.change(left, "recordMarker", MARKER, moved).await;
    assert_eq!(refusal(&refused), "AGREEMENT_MISSING");

    let act = |key: &str, marker: &Value| json!({ "requestKey": key, "markerId": marker["id"], "version": marker["version"], "reason": "河岸塌方" });
    let mut mend = act("k3", &marker);
    mend["act"] = "MEND".into();
    let foreign = run
        .change(right, "proposeMarkerAct", ACT, mend.clone())
        .await;
    assert_eq!(refusal(&foreign), "NOT_THE_KEEPER");
    mend["requestKey"] = "k4".into();
    let proposed = run.change(left, "proposeMarkerAct", ACT, mend).await;
    let agree = |key: &str, act: &Value| json!({ "requestKey": key, "actId": act["id"], "version": act["version"] });
    let alone = run
        .change(
            left,
            "agreeMarkerAct",
            MARKER,
            agree("k5", &proposed["act"]),
        )
        .await;
    assert_eq!(
        alone["refused"], "FORBIDDEN",
        "one side does not speak for both"
    );
    let mended = run
        .change(
            right,
            "agreeMarkerAct",
            MARKER,
            agree("k6", &proposed["act"]),
        )
        .await;
    assert_eq!(mended["marker"]["condition"], "GOOD", "{mended:#}");

    let mut shift = act("k7", &mended["marker"]);
    shift["act"] = "MOVE".into();
    shift["point"] = at(117.501);
    let unsurveyed = run
        .change(right, "proposeMarkerAct", ACT, shift.clone())
        .await;
    assert_eq!(refusal(&unsurveyed), "SURVEY_MISSING");
    shift["surveyDoc"] = "测〔2026〕3号".into();
    shift["requestKey"] = "k8".into();
    let proposed = run.change(right, "proposeMarkerAct", ACT, shift).await;
    assert!(proposed["act"]["doneOn"].is_null(), "{proposed:#}");
    let done = run
        .change(
            left,
            "agreeMarkerAct",
            MARKER,
            agree("k9", &proposed["act"]),
        )
        .await;
    assert_eq!(done["marker"]["point"]["longitude"], 117.501, "{done:#}");
    assert_eq!(done["marker"]["acts"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn the_course_of_a_line_is_for_other_subsystems_and_passes_through_its_marker() {
    let run = running("51").await;
    let lines = "query { boundariesDue(by: \"2030-12-31\", first: 200) { nodes { id level markers { point { longitude latitude } } } } }";
    let data = run.shown(&supervisor("510000"), lines, json!({})).await;
    let line = data["boundariesDue"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|line| line["level"] == "COUNTY")
        .unwrap()
        .clone();
    let ask = "query($r: [_Any!]!) { _entities(representations: $r) { ... on BoundaryLine { id course } } }";
    let asked = json!({ "r": [{ "__typename": "BoundaryLine", "id": line["id"] }] });
    let data = run.shown(&supervisor("510000"), ask, asked.clone()).await;
    let course = &data["_entities"][0]["course"];
    assert_eq!(course["type"], "LineString");
    let marker = &line["markers"][0]["point"];
    assert_eq!(
        course["coordinates"][1],
        json!([marker["longitude"], marker["latitude"]])
    );
    let refused = run.ask(Principal::public("51"), ask, asked).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
    assert!(refused["data"]["_entities"][0]["course"].is_null());
    // Of places, two roads of the story's county have one too.
    let roads = "query($d: ID!) { searchPlaces(kind: ROAD, divisionId: $d, first: 50) { nodes { id geometry { lengthKm isSimplified } } } }";
    let data = run.data(roads, json!({ "d": id("510118") })).await;
    let drawn = data["searchPlaces"]["nodes"].as_array().unwrap().iter();
    let lengths: Vec<f64> = drawn
        .filter_map(|place| place["geometry"]["lengthKm"].as_f64())
        .collect();
    assert_eq!(lengths.len(), 2);
    assert!(lengths.iter().any(|km| *km > 1.0), "{lengths:?}");
}

/// C.2-13: the county lines that are due this year, and no others.
#[tokio::test]
async fn lines_are_asked_for_by_level_and_from_a_day_on() {
    let run = running("36").await;
    let query =
        "query($from: Date, $level: BoundaryLevel) { boundariesDue(by: \"2027-06-30\", from: $from,
        level: $level, first: 500) { nodes { level dueOn } } }";
    let asked = async |from: Value, level: Value| {
        let data = run
            .data(query, json!({ "from": from, "level": level }))
            .await;
        data["boundariesDue"]["nodes"].as_array().unwrap().clone()
    };
    let all = asked(Value::Null, Value::Null).await;
    let wanted: Vec<Value> = all
        .iter()
        .filter(|line| line["level"] == "COUNTY" && line["dueOn"].as_str() >= Some("2027-01-01"))
        .cloned()
        .collect();
    assert!(!wanted.is_empty() && wanted.len() < all.len());
    assert_eq!(asked(json!("2027-01-01"), json!("COUNTY")).await, wanted);
}
