//! Burials at sea: voyages and those enrolled for them.

use async_graphql::{Context, ID, InputObject, Object, Result};
use minzheng_kit::federation::directives::{cache_invalidate, requires_scopes};
use minzheng_kit::mutation::told;
use minzheng_kit::{Date, Error, PrincipalExt, UserError, payloads};

use super::{CasePayload, CaseStepInput, case_steps, case_told, key, keyed, run, written};
use crate::graph::sea::SeaBurialVoyage;
use crate::model::sea_voyage;
use crate::service::voyages;

/// Burials at sea.
#[derive(Default)]
pub struct SeaMutation;

#[Object]
impl SeaMutation {
    /// Plans a voyage for burials at sea (计划海葬航次).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]), directive = cache_invalidate::apply(vec!["SeaBurialVoyage".into()]))]
    async fn plan_voyage(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The voyage (航次内容).")] input: PlanVoyageInput,
    ) -> Result<VoyagePayload> {
        let done = run(ctx, "planVoyage", input, |act, input| {
            Box::pin(async move {
                let division = key(&input.division, "division")?;
                voyages::plan(&act, division, &input.port, input.sails_on.0, input.quota).await
            })
        });
        voyage_told(ctx, done.await).await
    }

    /// Enrols the ashes of a case for a voyage; a quota is never exceeded (海葬报名).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()], vec!["self".into()]]), directive = cache_invalidate::apply(vec!["SeaBurialVoyage".into()]))]
    async fn enrol_sea_burial(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The voyage (报名内容).")] input: EnrolSeaBurialInput,
    ) -> Result<CasePayload> {
        let done = run(ctx, "enrolSeaBurial", input, |act, input| {
            Box::pin(async move {
                voyages::enrol(
                    &act,
                    input.seen()?,
                    key(&input.voyage, "voyage")?,
                    input.relatives,
                )
                .await
            })
        });
        case_told(ctx, done.await).await
    }

    /// Enrols sets of ashes of families who have no case here, within the quota (外地骨灰海葬报名).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]), directive = cache_invalidate::apply(vec!["SeaBurialVoyage".into()]))]
    async fn enrol_sea_guests(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The sets (报名内容).")] input: EnrolSeaGuestsInput,
    ) -> Result<VoyagePayload> {
        let done = run(ctx, "enrolSeaGuests", input, |act, input| {
            Box::pin(async move {
                let guests = voyages::Guests {
                    origin: input.origin.clone(),
                    paper: input.paper.clone(),
                    sets: input.sets,
                };
                voyages::enrol_guests(&act, key(&input.voyage, "voyage")?, input.version, &guests)
                    .await
            })
        });
        voyage_told(ctx, done.await).await
    }

    /// Calls the enrolment of a case off; its place is free again (取消海葬报名).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()], vec!["self".into()]]), directive = cache_invalidate::apply(vec!["SeaBurialVoyage".into()]))]
    async fn cancel_sea_burial(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The case (取消内容).")] input: CaseStepInput,
    ) -> Result<CasePayload> {
        let done = run(ctx, "cancelSeaBurial", input, |act, input| {
            Box::pin(async move { voyages::withdraw(&act, input.seen()?).await })
        });
        case_told(ctx, done.await).await
    }

    /// Closes a voyage that has sailed: the ashes it carried are interred (完成海葬航次).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]), directive = cache_invalidate::apply(vec!["SeaBurialVoyage".into(), "Division".into()]))]
    async fn close_voyage(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it carried (完成内容).")] input: CloseVoyageInput,
    ) -> Result<VoyagePayload> {
        let done = run(ctx, "closeVoyage", input, |act, input| {
            Box::pin(async move {
                if input.carried.len() > 1_000 {
                    return Err(Error::Invalid(
                        UserError::new(
                            "TOO_MANY",
                            "A voyage carries at most 1,000 sets.",
                            "每航次不超过1000份。",
                        )
                        .field(&["carried"]),
                    ));
                }
                let carried = input
                    .carried
                    .iter()
                    .map(|id| key(id, "carried"))
                    .collect::<minzheng_kit::Result<Vec<_>>>()?;
                voyages::close(
                    &act,
                    key(&input.voyage, "voyage")?,
                    input.version,
                    &carried,
                    input.others,
                )
                .await
            })
        });
        voyage_told(ctx, done.await).await
    }

