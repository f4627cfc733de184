//! Deaths and court papers 死亡与裁判: facts that nobody votes on. They are entered at once, also
//! during a hold, and told to everybody else who keeps a ledger or the record of the marriage, until they have
//! noted them.

use super::authority::{again, alarm, send};
use super::effect::{Alarm, Effect};
use super::entries::Ledger;
use super::event::{DOUBT_AGAIN, Entry, Fact, FactKind, Hold, Row, Subject, Telling, View};
use super::message::{Act, Class, Ending, Message, Notice};
use super::names::AuthorityId;
use super::settle::ask;

/// Purpose code of entries that the law itself demands.
const BY_LAW: &str = "STATUTORY_NOTICE";

/// A fact about a person of ours.
pub(super) fn happened(view: &View<'_>, fact: &Fact, subject: &Subject) -> Vec<Effect> {
    let (entry, record, ending) = match fact.what {
        FactKind::Died => (Entry::Died, None, Ending::SpouseDied),
        FactKind::Ended { record, ending } => (Entry::Ended(ending), Some(record), ending),
    };
    let mut ledger = Ledger::of(subject, None);
    let about = record.map(|record| Act::Marry { record });
    ledger.enter(entry, about, Some(fact.effective_on));
    let mut effects = ledger.done_by(view.station.id, BY_LAW);
    for (to, txn) in &fact.tell {
        let notice = Notice {
            id: fact.id,
            txn: *txn,
            ending,
            effective_on: fact.effective_on,
        };
        effects.extend(tell(*to, notice));
    }
    if let Some(Row::Held { hold }) = view.row
        && hold.person == subject.person
    {
        effects.extend(contest(hold, fact.what));
    }
    effects
}

/// Says it now, and until it is noted.
pub(super) fn tell(to: AuthorityId, notice: Notice) -> [Effect; 2] {
    let telling = Telling {
        to,
        notice: notice.clone(),
    };
    [
        Effect::Tell { telling },
        send(to, Message::Ended { notice }),
    ]
}

/// The hold stays; DA is asked, which aborts if it has not decided.
fn contest(hold: &Hold, what: FactKind) -> [Effect; 3] {
    let class = match what {
        FactKind::Died => Class::Dead,
        FactKind::Ended { .. } => Class::Unresolved,
    };
    let txn = hold.plan.txn;
    let row = Row::Held {
        hold: Hold {
            contested: true,
            ..hold.clone()
        },
    };
    [
        Effect::Row { txn, row },
        ask(hold, class),
        again(txn, DOUBT_AGAIN),
    ]
}

/// Another authority, or the accepting province, tells that the marriage made by this transaction has ended.
pub(super) fn ended(view: &View<'_>, from: AuthorityId, notice: &Notice) -> Vec<Effect> {
    let txn = notice.txn;
    let (plan, parties, endings) = match view.row {
        Some(Row::Confirmed { hold, endings, .. }) => {
            (&hold.plan, std::slice::from_ref(&hold.party), endings)
        }
        // Committed though two officers had freed the hold (case 60): it stands, disputed, and can
        // end like any other.
        Some(Row::Forced {
            hold,
            verdict: Some(verdict),
            endings,
            ..
        }) if verdict.body.decision.commitment().is_some() => {
            (&hold.plan, std::slice::from_ref(&hold.party), endings)
        }
        Some(Row::Decided {
            decision, endings, ..
        }) => match decision.commitment() {
            Some(done) => (&done.plan, done.parties.as_slice(), endings),
            None => return vec![alarm(txn, Alarm::NotAParty)],
        },
        // We know that there never was such a marriage.
        Some(
            Row::Released { .. }
            | Row::Refused { .. }
            | Row::Forced {
                verdict: Some(_), ..
            },
        ) => {
            return vec![alarm(txn, Alarm::NotAParty)];
        }
        // Neither decided nor held here: perhaps a registry here had accepted it, whose side answers.
        None => return Vec::new(),
        // Not followed yet: it will be told again.
        _ => return vec![send(from, Message::Unavailable { txn })],
    };
    let party = [Some(plan.da), plan.ha, Some(plan.coordinator)].contains(&Some(from))
        || from == AuthorityId::NATIONAL;
    if !party || !matches!(plan.act, Act::Marry { .. }) {
        return vec![alarm(txn, Alarm::NotAParty)];
    }
    let mut effects = Vec::new();
    if !endings.contains(&notice.id) {
        for party in parties {
            let Some(subject) = view.subjects.get(&party.party) else {
                return Vec::new();
            };
            let mut ledger = Ledger::of(subject, Some(txn));
            let entry = Entry::Ended(notice.ending);
            ledger.enter(entry, Some(plan.act), Some(notice.effective_on));
            effects.extend(ledger.done_by(from, BY_LAW));
            if let Some(open) = subject.hold {
                // Something is open for them: it is looked at now, and DA asked if it cannot be any more.
                effects.push(again(open, super::names::Span(0)));
            }
        }
        effects.extend(noted(view.row, notice));
    }
    let (id, epoch) = (notice.id, view.station.epoch);
    effects.push(send(from, Message::EndedNoted { id, epoch }));
    effects
}

/// The row, with the notice remembered: told twice is entered once.
fn noted(row: Option<&Row>, notice: &Notice) -> Option<Effect> {
    let mut row = row?.clone();
    if let Row::Confirmed { endings, .. }
    | Row::Decided { endings, .. }
    | Row::Forced { endings, .. } = &mut row
    {
        endings.insert(notice.id);
    }
    Some(Effect::Row {
        txn: notice.txn,
        row,
    })
}
