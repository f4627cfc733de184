//! Entities: finding the objects a fetch is about, and writing their representations.
//!
//! Objects are collected along the planned paths, through lists, in the order of the answer. Equal
//! representations are sent once: objects are compared by hash, then in full. What came back for a
//! representation belongs to every object that has it.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hash as _, Hasher};
use std::sync::Arc;

use super::arena::{Arena, Node, Object};
use crate::error::{PathSegment, write_json_string};
use crate::plan::{Input, Step, Template};
use crate::supergraph::{SchemaIndex, TypeId};

/// The representations of one fetch.
#[derive(Debug, Default)]
pub struct Representations {
    /// `[{…},…]`
    pub json: Vec<u8>,
    /// Where each distinct representation lies in `json`.
    pub spans: Vec<(usize, usize)>,
    /// The objects, each with the position of its representation.
    pub objects: Vec<(Object, u32)>,
}

/// Collects the objects of an input and writes their representations, but of those that lack something
/// because it failed: asked without it, the subgraph would answer something else.
#[must_use]
pub fn collect(
    arena: &Arena<'_>,
    schema: &SchemaIndex,
    root: Object,
    input: &Input,
    mut lacks: impl FnMut(Object) -> bool,
) -> Representations {
    let mut all = Representations {
        json: Vec::with_capacity(1024),
        objects: Vec::with_capacity(64),
        ..Representations::default()
    };
    all.json.push(b'[');
    // In most answers the same few entities come again and again. An object like one before is known by
    // its values, without writing them.
    let mut like = Chains::default();
    let mut known: Vec<(Object, Option<u32>)> = Vec::new();
    let (mut last, mut hash) = (None, 0);
    // Two types may go by one name, so what was written is compared as well.
    let mut written = Chains::default();
    for path in &input.paths {
        walk(arena, Node::Object(root), path, &mut |object| {
            if lacks(object) {
                return;
            }
            // Very often it is one like the last.
            let is_like = |at: u32| same(arena, known[at as usize].0, object, &input.template);
            let before = last.filter(|at| is_like(*at)).or_else(|| {
                hash = like.hash(|state| digest(arena, object, &input.template, state));
                like.find(hash, is_like)
            });
            let at = before.unwrap_or_else(|| {
                let row = all.add(arena, schema, object, input, &mut written);
                known.push((object, row));
                like.push(hash)
            });
            last = Some(at);
            if let Some(row) = known[at as usize].1 {
                all.objects.push((object, row));
            }
        });
    }
    all.json.push(b']');
    all
}

impl Representations {
    /// Writes the representation of an object unless an equal one is there: its position, or none when it
    /// cannot be represented.
    fn add(
        &mut self,
        arena: &Arena<'_>,
        schema: &SchemaIndex,
        object: Object,
        input: &Input,
        written: &mut Chains,
    ) -> Option<u32> {
        let start = self.json.len();
        if !self.spans.is_empty() {
            self.json.push(b',');
        }
        let from = self.json.len();
        if !represent(arena, schema, object, input, &mut self.json) {
            self.json.truncate(start);
            return None;
        }
        let hash = written.hash(|state| state.write(&self.json[from..]));
        let equal = written.find(hash, |at| {
            let (a, b) = self.spans[at as usize];
            self.json[a..b] == self.json[from..]
        });
        if equal.is_some() {
            self.json.truncate(start);
            return equal;
        }
        self.spans.push((from, self.json.len()));
        Some(written.push(hash))
    }
}

/// Numbered things found by hash, those of one hash one after another.
#[derive(Default)]
struct Chains {
    /// Seeded at random, so that nobody can make things that collide.
    hasher: ahash::RandomState,
    /// The last thing with this hash.
    last: HashMap<u64, u32, BuildHasherDefault<Hashed>>,
    /// The one with the same hash before each.
    before: Vec<Option<u32>>,
}

/// What was hashed already is its own hash.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

impl Chains {
    fn hash(&self, write: impl FnOnce(&mut ahash::AHasher)) -> u64 {
        let mut state = self.hasher.build_hasher();
        write(&mut state);
        state.finish()
    }

    fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let mut candidate = self.last.get(&hash).copied();
        while let Some(at) = candidate {
            if is_it(at) {
                return Some(at);
            }
            candidate = self.before.get(at as usize).copied().flatten();
        }
        None
    }

    /// Numbers the next thing.
    fn push(&mut self, hash: u64) -> u32 {
        let at = u32::try_from(self.before.len()).unwrap_or(u32::MAX);
        self.before.push(self.last.insert(hash, at));
        at
    }
}

/// Takes in what a representation of the object depends on.
fn digest(arena: &Arena<'_>, object: Object, template: &Template, state: &mut impl Hasher) {
    arena.type_of(object).hash(state);
    for field in &template.fields {
        if let Some(slot) = field.slot.filter(|_| !field.typename) {
            digest_value(
                arena,
                arena.slot(object, slot),
                field.inside.as_ref(),
                state,
            );
        }
    }
}

fn digest_value(arena: &Arena<'_>, node: Node, inside: Option<&Template>, state: &mut impl Hasher) {
    match node {
        Node::Missing | Node::Null => state.write_u8(0),
        Node::Type(ty) => ty.hash(state),
        Node::Leaf { text, span } => state.write(arena.leaf(text, span)),
        Node::List { start, len } => {
            state.write_u32(len);
            for item in start..start + len {
                digest_value(arena, arena.at(item), inside, state);
            }
        }
        Node::Object(object) => match inside {
            Some(template) => digest(arena, object, template, state),
            None => state.write_u8(1),
        },
    }
}

/// Whether two objects have the same representation, as far as their values tell.
fn same(arena: &Arena<'_>, a: Object, b: Object, template: &Template) -> bool {
    a == b
        || arena.type_of(a) == arena.type_of(b)
            && template.fields.iter().all(|field| {
                field.typename
                    || field.slot.is_none_or(|slot| {
                        let inside = field.inside.as_ref();
                        same_value(arena, arena.slot(a, slot), arena.slot(b, slot), inside)
                    })
            })
}

fn same_value(arena: &Arena<'_>, a: Node, b: Node, inside: Option<&Template>) -> bool {
    match (a, b) {
        (Node::Missing | Node::Null, Node::Missing | Node::Null) => true,
        (Node::Type(a), Node::Type(b)) => a == b,
        (Node::Leaf { text: a, span: at }, Node::Leaf { text: b, span: bt }) => {
            arena.leaf(a, at) == arena.leaf(b, bt)
        }
        (
            Node::List { start: a, len },
            Node::List {
                start: b,
                len: other,
            },
        ) => {
            len == other
                && (0..len).all(|i| same_value(arena, arena.at(a + i), arena.at(b + i), inside))
        }
        (Node::Object(a), Node::Object(b)) => {
            inside.is_none_or(|template| same(arena, a, b, template))
        }
        _ => false,
    }
}

/// Whether a type is one of these, which are sorted; mostly there is only one.
#[inline]
fn is_among(ty: TypeId, types: &[TypeId]) -> bool {
    match types {
        [only] => *only == ty,
        many => many.binary_search(&ty).is_ok(),
    }
}

/// Visits every object at the end of a path, in order.
pub fn walk(arena: &Arena<'_>, node: Node, path: &[Step], visit: &mut impl FnMut(Object)) {
    match node {
        Node::List { start, len } => {
            for item in 0..len {
                walk(arena, arena.at(start + item), path, visit);
            }
        }
        Node::Object(object) => match path {
            [] => visit(object),
            [Step::Key { slot, .. }, rest @ ..] => {
                walk(arena, arena.slot(object, *slot), rest, visit);
            }
            [Step::Types(types), rest @ ..] => {
                if arena.type_of(object).is_none_or(|ty| is_among(ty, types)) {
                    walk(arena, node, rest, visit);
                }
            }
        },
        _ => {}
    }
}

/// A step of a place: what [`walk_with_paths`] puts places together of.
pub trait Segment: Sized {
    /// An item of a list.
    fn item(at: u32) -> Self;
    /// A field.
    fn key(slot: u32, name: &Arc<str>) -> Self;
}

impl Segment for PathSegment {
    fn item(at: u32) -> Self {
        Self::Index(at as usize)
    }

    fn key(_: u32, name: &Arc<str>) -> Self {
        Self::Key(Arc::clone(name))
    }
}

