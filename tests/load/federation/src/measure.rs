//! The measurement: targets in turn, several rounds, medians.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use minzheng_load::{QUERY, SUPERGRAPH};

use crate::account::{cpu_seconds, resident_mib};
use crate::load::{self, How};

/// Where the subgraphs serve, as `supergraph.graphql` says.
pub(crate) const PORT: u16 = 4200;
/// The mark that makes every field public, so that equal fetches and equal requests may be one.
const PUBLIC: &str = "@cacheControl(scope: PUBLIC)";

/// What to measure.
#[derive(Debug, clap::Args)]
pub(crate) struct Measure {
    /// The program `minzheng`.
    #[arg(long, default_value = "target/release/minzheng")]
    program: PathBuf,
    /// Another gateway that runs already with tests/load/federation/supergraph.graphql: `NAME|URL|PID`.
    #[arg(long)]
    other: Vec<Target>,
    /// Mark everything public in our supergraph, so that equal work in flight is merged.
    #[arg(long)]
    public: bool,
    /// Serve the subgraphs on another port (others must then know it).
    #[arg(long, default_value_t = PORT)]
    port: u16,
    /// Where our gateway listens.
    #[arg(long, default_value_t = 4209)]
    gateway_port: u16,
    /// Give our gateway another schema every so many seconds while it is loaded (0: never).
    #[arg(long, default_value_t = 0)]
    swap: u64,
    /// Rounds; medians are printed.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    #[command(flatten)]
    how: How,
}

/// The length of the query's answer, for the floor.
const ANSWER: usize = 86_595;

/// A running gateway.
#[derive(Debug, Clone)]
struct Target {
    name: String,
    url: String,
    pid: u32,
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split('|').collect();
        match parts.as_slice() {
            [name, url, pid] => Ok(Self {
                name: (*name).to_owned(),
                url: (*url).to_owned(),
                pid: pid.parse().map_err(|_| "the process id is a number")?,
            }),
            _ => Err("write NAME|URL|PID".to_owned()),
        }
    }
}

/// A process that ends with us.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// One round's figures.
struct Round {
    gateway: f64,
    subgraphs: f64,
    rate: f64,
    p50: f64,
    p99: f64,
    failed: f64,
    answered: f64,
    resident: f64,
}

/// Starts subgraphs and gateway, loads every target in turn and prints a table.
///
/// # Errors
/// A sentence when something cannot be started or read.
pub(crate) fn run(args: &Measure) -> Result<(), String> {
    let me = std::env::current_exe().map_err(|error| format!("cannot find myself: {error}"))?;
    let subgraphs = start(Command::new(&me).args(["subgraphs", "--port", &args.port.to_string()]))?;
    await_port(args.port)?;
    let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    let supergraph = folder.path().join("supergraph.graphql");
    fs::write(&supergraph, supergraph_text(args))
        .map_err(|error| format!("cannot write: {error}"))?;
    let gateway = start(&mut gateway(args, &supergraph))?;
    let _swapping = (args.swap > 0).then(|| Swapping::start(args, &supergraph));
    let ours = Target {
        name: "minzheng".to_owned(),
        url: format!("http://127.0.0.1:{}/graphql", args.gateway_port),
        pid: gateway.0.id(),
    };
    let body = serde_json::json!({ "query": QUERY }).to_string();
    await_answer(&ours.url, args.gateway_port, &body)?;
    let relay_port = args.gateway_port + 1;
    let [from, to] = [relay_port, args.port].map(|port| port.to_string());
    let relay = start(Command::new(&me).args(["relay", "--port", &from, "--to", &to]))?;
    await_port(relay_port)?;
    let floor = Target {
        name: "relay of the same bytes".to_owned(),
        url: format!("http://127.0.0.1:{relay_port}/bytes/{ANSWER}"),
        pid: relay.0.id(),
    };
    let targets: Vec<Target> = [ours, floor]
        .into_iter()
        .chain(args.other.clone())
        .collect();
    let warm = How {
        seconds: 2,
        ..args.how.clone()
    };
    let mut rounds: Vec<Vec<Round>> = targets.iter().map(|_| Vec::new()).collect();
    for target in &targets {
        load::run(&target.url, body.as_bytes(), &warm)?;
    }
    for _ in 0..args.rounds.max(1) {
        for (target, rounds) in targets.iter().zip(&mut rounds) {
            rounds.push(round(target, subgraphs.0.id(), body.as_bytes(), &args.how)?);
        }
    }
    println!(
        "{} connections, {} s, {} rounds, request {} B",
        args.how.connections,
        args.how.seconds,
        args.rounds.max(1),
        body.len()
    );
    println!(
        "| target | CPU-s per 10,000 | of the subgraphs' | requests/s | p50 ms | p99 ms | MiB | failed |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for (target, rounds) in targets.iter().zip(&rounds) {
        let median = |of: fn(&Round) -> f64| median(rounds.iter().map(of).collect());
        println!(
            "| {} | {:.2} | {:.2} | {:.0} | {:.2} | {:.2} | {:.0} | {:.0} |",
            target.name,
            median(|round| round.gateway / round.answered * 10_000.0),
            median(|round| round.gateway / round.subgraphs.max(0.01)),
            median(|round| round.rate),
            median(|round| round.p50),
            median(|round| round.p99),
            median(|round| round.resident),
            rounds.iter().map(|round| round.failed).sum::<f64>(),
        );
    }
    if args.swap > 0
        && let Some(ours) = rounds.first()
    {
        let memory: Vec<String> = ours.iter().map(|r| format!("{:.0}", r.resident)).collect();
        println!("memory by round, MiB: {}", memory.join(" "));
    }
    Ok(())
}

