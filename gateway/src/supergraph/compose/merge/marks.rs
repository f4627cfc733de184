//! Merging the directives that several subgraphs put on one coordinate.
//!
//! Hiding wins (`@inaccessible`), demands add up (AND), tags are united, costs take the highest,
//! cache marks the strictest, and what has to be said once is taken from the first who says it.

use std::collections::BTreeSet;
use std::sync::Arc;

use graphql_tools::static_graphql::query::Number;
use graphql_tools::static_graphql::schema::{Directive, Value};

use super::super::super::demand::{Demand, Disjunction, both};
use super::super::super::sdl;

/// The directives of one coordinate, one slice per subgraph that contributes it.
pub(super) fn merge(all: &[&[Directive]]) -> Vec<Directive> {
    merge_with_demands(all, all)
}

/// As [`merge`], with the demands of more subgraphs than contribute the rest.
pub(super) fn merge_with_demands(
    all: &[&[Directive]],
    demanding: &[&[Directive]],
) -> Vec<Directive> {
    let flat = || all.iter().flat_map(|d| d.iter());
    let mut merged = Vec::new();
    let first = |name: &str, merged: &mut Vec<Directive>| {
        merged.extend(flat().find(|d| d.name == name).cloned());
    };
    // A deprecation with words is worth more than one without.
    match flat().find(|d| d.name == "deprecated" && sdl::string_argument(d, "reason").is_some()) {
        Some(deprecated) => merged.push(deprecated.clone()),
        None => first("deprecated", &mut merged),
    }
    first("specifiedBy", &mut merged);
    first("oneOf", &mut merged);
    merged.extend(
        flat()
            .find(|d| d.name == "inaccessible")
            .map(|_| plain("inaccessible")),
    );
    let tags: BTreeSet<&str> = flat()
        .filter(|d| d.name == "tag")
        .filter_map(|d| sdl::string_argument(d, "name"))
        .collect();
    for tag in tags {
        merged.push(with("tag", "name", Value::String(tag.to_owned())));
    }
    let demand = demanding
        .iter()
        .fold(Demand::default(), |sum, d| sum.and(&Demand::of(d)));
    merged.extend(demand_directives(&demand));
    let scopes = all.iter().fold(Disjunction::new(), |sum, d| {
        both(&sum, &Demand::of_input(d).scopes)
    });
    if !scopes.is_empty() {
        merged.push(with("inputScopes", "scopes", lists(&scopes)));
    }
    if let Some(weight) = flat()
        .filter(|d| d.name == "cost")
        .filter_map(|d| sdl::count_argument(d, "weight"))
        .max()
    {
        // A bounded number: weights beyond what fits are as good as infinite.
        let weight = i32::try_from(weight).unwrap_or(i32::MAX);
        merged.push(with("cost", "weight", Value::Int(Number::from(weight))));
    }
    first("listSize", &mut merged);
    first("personal", &mut merged);
    let stale: BTreeSet<&str> = flat()
        .filter(|d| d.name == "cacheInvalidate")
        .flat_map(|d| sdl::strings_argument(d, "types"))
        .collect();
    if !stale.is_empty() {
        let types = stale
            .into_iter()
            .map(|name| Value::String(name.to_owned()))
            .collect();
        merged.push(with("cacheInvalidate", "types", Value::List(types)));
    }
    // Anything else that is carried: each different application once.
    const SETTLED: [&str; 13] = [
        "deprecated",
        "specifiedBy",
        "oneOf",
        "inaccessible",
        "tag",
        "authenticated",
        "requiresScopes",
        "policy",
        "inputScopes",
        "cost",
        "listSize",
        "personal",
        "cacheInvalidate",
    ];
    for directive in flat() {
        let known = SETTLED.contains(&directive.name.as_str()) || directive.name == "cacheControl";
        let same = |d: &Directive| d.name == directive.name && d.arguments == directive.arguments;
        if !known && !merged.iter().any(same) {
            merged.push(directive.clone());
        }
    }
    merged
}

/// A demand as directives.
fn demand_directives(demand: &Demand) -> Vec<Directive> {
    let mut directives = Vec::new();
    if demand.authenticated {
        directives.push(plain("authenticated"));
    }
    if !demand.scopes.is_empty() {
        directives.push(with("requiresScopes", "scopes", lists(&demand.scopes)));
    }
    if !demand.policies.is_empty() {
        directives.push(with("policy", "policies", lists(&demand.policies)));
    }
    directives
}

fn lists(form: &[Vec<Arc<str>>]) -> Value {
    let inner = |names: &Vec<Arc<str>>| {
        Value::List(
            names
                .iter()
                .map(|name| Value::String(name.to_string()))
                .collect(),
        )
    };
    Value::List(form.iter().map(inner).collect())
}

/// A directive without arguments.
pub(super) fn plain(name: &str) -> Directive {
    Directive {
        position: Default::default(),
        name: name.to_owned(),
        arguments: Vec::new(),
    }
}

/// A directive with one argument.
pub(super) fn with(name: &str, argument: &str, value: Value) -> Directive {
    Directive {
        arguments: vec![(argument.to_owned(), value)],
        ..plain(name)
    }
}

/// A cache mark as `@cacheControl` writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CacheMark {
    max_age: Option<u32>,
    public: bool,
}

impl CacheMark {
    /// Not to be kept by anyone.
    const NOTHING: Self = Self {
        max_age: Some(0),
        public: false,
    };

    /// Reads the mark of a coordinate.
    pub(super) fn of(directives: &[Directive]) -> Option<Self> {
        sdl::directive(directives, "cacheControl").map(|directive| Self {
            max_age: sdl::count_argument(directive, "maxAge"),
            public: sdl::string_argument(directive, "scope") == Some("PUBLIC"),
        })
    }

    /// The strictest of all marks given.
    pub(super) fn strictest(marks: impl IntoIterator<Item = Self>) -> Option<Self> {
        marks.into_iter().reduce(|a, b| Self {
            max_age: match (a.max_age, b.max_age) {
                (Some(a), Some(b)) => Some(a.min(b)),
                _ => None,
            },
            public: a.public && b.public,
        })
    }

    /// What to write on a field so that readers of the supergraph, who look at the field, then at
    /// its return type, then at its parent, arrive at `mark`. A mark on a type is a promise of the
    /// subgraph that wrote it about *its* fields, never about what others add to the type.
    pub(super) fn to_write(
        mark: Option<Self>,
        explicit: bool,
        inherited: Option<Self>,
    ) -> Option<Self> {
        match mark {
            mark if !explicit && mark == inherited => None,
            None => Some(Self::NOTHING),
            mark => mark,
        }
    }

    /// The mark as a directive.
    pub(super) fn directive(self) -> Directive {
        let mut directive = plain("cacheControl");
        if let Some(age) = self.max_age {
            let age = Value::Int(Number::from(i32::try_from(age).unwrap_or(i32::MAX)));
            directive.arguments.push(("maxAge".to_owned(), age));
        }
        let scope = if self.public { "PUBLIC" } else { "PRIVATE" };
        directive
            .arguments
            .push(("scope".to_owned(), Value::Enum(scope.to_owned())));
        directive
    }
}
