//! A small, strict JSON reader over received bytes: it finds where values are, and copies nothing.
//!
//! What it accepts is copied verbatim into the answer to the client, so it must accept JSON only:
//! escapes are checked, lone surrogates refused, numbers held to the grammar, control characters
//! refused. The whole text is checked to be UTF-8 once, before the first value.
//!
//! Invariant: never recurses ([`Reader::skip`] keeps its own stack of one bit a level), never
//! reads past the end, and every [`Span`] lies on the boundaries of a value.

use std::fmt;

/// A piece of the received text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// Length in bytes.
    pub len: u32,
}

impl Span {
    /// The bytes of this span in its text, or nothing if it is another text's.
    #[must_use]
    pub fn of(self, text: &[u8]) -> &[u8] {
        let start = self.start as usize;
        text.get(start..start + self.len as usize)
            .unwrap_or_default()
    }
}

/// The text is not the JSON that was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed {
    /// Where, in bytes from the start.
    pub at: usize,
    /// What was wrong; never contains any of the text.
    pub what: &'static str,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.what, self.at)
    }
}

/// What a value begins as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `{`
    Object,
    /// `[`
    List,
    /// `"`
    String,
    /// A digit or `-`.
    Number,
    /// `true` or `false`.
    Boolean,
    /// `null`
    Null,
}

/// A cursor over one JSON text.
#[derive(Debug)]
pub struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    max_depth: usize,
}

impl<'a> Reader<'a> {
    /// Starts at the first byte.
    ///
    /// # Errors
    /// When the text is not UTF-8, or longer than 4 GiB.
    pub fn new(text: &'a [u8], max_depth: usize) -> Result<Self, Malformed> {
        if u32::try_from(text.len()).is_err() {
            return Err(Malformed {
                at: 0,
                what: "too large",
            });
        }
        if let Err(error) = std::str::from_utf8(text) {
            return Err(Malformed {
                at: error.valid_up_to(),
                what: "not UTF-8",
            });
        }
        Ok(Self {
            text,
            at: 0,
            max_depth,
        })
    }

    /// The error `what` at this place.
    #[must_use]
    pub fn error(&self, what: &'static str) -> Malformed {
        Malformed { at: self.at, what }
    }

