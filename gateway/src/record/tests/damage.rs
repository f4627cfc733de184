//! Every record of a log damaged in every way, with and without the hashes made anew.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::super::verify::{Damage, Finding, Report, verify};
use super::*;

const RECORDS: u64 = 12;

/// The same log each time: records have ids of their own.
fn log() -> Vec<(Segment, Vec<Vec<u8>>)> {
    static LOG: LazyLock<Vec<(Segment, Vec<Vec<u8>>)>> =
        LazyLock::new(|| chain("general-test-1", RECORDS, HashKind::Sha256));
    LOG.clone()
}

/// Position of a record: segment and line.
fn place(seq: u64) -> (usize, usize) {
    let half = RECORDS / 2;
    let at = usize::try_from(seq - 1).unwrap();
    let half = usize::try_from(half).unwrap();
    if seq * 2 > RECORDS {
        (1, at - half)
    } else {
        (0, at)
    }
}

fn findings(segments: Vec<(Segment, Vec<Vec<u8>>)>, sealed: bool) -> Vec<Finding> {
    looked_at(segments, sealed).findings
}

fn looked_at(segments: Vec<(Segment, Vec<Vec<u8>>)>, sealed: bool) -> Report {
    let mut good = memory(log());
    let mut damaged = memory(segments);
    if sealed {
        seal::seal(&mut good, &key(), HashKind::Sha256, evening()).unwrap();
        damaged.seals = good.seals;
    }
    let public = key().public();
    verify(&mut damaged, Some(&public), KEEP, evening()).unwrap()
}

fn told(findings: &[Finding], damage: Damage, seq: u64) -> bool {
    findings
        .iter()
        .any(|f| f.damage == damage && f.records.is_some_and(|(from, to)| from <= seq && seq <= to))
}

/// The same object with another purpose and a hash that fits it.
fn rehashed(line: &[u8]) -> Vec<u8> {
    let text = String::from_utf8(line.to_vec()).unwrap();
    let at = text.rfind(",\"hash\":\"").unwrap();
    let object = format!(
        "{}}}",
        text[..at].replace("MARRIAGE_REGISTRATION", "ARCHIVE")
    );
    let hash = HashKind::Sha256.digest(&[object.as_bytes()]);
    format!("{},\"hash\":\"{hash}\"}}", &object[..object.len() - 1]).into_bytes()
}

#[test]
fn a_whole_log_is_found_whole_with_either_hash() {
    for hash in [HashKind::Sha256, HashKind::Sm3] {
        for records in [1, 2, 7, RECORDS] {
            let mut store = memory(chain("general-test-1", records, hash));
            let before = verify(&mut store, Some(&key().public()), KEEP, evening()).unwrap();
            assert_eq!((before.records, before.unsealed), (records, records));
            assert_eq!(before.findings, []);
            seal::seal(&mut store, &key(), hash, evening()).unwrap();
            let after = verify(&mut store, Some(&key().public()), KEEP, evening()).unwrap();
            assert_eq!(
                (after.records, after.unsealed, after.seals),
                (records, 0, 1)
            );
            assert_eq!(after.findings, []);
        }
    }
}

#[test]
fn every_removed_record_is_named() {
    for sealed in [false, true] {
        for seq in 1..=RECORDS {
            let (segment, line) = place(seq);
            let mut log = log();
            log[segment].1.remove(line);
            let findings = findings(log, sealed);
            // What is cut off at the end before any seal knows it leaves no trace.
            if seq == RECORDS && !sealed {
                assert_eq!(findings, []);
            } else {
                assert!(told(&findings, Damage::Removed, seq), "{seq}: {findings:?}");
                assert_eq!(findings.len(), 1, "{seq}: {findings:?}");
            }
        }
    }
}

#[test]
fn every_altered_byte_is_named_with_its_record() {
    for seq in 1..=RECORDS {
        let (segment, line) = place(seq);
        let length = log()[segment].1[line].len();
        for byte in 0..length {
            let mut log = log();
            log[segment].1[line][byte] ^= 1;
            let findings = findings(log, false);
            let named = findings.iter().any(|f| match f.damage {
                Damage::Altered | Damage::Removed | Damage::Rewritten => {
                    f.records.is_some_and(|(from, to)| from <= seq && seq <= to)
                }
                // A line that is no JSON any more tells no number, but where it stands is told.
                Damage::Inserted => f.line.as_ref().is_some_and(|(_, at)| at - 1 == line),
                _ => false,
            });
            let torn = seq == RECORDS && findings.is_empty();
            assert!(named || torn, "{seq}, byte {byte}: {findings:?}");
        }
    }
}

#[test]
fn every_altered_record_with_a_new_hash_is_named() {
    for sealed in [false, true] {
        for seq in 1..=RECORDS {
            let (segment, line) = place(seq);
            let mut log = log();
            log[segment].1[line] = rehashed(&log[segment].1[line]);
            let findings = findings(log, sealed);
            if seq == RECORDS && !sealed {
                assert_eq!(findings, []);
            } else {
                let named = told(&findings, Damage::Altered, seq)
                    || told(&findings, Damage::Rewritten, seq);
                assert!(named, "{seq}: {findings:?}");
            }
        }
    }
}

