//! Who holds the body and the ashes, link by link.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use minzheng_kit::error::UserError;
use minzheng_kit::officer::Officer;

use super::settings::{Parameter, Settings};
use super::terms::{Holder, KinRelation, ReleaseState};
use super::{REGULATION, Verdict};

/// One link of the chain: from whom, to whom, when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Place in the chain, from 1.
    pub seq: i32,
    /// Who gave.
    pub from: Holder,
    /// Who took.
    pub to: Holder,
    /// When.
    pub at: DateTime<Utc>,
}

/// F-15, 骨灰管理规则（设定）: the chain of custody has no gap: each link begins with the holder at
/// whom the last one ended, is numbered on, and is no earlier.
pub fn next_link(
    last: Option<&Link>,
    from: Holder,
    to: Holder,
    at: DateTime<Utc>,
) -> Verdict<Link> {
    let fits = match last {
        None => from == Holder::Family,
        Some(last) => last.to == from && last.at <= at && last.to != Holder::Sea,
    };
    if !fits || from == to {
        return Err(UserError::new(
            "CUSTODY_GAP",
            "This does not continue the chain of custody.",
            "与此前的保管交接记录不衔接。",
        )
        .basis(REGULATION));
    }
    Ok(Link {
        seq: last.map_or(1, |l| l.seq + 1),
        from,
        to,
        at,
    })
}

/// F-15, chain of custody: whether a whole chain has no gap.
pub fn unbroken(chain: &[Link]) -> bool {
    let mut last: Option<&Link> = None;
    chain.iter().all(|link| {
        let fits = next_link(last, link.from, link.to, link.at).is_ok_and(|made| made == *link);
        last = Some(link);
        fits
    })
}

/// To whom ashes are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receiver<'r> {
    /// Whether the receiver is the recorded applicant.
    pub is_applicant: bool,
    /// Number of the written authority, of anyone else.
    pub authority: Option<&'r str>,
    /// What the receiver is to the deceased.
    pub relation: KinRelation,
}

/// F-15, 骨灰管理规则（设定）: ashes are given to the applicant, or to another on written authority.
pub fn receiver(receiver: &Receiver<'_>) -> Verdict {
    let authorised = receiver
        .authority
        .is_some_and(|paper| (1..=60).contains(&paper.trim().chars().count()));
    if receiver.is_applicant || authorised {
        return Ok(());
    }
    Err(UserError::new(
        "AUTHORITY_REQUIRED",
        "Ashes are given to the applicant only, or on the applicant's written authority.",
        "骨灰仅可由申办人领取，他人领取须持书面委托。",
    )
    .field(&["authority"])
    .basis(REGULATION))
}

/// F-15, 骨灰管理规则（设定）: two officers, and not one under two hats; neither of them is who takes the ashes.
pub fn second_person(
    state: ReleaseState,
    first: Officer<'_>,
    second: Officer<'_>,
    receiver: &str,
) -> Verdict {
    if state != ReleaseState::Asked {
        return Err(super::no_such_move(
            "This release is no longer waiting for a second officer.",
            "该领取申请已处理。",
        ));
    }
    if second.is_another_than(first) && not_their_own(second, receiver).is_ok() {
        return Ok(());
    }
    Err(UserError::new(
        "SECOND_OFFICER_REQUIRED",
        "A second officer must check the release.",
        "骨灰领取须由另一名工作人员复核。",
    )
    .basis(REGULATION))
}

/// F-15, 骨灰管理规则（设定）: an officer hands no ashes to themselves.
pub fn not_their_own(officer: Officer<'_>, receiver: &str) -> Verdict {
    if !officer.is_among([receiver]) {
        return Ok(());
    }
    Err(UserError::new(
        "OWN_MATTER",
        "This concerns you yourself; a colleague does it.",
        "该事项涉及本人，应当回避，由其他工作人员办理。",
    )
    .basis(REGULATION))
}

/// F-15, 骨灰寄存服务规则（设定）: until when ashes are kept: the day that is named, no past one, or else the usual term
/// from today.
pub fn paid_until(
    named: Option<NaiveDate>,
    today: NaiveDate,
    settings: &Settings<'_>,
) -> Verdict<NaiveDate> {
    let usual = || today + Duration::days(settings.value(Parameter::CustodyTermDays));
    let until = named.unwrap_or_else(usual);
    if until >= today {
        return Ok(until);
    }
    Err(UserError::new(
        "PAID_UNTIL_PAST",
        "The custody is paid until a day that is past.",
        "寄存到期日早于今日。",
    )
    .field(&["paidUntil"]))
}

