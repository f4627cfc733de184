//! The gateway's pipeline over subgraphs that answer by the reference evaluation, each by its own schema.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use graphql_tools::parser::query::parse_query;
use graphql_tools::validation::rules::default_rules_validation_plan;
use graphql_tools::validation::validate::{ValidationPlan, validate};
use minzheng_gateway::cache::Cache;
use minzheng_gateway::config::Limits;
use minzheng_gateway::execute::Fetcher;
use minzheng_gateway::identity::{Caller, Principal, Role};
use minzheng_gateway::pipeline::Pipeline;
use minzheng_gateway::record::store::{Group, Segment, Store, StoreError};
use minzheng_gateway::record::{HashKind, Recorder, Settings};
use minzheng_gateway::request::GraphQlRequest;
use minzheng_gateway::schema_source::composed;
use minzheng_gateway::supergraph::{Demand, SubgraphSdl, Supergraph, sdl};
use minzheng_gateway::telemetry::LogMeter;
use minzheng_gateway::transport::{FetchRequest, TransportError};
use serde_json::{Map, Value, json};

use crate::data::Data;
use crate::evaluate::{Evaluated, evaluate};
use crate::operations::Asked;
use crate::schema::Schema;

/// The gateway, its subgraphs and their data.
pub struct World {
    /// What clients see.
    pub api: Schema,
    /// The data of the present round.
    pub data: Data,
    pipeline: Pipeline,
    subgraphs: Vec<Schema>,
    rules: ValidationPlan,
    cache: Cache,
    caller: Caller,
    round: RefCell<Round>,
}

/// What happened while one operation was answered.
#[derive(Debug, Default)]
pub struct Round {
    /// A subgraph that cannot be reached.
    pub down: Option<usize>,
    /// Fields fail, so that inputs may be missing.
    pub lenient: bool,
    /// What the gateway asked of subgraphs.
    pub asked: Vec<(usize, String)>,
    /// What it should not have asked.
    pub complaints: Vec<String>,
    /// Fields of mutations in the order in which they were run.
    pub mutated: Vec<String>,
}

impl World {
    /// A gateway over these subgraphs.
    ///
    /// # Panics
    /// When they do not compose.
    #[must_use]
    pub fn new(sdls: &[SubgraphSdl]) -> Self {
        let text = composed(sdls).expect("they compose");
        let supergraph = Supergraph::load(&text, 1).expect("it loads");
        let api = Schema::read(supergraph.api.document().clone(), false);
        let place = |name: &str| {
            sdls.iter()
                .find(|sdl| sdl.name == name)
                .expect("a subgraph")
        };
        let subgraphs: Vec<Schema> = supergraph
            .subgraphs
            .iter()
            .map(|info| Schema::read(sdl::parse(&place(&info.name).sdl).expect("a schema"), true))
            .collect();
        let data = Data::new(&subgraphs, &api);
        let caller = Caller {
            principal: Arc::new(everybody(&supergraph)),
            purpose: None,
            case: None,
            trace: opentelemetry::Context::new(),
        };
        let limits = Limits {
            aliases: 10_000,
            depth: 60,
            ..Limits::default()
        };
        let pipeline = Pipeline::new(&limits, supergraph).expect("a planner");
        Self {
            api,
            data,
            pipeline: pipeline.recording(Some(Arc::new(recorder()))),
            subgraphs,
            rules: default_rules_validation_plan(),
            cache: Cache::disabled(),
            caller,
            round: RefCell::default(),
        }
    }

    /// How many subgraphs there are.
    #[must_use]
    pub fn subgraphs(&self) -> usize {
        self.subgraphs.len()
    }

    /// Whether the stock rules let an operation pass.
    #[must_use]
    pub fn is_valid(&self, text: &str) -> bool {
        let Ok(document) = parse_query::<String>(text) else {
            return false;
        };
        validate(&self.api.document, &document.into_static(), &self.rules).is_empty()
    }

    /// The one evaluation of the whole.
    ///
    /// # Panics
    /// When the text is no operation.
    #[must_use]
    pub fn whole(&self, text: &str, variables: &Map<String, Value>) -> Evaluated {
        let document = parse_query::<String>(text)
            .expect("an operation")
            .into_static();
        evaluate(&self.api, &self.data, &document, variables, false)
    }

