//! The vault 自然人库: the one place where identity numbers and names of natural persons are kept.
//!
//! Everybody else holds opaque tokens. The story in the order in which it happens:
//!
//! - An identity comes in sealed, in another subgraph's event ([`service::intake`]): a number of any kind
//!   (18 or 15 digits, a permit, a passport, the placeholder of an old record) and perhaps a name. It is
//!   kept encrypted column by column ([`service::columns`]) under its token.
//! - It goes out masked ([`graph::Person`]). In full it is shown to its owner and to officers who state
//!   purpose, case and reason (a supervisor needs a second officer besides, N-8), and every such reading is
//!   written down before it is shown ([`service::reveal`], rule N-7).
//! - How far it is known to be right is its status ([`rules::status`], N-6): declared, verified, from an old
//!   record, in dispute.
//! - Two records may turn out to be one person ([`service::cases`], N-3 to N-5): one officer proposes, another
//!   decides, the case is the journal, and it can be taken back. The other subsystems are told by
//!   `PersonAliased` and `PersonSplit` and move what they keep.
//! - Keys change while the vault is in use: data keys and the master key ([`kit::seal::rotation`]), and the key that
//!   makes tokens ([`service::rotation`]).
//!
//! Nothing here logs, echoes or lists identities; there is no way to ask for a person but by token.
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

    fn sealed(&self) -> &'static [kit::seal::SealedColumn] {
        &service::columns::ALL
    }

    async fn keys_changed(&self, services: &Services) -> Result<()> {
        service::rotation::forget_old_table(services).await
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

    async fn tick(&self, services: &Services) -> Result<()> {
        service::cases::expire(services).await
    }

    fn consumers(&self) -> Vec<Box<dyn kit::events::Consumer>> {
        consumers::all()
    }
}
