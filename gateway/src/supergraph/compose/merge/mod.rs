//! Merging: the types of all subgraphs become the types of the supergraph, each coordinate saying
//! which subgraph has what, in the directives of the join specification.

mod cache;
mod enums;
mod fields;
mod inputs;
mod join;
mod marks;
mod type_refs;
mod visibility;

use graphql_tools::static_graphql::schema::{
    Directive, InputObjectType, InterfaceType, ObjectType, ScalarType, TypeDefinition, UnionType,
};

use super::super::sdl;
use super::error::{Errors, sentence};
use super::model::{Kind, TypeDef, is_root};
use super::sources::Sources;

/// Merges all types, sorted by name.
pub(super) fn merge(sources: &Sources<'_>, errors: &mut Errors) -> Vec<TypeDefinition> {
    let usage = enums::Usage::of(sources);
    let mut types = Vec::new();
    for name in sources.type_names() {
        if sdl::BUILT_IN_SCALARS.contains(&name) {
            continue;
        }
        let found = sources.home_first(name);
        let Some(kind) = sources.kind(name) else {
            continue;
        };
        if !kinds_agree(sources, name, kind, &found, errors) {
            continue;
        }
        let description = description(found.iter().map(|(_, ty)| ty.description.as_ref()));
        let mut directives = join::types(sources, name);
        if kind == Kind::Object || kind == Kind::Interface {
            directives.extend(join::implements(sources, name));
        }
        if kind == Kind::Union {
            directives.extend(join::members(sources, name));
        }
        directives.extend(type_marks(&found));
        let name = name.to_owned();
        types.push(match kind {
            Kind::Scalar => TypeDefinition::Scalar(ScalarType {
                description,
                directives,
                ..ScalarType::new(name)
            }),
            Kind::Object => TypeDefinition::Object(ObjectType {
                description,
                directives,
                implements_interfaces: interfaces(&found),
                fields: fields::merge(sources, &name, errors),
                ..ObjectType::new(name)
            }),
            Kind::Interface => TypeDefinition::Interface(InterfaceType {
                description,
                directives,
                implements_interfaces: interfaces(&found),
                fields: fields::merge(sources, &name, errors),
                ..InterfaceType::new(name)
            }),
            Kind::Union => TypeDefinition::Union(UnionType {
                description,
                directives,
                types: sorted(found.iter().flat_map(|(_, ty)| &ty.members)),
                ..UnionType::new(name)
            }),
            Kind::Enum => TypeDefinition::Enum(enums::merge(
                sources,
                &name,
                description,
                directives,
                usage.of_enum(&name),
                errors,
            )),
            Kind::Input => TypeDefinition::InputObject(InputObjectType {
                description,
                directives,
                fields: inputs::merge(sources, &name, errors),
                ..InputObjectType::new(name)
            }),
        });
    }
    types
}

/// The marks of a type: a cache mark where somebody made one, and everything else.
fn type_marks(found: &[(usize, &TypeDef)]) -> Vec<Directive> {
    let all: Vec<&[Directive]> = found
        .iter()
        .map(|(_, ty)| ty.directives.as_slice())
        .collect();
    let mut merged = marks::merge(&all);
    merged.extend(cache::of_type(found).map(marks::CacheMark::directive));
    merged
}

/// The first description there is.
fn description<'a>(mut all: impl Iterator<Item = Option<&'a String>>) -> Option<String> {
    all.find_map(|text| text.filter(|t| !t.trim().is_empty()))
        .cloned()
}

fn sorted<'a>(names: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut names: Vec<String> = names.cloned().collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn interfaces(found: &[(usize, &TypeDef)]) -> Vec<String> {
    sorted(found.iter().flat_map(|(_, ty)| &ty.implements))
}

fn kinds_agree(
    sources: &Sources<'_>,
    name: &str,
    kind: Kind,
    found: &[(usize, &TypeDef)],
    errors: &mut Errors,
) -> bool {
    let stands_for = |ty: &TypeDef| ty.interface_object && kind == Kind::Interface;
    if found
        .iter()
        .any(|(_, ty)| ty.kind != kind && !stands_for(ty))
    {
        let said: Vec<String> = found
            .iter()
            .map(|(graph, ty)| format!("{} in {}", ty.kind.noun(), sources.name(*graph)))
            .collect();
        let words = format!(
            "{name} is {}; it must be the same kind everywhere.",
            sentence(&said)
        );
        errors.between("TYPE_KIND_MISMATCH", name, words);
        return false;
    }
    if kind == Kind::Object && found.iter().any(|(_, ty)| ty.interface_object) {
        let words =
            format!("{name} is an @interfaceObject, but no subgraph defines it as an interface.");
        errors.between("INTERFACE_OBJECT_USAGE_ERROR", name, words);
        return false;
    }
    if is_root(name) && kind != Kind::Object {
        errors.between(
            "TYPE_KIND_MISMATCH",
            name,
            format!("{name} must be an object type."),
        );
        return false;
    }
    true
}

/// What can only be seen when everything is merged: there is something to ask, interfaces are
/// implemented, what is visible does not lead to what is hidden, named types exist.
pub(super) fn check(sources: &Sources<'_>, types: &[TypeDefinition], errors: &mut Errors) {
    if !types.iter().any(|ty| sdl::name_of(ty) == "Query") {
        errors.between("NO_QUERIES", "Query", "No subgraph has a query.");
    }
    fields::implementations(sources, types, errors);
    visibility::check(types, errors);
    let names: std::collections::HashSet<&str> = types.iter().map(sdl::name_of).collect();
    for ty in types {
        let TypeDefinition::Object(object) = ty else {
            continue;
        };
        for field in &object.fields {
            let Some(stale) = sdl::directive(&field.directives, "cacheInvalidate") else {
                continue;
            };
            for name in sdl::strings_argument(stale, "types") {
                if !names.contains(name) {
                    let at = format!("{}.{}", object.name, field.name);
                    let words = format!(
                        "@cacheInvalidate on {at} names the type {name}, which no subgraph defines."
                    );
                    errors.between("CACHE_INVALIDATE_UNKNOWN_TYPE", at, words);
                }
            }
        }
    }
}
