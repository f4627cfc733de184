//! The whole road with the real pipeline: a request over HTTP to the gateway, and from there to a
//! subgraph in this process and over HTTP, with the same answer.

use std::sync::Mutex;

use futures_util::future::BoxFuture;

use super::*;
use crate::supergraph::{SubgraphSdl, Supergraph, compose};
use crate::transport::{InProcess, SharedKey, Upstream};

/// A subgraph with one field, which remembers the headers it got.
#[derive(Default)]
struct Greeter(Mutex<Vec<Vec<(&'static str, String)>>>);

const ANSWER: &[u8] = "{\"data\":{\"hello\":\"你好\"}}".as_bytes();

impl InProcess for Greeter {
    fn call(
        &self,
        headers: Vec<(&'static str, String)>,
        _: &'static str,
        _: Bytes,
    ) -> BoxFuture<'static, (u16, Bytes)> {
        self.0.lock().unwrap().push(headers);
        Box::pin(async { (200, Bytes::from_static(ANSWER)) })
    }
}

fn pipeline() -> Pipeline {
    let sdl = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.9\")\n\
               type Query { \"Says hello (问好).\" hello: String }";
    let subgraphs = [SubgraphSdl {
        name: "greeter".to_owned(),
        url: String::new(),
        sdl: sdl.to_owned(),
    }];
    let supergraph = compose::compose(&subgraphs).unwrap();
    let supergraph = Supergraph::load(&supergraph, 1).unwrap();
    Pipeline::new(&crate::config::Limits::default(), supergraph).unwrap()
}

async fn started(upstream: Upstream) -> Running {
    let key = ed25519_dalek::SigningKey::from_bytes(&[1; 32]);
    let shared = SharedKey::new("k", vec![2; 32]).unwrap();
    let keys = BTreeMap::from([("greeter".to_owned(), shared)]);
    let server = Running::start_with(CONFIG, Signer::new(key, keys)).await;
    let upstreams = Arc::from([(Arc::from("greeter"), upstream)]);
    server.gateway.load(Arc::new(pipeline()), upstreams);
    server
}

#[actix_web::test]
async fn a_query_goes_the_whole_way_in_process_and_over_http() {
    let greeter = Arc::new(Greeter::default());
    let server = started(Upstream::InProcess(Arc::clone(&greeter) as _)).await;
    let token = server.token(Role::Registrar);
    let headers = [("authorization", token.as_str())];
    let body = r#"{"query":"query Q { hello __typename }","operationName":"Q"}"#;
    let near = server.post(&headers, body).await;
    assert_eq!(near.status, 200);
    assert_eq!(
        near.json(),
        json!({ "data": { "hello": "你好", "__typename": "Query" } })
    );
    assert_eq!(greeter.0.lock().unwrap().len(), 1);
    let unknown = server.post(&headers, r#"{"query":"{ nothing }"}"#).await;
    assert_eq!(
        (unknown.status, unknown.code().as_str()),
        (400, "GRAPHQL_VALIDATION_FAILED")
    );
    server.stop().await;

    let subgraph = actix_web::HttpServer::new(|| {
        App::new().route("/graphql", web::post().to(|| async { ANSWER }))
    })
    .workers(1)
    .disable_signals()
    .bind("127.0.0.1:0")
    .unwrap();
    let url = format!("http://{}/graphql", subgraph.addrs()[0]);
    let subgraph = subgraph.run();
    let handle = subgraph.handle();
    tokio::spawn(subgraph);
    let server = started(Upstream::Http {
        url: url.parse().unwrap(),
    })
    .await;
    let token = server.token(Role::Registrar);
    let far = server
        .post(&[("authorization", token.as_str())], body)
        .await;
    assert_eq!(far.body, near.body);
    handle.stop(true).await;
    let gone = server.post(&[], body).await;
    assert_eq!(
        (gone.status, gone.code().as_str()),
        (200, "SUBGRAPH_UNAVAILABLE")
    );
    server.stop().await;
}
