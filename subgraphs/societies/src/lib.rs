//! Social organizations 社会组织: the register and its supervision.
//!
//! One page of the subsystem:
//! - [`vocabulary`]: the closed lists of the domain (kinds, states, results).
//! - [`rules`]: the law as pure functions, one article at a time.
//! - [`model`], [`migration`]: the tables.
//! - [`service`]: use cases; reads take all keys at once and cost one statement each.
//! - [`graph`]: the GraphQL types; owns `Organization`, adds to `Division`, `Person` and `Place`.
//! - [`demo`]: demonstration data, with the figures of the reports of the province shown.
//!
//! Natural persons appear only as opaque tokens, in the table of offices.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod demo;
pub mod graph;
pub mod input;
pub mod migration;
pub mod model;
pub mod rules;
pub mod service;
pub mod vocabulary;

#[cfg(test)]
mod tests;

use async_trait::async_trait;
use kit::events::Consumer;
use kit::{Graph, Services};
use minzheng_kit as kit;

/// The subsystem as the program assembles it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Societies;

#[async_trait]
impl kit::Subsystem for Societies {
    fn name(&self) -> &'static str {
        "societies"
    }

    fn migrations(&self) -> Vec<Box<dyn sea_orm_migration::MigrationTrait>> {
        migration::all()
    }

    fn schema(&self, s: Services) -> Graph {
        graph::build(s)
    }

    async fn seed(
        &self,
        s: &Services,
        progress: &(dyn Fn(&str, usize, usize) + Sync),
    ) -> kit::Result<()> {
        demo::seed(s, progress).await
    }

    async fn tick(&self, s: &Services) -> kit::Result<()> {
        service::listings::escalate(s).await.map(|_| ())
    }

    fn consumers(&self) -> Vec<Box<dyn Consumer>> {
        vec![
            Box::new(service::death::Deaths),
            Box::new(service::death::Aliases),
            Box::new(service::moves::Divisions),
        ]
    }
}
