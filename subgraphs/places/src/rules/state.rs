//! The states of a name on its way to being in force (`domain.md` B.3.5).

use async_graphql::Enum;
use chrono::NaiveDate;
use minzheng_kit::UserError;
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
            // The notice need not wait for the filing, nor the filing for the notice: both have 15 days.
            | (S::Approved, S::Filed | S::Noticed)
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

    /// Whether its name is decided on and not yet in force: it already keeps others from the name.
    pub fn is_decided(self) -> bool {
        use NamingState as S;
        matches!(self, S::Approved | S::Filed | S::Noticed)
    }

    /// B.3.5: the state on a day. What was made public for a later day comes into force by itself; nobody has
    /// to run anything for it.
    pub fn on(self, effective: Option<NaiveDate>, today: NaiveDate) -> Self {
        match (self, effective) {
            (Self::Noticed, Some(day)) if day <= today => Self::InForce,
            (state, _) => state,
        }
    }

    /// B.3.5: `Ok` when a name may go from this state to `next`, else the refusal.
    pub fn step(self, next: Self) -> Result<Self, UserError> {
        if self.may_become(next) {
            return Ok(next);
        }
        Err(UserError::new(
            "STATE_UNFIT",
            "The application does not stand where this step can be done.",
            "申请当前状态不能办理此事项。",
        )
        .field(&["input", "applicationId"])
        .basis("地名管理条例第十一条至第十四条"))
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
    fn what_was_made_public_comes_into_force_on_its_day() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let on = |today: &str| NamingState::Noticed.on(Some(day("2026-12-01")), day(today));
        assert_eq!(on("2026-11-30"), NamingState::Noticed);
        assert_eq!(on("2026-12-01"), NamingState::InForce);
        let filed = NamingState::Filed.on(Some(day("2026-12-01")), day("2027-01-01"));
        assert_eq!(filed, NamingState::Filed);
    }

    #[test]
    fn every_state_but_the_last_ones_leads_on_and_no_path_goes_round_approval() {
        use NamingState as S;
        for state in S::iter() {
            let leads = S::iter().any(|next| state.may_become(next));
            let last = matches!(state, S::Renamed | S::Cancelled | S::Rejected);
            assert_eq!(leads, !last, "{state:?}");
            if state != S::Review {
                assert!(!state.may_become(S::Approved), "{state:?}");
            }
            if state.may_become(S::InForce) {
                assert_eq!(state, S::Noticed);
            }
        }
        assert!(S::Submitted.step(S::Approved).is_err());
        assert!(S::Draft.step(S::Submitted).is_ok());
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
