//! The life of an organization as a state machine (domain model, B.4.3).
//!
//! ```text
//! PREPARING → REGISTERED ⇄ CHANGING
//!             REGISTERED → LIQUIDATING → DEREGISTERED
//!             REVOKED → REVOKED with its liquidation group → DEREGISTERED
//!             REGISTERED (or CHANGING, SUSPENDED, LIQUIDATING) → DEREGISTERED when another takes it over
//!             REGISTERED → SUSPENDED → REGISTERED | REVOKED
//!             REGISTERED → REVOKED
//! UNREGISTERED_ILLEGAL → BANNED
//! ```
//! A revoked body is still to be liquidated before it is deregistered (条例 art. 19), so `REVOKED`
//! may go on to `DEREGISTERED`. `DEREGISTERED` and `BANNED` are final.

use super::Refusal;
use crate::vocabulary::OrgState;

/// What happens to an organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrgEvent {
    /// Its registration was approved.
    Register,
    /// It applied for a change.
    ApplyChange,
    /// The change was decided, either way.
    DecideChange,
    /// Its activity was suspended.
    Suspend,
    /// The suspension ended.
    Resume,
    /// A liquidation group was formed.
    Liquidate,
    /// Its deregistration was approved.
    Deregister,
    /// Another organization took it over, with all rights and duties and without liquidation (民法典 第六十七条).
    TakeOver,
    /// Its registration was revoked.
    Revoke,
    /// It was banned.
    Ban,
}

/// O-18, O-19, O-20, 社会团体登记管理条例 第十九条至第三十二条: the state after an event, or a refusal when the event
/// cannot happen in that state.
pub const fn next(state: OrgState, event: OrgEvent) -> Result<OrgState, Refusal> {
    use OrgEvent as E;
    use OrgState as S;
    match (state, event) {
        (S::Preparing, E::Register)
        | (S::Changing, E::DecideChange)
        | (S::Suspended, E::Resume) => Ok(S::Registered),
        (S::Registered, E::ApplyChange) => Ok(S::Changing),
        (S::Registered | S::Changing, E::Suspend) => Ok(S::Suspended),
        (S::Registered, E::Liquidate) => Ok(S::Liquidating),
        (S::Liquidating | S::Revoked, E::Deregister)
        | (S::Registered | S::Changing | S::Suspended | S::Liquidating, E::TakeOver) => {
            Ok(S::Deregistered)
        }
        // A revoked body stays revoked while its group liquidates it.
        (S::Registered | S::Changing | S::Suspended, E::Revoke) | (S::Revoked, E::Liquidate) => {
            Ok(S::Revoked)
        }
        (S::UnregisteredIllegal, E::Ban) => Ok(S::Banned),
        _ => Err(Refusal::new(
            "STATE_FORBIDS",
            "The organization's state does not allow this.",
            "社会组织当前状态不允许该操作。",
            "社会团体登记管理条例 (2016) 第十九条至第三十二条",
        )),
    }
}

/// O-18, O-19, 社会团体登记管理条例 第十九条至第二十一条、第三十条: who is suspended does not act, and who is in liquidation does
/// nothing but liquidate: neither grows. Registered bodies do, while a change of theirs is being decided too. What
/// supervises (letters, lists, reports, penalties) asks only that the body exists.
pub const fn may_develop(state: OrgState) -> Result<(), Refusal> {
    const BASIS: &str = "社会团体登记管理条例 (2016) 第十九条至第二十一条、第三十条";
    let (code, en, zh) = match state {
        OrgState::Registered | OrgState::Changing => return Ok(()),
        OrgState::Suspended => (
            "ACTIVITY_SUSPENDED",
            "The organization is suspended: this is possible again when the suspension is over.",
            "该社会组织被责令停止活动，期满恢复后方可办理。",
        ),
        OrgState::Liquidating => (
            "ONLY_LIQUIDATION",
            "The organization is in liquidation: only acts of the liquidation are possible.",
            "该社会组织正在清算，不得开展清算以外的活动。",
        ),
        _ => (
            "ORGANIZATION_ENDED",
            "The organization no longer exists.",
            "该社会组织已终止。",
        ),
    };
    Err(Refusal::new(code, en, zh, BASIS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;

    const EVENTS: [OrgEvent; 10] = [
        OrgEvent::Register,
        OrgEvent::ApplyChange,
        OrgEvent::DecideChange,
        OrgEvent::Suspend,
        OrgEvent::Resume,
        OrgEvent::Liquidate,
        OrgEvent::Deregister,
        OrgEvent::TakeOver,
        OrgEvent::Revoke,
        OrgEvent::Ban,
    ];

    #[test]
    fn the_allowed_steps_are_these_and_no_others() {
        use OrgEvent as E;
        use OrgState as S;
        let mut allowed = Vec::new();
        for state in OrgState::iter() {
            for event in EVENTS {
                if let Ok(to) = next(state, event) {
                    allowed.push((state, event, to));
                }
            }
        }
        assert_eq!(
            allowed,
            vec![
                (S::Preparing, E::Register, S::Registered),
                (S::Registered, E::ApplyChange, S::Changing),
                (S::Registered, E::Suspend, S::Suspended),
                (S::Registered, E::Liquidate, S::Liquidating),
                (S::Registered, E::TakeOver, S::Deregistered),
                (S::Registered, E::Revoke, S::Revoked),
                (S::Changing, E::DecideChange, S::Registered),
                (S::Changing, E::Suspend, S::Suspended),
                (S::Changing, E::TakeOver, S::Deregistered),
                (S::Changing, E::Revoke, S::Revoked),
                (S::Suspended, E::Resume, S::Registered),
                (S::Suspended, E::TakeOver, S::Deregistered),
                (S::Suspended, E::Revoke, S::Revoked),
                (S::Liquidating, E::Deregister, S::Deregistered),
                (S::Liquidating, E::TakeOver, S::Deregistered),
                (S::Revoked, E::Liquidate, S::Revoked),
                (S::Revoked, E::Deregister, S::Deregistered),
                (S::UnregisteredIllegal, E::Ban, S::Banned),
            ]
        );
    }

    /// 社会团体登记管理条例 20: 清算期间不得开展清算以外的活动; 30: 限期停止活动.
    #[test]
    fn only_a_registered_body_develops() {
        use OrgState as S;
        for state in OrgState::iter() {
            let expected = match state {
                S::Registered | S::Changing => "OK",
                S::Suspended => "ACTIVITY_SUSPENDED",
                S::Liquidating => "ONLY_LIQUIDATION",
                _ => "ORGANIZATION_ENDED",
            };
            let code = may_develop(state).err().map_or("OK", |r| r.code);
            assert_eq!(code, expected, "{state:?}");
        }
    }

    #[test]
    fn final_states_let_nothing_happen() {
        for state in [OrgState::Deregistered, OrgState::Banned] {
            assert!(
                EVENTS.iter().all(|event| next(state, *event).is_err()),
                "{state:?}"
            );
        }
    }
}
