//! Who may see which row. The gateway has cut by scope already; here the row itself is judged, by the
//! same rules that the use cases judge by ([`authority`]).

use async_graphql::Context;
use minzheng_kit::contract::scope;
use minzheng_kit::{Error, PrincipalExt, Result, Role};
use uuid::Uuid;

use crate::model::funeral_case;
use crate::service::authority;

/// Whether the caller's own division covers this one.
pub(super) fn covers(ctx: &Context<'_>, division: Uuid) -> bool {
    authority::covers(ctx.principal(), &ctx.services().province, division)
}

/// A case is for its applicant and for the officers of its division.
pub(super) fn case(ctx: &Context<'_>, case: &funeral_case::Model) -> Result<()> {
    authority::case(ctx.principal(), &ctx.services().province, case)
}

/// A case that was looked up by its identity, for whoever may see it. An officer is told of one of elsewhere what they
/// are told of one that is not there: nothing (D.6, 54 and 55); whoever is no officer is refused either way.
pub(super) fn visible_case(
    ctx: &Context<'_>,
    found: Option<funeral_case::Model>,
) -> Result<Option<funeral_case::Model>> {
    match found {
        Some(row) if case(ctx, &row).is_ok() => Ok(Some(row)),
        _ => ctx.need(scope::FUNERAL_CASE).map(|()| None),
    }
}

/// Figures that are not public are for whoever holds the scope, officers for their own division.
pub(super) fn figures(ctx: &Context<'_>, division: Uuid) -> Result<()> {
    officer(ctx, scope::STATISTICS_READ, division)
}

/// The hotline's tickets are for its operators, within their division.
pub(super) fn hotline(ctx: &Context<'_>, division: Uuid) -> Result<()> {
    officer(ctx, scope::HOTLINE, division)
}

/// Refuses whoever is no officer of this division with this scope.
pub(super) fn officer(ctx: &Context<'_>, needs: &str, division: Uuid) -> Result<()> {
    authority::officer(ctx.principal(), &ctx.services().province, needs, division)
}

/// Where single illegal graves lie is for the officers and supervisors of the division; displays of figures
/// get figures only.
pub(super) fn positions(ctx: &Context<'_>, division: Uuid) -> Result<()> {
    sees_positions(ctx)?;
    if covers(ctx, division) {
        Ok(())
    } else {
        Err(Error::Forbidden)
    }
}

/// Where single illegal graves lie is told to officers and supervisors; the rows are cut to their division.
pub(super) fn sees_positions(ctx: &Context<'_>) -> Result<()> {
    let caller = ctx.principal();
    let role = matches!(caller.role, Role::Registrar | Role::Supervisor);
    let holds = caller.has_scope(scope::FUNERAL_CASE) || caller.has_scope(scope::STATISTICS_READ);
    if role && holds {
        Ok(())
    } else {
        Err(Error::Forbidden)
    }
}

/// The division with an officer's code, for lists that are theirs without being asked for.
pub(super) fn own_division(ctx: &Context<'_>) -> Result<Uuid> {
    let caller = ctx.principal();
    let code = caller.division.as_deref().ok_or(Error::Forbidden)?;
    let own = caller.divisions.by_code(code).map(|d| d.id);
    own.ok_or(Error::Forbidden)
}
