//! Whether a fetch may be shared and kept: its coordinates' `@cacheControl` marks taken together.
//!
//! A fetch is public only when every field it selects is, and is kept only as long as the most
//! short-lived of them; one unmarked field means that nothing is kept. Its tags are the names of all
//! object types it may hold, which is what a mutation's `@cacheInvalidate` names.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::CacheRule;
use super::graph::Output;
use crate::supergraph::{SchemaIndex, TypeId};

/// What the coordinates of a fetch allow: whether all are public, and how long they may be kept.
pub(super) struct Marks<'a> {
    schema: &'a SchemaIndex,
    pub(super) public: bool,
    max_age: Option<u32>,
    unmarked: bool,
    tags: BTreeSet<Arc<str>>,
}

impl<'a> Marks<'a> {
    pub(super) fn new(schema: &'a SchemaIndex) -> Self {
        Self {
            schema,
            public: true,
            max_age: None,
            unmarked: false,
            tags: BTreeSet::new(),
        }
    }

    pub(super) fn read(&mut self, outputs: &[Output], parent: TypeId) {
        for output in outputs {
            match output {
                Output::On {
                    condition,
                    children,
                } => {
                    if let Some(on) = self.schema.ty(condition) {
                        self.tag(on);
                        self.read(children, on);
                    } else {
                        self.public = false;
                    }
                }
                Output::Field { name, .. } if name == "__typename" => {}
                Output::Field { name, children, .. } => {
                    let Some(info) = self.schema.field(parent, name) else {
                        self.public = false;
                        continue;
                    };
                    self.public &= info.cache.public;
                    match info.cache.max_age {
                        Some(age) => self.max_age = Some(self.max_age.map_or(age, |a| a.min(age))),
                        None => self.unmarked = true,
                    }
                    if !children.is_empty() {
                        let base = info.ty.base();
                        self.tag(base);
                        self.read(children, base);
                    }
                }
            }
        }
    }

    /// Root fields: what a root field answers may depend on the caller whatever its type says, so it
    /// needs a mark of its own.
    pub(super) fn read_root(&mut self, outputs: &[Output], root: TypeId) {
        for name in super::compile::fields(outputs) {
            let own = self
                .schema
                .field(root, name)
                .and_then(|info| info.own_cache);
            if name != "__typename" && own.is_none() {
                self.public = false;
                self.unmarked = true;
            }
        }
        self.read(outputs, root);
    }

    fn tag(&mut self, id: TypeId) {
        let info = self.schema.type_info(id);
        self.tags.insert(info.name.clone());
        for member in &info.possible_types {
            self.tags
                .insert(self.schema.type_info(*member).name.clone());
        }
    }

    pub(super) fn rule(self) -> Option<CacheRule> {
        let max_age = self.max_age.filter(|age| *age > 0 && !self.unmarked)?;
        Some(CacheRule {
            max_age,
            tags: self.tags.into_iter().collect(),
        })
    }
}
