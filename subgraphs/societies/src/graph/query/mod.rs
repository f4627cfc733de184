//! The questions that begin here, by what they are about.

pub mod credit;
pub mod permits;
pub mod register;

use async_graphql::{ID, MergedObject};
use kit::{Error, PrincipalExt, Result, Role, UserError};
use minzheng_kit as kit;
use uuid::Uuid;

/// The entrances of this subgraph (查询入口).
#[derive(MergedObject, Clone, Copy, Debug, Default)]
pub struct Query(register::Register, permits::Permits, credit::Credit);

/// The division that an argument names.
pub(super) fn division(id: &ID) -> Result<Uuid> {
    kit::id::parse(id).ok_or_else(|| {
        UserError::new(
            "BAD_ID",
            "This is not the id of a division.",
            "行政区划标识不正确。",
        )
        .field(&["division"])
        .into()
    })
}

/// The division that an argument names, for its officers and those of the divisions above.
pub(super) fn own_division(ctx: &async_graphql::Context<'_>, id: &ID) -> Result<Uuid> {
    let id = division(id)?;
    let caller = ctx.principal();
    let officer = matches!(caller.role, Role::Registrar | Role::Supervisor);
    if officer && caller.works_in(&id) {
        return Ok(id);
    }
    Err(Error::Forbidden)
}
