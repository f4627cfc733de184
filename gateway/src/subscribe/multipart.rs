//! The parts of one answer as `multipart/mixed` with `deferSpec=20220824`, as Apollo's clients speak it.

use bytes::Bytes;

use crate::error::GraphQlError;

/// The media type of the whole.
pub const MEDIA_TYPE: &str = "multipart/mixed; boundary=\"-\"; deferSpec=20220824";

/// What comes before the first part.
pub const START: &[u8] = b"\r\n---";
/// The head of a part.
const HEAD: &[u8] = b"\r\ncontent-type: application/json; charset=utf-8\r\n\r\n";
/// What ends a part: sent along with it, so that the client need not wait for the next to read it.
const END: &[u8] = b"\r\n---";
/// What makes an end the last.
const LAST: &[u8] = b"--\r\n";

/// A part; behind the last one, which says that nothing follows, the end of all.
pub fn part(json: &[u8]) -> Bytes {
    let mut out = Vec::with_capacity(HEAD.len() + json.len() + END.len() + LAST.len());
    for piece in [HEAD, json, END] {
        out.extend_from_slice(piece);
    }
    if is_last(json) {
        out.extend_from_slice(LAST);
    }
    out.into()
}

/// Whether a part says that nothing follows.
pub fn is_last(json: &[u8]) -> bool {
    json.ends_with(b"\"hasNext\":false}")
}

/// The last part of an answer that is not told to its end: the first of all, or one behind others (`begun`).
pub fn broken_off(error: &GraphQlError, begun: bool) -> Bytes {
    let (open, close): (&[u8], &[u8]) = match begun {
        false => (b"{\"data\":null,\"errors\":[", b"],\"hasNext\":false}"),
        true => (
            b"{\"incremental\":[{\"data\":null,\"path\":[],\"errors\":[",
            b"]}],\"hasNext\":false}",
        ),
    };
    let mut out = open.to_vec();
    error.write_json(&mut out);
    out.extend_from_slice(close);
    out.into()
}

/// Whether an `Accept` header names the media type with this specification of `@defer`.
pub fn is_accepted(accept: Option<&str>) -> bool {
    let ranges = accept.into_iter().flat_map(|all| all.split(','));
    ranges.into_iter().any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let named = parts
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case("multipart/mixed"));
        let (mut specified, mut refused) = (false, false);
        for parameter in parts {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let (name, value) = (name.trim(), value.trim().trim_matches('"'));
            specified |= name.eq_ignore_ascii_case("deferSpec") && value == "20220824";
            refused |= name.eq_ignore_ascii_case("q")
                && value.parse::<f32>().is_ok_and(|weight| weight <= 0.0);
        }
        named && specified && !refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_is_complete_as_it_is_sent() {
        let head = "\r\ncontent-type: application/json; charset=utf-8\r\n\r\n";
        let first = r#"{"data":{},"hasNext":true}"#;
        assert_eq!(part(first.as_bytes()), format!("{head}{first}\r\n---"));
        let last = r#"{"hasNext":false}"#;
        assert_eq!(part(last.as_bytes()), format!("{head}{last}\r\n-----\r\n"));
    }

    #[test]
    fn only_who_names_the_specification_gets_parts() {
        for (accept, yes) in [
            ("multipart/mixed;deferSpec=20220824, application/json", true),
            (
                "application/json, Multipart/Mixed; DEFERSPEC=\"20220824\"",
                true,
            ),
            ("multipart/mixed; deferSpec=20220824; q=0", false),
            ("multipart/mixed", false),
            ("multipart/mixed; deferSpec=20250101", false),
            (
                "multipart/mixed;subscriptionSpec=1.0, application/json",
                false,
            ),
            ("*/*", false),
        ] {
            assert_eq!(is_accepted(Some(accept)), yes, "{accept}");
        }
        assert!(!is_accepted(None));
    }
}
