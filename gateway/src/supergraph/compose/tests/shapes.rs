//! The exact shape of what comes out, for a reviewer to read.

use super::{assert_expected, compose, composed, plan, subgraph};

const PLACES: &str = r#"
    type Query { division(id: ID!): Division }
    "An administrative division (行政区划)."
    type Division @key(fields: "id") @cacheControl(maxAge: 3600, scope: PUBLIC) {
      "The opaque id (标识)."
      id: ID!
      "Its name today (名称)."
      name: String!
      areaSquareKm: Float @cost(weight: 2)
    }
    directive @cacheControl(maxAge: Int, scope: CacheControlScope) on OBJECT | FIELD_DEFINITION
    enum CacheControlScope { PUBLIC PRIVATE }
"#;

const MARRIAGE: &str = r#"
    type Query { registry(id: ID!): Registry @requiresScopes(scopes: [["self"], ["marriage.case"]]) }
    type Mutation { book(input: BookInput!): Registry @cacheInvalidate(types: ["Registry"]) }
    input BookInput { registry: ID! note: String = "none" @inputScopes(scopes: [["marriage.case"]]) }
    type Registry @key(fields: "id") { id: ID! division: Division! openOn(day: Day!): [Slot!]! @listSize(assumedSize: 20) }
    enum Day { SATURDAY SUNDAY @deprecated(reason: "closed") }
    scalar Slot
    type Division @key(fields: "id") { id: ID! registries: [Registry!]! }
"#;

#[test]
fn an_entity_of_two_subgraphs_composes_to_the_expected_supergraph() {
    let supergraph = composed(&[("places", PLACES), ("marriage", MARRIAGE)]);
    assert_expected("entity.graphql", &supergraph);
}

#[test]
fn a_query_through_an_entity_is_planned_across_both_subgraphs() {
    let supergraph = composed(&[("places", PLACES), ("marriage", MARRIAGE)]);
    let plan = plan(
        &supergraph,
        "{ division(id: \"1\") { name registries { id division { name } } } }",
    );
    assert!(
        plan.contains("places") && plan.contains("marriage"),
        "{plan}"
    );
    assert!(
        plan.contains("__typename") && plan.contains("on Division"),
        "{plan}"
    );
}

#[test]
fn the_order_of_the_subgraphs_does_not_matter() {
    let one = compose(&[subgraph("places", PLACES), subgraph("marriage", MARRIAGE)]);
    let other = compose(&[subgraph("marriage", MARRIAGE), subgraph("places", PLACES)]);
    assert_eq!(one, other);
}

#[test]
fn interfaces_unions_and_computed_fields_compose_to_the_expected_supergraph() {
    let supergraph = composed(&[
        (
            "funeral",
            r#"
            type Query { cases: [Case!]! @shareable }
            interface Case @key(fields: "id") { id: ID! fee: Int }
            type Burial implements Case @key(fields: "id") { id: ID! fee: Int weight: Int! }
            type Cremation implements Case @key(fields: "id") { id: ID! fee: Int }
            union Outcome = Burial | Cremation
            type Town @key(fields: "id") { id: ID! people: Int @external hearses: Int @requires(fields: "people") outcome: Outcome }
            enum State { OPEN CLOSED }
            extend type Query { state: State town: Town @provides(fields: "people") }
            "#,
        ),
        (
            "review",
            r#"
            type Query { cases: [Case!]! @shareable }
            type Case @key(fields: "id") @interfaceObject { id: ID! stars: Int! }
            type Town @key(fields: "id") @key(fields: "code province { id }") { id: ID! code: String! province: Province! people: Int @shareable old: Int }
            type Province @key(fields: "id", resolvable: false) { id: ID! }
            enum State { OPEN ARCHIVED }
            extend type Query { reviewState: State }
            "#,
        ),
    ]);
    assert_expected("abstract.graphql", &supergraph);
    let plan = plan(
        &supergraph,
        "{ cases { fee stars ... on Burial { weight } } town { hearses } }",
    );
    assert!(
        plan.contains("funeral") && plan.contains("review"),
        "{plan}"
    );
}