/// F-15, 骨灰管理规则（设定）: a corrected cremation ends before its ashes were taken into custody.
pub fn after_cremation(ended: DateTime<Utc>, kept_from: Option<DateTime<Utc>>) -> Verdict {
    if kept_from.is_none_or(|from| ended <= from) {
        return Ok(());
    }
    Err(UserError::new(
        "CREMATION_AFTER_CUSTODY",
        "The ashes were taken into custody before this time; correct the cremation to an earlier one.",
        "骨灰入库寄存早于该火化时间；请更正为更早的火化时间。",
    )
    .field(&["endedAt"])
    .basis(REGULATION))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use chrono::TimeDelta;

    fn at(hour: i64) -> DateTime<Utc> {
        DateTime::<Utc>::UNIX_EPOCH + TimeDelta::hours(hour)
    }

    #[test]
    fn ashes_are_kept_until_the_day_named_or_for_the_usual_term() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let today = day("2026-11-22");
        let rules = super::super::settings::on("51", today);
        let table = [
            (None, Ok(day("2027-11-22"))),
            (Some("2026-11-22"), Ok(today)),
            (Some("2031-01-01"), Ok(day("2031-01-01"))),
            (Some("2026-11-21"), Err("PAID_UNTIL_PAST".to_owned())),
        ];
        for (named, expected) in table {
            let found = paid_until(named.map(day), today, &rules).map_err(|e| e.code.to_string());
            assert_eq!(found, expected, "{named:?}");
        }
        for (kept_from, fits) in [(None, true), (Some(3), true), (Some(2), false)] {
            assert_eq!(after_cremation(at(3), kept_from.map(at)).is_ok(), fits);
        }
    }

    #[test]
    fn a_chain_from_the_family_to_the_grave_has_no_gap() {
        use Holder::*;
        let road = [
            (Family, Hearse),
            (Hearse, Store),
            (Store, Cremator),
            (Cremator, AshStore),
            (AshStore, Grave),
        ];
        let mut chain: Vec<Link> = Vec::new();
        for (hour, (from, to)) in road.into_iter().enumerate() {
            let link = next_link(chain.last(), from, to, at(hour as i64)).unwrap();
            chain.push(link);
        }
        assert!(unbroken(&chain));
        // Whichever link is taken out of the middle, the gap shows.
        for gone in 0..chain.len() - 1 {
            let mut broken = chain.clone();
            broken.remove(gone);
            assert!(!unbroken(&broken), "{gone}");
        }
    }

    #[test]
    fn a_link_that_does_not_fit_is_refused() {
        use Holder::*;
        let last = Link {
            seq: 3,
            from: Store,
            to: Cremator,
            at: at(5),
        };
        let table = [
            (Some(&last), Cremator, AshStore, at(5), true),
            (Some(&last), Cremator, AshStore, at(4), false),
            (Some(&last), Store, AshStore, at(6), false),
            (Some(&last), Cremator, Cremator, at(6), false),
            (None, Store, Cremator, at(6), false),
            (None, Family, Hearse, at(6), true),
        ];
        for (last, from, to, when, fits) in table {
            assert_eq!(
                next_link(last, from, to, when).is_ok(),
                fits,
                "{from:?} {to:?}"
            );
        }
        let sunk = Link {
            seq: 1,
            from: AshStore,
            to: Sea,
            at: at(0),
        };
        assert!(next_link(Some(&sunk), Sea, AshStore, at(1)).is_err());
    }

    #[test]
    fn ashes_are_for_the_applicant_or_on_written_authority() {
        let table = [
            (true, None, true),
            (false, None, false),
            (false, Some(" "), false),
            (false, Some("委-1"), true),
        ];
        for (is_applicant, authority, allowed) in table {
            let who = Receiver {
                is_applicant,
                authority,
                relation: KinRelation::Child,
            };
            assert_eq!(
                receiver(&who).is_ok(),
                allowed,
                "{is_applicant} {authority:?}"
            );
        }
    }

    #[test]
    fn one_officer_cannot_be_two() {
        use ReleaseState::*;
        let officer = |account, person| Officer { account, person };
        let a = officer(Some("a"), Some("P1"));
        let table = [
            (Asked, a, officer(Some("b"), Some("P2")), true),
            (Asked, a, officer(Some("b"), None), true),
            (Asked, a, officer(Some("a"), None), false),
            (Asked, a, officer(Some("b"), Some("P1")), false),
            (Asked, a, officer(Some("b"), Some("receiver")), false),
            (Asked, Officer::default(), officer(Some("b"), None), false),
            (Asked, a, Officer::default(), false),
            (Confirmed, a, officer(Some("b"), None), false),
            (Withdrawn, a, officer(Some("b"), None), false),
            (Expired, a, officer(Some("b"), None), false),
        ];
        for (state, first, second, allowed) in table {
            assert_eq!(
                second_person(state, first, second, "receiver").is_ok(),
                allowed,
                "{state:?} {first:?} {second:?}"
            );
        }
        assert!(not_their_own(a, "P1").is_err() && not_their_own(a, "P2").is_ok());
    }
}
