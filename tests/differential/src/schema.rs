//! A schema as the reference evaluation sees it: plain maps by name, read from a document. It shares
//! nothing with the gateway's own index, so that a mistake there is not repeated here.

use std::collections::{BTreeMap, BTreeSet};

use graphql_tools::parser::query::parse_query;
use graphql_tools::static_graphql::query::{
    Definition as Asked, OperationDefinition, SelectionSet,
};
use graphql_tools::static_graphql::schema::{
    Definition, Directive, Document, Field as AstField, InputValue, Type, TypeDefinition, Value,
};

/// The scalars of every schema.
pub const SCALARS: [&str; 5] = ["Boolean", "Float", "ID", "Int", "String"];

/// A schema: of a subgraph, or the one that clients see.
pub struct Schema {
    /// Types by name.
    pub types: BTreeMap<String, Ty>,
    /// The definitions, for validating operations.
    pub document: Document,
}

/// What kind of type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A leaf.
    Scalar,
    /// A leaf of a closed list.
    Enum,
    /// Something with fields.
    Object,
    /// An abstract type with fields.
    Interface,
    /// An abstract type without.
    Union,
    /// A structured input.
    Input,
}

/// A named type.
pub struct Ty {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// Fields of an object or interface.
    pub fields: BTreeMap<String, Field>,
    /// The object types a value may be of.
    pub possible: BTreeSet<String>,
    /// The interfaces it implements.
    pub interfaces: BTreeSet<String>,
    /// Values of an enum.
    pub values: Vec<String>,
    /// Fields of an input.
    pub inputs: BTreeMap<String, Input>,
    /// `@oneOf`.
    pub one_of: bool,
    /// An object that stands for all implementations of an interface of that name.
    pub interface_object: bool,
    /// The field sets of its `@key`s; those with `resolvable: false` too.
    pub keys: Vec<SelectionSet>,
    /// Whether `_entities` gives it.
    pub resolvable: bool,
}

/// A field.
pub struct Field {
    /// Its type.
    pub ty: Type,
    /// Its arguments.
    pub args: BTreeMap<String, Input>,
    /// `@external`: known here only where it is provided.
    pub external: bool,
    /// `@override`: which subgraph gives it up.
    pub taken_from: Option<String>,
    /// What it provides of what is external.
    pub provides: Option<SelectionSet>,
    /// What its representation must bring.
    pub requires: Option<SelectionSet>,
}

/// An argument or input field.
#[derive(Clone)]
pub struct Input {
    /// Its type.
    pub ty: Type,
    /// Its default.
    pub default: Option<Value>,
}

/// The name inside all wrappers.
#[must_use]
pub fn base(ty: &Type) -> &str {
    match ty {
        Type::NamedType(name) => name,
        Type::ListType(inner) | Type::NonNullType(inner) => base(inner),
    }
}

/// A field set as a selection.
///
/// # Panics
/// When it is none: the composer has refused such a one before.
#[must_use]
pub fn field_set(text: &str) -> SelectionSet {
    let document = parse_query::<String>(&format!("{{ {text} }}"))
        .expect("a field set")
        .into_static();
    match document.definitions.into_iter().next() {
        Some(Asked::Operation(OperationDefinition::SelectionSet(set))) => set,
        _ => panic!("no field set: {text}"),
    }
}

impl Schema {
    /// Reads a document. A subgraph's gets `_entities`, as its server would offer it.
    ///
    /// # Panics
    /// On extensions of types, which nobody here writes.
    #[must_use]
    pub fn read(mut document: Document, subgraph: bool) -> Self {
        let mut types: BTreeMap<String, Ty> = BTreeMap::new();
        for name in SCALARS {
            types.insert(name.to_owned(), Ty::new(name, Kind::Scalar));
        }
        if subgraph {
            offer_entities(&mut document);
        }
        for definition in &document.definitions {
            match definition {
                Definition::TypeDefinition(definition) => {
                    let ty = type_of(definition);
                    types.insert(ty.name.clone(), ty);
                }
                Definition::TypeExtension(_) => panic!("no extensions here"),
                _ => {}
            }
        }
        let mut possible: Vec<(String, String)> = Vec::new();
        for ty in types.values().filter(|ty| ty.kind == Kind::Object) {
            possible.push((ty.name.clone(), ty.name.clone()));
            for interface in &ty.interfaces {
                possible.push((interface.clone(), ty.name.clone()));
            }
        }
        for (of, object) in possible {
            if let Some(ty) = types.get_mut(&of) {
                ty.possible.insert(object);
            }
        }
        Self { types, document }
    }

    /// A type.
    ///
    /// # Panics
    /// When there is none of that name.
    #[must_use]
    pub fn ty(&self, name: &str) -> &Ty {
        let ty = self.types.get(name);
        ty.unwrap_or_else(|| panic!("no type {name}"))
    }

    /// The name by which this schema calls an object of this type: its own, or the interface object that
    /// stands for it; none when it does not know it.
    #[must_use]
    pub fn name_of<'a>(
        &'a self,
        object: &'a str,
        catalogue: &BTreeMap<String, BTreeSet<String>>,
    ) -> Option<&'a str> {
        if self
            .types
            .get(object)
            .is_some_and(|ty| ty.kind == Kind::Object)
        {
            return Some(object);
        }
        let interfaces = catalogue.get(object)?;
        interfaces.iter().find_map(|name| {
            let ty = self.types.get(name)?;
            ty.interface_object.then_some(ty.name.as_str())
        })
    }

    /// Whether a fragment on `condition` applies to an object that this schema calls `name`.
    #[must_use]
    pub fn applies(&self, condition: &str, name: &str) -> bool {
        condition == name
            || self
                .types
                .get(condition)
                .is_some_and(|ty| ty.possible.contains(name))
    }
}

