//! What went wrong in a fetch, told at the client's paths.
//!
//! A subgraph's error keeps its code and words when it has a code of its own; one without is of no
//! use to the client and may hold internals, so only its place is told. An error inside an entity is
//! told at every place of the answer that shows that entity; one that leaves a whole fetch or entity
//! without an answer is noted in [`Blame`], and told at each value the client misses.

use super::answer::{SubgraphError, SubgraphPath};
use super::arena::{Arena, Node, Object};
use super::blame::Blame;
use super::represent::{Representations, walk, walk_with_paths};
use crate::error::{ErrorCode, GraphQlError, PathSegment};
use crate::plan::{Expect, FetchId, Input, PlannedFetch, Shape, Step, Target};
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
    /// All fetches.
    pub fetches: &'a [PlannedFetch],
    /// The one that was answered.
    pub id: FetchId,
    /// What it asked about.
    pub representations: &'a [Representations],
}

impl Answer<'_> {
    /// Tells the errors of the answer at the client's paths.
    pub fn tell(
        &self,
        mut from: Vec<SubgraphError>,
        errors: &mut Vec<GraphQlError>,
        blame: &mut Blame,
    ) {
        let fetch = &self.fetches[self.id];
        // A value shows one reason: better one that says something.
        from.sort_by_key(|error| own_code(error).is_none());
        let mut located: Vec<Option<Vec<Vec<PathSegment>>>> = Vec::new();
        for error in from {
            let told = translate(&error, fetch);
            let path = error.path.unwrap_or_default();
            let (inputs, sets) = match &fetch.target {
                Target::Root { path: prefix, .. } if !path.is_empty() => {
                    let mut place = names(prefix);
                    place.extend(path.iter().map(segment));
                    push(errors, told.at(place));
                    continue;
                }
                Target::Root { .. } => {
                    blame.fetch(self.fetches, self.id, told, places(fetch));
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
                    .map(|set| (set.input, *row, rest)),
                _ => None,
            };
            let Some((input, row, rest)) = entity else {
                blame.fetch(self.fetches, self.id, told, places(fetch));
                continue;
            };
            let known = &self.representations[input];
            located.resize(inputs.len(), None);
            let all = located[input]
                .get_or_insert_with(|| locate(self.arena, self.root, &inputs[input], known));
            let shown: Vec<(Object, Vec<PathSegment>)> = known
                .objects
                .iter()
                .zip(all)
                .filter(|((_, representation), _)| *representation as usize == row)
                .map(|((object, _), place)| (*object, place.clone()))
                .collect();
            if shown.is_empty() {
                blame.fetch(self.fetches, self.id, told, places(fetch));
            } else if rest.is_empty() {
                let (objects, places): (Vec<_>, Vec<_>) = shown.into_iter().unzip();
                blame.entity(self.id, objects.into_iter(), told, places);
            } else {
                for (_, mut place) in shown {
                    place.extend(rest.iter().map(segment));
                    push(errors, told.clone().at(place));
                }
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
        let field = fields.find(|field| *field.key == *key.as_bytes())?;
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

fn push(errors: &mut Vec<GraphQlError>, error: GraphQlError) {
    if errors.len() < MOST_ERRORS {
        errors.push(error);
    }
}

fn segment(step: &SubgraphPath) -> PathSegment {
    match step {
        SubgraphPath::Index(at) => PathSegment::Index(*at),
        SubgraphPath::Key(key) => PathSegment::Key(key.as_str().into()),
    }
}

/// The place of every represented object, in the order of `representations.objects`.
fn locate(
    arena: &Arena<'_>,
    root: Object,
    input: &Input,
    representations: &Representations,
) -> Vec<Vec<PathSegment>> {
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

/// The code a subgraph gave its error.
fn own_code(error: &SubgraphError) -> Option<&str> {
    let code = error.extensions.as_ref()?.code.as_deref()?;
    (!code.is_empty()).then_some(code)
}

/// A code in capitals: a class that a client can act on, and no room for anything said of a person.
fn is_class(reason: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    (1..=64).contains(&reason.len()) && reason.bytes().all(plain)
}

fn translate(error: &SubgraphError, fetch: &PlannedFetch) -> GraphQlError {
    let service = fetch.service.clone();
    let extensions = error.extensions.as_ref();
    let Some(code) = own_code(error) else {
        tracing::debug!(subgraph = %service, "an error without a code");
        return GraphQlError::new(ErrorCode::SubgraphMalformed).from_service(service);
    };
    let known = ErrorCode::ALL.iter().find(|known| known.as_str() == code);
    let mut told = GraphQlError::new(known.copied().unwrap_or(ErrorCode::Internal));
    told.code = code.to_owned().into();
    told.message = error.message.clone().into();
    told.message_zh = match extensions.and_then(|e| e.message_zh.clone()) {
        Some(message) => message.into(),
        None if known.is_some() => told.message_zh,
        None => "".into(),
    };
    told.reference = extensions.and_then(|e| e.reference.clone());
    told.reason = extensions
        .and_then(|e| e.reason.clone())
        .filter(|reason| is_class(reason));
    told.from_service(service)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_passes_through_and_a_sentence_does_not() {
        for class in ["INTEROP_REPLAYED", "TOO_YOUNG", "M_18"] {
            assert!(is_class(class), "{class}");
        }
        for other in ["", "spouse of somebody", "王", "too_young", &"A".repeat(65)] {
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
