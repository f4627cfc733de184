//! What went wrong in a fetch, told at the client's paths.
//!
//! A subgraph's error keeps its code and words when it has a code of its own; one without is of no
//! use to the client and may hold internals, so only its place is told. An error inside an entity is
//! told at every place of the answer that shows that entity.

use super::answer::{SubgraphError, SubgraphPath};
use super::arena::{Arena, Node, Object};
use super::represent::{Representations, walk_with_paths};
use crate::error::{ErrorCode, GraphQlError, PathSegment};
use crate::plan::{Input, PlannedFetch, Step, Target};
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

/// The whole fetch failed: one error for each part of the answer it would have filled.
pub fn failed(fetch: &PlannedFetch, code: ErrorCode, errors: &mut Vec<GraphQlError>) {
    for path in places(fetch) {
        let error = GraphQlError::new(code)
            .at(path)
            .from_service(fetch.service.clone());
        if !errors.contains(&error) {
            errors.push(error);
        }
    }
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

/// Tells the errors of an answer at the client's paths.
pub fn told(
    arena: &Arena<'_>,
    root: Object,
    fetch: &PlannedFetch,
    representations: &[Representations],
    from: Vec<SubgraphError>,
    errors: &mut Vec<GraphQlError>,
) {
    let mut located: Vec<Option<Vec<Vec<PathSegment>>>> = Vec::new();
    for error in from {
        if errors.len() >= MOST_ERRORS {
            return;
        }
        let told = translate(&error, fetch);
        let path = error.path.unwrap_or_default();
        match &fetch.target {
            Target::Root { path: prefix, .. } if !path.is_empty() => {
                let mut place = names(prefix);
                place.extend(path.iter().map(segment));
                errors.push(told.at(place));
            }
            Target::Entities { inputs, sets } => {
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
                    everywhere(fetch, &told, errors);
                    continue;
                };
                located.resize(inputs.len(), None);
                let places = located[input].get_or_insert_with(|| {
                    locate(arena, root, &inputs[input], &representations[input])
                });
                let mut found = false;
                for ((_, representation), place) in
                    representations[input].objects.iter().zip(places)
                {
                    if *representation as usize == row && errors.len() < MOST_ERRORS {
                        let mut place = place.clone();
                        place.extend(rest.iter().map(segment));
                        errors.push(told.clone().at(place));
                        found = true;
                    }
                }
                if !found {
                    everywhere(fetch, &told, errors);
                }
            }
            Target::Root { .. } => everywhere(fetch, &told, errors),
        }
    }
}

fn everywhere(fetch: &PlannedFetch, told: &GraphQlError, errors: &mut Vec<GraphQlError>) {
    for place in places(fetch) {
        let error = told.clone().at(place);
        if !errors.contains(&error) {
            errors.push(error);
        }
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

fn translate(error: &SubgraphError, fetch: &PlannedFetch) -> GraphQlError {
    let service = fetch.service.clone();
    let extensions = error.extensions.as_ref();
    let Some(code) = extensions
        .and_then(|e| e.code.clone())
        .filter(|code| !code.is_empty())
    else {
        tracing::debug!(subgraph = %service, "an error without a code");
        return GraphQlError::new(ErrorCode::SubgraphMalformed).from_service(service);
    };
    let known = ErrorCode::ALL.iter().find(|known| known.as_str() == code);
    let mut told = GraphQlError::new(known.copied().unwrap_or(ErrorCode::Internal));
    told.code = code.into();
    told.message = error.message.clone().into();
    told.message_zh = match extensions.and_then(|e| e.message_zh.clone()) {
        Some(message) => message.into(),
        None if known.is_some() => told.message_zh,
        None => "".into(),
    };
    told.reference = extensions.and_then(|e| e.reference.clone());
    told.from_service(service)
}
