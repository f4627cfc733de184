//! Answering introspection from the clients' view, at the gateway, without any subgraph.
//!
//! The answer is built from the selection: a `__Type` that nobody selects costs nothing. Lists
//! within lists multiply (`types { fields { type { fields … } } }`), so a selection that nests the
//! growing lists more than [`MAX_NESTED_LISTS`] deep is refused, as `graphql-js` does too. Anybody may ask and it is
//! answered between other requests, so what one request may have of it is bounded by [`MOST_VALUES`], whatever its
//! aliases.

use graphql_tools::parser::query::{Selection, TypeCondition};
use graphql_tools::static_graphql::query::{
    Directive as UsedDirective, Field as Asked, SelectionSet,
};
use graphql_tools::static_graphql::schema::{
    Definition, Directive, DirectiveDefinition, EnumValue, Field, InputValue, SchemaDefinition,
    Type, TypeDefinition, Value as Literal,
};
use std::cell::Cell;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::{LoadError, introspection_types, print, sdl};

/// `fields`, `interfaces`, `possibleTypes` and `inputFields` may nest this deep. The standard
/// introspection query needs one.
const MAX_NESTED_LISTS: usize = 3;

/// Values of all introspection of one request: three times what the question of the whole schema that consoles and code
/// generators ask has of our own (52,440).
const MOST_VALUES: usize = 150_000;

type Variables = Map<String, Value>;

/// What one request asks of the schema.
pub struct Asking<'a> {
    schema: &'a Introspection,
    variables: &'a Variables,
    /// How many values it may still have.
    left: Cell<usize>,
}

impl Asking<'_> {
    /// The answer to a root field `__schema` or `__type` as JSON; `None` when the request asks for too much.
    #[must_use]
    pub fn answer(&self, field: &Asked) -> Option<Vec<u8>> {
        let value = self.schema.answer(field, self);
        if self.left.get() == 0 {
            return None;
        }
        serde_json::to_vec(&value).ok()
    }

    /// Takes one of the values that are left; false when none is.
    fn take(&self) -> bool {
        let left = self.left.get().saturating_sub(1);
        self.left.set(left);
        left > 0
    }
}

/// The schema as introspection tells it, `__`-types and built-in directives included.
#[derive(Debug)]
pub(crate) struct Introspection {
    schema: SchemaDefinition,
    types: IndexMap<String, TypeDefinition, ahash::RandomState>,
    directives: Vec<DirectiveDefinition>,
    /// The objects that implement an interface, by its name.
    implementations: IndexMap<String, Vec<String>, ahash::RandomState>,
}

