//! Demands wherever they may be declared: on scalars, enums, types, roots and inputs, as policies, and of
//! the schema itself.

use serde_json::json;

use super::bypass::{goods, refused, served, world};

#[tokio::test]
async fn a_demand_on_a_scalar_an_enum_a_type_or_a_root_is_demanded_wherever_it_leads() {
    let sdl = r#"
        type Query { number: IdNumber mood: Mood list: [[Sealed!]!] thing(id: ID): Thing }
        type Mutation @requiresScopes(scopes: [["write"]]) { touch: Int }
        scalar IdNumber @requiresScopes(scopes: [["s"]])
        enum Mood @requiresScopes(scopes: [["s"]]) { GOOD }
        type Sealed @requiresScopes(scopes: [["s"]]) { x: Int }
        type Thing { number: [IdNumber] sealed: Sealed }
    "#;
    let data = json!({
        "Query": { "number": "1", "mood": "GOOD", "list": [[{ "__typename": "Sealed", "x": 1 }]],
                   "thing": { "__typename": "Thing", "number": ["1"], "sealed": { "__typename": "Sealed", "x": 2 } } },
        "Mutation": { "touch": 1 }
    });
    let one = || world(&[("a", sdl, data.clone())]);
    for (query, path) in [
        ("{ number }", json!(["number"])),
        ("{ m: mood }", json!(["m"])),
        ("{ list { x } }", json!(["list"])),
        (
            "query($id: ID) { thing(id: $id) { number } }",
            json!(["thing", "number"]),
        ),
        ("{ thing { sealed { x } } }", json!(["thing", "sealed"])),
        ("mutation { touch }", json!(["touch"])),
        (
            "mutation { ...m } fragment m on Mutation { t: touch }",
            json!(["t"]),
        ),
    ] {
        let secret = if query.starts_with("mutation") {
            "touch"
        } else {
            "{x}"
        };
        refused(one(), query, &[path], secret).await;
    }
    assert_eq!(
        served(one(), &["write"], "mutation { touch }").await,
        json!({ "touch": 1 })
    );
}

#[tokio::test]
async fn what_an_input_demands_is_demanded_however_it_is_given() {
    let sdl = r#"
        directive @inputScopes(scopes: [[String!]!]!) on INPUT_FIELD_DEFINITION | ARGUMENT_DEFINITION
        type Query { find(by: By, deep: [[By]], full: Boolean @inputScopes(scopes: [["full"]])): Int }
        input By { name: String number: String @inputScopes(scopes: [["number"]]) more: [By] }
    "#;
    let search = || world(&[("a", sdl, json!({ "Query": { "find": 1 } }))]);
    // Literals are cut where they stand.
    for query in [
        "{ find(by: { number: \"1\" }) }",
        "{ find(by: { more: { number: \"1\" } }) }",
        "{ find(by: { more: [{ name: \"x\" }, { number: null }] }) }",
        "{ find(deep: [[{ number: \"1\" }]]) }",
        "{ find(deep: { number: \"1\" }) }",
        "query($n: String) { find(by: { number: $n }) }",
        "query($f: Boolean) { find(full: $f) }",
        "{ find(full: false) }",
    ] {
        refused(search(), query, &[json!(["find"])], "find").await;
    }
    // Variables refuse the request, because what they demand is known of the whole only.
    for (query, variables) in [
        (
            "query($by: By) { find(by: $by) }",
            json!({ "by": { "number": "1" } }),
        ),
        (
            "query($by: By) { find(by: $by) }",
            json!({ "by": { "number": null } }),
        ),
        (
            "query($by: By) { find(by: $by) }",
            json!({ "by": { "more": [{ "more": { "number": "1" } }] } }),
        ),
        (
            "query($by: By = { number: \"1\" }) { find(by: $by) }",
            json!({}),
        ),
        (
            "query($by: [[By]]) { find(deep: $by) }",
            json!({ "by": { "number": "1" } }),
        ),
        (
            "query($by: By) { find(by: { more: [$by] }) }",
            json!({ "by": { "number": "1" } }),
        ),
    ] {
        let world = search().signed_in(&[]);
        let answer = world.ask_with(query, variables.clone()).await;
        assert_eq!(
            answer["errors"][0]["extensions"]["code"], "FORBIDDEN",
            "{query} {variables}"
        );
        assert!(world.calls().is_empty(), "{query}");
        let answer = search()
            .signed_in(&["number"])
            .ask_with(query, variables)
            .await;
        assert_eq!(answer, json!({ "data": { "find": 1 } }), "{query}");
    }
    assert_eq!(
        served(search(), &[], "{ find(by: { name: \"x\" }) }").await,
        json!({ "find": 1 })
    );
}

