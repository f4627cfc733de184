//! A pipeline for the next schema, with what was asked most of late and the trusted documents prepared
//! beforehand, so that a change of the schema is not felt.
//!
//! What was asked is planned for those who asked it. Who will ask a trusted document that nobody asked of late is
//! not known: it is planned for somebody who may see all of it and leaves its switches as they are; for others
//! it is at least read and checked already.
//!
//! What is prepared is bounded in number and time; what the new schema refuses is left out, and so is an
//! operation whose demands or conditions have changed: it is planned anew when it is asked.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::Pipeline;
use crate::authorise::Variant;
use crate::operation::{Document, Operation};
use crate::plan::cache::{PlanKey, Used};
use crate::plan::{self, PlanError};
use crate::supergraph::Supergraph;

/// Plans of what was asked, and trusted documents, prepared at most.
const MOST: usize = 500;
/// The time that each of the two may take at most; the old schema serves meanwhile.
const LONGEST: Duration = Duration::from_millis(2500);

impl Pipeline {
    /// A pipeline that serves another schema, with the most used operations of this one and the trusted
    /// documents prepared.
    /// CPU-bound for up to a few seconds: call it off the event loop, and serve by it then.
    ///
    /// # Errors
    /// When the planner cannot be made for the schema.
    pub async fn succeed(&self, supergraph: Supergraph) -> Result<Self, PlanError> {
        let next = Self::new(&self.limits, supergraph)?
            .with_documents(Arc::clone(&self.known))
            .recording(self.log.clone());
        let began = Instant::now();
        for (uses, old) in self.plans.most_used(MOST) {
            if began.elapsed() > LONGEST {
                break;
            }
            let Some(document) = next.prepared(&old.0).await else {
                continue;
            };
            if let Some((operation, variant)) = applies(&document, &old) {
                next.prepare_plan(&document, &operation, variant, uses)
                    .await;
            }
        }
        let began = Instant::now();
        for text in self.known.trusted().iter().take(MOST) {
            if began.elapsed() > LONGEST {
                break;
            }
            let Some(document) = next.prepared(text).await else {
                continue;
            };
            for operation in &document.operations {
                let variant = Variant::as_written(operation);
                next.prepare_plan(&document, operation, variant, 0).await;
            }
        }
        Ok(next)
    }

    /// The document of a text, prepared and kept.
    async fn prepared(&self, text: &Arc<str>) -> Option<Arc<Document>> {
        if let Some(known) = self.documents.get(text) {
            return Some(known);
        }
        // As off the event loop: a panic of the parser is that document's misfortune only.
        let work = || Document::prepare(text, &self.loaded.supergraph, &self.limits);
        let document = catch_unwind(AssertUnwindSafe(work)).ok()?.ok()?;
        let document = Arc::new(document);
        let kept = document.text.clone();
        self.documents.insert(kept, document.clone());
        // Others run between two of them.
        tokio::task::yield_now().await;
        Some(document)
    }

    async fn prepare_plan(
        &self,
        document: &Document,
        operation: &Arc<Operation>,
        variant: Variant,
        uses: u64,
    ) {
        let key = PlanKey::new(document, operation, variant.clone());
        if self.plans.has(&key) {
            return;
        }
        let loaded = &self.loaded;
        let make = || plan::make(operation, &variant, &loaded.supergraph, &*loaded.planner);
        let Ok(Ok(plan)) = catch_unwind(AssertUnwindSafe(make)) else {
            return;
        };
        // Of late: what was asked under the schema before last counts half.
        plan.uses.store(uses / 2, Ordering::Relaxed);
        let made = async { Ok(Arc::new(plan)) };
        let _ = self.plans.get_or_make(key, made).await;
    }
}

/// The same operation and variant in the new document, if they still mean the same.
fn applies(document: &Document, (_, old, variant): &Used) -> Option<(Arc<Operation>, Variant)> {
    let before = &old.operation;
    let operation = document
        .operations
        .iter()
        .find(|operation| operation.name == before.name)?;
    let same = operation.demands == before.demands && operation.conditions == before.conditions;
    same.then(|| (operation.clone(), variant.clone()))
}
