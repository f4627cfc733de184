//! The steps of a clean-up case and how it may end (O-20, O-21).
//!
//! ```text
//! opened → VERIFIED → NOTICE_SERVED → (ANNOUNCED, HEARD) → closed with a result
//! ```

use super::Refusal;
use super::zombie::ZombieSign;
use crate::vocabulary::{
    CleanupKind, CleanupResult, CleanupStep, ListingReason, OrgPenaltyGround, OrgState,
};

const BASIS: &str = "行政处罚法 (2021) 第四十四条、第五十四条";

/// O-18, 民法典 第六十七条: who is merged names the body that takes over its rights and duties, and that may act itself.
pub const SUCCESSOR_UNFIT: Refusal = Refusal::new(
    "SUCCESSOR_UNFIT",
    "A merger, and only a merger, names another organization, which is registered and neither suspended nor in liquidation.",
    "仅合并结案可以载明存续组织，且应为其他正常存续（未被停止活动、未在清算）的社会组织。",
    "民法典 (2021) 第六十七条",
);

/// O-20 and O-21, 行政处罚法 第四十四条、第五十四条: the facts are verified before anybody is told, and whoever is to
/// lose something is told before it is announced or heard; each step once.
pub fn step(step: CleanupStep, taken: &[CleanupStep]) -> Result<(), Refusal> {
    let refuse = |code, en, zh| Err(Refusal::new(code, en, zh, BASIS));
    if taken.contains(&step) {
        return refuse(
            "STEP_TAKEN",
            "This step was taken already.",
            "该步骤已办理。",
        );
    }
    let before = match step {
        CleanupStep::Verified => None,
        CleanupStep::NoticeServed => Some(CleanupStep::Verified),
        CleanupStep::Announced | CleanupStep::Heard => Some(CleanupStep::NoticeServed),
    };
    match before {
        Some(before) if !taken.contains(&before) => refuse(
            "STEP_OUT_OF_ORDER",
            "An earlier step must be taken first.",
            "应先办理前序步骤。",
        ),
        _ => Ok(()),
    }
}

/// O-20 and O-21, 行政处罚法 第四十四条: a "zombie" is warned, merged, deregistered or revoked, an illegal body is
/// banned; the facts are verified, and for what takes a registration or bans a body, it was told before. A case
/// that was opened for what is not so, or is no more, is dropped once that is verified.
pub fn close(
    kind: CleanupKind,
    result: CleanupResult,
    taken: &[CleanupStep],
) -> Result<(), Refusal> {
    let refuse = |code, en, zh| Err(Refusal::new(code, en, zh, BASIS));
    let fits = match result {
        CleanupResult::Dismissed => true,
        CleanupResult::Ban => kind == CleanupKind::Illegal,
        _ => kind == CleanupKind::Zombie,
    };
    if !fits {
        return refuse(
            "RESULT_DOES_NOT_FIT",
            "An illegal organization is banned, a \"zombie\" is not.",
            "非法社会组织应予取缔，僵尸型社会组织不适用取缔。",
        );
    }
    let needed = match result {
        CleanupResult::Warn | CleanupResult::Dismissed => CleanupStep::Verified,
        CleanupResult::Merge
        | CleanupResult::Deregister
        | CleanupResult::Revoke
        | CleanupResult::Ban => CleanupStep::NoticeServed,
    };
    if !taken.contains(&needed) {
        return refuse(
            "STEP_OUT_OF_ORDER",
            "An earlier step must be taken first.",
            "应先办理前序步骤。",
        );
    }
    Ok(())
}

/// What closing a case does to the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: it came about already by another way, or the case is dropped.
    Nothing,
    /// Warned, and entered in the abnormal list for what the signs prove ([`warned_for`]).
    Warn,
    /// It ends without liquidation: another body takes it over with all rights and duties (民法典 第六十七条).
    TakenOver,
    /// Its liquidation is over: it ends, with all that a deregistration needs
    /// ([`deregistration`](super::change::deregistration)).
    End,
    /// Its registration is revoked.
    Revoke,
}

