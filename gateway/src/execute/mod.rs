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
mod finish;
pub mod json;
pub mod merge;
pub mod parts;
mod places;
pub mod project;
pub mod represent;

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use smallvec::SmallVec;

use crate::cache::Cache;
use crate::error::{ErrorCode, GraphQlError};
use crate::identity::Caller;
use crate::operation::Variables;
use crate::plan::{FetchId, Plan, PlannedFetch, Target, Template};
use crate::record::Recorder;
use crate::supergraph::{Supergraph, TypeId};
use crate::transport::{FetchRequest, Transport, TransportError};
use arena::{Arena, Node, Object};
use blame::Blame;
use finish::Part;
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
    /// What the gateway cut is recorded already: a subscription says it once, not with each event, an
    /// answer in parts once, not with each part.
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
        let only = direct::only_fetch(self.plan).filter(|fetch| fetch.applies(self.variables));
        if let Some(fetch) = only {
            let answer = self.fetch_one(fetch, &[]).await;
            if fetch.mutation {
                self.cache.changed(&fetch.invalidates).await;
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
            let mut schedule = Schedule::of(self.plan);
            self.fetch_all(
                &mut arena,
                root,
                &mut errors,
                &mut blame,
                &mut schedule,
                None,
                &mut (),
            )
            .await;
        }
        let introspection = self.introspect(&mut errors);
        let expected = self.plan.expected.next();
        let mut out = Vec::with_capacity(expected + expected / 8 + 1024);
        out.extend_from_slice(b"{\"data\":");
        let part = Part {
            program: self.plan.projection.root,
            object: root,
            place: &[],
            steps: &[],
            introspection: &introspection,
        };
        let (mut body, errors) = self
            .write(&arena, part, &mut blame, Some(out), errors, true)
            .await;
        finish::write_errors(&mut body, &errors);
        body.push(b'}');
        self.plan.expected.saw(body.len());
        self.plan.nodes.saw(arena.len());
        Executed {
            body: body.into(),
            errors: errors.len(),
        }
    }

    /// The request to the subgraph that a subscription's events come from, by its place; none for other
    /// operations.
    #[must_use]
    pub fn source(&self) -> Option<(usize, Bytes)> {
        let fetch = &self.plan.fetches[self.plan.source()?];
        Some((fetch.subgraph, self.body(fetch, std::iter::empty())))
    }

    /// Runs fetches in the order of their dependencies: all, or those `among` which are chosen.
    #[allow(clippy::too_many_arguments)] // the request's memory, and what is left of its plan
    async fn fetch_all(
        &self,
        arena: &mut Arena<'_>,
        root: Object,
        errors: &mut Vec<GraphQlError>,
        blame: &mut Blame,
        schedule: &mut Schedule,
        among: Option<&[bool]>,
        watch: &mut impl Watch,
    ) {
        let fetches = &self.plan.fetches;
        let mut running = FuturesUnordered::new();
        loop {
            while let Some(id) = schedule.next(among) {
                match self.prepare(arena, root, id, blame) {
                    Some(representations) => running.push(async move {
                        let fetch = &fetches[id];
                        let answer = self.fetch_one(fetch, &representations).await;
                        (id, representations, answer)
                    }),
                    None => schedule.ended(fetches, id),
                }
            }
            let Some((id, representations, answer)) = running.next().await else {
                break;
            };
            match answer {
                Ok(text) => self.absorb(arena, root, id, &representations, &text, errors, blame),
                Err(error) => errors::failed(fetches, id, errors::code(error), blame),
            }
            if fetches[id].mutation {
                self.cache.changed(&fetches[id].invalidates).await;
            }
            schedule.ended(fetches, id);
            watch.fetched(arena, root, schedule, errors, blame).await;
        }
    }

    /// The representations of a fetch, or nothing when there is nothing to fetch.
    fn prepare(
        &self,
        arena: &Arena<'_>,
        root: Object,
        id: FetchId,
        blame: &mut Blame,
    ) -> Option<Vec<Representations>> {
        let fetch = &self.plan.fetches[id];
        if !fetch.applies(self.variables) {
            return None;
        }
        match &fetch.target {
            Target::Entities { inputs, .. } => {
                let schema = &self.supergraph.schema;
                let mut left_out = Vec::new();
                let mut all = Vec::with_capacity(inputs.len());
                for input in inputs {
                    let lacks = |object| {
                        let failure = match blame.is_empty() {
                            true => None,
                            false => self.lacks(arena, object, &input.template, blame),
                        };
                        left_out.extend(failure.map(|failure| (object, failure)));
                        failure.is_some()
                    };
                    all.push(represent::collect(arena, schema, root, input, lacks));
                }
                for (object, failure) in left_out {
                    blame.left_out(id, object, failure);
                }
                all.iter().any(|all| !all.spans.is_empty()).then_some(all)
            }
            Target::Root { path, .. } => {
                let mut found = false;
                represent::walk(arena, Node::Object(root), path, &mut |_| found = true);
                found.then(Vec::new)
            }
        }
    }

    /// The failure of something that an object's representation should hold, if there is one.
    fn lacks(
        &self,
        arena: &Arena<'_>,
        object: Object,
        template: &Template,
        blame: &Blame,
    ) -> Option<usize> {
        let ty = arena.type_of(object);
        let of_type = |types: &[TypeId]| ty.is_some_and(|ty| types.binary_search(&ty).is_ok());
        template.fields.iter().find_map(|field| {
            let applies = !field.typename && field.types.as_deref().is_none_or(of_type);
            let slot = field.slot.filter(|_| applies)?;
            let node = arena.slot(object, slot);
            if matches!(node, Node::Missing | Node::Null) {
                let null = node == Node::Null;
                return blame.cause(&self.plan.fetches, object, slot, null);
            }
            let (inside, mut found) = (field.inside.as_ref()?, None);
            represent::walk(arena, node, &[], &mut |object| {
                found = found.or_else(|| self.lacks(arena, object, inside, blame));
            });
            found
        })
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
            generation: self.cache.generation(),
            deadline: self.deadline,
            expected: fetch.expected.next(),
        };
        let answer = self.fetcher.fetch(request).await;
        if let Ok(body) = &answer {
            fetch.expected.saw(body.len());
        }
        answer
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
        let rows = match &fetch.target {
            Target::Root { .. } => usize::MAX,
            Target::Entities { .. } => {
                let asked = representations.iter().map(|all| all.spans.len());
                asked.max().unwrap_or(0)
            }
        };
        let read = answer::read_rows(arena, text, &self.plan.shapes, fetch.shape, schema, rows);
        let answered = match read {
            Ok(answered) => answered,
            Err(malformed) => {
                tracing::warn!(subgraph = %fetch.service, %malformed, "an unusable answer");
                return errors::failed(fetches, id, ErrorCode::SubgraphMalformed, blame);
            }
        };
        if let Some(told) = answered.told {
            arena.tells(told);
        }
        let with_errors = !answered.errors.is_empty();
        // Only what other fetches live on matters beyond its own place, and what would be told of somebody.
        let marked = !self.plan.projection.marks.is_empty();
        let broken = errors::BrokenRows::of(&answered.errors);
        let failed = match fetch.feeds.is_empty() && !marked {
            true => Vec::new(),
            false => errors::placed(&answered.errors, fetch),
        };
        errors::Answer {
            arena,
            root,
            plan: self.plan,
            id,
            representations,
            data: answered.data,
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
                    let shape = &self.plan.shapes[set.shape];
                    match arena.slot(data, set.slot) {
                        Node::List { start, len } if len as usize == known.spans.len() => {
                            let mut unusable = false;
                            let mut used: Vec<Option<Object>> = vec![None; known.spans.len()];
                            for &(object, row) in &known.objects {
                                match arena.at(start + row) {
                                    Node::Object(entity)
                                        if merge::is_another(arena, schema, object, entity) =>
                                    {
                                        unusable = true;
                                    }
                                    Node::Object(entity) => {
                                        let last = used[row as usize].replace(object);
                                        // One that several places share.
                                        if last == Some(object) {
                                            continue;
                                        }
                                        let copy = last.is_some() && set.copies;
                                        merge::fill(arena, schema, object, entity, shape, copy);
                                    }
                                    // That there is no such entity is an answer: it says so of each field.
                                    Node::Null if marked && !broken.contains(set, row) => {
                                        merge::nothing(arena, object, &fetch.fills);
                                    }
                                    Node::Null | Node::Missing => {}
                                    _ => unusable = true,
                                }
                            }
                            if unusable {
                                let code = ErrorCode::SubgraphMalformed;
                                errors::failed(fetches, id, code, blame);
                            }
                        }
                        // The errors say why, or else it is malformed.
                        Node::Null | Node::Missing if with_errors => {}
                        _ => errors::failed(fetches, id, ErrorCode::SubgraphMalformed, blame),
                    }
                }
            }
        }
        if arena.is_full() {
            tracing::warn!(subgraph = %fetch.service, "an answer for too many places");
            errors::failed(fetches, id, ErrorCode::SubgraphMalformed, blame);
        }
        let merged = errors::Merged {
            arena,
            root,
            shapes: &self.plan.shapes,
            fetch,
            representations,
        };
        merged.blame(failed, blame);
    }
}

