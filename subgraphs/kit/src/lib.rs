//! Skeleton.
pub mod divisions;
