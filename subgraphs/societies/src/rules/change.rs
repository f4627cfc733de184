//! Changing, filing and ending a registration (O-9, O-18).

use super::Refusal;
use super::parameter::{Parameter, count};
use chrono::NaiveDate;
use minzheng_kit::calendar::WorkCalendar;

/// O-9, 社会团体登记管理条例 第十八条: a charter is approved; only seal and account are filed.
pub const CHARTER_IS_APPROVED: Refusal = Refusal::new(
    "CHARTER_IS_APPROVED",
    "A charter is approved on application, not filed.",
    "章程须经申请核准，不适用备案。",
    "社会团体登记管理条例 (2016) 第十八条",
);

/// O-9, 社会团体登记管理条例 第十八条、民法典 第二百零三条: a change is asked for within 30 days of the supervisor's consent, of
/// which the last moves behind days of rest. Who comes late is taken too, for an unregistered change is worse; the
/// answer says whether it is late. A body without a supervising department has nothing to wait for.
pub fn change_asked(
    has_supervisor: bool,
    consented: Option<NaiveDate>,
    today: NaiveDate,
) -> Result<bool, Refusal> {
    const BASIS: &str = "社会团体登记管理条例 (2016) 第十八条";
    let Some(consented) = consented else {
        if has_supervisor {
            return Err(Refusal::new(
                "SUPERVISOR_CONSENT_MISSING",
                "The supervising department must consent to the change first.",
                "变更登记须先经业务主管单位审查同意。",
                BASIS,
            ));
        }
        return Ok(false);
    };
    if consented > today {
        return Err(Refusal::new(
            "CONSENT_IN_THE_FUTURE",
            "The consent cannot lie in the future.",
            "审查同意日期不得晚于今天。",
            BASIS,
        ));
    }
    let days = u64::from(count(Parameter::ChangeDays, consented));
    Ok(is_over(consented, days, today))
}

/// 民法典 201, 203: whether a term of `days` days after an act is over. The act's own day is not counted, a last day of
/// rest moves behind.
fn is_over(act: NaiveDate, days: u64, today: NaiveDate) -> bool {
    WorkCalendar::china().days_after(act, days).day < today
}

/// What is handed in with the request to deregister.
#[derive(Clone, Copy, Debug)]
pub struct Ending {
    /// The day its liquidation group was formed; none where there is no group.
    pub group_formed: Option<NaiveDate>,
    /// The day the liquidation ended.
    pub liquidation_ended: NaiveDate,
    /// The liquidation report is there.
    pub report: bool,
    /// The certificate is handed back.
    pub certificate: bool,
    /// The seals are handed back.
    pub seals: bool,
    /// The accounts are handed over.
    pub accounts: bool,
}

/// O-18, 社会团体登记管理条例 第十九条、第二十条: a liquidation is the work of a group that was formed for it, ends after
/// that and not in the future. It holds for a revoked body as for one that ends by itself.
pub fn liquidated(
    group_formed: Option<NaiveDate>,
    ended: NaiveDate,
    today: NaiveDate,
) -> Result<(), Refusal> {
    const BASIS: &str = "社会团体登记管理条例 (2016) 第十九条、第二十条";
    let refuse = |code, en, zh| Err(Refusal::new(code, en, zh, BASIS));
    let Some(group_formed) = group_formed else {
        return refuse(
            "LIQUIDATION_GROUP_MISSING",
            "A liquidation group must be formed first; begin the liquidation.",
            "应先成立清算组织，开始清算。",
        );
    };
    if ended < group_formed {
        return refuse(
            "LIQUIDATION_ENDS_BEFORE_IT_BEGINS",
            "The liquidation ends after its group was formed.",
            "清算结束日期应不早于清算组织成立日期。",
        );
    }
    if ended > today {
        return refuse(
            "LIQUIDATION_NOT_OVER",
            "The liquidation must be over.",
            "清算结束后方可办理注销登记。",
        );
    }
    Ok(())
}

/// O-18, 社会团体登记管理条例 第十九条、第二十条: a body is liquidated once, by one group.
pub fn one_group(is_formed: bool) -> Result<(), Refusal> {
    if !is_formed {
        return Ok(());
    }
    Err(Refusal::new(
        "LIQUIDATION_GROUP_FORMED",
        "A liquidation group was formed already.",
        "该社会组织已成立清算组织。",
        "社会团体登记管理条例 (2016) 第十九条、第二十条",
    ))
}

