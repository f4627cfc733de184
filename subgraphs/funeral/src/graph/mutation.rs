//! What can be done. What the law or the form refuses is in `userErrors`; what stops the operation
//! is a GraphQL error.

use async_graphql::{Context, Object, Result};
use minzheng_kit::citizen_id::{self, CitizenId};
use minzheng_kit::contract::scope;
use minzheng_kit::federation::directives::{cache_invalidate, requires_scopes};
use minzheng_kit::mutation::{history, once};
use minzheng_kit::{Error, PrincipalExt, UserError, YearMonth, vault};
use sea_orm::EntityTrait;
use serde_json::json;
use uuid::Uuid;

use super::access;
use super::case::FuneralCase;
use super::inputs::{
    DispatchTicketInput, OpenFuneralCaseInput, OpenTicketInput, ReserveNicheInput,
    SettleWaiverInput,
};
use super::payloads::{
    OpenFuneralCasePayload, ReserveNichePayload, SettleWaiverPayload, TicketPayload,
    WaiverSettlement, told,
};
use super::plot::Plot;
use super::uuid;
use crate::model::{funeral_case, hotline_ticket, plot, waiver_settlement};
use crate::rules::settings;
use crate::service::{cases, plots, tickets, waivers};

/// The mutations of the funeral subsystem.
pub struct Mutation;

#[Object]
impl Mutation {
    /// Opens a funeral case: records the death, tells whom it concerns, and gives the case to a
    /// funeral home. For officers, and for a citizen as the applicant (申办治丧案件).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["funeral.case".into()], vec!["self".into()]]),
        directive = cache_invalidate::apply(vec!["Division".into()])
    )]
    async fn open_funeral_case(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is needed to open it (申请内容).")] input: OpenFuneralCaseInput,
    ) -> Result<OpenFuneralCasePayload> {
        told(open_case(ctx, input).await, |case| OpenFuneralCasePayload {
            case: case.and_then(|row| FuneralCase::all(vec![row]).pop()),
            user_errors: Vec::new(),
        })
    }

    /// Opens a ticket of the hotline (受理热线来电).
    #[graphql(directive = requires_scopes::apply(vec![vec!["hotline".into()]]))]
    async fn open_ticket(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The call (来电内容).")] input: OpenTicketInput,
    ) -> Result<TicketPayload> {
        let point = input.point.checked()?;
        told(open_ticket(ctx, input, point).await, TicketPayload::of)
    }

    /// Sends a ticket to the funeral home whose hearse is nearest and ready (派单).
    #[graphql(directive = requires_scopes::apply(vec![vec!["hotline".into()]]))]
    async fn dispatch_ticket(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ticket (工单).")] input: DispatchTicketInput,
    ) -> Result<TicketPayload> {
        let ticket = uuid(&input.ticket, "input.ticket")?;
        told(
            dispatch(ctx, &input.request_key, ticket).await,
            TicketPayload::of,
        )
    }

    /// Holds a niche or grave for an open case; of several who ask at once one gets it
    /// (预留格位或墓位).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["funeral.case".into()], vec!["self".into()]]),
        directive = cache_invalidate::apply(vec!["FuneralFacility".into()])
    )]
    async fn reserve_niche(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be held, and for whom (预留内容).")] input: ReserveNicheInput,
    ) -> Result<ReserveNichePayload> {
        let (place, case) = (
            uuid(&input.plot, "input.plot")?,
            uuid(&input.case, "input.case")?,
        );
        let now = ctx.services().clock.now();
        told(reserve(ctx, &input, place, case).await, |plot| {
            ReserveNichePayload {
                plot: plot.map(|row| Plot::of(row, now)),
                user_errors: Vec::new(),
            }
        })
    }

    /// Settles what a division waived in a month that has ended (减免结算).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]),
        directive = cache_invalidate::apply(vec!["Division".into()])
    )]
    async fn settle_waiver(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The division and the month (结算内容).")] input: SettleWaiverInput,
    ) -> Result<SettleWaiverPayload> {
        let division = uuid(&input.division, "input.division")?;
        told(
            settle(ctx, &input.request_key, division, input.month).await,
            |batch| SettleWaiverPayload {
                settlement: batch.map(WaiverSettlement::of),
                user_errors: Vec::new(),
            },
        )
    }
}

/// Reads an identity number of the input; a refusal names its field and never its value.
fn citizen(ctx: &Context<'_>, number: &str, field: &str) -> minzheng_kit::Result<CitizenId> {
    citizen_id::parse(number, ctx.services().clock.today())
        .map_err(|error| error.user_error().field(&["input", field]).into())
}

