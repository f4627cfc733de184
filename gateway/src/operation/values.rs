//! Whether a value fits an input type: literals in the document and variables of the request.
//!
//! The rules are those of the specification (section 3, *Input Coercion*). A custom scalar takes
//! any value: the subgraph that owns it judges it. What is said about a misfit names types, fields
//! and the path, never the value.

use graphql_tools::static_graphql::query::Value as Literal;
use serde_json::{Map, Value as Json};

use crate::supergraph::{Demand, SchemaIndex, TypeInfo, TypeKind, TypeRef};

/// A value that does not fit: where inside the value, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// For example `.address.lines[2]`; empty for the value itself. Names come from the schema, or are
    /// left out.
    pub path: String,
    /// A clause, for example `expected type Int!`.
    pub reason: String,
}

impl Misfit {
    fn new(reason: String) -> Self {
        Self {
            path: String::new(),
            reason,
        }
    }

    fn under(mut self, step: &str) -> Self {
        self.path.insert_str(0, step);
        self
    }
}

/// A type as the specification writes it, for example `[Int!]!`.
#[must_use]
pub fn print(ty: &TypeRef, schema: &SchemaIndex) -> String {
    match ty {
        TypeRef::Named(id) => schema.type_info(*id).name.to_string(),
        TypeRef::List(inner) => format!("[{}]", print(inner, schema)),
        TypeRef::NonNull(inner) => format!("{}!", print(inner, schema)),
    }
}

fn expected(ty: &TypeRef, schema: &SchemaIndex) -> Misfit {
    Misfit::new(format!("expected type {}", print(ty, schema)))
}

/// Checks a literal. Variables inside are taken to fit: another rule checks their types.
///
/// # Errors
/// The first misfit.
pub fn check_literal(value: &Literal, ty: &TypeRef, schema: &SchemaIndex) -> Result<(), Misfit> {
    match (value, ty) {
        (Literal::Variable(_), _) => Ok(()),
        (Literal::Null, TypeRef::NonNull(_)) => Err(expected(ty, schema)),
        (Literal::Null, _) => Ok(()),
        (_, TypeRef::NonNull(inner)) => {
            check_literal(value, inner, schema).map_err(|misfit| relabel(misfit, inner, ty, schema))
        }
        (Literal::List(items), TypeRef::List(inner)) => {
            items.iter().enumerate().try_for_each(|(i, item)| {
                check_literal(item, inner, schema).map_err(|m| m.under(&format!("[{i}]")))
            })
        }
        (_, TypeRef::List(inner)) => check_literal(value, inner, schema),
        (_, TypeRef::Named(id)) => {
            let info = schema.type_info(*id);
            match info.kind {
                TypeKind::Scalar => {
                    let fits = match &*info.name {
                        "Int" => {
                            matches!(value, Literal::Int(n) if n.as_i64().is_some_and(|n| i32::try_from(n).is_ok()))
                        }
                        "Float" => matches!(value, Literal::Int(_) | Literal::Float(_)),
                        "String" => matches!(value, Literal::String(_)),
                        "Boolean" => matches!(value, Literal::Boolean(_)),
                        "ID" => matches!(value, Literal::Int(_) | Literal::String(_)),
                        _ => true,
                    };
                    if fits {
                        Ok(())
                    } else {
                        Err(expected(ty, schema))
                    }
                }
                TypeKind::Enum => match value {
                    Literal::Enum(name) if info.enum_values.iter().any(|v| **v == **name) => Ok(()),
                    _ => Err(expected(ty, schema)),
                },
                TypeKind::InputObject => match value {
                    Literal::Object(fields) => literal_object(fields, info, schema),
                    _ => Err(expected(ty, schema)),
                },
                _ => Err(expected(ty, schema)),
            }
        }
    }
}

/// A misfit of the whole value should name the whole type, with its `!`.
fn relabel(misfit: Misfit, inner: &TypeRef, ty: &TypeRef, schema: &SchemaIndex) -> Misfit {
    if misfit == expected(inner, schema) {
        expected(ty, schema)
    } else {
        misfit
    }
}

fn literal_object(
    fields: &[(String, Literal)],
    info: &TypeInfo,
    schema: &SchemaIndex,
) -> Result<(), Misfit> {
    for (name, value) in fields {
        let Some(field) = known(info, name) else {
            return Err(unknown(info));
        };
        check_literal(value, &field.ty, schema).map_err(|m| m.under(&format!(".{name}")))?;
    }
    for field in info.input_fields.values() {
        if field.is_required() && !fields.iter().any(|(name, _)| **name == *field.name) {
            return Err(missing(&field.name));
        }
    }
    let null = matches!(fields, [(_, Literal::Null)]);
    if info.one_of && (fields.len() != 1 || null) {
        Err(one_of(info))
    } else {
        Ok(())
    }
}

