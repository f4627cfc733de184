//! `kill -9` at any moment between pressing the button and the end, and a start on what the disk has.

use std::time::{Duration, Instant};

use crate::Outcome;
use crate::world::{CODES, Wish, World, until};

/// Rounds when nobody asks for more.
const FEW: usize = 6;

pub(crate) fn rounds(wish: Wish) -> Outcome {
    let rounds: usize = std::env::var("MINZHENG_INTEROP_ROUNDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(FEW);
    let mut world = World::start(wish)?;
    let mut seed: u64 = std::env::var("MINZHENG_INTEROP_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(0x1f3d)
        | 1;
    eprintln!("{rounds} rounds of seed {seed}");
    let (mut registered, mut aborted, mut slowest) = (0, 0, Duration::ZERO);
    for round in 0..rounds {
        // A fresh world where the single persons of the demonstration run out.
        if round > 0 && round % 250 == 0 {
            drop(world);
            world = World::start(wish)?;
        }
        let victim = CODES[round % CODES.len()];
        let after = Duration::from_micros(next(&mut seed) % 250_000);
        let couple = world.couple()?;
        std::thread::scope(|scope| {
            // A press that does not come back may have been done: the end tells.
            let pressing = scope.spawn(|| world.press(&couple));
            std::thread::sleep(after);
            if let Some(province) = world.provinces.get(victim) {
                province.strike();
            }
            let _ = pressing.join();
        });
        world.kill(victim)?;
        let began = Instant::now();
        world.restart(victim)?;
        // One that was never done is pressed again, under the same key.
        until(Duration::from_secs(60), || {
            if world.state(&couple)? == "ELIGIBLE" {
                world.press(&couple)?;
            }
            Ok(true)
        })?;
        let end = world
            .end(&couple, Duration::from_secs(120))
            .map_err(|why| format!("round {round}, {victim} killed after {after:?}: {why}"))?;
        slowest = slowest.max(began.elapsed());
        match end.as_str() {
            "REGISTERED" => registered += 1,
            _ => aborted += 1,
        }
        if (round + 1) % 50 == 0 {
            eprintln!(
                "{} rounds: {registered} registered, {aborted} aborted, slowest recovery {slowest:?}",
                round + 1
            );
        }
    }
    eprintln!(
        "{rounds} rounds: {registered} registered, {aborted} aborted, 0 violations, slowest recovery {slowest:?} (start included)"
    );
    Ok(())
}

/// A small generator (xorshift): a seed that is printed repeats a run's choices.
fn next(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed
}
