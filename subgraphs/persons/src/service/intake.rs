//! Taking in identities that other subgraphs sealed.
//!
//! The same identity may come again and again, from several subgraphs: the first one makes the row,
//! later ones add a name that was missing or, if they tell another name, mark it for an officer. A
//! sealed identity that cannot be opened, or whose number does not belong to the token it came with,
//! will never become right: it is logged by its token and passed over, so that the feed goes on.

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, DatabaseTransaction, EntityTrait, IntoActiveModel,
};

use crate::{
    kit::{
        Error, Result, Services,
        citizen_id::CitizenId,
        clock::legal_day,
        events::Event,
        vault::{Identity, Sealed},
    },
    model::{
        person::{self, ActiveModel, Model},
        terms::{IdKind, IdentityStatus},
    },
    rules::{Merge, checked, merge, traits},
    service::columns::{Column, Columns},
};

/// Takes in one `IdentitySealed` event.
pub async fn take_in(services: &Services, tx: &DatabaseTransaction, event: &Event) -> Result<()> {
    let Some((id, identity)) = opened(services, event)? else {
        tracing::error!(
            token = event.key,
            "a sealed identity is not right and was passed over"
        );
        return Ok(());
    };
    let columns = Columns::load_or_create(tx, services).await?;
    match person::Entity::find_by_id(&event.key).one(tx).await? {
        None => insert(services, tx, &columns, event, &id, &identity).await,
        Some(row) => update(services, tx, &columns, row, &identity).await,
    }
}

/// The identity of an event, if it can be opened and belongs to its token.
fn opened(services: &Services, event: &Event) -> Result<Option<(CitizenId, Identity)>> {
    let vault = services
        .vault_keys
        .as_ref()
        .ok_or_else(|| Error::internal("this process cannot open the vault"))?;
    let sealed = event.body.get("sealed").and_then(|text| text.as_str());
    let Some(identity) = sealed
        .and_then(Sealed::from_text)
        .and_then(|sealed| vault.open.open(&sealed).ok())
    else {
        return Ok(None);
    };
    let id = checked(&identity, legal_day(event.at));
    Ok(id
        .filter(|id| services.tokenizer.token(id).as_str() == event.key)
        .map(|id| (id, identity)))
}

async fn insert(
    services: &Services,
    tx: &DatabaseTransaction,
    columns: &Columns,
    event: &Event,
    id: &CitizenId,
    identity: &Identity,
) -> Result<()> {
    let row = row(
        columns,
        &event.key,
        identity,
        id,
        IdentityStatus::Declared,
        services.clock.now(),
    )?;
    person::Entity::insert(row)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

async fn update(
    services: &Services,
    tx: &DatabaseTransaction,
    columns: &Columns,
    row: Model,
    identity: &Identity,
) -> Result<()> {
    let known = row
        .name
        .as_deref()
        .map(|name| columns.decrypt(Column::Name, &row.token, name))
        .transpose()?;
    let outcome = merge(
        row.status,
        known.as_ref().map(|name| name.as_str()),
        &identity.name,
    );
    let token = row.token.clone();
    let mut row: ActiveModel = row.into_active_model();
    match outcome {
        Merge::Keep => return Ok(()),
        Merge::FillName => {
            row.name = Set(Some(columns.encrypt(
                Column::Name,
                &token,
                &identity.name,
            )?));
        }
        Merge::Dispute => row.status = Set(IdentityStatus::Disputed),
    }
    row.updated_at = Set(services.clock.now());
    row.update(tx).await?;
    Ok(())
}

/// A row for a citizen, its identity encrypted.
pub(crate) fn row(
    columns: &Columns,
    token: &str,
    identity: &Identity,
    id: &CitizenId,
    status: IdentityStatus,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<ActiveModel> {
    let traits = traits(id);
    let name = if identity.name.is_empty() {
        None
    } else {
        Some(columns.encrypt(Column::Name, token, &identity.name)?)
    };
    Ok(ActiveModel {
        token: Set(token.to_owned()),
        id_number: Set(Some(columns.encrypt(
            Column::IdNumber,
            token,
            &identity.id_number,
        )?)),
        name: Set(name),
        sex: Set(traits.sex),
        birth_year: Set(Some(traits.birth_year)),
        id_kind: Set(IdKind::CitizenId),
        status: Set(status),
        alias_of: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
    })
}