/// O-18, O-19 and O-21, 社会团体登记管理条例 第十九条至第二十一条、民法典 第六十七条: what a result does in the state in which the
/// organization is, so that a case can always be closed. A merger names who takes over; deregistration comes after
/// liquidation; what ended by itself in the meantime is only noted.
pub fn effect(result: CleanupResult, state: OrgState, taken_over: bool) -> Result<Effect, Refusal> {
    let refuse = |code, en, zh| {
        Err(Refusal::new(
            code,
            en,
            zh,
            "社会团体登记管理条例 (2016) 第十九条至第二十一条",
        ))
    };
    let ended = matches!(state, OrgState::Deregistered);
    match result {
        CleanupResult::Ban | CleanupResult::Dismissed => Ok(Effect::Nothing),
        CleanupResult::Warn if state.is_live() => Ok(Effect::Warn),
        CleanupResult::Merge if !taken_over => refuse(
            "SUCCESSOR_MISSING",
            "A merger names the living organization that takes it over.",
            "合并的，应载明合并后存续的社会组织。",
        ),
        CleanupResult::Merge if ended => Ok(Effect::Nothing),
        CleanupResult::Merge if state.is_live() => Ok(Effect::TakenOver),
        CleanupResult::Deregister if ended => Ok(Effect::Nothing),
        CleanupResult::Deregister
            if state == OrgState::Liquidating || state == OrgState::Revoked =>
        {
            Ok(Effect::End)
        }
        CleanupResult::Deregister => refuse(
            "LIQUIDATION_FIRST",
            "Begin the liquidation first; it ends with the deregistration.",
            "应先成立清算组织进行清算，再办理注销结案。",
        ),
        CleanupResult::Revoke if state == OrgState::Revoked => Ok(Effect::Nothing),
        CleanupResult::Revoke if state.is_live() => Ok(Effect::Revoke),
        CleanupResult::Warn | CleanupResult::Merge | CleanupResult::Revoke => refuse(
            "ORGANIZATION_ENDED",
            "The organization has ended; close the case as it ended, or drop it.",
            "该社会组织已终止，应按其终止情形结案或者撤案。",
        ),
    }
}

/// O-13, O-21, 社会组织信用信息管理办法 (2018): the grounds of the abnormal list that a "zombie"'s signs prove. A year without
/// activity is none of them: who is warned for that alone is listed for nothing.
#[must_use]
pub fn warned_for(signs: &[ZombieSign]) -> Vec<ListingReason> {
    let ground = |sign: &ZombieSign| match sign {
        ZombieSign::NoReportTwoYears => Some(ListingReason::NoAnnualReport),
        ZombieSign::Unreachable => Some(ListingReason::Unreachable),
        ZombieSign::NoActivityOneYear => None,
    };
    signs.iter().filter_map(ground).collect()
}

