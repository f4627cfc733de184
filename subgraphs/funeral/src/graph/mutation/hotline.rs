//! The hotline 96444.

use async_graphql::{Context, ID, InputObject, Object, Result};
use minzheng_kit::federation::directives::requires_scopes;
use minzheng_kit::mutation::told;
use minzheng_kit::{DateTime, PrincipalExt, vault};
use serde_json::json;

use super::opening::citizen;
use super::{key, keyed, run, written};
use crate::graph::inputs::{DispatchTicketInput, OpenTicketInput};
use crate::graph::payloads::TicketPayload;
use crate::graph::ticket::HotlineTicket;
use crate::model::hotline_ticket;
use crate::service::{act, tickets};

/// The hotline 96444.
#[derive(Default)]
pub struct HotlineMutation;

#[Object]
impl HotlineMutation {
    /// Opens a ticket of the hotline (受理热线来电).
    #[graphql(directive = requires_scopes::apply(vec![vec!["hotline".into()]]))]
    async fn open_ticket(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The call (来电内容).")] input: OpenTicketInput,
    ) -> Result<TicketPayload> {
        let point = input.point.checked()?;
        ticket_told(ctx, open(ctx, input, point).await).await
    }

    /// Sends a ticket on: for a body to be fetched, to the funeral home whose hearse is nearest and ready, which is kept for
    /// it; for anything else, to the nearest funeral home (派单).
    #[graphql(directive = requires_scopes::apply(vec![vec!["hotline".into()]]))]
    async fn dispatch_ticket(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ticket (工单).")] input: DispatchTicketInput,
    ) -> Result<TicketPayload> {
        let done = run(ctx, "dispatchTicket", input, |act, input| {
            Box::pin(async move {
                tickets::dispatch(&act, key(&input.ticket, "ticket")?, input.version).await
            })
        });
        ticket_told(ctx, done.await).await
    }

    /// The facility takes the ticket (接单).
    #[graphql(directive = requires_scopes::apply(vec![vec!["hotline".into()]]))]
    async fn accept_ticket(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ticket (工单内容).")] input: TicketStepInput,
    ) -> Result<TicketPayload> {
        let done = run(ctx, "acceptTicket", input, |act, input| {
            Box::pin(async move {
                tickets::accept(&act, key(&input.ticket, "ticket")?, input.version).await
            })
        });
        ticket_told(ctx, done.await).await
    }

    /// The facility's people are there (到场).
    #[graphql(directive = requires_scopes::apply(vec![vec!["hotline".into()]]))]
    async fn record_on_site(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ticket (工单内容).")] input: TicketStepInput,
    ) -> Result<TicketPayload> {
        let done = run(ctx, "recordOnSite", input, |act, input| {
            Box::pin(async move {
                tickets::on_site(&act, key(&input.ticket, "ticket")?, input.version).await
            })
        });
        ticket_told(ctx, done.await).await
    }

    /// What was asked for is done (办结).
    #[graphql(directive = requires_scopes::apply(vec![vec!["hotline".into()]]))]
    async fn resolve_ticket(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ticket (工单内容).")] input: TicketStepInput,
    ) -> Result<TicketPayload> {
        let done = run(ctx, "resolveTicket", input, |act, input| {
            Box::pin(async move {
                tickets::resolve(&act, key(&input.ticket, "ticket")?, input.version).await
            })
        });
        ticket_told(ctx, done.await).await
    }

    /// Closes a ticket with the caller's feedback (回访关闭).
    #[graphql(directive = requires_scopes::apply(vec![vec!["hotline".into()]]))]
    async fn close_ticket(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ticket and the mark (关闭内容).")] input: CloseTicketInput,
    ) -> Result<TicketPayload> {
        let done = run(ctx, "closeTicket", input, |act, input| {
            Box::pin(async move {
                tickets::close(
                    &act,
                    key(&input.ticket, "ticket")?,
                    input.version,
                    input.satisfaction,
                )
                .await
            })
        });
        ticket_told(ctx, done.await).await
    }

    /// Raises a ticket to a supervisor (升级).
    #[graphql(directive = requires_scopes::apply(vec![vec!["hotline".into()]]))]
    async fn escalate_ticket(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ticket (工单内容).")] input: TicketStepInput,
    ) -> Result<TicketPayload> {
        let done = run(ctx, "escalateTicket", input, |act, input| {
            Box::pin(async move {
                tickets::escalate(&act, key(&input.ticket, "ticket")?, input.version).await
            })
        });
        ticket_told(ctx, done.await).await
    }