/// Writes a new schema again and again until it is dropped.
struct Swapping(Arc<AtomicBool>);

impl Swapping {
    fn start(args: &Measure, supergraph: &Path) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let (text, file) = (supergraph_text(args), supergraph.to_owned());
        let pause = Duration::from_secs(args.swap);
        std::thread::spawn(move || {
            for number in 0u64.. {
                std::thread::sleep(pause);
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                // A field that nobody asks for; written beside and moved, so that no half is ever read.
                let field = format!(
                    "type Report_{number} @join__type(graph: REPORTS) {{ id: ID! @join__field(graph: REPORTS) }}"
                );
                let beside = file.with_extension("next");
                if fs::write(&beside, format!("{text}\n{field}\n")).is_ok() {
                    let _ = fs::rename(&beside, &file);
                }
            }
        });
        Self(stop)
    }
}

impl Drop for Swapping {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[allow(clippy::cast_precision_loss)] // far fewer than 2^52
fn round(target: &Target, subgraphs: u32, body: &[u8], how: &How) -> Result<Round, String> {
    let before = (cpu_seconds(target.pid)?, cpu_seconds(subgraphs)?);
    let done = load::run(&target.url, body, how)?;
    Ok(Round {
        gateway: cpu_seconds(target.pid)? - before.0,
        subgraphs: cpu_seconds(subgraphs)? - before.1,
        rate: done.rate(),
        p50: done.below(500),
        p99: done.below(990),
        failed: done.failed as f64,
        answered: (done.answered.max(1)) as f64,
        resident: resident_mib(target.pid),
    })
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(0.0)
}

/// The supergraph with the subgraphs' port, and with the public mark when asked for.
fn supergraph_text(args: &Measure) -> String {
    let text = SUPERGRAPH.replace(&format!(":{PORT}/"), &format!(":{}/", args.port));
    if !args.public {
        return text;
    }
    // Each type and root field of the benchmark carries a place for the mark.
    text.replace("# PUBLIC", PUBLIC)
}

fn gateway(args: &Measure, supergraph: &Path) -> Command {
    let mut command = Command::new(&args.program);
    command
        .arg("gateway")
        .arg("--supergraph")
        .arg(supergraph)
        .args(["--listen", &format!("127.0.0.1:{}", args.gateway_port)])
        .env("MINZHENG_TELEMETRY__LOG_FILTER", "error");
    if args.swap > 0 {
        command.env("MINZHENG_WATCH", format!("{}ms", args.swap * 500));
    }
    command
}

fn start(command: &mut Command) -> Result<Running, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .map(Running)
        .map_err(|error| format!("cannot start {program}: {error}"))
}

fn await_port(port: u16) -> Result<(), String> {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(10) {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Err(format!("nothing serves on port {port} after ten seconds"))
}

/// Waits until the gateway gives data, and makes sure that it tells no errors.
fn await_answer(url: &str, port: u16, body: &str) -> Result<(), String> {
    await_port(port)?;
    let began = Instant::now();
    loop {
        let answer = ask(port, body).unwrap_or_default();
        if answer.contains("\"data\":{") && !answer.contains("\"errors\"") {
            return Ok(());
        }
        if began.elapsed() > Duration::from_secs(10) {
            let told: String = answer.chars().take(600).collect();
            return Err(format!("{url} does not answer the query: {told}"));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn ask(port: u16, body: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    write!(
        stream,
        "POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
