//! Who contributes what: for a type or a field, what each subgraph says about it.
//!
//! Positions in the vectors here are positions of subgraphs, which are sorted by name.

use std::collections::{BTreeMap, BTreeSet};

use super::error::Errors;
use super::model::{FieldDef, Kind, Subgraph, TypeDef, is_root};

/// What became of a field that another subgraph overrides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overridden {
    /// Nothing asks for it any more: as if it were not there.
    Unused,
    /// The subgraph itself still needs it, for a key, a field set or an interface.
    Used,
    /// Moved for part of the requests only; both resolve it.
    Progressive,
}

/// One subgraph's share in a field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) graph: usize,
    pub(super) field: &'a FieldDef,
    pub(super) overridden: Option<Overridden>,
}

impl Source<'_> {
    /// Whether the gateway may ask this subgraph for the field.
    pub(super) fn resolves(&self) -> bool {
        !self.field.external
            && !matches!(self.overridden, Some(Overridden::Unused | Overridden::Used))
    }
}

/// All subgraphs, with what is known across them.
pub(super) struct Sources<'a> {
    pub(super) subgraphs: &'a [Subgraph],
    overridden: BTreeMap<(String, String, usize), Overridden>,
    /// Labels of progressive overrides by field.
    labels: BTreeMap<(String, String), String>,
}

impl<'a> Sources<'a> {
    pub(super) fn new(subgraphs: &'a [Subgraph], errors: &mut Errors) -> Self {
        let mut sources = Self {
            subgraphs,
            overridden: BTreeMap::new(),
            labels: BTreeMap::new(),
        };
        for subgraph in subgraphs {
            for ty in subgraph.types.values() {
                for field in ty.fields.values() {
                    let Some(overrides) = &field.overrides else {
                        continue;
                    };
                    let at = format!("{}.{}", ty.name, field.name);
                    // A subgraph that is gone has nothing to be overridden.
                    let Some(from) = subgraphs.iter().position(|s| s.name == overrides.from) else {
                        continue;
                    };
                    let Some(there) = subgraphs[from].field(&ty.name, &field.name) else {
                        continue;
                    };
                    if there.overrides.is_some() {
                        let words = format!(
                            "{at} is an @override in {} of an @override in {}; one of them must go.",
                            subgraph.name, overrides.from
                        );
                        errors.in_subgraph(
                            &subgraph.name,
                            "OVERRIDE_SOURCE_HAS_OVERRIDE",
                            at,
                            words,
                        );
                        continue;
                    }
                    let used = subgraphs[from].is_used(&ty.name, &field.name);
                    let state = match (&overrides.label, used) {
                        (Some(_), _) => Overridden::Progressive,
                        (None, true) => Overridden::Used,
                        (None, false) => Overridden::Unused,
                    };
                    sources
                        .overridden
                        .insert((ty.name.clone(), field.name.clone(), from), state);
                    if let Some(label) = &overrides.label {
                        sources
                            .labels
                            .insert((ty.name.clone(), field.name.clone()), label.clone());
                    }
                }
            }
        }
        sources
    }

    pub(super) fn name(&self, graph: usize) -> &'a str {
        &self.subgraphs[graph].name
    }

    pub(super) fn graph(&self, graph: usize) -> &'a str {
        &self.subgraphs[graph].graph
    }

    /// The names of all types, sorted.
    pub(super) fn type_names(&self) -> BTreeSet<&'a str> {
        self.subgraphs
            .iter()
            .flat_map(|s| s.types.keys().map(String::as_str))
            .collect()
    }

    /// The subgraphs that define a type.
    pub(super) fn of_type(&self, name: &str) -> Vec<(usize, &'a TypeDef)> {
        let subgraphs = self.subgraphs.iter().enumerate();
        subgraphs
            .filter_map(|(graph, s)| s.types.get(name).map(|ty| (graph, ty)))
            .collect()
    }

    /// The subgraphs that declare a field, external and overridden ones included.
    pub(super) fn of_field(&self, ty: &str, field: &str) -> Vec<Source<'a>> {
        self.subgraphs
            .iter()
            .enumerate()
            .filter_map(|(graph, subgraph)| {
                let field = subgraph.field(ty, field)?;
                let key = (ty.to_owned(), field.name.clone(), graph);
                Some(Source {
                    graph,
                    field,
                    overridden: self.overridden.get(&key).copied(),
                })
            })
            .collect()
    }

    pub(super) fn label(&self, ty: &str, field: &str) -> Option<&str> {
        self.labels
            .get(&(ty.to_owned(), field.to_owned()))
            .map(String::as_str)
    }

    pub(super) fn has_labels(&self) -> bool {
        !self.labels.is_empty()
    }

    /// The kind of a type in the supergraph: what is an interface anywhere is one, even where it is
    /// an object that stands for it.
    pub(super) fn kind(&self, name: &str) -> Option<Kind> {
        let found = self.of_type(name);
        found
            .iter()
            .find(|(_, ty)| !ty.interface_object)
            .or(found.first())
            .map(|(_, ty)| ty.kind)
    }

    /// The object types that implement an interface in some subgraph, sorted.
    pub(super) fn implementations(&self, interface: &str) -> BTreeSet<&'a str> {
        self.subgraphs
            .iter()
            .flat_map(|s| s.types.values())
            .filter(|ty| ty.kind == Kind::Object && ty.implements.iter().any(|i| i == interface))
            .map(|ty| ty.name.as_str())
            .collect()
    }

    /// The subgraphs that define a type, its *home* first: the one that contributes most of it. Its
    /// words describe the type and its fields come first, so that a type reads as its owner wrote
    /// it. Ties are broken by name.
    pub(super) fn home_first(&self, name: &str) -> Vec<(usize, &'a TypeDef)> {
        let mut found = self.of_type(name);
        if is_root(name) {
            return found;
        }
        let weight = |(graph, ty): &(usize, &TypeDef)| {
            let resolved = ty
                .fields
                .values()
                .filter(|f| !f.external && !self.subgraphs[*graph].is_key_field(name, &f.name));
            resolved.count() + ty.inputs.len() + ty.values.len() + ty.members.len()
        };
        let home = found
            .iter()
            .enumerate()
            .max_by_key(|(position, entry)| (weight(entry), std::cmp::Reverse(*position)))
            .map(|(position, _)| position);
        if let Some(home) = home {
            let entry = found.remove(home);
            found.insert(0, entry);
        }
        found
    }
}
