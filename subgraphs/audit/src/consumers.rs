//! Tokens of persons change; whoever was looked at finds their history under the new one. Divisions change; a
//! supervisor sees what was done in the own one as it is now. The log itself is never changed.

use sea_orm::DatabaseTransaction;

use crate::kit::{
    Result, Services,
    aliases::{self, TokenColumn},
    events::{Consumer, DivisionChanged, Event, Known as _},
};

/// Where tokens are kept.
const TOKENS: &[TokenColumn] = &[TokenColumn::new("access_subject", "person")];

/// Follows joins and partings of persons.
pub(crate) struct Tokens;

#[async_trait::async_trait]
impl Consumer for Tokens {
    fn source(&self) -> &'static str {
        "persons"
    }

    fn kinds(&self) -> &'static [&'static str] {
        aliases::KINDS
    }

    async fn apply(&self, _: &Services, tx: &DatabaseTransaction, event: &Event) -> Result<()> {
        aliases::apply(tx, event, TOKENS).await?;
        Ok(())
    }
}

/// Changes of divisions, by which supervisors are judged. What is done about any of them, whoever consumes it, is to keep
/// it ([`crate::kit::divisions::learn`]); rows here name a division by its code of then.
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
