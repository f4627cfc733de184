//! Penalties, revocation and the ban of illegal organizations (O-19, O-20).

use super::parameter::{Parameter, count, number};
use super::{Refusal, add_years};
use crate::vocabulary::{IllegalGround, OrgKind, OrgPenaltyGround, OrgPenaltyKind};
use chrono::NaiveDate;

/// A penalty to be imposed; sums in fen.
#[derive(Clone, Copy, Debug)]
pub struct Penalty {
    /// The kind of organization that is punished.
    pub of: OrgKind,
    /// What it is.
    pub kind: OrgPenaltyKind,
    /// What is punished.
    pub ground: OrgPenaltyGround,
    /// The fine, 0 for none.
    pub fine_fen: i64,
    /// Illegal income found, 0 for none.
    pub income_fen: i64,
    /// Illegal turnover found, 0 for none.
    pub turnover_fen: i64,
    /// The day of the decision.
    pub decided: NaiveDate,
    /// The last day of a suspension.
    pub until: Option<NaiveDate>,
}

/// The article on penalties of a kind of organization.
const fn basis(of: OrgKind) -> &'static str {
    match of {
        OrgKind::SocialGroup => "社会团体登记管理条例 (2016) 第三十条",
        OrgKind::CivilNonEnterprise => "民办非企业单位登记管理暂行条例 (1998) 第二十五条",
        OrgKind::Foundation => "基金会管理条例 (2004) 第四十二条",
    }
}

/// O-19, 社会团体登记管理条例 第三十条 and 民办非企业单位登记管理暂行条例 第二十五条: a fine is 3 to 5 times the illegal income,
/// or 1 to 3 times the illegal turnover, and there is none without one of them. 基金会管理条例 第四十二条 knows warning,
/// suspension and revocation, and no fine.
pub fn fine(penalty: &Penalty) -> Result<(), Refusal> {
    let refuse = |code, en, zh| Err(Refusal::new(code, en, zh, basis(penalty.of)));
    if penalty.fine_fen < 0 || penalty.income_fen < 0 || penalty.turnover_fen < 0 {
        return refuse(
            "NEGATIVE_FIGURE",
            "A sum may not be negative.",
            "金额不得为负。",
        );
    }
    if (penalty.kind == OrgPenaltyKind::Fine) != (penalty.fine_fen > 0)
        && matches!(penalty.kind, OrgPenaltyKind::Fine | OrgPenaltyKind::Warning)
    {
        return refuse(
            "FINE_DOES_NOT_FIT",
            "A fine has a sum, a warning has none.",
            "罚款应有数额；警告不得附带罚款数额。",
        );
    }
    if penalty.fine_fen == 0 {
        return Ok(());
    }
    if penalty.of == OrgKind::Foundation {
        return refuse(
            "NO_FINE_FOR_FOUNDATIONS",
            "A foundation is warned, suspended or revoked; its regulation knows no fine.",
            "对基金会可以给予警告、责令停止活动、撤销登记；基金会管理条例未设定罚款。",
        );
    }
    let on = penalty.decided;
    // In 128 bits, so that no sum can overflow the comparison.
    let times = |base: i64, by: Parameter| i128::from(base) * i128::from(number(by, on));
    let fine = i128::from(penalty.fine_fen);
    let by_income = penalty.income_fen > 0
        && (times(penalty.income_fen, Parameter::IncomeFineFrom)
            ..=times(penalty.income_fen, Parameter::IncomeFineTo))
            .contains(&fine);
    let by_turnover = penalty.turnover_fen > 0
        && (times(penalty.turnover_fen, Parameter::TurnoverFineFrom)
            ..=times(penalty.turnover_fen, Parameter::TurnoverFineTo))
            .contains(&fine);
    if by_income || by_turnover {
        return Ok(());
    }
    let refusal = Refusal::new(
        "FINE_OUT_OF_RANGE",
        "A fine is {incomeFrom} to {incomeTo} times the illegal income or {turnoverFrom} to {turnoverTo} times the \
         illegal turnover.",
        "罚款应为违法所得{incomeFrom}倍以上{incomeTo}倍以下，或者违法经营额{turnoverFrom}倍以上{turnoverTo}倍以下。",
        basis(penalty.of),
    );
    Err(refusal.with(
        &["incomeFrom", "incomeTo", "turnoverFrom", "turnoverTo"],
        &[
            number(Parameter::IncomeFineFrom, on),
            number(Parameter::IncomeFineTo, on),
            number(Parameter::TurnoverFineFrom, on),
            number(Parameter::TurnoverFineTo, on),
        ],
    ))
}

