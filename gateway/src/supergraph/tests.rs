#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! Tests of loading, demands and introspection on supergraphs written out.

use std::collections::HashSet;

use graphql_tools::parser::parse_query;
use graphql_tools::parser::query::{Definition, OperationDefinition, Selection};
use graphql_tools::static_graphql::query::Field;
use serde_json::{Map, Value, json};

use super::{LoadError, Supergraph, TypeKind};

const SUPERGRAPH: &str = r#"
schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) { query: Query mutation: Mutation }
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__type(graph: join__Graph!, key: join__FieldSet) repeatable on OBJECT
directive @cacheControl(maxAge: Int, scope: CacheControlScope) on OBJECT | FIELD_DEFINITION
directive @live on FIELD
scalar join__FieldSet
enum CacheControlScope { PUBLIC PRIVATE }
enum join__Graph { A @join__graph(name: "a", url: "http://a/") B @join__graph(name: "b", url: "") }
"Where queries start."
type Query @join__type(graph: A) {
  "A thing."
  thing("Which." id: ID! = "x", old: Int @deprecated): Thing @cacheControl(maxAge: 30, scope: PUBLIC)
  party: Party
  named: Named
  hidden: Hidden @inaccessible
}
type Mutation @join__type(graph: A) { change(in: In!, many: [In!]): Thing @cacheInvalidate(types: ["Thing"]) }
type Thing implements Named @join__type(graph: A, key: "id") @cacheControl(maxAge: 60, scope: PUBLIC) {
  id: ID!
  name: String @requiresScopes(scopes: [["name"]])
  weight: Int @policy(policies: [["scales"]])
  fee: Int @join__field(graph: B, requires: "weight holder { name }")
  tax: Int @join__field(graph: A, requires: "fee")
  holder: Firm
  gone: Int @deprecated(reason: "sold")
  state: State
}
type Firm implements Named @join__type(graph: A) @authenticated { name: String }
interface Named @join__type(graph: A) { name: String }
union Party @join__type(graph: A) = Firm | Thing
type Hidden @join__type(graph: A) @inaccessible { a: Int }
enum State @join__type(graph: A) { NEW OLD @deprecated }
input In @join__type(graph: A) { x: Int! = 3 y: [String!] = ["a"] secret: Int @inputScopes(scopes: [["s"]]) z: Int @inaccessible }
input One @join__type(graph: A) @oneOf { a: Int b: Int }
scalar Url @join__type(graph: A) @specifiedBy(url: "https://url.spec.whatwg.org/")
"#;

fn loaded() -> Supergraph {
    Supergraph::load(SUPERGRAPH, 3).unwrap()
}

fn demand(supergraph: &Supergraph, ty: &str, field: &str) -> String {
    let id = supergraph.schema.ty(ty).unwrap();
    let demand = &supergraph.schema.field(id, field).unwrap().demand;
    let names = |form: &[Vec<std::sync::Arc<str>>]| {
        form.iter()
            .map(|all| all.join("&"))
            .collect::<Vec<_>>()
            .join("|")
    };
    let signed = if demand.authenticated { "auth " } else { "" };
    format!(
        "{signed}{} {}",
        names(&demand.scopes),
        names(&demand.policies)
    )
    .trim()
    .to_owned()
}

#[test]
fn demands_are_added_up_over_types_members_and_required_fields() {
    let supergraph = loaded();
    let table = [
        ("Query", "thing", ""),
        ("Thing", "name", "name"),
        ("Thing", "weight", "scales"),
        ("Thing", "holder", "auth"),
        // weight, holder and the holder's name
        ("Thing", "fee", "auth  scales"),
        // through fee
        ("Thing", "tax", "auth  scales"),
        // a union takes what its members demand
        ("Query", "party", "auth"),
        ("Query", "named", "auth"),
        // an interface field what its counterparts demand
        ("Named", "name", "name"),
        ("Firm", "name", ""),
    ];
    for (ty, field, expected) in table {
        assert_eq!(demand(&supergraph, ty, field), expected, "{ty}.{field}");
    }
    let input = supergraph
        .schema
        .type_info(supergraph.schema.ty("In").unwrap());
    assert_eq!(input.input_fields["secret"].demand.scopes.len(), 1);
    assert!(input.input_fields["x"].demand.is_none() && !input.input_fields["x"].is_required());
}

