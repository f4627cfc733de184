//! Writing the client's answer: the projection program run over the arena, into one buffer.
//!
//! Strings and numbers are copied as they were received. Null propagation is a truncation: a value
//! that may not be null and is takes back what its parent had written so far, up to the nearest place
//! where null is allowed.

use std::sync::Arc;

use super::arena::{Arena, Node, Object};
use super::blame::Blame;
use super::errors::MOST_ERRORS;
use super::finish::Part;
use crate::error::{ErrorCode, GraphQlError, PathSegment, write_json_string};
use crate::operation::Variables;
use crate::plan::projection::{Expected, From, Kind, Leaf, ObjectProgram, Write};
use crate::plan::{Plan, Step};
use crate::supergraph::{SchemaIndex, TypeKind};

mod missing;

/// A client's answer is no longer than this, in bytes: few received bytes may stand in very many places of it.
const MOST_BYTES: usize = 64 << 20;

/// More violations than these are not told.
const MOST_VIOLATIONS: usize = 100;

/// Runs a projection.
pub struct Projector<'a> {
    arena: &'a Arena<'a>,
    plan: &'a Plan,
    schema: &'a SchemaIndex,
    introspection: &'a [Vec<u8>],
    program: usize,
    prefix: &'a [PathSegment],
    /// The way to what stands there.
    steps: &'a [Step],
    /// By which it is decided what was fetched; without them all of the plan was.
    variables: Option<&'a Variables>,
    blame: &'a mut Blame,
    out: Vec<u8>,
    path: Vec<Place<'a>>,
    /// The objects being written, the innermost last: one for each key of the path.
    objects: Vec<Object>,
    missed: Vec<GraphQlError>,
    violations: Vec<GraphQlError>,
    disclosed: Vec<Disclosed>,
    /// Personal values are left out, and told here.
    withheld: Option<Vec<GraphQlError>>,
    /// Where what is written may end.
    end: usize,
    /// It did not end there: nothing more is written.
    is_too_long: bool,
}

/// A personal field that was answered: which, and of what object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Disclosed {
    /// The position of its mark.
    pub mark: u32,
    /// Its parent.
    pub object: Object,
    /// Whether the answer was that there is nothing.
    pub null: bool,
}

/// A place in the answer being written.
#[derive(Clone, Copy)]
enum Place<'a> {
    Key(&'a Write),
    Index(u32),
}

/// How an object of this type is written.
pub(super) fn writes<'p>(
    program: &'p ObjectProgram,
    arena: &Arena<'_>,
    object: Object,
) -> &'p [Write] {
    if program.by_type.is_empty() {
        return &program.otherwise;
    }
    let known = arena.type_of(object).and_then(|ty| {
        program
            .by_type
            .binary_search_by_key(&ty, |(ty, _)| *ty)
            .ok()
    });
    match known {
        Some(at) => &program.by_type[at].1,
        None => &program.otherwise,
    }
}

/// The personal field that stands at a path of the answer: its mark and its parent. Nothing when the field
/// is not personal or not of this part, or nothing was received so far down.
pub(super) fn personal_at(
    plan: &Plan,
    arena: &Arena<'_>,
    part: Part<'_>,
    path: &[PathSegment],
) -> Option<Disclosed> {
    let (mut program, mut object) = (part.program, part.object);
    let mut path = path.strip_prefix(part.place)?.iter().peekable();
    loop {
        let PathSegment::Key(key) = path.next()? else {
            return None;
        };
        let program_of = plan.projection.objects.get(program)?;
        let all = writes(program_of, arena, object);
        let write = all.iter().find(|write| write.key == *key)?;
        let here = write.mark.map(|mark| Disclosed {
            mark,
            object,
            null: false,
        });
        let From::Slot(Some(slot)) = write.from else {
            return here.filter(|_| path.peek().is_none());
        };
        let (mut expected, mut node) = (&write.expected, arena.slot(object, slot));
        while let Some(PathSegment::Index(at)) = path.peek() {
            let (Kind::List(item), Node::List { start, len }) = (&expected.kind, node) else {
                break;
            };
            let at = u32::try_from(*at).ok().filter(|at| *at < len)?;
            (expected, node) = (item, arena.at(start + at));
            path.next();
        }
        if path.peek().is_none() {
            return here;
        }
        let (Kind::Object(next), Node::Object(inside)) = (&expected.kind, node) else {
            // What is inside a personal value that was left out is that value's affair.
            return here;
        };
        (program, object) = (*next, inside);
    }
}

