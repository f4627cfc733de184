//! Who may register: trained and examined officers with a certificate in force, never in their own
//! cause (M-26).

use super::Refusal;
use chrono::NaiveDate;

/// Whether a registrar works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RegistrarStatus {
    /// 在岗.
    Active,
    /// 停岗.
    Suspended,
}

/// What is known of a registrar when a case is to be handled.
#[derive(Clone, Copy, Debug)]
pub struct RegistrarFacts {
    /// Works at the registry of the case.
    pub of_this_registry: bool,
    /// The account that acts is the registrar's own; or the registry has linked no account yet.
    pub own_account: bool,
    /// Status.
    pub status: RegistrarStatus,
    /// First day of the certificate.
    pub valid_from: NaiveDate,
    /// Last day of the certificate.
    pub valid_to: Option<NaiveDate>,
    /// The registrar is one of the parties.
    pub is_party: bool,
    /// The registrar is near kin of one of the parties.
    pub is_near_kin: bool,
}

/// M-26, 婚姻登记条例: whether an account may act as a registrar. Where the registrar's account is known it is
/// that one and no other; a registry that has linked any account has everybody act under the own one.
#[must_use]
pub fn own_account(linked: Option<&str>, acting: Option<&str>, registry_links: bool) -> bool {
    match linked {
        Some(account) => acting == Some(account),
        None => !registry_links,
    }
}

/// M-26, 婚姻登记条例 (回避): a registrar handles no case of himself or of near kin.
#[must_use]
pub fn recusal(is_party: bool, is_near_kin: bool) -> Option<Refusal> {
    (is_party || is_near_kin).then_some(Refusal::by_law(
        "REGISTRAR_MUST_STAND_BACK",
        "A registrar may not handle a case of himself or of near kin.",
        "婚姻登记员不得办理本人及近亲属的婚姻登记，应当回避。",
        "婚姻登记工作规范（回避）",
    ))
}

/// M-26, 婚姻登记条例: only a trained and examined registrar with a certificate in force may register.
#[must_use]
pub fn qualified(facts: &RegistrarFacts, on: NaiveDate) -> Option<Refusal> {
    if !facts.of_this_registry || !facts.own_account {
        return Some(Refusal::by_form(
            "REGISTRAR_NOT_OF_THIS_REGISTRY",
            "This registrar does not work at this registry under this account.",
            "该婚姻登记员不在本登记机关或与登录账号不符。",
        ));
    }
    let in_force = facts.valid_from <= on && facts.valid_to.is_none_or(|last| on <= last);
    (facts.status != RegistrarStatus::Active || !in_force).then_some(Refusal::by_law(
        "REGISTRAR_NOT_QUALIFIED",
        "The registrar's certificate is not in force, or the registrar is suspended.",
        "婚姻登记员资格证书未生效、已过期或已停岗。",
        "婚姻登记条例（国务院令第804号）",
    ))
}

/// M-26, 婚姻登记条例, 婚姻登记工作规范 (回避): every reason why this registrar may not handle the case.
#[must_use]
pub fn may_handle(facts: &RegistrarFacts, on: NaiveDate) -> Vec<Refusal> {
    qualified(facts, on)
        .into_iter()
        .chain(recusal(facts.is_party, facts.is_near_kin))
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_registrar_acts_under_the_own_account() {
        for (linked, acting, registry_links, own) in [
            (Some("a"), Some("a"), true, true),
            (Some("a"), Some("b"), true, false),
            (Some("a"), None, true, false),
            (None, Some("b"), true, false),
            (None, Some("b"), false, true),
        ] {
            assert_eq!(own_account(linked, acting, registry_links), own);
        }
    }

    #[test]
    fn a_registrar_is_qualified_today_here_and_not_concerned() {
        let on: NaiveDate = "2026-11-22".parse().unwrap();
        let fine = RegistrarFacts {
            of_this_registry: true,
            own_account: true,
            status: RegistrarStatus::Active,
            valid_from: "2020-01-01".parse().unwrap(),
            valid_to: Some("2026-11-22".parse().unwrap()),
            is_party: false,
            is_near_kin: false,
        };
        let table: Vec<(RegistrarFacts, Vec<&str>)> = vec![
            (fine, vec![]),
            (
                RegistrarFacts {
                    valid_to: on.pred_opt(),
                    ..fine
                },
                vec!["REGISTRAR_NOT_QUALIFIED"],
            ),
            (
                RegistrarFacts {
                    valid_from: on.succ_opt().unwrap(),
                    ..fine
                },
                vec!["REGISTRAR_NOT_QUALIFIED"],
            ),
            (
                RegistrarFacts {
                    status: RegistrarStatus::Suspended,
                    ..fine
                },
                vec!["REGISTRAR_NOT_QUALIFIED"],
            ),
            (
                RegistrarFacts {
                    own_account: false,
                    ..fine
                },
                vec!["REGISTRAR_NOT_OF_THIS_REGISTRY"],
            ),
            (
                RegistrarFacts {
                    of_this_registry: false,
                    is_party: true,
                    ..fine
                },
                vec![
                    "REGISTRAR_NOT_OF_THIS_REGISTRY",
                    "REGISTRAR_MUST_STAND_BACK",
                ],
            ),
            (
                RegistrarFacts {
                    is_near_kin: true,
                    ..fine
                },
                vec!["REGISTRAR_MUST_STAND_BACK"],
            ),
        ];
        for (facts, codes) in table {
            let found: Vec<_> = may_handle(&facts, on).iter().map(|r| r.code).collect();
            assert_eq!(found, codes, "{facts:?}");
        }
    }
}
