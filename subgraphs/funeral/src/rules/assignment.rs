//! What a division that was divided leaves behind: to which of its successors it goes, and under whose code a paper is
//! numbered until then.

use minzheng_kit::error::UserError;

use super::Verdict;

/// The regulation, as it is cited.
const ARTICLE: &str = "行政区划管理条例（2019）第二条";

/// What is known of a division whose facilities are to be assigned, and of the one that is to get them.
#[derive(Clone, Copy, Debug)]
pub struct Assignment {
    /// Whether the old division still exists.
    pub goes_on: bool,
    /// Of how many divisions the ground is made now.
    pub heirs: usize,
    /// Whether the new one is one of them.
    pub is_heir: bool,
    /// Whether the officer works above all of them.
    pub above_all: bool,
}

/// B.0.3, 行政区划管理条例 第二条: what stood under a division that was divided stands under one of its successors from then on, and
/// only whoever works above all of them can say under which. Where one division follows, nothing is to be assigned: it
/// has moved along.
pub fn assignment(asked: &Assignment) -> Verdict {
    let refuse = |code: &'static str, en: &'static str, zh: &'static str| {
        Err(UserError::new(code, en, zh).field(&["to"]).basis(ARTICLE))
    };
    if asked.goes_on || asked.heirs < 2 {
        return refuse(
            "DIVISION_NOT_DIVIDED",
            "Only a division that was divided among several leaves something to assign.",
            "仅原行政区划分设为多个行政区划的，需要指定承接的行政区划。",
        );
    }
    if !asked.is_heir {
        return refuse(
            "NOT_A_SUCCESSOR",
            "The new division is none of those that the old one became.",
            "指定的行政区划不是原行政区划的承接区划。",
        );
    }
    if !asked.above_all {
        return refuse(
            "HIGHER_OFFICER_NEEDED",
            "An officer above all successors assigns.",
            "应由各承接区划共同的上一级民政部门指定。",
        );
    }
    Ok(())
}

/// B.1.3, D-7, 行政区划管理条例 第十七条: a paper is numbered under the code that is in force on its day, and under none where
/// the division has become several or ended: its facility is assigned first.
pub fn number_under(code: Option<&str>) -> Verdict<&str> {
    code.ok_or_else(|| {
        UserError::new(
            "DIVISION_NOT_IN_FORCE",
            "The division of this facility is no longer in force, so no paper can be numbered under its code. Have the facility assigned to a successor first (assignFacilities, by the level above).",
            "该设施所在行政区划已撤销或拆分，不能以其代码编号；请先由上一级民政部门指定承接区划（assignFacilities）。",
        )
        .field(&["division"])
        .basis("行政区划管理条例（2019）第十七条")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 行政区划管理条例 2: 行政区划变更 leaves to the level above what the parts cannot decide by themselves.
    #[test]
    fn what_a_divided_division_leaves_is_assigned_from_above() {
        let divided = Assignment {
            goes_on: false,
            heirs: 2,
            is_heir: true,
            above_all: true,
        };
        let table = [
            (divided, None),
            (
                Assignment {
                    goes_on: true,
                    ..divided
                },
                Some("DIVISION_NOT_DIVIDED"),
            ),
            (
                Assignment {
                    heirs: 1,
                    ..divided
                },
                Some("DIVISION_NOT_DIVIDED"),
            ),
            (
                Assignment {
                    is_heir: false,
                    ..divided
                },
                Some("NOT_A_SUCCESSOR"),
            ),
            (
                Assignment {
                    above_all: false,
                    ..divided
                },
                Some("HIGHER_OFFICER_NEEDED"),
            ),
        ];
        for (asked, expected) in table {
            let code = assignment(&asked).err().map(|refusal| refusal.code);
            assert_eq!(code.as_deref(), expected, "{asked:?}");
        }
    }

    /// 行政区划管理条例 17: 行政区划代码由民政部门确定、公布; one that is no longer in force numbers nothing.
    #[test]
    fn nothing_is_numbered_under_a_code_that_is_not_in_force() {
        assert_eq!(number_under(Some("510118")).ok(), Some("510118"));
        let refusal = number_under(None).err().map(|e| e.code);
        assert_eq!(refusal.as_deref(), Some("DIVISION_NOT_IN_FORCE"));
    }
}
