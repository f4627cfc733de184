//! The waiver of basic funeral fees (免除基本殡葬服务费), to the fen.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::NaiveDate;
use minzheng_kit::error::UserError;
use uuid::Uuid;

use super::Verdict;
use super::price::in_force;
use super::terms::{CaseState, ItemClass};

/// What a policy grants for one item. Money is in fen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standard {
    /// The most that is waived for the item.
    pub amount: i64,
    /// First day of the policy.
    pub valid_from: NaiveDate,
    /// First day on which it no longer holds.
    pub valid_to: Option<NaiveDate>,
}

/// F-11, 惠民殡葬政策: what is waived of a price on a day: `min(price, standard)`, once for a
/// household and item.
pub fn amount(
    price: i64,
    standard: &Standard,
    on: NaiveDate,
    already_granted: bool,
) -> Verdict<i64> {
    if already_granted {
        return Err(UserError::new(
            "WAIVER_ALREADY_GRANTED",
            "This household has had the waiver for this item.",
            "该户已享受过本项目的减免。",
        )
        .basis("惠民殡葬政策"));
    }
    if !in_force(standard.valid_from, standard.valid_to, on) {
        return Err(UserError::new(
            "WAIVER_POLICY_NOT_IN_FORCE",
            "No waiver policy was in force on that day.",
            "当日无有效的减免政策。",
        )
        .basis("惠民殡葬政策"));
    }
    Ok(price.max(0).min(standard.amount.max(0)))
}

/// A policy that is in force for an item where a funeral is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate<'c> {
    /// Its identity.
    pub id: Uuid,
    /// The item.
    pub item: &'c str,
    /// How far above the funeral's division it was set; nought for its own.
    pub distance: usize,
    /// First day of the policy.
    pub valid_from: NaiveDate,
    /// The most that is waived for the item, in fen.
    pub standard: i64,
}

/// F-11, 惠民殡葬政策: which policy counts for each item, by its place among the candidates, and whether another one
/// of the same division is in force beside it, in the order of the items. The nearest division's counts. Two of
/// one division there are only where two divisions were merged and the new one has set none of its own: then the
/// later one counts, of two of one day the one that grants more, and of equals the lower identity, so that every
/// reading answers alike.
pub fn chosen(candidates: &[Candidate<'_>]) -> Vec<(usize, bool)> {
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by_key(|at| {
        let one = &candidates[*at];
        let later_first = (Reverse(one.valid_from), Reverse(one.standard), one.id);
        (one.item, one.distance, later_first)
    });
    let mut chosen: Vec<(usize, bool)> = Vec::new();
    for at in order {
        match chosen.last_mut() {
            Some((best, contested)) if candidates[*best].item == candidates[at].item => {
                *contested |= candidates[*best].distance == candidates[at].distance;
            }
            _ => chosen.push((at, false)),
        }
    }
    chosen
}

/// A line of a bill, and the policy that was in force for its item on its own service day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Covered {
    /// What was charged, in fen.
    pub amount: i64,
    /// Day of the service.
    pub on: NaiveDate,
    /// The policy of that day; none where nobody had set one.
    pub policy: Option<(Uuid, Standard)>,
}

/// F-11, 惠民殡葬政策: what is waived of an item's lines, and under which policy: each line falls under the policy of
/// its own service day, and one of a day without a policy is paid in full. A household has an item once, so where
/// the lines fall under several policies the one that waives most counts, of equals the later.
pub fn waived(lines: &[Covered]) -> Verdict<Option<(Uuid, i64)>> {
    let mut sums: BTreeMap<Uuid, (Standard, NaiveDate, i64)> = BTreeMap::new();
    for line in lines {
        if let Some((policy, standard)) = line.policy {
            let sum = sums.entry(policy).or_insert((standard, line.on, 0));
            sum.2 = sum.2.saturating_add(line.amount);
        }
    }
    let mut best: Option<(i64, NaiveDate, Uuid)> = None;
    for (policy, (standard, on, sum)) in sums {
        let granted = (
            amount(sum, &standard, on, false)?,
            standard.valid_from,
            policy,
        );
        best = best.max(Some(granted));
    }
    Ok(best.map(|(granted, _, policy)| (policy, granted)))
}