    /// The gateway's answer and what happened meanwhile.
    pub async fn ask(
        &self,
        text: &str,
        variables: &Map<String, Value>,
        down: Option<usize>,
        lenient: bool,
    ) -> (Value, Round) {
        *self.round.borrow_mut() = Round {
            down,
            lenient,
            ..Round::default()
        };
        let request = GraphQlRequest {
            query: Some(text.to_owned()),
            variables: variables.clone(),
            ..GraphQlRequest::default()
        };
        let deadline = Instant::now() + Duration::from_secs(60);
        let answer = self
            .pipeline
            .handle(&request, &self.caller, self, &self.cache, deadline, false)
            .await;
        let read = serde_json::from_slice(&answer.body);
        let shown = || format!("no JSON: {}", String::from_utf8_lossy(&answer.body));
        let read = read.unwrap_or_else(|_| Value::String(shown()));
        (read, self.round.take())
    }

    /// The same in parts, put together again, and how many parts there were.
    ///
    /// # Errors
    /// What is wrong with the parts.
    pub async fn ask_in_parts(&self, asked: &Asked) -> Result<(Value, Round, usize), String> {
        *self.round.borrow_mut() = Round::default();
        let request = GraphQlRequest {
            query: Some(asked.text.clone()),
            variables: asked.variables.clone(),
            ..GraphQlRequest::default()
        };
        let deadline = Instant::now() + Duration::from_secs(60);
        let (sender, mut receiver) = tokio::sync::mpsc::channel(10_000);
        let (pipeline, caller, cache) = (&self.pipeline, &self.caller, &self.cache);
        let single = pipeline
            .handle_in_parts(&request, caller, self, cache, deadline, &sender)
            .await;
        drop(sender);
        let mut parts: Vec<Value> = Vec::new();
        while let Some(part) = receiver.recv().await {
            parts.push(serde_json::from_slice(&part).map_err(|error| error.to_string())?);
        }
        if let Some(answer) = single {
            let answer = serde_json::from_slice(&answer.body).map_err(|error| error.to_string())?;
            return Ok((answer, self.round.take(), 1));
        }
        Ok((united(&parts)?, self.round.take(), parts.len()))
    }

    fn answer(&self, subgraph: usize, body: &[u8]) -> Result<Value, String> {
        let body: Value =
            serde_json::from_slice(body).map_err(|error| format!("no JSON: {error}"))?;
        let text = body["query"].as_str().ok_or("no query")?;
        self.round
            .borrow_mut()
            .asked
            .push((subgraph, body.to_string()));
        let document = parse_query::<String>(text)
            .map_err(|error| format!("{error}: {text}"))?
            .into_static();
        let schema = &self.subgraphs[subgraph];
        let wrong = validate(&schema.document, &document, &self.rules);
        if let Some(wrong) = wrong.first() {
            return Err(format!("{}: {text}", wrong.message));
        }
        let empty = Map::new();
        let variables = body["variables"].as_object().unwrap_or(&empty);
        let lenient = self.round.borrow().lenient;
        let evaluated = evaluate(schema, &self.data, &document, variables, lenient);
        let mut round = self.round.borrow_mut();
        let told = evaluated
            .complaints
            .iter()
            .map(|complaint| format!("{complaint}: {body}"));
        round.complaints.extend(told);
        round.mutated.extend(evaluated.mutated);
        let mut answer = json!({ "data": evaluated.data });
        if !evaluated.errors.is_empty() {
            let error = |path| json!({ "message": "It failed.", "path": path, "extensions": { "code": "FAILED", "messageZh": "失败。" } });
            answer["errors"] = evaluated.errors.into_iter().map(error).collect();
        }
        Ok(answer)
    }
}

impl Fetcher for World {
    async fn fetch(&self, request: FetchRequest<'_>) -> Result<Bytes, TransportError> {
        // Others are asked before this one has answered.
        tokio::task::yield_now().await;
        if self.round.borrow().down == Some(request.subgraph) {
            return Err(TransportError::Unavailable);
        }
        match self.answer(request.subgraph, &request.body) {
            Ok(answer) => Ok(answer.to_string().into()),
            Err(complaint) => {
                self.round.borrow_mut().complaints.push(complaint);
                Err(TransportError::Malformed)
            }
        }
    }
}

