//! Entities: finding the objects a fetch is about, and writing their representations.
//!
//! Objects are collected along the planned paths, through lists, in the order of the answer. Equal
//! representations are sent once: they are compared by hash, then in full. What came back for a
//! representation belongs to every object that has it.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};

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

/// Collects the objects of an input and writes their representations.
#[must_use]
pub fn collect(
    arena: &Arena<'_>,
    schema: &SchemaIndex,
    root: Object,
    input: &Input,
) -> Representations {
    let mut all = Representations {
        json: b"[".to_vec(),
        ..Representations::default()
    };
    let hasher = ahash::RandomState::new();
    // The last representation with this hash; the next one before it.
    let mut last: HashMap<u64, u32, ahash::RandomState> = HashMap::default();
    let mut before: Vec<u32> = Vec::new();
    for path in &input.paths {
        walk(arena, Node::Object(root), path, &mut |object| {
            let start = all.json.len();
            if !all.spans.is_empty() {
                all.json.push(b',');
            }
            let from = all.json.len();
            if !represent(arena, schema, object, input, &mut all.json) {
                all.json.truncate(start);
                return;
            }
            let mut state = hasher.build_hasher();
            state.write(&all.json[from..]);
            let hash = state.finish();
            let newest = last.get(&hash).copied();
            let mut candidate = newest;
            while let Some(known) = candidate {
                let (a, b) = all.spans[known as usize];
                if all.json[a..b] == all.json[from..] {
                    all.json.truncate(start);
                    all.objects.push((object, known));
                    return;
                }
                candidate = (before[known as usize] != u32::MAX).then(|| before[known as usize]);
            }
            let position = u32::try_from(all.spans.len()).unwrap_or(u32::MAX);
            all.spans.push((from, all.json.len()));
            before.push(newest.unwrap_or(u32::MAX));
            last.insert(hash, position);
            all.objects.push((object, position));
        });
    }
    all.json.push(b']');
    all
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
                if arena
                    .type_of(object)
                    .is_none_or(|ty| types.binary_search(&ty).is_ok())
                {
                    walk(arena, node, rest, visit);
                }
            }
        },
        _ => {}
    }
}

/// Visits the same objects as [`walk`] with their place in the client's answer. Slower: for errors.
pub fn walk_with_paths(
    arena: &Arena<'_>,
    node: Node,
    path: &[Step],
    so_far: &mut Vec<PathSegment>,
    visit: &mut impl FnMut(Object, &[PathSegment]),
) {
    match node {
        Node::List { start, len } => {
            for item in 0..len {
                so_far.push(PathSegment::Index(item as usize));
                walk_with_paths(arena, arena.at(start + item), path, so_far, visit);
                so_far.pop();
            }
        }
        Node::Object(object) => match path {
            [] => visit(object, so_far),
            [Step::Key { slot, name }, rest @ ..] => {
                so_far.push(PathSegment::Key(name.clone()));
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
