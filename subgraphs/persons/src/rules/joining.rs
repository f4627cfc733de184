//! Two records become one person, and may become two again.

use crate::{
    kit::{UserError, officer::Officer},
    model::terms::{AliasReason, IdKind, IdentityCaseState},
};

use super::refuse;

const LAW: &str = "居民身份证法 3";
const CORRECT: &str = "个人信息保护法 46";

/// What is known of one side of a join without opening it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Side<'s> {
    /// The token.
    pub token: &'s str,
    /// What kind of number names it.
    pub kind: IdKind,
    /// GB/T 2261.1; 0 when unknown.
    pub sex: i16,
    /// The year of birth; `None` when unknown.
    pub birth_year: Option<i32>,
    /// Whether it is already another name of somebody.
    pub is_alias: bool,
}

/// N-3, 居民身份证法 3: a number is unique and unchanged for life, so two persons with citizen numbers of
/// their own are never one, unless one number was entered wrongly and is corrected; nor are persons of
/// different sex or year of birth. A placeholder is joined only by hand, which this is. Chains of aliases
/// are not made: the side that is given up and the side that stays are both main records.
pub fn may_join(old: Side<'_>, into: Side<'_>, reason: AliasReason) -> Vec<UserError> {
    let mut refusals = Vec::new();
    if old.token == into.token {
        refusals.push(refuse(
            "SAME_PERSON",
            "Both are the same record.",
            "两条记录为同一记录。",
            "into",
            LAW,
        ));
        return refusals;
    }
    for (side, field) in [(old, "old"), (into, "into")] {
        if side.is_alias {
            refusals.push(refuse(
                "IS_ALIAS",
                "This record is already another name of somebody.",
                "该记录已是他人记录的别名。",
                field,
                LAW,
            ));
        }
    }
    if reason == AliasReason::Correction {
        return refusals;
    }
    if old.kind == IdKind::CitizenId && into.kind == IdKind::CitizenId {
        refusals.push(refuse(
            "TWO_CITIZEN_NUMBERS",
            "Two persons with citizen numbers of their own are not one person.",
            "双方各有公民身份号码，不属同一人；号码录入有误的，按更正办理。",
            "old",
            LAW,
        ));
    }
    let sex = old.sex != 0 && into.sex != 0 && old.sex != into.sex;
    let born = old
        .birth_year
        .zip(into.birth_year)
        .is_some_and(|(old, into)| old != into);
    if sex || born {
        refusals.push(refuse(
            "TRAITS_DIFFER",
            "Sex or year of birth differ.",
            "性别或出生年份不一致。",
            "old",
            LAW,
        ));
    }
    refusals
}

/// Where a merge stands when it is to be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Joined {
    /// The state of the merge's case.
    pub state: IdentityCaseState,
    /// Whether the given-up record still is another name of the very record it was put under.
    pub still_under: bool,
}

/// N-4, 个人信息保护法 46: a wrong join is put right again. Only a join that was carried out and that no later
/// one builds upon; the latest goes first.
pub fn may_part(joined: Joined) -> Result<(), UserError> {
    if joined.state != IdentityCaseState::Done {
        return Err(refuse(
            "MERGE_NOT_DONE",
            "Only a join that was carried out can be taken back.",
            "仅可撤销已执行的合并。",
            "merge",
            CORRECT,
        ));
    }
    if !joined.still_under {
        return Err(refuse(
            "MERGE_BUILT_UPON",
            "A later join builds upon this one; take that back first.",
            "该合并之后又有合并，请先撤销后者。",
            "merge",
            CORRECT,
        ));
    }
    Ok(())
}

/// N-5, domain.md B.0.2 and E.4: nobody proposes or decides what concerns themselves (公务员法 76).
pub fn may_judge(officer: Officer<'_>, persons: &[&str]) -> Result<(), UserError> {
    if officer.is_among(persons.iter().copied()) {
        return Err(refuse(
            "OWN_MATTER",
            "Another officer handles what concerns yourself.",
            "涉及本人的事项应当回避，由其他工作人员办理。",
            "case",
            "公务员法 76",
        ));
    }
    Ok(())
}

