//! A stage for single cases: three provinces, a mailbag that the test empties as it likes.

use super::super::event::{
    AuthorityEvent, CoordinatorEvent, Fact, FactKind, Row, SOFT_EXPIRY, Standing, StationEvent,
};
use super::super::message::{Act, Message};
use super::super::{Alarm, At, AuthorityId, Broken, Effect, PersonId, RecordId, Span, TxnId};
use super::world::{Outside, Province, Step, Wish, fact, identity, token, txn, uuid, violation};
use std::collections::BTreeMap;

/// The accepting registry's province.
pub(in crate::interop) const A: AuthorityId = AuthorityId(51);
/// The deciding authority of [`Stage::couple`].
pub(in crate::interop) const DA: AuthorityId = AuthorityId(32);
/// The holding authority of [`Stage::couple`].
pub(in crate::interop) const HA: AuthorityId = AuthorityId(35);

pub(in crate::interop) struct Stage {
    pub(in crate::interop) now: At,
    pub(in crate::interop) provinces: BTreeMap<AuthorityId, Province>,
    pub(in crate::interop) mail: Vec<(AuthorityId, AuthorityId, Message)>,
    pub(in crate::interop) alarms: Vec<Alarm>,
    /// What is so and stands on no disk.
    pub(in crate::interop) outside: Outside,
    /// The rule that is switched off, to show that its case misses nothing.
    pub(in crate::interop) broken: Option<Broken>,
    boots: u64,
}

pub(in crate::interop) fn record(number: u64) -> RecordId {
    RecordId(uuid(1, number))
}

impl Stage {
    /// Persons 1, 2 and 3 of DA, 1, 2 and 3 of HA; 8 of both are married to each other (record 8).
    pub(in crate::interop) fn new() -> Self {
        let ids = [A, DA, HA];
        let mut provinces = BTreeMap::new();
        for id in ids {
            let mut province = Province::new(id);
            province.serve(&ids);
            for number in 1..=3 {
                province.settle_person(number, Standing::Free);
            }
            province.settle_person(8, Standing::Married { record: record(8) });
            provinces.insert(id, province);
        }
        Self {
            now: At(1_779_235_200_000),
            provinces,
            mail: Vec::new(),
            alarms: Vec::new(),
            outside: Outside::default(),
            broken: None,
            boots: 0,
        }
    }

    /// The wish of person `one` of DA and `other` of HA.
    pub(in crate::interop) fn couple(&self, number: u64, one: usize, other: usize) -> Wish {
        let act = Act::Marry {
            record: record(number),
        };
        self.wish(number, act, [(DA, one), (HA, other)])
    }

    pub(in crate::interop) fn wish(
        &self,
        number: u64,
        act: Act,
        parties: [(AuthorityId, usize); 2],
    ) -> Wish {
        let pair = parties.map(|(home, _)| home);
        Wish {
            txn: txn(self.now, number, pair, pair[0]),
            act,
            coordinator: A,
            parties,
            routing_epoch: 1,
        }
    }

    pub(in crate::interop) fn run(&mut self, id: AuthorityId, steps: Vec<Step>) {
        for step in steps {
            let left = self
                .provinces
                .get_mut(&id)
                .unwrap()
                .run(step, self.now, self.broken);
            for effect in left.out {
                match effect {
                    Effect::Send { to, message } => self.mail.push((id, to, message)),
                    Effect::Alarm { what, .. } => self.alarms.push(what),
                    _ => {}
                }
            }
            assert_eq!(violation(self.provinces.values(), &self.outside), None);
        }
    }

    pub(in crate::interop) fn begin(&mut self, wish: &Wish) -> TxnId {
        let step = Step::Coordinator(wish.txn, wish.begin());
        self.run(wish.coordinator, vec![step]);
        wish.txn
    }

    pub(in crate::interop) fn tell(
        &mut self,
        from: AuthorityId,
        to: AuthorityId,
        message: &Message,
    ) {
        let steps = self.provinces[&to].steps(from, message);
        self.run(to, steps);
    }

    /// Delivers everything, and what follows from it.
    pub(in crate::interop) fn deliver(&mut self) {
        self.deliver_unless(|_, _, _| false);
    }

    /// Delivers everything but loses what `lost` names.
    pub(in crate::interop) fn deliver_unless(
        &mut self,
        lost: impl Fn(AuthorityId, AuthorityId, &Message) -> bool,
    ) {
        while !self.mail.is_empty() {
            let (from, to, message) = self.mail.remove(0);
            if !lost(from, to, &message) {
                self.tell(from, to, &message);
            }
        }
    }

