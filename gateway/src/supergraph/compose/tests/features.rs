//! One feature of federation a test.

use super::{SubgraphSdl, compose, composed, plan};
use crate::supergraph::{Supergraph, sdl};

fn line<'a>(supergraph: &'a str, start: &str) -> &'a str {
    supergraph
        .lines()
        .map(str::trim)
        .find(|line| line.starts_with(start))
        .unwrap_or_else(|| panic!("no line starts with {start}:\n{supergraph}"))
}

#[test]
fn renamed_and_prefixed_federation_directives_mean_the_same() {
    let sdl = r#"
        extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [{ name: "@key", as: "@entity" }, "FieldSet"])
        scalar FieldSet
        type Root { t: T }
        schema { query: Root }
        type T @entity(fields: "id") { id: ID! name: String @federation__shareable owner: Root }
    "#;
    let input = SubgraphSdl {
        name: "a-1".into(),
        url: "http://a".into(),
        sdl: sdl.into(),
    };
    let supergraph = compose(&[input]).unwrap();
    assert!(
        supergraph.contains("@join__type(graph: A_1, key: \"id\")"),
        "{supergraph}"
    );
    assert!(supergraph.contains("A_1 @join__graph(name: \"a-1\", url: \"http://a\")"));
    assert!(supergraph.contains("owner: Query") && !supergraph.contains("scalar FieldSet"));
}

#[test]
fn what_every_subgraph_has_for_the_gateway_is_left_out() {
    let supergraph = composed(&[(
        "a",
        "scalar _Any type _Service { sdl: String } union _Entity = T type Query { t: T _service: _Service! _entities(representations: [_Any!]!): [_Entity]! } type T { a: Int }",
    )]);
    for name in ["_Any", "_Service", "_Entity", "_entities", "_service"] {
        assert!(!supergraph.contains(name), "{name}");
    }
}

#[test]
fn an_overridden_field_is_resolved_by_the_new_subgraph_only() {
    let old = "type Query { t: T } type T @key(fields: \"id\") { id: ID! fee: Int size: Int }";
    let new = "type T @key(fields: \"id\") { id: ID! fee: Int @override(from: \"old\") }";
    let supergraph = composed(&[("new", new), ("old", old)]);
    assert_eq!(
        line(&supergraph, "fee:"),
        "fee: Int @join__field(graph: NEW, override: \"old\")"
    );
    let plan = plan(&supergraph, "{ t { fee size } }");
    assert!(
        plan.contains("\"new\"") && plan.contains("\"old\""),
        "{plan}"
    );
}

#[test]
fn an_overridden_field_that_its_subgraph_still_needs_is_marked() {
    let old = "type Query { t: T } type T @key(fields: \"id\") @key(fields: \"code\") { id: ID! code: ID! }";
    let new = "type T @key(fields: \"id\") { id: ID! code: ID! @override(from: \"old\") }";
    let supergraph = composed(&[("new", new), ("old", old)]);
    assert_eq!(
        line(&supergraph, "code:"),
        "code: ID! @join__field(graph: NEW, override: \"old\") @join__field(graph: OLD, usedOverridden: true)"
    );
}

#[test]
fn a_progressive_override_keeps_both_sides_with_its_label() {
    let old = "type Query { t: T } type T @key(fields: \"id\") { id: ID! fee: Int }";
    let new = "type T @key(fields: \"id\") { id: ID! fee: Int @override(from: \"old\", label: \"percent(5)\") }";
    let supergraph = composed(&[("new", new), ("old", old)]);
    assert_eq!(
        line(&supergraph, "fee:"),
        "fee: Int @join__field(graph: NEW, override: \"old\", overrideLabel: \"percent(5)\") @join__field(graph: OLD, overrideLabel: \"percent(5)\")"
    );
    assert!(supergraph.contains("join/v0.5"));
    plan(&supergraph, "{ t { fee } }");
}