/// Which fetches are still to be run.
struct Schedule {
    /// How many fetches each waits for.
    waiting: Vec<usize>,
    /// Those that wait for nothing, the next one last.
    ready: Vec<FetchId>,
    /// Those that have ended, or had nothing to fetch.
    done: Vec<bool>,
}

impl Schedule {
    fn of(plan: &Plan) -> Self {
        let waiting: Vec<usize> = plan.fetches.iter().map(|fetch| fetch.waits_for).collect();
        let ready = (0..waiting.len()).rev().filter(|id| waiting[*id] == 0);
        Self {
            ready: ready.collect(),
            done: vec![false; waiting.len()],
            waiting,
        }
    }

    /// The next fetch to start.
    fn next(&mut self, among: Option<&[bool]>) -> Option<FetchId> {
        let Some(among) = among else {
            return self.ready.pop();
        };
        let at = self.ready.iter().rposition(|id| among[*id])?;
        Some(self.ready.remove(at))
    }

    /// A fetch has ended: those that wait for nothing else are ready.
    fn ended(&mut self, fetches: &[PlannedFetch], id: FetchId) {
        self.done[id] = true;
        for &next in &fetches[id].then {
            self.waiting[next] = self.waiting[next].saturating_sub(1);
            if self.waiting[next] == 0 {
                self.ready.push(next);
            }
        }
    }
}

/// Who looks on while fetches are run.
trait Watch {
    /// A fetch has ended and its answer is merged.
    async fn fetched(
        &mut self,
        arena: &Arena<'_>,
        root: Object,
        schedule: &Schedule,
        errors: &mut Vec<GraphQlError>,
        blame: &mut Blame,
    );
}

impl Watch for () {
    async fn fetched(
        &mut self,
        _: &Arena<'_>,
        _: Object,
        _: &Schedule,
        _: &mut Vec<GraphQlError>,
        _: &mut Blame,
    ) {
    }
}
