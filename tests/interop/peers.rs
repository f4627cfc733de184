//! The demonstration, and what a peer must and must not hear.

use minzheng_tests::{Program, free_port};
use serde_json::json;
use tempfile::TempDir;

use crate::Outcome;
use crate::province::Kind;
use crate::world::{Wish, World, run};

pub(crate) fn story() -> Outcome {
    let folder = TempDir::new().map_err(|error| error.to_string())?;
    let port = free_port().min(60_000).to_string();
    let data = folder.path().to_string_lossy().into_owned();
    let arguments = ["demo", "--once", "--data", &data, "--port", &port];
    let (status, said) = Program::run(&arguments, &[])?;
    for line in [
        "TRY",
        "COMMIT_LAST",
        "CONFIRM",
        "certificate J510118-2026",
        "The story ended right",
    ] {
        if !said.contains(line) {
            return Err(format!("the story does not tell of {line}:\n{said}"));
        }
    }
    if status.success() { Ok(()) } else { Err(said) }
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
    let query = "mutation ($jws: String!) { interopExchange(jws: $jws) }";
    for role in ["citizen", "registrar", "supervisor", "peer"] {
        match world.ask("32", role, query, &json!({ "jws": "nothing" })) {
            Err(why) if why.contains("FORBIDDEN") || why.contains("INTEROP_") => {}
            other => return Err(format!("{role}: {other:?}")),
        }
    }
    Ok(())
}
