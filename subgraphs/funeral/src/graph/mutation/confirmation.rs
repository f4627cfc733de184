//! What an officer confirms of a case: the death paper, relatives, the right of a unit; and the case for ashes that
//! are laid to rest later.

use async_graphql::{Context, ID, InputObject, Object, Result};
use minzheng_kit::citizen_id::CitizenId;
use minzheng_kit::federation::directives::{cache_invalidate, requires_scopes};
use minzheng_kit::{CitizenIdInput, Date, PrincipalExt, vault};
use serde_json::json;

use super::opening::{citizen, named};
use super::{CasePayload, case_steps, case_told, run, seen};
use crate::rules::terms::{DeathPaperKind, KinRelation};
use crate::service::cases::Paper;
use crate::service::collection::Seen;
use crate::service::{act, confirmation, later, tickets};

/// What an officer confirms.
#[derive(Default)]
pub struct ConfirmationMutation;

#[Object]
impl ConfirmationMutation {
    /// An officer has seen the death paper of a case that a citizen opened: the death is recorded as the paper says,
    /// and told to the other subsystems once (核验死亡证明).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]), directive = cache_invalidate::apply(vec!["Division".into()]))]
    async fn confirm_death_paper(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The case and what the paper says (核验内容).")]
        input: ConfirmDeathPaperInput,
    ) -> Result<CasePayload> {
        case_told(ctx, confirm(ctx, input).await).await
    }

    /// Records a relative of the deceased on proof (登记近亲属).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]))]
    async fn record_kin(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The relative (登记内容).")] input: RecordKinInput,
    ) -> Result<CasePayload> {
        case_told(ctx, kin(ctx, input).await).await
    }

    /// Records the paper by which a unit arranges a funeral of its own right; its body is not an unclaimed one
    /// (登记单位治丧依据).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]))]
    async fn record_mandate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The paper (登记内容).")] input: RecordMandateInput,
    ) -> Result<CasePayload> {
        let done = run(ctx, "recordMandate", input, |act, input| {
            Box::pin(async move {
                confirmation::record_mandate(&act, input.seen()?, &input.paper).await
            })
        });
        case_told(ctx, done.await).await
    }

    /// Opens a case for ashes of a closed one, on the cremation certificate, to lay them to rest. For officers, and for
    /// whoever applied for the closed one (凭火化证明申办安葬).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["funeral.case".into()], vec!["self".into()]]),
        directive = cache_invalidate::apply(vec!["Division".into()])
    )]
    async fn open_interment_case(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The certificate and who applies (申请内容).")]
        input: OpenIntermentCaseInput,
    ) -> Result<CasePayload> {
        case_told(ctx, open_later(ctx, input).await).await
    }
}

case_steps!(RecordMandateInput);

/// A paper as an officer entered it: the number has become a token, the identity is sealed on.
struct Confirm {
    seen: Seen,
    deceased: CitizenId,
    name: String,
    paper: Paper,
    relation: Option<KinRelation>,
}

async fn confirm(
    ctx: &Context<'_>,
    input: ConfirmDeathPaperInput,
) -> minzheng_kit::Result<uuid::Uuid> {
    let services = ctx.services();
    let deceased = citizen(ctx, &input.deceased.0, "deceased")?;
    let new = Confirm {
        seen: seen(&input.case, input.version)?,
        deceased,
        name: named(&input.deceased_name, "deceasedName")?.to_owned(),
        paper: Paper {
            died_on: input.died_on.0,
            kind: input.paper_kind,
            number: input.paper_number,
            natural: input.natural,
        },
        relation: input.relation,
    };
    let body = json!([
        "confirmDeathPaper",
        new.seen.case,
        new.seen.version,
        services.tokenizer.token(&new.deceased),
        new.paper.died_on,
        new.paper.kind,
        new.paper.number,
        new.paper.natural,
        new.relation,
    ]);
    act::run(
        services,
        ctx.principal(),
        &input.request_key,
        body,
        new,
        |act, new| {
            Box::pin(async move {
                let person =
                    vault::announce(act.tx, act.services, &new.deceased, &new.name).await?;
                let shown = confirmation::Shown {
                    deceased: person.as_str(),
                    born_on: new.deceased.birth_date(),
                    paper: &new.paper,
                    relation: new.relation,
                };
                confirmation::confirm(&act, new.seen, &shown).await
            })
        },
    )
    .await
}

struct Kin {
    seen: Seen,
    id: CitizenId,
    name: String,
    relation: KinRelation,
    proof: String,
    heads_household: bool,
}

