//! Changes of divisions: rehearsed, carried out, announced ahead.

use minzheng_kit::events::{DivisionChanged, Event, PlaceChanged, Relation};

use super::*;

/// Towns (1xx) of a county, by code.
pub(super) fn towns(county: &str) -> Vec<&'static minzheng_kit::divisions::Division> {
    let county = dataset().by_code(county).unwrap();
    dataset()
        .children(&county.id)
        .filter(|one| one.code.as_bytes()[6] == b'1')
        .collect()
}

pub(super) fn papers() -> Value {
    json!(["REASONS", "SITUATION", "RISK", "EXPERT", "OPINIONS", "MAPS"])
}

const SHOWN: &str =
    "change { id relation isAnnounced dueOn codeDueOn sides { role division { id } } }";

#[tokio::test]
async fn a_town_becomes_a_subdistrict_and_two_towns_one() {
    let run = running("51").await;
    let chief = supervisor("510118");
    let town = towns("510118")[0];

    // Rehearsed first: one operation shows the town before and after.
    let change = json!({ "relation": "RETYPE", "sourceIds": [town.id],
        "targets": [{ "code": "510118090", "name": "演示街道", "kind": "SUBDISTRICT" }],
        "effective": "2027-01-01", "approvedOn": "2026-11-02", "authority": "PROVINCE_GOVERNMENT",
        "approvalDoc": "川府函〔2026〕1号", "papers": papers() });
    let rehearse = "query($change: DivisionChangeDraftInput!) { rehearseDivisionChange(change: $change) {
        dueOn codeDueOn places boundaryLines openApplications userErrors { code legalBasis }
        steps { fromCode toCode relation }
        divisions { role division { id current { name } } before { code kind } after { code name roman kind parent { current { code } } } becomes { id } } } }";
    let before = run.services.db.statements();
    let data = run
        .shown(&chief, rehearse, json!({ "change": change }))
        .await;
    let used = run.services.db.statements() - before;
    assert!(used <= 20, "{used}");
    let shown = &data["rehearseDivisionChange"];
    assert_eq!(shown["userErrors"], json!([]), "{shown:#}");
    assert_eq!(shown["divisions"][0]["after"]["roman"], "Yanshi Jiedao");
    assert_eq!(
        shown["divisions"][0]["becomes"][0]["id"],
        town.id.to_string()
    );
    assert_eq!(shown["dueOn"], "2027-11-02");
    assert!(shown["places"].as_u64().unwrap() > 0);
    let mut late = change.clone();
    late["effective"] = "2027-11-03".into();
    late["papers"] = json!(["MAPS"]);
    let data = run.shown(&chief, rehearse, json!({ "change": late })).await;
    let faults = data["rehearseDivisionChange"]["userErrors"]
        .as_array()
        .unwrap();
    assert_eq!(faults.len(), 2, "{faults:?}");

    // Announced ahead: stored, not served as current before its day (D-9).
    let input = json!({ "requestKey": "r1", "change": change });
    let clerk = Principal::registrar("51", "510118", None);
    let refused = run
        .change(&clerk, "applyDivisionChange", SHOWN, input.clone())
        .await;
    assert_eq!(refused["refused"], "FORBIDDEN");
    let neighbour = run
        .change(
            &supervisor("510104"),
            "applyDivisionChange",
            SHOWN,
            input.clone(),
        )
        .await;
    assert_eq!(neighbour["refused"], "FORBIDDEN");
    let done = run
        .change(&chief, "applyDivisionChange", SHOWN, input.clone())
        .await;
    assert_eq!(done["change"]["isAnnounced"], true, "{done:#}");
    let again = run
        .change(&chief, "applyDivisionChange", SHOWN, input)
        .await;
    assert_eq!(again, done, "the same key gives the same answer");
    let at = "query($id: ID!) { division(id: $id) { current { code kind }
        then: version(asOf: \"2027-01-01\") { code kind name approvalDoc datePrecision } } }";
    let data = run.data(at, json!({ "id": town.id })).await;
    assert_eq!(data["division"]["current"]["code"], town.code.as_str());
    assert_eq!(
        data["division"]["then"],
        json!({ "code": "510118090", "kind": "SUBDISTRICT", "name": "演示街道",
            "approvalDoc": "川府函〔2026〕1号", "datePrecision": "DAY" })
    );
    let mut twice = change.clone();
    twice["targets"][0]["code"] = "510118091".into();
    let second = run
        .change(
            &chief,
            "applyDivisionChange",
            SHOWN,
            json!({ "requestKey": "r2", "change": twice }),
        )
        .await;
    assert_eq!(refusal(&second), "SOURCE_NOT_IN_FORCE", "{second:#}");

    merger(&run, &chief).await;
}

