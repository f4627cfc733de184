//! Registration: applications, decisions, branches, filings, liquidation.

use crate::graph::change::{body, change, run, told};
use crate::graph::payload::{OrganizationPayload, PermitCasePayload};
use crate::input::Form;
use crate::input::registration::{
    AcceptRegistrationInput, CharityInput, CloseBranchInput, DecideRegistrationInput,
    ExtendRegistrationInput, FileParticularInput, OpenBranchInput, StartLiquidationInput,
    SubmitRegistrationInput, WithdrawRegistrationInput,
};
use crate::service::particulars;
use crate::service::permit::decide;
use crate::service::permit::submit::{Head, Submission, submit};
use crate::vocabulary::PermitItem;
use async_graphql::{Context, Object};
use kit::contract::scope;
use kit::federation::directives::*;
use kit::tokenizer::NumberToken;
use kit::{Error, PrincipalExt, Result};
use minzheng_kit as kit;
use serde_json::json;

/// Who is to lead, by number and name: checked; with the token by which a repeated request is compared.
fn head(ctx: &Context<'_>, input: &SubmitRegistrationInput) -> Result<Option<(Head, NumberToken)>> {
    let Some(given) = &input.legal_representative else {
        return Ok(None);
    };
    let field = |name| ["input", "legalRepresentative", name];
    let services = ctx.services();
    let id = kit::citizen_id::parse(&given.number.0, services.clock.today())
        .map_err(|error| Error::Invalid(error.user_error().field(&field("number"))))?;
    let name = crate::service::act::text(&given.name, 60, "legalRepresentative")?;
    let token = services.tokenizer.token(&id);
    Ok(Some((Head { id, name }, token)))
}

/// Hands an application in and answers it.
async fn hand_in(
    ctx: &Context<'_>,
    operation: &'static str,
    input: SubmitRegistrationInput,
) -> Result<PermitCasePayload> {
    ctx.need(scope::SOCIETIES_WRITE)?;
    let head = match told(head(ctx, &input))? {
        Ok(head) => head,
        Err(errors) => return PermitCasePayload::of(ctx, Err(errors)).await,
    };
    // The number itself is null in the body; its token tells two persons apart.
    let token = head.as_ref().map(|(_, token)| token);
    let request_key = input.request_key().to_owned();
    let request = json!([body(operation, &input), token]);
    let head = head.map(|(head, _)| head);
    let submission = Submission { input, head };
    PermitCasePayload::of(
        ctx,
        run(ctx, &request_key, request, submission, submit).await?,
    )
    .await
}

/// An application of an organization without any further form.
fn plain(item: PermitItem, input: CharityInput) -> SubmitRegistrationInput {
    SubmitRegistrationInput {
        request_key: input.request_key,
        item,
        credit_code: Some(input.credit_code),
        completes: None,
        version: None,
        founding: None,
        change: None,
        deregistration: None,
        legal_representative: None,
    }
}

/// Registration (登记).
#[derive(Clone, Copy, Debug, Default)]
pub struct Registration;

