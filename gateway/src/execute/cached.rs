//! Fetches of public data through the cache: roots whole, entities one by one.
//!
//! A root fetch is kept as the subgraph answered it. Of an entity fetch each row is kept under its own
//! representation, so that the fetch asks only for the rows that are not kept; the answer the executor
//! reads is put together from both and looks as if the subgraph had given all of it.
//!
//! Only answers without errors are kept, and never a row that is null. The key holds the province, the
//! subgraph, a digest of the schema, the request's text with its variables, and the representation.

use std::collections::HashMap;
use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use super::answer::MOST_DEPTH;
use super::json::{Kind, Malformed, Reader};
use super::represent::Representations;
use super::{Execution, Fetcher};
use crate::cache::CacheKey;
use crate::plan::{CacheRule, Input, PlannedFetch, Set};
use crate::transport::TransportError;

/// A call that gave no answer to keep.
enum NotKept {
    /// No answer.
    Failed(TransportError),
    /// An answer with errors: used, not kept.
    Partial(Bytes),
}

impl<F: Fetcher> Execution<'_, F> {
    /// A root fetch through the cache.
    pub(super) async fn cached_root(
        &self,
        fetch: &PlannedFetch,
        rule: &CacheRule,
        body: Bytes,
    ) -> Result<Bytes, TransportError> {
        let key = CacheKey::new(&[
            self.caller.principal.province.as_bytes(),
            fetch.service.as_bytes(),
            self.schema_id,
            b"root",
            &body,
        ]);
        let call = async {
            let answer = self.call(fetch, body).await.map_err(NotKept::Failed)?;
            if is_whole(&answer) {
                Ok(answer)
            } else {
                Err(NotKept::Partial(answer))
            }
        };
        match self
            .cache
            .get_or_fetch(key, ttl(rule), &rule.tags, call)
            .await
        {
            Ok(answer) | Err(NotKept::Partial(answer)) => Ok(answer),
            Err(NotKept::Failed(error)) => Err(error),
        }
    }

    /// An entity fetch through the cache.
    pub(super) async fn cached_entities(
        &self,
        fetch: &PlannedFetch,
        rule: &CacheRule,
        inputs: &[Input],
        sets: &[Set],
        known: &[Representations],
    ) -> Result<Bytes, TransportError> {
        // The request without representations: its text and the client's variables.
        let request = self.body(fetch, std::iter::repeat_n(&b"[]"[..], inputs.len()));
        let mut keys = Vec::new();
        for set in sets {
            for span in &known[set.input].spans {
                keys.push(CacheKey::new(&[
                    self.caller.principal.province.as_bytes(),
                    fetch.service.as_bytes(),
                    self.schema_id,
                    b"entity",
                    &request,
                    set.alias.as_bytes(),
                    &known[set.input].json[span.0..span.1],
                ]));
            }
        }
        let (mut rows, ticket) = self.cache.get_many(&keys, &rule.tags).await;
        // Which representations of each input some set lacks.
        let mut missing: Vec<Vec<usize>> = vec![Vec::new(); inputs.len()];
        let mut at = 0;
        for set in sets {
            for row in 0..known[set.input].spans.len() {
                if rows[at].is_none() {
                    missing[set.input].push(row);
                }
                at += 1;
            }
        }
        for list in &mut missing {
            list.sort_unstable();
            list.dedup();
        }
        if missing.iter().all(Vec::is_empty) {
            return Ok(assemble(sets, known, &rows, &[]));
        }
        let lists: Vec<Vec<u8>> = known
            .iter()
            .zip(&missing)
            .map(|(known, rows)| some_of(known, rows))
            .collect();
        let fresh = self
            .call(fetch, self.body(fetch, lists.iter().map(Vec::as_slice)))
            .await?;
        let parts = Parts::read(&fresh, sets).map_err(|_| TransportError::Malformed)?;
        let errors = remapped(&fresh, &parts, sets, &missing);
        let mut kept = Vec::new();
        let mut at = 0;
        for set in sets {
            let fresh_rows = parts.rows.get(&*set.alias);
            // None at all, or of another length, where no error says why: the executor could not tell that from rows
            // that are null.
            let asked = missing[set.input].len();
            let fits = match fresh_rows {
                Some(rows) => rows.len() == asked,
                None => asked == 0 || !errors.is_empty(),
            };
            if !fits {
                return Err(TransportError::Malformed);
            }
            for row in 0..known[set.input].spans.len() {
                if let Ok(place) = missing[set.input].binary_search(&row) {
                    let text = fresh_rows
                        .and_then(|rows| rows.get(place))
                        .map_or(Bytes::from_static(b"null"), |range| {
                            fresh.slice(range.clone())
                        });
                    if errors.is_empty() && &text[..] != b"null" {
                        kept.push((keys[at].clone(), text.clone()));
                    }
                    rows[at] = Some(text);
                }
                at += 1;
            }
        }
        if !kept.is_empty() {
            self.cache.put_many(&ticket, kept, ttl(rule)).await;
        }
        Ok(assemble(sets, known, &rows, &errors))
    }
}

fn ttl(rule: &CacheRule) -> Duration {
    Duration::from_secs(u64::from(rule.max_age))
}

/// A list of some of the representations.
fn some_of(known: &Representations, rows: &[usize]) -> Vec<u8> {
    let mut json = b"[".to_vec();
    for (at, row) in rows.iter().enumerate() {
        if at > 0 {
            json.push(b',');
        }
        if let Some((from, to)) = known.spans.get(*row) {
            json.extend_from_slice(&known.json[*from..*to]);
        }
    }
    json.push(b']');
    json
}

