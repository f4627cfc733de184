//! The two lists: who comes on them, and who leaves.

use super::*;
use crate::rules::day;

/// The same, changed so.
fn but<T>(mut it: T, change: impl FnOnce(&mut T)) -> T {
    change(&mut it);
    it
}

/// 社会组织信用信息管理办法: 列入 follows from what is on record, ground by ground.
#[test]
fn nobody_is_listed_for_a_penalty_that_is_not_on_record() {
    use ListingReason as R;
    let today = day("2026-11-22");
    let none = OnRecord::default();
    let (penalty, order, body) = (
        "PENALTY_NOT_ON_RECORD",
        "ORDER_NOT_ON_RECORD",
        "PARTY_BODY_THERE",
    );
    for (reason, held, expected) in [
        (R::MinorPenalty, none, penalty),
        (R::MinorPenalty, but(none, |it| it.minor = 1), "OK"),
        (R::LargeFine, but(none, |it| it.minor = 1), penalty),
        (R::LargeFine, but(none, |it| it.large = true), "OK"),
        (
            R::RepeatedPenalties,
            but(none, |it| {
                it.minor = 2;
                it.minor_lately = 1;
            }),
            penalty,
        ),
        (
            R::RepeatedPenalties,
            but(none, |it| {
                it.minor = 2;
                it.minor_lately = 2;
            }),
            "OK",
        ),
        (R::Suspension, none, penalty),
        (R::Suspension, but(none, |it| it.suspended = true), "OK"),
        (R::FakeChange, none, penalty),
        (R::FakeChange, but(none, |it| it.fraud = true), "OK"),
        (R::Revocation, none, penalty),
        (R::Revocation, but(none, |it| it.revoked = true), "OK"),
        (R::NotPutRight, none, order),
        (
            R::NotPutRight,
            but(none, |it| it.not_put_right = true),
            "OK",
        ),
        (R::NoPartyBody, none, "PARTY_BODY_NOT_REQUIRED"),
        (
            R::NoPartyBody,
            but(none, |it| it.party_members = Some(2)),
            "PARTY_BODY_NOT_REQUIRED",
        ),
        (
            R::NoPartyBody,
            but(none, |it| it.party_members = Some(3)),
            "OK",
        ),
        (
            R::NoPartyBody,
            but(none, |it| {
                it.party_members = Some(3);
                it.has_party_body = true;
            }),
            body,
        ),
        (R::JudgmentDefaulter, none, "OK"),
    ] {
        let code = on_record(reason, &held, today)
            .err()
            .map_or("OK", |r| r.code);
        assert_eq!(code, expected, "{reason:?}");
    }
}

#[test]
fn each_finding_leads_to_its_list() {
    use CreditList::{Abnormal, Serious};
    let today = day("2026-11-22");
    let clean = Findings::default();
    for (what, findings, expected) in [
        ("clean", clean, None),
        (
            "no report",
            but(clean, |it| it.report_missing = true),
            Some(Abnormal),
        ),
        (
            "not put right",
            but(clean, |it| it.not_put_right = true),
            Some(Abnormal),
        ),
        (
            "no party body",
            but(clean, |it| it.party_body_missing = true),
            Some(Abnormal),
        ),
        (
            "unreachable",
            but(clean, |it| it.unreachable = true),
            Some(Abnormal),
        ),
        (
            "a warning",
            but(clean, |it| it.penalty_fen = Some(0)),
            Some(Abnormal),
        ),
        (
            "a fine just below",
            but(clean, |it| it.penalty_fen = Some(4_999_999)),
            Some(Abnormal),
        ),
        (
            "a fine of fifty thousand",
            but(clean, |it| it.penalty_fen = Some(5_000_000)),
            Some(Serious),
        ),
        (
            "two minor penalties",
            but(clean, |it| it.minor_penalties = 2),
            Some(Serious),
        ),
        (
            "one minor penalty long ago",
            but(clean, |it| it.minor_penalties = 1),
            None,
        ),
        (
            "false papers",
            but(clean, |it| it.fake_change = true),
            Some(Serious),
        ),
        (
            "suspended",
            but(clean, |it| it.suspended = true),
            Some(Serious),
        ),
        (
            "in a court's list",
            but(clean, |it| it.judgment_defaulter = true),
            Some(Serious),
        ),
        ("revoked", but(clean, |it| it.revoked = true), Some(Serious)),
    ] {
        assert_eq!(list_for(&findings, None, today), expected, "{what}");
    }
}

