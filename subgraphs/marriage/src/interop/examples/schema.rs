//! The schema of messages, and that the examples fit it.

use super::super::core::AuthorityId;
use super::super::core::tests::world::uuid;
use super::super::wire::jws::{self, Expected};
use super::talk::{Book, file};
use super::{WITHOUT_EXAMPLE, texts};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// As much of JSON Schema as ours uses; a keyword that it does not know is an error.
struct Schema(Value);

impl Schema {
    fn named(&self, name: &str, value: &Value) -> Result<(), String> {
        self.fits(&self.0["$defs"][name], value)
    }

    fn fits(&self, schema: &Value, value: &Value) -> Result<(), String> {
        for (keyword, wanted) in schema.as_object().ok_or("no schema")? {
            let text = wanted.as_str().unwrap_or_default();
            let good = match keyword.as_str() {
                "title" | "description" | "$schema" | "$id" | "$defs" | "additionalProperties" => {
                    true
                }
                "$ref" => {
                    self.named(text.trim_start_matches("#/$defs/"), value)?;
                    true
                }
                "const" => wanted == value,
                "enum" => wanted.as_array().ok_or("enum")?.contains(value),
                "oneOf" => {
                    wanted
                        .as_array()
                        .ok_or("oneOf")?
                        .iter()
                        .filter(|one| self.fits(one, value).is_ok())
                        .count()
                        == 1
                }
                "type" => match text {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "integer" => value.is_i64() || value.is_u64(),
                    "boolean" => value.is_boolean(),
                    "null" => value.is_null(),
                    _ => false,
                },
                "required" => wanted
                    .as_array()
                    .ok_or("required")?
                    .iter()
                    .all(|name| value.get(name.as_str().unwrap_or_default()).is_some()),
                "properties" => self.members(schema, wanted, value)?,
                "items" => value
                    .as_array()
                    .ok_or("items")?
                    .iter()
                    .try_for_each(|item| self.fits(wanted, item))
                    .is_ok(),
                "minItems" => value.as_array().map(Vec::len) >= wanted.as_u64().map(|n| n as usize),
                "maxItems" => value.as_array().map(Vec::len) <= wanted.as_u64().map(|n| n as usize),
                "minimum" => value.as_i64() >= wanted.as_i64(),
                "format" if text == "uuid" => value
                    .as_str()
                    .is_some_and(|v| v.parse::<uuid::Uuid>().is_ok()),
                "format" if text == "date" => value
                    .as_str()
                    .is_some_and(|v| v.parse::<chrono::NaiveDate>().is_ok()),
                // The one pattern is that of an authority.
                "pattern" => value
                    .as_str()
                    .is_some_and(|v| v.parse::<AuthorityId>().is_ok()),
                other => return Err(format!("keyword {other} is not known")),
            };
            if !good {
                return Err(format!("{keyword} {wanted} of {value}"));
            }
        }
        Ok(())
    }

    fn members(&self, schema: &Value, known: &Value, value: &Value) -> Result<bool, String> {
        for (name, member) in value.as_object().ok_or("no object")? {
            match known.get(name) {
                Some(wanted) => self.fits(wanted, member)?,
                None if schema.get("additionalProperties") == Some(&json!(false)) => {
                    return Err(format!("{name} is not known"));
                }
                None => {
                    if let Some(wanted @ Value::Object(_)) = schema.get("additionalProperties") {
                        self.fits(wanted, member)?;
                    }
                }
            }
        }
        Ok(true)
    }

    /// Every statement in a value of the wire, and in those statements.
    fn statements(&self, value: &Value) -> Result<(), String> {
        match value {
            Value::Array(items) => items.iter().try_for_each(|item| self.statements(item)),
            Value::Object(members) => {
                if let (Some(_), Some(text)) = (members.get("by"), members.get("jws")) {
                    let text = text.as_str().ok_or("jws")?;
                    let said = jws::read_statement::<Value>(text, &Book)
                        .map_err(|f| f.code())?
                        .body;
                    let name = if said.get("decision").is_some() {
                        "verdict"
                    } else {
                        "grant"
                    };
                    self.named(name, &said)?;
                    return self.statements(&said);
                }
                members
                    .values()
                    .try_for_each(|member| self.statements(member))
            }
            _ => Ok(()),
        }
    }
}

#[test]
fn every_message_of_the_schema_has_an_example_and_every_example_fits_it() {
    let schema = Schema(file("messages.schema.json"));
    let mut seen = BTreeSet::new();
    for (story, text) in texts() {
        let compact = text["jws"].as_str().unwrap();
        let header = jws::peek(compact).unwrap();
        let expected = Expected {
            from: None,
            to: &header.to,
            nonce: None,
            now: header.ts,
        };
        let body = jws::open::<Value>(compact, &Book, expected).unwrap().body;
        schema
            .fits(&schema.0, &body)
            .unwrap_or_else(|why| panic!("{story}: {why}"));
        schema
            .statements(&body)
            .unwrap_or_else(|why| panic!("{story}: {why}"));
        for message in body["messages"].as_array().unwrap() {
            seen.insert(message["phase"].as_str().unwrap().to_owned());
        }
    }
    let mut known = BTreeSet::new();
    for one in schema.0["$defs"]["message"]["oneOf"].as_array().unwrap() {
        let phase = &one["properties"]["phase"];
        let names = phase["enum"]
            .as_array()
            .cloned()
            .unwrap_or_else(|| vec![phase["const"].clone()]);
        known.extend(names.iter().map(|name| name.as_str().unwrap().to_owned()));
    }
    seen.extend(WITHOUT_EXAMPLE.map(str::to_owned));
    assert_eq!(seen, known);
}

#[test]
fn a_message_with_a_member_too_many_or_too_few_does_not_fit_the_schema() {
    let schema = Schema(file("messages.schema.json"));
    let good = json!({ "messages": [{ "phase": "HELLO", "epoch": 1, "boot": uuid(1, 1), "after": 0, "afterHash": "" }] });
    schema.fits(&schema.0, &good).unwrap();
    let mut more = good.clone();
    more["messages"][0]["idNumber"] = json!("1");
    let mut less = good.clone();
    less["messages"][0].as_object_mut().unwrap().remove("boot");
    let mut other = good;
    other["messages"][0]["epoch"] = json!("one");
    for bad in [more, less, other] {
        schema.fits(&schema.0, &bad).unwrap_err();
    }
}
