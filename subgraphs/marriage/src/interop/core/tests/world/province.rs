//! The durable rows of one province, and one transaction on them.

use super::{Person, identity, token, uuid};
use crate::interop::core::event::{
    AuthorityEvent, CoordinatorEvent, Desk, Evidence, Fact, Log, PeerEpoch, Row, Standing, Station,
    StationEvent, Subject, Telling, View,
};
use crate::interop::core::message::{Message, Notice, Party, Verdict};
use crate::interop::core::{
    At, AuthorityId, Broken, Effect, PartyRef, PersonId, Proof, Side, TxnId, addressees, authority,
    coordinator, restart,
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// All durable rows of one province.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::interop) struct Province {
    pub(in crate::interop) station: Station,
    pub(in crate::interop) rows: BTreeMap<TxnId, Row>,
    pub(in crate::interop) logs: BTreeMap<TxnId, Log>,
    pub(in crate::interop) persons: BTreeMap<PersonId, Person>,
    /// For each peer: what is held about it, each at its position.
    pub(in crate::interop) evidence: BTreeMap<AuthorityId, Vec<(u64, Proof<Verdict>)>>,
    pub(super) positions: BTreeMap<AuthorityId, u64>,
    /// For each peer: the endings that it has told, each at its position.
    pub(super) noted: BTreeMap<AuthorityId, Vec<(u64, Notice)>>,
    /// Notices, each with the position at which it was noted.
    pub(in crate::interop) tellings: BTreeMap<(Uuid, AuthorityId), (Telling, Option<u64>)>,
    /// Records and certificates made, by transaction.
    pub(in crate::interop) registered: BTreeMap<TxnId, u32>,
    /// Transactions whose record has ended here, where neither ledger is kept.
    pub(in crate::interop) over: BTreeSet<TxnId>,
    /// A rule that an effect broke; checked by all checkers.
    pub(in crate::interop) fault: Option<&'static str>,
}

/// What one step leaves to be done outside.
#[derive(Debug, Default)]
pub(in crate::interop) struct Left {
    /// To be sent, woken, shouted.
    pub(in crate::interop) out: Vec<Effect>,
    /// A row was written.
    pub(in crate::interop) wrote: bool,
}

/// One transaction of a province: the model takes a list of them as one, the simulator may crash
/// between any two.
#[derive(Clone, Debug)]
pub(in crate::interop) enum Step {
    Authority(TxnId, AuthorityEvent),
    Fact(Fact, PersonId),
    Coordinator(TxnId, CoordinatorEvent),
    Station(StationEvent),
    ReplayAuthority(Proof<Verdict>),
    ReplayCoordinator(Proof<Verdict>),
    ReplayEnding(AuthorityId, Notice),
}

impl Province {
    pub(in crate::interop) fn new(id: AuthorityId) -> Self {
        Self {
            station: Station::new(id, 1),
            rows: BTreeMap::new(),
            logs: BTreeMap::new(),
            persons: BTreeMap::new(),
            evidence: BTreeMap::new(),
            positions: BTreeMap::new(),
            noted: BTreeMap::new(),
            tellings: BTreeMap::new(),
            registered: BTreeMap::new(),
            over: BTreeSet::new(),
            fault: None,
        }
    }

    /// A person of ours, called by number.
    pub(in crate::interop) fn settle_person(&mut self, number: usize, base: Standing) {
        let person = token(&identity(self.station.id, number));
        let entries = Vec::new();
        self.persons.insert(person, Person { base, entries });
    }

    pub(in crate::interop) fn person(&self, number: usize) -> &Person {
        &self.persons[&token(&identity(self.station.id, number))]
    }

    fn subjects(&self, parties: &[&Party]) -> BTreeMap<PartyRef, Subject> {
        let known = parties.iter().filter_map(|party| {
            let subject = self.subject(&token(&party.identity))?;
            Some((party.party, subject))
        });
        known.collect()
    }

    /// The ledger, and what else keeps the person.
    fn subject(&self, person: &PersonId) -> Option<Subject> {
        let mut subject = self.persons.get(person)?.subject(person);
        let keeps = |row: &Row| matches!(row, Row::Decided { persons, alone: true, .. } if persons.contains(person));
        let rows = self.rows.iter().filter(|(_, row)| keeps(row));
        subject.holds.extend(rows.map(|(txn, _)| *txn));
        Some(subject)
    }

    /// Which transactions a message from `from` makes.
    pub(in crate::interop) fn steps(&self, from: AuthorityId, message: &Message) -> Vec<Step> {
        let mut steps = Vec::new();
        if let Message::Known {
            verdicts, endings, ..
        } = message
            && restart::answers(&self.station, from, message)
        {
            for verdict in verdicts {
                steps.push(Step::ReplayAuthority(verdict.clone()));
                steps.push(Step::ReplayCoordinator(verdict.clone()));
            }
            let given_back = endings.iter().cloned();
            steps.extend(given_back.map(|notice| Step::ReplayEnding(from, notice)));
        }
        for side in addressees(message) {
            let message = message.clone();
            let txn = message.txn().unwrap_or(TxnId(Uuid::nil()));
            // What is no step at all is not counted as one, nor thrown dice for.
            let answer = matches!(message, Message::Confirmed { .. } | Message::Already { .. });
            let waited_for = self.rows.get(&txn).and_then(Row::asks);
            if answer && *side == Side::Authority && waited_for != Some(from) {
                continue;
            }
            steps.push(match side {
                Side::Authority => Step::Authority(txn, AuthorityEvent::Message { from, message }),
                Side::Coordinator => {
                    Step::Coordinator(txn, CoordinatorEvent::Message { from, message })
                }
                Side::Station => Step::Station(StationEvent::Message {
                    from,
                    evidence: Evidence::default(),
                    message,
                }),
            });
        }
        steps
    }

