//! The planner crate behind our [`Planner`] interface.
//!
//! `hive-router-query-planner` 2.10.11 is frozen upstream, so its defects are known and stay:
//! it panics on some inputs (called inside `catch_unwind`), runs the root fields of a mutation side by
//! side (it is given one at a time), and refuses plans without a fetch (never asked for). Its plan is a
//! tree of stages; the conversion keeps from it only who may depend on whom.

use std::collections::BTreeSet;
use std::time::Duration;

use graphql_tools::static_graphql::query::{Definition, Document, OperationDefinition};
use graphql_tools::static_graphql::schema;
use hive_router_query_planner::ast::fragment::FragmentDefinition;
use hive_router_query_planner::ast::normalization::normalize_operation;
use hive_router_query_planner::ast::selection_item::SelectionItem;
use hive_router_query_planner::ast::selection_set::SelectionSet;
use hive_router_query_planner::graph::PlannerOverrideContext;
use hive_router_query_planner::planner::plan_nodes::{
    BatchFetchNode, FetchNode, FetchNodePathSegment, FetchRewrite, FlattenNodePath,
    FlattenNodePathSegment, PlanNode,
};
use hive_router_query_planner::planner::{Planner as Crate, QueryPlannerOptions};
use hive_router_query_planner::state::supergraph_state::OperationKind;
use hive_router_query_planner::utils::cancellation::CancellationToken;

use super::PlanError;
use super::graph::{
    EntitySet, Fetch, FetchGraph, FetchId, Output, PathStep, Planner, Rename, Source,
};

/// The crate gives up after this long; a plan of our largest operation takes a hundredth of it.
const PATIENCE: Duration = Duration::from_secs(3);

/// The planner crate, loaded with one supergraph.
pub struct HivePlanner {
    planner: Crate,
    /// Names in the order of the supergraph's subgraphs.
    subgraphs: Vec<String>,
}

impl HivePlanner {
    /// Loads a supergraph. Takes milliseconds; may panic on a supergraph the crate does not understand.
    ///
    /// # Errors
    /// The crate's own words, which name schema elements only.
    pub fn new(supergraph: &schema::Document, subgraphs: Vec<String>) -> Result<Self, PlanError> {
        let options = QueryPlannerOptions::default();
        let planner = Crate::new_from_supergraph(supergraph, options)
            .map_err(|error| PlanError::Planner(error.to_string()))?;
        Ok(Self { planner, subgraphs })
    }
}

impl Planner for HivePlanner {
    fn plan(&self, operation: &OperationDefinition) -> Result<FetchGraph, PlanError> {
        let told = |error: &dyn std::fmt::Display| PlanError::Planner(error.to_string());
        let document = Document {
            definitions: vec![Definition::Operation(operation.clone())],
        };
        let normal =
            normalize_operation(&self.planner.supergraph, &document, None).map_err(|e| told(&e))?;
        let plan = self
            .planner
            .plan_from_normalized_operation(
                normal.executable_operation(),
                PlannerOverrideContext::default(),
                &CancellationToken::with_timeout(PATIENCE),
            )
            .map_err(|e| told(&e))?;
        let mut conversion = Conversion {
            subgraphs: &self.subgraphs,
            graph: FetchGraph::default(),
        };
        if let Some(node) = &plan.node {
            conversion.node(node, &Context::default())?;
        }
        Ok(conversion.graph)
    }
}

/// What surrounds a node of the crate's plan.
#[derive(Default, Clone)]
struct Context {
    path: Vec<PathStep>,
    conditions: Vec<(String, bool)>,
    earlier: Vec<FetchId>,
}

struct Conversion<'a> {
    subgraphs: &'a [String],
    graph: FetchGraph,
}

