//! The schema as an index: types by interned id, and what each coordinate demands and allows.
//!
//! Everything a stage may ask about the schema while it makes a plan is answered here by array
//! access. The index covers the *whole* supergraph, inaccessible parts included (they may be
//! needed to resolve a key or a `@requires`); what clients may name is the `ApiSchema`'s matter.
//! The types of introspection are part of it, so that a walk over `__schema { … }` needs no special
//! case; the federation machinery (`join__*`, `link__*`, …) is not.

mod build;
mod demands;

use std::sync::Arc;

use graphql_tools::static_graphql::schema::Value;
use indexmap::IndexMap;

pub use super::demand::Demand;
pub use super::subject::SubjectField;
pub(crate) use build::{Roots, build};

/// A map by name that keeps the order of the schema.
pub type Named<T> = IndexMap<Arc<str>, T, ahash::RandomState>;

/// An interned type: a position in the index, valid for one generation only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeId(pub(crate) u32);

impl TypeId {
    /// The position, for tables kept beside the index.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The six kinds of named types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TypeKind {
    /// A leaf with its own serialised form.
    Scalar,
    /// A type with fields.
    Object,
    /// An abstract type with fields.
    Interface,
    /// An abstract type without fields.
    Union,
    /// A leaf with a closed list of values.
    Enum,
    /// A structured input.
    InputObject,
}

impl TypeKind {
    /// Whether a selection set is needed.
    #[must_use]
    pub fn is_composite(self) -> bool {
        matches!(self, Self::Object | Self::Interface | Self::Union)
    }

    /// Whether the runtime type has to be asked for.
    #[must_use]
    pub fn is_abstract(self) -> bool {
        matches!(self, Self::Interface | Self::Union)
    }
}

/// A type with its wrappers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TypeRef {
    /// A named type, nullable.
    Named(TypeId),
    /// A list, nullable.
    List(Box<TypeRef>),
    /// What is inside, never null.
    NonNull(Box<TypeRef>),
}

impl TypeRef {
    /// The named type inside all wrappers.
    #[must_use]
    pub fn base(&self) -> TypeId {
        match self {
            Self::Named(id) => *id,
            Self::List(inner) | Self::NonNull(inner) => inner.base(),
        }
    }

    /// Whether null is excluded at the outermost level.
    #[must_use]
    pub fn is_non_null(&self) -> bool {
        matches!(self, Self::NonNull(_))
    }

    /// The same type with null allowed at the outermost level.
    #[must_use]
    pub fn nullable(&self) -> &Self {
        match self {
            Self::NonNull(inner) => inner,
            other => other,
        }
    }

    /// The item type when this is a list (nullable or not).
    #[must_use]
    pub fn item(&self) -> Option<&Self> {
        match self.nullable() {
            Self::List(item) => Some(item),
            _ => None,
        }
    }
}

/// What may be cached, by `@cacheControl`: the field's own mark, else its return type's, else its
/// parent type's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct CacheHint {
    /// Seconds an answer stays fresh; `None`: not marked or 0, nothing may be kept.
    pub max_age: Option<u32>,
    /// Whether callers may share it. Never true where the coordinate demands anything, and never
    /// without the explicit `scope: PUBLIC`.
    pub public: bool,
}

/// `@personal`: the field carries personal data of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Personal {
    /// The category, for example `MARITAL_STATUS`.
    pub category: Arc<str>,
    /// The selection from the field's parent to the person concerned, or
    /// [`TOLD_SUBJECT`](crate::contract::directive::TOLD_SUBJECT).
    pub subject: Arc<str>,
    /// The same, read; empty when the subgraph tells the persons beside its answer.
    pub path: Vec<SubjectField>,
}

impl Personal {
    /// Whether the subgraph tells the persons beside its answer.
    #[must_use]
    pub fn is_told(&self) -> bool {
        &*self.subject == crate::contract::directive::TOLD_SUBJECT
    }

    /// Whether the field shows a full value for a stated reason.
    #[must_use]
    pub fn is_reveal(&self) -> bool {
        self.category
            .starts_with(crate::contract::directive::REVEAL_CATEGORY)
    }
}

/// `@listSize`: how long a list may be expected to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListSize {
    /// The size to assume when no argument says better.
    pub assumed_size: Option<u32>,
    /// Arguments that bound the list, dotted paths into input objects allowed.
    pub slicing_arguments: Vec<Arc<str>>,
    /// Fields of the returned object to which the size applies (connections).
    pub sized_fields: Vec<Arc<str>>,
}

/// An argument or an input field.
#[derive(Debug, Clone)]
pub struct InputValueInfo {
    /// Its name.
    pub name: Arc<str>,
    /// Its type.
    pub ty: TypeRef,
    /// Its default, when one is declared.
    pub default: Option<Value>,
    /// What passing it demands (`@inputScopes`), joined with the demand of its type.
    pub demand: Demand,
    /// Its weight by `@cost`.
    pub cost: Option<u32>,
    /// Hidden from clients.
    pub inaccessible: bool,
}

impl InputValueInfo {
    /// Whether a caller must give it.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.default.is_none() && self.ty.is_non_null()
    }
}

/// A field of an object or interface.
#[derive(Debug, Clone)]
pub struct FieldInfo {
    /// Its name.
    pub name: Arc<str>,
    /// Its type.
    pub ty: TypeRef,
    /// Its arguments in the order of the schema.
    pub args: Named<InputValueInfo>,
    /// Everything that must hold before it is fetched: its own demand AND its return type's AND, on
    /// an abstract type, its counterparts' on the members AND what its `@requires` reads.
    pub demand: Demand,
    /// What may be cached.
    pub cache: CacheHint,
    /// The field's own mark, before return type and parent are looked at.
    pub(crate) own_cache: Option<CacheHint>,
    /// Names of the types whose cached entries are stale after this mutation.
    pub invalidates: Vec<Arc<str>>,
    /// Whose personal data it carries, if any.
    pub personal: Option<Personal>,
    /// Its weight by `@cost`.
    pub cost: Option<u32>,
    /// How long its list may be by `@listSize`.
    pub list_size: Option<ListSize>,
    /// Hidden from clients.
    pub inaccessible: bool,
}

