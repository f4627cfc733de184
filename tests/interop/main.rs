//! Provinces of one process each: the demonstration's story, a network that fails in one direction, and
//! processes that are killed at any moment.
//!
//! `MINZHENG_INTEROP_ROUNDS` says how many times a province is killed and started again (a few when it is not
//! set; `tests/soak/interop` asks for a thousand).

mod kills;
mod network;
mod peers;
mod world;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

/// The outcome of a case.
type Outcome = Result<(), String>;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Each case starts processes of its own; two cores are not for more of them at once.
    arguments.test_threads = arguments.test_threads.or(Some(1));
    let case =
        |name: &str, body: fn() -> Outcome| Trial::test(name, move || body().map_err(Failed::from));
    let trials = vec![
        case("the demonstration's story ends right", peers::story),
        case(
            "a peer keeps the protocol and a stranger is not heard",
            peers::conformance,
        ),
        case(
            "whatever way of the network fails the couple is married once it is whole again",
            network::partitions,
        ),
        case(
            "a province that is killed at any moment loses nothing and marries nobody twice",
            kills::rounds,
        ),
    ];
    libtest_mimic::run(&arguments, trials).exit_code()
}
