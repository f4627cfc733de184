//! An answer in parts: first what is not deferred, then each deferred fragment as soon as its fetches have
//! ended, in the words that clients speak under `deferSpec=20220824`.
//!
//! Fetches that the first answer does not need start when it has been handed over. What was told stays
//! known, so that nothing is told about an object that the client did not get, and an error is told with
//! the part that has its place. Each part is written as a whole answer is: refused fields are null with
//! their error, personal data is recorded before it is handed over or withheld.

use bytes::Bytes;
use serde_json::Value;
use tokio::sync::mpsc::Sender;

use super::arena::{Arena, Node, Object};
use super::blame::Blame;
use super::disclose;
use super::finish::{Part, is_null, write_errors};
use super::represent::walk_with_paths;
use super::{Execution, Fetcher, Schedule, Watch};
use crate::error::{GraphQlError, PathSegment, write_json_path, write_json_string};
use crate::operation::Operation;
use crate::plan::Deferred;

/// The refusals that are told with each part.
#[derive(Debug, Default)]
pub struct Refusals {
    /// With the first.
    pub first: Vec<GraphQlError>,
    /// With each deferred fragment, in the order of the plan.
    pub later: Vec<Vec<GraphQlError>>,
}

impl<F: Fetcher> Execution<'_, F> {
    /// Runs the plan and hands over the parts, each a JSON object; the last one says that no more follows.
    /// Ends early when nobody takes them.
    pub async fn run_in_parts(&self, refusals: Refusals, parts: &Sender<Bytes>) {
        let plan = self.plan;
        let mut arena = Arena::new(&plan.sizes);
        let root = arena.object(plan.root);
        let (mut blame, mut errors) = (Blame::default(), Vec::new());
        let mut schedule = Schedule::of(plan);
        let first = Some(plan.first.as_slice());
        self.fetch_all(
            &mut arena,
            root,
            &mut errors,
            &mut blame,
            &mut schedule,
            first,
            &mut (),
        )
        .await;
        let mut teller = Teller {
            execution: self,
            parts,
            told: Value::Null,
            waiting: (0..plan.deferred.len()).collect(),
            refusals: refusals.later,
            gone: false,
        };
        teller
            .first(&arena, root, refusals.first, &mut errors, &mut blame)
            .await;
        if teller.gone {
            return;
        }
        teller
            .fetched(&arena, root, &schedule, &mut errors, &mut blame)
            .await;
        if !teller.waiting.is_empty() {
            self.fetch_all(
                &mut arena,
                root,
                &mut errors,
                &mut blame,
                &mut schedule,
                None,
                &mut teller,
            )
            .await;
            // What had nothing to fetch ended without a sign.
            teller
                .fetched(&arena, root, &schedule, &mut errors, &mut blame)
                .await;
        }
    }
}

/// Tells part after part.
struct Teller<'a, F> {
    execution: &'a Execution<'a, F>,
    parts: &'a Sender<Bytes>,
    /// All data that was told so far.
    told: Value,
    /// Deferred fragments that were not told yet, in order.
    waiting: Vec<usize>,
    refusals: Vec<Vec<GraphQlError>>,
    /// Nobody takes the parts.
    gone: bool,
}

impl<F: Fetcher> Watch for Teller<'_, F> {
    async fn fetched(
        &mut self,
        arena: &Arena<'_>,
        root: Object,
        schedule: &Schedule,
        errors: &mut Vec<GraphQlError>,
        blame: &mut Blame,
    ) {
        let deferred = &self.execution.plan.deferred;
        loop {
            let ready = self.waiting.iter().position(|at| {
                let part = &deferred[*at];
                part.fetches.iter().all(|id| schedule.done[*id])
                    && part
                        .inside
                        .is_none_or(|around| !self.waiting.contains(&around))
            });
            let Some(ready) = ready.filter(|_| !self.gone) else {
                return;
            };
            let at = self.waiting.remove(ready);
            self.later(arena, root, at, errors, blame).await;
        }
    }
}

