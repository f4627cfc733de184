//! The demonstration, and what a peer must and must not hear.

use std::time::Duration;

use minzheng_tests::{Program, free_port};
use serde_json::json;
use tempfile::TempDir;

use crate::Outcome;
use crate::province::Kind;
use crate::world::{Wish, World, run, single, until};

pub(crate) fn story() -> Outcome {
    let folder = TempDir::new().map_err(|error| error.to_string())?;
    let port = free_port().to_string();
    let data = folder.path().to_string_lossy().into_owned();
    let arguments = ["demo", "--once", "--data", &data, "--port", &port];
    let (status, said) = Program::run(&arguments, &[])?;
    for line in [
        "TRY",
        "COMMIT_LAST",
        "CONFIRM",
        "GRANTED",
        "DECIDED COMMITTED",
        "ABORTED SPOUSE_ON_RECORD",
        "has promised",
        "comes back",
        "certificate J510118-2026",
        "The story ended right",
    ] {
        if !said.contains(line) {
            return Err(format!("the story does not tell of {line}:\n{said}"));
        }
    }
    // Which of the two is asked last depends on who answers first, and so who says no, and how.
    if !["REFUSED", "DECIDED ABORTED"]
        .iter()
        .any(|no| said.contains(no))
    {
        return Err(format!("nobody says no in the story:\n{said}"));
    }
    if status.success() { Ok(()) } else { Err(said) }
}

/// One of a couple again, at another province's counter, in the same second; then somebody whom two counters want at
/// one instant.
pub(crate) fn again(wish: Wish) -> Outcome {
    const PATIENCE: Duration = Duration::from_secs(60);
    let there = ("35", "350103-1");
    let world = World::start(wish)?;
    let first = world.couple()?;
    let second = world.pair_at(there, first.man, ("35", single("35", 1, 60)?))?;
    world.press(&first)?;
    until(PATIENCE, || Ok(world.state(&first)? == "REGISTERED"))?;
    world.press(&second)?;
    until(PATIENCE, || Ok(world.state(&second)? == "ABORTED"))
        .map_err(|why| format!("the second marriage: {why}"))?;
    world.end(&first, PATIENCE)?;
    if world.status(second.woman)? == "MARRIED" {
        return Err("she is married to one who was married already".to_owned());
    }
    for round in 0..4 {
        let man = ("32", single("32", 0, 61 + round)?);
        let woman = |nth: usize| Ok::<_, String>(("35", single("35", 1, 61 + 2 * round + nth)?));
        let here = world.pair(man, woman(0)?)?;
        let elsewhere = world.pair_at(there, man, woman(1)?)?;
        std::thread::scope(|scope| {
            let pressing = scope.spawn(|| world.press(&here));
            world.press(&elsewhere)?;
            pressing.join().map_err(|_| "a thread".to_owned())?
        })?;
        let over = |couple| {
            let state = world.state(couple)?;
            Ok(!matches!(
                state.as_str(),
                "HOLDING" | "COMMITTING" | "ELIGIBLE"
            ))
        };
        until(PATIENCE, || over(&here))?;
        until(PATIENCE, || over(&elsewhere))?;
        let states = [world.state(&here)?, world.state(&elsewhere)?];
        let registered = states.iter().filter(|state| *state == "REGISTERED").count();
        let married = || {
            let both = [world.status(here.woman)?, world.status(elsewhere.woman)?];
            Ok::<_, String>(both.iter().filter(|status| *status == "MARRIED").count())
        };
        until(PATIENCE, || Ok(married()? == registered))?;
        // His province hears of the end by a message of its own, so that it may know later than hers.
        let right = || {
            let his = world.status(man)?;
            Ok(if registered == 1 {
                his == "MARRIED"
            } else {
                his != "MARRIED" && his != "HELD"
            })
        };
        until(PATIENCE, right).map_err(|why| format!("{states:?}, and he: {why}"))?;
        if registered > 1 {
            return Err(format!("{states:?}"));
        }
    }
    Ok(())
}

pub(crate) fn conformance() -> Outcome {
    let world = World::start(Wish::of(Kind::Standalone))?;
    let own = world.data("51").to_string_lossy().into_owned();
    for code in ["32", "35"] {
        let said = run(&["peer", "check", &world.endpoint(code), "--data", &own])?;
        if said.contains("  WRONG  ")
            || !said.contains("CANCEL with the decision leaves a tombstone")
        {
            return Err(said);
        }
    }
    let said = run(&["peer", "log", "--data", &own])?;
    if !said.contains("chain whole") || said.contains("BROKEN") {
        return Err(said);
    }
    let said = run(&["peer", "add", &world.endpoint("32"), "--data", &own])?;
    if !said.contains("not trusted yet") {
        return Err(said);
    }
    // A citizen, an officer and nobody speak for no province.
    let query = "mutation InteropExchange($jws: String!) { interopExchange(jws: $jws) }";
    for role in ["citizen", "registrar", "supervisor", "peer"] {
        match world.ask("32", role, query, &json!({ "jws": "nothing" })) {
            Err(why) if why.contains("FORBIDDEN") || why.contains("INTEROP_") => {}
            other => return Err(format!("{role}: {other:?}")),
        }
    }
    // And a peer asks nothing else.
    match world.ask("32", "peer", "{ interopStation { epoch } }", &json!({})) {
        Err(why) if why.contains("DOCUMENT_NOT_TRUSTED") => Ok(()),
        other => Err(format!("another document: {other:?}")),
    }
}
