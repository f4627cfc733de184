//! Who may see which row. The gateway has cut by scope already; here the row itself is judged.

use async_graphql::Context;
use minzheng_kit::contract::scope;
use minzheng_kit::{Error, PrincipalExt, Result, divisions};
use uuid::Uuid;

use crate::model::funeral_case;

/// Whether an officer's division covers this one. An officer without a division works for the
/// whole province.
fn covers(ctx: &Context<'_>, division: Uuid) -> bool {
    match &ctx.principal().division {
        None => true,
        Some(code) => crate::service::scope::within(division, code),
    }
}

/// A case is for its applicant and for the officers of its division.
pub(super) fn case(ctx: &Context<'_>, case: &funeral_case::Model) -> Result<()> {
    let caller = ctx.principal();
    let own = caller.has_scope(scope::SELF) && caller.is_person(&case.applicant);
    let officer = caller.has_scope(scope::FUNERAL_CASE) && covers(ctx, case.division_id);
    if own || officer {
        Ok(())
    } else {
        Err(Error::Forbidden)
    }
}

/// Figures that are not public are for whoever holds the scope, officers for their own division.
pub(super) fn figures(ctx: &Context<'_>, division: Uuid) -> Result<()> {
    ctx.need(scope::STATISTICS_READ)?;
    if covers(ctx, division) {
        Ok(())
    } else {
        Err(Error::Forbidden)
    }
}

/// The hotline's tickets are for its operators, within their division.
pub(super) fn hotline(ctx: &Context<'_>, division: Uuid) -> Result<()> {
    ctx.need(scope::HOTLINE)?;
    if covers(ctx, division) {
        Ok(())
    } else {
        Err(Error::Forbidden)
    }
}

/// The division with an officer's code, for lists that are theirs without being asked for.
pub(super) fn own_division(ctx: &Context<'_>) -> Option<Uuid> {
    let code = ctx.principal().division.as_deref()?;
    divisions::dataset().by_code(code).map(|d| d.id)
}

/// An officer acts within their own division.
pub(super) fn officer_of(ctx: &Context<'_>, division: Uuid) -> Result<()> {
    if covers(ctx, division) {
        Ok(())
    } else {
        Err(Error::Forbidden)
    }
}