#[test]
fn demands_of_several_subgraphs_are_joined_by_and() {
    let a = r#"type Query { t: T } type T @key(fields: "id") @authenticated { id: ID! v: Int @shareable @requiresScopes(scopes: [["x"], ["y"]]) @policy(policies: [["p"]]) }"#;
    let b = r#"type T @key(fields: "id") { id: ID! v: Int @shareable @requiresScopes(scopes: [["x"], ["z"]]) }"#;
    let supergraph = composed(&[("a", a), ("b", b)]);
    assert_eq!(
        line(&supergraph, "v:"),
        r#"v: Int @requiresScopes(scopes: [["x"], ["y", "z"]]) @policy(policies: [["p"]])"#
    );
    for spec in ["authenticated/v0.1", "requiresScopes/v0.1", "policy/v0.1"] {
        assert!(supergraph.contains(spec), "{spec}");
    }
    Supergraph::load(&supergraph, 1).unwrap();
}

#[test]
fn hiding_tags_and_deprecations_travel_along() {
    let a = r#"type Query { t: T } type T @key(fields: "id") { id: ID! @tag(name: "b") secret: Int @shareable @inaccessible old: Int @deprecated }"#;
    let b = r#"type T @key(fields: "id") { id: ID! @tag(name: "a") secret: Int @shareable }"#;
    let supergraph = composed(&[("a", a), ("b", b)]);
    assert_eq!(
        line(&supergraph, "id:"),
        r#"id: ID! @tag(name: "a") @tag(name: "b")"#
    );
    assert_eq!(line(&supergraph, "secret:"), "secret: Int @inaccessible");
    let loaded = Supergraph::load(&supergraph, 1).unwrap();
    assert!(!loaded.api.sdl.contains("secret") && loaded.api.sdl.contains("old: Int @deprecated"));
}

#[test]
fn directives_named_by_compose_directive_travel_with_their_link() {
    let sdl = r#"
        extend schema
          @link(url: "https://directives.example.invalid/mine/v1.0", import: ["@mine", "@cacheControl"])
          @composeDirective(name: "@mine") @composeDirective(name: "@cacheControl")
        directive @mine(note: String) on FIELD_DEFINITION
        directive @private on FIELD_DEFINITION
        directive @cacheControl(maxAge: Int, scope: CacheControlScope) on OBJECT | FIELD_DEFINITION
        enum CacheControlScope { PUBLIC PRIVATE }
        type Query { a: Int @mine(note: "n") @private @cacheControl(maxAge: 5, scope: PUBLIC) }
    "#;
    let supergraph = composed(&[("a", sdl)]);
    assert_eq!(
        line(&supergraph, "a:"),
        r#"a: Int @mine(note: "n") @cacheControl(maxAge: 5, scope: PUBLIC)"#
    );
    assert!(supergraph.contains("mine/v1.0") && !supergraph.contains("@private"));
    let loaded = Supergraph::load(&supergraph, 1).unwrap();
    assert!(
        !loaded.api.sdl.contains("CacheControlScope"),
        "{}",
        loaded.api.sdl
    );
}

#[test]
fn a_type_mark_for_the_cache_covers_only_the_fields_of_who_made_it() {
    let places = r#"type Query { d: Division } type Division @key(fields: "id") @cacheControl(maxAge: 60, scope: PUBLIC) { id: ID! name: String parent: Division }"#;
    let marriage = r#"type Division @key(fields: "id") { id: ID! couples: Int rate: Int @cacheControl(maxAge: 9, scope: PUBLIC) }"#;
    let loaded =
        Supergraph::load(&composed(&[("places", places), ("marriage", marriage)]), 1).unwrap();
    let division = loaded.schema.ty("Division").unwrap();
    let hint = |name: &str| {
        let cache = loaded.schema.field(division, name).unwrap().cache;
        (cache.max_age, cache.public)
    };
    assert_eq!(hint("id"), (Some(60), true));
    assert_eq!(hint("name"), (Some(60), true));
    assert_eq!(hint("parent"), (Some(60), true));
    assert_eq!(hint("couples"), (None, false));
    assert_eq!(hint("rate"), (Some(9), true));
    let query = loaded.schema.query();
    assert_eq!(
        loaded.schema.field(query, "d").unwrap().cache.max_age,
        Some(60)
    );
}

