//! Writing what was fetched: the projection run, personal data recorded or withheld, errors put together.
//!
//! The same for a whole answer and for each part of one that is told in parts, so that no part shows what
//! a whole answer would not.

use super::arena::{Arena, Object};
use super::blame::Blame;
use super::{Execution, Fetcher, disclose, errors, project};
use crate::error::{ErrorCode, GraphQlError, PathSegment};
use crate::operation::Operation;
use crate::plan::Step;
use crate::record::{Decision, Draft};
use graphql_tools::static_graphql::query::Field;
use std::sync::Arc;
use tracing::Instrument as _;

/// What is written.
#[derive(Clone, Copy)]
pub(super) struct Part<'p> {
    /// By which program of the projection.
    pub(super) program: usize,
    /// Of which object.
    pub(super) object: Object,
    /// Its place in the answer.
    pub(super) place: &'p [PathSegment],
    /// The planned way there.
    pub(super) steps: &'p [Step],
    /// The answers of introspection.
    pub(super) introspection: &'p [Vec<u8>],
}

impl<F: Fetcher> Execution<'_, F> {
    /// Writes a part behind `out`, with the errors known beforehand and those that it brings. With the
    /// last part also what failed and no value shows.
    pub(super) async fn write(
        &self,
        arena: &Arena<'_>,
        part: Part<'_>,
        blame: &mut Blame,
        out: Option<Vec<u8>>,
        mut errors: Vec<GraphQlError>,
        last: bool,
    ) -> (Vec<u8>, Vec<GraphQlError>) {
        let (plan, schema) = (self.plan, &self.supergraph.schema);
        let out = out.unwrap_or_default();
        let start = out.len();
        let introspection = part.introspection;
        let mut projected = project::Projector::new(arena, plan, schema, introspection, blame, out)
            .of(part)
            .given(self.variables)
            .run(part.object);
        errors.append(&mut projected.missed);
        if !projected.disclosed.is_empty() && !self.recorded(arena, &projected.disclosed).await {
            let mut out = projected.json;
            out.truncate(start);
            projected = project::Projector::new(arena, plan, schema, introspection, blame, out)
                .of(part)
                .given(self.variables)
                .withholding()
                .run(part.object);
            errors.append(&mut projected.withheld);
        }
        if last {
            for error in std::mem::take(blame).untold() {
                if errors.len() < errors::MOST_ERRORS && !errors.contains(&error) {
                    errors.push(error);
                }
            }
        }
        for violation in projected.violations {
            if errors.len() < errors::MOST_ERRORS && !explained(&violation, &errors) {
                errors.push(violation);
            }
        }
        if !errors.is_empty() {
            // What the gateway cut is of no part: it is recorded with the whole, or was before.
            let cut = match self.cuts_noted || part.program != plan.projection.root {
                true => &[][..],
                false => &plan.refused,
            };
            self.note_refusals(arena, part, cut, &errors);
        }
        let data = &projected.json[start..];
        show_hidden(&mut errors, &plan.operation, data, part.place.len());
        errors::refer(&mut errors, &self.caller.trace);
        (projected.json, errors)
    }

    /// What all records of this request say.
    fn draft(&self, decision: Decision) -> Draft {
        let operation = self.plan.operation.name.as_ref();
        Draft::of(self.caller, self.document, operation, decision)
    }

    /// Records what the caller was refused. It shows nothing, so nobody waits for it.
    pub(super) fn note_refusals(
        &self,
        arena: &Arena<'_>,
        part: Part<'_>,
        cut: &[Arc<str>],
        errors: &[GraphQlError],
    ) {
        let Some(log) = self.log else { return };
        let (plan, schema) = (self.plan, &self.supergraph.schema);
        let base = self.draft(Decision::Refused);
        let drafts = disclose::refusals(arena, part, plan, schema, cut, errors, &base);
        if !drafts.is_empty() {
            log.note(drafts);
        }
    }

    /// Makes it durable whom the answer tells about; false when that cannot be done.
    async fn recorded(&self, arena: &Arena<'_>, disclosed: &[project::Disclosed]) -> bool {
        let base = self.draft(Decision::Disclosed);
        let drafts = disclose::records(arena, &self.plan.projection.marks, disclosed, &base);
        // What could tell of somebody and says that it does not.
        if drafts.is_empty() {
            return true;
        }
        let Some(log) = self.log else { return false };
        let span = tracing::info_span!("access_log.write", records = drafts.len());
        log.write(drafts, self.deadline)
            .instrument(span)
            .await
            .is_ok()
    }

    /// The answers of the introspection fields, as JSON.
    pub(super) fn introspect(&self, errors: &mut Vec<GraphQlError>) -> Vec<Vec<u8>> {
        if self.plan.introspection.is_empty() {
            return Vec::new();
        }
        let variables = &self.plan.operation.variables;
        let given = variables
            .iter()
            .enumerate()
            .filter_map(|(at, v)| Some((v.name.to_string(), self.variables.get(at)?.clone())))
            .collect();
        let api = &self.supergraph.api;
        let asked = api.introspection(&given);
        let answer = |field: &Field| {
            if api.introspection_is_too_deep(field) {
                return Err(ErrorCode::TooDeep);
            }
            asked.answer(field).ok_or(ErrorCode::TooManyFields)
        };
        let mut answers = Vec::new();
        for field in &self.plan.introspection {
            answers.push(answer(field).unwrap_or_else(|code| {
                let key = field.alias.as_ref().unwrap_or(&field.name);
                let path = vec![PathSegment::Key(key.as_str().into())];
                errors.push(GraphQlError::new(code).at(path));
                b"null".to_vec()
            }));
        }
        answers
    }
}

