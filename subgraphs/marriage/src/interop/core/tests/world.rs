//! A province as the core sees it: its durable rows in memory, applied as the shell applies them.
//!
//! Everything in [`Province`] is durable and one step is one transaction: a crash is simply that
//! nothing else is left.

use super::super::event::{
    AuthorityEvent, CoordinatorEvent, Desk, Entry, Evidence, Fact, FactKind, Log, PeerEpoch, Phase,
    Reading, Row, Standing, Station, StationEvent, Subject, Telling, View,
};
use super::super::marks;
use super::super::message::{
    Act, Commitment, Ending, Message, Notice, Party, Plan, RecordCore, Verdict, roles,
};
use super::super::{
    Alarm, At, Audit, AuthorityId, Broken, Effect, LedgerWrite, PartyRef, PersonId, Proof,
    RecordId, Sealed, Side, TxnId, addressees, authority, coordinator, restart,
};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use uuid::Uuid;

/// A person's ledger.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::interop) struct Person {
    /// What was on record before the first entry.
    pub(in crate::interop) base: Standing,
    pub(in crate::interop) entries: Vec<LedgerWrite>,
}

/// A marriage as one ledger tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::interop) struct Marriage {
    pub(in crate::interop) record: RecordId,
    pub(in crate::interop) ended: bool,
}

impl Person {
    /// Whatever the order of the entries: a restore brings them back in another.
    pub(in crate::interop) fn marriages(&self) -> Vec<Marriage> {
        let base = match self.base {
            Standing::Married { record } => Some(record),
            _ => None,
        };
        let of = |wanted: fn(Entry) -> bool| {
            let entries = self.entries.iter().filter(move |w| wanted(w.entry));
            entries.filter_map(|w| w.record)
        };
        let ended: Vec<_> = of(|e| matches!(e, Entry::Divorced | Entry::Ended(_))).collect();
        let made = base.into_iter().chain(of(|e| e == Entry::Married));
        made.map(|record| Marriage {
            record,
            ended: ended.contains(&record),
        })
        .collect()
    }

    pub(in crate::interop) fn disputed(&self) -> bool {
        let count = |entry| self.entries.iter().filter(|w| w.entry == entry).count();
        self.base == Standing::Disputed || count(Entry::Disputed) > count(Entry::Cleared)
    }

    pub(in crate::interop) fn has(&self, entry: Entry) -> bool {
        self.entries.iter().any(|write| write.entry == entry)
    }

    pub(in crate::interop) fn mark(&self) -> Option<RecordId> {
        let mut known: BTreeMap<RecordId, marks::Mark> = BTreeMap::new();
        for write in &self.entries {
            let before = write.application.and_then(|of| known.get(&of).copied());
            if let Some(mark) = marks::noted(before, write.entry, write.application, write.record) {
                known.insert(mark.application, mark);
            }
        }
        let marriages = self.marriages();
        marks::open(known.into_values(), |record| {
            let standing = marriages.iter().filter(|m| !m.ended);
            standing
                .map(|m| m.record)
                .any(|of| record.is_none_or(|wanted| wanted == of))
        })
    }

    pub(in crate::interop) fn holds(&self) -> BTreeSet<TxnId> {
        let mut holds = BTreeSet::new();
        for (write, txn) in self.entries.iter().filter_map(|w| Some((w, w.txn?))) {
            match write.entry {
                Entry::Held => {
                    holds.insert(txn);
                }
                Entry::Released => {
                    holds.remove(&txn);
                }
                _ => {}
            }
        }
        holds
    }

    fn standing(&self) -> Standing {
        if self.disputed() {
            return Standing::Disputed;
        }
        let marriages = self.marriages();
        match (marriages.iter().find(|m| !m.ended), self.base) {
            (Some(marriage), _) => Standing::Married {
                record: marriage.record,
            },
            (None, Standing::Married { .. }) => Standing::Free,
            (None, base) => base,
        }
    }

    fn standing_records(&self) -> BTreeSet<RecordId> {
        let marriages = self.marriages().into_iter();
        marriages.filter(|m| !m.ended).map(|m| m.record).collect()
    }

    fn free_since(&self) -> Option<NaiveDate> {
        let ends = self
            .entries
            .iter()
            .filter(|write| matches!(write.entry, Entry::Divorced | Entry::Ended(_)));
        ends.filter_map(|write| write.effective_on).max()
    }

    fn subject(&self, person: &PersonId) -> Subject {
        Subject {
            person: person.clone(),
            seq: self.entries.len() as u64,
            alive: !self.has(Entry::Died),
            standing: self.standing(),
            free_since: self.free_since(),
            holds: self.holds(),
            stands: self.standing_records(),
            mark: self.mark(),
        }
    }
}