/// An answer made of rows, kept and fresh.
fn assemble(
    sets: &[Set],
    known: &[Representations],
    rows: &[Option<Bytes>],
    errors: &[Value],
) -> Bytes {
    let mut out = b"{\"data\":{".to_vec();
    let mut at = 0;
    for (number, set) in sets.iter().enumerate() {
        if number > 0 {
            out.push(b',');
        }
        crate::error::write_json_string(&mut out, &set.alias);
        out.extend_from_slice(b":[");
        for row in 0..known[set.input].spans.len() {
            if row > 0 {
                out.push(b',');
            }
            out.extend_from_slice(rows[at].as_deref().unwrap_or(b"null"));
            at += 1;
        }
        out.push(b']');
    }
    out.push(b'}');
    if !errors.is_empty() {
        out.extend_from_slice(b",\"errors\":");
        if serde_json::to_writer(&mut out, errors).is_err() {
            out.extend_from_slice(b"[]");
        }
    }
    out.push(b'}');
    out.into()
}

/// Where the parts of an entity answer lie in its text.
#[derive(Default)]
struct Parts {
    rows: HashMap<String, Vec<Range<usize>>>,
    errors: Option<Range<usize>>,
    data: bool,
}

impl Parts {
    fn read(text: &[u8], sets: &[Set]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(text, MOST_DEPTH)?;
        let mut parts = Self::default();
        if reader.peek()? != Kind::Object {
            return Err(reader.error("not an object"));
        }
        let mut more = reader.enter(b'}')?;
        while more {
            let key = reader.key()?;
            match reader.bytes(key) {
                b"data" if reader.peek()? == Kind::Object => {
                    if std::mem::replace(&mut parts.data, true) {
                        return Err(reader.error("duplicate key"));
                    }
                    parts.data(&mut reader, sets)?;
                }
                b"errors" => parts.errors = Some(range(reader.skip()?)),
                _ => {
                    reader.skip()?;
                }
            }
            more = reader.more(b'}')?;
        }
        reader.end()?;
        if !parts.data && parts.errors.is_none() {
            return Err(reader.error("neither data nor errors"));
        }
        Ok(parts)
    }

    fn data(&mut self, reader: &mut Reader<'_>, sets: &[Set]) -> Result<(), Malformed> {
        let mut more = reader.enter(b'}')?;
        while more {
            let key = reader.key()?;
            let key = reader.bytes(key);
            let set = sets.iter().find(|set| set.alias.as_bytes() == key);
            match set {
                Some(set) if reader.peek()? == Kind::List => {
                    let mut rows = Vec::new();
                    let mut more = reader.enter(b']')?;
                    while more {
                        if !matches!(reader.peek()?, Kind::Object | Kind::Null) {
                            return Err(reader.error("no entity"));
                        }
                        rows.push(range(reader.skip()?));
                        more = reader.more(b']')?;
                    }
                    if self.rows.insert(set.alias.to_string(), rows).is_some() {
                        return Err(reader.error("duplicate key"));
                    }
                }
                _ => {
                    reader.skip()?;
                }
            }
            more = reader.more(b'}')?;
        }
        Ok(())
    }
}

fn range(span: super::json::Span) -> Range<usize> {
    let start = span.start as usize;
    start..start + span.len as usize
}

/// The errors of a fresh answer, their rows numbered as in the whole.
fn remapped(text: &[u8], parts: &Parts, sets: &[Set], missing: &[Vec<usize>]) -> Vec<Value> {
    let Some(range) = &parts.errors else {
        return Vec::new();
    };
    let mut errors: Vec<Value> =
        match serde_json::from_slice(text.get(range.clone()).unwrap_or_default()) {
            Ok(Value::Array(errors)) => errors,
            Ok(Value::Null) => return Vec::new(),
            // Whatever it is, the answer is not to be kept; the executor refuses it.
            _ => return vec![Value::Null],
        };
    for error in &mut errors {
        let Some(path) = error.get_mut("path").and_then(Value::as_array_mut) else {
            continue;
        };
        let set = path
            .first()
            .and_then(Value::as_str)
            .and_then(|alias| sets.iter().find(|set| *set.alias == *alias));
        if let (Some(set), Some(row)) = (set, path.get(1).and_then(Value::as_u64))
            && let Some(whole) = usize::try_from(row)
                .ok()
                .and_then(|r| missing[set.input].get(r))
        {
            path[1] = Value::from(*whole);
        }
    }
    errors
}

/// Whether an answer may be kept: well-formed, with `data` and without `errors`.
fn is_whole(text: &[u8]) -> bool {
    let whole = |text: &[u8]| -> Result<bool, Malformed> {
        let mut reader = Reader::new(text, MOST_DEPTH)?;
        let mut data = false;
        if reader.peek()? != Kind::Object {
            return Ok(false);
        }
        let mut more = reader.enter(b'}')?;
        while more {
            let key = reader.key()?;
            match reader.bytes(key) {
                b"errors" => return Ok(false),
                b"data" => data = reader.peek()? == Kind::Object,
                _ => {}
            }
            reader.skip()?;
            more = reader.more(b'}')?;
        }
        reader.end()?;
        Ok(data)
    };
    whole(text).unwrap_or(false)
}
