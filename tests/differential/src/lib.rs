//! The differential test: random operations over random data, answered through the gateway and by one
//! evaluation of the whole, which must be equal.
//!
//! The [`data`] is a pure function; by it the [`evaluate`] module answers operations, for the whole by the
//! clients' schema, for each subgraph by its own. Between the subgraphs and the client stands the real
//! pipeline of the gateway ([`world`]): composed, validated, authorised, planned, executed, recorded. What
//! it asks of a subgraph is validated by that subgraph's schema, and what it represents must be true.
//! [`operations`] makes the operations, [`compare`] judges the answers, over our [`own`] subgraphs and over
//! [`rich`] ones that use the rest of federation.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test: whatever surprises it is a finding"
)]

pub mod compare;
pub mod data;
pub mod evaluate;
pub mod operations;
pub mod own;
pub mod rich;
pub mod schema;
pub mod values;
pub mod world;
