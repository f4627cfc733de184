//! Merging the fields of objects and interfaces, with the `@join__field`s that say who resolves
//! them. The shape is that of Apollo's composer, on which planners rely: a field that all subgraphs
//! of its type give alike carries no `@join__field`; a field that reaches an object through an
//! interface object carries an empty one.

use std::collections::HashSet;

use graphql_tools::static_graphql::schema::{Directive, Field, Type};

use super::super::super::print;
use super::super::error::{Errors, sentence};
use super::super::field_set;
use super::super::model::{Kind, is_root};
use super::super::sources::{Overridden, Source, Sources};
use super::join::Join;
use super::{cache, description, inputs, marks, type_refs};

/// Merges the fields of a type, those of its home first.
pub(super) fn merge(sources: &Sources<'_>, ty: &str, errors: &mut Errors) -> Vec<Field> {
    let mut merged = Vec::new();
    let mut seen = HashSet::new();
    let home_first = sources.home_first(ty);
    for name in home_first.iter().flat_map(|(_, ty)| ty.fields.keys()) {
        if seen.insert(name.as_str()) {
            merged.extend(merge_field(sources, ty, name, errors));
        }
    }
    if sources.kind(ty) == Some(Kind::Object) {
        for (interface, name) in through_interface_objects(sources, ty) {
            if seen.insert(name)
                && let Some(mut field) =
                    merge_field(sources, interface, name, &mut Errors::default())
            {
                field.directives.retain(|d| d.name != "join__field");
                field.directives.insert(0, Join::new("join__field").done());
                merged.push(field);
            }
        }
    }
    merged
}

/// Fields that interface objects add to everything that implements the interface.
fn through_interface_objects<'a>(sources: &Sources<'a>, object: &str) -> Vec<(&'a str, &'a str)> {
    let mut found = Vec::new();
    for (_, ty) in sources.of_type(object) {
        for interface in &ty.implements {
            for (_, stand_in) in sources
                .of_type(interface)
                .into_iter()
                .filter(|(_, t)| t.interface_object)
            {
                let fields = stand_in.fields.values().filter(|f| !f.external);
                found.extend(fields.map(|f| (stand_in.name.as_str(), f.name.as_str())));
            }
        }
    }
    found
}

fn merge_field(sources: &Sources<'_>, ty: &str, name: &str, errors: &mut Errors) -> Option<Field> {
    let at = format!("{ty}.{name}");
    let all = sources.of_field(ty, name);
    let order: Vec<usize> = sources
        .home_first(ty)
        .iter()
        .map(|(graph, _)| *graph)
        .collect();
    let mut contributing: Vec<Source<'_>> = all
        .iter()
        .filter(|s| !s.field.external && s.overridden != Some(Overridden::Unused))
        .copied()
        .collect();
    contributing.sort_by_key(|s| order.iter().position(|graph| *graph == s.graph));
    if contributing.is_empty() {
        let said: Vec<&str> = all.iter().map(|s| sources.name(s.graph)).collect();
        let words = format!(
            "{at} is @external in {} but no subgraph resolves it.",
            sentence(&said)
        );
        errors.between("EXTERNAL_MISSING_ON_BASE", at, words);
        return None;
    }
    shareable(sources, ty, &at, &all, errors);

    let types: Vec<&Type> = contributing.iter().map(|s| &s.field.ty).collect();
    let Some(field_type) = type_refs::outgoing(sources, &types) else {
        let said: Vec<String> = contributing
            .iter()
            .map(|s| {
                format!(
                    "{} in {}",
                    print::type_ref(&s.field.ty),
                    sources.name(s.graph)
                )
            })
            .collect();
        let words = format!("{at} has incompatible types: {}.", sentence(&said));
        errors.between("FIELD_TYPE_MISMATCH", at, words);
        return None;
    };
    externals(sources, &at, &field_type, &all, errors);

    let types_equal = types.iter().all(|ty| *ty == &field_type);
    let mut directives = join_fields(sources, ty, &all, types_equal);
    let marked: Vec<&[Directive]> = contributing
        .iter()
        .map(|s| s.field.directives.as_slice())
        .collect();
    directives.extend(marks::merge_with_demands(&marked, &demanding(&all)));
    directives.extend(cache::of_field(sources, ty, &contributing).map(marks::CacheMark::directive));
    Some(Field {
        position: Default::default(),
        description: description(contributing.iter().map(|s| s.field.description.as_ref())),
        name: name.to_owned(),
        arguments: inputs::arguments(sources, &at, &contributing, errors),
        field_type,
        directives,
    })
}

/// The directives whose demands count: those of every subgraph that declares the field, also where it
/// is external or was overridden, so that no move between subgraphs ever opens a field.
fn demanding<'a>(all: &[Source<'a>]) -> Vec<&'a [Directive]> {
    all.iter().map(|s| s.field.directives.as_slice()).collect()
}

