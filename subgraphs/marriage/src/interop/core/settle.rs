//! How a hold ends 占用的了结: HA follows DA's decision, or asks for it, or two officers free it.

use super::Broken;
use super::authority::{again, alarm, decide_abort, keep, say, send, verdict};
use super::effect::{Alarm, Effect};
use super::entries::{Ledger, still_allows};
use super::event::{
    ASK_AGAIN, BREAK_GLASS_AFTER, DOUBT_AGAIN, Entry, Hold, Row, SOFT_EXPIRY, Subject, View,
};
use super::message::{
    Act, Class, Commitment, Decision, ForcedAbort, Message, Outcome, Party, Verdict, roles,
};
use super::names::{At, AuthorityId, Proof, TxnId};
use super::renamed::against;
use std::collections::BTreeSet;

/// Purpose code of what two officers enter when they have looked into a dispute.
const REVIEWED: &str = "DISPUTE_REVIEW";

/// DA's signed decision has come: from DA itself, or from the coordinator, who is then answered.
pub(super) fn follow(
    view: &View<'_>,
    verdict: &Proof<Verdict>,
    reply: Option<AuthorityId>,
) -> Vec<Effect> {
    let decision = &verdict.body.decision;
    let txn = decision.txn;
    let committed = decision.commitment().is_some();
    let (mut effects, answer) = match view.row {
        Some(Row::Held { hold }) => return end(view, hold, verdict, reply),
        Some(Row::Forced {
            hold,
            abort,
            verdict: None,
            ..
        }) => {
            return end_forced(view, (hold, abort), verdict, reply);
        }
        Some(Row::Confirmed { verdict: known, .. } | Row::Released { verdict: known })
        | Some(Row::Forced {
            verdict: Some(known),
            ..
        }) => {
            if known.body.decision.commitment().is_some() == committed {
                (Vec::new(), Message::Already { txn })
            } else {
                let what = verdict.body.against(&known.body);
                (vec![alarm(txn, what)], Message::NoSuchHold { txn })
            }
        }
        // Not ours to follow: we decided it ourselves, or only the coordinator here asked.
        Some(Row::Decided { .. }) => return Vec::new(),
        None if reply.is_none() => return Vec::new(),
        None if !names_us(view, verdict) => {
            return vec![alarm(txn, Alarm::NotAParty)];
        }
        None | Some(Row::Refused { .. }) if committed => {
            let what = if stale(view, verdict) {
                Alarm::LostWord
            } else {
                Alarm::NoSuchHold
            };
            (vec![alarm(txn, what)], Message::NoSuchHold { txn })
        }
        // Empty cancel: the tombstone on which a late TRY fails.
        None | Some(Row::Refused { .. }) => {
            (released(view, txn, verdict), Message::Cancelled { txn })
        }
    };
    effects.extend(reply.map(|to| send(to, answer)));
    effects
}

/// Its decider decides this transaction, and we are the holder.
pub(super) fn names_us(view: &View<'_>, verdict: &Proof<Verdict>) -> bool {
    let (da, me, decision) = (verdict.by, view.station.id, &verdict.body.decision);
    let roles = roles(decision.txn, da, me);
    let fits = |done: &Commitment| (done.plan.da, done.plan.ha) == (da, Some(me));
    decision.ha == Some(me) && roles == (da, Some(me)) && decision.commitment().is_none_or(fits)
}

fn released(view: &View<'_>, txn: TxnId, verdict: &Proof<Verdict>) -> Vec<Effect> {
    if view.broken(Broken::NoTombstone) {
        return Vec::new();
    }
    let verdict = verdict.clone();
    let row = Row::Released {
        verdict: verdict.clone(),
    };
    vec![Effect::Row { txn, row }, Effect::Evidence { verdict }]
}