/// 撤乡并镇: two towns become one; places, figures and old codes lead to it.
async fn merger(run: &Running, chief: &Principal) {
    let (one, other) = (towns("510118")[1], towns("510118")[2]);
    let stats = "query($id: ID!, $rebased: Boolean!) { division(id: $id) {
        placeStats(from: \"2023-07\", to: \"2026-10\", rebased: $rebased) { named renamed rebased isComplete } } }";
    let named = async |division: &str, rebased: bool| -> i64 {
        let data = run
            .shown(chief, stats, json!({ "id": division, "rebased": rebased }))
            .await;
        let months = data["division"]["placeStats"].as_array().unwrap().clone();
        assert!(
            months
                .iter()
                .all(|m| m["rebased"] == rebased && m["isComplete"] == true)
        );
        months
            .iter()
            .map(|m| m["named"].as_i64().unwrap() + m["renamed"].as_i64().unwrap())
            .sum()
    };
    let (a, b) = (one.id.to_string(), other.id.to_string());
    let together = named(&a, false).await + named(&b, false).await;
    let change = json!({ "relation": "MERGE", "sourceIds": [a, b],
        "targets": [{ "code": "510118191", "name": "演示合并镇", "kind": "TOWN" }],
        "effective": "2026-11-22", "approvedOn": "2026-11-02", "authority": "PROVINCE_GOVERNMENT",
        "approvalDoc": "川府函〔2026〕2号", "papers": papers() });
    let done = run
        .change(
            chief,
            "applyDivisionChange",
            SHOWN,
            json!({ "requestKey": "m1", "change": change }),
        )
        .await;
    let sides = done["change"]["sides"].as_array().unwrap();
    assert_eq!(sides.len(), 3, "{done:#}");
    let merged = sides.iter().find(|side| side["role"] == "TARGET").unwrap()["division"]["id"]
        .as_str()
        .unwrap()
        .to_owned();

    // D-6, D-7: the old code leads to the new town and is not rewritten.
    let lineage = "query($code: DivisionCode!) { lineage(code: $code) { version { name validTo }
        division { id today { id current { name } } lineage { relation toCode } } } }";
    let data = run.data(lineage, json!({ "code": one.code })).await;
    let bearer = &data["lineage"][0];
    assert_eq!(bearer["version"]["name"], one.name.as_str());
    assert_eq!(bearer["version"]["validTo"], "2026-11-22");
    assert_eq!(bearer["division"]["today"][0]["id"], merged.as_str());

    // D-8: figures of before stand with the town of today when it is asked for.
    assert_eq!(named(&merged, false).await, 0);
    assert_eq!(named(&merged, true).await, together);

    // What was keyed to the towns is shown in the new one.
    let places =
        "query($d: ID!) { searchPlaces(divisionId: $d, first: 1) { nodes { division { id } } } }";
    let data = run.data(places, json!({ "d": a })).await;
    assert_eq!(
        data["searchPlaces"]["nodes"][0]["division"]["id"],
        merged.as_str(),
        "{data:#}"
    );

    // The tree and the history of the county; the event to the others.
    let tree = "query($root: ID!, $asOf: Date, $depth: Int!) { divisionTree(rootId: $root, asOf: $asOf, depth: $depth, first: 500) {
        nodes { depth division { id current { code } } } } }";
    let data = run
        .data(tree, json!({ "root": id("510118"), "depth": 1 }))
        .await;
    let nodes = data["divisionTree"]["nodes"].as_array().unwrap().clone();
    assert!(
        nodes
            .iter()
            .any(|node| node["division"]["id"] == merged.as_str())
    );
    assert!(
        !nodes
            .iter()
            .any(|node| node["division"]["id"] == a.as_str())
    );
    let data = run
        .data(tree, json!({ "root": id("510100"), "depth": 2 }))
        .await;
    let depths: std::collections::BTreeSet<i64> = data["divisionTree"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| node["depth"].as_i64().unwrap())
        .collect();
    assert_eq!(depths.into_iter().collect::<Vec<_>>(), [1, 2]);
    let history = "query($d: ID!) { divisionHistory(divisionId: $d) { nodes { relation effective approvalDoc } } }";
    let data = run.data(history, json!({ "d": merged })).await;
    assert_eq!(
        data["divisionHistory"]["nodes"][0]["approvalDoc"],
        "川府函〔2026〕2号"
    );
    told(run, &merged).await;
}

