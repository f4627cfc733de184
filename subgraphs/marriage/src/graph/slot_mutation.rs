//! Booking and cancelling slots.

use super::access;
use super::inputs::{BookSlotInput, CancelSlotInput};
use super::registry::MarriageRegistry;
use super::slots::Appointment;
use crate::kit::citizen_id::{self, CitizenId};
use crate::kit::contract::scope;
use crate::kit::federation::directives::{cache_invalidate, requires_scopes};
use crate::kit::mutation::{history, once};
use crate::kit::{CitizenIdInput, Error, PrincipalExt, Result, Services, UserError, vault};
use crate::model::{appointment, registry};
use crate::rules::Refusal;
use crate::service::slot_id::SlotKey;
use crate::service::{registries, slots};
use async_graphql::{Context, Object, SimpleObject};
use sea_orm::EntityTrait;
use serde_json::json;
use std::sync::Arc;

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
        match book(ctx, input).await {
            Ok((row, registry)) => Ok(BookSlotPayload {
                appointment: Some(Appointment::alone(row)),
                registry: Some(MarriageRegistry::alone(Arc::new(registry))),
                user_errors: Vec::new(),
            }),
            Err(error) => Ok(BookSlotPayload {
                user_errors: vec![error.into_user_error()?],
                ..BookSlotPayload::default()
            }),
        }
    }

    /// Cancels an appointment and gives its place back (取消预约).
    #[graphql(directive = requires_scopes::apply(vec![vec!["self".into()], vec!["marriage.case".into()]]), directive = cache_invalidate::apply(vec!["MarriageRegistry".into()]))]
    async fn cancel_slot(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is needed (输入).")] input: CancelSlotInput,
    ) -> async_graphql::Result<CancelSlotPayload> {
        match cancel(ctx, input).await {
            Ok(row) => Ok(CancelSlotPayload {
                appointment: Some(Appointment::alone(row)),
                user_errors: Vec::new(),
            }),
            Err(error) => Ok(CancelSlotPayload {
                appointment: None,
                user_errors: vec![missing_as_refusal(error, "appointment")?],
            }),
        }
    }
}

/// A thing that is not there, or that the caller may not know of, is a refusal of its field.
fn missing_as_refusal(error: Error, field: &str) -> Result<UserError> {
    match error {
        Error::NotFound => {
            Ok(
                Refusal::by_form("NOT_FOUND", "There is no such record.", "没有该记录。")
                    .at(&["input", field]),
            )
        }
        other => other.into_user_error(),
    }
}

fn number(input: &CitizenIdInput, field: &str, services: &Services) -> Result<CitizenId> {
    citizen_id::parse(&input.0, services.clock.today())
        .map_err(|error| error.user_error().field(&["input", field]).into())
}

/// Tells `persons` who someone is, sealed, and gives the token.
async fn token(
    tx: &sea_orm::DatabaseTransaction,
    services: &Services,
    id: &CitizenId,
) -> Result<String> {
    Ok(vault::announce(tx, services, id, "").await?.to_string())
}

async fn book(
    ctx: &Context<'_>,
    input: BookSlotInput,
) -> Result<(appointment::Model, registry::Model)> {
    let services = ctx.services().clone();
    let caller = ctx.principal().clone();
    let officer = caller.has_scope(scope::MARRIAGE_CASE);
    let own = if officer {
        None
    } else {
        Some(ctx.person()?.to_owned())
    };
    let key = SlotKey::decode(&input.slot).ok_or_else(|| {
        Refusal::by_form("SLOT_UNKNOWN", "There is no such slot.", "没有该时段。")
            .at(&["input", "slot"])
    })?;
    let read = |value: &Option<CitizenIdInput>, field: &str| {
        value
            .as_ref()
            .map(|value| number(value, field, &services))
            .transpose()
    };
    let partner = read(&input.partner, "partner")?;
    let applicant = read(&input.applicant, "applicant")?;
    match (&own, &applicant) {
        (Some(_), None) | (None, Some(_)) => {}
        _ => {
            return Err(Refusal::by_form(
                "APPLICANT_MISPLACED",
                "An officer names the applicant; a citizen books for himself.",
                "工作人员须填写预约人；公民只能为本人预约。",
            )
            .at(&["input", "applicant"])
            .into());
        }
    }
    if officer {
        let row = registries::by_id(services.db.read(), key.registry).await?;
        if !access::works_at(&caller, &row) {
            return Err(Error::Forbidden);
        }
    }
    let request_key = input.request_key;
    let id = services
        .db
        .write(|tx| {
            let (services, caller, own) = (services.clone(), caller.clone(), own.clone());
            let (partner, applicant) = (partner.clone(), applicant.clone());
            let request_key = request_key.clone();
            Box::pin(async move {
                let plain = |id: &Option<CitizenId>| {
                    id.as_ref()
                        .map(|id| services.tokenizer.token(id).to_string())
                };
                let body = json!([key.encode(), plain(&applicant), plain(&partner)]);
                let work = async {
                    let mut persons: Vec<String> = own.into_iter().collect();
                    for id in [&applicant, &partner].into_iter().flatten() {
                        persons.push(token(tx, &services, id).await?);
                    }
                    if persons.first() == persons.get(1) {
                        return Err(Refusal::by_form(
                            "SAME_PERSON",
                            "Both persons are the same.",
                            "双方为同一人。",
                        )
                        .at(&["input", "partner"])
                        .into());
                    }
                    let made = slots::book(tx, key, &persons, services.clock.now()).await?;
                    let after = json!({ "state": made.state, "slot": made.slot_id });
                    history(
                        tx,
                        "Appointment",
                        &made.id.to_string(),
                        &caller,
                        None,
                        Some(after),
                    )
                    .await?;
                    Ok(made.id)
                };
                once(tx, &caller, &request_key, &body, work).await
            })
        })
        .await?;
    let db = services.db.read();
    let row = appointment::Entity::find_by_id(id)
        .one(db)
        .await?
        .ok_or(Error::NotFound)?;
    let registry = registries::by_id(db, row.registry_id).await?;
    Ok((row, registry))
}

async fn cancel(ctx: &Context<'_>, input: CancelSlotInput) -> Result<appointment::Model> {
    let services = ctx.services().clone();
    let caller = ctx.principal().clone();
    let id = crate::kit::id::parse(&input.appointment).ok_or(Error::NotFound)?;
    let db = services.db.read();
    let row = appointment::Entity::find_by_id(id)
        .one(db)
        .await?
        .ok_or(Error::NotFound)?;
    let officer = access::works_at(&caller, &registries::by_id(db, row.registry_id).await?);
    let own = ctx.person().ok().map(str::to_owned);
    let request_key = input.request_key;
    services
        .db
        .write(|tx| {
            let (caller, own, request_key) = (caller.clone(), own.clone(), request_key.clone());
            let now = services.clock.now();
            Box::pin(async move {
                let work = async {
                    let may = |_: &appointment::Model, persons: &[String]| {
                        officer || own.as_ref().is_some_and(|own| persons.contains(own))
                    };
                    let after = slots::cancel(tx, id, now, may).await?;
                    let (before, after) = (
                        json!({ "state": "BOOKED" }),
                        json!({ "state": after.state }),
                    );
                    history(
                        tx,
                        "Appointment",
                        &id.to_string(),
                        &caller,
                        Some(before),
                        Some(after),
                    )
                    .await
                };
                once(tx, &caller, &request_key, &id, work).await
            })
        })
        .await?;
    appointment::Entity::find_by_id(id)
        .one(services.db.read())
        .await?
        .ok_or(Error::NotFound)
}
