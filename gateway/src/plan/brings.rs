//! What each request brings, and of which types: two values in one place are no plan, and what none brings is
//! not null.
//!
//! The projection asks of an empty value whether any request was to bring it ([`Brings`]): the planner forgets some, and
//! their null must not pass for an answer.
//!
//! Within one request the planner calls what one subgraph requires of another with other arguments than the
//! client by a name of its own. Across requests it does not look: two of them may bring `price(currency: "EUR")`
//! and `price(currency: "USD")` of one object under one name, and whichever came last would be taken for both.
//! Nobody could tell such an answer from a right one, so the plan is refused.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::PlanError;
use super::compile::{Renames, renames_of, step};
use super::graph::{EntitySet, Fetch, FetchGraph, Output, PathStep, Source};
use super::layout::{LayoutId, Layouts};
use crate::operation::OperationKind;
use crate::supergraph::{SchemaIndex, TypeId};

/// The values that a request brings: each place in memory with the object types (sorted) of whose objects it is
/// asked for; sorted by place.
pub type Brings = Box<[((u32, u32), Box<[TypeId]>)]>;

/// A value that some request brings into a place.
struct Brought<'a> {
    /// The object types of whose objects it is one, sorted.
    of: Vec<TypeId>,
    name: &'a str,
    arguments: &'a str,
}

/// Where objects are looked at, as what, and of which types they may be.
#[derive(Clone, Copy)]
struct Scope<'t> {
    /// Their place in the answer, of which several may have one layout.
    place: usize,
    layout: LayoutId,
    ty: TypeId,
    types: &'t [TypeId],
}

/// The places of an answer by their numbers: the way to each from the one it stands in. The root is 0.
#[derive(Default)]
struct Places<'a>(HashMap<(usize, &'a str), usize>);

impl<'a> Places<'a> {
    fn inside(&mut self, place: usize, name: &'a str) -> usize {
        let next = self.0.len() + 1;
        *self.0.entry((place, name)).or_insert(next)
    }

    fn at(&mut self, path: &'a [PathStep]) -> usize {
        path.iter().fold(0, |at, step| match step {
            PathStep::Key(key) => self.inside(at, key),
            PathStep::Types(_) => at,
        })
    }
}

struct Check<'a> {
    layouts: &'a Layouts,
    schema: &'a SchemaIndex,
    places: Places<'a>,
    known: HashMap<(usize, &'a str), Vec<Brought<'a>>>,
    /// What the present fetch brings.
    brings: BTreeMap<(u32, u32), BTreeSet<TypeId>>,
}

/// What each fetch brings. `outputs` are the layouts of what they bring.
///
/// # Errors
/// When two of them bring different values into one place of one object.
pub(super) fn brings(
    graph: &FetchGraph,
    outputs: &[Vec<LayoutId>],
    kind: OperationKind,
    layouts: &Layouts,
    schema: &SchemaIndex,
) -> Result<Vec<Brings>, PlanError> {
    let mut check = Check {
        layouts,
        schema,
        places: Places::default(),
        known: HashMap::new(),
        brings: BTreeMap::new(),
    };
    let mut all = Vec::with_capacity(graph.fetches.len());
    for (fetch, outputs) in graph.fetches.iter().zip(outputs) {
        check.fetch(fetch, outputs, kind)?;
        let brings = std::mem::take(&mut check.brings).into_iter();
        all.push(
            brings
                .map(|(place, of)| (place, of.into_iter().collect()))
                .collect(),
        );
    }
    Ok(all)
}

impl<'a> Check<'a> {
    fn fetch(
        &mut self,
        fetch: &'a Fetch,
        outputs: &[LayoutId],
        kind: OperationKind,
    ) -> Result<(), PlanError> {
        match &fetch.source {
            Source::Root {
                path,
                output,
                renames,
            } => {
                let root = match kind {
                    _ if fetch.mutation => self.schema.mutation(),
                    OperationKind::Subscription if path.is_empty() => self.schema.subscription(),
                    _ => Some(self.schema.query()),
                };
                let (Some(ty), Some(&layout)) = (root, outputs.first()) else {
                    return Ok(());
                };
                let types = [ty];
                let scope = Scope {
                    place: self.places.at(path),
                    layout,
                    ty,
                    types: &types,
                };
                self.all(output, scope, &renames_of(renames))
            }
            Source::Entities(sets) => {
                for (set, &layout) in sets.iter().zip(outputs) {
                    for path in &set.paths {
                        self.entities(set, path, layout)?;
                    }
                }
                Ok(())
            }
        }
    }

