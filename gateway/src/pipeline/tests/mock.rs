//! Subgraphs in memory: a tiny GraphQL executor over JSON, and the kit around it.
//!
//! A subgraph answers from `{"Query": {…}, "Mutation": {…}, "entities": {"Type": […]}}`. Fields are
//! looked up by name, or by `name(arguments)` when there is such a key. `{"$error": "CODE"}` is null
//! with an error, `{"$echo": "field"}` what the representation gave.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::{Duration, Instant};

use bytes::Bytes;
use graphql_tools::parser::query::parse_query;
use graphql_tools::static_graphql::query::{
    Definition, Document, FragmentDefinition, OperationDefinition, Selection, SelectionSet,
    TypeCondition, Value as Literal,
};
use serde_json::{Map, Value, json};

use super::super::*;
use crate::identity::Principal;
use crate::operation::count::selection_set;
use crate::plan::graph::FetchGraph;
use crate::supergraph::SubgraphSdl;
use crate::supergraph::compose::compose;
use crate::transport::{FetchRequest, TransportError};

pub(super) struct Subgraph {
    pub(super) name: &'static str,
    pub(super) sdl: &'static str,
    pub(super) data: Value,
}

/// What a subgraph is made to do instead of answering.
#[derive(Clone)]
pub(super) enum Fault {
    Unavailable,
    Timeout,
    Body(String),
}

pub(super) struct World {
    pub(super) pipeline: Pipeline,
    pub(super) subgraphs: Vec<Subgraph>,
    pub(super) faults: HashMap<&'static str, Fault>,
    pub(super) log: RefCell<Vec<(String, Value, bool)>>,
    pub(super) cache: Cache,
    pub(super) principal: Principal,
}

impl World {
    pub(super) fn new(mut subgraphs: Vec<Subgraph>) -> Self {
        let sdls: Vec<SubgraphSdl> = subgraphs
            .iter()
            .map(|s| SubgraphSdl {
                name: s.name.to_owned(),
                url: String::new(),
                sdl: match s.sdl.contains("extend schema") {
                    true => s.sdl.to_owned(),
                    false => format!("{LINK}\n{}", s.sdl),
                },
            })
            .collect();
        let sdl = compose(&sdls).unwrap_or_else(|errors| panic!("{errors:#?}"));
        let supergraph = Supergraph::load(&sdl, 1).unwrap();
        subgraphs.sort_by_key(|s| supergraph.subgraph(s.name));
        let limits = Limits {
            aliases: 100,
            ..Limits::default()
        };
        Self {
            pipeline: Pipeline::new(&limits, supergraph).unwrap(),
            subgraphs,
            faults: HashMap::new(),
            log: RefCell::default(),
            cache: Cache::disabled(),
            principal: Principal::public("51"),
        }
    }

    pub(super) fn signed_in(mut self, scopes: &[&str]) -> Self {
        self.principal.subject = Some("someone".into());
        self.principal.scopes = scopes.iter().map(|s| Arc::from(*s)).collect();
        self
    }

    /// The same with a planner that fails.
    pub(super) fn unplannable(self) -> Self {
        struct Broken;
        impl Planner for Broken {
            fn plan(&self, _: &OperationDefinition) -> Result<FetchGraph, PlanError> {
                Err(PlanError::Planner("it is broken".to_owned()))
            }
        }
        self.plans_by(Broken)
    }

    /// The same with a planner whose plans come out otherwise.
    pub(super) fn bent(self, bend: fn(&mut FetchGraph)) -> Self {
        struct Bent(HivePlanner, fn(&mut FetchGraph));
        impl Planner for Bent {
            fn plan(&self, operation: &OperationDefinition) -> Result<FetchGraph, PlanError> {
                let mut graph = self.0.plan(operation)?;
                self.1(&mut graph);
                Ok(graph)
            }
        }
        let schema = self.pipeline.schema();
        let names = schema.subgraphs.iter().map(|info| info.name.to_string());
        let planner = HivePlanner::new(&schema.document, names.collect()).unwrap();
        self.plans_by(Bent(planner, bend))
    }

    fn plans_by(mut self, planner: impl Planner + 'static) -> Self {
        self.pipeline.loaded = Arc::new(Loaded {
            supergraph: self.pipeline.schema(),
            planner: Box::new(planner),
            id: self.pipeline.loaded.id,
        });
        self
    }

    pub(super) fn fault(mut self, subgraph: &'static str, fault: Fault) -> Self {
        self.faults.insert(subgraph, fault);
        self
    }

    pub(super) async fn answer(&self, request: GraphQlRequest) -> Answer {
        self.answer_to(&self.principal, request).await
    }

