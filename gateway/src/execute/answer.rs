//! Reading a subgraph's answer into the arena, by expected shape.
//!
//! The reader knows which keys may come and where each value is kept, so a key is compared once with
//! the one expected next, strings stay in the received bytes, and whatever was not asked for is
//! checked to be JSON and passed over. A missing key is null.
//!
//! Invariant: an answer is read whole or not at all as far as the client is concerned: after an error
//! nothing of it is reachable from the answer.

use bytes::Bytes;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use super::arena::{Arena, Node, Object, TextId};
use super::json::{Kind, Malformed, Reader, Span};
use crate::plan::layout::TYPENAME;
use crate::plan::{Expect, Shape};
use crate::supergraph::SchemaIndex;

/// Lists and objects may nest this deep in an answer.
pub(super) const MOST_DEPTH: usize = 128;
/// So deep entities stand in an answer.
const ENTITY: usize = 2;
/// Errors beyond these are not looked at.
const MOST_ERRORS: usize = 1000;

/// What a subgraph answered.
#[derive(Debug)]
pub struct Answered {
    /// `data`, when it is an object.
    pub data: Option<Object>,
    /// `errors`.
    pub errors: Vec<SubgraphError>,
    /// Of whom it tells, as far as no field of it leads to them.
    pub told: Option<Told>,
}

/// Of whom a subgraph says that its answer tells, and for what ([`TOLD`](crate::contract::TOLD)).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Told {
    /// Person tokens.
    pub persons: Vec<String>,
    /// The purpose that the question stated, as far as the subgraph has verified it.
    #[serde(default)]
    pub purpose: Option<String>,
    /// The case or transaction that it belongs to.
    #[serde(default)]
    pub case: Option<String>,
}

/// One entry of `errors`, as far as it is passed on. What stands in another form than expected is passed over, for
/// `extensions` may hold anything: the data beside it is good all the same.
#[derive(Debug, Default, Deserialize)]
pub struct SubgraphError {
    /// The English sentence.
    #[serde(default, deserialize_with = "lenient")]
    pub message: Option<String>,
    /// Where in the subgraph's answer.
    #[serde(default, deserialize_with = "lenient")]
    pub path: Option<Vec<SubgraphPath>>,
    /// What the kit adds.
    #[serde(default, deserialize_with = "lenient")]
    pub extensions: Option<SubgraphExtensions>,
}

/// A step of a subgraph's error path.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum SubgraphPath {
    /// A place in a list.
    Index(usize),
    /// A response name.
    Key(String),
}

/// The extensions that may pass through.
#[derive(Debug, Default, Deserialize)]
pub struct SubgraphExtensions {
    /// The subgraph's own code.
    #[serde(default, deserialize_with = "lenient")]
    pub code: Option<String>,
    /// The Chinese sentence.
    #[serde(default, rename = "messageZh", deserialize_with = "lenient")]
    pub message_zh: Option<String>,
    /// Why the law or the form refuses, as a code.
    #[serde(default, deserialize_with = "lenient")]
    pub reason: Option<String>,
}

/// A value of this form, or nothing.
fn lenient<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form<T> {
        Expected(T),
        #[allow(dead_code)] // what it is does not matter
        Other(IgnoredAny),
    }
    Ok(match Form::deserialize(from)? {
        Form::Expected(value) => Some(value),
        Form::Other(_) => None,
    })
}

/// Reads an answer whose `data` has this shape.
///
/// # Errors
/// When it is not JSON, or not of the expected shape.
pub fn read(
    arena: &mut Arena<'_>,
    text: &Bytes,
    shapes: &[Shape],
    shape: usize,
    schema: &SchemaIndex,
) -> Result<Answered, Malformed> {
    read_rows(arena, text, shapes, shape, schema, usize::MAX)
}

