//! What the vault keeps.

pub mod data_key;
pub mod person;
pub mod terms;
