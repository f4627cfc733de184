//! The failure cases of races: several couples, divorces, deaths and court papers.

use super::super::event::{CoordinatorEvent, Entry, FactKind};
use super::super::message::{Act, Ending, Message};
use super::super::{Alarm, RecordId};
use super::stage::{A, DA, HA, Stage, record};
use super::world::{Step, Wish, court, uuid};

fn application(number: u64) -> RecordId {
    RecordId(uuid(3, number))
}

/// A divorce act of the couple that is married from the start.
fn divorce(stage: &Stage, number: u64, act: Act, ha_decides: bool) -> Wish {
    let mut parties = [(DA, 8), (HA, 8)];
    if ha_decides {
        parties.reverse();
    }
    stage.wish(number, act, parties)
}

fn apply(number: u64) -> Act {
    Act::ApplyDivorce {
        record: record(8),
        application: application(number),
    }
}

fn finish(number: u64) -> Act {
    Act::Divorce {
        record: record(8),
        application: application(number),
    }
}

fn withdraw(number: u64) -> Act {
    Act::WithdrawDivorce {
        record: record(8),
        application: application(number),
    }
}

fn done(stage: &Stage, wish: &Wish) -> bool {
    let log = &stage.provinces[&A].logs[&wish.txn];
    log.decision().is_some_and(|d| d.commitment().is_some())
}

/// Delivers one message of each in turn.
fn together(stage: &mut Stage, wishes: &[&Wish]) {
    for wish in wishes {
        stage.begin(wish);
    }
    stage.deliver();
    stage.much_later();
}

#[test]
fn case_26_the_same_person_at_two_registries_in_the_same_second_marries_once() {
    let mut stage = Stage::new();
    let (one, other) = (stage.couple(1, 1, 1), stage.couple(2, 2, 1));
    together(&mut stage, &[&one, &other]);
    assert_eq!([&one, &other].map(|w| done(&stage, w)), [true, false]);
    let ledger = stage.provinces[&HA].person(1);
    assert_eq!(ledger.marriages().len(), 1);
}

#[test]
fn case_27_28_crossing_pairs_and_triangles_all_end_and_nobody_marries_twice() {
    let mut stage = Stage::new();
    // 1 of DA with 1 of HA, 1 of HA with 2 of DA, 2 of DA with 2 of HA, 2 of HA with 1 of DA.
    let mut crossing = stage.wish(2, Act::Marry { record: record(2) }, [(HA, 1), (DA, 2)]);
    crossing.coordinator = HA;
    let wishes = [
        stage.couple(1, 1, 1),
        crossing,
        stage.couple(3, 2, 2),
        stage.wish(4, Act::Marry { record: record(4) }, [(HA, 2), (DA, 1)]),
    ];
    for wish in &wishes {
        stage.begin(wish);
    }
    stage.deliver();
    stage.much_later();
    stage.much_later();
    for id in [DA, HA] {
        for number in 1..=3 {
            assert!(!stage.held(id, number), "somebody is held for ever");
            assert!(stage.provinces[&id].person(number).marriages().len() <= 1);
        }
    }
    // Whoever is still free may try again and then succeeds.
    let again = stage.couple(9, 3, 3);
    together(&mut stage, &[&again]);
    stage.assert_married(&again);
}

#[test]
fn case_29_who_is_still_married_cannot_marry_while_the_divorce_runs() {
    let mut stage = Stage::new();
    let mark = divorce(&stage, 1, apply(1), false);
    together(&mut stage, &[&mark]);
    let ends = divorce(&stage, 2, finish(1), false);
    let weds = stage.wish(3, Act::Marry { record: record(3) }, [(DA, 1), (HA, 8)]);
    together(&mut stage, &[&ends, &weds]);
    assert!(done(&stage, &ends));
    assert!(!done(&stage, &weds));
    // Afterwards both may.
    let weds = stage.wish(4, Act::Marry { record: record(4) }, [(DA, 1), (HA, 8)]);
    together(&mut stage, &[&weds]);
    assert!(done(&stage, &weds));
}

#[test]
fn case_30_of_two_applications_in_two_provinces_at_most_one_is_open() {
    for ha_decides in [false, true] {
        let mut stage = Stage::new();
        let (one, other) = (
            divorce(&stage, 1, apply(1), false),
            divorce(&stage, 2, apply(2), ha_decides),
        );
        together(&mut stage, &[&one, &other]);
        let open = [&one, &other].iter().filter(|w| done(&stage, w)).count();
        assert!(open <= 1);
        let marks = [DA, HA].map(|id| stage.provinces[&id].person(8).mark());
        assert_eq!(marks[0], marks[1]);
        assert_eq!(marks[0].is_some(), open == 1);
    }
}

