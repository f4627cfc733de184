//! The queue in the hall, its guides, and what becomes of an appointment on its day.

use super::act::{Outcome, anyone, id, maybe_id, officer, payload, read_at};
use super::counter_enums::QueueTicketState;
use super::enums::RegistryService;
use super::registry::MarriageRegistry;
use super::slots::{Appointment, registry_of};
use crate::kit::batch::Siblings;
use crate::kit::federation::directives::*;
use crate::kit::{Date, DateTime, Error, PrincipalExt, Result};
use crate::model::{appointment, guide, queue_ticket};
use crate::rules::opening::Service;
use crate::service::{queue, visits};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use sea_orm::EntityTrait;
use std::sync::Arc;
use uuid::Uuid;

/// The queue of a registry today, without any person (排队情况).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = cache_control::apply(Some(3), Some(CacheScope::Public)))]
pub struct RegistryQueue {
    /// The day (日期).
    pub date: Date,
    /// Tickets drawn so far (已取号数).
    pub drawn: i64,
    /// How many wait (等候人数).
    pub waiting: i64,
    /// Numbers called and not yet done (正在办理的号).
    pub called: Vec<CalledNumber>,
}

/// A number that was called to a window (已叫号).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = cache_control::apply(Some(3), Some(CacheScope::Public)))]
pub struct CalledNumber {
    /// The number (号码).
    pub number: i32,
    /// The window; null when it is not known (窗口).
    pub desk: Option<i32>,
}

impl RegistryQueue {
    /// The queue of a day.
    pub(super) fn of(date: chrono::NaiveDate, queue: queue::Queue) -> Self {
        let called = queue
            .called
            .into_iter()
            .map(|(number, desk)| CalledNumber { number, desk });
        Self {
            date: Date(date),
            drawn: queue.drawn,
            waiting: queue.waiting,
            called: called.collect(),
        }
    }
}

/// A guide who stays with couples through the hall (引导员).
#[derive(SimpleObject, Clone, Debug)]
pub struct HallGuide {
    /// The opaque id (标识).
    pub id: ID,
    /// Number on the badge (工牌号).
    pub label: String,
    /// Works today (是否在岗).
    pub on_duty: bool,
}

impl From<guide::Model> for HallGuide {
    fn from(row: guide::Model) -> Self {
        Self {
            id: ID(row.id.to_string()),
            label: row.label,
            on_duty: row.on_duty,
        }
    }
}

/// A ticket of the queue (排队号).
#[derive(Clone, Debug)]
pub struct QueueTicket {
    row: queue_ticket::Model,
    registries: Arc<Siblings<Uuid>>,
    guides: Arc<Siblings<Uuid>>,
}

impl QueueTicket {
    /// Tickets that are shown together.
    #[must_use]
    pub fn together(rows: Vec<queue_ticket::Model>) -> Vec<Self> {
        let registries = Siblings::new(rows.iter().map(|row| row.registry_id).collect());
        let guides = Siblings::new(rows.iter().filter_map(|row| row.guide_id).collect());
        rows.into_iter()
            .map(|row| Self {
                row,
                registries: Arc::clone(&registries),
                guides: Arc::clone(&guides),
            })
            .collect()
    }
}

/// A ticket of the queue (排队号).
#[Object]
impl QueueTicket {
    /// The opaque id (标识).
    async fn id(&self) -> ID {
        ID(self.row.id.to_string())
    }

    /// The number of the day (号码).
    async fn number(&self) -> i32 {
        self.row.number
    }

    /// The day (日期).
    async fn date(&self) -> Date {
        Date(self.row.day)
    }

    /// For which service (办理事项).
    async fn service(&self) -> Result<RegistryService> {
        let service = Service::from_text(&self.row.service)
            .ok_or_else(|| Error::internal("unknown service of a ticket"))?;
        Ok(service.into())
    }

    /// Where it stands; one of a past day that was never called reads as LEFT (状态).
    async fn state(&self, ctx: &Context<'_>) -> Result<QueueTicketState> {
        let past = self.row.day < ctx.services().clock.today();
        let open = matches!(self.row.state.as_str(), "WAITING" | "CALLED");
        if past && open {
            return Ok(QueueTicketState::Left);
        }
        QueueTicketState::of(&self.row.state)
    }

    /// The window that called it; null while it waits (窗口).
    async fn desk(&self) -> Option<i32> {
        self.row.desk
    }

    /// When it was drawn (取号时间).
    async fn taken_at(&self) -> DateTime {
        DateTime(self.row.taken_at)
    }

    /// When it was called; null while it waits (叫号时间).
    async fn called_at(&self) -> Option<DateTime> {
        self.row.called_at.map(DateTime)
    }