impl Conversion<'_> {
    /// Adds a node's fetches and gives their ids.
    fn node(&mut self, node: &PlanNode, context: &Context) -> Result<Vec<FetchId>, PlanError> {
        match node {
            PlanNode::Fetch(fetch) => Ok(vec![self.fetch(fetch, context)?]),
            PlanNode::BatchFetch(batch) => Ok(vec![self.batch(batch, context)?]),
            PlanNode::Flatten(flatten) => {
                let path = steps(&flatten.path);
                self.node(
                    &flatten.node,
                    &Context {
                        path,
                        ..context.clone()
                    },
                )
            }
            PlanNode::Sequence(sequence) => {
                let mut context = context.clone();
                let mut all = Vec::new();
                for node in &sequence.nodes {
                    let added = self.node(node, &context)?;
                    context.earlier.extend(&added);
                    all.extend(added);
                }
                Ok(all)
            }
            PlanNode::Parallel(parallel) => {
                let mut all = Vec::new();
                for node in &parallel.nodes {
                    all.extend(self.node(node, context)?);
                }
                Ok(all)
            }
            PlanNode::Condition(condition) => {
                let mut all = Vec::new();
                let clauses = [
                    (&condition.if_clause, true),
                    (&condition.else_clause, false),
                ];
                for (clause, value) in clauses {
                    if let Some(clause) = clause {
                        let mut context = context.clone();
                        context
                            .conditions
                            .push((condition.condition.clone(), value));
                        all.extend(self.node(clause, &context)?);
                    }
                }
                Ok(all)
            }
            PlanNode::Subscription(source) => Ok(vec![self.fetch(&source.primary, context)?]),
            PlanNode::Defer(_) => Err(PlanError::Planner(
                "a node of a kind this road does not serve".to_owned(),
            )),
        }
    }

    fn subgraph(&self, name: &str) -> Result<usize, PlanError> {
        // The crate may give the value of `join__Graph` instead of the name.
        self.subgraphs
            .iter()
            .position(|known| known == name || known.eq_ignore_ascii_case(name))
            .ok_or_else(|| PlanError::Planner("an unknown subgraph".to_owned()))
    }

    fn fetch(&mut self, node: &FetchNode, context: &Context) -> Result<FetchId, PlanError> {
        let document = &node.operation.document;
        let fragments = &document.fragments;
        let renames = renames(node.output_rewrites.as_deref());
        let source = match (
            &node.requires,
            document.operation.selection_set.entities_field(),
        ) {
            (Some(requires), Some(field)) => Source::Entities(vec![EntitySet {
                alias: field.selection_identifier().to_owned(),
                variable: field
                    .representations_variable_name()
                    .unwrap_or("representations")
                    .to_owned(),
                paths: vec![context.path.clone()],
                requires: outputs(requires, fragments)?,
                typenames: typenames(node.input_rewrites.as_deref()),
                output: outputs(&field.selections, fragments)?,
                renames,
            }]),
            _ => Source::Root {
                path: context.path.clone(),
                output: outputs(&document.operation.selection_set, fragments)?,
                renames,
            },
        };
        self.push(
            &node.service_name,
            matches!(node.operation_kind, Some(OperationKind::Mutation)),
            &node.operation.document_str,
            node.variable_usages.as_ref(),
            source,
            context,
        )
    }

    fn batch(&mut self, node: &BatchFetchNode, context: &Context) -> Result<FetchId, PlanError> {
        let document = &node.operation.document;
        let mut sets = Vec::with_capacity(node.entity_batch.aliases.len());
        for alias in &node.entity_batch.aliases {
            let field = document
                .operation
                .selection_set
                .items
                .iter()
                .find_map(|item| match item {
                    SelectionItem::Field(field) if field.selection_identifier() == alias.alias => {
                        Some(field)
                    }
                    _ => None,
                });
            let field =
                field.ok_or_else(|| PlanError::Planner("a batch without its field".to_owned()))?;
            sets.push(EntitySet {
                alias: alias.alias.clone(),
                variable: alias.representations_variable_name.clone(),
                paths: alias.merge_paths.iter().map(steps).collect(),
                requires: outputs(&alias.requires, &document.fragments)?,
                typenames: typenames(alias.input_rewrites.as_deref()),
                output: outputs(&field.selections, &document.fragments)?,
                renames: renames(alias.output_rewrites.as_deref()),
            });
        }
        self.push(
            &node.service_name,
            false,
            &node.operation.document_str,
            node.variable_usages.as_ref(),
            Source::Entities(sets),
            context,
        )
    }

    fn push(
        &mut self,
        service: &str,
        mutation: bool,
        text: &str,
        variables: Option<&BTreeSet<String>>,
        source: Source,
        context: &Context,
    ) -> Result<FetchId, PlanError> {
        let subgraph = self.subgraph(service)?;
        self.graph.fetches.push(Fetch {
            subgraph,
            mutation,
            text: text.to_owned(),
            variables: variables.into_iter().flatten().cloned().collect(),
            source,
            conditions: context.conditions.clone(),
            earlier: context.earlier.clone(),
            follows: Vec::new(),
        });
        Ok(self.graph.fetches.len() - 1)
    }
}

