//! Visiting graves: spans of time and bookings.

use async_graphql::{Context, ID, InputObject, Object, Result};
use minzheng_kit::federation::directives::{cache_invalidate, requires_scopes};
use minzheng_kit::mutation::told;
use minzheng_kit::{Date, payloads};

use super::{key, keyed, run, written};
use crate::graph::plot::WorshipSlot;
use crate::graph::worship::WorshipBooking;
use crate::model::{worship_booking, worship_slot};
use crate::rules::terms::WorshipMode;
use crate::service::worship;

/// Visiting graves.
#[derive(Default)]
pub struct WorshipMutation;

#[Object]
impl WorshipMutation {
    /// Opens a span of time for visiting graves (开放祭扫时段).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]), directive = cache_invalidate::apply(vec!["FuneralFacility".into()]))]
    async fn open_worship_slot(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The span (时段内容).")] input: OpenWorshipSlotInput,
    ) -> Result<WorshipSlotPayload> {
        let done = run(ctx, "openWorshipSlot", input, |act, input| {
            Box::pin(async move {
                let facility = key(&input.facility, "facility")?;
                worship::open(
                    &act,
                    facility,
                    input.day.0,
                    (input.starts_hour, input.ends_hour),
                    input.capacity,
                )
                .await
            })
        });
        let rules = super::super::settings_today(ctx);
        told(
            written::<worship_slot::Entity>(ctx, done.await).await,
            |row| WorshipSlotPayload {
                slot: Some(WorshipSlot::of(row, &rules)),
                ..WorshipSlotPayload::default()
            },
        )
    }

    /// Books a time for visiting a grave; the capacity is never exceeded (预约祭扫).
    #[graphql(directive = requires_scopes::apply(vec![vec!["self".into()]]), directive = cache_invalidate::apply(vec!["FuneralFacility".into()]))]
    async fn book_worship(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The time and the people (预约内容).")] input: BookWorshipInput,
    ) -> Result<WorshipBookingPayload> {
        let done = run(ctx, "bookWorship", input, |act, input| {
            Box::pin(async move {
                worship::book(&act, key(&input.slot, "slot")?, input.people, input.mode).await
            })
        });
        booking_told(ctx, done.await).await
    }

    /// Calls a booking off; its places are free again (取消祭扫预约).
    #[graphql(directive = requires_scopes::apply(vec![vec!["self".into()]]), directive = cache_invalidate::apply(vec!["FuneralFacility".into()]))]
    async fn cancel_worship(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The booking (取消内容).")] input: CancelWorshipInput,
    ) -> Result<WorshipBookingPayload> {
        let done = run(ctx, "cancelWorship", input, |act, input| {
            Box::pin(async move {
                worship::cancel(&act, key(&input.booking, "booking")?, input.version).await
            })
        });
        booking_told(ctx, done.await).await
    }
}

keyed!(OpenWorshipSlotInput, BookWorshipInput, CancelWorshipInput);

payloads! {
    /// What came of opening a span of time (祭扫时段办理结果).
    pub WorshipSlotPayload {
        /// The span; null when it was refused (时段).
        slot: WorshipSlot,
    }
    /// What came of a booking for visiting a grave (祭扫预约结果).
    pub WorshipBookingPayload {
        /// The booking; null when it was refused (预约).
        booking: WorshipBooking,
    }
}

async fn booking_told(
    ctx: &Context<'_>,
    outcome: minzheng_kit::Result<uuid::Uuid>,
) -> Result<WorshipBookingPayload> {
    told(
        written::<worship_booking::Entity>(ctx, outcome).await,
        |row| WorshipBookingPayload {
            booking: WorshipBooking::all(vec![row]).pop(),
            ..WorshipBookingPayload::default()
        },
    )
}

/// A span of time to be opened (开放时段).
#[derive(InputObject, Clone, Debug)]
pub struct OpenWorshipSlotInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The cemetery or columbarium (设施).
    pub facility: ID,
    /// Day (日期).
    pub day: Date,
    /// Hour at which it starts, legal time (开始时刻).
    pub starts_hour: i32,
    /// Hour at which it ends, legal time (结束时刻).
    pub ends_hour: i32,
    /// How many people it takes (可预约人数).
    pub capacity: i32,
}

/// A visit to be booked (预约祭扫).
#[derive(InputObject, Clone, Debug)]
pub struct BookWorshipInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The span of time (时段).
    pub slot: ID,
    /// How many people (人数).
    pub people: i32,
    /// On the spot, by the facility, or online (祭扫方式).
    pub mode: WorshipMode,
}

/// A booking to be called off (取消预约).
#[derive(InputObject, Clone, Debug)]
pub struct CancelWorshipInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The booking (预约).
    pub booking: ID,
    /// The version that the step is based on (版本).
    pub version: i64,
}
