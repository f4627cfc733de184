//! Records put in later with hashes that fit, as whoever may write to the store can: found by their time, and
//! never signed. And nothing is taken for one that is none.

use chrono::Days;

use super::super::sealer;
use super::super::verify::{Damage, Report, verify};
use super::*;

const RECORDS: u64 = 12;

fn sealed(store: &mut Memory, at: DateTime<Utc>) -> (Option<u64>, usize) {
    let done = seal::seal(store, &key(), HashKind::Sha256, at).unwrap();
    (done.seal, done.doubtful)
}

fn report(store: &Memory, at: DateTime<Utc>) -> Report {
    verify(&mut store.clone(), Some(&key().public()), KEEP, at).unwrap()
}

/// What is told of inserted records: chain and numbers.
fn inserted(store: &Memory, at: DateTime<Utc>) -> Vec<(String, Option<(u64, u64)>)> {
    let findings = report(store, at).findings;
    assert!(
        findings.iter().all(|f| f.damage == Damage::Inserted),
        "{findings:?}"
    );
    findings.into_iter().map(|f| (f.chain, f.records)).collect()
}

/// Writes the next record of a chain, or its first, at that time.
fn add(store: &Memory, chain: &str, at: DateTime<Utc>) {
    let hash = HashKind::Sha256;
    let mut segments = store.segments.lock().unwrap();
    let last = segments
        .iter()
        .filter(|(segment, _)| segment.chain == chain)
        .flat_map(|(_, lines)| lines)
        .filter_map(|line| line::read(line).ok())
        .max_by_key(|read| read.seq);
    let place = Place {
        chain,
        seq: last.as_ref().map_or(1, |last| last.seq + 1),
        at,
        prev_hash: &last.map_or_else(|| hash.genesis(chain), |last| last.hash),
        hash,
    };
    let (line, _) = line::write(&draft("somebody"), place).unwrap();
    let segment = Segment {
        class: Class::General,
        day: seal::day_of(at),
        chain: chain.to_owned(),
    };
    segments.entry(segment).or_default().push(line);
}

fn minutes(minutes: i64) -> TimeDelta {
    TimeDelta::minutes(minutes)
}

#[test]
fn a_record_behind_the_end_of_a_closed_chain_is_named_and_never_signed() {
    let mut store = memory(chain("general-test-1", RECORDS, HashKind::Sha256));
    let later = evening() + Days::new(2);
    assert_eq!(sealed(&mut store, evening()), (Some(1), 0));
    assert_eq!(sealed(&mut store, later), (Some(2), 0));
    add(&store, "general-test-1", evening() + TimeDelta::seconds(25));
    let expected = vec![("general-test-1".to_owned(), Some((13, 13)))];
    assert_eq!(inserted(&store, later), expected);
    assert_eq!(sealed(&mut store, later + Days::new(1)), (None, 0));
    assert_eq!(inserted(&store, later + Days::new(1)), expected);
}

#[test]
fn a_record_behind_the_end_of_a_chain_of_today_is_named_and_never_signed() {
    let mut store = memory(chain("general-test-1", RECORDS, HashKind::Sha256));
    sealed(&mut store, evening());
    // The gateway was started anew; its other chain goes on, and an hour passes.
    let hour = evening() + minutes(60);
    add(&store, "general-test-2", hour - minutes(1));
    // Segments of the evening that is over are closed by the same seal.
    assert_eq!(sealed(&mut store, hour), (Some(2), 0));
    add(&store, "general-test-1", evening() + TimeDelta::seconds(25));
    add(&store, "general-test-1", evening() + TimeDelta::seconds(26));
    let expected = vec![("general-test-1".to_owned(), Some((13, 14)))];
    assert_eq!(inserted(&store, hour + minutes(5)), expected);
    // What is true beside it is signed; what is doubtful is not, however often it is looked at.
    add(&store, "general-test-2", hour + minutes(50));
    assert_eq!(sealed(&mut store, hour + minutes(60)), (Some(3), 1));
    assert_eq!(sealed(&mut store, hour + minutes(120)), (None, 1));
    let after = hour + Days::new(3);
    // The day is over: the other chain is closed, this one is not.
    assert_eq!(sealed(&mut store, after), (Some(4), 1));
    assert_eq!(sealed(&mut store, after + minutes(60)), (None, 1));
    assert_eq!(inserted(&store, after), expected);
}

#[test]
fn what_was_true_before_an_inserted_record_is_signed() {
    let mut store = Memory::default();
    add(&store, "general-test-1", evening());
    sealed(&mut store, evening());
    let hour = evening() + minutes(60);
    add(&store, "general-test-2", hour);
    sealed(&mut store, hour);
    // The last records of a gateway that crashed, and behind them one that is dated before them.
    add(&store, "general-test-2", hour + minutes(1));
    add(&store, "general-test-2", hour - minutes(30));
    assert_eq!(sealed(&mut store, hour + minutes(60)), (Some(3), 1));
    let expected = vec![("general-test-2".to_owned(), Some((3, 3)))];
    assert_eq!(inserted(&store, hour + minutes(60)), expected);
}

#[test]
fn a_whole_chain_that_is_back_dated_is_named_and_never_signed() {
    let mut store = memory(chain("general-test-1", RECORDS, HashKind::Sha256));
    let later = evening() + Days::new(2);
    sealed(&mut store, evening());
    sealed(&mut store, later);
    let put_in = chain("general-test-9", RECORDS, HashKind::Sha256);
    store.segments.lock().unwrap().extend(put_in);
    let expected = vec![("general-test-9".to_owned(), Some((1, RECORDS)))];
    assert_eq!(inserted(&store, later), expected);
    assert_eq!(sealed(&mut store, later + minutes(60)), (None, 2));
    assert_eq!(inserted(&store, later + Days::new(9)), expected);
}

