//! Answers in parts: what is deferred is fetched after the first answer and told behind it, with the same
//! rights and records as a whole answer.

use std::cell::RefCell;
use std::sync::Arc;

use futures_util::FutureExt as _;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::mock::{Fault, World, codes};
use super::personal::{self, Log};
use super::shop;
use crate::cache::Cache;
use crate::config::Limits;
use crate::error::ErrorCode;
use crate::execute::Fetcher;
use crate::identity::Caller;
use crate::pipeline::Answer;
use crate::pipeline::parts::{self, Parted};
use crate::pipeline::subscription::{Serving, Standing, Subscribed, subscribe};
use crate::request::GraphQlRequest;
use crate::telemetry::Metrics;
use crate::transport::{FetchRequest, Signer, Transport, TransportError};

/// Notes how many parts were handed over when a subgraph was asked.
struct Watching<'a> {
    world: &'a World,
    parts: mpsc::Sender<bytes::Bytes>,
    asked: RefCell<Vec<(&'static str, usize)>>,
}

impl Fetcher for Watching<'_> {
    async fn fetch(&self, request: FetchRequest<'_>) -> Result<bytes::Bytes, TransportError> {
        let told = self.parts.max_capacity() - self.parts.capacity();
        let name = self.world.subgraphs[request.subgraph].name;
        self.asked.borrow_mut().push((name, told));
        self.world.fetch(request).await
    }
}

