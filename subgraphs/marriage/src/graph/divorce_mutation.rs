//! The steps of a divorce by consent.

use super::act::{
    Outcome, anyone, hidden, id, known, maybe_id, officer, payload, read_at, telling,
};
use super::counter_enums::DivorceRefusalReason;
use super::counter_mutation::{ArchiveInput, CertifyInput};
use super::divorce::DivorceApplication;
use super::inputs::{ApplyDivorceInput, WithdrawDivorceInput};
use crate::kit::PrincipalExt;
use crate::kit::contract::directive::TOLD_SUBJECT;
use crate::kit::federation::directives::*;
use crate::service::{divorce, divorce_steps};
use async_graphql::{Context, ID, InputObject, Object};
use uuid::Uuid;

payload! {
    /// What became of an application for divorce (离婚登记申请结果).
    DivorceApplicationPayload {
        /// The application; null when it was refused (离婚登记申请).
        application: DivorceApplication
    }
}

/// Both ask for the certificate (申请发给离婚证).
#[derive(InputObject)]
pub struct RequestDivorceCertificateInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The application (离婚登记申请).
    pub application: ID,
    /// The version at which it was read (版本).
    pub version: i64,
    /// The registry where they ask; only the one that received the application may go on (登记机关).
    pub registry: ID,
    /// The registrar who handles it (经办登记员).
    pub registrar: ID,
    /// Both stand before the registrar (双方亲自到场).
    pub both_present: bool,
}

/// The registrar's review before the divorce is registered (离婚登记审查).
#[derive(InputObject)]
pub struct RegisterDivorceInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The application (离婚登记申请).
    pub application: ID,
    /// The version at which it was read (版本).
    pub version: i64,
    /// Asked once more, both are truly willing (双方确属自愿).
    pub both_willing: bool,
    /// Children, property and debts are settled in the agreement (协议已就子女、财产、债务协商一致).
    pub agreement_settled: bool,
}

/// Why a divorce is refused (不予离婚登记).
#[derive(InputObject)]
pub struct RefuseDivorceInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The application (离婚登记申请).
    pub application: ID,
    /// The version at which it was read (版本).
    pub version: i64,
    /// The reason (理由).
    pub reason: DivorceRefusalReason,
}

async fn made(
    ctx: &Context<'_>,
    outcome: Outcome<Uuid>,
) -> async_graphql::Result<DivorceApplicationPayload> {
    let loaded = match outcome {
        Ok(id) => Ok(DivorceApplication::alone(
            divorce::by_id(ctx.services().db.read(), id).await?,
        )),
        Err(refusals) => Err(refusals),
    };
    Ok(DivorceApplicationPayload::of(loaded))
}

fn case() -> Vec<Vec<String>> {
    vec![vec!["marriage.case".into()]]
}

/// The steps of a divorce by consent.
#[derive(Clone, Copy, Debug, Default)]
pub struct DivorceMutation;

