//! An ID number is fed to every place of the schema that takes a text, and must come back from none.
//!
//! The operations are written from the schema that the running program tells of itself: every root field,
//! with *every* argument and every input field, in literals and in variables, in texts and where no text
//! fits. Nothing but `userErrors` and `__typename` is asked for, so whatever repeats the number repeats it
//! in an error. Logs and metrics are searched too. The province is this case's own: mutations that get as
//! far as to change something disturb nobody.

use std::collections::BTreeMap;
use std::sync::Arc;

use libtest_mimic::Trial;
use serde_json::{Map, Value, json};

use crate::fixtures::{Fixtures, Province};
use crate::{Outcome, case};

/// A well-formed number of nobody: its check digit holds, its birthday lies in the demonstration's past.
const NUMBER: &str = "519901199003030032";

/// The same as a number, for places where a text does not fit.
const AS_INTEGER: u64 = 519_901_199_003_030_032;

/// Input objects are filled in to this depth.
const DEPTH: usize = 4;

pub(crate) fn cases(fixtures: &Arc<Fixtures>) -> Vec<Trial> {
    vec![case(
        fixtures,
        "an_id_number_fed_to_every_input_appears_in_no_message",
        every_input,
    )]
}

const INTROSPECTION: &str = "{ __schema { queryType { name } mutationType { name } types { kind name \
    fields(includeDeprecated: true) { name type { ...T } args { name type { ...T } } } \
    inputFields { name type { ...T } } enumValues(includeDeprecated: true) { name } } } } \
    fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType \
    { kind name } } } } }";

fn every_input(_: &Fixtures) -> Outcome {
    let province = Province::standalone("36")?;
    let told = province.data("public", INTROSPECTION, &Value::Null)?;
    let schema = Schema::of(&told["__schema"])?;
    let mut asked = 0;
    let mut leaks = Vec::new();
    for (kind, root) in [("query", "Query"), ("mutation", "Mutation")] {
        for field in schema.list(root, "fields") {
            for role in [
                "registrar --division 360000",
                "citizen",
                "supervisor --division 360000",
            ] {
                for fill in [Fill::Text, Fill::Integer] {
                    for (query, variables) in operations(&schema, kind, field, fill) {
                        let answer = province.ask(role, &query, &variables)?;
                        asked += 1;
                        let text = answer.to_string();
                        if text.contains(NUMBER) {
                            leaks.push(format!("{} as {role}: {text}", field["name"]));
                        }
                        if text.contains("\"INTERNAL\"") {
                            leaks.push(format!("{} as {role} breaks: {text}", field["name"]));
                        }
                    }
                }
            }
        }
    }
    if asked < 1_000 {
        return Err(format!("only {asked} operations were asked"));
    }
    let metrics = province
        .client
        .get(&format!("{}/metrics", province.program.url), &[])?;
    for (what, text) in [
        ("the log", province.program.output()),
        (
            "the metrics",
            String::from_utf8_lossy(&metrics.body).into_owned(),
        ),
    ] {
        if text.contains(NUMBER) {
            leaks.push(format!("{what} holds the number"));
        }
        if text.contains("panicked") {
            leaks.push(format!("{what} tells of a panic"));
        }
    }
    if leaks.is_empty() {
        Ok(())
    } else {
        let first: Vec<_> = leaks.iter().take(10).map(String::as_str).collect();
        Err(format!("{} leaks:\n{}", leaks.len(), first.join("\n")))
    }
}

/// What stands where a text is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fill {
    /// The number as a text, everywhere a text fits; other places get what fits them.
    Text,
    /// The number as an integer, everywhere: nothing fits.
    Integer,
}