/// Registration (登记).
#[Object]
impl Registration {
    /// Hands an application in, or completes a returned one: a founder or head for themselves, an officer for
    /// those of the division (提交登记申请).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["societies.write".into()]]),
        directive = cache_invalidate::apply(vec!["Organization".into()])
    )]
    async fn submit_registration(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The application (申请).")] input: SubmitRegistrationInput,
    ) -> Result<PermitCasePayload> {
        hand_in(ctx, "submitRegistration", input).await
    }

    /// Asks for recognition as a charity, to be decided in 20 days (申请认定慈善组织).
    #[graphql(directive = requires_scopes::apply(vec![vec!["societies.write".into()]]))]
    async fn recognise_charity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The organization (社会组织).")] input: CharityInput,
    ) -> Result<PermitCasePayload> {
        let input = plain(PermitItem::RecogniseCharity, input);
        hand_in(ctx, "recogniseCharity", input).await
    }

    /// Asks for the licence to raise funds from the public, a year after becoming a charity (申请公开募捐资格).
    #[graphql(directive = requires_scopes::apply(vec![vec!["societies.write".into()]]))]
    async fn license_public_raising(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The organization (社会组织).")] input: CharityInput,
    ) -> Result<PermitCasePayload> {
        let input = plain(PermitItem::PublicRaising, input);
        hand_in(ctx, "licensePublicRaising", input).await
    }

    /// Says that the papers of an application are complete, or gives them back with all that is missing (受理或者退回补正).
    #[graphql(directive = requires_scopes::apply(vec![vec!["societies.write".into(), "officer".into()]]))]
    async fn accept_registration(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The papers (材料).")] input: AcceptRegistrationInput,
    ) -> Result<PermitCasePayload> {
        PermitCasePayload::of(
            ctx,
            change(ctx, "acceptRegistration", input, decide::accept).await?,
        )
        .await
    }

    /// Grants or refuses an application; a grant changes the register at once (作出准予或者不予登记决定).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["societies.write".into(), "officer".into()]]),
        directive = cache_invalidate::apply(vec!["Organization".into(), "PermitSla".into()])
    )]
    async fn decide_registration(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The decision (决定).")] input: DecideRegistrationInput,
    ) -> Result<PermitCasePayload> {
        PermitCasePayload::of(
            ctx,
            change(ctx, "decideRegistration", input, decide::decide).await?,
        )
        .await
    }

    /// Makes the term of an application ten working days longer, once; by the head of the authority, before the term is over (延长办理期限).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["societies.write".into(), "officer".into()]]),
        directive = cache_invalidate::apply(vec!["PermitSla".into()])
    )]
    async fn extend_registration(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The term (期限).")] input: ExtendRegistrationInput,
    ) -> Result<PermitCasePayload> {
        PermitCasePayload::of(
            ctx,
            change(ctx, "extendRegistration", input, decide::extend).await?,
        )
        .await
    }

    /// Takes an application back (撤回申请).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["societies.write".into()]]),
        directive = cache_invalidate::apply(vec!["Organization".into()])
    )]
    async fn withdraw_registration(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The application (申请).")] input: WithdrawRegistrationInput,
    ) -> Result<PermitCasePayload> {
        PermitCasePayload::of(
            ctx,
            change(ctx, "withdrawRegistration", input, decide::withdraw).await?,
        )
        .await
    }

    /// Begins the liquidation of an organization (开始清算).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["societies.write".into()]]),
        directive = cache_invalidate::apply(vec!["Organization".into()])
    )]
    async fn start_liquidation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The liquidation (清算).")] input: StartLiquidationInput,
    ) -> Result<OrganizationPayload> {
        OrganizationPayload::of(
            ctx,
            change(
                ctx,
                "startLiquidation",
                input,
                particulars::start_liquidation,
            )
            .await?,
        )
        .await
    }

    /// Opens a branch or representative office (设立分支机构、代表机构).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["societies.write".into()]]),
        directive = cache_invalidate::apply(vec!["Organization".into()])
    )]
    async fn open_branch(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The branch (分支机构).")] input: OpenBranchInput,
    ) -> Result<OrganizationPayload> {
        OrganizationPayload::of(
            ctx,
            change(ctx, "openBranch", input, particulars::open_branch).await?,
        )
        .await
    }

    /// Closes a branch or representative office (撤销分支机构、代表机构).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["societies.write".into()]]),
        directive = cache_invalidate::apply(vec!["Organization".into()])
    )]
    async fn close_branch(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The branch (分支机构).")] input: CloseBranchInput,
    ) -> Result<OrganizationPayload> {
        OrganizationPayload::of(
            ctx,
            change(ctx, "closeBranch", input, particulars::close_branch).await?,
        )
        .await
    }

    /// Files the seal or the bank account (印章、银行账号备案).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["societies.write".into()]]),
        directive = cache_invalidate::apply(vec!["Organization".into()])
    )]
    async fn file_particular(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is filed (备案).")] input: FileParticularInput,
    ) -> Result<OrganizationPayload> {
        OrganizationPayload::of(
            ctx,
            change(ctx, "fileParticular", input, particulars::file).await?,
        )
        .await
    }
}
