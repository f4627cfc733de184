//! What the vault keeps.

pub mod identity_case;
pub mod person;
pub mod retired_token;
pub mod reveal;
pub mod terms;
