//! The story of one schedule: who wants what and when, and what goes wrong on purpose.

use super::dice::Dice;
use super::{DAWN, Happen, Item, PERSONS, Sim, WISHES};
use crate::interop::core::message::{Act, roles};
use crate::interop::core::tests::world::{Wish, txn, uuid};
use crate::interop::core::{At, AuthorityId, RecordId, Span};

impl Sim {
    /// Who wants what and when, and what goes wrong on purpose.
    pub(super) fn write_the_story(&mut self, accepting: &[AuthorityId], dice: &mut Dice) {
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

    /// A couple of before the story divorces, its decider can tell nobody, and its person marries another at once;
    /// then the decider's disk is replaced by one of before the divorce.
    ///
    /// Two disks have the divorce when it is built on. Where both were replaced by copies of before it, the second
    /// while the first had not heard yet what it had lost, nobody would be left who knows of it
    /// (`freed::what_every_disk_has_lost_…`): in such a schedule one disk is replaced at a time.
    pub(super) fn marry_after_an_unheard_divorce(
        &mut self,
        accepting: &[AuthorityId],
        dice: &mut Dice,
    ) {
        self.one_at_a_time = true;
        let couple = 20 + dice.below(5);
        let (record, application) = (RecordId(uuid(2, couple)), RecordId(uuid(3, WISHES + 1)));
        let spouses = [couple as usize * 2, couple as usize * 2 + 1];
        let applied = DAWN.plus(Span(dice.below(1_200_000) as i64));
        let apply = Act::ApplyDivorce {
            record,
            application,
        };
        let divorce = Act::Divorce {
            record,
            application,
        };
        let divorced = applied.plus(Span(120_000 + dice.below(120_000) as i64));
        let homes = spouses.map(|number| self.homes[number]);
        let (da, registry) = (homes[dice.index(2)], accepting[dice.index(4)]);
        let freed = spouses[usize::from(homes[0] != da)];
        self.wants(WISHES + 1, applied, apply, registry, spouses, homes[0]);
        self.wants(WISHES + 2, divorced, divorce, registry, spouses, da);
        self.at(divorced, Item::Snapshot(da));
        let cut = divorced.plus(Span(dice.below(9_000) as i64));
        let healed = cut.plus(Span(dice.below(7_200_000) as i64));
        for to in [homes[0], homes[1], registry] {
            self.at(cut, Item::Cut(da, to));
            self.at(healed, Item::Heal(da, to));
        }
        let again = cut.plus(Span(dice.below(300_000) as i64));
        let marry = Act::Marry {
            record: RecordId(uuid(1, WISHES + 3)),
        };
        let parties = [freed, dice.index(12)];
        let decides = self.homes[parties[dice.index(2)]];
        let registry = accepting[dice.index(4)];
        self.wants(WISHES + 3, again, marry, registry, parties, decides);
        let later = again.plus(Span(dice.below(1_200_000) as i64));
        self.at(later, Item::Restore(da));
    }

    pub(super) fn wants(
        &mut self,
        number: u64,
        at: At,
        act: Act,
        coordinator: AuthorityId,
        parties: [usize; 2],
        da: AuthorityId,
    ) {
        let parties = parties.map(|number| (self.homes[number], number));
        let pair = parties.map(|(home, _)| home);
        self.at(at, Item::Begin(self.wishes.len()));
        self.wishes.push(Wish {
            txn: txn(at, number, pair, da),
            act,
            coordinator,
            parties,
            routing_epoch: 1,
        });
    }

    /// A decider that is cut off starts from a copy of before the transaction: it hears of its own commit, and of
    /// what two officers freed meanwhile, when the lines are whole again.
    pub(super) fn replace_the_deciders_disk(&mut self, index: usize, dice: &mut Dice) {
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
    pub(super) fn besiege(&mut self, index: usize, dice: &mut Dice) {
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

    pub(super) fn a_wish(
        &self,
        number: u64,
        at: At,
        accepting: &[AuthorityId],
        dice: &mut Dice,
    ) -> Wish {
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
}