/// Something a selection of introspection can stand on.
#[derive(Clone, Copy)]
enum Node<'a> {
    Schema,
    Named(&'a TypeDefinition),
    Wrapped(&'a Type),
    Field(&'a Field),
    Input(&'a InputValue),
    EnumValue(&'a EnumValue),
    Directive(&'a DirectiveDefinition),
}

impl Node<'_> {
    fn typename(self) -> &'static str {
        match self {
            Node::Schema => "__Schema",
            Node::Named(_) | Node::Wrapped(_) => "__Type",
            Node::Field(_) => "__Field",
            Node::Input(_) => "__InputValue",
            Node::EnumValue(_) => "__EnumValue",
            Node::Directive(_) => "__Directive",
        }
    }
}

impl Introspection {
    pub(crate) fn new(
        schema: &SchemaDefinition,
        types: &[TypeDefinition],
        directives: &[DirectiveDefinition],
    ) -> Result<Self, LoadError> {
        let own = sdl::parse(introspection_types::TYPES).map_err(LoadError::Parse)?;
        let built_in = sdl::parse(introspection_types::DIRECTIVES).map_err(LoadError::Parse)?;
        let mut by_name: IndexMap<String, TypeDefinition, ahash::RandomState> = types
            .iter()
            .chain(sdl::types(&own))
            .map(|ty| (sdl::name_of(ty).to_owned(), ty.clone()))
            .collect();
        for name in sdl::BUILT_IN_SCALARS {
            by_name.entry(name.to_owned()).or_insert_with(|| {
                let scalar =
                    graphql_tools::static_graphql::schema::ScalarType::new(name.to_owned());
                TypeDefinition::Scalar(scalar)
            });
        }
        let mut implementations: IndexMap<String, Vec<String>, ahash::RandomState> =
            IndexMap::default();
        for ty in by_name.values() {
            if let TypeDefinition::Object(object) = ty {
                for interface in &object.implements_interfaces {
                    implementations
                        .entry(interface.clone())
                        .or_default()
                        .push(object.name.clone());
                }
            }
        }
        let mut directives = directives.to_vec();
        directives.extend(built_in.definitions.into_iter().filter_map(|d| match d {
            Definition::DirectiveDefinition(directive) => Some(directive),
            _ => None,
        }));
        directives.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self {
            schema: schema.clone(),
            types: by_name,
            directives,
            implementations,
        })
    }

    /// For one request with these variables.
    pub(crate) fn asking<'a>(&'a self, variables: &'a Variables) -> Asking<'a> {
        Asking {
            schema: self,
            variables,
            left: Cell::new(MOST_VALUES),
        }
    }

    /// Answers `__schema` or `__type(name:)`. Inline fragments are understood, named fragments must
    /// have been inlined; a selection that nests too deeply is answered with null.
    fn answer(&self, field: &Asked, asking: &Asking<'_>) -> Value {
        if is_too_deep(&field.selection_set) {
            return Value::Null;
        }
        match field.name.as_str() {
            "__schema" => self.object(Node::Schema, &[&field.selection_set], asking),
            "__type" => {
                let name = argument(field, "name", asking.variables);
                match name
                    .as_ref()
                    .and_then(Value::as_str)
                    .and_then(|n| self.types.get(n))
                {
                    Some(ty) => self.object(Node::Named(ty), &[&field.selection_set], asking),
                    None => Value::Null,
                }
            }
            _ => Value::Null,
        }
    }

    fn object(&self, node: Node<'_>, sets: &[&SelectionSet], asking: &Asking<'_>) -> Value {
        // One response name may be selected several times; its selections are merged.
        let mut asked: IndexMap<&str, Vec<&Asked>> = IndexMap::new();
        for set in sets {
            gather(node.typename(), set, asking.variables, &mut asked);
        }
        let mut object = Map::with_capacity(asked.len());
        for (response_name, fields) in asked {
            let sets: Vec<&SelectionSet> = fields.iter().map(|f| &f.selection_set).collect();
            if !asking.take() {
                return Value::Null;
            }
            let value = match fields[0].name.as_str() {
                "__typename" => json!(node.typename()),
                _ => self.field(node, fields[0], &sets, asking),
            };
            object.insert(response_name.to_owned(), value);
        }
        Value::Object(object)
    }

    fn list<'a>(
        &self,
        nodes: impl IntoIterator<Item = Node<'a>>,
        sets: &[&SelectionSet],
        asking: &Asking<'_>,
    ) -> Value {
        nodes
            .into_iter()
            .map(|node| self.object(node, sets, asking))
            .collect()
    }

    fn named(&self, name: Option<&String>, sets: &[&SelectionSet], asking: &Asking<'_>) -> Value {
        match name.and_then(|name| self.types.get(name)) {
            Some(ty) => self.object(Node::Named(ty), sets, asking),
            None => Value::Null,
        }
    }

    fn type_of(&self, ty: &Type, sets: &[&SelectionSet], asking: &Asking<'_>) -> Value {
        match ty {
            Type::NamedType(name) => self.named(Some(name), sets, asking),
            wrapped => self.object(Node::Wrapped(wrapped), sets, asking),
        }
    }

    fn field(
        &self,
        node: Node<'_>,
        asked: &Asked,
        sets: &[&SelectionSet],
        asking: &Asking<'_>,
    ) -> Value {
        let deprecated = || {
            argument(asked, "includeDeprecated", asking.variables).and_then(|v| v.as_bool())
                == Some(true)
        };
        let inputs = |values: &[InputValue]| {
            let all = deprecated();
            let shown = values
                .iter()
                .filter(|v| all || deprecation(&v.directives).is_none());
            self.list(shown.map(Node::Input), sets, asking)
        };
        match (node, asked.name.as_str()) {
            (Node::Schema, "types") => {
                self.list(self.types.values().map(Node::Named), sets, asking)
            }
            (Node::Schema, "queryType") => self.named(self.schema.query.as_ref(), sets, asking),
            (Node::Schema, "mutationType") => {
                self.named(self.schema.mutation.as_ref(), sets, asking)
            }
            (Node::Schema, "subscriptionType") => {
                self.named(self.schema.subscription.as_ref(), sets, asking)
            }
            (Node::Schema, "directives") => {
                self.list(self.directives.iter().map(Node::Directive), sets, asking)
            }
            (Node::Named(ty), name) => self.type_field(ty, name, &deprecated, sets, asking),
            (Node::Wrapped(ty), "kind") => match ty {
                Type::ListType(_) => json!("LIST"),
                _ => json!("NON_NULL"),
            },
            (Node::Wrapped(Type::ListType(inner) | Type::NonNullType(inner)), "ofType") => {
                self.type_of(inner, sets, asking)
            }
            (Node::Field(f), "name") => json!(f.name),
            (Node::Field(f), "description") => json!(f.description),
            (Node::Field(f), "args") => inputs(&f.arguments),
            (Node::Field(f), "type") => self.type_of(&f.field_type, sets, asking),
            (Node::Field(f), name) => deprecation_field(&f.directives, name),
            (Node::Input(v), "name") => json!(v.name),
            (Node::Input(v), "description") => json!(v.description),
            (Node::Input(v), "type") => self.type_of(&v.value_type, sets, asking),
            (Node::Input(v), "defaultValue") => json!(v.default_value.as_ref().map(print::value)),
            (Node::Input(v), name) => deprecation_field(&v.directives, name),
            (Node::EnumValue(v), "name") => json!(v.name),
            (Node::EnumValue(v), "description") => json!(v.description),
            (Node::EnumValue(v), name) => deprecation_field(&v.directives, name),
            (Node::Directive(d), "name") => json!(d.name),
            (Node::Directive(d), "description") => json!(d.description),
            (Node::Directive(d), "isRepeatable") => json!(d.repeatable),
            (Node::Directive(d), "locations") => {
                d.locations.iter().map(|l| json!(l.as_str())).collect()
            }
            (Node::Directive(d), "args") => inputs(&d.arguments),
            _ => Value::Null,
        }
    }

    fn type_field(
        &self,
        ty: &TypeDefinition,
        name: &str,
        deprecated: &dyn Fn() -> bool,
        sets: &[&SelectionSet],
        asking: &Asking<'_>,
    ) -> Value {
        let described = |text: &Option<String>| json!(text);
        match (ty, name) {
            (_, "kind") => json!(match ty {
                TypeDefinition::Scalar(_) => "SCALAR",
                TypeDefinition::Object(_) => "OBJECT",
                TypeDefinition::Interface(_) => "INTERFACE",
                TypeDefinition::Union(_) => "UNION",
                TypeDefinition::Enum(_) => "ENUM",
                TypeDefinition::InputObject(_) => "INPUT_OBJECT",
            }),
            (_, "name") => json!(sdl::name_of(ty)),
            (TypeDefinition::Scalar(t), "description") => described(&t.description),
            (TypeDefinition::Object(t), "description") => described(&t.description),
            (TypeDefinition::Interface(t), "description") => described(&t.description),
            (TypeDefinition::Union(t), "description") => described(&t.description),
            (TypeDefinition::Enum(t), "description") => described(&t.description),
            (TypeDefinition::InputObject(t), "description") => described(&t.description),
            (TypeDefinition::Scalar(t), "specifiedByURL") => {
                let by = sdl::directive(&t.directives, "specifiedBy");
                json!(by.and_then(|d| sdl::string_argument(d, "url")))
            }
            (TypeDefinition::Object(t), "fields") => {
                self.fields(&t.fields, deprecated(), sets, asking)
            }
            (TypeDefinition::Interface(t), "fields") => {
                self.fields(&t.fields, deprecated(), sets, asking)
            }
            (TypeDefinition::Object(t), "interfaces") => {
                self.names(&t.implements_interfaces, sets, asking)
            }
            (TypeDefinition::Interface(t), "interfaces") => {
                self.names(&t.implements_interfaces, sets, asking)
            }
            (TypeDefinition::Interface(t), "possibleTypes") => {
                let objects = self
                    .implementations
                    .get(&t.name)
                    .map_or(&[][..], Vec::as_slice);
                self.names(objects, sets, asking)
            }
            (TypeDefinition::Union(t), "possibleTypes") => self.names(&t.types, sets, asking),
            (TypeDefinition::Enum(t), "enumValues") => {
                let all = deprecated();
                let shown = t
                    .values
                    .iter()
                    .filter(|v| all || deprecation(&v.directives).is_none());
                self.list(shown.map(Node::EnumValue), sets, asking)
            }
            (TypeDefinition::InputObject(t), "inputFields") => {
                let all = deprecated();
                let shown = t
                    .fields
                    .iter()
                    .filter(|v| all || deprecation(&v.directives).is_none());
                self.list(shown.map(Node::Input), sets, asking)
            }
            (TypeDefinition::InputObject(t), "isOneOf") => {
                json!(sdl::directive(&t.directives, "oneOf").is_some())
            }
            _ => Value::Null,
        }
    }

    fn fields(
        &self,
        fields: &[Field],
        all: bool,
        sets: &[&SelectionSet],
        asking: &Asking<'_>,
    ) -> Value {
        let shown = fields
            .iter()
            .filter(|f| all || deprecation(&f.directives).is_none());
        self.list(shown.map(Node::Field), sets, asking)
    }

    fn names(&self, names: &[String], sets: &[&SelectionSet], asking: &Asking<'_>) -> Value {
        let types = names.iter().filter_map(|name| self.types.get(name));
        self.list(types.map(Node::Named), sets, asking)
    }
}

/// The reason of a deprecation, when there is one.
fn deprecation(directives: &[Directive]) -> Option<&str> {
    sdl::directive(directives, "deprecated")
        .map(|d| sdl::string_argument(d, "reason").unwrap_or("No longer supported"))
}

fn deprecation_field(directives: &[Directive], name: &str) -> Value {
    match name {
        "isDeprecated" => json!(deprecation(directives).is_some()),
        "deprecationReason" => json!(deprecation(directives)),
        _ => Value::Null,
    }
}

/// Gathers the fields that apply to a node, in order, by response name.
fn gather<'a>(
    typename: &str,
    set: &'a SelectionSet,
    variables: &Variables,
    asked: &mut IndexMap<&'a str, Vec<&'a Asked>>,
) {
    for item in &set.items {
        match item {
            Selection::Field(field) if is_wanted(&field.directives, variables) => {
                let name = field.alias.as_ref().unwrap_or(&field.name);
                asked.entry(name.as_str()).or_default().push(field);
            }
            Selection::InlineFragment(fragment) if is_wanted(&fragment.directives, variables) => {
                let applies = match &fragment.type_condition {
                    None => true,
                    Some(TypeCondition::On(name)) => name == typename,
                };
                if applies {
                    gather(typename, &fragment.selection_set, variables, asked);
                }
            }
            _ => {}
        }
    }
}

