//! Cremation, the custody of ashes, interment, and corrections of these.

use async_graphql::{Context, ID, InputObject, Object, Result};
use minzheng_kit::citizen_id::CitizenId;
use minzheng_kit::federation::directives::{cache_invalidate, requires_scopes};
use minzheng_kit::{CitizenIdInput, Date, DateTime, PrincipalExt, vault};
use serde_json::json;

use super::opening::{citizen, named};
use super::{CasePayload, case_steps, case_told, run, some_key};
use crate::rules::terms::{CorrectionReason, CustomGroup, IntermentKind, KinRelation};
use crate::service::act;
use crate::service::{cremations, interments};

/// Cremation, ashes, interment.
#[derive(Default)]
pub struct AshesMutation;

#[Object]
impl AshesMutation {
    /// Records a cremation; the death paper is checked again (登记火化).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]), directive = cache_invalidate::apply(vec!["Division".into()]))]
    async fn record_cremation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "When and where (火化内容).")] input: RecordCremationInput,
    ) -> Result<CasePayload> {
        let done = run(ctx, "recordCremation", input, |act, input| {
            Box::pin(async move { cremations::record(&act, input.seen()?, input.times()).await })
        });
        case_told(ctx, done.await).await
    }

    /// Corrects a cremation by a new entry (更正火化登记).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]), directive = cache_invalidate::apply(vec!["Division".into()]))]
    async fn correct_cremation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is right, and why it was wrong (更正内容).")]
        input: CorrectCremationInput,
    ) -> Result<CasePayload> {
        let done = run(ctx, "correctCremation", input, |act, input| {
            Box::pin(async move {
                cremations::correct(&act, input.seen()?, input.times(), input.reason).await
            })
        });
        case_told(ctx, done.await).await
    }

    /// Takes the ashes into custody (骨灰寄存).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]))]
    async fn take_into_custody(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The box (寄存内容).")] input: TakeIntoCustodyInput,
    ) -> Result<CasePayload> {
        let done = run(ctx, "takeIntoCustody", input, |act, input| {
            Box::pin(async move {
                let paid = input.paid_until.map(|d| d.0);
                cremations::take_into_custody(&act, input.seen()?, &input.box_no, paid).await
            })
        });
        case_told(ctx, done.await).await
    }

    /// A first officer asks for the release of ashes to a person; a second one confirms it
    /// (申请领取骨灰).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]))]
    async fn release_ashes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "To whom (领取内容).")] input: ReleaseAshesInput,
    ) -> Result<CasePayload> {
        case_told(ctx, release(ctx, input).await).await
    }

    /// A second officer confirms the release of ashes, or withdraws it (复核骨灰领取).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]))]
    async fn confirm_ashes_release(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whether it is confirmed (复核内容).")] input: ConfirmAshesReleaseInput,
    ) -> Result<CasePayload> {
        let done = run(ctx, "confirmAshesRelease", input, |act, input| {
            Box::pin(async move {
                cremations::confirm_release(&act, input.seen()?, input.confirm).await
            })
        });
        case_told(ctx, done.await).await
    }

    /// Lays ashes to rest, or a body where the law lets it be buried (安葬).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]), directive = cache_invalidate::apply(vec!["Division".into()]))]
    async fn inter(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How and where (安葬内容).")] input: InterInput,
    ) -> Result<CasePayload> {
        let done = run(ctx, "inter", input, |act, input| {
            Box::pin(async move {
                let asked = interments::Asked {
                    kind: input.kind,
                    facility: some_key(input.facility.as_ref(), "facility")?,
                    on: input.on.0,
                    keeps_ashes: input.keeps_ashes,
                    villager: input.villager,
                    custom: input.custom,
                };
                interments::inter(&act, input.seen()?, &asked).await
            })
        });
        case_told(ctx, done.await).await
    }

    /// Corrects the day of an interment by a new entry (更正安葬日期).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]), directive = cache_invalidate::apply(vec!["Division".into()]))]
    async fn correct_interment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is right, and why it was wrong (更正内容).")]
        input: CorrectIntermentInput,
    ) -> Result<CasePayload> {
        let done = run(ctx, "correctInterment", input, |act, input| {
            Box::pin(async move {
                interments::correct(&act, input.seen()?, input.on.0, input.reason).await
            })
        });
        case_told(ctx, done.await).await
    }
}

case_steps!(
    RecordCremationInput,
    CorrectCremationInput,
    TakeIntoCustodyInput,
    ConfirmAshesReleaseInput,
    InterInput,
    CorrectIntermentInput,
);

/// Times of a cremation in an input.
macro_rules! times {
    ($($input:ty),+) => {
        $(impl $input {
            fn times(&self) -> cremations::Times {
                cremations::Times {
                    cremator: self.cremator,
                    started: self.started_at.0,
                    ended: self.ended_at.0,
                }
            }
        })+
    };
}

times!(RecordCremationInput, CorrectCremationInput);

