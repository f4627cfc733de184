//! What officers may change in the vault. What the law or the form refuses is in `userErrors`.

use async_graphql::{Context, ID, InputObject, Object};
use sea_orm::ActiveEnum;
use serde_json::json;
use uuid::Uuid;

use super::{access, case::IdentityCase, person::Person};
use crate::{
    kit::{
        CitizenIdInput, Error, PrincipalExt, Result, UserError,
        batch::Siblings,
        federation::directives::*,
        id, identity,
        mutation::{Actor, missing, told, told_all},
        payloads,
    },
    model::terms::{AliasReason, IdentityStatus},
    service::{
        aliases,
        cases::{self, Proposal},
        lookup,
    },
};

/// The fewest and the most characters of an officer's reason.
const REASON: std::ops::RangeInclusive<usize> = 4..=500;

/// A join of two records (合并申请).
#[derive(InputObject)]
pub struct ProposePersonMergeInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// The record that is given up (拟注销记录).
    pub old: ID,
    /// The record that stays (保留记录).
    pub into: ID,
    /// Why (合并原因).
    pub cause: AliasReason,
    /// Why, in 4 to 500 characters (理由).
    pub reason: String,
}

/// The taking back of a join (拆分申请).
#[derive(InputObject)]
pub struct ProposePersonSplitInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// The case of the join (合并事项).
    pub merge: ID,
    /// Why, in 4 to 500 characters (理由).
    pub reason: String,
}

/// A supervisor's wish to see a person in full (查阅完整身份信息申请).
#[derive(InputObject)]
pub struct ProposeRevealInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// The person (自然人).
    pub person: ID,
    /// Why, in 4 to 500 characters (理由).
    pub reason: String,
}

/// A change of how far an identity is known to be right (身份核验状态变更).
#[derive(InputObject)]
pub struct ChangeIdentityStatusInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// The person (自然人).
    pub person: ID,
    /// The new status (新状态).
    pub to: IdentityStatus,
    /// The version of the person that the officer read (所依据的版本).
    pub version: i64,
    /// Why, in 4 to 500 characters (理由).
    pub reason: String,
}

/// The second officer's decision (复核).
#[derive(InputObject)]
pub struct DecideIdentityCaseInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// The case (身份事项).
    pub case: ID,
    /// The version of the case that the officer read (所依据的版本).
    pub version: i64,
    /// Whether it is carried out (是否同意).
    pub approve: bool,
}

/// Another number of a person (其他证件号码).
#[derive(InputObject)]
pub struct RecordPersonAliasInput {
    /// A key chosen by the caller: the same key gives the same answer (幂等键).
    pub request_key: String,
    /// The person (自然人).
    pub person: ID,
    /// The number: 15 or 18 characters, or a passport as CHN:E12345678; it is never returned (证件号码).
    pub number: CitizenIdInput,
}

payloads! {
    /// What became of a case about an identity (身份事项办理结果).
    pub IdentityCasePayload {
        /// The case; null when it was refused (身份事项).
        case: IdentityCase,
    }

    /// What became of another number of a person (证件号码补录结果).
    pub RecordPersonAliasPayload {
        /// The person with all numbers; null when it was refused (自然人).
        person: Person,
    }
}

/// What may be changed (变更).
#[derive(Clone, Copy, Debug)]
pub struct Mutation;

/// What may be changed (变更).
#[Object]
impl Mutation {
    /// Proposes that two records are one person; a second officer decides (提出合并).
    #[graphql(directive = requires_scopes::apply(vec![vec!["person.judge".into()]]))]
    async fn propose_person_merge(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The join (合并申请).")] input: ProposePersonMergeInput,
    ) -> async_graphql::Result<IdentityCasePayload> {
        let proposal = Proposal::Merge {
            old: input.old.to_string(),
            into: input.into.to_string(),
            cause: input.cause,
        };
        let body = json!([
            "merge",
            *input.old,
            *input.into,
            input.cause.text(),
            input.reason
        ]);
        propose(ctx, &input.request_key, body, proposal, input.reason).await
    }

    /// Proposes that a join is taken back; a second officer decides (提出拆分).
    #[graphql(directive = requires_scopes::apply(vec![vec!["person.judge".into()]]))]
    async fn propose_person_split(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The taking back (拆分申请).")] input: ProposePersonSplitInput,
    ) -> async_graphql::Result<IdentityCasePayload> {
        let Some(merge) = id::parse(&input.merge) else {
            return told_all(Err(missing(Error::NotFound, "merge")), payload);
        };
        let body = json!(["split", *input.merge, input.reason]);
        propose(
            ctx,
            &input.request_key,
            body,
            Proposal::Split { merge },
            input.reason,
        )
        .await
    }

    /// Changes how far an identity is known to be right: at once, or, where it settles a doubt, by a second officer (变更身份核验状态).
    #[graphql(directive = requires_scopes::apply(vec![vec!["person.judge".into()]]))]
    async fn change_identity_status(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The change (变更内容).")] input: ChangeIdentityStatusInput,
    ) -> async_graphql::Result<IdentityCasePayload> {
        let to = input.to.to_value();
        let body = json!(["status", *input.person, to, input.version, input.reason]);
        let proposal = Proposal::Status {
            person: input.person.to_string(),
            to: input.to,
            version: input.version,
        };
        propose(ctx, &input.request_key, body, proposal, input.reason).await
    }

