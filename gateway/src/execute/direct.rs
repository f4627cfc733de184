//! The answer of a plan of one fetch, written from the received bytes without a tree.
//!
//! One pass reads the subgraph's answer against its expected shape and the client's projection at once:
//! what stands there already as the client shall get it stays where it is, and an answer that is right
//! from end to end is passed on as it was received, checked but not copied.
//!
//! Invariant: this writes only answers in which nothing is wrong. Whatever is not plain (errors, null
//! where it is excluded, a value of another type, a type that is hidden, another order of keys than was
//! asked for) makes it give up, and the general road reads the same bytes again: how errors look is
//! decided there alone.

use bytes::Bytes;

use super::answer::MOST_DEPTH;
use super::json::{Kind as Json, Reader, Span};
use super::project::fits;
use crate::plan::layout::TYPENAME;
use crate::plan::projection::{Expected, From, Kind, Leaf, Write};
use crate::plan::{Expect, Plan, PlannedFetch, Shape, Target};
use crate::supergraph::{SchemaIndex, TypeId, TypeKind};

/// The only fetch of a plan whose answer may be written directly.
#[must_use]
pub fn only_fetch(plan: &Plan) -> Option<&PlannedFetch> {
    match plan.fetches.as_slice() {
        [fetch]
            if plan.cuts.is_empty()
                && plan.deferred.is_empty()
                && plan.introspection.is_empty()
                && plan.projection.marks.is_empty() =>
        {
            match &fetch.target {
                Target::Root { path, .. } if path.is_empty() => Some(fetch),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The client's answer, if the subgraph's is right from end to end.
#[must_use]
pub fn write(text: &Bytes, plan: &Plan, shape: usize, schema: &SchemaIndex) -> Option<Bytes> {
    let mut writer = Writer {
        reader: Reader::new(text, MOST_DEPTH).ok()?,
        out: Copier {
            text,
            out: Vec::new(),
            from: 0,
            to: 0,
        },
        plan,
        schema,
    };
    writer.envelope(shape)?;
    Some(writer.out.finish(text))
}

/// Output that prefers to stay where it was received.
struct Copier<'t> {
    text: &'t [u8],
    out: Vec<u8>,
    /// The part of the text that comes after `out` in the output, not copied yet.
    from: usize,
    to: usize,
}

impl Copier<'_> {
    /// Goes on with this part of the text.
    #[inline]
    fn take(&mut self, part: Span) {
        let (start, end) = (part.start as usize, (part.start + part.len) as usize);
        if start != self.to {
            self.flush();
            self.from = start;
        }
        self.to = end;
    }

    /// Goes on with these bytes, which often are the next of the text anyway.
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        if self.text.get(self.to..self.to + bytes.len()) == Some(bytes) {
            self.to += bytes.len();
        } else {
            self.flush();
            self.out.extend_from_slice(bytes);
            self.from = self.to;
        }
    }

    fn flush(&mut self) {
        if self.from < self.to {
            if self.out.capacity() == 0 {
                self.out.reserve(self.text.len());
            }
            let part = self.text.get(self.from..self.to).unwrap_or_default();
            self.out.extend_from_slice(part);
        }
        self.from = self.to;
    }

    fn finish(mut self, text: &Bytes) -> Bytes {
        if self.out.is_empty() {
            return text.slice(self.from..self.to);
        }
        self.flush();
        self.out.into()
    }
}

struct Writer<'t> {
    reader: Reader<'t>,
    out: Copier<'t>,
    plan: &'t Plan,
    schema: &'t SchemaIndex,
}

/// Where the writer is in an object.
struct Place<'t> {
    shape: &'t Shape,
    /// The first key that may still come.
    next_key: usize,
    writes: &'t [Write],
    /// The first field that is still to be written.
    next_write: usize,
    /// The type the object said it is of.
    own: Option<TypeId>,
}

