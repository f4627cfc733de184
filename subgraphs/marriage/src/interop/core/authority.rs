//! The authority 台账主管机关一侧: keeps its persons' ledgers, promises as HA, decides as DA.
//!
//! ```text
//! HA   (nothing) ─ TRY ─▶ HELD ─ DA's COMMITTED ─▶ CONFIRMED
//!          │        │       ├──── DA's ABORTED ───▶ RELEASED ◀─ ABORTED before TRY (tombstone)
//!          │        └▶ REFUSED       └─ two officers ─▶ FORCED
//! DA   (nothing) ─ COMMIT_LAST ─▶ DECIDED(COMMITTED | ABORTED) ◀─ RESOLVE: ABORTED (tombstone)
//! ```
//!
//! Invariants:
//! * A row's end never changes (I-3), and is never deleted; the same request gets the same answer.
//! * Whom an act has freed is promised to nobody, and does nothing, before another province is known to have that
//!   act: what is built on it would outlive it in a restore of DA.
//! * HELD ends by DA's signed decision and by nothing else; time only makes HA ask (I-6). The one
//!   exception is break-glass, which is told to DA until DA has taken it over.
//! * Ledger entry and row are written in one transaction; each entry names its sequence (I-7).
//! * While the province is catching up nothing is written; what is asked for is not denied either
//!   (`UNAVAILABLE` decides nothing).
//! * Each access to a ledger has exactly one audit record (I-8), and what is answered is a class,
//!   a fence, a coverage day: never a record (I-9).

use super::Broken;
use super::effect::{Alarm, Effect, Side};
use super::entries::{Ledger, allows, audit, clear_behind};
use super::event::{ASK_AGAIN, AuthorityEvent, Entry, Hold, Row, SOFT_EXPIRY, Subject, View};
use super::message::{
    Act, Class, Commitment, Decision, Grant, Message, Outcome, Party, Plan, RecordCore, Verdict,
    roles,
};
use super::names::{At, AuthorityId, Proof, Span, TxnId};
use super::{facts, renamed, settle};
use std::collections::BTreeSet;

/// One step. A fact that comes while the province is catching up has no effect and is to be brought
/// again.
#[must_use]
pub fn step(view: &View<'_>, event: AuthorityEvent, now: At) -> Vec<Effect> {
    match event {
        AuthorityEvent::Message { from, message } => heard(view, from, message, now),
        AuthorityEvent::Due => settle::due(view, now),
        // Whom our own rows name is no statement to anybody: also while we are catching up.
        AuthorityEvent::Renamed { from, subject } => renamed::became(view, &from, &subject),
        AuthorityEvent::Fact { fact, subject } if view.station.serving() => {
            facts::happened(view, &fact, &subject)
        }
        AuthorityEvent::BreakGlass {
            officers,
            statement,
            stated_by,
        } if view.station.serving() => {
            settle::break_glass(view, officers, statement, stated_by, now)
        }
        AuthorityEvent::Clear { officers, evidence } if view.station.serving() => {
            settle::clear(view, &officers, &evidence)
        }
        AuthorityEvent::Fact { .. }
        | AuthorityEvent::BreakGlass { .. }
        | AuthorityEvent::Clear { .. } => Vec::new(),
    }
}

fn heard(view: &View<'_>, from: AuthorityId, message: Message, now: At) -> Vec<Effect> {
    let decided = matches!(view.row, Some(Row::Decided { .. }));
    let may_read = matches!(message, Message::Resolve { .. }) && decided;
    if let Message::Confirmed { .. } | Message::Already { .. } = message {
        return settle::heard_of(view, from);
    }
    if !view.station.serving() && !may_read {
        return match message.txn() {
            Some(txn) => vec![send(from, Message::Unavailable { txn })],
            None => Vec::new(),
        };
    }
    match message {
        Message::Try {
            plan,
            coord_epoch,
            party,
        } => match unfit(view, from, &plan, coord_epoch, plan.ha) {
            Some(effects) => effects,
            None => hold(view, from, plan, party, now),
        },
        Message::CommitLast {
            plan,
            coord_epoch,
            parties,
            grant,
            core,
        } => match unfit(view, from, &plan, coord_epoch, Some(plan.da)) {
            Some(effects) => effects,
            None => commit(
                view,
                from,
                Request {
                    plan,
                    parties,
                    grant,
                    core,
                },
                now,
            ),
        },
        Message::Resolve {
            txn,
            coordinator,
            ha,
            class,
        } => resolve(view, from, txn, (coordinator, ha), class),
        Message::Confirm { verdict } => settle::follow(view, &verdict, Some(from)),
        Message::Cancel {
            verdict: Some(verdict),
            txn,
        } if verdict.body.decision.txn == txn && verdict.body.decision.commitment().is_none() => {
            settle::follow(view, &verdict, Some(from))
        }
        Message::Cancel { txn, .. } => settle::unproven(view, from, txn),
        Message::Decided { verdict } => settle::follow(view, &verdict, None),
        Message::Forced { abort } if from == abort.ha => {
            settle::take_over(view, &abort, Some(from))
        }
        Message::Ended { notice } => facts::ended(view, from, &notice),
        Message::EndedNoted { id, epoch } if epoch >= view.station.epoch_of(from) => {
            vec![Effect::Told { id, by: from }]
        }
        _ => Vec::new(),
    }
}

