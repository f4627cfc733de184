//! A divorce by consent from one province's counter through the others' ledgers.

use std::time::Duration;

use minzheng_kit::demo::person;
use minzheng_kit::id::derived;
use serde_json::{Value, json};

use crate::Outcome;
use crate::world::{Couple, Wish, World, officer, until};

/// The registries where couples come.
const REGISTRIES: [(&str, &str); 3] = [("51", "510118-2"), ("35", "350103-1"), ("32", "320311-1")];

fn registry(at: &str) -> &'static str {
    REGISTRIES
        .iter()
        .find(|(code, _)| *code == at)
        .map_or("", |(_, registry)| registry)
}

fn apply(world: &World, at: &str, key: &str, couple: &Couple) -> Result<Value, String> {
    let input = json!({ "requestKey": key, "registry": derived("marriage registry", registry(at)),
        "man": person(couple.man.0, couple.man.1).id_number,
        "woman": person(couple.woman.0, couple.woman.1).id_number,
        "bothPresent": true, "agreementSigned": true, "fullCapacity": true });
    world.change(at, "applyDivorce", "ApplyDivorceInput", input)
}

fn seen(world: &World, at: &str, application: &Value) -> Result<Value, String> {
    let query = "query ($id: ID!) { divorceApplication(id: $id) { id version state refusalCode } }";
    let variables = json!({ "id": application["id"] });
    let answer = world.ask(at, &officer(at), query, &variables)?;
    Ok(answer["divorceApplication"].clone())
}

/// Waits for a state and gives the application as it is then.
fn reached(world: &World, at: &str, application: &Value, state: &str) -> Result<Value, String> {
    let mut last = Value::Null;
    until(Duration::from_secs(90), || {
        last = seen(world, at, application)?;
        Ok(last["state"] == state)
    })
    .map_err(|why| format!("{at} was to reach {state} and is at {last}: {why}"))?;
    Ok(last)
}

/// What both ledgers entered last.
fn entered(world: &World, couple: &Couple, event: &str) -> Outcome {
    let query = "{ myMaritalEvents(first: 4) { entry { event } } }";
    until(Duration::from_secs(90), || {
        for (code, n) in [couple.man, couple.woman] {
            let role = format!("citizen --citizen {n}");
            let answer = world.ask(code, &role, query, &json!({}))?;
            let latest = answer["myMaritalEvents"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|one| &one["entry"]["event"])
                .find(|event| **event != "HELD" && **event != "RELEASED");
            if latest != Some(&json!(event)) {
                return Err(format!("{code} says {latest:?}"));
            }
        }
        Ok(true)
    })
    .map_err(|why| format!("not {event} on both ledgers: {why}"))
}

/// D.2 point 8: one application anywhere, one mark on both ledgers, one end on both, whoever dies meanwhile.
pub(crate) fn course(wish: Wish) -> Outcome {
    let mut world = World::start(wish)?;
    let couple = world.married()?;
    let first = apply(&world, "51", "first", &couple)?;
    let open = reached(&world, "51", &first, "COOLING")?;
    entered(&world, &couple, "DIVORCE_APPLIED")?;
    // Why, a counter that serves neither of them is not told.
    for at in ["35", "32"] {
        match apply(&world, at, "second", &couple) {
            Err(why) if why.contains("NO_OPEN_MATTER") => {}
            other => return Err(format!("a second application in {at}: {other:?}")),
        }
    }
    // It is withdrawn while a province is dead, and is off both ledgers once that is back.
    world.kill("35")?;
    let input = json!({ "requestKey": "withdraw", "application": open["id"], "by": "WOMAN" });
    let gone = world.change("51", "withdrawDivorce", "WithdrawDivorceInput", input)?;
    if gone["state"] != "WITHDRAWN" {
        return Err(format!("withdrawn: {gone}"));
    }
    world.restart("35")?;
    entered(&world, &couple, "DIVORCE_APPLICATION_CLOSED")?;
    // Again, now in her province; in the window the other one is dead when the button is pressed.
    let again = apply(&world, "35", "again", &couple)?;
    let open = reached(&world, "35", &again, "COOLING")?;
    entered(&world, &couple, "DIVORCE_APPLIED")?;
    world.kill("35")?;
    world.province("35")?.plays_at("2026-12-28T02:00:00Z");
    world.restart("35")?;
    world.serving("35", Duration::from_secs(90))?;
    let at = registry("35");
    let input = json!({ "requestKey": "ask", "application": open["id"], "version": open["version"],
        "registry": derived("marriage registry", at),
        "registrar": derived("marriage registrar", &format!("{at} 0")), "bothPresent": true });
    let asked = world.change(
        "35",
        "requestDivorceCertificate",
        "RequestDivorceCertificateInput",
        input,
    )?;
    world.kill("32")?;
    let input = json!({ "requestKey": "register", "application": asked["id"], "version": asked["version"],
        "bothWilling": true, "agreementSettled": true });
    let pressed = world.change("35", "registerDivorce", "RegisterDivorceInput", input)?;
    if pressed["state"] != "REGISTERING" {
        return Err(format!("pressed: {pressed}"));
    }
    world.restart("32")?;
    reached(&world, "35", &pressed, "REGISTERED")?;
    entered(&world, &couple, "DIVORCED")?;
    let statuses = [world.status(couple.man)?, world.status(couple.woman)?];
    if statuses != ["DIVORCED", "DIVORCED"] {
        return Err(format!("the ledgers say {statuses:?}"));
    }
    Ok(())
}