    /// Asks as somebody else than [`World::principal`].
    pub(super) async fn ask_as(&self, principal: &Principal, query: &str) -> Value {
        let request = GraphQlRequest {
            query: Some(query.to_owned()),
            ..GraphQlRequest::default()
        };
        let answer = self.answer_to(principal, request).await;
        serde_json::from_slice(&answer.body).unwrap()
    }

    async fn answer_to(&self, principal: &Principal, request: GraphQlRequest) -> Answer {
        let caller = Caller {
            principal: Arc::new(principal.clone()),
            purpose: None,
            case: None,
            trace: opentelemetry::Context::new(),
        };
        let deadline = Instant::now() + Duration::from_secs(60);
        self.pipeline
            .handle(&request, &caller, self, &self.cache, deadline, false)
            .await
    }

    pub(super) async fn ask_with(&self, query: &str, variables: Value) -> Value {
        let variables = variables.as_object().cloned().unwrap_or_default();
        let request = GraphQlRequest {
            query: Some(query.to_owned()),
            variables,
            ..GraphQlRequest::default()
        };
        let answer = self.answer(request).await;
        serde_json::from_slice(&answer.body)
            .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&answer.body)))
    }

    pub(super) async fn ask(&self, query: &str) -> Value {
        self.ask_with(query, Value::Null).await
    }

    pub(super) async fn pipeline_text(&self, query: &str) -> String {
        let request = GraphQlRequest {
            query: Some(query.to_owned()),
            ..GraphQlRequest::default()
        };
        String::from_utf8(self.answer(request).await.body.to_vec()).unwrap()
    }

    /// The names of the subgraphs called, in order.
    pub(super) fn calls(&self) -> Vec<String> {
        self.log
            .borrow()
            .iter()
            .map(|(name, ..)| name.clone())
            .collect()
    }

    pub(super) fn bodies(&self, subgraph: &str) -> Vec<Value> {
        let log = self.log.borrow();
        log.iter()
            .filter(|(name, ..)| name == subgraph)
            .map(|(_, body, _)| body.clone())
            .collect()
    }
}

pub(super) const LINK: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@external", "@requires", "@provides", "@override", "@inaccessible", "@interfaceObject", "@authenticated", "@requiresScopes", "@policy", "@composeDirective"])"#;

pub(super) fn codes(answer: &Value) -> Vec<(String, Value)> {
    let errors = answer["errors"].as_array().cloned().unwrap_or_default();
    errors
        .iter()
        .map(|e| {
            (
                e["extensions"]["code"].as_str().unwrap_or("").to_owned(),
                e["path"].clone(),
            )
        })
        .collect()
}

impl Fetcher for World {
    async fn fetch(&self, request: FetchRequest<'_>) -> Result<Bytes, TransportError> {
        let subgraph = &self.subgraphs[request.subgraph];
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        self.log
            .borrow_mut()
            .push((subgraph.name.to_owned(), body.clone(), request.public));
        tokio::task::yield_now().await;
        match self.faults.get(subgraph.name) {
            Some(Fault::Unavailable) => return Err(TransportError::Unavailable),
            Some(Fault::Timeout) => return Err(TransportError::Timeout),
            Some(Fault::Body(text)) => return Ok(Bytes::from(text.clone())),
            None => {}
        }
        let answer = execute(&subgraph.data, &body);
        Ok(Bytes::from(serde_json::to_vec(&answer).unwrap()))
    }
}

struct Run<'a> {
    fragments: HashMap<&'a str, &'a FragmentDefinition>,
    variables: &'a Value,
    data: &'a Value,
    errors: Vec<Value>,
}

fn execute(data: &Value, body: &Value) -> Value {
    let text = body["query"].as_str().unwrap();
    let document: Document = parse_query::<String>(text).unwrap().into_static();
    let mut fragments = HashMap::new();
    let mut operation = None;
    for definition in &document.definitions {
        match definition {
            Definition::Fragment(f) => {
                fragments.insert(f.name.as_str(), f);
            }
            Definition::Operation(o) => operation = Some(o),
        }
    }
    let operation = operation.unwrap();
    let root = if matches!(operation, OperationDefinition::Mutation(_)) {
        "Mutation"
    } else {
        "Query"
    };
    let mut run = Run {
        fragments,
        variables: &body["variables"],
        data,
        errors: Vec::new(),
    };
    let mut object = data[root].clone();
    object["__typename"] = json!(root);
    let mut out = Map::new();
    run.select(
        &object,
        selection_set(operation),
        &json!({}),
        &mut Vec::new(),
        &mut out,
    );
    let mut answer = json!({ "data": out });
    if !run.errors.is_empty() {
        answer["errors"] = json!(run.errors);
    }
    answer
}