/// F-11, 惠民殡葬政策（每户每项一次；未出示户口簿的，以逝者为户，本系统设定）: the household of a funeral, by the token of its head
/// (户主) where the household register was shown; a further funeral of that household gets no item again. Without the register
/// a household is counted by its deceased, for the register of persons itself is not known here.
pub fn household<'h>(deceased: &'h str, head: Option<&'h str>) -> &'h str {
    head.unwrap_or(deceased)
}

/// F-11, 惠民殡葬政策: what is settled with who pays: waivers of funerals whose bill is settled; what a running case
/// was granted may still change, and what a cancelled one was granted is nothing.
pub const fn may_settle(case: CaseState) -> bool {
    matches!(case, CaseState::Settled | CaseState::Closed)
}

/// How a waiver is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reversal {
    /// It was never settled: it is struck out.
    Struck,
    /// It was settled: a negative row of this amount goes into the present month.
    Negative(i64),
}

/// F-11, 惠民殡葬政策: a waiver that was paid is taken back by a negative row in a later month, so that each settled
/// month stays the sum of its rows; one that was not is struck out.
pub const fn reverse(amount: i64, settled: bool) -> Reversal {
    if settled {
        Reversal::Negative(-amount)
    } else {
        Reversal::Struck
    }
}

/// F-11, 惠民殡葬政策: the households of a batch: those for whom something is left after what was taken back.
pub fn households<'h>(rows: impl IntoIterator<Item = (&'h str, i64)>) -> usize {
    let mut sums: std::collections::HashMap<&str, i64> = std::collections::HashMap::new();
    for (household, amount) in rows {
        let sum = sums.entry(household).or_default();
        *sum = sum.saturating_add(amount);
    }
    sums.values().filter(|sum| **sum > 0).count()
}

/// F-11, 惠民殡葬政策: a policy waives a base item, a positive amount, from a day that is not past, for a time that
/// ends after it begins.
pub fn policy(
    class: Option<ItemClass>,
    standard: i64,
    (from, to): (NaiveDate, Option<NaiveDate>),
    today: NaiveDate,
) -> Verdict {
    let (code, en, zh, field) = match class {
        None => (
            "ITEM_UNKNOWN",
            "There is no such item.",
            "没有该服务项目。",
            "item",
        ),
        Some(ItemClass::NonBase) => (
            "WAIVER_BASE_ITEMS_ONLY",
            "Only base items are waived.",
            "仅基础项目可纳入减免。",
            "item",
        ),
        Some(_) if standard <= 0 || standard > minzheng_kit::money::MAX_FEN => (
            "STANDARD",
            "The standard is an amount above nought.",
            "减免标准须大于零。",
            "standard",
        ),
        Some(_) if from < today || to.is_some_and(|to| to <= from) => (
            "POLICY_DAYS",
            "A policy begins today or later and ends after it begins.",
            "政策生效日期不得早于今日，失效日期须晚于生效日期。",
            "validFrom",
        ),
        Some(_) => return Ok(()),
    };
    Err(UserError::new(code, en, zh)
        .field(&[field])
        .basis("惠民殡葬政策"))
}

/// F-11, 惠民殡葬政策: what a bill leaves to pay after its waivers; never less than nothing.
pub fn payable(charged: i64, waived: i64) -> Verdict<i64> {
    match charged.checked_sub(waived) {
        Some(rest) if rest >= 0 => Ok(rest),
        _ => Err(UserError::new(
            "WAIVED_MORE_THAN_CHARGED",
            "More was waived than was charged.",
            "减免金额超过收费金额。",
        )),
    }
}

