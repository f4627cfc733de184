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

/// M-25, 司法解释(一) 7: the answer of a ledger; never to whom, never since when, and "no record" is
/// not "unmarried". Where another authority keeps the ledger nothing here can answer, neither yes nor no.
#[must_use]
pub const fn answer(status: Status, kept_here: bool) -> Answer {
    if !kept_here {
        return Answer::Unresolved;
    }
    match status {
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
            assert_eq!(answer(status, true), told);
            assert_eq!(answer(status, false), Answer::Unresolved);
            assert_eq!(needs_disclaimer(told), disclaimer);
        }
    }
}