/// What the others hear: a change of today at once, one announced ahead on its day, both as the event that
/// every subsystem reads.
async fn told(run: &Running, merged: &str) {
    let changes = told_changes(run).await;
    let [merger] = changes.as_slice() else {
        panic!("{changes:?}");
    };
    assert_eq!(merger.relation, Relation::Merge);
    assert_eq!((merger.from.len(), merger.to.len()), (2, 1));
    assert_eq!(merger.to[0].id.to_string(), merged);
    for before in &merger.from {
        assert_eq!(
            merger.successor(before.id).map(|side| side.id),
            Some(merger.to[0].id)
        );
    }
    let settled = run
        .services
        .db
        .write(|tx| {
            Box::pin(async move {
                let (at, today) = ("2027-01-01T01:00:00Z", "2027-01-01");
                crate::service::timers::settle(tx, at.parse().unwrap(), today.parse().unwrap())
                    .await
            })
        })
        .await
        .unwrap();
    assert!(settled >= 1);
    let changes = told_changes(run).await;
    assert_eq!(changes.len(), 2);
    assert_eq!(changes[1].relation, Relation::Retype);
    assert_eq!(changes[1].from[0].id, changes[1].to[0].id);
    assert_ne!(changes[1].from[0].code, changes[1].to[0].code);
    assert_eq!(changes[1].effective.to_string(), "2027-01-01");
}

pub(super) async fn told_changes(run: &Running) -> Vec<DivisionChanged> {
    let feed = run
        .ask(
            Principal::service("51", "marriage"),
            "{ _events(after: 0, first: 500) { kind key body } }",
            json!({}),
        )
        .await;
    let events = feed["data"]["_events"].as_array().unwrap().clone();
    let read = events.iter().map(|event| {
        let event = Event {
            kind: event["kind"].as_str().unwrap().to_owned(),
            key: event["key"].as_str().unwrap().to_owned(),
            at: chrono::Utc::now(),
            body: serde_json::from_str(event["body"].as_str().unwrap()).unwrap(),
        };
        // Whatever is told of places too is what the others can read.
        event.read::<PlaceChanged>().unwrap();
        event.read::<DivisionChanged>().unwrap()
    });
    read.flatten().collect()
}

/// 地名管理条例 9(7)–(9) for divisions, and what is asked and not decided when they change.
#[tokio::test]
async fn a_merger_judges_the_new_name_and_takes_open_applications_along() {
    let run = running("51").await;
    let chief = supervisor("510118");
    let (one, other) = (towns("510118")[0], towns("510118")[1]);
    // An application that is open when the towns are merged.
    let road = json!({ "requestKey": "road", "kind": "NAME", "placeKind": "ROAD", "divisionId": one.id,
        "specific": "青丝溪畔", "generic": "路", "reasons": "新建城市道路命名" });
    let clerk = Principal::registrar("51", "510118", None);
    let done = run
        .change(&clerk, "submitNaming", "application { id }", road)
        .await;
    let application = done["application"]["id"].clone();
    assert!(application.is_string(), "{done:#}");

    // A town of the province whose name sounds like the one asked for, and one that is the same.
    let elsewhere = towns("510104")
        .first()
        .copied()
        .unwrap_or_else(|| towns("510129")[0]);
    let change = |key: &str, name: &str, code: &str, judged: Value| {
        json!({ "requestKey": key, "change": { "relation": "MERGE", "sourceIds": [one.id, other.id],
            "targets": [{ "code": code, "name": name, "kind": "TOWN" }],
            "effective": "2026-11-22", "approvedOn": "2026-11-02", "authority": "PROVINCE_GOVERNMENT",
            "homophonesJudged": judged, "approvalDoc": "川府函〔2026〕3号", "papers": papers() } })
    };
    for (key, name, code, expected) in [
        ("n1", elsewhere.name.as_str(), "510118191", "NAME_TAKEN"),
        ("n2", "雅鲁藏布镇", "510118191", "NAME_BORROWED"),
        ("n5", "恩来镇", "510118191", "NAME_LEADER"),
        ("n3", "演示合并镇", "510104191", "CODE_UNFIT"),
    ] {
        let refused = run
            .change(
                &chief,
                "applyDivisionChange",
                SHOWN,
                change(key, name, code, json!(null)),
            )
            .await;
        assert_eq!(refusal(&refused), expected, "{name}: {refused:#}");
    }
    let done = run
        .change(
            &chief,
            "applyDivisionChange",
            SHOWN,
            change("n4", "演示合并镇", "510118191", json!(null)),
        )
        .await;
    let merged = minzheng_kit::divisions::division_id("510118191").to_string();
    assert!(done["change"].is_object(), "{done:#}");
    let open = "query($d: ID!) { namingApplications(divisionId: $d, first: 100) { nodes { id division { id } } } }";
    let data = run.shown(&clerk, open, json!({ "d": merged })).await;
    let asked = data["namingApplications"]["nodes"].as_array().unwrap();
    let moved = asked.iter().find(|node| node["id"] == application);
    assert_eq!(
        moved.unwrap()["division"]["id"],
        merged.as_str(),
        "{data:#}"
    );
}
