//! Who may see or do what with which row. The gateway has cut by scope already; here the row itself
//! is judged, for a subgraph reached directly must be just as safe.

use crate::kit::contract::scope;
use crate::kit::{Error, Principal, PrincipalExt, Result};
use crate::model::registry;
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

/// A person's marital records are for that person and for officers of marriage registration.
pub fn person(ctx: &Context<'_>, token: &str) -> Result<View> {
    let caller = ctx.principal();
    if caller.has_scope(scope::SELF) && caller.is_person(token) {
        Ok(View::Own)
    } else if caller.has_scope(scope::MARRIAGE_CASE) {
        Ok(View::Officer)
    } else {
        Err(Error::Forbidden)
    }
}

/// Whether the caller is an officer who works at this registry, or whose division it lies in. An
/// officer without either works for the whole province.
#[must_use]
pub fn works_at(caller: &Principal, row: &registry::Model) -> bool {
    if !caller.has_scope(scope::MARRIAGE_CASE) {
        return false;
    }
    match (&caller.registry, &caller.division) {
        (Some(own), _) => crate::kit::id::parse(own) == Some(row.id),
        (None, Some(_)) => caller.oversees(&row.county_code),
        (None, None) => true,
    }
}

/// Figures that are not public are for whoever holds the scope; an officer with a division sees
/// that division and what lies below.
pub fn figures(ctx: &Context<'_>, division: Uuid) -> Result<()> {
    ctx.need(scope::STATISTICS_READ)?;
    let caller = ctx.principal();
    let inside = caller.division.is_none()
        || crate::kit::divisions::dataset()
            .by_id(&division)
            .is_some_and(|division| caller.oversees(&division.code));
    if inside {
        Ok(())
    } else {
        Err(Error::Forbidden)
    }
}
