//! A start 启动, which may be a start from an old backup (case 57).
//!
//! An authority cannot know whether its disk is of today or of an hour ago. So at each start it
//! raises its epoch, stays read-only, and says `HELLO` to every peer. A peer that answers
//! `accepted` has promised two things: from now on, promises and first verdicts of our earlier
//! epochs count for nothing there; and what it holds from them is in its answer. What we lack of it
//! is replayed (it carries our own signature, or DA's over our own promise), and only when every
//! peer has answered do we serve.
//!
//! * If a peer knows an epoch of ours that is not this life's, we were restored: we rise above it
//!   and ask everybody again.
//! * A peer that does not answer can be left out by two officers; it is asked further, and what
//!   that costs is an alarm. They decide so for one life: the next start waits for it again.
//! * An answer is a page behind what we have read of that peer before, at any start: a restored disk has
//!   forgotten the reading with the rest. So a start costs what has happened since the last one.
//! * What a holder has freed by break-glass is taken over last of all: what we had decided may stand in
//!   the last answer, and then that is the decision.
//! * After the step in which [`Station::serving`] becomes true, the shell wakes (`Due`) every
//!   unfinished row.

use super::Broken;
use super::authority::{again, alarm, keep};
use super::effect::{Alarm, Effect, Side};
use super::entries::{Ledger, still_allows};
use super::event::{
    ASK_AGAIN, DOUBT_AGAIN, Entry, Evidence, Hold, PeerEpoch, Reading, Row, Station, StationEvent,
    Subject, View,
};
use super::message::{Commitment, Decision, ForcedAbort, Grant, Message, Notice, Verdict};
use super::names::{At, AuthorityId, Proof};
use super::{facts, settle};
use std::collections::BTreeSet;

/// A life that no province has reached: a peer that names a later one is not believed. Our own epoch must stay a number
/// that a message may hold (below 2^53), whatever somebody says.
const NO_LIFE: u64 = 1 << 40;

/// One step.
#[must_use]
pub fn step(station: &Station, event: StationEvent) -> Vec<Effect> {
    let mut next = station.clone();
    match event {
        StationEvent::Start { boot, peers } => {
            next.epoch += 1;
            next.boot = boot;
            next.peers = peers;
            next.peers.remove(&station.id);
            ask_all(next)
        }
        StationEvent::Message {
            from,
            message: Message::Hello { epoch, boot, .. },
            evidence,
        } => answer(next, from, PeerEpoch { epoch, boot }, evidence),
        StationEvent::Message { from, message, .. } => heard(next, from, &message),
        StationEvent::TakenOver { txn } => {
            next.forced.retain(|abort| abort.txn != txn);
            vec![write(next)]
        }
        StationEvent::Due => hellos(&next),
        StationEvent::Override { officers, without } => {
            let [one, other] = &officers;
            let without: BTreeSet<_> = without.intersection(&next.waiting).copied().collect();
            if one == other || one.is_empty() || other.is_empty() || without.is_empty() {
                return Vec::new();
            }
            next.waiting.retain(|peer| !without.contains(peer));
            next.overridden.extend(without);
            vec![
                write(next),
                Effect::Alarm {
                    txn: None,
                    what: Alarm::Overridden,
                },
            ]
        }
    }
}

fn write(station: Station) -> Effect {
    Effect::Station {
        station: Box::new(station),
    }
}

fn ask_all(mut next: Station) -> Vec<Effect> {
    next.waiting = next.peers.clone();
    next.overridden.clear();
    next.forced.clear();
    let asked = hellos(&next);
    let mut effects = vec![write(next)];
    effects.extend(asked);
    effects
}

/// What was read before is not asked for again, so that a start costs what has happened since the last one, and not
/// what ever happened.
fn hello(station: &Station, to: AuthorityId) -> Effect {
    let Reading { upto, hash } = station.seen.get(&to).cloned().unwrap_or_default();
    Effect::Send {
        to,
        message: Message::Hello {
            epoch: station.epoch,
            boot: station.boot,
            after: upto,
            after_hash: hash,
        },
    }
}

/// Asks those who have not answered, and asks to be woken again.
fn hellos(station: &Station) -> Vec<Effect> {
    let missing = station.waiting.iter().chain(&station.overridden);
    let mut effects: Vec<_> = missing.map(|peer| hello(station, *peer)).collect();
    if !effects.is_empty() {
        effects.push(Effect::Again {
            txn: None,
            side: Side::Station,
            after: ASK_AGAIN,
        });
    }
    effects
}

