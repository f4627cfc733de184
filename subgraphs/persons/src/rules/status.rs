//! How far an identity is known to be right, and how that changes.

use crate::{kit::UserError, model::terms::IdentityStatus};

use super::refuse;

/// How a change of status is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// One officer, at once.
    AtOnce,
    /// A second officer decides.
    ByTwo,
}

/// N-6, 个人信息保护法 8 and 46: what an officer states is compared with the authority's data (`VERIFIED`);
/// whoever doubts marks it (`DISPUTED`); a doubt is settled by two. A verified identity does not become
/// a mere statement again, nothing becomes an old record that was none, and `PENDING` is no status that
/// anybody gives.
pub fn change(from: IdentityStatus, to: IdentityStatus) -> Result<Change, UserError> {
    use IdentityStatus::{Declared, Disputed, Legacy, Verified};
    match (from, to) {
        (Declared | Legacy, Verified) => Ok(Change::AtOnce),
        (Verified | Declared | Legacy, Disputed) => Ok(Change::AtOnce),
        (Disputed, Verified | Declared) => Ok(Change::ByTwo),
        _ => Err(refuse(
            "STATUS_CHANGE",
            "An identity of this status cannot become that.",
            "该身份状态不能作此变更。",
            "to",
            "个人信息保护法 8、46",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_of_status_is_one_of_the_table_or_refused() {
        use IdentityStatus::*;
        let all = [Verified, Declared, Legacy, Disputed, Pending];
        let allowed = [
            (Declared, Verified, Change::AtOnce),
            (Legacy, Verified, Change::AtOnce),
            (Verified, Disputed, Change::AtOnce),
            (Declared, Disputed, Change::AtOnce),
            (Legacy, Disputed, Change::AtOnce),
            (Disputed, Verified, Change::ByTwo),
            (Disputed, Declared, Change::ByTwo),
        ];
        for from in all {
            for to in all {
                let expected = allowed.iter().find(|row| (row.0, row.1) == (from, to));
                assert_eq!(
                    change(from, to).ok(),
                    expected.map(|row| row.2),
                    "{from:?} {to:?}"
                );
            }
        }
    }

    /// The worked example of `subgraphs/README.md` is this file's own text.
    #[test]
    fn the_readme_shows_the_rule_as_it_is() {
        let readme = include_str!("../../../README.md");
        let shown: Vec<&str> = readme
            .split("```rust\n")
            .skip(1)
            .filter_map(|block| block.split("```").next())
            .collect();
        assert_eq!(shown.len(), 2);
        for block in shown {
            assert!(include_str!("status.rs").contains(block), "{block}");
        }
    }
}