/// A field that several subgraphs resolve must be marked as such in each; keys are so by nature.
fn shareable(sources: &Sources<'_>, ty: &str, at: &str, all: &[Source<'_>], errors: &mut Errors) {
    let is_interface = sources.kind(ty) == Some(Kind::Interface);
    let objects_only = |s: &&Source<'_>| {
        // Fields of an interface are never resolved themselves, only those of its stand-ins are.
        !is_interface
            || sources.subgraphs[s.graph]
                .types
                .get(ty)
                .is_some_and(|t| t.interface_object)
    };
    let resolving: Vec<&Source<'_>> = all
        .iter()
        .filter(|s| s.resolves() && s.overridden.is_none())
        .filter(objects_only)
        .collect();
    if resolving.len() < 2 {
        return;
    }
    let name = |s: &&&Source<'_>| sources.name(s.graph);
    let unmarked: Vec<&str> = resolving
        .iter()
        .filter(|s| {
            !s.field.shareable && !sources.subgraphs[s.graph].is_key_field(ty, &s.field.name)
        })
        .map(|s| name(&s))
        .collect();
    if !unmarked.is_empty() {
        let everyone: Vec<&str> = resolving.iter().map(|s| name(&s)).collect();
        let words = format!(
            "{at} is resolved by {} and must be @shareable in each; it is not in {}.",
            sentence(&everyone),
            sentence(&unmarked)
        );
        errors.between("INVALID_FIELD_SHARING", at, words);
    }
    if ty == "Subscription" {
        let words =
            format!("{at} is resolved by several subgraphs; a subscription has one source.");
        errors.between("INVALID_FIELD_SHARING", at, words);
    }
}

/// An external declaration must agree with what is really resolved.
fn externals(sources: &Sources<'_>, at: &str, ty: &Type, all: &[Source<'_>], errors: &mut Errors) {
    for source in all.iter().filter(|s| s.field.external) {
        let fits = type_refs::is_subtype(sources, ty, &source.field.ty)
            || type_refs::is_subtype(sources, &source.field.ty, ty);
        if !fits {
            let words = format!(
                "{at} is declared @external as {} in {}, but it is {}.",
                print::type_ref(&source.field.ty),
                sources.name(source.graph),
                print::type_ref(ty)
            );
            errors.in_subgraph(
                sources.name(source.graph),
                "EXTERNAL_TYPE_MISMATCH",
                at,
                words,
            );
        }
    }
}

/// The `@join__field`s, none when they would say nothing.
fn join_fields(
    sources: &Sources<'_>,
    ty: &str,
    all: &[Source<'_>],
    types_equal: bool,
) -> Vec<Directive> {
    let name = all
        .first()
        .map(|s| s.field.name.as_str())
        .unwrap_or_default();
    let label = sources.label(ty, name);
    let special = |s: &Source<'_>| {
        s.field.external
            || s.field.requires.is_some()
            || s.field.provides.is_some()
            || s.overridden.is_some()
    };
    // Every subgraph has the query type, declared or not.
    let having_type = match ty {
        "Query" => sources.subgraphs.len(),
        _ => sources.of_type(ty).len(),
    };
    let missing_somewhere = all.len() < having_type;
    if types_equal && !missing_somewhere && label.is_none() && !all.iter().any(special) {
        return Vec::new();
    }
    all.iter()
        .filter(|s| s.overridden != Some(Overridden::Unused))
        .map(|s| {
            let part_of_override =
                s.overridden == Some(Overridden::Progressive) || s.field.overrides.is_some();
            Join::new("join__field")
                .graph(sources, s.graph)
                .text("requires", s.field.requires.as_ref().map(field_set::print))
                .text("provides", s.field.provides.as_ref().map(field_set::print))
                .text("type", (!types_equal).then(|| print::type_ref(&s.field.ty)))
                .flag("external", s.field.external, false)
                .text(
                    "override",
                    s.field.overrides.as_ref().map(|o| o.from.clone()),
                )
                .flag(
                    "usedOverridden",
                    s.overridden == Some(Overridden::Used),
                    false,
                )
                .text(
                    "overrideLabel",
                    label.filter(|_| part_of_override).map(str::to_owned),
                )
                .done()
        })
        .collect()
}

/// The fields of all merged interfaces are on everything that implements them.
pub(in super::super) fn implementations(
    sources: &Sources<'_>,
    types: &[graphql_tools::static_graphql::schema::TypeDefinition],
    errors: &mut Errors,
) {
    use graphql_tools::static_graphql::schema::TypeDefinition;
    for ty in types {
        let TypeDefinition::Object(object) = ty else {
            continue;
        };
        for interface in &object.implements_interfaces {
            let Some(TypeDefinition::Interface(interface)) =
                types.iter().find(|t| super::sdl::name_of(t) == interface)
            else {
                continue;
            };
            for field in &interface.fields {
                if !object.fields.iter().any(|f| f.name == field.name) && !is_root(&object.name) {
                    let having: Vec<&str> = sources
                        .of_field(&interface.name, &field.name)
                        .iter()
                        .map(|s| sources.name(s.graph))
                        .collect();
                    let at = format!("{}.{}", object.name, field.name);
                    let words = format!(
                        "{at} is missing: {} implements {}, which has the field in {}.",
                        object.name,
                        interface.name,
                        sentence(&having)
                    );
                    errors.between("INTERFACE_FIELD_NO_IMPLEM", at, words);
                }
            }
        }
    }
}
