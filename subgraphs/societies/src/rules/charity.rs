//! Charities: the public-raising licence and what must be spent (O-22).

use super::parameter::{Parameter, count, number};
use super::{Refusal, add_years};
use crate::vocabulary::OrgPenaltyKind;
use chrono::NaiveDate;

/// O-22, 慈善法 第二十二条: a licence to raise funds from the public may be asked for one year after
/// registration or recognition as a charity.
pub fn may_ask_for_public_raising(
    charity_since: NaiveDate,
    today: NaiveDate,
) -> Result<(), Refusal> {
    let years = count(Parameter::YearsBeforeLicence, today);
    if today < add_years(charity_since, years) {
        return Err(Refusal::new(
            "CHARITY_TOO_YOUNG",
            "A charity may ask for the public-raising licence {years} years after it became one.",
            "慈善组织登记或者认定满{years}年后，方可申请公开募捐资格。",
            "慈善法 (2023) 第二十二条",
        )
        .with(&["years"], &[i64::from(years)]));
    }
    Ok(())
}

/// O-22, 慈善法 第十条: only who is no charity yet is recognised as one.
pub fn may_be_recognised(is_charity: bool) -> Result<(), Refusal> {
    if !is_charity {
        return Ok(());
    }
    Err(Refusal::new(
        "ALREADY_A_CHARITY",
        "The organization is a charity already.",
        "该社会组织已是慈善组织。",
        "慈善法 (2023) 第十条",
    ))
}

/// O-22, 慈善法 第二十二条: only who has no licence yet is given one; a second would move its first day.
pub fn not_licensed(is_licensed: bool) -> Result<(), Refusal> {
    if !is_licensed {
        return Ok(());
    }
    Err(Refusal::new(
        "ALREADY_LICENSED",
        "The organization may raise funds from the public already.",
        "该社会组织已取得公开募捐资格。",
        "慈善法 (2023) 第二十二条",
    ))
}

/// O-22, 慈善法 第二十二条: the licence is for charities; answers since when it is one.
pub fn charity_since(since: Option<NaiveDate>) -> Result<NaiveDate, Refusal> {
    since.ok_or(Refusal::new(
        "NOT_A_CHARITY",
        "Only a charity may ask for the licence.",
        "只有慈善组织可以申请公开募捐资格。",
        "慈善法 (2023) 第二十二条",
    ))
}

/// A year's figures of a charity that may raise from the public, in fen.
#[derive(Clone, Copy, Debug)]
pub struct CharityYear {
    /// Income of the year before.
    pub last_income_fen: i64,
    /// Spending on charitable activity this year.
    pub charitable_spending_fen: i64,
    /// All spending this year.
    pub total_spending_fen: i64,
    /// Management costs this year.
    pub management_fen: i64,
}

/// O-22, 慈善法 第六十一条: whether at least 70 percent of last year's income were spent on charitable activity.
#[must_use]
pub fn enough_spent(year: &CharityYear, on: NaiveDate) -> bool {
    // In 128 bits, so that no sum of money can overflow the comparison.
    i128::from(year.charitable_spending_fen) * 100
        >= i128::from(year.last_income_fen) * i128::from(number(Parameter::SpendingPercent, on))
}

/// O-22, 慈善法 第六十一条: whether management kept within 10 percent of the year's spending.
#[must_use]
pub fn management_kept(year: &CharityYear, on: NaiveDate) -> bool {
    i128::from(year.management_fen) * 100
        <= i128::from(year.total_spending_fen)
            * i128::from(number(Parameter::ManagementPercent, on))
}

/// O-22, 慈善法 第六十一条: whether a year fell short of what binds a public-raising foundation: at least 70 percent of last
/// year's income spent on charitable activity, at most 10 percent of the year's spending on management. Where last
/// year's income is not known, only management is judged. It is measured and shown year by year; who fell short stands
/// in the officers' list of breaches, and may be warned for it ([`may_be_warned`]).
#[must_use]
pub fn is_breached(year: &CharityYear, income_known: bool, on: NaiveDate) -> bool {
    !management_kept(year, on) || income_known && !enough_spent(year, on)
}

/// O-22, 慈善法 第六十一条 and its chapter on liability: spending too little or managing too dearly is warned, with an order
/// to put it right, and the activity suspended where that is not followed; only where a report shows it, and only for
/// whom the two percentages bind. A warning leads to the abnormal list as every warning does (O-13).
pub fn may_be_warned(binds: bool, is_shown: bool, kind: OrgPenaltyKind) -> Result<(), Refusal> {
    let refuse = |code, en, zh| Err(Refusal::new(code, en, zh, "慈善法 (2023) 第六十一条"));
    if !(binds && is_shown) {
        return refuse(
            "BREACH_NOT_SHOWN",
            "No annual report on record shows that the spending fell short of what binds this body.",
            "年度报告未显示该组织的慈善活动支出或者管理费用不符合规定。",
        );
    }
    if matches!(kind, OrgPenaltyKind::Warning | OrgPenaltyKind::Suspension) {
        return Ok(());
    }
    refuse(
        "GROUND_IS_WARNED",
        "Spending that falls short is warned, and suspended where the order is not followed.",
        "慈善活动支出或者管理费用不符合规定的，给予警告、责令限期改正；逾期不改正的，责令限期停止活动。",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::day;

    #[test]
    fn a_breach_is_warned_where_a_report_shows_it_and_it_binds() {
        use OrgPenaltyKind::{Fine, Revocation, Suspension, Warning};
        for (binds, is_shown, kind, expected) in [
            (true, true, Warning, "OK"),
            (true, true, Suspension, "OK"),
            (true, true, Fine, "GROUND_IS_WARNED"),
            (true, true, Revocation, "GROUND_IS_WARNED"),
            (true, false, Warning, "BREACH_NOT_SHOWN"),
            (false, true, Warning, "BREACH_NOT_SHOWN"),
        ] {
            let code = may_be_warned(binds, is_shown, kind);
            assert_eq!(code.err().map_or("OK", |r| r.code), expected, "{kind:?}");
        }
    }

    #[test]
    fn spending_is_measured_at_seventy_and_ten_percent() {
        for (income, charitable, total, management, known, breached) in [
            (100, 70, 80, 8, true, false),
            (100, 69, 80, 8, true, true),
            (100, 69, 80, 8, false, false),
            (100, 70, 80, 9, true, true),
            (100, 70, 80, 9, false, true),
            (0, 0, 0, 0, true, false),
            (i64::MAX, i64::MAX, i64::MAX, 0, true, false),
        ] {
            let year = CharityYear {
                last_income_fen: income,
                charitable_spending_fen: charitable,
                total_spending_fen: total,
                management_fen: management,
            };
            let judged = is_breached(&year, known, day("2026-11-22"));
            assert_eq!(judged, breached, "{year:?} {known}");
        }
    }

    #[test]
    fn a_charity_waits_a_year_for_the_licence() {
        let since = day("2025-11-22");
        assert!(may_ask_for_public_raising(since, day("2026-11-21")).is_err());
        assert!(may_ask_for_public_raising(since, day("2026-11-22")).is_ok());
    }
}
