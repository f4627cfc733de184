//! Registration at the counter: the course of an application from a draft to the archive.
//!
//! [`receive`] takes it in and records what the registrar sees, [`checks`] asks the registers,
//! [`decide`] registers, refuses, certifies and archives. Each step is judged by
//! [`crate::rules::application`] and leaves a history row and an event.

pub mod checks;
pub mod decide;
pub mod receive;

use super::act::{Act, same_version, save};
use crate::kit::{Error, Result};
use crate::model::{
    application_check, application_party, kin_edge, registrar, registration_application,
};
use crate::rules::Refusal;
use crate::rules::application::{State, state_on, step};
use crate::rules::eligibility::Competence;
use crate::rules::registrar::{RegistrarFacts, RegistrarStatus, may_handle, own_account, recusal};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use std::collections::HashMap;
use uuid::Uuid;

/// An application as a row.
pub type Application = registration_application::Model;

/// The state of an application.
pub fn state_of(row: &Application) -> Result<State> {
    State::from_text(&row.state)
        .ok_or_else(|| Error::internal("unknown state of a marriage application"))
}

/// Where an application stands now: what was left at the counter on a past day is over, whether or not a job has
/// written it down.
///
/// # Errors
/// For a stored text that is no state.
pub fn state_now(row: &Application, today: chrono::NaiveDate) -> Result<State> {
    Ok(state_on(state_of(row)?, row.received_on, today))
}

/// One application, or `NotFound`.
pub async fn by_id(db: &impl ConnectionTrait, id: Uuid) -> Result<Application> {
    registration_application::Entity::find_by_id(id)
        .one(db)
        .await?
        .ok_or(Error::NotFound)
}

/// The parties of each of these applications, the man first, in one statement.
pub async fn parties_of(
    db: &impl ConnectionTrait,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Vec<application_party::Model>>> {
    let rows = application_party::Entity::find()
        .filter(application_party::Column::ApplicationId.is_in(ids.iter().copied()))
        .order_by_asc(application_party::Column::Role)
        .all(db)
        .await?;
    let mut found: HashMap<Uuid, Vec<application_party::Model>> = HashMap::new();
    for row in rows {
        found.entry(row.application_id).or_default().push(row);
    }
    Ok(found)
}

/// The checks of each of these applications, in one statement.
pub async fn checks_of(
    db: &impl ConnectionTrait,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Vec<application_check::Model>>> {
    let rows = application_check::Entity::find()
        .filter(application_check::Column::ApplicationId.is_in(ids.iter().copied()))
        .order_by_asc(application_check::Column::Code)
        .order_by_asc(application_check::Column::Role)
        .all(db)
        .await?;
    let mut found: HashMap<Uuid, Vec<application_check::Model>> = HashMap::new();
    for row in rows {
        found.entry(row.application_id).or_default().push(row);
    }
    Ok(found)
}

/// An application that the caller handles, at the version he has read. Whoever acts is judged at each step: the
/// registrar to whom the caller's account belongs, or else the one named at the receipt (M-26).
pub(super) async fn in_hand(act: &Act<'_>, id: Uuid, version: i64) -> Result<Application> {
    let row = by_id(act.tx, id).await?;
    act.office(row.registry_id).await?;
    same_version(version, row.version)?;
    let parties = [row.man.as_str(), row.woman.as_str()];
    let faults = acting_faults(act, row.registrar_id, row.registry_id, &parties).await?;
    act.unless(faults)?;
    Ok(row)
}

/// The registrar of a registry to whom the caller's account belongs.
pub async fn own_registrar(act: &Act<'_>, registry: Uuid) -> Result<Option<Uuid>> {
    let Some(account) = act.caller.subject.as_deref() else {
        return Ok(None);
    };
    let row = registrar::Entity::find()
        .filter(registrar::Column::RegistryId.eq(registry))
        .filter(registrar::Column::Account.eq(account))
        .one(act.tx)
        .await?;
    Ok(row.map(|row| row.id))
}

/// M-26: why whoever acts now may not handle the case: the registrar of the caller's own account, or else the
/// one named. Nobody is named before a registrar has taken the case in; then nothing is judged.
pub async fn acting_faults(
    act: &Act<'_>,
    named: Option<Uuid>,
    registry: Uuid,
    parties: &[&str],
) -> Result<Vec<Refusal>> {
    let acting = own_registrar(act, registry).await?.or(named);
    match acting {
        Some(registrar) => registrar_faults(act, registrar, registry, parties).await,
        None => own_cause(act, None, parties).await,
    }
}

/// M-26: why the person behind the caller's account, or this other one, may not touch what concerns these persons: it is
/// the own cause, or that of near kin.
async fn own_cause(act: &Act<'_>, other: Option<&str>, parties: &[&str]) -> Result<Vec<Refusal>> {
    let who: Vec<&str> = [act.caller.person.as_deref(), other]
        .into_iter()
        .flatten()
        .collect();
    if who.is_empty() {
        return Ok(Vec::new());
    }
    let mut circle: Vec<String> = parties.iter().map(|p| (*p).to_owned()).collect();
    circle.extend(who.iter().map(|own| (*own).to_owned()));
    let kin = kin_among(act.tx, &circle).await?;
    let is_party = who.iter().any(|own| parties.contains(own));
    let near = |own: &str| {
        kin.iter().any(|(a, b)| {
            (a == own && parties.contains(&b.as_str()))
                || (b == own && parties.contains(&a.as_str()))
        })
    };
    let is_near = who.iter().any(|own| near(own));
    Ok(recusal(is_party, is_near).into_iter().collect())
}

/// M-26: why the officer who acts may not touch what concerns these persons, where no registrar is named: as a
/// registrar of this registry, by everything that is asked of one; as one of another registry, or as a person known by
/// the account, not in the own cause or that of near kin.
pub async fn officer_faults(
    act: &Act<'_>,
    registry: Uuid,
    parties: &[&str],
) -> Result<Vec<Refusal>> {
    if let Some(own) = own_registrar(act, registry).await? {
        return registrar_faults(act, own, registry, parties).await;
    }
    let elsewhere = match act.caller.subject.as_deref() {
        None => None,
        Some(account) => {
            registrar::Entity::find()
                .filter(registrar::Column::Account.eq(account))
                .one(act.tx)
                .await?
        }
    };
    let own = elsewhere.as_ref().map(|row| row.person.as_str());
    own_cause(act, own, parties).await
}

/// Takes one step of the course, or several at once, and leaves its traces.
pub(in crate::service) async fn advance(
    act: &Act<'_>,
    row: Application,
    course: &[State],
) -> Result<Application> {
    let before = state_of(&row)?;
    let mut state = state_now(&row, act.today())?;
    for next in course {
        step(state, *next)?;
        state = *next;
    }
    let changed = Application {
        state: state.as_str().to_owned(),
        ..row
    };
    let saved = save!(act.tx, registration_application, changed)?;
    act.leave(
        "RegistrationApplication",
        saved.id,
        Some(before.as_str()),
        state.as_str(),
        serde_json::json!({ "registry": saved.registry_id }),
    )
    .await?;
    Ok(saved)
}

/// The competence of a stored text.
pub(super) fn competence(text: &str) -> Competence {
    match text {
        "FOREIGN" => Competence::Foreign,
        "HMT_OVERSEAS" => Competence::HmtOverseas,
        _ => Competence::Mainland,
    }
}

/// The text of a competence.
pub(super) const fn competence_text(competence: Competence) -> &'static str {
    match competence {
        Competence::Mainland => "MAINLAND",
        Competence::HmtOverseas => "HMT_OVERSEAS",
        Competence::Foreign => "FOREIGN",
    }
}

/// Whether the registers know of kinship between any of these persons, pairwise.
pub(in crate::service) async fn kin_among(
    db: &impl ConnectionTrait,
    persons: &[String],
) -> Result<Vec<(String, String)>> {
    let wanted = || persons.iter().cloned();
    let rows = kin_edge::Entity::find()
        .filter(
            Condition::all()
                .add(kin_edge::Column::PersonA.is_in(wanted()))
                .add(kin_edge::Column::PersonB.is_in(wanted())),
        )
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.person_a, row.person_b))
        .collect())
}

