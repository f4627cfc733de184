//! What is refused: one row a mistake, with the code and a piece of the sentence.

use super::{SubgraphSdl, compose, lines, subgraph};

type Row = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

const Q: &str = "type Query { a: Int }";

const ROWS: &[Row] = &[
    (
        "INVALID_GRAPHQL",
        "cannot be parsed",
        &[("a", "type Query {")],
    ),
    (
        "INVALID_GRAPHQL",
        "names the type Nowhere",
        &[("a", "type Query { a: Nowhere }")],
    ),
    (
        "INVALID_GRAPHQL",
        "declared twice",
        &[("a", "type Query { a: Int a: Int }")],
    ),
    (
        "NO_QUERIES",
        "No subgraph has a query",
        &[("a", "type Mutation { a: Int }")],
    ),
    (
        "UNKNOWN_DIRECTIVE",
        "@sensitive",
        &[("a", "type Query { a: Int @sensitive }")],
    ),
    (
        "UNKNOWN_DIRECTIVE",
        "imported by @link, so that it would mean nothing",
        &[(
            "a",
            "directive @audited on FIELD_DEFINITION type Query { a: Int @audited b: Int @sealed }",
        )],
    ),
    (
        "KEY_INVALID_FIELDS",
        "T.code",
        &[(
            "a",
            "type Query { t: T } type T @key(fields: \"code\") { id: ID! }",
        )],
    ),
    (
        "KEY_INVALID_FIELDS",
        "is not a selection",
        &[(
            "a",
            "type Query { t: T } type T @key(fields: \"id {\") { id: ID! }",
        )],
    ),
    (
        "KEY_INVALID_FIELDS",
        "must select fields below T.u",
        &[(
            "a",
            "type Query { t: T } type T @key(fields: \"u\") { u: U! } type U { id: ID! }",
        )],
    ),
    (
        "KEY_FIELDS_HAS_ARGS",
        "has arguments",
        &[(
            "a",
            "type Query { t: T } type T @key(fields: \"id\") { id(a: Int): ID! }",
        )],
    ),
    (
        "KEY_FIELDS_SELECT_INVALID_TYPE",
        "is an interface",
        &[(
            "a",
            "type Query { t: T } type T @key(fields: \"i { id }\") { i: I! } interface I { id: ID! }",
        )],
    ),
    (
        "REQUIRES_INVALID_FIELDS",
        "T.weight",
        &[(
            "a",
            "type Query { t: T } type T @key(fields: \"id\") { id: ID! fee: Int @requires(fields: \"weight\") }",
        )],
    ),
    (
        "REQUIRES_FIELDS_MISSING_EXTERNAL",
        "T.fee",
        &[(
            "a",
            "type Query { t: T } type T @key(fields: \"id\") { id: ID! weight: Int fee: Int @requires(fields: \"weight\") }",
        )],
    ),
    (
        "PROVIDES_INVALID_FIELDS",
        "T.name",
        &[(
            "a",
            "type Query { t: T @provides(fields: \"name\") } type T @key(fields: \"id\") { id: ID! }",
        )],
    ),
    (
        "EXTERNAL_UNUSED",
        "T.name",
        &[
            ("a", Q),
            (
                "b",
                "type T @key(fields: \"id\") { id: ID! name: String @external }",
            ),
        ],
    ),
    (
        "EXTERNAL_MISSING_ON_BASE",
        "T.name",
        &[
            ("a", Q),
            (
                "b",
                "type T @key(fields: \"id\") { id: ID! name: String @external size: Int @requires(fields: \"name\") }",
            ),
        ],
    ),
    (
        "EXTERNAL_TYPE_MISMATCH",
        "Int in b",
        &[
            (
                "a",
                "type Query { t: T } type T @key(fields: \"id\") { id: ID! name: String }",
            ),
            (
                "b",
                "type T @key(fields: \"id\") { id: ID! name: Int @external size: Int @requires(fields: \"name\") }",
            ),
        ],
    ),
    (
        "INVALID_FIELD_SHARING",
        "not in b",
        &[
            (
                "a",
                "type Query { t: T } type T @key(fields: \"id\") { id: ID! name: String @shareable }",
            ),
            ("b", "type T @key(fields: \"id\") { id: ID! name: String }"),
        ],
    ),
    (
        "INVALID_FIELD_SHARING",
        "Query.a is resolved by a and b",
        &[("a", Q), ("b", Q)],
    ),
    (
        "TYPE_KIND_MISMATCH",
        "an object in a and an enum in b",
        &[
            ("a", "type Query { t: T } type T { a: Int }"),
            ("b", "enum T { A }"),
        ],
    ),
    (
        "FIELD_TYPE_MISMATCH",
        "Int in a and String in b",
        &[
            ("a", "type Query { a: Int @shareable }"),
            ("b", "type Query { a: String @shareable }"),
        ],
    ),
    (
        "FIELD_ARGUMENT_TYPE_MISMATCH",
        "Query.a(x:)",
        &[
            ("a", "type Query { a(x: Int): Int @shareable }"),
            ("b", "type Query { a(x: String): Int @shareable }"),
        ],
    ),
    (
        "FIELD_ARGUMENT_DEFAULT_MISMATCH",
        "1 in a and none in b",
        &[
            ("a", "type Query { a(x: Int = 1): Int @shareable }"),
            ("b", "type Query { a(x: Int): Int @shareable }"),
        ],
    ),
    (
        "REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH",
        "unknown in b",
        &[
            ("a", "type Query { a(x: Int!): Int @shareable }"),
            ("b", "type Query { a: Int @shareable }"),
        ],
    ),
    (
        "REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH",
        "In.x",
        &[
            (
                "a",
                "type Query { a(in: In): Int } input In { x: Int! y: Int }",
            ),
            ("b", "type Query { b(in: In): Int } input In { y: Int }"),
        ],
    ),
    (
        "EMPTY_MERGED_INPUT_TYPE",
        "In has no field",
        &[
            ("a", "type Query { a(in: In): Int } input In { x: Int }"),
            ("b", "type Query { b(in: In): Int } input In { y: Int }"),
        ],
    ),
    (
        "ENUM_VALUE_MISMATCH",
        "b lacks CLOSED",
        &[
            ("a", "type Query { a(s: S): S } enum S { OPEN CLOSED }"),
            ("b", "type Query { b: S } enum S { OPEN }"),
        ],
    ),
    (
        "INTERFACE_FIELD_NO_IMPLEM",
        "lacks the field size",
        &[(
            "a",
            "type Query { i: I } interface I { size: Int } type T implements I { a: Int }",
        )],
    ),
    (
        "INTERFACE_FIELD_NO_IMPLEM",
        "T.more is missing",
        &[
            (
                "a",
                "type Query { i: I } interface I { size: Int } type T implements I { size: Int }",
            ),
            (
                "b",
                "type Query { j: I } interface I { size: Int more: Int } type U implements I { size: Int more: Int }",
            ),
        ],
    ),
    (
        "INTERFACE_KEY_NOT_ON_IMPLEMENTATION",
        "T implements I",
        &[(
            "a",
            "type Query { i: I } interface I @key(fields: \"id\") { id: ID! } type T implements I { id: ID! }",
        )],
    ),
    (
        "INTERFACE_OBJECT_USAGE_ERROR",
        "no subgraph defines it as an interface",
        &[
            ("a", Q),
            (
                "b",
                "type I @interfaceObject @key(fields: \"id\") { id: ID! }",
            ),
        ],
    ),
    (
        "OVERRIDE_FROM_SELF_ERROR",
        "overrides itself",
        &[("a", "type Query { a: Int @override(from: \"a\") }")],
    ),
    (
        "OVERRIDE_SOURCE_HAS_OVERRIDE",
        "one of them must go",
        &[
            ("a", "type Query { a: Int @override(from: \"b\") }"),
            ("b", "type Query { a: Int @override(from: \"a\") }"),
        ],
    ),
    (
        "SATISFIABILITY_ERROR",
        "T.name cannot be fetched at Query.b",
        &[
            (
                "a",
                "type Query { a: T } type T { id: ID! @shareable name: String }",
            ),
            ("b", "type Query { b: T } type T { id: ID! @shareable }"),
        ],
    ),
    (
        "SATISFIABILITY_ERROR",
        "T.name",
        &[
            (
                "a",
                "type Query { a: T } type T @key(fields: \"id\", resolvable: false) { id: ID! name: String }",
            ),
            (
                "b",
                "type Query { b: T } type T @key(fields: \"id\") { id: ID! }",
            ),
        ],
    ),
    (
        "SATISFIABILITY_ERROR",
        "T.name",
        &[
            (
                "a",
                "type Query { a: T } type T @key(fields: \"code\") { code: ID! name: String }",
            ),
            (
                "b",
                "type Query { b: T } type T @key(fields: \"id\") { id: ID! }",
            ),
        ],
    ),
    (
        "SATISFIABILITY_ERROR",
        "is a T cannot be fetched",
        &[
            (
                "a",
                "type Query { i: I } interface I @key(fields: \"id\") { id: ID! } type T implements I @key(fields: \"id\", resolvable: false) { id: ID! }",
            ),
            (
                "b",
                "type Query { j: I } type I @interfaceObject @key(fields: \"id\") { id: ID! stars: Int }",
            ),
        ],
    ),
    (
        "INVALID_GRAPHQL",
        "Query.a demands",
        &[("a", "type Query { a: Int @requiresScopes(scopes: \"x\") }")],
    ),
    (
        "INVALID_GRAPHQL",
        "In.x demands",
        &[(
            "a",
            "type Query { a(in: In): Int } input In { x: Int @inputScopes(scopes: []) }",
        )],
    ),
    (
        "REFERENCED_INACCESSIBLE",
        "Query.t is visible",
        &[("a", "type Query { t: T } type T @inaccessible { a: Int }")],
    ),
    (
        "REQUIRED_INACCESSIBLE",
        "In.x",
        &[(
            "a",
            "type Query { a(in: In): Int } input In { x: Int! @inaccessible y: Int }",
        )],
    ),
    (
        "ONLY_INACCESSIBLE_CHILDREN",
        "Nothing of T",
        &[("a", "type Query { t: T } type T { a: Int @inaccessible }")],
    ),
    (
        "PERSONAL_WITHOUT_SUBJECT",
        "Query.a",
        &[(
            "a",
            "type Query { a: Int @personal(category: \"NAME\", subject: \"\") }",
        )],
    ),
    (
        "PERSONAL_WITHOUT_SUBJECT",
        "Query.a",
        &[(
            "a",
            "type Query { a: Int @personal(category: \"NAME\", subject: \"@told\") }",
        )],
    ),
    (
        "PERSONAL_WITHOUT_SUBJECT",
        "no root",
        &[(
            "a",
            "type Query { a: Int @personal(category: \"NAME\", subject: \"a\") }",
        )],
    ),
    (
        "PERSONAL_WITHOUT_SUBJECT",
        "must lead from T",
        &[(
            "a",
            "type Query { t: T } type T { a: Int p(of: ID!): P @personal(category: \"NAME\", subject: \"p { id }\") } type P { id: ID }",
        )],
    ),
    (
        "PERSONAL_WITHOUT_SUBJECT",
        "T.a",
        &[(
            "a",
            "type Query { t: T } type T { a: Int @personal(category: \"NAME\", subject: \"a\") }",
        )],
    ),
    (
        "CACHE_INVALIDATE_UNKNOWN_TYPE",
        "Regstry",
        &[(
            "a",
            "type Query { a: Int } type Mutation { m: Int @cacheInvalidate(types: [\"Regstry\"]) }",
        )],
    ),
    (
        "DIRECTIVE_COMPOSITION_ERROR",
        "does not define",
        &[(
            "a",
            "extend schema @composeDirective(name: \"@mine\") type Query { a: Int }",
        )],
    ),
];

