//! The two sides of a line are two persons; what one alone may write of a marker; when a line is due.

use sea_orm::ActiveValue::Set;

use super::*;
use crate::model::boundary_line;

const INSPECTION: &str = "inspection { id version state occurredOn }";
const MARKER: &str =
    "marker { id version condition keeper { id } acts { id act version doneOn keeper { id } } }";
const ACT: &str = "act { id version doneOn }";

/// A line of counties without an open inspection, due after or before a day.
async fn line(run: &Running, wanted: fn(&str) -> bool) -> Value {
    let due =
        "{ boundariesDue(by: \"2030-12-31\", level: COUNTY, first: 500) { nodes { id version dueOn
        left { id current { code } } right { id current { code } } inspections { state } } } }";
    let data = run.data(due, json!({})).await;
    let lines = data["boundariesDue"]["nodes"].as_array().unwrap().clone();
    let closed = |line: &Value| {
        let inspections = line["inspections"].as_array().unwrap();
        inspections.iter().all(|one| one["state"] == "FILED")
    };
    lines
        .into_iter()
        .find(|line| closed(line) && wanted(line["dueOn"].as_str().unwrap()))
        .unwrap()
}

fn side(line: &Value, name: &str) -> Principal {
    supervisor(line[name]["current"]["code"].as_str().unwrap())
}

async fn due_on(run: &Running, line: &Value) -> Value {
    let query = "query($id: ID!) { boundaryLine(id: $id) { version dueOn } }";
    run.data(query, json!({ "id": line["id"] })).await["boundaryLine"].clone()
}

/// Schedules an inspection of a line as it stands.
async fn scheduled(run: &Running, key: &str, line: &Value, cause: &str) -> Value {
    let version = due_on(run, line).await["version"].clone();
    let mut input =
        json!({ "requestKey": key, "lineId": line["id"], "version": version, "cause": cause });
    if cause != "PERIODIC" {
        input["occurredOn"] = "2026-11-10".into();
        input["stretch"] = "第3号至第4号界桩".into();
    }
    let who = side(line, "left");
    let made = run
        .change(&who, "scheduleInspection", INSPECTION, input)
        .await;
    assert_eq!(made["inspection"]["state"], "SCHEDULED", "{made:#}");
    made["inspection"].clone()
}

fn step(key: &str, inspection: &Value, name: &str, value: &str) -> Value {
    let mut input = json!({ "requestKey": key, "inspectionId": inspection["id"], "version": inspection["version"] });
    input[name] = value.into();
    input
}

/// Leads an inspection through both signatures to its end.
async fn closed(run: &Running, line: &Value, inspection: &Value) {
    let (left, right) = (side(line, "left"), side(line, "right"));
    let key = |step: &str| format!("{step} {}", inspection["id"]);
    let steps = [
        ("recordInspectionFindings", &left, "findings", "界桩完好"),
        ("signInspection", &left, "side", "LEFT"),
        ("signInspection", &right, "side", "RIGHT"),
        ("closeInspection", &left, "document", "联检〔2026〕1号"),
    ];
    let mut now = inspection.clone();
    for (mutation, who, name, value) in steps {
        let input = step(&key(value), &now, name, value);
        let done = run.change(who, mutation, INSPECTION, input).await;
        assert_eq!(refusal(&done), "none", "{mutation}: {done:#}");
        now = done["inspection"].clone();
    }
    assert_eq!(now["state"], "CLOSED");
}

/// B-3, B-4, B-5: who holds both sides of a line acts for one of them.
#[tokio::test]
async fn nobody_is_both_sides_of_a_line() {
    let run = running("36").await;
    let line = line(&run, |due| due > "2027-01-01").await;
    let over = supervisor("360000");
    let made = scheduled(&run, "s1", &line, "DISASTER").await;
    let input = step("s2", &made, "findings", "界桩完好");
    let found = run
        .change(&over, "recordInspectionFindings", INSPECTION, input)
        .await["inspection"]
        .clone();
    let one = as_person(&over, "person of two accounts");
    let input = step("s3", &found, "side", "LEFT");
    let signed = run.change(&one, "signInspection", INSPECTION, input).await["inspection"].clone();
    assert_eq!(signed["state"], "SCHEDULED");
    let other = colleague(&over, "another account");
    for (key, who, expected) in [
        ("s4", over.clone(), "SAME_OFFICER"),
        (
            "s5",
            as_person(&other, "person of two accounts"),
            "SAME_OFFICER",
        ),
        ("s6", as_person(&other, "another person"), "none"),
    ] {
        let input = step(key, &signed, "side", "RIGHT");
        let done = run.change(&who, "signInspection", INSPECTION, input).await;
        assert_eq!(refusal(&done), expected, "{done:#}");
    }

    let new = json!({ "requestKey": "m1", "lineId": line["id"], "no": "演示-9",
        "point": { "longitude": 117.5, "latitude": 28.5 }, "condition": "GOOD", "keeper": "LEFT" });
    let marker = run.change(&over, "recordMarker", MARKER, new).await["marker"].clone();
    let shift = json!({ "requestKey": "m2", "markerId": marker["id"], "version": 1, "reason": "河岸塌方",
        "act": "MOVE", "point": { "longitude": 117.501, "latitude": 28.5 }, "surveyDoc": "测〔2026〕3号" });
    let proposed = run.change(&one, "proposeMarkerAct", ACT, shift).await["act"].clone();
    for (key, who, expected) in [
        ("m3", over.clone(), "SAME_OFFICER"),
        (
            "m4",
            as_person(&other, "person of two accounts"),
            "SAME_OFFICER",
        ),
        ("m5", other.clone(), "none"),
    ] {
        let input =
            json!({ "requestKey": key, "actId": proposed["id"], "version": proposed["version"] });
        let done = run.change(&who, "agreeMarkerAct", MARKER, input).await;
        assert_eq!(refusal(&done), expected, "{done:#}");
    }
}

