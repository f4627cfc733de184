//! Bodies that nobody claims.

use chrono::NaiveDate;
use minzheng_kit::calendar::Deadline;
use minzheng_kit::error::UserError;

use super::Verdict;
use super::period::{self, has_run};
use super::settings::{Parameter, Settings};
use super::terms::KinRelation;

/// The notice for an unclaimed body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Day on which public security gave its notice.
    pub police_notified_on: NaiveDate,
    /// Day on which the public notice appeared.
    pub published_on: NaiveDate,
    /// Day on which someone claimed the body; none while nobody has.
    pub claimed_on: Option<NaiveDate>,
}

/// F-16, 无人认领遗体处理规定: the public notice follows the notice of public security and is not
/// published ahead.
pub fn publish(notice: &Notice, today: NaiveDate) -> Verdict {
    if notice.police_notified_on <= notice.published_on && notice.published_on <= today {
        return Ok(());
    }
    Err(UserError::new(
        "NOTICE_OUT_OF_ORDER",
        "The public notice follows the notice of public security and lies not in the future.",
        "公告应在公安机关告知之后发布，且不得晚于今日。",
    )
    .field(&["publishedOn"])
    .basis("无人认领遗体处理规定"))
}

/// F-16, 无人认领遗体处理规定 with 民法典 203: the last day of the public notice; the day of publication is not
/// counted.
pub fn notice_ends(published_on: NaiveDate, settings: &Settings<'_>) -> Deadline {
    period::days_after(published_on, settings.value(Parameter::UnclaimedNoticeDays))
}

/// For whom a body is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// What the applicant is to the deceased.
    pub relation: KinRelation,
    /// Whether a relative was recorded by an officer.
    pub kin_known: bool,
    /// Whether the unit that applied arranges the funeral on a paper of its own right: it kept the deceased
    /// (特困供养), was bound by contract (遗赠扶养协议), or acts for the family.
    pub mandate: bool,
}

/// F-16, 无人认领遗体处理规定: a body that a unit brought in, for whom no relative is known and no paper makes the unit
/// responsible, is an unclaimed one.
pub const fn is_unclaimed(claim: &Claim) -> bool {
    matches!(claim.relation, KinRelation::Institution) && !claim.kin_known && !claim.mandate
}

/// F-16, 无人认领遗体处理规定: an unclaimed body is cremated, or buried where bodies are, after its notice was published and
/// has run, and not before; a claimed one like any other.
pub fn may_dispose(
    claim: &Claim,
    notice: Option<&Notice>,
    today: NaiveDate,
    settings: &Settings<'_>,
) -> Verdict {
    match notice {
        None if is_unclaimed(claim) => Err(UserError::new(
            "NOTICE_REQUIRED",
            "Nobody has claimed this body: publish the notice, record a relative, or the paper by which the unit arranges the funeral.",
            "遗体无人认领，须先发布公告，或者登记近亲属、单位治丧依据。",
        )
        .field(&["case"])
        .basis(settings.basis(Parameter::UnclaimedNoticeDays))),
        Some(notice)
            if notice.claimed_on.is_none()
                && !has_run(notice_ends(notice.published_on, settings), today)? =>
        {
            Err(UserError::new(
                "NOTICE_STILL_RUNNING",
                "The public notice for this unclaimed body is still running.",
                "无主遗体公告期未满，不得火化、安葬。",
            )
            .basis(settings.basis(Parameter::UnclaimedNoticeDays)))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::rules::settings;

    fn day(month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, month, day).unwrap()
    }

    #[test]
    fn an_unclaimed_body_waits_for_the_whole_notice() {
        let rules = settings::on("51", day(11, 22));
        let open = Notice {
            police_notified_on: day(8, 30),
            published_on: day(9, 1),
            claimed_on: None,
        };
        // 民法典 203: 31 October is a Saturday.
        assert_eq!(notice_ends(open.published_on, &rules).day, day(11, 2));
        let claimed = Notice {
            claimed_on: Some(day(9, 20)),
            ..open
        };
        let table = [
            (None, day(9, 2), true),
            (Some(&open), day(11, 1), false),
            (Some(&open), day(11, 2), false),
            (Some(&open), day(11, 3), true),
            (Some(&claimed), day(9, 21), true),
        ];
        let family = Claim {
            relation: KinRelation::Child,
            kin_known: false,
            mandate: false,
        };
        for (notice, today, allowed) in table {
            assert_eq!(
                may_dispose(&family, notice, today, &rules).is_ok(),
                allowed,
                "{today}"
            );
        }
    }

    #[test]
    fn not_publishing_the_notice_is_no_way_round_it() {
        // 无人认领遗体处理规定: 公告期满仍无人认领的，方可火化.
        let rules = settings::on("51", day(11, 22));
        let run = Notice {
            police_notified_on: day(8, 30),
            published_on: day(9, 1),
            claimed_on: None,
        };
        use KinRelation::{Child, Institution};
        let table = [
            (Institution, false, false, None, Some("NOTICE_REQUIRED")),
            (Institution, true, false, None, None),
            (Institution, false, true, None, None),
            (Institution, false, false, Some(&run), None),
            (Child, false, false, None, None),
        ];
        for (relation, kin_known, mandate, notice, expected) in table {
            let claim = Claim {
                relation,
                kin_known,
                mandate,
            };
            let verdict = may_dispose(&claim, notice, day(11, 22), &rules);
            assert_eq!(
                verdict.err().map(|e| e.code).as_deref(),
                expected,
                "{claim:?}"
            );
        }
    }

    #[test]
    fn the_public_notice_follows_that_of_the_police() {
        let table = [
            (day(9, 1), day(9, 1), true),
            (day(9, 2), day(9, 1), false),
            (day(9, 1), day(11, 23), false),
        ];
        for (police, published, fits) in table {
            let notice = Notice {
                police_notified_on: police,
                published_on: published,
                claimed_on: None,
            };
            assert_eq!(
                publish(&notice, day(11, 22)).is_ok(),
                fits,
                "{police} {published}"
            );
        }
    }
}
