//! The states of a name on its way to being in force (`domain.md` B.3.5).

use async_graphql::Enum;
use sea_orm::{DeriveActiveEnum, EnumIter};

/// Where a naming application stands (地名申请状态).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "Text",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
#[graphql(name = "NamingState")]
pub enum NamingState {
    /// Being written, not yet sent (草稿).
    Draft,
    /// Sent by the applicant (已提交).
    Submitted,
    /// Complete in form (已受理).
    Accepted,
    /// Names that are equal or sound alike were found and are being judged (重名同音核查).
    ConflictCheck,
    /// Evaluation, experts' and public opinions (评估论证).
    Evaluation,
    /// Before the approving body (审核).
    Review,
    /// Approved, filing and notice are due (已批准).
    Approved,
    /// Filed (已备案).
    Filed,
    /// Made public (已公告).
    Noticed,
    /// In force (生效).
    InForce,
    /// Replaced by a new name (已更名).
    Renamed,
    /// The name no longer exists (已注销).
    Cancelled,
    /// Sent back to the applicant (已退回).
    Returned,
    /// Refused (不予批准).
    Rejected,
}

impl NamingState {
    /// Whether a name may go from this state to `next`. `REJECTED` and `RETURNED` only before approval.
    pub fn may_become(self, next: Self) -> bool {
        use NamingState as S;
        match (self, next) {
            (S::Draft, S::Submitted)
            | (S::Submitted, S::Accepted)
            | (S::Accepted, S::ConflictCheck)
            | (S::ConflictCheck, S::Evaluation)
            | (S::Evaluation, S::Review)
            | (S::Review, S::Approved)
            | (S::Approved, S::Filed)
            | (S::Filed, S::Noticed)
            | (S::Noticed, S::InForce)
            | (S::InForce, S::Renamed | S::Cancelled)
            | (S::Returned, S::Submitted) => true,
            (from, S::Rejected | S::Returned) => from.is_pending() && from != S::Draft,
            _ => false,
        }
    }

    /// Before approval and not refused.
    pub fn is_pending(self) -> bool {
        use NamingState as S;
        matches!(
            self,
            S::Draft | S::Submitted | S::Accepted | S::ConflictCheck | S::Evaluation | S::Review
        )
    }

    /// The states that an application passes at once on submission: complete in form and checked for
    /// conflicts; without any it goes on to evaluation.
    pub fn after_submission(conflicts: usize) -> &'static [Self] {
        use NamingState as S;
        if conflicts == 0 {
            &[
                S::Draft,
                S::Submitted,
                S::Accepted,
                S::ConflictCheck,
                S::Evaluation,
            ]
        } else {
            &[S::Draft, S::Submitted, S::Accepted, S::ConflictCheck]
        }
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::Iterable;

    use super::*;

    #[test]
    fn submission_walks_along_allowed_steps() {
        for conflicts in [0, 1] {
            for step in NamingState::after_submission(conflicts).windows(2) {
                assert!(step[0].may_become(step[1]), "{step:?}");
            }
        }
    }

    #[test]
    fn nothing_is_refused_after_approval() {
        for state in NamingState::iter().filter(|s| !s.is_pending()) {
            assert!(!state.may_become(NamingState::Rejected), "{state:?}");
            assert!(!state.may_become(NamingState::Returned), "{state:?}");
        }
        assert!(NamingState::Review.may_become(NamingState::Rejected));
        assert!(!NamingState::Submitted.may_become(NamingState::Approved));
    }
}
