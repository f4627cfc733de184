//! Booking and cancelling slots.

use super::act::{anyone, id, maybe_known};
use super::inputs::{BookSlotInput, CancelSlotInput};
use super::registry::MarriageRegistry;
use super::slots::Appointment;
use crate::kit::federation::directives::{cache_invalidate, requires_scopes};
use crate::kit::{Error, PrincipalExt, UserError};
use crate::model::appointment;
use crate::service::{registries, visits};
use async_graphql::{Context, Object, SimpleObject};
use sea_orm::EntityTrait;
use std::sync::Arc;
use uuid::Uuid;

/// Booking and cancelling slots.
#[derive(Clone, Copy, Debug, Default)]
pub struct SlotMutation;

/// What became of a booking (预约结果).
#[derive(SimpleObject, Clone, Debug, Default)]
pub struct BookSlotPayload {
    /// The appointment; null when it was refused (预约).
    pub appointment: Option<Appointment>,
    /// The registry with its slots as they are now; null when it was refused (登记机关).
    pub registry: Option<MarriageRegistry>,
    /// What the law or the form refuses; empty on success (错误).
    pub user_errors: Vec<UserError>,
}

/// What became of a cancellation (取消预约结果).
#[derive(SimpleObject, Clone, Debug, Default)]
pub struct CancelSlotPayload {
    /// The appointment; null when it was refused (预约).
    pub appointment: Option<Appointment>,
    /// What the law or the form refuses; empty on success (错误).
    pub user_errors: Vec<UserError>,
}

async fn row(ctx: &Context<'_>, id: Uuid) -> async_graphql::Result<appointment::Model> {
    let row = appointment::Entity::find_by_id(id)
        .one(ctx.services().db.read())
        .await
        .map_err(Error::from)?;
    row.ok_or_else(|| Error::NotFound.graphql())
}

/// Booking and cancelling slots.
#[Object]
impl SlotMutation {
    /// Books one place in a slot for one or two persons (预约).
    #[graphql(directive = requires_scopes::apply(vec![vec!["self".into()], vec!["marriage.case".into()]]), directive = cache_invalidate::apply(vec!["MarriageRegistry".into()]))]
    async fn book_slot(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is needed (输入).")] input: BookSlotInput,
    ) -> async_graphql::Result<BookSlotPayload> {
        let services = ctx.services();
        let officer = ctx
            .principal()
            .has_scope(crate::kit::contract::scope::MARRIAGE_CASE);
        if !officer {
            ctx.person()?;
        }
        let read = async {
            Ok(visits::Book {
                slot: input.slot.to_string(),
                partner: maybe_known(services, input.partner.as_ref(), "partner").await?,
                applicant: maybe_known(services, input.applicant.as_ref(), "applicant").await?,
            })
        };
        let outcome = anyone(ctx, &input.request_key, read.await, |a, w| {
            Box::pin(visits::book(a, w))
        })
        .await?;
        match outcome {
            Ok(id) => {
                let row = row(ctx, id).await?;
                let registry = registries::by_id(services.db.read(), row.registry_id).await?;
                Ok(BookSlotPayload {
                    appointment: Some(Appointment::alone(row)),
                    registry: Some(MarriageRegistry::alone(Arc::new(registry))),
                    user_errors: Vec::new(),
                })
            }
            Err(user_errors) => Ok(BookSlotPayload {
                user_errors,
                ..BookSlotPayload::default()
            }),
        }
    }

    /// Cancels an appointment and gives its place back; counselling booked with it is off too (取消预约).
    #[graphql(directive = requires_scopes::apply(vec![vec!["self".into()], vec!["marriage.case".into()]]), directive = cache_invalidate::apply(vec!["MarriageRegistry".into()]))]
    async fn cancel_slot(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is needed (输入).")] input: CancelSlotInput,
    ) -> async_graphql::Result<CancelSlotPayload> {
        let what = id(&input.appointment, "appointment").map(|appointment| visits::Cancel {
            appointment,
            version: input.version,
        });
        let outcome = anyone(ctx, &input.request_key, what, |a, w| {
            Box::pin(visits::cancel(a, w))
        })
        .await?;
        match outcome {
            Ok(id) => Ok(CancelSlotPayload {
                appointment: Some(Appointment::alone(row(ctx, id).await?)),
                user_errors: Vec::new(),
            }),
            Err(user_errors) => Ok(CancelSlotPayload {
                appointment: None,
                user_errors,
            }),
        }
    }
}
