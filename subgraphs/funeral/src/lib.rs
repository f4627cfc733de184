//! The funeral subsystem 殡葬服务: facilities and their prices, funeral cases, waivers of fees,
//! niches and graves, ecological burial, illegal graves, and the hotline 96444.
//!
//! It owns `FuneralFacility` and `FuneralCase`, and adds to `Person`, `Division`, `Place` and
//! `Organization`, which others own. Persons are opaque tokens here; an ID number that comes in is
//! turned into its token at once and handed on sealed.
//!
//! Read [`rules`] for the law, [`model`] for the records, [`service`] for the use cases, [`graph`] for
//! what clients see.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod consumers;
pub mod demo;
pub mod graph;
pub mod migration;
pub mod model;
pub mod rules;
pub mod service;

use async_trait::async_trait;
use minzheng_kit::{Graph, Result, Services, Subsystem};

/// The funeral subsystem.
#[derive(Clone, Copy, Debug, Default)]
pub struct Funeral;

#[async_trait]
impl Subsystem for Funeral {
    fn name(&self) -> &'static str {
        "funeral"
    }

    fn migrations(&self) -> Vec<Box<dyn sea_orm_migration::MigrationTrait>> {
        migration::all()
    }

    fn schema(&self, services: Services) -> Graph {
        Graph::build(
            graph::Query::default(),
            graph::Mutation::default(),
            services,
        )
    }

    async fn seed(
        &self,
        services: &Services,
        progress: &(dyn Fn(&str, usize, usize) + Sync),
    ) -> Result<()> {
        demo::seed(services, progress).await
    }

    /// Holds and terms that ran out, tickets that nobody dispatched; see [`service::timers`].
    async fn tick(&self, services: &Services) -> Result<()> {
        service::timers::run(services).await.map(|_| ())
    }

    fn consumers(&self) -> Vec<Box<dyn minzheng_kit::events::Consumer>> {
        consumers::all()
    }
}

#[cfg(test)]
mod tests;
