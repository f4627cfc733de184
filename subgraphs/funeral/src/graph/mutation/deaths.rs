//! A death after it was recorded, and what near kin ask for the dead.

use async_graphql::{Context, ID, InputObject, Object, Result};
use minzheng_kit::federation::directives::requires_scopes;
use minzheng_kit::mutation::told;
use minzheng_kit::{CitizenIdInput, Date, PrincipalExt, payloads, vault};
use serde_json::json;

use super::opening::citizen;
use super::{key, keyed, run, written};
use crate::graph::confirm::DeathRevocation;
use crate::graph::kin::KinRequest;
use crate::graph::person::DeathRecord;
use crate::model::{death_record, kin_request};
use crate::rules::terms::{CorrectionReason, DeathPaperKind, KinRight};
use crate::service::{act, deaths};

/// Deaths.
#[derive(Default)]
pub struct DeathMutation;

#[Object]
impl DeathMutation {
    /// Corrects the record of a death by a new entry; the other subsystems are told once (更正死亡登记).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]))]
    async fn correct_death(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is right, and why it was wrong (更正内容).")]
        input: CorrectDeathInput,
    ) -> Result<DeathPayload> {
        death_told(ctx, correct(ctx, input).await).await
    }

    /// Takes back a recorded death: one that a court declared at once, on the court's judgment; any other on proper
    /// grounds, when a second officer has confirmed it, `confirmDeathRevocation` (撤销死亡登记).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]))]
    async fn revoke_death(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The record and the reason (撤销内容).")] input: RevokeDeathInput,
    ) -> Result<DeathPayload> {
        let done = run(ctx, "revokeDeath", input, |act, input| {
            Box::pin(async move {
                deaths::revoke(
                    &act,
                    key(&input.record, "record")?,
                    input.version,
                    input.reason,
                    input.paper.as_deref(),
                )
                .await
            })
        });
        death_told(ctx, done.await).await
    }

    /// A second officer confirms that a recorded death is taken back, or withdraws it (复核撤销死亡登记).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]))]
    async fn confirm_death_revocation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whether it is confirmed (复核内容).")] input: ConfirmDeathRevocationInput,
    ) -> Result<DeathPayload> {
        let done = run(ctx, "confirmDeathRevocation", input, |act, input| {
            Box::pin(async move {
                let record = key(&input.record, "record")?;
                deaths::confirm_revocation(&act, record, input.version, input.confirm).await
            })
        });
        death_told(ctx, done.await).await
    }

    /// Near kin ask to see, correct or delete what is kept of the deceased of their case (近亲属权利请求).
    #[graphql(directive = requires_scopes::apply(vec![vec!["self".into()]]))]
    async fn use_kin_right(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The case and the right (请求内容).")] input: UseKinRightInput,
    ) -> Result<KinRequestPayload> {
        let done = run(ctx, "useKinRight", input, |act, input| {
            Box::pin(async move { deaths::ask(&act, key(&input.case, "case")?, input.right).await })
        });
        kin_told(ctx, done.await).await
    }

    /// Decides a request of near kin (处理近亲属请求).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]))]
    async fn decide_kin_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The decision (处理内容).")] input: DecideKinRequestInput,
    ) -> Result<KinRequestPayload> {
        let done = run(ctx, "decideKinRequest", input, |act, input| {
            Box::pin(async move {
                deaths::decide(
                    &act,
                    key(&input.request, "request")?,
                    input.version,
                    input.grant,
                )
                .await
            })
        });
        kin_told(ctx, done.await).await
    }
}

keyed!(
    ConfirmDeathRevocationInput,
    RevokeDeathInput,
    UseKinRightInput,
    DecideKinRequestInput
);

payloads! {
    /// What came of a correction of a death (死亡登记更正结果).
    pub DeathPayload {
        /// The record as it stands now; null when the step was refused (死亡登记).
        death: DeathRecord,
        /// The taking back of it that was last asked for; null where nobody did (撤销申请).
        revocation: DeathRevocation,
    }
    /// What came of a request of near kin (近亲属请求结果).
    pub KinRequestPayload {
        /// The request; null when it was refused (请求).
        request: KinRequest,
    }
}

