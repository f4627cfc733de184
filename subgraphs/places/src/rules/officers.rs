//! Two officers are two persons: who reviews a name and who approves it, who acts for one side of a line and who for
//! the other.

use minzheng_kit::UserError;
use minzheng_kit::officer::Officer;

/// P-9, B-3, 双人复核（本系统设定）: two officers are two persons ([`Officer::is_another_than`]). Who acted before that was
/// kept, or in an imported row, cannot be compared and stands in nobody's way.
pub fn are_two(first: Officer<'_>, second: Officer<'_>) -> bool {
    first.account.is_none() || second.is_another_than(first)
}

/// P-9, 地名管理条例 12（双人复核，本系统设定）: who reviewed an application does not approve it too.
pub fn may_approve(reviewer: Officer<'_>, approver: Officer<'_>) -> Option<UserError> {
    (!are_two(reviewer, approver)).then(|| {
        UserError::new(
            "SAME_OFFICER",
            "Who reviewed an application does not approve it too.",
            "审核人不得同时为批准人。",
        )
        .field(&["input", "applicationId"])
        .basis("地名管理条例第十二条（本系统设定）")
    })
}

/// B-3, B-4, B-5, 行政区域界线管理条例 6, 10, 12: each side of a line is another one's: an officer whose area holds both acts
/// for one of them.
pub fn may_act_for_the_other(
    first: Officer<'_>,
    second: Officer<'_>,
    field: &str,
) -> Option<UserError> {
    (!are_two(first, second)).then(|| {
        UserError::new(
            "SAME_OFFICER",
            "Who acted for one side of a line does not act for the other too.",
            "同一人员不得代表毗邻双方。",
        )
        .field(&["input", field])
        .basis("行政区域界线管理条例第十二条（双人复核，本系统设定）")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_officers_are_two_persons_and_not_two_accounts() {
        let officer = |account, person| Officer { account, person };
        for (first, second, two) in [
            (officer(Some("li"), None), officer(Some("wang"), None), true),
            (officer(Some("li"), None), officer(Some("li"), None), false),
            (
                officer(Some("registrar:li"), None),
                officer(Some("supervisor:li"), None),
                false,
            ),
            (
                officer(Some("li"), Some("one")),
                officer(Some("li-2"), Some("one")),
                false,
            ),
            (
                officer(Some("li"), Some("one")),
                officer(Some("wang"), Some("other")),
                true,
            ),
            // Nobody kept who it was.
            (officer(None, None), officer(Some("li"), Some("one")), true),
        ] {
            assert_eq!(are_two(first, second), two, "{first:?} {second:?}");
            assert_eq!(may_approve(first, second).is_none(), two);
            assert_eq!(may_act_for_the_other(first, second, "side").is_none(), two);
        }
    }
}
