//! Publishing what is charged: who sets a ceiling, and what a list of a facility must be.

use std::cmp::Reverse;
use std::collections::HashSet;

use chrono::NaiveDate;
use minzheng_kit::error::UserError;

use super::terms::ItemClass;
use super::{PRICE_NOTICE, REGULATION, Verdict};

/// Who sets a ceiling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetBy {
    /// The province.
    Province,
    /// A prefecture for itself, and whether the province has authorised it.
    Prefecture {
        /// Whether it is authorised on that day.
        authorised: bool,
    },
    /// A county or below.
    Lower,
}

/// F-7, 发改价格〔2026〕108号: the price of a base item is guided by the province, or by a prefecture that it has
/// authorised, and by nobody below.
pub fn may_set_ceiling(by: SetBy) -> Verdict {
    match by {
        SetBy::Province | SetBy::Prefecture { authorised: true } => Ok(()),
        SetBy::Prefecture { authorised: false } | SetBy::Lower => Err(UserError::new(
            "CEILING_AUTHORITY",
            "A ceiling is set by the province, or by a prefecture that it has authorised.",
            "基础项目政府指导价由省级制定，或者由经授权的设区市制定。",
        )
        .field(&["division"])
        .basis(PRICE_NOTICE)),
    }
}

/// F-7, 发改价格〔2026〕108号: only a prefecture is authorised to set ceilings.
pub fn may_authorise(is_prefecture: bool) -> Verdict {
    if is_prefecture {
        return Ok(());
    }
    Err(UserError::new(
        "NOT_A_PREFECTURE",
        "Only a prefecture is authorised to set ceilings.",
        "仅可授权设区的市级制定政府指导价。",
    )
    .field(&["division"])
    .basis(PRICE_NOTICE))
}

/// A ceiling that reaches a facility on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reaching {
    /// How far above the facility's division it was set.
    pub distance: usize,
    /// First day of the ceiling.
    pub valid_from: NaiveDate,
    /// The ceiling in fen.
    pub ceiling: i64,
}

/// F-7, 发改价格〔2026〕108号: the ceiling that counts for a facility, of those that reach it: the nearest, its
/// prefecture's, else the province's. Whether the prefecture may set one is judged when it does ([`may_set_ceiling`]).
/// Of two of one division, which there are where prefectures were merged, the later one counts, and of two of one
/// day the lower one: nobody pays more than either allowed.
pub fn ceiling_of(reaching: impl IntoIterator<Item = Reaching>) -> Option<i64> {
    reaching
        .into_iter()
        .min_by_key(|one| (one.distance, Reverse(one.valid_from), one.ceiling))
        .map(|one| one.ceiling)
}

/// F-7, 发改价格〔2026〕108号: a ceiling is set for a base item, above nought, from a day that is not past.
pub fn ceiling(class: Option<ItemClass>, fen: i64, from: NaiveDate, today: NaiveDate) -> Verdict {
    match class {
        None => Err(unknown_item()),
        Some(ItemClass::NonBase) => Err(UserError::new(
            "CEILING_BASE_ITEMS_ONLY",
            "Only base items have a guided ceiling.",
            "仅基础项目实行政府指导价。",
        )
        .field(&["item"])
        .basis(PRICE_NOTICE)),
        Some(_) if fen <= 0 || fen > minzheng_kit::money::MAX_FEN => Err(amount("ceiling")),
        Some(_) if from < today => Err(days()),
        Some(_) => Ok(()),
    }
}

/// F-6, 殡葬管理条例（2026）: the base items are those of the national list; a province adds base items of its own, and
/// non-base items are named before anybody charges them.
pub fn new_item(code: &str, class: ItemClass) -> Verdict {
    let fits = (2..=8).contains(&code.len())
        && code
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    if !fits {
        return Err(UserError::new(
            "ITEM_CODE",
            "A code has two to eight capital letters and digits.",
            "项目编码须为2至8位大写字母或数字。",
        )
        .field(&["code"]));
    }
    if class == ItemClass::Base {
        return Err(UserError::new(
            "BASE_ITEMS_ARE_NATIONAL",
            "Base items stand on the national list; a province adds its own class.",
            "基础项目由国家清单规定，省级仅可增设省增基础项目。",
        )
        .field(&["class"])
        .basis(REGULATION));
    }
    Ok(())
}

