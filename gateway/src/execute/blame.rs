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
                pending.extend(&fetches[id].then);
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
        let place = (object.layout, slot);
        let own = self.objects.get(&object.start).and_then(|all| {
            let mut all = all.iter();
            all.find(|(id, _)| fetches[*id].fills.binary_search(&place).is_ok())
        });
        let failure = own
            .map(|(_, failure)| *failure)
            .or_else(|| self.slots.get(&place).copied())?;
        let failure = &mut self.failures[failure];
        failure.told = true;
        Some(&failure.error)
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
