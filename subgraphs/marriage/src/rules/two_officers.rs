//! Two officers 双人复核: two persons, and not one with two accounts.

/// Who acts, as the token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Officer<'a> {
    /// The account.
    pub account: &'a str,
    /// The natural person whose account it is; none where the issuer does not say.
    pub person: Option<&'a str>,
}

/// M-26, 婚姻登记工作规范 (内部监督), domain.md E.4: whether two who act are one: the same account, or two accounts of one
/// person. Where an issuer does not say whose an account is, only the account can be compared.
#[must_use]
pub fn is_one_person(first: Officer<'_>, second: Officer<'_>) -> bool {
    first.account == second.account || (first.person.is_some() && first.person == second.person)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_accounts_of_one_person_are_one_officer() {
        let officer = |account, person| Officer { account, person };
        for (first, second, one) in [
            (officer("a", None), officer("b", None), false),
            (officer("a", None), officer("a", None), true),
            (officer("a", Some("p")), officer("b", Some("p")), true),
            (officer("a", Some("p")), officer("b", Some("q")), false),
            (officer("a", Some("p")), officer("b", None), false),
            // One account that two issuers give to two persons is still one account.
            (officer("a", Some("p")), officer("a", Some("q")), true),
        ] {
            assert_eq!(is_one_person(first, second), one, "{first:?} {second:?}");
        }
    }
}
