//! Changing, filing and ending a registration (O-9, O-18).

use super::Refusal;
use super::parameter::{Parameter, count};
use chrono::{Days, NaiveDate};

/// O-9, 社会团体登记管理条例 第十八条: a change is asked for within 30 days of the supervisor's consent. Who comes
/// late is taken too, for an unregistered change is worse; the answer says whether it is late. A body
/// without a supervising department has nothing to wait for.
pub fn change_asked(
    has_supervisor: bool,
    consented: Option<NaiveDate>,
    today: NaiveDate,
) -> Result<bool, Refusal> {
    const BASIS: &str = "社会团体登记管理条例 (2016) 第十八条";
    let Some(consented) = consented else {
        if has_supervisor {
            return Err(Refusal {
                code: "SUPERVISOR_CONSENT_MISSING",
                en: "The supervising department must consent to the change first.",
                zh: "变更登记须先经业务主管单位审查同意。",
                basis: BASIS,
            });
        }
        return Ok(false);
    };
    if consented > today {
        return Err(Refusal {
            code: "CONSENT_IN_THE_FUTURE",
            en: "The consent cannot lie in the future.",
            zh: "审查同意日期不得晚于今天。",
            basis: BASIS,
        });
    }
    let days = u64::from(count(Parameter::ChangeDays, consented));
    Ok(consented
        .checked_add_days(Days::new(days))
        .is_some_and(|last| last < today))
}

/// What is handed in with the request to deregister.
#[derive(Clone, Copy, Debug)]
pub struct Ending {
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

/// O-18, 社会团体登记管理条例 第十九条至第二十一条: after the liquidation, with its report, certificate, seals and
/// accounts, within 15 days of its end; who comes late is taken and marked.
pub fn deregistration(ending: &Ending, today: NaiveDate) -> Result<bool, Refusal> {
    const BASIS: &str = "社会团体登记管理条例 (2016) 第二十一条";
    if ending.liquidation_ended > today {
        return Err(Refusal {
            code: "LIQUIDATION_NOT_OVER",
            en: "The liquidation must be over.",
            zh: "清算结束后方可办理注销登记。",
            basis: BASIS,
        });
    }
    if !(ending.report && ending.certificate && ending.seals && ending.accounts) {
        return Err(Refusal {
            code: "PAPERS_NOT_HANDED_IN",
            en: "The liquidation report, the certificate, the seals and the accounts are handed in.",
            zh: "应提交清算报告书，交回登记证书、印章和财务凭证。",
            basis: BASIS,
        });
    }
    let days = u64::from(count(
        Parameter::DeregistrationDays,
        ending.liquidation_ended,
    ));
    Ok(ending
        .liquidation_ended
        .checked_add_days(Days::new(days))
        .is_some_and(|last| last < today))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::day;

    #[test]
    fn a_change_comes_within_thirty_days_of_the_consent() {
        let today = day("2026-11-22");
        let code = |r: Result<bool, Refusal>| r.map_err(|refusal| refusal.code);
        for (supervisor, consented, expected) in [
            (true, Some("2026-11-22"), Ok(false)),
            (true, Some("2026-10-23"), Ok(false)),
            (true, Some("2026-10-22"), Ok(true)),
            (true, None, Err("SUPERVISOR_CONSENT_MISSING")),
            (true, Some("2026-11-23"), Err("CONSENT_IN_THE_FUTURE")),
            (false, None, Ok(false)),
        ] {
            let result = change_asked(supervisor, consented.map(day), today);
            assert_eq!(code(result), expected, "{supervisor} {consented:?}");
        }
    }

    #[test]
    fn an_organization_ends_with_everything_handed_in() {
        let today = day("2026-11-22");
        let whole = Ending {
            liquidation_ended: day("2026-11-07"),
            report: true,
            certificate: true,
            seals: true,
            accounts: true,
        };
        let code = |ending: &Ending| deregistration(ending, today).map_err(|r| r.code);
        assert_eq!(code(&whole), Ok(false));
        let late = Ending {
            liquidation_ended: day("2026-11-06"),
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
            liquidation_ended: day("2026-11-23"),
            ..whole
        };
        assert_eq!(code(&future), Err("LIQUIDATION_NOT_OVER"));
    }
}
