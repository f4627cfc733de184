//! Whom an act has freed is free when another province has that act: what is built on it earlier would outlive it where
//! the decider's disk is replaced by an older copy.

use super::super::event::{Row, SOFT_EXPIRY, Standing};
use super::super::message::{Act, Class, Message, Outcome};
use super::super::{Alarm, AuthorityId, Broken, Effect, Span};
use super::stage::{A, DA, HA, Stage, record};
use super::world::{Province, Wish};

/// The divorce of person 8 of DA and person 8 of HA, applied for before.
fn applied(stage: &mut Stage) -> Wish {
    let (record, application) = (record(8), record(50));
    let couple = [(DA, 8), (HA, 8)];
    let act = Act::ApplyDivorce {
        record,
        application,
    };
    let apply = stage.wish(1, act, couple);
    stage.begin(&apply);
    stage.deliver();
    let act = Act::Divorce {
        record,
        application,
    };
    stage.wish(2, act, couple)
}

/// DA has committed the divorce, and nobody has heard of it; with DA's disk of before.
fn divorced_unheard(stage: &mut Stage) -> (Province, Wish) {
    let divorce = applied(stage);
    let copy = stage.copy(DA);
    stage.begin(&divorce);
    stage.deliver_unless(|from, _, message| {
        from == DA && matches!(message, Message::Decided { .. } | Message::Confirm { .. })
    });
    assert!(!stage.married(DA, 8) && stage.held(HA, 8));
    (copy, divorce)
}

/// Person 8 of DA wants to marry person 1 of the accepting province.
fn again(stage: &Stage, number: u64) -> Wish {
    let act = Act::Marry {
        record: record(number),
    };
    stage.wish(number, act, [(DA, 8), (A, 1)])
}

fn refused(stage: &Stage, wish: &Wish) -> Option<Class> {
    match &stage.provinces[&A].logs[&wish.txn].decision()?.outcome {
        Outcome::Aborted { class } => Some(*class),
        Outcome::Committed(_) => None,
    }
}

fn alone(stage: &Stage, id: AuthorityId, wish: &Wish) -> bool {
    matches!(stage.row(id, wish.txn), Row::Decided { alone: true, .. })
}

#[test]
fn case_57_whom_an_unheard_divorce_has_freed_does_not_marry_before_another_province_has_it() {
    let mut stage = Stage::new();
    let (copy, divorce) = divorced_unheard(&mut stage);
    let early = again(&stage, 3);
    stage.begin(&early);
    stage.deliver_unless(|_, _, message| matches!(message, Message::Confirm { .. }));
    assert_eq!(refused(&stage, &early), Some(Class::HeldByOther));
    // DA is restored from its disk of before: the divorce never was, for anybody.
    stage.restore(copy);
    stage.deliver();
    stage.much_later();
    assert!(stage.married(DA, 8) && stage.married(HA, 8));
    assert_eq!(stage.provinces[&DA].person(8).marriages().len(), 1);
    assert_eq!(refused(&stage, &divorce), Some(Class::Unresolved));
}

/// Schedule 31664, in short: the dice found it, when the rule was not there.
#[test]
#[should_panic(expected = "I-1 two valid marriages")]
fn case_57_without_that_rule_a_restored_decider_knows_a_second_marriage_and_no_divorce() {
    let mut stage = Stage::new();
    stage.broken = Some(Broken::HastyFreedom);
    let (copy, _) = divorced_unheard(&mut stage);
    let again = again(&stage, 3);
    stage.begin(&again);
    stage.deliver();
    stage.restore(copy);
    stage.deliver();
}

#[test]
fn whom_a_divorce_has_freed_marries_when_the_holder_has_it_and_both_outlive_a_restore() {
    let mut stage = Stage::new();
    let (copy, divorce) = divorced_unheard(&mut stage);
    // Nobody asks: DA itself sees to it that the holder has its decision.
    assert!(alone(&stage, DA, &divorce));
    stage.due(DA);
    stage.deliver();
    assert!(!alone(&stage, DA, &divorce));
    assert!(!stage.married(HA, 8) && !stage.held(HA, 8));
    let again = again(&stage, 3);
    stage.begin(&again);
    stage.deliver();
    for restored in [true, false] {
        if restored {
            stage.restore(copy.clone());
            stage.deliver();
        }
        stage.much_later();
        assert!(stage.married(DA, 8) && stage.married(A, 1) && !stage.married(HA, 8));
        let open = stage.provinces[&DA].person(8).marriages();
        assert_eq!(open.iter().filter(|marriage| !marriage.ended).count(), 1);
    }
}

