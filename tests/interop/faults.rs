//! Deaths between two given writes, a database of an hour ago, and a clock that is a day off.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::Outcome;
use crate::world::{Couple, Wish, World, single, until};

/// The moments of a message at which a program can die: see `minzheng_marriage::interop::fault`.
const MOMENTS: [&str; 5] = ["said", "heard", "answered", "told", "taken"];
/// The messages of a registration.
const PHASES: [&str; 3] = ["TRY", "COMMIT_LAST", "CONFIRM"];

/// Cases (1)–(10): whoever dies between two writes, the couple ends married on both ledgers or on none.
pub(crate) fn deaths(wish: Wish) -> Outcome {
    let mut world = World::start(Wish {
        faults: true,
        ..wish
    })?;
    let (mut registered, mut slowest) = (0, Duration::ZERO);
    for phase in PHASES {
        for moment in MOMENTS {
            let point = format!("{moment}:{phase}");
            let couple = world.couple()?;
            let took = death(&mut world, &couple, &point)?;
            slowest = slowest.max(took);
            let end = world
                .end(&couple, Duration::from_secs(90))
                .map_err(|why| format!("{point}: {why}"))?;
            registered += usize::from(end == "REGISTERED");
        }
    }
    eprintln!("15 deaths: {registered} registered all the same, slowest recovery {slowest:?}");
    Ok(())
}

/// Presses; waits until somebody has died there, and starts them again. How long it took from the new start to
/// the end of the application.
fn death(world: &mut World, couple: &Couple, point: &str) -> Result<Duration, String> {
    for province in world.provinces.values() {
        province.dies_at(Some(point))?;
    }
    // A press that does not come back may have been done: the end tells.
    let _ = world.press(couple);
    let began = Instant::now();
    let dead = loop {
        let dead: Vec<&'static str> = world
            .provinces
            .values_mut()
            .filter_map(|province| province.is_dead().then_some(province.code))
            .collect();
        if !dead.is_empty() {
            break dead;
        }
        if began.elapsed() > Duration::from_secs(60) {
            return Err(format!(
                "nobody died at {point}: is the program built with --features fault-points?"
            ));
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    for province in world.provinces.values() {
        province.dies_at(None)?;
    }
    let began = Instant::now();
    for code in dead {
        world.kill(code)?;
        world.restart(code)?;
    }
    until(Duration::from_secs(90), || {
        let state = world.state(couple)?;
        if state == "ELIGIBLE" {
            world.press(couple)?;
        }
        Ok(matches!(state.as_str(), "REGISTERED" | "ABORTED"))
    })?;
    Ok(began.elapsed())
}

/// Case (57): whoever is restored from a copy of before a marriage learns of it before anything is written, and
/// nobody is married twice.
pub(crate) fn restores(wish: Wish) -> Outcome {
    let mut world = World::start(wish)?;
    for victim in ["32", "35", "51"] {
        let couple = world.couple()?;
        world.kill(victim)?;
        world.province(victim)?.back_up()?;
        world.restart(victim)?;
        world.serving(victim, Duration::from_secs(90))?;
        world.press(&couple)?;
        let end = world.end(&couple, Duration::from_secs(60))?;
        if end != "REGISTERED" {
            return Err(format!("before the restore of {victim}: {end}"));
        }
        world.kill(victim)?;
        world.province(victim)?.restore()?;
        world.restart(victim)?;
        world.serving(victim, Duration::from_secs(90))?;
        // What was lost is there again: ledgers, record and application.
        let again = world
            .end(&couple, Duration::from_secs(60))
            .map_err(|why| format!("after the restore of {victim}: {why}"))?;
        if again != "REGISTERED" {
            return Err(format!("after the restore of {victim}: {again}"));
        }
        // Another woman for each, who has no application in hand.
        let nth = 100 + victim.parse::<usize>().unwrap_or(0);
        let twice = world.pair(couple.man, ("35", single("35", 1, nth)?))?;
        world.press(&twice)?;
        until(Duration::from_secs(60), || {
            Ok(world.state(&twice)? == "ABORTED")
        })
        .map_err(|why| format!("married twice after the restore of {victim}: {why}"))?;
        let alarms = world.ask(
            victim,
            &format!("supervisor --division {victim}0000"),
            "{ interopAlarms { code } }",
            &json!({}),
        )?;
        let restored = alarms["interopAlarms"]
            .as_array()
            .is_some_and(|all| all.iter().any(|one| one["code"] == "RESTORED"));
        if !restored {
            return Err(format!(
                "nobody is told of the restore of {victim}: {alarms}"
            ));
        }
    }
    Ok(())
}

/// Case (22): a province whose clock is a day off says nothing that is believed, and harms nobody.
pub(crate) fn clocks(wish: Wish) -> Outcome {
    const DAY: i64 = 86_400;
    let mut world = World::start(Wish {
        faults: true,
        ..wish
    })?;
    for (victim, seconds) in [("35", DAY), ("32", -DAY)] {
        let couple = world.couple()?;
        world.kill(victim)?;
        world.province(victim)?.clock_is_wrong_by(seconds);
        world.restart(victim)?;
        world.press(&couple)?;
        std::thread::sleep(Duration::from_secs(3));
        let meanwhile = world.state(&couple)?;
        if !matches!(meanwhile.as_str(), "HOLDING" | "COMMITTING") {
            return Err(format!(
                "{victim} was believed with a clock {seconds} s off: {meanwhile}"
            ));
        }
        world.kill(victim)?;
        world.province(victim)?.clock_is_wrong_by(0);
        world.restart(victim)?;
        let end = world
            .end(&couple, Duration::from_secs(90))
            .map_err(|why| format!("{victim} {seconds} s off, then right: {why}"))?;
        if end != "REGISTERED" {
            return Err(format!("{victim} {seconds} s off, then right: {end}"));
        }
    }
    Ok(())
}
