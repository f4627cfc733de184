//! Where a value of a subgraph's answer stands in the client's.
//!
//! The planner asks for some values under names of its own: types whose fields of one name differ are asked
//! under different names, and what is asked for anyway serves a client who calls it otherwise. So a path of a
//! subgraph is followed by slots, which the shape of its answer and the client's projection share, and told
//! by the names that the projection writes.
//!
//! Only for errors: while all is well nothing of this is looked at.

use std::sync::Arc;

use super::answer::SubgraphPath;
use super::arena::{Arena, Node, Object};
use super::project::writes;
use super::represent::Segment;
use crate::error::PathSegment;
use crate::plan::projection::{Expected, From, Kind, ObjectProgram};
use crate::plan::{Expect, Plan, Shape, Step};

/// One value is told at no more places than these, and no more objects are looked at for it by this many times:
/// a client may give it very many names.
const MOST_PLACES: usize = 100;
const MOST_VISITS: usize = 10_000;

/// A step from one value to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hop {
    /// Into a slot of an object.
    Slot(u32),
    /// Into an item of a list; lists may also be entered without.
    Item(u32),
    /// None: what follows lies in what was received for the object, and is not merged yet.
    Received(Object),
    /// To what nobody asked for.
    Nowhere,
}

impl Segment for Hop {
    fn item(at: u32) -> Self {
        Self::Item(at)
    }

    fn key(slot: u32, _: &Arc<str>) -> Self {
        Self::Slot(slot)
    }
}

/// The steps of a path through an answer of this shape.
pub(super) fn hops(shapes: &[Shape], shape: usize, path: &[SubgraphPath]) -> Vec<Hop> {
    let mut shape = shapes.get(shape);
    let mut hops = Vec::with_capacity(path.len());
    for step in path {
        let key = match step {
            SubgraphPath::Index(at) => {
                hops.push(Hop::Item(u32::try_from(*at).unwrap_or(u32::MAX)));
                continue;
            }
            SubgraphPath::Key(key) => key.as_bytes(),
        };
        let field = shape.and_then(|shape| shape.fields.get(shape.find(key)?));
        let Some(field) = field else {
            hops.push(Hop::Nowhere);
            break;
        };
        hops.push(Hop::Slot(field.slot));
        shape = match field.expect {
            Expect::Object(inside) => shapes.get(inside),
            Expect::Leaf | Expect::Typename => None,
        };
    }
    hops
}

/// The steps of a planned path; lists are entered without one.
pub(super) fn planned(path: &[Step]) -> Vec<Hop> {
    let slot = |step: &Step| match step {
        Step::Key { slot, .. } => Some(Hop::Slot(*slot)),
        Step::Types(_) => None,
    };
    path.iter().filter_map(slot).collect()
}

/// The client's places of the value that these steps lead to from the root. What the client did not ask for
/// stands where it would be nearest, under a name that no client can ask by.
pub(super) fn places(
    plan: &Plan,
    arena: &Arena<'_>,
    root: Object,
    hops: &[Hop],
) -> Vec<Vec<PathSegment>> {
    let mut search = Search {
        plan,
        arena,
        so_far: Vec::new(),
        found: Vec::new(),
        nearest: Vec::new(),
        visits: 0,
    };
    search.object(plan.projection.root, Some(root), hops);
    for deferred in &plan.deferred {
        search.deferred(deferred.program, &deferred.path, Node::Object(root), hops);
    }
    if search.found.is_empty() {
        let mut nearest = search.nearest;
        nearest.push(PathSegment::Key("".into()));
        return vec![nearest];
    }
    search.found
}

struct Search<'a> {
    plan: &'a Plan,
    arena: &'a Arena<'a>,
    so_far: Vec<PathSegment>,
    found: Vec<Vec<PathSegment>>,
    /// The longest way that the client asked for.
    nearest: Vec<PathSegment>,
    visits: usize,
}

