//! What can be changed here, by the desk that does it.

pub mod cooperation;
pub mod registration;
pub mod report;
pub mod supervision;

use async_graphql::MergedObject;

/// What may be changed (变更).
#[derive(MergedObject, Clone, Copy, Debug, Default)]
pub struct Mutation(
    report::Reports,
    registration::Registration,
    supervision::Supervision,
    cooperation::Cooperation,
);
