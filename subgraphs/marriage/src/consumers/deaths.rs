//! Deaths, from the subgraph of funerals: a death ends a marriage and stops what was under way (M-23), its
//! correction moves the day of that end, and a court that takes it back brings the marriage to life
//! again (民法典 51).

use crate::kit::events::{
    Consumer, DeathCorrected, DeathRegistered, DeathRevoked, Event, Known as _,
};
use crate::kit::{Result, Services, clock};
use crate::service::death;
use sea_orm::DatabaseTransaction;

/// Deaths, their corrections, and deaths taken back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deaths;

#[async_trait::async_trait]
impl Consumer for Deaths {
    fn source(&self) -> &'static str {
        "funeral"
    }

    fn kinds(&self) -> &'static [&'static str] {
        &[
            DeathRegistered::KIND,
            DeathCorrected::KIND,
            DeathRevoked::KIND,
        ]
    }

    async fn apply(&self, s: &Services, tx: &DatabaseTransaction, event: &Event) -> Result<()> {
        if let Some(told) = event.read::<DeathRegistered>()? {
            death::apply(s, tx, &told.person, told.died_on, event.at).await?;
        }
        if let Some(told) = event.read::<DeathCorrected>()? {
            death::correct(s, tx, &told.person, told.died_on, event.at).await?;
        }
        if let Some(told) = event.read::<DeathRevoked>()? {
            let day = clock::legal_day(event.at);
            death::take_back(s, tx, &told.person, day, event.at).await?;
        }
        Ok(())
    }
}
