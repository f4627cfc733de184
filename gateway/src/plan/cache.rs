//! Plans kept: bounded by weight, found by the whole of what they depend on.
//!
//! The key is the document's text, the operation's name, the schema's generation and the variant, each
//! compared in full: a hash never decides alone whose plan is run. Requests that need the same plan at
//! the same time make it once.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::authorise::Variant;
use crate::operation::{Document, Operation};

use super::{Plan, PlanError};

/// What a plan depends on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PlanKey {
    document: Arc<str>,
    operation: Option<Arc<str>>,
    generation: u64,
    variant: Variant,
}

impl PlanKey {
    /// The key of an operation of a document for a variant.
    #[must_use]
    pub fn new(document: &Document, operation: &Operation, variant: Variant) -> Self {
        Self {
            document: document.text.clone(),
            operation: operation.name.clone(),
            generation: document.generation,
            variant,
        }
    }
}

/// A plan that was used: its document's text, itself and its variant.
pub type Used = (Arc<str>, Arc<Plan>, Variant);

/// The kept plans.
pub struct PlanCache {
    plans: moka::future::Cache<PlanKey, Arc<Plan>, ahash::RandomState>,
}

/// What an average plan is taken to weigh, in bytes.
const AVERAGE: u64 = 32 * 1024;

impl PlanCache {
    /// Keeps about so many plans of average size.
    #[must_use]
    pub fn new(plans: u64) -> Self {
        Self {
            plans: moka::future::Cache::builder()
                .max_capacity(plans.saturating_mul(AVERAGE))
                .weigher(|key: &PlanKey, plan: &Arc<Plan>| weight(key, plan))
                .build_with_hasher(ahash::RandomState::new()),
        }
    }

    /// The plan under this key.
    pub async fn get(&self, key: &PlanKey) -> Option<Arc<Plan>> {
        let plan = self.plans.get(key).await?;
        plan.uses.fetch_add(1, Ordering::Relaxed);
        Some(plan)
    }

    /// Whether there is a plan under this key, without using it.
    #[must_use]
    pub fn has(&self, key: &PlanKey) -> bool {
        self.plans.contains_key(key)
    }

    /// The plans that were used most, with how often.
    pub fn most_used(&self, most: usize) -> Vec<(u64, Used)> {
        let mut all: Vec<_> = self
            .plans
            .iter()
            .map(|(key, plan)| {
                let uses = plan.uses.load(Ordering::Relaxed);
                (uses, (key.document.clone(), plan, key.variant.clone()))
            })
            .collect();
        all.sort_by_key(|(uses, _)| std::cmp::Reverse(*uses));
        all.truncate(most);
        all
    }

    /// The plan under this key, made by `make` when there is none.
    ///
    /// # Errors
    /// What `make` gave.
    pub async fn get_or_make(
        &self,
        key: PlanKey,
        make: impl Future<Output = Result<Arc<Plan>, PlanError>>,
    ) -> Result<Arc<Plan>, Arc<PlanError>> {
        self.plans.try_get_with(key, make).await
    }

    /// How many plans are kept.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.plans.entry_count()
    }

    /// Whether none is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn weight(key: &PlanKey, plan: &Plan) -> u32 {
    let writes: usize = plan
        .projection
        .objects
        .iter()
        .map(|object| {
            object.otherwise.len()
                + object
                    .by_type
                    .iter()
                    .map(|(_, all)| all.len())
                    .sum::<usize>()
        })
        .sum();
    let fields: usize = plan.shapes.iter().map(|shape| shape.fields.len()).sum();
    let requests: usize = plan
        .fetches
        .iter()
        .map(|fetch| fetch.prefix.len() + 512)
        .sum();
    let all = key.document.len() + 160 * writes + 96 * fields + requests + 1024;
    u32::try_from(all).unwrap_or(u32::MAX)
}
