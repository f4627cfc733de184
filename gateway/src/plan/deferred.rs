//! What is told after the rest: the deferred fragments of a query, each with the objects it belongs to, its
//! own projection, and the fetches it waits for.
//!
//! A fragment marked with `@defer` leaves the projection of the first answer. Fetches that nothing in the
//! first answer needs are run after it, so that it does not wait for them. What the same request to a
//! subgraph brings anyhow is not asked for twice: it is there already, and told later.

use std::collections::HashSet;
use std::sync::Arc;

use super::layout::{LayoutId, Layouts, TYPENAME};
use super::projection::{From, Kind, Projection};
use super::subjects::SubjectSlot;
use super::{FetchId, PlannedFetch, Step};
use crate::authorise::Variant;
use crate::operation::{Operation, SelectionId, What};
use crate::supergraph::{SchemaIndex, TypeId};

/// An operation with more deferred fragments than these is refused as too large.
pub const MOST_DEFERRED: usize = 64;

/// A deferred fragment.
#[derive(Debug)]
pub struct Deferred {
    /// How the client names it.
    pub label: Option<Arc<str>>,
    /// The deferred fragment it stands in: told before.
    pub inside: Option<usize>,
    /// The objects it belongs to.
    pub path: Vec<Step>,
    /// The program that writes it.
    pub program: usize,
    /// Where fields of it were refused: response names from the root, lists without a step.
    pub cuts: Vec<Vec<Arc<str>>>,
    /// The fetches that bring what it tells, and those that these wait for.
    pub fetches: Vec<FetchId>,
}

/// A deferred fragment that has no program yet.
pub(super) struct Found {
    pub(super) label: Option<Arc<str>>,
    pub(super) inside: Option<usize>,
    pub(super) path: Vec<Step>,
    pub(super) children: Vec<SelectionId>,
    pub(super) on: TypeId,
    pub(super) layout: Option<LayoutId>,
    /// The slots on the way to its objects.
    pub(super) way: Vec<(LayoutId, u32)>,
}

/// Finds the deferred fragments of an operation.
pub(super) struct Finder<'a> {
    pub(super) operation: &'a Operation,
    pub(super) variant: &'a Variant,
    pub(super) schema: &'a SchemaIndex,
    pub(super) layouts: &'a Layouts,
    pub(super) found: Vec<Found>,
    path: Vec<Step>,
    way: Vec<(LayoutId, u32)>,
}

impl<'a> Finder<'a> {
    pub(super) fn new(
        operation: &'a Operation,
        variant: &'a Variant,
        schema: &'a SchemaIndex,
        layouts: &'a Layouts,
    ) -> Self {
        Self {
            operation,
            variant,
            schema,
            layouts,
            found: Vec::new(),
            path: Vec::new(),
            way: Vec::new(),
        }
    }

    /// Looks through the whole operation.
    pub(super) fn find(&mut self) {
        let root = self.operation.root;
        self.set(&self.operation.top, &[root], Some(0), None);
    }

