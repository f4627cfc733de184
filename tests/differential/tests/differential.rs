//! Runs the differential test: a few hundred operations each, or as many as `MINZHENG_OPERATIONS` says,
//! from the seed `MINZHENG_SEED` on. `MINZHENG_FINDINGS` wrong answers are told before it gives up; `MINZHENG_CODED=1`
//! tells also what is answered with a reviewed code instead. One operation alone: its seed less one, and one operation.

#![allow(clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;

use minzheng_differential::compare::{in_any_order, strictly, with_failures};
use minzheng_differential::evaluate::Evaluated;
use minzheng_differential::operations::{Asked, operation};
use minzheng_differential::world::{Round, World};
use minzheng_differential::{own, rich};
use minzheng_gateway::supergraph::SubgraphSdl;

/// What the gateway may answer instead: code, and in how many of a thousand operations at most. Reviewed:
/// each is a defect of the planner crate, told as an error and never as a wrong answer.
type Reviewed = &'static [(&'static str, usize)];
/// It finds no way to a field that requires another where an entity stands inside the same entity:
/// `fileNaming { application { place { funeralFacilities { place { illegalGravesNear } } } } }`, one of
/// six thousand operations.
const OWN: Reviewed = &[("PLANNING_FAILED", 1)];
/// It finds no way from an interface object to some fields of the objects behind it, or forgets them, so
/// that they are null with an error.
const RICH: Reviewed = &[("PLANNING_FAILED", 40), ("SUBGRAPH_MALFORMED", 10)];

/// What else happens.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Nothing fails.
    Plain,
    /// Fields fail, and whole subgraphs.
    Failing,
    /// Nothing fails, and fragments are deferred.
    InParts,
}

fn setting(name: &str, otherwise: u64) -> u64 {
    let told = std::env::var(name).ok();
    told.map_or(otherwise, |text| text.parse().expect("a number"))
}

fn run(name: &str, sdls: &[SubgraphSdl], mode: Mode, reviewed: Reviewed) {
    let failing = mode == Mode::Failing;
    // Why there is no plan stands in the log.
    let told =
        tracing_subscriber::fmt().with_max_level(tracing_subscriber::filter::LevelFilter::WARN);
    let _ = told.with_writer(std::io::stderr).try_init();
    let mut world = World::new(sdls);
    let (count, first) = (
        setting("MINZHENG_OPERATIONS", 300),
        setting("MINZHENG_SEED", 1),
    );
    let most = setting("MINZHENG_FINDINGS", 1);
    let tells_coded = setting("MINZHENG_CODED", 0) > 0;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let (mut seed, mut done, mut passed_over) = (first, 0, 0);
    let mut coded: BTreeMap<String, usize> = BTreeMap::new();
    let (mut fetches, mut bytes, mut joined, mut wrong, mut parts) = (0, 0, 0, 0, 0);
    while done < count {
        seed += 1;
        let asked = operation(&world.api, seed, mode == Mode::InParts);
        if !world.is_valid(&asked.text) {
            passed_over += 1;
            assert!(
                passed_over < 100 + 3 * count,
                "hardly any operation is valid: {}",
                asked.text
            );
            continue;
        }
        done += 1;
        world.data.reseed(seed, if failing { 20 } else { 0 });
        let down = (failing && seed.is_multiple_of(3))
            .then(|| usize::try_from(seed).unwrap_or(0) / 3 % world.subgraphs());
        let whole = world.whole(&asked.text, &asked.variables);
        assert!(whole.complaints.is_empty(), "{:?}", whole.complaints);
        let (answer, round) = match mode {
            Mode::InParts => match runtime.block_on(world.ask_in_parts(&asked)) {
                Ok((answer, round, told)) => {
                    parts += told;
                    (answer, round)
                }
                Err(wrong) => (serde_json::Value::String(wrong), Round::default()),
            },
            _ => runtime.block_on(world.ask(&asked.text, &asked.variables, down, failing)),
        };
        // Nothing is answered, or what is answered is right.
        let admitted =
            answer.get("data").is_none() || (!failing && with_failures(&answer, &whole).is_none());
        let code = answer["errors"][0]["extensions"]["code"].as_str();
        if let Some(code) =
            code.filter(|code| admitted && reviewed.iter().any(|(known, _)| *known == *code))
        {
            *coded.entry(code.to_owned()).or_default() += 1;
            if tells_coded {
                report(name, seed, &asked, &round, &answer["errors"].to_string());
            }
            continue;
        }
        let verdict = match mode {
            _ if answer.is_string() => Some(answer.to_string()),
            Mode::Plain => strictly(&answer, &whole),
            Mode::Failing => with_failures(&answer, &whole),
            Mode::InParts => in_any_order(&answer, &whole),
        };
        let order = (!failing && round.mutated != whole.mutated)
            .then(|| format!("mutated {:?} instead of {:?}", round.mutated, whole.mutated));
        if let Some(verdict) = verdict
            .or(order)
            .or_else(|| round.complaints.first().cloned())
        {
            wrong += 1;
            report(name, seed, &asked, &round, &verdict);
            assert!(wrong < most, "{wrong} wrong answers");
        }
        fetches += round.asked.len();
        joined += usize::from(
            round
                .asked
                .iter()
                .any(|(subgraph, _)| *subgraph != round.asked[0].0),
        );
        bytes += answer.to_string().len();
    }
    println!(
        "{name}: {done} operations, {joined} over several subgraphs, {fetches} fetches, {bytes} bytes, {parts} parts; {passed_over} were not valid; coded: {coded:?}"
    );
    assert_eq!(wrong, 0);
    for &(code, most) in reviewed {
        let times = coded.get(code).copied().unwrap_or(0);
        assert!(
            times as u64 * 1000 <= most as u64 * count,
            "{code} {times} times"
        );
    }
    assert!(
        joined as u64 * 4 > count,
        "too few operations join subgraphs"
    );
}

