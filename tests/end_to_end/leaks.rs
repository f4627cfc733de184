//! An ID number is fed to every place of the schema that takes something, and must come back from none.
//!
//! The operations are written from the schema that the running program tells of itself: every root field, and
//! every field with arguments of every object ([`PARENTS`] says how to come to one that is there), with
//! *every* argument and every input field, in literals and in variables, in texts and where no text
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
    for (kind, root) in [
        ("query", "Query"),
        ("mutation", "Mutation"),
        ("subscription", "Subscription"),
    ] {
        for field in schema.list(root, "fields") {
            for role in [
                "registrar --division 360000",
                "citizen",
                "supervisor --division 360000",
            ] {
                for fill in [Fill::Text, Fill::Integer, Fill::Everywhere] {
                    // What fits nowhere is refused before anybody looks at who asks.
                    if fill == Fill::Everywhere && role != "citizen" {
                        continue;
                    }
                    for (query, variables) in operations(&schema, kind, field, fill, ["", ""]) {
                        let answer = province.ask(role, &query, &variables)?;
                        asked += 1;
                        leaks.extend(leak(&field["name"], role, &answer));
                    }
                }
            }
        }
    }
    if asked < 1_000 {
        return Err(format!("only {asked} operations were asked"));
    }
    nested(&province, &schema, &mut leaks)?;
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

/// What is wrong with an answer, if anything is.
fn leak(field: &Value, role: &str, answer: &Value) -> Option<String> {
    let text = answer.to_string();
    if text.contains(NUMBER) {
        return Some(format!("{field} as {role}: {text}"));
    }
    let breaks = text.contains("\"INTERNAL\"");
    breaks.then(|| format!("{field} as {role} breaks: {text}"))
}

/// How to come to an object of each type that has fields with arguments: the type, who asks, and what stands
/// around the object's own selection. `$DIVISION` is the id of the province, `$REGISTRY` a registry where somebody divorces.
const PARENTS: [(&str, &str, [&str; 2]); 12] = [
    ("Person", "citizen", ["me {", "}"]),
    ("Division", "public", ["division(id: $DIVISION) {", "}"]),
    (
        "Place",
        "public",
        ["searchPlaces(first: 1) { nodes {", "} }"],
    ),
    (
        "BoundaryLine",
        "public",
        [
            "boundariesDue(by: \"2099-01-01\", first: 1) { nodes {",
            "} }",
        ],
    ),
    (
        "FuneralFacility",
        "public",
        ["facilities(division: $DIVISION, first: 1) { nodes {", "} }"],
    ),
    (
        "Hall",
        "public",
        [
            "facilities(division: $DIVISION, kind: FUNERAL_HOME, first: 1) { nodes { halls {",
            "} } }",
        ],
    ),
    (
        "DivorceApplication",
        "registrar --division 360000",
        [
            "openDivorceApplications(registry: $REGISTRY, first: 1) {",
            "}",
        ],
    ),
    (
        "HotlineTicket",
        "registrar --division 360000",
        ["openTickets(first: 1) { nodes {", "} }"],
    ),
    (
        "MarriageRegistry",
        "public",
        ["registries(first: 1) { nodes {", "} }"],
    ),
    (
        "Organization",
        "public",
        ["searchOrganizations(first: 1) { nodes {", "} }"],
    ),
    (
        "OrganizationRecord",
        "public",
        ["searchOrganizations(first: 1) { nodes { record {", "} } }"],
    ),
    (
        "WaiverEligibility",
        "citizen",
        ["waiverEligibility(division: $DIVISION) {", "}"],
    ),
];

/// Feeds every field with arguments that is no root field, on an object that is there.
fn nested(province: &Province, schema: &Schema, leaks: &mut Vec<String>) -> Outcome {
    let place = "{ divisionByCode(code: \"360000\") { id } }";
    let place = province.data("public", place, &Value::Null)?["divisionByCode"]["id"].to_string();
    let registry = where_somebody_divorces(province)?;
    for ty in schema.0.keys() {
        let fields = schema.list(ty, "fields");
        let taking = fields.iter().filter(|field| field["args"] != json!([]));
        let taking: Vec<_> = taking.collect();
        let root = matches!(*ty, "Query" | "Mutation" | "Subscription");
        if taking.is_empty() || root || ty.starts_with("__") || schema.0[ty]["kind"] != "OBJECT" {
            continue;
        }
        let parent = PARENTS.iter().find(|(name, ..)| name == ty);
        let (_, role, around) = parent.ok_or(format!("no way to come to a {ty} is known"))?;
        let around = around.map(|part| {
            part.replace("$DIVISION", &place)
                .replace("$REGISTRY", &registry)
        });
        let around = [around[0].as_str(), around[1].as_str()];
        let there = format!("{{ {} __typename {} }}", around[0], around[1]);
        let answer = province.ask(role, &there, &Value::Null)?;
        if !answer
            .to_string()
            .contains(&format!("\"__typename\":\"{ty}\""))
        {
            return Err(format!("there is no {ty} at {there}: {answer}"));
        }
        for field in taking {
            for fill in [Fill::Text, Fill::Integer, Fill::Everywhere] {
                for (query, variables) in operations(schema, "query", field, fill, around) {
                    let answer = province.ask(role, &query, &variables)?;
                    leaks.extend(leak(&field["name"], role, &answer));
                }
            }
        }
    }
    Ok(())
}

/// A registry with an open application for divorce.
fn where_somebody_divorces(province: &Province) -> Result<String, String> {
    let all = "{ divisionByCode(code: \"360000\") { descendants(level: COUNTY, first: 200) { nodes { registries { id } } } } }";
    let all = province.data("public", all, &Value::Null)?;
    let counties = all["divisionByCode"]["descendants"]["nodes"].as_array();
    let registries = counties
        .into_iter()
        .flatten()
        .filter_map(|county| county["registries"].as_array())
        .flatten();
    let open =
        "query($registry: ID!) { openDivorceApplications(registry: $registry, first: 1) { id } }";
    for registry in registries {
        let variables = json!({ "registry": registry["id"] });
        let found = province.data("registrar --division 360000", open, &variables)?;
        if !found["openDivorceApplications"][0].is_null() {
            return Ok(registry["id"].to_string());
        }
    }
    Err("nobody divorces in this province".to_owned())
}

/// What stands where something is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fill {
    /// The number as a text, everywhere a text fits; other places get what fits them.
    Text,
    /// The number as an integer, everywhere: nothing fits.
    Integer,
    /// The number as a text, everywhere: also where a number, a truth or a word of the schema is taken.
    Everywhere,
}

/// The operations that feed one field, with this before and after it: with literals, and with variables.
fn operations(
    schema: &Schema,
    kind: &str,
    field: &Value,
    fill: Fill,
    [before, after]: [&str; 2],
) -> Vec<(String, Value)> {
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
            format!(
                "{kind} {{ {before} {name}({}){inside} {after} }}",
                literals.join(", ")
            ),
            Value::Null,
        ),
        (
            format!(
                "{kind} W({}) {{ {before} {name}({}){inside} {after} }}",
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
            _ if fill == Fill::Everywhere => json!(NUMBER),
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
