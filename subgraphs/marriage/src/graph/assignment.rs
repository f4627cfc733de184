//! Registries of a county that was divided or has ended, and where they go on.

use super::act::{id, officer};
use super::bureau::{MarriageRegistryPayload, registry_changed, shown};
use crate::kit::federation::directives::*;
use crate::service::moves;
use async_graphql::{Context, ID, InputObject, Object};

/// A registry and the county where it goes on (指定登记机关承接区划).
#[derive(InputObject)]
pub struct AssignRegistryInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The registry (登记机关).
    pub registry: ID,
    /// The county where it goes on: one of those that its own became; where nothing followed, one of what it lay in (承接的县级行政区划).
    pub county: ID,
    /// The version at which the registry was read; null judges by what it is now (版本).
    pub version: Option<i64>,
}

/// Where a registry goes on whose county was divided or has ended.
#[derive(Clone, Copy, Debug, Default)]
pub struct AssignmentMutation;

/// Where a registry goes on whose county was divided or has ended.
#[Object]
impl AssignmentMutation {
    /// Decides in which county a registry goes on whose own was divided or has ended; until then it certifies nothing; for an officer above all successors (指定登记机关承接区划).
    #[graphql(directive = requires_scopes::apply(vec![vec!["marriage.case".into()]]), directive = cache_invalidate::apply(registry_changed()))]
    async fn assign_registry(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The registry and its county (输入).")] input: AssignRegistryInput,
    ) -> async_graphql::Result<MarriageRegistryPayload> {
        let read = || {
            Ok(moves::Assign {
                registry: id(&input.registry, "registry")?,
                version: input.version,
                county: id(&input.county, "county")?,
            })
        };
        let outcome = officer(ctx, &input.request_key, read(), |a, w| {
            Box::pin(moves::assign(a, w))
        })
        .await?;
        shown(ctx, outcome).await
    }
}
