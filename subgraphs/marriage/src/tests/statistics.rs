//! Counts by division and month.

use super::*;
use crate::kit::divisions::dataset;

const STATS: &str = "query ($r: [_Any!]!, $from: YearMonth!, $to: YearMonth!) {
  _entities(representations: $r) { ... on Division { id
    marriageStats(from: $from, to: $to) { month registered crossProvince divorces withdrawnInCoolingOff ytdRegistered asOf }
    counsellingSummary(from: $from, to: $to) { rooms sessions sessionsPerRoom asOf } } } }";

fn divisions(codes: &[String]) -> Value {
    codes
        .iter()
        .map(|code| json!({ "__typename": "Division", "id": dataset().by_code(code).unwrap().id }))
        .collect()
}

async fn stats(p: &Province, codes: &[String], from: &str, to: &str) -> Vec<Value> {
    let variables = json!({ "r": divisions(codes), "from": from, "to": to });
    p.data(p.dashboard(), STATS, variables).await["_entities"]
        .as_array()
        .unwrap()
        .clone()
}

fn sum(entity: &Value, field: &str) -> i64 {
    entity["marriageStats"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m[field].as_i64().unwrap())
        .sum()
}

#[tokio::test]
async fn the_month_of_all_183_counties_costs_three_statements_and_hides_no_usual_count() {
    let p = Province::of("51").await;
    let counties: Vec<String> = dataset()
        .counties_of("51")
        .map(|d| d.code.clone())
        .collect();
    assert_eq!(counties.len(), 183);
    let before = p.services.db.statements();
    let all = stats(&p, &counties, "2026-10", "2026-10").await;
    assert_eq!(
        p.services.db.statements() - before,
        3,
        "counts; sessions and rooms"
    );
    assert_eq!(all.len(), 183);
    let before = p.services.db.statements();
    let one = stats(&p, &counties[..1], "2026-10", "2026-10").await;
    assert_eq!(p.services.db.statements() - before, 3, "as many as for one");
    assert_eq!(one[0], all[0]);
    // The province and its prefectures are the sums of their counties.
    let upper = stats(
        &p,
        &["510000".into(), "510100".into()],
        "2026-10",
        "2026-10",
    )
    .await;
    for field in [
        "registered",
        "crossProvince",
        "divorces",
        "withdrawnInCoolingOff",
        "ytdRegistered",
    ] {
        let counties_sum: i64 = all.iter().map(|c| sum(c, field)).sum();
        assert_eq!(sum(&upper[0], field), counties_sum, "{field}");
        assert!(sum(&upper[1], field) < counties_sum);
    }
    assert!(sum(&upper[0], "crossProvince") > 0 && sum(&upper[0], "withdrawnInCoolingOff") > 0);
    assert!(upper[0]["marriageStats"][0]["asOf"].is_string());
}

#[tokio::test]
async fn the_year_to_date_is_the_running_sum_from_january() {
    let p = Province::of("51").await;
    let year = stats(&p, &["510118".into()], "2025-01", "2026-02").await;
    let months = year[0]["marriageStats"].as_array().unwrap();
    assert_eq!(months.len(), 14);
    let mut running = 0;
    for month in months {
        let name = month["month"].as_str().unwrap();
        running =
            if name.ends_with("-01") { 0 } else { running } + month["registered"].as_i64().unwrap();
        assert_eq!(month["ytdRegistered"], running, "{name}");
    }
    let tail = stats(&p, &["510118".into()], "2026-02", "2026-02").await;
    assert_eq!(
        tail[0]["marriageStats"][0], months[13],
        "whatever month the range begins with"
    );
}

#[tokio::test]
async fn the_report_of_fuzhou_is_reproduced_exactly() {
    let p = Province::of("35").await;
    let fuzhou = stats(&p, &["350100".into()], "2023-01", "2023-06").await;
    let counselling = &fuzhou[0]["counsellingSummary"];
    assert_eq!(counselling["rooms"], 13);
    assert_eq!(counselling["sessions"], 7_472);
    assert_eq!(counselling["sessionsPerRoom"], 574.8);
    let parks = "{ registries(siteKind: PARK) { edges { node { name } } } }";
    let parks = p.data(p.public(), parks, none()).await;
    assert!(
        parks["registries"]["edges"][0]["node"]["name"]
            .as_str()
            .unwrap()
            .contains("江心岛")
    );
}

#[tokio::test]
async fn figures_are_for_those_with_the_scope_and_within_their_division() {
    let p = Province::of("51").await;
    let variables =
        json!({ "r": divisions(&["510118".into()]), "from": "2026-01", "to": "2026-02" });
    let table = [
        (p.public(), 2),
        (p.citizen(0), 2),
        (p.dashboard(), 0),
        (p.registrar("510118"), 0),
        (p.registrar("510100"), 0),
        (p.registrar("510104"), 2),
    ];
    for (who, refused) in table {
        let answer = p.ask(who, STATS, variables.clone()).await;
        assert_eq!(codes(&answer).len(), refused, "{answer}");
    }
    for (from, to) in [("2026-02", "2026-01"), ("2000-01", "2026-01")] {
        let variables = json!({ "r": divisions(&["510118".into()]), "from": from, "to": to });
        assert_eq!(
            codes(&p.ask(p.dashboard(), STATS, variables).await),
            ["BAD_USER_INPUT"; 2]
        );
    }
}

#[tokio::test]
async fn figures_of_a_county_that_was_merged_stand_with_the_county_of_today_when_asked() {
    // D-8: 双流区 goes into 新津区, which keeps its identity.
    let p = Province::of("51").await;
    let id = |code: &str| dataset().by_code(code).unwrap().id;
    let side =
        |code: &str| json!({ "id": id(code), "code": code, "name": code, "parent": id("510100") });
    let change = json!({ "change": uuid::Uuid::from_u128(9), "relation": "MERGE", "effective": "2026-11-22",
        "from": [side("510116"), side("510118")], "to": [side("510118")] });
    super::events::deliver(&p, "DivisionChanged", change).await;
    let query = |rebased: bool| {
        format!(
            "query ($r: [_Any!]!) {{ _entities(representations: $r) {{ ... on Division {{
              marriageStats(from: \"2026-03\", to: \"2026-03\", rebased: {rebased}) {{ registered ytdRegistered rebased isComplete }} }} }} }}"
        )
    };
    let ask = async |code: &str, rebased: bool| {
        let key = json!({ "r": divisions(&[code.to_owned()]) });
        let data = p.data(p.dashboard(), &query(rebased), key).await;
        data["_entities"][0]["marriageStats"][0].clone()
    };
    let own = ask("510118", false).await;
    let other = ask("510116", false).await;
    assert_eq!(own["rebased"], false);
    let both = ask("510118", true).await;
    let sum = |field: &str| own[field].as_i64().unwrap() + other[field].as_i64().unwrap();
    assert_eq!(
        both,
        json!({ "registered": sum("registered"), "ytdRegistered": sum("ytdRegistered"),
            "rebased": true, "isComplete": true })
    );
    let alone = ask("510104", true).await;
    assert_eq!(
        alone["registered"],
        ask("510104", false).await["registered"]
    );
}