#[test]
fn what_demands_anything_is_never_public() {
    let supergraph = loaded();
    let thing = supergraph.schema.ty("Thing").unwrap();
    let hint = |field: &str| supergraph.schema.field(thing, field).unwrap().cache;
    assert!(hint("id").public && hint("id").max_age == Some(60));
    assert!(!hint("name").public && hint("name").max_age == Some(60));
    assert!(hint("__typename").public);
    let root = supergraph
        .schema
        .field(supergraph.schema.query(), "thing")
        .unwrap();
    assert_eq!((root.cache.max_age, root.cache.public), (Some(30), true));
    let change = supergraph
        .schema
        .field(supergraph.schema.mutation().unwrap(), "change")
        .unwrap();
    assert_eq!(
        change.invalidates.iter().map(|t| &**t).collect::<Vec<_>>(),
        ["Thing"]
    );
}

#[test]
fn types_know_what_they_may_be() {
    let index = loaded().schema;
    let id = |name: &str| index.ty(name).unwrap();
    assert!(
        index.is_subtype(id("Thing"), id("Named")) && index.is_subtype(id("Firm"), id("Party"))
    );
    assert!(
        !index.is_subtype(id("Named"), id("Party")) && index.may_overlap(id("Named"), id("Party"))
    );
    assert!(!index.may_overlap(id("Hidden"), id("Party")));
    assert_eq!(index.type_info(id("Party")).possible_types.len(), 2);
    assert_eq!(index.type_info(id("__Schema")).kind, TypeKind::Object);
    assert!(index.field(index.query(), "__schema").is_some());
    assert!(index.field(id("Thing"), "__schema").is_none());
    assert!(index.ty("join__Graph").is_none());
}

#[test]
fn what_is_not_a_supergraph_is_refused_in_a_sentence() {
    type Expected = fn(&LoadError) -> bool;
    let table: [(&str, Expected); 5] = [
        ("type Query {", |e| matches!(e, LoadError::Parse(_))),
        ("type Query { a: Int }", |e| *e == LoadError::NotASupergraph),
        (
            "enum join__Graph { A @join__graph(name: \"a\", url: \"\") }",
            |e| *e == LoadError::NoQuery,
        ),
        (
            "type Query { a: Nowhere } enum join__Graph { A @join__graph(name: \"a\", url: \"\") }",
            |e| matches!(e, LoadError::UnknownType { name, .. } if name == "Nowhere"),
        ),
        (
            "type Query { a: Int @join__field(graph: A, requires: \"b\") } enum join__Graph { A @join__graph(name: \"a\", url: \"\") }",
            |e| matches!(e, LoadError::Directive { .. }),
        ),
    ];
    for (text, expected) in table {
        let error = Supergraph::load(text, 1).unwrap_err();
        assert!(expected(&error), "{text}: {error}");
    }
}

/// Positions of the document are positions of the index: a name that stands twice would shift those behind it, so that
/// one field's demand were another's, or none's.
#[test]
fn what_is_defined_twice_is_refused_and_by_its_name() {
    let graphs = "enum join__Graph { A @join__graph(name: \"a\", url: \"\") }";
    let table = [
        (
            "type Query { n: N } type Thing implements N { a: Int b: Int } \
             interface N { a: Int a: Int b: Int @authenticated }",
            "N.a",
        ),
        (
            "type Query { a: Int a: Int b: Int c: Int @join__field(graph: A, requires: \"b\") }",
            "Query.a",
        ),
        ("type Query { a(x: Int, x: Int): Int }", "Query.a.x"),
        (
            "type Query { a(x: I): Int } input I { y: Int y: Int }",
            "I.y",
        ),
        (
            "type Query { a: T } type T { b: Int } type T { c: Int }",
            "T",
        ),
    ];
    for (text, twice) in table {
        let error = Supergraph::load(&format!("{text} {graphs}"), 1).unwrap_err();
        assert_eq!(error, LoadError::Twice(twice.to_owned()), "{text}");
    }
}

#[test]
fn clients_see_neither_machinery_nor_what_is_hidden() {
    let api = loaded().api;
    for absent in [
        "join__",
        "@link",
        "Hidden",
        "hidden",
        "CacheControlScope",
        "cacheControl",
        "z: Int",
    ] {
        assert!(!api.sdl.contains(absent), "{absent}:\n{}", api.sdl);
    }
    for present in [
        "directive @live on FIELD",
        "name: String @requiresScopes(scopes: [[\"name\"]])",
        "thing(\n",
        "\"\"\"A thing.\"\"\"",
        "scalar Url\n  @specifiedBy(url: \"https://url.spec.whatwg.org/\")",
    ] {
        assert!(api.sdl.contains(present), "{present}:\n{}", api.sdl);
    }
    super::sdl::parse(&api.sdl).unwrap();
}