impl<'t> Writer<'t> {
    fn envelope(&mut self, shape: usize) -> Option<()> {
        if self.reader.peek().ok()? != Json::Object {
            return None;
        }
        let mut seen = false;
        let mut more = self.reader.enter(b'}').ok()?;
        while more {
            let key = self.reader.key().ok()?;
            match self.reader.bytes(key) {
                b"data" if !seen && self.reader.peek().ok()? == Json::Object => {
                    seen = true;
                    self.out.put(b"{\"data\":");
                    self.object(shape, self.plan.projection.root, 0)?;
                }
                b"data" => return None,
                b"errors" => {
                    let errors = self.reader.skip().ok()?;
                    if !matches!(self.reader.bytes(errors), b"null" | b"[]") {
                        return None;
                    }
                }
                _ => {
                    self.reader.skip().ok()?;
                }
            }
            more = self.reader.more(b'}').ok()?;
        }
        self.reader.end().ok()?;
        self.out.put(b"}");
        seen.then_some(())
    }

    fn object(&mut self, shape: usize, program: usize, depth: usize) -> Option<()> {
        if depth >= MOST_DEPTH {
            return None;
        }
        let plan = self.plan;
        let program = plan.projection.objects.get(program)?;
        let mut place = Place {
            shape: plan.shapes.get(shape)?,
            next_key: 0,
            writes: &program.otherwise,
            next_write: 0,
            own: None,
        };
        let typed = !program.by_type.is_empty();
        self.out.put(b"{");
        let mut more = self.reader.enter(b'}').ok()?;
        while more {
            match self.known(&mut place)? {
                Some(field) if field.expect == Expect::Typename => {
                    let span = self.reader.peek().and_then(|kind| self.reader.scalar(kind));
                    let told = self.type_named(span.ok()?)?;
                    if field.slot == TYPENAME {
                        if typed && (place.own.is_some() || place.next_write > 0) {
                            return None;
                        }
                        place.own = Some(told);
                        let is_object = self.schema.type_info(told).kind == TypeKind::Object;
                        if typed && !is_object {
                            return None;
                        }
                        if typed {
                            let by_type = &program.by_type;
                            if let Ok(at) = by_type.binary_search_by_key(&told, |(ty, _)| *ty) {
                                place.writes = &by_type[at].1;
                            }
                        }
                    } else {
                        // A type's name under another key: rare.
                        return None;
                    }
                }
                // Which fields to write depends on a type that is not known yet.
                Some(_) if typed && place.own.is_none() => return None,
                Some(field) => self.field(&mut place, field.slot, field.expect, depth)?,
                None => {
                    self.reader.skip().ok()?;
                }
            }
            more = self.reader.more(b'}').ok()?;
        }
        self.names(&mut place)?;
        let lacks_type = place.shape.says_type && place.own.is_none();
        if place.next_write < place.writes.len() || lacks_type {
            return None;
        }
        self.out.put(b"}");
        Some(())
    }