fn report(name: &str, seed: u64, asked: &Asked, round: &Round, verdict: &str) {
    eprintln!("--- {name}, seed {seed}\n{}", asked.text);
    eprintln!(
        "variables: {}",
        serde_json::Value::from(asked.variables.clone())
    );
    for (subgraph, body) in &round.asked {
        eprintln!("asked {subgraph}: {body}");
    }
    for complaint in &round.complaints {
        eprintln!("complaint: {complaint}");
    }
    eprintln!("{verdict}\n");
}

/// An answer that is not the whole's says why in reviewed codes, at each place.
fn is_told(answer: &serde_json::Value, whole: &Evaluated, verdict: &str) {
    let errors = answer["errors"].as_array().expect(verdict);
    for error in errors {
        let code = error["extensions"]["code"].as_str().unwrap_or_default();
        assert!(RICH.iter().any(|(known, _)| *known == code), "{verdict}");
    }
    // Without data there is nothing that could be wrong.
    let wrong = answer
        .get("data")
        .and_then(|_| with_failures(answer, whole));
    assert_eq!(wrong, None, "{verdict}");
}

/// Operations over all of federation that were once answered with a null that nobody explained: the planner asks for the
/// ratings of films only, and for fields of what is behind an interface object without asking what it is.
const ONCE_WRONG: [(u64, &str); 3] = [
    (
        1220,
        "{ top { ... on Item { ... on Book { rating } ...F } } } fragment F on Found { ... on Found { __typename } ... on Medium { title rating } }",
    ),
    (
        1271,
        "{ a: media { reviews { about { ...F } } } } fragment F on Found { ... on Medium { rating reviews { __typename } } }",
    ),
    (
        2160,
        "{ top { ... on Item { __typename id ... on Film { pages kind rating } } rating __typename } }",
    ),
];

#[test]
fn what_was_once_answered_wrongly_is_right_or_an_error_with_its_code() {
    let world = &mut World::new(&rich::schemas());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    for (seed, text) in ONCE_WRONG {
        assert!(world.is_valid(text), "{text}");
        let none = serde_json::Map::new();
        // As the thing at hand is of another type each time, so that all come to be asked.
        for seed in seed..seed + 20 {
            world.data.reseed(seed, 0);
            let whole = world.whole(text, &none);
            let (answer, _) = runtime.block_on(world.ask(text, &none, None, false));
            if let Some(verdict) = strictly(&answer, &whole) {
                is_told(&answer, &whole, &verdict);
            }
        }
    }
}

/// Random operations, by their seeds, with fragments that are deferred, that were once answered wrongly: of the things
/// behind an interface object the planner asks for what is inside of one type only.
const ONCE_WRONG_IN_PARTS: [u64; 1] = [9419];

#[test]
fn what_was_once_told_wrongly_in_parts_is_right_or_an_error_with_its_code() {
    let world = &mut World::new(&rich::schemas());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    for seed in ONCE_WRONG_IN_PARTS {
        let asked = operation(&world.api, seed, true);
        assert!(world.is_valid(&asked.text), "{}", asked.text);
        for seed in seed..seed + 20 {
            world.data.reseed(seed, 0);
            let whole = world.whole(&asked.text, &asked.variables);
            let (answer, ..) = runtime.block_on(world.ask_in_parts(&asked)).expect("parts");
            if let Some(verdict) = in_any_order(&answer, &whole) {
                is_told(&answer, &whole, &verdict);
            }
        }
    }
}

fn own_schemas() -> Vec<SubgraphSdl> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(own::schemas()).expect("they start")
}

#[test]
fn over_our_own_subgraphs_the_gateway_answers_as_the_whole_would() {
    run("own", &own_schemas(), Mode::Plain, OWN);
}

#[test]
fn over_our_own_subgraphs_what_fails_is_null_and_told_and_all_else_is_right() {
    run("own, failing", &own_schemas(), Mode::Failing, OWN);
}

#[test]
fn over_all_of_federation_the_gateway_answers_as_the_whole_would() {
    run("rich", &rich::schemas(), Mode::Plain, RICH);
}

#[test]
fn over_all_of_federation_what_fails_is_null_and_told_and_all_else_is_right() {
    run("rich, failing", &rich::schemas(), Mode::Failing, RICH);
}

#[test]
fn over_our_own_subgraphs_what_is_deferred_comes_to_the_same_answer() {
    run("own, in parts", &own_schemas(), Mode::InParts, OWN);
}

#[test]
fn over_all_of_federation_what_is_deferred_comes_to_the_same_answer() {
    run("rich, in parts", &rich::schemas(), Mode::InParts, RICH);
}
