//! The labels of `@defer`: by them a client knows the parts of its answer, so each is written out and no two
//! of a document are the same.

use std::collections::HashSet;

use graphql_tools::parser::Pos;
use graphql_tools::static_graphql::query::{
    Definition, Directive, Document, Selection, SelectionSet, Value,
};

use super::count::selection_set;
use super::validate::failed;
use super::variables::line;
use crate::error::GraphQlError;

/// One error for each label that is no text or is there already.
pub(super) fn wrong(document: &Document) -> Vec<GraphQlError> {
    let mut known: HashSet<&str> = HashSet::new();
    let mut errors = Vec::new();
    let mut pending: Vec<&SelectionSet> = document
        .definitions
        .iter()
        .map(|definition| match definition {
            Definition::Operation(operation) => selection_set(operation),
            Definition::Fragment(fragment) => &fragment.selection_set,
        })
        .collect();
    while let Some(set) = pending.pop() {
        for selection in &set.items {
            let (directives, position) = match selection {
                Selection::Field(field) => {
                    pending.push(&field.selection_set);
                    continue;
                }
                Selection::InlineFragment(fragment) => {
                    pending.push(&fragment.selection_set);
                    (&fragment.directives, fragment.position)
                }
                Selection::FragmentSpread(spread) => (&spread.directives, spread.position),
            };
            if let Some(why) = misfit(directives, &mut known) {
                errors.push(at(failed(why.to_owned()), position));
            }
        }
    }
    errors
}

fn misfit<'a>(directives: &'a [Directive], known: &mut HashSet<&'a str>) -> Option<&'static str> {
    let directive = directives.iter().find(|one| one.name == "defer")?;
    let (_, label) = directive
        .arguments
        .iter()
        .find(|(name, _)| name == "label")?;
    match label {
        Value::Null => None,
        Value::String(label) if known.insert(label) => None,
        Value::String(_) => Some("Two fragments are deferred under the same label."),
        _ => Some("The label of a deferred fragment must be a text written in the document."),
    }
}

fn at(error: GraphQlError, position: Pos) -> GraphQlError {
    error.located(line(position.line), line(position.column))
}
