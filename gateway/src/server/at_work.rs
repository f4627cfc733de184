//! How many requests are executed at a time, by whatever way they came: beyond the limit they are refused at once.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Gateway;

/// A place among the requests at work, given back when dropped.
pub(super) struct AtWork {
    gateway: Arc<Gateway>,
    before: usize,
}

impl AtWork {
    /// One more begins.
    pub(super) fn begin(gateway: &Arc<Gateway>) -> Self {
        Self {
            before: gateway.at_work.fetch_add(1, Ordering::AcqRel),
            gateway: Arc::clone(gateway),
        }
    }

    /// Whether there were as many as may be already, so that this one is to be refused.
    pub(super) fn is_one_too_many(&self) -> bool {
        self.before >= self.gateway.parts.config.limits.concurrency
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.gateway.at_work.fetch_sub(1, Ordering::AcqRel);
    }
}