async fn death_told(
    ctx: &Context<'_>,
    outcome: minzheng_kit::Result<uuid::Uuid>,
) -> Result<DeathPayload> {
    let row = written::<death_record::Entity>(ctx, outcome).await;
    let revocation = match &row {
        Ok(row) => deaths::revocation_of(ctx.services().db.read(), row.id).await?,
        Err(_) => None,
    };
    told(row, |row| DeathPayload {
        death: Some(DeathRecord::from(row)),
        revocation: revocation.map(|row| DeathRevocation::of(row, ctx)),
        ..DeathPayload::default()
    })
}

/// A correction; the number that the paper names becomes the token of its person.
async fn correct(ctx: &Context<'_>, input: CorrectDeathInput) -> minzheng_kit::Result<uuid::Uuid> {
    let services = ctx.services();
    let deceased = match &input.deceased {
        Some(number) => Some(citizen(ctx, &number.0, "deceased")?),
        None => None,
    };
    let record = key(&input.record, "record")?;
    let version = input.version;
    let to = deaths::Correction {
        reason: input.reason,
        died_on: input.died_on.0,
        paper_kind: input.paper_kind,
        paper_number: input.paper_number,
        natural: input.natural,
        deceased: None,
    };
    let of_number = deceased.as_ref().map(|id| services.tokenizer.token(id));
    let body = json!([
        "correctDeath",
        record,
        version,
        to.reason,
        to.died_on,
        to.paper_kind,
        to.paper_number,
        to.natural,
        of_number,
    ]);
    act::run(
        services,
        ctx.principal(),
        &input.request_key,
        body,
        (to, deceased),
        move |act, (to, deceased)| {
            Box::pin(async move {
                let deceased = match deceased {
                    Some(id) => {
                        let token = vault::citizen_of(act.tx, act.services, id).await?.0;
                        Some((token, id.birth_date()))
                    }
                    None => None,
                };
                let to = deaths::Correction {
                    deceased,
                    ..to.clone()
                };
                deaths::correct(&act, record, version, &to).await
            })
        },
    )
    .await
}

async fn kin_told(
    ctx: &Context<'_>,
    outcome: minzheng_kit::Result<uuid::Uuid>,
) -> Result<KinRequestPayload> {
    told(written::<kin_request::Entity>(ctx, outcome).await, |row| {
        KinRequestPayload {
            request: KinRequest::all(vec![row]).pop(),
            ..KinRequestPayload::default()
        }
    })
}

/// The record of a death as it should be (更正死亡登记).
#[derive(InputObject)]
pub struct CorrectDeathInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The record of the death (死亡登记).
    pub record: ID,
    /// The version that the step is based on (版本).
    pub version: i64,
    /// Why it is corrected (更正原因).
    pub reason: CorrectionReason,
    /// Day of death (死亡日期).
    pub died_on: Date,
    /// Who issued the paper (死亡证明类别).
    pub paper_kind: DeathPaperKind,
    /// Number of the paper (死亡证明编号).
    pub paper_number: String,
    /// Whether the death was natural; null when the cause is not known (是否正常死亡).
    pub natural: Option<bool>,
    /// Citizen identity number of the person that the paper names; where given, it is compared, and the day of death
    /// lies not before the birth (证明所载逝者公民身份号码).
    pub deceased: Option<CitizenIdInput>,
}

/// A death to be taken back (撤销死亡登记).
#[derive(InputObject, Clone, Debug)]
pub struct RevokeDeathInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The record of the death (死亡登记).
    pub record: ID,
    /// The version that the step is based on (版本).
    pub version: i64,
    /// Why (撤销原因).
    pub reason: CorrectionReason,
    /// The paper that shows it, with its number; needed for all but a court's judgment (撤销依据文书).
    pub paper: Option<String>,
}

/// The check of a second officer (复核撤销).
#[derive(InputObject, Clone, Debug)]
pub struct ConfirmDeathRevocationInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The record of the death (死亡登记).
    pub record: ID,
    /// The version that the step is based on (版本).
    pub version: i64,
    /// Whether it is confirmed; otherwise it is withdrawn (是否确认).
    pub confirm: bool,
}

/// A right of near kin to be used (近亲属权利).
#[derive(InputObject, Clone, Debug)]
pub struct UseKinRightInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The case that the caller applied for (治丧案件).
    pub case: ID,
    /// The right (权利).
    pub right: KinRight,
}

/// A decision about a request of near kin (近亲属请求处理).
#[derive(InputObject, Clone, Debug)]
pub struct DecideKinRequestInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The request (请求).
    pub request: ID,
    /// The version that the decision is based on (版本).
    pub version: i64,
    /// Whether it is granted (是否同意).
    pub grant: bool,
}
