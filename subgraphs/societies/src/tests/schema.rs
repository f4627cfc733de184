//! The schema as readers and the gateway see it.

use super::Stage;
use crate::Societies;
use minzheng_kit::testing::memory;
use minzheng_kit::{Principal, Subsystem};
use serde_json::{Value, json};

#[tokio::test]
async fn every_word_of_the_schema_is_described_in_two_languages() {
    let services = memory(&Societies, "51").await;
    let stage = Stage {
        graph: Societies.schema(services.clone()),
        services,
    };
    let query = "{ __schema { types { name kind description
        fields { name description args { name description } }
        inputFields { name description } enumValues { name description } } } }";
    let answer = stage.data(Principal::public("51"), query, json!({})).await;
    let chinese = |text: &Value| {
        text.as_str()
            .is_some_and(|t| t.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)))
    };
    let mut missing = Vec::new();
    for ty in answer["__schema"]["types"].as_array().unwrap() {
        let name = ty["name"].as_str().unwrap();
        // Made by the library or by kit.
        let foreign = name.starts_with('_')
            || name.ends_with("Connection")
            || name.ends_with("Edge")
            || ["PageInfo", "UserError", "CacheControlScope"].contains(&name)
            || ty["kind"] == "SCALAR";
        if foreign {
            continue;
        }
        if !chinese(&ty["description"]) {
            missing.push(name.to_owned());
        }
        for list in ["fields", "inputFields", "enumValues"] {
            for member in ty[list].as_array().into_iter().flatten() {
                let member_name = member["name"].as_str().unwrap();
                if member_name.starts_with('_') {
                    continue;
                }
                if !chinese(&member["description"]) {
                    missing.push(format!("{name}.{member_name}"));
                }
                for argument in member["args"].as_array().into_iter().flatten() {
                    if !chinese(&argument["description"]) {
                        missing.push(format!("{name}.{member_name}({})", argument["name"]));
                    }
                }
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[tokio::test]
async fn the_sdl_says_keys_scopes_and_what_may_be_cached() {
    let services = memory(&Societies, "51").await;
    let sdl = Societies.schema(services).sdl().to_owned();
    for expected in [
        "type Organization @key(fields: \"creditCode\")",
        "type Division @key(fields: \"id\")",
        "type Place @key(fields: \"id\")",
        "type Person @key(fields: \"id\")",
        "@requiresScopes(scopes: [[\"statistics.read\"]])",
        "@requiresScopes(scopes: [[\"societies.write\"]])",
        "@cacheInvalidate(types: [\"Organization\"])",
        "@personal(category: \"office\", subject: \"legalRep { id }\")",
        "@cacheControl(maxAge: 300, scope: PUBLIC)",
    ] {
        assert!(sdl.contains(expected), "{expected} is not in\n{sdl}");
    }
    assert!(!sdl.contains("_entities"));
}
