//! The known ways around a protected field, each closed: through what is computed from it, through an
//! interface or past it, through a union, through another subgraph's word on the same type, under another
//! name of the directive, through the root, through what is given instead of what is got.
//!
//! Where another gateway's advisory describes the way, the case bears its number.

use serde_json::{Value, json};

use super::mock::{Subgraph, World, codes};

/// A world of these subgraphs, each with its data for `Query` and `entities`.
pub(super) fn world(subgraphs: &[(&'static str, &'static str, Value)]) -> World {
    World::new(
        subgraphs
            .iter()
            .map(|(name, sdl, data)| Subgraph {
                name,
                sdl,
                data: data.clone(),
            })
            .collect(),
    )
}

/// Asks as someone who is signed in but holds nothing, and expects the field at each path refused and
/// asked of no subgraph.
pub(super) async fn refused(world: World, query: &str, paths: &[Value], secret: &str) {
    let world = world.signed_in(&[]);
    let answer = world.ask(query).await;
    let expected: Vec<(String, Value)> = paths
        .iter()
        .map(|path| ("FORBIDDEN".to_owned(), path.clone()))
        .collect();
    assert_eq!(codes(&answer), expected, "{query}: {answer}");
    let asked = format!("{:?}", world.log.borrow());
    assert!(
        !asked.contains(secret),
        "{query} asked for {secret}: {asked}"
    );
}

/// Asks as someone with these scopes and expects an answer without errors.
pub(super) async fn served(world: World, scopes: &[&str], query: &str) -> Value {
    let answer = world.signed_in(scopes).ask(query).await;
    assert_eq!(answer.get("errors"), None, "{query}: {answer}");
    answer["data"].clone()
}

/// A person's income, a bracket computed from it elsewhere, and an advice computed from that.
fn taxes() -> World {
    world(&[
        (
            "register",
            "type Query { me: Person } type Person @key(fields: \"id\") { id: ID! name: String income: Int @requiresScopes(scopes: [[\"tax\"]]) }",
            json!({
                "Query": { "me": { "__typename": "Person", "id": "p", "name": "Li", "income": 7 } },
                "entities": { "Person": [{ "id": "p", "income": 7 }] }
            }),
        ),
        (
            "office",
            "type Person @key(fields: \"id\") { id: ID! income: Int @external bracket: Int @requires(fields: \"income\") door: Int }",
            json!({ "Query": {}, "entities": { "Person": [{ "id": "p", "bracket": { "$echo": "income" }, "door": 3 }] } }),
        ),
        (
            "helpers",
            "type Person @key(fields: \"id\") { id: ID! bracket: Int @external advice: Int @requires(fields: \"bracket\") }",
            json!({ "Query": {}, "entities": { "Person": [{ "id": "p", "advice": { "$echo": "bracket" } }] } }),
        ),
    ])
}

#[tokio::test]
async fn ghsa_m8jr_fxqx_8xx6_what_is_computed_from_a_protected_field_is_as_protected() {
    let paths = [json!(["me", "bracket"]), json!(["me", "advice"])];
    refused(taxes(), "{ me { id bracket advice } }", &paths, "income").await;
    refused(
        taxes(),
        "query($a: Boolean = true) { me { ...f } } fragment f on Person { x: advice @include(if: $a) }",
        &[json!(["me", "x"])],
        "income",
    )
    .await;
    let data = served(taxes(), &["tax"], "{ me { door advice } }").await;
    assert_eq!(data, json!({ "me": { "door": 3, "advice": 7 } }));
    assert_eq!(
        served(taxes(), &[], "{ me { door } }").await,
        json!({ "me": { "door": 3 } })
    );
}

/// Two kinds of things behind one interface and one union, each with its own demand on its price.
pub(super) fn goods() -> World {
    world(&[(
        "goods",
        r#"
        type Query { items: [Item] any: [Any] films: [Film] same: [Same] }
        interface Item { id: ID! price: Int }
        type Book implements Item { id: ID! price: Int @requiresScopes(scopes: [["books"]]) }
        type Film implements Item { id: ID! price: Int @requiresScopes(scopes: [["films"]]) }
        union Any = Book | Secret
        type Secret @requiresScopes(scopes: [["secret"]]) { word: String }
        interface Same { cost: Int }
        type One implements Same { cost: Int @requiresScopes(scopes: [["x"]]) }
        type Two implements Same { cost: Int @requiresScopes(scopes: [["x"]]) }
        "#,
        json!({ "Query": {
            "items": [
                { "__typename": "Book", "$is": ["Item"], "id": "b", "price": 1 },
                { "__typename": "Film", "$is": ["Item"], "id": "f", "price": 2 }
            ],
            "any": [{ "__typename": "Book", "id": "b", "price": 1 }, { "__typename": "Secret", "word": "w" }],
            "films": [{ "__typename": "Film", "$is": ["Item"], "id": "f", "price": 2 }],
            "same": [{ "__typename": "One", "$is": ["Same"], "cost": 4 }]
        } }),
    )])
}

