//! What every change has around its own work: who does it, once per request key, in one transaction
//! with its history row and its event.
//!
//! A use case is a plain function from an [`Act`] and its form to the id of what it changed; [`run`]
//! gives it the transaction. Whoever may do what is asked of the act ([`Act::officer`],
//! [`Act::officer_or_head`]), so that no use case forgets the division of the caller.

use crate::model::{office, organization};
use crate::rules::Refusal;
use crate::rules::state::{self, OrgEvent};
use crate::vocabulary::OfficeRole;
use chrono::{DateTime, NaiveDate, Utc};
use futures_util::future::BoxFuture;
use kit::calendar::WorkCalendar;
use kit::events::Event;
use kit::{Error, Principal, Result, Role, Services, UserError};
use minzheng_kit as kit;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;

/// One change on its way.
#[derive(Clone, Copy, Debug)]
pub struct Act<'a> {
    /// The transaction.
    pub tx: &'a DatabaseTransaction,
    /// The services of the subgraph.
    pub services: &'a Services,
    /// Who does it.
    pub actor: &'a Principal,
    /// The instant.
    pub now: DateTime<Utc>,
    /// The legal day.
    pub today: NaiveDate,
}

/// A use case: what it changed comes back as an id or a code.
pub type UseCase<I, T> = for<'a> fn(Act<'a>, &'a I) -> BoxFuture<'a, Result<T>>;

/// Runs a use case once per principal and request key. `body` is the request as it is compared with an
/// earlier one of the same key: tokens in place of numbers of persons.
pub async fn run<I, T>(
    services: &Services,
    actor: &Principal,
    request_key: &str,
    body: Value,
    input: I,
    case: UseCase<I, T>,
) -> Result<T>
where
    I: Send + Sync + 'static,
    T: Serialize + DeserializeOwned + Send + 'static,
{
    let (now, today) = (services.clock.now(), services.clock.today());
    let work = Arc::new((
        services.clone(),
        actor.clone(),
        request_key.to_owned(),
        kit::mutation::Fingerprint::of(services, &body)?,
        input,
    ));
    services
        .db
        .write(move |tx| {
            let work = Arc::clone(&work);
            Box::pin(async move {
                let (services, actor, key, body, input) = work.as_ref();
                let caller = kit::merged::caller(tx, actor).await?;
                let act = Act {
                    tx,
                    services,
                    actor: &caller,
                    now,
                    today,
                };
                kit::mutation::once(tx, actor, key, body, case(act, input)).await
            })
        })
        .await
}

/// A refusal of law with the input field that is meant.
pub fn at(refusal: Refusal, field: &str) -> Error {
    Error::Invalid(UserError::from(refusal).field(&["input", field]))
}

/// A refusal of form with the input field that is meant.
pub fn refused(code: &str, en: &str, zh: &str, field: &str) -> Error {
    Error::Invalid(UserError::new(code, en, zh).field(&["input", field]))
}

/// A text of 1 to `most` characters without leading or trailing space.
pub fn text(given: &str, most: usize, field: &str) -> Result<String> {
    let text = given.trim();
    let control = |c: char| c.is_control() || matches!(c, '<' | '>');
    if text.is_empty() || text.chars().count() > most || text.contains(control) {
        return Err(refused(
            "TEXT_MALFORMED",
            "A text of the allowed length without control characters is needed.",
            "须填写规定长度以内、不含控制字符的文字。",
            field,
        ));
    }
    Ok(text.to_owned())
}

/// A number that may not be negative.
pub fn not_negative(number: i64, field: &str) -> Result<i64> {
    if number >= 0 {
        return Ok(number);
    }
    Err(refused(
        "NEGATIVE_FIGURE",
        "A figure may not be negative.",
        "数值不得为负。",
        field,
    ))
}

/// The id of a record of this subgraph.
pub fn id(text: &str, field: &str) -> Result<Uuid> {
    kit::id::parse(text).ok_or_else(|| {
        refused(
            "BAD_ID",
            "This is not the id of a record.",
            "记录标识不正确。",
            field,
        )
    })
}

/// Whether the version that was read still stands.
pub fn same_version(row: i64, read: i64) -> Result<()> {
    if row == read {
        Ok(())
    } else {
        Err(Error::Conflict)
    }
}

/// Whether a day is a rest day, as the rules ask for it.
pub fn is_rest(day: NaiveDate) -> Option<bool> {
    WorkCalendar::china().is_rest(day)
}

