//! A request's way through the gateway, one line per stage.
//!
//! What depends on the document only is made once and kept: the parsed and validated document (by its
//! text) and the plan (by document, operation, schema generation and variant). So a request for a
//! known operation coerces its variables, evaluates its demands and executes.
//!
//! Parsing, validation and planning run off the event loop, and a panic in them (the parser and the
//! planner are other people's code) is an error of that request only.

mod joined;
pub mod parts;
pub mod subscription;
mod warm;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::Instrument;

use crate::authorise::{self, Variant};
use crate::cache::Cache;
use crate::config::Limits;
use crate::error::{ErrorCode, GraphQlError, PathSegment, errors_body};
use crate::execute::errors::refer;
use crate::execute::{Execution, Fetcher};
use crate::identity::Caller;
use crate::operation::{Document, Operation, OperationKind, Variables, What};
use crate::plan::cache::{PlanCache, PlanKey};
use crate::plan::hive::HivePlanner;
use crate::plan::{self, Plan, PlanError, Planner};
use crate::record::{Decision, Draft, Recorder};
use crate::request::{Documents, GraphQlRequest};
use crate::supergraph::{SchemaIndex, Supergraph};
use joined::Joined;

/// What an average document is taken to weigh when it is kept, in bytes.
const AVERAGE_DOCUMENT: u64 = 16 * 1024;

/// The stages with what they keep; one per process, shared by all workers.
pub struct Pipeline {
    limits: Limits,
    known: Arc<Documents>,
    loaded: Arc<Loaded>,
    documents: moka::sync::Cache<Arc<str>, Arc<Document>, ahash::RandomState>,
    plans: PlanCache,
    /// Documents read and plans made at a time: each may take a core for seconds.
    preparing: Arc<Semaphore>,
    joined: Joined,
    log: Option<Arc<Recorder>>,
}

/// A supergraph with the planner made for it.
struct Loaded {
    supergraph: Arc<Supergraph>,
    planner: Box<dyn Planner>,
    /// A digest of the schema, equal in every process that runs it.
    id: [u8; 32],
}

/// How a request ended, for the HTTP status and the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was executed; single fields may have failed.
    Ok,
    /// It was refused before execution: no `data`.
    RequestError(ErrorCode),
}

/// Whether and how long the client and caches on the way may keep an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CachePolicy {
    /// Everything in it is public and it has no error.
    pub public: bool,
    /// Seconds.
    pub max_age: u32,
}

/// A complete answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The JSON.
    pub body: Bytes,
    /// How the request ended.
    pub outcome: Outcome,
    /// How many errors the answer tells.
    pub errors: usize,
    /// Whether it may be kept.
    pub cache: CachePolicy,
}

impl Pipeline {
    /// A pipeline that serves this supergraph, and no other: a plan and the subgraphs it names belong
    /// together. For another schema see [`Pipeline::succeed`].
    ///
    /// # Errors
    /// When the planner cannot be made for it.
    pub fn new(limits: &Limits, supergraph: Supergraph) -> Result<Self, PlanError> {
        Ok(Self {
            limits: limits.clone(),
            known: Arc::default(),
            loaded: Arc::new(Loaded::new(supergraph)?),
            documents: moka::sync::Cache::builder()
                .max_capacity(limits.kept_documents.saturating_mul(AVERAGE_DOCUMENT))
                .weigher(|text: &Arc<str>, document: &Arc<Document>| weight(text, document))
                .build_with_hasher(ahash::RandomState::new()),
            plans: PlanCache::new(limits.kept_plans),
            preparing: Arc::new(Semaphore::new(
                std::thread::available_parallelism().map_or(2, usize::from),
            )),
            joined: Joined::default(),
            log: None,
        })
    }

    /// The same, with these known documents and the roles that may run no others.
    #[must_use]
    pub fn with_documents(mut self, known: Arc<Documents>) -> Self {
        self.known = known;
        self
    }

    /// The same with an access log. Without one no personal data is given.
    #[must_use]
    pub fn recording(mut self, log: Option<Arc<Recorder>>) -> Self {
        self.log = log;
        self
    }

