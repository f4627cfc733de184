//! Which selections a caller may not ask for.
//!
//! Demands stand in the schema and are collected per operation when the document is prepared. A
//! request evaluates each *distinct* demand once and gets a [`Variant`]: the failed demands, and the
//! values of the booleans that `@skip`/`@include` look at. The variant is part of the plan's key, so
//! that a refused field is cut before planning and causes no fetch, and no plan is ever shared
//! between callers with different rights.
//!
//! A `@policy` names a predicate of the configuration; which of them a caller satisfies was found out
//! when its token was verified. A name that nobody configured is satisfied by nobody.

use std::collections::BTreeSet;
use std::sync::Arc;

use graphql_tools::static_graphql::query::Value;

use crate::error::ErrorCode;
use crate::identity::Principal;
use crate::operation::{Defer, Operation, Selection, Variables, What, When};
use crate::supergraph::Demand;
use crate::supergraph::demand::Disjunction;

/// A small set of positions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Bits(Vec<u64>);

impl Bits {
    /// The positions below `len` for which `holds`.
    pub fn of(len: usize, holds: impl Fn(usize) -> bool) -> Self {
        let mut words = vec![0u64; len.div_ceil(64)];
        for at in (0..len).filter(|at| holds(*at)) {
            words[at / 64] |= 1 << (at % 64);
        }
        // Sets with the same members are equal, whatever their capacity.
        while words.last() == Some(&0) {
            words.pop();
        }
        Self(words)
    }

    /// Whether the position is in the set.
    #[must_use]
    pub fn has(&self, at: usize) -> bool {
        self.0
            .get(at / 64)
            .is_some_and(|word| word >> (at % 64) & 1 == 1)
    }

    /// Whether nothing is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// How an operation applies to one request: with its text, what a plan depends on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Variant {
    /// Positions in [`Operation::demands`] that the caller does not meet.
    pub refused: Bits,
    /// Positions in [`Operation::conditions`] whose variable is true.
    pub conditions: Bits,
    /// The client takes an answer in parts, so that what is deferred may be told later.
    pub in_parts: bool,
}

impl Variant {
    /// Evaluates the demands and conditions of an operation.
    #[must_use]
    pub fn of(operation: &Operation, principal: &Principal, variables: &Variables) -> Self {
        Self {
            refused: Bits::of(operation.demands.len(), |at| {
                !meets(principal, &operation.demands[at])
            }),
            conditions: Bits::of(operation.conditions.len(), |at| {
                variables.is_true(operation.conditions[at])
            }),
            in_parts: false,
        }
    }

    /// For somebody who may ask all of it and gives no variable that has a default.
    #[must_use]
    pub fn as_written(operation: &Operation) -> Self {
        let is_true = |at: usize| {
            let variable = operation.variables.get(operation.conditions[at]);
            let default = variable.and_then(|variable| variable.definition.default_value.as_ref());
            matches!(default, Some(Value::Boolean(true)))
        };
        Self {
            conditions: Bits::of(operation.conditions.len(), is_true),
            ..Self::default()
        }
    }

    /// The same for a client that takes the answer in parts; no other when nothing could be told later.
    /// Whoever asks for the schema gets it in one piece.
    #[must_use]
    pub fn in_parts(mut self, operation: &Operation) -> Self {
        self.in_parts = operation.defers && !operation.introspects;
        self
    }

    /// Whether a selection is part of the answer at all.
    #[must_use]
    pub fn includes(&self, selection: &Selection) -> bool {
        self.all_hold(&selection.when)
    }

    /// How a fragment is told after the rest; nothing when it is told with it.
    #[must_use]
    pub fn defers<'a>(&self, selection: &'a Selection) -> Option<&'a Defer> {
        let defer = selection.defer.as_ref().filter(|_| self.in_parts)?;
        self.all_hold(&defer.when).then_some(defer)
    }

    fn all_hold(&self, conditions: &[When]) -> bool {
        conditions.iter().all(|when| match *when {
            When::Never => false,
            When::Variable { condition, is } => self.conditions.has(condition) == is,
        })
    }

    /// Whether a selected field is refused.
    #[must_use]
    pub fn cuts(&self, selection: &Selection) -> bool {
        match &selection.what {
            What::Field(field) => field.demand.is_some_and(|demand| self.refused.has(demand)),
            What::On(_) => false,
        }
    }
}

/// Whether a principal meets a demand. A demand for scopes or a policy is one for a signed-in caller
/// too.
#[must_use]
pub fn meets(principal: &Principal, demand: &Demand) -> bool {
    if demand.is_none() {
        return true;
    }
    principal.is_authenticated()
        && satisfies(&demand.scopes, &principal.scopes)
        && satisfies(&demand.policies, &principal.policies)
}

/// Whether one of the alternatives is held in full; no alternatives ask for nothing.
fn satisfies(alternatives: &Disjunction, held: &BTreeSet<Arc<str>>) -> bool {
    alternatives.is_empty()
        || alternatives
            .iter()
            .any(|all| all.iter().all(|name| held.contains(name)))
}

/// Why a field is refused: sign in first, or the caller's rights do not suffice.
#[must_use]
pub fn refusal(principal: &Principal) -> ErrorCode {
    if principal.is_authenticated() {
        ErrorCode::Forbidden
    } else {
        ErrorCode::Unauthenticated
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn principal(subject: Option<&str>, scopes: &[&str]) -> Principal {
        Principal {
            subject: subject.map(Arc::from),
            scopes: scopes.iter().map(|s| Arc::from(*s)).collect(),
            ..Principal::public("51")
        }
    }

    #[test]
    fn one_alternative_in_full_meets_a_demand() {
        let demand = Demand {
            authenticated: false,
            scopes: vec![vec!["a".into(), "b".into()], vec!["c".into()]],
            policies: vec![],
        };
        let table: [(Option<&str>, &[&str], bool); 6] = [
            (None, &[], false),
            (None, &["c"], false),
            (Some("s"), &["a"], false),
            (Some("s"), &["a", "b"], true),
            (Some("s"), &["c"], true),
            (Some("s"), &[], false),
        ];
        for (subject, scopes, expected) in table {
            assert_eq!(
                meets(&principal(subject, scopes), &demand),
                expected,
                "{scopes:?}"
            );
        }
    }

    #[test]
    fn a_policy_is_met_by_who_holds_it_and_nothing_by_everybody() {
        let demand = Demand {
            scopes: vec![vec!["s".into()]],
            policies: vec![vec!["p".into(), "q".into()], vec!["r".into()]],
            ..Demand::default()
        };
        let table: [(&[&str], &[&str], bool); 5] = [
            (&["s"], &["p"], false),
            (&["s"], &["p", "q"], true),
            (&["s"], &["r"], true),
            (&[], &["r"], false),
            (&["s", "r"], &[], false),
        ];
        for (scopes, policies, expected) in table {
            let mut caller = principal(Some("s"), scopes);
            caller.policies = policies.iter().map(|p| Arc::from(*p)).collect();
            assert_eq!(meets(&caller, &demand), expected, "{scopes:?} {policies:?}");
            caller.subject = None;
            assert!(!meets(&caller, &demand), "never without a token");
        }
        assert!(meets(&principal(None, &[]), &Demand::default()));
    }

    #[test]
    fn equal_sets_are_equal_whatever_their_length() {
        assert_eq!(Bits::of(3, |at| at == 1), Bits::of(200, |at| at == 1));
        assert!(Bits::of(100, |at| at == 77).has(77));
        assert!(!Bits::of(100, |at| at == 77).has(76));
        assert!(Bits::of(100, |_| false).is_empty());
    }
}