/// B-5: a record is of what was found; better it becomes, and another's to keep, by both sides.
#[tokio::test]
async fn one_side_alone_makes_a_marker_no_better_and_not_its_own() {
    let run = running("36").await;
    let line = line(&run, |due| due > "2027-01-01").await;
    let (left, right) = (side(&line, "left"), side(&line, "right"));
    let record = |key: &str, version: i64, condition: &str, keeper: &str| {
        json!({ "requestKey": key, "lineId": line["id"], "no": "演示-9", "version": version,
            "point": { "longitude": 117.5, "latitude": 28.5 }, "condition": condition, "keeper": keeper })
    };
    let made = run
        .change(
            &left,
            "recordMarker",
            MARKER,
            record("k1", 0, "GOOD", "LEFT"),
        )
        .await;
    assert_eq!(refusal(&made), "none", "{made:#}");
    let marker = made["marker"]["id"].clone();
    for (key, version, condition, keeper, expected) in [
        ("k2", 1, "DAMAGED", "LEFT", "none"),
        ("k3", 2, "GOOD", "LEFT", "MARKER_NOT_MENDED"),
        ("k4", 2, "DAMAGED", "RIGHT", "KEEPER_BY_BOTH"),
        ("k5", 2, "MISSING", "LEFT", "none"),
        ("k6", 3, "DAMAGED", "LEFT", "MARKER_NOT_MENDED"),
    ] {
        let input = record(key, version, condition, keeper);
        let done = run.change(&right, "recordMarker", MARKER, input).await;
        assert_eq!(refusal(&done), expected, "{key}: {done:#}");
    }
    // The other side cannot mend it by making itself its keeper …
    let act = |key: &str, act: &str, keeper: Value| json!({ "requestKey": key, "markerId": marker, "version": 3, "reason": "管理方调整", "act": act, "keeper": keeper });
    for (key, kind, keeper, expected) in [
        ("k7", "MEND", Value::Null, "NOT_THE_KEEPER"),
        ("k8", "KEEPER", Value::Null, "KEEPER_UNFIT"),
        ("k9", "KEEPER", json!("LEFT"), "KEEPER_UNFIT"),
    ] {
        let done = run
            .change(&right, "proposeMarkerAct", ACT, act(key, kind, keeper))
            .await;
        assert_eq!(refusal(&done), expected, "{key}: {done:#}");
    }
    // … but with the one that keeps it, it becomes so; the marker itself is as it was.
    let proposed = run
        .change(
            &right,
            "proposeMarkerAct",
            ACT,
            act("k10", "KEEPER", json!("RIGHT")),
        )
        .await["act"]
        .clone();
    let agree = |key: &str| json!({ "requestKey": key, "actId": proposed["id"], "version": proposed["version"] });
    let alone = run
        .change(&right, "agreeMarkerAct", MARKER, agree("k11"))
        .await;
    assert_eq!(alone["refused"], "FORBIDDEN");
    let done = run
        .change(&left, "agreeMarkerAct", MARKER, agree("k12"))
        .await;
    let shown = &done["marker"];
    assert_eq!(shown["keeper"]["id"], line["right"]["id"], "{done:#}");
    assert_eq!(shown["condition"], "MISSING");
    assert_eq!(shown["acts"][0]["keeper"]["id"], line["right"]["id"]);
}

/// B-1, 行政区域界线管理条例 12: the round of five years and the event each have their own day.
#[tokio::test]
async fn an_event_keeps_its_day_when_the_round_is_closed_and_the_regular_day_comes_back_after_it() {
    let run = running("36").await;
    // A line whose round was overdue already when the flood came.
    let late = line(&run, |due| due < "2026-11-01").await;
    let flood = scheduled(&run, "e1", &late, "DISASTER").await;
    assert_eq!(flood["occurredOn"], "2026-11-10");
    assert_eq!(
        due_on(&run, &late).await["dueOn"],
        late["dueOn"],
        "the earlier of the two"
    );
    let round = scheduled(&run, "e2", &late, "PERIODIC").await;
    assert_eq!(round["occurredOn"], Value::Null);
    closed(&run, &late, &round).await;
    assert_eq!(due_on(&run, &late).await["dueOn"], "2026-11-10");
    closed(&run, &late, &flood).await;
    // 民法典 203: five years later is a Saturday.
    assert_eq!(due_on(&run, &late).await["dueOn"], "2031-11-24");

    // A line that was never inspected has its first day again after the flood.
    let new = line(&run, |due| due > "2027-01-01").await;
    let row = boundary_line::ActiveModel {
        id: Set(new["id"].as_str().unwrap().parse().unwrap()),
        last_inspected: Set(None),
        ..Default::default()
    };
    save(&run, row).await;
    let flood = scheduled(&run, "e3", &new, "DISASTER").await;
    assert_eq!(due_on(&run, &new).await["dueOn"], "2026-11-10");
    closed(&run, &new, &flood).await;
    assert_eq!(due_on(&run, &new).await["dueOn"], new["dueOn"]);
}