#[test]
fn every_mistake_is_named_with_its_code_and_its_place() {
    for (code, words, subgraphs) in ROWS {
        let inputs: Vec<_> = subgraphs
            .iter()
            .map(|(name, sdl)| subgraph(name, sdl))
            .collect();
        let errors = match compose(&inputs) {
            Err(errors) => errors,
            Ok(_) => panic!("composed, but {code} was expected: {subgraphs:?}"),
        };
        let found = errors
            .iter()
            .any(|e| e.code == *code && e.message.contains(words));
        assert!(found, "{code} with {words:?} expected:\n{}", lines(&errors));
        for error in &errors {
            assert!(error.message.ends_with('.'), "not a sentence: {error}");
        }
    }
}

#[test]
fn the_versions_and_features_we_do_not_compose_are_refused_in_a_sentence() {
    let table = [
        ("FEDERATION_NOT_LINKED", "type Query { a: Int }"),
        (
            "UNSUPPORTED_LINKED_FEATURE",
            "extend schema @link(url: \"https://specs.apollo.dev/federation/v1.0\") type Query { a: Int }",
        ),
        (
            "UNSUPPORTED_LINKED_FEATURE",
            "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.9\", import: [\"@context\"]) type Query { a: Int }",
        ),
        (
            "INVALID_LINK_DIRECTIVE_USAGE",
            "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.9\", import: [\"@keys\"]) type Query { a: Int }",
        ),
    ];
    for (code, sdl) in table {
        let input = SubgraphSdl {
            name: "a".into(),
            url: String::new(),
            sdl: sdl.into(),
        };
        let errors = compose(&[input]).expect_err(code);
        assert!(
            errors
                .iter()
                .any(|e| e.code == code && e.subgraph.as_deref() == Some("a")),
            "{}",
            lines(&errors)
        );
    }
}

