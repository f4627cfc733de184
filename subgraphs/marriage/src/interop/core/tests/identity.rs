//! The failure cases of identity, routing and requests that nobody can answer, one by one.

use super::super::event::{CoordinatorEvent, Phase, Row, Standing, TOO_OLD};
use super::super::message::{Class, Message, OnRecord, Outcome};
use super::super::{Alarm, Span};
use super::cases::{phase, until};
use super::stage::{A, DA, HA, Stage};
use super::world::Step;

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
fn case_24_25_what_nobody_can_verify_or_answer_ends_as_soon_as_somebody_can() {
    // A message with a bad, expired or revoked key, or of a province that is not in the table,
    // never reaches the core: for all of them it is lost, each time it is sent.
    for deaf in [DA, HA] {
        let mut stage = Stage::new();
        let wish = stage.couple(1, 1, 1);
        stage.begin(&wish);
        for _ in 0..48 {
            stage.deliver_unless(|from, to, _| from == deaf || to == deaf);
            stage.pass(Span::hours(1));
            stage.due(A);
        }
        assert!(!stage.married(DA, 1) && !stage.married(HA, 1));
        assert!(!stage.provinces[&A].registered.contains_key(&wish.txn));
        stage.much_later();
        stage.assert_nothing_happened(&wish);
    }
}

