//! What a decision, or its absence, makes of an application for divorce.

use super::{Application, RECEIVING, REGISTERING, keep, unmark};
use crate::interop::core::event::{DOUBT_AGAIN, Log};
use crate::interop::core::message::{Act as Deed, Class, Outcome, RecordCore};
use crate::interop::core::names::TxnId;
use crate::interop::store::Desk;
use crate::interop::store::application::refusal_of;
use crate::interop::store::details::{DETAILS, Details, couple};
use crate::interop::store::end::{dissolve, tell};
use crate::interop::store::timer::next_look;
use crate::interop::wire::jwe::Place;
use crate::kit::mutation::history;
use crate::kit::{Error, Principal, Result};
use crate::model::divorce_application as application;
use crate::model::interop::divorce::{Column, Entity, Model};
use crate::service::act::{add, save};
use crate::service::{divorce_steps, registries};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use uuid::Uuid;

/// COMMITTED is on file: what it makes of the application.
///
/// # Errors
/// When the database does not answer, or what was sealed to us cannot be read.
pub(in crate::interop) async fn committed(
    desk: Desk<'_>,
    txn: TxnId,
    act: Deed,
    core: &RecordCore,
) -> Result<()> {
    match act {
        Deed::Marry { .. } => Ok(()),
        Deed::ApplyDivorce {
            record,
            application,
        } => marked(desk, txn, (record.0, application.0), core).await,
        Deed::WithdrawDivorce { application, .. } => unmarked(desk, application.0, core).await,
        Deed::Divorce {
            record,
            application,
        } => divorced(desk, txn, (record.0, application.0), core).await,
    }
}

async fn marked(
    desk: Desk<'_>,
    txn: TxnId,
    (marriage, id): (Uuid, Uuid),
    core: &RecordCore,
) -> Result<()> {
    let Some(row) = application::Entity::find_by_id(id).one(desk.tx).await? else {
        return restored(desk, txn, (marriage, id), core).await;
    };
    if row.state == RECEIVING {
        return step(desk, row, "RECEIVED").await;
    }
    // It has ended meanwhile, by a death or a court: nobody is to stay marked for it.
    if row.closed_on.is_some() {
        unmark(desk.tx, id, "").await?;
    }
    Ok(())
}

/// The application was lost with a restore, the marks were not: what the decision holds is entered again, as it
/// was received; papers and agreement are with the registry.
async fn restored(
    desk: Desk<'_>,
    txn: TxnId,
    (marriage, id): (Uuid, Uuid),
    core: &RecordCore,
) -> Result<()> {
    let unreadable = || Error::internal("the couple of a committed application cannot be read");
    let both = couple(desk, txn, core).await?;
    let name = txn.0.to_string();
    let place = Place {
        txn: &name,
        party: DETAILS,
    };
    let sealed = core.details.get(&desk.node.id).ok_or_else(unreadable)?;
    let details: Details = desk.node.open_sealed(&sealed.0, place)?;
    let registry = crate::kit::id::parse(&core.registry).ok_or_else(unreadable)?;
    let dates = crate::rules::cooling_off::divorce_dates(
        &crate::kit::calendar::WorkCalendar::default(),
        core.registered_on,
    )
    .ok_or_else(unreadable)?;
    let received_at = crate::service::instant(
        core.registered_on
            .and_time(chrono::NaiveTime::from_hms_opt(12, 0, 0).unwrap_or_default()),
    );
    let row = Application {
        id,
        marriage_id: marriage,
        registry_id: registry,
        man: both.man,
        woman: both.woman,
        received_on: dates.received_on,
        received_at,
        cooling_off_ends: dates.cooling_off_ends,
        window_opens: dates.window_opens,
        window_ends: dates.window_ends,
        provisional: dates.provisional,
        state: "RECEIVED".to_owned(),
        closed_on: None,
        children: None,
        agreement_sealed: None,
        crisis_help_accepted: None,
        certificate_asked_at: None,
        refusal_code: None,
        divorce_record_id: None,
        registrar_id: None,
        version: 1,
    };
    add!(desk.tx, application, row)?;
    keep(desk, id, marriage, "", &details).await.map(|_| ())
}

/// The mark is gone. An application that is open all the same was restored to before its withdrawal.
async fn unmarked(desk: Desk<'_>, id: Uuid, core: &RecordCore) -> Result<()> {
    let known = application::Entity::find_by_id(id).one(desk.tx).await?;
    if let Some(row) = known.filter(|row| row.closed_on.is_none()) {
        let row = Application {
            closed_on: Some(core.registered_on),
            ..row
        };
        step(desk, row, "WITHDRAWN").await?;
    }
    forget(desk, id).await
}

