//! The federated benchmark's subgraphs as a library: fixed data and an executor over it. The gateway's
//! microbenchmarks use them too, so that both measure the same work.

pub mod evaluate;
pub mod world;

pub use evaluate::execute;
pub use world::Subgraph;

/// The supergraph of the four subgraphs, which serve on port 4200 of this machine.
pub const SUPERGRAPH: &str = include_str!("../supergraph.graphql");
/// The query: 1 KB, about 90 KB of answer.
pub const QUERY: &str = include_str!("../query.graphql");