    #[inline]
    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.text.get(self.at) {
            self.at += 1;
        }
    }

    /// What the next value is, without reading it.
    ///
    /// # Errors
    /// When no value begins here.
    #[inline]
    pub fn peek(&mut self) -> Result<Kind, Malformed> {
        self.space();
        match self.text.get(self.at) {
            Some(b'{') => Ok(Kind::Object),
            Some(b'[') => Ok(Kind::List),
            Some(b'"') => Ok(Kind::String),
            Some(b'-' | b'0'..=b'9') => Ok(Kind::Number),
            Some(b't' | b'f') => Ok(Kind::Boolean),
            Some(b'n') => Ok(Kind::Null),
            _ => Err(self.error("no value")),
        }
    }

    /// Enters the object or list that begins here. Says whether it has a first element.
    ///
    /// # Errors
    /// When the text ends.
    #[inline]
    pub fn enter(&mut self, close: u8) -> Result<bool, Malformed> {
        self.at += 1;
        self.space();
        match self.text.get(self.at) {
            Some(byte) if *byte == close => {
                self.at += 1;
                Ok(false)
            }
            Some(_) => Ok(true),
            None => Err(self.error("text ends")),
        }
    }

    /// After an element: says whether another follows, or leaves the object or list.
    ///
    /// # Errors
    /// When neither a comma nor the closing mark stands here.
    #[inline]
    pub fn more(&mut self, close: u8) -> Result<bool, Malformed> {
        self.space();
        match self.text.get(self.at) {
            Some(b',') => {
                self.at += 1;
                Ok(true)
            }
            Some(byte) if *byte == close => {
                self.at += 1;
                Ok(false)
            }
            _ => Err(self.error("no comma")),
        }
    }

    /// Reads a key and its colon: the span between the quotes.
    ///
    /// # Errors
    /// When no key stands here.
    #[inline]
    pub fn key(&mut self) -> Result<Span, Malformed> {
        self.space();
        if self.text.get(self.at) != Some(&b'"') {
            return Err(self.error("no key"));
        }
        let span = self.string()?;
        self.space();
        if self.text.get(self.at) != Some(&b':') {
            return Err(self.error("no colon"));
        }
        self.at += 1;
        Ok(Span {
            start: span.start + 1,
            len: span.len - 2,
        })
    }

    /// Passes over this key and its colon if it is the next; else stays where it is. `quoted` is a name in
    /// quotes.
    ///
    /// # Errors
    /// When no colon follows it.
    #[inline]
    pub fn passes(&mut self, quoted: &[u8]) -> Result<bool, Malformed> {
        self.space();
        let rest = self.text.get(self.at..).unwrap_or_default();
        if !rest.starts_with(quoted) {
            return Ok(false);
        }
        self.at += quoted.len();
        self.space();
        if self.text.get(self.at) != Some(&b':') {
            return Err(self.error("no colon"));
        }
        self.at += 1;
        Ok(true)
    }

    /// Reads the string that begins here, with its quotes.
    #[inline]
    fn string(&mut self) -> Result<Span, Malformed> {
        let start = self.at;
        self.at += 1;
        loop {
            // The common run: printable bytes without an escape.
            let rest = self.text.get(self.at..).unwrap_or_default();
            match plain(rest) {
                None => {
                    self.at = self.text.len();
                    return Err(self.error("string without end"));
                }
                Some(run) => {
                    self.at += run;
                    match rest[run] {
                        b'"' => {
                            self.at += 1;
                            return Ok(span(start, self.at));
                        }
                        b'\\' => self.escape()?,
                        _ => return Err(self.error("control character")),
                    }
                }
            }
        }
    }

    fn escape(&mut self) -> Result<(), Malformed> {
        match self.text.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 2;
                Ok(())
            }
            Some(b'u') => {
                let unit = self.unit()?;
                match unit {
                    0xdc00..=0xdfff => Err(self.error("lone surrogate")),
                    0xd800..=0xdbff => {
                        if self.text.get(self.at..self.at + 2) != Some(b"\\u") {
                            return Err(self.error("lone surrogate"));
                        }
                        match self.unit()? {
                            0xdc00..=0xdfff => Ok(()),
                            _ => Err(self.error("lone surrogate")),
                        }
                    }
                    _ => Ok(()),
                }
            }
            _ => Err(self.error("bad escape")),
        }
    }

    /// Reads `\uXXXX`.
    fn unit(&mut self) -> Result<u32, Malformed> {
        let mut unit = 0;
        for offset in 2..6 {
            let digit = self
                .text
                .get(self.at + offset)
                .and_then(|b| char::from(*b).to_digit(16));
            unit = unit * 16 + digit.ok_or_else(|| self.error("bad escape"))?;
        }
        self.at += 6;
        Ok(unit)
    }

    fn number(&mut self) -> Result<Span, Malformed> {
        let start = self.at;
        let digits = |at: &mut usize| {
            let from = *at;
            while self.text.get(*at).is_some_and(u8::is_ascii_digit) {
                *at += 1;
            }
            *at - from
        };
        let mut at = self.at;
        if self.text.get(at) == Some(&b'-') {
            at += 1;
        }
        let leading_zero = self.text.get(at) == Some(&b'0');
        let whole = digits(&mut at);
        let mut good = whole == 1 || (whole > 1 && !leading_zero);
        if self.text.get(at) == Some(&b'.') {
            at += 1;
            good &= digits(&mut at) > 0;
        }
        if matches!(self.text.get(at), Some(b'e' | b'E')) {
            at += 1;
            if matches!(self.text.get(at), Some(b'+' | b'-')) {
                at += 1;
            }
            good &= digits(&mut at) > 0;
            good &= is_finite(&self.text[start..at]);
        } else if at - start > MOST_DIGITS {
            good &= is_finite(&self.text[start..at]);
        }
        if !good {
            return Err(self.error("bad number"));
        }
        self.at = at;
        Ok(span(start, at))
    }

    fn word(&mut self, word: &'static [u8]) -> Result<Span, Malformed> {
        let start = self.at;
        if self.text.get(start..start + word.len()) != Some(word) {
            return Err(self.error("bad literal"));
        }
        self.at += word.len();
        Ok(span(start, self.at))
    }

    /// Reads a string, number, boolean or null.
    ///
    /// # Errors
    /// When it is not one, or not well formed.
    #[inline]
    pub fn scalar(&mut self, kind: Kind) -> Result<Span, Malformed> {
        match kind {
            Kind::String => self.string(),
            Kind::Number => self.number(),
            Kind::Null => self.word(b"null"),
            Kind::Boolean if self.text.get(self.at) == Some(&b't') => self.word(b"true"),
            Kind::Boolean => self.word(b"false"),
            Kind::Object | Kind::List => Err(self.error("not a scalar")),
        }
    }

    /// Reads any value to its end, checking it, and gives its span.
    ///
    /// # Errors
    /// When it is not JSON or nested deeper than allowed.
    pub fn skip(&mut self) -> Result<Span, Malformed> {
        self.space();
        let start = self.at;
        // One bool a level: true inside an object.
        let mut levels: Vec<bool> = Vec::new();
        loop {
            let kind = self.peek()?;
            match kind {
                Kind::Object | Kind::List => {
                    if levels.len() >= self.max_depth {
                        return Err(self.error("too deep"));
                    }
                    let object = kind == Kind::Object;
                    if self.enter(if object { b'}' } else { b']' })? {
                        levels.push(object);
                        if object {
                            self.key()?;
                        }
                        continue;
                    }
                }
                _ => {
                    self.scalar(kind)?;
                }
            }
            loop {
                let Some(object) = levels.last().copied() else {
                    return Ok(span(start, self.at));
                };
                if self.more(if object { b'}' } else { b']' })? {
                    if object {
                        self.key()?;
                    }
                    break;
                }
                levels.pop();
            }
        }
    }

    /// The text under a span.
    #[inline]
    #[must_use]
    pub fn bytes(&self, span: Span) -> &'a [u8] {
        let start = span.start as usize;
        self.text
            .get(start..start + span.len as usize)
            .unwrap_or_default()
    }

    /// Makes sure that nothing follows.
    ///
    /// # Errors
    /// When something does.
    pub fn end(&mut self) -> Result<(), Malformed> {
        self.space();
        if self.at == self.text.len() {
            Ok(())
        } else {
            Err(self.error("text goes on"))
        }
    }
}