/// Whether JSON as received is a value of this kind of leaf.
pub(super) fn fits(leaf: Leaf, json: &[u8], schema: &SchemaIndex) -> bool {
    let first = json.first().copied().unwrap_or(0);
    let number = first == b'-' || first.is_ascii_digit();
    match leaf {
        Leaf::Custom => true,
        Leaf::String => first == b'"',
        Leaf::Boolean => matches!(first, b't' | b'f'),
        Leaf::Float => number,
        Leaf::Int => number && !json.iter().any(|b| matches!(b, b'.' | b'e' | b'E')),
        Leaf::Id => first == b'"' || number,
        Leaf::Enum(ty) => {
            let name = json
                .get(1..json.len().saturating_sub(1))
                .unwrap_or_default();
            let values = &schema.type_info(ty).enum_values;
            first == b'"' && values.iter().any(|value| value.as_bytes() == name)
        }
    }
}

/// What was written.
pub struct Projected {
    /// `data` as JSON.
    pub json: Vec<u8>,
    /// Values that are missing because something failed, each at its place.
    pub missed: Vec<GraphQlError>,
    /// Values that were null or of another kind where the schema excludes it.
    pub violations: Vec<GraphQlError>,
    /// Personal fields that it answers.
    pub disclosed: Vec<Disclosed>,
    /// Errors at the personal values that were left out.
    pub withheld: Vec<GraphQlError>,
}

impl<'a> Projector<'a> {
    /// A projector that appends to `out`.
    #[must_use]
    pub fn new(
        arena: &'a Arena<'a>,
        plan: &'a Plan,
        schema: &'a SchemaIndex,
        introspection: &'a [Vec<u8>],
        blame: &'a mut Blame,
        out: Vec<u8>,
    ) -> Self {
        let end = out.len() + MOST_BYTES;
        Self {
            arena,
            plan,
            schema,
            introspection,
            program: plan.projection.root,
            prefix: &[],
            steps: &[],
            variables: None,
            blame,
            out,
            path: Vec::new(),
            objects: Vec::new(),
            missed: Vec::new(),
            violations: Vec::new(),
            disclosed: Vec::new(),
            withheld: None,
            end,
            is_too_long: false,
        }
    }

    /// The same for a part of the answer.
    #[must_use]
    pub(super) fn of(mut self, part: Part<'a>) -> Self {
        (self.program, self.prefix, self.steps) = (part.program, part.place, part.steps);
        self
    }

    /// The same for a request with these variables.
    #[must_use]
    pub fn given(mut self, variables: &'a Variables) -> Self {
        self.variables = Some(variables);
        self
    }

    /// The same without any personal value: each is null with an error that says why.
    #[must_use]
    pub fn withholding(mut self) -> Self {
        self.withheld = Some(Vec::new());
        self
    }

    /// Writes the whole answer, or the part it was made for.
    #[must_use]
    pub fn run(mut self, root: Object) -> Projected {
        let mark = self.out.len();
        if !self.object(self.program, root) || self.is_too_long {
            self.out.truncate(mark);
            self.disclosed.clear();
            self.out.extend_from_slice(b"null");
        }
        if self.is_too_long {
            // Whatever was missing besides is told when less is asked for.
            self.missed = vec![GraphQlError::new(ErrorCode::AnswerTooLarge)];
            self.violations.clear();
        }
        Projected {
            json: self.out,
            missed: self.missed,
            violations: self.violations,
            disclosed: self.disclosed,
            withheld: self.withheld.unwrap_or_default(),
        }
    }

