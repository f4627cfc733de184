//! Geometry: proposing and committing shapes, putting places on the map.

use async_graphql::{Context, Object};
use minzheng_kit::{Error, PrincipalExt, Result, federation::directives::*};
use uuid::Uuid;

use super::perform;
use crate::{
    graph::{
        payloads::{GeometryPayload, Payload, PlacePayload},
        place::Place,
        shape::Shape,
    },
    service::{
        shape_changes,
        shape_requests::{CommitGeometryInput, PlaceOnMapInput, ProposeGeometryInput},
        shapes,
    },
};

/// The changes of geometry.
#[derive(Default)]
pub(super) struct ShapeChanges;

async fn shown(ctx: &Context<'_>, done: Result<Uuid>) -> Result<GeometryPayload> {
    let shape = match done {
        Ok(id) => shapes::one(ctx.services().db.read(), id)
            .await?
            .ok_or(Error::NotFound)
            .and_then(Shape::full),
        Err(error) => Err(error),
    };
    GeometryPayload::of(shape)
}

#[Object]
impl ShapeChanges {
    /// Proposes a version of the shape of a division, place or boundary line; it is checked and not yet in use (提出图形版本).
    #[graphql(directive = requires_scopes::apply(vec![vec!["places.write".into()]]))]
    async fn propose_geometry(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be done (办理事项).")] input: ProposeGeometryInput,
    ) -> Result<GeometryPayload> {
        let done = perform(ctx, "proposeGeometry", &input, |tx, act, input| {
            Box::pin(shape_changes::propose(tx, act, input))
        });
        shown(ctx, done.await).await
    }

    /// Puts a proposed shape into use, by a supervisor, unless another version was put into use since it was drawn (启用图形版本).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["places.write".into()]]),
        directive = cache_invalidate::apply(vec!["Division".into(), "Place".into()])
    )]
    async fn commit_geometry(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be done (办理事项).")] input: CommitGeometryInput,
    ) -> Result<GeometryPayload> {
        let done = perform(ctx, "commitGeometry", &input, |tx, act, input| {
            Box::pin(shape_changes::commit(tx, act, input))
        });
        shown(ctx, done.await).await
    }

    /// Puts a place on the map: its point must lie in the division that it claims (空间落图).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["places.write".into()]]),
        directive = cache_invalidate::apply(vec!["Place".into()])
    )]
    async fn place_on_map(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be done (办理事项).")] input: PlaceOnMapInput,
    ) -> Result<PlacePayload> {
        let done = perform(ctx, "placeOnMap", &input, |tx, act, input| {
            Box::pin(shape_changes::place_on_map(tx, act, input))
        });
        PlacePayload::of(done.await.map(Place::one))
    }
}
