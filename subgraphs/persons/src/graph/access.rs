//! Who may judge identities: officers with a division of their own.

use async_graphql::Context;

use crate::{
    kit::{Error, PrincipalExt, Result, Role, contract::scope},
    service::cases::Officer,
};

/// The officer of a request who may judge identities.
///
/// # Errors
/// [`Error::Forbidden`] for any other role, and for an officer's token that names no officer or no
/// division.
pub(super) fn judge(ctx: &Context<'_>) -> Result<Officer> {
    ctx.need(scope::PERSON_JUDGE)?;
    let who = ctx.principal();
    match (who.role, &who.subject, &who.division) {
        (Role::Registrar | Role::Supervisor, Some(subject), Some(division)) => Ok(Officer {
            name: format!("{}:{subject}", who.role.as_str()),
            person: who.person.clone(),
            division: division.clone(),
        }),
        _ => Err(Error::Forbidden),
    }
}
