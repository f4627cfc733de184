//! The two officers of one decision (双人复核): two people, not two accounts; and nobody decides about themselves.

use crate::principal::{Principal, Role};

/// An officer as a token shows them, or as a row keeps the one who acted first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Officer<'o> {
    /// The account: the opaque id, or role and opaque id, as rows keep it.
    pub account: Option<&'o str>,
    /// The token of the person whose account it is, where the token says.
    pub person: Option<&'o str>,
}

impl<'o> Officer<'o> {
    /// The officer who acts.
    pub fn of(principal: &'o Principal) -> Self {
        Self {
            account: principal.subject.as_deref(),
            person: principal.person.as_deref(),
        }
    }

    /// Whether these are two people: not the same account in another role, and not one person with two accounts. An
    /// officer without an account is nobody, and nobody is no second officer.
    #[must_use]
    pub fn is_another_than(self, first: Officer<'_>) -> bool {
        /// The account without the role that it acts in. Other colons are its own: issuers are named by URLs.
        fn account(name: &str) -> &str {
            let acting = name.split_once(':');
            let acting = acting.filter(|(role, _)| Role::parse(role).is_some());
            acting.map_or(name, |(_, who)| who)
        }
        let (Some(one), Some(other)) = (self.account, first.account) else {
            return false;
        };
        let is_one_person = self.person.is_some() && self.person == first.person;
        account(one) != account(other) && !is_one_person
    }

    /// Whether the officer is one of these persons (利害关系人).
    #[must_use]
    pub fn is_among<'p>(self, persons: impl IntoIterator<Item = &'p str>) -> bool {
        self.person
            .is_some_and(|own| persons.into_iter().any(|person| person == own))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn officer<'o>(account: &'o str, person: Option<&'o str>) -> Officer<'o> {
        Officer {
            account: Some(account),
            person,
        }
    }

    #[test]
    fn two_officers_are_two_people_and_not_two_accounts() {
        let nobody = Officer::default();
        for (first, second, two) in [
            (officer("li", None), officer("wang", None), true),
            (officer("li", None), officer("li", None), false),
            (
                officer("registrar:li", None),
                officer("supervisor:li", None),
                false,
            ),
            (officer("li", None), officer("supervisor:li", None), false),
            (
                officer("https://idp|li", None),
                officer("supervisor:https://idp|li", None),
                false,
            ),
            (
                officer("https://idp|li", None),
                officer("https://idp|wang", None),
                true,
            ),
            (officer("dept:li", None), officer("hr:li", None), true),
            (officer("li", Some("A")), officer("li-2", Some("A")), false),
            (officer("li", Some("A")), officer("wang", Some("B")), true),
            (officer("li", Some("A")), officer("wang", None), true),
            // One account that two issuers give to two persons is still one account.
            (officer("li", Some("A")), officer("li", Some("B")), false),
            (nobody, officer("wang", None), false),
            (officer("li", None), nobody, false),
        ] {
            assert_eq!(second.is_another_than(first), two, "{first:?} {second:?}");
        }
    }

    #[test]
    fn an_officer_is_the_person_their_token_names() {
        assert!(officer("li", Some("A")).is_among(["B", "A"]));
        assert!(!officer("li", Some("A")).is_among(["B"]));
        assert!(!officer("li", None).is_among(["A"]));
    }
}
