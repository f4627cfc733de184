//! How many SQL statements the leader's month (operation 15 of `tests/operations`) costs over all subsystems,
//! asked as the gateway asks: the districts of the province from places, then one request of entities to
//! each of the others.

use minzheng_kit::testing::{entities, execute, seeded};
use minzheng_kit::{Principal, Role, divisions};
use serde_json::{Value, json};

use crate::subsystems;

/// What each subsystem is asked about a district, and how many statements that costs for any number of them.
const ASKED: [(&str, &str, u64); 4] = [
    ("places", PLACES, 7),
    (
        "marriage",
        "marriageStats(from: \"2026-10\", to: \"2026-10\") { month registered crossProvince divorces withdrawnInCoolingOff ytdRegistered asOf }",
        1,
    ),
    (
        "funeral",
        "funeralStats(from: \"2026-10\", to: \"2026-10\") { month cremations waiverHouseholds waived seaBurials illegalGravesClosed asOf }",
        1,
    ),
    (
        "societies",
        "orgStats(from: \"2026-10\", to: \"2026-10\") { month live zombieCleaned illegalBanned feesCut enterprisesHelped permitMedianDays asOf }",
        4,
    ),
];

const PLACES: &str = "query ($parent: ID!, $first: Int!) { division(id: $parent) { current { code name }
    descendants(level: COUNTY, asOf: \"2026-11-22\", first: $first) { nodes { current { code name }
    placeStats(from: \"2026-10\", to: \"2026-10\") { month named renamed filedLate boundariesDue asOf } }
    pageInfo { hasNextPage endCursor } } } }";

#[tokio::test]
async fn the_month_of_1_10_100_or_all_183_districts_costs_the_same_few_statements() {
    let province = divisions::dataset().by_code("510000").unwrap().id;
    let keys: Vec<Value> = divisions::dataset()
        .counties_of("51")
        .map(|county| json!({ "__typename": "Division", "id": county.id.to_string() }))
        .collect();
    assert_eq!(keys.len(), 183);
    let caller = || Principal::of(Role::Dashboard, "51");
    let mut total = 0;
    for (name, asked, most) in ASKED {
        let subsystem = subsystems::named(name, minzheng_audit::Source::default()).unwrap();
        let services = seeded(subsystem.as_ref(), "51").await;
        let graph = subsystem.schema(services.clone());
        let mut costs = Vec::new();
        for count in [1, 10, 100, 183] {
            let before = services.db.statements();
            let answer = if name == "places" {
                let variables = json!({ "parent": province.to_string(), "first": count });
                execute(&graph, caller(), asked, variables).await
            } else {
                let selection = format!("... on Division {{ {asked} }}");
                entities(&graph, caller(), json!(keys[..count]), &selection).await
            };
            let errors = answer["errors"].as_array().map_or(0, Vec::len);
            assert_eq!(errors, 0, "{name}: {answer}");
            costs.push(services.db.statements() - before);
        }
        assert!(
            costs.iter().all(|cost| *cost == costs[0] && *cost <= most),
            "{name}: {costs:?} statements for 1, 10, 100 and 183 districts, at most {most} expected"
        );
        eprintln!("operation 15, {name}: {} statements", costs[0]);
        total += costs[0];
    }
    eprintln!("operation 15: {total} statements");
    assert_eq!(total, 13);
}