#[tokio::test]
async fn ghsa_x33c_7c2v_mrj9_an_interface_field_demands_what_any_of_its_members_does() {
    let path = [json!(["items", "price"])];
    refused(goods(), "{ items { id price } }", &path, "price").await;
    refused(
        goods(),
        "{ same { cost } }",
        &[json!(["same", "cost"])],
        "cost",
    )
    .await;
    for scopes in [&["books"][..], &["films"]] {
        let answer = goods().signed_in(scopes).ask("{ items { price } }").await;
        assert_eq!(
            codes(&answer).len(),
            1,
            "one of the two is not enough: {answer}"
        );
    }
    let data = served(goods(), &["books", "films"], "{ items { price } }").await;
    assert_eq!(data, json!({ "items": [{ "price": 1 }, { "price": 2 }] }));
}

#[tokio::test]
async fn a_type_condition_makes_an_interface_field_as_strict_as_what_it_leaves_reachable() {
    for query in [
        "{ items { id ... on Film { price } } }",
        "{ items { id ... on Film { ... on Item { price } } } }",
        "{ items { id ...f } } fragment f on Film { ...i } fragment i on Item { price }",
    ] {
        let path = [json!(["items", "price"])];
        refused(goods(), query, &path, "price").await;
        let data = served(goods(), &["films"], query).await;
        assert_eq!(
            data,
            json!({ "items": [{ "id": "b" }, { "id": "f", "price": 2 }] }),
            "{query}"
        );
    }
    refused(
        goods(),
        "{ films { ... on Item { price } } }",
        &[json!(["films", "price"])],
        "price",
    )
    .await;
    // Side by side: the stricter one decides for the name they share.
    let answer = goods()
        .signed_in(&["films"])
        .ask("{ items { price ... on Film { price } } }")
        .await;
    assert!(!answer["data"].to_string().contains('1'), "{answer}");
    assert_eq!(codes(&answer).len(), 1);
}

#[tokio::test]
async fn a_union_is_as_strict_as_its_strictest_member_whatever_is_selected() {
    for query in [
        "{ any { __typename } }",
        "{ any { ... on Secret { word } } }",
        "{ any { ... on Book { id } } }",
        "{ any { t: __typename ...b } } fragment b on Book { id }",
    ] {
        refused(goods(), query, &[json!(["any"])], "any").await;
    }
    let data = served(goods(), &["secret"], "{ any { ... on Secret { word } } }").await;
    assert_eq!(data, json!({ "any": [{}, { "word": "w" }] }));
}

#[tokio::test]
async fn ghsa_hff2_gcpx_8f4p_what_an_interface_demands_is_demanded_of_the_objects_too() {
    let sdl = r#"
        type Query { records: [Record] file: File note: Note }
        interface Record { id: ID! text: String @requiresScopes(scopes: [["read"]]) }
        type File implements Record { id: ID! text: String }
        interface Sealed @authenticated { seal: String }
        type Note implements Sealed { seal: String }
    "#;
    let data = json!({ "Query": {
        "records": [{ "__typename": "File", "$is": ["Record"], "id": "1", "text": "t" }],
        "file": { "__typename": "File", "$is": ["Record"], "id": "1", "text": "t" },
        "note": { "__typename": "Note", "$is": ["Sealed"], "seal": "s" }
    } });
    let archive = || world(&[("archive", sdl, data.clone())]);
    refused(
        archive(),
        "{ records { text } }",
        &[json!(["records", "text"])],
        "text",
    )
    .await;
    for query in [
        "{ file { id text } }",
        "{ file { ... on Record { text } } }",
        "{ file { ...f } } fragment f on File { text }",
    ] {
        refused(archive(), query, &[json!(["file", "text"])], "text").await;
    }
    assert_eq!(
        codes(&archive().ask("{ note { seal } }").await),
        [("UNAUTHENTICATED".to_owned(), json!(["note"]))]
    );
    assert_eq!(
        served(archive(), &["read"], "{ file { text } note { seal } }").await,
        json!({ "file": { "text": "t" }, "note": { "seal": "s" } })
    );
}