/// O-19, 社会团体登记管理条例 第三十条: a suspended body goes on when the suspension is over.
pub fn may_resume(of: OrgKind, suspension_runs: bool) -> Result<(), Refusal> {
    if !suspension_runs {
        return Ok(());
    }
    Err(Refusal::new(
        "SUSPENSION_NOT_OVER",
        "The suspension runs on.",
        "停止活动期限尚未届满。",
        basis(of),
    ))
}

/// O-19, 社会团体登记管理条例 第二十九条、第三十条: fraud is revoked and nothing less; a year without activity is
/// counted from the registration; a suspension has an end behind the decision.
pub fn penalty(penalty: &Penalty, founded: NaiveDate, today: NaiveDate) -> Result<(), Refusal> {
    let refuse = |code, en, zh| {
        Err(Refusal::new(
            code,
            en,
            zh,
            match penalty.of {
                OrgKind::SocialGroup => "社会团体登记管理条例 (2016) 第二十九条",
                OrgKind::CivilNonEnterprise => "民办非企业单位登记管理暂行条例 (1998) 第二十四条",
                OrgKind::Foundation => "基金会管理条例 (2004) 第四十一条",
            },
        ))
    };
    if penalty.decided > today || penalty.decided < founded {
        return refuse(
            "DECISION_DAY_IMPOSSIBLE",
            "The decision lies between the founding and today.",
            "处罚决定日期应在成立之后且不晚于今天。",
        );
    }
    if penalty.ground == OrgPenaltyGround::Fraud && penalty.kind != OrgPenaltyKind::Revocation {
        return refuse(
            "FRAUD_IS_REVOKED",
            "A registration gained by fraud is revoked.",
            "骗取登记的，应当撤销登记。",
        );
    }
    if penalty.ground == OrgPenaltyGround::InactiveOneYear
        && add_years(founded, count(Parameter::InactiveYears, penalty.decided)) > penalty.decided
    {
        let refused = refuse(
            "NOT_YET_INACTIVE",
            "An organization without activity is revoked {years} years after its registration at the earliest.",
            "自取得登记证书之日起未满{years}年未开展活动的，不得据此撤销登记。",
        );
        let years = number(Parameter::InactiveYears, penalty.decided);
        return refused.map_err(|refusal| refusal.with(&["years"], &[years]));
    }
    let suspended = penalty.kind == OrgPenaltyKind::Suspension;
    if suspended != penalty.until.is_some_and(|until| until > penalty.decided) {
        return refuse(
            "SUSPENSION_WITHOUT_END",
            "A suspension, and only a suspension, has an end behind the decision.",
            "限期停止活动应载明晚于决定日期的截止日期，其他处罚不得载明。",
        );
    }
    fine(penalty)
}