#[test]
fn case_36_37_41_who_is_unclear_or_unknown_is_refused_by_class_on_either_side() {
    // 36: one number for two persons is a dispute; 37: a placeholder leads to nobody.
    let unclear = [
        (Some(Standing::Disputed), Class::Disputed),
        (None, Class::Unverified),
        (Some(Standing::LegacyUnresolved), Class::LegacyUnresolved),
    ];
    for (standing, class) in unclear {
        for side in [DA, HA] {
            let mut stage = Stage::new();
            if let Some(standing) = standing {
                stage.settle(side, 90, standing);
            }
            let wish = if side == DA {
                stage.couple(1, 90, 1)
            } else {
                stage.couple(1, 1, 90)
            };
            stage.begin(&wish);
            stage.deliver();
            stage.much_later();
            let log = &stage.provinces[&A].logs[&wish.txn];
            assert!(
                matches!(log.decision().map(|d| &d.outcome), Some(Outcome::Aborted { class: told })
                    if *told == class),
                "{standing:?} at {side}"
            );
            for (id, person) in [(DA, 1), (HA, 1)] {
                assert!(!stage.married(id, person) && !stage.held(id, person));
            }
        }
    }
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

/// What becomes of a ledger that the new table gives to another: `tests::interop::routes`.
#[test]
fn case_39_a_table_that_changes_during_a_hold_aborts_it() {
    let mut stage = Stage::new();
    let wish = until(&mut stage, "commit");
    assert!(stage.held(HA, 1));
    for province in stage.provinces.values_mut() {
        province.station.routing_epoch = 2;
    }
    stage.due(A);
    stage.deliver();
    stage.much_later();
    stage.assert_nothing_happened(&wish);
}

#[test]
fn case_59_a_ledger_without_a_word_says_since_when_it_would_have_one_and_never_single() {
    let mut stage = Stage::new();
    let coverage_from = super::world::day();
    stage.settle(HA, 90, Standing::NoRecord { coverage_from });
    let wish = stage.couple(1, 1, 90);
    stage.begin(&wish);
    stage.deliver_unless(|_, _, message| phase(message) == "commit");
    let log = &stage.provinces[&A].logs[&wish.txn];
    let grant = &log.grant.as_ref().unwrap().body;
    assert_eq!(grant.on_record, OnRecord::NoRecord { coverage_from });
    // The law rests on the declaration: silence does not stop the act.
    stage.due(A);
    stage.deliver();
    stage.assert_married(&wish);
}

#[test]
fn a_coordinator_that_has_forgotten_its_first_press_takes_up_what_came_of_it() {
    let mut stage = Stage::new();
    let copy = stage.copy(A);
    let wish = until(&mut stage, "confirm");
    let first = stage.provinces[&A].logs[&wish.txn].plan.clone();
    stage.provinces.insert(A, copy);
    // Two officers go on without the peers; the registrar presses again, under the same transaction.
    stage.restart_alone(A);
    let mut again = wish.clone();
    again.act = super::super::message::Act::Marry {
        record: super::stage::record(77),
    };
    stage.begin(&again);
    stage.deliver();
    stage.much_later();
    stage.assert_married(&wish);
    let log = &stage.provinces[&A].logs[&wish.txn];
    assert_eq!(log.plan, first);
    assert_eq!(log.phase, Phase::HaSettled);
    assert!(stage.alarms.contains(&Alarm::Restored));
}

/// Nobody is served by the word of another about a transaction that was never begun here.
#[test]
fn a_coordinator_takes_up_no_plan_of_another_province() {
    let mut stage = Stage::new();
    let wish = until(&mut stage, "decided");
    let Row::Decided { decision, .. } = stage.row(DA, wish.txn).clone() else {
        panic!("no decision");
    };
    let mut decision = decision;
    let Outcome::Committed(done) = &mut decision.outcome else {
        panic!("not committed");
    };
    done.plan.coordinator = HA;
    let verdict = super::super::message::Verdict { decision, epoch: 1 };
    let verdict = super::super::Proof::own(DA, verdict);
    stage.tell(DA, A, &Message::Decided { verdict });
    assert!(stage.provinces[&A].logs[&wish.txn].verdict.is_none());
    assert!(stage.provinces[&A].registered.is_empty());
}

/// A wish of 1 and 1 that is to have effect from this day.
fn back_to(stage: &Stage, number: u64, from: chrono::NaiveDate) -> CoordinatorEvent {
    let mut event = stage.couple(number, 1, 1).begin();
    if let CoordinatorEvent::Begin { plan, core, .. } = &mut event {
        plan.effective_from = Some(from);
        core.effective_from = from;
    }
    event
}

#[test]
fn a_marriage_made_good_later_lies_over_none_that_ended_since_on_either_ledger() {
    use super::super::event::FactKind;
    let end = super::world::day();
    let earlier = end - chrono::Days::new(30);
    for (id, from, right) in [
        (DA, earlier, false),
        (HA, earlier, false),
        (DA, end, true),
        (HA, end, true),
    ] {
        let mut stage = Stage::new();
        // Person 1 there was married in this province, until a court ended it on `end`.
        let record = super::stage::record(40);
        stage.settle(id, 1, Standing::Married { record });
        stage.happens(id, 1, super::world::court(record), None);
        stage.settle(if id == DA { HA } else { DA }, 1, Standing::Free);
        let FactKind::Ended { .. } = super::world::court(record) else {
            panic!("no end");
        };
        let wish = stage.couple(2, 1, 1);
        let event = back_to(&stage, 2, from);
        stage.run(A, vec![Step::Coordinator(wish.txn, event)]);
        stage.deliver();
        stage.much_later();
        if right {
            stage.assert_married(&wish);
        } else {
            let log = &stage.provinces[&A].logs[&wish.txn];
            assert!(
                matches!(
                    log.decision().map(|d| &d.outcome),
                    Some(Outcome::Aborted {
                        class: Class::NotFree
                    })
                ),
                "{id}"
            );
            assert!(!stage.held(DA, 1) && !stage.held(HA, 1));
        }
    }
}

#[test]
fn what_somebody_could_not_keep_is_not_committed() {
    type Change = fn(&mut CoordinatorEvent);
    let no_details_for_the_holder: Change = |event| {
        if let CoordinatorEvent::Begin { core, .. } = event {
            core.details.remove(&HA);
        }
    };
    let another_day_than_was_promised: Change = |event| {
        if let CoordinatorEvent::Begin { core, .. } = event {
            core.effective_from = core.registered_on - chrono::Days::new(400);
        }
    };
    let effect_before_it_is_registered_never_after: Change = |event| {
        if let CoordinatorEvent::Begin { plan, core, .. } = event {
            core.effective_from = core.registered_on + chrono::Days::new(1);
            plan.effective_from = Some(core.effective_from);
        }
    };
    for change in [
        no_details_for_the_holder,
        another_day_than_was_promised,
        effect_before_it_is_registered_never_after,
    ] {
        let mut stage = Stage::new();
        let wish = stage.couple(1, 1, 1);
        let mut event = wish.begin();
        change(&mut event);
        stage.run(A, vec![Step::Coordinator(wish.txn, event)]);
        stage.deliver();
        stage.much_later();
        stage.assert_nothing_happened(&wish);
    }
}