    /// Reads a key: its expected field. Keys must come in the order of the request, each once.
    fn known(&mut self, place: &mut Place<'t>) -> Option<Option<&'t crate::plan::ShapeField>> {
        let fields = &place.shape.fields;
        let as_asked = match fields.get(place.next_key) {
            Some(field) => self.reader.passes(field.quoted()).ok()?,
            None => false,
        };
        let at = if as_asked {
            place.next_key
        } else {
            let key = self.reader.key().ok()?;
            match place.shape.find(self.reader.bytes(key)) {
                Some(at) => at,
                None => return Some(None),
            }
        };
        if at < place.next_key {
            return None;
        }
        place.next_key = at + 1;
        Some(fields.get(at))
    }

    /// Writes the field this slot is for, or passes over an input of nobody.
    fn field(
        &mut self,
        place: &mut Place<'t>,
        slot: u32,
        expect: Expect,
        depth: usize,
    ) -> Option<()> {
        self.names(place)?;
        let writes = place.writes;
        match writes.get(place.next_write) {
            Some(write) if write.from == From::Slot(Some(slot)) => {
                self.label(place);
                self.value(&write.expected, expect, depth + 1)
            }
            _ => {
                let later = |write: &Write| write.from == From::Slot(Some(slot));
                if expect != Expect::Leaf || writes.iter().any(later) {
                    return None;
                }
                self.reader.skip().ok()?;
                Some(())
            }
        }
    }

    /// Writes the type's name where it is next.
    fn names(&mut self, place: &mut Place<'t>) -> Option<()> {
        while let Some(Write {
            from: From::Typename(_, fallback),
            ..
        }) = place.writes.get(place.next_write)
        {
            let is_concrete = |ty: &TypeId| self.schema.type_info(*ty).kind == TypeKind::Object;
            let concrete = place.own.filter(is_concrete);
            let later = place
                .shape
                .fields
                .iter()
                .skip(place.next_key)
                .any(|field| field.expect == Expect::Typename);
            match (concrete, fallback) {
                (Some(ty), _) => {
                    self.label(place);
                    self.out.put(b"\"");
                    self.out.put(self.schema.type_info(ty).name.as_bytes());
                    self.out.put(b"\"");
                }
                (None, Some(json)) if !later => {
                    self.label(place);
                    self.out.put(json);
                }
                _ => return None,
            }
        }
        Some(())
    }

    /// Begins the next field.
    fn label(&mut self, place: &mut Place<'t>) {
        if let Some(write) = place.writes.get(place.next_write) {
            self.out.put(write.label(place.next_write == 0));
        }
        place.next_write += 1;
    }

    /// A type that clients may know of.
    fn type_named(&self, quoted: Span) -> Option<TypeId> {
        let quoted = self.reader.bytes(quoted);
        let name = quoted.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
        let ty = self.schema.ty(std::str::from_utf8(name).ok()?)?;
        (!self.schema.type_info(ty).inaccessible).then_some(ty)
    }

    fn value(&mut self, expected: &'t Expected, expect: Expect, depth: usize) -> Option<()> {
        let json = self.reader.peek().ok()?;
        match (&expected.kind, json) {
            (_, Json::Null) => {
                let null = self.reader.scalar(json).ok()?;
                if expected.non_null {
                    return None;
                }
                self.out.take(null);
                Some(())
            }
            (Kind::Object(program), Json::Object) => match expect {
                Expect::Object(shape) => self.object(shape, *program, depth),
                _ => None,
            },
            (Kind::List(item), Json::List) => {
                self.list(depth, |writer| writer.value(item, expect, depth + 1))
            }
            (Kind::Leaf(leaf), _) if expect == Expect::Leaf => self.leaf(*leaf, json, depth),
            _ => None,
        }
    }

    fn list(&mut self, depth: usize, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        if depth >= MOST_DEPTH {
            return None;
        }
        self.out.put(b"[");
        let mut first = true;
        let mut more = self.reader.enter(b']').ok()?;
        while more {
            if !first {
                self.out.put(b",");
            }
            first = false;
            item(self)?;
            more = self.reader.more(b']').ok()?;
        }
        self.out.put(b"]");
        Some(())
    }

    fn leaf(&mut self, leaf: Leaf, json: Json, depth: usize) -> Option<()> {
        match json {
            Json::List if leaf == Leaf::Custom => self.list(depth, |writer| {
                let json = writer.reader.peek().ok()?;
                writer.leaf(leaf, json, depth + 1)
            }),
            Json::Object if leaf == Leaf::Custom => {
                let span = self.reader.skip().ok()?;
                self.out.take(span);
                Some(())
            }
            Json::List | Json::Object => None,
            _ => {
                let span = self.reader.scalar(json).ok()?;
                if !fits(leaf, self.reader.bytes(span), self.schema) {
                    return None;
                }
                let quote = leaf == Leaf::Id && json == Json::Number;
                if quote {
                    self.out.put(b"\"");
                }
                self.out.take(span);
                if quote {
                    self.out.put(b"\"");
                }
                Some(())
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests;
