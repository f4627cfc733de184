//! The failure cases of starts and restores from backup, one by one.

use super::super::event::{CoordinatorEvent, Entry, FactKind, Row, StationEvent};
use super::super::message::{Act, Class, Ending, Message, Verdict};
use super::super::names::Proof;
use super::super::{Alarm, AuthorityId};
use super::cases::{phase, until};
use super::stage::{A, DA, HA, Stage, record};
use super::world::{Step, Wish, court, day, uuid};

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

/// Schedule 9156, in short: A's older disk does not know of DA's new life.
#[test]
fn case_57_while_it_catches_up_the_accepting_province_believes_no_word_that_it_has_not_asked_for() {
    let mut stage = Stage::new();
    let copy = stage.copy(DA);
    let wish = stage.couple(1, 1, 1);
    stage.begin(&wish);
    stage.deliver_unless(|_, _, message| phase(message) == "commit");
    let accepting = stage.copy(A);
    stage.due(A);
    let (_, _, commit) = stage.mail.remove(0);
    stage.tell(A, DA, &commit);
    let (_, _, decided) = stage.mail.remove(0);
    assert_eq!(phase(&decided), "decided");
    stage.restore(copy);
    stage.deliver();
    stage.restore(accepting);
    let asked = std::mem::take(&mut stage.mail);
    stage.tell(DA, A, &decided);
    assert_eq!(stage.provinces[&A].registered.get(&wish.txn), None);
    stage.mail = asked;
    stage.deliver();
    stage.much_later();
    stage.assert_nothing_happened(&wish);
}