/// Appends `,"errors":[…]`, or nothing.
pub(super) fn write_errors(out: &mut Vec<u8>, errors: &[GraphQlError]) {
    for (at, error) in errors.iter().enumerate() {
        out.extend_from_slice(if at == 0 { b",\"errors\":[" } else { b"," });
        error.write_json(out);
    }
    if !errors.is_empty() {
        out.push(b']');
    }
}

/// Errors at values that the client did not ask for: asked for to know whom a field concerns, or by another
/// subgraph. What the client sees may be null because of one; then it is told at the object it belongs to.
/// Otherwise it fails in silence: what lives on it says why, and the record names nobody.
fn show_hidden(errors: &mut Vec<GraphQlError>, operation: &Operation, data: &[u8], depth: usize) {
    let hidden = |error: &GraphQlError| {
        let path = error.path.as_deref()?;
        let shown = disclose::selected(path, operation);
        (shown < path.len()).then_some(shown)
    };
    if errors.iter().all(|error| hidden(error).is_none()) {
        return;
    }
    let data: serde_json::Value = serde_json::from_slice(data).unwrap_or_default();
    let mut shown: Vec<GraphQlError> = Vec::with_capacity(errors.len());
    for mut error in errors.drain(..) {
        if let Some(at) = hidden(&error) {
            if let Some(path) = &mut error.path {
                path.truncate(at);
            }
            let place = error.path.as_deref().unwrap_or_default();
            if !is_null(&data, place.get(depth..).unwrap_or_default()) || shown.contains(&error) {
                continue;
            }
        }
        shown.push(error);
    }
    *errors = shown;
}

/// Whether a place of the data is null, or in something that is.
pub(super) fn is_null(data: &serde_json::Value, place: &[PathSegment]) -> bool {
    let mut at = data;
    for segment in place {
        let inside = match segment {
            _ if at.is_null() => return true,
            PathSegment::Key(key) => at.get(&**key),
            PathSegment::Index(index) => at.get(index),
        };
        match inside {
            Some(inside) => at = inside,
            None => return false,
        }
    }
    at.is_null()
}

/// Whether a known error already says why a value is missing: one at, above or below its place.
fn explained(violation: &GraphQlError, errors: &[GraphQlError]) -> bool {
    let place = violation.path.as_deref().unwrap_or_default();
    errors.iter().any(|error| {
        let other = error.path.as_deref();
        other.is_some_and(|other| is_on_one_line(place, other))
    })
}

/// Whether one of two places lies at or in the other. A list may stand without the number of its item, as the place of
/// a whole fetch has it; it means each then.
fn is_on_one_line(mut one: &[PathSegment], mut other: &[PathSegment]) -> bool {
    use PathSegment::{Index, Key};
    loop {
        match (one, other) {
            ([], _) | (_, []) => return true,
            ([Key(a), rest @ ..], [Key(b), more @ ..]) if a == b => (one, other) = (rest, more),
            ([Index(a), rest @ ..], [Index(b), more @ ..]) if a == b => (one, other) = (rest, more),
            ([Index(_), rest @ ..], [Key(_), ..]) => one = rest,
            ([Key(_), ..], [Index(_), more @ ..]) => other = more,
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_explains_what_is_missing_at_its_own_place_and_in_each_item_of_a_list_without_number()
     {
        let place = |text: &str| -> Vec<PathSegment> {
            let segments = text.split('.').filter(|part| !part.is_empty());
            let segment = |part: &str| match part.parse() {
                Ok(index) => PathSegment::Index(index),
                Err(_) => PathSegment::Key(part.into()),
            };
            segments.map(segment).collect()
        };
        for (one, other, holds) in [
            ("items.1.kind", "items.1.kind", true),
            ("items.1.kind", "items.7.kind", false),
            ("items.1.kind", "items.kind", true),
            ("items.1.kind", "items", true),
            ("items.1", "items.1.kind", true),
            ("items.1.kind", "items.1.name", false),
            ("items.1.kind", "others.1.kind", false),
            ("rows.2.3", "rows.2.4", false),
            ("rows.2.3.a", "rows.a", true),
            ("", "rows", true),
        ] {
            let (one_place, other_place) = (place(one), place(other));
            assert_eq!(
                is_on_one_line(&one_place, &other_place),
                holds,
                "{one} {other}"
            );
            assert_eq!(
                is_on_one_line(&other_place, &one_place),
                holds,
                "{other} {one}"
            );
        }
    }
}