/// A named type.
#[derive(Debug, Clone)]
pub struct TypeInfo {
    /// Its id, the position in the index.
    pub id: TypeId,
    /// Its name.
    pub name: Arc<str>,
    /// Its kind.
    pub kind: TypeKind,
    /// Fields of an object or interface.
    pub fields: Named<FieldInfo>,
    /// The object types a value may have: an object itself, an interface's implementations, a
    /// union's members. Sorted by id.
    pub possible_types: Vec<TypeId>,
    /// The interfaces it implements, sorted by id.
    pub interfaces: Vec<TypeId>,
    /// The values of an enum that clients may see and give, in the order of the schema.
    pub enum_values: Vec<Arc<str>>,
    /// The fields of an input object.
    pub input_fields: Named<InputValueInfo>,
    /// What having a value of the type demands; a union and an interface take their members'.
    pub demand: Demand,
    /// The type's own cache mark, if it has one.
    pub cache: Option<CacheHint>,
    /// Exactly one input field must be given (`@oneOf`).
    pub one_of: bool,
    /// Hidden from clients.
    pub inaccessible: bool,
}

impl TypeInfo {
    /// Whether some value of the type is of a type that is hidden from clients.
    #[must_use]
    pub fn hides_some(&self, schema: &SchemaIndex) -> bool {
        let possible = &self.possible_types;
        possible.iter().any(|id| schema.type_info(*id).inaccessible)
    }
}

/// All types of one supergraph.
#[derive(Debug)]
pub struct SchemaIndex {
    types: Vec<TypeInfo>,
    by_name: ahash::HashMap<Arc<str>, TypeId>,
    query: TypeId,
    mutation: Option<TypeId>,
    subscription: Option<TypeId>,
    typename: FieldInfo,
    schema_field: FieldInfo,
    type_field: FieldInfo,
}

impl SchemaIndex {
    /// The id of a type by its name.
    #[must_use]
    pub fn ty(&self, name: &str) -> Option<TypeId> {
        self.by_name.get(name).copied()
    }

    /// What is known of a type.
    #[must_use]
    pub fn type_info(&self, id: TypeId) -> &TypeInfo {
        &self.types[id.index()]
    }

    /// Every type, in the order of their ids.
    pub fn types(&self) -> impl ExactSizeIterator<Item = &TypeInfo> {
        self.types.iter()
    }

    /// The query root type.
    #[must_use]
    pub fn query(&self) -> TypeId {
        self.query
    }

    /// The mutation root type, if any.
    #[must_use]
    pub fn mutation(&self) -> Option<TypeId> {
        self.mutation
    }

    /// The subscription root type, if any.
    #[must_use]
    pub fn subscription(&self) -> Option<TypeId> {
        self.subscription
    }

    /// A field of a type, the meta-fields `__typename`, `__schema` and `__type` included.
    #[must_use]
    pub fn field(&self, parent: TypeId, name: &str) -> Option<&FieldInfo> {
        let info = self.type_info(parent);
        if let Some(field) = info.fields.get(name) {
            return Some(field);
        }
        match name {
            "__typename" if info.kind.is_composite() => Some(&self.typename),
            "__schema" if parent == self.query => Some(&self.schema_field),
            "__type" if parent == self.query => Some(&self.type_field),
            _ => None,
        }
    }

    /// What a field demands where only these object types (sorted) are reachable: on an abstract type the
    /// demands of their counterparts, each of which holds the abstract type's own; else the field's.
    #[must_use]
    pub fn demand_within(&self, parent: TypeId, field: &FieldInfo, reachable: &[TypeId]) -> Demand {
        let info = self.type_info(parent);
        let all = info.possible_types.len();
        if !info.kind.is_abstract() || reachable.is_empty() || reachable.len() >= all {
            return field.demand.clone();
        }
        let mut demand = Demand::default();
        for id in reachable {
            match self.type_info(*id).fields.get(&*field.name) {
                Some(counterpart) => demand = demand.and(&counterpart.demand),
                None => return field.demand.clone(),
            }
        }
        demand
    }

    /// The object types of `within` (sorted) that may be a value of `on`.
    #[must_use]
    pub fn narrowed(&self, within: &[TypeId], on: TypeId) -> Vec<TypeId> {
        let possible = &self.type_info(on).possible_types;
        let kept = within
            .iter()
            .filter(|id| possible.binary_search(id).is_ok());
        kept.copied().collect()
    }

    /// Whether every value of `sub` is a value of `sup`: equal, an implementation, or a member.
    #[must_use]
    pub fn is_subtype(&self, sub: TypeId, sup: TypeId) -> bool {
        sub == sup
            || self.type_info(sub).interfaces.binary_search(&sup).is_ok()
            || (self.type_info(sup).kind == TypeKind::Union
                && self
                    .type_info(sup)
                    .possible_types
                    .binary_search(&sub)
                    .is_ok())
    }

    /// Whether some object can be a value of both types (a fragment on one may apply in the other).
    #[must_use]
    pub fn may_overlap(&self, one: TypeId, other: TypeId) -> bool {
        let (a, b) = (self.type_info(one), self.type_info(other));
        a.possible_types
            .iter()
            .any(|id| b.possible_types.binary_search(id).is_ok())
    }
}