#[test]
fn types_that_differ_in_nullability_are_merged_to_the_looser_and_told_apart() {
    let a = "type Query { v: [Int!]! @shareable i: I } interface I { x: Int } type T implements I { x: Int }";
    let b = "type Query { v: [Int] @shareable }";
    let supergraph = composed(&[("a", a), ("b", b)]);
    assert_eq!(
        line(&supergraph, "v:"),
        "v: [Int] @join__field(graph: A, type: \"[Int!]!\") @join__field(graph: B, type: \"[Int]\")"
    );
}

#[test]
fn inputs_and_arguments_are_the_intersection_and_take_the_stricter_type() {
    let a = "type Query { v(x: Int, y: Int!, z: Int): Int @shareable w(in: In): Int } input In { p: Int q: Int }";
    let b =
        "type Query { v(x: Int!, y: Int!): Int @shareable w2(in: In): Int } input In { p: Int! }";
    let supergraph = composed(&[("a", a), ("b", b)]);
    assert_eq!(line(&supergraph, "v("), "v(x: Int!, y: Int!): Int");
    assert!(line(&supergraph, "p:").starts_with("p: Int! @join__field(graph: A, type: \"Int\")"));
    assert!(!supergraph.contains("q: Int"));
}

#[test]
fn fields_of_an_extension_of_federation_one_style_keys_are_not_external() {
    let a = "type Query { t: T } type T @key(fields: \"id\") { id: ID! }";
    let b = "extend type T @key(fields: \"id\") { id: ID! @external size: Int }";
    let supergraph = composed(&[("a", a), ("b", b)]);
    assert!(supergraph.contains("@join__type(graph: B, key: \"id\", extension: true)"));
    assert_eq!(line(&supergraph, "id:"), "id: ID!");
    plan(&supergraph, "{ t { size } }");
}

#[test]
fn keys_are_followed_in_chains() {
    let a = "type Query { t: T } type T @key(fields: \"id\") { id: ID! }";
    let b = "type T @key(fields: \"id\") @key(fields: \"code o { id }\") { id: ID! code: ID! o: O! } type O { id: ID! }";
    let c = "type T @key(fields: \"code o { id }\") { code: ID! o: O! name: String } type O { id: ID! }";
    let plan = plan(&composed(&[("a", a), ("b", b), ("c", c)]), "{ t { name } }");
    for graph in ["\"a\"", "\"b\"", "\"c\""] {
        assert!(plan.contains(graph), "{plan}");
    }
}

#[test]
fn what_is_composed_parses_and_plans_in_every_case_of_these_tests() {
    let supergraph = composed(&[(
        "a",
        "type Query { \"A name beyond the plane: 𠮷.\" a: Int }",
    )]);
    let document = sdl::parse(&supergraph).unwrap();
    assert_eq!(super::super::print::document(&document), supergraph);
}

#[test]
fn every_subgraph_has_the_query_type_so_that_entities_may_be_asked_of_it() {
    let a = "type Query { t: T } type T @key(fields: \"id\") { id: ID! }";
    let b = "type T @key(fields: \"id\") { id: ID! size: Int }";
    let supergraph = composed(&[("a", a), ("b", b)]);
    assert!(supergraph.contains(
        "type Query\n  @join__type(graph: A)\n  @join__type(graph: B)\n{\n  t: T @join__field(graph: A)\n}"
    ));
}

#[test]
fn an_enum_value_that_clients_cannot_see_need_not_be_known_everywhere() {
    let a = "type Query { a(s: S): S } enum S { OPEN }";
    let b = "type Query { b(s: S): S } enum S { OPEN DRAFT @inaccessible }";
    let supergraph = composed(&[("a", a), ("b", b)]);
    assert_eq!(
        line(&supergraph, "DRAFT"),
        "DRAFT @join__enumValue(graph: B) @inaccessible"
    );
}

#[test]
fn fields_may_be_provided_through_an_interface() {
    let a = "type Query { i: I @provides(fields: \"name\") } interface I { name: String } \
             type T implements I @key(fields: \"id\") { id: ID! name: String @external }";
    let b = "type T @key(fields: \"id\") { id: ID! name: String }";
    let supergraph = composed(&[("a", a), ("b", b)]);
    let plan = plan(&supergraph, "{ i { name } }");
    assert!(plan.contains("\"a\"") && !plan.contains("\"b\""), "{plan}");
}