/// A line of a list that is to be published. Money is in fen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewLine {
    /// The item's class; none where nobody knows the item.
    pub class: Option<ItemClass>,
    /// The price of a unit.
    pub price: i64,
    /// The ceiling that counts for the facility, of a base item.
    pub ceiling: Option<i64>,
    /// The reference range, of a non-base item.
    pub reference: Option<(i64, i64)>,
}

/// F-7, 发改价格〔2026〕108号: a base item costs no more than the ceiling that was set for it, and none is published
/// without one; a non-base item is published with its range and lies in it.
pub fn line(line: &NewLine) -> Verdict {
    let Some(class) = line.class else {
        return Err(unknown_item());
    };
    if line.price < 0 || line.price > minzheng_kit::money::MAX_FEN {
        return Err(amount("price"));
    }
    match (class, line.ceiling, line.reference) {
        (ItemClass::NonBase, _, Some((low, high)))
            if 0 <= low && low <= high && (low..=high).contains(&line.price) =>
        {
            Ok(())
        }
        (ItemClass::NonBase, ..) => Err(UserError::new(
            "REFERENCE_RANGE",
            "A non-base item is published with a reference range, and its price lies in it.",
            "非基础项目须公示参考价区间，且价格在区间内。",
        )
        .field(&["lines"])
        .basis(PRICE_NOTICE)),
        (_, None, _) => Err(UserError::new(
            "CEILING_NOT_SET",
            "No ceiling was set for this base item; it cannot be charged before.",
            "该基础项目尚未制定政府指导价，不得公示收费。",
        )
        .field(&["lines"])
        .basis(PRICE_NOTICE)),
        (_, Some(ceiling), _) if line.price > ceiling => Err(UserError::new(
            "PRICE_OVER_CEILING",
            "The price of a base item is above the government-guided ceiling.",
            "基础项目价格超过政府指导价上限。",
        )
        .field(&["lines"])
        .basis(PRICE_NOTICE)),
        (_, Some(_), _) => Ok(()),
    }
}

/// The most lines of a list.
pub const MOST_LINES: usize = 200;

/// F-6, 殡葬管理条例（2026）: a list is published before it holds, after the list before it, and has each item once.
pub fn list(
    items: &[&str],
    from: NaiveDate,
    last_from: Option<NaiveDate>,
    today: NaiveDate,
) -> Verdict {
    let once: HashSet<&&str> = items.iter().collect();
    if items.is_empty() || items.len() > MOST_LINES || once.len() != items.len() {
        return Err(UserError::new(
            "LIST_LINES",
            "A list has one to 200 lines, each item once.",
            "收费清单须有1至200项，且项目不得重复。",
        )
        .field(&["lines"]));
    }
    if from < today || last_from.is_some_and(|last| from <= last) {
        return Err(days());
    }
    Ok(())
}

fn unknown_item() -> UserError {
    UserError::new("ITEM_UNKNOWN", "There is no such item.", "没有该服务项目。").field(&["item"])
}

fn amount(field: &str) -> UserError {
    UserError::new(
        "AMOUNT",
        "The amount is outside what a price may be.",
        "金额不正确。",
    )
    .field(&[field])
}

