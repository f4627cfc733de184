//! Showing a number and a name in full: the reading is written down first, then shown.

use sea_orm::{ActiveValue::Set, EntityTrait};
use zeroize::Zeroizing;

use crate::{
    kit::{Error, Principal, Result, Role, Services, id, mutation::Actor, seal::SealedColumn},
    model::{person::Model, reveal},
    rules::reveal::{Asking, may_reveal},
    service::{cases, columns},
};

/// A number and a name, wiped when dropped.
pub struct Full {
    /// The number; `None` when the vault has none.
    pub id_number: Option<Zeroizing<String>>,
    /// The name; `None` when it was never told.
    pub name: Option<Zeroizing<String>>,
}

impl std::fmt::Debug for Full {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Full(***)")
    }
}

/// Shows a person in full to somebody who may see them and says why.
///
/// # Errors
/// [`Error::Forbidden`] for whoever may not ask, a refusal where a purpose or reason is missing.
pub async fn reveal(
    services: &Services,
    principal: &Principal,
    row: &Model,
    reason: &str,
) -> Result<Full> {
    let approved = match (principal.role, &principal.subject) {
        (Role::Supervisor, Some(subject)) => {
            let officer = format!("{}:{subject}", principal.role.as_str());
            let now = services.clock.now();
            cases::may_read(services.db.read(), &officer, row, now).await?
        }
        _ => false,
    };
    let allowed = may_reveal(Asking {
        role: principal.role,
        own: principal.is_person(&row.token)
            || row
                .alias_of
                .as_deref()
                .is_some_and(|main| principal.is_person(main)),
        purpose: principal.purpose.as_deref(),
        case: principal.case.as_deref(),
        reason,
        approved,
    })?;
    if !allowed {
        return Err(Error::Forbidden);
    }
    let (token, reason) = (row.token.clone(), reason.trim().to_owned());
    let columns = Actor::new(services, principal)
        .write((token, reason), |act, (token, reason)| {
            Box::pin(async move {
                let columns = act.services.columns.load(act.tx).await?;
                let id = id::new();
                let note = reveal::ActiveModel {
                    id: Set(id),
                    token: Set(token.clone()),
                    at: Set(act.now()),
                    actor_role: Set(act.actor.role.as_str().to_owned()),
                    actor: Set(act.actor.subject.clone()),
                    purpose: Set(act.actor.purpose.clone()),
                    case_id: Set(act.actor.case.clone()),
                    reason: Set(columns.encrypt(
                        &columns::REVEAL_REASON,
                        &id.to_string(),
                        reason,
                    )?),
                };
                reveal::Entity::insert(note)
                    .exec_without_returning(act.tx)
                    .await?;
                Ok(columns)
            })
        })
        .await?;
    let open = |column: &SealedColumn, value: &Option<Vec<u8>>| {
        value
            .as_deref()
            .map(|value| columns.decrypt(column, &row.token, value))
            .transpose()
    };
    Ok(Full {
        id_number: open(&columns::ID_NUMBER, &row.id_number)?,
        name: open(&columns::NAME, &row.name)?,
    })
}
