//! Merging what comes in: input objects and arguments. A caller may only give what every subgraph
//! understands, so both are the intersection, and what one of them needs all must have.

use std::collections::HashSet;

use graphql_tools::static_graphql::schema::{Directive, InputValue, Type};

use super::super::super::print;
use super::super::error::{Errors, sentence};
use super::super::sources::{Source, Sources};
use super::join::Join;
use super::{description, marks, type_refs};

/// Merges the fields of an input object.
pub(super) fn merge(sources: &Sources<'_>, name: &str, errors: &mut Errors) -> Vec<InputValue> {
    let by_graph = sources.of_type(name);
    let mut merged = Vec::new();
    let mut seen = HashSet::new();
    for field in sources
        .home_first(name)
        .iter()
        .flat_map(|(_, ty)| ty.inputs.keys())
    {
        if !seen.insert(field.as_str()) {
            continue;
        }
        let at = format!("{name}.{field}");
        let having: Vec<(usize, &InputValue)> = by_graph
            .iter()
            .filter_map(|(graph, ty)| ty.inputs.get(field).map(|input| (*graph, input)))
            .collect();
        let lacking: Vec<&str> = by_graph
            .iter()
            .filter(|(_, ty)| !ty.inputs.contains_key(field))
            .map(|(graph, _)| sources.name(*graph))
            .collect();
        if !lacking.is_empty() {
            if let Some((graph, _)) = having.iter().find(|(_, v)| is_required(v)) {
                let words = format!(
                    "{at} is required in {} but unknown in {}; add it there or make it optional.",
                    sources.name(*graph),
                    sentence(&lacking)
                );
                errors.between("REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH", at, words);
            }
            continue;
        }
        let Some(mut input) = merge_values(sources, &at, &having, errors) else {
            continue;
        };
        let first = print::type_ref(&having[0].1.value_type);
        if having
            .iter()
            .any(|(_, v)| print::type_ref(&v.value_type) != first)
        {
            let joins = having.iter().map(|(graph, v)| {
                let ty = Some(print::type_ref(&v.value_type));
                Join::new("join__field")
                    .graph(sources, *graph)
                    .text("type", ty)
                    .done()
            });
            input.directives.splice(0..0, joins);
        }
        merged.push(input);
    }
    if merged.is_empty() {
        let words = format!("{name} has no field that all its subgraphs understand.");
        errors.between("EMPTY_MERGED_INPUT_TYPE", name, words);
    }
    merged
}

/// Merges the arguments of a field; the first source's order counts.
pub(super) fn arguments(
    sources: &Sources<'_>,
    field: &str,
    contributing: &[Source<'_>],
    errors: &mut Errors,
) -> Vec<InputValue> {
    let mut merged = Vec::new();
    let mut seen = HashSet::new();
    for argument in contributing.iter().flat_map(|s| &s.field.args) {
        if !seen.insert(argument.name.as_str()) {
            continue;
        }
        let at = format!("{field}({}:)", argument.name);
        let having: Vec<(usize, &InputValue)> = contributing
            .iter()
            .filter_map(|s| {
                s.field
                    .args
                    .iter()
                    .find(|a| a.name == argument.name)
                    .map(|a| (s.graph, a))
            })
            .collect();
        if having.len() < contributing.len() {
            if let Some((graph, _)) = having.iter().find(|(_, v)| is_required(v)) {
                let lacking: Vec<&str> = contributing
                    .iter()
                    .filter(|s| !having.iter().any(|(graph, _)| *graph == s.graph))
                    .map(|s| sources.name(s.graph))
                    .collect();
                let words = format!(
                    "{at} is required in {} but unknown in {}; add it there or make it optional.",
                    sources.name(*graph),
                    sentence(&lacking)
                );
                errors.between("REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH", at, words);
            }
            continue;
        }
        merged.extend(merge_values(sources, &at, &having, errors));
    }
    merged
}

fn is_required(value: &InputValue) -> bool {
    matches!(value.value_type, Type::NonNullType(_)) && value.default_value.is_none()
}

fn merge_values(
    sources: &Sources<'_>,
    at: &str,
    having: &[(usize, &InputValue)],
    errors: &mut Errors,
) -> Option<InputValue> {
    let types: Vec<&Type> = having.iter().map(|(_, v)| &v.value_type).collect();
    let Some(value_type) = type_refs::incoming(sources, &types) else {
        let said: Vec<String> = having
            .iter()
            .map(|(graph, v)| {
                format!(
                    "{} in {}",
                    print::type_ref(&v.value_type),
                    sources.name(*graph)
                )
            })
            .collect();
        let code = if at.contains('(') {
            "FIELD_ARGUMENT_TYPE_MISMATCH"
        } else {
            "FIELD_TYPE_MISMATCH"
        };
        errors.between(
            code,
            at,
            format!("{at} has incompatible types: {}.", sentence(&said)),
        );
        return None;
    };
    let default = |v: &InputValue| v.default_value.as_ref().map(print::value);
    let first = default(having[0].1);
    if having.iter().any(|(_, v)| default(v) != first) {
        let said: Vec<String> = having
            .iter()
            .map(|(graph, v)| {
                let default = default(v).unwrap_or_else(|| "none".to_owned());
                format!("{default} in {}", sources.name(*graph))
            })
            .collect();
        let code = if at.contains('(') {
            "FIELD_ARGUMENT_DEFAULT_MISMATCH"
        } else {
            "INPUT_FIELD_DEFAULT_MISMATCH"
        };
        errors.between(
            code,
            at,
            format!("{at} has different defaults: {}.", sentence(&said)),
        );
    }
    let all: Vec<&[Directive]> = having
        .iter()
        .map(|(_, v)| v.directives.as_slice())
        .collect();
    Some(InputValue {
        value_type,
        description: description(having.iter().map(|(_, v)| v.description.as_ref())),
        directives: marks::merge(&all),
        ..having[0].1.clone()
    })
}
