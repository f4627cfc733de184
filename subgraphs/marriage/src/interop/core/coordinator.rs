//! The coordinator 受理机关一侧: the accepting registry's province drives one transaction.
//!
//! ```text
//! STARTED ─ GRANTED ─▶ HA_HELD ─ COMMITTED ─▶ DECIDED (record, certificate) ─ CONFIRMED ─▶ HA_SETTLED
//!    │                    │
//!    └── refusal, walk-out, soft expiry, a start: RESOLVE ─ ABORTED ─▶ DECIDED ─ CANCELLED ─▶ HA_SETTLED
//! ```
//!
//! Invariants:
//! * It decides nothing: every transaction ends with DA's signed decision, also one that was
//!   refused at the first step. So it may die at any moment, and anybody can finish for it.
//! * The row is written before the first message, and a message is only ever a consequence of a
//!   row: `Due` sends again whatever the row still wants.
//! * A row begun in an earlier life is never driven forward, only resolved; while the province catches up, a
//!   decision is only taken from what its start has asked for.
//! * Record and certificate come into being in the same transaction in which COMMITTED is written
//!   down (I-4): HA's signed promise is on file by then.

use super::Broken;
use super::effect::{Alarm, Effect, Side};
use super::event::{ASK_AGAIN, CoordinatorEvent, DOUBT_AGAIN, Desk, Log, Phase, SOFT_EXPIRY};
use super::facts::{has_part, tell};
use super::message::{
    Act, Class, Commitment, Decision, Grant, Message, Notice, Outcome, Plan, Verdict, roles,
};
use super::names::{At, AuthorityId, Proof, RecordId};

/// One step. Begins nothing (no effect at all) while the province is catching up, or when the plan
/// does not fit its own transaction.
#[must_use]
pub fn step(desk: &Desk<'_>, event: CoordinatorEvent, now: At) -> Vec<Effect> {
    match (event, desk.log) {
        (
            CoordinatorEvent::Begin {
                plan,
                da_parties,
                ha_party,
                core,
            },
            None,
        ) => {
            let log = Log {
                plan,
                da_parties,
                ha_party,
                core,
                epoch: desk.station.epoch,
                since: now,
                phase: Phase::Started,
                grant: None,
                giving_up: None,
                verdict: None,
                uploaded: false,
                stuck: false,
            };
            if desk.station.serving() && fits(&log, desk.station.id) {
                go_on(desk, log, now)
            } else {
                Vec::new()
            }
        }
        (CoordinatorEvent::Message { from, message }, Some(log)) => {
            heard(desk, log.clone(), from, message, now)
        }
        (CoordinatorEvent::Due, Some(log)) => pursue(desk, log, now),
        (
            CoordinatorEvent::Ended {
                id,
                ending,
                effective_on,
            },
            Some(log),
        ) => {
            let notice = Notice {
                id,
                txn: log.plan.txn,
                ending,
                effective_on,
            };
            tell_both(desk, log, &notice)
        }
        (CoordinatorEvent::WalkOut, Some(log)) => give_up(desk, log.clone(), Class::WalkedOut, now),
        (CoordinatorEvent::Uploaded, Some(log)) if log.verdict.is_some() => {
            let log = Log {
                uploaded: true,
                ..log.clone()
            };
            vec![Effect::Log { log: Box::new(log) }]
        }
        _ => Vec::new(),
    }
}

/// The parties are two, named apart, and the roles are those of the transaction.
fn fits(log: &Log, me: AuthorityId) -> bool {
    let Plan {
        txn,
        coordinator,
        da,
        ha,
        ..
    } = log.plan;
    let parties: Vec<_> = log.da_parties.iter().chain(&log.ha_party).collect();
    coordinator == me
        && roles(txn, da, ha.unwrap_or(da)) == (da, ha)
        && ha.is_some() == log.ha_party.is_some()
        && matches!(parties.as_slice(), [one, other] if one.party != other.party)
}

/// Writes the row and sends what it wants.
fn go_on(desk: &Desk<'_>, log: Log, now: At) -> Vec<Effect> {
    let mut effects = vec![Effect::Log {
        log: Box::new(log.clone()),
    }];
    effects.extend(pursue(desk, &log, now));
    effects
}

