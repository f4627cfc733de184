//! Tokens of persons change; whoever was looked at finds their history under the new one. The log itself
//! is never changed.

use sea_orm::DatabaseTransaction;

use crate::kit::{
    Result, Services,
    aliases::{self, TokenColumn},
    events::{Consumer, Event},
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
