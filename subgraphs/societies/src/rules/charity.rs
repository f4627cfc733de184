//! Charities: the public-raising licence and what must be spent (O-22).

use super::parameter::{Parameter, count, number};
use super::{Refusal, add_years};
use chrono::NaiveDate;

/// O-22, 慈善法 第二十二条: a licence to raise funds from the public may be asked for one year after
/// registration or recognition as a charity.
pub fn may_ask_for_public_raising(
    charity_since: NaiveDate,
    today: NaiveDate,
) -> Result<(), Refusal> {
    let years = count(Parameter::YearsBeforeLicence, today);
    if today < add_years(charity_since, years) {
        return Err(Refusal {
            code: "CHARITY_TOO_YOUNG",
            en: "A charity may ask for the public-raising licence one year after it became a charity.",
            zh: "慈善组织登记或者认定满一年后，方可申请公开募捐资格。",
            basis: "慈善法 (2023) 第二十二条",
        });
    }
    Ok(())
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

/// O-22, 慈善法 第六十一条: a public-raising foundation spends at least 70 percent of last year's income on
/// charitable activity, and at most 10 percent of the year's spending on management.
pub fn spending(year: &CharityYear, on: NaiveDate) -> Result<(), Refusal> {
    const BASIS: &str = "慈善法 (2023) 第六十一条";
    if !enough_spent(year, on) {
        return Err(Refusal {
            code: "SPENDING_TOO_LOW",
            en: "Charitable spending is below 70 percent of last year's income.",
            zh: "年度慈善活动支出低于上一年总收入的百分之七十。",
            basis: BASIS,
        });
    }
    if !management_kept(year, on) {
        return Err(Refusal {
            code: "MANAGEMENT_COST_TOO_HIGH",
            en: "Management costs are above 10 percent of the year's spending.",
            zh: "年度管理费用超过当年总支出的百分之十。",
            basis: BASIS,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::day;

    #[test]
    fn a_charity_waits_a_year_for_the_licence() {
        let since = day("2025-11-22");
        assert!(may_ask_for_public_raising(since, day("2026-11-21")).is_err());
        assert!(may_ask_for_public_raising(since, day("2026-11-22")).is_ok());
    }

    #[test]
    fn spending_is_measured_at_seventy_and_ten_percent() {
        for (income, charitable, total, management, expected) in [
            (100, 70, 80, 8, "OK"),
            (100, 69, 80, 8, "SPENDING_TOO_LOW"),
            (100, 70, 80, 9, "MANAGEMENT_COST_TOO_HIGH"),
            (0, 0, 0, 0, "OK"),
            (i64::MAX, i64::MAX, i64::MAX, 0, "OK"),
        ] {
            let year = CharityYear {
                last_income_fen: income,
                charitable_spending_fen: charitable,
                total_spending_fen: total,
                management_fen: management,
            };
            assert_eq!(
                spending(&year, day("2026-11-22"))
                    .err()
                    .map_or("OK", |r| r.code),
                expected,
                "{year:?}"
            );
        }
    }
}
