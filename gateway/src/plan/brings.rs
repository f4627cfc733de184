//! What each request brings, and of which types: two values in one place are no plan, and what none brings is
//! not null.
//!
//! The projection asks of an empty value whether any request was to bring it ([`Brings`]): the planner forgets some, and
//! their null must not pass for an answer. It forgets by the types of all objects on the way: the stars of the reviews
//! of a book may be asked for and those of a film's not, though both are stars of reviews. So what a request brings is
//! kept as a tree from the root of the answer on.
//!
//! Within one request the planner calls what one subgraph requires of another with other arguments than the
//! client by a name of its own. Across requests it does not look: two of them may bring `price(currency: "EUR")`
//! and `price(currency: "USD")` of one object under one name, and whichever came last would be taken for both.
//! Nobody could tell such an answer from a right one, so the plan is refused.

use std::collections::{BTreeSet, HashMap};

use super::PlanError;
use super::compile::{Renames, renames_of, step};
use super::graph::{EntitySet, Fetch, FetchGraph, Output, PathStep, Source};
use super::layout::{LayoutId, Layouts};
use crate::operation::OperationKind;
use crate::supergraph::{SchemaIndex, TypeId};

/// A value that a request brings, or that leads to one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brings {
    /// Its slot in the object it is a value of.
    slot: u32,
    /// The types of those objects, sorted; none: of any.
    of: Option<Box<[TypeId]>>,
    /// It is asked for itself.
    is_asked: bool,
    /// What is brought inside.
    inside: Vec<Brings>,
}

/// The way from the root to a value: slots, each with the type of the object it is in, as far as that is known.
pub type Way = [(u32, Option<TypeId>)];

impl Brings {
    /// Whether the value at the end of a way is one of these.
    #[must_use]
    pub fn reach(all: &[Self], way: &Way) -> bool {
        let Some(((slot, ty), rest)) = way.split_first() else {
            return false;
        };
        let is_of = |of: &[TypeId]| ty.is_none_or(|ty| of.binary_search(&ty).is_ok());
        all.iter()
            .filter(|one| one.slot == *slot && one.of.as_deref().is_none_or(is_of))
            .any(|one| match rest {
                [] => one.is_asked,
                rest => Self::reach(&one.inside, rest),
            })
    }
}

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
    root: LayoutId,
    schema: &'a SchemaIndex,
    places: Places<'a>,
    known: HashMap<(usize, &'a str), Vec<Brought<'a>>>,
}

/// What each fetch brings, from the root (of this layout) on. `outputs` are the layouts of what they bring.
///
/// # Errors
/// When two of them bring different values into one place of one object.
pub(super) fn brings(
    graph: &FetchGraph,
    (root, outputs): (LayoutId, &[Vec<LayoutId>]),
    kind: OperationKind,
    layouts: &Layouts,
    schema: &SchemaIndex,
) -> Result<Vec<Vec<Brings>>, PlanError> {
    let mut check = Check {
        layouts,
        root,
        schema,
        places: Places::default(),
        known: HashMap::new(),
    };
    let fetches = graph.fetches.iter().zip(outputs);
    fetches
        .map(|(fetch, outputs)| check.fetch(fetch, outputs, kind))
        .collect()
}