    /// The supergraph being served.
    #[must_use]
    pub fn schema(&self) -> Arc<Supergraph> {
        self.loaded.supergraph.clone()
    }

    /// Answers a request.
    pub async fn handle<F: Fetcher>(
        &self,
        request: &GraphQlRequest,
        caller: &Caller,
        fetcher: &F,
        cache: &Cache,
        deadline: Instant,
        get_only_queries: bool,
    ) -> Answer {
        let answer = self
            .stages(request, caller, fetcher, cache, deadline, get_only_queries)
            .await;
        answer.unwrap_or_else(|errors| refused(errors, caller))
    }

    async fn stages<F: Fetcher>(
        &self,
        request: &GraphQlRequest,
        caller: &Caller,
        fetcher: &F,
        cache: &Cache,
        deadline: Instant,
        get_only_queries: bool,
    ) -> Result<Answer, Vec<GraphQlError>> {
        let way = if get_only_queries {
            Way::Queries
        } else {
            Way::Once
        };
        let prepared = self.prepare(request, caller, way).await?;
        let plan = &prepared.plan;
        let execution = prepared.execution(caller, fetcher, cache, deadline);
        let work = async {
            let executed = execution.run(refusals(plan, caller)).await;
            let public = plan.public.filter(|_| executed.errors == 0);
            Answer {
                body: executed.body,
                outcome: Outcome::Ok,
                errors: executed.errors,
                cache: CachePolicy {
                    public: public.is_some(),
                    max_age: public.unwrap_or(0),
                },
            }
        };
        if plan.shared {
            let province = &caller.principal.province;
            let joined = &self.joined;
            return Ok(joined
                .run(plan, &prepared.variables, province, deadline, work)
                .await);
        }
        // However it ends, also when its client leaves in the middle of it.
        let mutates = plan.operation.kind == OperationKind::Mutation;
        let _mutated = mutates.then(|| self.joined.mutation());
        Ok(work.await)
    }

    /// All stages before anything is fetched.
    async fn prepare(
        &self,
        request: &GraphQlRequest,
        caller: &Caller,
        way: Way,
    ) -> Result<Prepared, Vec<GraphQlError>> {
        let loaded = Arc::clone(&self.loaded);
        let text = self.known.text(request, caller.principal.role);
        let text = text.map_err(|code| vec![GraphQlError::new(code)])?;
        let document = self.document(&loaded, &text).await?;
        let chosen = document.choose(request.operation_name.as_deref());
        let operation = chosen.map_err(|code| vec![GraphQlError::new(code)])?;
        permitted(operation, way)?;
        let variables =
            Variables::coerce(operation, &request.variables, &loaded.supergraph.schema)?;
        let mut variant = authorised(operation, caller, &variables).map_err(|code| {
            if code != ErrorCode::IntrospectionForbidden {
                let fields = roots(operation, &loaded.supergraph.schema);
                let (log, digest) = (self.log.as_deref(), &document.digest);
                note_refused(log, caller, digest, operation, fields);
            }
            vec![GraphQlError::new(code)]
        })?;
        if matches!(way, Way::Parts { .. }) {
            variant = variant.in_parts(operation);
        }
        let plan = self.plan(&loaded, &document, operation, variant).await?;
        Ok(Prepared {
            loaded,
            digest: document.digest.clone(),
            plan,
            variables,
            log: self.log.clone(),
        })
    }

    /// A place among the operations that are being prepared; none when it does not come in time. Those that are known
    /// need none, so that who sends new ones, however many and however difficult, is slow to themselves only.
    async fn prepares(&self) -> Option<OwnedSemaphorePermit> {
        let place = Arc::clone(&self.preparing).acquire_owned();
        tokio::time::timeout(self.limits.deadline, place)
            .await
            .ok()?
            .ok()
    }