    /// The guide who stays with the couple; null when there is none (引导员).
    async fn guide(&self, ctx: &Context<'_>) -> Result<Option<HallGuide>> {
        let Some(id) = self.row.guide_id else {
            return Ok(None);
        };
        let db = ctx.services().db.clone();
        let row = self
            .guides
            .load(&id, "guide", "", |ids| async move {
                queue::guides_by_ids(db.read(), &ids).await
            })
            .await?;
        Ok(row.map(HallGuide::from))
    }

    /// The registry (登记机关).
    async fn registry(&self, ctx: &Context<'_>) -> Result<Option<MarriageRegistry>> {
        registry_of(ctx, self.row.registry_id, &self.registries).await
    }

    /// The version, to be given back with the next change (版本).
    async fn version(&self) -> i64 {
        self.row.version
    }
}

payload! {
    /// What became of a ticket (排队号办理结果).
    QueueTicketPayload {
        /// The ticket; null when the step was refused (排队号).
        ticket: QueueTicket
    }
}

payload! {
    /// What became of an appointment (预约办理结果).
    AppointmentPayload {
        /// The appointment; null when the step was refused (预约).
        appointment: Appointment
    }
}

/// What is needed to draw a ticket (取号).
#[derive(InputObject)]
pub struct TakeTicketInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The registry (登记机关).
    pub registry: ID,
    /// For which service (办理事项).
    pub service: RegistryService,
    /// The appointment they came with; null when there is none (预约).
    pub appointment: Option<ID>,
}

/// Who calls the next one (叫号).
#[derive(InputObject)]
pub struct CallNextInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The registry (登记机关).
    pub registry: ID,
    /// The window, from 1 (窗口).
    pub desk: i32,
    /// Only for this service; any when null (办理事项).
    pub service: Option<RegistryService>,
}

/// How a ticket ends (办结排队号).
#[derive(InputObject)]
pub struct FinishTicketInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The ticket (排队号).
    pub ticket: ID,
    /// The version at which it was read (版本).
    pub version: i64,
    /// Served; otherwise they left (是否已办理).
    pub served: bool,
}

/// A ticket and its guide (指派引导员).
#[derive(InputObject)]
pub struct AssignGuideInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The ticket (排队号).
    pub ticket: ID,
    /// The version at which it was read (版本).
    pub version: i64,
    /// The guide (引导员).
    pub guide: ID,
}

/// An appointment and the version at which it was read (预约及版本).
#[derive(InputObject)]
pub struct AppointmentStepInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The appointment (预约).
    pub appointment: ID,
    /// The version at which it was read (版本).
    pub version: i64,
}

/// Another slot for an appointment (改约).
#[derive(InputObject)]
pub struct RescheduleInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The appointment (预约).
    pub appointment: ID,
    /// The version at which it was read (版本).
    pub version: i64,
    /// The new slot, for the same service (新时段).
    pub slot: ID,
}

fn service_text(service: RegistryService) -> &'static str {
    let service: Service = service.into();
    service.as_str()
}

async fn ticket_made(
    ctx: &Context<'_>,
    outcome: Outcome<Uuid>,
) -> async_graphql::Result<QueueTicketPayload> {
    let loaded = match outcome {
        Ok(id) => {
            let row = queue_ticket::Entity::find_by_id(id)
                .one(ctx.services().db.read())
                .await;
            let row = row.map_err(Error::from)?.into_iter().collect();
            Ok(QueueTicket::together(row).pop().ok_or(Error::NotFound)?)
        }
        Err(refusals) => Err(refusals),
    };
    Ok(QueueTicketPayload::of(loaded))
}

async fn visit_made(
    ctx: &Context<'_>,
    outcome: Outcome<Uuid>,
) -> async_graphql::Result<AppointmentPayload> {
    let loaded = match outcome {
        Ok(id) => {
            let row = appointment::Entity::find_by_id(id)
                .one(ctx.services().db.read())
                .await;
            Ok(Appointment::alone(
                row.map_err(Error::from)?.ok_or(Error::NotFound)?,
            ))
        }
        Err(refusals) => Err(refusals),
    };
    Ok(AppointmentPayload::of(loaded))
}

fn case() -> Vec<Vec<String>> {
    vec![vec!["marriage.case".into()]]
}

fn own_or_case() -> Vec<Vec<String>> {
    vec![vec!["self".into()], vec!["marriage.case".into()]]
}

/// The hall: tickets, guides and arrivals.
#[derive(Clone, Copy, Debug, Default)]
pub struct HallMutation;