#[test]
fn every_pair_that_changed_places_is_named() {
    for first in 1..RECORDS {
        for second in first + 1..=RECORDS {
            let ((a, b), (c, d)) = (place(first), place(second));
            let mut log = log();
            let one = log[a].1[b].clone();
            log[a].1[b] = std::mem::replace(&mut log[c].1[d], one);
            let findings = findings(log, false);
            let reordered: Vec<_> = findings
                .iter()
                .filter(|f| f.damage == Damage::Reordered)
                .filter_map(|f| f.records)
                .collect();
            assert_eq!(
                reordered.len(),
                findings.len(),
                "{first} and {second}: {findings:?}"
            );
            let either = |seq| reordered.contains(&(seq, seq));
            assert!(
                either(first) || either(second),
                "{first} and {second}: {findings:?}"
            );
        }
    }
}

#[test]
fn every_inserted_record_is_named() {
    let foreign = chain("general-test-2", RECORDS, HashKind::Sha256);
    for seq in 1..=RECORDS {
        let (segment, line) = place(seq);
        let copies = [
            log()[segment].1[line].clone(),
            rehashed(&log()[segment].1[line]),
            foreign[segment].1[line].clone(),
            b"{\"hello\":\"world\"}".to_vec(),
        ];
        for (kind, copy) in copies.into_iter().enumerate() {
            let mut log = log();
            log[segment].1.insert(line, copy);
            let findings = findings(log, true);
            let named = findings.iter().any(|f| f.damage == Damage::Inserted);
            assert!(named, "{seq}, kind {kind}: {findings:?}");
        }
    }
}

#[test]
fn a_log_that_was_linked_anew_after_a_change_is_known_by_its_seal() {
    for seq in 1..=RECORDS {
        // The whole rest of the chain is made anew, as somebody with the program could.
        let mut head = HashKind::Sha256.genesis("general-test-1");
        let mut log = log();
        for (at, line) in (1..=RECORDS).map(|seq| (seq, place(seq))) {
            let read = line::read(&log[line.0].1[line.1]).unwrap();
            let person = if at == seq { "somebody-else" } else { "person" };
            let person = if at < seq {
                format!("person-{at}")
            } else {
                person.to_owned()
            };
            if at >= seq {
                let place = Place {
                    chain: "general-test-1",
                    seq: at,
                    at: read.at,
                    prev_hash: &head,
                    hash: HashKind::Sha256,
                };
                let (text, next) = line::write(&draft(&person), place).unwrap();
                log[line.0].1[line.1] = text;
                head = next;
            } else {
                head = read.hash;
            }
        }
        let findings = findings(log, true);
        assert!(
            told(&findings, Damage::Rewritten, seq),
            "{seq}: {findings:?}"
        );
    }
}

#[test]
fn a_whole_segment_or_chain_that_is_missing_is_told() {
    for gone in [vec![0], vec![1], vec![0, 1]] {
        let mut log = log();
        for at in gone.iter().rev() {
            log.remove(*at);
        }
        let findings = findings(log, true);
        for seq in 1..=RECORDS {
            let expected = gone.contains(&place(seq).0);
            assert_eq!(
                told(&findings, Damage::Removed, seq),
                expected,
                "{gone:?} {findings:?}"
            );
        }
    }
}

#[test]
fn a_line_cut_off_by_a_crash_is_no_damage() {
    let mut log = log();
    let last = log[1].1.last_mut().unwrap();
    last.truncate(last.len() / 2);
    let mut store = memory(log);
    let report = verify(&mut store, Some(&key().public()), KEEP, evening()).unwrap();
    assert_eq!(report.findings, []);
    assert_eq!((report.cut_off, report.records), (1, RECORDS - 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn whatever_is_done_to_sealed_lines_is_noticed(
        edits in prop::collection::vec((0..4u8, 0..RECORDS, 0..RECORDS, any::<u16>()), 1..6)
    ) {
        let untouched: Vec<_> = log().into_iter().flat_map(|(_, lines)| lines).collect();
        let mut lines = untouched.clone();
        for (kind, at, to, noise) in edits {
            if lines.is_empty() { break; }
            let at = usize::try_from(at).unwrap() % lines.len();
            let to = usize::try_from(to).unwrap() % lines.len();
            match kind {
                0 => { lines.remove(at); }
                1 => lines.swap(at, to),
                2 => { let copy = lines[at].clone(); lines.insert(to, copy); }
                _ => {
                    let byte = usize::from(noise) % lines[at].len();
                    lines[at][byte] = lines[at][byte].wrapping_add(1 + (noise >> 8) as u8 % 200);
                }
            }
        }
        let changed = lines != untouched;
        let half = usize::try_from(RECORDS / 2).unwrap().min(lines.len());
        let mut segments = log();
        segments[1].1 = lines.split_off(half);
        segments[0].1 = lines;
        let report = looked_at(segments, true);
        // Half a line behind everything that was sealed is what a crash leaves: told, but no damage.
        let noticed = !report.findings.is_empty() || report.cut_off > 0;
        prop_assert_eq!(noticed, changed, "{:?}", report);
    }
}
