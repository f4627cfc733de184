//! Who works at a registry: registrars and their accounts (M-26), guides, and counsellors and their rooms.

use super::super::act::{Act, add, same_version, save};
use super::super::couple::Known;
use super::super::visits;
use super::above;
use crate::kit::{Error, Result};
use crate::model::{counselling_room, counsellor, guide, registrar, registry};
use crate::rules::Refusal;
use chrono::NaiveDate;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// A registrar of a registry.
#[derive(Clone, Debug, Serialize)]
pub struct Registrar {
    /// The registry.
    pub registry: Uuid,
    /// Who.
    pub person: Known,
    /// Number of the certificate; unique.
    pub licence_no: String,
    /// First and last day of the certificate.
    pub valid: (NaiveDate, Option<NaiveDate>),
    /// The account that acts as this registrar.
    pub account: Option<String>,
}

/// M-26: enters a trained and examined registrar.
pub async fn enter_registrar(act: Act<'_>, what: &Registrar) -> Result<Uuid> {
    let row = above(&act, what.registry).await?;
    let known = registrar::Entity::find()
        .filter(registrar::Column::LicenceNo.eq(&what.licence_no))
        .one(act.tx)
        .await?;
    let mut reasons = Vec::new();
    if known.is_some() {
        reasons.push(Refusal::by_form(
            "LICENCE_KNOWN",
            "A registrar with this certificate is entered already.",
            "该资格证书编号已登记。",
        ));
    }
    if what.valid.1.is_some_and(|last| last < what.valid.0) {
        reasons.push(Refusal::by_form(
            "PERIOD_REVERSED",
            "The certificate ends before it begins.",
            "资格证书失效日期早于生效日期。",
        ));
    }
    act.unless(reasons)?;
    if let Some(account) = &what.account {
        free_account(&act, account, None).await?;
    }
    what.person.announce(&act).await?;
    let made = registrar::Model {
        id: crate::kit::id::new(),
        registry_id: row.id,
        person: what.person.token.clone(),
        account: what.account.clone(),
        licence_no: what.licence_no.clone(),
        valid_from: what.valid.0,
        valid_to: what.valid.1,
        status: "ACTIVE".to_owned(),
        version: 1,
    };
    let id = made.id;
    add!(act.tx, registrar, made)?;
    act.leave(
        "Registrar",
        id,
        None,
        "ACTIVE",
        json!({ "registry": row.id }),
    )
    .await?;
    Ok(id)
}

/// An account is one registrar's.
async fn free_account(act: &Act<'_>, account: &str, of: Option<Uuid>) -> Result<()> {
    let holder = registrar::Entity::find()
        .filter(registrar::Column::Account.eq(account))
        .one(act.tx)
        .await?;
    let taken = holder.is_some_and(|holder| Some(holder.id) != of);
    act.unless(
        taken
            .then_some(Refusal::by_form(
                "ACCOUNT_TAKEN",
                "This account belongs to another registrar.",
                "该账号已关联其他登记员。",
            ))
            .into_iter()
            .collect(),
    )
}

/// The account of a registrar.
#[derive(Clone, Debug, Serialize)]
pub struct Link {
    /// The registrar and the version it was read at.
    pub registrar: (Uuid, i64),
    /// The account; none takes it away.
    pub account: Option<String>,
}

/// M-26: links the account that acts as a registrar. A registry that has linked one has everybody act under the
/// own account.
pub async fn link(act: Act<'_>, what: &Link) -> Result<Uuid> {
    let (id, version) = what.registrar;
    let row = registrar::Entity::find_by_id(id)
        .one(act.tx)
        .await?
        .ok_or(Error::NotFound)?;
    above(&act, row.registry_id).await?;
    same_version(version, row.version)?;
    if let Some(account) = &what.account {
        free_account(&act, account, Some(id)).await?;
    }
    let status = row.status.clone();
    let linked = registrar::Model {
        account: what.account.clone(),
        ..row
    };
    save!(act.tx, registrar, linked)?;
    let more = json!({ "linked": what.account.is_some() });
    act.leave("Registrar", id, Some(&status), &status, more)
        .await?;
    Ok(id)
}

/// A guide of the hall.
#[derive(Clone, Debug, Serialize)]
pub struct Guide {
    /// The registry.
    pub registry: Uuid,
    /// Number on the badge.
    pub label: String,
    /// Works today.
    pub on_duty: bool,
}