/// A peer has started. Answered in every state, also while we are catching up ourselves.
fn answer(
    mut next: Station,
    from: AuthorityId,
    told: PeerEpoch,
    evidence: Evidence,
) -> Vec<Effect> {
    let known = next.known.get(&from).copied();
    let accepted = known.is_none_or(|known| known == told || known.epoch < told.epoch);
    let mut effects = Vec::new();
    if accepted && known != Some(told) {
        next.known.insert(from, told);
        effects.push(write(next.clone()));
        // What its earlier starts were to be told again a life of ours may have known that we have lost: until it
        // has answered our own start it is told all.
        let asked = next.waiting.contains(&from) || next.overridden.contains(&from);
        let after = if asked { 0 } else { evidence.after };
        effects.push(Effect::Retell { to: from, after });
    }
    let mut evidence = if accepted {
        evidence
    } else {
        Evidence::default()
    };
    // What we decided ourselves we say anew: it counts as the word of our present life.
    for verdict in &mut evidence.verdicts {
        if verdict.by == next.id && verdict.body.epoch < next.epoch {
            let decision = verdict.body.decision.clone();
            let epoch = next.epoch;
            *verdict = Proof::own(next.id, Verdict { decision, epoch });
        }
    }
    effects.push(Effect::Send {
        to: from,
        message: Message::Known {
            boot: told.boot,
            your_epoch: if accepted {
                told.epoch
            } else {
                known.map_or(0, |known| known.epoch)
            },
            accepted,
            my_epoch: next.epoch,
            my_boot: next.boot,
            verdicts: evidence.verdicts,
            endings: evidence.endings,
            forced: evidence.forced,
            upto: evidence.upto.upto,
            upto_hash: evidence.upto.hash,
            more: evidence.more,
        },
    });
    effects
}

/// Whether a `KNOWN` answers our present start, and from the peer's present life as far as we were
/// told. Nothing of another one is replayed: what its life had decided may be lost and decided
/// otherwise since.
#[must_use]
pub fn answers(station: &Station, from: AuthorityId, message: &Message) -> bool {
    let asked = station.waiting.contains(&from) || station.overridden.contains(&from);
    matches!(message, Message::Known { boot, my_epoch, .. }
        if asked && *boot == station.boot && *my_epoch >= station.epoch_of(from))
}

/// A peer's answer to our start; its evidence has been replayed by now.
fn heard(mut next: Station, from: AuthorityId, message: &Message) -> Vec<Effect> {
    if !answers(&next, from, message) {
        return Vec::new();
    }
    let Message::Known {
        your_epoch,
        accepted,
        my_epoch,
        my_boot,
        forced,
        upto,
        upto_hash,
        more,
        ..
    } = message
    else {
        return Vec::new();
    };
    let theirs = PeerEpoch {
        epoch: *my_epoch,
        boot: *my_boot,
    };
    let mut effects = Vec::new();
    let known = next.known.get(&from).map_or(0, |known| known.epoch);
    if known < theirs.epoch {
        next.known.insert(from, theirs);
        // Its `HELLO` may have reached a life of ours that we have lost.
        effects.push(Effect::Retell { to: from, after: 0 });
    }
    if !accepted {
        if *your_epoch < next.epoch || *your_epoch >= NO_LIFE {
            return Vec::new();
        }
        // They know a life of ours that we do not: rise above it, and everybody must hear of it.
        next.epoch = your_epoch + 1;
        effects.extend(ask_all(next));
        effects.push(Effect::Alarm {
            txn: None,
            what: Alarm::Restored,
        });
        return effects;
    }
    if *your_epoch != next.epoch {
        return Vec::new();
    }
    // Only whose hold it was can have freed it, and only who decides takes it over.
    let (me, freed) = (next.id, forced.iter());
    let freed = freed.filter(|abort| abort.ha == from && abort.da == me);
    next.forced.extend(freed.cloned());
    let reading = Reading {
        upto: *upto,
        hash: upto_hash.clone(),
    };
    next.seen.insert(from, reading);
    if *more {
        let asked = hello(&next, from);
        effects.extend([write(next), asked]);
        return effects;
    }
    next.waiting.remove(&from);
    next.overridden.remove(&from);
    effects.push(write(next));
    effects
}

/// One verdict of a `KNOWN` that [`answers`] our start, on the authority's side: as DA our own decision comes back to us, as
/// HA the decision over our own promise. What we have is left as it is.
#[must_use]
pub fn replay(view: &View<'_>, verdict: &Proof<Verdict>, now: At) -> Vec<Effect> {
    let decision = &verdict.body.decision;
    let me = view.station.id;
    if verdict.by == me {
        return decided_before(view, decision);
    }
    if !settle::names_us(view, verdict) {
        return Vec::new();
    }
    match (view.row, decision.commitment()) {
        (None, Some(commitment)) => promised_before(view, commitment, verdict, now),
        (None, None) => vec![Effect::Row {
            txn: decision.txn,
            row: Row::Released {
                verdict: verdict.clone(),
            },
        }],
        (Some(_), _) => {
            let mut effects = settle::follow(view, verdict, None);
            // Nobody is to be asked back while we are only reading.
            effects.retain(|effect| !matches!(effect, Effect::Send { .. }));
            effects
        }
    }
}