/// Sends what the row wants, and asks to be woken in case nobody answers.
fn pursue(desk: &Desk<'_>, log: &Log, now: At) -> Vec<Effect> {
    let mut effects = Vec::new();
    let again = if desk.station.serving() {
        match wanted(desk, log, now) {
            Some((to, message)) => effects.push(Effect::Send { to, message }),
            None => return effects,
        }
        if desk.broken(Broken::CancelWithoutProof)
            && log.verdict.is_none()
            && resolving(desk, log, now)
            && let Some(ha) = log.plan.ha
        {
            effects.push(Effect::Send {
                to: ha,
                message: Message::Cancel {
                    txn: log.plan.txn,
                    verdict: None,
                },
            });
        }
        if log.stuck || resolving(desk, log, now) {
            DOUBT_AGAIN
        } else {
            ASK_AGAIN
        }
    } else {
        ASK_AGAIN
    };
    effects.push(Effect::Again {
        txn: Some(log.plan.txn),
        side: Side::Coordinator,
        after: again,
    });
    effects
}

/// We want the transaction to end: it was refused or given up, took too long, or was begun in an
/// earlier life of ours.
fn resolving(desk: &Desk<'_>, log: &Log, now: At) -> bool {
    log.giving_up.is_some() || log.epoch != desk.station.epoch || now.passed(SOFT_EXPIRY, log.since)
}

/// The one message that the row wants to have answered.
fn wanted(desk: &Desk<'_>, log: &Log, now: At) -> Option<(AuthorityId, Message)> {
    let plan = &log.plan;
    let message = match (log.phase, plan.ha) {
        (Phase::Started | Phase::HaHeld, _) if resolving(desk, log, now) => (
            plan.da,
            Message::Resolve {
                txn: plan.txn,
                coordinator: plan.coordinator,
                ha: plan.ha,
                class: log.giving_up.unwrap_or(Class::Unresolved),
            },
        ),
        (Phase::Started, Some(ha)) => (
            ha,
            Message::Try {
                plan: plan.clone(),
                coord_epoch: log.epoch,
                party: log.ha_party.clone()?,
            },
        ),
        (Phase::Started | Phase::HaHeld, _) => (
            plan.da,
            Message::CommitLast {
                plan: plan.clone(),
                coord_epoch: log.epoch,
                parties: log.da_parties.clone(),
                grant: log.grant.clone(),
                core: log.core.clone(),
            },
        ),
        (Phase::Decided, Some(ha)) => {
            let verdict = log.verdict.clone()?;
            match verdict.body.decision.outcome {
                Outcome::Committed(_) => (ha, Message::Confirm { verdict }),
                Outcome::Aborted { .. } => (
                    ha,
                    Message::Cancel {
                        txn: plan.txn,
                        verdict: Some(verdict),
                    },
                ),
            }
        }
        (Phase::Decided, None) | (Phase::HaSettled, _) => return None,
    };
    Some(message)
}

/// Only DA can end it: from here on it is asked for the decision.
fn give_up(desk: &Desk<'_>, mut log: Log, class: Class, now: At) -> Vec<Effect> {
    if log.verdict.is_some() || log.giving_up.is_some() {
        return Vec::new();
    }
    log.giving_up = Some(class);
    go_on(desk, log, now)
}

fn heard(
    desk: &Desk<'_>,
    mut log: Log,
    from: AuthorityId,
    message: Message,
    now: At,
) -> Vec<Effect> {
    let (da, ha) = (log.plan.da, log.plan.ha);
    let txn = log.plan.txn;
    let (from_da, from_ha) = (from == da, Some(from) == ha);
    let undecided = log.verdict.is_none();
    match message {
        Message::Granted { grant } if undecided && counts(desk, &log, &grant) => {
            log.grant = Some(grant);
            log.phase = Phase::HaHeld;
            go_on(desk, log, now)
        }
        Message::Refused { class, .. } if from_da || (from_ha && log.phase == Phase::Started) => {
            give_up(desk, log, class, now)
        }
        Message::WrongEpoch { .. } if from_da || from_ha => {
            give_up(desk, log, Class::WrongEpoch, now)
        }
        // The promise was given in a life of HA that has ended: perhaps it is lost. Ask for it anew.
        Message::StaleGrant { .. } if from_da && undecided && log.phase == Phase::HaHeld => {
            log.phase = Phase::Started;
            log.grant = None;
            go_on(desk, log, now)
        }
        Message::StaleCoordinator { epoch, .. } if epoch > desk.station.epoch => {
            vec![Effect::Alarm {
                txn: Some(txn),
                what: Alarm::SteppedDown,
            }]
        }
        Message::KeyReused { .. } if from_da || from_ha => {
            let mut effects = give_up(desk, log, Class::Unresolved, now);
            effects.push(Effect::Alarm {
                txn: Some(txn),
                what: Alarm::KeyReused,
            });
            effects
        }
        // While we catch up we may have forgotten that this life of DA has ended: it is asked when we serve.
        Message::Decided { .. } | Message::Confirm { .. } if !desk.station.serving() => Vec::new(),
        Message::Decided { verdict } => decided(desk, log, verdict, now),
        Message::Confirm { verdict } if from_da && ha.is_none() => shown(desk, log, verdict, now),
        Message::Ended { notice } => ended(desk, &log, from, &notice),
        Message::Confirmed { .. } | Message::Cancelled { .. } | Message::Already { .. }
            if from_ha && log.phase == Phase::Decided =>
        {
            log.phase = Phase::HaSettled;
            log.stuck = false;
            vec![Effect::Log { log: Box::new(log) }]
        }
        // Said to a CONFIRM. To a CONFIRM of an earlier life it says nothing about this one.
        Message::NoSuchHold { .. }
            if from_ha
                && log.phase == Phase::Decided
                && log.decision().is_some_and(|d| d.commitment().is_some())
                && !log.stuck =>
        {
            log.stuck = true;
            vec![
                Effect::Log { log: Box::new(log) },
                Effect::Alarm {
                    txn: Some(txn),
                    what: Alarm::NoSuchHold,
                },
            ]
        }
        _ => Vec::new(),
    }
}