/// Schedule 29227, in short: the divorce stood on two disks, and both are replaced by copies of before it.
#[test]
fn what_every_disk_has_lost_is_shown_to_somebody_and_frees_nobody() {
    let mut stage = Stage::new();
    let mut divorce = applied(&mut stage);
    divorce.coordinator = DA;
    let copies = [stage.copy(DA), stage.copy(HA)];
    stage.begin(&divorce);
    stage.deliver();
    let next = again(&stage, 3);
    stage.begin(&next);
    stage.deliver();
    assert!(stage.married(A, 1) && !stage.married(HA, 8));
    stage.outside.over.insert(record(8));
    for copy in copies {
        stage.outside.asleep.insert(copy.station.id);
        stage.provinces.insert(copy.station.id, copy);
    }
    for id in [DA, HA] {
        stage.outside.asleep.remove(&id);
        stage.restart(id);
    }
    stage.deliver();
    stage.much_later();
    assert!(stage.alarms.contains(&Alarm::ReplayConflict));
    let open = stage.provinces[&DA].person(8).marriages();
    assert_eq!(open.iter().filter(|marriage| !marriage.ended).count(), 2);
    let third = stage.couple(4, 8, 1);
    stage.begin(&third);
    stage.deliver();
    assert_eq!(refused(&stage, &third), Some(Class::NotFree));
}

/// Said at once; lost once, it is said again, also by a start; never more once it is answered.
#[test]
fn a_decider_says_it_until_the_holder_has_what_freed_its_person() {
    let mut stage = Stage::new();
    let divorce = applied(&mut stage);
    stage.begin(&divorce);
    stage.deliver_unless(|_, to, message| {
        to == DA && matches!(message, Message::Confirmed { .. } | Message::Already { .. })
    });
    assert!(alone(&stage, DA, &divorce) && !stage.married(HA, 8));
    for lost in [true, false] {
        stage.restart(DA);
        stage.deliver();
        stage.due(DA);
        stage.deliver_unless(|_, _, message| lost && matches!(message, Message::Already { .. }));
        assert_eq!(alone(&stage, DA, &divorce), lost);
    }
    stage.due(DA);
    assert!(
        stage
            .mail
            .iter()
            .all(|(from, to, _)| (*from, *to) != (DA, HA))
    );
}

/// A holder that was away asks by itself, and is asked back whether it has heard the answer.
#[test]
fn a_holder_that_asks_for_the_divorce_frees_the_deciders_person_as_well() {
    let mut stage = Stage::new();
    let (_, divorce) = divorced_unheard(&mut stage);
    stage.pass(SOFT_EXPIRY);
    stage.due(HA);
    let (from, to, question) = stage.mail.remove(0);
    let step = stage.provinces[&to].steps(from, &question).remove(0);
    let now = stage.now;
    let left = stage.provinces.get_mut(&to).unwrap().run(step, now, None);
    let wakes = |effect: &Effect| matches!(effect, Effect::Again { after: Span(0), .. });
    assert!(left.out.iter().any(wakes));
    assert!(alone(&stage, DA, &divorce));
}

#[test]
fn only_who_is_to_have_the_decision_says_that_it_has_it() {
    let mut stage = Stage::new();
    let (_, divorce) = divorced_unheard(&mut stage);
    for (from, message) in [
        (A, Message::Already { txn: divorce.txn }),
        (A, Message::Confirmed { txn: divorce.txn }),
    ] {
        stage.tell(from, DA, &message);
        assert!(alone(&stage, DA, &divorce));
    }
    // Nor is it believed while DA catches up.
    stage.restart(DA);
    let message = Message::Confirmed { txn: divorce.txn };
    stage.mail.clear();
    stage.tell(HA, DA, &message);
    assert!(alone(&stage, DA, &divorce) && stage.mail.is_empty());
}

/// Where one authority keeps both ledgers (also the hub), whoever accepted it is the one to have it.
#[test]
fn where_there_is_no_holder_the_accepting_province_is_the_one_to_have_it() {
    let mut stage = Stage::new();
    for number in [4, 5] {
        stage.settle(DA, number, Standing::Married { record: record(9) });
    }
    let (record, application) = (record(9), record(51));
    let couple = [(DA, 4), (DA, 5)];
    let acts = [
        Act::ApplyDivorce {
            record,
            application,
        },
        Act::Divorce {
            record,
            application,
        },
    ];
    let [apply, divorce] = [0, 1].map(|at| stage.wish(at as u64 + 1, acts[at], couple));
    stage.begin(&apply);
    stage.deliver();
    stage.begin(&divorce);
    stage.deliver_unless(|from, _, message| {
        from == DA && matches!(message, Message::Decided { .. })
    });
    assert!(alone(&stage, DA, &divorce));
    let again = stage.wish(
        3,
        Act::Marry {
            record: super::stage::record(3),
        },
        [(DA, 4), (A, 1)],
    );
    stage.begin(&again);
    stage.deliver();
    assert_eq!(refused(&stage, &again), Some(Class::HeldByOther));
    // The accepting province makes its papers of what it is shown, once.
    for _ in 0..2 {
        stage.due(DA);
        stage.deliver();
        assert!(!alone(&stage, DA, &divorce));
        assert_eq!(stage.provinces[&A].registered.get(&divorce.txn), Some(&1));
    }
    // Its own registry's acts are on nobody else's disk, and nobody is waited for.
    let act = Act::Marry {
        record: super::stage::record(6),
    };
    let mut own = stage.wish(6, act, couple);
    own.coordinator = DA;
    stage.begin(&own);
    stage.deliver();
    assert!(stage.married(DA, 4) && !alone(&stage, DA, &own));
}
