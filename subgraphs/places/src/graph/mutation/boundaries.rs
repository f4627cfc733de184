//! Boundary lines: joint inspections and markers.

use async_graphql::{Context, Object};
use minzheng_kit::{Error, PrincipalExt, Result, federation::directives::*};
use uuid::Uuid;

use super::perform;
use crate::{
    graph::{
        boundary::{JointInspection, Marker, MarkerAct},
        payloads::{JointInspectionPayload, MarkerActPayload, MarkerPayload, Payload},
    },
    service::{
        boundaries,
        boundary_requests::{
            AgreeMarkerActInput, JointInspectionStepInput, ProposeMarkerActInput,
            RecordInspectionFindingsInput, RecordMarkerInput, ScheduleInspectionInput,
            SignInspectionInput,
        },
        inspections, markers,
    },
};

/// The changes of boundaries.
#[derive(Default)]
pub(super) struct BoundaryChanges;

async fn inspection(ctx: &Context<'_>, done: Result<Uuid>) -> Result<JointInspectionPayload> {
    let shown = match done {
        Ok(id) => boundaries::inspection(ctx.services().db.read(), id)
            .await?
            .map(JointInspection::from)
            .ok_or(Error::NotFound),
        Err(error) => Err(error),
    };
    JointInspectionPayload::of(shown)
}

async fn marker(ctx: &Context<'_>, done: Result<Uuid>) -> Result<MarkerPayload> {
    let shown = match done {
        Ok(id) => boundaries::marker(ctx.services().db.read(), id)
            .await?
            .into_iter()
            .flat_map(|row| Marker::all(vec![row]))
            .next()
            .ok_or(Error::NotFound),
        Err(error) => Err(error),
    };
    MarkerPayload::of(shown)
}

async fn act(ctx: &Context<'_>, done: Result<Uuid>) -> Result<MarkerActPayload> {
    let shown = match done {
        Ok(id) => boundaries::marker_act(ctx.services().db.read(), id)
            .await?
            .into_iter()
            .flat_map(|row| MarkerAct::all(vec![row]))
            .next()
            .ok_or(Error::NotFound),
        Err(error) => Err(error),
    };
    MarkerActPayload::of(shown)
}

#[Object]
impl BoundaryChanges {
    /// Schedules a joint inspection of a line, or at once of a stretch that an event has changed (安排界线联检).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["places.write".into()]]),
        directive = cache_invalidate::apply(vec!["Division".into()])
    )]
    async fn schedule_inspection(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be done (办理事项).")] input: ScheduleInspectionInput,
    ) -> Result<JointInspectionPayload> {
        let done = perform(ctx, "scheduleInspection", &input, |tx, act, input| {
            Box::pin(inspections::schedule(tx, act, input))
        });
        inspection(ctx, done.await).await
    }

    /// Records what a joint inspection found, before the sides sign (登记联检情况).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["places.write".into()]]),
        directive = cache_invalidate::apply(vec!["Division".into()])
    )]
    async fn record_inspection_findings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be done (办理事项).")] input: RecordInspectionFindingsInput,
    ) -> Result<JointInspectionPayload> {
        let done = perform(ctx, "recordInspectionFindings", &input, |tx, act, input| {
            Box::pin(inspections::record_findings(tx, act, input))
        });
        inspection(ctx, done.await).await
    }

    /// Signs a joint inspection for one side, by an officer of that side; nobody signs for both (联检签字).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["places.write".into()]]),
        directive = cache_invalidate::apply(vec!["Division".into()])
    )]
    async fn sign_inspection(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be done (办理事项).")] input: SignInspectionInput,
    ) -> Result<JointInspectionPayload> {
        let done = perform(ctx, "signInspection", &input, |tx, act, input| {
            Box::pin(inspections::sign(tx, act, input))
        });
        inspection(ctx, done.await).await
    }

    /// Closes a joint inspection that both sides have signed (办结联检).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["places.write".into()]]),
        directive = cache_invalidate::apply(vec!["Division".into()])
    )]
    async fn close_inspection(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be done (办理事项).")] input: JointInspectionStepInput,
    ) -> Result<JointInspectionPayload> {
        let done = perform(ctx, "closeInspection", &input, |tx, act, input| {
            Box::pin(inspections::close(tx, act, input))
        });
        inspection(ctx, done.await).await
    }

    /// Files the result of a closed joint inspection with the body that approved the line (联检成果备案).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["places.write".into()]]),
        directive = cache_invalidate::apply(vec!["Division".into()])
    )]
    async fn file_inspection(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be done (办理事项).")] input: JointInspectionStepInput,
    ) -> Result<JointInspectionPayload> {
        let done = perform(ctx, "fileInspection", &input, |tx, act, input| {
            Box::pin(inspections::file(tx, act, input))
        });
        inspection(ctx, done.await).await
    }

    /// Records a new marker, or how a known one was found, which is as it was or worse; it is neither moved nor mended by this, nor does another side keep it (登记界桩).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["places.write".into()]]),
        directive = cache_invalidate::apply(vec!["Division".into()])
    )]
    async fn record_marker(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be done (办理事项).")] input: RecordMarkerInput,
    ) -> Result<MarkerPayload> {
        let done = perform(ctx, "recordMarker", &input, |tx, act, input| {
            Box::pin(markers::record_marker(tx, act, input))
        });
        marker(ctx, done.await).await
    }

    /// Proposes to move a marker on the ground of a survey, to mend it by its keeper, or that another side keeps it; the other side's word makes it effective (提出移动、修复界桩或者变更管理方).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["places.write".into()]]),
        directive = cache_invalidate::apply(vec!["Division".into()])
    )]
    async fn propose_marker_act(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be done (办理事项).")] input: ProposeMarkerActInput,
    ) -> Result<MarkerActPayload> {
        let done = perform(ctx, "proposeMarkerAct", &input, |tx, act, input| {
            Box::pin(markers::propose(tx, act, input))
        });
        act(ctx, done.await).await
    }

    /// The other side agrees to a move or a change of keeper, or was present at a mending, by another person than the first; then it takes effect (同意移动、修复界桩或者变更管理方).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["places.write".into()]]),
        directive = cache_invalidate::apply(vec!["Division".into()])
    )]
    async fn agree_marker_act(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be done (办理事项).")] input: AgreeMarkerActInput,
    ) -> Result<MarkerPayload> {
        let done = perform(ctx, "agreeMarkerAct", &input, |tx, act, input| {
            Box::pin(markers::agree(tx, act, input))
        });
        marker(ctx, done.await).await
    }
}
