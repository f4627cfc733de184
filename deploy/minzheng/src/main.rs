//! Minzheng, the one program. Its sub-command chooses the role: a whole province in one process, a
//! gateway, a subgraph, or a tool.
//!
//! This crate only assembles: the gateway knows no domain, the subgraphs know nothing of each other,
//! and here is the one place that knows them all.

mod access_log;
mod assemble;
mod cli;
#[cfg(test)]
mod columns;
mod compose;
mod data_folder;
mod demo;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod divisions_change;
mod errors;
mod failure;
mod keys;
mod peer;
mod progress;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod rights;
mod roles;
mod rotate;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod rotation;
mod serve;
mod standalone;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod statements;
mod stop;
mod subgraph_config;
mod subsystems;
mod token;

use std::process::ExitCode;

use clap::Parser as _;

use cli::{Cli, Command, KeysCommand};
use failure::Failure;

/// Requests make and free many small things on many threads, which this does for less CPU and with less
/// memory left behind than the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("minzheng: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    // Before anything can open a TLS connection. It fails only where one is installed already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("The runtime cannot be started ({error}).")))?;
    runtime.block_on(async {
        match cli.command {
            None => standalone::run(&cli.standalone).await,
            Some(Command::Standalone(args)) => standalone::run(&args).await,
            Some(Command::Gateway(args)) => roles::gateway(&args).await,
            Some(Command::Subgraph { name, config }) => roles::subgraph(&name, &config).await,
            Some(Command::Compose {
                out,
                check,
                supergraph,
            }) => compose::run(&out, check, supergraph.as_deref()).await,
            Some(Command::Errors) => {
                print!("{}", errors::markdown());
                Ok(())
            }
            Some(Command::Token(args)) => token::print(&args),
            Some(Command::Demo(args)) => demo::run(&args).await,
            Some(Command::Peer { command }) => peer::run(&command).await,
            Some(Command::AccessLog { command }) => access_log::run(command).await,
            Some(Command::Keys {
                command: KeysCommand::Init { dir, province },
            }) => keys::init(&dir, &province),
            Some(Command::Keys {
                command: KeysCommand::Rotate(args),
            }) => rotate::run(&args).await,
        }
    })
}
