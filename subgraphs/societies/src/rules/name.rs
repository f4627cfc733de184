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
}

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
/// ministry registers goes without a division; a word for the whole country needs the ministry.
pub fn name(asked: &NameAsked<'_>) -> Result<(), Refusal> {
    let refuse = |code, en, zh| {
        Err(Refusal {
            code,
            en,
            zh,
            basis: BASIS,
        })
    };
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
    if !ministry
        && ["中国", "全国", "中华"]
            .iter()
            .any(|word| text.contains(word))
    {
        return refuse(
            "NAME_RESERVED",
            "The name may not carry a word for the whole country.",
            "名称不得含有“中国”、“全国”、“中华”等字样。",
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

/// O-24, 社会团体登记管理条例 第三条: these bodies are not in the scope of registration.
pub const fn not_to_register(class: Option<ExemptClass>) -> Result<(), Refusal> {
    match class {
        None => Ok(()),
        Some(_) => Err(Refusal {
            code: "NOT_TO_REGISTER",
            en: "This body is not in the scope of registration.",
            zh: "该团体不属于社会团体登记范围。",
            basis: "社会团体登记管理条例 (2016) 第三条",
        }),
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
            };
            let code = name(&asked).err().map_or("OK", |refusal| refusal.code);
            assert_eq!(code, expected, "{text}");
        }
    }

    #[test]
    fn the_ministry_registers_without_a_division_and_with_national_words() {
        let asked = NameAsked {
            kind: OrgKind::SocialGroup,
            level: RegistrarLevel::Ministry,
            name: "中国茶叶学会",
            divisions: &[],
        };
        assert!(name(&asked).is_ok());
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
