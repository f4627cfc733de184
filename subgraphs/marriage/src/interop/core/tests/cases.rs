//! The failure cases of crash and network, one by one.

use super::super::event::{CoordinatorEvent, Phase, Row, SOFT_EXPIRY, Standing};
use super::super::message::Message;
use super::super::{Alarm, AuthorityId, Span};
use super::stage::{A, DA, HA, Stage};
use super::world::Step;

/// What carries a transaction forward, by its place in the road.
pub(super) fn phase(message: &Message) -> &'static str {
    match message {
        Message::Try { .. } => "try",
        Message::Granted { .. } => "granted",
        Message::CommitLast { .. } => "commit",
        Message::Decided { .. } => "decided",
        Message::Confirm { .. } => "confirm",
        Message::Confirmed { .. } => "confirmed",
        Message::Resolve { .. } => "resolve",
        _ => "other",
    }
}

/// Plays a couple until the first message of this phase would be delivered; it and all after it
/// are lost.
pub(super) fn until(stage: &mut Stage, lost: &'static str) -> super::world::Wish {
    let wish = stage.couple(1, 1, 1);
    stage.begin(&wish);
    stage.deliver_unless(|_, _, message| phase(message) == lost);
    wish
}

#[test]
fn undisturbed_both_ledgers_have_the_marriage_and_there_is_one_certificate() {
    let mut stage = Stage::new();
    let wish = until(&mut stage, "nothing");
    stage.assert_married(&wish);
    let log = &stage.provinces[&A].logs[&wish.txn];
    assert_eq!(log.phase, Phase::HaSettled);
    assert!(!log.uploaded);
    let step = Step::Coordinator(wish.txn, CoordinatorEvent::Uploaded);
    stage.run(A, vec![step]);
    assert!(stage.provinces[&A].logs[&wish.txn].closed());
}

#[test]
fn one_authority_for_both_decides_alone_as_does_the_hub() {
    let mut stage = Stage::new();
    let wish = stage.wish(
        1,
        super::super::message::Act::Marry {
            record: super::stage::record(1),
        },
        [(HA, 1), (HA, 2)],
    );
    stage.begin(&wish);
    stage.deliver();
    stage.assert_married(&wish);
}

#[test]
fn case_1_2_3_a_coordinator_that_dies_before_the_commit_leaves_nothing_behind() {
    for lost in ["try", "granted", "commit"] {
        let mut stage = Stage::new();
        let wish = until(&mut stage, lost);
        assert_eq!(stage.held(HA, 1), lost != "try");
        stage.restart(A);
        stage.deliver();
        stage.much_later();
        stage.assert_nothing_happened(&wish);
        // And both may marry others.
        let next = stage.couple(2, 1, 1);
        stage.begin(&next);
        stage.deliver();
        stage.assert_married(&next);
    }
}

#[test]
fn case_4_a_commit_whose_answer_was_lost_is_found_again_and_certified_once() {
    let mut stage = Stage::new();
    let wish = until(&mut stage, "decided");
    assert!(stage.married(DA, 1) && stage.held(HA, 1));
    stage.restart(A);
    stage.deliver();
    stage.much_later();
    stage.assert_married(&wish);
}

#[test]
fn case_5_a_commit_that_comes_after_the_question_fails_on_the_tombstone() {
    let mut stage = Stage::new();
    let wish = until(&mut stage, "granted");
    stage.due(HA);
    stage.mail.clear();
    // The commit is on its way for a long time.
    let grant = stage.provinces[&HA].rows[&wish.txn].clone();
    assert!(matches!(grant, Row::Held { .. }));
    stage.due(A);
    stage.deliver_unless(|_, _, m| phase(m) == "commit");
    let log = stage.provinces[&A].logs[&wish.txn].clone();
    let late = Message::CommitLast {
        plan: log.plan,
        coord_epoch: log.epoch,
        parties: log.da_parties,
        grant: log.grant,
        core: log.core,
    };
    stage.much_later();
    stage.tell(A, DA, &late);
    stage.deliver();
    stage.assert_nothing_happened(&wish);
}

