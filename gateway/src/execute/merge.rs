//! Merging what a fetch brought into the answer: by slots, moving nodes.
//!
//! Both objects have the layout of their place, so no name is compared. What is new is moved; objects
//! under one slot are merged; lists of one length are merged item by item. An object that belongs to
//! several places is copied for all but one of them when a later fetch may write inside it, as long as there is room:
//! whoever merges asks [`Arena::is_full`] after.

use super::arena::{Arena, Node, Object};
use crate::plan::Shape;
use crate::plan::layout::TYPENAME;
use crate::supergraph::{SchemaIndex, TypeId, TypeKind};

/// Objects inside one another beyond this are not merged; answers are bounded well below.
const MOST_DEPTH: usize = 512;

/// Merges `source` into `target`. With `copy`, nothing of `source` is shared with `target` after.
pub fn merge(
    arena: &mut Arena<'_>,
    schema: &SchemaIndex,
    target: Object,
    source: Object,
    copy: bool,
) {
    merge_objects(arena, schema, target, source, copy, 0);
}

/// Merges an entity of this shape into an object that has its layout: like [`merge`], but only the slots
/// that the entity can have are looked at.
pub fn fill(
    arena: &mut Arena<'_>,
    schema: &SchemaIndex,
    target: Object,
    entity: Object,
    shape: &Shape,
    copy: bool,
) {
    if target.start == entity.start {
        return;
    }
    let size = arena.size(target.layout).min(arena.size(entity.layout));
    for field in shape.fields.iter().filter(|field| field.slot < size) {
        merge_slot(arena, schema, target, entity, field.slot, copy, 0);
    }
}

/// Whether an entity says that it is of another type than the object it was asked for. Behind an interface object the
/// type is not known.
#[must_use]
pub fn is_another(arena: &Arena<'_>, schema: &SchemaIndex, target: Object, entity: Object) -> bool {
    let is_object = |ty: &TypeId| schema.type_info(*ty).kind == TypeKind::Object;
    let own = arena.type_of(target).filter(is_object);
    let told = arena.type_of(entity).filter(is_object);
    own.zip(told).is_some_and(|(own, told)| own != told)
}

/// Notes that a fetch has nothing for an object: what it should have filled is null as far as nothing else
/// has filled it.
pub fn nothing(arena: &mut Arena<'_>, target: Object, fills: &[(u32, u32)]) {
    for (layout, slot) in fills {
        let unknown = *layout == target.layout && *slot != TYPENAME;
        if unknown && arena.slot(target, *slot) == Node::Missing {
            arena.set(target.start + slot, Node::Null);
        }
    }
}

fn merge_objects(
    arena: &mut Arena<'_>,
    schema: &SchemaIndex,
    target: Object,
    source: Object,
    copy: bool,
    depth: usize,
) {
    if target.start == source.start || depth > MOST_DEPTH {
        return;
    }
    let size = arena.size(target.layout).min(arena.size(source.layout));
    for slot in 0..size {
        merge_slot(arena, schema, target, source, slot, copy, depth);
    }
}

#[inline]
fn merge_slot(
    arena: &mut Arena<'_>,
    schema: &SchemaIndex,
    target: Object,
    source: Object,
    slot: u32,
    copy: bool,
    depth: usize,
) {
    let new = arena.slot(source, slot);
    if new == Node::Missing {
        return;
    }
    let old = arena.slot(target, slot);
    let position = target.start + slot;
    if slot == TYPENAME
        && let (Node::Type(old), Node::Type(_)) = (old, new)
        && schema.type_info(old).kind == TypeKind::Object
    {
        // An interface object calls the entity by its interface; the real name stays.
        return;
    }
    merge_nodes(arena, schema, position, old, new, copy, depth);
}

fn merge_nodes(
    arena: &mut Arena<'_>,
    schema: &SchemaIndex,
    position: u32,
    old: Node,
    new: Node,
    copy: bool,
    depth: usize,
) {
    match (old, new) {
        (Node::Object(target), Node::Object(source)) => {
            merge_objects(arena, schema, target, source, copy, depth + 1);
        }
        (
            Node::List { start: to, len },
            Node::List {
                start: from,
                len: other,
            },
        ) if len == other => {
            for item in 0..len {
                let (old, new) = (arena.at(to + item), arena.at(from + item));
                merge_nodes(arena, schema, to + item, old, new, copy, depth + 1);
            }
        }
        // What one fetch knows, another's null does not undo.
        (Node::Missing | Node::Null, new) | (_, new)
            if new != Node::Null || old == Node::Missing =>
        {
            let new = if copy { copied(arena, new, depth) } else { new };
            arena.set(position, new);
        }
        _ => {}
    }
}

fn copied(arena: &mut Arena<'_>, node: Node, depth: usize) -> Node {
    if depth > MOST_DEPTH {
        return Node::Null;
    }
    let size = match node {
        Node::Object(source) => arena.size(source.layout) as usize,
        Node::List { len, .. } => len as usize,
        _ => return node,
    };
    if !arena.has_room_for(size) {
        return Node::Null;
    }
    match node {
        Node::Object(source) => {
            let copy = arena.object(source.layout as usize);
            for slot in 0..arena.size(source.layout) {
                let inner = copied(arena, arena.slot(source, slot), depth + 1);
                arena.set(copy.start + slot, inner);
            }
            Node::Object(copy)
        }
        Node::List { start, len } => {
            let items: Vec<Node> = (0..len)
                .map(|item| copied(arena, arena.at(start + item), depth + 1))
                .collect();
            arena.list(&items)
        }
        leaf => leaf,
    }
}