    /// Writes an object; false when a field that may not be null is.
    fn object(&mut self, program: usize, object: Object) -> bool {
        let Some(program) = self.plan.projection.objects.get(program) else {
            return false;
        };
        if self.out.len() > self.end {
            self.is_too_long = true;
        }
        if self.is_too_long {
            return false;
        }
        if !program.by_type.is_empty() && self.has_unknown_type(object) {
            self.unknown(object);
            return false;
        }
        let writes = writes(program, self.arena, object);
        self.out.push(b'{');
        self.objects.push(object);
        for (at, write) in writes.iter().enumerate() {
            self.out.extend_from_slice(write.label(at == 0));
            self.path.push(Place::Key(write));
            let fine = match write.mark {
                None => self.field(write, object),
                Some(mark) => self.personal(write, mark, object),
            };
            self.path.pop();
            if !fine {
                self.objects.pop();
                return false;
            }
        }
        self.objects.pop();
        self.out.push(b'}');
        true
    }

    /// Writes a personal field: notes that it was answered, or leaves it out.
    ///
    /// Null is an answer like any other, for it says that there is no death or no marriage on record. It is
    /// none when an error says why it is null, or when nobody was asked: nothing is told of anybody then.
    fn personal(&mut self, write: &'a Write, mark: u32, object: Object) -> bool {
        let (node, failed) = match write.from {
            From::Slot(Some(slot)) => {
                let node = self.arena.slot(object, slot);
                let null = node == Node::Null;
                (node, null && self.blame.has_failed(object, slot))
            }
            _ => (Node::Missing, false),
        };
        if node == Node::Missing || failed {
            return self.field(write, object);
        }
        if let Some(mut withheld) = self.withheld.take() {
            if withheld.len() < MOST_ERRORS {
                let error = GraphQlError::new(ErrorCode::AccessLogUnavailable);
                withheld.push(error.at(self.place()));
            }
            self.withheld = Some(withheld);
            self.out.extend_from_slice(b"null");
            return !write.expected.non_null;
        }
        let (mark_of_text, known) = (self.out.len(), self.disclosed.len());
        let fine = self.field(write, object);
        let null = node == Node::Null;
        if fine && (null || self.out.get(mark_of_text..) != Some(&b"null"[..])) {
            self.disclosed.push(Disclosed { mark, object, null });
        } else {
            self.disclosed.truncate(known);
        }
        fine
    }

    fn field(&mut self, write: &'a Write, object: Object) -> bool {
        match &write.from {
            From::Slot(slot) => {
                let node = slot.map_or(Node::Missing, |slot| self.arena.slot(object, slot));
                if node == Node::Missing && self.missed(object, *slot) {
                    self.out.extend_from_slice(b"null");
                    return !write.expected.non_null;
                }
                self.value(&write.expected, node)
            }
            From::Typename(slot, fallback) => {
                let own = self.arena.type_of(object);
                let concrete = own.filter(|id| self.schema.type_info(*id).kind == TypeKind::Object);
                let told = slot.and_then(|slot| match self.arena.slot(object, slot) {
                    Node::Type(id) if self.schema.type_info(id).kind == TypeKind::Object => {
                        Some(id)
                    }
                    _ => None,
                });
                match (concrete.or(told), fallback) {
                    (None, Some(json)) => self.out.extend_from_slice(json),
                    (Some(id), _) => {
                        write_json_string(&mut self.out, &self.schema.type_info(id).name);
                    }
                    // The name of an interface is the type of nothing.
                    (None, None) if own.is_some() => {
                        self.unknown(object);
                        self.out.extend_from_slice(b"null");
                        return !write.expected.non_null;
                    }
                    (None, None) => return self.value(&write.expected, Node::Missing),
                }
                true
            }
            From::Refused => {
                self.out.extend_from_slice(b"null");
                !write.expected.non_null
            }
            From::Introspection(at) => {
                let json = self
                    .introspection
                    .get(*at)
                    .map_or(&b"null"[..], Vec::as_slice);
                self.out.extend_from_slice(json);
                true
            }
        }
    }

