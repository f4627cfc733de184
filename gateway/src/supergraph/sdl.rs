//! Reading schema documents: parsing what the parser's grammar leaves out, and small look-ups on
//! definitions and directives that every part of this room needs.
//!
//! The parser knows neither `extend schema @link(…)`, with which every federation subgraph begins,
//! nor a description on `schema`. [`parse`] rewrites both into what it knows before parsing, byte
//! for byte, so that the lines and columns of errors stay true.

use std::borrow::Cow;

use graphql_tools::parser::parse_schema;
use graphql_tools::static_graphql::schema::{
    Definition, Directive, Document, Type, TypeDefinition, Value,
};

/// The scalars every schema has without defining them.
pub const BUILT_IN_SCALARS: [&str; 5] = ["Boolean", "Float", "ID", "Int", "String"];

/// The specifications whose types and directives are machinery of federation, not of the API. Each
/// owns the names `spec__…`.
const MACHINERY: [&str; 12] = [
    "join",
    "link",
    "core",
    "federation",
    "tag",
    "inaccessible",
    "authenticated",
    "requiresScopes",
    "policy",
    "cost",
    "context",
    "connect",
];

/// Whether a type or directive name belongs to the machinery of federation (`join__Graph`,
/// `link__Import`, `policy__Policy`, …).
#[must_use]
pub fn is_machinery(name: &str) -> bool {
    name.split_once("__")
        .is_some_and(|(spec, _)| MACHINERY.contains(&spec))
}

/// Parses a schema document, `extend schema` included.
///
/// # Errors
/// The parser's own words with line and column, on one line.
pub fn parse(text: &str) -> Result<Document, String> {
    let text = accept_schema_extensions(text);
    match parse_schema::<String>(&text) {
        Ok(document) => Ok(document.into_static()),
        Err(error) => Err(error
            .to_string()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")),
    }
}

/// A directive by name.
#[must_use]
pub fn directive<'a>(directives: &'a [Directive], name: &str) -> Option<&'a Directive> {
    directives.iter().find(|d| d.name == name)
}

/// An argument of a directive.
#[must_use]
pub fn argument<'a>(directive: &'a Directive, name: &str) -> Option<&'a Value> {
    directive
        .arguments
        .iter()
        .find(|(n, _)| n == name)
        .map(|(_, value)| value)
}

/// A string (or enum) argument of a directive.
#[must_use]
pub fn string_argument<'a>(directive: &'a Directive, name: &str) -> Option<&'a str> {
    match argument(directive, name) {
        Some(Value::String(text) | Value::Enum(text)) => Some(text),
        _ => None,
    }
}

/// A boolean argument of a directive.
#[must_use]
pub fn bool_argument(directive: &Directive, name: &str) -> Option<bool> {
    match argument(directive, name) {
        Some(Value::Boolean(value)) => Some(*value),
        _ => None,
    }
}

/// A whole number that is not negative; `@cost(weight: "3")`, as the cost specification writes it,
/// counts too.
#[must_use]
pub fn count_argument(directive: &Directive, name: &str) -> Option<u32> {
    match argument(directive, name) {
        Some(Value::Int(number)) => number.as_i64().and_then(|n| u32::try_from(n).ok()),
        Some(Value::String(text)) => text.parse().ok(),
        _ => None,
    }
}

/// A list of strings; a single string counts as a list of one, as GraphQL coerces it.
#[must_use]
pub fn strings_argument<'a>(directive: &'a Directive, name: &str) -> Vec<&'a str> {
    match argument(directive, name) {
        Some(Value::String(text)) => vec![text],
        Some(Value::List(items)) => items
            .iter()
            .filter_map(|item| match item {
                Value::String(text) | Value::Enum(text) => Some(text.as_str()),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// The name inside all wrappers of a type.
#[must_use]
pub fn base_name(ty: &Type) -> &str {
    match ty {
        Type::NamedType(name) => name,
        Type::ListType(inner) | Type::NonNullType(inner) => base_name(inner),
    }
}

/// The name of a type definition.
#[must_use]
pub fn name_of(definition: &TypeDefinition) -> &str {
    match definition {
        TypeDefinition::Scalar(t) => &t.name,
        TypeDefinition::Object(t) => &t.name,
        TypeDefinition::Interface(t) => &t.name,
        TypeDefinition::Union(t) => &t.name,
        TypeDefinition::Enum(t) => &t.name,
        TypeDefinition::InputObject(t) => &t.name,
    }
}

/// The directives of a type definition.
#[must_use]
pub fn directives_of(definition: &TypeDefinition) -> &[Directive] {
    match definition {
        TypeDefinition::Scalar(t) => &t.directives,
        TypeDefinition::Object(t) => &t.directives,
        TypeDefinition::Interface(t) => &t.directives,
        TypeDefinition::Union(t) => &t.directives,
        TypeDefinition::Enum(t) => &t.directives,
        TypeDefinition::InputObject(t) => &t.directives,
    }
}

/// The type definitions of a document.
pub fn types(document: &Document) -> impl Iterator<Item = &TypeDefinition> {
    document
        .definitions
        .iter()
        .filter_map(|definition| match definition {
            Definition::TypeDefinition(ty) => Some(ty),
            _ => None,
        })
}

/// The directives of a type by its name.
#[must_use]
pub fn type_directives<'a>(document: &'a Document, name: &str) -> Option<&'a [Directive]> {
    types(document)
        .find(|ty| name_of(ty) == name)
        .map(directives_of)
}

#[derive(Clone, Copy, PartialEq)]
enum Token<'a> {
    Name(&'a str),
    Punctuation(u8),
    Text,
}

/// Blanks out `extend` before `schema` and a description before `schema`, and gives a schema
/// extension without a block an empty one.
fn accept_schema_extensions(text: &str) -> Cow<'_, str> {
    let tokens = tokens(text);
    let mut edits: Vec<(usize, usize, &str)> = Vec::new();
    let mut depth = 0_i32;
    let mut at = 0;
    while at < tokens.len() {
        let (token, start, end) = tokens[at];
        match token {
            Token::Punctuation(b'{' | b'(' | b'[') => depth += 1,
            Token::Punctuation(b'}' | b')' | b']') => depth -= 1,
            Token::Name("extend") | Token::Text
                if depth == 0
                    && tokens
                        .get(at + 1)
                        .is_some_and(|(t, ..)| *t == Token::Name("schema")) =>
            {
                edits.push((start, end, ""));
            }
            Token::Name("schema") if depth == 0 => {
                let last = end_of_directives(&tokens, at);
                if tokens.get(last + 1).map(|(t, ..)| *t) != Some(Token::Punctuation(b'{')) {
                    edits.push((tokens[last].2, tokens[last].2, " {}"));
                }
                at = last;
            }
            _ => {}
        }
        at += 1;
    }
    if edits.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut rewritten = String::with_capacity(text.len() + 16);
    let mut copied = 0;
    for (start, end, replacement) in edits {
        rewritten.push_str(&text[copied..start]);
        // Line breaks stay, so that positions in errors stay true.
        rewritten.extend(
            text[start..end]
                .chars()
                .map(|c| if c == '\n' { '\n' } else { ' ' }),
        );
        rewritten.push_str(replacement);
        copied = end;
    }
    rewritten.push_str(&text[copied..]);
    Cow::Owned(rewritten)
}