/// O-18, 社会团体登记管理条例 第十九条至第二十一条: after the liquidation by its group, with its report, certificate, seals and
/// accounts, within 15 days of its end, of which the last moves behind days of rest; who comes late is taken and marked. By whatever road the registration ends
/// (an application, a clean-up), this is asked.
pub fn deregistration(ending: &Ending, today: NaiveDate) -> Result<bool, Refusal> {
    const BASIS: &str = "社会团体登记管理条例 (2016) 第二十一条";
    liquidated(ending.group_formed, ending.liquidation_ended, today)?;
    if !(ending.report && ending.certificate && ending.seals && ending.accounts) {
        return Err(Refusal::new(
            "PAPERS_NOT_HANDED_IN",
            "The liquidation report, the certificate, the seals and the accounts are handed in.",
            "应提交清算报告书，交回登记证书、印章和财务凭证。",
            BASIS,
        ));
    }
    let days = u64::from(count(
        Parameter::DeregistrationDays,
        ending.liquidation_ended,
    ));
    Ok(is_over(ending.liquidation_ended, days, today))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::day;

    #[test]
    fn a_change_comes_within_thirty_days_of_the_consent() {
        let sunday = "2026-11-22";
        let code = |r: Result<bool, Refusal>| r.map_err(|refusal| refusal.code);
        for (supervisor, consented, today, expected) in [
            (true, Some(sunday), sunday, Ok(false)),
            (true, Some("2026-10-20"), "2026-11-19", Ok(false)),
            (true, Some("2026-10-20"), "2026-11-20", Ok(true)),
            // 民法典 203: the thirtieth day is a Saturday, then a Sunday; and one of the Spring Festival.
            (true, Some("2026-10-22"), "2026-11-23", Ok(false)),
            (true, Some("2026-10-23"), "2026-11-23", Ok(false)),
            (true, Some("2026-10-22"), "2026-11-24", Ok(true)),
            (true, Some("2026-01-16"), "2026-02-24", Ok(false)),
            (true, Some("2026-01-16"), "2026-02-25", Ok(true)),
            (true, None, sunday, Err("SUPERVISOR_CONSENT_MISSING")),
            (
                true,
                Some("2026-11-23"),
                sunday,
                Err("CONSENT_IN_THE_FUTURE"),
            ),
            (false, None, sunday, Ok(false)),
        ] {
            let result = change_asked(supervisor, consented.map(day), day(today));
            assert_eq!(code(result), expected, "{supervisor} {consented:?} {today}");
        }
    }

    #[test]
    fn an_organization_ends_with_everything_handed_in() {
        // A Monday; the fifteenth day of the liquidation's end was the Saturday before.
        let today = day("2026-11-23");
        let whole = Ending {
            group_formed: Some(day("2026-10-01")),
            liquidation_ended: day("2026-11-06"),
            report: true,
            certificate: true,
            seals: true,
            accounts: true,
        };
        let code = |ending: &Ending| deregistration(ending, today).map_err(|r| r.code);
        assert_eq!(code(&whole), Ok(false));
        let late = Ending {
            liquidation_ended: day("2026-11-05"),
            ..whole
        };
        assert_eq!(code(&late), Ok(true));
        for missing in [
            Ending {
                report: false,
                ..whole
            },
            Ending {
                certificate: false,
                ..whole
            },
            Ending {
                seals: false,
                ..whole
            },
            Ending {
                accounts: false,
                ..whole
            },
        ] {
            assert_eq!(code(&missing), Err("PAPERS_NOT_HANDED_IN"));
        }
        let future = Ending {
            liquidation_ended: day("2026-11-24"),
            ..whole
        };
        assert_eq!(code(&future), Err("LIQUIDATION_NOT_OVER"));
        let alone = Ending {
            group_formed: None,
            ..whole
        };
        assert_eq!(code(&alone), Err("LIQUIDATION_GROUP_MISSING"));
        let before = Ending {
            group_formed: Some(day("2026-11-08")),
            ..whole
        };
        assert_eq!(code(&before), Err("LIQUIDATION_ENDS_BEFORE_IT_BEGINS"));
        assert!(one_group(false).is_ok() && one_group(true).is_err());
    }
}