/// A first word from a life of DA that has ended counts for nothing: its last rows may be lost.
pub(super) fn stale(view: &View<'_>, verdict: &Proof<Verdict>) -> bool {
    verdict.body.epoch < view.station.epoch_of(verdict.by) && !view.broken(Broken::NoFence)
}

fn end(
    view: &View<'_>,
    hold: &Hold,
    verdict: &Proof<Verdict>,
    reply: Option<AuthorityId>,
) -> Vec<Effect> {
    let txn = hold.plan.txn;
    if verdict.by != hold.plan.da {
        return vec![alarm(txn, Alarm::NotAParty)];
    }
    if stale(view, verdict) {
        let mut effects = vec![ask(hold, Class::Unresolved)];
        effects.extend(reply.map(|to| send(to, Message::Unavailable { txn })));
        return effects;
    }
    let Some(subject) = view.subjects.get(&hold.party.party) else {
        return Vec::new();
    };
    let (mut effects, answer) = match verdict.body.decision.commitment() {
        Some(commitment) if !names_our_hold(view, hold, commitment) => (
            vec![alarm(txn, Alarm::FenceMismatch)],
            Message::NoSuchHold { txn },
        ),
        Some(commitment) => (
            confirm(subject, hold, commitment, verdict),
            Message::Confirmed { txn },
        ),
        None => {
            let mut effects = release(subject, hold);
            effects.push(Effect::Row {
                txn,
                row: Row::Released {
                    verdict: verdict.clone(),
                },
            });
            effects.push(Effect::Evidence {
                verdict: verdict.clone(),
            });
            (effects, Message::Cancelled { txn })
        }
    };
    effects.extend(reply.map(|to| send(to, answer)));
    effects
}

/// I-7: the decision names the promise that we gave.
fn names_our_hold(view: &View<'_>, hold: &Hold, commitment: &Commitment) -> bool {
    let named = commitment.grant.as_ref().is_some_and(|grant| {
        grant.by == view.station.id
            && grant.body.fence == hold.fence
            && grant.body.party == hold.party
    });
    (named && commitment.plan == hold.plan) || view.broken(Broken::NoFence)
}

fn release(subject: &Subject, hold: &Hold) -> Vec<Effect> {
    if !subject.holds.contains(&hold.plan.txn) {
        return Vec::new();
    }
    let mut ledger = Ledger::of(subject, Some(hold.plan.txn));
    ledger.enter(Entry::Released, Some(hold.plan.act), None);
    ledger.done(&hold.plan)
}

/// Enters the act. If a death or a court paper came meanwhile it is entered all the same, for DA
/// has it, and DISPUTED, for two officers.
fn confirm(
    subject: &Subject,
    hold: &Hold,
    commitment: &Commitment,
    verdict: &Proof<Verdict>,
) -> Vec<Effect> {
    let contested = hold.contested || still_allows(subject, hold.plan.act).is_err();
    enter(subject, hold, (commitment, verdict), contested)
}

/// The entries and the row of a confirmed act.
pub(super) fn enter(
    subject: &Subject,
    hold: &Hold,
    (commitment, verdict): (&Commitment, &Proof<Verdict>),
    contested: bool,
) -> Vec<Effect> {
    let (txn, act) = (hold.plan.txn, hold.plan.act);
    let mut ledger = Ledger::of(subject, Some(txn));
    if subject.holds.contains(&txn) {
        ledger.enter(Entry::Released, Some(act), None);
    }
    ledger.commit(act, &commitment.core);
    if contested {
        ledger.enter(Entry::Disputed, Some(act), None);
    }
    let mut effects = ledger.done(&hold.plan);
    effects.push(Effect::Row {
        txn,
        row: Row::Confirmed {
            hold: hold.clone(),
            verdict: verdict.clone(),
            endings: BTreeSet::new(),
            disputed: contested,
        },
    });
    effects.push(Effect::Evidence {
        verdict: verdict.clone(),
    });
    if contested {
        effects.push(alarm(txn, Alarm::CommittedWhileContested));
    }
    effects
}