fn days() -> UserError {
    UserError::new(
        "LIST_DAYS",
        "It holds from today or later, and from after the one before it.",
        "生效日期不得早于今日，且须晚于上一版本。",
    )
    .field(&["validFrom"])
    .basis(REGULATION)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn day(d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 12, d).unwrap()
    }

    fn code(verdict: Verdict) -> Option<String> {
        verdict.err().map(|e| e.code)
    }

    #[test]
    fn a_ceiling_is_set_by_the_province_or_whom_it_authorised() {
        // 发改价格〔2026〕108号: 由省级价格主管部门会同民政部门制定，可授权设区的市.
        let table = [
            (SetBy::Province, None),
            (SetBy::Prefecture { authorised: true }, None),
            (
                SetBy::Prefecture { authorised: false },
                Some("CEILING_AUTHORITY"),
            ),
            (SetBy::Lower, Some("CEILING_AUTHORITY")),
        ];
        for (by, expected) in table {
            assert_eq!(code(may_set_ceiling(by)).as_deref(), expected, "{by:?}");
        }
        assert!(may_authorise(true).is_ok() && may_authorise(false).is_err());
        let at = |distance, day, ceiling| Reaching {
            distance,
            valid_from: NaiveDate::from_ymd_opt(2026, 11, day).unwrap(),
            ceiling,
        };
        let table: [(&[Reaching], Option<i64>); 5] = [
            (&[], None),
            (&[at(3, 1, 9)], Some(9)),
            // The prefecture's own, be it older and higher.
            (&[at(3, 20, 5), at(2, 1, 9)], Some(9)),
            // Of a prefecture made of two: the later, and of one day the lower.
            (&[at(2, 1, 5), at(2, 20, 9)], Some(9)),
            (&[at(2, 20, 9), at(2, 20, 5), at(3, 20, 1)], Some(5)),
        ];
        for (reaching, expected) in table {
            assert_eq!(ceiling_of(reaching.iter().copied()), expected);
            assert_eq!(ceiling_of(reaching.iter().rev().copied()), expected);
        }
        let table = [
            (Some(ItemClass::Base), 1, 1, None),
            (
                Some(ItemClass::NonBase),
                1,
                1,
                Some("CEILING_BASE_ITEMS_ONLY"),
            ),
            (None, 1, 1, Some("ITEM_UNKNOWN")),
            (Some(ItemClass::Base), 0, 1, Some("AMOUNT")),
        ];
        for (class, fen, from, expected) in table {
            assert_eq!(
                code(ceiling(class, fen, day(from), day(1))).as_deref(),
                expected
            );
        }
        assert_eq!(
            code(ceiling(Some(ItemClass::Base), 1, day(1), day(2))).as_deref(),
            Some("LIST_DAYS")
        );
    }

    #[test]
    fn a_line_stays_under_its_ceiling_or_in_its_range() {
        use ItemClass::*;
        let table = [
            (Some(Base), 100, Some(100), None, None),
            (Some(Base), 101, Some(100), None, Some("PRICE_OVER_CEILING")),
            (
                Some(ProvinceAddedBase),
                1,
                None,
                None,
                Some("CEILING_NOT_SET"),
            ),
            (Some(NonBase), 5, None, Some((1, 9)), None),
            (
                Some(NonBase),
                10,
                None,
                Some((1, 9)),
                Some("REFERENCE_RANGE"),
            ),
            (
                Some(NonBase),
                5,
                None,
                Some((9, 1)),
                Some("REFERENCE_RANGE"),
            ),
            (Some(NonBase), 5, None, None, Some("REFERENCE_RANGE")),
            (None, 5, None, None, Some("ITEM_UNKNOWN")),
            (Some(Base), -1, Some(100), None, Some("AMOUNT")),
        ];
        for (class, price, ceiling, reference, expected) in table {
            let new = NewLine {
                class,
                price,
                ceiling,
                reference,
            };
            assert_eq!(code(line(&new)).as_deref(), expected, "{new:?}");
        }
    }

    #[test]
    fn a_list_follows_the_one_before_and_names_each_item_once() {
        type Row = (
            &'static [&'static str],
            u32,
            Option<u32>,
            Option<&'static str>,
        );
        let table: [Row; 6] = [
            (&["B01", "B02"], 5, Some(1), None),
            (&["B01"], 5, None, None),
            (&["B01"], 5, Some(5), Some("LIST_DAYS")),
            (&["B01"], 1, None, Some("LIST_DAYS")),
            (&["B01", "B01"], 5, None, Some("LIST_LINES")),
            (&[], 5, None, Some("LIST_LINES")),
        ];
        for (items, from, last, expected) in table {
            assert_eq!(
                code(list(items, day(from), last.map(day), day(2))).as_deref(),
                expected,
                "{items:?} {from}"
            );
        }
    }

    #[test]
    fn nobody_adds_to_the_national_list() {
        let table = [
            ("P03", ItemClass::ProvinceAddedBase, None),
            ("X99", ItemClass::NonBase, None),
            ("B07", ItemClass::Base, Some("BASE_ITEMS_ARE_NATIONAL")),
            ("x1", ItemClass::NonBase, Some("ITEM_CODE")),
            ("X", ItemClass::NonBase, Some("ITEM_CODE")),
        ];
        for (item, class, expected) in table {
            assert_eq!(code(new_item(item, class)).as_deref(), expected, "{item}");
        }
    }
}