impl Act<'_> {
    /// The caller must be an officer of this division or of one above it.
    pub fn officer(&self, division: &Uuid) -> Result<()> {
        let officer = matches!(self.actor.role, Role::Registrar | Role::Supervisor);
        if officer && self.actor.works_in(division) {
            return Ok(());
        }
        Err(Error::Forbidden)
    }

    /// The caller must be an officer of the organization's registrar, or its legal representative.
    pub async fn officer_or_head(&self, organization: &organization::Model) -> Result<()> {
        if self.actor.role != Role::Citizen {
            return self.officer(&organization.registrar_division_id);
        }
        let person = self.actor.person.as_deref().ok_or(Error::Forbidden)?;
        office::Entity::find()
            .filter(office::Column::CreditCode.eq(organization.credit_code.as_str()))
            .filter(office::Column::Person.eq(person))
            .filter(office::Column::Role.eq(OfficeRole::LegalRepresentative))
            .filter(office::Column::Until.is_null())
            .one(self.tx)
            .await?
            .map(|_| ())
            .ok_or(Error::Forbidden)
    }

    /// The organization of a code that came in.
    pub async fn organization(&self, code: &str) -> Result<organization::Model> {
        let code = kit::credit_code::parse(code)
            .map_err(|error| Error::Invalid(error.user_error().field(&["input", "creditCode"])))?;
        organization::Entity::find_by_id(code.0)
            .one(self.tx)
            .await?
            .ok_or_else(|| {
                refused(
                    "ORGANIZATION_UNKNOWN",
                    "No organization has this code.",
                    "没有该统一社会信用代码的社会组织。",
                    "creditCode",
                )
            })
    }

    /// The organization of a code, for an officer of its registrar.
    pub async fn supervised(&self, code: &str) -> Result<organization::Model> {
        let organization = self.organization(code).await?;
        self.officer(&organization.registrar_division_id)?;
        Ok(organization)
    }

    /// The same, and it must exist in law.
    pub async fn living(&self, code: &str) -> Result<organization::Model> {
        let organization = self.supervised(code).await?;
        alive(&organization)?;
        Ok(organization)
    }

    /// The same, and it must be one that acts and grows ([`active`]).
    pub async fn acting(&self, code: &str) -> Result<organization::Model> {
        let organization = self.supervised(code).await?;
        active(&organization)?;
        Ok(organization)
    }

    /// Writes a changed organization with the next version, its history and its event.
    pub async fn save(
        &self,
        before: &organization::Model,
        mut after: organization::Model,
        event: &str,
    ) -> Result<organization::Model> {
        after.version = before.version + 1;
        let kept = after.clone();
        after
            .into_active_model()
            .reset_all()
            .update(self.tx)
            .await?;
        let (was, is) = (shown(before), shown(&kept));
        self.record("Organization", &kept.credit_code, Some(was), is)
            .await?;
        let body = json!({ "creditCode": kept.credit_code, "state": kept.state.text() });
        self.tell(event, &kept.credit_code, body).await?;
        Ok(kept)
    }

    /// Moves an organization along its state machine and writes it.
    pub async fn advance(
        &self,
        before: &organization::Model,
        event: OrgEvent,
        name: &str,
    ) -> Result<organization::Model> {
        let state = moved(before, event)?;
        let after = organization::Model {
            state,
            ..before.clone()
        };
        self.save(before, after, name).await
    }

    /// A history row: ids and states, never persons.
    pub async fn record(
        &self,
        entity: &str,
        id: &str,
        before: Option<Value>,
        after: Value,
    ) -> Result<()> {
        kit::mutation::history(self.tx, entity, id, self.actor, before, Some(after)).await
    }

    /// An event for the other subsystems.
    pub async fn tell(&self, kind: &str, key: &str, mut body: Value) -> Result<()> {
        if let Some(object) = body.as_object_mut() {
            object.entry("version").or_insert_with(|| 1.into());
        }
        let event = Event {
            kind: kind.to_owned(),
            key: key.to_owned(),
            at: self.now,
            body,
        };
        kit::events::emit(self.tx, &event).await
    }

    /// History and event of one new or changed record.
    pub async fn done(
        &self,
        entity: &str,
        id: &str,
        event: &str,
        before: Option<Value>,
        after: Value,
    ) -> Result<()> {
        self.record(entity, id, before, after.clone()).await?;
        self.tell(event, id, after).await
    }
}

/// The state after an event, or the refusal.
pub fn moved(
    organization: &organization::Model,
    event: OrgEvent,
) -> Result<crate::vocabulary::OrgState> {
    state::next(organization.state, event).map_err(|refusal| at(refusal, "creditCode"))
}

/// The organization must exist in law.
pub fn alive(organization: &organization::Model) -> Result<()> {
    if organization.state.is_live() {
        return Ok(());
    }
    Err(refused(
        "ORGANIZATION_ENDED",
        "The organization no longer exists.",
        "该社会组织已终止。",
        "creditCode",
    ))
}

/// O-18, O-19: the organization must be one that acts and grows: neither suspended nor in liquidation.
pub fn active(organization: &organization::Model) -> Result<()> {
    state::may_develop(organization.state).map_err(|refusal| at(refusal, "creditCode"))
}

/// An organization as history keeps it.
fn shown(row: &organization::Model) -> Value {
    json!({
        "name": row.name, "state": row.state.text(), "fundsFen": row.funds_fen,
        "supervisor": row.supervisor, "domicile": row.domicile_place_id, "ended": row.ended,
        "hubKind": row.hub_kind.map(crate::vocabulary::HubKind::text),
        "charitySince": row.charity_since, "publicRaisingSince": row.public_raising_since,
        "version": row.version,
    })
}
