//! The failure cases of break-glass and of the disputes that decisions leave, one by one.

use super::super::event::{AuthorityEvent, BREAK_GLASS_AFTER, Row, StationEvent};
use super::super::message::{Act, ForcedAbort, Message, roles};
use super::super::{Alarm, AuthorityId, Broken, TxnId};
use super::cases::{phase, until};
use super::stage::{A, DA, HA, Stage, record};
use super::world::{Step, Wish, court};

fn break_glass(stage: &mut Stage, txn: TxnId, officers: [&str; 2], by: AuthorityId) {
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

/// A decider that was restored hears of the break-glass first, and of its own commit last.
fn freed_before_the_commit_is_heard(broken: Option<Broken>) -> (Stage, Wish) {
    let mut stage = Stage::new();
    stage.broken = broken;
    let copy = stage.copy(DA);
    let wish = until(&mut stage, "confirm");
    stage.pass(BREAK_GLASS_AFTER);
    break_glass(&mut stage, wish.txn, ["one", "other"], DA);
    stage.mail.clear();
    stage.restore(copy);
    stage.deliver_unless(|_, to, _| to == A);
    assert!(!stage.provinces[&DA].station.serving());
    (stage, wish)
}

#[test]
fn case_60_what_was_freed_is_taken_over_when_the_last_answer_of_a_start_is_in() {
    let (mut stage, wish) = freed_before_the_commit_is_heard(None);
    assert!(!stage.provinces[&DA].rows.contains_key(&wish.txn));
    stage.run(DA, vec![Step::Station(StationEvent::Due)]);
    stage.deliver();
    assert!(stage.provinces[&DA].station.serving());
    assert!(stage.alarms.contains(&Alarm::CommittedThoughForced));
    assert!(!stage.alarms.contains(&Alarm::Contradiction));
    stage.much_later();
    for (id, person) in wish.parties {
        assert!(stage.married(id, person) && stage.provinces[&id].person(person).disputed());
    }
}

/// Without that rule the decider aborts what it had committed, and a certificate has been issued on.
#[test]
#[should_panic(expected = "I-3 two decisions")]
fn case_60_a_hasty_take_over_makes_two_decisions() {
    freed_before_the_commit_is_heard(Some(Broken::HastyTakeOver));
}

/// The last peer is left out: then what was freed is taken over before anything else is done.
#[test]
fn what_was_freed_is_taken_over_before_a_decider_serves_also_without_a_silent_peer() {
    let mut stage = Stage::new();
    let wish = until(&mut stage, "commit");
    stage.pass(BREAK_GLASS_AFTER);
    break_glass(&mut stage, wish.txn, ["one", "other"], DA);
    stage.mail.clear();
    stage.restart(DA);
    stage.deliver_unless(|_, to, _| to == A);
    assert!(!stage.provinces[&DA].rows.contains_key(&wish.txn));
    let event = StationEvent::Override {
        officers: ["one", "other"].map(str::to_owned),
        without: [A].into(),
    };
    stage.run(DA, vec![Step::Station(event)]);
    assert!(stage.provinces[&DA].station.serving());
    assert!(matches!(stage.row(DA, wish.txn), Row::Decided { .. }));
}

#[test]
fn only_its_holder_frees_by_break_glass_what_a_decider_has_committed_or_may_decide() {
    let mut stage = Stage::new();
    let wish = until(&mut stage, "nothing");
    let abort = |ha: AuthorityId, txn| ForcedAbort {
        txn,
        coordinator: A,
        ha,
        da: DA,
        officers: ["one", "other"].map(str::to_owned),
        statement: "paper 7".to_owned(),
    };
    // Another province says that it was the holder; by the transaction's id it could be.
    assert_eq!(roles(wish.txn, DA, A), (DA, Some(A)));
    let forced = Message::Forced {
        abort: abort(A, wish.txn),
    };
    stage.tell(A, DA, &forced);
    assert!(!stage.provinces[&DA].person(1).disputed());
    assert_eq!(stage.alarms, vec![Alarm::NotAParty]);
    // Nor does an answer to a start free another's hold.
    let other = stage.couple(2, 2, 2);
    stage.begin(&other);
    stage.deliver_unless(|_, _, message| phase(message) == "commit");
    stage.restart(DA);
    while !stage.mail.is_empty() {
        let (from, to, mut message) = stage.mail.remove(0);
        if let Message::Known { forced, .. } = &mut message
            && from == A
        {
            *forced = vec![abort(HA, other.txn), abort(A, wish.txn)];
        }
        stage.tell(from, to, &message);
    }
    assert!(stage.provinces[&DA].station.serving());
    assert!(!stage.provinces[&DA].rows.contains_key(&other.txn));
    assert!(!stage.provinces[&DA].person(1).disputed());
}

#[test]
fn case_60_a_marriage_that_stands_though_forced_can_end_like_any_other() {
    let mut stage = Stage::new();
    let wish = until(&mut stage, "confirm");
    stage.pass(BREAK_GLASS_AFTER);
    break_glass(&mut stage, wish.txn, ["one", "other"], DA);
    stage.deliver();
    // A court ends it where DA keeps the ledger; the holder is told, twice.
    stage.happens(DA, 1, court(record(1)), Some((HA, wish.txn)));
    let (_, _, notice) = stage.mail[0].clone();
    stage.deliver();
    assert!(stage.provinces[&DA].untold().is_empty());
    assert!(!stage.married(DA, 1) && !stage.married(HA, 1));
    let before = stage.provinces[&HA].clone();
    stage.tell(DA, HA, &notice);
    assert_eq!(before, stage.provinces[&HA]);
}

#[test]
fn a_dispute_that_a_decision_made_is_cleared_by_two_officers_on_each_ledger() {
    let mut stage = Stage::new();
    let wish = until(&mut stage, "confirm");
    stage.pass(BREAK_GLASS_AFTER);
    break_glass(&mut stage, wish.txn, ["one", "other"], DA);
    stage.deliver();
    let clear = |stage: &mut Stage, id, officers: [&str; 2], evidence: &str| {
        let event = AuthorityEvent::Clear {
            officers: officers.map(str::to_owned),
            evidence: evidence.to_owned(),
        };
        stage.run(id, vec![Step::Authority(wish.txn, event)]);
    };
    for (id, person) in wish.parties {
        for (officers, evidence) in [
            (["one", "one"], "paper"),
            (["one", ""], "paper"),
            (["one", "other"], ""),
        ] {
            clear(&mut stage, id, officers, evidence);
            assert!(stage.provinces[&id].person(person).disputed());
        }
        clear(&mut stage, id, ["one", "other"], "paper");
        assert!(!stage.provinces[&id].person(person).disputed());
        // Once is enough.
        let before = stage.provinces[&id].clone();
        clear(&mut stage, id, ["one", "other"], "paper");
        assert_eq!(before, stage.provinces[&id]);
    }
    // The marriage stands, and its couple may go on: here, to apply for divorce.
    let apply = Act::ApplyDivorce {
        record: record(1),
        application: record(50),
    };
    let apply = stage.wish(2, apply, [(DA, 1), (HA, 1)]);
    stage.begin(&apply);
    stage.deliver();
    assert_eq!(stage.provinces[&DA].person(1).mark(), Some(record(50)));
}
