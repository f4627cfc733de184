//! The failure cases of starts, restores from backup and break-glass, one by one.

use super::super::event::{AuthorityEvent, BREAK_GLASS_AFTER, FactKind, Row, StationEvent};
use super::super::message::Verdict;
use super::super::message::{Class, Message};
use super::super::names::Proof;
use super::super::{Alarm, AuthorityId};
use super::cases::{phase, until};
use super::stage::{A, DA, HA, Stage, record};
use super::world::{Step, Wish, court};

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
    let apply = super::super::message::Act::ApplyDivorce {
        record: record(1),
        application: record(50),
    };
    let apply = stage.wish(2, apply, [(DA, 1), (HA, 1)]);
    stage.begin(&apply);
    stage.deliver();
    assert_eq!(stage.provinces[&DA].person(1).mark(), Some(record(50)));
}

#[test]
fn an_ending_of_what_was_never_made_is_shown_to_somebody() {
    let mut stage = Stage::new();
    let wish = until(&mut stage, "try");
    stage.much_later();
    stage.assert_nothing_happened(&wish);
    stage.happens(DA, 1, FactKind::Died, Some((HA, wish.txn)));
    stage.deliver();
    assert_eq!(stage.alarms, vec![Alarm::NotAParty]);
    assert!(
        !stage.provinces[&HA]
            .person(1)
            .has(super::super::event::Entry::Died)
    );
}

/// A couple whose deciding authority is also the accepting one, up to where its CONFIRM is lost:
/// nobody else has heard of the commit.
fn unheard(stage: &mut Stage) -> Wish {
    let mut wish = stage.couple(1, 1, 1);
    wish.coordinator = DA;
    stage.begin(&wish);
    stage.deliver_unless(|_, _, message| phase(message) == "confirm");
    assert!(stage.married(DA, 1) && stage.held(HA, 1));
    wish
}

#[test]
fn case_57_a_confirm_of_a_life_that_was_lost_changes_nothing_and_is_shown_to_somebody() {
    let mut stage = Stage::new();
    let copy = stage.copy(DA);
    let wish = unheard(&mut stage);
    let verdict = stage.provinces[&DA].logs[&wish.txn]
        .verdict
        .clone()
        .unwrap();
    stage.restore(copy);
    stage.deliver();
    stage.much_later();
    assert!(!stage.held(HA, 1) && !stage.married(DA, 1));
    let before = stage.provinces.clone();
    stage.tell(DA, HA, &Message::Confirm { verdict });
    stage.deliver();
    assert_eq!(before, stage.provinces);
    assert!(stage.alarms.contains(&Alarm::LostWord));
    assert!(!stage.alarms.contains(&Alarm::Contradiction));
}

#[test]
fn case_57_a_confirm_that_both_sides_have_lost_is_shown_to_somebody_and_changes_nothing() {
    let mut stage = Stage::new();
    let copies = [stage.copy(DA), stage.copy(HA)];
    let wish = unheard(&mut stage);
    let verdict = stage.provinces[&DA].logs[&wish.txn].verdict.clone();
    for copy in copies {
        stage.restore(copy);
    }
    stage.deliver();
    let before = stage.provinces.clone();
    let verdict = verdict.unwrap();
    stage.tell(DA, HA, &Message::Confirm { verdict });
    stage.deliver();
    assert_eq!(before, stage.provinces);
    assert!(stage.alarms.contains(&Alarm::LostWord));
    assert!(!stage.alarms.contains(&Alarm::NoSuchHold));
}

#[test]
fn case_57_an_answer_of_a_peers_lost_life_is_not_taken_in() {
    let mut stage = Stage::new();
    let (da, ha) = (stage.copy(DA), stage.copy(HA));
    let wish = unheard(&mut stage);
    stage.restore(ha);
    // DA's answer, with the commit in it, is under way for a long time.
    let mut late = None;
    while !stage.mail.is_empty() {
        let (from, to, message) = stage.mail.remove(0);
        match &message {
            Message::Known { verdicts, .. } if from == DA => {
                assert_eq!(verdicts.len(), 1);
                late = Some(message);
            }
            _ => stage.tell(from, to, &message),
        }
    }
    stage.restore(da);
    stage.deliver();
    let before = stage.provinces.clone();
    stage.tell(DA, HA, &late.unwrap());
    assert_eq!(before, stage.provinces);
    stage.run(HA, vec![Step::Station(StationEvent::Due)]);
    stage.deliver();
    stage.much_later();
    for (id, person) in wish.parties {
        assert!(!stage.married(id, person) && !stage.held(id, person));
        assert!(stage.provinces[&id].station.serving());
    }
}

#[test]
fn case_57_a_lost_promise_is_given_again_when_the_word_on_it_is_of_an_ended_life() {
    let mut stage = Stage::new();
    let copy = stage.copy(HA);
    let wish = until(&mut stage, "confirm");
    stage.restore(copy);
    let hellos: Vec<_> = stage.mail.drain(..).collect();
    // DA starts again, and HA hears of it before the coordinator tells what DA had said before.
    stage.restart(DA);
    stage.deliver_unless(|from, to, _| from == HA || to == A);
    assert_eq!(stage.provinces[&HA].station.epoch_of(DA), 2);
    stage
        .mail
        .extend(hellos.into_iter().filter(|(_, to, _)| *to == A));
    stage.deliver();
    assert!(stage.held(HA, 1) && !stage.married(HA, 1));
    stage.run(HA, vec![Step::Station(StationEvent::Due)]);
    stage.run(DA, vec![Step::Station(StationEvent::Due)]);
    stage.deliver();
    stage.much_later();
    stage.assert_married(&wish);
}

#[test]
fn case_57_what_a_decider_tells_of_its_earlier_lives_is_its_present_word() {
    let mut stage = Stage::new();
    let copy = stage.copy(HA);
    let wish = until(&mut stage, "nothing");
    stage.restore(copy);
    let hellos: Vec<_> = stage.mail.drain(..).collect();
    // DA, too, has started since it decided, and HA knows it.
    stage.restart(DA);
    stage.deliver_unless(|from, to, _| from == HA || to == A);
    assert_eq!(stage.provinces[&HA].station.epoch_of(DA), 2);
    stage
        .mail
        .extend(hellos.into_iter().filter(|(_, to, _)| *to == DA));
    stage.deliver();
    assert!(matches!(stage.row(HA, wish.txn), Row::Confirmed { .. }));
}

#[test]
fn case_57_nobody_replays_a_decision_of_somebody_who_does_not_decide() {
    let mut stage = Stage::new();
    let copy = stage.copy(HA);
    let wish = until(&mut stage, "confirm");
    let verdict = stage.provinces[&A].logs[&wish.txn].verdict.clone().unwrap();
    stage.restore(copy);
    // The coordinator signs in DA's place, with HA's own promise inside.
    let Proof { body, .. } = verdict;
    for body in [body.clone(), Verdict { epoch: 99, ..body }] {
        let step = Step::ReplayAuthority(Proof::own(A, body));
        stage.run(HA, vec![step]);
        assert!(!stage.provinces[&HA].rows.contains_key(&wish.txn));
    }
    assert!(!stage.married(HA, 1));
}
