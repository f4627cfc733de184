//! Arguments and variables, coerced by a schema as the specification says, in a canonical form: what the
//! value of a field depends on.

use std::collections::BTreeMap;

use graphql_tools::static_graphql::query::VariableDefinition;
use graphql_tools::static_graphql::schema::{Type, Value as Literal};
use serde_json::{Map, Value, json};

use crate::schema::{Input, Kind, Schema};

/// The variables of an operation: what was given, with defaults; one without a value is absent.
#[must_use]
pub fn variables(
    schema: &Schema,
    defined: &[VariableDefinition],
    given: &Map<String, Value>,
) -> Map<String, Value> {
    let mut all = Map::new();
    for variable in defined {
        let default = || {
            variable
                .default_value
                .as_ref()
                .and_then(|value| literal(schema, value, &variable.var_type, &Map::new()))
        };
        let value = match given.get(&variable.name) {
            Some(value) => Some(coerced(schema, value, &variable.var_type)),
            None => default(),
        };
        all.extend(value.map(|value| (variable.name.clone(), value)));
    }
    all
}

/// The arguments of a field as one text.
#[must_use]
pub fn arguments(
    schema: &Schema,
    defined: &BTreeMap<String, Input>,
    given: &[(String, Literal)],
    variables: &Map<String, Value>,
) -> String {
    let mut all: BTreeMap<&str, Value> = BTreeMap::new();
    for (name, input) in defined {
        let said = given.iter().find(|(said, _)| said == name);
        let value = match said {
            Some((_, value)) => literal(schema, value, &input.ty, variables),
            None => None,
        };
        let default = || literal(schema, input.default.as_ref()?, &input.ty, variables);
        all.extend(value.or_else(default).map(|value| (name.as_str(), value)));
    }
    if all.is_empty() {
        String::new()
    } else {
        json!(all).to_string()
    }
}

/// A literal; nothing when it is a variable without a value.
fn literal(
    schema: &Schema,
    value: &Literal,
    ty: &Type,
    variables: &Map<String, Value>,
) -> Option<Value> {
    let value = match (value, ty) {
        (Literal::Variable(name), _) => return variables.get(name).cloned(),
        (Literal::Null, _) => Value::Null,
        (value, Type::NonNullType(inner)) => return literal(schema, value, inner, variables),
        (Literal::List(items), Type::ListType(item)) => {
            let items = items
                .iter()
                .map(|value| literal(schema, value, item, variables).unwrap_or(Value::Null));
            Value::Array(items.collect())
        }
        (value, Type::ListType(item)) => {
            Value::Array(vec![literal(schema, value, item, variables)?])
        }
        (value, Type::NamedType(name)) => {
            let ty = schema.ty(name);
            match value {
                Literal::Object(fields) if ty.kind == Kind::Input => {
                    let mut all = Map::new();
                    for (name, input) in &ty.inputs {
                        let said = fields.iter().find(|(said, _)| said == name);
                        let value = said
                            .and_then(|(_, value)| literal(schema, value, &input.ty, variables));
                        let default =
                            || literal(schema, input.default.as_ref()?, &input.ty, variables);
                        all.extend(value.or_else(default).map(|value| (name.clone(), value)));
                    }
                    sorted(all)
                }
                value => leaf(name, plain(value, variables)),
            }
        }
    };
    Some(value)
}

/// A literal of a custom scalar or a leaf as JSON.
fn plain(value: &Literal, variables: &Map<String, Value>) -> Value {
    match value {
        Literal::Variable(name) => variables.get(name).cloned().unwrap_or(Value::Null),
        Literal::Null => Value::Null,
        Literal::Int(number) => json!(number.as_i64()),
        Literal::Float(number) => json!(number),
        Literal::String(text) | Literal::Enum(text) => json!(text),
        Literal::Boolean(value) => json!(value),
        Literal::List(items) => items.iter().map(|value| plain(value, variables)).collect(),
        Literal::Object(fields) => {
            let fields = fields
                .iter()
                .map(|(name, value)| (name.clone(), plain(value, variables)));
            sorted(fields.collect())
        }
    }
}

/// A value that came as JSON.
fn coerced(schema: &Schema, value: &Value, ty: &Type) -> Value {
    match (value, ty) {
        (Value::Null, _) => Value::Null,
        (value, Type::NonNullType(inner)) => coerced(schema, value, inner),
        (Value::Array(items), Type::ListType(item)) => items
            .iter()
            .map(|value| coerced(schema, value, item))
            .collect(),
        (value, Type::ListType(item)) => Value::Array(vec![coerced(schema, value, item)]),
        (value, Type::NamedType(name)) => {
            let ty = schema.ty(name);
            match value {
                Value::Object(fields) if ty.kind == Kind::Input => {
                    let mut all = Map::new();
                    for (name, input) in &ty.inputs {
                        let value = fields
                            .get(name)
                            .map(|value| coerced(schema, value, &input.ty));
                        let default =
                            || literal(schema, input.default.as_ref()?, &input.ty, &Map::new());
                        all.extend(value.or_else(default).map(|value| (name.clone(), value)));
                    }
                    sorted(all)
                }
                value => leaf(name, value.clone()),
            }
        }
    }
}

/// `ID`s are text and `Float`s are not whole, however they were written.
fn leaf(name: &str, value: Value) -> Value {
    match (name, &value) {
        ("ID", Value::Number(number)) => json!(number.to_string()),
        ("Float", Value::Number(number)) => json!(number.as_f64()),
        _ => value,
    }
}

fn sorted(map: Map<String, Value>) -> Value {
    let sorted: BTreeMap<String, Value> = map.into_iter().collect();
    Value::Object(sorted.into_iter().collect())
}