pub(super) fn send(to: AuthorityId, message: Message) -> Effect {
    Effect::Send { to, message }
}

pub(super) fn alarm(txn: TxnId, what: Alarm) -> Effect {
    Effect::Alarm {
        txn: Some(txn),
        what,
    }
}

/// The request does not come from its coordinator, is not for us in this role, or is of a life of
/// the coordinator that has ended.
fn unfit(
    view: &View<'_>,
    from: AuthorityId,
    plan: &Plan,
    coord_epoch: u64,
    addressee: Option<AuthorityId>,
) -> Option<Vec<Effect>> {
    let txn = plan.txn;
    let ours = addressee == Some(view.station.id)
        && roles(txn, plan.da, plan.ha.unwrap_or(plan.da)) == (plan.da, plan.ha);
    if plan.coordinator != from || !ours {
        return Some(vec![alarm(txn, Alarm::NotAParty)]);
    }
    let epoch = view.station.epoch_of(from);
    (coord_epoch < epoch).then(|| vec![send(from, Message::StaleCoordinator { txn, epoch })])
}

/// What stops a transaction that is unknown here from being begun here.
fn not_now(view: &View<'_>, from: AuthorityId, plan: &Plan, now: At) -> Option<Vec<Effect>> {
    let txn = plan.txn;
    if super::too_old(txn, now) {
        let class = Class::TooOld;
        return Some(vec![send(from, Message::Refused { txn, class })]);
    }
    let routing_epoch = view.station.routing_epoch;
    (plan.routing_epoch != routing_epoch)
        .then(|| vec![send(from, Message::WrongEpoch { txn, routing_epoch })])
}

/// TRY: promise, or refuse for ever.
fn hold(view: &View<'_>, from: AuthorityId, plan: Plan, party: Party, now: At) -> Vec<Effect> {
    let txn = plan.txn;
    let reused = vec![
        send(from, Message::KeyReused { txn }),
        alarm(txn, Alarm::KeyReused),
    ];
    match view.row {
        Some(Row::Held { hold } | Row::Confirmed { hold, .. }) => {
            if hold.plan == plan && hold.party == party {
                return vec![send(from, granted(view, hold))];
            }
            return reused;
        }
        Some(Row::Refused { plan: known, class }) => {
            if *known == plan {
                let class = *class;
                return vec![send(from, Message::Refused { txn, class })];
            }
            return reused;
        }
        Some(Row::Released { verdict }) => {
            let verdict = verdict.clone();
            return vec![send(from, Message::Decided { verdict })];
        }
        Some(Row::Forced { .. }) => {
            let class = Class::ForceAborted;
            return vec![send(from, Message::Refused { txn, class })];
        }
        Some(Row::Decided { .. }) => return vec![alarm(txn, Alarm::NotAParty)],
        None => {}
    }
    if let Some(effects) = not_now(view, from, &plan, now) {
        return effects;
    }
    let subject = view.subjects.get(&party.party);
    let allowed = subject
        .ok_or(Class::Unverified)
        .and_then(|subject| clear_behind(subject, &plan).map(|()| subject))
        .and_then(|subject| allows(subject, plan.act).map(|on_record| (subject, on_record)));
    let (subject, on_record) = match allowed {
        Ok(allowed) => allowed,
        Err(class) => {
            let mut effects: Vec<_> = subject
                .map(|s| audit(s, false, &plan))
                .into_iter()
                .collect();
            effects.push(Effect::Row {
                txn,
                row: Row::Refused { plan, class },
            });
            effects.push(send(from, Message::Refused { txn, class }));
            return effects;
        }
    };
    let mut ledger = Ledger::of(subject, Some(txn));
    ledger.enter(Entry::Held, Some(plan.act), None);
    let hold = Hold {
        party,
        person: subject.person.clone(),
        fence: ledger.seq,
        since: now,
        on_record,
        contested: false,
        plan,
    };
    let mut effects = ledger.done(&hold.plan);
    let answer = granted(view, &hold);
    effects.push(Effect::Row {
        txn,
        row: Row::Held { hold },
    });
    effects.push(send(from, answer));
    effects.push(again(txn, SOFT_EXPIRY));
    effects
}