#[test]
fn case_6_a_coordinator_lost_for_good_after_the_commit_is_not_needed() {
    let mut stage = Stage::new();
    let wish = until(&mut stage, "confirm");
    assert!(stage.held(HA, 1));
    stage.pass(SOFT_EXPIRY);
    stage.due(HA);
    stage.deliver_unless(|_, to, _| to == A);
    assert!(stage.married(HA, 1) && stage.married(DA, 1) && !stage.held(HA, 1));
    // The record core stands at DA: any registry can issue the certificate as a replacement.
    let Row::Decided { decision, .. } = stage.row(DA, wish.txn) else {
        panic!("no decision");
    };
    assert!(decision.commitment().is_some());
}

#[test]
fn case_7_8_the_certificate_exists_in_the_moment_in_which_the_decision_is_on_file() {
    let mut stage = Stage::new();
    let wish = until(&mut stage, "confirm");
    assert_eq!(stage.provinces[&A].registered.get(&wish.txn), Some(&1));
    stage.restart(A);
    stage.deliver();
    stage.much_later();
    stage.assert_married(&wish);
}

#[test]
fn case_9_a_decider_that_dies_in_its_transaction_has_done_all_of_it_or_nothing() {
    for on_disk in [false, true] {
        let mut stage = Stage::new();
        let wish = stage.couple(1, 1, 1);
        stage.begin(&wish);
        stage.deliver_unless(|_, _, message| phase(message) == "commit");
        stage.due(A);
        let (_, _, commit) = stage.mail.remove(0);
        assert_eq!(phase(&commit), "commit");
        let before = stage.copy(DA);
        stage.tell(A, DA, &commit);
        if on_disk {
            stage.restart(DA);
        } else {
            stage.restore(before);
        }
        // Nothing of that step was sent.
        stage
            .mail
            .retain(|(_, _, message)| phase(message) != "decided");
        stage.deliver();
        stage.much_later();
        if on_disk {
            stage.assert_married(&wish);
        } else {
            stage.assert_nothing_happened(&wish);
        }
    }
}

#[test]
fn case_10_a_holder_that_starts_again_from_its_disk_keeps_its_promise() {
    let mut stage = Stage::new();
    let wish = until(&mut stage, "commit");
    stage.restart(HA);
    stage.deliver();
    // The old promise is not taken, the same hold is promised again, and the commit goes through.
    stage.due(A);
    stage.deliver();
    stage.assert_married(&wish);
    assert!(!stage.alarms.contains(&Alarm::Restored));
}

#[test]
fn case_11_a_holder_restored_without_its_hold_enters_only_what_it_had_signed() {
    let mut stage = Stage::new();
    let copy = stage.copy(HA);
    let wish = until(&mut stage, "confirm");
    stage.restore(copy);
    stage.deliver();
    assert!(stage.alarms.contains(&Alarm::Restored));
    stage.due(A);
    stage.deliver();
    stage.assert_married(&wish);
}

#[test]
fn case_11_a_confirm_without_a_hold_raises_an_alarm_and_invents_nothing() {
    let mut stage = Stage::new();
    let copy = stage.copy(HA);
    let wish = until(&mut stage, "confirm");
    stage.provinces.insert(HA, copy);
    // Two officers go on without the peers: what those hold is not known.
    stage.restart_alone(HA);
    assert!(stage.provinces[&HA].station.serving());
    let verdict = stage.provinces[&A].logs[&wish.txn].verdict.clone().unwrap();
    let mut verdict = verdict;
    verdict.body.epoch = 99;
    let province = stage.provinces.get_mut(&HA).unwrap();
    let steps = province.steps(A, &Message::Confirm { verdict });
    let now = stage.now;
    let mut alarmed = false;
    for step in steps {
        alarmed |= super::world::alarmed(&province.run(step, now, None), Alarm::NoSuchHold);
    }
    assert!(alarmed);
    assert!(!stage.married(HA, 1));
}

#[test]
fn case_12_the_older_of_two_coordinators_is_not_heard() {
    let mut stage = Stage::new();
    let old = stage.copy(A);
    stage.restart(A);
    stage.deliver();
    // The machine that was thought dead goes on with what it had.
    let young = stage.copy(A);
    stage.provinces.insert(A, old);
    let wish = stage.couple(1, 1, 1);
    stage.begin(&wish);
    stage.deliver();
    assert!(stage.alarms.contains(&Alarm::SteppedDown));
    assert!(!stage.held(HA, 1) && !stage.married(DA, 1));
    stage.provinces.insert(A, young);
}