impl Ty {
    fn new(name: &str, kind: Kind) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            fields: BTreeMap::new(),
            possible: BTreeSet::new(),
            interfaces: BTreeSet::new(),
            values: Vec::new(),
            inputs: BTreeMap::new(),
            one_of: false,
            interface_object: false,
            keys: Vec::new(),
            resolvable: false,
        }
    }
}

fn marked<'a>(directives: &'a [Directive], name: &str) -> Option<&'a Directive> {
    directives.iter().find(|directive| directive.name == name)
}

fn text<'a>(directive: &'a Directive, argument: &str) -> Option<&'a str> {
    directive
        .arguments
        .iter()
        .find_map(|(name, value)| match value {
            Value::String(text) if name == argument => Some(text.as_str()),
            _ => None,
        })
}

fn type_of(definition: &TypeDefinition) -> Ty {
    match definition {
        TypeDefinition::Scalar(scalar) => Ty::new(&scalar.name, Kind::Scalar),
        TypeDefinition::Enum(of) => Ty {
            values: of.values.iter().map(|value| value.name.clone()).collect(),
            ..Ty::new(&of.name, Kind::Enum)
        },
        TypeDefinition::Union(union) => Ty {
            possible: union.types.iter().cloned().collect(),
            ..Ty::new(&union.name, Kind::Union)
        },
        TypeDefinition::InputObject(input) => Ty {
            inputs: inputs(&input.fields),
            one_of: marked(&input.directives, "oneOf").is_some(),
            ..Ty::new(&input.name, Kind::Input)
        },
        TypeDefinition::Object(object) => Ty {
            fields: object.fields.iter().map(field).collect(),
            interfaces: object.implements_interfaces.iter().cloned().collect(),
            ..keyed(&object.name, Kind::Object, &object.directives)
        },
        TypeDefinition::Interface(interface) => Ty {
            fields: interface.fields.iter().map(field).collect(),
            interfaces: interface.implements_interfaces.iter().cloned().collect(),
            ..keyed(&interface.name, Kind::Interface, &interface.directives)
        },
    }
}

fn keyed(name: &str, kind: Kind, directives: &[Directive]) -> Ty {
    let mut ty = Ty::new(name, kind);
    ty.interface_object = marked(directives, "interfaceObject").is_some();
    for key in directives
        .iter()
        .filter(|directive| directive.name == "key")
    {
        if let Some(fields) = text(key, "fields") {
            ty.keys.push(field_set(fields));
        }
        let unresolvable = ("resolvable".to_owned(), Value::Boolean(false));
        ty.resolvable |= !key.arguments.contains(&unresolvable);
    }
    ty
}

fn field(field: &AstField) -> (String, Field) {
    let set = |directive: &str| {
        let fields = text(marked(&field.directives, directive)?, "fields")?;
        Some(field_set(fields))
    };
    let taken = marked(&field.directives, "override").and_then(|directive| text(directive, "from"));
    let read = Field {
        ty: field.field_type.clone(),
        args: inputs(&field.arguments),
        external: marked(&field.directives, "external").is_some(),
        taken_from: taken.map(str::to_owned),
        provides: set("provides"),
        requires: set("requires"),
    };
    (field.name.clone(), read)
}

fn inputs(all: &[InputValue]) -> BTreeMap<String, Input> {
    let read = |input: &InputValue| Input {
        ty: input.value_type.clone(),
        default: input.default_value.clone(),
    };
    all.iter()
        .map(|input| (input.name.clone(), read(input)))
        .collect()
}

/// Adds `Query._entities` with its types, and what every server has.
fn offer_entities(document: &mut Document) {
    let mut entities = Vec::new();
    for definition in &document.definitions {
        if let Definition::TypeDefinition(definition) = definition {
            let ty = type_of(definition);
            // An interface's implementations are entities themselves.
            if ty.resolvable && ty.kind == Kind::Object {
                entities.push(ty.name);
            }
        }
    }
    let scalars = SCALARS.map(|name| format!("scalar {name} ")).concat();
    let mut added = format!(
        "{scalars} directive @skip(if: Boolean!) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT
         directive @include(if: Boolean!) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT "
    );
    if !entities.is_empty() {
        added.push_str(&format!(
            "scalar _Any union _Entity = {} type Query {{ _entities(representations: [_Any!]!): [_Entity]! }}",
            entities.join(" | ")
        ));
    }
    let added = graphql_tools::parser::parse_schema::<String>(&added)
        .expect("it stands above")
        .into_static();
    for definition in added.definitions {
        let root = document
            .definitions
            .iter_mut()
            .find_map(|known| match known {
                Definition::TypeDefinition(TypeDefinition::Object(object))
                    if object.name == "Query" =>
                {
                    Some(object)
                }
                _ => None,
            });
        match (definition, root) {
            (Definition::TypeDefinition(TypeDefinition::Object(query)), Some(root)) => {
                root.fields.extend(query.fields)
            }
            (definition, _) => document.definitions.push(definition),
        }
    }
}