/// O-19, 社会团体登记管理条例 第二十九条、第三十条: a registration is revoked on a ground of the law that the case has shown:
/// a year without activity, or supervision that was refused (no reports handed in). Any other ground is a penalty of
/// its own.
pub fn revocation_ground(
    ground: Option<OrgPenaltyGround>,
    signs: &[ZombieSign],
) -> Result<OrgPenaltyGround, Refusal> {
    let refuse = |code, en, zh| {
        Err(Refusal::new(
            code,
            en,
            zh,
            "社会团体登记管理条例 (2016) 第二十九条、第三十条",
        ))
    };
    let Some(ground) = ground else {
        return refuse(
            "GROUND_MISSING",
            "A revocation names its ground.",
            "撤销登记应载明法定情形。",
        );
    };
    let sign = match ground {
        OrgPenaltyGround::InactiveOneYear => ZombieSign::NoActivityOneYear,
        OrgPenaltyGround::SupervisionRefused => ZombieSign::NoReportTwoYears,
        _ => {
            return refuse(
                "GROUND_DOES_NOT_FIT",
                "A clean-up shows inactivity or missing reports; other grounds are punished by themselves.",
                "清理案件仅可认定未开展活动或者不接受监督检查；其他情形应另行作出行政处罚。",
            );
        }
    };
    if signs.contains(&sign) {
        return Ok(ground);
    }
    refuse(
        "GROUND_NOT_SHOWN",
        "The register does not show this ground.",
        "登记信息不能证明该情形。",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use CleanupStep::{Announced, Heard, NoticeServed, Verified};

    #[test]
    fn steps_follow_their_order_each_once() {
        for (next, taken, expected) in [
            (Verified, vec![], "OK"),
            (Verified, vec![Verified], "STEP_TAKEN"),
            (NoticeServed, vec![], "STEP_OUT_OF_ORDER"),
            (NoticeServed, vec![Verified], "OK"),
            (Announced, vec![Verified], "STEP_OUT_OF_ORDER"),
            (Announced, vec![Verified, NoticeServed], "OK"),
            (Heard, vec![Verified, NoticeServed, Announced], "OK"),
        ] {
            let code = step(next, &taken).err().map_or("OK", |r| r.code);
            assert_eq!(code, expected, "{next:?} after {taken:?}");
        }
    }

    #[test]
    fn a_case_ends_as_its_kind_and_steps_allow() {
        use CleanupKind::{Illegal, Zombie};
        use CleanupResult::{Ban, Deregister, Dismissed, Merge, Revoke, Warn};
        let told = [Verified, NoticeServed];
        for (kind, result, taken, expected) in [
            (Zombie, Warn, &told[..1], "OK"),
            (Zombie, Merge, &told[..1], "STEP_OUT_OF_ORDER"),
            (Zombie, Merge, &told[..], "OK"),
            (Zombie, Deregister, &told[..1], "STEP_OUT_OF_ORDER"),
            (Zombie, Deregister, &told[..], "OK"),
            (Zombie, Dismissed, &told[..0], "STEP_OUT_OF_ORDER"),
            (Zombie, Dismissed, &told[..1], "OK"),
            (Illegal, Dismissed, &told[..1], "OK"),
            (Zombie, Deregister, &told[..0], "STEP_OUT_OF_ORDER"),
            (Zombie, Revoke, &told[..1], "STEP_OUT_OF_ORDER"),
            (Zombie, Revoke, &told[..], "OK"),
            (Zombie, Ban, &told[..], "RESULT_DOES_NOT_FIT"),
            (Illegal, Ban, &told[..], "OK"),
            (Illegal, Ban, &told[..1], "STEP_OUT_OF_ORDER"),
            (Illegal, Warn, &told[..], "RESULT_DOES_NOT_FIT"),
        ] {
            let code = close(kind, result, taken).err().map_or("OK", |r| r.code);
            assert_eq!(code, expected, "{kind:?} {result:?} after {taken:?}");
        }
    }

    /// 社会团体登记管理条例 19–21 and 民法典 67: in no state of the organization is there a case that cannot be closed.
    #[test]
    fn every_case_can_be_closed_whatever_became_of_the_organization() {
        use CleanupResult::{Deregister, Dismissed, Merge, Revoke, Warn};
        use OrgState::{Changing, Deregistered, Liquidating, Registered, Revoked, Suspended};
        let code = |result, state, taken_over| match effect(result, state, taken_over) {
            Ok(effect) => format!("{effect:?}"),
            Err(refusal) => refusal.code.to_owned(),
        };
        for (result, state, taken_over, expected) in [
            (Warn, Registered, false, "Warn"),
            (Warn, Deregistered, false, "ORGANIZATION_ENDED"),
            (Merge, Registered, false, "SUCCESSOR_MISSING"),
            (Merge, Registered, true, "TakenOver"),
            (Merge, Changing, true, "TakenOver"),
            (Merge, Suspended, true, "TakenOver"),
            (Merge, Deregistered, true, "Nothing"),
            (Deregister, Registered, false, "LIQUIDATION_FIRST"),
            (Deregister, Suspended, false, "LIQUIDATION_FIRST"),
            (Deregister, Liquidating, false, "End"),
            (Deregister, Revoked, false, "End"),
            (Deregister, Deregistered, false, "Nothing"),
            (Revoke, Registered, false, "Revoke"),
            (Revoke, Revoked, false, "Nothing"),
            (Revoke, Deregistered, false, "ORGANIZATION_ENDED"),
        ] {
            assert_eq!(
                code(result, state, taken_over),
                expected,
                "{result:?} in {state:?}"
            );
        }
        for state in [
            Registered,
            Changing,
            Suspended,
            Liquidating,
            Revoked,
            Deregistered,
        ] {
            assert_eq!(code(Dismissed, state, false), "Nothing", "{state:?}");
        }
    }

    #[test]
    fn a_warning_lists_what_the_signs_prove_and_nothing_else() {
        use ZombieSign::{NoActivityOneYear, NoReportTwoYears, Unreachable};
        for (signs, expected) in [
            (vec![], vec![]),
            (vec![NoActivityOneYear], vec![]),
            (vec![NoReportTwoYears], vec![ListingReason::NoAnnualReport]),
            (
                vec![NoReportTwoYears, NoActivityOneYear, Unreachable],
                vec![ListingReason::NoAnnualReport, ListingReason::Unreachable],
            ),
        ] {
            assert_eq!(warned_for(&signs), expected, "{signs:?}");
        }
    }

    /// 社会团体登记管理条例 29: 自取得登记证书之日起1年未开展活动的; 30(四): 拒不接受或者不按照规定接受监督检查的.
    #[test]
    fn a_revocation_names_a_ground_that_the_case_has_shown() {
        use OrgPenaltyGround::{ForProfit, InactiveOneYear, SupervisionRefused};
        use ZombieSign::{NoActivityOneYear, NoReportTwoYears, Unreachable};
        for (ground, signs, expected) in [
            (None, vec![NoReportTwoYears], "GROUND_MISSING"),
            (
                Some(InactiveOneYear),
                vec![NoReportTwoYears],
                "GROUND_NOT_SHOWN",
            ),
            (Some(InactiveOneYear), vec![NoActivityOneYear], "OK"),
            (
                Some(SupervisionRefused),
                vec![NoReportTwoYears, Unreachable],
                "OK",
            ),
            (
                Some(SupervisionRefused),
                vec![Unreachable],
                "GROUND_NOT_SHOWN",
            ),
            (
                Some(ForProfit),
                vec![NoActivityOneYear],
                "GROUND_DOES_NOT_FIT",
            ),
        ] {
            let code = revocation_ground(ground, &signs)
                .err()
                .map_or("OK", |r| r.code);
            assert_eq!(code, expected, "{ground:?} {signs:?}");
        }
    }
}
