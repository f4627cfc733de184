//! The clean-up of illegal graves (违建坟墓专项整治).

use super::terms::GraveState;
use super::{Verdict, no_such_move};

/// The moves of a case: `FOUND → REGISTERED → NOTICE → RECTIFYING → VERIFIED | FORCED →
/// RESTORED`; a grave under heritage protection becomes `EXEMPT` before anything is done to it.
pub fn advance(from: GraveState, to: GraveState, heritage: bool) -> Verdict<GraveState> {
    use GraveState::*;
    let allowed = match from {
        Found => to == Registered || (to == Exempt && heritage),
        Registered => (to == Notice && !heritage) || (to == Exempt && heritage),
        Notice => (to == Rectifying && !heritage) || (to == Exempt && heritage),
        Rectifying => matches!(to, Verified | Forced) && !heritage,
        Verified | Forced => to == Restored,
        Restored | Exempt => false,
    };
    if allowed {
        Ok(to)
    } else {
        Err(no_such_move(
            "The grave's case cannot move to that state from where it is.",
            "该坟墓处置当前状态不能转到该状态。",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;

    #[test]
    fn an_illegal_grave_ends_in_restored_land() {
        use GraveState::*;
        for middle in [Verified, Forced] {
            for pair in [Found, Registered, Notice, Rectifying, middle, Restored].windows(2) {
                assert!(advance(pair[0], pair[1], false).is_ok(), "{pair:?}");
            }
        }
    }

    #[test]
    fn a_protected_grave_is_exempt_and_never_removed() {
        use GraveState::*;
        for from in [Found, Registered, Notice] {
            assert!(advance(from, Exempt, true).is_ok(), "{from:?}");
            assert!(advance(from, Exempt, false).is_err(), "{from:?}");
        }
        for to in GraveState::iter() {
            assert!(advance(Rectifying, to, true).is_err(), "{to:?}");
            assert!(advance(Exempt, to, true).is_err(), "{to:?}");
        }
    }
}
