//! A seeded, deterministic simulator: four provinces (or the hub and four), fifty persons, dice.
//!
//! One number makes one schedule: who wants what and when, which messages are lost, doubled, late
//! (up to days), which lines are cut one way, whose clock is off by how much, who crashes between
//! which two transactions or two messages, whose disk is replaced by an older copy, who dies. The
//! invariants are looked at after every transaction that wrote something; at the end the network is
//! healed, everything left is delivered, and what must hold at rest is looked at.

mod checks;
mod dice;
mod outside;
mod run;
mod story;

use super::world::{Outside, Province, Wish, uuid};
use crate::interop::core::event::{Fact, Standing};
use crate::interop::core::message::{Ending, Message};
use crate::interop::core::{At, AuthorityId, Broken, PersonId, RecordId, Side, TxnId};
use dice::{Dice, Tally};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};
use uuid::Uuid;

/// Where the story begins: 2026-05-20 in UTC.
const DAWN: At = At(1_779_235_200_000);
const PERSONS: usize = 50;
const WISHES: u64 = 24;

#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "most items are messages")]
enum Item {
    Arrive(AuthorityId, AuthorityId, Message),
    Wake(AuthorityId, Side, Option<TxnId>, u64),
    Begin(usize),
    WalkOut(usize),
    Happen(Happen),
    Fact(usize),
    Paper(usize),
    Crash(AuthorityId),
    Up(AuthorityId),
    Snapshot(AuthorityId),
    Restore(AuthorityId),
    Cut(AuthorityId, AuthorityId),
    Heal(AuthorityId, AuthorityId),
    ClockOff(AuthorityId),
    BreakGlass(AuthorityId),
    Chores(AuthorityId),
}

#[derive(Clone, Copy, Debug)]
enum Happen {
    Death,
    Court,
}

struct Sim {
    dice: Dice,
    now: At,
    broken: Option<Broken>,
    provinces: BTreeMap<AuthorityId, Province>,
    homes: Vec<AuthorityId>,
    wishes: Vec<Wish>,
    facts: Vec<(AuthorityId, Fact, PersonId)>,
    /// Papers entered where neither ledger is kept: where, on which marriage, its notice, and how it ends.
    papers: Vec<(AuthorityId, TxnId, Uuid, Ending)>,
    outside: Outside,
    off: BTreeMap<AuthorityId, i64>,
    down: BTreeSet<AuthorityId>,
    cut: BTreeSet<(AuthorityId, AuthorityId)>,
    copies: BTreeMap<AuthorityId, Province>,
    /// Whose disk was replaced by an older copy, and who has perhaps not heard yet what it has lost.
    behind: BTreeSet<AuthorityId>,
    /// No disk is replaced while another province is [`Self::behind`]: see [`Sim::marry_after_an_unheard_divorce`].
    one_at_a_time: bool,
    queue: BinaryHeap<Reverse<(At, u64)>>,
    items: HashMap<u64, Item>,
    next: u64,
    arrivals: u64,
    wakes: HashMap<(AuthorityId, Side, Option<TxnId>), (u64, u32)>,
    answers: HashMap<(AuthorityId, TxnId), Option<u64>>,
    boots: u64,
    calm: bool,
    listen: bool,
    /// Everything that happens is told on standard output ([`one_schedule_is_told`]).
    told: bool,
    tally: Tally,
}

impl Sim {
    fn new(seed: u64, broken: Option<Broken>) -> Self {
        let mut dice = Dice(seed);
        let mut ids: Vec<_> = [51, 32, 35, 36].map(AuthorityId).into();
        let hub = seed % 8 == 7;
        if hub {
            ids.push(AuthorityId::NATIONAL);
        }
        let homes: Vec<_> = (0..PERSONS)
            .map(|n| {
                if hub {
                    AuthorityId::NATIONAL
                } else {
                    ids[n % 4]
                }
            })
            .collect();
        let mut provinces = BTreeMap::new();
        for id in &ids {
            let mut province = Province::new(*id);
            province.serve(&ids);
            provinces.insert(*id, province);
        }
        for (number, home) in homes.iter().enumerate() {
            let base = match number {
                // Five couples who are married from the start: 40 and 41, 42 and 43, …
                40.. => Standing::Married {
                    record: RecordId(uuid(2, number as u64 / 2)),
                },
                39 => Standing::Disputed,
                38 => Standing::LegacyUnresolved,
                n if n % 3 == 0 => Standing::NoRecord {
                    coverage_from: super::world::day(),
                },
                _ => Standing::Free,
            };
            provinces.get_mut(home).unwrap().settle_person(number, base);
        }
        let mut sim = Self {
            now: DAWN,
            broken,
            provinces,
            homes,
            wishes: Vec::new(),
            facts: Vec::new(),
            papers: Vec::new(),
            outside: Outside::default(),
            off: BTreeMap::new(),
            down: BTreeSet::new(),
            cut: BTreeSet::new(),
            copies: BTreeMap::new(),
            behind: BTreeSet::new(),
            one_at_a_time: false,
            queue: BinaryHeap::new(),
            items: HashMap::new(),
            next: 0,
            arrivals: 0,
            wakes: HashMap::new(),
            answers: HashMap::new(),
            boots: 0,
            calm: false,
            listen: seed.is_multiple_of(64),
            told: false,
            tally: Tally::default(),
            dice: Dice(dice.roll()),
        };
        sim.write_the_story(&ids[..4], &mut dice);
        sim
    }

