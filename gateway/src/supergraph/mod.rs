//! The supergraph: what all subgraphs together offer, loaded once and read by every stage.
//!
//! A supergraph is one document in the shape of Apollo's join specification v0.3. It comes from our
//! own composer ([`compose`]) or ready-made from a file. [`Supergraph::load`] turns it into three
//! views, each computed once so that no request computes anything about the schema:
//!
//! - the parsed [`document`](Supergraph::document), which the planner reads;
//! - the [`SchemaIndex`]: types by interned id, and for every coordinate what it *demands* of the
//!   caller and what may be cached;
//! - the [`ApiSchema`]: what clients see, as text, as a document to validate against, and as the
//!   answer to introspection.
//!
//! A loaded supergraph never changes. A new one takes its place as a whole, with a higher
//! generation, so that whatever was cached for the old one can be told apart.

pub mod api;
pub mod compose;
pub mod demand;
pub mod index;
mod introspect;
mod introspection_types;
pub mod print;
mod protect;
pub mod sdl;
mod subject;

use std::collections::BTreeSet;
use std::sync::Arc;

use graphql_tools::static_graphql::schema::{Definition, Document, TypeDefinition};

pub use api::ApiSchema;
pub use compose::{CompositionError, SubgraphSdl};
pub use demand::Demand;
pub use index::{
    CacheHint, FieldInfo, InputValueInfo, ListSize, Personal, SchemaIndex, SubjectField, TypeId,
    TypeInfo, TypeKind, TypeRef,
};

/// One loaded supergraph with everything derived from it.
#[derive(Debug)]
pub struct Supergraph {
    /// Counts up with every swap; part of every key under which something derived is cached.
    pub generation: u64,
    /// The supergraph SDL as given.
    pub sdl: Arc<str>,
    /// The same, parsed.
    pub document: Arc<Document>,
    /// Types, fields, demands and cache hints by interned id.
    pub schema: SchemaIndex,
    /// The clients' view.
    pub api: Arc<ApiSchema>,
    /// The subgraphs in the order of the `join__Graph` enum; a fetch names one by its position.
    pub subgraphs: Vec<SubgraphInfo>,
}

/// A subgraph as the supergraph names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubgraphInfo {
    /// The name in configuration and error answers, for example `marriage`.
    pub name: Arc<str>,
    /// Its value in the enum `join__Graph`, for example `MARRIAGE`.
    pub graph_enum: Arc<str>,
    /// Where it listens; empty when it runs in this process.
    pub url: String,
}

/// Why a supergraph document cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum LoadError {
    /// The text is not a GraphQL schema document.
    #[error("The supergraph is not a valid schema document: {0}")]
    Parse(String),
    /// The document has no enum `join__Graph`, so that no field can be located.
    #[error("The schema is not a supergraph: it has no enum join__Graph.")]
    NotASupergraph,
    /// There is no query root type.
    #[error("The supergraph has no query type.")]
    NoQuery,
    /// A field, argument, member or interface names a type that is not defined.
    #[error("{coordinate} refers to the type {name}, which the supergraph does not define.")]
    UnknownType {
        /// Where the name stands, for example `Query.division`.
        coordinate: String,
        /// The unknown name.
        name: String,
    },
    /// A type, field, argument or input field is defined twice.
    #[error("{0} is defined twice.")]
    Twice(String),
    /// A directive of ours or of the specification has arguments that do not make sense.
    #[error("{coordinate}: {reason}")]
    Directive {
        /// Where the directive stands.
        coordinate: String,
        /// What is wrong with it, one clause.
        reason: String,
    },
}

impl Supergraph {
    /// Parses a supergraph and derives all its views.
    ///
    /// # Errors
    /// A [`LoadError`] that says in one sentence what is wrong; nothing is half-loaded.
    pub fn load(sdl: &str, generation: u64) -> Result<Self, LoadError> {
        let mut document = sdl::parse(sdl).map_err(LoadError::Parse)?;
        protect::rename(&mut document)?;
        let subgraphs = subgraphs_of(&document)?;
        let schema = index::build(&document)?;
        let api = ApiSchema::from_supergraph(&document)?;
        Ok(Self {
            generation,
            sdl: sdl.into(),
            document: Arc::new(document),
            schema,
            api: Arc::new(api),
            subgraphs,
        })
    }

    /// The names of all policies that some coordinate demands, sorted.
    #[must_use]
    pub fn policies(&self) -> BTreeSet<Arc<str>> {
        let of_fields = self
            .schema
            .types()
            .flat_map(|ty| ty.fields.values().map(|field| &field.demand));
        self.schema
            .types()
            .map(|ty| &ty.demand)
            .chain(of_fields)
            .flat_map(|demand| demand.policies.iter().flatten())
            .cloned()
            .collect()
    }

    /// The position of a subgraph by its name, as fetches use it.
    #[must_use]
    pub fn subgraph(&self, name: &str) -> Option<usize> {
        self.subgraphs.iter().position(|s| &*s.name == name)
    }
}

fn subgraphs_of(document: &Document) -> Result<Vec<SubgraphInfo>, LoadError> {
    let graphs = document
        .definitions
        .iter()
        .find_map(|definition| match definition {
            Definition::TypeDefinition(TypeDefinition::Enum(e)) if e.name == "join__Graph" => {
                Some(e)
            }
            _ => None,
        })
        .ok_or(LoadError::NotASupergraph)?;
    graphs
        .values
        .iter()
        .map(|value| {
            let graph = sdl::directive(&value.directives, "join__graph");
            let name = graph.and_then(|d| sdl::string_argument(d, "name"));
            match name {
                Some(name) => Ok(SubgraphInfo {
                    name: name.into(),
                    graph_enum: value.name.as_str().into(),
                    url: graph
                        .and_then(|d| sdl::string_argument(d, "url"))
                        .unwrap_or_default()
                        .to_owned(),
                }),
                None => Err(LoadError::Directive {
                    coordinate: format!("join__Graph.{}", value.name),
                    reason: "the value has no @join__graph with a name.".to_owned(),
                }),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests;
