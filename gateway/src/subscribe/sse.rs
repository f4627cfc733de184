//! Server-sent events as of GraphQL over SSE, in its mode of distinct connections: one request, one
//! stream of `next` events, and `complete` at the end. A stream that ends without it was cut, and its
//! client asks again.

use bytes::Bytes;

/// The media type.
pub const MEDIA_TYPE: &str = "text/event-stream";

/// What says that nothing follows.
pub const COMPLETE: &[u8] = b"event: complete\ndata:\n\n";

/// A comment, which keeps a silent connection open and tells a broken one.
pub const ALIVE: &[u8] = b":\n\n";

/// The event of a whole answer.
pub fn next(answer: &[u8]) -> Bytes {
    let mut out = Vec::with_capacity(answer.len() + 32);
    out.extend_from_slice(b"event: next\n");
    // Line breaks end a line of data; in JSON they are space between tokens and nothing else.
    for line in answer.split(|byte| matches!(byte, b'\n' | b'\r')) {
        if !line.is_empty() {
            out.extend_from_slice(b"data: ");
            out.extend_from_slice(line);
            out.push(b'\n');
        }
    }
    out.push(b'\n');
    out.into()
}

/// Whether an `Accept` header names the media type, with a weight above zero.
pub fn is_accepted(accept: Option<&str>) -> bool {
    accept
        .into_iter()
        .flat_map(|all| all.split(','))
        .any(|range| {
            let (name, parameters) = range.split_once(';').unwrap_or((range, ""));
            let refused = parameters.split(';').any(|parameter| {
                let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
                name.trim().eq_ignore_ascii_case("q")
                    && value
                        .trim()
                        .parse::<f32>()
                        .is_ok_and(|weight| weight <= 0.0)
            });
            name.trim().eq_ignore_ascii_case(MEDIA_TYPE) && !refused
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_one_event_whatever_line_breaks_it_holds() {
        assert_eq!(next(b"{\"a\":1}"), "event: next\ndata: {\"a\":1}\n\n");
        assert_eq!(
            next(b"{\n\r\n  \"a\":1}\n"),
            "event: next\ndata: {\ndata:   \"a\":1}\n\n"
        );
    }

    #[test]
    fn only_who_names_the_type_gets_events() {
        for (accept, yes) in [
            (Some("text/event-stream"), true),
            (Some("application/json, Text/Event-Stream; q=0.5"), true),
            (Some("text/event-stream;q=0"), false),
            (Some("*/*"), false),
            (Some("text/*"), false),
            (None, false),
        ] {
            assert_eq!(is_accepted(accept), yes, "{accept:?}");
        }
    }
}
