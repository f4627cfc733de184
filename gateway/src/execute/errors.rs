//! What went wrong in a fetch, told at the client's paths.
//!
//! A subgraph's error keeps its words when it keeps our contract (a code of our lists, both sentences). One with
//! another code keeps at most that; one without a code is of no use to the client, so only its place is told: their
//! words may hold internals, and values. An error inside an entity is
//! told at every place of the answer that shows that entity; one that leaves a whole fetch or entity
//! without an answer is noted in [`Blame`], and told at each value the client misses.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use super::answer::{SubgraphError, SubgraphPath};
use super::arena::{Arena, Node, Object};
use super::blame::Blame;
use super::places::{Hop, hops, places as client_places, planned};
use super::represent::{Representations, walk, walk_with_paths};
use crate::error::{ErrorCode, GraphQlError, PathSegment};
use crate::identity::tells_a_number;
use crate::plan::{Expect, FetchId, Input, Plan, PlannedFetch, Set, Shape, Step, Target};
use crate::telemetry;
use crate::transport::TransportError;

/// More errors than these are not told of one request.
pub const MOST_ERRORS: usize = 1000;

/// The code for a call that gave no answer.
#[must_use]
pub fn code(error: TransportError) -> ErrorCode {
    match error {
        TransportError::Unavailable | TransportError::Refused(_) => ErrorCode::SubgraphUnavailable,
        TransportError::Timeout => ErrorCode::SubgraphTimeout,
        TransportError::Malformed => ErrorCode::SubgraphMalformed,
    }
}

/// The whole fetch failed.
pub fn failed(fetches: &[PlannedFetch], id: FetchId, code: ErrorCode, blame: &mut Blame) {
    let fetch = &fetches[id];
    let error = GraphQlError::new(code).from_service(fetch.service.clone());
    blame.fetch(fetches, id, error, places(fetch));
}

/// The parts of the answer a fetch fills: response names, lists without a step.
fn places(fetch: &PlannedFetch) -> Vec<Vec<PathSegment>> {
    match &fetch.target {
        Target::Root { path, keys } => keys
            .iter()
            .map(|key| {
                let mut place = names(path);
                place.push(PathSegment::Key(key.clone()));
                place
            })
            .collect(),
        Target::Entities { inputs, .. } => inputs
            .iter()
            .flat_map(|input| &input.paths)
            .map(|path| names(path))
            .collect(),
    }
}

fn names(path: &[Step]) -> Vec<PathSegment> {
    path.iter()
        .filter_map(|step| match step {
            Step::Key { name, .. } => Some(PathSegment::Key(name.clone())),
            Step::Types(_) => None,
        })
        .collect()
}

/// An answer that came with errors, and what is known of the objects it is for.
pub struct Answer<'a> {
    /// Everything received so far.
    pub arena: &'a Arena<'a>,
    /// The root of the client's answer.
    pub root: Object,
    /// What is executed.
    pub plan: &'a Plan,
    /// The fetch that was answered.
    pub id: FetchId,
    /// What it asked about.
    pub representations: &'a [Representations],
    /// What it brought.
    pub data: Option<Object>,
}

