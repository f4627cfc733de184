//! Whom an answer tells about: from the personal values that were written to the records they need.
//!
//! A record names fields and persons, each field being true of each person; so persons of whom the same
//! fields were shown share a record, and a list of five hundred usually makes one. Where no field leads to the
//! persons, the subgraph has named them beside its answer, and each such answer has records of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use ahash::HashMap;

use super::answer::Told;
use super::arena::{Arena, Node, Object};
use super::finish::Part;
use super::project::{Disclosed, personal_at};
use crate::error::{ErrorCode, GraphQlError, PathSegment};
use crate::operation::{Operation, SelectionId, What};
use crate::plan::Plan;
use crate::plan::subjects::{Mark, SubjectSlot};
use crate::record::{Class, Decision, Draft};
use crate::supergraph::SchemaIndex;

/// Persons in one record.
const MOST_PERSONS: usize = 1_000;

/// Positions of marks, as bits.
type Marks = Vec<u64>;

/// The records of what was disclosed; `base` is what they all say.
pub(super) fn records(
    arena: &Arena<'_>,
    marks: &[Mark],
    disclosed: &[Disclosed],
    base: &Draft,
) -> Vec<Draft> {
    let words = marks.len().div_ceil(64);
    let mut of_person: HashMap<Vec<u8>, Marks> = HashMap::default();
    let mut of_nobody: Option<Marks> = None;
    let mut ids = Vec::new();
    let mut fields_told: Vec<Arc<str>> = Vec::new();
    for one in disclosed {
        let at = one.mark as usize;
        let Some(mark) = marks.get(at) else { continue };
        if mark.told {
            fields_told.push(mark.coordinate.clone());
            continue;
        }
        ids.clear();
        collect(arena, one.object, &mark.subject, &mut ids);
        // That there is nothing, of nobody that is known, tells nothing of anybody.
        if ids.is_empty() && one.null {
            continue;
        }
        let note = |marks: &mut Marks| marks[at / 64] |= 1 << (at % 64);
        // Shown, but of nobody that the subgraph names: recorded all the same.
        if ids.is_empty() {
            note(of_nobody.get_or_insert_with(|| vec![0; words]));
        }
        for id in &ids {
            match of_person.get_mut(*id) {
                Some(marks) => note(marks),
                None => note(
                    of_person
                        .entry(id.to_vec())
                        .or_insert_with(|| vec![0; words]),
                ),
            }
        }
    }
    let mut groups: BTreeMap<Marks, Vec<Arc<str>>> = BTreeMap::new();
    for (id, marks) in of_person {
        groups.entry(marks).or_default().push(text(&id));
    }
    if let Some(marks) = of_nobody {
        groups.entry(marks).or_default();
    }
    let mut drafts = Vec::new();
    for (bits, mut persons) in groups {
        persons.sort_unstable();
        let shown = |at: usize| bits[at / 64] >> (at % 64) & 1 == 1;
        let shown: Vec<&Mark> = (0..marks.len())
            .filter(|at| shown(*at))
            .map(|at| &marks[at])
            .collect();
        let mut fields: Vec<_> = shown.iter().map(|mark| mark.coordinate.clone()).collect();
        fields.sort_unstable();
        fields.dedup();
        let reveal = shown.iter().any(|mark| mark.reveal);
        let mut parts = persons
            .chunks(MOST_PERSONS)
            .map(<[_]>::to_vec)
            .collect::<Vec<_>>();
        if parts.is_empty() {
            parts.push(Vec::new());
        }
        for persons in parts {
            drafts.push(Draft {
                class: if reveal { Class::Reveal } else { base.class },
                fields: fields.clone(),
                persons,
                ..base.clone()
            });
        }
    }
    fields_told.sort_unstable();
    fields_told.dedup();
    let told = arena.told().iter().filter(|_| !fields_told.is_empty());
    drafts.extend(told.flat_map(|told| records_told(told, &fields_told, base)));
    drafts
}

/// The records of an answer that names persons beside its values; none when it names nobody.
fn records_told(told: &Told, fields: &[Arc<str>], base: &Draft) -> Vec<Draft> {
    let mut persons: Vec<Arc<str>> = told.persons.iter().map(|id| id.as_str().into()).collect();
    persons.sort_unstable();
    persons.dedup();
    let of = |persons: &[Arc<str>]| {
        let draft = Draft {
            fields: fields.to_vec(),
            persons: persons.to_vec(),
            ..base.clone()
        };
        draft.stating(told.purpose.as_deref(), told.case.as_deref())
    };
    persons.chunks(MOST_PERSONS).map(of).collect()
}