/// All durable rows of one province.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::interop) struct Province {
    pub(in crate::interop) station: Station,
    pub(in crate::interop) rows: BTreeMap<TxnId, Row>,
    pub(in crate::interop) logs: BTreeMap<TxnId, Log>,
    pub(in crate::interop) persons: BTreeMap<PersonId, Person>,
    /// For each peer: what is held about it, each at its position.
    pub(in crate::interop) evidence: BTreeMap<AuthorityId, Vec<(u64, Proof<Verdict>)>>,
    positions: BTreeMap<AuthorityId, u64>,
    /// For each peer: the endings that it has told, each at its position.
    noted: BTreeMap<AuthorityId, Vec<(u64, Notice)>>,
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

pub(in crate::interop) fn token(identity: &Sealed) -> PersonId {
    PersonId(format!("token:{}", identity.0))
}

pub(in crate::interop) fn identity(authority: AuthorityId, number: usize) -> Sealed {
    Sealed(format!("{authority}/{number}"))
}

pub(in crate::interop) fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 5, 20).unwrap()
}

pub(in crate::interop) fn uuid(kind: u8, number: u64) -> Uuid {
    let mut bytes = [0; 16];
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    bytes[0] = kind;
    Uuid::from_bytes(bytes)
}

/// A transaction begun at `at` in which `da` decides.
pub(in crate::interop) fn txn(
    at: At,
    number: u64,
    pair: [AuthorityId; 2],
    da: AuthorityId,
) -> TxnId {
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&at.0.to_be_bytes()[2..]);
    bytes[6] = 0x70;
    bytes[8..].copy_from_slice(&(number << 8).to_be_bytes());
    bytes[8] |= 0x80;
    loop {
        let txn = TxnId(Uuid::from_bytes(bytes));
        if roles(txn, pair[0], pair[1]).0 == da {
            return txn;
        }
        bytes[15] += 1;
    }
}

/// A couple's wish, as a coordinator begins it.
#[derive(Clone, Debug)]
pub(in crate::interop) struct Wish {
    pub(in crate::interop) txn: TxnId,
    pub(in crate::interop) act: Act,
    pub(in crate::interop) coordinator: AuthorityId,
    /// Authority and number of each party.
    pub(in crate::interop) parties: [(AuthorityId, usize); 2],
    pub(in crate::interop) routing_epoch: u64,
}

impl Wish {
    pub(in crate::interop) fn begin(&self) -> CoordinatorEvent {
        let [(one, _), (other, _)] = self.parties;
        let (da, ha) = roles(self.txn, one, other);
        let party = |index: usize| {
            let (authority, number) = self.parties[index];
            let mut name = *self.txn.0.as_bytes();
            name[7] = index as u8 + 1;
            let party = PartyRef(Uuid::from_bytes(name));
            let identity = identity(authority, number);
            (authority, Party { party, identity })
        };
        let both = [party(0), party(1)];
        let of = |who| {
            let own = both.iter().filter(move |(authority, _)| *authority == who);
            own.map(|(_, party)| party.clone()).collect::<Vec<_>>()
        };
        CoordinatorEvent::Begin {
            plan: Plan {
                txn: self.txn,
                act: self.act,
                coordinator: self.coordinator,
                da,
                ha,
                routing_epoch: self.routing_epoch,
                officer: "officer".to_owned(),
                purpose: "MARRIAGE_REGISTRATION".to_owned(),
                effective_from: None,
            },
            da_parties: of(da),
            ha_party: ha.and_then(|ha| of(ha).pop()),
            core: RecordCore {
                registered_on: day(),
                effective_from: day(),
                registry: "registry".to_owned(),
                details: [Some(da), ha]
                    .into_iter()
                    .flatten()
                    .map(|who| (who, Sealed("details".to_owned())))
                    .collect(),
            },
        }
    }
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