#[tokio::test]
async fn a_field_of_an_interface_object_is_protected_on_every_implementation() {
    let media = || {
        world(&[
            (
                "nodes",
                r#"
                type Query { media: [Media!] book: Book }
                interface Media @key(fields: "id") { id: ID! }
                type Book implements Media @key(fields: "id") { id: ID! }
                "#,
                json!({
                    "Query": {
                        "media": [{ "__typename": "Book", "$is": ["Media"], "id": "1" }],
                        "book": { "__typename": "Book", "$is": ["Media"], "id": "1" }
                    },
                    "entities": { "Media": [{ "__typename": "Book", "$is": ["Media"], "id": "1" }] }
                }),
            ),
            (
                "marks",
                r#"type Media @key(fields: "id") @interfaceObject { id: ID! loans: Int @requiresScopes(scopes: [["loans"]]) }"#,
                json!({ "Query": {}, "entities": { "Media": [{ "id": "1", "loans": 4 }] } }),
            ),
        ])
    };
    for (query, path) in [
        ("{ media { loans } }", json!(["media", "loans"])),
        (
            "{ media { ... on Book { loans } } }",
            json!(["media", "loans"]),
        ),
        ("{ book { x: loans } }", json!(["book", "x"])),
        (
            "{ book { ... on Media { loans } } }",
            json!(["book", "loans"]),
        ),
    ] {
        refused(media(), query, &[path], "loans").await;
    }
    let data = served(media(), &["loans"], "{ media { loans } book { loans } }").await;
    assert_eq!(
        data,
        json!({ "media": [{ "loans": 4 }], "book": { "loans": 4 } })
    );
}

#[tokio::test]
async fn every_subgraphs_word_counts_also_where_it_resolves_nothing() {
    // The type is closed by a subgraph that is reached by `_entities` only; the field was moved from one
    // that protected it; the third calls it external.
    let moved = || {
        world(&[
            (
                "front",
                "type Query { me: Person door: Door } type Person @key(fields: \"id\") { id: ID! } type Door @key(fields: \"id\") { id: ID! code: Int @override(from: \"old\") }",
                json!({ "Query": {
                    "me": { "__typename": "Person", "id": "p" },
                    "door": { "__typename": "Door", "id": "d", "code": 9 }
                } }),
            ),
            (
                "old",
                "type Door @key(fields: \"id\") { id: ID! code: Int @requiresScopes(scopes: [[\"keys\"]]) }",
                json!({ "Query": {}, "entities": {} }),
            ),
            (
                "vault",
                "type Person @key(fields: \"id\") @requiresScopes(scopes: [[\"persons\"]]) { id: ID! name: String }",
                json!({ "Query": {}, "entities": { "Person": [{ "id": "p", "name": "Li" }] } }),
            ),
        ])
    };
    refused(moved(), "{ me { id } }", &[json!(["me"])], "me").await;
    refused(
        moved(),
        "{ door { code } }",
        &[json!(["door", "code"])],
        "code",
    )
    .await;
    let data = served(
        moved(),
        &["persons", "keys"],
        "{ me { name } door { code } }",
    )
    .await;
    assert_eq!(
        data,
        json!({ "me": { "name": "Li" }, "door": { "code": 9 } })
    );
    for hidden in [
        "{ _entities(representations: []) { __typename } }",
        "{ _service { sdl } }",
    ] {
        let answer = moved().ask(hidden).await;
        assert_eq!(
            answer["errors"][0]["extensions"]["code"],
            "GRAPHQL_VALIDATION_FAILED"
        );
    }
}

#[tokio::test]
async fn ghsa_g8jh_vg5j_4h3f_a_renamed_protection_protects() {
    for (links, mark) in [
        (
            r#"@link(url: "https://specs.apollo.dev/federation/v2.9", import: [{ name: "@requiresScopes", as: "@needs" }])"#,
            "@needs(scopes: [[\"s\"]])",
        ),
        (
            r#"@link(url: "https://specs.apollo.dev/federation/v2.9")"#,
            "@federation__requiresScopes(scopes: [[\"s\"]])",
        ),
        (
            r#"@link(url: "https://specs.apollo.dev/federation/v2.9", as: "fed")"#,
            "@fed__requiresScopes(scopes: [[\"s\"]])",
        ),
        (
            r#"@link(url: "https://specs.apollo.dev/federation/v2.9") @link(url: "https://specs.apollo.dev/requiresScopes/v0.1", as: "needs")"#,
            "@needs(scopes: [[\"s\"]])",
        ),
        (
            r#"@link(url: "https://specs.apollo.dev/federation/v2.9") @link(url: "https://specs.apollo.dev/requiresScopes/v0.1", import: [{ name: "@requiresScopes", as: "@needs" }])"#,
            "@needs(scopes: [[\"s\"]])",
        ),
        (
            r#"@link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@policy", { name: "@policy", as: "@rule" }])"#,
            "@rule(policies: [[\"never\"]])",
        ),
    ] {
        let sdl = format!("extend schema {links}\ntype Query {{ open: Int closed: Int {mark} }}");
        let world = World::new(vec![Subgraph {
            name: "a",
            sdl: Box::leak(sdl.into_boxed_str()),
            data: json!({ "Query": { "open": 1, "closed": 2 } }),
        }]);
        refused(world, "{ open closed }", &[json!(["closed"])], "closed").await;
    }
}
