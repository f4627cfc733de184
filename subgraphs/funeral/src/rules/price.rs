//! What may be charged: only what stands on the published list of the day.

use chrono::NaiveDate;
use minzheng_kit::error::UserError;

use super::terms::{BreachKind, BreachState, ItemClass, PlotKind};
use super::{PRICE_NOTICE, REGULATION, Verdict};

/// A line of a facility's price list, as a bill is judged by it. Money is in fen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedPrice {
    /// The class of the item.
    pub class: ItemClass,
    /// The government-guided ceiling, of a base item.
    pub ceiling: Option<i64>,
    /// The published reference range, of a non-base item.
    pub reference: Option<(i64, i64)>,
    /// First day on which the line holds.
    pub valid_from: NaiveDate,
    /// First day on which it no longer holds; none while it is in force.
    pub valid_to: Option<NaiveDate>,
}

/// What a charge is worth beside its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charge {
    /// As published.
    Regular,
    /// Outside the published reference range: allowed, but flagged for the supervisor.
    Flagged,
}

/// F-6, 殡葬管理条例（2026）收费清单: whether a line with these days holds on a day; the end is exclusive.
pub fn in_force(valid_from: NaiveDate, valid_to: Option<NaiveDate>, on: NaiveDate) -> bool {
    valid_from <= on && valid_to.is_none_or(|end| on < end)
}

/// F-6, 殡葬管理条例（2026）: a line of a bill stands on the facility's list version of the
/// service day; anything outside the list is refused.
pub fn on_list(line: Option<&ListedPrice>, service_on: NaiveDate) -> Verdict<ListedPrice> {
    match line {
        Some(line) if in_force(line.valid_from, line.valid_to, service_on) => Ok(*line),
        _ => Err(UserError::new(
            "ITEM_NOT_ON_LIST",
            "The item is not on the facility's published list of that day.",
            "该项目不在服务当日公示的收费清单内，不得收取。",
        )
        .field(&["items"])
        .basis(REGULATION)),
    }
}

/// F-7, 发改价格〔2026〕108号: a base item costs no more than the guided ceiling; a non-base
/// item outside its published range is flagged.
pub fn charge(line: &ListedPrice, price: i64) -> Verdict<Charge> {
    if price < 0 {
        return Err(over_ceiling());
    }
    match line.class {
        ItemClass::Base | ItemClass::ProvinceAddedBase => match line.ceiling {
            Some(ceiling) if price <= ceiling => Ok(Charge::Regular),
            _ => Err(over_ceiling()),
        },
        ItemClass::NonBase => match line.reference {
            Some((low, high)) if (low..=high).contains(&price) => Ok(Charge::Regular),
            _ => Ok(Charge::Flagged),
        },
    }
}

/// F-7, 发改价格〔2026〕108号: the ceiling that binds a published line on a day: that of its publication, or a lower one that
/// was set since. A higher one allows nothing more than what was published.
pub fn binding_ceiling(published: Option<i64>, standing: Option<i64>) -> Option<i64> {
    published.into_iter().chain(standing).min()
}

/// F-6, F-7, 发改价格〔2026〕108号: what a unit costs where nobody says another price: the published price, or the ceiling where
/// that lies below it by now.
pub fn chargeable(published: i64, ceiling: Option<i64>) -> i64 {
    ceiling.map_or(published, |ceiling| published.min(ceiling))
}

/// F-7, 发改价格〔2026〕108号: no bundling; a base item never requires a non-base one.
pub fn no_bundling(item: ItemClass, requires: &[ItemClass]) -> Verdict {
    if item != ItemClass::NonBase && requires.contains(&ItemClass::NonBase) {
        return Err(UserError::new(
            "BUNDLING_FORBIDDEN",
            "A base item may not depend on a non-base one.",
            "基础项目不得捆绑非基础项目收费。",
        )
        .basis(PRICE_NOTICE));
    }
    Ok(())
}

/// F-8, 发改价格〔2026〕108号: the two fees of a niche or grave, for its use and for its upkeep,
/// are separate lines. The codes of both.
pub const fn fees_of(kind: PlotKind) -> (&'static str, &'static str) {
    match kind {
        PlotKind::Niche => ("N01", "N02"),
        PlotKind::AshPlot | PlotKind::BodyPlot => ("G01", "G02"),
    }
}

