//! Counting a parsed document in one linear pass, before validation.
//!
//! Fragments make a small document large (`fragment f { ...g ...g }` doubles at every step), and
//! the validation rules and everything after them work on the expanded document. So the expanded
//! size is computed first, each fragment once (memoised), with saturating sums; only a document
//! whose expanded size is within bounds is ever expanded.
//!
//! Invariant: time linear in the document; stack depth bounded by [`Bounds::height`]; a cycle of
//! fragments is reported, never followed.

use std::collections::HashMap;

use graphql_tools::static_graphql::query::{
    Definition, Document, FragmentDefinition, OperationDefinition, Selection, SelectionSet,
};

/// How large a document may be once its fragments are expanded.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Nested fields, counted through fragments.
    pub depth: usize,
    /// Fields that carry an alias.
    pub aliases: usize,
    /// Fields.
    pub fields: usize,
    /// Fields at the root of an operation.
    pub root_fields: usize,
    /// Occurrences of one response name in one selection set.
    pub repeats: usize,
    /// Fields, inline fragments and spreads nested in one another: bounds recursion.
    pub height: usize,
}

/// The first bound a document exceeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Excess {
    /// Deeper than `depth`, or fragments nested too often.
    Depth,
    /// More aliases than allowed.
    Aliases,
    /// More expanded fields than allowed, or one response name repeated too often.
    Fields,
    /// More fields at the root than allowed.
    RootFields,
    /// A fragment that contains itself.
    Cycle,
}

/// What a selection set comes to when it is expanded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Total {
    /// Nested fields.
    pub depth: usize,
    /// Aliased fields.
    pub aliases: usize,
    /// Fields.
    pub fields: usize,
    /// Fields, inline fragments and spreads.
    pub selections: usize,
    /// Fields at this level, through fragments.
    pub level: usize,
    height: usize,
}

/// Counts every operation and fragment of a document against the bounds.
///
/// # Errors
/// The first bound exceeded.
pub fn count(document: &Document, bounds: &Bounds) -> Result<Total, Excess> {
    let mut counter = Counter {
        fragments: HashMap::new(),
        bounds,
    };
    for definition in &document.definitions {
        if let Definition::Fragment(fragment) = definition {
            counter
                .fragments
                .insert(&fragment.name, (fragment, State::New));
        }
    }
    let mut sum = Total::default();
    for definition in &document.definitions {
        let total = match definition {
            Definition::Operation(operation) => {
                let total = counter.set(selection_set(operation), 0)?;
                check(&total, bounds)?;
                if total.level > bounds.root_fields {
                    return Err(Excess::RootFields);
                }
                total
            }
            Definition::Fragment(fragment) => counter.fragment(&fragment.name, 0)?,
        };
        check(&total, bounds)?;
        if matches!(definition, Definition::Operation(_)) {
            sum = Total {
                depth: sum.depth.max(total.depth),
                height: sum.height.max(total.height),
                level: sum.level.max(total.level),
                aliases: sum.aliases.saturating_add(total.aliases),
                fields: sum.fields.saturating_add(total.fields),
                selections: sum.selections.saturating_add(total.selections),
            };
        }
    }
    check(&sum, bounds)?;
    // The expanded size is now known to be small: walking it is linear in the bound.
    for definition in &document.definitions {
        if let Definition::Operation(operation) = definition {
            counter.repeats(selection_set(operation))?;
        }
    }
    Ok(sum)
}

fn check(total: &Total, bounds: &Bounds) -> Result<(), Excess> {
    if total.depth > bounds.depth || total.height > bounds.height {
        Err(Excess::Depth)
    } else if total.aliases > bounds.aliases {
        Err(Excess::Aliases)
    } else if total.fields > bounds.fields || total.selections > bounds.fields.saturating_mul(3) {
        Err(Excess::Fields)
    } else {
        Ok(())
    }
}

/// The selection set of any kind of operation.
#[must_use]
pub fn selection_set(operation: &OperationDefinition) -> &SelectionSet {
    match operation {
        OperationDefinition::SelectionSet(set) => set,
        OperationDefinition::Query(query) => &query.selection_set,
        OperationDefinition::Mutation(mutation) => &mutation.selection_set,
        OperationDefinition::Subscription(subscription) => &subscription.selection_set,
    }
}

#[derive(Clone, Copy)]
enum State {
    New,
    Open,
    Done(Total),
}

struct Counter<'a> {
    fragments: HashMap<&'a str, (&'a FragmentDefinition, State)>,
    bounds: &'a Bounds,
}

impl<'a> Counter<'a> {
    fn fragment(&mut self, name: &'a str, height: usize) -> Result<Total, Excess> {
        // An unknown fragment counts nothing: validation names it.
        let Some((fragment, state)) = self.fragments.get_mut(name) else {
            return Ok(Total::default());
        };
        match *state {
            State::Done(total) => Ok(total),
            State::Open => Err(Excess::Cycle),
            State::New => {
                *state = State::Open;
                let set = &fragment.selection_set;
                let total = self.set(set, height)?;
                if let Some((_, state)) = self.fragments.get_mut(name) {
                    *state = State::Done(total);
                }
                Ok(total)
            }
        }
    }

