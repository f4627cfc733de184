//! Who may see a number and a name in full.

use crate::kit::{Role, UserError, id};

use super::refuse;

const LAW: &str = "个人信息保护法 28";

/// The fewest and the most characters of a reason.
const REASON: std::ops::RangeInclusive<usize> = 4..=200;

/// Who asks, and what they say.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// Their role.
    pub role: Role,
    /// Whether it is their own identity.
    pub own: bool,
    /// The purpose stated for the request.
    pub purpose: Option<&'a str>,
    /// The case it belongs to: an id as the subsystems give them. Whether it is open, and names this person, only
    /// the subsystem that keeps it could say.
    pub case: Option<&'a str>,
    /// The reason given.
    pub reason: &'a str,
    /// Whether a second officer has approved it.
    pub approved: bool,
}

/// N-7, 个人信息保护法 28 and 34, domain.md E.4: a citizen sees their own; a registrar with purpose, case and
/// reason; a supervisor with purpose, reason and the approval of a second officer; nobody else. `Ok(false)` is a caller who may not ask at
/// all.
pub fn may_reveal(asking: Asking<'_>) -> Result<bool, UserError> {
    let officer = match asking.role {
        Role::Citizen => return Ok(asking.own),
        Role::Registrar => asking.case.and_then(id::parse).is_some(),
        Role::Supervisor => true,
        _ => return Ok(false),
    };
    if !officer || asking.purpose.is_none() {
        return Err(refuse(
            "PURPOSE_MISSING",
            "State the purpose, and as a registrar the id of the case, for which this is needed.",
            "须注明查阅目的；登记员还须注明所办事项的标识。",
            "reason",
            LAW,
        ));
    }
    if !REASON.contains(&asking.reason.trim().chars().count()) {
        return Err(refuse(
            "REASON_MISSING",
            "State a reason in 4 to 200 characters.",
            "须填写4至200字的查阅理由。",
            "reason",
            LAW,
        ));
    }
    if asking.role == Role::Supervisor && !asking.approved {
        return Err(refuse(
            "SECOND_OFFICER",
            "Propose the reading first; a second officer has to approve it.",
            "须先提出查阅申请，经另一名工作人员复核同意后方可查阅。",
            "reason",
            LAW,
        ));
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_identity_is_shown_to_its_owner_and_to_officers_with_a_reason() {
        use Role::*;
        let (purpose, case, reason) = (
            Some("MARRIAGE_REGISTRATION"),
            Some("0198c0de-0000-7000-8000-000000000001"),
            "当事人申请补领",
        );
        let table = [
            (Citizen, true, None, None, "", Ok(true)),
            (Citizen, false, purpose, case, reason, Ok(false)),
            (Registrar, false, purpose, case, reason, Ok(true)),
            (
                Registrar,
                false,
                purpose,
                None,
                reason,
                Err("PURPOSE_MISSING"),
            ),
            (
                Registrar,
                false,
                purpose,
                Some("a celebrity"),
                reason,
                Err("PURPOSE_MISSING"),
            ),
            (Registrar, false, None, case, reason, Err("PURPOSE_MISSING")),
            (
                Registrar,
                false,
                purpose,
                case,
                " 查 ",
                Err("REASON_MISSING"),
            ),
            (Supervisor, false, purpose, None, reason, Ok(true)),
            (
                Supervisor,
                false,
                None,
                None,
                reason,
                Err("PURPOSE_MISSING"),
            ),
            (Auditor, false, purpose, case, reason, Ok(false)),
            (Dashboard, false, purpose, case, reason, Ok(false)),
            (Operator, false, purpose, case, reason, Ok(false)),
            (Peer, false, purpose, case, reason, Ok(false)),
            (Public, true, purpose, case, reason, Ok(false)),
        ];
        for (role, own, purpose, case, reason, expected) in table {
            let asking = Asking {
                role,
                own,
                purpose,
                case,
                reason,
                approved: true,
            };
            let outcome = may_reveal(asking).map_err(|e| e.code);
            assert_eq!(outcome, expected.map_err(str::to_owned), "{role:?}");
            let alone = may_reveal(Asking {
                approved: false,
                ..asking
            });
            let needs_another = role == Supervisor && expected == Ok(true);
            assert_eq!(
                alone.err().is_some_and(|e| e.code == "SECOND_OFFICER"),
                needs_another,
                "{role:?}"
            );
        }
    }
}
