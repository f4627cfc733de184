//! Fetching, storing, notices, halls and the farewell.

use async_graphql::{Context, ID, InputObject, Object, Result};
use minzheng_kit::citizen_id::CitizenId;
use minzheng_kit::federation::directives::{cache_invalidate, requires_scopes};
use minzheng_kit::{CitizenIdInput, Date, Error, PrincipalExt, UserError, vault};
use serde_json::json;

use super::opening::{citizen, named};
use super::{CasePayload, CaseStepInput, case_steps, case_told, key, run, some_key};
use crate::graph::inputs::PointInput;
use crate::rules::terms::{ExtensionKind, KinRelation};
use crate::service::act;
use crate::service::{collection, halls, tickets};

/// Fetching, storing, notices, halls and the farewell.
#[derive(Default)]
pub struct CollectionMutation;

#[Object]
impl CollectionMutation {
    /// Sends a hearse of the case's funeral home; the case is then being collected (派车接运).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]))]
    async fn dispatch_hearse(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The vehicle and where the body is (派车内容).")]
        input: DispatchHearseInput,
    ) -> Result<CasePayload> {
        let done = run(ctx, "dispatchHearse", input, |act, input| {
            Box::pin(async move {
                let from = input.from.point()?;
                let (hearse, ticket) = (
                    some_key(input.hearse.as_ref(), "hearse")?,
                    some_key(input.ticket.as_ref(), "ticket")?,
                );
                collection::dispatch(&act, input.seen()?, hearse, from, ticket).await
            })
        });
        case_told(ctx, done.await).await
    }

    /// The hearse is at the body, which is sealed (到达接运点并封签).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]))]
    async fn record_arrival(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The seal (到达内容).")] input: RecordArrivalInput,
    ) -> Result<CasePayload> {
        let done = run(ctx, "recordArrival", input, |act, input| {
            Box::pin(async move { collection::arrive(&act, input.seen()?, &input.seal_no).await })
        });
        case_told(ctx, done.await).await
    }

    /// The body is received from the hearse and stored in a cabinet (接收入库).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]))]
    async fn record_storage(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The cabinet (入库内容).")] input: RecordStorageInput,
    ) -> Result<CasePayload> {
        let done = run(ctx, "recordStorage", input, |act, input| {
            Box::pin(async move { collection::store(&act, input.seen()?, &input.cabinet_no).await })
        });
        case_told(ctx, done.await).await
    }

    /// Extends the storage of a body (遗体存放延期).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]))]
    async fn extend_storage(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The extension (延期内容).")] input: ExtendStorageInput,
    ) -> Result<CasePayload> {
        let done = run(ctx, "extendStorage", input, |act, input| {
            Box::pin(async move {
                let until = input.until.map(|d| d.0);
                collection::extend_storage(
                    &act,
                    input.seen()?,
                    input.kind,
                    until,
                    input.approval.as_deref(),
                )
                .await
            })
        });
        case_told(ctx, done.await).await
    }

    /// Publishes the notice for a body that nobody claims (发布无主遗体公告).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]))]
    async fn publish_unclaimed_notice(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The notices (公告内容).")] input: PublishUnclaimedNoticeInput,
    ) -> Result<CasePayload> {
        let done = run(ctx, "publishUnclaimedNotice", input, |act, input| {
            Box::pin(async move {
                let days = (input.police_notified_on.0, input.published_on.0);
                collection::publish_notice(&act, input.seen()?, &input.police_paper, days.0, days.1)
                    .await
            })
        });
        case_told(ctx, done.await).await
    }

    /// Books a hall for the farewell; nobody else gets the same hours (预订告别厅).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()], vec!["self".into()]]), directive = cache_invalidate::apply(vec!["FuneralFacility".into()]))]
    async fn book_hall(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The hall and the hours (预订内容).")] input: BookHallInput,
    ) -> Result<CasePayload> {
        let done = run(ctx, "bookHall", input, |act, input| {
            Box::pin(async move {
                let hall = key(&input.hall, "hall")?;
                halls::book(
                    &act,
                    input.seen()?,
                    hall,
                    input.day.0,
                    input.starts_hour,
                    input.hours,
                )
                .await
            })
        });
        case_told(ctx, done.await).await
    }

    /// Calls a booking of a hall off (取消告别厅预订).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()], vec!["self".into()]]), directive = cache_invalidate::apply(vec!["FuneralFacility".into()]))]
    async fn cancel_hall_booking(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The booking (取消内容).")] input: CancelHallBookingInput,
    ) -> Result<CasePayload> {
        let done = run(ctx, "cancelHallBooking", input, |act, input| {
            Box::pin(async move {
                halls::cancel(&act, input.seen()?, key(&input.booking, "booking")?).await
            })
        });
        case_told(ctx, done.await).await
    }

    /// The farewell is held (举行告别).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]))]
    async fn hold_farewell(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The case (告别内容).")] input: CaseStepInput,
    ) -> Result<CasePayload> {
        let done = run(ctx, "holdFarewell", input, |act, input| {
            Box::pin(async move { halls::farewell(&act, input.seen()?).await })
        });
        case_told(ctx, done.await).await
    }

    /// Someone claims an unclaimed body and becomes the applicant of the case (认领遗体).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]))]
    async fn claim_body(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who claims it (认领内容).")] input: ClaimBodyInput,
    ) -> Result<CasePayload> {
        case_told(ctx, claim(ctx, input).await).await
    }
}

