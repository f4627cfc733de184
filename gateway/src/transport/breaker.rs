//! A circuit breaker: after several failures in a row a subgraph is left alone for a while, then one
//! request tries it. One per worker and subgraph, so no locks.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// Failures in a row that open it.
const FAILURES: u32 = 5;
/// How long it stays open before one request may try.
const REST: Duration = Duration::from_secs(1);

#[derive(Clone, Copy)]
enum State {
    Closed { failures: u32 },
    Open { until: Instant },
    Trying { until: Instant },
}

pub(super) struct Breaker(Cell<State>);

impl Default for Breaker {
    fn default() -> Self {
        Self(Cell::new(State::Closed { failures: 0 }))
    }
}

impl Breaker {
    /// Whether a request may go out now.
    pub(super) fn admits(&self, now: Instant) -> bool {
        match self.0.get() {
            State::Closed { .. } => true,
            State::Open { until } | State::Trying { until } if now < until => false,
            // The one that tries may get lost (its client left), so the next may try after a while.
            State::Open { .. } | State::Trying { .. } => {
                self.0.set(State::Trying { until: now + REST });
                true
            }
        }
    }

    pub(super) fn succeeded(&self) {
        self.0.set(State::Closed { failures: 0 });
    }

    pub(super) fn failed(&self, now: Instant) {
        let failures = match self.0.get() {
            State::Closed { failures } => failures + 1,
            State::Open { .. } | State::Trying { .. } => FAILURES,
        };
        self.0.set(if failures >= FAILURES {
            State::Open { until: now + REST }
        } else {
            State::Closed { failures }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_failures_in_a_row_open_it_and_one_success_closes_it() {
        let (breaker, start) = (Breaker::default(), Instant::now());
        for _ in 0..4 {
            breaker.failed(start);
        }
        breaker.succeeded();
        for _ in 0..4 {
            breaker.failed(start);
            assert!(breaker.admits(start));
        }
        breaker.failed(start);
        assert!(!breaker.admits(start));
        assert!(!breaker.admits(start + REST - Duration::from_millis(1)));
        assert!(breaker.admits(start + REST), "one may try");
        assert!(!breaker.admits(start + REST), "only one");
        breaker.failed(start + REST);
        assert!(!breaker.admits(start + REST * 2 - Duration::from_millis(1)));
        assert!(breaker.admits(start + REST * 2));
        breaker.succeeded();
        assert!(breaker.admits(start + REST * 2));
    }

    #[test]
    fn a_trial_that_got_lost_does_not_keep_it_open_for_ever() {
        let (breaker, start) = (Breaker::default(), Instant::now());
        for _ in 0..FAILURES {
            breaker.failed(start);
        }
        assert!(breaker.admits(start + REST));
        assert!(breaker.admits(start + REST * 2));
    }
}
