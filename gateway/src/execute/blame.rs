//! Why a value is missing: fetches and entities that failed, told at each value the client misses.
//!
//! When something fails, nothing is known yet of the client's view: the same fetch fills values the
//! client asked for, keys it never sees, and inputs of later fetches. So a failure is noted with the
//! slots it leaves empty, its own and those of every fetch that lives on it; the projection, which
//! knows the exact place of each value it writes, asks here when it finds an empty one.
//!
//! A failure that no value shows is told at the places of its fetch, so that none is ever lost.

use std::collections::HashMap;

use super::arena::Object;
use crate::error::{GraphQlError, PathSegment};
use crate::plan::{FetchId, PlannedFetch};

/// A place in memory: a layout and a slot of it.
type Slot = (u32, u32);

/// Everything that failed in one request.
#[derive(Debug, Default)]
pub struct Blame {
    failures: Vec<Failure>,
    /// The failure that left a slot empty in every object.
    slots: HashMap<Slot, usize>,
    /// The failures that left slots of one object empty, by the object's first slot.
    objects: HashMap<u32, Vec<(FetchId, usize)>>,
    /// The failures that left a received value null, by the object's first slot and the value's.
    values: HashMap<(u32, u32), usize>,
}

#[derive(Debug)]
struct Failure {
    error: GraphQlError,
    /// Where it is told when no value shows it.
    otherwise: Vec<Vec<PathSegment>>,
    told: bool,
}

impl Blame {
    /// Whether nothing failed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.failures.is_empty()
    }

    /// A fetch gave nothing: its slots stay empty, and those of the fetches that need it.
    pub fn fetch(
        &mut self,
        fetches: &[PlannedFetch],
        id: FetchId,
        error: GraphQlError,
        otherwise: Vec<Vec<PathSegment>>,
    ) {
        let failure = self.add(error, otherwise);
        let mut concerned = vec![false; fetches.len()];
        let mut pending = vec![id];
        while let Some(id) = pending.pop() {
            if !std::mem::replace(&mut concerned[id], true) {
                for slot in &fetches[id].fills {
                    self.slots.entry(*slot).or_insert(failure);
                }
                pending.extend(&fetches[id].feeds);
            }
        }
    }

    /// One entity of a fetch failed: these objects stay without its slots.
    pub fn entity(
        &mut self,
        id: FetchId,
        objects: impl Iterator<Item = Object>,
        error: GraphQlError,
        otherwise: Vec<Vec<PathSegment>>,
    ) {
        let failure = self.add(error, otherwise);
        for object in objects {
            let known = self.objects.entry(object.start).or_default();
            known.push((id, failure));
        }
    }

    /// Why this slot of this object is empty; nothing when no failure explains it.
    pub fn of(
        &mut self,
        fetches: &[PlannedFetch],
        object: Object,
        slot: u32,
    ) -> Option<&GraphQlError> {
        let failure = self.failure(fetches, object, slot)?;
        let failure = &mut self.failures[failure];
        failure.told = true;
        Some(&failure.error)
    }

    /// A value was received as null because it failed: what lives on it shows why, and it is no answer of
    /// the subgraph's.
    pub fn value(&mut self, object: Object, slot: u32, error: GraphQlError) {
        let failure = self.add(error, Vec::new());
        self.values.entry((object.start, slot)).or_insert(failure);
    }

    /// Whether a null that was received is one because it failed.
    #[must_use]
    pub fn has_failed(&self, object: Object, slot: u32) -> bool {
        !self.values.is_empty() && self.values.contains_key(&(object.start, slot))
    }

    /// The failure behind an empty slot of an object; a null that was received is one only if it was said
    /// to be.
    #[must_use]
    pub fn cause(
        &self,
        fetches: &[PlannedFetch],
        object: Object,
        slot: u32,
        null: bool,
    ) -> Option<usize> {
        let value = self.values.get(&(object.start, slot)).copied();
        value.or_else(|| (!null).then(|| self.failure(fetches, object, slot))?)
    }

    /// A fetch left an object out, because what it needs of it failed.
    pub fn left_out(&mut self, id: FetchId, object: Object, failure: usize) {
        let known = self.objects.entry(object.start).or_default();
        known.push((id, failure));
    }

    fn failure(&self, fetches: &[PlannedFetch], object: Object, slot: u32) -> Option<usize> {
        let place = (object.layout, slot);
        let own = self.objects.get(&object.start).and_then(|all| {
            let mut all = all.iter();
            all.find(|(id, _)| fills(fetches, *id, place))
        });
        own.map(|(_, failure)| *failure)
            .or_else(|| self.slots.get(&place).copied())
    }

    /// The failures that no value has shown, at the places of their fetches.
    pub fn untold(self) -> impl Iterator<Item = GraphQlError> {
        let untold = self.failures.into_iter().filter(|failure| !failure.told);
        untold.flat_map(|failure| {
            let Failure {
                error, otherwise, ..
            } = failure;
            otherwise
                .into_iter()
                .map(move |place| error.clone().at(place))
        })
    }

    fn add(&mut self, error: GraphQlError, otherwise: Vec<Vec<PathSegment>>) -> usize {
        self.failures.push(Failure {
            error,
            otherwise,
            told: false,
        });
        self.failures.len() - 1
    }
}

/// Whether a fetch fills a slot, or one that lives on it.
fn fills(fetches: &[PlannedFetch], id: FetchId, place: Slot) -> bool {
    let mut seen = vec![false; fetches.len()];
    let mut pending = vec![id];
    while let Some(id) = pending.pop() {
        if fetches[id].fills.binary_search(&place).is_ok() {
            return true;
        }
        if !std::mem::replace(&mut seen[id], true) {
            pending.extend(&fetches[id].feeds);
        }
    }
    false
}