/// The answer that parts come to; the errors alone when a part is null because of them.
fn united(parts: &[Value]) -> Result<Value, String> {
    let [first, rest @ ..] = parts else {
        return Err("no part".to_owned());
    };
    let mut whole = json!({ "data": first["data"] });
    let mut errors: Vec<Value> = first["errors"].as_array().cloned().unwrap_or_default();
    for (at, part) in parts.iter().enumerate() {
        if part["hasNext"] != json!(at + 1 < parts.len()) {
            return Err(format!(
                "part {at} of {} says {}",
                parts.len(),
                part["hasNext"]
            ));
        }
    }
    for one in rest
        .iter()
        .flat_map(|part| part["incremental"].as_array().into_iter().flatten())
    {
        let told = one["errors"].as_array().cloned().unwrap_or_default();
        if one["data"].is_null() && !told.is_empty() {
            return Ok(json!({ "errors": told }));
        }
        errors.extend(told);
        let path = one["path"].as_array().ok_or("a part without a path")?;
        let at = path
            .iter()
            .try_fold(&mut whole["data"], |at, step| match step {
                Value::String(key) => at.get_mut(key),
                step => at.get_mut(usize::try_from(step.as_u64()?).ok()?),
            });
        let at = at.filter(|value| value.is_object());
        unite(
            at.ok_or_else(|| format!("nothing known at {path:?}"))?,
            &one["data"],
        )?;
    }
    if !errors.is_empty() {
        whole["errors"] = errors.into();
    }
    Ok(whole)
}

fn unite(known: &mut Value, more: &Value) -> Result<(), String> {
    match (known, more) {
        (Value::Object(known), Value::Object(more)) => {
            more.iter()
                .try_for_each(|(key, value)| match known.get_mut(key) {
                    Some(old) => unite(old, value),
                    None => {
                        known.insert(key.clone(), value.clone());
                        Ok(())
                    }
                })
        }
        (Value::Array(known), Value::Array(more)) if known.len() == more.len() => known
            .iter_mut()
            .zip(more)
            .try_for_each(|(old, value)| unite(old, value)),
        (known, more) if known == more => Ok(()),
        (known, more) => Err(format!("{known} was told, then {more}")),
    }
}

/// Somebody who may ask everything.
fn everybody(supergraph: &Supergraph) -> Principal {
    let schema = &supergraph.schema;
    let mut scopes = BTreeSet::new();
    let mut take = |demand: &Demand| scopes.extend(demand.scopes.iter().flatten().cloned());
    for ty in schema.types() {
        take(&ty.demand);
        ty.input_fields
            .values()
            .for_each(|input| take(&input.demand));
        for field in ty.fields.values() {
            take(&field.demand);
            field.args.values().for_each(|input| take(&input.demand));
        }
    }
    Principal {
        subject: Some("everybody".into()),
        issuer: "differential".into(),
        role: Role::Operator,
        scopes,
        policies: supergraph.policies(),
        ..Principal::public("51")
    }
}

/// An access log that forgets at once.
struct Forgetful;

impl Store for Forgetful {
    fn append(&mut self, _: &Group) -> Result<(), StoreError> {
        Ok(())
    }
    fn segments(&mut self) -> Result<Vec<Segment>, StoreError> {
        Ok(Vec::new())
    }
    fn lines(&mut self, _: &Segment, _: &mut dyn FnMut(&[u8])) -> Result<(), StoreError> {
        Ok(())
    }
    fn seals(&mut self) -> Result<Vec<Vec<u8>>, StoreError> {
        Ok(Vec::new())
    }
    fn add_seal(&mut self, _: u64, _: &[u8]) -> Result<bool, StoreError> {
        Ok(true)
    }
    fn drop_segment(&mut self, _: &Segment) -> Result<(), StoreError> {
        Ok(())
    }
}

fn recorder() -> Recorder {
    let settings = Settings {
        instance: "differential".to_owned(),
        hash: HashKind::Sha256,
        patience: Duration::from_secs(60),
        seal_every: Duration::from_secs(86_400),
        seal_key: None,
        keep_days: [180, 1098, 3660],
        now: || std::time::SystemTime::now().into(),
        meter: LogMeter::default(),
    };
    Recorder::start(Box::new(Forgetful), Box::new(Forgetful), settings).expect("a thread")
}
