//! A subgraph's schema as the composer works on it: extensions folded into their types, renamed
//! federation directives under their own names and read into fields, everything else as parsed.

use graphql_tools::static_graphql::query::SelectionSet;
use graphql_tools::static_graphql::schema::{
    Directive, DirectiveDefinition, EnumValue, InputValue, Type,
};
use indexmap::{IndexMap, IndexSet};

/// A map that keeps the order of the subgraph's text.
pub(super) type Ordered<T> = IndexMap<String, T, ahash::RandomState>;

/// One subgraph.
#[derive(Debug)]
pub(super) struct Subgraph {
    pub(super) name: String,
    /// Its value in `join__Graph`.
    pub(super) graph: String,
    pub(super) url: String,
    pub(super) types: Ordered<TypeDef>,
    /// The definitions of the directives that are carried into the supergraph.
    pub(super) carried: Ordered<DirectiveDefinition>,
    /// `@link`s that bring carried directives, for the supergraph's schema definition.
    pub(super) links: Vec<Directive>,
    /// Fields that some key of their type names, at whatever depth: (type, field).
    pub(super) key_fields: IndexSet<(String, String), ahash::RandomState>,
    /// Fields that some key, `@requires`, `@provides` or interface of this subgraph uses.
    pub(super) used_fields: IndexSet<(String, String), ahash::RandomState>,
}

/// The kinds of types; an interface object is an object that stands for an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Scalar,
    Object,
    Interface,
    Union,
    Enum,
    Input,
}

impl Kind {
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Scalar => "a scalar",
            Self::Object => "an object",
            Self::Interface => "an interface",
            Self::Union => "a union",
            Self::Enum => "an enum",
            Self::Input => "an input object",
        }
    }
}

/// A type of one subgraph.
#[derive(Debug)]
pub(super) struct TypeDef {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) description: Option<String>,
    /// Declared by `extend` only, or marked `@extends`.
    pub(super) extension: bool,
    pub(super) interface_object: bool,
    pub(super) keys: Vec<Key>,
    pub(super) implements: Vec<String>,
    pub(super) fields: Ordered<FieldDef>,
    pub(super) inputs: Ordered<InputValue>,
    pub(super) members: Vec<String>,
    pub(super) values: Vec<EnumValue>,
    /// What is not read into a field of this struct: tags, demands, carried directives, ….
    pub(super) directives: Vec<Directive>,
}

/// One `@key`.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub(super) set: SelectionSet,
    pub(super) resolvable: bool,
    pub(super) on_extension: bool,
}

/// A field of an object or interface of one subgraph.
#[derive(Debug, Clone)]
pub(super) struct FieldDef {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) args: Vec<InputValue>,
    pub(super) ty: Type,
    pub(super) external: bool,
    pub(super) shareable: bool,
    pub(super) requires: Option<SelectionSet>,
    pub(super) provides: Option<SelectionSet>,
    pub(super) overrides: Option<Override>,
    pub(super) directives: Vec<Directive>,
}

/// `@override(from:, label:)`.
#[derive(Debug, Clone)]
pub(super) struct Override {
    pub(super) from: String,
    pub(super) label: Option<String>,
}

impl Subgraph {
    /// The field of a type, if both exist here.
    pub(super) fn field(&self, ty: &str, field: &str) -> Option<&FieldDef> {
        self.types.get(ty)?.fields.get(field)
    }

    pub(super) fn is_key_field(&self, ty: &str, field: &str) -> bool {
        self.key_fields.contains(&(ty.to_owned(), field.to_owned()))
    }

    pub(super) fn is_used(&self, ty: &str, field: &str) -> bool {
        self.used_fields
            .contains(&(ty.to_owned(), field.to_owned()))
    }
}

/// The root types under the names they all have in a supergraph.
pub(super) const ROOTS: [&str; 3] = ["Query", "Mutation", "Subscription"];

pub(super) fn is_root(name: &str) -> bool {
    ROOTS.contains(&name)
}