async fn kin(ctx: &Context<'_>, input: RecordKinInput) -> minzheng_kit::Result<uuid::Uuid> {
    let services = ctx.services();
    let new = Kin {
        seen: seen(&input.case, input.version)?,
        id: citizen(ctx, &input.kin.0, "kin")?,
        name: named(&input.kin_name, "kinName")?.to_owned(),
        relation: input.relation,
        proof: input.proof,
        heads_household: input.heads_household,
    };
    let body = json!([
        "recordKin",
        new.seen.case,
        new.seen.version,
        services.tokenizer.token(&new.id),
        new.relation,
        new.proof,
        new.heads_household,
    ]);
    act::run(
        services,
        ctx.principal(),
        &input.request_key,
        body,
        new,
        |act, new| {
            Box::pin(async move {
                let token = vault::announce(act.tx, act.services, &new.id, &new.name).await?;
                let relative = confirmation::Relative {
                    person: token.as_str(),
                    relation: new.relation,
                    proof: &new.proof,
                    heads_household: new.heads_household,
                };
                confirmation::record_kin(&act, new.seen, &relative).await
            })
        },
    )
    .await
}

struct Later {
    later: later::Later,
    applicant: CitizenId,
    name: String,
}

async fn open_later(
    ctx: &Context<'_>,
    input: OpenIntermentCaseInput,
) -> minzheng_kit::Result<uuid::Uuid> {
    let services = ctx.services();
    let applicant = citizen(ctx, &input.applicant.0, "applicant")?;
    let new = Later {
        later: later::Later {
            certificate_no: input.certificate_no,
            applicant: String::new(),
            relation: input.relation,
            phone_masked: tickets::masked_phone(&input.phone)?,
        },
        applicant,
        name: named(&input.applicant_name, "applicantName")?.to_owned(),
    };
    let body = json!([
        "openIntermentCase",
        new.later.certificate_no,
        services.tokenizer.token(&new.applicant),
        new.later.relation,
        new.later.phone_masked,
    ]);
    act::run(
        services,
        ctx.principal(),
        &input.request_key,
        body,
        new,
        |act, new| {
            Box::pin(async move {
                let person =
                    vault::announce(act.tx, act.services, &new.applicant, &new.name).await?;
                let later = later::Later {
                    applicant: person.0,
                    ..new.later.clone()
                };
                later::open(&act, &later).await
            })
        },
    )
    .await
}

/// A death paper that an officer has before them (核验死亡证明).
#[derive(InputObject)]
pub struct ConfirmDeathPaperInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The case (治丧案件).
    pub case: ID,
    /// The version of the case that the step is based on (案件版本).
    pub version: i64,
    /// Citizen identity number of the person that the paper names (证明所载逝者公民身份号码).
    pub deceased: CitizenIdInput,
    /// Name of that person (证明所载逝者姓名).
    pub deceased_name: String,
    /// Who issued the paper (死亡证明类别).
    pub paper_kind: DeathPaperKind,
    /// Number of the paper (死亡证明编号).
    pub paper_number: String,
    /// Whether the death was natural; null when the cause is not known (是否正常死亡).
    pub natural: Option<bool>,
    /// Day of death (死亡日期).
    pub died_on: Date,
    /// What the applicant is to the deceased, where proof was shown; null where none was (经核验的申办人与逝者关系).
    pub relation: Option<KinRelation>,
}

/// A relative to be recorded (登记近亲属).
#[derive(InputObject)]
pub struct RecordKinInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The case (治丧案件).
    pub case: ID,
    /// The version of the case that the step is based on (案件版本).
    pub version: i64,
    /// Citizen identity number of the relative (亲属公民身份号码).
    pub kin: CitizenIdInput,
    /// Name of the relative (亲属姓名).
    pub kin_name: String,
    /// What they are to the deceased (与逝者关系).
    pub relation: KinRelation,
    /// The proof that was seen, with its number (关系证明及编号).
    pub proof: String,
    /// Whether the household register that was shown has the relative as head of the deceased's household: then fees are
    /// waived once for that household, and not for each deceased of it (是否为逝者所在户户主).
    #[graphql(default)]
    pub heads_household: bool,
}

/// The right of a unit to arrange a funeral (单位治丧依据).
#[derive(InputObject, Clone, Debug)]
pub struct RecordMandateInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The case (治丧案件).
    pub case: ID,
    /// The version of the case that the step is based on (案件版本).
    pub version: i64,
    /// The paper: the decision of support, the contract or the family's authority, with its number (依据及编号).
    pub paper: String,
}

/// Ashes to be laid to rest later (凭火化证明安葬申请).
#[derive(InputObject)]
pub struct OpenIntermentCaseInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// Number of the cremation certificate (火化证明编号).
    pub certificate_no: String,
    /// Citizen identity number of the applicant (申办人公民身份号码).
    pub applicant: CitizenIdInput,
    /// Name of the applicant (申办人姓名).
    pub applicant_name: String,
    /// What the applicant is to the deceased (与逝者关系).
    pub relation: KinRelation,
    /// Telephone of the applicant; kept masked only (申办人电话).
    pub phone: String,
}
