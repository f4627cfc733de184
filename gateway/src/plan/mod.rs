//! From an operation to a plan: everything about a request that depends on its document only.
//!
//! A [`Plan`] is made once per document, operation, schema generation and
//! [`Variant`](crate::authorise::Variant), and kept ([`cache`]). It holds the fetches as nodes of a
//! graph whose edges are true data dependencies, each with its request prepared up to the values, the
//! expected [`Shape`] of each answer, and the [`Projection`] that writes the client's answer. Executing
//! it computes nothing about the schema.
//!
//! The way there: [`input`] makes the planner's input (what is refused, skipped or introspection is
//! cut first; one operation per root field of a mutation); a [`Planner`] answers with a
//! [`FetchGraph`]; [`compile`] gives every value a place in memory ([`layout`]) and resolves all names;
//! [`projection`] compiles the client's selection against the same layout, and knows of each personal
//! value whom it concerns ([`subjects`]).

mod brings;
pub mod cache;
pub mod compile;
pub mod deferred;
pub mod graph;
pub mod hive;
pub mod input;
pub mod layout;
mod marks;
pub mod projection;
mod represented;
mod shared;
pub mod subjects;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use graphql_tools::static_graphql::query::Field as AstField;

use crate::authorise::Variant;
use crate::operation::{Operation, OperationKind, Variables};
use crate::supergraph::{Supergraph, TypeId};
pub use brings::{Brings, Way};
pub use deferred::Deferred;
pub use graph::{FetchGraph, FetchId, Planner};
pub use layout::LayoutId;
pub use projection::Projection;

/// Why no plan could be made. The texts name schema elements only and stay in the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The planner found no way, or gave up.
    #[error("the planner failed: {0}")]
    Planner(String),
    /// The projection would be too large.
    #[error("the operation expands to too many fields")]
    TooLarge,
    /// Too many others are being planned.
    #[error("too many operations are being planned")]
    Busy,
}

/// A compiled operation.
#[derive(Debug)]
pub struct Plan {
    /// The operation it executes.
    pub operation: Arc<Operation>,
    /// The number of slots of each layout.
    pub sizes: Vec<u32>,
    /// The layout of the root object.
    pub root: LayoutId,
    /// Expected shapes of answers.
    pub shapes: Vec<Shape>,
    /// The fetches; which waits for which they say themselves.
    pub fetches: Vec<PlannedFetch>,
    /// How the answer is written.
    pub projection: Projection,
    /// Where fields were refused: response names, lists without a step.
    pub cuts: Vec<Vec<Arc<str>>>,
    /// The coordinates of the refused fields, each once.
    pub refused: Vec<Arc<str>>,
    /// The introspection fields of the root, conditions applied and fragments inlined.
    pub introspection: Vec<AstField>,
    /// When all of it is public: the seconds it may be kept.
    pub public: Option<u32>,
    /// All of it is public and nothing was refused: equal requests at the same time may be one.
    pub shared: bool,
    /// How long answers were of late, so that the next is written into a buffer of its size.
    pub expected: Expectation,
    /// How many nodes their arenas had.
    pub nodes: Expectation,
    /// What is told after the rest, each after what it stands in.
    pub deferred: Vec<Deferred>,
    /// Whether each fetch is for the first answer; the others are run after it.
    pub first: Vec<bool>,
    /// How often it was found again, for choosing what to prepare when the schema changes.
    pub uses: AtomicU64,
}

/// The largest of late, forgotten little by little, so that one giant is not expected for ever.
#[derive(Debug, Default)]
pub struct Expectation(AtomicUsize);

