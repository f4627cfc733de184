//! What several rooms do: make numbers that pass, and wait for what an event brings about.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::Outcome;

/// How long an event may take from one subsystem to another.
const PATIENCE: Duration = Duration::from_secs(60);

/// The check character of an identity number (GB 11643-1999).
pub(crate) fn with_check(first_17: &str) -> String {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = first_17
        .chars()
        .zip(WEIGHTS)
        .map(|(c, weight)| c.to_digit(10).unwrap_or(0) * weight)
        .sum();
    let check = "10X98765432"
        .chars()
        .nth((sum % 11) as usize)
        .unwrap_or('0');
    format!("{first_17}{check}")
}

/// Asks again until the `data` of the answer is as it should be.
pub(crate) fn eventually(
    ask: impl Fn() -> Result<Value, String>,
    done: impl Fn(&Value) -> bool,
) -> Outcome {
    let began = Instant::now();
    loop {
        let answer = ask()?;
        if done(&answer["data"]) {
            return Ok(());
        }
        if began.elapsed() > PATIENCE {
            return Err(format!("still after {PATIENCE:?}: {answer}"));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