fn steps(path: &FlattenNodePath) -> Vec<PathStep> {
    path.as_slice()
        .iter()
        .filter_map(|segment| match segment {
            FlattenNodePathSegment::Field(name) => Some(PathStep::Key(name.clone())),
            FlattenNodePathSegment::TypeCondition(types) => {
                Some(PathStep::Types(types.iter().cloned().collect()))
            }
            FlattenNodePathSegment::List => None,
        })
        .collect()
}

fn outputs(set: &SelectionSet, fragments: &[FragmentDefinition]) -> Result<Vec<Output>, PlanError> {
    let inlined = set
        .inline_fragment_spreads(fragments)
        .map_err(|error| PlanError::Planner(error.to_string()))?;
    Ok(plain(&inlined))
}

fn plain(set: &SelectionSet) -> Vec<Output> {
    set.items
        .iter()
        .filter_map(|item| match item {
            SelectionItem::Field(field) => Some(Output::Field {
                key: field.selection_identifier().to_owned(),
                name: field.name.clone(),
                arguments: field.arguments.iter().map(ToString::to_string).collect(),
                children: plain(&field.selections),
            }),
            SelectionItem::InlineFragment(fragment) => Some(Output::On {
                condition: fragment.type_condition.clone(),
                children: plain(&fragment.selections),
            }),
            SelectionItem::FragmentSpread(_) => None,
        })
        .collect()
}

fn renames(rewrites: Option<&[FetchRewrite]>) -> Vec<Rename> {
    let renamers = rewrites
        .into_iter()
        .flatten()
        .filter_map(|rewrite| match rewrite {
            FetchRewrite::KeyRenamer(renamer) => Some(renamer),
            FetchRewrite::ValueSetter(_) => None,
        });
    renamers
        .map(|renamer| Rename {
            path: renamer.path.iter().filter_map(key).collect(),
            to: renamer.rename_key_to.clone(),
        })
        .collect()
}

fn key(segment: &FetchNodePathSegment) -> Option<String> {
    match segment {
        FetchNodePathSegment::Key(key) => Some(key.clone()),
        FetchNodePathSegment::TypenameEquals(_) => None,
    }
}

/// The crate sets nothing but the `__typename` of a representation.
fn typenames(rewrites: Option<&[FetchRewrite]>) -> Vec<(Vec<String>, String)> {
    let setters = rewrites
        .into_iter()
        .flatten()
        .filter_map(|rewrite| match rewrite {
            FetchRewrite::ValueSetter(setter) => Some(setter),
            FetchRewrite::KeyRenamer(_) => None,
        });
    setters
        .filter_map(|setter| match setter.path.as_slice() {
            [
                FetchNodePathSegment::TypenameEquals(types),
                FetchNodePathSegment::Key(key),
            ] if key == "__typename" => {
                Some((types.iter().cloned().collect(), setter.set_value_to.clone()))
            }
            _ => None,
        })
        .collect()
}
