//! Named policies: what `@policy` in a schema asks for, as predicates over the caller's claims.
//!
//! They are read from the configuration and judged once per verified token, so that a request only looks
//! whether a name is held. A name that the configuration does not know is held by nobody, and a schema
//! that uses one is refused when it is loaded.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Principal;
use crate::config;
use crate::contract::claim;

/// All policies of a configuration.
#[derive(Clone, Debug, Default)]
pub(super) struct Policies(BTreeMap<Arc<str>, config::Policy>);

impl Policies {
    pub(super) fn new(config: &BTreeMap<String, config::Policy>) -> Self {
        let named = config
            .iter()
            .map(|(name, policy)| (Arc::from(name.as_str()), policy.clone()));
        Self(named.collect())
    }

    /// Whether there is a policy of this name.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The names of the policies that these claims satisfy.
    pub(super) fn held(&self, principal: &Principal) -> BTreeSet<Arc<str>> {
        self.0
            .iter()
            .filter(|(_, policy)| holds(policy, principal))
            .map(|(name, _)| Arc::clone(name))
            .collect()
    }
}

/// Whether every condition of a policy holds. One without conditions, which the configuration refuses,
/// holds for nobody.
fn holds(policy: &config::Policy, principal: &Principal) -> bool {
    let claim = |name: &str| claim_of(principal, name);
    let is_in = |values: &[String], value: &str| values.iter().any(|one| one == value);
    !policy.is_empty()
        && principal.is_authenticated()
        && (policy.roles.is_empty() || is_in(&policy.roles, principal.role.as_str()))
        && policy.scopes.iter().all(|scope| principal.has_scope(scope))
        && (policy.purposes.is_empty()
            || policy
                .purposes
                .iter()
                .any(|purpose| principal.purposes.contains(purpose.as_str())))
        && policy.present.iter().all(|name| claim(name).is_some())
        && policy
            .equals
            .iter()
            .all(|(name, values)| claim(name).is_some_and(|value| is_in(values, value)))
        && policy.begins.iter().all(|(name, values)| {
            claim(name).is_some_and(|value| values.iter().any(|start| value.starts_with(&**start)))
        })
}

fn claim_of<'a>(principal: &'a Principal, name: &str) -> Option<&'a str> {
    match name {
        claim::ISSUER => Some(&*principal.issuer),
        claim::SUBJECT => principal.subject.as_deref(),
        claim::PERSON => principal.person.as_deref(),
        claim::DIVISION => principal.division.as_deref(),
        claim::REGISTRY => principal.registry.as_deref(),
        claim::PROVINCE => Some(&*principal.province),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::identity::Role;

    fn registrar() -> Principal {
        Principal {
            subject: Some("u-1".into()),
            role: Role::Registrar,
            division: Some("510104".into()),
            scopes: ["marriage.case".into()].into(),
            purposes: ["MARRIAGE_REGISTRATION".into()].into(),
            ..Principal::public("51")
        }
    }

    fn policy(text: &str) -> config::Policy {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn a_policy_holds_when_each_of_its_conditions_does() {
        let caller = registrar();
        for (text, expected) in [
            ("roles = [\"registrar\", \"supervisor\"]", true),
            ("roles = [\"supervisor\"]", false),
            ("scopes = [\"marriage.case\"]", true),
            ("scopes = [\"marriage.case\", \"hotline\"]", false),
            ("purposes = [\"X\", \"MARRIAGE_REGISTRATION\"]", true),
            ("purposes = [\"X\"]", false),
            ("present = [\"division\"]", true),
            ("present = [\"division\", \"registry\"]", false),
            ("equals = { province = [\"51\", \"32\"] }", true),
            ("equals = { province = [\"32\"] }", false),
            ("equals = { registry = [\"r\"] }", false),
            ("begins = { division = [\"5101\", \"5107\"] }", true),
            ("begins = { division = [\"32\"] }", false),
            (
                "roles = [\"registrar\"]\nequals = { province = [\"32\"] }",
                false,
            ),
            ("", false),
        ] {
            assert_eq!(holds(&policy(text), &caller), expected, "{text}");
        }
    }

    #[test]
    fn nobody_in_particular_holds_no_policy() {
        let province = policy("equals = { province = [\"51\"] }");
        assert!(!holds(&province, &Principal::public("51")));
        assert!(holds(&province, &registrar()));
    }
}
