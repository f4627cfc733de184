//! What the simulator looks at besides the rows: alarms, messages, and the ledgers at rest.

use super::Sim;
use crate::interop::core::event::{Entry, Row};
use crate::interop::core::message::{Act, Message, roles};
use crate::interop::core::{Alarm, AuthorityId};

impl Sim {
    /// For a reader of a failed schedule: the ledgers in which two marriages stand.
    pub(super) fn who_is_married_twice(&self) -> String {
        let ledgers = self.provinces.values().flat_map(|p| p.persons.values());
        let twice = ledgers.filter(|l| l.marriages().iter().filter(|m| !m.ended).count() > 1);
        let told: Vec<_> = twice
            .flat_map(|l| &l.entries)
            .map(|w| format!("{} {:?} {:?} {:?}", w.seq, w.entry, w.record, w.txn))
            .collect();
        told.join("; ")
    }

    /// Alarms that no fault of this world may raise: nobody leaves a peer out, nobody forges.
    pub(super) fn judge_alarm(&mut self, what: Alarm) -> Result<(), String> {
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
    pub(super) fn overhear(
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

    /// At rest: also the ends of marriages are on both ledgers.
    pub(super) fn last_look(&mut self) -> Result<(), String> {
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
