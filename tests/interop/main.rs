//! Provinces of one process each: the demonstration's story, a network that fails in one direction, processes that
//! are killed, databases that are restored, clocks that are wrong; by mutual TLS, and with one hub for all.
//!
//! One set of cases runs on SQLite and, where `MINZHENG_TEST_POSTGRES` names a server, on PostgreSQL.
//! `MINZHENG_INTEROP_ROUNDS` says how many times a province is killed and started again (a few when it is not
//! set; `tests/soak/interop` asks for a thousand), `MINZHENG_INTEROP_SEED` at which moments. Cases that name the
//! moment of a death need the program built with `--features fault-points`, which `tests/run` puts beside the other
//! one as `minzheng-faults`.

mod certificates;
mod divorces;
mod faults;
mod kills;
mod measure;
mod modes;
mod network;
mod peers;
mod postgres;
mod province;
mod records;
mod world;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use province::Kind;
use world::Wish;

/// The outcome of a case.
type Outcome = Result<(), String>;

/// A case by its name, the sentence that holds.
type Case = (&'static str, fn(Wish) -> Outcome);

/// What holds whatever database a province has.
const ANYWHERE: [Case; 7] = [
    (
        "who was just married is refused in the same second and who is wanted twice at one instant marries once",
        peers::again,
    ),
    (
        "whatever way of the network fails the couple is married once it is whole again",
        network::partitions,
    ),
    (
        "a province that is killed at any moment loses nothing and marries nobody twice",
        kills::rounds,
    ),
    (
        "a death between any two writes leaves both ledgers married or neither",
        faults::deaths,
    ),
    (
        "a province restored from an old copy learns what it forgot before it writes",
        faults::restores,
    ),
    (
        "a province whose clock is a day off is not believed and harms nobody",
        faults::clocks,
    ),
    (
        "a divorce is received once and ends the marriage on both ledgers whoever dies",
        divorces::course,
    ),
];

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Each case starts processes of its own and waits much; two cores are not for more of them at once.
    arguments.test_threads = arguments.test_threads.or(Some(2));
    let case =
        |name: &str, body: fn() -> Outcome| Trial::test(name, move || body().map_err(Failed::from));
    let mut trials = vec![
        case("the demonstration's story ends right", peers::story),
        case(
            "a peer keeps the protocol and a stranger is not heard",
            peers::conformance,
        ),
        case(
            "what another province is told of a person is on record before it is told",
            records::shared,
        ),
        case(
            "provinces speak by mutual TLS and hear nobody without a certificate",
            modes::mutual_tls,
        ),
        case("one hub keeps everybody's ledger", modes::hub),
        case("what a registration costs", measure::figures).with_ignored_flag(true),
    ];
    let mut kinds = vec![("SQLite", Kind::Sqlite)];
    if postgres::server().is_some() {
        kinds.push(("PostgreSQL", Kind::Postgres));
    }
    for (name, kind) in kinds {
        trials.extend(ANYWHERE.map(|(what, body)| {
            Trial::test(format!("{name}: {what}"), move || {
                body(Wish::of(kind)).map_err(Failed::from)
            })
        }));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}
