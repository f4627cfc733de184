//! The vault's use cases.

pub mod aliases;
pub mod cases;
pub mod columns;
pub mod intake;
pub mod lookup;
pub mod reveal;
pub mod rotation;