impl Run<'_> {
    fn literal(&self, literal: &Literal) -> Value {
        match literal {
            Literal::Variable(name) => self.variables[name.as_str()].clone(),
            Literal::List(items) => items.iter().map(|i| self.literal(i)).collect(),
            Literal::Object(fields) => fields
                .iter()
                .map(|(k, v)| (k.clone(), self.literal(v)))
                .collect::<Map<_, _>>()
                .into(),
            other => crate::operation::values::json(other),
        }
    }

    fn select(
        &mut self,
        object: &Value,
        set: &SelectionSet,
        representation: &Value,
        path: &mut Vec<Value>,
        out: &mut Map<String, Value>,
    ) {
        for item in &set.items {
            match item {
                Selection::Field(field) => {
                    let key = field.alias.as_ref().unwrap_or(&field.name).clone();
                    path.push(json!(key));
                    let value = if field.name == "_entities" {
                        self.entities(
                            &self.literal(&field.arguments[0].1),
                            &field.selection_set,
                            path,
                        )
                    } else {
                        let arguments: Vec<String> = field
                            .arguments
                            .iter()
                            .map(|(k, v)| format!("{k}:{}", self.literal(v)))
                            .collect();
                        let full = format!("{}({})", field.name, arguments.join(","));
                        let value = object.get(&full).unwrap_or(&object[&field.name]).clone();
                        self.complete(&value, &field.selection_set, representation, path)
                    };
                    path.pop();
                    match (out.get_mut(&key), value) {
                        (Some(Value::Object(old)), Value::Object(new)) => old.extend(new),
                        (_, value) => {
                            out.insert(key, value);
                        }
                    }
                }
                Selection::InlineFragment(fragment) => {
                    if applies(object, fragment.type_condition.as_ref()) {
                        self.select(object, &fragment.selection_set, representation, path, out);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = self.fragments[spread.fragment_name.as_str()];
                    if applies(object, Some(&fragment.type_condition)) {
                        self.select(object, &fragment.selection_set, representation, path, out);
                    }
                }
            }
        }
    }

    fn complete(
        &mut self,
        value: &Value,
        set: &SelectionSet,
        representation: &Value,
        path: &mut Vec<Value>,
    ) -> Value {
        if let Some(code) = value.get("$error") {
            self.errors.push(json!({"message": "It failed.", "path": path, "extensions": {"code": code, "messageZh": "失败。"}}));
            return Value::Null;
        }
        if let Some(field) = value.get("$echo") {
            return representation[field.as_str().unwrap()].clone();
        }
        match value {
            Value::Array(items) => items
                .iter()
                .enumerate()
                .map(|(i, item)| {
                    path.push(json!(i));
                    let value = self.complete(item, set, representation, path);
                    path.pop();
                    value
                })
                .collect(),
            Value::Object(_) if !set.items.is_empty() => {
                let mut out = Map::new();
                self.select(value, set, representation, path, &mut out);
                out.into()
            }
            other => other.clone(),
        }
    }

    fn entities(
        &mut self,
        representations: &Value,
        set: &SelectionSet,
        path: &mut Vec<Value>,
    ) -> Value {
        let mut rows = Vec::new();
        for (i, representation) in representations.as_array().unwrap().iter().enumerate() {
            let typename = representation["__typename"].as_str().unwrap();
            let known = self.data["entities"][typename]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let found = known.into_iter().find(|entity| {
                let fields = representation.as_object().unwrap();
                let shared: Vec<_> = fields
                    .iter()
                    .filter(|(k, v)| {
                        *k != "__typename" && !v.is_object() && entity.get(k.as_str()).is_some()
                    })
                    .collect();
                !shared.is_empty() && shared.iter().all(|(k, v)| entity[k.as_str()] == **v)
            });
            path.push(json!(i));
            rows.push(match found {
                Some(mut entity) => {
                    if entity.get("__typename").is_none() {
                        entity["__typename"] = json!(typename);
                    }
                    self.complete(&entity, set, representation, path)
                }
                None => Value::Null,
            });
            path.pop();
        }
        Value::Array(rows)
    }
}

/// A fragment applies to its own type, or to what the object's `$is` names.
fn applies(object: &Value, condition: Option<&TypeCondition>) -> bool {
    let Some(TypeCondition::On(name)) = condition else {
        return true;
    };
    object["__typename"] == json!(name)
        || object["$is"]
            .as_array()
            .is_some_and(|all| all.contains(&json!(name)))
}
