//! Why a value is missing: something failed that should have brought it, or the planner forgot it.
//!
//! What is forgotten is looked for only where nothing was received, so a right answer costs nothing for it.

use super::{Place, Projector};
use crate::error::{ErrorCode, GraphQlError, PathSegment};
use crate::execute::arena::{Node, Object};
use crate::execute::errors::MOST_ERRORS;
use crate::plan::layout::TYPENAME;
use crate::plan::projection::From;
use crate::plan::{PlannedFetch, Step};
use crate::supergraph::{TypeId, TypeKind};

impl Projector<'_> {
    /// Tells why the value being written is missing: something failed that should have brought it, or the planner
    /// forgot it, whose null must not pass for an answer. False when it is just not there.
    pub(super) fn missed(&mut self, object: Object, slot: Option<u32>) -> bool {
        let failure = slot.filter(|_| !self.blame.is_empty());
        let failure = failure.and_then(|slot| self.blame.of(&self.plan.fetches, object, slot));
        let error = match failure.cloned() {
            Some(error) => error,
            None if self.is_forgotten(object, slot) => GraphQlError::new(ErrorCode::PlanningFailed),
            None => return false,
        };
        if self.missed.len() < MOST_ERRORS {
            self.missed.push(error.at(self.place()));
        }
        true
    }

    /// Whether all that is known of an object is the interface it is called by.
    pub(super) fn has_unknown_type(&self, object: Object) -> bool {
        let known = self.arena.type_of(object);
        known.is_some_and(|ty| self.schema.type_info(ty).kind != TypeKind::Object)
    }

    /// Tells that nobody said of which type an object is, so that what was asked of some types is not known to apply.
    pub(super) fn unknown(&mut self, object: Object) {
        let failure = self.blame.of(&self.plan.fetches, object, TYPENAME);
        let error = failure.cloned();
        if self.missed.len() < MOST_ERRORS {
            let error = error.unwrap_or_else(|| GraphQlError::new(ErrorCode::PlanningFailed));
            self.missed.push(error.at(self.place()));
        }
    }

    /// Whether no request was to bring the value being written, from a slot of this object.
    fn is_forgotten(&self, object: Object, slot: Option<u32>) -> bool {
        let Some(slot) = slot else { return true };
        let variables = self.variables;
        let applies = |fetch: &&PlannedFetch| variables.is_none_or(|of| fetch.applies(of));
        let fills =
            |fetch: &&PlannedFetch| fetch.fills.binary_search(&(object.layout, slot)).is_ok();
        let fetches = self.plan.fetches.iter();
        let mut candidates = fetches.filter(fills).filter(applies).peekable();
        if candidates.peek().is_none() {
            return true;
        }
        let way = self.way();
        !candidates.any(|fetch| fetch.brings(&way))
    }

    /// The way from the root to the value being written.
    fn way(&self) -> Vec<(u32, Option<TypeId>)> {
        let mut way = self.way_to_part();
        let slots = self.path.iter().filter_map(|place| match place {
            Place::Key(write) => match write.from {
                From::Slot(slot) => slot,
                _ => None,
            },
            Place::Index(_) => None,
        });
        let objects = self.objects.iter();
        way.extend(slots.zip(objects.map(|object| self.type_known(*object))));
        way
    }

    /// The way to what this part of the answer belongs to.
    fn way_to_part(&self) -> Vec<(u32, Option<TypeId>)> {
        let mut way = Vec::new();
        let mut node = Node::Object(self.arena.root(self.plan.root));
        let mut place = self.prefix.iter();
        for step in self.steps {
            let Step::Key { slot, .. } = step else {
                continue;
            };
            while let Node::List { start, .. } = node {
                let at = place.find_map(|segment| match segment {
                    PathSegment::Index(at) => Some(*at),
                    PathSegment::Key(_) => None,
                });
                let at = at.and_then(|at| u32::try_from(at).ok()).unwrap_or(0);
                node = self.arena.at(start + at);
            }
            let Node::Object(object) = node else {
                return way;
            };
            way.push((*slot, self.type_known(object)));
            node = self.arena.slot(object, *slot);
        }
        way
    }

    /// The type of an object. One that can be of one type only does not say it, and behind an interface object the type
    /// is not known.
    fn type_known(&self, object: Object) -> Option<TypeId> {
        let own = self.arena.type_of(object);
        own.filter(|ty| self.schema.type_info(*ty).kind == TypeKind::Object)
    }
}
