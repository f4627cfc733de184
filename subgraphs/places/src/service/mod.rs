//! The use cases of `places`: reads that load for many parents at once, and mutations, each one
//! transaction. Resolvers are thin over these; tests may call them without GraphQL.

pub mod boundaries;
pub mod divisions;
pub mod naming;
pub mod places;
pub mod statistics;