    fn with_evidence(&self, event: StationEvent) -> StationEvent {
        let StationEvent::Message {
            from,
            message: hello @ Message::Hello { .. },
            ..
        } = event
        else {
            return event;
        };
        let Message::Hello {
            after, after_hash, ..
        } = &hello
        else {
            unreachable!("it is a HELLO")
        };
        const PAGE: usize = 3;
        let all = self.about(from);
        let hash = |upto: u64| {
            let read = all.iter().take_while(|(at, _)| *at <= upto);
            let mut hasher = DefaultHasher::new();
            let read: Vec<_> = read.collect();
            read.hash(&mut hasher);
            (read.last().map(|(at, _)| *at) == Some(upto)).then(|| hasher.finish().to_string())
        };
        let known = *after > 0 && hash(*after).as_ref() == Some(after_hash);
        let after = if known { *after } else { 0 };
        let rest: Vec<_> = all.iter().filter(|(at, _)| *at > after).collect();
        let forced = self.rows.values().filter_map(|row| match row {
            Row::Forced { abort, .. } if abort.da == from => Some(abort.clone()),
            _ => None,
        });
        let more = rest.len() > PAGE;
        let page = &rest[..rest.len().min(PAGE)];
        let upto = page.last().map_or(after, |(at, _)| *at);
        let verdicts = page.iter().filter_map(|(_, kept)| kept.clone().ok());
        let endings = page.iter().filter_map(|(_, kept)| kept.clone().err());
        let evidence = Evidence {
            after,
            verdicts: verdicts.collect(),
            endings: endings.collect(),
            forced: forced.collect(),
            upto: Reading {
                upto,
                hash: hash(upto).unwrap_or_default(),
            },
            more,
        };
        StationEvent::Message {
            from,
            message: hello,
            evidence,
        }
    }

    /// What is held about a peer, each at its position: a verdict, or an ending that it has told.
    fn about(&self, peer: AuthorityId) -> Vec<(u64, Result<Proof<Verdict>, Notice>)> {
        let verdicts = self.evidence.get(&peer).into_iter().flatten();
        let endings = self.noted.get(&peer).into_iter().flatten();
        let mut all: Vec<_> = verdicts
            .map(|(at, verdict)| (*at, Ok(verdict.clone())))
            .chain(endings.map(|(at, notice)| (*at, Err(notice.clone()))))
            .collect();
        all.sort_by_key(|(at, _)| *at);
        all
    }

    /// Writes everything, and hands back what is to be sent, woken and shouted.
    fn apply(&mut self, effects: Vec<Effect>) -> Left {
        let mut left = Left::default();
        let mut wrote: BTreeSet<PersonId> = BTreeSet::new();
        let mut audited: Vec<PersonId> = Vec::new();
        for effect in effects {
            let outside = matches!(
                effect,
                Effect::Send { .. } | Effect::Again { .. } | Effect::Alarm { .. }
            );
            if outside {
                left.out.push(effect);
                continue;
            }
            left.wrote = true;
            match effect {
                Effect::Row { txn, row } => {
                    self.rows.insert(txn, row);
                }
                Effect::Log { log } => {
                    self.logs.insert(log.plan.txn, *log);
                }
                Effect::Station { station } => self.station = *station,
                Effect::Ledger(write) => {
                    let ledger = self.persons.get_mut(&write.person).unwrap();
                    if write.seq != ledger.entries.len() as u64 + 1 {
                        self.fault = Some("I-7 a sequence does not rise by one");
                    }
                    wrote.insert(write.person.clone());
                    ledger.entries.push(write);
                }
                Effect::Evidence { verdict } => self.keep(&verdict),
                Effect::Noted { from, notice } => {
                    let kept = self.noted.entry(from).or_default();
                    if kept.iter().all(|(_, known)| known.id != notice.id) {
                        let position = self.positions.entry(from).or_default();
                        *position += 1;
                        kept.push((*position, notice));
                    }
                }
                Effect::Audit(Audit {
                    person,
                    wrote: true,
                    ..
                }) => audited.push(person),
                Effect::Audit(_) => {}
                Effect::Tell { telling } => {
                    let key = (telling.notice.id, telling.to);
                    self.tellings.entry(key).or_insert((telling, None));
                }
                Effect::Told { id, by } => {
                    let next = self.positions.get(&by).copied().unwrap_or(0) + 1;
                    if let Some((_, noted @ None)) = self.tellings.get_mut(&(id, by)) {
                        *noted = Some(next);
                        self.positions.insert(by, next);
                    }
                }
                Effect::Retell { to, after } => {
                    for (telling, noted) in self.tellings.values_mut() {
                        if telling.to == to && noted.is_some_and(|at| at > after) {
                            *noted = None;
                        }
                    }
                }
                Effect::End { txn, .. } => {
                    let kept = !matches!(self.rows.get(&txn), None | Some(Row::Held { .. }));
                    if !self.registered.contains_key(&txn) && !kept {
                        self.fault = Some("a record that is none has ended");
                    }
                    self.over.insert(txn);
                }
                Effect::Register { txn, .. } => {
                    *self.registered.entry(txn).or_default() += 1;
                    if self.registered[&txn] > 1 {
                        self.fault = Some("I-5 registered twice");
                    }
                }
                Effect::Send { .. } | Effect::Again { .. } | Effect::Alarm { .. } => {}
            }
        }
        let once: BTreeSet<_> = audited.iter().cloned().collect();
        if once != wrote || once.len() != audited.len() {
            self.fault = Some("I-8 a write without exactly one audit record");
        }
        left
    }

