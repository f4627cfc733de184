//! A seeded, deterministic simulator: four provinces (or the hub and four), fifty persons, dice.
//!
//! One number makes one schedule: who wants what and when, which messages are lost, doubled, late
//! (up to days), which lines are cut one way, whose clock is off by how much, who crashes between
//! which two transactions or two messages, whose disk is replaced by an older copy, who dies. The
//! invariants are looked at after every transaction that wrote something; at the end the network is
//! healed, everything left is delivered, and what must hold at rest is looked at.

use super::super::event::{
    AuthorityEvent, CoordinatorEvent, Entry, FactKind, Log, Row, Standing, StationEvent,
};
use super::super::message::{Act, Ending, Message, roles};
use super::super::{Alarm, At, AuthorityId, Broken, Effect, PersonId, RecordId, Side, Span, TxnId};
use super::world::{
    Left, Outside, Province, Step, Wish, court, fact, identity, token, txn, unrest, uuid, violation,
};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};
use uuid::Uuid;

/// Where the story begins: 2026-05-20 in UTC.
const DAWN: At = At(1_779_235_200_000);
const PERSONS: usize = 50;
const WISHES: u64 = 24;

/// SplitMix64: the same everywhere and for ever.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.roll() % n
    }

    fn chance(&mut self, in_thousand: u64) -> bool {
        self.below(1000) < in_thousand
    }

    fn index(&mut self, n: usize) -> usize {
        self.below(n as u64) as usize
    }
}

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

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    steps: u64,
    married: u64,
    marks: u64,
    divorced: u64,
    aborted: u64,
    crashes: u64,
    restores: u64,
    forced: u64,
}