/// The decision of a hold that two officers had freed. COMMITTED (case 60): entered and DISPUTED.
fn end_forced(
    view: &View<'_>,
    (hold, abort): (&Hold, &ForcedAbort),
    verdict: &Proof<Verdict>,
    reply: Option<AuthorityId>,
) -> Vec<Effect> {
    let txn = hold.plan.txn;
    if verdict.by != hold.plan.da {
        return vec![alarm(txn, Alarm::NotAParty)];
    }
    if stale(view, verdict) {
        return vec![force(abort)];
    }
    let mut effects = vec![
        Effect::Row {
            txn,
            row: Row::Forced {
                hold: hold.clone(),
                abort: abort.clone(),
                verdict: Some(verdict.clone()),
                endings: BTreeSet::new(),
                disputed: verdict.body.decision.commitment().is_some(),
            },
        },
        Effect::Evidence {
            verdict: verdict.clone(),
        },
    ];
    let Some(commitment) = verdict.body.decision.commitment() else {
        effects.extend(reply.map(|to| send(to, Message::Cancelled { txn })));
        return effects;
    };
    let Some(subject) = view.subjects.get(&hold.party.party) else {
        return Vec::new();
    };
    let mut ledger = Ledger::of(subject, Some(txn));
    ledger.commit(hold.plan.act, &commitment.core);
    ledger.enter(Entry::Disputed, Some(hold.plan.act), None);
    effects.extend(ledger.done(&hold.plan));
    effects.push(alarm(txn, Alarm::CommittedThoughForced));
    effects.extend(reply.map(|to| send(to, Message::Confirmed { txn })));
    effects
}

/// CANCEL without DA's signed ABORTED: a coordinator that timed out cannot know what DA did.
pub(super) fn unproven(view: &View<'_>, from: AuthorityId, txn: TxnId) -> Vec<Effect> {
    if view.broken(Broken::CancelWithoutProof)
        && let Some(Row::Held { hold }) = view.row
        && let Some(subject) = view.subjects.get(&hold.party.party)
    {
        return forget(view, subject, hold);
    }
    vec![send(from, Message::ProofMissing { txn })]
}

/// Only for broken variants: frees a hold on nobody's word.
fn forget(view: &View<'_>, subject: &Subject, hold: &Hold) -> Vec<Effect> {
    let txn = hold.plan.txn;
    let decision = Decision {
        txn,
        coordinator: hold.plan.coordinator,
        ha: hold.plan.ha,
        outcome: Outcome::Aborted {
            class: Class::Unresolved,
        },
    };
    let epoch = view.station.epoch;
    let verdict = Proof::own(view.station.id, Verdict { decision, epoch });
    let mut effects = release(subject, hold);
    effects.push(Effect::Row {
        txn,
        row: Row::Released { verdict },
    });
    effects
}

/// HA→DA: what is the decision?
pub(super) fn ask(hold: &Hold, class: Class) -> Effect {
    let plan = &hold.plan;
    send(
        plan.da,
        Message::Resolve {
            txn: plan.txn,
            coordinator: plan.coordinator,
            ha: plan.ha,
            class,
        },
    )
}

fn force(abort: &ForcedAbort) -> Effect {
    let abort = abort.clone();
    send(abort.da, Message::Forced { abort })
}

