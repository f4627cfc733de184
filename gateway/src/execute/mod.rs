//! Running a plan: fetches that start when their own inputs are there, answers read once and merged
//! by slots, the client's answer written into one buffer.
//!
//! One request runs on one thread and owns its memory ([`arena`]); only the calls to subgraphs are
//! concurrent. A fetch that fails, or whose answer is malformed, leaves its own part null and an error
//! at each value the client misses; everything else goes on.

pub mod answer;
pub mod arena;
pub mod blame;
mod cached;
pub mod direct;
mod disclose;
pub mod errors;
pub mod json;
pub mod merge;
pub mod project;
pub mod represent;

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use smallvec::SmallVec;
use tracing::Instrument as _;

use crate::cache::Cache;
use crate::error::{ErrorCode, GraphQlError, PathSegment};
use crate::identity::Caller;
use crate::operation::Variables;
use crate::plan::{FetchId, Plan, PlannedFetch, Target};
use crate::record::{Decision, Draft, Recorder};
use crate::supergraph::Supergraph;
use crate::transport::{FetchRequest, Transport, TransportError};
use arena::{Arena, Node, Object};
use blame::Blame;
use represent::Representations;

/// A way to the subgraphs. [`Transport`] is the real one.
pub trait Fetcher {
    /// Calls a subgraph: the body of its answer.
    fn fetch(
        &self,
        request: FetchRequest<'_>,
    ) -> impl Future<Output = Result<Bytes, TransportError>>;
}

impl Fetcher for Transport {
    async fn fetch(&self, request: FetchRequest<'_>) -> Result<Bytes, TransportError> {
        Transport::fetch(self, request).await
    }
}

/// All that a plan is run with.
pub struct Execution<'a, F> {
    /// The schema the plan was made for.
    pub supergraph: &'a Supergraph,
    /// Names the schema's content in keys of the cache.
    pub schema_id: &'a [u8],
    /// The plan.
    pub plan: &'a Plan,
    /// The variables.
    pub variables: &'a Variables,
    /// For whom.
    pub caller: &'a Caller,
    /// The way to the subgraphs.
    pub fetcher: &'a F,
    /// The cache of what is public.
    pub cache: &'a Cache,
    /// Where it is written who saw whose personal data; without it none is given.
    pub log: Option<&'a Recorder>,
    /// How that log names the document.
    pub document: &'a Arc<str>,
    /// What the gateway cut is recorded already: a subscription says it once, not with each event.
    pub cuts_noted: bool,
    /// When the answer is of no more use.
    pub deadline: Instant,
}

/// A complete answer.
#[derive(Debug)]
pub struct Executed {
    /// `{"data":…}`, with `errors` if there are any.
    pub body: Bytes,
    /// The number of errors.
    pub errors: usize,
}

