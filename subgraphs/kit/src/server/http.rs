//! The endpoint over HTTP, for `minzheng subgraph NAME`: `/graphql`, `/health` (the process is
//! alive) and `/ready` (its database answers). Subscriptions come to `/graphql` by WebSocket.

use std::{future::Future, io, net::TcpListener, sync::Arc, time::Duration};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, http::StatusCode, web};
use tokio::sync::watch;

use super::{Endpoint, MAX_BODY_BYTES, websocket};
use crate::{Database, contract::SUBGRAPH_PATH};

/// How long requests in flight may take to end after `shutdown`, in seconds.
const DRAIN_SECONDS: u64 = 20;

/// Serves a subgraph on a bound listener (HTTP/1.1 and HTTP/2, with TLS if it is given) until `shutdown`
/// ends, then lets requests in flight end.
///
/// Runs inside a tokio runtime; its workers have event loops of their own.
pub async fn serve(
    listener: TcpListener,
    tls: Option<rustls::ServerConfig>,
    endpoint: Arc<Endpoint>,
    db: Database,
    workers: usize,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (stop, stopping) = watch::channel(false);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::from(Arc::clone(&endpoint)))
            .app_data(web::Data::new(db.clone()))
            .app_data(web::Data::new(stopping.clone()))
            .app_data(web::PayloadConfig::new(MAX_BODY_BYTES))
            .route(SUBGRAPH_PATH, web::post().to(graphql))
            .route(SUBGRAPH_PATH, web::get().to(websocket::open))
            .route("/health", web::get().to(health))
            .route("/ready", web::get().to(ready))
    })
    .workers(workers.max(1))
    // The end of a large answer does not wait until the gateway has confirmed its beginning.
    .tcp_nodelay(true)
    .keep_alive(Duration::from_secs(75))
    .shutdown_timeout(DRAIN_SECONDS)
    .disable_signals();
    let server = match tls {
        Some(tls) => server.listen_rustls_0_23(listener, tls)?,
        None => server.listen_auto_h2c(listener)?,
    };
    let server = server.run();
    let handle = server.handle();
    let stopping = tokio::spawn(async move {
        shutdown.await;
        // Subscriptions have no end of their own; the gateway asks another process, or this one again.
        let _ = stop.send(true);
        handle.stop(true).await;
    });
    let served = server.await;
    stopping.abort();
    served
}

async fn graphql(
    request: HttpRequest,
    endpoint: web::Data<Endpoint>,
    body: web::Bytes,
) -> HttpResponse {
    let (status, body) = endpoint
        .handle(request.headers(), request.path(), body)
        .await;
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    HttpResponse::build(status)
        .content_type("application/json; charset=utf-8")
        .body(body)
}

async fn health() -> &'static str {
    "ok"
}

async fn ready(db: web::Data<Database>) -> HttpResponse {
    const PATIENCE: Duration = Duration::from_secs(2);
    match tokio::time::timeout(PATIENCE, db.ping()).await {
        Ok(Ok(())) => HttpResponse::Ok().body("ready"),
        _ => HttpResponse::ServiceUnavailable().body("the database does not answer"),
    }
}
