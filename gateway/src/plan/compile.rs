//! From a fetch graph to prepared fetches: names become slots, stages become data dependencies.
//!
//! Two passes. The first gives every value that any fetch writes a place in a layout, and makes the
//! layouts of all places where entities of one fetch are merged one. The second, when slots are final,
//! builds shapes and templates and notes which slots each fetch reads and writes: a fetch waits for an
//! earlier one exactly when it reads what that one writes.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::brings;
use super::graph::{Fetch, FetchGraph, Output, PathStep, Source};
use super::layout::{LayoutId, Layouts, TYPENAME};
use super::marks::Marks;
use super::shared;
use super::{Expect, Expectation, PlanError, PlannedFetch, Shape, ShapeField, Target};
use crate::error::write_json_string;
use crate::operation::{Operation, OperationKind};
use crate::supergraph::{SchemaIndex, Supergraph};

/// The fetches of a plan and where their values are kept.
#[derive(Debug)]
pub struct Compiled {
    /// All layouts; the projection may still add keys that nothing fetches.
    pub layouts: Layouts,
    /// The layout of the root object.
    pub root: LayoutId,
    /// Shapes by position.
    pub shapes: Vec<Shape>,
    /// Fetches by position.
    pub fetches: Vec<PlannedFetch>,
    /// Whether every fetch is public.
    pub public: bool,
    /// The shortest time any answer may be kept; none when one may not.
    pub max_age: Option<u32>,
}

/// A place in memory: a slot of a layout.
type Place = (LayoutId, u32);

/// Compiles a fetch graph.
///
/// # Errors
/// When the graph names what the schema does not have.
pub fn compile(
    graph: FetchGraph,
    operation: &Operation,
    supergraph: &Supergraph,
) -> Result<Compiled, PlanError> {
    let mut layouts = Layouts::default();
    let root = layouts.create();
    let outputs: Vec<Vec<LayoutId>> = graph
        .fetches
        .iter()
        .map(|fetch| declare_fetch(&mut layouts, root, fetch))
        .collect();
    let schema = &supergraph.schema;
    let places = (root, outputs.as_slice());
    let brings = brings::brings(&graph, places, operation.kind, &layouts, schema)?;
    let mut compiler = Compiler {
        layouts,
        root,
        shapes: Vec::new(),
        schema,
        reads: Vec::new(),
        writes: Vec::new(),
        typed: Vec::new(),
    };
    let mut fetches = Vec::with_capacity(graph.fetches.len());
    for ((fetch, outputs), brings) in graph.fetches.iter().zip(&outputs).zip(brings) {
        let fetch = compiler.fetch(fetch, outputs, operation, supergraph)?;
        fetches.push(PlannedFetch { brings, ..fetch });
    }
    compiler.depend(&graph, &mut fetches);
    compiler.wait_for_types(&graph, &mut fetches);
    shared::copies(&graph, &outputs, &compiler.layouts, &mut fetches);
    let public = fetches.iter().all(|fetch| fetch.public);
    let max_age = fetches
        .iter()
        .map(|fetch| fetch.cache.as_ref().map(|rule| rule.max_age))
        .min()
        .flatten();
    Ok(Compiled {
        root: compiler.layouts.find(root),
        layouts: compiler.layouts,
        shapes: compiler.shapes,
        fetches,
        public,
        max_age,
    })
}

/// Renames that may still apply: the keys yet to come, and the new name.
pub(super) type Renames<'a> = Vec<(&'a [String], &'a str)>;

pub(super) fn renames_of(all: &[super::graph::Rename]) -> Renames<'_> {
    all.iter()
        .map(|rename| (rename.path.as_slice(), rename.to.as_str()))
        .collect()
}

/// The name under which a key is kept, and the renames inside it.
pub(super) fn step<'a>(renames: &Renames<'a>, key: &'a str) -> (&'a str, Renames<'a>) {
    let mut name = key;
    let mut inside = Vec::new();
    for (path, to) in renames {
        match path {
            [last] if last == key => name = to,
            [first, rest @ ..] if first == key && !rest.is_empty() => inside.push((rest, *to)),
            _ => {}
        }
    }
    (name, inside)
}

/// First pass over a fetch: the layouts of what it brings (one per entity set).
fn declare_fetch(layouts: &mut Layouts, root: LayoutId, fetch: &Fetch) -> Vec<LayoutId> {
    match &fetch.source {
        Source::Root {
            path,
            output,
            renames,
        } => {
            let at = descend(layouts, root, path);
            declare(layouts, output, at, &renames_of(renames));
            vec![at]
        }
        Source::Entities(sets) => sets
            .iter()
            .map(|set| {
                let entity = layouts.create();
                declare(layouts, &set.output, entity, &renames_of(&set.renames));
                for path in &set.paths {
                    let at = descend(layouts, root, path);
                    layouts.unify(at, entity);
                }
                entity
            })
            .collect(),
    }
}

fn descend(layouts: &mut Layouts, root: LayoutId, path: &[PathStep]) -> LayoutId {
    path.iter().fold(root, |at, step| match step {
        PathStep::Key(key) => layouts.child(at, key),
        PathStep::Types(_) => at,
    })
}

