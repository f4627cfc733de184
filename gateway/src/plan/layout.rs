//! Where each value of the answer is kept: objects as runs of numbered slots.
//!
//! Everything a plan can write to one place of the answer is known beforehand. So each place gets a
//! *layout*: its response names, each with a slot. An object in memory is then a run of slots without
//! names, a look-up is an addition, and merging two objects of one place goes slot by slot.
//!
//! Entities of one fetch can belong to several places (and to places inside one another); all these
//! places share one layout. Sharing is found by union: whatever is unified keeps the slots of both.
//!
//! Invariant: slot 0 of every layout is `__typename`.

use std::sync::Arc;

use indexmap::IndexMap;

/// A layout by its position. After [`Layouts::settle`], equal layouts have equal ids.
pub type LayoutId = usize;

/// The slot of `__typename`.
pub const TYPENAME: u32 = 0;

#[derive(Debug, Clone)]
struct Entry {
    /// Itself, or the layout it was unified with.
    same_as: LayoutId,
    keys: IndexMap<Arc<str>, Option<LayoutId>, ahash::RandomState>,
}

/// All layouts of one plan.
#[derive(Debug, Clone, Default)]
pub struct Layouts {
    entries: Vec<Entry>,
}

impl Layouts {
    /// A new layout with `__typename` only.
    pub fn create(&mut self) -> LayoutId {
        let id = self.entries.len();
        let mut keys = IndexMap::default();
        keys.insert(Arc::from("__typename"), None);
        self.entries.push(Entry { same_as: id, keys });
        id
    }

    /// The layout that stands for this one.
    #[must_use]
    pub fn find(&self, mut id: LayoutId) -> LayoutId {
        while self.entries[id].same_as != id {
            id = self.entries[id].same_as;
        }
        id
    }

    /// Makes sure that the layout has this key.
    pub fn key(&mut self, id: LayoutId, key: &str) {
        let id = self.find(id);
        if !self.entries[id].keys.contains_key(key) {
            self.entries[id].keys.insert(key.into(), None);
        }
    }

    /// The layout of the objects under this key, made if there is none.
    pub fn child(&mut self, id: LayoutId, key: &str) -> LayoutId {
        if let Some(child) = self.child_of(id, key) {
            return child;
        }
        let child = self.create();
        let id = self.find(id);
        self.entries[id].keys.insert(key.into(), Some(child));
        child
    }

    /// Makes two layouts one, and those of their children.
    pub fn unify(&mut self, one: LayoutId, other: LayoutId) {
        let mut pairs = vec![(one, other)];
        while let Some((one, other)) = pairs.pop() {
            let (one, other) = (self.find(one), self.find(other));
            if one == other {
                continue;
            }
            self.entries[other].same_as = one;
            let keys = std::mem::take(&mut self.entries[other].keys);
            for (key, child) in keys {
                let known = self.entries[one].keys.entry(key).or_insert(None);
                match (*known, child) {
                    (Some(a), Some(b)) => pairs.push((a, b)),
                    (None, child) => *known = child,
                    (Some(_), None) => {}
                }
            }
        }
    }

    /// The slot of a key.
    #[must_use]
    pub fn slot(&self, id: LayoutId, key: &str) -> Option<u32> {
        let at = self.entries[self.find(id)].keys.get_index_of(key)?;
        u32::try_from(at).ok()
    }

    /// The layout of the objects under a key.
    #[must_use]
    pub fn child_of(&self, id: LayoutId, key: &str) -> Option<LayoutId> {
        let child = (*self.entries[self.find(id)].keys.get(key)?)?;
        Some(self.find(child))
    }

    /// The layout of the objects in a slot.
    #[must_use]
    pub fn child_at(&self, id: LayoutId, slot: u32) -> Option<LayoutId> {
        let (_, child) = self.entries[self.find(id)].keys.get_index(slot as usize)?;
        Some(self.find((*child)?))
    }

    /// The layouts of all objects inside this one, one step down.
    pub fn children(&self, id: LayoutId) -> impl Iterator<Item = LayoutId> {
        self.entries[self.find(id)]
            .keys
            .values()
            .filter_map(|child| Some(self.find((*child)?)))
    }

    /// The number of slots of each layout, by id.
    #[must_use]
    pub fn sizes(&self) -> Vec<u32> {
        (0..self.entries.len())
            .map(|id| u32::try_from(self.entries[self.find(id)].keys.len()).unwrap_or(u32::MAX))
            .collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn unified_layouts_share_slots_and_children() {
        let mut layouts = Layouts::default();
        let (a, b) = (layouts.create(), layouts.create());
        layouts.key(a, "x");
        let ac = layouts.child(a, "c");
        layouts.key(b, "y");
        let bc = layouts.child(b, "c");
        layouts.key(bc, "z");
        layouts.unify(a, b);
        assert_eq!(layouts.find(a), layouts.find(b));
        assert_eq!(layouts.find(ac), layouts.find(bc));
        assert_eq!(layouts.slot(a, "__typename"), Some(TYPENAME));
        assert_eq!(layouts.slot(a, "y"), layouts.slot(b, "y"));
        assert!(layouts.slot(ac, "z").is_some());
        assert_eq!(layouts.sizes()[a], 4);
    }

    #[test]
    fn a_layout_may_be_unified_with_what_is_inside_it() {
        let mut layouts = Layouts::default();
        let a = layouts.create();
        let b = layouts.child(a, "b");
        let c = layouts.child(b, "b");
        layouts.unify(a, c);
        layouts.unify(a, b);
        assert_eq!(layouts.child_of(a, "b"), Some(layouts.find(a)));
    }
}
