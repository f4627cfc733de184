//! How long waits what one officer asks for and another confirms: the release of ashes, the taking back of a death. That
//! the two are two people is [`minzheng_kit::officer`]'s.

use chrono::{DateTime, TimeDelta, Utc};
use minzheng_kit::error::UserError;

use super::Verdict;
use super::settings::{Parameter, Settings};

/// F-15, F-19, 双人复核（本系统设定）: whether what was asked for has waited too long for its second officer.
pub fn has_lapsed(asked_at: DateTime<Utc>, now: DateTime<Utc>, settings: &Settings<'_>) -> bool {
    now >= asked_at + TimeDelta::days(settings.value(Parameter::ProposalDays))
}

/// F-15, F-19, 双人复核（本系统设定）: what waited too long is asked for anew, on the papers of that day.
pub fn in_time(asked_at: DateTime<Utc>, now: DateTime<Utc>, settings: &Settings<'_>) -> Verdict {
    if !has_lapsed(asked_at, now, settings) {
        return Ok(());
    }
    Err(UserError::new(
        "PROPOSAL_EXPIRED",
        "This waited too long for its second officer; ask for it anew.",
        "该申请超过复核期限，已失效，请重新提出。",
    )
    .field(&["confirm"])
    .basis(settings.basis(Parameter::ProposalDays)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::rules::settings;

    #[test]
    fn a_proposal_waits_seven_days_for_its_second_officer() {
        let day = |d| chrono::NaiveDate::from_ymd_opt(2026, 11, d).unwrap();
        let rules = settings::on("51", day(22));
        let at = DateTime::UNIX_EPOCH;
        let end = at + TimeDelta::days(7);
        assert!(in_time(at, end - TimeDelta::seconds(1), &rules).is_ok());
        let code = in_time(at, end, &rules).err().map(|e| e.code);
        assert_eq!(code.as_deref(), Some("PROPOSAL_EXPIRED"));
    }
}