/// F-8, 发改价格〔2026〕108号: a bill for a niche or grave shows use and upkeep apart.
pub fn fees_apart(kind: PlotKind, billed: &[&str]) -> Verdict {
    let (usage, upkeep) = fees_of(kind);
    let once = |code: &str| billed.iter().filter(|b| **b == code).count() == 1;
    if once(usage) && once(upkeep) {
        return Ok(());
    }
    Err(UserError::new(
        "FEES_NOT_APART",
        "The fee for use and the fee for upkeep stand on separate lines.",
        "使用费与维护管理费须分别列示。",
    )
    .basis(PRICE_NOTICE))
}

/// F-6, F-7, 殡葬管理条例（2026）收费清单 and 发改价格〔2026〕108号: what is wrong with a price that was
/// charged, judged by the list of the day. `published` is what the
/// list says a unit costs.
pub fn judge(
    line: Option<&ListedPrice>,
    published: Option<i64>,
    charged: i64,
    on: NaiveDate,
) -> BreachKind {
    let Some(line) = line.filter(|l| in_force(l.valid_from, l.valid_to, on)) else {
        return BreachKind::NotOnList;
    };
    match charge(line, charged) {
        Err(_) => BreachKind::OverCeiling,
        Ok(Charge::Flagged) => BreachKind::OutOfRange,
        Ok(Charge::Regular) if published.is_some_and(|price| charged > price) => {
            BreachKind::AbovePublished
        }
        Ok(Charge::Regular) => BreachKind::NoneFound,
    }
}

/// A.2-18, 价格秩序专项整治: what becomes of a report: `REPORTED → CONFIRMED → REFUNDED`, or `DISMISSED`.
pub fn decide(from: BreachState, to: BreachState) -> Verdict<BreachState> {
    use BreachState::{Confirmed, Dismissed, Refunded, Reported};
    match (from, to) {
        (Reported, Confirmed | Dismissed) | (Confirmed, Refunded) => Ok(to),
        _ => Err(super::no_such_move(
            "The report cannot move to that state from where it is.",
            "该举报当前状态不能转到该状态。",
        )),
    }
}

/// F-7, 发改价格〔2026〕108号: a price times a quantity, to the fen; a quantity is at least one.
pub fn line_amount(price: i64, quantity: i32) -> Verdict<i64> {
    match price.checked_mul(i64::from(quantity)) {
        Some(amount)
            if (1..=10_000).contains(&quantity) && amount <= minzheng_kit::money::MAX_FEN =>
        {
            Ok(amount)
        }
        _ => Err(UserError::new(
            "QUANTITY",
            "The quantity is outside what a bill may have.",
            "数量不正确。",
        )
        .field(&["quantity"])),
    }
}