/// A name of 1 to 60 characters.
fn named<'n>(name: &'n str, field: &str) -> minzheng_kit::Result<&'n str> {
    let trimmed = name.trim();
    if trimmed.is_empty() || trimmed.chars().count() > 60 {
        return Err(UserError::new(
            "NAME_REQUIRED",
            "A name of at most 60 characters is required.",
            "须填写姓名（不超过60字）。",
        )
        .field(&["input", field])
        .into());
    }
    Ok(trimmed)
}

async fn open_case(
    ctx: &Context<'_>,
    input: OpenFuneralCaseInput,
) -> minzheng_kit::Result<funeral_case::Model> {
    let (services, principal) = (ctx.services(), ctx.principal());
    let deceased = citizen(ctx, &input.deceased.0, "deceased")?;
    let applicant = citizen(ctx, &input.applicant.0, "applicant")?;
    let (deceased_name, applicant_name) = (
        named(&input.deceased_name, "deceasedName")?.to_owned(),
        named(&input.applicant_name, "applicantName")?.to_owned(),
    );
    let facility = minzheng_kit::id::parse(&input.facility).unwrap_or_default();
    let opening = cases::Opening {
        deceased: services.tokenizer.token(&deceased).0,
        born_on: deceased.birth_date(),
        applicant: services.tokenizer.token(&applicant).0,
        relation: input.relation,
        phone_masked: tickets::masked_phone(&input.phone)?,
        died_on: input.died_on.0,
        paper_kind: input.paper_kind,
        paper_number: input.paper_number,
        natural: input.natural,
        facility,
    };
    // Officers open for anyone, a citizen for themselves as the applicant.
    if !principal.has_scope(scope::FUNERAL_CASE) && ctx.person()? != opening.applicant {
        return Err(Error::Forbidden);
    }
    let (now, today) = (services.clock.now(), services.clock.today());
    // The key is compared by tokens: no number, not even hashed, stays here.
    let body = json!([
        "openFuneralCase",
        opening.deceased,
        opening.applicant,
        opening.relation,
        opening.died_on,
        opening.paper_kind,
        opening.paper_number,
        opening.natural,
        facility,
        opening.phone_masked,
    ]);
    let work = std::sync::Arc::new((
        services.clone(),
        principal.clone(),
        opening,
        body,
        input.request_key,
    ));
    let people = std::sync::Arc::new((deceased, deceased_name, applicant, applicant_name));
    let id: Uuid = services
        .db
        .write(move |tx| {
            let (work, people) = (work.clone(), people.clone());
            Box::pin(async move {
                let (services, principal, opening, body, key) = work.as_ref();
                once(tx, principal, key, body, async {
                    let (case, death_is_new) = cases::open(tx, opening, now, today).await?;
                    let (deceased, deceased_name, applicant, applicant_name) = people.as_ref();
                    vault::announce(tx, services, deceased, deceased_name).await?;
                    vault::announce(tx, services, applicant, applicant_name).await?;
                    if death_is_new {
                        cases::tell(tx, &cases::death_registered(&case, opening.died_on, now))
                            .await?;
                    }
                    let after = json!({ "state": case.state, "facility": case.facility_id });
                    history(
                        tx,
                        "FuneralCase",
                        &case.id.to_string(),
                        principal,
                        None,
                        Some(after),
                    )
                    .await?;
                    Ok(case.id)
                })
                .await
            })
        })
        .await?;
    funeral_case::Entity::find_by_id(id)
        .one(services.db.read())
        .await?
        .ok_or(Error::NotFound)
}

async fn open_ticket(
    ctx: &Context<'_>,
    input: OpenTicketInput,
    point: crate::rules::geo::Point,
) -> minzheng_kit::Result<hotline_ticket::Model> {
    ctx.need(scope::HOTLINE)?;
    let (services, principal) = (ctx.services(), ctx.principal());
    let caller = match &input.caller {
        Some(number) => Some(
            services
                .tokenizer
                .token(&citizen(ctx, &number.0, "caller")?)
                .0,
        ),
        None => None,
    };
    let call = tickets::Call {
        category: input.category,
        caller_masked: tickets::masked_phone(&input.phone)?,
        caller,
        case_number: input.case_number,
        division: minzheng_kit::id::parse(&input.division).unwrap_or_default(),
        point,
    };
    let rules = settings::of_province(&services.province);
    let (now, today) = (services.clock.now(), services.clock.today());
    let body = json!([
        "openTicket",
        call.category,
        call.caller_masked,
        call.caller,
        call.case_number,
        call.division,
        point.lon,
        point.lat,
    ]);
    let work = std::sync::Arc::new((principal.clone(), call, body, input.request_key));
    let id: Uuid = services
        .db
        .write(move |tx| {
            let work = work.clone();
            Box::pin(async move {
                let (principal, call, body, key) = work.as_ref();
                once(tx, principal, key, body, async {
                    let ticket = tickets::open(tx, call, now, today, &rules).await?;
                    let after = json!({ "state": ticket.state, "category": ticket.category });
                    history(
                        tx,
                        "HotlineTicket",
                        &ticket.id.to_string(),
                        principal,
                        None,
                        Some(after),
                    )
                    .await?;
                    Ok(ticket.id)
                })
                .await
            })
        })
        .await?;
    hotline_ticket::Entity::find_by_id(id)
        .one(services.db.read())
        .await?
        .ok_or(Error::NotFound)
}

