//! Signs of names, and offences against names.

use async_graphql::{Context, Object};
use minzheng_kit::{PrincipalExt, Result, federation::directives::*};

use super::perform;
use crate::{
    graph::{
        payloads::{NameOffencePayload, Payload, SignpostPayload},
        sign::{NameOffence, Signpost},
    },
    service::{
        sign_requests::{RecordNameOffenceInput, RecordSignpostInput},
        signs,
    },
};

/// The changes of signs.
#[derive(Default)]
pub(super) struct SignChanges;

#[Object]
impl SignChanges {
    /// Records a sign of a place name, or how a known one was found (登记地名标志).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["places.write".into()]]),
        directive = cache_invalidate::apply(vec!["Place".into()])
    )]
    async fn record_signpost(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be done (办理事项).")] input: RecordSignpostInput,
    ) -> Result<SignpostPayload> {
        let done = perform(ctx, "recordSignpost", &input, |tx, act, input| {
            Box::pin(signs::record(tx, act, input))
        });
        let shown = match done.await {
            Ok(id) => Ok(Signpost(signs::one(ctx.services().db.read(), id).await?)),
            Err(error) => Err(error),
        };
        SignpostPayload::of(shown)
    }

    /// Records what was decided on an offence against the rules on names (登记地名违法行为处理).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["places.write".into()]]),
        directive = cache_invalidate::apply(vec!["Place".into()])
    )]
    async fn record_name_offence(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be done (办理事项).")] input: RecordNameOffenceInput,
    ) -> Result<NameOffencePayload> {
        let done = perform(ctx, "recordNameOffence", &input, |tx, act, input| {
            Box::pin(signs::offence(tx, act, input))
        });
        let shown = match done.await {
            Ok(id) => Ok(NameOffence(
                signs::one_offence(ctx.services().db.read(), id).await?,
            )),
            Err(error) => Err(error),
        };
        NameOffencePayload::of(shown)
    }
}
