//! The application at the counter goes where its transaction has gone.

use super::Desk;
use super::end::tell;
use crate::interop::core::event::Log;
use crate::interop::core::message::{Act, Class, Outcome};
use crate::interop::core::names::TxnId;
use crate::interop::divorce;
use crate::kit::mutation::history;
use crate::kit::{Error, Principal, Result};
use crate::model::interop::{application as offer, log};
use crate::model::registration_application;
use crate::rules::application::State;
use crate::rules::registration::CONDITIONS_NOT_MET;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use uuid::Uuid;

/// The application that a transaction came of.
pub(super) async fn application_of(desk: Desk<'_>, txn: TxnId) -> Result<Option<Uuid>> {
    let row = offer::Entity::find()
        .filter(offer::Column::Txn.eq(txn.0))
        .one(desk.tx)
        .await?;
    Ok(row.map(|row| row.application_id))
}

/// The application goes where its transaction has gone.
///
/// # Errors
/// When the database does not answer.
pub async fn follow(desk: Desk<'_>, state: &Log) -> Result<()> {
    let txn = state.plan.txn;
    let application = match state.plan.act {
        Act::Marry { .. } => application_of(desk, txn).await?,
        Act::ApplyDivorce { application, .. }
        | Act::WithdrawDivorce { application, .. }
        | Act::Divorce { application, .. } => Some(application.0),
    };
    let Some(application) = application else {
        return Ok(());
    };
    log::Entity::update_many()
        .col_expr(log::Column::ApplicationId, Expr::value(Some(application)))
        .filter(log::Column::Txn.eq(txn.0))
        .exec(desk.tx)
        .await?;
    if !matches!(state.plan.act, Act::Marry { .. }) {
        return divorce::follow(desk, state).await;
    }
    match state.decision().map(|decision| &decision.outcome) {
        None if state.grant.is_some() || state.plan.ha.is_none() => {
            close(desk, application, State::Committing, |row| row).await
        }
        None => Ok(()),
        Some(Outcome::Committed(_)) => Ok(()),
        Some(Outcome::Aborted { class }) => {
            // One made good later is refused for what lies behind its day.
            let code = match (class, state.plan.effective_from) {
                (Class::NotFree, Some(_)) => CONDITIONS_NOT_MET.code,
                _ => refusal_of(*class),
            };
            let code = code.to_owned();
            close(desk, application, State::Aborted, |row| {
                registration_application::Model {
                    refusal_code: Some(code.clone()),
                    ..row
                }
            })
            .await
        }
    }
}

/// The code under which the couple is told of a class.
#[must_use]
pub const fn refusal_of(class: Class) -> &'static str {
    match class {
        Class::NotFree => "SPOUSE_ON_RECORD",
        Class::HeldByOther => "REGISTRATION_IN_PROGRESS",
        Class::Disputed => "RECORDS_DISPUTED",
        Class::LegacyUnresolved => "LEGACY_RECORD_UNRESOLVED",
        Class::Dead => "PARTY_DEAD_ON_RECORD",
        Class::WalkedOut => "COUPLE_LEFT",
        Class::NotTwoPersons => "SAME_PERSON",
        Class::AlreadyMarked => "APPLICATION_ALREADY_OPEN",
        Class::NotMarried | Class::NotMarked => "RECORD_DOES_NOT_FIT",
        Class::Unverified => "AUTHORITY_DOES_NOT_KNOW",
        Class::Unresolved
        | Class::WrongEpoch
        | Class::TooOld
        | Class::Ended
        | Class::ForceAborted => "NOT_DECIDED_IN_TIME",
    }
}

/// Takes an application on, if its present state leads there; one that is further is left alone.
pub(super) async fn close(
    desk: Desk<'_>,
    id: Uuid,
    to: State,
    change: impl FnOnce(registration_application::Model) -> registration_application::Model,
) -> Result<()> {
    let Some(row) = registration_application::Entity::find_by_id(id)
        .one(desk.tx)
        .await?
    else {
        return Ok(());
    };
    let from = State::from_text(&row.state)
        .ok_or_else(|| Error::internal("unknown state of a marriage application"))?;
    // A province that was restored may have forgotten the button, and what was registered was registered.
    let forgotten = to == State::Registered && from == State::Eligible;
    let open = matches!(from, State::Holding | State::Committing) || forgotten;
    if !open || from == to {
        return Ok(());
    }
    let changed = registration_application::Model {
        state: to.as_str().to_owned(),
        decided_at: (to != State::Committing).then_some(desk.now),
        version: row.version + 1,
        ..change(row)
    };
    let registry = changed.registry_id;
    use sea_orm::ActiveModelTrait as _;
    registration_application::Entity::update(
        registration_application::ActiveModel::from(changed).reset_all(),
    )
    .exec(desk.tx)
    .await?;
    let actor =
        Principal::service(&desk.services.province, "marriage").at(desk.services.clock.now());
    let state = |state: State| Some(json!({ "state": state.as_str() }));
    history(
        desk.tx,
        "RegistrationApplication",
        &id.to_string(),
        &actor,
        state(from),
        state(to),
    )
    .await?;
    let body = json!({ "version": 1, "state": to.as_str(), "more": { "registry": registry } });
    tell(
        desk,
        "RegistrationApplicationChanged",
        &id.to_string(),
        body,
    )
    .await
}