fn declare<'a>(layouts: &mut Layouts, outputs: &'a [Output], at: LayoutId, renames: &Renames<'a>) {
    for output in outputs {
        match output {
            Output::Field { key, children, .. } => {
                let (name, inside) = step(renames, key);
                layouts.key(at, name);
                if !children.is_empty() {
                    let child = layouts.child(at, name);
                    declare(layouts, children, child, &inside);
                }
            }
            Output::On { children, .. } => declare(layouts, children, at, renames),
        }
    }
}

pub(super) struct Compiler<'a> {
    pub(super) layouts: Layouts,
    pub(super) root: LayoutId,
    shapes: Vec<Shape>,
    pub(super) schema: &'a SchemaIndex,
    reads: Vec<HashSet<Place>>,
    writes: Vec<HashSet<Place>>,
    /// Where each fetch looks at the types of objects.
    pub(super) typed: Vec<HashSet<LayoutId>>,
}

impl Compiler<'_> {
    fn fetch(
        &mut self,
        fetch: &Fetch,
        outputs: &[LayoutId],
        operation: &Operation,
        supergraph: &Supergraph,
    ) -> Result<PlannedFetch, PlanError> {
        self.reads.push(HashSet::new());
        self.writes.push(HashSet::new());
        self.typed.push(HashSet::new());
        let mut prefix = b"{\"query\":".to_vec();
        write_json_string(&mut prefix, &fetch.text);
        let position = |name: &str| operation.variables.iter().position(|v| *v.name == *name);
        let variables = fetch
            .variables
            .iter()
            .filter_map(|name| Some((position(name)?, label(name))))
            .collect();
        let conditions = fetch
            .conditions
            .iter()
            .filter_map(|(name, value)| Some((position(name)?, *value)))
            .collect();
        let schema = self.schema;
        // The source of a subscription: its answers are events, each of which comes once.
        let source = operation.kind == OperationKind::Subscription
            && matches!(&fetch.source, Source::Root { path, .. } if path.is_empty());
        let root_type = if fetch.mutation {
            schema.mutation()
        } else if source {
            schema.subscription()
        } else {
            Some(schema.query())
        };
        let mut marks = Marks::new(schema);
        let mut invalidates = BTreeSet::new();
        let (shape, target) = match &fetch.source {
            Source::Root {
                path,
                output,
                renames,
            } => {
                let all: Vec<&Output> = output.iter().collect();
                let shape = self.shape(&all, outputs[0], &renames_of(renames))?;
                if let Some(root_type) = root_type {
                    marks.read_root(output, root_type);
                    for field in fields(output) {
                        if let Some(info) = schema.field(root_type, field) {
                            invalidates.extend(info.invalidates.iter().cloned());
                        }
                    }
                }
                let path = self.path(path);
                let keys = keys(output);
                (shape, Target::Root { path, keys })
            }
            Source::Entities(sets) => {
                for set in sets {
                    marks.read(&set.output, schema.query());
                }
                self.entities(sets, outputs)?
            }
        };
        let public = !fetch.mutation && !source && marks.public;
        let mut fills = Vec::new();
        for (layout, slot) in self.writes.last().into_iter().flatten() {
            let layout = u32::try_from(*layout).map_err(|_| PlanError::TooLarge)?;
            fills.push((layout, *slot));
        }
        fills.sort_unstable();
        Ok(PlannedFetch {
            subgraph: fetch.subgraph,
            service: supergraph
                .subgraphs
                .get(fetch.subgraph)
                .map(|info| info.name.clone())
                .ok_or_else(|| PlanError::Planner("an unknown subgraph".to_owned()))?,
            mutation: fetch.mutation,
            prefix: prefix.into(),
            variables,
            shape,
            fills: fills.into(),
            brings: Vec::new(),
            target,
            conditions,
            waits_for: 0,
            then: Vec::new(),
            feeds: Vec::new(),
            public,
            cache: if public { marks.rule() } else { None },
            invalidates: invalidates.into_iter().collect(),
            expected: Expectation::default(),
        })
    }

    pub(super) fn read(&mut self, place: Place) {
        if let Some(reads) = self.reads.last_mut() {
            reads.insert(place);
        }
    }

    pub(super) fn shape<'o>(
        &mut self,
        outputs: &[&'o Output],
        layout: LayoutId,
        renames: &Renames<'o>,
    ) -> Result<usize, PlanError> {
        let layout = self.layouts.find(layout);
        let mut merged: Vec<(&'o str, &'o str, Vec<&'o Output>)> = Vec::new();
        let mut pending: Vec<&'o Output> = outputs.iter().rev().copied().collect();
        while let Some(output) = pending.pop() {
            match output {
                Output::On { children, .. } => pending.extend(children.iter().rev()),
                Output::Field {
                    key,
                    name,
                    children,
                    ..
                } => match merged.iter_mut().find(|(k, ..)| k == key) {
                    Some((_, _, all)) => all.extend(children),
                    None => merged.push((key, name, children.iter().collect())),
                },
            }
        }
        let mut fields = Vec::with_capacity(merged.len());
        for (key, name, children) in merged {
            let (kept, inside) = step(renames, key);
            let slot = self
                .layouts
                .slot(layout, kept)
                .ok_or_else(|| PlanError::Planner("a value without a place".to_owned()))?;
            if let Some(writes) = self.writes.last_mut() {
                writes.insert((layout, slot));
            }
            let expect = if name == "__typename" {
                Expect::Typename
            } else if children.is_empty() {
                Expect::Leaf
            } else {
                let child = self
                    .layouts
                    .child_of(layout, kept)
                    .ok_or_else(|| PlanError::Planner("an object without a layout".to_owned()))?;
                Expect::Object(self.shape(&children, child, &inside)?)
            };
            fields.push(ShapeField::new(key, slot, expect));
        }
        let asks = |output: &&Output| matches!(output, Output::Field { key, name, .. } if key == "__typename" && name == key);
        let says_type = outputs.iter().any(asks);
        let shape = self.add_shape(layout, fields);
        self.shapes[shape].says_type = says_type;
        Ok(shape)
    }

    pub(super) fn add_shape(&mut self, layout: LayoutId, fields: Vec<ShapeField>) -> usize {
        let mut sorted: Vec<u32> = (0..u32::try_from(fields.len()).unwrap_or(0)).collect();
        sorted.sort_by(|a, b| fields[*a as usize].key().cmp(fields[*b as usize].key()));
        self.shapes.push(Shape {
            layout,
            fields,
            sorted,
            says_type: false,
        });
        self.shapes.len() - 1
    }

    /// Edges: who reads what an earlier fetch writes waits for it, and a mutation for the one before.
    fn depend(&self, graph: &FetchGraph, fetches: &mut [PlannedFetch]) {
        for (id, fetch) in graph.fetches.iter().enumerate() {
            let mut needed: BTreeSet<usize> = fetch.follows.iter().copied().collect();
            for &earlier in &fetch.earlier {
                if !self.reads[id].is_disjoint(&self.writes[earlier]) {
                    needed.insert(earlier);
                    fetches[earlier].feeds.push(id);
                }
            }
            fetches[id].waits_for = needed.len();
            for earlier in needed {
                fetches[earlier].then.push(id);
            }
        }
    }

    /// More edges: behind an interface object the type of an object is what a fetch of the interface brings, and the
    /// planner lets those that are about objects of one type run beside it, when the type is not known yet.
    fn wait_for_types(&self, graph: &FetchGraph, fetches: &mut [PlannedFetch]) {
        let is_abstract = |output: &Output| match output {
            Output::On { condition, .. } => self
                .schema
                .ty(condition)
                .is_some_and(|ty| self.schema.type_info(ty).kind.is_abstract()),
            Output::Field { .. } => false,
        };
        let tells_types = |fetch: &Fetch| match &fetch.source {
            Source::Entities(sets) => sets.iter().any(|set| set.output.iter().any(is_abstract)),
            Source::Root { .. } => false,
        };
        for (teller, fetch) in graph.fetches.iter().enumerate() {
            if !tells_types(fetch) {
                continue;
            }
            for waiting in 0..fetches.len() {
                let mut typed = self.typed[waiting].iter();
                let looks = typed.any(|at| self.writes[teller].contains(&(*at, TYPENAME)));
                let known = fetches[teller].then.contains(&waiting);
                if looks && !known && !reaches(fetches, waiting, teller) {
                    fetches[waiting].waits_for += 1;
                    fetches[teller].then.push(waiting);
                    fetches[teller].feeds.push(waiting);
                }
            }
        }
    }
}

