//! The replay by table, the hash, and what no ledger may do.

use super::*;
use LedgerEvent as E;
use proptest::prelude::*;

fn entries(list: &[(LedgerEvent, &str, u128)]) -> Vec<Entry> {
    list.iter()
        .enumerate()
        .map(|(index, (event, day, record))| Entry {
            seq: index as i64 + 1,
            event: *event,
            effective_on: day.parse().unwrap(),
            at: DateTime::UNIX_EPOCH,
            record: (*record > 0).then(|| Uuid::from_u128(*record)),
        })
        .collect()
}

#[test]
fn a_hold_that_lasts_leaves_in_doubt_and_its_end_clears_that() {
    let held = entries(&[
        (E::DeclaredNeverMarried, "2026-11-22", 0),
        (E::Held, "2026-11-22", 1),
    ]);
    let after = |minutes| DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes);
    assert_eq!(status_at(&held, after(9)), Status::Held);
    assert_eq!(status_at(&held, after(10)), Status::InDoubt);
    assert_eq!(gb_t_2261_2(Status::InDoubt), "90");
    for (end, status) in [
        (E::Released, Status::NeverMarriedDeclared),
        (E::Married, Status::Married),
    ] {
        let mut ended = held.clone();
        ended.extend(entries(&[(end, "2026-11-22", 1)]));
        assert_eq!(status_at(&ended, after(60)), status, "{end:?}");
    }
    // The promise asks when it begins to be in doubt, and not before or after.
    let asks = crate::interop::core::event::SOFT_EXPIRY;
    assert_eq!(asks.0, IN_DOUBT_AFTER.num_milliseconds());
}

#[test]
fn the_marriages_that_lie_over_each_other_are_named_and_no_other() {
    let first = (E::Married, "2010-05-01", 1);
    let second = (E::Married, "2015-01-01", 2);
    let third = (E::Married, "2020-01-01", 3);
    for (list, over) in [
        (vec![first], vec![]),
        (vec![first, second], vec![1, 2]),
        (vec![second, first], vec![1, 2]),
        (vec![first, (E::Divorced, "2015-01-01", 1), second], vec![]),
        (
            vec![first, (E::Divorced, "2015-01-02", 1), second],
            vec![1, 2],
        ),
        (
            vec![first, second, (E::Divorced, "2016-01-01", 2), third],
            vec![1, 2, 3],
        ),
        (
            vec![first, (E::Divorced, "2016-01-01", 1), second, third],
            vec![1, 2, 3],
        ),
        (vec![first, second, (E::Voided, "2020-01-01", 2)], vec![]),
        (vec![first, second, (E::Parted, "2020-01-01", 2)], vec![]),
    ] {
        let found = over_each_other(&entries(&list));
        let over: Vec<Uuid> = over.into_iter().map(Uuid::from_u128).collect();
        assert_eq!(found, over, "{list:?}");
        assert_eq!(married_twice(&entries(&list)), !over.is_empty(), "{list:?}");
    }
}

