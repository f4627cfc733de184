//! What an authorised inquiry is told about a person's marital status: the least that answers it.

use super::ledger::Status;

/// The least answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// 有配偶.
    SpouseOnRecord,
    /// 有登记记录且当前无配偶.
    NoSpouseOnRecord,
    /// 未查到登记记录.
    NoRecordFound,
    /// 记录待核.
    Unresolved,
}

/// M-25, M-23, 司法解释(一) 7, 民法典 13: the answer of a ledger; never to whom, never since when, and "no record" is
/// not "unmarried". Where another authority keeps the ledger nothing here can answer, neither yes nor no. A dead person
/// is married to nobody: the marriage that stood at the death ended with it, whatever status it was.
#[must_use]
pub const fn answer(status: Status, dead: bool, kept_here: bool) -> Answer {
    if !kept_here {
        return Answer::Unresolved;
    }
    match status {
        Status::Married if dead => Answer::NoSpouseOnRecord,
        Status::Married => Answer::SpouseOnRecord,
        Status::Divorced | Status::Widowed => Answer::NoSpouseOnRecord,
        // A declaration of one's own is no record of a registry.
        Status::NoRecord | Status::NeverMarriedDeclared => Answer::NoRecordFound,
        Status::Held | Status::InDoubt | Status::Disputed | Status::LegacyUnresolved => {
            Answer::Unresolved
        }
    }
}

/// M-25, 司法解释(一) 7: whether the answer must carry the disclaimer.
#[must_use]
pub const fn needs_disclaimer(answer: Answer) -> bool {
    !matches!(answer, Answer::SpouseOnRecord)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_is_told_and_a_negative_answer_says_what_it_is_not() {
        for (status, told, disclaimer) in [
            (Status::Married, Answer::SpouseOnRecord, false),
            (Status::Divorced, Answer::NoSpouseOnRecord, true),
            (Status::Widowed, Answer::NoSpouseOnRecord, true),
            (Status::NoRecord, Answer::NoRecordFound, true),
            (Status::NeverMarriedDeclared, Answer::NoRecordFound, true),
            (Status::Disputed, Answer::Unresolved, true),
            (Status::Held, Answer::Unresolved, true),
            (Status::InDoubt, Answer::Unresolved, true),
            (Status::LegacyUnresolved, Answer::Unresolved, true),
        ] {
            assert_eq!(answer(status, false, true), told);
            assert_eq!(answer(status, false, false), Answer::Unresolved);
            assert_eq!(needs_disclaimer(told), disclaimer);
            // The dead have no spouse; what is open about them stays open.
            let of_the_dead = match told {
                Answer::SpouseOnRecord => Answer::NoSpouseOnRecord,
                other => other,
            };
            assert_eq!(answer(status, true, true), of_the_dead, "{status:?}");
            assert_eq!(answer(status, true, false), Answer::Unresolved);
        }
    }
}