async fn divorced(
    desk: Desk<'_>,
    txn: TxnId,
    (marriage, id): (Uuid, Uuid),
    core: &RecordCore,
) -> Result<()> {
    dissolve(desk, marriage, core.registered_on).await?;
    let known = application::Entity::find_by_id(id).one(desk.tx).await?;
    if known
        .as_ref()
        .is_some_and(|row| row.divorce_record_id.is_some())
    {
        return Ok(());
    }
    let (man, woman) = match &known {
        Some(row) => (row.man.clone(), row.woman.clone()),
        None => {
            let both = couple(desk, txn, core).await?;
            (both.man, both.woman)
        }
    };
    let registry = crate::kit::id::parse(&core.registry)
        .ok_or_else(|| Error::internal("the accepting registry of a divorce is none"))?;
    let registry = registries::by_id(desk.tx, registry).await?;
    let papers = divorce_steps::Papers {
        marriage,
        man: &man,
        woman: &woman,
        on: core.registered_on,
        application: known.as_ref(),
    };
    let record = divorce_steps::enter(desk.tx, &registry, &papers, desk.now).await?;
    let body =
        json!({ "version": 1, "man": man, "woman": woman, "registeredOn": core.registered_on });
    tell(desk, "DivorceRegistered", &record.to_string(), body).await?;
    if let Some(row) = known {
        let row = Application {
            divorce_record_id: Some(record),
            refusal_code: None,
            closed_on: Some(core.registered_on),
            ..row
        };
        step(desk, row, "REGISTERED").await?;
    }
    forget(desk, id).await
}

/// The application goes where its transaction has gone.
///
/// # Errors
/// When the database does not answer.
pub(in crate::interop) async fn follow(desk: Desk<'_>, state: &Log) -> Result<()> {
    let (Deed::ApplyDivorce { application, .. }
    | Deed::WithdrawDivorce { application, .. }
    | Deed::Divorce { application, .. }) = state.plan.act
    else {
        return Ok(());
    };
    let Some(Outcome::Aborted { class }) = state.decision().map(|decision| &decision.outcome)
    else {
        return Ok(());
    };
    let kept = Entity::find_by_id(application.0).one(desk.tx).await?;
    // An earlier transaction of the same application has nothing more to say.
    match kept.filter(|kept| kept.txn == Some(state.plan.txn.0)) {
        Some(kept) => came_to_nothing(desk, state.plan.act, *class, kept).await,
        None => Ok(()),
    }
}

async fn came_to_nothing(desk: Desk<'_>, act: Deed, class: Class, kept: Model) -> Result<()> {
    let id = kept.application_id;
    if matches!(act, Deed::WithdrawDivorce { .. }) {
        let gone = matches!(class, Class::NotMarried | Class::NotMarked | Class::Dead);
        return if gone {
            forget(desk, id).await
        } else {
            again(desk, &kept).await
        };
    }
    let Some(row) = application::Entity::find_by_id(id).one(desk.tx).await? else {
        return Ok(());
    };
    let refusal_code = Some(refusal_of(class).to_owned());
    match (act, row.state.as_str()) {
        (Deed::ApplyDivorce { .. }, RECEIVING) => {
            let today = desk.services.clock.today();
            let refused = Application {
                refusal_code,
                closed_on: Some(today),
                ..row
            };
            step(desk, refused, "REFUSED").await?;
            forget(desk, id).await
        }
        (Deed::ApplyDivorce { .. }, _) => forget(desk, id).await,
        (Deed::Divorce { .. }, REGISTERING) => {
            let back = Application {
                refusal_code,
                ..row
            };
            step(desk, back, "REVIEW").await
        }
        // Closed meanwhile, by a death or a court.
        (Deed::Divorce { .. }, _) if row.closed_on.is_some() => unmark(desk.tx, id, "").await,
        _ => Ok(()),
    }
}

/// A withdrawal that came to nothing is tried again, later each time: it was declared, and it must be done.
async fn again(desk: Desk<'_>, kept: &Model) -> Result<()> {
    let next = next_look(desk.now, DOUBT_AGAIN, kept.attempts);
    Entity::update_many()
        .col_expr(Column::DueAt, Expr::value(Some(next)))
        .col_expr(
            Column::Attempts,
            Expr::value(kept.attempts.saturating_add(1)),
        )
        .filter(Column::ApplicationId.eq(kept.application_id))
        .filter(Column::DueAt.is_null())
        .exec(desk.tx)
        .await?;
    Ok(())
}

/// Nothing more is wanted of the ledgers: the sealed couple goes.
async fn forget(desk: Desk<'_>, id: Uuid) -> Result<()> {
    Entity::delete_by_id(id).exec(desk.tx).await?;
    Ok(())
}

/// Writes a step of the application with its history and its event.
pub(super) async fn step(desk: Desk<'_>, row: Application, to: &str) -> Result<()> {
    let before = row.state.clone();
    let saved = save!(
        desk.tx,
        application,
        Application {
            state: to.to_owned(),
            ..row
        }
    )?;
    let actor =
        Principal::service(&desk.services.province, "marriage").at(desk.services.clock.now());
    let state = |state: &str| Some(json!({ "state": state }));
    let id = saved.id.to_string();
    history(
        desk.tx,
        "DivorceApplication",
        &id,
        &actor,
        state(&before),
        state(to),
    )
    .await?;
    let body = json!({ "version": 1, "state": to, "more": { "registry": saved.registry_id } });
    tell(desk, "DivorceApplicationChanged", &id, body).await
}