    /// Everything unfinished at this side of this province is looked at again.
    pub(in crate::interop) fn due(&mut self, id: AuthorityId) {
        let province = &self.provinces[&id];
        let logs = province.logs.keys();
        let logs = logs.map(|txn| Step::Coordinator(*txn, CoordinatorEvent::Due));
        let rows = province.rows.keys();
        let rows = rows.map(|txn| Step::Authority(*txn, AuthorityEvent::Due));
        let steps: Vec<_> = logs.chain(rows).collect();
        self.run(id, steps);
    }

    pub(in crate::interop) fn due_everywhere(&mut self) {
        for id in [A, DA, HA] {
            self.due(id);
        }
        self.deliver();
    }

    /// What was on its way is lost, time passes, everybody asks, everything is delivered.
    pub(in crate::interop) fn much_later(&mut self) {
        self.mail.clear();
        self.pass(SOFT_EXPIRY);
        self.due_everywhere();
        self.due_everywhere();
    }

    pub(in crate::interop) fn pass(&mut self, span: Span) {
        self.now = self.now.plus(span);
    }

    /// Loses everything but the disk, and starts again; the peers answer unless `alone`.
    pub(in crate::interop) fn restart(&mut self, id: AuthorityId) {
        self.mail.retain(|(from, ..)| *from != id);
        self.boots += 1;
        let start = StationEvent::Start {
            boot: uuid(8, self.boots),
            peers: self.provinces.keys().copied().collect(),
        };
        self.run(id, vec![Step::Station(start)]);
    }

    /// A start that two officers force through without any peer.
    pub(in crate::interop) fn restart_alone(&mut self, id: AuthorityId) {
        self.restart(id);
        self.mail.clear();
        let without = self.provinces[&id].station.waiting.clone();
        let officers = ["one".to_owned(), "other".to_owned()];
        let event = StationEvent::Override { officers, without };
        // What such a start costs is not this stage's to judge.
        let province = self.provinces.get_mut(&id).unwrap();
        province.run(Step::Station(event), self.now, None);
    }

    /// One more person.
    pub(in crate::interop) fn settle(&mut self, id: AuthorityId, number: usize, base: Standing) {
        let province = self.provinces.get_mut(&id).unwrap();
        province.settle_person(number, base);
    }

    pub(in crate::interop) fn copy(&self, id: AuthorityId) -> Province {
        self.provinces[&id].clone()
    }

    pub(in crate::interop) fn restore(&mut self, copy: Province) {
        let id = copy.station.id;
        self.provinces.insert(id, copy);
        self.restart(id);
    }

    pub(in crate::interop) fn happens(
        &mut self,
        id: AuthorityId,
        person: usize,
        what: FactKind,
        tell: impl IntoIterator<Item = (AuthorityId, TxnId)>,
    ) {
        let fact: Fact = fact(self.boots + 500, what, tell);
        self.run(id, vec![Step::Fact(fact, self.token(id, person))]);
    }

    pub(in crate::interop) fn token(&self, id: AuthorityId, person: usize) -> PersonId {
        token(&identity(id, person))
    }

    pub(in crate::interop) fn row(&self, id: AuthorityId, txn: TxnId) -> &Row {
        &self.provinces[&id].rows[&txn]
    }

    pub(in crate::interop) fn married(&self, id: AuthorityId, person: usize) -> bool {
        let ledger = self.provinces[&id].person(person);
        ledger.marriages().iter().any(|marriage| !marriage.ended)
    }

    pub(in crate::interop) fn held(&self, id: AuthorityId, person: usize) -> bool {
        !self.provinces[&id].person(person).holds().is_empty()
    }

    /// Both ledgers have the marriage, and there is one record of it.
    pub(in crate::interop) fn assert_married(&self, wish: &Wish) {
        for (id, person) in wish.parties {
            assert!(self.married(id, person), "{id} does not have it");
            assert!(!self.held(id, person));
        }
        assert_eq!(self.provinces[&A].registered.get(&wish.txn), Some(&1));
    }

    /// Neither ledger has it, nobody is held, nothing was certified, and the log has an end.
    pub(in crate::interop) fn assert_nothing_happened(&self, wish: &Wish) {
        for (id, person) in wish.parties {
            assert!(!self.married(id, person), "{id} has it");
            assert!(!self.held(id, person));
        }
        assert_eq!(self.provinces[&A].registered.get(&wish.txn), None);
        let log = self.provinces[&A].logs.get(&wish.txn);
        assert!(log.is_none_or(super::super::event::Log::closed));
    }
}
