//! From the bytes of a request to [`GraphQlRequest`].

use serde::Deserialize;
use serde_json::{Map, Value};

use super::GraphQlRequest;
use super::media::is_utf8;
use crate::error::ErrorCode;

/// The values in all parameters of a request, those inside others included: a value of two bytes is kept in
/// many times that.
const MOST_VALUES: usize = 32_768;

/// The parameters of a request, in whichever form they came. Duplicate ones are refused by serde; other
/// properties are the future's, and ignored.
#[derive(Deserialize)]
struct Parameters {
    #[serde(default)]
    query: Option<String>,
    #[serde(default, rename = "documentId")]
    document_id: Option<String>,
    #[serde(default, rename = "operationName")]
    operation_name: Option<String>,
    #[serde(default)]
    variables: Option<Map<String, Value>>,
    #[serde(default)]
    extensions: Option<Map<String, Value>>,
}

impl Parameters {
    fn into_request(self) -> Result<GraphQlRequest, ErrorCode> {
        // A document is there in one of three ways; which of them count is judged when it is looked up.
        let persisted = self
            .extensions
            .as_ref()
            .is_some_and(|extensions| extensions.contains_key("persistedQuery"));
        if self.query.is_none() && self.document_id.is_none() && !persisted {
            return Err(ErrorCode::RequestMalformed);
        }
        Ok(GraphQlRequest {
            query: self.query,
            document_id: self.document_id,
            operation_name: self.operation_name.filter(|name| !name.is_empty()),
            variables: self.variables.unwrap_or_default(),
            extensions: self.extensions.map(Value::Object),
        })
    }
}

impl GraphQlRequest {
    /// The request in a JSON object, however it came.
    ///
    /// # Errors
    /// [`ErrorCode::RequestMalformed`] when a parameter is missing or of the wrong kind.
    pub fn from_object(object: Map<String, Value>) -> Result<Self, ErrorCode> {
        serde_json::from_value::<Parameters>(Value::Object(object))
            .map_err(|_| ErrorCode::RequestMalformed)?
            .into_request()
    }
}

/// Checks the `Content-Type` (and `Content-Encoding`) of a POST request, before its body is read.
///
/// # Errors
/// [`ErrorCode::UnsupportedMediaType`] unless it is `application/json` in UTF-8, not compressed. That a
/// page of another origin cannot send this type without a preflight is what makes POST safe.
pub fn check_post(
    content_type: Option<&str>,
    content_encoding: Option<&str>,
) -> Result<(), ErrorCode> {
    let unsupported = Err(ErrorCode::UnsupportedMediaType);
    if content_encoding.is_some_and(|encoding| !encoding.trim().eq_ignore_ascii_case("identity")) {
        return unsupported;
    }
    let mut parts = content_type.unwrap_or("").split(';');
    if !parts
        .next()
        .is_some_and(|name| name.trim().eq_ignore_ascii_case("application/json"))
    {
        return unsupported;
    }
    for parameter in parts {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let charset = name.trim().eq_ignore_ascii_case("charset");
        if charset && !is_utf8(value.trim().trim_matches('"')) {
            return unsupported;
        }
    }
    Ok(())
}

/// The request in the body of a POST.
///
/// # Errors
/// [`ErrorCode::BatchingDisabled`] for a list of requests, [`ErrorCode::RequestTooLarge`] for too many values,
/// [`ErrorCode::RequestMalformed`] for anything that is no JSON object with a document (or its hash) and the
/// other parameters of the right kind.
pub fn decode_post(body: &[u8]) -> Result<GraphQlRequest, ErrorCode> {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    match first {
        Some(b'{') => {}
        Some(b'[') => return Err(ErrorCode::BatchingDisabled),
        _ => return Err(ErrorCode::RequestMalformed),
    }
    if holds_more_values(body, MOST_VALUES) {
        return Err(ErrorCode::RequestTooLarge);
    }
    serde_json::from_slice::<Parameters>(body)
        .map_err(|_| ErrorCode::RequestMalformed)?
        .into_request()
}

