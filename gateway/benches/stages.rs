//! What each stage costs for one large federated query, with its allocations.
//!
//!     cargo bench -p minzheng-gateway
//!
//! The supergraph, the query and the subgraphs' answers are those of tests/load/federation: 1 KB of
//! query, seven fetches in four steps, about 90 KB of answer.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use divan::{AllocProfiler, Bencher};
use graphql_tools::parser::query::parse_query;
use graphql_tools::static_graphql::query::Document as Ast;
use minzheng_gateway::authorise::Variant;
use minzheng_gateway::config::Limits;
use minzheng_gateway::execute::arena::{Arena, Node, Object};
use minzheng_gateway::execute::blame::Blame;
use minzheng_gateway::execute::represent::{self, Representations};
use minzheng_gateway::execute::{answer, merge, project};
use minzheng_gateway::identity::Principal;
use minzheng_gateway::operation::{Document, Operation, Variables, select, validate};
use minzheng_gateway::plan::hive::HivePlanner;
use minzheng_gateway::plan::{self, Plan, PlannedFetch, Target};
use minzheng_gateway::supergraph::Supergraph;
use minzheng_load::{QUERY, SUPERGRAPH, Subgraph, execute};

#[global_allocator]
static COUNTED: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// Everything a stage may need, made once.
struct Made {
    supergraph: Supergraph,
    planner: HivePlanner,
    operation: Arc<Operation>,
    variant: Variant,
    plan: Plan,
    /// The subgraphs' answers in the order of the plan.
    answers: Vec<Bytes>,
}

static MADE: LazyLock<Made> = LazyLock::new(|| {
    let supergraph = Supergraph::load(SUPERGRAPH, 1).unwrap();
    let names = supergraph.subgraphs.iter().map(|s| s.name.to_string());
    let planner = HivePlanner::new(&supergraph.document, names.collect()).unwrap();
    let document = Document::prepare(QUERY, &supergraph, &Limits::default()).unwrap();
    let operation = Arc::clone(document.choose(None).unwrap());
    let variant = variant(&operation);
    let plan = plan::make(&operation, &variant, &supergraph, &planner).unwrap();
    let mut made = Made {
        supergraph,
        planner,
        operation,
        variant,
        plan,
        answers: Vec::new(),
    };
    let mut known: HashMap<usize, Bytes> = HashMap::new();
    run(&made, made.plan.fetches.len(), |at, fetch, lists| {
        let answer = ask(fetch, lists);
        known.insert(at, answer.clone());
        answer
    });
    made.answers = (0..made.plan.fetches.len())
        .map(|at| known[&at].clone())
        .collect();
    made
});

fn variant(operation: &Operation) -> Variant {
    Variant::of(operation, &Principal::public("51"), &Variables::default())
}

/// Asks the benchmark's subgraph what the fetch asks.
fn ask(fetch: &PlannedFetch, lists: &[Representations]) -> Bytes {
    let mut body = fetch.prefix.to_vec();
    if let Target::Entities { inputs, .. } = &fetch.target {
        body.extend_from_slice(b",\"variables\":{");
        for (at, (input, list)) in inputs.iter().zip(lists).enumerate() {
            if at > 0 {
                body.push(b',');
            }
            body.extend_from_slice(&input.label);
            body.extend_from_slice(&list.json);
        }
        body.push(b'}');
    }
    body.push(b'}');
    let subgraph = Subgraph::at(&format!("/{}", fetch.service)).unwrap();
    execute(subgraph, &body).unwrap().into()
}

/// Runs the first fetches of the plan with these answers: the arena as it is then.
fn run<'p>(
    made: &'p Made,
    fetches: usize,
    mut answer_of: impl FnMut(usize, &PlannedFetch, &[Representations]) -> Bytes,
) -> (Arena<'p>, Object) {
    let schema = &made.supergraph.schema;
    let mut arena = Arena::new(&made.plan.sizes);
    let root = arena.object(made.plan.root);
    for (at, fetch) in made.plan.fetches.iter().enumerate().take(fetches) {
        let lists = represented(made, &arena, root, fetch);
        let text = answer_of(at, fetch, &lists);
        absorb(made, &mut arena, root, fetch, &lists, &text, schema);
    }
    (arena, root)
}

