//! How many subscriptions run at once.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Gateway;
use crate::error::ErrorCode;
use crate::telemetry::InFlight;

/// A place among the subscriptions of a process, given back when it is dropped.
pub(super) struct Place {
    gateway: Arc<Gateway>,
    _counted: InFlight,
}

impl Place {
    /// Takes a place.
    ///
    /// # Errors
    /// [`ErrorCode::TooManySubscriptions`] when all are taken.
    pub(super) fn take(gateway: &Arc<Gateway>) -> Result<Self, ErrorCode> {
        let most = gateway.parts.config.subscriptions.per_process;
        let taken = gateway.subscriptions.fetch_add(1, Ordering::AcqRel);
        if taken >= most {
            gateway.subscriptions.fetch_sub(1, Ordering::AcqRel);
            return Err(ErrorCode::TooManySubscriptions);
        }
        Ok(Self {
            gateway: Arc::clone(gateway),
            _counted: gateway.parts.metrics.subscribed(),
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.gateway.subscriptions.fetch_sub(1, Ordering::AcqRel);
    }
}