/// Whether there are more values than these in what is to be JSON, without reading it as such.
fn holds_more_values(json: &[u8], most: usize) -> bool {
    // Each takes two bytes at least, with what stands between it and the next.
    if json.len() / 2 <= most {
        return false;
    }
    let (mut values, mut bytes) = (0, json.iter());
    while let Some(byte) = bytes.next() {
        match byte {
            // What is nested too deeply is refused when it is read.
            b',' => values += 1,
            b'"' => {
                while let Some(byte) = bytes.next() {
                    match byte {
                        b'"' => break,
                        b'\\' => drop(bytes.next()),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        if values > most {
            return true;
        }
    }
    false
}

/// The requests in the body of a POST that is a list; `None` when it is none. At most `most` are taken, of
/// none at all when that is 0.
///
/// # Errors
/// [`ErrorCode::BatchingDisabled`], [`ErrorCode::BatchTooLarge`], and as for [`decode_post`].
pub fn decode_batch(body: &[u8], most: usize) -> Result<Option<Vec<GraphQlRequest>>, ErrorCode> {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    if first != Some(&b'[') {
        return Ok(None);
    }
    if most == 0 {
        return Err(ErrorCode::BatchingDisabled);
    }
    if holds_more_values(body, most.saturating_mul(MOST_VALUES)) {
        return Err(ErrorCode::RequestTooLarge);
    }
    let all: Vec<Parameters> =
        serde_json::from_slice(body).map_err(|_| ErrorCode::RequestMalformed)?;
    if all.is_empty() || all.len() > most {
        return Err(ErrorCode::BatchTooLarge);
    }
    let requests = all.into_iter().map(Parameters::into_request);
    requests.collect::<Result<_, _>>().map(Some)
}

/// The request in the query string of a GET.
///
/// # Errors
/// [`ErrorCode::RequestMalformed`] when a parameter is repeated, cannot be decoded, or is of the wrong
/// kind.
pub fn decode_get(query_string: &str) -> Result<GraphQlRequest, ErrorCode> {
    let mut found: [Option<String>; 5] = [None, None, None, None, None];
    for pair in query_string.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let place = match percent_decode(name)?.as_str() {
            "query" => 0,
            "operationName" => 1,
            "variables" => 2,
            "extensions" => 3,
            "documentId" => 4,
            _ => continue,
        };
        if found[place].replace(percent_decode(value)?).is_some() {
            return Err(ErrorCode::RequestMalformed);
        }
    }
    let [query, operation_name, variables, extensions, document_id] = found;
    Parameters {
        query: query.filter(|query| !query.is_empty()),
        document_id: document_id.filter(|id| !id.is_empty()),
        operation_name,
        variables: object(variables)?,
        extensions: object(extensions)?,
    }
    .into_request()
}

fn object(text: Option<String>) -> Result<Option<Map<String, Value>>, ErrorCode> {
    match text.as_deref().map(str::trim) {
        None | Some("" | "null") => Ok(None),
        Some(text) if holds_more_values(text.as_bytes(), MOST_VALUES) => {
            Err(ErrorCode::RequestTooLarge)
        }
        Some(text) => serde_json::from_str(text).map_err(|_| ErrorCode::RequestMalformed),
    }
}

/// Decodes `application/x-www-form-urlencoded`.
fn percent_decode(text: &str) -> Result<String, ErrorCode> {
    const WRONG: ErrorCode = ErrorCode::RequestMalformed;
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || {
                    let digit = char::from(bytes.next()?).to_digit(16)?;
                    u8::try_from(digit).ok()
                };
                let (high, low) = digit().zip(digit()).ok_or(WRONG)?;
                high * 16 + low
            }
            other => other,
        });
    }
    String::from_utf8(out).map_err(|_| WRONG)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_request_holds_only_so_many_values_and_texts_count_once() {
        let with = |value: String| format!(r#"{{"query":"{{a}}","variables":{{"v":{value}}}}}"#);
        let list = |count: usize| format!("[{}]", vec!["0"; count].join(","));
        let inside = |count: usize| format!("[{}]", vec!["[]"; count].join(","));
        for (value, taken) in [
            (list(MOST_VALUES - 10), true),
            (list(MOST_VALUES + 2), false),
            (inside(MOST_VALUES + 2), false),
            (json!(",[{\\\"".repeat(MOST_VALUES)).to_string(), true),
        ] {
            let body = with(value);
            let told = decode_post(body.as_bytes()).map(|_| ());
            let right = if taken {
                Ok(())
            } else {
                Err(ErrorCode::RequestTooLarge)
            };
            assert_eq!(told, right, "{}", &body[..60]);
            let batch = format!("[{body}]");
            let told = decode_batch(batch.as_bytes(), 1).map(|_| ());
            assert_eq!(told, right, "{}", &body[..60]);
        }
        let get = |count: usize| format!("query=x&variables=%7B%22v%22:{}%7D", list(count));
        assert!(decode_get(&get(MOST_VALUES - 10)).is_ok());
        let told = decode_get(&get(MOST_VALUES + 2)).map(|_| ());
        assert_eq!(told, Err(ErrorCode::RequestTooLarge));
    }

    #[test]
    fn a_post_must_be_json_in_utf8() {
        for (content_type, encoding, good) in [
            (Some("application/json"), None, true),
            (Some("application/json; charset=utf-8"), None, true),
            (
                Some("Application/Json;charset=\"UTF-8\""),
                Some("identity"),
                true,
            ),
            (Some("application/json; charset=gbk"), None, false),
            (Some("application/json"), Some("gzip"), false),
            (Some("application/graphql"), None, false),
            (Some("text/plain"), None, false),
            (Some("application/x-www-form-urlencoded"), None, false),
            (Some("multipart/form-data"), None, false),
            (None, None, false),
        ] {
            let got = check_post(content_type, encoding);
            assert_eq!(got.is_ok(), good, "{content_type:?} {encoding:?}");
        }
    }

    #[test]
    fn the_body_of_a_post_is_one_object_with_a_query() {
        let malformed = ErrorCode::RequestMalformed;
        for (body, expected) in [
            (r#"{"query":"{ a }"}"#, None),
            (
                r#" {"query":"{ a }","variables":null,"operationName":null,"extensions":null} "#,
                None,
            ),
            (r#"{"query":"{ a }","future":1}"#, None),
            (r#"{"documentId":"a"}"#, None),
            (r#"{"extensions":{"persistedQuery":{}}}"#, None),
            (r#"{"documentId":7}"#, Some(malformed)),
            (r#"[{"query":"{ a }"}]"#, Some(ErrorCode::BatchingDisabled)),
            (" [", Some(ErrorCode::BatchingDisabled)),
            ("", Some(malformed)),
            ("nonsense", Some(malformed)),
            (r#"{"query":"#, Some(malformed)),
            (r#"{"qeury":"{ a }"}"#, Some(malformed)),
            (r#"{"query":null}"#, Some(malformed)),
            (r#"{"query":{}}"#, Some(malformed)),
            (r#"{"query":1}"#, Some(malformed)),
            (r#"{"query":"{ a }","query":"{ b }"}"#, Some(malformed)),
            (r#"{"query":"{ a }","operationName":[]}"#, Some(malformed)),
            (r#"{"query":"{ a }","variables":"x"}"#, Some(malformed)),
            (r#"{"query":"{ a }","variables":[7]}"#, Some(malformed)),
            (r#"{"query":"{ a }","extensions":0}"#, Some(malformed)),
            (r#"{"query":"{ a }"} x"#, Some(malformed)),
        ] {
            assert_eq!(decode_post(body.as_bytes()).err(), expected, "{body}");
        }
        assert_eq!(
            decode_post(b"{\"query\":\"\xff\"}").err(),
            Some(malformed),
            "not UTF-8"
        );
        let deep = format!(r#"{{"query":"a","variables":{}}}"#, "[".repeat(100_000));
        assert_eq!(decode_post(deep.as_bytes()).err(), Some(malformed));
    }

    #[test]
    fn a_batch_is_taken_only_where_it_is_wanted_and_only_so_large() {
        let two = br#" [{"query":"{ a }"},{"query":"{ b }"}]"#;
        assert_eq!(decode_batch(b"{\"query\":\"{ a }\"}", 2), Ok(None));
        assert_eq!(decode_batch(two, 0), Err(ErrorCode::BatchingDisabled));
        assert_eq!(decode_batch(two, 1), Err(ErrorCode::BatchTooLarge));
        assert_eq!(decode_batch(b"[]", 2), Err(ErrorCode::BatchTooLarge));
        let queries: Vec<_> = decode_batch(two, 2)
            .unwrap()
            .unwrap()
            .into_iter()
            .map(|request| request.query.unwrap())
            .collect();
        assert_eq!(queries, ["{ a }", "{ b }"]);
        let deep = "[".repeat(100_000);
        for wrong in ["[1]", "[[]]", "[{}]", r#"[{"query":"a"},]"#, &deep] {
            let got = decode_batch(wrong.as_bytes(), 2);
            assert_eq!(got, Err(ErrorCode::RequestMalformed));
        }
    }

    #[test]
    fn a_get_carries_the_same_parameters_in_its_query_string() {
        let request = decode_get(
            "query=query%20Q(%24a%3AInt)%7B+b+%7D&operationName=Q&variables=%7B%22a%22%3A1%7D&x=y",
        )
        .unwrap();
        assert_eq!(request.query.as_deref(), Some("query Q($a:Int){ b }"));
        assert_eq!(request.operation_name.as_deref(), Some("Q"));
        assert_eq!(Value::Object(request.variables), json!({"a": 1}));
        assert_eq!(request.extensions, None);
        for wrong in [
            "",
            "query=",
            "variables=%7B%7D",
            "query=a&query=b",
            "query=%zz",
            "query=%e4%bd",
            "query=a&variables=1",
            "query=a&variables=nonsense",
            "query=a&extensions=%5B%5D",
        ] {
            assert_eq!(
                decode_get(wrong).err(),
                Some(ErrorCode::RequestMalformed),
                "{wrong}"
            );
        }
        assert!(decode_get("query=a&variables=&extensions=null").is_ok());
        assert_eq!(
            decode_get("documentId=a").unwrap().document_id.as_deref(),
            Some("a")
        );
    }
}
