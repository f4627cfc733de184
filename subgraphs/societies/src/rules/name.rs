//! What an organization may be called (O-7), and which bodies are not registered at all (O-24).

use super::Refusal;
use crate::vocabulary::{ExemptClass, OrgKind, RegistrarLevel};

/// A name that is asked for.
#[derive(Clone, Copy, Debug)]
pub struct NameAsked<'a> {
    /// The kind of organization.
    pub kind: OrgKind,
    /// The level of its registrar.
    pub level: RegistrarLevel,
    /// The whole name.
    pub name: &'a str,
    /// The current names of the registrar's division and those above it, any of which may begin it.
    pub divisions: &'a [&'a str],
    /// The document by which a word for the whole country was approved.
    pub national_approval: Option<&'a str>,
}

/// The words for the whole country.
const NATIONAL: [&str; 3] = ["中国", "全国", "中华"];

/// Most characters of a name that a certificate can print.
const MAX_CHARS: usize = 60;

const BASIS: &str = "社会组织名称管理办法 (2024) 第五条、第八条";

/// The words with which a name of each kind may end.
const fn forms(kind: OrgKind) -> &'static [&'static str] {
    match kind {
        OrgKind::SocialGroup => &[
            "协会",
            "学会",
            "研究会",
            "促进会",
            "联合会",
            "商会",
            "联谊会",
            "校友会",
            "会",
        ],
        OrgKind::CivilNonEnterprise => &[
            "学校",
            "学院",
            "幼儿园",
            "医院",
            "诊所",
            "中心",
            "院",
            "所",
            "馆",
            "站",
            "社",
            "公寓",
            "俱乐部",
            "团",
            "园",
        ],
        OrgKind::Foundation => &["基金会"],
    }
}

/// O-7, 社会组织名称管理办法 第五条、第八条: division, then field, members or brand, then form. A body that the
/// ministry registers goes without a division; a word for the whole country needs the ministry and an approval,
/// and a civil non-enterprise unit never has one (民办非企业单位登记管理暂行条例 第八条).
pub fn name(asked: &NameAsked<'_>) -> Result<(), Refusal> {
    let refuse = |code, en, zh| Err(Refusal::new(code, en, zh, BASIS));
    let text = asked.name.trim();
    let length = text.chars().count();
    let printable = |c: char| c.is_alphanumeric() || matches!(c, '（' | '）' | '·');
    if !(4..=MAX_CHARS).contains(&length) || !text.chars().all(printable) {
        return refuse(
            "NAME_MALFORMED",
            "A name has 4 to 60 characters: letters, digits, brackets.",
            "名称应为4至60个字符，使用规范汉字、字母、数字或者括号。",
        );
    }
    let ministry = asked.level == RegistrarLevel::Ministry;
    let approved = asked
        .national_approval
        .is_some_and(|document| !document.trim().is_empty());
    let may_be_national = ministry && approved && asked.kind != OrgKind::CivilNonEnterprise;
    if !may_be_national && NATIONAL.iter().any(|word| text.contains(word)) {
        return refuse(
            "NAME_RESERVED",
            "A word for the whole country is carried with approval only, and by bodies of the ministry.",
            "名称冠以“中国”、“全国”、“中华”等字样的，应当经批准，并由国务院民政部门登记。",
        );
    }
    let Some(form) = forms(asked.kind).iter().find(|form| text.ends_with(**form)) else {
        return refuse(
            "NAME_WITHOUT_FORM",
            "The name ends with the form of its kind of organization.",
            "名称应以与组织类别相符的组织形式结尾。",
        );
    };
    if asked.kind != OrgKind::Foundation && text.ends_with("基金会") {
        return refuse(
            "NAME_OF_ANOTHER_KIND",
            "Only a foundation may be called one.",
            "非基金会的社会组织名称不得使用“基金会”字样。",
        );
    }
    let begins = asked
        .divisions
        .iter()
        .filter(|d| text.starts_with(**d))
        .map(|d| d.len())
        .max();
    match begins {
        None if !ministry => refuse(
            "NAME_WITHOUT_DIVISION",
            "The name begins with the division of its registration.",
            "名称应冠以登记管理机关所在地的行政区划名称。",
        ),
        Some(length) if text.len() <= length + form.len() => refuse(
            "NAME_WITHOUT_FIELD",
            "Between division and form the name says a field, members or a brand.",
            "行政区划与组织形式之间应有业务领域、会员组成或者字号。",
        ),
        _ => Ok(()),
    }
}

/// O-7, 社会组织名称管理办法: what a name says between its division and its form: two names with the same are told apart by nobody. The
/// word 行业 and brackets say nothing of their own.
#[must_use]
pub fn core(kind: OrgKind, division: Option<&str>, name: &str) -> String {
    let name = name.trim();
    let rest = division
        .and_then(|division| name.strip_prefix(division))
        .unwrap_or(name);
    let form = forms(kind)
        .iter()
        .filter(|form| rest.ends_with(**form))
        .max_by_key(|form| form.len());
    let rest = form
        .and_then(|form| rest.strip_suffix(form))
        .unwrap_or(rest);
    let bare = rest.strip_suffix("行业").filter(|bare| !bare.is_empty());
    bare.unwrap_or(rest)
        .chars()
        .filter(|c| !matches!(c, '（' | '）' | '·'))
        .collect()
}

