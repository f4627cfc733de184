//! Supervision: reports judged, ratings, lists, penalties, inspections, clean-up.

use crate::graph::change::change;
use crate::graph::payload::{
    AnnualReportPayload, AssignOrganizationsPayload, CleanupCasePayload, CreditListingPayload,
    OrganizationPayload, RatingPayload,
};
use crate::input::supervision::{
    AssignOrganizationsInput, BanOrganizationInput, ChangeRatingInput, CloseCleanupInput,
    CloseOrgInspectionInput, DecideOfficeReviewInput, EndSuspensionInput, ImposePenaltyInput,
    JudgeAnnualReportInput, ListOrganizationInput, OpenCleanupInput, RateOrganizationInput,
    RecordLetterInput, RecordOrgInspectionInput, RecordSupervisorViewInput, RemoveListingInput,
    StepCleanupInput,
};
use crate::service::{cleanup, conclusion, listings, moves, penalties, ratings, reviews};
use async_graphql::{Context, Object};
use kit::Result;
use kit::federation::directives::*;
use minzheng_kit as kit;

/// Supervision (监督管理).
#[derive(Clone, Copy, Debug, Default)]
pub struct Supervision;

/// Supervision (监督管理).
#[Object]
impl Supervision {
    /// Decides whether an office is held again that ended with a death which a court took back (死亡宣告撤销后职务复核).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["societies.write".into()]]),
        directive = cache_invalidate::apply(vec!["Organization".into()])
    )]
    async fn decide_office_review(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The decision (决定).")] input: DecideOfficeReviewInput,
    ) -> Result<OrganizationPayload> {
        OrganizationPayload::of(
            ctx,
            change(ctx, "decideOfficeReview", input, reviews::decide).await?,
        )
        .await
    }

    /// Assigns organizations of a division that was divided to one of its successors; by an officer above all of them (指定承接登记管理机关).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["societies.write".into(), "officer".into()]]),
        directive = cache_invalidate::apply(vec!["Organization".into(), "Division".into()])
    )]
    async fn assign_organizations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The assignment (指定).")] input: AssignOrganizationsInput,
    ) -> Result<AssignOrganizationsPayload> {
        AssignOrganizationsPayload::of(
            ctx,
            change(ctx, "assignOrganizations", input, moves::assign).await?,
        )
        .await
    }

    /// Records the supervising department's view of an annual report (登记业务主管单位初审意见).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["societies.write".into(), "officer".into()]]),
        directive = cache_invalidate::apply(vec!["Organization".into()])
    )]
    async fn record_supervisor_view(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The view (意见).")] input: RecordSupervisorViewInput,
    ) -> Result<AnnualReportPayload> {
        AnnualReportPayload::of(
            ctx,
            change(ctx, "recordSupervisorView", input, conclusion::view).await?,
        )
        .await
    }

    /// Draws the registry's conclusion on an annual report (作出年度检查结论).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["societies.write".into(), "officer".into()]]),
        directive = cache_invalidate::apply(vec!["Organization".into()])
    )]
    async fn judge_annual_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conclusion (结论).")] input: JudgeAnnualReportInput,
    ) -> Result<AnnualReportPayload> {
        AnnualReportPayload::of(
            ctx,
            change(ctx, "judgeAnnualReport", input, conclusion::judge).await?,
        )
        .await
    }

    /// Rates an organization by its score (评定等级).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["societies.write".into(), "officer".into()]]),
        directive = cache_invalidate::apply(vec!["Organization".into(), "ExpiringRating".into()])
    )]
    async fn rate_organization(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The score (得分).")] input: RateOrganizationInput,
    ) -> Result<RatingPayload> {
        RatingPayload::of(
            ctx,
            change(ctx, "rateOrganization", input, ratings::rate).await?,
        )
        .await
    }

    /// Lowers a rating or takes it away (降低、取消等级).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["societies.write".into(), "officer".into()]]),
        directive = cache_invalidate::apply(vec!["Organization".into(), "ExpiringRating".into()])
    )]
    async fn change_rating(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The change (调整).")] input: ChangeRatingInput,
    ) -> Result<RatingPayload> {
        RatingPayload::of(
            ctx,
            change(ctx, "changeRating", input, ratings::change).await?,
        )
        .await
    }

    /// Enters an organization in the list its ground belongs to, the abnormal or the serious one (列入活动异常名录或者严重违法失信名单).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["societies.write".into(), "officer".into()]]),
        directive = cache_invalidate::apply(vec!["Organization".into(), "ListedOrganization".into()])
    )]
    async fn list_abnormal(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The entry (列入).")] input: ListOrganizationInput,
    ) -> Result<CreditListingPayload> {
        CreditListingPayload::of(
            ctx,
            change(ctx, "listAbnormal", input, listings::list).await?,
        )
        .await
    }

    /// Takes an entry off its list (移出信用名单).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["societies.write".into(), "officer".into()]]),
        directive = cache_invalidate::apply(vec!["Organization".into(), "ListedOrganization".into()])
    )]
    async fn remove_listing(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The entry (移出).")] input: RemoveListingInput,
    ) -> Result<CreditListingPayload> {
        CreditListingPayload::of(
            ctx,
            change(ctx, "removeListing", input, listings::remove).await?,
        )
        .await
    }

    /// Records a registered letter to a domicile and whether it came back (登记专用信函).
    #[graphql(directive = requires_scopes::apply(vec![vec!["societies.write".into(), "officer".into()]]))]
    async fn record_letter(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The letter (信函).")] input: RecordLetterInput,
    ) -> Result<OrganizationPayload> {
        OrganizationPayload::of(
            ctx,
            change(ctx, "recordLetter", input, listings::letter).await?,
        )
        .await
    }

    /// Imposes a penalty; state and lists follow (作出行政处罚).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["societies.write".into(), "officer".into()]]),
        directive = cache_invalidate::apply(vec!["Organization".into(), "ListedOrganization".into()])
    )]
    async fn impose_penalty(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The penalty (处罚).")] input: ImposePenaltyInput,
    ) -> Result<OrganizationPayload> {
        OrganizationPayload::of(
            ctx,
            change(ctx, "imposePenalty", input, penalties::impose).await?,
        )
        .await
    }

    /// Ends a suspension whose term is over (恢复活动).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["societies.write".into(), "officer".into()]]),
        directive = cache_invalidate::apply(vec!["Organization".into()])
    )]
    async fn end_suspension(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The organization (社会组织).")] input: EndSuspensionInput,
    ) -> Result<OrganizationPayload> {
        OrganizationPayload::of(
            ctx,
            change(ctx, "endSuspension", input, penalties::end_suspension).await?,
        )
        .await
    }

    /// Records an inspection of an organization (登记检查).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["societies.write".into(), "officer".into()]]),
        directive = cache_invalidate::apply(vec!["Organization".into()])
    )]
    async fn record_org_inspection(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The inspection (检查).")] input: RecordOrgInspectionInput,
    ) -> Result<OrganizationPayload> {
        OrganizationPayload::of(
            ctx,
            change(ctx, "recordOrgInspection", input, penalties::inspect).await?,
        )
        .await
    }

    /// Closes an inspection; what was not put right in time goes to the abnormal list (检查结案).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["societies.write".into(), "officer".into()]]),
        directive = cache_invalidate::apply(vec!["Organization".into(), "ListedOrganization".into()])
    )]
    async fn close_org_inspection(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The result (结果).")] input: CloseOrgInspectionInput,
    ) -> Result<OrganizationPayload> {
        OrganizationPayload::of(
            ctx,
            change(ctx, "closeOrgInspection", input, penalties::close).await?,
        )
        .await
    }

    /// Opens a case against a "zombie" or an illegal organization (清理立案).
    #[graphql(directive = requires_scopes::apply(vec![vec!["societies.write".into(), "officer".into()]]))]
    async fn open_cleanup(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The case (案件).")] input: OpenCleanupInput,
    ) -> Result<CleanupCasePayload> {
        CleanupCasePayload::of(ctx, change(ctx, "openCleanup", input, cleanup::open).await?).await
    }

    /// Takes a step in a clean-up case (办理清理步骤).
    #[graphql(directive = requires_scopes::apply(vec![vec!["societies.write".into(), "officer".into()]]))]
    async fn step_cleanup(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The step (步骤).")] input: StepCleanupInput,
    ) -> Result<CleanupCasePayload> {
        CleanupCasePayload::of(ctx, change(ctx, "stepCleanup", input, cleanup::step).await?).await
    }

    /// Closes a case against a "zombie": warned, merged, deregistered or revoked (清理结案).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["societies.write".into(), "officer".into()]]),
        directive = cache_invalidate::apply(vec!["Organization".into(), "ListedOrganization".into(), "CleanupStats".into()])
    )]
    async fn close_cleanup(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The result (结果).")] input: CloseCleanupInput,
    ) -> Result<CleanupCasePayload> {
        CleanupCasePayload::of(
            ctx,
            change(ctx, "closeCleanup", input, cleanup::close).await?,
        )
        .await
    }

    /// Bans an illegal organization (取缔非法社会组织).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["societies.write".into(), "officer".into()]]),
        directive = cache_invalidate::apply(vec!["Organization".into(), "ListedOrganization".into(), "CleanupStats".into()])
    )]
    async fn ban_organization(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The case (案件).")] input: BanOrganizationInput,
    ) -> Result<CleanupCasePayload> {
        CleanupCasePayload::of(
            ctx,
            change(ctx, "banOrganization", input, cleanup::ban).await?,
        )
        .await
    }
}
