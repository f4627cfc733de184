//! Divisions: carrying out or announcing a change.

use async_graphql::{Context, Object};
use minzheng_kit::{Error, PrincipalExt, Result, federation::directives::*};

use super::perform;
use crate::{
    graph::{
        change::DivisionChange,
        payloads::{DivisionChangePayload, Payload},
    },
    service::{division_change, division_requests::ApplyDivisionChangeInput},
};

/// The changes of divisions.
#[derive(Default)]
pub(super) struct DivisionChanges;

#[Object]
impl DivisionChanges {
    /// Carries out an approved change of divisions, or announces it ahead: new versions, lineage and codes, from its day on; by a supervisor of the area above all that change (实施行政区划变更).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["places.write".into()]]),
        directive = cache_invalidate::apply(vec!["Division".into(), "Place".into()])
    )]
    async fn apply_division_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be done (办理事项).")] input: ApplyDivisionChangeInput,
    ) -> Result<DivisionChangePayload> {
        let done = perform(ctx, "applyDivisionChange", &input, |tx, act, input| {
            Box::pin(division_change::apply(tx, act, input))
        });
        let shown = match done.await {
            Ok(id) => division_change::one(ctx.services().db.read(), id)
                .await?
                .into_iter()
                .flat_map(|row| DivisionChange::all(vec![row]))
                .next()
                .ok_or(Error::NotFound),
            Err(error) => Err(error),
        };
        DivisionChangePayload::of(shown)
    }
}
