//! What a coordinate demands of the caller, and how demands are joined.
//!
//! `@requiresScopes` and `@policy` hold a disjunction of conjunctions: *any* of the inner lists
//! satisfies, each inner list needs *all* its names. Two demands on one coordinate (from two
//! subgraphs, from a field and its type, from what a field `@requires`) must both hold, so they
//! are joined by AND: the product of the two disjunctive forms, minimised by absorption. An empty
//! outer list demands nothing.

use std::collections::BTreeSet;
use std::sync::Arc;

use graphql_tools::static_graphql::schema::{Directive, Value};

use super::sdl;

/// A disjunction of conjunctions of names.
pub type Disjunction = Vec<Vec<Arc<str>>>;

/// What a coordinate demands of the caller before it may be selected.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Demand {
    /// Whether the caller must be authenticated at all.
    pub authenticated: bool,
    /// One of the inner lists must be held in full; empty: no scope is needed.
    pub scopes: Disjunction,
    /// One of the inner lists of named policies must hold in full; empty: none is needed.
    pub policies: Disjunction,
}

impl Demand {
    /// Whether anyone at all may select the coordinate.
    #[must_use]
    pub fn is_none(&self) -> bool {
        !self.authenticated && self.scopes.is_empty() && self.policies.is_empty()
    }

    /// Whether some part of the demand could not be read, so that nobody can meet it.
    #[must_use]
    pub fn is_unreadable(&self) -> bool {
        let all = self.scopes.iter().chain(&self.policies);
        all.flatten().any(|name| &**name == NOBODY)
    }

    /// Both demands at once.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        if other.is_none() {
            return self.clone();
        }
        if self.is_none() {
            return other.clone();
        }
        Self {
            authenticated: self.authenticated || other.authenticated,
            scopes: both(&self.scopes, &other.scopes),
            policies: both(&self.policies, &other.policies),
        }
    }

    /// Reads `@authenticated`, `@requiresScopes` and `@policy` from a list of directives.
    /// A malformed argument counts as a demand nobody can meet: it must never open a field.
    #[must_use]
    pub fn of(directives: &[Directive]) -> Self {
        let mut demand = Self::default();
        for directive in directives {
            match directive.name.as_str() {
                "authenticated" => demand.authenticated = true,
                "requiresScopes" => {
                    demand.scopes = both(&demand.scopes, &names(directive, "scopes"));
                }
                "policy" => {
                    demand.policies = both(&demand.policies, &names(directive, "policies"));
                }
                _ => {}
            }
        }
        demand
    }

    /// Reads `@inputScopes` from the directives of an argument or input field.
    #[must_use]
    pub fn of_input(directives: &[Directive]) -> Self {
        let scopes = directives
            .iter()
            .filter(|d| d.name == "inputScopes")
            .fold(Vec::new(), |all, d| both(&all, &names(d, "scopes")));
        Self {
            scopes,
            ..Self::default()
        }
    }
}

/// The name that no token carries: what an unreadable demand asks for.
const NOBODY: &str = "\u{0}nobody";

fn names(directive: &Directive, argument: &str) -> Disjunction {
    let nobody = || vec![vec![Arc::from(NOBODY)]];
    let Some(Value::List(outer)) = sdl::argument(directive, argument) else {
        return nobody();
    };
    let mut all = Vec::with_capacity(outer.len());
    for inner in outer {
        let Value::List(inner) = inner else {
            return nobody();
        };
        let mut conjunction = Vec::with_capacity(inner.len());
        for name in inner {
            let Value::String(name) = name else {
                return nobody();
            };
            conjunction.push(Arc::from(name.as_str()));
        }
        all.push(conjunction);
    }
    // `scopes: []` is false for everyone (no alternative), `scopes: [[]]` is true for everyone.
    if all.is_empty() {
        return nobody();
    }
    minimise(all)
}

/// The AND of two disjunctive forms: every alternative of one with every alternative of the other,
/// without repetitions and without alternatives that a smaller one makes superfluous.
#[must_use]
pub fn both(left: &[Vec<Arc<str>>], right: &[Vec<Arc<str>>]) -> Disjunction {
    if left.is_empty() {
        return minimise(right.to_vec());
    }
    if right.is_empty() {
        return minimise(left.to_vec());
    }
    let product = left
        .iter()
        .flat_map(|l| {
            right
                .iter()
                .map(move |r| l.iter().chain(r).cloned().collect())
        })
        .collect();
    minimise(product)
}

fn minimise(alternatives: Vec<Vec<Arc<str>>>) -> Disjunction {
    let sets: BTreeSet<BTreeSet<Arc<str>>> = alternatives
        .into_iter()
        .map(|a| a.into_iter().collect())
        .collect();
    // An alternative that asks for nothing satisfies the whole demand.
    if sets.iter().any(BTreeSet::is_empty) {
        return Vec::new();
    }
    sets.iter()
        .filter(|set| {
            !sets
                .iter()
                .any(|other| other != *set && other.is_subset(set))
        })
        .map(|set| set.iter().cloned().collect())
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn form(text: &str) -> Disjunction {
        text.split('|')
            .filter(|a| !a.is_empty())
            .map(|a| a.split('&').map(Arc::from).collect())
            .collect()
    }

    #[test]
    fn joining_two_demands_is_the_minimised_product() {
        let table = [
            ("", "", ""),
            ("a", "", "a"),
            ("", "a|b", "a|b"),
            ("a", "a", "a"),
            ("a", "b", "a&b"),
            ("a|b", "a", "a"),
            ("a|b", "c", "a&c|b&c"),
            ("a&b|c", "b|c", "a&b|c"),
            ("b&a", "a&b", "a&b"),
        ];
        for (left, right, expected) in table {
            assert_eq!(
                both(&form(left), &form(right)),
                form(expected),
                "{left} AND {right}"
            );
            assert_eq!(
                both(&form(right), &form(left)),
                form(expected),
                "{right} AND {left}"
            );
        }
    }

    #[test]
    fn a_demand_that_cannot_be_read_is_met_by_nobody() {
        let document = sdl::parse("type T @requiresScopes(scopes: \"a\") { a: Int }").unwrap();
        let demand = Demand::of(sdl::type_directives(&document, "T").unwrap());
        assert!(!demand.is_none() && demand.is_unreadable());
        assert_eq!(demand.scopes, vec![vec![Arc::from(NOBODY)]]);
    }
}
