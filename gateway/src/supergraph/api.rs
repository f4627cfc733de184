//! The clients' view of the supergraph: without the machinery of federation, without what is
//! `@inaccessible`, without our own marks for caching and costs, and in a stable order.
//!
//! What a field demands of the caller (`@authenticated`, `@requiresScopes`, `@policy`) stays
//! visible: it helps whoever reads the schema, and hiding it protects nothing.

use std::collections::HashSet;

use graphql_tools::parser::schema::DirectiveLocation;
use graphql_tools::static_graphql::schema::{
    Definition, Directive, DirectiveDefinition, Document, Field, InputValue, SchemaDefinition,
    TypeDefinition,
};

use super::index::Roots;
use super::introspect::Introspection;
use super::{LoadError, introspection_types, print, sdl};

/// The directives that stay on what clients see.
const KEPT: [&str; 6] = [
    "authenticated",
    "deprecated",
    "oneOf",
    "policy",
    "requiresScopes",
    "specifiedBy",
];

/// Definitions of the demands for readers of the schema; the supergraph's own use scalars of the
/// machinery.
const DEMANDS: &str = r#"
"The caller must be signed in (须登录)."
directive @authenticated on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
"One of the lists of policies must hold in full (策略)."
directive @policy("Any of the lists, each in full (任一组须全部具备)." policies: [[String!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
"The caller must hold one of the lists of scopes in full (权限范围)."
directive @requiresScopes("Any of the lists, each in full (任一组须全部具备)." scopes: [[String!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
"#;

/// The schema clients see, in its three forms: text, document, answers to introspection.
#[derive(Debug)]
pub struct ApiSchema {
    /// What `schema.graphql` holds: described, sorted, without introspection's own types.
    pub sdl: String,
    document: Document,
    introspection: Introspection,
}

impl ApiSchema {
    /// The document to validate operations against: the API together with the introspection types
    /// and meta-fields and the built-in directives.
    #[must_use]
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// What one request with these variables asks of the schema. Inline fragments, `@skip`, `@include` and variables
    /// are understood; named fragments must have been inlined. Null when [`Self::introspection_is_too_deep`], which is
    /// to be asked first.
    #[must_use]
    pub fn introspection<'a>(
        &'a self,
        variables: &'a serde_json::Map<String, serde_json::Value>,
    ) -> super::introspect::Asking<'a> {
        self.introspection.asking(variables)
    }

    /// Whether a selection under `__schema` or `__type` nests lists so deeply that its answer would
    /// grow beyond all bounds; such an operation is to be refused before it is answered.
    #[must_use]
    pub fn introspection_is_too_deep(
        &self,
        field: &graphql_tools::static_graphql::query::Field,
    ) -> bool {
        super::introspect::is_too_deep(&field.selection_set)
    }

    /// Derives the clients' view.
    ///
    /// # Errors
    /// [`LoadError::NoQuery`] when nothing remains to be asked.
    pub fn from_supergraph(supergraph: &Document) -> Result<Self, LoadError> {
        let roots = Roots::of(supergraph);
        let mut types = visible_types(supergraph);
        types.sort_by(|a, b| {
            let key =
                |ty: &TypeDefinition| (rank(sdl::name_of(ty), &roots), sdl::name_of(ty).to_owned());
            key(a).cmp(&key(b))
        });
        let exists = |name: &str| {
            types
                .iter()
                .any(|ty| sdl::name_of(ty) == name)
                .then(|| name.to_owned())
        };
        let schema = SchemaDefinition {
            query: exists(&roots.query),
            mutation: exists(&roots.mutation),
            subscription: exists(&roots.subscription),
            ..SchemaDefinition::default()
        };
        if schema.query.is_none() {
            return Err(LoadError::NoQuery);
        }
        let directives = visible_directives(supergraph, &types)?;

        let mut shown = Document::default();
        if (
            roots.query.as_str(),
            roots.mutation.as_str(),
            roots.subscription.as_str(),
        ) != ("Query", "Mutation", "Subscription")
        {
            shown
                .definitions
                .push(Definition::SchemaDefinition(schema.clone()));
        }
        shown.definitions.extend(
            directives
                .iter()
                .cloned()
                .map(Definition::DirectiveDefinition),
        );
        shown
            .definitions
            .extend(types.iter().cloned().map(Definition::TypeDefinition));
        let text = print::document(&shown);

        let introspection = Introspection::new(&schema, &types, &directives)?;
        let document = whole_document(schema, types, directives)?;
        Ok(Self {
            sdl: text,
            document,
            introspection,
        })
    }
}

/// The root types first, then everything by name.
fn rank(name: &str, roots: &Roots) -> u8 {
    [&roots.query, &roots.mutation, &roots.subscription]
        .iter()
        .position(|root| *root == name)
        .map_or(3, |position| position as u8)
}

fn whole_document(
    schema: SchemaDefinition,
    types: Vec<TypeDefinition>,
    directives: Vec<DirectiveDefinition>,
) -> Result<Document, LoadError> {
    let parse = |text: &str| sdl::parse(text).map_err(LoadError::Parse);
    let meta = parse(introspection_types::META_FIELDS)?;
    let query = schema.query.clone();
    let mut document = Document::default();
    document
        .definitions
        .push(Definition::SchemaDefinition(schema));
    document
        .definitions
        .extend(directives.into_iter().map(Definition::DirectiveDefinition));
    document
        .definitions
        .extend(parse(introspection_types::DIRECTIVES)?.definitions);
    document
        .definitions
        .extend(types.into_iter().map(Definition::TypeDefinition));
    document
        .definitions
        .extend(parse(introspection_types::TYPES)?.definitions);
    let defined: HashSet<String> = sdl::types(&document)
        .map(|ty| sdl::name_of(ty).to_owned())
        .collect();
    for name in sdl::BUILT_IN_SCALARS
        .iter()
        .filter(|name| !defined.contains(**name))
    {
        let scalar = graphql_tools::static_graphql::schema::ScalarType::new((*name).to_owned());
        document
            .definitions
            .push(Definition::TypeDefinition(TypeDefinition::Scalar(scalar)));
    }
    for definition in &mut document.definitions {
        if let Definition::TypeDefinition(TypeDefinition::Object(ty)) = definition
            && Some(&ty.name) == query.as_ref()
        {
            for meta in sdl::types(&meta) {
                if let TypeDefinition::Object(meta) = meta {
                    let fields = meta.fields.iter().filter(|f| f.name != "__typename");
                    ty.fields.extend(fields.cloned());
                }
            }
        }
    }
    Ok(document)
}

fn is_hidden(directives: &[Directive]) -> bool {
    sdl::directive(directives, "inaccessible").is_some()
}

fn kept(directives: &[Directive]) -> Vec<Directive> {
    directives
        .iter()
        .filter(|d| KEPT.contains(&d.name.as_str()))
        .cloned()
        .collect()
}

fn visible_types(supergraph: &Document) -> Vec<TypeDefinition> {
    let behind_the_scenes = types_of_directives_only(supergraph);
    let visible: HashSet<&str> = sdl::types(supergraph)
        .filter(|ty| !is_hidden(sdl::directives_of(ty)))
        .map(sdl::name_of)
        .filter(|name| !behind_the_scenes.contains(name))
        .filter(|name| !sdl::is_machinery(name) && !name.starts_with("__"))
        .chain(sdl::BUILT_IN_SCALARS)
        .collect();
    let inputs = |values: &[InputValue]| -> Vec<InputValue> {
        values
            .iter()
            .filter(|v| !is_hidden(&v.directives))
            .filter(|v| visible.contains(sdl::base_name(&v.value_type)))
            .map(|v| InputValue {
                directives: kept(&v.directives),
                ..v.clone()
            })
            .collect()
    };
    let fields = |fields: &[Field]| -> Vec<Field> {
        fields
            .iter()
            .filter(|f| !is_hidden(&f.directives))
            .filter(|f| visible.contains(sdl::base_name(&f.field_type)))
            .map(|f| Field {
                directives: kept(&f.directives),
                arguments: inputs(&f.arguments),
                ..f.clone()
            })
            .collect()
    };
    let names = |names: &[String]| -> Vec<String> {
        let mut kept: Vec<String> = names
            .iter()
            .filter(|n| visible.contains(n.as_str()))
            .cloned()
            .collect();
        kept.sort_unstable();
        kept
    };
    let mut types: Vec<TypeDefinition> = sdl::types(supergraph)
        .filter(|ty| visible.contains(sdl::name_of(ty)))
        .cloned()
        .collect();
    for ty in &mut types {
        match ty {
            TypeDefinition::Scalar(t) => t.directives = kept(&t.directives),
            TypeDefinition::Object(t) => {
                t.directives = kept(&t.directives);
                t.fields = fields(&t.fields);
                t.implements_interfaces = names(&t.implements_interfaces);
            }
            TypeDefinition::Interface(t) => {
                t.directives = kept(&t.directives);
                t.fields = fields(&t.fields);
                t.implements_interfaces = names(&t.implements_interfaces);
            }
            TypeDefinition::Union(t) => {
                t.directives = kept(&t.directives);
                t.types = names(&t.types);
            }
            TypeDefinition::Enum(t) => {
                t.directives = kept(&t.directives);
                t.values.retain(|v| !is_hidden(&v.directives));
                for value in &mut t.values {
                    value.directives = kept(&value.directives);
                }
            }
            TypeDefinition::InputObject(t) => {
                t.directives = kept(&t.directives);
                t.fields = inputs(&t.fields);
            }
        }
    }
    types
}

/// Types that only the arguments of directives name (`CacheControlScope`): clients see neither.
fn types_of_directives_only(supergraph: &Document) -> HashSet<&str> {
    let mut only: HashSet<&str> = directive_definitions(supergraph)
        .flat_map(|directive| &directive.arguments)
        .map(|argument| sdl::base_name(&argument.value_type))
        .collect();
    for ty in sdl::types(supergraph) {
        let (fields, inputs): (&[Field], &[InputValue]) = match ty {
            TypeDefinition::Object(t) => (&t.fields, &[]),
            TypeDefinition::Interface(t) => (&t.fields, &[]),
            TypeDefinition::InputObject(t) => (&[], &t.fields),
            _ => (&[], &[]),
        };
        for field in fields {
            only.remove(sdl::base_name(&field.field_type));
        }
        for input in fields.iter().flat_map(|f| &f.arguments).chain(inputs) {
            only.remove(sdl::base_name(&input.value_type));
        }
    }
    only.retain(|name| !sdl::BUILT_IN_SCALARS.contains(name));
    only
}

/// The demands that are used anywhere, and the directives that operations may carry.
fn visible_directives(
    supergraph: &Document,
    types: &[TypeDefinition],
) -> Result<Vec<DirectiveDefinition>, LoadError> {
    let mut used: HashSet<&str> = HashSet::new();
    for ty in types {
        used.extend(sdl::directives_of(ty).iter().map(|d| d.name.as_str()));
        let fields: &[Field] = match ty {
            TypeDefinition::Object(t) => &t.fields,
            TypeDefinition::Interface(t) => &t.fields,
            _ => &[],
        };
        used.extend(
            fields
                .iter()
                .flat_map(|f| &f.directives)
                .map(|d| d.name.as_str()),
        );
    }
    let demands = sdl::parse(DEMANDS).map_err(LoadError::Parse)?;
    let mut shown: Vec<DirectiveDefinition> = directive_definitions(&demands)
        .filter(|d| used.contains(d.name.as_str()))
        .cloned()
        .collect();
    for definition in directive_definitions(supergraph) {
        let of_operations = |l: &DirectiveLocation| {
            l.is_query() || matches!(l, DirectiveLocation::VariableDefinition)
        };
        let built_in = introspection_types::BUILT_IN_DIRECTIVES.contains(&definition.name.as_str());
        if !built_in && definition.locations.iter().any(of_operations) {
            shown.push(DirectiveDefinition {
                locations: definition
                    .locations
                    .iter()
                    .filter(|l| of_operations(l))
                    .cloned()
                    .collect(),
                ..definition.clone()
            });
        }
    }
    shown.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(shown)
}

fn directive_definitions(document: &Document) -> impl Iterator<Item = &DirectiveDefinition> {
    document
        .definitions
        .iter()
        .filter_map(|definition| match definition {
            Definition::DirectiveDefinition(directive) => Some(directive),
            _ => None,
        })
}