#[test]
fn the_status_follows_from_the_events_at_their_own_days() {
    let married = (E::Married, "2010-05-01", 1);
    type Case<'a> = (&'a str, Vec<(LedgerEvent, &'a str, u128)>, Status);
    let table: Vec<Case<'_>> = vec![
        ("nothing", vec![], Status::NoRecord),
        (
            "declared",
            vec![(E::DeclaredNeverMarried, "2020-01-01", 0)],
            Status::NeverMarriedDeclared,
        ),
        ("married", vec![married], Status::Married),
        (
            "divorced",
            vec![married, (E::Divorced, "2015-01-01", 1)],
            Status::Divorced,
        ),
        (
            "widowed",
            vec![married, (E::SpouseDied, "2015-01-01", 1)],
            Status::Widowed,
        ),
        (
            "married again",
            vec![
                married,
                (E::Divorced, "2015-01-01", 1),
                (E::Married, "2015-01-01", 2),
            ],
            Status::Married,
        ),
        (
            "divorced, brought back before the marriage",
            vec![(E::Divorced, "2015-01-01", 1), married],
            Status::Divorced,
        ),
        (
            "void, brought back before the marriage",
            vec![(E::Voided, "2015-01-01", 1), married],
            Status::NoRecord,
        ),
        (
            "another one's end, brought back before the marriage",
            vec![(E::SpouseDied, "2015-01-01", 2), married],
            Status::Married,
        ),
        (
            "twice at once",
            vec![married, (E::Married, "2012-01-01", 2)],
            Status::Disputed,
        ),
        (
            "the second was a fraud",
            vec![
                married,
                (E::Married, "2012-01-01", 2),
                (E::RevokedFraud, "2023-01-01", 2),
            ],
            Status::Married,
        ),
        (
            "void: as if never married",
            vec![married, (E::Voided, "2012-01-01", 1)],
            Status::NoRecord,
        ),
        (
            "a late judgment has its own day",
            vec![
                married,
                (E::Married, "2016-01-01", 2),
                (E::DivorcedByCourt, "2015-01-01", 1),
            ],
            Status::Married,
        ),
        (
            "a judgment before the death",
            vec![
                married,
                (E::SpouseDied, "2020-01-01", 1),
                (E::DivorcedByCourt, "2018-01-01", 1),
            ],
            Status::Divorced,
        ),
        (
            "a case is open",
            vec![married, (E::Disputed, "2023-01-01", 1)],
            Status::Disputed,
        ),
        (
            "the case is cleared",
            vec![
                married,
                (E::Disputed, "2023-01-01", 1),
                (E::RevokedFraud, "2023-02-01", 1),
                (E::Cleared, "2023-02-01", 1),
            ],
            Status::NoRecord,
        ),
        (
            "a wrong end is corrected",
            vec![
                married,
                (E::DivorcedByCourt, "2015-01-01", 1),
                (E::Corrected, "2016-01-01", 1),
            ],
            Status::Married,
        ),
        (
            "the spouse lives after all",
            vec![
                married,
                (E::SpouseDied, "2015-01-01", 1),
                (E::Corrected, "2017-01-01", 1),
            ],
            Status::Married,
        ),
        (
            "came back to a spouse who had married again",
            vec![
                married,
                (E::Died, "2015-01-01", 1),
                (E::EndedByDeclaration, "2015-01-01", 1),
            ],
            Status::Divorced,
        ),
        (
            "the marriage was another person's",
            vec![married, (E::Parted, "2026-01-01", 1)],
            Status::NoRecord,
        ),
        ("held", vec![(E::Held, "2026-01-01", 0)], Status::Held),
        (
            "what a person was held for came true",
            vec![(E::Held, "2026-01-01", 0), (E::Married, "2026-01-01", 1)],
            Status::Married,
        ),
        (
            "held for a divorce: the mark ends the hold and no marriage",
            vec![
                married,
                (E::Held, "2026-01-01", 1),
                (E::DivorceApplied, "2026-01-01", 1),
                (E::Held, "2026-03-01", 1),
            ],
            Status::Held,
        ),
        (
            "released",
            vec![(E::Held, "2026-01-01", 0), (E::Released, "2026-01-01", 0)],
            Status::NoRecord,
        ),
        (
            "held for two, of whom one came to nothing",
            vec![
                (E::Held, "2026-01-01", 1),
                (E::Held, "2026-01-01", 2),
                (E::Released, "2026-01-02", 1),
            ],
            Status::Held,
        ),
        (
            "held for two, and both came to nothing",
            vec![
                (E::Held, "2026-01-01", 1),
                (E::Held, "2026-01-01", 2),
                (E::Released, "2026-01-02", 2),
                (E::Released, "2026-01-02", 1),
            ],
            Status::NoRecord,
        ),
        (
            "an old paper waits",
            vec![(E::LegacyFound, "1979-01-01", 0)],
            Status::LegacyUnresolved,
        ),
    ];
    for (name, list, status) in table {
        assert_eq!(replay(&entries(&list)), status, "{name}");
    }
}

#[test]
fn a_death_stands_until_an_entry_about_the_same_record_takes_it_back() {
    let died = (E::Died, "2020-01-01", 1);
    type Case<'a> = (Vec<(LedgerEvent, &'a str, u128)>, u128, Option<&'a str>);
    let table: Vec<Case<'_>> = vec![
        (vec![], 0, None),
        (vec![died], 0, Some("2020-01-01")),
        (vec![died], 1, Some("2020-01-01")),
        (vec![died], 2, None),
        (vec![died, (E::Corrected, "2021-01-01", 1)], 0, None),
        (
            vec![died, (E::Corrected, "2021-01-01", 2)],
            0,
            Some("2020-01-01"),
        ),
        (
            vec![died, (E::EndedByDeclaration, "2020-01-01", 1)],
            1,
            None,
        ),
        (
            vec![died, (E::Died, "2020-02-01", 1)],
            1,
            Some("2020-02-01"),
        ),
    ];
    for (list, record, expected) in table {
        let record = (record > 0).then(|| Uuid::from_u128(record));
        let expected = expected.map(|day| day.parse().unwrap());
        assert_eq!(death_in(&entries(&list), record), expected, "{list:?}");
    }
}

