//! The memory of one request: everything the subgraphs answered, in one vector.
//!
//! A value is a [`Node`] of twelve bytes; text stays where it was received and is named by its span;
//! objects are runs of nodes in the order of their layout, lists are runs of nodes. So an answer of a
//! megabyte is two allocations, merging moves nodes, and everything is freed at once.
//!
//! Invariant: a node's span, start and length are valid in this arena, because only
//! [`answer`](super::answer) and [`merge`](super::merge) make nodes.

use bytes::Bytes;

use super::answer::Told;
use super::json::Span;
use crate::plan::LayoutId;
use crate::plan::layout::TYPENAME;
use crate::supergraph::TypeId;

/// A received text by its number. Narrow, so that a node is no longer than it has to be: an answer is made of a few
/// texts, one of each fetch.
pub type TextId = u16;

/// A value of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Node {
    /// Nothing was received: null to the client.
    Missing,
    /// Null was received.
    Null,
    /// The name of a type.
    Type(TypeId),
    /// JSON as received: a scalar, or anything where a custom scalar stands.
    Leaf {
        /// The received text it is in.
        text: TextId,
        /// Where in that text.
        span: Span,
    },
    /// A list: a run of nodes.
    List {
        /// Its first node.
        start: u32,
        /// How many.
        len: u32,
    },
    /// An object: a run of nodes, one for each slot of its layout.
    Object(Object),
}

const _: () = assert!(size_of::<Node>() == 12);

/// An object of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Object {
    /// Its first slot.
    pub start: u32,
    /// Its layout.
    pub layout: u32,
}

/// All values of one request.
#[derive(Debug)]
pub struct Arena<'p> {
    texts: Vec<Bytes>,
    nodes: Vec<Node>,
    sizes: &'p [u32],
    received: usize,
    told: Vec<Told>,
    /// There was no room for another copy.
    is_full: bool,
}

/// Nodes that any request may have, whatever was received.
const FREE_NODES: usize = 1 << 18;
/// Nodes that copies of received values may fill up to: 48 MiB.
const MOST_COPIED: usize = 1 << 22;
/// Nodes a received byte may bring; an honest answer brings less than one.
const NODES_PER_BYTE: usize = 8;

impl<'p> Arena<'p> {
    /// An empty arena for objects with these numbers of slots by layout.
    #[must_use]
    pub fn new(sizes: &'p [u32]) -> Self {
        Self {
            texts: Vec::new(),
            nodes: Vec::new(),
            sizes,
            received: 0,
            told: Vec::new(),
            is_full: false,
        }
    }

    /// Whether a copy of so many nodes has room; once one has not, the arena is full.
    pub fn has_room_for(&mut self, nodes: usize) -> bool {
        self.is_full |= self.nodes.len() + nodes > MOST_COPIED;
        !self.is_full
    }

    /// Whether something was not copied because there was no room: few received bytes for very many places.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.is_full
    }

    /// Makes room for so many nodes.
    pub fn reserve(&mut self, nodes: usize) {
        self.nodes.reserve(nodes);
    }

    /// How many nodes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Keeps of whom an answer tells beside its values.
    pub fn tells(&mut self, told: Told) {
        self.told.push(told);
    }

    /// Of whom the answers tell beside their values.
    #[must_use]
    pub fn told(&self) -> &[Told] {
        &self.told
    }

    /// Keeps a received text and names it; not when there are too many.
    pub fn keep(&mut self, text: Bytes) -> Option<TextId> {
        let id = TextId::try_from(self.texts.len()).ok()?;
        self.received += text.len();
        self.texts.push(text);
        Some(id)
    }

    /// A received text.
    #[must_use]
    pub fn text(&self, text: TextId) -> &[u8] {
        self.texts.get(usize::from(text)).map_or(&[], |text| text)
    }

    /// The JSON of a leaf.
    #[inline]
    #[must_use]
    pub fn leaf(&self, text: TextId, span: Span) -> &[u8] {
        span.of(self.text(text))
    }

    /// The number of slots of an object.
    #[must_use]
    pub fn size(&self, layout: u32) -> u32 {
        self.sizes.get(layout as usize).copied().unwrap_or(0)
    }

    /// Whether so many more nodes would be out of proportion to what was received: many empty objects
    /// where large ones are expected.
    #[must_use]
    pub fn is_bloated_by(&self, nodes: usize) -> bool {
        self.nodes.len() + nodes > FREE_NODES + NODES_PER_BYTE * self.received
    }

    /// A new object with nothing in it.
    #[allow(clippy::cast_possible_truncation)] // the number of nodes is bounded by that of bytes
    pub fn object(&mut self, layout: LayoutId) -> Object {
        let start = self.nodes.len() as u32;
        let layout = layout as u32;
        let size = self.size(layout) as usize;
        self.nodes.resize(self.nodes.len() + size, Node::Missing);
        Object { start, layout }
    }

    /// The root of the answer, which has this layout: the object that was made first.
    #[must_use]
    #[allow(clippy::cast_possible_truncation)] // the number of layouts is bounded by that of fields
    pub fn root(&self, layout: LayoutId) -> Object {
        Object {
            start: 0,
            layout: layout as u32,
        }
    }

    /// A new list of these nodes.
    #[allow(clippy::cast_possible_truncation)] // the number of nodes is bounded by that of bytes
    pub fn list(&mut self, items: &[Node]) -> Node {
        let start = self.nodes.len() as u32;
        self.nodes.extend_from_slice(items);
        Node::List {
            start,
            len: items.len() as u32,
        }
    }

    /// The node in a slot.
    #[inline]
    #[must_use]
    pub fn slot(&self, object: Object, slot: u32) -> Node {
        self.at(object.start + slot)
    }

    /// The node at a position.
    #[inline]
    #[must_use]
    pub fn at(&self, position: u32) -> Node {
        self.nodes
            .get(position as usize)
            .copied()
            .unwrap_or(Node::Missing)
    }

    /// Puts a node at a position.
    #[inline]
    pub fn set(&mut self, position: u32, node: Node) {
        if let Some(place) = self.nodes.get_mut(position as usize) {
            *place = node;
        }
    }

    /// The type an object says it is of.
    #[inline]
    #[must_use]
    pub fn type_of(&self, object: Object) -> Option<TypeId> {
        match self.slot(object, TYPENAME) {
            Node::Type(id) => Some(id),
            _ => None,
        }
    }
}
