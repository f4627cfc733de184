//! Names: from the application to the notice; protected names and addresses.

use async_graphql::{Context, Object};
use minzheng_kit::{PrincipalExt, Result, federation::directives::*};
use uuid::Uuid;

use super::{WRITE, perform};
use crate::{
    graph::{
        naming::NamingApplication,
        payloads::{NamingPayload, Payload, PlacePayload, SubmitNamingPayload},
        place::Place,
    },
    service::{
        act::Act,
        heritage,
        naming::{
            self, decide, filing,
            requests::{
                ApproveNamingInput, FileNamingInput, LayDownMeasuresInput, ListHeritageNameInput,
                NamingStepInput, PublishNamingNoticeInput, RecordNamingReportInput,
                ResubmitNamingInput, ReviewFilingInput, SubmitNamingInput,
                UpdateStandardAddressInput,
            },
            submit,
        },
    },
};

/// The changes of names.
#[derive(Default)]
pub(super) struct NameChanges;

async fn application(ctx: &Context<'_>, id: Uuid) -> Result<NamingApplication> {
    let row = naming::application(ctx.services().db.read(), id).await?;
    Ok(NamingApplication::one(row))
}

async fn stepped(ctx: &Context<'_>, done: Result<Uuid>) -> Result<NamingPayload> {
    let shown = match done {
        Ok(id) => application(ctx, id).await,
        Err(error) => Err(error),
    };
    NamingPayload::of(shown)
}

async fn changed(_ctx: &Context<'_>, done: Result<Uuid>) -> Result<PlacePayload> {
    PlacePayload::of(done.map(Place::one))
}