    fn keep(&mut self, verdict: &Proof<Verdict>) {
        let decision = &verdict.body.decision;
        let named: BTreeSet<_> = [Some(verdict.by), decision.ha, Some(decision.coordinator)]
            .into_iter()
            .flatten()
            .filter(|who| *who != self.station.id)
            .collect();
        for who in named {
            let kept = self.evidence.entry(who).or_default();
            if kept
                .iter()
                .any(|(_, v)| v.body.decision.txn == decision.txn)
            {
                continue;
            }
            let position = self.positions.entry(who).or_default();
            *position += 1;
            kept.push((*position, verdict.clone()));
        }
    }

    /// Notices that are still to be told.
    pub(in crate::interop) fn untold(&self) -> Vec<(AuthorityId, Message)> {
        let open = self.tellings.values().filter(|(_, noted)| noted.is_none());
        open.map(|(telling, _)| {
            let notice: Notice = telling.notice.clone();
            (telling.to, Message::Ended { notice })
        })
        .collect()
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

/// What is so in the world, and on no disk.
#[derive(Debug, Default)]
pub(in crate::interop) struct Outside {
    /// Marriages that a death or a court has ended: they are not valid, even while a restored
    /// ledger waits for its feed to bring the paper again.
    pub(in crate::interop) over: BTreeSet<RecordId>,
    /// Provinces whose disk was replaced by an older copy and that have not started from it yet:
    /// that disk says "serving", but nobody does.
    pub(in crate::interop) asleep: BTreeSet<AuthorityId>,
}

/// What the rows of these provinces say together, at any moment. `None` when all is well.
///
/// A province that is catching up is not looked at for what it lacks: it says nothing to anybody.
pub(in crate::interop) fn violation<'a>(
    all: impl Iterator<Item = &'a Province> + Clone,
    outside: &Outside,
) -> Option<&'static str> {
    let mut marks: BTreeMap<RecordId, RecordId> = BTreeMap::new();
    let mut ends: BTreeMap<TxnId, bool> = BTreeMap::new();
    for province in all.clone() {
        if let Some(fault) = province.fault {
            return Some(fault);
        }
        let serving = province.station.serving() && !outside.asleep.contains(&province.station.id);
        for person in province.persons.values() {
            let marriages = person.marriages();
            let valid = |m: &&Marriage| !m.ended && !outside.over.contains(&m.record);
            let open = marriages.iter().filter(valid).count();
            if open > 1 && !person.disputed() && serving {
                return Some("I-1 two valid marriages");
            }
            // Nor does a mark of a province that is catching up count: its withdrawal may be on the
            // next page, and meanwhile nobody is answered by it.
            if serving
                && !person.disputed()
                && let (Some(mark), Some(marriage)) =
                    (person.mark(), marriages.iter().find(|m| !m.ended))
                && *marks.entry(marriage.record).or_insert(mark) != mark
            {
                return Some("I-12 two open divorce applications");
            }
        }
        let told = province.rows.iter().filter_map(|(txn, row)| match row {
            Row::Decided { decision, .. } => Some((*txn, decision.commitment().is_some())),
            Row::Confirmed { .. } => Some((*txn, true)),
            Row::Released { .. } => Some((*txn, false)),
            _ => None,
        });
        let logged = province
            .logs
            .iter()
            .filter_map(|(txn, log)| log.decision().map(|d| (*txn, d.commitment().is_some())));
        for (txn, committed) in told.chain(logged) {
            if *ends.entry(txn).or_insert(committed) != committed {
                return Some("I-3 two decisions");
            }
        }
        for txn in province.registered.keys() {
            let log = province.logs.get(txn).and_then(Log::decision);
            if log.is_none_or(|d| d.commitment().is_none()) {
                return Some("I-4 a certificate without COMMITTED");
            }
        }
    }
    let by_id: BTreeMap<_, _> = all.map(|p| (p.station.id, p)).collect();
    by_id
        .values()
        .find_map(|province| half(province, &by_id, &outside.asleep))
}