/// The hall: tickets, guides and arrivals.
#[Object]
impl HallMutation {
    /// Draws the next number of today, for oneself or, by an officer, for whoever comes (取号).
    #[graphql(directive = requires_scopes::apply(own_or_case()), directive = cache_invalidate::apply(vec!["RegistryQueue".into()]))]
    async fn take_ticket(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is needed (输入).")] input: TakeTicketInput,
    ) -> async_graphql::Result<QueueTicketPayload> {
        let read = || {
            Ok(queue::Take {
                registry: id(&input.registry, "registry")?,
                service: service_text(input.service),
                appointment: maybe_id(input.appointment.as_ref(), "appointment")?,
            })
        };
        let outcome = anyone(ctx, &input.request_key, read(), |a, w| {
            Box::pin(queue::take(a, w))
        })
        .await?;
        ticket_made(ctx, outcome).await
    }

    /// Calls the lowest waiting number to a window (叫号).
    #[graphql(directive = requires_scopes::apply(case()), directive = cache_invalidate::apply(vec!["RegistryQueue".into()]))]
    async fn call_next_ticket(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who calls (输入).")] input: CallNextInput,
    ) -> async_graphql::Result<QueueTicketPayload> {
        let what = id(&input.registry, "registry").map(|registry| queue::Call {
            registry,
            desk: input.desk,
            service: input.service.map(service_text),
        });
        let outcome = officer(ctx, &input.request_key, what, |a, w| {
            Box::pin(queue::call_next(a, w))
        })
        .await?;
        ticket_made(ctx, outcome).await
    }

    /// Ends a ticket: served or left (办结排队号).
    #[graphql(directive = requires_scopes::apply(case()), directive = cache_invalidate::apply(vec!["RegistryQueue".into()]))]
    async fn finish_ticket(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How it ends (输入).")] input: FinishTicketInput,
    ) -> async_graphql::Result<QueueTicketPayload> {
        let what = read_at(&input.ticket, input.version, "ticket").map(|ticket| queue::Finish {
            ticket,
            served: input.served,
        });
        let outcome = officer(ctx, &input.request_key, what, |a, w| {
            Box::pin(queue::finish(a, w))
        })
        .await?;
        ticket_made(ctx, outcome).await
    }

    /// Gives a couple its guide (指派引导员).
    #[graphql(directive = requires_scopes::apply(case()))]
    async fn assign_guide(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Ticket and guide (输入).")] input: AssignGuideInput,
    ) -> async_graphql::Result<QueueTicketPayload> {
        let read = || {
            Ok(queue::Assign {
                ticket: read_at(&input.ticket, input.version, "ticket")?,
                guide: id(&input.guide, "guide")?,
            })
        };
        let outcome = officer(ctx, &input.request_key, read(), |a, w| {
            Box::pin(queue::assign_guide(a, w))
        })
        .await?;
        ticket_made(ctx, outcome).await
    }

    /// Notes that the persons of an appointment have arrived, on its day (预约签到).
    #[graphql(directive = requires_scopes::apply(case()))]
    async fn check_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The appointment (输入).")] input: AppointmentStepInput,
    ) -> async_graphql::Result<AppointmentPayload> {
        let what = read_at(&input.appointment, input.version, "appointment")
            .map(|appointment| visits::Visit { appointment });
        let outcome = officer(ctx, &input.request_key, what, |a, w| {
            Box::pin(visits::check_in(a, w))
        })
        .await?;
        visit_made(ctx, outcome).await
    }

    /// Notes that nobody came, once the slot has ended (标记未到).
    #[graphql(directive = requires_scopes::apply(case()))]
    async fn mark_no_show(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The appointment (输入).")] input: AppointmentStepInput,
    ) -> async_graphql::Result<AppointmentPayload> {
        let what = read_at(&input.appointment, input.version, "appointment")
            .map(|appointment| visits::Visit { appointment });
        let outcome = officer(ctx, &input.request_key, what, |a, w| {
            Box::pin(visits::no_show(a, w))
        })
        .await?;
        visit_made(ctx, outcome).await
    }

    /// Gives a place back and takes another for the same service, both or neither; gives the new appointment (改约).
    #[graphql(directive = requires_scopes::apply(own_or_case()), directive = cache_invalidate::apply(vec!["MarriageRegistry".into()]))]
    async fn reschedule_slot(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new slot (输入).")] input: RescheduleInput,
    ) -> async_graphql::Result<AppointmentPayload> {
        let what = read_at(&input.appointment, input.version, "appointment").map(|appointment| {
            visits::Reschedule {
                appointment,
                slot: input.slot.to_string(),
            }
        });
        let outcome = anyone(ctx, &input.request_key, what, |a, w| {
            Box::pin(visits::reschedule(a, w))
        })
        .await?;
        visit_made(ctx, outcome).await
    }
}