impl<F: Fetcher> Teller<'_, F> {
    async fn hand_over(&mut self, part: Vec<u8>) {
        self.gone |= self.parts.send(part.into()).await.is_err();
    }

    /// What is not deferred.
    async fn first(
        &mut self,
        arena: &Arena<'_>,
        root: Object,
        refusals: Vec<GraphQlError>,
        errors: &mut Vec<GraphQlError>,
        blame: &mut Blame,
    ) {
        let part = Part {
            program: self.execution.plan.projection.root,
            object: root,
            place: &[],
            steps: &[],
            introspection: &[],
        };
        let written = self
            .execution
            .write(arena, part, blame, None, refusals, false);
        let (data, mut told) = written.await;
        self.told = serde_json::from_slice(&data).unwrap_or_default();
        let operation = &self.execution.plan.operation;
        let shown: Vec<_> = errors
            .extract_if(.., |error| is_shown(&self.told, error, 0, operation))
            .collect();
        self.execution.note_refusals(arena, part, &[], &shown);
        told.extend(shown);
        let mut out = b"{\"data\":".to_vec();
        out.extend_from_slice(&data);
        write_errors(&mut out, &told);
        out.extend_from_slice(b",\"hasNext\":true}");
        self.hand_over(out).await;
    }

    /// A deferred fragment, at every object it belongs to.
    async fn later(
        &mut self,
        arena: &Arena<'_>,
        root: Object,
        at: usize,
        errors: &mut Vec<GraphQlError>,
        blame: &mut Blame,
    ) {
        let execution = self.execution;
        let deferred = &execution.plan.deferred[at];
        let mut refusals = self
            .refusals
            .get_mut(at)
            .map(std::mem::take)
            .unwrap_or_default();
        let objects = self.objects(arena, root, deferred);
        let mut out = b"{\"incremental\":[".to_vec();
        let count = objects.len();
        for (number, (object, place)) in objects.into_iter().enumerate() {
            let part = Part {
                program: deferred.program,
                object,
                place: &place,
                steps: &deferred.path,
                introspection: &[],
            };
            let last = self.waiting.is_empty() && number + 1 == count;
            let refused = std::mem::take(&mut refusals);
            let written = execution.write(arena, part, blame, None, refused, last);
            let (data, mut told) = written.await;
            let value: Value = serde_json::from_slice(&data).unwrap_or_default();
            let shown: Vec<_> = errors
                .extract_if(.., |error| {
                    let path = error.path.as_deref().unwrap_or_default();
                    path.starts_with(&place)
                        && is_shown(&value, error, place.len(), &execution.plan.operation)
                })
                .collect();
            execution.note_refusals(arena, part, &[], &shown);
            told.extend(shown);
            if number > 0 {
                out.push(b',');
            }
            out.extend_from_slice(b"{\"data\":");
            out.extend_from_slice(&data);
            out.extend_from_slice(b",\"path\":");
            write_json_path(&mut out, &place);
            if let Some(label) = &deferred.label {
                out.extend_from_slice(b",\"label\":");
                write_json_string(&mut out, label);
            }
            write_errors(&mut out, &told);
            out.push(b'}');
            if let Some(known) = at_place(&mut self.told, &place) {
                unite(known, value);
            }
        }
        out.extend_from_slice(match self.waiting.is_empty() {
            true => b"],\"hasNext\":false}",
            false => b"],\"hasNext\":true}",
        });
        if count > 0 {
            self.hand_over(out).await;
        } else if self.waiting.is_empty() {
            self.hand_over(b"{\"hasNext\":false}".to_vec()).await;
        }
    }

    /// The objects of a deferred fragment that the client knows of.
    fn objects(
        &mut self,
        arena: &Arena<'_>,
        root: Object,
        deferred: &Deferred,
    ) -> Vec<(Object, Vec<PathSegment>)> {
        let mut all = Vec::new();
        let (node, told) = (Node::Object(root), &mut self.told);
        walk_with_paths(
            arena,
            node,
            &deferred.path,
            &mut Vec::new(),
            &mut |object, place| {
                if at_place(told, place).is_some_and(|value| value.is_object()) {
                    all.push((object, place.to_vec()));
                }
            },
        );
        all
    }
}

fn at_place<'v>(value: &'v mut Value, place: &[PathSegment]) -> Option<&'v mut Value> {
    place.iter().try_fold(value, |at, segment| match segment {
        PathSegment::Key(key) => at.get_mut(&**key),
        PathSegment::Index(index) => at.get_mut(index),
    })
}

/// Whether the place of an error, from this step on, is in the data: a value, or below a null. One at a value
/// that the client did not ask for is moved to the object it belongs to, and shown if that is null.
fn is_shown(data: &Value, error: &mut GraphQlError, from: usize, operation: &Operation) -> bool {
    if let Some(path) = &mut error.path {
        let selected = disclose::selected(path, operation);
        if selected < path.len() {
            let place = path.get(from..selected).unwrap_or_default();
            let null = is_null(data, place);
            if null {
                path.truncate(selected);
            }
            return null;
        }
    }
    let mut at = data;
    for segment in error.path.iter().flatten().skip(from) {
        if at.is_null() {
            return true;
        }
        let inside = match segment {
            PathSegment::Key(key) => at.get(&**key),
            PathSegment::Index(index) => at.get(index),
        };
        match inside {
            Some(inside) => at = inside,
            // An error of a whole fetch leads through lists without a step.
            None => return at.is_array(),
        }
    }
    true
}

/// Adds what is told of an object to what was told of it.
fn unite(known: &mut Value, more: Value) {
    match (known, more) {
        (Value::Object(known), Value::Object(more)) => {
            for (key, value) in more {
                match known.get_mut(&key) {
                    Some(old) => unite(old, value),
                    None => drop(known.insert(key, value)),
                }
            }
        }
        (Value::Array(known), Value::Array(more)) => {
            for (old, value) in known.iter_mut().zip(more) {
                unite(old, value);
            }
        }
        _ => {}
    }
}
