//! What a public notice of a name says.

use chrono::NaiveDate;
use minzheng_kit::UserError;

use crate::model::vocabulary::NamingKind;

/// What the notice is put together from.
#[derive(Clone, Copy, Debug)]
pub struct Notice<'a> {
    /// A name, another name, or its end.
    pub kind: NamingKind,
    /// The standard name; of a cancellation the name that ends.
    pub name: &'a str,
    /// The name before, for a renaming.
    pub former: Option<&'a str>,
    /// In letters.
    pub roman: &'a str,
    /// The divisions it lies in, from the province down.
    pub division: &'a str,
    /// Where it lies, in words or as coordinates.
    pub position: Option<&'a str>,
    /// Who approved.
    pub approved_by: &'a str,
    /// When.
    pub approved_on: NaiveDate,
}

/// P-11, 地名备案公告管理办法(试行): a notice carries the standard name, its romanisation, division, position,
/// approving body and date; without any of them it is not published.
pub fn compose(notice: &Notice<'_>) -> Result<String, UserError> {
    let position = notice.position.unwrap_or_default().trim();
    let is_whole = [
        notice.name,
        notice.roman,
        notice.division,
        position,
        notice.approved_by,
    ]
    .iter()
    .all(|part| !part.is_empty());
    if !is_whole {
        return Err(UserError::new(
            "NOTICE_INCOMPLETE",
            "The notice lacks the position or another part that it must carry.",
            "公告内容不完整：应当包括标准地名、罗马字母拼写、所在行政区划、位置、批准机关和批准日期。",
        )
        .field(&["input", "position"])
        .basis("地名备案公告管理办法（试行）"));
    }
    let act = match (notice.kind, notice.former) {
        (NamingKind::Name, _) => "命名".to_owned(),
        (NamingKind::Rename, Some(former)) => format!("更名（原名{former}）"),
        (NamingKind::Rename, None) => "更名".to_owned(),
        (NamingKind::Cancel, _) => "注销".to_owned(),
    };
    Ok(format!(
        "地名{act}公告：标准地名{}，罗马字母拼写{}，所在行政区划{}，位置{}，批准机关{}，批准日期{}。",
        notice.name,
        notice.roman,
        notice.division,
        position,
        notice.approved_by,
        notice.approved_on.format("%Y年%-m月%-d日")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice() -> Notice<'static> {
        Notice {
            kind: NamingKind::Rename,
            name: "梨花路",
            former: Some("老街"),
            roman: "Lihua Lu",
            division: "四川省成都市新津区",
            position: Some("东起兴园路，西至江边"),
            approved_by: "新津区人民政府",
            approved_on: "2026-11-02".parse().unwrap(),
        }
    }

    #[test]
    fn a_notice_carries_all_that_it_must() {
        let text = compose(&notice()).unwrap();
        for part in [
            "梨花路",
            "老街",
            "Lihua Lu",
            "四川省成都市新津区",
            "东起兴园路，西至江边",
            "新津区人民政府",
            "2026年11月2日",
        ] {
            assert!(text.contains(part), "{part}");
        }
    }

    #[test]
    fn a_notice_without_a_part_is_not_published() {
        for broken in [
            Notice {
                position: None,
                ..notice()
            },
            Notice {
                position: Some(" "),
                ..notice()
            },
            Notice {
                roman: "",
                ..notice()
            },
            Notice {
                approved_by: "",
                ..notice()
            },
        ] {
            assert_eq!(compose(&broken).unwrap_err().code, "NOTICE_INCOMPLETE");
        }
    }
}