impl Tally {
    fn add(&mut self, more: &Self) {
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

struct Sim {
    dice: Dice,
    now: At,
    broken: Option<Broken>,
    provinces: BTreeMap<AuthorityId, Province>,
    homes: Vec<AuthorityId>,
    wishes: Vec<Wish>,
    facts: Vec<(AuthorityId, super::super::event::Fact, PersonId)>,
    /// Papers entered where neither ledger is kept: where, on which marriage, its notice, and how it ends.
    papers: Vec<(AuthorityId, TxnId, Uuid, Ending)>,
    outside: Outside,
    off: BTreeMap<AuthorityId, i64>,
    down: BTreeSet<AuthorityId>,
    cut: BTreeSet<(AuthorityId, AuthorityId)>,
    copies: BTreeMap<AuthorityId, Province>,
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

    /// Who wants what and when, and what goes wrong on purpose.
    fn write_the_story(&mut self, accepting: &[AuthorityId], dice: &mut Dice) {
        let ids: Vec<_> = self.provinces.keys().copied().collect();
        let span = 40 * 60_000;
        for number in 1..=WISHES {
            let at = DAWN.plus(Span(dice.below(span) as i64));
            let wish = self.a_wish(number, at, accepting, dice);
            let index = self.wishes.len();
            self.wishes.push(wish);
            self.at(at, Item::Begin(index));
            if dice.chance(80) {
                self.at(
                    at.plus(Span(dice.below(20_000) as i64)),
                    Item::WalkOut(index),
                );
            }
        }
        let sometime = |dice: &mut Dice| DAWN.plus(Span(dice.below(2 * span) as i64));
        for _ in 0..dice.below(4) {
            let happen = if dice.chance(500) {
                Happen::Death
            } else {
                Happen::Court
            };
            let at = sometime(dice);
            self.at(at, Item::Happen(happen));
        }
        for _ in 0..dice.below(4) {
            let at = sometime(dice);
            self.at(at, Item::Crash(ids[dice.index(ids.len())]));
        }
        for _ in 0..dice.below(3) {
            let id = ids[dice.index(ids.len())];
            let copy = sometime(dice);
            self.at(copy, Item::Snapshot(id));
            let later = copy.plus(Span(dice.below(span) as i64));
            self.at(later, Item::Restore(id));
        }
        for _ in 0..dice.below(5) {
            let (one, other) = (ids[dice.index(ids.len())], ids[dice.index(ids.len())]);
            let at = sometime(dice);
            self.at(at, Item::Cut(one, other));
            let long = dice.chance(200);
            let hours = if long { 30 } else { 1 };
            let least = if long { 26 * 3_600_000 } else { 0 };
            let end = at.plus(Span((least + dice.below(hours * 3_600_000 - least)) as i64));
            self.at(end, Item::Heal(one, other));
            if long {
                self.at(DAWN.plus(Span::hours(26)), Item::BreakGlass(one));
                self.at(DAWN.plus(Span::hours(26)), Item::BreakGlass(other));
            }
        }
        let besieged = dice.chance(400).then(|| dice.index(self.wishes.len()));
        if let Some(index) = besieged {
            self.besiege(index, dice);
        }
        for _ in 0..dice.below(3) {
            let at = sometime(dice);
            self.at(at, Item::ClockOff(ids[dice.index(ids.len())]));
        }
        for id in ids {
            self.at(DAWN.plus(Span::minutes(30)), Item::Chores(id));
        }
        if let Some(index) = besieged
            && dice.chance(700)
        {
            self.replace_the_deciders_disk(index, dice);
        }
        if besieged.is_none() && dice.chance(250) {
            self.marry_after_an_unheard_divorce(accepting, dice);
        }
    }

    /// Somebody whose divorce nobody but its decider may have heard of marries another at once; then the decider's
    /// disk is replaced by one of before the divorce.
    fn marry_after_an_unheard_divorce(&mut self, accepting: &[AuthorityId], dice: &mut Dice) {
        let divorces = |wish: &&Wish| matches!(wish.act, Act::Divorce { .. });
        let Some(divorce) = self.wishes.iter().find(divorces).cloned() else {
            return;
        };
        let [(one, first), (other, second)] = divorce.parties;
        let (da, _) = roles(divorce.txn, one, other);
        let freed = if one == da { first } else { second };
        let begun = At(divorce.txn.begun().unwrap().0);
        self.at(begun, Item::Snapshot(da));
        let cut = begun.plus(Span(dice.below(6_000) as i64));
        let healed = cut.plus(Span(dice.below(3_600_000) as i64));
        for to in self.provinces.keys().copied().collect::<Vec<_>>() {
            let quiet = [one, other, divorce.coordinator].contains(&to);
            if quiet && to != da {
                self.at(cut, Item::Cut(da, to));
                self.at(healed, Item::Heal(da, to));
            }
        }
        let at = cut.plus(Span(dice.below(600_000) as i64));
        let (number, spouse) = (WISHES + 1, dice.index(12));
        let pair = [self.homes[freed], self.homes[spouse]];
        let decides = pair[dice.index(2)];
        self.at(at, Item::Begin(self.wishes.len()));
        self.wishes.push(Wish {
            txn: txn(at, number, pair, decides),
            act: Act::Marry {
                record: RecordId(uuid(1, number)),
            },
            coordinator: accepting[dice.index(4)],
            parties: [(pair[0], freed), (pair[1], spouse)],
            routing_epoch: 1,
        });
        let later = at.plus(Span(dice.below(1_200_000) as i64));
        self.at(later, Item::Restore(da));
    }

    /// A decider that is cut off starts from a copy of before the transaction: it hears of its own commit, and of
    /// what two officers freed meanwhile, when the lines are whole again.
    fn replace_the_deciders_disk(&mut self, index: usize, dice: &mut Dice) {
        let wish = &self.wishes[index];
        let (da, ha) = roles(wish.txn, wish.parties[0].0, wish.parties[1].0);
        let (Some(ha), home) = (ha, wish.coordinator) else {
            return;
        };
        let begun = At(wish.txn.begun().unwrap().0);
        self.at(begun, Item::Snapshot(da));
        // Perhaps the coordinator knows, and the holder does not hear of it.
        let cut = begun.plus(Span(dice.below(16_000) as i64));
        self.at(cut, Item::Cut(home, ha));
        self.at(DAWN.plus(Span::hours(27)), Item::Heal(home, ha));
        let later = begun.plus(Span(16_000 + dice.below(3_600_000) as i64));
        self.at(later, Item::Restore(da));
    }

    /// A decider is cut off from the two others for a day, from some moment in the middle of a
    /// transaction on; then two officers of the holder act.
    fn besiege(&mut self, index: usize, dice: &mut Dice) {
        let wish = &self.wishes[index];
        let (da, ha) = roles(wish.txn, wish.parties[0].0, wish.parties[1].0);
        let (Some(ha), home) = (ha, wish.coordinator) else {
            return;
        };
        let begun = At(wish.txn.begun().unwrap().0);
        for (from, to) in [(da, ha), (ha, da), (da, home), (home, da)] {
            let at = begun.plus(Span(dice.below(16_000) as i64));
            self.at(at, Item::Cut(from, to));
            self.at(DAWN.plus(Span::hours(27)), Item::Heal(from, to));
        }
        self.at(DAWN.plus(Span::hours(26)), Item::BreakGlass(ha));
    }

    fn a_wish(&self, number: u64, at: At, accepting: &[AuthorityId], dice: &mut Dice) -> Wish {
        let coordinator = accepting[dice.index(4)];
        let (one, other, act) = if dice.chance(300) {
            let couple = 20 + dice.below(5);
            let record = RecordId(uuid(2, couple));
            // What was applied for may be withdrawn while it is registered.
            let applied: Vec<_> = (self.wishes.iter())
                .filter_map(|wish| match wish.act {
                    Act::ApplyDivorce {
                        record: of,
                        application,
                    } if of == record => Some(application),
                    _ => None,
                })
                .collect();
            let new = RecordId(uuid(3, number));
            let application = match applied.len() {
                0 => new,
                n => applied[dice.index(n)],
            };
            let act = match dice.below(4) {
                0 | 1 => Act::ApplyDivorce {
                    record,
                    application: new,
                },
                2 => Act::WithdrawDivorce {
                    record,
                    application,
                },
                _ => Act::Divorce {
                    record,
                    application,
                },
            };
            (couple as usize * 2, couple as usize * 2 + 1, act)
        } else {
            // A crowd of twelve wants one another; the others are mostly left alone.
            let crowd = if dice.chance(700) { 12 } else { PERSONS };
            let act = Act::Marry {
                record: RecordId(uuid(1, number)),
            };
            let one = dice.index(crowd);
            (one, (one + 1 + dice.index(crowd - 1)) % crowd, act)
        };
        let pair = [self.homes[one], self.homes[other]];
        let da = pair[dice.index(2)];
        Wish {
            txn: txn(at, number, pair, da),
            act,
            coordinator,
            parties: [(pair[0], one), (pair[1], other)],
            routing_epoch: 1,
        }
    }

    fn at(&mut self, at: At, item: Item) {
        self.next += 1;
        self.arrivals += u64::from(matches!(item, Item::Arrive(..)));
        self.queue.push(Reverse((at, self.next)));
        self.items.insert(self.next, item);
    }

    fn clock(&self, id: AuthorityId) -> At {
        self.now.plus(Span(self.off.get(&id).copied().unwrap_or(0)))
    }

    /// Runs these transactions one after the other; a crash may come between any two.
    fn run(&mut self, id: AuthorityId, steps: Vec<Step>) -> Result<(), String> {
        for step in steps {
            if self.down.contains(&id) {
                return Ok(());
            }
            if !self.calm && self.dice.chance(3) {
                return self.crash(id);
            }
            self.tally.steps += 1;
            let now = self.clock(id);
            if matches!(step, Step::Station(StationEvent::Start { .. })) {
                self.outside.asleep.remove(&id);
            }
            self.tell(|| format!("{id} does {step:?}"));
            let province = self.provinces.get_mut(&id).unwrap();
            let was_serving = province.station.serving();
            let left = province.run(step, now, self.broken);
            let serves = province.station.serving();
            self.tell(|| format!("{id} leaves {:?}", left.out));
            if left.wrote
                && let Some(rule) = violation(self.provinces.values(), &self.outside)
            {
                return Err(format!("{rule}; last: {}", self.who_is_married_twice()));
            }
            self.carry_out(id, left)?;
            if serves && !was_serving {
                self.wake_everything(id);
            }
        }
        Ok(())
    }

    fn tell(&self, what: impl FnOnce() -> String) {
        if self.told {
            println!("{:>12} {}", self.now.0 - DAWN.0, what());
        }
    }

    /// For a reader of a failed schedule: the ledgers in which two marriages stand.
    fn who_is_married_twice(&self) -> String {
        let ledgers = self.provinces.values().flat_map(|p| p.persons.values());
        let twice = ledgers.filter(|l| l.marriages().iter().filter(|m| !m.ended).count() > 1);
        let told: Vec<_> = twice
            .flat_map(|l| &l.entries)
            .map(|w| format!("{} {:?} {:?} {:?}", w.seq, w.entry, w.record, w.txn))
            .collect();
        told.join("; ")
    }

    fn carry_out(&mut self, id: AuthorityId, left: Left) -> Result<(), String> {
        for effect in left.out {
            match effect {
                Effect::Send { to, message } => {
                    // What was written is written; what was not sent is lost.
                    if !self.calm && self.dice.chance(3) {
                        return self.crash(id);
                    }
                    self.overhear(id, to, &message)?;
                    self.send(id, to, message);
                }
                Effect::Again { txn, side, after } => self.wake(id, side, txn, after),
                Effect::Alarm { what, .. } => self.judge_alarm(what)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Alarms that no fault of this world may raise: nobody leaves a peer out, nobody forges.
    fn judge_alarm(&mut self, what: Alarm) -> Result<(), String> {
        match what {
            Alarm::NoSuchHold
            | Alarm::FenceMismatch
            | Alarm::Contradiction
            | Alarm::KeyReused
            | Alarm::NotAParty => Err(format!("an alarm that must not be: {what:?}")),
            Alarm::GlassBroken => {
                self.tally.forced += 1;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// I-9: a message names nobody. I-10: the same request has the same answer.
    fn overhear(
        &mut self,
        from: AuthorityId,
        to: AuthorityId,
        message: &Message,
    ) -> Result<(), String> {
        if self.listen {
            let text = serde_json::to_string(message).map_err(|e| e.to_string())?;
            if text.contains("token:") {
                return Err("I-9 a message with a person's token".to_owned());
            }
            let back: Message = serde_json::from_str(&text).map_err(|e| e.to_string())?;
            if back != *message {
                return Err("a message that does not survive its own writing".to_owned());
            }
        }
        let answer = match message {
            Message::Granted { grant } => (grant.body.txn, Some(grant.body.fence)),
            Message::Refused { txn, .. }
                if self.provinces[&to].logs.get(txn).and_then(|l| l.plan.ha) == Some(from) =>
            {
                (*txn, None)
            }
            _ => return Ok(()),
        };
        let known = self.answers.entry((from, answer.0)).or_insert(answer.1);
        let forced = matches!(
            self.provinces[&from].rows.get(&answer.0),
            Some(Row::Forced { .. })
        );
        if *known != answer.1 && !forced {
            return Err("I-10 another answer to the same request".to_owned());
        }
        Ok(())
    }

    fn send(&mut self, from: AuthorityId, to: AuthorityId, message: Message) {
        if from == to {
            // Within a province: another transaction, at once or after a crash never.
            return self.at(self.now, Item::Arrive(from, to, message));
        }
        let copies = if self.calm {
            1
        } else {
            match self.dice.below(100) {
                0..12 => 0,
                12..24 => 2,
                _ => 1,
            }
        };
        for _ in 0..copies {
            let late = match self.dice.below(1000) {
                _ if self.calm => self.dice.below(200),
                0..5 => self.dice.below(3 * 24 * 3_600_000),
                5..60 => self.dice.below(20 * 60_000),
                _ => self.dice.below(4_000),
            };
            let at = self.now.plus(Span(late as i64));
            self.at(at, Item::Arrive(from, to, message.clone()));
        }
    }

    fn wake(&mut self, id: AuthorityId, side: Side, txn: Option<TxnId>, after: Span) {
        let (turn, tries) = self.wakes.entry((id, side, txn)).or_insert((0, 0));
        *turn += 1;
        *tries += 1;
        let backing_off = after.0 << (*tries).min(6);
        let turn = *turn;
        let jitter = self.dice.below(1_000) as i64;
        let at = self.now.plus(Span(backing_off + jitter));
        self.at(at, Item::Wake(id, side, txn, turn));
    }

    fn crash(&mut self, id: AuthorityId) -> Result<(), String> {
        if self.down.insert(id) {
            self.tally.crashes += 1;
            self.wakes.retain(|(of, ..), _| *of != id);
            let back = self.now.plus(Span(self.dice.below(120_000) as i64));
            self.at(back, Item::Up(id));
        }
        Ok(())
    }

    /// A start has come to its end: every unfinished row goes on.
    fn wake_everything(&mut self, id: AuthorityId) {
        let province = &self.provinces[&id];
        let rows = province
            .rows
            .iter()
            .filter_map(|(txn, row)| row.asks().map(|_| (Side::Authority, *txn)));
        let logs = province.logs.iter();
        let logs = logs.filter(|(_, log)| !log.closed());
        let logs = logs.map(|(txn, _)| (Side::Coordinator, *txn));
        let open: Vec<_> = rows.chain(logs).collect();
        for (side, txn) in open {
            self.wakes.remove(&(id, side, Some(txn)));
            self.wake(id, side, Some(txn), Span(0));
        }
        for index in 0..self.facts.len() {
            self.at(self.now, Item::Fact(index));
        }
        for index in 0..self.papers.len() {
            self.at(self.now, Item::Paper(index));
        }
    }

    fn process(&mut self, item: Item) -> Result<(), String> {
        match item {
            Item::Arrive(from, to, message) => {
                self.arrivals -= 1;
                if self.down.contains(&to) || self.cut.contains(&(from, to)) {
                    return Ok(());
                }
                let steps = self.provinces[&to].steps(from, &message);
                self.run(to, steps)
            }
            Item::Wake(id, side, txn, turn) => {
                let current = self.wakes.get(&(id, side, txn)).map(|(turn, _)| *turn);
                if current != Some(turn) {
                    return Ok(());
                }
                let step = match (side, txn) {
                    (Side::Authority, Some(txn)) => Step::Authority(txn, AuthorityEvent::Due),
                    (Side::Coordinator, Some(txn)) => Step::Coordinator(txn, CoordinatorEvent::Due),
                    _ => Step::Station(StationEvent::Due),
                };
                self.run(id, vec![step])
            }
            Item::Begin(index) => {
                let wish = &self.wishes[index];
                let step = Step::Coordinator(wish.txn, wish.begin());
                self.run(wish.coordinator, vec![step])
            }
            Item::WalkOut(index) => {
                let wish = &self.wishes[index];
                let step = Step::Coordinator(wish.txn, CoordinatorEvent::WalkOut);
                self.run(wish.coordinator, vec![step])
            }
            Item::Happen(what) => {
                self.happen(what);
                Ok(())
            }
            Item::Fact(index) => self.bring_fact(index),
            Item::Paper(index) => self.bring_paper(index),
            Item::Crash(id) => self.crash(id),
            Item::Up(id) => self.up(id),
            Item::Snapshot(id) => {
                self.copies.insert(id, self.provinces[&id].clone());
                Ok(())
            }
            Item::Restore(id) => self.restore(id),
            Item::Cut(from, to) => {
                if from != to {
                    self.cut.insert((from, to));
                }
                Ok(())
            }
            Item::Heal(from, to) => {
                self.cut.remove(&(from, to));
                Ok(())
            }
            Item::ClockOff(id) => {
                let day = 24 * 3_600_000;
                let off = self.dice.below(2 * day) as i64 - day as i64;
                self.off.insert(id, off);
                Ok(())
            }
            Item::BreakGlass(id) => self.break_glass(id),
            Item::Chores(id) => self.chores(id),
        }
    }

    fn up(&mut self, id: AuthorityId) -> Result<(), String> {
        self.down.remove(&id);
        self.boots += 1;
        let start = StationEvent::Start {
            boot: uuid(8, self.boots),
            peers: self.provinces.keys().copied().collect(),
        };
        self.run(id, vec![Step::Station(start)])
    }

    fn restore(&mut self, id: AuthorityId) -> Result<(), String> {
        let Some(copy) = self.copies.remove(&id) else {
            return Ok(());
        };
        self.tally.restores += 1;
        self.wakes.retain(|(of, ..), _| *of != id);
        self.answers.retain(|(of, _), _| *of != id);
        self.provinces.insert(id, copy);
        self.outside.asleep.insert(id);
        self.up(id)
    }

    /// Somebody dies, or a court writes; the feeds of the ledgers concerned will bring it.
    fn happen(&mut self, what: Happen) {
        let mut couples = Vec::new();
        for (home, province) in &self.provinces {
            for (person, ledger) in &province.persons {
                for marriage in ledger.marriages().iter().filter(|m| !m.ended) {
                    couples.push((*home, person.clone(), marriage.record));
                }
            }
        }
        let made = |record| self.wishes.iter().find(|w| w.act == Act::Marry { record });
        let number = 100 + (self.facts.len() + self.papers.len()) as u64;
        match what {
            Happen::Court => {
                let ours: Vec<_> = couples
                    .into_iter()
                    .filter(|c| made(c.2).is_some())
                    .collect();
                if ours.is_empty() {
                    return;
                }
                let (_, _, record) = ours[self.dice.index(ours.len())];
                self.tell_both(number, record, court(record), None);
            }
            Happen::Death => {
                // Not of those married before the story: no transaction made their marriages.
                let who = self.dice.index(38);
                let home = self.homes[who];
                let person = token(&identity(home, who));
                let record = couples.into_iter().find(|c| c.1 == person).map(|c| c.2);
                match record {
                    Some(record) => self.tell_both(number, record, FactKind::Died, Some(who)),
                    None => {
                        self.facts
                            .push((home, fact(number, FactKind::Died, None), person));
                        self.at(self.now, Item::Fact(self.facts.len() - 1));
                    }
                }
            }
        }
    }

    /// The feed of one party's province; the spouse's own feed when it is the same province.
    fn tell_both(&mut self, number: u64, record: RecordId, what: FactKind, dead: Option<usize>) {
        let wish = self.wishes.iter().find(|w| w.act == Act::Marry { record });
        let Some(wish) = wish.cloned() else { return };
        self.outside.over.insert(record);
        let first = match dead {
            Some(who) => usize::from(wish.parties[1].1 == who),
            None => self.dice.index(2),
        };
        let ((home, one), (other_home, other)) = (wish.parties[first], wish.parties[1 - first]);
        let mut others = BTreeSet::from([other_home, wish.coordinator]);
        others.remove(&home);
        // Some papers are brought to the registry that had registered it, where neither ledger is kept.
        let apart = ![home, other_home].contains(&wish.coordinator);
        if let (FactKind::Ended { ending, .. }, true, true) =
            (what, apart, number.is_multiple_of(3))
        {
            let paper = (wish.coordinator, wish.txn, uuid(7, number), ending);
            self.papers.push(paper);
            return self.at(self.now, Item::Paper(self.papers.len() - 1));
        }
        let tell: Vec<_> = others.iter().map(|other| (*other, wish.txn)).collect();
        let person = token(&identity(home, one));
        self.facts.push((home, fact(number, what, tell), person));
        self.at(self.now, Item::Fact(self.facts.len() - 1));
        if home == other_home {
            let what = match what {
                FactKind::Died => FactKind::Ended {
                    record,
                    ending: Ending::SpouseDied,
                },
                ended => ended,
            };
            let person = token(&identity(home, other));
            self.facts
                .push((home, fact(number + 1000, what, None), person));
            self.at(self.now, Item::Fact(self.facts.len() - 1));
        }
    }

    /// A feed delivers at least once and in the end; what is in the ledger is not entered again.
    ///
    /// A paper on a marriage is brought when the ledger has the marriage, which says whom to tell. It
    /// may never: when the disks of both authorities were replaced before either had told the other
    /// what it held, and the coordinator was one of them, nobody is left who knows of it but the
    /// national base.
    fn bring_fact(&mut self, index: usize) -> Result<(), String> {
        let (home, mut fact, person) = self.facts[index].clone();
        let wed =
            (fact.tell.first()).and_then(|(_, txn)| self.wishes.iter().find(|w| w.txn == *txn));
        let record = match fact.what {
            FactKind::Ended { record, .. } => Some(record),
            FactKind::Died => wed.map(|wish| wish.act.record()),
        };
        let ledger = &self.provinces[&home].persons[&person];
        let known = record.is_none_or(|of| ledger.marriages().iter().any(|m| m.record == of));
        if !known {
            if matches!(fact.what, FactKind::Ended { .. }) {
                self.at(self.now.plus(Span::minutes(7)), Item::Fact(index));
                return Ok(());
            }
            fact.tell.clear();
        }
        let there = |sim: &Self| {
            let ledger = &sim.provinces[&home].persons[&person];
            match fact.what {
                FactKind::Died => ledger.has(Entry::Died),
                FactKind::Ended { record, ending } => ledger
                    .entries
                    .iter()
                    .any(|w| w.entry == Entry::Ended(ending) && w.record == Some(record)),
            }
        };
        if !there(self) {
            self.run(home, vec![Step::Fact(fact.clone(), person.clone())])?;
        }
        if !there(self) {
            self.at(self.now.plus(Span::minutes(7)), Item::Fact(index));
        }
        Ok(())
    }

    /// Officers enter it where they have the record, again where a restore has lost it.
    fn bring_paper(&mut self, index: usize) -> Result<(), String> {
        let (home, txn, id, ending) = self.papers[index];
        let known = |sim: &Self| {
            let mut told = sim.provinces[&home].tellings.keys();
            told.any(|(notice, _)| *notice == id)
        };
        if !known(self) {
            let paper = CoordinatorEvent::Ended {
                id,
                ending,
                effective_on: super::world::day(),
            };
            self.run(home, vec![Step::Coordinator(txn, paper)])?;
            if known(self) {
                // The service that took the paper ends the record itself.
                let province = self.provinces.get_mut(&home).unwrap();
                province.over.insert(txn);
            }
        }
        let record = self.provinces[&home].registered.contains_key(&txn);
        if !known(self) && record {
            self.at(self.now.plus(Span::minutes(7)), Item::Paper(index));
        }
        Ok(())
    }

    fn break_glass(&mut self, id: AuthorityId) -> Result<(), String> {
        let held: Vec<_> = self.provinces[&id]
            .rows
            .iter()
            .filter_map(|(txn, row)| match row {
                Row::Held { hold } => Some((*txn, hold.plan.da)),
                _ => None,
            })
            .collect();
        for (txn, stated_by) in held {
            let event = AuthorityEvent::BreakGlass {
                officers: ["one".to_owned(), "other".to_owned()],
                statement: "paper 1".to_owned(),
                stated_by,
            };
            self.run(id, vec![Step::Authority(txn, event)])?;
        }
        Ok(())
    }

    /// What the shell does now and then: notices again, and the upload.
    fn chores(&mut self, id: AuthorityId) -> Result<(), String> {
        if !self.down.contains(&id) && self.provinces[&id].station.serving() {
            for (to, message) in self.provinces[&id].untold() {
                self.send(id, to, message);
            }
            let waiting = self.provinces[&id].logs.values();
            let waiting: Vec<_> = waiting
                .filter(|log| log.verdict.is_some() && !log.uploaded)
                .map(|log| log.plan.txn)
                .collect();
            for txn in waiting {
                self.run(id, vec![Step::Coordinator(txn, CoordinatorEvent::Uploaded)])?;
            }
        }
        self.at(self.now.plus(Span::minutes(47)), Item::Chores(id));
        Ok(())
    }

    fn play(&mut self) -> Result<(), String> {
        let end = DAWN.plus(Span::hours(30));
        let mut spent = 0_u32;
        while let Some(Reverse((at, key))) = self.queue.pop() {
            let Some(item) = self.items.remove(&key) else {
                continue;
            };
            self.now = self.now.max(at);
            if !matches!(item, Item::Arrive(..) | Item::Wake(..) | Item::Chores(_)) {
                self.tell(|| format!("{item:?}"));
            }
            if self.now > end && !self.calm {
                self.calm_down()?;
            }
            self.process(item)?;
            if self.calm {
                spent += 1;
                let closed = |p: &Province| p.logs.values().all(Log::closed);
                if self.arrivals == 0
                    && spent.is_multiple_of(8)
                    && unrest(self.provinces.values()).is_none()
                    && self.provinces.values().all(closed)
                {
                    return self.last_look();
                }
                if spent > 60_000 {
                    let why = unrest(self.provinces.values());
                    return Err(format!("no rest: {}", why.unwrap_or("I-5 not uploaded")));
                }
            }
        }
        Err("nothing left to do, and no rest".to_owned())
    }

    fn calm_down(&mut self) -> Result<(), String> {
        self.calm = true;
        self.cut.clear();
        self.copies.clear();
        for key in self.wakes.values_mut() {
            key.1 = 0;
        }
        let down: Vec<_> = self.down.iter().copied().collect();
        for id in down {
            self.up(id)?;
        }
        Ok(())
    }

    /// At rest: also the ends of marriages are on both ledgers.
    fn last_look(&mut self) -> Result<(), String> {
        for wish in &self.wishes {
            let [(one, a), (other, b)] = wish.parties;
            if roles(wish.txn, one, other) != roles(wish.txn, other, one) {
                return Err("I-11 roles depend on who asks".to_owned());
            }
            let record = wish.act.record();
            let state = |home: AuthorityId, number| {
                let ledger = self.provinces[&home].person(number);
                let found = ledger.marriages().into_iter().find(|m| m.record == record);
                (
                    found,
                    ledger.mark(),
                    ledger.disputed() || ledger.has(Entry::Died),
                )
            };
            let (first, second) = (state(one, a), state(other, b));
            let excused = first.2 || second.2;
            let divorce = !matches!(wish.act, Act::Marry { .. });
            if !excused && (first.0 != second.0 || (divorce && first.1 != second.1)) {
                let told: Vec<_> = (self.facts.iter())
                    .filter(|f| f.1.tell.iter().any(|(_, txn)| *txn == wish.txn))
                    .map(|f| (f.0, f.1.id, f.1.what))
                    .collect();
                return Err(format!(
                    "I-2 the ledgers differ: {first:?} {second:?}, {:?}, told {told:?}, {:?}",
                    wish.parties, self.tally
                ));
            }
        }
        for log in self.provinces.values().flat_map(|p| p.logs.values()) {
            let committed = log.decision().is_some_and(|d| d.commitment().is_some());
            match log.plan.act {
                _ if !committed => self.tally.aborted += 1,
                Act::Marry { .. } => self.tally.married += 1,
                Act::Divorce { .. } => self.tally.divorced += 1,
                _ => self.tally.marks += 1,
            }
        }
        Ok(())
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
/// (`races::a_mark_that_is_being_replayed…`), 4144 one of the core (`restores::case_60_a_marriage…`),
/// 92117 an alarm by a wrong name (`restores::case_57_a_confirm_that_both_sides_have_lost…`), 31664 a rule that the
/// protocol had not (`freed::case_57_…`), without which it still fails.
#[test]
fn schedules_that_once_failed_hold_the_invariants() {
    for seed in [4_144, 31_664, 50_470, 92_117] {
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