#[test]
fn a_mark_that_is_being_replayed_is_no_second_application() {
    let mut stage = Stage::new();
    let copy = stage.copy(DA);
    // Applied for, withdrawn, applied for again: three decisions that DA loses.
    let wishes = [
        divorce(&stage, 1, apply(1), false),
        divorce(&stage, 2, withdraw(1), false),
        divorce(&stage, 3, apply(2), true),
    ];
    for wish in &wishes {
        together(&mut stage, &[wish]);
        assert!(done(&stage, wish));
    }
    // They come back one by one; the stage looks at the invariants after each.
    stage.restore(copy);
    stage.deliver();
    assert!(stage.provinces[&DA].station.serving());
    for id in [DA, HA] {
        assert_eq!(stage.provinces[&id].person(8).mark(), Some(application(2)));
    }
}

#[test]
fn case_31_a_withdrawal_and_a_certificate_in_the_same_minute_exclude_each_other() {
    for ha_decides in [false, true] {
        let mut stage = Stage::new();
        let mark = divorce(&stage, 1, apply(1), false);
        together(&mut stage, &[&mark]);
        let (ends, stays) = (
            divorce(&stage, 2, finish(1), false),
            divorce(&stage, 3, withdraw(1), ha_decides),
        );
        together(&mut stage, &[&ends, &stays]);
        assert!(!(done(&stage, &ends) && done(&stage, &stays)));
        for id in [DA, HA] {
            let ledger = stage.provinces[&id].person(8);
            assert_eq!(ledger.marriages()[0].ended, done(&stage, &ends));
        }
    }
}

#[test]
fn a_divorce_without_its_mark_is_refused() {
    let mut stage = Stage::new();
    let ends = divorce(&stage, 1, finish(1), false);
    together(&mut stage, &[&ends]);
    assert!(!done(&stage, &ends));
}

#[test]
fn case_32_a_death_during_the_hold_aborts_what_is_undecided() {
    let mut stage = Stage::new();
    let wish = stage.couple(1, 1, 1);
    stage.begin(&wish);
    stage.deliver_unless(|_, _, m| matches!(m, Message::CommitLast { .. }));
    stage.happens(HA, 1, FactKind::Died, None);
    assert!(stage.held(HA, 1), "the holder freed it alone");
    stage.deliver();
    stage.much_later();
    stage.assert_nothing_happened(&wish);
    assert!(stage.provinces[&HA].person(1).has(Entry::Died));
}

#[test]
fn case_32_a_death_during_the_hold_of_what_is_decided_goes_to_two_officers() {
    let mut stage = Stage::new();
    let wish = stage.couple(1, 1, 1);
    stage.begin(&wish);
    stage.deliver_unless(|_, _, m| matches!(m, Message::Confirm { .. }));
    stage.happens(HA, 1, FactKind::Died, None);
    stage.deliver();
    assert!(stage.alarms.contains(&Alarm::CommittedWhileContested));
    let ledger = stage.provinces[&HA].person(1);
    assert!(ledger.disputed() && !ledger.marriages().is_empty());
    assert!(stage.married(DA, 1));
}

#[test]
fn case_32_the_deciders_own_dead_cannot_be_married() {
    let mut stage = Stage::new();
    let wish = stage.couple(1, 1, 1);
    stage.happens(DA, 1, FactKind::Died, None);
    together(&mut stage, &[&wish]);
    stage.assert_nothing_happened(&wish);
}

#[test]
fn case_33_a_court_paper_before_the_upload_reaches_both_ledgers_and_the_upload_still_goes() {
    let mut stage = Stage::new();
    let wish = stage.couple(1, 1, 1);
    stage.begin(&wish);
    stage.deliver_unless(|_, _, m| matches!(m, Message::Confirm { .. }));
    // The holder has not followed yet: the notice waits for it.
    stage.happens(DA, 1, court(record(1)), Some((HA, wish.txn)));
    stage.deliver();
    assert!(!stage.provinces[&DA].untold().is_empty());
    stage.much_later();
    for (to, message) in stage.provinces[&DA].untold() {
        stage.tell(DA, to, &message);
    }
    stage.deliver();
    assert!(stage.provinces[&DA].untold().is_empty());
    assert!(!stage.married(DA, 1) && !stage.married(HA, 1));
    assert!(!stage.provinces[&A].logs[&wish.txn].uploaded);
}

