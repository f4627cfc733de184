//! The same story by other ways: connections by mutual TLS, and one authority for everybody.

use std::fs;
use std::time::Duration;

use crate::Outcome;
use crate::certificates::{authority, certify};
use crate::province::Kind;
use crate::world::{Wish, World, run, single, until};

/// Provinces speak by TLS with both certificates, and hear nobody who has none, or one of somebody else.
pub(crate) fn mutual_tls() -> Outcome {
    let world = World::start(Wish::of(Kind::Tls))?;
    world.married()?;
    let gate = format!("https://127.0.0.1:{}/graphql", world.provinces["32"].gate);
    let own = world.data("51");
    let asked = || run(&["peer", "add", &gate, "--data", &own.to_string_lossy()]);
    asked().map_err(|why| format!("with its certificate: {why}"))?;
    let peers = own.join("peers");
    let failed = |error: std::io::Error| error.to_string();
    certify(&authority()?, &peers, "client")?;
    if let Ok(said) = asked() {
        return Err(format!("with a stranger's certificate: {said}"));
    }
    fs::remove_file(peers.join("client.pem")).map_err(failed)?;
    if let Ok(said) = asked() {
        return Err(format!("without a certificate: {said}"));
    }
    // And in the clear there is nobody.
    let clear = gate.replace("https:", "http:");
    match run(&["peer", "add", &clear, "--data", &own.to_string_lossy()]) {
        Err(_) => Ok(()),
        Ok(said) => Err(format!("in the clear: {said}")),
    }
}

/// HUB mode: one authority keeps everybody's ledger, the provinces only accept. The same mutations, the same
/// refusals.
pub(crate) fn hub() -> Outcome {
    let mut world = World::start(Wish {
        hub: Some("35"),
        ..Wish::of(Kind::Sqlite)
    })?;
    let (man, woman) = (("32", single("32", 0, 0)?), ("51", single("51", 1, 0)?));
    let couple = world.pair(man, woman)?;
    world.press(&couple)?;
    let ended = |couple, state: &'static str, world: &World| {
        until(
            Duration::from_secs(60),
            || Ok(world.state(couple)? == state),
        )
        .map_err(|why| format!("not {state}: {why}"))
    };
    ended(&couple, "REGISTERED", &world)?;
    // The hub knows: neither is married again, not even to somebody whose number nobody else has seen.
    let twice = world.pair(man, ("51", single("51", 1, 1)?))?;
    world.press(&twice)?;
    ended(&twice, "ABORTED", &world)?;
    // While the hub is dead nothing is decided, and then it is.
    let next = world.pair(("51", single("51", 0, 2)?), ("51", single("51", 1, 2)?))?;
    world.kill("35")?;
    world.press(&next)?;
    std::thread::sleep(Duration::from_secs(2));
    let meanwhile = world.state(&next)?;
    if meanwhile != "COMMITTING" && meanwhile != "HOLDING" {
        return Err(format!("without the hub: {meanwhile}"));
    }
    world.restart("35")?;
    ended(&next, "REGISTERED", &world)
}