/// Whether a fetch is one, or one that waits for it.
pub(super) fn reaches(fetches: &[PlannedFetch], from: usize, to: usize) -> bool {
    let (mut seen, mut pending) = (vec![false; fetches.len()], vec![from]);
    while let Some(id) = pending.pop() {
        if id == to {
            return true;
        }
        if !std::mem::replace(&mut seen[id], true) {
            pending.extend(&fetches[id].then);
        }
    }
    false
}

/// The names of the fields at the top of a selection, through fragments.
pub(super) fn fields(outputs: &[Output]) -> Vec<&str> {
    outputs
        .iter()
        .flat_map(|output| match output {
            Output::Field { name, .. } => vec![name.as_str()],
            Output::On { children, .. } => fields(children),
        })
        .collect()
}

fn keys(outputs: &[Output]) -> Vec<Arc<str>> {
    outputs
        .iter()
        .flat_map(|output| match output {
            Output::Field { key, .. } => vec![Arc::from(key.as_str())],
            Output::On { children, .. } => keys(children),
        })
        .collect()
}

pub(super) fn json(text: &str) -> Box<[u8]> {
    let mut out = Vec::with_capacity(text.len() + 2);
    write_json_string(&mut out, text);
    out.into()
}

/// `"name":`
pub(super) fn label(name: &str) -> Box<[u8]> {
    let mut out = json(name).into_vec();
    out.push(b':');
    out.into()
}