fn introspect(supergraph: &Supergraph, query: &str, variables: Value) -> Map<String, Value> {
    let document = parse_query::<String>(query).unwrap().into_static();
    let set = document
        .definitions
        .into_iter()
        .find_map(|d| match d {
            Definition::Operation(OperationDefinition::SelectionSet(set)) => Some(set),
            Definition::Operation(OperationDefinition::Query(query)) => Some(query.selection_set),
            _ => None,
        })
        .unwrap();
    let Value::Object(variables) = variables else {
        panic!("variables")
    };
    let fields = set.items.into_iter().map(|item| match item {
        Selection::Field(field) => field,
        _ => panic!("fields only"),
    });
    fields
        .map(|field: Field| {
            let key = field.alias.clone().unwrap_or_else(|| field.name.clone());
            let answer = supergraph.api.introspection(&variables).answer(&field);
            (key, serde_json::from_slice(&answer.unwrap()).unwrap())
        })
        .collect()
}

#[test]
fn introspection_answers_exactly_what_is_selected() {
    let answer = introspect(
        &loaded(),
        r#"query ($name: String!, $all: Boolean!) {
            a: __type(name: $name) { __typename kind name fields(includeDeprecated: $all) { name isDeprecated deprecationReason type { kind name ofType { name } } } }
            b: __type(name: "Thing") { fields { name } interfaces { name } possibleTypes { name } }
            c: __type(name: "In") { inputFields { name defaultValue type { ...on __Type { kind } } } isOneOf description }
            d: __type(name: "One") { isOneOf }
            e: __type(name: "Url") { specifiedByURL name name @skip(if: true) }
            f: __type(name: "Nobody") { name }
            g: __type(name: "State") { enumValues { name } all: enumValues(includeDeprecated: true) { name deprecationReason } }
            h: __type(name: "Party") { possibleTypes { name } fields { name } }
            i: __type(name: "Query") { fields { name args { name } allArgs: args(includeDeprecated: true) { name defaultValue } } }
        }"#,
        json!({ "name": "Thing", "all": true }),
    );
    assert_eq!(
        answer["a"]["fields"][6],
        json!({
            "name": "gone", "isDeprecated": true, "deprecationReason": "sold",
            "type": { "kind": "SCALAR", "name": "Int", "ofType": null },
        })
    );
    assert_eq!(answer["a"]["__typename"], "__Type");
    assert_eq!(
        answer["a"]["fields"][0]["type"],
        json!({"kind": "NON_NULL", "name": null, "ofType": {"name": "ID"}})
    );
    assert_eq!(answer["b"]["fields"].as_array().unwrap().len(), 7);
    assert_eq!(answer["b"]["interfaces"], json!([{"name": "Named"}]));
    assert_eq!(answer["b"]["possibleTypes"], Value::Null);
    assert_eq!(
        answer["c"]["inputFields"][0],
        json!({"name": "x", "defaultValue": "3", "type": {"kind": "NON_NULL"}})
    );
    assert_eq!(answer["c"]["inputFields"][1]["defaultValue"], "[\"a\"]");
    assert_eq!(answer["c"]["inputFields"].as_array().unwrap().len(), 3);
    assert_eq!(
        (&answer["c"]["isOneOf"], &answer["d"]["isOneOf"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(
        answer["e"],
        json!({"specifiedByURL": "https://url.spec.whatwg.org/", "name": "Url"})
    );
    assert_eq!(answer["f"], Value::Null);
    assert_eq!(
        answer["g"],
        json!({
            "enumValues": [{"name": "NEW"}],
            "all": [{"name": "NEW", "deprecationReason": null}, {"name": "OLD", "deprecationReason": "No longer supported"}],
        })
    );
    assert_eq!(
        answer["h"],
        json!({"possibleTypes": [{"name": "Firm"}, {"name": "Thing"}], "fields": null})
    );
    assert_eq!(answer["i"]["fields"][0]["args"], json!([{"name": "id"}]));
    assert_eq!(
        answer["i"]["fields"][0]["allArgs"][0],
        json!({"name": "id", "defaultValue": "\"x\""})
    );
    let names: Vec<_> = answer["i"]["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| &f["name"])
        .collect();
    assert_eq!(names, ["thing", "party", "named"]);
}

/// What GraphiQL asks, its fragments inlined as the gateway does before it answers.
fn standard_query() -> String {
    let reference = "kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";
    let input = format!(
        "name description type {{ {reference} }} defaultValue isDeprecated deprecationReason"
    );
    format!(
        "query IntrospectionQuery {{ __schema {{ description queryType {{ name kind }} mutationType {{ name kind }} subscriptionType {{ name kind }}
          types {{ kind name description specifiedByURL isOneOf
            fields(includeDeprecated: true) {{ name description args(includeDeprecated: true) {{ {input} }} type {{ {reference} }} isDeprecated deprecationReason }}
            inputFields(includeDeprecated: true) {{ {input} }} interfaces {{ {reference} }}
            enumValues(includeDeprecated: true) {{ name description isDeprecated deprecationReason }} possibleTypes {{ {reference} }} }}
          directives {{ name description isRepeatable locations args(includeDeprecated: true) {{ {input} }} }} }} }}"
    )
}

