//! Merging enums. Where an enum only goes out, clients must be ready for every value any subgraph
//! may give: the union. Where it only comes in, a value must be understood by every subgraph that
//! takes it: the intersection. Where it goes both ways, all must agree.

use std::collections::HashSet;

use graphql_tools::static_graphql::schema::{Directive, EnumType, EnumValue};

use super::super::super::sdl;
use super::super::error::{Errors, sentence};
use super::super::sources::Sources;
use super::join::Join;
use super::{description, marks};

/// Which way values of an enum go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Way {
    incoming: bool,
    outgoing: bool,
}

/// Which types are used for what comes in and what goes out, over all subgraphs.
pub(super) struct Usage<'a> {
    incoming: HashSet<&'a str>,
    outgoing: HashSet<&'a str>,
}

impl<'a> Usage<'a> {
    pub(super) fn of(sources: &Sources<'a>) -> Self {
        let mut usage = Self {
            incoming: HashSet::new(),
            outgoing: HashSet::new(),
        };
        for ty in sources.subgraphs.iter().flat_map(|s| s.types.values()) {
            for field in ty.fields.values() {
                usage.outgoing.insert(sdl::base_name(&field.ty));
                usage
                    .incoming
                    .extend(field.args.iter().map(|a| sdl::base_name(&a.value_type)));
            }
            usage
                .incoming
                .extend(ty.inputs.values().map(|i| sdl::base_name(&i.value_type)));
        }
        usage
    }

    pub(super) fn of_enum(&self, name: &str) -> Way {
        Way {
            incoming: self.incoming.contains(name),
            outgoing: self.outgoing.contains(name),
        }
    }
}

pub(super) fn merge(
    sources: &Sources<'_>,
    name: &str,
    description_of_type: Option<String>,
    directives: Vec<Directive>,
    way: Way,
    errors: &mut Errors,
) -> EnumType {
    let home_first = sources.home_first(name);
    let by_graph = sources.of_type(name);
    let mut merged = EnumType {
        description: description_of_type,
        directives,
        ..EnumType::new(name.to_owned())
    };
    let mut seen = HashSet::new();
    for value in home_first.iter().flat_map(|(_, ty)| &ty.values) {
        if !seen.insert(value.name.as_str()) {
            continue;
        }
        let at = format!("{name}.{}", value.name);
        let having: Vec<(usize, &EnumValue)> = by_graph
            .iter()
            .filter_map(|(graph, ty)| {
                ty.values
                    .iter()
                    .find(|v| v.name == value.name)
                    .map(|v| (*graph, v))
            })
            .collect();
        let everywhere = having.len() == by_graph.len();
        // What clients neither see nor send need not be known everywhere.
        let hidden = having
            .iter()
            .any(|(_, v)| sdl::directive(&v.directives, "inaccessible").is_some());
        if !everywhere && !hidden && way.incoming {
            if way.outgoing {
                let lacking: Vec<&str> = by_graph
                    .iter()
                    .filter(|(graph, _)| !having.iter().any(|(g, _)| g == graph))
                    .map(|(graph, _)| sources.name(*graph))
                    .collect();
                let words = format!(
                    "{name} is both given and taken, so every subgraph needs the same values, but \
                     {} lacks {}.",
                    sentence(&lacking),
                    value.name
                );
                errors.between("ENUM_VALUE_MISMATCH", at, words);
            }
            continue;
        }
        let all: Vec<&[Directive]> = having
            .iter()
            .map(|(_, v)| v.directives.as_slice())
            .collect();
        let mut directives: Vec<Directive> = having
            .iter()
            .map(|(graph, _)| Join::new("join__enumValue").graph(sources, *graph).done())
            .collect();
        directives.extend(marks::merge(&all));
        let words = std::iter::once(value.description.as_ref())
            .chain(having.iter().map(|(_, v)| v.description.as_ref()));
        merged.values.push(EnumValue {
            description: description(words),
            directives,
            ..EnumValue::new(value.name.clone())
        });
    }
    if merged.values.is_empty() {
        let words = format!("{name} has no value that all subgraphs taking it understand.");
        errors.between("EMPTY_MERGED_ENUM_TYPE", name, words);
    }
    merged
}