/// N-5, domain.md B.0.2: joins, partings and grave changes of status need two officers: who decides is
/// another person than who proposed, and oversees the division in which it was proposed.
pub fn may_decide(
    proposer: Officer<'_>,
    decider: Officer<'_>,
    oversees: bool,
    state: IdentityCaseState,
    expired: bool,
) -> Result<(), UserError> {
    const ORDER: &str = "个人信息保护法 51";
    if state != IdentityCaseState::Proposed {
        return Err(refuse(
            "CASE_DECIDED",
            "This case is decided already.",
            "该事项已办结。",
            "case",
            ORDER,
        ));
    }
    if expired {
        return Err(refuse(
            "CASE_EXPIRED",
            "This case has waited too long for its second officer; propose it again.",
            "该事项逾期未复核，已失效，请重新提出。",
            "case",
            ORDER,
        ));
    }
    if !decider.is_another_than(proposer) || !oversees {
        return Err(refuse(
            "SECOND_OFFICER",
            "A second officer who oversees the division decides.",
            "须由另一名有管辖权的工作人员复核。",
            "case",
            ORDER,
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(token: &str, kind: IdKind) -> Side<'_> {
        Side {
            token,
            kind,
            sex: 1,
            birth_year: Some(1970),
            is_alias: false,
        }
    }

    fn codes(old: Side<'_>, into: Side<'_>, reason: AliasReason) -> Vec<String> {
        may_join(old, into, reason)
            .into_iter()
            .map(|e| e.code)
            .collect()
    }

    #[test]
    fn who_may_become_one_person() {
        use AliasReason::{Correction, Merge};
        use IdKind::*;
        let main = side("b", CitizenId);
        let unknown = Side {
            sex: 0,
            birth_year: None,
            ..side("a", Passport)
        };
        let alias = Side {
            is_alias: true,
            ..side("a", OldCitizenId)
        };
        let woman = Side {
            sex: 2,
            ..side("a", OldCitizenId)
        };
        let younger = Side {
            birth_year: Some(1971),
            ..side("a", Placeholder)
        };
        let table: [(Side<'_>, AliasReason, &[&str]); 9] = [
            (side("a", OldCitizenId), Merge, &[]),
            (side("a", Placeholder), Merge, &[]),
            (unknown, Merge, &[]),
            (side("a", CitizenId), Merge, &["TWO_CITIZEN_NUMBERS"]),
            (side("a", CitizenId), Correction, &[]),
            (side("b", CitizenId), Correction, &["SAME_PERSON"]),
            (alias, Merge, &["IS_ALIAS"]),
            (woman, Merge, &["TRAITS_DIFFER"]),
            (younger, Correction, &[]),
        ];
        for (old, reason, expected) in table {
            assert_eq!(codes(old, main, reason), expected, "{old:?}");
        }
        assert_eq!(codes(younger, main, Merge), ["TRAITS_DIFFER"]);
        let under_alias = Side {
            is_alias: true,
            ..main
        };
        assert_eq!(codes(side("a", Passport), under_alias, Merge), ["IS_ALIAS"]);
    }

    #[test]
    fn only_the_latest_join_that_was_carried_out_is_taken_back() {
        for (state, still_under, expected) in [
            (IdentityCaseState::Done, true, None),
            (IdentityCaseState::Done, false, Some("MERGE_BUILT_UPON")),
            (IdentityCaseState::Proposed, true, Some("MERGE_NOT_DONE")),
            (IdentityCaseState::Reversed, true, Some("MERGE_NOT_DONE")),
            (IdentityCaseState::Refused, false, Some("MERGE_NOT_DONE")),
        ] {
            let outcome = may_part(Joined { state, still_under });
            assert_eq!(
                outcome.err().map(|e| e.code).as_deref(),
                expected,
                "{state:?}"
            );
        }
    }

    fn officer(account: &str) -> Officer<'_> {
        Officer {
            account: Some(account),
            person: None,
        }
    }

    #[test]
    fn two_officers_are_needed_and_the_second_oversees() {
        use IdentityCaseState::{Done, Proposed};
        let late = may_decide(officer("a"), officer("b"), true, Proposed, true);
        assert_eq!(late.err().map(|e| e.code).as_deref(), Some("CASE_EXPIRED"));
        for (decider, oversees, state, expected) in [
            ("b", true, Proposed, None),
            ("supervisor:a", true, Proposed, Some("SECOND_OFFICER")),
            ("a", true, Proposed, Some("SECOND_OFFICER")),
            ("b", false, Proposed, Some("SECOND_OFFICER")),
            ("b", true, Done, Some("CASE_DECIDED")),
        ] {
            let outcome = may_decide(officer("a"), officer(decider), oversees, state, false);
            assert_eq!(
                outcome.err().map(|e| e.code).as_deref(),
                expected,
                "{decider}"
            );
        }
    }

    #[test]
    fn nobody_judges_what_concerns_themselves() {
        let own = Officer {
            person: Some("A"),
            ..officer("a")
        };
        let outcome = may_judge(own, &["B", "A"]);
        assert_eq!(outcome.err().map(|e| e.code).as_deref(), Some("OWN_MATTER"));
        assert!(may_judge(own, &["B"]).is_ok() && may_judge(officer("a"), &["A"]).is_ok());
    }
}