#[test]
fn what_has_no_code_in_the_standard_is_exported_as_not_stated() {
    for (status, code) in [
        (Status::NeverMarriedDeclared, "10"),
        (Status::Married, "20"),
        (Status::Widowed, "30"),
        (Status::Divorced, "40"),
        (Status::NoRecord, "90"),
        (Status::Held, "90"),
        (Status::Disputed, "90"),
    ] {
        assert_eq!(gb_t_2261_2(status), code);
    }
}

#[test]
fn the_hash_covers_every_fact_and_the_entry_before() {
    let list = entries(&[(E::Married, "2010-05-01", 1)]);
    let entry = list.first().unwrap();
    let base = hash(&[], entry);
    let changed = [
        hash(&[0], entry),
        hash(
            &[],
            &Entry {
                seq: 2,
                ..entry.clone()
            },
        ),
        hash(
            &[],
            &Entry {
                event: E::Divorced,
                ..entry.clone()
            },
        ),
        hash(
            &[],
            &Entry {
                record: None,
                ..entry.clone()
            },
        ),
        hash(
            &[],
            &Entry {
                at: DateTime::UNIX_EPOCH + chrono::Duration::seconds(1),
                ..entry.clone()
            },
        ),
    ];
    for other in changed {
        assert_ne!(base, other);
    }
}

proptest! {
    #[test]
    fn no_ledger_makes_the_replay_fail(
        list in proptest::collection::vec((0..LedgerEvent::ALL.len(), 0..20_000i32, 0..4u128), 0..40)
    ) {
        let entries: Vec<Entry> = list
            .into_iter()
            .enumerate()
            .map(|(index, (event, days, record))| Entry {
                seq: index as i64,
                event: LedgerEvent::ALL[event],
                effective_on: NaiveDate::from_num_days_from_ce_opt(710_000 + days).unwrap(),
                at: DateTime::UNIX_EPOCH,
                record: (record > 0).then(|| Uuid::from_u128(record)),
            })
            .collect();
        let _ = replay(&entries);
    }
}

#[test]
fn a_historic_record_that_waits_goes_before_every_status_that_leaves_free() {
    // 司法解释(一) 7: what is not matched may be a marriage.
    let ended = [
        (E::Married, "2010-05-01", 1),
        (E::Divorced, "2015-01-01", 1),
    ];
    let with = |more: &[(LedgerEvent, &'static str, u128)]| {
        let list: Vec<_> = ended.iter().chain(more).copied().collect();
        replay(&entries(&list))
    };
    let found = (E::LegacyFound, "1979-01-01", 7);
    assert_eq!(with(&[found]), Status::LegacyUnresolved);
    assert_eq!(
        with(&[found, (E::Cleared, "2026-01-01", 7)]),
        Status::Divorced
    );
    assert_eq!(
        with(&[found, (E::Parted, "2026-01-01", 7)]),
        Status::Divorced
    );
    let matched = [
        found,
        (E::Married, "1979-01-01", 7),
        (E::SpouseDied, "1999-01-01", 7),
    ];
    assert_eq!(with(&matched), Status::Divorced);
    assert_eq!(
        with(&[found, (E::Married, "2020-01-01", 2)]),
        Status::Married
    );
}

#[test]
fn a_marriage_made_good_later_may_lie_over_no_other() {
    // 司法解释(一) 6 with 民法典 1042: from the day on which both met the conditions, none of them with another.
    let married = (E::Married, "2010-05-01", 1);
    let divorced = (E::Divorced, "2015-01-01", 1);
    let voided = (E::Voided, "2016-01-01", 1);
    type Case<'a> = (Vec<(LedgerEvent, &'a str, u128)>, &'a str, bool);
    let table: Vec<Case<'_>> = vec![
        (vec![], "2012-01-01", true),
        (vec![married], "2012-01-01", false),
        (vec![married, divorced], "2012-01-01", false),
        (vec![married, divorced], "2009-01-01", false),
        (vec![married, divorced], "2014-12-31", false),
        (vec![married, divorced], "2015-01-01", true),
        (vec![married, divorced], "2018-01-01", true),
        (vec![married, voided], "2012-01-01", true),
        (
            vec![married, (E::SpouseDied, "2013-03-03", 1)],
            "2013-03-03",
            true,
        ),
        (
            vec![married, (E::SpouseDied, "2013-03-03", 1)],
            "2013-03-02",
            false,
        ),
    ];
    for (list, day, met) in table {
        let entries = entries(&list);
        assert_eq!(
            conditions_met_on(&entries, day.parse().unwrap()),
            met,
            "{list:?} {day}"
        );
    }
}
