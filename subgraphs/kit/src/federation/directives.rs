//! Schema directives, federation's and ours, to put on async-graphql types:
//! `#[graphql(directive = key::apply("id".into(), None))]`.
//!
//! async-graphql's own federation switches are not used (they lose the index of a failed entity
//! and fail a whole request for one bad row), so federation's directives are ordinary type
//! directives here. Their definitions are taken out of the subgraph's SDL again by
//! [`crate::graph`], which also writes the `@link` header.
#![expect(
    missing_docs,
    reason = "the macro gives each directive a unit struct and an `apply` without documentation"
)]

use async_graphql::{Enum, TypeDirective};

/// Who may keep an answer (缓存范围).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(name = "CacheControlScope")]
pub enum CacheScope {
    /// Whoever asks may have it (公共).
    Public,
    /// Only who asked may have it (私有).
    Private,
}

/// An entity's key: the fields by which other subgraphs name it.
#[TypeDirective(location = "Object", location = "Interface", repeatable)]
pub fn key(fields: String, resolvable: Option<bool>) {}

/// Several subgraphs may resolve this.
#[TypeDirective(location = "Object", location = "FieldDefinition", repeatable)]
pub fn shareable() {}

/// Another subgraph owns this field; it stands here only to be named in `@requires` or `@key`.
#[TypeDirective(location = "Object", location = "FieldDefinition")]
pub fn external() {}

/// Fields of other subgraphs that this field's resolver needs.
#[TypeDirective(location = "FieldDefinition")]
pub fn requires(fields: String) {}

/// Fields of the returned entity that this subgraph can resolve on this path.
#[TypeDirective(location = "FieldDefinition")]
pub fn provides(fields: String) {}

/// This field moves here from another subgraph.
#[TypeDirective(name = "override", location = "FieldDefinition")]
pub fn overrides(from: String, label: Option<String>) {}

/// An object that stands for an entity interface of another subgraph.
#[TypeDirective(name = "interfaceObject", location = "Object")]
pub fn interface_object() {}

/// A mark for tools.
#[TypeDirective(
    location = "Object",
    location = "FieldDefinition",
    location = "Interface",
    location = "Enum",
    location = "EnumValue",
    location = "InputObject",
    location = "InputFieldDefinition",
    location = "ArgumentDefinition",
    repeatable
)]
pub fn tag(name: String) {}

/// Not part of the clients' schema.
#[TypeDirective(
    location = "Object",
    location = "FieldDefinition",
    location = "Interface",
    location = "Enum",
    location = "EnumValue",
    location = "InputObject",
    location = "InputFieldDefinition",
    location = "ArgumentDefinition"
)]
pub fn inaccessible() {}

/// The caller must be signed in.
#[TypeDirective(
    location = "Object",
    location = "FieldDefinition",
    location = "Interface",
    location = "Enum"
)]
pub fn authenticated() {}

/// The caller must hold all scopes of one of the inner lists.
#[TypeDirective(
    name = "requiresScopes",
    location = "Object",
    location = "FieldDefinition",
    location = "Interface",
    location = "Enum"
)]
pub fn requires_scopes(scopes: Vec<Vec<String>>) {}

/// All policies of one of the inner lists must hold.
#[TypeDirective(
    location = "Object",
    location = "FieldDefinition",
    location = "Interface",
    location = "Enum"
)]
pub fn policy(policies: Vec<Vec<String>>) {}

/// How long, in seconds, and for whom an answer may be kept.
#[TypeDirective(
    name = "cacheControl",
    location = "Object",
    location = "FieldDefinition"
)]
pub fn cache_control(max_age: Option<i32>, scope: Option<CacheScope>) {}

/// The object types whose kept entries are stale after this mutation.
#[TypeDirective(name = "cacheInvalidate", location = "FieldDefinition")]
pub fn cache_invalidate(types: Vec<String>) {}

/// The field carries personal data of a category; `subject` is the path from its parent to the person.
#[TypeDirective(location = "FieldDefinition")]
pub fn personal(category: String, subject: String) {}

/// The scopes a caller must hold to use this input.
#[TypeDirective(
    name = "inputScopes",
    location = "InputFieldDefinition",
    location = "ArgumentDefinition"
)]
pub fn input_scopes(scopes: Vec<Vec<String>>) {}

/// What one use of the field costs.
#[TypeDirective(
    location = "Object",
    location = "FieldDefinition",
    location = "ArgumentDefinition"
)]
pub fn cost(weight: i32) {}

/// How long a list is expected to be, and which arguments limit it.
#[TypeDirective(name = "listSize", location = "FieldDefinition")]
pub fn list_size(assumed_size: Option<i32>, slicing_arguments: Option<Vec<String>>) {}
