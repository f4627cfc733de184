//! The feeds the vault follows: of every subgraph that takes identity numbers in, and of places, whose changes
//! of divisions decide which officers judge its cases.

use sea_orm::DatabaseTransaction;

use crate::{
    kit::{
        Result, Services,
        events::{Consumer, DivisionChanged, Event, Known as _},
        vault::IDENTITY_SEALED,
    },
    service::intake,
};

/// One consumer per source.
pub(crate) fn all() -> Vec<Box<dyn Consumer>> {
    ["marriage", "funeral", "societies"]
        .into_iter()
        .map(|source| Box::new(Identities(source)) as Box<dyn Consumer>)
        .chain(std::iter::once(Box::new(Divisions) as Box<dyn Consumer>))
        .collect()
}

/// Changes of divisions. What is done about any of them, whoever consumes it, is to keep it
/// ([`crate::kit::divisions::learn`]); the vault has nothing else that lies in a division.
pub(crate) struct Divisions;

#[async_trait::async_trait]
impl Consumer for Divisions {
    fn source(&self) -> &'static str {
        "places"
    }

    fn kinds(&self) -> &'static [&'static str] {
        &[DivisionChanged::KIND]
    }

    async fn apply(&self, _: &Services, _: &DatabaseTransaction, _: &Event) -> Result<()> {
        Ok(())
    }
}

/// Takes in the identities that a subgraph has sealed.
pub(crate) struct Identities(pub(crate) &'static str);

#[async_trait::async_trait]
impl Consumer for Identities {
    fn source(&self) -> &'static str {
        self.0
    }

    fn kinds(&self) -> &'static [&'static str] {
        &[IDENTITY_SEALED]
    }

    async fn apply(&self, s: &Services, tx: &DatabaseTransaction, event: &Event) -> Result<()> {
        intake::take_in(s, tx, event).await
    }
}