/// Schedule 35312, in short: HA has lost an ending, and DA that it was to tell it again.
#[test]
fn case_57_an_ending_is_told_again_to_who_has_lost_it_also_by_who_has_lost_that_it_was_asked() {
    let mut stage = Stage::new();
    let wish = until(&mut stage, "nothing");
    let before = stage.copy(HA);
    stage.happens(DA, 1, FactKind::Died, Some((HA, wish.txn)));
    stage.deliver();
    assert!(!stage.married(HA, 1));
    // One more decision that HA reads of DA, behind the place at which it had noted the ending.
    let more = stage.couple(2, 2, 2);
    stage.begin(&more);
    stage.deliver();
    let told = stage.copy(DA);
    assert!(told.untold().is_empty());
    let lost = |_, _, message: &Message| matches!(message, Message::Ended { .. });
    stage.restore(before);
    stage.deliver_unless(lost);
    assert!(stage.married(HA, 1) && !stage.provinces[&DA].untold().is_empty());
    stage.restore(told);
    let asked = std::mem::take(&mut stage.mail);
    stage.restart(HA);
    stage.deliver_unless(lost);
    stage.mail = asked;
    stage.deliver_unless(lost);
    assert!(stage.provinces[&DA].station.serving());
    for (to, message) in stage.provinces[&DA].untold() {
        stage.tell(DA, to, &message);
    }
    stage.deliver();
    assert!(!stage.married(HA, 1) && stage.provinces[&DA].untold().is_empty());
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

/// Case 39 after a restore: nobody of ours is named by the decision any more, and it is a decision all the same.
#[test]
fn case_57_a_decision_comes_back_also_where_its_person_cannot_be_named_any_more() {
    let mut stage = Stage::new();
    let mut copy = stage.copy(DA);
    let wish = until(&mut stage, "nothing");
    copy.persons.remove(&stage.token(DA, 1));
    stage.restore(copy);
    stage.deliver();
    assert!(stage.alarms.contains(&Alarm::ReplayConflict));
    assert!(
        matches!(stage.row(DA, wish.txn), Row::Decided { decision, .. }
        if decision.commitment().is_some())
    );
    // Whoever asks hears it, and an ending that is told is noted.
    let question = Message::Resolve {
        txn: wish.txn,
        coordinator: A,
        ha: Some(HA),
        class: Class::Unresolved,
    };
    stage.tell(HA, DA, &question);
    assert!(
        matches!(stage.mail.pop(), Some((_, _, Message::Decided { verdict }))
        if verdict.body.decision.commitment().is_some())
    );
    stage.happens(HA, 1, court(record(1)), Some((DA, wish.txn)));
    stage.deliver();
    assert!(stage.provinces[&HA].untold().is_empty());
    assert!(!stage.alarms.contains(&Alarm::Contradiction));
}

#[test]
fn an_ending_of_what_was_never_made_is_shown_to_somebody() {
    let mut stage = Stage::new();
    let wish = until(&mut stage, "try");
    stage.much_later();
    stage.assert_nothing_happened(&wish);
    stage.happens(DA, 1, FactKind::Died, [(HA, wish.txn), (A, wish.txn)]);
    let told = stage.mail[0].2.clone();
    stage.deliver();
    // DA may have committed it in a life that it has lost (schedule 89518).
    assert_eq!(stage.alarms, vec![Alarm::LostWord; 2]);
    for to in [HA, A] {
        stage.tell(AuthorityId(36), to, &told);
    }
    assert_eq!(stage.alarms[2..], [Alarm::NotAParty; 2]);
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

/// A promise that is given again beside one that an older disk still has: each ends by its own decision only.
#[test]
fn case_57_of_two_promises_to_one_person_the_end_of_one_leaves_the_other() {
    let mut stage = Stage::new();
    let other = stage.couple(2, 2, 1);
    stage.begin(&other);
    stage.deliver_unless(|_, _, message| phase(message) == "commit");
    let copy = stage.copy(HA);
    stage.much_later();
    stage.assert_nothing_happened(&other);
    let wish = until(&mut stage, "confirm");
    stage.restore(copy);
    let hellos: Vec<_> = stage.mail.drain(..).collect();
    // DA has started since, and what the coordinator tells is of its former life.
    stage.restart(DA);
    stage.deliver_unless(|from, to, _| from == HA || to == A);
    let asks = hellos.into_iter().filter(|(_, to, _)| *to == A);
    stage.mail.extend(asks);
    let (_, _, hello) = stage.mail.remove(0);
    stage.tell(HA, A, &hello);
    let (_, _, known) = stage.mail.remove(0);
    // Only of the later one, as if the former had been on another page.
    let Message::Known { verdicts, .. } = &known else {
        panic!("no answer to a start");
    };
    let both = verdicts.iter().map(|verdict| verdict.body.decision.txn);
    assert_eq!(both.collect::<Vec<_>>(), [other.txn, wish.txn]);
    let (ended, stands) = (verdicts[0].clone(), verdicts[1].clone());
    stage.run(HA, vec![Step::ReplayAuthority(stands)]);
    let holds = |stage: &Stage| stage.provinces[&HA].person(1).holds();
    assert_eq!(holds(&stage), [other.txn, wish.txn].into());
    let body = Verdict {
        epoch: 2,
        ..ended.body
    };
    stage.run(HA, vec![Step::ReplayAuthority(Proof::own(DA, body))]);
    assert_eq!(holds(&stage), [wish.txn].into());
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

/// Who told of an ending and has lost it hears of it from who noted it, and tells whoever else keeps the marriage.
#[test]
fn case_57_an_ending_comes_back_to_the_province_that_had_told_it() {
    for what in [court(record(1)), FactKind::Died] {
        let mut stage = Stage::new();
        let wish = until(&mut stage, "nothing");
        let copy = stage.copy(DA);
        stage.happens(DA, 1, what, [(HA, wish.txn), (A, wish.txn)]);
        stage.deliver_unless(|_, to, _| to == A);
        assert!(!stage.married(HA, 1));
        stage.restore(copy);
        stage.deliver();
        let ledger = stage.provinces[&DA].person(1);
        assert_eq!(stage.married(DA, 1), what == FactKind::Died);
        assert_eq!(ledger.has(Entry::Died), what == FactKind::Died);
        let entries = ledger.entries.len();
        for (to, notice) in stage.provinces[&DA].untold() {
            stage.tell(DA, to, &notice);
        }
        stage.deliver();
        assert!(stage.provinces[&A].over.contains(&wish.txn));
        assert!(stage.provinces[&DA].untold().is_empty());
        // Once, however often it is given back.
        stage.provinces.get_mut(&DA).unwrap().station.seen.clear();
        stage.restart(DA);
        stage.deliver();
        assert_eq!(stage.provinces[&DA].person(1).entries.len(), entries);
    }
}

#[test]
fn case_57_a_paper_that_its_registry_has_lost_comes_back_and_goes_on_to_the_other_ledger() {
    let mut stage = Stage::new();
    let wish = until(&mut stage, "nothing");
    let copy = stage.copy(A);
    let paper = CoordinatorEvent::Ended {
        id: uuid(7, 900),
        ending: Ending::DivorcedByCourt,
        effective_on: day(),
    };
    stage.run(A, vec![Step::Coordinator(wish.txn, paper)]);
    stage.deliver_unless(|_, to, _| to == DA);
    assert!(stage.married(DA, 1) && !stage.married(HA, 1));
    stage.restore(copy);
    stage.deliver();
    assert!(stage.provinces[&A].over.contains(&wish.txn));
    for (to, notice) in stage.provinces[&A].untold() {
        stage.tell(A, to, &notice);
    }
    stage.deliver();
    assert!(!stage.married(DA, 1));
    assert!(stage.provinces[&A].untold().is_empty());
}

/// Where both ledgers are kept here, what comes back does not say who died: a person must look, and nothing is guessed.
#[test]
fn case_57_a_death_that_may_be_of_either_spouse_is_shown_to_somebody() {
    let mut stage = Stage::new();
    let parties = [(HA, 1), (HA, 2)];
    let wish = stage.wish(1, Act::Marry { record: record(1) }, parties);
    stage.begin(&wish);
    stage.deliver();
    stage.assert_married(&wish);
    let copy = stage.copy(HA);
    stage.happens(HA, 1, FactKind::Died, [(A, wish.txn)]);
    stage.deliver();
    assert!(stage.provinces[&A].over.contains(&wish.txn));
    stage.restore(copy);
    stage.deliver();
    assert!(stage.alarms.contains(&Alarm::EndingLost));
    for (id, person) in parties {
        assert!(!stage.provinces[&id].person(person).has(Entry::Died));
    }
}

/// How many verdicts a province is given at a start.
fn read_at_a_start(stage: &mut Stage, id: AuthorityId) -> usize {
    stage.restart(id);
    let mut read = 0;
    while !stage.mail.is_empty() {
        let (from, to, message) = stage.mail.remove(0);
        if let (true, Message::Known { verdicts, .. }) = (to == id, &message) {
            read += verdicts.len();
        }
        stage.tell(from, to, &message);
    }
    assert!(stage.provinces[&id].station.serving());
    read
}

#[test]
fn a_start_reads_what_came_since_the_last_one_and_everything_of_a_peer_that_was_restored() {
    let mut stage = Stage::new();
    until(&mut stage, "nothing");
    // The same from HA and from A.
    assert_eq!(read_at_a_start(&mut stage, DA), 2);
    assert_eq!(read_at_a_start(&mut stage, DA), 0);
    let copy = stage.copy(A);
    let next = stage.couple(2, 2, 2);
    stage.begin(&next);
    stage.deliver();
    assert_eq!(read_at_a_start(&mut stage, DA), 2);
    // A counts anew: what stands at a place of it is no longer what was read there.
    stage.restore(copy);
    stage.deliver();
    assert_eq!(read_at_a_start(&mut stage, DA), 2);
    assert_eq!(read_at_a_start(&mut stage, DA), 0);
    // Whoever was restored itself has forgotten the reading with the rest.
    let mut old = stage.copy(DA);
    old.station.seen.clear();
    stage.restore(old);
    stage.mail.clear();
    assert_eq!(read_at_a_start(&mut stage, DA), 4);
}

/// A peer's word decides how far we rise, and must not take our voice: an epoch is a number that a message can hold.
#[test]
fn a_life_that_nobody_can_have_reached_is_not_believed() {
    for (told, epoch) in [(7, 8), ((1 << 53) - 1, 2), (u64::MAX, 2)] {
        let mut stage = Stage::new();
        stage.restart(HA);
        let boot = stage.provinces[&HA].station.boot;
        let known = Message::Known {
            boot,
            your_epoch: told,
            accepted: false,
            my_epoch: 1,
            my_boot: stage.provinces[&A].station.boot,
            verdicts: Vec::new(),
            endings: Vec::new(),
            forced: Vec::new(),
            upto: 0,
            upto_hash: String::new(),
            more: false,
        };
        stage.tell(A, HA, &known);
        assert_eq!(stage.provinces[&HA].station.epoch, epoch);
    }
}