impl Answer<'_> {
    /// What was received in a row of entities; nothing when there are no rows. An error further inside may have taken
    /// all of it along, also what the client has not asked for by the error's name.
    fn row(&self, set: &Set, row: usize) -> Option<Node> {
        let row = u32::try_from(row).ok()?;
        match self.arena.slot(self.data?, set.slot) {
            Node::List { start, len } => Some(match row < len {
                true => self.arena.at(start + row),
                false => Node::Missing,
            }),
            _ => None,
        }
    }

    /// Tells the errors of the answer at the client's paths.
    pub fn tell(
        &self,
        mut from: Vec<SubgraphError>,
        errors: &mut Vec<GraphQlError>,
        blame: &mut Blame,
    ) {
        let (plan, fetches) = (self.plan, self.plan.fetches.as_slice());
        let fetch = &fetches[self.id];
        // A value shows one reason: better one that says something.
        from.sort_by_key(|error| own_code(error).is_none());
        let mut located: Vec<Option<Vec<Vec<Hop>>>> = Vec::new();
        for error in from {
            let told = translate(&error, fetch);
            let path = error.path.unwrap_or_default();
            let (inputs, sets) = match &fetch.target {
                Target::Root { path: prefix, .. } if !path.is_empty() => {
                    let mut way = planned(prefix);
                    if let (Some(data), true) = (self.data, prefix.is_empty()) {
                        way.push(Hop::Received(data));
                    }
                    way.extend(hops(&plan.shapes, fetch.shape, &path));
                    let all = client_places(plan, self.arena, self.root, &way);
                    match self.data {
                        Some(_) => push_at(errors, &told, all),
                        // It took everything along.
                        None => blame.fetch(fetches, self.id, told, all),
                    }
                    continue;
                }
                Target::Root { .. } => {
                    blame.fetch(fetches, self.id, told, places(fetch));
                    continue;
                }
                Target::Entities { inputs, sets } => (inputs, sets),
            };
            let entity = match path.as_slice() {
                [
                    SubgraphPath::Key(alias),
                    SubgraphPath::Index(row),
                    rest @ ..,
                ] => sets
                    .iter()
                    .find(|set| *set.alias == **alias)
                    .map(|set| (set, *row, rest)),
                _ => None,
            };
            let Some((set, row, rest)) = entity else {
                blame.fetch(fetches, self.id, told, places(fetch));
                continue;
            };
            let input = set.input;
            let known = &self.representations[input];
            located.resize(inputs.len(), None);
            let all = located[input]
                .get_or_insert_with(|| locate(self.arena, self.root, &inputs[input], known));
            let shown: Vec<(Object, &[Hop])> = known
                .objects
                .iter()
                .zip(all.iter())
                .filter(|((_, representation), _)| *representation as usize == row)
                .map(|((object, _), way)| (*object, way.as_slice()))
                .collect();
            if shown.is_empty() {
                blame.fetch(fetches, self.id, told, places(fetch));
                continue;
            }
            let received = self.row(set, row);
            let inside = hops(&plan.shapes, set.shape, rest);
            let places = shown.iter().flat_map(|(_, way)| {
                let mut way = way.to_vec();
                if let Some(Node::Object(entity)) = received {
                    way.push(Hop::Received(entity));
                }
                way.extend(&inside);
                client_places(plan, self.arena, self.root, &way)
            });
            let broken = matches!(received, None | Some(Node::Null));
            if rest.is_empty() || broken {
                let (places, objects) = (places.collect(), shown.iter().map(|(object, _)| *object));
                blame.entity(self.id, objects, told, places);
            } else {
                push_at(errors, &told, places);
            }
        }
    }
}

/// The errors of an answer that say where, in our words.
#[must_use]
pub fn placed(
    from: &[SubgraphError],
    fetch: &PlannedFetch,
) -> Vec<(GraphQlError, Vec<SubgraphPath>)> {
    let path = |error: &SubgraphError| error.path.clone().filter(|path| !path.is_empty());
    from.iter()
        .filter_map(|error| Some((translate(error, fetch), path(error)?)))
        .collect()
}

/// The entities of an answer that are null because something failed: all of them, when an error does not say
/// which it is about.
#[derive(Debug, Default)]
pub struct BrokenRows {
    all: bool,
    rows: HashSet<(String, usize)>,
}

impl BrokenRows {
    /// Those that these errors tell of.
    #[must_use]
    pub fn of(errors: &[SubgraphError]) -> Self {
        let mut broken = Self::default();
        for error in errors {
            match error.path.as_deref() {
                Some([SubgraphPath::Key(alias), SubgraphPath::Index(row), ..]) => {
                    broken.rows.insert((alias.clone(), *row));
                }
                _ => broken.all = true,
            }
        }
        broken
    }

    /// Whether this row of a set of entities is one.
    #[must_use]
    pub fn contains(&self, set: &Set, row: u32) -> bool {
        let row = || (set.alias.to_string(), row as usize);
        self.all || (!self.rows.is_empty() && self.rows.contains(&row()))
    }
}

/// An answer that is merged into the client's.
pub struct Merged<'a> {
    /// Everything received so far.
    pub arena: &'a Arena<'a>,
    /// The root of the client's answer.
    pub root: Object,
    /// Expected shapes.
    pub shapes: &'a [Shape],
    /// The fetch.
    pub fetch: &'a PlannedFetch,
    /// What it asked about.
    pub representations: &'a [Representations],
}