/// The promise is HA's, of its present life, for what was asked, and newer than the one on file.
fn counts(desk: &Desk<'_>, log: &Log, grant: &Proof<Grant>) -> bool {
    let (body, plan) = (&grant.body, &log.plan);
    Some(grant.by) == plan.ha
        && body.txn == plan.txn
        && body.act == plan.act
        && body.da == plan.da
        && Some(&body.party) == log.ha_party.as_ref()
        && (body.epoch >= desk.station.epoch_of(grant.by) || desk.broken(Broken::NoFence))
        && log
            .grant
            .as_ref()
            .is_none_or(|known| known.body.epoch < body.epoch)
}

/// DA's word ends it. A first word from a life of DA that has ended is asked again: that life's
/// last rows may be lost, and DA may have decided otherwise since.
fn decided(desk: &Desk<'_>, mut log: Log, verdict: Proof<Verdict>, now: At) -> Vec<Effect> {
    let decision = &verdict.body.decision;
    if verdict.by != log.plan.da || decision.txn != log.plan.txn {
        return Vec::new();
    }
    // Another plan under a transaction of ours: this disk has forgotten that it was begun before, and goes
    // on from there.
    let other_plan = decision.commitment().filter(|done| done.plan != log.plan);
    let forgotten = match other_plan {
        Some(done) if !ours(desk, &verdict, done) => return Vec::new(),
        Some(_) => log.verdict.is_none(),
        None => false,
    };
    if let Some(known) = &log.verdict {
        if known.body.decision.agrees(decision) {
            return Vec::new();
        }
        return vec![Effect::Alarm {
            txn: Some(log.plan.txn),
            what: verdict.body.against(&known.body),
        }];
    }
    if verdict.body.epoch < desk.station.epoch_of(verdict.by) && !desk.broken(Broken::NoFence) {
        return give_up(desk, log, Class::Unresolved, now);
    }
    if let Some(done) = decision.commitment().filter(|_| forgotten) {
        log = begun_before(desk, done, now);
    }
    let committed = decision.commitment().is_some();
    let mut effects = vec![Effect::Evidence {
        verdict: verdict.clone(),
    }];
    if forgotten {
        effects.push(Effect::Alarm {
            txn: Some(log.plan.txn),
            what: Alarm::Restored,
        });
    }
    if committed {
        effects.push(Effect::Register {
            txn: log.plan.txn,
            act: log.plan.act,
        });
    }
    log.uploaded = !committed;
    log.verdict = Some(verdict);
    log.phase = if log.plan.ha.is_some() {
        Phase::Decided
    } else {
        Phase::HaSettled
    };
    effects.extend(go_on(desk, log, now));
    effects
}

/// Where there is no holder, DA wants to know that somebody else has its decision.
fn shown(desk: &Desk<'_>, log: Log, verdict: Proof<Verdict>, now: At) -> Vec<Effect> {
    let (da, txn) = (log.plan.da, log.plan.txn);
    let known = log.verdict.as_ref().map(|known| &known.body.decision);
    let same = |known: &Decision| known.agrees(&verdict.body.decision);
    if known.is_some_and(same) {
        let message = Message::Already { txn };
        return vec![Effect::Send { to: da, message }];
    }
    let mut effects = decided(desk, log, verdict, now);
    let kept = |effect: &Effect| matches!(effect, Effect::Log { log } if log.verdict.is_some());
    if effects.iter().any(kept) {
        let message = Message::Confirmed { txn };
        effects.push(Effect::Send { to: da, message });
    }
    effects
}

