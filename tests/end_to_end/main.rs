//! End to end: the real program over real HTTP, as its users meet it.
//!
//! Servers are started when the first case needs them, shared by the rest, and stopped at the end.
//! Each module is one room of what must hold; a case's name is the sentence that holds.

mod access_log;
mod at_rest;
mod bad_input;
mod clients;
mod console;
mod cost;
mod counters;
mod documents;
mod enumeration;
mod faults;
mod figures;
mod fixtures;
mod key_rotation;
mod leaks;
mod lifecycle;
mod mutations;
mod operations;
mod readme;
mod rights;
mod small;
mod statements;
mod steps;
mod tls;
mod traces;
mod traps;
mod trespass;

use std::process::ExitCode;
use std::sync::Arc;

use fixtures::Fixtures;
use libtest_mimic::{Arguments, Failed, Trial};

/// The outcome of a case.
type Outcome = Result<(), String>;

/// Makes a case of a function over the shared servers.
fn case(fixtures: &Arc<Fixtures>, name: &str, body: fn(&Fixtures) -> Outcome) -> Trial {
    let fixtures = Arc::clone(fixtures);
    Trial::test(name, move || body(&fixtures).map_err(Failed::from))
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Servers share two cores with the cases; more at once only blur each other's times.
    arguments.test_threads = arguments.test_threads.or(Some(2));
    let fixtures = Arc::new(Fixtures::new());
    let mut trials = Vec::new();
    trials.extend(bad_input::cases(&fixtures));
    trials.extend(figures::cases(&fixtures));
    trials.extend(operations::cases(&fixtures));
    trials.extend(mutations::cases(&fixtures));
    trials.extend(counters::cases(&fixtures));
    trials.extend(traps::cases(&fixtures));
    trials.extend(readme::cases(&fixtures));
    trials.extend(traces::cases(&fixtures));
    trials.extend(statements::cases(&fixtures));
    trials.extend(faults::cases(&fixtures));
    trials.extend(cost::cases(&fixtures));
    trials.extend(console::cases(&fixtures));
    trials.extend(rights::cases(&fixtures));
    trials.extend(trespass::cases(&fixtures));
    trials.extend(documents::cases(&fixtures));
    trials.extend(leaks::cases(&fixtures));
    trials.extend(access_log::cases(&fixtures));
    trials.extend(clients::cases(&fixtures));
    trials.extend(lifecycle::cases(&fixtures));
    trials.extend(at_rest::cases(&fixtures));
    trials.extend(key_rotation::cases(&fixtures));
    trials.extend(tls::cases(&fixtures));
    let conclusion = libtest_mimic::run(&arguments, trials);
    // Dropped before the process ends, so that every server is stopped.
    drop(fixtures);
    conclusion.exit_code()
}
