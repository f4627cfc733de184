//! The feeds the vault follows: of every subgraph that takes identity numbers in.

use sea_orm::DatabaseTransaction;

use crate::{
    kit::{
        Result, Services,
        events::{Consumer, Event},
        vault::IDENTITY_SEALED,
    },
    service::intake,
};

/// One consumer per source.
pub(crate) fn all() -> Vec<Box<dyn Consumer>> {
    ["marriage", "funeral", "societies"]
        .into_iter()
        .map(|source| Box::new(Identities(source)) as Box<dyn Consumer>)
        .collect()
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
