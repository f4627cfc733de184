//! What may be changed, by subject: names, divisions, boundaries, geometry.
//!
//! Every change needs the scope `places.write` and lies in the officer's own area, which the service checks
//! on the row; what the law or the form refuses is told in the payload.

mod boundaries;
mod divisions;
mod names;
mod shapes;
mod signs;

use async_graphql::{Context, MergedObject};
use minzheng_kit::{PrincipalExt, Result};
use serde::{Serialize, de::DeserializeOwned};

use crate::service::act::{self, Request, Work};

/// The changes of the place-name subsystem.
#[derive(MergedObject, Default)]
pub(crate) struct Mutation(
    names::NameChanges,
    divisions::DivisionChanges,
    boundaries::BoundaryChanges,
    shapes::ShapeChanges,
    signs::SignChanges,
);

/// The scope of place-name officers.
const WRITE: &str = "places.write";

/// Runs a change for an officer.
async fn perform<I, T>(
    ctx: &Context<'_>,
    operation: &'static str,
    request: &I,
    work: Work<I, T>,
) -> Result<T>
where
    I: Request,
    T: Serialize + DeserializeOwned + Send + 'static,
{
    ctx.need(WRITE)?;
    act::perform(ctx.services(), ctx.principal(), operation, request, work).await
}