/// The steps of a divorce by consent.
#[Object]
impl DivorceMutation {
    /// Receives a couple's application for divorce and fixes its dates; for officers of the registry (受理离婚登记申请).
    #[graphql(
        directive = requires_scopes::apply(case()),
        directive = personal::apply("marital".into(), TOLD_SUBJECT.into())
    )]
    async fn apply_divorce(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the registrar enters (输入).")] input: ApplyDivorceInput,
    ) -> async_graphql::Result<DivorceApplicationPayload> {
        let services = ctx.services();
        let read = async {
            Ok(divorce::Apply {
                registry: id(&input.registry, "registry")?,
                man: known(services, &input.man, "man").await?,
                woman: known(services, &input.woman, "woman").await?,
                both_present: input.both_present,
                agreement_signed: input.agreement_signed,
                full_capacity: input.full_capacity,
                children: input.children,
                agreement: hidden(services, input.agreement.as_deref(), "agreement", 64)?,
                crisis_help_accepted: input.crisis_help_accepted,
                registrar: maybe_id(input.registrar.as_ref(), "registrar")?,
            })
        };
        let what = read.await;
        let whom = |what: &divorce::Apply| vec![what.man.token.clone(), what.woman.token.clone()];
        let outcome = telling(ctx, &input.request_key, what, whom, |a, w| {
            Box::pin(divorce::apply(a, w))
        })
        .await?;
        made(ctx, outcome).await
    }

    /// Withdraws an application for divorce within the cooling-off; for either party or the registry's officers (撤回离婚登记申请).
    #[graphql(directive = requires_scopes::apply(vec![vec!["self".into()], vec!["marriage.case".into()]]))]
    async fn withdraw_divorce(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is needed (输入).")] input: WithdrawDivorceInput,
    ) -> async_graphql::Result<DivorceApplicationPayload> {
        let what = id(&input.application, "application").map(|application| divorce::Withdraw {
            application,
            version: input.version,
            by: input.by.map(|by| by.as_str()),
        });
        let outcome = anyone(ctx, &input.request_key, what, |a, w| {
            Box::pin(divorce::withdraw(a, w))
        })
        .await?;
        made(ctx, outcome).await
    }

    /// Takes the couple's request for the certificate in the window, at the registry that received the application (申请发给离婚证).
    #[graphql(directive = requires_scopes::apply(case()))]
    async fn request_divorce_certificate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the registrar enters (输入).")]
        input: RequestDivorceCertificateInput,
    ) -> async_graphql::Result<DivorceApplicationPayload> {
        let read = || {
            Ok(divorce_steps::Ask {
                application: read_at(&input.application, input.version, "application")?,
                registry: id(&input.registry, "registry")?,
                registrar: id(&input.registrar, "registrar")?,
                both_present: input.both_present,
            })
        };
        let outcome = officer(ctx, &input.request_key, read(), |a, w| {
            Box::pin(divorce_steps::ask(a, w))
        })
        .await?;
        made(ctx, outcome).await
    }

    /// Registers a reviewed divorce: record, certificate numbers, both ledgers (登记离婚).
    #[graphql(directive = requires_scopes::apply(case()))]
    async fn register_divorce(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The review (输入).")] input: RegisterDivorceInput,
    ) -> async_graphql::Result<DivorceApplicationPayload> {
        let what = read_at(&input.application, input.version, "application").map(|application| {
            divorce_steps::Review {
                application,
                both_willing: input.both_willing,
                agreement_settled: input.agreement_settled,
            }
        });
        let outcome = officer(ctx, &input.request_key, what, |a, w| {
            Box::pin(divorce_steps::register(a, w))
        })
        .await?;
        made(ctx, outcome).await
    }

    /// Refuses a divorce that is being handled and states the reason (不予离婚登记).
    #[graphql(directive = requires_scopes::apply(case()))]
    async fn refuse_divorce(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The reason (输入).")] input: RefuseDivorceInput,
    ) -> async_graphql::Result<DivorceApplicationPayload> {
        let what = read_at(&input.application, input.version, "application").map(|application| {
            divorce_steps::Refuse {
                application,
                reason: input.reason.as_str(),
            }
        });
        let outcome = officer(ctx, &input.request_key, what, |a, w| {
            Box::pin(divorce_steps::refuse(a, w))
        })
        .await?;
        made(ctx, outcome).await
    }

    /// Prints and hands over both divorce certificates; only once registered (打印并颁发离婚证).
    #[graphql(directive = requires_scopes::apply(case()))]
    async fn certify_divorce(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The printed forms (输入).")] input: CertifyInput,
    ) -> async_graphql::Result<DivorceApplicationPayload> {
        let outcome = officer(ctx, &input.request_key, input.read(), |a, w| {
            Box::pin(divorce_steps::certify(a, w))
        })
        .await?;
        made(ctx, outcome).await
    }

    /// Puts the papers of a divorce into the archive (离婚登记归档).
    #[graphql(directive = requires_scopes::apply(case()))]
    async fn archive_divorce(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The papers (输入).")] input: ArchiveInput,
    ) -> async_graphql::Result<DivorceApplicationPayload> {
        let outcome = officer(ctx, &input.request_key, input.read(), |a, w| {
            Box::pin(divorce_steps::archive(a, w))
        })
        .await?;
        made(ctx, outcome).await
    }
}
