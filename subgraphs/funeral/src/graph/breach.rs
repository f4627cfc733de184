//! Prices outside the published lists.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject};
use minzheng_kit::batch::Siblings;
use minzheng_kit::{Date, DateTime, PrincipalExt, Yuan};
use uuid::Uuid;

use super::facility::FuneralFacility;
use crate::model::price_breach;
use crate::rules::terms::{BreachKind, BreachState};
use crate::service::facilities;

/// A price that was charged outside the published list (价格违规).
#[derive(SimpleObject, Clone)]
#[graphql(complex)]
pub struct PriceBreach {
    /// Opaque identity (标识).
    pub id: ID,
    /// Code or name of the item (项目).
    pub item: String,
    /// What was charged for a unit (收费金额).
    pub charged: Yuan,
    /// Day of the service (服务日期).
    pub service_on: Date,
    /// What is wrong, judged by the list of that day (违规类别).
    pub kind: BreachKind,
    /// Where it stands (处理状态).
    pub state: BreachState,
    /// Whether a bill of a case showed it (是否由账单发现).
    pub found_in_bill: bool,
    /// What was paid back (退费金额).
    pub refunded: Yuan,
    /// When it was reported (举报时间).
    pub reported_at: DateTime,
    /// Day of the decision; null before (处理日期).
    pub decided_on: Option<Date>,
    /// Counts the changes; a decision is based on it (版本).
    pub version: i64,
    #[graphql(skip)]
    facility_id: Uuid,
    #[graphql(skip)]
    siblings: Arc<Siblings<Uuid>>,
}

impl PriceBreach {
    /// Reports that were read together.
    pub(super) fn all(rows: Vec<price_breach::Model>) -> Vec<Self> {
        let siblings = Siblings::new(rows.iter().map(|r| r.facility_id).collect());
        rows.into_iter()
            .map(|row| Self {
                id: row.id.into(),
                item: row.item_code,
                charged: Yuan(row.charged),
                service_on: Date(row.service_on),
                kind: row.kind,
                state: row.state,
                found_in_bill: row.case_id.is_some(),
                refunded: Yuan(row.refunded),
                reported_at: DateTime(row.reported_at),
                decided_on: row.decided_on.map(Date),
                version: row.version,
                facility_id: row.facility_id,
                siblings: Arc::clone(&siblings),
            })
            .collect()
    }
}

#[ComplexObject]
impl PriceBreach {
    /// The facility; null if it cannot be read now (设施).
    async fn facility(&self, ctx: &Context<'_>) -> Result<Option<FuneralFacility>> {
        let services = ctx.services();
        let home = self
            .siblings
            .load(&self.facility_id, "facility", "", |ids| async move {
                facilities::by_ids(services.db.read(), &ids).await
            })
            .await?;
        Ok(home.and_then(|row| FuneralFacility::all(vec![row]).pop()))
    }
}