/// The row's time has come: a hold past its soft expiry **asks**, it never frees itself.
pub(super) fn due(view: &View<'_>, now: At) -> Vec<Effect> {
    let serving = view.station.serving();
    match view.row {
        Some(Row::Held { hold }) => {
            let txn = hold.plan.txn;
            if !serving {
                return vec![again(txn, ASK_AGAIN)];
            }
            // What cannot be any more, by what was entered since, is not waited for.
            let subject = view.subjects.get(&hold.party.party);
            let class = subject.and_then(|one| against(one, hold));
            if class.is_none() && !now.passed(SOFT_EXPIRY, hold.since) {
                return vec![again(txn, SOFT_EXPIRY)];
            }
            if view.broken(Broken::SelfExpiringHold)
                && let Some(subject) = view.subjects.get(&hold.party.party)
            {
                return forget(view, subject, hold);
            }
            let class = class.unwrap_or(Class::Unresolved);
            vec![ask(hold, class), again(txn, DOUBT_AGAIN)]
        }
        Some(Row::Forced {
            abort,
            verdict: None,
            ..
        }) => {
            let mut effects = vec![again(abort.txn, DOUBT_AGAIN)];
            if serving {
                effects.push(force(abort));
            }
            effects
        }
        Some(Row::Decided {
            decision,
            alone: true,
            ..
        }) => {
            let mut effects = vec![again(decision.txn, ASK_AGAIN)];
            if serving {
                effects.extend(show(view, decision));
            }
            effects
        }
        _ => Vec::new(),
    }
}

/// Whom the decision frees is not free yet: somebody else is to have it first, for what is built on it may outlive
/// it in a restore of ours. What is built on a withdrawal needs both ledgers, so that a holder has it by then.
pub(super) fn is_alone(view: &View<'_>, decision: &Decision) -> bool {
    let Some(done) = decision.commitment() else {
        return false;
    };
    let frees = match done.plan.act {
        Act::Divorce { .. } => true,
        Act::WithdrawDivorce { .. } => done.plan.ha.is_none(),
        Act::Marry { .. } | Act::ApplyDivorce { .. } => false,
    };
    frees && done.witness().is_some() && !view.broken(Broken::HastyFreedom)
}

/// DA→HA, or DA→A where there is no HA: have this decision.
pub(super) fn show(view: &View<'_>, decision: &Decision) -> Option<Effect> {
    let to = decision.commitment()?.witness()?;
    let verdict = verdict(view, decision.clone());
    Some(send(to, Message::Confirm { verdict }))
}

/// Somebody has a decision of ours. From then on, whom it has freed is free.
pub(super) fn heard_of(view: &View<'_>, from: AuthorityId) -> Vec<Effect> {
    let Some(Row::Decided { decision, .. }) = view.row else {
        return Vec::new();
    };
    if view.row.and_then(Row::asks) != Some(from) || !view.station.serving() {
        return Vec::new();
    }
    let txn = decision.txn;
    let mut row = view.row.cloned();
    if let Some(Row::Decided { alone, .. }) = &mut row {
        *alone = false;
    }
    row.map(|row| Effect::Row { txn, row })
        .into_iter()
        .collect()
}

/// Break-glass: a day old, two different officers, and DA's own written statement.
pub(super) fn break_glass(
    view: &View<'_>,
    officers: [String; 2],
    statement: String,
    stated_by: AuthorityId,
    now: At,
) -> Vec<Effect> {
    let Some(Row::Held { hold }) = view.row else {
        return Vec::new();
    };
    let txn = hold.plan.txn;
    let [one, other] = &officers;
    let allowed = one != other
        && ![one, other, &statement].iter().any(|text| text.is_empty())
        && stated_by == hold.plan.da
        && now.passed(BREAK_GLASS_AFTER, hold.since);
    let subject = view.subjects.get(&hold.party.party);
    let (true, Some(subject)) = (allowed, subject) else {
        return vec![alarm(txn, Alarm::BreakGlassRefused)];
    };
    let abort = ForcedAbort {
        txn,
        coordinator: hold.plan.coordinator,
        ha: view.station.id,
        da: hold.plan.da,
        officers,
        statement,
    };
    let mut effects = release(subject, hold);
    effects.extend([
        Effect::Row {
            txn,
            row: Row::Forced {
                hold: hold.clone(),
                abort: abort.clone(),
                verdict: None,
                endings: BTreeSet::new(),
                disputed: false,
            },
        },
        force(&abort),
        again(txn, DOUBT_AGAIN),
        alarm(txn, Alarm::GlassBroken),
    ]);
    effects
}

