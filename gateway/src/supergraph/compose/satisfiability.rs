//! Whatever a client can ask can be fetched: from every place where a query can stand, every field
//! of the type there is in the subgraph that gave the object, or in one that a chain of keys leads
//! to.
//!
//! The walk keeps, for each type, the *set* of subgraphs the planner could have taken to get there,
//! since it may choose among them; a field must be reachable from at least one. Each such position
//! is visited once, so that the walk ends.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use graphql_tools::parser::query::TypeCondition;
use graphql_tools::static_graphql::query::{Selection, SelectionSet};

use super::super::sdl;
use super::error::{Errors, sentence};
use super::field_set;
use super::model::{Kind, ROOTS, TypeDef, is_root};
use super::sources::Sources;

/// The subgraphs a planner may stand in, each with what the path there provides (`@provides`).
type Standing = BTreeMap<usize, String>;

/// Keys that need keys that need keys …: this deep, no more.
const MAX_KEY_CHAIN: usize = 6;

/// Reports every field that some query could name but no plan could fetch.
pub(super) fn check(sources: &Sources<'_>, errors: &mut Errors) {
    let walk = Walk { sources };
    let mut waiting: VecDeque<(String, Standing, String)> = VecDeque::new();
    let mut visited: BTreeSet<(String, Standing)> = BTreeSet::new();
    let mut reported: BTreeSet<String> = BTreeSet::new();
    for root in ROOTS {
        let standing: Standing = sources
            .of_type(root)
            .iter()
            .map(|(graph, _)| (*graph, String::new()))
            .collect();
        if !standing.is_empty() {
            waiting.push_back((root.to_owned(), standing, root.to_owned()));
        }
    }
    while let Some((ty, standing, path)) = waiting.pop_front() {
        if !visited.insert((ty.clone(), standing.clone())) {
            continue;
        }
        if matches!(sources.kind(&ty), Some(Kind::Interface | Kind::Union)) {
            for (member, standing) in walk.members(&ty, &standing) {
                waiting.push_back((member, standing, path.clone()));
            }
            continue;
        }
        let reachable = walk.reachable(&ty, &standing, 0);
        // A stand-in for an interface does not know which object it stands for.
        let known = |graph: &usize| sources.subgraphs[*graph].types.contains_key(&ty);
        if !reachable.keys().any(known) && reported.insert(format!("{ty}.__typename")) {
            let words = format!(
                "Whether an object at {path} is a {ty} cannot be fetched: no resolvable @key leads \
                 from the interface object to a subgraph that defines {ty}."
            );
            errors.between("SATISFIABILITY_ERROR", format!("{ty}.__typename"), words);
        }
        for field in walk.fields(&ty) {
            let at = format!("{ty}.{field}");
            let next = walk.step(&ty, field, &reachable);
            if next.is_empty() {
                if reported.insert(at.clone()) {
                    report(sources, &at, field, &path, &standing, errors);
                }
                continue;
            }
            if let Some(returned) = walk.composite(&ty, field) {
                waiting.push_back((returned.to_owned(), next, format!("{path}.{field}")));
            }
        }
    }
}

fn report(
    sources: &Sources<'_>,
    at: &str,
    field: &str,
    path: &str,
    standing: &Standing,
    errors: &mut Errors,
) {
    let from: Vec<&str> = standing.keys().map(|graph| sources.name(*graph)).collect();
    let ty = at.strip_suffix(field).unwrap_or(at).trim_end_matches('.');
    let having: Vec<&str> = sources
        .of_field(ty, field)
        .iter()
        .filter(|s| s.resolves())
        .map(|s| sources.name(s.graph))
        .collect();
    let words = format!(
        "{at} cannot be fetched at {path}: {} resolves it, but from {} no @key of {ty} leads there.",
        if having.is_empty() {
            "nothing".to_owned()
        } else {
            sentence(&having)
        },
        sentence(&from)
    );
    errors.between("SATISFIABILITY_ERROR", at, words);
}

struct Walk<'a> {
    sources: &'a Sources<'a>,
}