    /// The document of a request, parsed and validated.
    async fn document(
        &self,
        loaded: &Arc<Loaded>,
        text: &str,
    ) -> Result<Arc<Document>, Vec<GraphQlError>> {
        if let Some(known) = self.documents.get(text) {
            return Ok(known);
        }
        if text.len() > self.limits.document.as_usize() {
            return Err(vec![GraphQlError::new(ErrorCode::DocumentTooLarge)]);
        }
        let place = self.prepares().await;
        let place = place.ok_or_else(|| vec![GraphQlError::new(ErrorCode::Overloaded)])?;
        // Whoever was before may have read it: after a change of the schema all subscriptions come at once.
        if let Some(known) = self.documents.get(text) {
            return Ok(known);
        }
        let (text, loaded, limits) = (text.to_owned(), loaded.clone(), self.limits.clone());
        let work = move || {
            let _place = place;
            Document::prepare(&text, &loaded.supergraph, &limits)
        };
        let span = tracing::debug_span!("graphql.parse");
        let document = tokio::task::spawn_blocking(work)
            .instrument(span)
            .await
            .map_err(|_| vec![GraphQlError::new(ErrorCode::GraphqlParseFailed)])??;
        let document = Arc::new(document);
        self.documents
            .insert(document.text.clone(), document.clone());
        Ok(document)
    }

    /// The plan of an operation for a variant.
    async fn plan(
        &self,
        loaded: &Arc<Loaded>,
        document: &Document,
        operation: &Arc<Operation>,
        variant: Variant,
    ) -> Result<Arc<Plan>, Vec<GraphQlError>> {
        let key = PlanKey::new(document, operation, variant.clone());
        if let Some(plan) = self.plans.get(&key).await {
            return Ok(plan);
        }
        let (loaded, operation) = (loaded.clone(), operation.clone());
        let make = async move {
            let place = self.prepares().await.ok_or(PlanError::Busy)?;
            let work = move || {
                let _place = place;
                plan::make(&operation, &variant, &loaded.supergraph, &*loaded.planner)
            };
            match tokio::task::spawn_blocking(work).await {
                Ok(plan) => plan.map(Arc::new),
                Err(_) => Err(PlanError::Planner("the planner panicked".to_owned())),
            }
        };
        let span = tracing::debug_span!("graphql.plan");
        self.plans
            .get_or_make(key, make)
            .instrument(span)
            .await
            .map_err(|error| {
                tracing::warn!(%error, "no plan");
                let code = match *error {
                    PlanError::TooLarge => ErrorCode::TooManyFields,
                    PlanError::Busy => ErrorCode::Overloaded,
                    PlanError::Planner(_) => ErrorCode::PlanningFailed,
                };
                vec![GraphQlError::new(code)]
            })
    }
}

impl Loaded {
    fn new(supergraph: Supergraph) -> Result<Self, PlanError> {
        let names = supergraph
            .subgraphs
            .iter()
            .map(|info| info.name.to_string())
            .collect();
        let planner = catch_unwind(AssertUnwindSafe(|| {
            HivePlanner::new(&supergraph.document, names)
        }))
        .map_err(|_| PlanError::Planner("it does not understand the supergraph".to_owned()))??;
        let id = Sha256::digest(supergraph.sdl.as_bytes()).into();
        Ok(Self {
            supergraph: Arc::new(supergraph),
            planner: Box::new(planner),
            id,
        })
    }
}

/// A request that is ready to be executed, as often as it takes.
struct Prepared {
    loaded: Arc<Loaded>,
    /// How the access log names its document.
    digest: Arc<str>,
    plan: Arc<Plan>,
    variables: Variables,
    log: Option<Arc<Recorder>>,
}

impl Prepared {
    /// One execution of it.
    fn execution<'a, F: Fetcher>(
        &'a self,
        caller: &'a Caller,
        fetcher: &'a F,
        cache: &'a Cache,
        deadline: Instant,
    ) -> Execution<'a, F> {
        Execution {
            supergraph: &self.loaded.supergraph,
            schema_id: &self.loaded.id,
            plan: &self.plan,
            variables: &self.variables,
            caller,
            fetcher,
            cache,
            log: self.log.as_deref(),
            document: &self.digest,
            cuts_noted: false,
            deadline,
        }
    }
}

