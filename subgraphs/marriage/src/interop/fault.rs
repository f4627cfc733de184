//! Faults that tests bring about in real processes: a death between two given writes, and a clock that is wrong.
//! Compiled only with the feature `fault-points`, which no release has; otherwise nothing happens here.
//!
//! `MINZHENG_FAULT_POINT=MOMENT:PHASE` ends the program (SIGKILL) when it comes to that moment of a message of that
//! phase; `@FILE` instead has the point in a file, which goes with the program, so that a test may name one when
//! the program runs already. Moments: `said` (a question is on file and has not left), `heard` (a question was acted on, its
//! transaction is not committed), `answered` (it is, and the answer has not left), `told` (an answer was acted on
//! and is not committed), `taken` (it is, and what follows has not been said). `MINZHENG_FAULT_CLOCK=SECONDS` moves
//! the clock of messages, tokens and waits.

use chrono::{DateTime, Utc};

/// The instant of messages and waits. Never one that anything safe depends on.
#[must_use]
pub fn now() -> DateTime<Utc> {
    #[cfg(feature = "fault-points")]
    {
        let wrong = std::env::var("MINZHENG_FAULT_CLOCK").ok();
        let wrong = wrong.and_then(|text| text.parse().ok()).unwrap_or(0);
        Utc::now() + chrono::Duration::seconds(wrong)
    }
    #[cfg(not(feature = "fault-points"))]
    Utc::now()
}

/// The program has come to a moment of a message.
#[cfg(feature = "fault-points")]
pub(super) fn reached(moment: &str, phase: &str) {
    let here = format!("{moment}:{phase}");
    let Ok(mut point) = std::env::var("MINZHENG_FAULT_POINT") else {
        return;
    };
    if let Some(file) = point.strip_prefix('@').map(str::to_owned) {
        point = std::fs::read_to_string(&file).unwrap_or_default();
        if point == here {
            let _ = std::fs::remove_file(file);
        }
    }
    if point == here {
        let own = std::process::id().to_string();
        let _ = std::process::Command::new("kill")
            .args(["-KILL", &own])
            .status();
        loop {
            std::thread::park();
        }
    }
}

/// Nothing: there are no faults in a release.
#[cfg(not(feature = "fault-points"))]
pub(super) const fn reached(_: &str, _: &str) {}
