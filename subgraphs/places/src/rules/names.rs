//! What a name must be, before anyone asks whether it is taken: P-1, P-2, P-5 to P-8, and what becomes of it
//! in documents and under penalties: P-13, P-14.
//!
//! Every check answers with the refusals that a user can act on; none repeats the name. What only a person
//! can judge (healthy meaning, truth to the place, the name of some other person) is left to the evaluation.

use chrono::NaiveDate;
use minzheng_kit::UserError;

use super::{
    characters,
    forbidden::{Forbidden, forbidden},
    geometry::Point,
    parameters::{self, Key},
    romanise,
    scope::PlaceKind,
};
use crate::model::vocabulary::{NameOffenceKind, NamingKind, NamingReportKind};

/// The shortest statement of reasons, in characters. [P]
pub const SHORTEST_REASONS: usize = 4;

/// A name as it is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Draft<'a> {
    /// The kind of place.
    pub kind: PlaceKind,
    /// 专名.
    pub specific: &'a str,
    /// 通名.
    pub generic: &'a str,
    /// Why, and from what plan.
    pub reasons: &'a str,
    /// Where; none where the applicant did not say.
    pub point: Option<Point>,
    /// The day on which it is judged.
    pub on: NaiveDate,
}

/// P-1, P-2, P-5, P-6, 地名管理条例 9: all refusals of a draft, in the order of the form.
pub fn check(draft: &Draft<'_>) -> Vec<UserError> {
    structure(draft)
        .into_iter()
        .chain(words_are_fit(draft.specific, &["input", "specific"]))
        .chain(application(draft))
        .collect()
}

/// P-1, 地名管理条例 9(1)–(3): specific and generic part, national common script, no rare characters.
fn structure(draft: &Draft<'_>) -> Vec<UserError> {
    let mut refusals = Vec::new();
    let basis = "地名管理条例第九条第一款";
    if draft.specific.is_empty() {
        refusals.push(
            UserError::new(
                "NAME_NO_SPECIFIC",
                "The specific part of the name is missing.",
                "缺少地名专名。",
            )
            .field(&["input", "specific"])
            .basis(basis),
        );
    }
    if !romanise::is_generic(draft.generic, draft.kind) {
        refusals.push(
            UserError::new(
                "NAME_GENERIC_UNFIT",
                "The generic part is missing or does not belong to this kind of place.",
                "地名通名缺失或与地名类别不符。",
            )
            .field(&["input", "generic"])
            .basis(basis),
        );
    }
    if draft.specific.chars().count() + draft.generic.chars().count() > longest(draft.on) {
        refusals.push(
            UserError::new("NAME_TOO_LONG", "The name is too long.", "地名过长。")
                .field(&["input", "specific"]),
        );
    }
    let fit =
        |c: char| characters::is_standard(c) || c.is_ascii_digit() && draft.kind == PlaceKind::Road;
    if !draft.specific.chars().all(fit) {
        refusals.push(
            UserError::new(
                "NAME_SCRIPT",
                "The name must be written in common Chinese characters.",
                "地名应当使用国家通用语言文字，避免使用生僻字。",
            )
            .field(&["input", "specific"])
            .basis(basis),
        );
    }
    refusals
}

/// P-1, 地名管理条例 9 and a setting: the longest name on a day, in characters.
pub fn longest(on: NaiveDate) -> usize {
    usize::try_from(parameters::value(Key::LongestName, on)).unwrap_or(0)
}

/// P-2, 地名管理条例 9(4)–(6): no leader's name, no foreign one, no company's or brand's; for a specific part of any
/// kind of place, divisions too.
pub fn words_are_fit(specific: &str, field: &[&str]) -> Option<UserError> {
    let (code, en, zh, basis) = match forbidden(specific)? {
        Forbidden::Leader => (
            "NAME_LEADER",
            "Names of leaders of the State may not be used.",
            "禁止以国家领导人的名字作地名。",
            "地名管理条例第九条第一款第四项",
        ),
        Forbidden::Foreign => (
            "NAME_FOREIGN",
            "Foreign names of persons and places and brand names may not be used.",
            "不以外国人名、地名和企业名称、商标名称作地名。",
            "地名管理条例第九条第一款第四至六项",
        ),
        Forbidden::Company => (
            "NAME_COMPANY",
            "Names of companies and trademarks may not be used.",
            "不以企业名称、商标名称作地名。",
            "地名管理条例第九条第一款第六项",
        ),
    };
    Some(UserError::new(code, en, zh).field(field).basis(basis))
}