#[test]
fn two_years_on_the_abnormal_list_make_it_serious() {
    let clean = Findings::default();
    let since = Some(day("2024-11-22"));
    assert_eq!(list_for(&clean, since, day("2026-11-21")), None);
    assert_eq!(
        list_for(&clean, since, day("2026-11-22")),
        Some(CreditList::Serious)
    );
}

#[test]
fn an_entry_is_serious_from_the_day_it_escalates_while_it_stands() {
    use CreditList::{Abnormal, Serious};
    let escalates = Some(day("2026-07-15"));
    for (recorded, removed, on, expected) in [
        (Abnormal, None, "2026-07-14", Abnormal),
        (Abnormal, None, "2026-07-15", Serious),
        (Abnormal, Some("2026-07-01"), "2026-07-15", Abnormal),
        (Serious, None, "2020-01-01", Serious),
    ] {
        let list = list_on(recorded, escalates, removed.map(day), day(on));
        assert_eq!(list, expected, "{recorded:?} on {on}");
    }
}

#[test]
fn two_letters_twenty_to_sixty_days_apart_must_come_back() {
    let today = day("2026-11-22");
    for (letters, allowed) in [
        (vec![], false),
        (vec!["2026-09-01"], false),
        (vec!["2026-09-01", "2026-09-20"], false),
        (vec!["2026-09-01", "2026-09-21"], true),
        (vec!["2026-09-01", "2026-10-31"], true),
        (vec!["2026-09-01", "2026-11-01"], false),
        (vec!["2026-08-01", "2026-10-15", "2026-11-10"], true),
    ] {
        let days: Vec<NaiveDate> = letters.iter().map(|text| day(text)).collect();
        assert_eq!(unreachable(&days, today).is_ok(), allowed, "{letters:?}");
    }
}

#[test]
fn a_list_is_left_when_its_reason_is_gone() {
    use CreditList::{Abnormal, Serious};
    let clean = Standing {
        reason: ListingReason::Unreachable,
        list: Abnormal,
        since: day("2024-11-22"),
        reports_missing: false,
        put_right: true,
        deregistered: false,
        last_fault: None,
    };
    let no_report = ListingReason::NoAnnualReport;
    let revoked = but(clean, |it| {
        it.reason = ListingReason::Revocation;
        it.list = Serious;
    });
    for (what, standing, expected) in [
        ("put right", clean, "OK"),
        (
            "not put right",
            but(clean, |it| it.put_right = false),
            "NOT_PUT_RIGHT",
        ),
        (
            "report missing",
            but(clean, |it| {
                it.reason = no_report;
                it.reports_missing = true;
            }),
            "REPORT_STILL_MISSING",
        ),
        (
            "serious for two years",
            but(clean, |it| it.list = Serious),
            "OK",
        ),
        (
            "serious a day less",
            but(clean, |it| {
                it.list = Serious;
                it.since = day("2024-11-23");
            }),
            "CLEAN_YEARS_NOT_OVER",
        ),
        (
            "a new fault",
            but(clean, |it| {
                it.list = Serious;
                it.last_fault = Some(day("2026-01-01"));
            }),
            "CLEAN_YEARS_NOT_OVER",
        ),
        (
            "serious by its years, the report still missing",
            but(clean, |it| {
                it.reason = no_report;
                it.list = Serious;
                it.reports_missing = true;
            }),
            "REPORT_STILL_MISSING",
        ),
        ("revoked", revoked, "DEREGISTER_FIRST"),
        (
            "revoked and gone",
            but(revoked, |it| it.deregistered = true),
            "OK",
        ),
    ] {
        let code = may_leave(&standing, day("2026-11-22"))
            .err()
            .map_or("OK", |r| r.code);
        assert_eq!(code, expected, "{what}");
    }
}

/// 三年内: counted back from the day on which the ground arose.
#[test]
fn minor_penalties_are_counted_back_from_the_day_the_ground_arose() {
    for (decided, arose, counts) in [
        ("2026-11-22", "2026-11-22", true),
        ("2023-11-23", "2026-11-22", true),
        ("2023-11-22", "2026-11-22", false),
        ("2026-11-23", "2026-11-22", false),
        ("2021-06-01", "2023-06-01", true),
    ] {
        assert_eq!(
            counts_back(day(decided), day(arose)),
            counts,
            "{decided} {arose}"
        );
    }
}
