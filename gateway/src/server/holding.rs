//! Whether the token of somebody who is served for longer than one request still holds: it ends by the
//! clock, is taken back, or was signed with a key that its issuer has withdrawn since.

use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::watch;
use tokio::time::Instant;

use super::Gateway;
use crate::error::ErrorCode;
use crate::identity::{IdentityError, Principal, Verifier};

/// A token that is believed for now.
pub(super) struct Holding {
    verifier: Arc<Verifier>,
    principal: Arc<Principal>,
    /// When it ends, by the clock that timers go by; never for the public.
    ends: Option<Instant>,
    /// Tells that the list of revoked tokens was read again, or that an issuer's keys have changed.
    recalls: watch::Receiver<()>,
}

impl Holding {
    pub(super) fn new(gateway: &Gateway, principal: &Arc<Principal>) -> Self {
        let ends = principal.is_authenticated().then(|| {
            let skew = gateway.parts.config.identity.clock_skew;
            let left = (principal.expires + skew).duration_since(SystemTime::now());
            Instant::now() + left.unwrap_or_default()
        });
        let verifier = Arc::clone(&gateway.parts.verifier);
        let mut recalls = verifier.recalls();
        // They may have been read since the token was checked.
        recalls.mark_changed();
        Self {
            verifier,
            principal: Arc::clone(principal),
            ends,
            recalls,
        }
    }

    /// Whether it holds now.
    ///
    /// # Errors
    /// Why it does not.
    pub(super) fn check(&self) -> Result<(), ErrorCode> {
        let holds = self
            .verifier
            .still_holds(&self.principal, SystemTime::now());
        holds.map_err(IdentityError::code)
    }

    /// Waits until it holds no longer, and says why. May be dropped and asked again.
    pub(super) async fn lost(&mut self) -> ErrorCode {
        loop {
            tokio::select! {
                () = at(self.ends) => return ErrorCode::TokenExpired,
                read = self.recalls.changed() => {
                    if let Err(code) = self.check() {
                        return code;
                    }
                    if read.is_err() {
                        at(self.ends).await;
                        return ErrorCode::TokenExpired;
                    }
                }
            }
        }
    }
}

/// Ends at an instant, or never.
async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
