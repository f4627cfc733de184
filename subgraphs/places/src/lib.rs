//! Place names and divisions (区划地名).
//!
//! This subgraph owns two entities that join all others. A **`Division`** is an area of administration: its
//! id is for life, its code, name, kind and parent are *versions* of it, and *lineage* leads from any code of
//! the past to the divisions of today ([`model::division_version`], [`service::divisions`]). A **`Place`** is
//! anything with a standard name: a road, a village, a park, a facility ([`service::places`]). Registries,
//! facilities and organizations of other subgraphs point to places for their names and addresses.
//!
//! What the law asks of names is in [`rules`]: parts and script ([`rules::names`]), being alone within an area
//! and not sounding like another name ([`rules::scope`]), spelling in letters ([`rules::romanise`]), the days
//! for filing and notice ([`rules::clocks`]), the states of an application ([`rules::state`]).
//!
//! A name is asked for by `submitNaming` ([`service::naming`]): checked in form, compared with the names in
//! force, stored with its history, put into the change feed and told as an event, all in one transaction.
//!
//! The first start imports every division of China with its history ([`import`]) and makes places, decisions
//! and boundary lines for the province shown ([`demo`]), so that the figures of the reports come out as sums
//! of rows and not as constants.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)
)]

use async_trait::async_trait;
use minzheng_kit::{Graph, Result, Services, Subsystem};
use sea_orm_migration::MigrationTrait;

pub mod demo;
mod graph;
pub mod import;
mod migration;
pub mod model;
pub mod rules;
pub mod service;

#[cfg(test)]
mod tests;

/// The subsystem of place names and divisions.
#[derive(Clone, Copy, Debug, Default)]
pub struct Places;

#[async_trait]
impl Subsystem for Places {
    fn name(&self) -> &'static str {
        "places"
    }

    fn migrations(&self) -> Vec<Box<dyn MigrationTrait>> {
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
        import::run(services, progress).await?;
        demo::run(services, progress).await
    }
}
