//! Five subgraphs that share divisions, persons, places and organizations, as the province's do.

use super::{assert_expected, composed, plan};
use crate::supergraph::Supergraph;

const PERSONS: &str = r#"
    type Query { me: Person @authenticated }
    type Person @key(fields: "id") @authenticated { id: ID! maskedId: String! @personal(category: "IDENTITY", subject: "id") maskedName: String! sex: Sex! birthYear: Int identityStatus: IdentityStatus! }
    enum Sex { FEMALE MALE }
    enum IdentityStatus { KNOWN PENDING }
"#;

const PLACES: &str = r#"
    type Query { division(id: ID!): Division divisionByCode(code: DivisionCode!, asOf: Date): Division place(id: ID!): Place }
    type Division @key(fields: "id") @cacheControl(maxAge: 3600, scope: PUBLIC) {
      id: ID!
      current: DivisionVersion
      version(asOf: Date!): DivisionVersion
      children(asOf: Date, first: Int = 100, after: String): DivisionConnection! @listSize(slicingArguments: ["first"], sizedFields: ["nodes"])
      lineage: [DivisionLineage!]!
    }
    type DivisionVersion @cacheControl(maxAge: 3600, scope: PUBLIC) { code: DivisionCode! name: String! from: Date! until: Date }
    type DivisionLineage { from: Division! to: Division! on: Date! }
    type DivisionConnection { nodes: [Division!]! pageInfo: PageInfo! }
    type PageInfo @shareable { hasNextPage: Boolean! endCursor: String }
    type Place @key(fields: "id") { id: ID! standardName(asOf: Date): String! division(asOf: Date): Division! geometry: GeoJSON }
    scalar Date scalar DivisionCode scalar GeoJSON
"#;

const MARRIAGE: &str = r#"
    type Query { registries(near: String, first: Int = 10): RegistryConnection! }
    type Person @key(fields: "id") { id: ID! maritalStatus: String @requiresScopes(scopes: [["marriage.case"], ["self"]]) @personal(category: "MARITAL_STATUS", subject: "id") }
    type Division @key(fields: "id") { id: ID! registries: [MarriageRegistry!]! marriageStats(from: YearMonth!, to: YearMonth!): [MarriageStats!]! }
    type Place @key(fields: "id", resolvable: false) { id: ID! }
    type MarriageRegistry @key(fields: "id") { id: ID! name: String! division: Division! place: Place openSlots(date: Date!): [Slot!]! }
    type RegistryConnection { nodes: [MarriageRegistry!]! pageInfo: PageInfo! }
    type PageInfo @shareable { hasNextPage: Boolean! endCursor: String }
    type Slot { at: DateTime! free: Int! }
    type MarriageStats { month: YearMonth! registered: Int! asOf: DateTime! }
    scalar Date scalar DateTime scalar YearMonth
"#;

const FUNERAL: &str = r#"
    type Query { facilities(division: ID!): [FuneralFacility!]! }
    type Person @key(fields: "id") { id: ID! birthYear: Int @external death: DeathRecord ageAtDeath: Int @requires(fields: "birthYear") familyCases: [FuneralCase!]! @authenticated }
    type Division @key(fields: "id") { id: ID! facilities: [FuneralFacility!]! funeralStats(from: YearMonth!, to: YearMonth!): [FuneralStats!]! }
    type Organization @key(fields: "creditCode", resolvable: false) { creditCode: CreditCode! }
    type Place @key(fields: "id", resolvable: false) { id: ID! }
    type FuneralFacility @key(fields: "id") { id: ID! organization: Organization! place: Place! division: Division! }
    type DeathRecord @key(fields: "id") @authenticated { id: ID! on: Date! }
    type FuneralCase { id: ID! }
    type FuneralStats { month: YearMonth! cremations: Int! asOf: DateTime! }
    scalar Date scalar DateTime scalar YearMonth scalar CreditCode
"#;

const SOCIETIES: &str = r#"
    type Query { organization(creditCode: CreditCode!): Organization }
    type Organization @key(fields: "creditCode") { creditCode: CreditCode! name(asOf: Date): String! division: Division! legalRep: Person }
    type Person @key(fields: "id") { id: ID! legalRepOf: [Organization!]! }
    type Division @key(fields: "id") { id: ID! organizations(first: Int = 50): OrganizationConnection! orgStats(from: YearMonth!, to: YearMonth!): [OrgStats!]! }
    type OrganizationConnection { nodes: [Organization!]! pageInfo: PageInfo! }
    type PageInfo @shareable { hasNextPage: Boolean! endCursor: String }
    type OrgStats { month: YearMonth! registered: Int! asOf: DateTime! }
    scalar Date scalar DateTime scalar YearMonth scalar CreditCode
"#;

fn five() -> String {
    composed(&[
        ("persons", PERSONS),
        ("places", PLACES),
        ("marriage", MARRIAGE),
        ("funeral", FUNERAL),
        ("societies", SOCIETIES),
    ])
}

#[test]
fn the_month_of_a_district_is_planned_over_all_its_subgraphs() {
    let plan = plan(
        &five(),
        r#"query Month($id: ID!, $m: YearMonth!) { division(id: $id) {
            current { name }
            marriageStats(from: $m, to: $m) { registered }
            funeralStats(from: $m, to: $m) { cremations }
            orgStats(from: $m, to: $m) { registered }
            children { nodes { id marriageStats(from: $m, to: $m) { registered } } }
        } }"#,
    );
    for graph in ["places", "marriage", "funeral", "societies"] {
        assert!(plan.contains(&format!("\"{graph}\"")), "{plan}");
    }
}

#[test]
fn a_person_is_put_together_from_four_subgraphs() {
    let plan = plan(
        &five(),
        "{ me { maskedName maritalStatus ageAtDeath death { on } legalRepOf { name division { current { name } } } } }",
    );
    for graph in ["persons", "places", "marriage", "funeral", "societies"] {
        assert!(plan.contains(&format!("\"{graph}\"")), "{plan}");
    }
}

#[test]
fn the_clients_schema_reads_as_expected() {
    let supergraph = Supergraph::load(&five(), 7).unwrap();
    assert_expected("five.api.graphql", &supergraph.api.sdl);
    assert_eq!(supergraph.subgraphs.len(), 5);
    assert_eq!(supergraph.subgraph("marriage"), Some(1));
    assert_eq!(&*supergraph.subgraphs[1].graph_enum, "MARRIAGE");
}

#[test]
fn demands_reach_everything_that_leads_to_them() {
    let supergraph = Supergraph::load(&five(), 1).unwrap();
    let demand = |ty: &str, field: &str| {
        let id = supergraph.schema.ty(ty).unwrap();
        supergraph.schema.field(id, field).unwrap().demand.clone()
    };
    // The type Person demands a signed-in caller, and so does every field that returns one.
    assert!(demand("Organization", "legalRep").authenticated);
    assert!(demand("Person", "maritalStatus").scopes.len() == 2);
    assert!(demand("Division", "marriageStats").is_none());
    // DeathRecord's demand counts on the field that returns it, from whatever subgraph.
    assert!(demand("Person", "death").authenticated);
    let person = supergraph.schema.ty("Person").unwrap();
    let personal = supergraph
        .schema
        .field(person, "maskedId")
        .unwrap()
        .personal
        .clone()
        .unwrap();
    assert_eq!(
        (&*personal.category, &*personal.subject),
        ("IDENTITY", "id")
    );
}
