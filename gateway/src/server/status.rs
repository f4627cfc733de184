//! What the machinery around a gateway asks: is it alive, is it ready, how is it doing.

use std::rc::Rc;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};

use super::{Gateway, Worker};
use crate::error::{ErrorCode, GraphQlError, errors_body};
use crate::telemetry::Metrics;

fn json(status: actix_web::http::StatusCode, body: String) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header((header::CONTENT_TYPE, "application/json; charset=utf-8"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(body)
}

/// `/health`: the process runs and its event loops turn.
pub(super) async fn health() -> HttpResponse {
    json(
        actix_web::http::StatusCode::OK,
        r#"{"status":"ok"}"#.to_owned(),
    )
}

/// `/ready`: a schema is loaded and the program is not stopping.
pub(super) async fn ready(http: HttpRequest) -> HttpResponse {
    let ready = http
        .app_data::<Rc<Worker>>()
        .is_some_and(|worker| worker.gateway.is_ready());
    let status = if ready {
        actix_web::http::StatusCode::OK
    } else {
        actix_web::http::StatusCode::SERVICE_UNAVAILABLE
    };
    json(status, format!(r#"{{"ready":{ready}}}"#))
}

/// `/metrics` beside everything else: not there where it has an address of its own.
pub(super) async fn metrics(http: HttpRequest) -> HttpResponse {
    let Some(worker) = http.app_data::<Rc<Worker>>() else {
        return HttpResponse::InternalServerError().finish();
    };
    let parts = &worker.gateway.parts;
    match parts.config.server.metrics_listen {
        Some(_) => nothing_here().await,
        None => figures(&parts.metrics),
    }
}

/// `/metrics` at an address of its own.
pub(super) async fn metrics_only(gateway: web::Data<Gateway>) -> HttpResponse {
    figures(&gateway.parts.metrics)
}

/// In OpenMetrics' text form.
fn figures(metrics: &Metrics) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((
            header::CONTENT_TYPE,
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
        ))
        .body(metrics.text())
}

/// Any other address.
pub(super) async fn nothing_here() -> HttpResponse {
    let body = errors_body(&[GraphQlError::new(ErrorCode::NotFound)]);
    HttpResponse::NotFound()
        .insert_header((header::CONTENT_TYPE, "application/json; charset=utf-8"))
        .body(body)
}
