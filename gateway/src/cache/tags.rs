//! When an entry has become stale: each tag, a type's name, has a generation that grows with each
//! invalidation; an entry remembers those of the moment before it was fetched.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

type Generation = Arc<AtomicU64>;

/// The generations of this process.
pub(super) struct Tags {
    /// Grows when everything becomes stale at once.
    epoch: Generation,
    /// Grows with each invalidation of whatever.
    all: AtomicU64,
    /// Bounded by the number of types in the schemas that were loaded.
    tags: RwLock<HashMap<Arc<str>, Generation>>,
}

/// The generations at one moment.
#[derive(Clone, Debug)]
pub(super) struct Snapshot(Arc<[(Generation, u64)]>);

impl Snapshot {
    /// Whether none of its tags has been invalidated since.
    pub(super) fn holds(&self) -> bool {
        self.0
            .iter()
            .all(|(generation, then)| generation.load(Ordering::Acquire) == *then)
    }
}

impl Tags {
    pub(super) fn new() -> Self {
        Self {
            epoch: Generation::default(),
            all: AtomicU64::new(0),
            tags: RwLock::default(),
        }
    }

    pub(super) fn snapshot(&self, names: &[Arc<str>]) -> Snapshot {
        let tags = names.iter().map(|name| self.generation(name));
        Snapshot(
            std::iter::once(Arc::clone(&self.epoch))
                .chain(tags)
                .map(|generation| {
                    let now = generation.load(Ordering::Acquire);
                    (generation, now)
                })
                .collect(),
        )
    }

    pub(super) fn invalidate(&self, name: &Arc<str>) {
        self.generation(name).fetch_add(1, Ordering::AcqRel);
        self.all.fetch_add(1, Ordering::AcqRel);
    }

    pub(super) fn invalidate_everything(&self) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
        self.all.fetch_add(1, Ordering::AcqRel);
    }

    /// How many invalidations there were.
    pub(super) fn count(&self) -> u64 {
        self.all.load(Ordering::Acquire)
    }

    /// Every tag that was ever used.
    pub(super) fn known(&self) -> Vec<Arc<str>> {
        let tags = self.tags.read().unwrap_or_else(PoisonError::into_inner);
        tags.keys().cloned().collect()
    }

    fn generation(&self, name: &Arc<str>) -> Generation {
        let tags = self.tags.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(generation) = tags.get(name) {
            return Arc::clone(generation);
        }
        drop(tags);
        let mut tags = self.tags.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(tags.entry(Arc::clone(name)).or_default())
    }
}