#[test]
fn case_34_a_late_court_divorce_of_the_earlier_marriage_leaves_the_present_one() {
    let mut stage = Stage::new();
    for (number, act) in [(1, apply(1)), (2, finish(1))] {
        let wish = divorce(&stage, number, act, false);
        together(&mut stage, &[&wish]);
    }
    let weds = stage.wish(4, Act::Marry { record: record(4) }, [(DA, 1), (HA, 8)]);
    together(&mut stage, &[&weds]);
    stage.assert_married(&weds);
    // The paper on the marriage of record 8 comes only now.
    stage.happens(HA, 8, court(record(8)), None);
    stage.deliver();
    stage.assert_married(&weds);
    assert!(!stage.provinces[&HA].person(8).disputed());
}

#[test]
fn case_40_a_registration_by_impersonation_is_revoked_on_both_ledgers_and_frees_both() {
    let mut stage = Stage::new();
    let wish = stage.couple(1, 1, 1);
    together(&mut stage, &[&wish]);
    let revoked = FactKind::Ended {
        record: record(1),
        ending: Ending::RevokedFraud,
    };
    stage.happens(HA, 1, revoked, Some((DA, wish.txn)));
    stage.deliver();
    assert!(!stage.married(DA, 1) && !stage.married(HA, 1));
    let again = stage.couple(2, 1, 2);
    together(&mut stage, &[&again]);
    stage.assert_married(&again);
}

#[test]
fn a_court_paper_that_comes_to_the_accepting_province_ends_the_marriage_on_both_ledgers() {
    let mut stage = Stage::new();
    let wish = stage.couple(1, 1, 1);
    together(&mut stage, &[&wish]);
    let paper = CoordinatorEvent::Ended {
        id: uuid(7, 1),
        ending: Ending::DivorcedByCourt,
        effective_on: super::world::day(),
    };
    stage.run(A, vec![Step::Coordinator(wish.txn, paper)]);
    // The first telling is lost.
    stage.mail.clear();
    for (to, message) in stage.provinces[&A].untold() {
        stage.tell(A, to, &message);
        stage.tell(A, to, &message);
    }
    stage.deliver();
    assert!(stage.provinces[&A].untold().is_empty());
    let ended = Entry::Ended(Ending::DivorcedByCourt);
    for (id, person) in wish.parties {
        assert!(!stage.married(id, person));
        let ledger = stage.provinces[&id].person(person);
        let entries = ledger.entries.iter().filter(|w| w.entry == ended);
        assert_eq!(entries.count(), 1, "told twice, entered once");
    }
}

#[test]
fn an_ending_on_either_ledger_reaches_the_record_of_who_accepted_it() {
    for (id, other) in [(DA, HA), (HA, DA)] {
        let mut stage = Stage::new();
        let wish = stage.couple(1, 1, 1);
        stage.begin(&wish);
        // The coordinator does not know yet that it was decided.
        stage.deliver_unless(|_, to, m| to == A && matches!(m, Message::Decided { .. }));
        if id == DA {
            stage.happens(id, 1, court(record(1)), [(other, wish.txn), (A, wish.txn)]);
            stage.deliver();
            assert!(!stage.provinces[&A].over.contains(&wish.txn));
            assert!(!stage.provinces[&id].untold().is_empty());
            stage.much_later();
        } else {
            stage.much_later();
            stage.happens(id, 1, court(record(1)), [(other, wish.txn), (A, wish.txn)]);
            stage.deliver();
        }
        for (to, message) in stage.provinces[&id].untold() {
            stage.tell(id, to, &message);
        }
        stage.deliver();
        assert!(stage.provinces[&A].over.contains(&wish.txn));
        assert!(stage.provinces[&id].untold().is_empty());
        assert!(!stage.married(DA, 1) && !stage.married(HA, 1));
        assert!(stage.alarms.is_empty());
    }
}

#[test]
fn what_an_ending_has_made_impossible_is_asked_about_before_its_time() {
    let mut stage = Stage::new();
    let wish = stage.couple(1, 1, 1);
    together(&mut stage, &[&wish]);
    let apply = Act::ApplyDivorce {
        record: record(1),
        application: application(1),
    };
    let apply = stage.wish(2, apply, [(DA, 1), (HA, 1)]);
    stage.begin(&apply);
    stage.deliver_unless(|_, _, m| matches!(m, Message::CommitLast { .. }));
    assert!(stage.held(HA, 1));
    stage.due(HA);
    assert!(stage.mail.is_empty(), "asked without a reason");
    // A court divorces them meanwhile; HA is told, and does not wait ten minutes.
    stage.happens(DA, 1, court(record(1)), [(HA, wish.txn)]);
    stage.deliver();
    stage.due(HA);
    assert!(matches!(
        &stage.mail[..],
        [(HA, DA, Message::Resolve { .. })]
    ));
    stage.deliver();
    assert!(!stage.held(HA, 1));
}

