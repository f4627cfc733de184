//! What hostile documents cost: CPU time and memory of each, from the bytes of a request to its refusal
//! or its operations. `cargo bench -p minzheng-gateway --bench hostile` prints one line for each; the
//! bounds that must hold are 10 ms and 5 MiB.
//!
//! Each case runs in a process of its own, whose peak of resident memory the kernel counts.

use std::process::{Command, ExitCode};
use std::time::Instant;

use minzheng_gateway::config::Limits;
use minzheng_gateway::operation::Document;
use minzheng_gateway::request::decode_post;
use minzheng_gateway::supergraph::compose::compose;
use minzheng_gateway::supergraph::{SubgraphSdl, Supergraph};

const SDL: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
type Query { me: User product(id: ID!): Product search: [Found!] }
type User @key(fields: "id") { id: ID! nick: String friends: [User!]! }
type Product { id: ID! name: String maker: User }
union Found = User | Product"#;

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
    let sdl = compose(&[SubgraphSdl {
        name: "a".to_owned(),
        url: String::new(),
        sdl: SDL.to_owned(),
    }])
    .ok()?;
    let supergraph = Supergraph::load(&sdl, 1).ok()?;
    let limits = Limits::default();
    let all = cases();
    // What is made once does not count.
    take(&all[0].1, &supergraph, &limits);
    let (name, body) = &all[at];
    // From now on the peak counts anew.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let before = peak();
    let outcome = take(body, &supergraph, &limits);
    let grown = peak() - before;
    let fastest = (0..20)
        .map(|_| {
            let start = Instant::now();
            take(body, &supergraph, &limits);
            start.elapsed()
        })
        .min()?;
    println!(
        "{name:34} {:9} B {:9.3} ms {grown:7} KiB  {outcome}",
        body.len(),
        fastest.as_secs_f64() * 1e3
    );
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
    for at in 0..cases().len() {
        let ran = Command::new(&own)
            .args(["--case", &at.to_string()])
            .status();
        if !ran.is_ok_and(|status| status.success()) {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