    /// One transaction.
    pub(in crate::interop) fn run(&mut self, step: Step, now: At, broken: Option<Broken>) -> Left {
        let effects = match step {
            Step::Authority(txn, event) => {
                let row = self.rows.get(&txn);
                let mut parties = Vec::new();
                if let AuthorityEvent::Message { message, .. } = &event {
                    match message {
                        Message::Try { party, .. } => parties.push(party),
                        Message::CommitLast { parties: all, .. } => parties.extend(all),
                        _ => {}
                    }
                }
                parties.extend(row.into_iter().flat_map(parties_of));
                let view = self.view(row, &parties, broken);
                authority::step(&view, event, now)
            }
            Step::Fact(fact, person) => {
                let subject = self.subject(&person).unwrap();
                let row = subject.holds.first().and_then(|txn| self.rows.get(txn));
                let view = self.view(row, &[], broken);
                authority::step(&view, AuthorityEvent::Fact { fact, subject }, now)
            }
            Step::Coordinator(txn, event) => {
                let mut desk = Desk::new(&self.station, self.logs.get(&txn));
                desk.broken = broken;
                coordinator::step(&desk, event, now)
            }
            Step::Station(event) => return self.of_the_province(event, broken),
            Step::ReplayAuthority(verdict) => {
                let decision = &verdict.body.decision;
                let row = self.rows.get(&decision.txn);
                let mut parties: Vec<_> = row.into_iter().flat_map(parties_of).collect();
                if let Some(done) = decision.commitment() {
                    parties.extend(&done.parties);
                    parties.extend(done.grant.as_ref().map(|grant| &grant.body.party));
                }
                let view = self.view(row, &parties, broken);
                restart::replay(&view, &verdict, now)
            }
            Step::ReplayEnding(from, notice) => {
                let row = self.rows.get(&notice.txn);
                let parties: Vec<_> = row.into_iter().flat_map(parties_of).collect();
                let view = self.view(row, &parties, broken);
                let mut effects = restart::replay_ending(&view, from, &notice);
                let mut desk = Desk::new(&self.station, self.logs.get(&notice.txn));
                desk.broken = broken;
                effects.extend(coordinator::replay_ending(&desk, from, &notice));
                effects
            }
            Step::ReplayCoordinator(verdict) => {
                let log = self.logs.get(&verdict.body.decision.txn);
                let mut desk = Desk::new(&self.station, log);
                desk.broken = broken;
                coordinator::replay(&desk, &verdict, now)
            }
        };
        self.apply(effects)
    }

    /// A step of the province as a whole, and the forced aborts whose time has come with it: one transaction.
    fn of_the_province(&mut self, event: StationEvent, broken: Option<Broken>) -> Left {
        let event = self.with_evidence(event);
        let mut left = self.apply(restart::step(&self.station, event));
        let due = restart::to_take_over(&self.view(None, &[], broken));
        for abort in due {
            let row = self.rows.get(&abort.txn);
            let parties: Vec<_> = row.into_iter().flat_map(parties_of).collect();
            let view = self.view(row, &parties, broken);
            let effects = restart::replay_forced(&view, &abort);
            let taken = StationEvent::TakenOver { txn: abort.txn };
            for effects in [effects, restart::step(&self.station, taken)] {
                let more = self.apply(effects);
                left.out.extend(more.out);
                left.wrote |= more.wrote;
            }
        }
        left
    }

    fn view<'a>(
        &'a self,
        row: Option<&'a Row>,
        parties: &[&Party],
        broken: Option<Broken>,
    ) -> View<'a> {
        let mut view = View::new(&self.station, row);
        view.subjects = self.subjects(parties);
        view.broken = broken;
        view
    }

    /// Makes a province that serves since ever, and knows its peers' first lives.
    pub(in crate::interop) fn serve(&mut self, peers: &[AuthorityId]) {
        let life = |who: AuthorityId| PeerEpoch {
            epoch: 1,
            boot: uuid(9, u64::from(who.0)),
        };
        let own = life(self.station.id);
        self.station.epoch = own.epoch;
        self.station.boot = own.boot;
        for peer in peers.iter().filter(|peer| **peer != self.station.id) {
            self.station.known.insert(*peer, life(*peer));
            self.station.peers.insert(*peer);
        }
    }
}

fn parties_of(row: &Row) -> Vec<&Party> {
    match row {
        Row::Held { hold } | Row::Confirmed { hold, .. } | Row::Forced { hold, .. } => {
            vec![&hold.party]
        }
        Row::Decided { decision, .. } => decision
            .commitment()
            .map_or_else(Vec::new, |done| done.parties.iter().collect()),
        Row::Refused { .. } | Row::Released { .. } => Vec::new(),
    }
}
