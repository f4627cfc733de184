//! The vault 自然人库: the one place where identity numbers and names of natural persons are kept.
//!
//! Everybody else holds opaque tokens. An identity comes in sealed, in another subgraph's event
//! ([`service::intake`]), is kept encrypted column by column ([`service::columns`]), and goes out
//! masked only ([`graph`]). Nothing here logs, echoes or lists identities; there is no way to ask for
//! a person but by token.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)
)]

pub(crate) use minzheng_kit as kit;

mod consumers;
mod demo;
pub mod graph;
mod migration;
pub mod model;
pub mod rules;
pub mod service;
#[cfg(test)]
mod tests;

use kit::{Graph, Result, Services, Subsystem};
use sea_orm_migration::MigrationTrait;

/// The vault, as the program wants it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Persons;

#[async_trait::async_trait]
impl Subsystem for Persons {
    fn name(&self) -> &'static str {
        "persons"
    }

    fn migrations(&self) -> Vec<Box<dyn MigrationTrait>> {
        migration::all()
    }

    fn opens_vault(&self) -> bool {
        true
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