    /// Writes a value or null; false when it is null and may not be.
    fn value(&mut self, expected: &'a Expected, node: Node) -> bool {
        let (mark, known) = (self.out.len(), self.disclosed.len());
        let null = match node {
            Node::Missing | Node::Null => true,
            Node::Object(object) => self.is_hidden(object),
            _ => false,
        };
        if !null && self.something(&expected.kind, node) {
            return true;
        }
        self.out.truncate(mark);
        self.disclosed.truncate(known);
        if !expected.non_null {
            self.out.extend_from_slice(b"null");
            return true;
        }
        if null {
            self.violation("A value that cannot be null is missing.");
        }
        false
    }

    /// Whether an object is of a type that clients may not know of.
    fn is_hidden(&self, object: Object) -> bool {
        self.arena
            .type_of(object)
            .is_some_and(|ty| self.schema.type_info(ty).inaccessible)
    }

    fn something(&mut self, kind: &'a Kind, node: Node) -> bool {
        match (kind, node) {
            (Kind::Object(program), Node::Object(object)) => self.object(*program, object),
            (Kind::List(item), Node::List { start, len }) => {
                self.out.push(b'[');
                for at in 0..len {
                    if at > 0 {
                        self.out.push(b',');
                    }
                    self.path.push(Place::Index(at));
                    let fine = self.value(item, self.arena.at(start + at));
                    self.path.pop();
                    if !fine || self.is_too_long {
                        return false;
                    }
                }
                self.out.push(b']');
                true
            }
            (Kind::Leaf(leaf), node) => {
                let fine = self.leaf(*leaf, node);
                if !fine {
                    self.violation("A value is not of its type.");
                }
                fine
            }
            _ => {
                self.violation("A value is not of its type.");
                false
            }
        }
    }

    fn leaf(&mut self, leaf: Leaf, node: Node) -> bool {
        match node {
            Node::Leaf { text, span } => {
                let json = self.arena.leaf(text, span);
                let number = json
                    .first()
                    .is_some_and(|b| *b == b'-' || b.is_ascii_digit());
                if !fits(leaf, json, self.schema) {
                    return false;
                }
                if leaf == Leaf::Id && number {
                    self.out.push(b'"');
                    self.out.extend_from_slice(json);
                    self.out.push(b'"');
                } else {
                    self.out.extend_from_slice(json);
                }
                true
            }
            // A list inside a custom scalar.
            Node::List { start, len } if leaf == Leaf::Custom => {
                self.out.push(b'[');
                for at in 0..len {
                    if at > 0 {
                        self.out.push(b',');
                    }
                    match self.arena.at(start + at) {
                        Node::Missing | Node::Null => self.out.extend_from_slice(b"null"),
                        item => {
                            self.leaf(leaf, item);
                        }
                    }
                }
                self.out.push(b']');
                true
            }
            Node::Type(ty) => {
                write_json_string(&mut self.out, &self.schema.type_info(ty).name);
                true
            }
            _ => false,
        }
    }

    fn violation(&mut self, what: &'static str) {
        if self.violations.len() < MOST_VIOLATIONS {
            self.violations.push(
                GraphQlError::new(ErrorCode::SubgraphMalformed)
                    .saying(what)
                    .at(self.place()),
            );
        }
    }

    /// The place of the value being written.
    fn place(&self) -> Vec<PathSegment> {
        let inside = self.path.iter().map(|place| match place {
            Place::Key(write) => PathSegment::Key(Arc::clone(&write.key)),
            Place::Index(at) => PathSegment::Index(*at as usize),
        });
        self.prefix.iter().cloned().chain(inside).collect()
    }
}
