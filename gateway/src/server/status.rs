//! What the machinery around a gateway asks: is it alive, is it ready, how is it doing.

use std::rc::Rc;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};

use super::Worker;
use crate::error::{ErrorCode, GraphQlError, errors_body};

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

/// `/metrics`, in OpenMetrics' text form.
pub(super) async fn metrics(http: HttpRequest) -> HttpResponse {
    let Some(worker) = http.app_data::<Rc<Worker>>() else {
        return HttpResponse::InternalServerError().finish();
    };
    HttpResponse::Ok()
        .insert_header((
            header::CONTENT_TYPE,
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
        ))
        .body(worker.gateway.parts.metrics.text())
}

/// Any other address.
pub(super) async fn nothing_here() -> HttpResponse {
    let body = errors_body(&[GraphQlError::new(ErrorCode::NotFound)]);
    HttpResponse::NotFound()
        .insert_header((header::CONTENT_TYPE, "application/json; charset=utf-8"))
        .body(body)
}