    /// Calls a voyage off; all who were enrolled may choose another (取消海葬航次).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]), directive = cache_invalidate::apply(vec!["SeaBurialVoyage".into()]))]
    async fn cancel_voyage(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The voyage (取消内容).")] input: CancelVoyageInput,
    ) -> Result<VoyagePayload> {
        let done = run(ctx, "cancelVoyage", input, |act, input| {
            Box::pin(async move {
                voyages::call_off(&act, key(&input.voyage, "voyage")?, input.version).await
            })
        });
        voyage_told(ctx, done.await).await
    }
}

case_steps!(EnrolSeaBurialInput);
keyed!(
    PlanVoyageInput,
    CloseVoyageInput,
    CancelVoyageInput,
    EnrolSeaGuestsInput
);

payloads! {
    /// What came of a step with a voyage (海葬航次办理结果).
    pub VoyagePayload {
        /// The voyage; null when the step was refused (航次).
        voyage: SeaBurialVoyage,
    }
}

async fn voyage_told(
    ctx: &Context<'_>,
    outcome: minzheng_kit::Result<uuid::Uuid>,
) -> Result<VoyagePayload> {
    let today = ctx.services().clock.today();
    told(written::<sea_voyage::Entity>(ctx, outcome).await, |row| {
        VoyagePayload {
            voyage: SeaBurialVoyage::acted_on(row, today),
            ..VoyagePayload::default()
        }
    })
}

/// A voyage to be planned (计划航次).
#[derive(InputObject, Clone, Debug)]
pub struct PlanVoyageInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The division that holds it (组织区划).
    pub division: ID,
    /// Port (港口).
    pub port: String,
    /// Day (日期).
    pub sails_on: Date,
    /// Sets of ashes it takes (名额).
    pub quota: i32,
}

/// Ashes to be enrolled (海葬报名).
#[derive(InputObject, Clone, Debug)]
pub struct EnrolSeaBurialInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The case (治丧案件).
    pub case: ID,
    /// The version of the case that the step is based on (案件版本).
    pub version: i64,
    /// The voyage (航次).
    pub voyage: ID,
    /// Relatives who come aboard (随行亲属人数).
    #[graphql(default)]
    pub relatives: i32,
}

/// Sets of ashes from elsewhere to be enrolled (外地骨灰报名).
#[derive(InputObject, Clone, Debug)]
pub struct EnrolSeaGuestsInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The voyage (航次).
    pub voyage: ID,
    /// The version that the step is based on (版本).
    pub version: i64,
    /// Where they come from (来源地).
    pub origin: String,
    /// The letter or the list of certificates that they come with, with its number (函件或火化证明清单编号).
    pub paper: String,
    /// How many sets (份数).
    pub sets: i32,
}

/// A voyage that has sailed (完成航次).
#[derive(InputObject, Clone, Debug)]
pub struct CloseVoyageInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The voyage (航次).
    pub voyage: ID,
    /// The version that the step is based on (版本).
    pub version: i64,
    /// The cases whose ashes were given to the sea (已撒放案件).
    pub carried: Vec<ID>,
    /// Sets carried for families without a case here, who were enrolled as guests (外地份数).
    #[graphql(default)]
    pub others: i32,
}

/// A voyage to be called off (取消航次).
#[derive(InputObject, Clone, Debug)]
pub struct CancelVoyageInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The voyage (航次).
    pub voyage: ID,
    /// The version that the step is based on (版本).
    pub version: i64,
}