fn over_ceiling() -> UserError {
    UserError::new(
        "PRICE_OVER_CEILING",
        "The price of a base item is above the government-guided ceiling.",
        "基础项目价格超过政府指导价上限。",
    )
    .field(&["price"])
    .basis(PRICE_NOTICE)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn day(y: i32, m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(y, m, d).unwrap()
    }

    fn line(class: ItemClass) -> ListedPrice {
        ListedPrice {
            class,
            ceiling: (class != ItemClass::NonBase).then_some(68_000),
            reference: (class == ItemClass::NonBase).then_some((10_000, 30_000)),
            valid_from: day(2026, 3, 30),
            valid_to: Some(day(2027, 1, 1)),
        }
    }

    #[test]
    fn a_bill_line_needs_the_list_of_its_day() {
        let base = line(ItemClass::Base);
        let table = [
            (Some(&base), day(2026, 3, 30), true),
            (Some(&base), day(2026, 12, 31), true),
            (Some(&base), day(2027, 1, 1), false),
            (Some(&base), day(2026, 3, 29), false),
            (None, day(2026, 6, 1), false),
        ];
        for (listed, on, allowed) in table {
            let verdict = on_list(listed, on);
            assert_eq!(verdict.is_ok(), allowed, "{on}");
            if let Err(refusal) = verdict {
                assert_eq!(refusal.code, "ITEM_NOT_ON_LIST");
            }
        }
    }

    #[test]
    fn a_base_item_stops_at_its_ceiling_and_a_non_base_one_is_flagged() {
        let table = [
            (ItemClass::Base, 68_000, Some(Charge::Regular)),
            (ItemClass::Base, 68_001, None),
            (ItemClass::ProvinceAddedBase, 1, Some(Charge::Regular)),
            (ItemClass::Base, -1, None),
            (ItemClass::NonBase, 10_000, Some(Charge::Regular)),
            (ItemClass::NonBase, 30_001, Some(Charge::Flagged)),
            (ItemClass::NonBase, 9_999, Some(Charge::Flagged)),
        ];
        for (class, price, expected) in table {
            assert_eq!(
                charge(&line(class), price).ok(),
                expected,
                "{class:?} {price}"
            );
        }
    }

    #[test]
    fn a_base_item_without_a_ceiling_cannot_be_charged() {
        let open = ListedPrice {
            ceiling: None,
            ..line(ItemClass::Base)
        };
        assert!(charge(&open, 0).is_err());
    }

    #[test]
    fn a_ceiling_that_was_lowered_binds_what_is_already_published() {
        // 发改价格〔2026〕108号: 基础项目收费不得高于政府指导价.
        let table = [
            (Some(950), Some(700), 900, Some(700), 700),
            (Some(950), Some(1_200), 900, Some(950), 900),
            (Some(950), None, 900, Some(950), 900),
            (None, Some(700), 900, Some(700), 700),
            (None, None, 900, None, 900),
        ];
        for (published, standing, price, ceiling, unit) in table {
            assert_eq!(binding_ceiling(published, standing), ceiling);
            assert_eq!(
                chargeable(price, ceiling),
                unit,
                "{published:?} {standing:?}"
            );
        }
    }

    #[test]
    fn a_reported_price_is_judged_by_the_list_of_its_day() {
        let base = line(ItemClass::Base);
        let other = line(ItemClass::NonBase);
        let on = day(2026, 6, 1);
        let table = [
            (None, None, 1, on, BreachKind::NotOnList),
            (
                Some(&base),
                Some(60_000),
                60_000,
                day(2027, 1, 1),
                BreachKind::NotOnList,
            ),
            (
                Some(&base),
                Some(60_000),
                68_001,
                on,
                BreachKind::OverCeiling,
            ),
            (
                Some(&base),
                Some(60_000),
                60_001,
                on,
                BreachKind::AbovePublished,
            ),
            (Some(&base), Some(60_000), 60_000, on, BreachKind::NoneFound),
            (
                Some(&other),
                Some(20_000),
                30_001,
                on,
                BreachKind::OutOfRange,
            ),
        ];
        for (line, published, charged, on, expected) in table {
            assert_eq!(
                judge(line, published, charged, on),
                expected,
                "{charged} {on}"
            );
        }
        use BreachState::*;
        for (from, to, allowed) in [
            (Reported, Confirmed, true),
            (Reported, Dismissed, true),
            (Confirmed, Refunded, true),
            (Reported, Refunded, false),
            (Dismissed, Confirmed, false),
        ] {
            assert_eq!(decide(from, to).is_ok(), allowed, "{from:?} {to:?}");
        }
        assert_eq!(line_amount(350, 3).unwrap(), 1_050);
        assert!(line_amount(350, 0).is_err() && line_amount(i64::MAX, 2).is_err());
    }

    #[test]
    fn nothing_is_bundled_with_a_base_item() {
        assert!(no_bundling(ItemClass::Base, &[ItemClass::Base]).is_ok());
        assert!(no_bundling(ItemClass::Base, &[ItemClass::NonBase]).is_err());
        assert!(no_bundling(ItemClass::NonBase, &[ItemClass::NonBase]).is_ok());
    }

    #[test]
    fn use_and_upkeep_are_two_lines() {
        assert!(fees_apart(PlotKind::Niche, &["N01", "N02"]).is_ok());
        assert!(fees_apart(PlotKind::Niche, &["N01"]).is_err());
        assert!(fees_apart(PlotKind::AshPlot, &["G01", "G02", "G02"]).is_err());
        assert!(fees_apart(PlotKind::AshPlot, &["N01", "N02"]).is_err());
    }
}
