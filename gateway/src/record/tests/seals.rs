//! Seals: what they hold, what is noticed about them, and what may be dropped after them.

use chrono::Days;

use super::super::verify::{Damage, verify};
use super::*;

fn sealed_twice() -> Memory {
    let mut store = memory(chain("general-test-1", 4, HashKind::Sha256));
    assert_eq!(
        seal::seal(&mut store, &key(), HashKind::Sha256, evening())
            .unwrap()
            .seal,
        Some(1)
    );
    store
        .segments
        .lock()
        .unwrap()
        .extend(chain("general-test-2", 4, HashKind::Sha256));
    assert_eq!(
        seal::seal(&mut store, &key(), HashKind::Sha256, evening())
            .unwrap()
            .seal,
        Some(2)
    );
    store
}

#[test]
fn nothing_is_sealed_twice_and_a_day_that_is_over_is_closed_once() {
    let mut store = sealed_twice();
    let again = seal::seal(&mut store, &key(), HashKind::Sha256, evening()).unwrap();
    assert_eq!((again.seal, again.sealed, again.doubtful), (None, 0, 0));
    let later = evening() + Days::new(2);
    let closing = seal::seal(&mut store, &key(), HashKind::Sha256, later).unwrap();
    assert_eq!((closing.seal, closing.sealed), (Some(3), 4));
    let closed = seal::seal(&mut store, &key(), HashKind::Sha256, later).unwrap();
    assert_eq!(closed.seal, None);
}

#[test]
fn every_altered_byte_of_a_seal_is_noticed() {
    let store = sealed_twice();
    let seals = store.seals.lock().unwrap().clone();
    for number in 0..seals.len() {
        for byte in 0..seals[number].len() {
            let mut damaged = store.clone();
            let mut copy = seals.clone();
            copy[number][byte] ^= 1;
            damaged.seals = Arc::new(Mutex::new(copy));
            let report = verify(&mut damaged, Some(&key().public()), KEEP, evening()).unwrap();
            assert!(
                report
                    .findings
                    .iter()
                    .any(|f| f.damage == Damage::SealBroken),
                "seal {number}, byte {byte}"
            );
        }
    }
}

#[test]
fn a_seal_taken_out_put_in_or_of_another_key_is_noticed() {
    let store = sealed_twice();
    let seals = store.seals.lock().unwrap().clone();
    let other = SealKey::new(&[8; 32]);
    let mut foreign = memory(chain("general-test-1", 4, HashKind::Sha256));
    seal::seal(&mut foreign, &other, HashKind::Sha256, evening()).unwrap();
    let foreign = foreign.seals.lock().unwrap()[0].clone();
    let kinds = [
        vec![seals[1].clone()],
        vec![seals[1].clone(), seals[0].clone()],
        vec![seals[0].clone(), seals[0].clone(), seals[1].clone()],
        vec![foreign, seals[1].clone()],
    ];
    for (kind, seals) in kinds.into_iter().enumerate() {
        let mut damaged = store.clone();
        damaged.seals = Arc::new(Mutex::new(seals));
        let report = verify(&mut damaged, Some(&key().public()), KEEP, evening()).unwrap();
        assert!(
            report
                .findings
                .iter()
                .any(|f| f.damage == Damage::SealBroken),
            "kind {kind}"
        );
        // Nor is anything built upon it.
        assert!(seal::seal(&mut damaged, &key(), HashKind::Sha256, evening()).is_err());
    }
}

#[test]
fn only_whole_closed_segments_whose_time_is_over_are_dropped_and_the_rest_still_verifies() {
    let mut store = memory(chain("general-test-1", 6, HashKind::Sha256));
    let public = key().public();
    seal::seal(&mut store, &key(), HashKind::Sha256, evening()).unwrap();
    let far = evening() + Days::new(400);
    assert_eq!(
        seal::purge(&mut store, &public, KEEP, far).unwrap(),
        0,
        "sealed, but not after its day was over"
    );
    seal::seal(
        &mut store,
        &key(),
        HashKind::Sha256,
        evening() + Days::new(2),
    )
    .unwrap();
    let first_due = evening() + Days::new(181);
    assert_eq!(
        seal::purge(&mut store, &public, KEEP, evening() + Days::new(180)).unwrap(),
        0
    );
    assert_eq!(
        seal::purge(&mut store, &public, KEEP, first_due).unwrap(),
        1
    );
    let report = verify(&mut store, Some(&public), KEEP, first_due).unwrap();
    assert_eq!((report.findings, report.records), (vec![], 3));
    assert_eq!(seal::purge(&mut store, &public, KEEP, far).unwrap(), 1);
    let report = verify(&mut store, Some(&public), KEEP, far).unwrap();
    assert_eq!(
        (report.findings, report.records, report.seals),
        (vec![], 0, 2)
    );
}

#[test]
fn each_class_is_kept_for_its_own_time() {
    for (class, days) in Class::ALL.into_iter().zip(KEEP) {
        let segment = Segment {
            class,
            day: seal::day_of(evening()),
            chain: "c".to_owned(),
        };
        let at = |days| evening() + Days::new(days);
        assert!(!seal::is_due(&segment, KEEP, at(u64::from(days))));
        assert!(seal::is_due(&segment, KEEP, at(u64::from(days) + 1)));
    }
}

#[test]
fn a_log_that_was_cut_is_not_sealed_as_if_it_were_whole() {
    let store = sealed_twice();
    store
        .segments
        .lock()
        .unwrap()
        .values_mut()
        .for_each(|lines| drop(lines.pop()));
    let done = seal::seal(&mut store.clone(), &key(), HashKind::Sha256, evening()).unwrap();
    assert_eq!((done.seal, done.doubtful), (None, 4));
}

/// Made by `openssl genpkey -algorithm SM2` for these tests only.
const SM2_KEY: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqBHM9VAYItBG0wawIBAQQgPJ1mJrBdrqfn52eE
FV43cBHa0UjzYK+YNW2ubC3AolyhRANCAAS5clPxDea+DMqscb36LkCvQPbcAzPV
sugg2WggES8C/DmAlOj39sKsCnu972c9jad11q1UwLNSHXITIYZIUTHy
-----END PRIVATE KEY-----
";

#[test]
fn seals_by_sm2_over_sm3_hold_and_break_like_any() {
    let sm2 = SealKey::from_pem(SM2_KEY).unwrap();
    let mut store = memory(chain("general-test-1", 4, HashKind::Sm3));
    let sealed = seal::seal(&mut store, &sm2, HashKind::Sm3, evening()).unwrap();
    assert_eq!((sealed.seal, sealed.doubtful), (Some(1), 0));
    let report = verify(&mut store, Some(&sm2.public()), KEEP, evening()).unwrap();
    assert_eq!((report.findings, report.unsealed), (vec![], 0));
    let broken = |store: &mut Memory, public: &seal::SealPublic| {
        let report = verify(store, Some(public), KEEP, evening()).unwrap();
        let mut findings = report.findings.iter();
        findings.any(|finding| finding.damage == Damage::SealBroken)
    };
    assert!(
        broken(&mut store.clone(), &key().public()),
        "of another key"
    );
    let line = store.seals.lock().unwrap()[0].clone();
    for byte in (0..line.len()).step_by(7).chain([line.len() - 10]) {
        let mut copy = line.clone();
        copy[byte] ^= 1;
        let mut damaged = store.clone();
        damaged.seals = Arc::new(Mutex::new(vec![copy]));
        assert!(broken(&mut damaged, &sm2.public()), "byte {byte}");
    }
    assert!(SealKey::from_pem("nonsense").is_none());
}
