//! The clean-up of illegal graves.

use async_graphql::{Context, ID, InputObject, Object, Result};
use minzheng_kit::federation::directives::requires_scopes;
use minzheng_kit::mutation::told;
use minzheng_kit::{Date, PrincipalExt, payloads};

use super::{key, keyed, run, written};
use crate::graph::grave::IllegalGrave;
use crate::graph::inputs::{PointInput, milli_m2};
use crate::model::illegal_grave;
use crate::rules::terms::IllegalGraveKind;
use crate::service::graves;

/// Illegal graves.
#[derive(Default)]
pub struct GraveMutation;

#[Object]
impl GraveMutation {
    /// Reports an illegal grave; for officers within their division, and for citizens (举报或登记违建坟墓线索).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()], vec!["self".into()]]))]
    async fn report_illegal_grave(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was found (线索内容).")] input: ReportIllegalGraveInput,
    ) -> Result<IllegalGravePayload> {
        let done = run(ctx, "reportIllegalGrave", input, |act, input| {
            Box::pin(async move {
                let finding = graves::Finding {
                    kind: input.kind,
                    division: key(&input.division, "division")?,
                    point: input.point.point()?,
                    area_milli_m2: milli_m2(input.area_m2, "areaM2")?,
                    found_on: input.found_on.map_or(act.today, |d| d.0),
                    heritage: input.heritage,
                };
                graves::report(&act, &finding).await
            })
        });
        grave_told(ctx, done.await).await
    }

    /// Enters a grave in the register (登记造册).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]))]
    async fn register_illegal_grave(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The grave and the paper (处置内容).")] input: GraveStepInput,
    ) -> Result<IllegalGravePayload> {
        stepped(ctx, "registerIllegalGrave", input, graves::Move::Register).await
    }

    /// Gives notice to put a grave right by a day (告知限期整改).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]))]
    async fn give_grave_notice(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The grave and the paper (处置内容).")] input: GiveGraveNoticeInput,
    ) -> Result<IllegalGravePayload> {
        let done = run(ctx, "giveGraveNotice", input, |act, input| {
            Box::pin(async move {
                let step = graves::Move::Notice(input.due_on.map(|d| d.0));
                graves::advance(
                    &act,
                    key(&input.grave, "grave")?,
                    input.version,
                    &step,
                    input.paper.as_deref(),
                )
                .await
            })
        });
        grave_told(ctx, done.await).await
    }

    /// The owner begins to put a grave right (开始整改).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]))]
    async fn rectify(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The grave and the paper (处置内容).")] input: GraveStepInput,
    ) -> Result<IllegalGravePayload> {
        stepped(ctx, "rectify", input, graves::Move::Rectify).await
    }

    /// A grave is removed by force of law after its time ran out (强制拆除).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]))]
    async fn force_removal(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The grave and the paper (处置内容).")] input: GraveStepInput,
    ) -> Result<IllegalGravePayload> {
        stepped(ctx, "forceRemoval", input, graves::Move::Force).await
    }

    /// A grave that was put right is verified on the spot (整改验收).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]))]
    async fn verify_rectified(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The grave and the paper (处置内容).")] input: GraveStepInput,
    ) -> Result<IllegalGravePayload> {
        stepped(ctx, "verifyRectified", input, graves::Move::Verify).await
    }

    /// The land is restored, so many square metres (复绿登记).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]))]
    async fn record_restoration(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The grave and the paper (处置内容).")] input: RecordRestorationInput,
    ) -> Result<IllegalGravePayload> {
        let done = run(ctx, "recordRestoration", input, |act, input| {
            Box::pin(async move {
                let step = graves::Move::Restore(milli_m2(input.restored_m2, "restoredM2")?);
                graves::advance(
                    &act,
                    key(&input.grave, "grave")?,
                    input.version,
                    &step,
                    input.paper.as_deref(),
                )
                .await
            })
        });
        grave_told(ctx, done.await).await
    }

    /// A grave under heritage protection is exempt (文物保护豁免).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]))]
    async fn exempt_grave(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The grave and the paper (处置内容).")] input: GraveStepInput,
    ) -> Result<IllegalGravePayload> {
        stepped(ctx, "exemptGrave", input, graves::Move::Exempt).await
    }
}

keyed!(
    ReportIllegalGraveInput,
    GraveStepInput,
    GiveGraveNoticeInput,
    RecordRestorationInput
);

payloads! {
    /// What came of a step in a clean-up (违建坟墓处置结果).
    pub IllegalGravePayload {
        /// The grave; null when the step was refused (违建坟墓).
        grave: IllegalGrave,
    }
}

/// A step that nothing goes with but its paper.
async fn stepped(
    ctx: &Context<'_>,
    name: &str,
    input: GraveStepInput,
    step: graves::Move,
) -> Result<IllegalGravePayload> {
    let done = run(ctx, name, input, move |act, input| {
        let step = step.clone();
        Box::pin(async move {
            let (grave, paper) = (key(&input.grave, "grave")?, input.paper.as_deref());
            graves::advance(&act, grave, input.version, &step, paper).await
        })
    });
    grave_told(ctx, done.await).await
}

async fn grave_told(
    ctx: &Context<'_>,
    outcome: minzheng_kit::Result<uuid::Uuid>,
) -> Result<IllegalGravePayload> {
    let today = ctx.services().clock.today();
    told(
        written::<illegal_grave::Entity>(ctx, outcome).await,
        |row| IllegalGravePayload {
            grave: IllegalGrave::all(vec![row], today).pop(),
            ..IllegalGravePayload::default()
        },
    )
}

/// An illegal grave that was found (违建坟墓线索).
#[derive(InputObject, Clone, Debug)]
pub struct ReportIllegalGraveInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// Why it is illegal (类别).
    pub kind: IllegalGraveKind,
    /// The division it lies in (所在区划).
    pub division: ID,
    /// Where it is (位置).
    pub point: PointInput,
    /// Its area in square metres (占地面积，平方米).
    pub area_m2: f64,
    /// Day it was found; today if not given (发现日期).
    pub found_on: Option<Date>,
    /// Whether it is under heritage protection; only an officer may say so (是否文物).
    #[graphql(default)]
    pub heritage: bool,
}

/// A step in a clean-up (处置步骤).
#[derive(InputObject, Clone, Debug)]
pub struct GraveStepInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The grave (坟墓).
    pub grave: ID,
    /// The version that the step is based on (版本).
    pub version: i64,
    /// Number of the order or paper; needed for force and exemption (文书编号).
    pub paper: Option<String>,
}

/// A notice (告知).
#[derive(InputObject, Clone, Debug)]
pub struct GiveGraveNoticeInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The grave (坟墓).
    pub grave: ID,
    /// The version that the step is based on (版本).
    pub version: i64,
    /// Number of the notice (告知书编号).
    pub paper: Option<String>,
    /// Day by which it is to be put right; the ordinary time if not given (整改期限).
    pub due_on: Option<Date>,
}

/// Land restored (复绿).
#[derive(InputObject, Clone, Debug)]
pub struct RecordRestorationInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The grave (坟墓).
    pub grave: ID,
    /// The version that the step is based on (版本).
    pub version: i64,
    /// Number of the record, if any (文书编号).
    pub paper: Option<String>,
    /// Area with vegetation restored, in square metres (复绿面积，平方米).
    pub restored_m2: f64,
}