    fn at(&mut self, at: At, item: Item) {
        self.next += 1;
        self.arrivals += u64::from(matches!(item, Item::Arrive(..)));
        self.queue.push(Reverse((at, self.next)));
        self.items.insert(self.next, item);
    }
}

fn schedule(seed: u64, broken: Option<Broken>) -> Result<Tally, String> {
    let mut sim = Sim::new(seed, broken);
    sim.play().map_err(|why| format!("seed {seed}: {why}"))?;
    Ok(sim.tally)
}

/// Plays them all, and says which failed and how.
fn many(seeds: std::ops::Range<u64>) -> (Tally, Vec<String>) {
    let mut sum = Tally::default();
    let mut failed = Vec::new();
    for seed in seeds {
        match schedule(seed, None) {
            Ok(one) => sum.add(&one),
            Err(why) => {
                println!("{why}");
                failed.push(why);
            }
        }
    }
    (sum, failed)
}

#[test]
fn hundreds_of_schedules_hold_the_invariants_after_every_step_and_at_rest() {
    let (tally, failed) = many(0..400);
    println!("{tally:?}");
    assert_eq!(failed, Vec::<String>::new());
    for (what, count) in [
        ("marriages", tally.married),
        ("divorces", tally.divorced),
        ("aborts", tally.aborted),
        ("crashes", tally.crashes),
        ("restores", tally.restores),
        ("forced aborts", tally.forced),
    ] {
        assert!(count > 5, "hardly any {what}: nothing was tested");
    }
}

/// What each of them was stands with a case of its own: 50470 was an error of the checker
/// (`races::a_mark_that_is_being_replayed…`), 4144 one of the core (`glass::case_60_a_marriage…`),
/// 92117 an alarm by a wrong name (`restores::case_57_a_confirm_that_both_sides_have_lost…`), 31664 a rule that the
/// protocol had not (`freed::case_57_…`), without which it still fails, 35312 and 53600 an ending that was not told again
/// (`restores::case_57_an_ending_is_told_again…`), 89518 another alarm by a wrong name
/// (`restores::an_ending_of_what_was_never_made…`).
#[test]
fn schedules_that_once_failed_hold_the_invariants() {
    for seed in [4_144, 31_664, 35_312, 50_470, 53_600, 89_518, 92_117] {
        schedule(seed, None).unwrap();
    }
    let hasty = schedule(31_664, Some(Broken::HastyFreedom)).unwrap_err();
    assert!(hasty.contains("I-1 two valid marriages"), "{hasty}");
}

#[test]
#[ignore = "100,000 schedules; figures and command in the module doc of `tests`"]
fn a_hundred_thousand_schedules_hold_the_invariants() {
    const ALL: u64 = 100_000;
    let started = std::time::Instant::now();
    let (mut sum, mut failed) = (Tally::default(), Vec::new());
    for part in 0..10 {
        let (tally, failures) = many(part * ALL / 10..(part + 1) * ALL / 10);
        sum.add(&tally);
        failed.extend(failures);
        println!(
            "{} of {ALL}: {sum:?}, {:.0?}",
            (part + 1) * ALL / 10,
            started.elapsed()
        );
    }
    assert_eq!(failed, Vec::<String>::new());
}

/// `MINZHENG_SCHEDULE=50470 … one_schedule_is_told --ignored --nocapture`
#[test]
#[ignore = "tells one schedule, step by step, to whoever wants to know why it failed"]
fn one_schedule_is_told() {
    let seed = std::env::var("MINZHENG_SCHEDULE").unwrap_or_default();
    let mut sim = Sim::new(seed.parse().unwrap_or(0), None);
    sim.told = true;
    sim.play().unwrap();
}

#[test]
fn the_same_seed_is_the_same_schedule() {
    assert_eq!(schedule(5, None), schedule(5, None));
}

#[test]
fn each_broken_rule_is_caught_by_some_schedule() {
    for broken in [
        Broken::SelfExpiringHold,
        Broken::CancelWithoutProof,
        Broken::NoTombstone,
        Broken::NoFence,
        Broken::HastyTakeOver,
        Broken::HastyFreedom,
    ] {
        let caught = (0..5_000).find_map(|seed| schedule(seed, Some(broken)).err());
        println!("{broken:?}: {caught:?}");
        assert!(caught.is_some(), "{broken:?} was not caught");
    }
}

/// A start that never was.
#[test]
fn nobody_serves_before_a_first_start() {
    let province = Province::new(AuthorityId(51));
    assert!(!province.station.serving());
    assert_eq!(province.station.boot, Uuid::nil());
}