impl<F: Fetcher> Execution<'_, F> {
    /// Runs the plan. `errors` are those known beforehand.
    pub async fn run(&self, mut errors: Vec<GraphQlError>) -> Executed {
        let mut arena = Arena::new(&self.plan.sizes);
        let root = arena.object(self.plan.root);
        let mut blame = Blame::default();
        let only = direct::only_fetch(self.plan).filter(|fetch| self.applies(fetch));
        if let Some(fetch) = only {
            let answer = self.fetch_one(fetch, &[]).await;
            if !fetch.invalidates.is_empty() {
                self.cache.invalidate(&fetch.invalidates).await;
            }
            match answer {
                Ok(text) => {
                    let schema = &self.supergraph.schema;
                    if let Some(body) = direct::write(&text, self.plan, fetch.shape, schema) {
                        return Executed { body, errors: 0 };
                    }
                    self.absorb(&mut arena, root, 0, &[], &text, &mut errors, &mut blame);
                }
                Err(error) => {
                    errors::failed(&self.plan.fetches, 0, errors::code(error), &mut blame);
                }
            }
        } else {
            arena.reserve(self.plan.nodes.next());
            self.fetch_all(&mut arena, root, &mut errors, &mut blame)
                .await;
        }
        let introspection = self.introspect(&mut errors);
        let expected = self.plan.expected.next();
        let mut out = Vec::with_capacity(expected + expected / 8 + 1024);
        out.extend_from_slice(b"{\"data\":");
        let projector = project::Projector::new(
            &arena,
            self.plan,
            &self.supergraph.schema,
            &introspection,
            &mut blame,
            out,
        );
        let mut projected = projector.run(root);
        errors.append(&mut projected.missed);
        if !projected.disclosed.is_empty() && !self.recorded(&arena, &projected.disclosed).await {
            let (mut nobody, out) = (Blame::default(), b"{\"data\":".to_vec());
            let (plan, schema) = (self.plan, &self.supergraph.schema);
            let again =
                project::Projector::new(&arena, plan, schema, &introspection, &mut nobody, out);
            projected = again.withholding().run(root);
            errors.append(&mut projected.withheld);
        }
        for error in blame.untold() {
            if errors.len() < errors::MOST_ERRORS && !errors.contains(&error) {
                errors.push(error);
            }
        }
        for violation in projected.violations {
            if errors.len() < errors::MOST_ERRORS && !explained(&violation, &errors) {
                errors.push(violation);
            }
        }
        if !errors.is_empty() {
            self.note_refusals(&arena, root, &errors);
        }
        if !self.plan.projection.marks.is_empty() {
            // Selections that the client did not make fail in silence: the record then names nobody.
            errors.retain(|error| !is_hidden(error, &self.plan.hidden));
        }
        let mut body = projected.json;
        for (at, error) in errors.iter().enumerate() {
            body.extend_from_slice(if at == 0 { b",\"errors\":[" } else { b"," });
            error.write_json(&mut body);
        }
        body.extend_from_slice(if errors.is_empty() { b"}" } else { b"]}" });
        self.plan.expected.saw(body.len());
        self.plan.nodes.saw(arena.len());
        Executed {
            body: body.into(),
            errors: errors.len(),
        }
    }

    /// What all records of this request say.
    fn draft(&self, decision: Decision) -> Draft {
        let operation = self.plan.operation.name.as_ref();
        Draft::of(self.caller, self.document, operation, decision)
    }

    /// Records what the caller was refused. It shows nothing, so nobody waits for it.
    fn note_refusals(&self, arena: &Arena<'_>, root: Object, errors: &[GraphQlError]) {
        let Some(log) = self.log else { return };
        let cut = match self.cuts_noted {
            true => &[][..],
            false => &self.plan.refused,
        };
        let (plan, schema) = (self.plan, &self.supergraph.schema);
        let base = self.draft(Decision::Refused);
        let drafts = disclose::refusals(arena, root, plan, schema, cut, errors, &base);
        if !drafts.is_empty() {
            log.note(drafts);
        }
    }

    /// Makes it durable whom the answer tells about; false when that cannot be done.
    async fn recorded(&self, arena: &Arena<'_>, disclosed: &[project::Disclosed]) -> bool {
        let Some(log) = self.log else { return false };
        let base = self.draft(Decision::Disclosed);
        let drafts = disclose::records(arena, &self.plan.projection.marks, disclosed, &base);
        let span = tracing::info_span!("access_log.write", records = drafts.len());
        log.write(drafts, self.deadline)
            .instrument(span)
            .await
            .is_ok()
    }

    /// The request to the subgraph that a subscription's events come from, by its place; none for other
    /// operations.
    #[must_use]
    pub fn source(&self) -> Option<(usize, Bytes)> {
        let fetch = &self.plan.fetches[self.plan.source()?];
        Some((fetch.subgraph, self.body(fetch, std::iter::empty())))
    }

    /// Runs all fetches in the order of their dependencies.
    async fn fetch_all(
        &self,
        arena: &mut Arena<'_>,
        root: Object,
        errors: &mut Vec<GraphQlError>,
        blame: &mut Blame,
    ) {
        let fetches = &self.plan.fetches;
        let mut waiting: Vec<usize> = fetches.iter().map(|fetch| fetch.waits_for).collect();
        let mut ready: Vec<FetchId> = (0..fetches.len()).filter(|id| waiting[*id] == 0).collect();
        ready.reverse();
        let mut running = FuturesUnordered::new();
        loop {
            while let Some(id) = ready.pop() {
                match self.prepare(arena, root, &fetches[id]) {
                    Some(representations) => running.push(async move {
                        let fetch = &fetches[id];
                        let answer = self.fetch_one(fetch, &representations).await;
                        (id, representations, answer)
                    }),
                    None => release(fetches, id, &mut waiting, &mut ready),
                }
            }
            let Some((id, representations, answer)) = running.next().await else {
                break;
            };
            match answer {
                Ok(text) => self.absorb(arena, root, id, &representations, &text, errors, blame),
                Err(error) => errors::failed(fetches, id, errors::code(error), blame),
            }
            if !fetches[id].invalidates.is_empty() {
                self.cache.invalidate(&fetches[id].invalidates).await;
            }
            release(fetches, id, &mut waiting, &mut ready);
        }
    }

    /// Whether a fetch's conditions hold.
    fn applies(&self, fetch: &PlannedFetch) -> bool {
        let mut conditions = fetch.conditions.iter();
        conditions.all(|(variable, value)| self.variables.is_true(*variable) == *value)
    }

    /// The representations of a fetch, or nothing when there is nothing to fetch.
    fn prepare(
        &self,
        arena: &Arena<'_>,
        root: Object,
        fetch: &PlannedFetch,
    ) -> Option<Vec<Representations>> {
        if !self.applies(fetch) {
            return None;
        }
        match &fetch.target {
            Target::Entities { inputs, .. } => {
                let schema = &self.supergraph.schema;
                let all: Vec<_> = inputs
                    .iter()
                    .map(|i| represent::collect(arena, schema, root, i))
                    .collect();
                all.iter().any(|all| !all.spans.is_empty()).then_some(all)
            }
            Target::Root { path, .. } => {
                let mut found = false;
                represent::walk(arena, Node::Object(root), path, &mut |_| found = true);
                found.then(Vec::new)
            }
        }
    }

    /// The body of a fetch's request with these lists of representations.
    fn body<'l>(&self, fetch: &PlannedFetch, lists: impl Iterator<Item = &'l [u8]>) -> Bytes {
        let lists: SmallVec<[&[u8]; 4]> = lists.collect();
        let length: usize = lists.iter().map(|list| list.len() + 32).sum();
        let mut body = Vec::with_capacity(fetch.prefix.len() + length + 256);
        body.extend_from_slice(&fetch.prefix);
        let mut first = true;
        let mut label = |body: &mut Vec<u8>, label: &[u8]| {
            body.extend_from_slice(if first { b",\"variables\":{" } else { b"," });
            body.extend_from_slice(label);
            first = false;
        };
        for (variable, name) in &fetch.variables {
            if let Some(value) = self.variables.get(*variable) {
                label(&mut body, name);
                if serde_json::to_writer(&mut body, value).is_err() {
                    body.extend_from_slice(b"null");
                }
            }
        }
        if let Target::Entities { inputs, .. } = &fetch.target {
            for (input, list) in inputs.iter().zip(lists) {
                label(&mut body, &input.label);
                body.extend_from_slice(list);
            }
        }
        body.extend_from_slice(if first { b"}" } else { b"}}" });
        body.into()
    }

    async fn fetch_one(
        &self,
        fetch: &PlannedFetch,
        representations: &[Representations],
    ) -> Result<Bytes, TransportError> {
        match (&fetch.cache, &fetch.target) {
            (Some(rule), Target::Entities { inputs, sets }) => {
                // Boxed, so that what is not kept does not carry its weight about.
                Box::pin(self.cached_entities(fetch, rule, inputs, sets, representations)).await
            }
            (Some(rule), Target::Root { .. }) => {
                Box::pin(self.cached_root(fetch, rule, self.body(fetch, std::iter::empty()))).await
            }
            (None, _) => {
                let lists = representations.iter().map(|all| all.json.as_slice());
                self.call(fetch, self.body(fetch, lists)).await
            }
        }
    }

    async fn call(&self, fetch: &PlannedFetch, body: Bytes) -> Result<Bytes, TransportError> {
        let request = FetchRequest {
            subgraph: fetch.subgraph,
            body,
            caller: self.caller,
            public: fetch.public,
            mutation: fetch.mutation,
            deadline: self.deadline,
        };
        self.fetcher.fetch(request).await
    }

    /// Merges an answer, or notes why it is of no use.
    #[allow(clippy::too_many_arguments)] // the request's memory and its two lists of what went wrong
    fn absorb(
        &self,
        arena: &mut Arena<'_>,
        root: Object,
        id: FetchId,
        representations: &[Representations],
        text: &Bytes,
        errors: &mut Vec<GraphQlError>,
        blame: &mut Blame,
    ) {
        let fetches = &self.plan.fetches;
        let fetch = &fetches[id];
        let schema = &self.supergraph.schema;
        let read = answer::read(arena, text, &self.plan.shapes, fetch.shape, schema);
        let answered = match read {
            Ok(answered) => answered,
            Err(malformed) => {
                tracing::warn!(subgraph = %fetch.service, %malformed, "an unusable answer");
                return errors::failed(fetches, id, ErrorCode::SubgraphMalformed, blame);
            }
        };
        let with_errors = !answered.errors.is_empty();
        errors::Answer {
            arena,
            root,
            fetches,
            id,
            representations,
        }
        .tell(answered.errors, errors, blame);
        let Some(data) = answered.data else { return };
        match &fetch.target {
            Target::Root { path, .. } => {
                let mut targets = Vec::new();
                represent::walk(arena, Node::Object(root), path, &mut |object| {
                    targets.push(object)
                });
                for (at, target) in targets.into_iter().enumerate() {
                    merge::merge(arena, schema, target, data, at > 0);
                }
            }
            Target::Entities { sets, .. } => {
                for set in sets {
                    let known = &representations[set.input];
                    match arena.slot(data, set.slot) {
                        Node::List { start, len } if len as usize == known.spans.len() => {
                            let mut used = vec![false; known.spans.len()];
                            for &(object, row) in &known.objects {
                                if let Node::Object(entity) = arena.at(start + row) {
                                    let again = std::mem::replace(&mut used[row as usize], true);
                                    merge::merge(
                                        arena,
                                        schema,
                                        object,
                                        entity,
                                        again && set.copies,
                                    );
                                }
                            }
                        }
                        // The errors say why, or else it is malformed.
                        Node::Null | Node::Missing if with_errors => {}
                        _ => errors::failed(fetches, id, ErrorCode::SubgraphMalformed, blame),
                    }
                }
            }
        }
    }

    /// The answers of the introspection fields, as JSON.
    fn introspect(&self, errors: &mut Vec<GraphQlError>) -> Vec<Vec<u8>> {
        if self.plan.introspection.is_empty() {
            return Vec::new();
        }
        let variables = &self.plan.operation.variables;
        let given = variables
            .iter()
            .enumerate()
            .filter_map(|(at, v)| Some((v.name.to_string(), self.variables.get(at)?.clone())))
            .collect();
        let mut answers = Vec::new();
        for field in &self.plan.introspection {
            if self.supergraph.api.introspection_is_too_deep(field) {
                let key = field.alias.as_ref().unwrap_or(&field.name);
                let path = vec![PathSegment::Key(key.as_str().into())];
                errors.push(GraphQlError::new(ErrorCode::TooDeep).at(path));
                answers.push(b"null".to_vec());
                continue;
            }
            let value = self.supergraph.api.introspect_field(field, &given);
            answers.push(serde_json::to_vec(&value).unwrap_or_else(|_| b"null".to_vec()));
        }
        answers
    }
}

/// A fetch has ended: those that wait for nothing else are ready.
fn release(fetches: &[PlannedFetch], id: FetchId, waiting: &mut [usize], ready: &mut Vec<FetchId>) {
    for &next in &fetches[id].then {
        waiting[next] = waiting[next].saturating_sub(1);
        if waiting[next] == 0 {
            ready.push(next);
        }
    }
}

/// Whether an error stands at a value that was only asked for to know whom a field concerns.
fn is_hidden(error: &GraphQlError, prefix: &str) -> bool {
    let mut path = error.path.iter().flatten();
    path.any(|segment| matches!(segment, PathSegment::Key(key) if key.starts_with(prefix)))
}

/// Whether a known error already says why a value is missing: one at, above or below its place.
fn explained(violation: &GraphQlError, errors: &[GraphQlError]) -> bool {
    let keys = |error: &GraphQlError| -> Vec<PathSegment> {
        let path = error.path.iter().flatten();
        path.filter(|segment| matches!(segment, PathSegment::Key(_)))
            .cloned()
            .collect()
    };
    let place = keys(violation);
    errors.iter().any(|error| {
        let other = keys(error);
        error.path.is_some() && (other.starts_with(&place) || place.starts_with(&other))
    })
}
