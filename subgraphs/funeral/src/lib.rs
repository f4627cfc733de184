//! The funeral subsystem 殡葬服务: facilities and their prices, funeral cases, waivers of fees,
//! niches and graves, ecological burial, illegal graves, and the hotline 96444.
//!
//! It owns `FuneralFacility` and `FuneralCase`, and adds to `Person`, `Division`, `Place` and
//! `Organization`, which others own. Persons are opaque tokens here; an ID number that comes in is
//! turned into its token at once and handed on sealed. Telephones are kept masked only.
//!
//! **A case** ([`service::cases`]) begins with a death paper (F-1). What a citizen says of one is a claim, and
//! nothing is done on it until an officer has seen the paper ([`service::confirmation`]); then the death is
//! recorded and the house told of it once (F-19). What was recorded in error is taken back by two officers
//! ([`service::deaths`]). A hearse fetches the body ([`service::collection`]), a cabinet keeps it for as many days as the
//! province allows (F-14), a hall is booked for the farewell ([`service::halls`]), it is cremated or, where a
//! custom is respected, buried; ashes are kept and released by two officers ([`service::cremations`],
//! F-15), and laid to rest ([`service::interments`]) in a niche or grave ([`service::plots`],
//! [`service::contracts`]), in a life park or at sea ([`service::voyages`]). Each step is a move of a state
//! machine, an entry that is never changed, a history row and an event ([`service::course`]); a mistake is
//! corrected by a further entry. The bill ([`service::bills`]) knows the published list of the service day
//! and nothing else; what is waived settles to the fen ([`service::waivers`]). Ashes that were kept are laid to
//! rest later in a case of their own, on the cremation certificate ([`service::later`]).
//!
//! **Around it** stand the hotline 96444 ([`service::tickets`]), visiting graves ([`service::worship`]),
//! prices that were reported ([`service::breaches`]), the clean-up of illegal graves ([`service::graves`]), the
//! land ([`service::sites`]), the facilities themselves ([`service::founding`]) and what they have
//! ([`service::furnishing`]), what may be charged as it is published ([`service::catalogue`]), and the figures
//! ([`service::figures`]), which tell nobody's death to a neighbour ([`service::suppression`]).
//!
//! What nobody may have twice (a niche, a cabinet, an hour of a hall, a place aboard) is kept by unique
//! indexes and by statements that compare and change in one; the rules only say who may ask.
//!
//! Read [`rules`] for the law, [`model`] for the records, [`service`] for the use cases, [`graph`] for
//! what clients see. Adding a rule touches one file in [`rules`] and its table of cases.

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
