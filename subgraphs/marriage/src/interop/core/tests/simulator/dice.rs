//! The dice, and what is counted.

/// SplitMix64: the same everywhere and for ever.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, n: u64) -> u64 {
        self.roll() % n
    }

    pub(super) fn chance(&mut self, in_thousand: u64) -> bool {
        self.below(1000) < in_thousand
    }

    pub(super) fn index(&mut self, n: usize) -> usize {
        self.below(n as u64) as usize
    }
}

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) steps: u64,
    pub(super) married: u64,
    pub(super) marks: u64,
    pub(super) divorced: u64,
    pub(super) aborted: u64,
    pub(super) crashes: u64,
    pub(super) restores: u64,
    pub(super) forced: u64,
}

impl Tally {
    pub(super) fn add(&mut self, more: &Self) {
        self.steps += more.steps;
        self.married += more.married;
        self.marks += more.marks;
        self.divorced += more.divorced;
        self.aborted += more.aborted;
        self.crashes += more.crashes;
        self.restores += more.restores;
        self.forced += more.forced;
    }
}
