//! The types of introspection and the built-in directives, as the GraphQL specification (September
//! 2025 edition) defines them. Clients see them; subgraphs never answer them.

/// The introspection types.
pub(crate) const TYPES: &str = r#"
"A GraphQL schema: its types, directives and entry points."
type __Schema {
  "What the schema is for."
  description: String
  "All types of the schema."
  types: [__Type!]!
  "The type queries start from."
  queryType: __Type!
  "The type mutations start from, if any."
  mutationType: __Type
  "The type subscriptions start from, if any."
  subscriptionType: __Type
  "All directives of the schema."
  directives: [__Directive!]!
}

"A type: named, a list, or never null."
type __Type {
  "The kind of type."
  kind: __TypeKind!
  "The name; null for lists and non-null types."
  name: String
  "What the type is for."
  description: String
  "Where the serialised form of a custom scalar is specified."
  specifiedByURL: String
  "The fields of an object or interface."
  fields(includeDeprecated: Boolean! = false): [__Field!]
  "The interfaces an object or interface implements."
  interfaces: [__Type!]
  "The object types an abstract type may be."
  possibleTypes: [__Type!]
  "The values of an enum."
  enumValues(includeDeprecated: Boolean! = false): [__EnumValue!]
  "The fields of an input object."
  inputFields(includeDeprecated: Boolean! = false): [__InputValue!]
  "What a list or non-null type wraps."
  ofType: __Type
  "Whether exactly one field of the input object must be given."
  isOneOf: Boolean
}

"The kinds of types."
enum __TypeKind {
  "A scalar."
  SCALAR
  "An object with fields."
  OBJECT
  "An interface with fields and possible types."
  INTERFACE
  "A union of possible types."
  UNION
  "An enum with its values."
  ENUM
  "An input object with its fields."
  INPUT_OBJECT
  "A list of another type."
  LIST
  "Another type, never null."
  NON_NULL
}

"A field of an object or interface."
type __Field {
  "The name."
  name: String!
  "What the field holds."
  description: String
  "The arguments."
  args(includeDeprecated: Boolean! = false): [__InputValue!]!
  "The type."
  type: __Type!
  "Whether the field should no longer be used."
  isDeprecated: Boolean!
  "Why not."
  deprecationReason: String
}

"An argument or the field of an input object."
type __InputValue {
  "The name."
  name: String!
  "What the value means."
  description: String
  "The type."
  type: __Type!
  "The default in GraphQL notation, if any."
  defaultValue: String
  "Whether the value should no longer be given."
  isDeprecated: Boolean!
  "Why not."
  deprecationReason: String
}

"A value of an enum."
type __EnumValue {
  "The name."
  name: String!
  "What the value means."
  description: String
  "Whether the value should no longer be used."
  isDeprecated: Boolean!
  "Why not."
  deprecationReason: String
}

"A directive: where it may stand and what it takes."
type __Directive {
  "The name."
  name: String!
  "What the directive does."
  description: String
  "Whether it may stand more than once in one place."
  isRepeatable: Boolean!
  "The places where it may stand."
  locations: [__DirectiveLocation!]!
  "The arguments."
  args(includeDeprecated: Boolean! = false): [__InputValue!]!
}

"The places where a directive may stand."
enum __DirectiveLocation {
  "A query."
  QUERY
  "A mutation."
  MUTATION
  "A subscription."
  SUBSCRIPTION
  "A field."
  FIELD
  "A fragment definition."
  FRAGMENT_DEFINITION
  "A fragment spread."
  FRAGMENT_SPREAD
  "An inline fragment."
  INLINE_FRAGMENT
  "A variable definition."
  VARIABLE_DEFINITION
  "A schema definition."
  SCHEMA
  "A scalar definition."
  SCALAR
  "An object definition."
  OBJECT
  "A field definition."
  FIELD_DEFINITION
  "An argument definition."
  ARGUMENT_DEFINITION
  "An interface definition."
  INTERFACE
  "A union definition."
  UNION
  "An enum definition."
  ENUM
  "An enum value definition."
  ENUM_VALUE
  "An input object definition."
  INPUT_OBJECT
  "An input field definition."
  INPUT_FIELD_DEFINITION
}
"#;

/// The meta-fields of the query type, as a type to take them from.
pub(crate) const META_FIELDS: &str = r#"
type Meta {
  "The schema of this endpoint."
  __schema: __Schema!
  "A type by its name."
  __type("The name of the type." name: String!): __Type
  "The name of the object type."
  __typename: String!
}
"#;

/// The directives every schema has.
pub(crate) const DIRECTIVES: &str = r#"
"Leaves the selection out when the condition holds."
directive @skip("The condition." if: Boolean!) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT
"Takes the selection in only when the condition holds."
directive @include("The condition." if: Boolean!) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT
"Lets the selection of a query be told after the rest, to clients that take multipart/mixed with deferSpec=20220824."
directive @defer("When false, it is told with the rest." if: Boolean! = true "Names the part; no two of a document have the same." label: String) on FRAGMENT_SPREAD | INLINE_FRAGMENT
"Says that an element should no longer be used."
directive @deprecated("Why, and what to use instead." reason: String! = "No longer supported") on FIELD_DEFINITION | ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION | ENUM_VALUE
"Says where the serialised form of a custom scalar is specified."
directive @specifiedBy("The address of the specification." url: String!) on SCALAR
"Says that exactly one field of the input object must be given."
directive @oneOf on INPUT_OBJECT
"#;

/// The names of [`DIRECTIVES`].
pub(crate) const BUILT_IN_DIRECTIVES: [&str; 6] = [
    "skip",
    "include",
    "defer",
    "deprecated",
    "specifiedBy",
    "oneOf",
];