/// O-20, 社会团体登记管理条例 第三十二条: what may be banned: what was never registered, acts in preparation, or
/// goes on after revocation; a body that is registered is not illegal.
pub fn ban(ground: IllegalGround, is_registered: bool, was_revoked: bool) -> Result<(), Refusal> {
    let fits = match ground {
        IllegalGround::Unregistered | IllegalGround::ActsInPreparation => !is_registered,
        IllegalGround::AfterRevocation => was_revoked && !is_registered,
    };
    if fits {
        return Ok(());
    }
    Err(Refusal::new(
        "NOT_ILLEGAL",
        "Only a body that is not registered can be illegal; after a revocation it must have been revoked.",
        "只有未经登记、筹备期间擅自活动或者被撤销登记后继续活动的，方可认定为非法社会组织。",
        "社会团体登记管理条例 (2016) 第三十二条",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::day;

    const WARNING: OrgPenaltyKind = OrgPenaltyKind::Warning;

    fn given(kind: OrgPenaltyKind, fine: i64, income: i64, turnover: i64) -> Penalty {
        Penalty {
            of: OrgKind::SocialGroup,
            kind,
            ground: OrgPenaltyGround::UnlawfulCharges,
            fine_fen: fine,
            income_fen: income,
            turnover_fen: turnover,
            decided: day("2026-11-20"),
            until: (kind == OrgPenaltyKind::Suspension).then(|| day("2027-02-20")),
        }
    }

    #[test]
    fn a_fine_is_measured_by_income_or_turnover() {
        use OrgPenaltyKind::{Fine, Revocation};
        for (kind, sum, income, turnover, expected) in [
            (Fine, 300, 100, 0, "OK"),
            (Fine, 500, 100, 0, "OK"),
            (Fine, 299, 100, 0, "FINE_OUT_OF_RANGE"),
            (Fine, 501, 100, 0, "FINE_OUT_OF_RANGE"),
            (Fine, 100, 0, 100, "OK"),
            (Fine, 301, 0, 100, "FINE_OUT_OF_RANGE"),
            (Fine, 100, 0, 0, "FINE_OUT_OF_RANGE"),
            (Fine, 0, 100, 0, "FINE_DOES_NOT_FIT"),
            (WARNING, 0, 0, 0, "OK"),
            (WARNING, 300, 100, 0, "FINE_DOES_NOT_FIT"),
            (Revocation, 300, 100, 0, "OK"),
            (Fine, -1, 0, 0, "NEGATIVE_FIGURE"),
            (Fine, i64::MAX, i64::MAX, 0, "FINE_OUT_OF_RANGE"),
        ] {
            let code = fine(&given(kind, sum, income, turnover))
                .err()
                .map_or("OK", |r| r.code);
            assert_eq!(code, expected, "{kind:?} {sum} on {income} and {turnover}");
        }
    }

    /// 民办非企业单位登记管理暂行条例 25 has the fine of societies; 基金会管理条例 42 has none.
    #[test]
    fn a_fine_is_known_to_the_regulation_of_the_kind() {
        use OrgKind::{CivilNonEnterprise, Foundation, SocialGroup};
        use OrgPenaltyKind::{Fine, Suspension};
        for (of, kind, sum, expected, basis) in [
            (SocialGroup, Fine, 300, "OK", ""),
            (CivilNonEnterprise, Fine, 300, "OK", ""),
            (
                CivilNonEnterprise,
                Fine,
                299,
                "FINE_OUT_OF_RANGE",
                "民办非企业单位登记管理暂行条例 (1998) 第二十五条",
            ),
            (
                Foundation,
                Fine,
                300,
                "NO_FINE_FOR_FOUNDATIONS",
                "基金会管理条例 (2004) 第四十二条",
            ),
            (
                Foundation,
                Suspension,
                300,
                "NO_FINE_FOR_FOUNDATIONS",
                "基金会管理条例 (2004) 第四十二条",
            ),
            (Foundation, WARNING, 0, "OK", ""),
            (Foundation, Suspension, 0, "OK", ""),
        ] {
            let asked = Penalty {
                of,
                ..given(kind, sum, 100, 0)
            };
            let refusal = fine(&asked).err();
            assert_eq!(
                refusal.map_or("OK", |r| r.code),
                expected,
                "{of:?} {kind:?}"
            );
            assert_eq!(refusal.map_or("", |r| r.basis), basis, "{of:?} {kind:?}");
        }
    }

    #[test]
    fn a_penalty_fits_its_ground_and_its_days() {
        use OrgPenaltyKind::{Revocation, Suspension};
        let (founded, today) = (day("2026-01-10"), day("2026-11-22"));
        let code = |p: &Penalty| penalty(p, founded, today).err().map_or("OK", |r| r.code);
        let warning = given(WARNING, 0, 0, 0);
        assert_eq!(code(&warning), "OK");
        assert_eq!(
            code(&Penalty {
                ground: OrgPenaltyGround::Fraud,
                ..warning
            }),
            "FRAUD_IS_REVOKED"
        );
        let inactive = Penalty {
            ground: OrgPenaltyGround::InactiveOneYear,
            ..given(Revocation, 0, 0, 0)
        };
        assert_eq!(code(&inactive), "NOT_YET_INACTIVE");
        assert_eq!(code(&given(Suspension, 0, 0, 0)), "OK");
        assert_eq!(
            code(&Penalty {
                until: None,
                ..given(Suspension, 0, 0, 0)
            }),
            "SUSPENSION_WITHOUT_END"
        );
        assert_eq!(
            code(&Penalty {
                until: Some(today),
                ..warning
            }),
            "SUSPENSION_WITHOUT_END"
        );
        for decided in ["2026-11-23", "2026-01-09"] {
            assert_eq!(
                code(&Penalty {
                    decided: day(decided),
                    ..warning
                }),
                "DECISION_DAY_IMPOSSIBLE"
            );
        }
    }

    #[test]
    fn only_what_is_not_registered_is_banned() {
        use IllegalGround::{ActsInPreparation, AfterRevocation, Unregistered};
        for (ground, registered, revoked, allowed) in [
            (Unregistered, false, false, true),
            (Unregistered, true, false, false),
            (ActsInPreparation, false, false, true),
            (AfterRevocation, false, true, true),
            (AfterRevocation, false, false, false),
            (AfterRevocation, true, true, false),
        ] {
            assert_eq!(
                ban(ground, registered, revoked).is_ok(),
                allowed,
                "{ground:?}"
            );
        }
    }
}
