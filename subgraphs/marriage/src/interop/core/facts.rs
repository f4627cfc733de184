//! Deaths and court papers 死亡与裁判: facts that nobody votes on. They are entered at once, also
//! during a hold, and told to everybody else who keeps a ledger or the record of the marriage, until they have
//! noted them.

use super::authority::{again, alarm, send};
use super::effect::{Alarm, Effect};
use super::entries::Ledger;
use super::event::{DOUBT_AGAIN, Entry, Fact, FactKind, Hold, Row, Subject, Telling, View};
use super::message::{Act, Class, Decision, Ending, Message, Notice, Party, Plan};
use super::names::{AuthorityId, Span};
use super::settle::{ask, named};
use std::collections::BTreeSet;
use uuid::Uuid;

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
    let mut others = subject.holds.clone();
    if let Some(Row::Held { hold }) = view.row
        && hold.person == subject.person
    {
        others.remove(&hold.plan.txn);
        effects.extend(contest(hold, fact.what));
    }
    effects.extend(others.into_iter().map(|txn| again(txn, Span(0))));
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
    let Some((plan, parties, endings)) = marriage(view.row) else {
        return match view.row {
            // Neither decided nor held here: perhaps a registry here had accepted it, whose side answers.
            None => Vec::new(),
            // Not followed yet: it will be told again.
            Some(Row::Held { .. } | Row::Forced { verdict: None, .. }) => {
                vec![send(from, Message::Unavailable { txn })]
            }
            // We know that there never was such a marriage. Who has a part in it may have thought so in a life that
            // a restore has ended.
            Some(row) if has_part_in(row, view.station.id, from) => {
                vec![alarm(txn, Alarm::LostWord)]
            }
            Some(_) => vec![alarm(txn, Alarm::NotAParty)],
        };
    };
    if !has_part(plan, from) || !matches!(plan.act, Act::Marry { .. }) {
        return vec![alarm(txn, Alarm::NotAParty)];
    }
    let mut effects = Vec::new();
    if !endings.contains(&notice.id) {
        for subject in named(view, parties) {
            let mut ledger = Ledger::of(subject, Some(txn));
            let entry = Entry::Ended(notice.ending);
            ledger.enter(entry, Some(plan.act), Some(notice.effective_on));
            effects.extend(ledger.done_by(from, BY_LAW));
            // What is open for them is looked at now, and DA asked if it cannot be any more.
            let open = subject.holds.iter();
            effects.extend(open.map(|txn| again(*txn, Span(0))));
        }
        effects.extend(noted(view.row, notice));
        let notice = notice.clone();
        effects.push(Effect::Noted { from, notice });
    }
    let (id, epoch) = (notice.id, view.station.epoch);
    effects.push(send(from, Message::EndedNoted { id, epoch }));
    effects
}

/// What a row says of an act that was committed: its plan, our parties in it, and the notices entered since.
fn marriage(row: Option<&Row>) -> Option<(&Plan, &[Party], &BTreeSet<Uuid>)> {
    match row? {
        Row::Confirmed { hold, endings, .. } => {
            Some((&hold.plan, std::slice::from_ref(&hold.party), endings))
        }
        // Committed though two officers had freed the hold (case 60): it stands, disputed, and can
        // end like any other.
        Row::Forced {
            hold,
            verdict: Some(verdict),
            endings,
            ..
        } if verdict.body.decision.commitment().is_some() => {
            Some((&hold.plan, std::slice::from_ref(&hold.party), endings))
        }
        Row::Decided {
            decision, endings, ..
        } => {
            let done = decision.commitment()?;
            Some((&done.plan, done.parties.as_slice(), endings))
        }
        _ => None,
    }
}

/// Who keeps a ledger or the record of what a plan has made, or everybody's.
pub(super) fn has_part(plan: &Plan, who: AuthorityId) -> bool {
    [Some(plan.da), plan.ha, Some(plan.coordinator)].contains(&Some(who))
        || who == AuthorityId::NATIONAL
}

/// The same of what came to nothing, as far as its row at `me` knows.
fn has_part_in(row: &Row, me: AuthorityId, who: AuthorityId) -> bool {
    let named = |of: &Decision, da| [Some(da), of.ha, Some(of.coordinator)].contains(&Some(who));
    match row {
        Row::Refused { plan, .. } => has_part(plan, who),
        Row::Decided { decision, .. } => named(decision, me),
        Row::Released { verdict }
        | Row::Forced {
            verdict: Some(verdict),
            ..
        } => named(&verdict.body.decision, verdict.by),
        _ => false,
    }
}

/// A peer gives back an ending that we had told it: where a restore has lost it, it is entered again, and told again to
/// everybody who keeps the marriage, also to that peer, which may lose it in a restore of its own. A death is told as the end of the marriage and does not say who died: that is our
/// person where we keep one ledger, and a person's matter to find out where we keep both.
pub(super) fn given_back(view: &View<'_>, from: AuthorityId, notice: &Notice) -> Vec<Effect> {
    let txn = notice.txn;
    let Some((plan, parties, _)) = marriage(view.row) else {
        return Vec::new();
    };
    let Act::Marry { record } = plan.act else {
        return Vec::new();
    };
    if !has_part(plan, from) {
        return vec![alarm(txn, Alarm::NotAParty)];
    }
    let ours = named(view, parties);
    let on = Some(notice.effective_on);
    let mut effects = Vec::new();
    if notice.ending == Ending::SpouseDied {
        if !ours.iter().all(|one| one.alive) {
            return Vec::new();
        }
        match (ours.as_slice(), parties.len()) {
            ([one], 1) => {
                let mut ledger = Ledger::of(one, Some(txn));
                ledger.enter(Entry::Died, None, on);
                effects.extend(ledger.done_by(from, BY_LAW));
                effects.push(Effect::End {
                    txn,
                    record,
                    ending: notice.ending,
                    effective_on: notice.effective_on,
                });
            }
            _ => return vec![alarm(txn, Alarm::EndingLost)],
        }
    } else {
        for one in ours.iter().filter(|one| one.stands.contains(&record)) {
            let mut ledger = Ledger::of(one, Some(txn));
            ledger.enter(Entry::Ended(notice.ending), Some(plan.act), on);
            effects.extend(ledger.done_by(from, BY_LAW));
        }
    }
    if effects.is_empty() {
        return effects;
    }
    let me = view.station.id;
    let parts: BTreeSet<_> = [Some(plan.da), plan.ha, Some(plan.coordinator)]
        .into_iter()
        .flatten()
        .filter(|to| *to != me)
        .collect();
    for to in parts {
        effects.extend(tell(to, notice.clone()));
    }
    effects.push(alarm(txn, Alarm::Restored));
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
