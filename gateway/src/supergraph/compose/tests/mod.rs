#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! Tests of composition: what is refused and why, what comes out, and that a planner can use it.

mod features;
mod five;
mod refused;
mod shapes;

use graphql_tools::parser::parse_query;
use hive_router_query_planner::ast::normalization::normalize_operation;
use hive_router_query_planner::planner::Planner;
use hive_router_query_planner::utils::cancellation::CancellationToken;

use super::{CompositionError, SubgraphSdl, compose};
use crate::supergraph::sdl;

/// Every federation directive, imported under its own name.
const LINK: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@external", "@requires", "@provides", "@override", "@inaccessible", "@tag", "@interfaceObject", "@authenticated", "@requiresScopes", "@policy", "@composeDirective", "@extends"])
"#;

/// A subgraph with the usual imports.
fn subgraph(name: &str, sdl: &str) -> SubgraphSdl {
    SubgraphSdl {
        name: name.to_owned(),
        url: String::new(),
        sdl: format!("{LINK}{sdl}"),
    }
}

fn composed(subgraphs: &[(&str, &str)]) -> String {
    let subgraphs: Vec<_> = subgraphs
        .iter()
        .map(|(name, sdl)| subgraph(name, sdl))
        .collect();
    compose(&subgraphs).unwrap_or_else(|errors| panic!("{}", lines(&errors)))
}

fn lines(errors: &[CompositionError]) -> String {
    errors
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

/// The plan of the crate planner for an operation, as text.
fn plan(supergraph: &str, operation: &str) -> String {
    let document = sdl::parse(supergraph).unwrap();
    let planner = Planner::new_from_supergraph(&document, Default::default()).unwrap();
    let operation = parse_query::<String>(operation).unwrap().into_static();
    let normalized = normalize_operation(&planner.supergraph, &operation, None).unwrap();
    let plan = planner
        .plan_from_normalized_operation(
            normalized.executable_operation(),
            Default::default(),
            &CancellationToken::new(),
        )
        .unwrap_or_else(|error| panic!("{error}\n{supergraph}"));
    plan.to_string()
}

/// Compares with a file beside the tests; `UPDATE_EXPECTED=1` writes it instead.
fn assert_expected(file: &str, actual: &str) {
    let path = format!(
        "{}/src/supergraph/compose/tests/{file}",
        env!("CARGO_MANIFEST_DIR")
    );
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        std::fs::write(&path, actual).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expected == actual,
        "{file} differs; run again with UPDATE_EXPECTED=1 and look at the change:\n{actual}"
    );
}
