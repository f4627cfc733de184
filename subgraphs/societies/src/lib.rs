//! Social organizations 社会组织: the register and its supervision.
//!
//! One page of the subsystem:
//! - [`vocabulary`]: the closed lists of the domain (kinds, states, results).
//! - [`rules`]: the law as pure functions, one article at a time.
//! - [`model`], [`migration`]: the tables.
//! - [`input`]: the forms of the counters.
//! - [`service`]: use cases; reads take all keys at once and cost one statement each, changes are an
//!   [`service::act::Act`] each: one transaction with history and event, once per request key.
//! - [`graph`]: the GraphQL types; owns `Organization`, adds to `Division`, `Person` and `Place`.
//! - [`demo`]: demonstration data, with the figures of the reports of the province shown.
//!
//! An organization's life, and what drives it:
//!
//! ```text
//! submitRegistration FOUND → acceptRegistration → decideRegistration ─→ REGISTERED
//! submitRegistration CHANGE → CHANGING → decideRegistration ──────────→ REGISTERED
//! startLiquidation → LIQUIDATING → submitRegistration DEREGISTER ─────→ DEREGISTERED
//! imposePenalty → SUSPENDED → endSuspension → REGISTERED;  or → REVOKED
//! REVOKED → startLiquidation → REVOKED with its group → submitRegistration DEREGISTER → DEREGISTERED
//! openCleanup → stepCleanup → closeCleanup, or banOrganization for UNREGISTERED_ILLEGAL → BANNED
//! ```
//!
//! Two questions are asked of a state: whether the body exists ([`vocabulary::OrgState::is_live`]), for
//! what supervises it, and whether it acts and grows ([`rules::state::may_develop`]), for all else.
//!
//! Timers count on the day they are read: five silent working days accept an application
//! ([`rules::permit::state_on`]), two years make an abnormal entry serious ([`rules::credit::list_on`]),
//! five years end a rating ([`rules::rating::state_on`]). The job ([`kit::Subsystem::tick`]) only writes
//! down what is so already.
//!
//! Natural persons appear only as opaque tokens, in the tables of offices and of applicants. Numbers of
//! persons come in with a form, are sealed for the vault in the same transaction, and stay nowhere here.
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

    fn sealed(&self) -> &'static [kit::seal::SealedColumn] {
        &model::sealed::ALL
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
        service::listings::escalate(s).await?;
        service::permit::decide::accept_silent(s).await?;
        service::permit::settle::settle(s).await?;
        service::warnings::tell(s).await.map(|_| ())
    }

    fn consumers(&self) -> Vec<Box<dyn Consumer>> {
        vec![
            Box::new(service::death::Deaths),
            Box::new(service::death::Aliases),
            Box::new(service::moves::Divisions),
        ]
    }
}