    /// Looks through selections on objects of these types (sorted), inside this deferred fragment.
    fn set(
        &mut self,
        ids: &[SelectionId],
        within: &[TypeId],
        layout: Option<LayoutId>,
        inside: Option<usize>,
    ) {
        for &id in ids {
            let selection = &self.operation.selections[id];
            if !self.variant.includes(selection) || self.variant.cuts(selection) {
                continue;
            }
            match &selection.what {
                What::Field(field) => {
                    let Some(at) = layout.filter(|_| !selection.children.is_empty()) else {
                        continue;
                    };
                    let Some(slot) = self.layouts.slot(at, &field.key) else {
                        continue;
                    };
                    let name = field.key.clone();
                    self.path.push(Step::Key { slot, name });
                    self.way.push((self.layouts.find(at), slot));
                    let child = self.layouts.child_of(at, &field.key);
                    let possible = &self.schema.type_info(field.ty.base()).possible_types;
                    self.set(&selection.children, possible, child, inside);
                    self.way.pop();
                    self.path.pop();
                }
                What::On(on) => {
                    // An object of one type only does not say its type, so nothing may depend on that.
                    let narrowed = self.schema.narrowed(within, *on);
                    if narrowed.is_empty() {
                        continue;
                    }
                    let narrows = narrowed.len() < within.len();
                    let way = self.way.len();
                    if narrows {
                        self.path.push(Step::Types(narrowed.as_slice().into()));
                        self.way
                            .extend(layout.map(|at| (self.layouts.find(at), TYPENAME)));
                    }
                    let inner = match self.variant.defers(selection) {
                        Some(defer) => {
                            self.found.push(Found {
                                label: defer.label.clone(),
                                inside,
                                path: self.path.clone(),
                                children: selection.children.clone(),
                                // It does not say its type, and fragments inside may ask for it by name.
                                on: match narrowed.as_slice() {
                                    [only] => *only,
                                    _ => *on,
                                },
                                layout,
                                way: self.way.clone(),
                            });
                            Some(self.found.len() - 1)
                        }
                        None => inside,
                    };
                    self.set(&selection.children, &narrowed, layout, inner);
                    if narrows {
                        self.path.pop();
                        self.way.truncate(way);
                    }
                }
            }
        }
    }
}

/// The fetches that bring what a program reads, and those that these wait for.
pub(super) fn needed(
    projection: &Projection,
    program: usize,
    way: &[(LayoutId, u32)],
    fetches: &[PlannedFetch],
    layouts: &Layouts,
) -> Vec<FetchId> {
    let mut reads: HashSet<(u32, u32)> = HashSet::new();
    for (layout, slot) in way {
        read(&mut reads, *layout, *slot);
    }
    let mut seen = HashSet::new();
    let mut pending = vec![program];
    while let Some(program) = pending.pop() {
        let Some(object) = projection
            .objects
            .get(program)
            .filter(|_| seen.insert(program))
        else {
            continue;
        };
        if let Some(layout) = object.layout.filter(|_| !object.by_type.is_empty()) {
            read(&mut reads, layout, TYPENAME);
        }
        let of_types = object.by_type.iter().flat_map(|(_, writes)| writes);
        for write in of_types.chain(&object.otherwise) {
            let slot = match write.from {
                From::Slot(slot) => slot,
                // Behind an interface object another fetch knows the type.
                From::Typename(slot, _) => slot.or(Some(TYPENAME)),
                From::Refused | From::Introspection(_) => None,
            };
            if let (Some(layout), Some(slot)) = (object.layout, slot) {
                read(&mut reads, layout, slot);
            }
            let subject = write
                .mark
                .and_then(|mark| projection.marks.get(mark as usize));
            if let (Some(layout), Some(mark)) = (object.layout, subject) {
                subjects(layouts, layout, &mark.subject, &mut reads);
            }
            let mut kind = &write.expected.kind;
            while let Kind::List(item) = kind {
                kind = &item.kind;
            }
            if let Kind::Object(inner) = kind {
                pending.push(*inner);
            }
        }
    }
    let brings = |id: &FetchId| fetches[*id].fills.iter().any(|place| reads.contains(place));
    let mut needed: Vec<FetchId> = (0..fetches.len()).filter(brings).collect();
    let mut at = 0;
    while let Some(&id) = needed.get(at) {
        at += 1;
        for (earlier, fetch) in fetches.iter().enumerate() {
            if fetch.then.contains(&id) && !needed.contains(&earlier) {
                needed.push(earlier);
            }
        }
    }
    needed.sort_unstable();
    needed
}

fn read(reads: &mut HashSet<(u32, u32)>, layout: LayoutId, slot: u32) {
    if let Ok(layout) = u32::try_from(layout) {
        reads.insert((layout, slot));
    }
}

fn subjects(
    layouts: &Layouts,
    layout: LayoutId,
    subject: &[SubjectSlot],
    reads: &mut HashSet<(u32, u32)>,
) {
    for step in subject {
        read(reads, layout, step.slot);
        if let Some(child) = layouts.child_at(layout, step.slot) {
            subjects(layouts, child, &step.inside, reads);
        }
    }
}