/// The same where no list at the top of `data` may be longer than this: nobody asked for more entities.
///
/// # Errors
/// As for [`read`].
pub fn read_rows(
    arena: &mut Arena<'_>,
    text: &Bytes,
    shapes: &[Shape],
    shape: usize,
    schema: &SchemaIndex,
    rows: usize,
) -> Result<Answered, Malformed> {
    let reader = Reader::new(text, MOST_DEPTH)?;
    let id = arena.keep(text.clone());
    let id = id.ok_or_else(|| reader.error("too many answers"))?;
    let mut parser = Parser {
        reader,
        arena,
        shapes,
        schema,
        text: id,
        rows,
        scratch: Vec::new(),
    };
    parser.envelope(shape)
}

struct Parser<'a, 't, 'p> {
    reader: Reader<'t>,
    arena: &'a mut Arena<'p>,
    shapes: &'a [Shape],
    schema: &'a SchemaIndex,
    text: TextId,
    /// How long a list at the top may be.
    rows: usize,
    /// Items of the lists being read, innermost last.
    scratch: Vec<Node>,
}

impl Parser<'_, '_, '_> {
    fn envelope(&mut self, shape: usize) -> Result<Answered, Malformed> {
        if self.reader.peek()? != Kind::Object {
            return Err(self.reader.error("not an object"));
        }
        let mut data = None;
        let mut errors = Vec::new();
        let mut told = None;
        let mut seen = (false, false);
        let mut more = self.reader.enter(b'}')?;
        while more {
            let key = self.reader.key()?;
            match self.reader.bytes(key) {
                b"data" if !seen.0 => {
                    seen.0 = true;
                    data = match self.value(Expect::Object(shape), 0)? {
                        Node::Object(object) => Some(object),
                        Node::Null => None,
                        _ => return Err(self.reader.error("data is no object")),
                    };
                }
                b"errors" if !seen.1 => {
                    seen.1 = true;
                    let span = self.reader.skip()?;
                    errors = self.errors(span)?;
                }
                b"data" | b"errors" => return Err(self.reader.error("duplicate key")),
                b"extensions" => {
                    let span = self.reader.skip()?;
                    told = self.told(span)?.or(told);
                }
                _ => {
                    self.reader.skip()?;
                }
            }
            more = self.reader.more(b'}')?;
        }
        self.reader.end()?;
        if data.is_none() && errors.is_empty() {
            return Err(self.reader.error("neither data nor errors"));
        }
        Ok(Answered { data, errors, told })
    }

    /// An answer that tells of somebody in a form that we do not understand must not pass for one that tells of
    /// nobody.
    fn told(&self, span: Span) -> Result<Option<Told>, Malformed> {
        #[derive(Deserialize)]
        struct Extensions {
            #[serde(default)]
            told: Option<Told>,
        }
        let text = self.reader.bytes(span);
        let extensions: Option<Extensions> = serde_json::from_slice(text)
            .map_err(|_| self.reader.error("extensions that cannot be read"))?;
        Ok(extensions.and_then(|extensions| extensions.told))
    }

    /// The errors as far as they are looked at. The list has been read over already, so its rest is JSON as well.
    fn errors(&self, span: Span) -> Result<Vec<SubgraphError>, Malformed> {
        let text = self.reader.bytes(span);
        let no_list = |_| self.reader.error("errors are not a list of errors");
        let mut errors = Vec::new();
        let mut reader = Reader::new(text, MOST_DEPTH)?;
        match reader.peek()? {
            Kind::Null => return Ok(errors),
            Kind::List => {}
            _ => return Err(self.reader.error("errors are not a list of errors")),
        }
        let mut more = reader.enter(b']')?;
        while more && errors.len() < MOST_ERRORS {
            let one = reader.skip()?;
            errors.push(serde_json::from_slice(reader.bytes(one)).map_err(no_list)?);
            more = reader.more(b']')?;
        }
        Ok(errors)
    }

    fn value(&mut self, expect: Expect, depth: usize) -> Result<Node, Malformed> {
        let kind = self.reader.peek()?;
        match (kind, expect) {
            (Kind::Null, _) => {
                self.reader.scalar(kind)?;
                Ok(Node::Null)
            }
            (Kind::List, Expect::Object(_)) => self.list(expect, depth),
            (Kind::Object, Expect::Object(shape)) => self.object(shape, depth),
            (_, Expect::Object(_)) => Err(self.reader.error("a leaf where an object is expected")),
            (Kind::String, Expect::Typename) => {
                let span = self.reader.scalar(kind)?;
                let quoted = self.reader.bytes(span);
                let name = quoted
                    .get(1..quoted.len().saturating_sub(1))
                    .unwrap_or_default();
                let id = std::str::from_utf8(name)
                    .ok()
                    .and_then(|name| self.schema.ty(name));
                id.map(Node::Type)
                    .ok_or_else(|| self.reader.error("an unknown type"))
            }
            (_, Expect::Typename) => Err(self.reader.error("no type name")),
            // A list of leaves stays a list of nodes, so that each item is checked by its type; inside
            // a custom scalar this is harmless.
            (Kind::List, Expect::Leaf) => self.list(expect, depth),
            (Kind::Object, Expect::Leaf) => {
                let span = self.reader.skip()?;
                Ok(Node::Leaf {
                    text: self.text,
                    span,
                })
            }
            (_, Expect::Leaf) => {
                let span = self.reader.scalar(kind)?;
                Ok(Node::Leaf {
                    text: self.text,
                    span,
                })
            }
        }
    }

    fn list(&mut self, expect: Expect, depth: usize) -> Result<Node, Malformed> {
        if depth >= MOST_DEPTH {
            return Err(self.reader.error("too deep"));
        }
        let base = self.scratch.len();
        let mut more = self.reader.enter(b']')?;
        while more {
            if depth == 1 && self.scratch.len() - base >= self.rows {
                return Err(self.reader.error("more entities than were asked for"));
            }
            let item = self.value(expect, depth + 1)?;
            self.scratch.push(item);
            more = self.reader.more(b']')?;
        }
        let list = self.arena.list(&self.scratch[base..]);
        self.scratch.truncate(base);
        Ok(list)
    }

    fn object(&mut self, shape: usize, depth: usize) -> Result<Node, Malformed> {
        if depth >= MOST_DEPTH {
            return Err(self.reader.error("too deep"));
        }
        let Some(expected) = self.shapes.get(shape) else {
            return Err(self.reader.error("no shape"));
        };
        let layout = u32::try_from(expected.layout).unwrap_or(u32::MAX);
        if self.arena.is_bloated_by(self.arena.size(layout) as usize) {
            return Err(self.reader.error("too many objects for its length"));
        }
        let object = self.arena.object(expected.layout);
        let mut next = 0usize;
        let mut more = self.reader.enter(b'}')?;
        while more {
            // Servers answer in the order of the request.
            let as_asked = match expected.fields.get(next) {
                Some(field) => self.reader.passes(field.quoted())?,
                None => false,
            };
            let mut is_type = false;
            let found = if as_asked {
                Some(next)
            } else {
                let key = self.reader.key()?;
                let key = self.reader.bytes(key);
                is_type = key == b"__typename";
                expected.find(key)
            };
            match found {
                Some(at) => {
                    next = at + 1;
                    let field = &expected.fields[at];
                    let position = object.start + field.slot;
                    if self.arena.at(position) != Node::Missing {
                        return Err(self.reader.error("duplicate key"));
                    }
                    let value = self.value(field.expect, depth + 1)?;
                    self.arena.set(position, value);
                }
                // Nobody asked, but an entity of another type is none that was asked for.
                None if is_type && depth == ENTITY && self.rows < usize::MAX => {
                    let ty = self.value(Expect::Typename, depth + 1)?;
                    self.arena.set(object.start + TYPENAME, ty);
                }
                None => {
                    self.reader.skip()?;
                }
            }
            more = self.reader.more(b'}')?;
        }
        if expected.says_type && self.arena.slot(object, TYPENAME) == Node::Missing {
            return Err(self.reader.error("an object that does not say its type"));
        }
        Ok(Node::Object(object))
    }
}