#[test]
fn a_chain_that_was_written_anew_at_the_same_length_is_not_signed_over() {
    let mut store = memory(chain("general-test-1", RECORDS, HashKind::Sha256));
    sealed(&mut store, evening());
    let mut other = memory(chain("general-test-1", RECORDS, HashKind::Sha256));
    other.seals = Arc::clone(&store.seals);
    for at in [evening() + minutes(5), evening() + Days::new(2)] {
        assert_eq!(sealed(&mut other, at), (None, 2));
        let findings = report(&other, at).findings;
        assert!(
            findings.iter().all(|f| f.damage == Damage::Rewritten) && !findings.is_empty(),
            "{findings:?}"
        );
    }
}

#[test]
fn a_broken_seal_is_told_and_makes_no_record_an_inserted_one() {
    let mut store = Memory::default();
    for hour in 0..4 {
        let at = evening() + minutes(60 * hour);
        add(&store, &format!("general-test-{hour}"), at - minutes(20));
        sealed(&mut store, at);
    }
    let seals = store.seals.lock().unwrap().clone();
    for number in 0..seals.len() {
        let mut broken = seals.clone();
        broken[number][40] ^= 1;
        let damaged = Memory {
            seals: Arc::new(Mutex::new(broken)),
            ..store.clone()
        };
        let findings = report(&damaged, evening() + Days::new(1)).findings;
        assert!(
            findings.iter().all(|f| f.damage == Damage::SealBroken) && !findings.is_empty(),
            "{number}: {findings:?}"
        );
    }
}

/// Seals and looks at each of these times, after what was written at those; nothing may be wrong.
fn goes_on(steps: &[(&str, i64)]) {
    let mut store = Memory::default();
    let at = |minute: i64| evening() + minutes(minute);
    for (what, minute) in steps {
        match *what {
            "seal" => assert_eq!(sealed(&mut store, at(*minute)).1, 0, "{minute}: {steps:?}"),
            chain => add(&store, &format!("general-test-{chain}"), at(*minute)),
        }
        let now = report(&store, at(*minute));
        assert_eq!(now.findings, [], "{what} {minute}: {steps:?}");
    }
    let (_, last) = steps.last().unwrap();
    assert_eq!(report(&store, at(*last)).unsealed, 0, "{steps:?}");
    assert_eq!(report(&store, at(*last) + Days::new(40)).findings, []);
}

#[test]
fn a_crash_and_a_start_long_after_it_are_no_alarm() {
    goes_on(&[
        ("seal", 0),
        ("a", 1),
        ("seal", 60),
        ("a", 61),
        ("a", 80),
        // Started again after four hours, or after a month: what was left behind is sealed.
        ("seal", 320),
        ("b", 321),
        ("seal", 380),
        ("b", 381),
        ("seal", 43_200),
    ]);
}

#[test]
fn a_store_that_was_away_is_no_alarm() {
    goes_on(&[
        ("a", 0),
        ("seal", 0),
        // It can be written but not sealed, for a day.
        ("a", 30),
        ("b", 700),
        ("b", 1_439),
        ("seal", 1_440),
        ("b", 1_441),
        ("seal", 1_500),
    ]);
}

#[test]
fn a_clock_that_was_set_forward_and_back_again_is_no_alarm() {
    goes_on(&[
        ("a", 0),
        ("seal", 1),
        // A month ahead; days that are not over are closed.
        ("a", 43_200),
        ("seal", 43_201),
        // Set right again, with a new start, which seals at once.
        ("seal", 10),
        ("b", 11),
        ("b", 25),
        // Another gateway, whose clock was always right.
        ("c", 30),
        ("seal", 60),
        ("c", 65),
        ("seal", 120),
    ]);
}

#[test]
fn a_clock_that_was_set_back_is_no_alarm() {
    goes_on(&[
        ("a", 600),
        ("seal", 601),
        ("seal", 0),
        ("b", 2),
        ("b", 30),
        ("seal", 60),
        ("b", 61),
        ("seal", 660),
    ]);
}

#[test]
fn a_seal_made_while_a_group_hangs_says_no_more_than_it_knows() {
    let began = evening();
    let meanwhile = began + minutes(30);
    let until = sealer::until(meanwhile, began.timestamp_micros());
    assert_eq!(until, began);
    assert_eq!(sealer::until(meanwhile, sealer::NONE), meanwhile);
    let mut store = Memory::default();
    add(&store, "general-test-1", began - minutes(60));
    assert_eq!(sealed(&mut store, until), (Some(1), 0));
    // At last the disk takes it, with the time at which it was begun.
    add(&store, "general-test-1", began);
    assert_eq!(sealed(&mut store, began + minutes(60)), (Some(2), 0));
    assert_eq!(report(&store, began + minutes(60)).findings, []);
}

#[test]
fn a_time_that_no_calendar_has_breaks_nothing() {
    for at in [DateTime::<Utc>::MAX_UTC, DateTime::<Utc>::MIN_UTC] {
        let mut store = memory(chain("general-test-1", 3, HashKind::Sha256));
        sealed(&mut store, evening());
        add(&store, "general-test-1", at);
        for days in 1..3 {
            sealed(&mut store, evening() + Days::new(days));
        }
        let findings = report(&store, evening() + Days::new(1)).findings;
        assert!(!findings.is_empty() || at > evening(), "{at}");
    }
}