#[test]
fn case_13_14_what_comes_twice_changes_nothing_and_has_the_same_answer() {
    let mut stage = Stage::new();
    let wish = stage.couple(1, 1, 1);
    stage.begin(&wish);
    let mut heard = Vec::new();
    while !stage.mail.is_empty() {
        let (from, to, message) = stage.mail.remove(0);
        stage.tell(from, to, &message);
        heard.push((from, to, message));
    }
    stage.assert_married(&wish);
    let before = stage.provinces.clone();
    stage.pass(Span::hours(26));
    for (from, to, message) in heard {
        stage.tell(from, to, &message);
        stage
            .mail
            .retain(|(_, _, m)| phase(m) != "other" || matches!(m, Message::Already { .. }));
    }
    assert_eq!(before, stage.provinces);
    assert!(stage.alarms.is_empty());
}

#[test]
fn case_15_a_cancel_before_its_try_leaves_a_tombstone_on_which_the_try_fails() {
    let mut stage = Stage::new();
    let wish = stage.couple(1, 1, 1);
    stage.begin(&wish);
    let (_, _, late_try) = stage.mail.remove(0);
    stage.much_later();
    assert!(matches!(stage.row(HA, wish.txn), Row::Released { .. }));
    stage.tell(A, HA, &late_try);
    stage.deliver();
    stage.assert_nothing_happened(&wish);
}

#[test]
fn case_16_an_answer_to_the_try_that_comes_after_the_confirm_changes_nothing() {
    let mut stage = Stage::new();
    let wish = stage.couple(1, 1, 1);
    stage.begin(&wish);
    // Asked twice: the first answer goes on, the second is under way for a long time.
    stage.due(A);
    let mut late = None;
    while !stage.mail.is_empty() {
        let (from, to, message) = stage.mail.remove(0);
        if phase(&message) == "granted" && stage.provinces[&A].logs[&wish.txn].grant.is_some() {
            late = Some(message);
        } else {
            stage.tell(from, to, &message);
        }
    }
    stage.assert_married(&wish);
    let before = stage.provinces.clone();
    stage.tell(HA, A, &late.unwrap());
    assert_eq!(before, stage.provinces);
    assert!(stage.mail.is_empty() && stage.alarms.is_empty());
}

#[test]
fn case_17_another_body_under_the_same_key_is_refused() {
    let mut stage = Stage::new();
    let wish = until(&mut stage, "commit");
    let mut other = wish.clone();
    other.act = super::super::message::Act::Marry {
        record: super::stage::record(77),
    };
    let CoordinatorEvent::Begin { plan, ha_party, .. } = other.begin() else {
        panic!("not a beginning");
    };
    let changed = Message::Try {
        plan,
        coord_epoch: 1,
        party: ha_party.unwrap(),
    };
    stage.tell(A, HA, &changed);
    assert!(matches!(
        stage.mail.pop(),
        Some((_, _, Message::KeyReused { .. }))
    ));
    assert!(stage.alarms.contains(&Alarm::KeyReused));
    assert!(stage.held(HA, 1));
}

#[test]
fn case_18_a_line_cut_one_way_ends_in_an_abort_that_reaches_everybody_later() {
    let mut stage = Stage::new();
    let wish = stage.couple(1, 1, 1);
    stage.begin(&wish);
    let cut = |from: AuthorityId, to: AuthorityId, _: &Message| from == A && to == HA;
    stage.deliver_unless(cut);
    stage.pass(SOFT_EXPIRY);
    stage.due(A);
    stage.deliver_unless(cut);
    assert!(stage.provinces[&A].logs[&wish.txn].verdict.is_some());
    stage.much_later();
    stage.assert_nothing_happened(&wish);
}

#[test]
fn case_19_a_holder_cut_off_for_26_hours_holds_until_it_is_told() {
    let mut stage = Stage::new();
    let wish = until(&mut stage, "confirm");
    let cut = |from: AuthorityId, to: AuthorityId, _: &Message| from == HA || to == HA;
    for _ in 0..26 {
        stage.pass(Span::hours(1));
        stage.due(A);
        stage.due(HA);
        stage.deliver_unless(cut);
        assert!(stage.held(HA, 1), "a hold freed itself");
    }
    stage.due_everywhere();
    stage.assert_married(&wish);
}

