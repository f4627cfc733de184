//! How a schedule is played: what is due next, crashes between any two transactions, messages lost, doubled and late.

use super::{DAWN, Item, Sim};
use crate::interop::core::event::{AuthorityEvent, CoordinatorEvent, Log, StationEvent};
use crate::interop::core::message::Message;
use crate::interop::core::tests::world::{Left, Province, Step, unrest, uuid, violation};
use crate::interop::core::{At, AuthorityId, Effect, Side, Span, TxnId};
use std::cmp::Reverse;

impl Sim {
    pub(super) fn clock(&self, id: AuthorityId) -> At {
        self.now.plus(Span(self.off.get(&id).copied().unwrap_or(0)))
    }

    /// Runs these transactions one after the other; a crash may come between any two.
    pub(super) fn run(&mut self, id: AuthorityId, steps: Vec<Step>) -> Result<(), String> {
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

    pub(super) fn tell(&self, what: impl FnOnce() -> String) {
        if self.told {
            println!("{:>12} {}", self.now.0 - DAWN.0, what());
        }
    }

    pub(super) fn carry_out(&mut self, id: AuthorityId, left: Left) -> Result<(), String> {
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

    pub(super) fn send(&mut self, from: AuthorityId, to: AuthorityId, message: Message) {
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

    pub(super) fn wake(&mut self, id: AuthorityId, side: Side, txn: Option<TxnId>, after: Span) {
        let (turn, tries) = self.wakes.entry((id, side, txn)).or_insert((0, 0));
        *turn += 1;
        *tries += 1;
        let backing_off = after.0 << (*tries).min(6);
        let turn = *turn;
        let jitter = self.dice.below(1_000) as i64;
        let at = self.now.plus(Span(backing_off + jitter));
        self.at(at, Item::Wake(id, side, txn, turn));
    }

    pub(super) fn crash(&mut self, id: AuthorityId) -> Result<(), String> {
        if self.down.insert(id) {
            self.tally.crashes += 1;
            self.wakes.retain(|(of, ..), _| *of != id);
            let back = self.now.plus(Span(self.dice.below(120_000) as i64));
            self.at(back, Item::Up(id));
        }
        Ok(())
    }

    /// A start has come to its end: every unfinished row goes on.
    pub(super) fn wake_everything(&mut self, id: AuthorityId) {
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

    pub(super) fn process(&mut self, item: Item) -> Result<(), String> {
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

    pub(super) fn up(&mut self, id: AuthorityId) -> Result<(), String> {
        self.down.remove(&id);
        self.boots += 1;
        let start = StationEvent::Start {
            boot: uuid(8, self.boots),
            peers: self.provinces.keys().copied().collect(),
        };
        self.run(id, vec![Step::Station(start)])
    }

    pub(super) fn restore(&mut self, id: AuthorityId) -> Result<(), String> {
        let (all, asleep) = (&self.provinces, &self.outside.asleep);
        self.behind
            .retain(|of| asleep.contains(of) || !all[of].station.serving());
        let waits = self.one_at_a_time && self.behind.iter().any(|of| *of != id);
        let Some(copy) = self.copies.remove(&id).filter(|_| !waits) else {
            return Ok(());
        };
        self.tally.restores += 1;
        self.behind.insert(id);
        self.wakes.retain(|(of, ..), _| *of != id);
        self.answers.retain(|(of, _), _| *of != id);
        self.provinces.insert(id, copy);
        self.outside.asleep.insert(id);
        self.up(id)
    }

    pub(super) fn play(&mut self) -> Result<(), String> {
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

    pub(super) fn calm_down(&mut self) -> Result<(), String> {
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
}
