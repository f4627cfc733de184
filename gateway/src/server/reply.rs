//! An answer on its way out: status, headers and body of what the pipeline gave or of a refusal before it.

use std::convert::Infallible;

use actix_web::body::SizedStream;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, ContentEncoding};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use super::events::{self, Stream};
use super::head::text;
use crate::error::{ErrorCode, GraphQlError, errors_body};
use crate::identity::{Principal, Role};
use crate::pipeline::{Answer, CachePolicy, Outcome};
use crate::request::MediaType;

/// Bodies up to this many bytes go out in one piece.
const WHOLE: usize = 48 * 1024;
/// The pieces of larger ones. Each connection keeps a buffer as large as the largest piece that it ever wrote.
const PIECE: usize = 32 * 1024;

/// How a request came.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// `GET` or `HEAD`.
    Get,
    /// `POST`.
    Post,
}

impl Way {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// A refusal of what is no GraphQL request yet.
pub(super) fn refusal(code: ErrorCode) -> HttpResponse {
    let status = StatusCode::from_u16(code.http_status());
    HttpResponse::build(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
        .insert_header((header::CONTENT_TYPE, MediaType::Json.content_type()))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(errors_body(&[GraphQlError::new(code)]))
}

/// An answer on its way out.
pub(super) struct Reply {
    /// Told as it happens, instead of the body.
    events: Option<Stream>,
    pub(super) status: u16,
    media: MediaType,
    pub(super) body: Bytes,
    cache: CachePolicy,
    pub(super) code: Option<ErrorCode>,
    pub(super) role: Role,
}

impl Reply {
    /// A refusal before execution.
    pub(super) fn refusal(code: ErrorCode, media: MediaType, reference: Option<String>) -> Self {
        let mut error = GraphQlError::new(code);
        error.reference = reference;
        Self {
            events: None,
            status: code.http_status(),
            media,
            body: errors_body(&[error]).into(),
            cache: CachePolicy {
                public: false,
                max_age: 0,
            },
            code: Some(code),
            role: Role::Public,
        }
    }

    pub(super) fn answer(answer: Answer, media: MediaType, principal: &Principal) -> Self {
        let code = match answer.outcome {
            Outcome::Ok => None,
            Outcome::RequestError(code) => Some(code),
        };
        Self {
            events: None,
            status: code.map_or(200, |code| media.refusal_status(code)),
            media,
            body: answer.body,
            cache: answer.cache,
            code,
            role: principal.role,
        }
    }

    /// The answers of a batch, in its order. There is no status that would do for all.
    pub(super) fn batch(answers: &[Answer], principal: &Principal) -> Self {
        let bodies: Vec<&[u8]> = answers.iter().map(|answer| &answer.body[..]).collect();
        let mut body = b"[".to_vec();
        body.extend_from_slice(&bodies.join(&b','));
        body.push(b']');
        Self {
            events: None,
            status: 200,
            media: MediaType::Json,
            body: body.into(),
            cache: CachePolicy::default(),
            code: None,
            role: principal.role,
        }
    }

    /// An answer, or answers, as events.
    pub(super) fn events(events: Stream, principal: &Principal) -> Self {
        Self {
            events: Some(events),
            status: 200,
            media: MediaType::PlainJson,
            body: Bytes::new(),
            cache: CachePolicy::default(),
            code: None,
            role: principal.role,
        }
    }

    pub(super) fn into_response(
        self,
        http: &HttpRequest,
        way: Way,
        compress_above: usize,
    ) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = HttpResponse::build(status);
        response
            .insert_header((header::CONTENT_TYPE, self.media.content_type()))
            .insert_header((
                header::VARY,
                "accept, accept-encoding, authorization, origin",
            ));
        if let Some(stream) = self.events {
            return events::response(response, stream);
        }
        match self.code {
            Some(code) if self.status == 401 => {
                let challenge =
                    format!("Bearer error=\"invalid_token\", error_description=\"{code}\"");
                response.insert_header((header::WWW_AUTHENTICATE, challenge));
            }
            Some(ErrorCode::MethodNotAllowed) => {
                response.insert_header((header::ALLOW, "GET, HEAD, POST, OPTIONS"));
            }
            Some(ErrorCode::MutationOverGet) => {
                response.insert_header((header::ALLOW, "POST"));
            }
            Some(_) if self.status == 503 => {
                response.insert_header((header::RETRY_AFTER, "1"));
            }
            _ => {}
        }
        if self.body.len() < compress_above {
            // Tells the compressing layer to leave it alone; taken off again on the way out.
            response.insert_header(ContentEncoding::Identity);
        }
        if way == Way::Get && self.code.is_none() && self.cache.public && self.cache.max_age > 0 {
            return self.cacheable(http, response);
        }
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        with_body(response, self.body)
    }

    /// Public data fetched by GET may be kept on the way, and need not be sent again unchanged. What a
    /// signed-in caller got stays with them, because others may lack the scope.
    fn cacheable(self, http: &HttpRequest, mut response: HttpResponseBuilder) -> HttpResponse {
        let whose = match self.role {
            Role::Public => "public",
            _ => "private",
        };
        let tag = format!("W/\"{}\"", hex::encode(&Sha256::digest(&self.body)[..16]));
        response
            .insert_header((
                header::CACHE_CONTROL,
                format!("{whose}, max-age={}", self.cache.max_age),
            ))
            .insert_header((header::ETAG, tag.as_str()));
        let known = text(http, "if-none-match").is_some_and(|known| {
            known.trim() == "*"
                || known
                    .split(',')
                    .any(|one| one.trim().trim_start_matches("W/") == &tag[2..])
        });
        if known {
            return response.status(StatusCode::NOT_MODIFIED).finish();
        }
        with_body(response, self.body)
    }
}

/// A large body goes out in pieces: the server copies what it is about to write, and would copy the whole
/// of it at once.
fn with_body(mut response: HttpResponseBuilder, body: Bytes) -> HttpResponse {
    if body.len() <= WHOLE {
        return response.body(body);
    }
    let length = body.len() as u64;
    let pieces = futures_util::stream::unfold(body, |mut rest| async move {
        let piece = rest.split_to(rest.len().min(PIECE));
        (!piece.is_empty()).then_some((Ok::<_, Infallible>(piece), rest))
    });
    response.body(SizedStream::new(length, pieces))
}