/// O-5, 社会团体登记管理条例 第十三条(二), and O-7, 社会组织名称管理办法 第五条: no name that is similar to another one's of
/// the same kind with the same registrar.
pub const fn not_similar(is_similar: bool) -> Result<(), Refusal> {
    if !is_similar {
        return Ok(());
    }
    Err(Refusal::new(
        "NAME_SIMILAR",
        "A living organization of this kind has a name that differs only in division or form.",
        "该名称与同一登记管理机关登记的同类社会组织名称近似。",
        "社会组织名称管理办法 (2024) 第五条",
    ))
}

/// O-24, 社会团体登记管理条例 第三条: these bodies are not in the scope of registration.
pub const fn not_to_register(class: Option<ExemptClass>) -> Result<(), Refusal> {
    match class {
        None => Ok(()),
        Some(_) => Err(Refusal::new(
            "NOT_TO_REGISTER",
            "This body is not in the scope of registration.",
            "该团体不属于社会团体登记范围。",
            "社会团体登记管理条例 (2016) 第三条",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_division_field_and_form() {
        use OrgKind::{CivilNonEnterprise, Foundation, SocialGroup};
        let divisions = ["新津区", "成都市", "四川省"];
        for (kind, text, expected) in [
            (SocialGroup, "新津区茶叶行业协会", "OK"),
            (SocialGroup, "成都市茶叶行业协会", "OK"),
            (SocialGroup, "茶叶行业协会", "NAME_WITHOUT_DIVISION"),
            (SocialGroup, "新津区行业协会", "OK"),
            (SocialGroup, "新津区协会", "NAME_WITHOUT_FIELD"),
            (SocialGroup, "新津区茶叶公司", "NAME_WITHOUT_FORM"),
            (SocialGroup, "新津区中华茶叶协会", "NAME_RESERVED"),
            (SocialGroup, "新津区茶叶基金会", "NAME_OF_ANOTHER_KIND"),
            (SocialGroup, "协会", "NAME_MALFORMED"),
            (SocialGroup, "新津区茶叶<b>协会", "NAME_MALFORMED"),
            (CivilNonEnterprise, "新津区晨光社工服务中心", "OK"),
            (CivilNonEnterprise, "新津区晨光协会", "NAME_WITHOUT_FORM"),
            (Foundation, "四川省晨光助学基金会", "OK"),
            (Foundation, "四川省晨光助学协会", "NAME_WITHOUT_FORM"),
        ] {
            let asked = NameAsked {
                kind,
                level: RegistrarLevel::County,
                name: text,
                divisions: &divisions,
                national_approval: Some("国函〔2026〕1号"),
            };
            let code = name(&asked).err().map_or("OK", |refusal| refusal.code);
            assert_eq!(code, expected, "{text}");
        }
    }

    #[test]
    fn the_ministry_registers_without_a_division_and_with_national_words_that_were_approved() {
        use OrgKind::{CivilNonEnterprise, Foundation, SocialGroup};
        for (kind, text, approval, fits) in [
            (SocialGroup, "茶叶科学学会", None, true),
            (SocialGroup, "中国茶叶学会", Some("国函〔2026〕1号"), true),
            (SocialGroup, "中国茶叶学会", None, false),
            (SocialGroup, "中国茶叶学会", Some(" "), false),
            (
                Foundation,
                "中华晨光助学基金会",
                Some("国函〔2026〕1号"),
                true,
            ),
            (
                CivilNonEnterprise,
                "中华晨光服务中心",
                Some("国函〔2026〕1号"),
                false,
            ),
        ] {
            let asked = NameAsked {
                kind,
                level: RegistrarLevel::Ministry,
                name: text,
                divisions: &[],
                national_approval: approval,
            };
            assert_eq!(name(&asked).is_ok(), fits, "{text} {approval:?}");
        }
    }

    /// 社会组织名称管理办法: what differs only in division or form is not told apart.
    #[test]
    fn names_are_similar_when_they_say_the_same_between_division_and_form() {
        use OrgKind::{CivilNonEnterprise, SocialGroup};
        let division = Some("新津区");
        for (kind, one, other, same) in [
            (SocialGroup, "新津区茶叶协会", "新津区茶叶行业协会", true),
            (SocialGroup, "新津区茶叶协会", "新津区茶叶商会", true),
            (SocialGroup, "新津区茶叶协会", "新津区茶文化协会", false),
            (SocialGroup, "新津区（茶叶）协会", "新津区茶叶研究会", true),
            (SocialGroup, "新津区青禾读书协会", "新津区青禾读书会", true),
            (
                CivilNonEnterprise,
                "新津区晨光服务中心",
                "新津区晨光服务社",
                true,
            ),
            (
                CivilNonEnterprise,
                "新津区晨光幼儿园",
                "新津区晨光养老院",
                false,
            ),
        ] {
            let alike = core(kind, division, one) == core(kind, division, other);
            assert_eq!(alike, same, "{one} {other}");
        }
        assert!(not_similar(true).is_err() && not_similar(false).is_ok());
    }

    #[test]
    fn three_classes_of_bodies_are_not_registered() {
        use ExemptClass::{ConsultativeConference, InsideUnit, StateCouncil};
        assert!(not_to_register(None).is_ok());
        for class in [ConsultativeConference, StateCouncil, InsideUnit] {
            assert!(not_to_register(Some(class)).is_err(), "{class:?}");
        }
    }
}
