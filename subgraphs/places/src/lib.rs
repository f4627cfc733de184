//! Place names and divisions (区划地名).
//!
//! This subgraph owns two entities that join all others. A **`Division`** is an area of administration: its
//! id is for life, its code, name, kind and parent are *versions* of it, and *lineage* leads from any code of
//! the past to the divisions of today ([`model::division_version`], [`service::divisions`]). A **`Place`** is
//! anything with a standard name: a road, a village, a park, a facility ([`service::places`]). Registries,
//! facilities and organizations of other subgraphs point to places for their names and addresses.
//!
//! What the law asks is in [`rules`], one article at a time and without I/O: of names their parts and script
//! ([`rules::names`]), what may be asked of a place that has one or none ([`rules::naming`]), being alone within an
//! area and not sounding like another name ([`rules::scope`]), spelling in letters ([`rules::romanise`]), who
//! approves ([`rules::authority`]), the days for filing and notice ([`rules::clocks`]), the words of a notice
//! ([`rules::notice`]), the states of an application ([`rules::state`]), and that two officers are two persons
//! ([`rules::officers`]); of divisions how one changes into another ([`rules::divisions`]); of lines who signs and
//! who mends ([`rules::boundaries`]); of shapes what is one ([`rules::geojson`], [`rules::topology`],
//! [`rules::measure`]). Every number that a law may change stands in [`rules::parameters`] with its dates.
//!
//! A name is asked for by `submitNaming`, accepted, compared with the names in force, reported on, reviewed by
//! one officer and approved by another, filed, made public, and in force from its day on
//! ([`service::naming`]). A change of divisions is rehearsed, then carried out or announced ahead
//! ([`service::division_change`]). A line is inspected by both its sides ([`service::inspections`]) and keeps its
//! markers ([`service::markers`]). A shape is proposed over a version and committed if nobody was faster
//! ([`service::shape_changes`]). Each is one transaction with its history, its entry in the change feed and its event.
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

    fn sealed(&self) -> &'static [minzheng_kit::seal::SealedColumn] {
        &model::sealed::ALL
    }

    fn schema(&self, services: Services) -> Graph {
        Graph::with_subscription(
            graph::Query::default(),
            graph::Mutation::default(),
            graph::Subscription,
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
    async fn tick(&self, services: &Services) -> Result<()> {
        loop {
            let (at, today) = (services.clock.now(), services.clock.today());
            let settled = services
                .db
                .write(move |tx| {
                    Box::pin(async move {
                        let settled = service::timers::settle(tx, at, today).await?;
                        Ok(settled + service::timers::warn(tx, at, today).await?)
                    })
                })
                .await?;
            if settled == 0 {
                break;
            }
            // A change of divisions may have been among it.
            services.db.renew_divisions().await?;
        }
        let known = minzheng_kit::calendar::WorkCalendar::china();
        service::due_days::settle(services, known).await.map(|_| ())
    }
}
