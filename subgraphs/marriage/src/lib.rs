//! Marriage registration 婚姻登记: registries and their slots, marriage and divorce records, the
//! marital ledger of each person, divorce applications with their cooling-off, and the counts.
//!
//! Read [`rules`] for the law (pure functions, one article at a time), [`model`] for what is kept,
//! [`service`] for the use cases (each writing one is one transaction) and [`graph`] for what
//! clients see. Persons appear by their opaque token only: an identity number that comes in is
//! turned into the token at once, and no table, log or answer of this subsystem holds one.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

pub(crate) use minzheng_kit as kit;

mod consumers;
pub mod demo;
pub mod graph;
mod migration;
pub mod model;
pub mod rules;
pub mod service;
#[cfg(test)]
mod tests;

use kit::{Graph, Result, Services, Subsystem};
use sea_orm_migration::MigrationTrait;

/// The marriage subsystem.
#[derive(Clone, Copy, Debug, Default)]
pub struct Marriage;

/// The subsystem, as the program wants it.
#[must_use]
pub fn subsystem() -> Box<dyn Subsystem> {
    Box::new(Marriage)
}

#[async_trait::async_trait]
impl Subsystem for Marriage {
    fn name(&self) -> &'static str {
        "marriage"
    }

    fn migrations(&self) -> Vec<Box<dyn MigrationTrait>> {
        migration::all()
    }

    fn schema(&self, services: Services) -> Graph {
        graph::build(services)
    }

    async fn seed(
        &self,
        services: &Services,
        progress: &(dyn Fn(&str, usize, usize) + Sync),
    ) -> Result<()> {
        demo::seed(services, progress).await
    }

    fn consumers(&self) -> Vec<Box<dyn kit::events::Consumer>> {
        consumers::all()
    }
}
