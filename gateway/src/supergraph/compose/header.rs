//! The head of a supergraph: the schema definition with its links, and the definitions of the join
//! specification and of every directive that travelled along.

use std::collections::BTreeSet;

use graphql_tools::parser::schema::DirectiveLocation;
use graphql_tools::static_graphql::schema::{
    Definition, Directive, DirectiveDefinition, Document, EnumType, EnumValue, Field, InputValue,
    SchemaDefinition, TypeDefinition, Value,
};

use super::super::sdl;
use super::error::Errors;
use super::model::ROOTS;
use super::sources::Sources;

/// Join v0.3. `overrideLabel` came with v0.4 and is only there when something uses it.
const JOIN: &str = r#"
directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE
directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean LABEL) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__implements(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE
directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
directive @join__unionMember(graph: join__Graph!, member: String!) repeatable on UNION
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
scalar join__FieldSet
scalar link__Import
enum link__Purpose {
  "`SECURITY` features provide metadata necessary to securely resolve fields."
  SECURITY
  "`EXECUTION` features provide metadata necessary for operation execution."
  EXECUTION
}
"#;

/// A specification that is linked when one of its directives is used.
struct Specification {
    directive: &'static str,
    url: &'static str,
    security: bool,
    definition: &'static str,
}

const SPECIFICATIONS: [Specification; 5] = [
    Specification {
        directive: "authenticated",
        url: "https://specs.apollo.dev/authenticated/v0.1",
        security: true,
        definition: "directive @authenticated on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM",
    },
    Specification {
        directive: "inaccessible",
        url: "https://specs.apollo.dev/inaccessible/v0.2",
        security: true,
        definition: "directive @inaccessible on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ENUM | ENUM_VALUE | SCALAR | INPUT_OBJECT | INPUT_FIELD_DEFINITION | ARGUMENT_DEFINITION",
    },
    Specification {
        directive: "policy",
        url: "https://specs.apollo.dev/policy/v0.1",
        security: true,
        definition: "directive @policy(policies: [[policy__Policy!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM scalar policy__Policy",
    },
    Specification {
        directive: "requiresScopes",
        url: "https://specs.apollo.dev/requiresScopes/v0.1",
        security: true,
        definition: "directive @requiresScopes(scopes: [[requiresScopes__Scope!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM scalar requiresScopes__Scope",
    },
    Specification {
        directive: "tag",
        url: "https://specs.apollo.dev/tag/v0.3",
        security: false,
        definition: "directive @tag(name: String!) repeatable on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION | SCHEMA",
    },
];

/// Our own directives, for subgraphs that use them without defining them.
const OURS: &str = r#"
directive @cacheControl(maxAge: Int, scope: CacheControlScope) on OBJECT | INTERFACE | UNION | FIELD_DEFINITION
directive @cacheInvalidate(types: [String!]!) on FIELD_DEFINITION
directive @personal(category: String!, subject: String!) on FIELD_DEFINITION
directive @inputScopes(scopes: [[String!]!]!) on ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION | INPUT_OBJECT
directive @cost(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR
directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION
"#;

/// Puts head and types together.
pub(super) fn supergraph(
    sources: &Sources<'_>,
    types: Vec<TypeDefinition>,
    errors: &mut Errors,
) -> Document {
    let used = used_directives(&types);
    let version = if sources.has_labels() { "v0.5" } else { "v0.3" };
    let mut links = vec![
        link("https://specs.apollo.dev/link/v1.0", None),
        link(
            &format!("https://specs.apollo.dev/join/{version}"),
            Some("EXECUTION"),
        ),
    ];
    let mut definitions = Vec::new();
    let label = if sources.has_labels() {
        ", overrideLabel: String"
    } else {
        ""
    };
    definitions.extend(parsed(&JOIN.replace(" LABEL", label)));
    for specification in SPECIFICATIONS.iter().filter(|s| used.contains(s.directive)) {
        links.push(link(
            specification.url,
            specification.security.then_some("SECURITY"),
        ));
        definitions.extend(parsed(specification.definition));
    }
    for carried in sources.subgraphs.iter().flat_map(|s| &s.links) {
        let same =
            |l: &Directive| sdl::string_argument(l, "url") == sdl::string_argument(carried, "url");
        match links.iter_mut().find(|l| same(l)) {
            Some(link) => unite_imports(link, carried),
            None => links.push(carried.clone()),
        }
    }
    definitions.extend(carried_definitions(sources, &used, errors));
    let has_scope = |name| types.iter().any(|ty| sdl::name_of(ty) == name);
    if used.contains("cacheControl") && !has_scope("CacheControlScope") {
        definitions.extend(parsed("enum CacheControlScope { PUBLIC PRIVATE }"));
    }
    definitions.push(Definition::TypeDefinition(TypeDefinition::Enum(graphs(
        sources,
    ))));
    definitions.extend(types.into_iter().map(Definition::TypeDefinition));
    // Directives first, then types, both by name: the order says nothing, so let it be plain.
    definitions.sort_by_key(|definition| match definition {
        Definition::DirectiveDefinition(d) => (0, d.name.clone()),
        Definition::TypeDefinition(ty) => (1, sdl::name_of(ty).to_owned()),
        _ => (2, String::new()),
    });
    let has = |root: &str| {
        let found = definitions
            .iter()
            .any(|d| matches!(d, Definition::TypeDefinition(ty) if sdl::name_of(ty) == root));
        found.then(|| root.to_owned())
    };
    let schema = SchemaDefinition {
        directives: links,
        query: has(ROOTS[0]),
        mutation: has(ROOTS[1]),
        subscription: has(ROOTS[2]),
        ..SchemaDefinition::default()
    };
    definitions.insert(0, Definition::SchemaDefinition(schema));
    Document { definitions }
}

/// Parses a constant of this file; a mistake in one shows in every test.
fn parsed(text: &str) -> Vec<Definition<'static, String>> {
    sdl::parse(text)
        .map(|document| document.definitions)
        .unwrap_or_default()
}

fn link(url: &str, purpose: Option<&str>) -> Directive {
    let mut arguments = vec![("url".to_owned(), Value::String(url.to_owned()))];
    if let Some(purpose) = purpose {
        arguments.push(("for".to_owned(), Value::Enum(purpose.to_owned())));
    }
    Directive {
        position: Default::default(),
        name: "link".to_owned(),
        arguments,
    }
}

fn unite_imports(link: &mut Directive, other: &Directive) {
    let mut names: BTreeSet<String> = BTreeSet::new();
    for directive in [&*link, other] {
        names.extend(
            sdl::strings_argument(directive, "import")
                .into_iter()
                .map(str::to_owned),
        );
    }
    link.arguments.retain(|(name, _)| name != "import");
    let imports = Value::List(names.into_iter().map(Value::String).collect());
    link.arguments.push(("import".to_owned(), imports));
}

fn graphs(sources: &Sources<'_>) -> EnumType {
    let values = sources.subgraphs.iter().map(|subgraph| {
        let arguments = vec![
            ("name".to_owned(), Value::String(subgraph.name.clone())),
            ("url".to_owned(), Value::String(subgraph.url.clone())),
        ];
        let graph = Directive {
            position: Default::default(),
            name: "join__graph".to_owned(),
            arguments,
        };
        EnumValue {
            directives: vec![graph],
            ..EnumValue::new(subgraph.graph.clone())
        }
    });
    EnumType {
        values: values.collect(),
        ..EnumType::new("join__Graph".to_owned())
    }
}

/// The definitions of carried directives: the subgraphs' own where they have one, joined in their
/// locations, else ours.
fn carried_definitions(
    sources: &Sources<'_>,
    used: &BTreeSet<String>,
    errors: &mut Errors,
) -> Vec<Definition<'static, String>> {
    let mut merged: Vec<DirectiveDefinition> = Vec::new();
    for subgraph in sources.subgraphs {
        for definition in subgraph.carried.values() {
            let Some(known) = merged.iter_mut().find(|d| d.name == definition.name) else {
                merged.push(definition.clone());
                continue;
            };
            let signature = |d: &DirectiveDefinition| -> Vec<(String, String)> {
                let ty = |a: &InputValue| super::super::print::type_ref(&a.value_type);
                d.arguments
                    .iter()
                    .map(|a| (a.name.clone(), ty(a)))
                    .collect()
            };
            if signature(known) != signature(definition) {
                let words = format!(
                    "@{} is defined with other arguments in {} than elsewhere.",
                    definition.name, subgraph.name
                );
                let at = format!("@{}", definition.name);
                errors.in_subgraph(&subgraph.name, "DIRECTIVE_COMPOSITION_ERROR", at, words);
            }
            known.repeatable |= definition.repeatable;
            known.description = known
                .description
                .take()
                .or_else(|| definition.description.clone());
            for location in &definition.locations {
                if !known.locations.contains(location) {
                    known.locations.push(location.clone());
                }
            }
        }
    }
    for definition in &mut merged {
        definition.locations.sort_by_key(DirectiveLocation::as_str);
    }
    let ours = parsed(OURS)
        .into_iter()
        .filter_map(|definition| match definition {
            Definition::DirectiveDefinition(d) => Some(d),
            _ => None,
        });
    for definition in ours {
        if used.contains(&definition.name) && !merged.iter().any(|d| d.name == definition.name) {
            merged.push(definition);
        }
    }
    merged
        .into_iter()
        .map(Definition::DirectiveDefinition)
        .collect()
}

/// The names of all directives applied anywhere in the merged types.
fn used_directives(types: &[TypeDefinition]) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    let mut add = |directives: &[Directive]| used.extend(directives.iter().map(|d| d.name.clone()));
    for ty in types {
        add(sdl::directives_of(ty));
        let fields: &[Field] = match ty {
            TypeDefinition::Object(t) => &t.fields,
            TypeDefinition::Interface(t) => &t.fields,
            TypeDefinition::InputObject(t) => {
                t.fields.iter().for_each(|f| add(&f.directives));
                &[]
            }
            TypeDefinition::Enum(t) => {
                t.values.iter().for_each(|v| add(&v.directives));
                &[]
            }
            _ => &[],
        };
        for field in fields {
            add(&field.directives);
            field.arguments.iter().for_each(|a| add(&a.directives));
        }
    }
    used
}
