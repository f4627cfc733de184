//! What near kin ask for the dead, and what a grant shows them.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject};
use minzheng_kit::batch::Siblings;
use minzheng_kit::contract::scope;
use minzheng_kit::federation::directives::personal;
use minzheng_kit::{Date, PrincipalExt};
use uuid::Uuid;

use super::access;
use super::course::{AshesCustody, Cremation, Interment};
use super::person::{DeathRecord, Person};
use crate::model::kin_request;
use crate::rules::period;
use crate::rules::terms::{CorrectionReason, KinRequestState, KinRight};
use crate::service::kept;

/// A request of near kin about what is kept of the dead (近亲属请求).
#[derive(SimpleObject, Clone)]
#[graphql(complex)]
pub struct KinRequest {
    /// Opaque identity (标识).
    pub id: ID,
    /// The right that is used (权利).
    pub right: KinRight,
    /// Where it stands (请求状态).
    pub state: KinRequestState,
    /// Day it was asked for (请求日期).
    pub asked_on: Date,
    /// Day by which it is answered (答复期限).
    pub due_on: Date,
    /// Whether that day may still move, the rest days of its year not being known (是否暂定).
    pub deadline_provisional: bool,
    /// Day of the decision; null before (处理日期).
    pub decided_on: Option<Date>,
    /// Counts the changes; a decision is based on it (版本).
    pub version: i64,
    #[graphql(skip)]
    case: Uuid,
    #[graphql(skip)]
    asker: String,
    /// The cases of all requests of the page that were granted.
    #[graphql(skip)]
    granted: Arc<Siblings<Uuid>>,
}

#[ComplexObject]
impl KinRequest {
    /// What is kept of the deceased, once access or a correction was granted; null before, and for whoever is not the
    /// one who asked or an officer of the case (同意后可查阅的逝者信息).
    async fn shows(&self, ctx: &Context<'_>) -> Result<Option<KinDisclosure>> {
        if self.state != KinRequestState::Granted {
            return Ok(None);
        }
        let services = ctx.services();
        let kept = self
            .granted
            .load(&self.case, "kept", "", |ids| async move {
                kept::of_cases(services.db.read(), &ids).await
            })
            .await?;
        let Some(kept) = kept else {
            return Ok(None);
        };
        let caller = ctx.principal();
        let own = caller.has_scope(scope::SELF) && caller.is_person(&self.asker);
        if !own && access::officer(ctx, scope::FUNERAL_CASE, kept.case.division_id).is_err() {
            return Ok(None);
        }
        let corrected = kept.corrections.iter().map(|row| DeathCorrection {
            corrected_on: Date(minzheng_kit::clock::legal_day(row.corrected_at)),
            reason: row.reason,
            died_on_before: Date(row.was_died_on),
        });
        let custody = kept.custody.iter().cloned().map(AshesCustody::from);
        Ok(Some(KinDisclosure {
            deceased: Person::one(kept.case.deceased.clone()),
            death: kept.death.clone().map(DeathRecord::from),
            corrections: corrected.collect(),
            cremation: kept.cremation.clone().map(Cremation::from),
            ashes_custody: custody.collect(),
            interment: kept.interment.clone().map(Interment::from),
        }))
    }
}

impl KinRequest {
    /// Requests that were read together.
    pub(super) fn all(rows: Vec<kin_request::Model>) -> Vec<Self> {
        let granted = Siblings::new(
            rows.iter()
                .filter(|row| row.state == KinRequestState::Granted)
                .map(|row| row.case_id)
                .collect(),
        );
        rows.into_iter()
            .map(|row| Self {
                id: row.id.into(),
                right: row.kin_right,
                state: row.state,
                asked_on: Date(row.asked_on),
                due_on: Date(row.due_on),
                deadline_provisional: period::written(row.due_on).provisional,
                decided_on: row.decided_on.map(Date),
                version: row.version,
                case: row.case_id,
                asker: row.asker,
                granted: Arc::clone(&granted),
            })
            .collect()
    }
}

/// What is kept of a deceased, as near kin see it (近亲属可查阅的逝者信息).
#[derive(SimpleObject)]
pub struct KinDisclosure {
    /// The deceased (逝者).
    #[graphql(directive = personal::apply("death".into(), "deceased { id }".into()))]
    pub deceased: Person,
    /// The record of the death; null where none is recorded, or it was taken back (死亡登记).
    #[graphql(directive = personal::apply("death".into(), "deceased { id }".into()))]
    pub death: Option<DeathRecord>,
    /// What was corrected in it, oldest first (更正记录).
    #[graphql(directive = personal::apply("death".into(), "deceased { id }".into()))]
    pub corrections: Vec<DeathCorrection>,
    /// The cremation; null where there was none (火化登记).
    #[graphql(directive = personal::apply("funeral".into(), "deceased { id }".into()))]
    pub cremation: Option<Cremation>,
    /// Where the ashes are or were kept, oldest first (骨灰寄存).
    #[graphql(directive = personal::apply("funeral".into(), "deceased { id }".into()))]
    pub ashes_custody: Vec<AshesCustody>,
    /// The interment; null before it (安葬登记).
    #[graphql(directive = personal::apply("funeral".into(), "deceased { id }".into()))]
    pub interment: Option<Interment>,
}

/// A correction of the record of a death (死亡登记更正).
#[derive(SimpleObject)]
pub struct DeathCorrection {
    /// The day it was made (更正日期).
    pub corrected_on: Date,
    /// Why (更正原因).
    pub reason: CorrectionReason,
    /// The day of death that stood there before (更正前死亡日期).
    pub died_on_before: Date,
}
