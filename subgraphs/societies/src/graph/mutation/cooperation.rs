//! What organizations do for others: fees, projects, adoptions, funds, hubs, party bodies.

use crate::graph::change::change;
use crate::graph::payload::{MicroFundPayload, OrganizationPayload, ProjectPayload};
use crate::input::development::{
    AssessPartyUnitInput, CreateMicroFundInput, CreateProjectInput, DeclareAdoptionInput,
    DeclareFeeReductionInput, EstablishPartyUnitInput, MoveMicroFundInput,
    RecordProjectResultInput, SetHubKindInput,
};
use crate::service::cooperation;
use async_graphql::{Context, Object};
use kit::Result;
use kit::federation::directives::*;
use minzheng_kit as kit;

/// What organizations do for others (社会组织作用发挥).
#[derive(Clone, Copy, Debug, Default)]
pub struct Cooperation;

/// What organizations do for others (社会组织作用发挥).
#[Object]
impl Cooperation {
    /// Declares the fees that an association cuts in a month: its legal representative or an officer (申报涉企收费减免).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["societies.write".into()]]),
        directive = cache_invalidate::apply(vec!["Organization".into(), "FeeReductionSummary".into()])
    )]
    async fn declare_fee_reduction(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The fees (减免明细).")] input: DeclareFeeReductionInput,
    ) -> Result<OrganizationPayload> {
        OrganizationPayload::of(
            ctx,
            change(ctx, "declareFeeReduction", input, cooperation::declare_fees).await?,
        )
        .await
    }

    /// Creates a project of the five partners (新建五社联动项目).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["societies.write".into()]]),
        directive = cache_invalidate::apply(vec!["SocietyProject".into(), "ProjectSummary".into()])
    )]
    async fn create_project(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The project (项目).")] input: CreateProjectInput,
    ) -> Result<ProjectPayload> {
        ProjectPayload::of(
            ctx,
            change(ctx, "createProject", input, cooperation::create_project).await?,
        )
        .await
    }

    /// Records what a project has brought (登记项目成效).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["societies.write".into()]]),
        directive = cache_invalidate::apply(vec!["SocietyProject".into(), "ProjectSummary".into()])
    )]
    async fn record_project_result(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The result (成效).")] input: RecordProjectResultInput,
    ) -> Result<ProjectPayload> {
        ProjectPayload::of(
            ctx,
            change(
                ctx,
                "recordProjectResult",
                input,
                cooperation::record_result,
            )
            .await?,
        )
        .await
    }

    /// Declares how many poor households an organization adopts: its legal representative or an officer (申报结对帮扶).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["societies.write".into()]]),
        directive = cache_invalidate::apply(vec!["AdoptionSummary".into()])
    )]
    async fn declare_adoption(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The households (结对家庭).")] input: DeclareAdoptionInput,
    ) -> Result<OrganizationPayload> {
        OrganizationPayload::of(
            ctx,
            change(ctx, "declareAdoption", input, cooperation::adopt).await?,
        )
        .await
    }

    /// Opens a small fund of a community (设立社区微基金).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["societies.write".into()]]),
        directive = cache_invalidate::apply(vec!["MicroFund".into(), "MicroFundSummary".into()])
    )]
    async fn create_micro_fund(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The fund (微基金).")] input: CreateMicroFundInput,
    ) -> Result<MicroFundPayload> {
        MicroFundPayload::of(
            ctx,
            change(ctx, "createMicroFund", input, cooperation::create_fund).await?,
        )
        .await
    }

    /// Moves money to or from a small fund (登记微基金收支).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["societies.write".into()]]),
        directive = cache_invalidate::apply(vec!["MicroFund".into(), "MicroFundSummary".into()])
    )]
    async fn move_micro_fund(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The money (收支).")] input: MoveMicroFundInput,
    ) -> Result<MicroFundPayload> {
        MicroFundPayload::of(
            ctx,
            change(ctx, "moveMicroFund", input, cooperation::move_fund).await?,
        )
        .await
    }

    /// Names a hub or a brand among organizations (认定枢纽型、品牌性社会组织).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["societies.write".into()]]),
        directive = cache_invalidate::apply(vec!["Organization".into(), "HubSummary".into()])
    )]
    async fn set_hub_kind(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The naming (认定).")] input: SetHubKindInput,
    ) -> Result<OrganizationPayload> {
        OrganizationPayload::of(
            ctx,
            change(ctx, "setHubKind", input, cooperation::set_hub).await?,
        )
        .await
    }

    /// Sets up a party body in an organization (建立党组织).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["societies.write".into()]]),
        directive = cache_invalidate::apply(vec!["Organization".into(), "PartyCover".into()])
    )]
    async fn establish_party_unit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The party body (党组织).")] input: EstablishPartyUnitInput,
    ) -> Result<OrganizationPayload> {
        OrganizationPayload::of(
            ctx,
            change(
                ctx,
                "establishPartyUnit",
                input,
                cooperation::establish_party,
            )
            .await?,
        )
        .await
    }

    /// Assesses a party body over its five aspects (党支部标准化考核).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["societies.write".into()]]),
        directive = cache_invalidate::apply(vec!["Organization".into(), "PartyCover".into()])
    )]
    async fn assess_party_unit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The assessment (考核).")] input: AssessPartyUnitInput,
    ) -> Result<OrganizationPayload> {
        OrganizationPayload::of(
            ctx,
            change(ctx, "assessPartyUnit", input, cooperation::assess_party).await?,
        )
        .await
    }
}
