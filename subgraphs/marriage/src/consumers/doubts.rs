//! Doubts about identities, from the subgraph of persons: whoever is in doubt is registered by nobody until that is
//! settled (M-7, 居民身份证法 3).

use crate::kit::events::{Consumer, Event, IdentityDoubted, Known as _};
use crate::kit::{Result, Services};
use crate::model::identity_doubt;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, DatabaseTransaction, EntityTrait};

/// Doubts about identities.
#[derive(Clone, Copy, Debug)]
pub(super) struct Doubts;

#[async_trait::async_trait]
impl Consumer for Doubts {
    fn source(&self) -> &'static str {
        "persons"
    }

    fn kinds(&self) -> &'static [&'static str] {
        &[IdentityDoubted::KIND]
    }

    async fn apply(&self, _: &Services, tx: &DatabaseTransaction, event: &Event) -> Result<()> {
        let Some(told) = event.read::<IdentityDoubted>()? else {
            return Ok(());
        };
        if !told.doubted {
            identity_doubt::Entity::delete_by_id(told.person)
                .exec(tx)
                .await?;
            return Ok(());
        }
        let row = identity_doubt::ActiveModel {
            person: Set(told.person),
            since: Set(event.at),
        };
        let known = OnConflict::column(identity_doubt::Column::Person)
            .do_nothing()
            .to_owned();
        identity_doubt::Entity::insert(row)
            .on_conflict(known)
            .exec_without_returning(tx)
            .await?;
        Ok(())
    }
}
