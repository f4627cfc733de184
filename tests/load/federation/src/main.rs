//! What a gateway costs: a federated benchmark in one program.
//!
//! Four subgraphs with fixed answers ([`minzheng_load`]) run in one process of their own
//! ([`serve`]); a load generator ([`load`]) asks a gateway for one large query (1 KB of request, about
//! 90 KB of answer, seven subgraph requests in four steps); the operating system's accounting
//! ([`account`]) says what gateway and subgraphs used meanwhile; [`measure`] prints it, for our own
//! gateway and for any other that is already running.
//!
//! The subgraphs are real: they parse and execute whatever a gateway sends. But every distinct request
//! is executed once only and its answer kept, so that they cost little, and the same, whoever asks.

mod account;
mod load;
mod measure;
mod relay;
mod serve;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Measures what GraphQL federation gateways cost.
#[derive(Parser)]
#[command(name = "minzheng-load")]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Serve the four subgraphs, at /officers, /services, /desks and /reports.
    Subgraphs {
        /// The port on 127.0.0.1.
        #[arg(long, default_value_t = measure::PORT)]
        port: u16,
    },
    /// Pass bytes on to another port without looking at them: the floor of any gateway.
    Relay {
        /// The port on 127.0.0.1.
        #[arg(long)]
        port: u16,
        /// Where to.
        #[arg(long)]
        to: u16,
    },
    /// Start the subgraphs and our gateway, load it, and print what it cost.
    Measure(measure::Measure),
    /// Load one URL with one request and print throughput and latencies.
    Load {
        /// Where, `http://127.0.0.1:4000/graphql`.
        url: String,
        /// A file with the body of the POST request.
        #[arg(long)]
        body: PathBuf,
        #[command(flatten)]
        how: load::How,
    },
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().what {
        What::Subgraphs { port } => serve::run(port),
        What::Relay { port, to } => relay::run(port, to),
        What::Measure(args) => measure::run(&args),
        What::Load { url, body, how } => std::fs::read(&body)
            .map_err(|error| format!("cannot read {}: {error}", body.display()))
            .and_then(|body| load::run(&url, &body, &how))
            .map(|done| println!("{done}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("{sentence}");
            ExitCode::FAILURE
        }
    }
}
