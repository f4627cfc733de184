//! What follows from an identity, as pure functions.
//!
//! [`intake`] judges what is told about a person, [`joining`] who may become one with whom and how that
//! is undone, [`status`] how far an identity is known to be right, [`reveal`] who may see it in full, [`approval`] for how long a second
//! officer may be waited for.

pub mod approval;
pub mod intake;
pub mod joining;
pub mod reveal;
pub mod status;

pub use intake::{Merge, Traits, checked, merge, traits};

use crate::kit::UserError;

/// A refusal by law or by the vault's own order.
fn refuse(code: &str, en: &str, zh: &str, field: &str, basis: &str) -> UserError {
    UserError::new(code, en, zh).field(&[field]).basis(basis)
}