impl<'a> Walk<'a> {
    /// What stands for an object in a subgraph: the type itself, and interface objects of its
    /// interfaces.
    fn faces(&self, graph: usize, object: &str) -> Vec<&'a TypeDef> {
        let types = &self.sources.subgraphs[graph].types;
        let mut faces: Vec<&TypeDef> = types.get(object).into_iter().collect();
        let interfaces: BTreeSet<&str> = self
            .sources
            .of_type(object)
            .iter()
            .flat_map(|(_, ty)| ty.implements.iter().map(String::as_str))
            .collect();
        let stand_ins = interfaces.into_iter().filter_map(|name| types.get(name));
        faces.extend(stand_ins.filter(|ty| ty.interface_object));
        faces
    }

    /// The visible fields of an object, those through interface objects included.
    fn fields(&self, object: &str) -> BTreeSet<&'a str> {
        let graphs = 0..self.sources.subgraphs.len();
        let faces = graphs.flat_map(|graph| self.faces(graph, object));
        let fields = faces.flat_map(|ty| ty.fields.values());
        let hidden: BTreeSet<&str> = fields
            .clone()
            .filter(|f| sdl::directive(&f.directives, "inaccessible").is_some())
            .map(|f| f.name.as_str())
            .collect();
        fields
            .map(|f| f.name.as_str())
            .filter(|name| !hidden.contains(name))
            .collect()
    }

    /// Whether a subgraph resolves a field of an object, given what the path provides.
    fn resolves(&self, graph: usize, object: &str, field: &str, provided: &str) -> bool {
        self.faces(graph, object).iter().any(|face| {
            let here = self.sources.of_field(&face.name, field);
            here.iter().any(|s| s.graph == graph && s.resolves())
                || (face.fields.contains_key(field)
                    && self.sources.subgraphs[graph].is_key_field(&face.name, field))
        }) || provides(provided, field)
    }

    /// All subgraphs from which fields of the object can be fetched, starting where we stand.
    fn reachable(&self, object: &str, standing: &Standing, chain: usize) -> Standing {
        let mut reachable = standing.clone();
        if object == "Query" {
            return (0..self.sources.subgraphs.len())
                .map(|graph| (graph, standing.get(&graph).cloned().unwrap_or_default()))
                .collect();
        }
        if is_root(object) || chain > MAX_KEY_CHAIN {
            return reachable;
        }
        loop {
            let found = (0..self.sources.subgraphs.len())
                .filter(|graph| !reachable.contains_key(graph))
                .find(|graph| {
                    self.faces(*graph, object)
                        .iter()
                        .flat_map(|face| &face.keys)
                        .any(|key| {
                            key.resolvable && self.obtains(object, &key.set, &reachable, chain + 1)
                        })
                });
            match found {
                Some(graph) => reachable.insert(graph, String::new()),
                None => return reachable,
            };
        }
    }

    /// Whether a whole field set can be fetched from what is reachable.
    fn obtains(&self, ty: &str, set: &SelectionSet, reachable: &Standing, chain: usize) -> bool {
        set.items.iter().all(|item| match item {
            Selection::Field(field) if field.name == "__typename" => true,
            Selection::Field(field) => {
                let next: Standing = reachable
                    .iter()
                    .filter(|(graph, provided)| self.resolves(**graph, ty, &field.name, provided))
                    .map(|(graph, _)| (*graph, String::new()))
                    .collect();
                if next.is_empty() {
                    return false;
                }
                match self.composite(ty, &field.name) {
                    Some(returned) => {
                        let next = self.reachable(returned, &next, chain);
                        self.obtains(returned, &field.selection_set, &next, chain)
                    }
                    None => true,
                }
            }
            Selection::InlineFragment(fragment) => {
                let on = match &fragment.type_condition {
                    Some(TypeCondition::On(name)) => name.as_str(),
                    None => ty,
                };
                let next = self.reachable(on, reachable, chain + 1);
                self.obtains(on, &fragment.selection_set, &next, chain)
            }
            Selection::FragmentSpread(_) => false,
        })
    }

    /// Where we stand after a field: the subgraphs that resolve it and can get what they require.
    fn step(&self, object: &str, field: &str, reachable: &Standing) -> Standing {
        let mut next = Standing::new();
        for (graph, provided) in reachable {
            if !self.resolves(*graph, object, field, provided) {
                continue;
            }
            let definition = self
                .faces(*graph, object)
                .into_iter()
                .find_map(|face| face.fields.get(field));
            let Some(definition) = definition else {
                continue;
            };
            if let Some(requires) = &definition.requires
                && !self.obtains(object, requires, reachable, 0)
            {
                continue;
            }
            let mut carried: Vec<String> = nested(provided, field).into_iter().collect();
            carried.extend(definition.provides.as_ref().map(field_set::print));
            next.insert(*graph, carried.join(" "));
        }
        next
    }

    /// The type a field returns, when it needs a selection.
    fn composite(&self, object: &str, field: &str) -> Option<&'a str> {
        let graphs = 0..self.sources.subgraphs.len();
        let definition = graphs
            .flat_map(|graph| self.faces(graph, object))
            .find_map(|face| face.fields.get(field))
            .or_else(|| {
                // On an interface itself, as key and requires sets may stand on one.
                let of_type = self.sources.of_type(object);
                of_type.into_iter().find_map(|(_, ty)| ty.fields.get(field))
            })?;
        let name = sdl::base_name(&definition.ty);
        let kind = self.sources.kind(name)?;
        matches!(kind, Kind::Object | Kind::Interface | Kind::Union).then_some(name)
    }

    /// The objects that a value of an abstract type may be, and where we stand for each.
    fn members(&self, ty: &str, standing: &Standing) -> BTreeMap<String, Standing> {
        let mut members: BTreeMap<String, Standing> = BTreeMap::new();
        for (graph, provided) in standing {
            let types = &self.sources.subgraphs[*graph].types;
            let Some(here) = types.get(ty) else { continue };
            let names: Vec<&str> = if here.interface_object {
                self.sources.implementations(ty).into_iter().collect()
            } else if here.kind == Kind::Union {
                here.members.iter().map(String::as_str).collect()
            } else {
                let implements =
                    |t: &&TypeDef| t.kind == Kind::Object && t.implements.iter().any(|i| i == ty);
                types
                    .values()
                    .filter(implements)
                    .map(|t| t.name.as_str())
                    .collect()
            };
            for name in names {
                members
                    .entry(name.to_owned())
                    .or_default()
                    .insert(*graph, provided.clone());
            }
        }
        members
    }
}

/// Whether a provided field set names a field.
fn provides(provided: &str, field: &str) -> bool {
    !provided.is_empty() && field_set::parse(provided).is_ok_and(|set| find(&set, field).is_some())
}

/// What a provided field set says below a field.
fn nested(provided: &str, field: &str) -> Option<String> {
    if provided.is_empty() {
        return None;
    }
    let set = field_set::parse(provided).ok()?;
    let below = find(&set, field)?;
    (!below.items.is_empty()).then(|| field_set::print(below))
}

fn find<'a>(set: &'a SelectionSet, name: &str) -> Option<&'a SelectionSet> {
    set.items.iter().find_map(|item| match item {
        Selection::Field(field) if field.name == name => Some(&field.selection_set),
        Selection::InlineFragment(fragment) => find(&fragment.selection_set, name),
        _ => None,
    })
}
