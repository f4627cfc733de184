//! What a name must be, before anyone asks whether it is taken: P-1, P-2, P-6 to P-8.
//!
//! Every check answers with the refusals that a user can act on; none repeats the name. What only a person
//! can judge (healthy meaning, truth to the place, the name of a leader) is left to the evaluation.

use minzheng_kit::UserError;

use super::{geometry::Point, romanise, scope::PlaceKind};

/// The longest name, in characters. [P]
pub const LONGEST: usize = 20;
/// The shortest statement of reasons, in characters. [P]
pub const SHORTEST_REASONS: usize = 4;

/// Words of foreign places, persons and brands that turn up in the names of residences and streets; from
/// the ministry's lists of "大洋怪重" names of 2018–2019. A hit is refused, a person may still find more.
const FOREIGN: &[&str] = &[
    "曼哈顿",
    "威尼斯",
    "巴黎",
    "罗马",
    "维多利亚",
    "加州",
    "普罗旺斯",
    "地中海",
    "莱茵",
    "剑桥",
    "哈佛",
    "牛津",
    "纽约",
    "伦敦",
    "东京",
    "夏威夷",
    "塞纳",
    "凯撒",
    "拿破仑",
    "林肯",
    "华盛顿",
    "香榭丽舍",
    "托斯卡纳",
    "欧洲城",
    "英伦",
];

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
}

/// All refusals of a draft, in the order of the form.
pub fn check(draft: &Draft<'_>) -> Vec<UserError> {
    structure(draft)
        .into_iter()
        .chain(foreign(draft))
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
    if draft.specific.chars().count() + draft.generic.chars().count() > LONGEST {
        refusals.push(
            UserError::new("NAME_TOO_LONG", "The name is too long.", "地名过长。")
                .field(&["input", "specific"]),
        );
    }
    let fit = |c: char| is_common(c) || c.is_ascii_digit() && draft.kind == PlaceKind::Road;
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

/// The unified ideographs of the basic block; the characters of the extension blocks are rare ones.
fn is_common(c: char) -> bool {
    ('\u{4E00}'..='\u{9FA5}').contains(&c)
}

/// P-2, 地名管理条例 9(4)–(6): no foreign place or personal names, no company or trademark names.
fn foreign(draft: &Draft<'_>) -> Option<UserError> {
    FOREIGN
        .iter()
        .any(|word| draft.specific.contains(word))
        .then(|| {
            UserError::new(
                "NAME_FOREIGN",
                "Foreign names of persons and places and brand names may not be used.",
                "不以外国人名、地名和企业名称、商标名称作地名。",
            )
            .field(&["input", "specific"])
            .basis("地名管理条例第九条第一款第四至六项")
        })
}

/// P-8, 地名管理条例 11: reasons, place and nature of what is named; P-6: the place is a place in this country.
fn application(draft: &Draft<'_>) -> Vec<UserError> {
    let mut refusals = Vec::new();
    if draft.reasons.trim().chars().count() < SHORTEST_REASONS {
        refusals.push(
            UserError::new(
                "REASONS_MISSING",
                "The plan and the reasons for the name are missing.",
                "缺少命名、更名的方案及理由。",
            )
            .field(&["input", "reasons"])
            .basis("地名管理条例第十一条"),
        );
    }
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

/// P-7, 地名管理条例 10 and 25: names of historic value are generally not changed.
pub fn heritage_is_kept(is_heritage: bool) -> Option<UserError> {
    is_heritage.then(|| {
        UserError::new(
            "NAME_HERITAGE",
            "A name of historic value is not changed before protective measures are laid down.",
            "具有重要历史文化价值的地名，一般不得更改。",
        )
        .field(&["input", "placeId"])
        .basis("地名管理条例第十条、第二十五条")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft<'a>(specific: &'a str, generic: &'a str) -> Draft<'a> {
        Draft {
            kind: PlaceKind::Road,
            specific,
            generic,
            reasons: "新建城市道路",
            point: None,
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
            ("塞纳河畔", "路", "NAME_FOREIGN"),
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
        assert!(heritage_is_kept(true).is_some() && heritage_is_kept(false).is_none());
    }
}