/// How many bytes of a string come before its end, an escape or a control character; none when there is
/// no such byte. Most of an answer is strings, so eight bytes are looked at together.
#[inline]
fn plain(rest: &[u8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    /// The high bit of every byte of `word` that is zero; bytes above the lowest such may be wrong.
    const fn zeros(word: u64) -> u64 {
        word.wrapping_sub(ONES) & !word & HIGHS
    }
    let (words, tail) = rest.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let quotes = zeros(word ^ (ONES * b'"' as u64));
        let escapes = zeros(word ^ (ONES * b'\\' as u64));
        let controls = word.wrapping_sub(ONES * 0x20) & !word & HIGHS;
        let found = quotes | escapes | controls;
        if found != 0 {
            return Some(at * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    tail.iter()
        .position(|b| matches!(b, b'"' | b'\\' | 0..=0x1f))
        .map(|at| words.len() * 8 + at)
}

#[inline]
#[allow(clippy::cast_possible_truncation)] // `Reader::new` refuses texts longer than u32
fn span(start: usize, end: usize) -> Span {
    Span {
        start: start as u32,
        len: (end - start) as u32,
    }
}

/// The largest number has 309 digits before its point.
const MOST_DIGITS: usize = 300;

/// Whether a number of the grammar is one: many readers refuse what is too large, and others take it for
/// infinite.
fn is_finite(number: &[u8]) -> bool {
    std::str::from_utf8(number)
        .ok()
        .and_then(|text| text.parse::<f64>().ok())
        .is_some_and(f64::is_finite)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn accepts(text: &[u8]) -> bool {
        Reader::new(text, 64)
            .and_then(|mut reader| {
                reader.skip()?;
                reader.end()
            })
            .is_ok()
    }

    #[test]
    fn it_accepts_what_serde_accepts() {
        let texts: &[&str] = &[
            "null",
            "true",
            "false",
            "0",
            "-0",
            "1.5e+10",
            "-12E3",
            "\"\"",
            "\"\\u00e9\\n\"",
            "\"\\ud83d\\ude00\"",
            "[]",
            "{}",
            " [ 1 , {\"a\" : [ ] } ] ",
            "\"婚姻\"",
            "",
            "nul",
            "01",
            "1e999",
            "-2e400",
            "1.",
            ".5",
            "+1",
            "1e",
            "-",
            "\"",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\n\"",
            "[1,]",
            "[,1]",
            "{\"a\"}",
            "{a:1}",
            "{\"a\":1,}",
            "[1 2]",
            "1 1",
            "[",
            "{",
            "[}",
            "\"\\ud800\"",
            "\"\\udc00\"",
            "\"\\ud800\\u0041\"",
            "tru",
            "{\"a\":}",
            "\u{feff}1",
        ];
        for text in texts {
            let serde = serde_json::from_str::<serde_json::Value>(text).is_ok();
            assert_eq!(accepts(text.as_bytes()), serde, "{text:?}");
        }
    }

    #[test]
    fn a_plain_run_ends_where_a_bytewise_look_says() {
        let ends = |b: &u8| matches!(b, b'"' | b'\\' | 0..=0x1f);
        // Every byte at every place of a word, before and after bytes that look alike.
        for byte in 0..=255u8 {
            for at in 0..20 {
                for around in [
                    b'a', 0x20, 0x21, 0x23, 0x5b, 0x5d, 0x7f, 0x80, 0xa2, 0xdc, 0xff,
                ] {
                    let mut text = [around; 20];
                    text[at] = byte;
                    assert_eq!(plain(&text), text.iter().position(ends), "{text:?}");
                }
            }
        }
        assert_eq!(plain(b""), None);
    }

    #[test]
    fn depth_is_bounded_and_bad_utf8_refused() {
        assert!(accepts(
            format!("{}{}", "[".repeat(64), "]".repeat(64)).as_bytes()
        ));
        assert!(!accepts(
            format!("{}{}", "[".repeat(65), "]".repeat(65)).as_bytes()
        ));
        assert!(!accepts(b"\"\xff\""));
    }

    #[test]
    fn spans_cover_the_value() {
        let text = br#" {"a": [1, "b"]} "#;
        let mut reader = Reader::new(text, 8).unwrap();
        let span = reader.skip().unwrap();
        assert_eq!(span.of(text), br#"{"a": [1, "b"]}"#);
    }
}