#[test]
fn case_20_in_whatever_order_messages_come_it_ends_and_ends_the_same_for_all() {
    for order in 0..200_usize {
        let mut stage = Stage::new();
        let wish = stage.couple(1, 1, 1);
        stage.begin(&wish);
        // Half of the orders have a couple that leaves in between.
        let leaves = order % 2 == 0;
        let mut turn = order;
        for step in 0..60 {
            if leaves && step == order % 7 {
                let leave = Step::Coordinator(wish.txn, CoordinatorEvent::WalkOut);
                stage.run(A, vec![leave]);
            }
            if step % 5 == 4 {
                stage.due(A);
            }
            if stage.mail.is_empty() {
                continue;
            }
            turn = turn * 31 + 7;
            let next = stage.mail.remove(turn % stage.mail.len());
            // Every third comes once more, later.
            if turn % 3 == 0 {
                stage.mail.push(next.clone());
            }
            stage.tell(next.0, next.1, &next.2);
        }
        stage.much_later();
        if stage.married(DA, 1) {
            stage.assert_married(&wish);
        } else {
            assert!(leaves);
            stage.assert_nothing_happened(&wish);
        }
        assert!(stage.alarms.is_empty());
    }
}

#[test]
fn case_21_at_exactly_the_soft_expiry_the_holder_asks_and_does_not_free() {
    let mut stage = Stage::new();
    until(&mut stage, "commit");
    stage.pass(Span(SOFT_EXPIRY.0 - 1));
    stage.due(HA);
    assert!(stage.mail.is_empty());
    stage.pass(Span(1));
    stage.due(HA);
    assert!(matches!(
        &stage.mail[..],
        [(HA, DA, Message::Resolve { .. })]
    ));
    assert!(stage.held(HA, 1));
}

#[test]
fn case_22_a_holder_whose_clock_is_a_day_off_still_follows_the_decision() {
    for hours in [-24, 24] {
        let mut stage = Stage::new();
        let wish = stage.couple(1, 1, 1);
        stage.begin(&wish);
        while !stage.mail.is_empty() {
            let (from, to, message) = stage.mail.remove(0);
            let right = stage.now;
            if to == HA {
                stage.pass(Span::hours(hours));
            }
            stage.tell(from, to, &message);
            stage.now = right;
        }
        stage.assert_married(&wish);
    }
}

#[test]
fn case_61_a_cancel_without_proof_frees_nobody() {
    let mut stage = Stage::new();
    let wish = until(&mut stage, "confirm");
    let txn = wish.txn;
    stage.tell(A, HA, &Message::Cancel { txn, verdict: None });
    assert!(matches!(
        stage.mail.pop(),
        Some((_, _, Message::ProofMissing { .. }))
    ));
    // Nor does one that carries a COMMITTED, or the abort of another transaction.
    let verdict = stage.provinces[&A].logs[&txn].verdict.clone();
    stage.tell(A, HA, &Message::Cancel { txn, verdict });
    assert!(matches!(
        stage.mail.pop(),
        Some((_, _, Message::ProofMissing { .. }))
    ));
    assert!(stage.held(HA, 1));
}

#[test]
fn case_56_a_crowd_in_one_minute_is_registered_and_nobody_stays_held() {
    const COUPLES: usize = 300;
    let mut stage = Stage::new();
    for number in 100..100 + COUPLES {
        stage.settle(DA, number, Standing::Free);
        stage.settle(HA, number, Standing::Free);
    }
    // Every tenth bride is also wanted by the next groom.
    let wishes: Vec<_> = (0..COUPLES)
        .map(|n| {
            let bride = if n % 10 == 1 { n - 1 } else { n };
            stage.couple(1 + n as u64, 100 + n, 100 + bride)
        })
        .collect();
    for wish in &wishes {
        stage.begin(wish);
    }
    stage.deliver();
    stage.much_later();
    let married =
        |wish: &&super::world::Wish| stage.provinces[&A].registered.contains_key(&wish.txn);
    assert_eq!(
        wishes.iter().filter(married).count(),
        COUPLES - COUPLES / 10
    );
    for id in [DA, HA] {
        assert!((100..100 + COUPLES).all(|number| !stage.held(id, number)));
    }
}