    /// Proposes that the supervisor sees a person in full; once a second officer approves it, the proposer may read it for 24 hours (提出查阅完整身份信息).
    #[graphql(directive = requires_scopes::apply(vec![vec!["person.judge".into(), "person.reveal".into()]]))]
    async fn propose_reveal(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The wish (查阅申请).")] input: ProposeRevealInput,
    ) -> async_graphql::Result<IdentityCasePayload> {
        let body = json!(["reveal", *input.person, input.reason]);
        let person = input.person.to_string();
        propose(
            ctx,
            &input.request_key,
            body,
            Proposal::Reveal { person },
            input.reason,
        )
        .await
    }

    /// Decides a case as its second officer and carries it out if it is approved (复核身份事项).
    #[graphql(directive = requires_scopes::apply(vec![vec!["person.judge".into()]]))]
    async fn decide_identity_case(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The decision (复核意见).")] input: DecideIdentityCaseInput,
    ) -> async_graphql::Result<IdentityCasePayload> {
        let officer = access::judge(ctx)?;
        let Some(case) = id::parse(&input.case) else {
            return told_all(Err(missing(Error::NotFound, "case")), payload);
        };
        let (version, approve) = (input.version, input.approve);
        let done = Actor::of(ctx)
            .run_all(
                &input.request_key,
                json!(["decide", case, version, approve]),
                officer,
                move |act, officer| Box::pin(cases::decide(act, officer, case, version, approve)),
            )
            .await;
        answer(ctx, done).await
    }

    /// Adds another number to a person, such as an old one of 15 digits or a passport (补录其他证件号码).
    #[graphql(directive = requires_scopes::apply(vec![vec!["person.judge".into()]]))]
    async fn record_person_alias(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The number (证件号码).")] input: RecordPersonAliasInput,
    ) -> async_graphql::Result<RecordPersonAliasPayload> {
        let outcome = record_alias(ctx, &input).await;
        told(outcome, |person| RecordPersonAliasPayload {
            person: Some(person),
            ..Default::default()
        })
    }
}

async fn propose(
    ctx: &Context<'_>,
    request_key: &str,
    body: serde_json::Value,
    proposal: Proposal,
    reason: String,
) -> async_graphql::Result<IdentityCasePayload> {
    let officer = access::judge(ctx)?;
    if !REASON.contains(&reason.trim().chars().count()) {
        let refusal = UserError::new(
            "REASON_MISSING",
            "State a reason in 4 to 500 characters.",
            "须填写4至500字的理由。",
        )
        .field(&["reason"]);
        return told_all(Ok(Err(vec![refusal])), payload);
    }
    let done = Actor::of(ctx)
        .run_all(
            request_key,
            body,
            (officer, proposal, reason),
            |act, (officer, proposal, reason)| {
                Box::pin(cases::propose(act, officer, proposal, reason))
            },
        )
        .await;
    answer(ctx, done).await
}

async fn answer(
    ctx: &Context<'_>,
    done: Result<std::result::Result<Uuid, Vec<UserError>>>,
) -> async_graphql::Result<IdentityCasePayload> {
    let case = match done {
        Ok(Ok(id)) => Ok(Ok(cases::find(ctx.services().db.read(), id).await?)),
        Ok(Err(refusals)) => Ok(Err(refusals)),
        Err(error) => Err(error),
    };
    told_all(case, |row| IdentityCasePayload {
        case: IdentityCase::all(vec![row]).pop(),
        ..Default::default()
    })
}

fn payload(case: IdentityCase) -> IdentityCasePayload {
    IdentityCasePayload {
        case: Some(case),
        ..Default::default()
    }
}

async fn record_alias(ctx: &Context<'_>, input: &RecordPersonAliasInput) -> Result<Person> {
    let officer = access::judge(ctx)?;
    let services = ctx.services();
    let person = input.person.to_string();
    if let Err(refusal) = cases::judges(services.db.read(), &officer, &[&person]).await? {
        return Err(Error::from(refusal.field(&["person"])));
    }
    let number = identity::read(&input.number.0, services.clock.today())
        .map_err(|error| Error::from(error.user_error().field(&["number"])))?;
    // Compared by token: the number itself is kept nowhere in the clear.
    let token = services.tokenizer.token_of(&number);
    let body = json!(["alias", person, token]);
    Actor::of(ctx)
        .run(
            &input.request_key,
            body,
            (person.clone(), number),
            |act, (person, number)| Box::pin(aliases::record(act, person, number)),
        )
        .await?;
    let row = lookup::by_tokens(services.db.read(), [person.clone()])
        .await?
        .remove(&person)
        .ok_or(Error::NotFound)?;
    let siblings = Siblings::new(vec![person.clone()]);
    Ok(Person::known(person, row, siblings))
}