fn references(value: &Value, found: &mut HashSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Object(fields) => {
            if fields.contains_key("ofType")
                && let Some(name) = fields["name"].as_str()
            {
                found.insert(name.to_owned());
            }
            fields.values().for_each(|value| references(value, found));
        }
        _ => {}
    }
}

#[test]
fn the_standard_introspection_query_tells_a_closed_schema() {
    let answer = introspect(&loaded(), &standard_query(), json!({}));
    let schema = &answer["__schema"];
    assert_eq!(
        schema["queryType"],
        json!({"name": "Query", "kind": "OBJECT"})
    );
    assert_eq!(schema["subscriptionType"], Value::Null);
    let types = schema["types"].as_array().unwrap();
    let names: HashSet<String> = types
        .iter()
        .map(|ty| ty["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names.len(), types.len(), "each type once");
    let mut referenced = HashSet::new();
    references(schema, &mut referenced);
    let missing: Vec<_> = referenced.difference(&names).collect();
    assert!(missing.is_empty(), "{missing:?}");
    for expected in ["Int", "ID", "__Schema", "__DirectiveLocation", "Thing"] {
        assert!(names.contains(expected), "{expected}");
    }
    let directives: Vec<_> = schema["directives"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| d["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        directives,
        [
            "authenticated",
            "defer",
            "deprecated",
            "include",
            "live",
            "oneOf",
            "policy",
            "requiresScopes",
            "skip",
            "specifiedBy"
        ]
    );
}

#[test]
fn nesting_that_would_multiply_without_bounds_is_not_answered() {
    let deep = "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }";
    assert_eq!(
        introspect(&loaded(), deep, json!({}))["__schema"],
        Value::Null
    );
    let fine = "{ __schema { types { fields { type { fields { name } } } } } }";
    assert!(introspect(&loaded(), fine, json!({}))["__schema"].is_object());
}

#[test]
fn operations_are_validated_against_the_clients_document() {
    use graphql_tools::validation::rules::default_rules_validation_plan;
    use graphql_tools::validation::validate::validate;
    let supergraph = loaded();
    let plan = default_rules_validation_plan();
    let errors = |query: &str| {
        let query = parse_query::<String>(query).unwrap().into_static();
        validate(supergraph.api.document(), &query, &plan).len()
    };
    assert_eq!(
        errors(
            "{ thing(id: 1) { id @include(if: true) __typename } named { ... on Firm { name } } }"
        ),
        0
    );
    assert_eq!(errors(&standard_query()), 0);
    assert!(errors("{ hidden { a } }") > 0);
    assert!(errors("{ thing { nothing } }") > 0);
    assert!(errors("{ __schema { nothing } }") > 0);
    assert!(errors("{ thing(id: 1) @unknown { id } }") > 0);
}

#[test]
fn introspection_ends_when_a_request_has_asked_for_too_much() {
    let supergraph = loaded();
    let variables = serde_json::Map::new();
    let field = |text: &str| {
        let document = graphql_tools::parser::parse_query::<String>(text).unwrap();
        match document.into_static().definitions.remove(0) {
            Definition::Operation(OperationDefinition::SelectionSet(mut set)) => {
                match set.items.remove(0) {
                    Selection::Field(field) => field,
                    _ => panic!("a field"),
                }
            }
            _ => panic!("an operation"),
        }
    };
    let names: String = (0..200).map(|n| format!("d{n}: name ")).collect();
    let field = field(&format!(
        "{{ __schema {{ types {{ fields {{ type {{ {names} }} }} }} }} }}"
    ));
    let asking = supergraph.api.introspection(&variables);
    let one = asking.answer(&field).unwrap();
    // Each takes of what one request may have; in the end nothing is left.
    let mut answered = 1;
    while asking.answer(&field).is_some_and(|again| again == one) {
        answered += 1;
    }
    assert!((1..2000).contains(&answered), "{answered}");
    assert!(asking.answer(&field).is_none());
    // Another request has its own.
    assert!(
        supergraph
            .api
            .introspection(&variables)
            .answer(&field)
            .is_some()
    );
}