/// The operations that feed one root field: with literals, and with variables.
fn operations(schema: &Schema, kind: &str, field: &Value, fill: Fill) -> Vec<(String, Value)> {
    let arguments: Vec<(&str, &Value, Value)> = field["args"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|argument| {
            let value = schema.value(&argument["type"], fill, DEPTH);
            (text(&argument["name"]), &argument["type"], value)
        })
        .collect();
    if arguments.is_empty() {
        return Vec::new();
    }
    let name = text(&field["name"]);
    let inside = schema.selection(&field["type"]);
    let literals: Vec<_> = arguments
        .iter()
        .map(|(name, _, value)| format!("{name}: {}", literal(value)))
        .collect();
    let declared: Vec<_> = arguments
        .iter()
        .map(|(name, ty, _)| format!("${name}: {}", print(ty)))
        .collect();
    let passed: Vec<_> = arguments
        .iter()
        .map(|(name, ..)| format!("{name}: ${name}"))
        .collect();
    let variables: Map<String, Value> = arguments
        .iter()
        .map(|(name, _, value)| ((*name).to_owned(), plain(value)))
        .collect();
    vec![
        (
            format!("{kind} {{ {name}({}){inside} }}", literals.join(", ")),
            Value::Null,
        ),
        (
            format!(
                "{kind} W({}) {{ {name}({}){inside} }}",
                declared.join(", "),
                passed.join(", ")
            ),
            variables.into(),
        ),
    ]
}

/// The schema by introspection.
struct Schema<'a>(BTreeMap<&'a str, &'a Value>);

impl<'a> Schema<'a> {
    fn of(told: &'a Value) -> Result<Self, String> {
        let types = told["types"].as_array().ok_or("no types were told")?;
        Ok(Self(
            types.iter().map(|ty| (text(&ty["name"]), ty)).collect(),
        ))
    }

    fn list(&self, ty: &str, part: &str) -> Vec<&'a Value> {
        let list = self.0.get(ty).and_then(|ty| ty[part].as_array());
        list.into_iter().flatten().collect()
    }

    fn selection(&self, ty: &Value) -> &'static str {
        let base = base(ty);
        match text(&base["kind"]) {
            "OBJECT" => {
                let fields = self.list(text(&base["name"]), "fields");
                let told = fields.iter().any(|field| field["name"] == "userErrors");
                if told {
                    " { __typename userErrors { code messageZh messageEn field legalBasis } }"
                } else {
                    " { __typename }"
                }
            }
            "INTERFACE" | "UNION" => " { __typename }",
            _ => "",
        }
    }

    /// A value for a type; an enum's is `{"$enum": …}`.
    fn value(&self, ty: &Value, fill: Fill, depth: usize) -> Value {
        match text(&ty["kind"]) {
            "NON_NULL" => self.value(&ty["ofType"], fill, depth),
            "LIST" => json!([self.value(&ty["ofType"], fill, depth)]),
            "INPUT_OBJECT" => {
                let mut fields = Map::new();
                for field in self.list(text(&ty["name"]), "inputFields") {
                    let needed = field["type"]["kind"] == "NON_NULL";
                    if depth > 0 || needed {
                        let value = self.value(&field["type"], fill, depth.saturating_sub(1));
                        fields.insert(text(&field["name"]).to_owned(), value);
                    }
                }
                fields.into()
            }
            _ if fill == Fill::Integer => json!(AS_INTEGER),
            "ENUM" => {
                let values = self.list(text(&ty["name"]), "enumValues");
                json!({ "$enum": values.first().map_or("", |value| text(&value["name"])) })
            }
            _ => match text(&ty["name"]) {
                "Int" => json!(1),
                "Float" => json!(1.5),
                "Boolean" => json!(true),
                _ => json!(NUMBER),
            },
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn base(ty: &Value) -> &Value {
    if ty["ofType"].is_object() {
        base(&ty["ofType"])
    } else {
        ty
    }
}

fn print(ty: &Value) -> String {
    match text(&ty["kind"]) {
        "NON_NULL" => format!("{}!", print(&ty["ofType"])),
        "LIST" => format!("[{}]", print(&ty["ofType"])),
        _ => text(&ty["name"]).to_owned(),
    }
}

fn literal(value: &Value) -> String {
    match value {
        Value::Object(fields) => match fields.get("$enum") {
            Some(name) => text(name).to_owned(),
            None => {
                let fields = fields
                    .iter()
                    .map(|(name, value)| format!("{name}: {}", literal(value)));
                format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
            }
        },
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(literal).collect();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    }
}

fn plain(value: &Value) -> Value {
    match value {
        Value::Object(fields) => match fields.get("$enum") {
            Some(name) => name.clone(),
            None => fields
                .iter()
                .map(|(name, value)| (name.clone(), plain(value)))
                .collect::<Map<_, _>>()
                .into(),
        },
        Value::Array(items) => items.iter().map(plain).collect(),
        other => other.clone(),
    }
}
