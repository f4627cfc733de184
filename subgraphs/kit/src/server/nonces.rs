//! Which requests were let in already: their nonces, for as long as their signatures are believed.
//!
//! They are kept by the second in which they were made, so that each is forgotten as soon as it could not be shown
//! again. Their number is bounded. Anybody can cause requests of the public, and one that is shown again tells nothing
//! that is not public; so these may fill half of the room only, and officers and citizens go on.

use std::{
    collections::{BTreeMap, HashSet},
    hash::{BuildHasher, RandomState},
};

use super::verify::Refusal;
use crate::contract::SIGNATURE_WINDOW_SECONDS;

/// Nonces that are remembered, about sixteen bytes each: some 66,000 requests a second. Above it requests are refused
/// rather than replays let in.
const MOST: usize = 4_000_000;

/// The nonce of a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nonce<'a> {
    /// The key that it was signed with.
    pub(super) key_id: &'a str,
    pub(super) text: &'a str,
    /// When it was signed, in seconds since 1970; within the window around `now`.
    pub(super) created: u64,
    /// Whether it speaks for nobody in particular.
    pub(super) is_public: bool,
    /// The time, in seconds since 1970.
    pub(super) now: u64,
}

/// The nonces of the last window, as keyed hashes of 64 bits.
pub(super) struct Nonces {
    hasher: RandomState,
    by_second: BTreeMap<u64, HashSet<u64>>,
    count: usize,
    most: usize,
    /// What was made before this second is forgotten. A clock that is set back makes it believable again, and it is
    /// refused all the same.
    forgotten: u64,
}

impl Default for Nonces {
    fn default() -> Self {
        Self::of(MOST)
    }
}

impl Nonces {
    fn of(most: usize) -> Self {
        Self {
            hasher: RandomState::new(),
            by_second: BTreeMap::new(),
            count: 0,
            most,
            forgotten: 0,
        }
    }

    /// Takes a nonce.
    ///
    /// # Errors
    /// [`Refusal::Replay`] when it was taken before, [`Refusal::Stale`] when that is not known any more, and
    /// [`Refusal::Full`] when there is no room.
    pub(super) fn take(&mut self, nonce: &Nonce<'_>) -> Result<(), Refusal> {
        self.forget(nonce.now);
        if nonce.created < self.forgotten {
            return Err(Refusal::Stale);
        }
        let hash = self.hasher.hash_one((nonce.key_id, nonce.text));
        let second = self.by_second.entry(nonce.created).or_default();
        if second.contains(&hash) {
            return Err(Refusal::Replay);
        }
        let room = match nonce.is_public {
            true => self.most / 2,
            false => self.most,
        };
        if self.count >= room {
            return Err(Refusal::Full);
        }
        second.insert(hash);
        self.count += 1;
        Ok(())
    }

    /// Forgets what is believed no more.
    fn forget(&mut self, now: u64) {
        let oldest = now.saturating_sub(SIGNATURE_WINDOW_SECONDS);
        if oldest + 2 * SIGNATURE_WINDOW_SECONDS < self.forgotten {
            // The clock was far ahead, and is right again. Nothing made then is believed now; to go by it would refuse
            // everybody until the same time comes again.
            self.forgotten = oldest;
            let ahead = self
                .by_second
                .split_off(&(now + SIGNATURE_WINDOW_SECONDS + 1));
            self.count -= counted(&ahead);
        }
        if oldest <= self.forgotten {
            return;
        }
        let kept = self.by_second.split_off(&oldest);
        let gone = std::mem::replace(&mut self.by_second, kept);
        self.count -= counted(&gone);
        self.forgotten = oldest;
    }
}

fn counted(by_second: &BTreeMap<u64, HashSet<u64>>) -> usize {
    by_second.values().map(HashSet::len).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn nonce(text: &str, created: u64, now: u64) -> Nonce<'_> {
        Nonce {
            key_id: "k1",
            text,
            created,
            is_public: false,
            now,
        }
    }

    #[test]
    fn no_nonce_passes_twice_while_it_is_believed_whatever_the_clock_does() {
        for created in NOW - 125..NOW + 125 {
            let mut nonces = Nonces::default();
            // Forward second by second, then set back as far as the time service steps, then on.
            let steps = (NOW - 130..NOW + 130)
                .chain(NOW + 95..NOW + 100)
                .chain(NOW + 70..NOW + 130);
            let believed = steps.filter(|now| now.abs_diff(created) <= SIGNATURE_WINDOW_SECONDS);
            let passed = believed.filter(|now| nonces.take(&nonce("a", created, *now)).is_ok());
            assert_eq!(passed.count(), 1, "made at {created}");
        }
    }

    #[test]
    fn a_clock_that_was_a_day_ahead_refuses_nobody_when_it_is_right_again() {
        let mut nonces = Nonces::default();
        let ahead = NOW + 86_400;
        nonces.take(&nonce("a", ahead, ahead)).unwrap();
        nonces.take(&nonce("b", NOW, NOW)).unwrap();
        assert_eq!(nonces.take(&nonce("b", NOW, NOW)), Err(Refusal::Replay));
        assert_eq!(nonces.count, 1, "what was made ahead is forgotten");
    }

    #[test]
    fn the_public_fills_half_of_the_room_and_the_others_go_on() {
        let mut nonces = Nonces::of(10);
        let public = |text| Nonce {
            is_public: true,
            ..nonce(text, NOW, NOW)
        };
        for text in ["1", "2", "3", "4", "5"] {
            nonces.take(&public(text)).unwrap();
        }
        assert_eq!(nonces.take(&public("6")), Err(Refusal::Full));
        for text in ["a", "b", "c", "d", "e"] {
            nonces.take(&nonce(text, NOW, NOW)).unwrap();
        }
        assert_eq!(nonces.take(&nonce("f", NOW, NOW)), Err(Refusal::Full));
        assert_eq!(nonces.take(&nonce("a", NOW, NOW)), Err(Refusal::Replay));
        // A second after the window all of it is forgotten, and no sooner.
        let end = NOW + SIGNATURE_WINDOW_SECONDS;
        assert_eq!(nonces.take(&nonce("f", end, end)), Err(Refusal::Full));
        let over = Nonce {
            is_public: true,
            ..nonce("7", end + 1, end + 1)
        };
        assert_eq!(nonces.take(&over), Ok(()));
    }
}