/// P-8, 地名管理条例 11: an approval rests on reports that are there: it is not dated before one of them.
pub fn approved_after(
    mut reports: impl Iterator<Item = NaiveDate>,
    approved: NaiveDate,
) -> Option<UserError> {
    reports.any(|made| approved < made).then(|| {
        UserError::new(
            "APPROVED_BEFORE_REPORTS",
            "This day is before that of a report on which the approval rests.",
            "批准日期不得早于论证材料的日期。",
        )
        .field(&["input", "approvedOn"])
        .basis("地名管理条例第十一条")
    })
}

/// P-8, 地名管理条例 11: the plan and the reasons; of the end of a name too.
pub fn reasons_are_given(reasons: &str) -> Option<UserError> {
    (reasons.trim().chars().count() < SHORTEST_REASONS).then(|| {
        UserError::new(
            "REASONS_MISSING",
            "The plan and the reasons for the name are missing.",
            "缺少命名、更名的方案及理由。",
        )
        .field(&["input", "reasons"])
        .basis("地名管理条例第十一条")
    })
}

/// P-8, 地名管理条例 11: reasons, place and nature of what is named; P-6: the place is a place in this country.
fn application(draft: &Draft<'_>) -> Vec<UserError> {
    let mut refusals = Vec::from_iter(reasons_are_given(draft.reasons));
    if draft.point.is_some_and(|p| !p.is_plausible()) {
        refusals.push(
            UserError::new(
                "POINT_OUTSIDE",
                "The point is not in this country.",
                "坐标不在有效范围内。",
            )
            .field(&["input", "point"]),
        );
    }
    refusals
}

/// P-5, 地名管理条例 9(9): a division does not take the name of a famous natural feature or heritage site, wherever it
/// lies, nor of another feature that lies, or partly lies, beyond its own area. `borrowed` are the famous ones and
/// those beyond.
pub fn division_borrows(specific: &str, borrowed: &[&str]) -> Option<UserError> {
    borrowed.contains(&specific).then(|| {
        UserError::new(
            "NAME_BORROWED",
            "A division may not take the name of a famous feature, nor of one beyond its own area.",
            "行政区划的专名不得使用国内著名的自然地理实体、历史文化遗产遗址以及超出本区域范围的地理实体名称。",
        )
        .field(&["input", "name"])
        .basis("地名管理条例第九条第一款第九项")
    })
}

/// P-6, 地名管理条例 9(10): the name of a facility agrees with the place it is in: it does not begin with the
/// name of another division than those around it.
pub fn facility_agrees(specific: &str, around: &[&str], elsewhere: &[&str]) -> Option<UserError> {
    let begins = |names: &[&str]| {
        names
            .iter()
            .any(|name| name.chars().count() > 1 && specific.starts_with(name))
    };
    (begins(elsewhere) && !begins(around)).then(|| {
        UserError::new(
            "NAME_OF_ELSEWHERE",
            "The name of a facility must agree with the place it is in.",
            "设施名称应当与所在地地名相统一。",
        )
        .field(&["input", "specific"])
        .basis("地名管理条例第九条第一款第十项")
    })
}

/// P-7, 地名管理条例 10 and 25: names of historic value are generally not changed; one that is listed only after
/// protective measures were laid down.
pub fn heritage_is_kept(is_listed: bool, has_measures: bool) -> Option<UserError> {
    (is_listed && !has_measures).then(|| {
        UserError::new(
            "NAME_HERITAGE",
            "A name of historic value is not changed before protective measures are laid down.",
            "具有重要历史文化价值的地名，一般不得更改；确需更改的，应当预先制定保护措施。",
        )
        .field(&["input", "placeId"])
        .basis("地名管理条例第十条、第二十五条")
    })
}