/// The parts of an answer, and who was asked after how many of them.
pub(super) async fn told(
    world: &World,
    query: &str,
    variables: Value,
) -> (Vec<Value>, Vec<(&'static str, usize)>) {
    let (sender, mut receiver) = mpsc::channel(100);
    let watching = Watching {
        world,
        parts: sender.clone(),
        asked: RefCell::default(),
    };
    let request = GraphQlRequest {
        query: Some(query.to_owned()),
        variables: variables.as_object().cloned().unwrap_or_default(),
        ..GraphQlRequest::default()
    };
    let caller = Caller {
        principal: std::sync::Arc::new(world.principal.clone()),
        purpose: None,
        case: None,
        trace: opentelemetry::Context::new(),
    };
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    let answering = world.pipeline.handle_in_parts(
        &request,
        &caller,
        &watching,
        &world.cache,
        deadline,
        &sender,
    );
    let single = answering.await;
    let mut parts: Vec<Value> = Vec::new();
    while let Some(Some(part)) = receiver.recv().now_or_never() {
        parts.push(serde_json::from_slice(&part).unwrap());
    }
    if let Some(answer) = single {
        assert!(parts.is_empty());
        parts.push(serde_json::from_slice(&answer.body).unwrap());
    }
    (parts, watching.asked.into_inner())
}

#[tokio::test]
async fn what_is_deferred_is_fetched_after_the_first_answer_and_told_behind_it() {
    let query =
        r#"{ product(id: "2") { id name ... @defer(label: "cost") { price maker { city } } } }"#;
    let (parts, asked) = told(&shop(), query, json!({})).await;
    assert_eq!(
        parts,
        [
            json!({"data": {"product": {"id": "2", "name": "Table"}}, "hasNext": true}),
            json!({
                "incremental": [{
                    "data": {"price": 50, "maker": {"city": "Chengdu"}},
                    "path": ["product"],
                    "label": "cost",
                }],
                "hasNext": false,
            }),
        ]
    );
    assert_eq!(asked, [("products", 0), ("stock", 1)]);
}

#[tokio::test]
async fn each_object_of_a_list_has_its_part_and_what_waits_less_is_told_first() {
    let query = "{ products { id ...P @defer(label: \"p\") ... @defer(label: \"n\") { name } } }
        fragment P on Product { price }";
    let (parts, asked) = told(&shop(), query, json!({})).await;
    let labels = |part: &Value| -> Vec<(Value, Value)> {
        let all = part["incremental"].as_array().unwrap();
        all.iter()
            .map(|one| (one["label"].clone(), one["path"].clone()))
            .collect()
    };
    let of = |label: &str| -> Vec<(Value, Value)> {
        (0..3)
            .map(|at| (json!(label), json!(["products", at])))
            .collect()
    };
    assert_eq!(labels(&parts[1]), of("n"), "it came with the first request");
    assert_eq!(labels(&parts[2]), of("p"));
    assert_eq!(parts[2]["incremental"][1]["data"], json!({"price": 50}));
    assert_eq!(
        (&parts[1]["hasNext"], &parts[2]["hasNext"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(asked, [("products", 0), ("stock", 2)]);
}

#[tokio::test]
async fn a_fragment_deferred_at_the_root_does_not_hold_up_the_rest() {
    let query = "{ me { nick } ... @defer { latest { stars } search { id } } }";
    let (parts, mut asked) = told(&shop(), query, json!({})).await;
    assert_eq!(
        parts[0],
        json!({"data": {"me": {"nick": "Li"}}, "hasNext": true})
    );
    assert_eq!(parts[1]["incremental"][0]["path"], json!([]));
    assert_eq!(
        parts[1]["incremental"][0]["data"]["latest"],
        json!([{"stars": 4}])
    );
    assert_eq!(asked.remove(0), ("products", 0));
    asked.sort_unstable();
    assert_eq!(asked, [("products", 1), ("reviews", 1)]);
}

#[tokio::test]
async fn a_fragment_inside_a_deferred_one_is_told_after_it() {
    let query = r#"{ product(id: "2") { id ... @defer(label: "outer") {
        price maker { id ... @defer(label: "inner") { fame } } } } }"#;
    let (parts, asked) = told(&shop(), query, json!({})).await;
    let told: Vec<&Value> = parts[1..]
        .iter()
        .map(|part| &part["incremental"][0])
        .collect();
    assert_eq!(told[0]["label"], "outer");
    assert_eq!(told[0]["data"], json!({"price": 50, "maker": {"id": "m1"}}));
    assert_eq!(
        *told[1],
        json!({"data": {"fame": 3}, "path": ["product", "maker"], "label": "inner"})
    );
    assert_eq!(asked, [("products", 0), ("stock", 1), ("reviews", 2)]);
}

#[tokio::test]
async fn who_does_not_take_parts_or_says_no_gets_one_answer() {
    let query =
        "query ($later: Boolean!) { me { nick ... @defer(if: $later) { reviews { stars } } } }";
    let whole = json!({"data": {"me": {"nick": "Li", "reviews": [{"stars": 5}]}}});
    let world = shop();
    let (parts, _) = told(&world, query, json!({"later": false})).await;
    assert_eq!(parts, std::slice::from_ref(&whole));
    assert_eq!(world.ask_with(query, json!({"later": true})).await, whole);
    let (parts, _) = told(&world, query, json!({"later": true})).await;
    assert_eq!(parts.len(), 2);
    let (parts, _) = told(
        &world,
        "{ me { nick ... @defer(if: false) { id } } }",
        json!({}),
    )
    .await;
    assert_eq!(parts, [json!({"data": {"me": {"nick": "Li", "id": "u1"}}})]);
    let (parts, _) = told(
        &world,
        "{ __schema { queryType { name } } ... @defer { me { id } } }",
        json!({}),
    )
    .await;
    assert_eq!(parts.len(), 1, "the schema is told whole");
}

#[tokio::test]
async fn fragments_of_other_types_and_objects_that_are_not_there_have_no_part() {
    let query = "{ search { id ... on Book @defer { title } } product(id: \"404\") { id ... @defer { name } } }";
    let (parts, _) = told(&shop(), query, json!({})).await;
    let told: Vec<&Value> = parts[1..]
        .iter()
        .flat_map(|part| part["incremental"].as_array().into_iter().flatten())
        .collect();
    assert_eq!(
        told,
        [&json!({"data": {"title": "Rites"}, "path": ["search", 1]})]
    );
    assert_eq!(parts[parts.len() - 1]["hasNext"], false);
    assert!(
        parts[..parts.len() - 1]
            .iter()
            .all(|part| part["hasNext"] == true)
    );
}

#[tokio::test]
async fn what_is_refused_in_a_deferred_fragment_is_told_with_it_and_fetched_by_nobody() {
    let query = "{ me { nick ... @defer { secret reviews { stars } } } }";
    let world = shop();
    let (parts, _) = told(&world, query, json!({})).await;
    assert_eq!(
        parts[0],
        json!({"data": {"me": {"nick": "Li"}}, "hasNext": true})
    );
    let part = &parts[1]["incremental"][0];
    assert_eq!(
        part["data"],
        json!({"secret": null, "reviews": [{"stars": 5}]})
    );
    assert_eq!(
        codes(part),
        [("UNAUTHENTICATED".to_owned(), json!(["me", "secret"]))]
    );
    let bodies = world.bodies("products");
    assert!(!bodies[0].to_string().contains("secret"));
}

#[tokio::test]
async fn what_fails_later_is_told_with_its_part_and_nulls_go_no_further() {
    let world = shop().fault("stock", Fault::Unavailable);
    let query = r#"{ product(id: "2") { id ... @defer { price } ... @defer { shipping } ... @defer { rating } } }"#;
    let (parts, _) = told(&world, query, json!({})).await;
    assert_eq!(
        parts[0],
        json!({"data": {"product": {"id": "2"}}, "hasNext": true})
    );
    let told: Vec<&Value> = parts[1..]
        .iter()
        .flat_map(|part| part["incremental"].as_array().into_iter().flatten())
        .collect();
    let of = |field: &str| {
        let place = json!(["product", field]);
        let found = told.iter().find(|part| part["errors"][0]["path"] == place);
        (*found.unwrap_or_else(|| panic!("{field}: {told:?}"))).clone()
    };
    let unavailable = ErrorCode::SubgraphUnavailable.as_str().to_owned();
    assert_eq!(of("price")["data"], Value::Null, "a price cannot be null");
    assert_eq!(of("shipping")["data"], json!({"shipping": null}));
    assert_eq!(codes(&of("shipping"))[0].0, unavailable);
    assert_eq!(of("rating")["data"], json!({"rating": null}));
    assert_eq!(codes(&of("rating"))[0].0, "NO_RATING");
    assert_eq!(told.len(), 3);
}

#[tokio::test]
async fn personal_data_of_a_deferred_fragment_is_recorded_before_it_is_told() {
    let (log, recorder) = Log::new();
    let mut world = personal::world();
    world.pipeline = world.pipeline.recording(Some(recorder.into()));
    let query = "{ open first { id ... @defer { office name } } }";
    let (parts, _) = told(&world, query, json!({})).await;
    assert_eq!(
        parts[1]["incremental"][0]["data"],
        json!({"office": "chair", "name": "name of a"})
    );
    drop(world);
    let shown: Vec<(Value, Value)> = log
        .records()
        .into_iter()
        .map(|(_, _, fields, persons)| (fields, persons))
        .collect();
    assert_eq!(
        shown,
        [(json!(["Person.name", "Person.office"]), json!(["a"]))]
    );

    let (parts, _) = told(&personal::world(), query, json!({})).await;
    let part = &parts[1]["incremental"][0];
    assert_eq!(
        part["data"],
        json!({"office": null, "name": null}),
        "there is no log"
    );
    assert_eq!(
        codes(part)[0],
        (
            "ACCESS_LOG_UNAVAILABLE".to_owned(),
            json!(["first", "office"])
        )
    );
}

#[tokio::test]
async fn labels_are_written_out_and_never_the_same() {
    for query in [
        r#"{ me { ... @defer(label: "a") { id } ... @defer(label: "a") { nick } } }"#,
        "query ($l: String) { me { ... @defer(label: $l) { id } } }",
    ] {
        let (parts, _) = told(&shop(), query, json!({})).await;
        assert_eq!(
            codes(&parts[0])[0].0,
            "GRAPHQL_VALIDATION_FAILED",
            "{query}"
        );
    }
}

#[tokio::test]
async fn nothing_more_is_fetched_for_a_client_that_has_gone() {
    let world = shop();
    let (sender, receiver) = mpsc::channel(1);
    drop(receiver);
    let request = GraphQlRequest {
        query: Some("{ me { nick ... @defer { reviews { stars } } } }".to_owned()),
        ..GraphQlRequest::default()
    };
    let caller = Caller {
        principal: std::sync::Arc::new(world.principal.clone()),
        purpose: None,
        case: None,
        trace: opentelemetry::Context::new(),
    };
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    let (pipeline, cache) = (&world.pipeline, &world.cache);
    pipeline
        .handle_in_parts(&request, &caller, &world, cache, deadline, &sender)
        .await;
    assert_eq!(world.calls(), ["products"]);
}

#[tokio::test]
async fn what_the_gateway_cuts_is_recorded_once_wherever_it_stood() {
    let refused = |fields: &[&str]| {
        let (fields, nobody) = (json!(fields), json!([]));
        ("general".to_owned(), "REFUSED".to_owned(), fields, nobody)
    };
    for (query, parts_of, fields) in [
        (
            "{ open ... @defer { first { secret } } }",
            2,
            &["Person.secret"],
        ),
        (
            "{ first { secret } ... @defer { open } }",
            2,
            &["Person.secret"],
        ),
        (
            "{ first { x: secret ... @defer { y: secret } } }",
            2,
            &["Person.secret"],
        ),
        // The client never gets this part: there is no object to tell it of.
        (
            "{ open nobody { parties { id ... @defer { secret } } } }",
            2,
            &["Person.secret"],
        ),
    ] {
        let (log, recorder) = Log::new();
        let mut world = personal::world();
        world.pipeline = world.pipeline.recording(Some(recorder.into()));
        let (parts, _) = told(&world, query, json!({})).await;
        assert_eq!(parts.len(), parts_of, "{query}");
        drop(world);
        assert_eq!(log.records(), [refused(fields)], "{query}");
    }
}

#[tokio::test]
async fn an_unexpected_error_has_its_reference_by_every_way() {
    let world = shop().unplannable();
    let check = |answer: &Value| {
        let told = &answer["errors"][0]["extensions"];
        assert_eq!(told["code"], "PLANNING_FAILED");
        assert_eq!(told["reference"].as_str().map(str::len), Some(32), "{told}");
    };
    let query = "{ me { nick } ... @defer { latest { stars } } }";
    check(&world.ask("{ me { nick } }").await);
    let (parts, _) = told(&world, query, json!({})).await;
    check(&parts[0]);

    let limits = Limits::default();
    let signer = Signer::new(
        ed25519_dalek::SigningKey::from_bytes(&[1; 32]),
        Default::default(),
    );
    let metrics = Metrics::new();
    let transport = Transport::new(&limits, Arc::from([]), Arc::new(signer), metrics);
    let standing = || Standing {
        transport: transport.clone(),
        cache: Arc::new(Cache::disabled()),
        deadline: std::time::Duration::from_secs(60),
        buffer: 1,
        queries_only: false,
        full: false,
        serving: Serving {
            swapped: tokio::sync::watch::channel(0).1,
            now: std::rc::Rc::new(|| None),
        },
    };
    let request = || GraphQlRequest {
        query: Some(query.to_owned()),
        ..GraphQlRequest::default()
    };
    let caller = || Caller {
        principal: Arc::new(world.principal.clone()),
        purpose: None,
        case: None,
        trace: opentelemetry::Context::new(),
    };
    let read = |answer: Answer| serde_json::from_slice::<Value>(&answer.body).unwrap();
    let (caller, pipeline) = (caller(), Arc::new(world.pipeline));
    let told = subscribe(Arc::clone(&pipeline), request(), caller.clone(), standing());
    match told.await {
        Subscribed::Answer(answer) => check(&read(answer)),
        Subscribed::Events(_) => panic!("it was planned"),
    }
    match parts::answer(pipeline, request(), caller, standing()).await {
        Parted::Answer(answer) => check(&read(answer)),
        Parted::Parts(_) => panic!("it was planned"),
    }
}

/// An object that can be of one type only is not asked for it, whatever the fragments around call it.
#[tokio::test]
async fn a_deferred_fragment_on_an_interface_tells_what_it_asks_of_the_only_type_there_is() {
    let query = "{ cheapest { id ... on Item @defer { ... on Product { price } } } }";
    let (parts, _) = told(&shop(), query, json!({})).await;
    let data: Vec<&Value> = parts
        .iter()
        .flat_map(|part| part["incremental"].as_array().into_iter().flatten())
        .map(|part| &part["data"])
        .collect();
    assert_eq!(data, [&json!({"price": 5})], "{parts:?}");
}