/// One ending of a `KNOWN` that [`answers`] our start, on the authority's side, behind its verdicts: we had told it.
#[must_use]
pub fn replay_ending(view: &View<'_>, from: AuthorityId, notice: &Notice) -> Vec<Effect> {
    let mut effects = facts::given_back(view, from, notice);
    effects.retain(|effect| !matches!(effect, Effect::Send { .. }));
    effects
}

/// We were DA and have lost it: enter it again. The decision is a decision also where somebody in it cannot be named
/// any more: without its row the next question would make another.
fn decided_before(view: &View<'_>, decision: &Decision) -> Vec<Effect> {
    let txn = decision.txn;
    match view.row {
        Some(Row::Decided { decision: ours, .. }) if ours.agrees(decision) => return Vec::new(),
        Some(_) => return vec![alarm(txn, Alarm::Contradiction)],
        None => {}
    }
    let (mut effects, mut persons) = (Vec::new(), Vec::new());
    let mut unnamed = false;
    if let Some(commitment) = decision.commitment() {
        let act = commitment.plan.act;
        for party in &commitment.parties {
            let Some(subject) = view.subjects.get(&party.party) else {
                unnamed = true;
                continue;
            };
            let mut ledger = Ledger::of(subject, Some(txn));
            ledger.commit(act, &commitment.core);
            effects.extend(doubt(subject, commitment));
            effects.extend(ledger.done(&commitment.plan));
            // The row names them in the order of the parties: nobody behind one who is not named.
            if !unnamed {
                persons.push(subject.person.clone());
            }
        }
    }
    if unnamed {
        effects.push(alarm(txn, Alarm::ReplayConflict));
    }
    effects.push(Effect::Row {
        txn,
        row: Row::Decided {
            decision: decision.clone(),
            persons,
            endings: BTreeSet::new(),
            disputed: false,
            // Who gives it back has it.
            alone: false,
        },
    });
    effects.push(keep(view, decision));
    effects.push(alarm(txn, Alarm::Restored));
    effects
}

/// Acts come back in the order in which peers answer, not in that of the ledger: what does not fit
/// now may fit when its neighbour is back. So nothing is disputed here; two marriages that truly
/// overlap make the person disputed by themselves, and somebody is told to look.
fn doubt(subject: &Subject, commitment: &Commitment) -> Option<Effect> {
    let plan = &commitment.plan;
    let fits = still_allows(subject, plan.act).is_ok();
    (!fits).then(|| alarm(plan.txn, Alarm::ReplayConflict))
}

/// We were HA and have lost the promise that the decision names: our own signature stands on it.
/// A decision of DA's present life is entered. One of a life that has ended may be lost, but the
/// promise was given: it is given again, and DA is asked like about any other hold.
fn promised_before(
    view: &View<'_>,
    commitment: &Commitment,
    verdict: &Proof<Verdict>,
    now: At,
) -> Vec<Effect> {
    let txn = commitment.plan.txn;
    let ours = |grant: &&Proof<Grant>| {
        let body = &grant.body;
        grant.by == view.station.id && (body.txn, body.da) == (txn, verdict.by)
    };
    let Some(grant) = commitment.grant.as_ref().filter(ours) else {
        return vec![alarm(txn, Alarm::NoSuchHold)];
    };
    let Some(subject) = view.subjects.get(&grant.body.party.party) else {
        return vec![alarm(txn, Alarm::ReplayConflict)];
    };
    let hold = Hold {
        plan: commitment.plan.clone(),
        party: grant.body.party.clone(),
        person: subject.person.clone(),
        fence: grant.body.fence,
        since: now,
        on_record: grant.body.on_record,
        contested: false,
    };
    let mut effects = Vec::new();
    if settle::stale(view, verdict) {
        // Perhaps held for another by this older disk, too: each ends by its own decision, and what is
        // committed on top of the other's is disputed.
        let mut ledger = Ledger::of(subject, Some(txn));
        ledger.enter(Entry::Held, Some(hold.plan.act), None);
        effects.extend(ledger.done(&hold.plan));
        effects.push(Effect::Row {
            txn,
            row: Row::Held { hold },
        });
        effects.push(again(txn, DOUBT_AGAIN));
    } else {
        effects.extend(settle::enter(subject, &hold, (commitment, verdict), false));
        effects.extend(doubt(subject, commitment));
    }
    effects.push(alarm(txn, Alarm::Restored));
    effects
}

/// The forced aborts whose time has come: every answer is in, so what we have not decided by now we never had, as
/// far as anybody knows.
#[must_use]
pub fn to_take_over(view: &View<'_>) -> Vec<ForcedAbort> {
    if view.station.waiting.is_empty() || view.broken(Broken::HastyTakeOver) {
        view.station.forced.iter().cloned().collect()
    } else {
        Vec::new()
    }
}

/// One of [`to_take_over`]: DA stores ABORTED before it serves again. [`StationEvent::TakenOver`] follows.
#[must_use]
pub fn replay_forced(view: &View<'_>, abort: &ForcedAbort) -> Vec<Effect> {
    settle::take_over(view, abort, None)
}