async fn dispatch(
    ctx: &Context<'_>,
    key: &str,
    id: Uuid,
) -> minzheng_kit::Result<hotline_ticket::Model> {
    let (services, principal) = (ctx.services(), ctx.principal());
    ctx.need(scope::HOTLINE)?;
    let ticket = hotline_ticket::Entity::find_by_id(id)
        .one(services.db.read())
        .await?
        .ok_or(Error::NotFound)?;
    access::hotline(ctx, ticket.division_id)?;
    let now = services.clock.now();
    let work = std::sync::Arc::new((principal.clone(), key.to_owned(), ticket));
    services
        .db
        .write(move |tx| {
            let work = work.clone();
            Box::pin(async move {
                let (principal, key, before) = work.as_ref();
                once(tx, principal, key, &json!(["dispatchTicket", id]), async {
                    let ticket = tickets::dispatch(tx, id, now).await?;
                    let (before, after) = (
                        json!({ "state": before.state }),
                        json!({ "state": ticket.state }),
                    );
                    history(
                        tx,
                        "HotlineTicket",
                        &id.to_string(),
                        principal,
                        Some(before),
                        Some(after),
                    )
                    .await?;
                    Ok(ticket.id)
                })
                .await
            })
        })
        .await?;
    hotline_ticket::Entity::find_by_id(id)
        .one(services.db.read())
        .await?
        .ok_or(Error::NotFound)
}

async fn reserve(
    ctx: &Context<'_>,
    input: &ReserveNicheInput,
    place: Uuid,
    case: Uuid,
) -> minzheng_kit::Result<plot::Model> {
    let (services, principal) = (ctx.services(), ctx.principal());
    let case = funeral_case::Entity::find_by_id(case)
        .one(services.db.read())
        .await?
        .ok_or(Error::Forbidden)?;
    access::case(ctx, &case)?;
    let rules = settings::of_province(&services.province);
    let (now, villager) = (services.clock.now(), input.villager);
    let work = std::sync::Arc::new((principal.clone(), input.request_key.clone(), case));
    services
        .db
        .write(move |tx| {
            let work = work.clone();
            Box::pin(async move {
                let (principal, key, case) = work.as_ref();
                once(
                    tx,
                    principal,
                    key,
                    &json!(["reserveNiche", place, case.id, villager]),
                    async {
                        let held = plots::reserve(tx, place, case, villager, now, &rules).await?;
                        let after = json!({ "state": held.state, "case": case.id });
                        history(
                            tx,
                            "Plot",
                            &held.id.to_string(),
                            principal,
                            None,
                            Some(after),
                        )
                        .await?;
                        Ok(held.id)
                    },
                )
                .await
            })
        })
        .await?;
    plot::Entity::find_by_id(place)
        .one(services.db.read())
        .await?
        .ok_or(Error::NotFound)
}

async fn settle(
    ctx: &Context<'_>,
    key: &str,
    division: Uuid,
    month: YearMonth,
) -> minzheng_kit::Result<waiver_settlement::Model> {
    let (services, principal) = (ctx.services(), ctx.principal());
    ctx.need(scope::FUNERAL_CASE)?;
    access::officer_of(ctx, division)?;
    let today = services.clock.today();
    let work = std::sync::Arc::new((principal.clone(), key.to_owned()));
    let id: Uuid = services
        .db
        .write(move |tx| {
            let work = work.clone();
            Box::pin(async move {
                let (principal, key) = work.as_ref();
                once(
                    tx,
                    principal,
                    key,
                    &json!(["settleWaiver", division, month.index()]),
                    async {
                        let batch = waivers::settle(tx, division, month, today).await?;
                        let after =
                            json!({ "households": batch.households, "amount": batch.amount });
                        history(
                            tx,
                            "WaiverSettlement",
                            &batch.id.to_string(),
                            principal,
                            None,
                            Some(after),
                        )
                        .await?;
                        Ok(batch.id)
                    },
                )
                .await
            })
        })
        .await?;
    waiver_settlement::Entity::find_by_id(id)
        .one(services.db.read())
        .await?
        .ok_or(Error::NotFound)
}