/// F-11, 惠民殡葬政策: the sum of a month's settlement equals the sum of the waivers in it.
pub fn settlement_agrees(settled: i64, waivers: impl IntoIterator<Item = i64>) -> Verdict {
    let sum = waivers.into_iter().try_fold(0_i64, i64::checked_add);
    if sum == Some(settled) {
        return Ok(());
    }
    Err(UserError::new(
        "SETTLEMENT_SUM_DIFFERS",
        "The settlement differs from the sum of its waivers.",
        "结算金额与减免明细合计不一致。",
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn day(y: i32, m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(y, m, d).unwrap()
    }

    #[test]
    fn the_waiver_is_the_smaller_of_price_and_standard_to_the_fen() {
        let standard = Standard {
            amount: 68_050,
            valid_from: day(2024, 1, 1),
            valid_to: Some(day(2027, 1, 1)),
        };
        let table = [
            (0, 0),
            (1, 1),
            (68_049, 68_049),
            (68_050, 68_050),
            (68_051, 68_050),
            (1_000_000, 68_050),
            (-5, 0),
        ];
        for (price, waived) in table {
            assert_eq!(
                amount(price, &standard, day(2026, 11, 22), false).unwrap(),
                waived,
                "{price}"
            );
        }
    }

    #[test]
    fn only_settled_funerals_are_settled_with_who_pays() {
        use sea_orm::Iterable;
        // 惠民殡葬政策: 每户每项减免一次，按月结算，结算金额等于减免明细合计.
        for state in CaseState::iter() {
            assert_eq!(
                may_settle(state),
                matches!(state, CaseState::Settled | CaseState::Closed),
                "{state:?}"
            );
        }
        assert_eq!(reverse(500, false), Reversal::Struck);
        assert_eq!(reverse(500, true), Reversal::Negative(-500));
        for (head, expected) in [(None, "deceased"), (Some("head"), "head")] {
            assert_eq!(household("deceased", head), expected);
        }
        let table: [(&[(&str, i64)], usize); 4] = [
            (&[], 0),
            (&[("a", 5), ("a", 7), ("b", 1)], 2),
            (&[("a", -5), ("b", 1)], 1),
            (&[("a", -5), ("a", 5)], 0),
        ];
        for (rows, expected) in table {
            assert_eq!(households(rows.iter().copied()), expected, "{rows:?}");
        }
    }

    #[test]
    fn a_policy_waives_a_base_item_from_a_day_to_come() {
        let (today, later) = (day(2026, 11, 22), day(2027, 1, 1));
        let table = [
            (Some(ItemClass::Base), 100, later, None, None),
            (
                Some(ItemClass::ProvinceAddedBase),
                100,
                today,
                Some(later),
                None,
            ),
            (None, 100, later, None, Some("ITEM_UNKNOWN")),
            (
                Some(ItemClass::NonBase),
                100,
                later,
                None,
                Some("WAIVER_BASE_ITEMS_ONLY"),
            ),
            (Some(ItemClass::Base), 0, later, None, Some("STANDARD")),
            (
                Some(ItemClass::Base),
                100,
                day(2026, 11, 21),
                None,
                Some("POLICY_DAYS"),
            ),
            (
                Some(ItemClass::Base),
                100,
                later,
                Some(later),
                Some("POLICY_DAYS"),
            ),
        ];
        for (class, standard, from, to, expected) in table {
            let verdict = policy(class, standard, (from, to), today);
            assert_eq!(
                verdict.err().map(|e| e.code).as_deref(),
                expected,
                "{class:?} {standard} {from}"
            );
        }
    }

    #[test]
    fn a_household_gets_an_item_once_and_only_under_a_policy() {
        let standard = Standard {
            amount: 100,
            valid_from: day(2024, 1, 1),
            valid_to: Some(day(2026, 1, 1)),
        };
        let code = |on, already| amount(50, &standard, on, already).err().map(|e| e.code);
        assert_eq!(code(day(2025, 12, 31), false), None);
        assert_eq!(
            code(day(2026, 1, 1), false).as_deref(),
            Some("WAIVER_POLICY_NOT_IN_FORCE")
        );
        assert_eq!(
            code(day(2023, 12, 31), false).as_deref(),
            Some("WAIVER_POLICY_NOT_IN_FORCE")
        );
        assert_eq!(
            code(day(2025, 6, 1), true).as_deref(),
            Some("WAIVER_ALREADY_GRANTED")
        );
    }

    #[test]
    fn the_nearest_policy_counts_and_of_two_of_a_merged_division_always_the_same() {
        let one = |id: u128, item, distance, from, standard| Candidate {
            id: Uuid::from_u128(id),
            item,
            distance,
            valid_from: from,
            standard,
        };
        let (early, late) = (day(2024, 1, 1), day(2026, 11, 22));
        // candidates; for each item in order which identity counts, and whether it is contested
        type Counts<'a> = &'a [(u128, bool)];
        let table: [(&[Candidate<'_>], Counts<'_>); 6] = [
            (&[], &[]),
            (
                &[one(1, "b", 0, early, 5), one(2, "a", 3, early, 5)],
                &[(2, false), (1, false)],
            ),
            // The county's own goes before the province's, be it earlier and smaller.
            (
                &[one(1, "a", 2, late, 9), one(2, "a", 0, early, 5)],
                &[(2, false)],
            ),
            (
                &[one(1, "a", 0, late, 5), one(2, "a", 0, early, 9)],
                &[(1, true)],
            ),
            (
                &[one(1, "a", 0, late, 5), one(2, "a", 0, late, 9)],
                &[(2, true)],
            ),
            (
                &[
                    one(2, "a", 0, late, 9),
                    one(1, "a", 0, late, 9),
                    one(3, "a", 1, late, 9),
                ],
                &[(1, true)],
            ),
        ];
        for (candidates, expected) in table {
            let mut turned = candidates.to_vec();
            for _ in 0..=candidates.len() {
                let found: Vec<(u128, bool)> = chosen(&turned)
                    .into_iter()
                    .map(|(at, contested)| (turned[at].id.as_u128(), contested))
                    .collect();
                assert_eq!(found, expected, "{turned:?}");
                // In whatever order the database gives them.
                let by = 1.min(turned.len());
                turned.rotate_left(by);
            }
        }
    }

    #[test]
    fn each_line_falls_under_the_policy_of_its_own_service_day() {
        let standard = |amount, from| Standard {
            amount,
            valid_from: from,
            valid_to: None,
        };
        let before = (Uuid::from_u128(1), standard(100, day(2026, 1, 1)));
        let since = (Uuid::from_u128(2), standard(300, day(2026, 12, 1)));
        let (first, second) = (day(2026, 11, 30), day(2026, 12, 2));
        let line = |amount, on, policy| Covered { amount, on, policy };
        type Waived = Option<(u128, i64)>;
        let table: [(&[Covered], Waived); 6] = [
            (&[], None),
            (&[line(50, first, None)], None),
            // The day before the policy began is paid in full.
            (
                &[line(50, first, None), line(70, second, Some(since))],
                Some((2, 70)),
            ),
            (
                &[
                    line(200, second, Some(since)),
                    line(200, second, Some(since)),
                ],
                Some((2, 300)),
            ),
            // Once for a household: the policy that waives most of its own days.
            (
                &[line(90, first, Some(before)), line(70, second, Some(since))],
                Some((1, 90)),
            ),
            (
                &[line(70, first, Some(before)), line(70, second, Some(since))],
                Some((2, 70)),
            ),
        ];
        for (lines, expected) in table {
            let found = waived(lines).unwrap();
            assert_eq!(
                found.map(|(id, sum)| (id.as_u128(), sum)),
                expected,
                "{lines:?}"
            );
        }
    }

    #[test]
    fn what_is_left_to_pay_is_never_less_than_nothing() {
        for (charged, waived, rest) in [
            (100, 40, Some(60)),
            (40, 40, Some(0)),
            (40, 41, None),
            (i64::MIN, 1, None),
        ] {
            assert_eq!(payable(charged, waived).ok(), rest, "{charged} {waived}");
        }
    }

    proptest::proptest! {
        /// Whatever bills there are: each waiver is no more than its price and its standard, and the batch
        /// agrees with their sum and with no other.
        #[test]
        fn a_month_settles_to_the_fen(
            bills in proptest::collection::vec((0_i64..10_000_000, 0_i64..10_000_000), 0..200),
            wrong in 1_i64..1_000,
        ) {
            let mut waived = Vec::new();
            for (price, most) in &bills {
                let standard = Standard { amount: *most, valid_from: day(2024, 1, 1), valid_to: None };
                let granted = amount(*price, &standard, day(2026, 11, 22), false).unwrap();
                proptest::prop_assert!(granted <= *price && granted <= *most && granted >= 0);
                proptest::prop_assert!(payable(*price, granted).is_ok());
                waived.push(granted);
            }
            let sum: i64 = waived.iter().sum();
            proptest::prop_assert!(settlement_agrees(sum, waived.iter().copied()).is_ok());
            proptest::prop_assert!(settlement_agrees(sum + wrong, waived).is_err());
        }
    }

    #[test]
    fn a_settlement_is_the_sum_of_its_waivers() {
        assert!(settlement_agrees(30, [10, 20]).is_ok());
        assert!(settlement_agrees(31, [10, 20]).is_err());
        assert!(settlement_agrees(0, []).is_ok());
        assert!(settlement_agrees(i64::MAX, [i64::MAX, 1]).is_err());
    }
}