    /// Whatever is asked of an entity is asked of a type.
    fn entities(
        &mut self,
        set: &'a EntitySet,
        path: &'a [PathStep],
        layout: LayoutId,
    ) -> Result<(), PlanError> {
        let place = self.places.at(path);
        for output in &set.output {
            let Output::On {
                condition,
                children,
            } = output
            else {
                continue;
            };
            if let Some(ty) = self.schema.ty(condition) {
                let scope = Scope {
                    place,
                    layout,
                    ty,
                    types: &self.represented(set, path, ty),
                };
                self.all(children, scope, &renames_of(&set.renames))?;
            }
        }
        Ok(())
    }

    /// The types of the objects at the end of a path that are values of this type, as far as there is a representation
    /// of them.
    fn represented(&self, set: &EntitySet, path: &[PathStep], on: TypeId) -> Vec<TypeId> {
        let mut types = self.schema.type_info(on).possible_types.clone();
        for step in path.iter().rev() {
            let PathStep::Types(names) = step else { break };
            self.keep_only(&mut types, names.iter());
        }
        let conditions = set.requires.iter().map(|output| match output {
            Output::On { condition, .. } => Some(condition),
            Output::Field { .. } => None,
        });
        let conditions: Option<Vec<&String>> = conditions.collect();
        if let Some(names) = conditions.filter(|names| !names.is_empty()) {
            self.keep_only(&mut types, names.into_iter());
        }
        types
    }

    /// Leaves those that are values of one of these.
    fn keep_only<'n>(&self, types: &mut Vec<TypeId>, names: impl Iterator<Item = &'n String>) {
        let among: BTreeSet<TypeId> = names
            .filter_map(|name| self.schema.ty(name))
            .flat_map(|ty| self.schema.type_info(ty).possible_types.iter().copied())
            .collect();
        types.retain(|ty| among.contains(ty));
    }

    fn all(
        &mut self,
        outputs: &'a [Output],
        scope: Scope<'_>,
        renames: &Renames<'a>,
    ) -> Result<(), PlanError> {
        for output in outputs {
            match output {
                Output::On {
                    condition,
                    children,
                } => {
                    let Some(ty) = self.schema.ty(condition) else {
                        continue;
                    };
                    let types = self.schema.narrowed(scope.types, ty);
                    let inside = Scope {
                        ty,
                        types: &types,
                        ..scope
                    };
                    self.all(children, inside, renames)?;
                }
                Output::Field { name, .. } if name == "__typename" => {}
                Output::Field {
                    key,
                    name,
                    arguments,
                    children,
                } => {
                    let (kept, inside) = step(renames, key);
                    let layout = self.layouts.find(scope.layout);
                    let Some(slot) = self.layouts.slot(layout, kept) else {
                        continue;
                    };
                    if let Ok(layout) = u32::try_from(layout) {
                        let brings = self.brings.entry((layout, slot)).or_default();
                        brings.extend(scope.types);
                    }
                    self.bring((scope.place, kept), scope.types, name, arguments)?;
                    let child = self.layouts.child_of(layout, kept);
                    let field = self.schema.field(scope.ty, name);
                    if let (Some(layout), Some(field)) = (child, field) {
                        let ty = field.ty.base();
                        let types = &self.schema.type_info(ty).possible_types;
                        let scope = Scope {
                            place: self.places.inside(scope.place, kept),
                            layout,
                            ty,
                            types,
                        };
                        self.all(children, scope, &inside)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn bring(
        &mut self,
        place: (usize, &'a str),
        of: &[TypeId],
        name: &'a str,
        arguments: &'a str,
    ) -> Result<(), PlanError> {
        let known = self.known.entry(place).or_default();
        let differs = |other: &&Brought<'_>| (other.name, other.arguments) != (name, arguments);
        let meets = |other: &Brought<'_>| of.iter().any(|ty| other.of.binary_search(ty).is_ok());
        if known.iter().filter(differs).any(meets) {
            let what = format!("{name} would be kept in one place with another value");
            return Err(PlanError::Planner(what));
        }
        // Mostly the same again.
        if !known
            .iter()
            .any(|other| (other.name, other.arguments) == (name, arguments) && other.of == of)
        {
            known.push(Brought {
                of: of.to_vec(),
                name,
                arguments,
            });
        }
        Ok(())
    }
}