/// M-26 and the registrar's certificate: why this registrar may not handle a case of these persons.
pub async fn registrar_faults(
    act: &Act<'_>,
    registrar: Uuid,
    registry: Uuid,
    parties: &[&str],
) -> Result<Vec<Refusal>> {
    let Some(row) = registrar::Entity::find_by_id(registrar).one(act.tx).await? else {
        return Ok(vec![Refusal::by_form(
            "REGISTRAR_NOT_OF_THIS_REGISTRY",
            "This registrar does not work at this registry under this account.",
            "该婚姻登记员不在本登记机关或与登录账号不符。",
        )]);
    };
    let mut circle: Vec<String> = parties.iter().map(|p| (*p).to_owned()).collect();
    circle.push(row.person.clone());
    let kin = kin_among(act.tx, &circle).await?;
    let links = registrar::Entity::find()
        .filter(registrar::Column::RegistryId.eq(registry))
        .filter(registrar::Column::Account.is_not_null())
        .one(act.tx)
        .await?;
    let acting = act.caller.subject.as_deref();
    let own_account = own_account(row.account.as_deref(), acting, links.is_some());
    let facts = RegistrarFacts {
        of_this_registry: row.registry_id == registry,
        own_account,
        status: if row.status == "ACTIVE" {
            RegistrarStatus::Active
        } else {
            RegistrarStatus::Suspended
        },
        valid_from: row.valid_from,
        valid_to: row.valid_to,
        is_party: parties.contains(&row.person.as_str()),
        is_near_kin: kin
            .iter()
            .any(|(a, b)| *a == row.person || *b == row.person),
    };
    let mut faults = may_handle(&facts, act.today());
    // The account may be another person's than the registrar who is named.
    for fault in own_cause(act, None, parties).await? {
        if !faults.contains(&fault) {
            faults.push(fault);
        }
    }
    Ok(faults)
}
