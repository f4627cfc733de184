//! The variables of one request, coerced by the schema and serialised once.
//!
//! Invariant: every declared variable that has a value (given, or by default) is here, in its coerced
//! form; nothing that was not declared is. An error names the variable and the place inside it, never
//! the value.

use serde_json::{Map, Value as Json};

use super::select::Operation;
use super::values::{coerce, json};
use crate::error::{ErrorCode, GraphQlError};
use crate::supergraph::{Demand, SchemaIndex};

/// Coerced variables, by their position in [`Operation::variables`].
#[derive(Debug, Default)]
pub struct Variables {
    values: Vec<Option<Json>>,
    /// What passing them demands (`@inputScopes`).
    pub demand: Demand,
}

impl Variables {
    /// Coerces what the request gave.
    ///
    /// # Errors
    /// One `BAD_USER_INPUT` per variable that does not fit.
    pub fn coerce(
        operation: &Operation,
        given: &Map<String, Json>,
        schema: &SchemaIndex,
    ) -> Result<Self, Vec<GraphQlError>> {
        let mut variables = Self::default();
        let mut errors = Vec::new();
        for (at, variable) in operation.variables.iter().enumerate() {
            let value = match given.get(&*variable.name) {
                Some(value) => Some(value.clone()),
                None => variable.definition.default_value.as_ref().map(json),
            };
            let position = variable.definition.position;
            let bad = |what: String| {
                GraphQlError::new(ErrorCode::BadUserInput)
                    .saying(what)
                    .located(line(position.line), line(position.column))
            };
            match value {
                None if variable.ty.is_non_null() => {
                    errors.push(bad(format!("Variable ${} is required.", variable.name)));
                }
                None => variables.values.push(None),
                // A default lets a variable that may be null stand where null is excluded; given, it is refused there.
                Some(Json::Null) if operation.conditions.contains(&at) => {
                    let what = "decides what is selected and must be true or false";
                    errors.push(bad(format!("Variable ${} {what}.", variable.name)));
                }
                Some(mut value) => {
                    match coerce(&mut value, &variable.ty, schema, &mut variables.demand) {
                        Ok(()) => variables.values.push(Some(value)),
                        Err(misfit) => errors.push(bad(format!(
                            "Variable ${}{} does not fit: {}.",
                            variable.name, misfit.path, misfit.reason
                        ))),
                    }
                }
            }
        }
        if errors.is_empty() {
            Ok(variables)
        } else {
            Err(errors)
        }
    }

    /// The value of the variable at this position, when it has one.
    #[must_use]
    pub fn get(&self, position: usize) -> Option<&Json> {
        self.values.get(position)?.as_ref()
    }

    /// All values as one JSON text, for comparing whole requests.
    #[must_use]
    pub fn json(&self) -> Vec<u8> {
        let mut text = Vec::new();
        for value in &self.values {
            // No value is not null: a subgraph may tell them apart.
            match value {
                Some(value) if serde_json::to_writer(&mut text, value).is_ok() => {}
                _ => text.push(b'-'),
            }
            text.push(b'\n');
        }
        text
    }

    /// Whether the variable at this position is true.
    #[must_use]
    pub fn is_true(&self, position: usize) -> bool {
        matches!(self.get(position), Some(Json::Bool(true)))
    }
}

/// A position of the parser as an error states it.
#[must_use]
pub fn line(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}
