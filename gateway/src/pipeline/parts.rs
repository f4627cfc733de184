//! A query's way through the gateway when its answer may be told in parts: the stages of any request, then
//! the first answer and what was deferred, one after the other.
//!
//! What cannot be told in parts (nothing is deferred, a refusal, a mutation) is a single answer.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use futures_util::stream::LocalBoxStream;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use tokio::sync::mpsc;

use super::subscription::Standing;
use super::{Answer, Pipeline, Prepared, Way, note_refused, refusals_at, refused};
use crate::cache::Cache;
use crate::execute::parts::Refusals;
use crate::execute::{Execution, Fetcher};
use crate::identity::Caller;
use crate::plan::Plan;
use crate::plan::deferred::MOST_DEFERRED;
use crate::request::GraphQlRequest;

/// Parts that may wait for the client: all of them, and the first and the last word. Whoever takes them slowly does not
/// keep the fetches of their own request from being read, which would look as if the subgraphs were slow.
const WAITING: usize = MOST_DEFERRED + 2;

/// What a request comes to whose client takes parts.
pub enum Parted {
    /// One answer.
    Answer(Answer),
    /// The parts, each a JSON object.
    Parts(Parts),
}

/// The parts of an answer, until the last.
pub type Parts = LocalBoxStream<'static, Bytes>;

impl Pipeline {
    /// Answers a query whose client takes parts, by any way to the subgraphs: one answer, or none after
    /// all parts were handed over.
    pub async fn handle_in_parts<F: Fetcher>(
        &self,
        request: &GraphQlRequest,
        caller: &Caller,
        fetcher: &F,
        cache: &Cache,
        deadline: Instant,
        parts: &mpsc::Sender<Bytes>,
    ) -> Option<Answer> {
        let way = Way::Parts { queries: true };
        let prepared = match self.prepare(request, caller, way).await {
            Ok(prepared) => prepared,
            Err(errors) => return Some(refused(errors, caller)),
        };
        if prepared.plan.deferred.is_empty() {
            let answer = self.handle(request, caller, fetcher, cache, deadline, true);
            return Some(answer.await);
        }
        prepared.tell(caller, fetcher, cache, deadline, parts).await;
        None
    }
}

impl Prepared {
    /// Hands over all parts.
    async fn tell<F: Fetcher>(
        &self,
        caller: &Caller,
        fetcher: &F,
        cache: &Cache,
        deadline: Instant,
        parts: &mpsc::Sender<Bytes>,
    ) {
        let plan = &self.plan;
        // All at once, whatever part would have told of it, and whether or not the client takes that part.
        if !plan.refused.is_empty() {
            let (log, fields) = (self.log.as_deref(), plan.refused.clone());
            note_refused(log, caller, &self.digest, &plan.operation, fields);
        }
        let execution = Execution {
            cuts_noted: true,
            ..self.execution(caller, fetcher, cache, deadline)
        };
        let refusals = refusals_of(plan, caller);
        execution.run_in_parts(refusals, parts).await;
    }
}

/// The refusals that are told with each part.
fn refusals_of(plan: &Plan, caller: &Caller) -> Refusals {
    let later = plan.deferred.iter();
    Refusals {
        first: refusals_at(&plan.cuts, caller),
        later: later.map(|part| refusals_at(&part.cuts, caller)).collect(),
    }
}

/// Answers a request whose client takes parts.
pub(crate) async fn answer(
    pipeline: Arc<Pipeline>,
    request: GraphQlRequest,
    caller: Caller,
    standing: Standing,
) -> Parted {
    let deadline = Instant::now() + standing.deadline;
    let way = Way::Parts {
        queries: standing.queries_only,
    };
    let prepared = match pipeline.prepare(&request, &caller, way).await {
        Ok(prepared) => prepared,
        Err(errors) => return Parted::Answer(refused(errors, &caller)),
    };
    let Standing {
        transport, cache, ..
    } = standing;
    if prepared.plan.deferred.is_empty() {
        let queries = standing.queries_only;
        let answer = pipeline.handle(&request, &caller, &transport, &cache, deadline, queries);
        return Parted::Answer(answer.await);
    }
    let (sender, receiver) = mpsc::channel(WAITING);
    let work = async move {
        prepared
            .tell(&caller, &transport, &cache, deadline, &sender)
            .await;
    };
    let taken = stream::unfold(receiver, |mut receiver| async move {
        let part = receiver.recv().await?;
        Some((part, receiver))
    });
    // The work goes on as the parts are taken, and ends when nobody takes them any more.
    let working = work.into_stream().filter_map(|()| async { None });
    Parted::Parts(stream::select(taken, working).boxed_local())
}