/// Enters a guide, or sets whether one that is known by the badge works today. Gives the registry.
pub async fn enter_guide(act: Act<'_>, what: &Guide) -> Result<Uuid> {
    let row = above(&act, what.registry).await?;
    let known = guide::Entity::find()
        .filter(guide::Column::RegistryId.eq(row.id))
        .filter(guide::Column::Label.eq(&what.label))
        .one(act.tx)
        .await?;
    let state = if what.on_duty { "ON_DUTY" } else { "OFF_DUTY" };
    let id = match known {
        Some(known) => {
            guide::Entity::update_many()
                .col_expr(guide::Column::OnDuty, Expr::value(what.on_duty))
                .filter(guide::Column::Id.eq(known.id))
                .exec(act.tx)
                .await?;
            known.id
        }
        None => {
            let made = guide::Model {
                id: crate::kit::id::new(),
                registry_id: row.id,
                label: what.label.clone(),
                on_duty: what.on_duty,
            };
            let id = made.id;
            add!(act.tx, guide, made)?;
            id
        }
    };
    act.leave("HallGuide", id, None, state, json!({ "registry": row.id }))
        .await?;
    Ok(row.id)
}

/// A counsellor of a registry.
#[derive(Clone, Debug, Serialize)]
pub struct Counsellor {
    /// The registry.
    pub registry: Uuid,
    /// Who.
    pub person: Known,
    /// What qualifies.
    pub qualification: &'static str,
    /// Credit code of the organization that sends the counsellor.
    pub provider: Option<String>,
    /// Works there.
    pub active: bool,
}

/// Enters a counsellor, or sets whether one that is known works there. Gives the registry.
pub async fn enter_counsellor(act: Act<'_>, what: &Counsellor) -> Result<Uuid> {
    use counsellor::Column;
    let row = above(&act, what.registry).await?;
    what.person.announce(&act).await?;
    let known = counsellor::Entity::find()
        .filter(Column::RegistryId.eq(row.id))
        .filter(Column::Person.eq(&what.person.token))
        .one(act.tx)
        .await?;
    let id = known
        .as_ref()
        .map_or_else(crate::kit::id::new, |known| known.id);
    let now = counsellor::Model {
        id,
        registry_id: row.id,
        person: what.person.token.clone(),
        qualification: what.qualification.to_owned(),
        provider: what.provider.clone(),
        active: what.active,
    };
    if known.is_some() {
        counsellor::Entity::delete_by_id(id).exec(act.tx).await?;
    }
    add!(act.tx, counsellor, now)?;
    let state = if what.active { "ACTIVE" } else { "GONE" };
    act.leave("Counsellor", id, None, state, json!({ "registry": row.id }))
        .await?;
    Ok(row.id)
}

/// A counselling room of a registry.
#[derive(Clone, Debug, Serialize)]
pub struct Room {
    /// The registry.
    pub registry: Uuid,
    /// Name on the door.
    pub name: String,
    /// Credit code of the organization that works in it.
    pub provider: Option<String>,
}

/// Enters a counselling room; the registry serves as many couples at once as it has rooms. Gives the registry.
pub async fn enter_room(act: Act<'_>, what: &Room) -> Result<Uuid> {
    use counselling_room::Column;
    let row = above(&act, what.registry).await?;
    let of_registry = || counselling_room::Entity::find().filter(Column::RegistryId.eq(row.id));
    let known = of_registry()
        .filter(Column::Name.eq(&what.name))
        .one(act.tx)
        .await?;
    act.unless(
        known
            .is_some()
            .then_some(Refusal::by_form(
                "ROOM_KNOWN",
                "The registry has a room of this name.",
                "该登记机关已有同名辅导室。",
            ))
            .into_iter()
            .collect(),
    )?;
    let made = counselling_room::Model {
        id: crate::kit::id::new(),
        registry_id: row.id,
        name: what.name.clone(),
        provider: what.provider.clone(),
    };
    let id = made.id;
    add!(act.tx, counselling_room, made)?;
    let rooms = of_registry().count(act.tx).await?;
    registry::Entity::update_many()
        .col_expr(
            registry::Column::CounsellingRooms,
            Expr::value(i32::try_from(rooms).unwrap_or(i32::MAX)),
        )
        .filter(registry::Column::Id.eq(row.id))
        .exec(act.tx)
        .await?;
    act.leave(
        "CounsellingRoom",
        id,
        None,
        "OPEN",
        json!({ "registry": row.id }),
    )
    .await?;
    visits::told(&act, row.id, act.today()).await?;
    Ok(row.id)
}