impl Expectation {
    /// What to make ready for the next.
    #[must_use]
    pub fn next(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Another one was this large.
    pub fn saw(&self, size: usize) {
        let known = self.next();
        let next = size.max(known - known / 16);
        // Most of the time nothing changes, and then other workers' copies stay good.
        if next != known {
            self.0.store(next, Ordering::Relaxed);
        }
    }
}

impl Plan {
    /// The fetch whose answers are the events of a subscription; none for other operations, and when
    /// the caller may not have it.
    #[must_use]
    pub fn source(&self) -> Option<FetchId> {
        if self.operation.kind != OperationKind::Subscription {
            return None;
        }
        self.fetches
            .iter()
            .position(|fetch| matches!(&fetch.target, Target::Root { path, .. } if path.is_empty()))
    }
}

/// What an answer of a subgraph looks like at one place.
#[derive(Debug, Default)]
pub struct Shape {
    /// Where its values are kept.
    pub layout: LayoutId,
    /// The expected keys in the order of the request.
    pub fields: Vec<ShapeField>,
    /// Positions in `fields`, sorted by key.
    pub sorted: Vec<u32>,
    /// Each object is asked for its type, whatever it is.
    pub says_type: bool,
}

impl Shape {
    /// The position of a key's field.
    #[must_use]
    pub fn find(&self, key: &[u8]) -> Option<usize> {
        let of = |at: &u32| self.fields[*at as usize].key().cmp(key);
        let at = self.sorted.binary_search_by(of).ok()?;
        Some(self.sorted[at] as usize)
    }
}

/// An expected key.
#[derive(Debug)]
pub struct ShapeField {
    /// The key in quotes, as servers write it.
    quoted: Box<[u8]>,
    /// Where its value is kept.
    pub slot: u32,
    /// What the value is.
    pub expect: Expect,
}

impl ShapeField {
    /// An expected key, its place and what it holds.
    #[must_use]
    pub fn new(key: &str, slot: u32, expect: Expect) -> Self {
        Self {
            quoted: [b"\"", key.as_bytes(), b"\""].concat().into(),
            slot,
            expect,
        }
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        let quoted = &self.quoted;
        quoted.get(1..quoted.len() - 1).unwrap_or_default()
    }

    /// The key in quotes, as servers write it.
    #[inline]
    #[must_use]
    pub fn quoted(&self) -> &[u8] {
        &self.quoted
    }
}

/// What an expected value is; lists are entered wherever they occur.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// A scalar, or any JSON (custom scalars).
    Leaf,
    /// The name of a type.
    Typename,
    /// Objects of this shape.
    Object(usize),
}

/// A fetch, prepared.
#[derive(Debug)]
pub struct PlannedFetch {
    /// The subgraph's place.
    pub subgraph: usize,
    /// Its name.
    pub service: Arc<str>,
    /// Whether it is a mutation.
    pub mutation: bool,
    /// The request's body up to the variables: `{"query":"…"`.
    pub prefix: Box<[u8]>,
    /// The client's variables it uses: position, and `"name":`.
    pub variables: Vec<(usize, Box<[u8]>)>,
    /// The shape of `data`.
    pub shape: usize,
    /// The slots it fills, by layout, sorted.
    pub fills: Box<[(u32, u32)]>,
    /// The same as a tree from the root, with the types of whose objects it fills them.
    pub brings: Vec<Brings>,
    /// Where the answer belongs.
    pub target: Target,
    /// Positions of variables and the values they must have.
    pub conditions: Vec<(usize, bool)>,
    /// How many fetches it waits for.
    pub waits_for: usize,
    /// The fetches that wait for it.
    pub then: Vec<FetchId>,
    /// Those of them that read what it brings. The others only come after it: a mutation does not live on the one
    /// before.
    pub feeds: Vec<FetchId>,
    /// Every coordinate in it is public.
    pub public: bool,
    /// How its answer may be kept.
    pub cache: Option<CacheRule>,
    /// Types whose kept entries are stale after it.
    pub invalidates: Vec<Arc<str>>,
    /// How long its answers were of late, so that the next is read into a buffer of its size.
    pub expected: Expectation,
}

impl PlannedFetch {
    /// Whether its conditions hold.
    #[must_use]
    pub fn applies(&self, variables: &Variables) -> bool {
        let mut conditions = self.conditions.iter();
        conditions.all(|(variable, value)| variables.is_true(*variable) == *value)
    }

    /// Whether it is to bring the value at the end of a way.
    #[must_use]
    pub fn brings(&self, way: &Way) -> bool {
        Brings::reach(&self.brings, way)
    }
}

/// How an answer may be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheRule {
    /// Seconds.
    pub max_age: u32,
    /// The names of the object types in it.
    pub tags: Vec<Arc<str>>,
}

/// Where an answer belongs.
#[derive(Debug)]
pub enum Target {
    /// Into every object at a path; the root when it is empty.
    Root {
        /// Where.
        path: Vec<Step>,
        /// The response names it fills, for errors.
        keys: Vec<Arc<str>>,
    },
    /// Into the objects that were represented.
    Entities {
        /// The lists of representations.
        inputs: Vec<Input>,
        /// The `_entities` fields.
        sets: Vec<Set>,
    },
}

