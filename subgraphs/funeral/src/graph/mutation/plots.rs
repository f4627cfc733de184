//! Niches and graves: held, allocated, renewed, taken back.

use async_graphql::{Context, ID, InputObject, Object, Result};
use minzheng_kit::federation::directives::{cache_invalidate, requires_scopes};
use minzheng_kit::mutation::told;
use minzheng_kit::{PrincipalExt, payloads};

use super::{case_steps, key, keyed, run, written};
use crate::graph::inputs::ReserveNicheInput;
use crate::graph::payloads::ReserveNichePayload;
use crate::graph::plot::Plot;
use crate::model::plot;
use crate::service::{contracts, plots};

/// Niches and graves.
#[derive(Default)]
pub struct PlotMutation;

#[Object]
impl PlotMutation {
    /// Holds a niche or grave for an open case; of several who ask at once one gets it (预留格位或墓位).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()], vec!["self".into()]]), directive = cache_invalidate::apply(vec!["FuneralFacility".into()]))]
    async fn reserve_niche(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be held, and for whom (预留内容).")] input: ReserveNicheInput,
    ) -> Result<ReserveNichePayload> {
        let done = run(ctx, "reserveNiche", input, |act, input| {
            Box::pin(async move {
                plots::reserve(
                    &act,
                    key(&input.plot, "plot")?,
                    key(&input.case, "case")?,
                    input.villager,
                )
                .await
            })
        });
        let now = ctx.services().clock.now();
        told(written::<plot::Entity>(ctx, done.await).await, |row| {
            ReserveNichePayload {
                plot: Some(Plot::of(row, now)),
                ..ReserveNichePayload::default()
            }
        })
    }

    /// Gives a hold up; the place is free again (取消预留).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()], vec!["self".into()]]), directive = cache_invalidate::apply(vec!["FuneralFacility".into()]))]
    async fn release_niche(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The place (取消内容).")] input: PlotStepInput,
    ) -> Result<PlotPayload> {
        let done = run(ctx, "releaseNiche", input, |act, input| {
            Box::pin(
                async move { plots::release(&act, key(&input.plot, "plot")?, input.version).await },
            )
        });
        plot_told(ctx, done.await).await
    }

    /// Allocates the niche or grave that the case holds, and charges its use and its upkeep apart (分配格位或墓位).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]), directive = cache_invalidate::apply(vec!["FuneralFacility".into()]))]
    async fn allocate_plot(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The place and the case (分配内容).")] input: AllocatePlotInput,
    ) -> Result<PlotPayload> {
        let done = run(ctx, "allocatePlot", input, |act, input| {
            Box::pin(async move {
                contracts::allocate(
                    &act,
                    input.seen()?,
                    key(&input.plot, "plot")?,
                    contracts::Allocation {
                        spouse_seat: input.spouse_seat,
                        villager: input.villager,
                    },
                )
                .await
            })
        });
        plot_told(ctx, done.await).await
    }

    /// Renews the contract of a niche or grave after its term (续期).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()], vec!["self".into()]]), directive = cache_invalidate::apply(vec!["FuneralFacility".into()]))]
    async fn renew_plot(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The place (续期内容).")] input: PlotStepInput,
    ) -> Result<PlotPayload> {
        let done = run(ctx, "renewPlot", input, |act, input| {
            Box::pin(async move {
                contracts::renew(&act, key(&input.plot, "plot")?, input.version).await
            })
        });
        plot_told(ctx, done.await).await
    }

    /// Takes a niche or grave back when the time to renew has run out (收回格位或墓位).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]), directive = cache_invalidate::apply(vec!["FuneralFacility".into()]))]
    async fn close_plot(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The place (收回内容).")] input: PlotStepInput,
    ) -> Result<PlotPayload> {
        let done = run(ctx, "closePlot", input, |act, input| {
            Box::pin(async move {
                contracts::close(&act, key(&input.plot, "plot")?, input.version).await
            })
        });
        plot_told(ctx, done.await).await
    }
}

case_steps!(AllocatePlotInput);
keyed!(ReserveNicheInput, PlotStepInput);

payloads! {
    /// What came of a step with a niche or grave (格位、墓位办理结果).
    pub PlotPayload {
        /// The niche or grave as it stands now; null when the step was refused (格位或墓位).
        plot: Plot,
    }
}

async fn plot_told(
    ctx: &Context<'_>,
    outcome: minzheng_kit::Result<uuid::Uuid>,
) -> Result<PlotPayload> {
    let now = ctx.services().clock.now();
    told(written::<plot::Entity>(ctx, outcome).await, |row| {
        PlotPayload {
            plot: Some(Plot::of(row, now)),
            ..PlotPayload::default()
        }
    })
}

/// A step with a niche or grave (格位或墓位步骤).
#[derive(InputObject, Clone, Debug)]
pub struct PlotStepInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The niche or grave (格位或墓位).
    pub plot: ID,
    /// The version that the step is based on (版本).
    pub version: i64,
}

/// A niche or grave to be allocated (分配).
#[derive(InputObject, Clone, Debug)]
pub struct AllocatePlotInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The case (治丧案件).
    pub case: ID,
    /// The version of the case that the step is based on (案件版本).
    pub version: i64,
    /// The niche or grave that the case holds (格位或墓位).
    pub plot: ID,
    /// Whether the second seat of a double one is kept for the living husband or wife, who is the applicant (是否为在世配偶保留).
    #[graphql(default)]
    pub spouse_seat: bool,
    /// Whether an officer has seen that the deceased was of the village, for a rural public facility (经核验是否本村村民).
    #[graphql(default)]
    pub villager: bool,
}