impl Merged<'_> {
    /// Notes which values are null because they failed, for the fetches that live on them.
    pub fn blame(&self, failed: Vec<(GraphQlError, Vec<SubgraphPath>)>, blame: &mut Blame) {
        for (error, path) in failed {
            let mut starts = Vec::new();
            let (shape, steps) = match (&self.fetch.target, path.as_slice()) {
                (Target::Root { path: at, .. }, steps) => {
                    let node = Node::Object(self.root);
                    walk(self.arena, node, at, &mut |object| starts.push(object));
                    (Some(self.fetch.shape), steps)
                }
                (
                    Target::Entities { sets, .. },
                    [
                        SubgraphPath::Key(alias),
                        SubgraphPath::Index(row),
                        rest @ ..,
                    ],
                ) => {
                    let set = sets.iter().find(|set| *set.alias == **alias);
                    let known = set.and_then(|set| self.representations.get(set.input));
                    let objects = known.into_iter().flat_map(|known| &known.objects);
                    let of_row = objects.filter(|(_, of)| *of as usize == *row);
                    starts.extend(of_row.map(|(object, _)| *object));
                    let field = self.field(self.fetch.shape, alias);
                    (field.and_then(|(_, inside)| inside), rest)
                }
                _ => continue,
            };
            for start in starts {
                if let Some((object, slot)) = shape.and_then(|at| self.null(start, at, steps)) {
                    blame.value(object, slot, error.clone());
                }
            }
        }
    }

    /// The slot of a key in a shape, and the shape of the objects in it.
    fn field(&self, shape: usize, key: &str) -> Option<(u32, Option<usize>)> {
        let mut fields = self.shapes.get(shape)?.fields.iter();
        let field = fields.find(|field| field.key() == key.as_bytes())?;
        let inside = match field.expect {
            Expect::Object(shape) => Some(shape),
            Expect::Leaf | Expect::Typename => None,
        };
        Some((field.slot, inside))
    }

    /// The null that a path leads to, or through.
    fn null(&self, object: Object, shape: usize, path: &[SubgraphPath]) -> Option<(Object, u32)> {
        let [SubgraphPath::Key(key), rest @ ..] = path else {
            return None;
        };
        let (slot, inside) = self.field(shape, key)?;
        let mut node = self.arena.slot(object, slot);
        if matches!(node, Node::Missing | Node::Null) {
            return Some((object, slot));
        }
        let mut rest = rest;
        while let (Node::List { start, len }, [SubgraphPath::Index(at), more @ ..]) = (node, rest) {
            let at = u32::try_from(*at).ok().filter(|at| *at < len)?;
            (node, rest) = (self.arena.at(start + at), more);
        }
        match node {
            Node::Object(object) => self.null(object, inside?, rest),
            _ => None,
        }
    }
}

/// An error at several places.
fn push_at(
    errors: &mut Vec<GraphQlError>,
    error: &GraphQlError,
    places: impl IntoIterator<Item = Vec<PathSegment>>,
) {
    let room = MOST_ERRORS.saturating_sub(errors.len());
    let places = places.into_iter().take(room);
    errors.extend(places.map(|place| error.clone().at(place)));
}

/// The way to every represented object, in the order of `representations.objects`.
fn locate(
    arena: &Arena<'_>,
    root: Object,
    input: &Input,
    representations: &Representations,
) -> Vec<Vec<Hop>> {
    let mut places = Vec::with_capacity(representations.objects.len());
    for path in &input.paths {
        walk_with_paths(
            arena,
            Node::Object(root),
            path,
            &mut Vec::new(),
            &mut |object, place| {
                // Objects that could not be represented are visited but not among them.
                if representations
                    .objects
                    .get(places.len())
                    .is_some_and(|(next, _)| *next == object)
                {
                    places.push(place.to_vec());
                }
            },
        );
    }
    places
}