/// Whether `@skip` and `@include` let a selection stand.
fn is_wanted(directives: &[UsedDirective], variables: &Variables) -> bool {
    directives.iter().all(|directive| {
        let condition = || {
            let value = sdl::argument(directive, "if").map(|v| json_of(v, variables));
            value.and_then(|v| v.as_bool()).unwrap_or(false)
        };
        match directive.name.as_str() {
            "skip" => !condition(),
            "include" => condition(),
            _ => true,
        }
    })
}

fn argument(field: &Asked, name: &str, variables: &Variables) -> Option<Value> {
    let (_, value) = field.arguments.iter().find(|(n, _)| n == name)?;
    Some(json_of(value, variables))
}

/// The arguments of introspection are strings and booleans.
fn json_of(value: &Literal, variables: &Variables) -> Value {
    match value {
        Literal::Variable(name) => variables.get(name).cloned().unwrap_or(Value::Null),
        Literal::String(text) => json!(text),
        Literal::Boolean(value) => json!(value),
        _ => Value::Null,
    }
}

/// Whether growing lists nest more than [`MAX_NESTED_LISTS`] deep.
pub(crate) fn is_too_deep(set: &SelectionSet) -> bool {
    fn nests(set: &SelectionSet, lists: usize) -> bool {
        set.items.iter().any(|item| match item {
            Selection::Field(field) => {
                let grows = matches!(
                    field.name.as_str(),
                    "fields" | "interfaces" | "possibleTypes" | "inputFields"
                );
                let lists = lists + usize::from(grows);
                lists >= MAX_NESTED_LISTS || nests(&field.selection_set, lists)
            }
            Selection::InlineFragment(fragment) => nests(&fragment.selection_set, lists),
            Selection::FragmentSpread(_) => false,
        })
    }
    nests(set, 0)
}
