//! Field sets: the little selections in `@key`, `@requires` and `@provides`.

use graphql_tools::parser::parse_query;
use graphql_tools::parser::query::TypeCondition;
use graphql_tools::static_graphql::query::{
    Definition, OperationDefinition, Selection, SelectionSet,
};

use super::super::print;

/// Parses the text of a field set, with or without outer braces.
///
/// # Errors
/// A clause that says what is wrong with it.
pub(crate) fn parse(text: &str) -> Result<SelectionSet, String> {
    let trimmed = text.trim();
    let braced = if trimmed.starts_with('{') {
        trimmed.to_owned()
    } else {
        format!("{{ {trimmed} }}")
    };
    let invalid = || format!("its field set \"{trimmed}\" is not a selection of fields.");
    let document = parse_query::<String>(&braced)
        .map_err(|_| invalid())?
        .into_static();
    let mut definitions = document.definitions.into_iter();
    match (definitions.next(), definitions.next()) {
        (Some(Definition::Operation(OperationDefinition::SelectionSet(set))), None)
            if !set.items.is_empty() =>
        {
            Ok(set)
        }
        _ => Err(invalid()),
    }
}

/// Prints a field set in one canonical line without outer braces: `sku variation { id }`.
pub(crate) fn print(set: &SelectionSet) -> String {
    let mut parts = Vec::with_capacity(set.items.len());
    for item in &set.items {
        match item {
            Selection::Field(field) => {
                let mut text = field.name.clone();
                if !field.arguments.is_empty() {
                    let arguments: Vec<_> = field
                        .arguments
                        .iter()
                        .map(|(name, value)| format!("{name}: {}", print::value(value)))
                        .collect();
                    text.push_str(&format!("({})", arguments.join(", ")));
                }
                if !field.selection_set.items.is_empty() {
                    text.push_str(&format!(" {{ {} }}", print(&field.selection_set)));
                }
                parts.push(text);
            }
            Selection::InlineFragment(fragment) => {
                let on = match &fragment.type_condition {
                    Some(TypeCondition::On(name)) => format!(" on {name}"),
                    None => String::new(),
                };
                parts.push(format!("...{on} {{ {} }}", print(&fragment.selection_set)));
            }
            // Refused by every check before anything is printed.
            Selection::FragmentSpread(_) => {}
        }
    }
    parts.join(" ")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    #[test]
    fn field_sets_are_printed_in_one_canonical_form() {
        let table = [
            ("id", "id"),
            (" { id }", "id"),
            ("sku,variation{id}", "sku variation { id }"),
            (
                "p(currency:CNY) ... on Place{id}",
                "p(currency: CNY) ... on Place { id }",
            ),
        ];
        for (text, expected) in table {
            assert_eq!(super::print(&super::parse(text).unwrap()), expected);
        }
        for text in ["", "{}", "id }", "{ a } { b }"] {
            assert!(super::parse(text).is_err(), "{text}");
        }
    }
}
