//! Slots, which are public, and appointments, which are their parties'.

use super::clock_text;
use super::enums::{AppointmentState, RegistryService};
use super::registry::MarriageRegistry;
use crate::kit::batch::Siblings;
use crate::kit::federation::directives::*;
use crate::kit::{Date, DateTime, PrincipalExt, Result, Yuan};
use crate::model::appointment;
use crate::rules::opening::Service;
use crate::rules::registration;
use crate::service::slots::SlotView;
use crate::service::{instant, registries, time_of, visits};
use async_graphql::{Context, ID, Object};
use std::sync::Arc;
use uuid::Uuid;

/// A time at a registry that can be booked (可预约时段).
#[derive(Clone, Debug)]
pub struct RegistrySlot {
    view: SlotView,
}

impl RegistrySlot {
    /// A slot as clients see it.
    #[must_use]
    pub fn new(view: SlotView) -> Self {
        Self { view }
    }
}

/// A time at a registry that can be booked (可预约时段).
#[Object(directive = cache_control::apply(Some(3), Some(CacheScope::Public)))]
impl RegistrySlot {
    /// The opaque id, to be given to bookSlot (标识).
    async fn id(&self) -> ID {
        ID(self.view.key.encode())
    }

    /// For which service (办理事项).
    async fn service(&self) -> RegistryService {
        self.view.key.service.into()
    }

    /// The day (日期).
    async fn date(&self) -> Date {
        Date(self.view.key.day)
    }

    /// Begins, as HH:MM in Shanghai (开始时间).
    async fn opens(&self) -> String {
        clock_text(self.view.period.opens)
    }

    /// Ends, as HH:MM in Shanghai (结束时间).
    async fn closes(&self) -> String {
        clock_text(self.view.period.closes)
    }

    /// The instant it begins (开始时刻).
    async fn starts_at(&self) -> DateTime {
        DateTime(instant(
            self.view.key.day.and_time(time_of(self.view.period.opens)),
        ))
    }

    /// What the service costs on that day: nothing (M-12); null where no rule is known for the day (收费).
    async fn fee(&self) -> Option<Yuan> {
        registration::fee(self.view.key.day).map(Yuan)
    }

    /// Places in all (总号数).
    async fn capacity(&self) -> i32 {
        self.view.capacity
    }

    /// Places left (余号).
    async fn free(&self) -> i32 {
        self.view.free()
    }
}

/// An appointment at a registry (预约).
#[derive(Clone, Debug)]
pub struct Appointment {
    row: appointment::Model,
    registries: Arc<Siblings<Uuid>>,
}

impl Appointment {
    /// Appointments that are shown together.
    #[must_use]
    pub fn together(rows: Vec<appointment::Model>) -> Vec<Self> {
        let registries = Siblings::new(rows.iter().map(|row| row.registry_id).collect());
        rows.into_iter()
            .map(|row| Self {
                row,
                registries: Arc::clone(&registries),
            })
            .collect()
    }

    /// One appointment alone.
    #[must_use]
    pub fn alone(row: appointment::Model) -> Self {
        let registries = Siblings::new(vec![row.registry_id]);
        Self { row, registries }
    }
}

/// Loads the registries of siblings, once.
pub(super) async fn registry_of(
    ctx: &Context<'_>,
    id: Uuid,
    siblings: &Siblings<Uuid>,
) -> Result<Option<MarriageRegistry>> {
    let db = ctx.services().db.clone();
    siblings
        .load(&id, "registry", "", |ids| async move {
            let rows = registries::by_ids(db.read(), &ids)
                .await?
                .into_values()
                .collect();
            let list = MarriageRegistry::together(rows);
            Ok(list
                .into_iter()
                .map(|registry| (registry.row_id(), registry))
                .collect())
        })
        .await
}

/// An appointment at a registry (预约).
#[Object]
impl Appointment {
    /// The opaque id (标识).
    async fn id(&self) -> ID {
        ID(self.row.id.to_string())
    }

    /// For which service (办理事项).
    async fn service(&self) -> Result<RegistryService> {
        let service = Service::from_text(&self.row.service)
            .ok_or_else(|| crate::kit::Error::internal("unknown service of an appointment"))?;
        Ok(service.into())
    }

    /// The day (日期).
    async fn date(&self) -> Date {
        Date(self.row.day)
    }

    /// Begins, as HH:MM in Shanghai (开始时间).
    async fn opens(&self) -> String {
        clock_text(self.row.opens)
    }

    /// Ends, as HH:MM in Shanghai (结束时间).
    async fn closes(&self) -> String {
        clock_text(self.row.closes)
    }

    /// The instant it begins (开始时刻).
    async fn starts_at(&self) -> DateTime {
        DateTime(instant(self.row.day.and_time(time_of(self.row.opens))))
    }

    /// The state; one nobody came to reads as NO_SHOW once its slot has ended (状态).
    async fn state(&self, ctx: &Context<'_>) -> Result<AppointmentState> {
        AppointmentState::of(visits::state_now(&self.row, ctx.services().clock.now()))
    }

    /// The version, to be given back with the next change (版本).
    async fn version(&self) -> i64 {
        self.row.version
    }

    /// When it was made (预约时间).
    async fn booked_at(&self) -> DateTime {
        DateTime(self.row.booked_at)
    }

    /// The registry; null only when it cannot be read at the moment (登记机关).
    async fn registry(&self, ctx: &Context<'_>) -> Result<Option<MarriageRegistry>> {
        registry_of(ctx, self.row.registry_id, &self.registries).await
    }
}
