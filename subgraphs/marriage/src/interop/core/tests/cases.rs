//! The failure cases of crash, network, restore and break-glass, one by one.

use super::super::event::{
    AuthorityEvent, BREAK_GLASS_AFTER, CoordinatorEvent, Phase, Row, SOFT_EXPIRY, StationEvent,
    TOO_OLD,
};
use super::super::message::{Class, Message};
use super::super::{Alarm, AuthorityId, Span, may_hand_over};
use super::stage::{A, DA, HA, Stage};
use super::world::Step;

/// What carries a transaction forward, by its place in the road.
fn phase(message: &Message) -> &'static str {
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
fn until(stage: &mut Stage, lost: &'static str) -> super::world::Wish {
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
fn case_23_62_what_is_older_than_thirty_days_begins_nothing_and_ends_what_it_began() {
    let mut stage = Stage::new();
    let wish = stage.couple(1, 1, 1);
    stage.begin(&wish);
    stage.pass(TOO_OLD);
    let (_, _, message) = stage.mail.remove(0);
    stage.tell(A, HA, &message);
    let answer = stage.mail.pop().map(|(_, _, message)| message);
    let class = Class::TooOld;
    let txn = wish.txn;
    assert_eq!(answer, Some(Message::Refused { txn, class }));
    assert!(!stage.held(HA, 1));
    // A question is answered at any age: else a hold could never end.
    stage.much_later();
    stage.assert_nothing_happened(&wish);
}

#[test]
fn case_38_peers_with_other_routing_tables_refuse_each_other() {
    let mut stage = Stage::new();
    let mut wish = stage.couple(1, 1, 1);
    wish.routing_epoch = 2;
    stage.begin(&wish);
    stage.deliver();
    let log = &stage.provinces[&A].logs[&wish.txn];
    assert_eq!(log.giving_up, Some(Class::WrongEpoch));
    stage.much_later();
    stage.assert_nothing_happened(&wish);
}

#[test]
fn case_39_a_table_that_changes_during_a_hold_aborts_it_and_nobody_moves_meanwhile() {
    let mut stage = Stage::new();
    let wish = until(&mut stage, "commit");
    let subject = |stage: &Stage| {
        let hold = stage.provinces[&HA].person(1).hold();
        super::super::event::Subject {
            person: stage.token(HA, 1),
            seq: 0,
            alive: true,
            standing: super::super::event::Standing::Free,
            hold,
            mark: None,
        }
    };
    assert!(!may_hand_over(&subject(&stage)));
    for province in stage.provinces.values_mut() {
        province.station.routing_epoch = 2;
    }
    stage.due(A);
    stage.deliver();
    stage.much_later();
    stage.assert_nothing_happened(&wish);
    assert!(may_hand_over(&subject(&stage)));
}

#[test]
fn case_57_a_decider_restored_without_its_commit_gets_it_back_before_it_serves() {
    for lost in ["confirm", "nothing"] {
        let mut stage = Stage::new();
        let copy = stage.copy(DA);
        let wish = until(&mut stage, lost);
        stage.restore(copy);
        assert!(!stage.provinces[&DA].station.serving());
        // Asked while it catches up it denies nothing.
        let question = Message::Resolve {
            txn: wish.txn,
            coordinator: A,
            ha: Some(HA),
            class: Class::Unresolved,
        };
        let mail = std::mem::take(&mut stage.mail);
        stage.tell(HA, DA, &question);
        assert!(matches!(
            stage.mail.pop(),
            Some((_, _, Message::Unavailable { .. }))
        ));
        stage.mail = mail;
        stage.deliver();
        assert!(stage.alarms.contains(&Alarm::Restored));
        stage.much_later();
        stage.assert_married(&wish);
    }
}

#[test]
fn case_57_a_commit_that_nobody_had_heard_of_is_undone_for_everybody() {
    let mut stage = Stage::new();
    let copy = stage.copy(DA);
    let wish = stage.couple(1, 1, 1);
    stage.begin(&wish);
    stage.deliver_unless(|_, _, message| phase(message) == "commit");
    stage.due(A);
    let (_, _, commit) = stage.mail.remove(0);
    stage.tell(A, DA, &commit);
    let (_, _, decided) = stage.mail.remove(0);
    assert_eq!(phase(&decided), "decided");
    stage.restore(copy);
    stage.deliver();
    // The word of the life that ended arrives now, and is asked again.
    stage.provinces.get_mut(&A).unwrap().fault = None;
    stage.tell(DA, A, &decided);
    assert_eq!(stage.provinces[&A].registered.get(&wish.txn), None);
    stage.deliver();
    stage.much_later();
    stage.assert_nothing_happened(&wish);
}

#[test]
fn a_start_goes_on_without_a_silent_peer_only_by_two_different_officers() {
    let mut stage = Stage::new();
    stage.restart(HA);
    stage.deliver_unless(|_, to, _| to == A);
    assert!(!stage.provinces[&HA].station.serving());
    for (officers, serving) in [(["one", "one"], false), (["one", "other"], true)] {
        let event = StationEvent::Override {
            officers: officers.map(str::to_owned),
            without: [A].into(),
        };
        stage.run(HA, vec![Step::Station(event)]);
        assert_eq!(stage.provinces[&HA].station.serving(), serving);
    }
    assert!(stage.alarms.contains(&Alarm::Overridden));
    // It is asked further, and then no longer missing.
    stage.run(HA, vec![Step::Station(StationEvent::Due)]);
    stage.deliver();
    assert!(stage.provinces[&HA].station.overridden.is_empty());
}

fn break_glass(stage: &mut Stage, txn: super::super::TxnId, officers: [&str; 2], by: AuthorityId) {
    let event = AuthorityEvent::BreakGlass {
        officers: officers.map(str::to_owned),
        statement: "paper 7".to_owned(),
        stated_by: by,
    };
    stage.run(HA, vec![Step::Authority(txn, event)]);
}

#[test]
fn break_glass_needs_a_day_two_officers_and_the_deciders_statement() {
    let mut stage = Stage::new();
    let wish = until(&mut stage, "commit");
    break_glass(&mut stage, wish.txn, ["one", "other"], DA);
    assert!(stage.held(HA, 1), "too early");
    stage.pass(BREAK_GLASS_AFTER);
    break_glass(&mut stage, wish.txn, ["one", "one"], DA);
    break_glass(&mut stage, wish.txn, ["one", "other"], A);
    break_glass(&mut stage, wish.txn, ["one", ""], DA);
    assert!(stage.held(HA, 1));
    assert_eq!(stage.alarms, vec![Alarm::BreakGlassRefused; 4]);
    break_glass(&mut stage, wish.txn, ["one", "other"], DA);
    assert!(!stage.held(HA, 1));
    // DA takes it over, also when it was away: its start asks for it before it serves.
    stage.mail.clear();
    stage.restart(DA);
    stage.deliver();
    assert!(
        matches!(stage.row(DA, wish.txn), Row::Decided { decision, .. }
        if decision.commitment().is_none())
    );
    stage.much_later();
    stage.assert_nothing_happened(&wish);
    assert!(matches!(
        stage.row(HA, wish.txn),
        Row::Forced {
            verdict: Some(_),
            ..
        }
    ));
}

#[test]
fn case_60_break_glass_against_a_commit_is_entered_and_disputed_on_both_sides() {
    let mut stage = Stage::new();
    let wish = until(&mut stage, "confirm");
    stage.pass(BREAK_GLASS_AFTER);
    break_glass(&mut stage, wish.txn, ["one", "other"], DA);
    stage.deliver();
    assert!(stage.alarms.contains(&Alarm::CommittedThoughForced));
    for (id, person) in wish.parties {
        assert!(stage.provinces[&id].person(person).disputed());
        assert!(stage.married(id, person));
    }
    // Told again, nothing is entered twice.
    let before = stage.provinces[&DA].person(1).entries.len();
    stage.much_later();
    assert_eq!(stage.provinces[&DA].person(1).entries.len(), before);
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