impl<'a> Search<'a> {
    /// Follows what a program writes of an object; of any that it could be when there is none.
    fn object(&mut self, program: usize, object: Option<Object>, hops: &[Hop]) {
        self.visits += 1;
        if self.found.len() >= MOST_PLACES || self.visits >= MOST_VISITS {
            return;
        }
        if self.so_far.len() > self.nearest.len() {
            self.nearest.clone_from(&self.so_far);
        }
        let (of, slot, rest) = match hops {
            [] | [Hop::Received(_)] => return self.arrive(),
            [Hop::Slot(slot), rest @ ..] => (object, *slot, rest),
            [Hop::Received(received), Hop::Slot(slot), rest @ ..] => (Some(*received), *slot, rest),
            // A list where the plan knows none, or what nobody asked for.
            [Hop::Item(_) | Hop::Nowhere | Hop::Received(_), ..] => return,
        };
        let plan = self.plan;
        let Some(program) = plan.projection.objects.get(program) else {
            return;
        };
        let node = of.map_or(Node::Missing, |of| self.arena.slot(of, slot));
        for write in candidates(program, self.arena, object) {
            if write.from == From::Slot(Some(slot)) {
                self.so_far.push(PathSegment::Key(Arc::clone(&write.key)));
                self.value(&write.expected, node, rest);
                self.so_far.pop();
                if object.is_none() {
                    break;
                }
            }
        }
    }

    fn value(&mut self, expected: &Expected, node: Node, hops: &[Hop]) {
        match (&expected.kind, hops) {
            (_, [] | [Hop::Received(_)]) | (Kind::Leaf(_), _) => self.arrive(),
            (Kind::List(item), [Hop::Item(at), rest @ ..]) => {
                let inside = match node {
                    Node::List { start, len } if *at < len => self.arena.at(start + at),
                    _ => Node::Missing,
                };
                self.so_far.push(PathSegment::Index(*at as usize));
                self.value(item, inside, rest);
                self.so_far.pop();
            }
            (Kind::List(item), _) => self.value(item, Node::Missing, hops),
            (Kind::Object(program), _) => {
                let object = match node {
                    Node::Object(object) => Some(object),
                    _ => None,
                };
                self.object(*program, object, hops);
            }
        }
    }

    /// Follows the way to the objects of a fragment that is told later, whose names are the client's.
    fn deferred(&mut self, program: usize, path: &[Step], node: Node, hops: &[Hop]) {
        match (path, hops) {
            ([Step::Types(types), rest @ ..], _) => {
                let ty = match node {
                    Node::Object(object) => self.arena.type_of(object),
                    _ => None,
                };
                if ty.is_none_or(|ty| types.binary_search(&ty).is_ok()) {
                    self.deferred(program, rest, node, hops);
                }
            }
            (_, [Hop::Item(at), rest @ ..]) => {
                let inside = match node {
                    Node::List { start, len } if *at < len => self.arena.at(start + at),
                    _ => Node::Missing,
                };
                self.so_far.push(PathSegment::Index(*at as usize));
                self.deferred(program, path, inside, rest);
                self.so_far.pop();
            }
            ([], _) => {
                let object = match node {
                    Node::Object(object) => Some(object),
                    _ => None,
                };
                self.object(program, object, hops);
            }
            (_, [Hop::Received(received), rest @ ..]) => {
                self.deferred(program, path, Node::Object(*received), rest);
            }
            ([Step::Key { slot, name }, rest @ ..], [Hop::Slot(next), more @ ..])
                if slot == next =>
            {
                let inside = match node {
                    Node::Object(object) => self.arena.slot(object, *slot),
                    _ => Node::Missing,
                };
                self.so_far.push(PathSegment::Key(Arc::clone(name)));
                self.deferred(program, rest, inside, more);
                self.so_far.pop();
            }
            _ => {}
        }
    }

    fn arrive(&mut self) {
        if !self.found.contains(&self.so_far) {
            self.found.push(self.so_far.clone());
        }
    }
}

/// What may be written of an object.
fn candidates<'p>(
    program: &'p ObjectProgram,
    arena: &Arena<'_>,
    object: Option<Object>,
) -> Box<dyn Iterator<Item = &'p crate::plan::projection::Write> + 'p> {
    match object {
        Some(object) => Box::new(writes(program, arena, object).iter()),
        None => {
            let of_types = program.by_type.iter().flat_map(|(_, writes)| writes);
            Box::new(program.otherwise.iter().chain(of_types))
        }
    }
}