#[Object]
impl NameChanges {
    /// Submits an application to name, rename or cancel a name in the officer's own area; conflicts with names in force are told and judged later (提交地名申请).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["places.write".into()]]),
        directive = cache_invalidate::apply(vec!["Division".into(), "Place".into()])
    )]
    async fn submit_naming(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The application (地名申请).")] input: SubmitNamingInput,
    ) -> Result<SubmitNamingPayload> {
        ctx.need(WRITE)?;
        let clock = &ctx.services().clock;
        let act = Act {
            principal: ctx.principal(),
            at: clock.now(),
            today: clock.today(),
            services: ctx.services(),
        };
        let refusals = submit::refusals(&input, act);
        if !refusals.is_empty() {
            return Ok(SubmitNamingPayload::refused(refusals));
        }
        let done = perform(ctx, "submitNaming", &input, |tx, act, input| {
            Box::pin(submit::submit(tx, act, input))
        });
        let shown = match done.await {
            Ok(id) => application(ctx, id).await,
            Err(error) => Err(error),
        };
        SubmitNamingPayload::of(shown)
    }

    /// Accepts an application that is complete in form and looks for conflicts again: SUBMITTED to CONFLICT_CHECK, or to EVALUATION where there are none (受理地名申请).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["places.write".into()]]),
        directive = cache_invalidate::apply(vec!["Division".into(), "Place".into()])
    )]
    async fn accept_naming(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be done (办理事项).")] input: NamingStepInput,
    ) -> Result<NamingPayload> {
        let done = perform(ctx, "acceptNaming", &input, |tx, act, input| {
            Box::pin(submit::accept(tx, act, input))
        });
        stepped(ctx, done.await).await
    }

    /// Sends a draft or a returned application in, as it is now: DRAFT or RETURNED to SUBMITTED (重新提交地名申请).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["places.write".into()]]),
        directive = cache_invalidate::apply(vec!["Division".into(), "Place".into()])
    )]
    async fn resubmit_naming(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be done (办理事项).")] input: ResubmitNamingInput,
    ) -> Result<NamingPayload> {
        let done = perform(ctx, "resubmitNaming", &input, |tx, act, input| {
            Box::pin(submit::resubmit(tx, act, input))
        });
        stepped(ctx, done.await).await
    }

    /// Judges names that sound alike and says why this one may stand: CONFLICT_CHECK to EVALUATION; equal names are refused (核定重名同音).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["places.write".into()]]),
        directive = cache_invalidate::apply(vec!["Division".into(), "Place".into()])
    )]
    async fn judge_naming_conflicts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be done (办理事项).")] input: NamingStepInput,
    ) -> Result<NamingPayload> {
        let done = perform(ctx, "judgeNamingConflicts", &input, |tx, act, input| {
            Box::pin(decide::judge_conflicts(tx, act, input))
        });
        stepped(ctx, done.await).await
    }

    /// Records an evaluation, an expert opinion, public opinions or an evaluation of risks (登记论证材料).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["places.write".into()]]),
        directive = cache_invalidate::apply(vec!["Division".into(), "Place".into()])
    )]
    async fn record_naming_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be done (办理事项).")] input: RecordNamingReportInput,
    ) -> Result<NamingPayload> {
        let done = perform(ctx, "recordNamingReport", &input, |tx, act, input| {
            Box::pin(decide::record_report(tx, act, input))
        });
        stepped(ctx, done.await).await
    }

    /// Lays an application with all its reports before the approving body: EVALUATION to REVIEW (审核地名申请).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["places.write".into()]]),
        directive = cache_invalidate::apply(vec!["Division".into(), "Place".into()])
    )]
    async fn review_naming(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be done (办理事项).")] input: NamingStepInput,
    ) -> Result<NamingPayload> {
        let done = perform(ctx, "reviewNaming", &input, |tx, act, input| {
            Box::pin(decide::review(tx, act, input))
        });
        stepped(ctx, done.await).await
    }

    /// Approves a name, by a supervisor who did not review it: REVIEW to APPROVED; the days of filing and notice begin (批准地名).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["places.write".into()]]),
        directive = cache_invalidate::apply(vec!["Division".into(), "Place".into()])
    )]
    async fn approve_naming(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be done (办理事项).")] input: ApproveNamingInput,
    ) -> Result<NamingPayload> {
        let done = perform(ctx, "approveNaming", &input, |tx, act, input| {
            Box::pin(decide::approve(tx, act, input))
        });
        stepped(ctx, done.await).await
    }

    /// Refuses an application for good, before approval (不予批准).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["places.write".into()]]),
        directive = cache_invalidate::apply(vec!["Division".into(), "Place".into()])
    )]
    async fn reject_naming(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be done (办理事项).")] input: NamingStepInput,
    ) -> Result<NamingPayload> {
        let done = perform(ctx, "rejectNaming", &input, |tx, act, input| {
            Box::pin(decide::reject(tx, act, input))
        });
        stepped(ctx, done.await).await
    }

    /// Sends an application back to be mended, before approval (退回补正).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["places.write".into()]]),
        directive = cache_invalidate::apply(vec!["Division".into(), "Place".into()])
    )]
    async fn return_naming(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be done (办理事项).")] input: NamingStepInput,
    ) -> Result<NamingPayload> {
        let done = perform(ctx, "returnNaming", &input, |tx, act, input| {
            Box::pin(decide::send_back(tx, act, input))
        });
        stepped(ctx, done.await).await
    }

    /// Files an approval: APPROVED to FILED; late filings are taken and shown as late (报送备案).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["places.write".into()]]),
        directive = cache_invalidate::apply(vec!["Division".into(), "Place".into()])
    )]
    async fn file_naming(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be done (办理事项).")] input: FileNamingInput,
    ) -> Result<NamingPayload> {
        let done = perform(ctx, "fileNaming", &input, |tx, act, input| {
            Box::pin(filing::file(tx, act, input))
        });
        stepped(ctx, done.await).await
    }

    /// Reviews a filing, by the body that received it (审查备案).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["places.write".into()]]),
        directive = cache_invalidate::apply(vec!["Division".into(), "Place".into()])
    )]
    async fn review_filing(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be done (办理事项).")] input: ReviewFilingInput,
    ) -> Result<NamingPayload> {
        let done = perform(ctx, "reviewFiling", &input, |tx, act, input| {
            Box::pin(filing::review_filing(tx, act, input))
        });
        stepped(ctx, done.await).await
    }

    /// Chases a late filing, or reports it to the superior when chasing has not helped (催办逾期备案).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["places.write".into()]]),
        directive = cache_invalidate::apply(vec!["Division".into(), "Place".into()])
    )]
    async fn chase_filing(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be done (办理事项).")] input: NamingStepInput,
    ) -> Result<NamingPayload> {
        let done = perform(ctx, "chaseFiling", &input, |tx, act, input| {
            Box::pin(filing::chase(tx, act, input))
        });
        stepped(ctx, done.await).await
    }

    /// Publishes the notice of a name with all that it must carry; the name is in force from its day on (发布地名公告).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["places.write".into()]]),
        directive = cache_invalidate::apply(vec!["Division".into(), "Place".into()])
    )]
    async fn publish_naming_notice(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be done (办理事项).")] input: PublishNamingNoticeInput,
    ) -> Result<NamingPayload> {
        let done = perform(ctx, "publishNamingNotice", &input, |tx, act, input| {
            Box::pin(filing::publish(tx, act, input))
        });
        stepped(ctx, done.await).await
    }

    /// Puts a name on the list of protected names (列入地名保护名录).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["places.write".into()]]),
        directive = cache_invalidate::apply(vec!["Division".into(), "Place".into()])
    )]
    async fn list_heritage_name(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be done (办理事项).")] input: ListHeritageNameInput,
    ) -> Result<PlacePayload> {
        let done = perform(ctx, "listHeritageName", &input, |tx, act, input| {
            Box::pin(heritage::list(tx, act, input))
        });
        changed(ctx, done.await).await
    }

    /// Lays down protective measures for a listed name, without which it is not changed (制定地名保护措施).
    #[graphql(
        name = "layDownHeritageMeasures", directive = requires_scopes::apply(vec![vec!["places.write".into()]]),
        directive = cache_invalidate::apply(vec!["Division".into(), "Place".into()])
    )]
    async fn lay_down_measures(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be done (办理事项).")] input: LayDownMeasuresInput,
    ) -> Result<PlacePayload> {
        let done = perform(ctx, "layDownHeritageMeasures", &input, |tx, act, input| {
            Box::pin(heritage::lay_down(tx, act, input))
        });
        changed(ctx, done.await).await
    }

    /// Renews a standard address that printed a name of before (更新标准地址).
    #[graphql(
        name = "updateStandardAddress",
        directive = requires_scopes::apply(vec![vec!["places.write".into()]]),
        directive = cache_invalidate::apply(vec!["Division".into(), "Place".into()])
    )]
    async fn update_address(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be done (办理事项).")] input: UpdateStandardAddressInput,
    ) -> Result<PlacePayload> {
        let done = perform(ctx, "updateStandardAddress", &input, |tx, act, input| {
            Box::pin(heritage::update_address(tx, act, input))
        });
        changed(ctx, done.await).await
    }
}
