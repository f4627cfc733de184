//! Marriage registration 婚姻登记, from the slot a couple books to the archive its papers go to.
//!
//! **The story.** A couple finds a registry near it, books a slot, may fill in a draft at home, checks
//! in and draws a ticket (`service::{registries, slots, visits, queue}`). At the counter the
//! registrar receives the application, asks each party apart, records declarations and papers and
//! runs the checks; what is found eligible today is registered on the spot: a record, a
//! certificate number without gaps or reuse, an entry in each person's hash-chained marital ledger
//! (`service::{counter, registration, certificates, ledger}`). A divorce by consent waits out its
//! cooling-off on the work calendar, is asked for in its window, reviewed, registered
//! (`service::{divorce, divorce_steps, timers}`), with counselling offered on the way
//! (`service::counselling`). Later a certificate is lost and replaced, a court sends a judgment that
//! waits for a person to annotate it, somebody's identity turns out to have been used by another, an
//! entry was wrong: `service::{replacement, court, impersonation, corrections}`. A death, told by
//! another subsystem, leaves a widow and stops what was booked (`service::death`); what the registers
//! contradict in by themselves becomes a case of which nobody has complained (`service::{office,
//! two_marriages}`). A county that is divided leaves its registries to an officer above
//! (`service::moves`). What is counted
//! is shown without giving single couples away, and brought to the districts of today when asked
//! (`service::{statistics, suppression, rebase, indicators}`). What a bureau enters before its counters
//! open stands in `service::bureau`.
//!
//! **Where to read.** [`rules`] is the law as pure functions, one article at a time, with a table of
//! where each rule id stands; numbers that the law may change are dated rows in [`rules::law`].
//! [`model`] is what is kept; [`service`] the use cases: each change is one transaction through
//! [`service::act`], repeated safely by its request key, with a history row and an event. [`graph`]
//! is what clients see; who may see which row stands in [`graph::access`].
//!
//! **To add a rule** write it in its file of [`rules`] with its id and article, its table of cases
//! below it, and call it where the facts are: nothing else changes.
//!
//! Persons appear by their opaque token only: an identity number that comes in is turned into the
//! token at once, and no table, log or answer of this subsystem holds one. References to papers and
//! agreements are sealed for the vault of `persons`; what was said in counselling is not kept.
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
pub mod interop;
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

/// The timers' job: writes down what time alone has brought about. Nobody depends on it, for every
/// reading computes the same; a program may call it as often as it likes.
///
/// # Errors
/// When the database does not answer.
pub async fn run_timers(services: &Services) -> Result<service::timers::Swept> {
    service::timers::run(services).await
}

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

    fn sealed(&self) -> &'static [kit::seal::SealedColumn] {
        &model::sealed::ALL
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

    fn speaks_with_peers(&self) -> bool {
        true
    }

    async fn background(&self, services: Services, shutdown: tokio::sync::watch::Receiver<bool>) {
        interop::run::run(services, shutdown).await;
    }

    fn consumers(&self) -> Vec<Box<dyn kit::events::Consumer>> {
        consumers::all()
    }

    async fn tick(&self, services: &Services) -> Result<()> {
        run_timers(services).await.map(|_| ())
    }
}
