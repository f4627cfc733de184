//! The subject of `@personal`: the fields from a personal field's parent to the persons it concerns,
//! such as `parties { person { id } }`.
//!
//! Plain fields only: no arguments, aliases, fragments or directives, so that following it costs
//! nothing but steps and means the same in every operation.

use std::sync::Arc;

/// Steps nested in one another.
const MOST_DEPTH: usize = 8;
/// Fields in one subject.
const MOST_FIELDS: usize = 16;

/// One step towards a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectField {
    /// The field's name.
    pub name: Arc<str>,
    /// The steps from there; empty at an id.
    pub inside: Vec<SubjectField>,
}

/// Reads a subject; nothing for what is none.
pub(crate) fn parse(text: &str) -> Option<Vec<SubjectField>> {
    // One slot for each open brace.
    let mut open: Vec<Vec<SubjectField>> = vec![Vec::new()];
    let mut fields = 0;
    let spaced = text.replace('{', " { ").replace('}', " } ");
    for word in spaced
        .split([' ', ',', '\t', '\n', '\r'])
        .filter(|word| !word.is_empty())
    {
        match word {
            "{" => {
                open.last()?.last().filter(|last| last.inside.is_empty())?;
                open.push(Vec::new());
            }
            "}" => {
                let inside = open.pop().filter(|inside| !inside.is_empty())?;
                open.last_mut()?.last_mut()?.inside = inside;
            }
            name => {
                fields += 1;
                let mut letters = name.bytes();
                let first = letters.next()?;
                let plain = (first.is_ascii_alphabetic() || first == b'_')
                    && letters.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
                    && !name.starts_with("__");
                if !plain || fields > MOST_FIELDS || open.len() > MOST_DEPTH {
                    return None;
                }
                open.last_mut()?.push(SubjectField {
                    name: name.into(),
                    inside: Vec::new(),
                });
            }
        }
    }
    let whole = open.pop()?;
    (open.is_empty() && !whole.is_empty()).then_some(whole)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn shown(path: &[SubjectField]) -> String {
        let one = |field: &SubjectField| match field.inside.as_slice() {
            [] => field.name.to_string(),
            inside => format!("{}({})", field.name, shown(inside)),
        };
        path.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_subject_is_a_selection_of_plain_fields() {
        for (text, expected) in [
            ("id", "id"),
            (" parties{person{id}} ", "parties(person(id))"),
            ("husband { id }, wife { id }", "husband(id) wife(id)"),
        ] {
            assert_eq!(shown(&parse(text).unwrap()), expected);
        }
    }

    #[test]
    fn anything_else_is_no_subject() {
        let deep = format!("{}id{}", "a { ".repeat(9), " }".repeat(9));
        for text in [
            "",
            " ",
            "{ id }",
            "a {",
            "a { }",
            "a } b",
            "a { b } }",
            "a { b } { c }",
            "a(x: 1)",
            "a: b",
            "... on T { id }",
            "__typename",
            "a @skip",
            "1a",
            &deep,
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