/// Gives what nobody expected a reference, one for all of an answer, under which the program's log has it too.
pub fn refer(errors: &mut [GraphQlError], trace: &opentelemetry::Context) {
    let mut reference: Option<String> = None;
    let mut told: Vec<(Cow<'static, str>, Option<Arc<str>>)> = Vec::new();
    for error in errors {
        if error.reference.is_some() || !ErrorCode::is_unexpected(&error.code) {
            continue;
        }
        let reference = reference.get_or_insert_with(|| {
            telemetry::trace_id(trace).unwrap_or_else(|| uuid::Uuid::new_v4().simple().to_string())
        });
        let what = (error.code.clone(), error.service.clone());
        if !told.contains(&what) {
            let (code, subgraph) = (&*what.0, what.1.as_deref());
            tracing::error!(reference = %reference, code, subgraph, "a request failed unexpectedly");
            told.push(what);
        }
        error.reference = Some(reference.clone());
    }
}

/// The code a subgraph gave its error.
fn own_code(error: &SubgraphError) -> Option<&str> {
    let code = error.extensions.as_ref()?.code.as_deref()?;
    (!code.is_empty()).then_some(code)
}

/// A code in capitals: a class that a client can act on, and no room for anything said of a person.
fn is_class(reason: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    (1..=64).contains(&reason.len())
        && reason.starts_with(|first: char| first.is_ascii_uppercase())
        && reason.bytes().all(plain)
        && !tells_a_number(reason)
}

/// What is said of a failure inside a subgraph.
const INSIDE: [&str; 2] = [
    "Something went wrong inside the subsystem behind this field.",
    "该字段所属子系统内部错误。",
];

/// The error in words that may be told. A subgraph's own words pass only when they keep our contract: a code of our
/// lists, with both sentences. Whatever else a framework or a driver says may hold anything, also a value; then the
/// words are ours, the error gets a reference, and at most the code is told.
fn translate(error: &SubgraphError, fetch: &PlannedFetch) -> GraphQlError {
    let service = fetch.service.clone();
    let extensions = error.extensions.as_ref();
    let Some(code) = own_code(error) else {
        tracing::debug!(subgraph = %service, "an error without a code");
        return GraphQlError::new(ErrorCode::SubgraphMalformed).from_service(service);
    };
    let known = ErrorCode::parse(code);
    let mut told = GraphQlError::new(known.unwrap_or(ErrorCode::Internal)).from_service(service);
    if ErrorCode::is_unexpected(code) {
        if is_class(code) {
            told.code = code.to_owned().into();
        }
        [told.message, told.message_zh] = INSIDE.map(Into::into);
        return told;
    }
    told.code = code.to_owned().into();
    match extensions.and_then(|e| e.message_zh.as_deref()) {
        Some(zh) if !zh.is_empty() => {
            told.message = error.message.clone().unwrap_or_default().into();
            told.message_zh = zh.to_owned().into();
        }
        // Other frameworks have codes of the same names, but no second sentence.
        _ if known.is_none() => [told.message, told.message_zh] = INSIDE.map(Into::into),
        _ => {}
    }
    told.reason = extensions
        .and_then(|e| e.reason.clone())
        .filter(|reason| is_class(reason));
    told
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_broken_when_an_error_tells_of_it_or_of_none() {
        let at = |path: serde_json::Value| -> SubgraphError {
            serde_json::from_value(serde_json::json!({ "message": "m", "path": path })).unwrap()
        };
        let set = |alias: &str| Set {
            alias: alias.into(),
            slot: 0,
            input: 0,
            shape: 0,
            copies: false,
        };
        let inside = BrokenRows::of(&[at(serde_json::json!(["e", 2, "name", 0]))]);
        assert!(inside.contains(&set("e"), 2));
        assert!(!inside.contains(&set("e"), 1) && !inside.contains(&set("f"), 2));
        for nowhere in [serde_json::Value::Null, serde_json::json!(["e"])] {
            let all = BrokenRows::of(&[at(nowhere)]);
            assert!(all.contains(&set("e"), 0) && all.contains(&set("f"), 7));
        }
        assert!(!BrokenRows::of(&[]).contains(&set("e"), 0));
    }

    #[test]
    fn a_class_passes_through_and_a_sentence_does_not() {
        for class in ["INTEROP_REPLAYED", "TOO_YOUNG", "M_18"] {
            assert!(is_class(class), "{class}");
        }
        for other in [
            "",
            "spouse of somebody",
            "王",
            "too_young",
            "18",
            "51990119900303003X",
            "DUPLICATE_KEY_519901199003030032",
            &"A".repeat(65),
        ] {
            assert!(!is_class(other), "{other}");
        }
        let mut told = GraphQlError::new(ErrorCode::BadUserInput);
        told.reason = Some("INTEROP_REPLAYED".to_owned());
        let mut out = Vec::new();
        told.write_json(&mut out);
        let out: serde_json::Value = serde_json::from_slice(&out).unwrap_or_default();
        assert_eq!(out["extensions"]["reason"], "INTEROP_REPLAYED");
    }
}