/// P-8, 地名管理条例 11: the reports that must lie with an application before it is reviewed. For divisions the
/// article names them; for other names it says "as fits": every name is evaluated, a change or end of a name
/// asks the public, natural features and protected names ask experts.
pub fn reports_needed(
    kind: PlaceKind,
    asked: NamingKind,
    is_listed: bool,
) -> Vec<NamingReportKind> {
    if kind == PlaceKind::Division {
        return vec![
            NamingReportKind::Risk,
            NamingReportKind::Expert,
            NamingReportKind::Opinions,
        ];
    }
    let mut needed = vec![NamingReportKind::Evaluation];
    if kind == PlaceKind::NaturalFeature || is_listed {
        needed.push(NamingReportKind::Expert);
    }
    if asked != NamingKind::Name {
        needed.push(NamingReportKind::Opinions);
    }
    needed
}

/// P-8, 地名管理条例 11: the refusal of a review for which reports are missing.
pub fn reports_are_there(
    needed: &[NamingReportKind],
    made: &[NamingReportKind],
) -> Option<UserError> {
    needed.iter().any(|kind| !made.contains(kind)).then(|| {
        UserError::new(
            "REPORTS_MISSING",
            "Reports that this application needs are missing.",
            "缺少应当提交的评估、论证或者听取意见材料。",
        )
        .field(&["input", "applicationId"])
        .basis("地名管理条例第十一条")
    })
}

/// P-13, 地名管理条例 18: documents show the standard name of their own date: of several names with their first
/// day and last day (exclusive) the one in force on a day.
pub fn standard_on<T>(
    names: &[T],
    span: impl Fn(&T) -> (NaiveDate, Option<NaiveDate>),
    on: NaiveDate,
) -> Option<&T> {
    names.iter().find(|name| {
        let (from, to) = span(name);
        from <= on && to.is_none_or(|to| to > on)
    })
}

/// P-14, 地名管理条例 37–38: the range within which a fine lies, in yuan.
pub fn fine_range(offence: NameOffenceKind, on: NaiveDate) -> (i64, i64) {
    let (low, high) = match offence {
        NameOffenceKind::Misuse => (Key::MisuseFineLow, Key::MisuseFineHigh),
        NameOffenceKind::SignDamaged => (Key::SignFineLow, Key::SignFineHigh),
    };
    (parameters::value(low, on), parameters::value(high, on))
}