#[tokio::test]
async fn a_policy_is_met_by_who_satisfies_it_under_its_name() {
    let ruled = || {
        world(&[(
            "a",
            "type Query { open: Int survey: Int @policy(policies: [[\"surveyor\"], [\"chief\", \"on_duty\"]]) both: Int @policy(policies: [[\"surveyor\"]]) @requiresScopes(scopes: [[\"s\"]]) }",
            json!({ "Query": { "open": 1, "survey": 2, "both": 3 } }),
        )])
    };
    let query = "{ open survey both }";
    refused(
        ruled(),
        query,
        &[json!(["survey"]), json!(["both"])],
        "survey",
    )
    .await;
    for (policies, scopes, expected) in [
        (
            &["surveyor"][..],
            &[][..],
            json!({ "open": 1, "survey": 2, "both": null }),
        ),
        (
            &["chief"],
            &["s"],
            json!({ "open": 1, "survey": null, "both": null }),
        ),
        (
            &["chief", "on_duty"],
            &["s"],
            json!({ "open": 1, "survey": 2, "both": null }),
        ),
        (
            &["surveyor"],
            &["s"],
            json!({ "open": 1, "survey": 2, "both": 3 }),
        ),
    ] {
        let mut world = ruled().signed_in(scopes);
        world.principal.policies = policies.iter().map(|p| (*p).into()).collect();
        assert_eq!(world.ask(query).await["data"], expected, "{policies:?}");
    }
    let names = ruled().pipeline.schema().policies();
    let names: Vec<&str> = names.iter().map(|name| &**name).collect();
    assert_eq!(names, ["chief", "on_duty", "surveyor"]);
}

#[tokio::test]
async fn who_may_not_ask_for_the_schema_learns_nothing_of_it() {
    let mut world = goods();
    world.principal.introspects = false;
    for query in [
        "{ __schema { queryType { name } } }",
        "{ a: __type(name: \"Secret\") { name } }",
        "query($f: Boolean = false) { ...s } fragment s on Query { __schema @include(if: $f) { types { name } } }",
    ] {
        let answer = world.ask(query).await;
        assert_eq!(
            answer["errors"][0]["extensions"]["code"],
            "INTROSPECTION_FORBIDDEN"
        );
        assert_eq!(answer.get("data"), None, "{answer}");
    }
    assert_eq!(
        world.ask("{ __typename }").await,
        json!({ "data": { "__typename": "Query" } })
    );
}

#[tokio::test]
async fn a_refusal_never_suggests_a_name_that_was_not_asked() {
    let hidden = || {
        world(&[(
            "a",
            r#"
            type Query { find(name: String, numbr: Int): Int thing: Thing }
            type Thing { secretNumber: String @inaccessible open: Int mood: Mood }
            enum Mood { GOOD HIDDEN_MOOD @inaccessible }
            input Unused { secretField: Int }
            "#,
            json!({ "Query": { "find": 1 } }),
        )])
    };
    for query in [
        "{ thing { secretNumbr } }",
        "{ thing { secretNumber } }",
        "{ thing { opn } }",
        "{ fin }",
        "{ find(number: 1) }",
        "{ find(nam: \"x\") }",
        "{ thing { ... on Thng { open } } }",
        "query($m: Mod) { find }",
        "{ find @skp(if: true) }",
        "{ __type(nam: \"x\") { name } }",
    ] {
        let answer = hidden().ask(query).await;
        let text = answer.to_string();
        assert_eq!(answer.get("data"), None, "{text}");
        assert!(!text.to_lowercase().contains("did you mean"), "{text}");
        for name in ["secretNumber", "HIDDEN_MOOD", "numbr", "secretField"] {
            assert!(
                query.contains(name) || !text.contains(name),
                "{query}: {text}"
            );
        }
    }
}