/// After a restore: a peer holds the decision of a transaction that we coordinated. Whatever the
/// log still has of it, the record must exist (I-5).
#[must_use]
pub fn replay(desk: &Desk<'_>, verdict: &Proof<Verdict>, now: At) -> Vec<Effect> {
    if let Some(log) = desk.log {
        return decided(desk, log.clone(), verdict.clone(), now);
    }
    let Some(commitment) = verdict.body.decision.commitment() else {
        return Vec::new();
    };
    if !ours(desk, verdict, commitment) {
        return Vec::new();
    }
    let log = begun_before(desk, commitment, now);
    let mut effects = decided(desk, log, verdict.clone(), now);
    effects.push(Effect::Alarm {
        txn: Some(commitment.plan.txn),
        what: Alarm::Restored,
    });
    effects
}

/// What DA committed was begun here.
fn ours(desk: &Desk<'_>, verdict: &Proof<Verdict>, done: &Commitment) -> bool {
    done.plan.coordinator == desk.station.id && done.plan.da == verdict.by
}

/// The row as it stood before the decision, from what the decision holds.
fn begun_before(desk: &Desk<'_>, done: &Commitment, now: At) -> Log {
    Log {
        plan: done.plan.clone(),
        da_parties: done.parties.clone(),
        ha_party: done.grant.as_ref().map(|g| g.body.party.clone()),
        core: done.core.clone(),
        epoch: desk.station.epoch,
        since: now,
        phase: Phase::HaHeld,
        grant: done.grant.clone(),
        giving_up: None,
        verdict: None,
        uploaded: false,
        stuck: false,
    }
}

/// A peer gives back an ending that we had told it, from where neither ledger is kept: the record ends, if a restore
/// has forgotten that, and the other authority hears of it.
#[must_use]
pub fn replay_ending(desk: &Desk<'_>, from: AuthorityId, notice: &Notice) -> Vec<Effect> {
    let me = desk.station.id;
    let Some(log) = desk.log.filter(|log| has_part(&log.plan, from)) else {
        return Vec::new();
    };
    let (da, ha) = (log.plan.da, log.plan.ha);
    let Some(record) = made(log).filter(|_| da != me && ha != Some(me)) else {
        return Vec::new();
    };
    let mut effects = vec![Effect::End {
        txn: log.plan.txn,
        record,
        ending: notice.ending,
        effective_on: notice.effective_on,
    }];
    // Also to who gives it back, which may lose it in a restore of its own.
    for to in std::iter::once(da).chain(ha) {
        effects.extend(tell(to, notice.clone()));
    }
    // Nobody is to be asked while we are only reading.
    effects.retain(|effect| !matches!(effect, Effect::Send { .. }));
    effects
}

/// The record that a committed marriage of this log is.
fn made(log: &Log) -> Option<RecordId> {
    match (log.decision()?.commitment(), log.plan.act) {
        (Some(_), Act::Marry { record }) => Some(record),
        _ => None,
    }
}

/// A paper that was entered here reaches the authorities of both ledgers.
fn tell_both(desk: &Desk<'_>, log: &Log, notice: &Notice) -> Vec<Effect> {
    if !desk.station.serving() || made(log).is_none() {
        return Vec::new();
    }
    let both = std::iter::once(log.plan.da).chain(log.plan.ha);
    both.filter(|to| *to != desk.station.id)
        .flat_map(|to| tell(to, notice.clone()))
        .collect()
}

/// An authority tells that the marriage which was accepted here has ended. Where a ledger of it is kept here too,
/// that side of ours enters it, the record with it, and answers.
fn ended(desk: &Desk<'_>, log: &Log, from: AuthorityId, notice: &Notice) -> Vec<Effect> {
    let (plan, me) = (&log.plan, desk.station.id);
    let keeps_a_ledger = plan.da == me || plan.ha == Some(me);
    // Not decided as far as we know: it will be told again.
    if keeps_a_ledger || !desk.station.serving() || log.verdict.is_none() {
        return Vec::new();
    }
    let Some(record) = made(log).filter(|_| has_part(plan, from)) else {
        // A marriage that came to nothing has ended: the word of a life that had committed it and lost that.
        let lost = has_part(plan, from) && matches!(plan.act, Act::Marry { .. });
        let what = if lost {
            Alarm::LostWord
        } else {
            Alarm::NotAParty
        };
        return vec![Effect::Alarm {
            txn: Some(plan.txn),
            what,
        }];
    };
    let (id, epoch) = (notice.id, desk.station.epoch);
    vec![
        Effect::Noted {
            from,
            notice: notice.clone(),
        },
        Effect::End {
            txn: plan.txn,
            record,
            ending: notice.ending,
            effective_on: notice.effective_on,
        },
        Effect::Send {
            to: from,
            message: Message::EndedNoted { id, epoch },
        },
    ]
}
