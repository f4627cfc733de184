//! Ways that fail: cut, held, or open in one direction only.

use std::time::Duration;

use minzheng_tests::Way;

use crate::Outcome;
use crate::world::{Wish, World};

pub(crate) fn partitions(wish: Wish) -> Outcome {
    let world = World::start(wish)?;
    let ways = [("51", "32"), ("51", "35"), ("32", "35"), ("35", "32")];
    for (from, to) in ways {
        for way in [Way::Cut, Way::NoAnswers, Way::Held] {
            let couple = world.couple()?;
            world.way(from, to, way);
            world.press(&couple)?;
            std::thread::sleep(Duration::from_millis(800));
            let meanwhile = world.state(&couple)?;
            world.way(from, to, Way::Open);
            let end = world
                .end(&couple, Duration::from_secs(90))
                .map_err(|why| format!("{from} to {to} {way:?}: {why}"))?;
            // Within the soft expiry a way that is whole again leads to the marriage.
            if end != "REGISTERED" {
                return Err(format!("{from} to {to} {way:?}: {meanwhile}, then {end}"));
            }
        }
    }
    Ok(())
}
