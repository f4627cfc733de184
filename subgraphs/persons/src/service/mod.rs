//! The vault's use cases.

pub mod columns;
pub mod intake;
pub mod lookup;