    /// Keeps when a further call about a ticket rang and was answered (登记来电).
    #[graphql(directive = requires_scopes::apply(vec![vec!["hotline".into()]]))]
    async fn record_call(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The call (来电内容).")] input: RecordCallInput,
    ) -> Result<TicketPayload> {
        let done = run(ctx, "recordCall", input, |act, input| {
            Box::pin(async move {
                let times = (input.rang_at.0, input.answered_at.0);
                tickets::record_call(&act, key(&input.ticket, "ticket")?, input.version, times)
                    .await
            })
        });
        ticket_told(ctx, done.await).await
    }

    /// Opens a resolved or closed ticket again (重新受理).
    #[graphql(directive = requires_scopes::apply(vec![vec!["hotline".into()]]))]
    async fn reopen_ticket(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ticket (工单内容).")] input: TicketStepInput,
    ) -> Result<TicketPayload> {
        let done = run(ctx, "reopenTicket", input, |act, input| {
            Box::pin(async move {
                tickets::reopen(&act, key(&input.ticket, "ticket")?, input.version).await
            })
        });
        ticket_told(ctx, done.await).await
    }
}

keyed!(
    DispatchTicketInput,
    TicketStepInput,
    CloseTicketInput,
    RecordCallInput
);

async fn ticket_told(
    ctx: &Context<'_>,
    outcome: minzheng_kit::Result<uuid::Uuid>,
) -> Result<TicketPayload> {
    told(
        written::<hotline_ticket::Entity>(ctx, outcome).await,
        |row| TicketPayload {
            ticket: Some(HotlineTicket::of(row)),
            ..TicketPayload::default()
        },
    )
}

async fn open(
    ctx: &Context<'_>,
    input: OpenTicketInput,
    point: crate::rules::geo::Point,
) -> minzheng_kit::Result<uuid::Uuid> {
    let services = ctx.services();
    let caller = match &input.caller {
        Some(number) => Some(citizen(ctx, &number.0, "caller")?),
        None => None,
    };
    let of_number = caller.as_ref().map(|id| services.tokenizer.token(id));
    let call = tickets::Call {
        category: input.category,
        caller_masked: tickets::masked_phone(&input.phone)?,
        caller: None,
        case_number: input.case_number,
        division: minzheng_kit::id::parse(&input.division).unwrap_or_default(),
        point,
        rang: input.rang_at.map(|rang| {
            let answered = input.answered_at.map(|at| at.0);
            (rang.0, answered.unwrap_or_else(|| services.clock.now()))
        }),
    };
    // What the exchange tells is compared as it came: the time of now is another one on repetition.
    let body = json!([
        "openTicket",
        call.category,
        call.caller_masked,
        of_number,
        call.case_number,
        call.division,
        point.lon,
        point.lat,
        input.rang_at.map(|at| at.0),
        input.answered_at.map(|at| at.0),
    ]);
    act::run(
        services,
        ctx.principal(),
        &input.request_key,
        body,
        (call, caller),
        |act, (call, caller)| {
            Box::pin(async move {
                let caller = match caller {
                    Some(id) => Some(vault::citizen_of(act.tx, act.services, id).await?.0),
                    None => None,
                };
                let call = tickets::Call {
                    caller,
                    ..call.clone()
                };
                tickets::open(&act, &call).await
            })
        },
    )
    .await
}

/// A step with a ticket (工单步骤).
#[derive(InputObject, Clone, Debug)]
pub struct TicketStepInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The ticket (工单).
    pub ticket: ID,
    /// The version that the step is based on (版本).
    pub version: i64,
}

/// A further call about a ticket (来电记录).
#[derive(InputObject, Clone, Debug)]
pub struct RecordCallInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The ticket (工单).
    pub ticket: ID,
    /// The version that the step is based on (版本).
    pub version: i64,
    /// When the telephone began to ring (振铃时间).
    pub rang_at: DateTime,
    /// When it was answered (接听时间).
    pub answered_at: DateTime,
}

/// A ticket to be closed (关闭工单).
#[derive(InputObject, Clone, Debug)]
pub struct CloseTicketInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The ticket (工单).
    pub ticket: ID,
    /// The version that the step is based on (版本).
    pub version: i64,
    /// The caller's mark, 1 to 5 (满意度).
    pub satisfaction: Option<i32>,
}
