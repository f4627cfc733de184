//! Who may change anything: every mutation there is, found by introspection, asked by every role that
//! may not.

use super::{Stage, division};
use minzheng_kit::{Principal, Role};
use serde_json::{Map, Value, json};

/// The input types by name, with the name, type and whether it is required of each field.
async fn forms(stage: &Stage) -> (Vec<(String, String)>, Map<String, Value>) {
    let query = "{ __schema { mutationType { fields { name args { type { ofType { name } } } } }
        types { name kind inputFields { name defaultValue type { kind name ofType { kind name ofType { kind name
            ofType { kind name } } } } } enumValues { name } } } }";
    let all = stage.data(Principal::public("51"), query, json!({})).await;
    let fields = all["__schema"]["mutationType"]["fields"]
        .as_array()
        .unwrap();
    let mutations = fields.iter().map(|field| {
        let form = field["args"][0]["type"]["ofType"]["name"].as_str().unwrap();
        (field["name"].as_str().unwrap().to_owned(), form.to_owned())
    });
    let types = all["__schema"]["types"].as_array().unwrap();
    let types = types
        .iter()
        .map(|ty| (ty["name"].as_str().unwrap().to_owned(), ty.clone()));
    (mutations.collect(), types.collect())
}

/// The smallest value of a type that the schema takes.
fn smallest(types: &Map<String, Value>, ty: &Value) -> Value {
    match (
        ty["kind"].as_str().unwrap(),
        ty["name"].as_str().unwrap_or_default(),
    ) {
        ("NON_NULL", _) => smallest(types, &ty["ofType"]),
        ("LIST", _) => json!([]),
        ("ENUM", name) => types[name]["enumValues"][0]["name"].clone(),
        ("INPUT_OBJECT", name) => form(types, name),
        (_, "Int") => json!(1),
        (_, "Boolean") => json!(true),
        (_, "Date") => json!("2026-11-20"),
        (_, "YearMonth") => json!("2026-11"),
        (_, "Yuan") => json!("1.00"),
        (_, "ID") => json!(division("510118")),
        _ => json!("x"),
    }
}

fn form(types: &Map<String, Value>, name: &str) -> Value {
    let required =
        |field: &&Value| field["type"]["kind"] == "NON_NULL" && field["defaultValue"].is_null();
    let fields = types[name]["inputFields"]
        .as_array()
        .unwrap()
        .iter()
        .filter(required);
    let fields = fields.map(|field| {
        let name = field["name"].as_str().unwrap().to_owned();
        (name, smallest(types, &field["type"]))
    });
    Value::Object(fields.collect())
}

#[tokio::test]
async fn no_change_is_open_to_a_role_without_its_scope() {
    let stage = Stage::of("36").await;
    let (mutations, types) = forms(&stage).await;
    assert!(mutations.len() >= 34, "{}", mutations.len());
    for (name, input) in &mutations {
        let query = format!(
            "mutation ($input: {input}!) {{ {name}(input: $input) {{ userErrors {{ code }} }} }}"
        );
        let variables = json!({ "input": form(&types, input) });
        for role in [
            Role::Public,
            Role::Dashboard,
            Role::Auditor,
            Role::Operator,
            Role::Peer,
            Role::Service,
        ] {
            let answer = stage.ask(stage.role(role), &query, variables.clone()).await;
            assert_eq!(
                answer["errors"][0]["extensions"]["code"], "FORBIDDEN",
                "{name} by {role:?}: {answer}"
            );
        }
        // With the scope, but without a division or an office: never done, whatever the form says.
        for who in [
            stage.role(Role::Registrar),
            stage.role(Role::Supervisor),
            stage.citizen(9_500),
        ] {
            let answer = stage.ask(who, &query, variables.clone()).await;
            let refused = answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
                || answer["data"][name]["userErrors"][0]["code"].is_string();
            assert!(refused, "{name}: {answer}");
        }
    }
    assert!(stage.told().await.is_empty());
}
