//! Composition: the subgraphs' schemas in, one supergraph out, or every reason why not.
//!
//! The steps follow one another, each only if the one before left no error:
//!
//! 1. `read`: parse each subgraph, undo renames of federation's directives, fold extensions;
//! 2. `check`: what must hold within one subgraph;
//! 3. `merge`: one definition per type and field, with `@join__…` saying who has what;
//! 4. `satisfiability`: whatever a client can ask can be fetched from somewhere;
//! 5. `header`: links and definitions, then print.
//!
//! The result depends on the schemas alone, not on the order in which they are given: subgraphs are
//! sorted by name, types and directives too. The shape is join v0.3 as Apollo's composer writes it,
//! so that any planner can read it.

mod check;
mod error;
pub(crate) mod field_set;
mod header;
mod links;
mod merge;
mod model;
mod read;
mod satisfiability;
mod sources;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use error::CompositionError;
use error::Errors;
use sources::Sources;

use super::print;

/// One subgraph's schema as it is handed to [`compose`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubgraphSdl {
    /// The name in configuration, for example `marriage`.
    pub name: String,
    /// Where it listens; empty when it runs in this process.
    pub url: String,
    /// Its federation SDL.
    pub sdl: String,
}

/// Composes subgraphs into a supergraph SDL.
///
/// # Errors
/// Every [`CompositionError`] that could be found before going on made no sense, sorted.
pub fn compose(subgraphs: &[SubgraphSdl]) -> Result<String, Vec<CompositionError>> {
    let mut errors = Errors::default();
    let mut inputs: Vec<&SubgraphSdl> = subgraphs.iter().collect();
    inputs.sort_by(|a, b| a.name.cmp(&b.name));
    let graphs = graph_names(&inputs, &mut errors);
    let mut read: Vec<model::Subgraph> = inputs
        .iter()
        .zip(graphs)
        .filter_map(|(input, graph)| read::read(input, graph, &mut errors))
        .collect();
    if errors.is_empty() {
        for subgraph in &mut read {
            check::check(subgraph, &mut errors);
        }
    }
    if !errors.is_empty() {
        return Err(errors.into_sorted());
    }
    let sources = Sources::new(&read, &mut errors);
    let types = merge::merge(&sources, &mut errors);
    merge::check(&sources, &types, &mut errors);
    if !errors.is_empty() {
        return Err(errors.into_sorted());
    }
    satisfiability::check(&sources, &mut errors);
    let document = header::supergraph(&sources, types, &mut errors);
    if !errors.is_empty() {
        return Err(errors.into_sorted());
    }
    Ok(print::document(&document))
}

/// A value of `join__Graph` for each subgraph: its name in capitals, other characters as `_`, made
/// unique by a number where two would be the same.
fn graph_names(inputs: &[&SubgraphSdl], errors: &mut Errors) -> Vec<String> {
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    let mut names = Vec::with_capacity(inputs.len());
    for (position, input) in inputs.iter().enumerate() {
        if input.name.is_empty() {
            errors.between("INVALID_SUBGRAPH_NAME", "", "A subgraph has no name.");
        }
        if position > 0 && inputs[position - 1].name == input.name {
            let words = format!("Two subgraphs are named {}.", input.name);
            errors.in_subgraph(&input.name, "INVALID_SUBGRAPH_NAME", "", words);
        }
        let mut name: String = input
            .name
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() {
                    c.to_ascii_uppercase()
                } else {
                    '_'
                }
            })
            .collect();
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            name.insert(0, '_');
        }
        let count = taken.entry(name.clone()).or_insert(0);
        *count += 1;
        if *count > 1 {
            name = format!("{name}_{count}");
        }
        names.push(name);
    }
    names
}