/// P-14, 地名管理条例 37–38: a fine on a responsible person lies within the range of its article; without one it was only
/// ordered to put it right. `fen` is the fine in fen.
pub fn fine_fits(offence: NameOffenceKind, fen: i64, on: NaiveDate) -> Option<UserError> {
    let (low, high) = fine_range(offence, on);
    let within = low.saturating_mul(100)..=high.saturating_mul(100);
    (fen != 0 && !within.contains(&fen)).then(|| {
        UserError::new(
            "FINE_OUT_OF_RANGE",
            "The fine is outside the range of its article.",
            "罚款数额超出法定幅度。",
        )
        .field(&["input", "fine"])
        .basis(match offence {
            NameOffenceKind::Misuse => "地名管理条例第三十七条",
            NameOffenceKind::SignDamaged => "地名管理条例第三十八条",
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> NaiveDate {
        "2026-11-22".parse().unwrap()
    }

    fn draft<'a>(specific: &'a str, generic: &'a str) -> Draft<'a> {
        Draft {
            kind: PlaceKind::Road,
            specific,
            generic,
            reasons: "新建城市道路",
            point: None,
            on: today(),
        }
    }

    fn codes(draft: &Draft<'_>) -> Vec<String> {
        check(draft).into_iter().map(|e| e.code).collect()
    }

    #[test]
    fn a_good_name_passes() {
        assert!(codes(&draft("兴园", "路")).is_empty());
        assert!(codes(&draft("兴园5", "路")).is_empty());
    }

    #[test]
    fn each_fault_has_its_code() {
        for (specific, generic, code) in [
            ("", "路", "NAME_NO_SPECIFIC"),
            ("兴园", "山", "NAME_GENERIC_UNFIT"),
            ("兴园", "", "NAME_GENERIC_UNFIT"),
            ("Park", "路", "NAME_SCRIPT"),
            ("\u{20000}园", "路", "NAME_SCRIPT"),
            ("龘园", "路", "NAME_SCRIPT"),
            ("龍园", "路", "NAME_SCRIPT"),
            ("塞纳河畔", "路", "NAME_FOREIGN"),
            ("周恩来", "路", "NAME_LEADER"),
            ("宏大集团", "路", "NAME_COMPANY"),
            (
                "兴园兴园兴园兴园兴园兴园兴园兴园兴园兴园",
                "路",
                "NAME_TOO_LONG",
            ),
        ] {
            assert_eq!(codes(&draft(specific, generic)), [code], "{code}");
        }
        let no_reasons = Draft {
            reasons: " ",
            ..draft("兴园", "路")
        };
        assert_eq!(codes(&no_reasons), ["REASONS_MISSING"]);
        let point = Some(Point {
            longitude: 0.0,
            latitude: 0.0,
        });
        assert_eq!(
            codes(&Draft {
                point,
                ..draft("兴园", "路")
            }),
            ["POINT_OUTSIDE"]
        );
    }

    #[test]
    fn listed_names_are_kept_until_measures_are_laid_down() {
        for (listed, measures, refused) in [
            (false, false, false),
            (false, true, false),
            (true, false, true),
            (true, true, false),
        ] {
            assert_eq!(heritage_is_kept(listed, measures).is_some(), refused);
        }
    }

    #[test]
    fn divisions_do_not_borrow_and_facilities_do_not_stray() {
        assert!(division_borrows("峨眉", &["峨眉", "青城"]).is_some());
        assert!(division_borrows("新津", &["峨眉", "青城"]).is_none());
        for (specific, refused) in [
            ("新津岷江", false),
            ("双流岷江", true),
            ("岷江", false),
            ("新津双流", false),
        ] {
            let refusal = facility_agrees(specific, &["新津", "成都"], &["双流", "温江"]);
            assert_eq!(refusal.is_some(), refused, "{specific}");
        }
    }

    #[test]
    fn reports_are_asked_for_as_fits() {
        use NamingKind as N;
        use NamingReportKind::{Evaluation, Expert, Opinions, Risk};
        for (kind, asked, listed, needed) in [
            (PlaceKind::Road, N::Name, false, vec![Evaluation]),
            (
                PlaceKind::Road,
                N::Rename,
                false,
                vec![Evaluation, Opinions],
            ),
            (
                PlaceKind::Road,
                N::Rename,
                true,
                vec![Evaluation, Expert, Opinions],
            ),
            (
                PlaceKind::NaturalFeature,
                N::Name,
                false,
                vec![Evaluation, Expert],
            ),
            (
                PlaceKind::Division,
                N::Rename,
                false,
                vec![Risk, Expert, Opinions],
            ),
        ] {
            assert_eq!(reports_needed(kind, asked, listed), needed);
            assert!(reports_are_there(&needed, &needed).is_none());
            assert!(reports_are_there(&needed, &needed[1..]).is_some());
        }
    }

    #[test]
    fn documents_show_the_name_of_their_own_date() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let names = [
            ("旧", day("1990-01-01"), Some(day("2024-06-01"))),
            ("新", day("2024-06-01"), None),
        ];
        let on = |text: &str| standard_on(&names, |n| (n.1, n.2), day(text)).map(|n| n.0);
        assert_eq!(on("1989-12-31"), None);
        assert_eq!(on("2024-05-31"), Some("旧"));
        assert_eq!(on("2024-06-01"), Some("新"));
    }

    #[test]
    fn fines_lie_in_the_range_of_the_articles() {
        use NameOffenceKind::{Misuse, SignDamaged};
        assert_eq!(fine_range(Misuse, today()), (2_000, 10_000));
        assert_eq!(fine_range(SignDamaged, today()), (1_000, 5_000));
        for (offence, yuan, fits) in [
            (Misuse, 0, true),
            (Misuse, 1_999, false),
            (Misuse, 2_000, true),
            (Misuse, 10_000, true),
            (Misuse, 10_001, false),
            (SignDamaged, 999, false),
            (SignDamaged, 1_000, true),
            (SignDamaged, 5_000, true),
            (SignDamaged, 5_001, false),
            (SignDamaged, -1_000, false),
        ] {
            let refused = fine_fits(offence, yuan * 100, today());
            assert_eq!(refused.is_none(), fits, "{offence:?} {yuan}");
        }
    }
}
