//! What a province writes, and what it reads of that for a peer.

use super::{Left, Province};
use crate::interop::core::event::{Evidence, Reading, Row, StationEvent};
use crate::interop::core::message::{Message, Notice, Verdict};
use crate::interop::core::{Audit, AuthorityId, Effect, PersonId, Proof};
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

impl Province {
    pub(super) fn with_evidence(&self, event: StationEvent) -> StationEvent {
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
    pub(super) fn about(&self, peer: AuthorityId) -> Vec<(u64, Result<Proof<Verdict>, Notice>)> {
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
    pub(super) fn apply(&mut self, effects: Vec<Effect>) -> Left {
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

    pub(super) fn keep(&mut self, verdict: &Proof<Verdict>) {
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
}
