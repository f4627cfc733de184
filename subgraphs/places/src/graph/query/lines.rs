//! Boundary lines.

use async_graphql::{Context, ID, Object};
use minzheng_kit::{PrincipalExt, Result, federation::directives::*};

use super::known;
use crate::{graph::boundary::BoundaryLine, service::boundaries};

/// The entrances to boundary lines.
#[derive(Default)]
pub(super) struct Lines;

#[Object]
impl Lines {
    /// A boundary line by its identity; null when there is none (界线).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn boundary_line(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its identity (标识).")] id: ID,
    ) -> Result<Option<BoundaryLine>> {
        let row = boundaries::one(ctx.services().db.read(), known(&id, &["id"])?).await?;
        Ok(row
            .into_iter()
            .flat_map(|row| BoundaryLine::all(vec![row]))
            .next())
    }
}