/// Visits the same objects as [`walk`] with their place. Slower: for errors.
pub fn walk_with_paths<S: Segment>(
    arena: &Arena<'_>,
    node: Node,
    path: &[Step],
    so_far: &mut Vec<S>,
    visit: &mut impl FnMut(Object, &[S]),
) {
    match node {
        Node::List { start, len } => {
            for item in 0..len {
                so_far.push(S::item(item));
                walk_with_paths(arena, arena.at(start + item), path, so_far, visit);
                so_far.pop();
            }
        }
        Node::Object(object) => match path {
            [] => visit(object, so_far),
            [Step::Key { slot, name }, rest @ ..] => {
                so_far.push(S::key(*slot, name));
                walk_with_paths(arena, arena.slot(object, *slot), rest, so_far, visit);
                so_far.pop();
            }
            [Step::Types(types), rest @ ..] => {
                if arena
                    .type_of(object)
                    .is_none_or(|ty| types.binary_search(&ty).is_ok())
                {
                    walk_with_paths(arena, node, rest, so_far, visit);
                }
            }
        },
        _ => {}
    }
}

/// Writes one representation. False when the object cannot be represented: it does not say its type, or
/// nothing that identifies it is known.
fn represent(
    arena: &Arena<'_>,
    schema: &SchemaIndex,
    object: Object,
    input: &Input,
    out: &mut Vec<u8>,
) -> bool {
    let ty = arena.type_of(object);
    let renamed = ty.and_then(|ty| {
        input
            .typenames
            .iter()
            .find(|(types, _)| types.binary_search(&ty).is_ok())
    });
    let written = write_object(
        arena,
        schema,
        object,
        ty,
        &input.template,
        renamed.map(|(_, name)| &**name),
        out,
    );
    written.typename && written.values
}

#[derive(Default)]
struct Written {
    typename: bool,
    values: bool,
}

fn write_object(
    arena: &Arena<'_>,
    schema: &SchemaIndex,
    object: Object,
    ty: Option<TypeId>,
    template: &Template,
    typename: Option<&[u8]>,
    out: &mut Vec<u8>,
) -> Written {
    let mut written = Written::default();
    let mut keys: smallvec::SmallVec<[u32; 16]> = smallvec::SmallVec::new();
    out.push(b'{');
    for field in &template.fields {
        let applies = match (&field.types, ty) {
            (None, _) => true,
            (Some(types), Some(ty)) => types.binary_search(&ty).is_ok(),
            (Some(_), None) => false,
        };
        if !applies || keys.contains(&field.key) {
            continue;
        }
        let node = field
            .slot
            .map_or(Node::Missing, |slot| arena.slot(object, slot));
        if field.typename {
            let Some(ty) = ty else { continue };
            start_field(out, &field.label, keys.is_empty());
            match typename {
                Some(name) => out.extend_from_slice(name),
                None => write_json_string(out, &schema.type_info(ty).name),
            }
            written.typename = true;
        } else {
            start_field(out, &field.label, keys.is_empty());
            written.values |= write_value(arena, schema, node, field.inside.as_ref(), out);
        }
        keys.push(field.key);
    }
    out.push(b'}');
    written
}

fn start_field(out: &mut Vec<u8>, label: &[u8], first: bool) {
    if !first {
        out.push(b',');
    }
    out.extend_from_slice(label);
}

/// Writes a value of a representation; says whether it is more than null.
fn write_value(
    arena: &Arena<'_>,
    schema: &SchemaIndex,
    node: Node,
    inside: Option<&Template>,
    out: &mut Vec<u8>,
) -> bool {
    match node {
        Node::Missing | Node::Null => {
            out.extend_from_slice(b"null");
            return false;
        }
        Node::Type(ty) => write_json_string(out, &schema.type_info(ty).name),
        Node::Leaf { text, span } => out.extend_from_slice(arena.leaf(text, span)),
        Node::List { start, len } => {
            out.push(b'[');
            for item in 0..len {
                if item > 0 {
                    out.push(b',');
                }
                write_value(arena, schema, arena.at(start + item), inside, out);
            }
            out.push(b']');
        }
        Node::Object(object) => match inside {
            Some(template) => {
                write_object(
                    arena,
                    schema,
                    object,
                    arena.type_of(object),
                    template,
                    None,
                    out,
                );
            }
            None => out.extend_from_slice(b"null"),
        },
    }
    true
}
