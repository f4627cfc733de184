//! What hostile documents and subgraphs cost: CPU time and memory of each, from the bytes of a request to
//! its refusal or its operations, or from the bytes that subgraphs answered to the client's answer. `cargo bench -p minzheng-gateway --bench hostile` prints one line for each; the
//! bounds that must hold are 10 ms and 5 MiB.
//!
//! Each case runs in a process of its own, whose peak of resident memory the kernel counts.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::FutureExt as _;
use minzheng_gateway::authorise::Variant;
use minzheng_gateway::cache::Cache;
use minzheng_gateway::config::Limits;
use minzheng_gateway::execute::{Execution, Fetcher};
use minzheng_gateway::identity::{Caller, Principal};
use minzheng_gateway::operation::{Document, Variables};
use minzheng_gateway::plan::hive::HivePlanner;
use minzheng_gateway::plan::{self, Plan};
use minzheng_gateway::request::decode_post;
use minzheng_gateway::supergraph::compose::compose;
use minzheng_gateway::supergraph::{SubgraphSdl, Supergraph};
use minzheng_gateway::transport::{FetchRequest, TransportError};

const SDL: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
type Query { me: User product(id: ID!): Product search: [Found!] }
type User @key(fields: "id") { id: ID! nick: String friends: [User!]! }
type Product { id: ID! name: String maker: User }
union Found = User | Product"#;
/// Knows the age of users.
const AGES: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
type Query { oldest: User }
type User @key(fields: "id") { id: ID! age: Int! }"#;
/// What the hostile subgraphs are asked for.
const ASKED: &str =
    "{ search { __typename ... on User { id nick age friends { id } } ... on Product { name } } }";

fn request(document: &str) -> Vec<u8> {
    serde_json::json!({ "query": document })
        .to_string()
        .into_bytes()
}

/// The largest body that is read at all; more is refused while it is read.
const LARGEST: usize = 1024 * 1024;