impl<'a> Check<'a> {
    fn fetch(
        &mut self,
        fetch: &'a Fetch,
        outputs: &[LayoutId],
        kind: OperationKind,
    ) -> Result<Vec<Brings>, PlanError> {
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
                    return Ok(Vec::new());
                };
                let types = [ty];
                let scope = Scope {
                    place: self.places.at(path),
                    layout,
                    ty,
                    types: &types,
                };
                let inside = self.all(output, scope, &renames_of(renames))?;
                Ok(self.along(path, inside))
            }
            Source::Entities(sets) => {
                let mut all = Vec::new();
                for (set, &layout) in sets.iter().zip(outputs) {
                    for path in &set.paths {
                        let inside = self.entities(set, path, layout)?;
                        all.extend(self.along(path, inside));
                    }
                }
                Ok(all)
            }
        }
    }

    /// What is brought into the objects at the end of a path, from the root on.
    fn along(&self, path: &[PathStep], inside: Vec<Brings>) -> Vec<Brings> {
        let (mut at, mut of) = (self.root, None);
        let mut way = Vec::new();
        for step in path {
            match step {
                PathStep::Types(names) => of = Some(self.among(of, names.iter())),
                PathStep::Key(key) => {
                    let Some(slot) = self.layouts.slot(at, key) else {
                        return Vec::new();
                    };
                    way.push((slot, of.take()));
                    at = self.layouts.child_of(at, key).unwrap_or(at);
                }
            }
        }
        way.into_iter().rev().fold(inside, |inside, (slot, of)| {
            vec![Brings {
                slot,
                of: of.map(Into::into),
                is_asked: false,
                inside,
            }]
        })
    }

    /// Whatever is asked of an entity is asked of a type.
    fn entities(
        &mut self,
        set: &'a EntitySet,
        path: &'a [PathStep],
        layout: LayoutId,
    ) -> Result<Vec<Brings>, PlanError> {
        let place = self.places.at(path);
        let mut all = Vec::new();
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
                all.extend(self.all(children, scope, &renames_of(&set.renames))?);
            }
        }
        Ok(all)
    }

    /// The types of the objects at the end of a path that are values of this type, as far as there is a representation
    /// of them.
    fn represented(&self, set: &EntitySet, path: &[PathStep], on: TypeId) -> Vec<TypeId> {
        let mut types = Some(self.schema.type_info(on).possible_types.clone());
        for step in path.iter().rev() {
            let PathStep::Types(names) = step else { break };
            types = Some(self.among(types, names.iter()));
        }
        let conditions = set.requires.iter().map(|output| match output {
            Output::On { condition, .. } => Some(condition),
            Output::Field { .. } => None,
        });
        let conditions: Option<Vec<&String>> = conditions.collect();
        if let Some(names) = conditions.filter(|names| !names.is_empty()) {
            types = Some(self.among(types, names.into_iter()));
        }
        types.unwrap_or_default()
    }

    /// Those types, or all, that are values of one of the named.
    fn among<'n>(
        &self,
        types: Option<Vec<TypeId>>,
        names: impl Iterator<Item = &'n String>,
    ) -> Vec<TypeId> {
        let among: BTreeSet<TypeId> = names
            .filter_map(|name| self.schema.ty(name))
            .flat_map(|ty| self.schema.type_info(ty).possible_types.iter().copied())
            .collect();
        match types {
            Some(mut types) => {
                types.retain(|ty| among.contains(ty));
                types
            }
            None => among.into_iter().collect(),
        }
    }

    fn all(
        &mut self,
        outputs: &'a [Output],
        scope: Scope<'_>,
        renames: &Renames<'a>,
    ) -> Result<Vec<Brings>, PlanError> {
        let mut all = Vec::new();
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
                    all.extend(self.all(children, inside, renames)?);
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
                    self.bring((scope.place, kept), scope.types, name, arguments)?;
                    let child = self.layouts.child_of(layout, kept);
                    let field = self.schema.field(scope.ty, name);
                    let mut brought = Brings {
                        slot,
                        of: Some(scope.types.into()),
                        is_asked: true,
                        inside: Vec::new(),
                    };
                    if let (Some(layout), Some(field)) = (child, field) {
                        let ty = field.ty.base();
                        let types = &self.schema.type_info(ty).possible_types;
                        let scope = Scope {
                            place: self.places.inside(scope.place, kept),
                            layout,
                            ty,
                            types,
                        };
                        brought.inside = self.all(children, scope, &inside)?;
                    }
                    all.push(brought);
                }
            }
        }
        Ok(all)
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