#[test]
fn a_paper_on_an_earlier_marriage_leaves_the_mark_of_the_present_one_in_whatever_order() {
    let mut stage = Stage::new();
    for (number, act) in [(1, apply(1)), (2, finish(1))] {
        let wish = divorce(&stage, number, act, false);
        together(&mut stage, &[&wish]);
    }
    // Married to each other again, and again an application.
    let weds = stage.wish(3, Act::Marry { record: record(3) }, [(DA, 8), (HA, 8)]);
    together(&mut stage, &[&weds]);
    let act = Act::ApplyDivorce {
        record: record(3),
        application: application(3),
    };
    let mark = stage.wish(4, act, [(DA, 8), (HA, 8)]);
    together(&mut stage, &[&mark]);
    // The late court paper on the first marriage comes to one ledger only.
    stage.happens(HA, 8, court(record(8)), None);
    for id in [DA, HA] {
        assert_eq!(stage.provinces[&id].person(8).mark(), Some(application(3)));
    }
    let act = Act::WithdrawDivorce {
        record: record(3),
        application: application(3),
    };
    let gone = stage.wish(5, act, [(DA, 8), (HA, 8)]);
    together(&mut stage, &[&gone]);
    assert!(done(&stage, &gone));
    // In whatever order a restore brings the entries back, the mark is gone.
    for id in [DA, HA] {
        let mut ledger = stage.provinces[&id].person(8).clone();
        assert_eq!(ledger.mark(), None);
        ledger.entries.reverse();
        assert_eq!(ledger.mark(), None);
    }
}

#[test]
fn a_notice_is_entered_once_and_told_again_to_a_restored_peer() {
    let mut stage = Stage::new();
    let wish = stage.couple(1, 1, 1);
    together(&mut stage, &[&wish]);
    let copy = stage.copy(HA);
    stage.happens(DA, 1, FactKind::Died, Some((HA, wish.txn)));
    let (_, _, notice) = stage.mail[0].clone();
    stage.deliver();
    let widowed = Entry::Ended(Ending::SpouseDied);
    stage.tell(DA, HA, &notice);
    stage.deliver();
    let count = |stage: &Stage| {
        let ledger = stage.provinces[&HA].person(1);
        ledger.entries.iter().filter(|w| w.entry == widowed).count()
    };
    assert_eq!(count(&stage), 1);
    stage.restore(copy);
    stage.deliver();
    assert_eq!(count(&stage), 0);
    for (to, message) in stage.provinces[&DA].untold() {
        stage.tell(DA, to, &message);
    }
    stage.deliver();
    assert_eq!(count(&stage), 1);
}

#[test]
fn case_46_a_commit_known_after_midnight_keeps_the_day_of_the_registry() {
    let mut stage = Stage::new();
    let wish = stage.couple(1, 1, 1);
    stage.begin(&wish);
    // Begun at 23:59:58, committed at 00:00:03.
    stage.pass(super::super::Span(5_000));
    stage.deliver();
    for id in [DA, HA] {
        let ledger = stage.provinces[&id].person(1);
        let entry = ledger.entries.iter().find(|w| w.entry == Entry::Married);
        assert_eq!(
            entry.and_then(|w| w.effective_on),
            Some(super::world::day())
        );
    }
}

#[test]
fn case_50_who_has_no_part_in_it_is_told_nothing() {
    let mut stage = Stage::new();
    let wish = stage.couple(1, 1, 1);
    together(&mut stage, &[&wish]);
    // A fourth authority asks; then one forges a wish in another's name.
    let stranger = super::super::AuthorityId(36);
    let question = Message::Resolve {
        txn: wish.txn,
        coordinator: stranger,
        ha: Some(HA),
        class: super::super::message::Class::Unresolved,
    };
    stage.tell(stranger, DA, &question);
    assert!(stage.mail.is_empty());
    let other = stage.couple(5, 2, 2);
    let super::super::CoordinatorEvent::Begin { plan, ha_party, .. } = other.begin() else {
        panic!("not a beginning");
    };
    let forged = Message::Try {
        plan,
        coord_epoch: 1,
        party: ha_party.unwrap(),
    };
    stage.tell(stranger, HA, &forged);
    assert!(stage.mail.is_empty() && !stage.held(HA, 2));
    assert_eq!(stage.alarms, vec![Alarm::NotAParty; 2]);
}

#[test]
fn case_63_a_stolen_log_of_messages_names_nobody() {
    let mut stage = Stage::new();
    let wish = stage.couple(1, 1, 1);
    stage.begin(&wish);
    while !stage.mail.is_empty() {
        let (from, to, message) = stage.mail.remove(0);
        let text = serde_json::to_string(&message).unwrap();
        assert!(!text.contains("token:"), "{text}");
        stage.tell(from, to, &message);
    }
    stage.assert_married(&wish);
}
