//! The steps of a clean-up case and how it may end (O-20, O-21).
//!
//! ```text
//! opened → VERIFIED → NOTICE_SERVED → (ANNOUNCED, HEARD) → closed with a result
//! ```

use super::Refusal;
use crate::vocabulary::{CleanupKind, CleanupResult, CleanupStep};

const BASIS: &str = "行政处罚法 (2021) 第四十四条、第五十四条";

/// O-20 and O-21, 行政处罚法 第四十四条、第五十四条: the facts are verified before anybody is told, and whoever is to
/// lose something is told before it is announced or heard; each step once.
pub fn step(step: CleanupStep, taken: &[CleanupStep]) -> Result<(), Refusal> {
    let refuse = |code, en, zh| {
        Err(Refusal {
            code,
            en,
            zh,
            basis: BASIS,
        })
    };
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
/// banned; the facts are verified, and for what takes a registration or bans a body, it was told before.
pub fn close(
    kind: CleanupKind,
    result: CleanupResult,
    taken: &[CleanupStep],
) -> Result<(), Refusal> {
    let refuse = |code, en, zh| {
        Err(Refusal {
            code,
            en,
            zh,
            basis: BASIS,
        })
    };
    if (kind == CleanupKind::Illegal) != (result == CleanupResult::Ban) {
        return refuse(
            "RESULT_DOES_NOT_FIT",
            "An illegal organization is banned, a \"zombie\" is not.",
            "非法社会组织应予取缔，僵尸型社会组织不适用取缔。",
        );
    }
    let needed = match result {
        CleanupResult::Warn | CleanupResult::Merge | CleanupResult::Deregister => {
            CleanupStep::Verified
        }
        CleanupResult::Revoke | CleanupResult::Ban => CleanupStep::NoticeServed,
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
        use CleanupResult::{Ban, Deregister, Merge, Revoke, Warn};
        let told = [Verified, NoticeServed];
        for (kind, result, taken, expected) in [
            (Zombie, Warn, &told[..1], "OK"),
            (Zombie, Merge, &told[..1], "OK"),
            (Zombie, Deregister, &told[..1], "OK"),
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
}