fn represented(
    made: &Made,
    arena: &Arena<'_>,
    root: Object,
    fetch: &PlannedFetch,
) -> Vec<Representations> {
    match &fetch.target {
        Target::Entities { inputs, .. } => inputs
            .iter()
            .map(|input| represent::collect(arena, &made.supergraph.schema, root, input, |_| false))
            .collect(),
        Target::Root { .. } => Vec::new(),
    }
}

fn absorb(
    made: &Made,
    arena: &mut Arena<'_>,
    root: Object,
    fetch: &PlannedFetch,
    lists: &[Representations],
    text: &Bytes,
    schema: &minzheng_gateway::supergraph::SchemaIndex,
) {
    let read = answer::read(arena, text, &made.plan.shapes, fetch.shape, schema);
    let data = read.unwrap().data.unwrap();
    match &fetch.target {
        Target::Root { .. } => merge::merge(arena, schema, root, data, false),
        Target::Entities { sets, .. } => {
            for set in sets {
                let Node::List { start, .. } = arena.slot(data, set.slot) else {
                    continue;
                };
                let known = &lists[set.input];
                let shape = &made.plan.shapes[set.shape];
                let mut used: Vec<Option<Object>> = vec![None; known.spans.len()];
                for &(object, row) in &known.objects {
                    if let Node::Object(entity) = arena.at(start + row) {
                        let last = used[row as usize].replace(object);
                        if last == Some(object) {
                            continue;
                        }
                        let copy = last.is_some() && set.copies;
                        merge::fill(arena, schema, object, entity, shape, copy);
                    }
                }
            }
        }
    }
}

#[divan::bench]
fn parse() -> Ast {
    parse_query::<String>(black_box(QUERY))
        .unwrap()
        .into_static()
}

#[divan::bench]
fn validate(bencher: Bencher) {
    let ast = parse();
    bencher.bench(|| validate::by_schema(black_box(&ast), &MADE.supergraph).is_ok());
}

#[divan::bench]
fn normalise(bencher: Bencher) {
    let ast = parse();
    bencher.bench(|| select::build(black_box(&ast), &MADE.supergraph.schema));
}

#[divan::bench]
fn plan(bencher: Bencher) {
    let made = &*MADE;
    bencher.bench(|| {
        plan::make(
            &made.operation,
            &made.variant,
            &made.supergraph,
            &made.planner,
        )
        .unwrap()
    });
}

/// The representations of all entity fetches, from the whole answer.
#[divan::bench]
fn represent(bencher: Bencher) {
    let made = &*MADE;
    let (arena, root) = run(made, made.plan.fetches.len(), |at, _, _| {
        made.answers[at].clone()
    });
    bencher.bench_local(|| {
        for fetch in &made.plan.fetches {
            black_box(represented(made, &arena, root, fetch));
        }
    });
}

/// All answers read, none merged.
#[divan::bench]
fn read(bencher: Bencher) {
    let made = &*MADE;
    bencher.bench_local(|| {
        let mut arena = Arena::new(&made.plan.sizes);
        for (fetch, text) in made.plan.fetches.iter().zip(&made.answers) {
            let schema = &made.supergraph.schema;
            let read = answer::read(&mut arena, text, &made.plan.shapes, fetch.shape, schema);
            black_box(read.unwrap());
        }
    });
}

/// All answers represented, read and merged: the executor without its calls and without projection.
#[divan::bench]
fn merge(bencher: Bencher) {
    let made = &*MADE;
    bencher.bench_local(|| {
        run(made, made.plan.fetches.len(), |at, _, _| {
            made.answers[at].clone()
        });
    });
}

#[divan::bench]
fn project(bencher: Bencher) {
    let made = &*MADE;
    let (arena, root) = run(made, made.plan.fetches.len(), |at, _, _| {
        made.answers[at].clone()
    });
    bencher.bench_local(|| {
        let mut blame = Blame::default();
        let out = Vec::with_capacity(128 * 1024);
        let schema = &made.supergraph.schema;
        project::Projector::new(&arena, &made.plan, schema, &[], &mut blame, out)
            .run(root)
            .json
    });
}
