//! What happens outside the protocol: deaths, court papers, officers with a hammer, and the chores of the shell.

use super::{Happen, Item, Sim};
use crate::interop::core::event::{AuthorityEvent, CoordinatorEvent, Entry, FactKind, Row};
use crate::interop::core::message::{Act, Ending};
use crate::interop::core::tests::world::{self, Step, court, fact, identity, token, uuid};
use crate::interop::core::{AuthorityId, RecordId, Span};
use std::collections::BTreeSet;

impl Sim {
    /// Somebody dies, or a court writes; the feeds of the ledgers concerned will bring it.
    pub(super) fn happen(&mut self, what: Happen) {
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
    pub(super) fn tell_both(
        &mut self,
        number: u64,
        record: RecordId,
        what: FactKind,
        dead: Option<usize>,
    ) {
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
    pub(super) fn bring_fact(&mut self, index: usize) -> Result<(), String> {
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
    pub(super) fn bring_paper(&mut self, index: usize) -> Result<(), String> {
        let (home, txn, id, ending) = self.papers[index];
        let known = |sim: &Self| {
            let mut told = sim.provinces[&home].tellings.keys();
            told.any(|(notice, _)| *notice == id)
        };
        if !known(self) {
            let paper = CoordinatorEvent::Ended {
                id,
                ending,
                effective_on: world::day(),
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

    pub(super) fn break_glass(&mut self, id: AuthorityId) -> Result<(), String> {
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
    pub(super) fn chores(&mut self, id: AuthorityId) -> Result<(), String> {
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
}