fn cases() -> Vec<(&'static str, Vec<u8>)> {
    let aliases = |n: usize| {
        let all: String = (0..n).map(|i| format!("a{i}:me{{id}}")).collect();
        request(&format!("{{{all}}}"))
    };
    let doubling: String = (0..30)
        .map(|i| {
            format!(
                "fragment F{i} on User {{ friends {{ ...F{0} }} friends {{ ...F{0} }} }} ",
                i + 1
            )
        })
        .collect();
    let doubling = format!("{{ me {{ ...F0 }} }} {doubling} fragment F30 on User {{ id }}");
    let flat: String = (0..30)
        .map(|i| format!("fragment F{i} on User {{ ...F{0} ...F{0} }} ", i + 1))
        .collect();
    let flat = format!("{{ me {{ ...F0 }} }} {flat} fragment F30 on User {{ id }}");
    let deep = format!("{}{}", "{ me ".repeat(10_000), "}".repeat(10_000));
    let values = format!(
        "{{ product(id: {}1{}) {{ id }} }}",
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    let most_fields = format!("{{ me {{ {} }} }}", "id ".repeat(14_000));
    let many_fragments: String = (0..2_000)
        .map(|i| format!("fragment G{i} on User {{ id }} "))
        .collect();
    let mut bad_utf8 = request("{ me { nick } }");
    bad_utf8.insert(20, 0xff);
    vec![
        ("a small query", request("{ me { id } }")),
        ("101 aliases", aliases(101)),
        ("10,000 aliases", aliases(10_000)),
        (
            "50,000 equal fields",
            request(&format!("{{ {} }}", "me{id} ".repeat(50_000))),
        ),
        ("14,000 equal fields", request(&most_fields)),
        ("depth 10,000", request(&deep)),
        ("list value of depth 10,000", request(&values)),
        ("fragments doubling 2^30, nested", request(&doubling)),
        ("fragments doubling 2^30, flat", request(&flat)),
        (
            "a cycle of fragments",
            request(
                "{ me { ...A } } fragment A on User { friends { ...B } } fragment B on User { friends { ...A } }",
            ),
        ),
        (
            "2,000 unused fragments",
            request(&format!("{{ me {{ id }} }} {many_fragments}")),
        ),
        (
            "a string of 1 MB",
            request(&format!(
                "{{ product(id: \"{}\") {{ id }} }}",
                "x".repeat(LARGEST - 100)
            )),
        ),
        (
            "a name of 120 KB",
            request(&format!("{{ {} }}", "x".repeat(120_000))),
        ),
        (
            "a comment of 120 KB",
            request(&format!("{{ me {{ id }} }} #{}", "x".repeat(120_000))),
        ),
        (
            "a block string of 100 KB",
            request(&format!(
                "{{ product(id: \"\"\"{}\"\"\") {{ id }} }}",
                "\n x".repeat(30_000)
            )),
        ),
        ("bad UTF-8", bad_utf8),
        (
            "a lone surrogate in JSON",
            br#"{"query":"{ product(id: \"\ud800\") { id } }"}"#.to_vec(),
        ),
        (
            "a lone surrogate in GraphQL",
            request(r#"{ product(id: "\ud800") { id } }"#),
        ),
        (
            "variables nested 100,000 deep",
            format!(
                "{{\"query\":\"{{ me {{ id }} }}\",\"variables\":{}",
                "[".repeat(100_000)
            )
            .into_bytes(),
        ),
        (
            "1 MB of variables",
            serde_json::json!({ "query": "{ me { id } }", "variables": { "a": vec![0; 400_000] } })
                .to_string()
                .into_bytes(),
        ),
    ]
}

/// What subgraphs answer: the first to the root's request, the second to that for entities.
fn answers() -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let user = r#"{"__typename":"User","id":"1","nick":"n","friends":[]}"#;
    let root = |items: &str| format!("{{\"data\":{{\"search\":[{items}]}}}}").into_bytes();
    let honest = || root(&vec![user; 100].join(","));
    let entities = |items: &str| format!("{{\"data\":{{\"_entities\":{items}}}}}").into_bytes();
    let alone = |name, body: &str| (name, vec![body.as_bytes().to_vec()]);
    let errors =
        vec![r#"{"message":"m","path":["search",0,"nick"],"extensions":{"code":"C"}}"#; 14_000];
    vec![
        ("honest", vec![honest(), entities(r#"[{"age":3}]"#)]),
        alone("HTML", &"<html>".repeat(100_000)),
        ("truncated", vec![honest()[..4_000].to_vec()]),
        alone(
            "a key 80,000 times",
            &format!(
                "{{\"data\":{{{}\"search\":[]}}}}",
                "\"search\":[],".repeat(80_000)
            ),
        ),
        alone(
            "lists 10,000 deep",
            &format!("{{\"data\":{{\"search\":{}", "[".repeat(10_000)),
        ),
        alone("objects 10,000 deep", &"{\"data\":".repeat(10_000)),
        (
            "300,000 empty objects",
            vec![root(&vec!["{}"; 300_000].join(","))],
        ),
        (
            "a string of 1 MB",
            vec![root(&user.replace('n', &"x".repeat(1_000_000)))],
        ),
        (
            "200,000 nulls",
            vec![root(&vec!["null"; 200_000].join(","))],
        ),
        (
            "14,000 errors",
            vec![format!("{{\"data\":null,\"errors\":[{}]}}", errors.join(",")).into_bytes()],
        ),
        (
            "14,000 errors beside data",
            vec![
                format!(
                    "{{\"data\":{{\"search\":[{user}]}},\"errors\":[{}]}}",
                    errors.join(",")
                )
                .into_bytes(),
                entities("[{\"age\":3}]"),
            ],
        ),
        (
            "an unknown type",
            vec![root(&user.replace("User", "Nobody"))],
        ),
        (
            "a lone surrogate",
            vec![root(&user.replace("\"n\"", "\"\\ud800\""))],
        ),
        ("entities: none", vec![honest(), entities("[]")]),
        (
            "entities: 100,000 more",
            vec![
                honest(),
                entities(&format!("[{}]", vec!["{\"age\":3}"; 100_000].join(","))),
            ],
        ),
        ("entities: null", vec![honest(), entities("null")]),
        (
            "entities: of another type",
            vec![honest(), entities(r#"[{"__typename":"Product","age":3}]"#)],
        ),
        ("entities: an object", vec![honest(), entities("{}")]),
        (
            "entities: no number",
            vec![honest(), entities(r#"[{"age":"3"}]"#)],
        ),
    ]
}

/// Gives prepared answers.
struct Prepared(RefCell<VecDeque<Bytes>>);

impl Fetcher for Prepared {
    async fn fetch(&self, _: FetchRequest<'_>) -> Result<Bytes, TransportError> {
        let next = self.0.borrow_mut().pop_front();
        next.ok_or(TransportError::Unavailable)
    }
}

fn plan_of(supergraph: &Supergraph) -> Option<Plan> {
    let names = supergraph
        .subgraphs
        .iter()
        .map(|info| info.name.to_string());
    let planner = HivePlanner::new(&supergraph.document, names.collect()).ok()?;
    let document = Document::prepare(ASKED, supergraph, &Limits::default()).ok()?;
    let operation = document.choose(None).ok()?;
    let (nobody, none) = (Principal::public("51"), Variables::default());
    let variant = Variant::of(operation, &nobody, &none);
    plan::make(operation, &variant, supergraph, &planner).ok()
}

/// Executes over prepared answers: the first error's code, or "ok".
fn execute(answers: &[Bytes], plan: &Plan, supergraph: &Supergraph) -> String {
    let caller = Caller {
        principal: Arc::new(Principal::public("51")),
        purpose: None,
        case: None,
        trace: opentelemetry::Context::new(),
    };
    let execution = Execution {
        supergraph,
        schema_id: b"bench",
        plan,
        variables: &Variables::default(),
        caller: &caller,
        fetcher: &Prepared(RefCell::new(answers.iter().cloned().collect())),
        cache: &Cache::disabled(),
        log: None,
        document: &Arc::from("bench"),
        cuts_noted: false,
        deadline: Instant::now() + Duration::from_secs(60),
    };
    let Some(executed) = execution.run(Vec::new()).now_or_never() else {
        return "pending".to_owned();
    };
    let answer: serde_json::Value = serde_json::from_slice(&executed.body).unwrap_or_default();
    let code = answer["errors"][0]["extensions"]["code"].as_str();
    format!("{} ({} errors)", code.unwrap_or("ok"), executed.errors)
}

fn take(body: &[u8], supergraph: &Supergraph, limits: &Limits) -> &'static str {
    if body.len() > limits.body.as_usize() {
        return "REQUEST_TOO_LARGE";
    }
    let request = match decode_post(body) {
        Ok(request) => request,
        Err(code) => return code.as_str(),
    };
    let text = request.query.unwrap_or_default();
    match Document::prepare(&text, supergraph, limits) {
        Ok(_) => "ok",
        Err(errors) => match errors.first().map(|error| error.code.clone()) {
            Some(std::borrow::Cow::Borrowed(code)) => code,
            _ => "refused",
        },
    }
}

/// The peak of this process's resident memory, in KiB.
fn peak() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.trim().trim_end_matches(" kB").trim().parse().ok())
        .unwrap_or(0)
}

fn child(at: usize) -> Option<()> {
    let sdls = [("a", SDL), ("ages", AGES)].map(|(name, sdl)| SubgraphSdl {
        name: name.to_owned(),
        url: String::new(),
        sdl: sdl.to_owned(),
    });
    let sdl = compose(&sdls).ok()?;
    let supergraph = Supergraph::load(&sdl, 1).ok()?;
    let limits = Limits::default();
    let all = cases();
    if let Some((name, body)) = all.get(at) {
        // What is made once does not count.
        take(&all[0].1, &supergraph, &limits);
        let run = || take(body, &supergraph, &limits).to_owned();
        return measure(name, body.len(), run);
    }
    let plan = plan_of(&supergraph)?;
    let told = answers();
    let (name, bodies) = told.get(at - all.len())?;
    let of = |bodies: &[Vec<u8>]| bodies.iter().cloned().map(Bytes::from).collect();
    let (first, bodies): (Vec<Bytes>, Vec<Bytes>) = (of(&told[0].1), of(bodies));
    execute(&first, &plan, &supergraph);
    let size = bodies.iter().map(Bytes::len).sum();
    let name = format!("subgraph: {name}");
    measure(&name, size, || execute(&bodies, &plan, &supergraph))
}

/// Prints what a run costs.
fn measure(name: &str, size: usize, run: impl Fn() -> String) -> Option<()> {
    // From now on the peak counts anew.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let before = peak();
    let outcome = run();
    let grown = peak() - before;
    let fastest = (0..20)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .min()?;
    let millis = fastest.as_secs_f64() * 1e3;
    println!("{name:36} {size:9} B {millis:9.3} ms {grown:7} KiB  {outcome}");
    Some(())
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    if let (Some(flag), Some(at)) = (arguments.next(), arguments.next())
        && flag == "--case"
    {
        let done = at.parse().ok().and_then(child);
        return done.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS);
    }
    let Ok(own) = std::env::current_exe() else {
        return ExitCode::FAILURE;
    };
    for at in 0..cases().len() + answers().len() {
        let ran = Command::new(&own)
            .args(["--case", &at.to_string()])
            .status();
        if !ran.is_ok_and(|status| status.success()) {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