/// A list of representations.
#[derive(Debug)]
pub struct Input {
    /// `"variable":`
    pub label: Box<[u8]>,
    /// Whose objects are represented.
    pub paths: Vec<Vec<Step>>,
    /// What a representation holds.
    pub template: Template,
    /// `__typename` (as JSON) of a representation whose object is of one of these types.
    pub typenames: Vec<Renamed>,
}

/// Types whose representations bear another name, and that name as JSON.
pub type Renamed = (Box<[TypeId]>, Box<[u8]>);

/// An `_entities` field.
#[derive(Debug)]
pub struct Set {
    /// Its response name.
    pub alias: Arc<str>,
    /// Its slot in `data`.
    pub slot: u32,
    /// Its representations.
    pub input: usize,
    /// The shape of one entity.
    pub shape: usize,
    /// Whether other fetches write inside what it brings for some of its places only, so that these must not share it.
    pub copies: bool,
}

/// A step into the answer; lists are entered without a step.
#[derive(Debug, Clone)]
pub enum Step {
    /// Into a field.
    Key {
        /// Its slot.
        slot: u32,
        /// Its response name.
        name: Arc<str>,
    },
    /// Only objects of these types (and objects that do not say).
    Types(Box<[TypeId]>),
}

/// What a representation holds of an object.
#[derive(Debug, Default)]
pub struct Template {
    /// Its fields in order.
    pub fields: Vec<TemplateField>,
}

/// A field of a representation.
#[derive(Debug)]
pub struct TemplateField {
    /// Only for objects of these types.
    pub types: Option<Box<[TypeId]>>,
    /// `"key":`
    pub label: Box<[u8]>,
    /// Equal for fields with the same key.
    pub key: u32,
    /// Where the value is kept; none: nothing ever fetches it.
    pub slot: Option<u32>,
    /// Whether it is `__typename`.
    pub typename: bool,
    /// What is taken of the object inside.
    pub inside: Option<Template>,
}

/// Makes the plan of an operation for one variant. CPU-bound and possibly panicking (the planner
/// crate): runs off the event loop, where a panic is caught.
///
/// # Errors
/// When there is no plan; see [`PlanError`].
pub fn make(
    operation: &Arc<Operation>,
    variant: &Variant,
    supergraph: &Supergraph,
    planner: &dyn Planner,
) -> Result<Plan, PlanError> {
    let hidden = subjects::Hidden::of(operation);
    let input = input::input(operation, variant, &supergraph.schema, &hidden);
    let mut graph = FetchGraph::default();
    for part in &input.operations {
        let planned = planner.plan(part)?;
        match operation.kind {
            OperationKind::Mutation => graph.append_in_series(planned),
            OperationKind::Query | OperationKind::Subscription => graph.append(planned),
        }
    }
    let mut compiled = compile::compile(graph, operation, supergraph)?;
    let projected = projection::compile(
        operation,
        variant,
        &supergraph.schema,
        &mut compiled.layouts,
        &hidden,
    )?;
    let first = match projected.deferred.is_empty() {
        true => vec![true; compiled.fetches.len()],
        false => first(&projected, &compiled),
    };
    let deferred: Vec<Deferred> = projected
        .deferred
        .into_iter()
        .map(|(mut part, way)| {
            let (fetches, layouts) = (&compiled.fetches, &compiled.layouts);
            let program = part.program;
            part.fetches = deferred::needed(&projected.projection, program, &way, fetches, layouts);
            part
        })
        .collect();
    let public = compiled.public
        && deferred.is_empty()
        && projected.cuts.is_empty()
        && projected.projection.marks.is_empty()
        && input.introspection.is_empty();
    Ok(Plan {
        operation: operation.clone(),
        sizes: compiled.layouts.sizes(),
        root: compiled.root,
        shapes: compiled.shapes,
        public: public.then_some(compiled.max_age).flatten(),
        shared: public && operation.kind == OperationKind::Query,
        fetches: compiled.fetches,
        projection: projected.projection,
        cuts: projected.cuts,
        refused: projected.refused,
        introspection: input.introspection,
        deferred,
        first,
        expected: Expectation::default(),
        nodes: Expectation::default(),
        uses: AtomicU64::new(0),
    })
}

/// Whether each fetch is for the first answer.
fn first(projected: &projection::Projected, compiled: &compile::Compiled) -> Vec<bool> {
    let projection = &projected.projection;
    let (fetches, layouts) = (&compiled.fetches, &compiled.layouts);
    let needed = deferred::needed(projection, projection.root, &[], fetches, layouts);
    let mut first = vec![false; fetches.len()];
    for id in needed {
        first[id] = true;
    }
    first
}