/// The records of what was refused: by the gateway before anything was fetched (`cut`), by a subgraph that
/// looked at the row, or by one that was asked for a full value without all that a reading of it needs; then the persons concerned are named, as far as this part of the answer leads to
/// them.
pub(super) fn refusals(
    arena: &Arena<'_>,
    part: Part<'_>,
    plan: &Plan,
    schema: &SchemaIndex,
    cut: &[Arc<str>],
    errors: &[GraphQlError],
    base: &Draft,
) -> Vec<Draft> {
    let mut groups: BTreeMap<Vec<Arc<str>>, Vec<Arc<str>>> = BTreeMap::new();
    if !cut.is_empty() {
        groups.insert(Vec::new(), cut.to_vec());
    }
    for error in errors {
        // What the gateway cut is told without a service.
        if error.service.is_some()
            && let Some(path) = &error.path
            && (error.code == ErrorCode::Forbidden.as_str()
                || is_refusal(error) && reveals(arena, part, plan, path))
            && let Some(field) = coordinate(path, &plan.operation, schema)
        {
            let persons = subjects_at(arena, part, plan, path);
            let fields = groups.entry(persons).or_default();
            if !fields.contains(&field) {
                fields.push(field);
            }
        }
    }
    let of = |(persons, fields)| Draft {
        decision: Decision::Refused,
        fields,
        persons,
        ..base.clone()
    };
    groups.into_iter().map(of).collect()
}

/// Whether an error says that somebody may not, or not so; not that something is broken.
fn is_refusal(error: &GraphQlError) -> bool {
    let mut broken = ErrorCode::ALL
        .iter()
        .filter(|code| code.http_status() >= 500);
    broken.all(|code| code.as_str() != error.code)
}

/// Whether the field at a path shows a full value.
fn reveals(arena: &Arena<'_>, part: Part<'_>, plan: &Plan, path: &[PathSegment]) -> bool {
    let mark = personal_at(plan, arena, part, path)
        .and_then(|at| plan.projection.marks.get(at.mark as usize));
    mark.is_some_and(|mark| mark.reveal)
}

/// The persons whom the personal field at a path concerns.
fn subjects_at(
    arena: &Arena<'_>,
    part: Part<'_>,
    plan: &Plan,
    path: &[PathSegment],
) -> Vec<Arc<str>> {
    let mut ids = Vec::new();
    if let Some(at) = personal_at(plan, arena, part, path)
        && let Some(mark) = plan.projection.marks.get(at.mark as usize)
    {
        collect(arena, at.object, &mark.subject, &mut ids);
    }
    let mut persons: Vec<_> = ids.into_iter().take(MOST_PERSONS).map(text).collect();
    persons.sort_unstable();
    persons
}

/// The coordinate at a path of the answer.
fn coordinate(
    path: &[PathSegment],
    operation: &Operation,
    schema: &SchemaIndex,
) -> Option<Arc<str>> {
    let mut found = None;
    let mut level = operation.top.as_slice();
    for segment in path {
        let PathSegment::Key(key) = segment else {
            continue;
        };
        let mut pending: Vec<SelectionId> = level.iter().rev().copied().collect();
        let selection = loop {
            let selection = &operation.selections[pending.pop()?];
            match &selection.what {
                What::Field(field) if field.key == *key => break selection,
                What::Field(_) => {}
                What::On(_) => pending.extend(selection.children.iter().rev()),
            }
        };
        found = Some(selection);
        level = &selection.children;
    }
    let selection = found?;
    let What::Field(field) = &selection.what else {
        return None;
    };
    let parent = &schema.type_info(selection.parent).name;
    Some(format!("{parent}.{}", field.name).into())
}

/// How much of a path of the answer the client asked for.
pub(super) fn selected(path: &[PathSegment], operation: &Operation) -> usize {
    // One response name may be selected in several places of one level.
    let mut level = operation.top.clone();
    for (at, segment) in path.iter().enumerate() {
        let PathSegment::Key(key) = segment else {
            continue;
        };
        let (mut pending, mut inside, mut known) = (level, Vec::new(), false);
        while let Some(id) = pending.pop() {
            let selection = &operation.selections[id];
            match &selection.what {
                What::Field(field) if field.key == *key => {
                    known = true;
                    inside.extend(&selection.children);
                }
                What::Field(_) => {}
                What::On(_) => pending.extend(&selection.children),
            }
        }
        if !known {
            return at;
        }
        level = inside;
    }
    path.len()
}

/// The ids that a subject leads to, as JSON.
fn collect<'a>(
    arena: &'a Arena<'_>,
    object: Object,
    path: &[SubjectSlot],
    ids: &mut Vec<&'a [u8]>,
) {
    for step in path {
        value(arena, arena.slot(object, step.slot), &step.inside, ids);
    }
}

fn value<'a>(arena: &'a Arena<'_>, node: Node, inside: &[SubjectSlot], ids: &mut Vec<&'a [u8]>) {
    match node {
        Node::List { start, len } => {
            for at in start..start + len {
                value(arena, arena.at(at), inside, ids);
            }
        }
        Node::Object(object) => collect(arena, object, inside, ids),
        Node::Leaf { text, span } if inside.is_empty() => {
            let id = arena.leaf(text, span);
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        _ => {}
    }
}

/// The text of an id: a JSON string, or a number as it stands.
fn text(json: &[u8]) -> Arc<str> {
    match serde_json::from_slice::<String>(json) {
        Ok(text) => text.into(),
        Err(_) => String::from_utf8_lossy(json).into(),
    }
}
