//! Pages of other origins: answered by a list of exact origins, and nothing is said to the rest. Also the
//! headers that every answer carries.

use std::rc::Rc;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, HttpResponse};

use super::Worker;

/// What a page may send.
const REQUEST_HEADERS: &str = "authorization, content-type, accept, minzheng-purpose, minzheng-case, \
                               minzheng-preflight, apollo-require-preflight, traceparent, tracestate";

/// `OPTIONS /graphql`: a preflight, or someone who wants to know the methods.
pub(super) async fn options(http: HttpRequest) -> HttpResponse {
    let mut response = HttpResponse::NoContent();
    response.insert_header((header::ALLOW, "GET, HEAD, POST, OPTIONS"));
    if let Some(worker) = http.app_data::<Rc<Worker>>()
        && allowed(worker, http.headers()).is_some()
        && http
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
    {
        let age = worker.gateway.parts.config.cors.max_age.as_secs();
        response
            .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"))
            .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS))
            .insert_header((header::ACCESS_CONTROL_MAX_AGE, age.to_string()));
    }
    response.insert_header((header::VARY, "origin")).finish()
}

/// Around every request.
pub(super) async fn around<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let origin = request
        .app_data::<Rc<Worker>>()
        .and_then(|worker| allowed(worker, request.headers()));
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("etag, retry-after"),
        );
    }
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    // It told the compressing layer to leave a small answer alone and says nothing to a client.
    if headers
        .get(header::CONTENT_ENCODING)
        .is_some_and(|encoding| encoding == "identity")
    {
        headers.remove(header::CONTENT_ENCODING);
    }
    Ok(response)
}

/// The request's origin, if it is on the list.
fn allowed(worker: &Worker, headers: &HeaderMap) -> Option<HeaderValue> {
    let origin = headers.get(header::ORIGIN)?;
    let known = &worker.gateway.parts.config.cors.origins;
    known
        .iter()
        .any(|known| known.as_bytes() == origin.as_bytes())
        .then(|| origin.clone())
}
