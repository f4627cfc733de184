//! One look over the bytes of a document before anything parses it: how many tokens, how deeply
//! nested. The parser recurses, so depth must be known before it runs; the count of tokens bounds
//! the work of every later step.
//!
//! Invariant: no allocation, no recursion, one pass. The scan need not refuse what is not GraphQL
//! (the parser does), it must only never undercount: whatever the parser would nest, this counts.

/// What the scan found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scan {
    /// Lexical tokens: names, numbers, strings, punctuators.
    pub tokens: usize,
    /// The deepest nesting of `{`, `[` and `(` together.
    pub nesting: usize,
    /// Directives: every `@` outside strings and comments.
    pub directives: usize,
}

/// Counts tokens and nesting, and stops early once either is over its bound: the numbers are then
/// one more than the bound.
#[must_use]
pub fn scan(text: &str, max_tokens: usize, max_nesting: usize) -> Scan {
    let bytes = text.as_bytes();
    let mut found = Scan::default();
    let mut open = 0usize;
    let mut at = 0usize;
    while at < bytes.len() && found.tokens <= max_tokens && found.nesting <= max_nesting {
        match bytes[at] {
            b' ' | b'\t' | b'\n' | b'\r' | b',' => at += 1,
            b'#' => {
                while at < bytes.len() && bytes[at] != b'\n' && bytes[at] != b'\r' {
                    at += 1;
                }
            }
            b'"' => {
                found.tokens += 1;
                at = skip_string(bytes, at);
            }
            b'{' | b'[' | b'(' => {
                found.tokens += 1;
                open += 1;
                found.nesting = found.nesting.max(open);
                at += 1;
            }
            b'}' | b']' | b')' => {
                found.tokens += 1;
                open = open.saturating_sub(1);
                at += 1;
            }
            byte if is_word(byte) => {
                found.tokens += 1;
                while at < bytes.len() && is_word(bytes[at]) {
                    at += 1;
                }
            }
            // A byte order mark, or any other byte outside a string: never a nesting token.
            byte if byte >= 0x80 => at += 1,
            byte => {
                found.tokens += 1;
                found.directives += usize::from(byte == b'@');
                at += 1;
            }
        }
    }
    found
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+')
}

/// The index after the string that starts at `at`. An unterminated string ends with its line, a
/// block string with the text; the parser refuses both.
fn skip_string(bytes: &[u8], mut at: usize) -> usize {
    if bytes[at..].starts_with(b"\"\"\"") {
        at += 3;
        while at < bytes.len() {
            if bytes[at..].starts_with(b"\\\"\"\"") {
                at += 4;
            } else if bytes[at..].starts_with(b"\"\"\"") {
                return at + 3;
            } else {
                at += 1;
            }
        }
        return at;
    }
    at += 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            b'\n' | b'\r' => return at,
            _ => at += 1,
        }
    }
    at.min(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_nesting_are_counted_outside_strings_and_comments() {
        let text =
            "query Q($a: [Int!]) { # {{{{\n a(b: \"{{{\", c: \"\"\"{{ \\\"\"\" {\"\"\") { d } }";
        assert_eq!(
            scan(text, 1000, 100),
            Scan {
                tokens: 25,
                nesting: 2,
                directives: 0
            }
        );
    }

    #[test]
    fn a_bomb_stops_the_scan_early() {
        let deep = "{a".repeat(10_000);
        assert_eq!(scan(&deep, 100_000, 50).nesting, 51);
        let long = "a ".repeat(100_000);
        assert_eq!(scan(&long, 500, 50).tokens, 501);
    }

    #[test]
    fn an_unterminated_string_ends_the_scan_without_harm() {
        for text in ["{a(b:\"", "{a(b:\"\\", "{a(b:\"\"\"", "{a(b:\"\"\"\\", "\""] {
            assert!(scan(text, 100, 100).tokens < 10);
        }
    }
}