    fn set(&mut self, set: &'a SelectionSet, height: usize) -> Result<Total, Excess> {
        if height > self.bounds.height {
            return Err(Excess::Depth);
        }
        let mut sum = Total::default();
        for selection in &set.items {
            let (inner, own) = match selection {
                Selection::Field(field) => {
                    let inner = self.set(&field.selection_set, height + 1)?;
                    let own = Total {
                        depth: 1,
                        aliases: usize::from(field.alias.is_some()),
                        fields: 1,
                        level: 1,
                        ..Total::default()
                    };
                    (Total { level: 0, ..inner }, own)
                }
                Selection::InlineFragment(fragment) => (
                    self.set(&fragment.selection_set, height + 1)?,
                    Total::default(),
                ),
                Selection::FragmentSpread(spread) => (
                    self.fragment(&spread.fragment_name, height + 1)?,
                    Total::default(),
                ),
            };
            sum.depth = sum.depth.max(inner.depth + own.depth);
            sum.height = sum.height.max(inner.height + 1);
            sum.aliases = sum.aliases.saturating_add(inner.aliases + own.aliases);
            sum.fields = sum
                .fields
                .saturating_add(inner.fields)
                .saturating_add(own.fields);
            sum.selections = sum
                .selections
                .saturating_add(inner.selections)
                .saturating_add(1);
            sum.level = sum
                .level
                .saturating_add(inner.level)
                .saturating_add(own.level);
        }
        Ok(sum)
    }

    /// Refuses a response name that one selection set carries more often than allowed.
    fn repeats(&self, root: &'a SelectionSet) -> Result<(), Excess> {
        let mut sets: Vec<&SelectionSet> = vec![root];
        let mut names: HashMap<&str, usize> = HashMap::new();
        while let Some(set) = sets.pop() {
            names.clear();
            let mut level: Vec<&SelectionSet> = vec![set];
            while let Some(part) = level.pop() {
                for selection in &part.items {
                    match selection {
                        Selection::Field(field) => {
                            let name = field.alias.as_deref().unwrap_or(&field.name);
                            let seen = names.entry(name).or_default();
                            *seen += 1;
                            if *seen > self.bounds.repeats {
                                return Err(Excess::Fields);
                            }
                            if !field.selection_set.items.is_empty() {
                                sets.push(&field.selection_set);
                            }
                        }
                        Selection::InlineFragment(fragment) => level.push(&fragment.selection_set),
                        Selection::FragmentSpread(spread) => {
                            if let Some((fragment, _)) =
                                self.fragments.get(spread.fragment_name.as_str())
                            {
                                level.push(&fragment.selection_set);
                            }
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use graphql_tools::parser::query::parse_query;

    const BOUNDS: Bounds = Bounds {
        depth: 20,
        aliases: 100,
        fields: 2000,
        root_fields: 500,
        repeats: 32,
        height: 60,
    };

    fn counted(text: &str) -> Result<Total, Excess> {
        count(&parse_query::<String>(text).unwrap().into_static(), &BOUNDS)
    }

    #[test]
    fn fields_are_counted_through_fragments() {
        let total =
            counted("{ a { ...f b: c } } fragment f on T { d { e } ... on U { g } }").unwrap();
        assert_eq!((total.depth, total.aliases, total.fields), (3, 1, 5));
    }

    #[test]
    fn one_alias_too_many_is_refused() {
        let with = |n: usize| {
            let fields: String = (0..n).map(|i| format!("a{i}: b ")).collect();
            counted(&format!("{{ {fields} }}"))
        };
        assert!(with(100).is_ok());
        assert_eq!(with(101), Err(Excess::Aliases));
    }

    #[test]
    fn doubling_fragments_are_refused_without_expansion() {
        let mut text = String::from("{ ...f0 }");
        for i in 0..30 {
            text.push_str(&format!(
                " fragment f{i} on Q {{ x{i} ...f{} ...f{} }}",
                i + 1,
                i + 1
            ));
        }
        text.push_str(" fragment f30 on Q { leaf }");
        assert_eq!(counted(&text), Err(Excess::Fields));
    }

    #[test]
    fn cycles_end_in_an_error() {
        assert_eq!(
            counted("{ ...a } fragment a on Q { ...a }"),
            Err(Excess::Cycle)
        );
        assert_eq!(
            counted("{ x } fragment a on Q { y { ...b } } fragment b on Q { ...a }"),
            Err(Excess::Cycle)
        );
    }

    #[test]
    fn a_long_chain_of_fragments_is_too_deep() {
        let mut text = String::from("{ ...f0 }");
        for i in 0..2000 {
            text.push_str(&format!(" fragment f{i} on Q {{ ...f{} }}", i + 1));
        }
        text.push_str(" fragment f2000 on Q { leaf }");
        assert_eq!(counted(&text), Err(Excess::Depth));
    }

    #[test]
    fn one_name_may_repeat_thirty_two_times() {
        let with = |n: usize| {
            counted(&format!(
                "{{ ...f {} }} fragment f on Q {{ a }}",
                "a ".repeat(n)
            ))
        };
        assert!(with(31).is_ok());
        assert_eq!(with(32), Err(Excess::Fields));
    }
}