#[test]
fn two_subgraphs_of_one_name_are_refused() {
    let errors = compose(&[subgraph("a", Q), subgraph("a", "type Query { b: Int }")]).unwrap_err();
    assert_eq!(errors[0].code, "INVALID_SUBGRAPH_NAME");
}

/// A subgraph with its own links.
fn linked(links: &str, sdl: &str) -> Result<String, String> {
    let subgraph = SubgraphSdl {
        name: "a".to_owned(),
        url: String::new(),
        sdl: format!("extend schema {links}\n{sdl}"),
    };
    compose(&[subgraph]).map_err(|errors| lines(&errors))
}

#[test]
fn a_protection_that_is_not_imported_is_refused_also_where_the_subgraph_defines_it() {
    const FEDERATION: &str = "@link(url: \"https://specs.apollo.dev/federation/v2.9\")";
    for (name, arguments) in [
        ("authenticated", ""),
        ("requiresScopes", "(scopes: [[\"s\"]])"),
        ("policy", "(policies: [[\"p\"]])"),
        ("inaccessible", ""),
    ] {
        for defined in [
            String::new(),
            format!(
                "directive @{name}(scopes: [[String!]!] policies: [[String!]!]) on FIELD_DEFINITION\n"
            ),
        ] {
            let sdl = format!("{defined}type Query {{ a: Int b: Int @{name}{arguments} }}");
            let refused = linked(FEDERATION, &sdl).unwrap_err();
            assert!(
                refused.contains(&format!("Query.b carries @{name}")),
                "{refused}"
            );
        }
    }
}

#[test]
fn a_protection_is_never_imported_under_a_name_that_means_something_else() {
    for local in [
        "personal",
        "cost",
        "deprecated",
        "tag",
        "shareable",
        "link",
        "inputScopes",
    ] {
        let links = format!(
            "@link(url: \"https://specs.apollo.dev/federation/v2.9\", import: [{{ name: \"@authenticated\", as: \"@{local}\" }}])"
        );
        let sdl = format!("type Query {{ a: Int b: Int @{local} }}");
        let refused = linked(&links, &sdl).unwrap_err();
        assert!(
            refused.contains("which means something else"),
            "{local}: {refused}"
        );
        let alone = format!(
            "@link(url: \"https://specs.apollo.dev/federation/v2.9\") @link(url: \"https://specs.apollo.dev/authenticated/v0.1\", as: \"{local}\")"
        );
        assert!(linked(&alone, &sdl).is_err(), "{local}");
    }
    let both = "@link(url: \"https://specs.apollo.dev/federation/v2.9\", import: [{ name: \"@authenticated\", as: \"@x\" }, { name: \"@external\", as: \"@x\" }])";
    assert!(linked(both, "type Query { a: Int @x }").is_err());
}
