//! The root of queries, put together of its parts.

use async_graphql::MergedObject;

/// The queries of the funeral subsystem.
#[derive(MergedObject, Default)]
pub struct Query(
    super::query::FirstQuery,
    super::lists::ListQuery,
    super::land_lists::LandQuery,
);
