//! What the head of a request says, as far as it is the same by every way.

use actix_web::HttpRequest;

use crate::error::ErrorCode;
use crate::request::{MediaType, PREFLIGHT_HEADERS};

/// A GET that a browser sends on behalf of another document must show that its sender means GraphQL.
pub(super) fn check_get(http: &HttpRequest) -> Result<(), ErrorCode> {
    let cross_document = matches!(text(http, "sec-fetch-mode"), Some("no-cors" | "navigate"));
    let preflighted = PREFLIGHT_HEADERS
        .iter()
        .any(|name| http.headers().contains_key(*name));
    if cross_document && !preflighted && !MediaType::is_named(text(http, "accept")) {
        return Err(ErrorCode::PreflightRequired);
    }
    Ok(())
}

/// The media type that the caller takes an answer in.
pub(super) fn media_of(http: &HttpRequest) -> Result<MediaType, ErrorCode> {
    MediaType::negotiate(text(http, "accept"))
}

/// A header that must be plain text if it is there.
pub(super) fn stated<'a>(http: &'a HttpRequest, name: &str) -> Result<Option<&'a str>, ErrorCode> {
    match http.headers().get(name) {
        Some(value) => value
            .to_str()
            .map(Some)
            .map_err(|_| ErrorCode::PurposeMalformed),
        None => Ok(None),
    }
}

/// A header's text, if it is there and is text.
pub(super) fn text<'a>(http: &'a HttpRequest, name: &str) -> Option<&'a str> {
    http.headers().get(name)?.to_str().ok()
}