case_steps!(
    DispatchHearseInput,
    RecordArrivalInput,
    RecordStorageInput,
    ExtendStorageInput,
    PublishUnclaimedNoticeInput,
    BookHallInput,
    CancelHallBookingInput,
);

/// What is known of who claims a body: the number has become a token, the identity is sealed on.
struct Claim {
    seen: collection::Seen,
    id: CitizenId,
    name: String,
    relation: KinRelation,
    phone_masked: String,
}

async fn claim(ctx: &Context<'_>, input: ClaimBodyInput) -> minzheng_kit::Result<uuid::Uuid> {
    let services = ctx.services();
    let claim = Claim {
        seen: super::seen(&input.case, input.version)?,
        id: citizen(ctx, &input.claimant.0, "claimant")?,
        name: named(&input.claimant_name, "claimantName")?.to_owned(),
        relation: input.relation,
        phone_masked: tickets::masked_phone(&input.phone)?,
    };
    if input.relation == KinRelation::Institution {
        return Err(Error::Invalid(
            UserError::new(
                "CLAIM_BY_KIN",
                "A person claims a body, not a unit.",
                "须由个人认领。",
            )
            .field(&["relation"]),
        ));
    }
    let token = services.tokenizer.token(&claim.id);
    let body = json!([
        "claimBody",
        claim.seen.case,
        claim.seen.version,
        token,
        claim.relation,
        claim.phone_masked
    ]);
    act::run(
        services,
        ctx.principal(),
        &input.request_key,
        body,
        claim,
        |act, claim| {
            Box::pin(async move {
                let token = vault::announce(act.tx, act.services, &claim.id, &claim.name).await?;
                collection::claim(
                    &act,
                    claim.seen,
                    token.as_str(),
                    claim.relation,
                    &claim.phone_masked,
                )
                .await
            })
        },
    )
    .await
}

/// A hearse to be sent (派车).
#[derive(InputObject, Clone, Debug)]
pub struct DispatchHearseInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The case (治丧案件).
    pub case: ID,
    /// The version of the case that the step is based on (案件版本).
    pub version: i64,
    /// Where the body is (接运地点).
    pub from: PointInput,
    /// The vehicle; the nearest that is ready if not given (车辆).
    pub hearse: Option<ID>,
    /// The ticket of the hotline that asks for it (工单).
    pub ticket: Option<ID>,
}

/// A hearse at the body (到达).
#[derive(InputObject, Clone, Debug)]
pub struct RecordArrivalInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The case (治丧案件).
    pub case: ID,
    /// The version of the case that the step is based on (案件版本).
    pub version: i64,
    /// Number of the seal on the body (封签号).
    pub seal_no: String,
}

/// A body to be stored (入库).
#[derive(InputObject, Clone, Debug)]
pub struct RecordStorageInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The case (治丧案件).
    pub case: ID,
    /// The version of the case that the step is based on (案件版本).
    pub version: i64,
    /// Number of the cabinet (柜位号).
    pub cabinet_no: String,
}

/// A storage to be extended (延期).
#[derive(InputObject, Clone, Debug)]
pub struct ExtendStorageInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The case (治丧案件).
    pub case: ID,
    /// The version of the case that the step is based on (案件版本).
    pub version: i64,
    /// How it is extended (延期类别).
    pub kind: ExtensionKind,
    /// Last day that the authority approved; only with an approval (批准截止日期).
    pub until: Option<Date>,
    /// Number of the approval beyond the longest time (批准文号).
    pub approval: Option<String>,
}

/// A notice for an unclaimed body (无主遗体公告).
#[derive(InputObject, Clone, Debug)]
pub struct PublishUnclaimedNoticeInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The case (治丧案件).
    pub case: ID,
    /// The version of the case that the step is based on (案件版本).
    pub version: i64,
    /// Number of the notice of public security (公安告知文号).
    pub police_paper: String,
    /// Day of that notice (公安告知日期).
    pub police_notified_on: Date,
    /// Day of the public notice (公告日期).
    pub published_on: Date,
}

/// A hall to be booked (告别厅预订).
#[derive(InputObject, Clone, Debug)]
pub struct BookHallInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The case (治丧案件).
    pub case: ID,
    /// The version of the case that the step is based on (案件版本).
    pub version: i64,
    /// The hall (告别厅).
    pub hall: ID,
    /// Day (日期).
    pub day: Date,
    /// First hour, legal time (开始时刻).
    pub starts_hour: i32,
    /// How many whole hours (小时数).
    pub hours: i32,
}

/// A booking to be called off (取消预订).
#[derive(InputObject, Clone, Debug)]
pub struct CancelHallBookingInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The case (治丧案件).
    pub case: ID,
    /// The version of the case that the step is based on (案件版本).
    pub version: i64,
    /// The booking (预订).
    pub booking: ID,
}

/// Who claims a body (认领).
#[derive(InputObject, Clone, Debug)]
pub struct ClaimBodyInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The case (治丧案件).
    pub case: ID,
    /// The version of the case that the step is based on (案件版本).
    pub version: i64,
    /// Citizen identity number of the claimant (认领人公民身份号码).
    pub claimant: CitizenIdInput,
    /// Name of the claimant (认领人姓名).
    pub claimant_name: String,
    /// What the claimant is to the deceased (与逝者关系).
    pub relation: KinRelation,
    /// Telephone of the claimant; kept masked only (认领人电话).
    pub phone: String,
}
