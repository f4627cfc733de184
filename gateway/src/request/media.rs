//! Which media type the answer has, and which status goes with it.

use crate::error::ErrorCode;

/// The media types an answer can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaType {
    /// `application/graphql-response+json`, whose status can be trusted.
    GraphqlResponse,
    /// `application/json`, for older clients that ask for it: they read a refusal only with status 200.
    Json,
    /// `application/json` for who named neither, with statuses as of the newer type.
    PlainJson,
}

impl MediaType {
    /// The `Content-Type` of the answer.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json | Self::PlainJson => "application/json; charset=utf-8",
        }
    }

    /// The best media type that an `Accept` header allows. Without a header, and where a wildcard leaves
    /// the choice, it is `application/json`, which every client reads (audits 80D8 and 47DE of the
    /// public GraphQL-over-HTTP suite); who knows the newer type names it.
    ///
    /// # Errors
    /// [`ErrorCode::NotAcceptable`] when it allows neither.
    pub fn negotiate(accept: Option<&str>) -> Result<Self, ErrorCode> {
        let Some(accept) = accept.filter(|accept| !accept.trim().is_empty()) else {
            return Ok(Self::PlainJson);
        };
        let quality = |subtype: &str| quality(accept, subtype);
        let (graphql, json) = (quality("graphql-response+json"), quality("json"));
        if graphql <= 0.0 && json <= 0.0 {
            return Err(ErrorCode::NotAcceptable);
        }
        // Equal weights: the one the client named first, else the one it can surely read.
        let named = (
            position(accept, "application/json"),
            position(accept, "application/graphql-response+json"),
        );
        Ok(match named {
            _ if graphql > json => Self::GraphqlResponse,
            (None, Some(_)) if graphql >= json => Self::GraphqlResponse,
            (Some(json_at), Some(graphql_at)) if graphql >= json && graphql_at < json_at => {
                Self::GraphqlResponse
            }
            (Some(_), _) => Self::Json,
            (None, _) => Self::PlainJson,
        })
    }

    /// Whether an `Accept` header names one of our media types, which no link, image or form does.
    pub fn is_named(accept: Option<&str>) -> bool {
        accept.is_some_and(|accept| {
            position(accept, "application/json").is_some()
                || position(accept, "application/graphql-response+json").is_some()
        })
    }

    /// The status of a well-formed request that was refused before execution. `application/json`
    /// answers of that kind have 200, because older clients read the body only then.
    pub const fn refusal_status(self, code: ErrorCode) -> u16 {
        match (self, code.http_status()) {
            (Self::Json, 400) => 200,
            (_, status) => status,
        }
    }
}

/// The ranges of an `Accept` header with their parameters.
fn ranges(accept: &str) -> impl Iterator<Item = (&str, &str)> {
    accept.split(',').map(|range| {
        let (name, parameters) = range.split_once(';').unwrap_or((range, ""));
        (name.trim(), parameters)
    })
}

fn position(accept: &str, name: &str) -> Option<usize> {
    ranges(accept).position(|(range, parameters)| {
        range.eq_ignore_ascii_case(name) && weight(parameters) > Some(0.0)
    })
}

/// The quality of `application/subtype`: that of the most specific range that fits (RFC 9110, 12.5.1).
fn quality(accept: &str, subtype: &str) -> f32 {
    let full = format!("application/{subtype}");
    for fitting in [full.as_str(), "application/*", "*/*"] {
        let best = ranges(accept)
            .filter(|(range, _)| range.eq_ignore_ascii_case(fitting))
            .filter_map(|(_, parameters)| weight(parameters))
            .reduce(f32::max);
        if let Some(best) = best {
            return best;
        }
    }
    0.0
}

/// The `q` of a range; `None` when it asks for a charset that is not ours.
fn weight(parameters: &str) -> Option<f32> {
    let mut weight = 1.0;
    for parameter in parameters.split(';') {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let value = value.trim().trim_matches('"');
        if name.trim().eq_ignore_ascii_case("q") {
            weight = value.parse().unwrap_or(0.0);
        } else if name.trim().eq_ignore_ascii_case("charset") && !is_utf8(value) {
            return None;
        }
    }
    Some(weight)
}

/// Whether this is a name of UTF-8.
pub(super) fn is_utf8(charset: &str) -> bool {
    charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("utf8")
}

#[cfg(test)]
mod tests {
    use super::MediaType::{GraphqlResponse, Json, PlainJson};
    use super::*;

    #[test]
    fn the_accept_header_decides_the_media_type() {
        let none = Err(ErrorCode::NotAcceptable);
        for (accept, expected) in [
            (None, Ok(PlainJson)),
            (Some(""), Ok(PlainJson)),
            (Some("*/*"), Ok(PlainJson)),
            (Some("application/*"), Ok(PlainJson)),
            (Some("application/json"), Ok(Json)),
            (Some("Application/JSON; charset=UTF-8"), Ok(Json)),
            (
                Some("application/graphql-response+json"),
                Ok(GraphqlResponse),
            ),
            (
                Some("application/graphql-response+json, application/json;q=0.9"),
                Ok(GraphqlResponse),
            ),
            (
                Some("application/json, application/graphql-response+json"),
                Ok(Json),
            ),
            (
                Some("application/json;q=0.5, application/graphql-response+json;q=0.8"),
                Ok(GraphqlResponse),
            ),
            (Some("application/json, */*"), Ok(Json)),
            (
                Some("application/json;q=0.1, */*;q=0.2"),
                Ok(GraphqlResponse),
            ),
            (Some("application/json;q=0, */*"), Ok(GraphqlResponse)),
            (Some("text/html,image/*,*/*;q=0.8"), Ok(PlainJson)),
            (Some("text/html"), none),
            (Some("application/json;q=0"), none),
            (Some("application/json; charset=iso-8859-1"), none),
            (Some("nonsense"), none),
        ] {
            assert_eq!(MediaType::negotiate(accept), expected, "{accept:?}");
        }
    }

    #[test]
    fn only_the_older_media_type_says_200_for_a_document_that_is_refused() {
        let failed = ErrorCode::GraphqlValidationFailed;
        assert_eq!(GraphqlResponse.refusal_status(failed), 400);
        assert_eq!(PlainJson.refusal_status(failed), 400);
        assert_eq!(Json.refusal_status(failed), 200);
        for media in [GraphqlResponse, Json, PlainJson] {
            assert_eq!(media.refusal_status(ErrorCode::MutationOverGet), 405);
            assert_eq!(media.refusal_status(ErrorCode::NotReady), 503);
        }
    }
}