/// What is known of who takes the ashes.
struct Release {
    seen: crate::service::collection::Seen,
    id: CitizenId,
    name: String,
    to: cremations::Receiver,
}

async fn release(ctx: &Context<'_>, input: ReleaseAshesInput) -> minzheng_kit::Result<uuid::Uuid> {
    let services = ctx.services();
    let id = citizen(ctx, &input.receiver.0, "receiver")?;
    let of_number = services.tokenizer.token(&id);
    let to = cremations::Receiver {
        token: String::new(),
        relation: input.relation,
        authority: input.authority,
    };
    let release = Release {
        seen: super::seen(&input.case, input.version)?,
        name: named(&input.receiver_name, "receiverName")?.to_owned(),
        id,
        to,
    };
    let body = json!([
        "releaseAshes",
        release.seen.case,
        release.seen.version,
        of_number,
        release.to.relation,
        release.to.authority
    ]);
    act::run(
        services,
        ctx.principal(),
        &input.request_key,
        body,
        release,
        |act, release| {
            Box::pin(async move {
                let person =
                    vault::announce(act.tx, act.services, &release.id, &release.name).await?;
                let to = cremations::Receiver {
                    token: person.0,
                    ..release.to.clone()
                };
                cremations::ask_release(&act, release.seen, &to).await
            })
        },
    )
    .await
}

/// A cremation (火化).
#[derive(InputObject, Clone, Debug)]
pub struct RecordCremationInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The case (治丧案件).
    pub case: ID,
    /// The version of the case that the step is based on (案件版本).
    pub version: i64,
    /// Number of the cremator (火化炉号).
    pub cremator: i32,
    /// When it began (开始时间).
    pub started_at: DateTime,
    /// When it ended (结束时间).
    pub ended_at: DateTime,
}

/// A cremation as it was (更正火化).
#[derive(InputObject, Clone, Debug)]
pub struct CorrectCremationInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The case (治丧案件).
    pub case: ID,
    /// The version of the case that the step is based on (案件版本).
    pub version: i64,
    /// Number of the cremator (火化炉号).
    pub cremator: i32,
    /// When it began (开始时间).
    pub started_at: DateTime,
    /// When it ended (结束时间).
    pub ended_at: DateTime,
    /// Why the entry is corrected (更正原因).
    pub reason: CorrectionReason,
}

/// Ashes to be kept (寄存).
#[derive(InputObject, Clone, Debug)]
pub struct TakeIntoCustodyInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The case (治丧案件).
    pub case: ID,
    /// The version of the case that the step is based on (案件版本).
    pub version: i64,
    /// Number of the box (寄存位号).
    pub box_no: String,
    /// Last day that is paid for; a year if not given (寄存到期日).
    pub paid_until: Option<Date>,
}

/// Ashes to be given to a person (领取骨灰).
#[derive(InputObject, Clone, Debug)]
pub struct ReleaseAshesInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The case (治丧案件).
    pub case: ID,
    /// The version of the case that the step is based on (案件版本).
    pub version: i64,
    /// Citizen identity number of the receiver (领取人公民身份号码).
    pub receiver: CitizenIdInput,
    /// Name of the receiver (领取人姓名).
    pub receiver_name: String,
    /// What the receiver is to the deceased (与逝者关系).
    pub relation: KinRelation,
    /// Number of the applicant's written authority, for anyone else (委托书编号).
    pub authority: Option<String>,
}

/// A release to be checked (复核领取).
#[derive(InputObject, Clone, Debug)]
pub struct ConfirmAshesReleaseInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The case (治丧案件).
    pub case: ID,
    /// The version of the case that the step is based on (案件版本).
    pub version: i64,
    /// True to confirm, false to withdraw it (是否确认).
    pub confirm: bool,
}

/// An interment (安葬).
#[derive(InputObject, Clone, Debug)]
pub struct InterInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The case (治丧案件).
    pub case: ID,
    /// The version of the case that the step is based on (案件版本).
    pub version: i64,
    /// Form (安葬方式).
    pub kind: IntermentKind,
    /// The cemetery or life park, where no niche or grave is allocated (安葬设施).
    pub facility: Option<ID>,
    /// Day (安葬日期).
    pub on: Date,
    /// Whether ashes are kept (是否保留骨灰).
    pub keeps_ashes: bool,
    /// Whether the deceased was of the village, for a rural public facility (是否本村村民).
    #[graphql(default)]
    pub villager: bool,
    /// The group whose custom is claimed; judged and not kept (丧葬习俗).
    pub custom: Option<CustomGroup>,
}

/// The day of an interment as it was (更正安葬).
#[derive(InputObject, Clone, Debug)]
pub struct CorrectIntermentInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The case (治丧案件).
    pub case: ID,
    /// The version of the case that the step is based on (案件版本).
    pub version: i64,
    /// Day (安葬日期).
    pub on: Date,
    /// Why the entry is corrected (更正原因).
    pub reason: CorrectionReason,
}