fn known<'a>(info: &'a TypeInfo, name: &str) -> Option<&'a crate::supergraph::InputValueInfo> {
    info.input_fields
        .get(name)
        .filter(|field| !field.inaccessible)
}

fn unknown(info: &TypeInfo) -> Misfit {
    // The unknown name is the client's, so it is not repeated.
    Misfit::new(format!("a field is not defined by type {}", info.name))
}

fn missing(name: &str) -> Misfit {
    Misfit::new("a required field is missing".to_owned()).under(&format!(".{name}"))
}

fn one_of(info: &TypeInfo) -> Misfit {
    Misfit::new(format!("exactly one field of {} must be given", info.name))
}

/// Coerces a variable's value in place: a single value for a list becomes a list of one, defaults of
/// input fields are filled in. What passing it demands is joined into `demand`.
///
/// # Errors
/// The first misfit.
pub fn coerce(
    value: &mut Json,
    ty: &TypeRef,
    schema: &SchemaIndex,
    demand: &mut Demand,
) -> Result<(), Misfit> {
    match ty {
        TypeRef::NonNull(inner) => {
            if value.is_null() {
                return Err(expected(ty, schema));
            }
            coerce(value, inner, schema, demand).map_err(|m| relabel(m, inner, ty, schema))
        }
        _ if value.is_null() => Ok(()),
        TypeRef::List(inner) => {
            if !value.is_array() {
                coerce(value, inner, schema, demand)?;
                *value = Json::Array(vec![value.take()]);
                return Ok(());
            }
            let items = value.as_array_mut().into_iter().flatten();
            items.enumerate().try_for_each(|(i, item)| {
                coerce(item, inner, schema, demand).map_err(|m| m.under(&format!("[{i}]")))
            })
        }
        TypeRef::Named(id) => {
            let info = schema.type_info(*id);
            match info.kind {
                TypeKind::Scalar => {
                    if scalar(value, &info.name) {
                        Ok(())
                    } else {
                        Err(expected(ty, schema))
                    }
                }
                TypeKind::Enum => match value.as_str() {
                    Some(name) if info.enum_values.iter().any(|v| **v == *name) => Ok(()),
                    _ => Err(expected(ty, schema)),
                },
                TypeKind::InputObject => match value.as_object_mut() {
                    Some(fields) => object(fields, info, schema, demand),
                    None => Err(expected(ty, schema)),
                },
                _ => Err(expected(ty, schema)),
            }
        }
    }
}

/// Whether a JSON value fits a scalar; an integral float is an Int, a number is an ID.
fn scalar(value: &mut Json, name: &str) -> bool {
    match name {
        "Int" => match value.as_i64() {
            Some(n) => i32::try_from(n).is_ok(),
            None => match value.as_f64() {
                Some(f) if f.fract() == 0.0 && f.abs() <= f64::from(i32::MAX) => {
                    #[allow(clippy::cast_possible_truncation)] // checked the line above
                    let n = f as i64;
                    *value = Json::from(n);
                    true
                }
                _ => false,
            },
        },
        "Float" => value.is_number(),
        "String" => value.is_string(),
        "Boolean" => value.is_boolean(),
        "ID" => {
            if let Some(n) = value.as_i64() {
                *value = Json::String(n.to_string());
            }
            value.is_string()
        }
        _ => true,
    }
}

fn object(
    fields: &mut Map<String, Json>,
    info: &TypeInfo,
    schema: &SchemaIndex,
    demand: &mut Demand,
) -> Result<(), Misfit> {
    for (name, value) in fields.iter_mut() {
        let field = known(info, name).ok_or_else(|| unknown(info))?;
        *demand = demand.and(&field.demand);
        coerce(value, &field.ty, schema, demand)
            .map_err(|m| m.under(&format!(".{}", field.name)))?;
    }
    for field in info.input_fields.values() {
        if fields.contains_key(&*field.name) {
            continue;
        }
        match &field.default {
            Some(default) => {
                fields.insert(field.name.to_string(), json(default));
            }
            None if field.ty.is_non_null() => return Err(missing(&field.name)),
            None => {}
        }
    }
    let null = fields.values().any(Json::is_null);
    if info.one_of && (fields.len() != 1 || null) {
        Err(one_of(info))
    } else {
        Ok(())
    }
}

/// A literal without variables as JSON.
#[must_use]
pub fn json(literal: &Literal) -> Json {
    match literal {
        Literal::Variable(_) | Literal::Null => Json::Null,
        Literal::Int(n) => n.as_i64().map_or(Json::Null, Json::from),
        Literal::Float(f) => Json::from(*f),
        Literal::String(s) => Json::String(s.clone()),
        Literal::Boolean(b) => Json::Bool(*b),
        Literal::Enum(name) => Json::String(name.clone()),
        Literal::List(items) => Json::Array(items.iter().map(json).collect()),
        Literal::Object(fields) => Json::Object(
            fields
                .iter()
                .map(|(name, value)| (name.clone(), json(value)))
                .collect(),
        ),
    }
}