/// Records what a caller was refused before anything of the operation ran. It shows nothing, so nobody
/// waits for it.
fn note_refused(
    log: Option<&Recorder>,
    caller: &Caller,
    digest: &Arc<str>,
    operation: &Operation,
    fields: Vec<Arc<str>>,
) {
    let Some(log) = log else { return };
    let name = operation.name.as_ref();
    log.note(vec![Draft {
        fields,
        ..Draft::of(caller, digest, name, Decision::Refused)
    }]);
}

/// The coordinates of an operation's root fields.
fn roots(operation: &Operation, schema: &SchemaIndex) -> Vec<Arc<str>> {
    let mut fields: Vec<Arc<str>> = Vec::new();
    let mut pending = operation.top.clone();
    while let Some(id) = pending.pop() {
        let selection = &operation.selections[id];
        match &selection.what {
            What::Field(field) => {
                let root = &schema.type_info(selection.parent).name;
                let field: Arc<str> = format!("{root}.{}", field.name).into();
                if !fields.contains(&field) {
                    fields.push(field);
                }
            }
            What::On(_) => pending.extend(&selection.children),
        }
    }
    fields.sort_unstable();
    fields
}

/// How a request came, as far as it matters what may come so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// For one answer, by a way that must not change anything.
    Queries,
    /// For one answer.
    Once,
    /// For one answer or many, by a way that may change things or must not.
    Many { queries: bool },
    /// For one answer that may be told in parts.
    Parts { queries: bool },
}

/// Whether this kind of operation may come this way.
fn permitted(operation: &Operation, way: Way) -> Result<(), Vec<GraphQlError>> {
    let code = match (operation.kind, way) {
        (OperationKind::Query, _) => return Ok(()),
        (
            OperationKind::Mutation,
            Way::Queries | Way::Many { queries: true } | Way::Parts { queries: true },
        ) => ErrorCode::MutationOverGet,
        (OperationKind::Mutation, _) => return Ok(()),
        (OperationKind::Subscription, Way::Many { .. }) => return Ok(()),
        (OperationKind::Subscription, _) => ErrorCode::SubscriptionsUnsupported,
    };
    Err(vec![GraphQlError::new(code)])
}

/// What of the operation applies for this caller. What variables demand is demanded of the request.
fn authorised(
    operation: &Operation,
    caller: &Caller,
    variables: &Variables,
) -> Result<Variant, ErrorCode> {
    let principal = &caller.principal;
    if operation.introspects && !principal.introspects {
        return Err(ErrorCode::IntrospectionForbidden);
    }
    if !authorise::meets(principal, &variables.demand) {
        return Err(authorise::refusal(principal));
    }
    Ok(Variant::of(operation, principal, variables))
}

/// One error for each refused field.
fn refusals(plan: &Plan, caller: &Caller) -> Vec<GraphQlError> {
    refusals_at(&plan.cuts, caller)
}

fn refusals_at(cuts: &[Vec<Arc<str>>], caller: &Caller) -> Vec<GraphQlError> {
    let code = authorise::refusal(&caller.principal);
    cuts.iter()
        .map(|path| {
            GraphQlError::new(code).at(path.iter().cloned().map(PathSegment::Key).collect())
        })
        .collect()
}

/// The answer of a request that was not executed.
fn refused(mut errors: Vec<GraphQlError>, caller: &Caller) -> Answer {
    refer(&mut errors, &caller.trace);
    let code = errors
        .first()
        .and_then(|error| ErrorCode::parse(&error.code))
        .unwrap_or(ErrorCode::Internal);
    Answer {
        body: errors_body(&errors).into(),
        outcome: Outcome::RequestError(code),
        errors: errors.len(),
        cache: CachePolicy::default(),
    }
}

fn weight(text: &Arc<str>, document: &Document) -> u32 {
    let selections: usize = document.operations.iter().map(|o| o.selections.len()).sum();
    u32::try_from(text.len() + 256 * selections + 512).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests;