/// The promise as it is said in our present life.
pub(super) fn granted(view: &View<'_>, hold: &Hold) -> Message {
    let grant = Grant {
        txn: hold.plan.txn,
        act: hold.plan.act,
        da: hold.plan.da,
        party: hold.party.clone(),
        fence: hold.fence,
        epoch: view.station.epoch,
        on_record: hold.on_record,
    };
    Message::Granted {
        grant: Proof::own(view.station.id, grant),
    }
}

pub(super) const fn again(txn: TxnId, after: Span) -> Effect {
    Effect::Again {
        txn: Some(txn),
        side: Side::Authority,
        after,
    }
}

/// What COMMIT_LAST asks for.
struct Request {
    plan: Plan,
    parties: Vec<Party>,
    grant: Option<Proof<Grant>>,
    core: RecordCore,
}

/// COMMIT_LAST: the deed and the decision in one transaction, or ABORTED for ever.
fn commit(view: &View<'_>, from: AuthorityId, ask: Request, now: At) -> Vec<Effect> {
    let txn = ask.plan.txn;
    match view.row {
        Some(Row::Decided { decision, .. }) => {
            let other = decision.commitment().is_some_and(|done| {
                done.plan != ask.plan || done.parties != ask.parties || done.core != ask.core
            });
            if other {
                return vec![
                    send(from, Message::KeyReused { txn }),
                    alarm(txn, Alarm::KeyReused),
                ];
            }
            return vec![send(from, say(view, decision.clone()))];
        }
        Some(_) => return vec![alarm(txn, Alarm::NotAParty)],
        None => {}
    }
    if let Some(effects) = not_now(view, from, &ask.plan, now) {
        return effects;
    }
    match promised(view, &ask) {
        Promise::Good => {}
        Promise::Stale => return vec![send(from, Message::StaleGrant { txn })],
        Promise::Wrong => {
            let class = Class::Unverified;
            return vec![send(from, Message::Refused { txn, class })];
        }
    }
    let subjects: Vec<_> = ask
        .parties
        .iter()
        .filter_map(|party| view.subjects.get(&party.party))
        .collect();
    let mut effects: Vec<_> = Vec::new();
    let fits = keepable(view, &ask).and_then(|()| may_commit(&ask, &subjects));
    if let Err(class) = fits {
        effects.extend(subjects.iter().map(|s| audit(s, false, &ask.plan)));
        effects.extend(decide_abort(view, aborted(&ask.plan, class), Some(from)));
        return effects;
    }
    for subject in &subjects {
        let mut ledger = Ledger::of(subject, Some(txn));
        ledger.commit(ask.plan.act, &ask.core);
        effects.extend(ledger.done(&ask.plan));
    }
    let decision = Decision {
        txn,
        coordinator: ask.plan.coordinator,
        ha: ask.plan.ha,
        outcome: Outcome::Committed(Box::new(Commitment {
            plan: ask.plan,
            parties: ask.parties,
            grant: ask.grant,
            core: ask.core,
            at: now,
        })),
    };
    let persons = subjects.iter().map(|s| s.person.clone()).collect();
    let alone = settle::is_alone(view, &decision);
    // Whoever has asked is answered, and that answer may be lost: only others are shown it at once.
    let others = |done: &Commitment| done.witness() != Some(from);
    let at_once = alone && decision.commitment().is_some_and(others);
    let shown = at_once.then(|| settle::show(view, &decision)).flatten();
    effects.push(Effect::Row {
        txn,
        row: Row::Decided {
            decision: decision.clone(),
            persons,
            endings: BTreeSet::new(),
            disputed: false,
            alone,
        },
    });
    effects.push(keep(view, &decision));
    effects.push(send(from, say(view, decision)));
    effects.extend(alone.then(|| again(txn, ASK_AGAIN)));
    effects.extend(shown);
    effects
}

enum Promise {
    Good,
    Stale,
    Wrong,
}

/// HA's promise belongs to this transaction and to HA's present life.
fn promised(view: &View<'_>, ask: &Request) -> Promise {
    match (&ask.grant, ask.plan.ha) {
        (None, None) => Promise::Good,
        (Some(grant), Some(ha)) => {
            let body = &grant.body;
            let fits = grant.by == ha
                && (body.txn, body.act, body.da) == (ask.plan.txn, ask.plan.act, view.station.id);
            if !fits {
                Promise::Wrong
            } else if body.epoch < view.station.epoch_of(ha) && !view.broken(Broken::NoFence) {
                Promise::Stale
            } else {
                Promise::Good
            }
        }
        _ => Promise::Wrong,
    }
}

