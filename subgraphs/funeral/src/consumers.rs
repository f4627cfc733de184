//! What this subsystem does about events of others. Each consumer may see an event again.

use async_trait::async_trait;
use minzheng_kit::events::{Consumer, Event};
use minzheng_kit::{Result, Services};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};

use crate::model::{death_record, funeral_case, hotline_ticket, waiver};
use crate::service::cases;

/// All consumers.
pub fn all() -> Vec<Box<dyn Consumer>> {
    vec![Box::new(Aliases)]
}

/// New tokens of persons, from the vault: a merge, a split or a change of the token key.
#[derive(Clone, Copy, Debug)]
pub struct Aliases;

#[async_trait]
impl Consumer for Aliases {
    fn source(&self) -> &'static str {
        "persons"
    }

    fn kinds(&self) -> &'static [&'static str] {
        &["PersonAliased"]
    }

    async fn apply(&self, _: &Services, tx: &DatabaseTransaction, event: &Event) -> Result<()> {
        let text = |field: &str| event.body.get(field).and_then(serde_json::Value::as_str);
        let (Some(old), Some(new)) = (text("old"), text("new")) else {
            return Ok(());
        };
        // Where both had a death or an open case, the older entry keeps its token for an officer to
        // look at: two deaths of one person cannot be told apart by a machine.
        let known = death_record::Entity::find()
            .filter(death_record::Column::Deceased.eq(new))
            .one(tx)
            .await?;
        if known.is_none() {
            death_record::Entity::update_many()
                .col_expr(death_record::Column::Deceased, Expr::value(new))
                .filter(death_record::Column::Deceased.eq(old))
                .exec(tx)
                .await?;
            if cases::open_case_of(tx, new).await?.is_none() {
                funeral_case::Entity::update_many()
                    .col_expr(funeral_case::Column::Deceased, Expr::value(new))
                    .filter(funeral_case::Column::Deceased.eq(old))
                    .exec(tx)
                    .await?;
                waiver::Entity::update_many()
                    .col_expr(waiver::Column::Household, Expr::value(new))
                    .filter(waiver::Column::Household.eq(old))
                    .exec(tx)
                    .await?;
            }
        }
        funeral_case::Entity::update_many()
            .col_expr(funeral_case::Column::Applicant, Expr::value(new))
            .filter(funeral_case::Column::Applicant.eq(old))
            .exec(tx)
            .await?;
        waiver::Entity::update_many()
            .col_expr(waiver::Column::Applicant, Expr::value(new))
            .filter(waiver::Column::Applicant.eq(old))
            .exec(tx)
            .await?;
        hotline_ticket::Entity::update_many()
            .col_expr(hotline_ticket::Column::Caller, Expr::value(new))
            .filter(hotline_ticket::Column::Caller.eq(old))
            .exec(tx)
            .await?;
        Ok(())
    }
}
