//! Who may see or do what with which row. The gateway has cut by scope already; here the row itself
//! is judged, for a subgraph reached directly must be just as safe.

use crate::kit::contract::scope;
use crate::kit::{Error, PrincipalExt, Result};
use crate::service::matters;
use async_graphql::Context;
use uuid::Uuid;

/// How much of a person's marital records the caller sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// One's own: everything.
    Own,
    /// An officer with a case: numbers of papers are masked.
    Officer,
}

/// A person's marital records are for that person and for officers of marriage registration who work
/// somewhere; for these only with an open matter, which [`matters`] knows of.
pub fn person(ctx: &Context<'_>, token: &str) -> Result<View> {
    let caller = ctx.principal();
    if caller.has_scope(scope::SELF) && caller.is_person(token) {
        Ok(View::Own)
    } else if caller.has_scope(scope::MARRIAGE_CASE)
        && (caller.registry.is_some() || caller.division.is_some())
    {
        Ok(View::Officer)
    } else {
        Err(Error::Forbidden)
    }
}

/// Refuses an officer who has no open matter with one of these persons: all must be readable.
pub async fn matter_with(ctx: &Context<'_>, persons: &[String]) -> Result<()> {
    let (services, caller) = (ctx.services(), ctx.principal());
    let open = match persons {
        [one, other] => matters::open_for_all(services, caller, &[one, other]).await?,
        _ => {
            let readable = matters::readable(services, caller, persons).await?;
            persons.iter().all(|person| readable.contains(person))
        }
    };
    if open { Ok(()) } else { Err(Error::Forbidden) }
}

pub use crate::service::act::works_at;

/// Figures that are not public are for whoever holds the scope; an officer sees their own division and what
/// lies below, and one without a division nothing.
pub fn figures(ctx: &Context<'_>, division: Uuid) -> Result<()> {
    ctx.need(scope::STATISTICS_READ)?;
    let caller = ctx.principal();
    let inside = caller
        .divisions
        .answers_for(&division)
        .is_some_and(|division| caller.sees_figures_of(&division.code));
    if inside {
        Ok(())
    } else {
        Err(Error::Forbidden)
    }
}

/// The registry, for its officers.
pub async fn office(ctx: &Context<'_>, id: Uuid) -> Result<crate::model::registry::Model> {
    let row = crate::service::registries::by_id(ctx.services().db.read(), id).await?;
    if works_at(ctx.principal(), &row) {
        Ok(row)
    } else {
        Err(Error::Forbidden)
    }
}

/// Whether the caller keeps the records of a division himself, so that no count tells him more: an
/// officer of marriage registration whose division it is or lies in.
#[must_use]
pub fn keeps_records(ctx: &Context<'_>, division: Uuid) -> bool {
    let caller = ctx.principal();
    caller.has_scope(scope::MARRIAGE_CASE) && caller.works_in(&division)
}

/// The registry, for its officers and for the supervisor of its division.
pub async fn reviewed_office(ctx: &Context<'_>, id: Uuid) -> Result<Uuid> {
    let row = crate::service::registries::by_id(ctx.services().db.read(), id).await?;
    if crate::service::act::may_review(ctx.principal(), &row) {
        Ok(id)
    } else {
        Err(Error::Forbidden)
    }
}