/// What is to be kept of a marriage can be kept: by us, and by HA as far as can be seen here. Its days are those of
/// the plan that HA has promised for.
fn keepable(view: &View<'_>, ask: &Request) -> Result<(), Class> {
    let (plan, core) = (&ask.plan, &ask.core);
    if !matches!(plan.act, Act::Marry { .. }) {
        return Ok(());
    }
    let mut keepers = std::iter::once(plan.da).chain(plan.ha);
    let sealed = keepers.all(|keeper| core.details.contains_key(&keeper));
    let days = plan.effective_from.unwrap_or(core.registered_on) == core.effective_from
        && core.effective_from <= core.registered_on;
    if sealed && days && view.details_fit {
        Ok(())
    } else {
        Err(Class::Unverified)
    }
}

/// All our persons are known, are two with HA's, and may.
fn may_commit(ask: &Request, subjects: &[&Subject]) -> Result<(), Class> {
    let wanted = if ask.plan.ha.is_some() { 1 } else { 2 };
    if ask.parties.len() != wanted {
        return Err(Class::NotTwoPersons);
    }
    if subjects.len() != wanted {
        return Err(Class::Unverified);
    }
    let same = match (subjects, &ask.grant) {
        ([one, other], _) => one.person == other.person,
        (_, Some(grant)) => ask
            .parties
            .iter()
            .any(|p| p.party == grant.body.party.party),
        _ => true,
    };
    if same {
        return Err(Class::NotTwoPersons);
    }
    subjects.iter().try_for_each(|subject| {
        clear_behind(subject, &ask.plan)?;
        allows(subject, ask.plan.act).map(|_| ())
    })
}

/// RESOLVE: the decision; if there is none, it is ABORTED from now on (compare and set).
fn resolve(
    view: &View<'_>,
    from: AuthorityId,
    txn: TxnId,
    (coordinator, ha): (AuthorityId, Option<AuthorityId>),
    class: Class,
) -> Vec<Effect> {
    let me = view.station.id;
    match view.row {
        Some(Row::Decided { decision, .. }) => {
            // An abort tells nothing of anybody; a commitment is for its own parties only.
            let party = decision
                .commitment()
                .is_none_or(|done| from == done.plan.coordinator || Some(from) == done.plan.ha);
            if party {
                let mut effects = vec![send(from, say(view, decision.clone()))];
                // Whoever is to have it hears it now: whether it has it by then is asked at once.
                let heard = view.row.and_then(Row::asks) == Some(from);
                effects.extend(heard.then(|| again(txn, Span(0))));
                effects
            } else {
                vec![alarm(txn, Alarm::NotAParty)]
            }
        }
        None if (from == coordinator || Some(from) == ha)
            && roles(txn, me, ha.unwrap_or(me)) == (me, ha) =>
        {
            let decision = Decision {
                txn,
                coordinator,
                ha,
                outcome: Outcome::Aborted { class },
            };
            decide_abort(view, decision, Some(from))
        }
        _ => vec![alarm(txn, Alarm::NotAParty)],
    }
}

fn aborted(plan: &Plan, class: Class) -> Decision {
    Decision {
        txn: plan.txn,
        coordinator: plan.coordinator,
        ha: plan.ha,
        outcome: Outcome::Aborted { class },
    }
}

/// Writes ABORTED: the tombstone on which a late COMMIT_LAST fails.
pub(super) fn decide_abort(
    view: &View<'_>,
    decision: Decision,
    answer: Option<AuthorityId>,
) -> Vec<Effect> {
    let mut effects = Vec::new();
    if !view.broken(Broken::NoTombstone) {
        effects.push(Effect::Row {
            txn: decision.txn,
            row: Row::Decided {
                decision: decision.clone(),
                persons: Vec::new(),
                endings: BTreeSet::new(),
                disputed: false,
                alone: false,
            },
        });
        effects.push(keep(view, &decision));
    }
    effects.extend(answer.map(|to| send(to, say(view, decision))));
    effects
}

pub(super) fn verdict(view: &View<'_>, decision: Decision) -> Proof<Verdict> {
    let epoch = view.station.epoch;
    Proof::own(view.station.id, Verdict { decision, epoch })
}

pub(super) fn say(view: &View<'_>, decision: Decision) -> Message {
    Message::Decided {
        verdict: verdict(view, decision),
    }
}

pub(super) fn keep(view: &View<'_>, decision: &Decision) -> Effect {
    Effect::Evidence {
        verdict: verdict(view, decision.clone()),
    }
}
