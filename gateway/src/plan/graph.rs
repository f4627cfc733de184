//! The fetch graph: what a planner answers, in our own words.
//!
//! A planner says which subgraphs to ask, for what, at which places of the answer, and which fetches
//! may depend on which. It knows nothing of bytes, layouts or requests; [`compile`](super::compile)
//! turns a graph into a [`Plan`](super::Plan) once. Whatever planner made it, the executor sees only
//! this.

use graphql_tools::static_graphql::query::OperationDefinition;

use super::PlanError;

/// A position in [`FetchGraph::fetches`].
pub type FetchId = usize;

/// Makes a fetch graph of one operation.
///
/// The operation has no fragment definitions, no directives, no introspection and at least one
/// field. Implementations may be slow and may panic: they are called off the event loop, and a panic is
/// caught.
pub trait Planner: Send + Sync {
    /// Plans one operation.
    ///
    /// # Errors
    /// When no way is found to resolve a field, or the planner gave up.
    fn plan(&self, operation: &OperationDefinition) -> Result<FetchGraph, PlanError>;
}

/// What to ask, and what may depend on what.
#[derive(Debug, Clone, Default)]
pub struct FetchGraph {
    /// The fetches; each names in `earlier` those it may depend on, which stand before it.
    pub fetches: Vec<Fetch>,
}

/// One request to one subgraph.
#[derive(Debug, Clone)]
pub struct Fetch {
    /// The subgraph's place in the supergraph.
    pub subgraph: usize,
    /// Whether it is a mutation.
    pub mutation: bool,
    /// The operation's text.
    pub text: String,
    /// The client's variables it uses.
    pub variables: Vec<String>,
    /// What it asks for and where that belongs.
    pub source: Source,
    /// It is only run when all these variables have these values.
    pub conditions: Vec<(String, bool)>,
    /// Fetches whose answers it may need.
    pub earlier: Vec<FetchId>,
    /// Fetches that must have ended before it starts, needed or not (mutations in series).
    pub follows: Vec<FetchId>,
}

/// What a fetch asks for.
#[derive(Debug, Clone)]
pub enum Source {
    /// Fields of a root type, merged into every object at `path` (empty: the answer itself).
    Root {
        /// Where the answer belongs.
        path: Vec<PathStep>,
        /// What is selected.
        output: Vec<Output>,
        /// Keys of the answer to be taken under another name.
        renames: Vec<Rename>,
    },
    /// Entities, one set per `_entities` field of the operation.
    Entities(Vec<EntitySet>),
}

/// One `_entities` field.
#[derive(Debug, Clone)]
pub struct EntitySet {
    /// Its response name.
    pub alias: String,
    /// The variable with its representations.
    pub variable: String,
    /// The places of the answer whose objects are represented, and into which the entities are merged.
    pub paths: Vec<Vec<PathStep>>,
    /// What a representation holds: `name` is read from the object, `key` is written.
    pub requires: Vec<Output>,
    /// `__typename` of a representation whose object is of one of these types.
    pub typenames: Vec<(Vec<String>, String)>,
    /// What is selected on each entity.
    pub output: Vec<Output>,
    /// Keys of the entities to be taken under another name.
    pub renames: Vec<Rename>,
}

/// A selection of a fetch, fragments inlined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// A field.
    Field {
        /// Its response name.
        key: String,
        /// Its name in the schema.
        name: String,
        /// Its arguments as written, in one order; equal ones are equal texts.
        arguments: String,
        /// What is selected inside.
        children: Vec<Output>,
    },
    /// Selections on one type.
    On {
        /// The type.
        condition: String,
        /// The selections.
        children: Vec<Output>,
    },
}

/// A step of a path through the answer. Lists are entered without a step of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathStep {
    /// Into the field of this response name.
    Key(String),
    /// Only objects of these types.
    Types(Vec<String>),
}

/// A key of a fetch's answer that is kept under another name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rename {
    /// The response names from the root or the entity to the key, the key included.
    pub path: Vec<String>,
    /// The name it is kept under.
    pub to: String,
}

impl FetchGraph {
    /// Adds another graph that shares nothing with this one but the root.
    pub fn append(&mut self, other: Self) {
        let offset = self.fetches.len();
        for mut fetch in other.fetches {
            for id in fetch.earlier.iter_mut().chain(&mut fetch.follows) {
                *id += offset;
            }
            self.fetches.push(fetch);
        }
    }

    /// Adds another graph so that all of it runs after all of this one.
    pub fn append_in_series(&mut self, other: Self) {
        let offset = self.fetches.len();
        let before: Vec<FetchId> = (0..offset).collect();
        for mut fetch in other.fetches {
            for id in fetch.earlier.iter_mut().chain(&mut fetch.follows) {
                *id += offset;
            }
            if fetch.earlier.is_empty() {
                fetch.follows.extend(&before);
            }
            self.fetches.push(fetch);
        }
    }
}