/// The dispute that a decision has left is cleared by two different officers on stated evidence: what the ledgers
/// say besides stands, and counts again.
pub(super) fn clear(view: &View<'_>, officers: &[String; 2], evidence: &str) -> Vec<Effect> {
    let [one, other] = officers;
    if one == other || [one.as_str(), other, evidence].contains(&"") {
        return Vec::new();
    }
    let Some(mut row) = view.row.cloned() else {
        return Vec::new();
    };
    let (plan, parties, open) = match &mut row {
        Row::Confirmed { hold, disputed, .. } | Row::Forced { hold, disputed, .. } => {
            (hold.plan.clone(), vec![hold.party.clone()], disputed)
        }
        Row::Decided {
            decision, disputed, ..
        } => match decision.commitment() {
            Some(done) => (done.plan.clone(), done.parties.clone(), disputed),
            None => return Vec::new(),
        },
        _ => return Vec::new(),
    };
    if !std::mem::take(open) {
        return Vec::new();
    }
    let txn = plan.txn;
    let mut effects = Vec::new();
    for subject in named(view, &parties) {
        let mut ledger = Ledger::of(subject, Some(txn));
        ledger.enter(Entry::Cleared, Some(plan.act), None);
        effects.extend(ledger.done_by(view.station.id, REVIEWED));
    }
    effects.push(Effect::Row { txn, row });
    effects
}

/// Those of the parties whom our row names; one that a restore could not name has no ledger here to write.
pub(super) fn named<'v>(view: &'v View<'_>, parties: &[Party]) -> Vec<&'v Subject> {
    let known = parties.iter().map(|party| view.subjects.get(&party.party));
    known.flatten().collect()
}

/// DA takes a forced abort over: ABORTED, unless it had committed (case 60), which makes a case. Of what was
/// committed only its own holder can have freed anything.
pub(super) fn take_over(
    view: &View<'_>,
    abort: &ForcedAbort,
    reply: Option<AuthorityId>,
) -> Vec<Effect> {
    let (txn, me) = (abort.txn, view.station.id);
    if abort.da != me || roles(txn, me, abort.ha) != (me, Some(abort.ha)) {
        return vec![alarm(txn, Alarm::NotAParty)];
    }
    let (decision, persons, endings, alone) = match view.row {
        None => {
            let decision = Decision {
                txn,
                coordinator: abort.coordinator,
                ha: Some(abort.ha),
                outcome: Outcome::Aborted {
                    class: Class::ForceAborted,
                },
            };
            return decide_abort(view, decision, reply);
        }
        Some(Row::Decided {
            decision,
            persons,
            endings,
            alone,
            ..
        }) if decision
            .commitment()
            .is_none_or(|done| done.plan.ha == Some(abort.ha)) =>
        {
            (decision, persons, endings, *alone)
        }
        Some(_) => return vec![alarm(txn, Alarm::NotAParty)],
    };
    let mut effects = Vec::new();
    if let Some(commitment) = decision.commitment()
        && !endings.contains(&txn.0)
    {
        for subject in named(view, &commitment.parties) {
            let mut ledger = Ledger::of(subject, Some(txn));
            ledger.enter(Entry::Disputed, Some(commitment.plan.act), None);
            effects.extend(ledger.done(&commitment.plan));
        }
        // The transaction's own id marks that its case has been opened.
        let mut endings = endings.clone();
        endings.insert(txn.0);
        effects.push(Effect::Row {
            txn,
            row: Row::Decided {
                decision: decision.clone(),
                persons: persons.clone(),
                endings,
                disputed: true,
                alone,
            },
        });
        effects.push(alarm(txn, Alarm::CommittedThoughForced));
    }
    effects.push(keep(view, decision));
    effects.extend(reply.map(|to| send(to, say(view, decision.clone()))));
    effects
}
