//! The subgraph's GraphQL: thin resolvers over [`crate::service`].
//!
//! Objects made together know each other ([`minzheng_kit::batch::Siblings`]): the organizations of a
//! page or of an `_entities` call share a [`organization::Shelf`], so that a field asked of all of
//! them costs one statement.

mod change;
pub mod cleanup;
pub mod division;
pub mod entity;
pub mod keyed;
pub mod mutation;
pub mod organization;
pub mod parts;
pub mod payload;
pub mod permit;
pub mod person;
pub mod place;
pub mod query;
pub mod record;
pub mod review;
pub mod settings;
pub mod subscription;
pub mod summary;

use kit::{Graph, Services};
use minzheng_kit as kit;

/// Builds the schema over its services.
#[must_use]
pub fn build(services: Services) -> Graph {
    Graph::with_subscription(
        query::Query::default(),
        mutation::Mutation::default(),
        subscription::Subscription,
        services,
    )
}
