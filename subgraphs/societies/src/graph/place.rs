//! What this subgraph adds to `Place`, which places owns: the organizations with their domicile there.

use super::division::{after_code, connection, pages};
use super::organization::Organization;
use crate::service::page;
use async_graphql::{Context, ID, Object};
use kit::batch::Siblings;
use kit::federation::directives::*;
use kit::page::{Page, PageArgs};
use kit::{PrincipalExt, Result};
use minzheng_kit as kit;
use std::sync::Arc;
use uuid::Uuid;

/// A place with a standard name (地名).
#[derive(Clone)]
pub struct Place {
    id: Uuid,
    siblings: Arc<Siblings<Uuid>>,
}

impl Place {
    /// One of several places that are resolved together.
    #[must_use]
    pub fn new(id: Uuid, siblings: Arc<Siblings<Uuid>>) -> Self {
        Self { id, siblings }
    }
}

/// A place with a standard name, by its stable id (地名).
#[Object(directive = key::apply("id".into(), None))]
impl Place {
    /// The place's stable id (标识).
    async fn id(&self) -> ID {
        ID(self.id.to_string())
    }

    /// Living organizations with their domicile at this place, in order of their codes; null on failure (驻此社会组织).
    #[graphql(
        directive = cache_control::apply(Some(300), Some(CacheScope::Public)),
        directive = list_size::apply(Some(50), Some(vec!["first".into()]))
    )]
    async fn organizations_at(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 50 when it is left out, 500 at most (条数).")] first: Option<
            i32,
        >,
        #[graphql(desc = "Behind this cursor (游标).")] after: Option<String>,
    ) -> Option<Result<Page<Organization>>> {
        let args = PageArgs::forward(first, after);
        let load = async {
            let (size, _) = args.size()?;
            let after = after_code(&args)?;
            let arguments = format!("{size}/{after:?}");
            let from = after.as_deref();
            let load = |ids: Arc<[Uuid]>| async move {
                let codes =
                    page::at_places(ctx.services().db.read(), &ids, from, size as u64 + 1).await?;
                pages(ctx, codes, size).await
            };
            let loaded = self
                .siblings
                .load(&self.id, "organizationsAt", &arguments, load)
                .await?;
            Ok(connection(loaded, after.is_some()))
        };
        Some(load.await)
    }
}
