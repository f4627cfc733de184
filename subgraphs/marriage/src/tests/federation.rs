//! Entities by their keys, and the schema as the gateway sees it.

use super::*;
use crate::kit::testing::entities;

#[tokio::test]
async fn an_unknown_key_is_null_in_its_own_place_only() {
    let p = Province::of("51").await;
    let county = crate::kit::divisions::dataset()
        .by_code("510118")
        .unwrap()
        .id;
    let place = crate::kit::divisions::demo_place_id(
        "510118",
        crate::kit::divisions::DemoPlace::CivilAffairs,
    );
    let provider = crate::kit::demo::credit_code("51", "519901", '2', 30);
    let keys = json!([
        { "__typename": "MarriageRegistry", "id": registry("510118-1") },
        { "__typename": "MarriageRegistry", "id": crate::kit::id::new() },
        { "__typename": "MarriageRegistry", "id": "no uuid" },
        { "__typename": "Division", "id": county },
        { "__typename": "Division", "id": "510118" },
        { "__typename": "Place", "id": place },
        { "__typename": "Organization", "creditCode": provider },
        { "__typename": "Person", "id": "../secret" },
        { "__typename": "Nothing", "id": "1" },
        { "__typename": "MarriageRegistry", "id": registry("510118-2") },
    ]);
    let selection = "... on MarriageRegistry { name } ... on Division { id registries { orgCode } }
        ... on Place { registries { orgCode } } ... on Organization { creditCode counsellingAt { orgCode } }
        ... on Person { id }";
    let answer = entities(&p.graph, p.public(), keys, selection).await;
    assert!(codes(&answer).is_empty(), "{answer:#}");
    let list = answer["data"]["_entities"].as_array().unwrap();
    let known: Vec<bool> = list.iter().map(|e| !e.is_null()).collect();
    assert_eq!(
        known,
        [
            true, false, false, true, false, true, true, false, false, true
        ]
    );
    assert_eq!(list[3]["registries"].as_array().unwrap().len(), 2);
    assert_eq!(list[5]["registries"][0]["orgCode"], "510118-1");
    assert_eq!(list[6]["counsellingAt"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn registries_of_many_divisions_are_one_statement_and_their_days_three_each() {
    let p = Province::of("51").await;
    let keys: Value = crate::kit::divisions::dataset()
        .counties_of("51")
        .map(|d| json!({ "__typename": "Division", "id": d.id }))
        .collect();
    let before = p.services.db.statements();
    let selection =
        "... on Division { registries(service: MARRIAGE) { name competence place { id } } }";
    let answer = entities(&p.graph, p.public(), keys, selection).await;
    assert_eq!(p.services.db.statements() - before, 1);
    assert_eq!(answer["data"]["_entities"].as_array().unwrap().len(), 183);
}

#[tokio::test]
async fn the_schema_is_described_marked_and_free_of_what_every_subgraph_has() {
    let p = Province::of("51").await;
    let sdl = p.graph.sdl();
    for part in [
        "@key(fields: \"id\")",
        "@key(fields: \"creditCode\")",
        "type MarriageRegistry",
        "@cacheInvalidate(types: [\"MarriageRegistry\"])",
        "@requiresScopes(scopes: [[\"marriage.case\"]])",
        "@personal(category: \"marital\", subject: \"id\")",
        "@cacheControl(maxAge: 300, scope: PUBLIC)",
    ] {
        assert!(sdl.contains(part), "{part} is missing in\n{sdl}");
    }
    assert!(!sdl.contains("_entities"));
    let undescribed = "{ __schema { types { name description kind
        fields { name description args { name description } } inputFields { name description }
        enumValues { name description } } } }";
    let data = p.data(p.public(), undescribed, none()).await;
    for ty in data["__schema"]["types"].as_array().unwrap() {
        let name = ty["name"].as_str().unwrap();
        let generated = name.starts_with('_')
            || name.ends_with("Connection")
            || name.ends_with("Edge")
            || ["PageInfo", "ID", "Int", "Float", "String", "Boolean"].contains(&name);
        if generated {
            continue;
        }
        assert!(ty["description"].is_string(), "{name}");
        for list in ["fields", "inputFields", "enumValues"] {
            for member in ty[list].as_array().into_iter().flatten() {
                let member_name = member["name"].as_str().unwrap();
                if member_name.starts_with('_') || name.starts_with("__") {
                    continue;
                }
                assert!(member["description"].is_string(), "{name}.{member_name}");
                for argument in member["args"].as_array().into_iter().flatten() {
                    assert!(
                        argument["description"].is_string(),
                        "{name}.{member_name}({argument})"
                    );
                }
            }
        }
    }
}