/// I-2 as far as it can be seen at any moment: what DA has committed, HA can still follow.
fn half(
    da: &Province,
    all: &BTreeMap<AuthorityId, &Province>,
    asleep: &BTreeSet<AuthorityId>,
) -> Option<&'static str> {
    da.rows.iter().find_map(|(txn, row)| {
        let Row::Decided { decision, .. } = row else {
            return None;
        };
        let commitment = decision.commitment()?;
        let ha = all.get(&commitment.plan.ha?)?;
        if !ha.station.serving() || asleep.contains(&ha.station.id) {
            return None;
        }
        let grant = commitment.grant.as_ref()?;
        match ha.rows.get(txn) {
            Some(Row::Held { hold }) if hold.fence == grant.body.fence => None,
            Some(Row::Held { .. }) => Some("I-7 a promise under another fence was used"),
            Some(Row::Confirmed { .. } | Row::Forced { .. }) => None,
            _ => Some("I-2 committed, and the holder cannot follow"),
        }
    })
}

/// What must hold when nothing more can happen.
pub(in crate::interop) fn unrest<'a>(
    all: impl Iterator<Item = &'a Province> + Clone,
) -> Option<&'static str> {
    let by_id: BTreeMap<_, _> = all.clone().map(|p| (p.station.id, p)).collect();
    for province in all {
        for (txn, row) in &province.rows {
            match row {
                Row::Held { .. } => return Some("I-6 a hold for ever"),
                Row::Forced { verdict: None, .. } => return Some("I-6 a forced abort untold"),
                Row::Decided { alone: true, .. } => {
                    return Some("I-6 freed, and not free for ever");
                }
                Row::Confirmed { hold, .. } => {
                    let da = by_id.get(&hold.plan.da).and_then(|da| da.rows.get(txn));
                    if !matches!(da, Some(Row::Decided { decision, .. })
                        if decision.commitment().is_some())
                    {
                        return Some("I-2 confirmed, and the decider does not have it");
                    }
                }
                Row::Decided { decision, .. } => {
                    let Some(done) = decision.commitment() else {
                        continue;
                    };
                    let ha = done.plan.ha.and_then(|ha| by_id.get(&ha));
                    let followed = ha.is_none_or(|ha| {
                        matches!(
                            ha.rows.get(txn),
                            Some(Row::Confirmed { .. } | Row::Forced { .. })
                        )
                    });
                    if !followed {
                        return Some("I-2 committed, and the holder did not follow");
                    }
                    let home = by_id.get(&done.plan.coordinator);
                    if home.is_some_and(|home| !home.registered.contains_key(txn)) {
                        return Some("I-5 committed, and no record");
                    }
                    let apart = |home: &&&Province| {
                        let id = home.station.id;
                        id != done.plan.da && Some(id) != done.plan.ha
                    };
                    if has_ended(province, done)
                        && home
                            .filter(apart)
                            .is_some_and(|home| !home.over.contains(txn))
                    {
                        return Some("I-2 ended, and the record of who accepted it stands");
                    }
                }
                _ => {}
            }
        }
        for log in province.logs.values() {
            if log.phase != Phase::HaSettled && !log.stuck {
                return Some("I-5 a transaction without an end");
            }
        }
        if province.persons.values().any(|p| !p.holds().is_empty()) {
            return Some("I-6 a held person");
        }
        if !province.untold().is_empty() {
            return Some("I-5 a notice untold");
        }
    }
    None
}

/// Whether the decider's ledger says that a death or a court has ended the marriage.
fn has_ended(da: &Province, done: &Commitment) -> bool {
    let record = Some(done.plan.act.record());
    let ledgers = done
        .parties
        .iter()
        .filter_map(|party| da.persons.get(&token(&party.identity)));
    matches!(done.plan.act, Act::Marry { .. })
        && ledgers
            .flat_map(|ledger| &ledger.entries)
            .any(|write| matches!(write.entry, Entry::Ended(_)) && write.record == record)
}

/// A fact for a test.
pub(in crate::interop) fn fact(
    number: u64,
    what: FactKind,
    tell: impl IntoIterator<Item = (AuthorityId, TxnId)>,
) -> Fact {
    Fact {
        id: uuid(7, number),
        what,
        effective_on: day(),
        tell: tell.into_iter().collect(),
    }
}

/// Whether somebody must look at it.
pub(in crate::interop) fn alarmed(left: &Left, wanted: Alarm) -> bool {
    left.out
        .iter()
        .any(|effect| matches!(effect, Effect::Alarm { what, .. } if *what == wanted))
}

/// Court paper on a marriage.
pub(in crate::interop) const fn court(record: RecordId) -> FactKind {
    FactKind::Ended {
        record,
        ending: Ending::DivorcedByCourt,
    }
}