/// The position of the last token of the directives that follow the token at `at`.
fn end_of_directives(tokens: &[(Token<'_>, usize, usize)], at: usize) -> usize {
    let token = |i: usize| tokens.get(i).map(|(t, ..)| *t);
    let mut last = at;
    while token(last + 1) == Some(Token::Punctuation(b'@')) {
        last += 2; // `@` and the name
        if token(last + 1) == Some(Token::Punctuation(b'(')) {
            let mut open = 0;
            loop {
                last += 1;
                match token(last) {
                    Some(Token::Punctuation(b'(')) => open += 1,
                    Some(Token::Punctuation(b')')) => open -= 1,
                    None => return tokens.len() - 1,
                    _ => {}
                }
                if open == 0 {
                    break;
                }
            }
        }
    }
    last.min(tokens.len() - 1)
}

/// Names, punctuation and strings with their byte ranges; everything else is of no interest here.
fn tokens(text: &str) -> Vec<(Token<'_>, usize, usize)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        match bytes[at] {
            b'#' => at += bytes[at..].iter().take_while(|b| **b != b'\n').count(),
            b'"' if bytes[at..].starts_with(b"\"\"\"") => {
                at += 3;
                while at < bytes.len() && !bytes[at..].starts_with(b"\"\"\"") {
                    at += if bytes[at..].starts_with(b"\\\"\"\"") {
                        4
                    } else {
                        1
                    };
                }
                at = (at + 3).min(bytes.len());
                found.push((Token::Text, start, at));
            }
            b'"' => {
                at += 1;
                while at < bytes.len() && bytes[at] != b'"' && bytes[at] != b'\n' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                at = (at + 1).min(bytes.len());
                found.push((Token::Text, start, at));
            }
            b if b == b'_' || b.is_ascii_alphabetic() => {
                at += bytes[at..]
                    .iter()
                    .take_while(|b| **b == b'_' || b.is_ascii_alphanumeric())
                    .count();
                found.push((Token::Name(&text[start..at]), start, at));
            }
            b if b.is_ascii_punctuation() => {
                at += 1;
                found.push((Token::Punctuation(b), start, at));
            }
            _ => at += 1,
        }
    }
    found
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn schema_extensions_and_described_schemas_are_understood() {
        let table = [
            "extend schema @link(url: \"u\", import: [\"@key\", { name: \"@x\", as: \"@y\" }])\n type Query { a: Int }",
            "extend schema\n  @link(url: \"a(\")\n  @link(url: \"b\") { query: Q }\n type Q { extend: Int schema: Int }",
            "\"\"\"The schema.\"\"\"\nschema { query: Q } type Q { a: Int }",
            "# extend schema\ntype Query { a: Int }\nextend schema @link(url: \"u\")",
            "\"extend schema\" type Query { a: Int }",
        ];
        for text in table {
            parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        }
    }

    #[test]
    fn an_unfinished_document_is_an_error_and_not_a_panic() {
        for text in [
            "extend schema @",
            "extend schema @link(",
            "extend schema",
            "schema",
            "\"\"\"",
            "\"a\\",
        ] {
            assert!(parse(text).is_err() || text.ends_with("schema"), "{text}");
        }
    }

    #[test]
    fn machinery_is_known_by_its_prefix() {
        assert!(is_machinery("join__Graph") && is_machinery("policy__Policy"));
        assert!(!is_machinery("__Type") && !is_machinery("Place") && !is_machinery("my__Type"));
    }
}
