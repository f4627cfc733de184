//! Adding up what each coordinate demands.
//!
//! A field's demand is its own, AND its return type's, AND what it reads by `@requires`
//! (transitively, or a caller could learn a refused value through a field computed from it), AND on
//! an interface its counterparts' on every implementing object (or a caller could go around a
//! demand by asking the interface), AND on an object its counterparts' on the interfaces (or a caller
//! could go around those by naming the object), AND on a root type what that type demands. An abstract
//! type takes the demands of its members, since its value is one of them and to learn that one is there
//! is to learn something. Everything only grows and is bounded by the demands written in the schema, so
//! that repeating until nothing changes ends.
//!
//! A selection can be less strict than its interface field: where type conditions leave only some
//! members reachable, only those count ([`SchemaIndex::demand_within`]).

use graphql_tools::parser::query::{Selection, TypeCondition};
use graphql_tools::static_graphql::query::SelectionSet;
use graphql_tools::static_graphql::schema::{Field, TypeDefinition};

use super::super::compose::field_set;
use super::super::{LoadError, sdl};
use super::{Demand, SchemaIndex, TypeId, TypeKind};

/// A field by the positions of its type and of itself in the type.
type Coordinate = (usize, usize);

pub(super) fn add_up(
    index: &mut SchemaIndex,
    definitions: &[&TypeDefinition],
) -> Result<(), LoadError> {
    interfaces_to_objects(index);
    members_to_abstract_types(index);
    let reads = reads(index, definitions)?;
    let roots = [Some(index.query), index.mutation, index.subscription];
    for position in 0..index.types.len() {
        let root = roots.contains(&Some(index.types[position].id));
        let parent = index.types[position].demand.clone();
        for field in 0..index.types[position].fields.len() {
            let returned = index.types[position].fields[field].ty.base();
            let demand = index.types[returned.index()].demand.clone();
            let own = &mut index.types[position].fields[field].demand;
            *own = own.and(&demand);
            if root {
                // No field leads to a root type, so its demand would be asked of nobody.
                *own = own.and(&parent);
            }
        }
    }
    loop {
        let mut changed = false;
        for (reader, read) in &reads {
            let inherited = index.types[read.0].fields[read.1].demand.clone();
            let demand = &mut index.types[reader.0].fields[reader.1].demand;
            let joined = demand.and(&inherited);
            if joined != *demand {
                *demand = joined;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    input_demands(index);
    Ok(())
}

/// Objects take what the interfaces they implement demand of the type and of each field: what was
/// protected there is protected whichever way leads to it.
fn interfaces_to_objects(index: &mut SchemaIndex) {
    for position in 0..index.types.len() {
        if index.types[position].kind != TypeKind::Object {
            continue;
        }
        for interface in index.types[position].interfaces.clone() {
            let from = &index.types[interface.index()];
            let demand = from.demand.clone();
            let fields: Vec<(std::sync::Arc<str>, Demand)> = from
                .fields
                .values()
                .filter(|field| !field.demand.is_none())
                .map(|field| (field.name.clone(), field.demand.clone()))
                .collect();
            let to = &mut index.types[position];
            to.demand = to.demand.and(&demand);
            for (name, demand) in fields {
                if let Some(field) = to.fields.get_mut(&name) {
                    field.demand = field.demand.and(&demand);
                }
            }
        }
    }
}

/// Interfaces and unions take the demands of the objects they may be.
fn members_to_abstract_types(index: &mut SchemaIndex) {
    let joined: Vec<Demand> = index
        .types
        .iter()
        .map(|info| {
            if !info.kind.is_abstract() {
                return info.demand.clone();
            }
            info.possible_types
                .iter()
                .fold(info.demand.clone(), |all, id| {
                    all.and(&index.types[id.index()].demand)
                })
        })
        .collect();
    for (info, demand) in index.types.iter_mut().zip(joined) {
        info.demand = demand;
    }
}

/// An argument demands what its input object demands as a whole. What the fields of the input
/// object demand is judged by what a caller actually passes, so it is not added up here.
fn input_demands(index: &mut SchemaIndex) {
    let of_type: Vec<Demand> = index
        .types
        .iter()
        .map(|info| match info.kind {
            TypeKind::InputObject => info.demand.clone(),
            _ => Demand::default(),
        })
        .collect();
    for info in &mut index.types {
        let arguments = info
            .fields
            .values_mut()
            .flat_map(|field| field.args.values_mut());
        for input in arguments.chain(info.input_fields.values_mut()) {
            input.demand = input.demand.and(&of_type[input.ty.base().index()]);
        }
    }
}

/// Every pair of a field and a field whose demand it inherits.
fn reads(
    index: &SchemaIndex,
    definitions: &[&TypeDefinition],
) -> Result<Vec<(Coordinate, Coordinate)>, LoadError> {
    let mut found = Vec::new();
    for (position, definition) in definitions.iter().enumerate() {
        let fields: &[Field] = match definition {
            TypeDefinition::Object(t) => &t.fields,
            TypeDefinition::Interface(t) => &t.fields,
            _ => continue,
        };
        let info = &index.types[position];
        for (number, field) in fields.iter().enumerate() {
            let reader = (position, number);
            if info.kind == TypeKind::Interface {
                for member in &info.possible_types {
                    let member = member.index();
                    if let Some(counterpart) =
                        index.types[member].fields.get_index_of(field.name.as_str())
                    {
                        found.push((reader, (member, counterpart)));
                    }
                }
            }
            for join in field.directives.iter().filter(|d| d.name == "join__field") {
                let Some(requires) = sdl::string_argument(join, "requires") else {
                    continue;
                };
                let wrong = |reason: String| LoadError::Directive {
                    coordinate: format!("{}.{}", info.name, field.name),
                    reason,
                };
                let set = field_set::parse(requires).map_err(wrong)?;
                let mut read = Vec::new();
                collect(index, info.id, &set, &mut read).map_err(wrong)?;
                found.extend(read.into_iter().map(|read| (reader, read)));
            }
        }
    }
    Ok(found)
}

fn collect(
    index: &SchemaIndex,
    parent: TypeId,
    set: &SelectionSet,
    read: &mut Vec<Coordinate>,
) -> Result<(), String> {
    let info = index.type_info(parent);
    for item in &set.items {
        match item {
            Selection::Field(field) if field.name == "__typename" => {}
            Selection::Field(field) => {
                let Some((number, _, found)) = info.fields.get_full(field.name.as_str()) else {
                    return Err(format!(
                        "its @requires names {}.{}, which does not exist.",
                        info.name, field.name
                    ));
                };
                read.push((parent.index(), number));
                collect(index, found.ty.base(), &field.selection_set, read)?;
            }
            Selection::InlineFragment(fragment) => {
                let on = match &fragment.type_condition {
                    None => parent,
                    Some(TypeCondition::On(name)) => index.ty(name).ok_or_else(|| {
                        format!("its @requires names the type {name}, which does not exist.")
                    })?,
                };
                collect(index, on, &fragment.selection_set, read)?;
            }
            Selection::FragmentSpread(_) => {
                return Err("its @requires holds a fragment spread.".to_owned());
            }
        }
    }
    Ok(())
}
