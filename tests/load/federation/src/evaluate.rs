//! A small GraphQL executor over the fixed [`world`](crate::world): what a benchmark's subgraph needs.
//!
//! Whatever it does not know (a directive, a field, a mutation) is an error and never a wrong answer.

use std::collections::HashMap;

use graphql_tools::parser::query::parse_query;
use graphql_tools::static_graphql::query::{
    Definition, Document, FragmentDefinition, OperationDefinition, Selection, SelectionSet,
    TypeCondition, Value as Literal,
};
use serde_json::{Map, Value};

use crate::world::{Field, Id, Subgraph};

/// Executes a request's body: the body of the answer.
///
/// # Errors
/// One sentence that says what is not understood.
pub fn execute(subgraph: Subgraph, body: &[u8]) -> Result<Vec<u8>, String> {
    let request: Value =
        serde_json::from_slice(body).map_err(|error| format!("no JSON: {error}"))?;
    let query = request
        .get("query")
        .and_then(Value::as_str)
        .ok_or("no query")?;
    let document = parse_query::<String>(query)
        .map_err(|error| format!("no GraphQL: {error}"))?
        .into_static();
    let selections = selections(&document)?;
    let empty = Map::new();
    let executor = Executor {
        subgraph,
        fragments: fragments(&document),
        variables: request
            .get("variables")
            .and_then(Value::as_object)
            .unwrap_or(&empty),
    };
    let mut out = b"{\"data\":{".to_vec();
    executor.root(selections, &mut out)?;
    out.extend_from_slice(b"}}");
    Ok(out)
}

fn selections(document: &Document) -> Result<&SelectionSet, String> {
    document
        .definitions
        .iter()
        .find_map(|definition| match definition {
            Definition::Operation(OperationDefinition::Query(query)) => Some(&query.selection_set),
            Definition::Operation(OperationDefinition::SelectionSet(set)) => Some(set),
            _ => None,
        })
        .ok_or_else(|| "there are only queries here".to_owned())
}

fn fragments(document: &Document) -> HashMap<&str, &FragmentDefinition> {
    document
        .definitions
        .iter()
        .filter_map(|definition| match definition {
            Definition::Fragment(fragment) => Some((fragment.name.as_str(), fragment)),
            Definition::Operation(_) => None,
        })
        .collect()
}

struct Executor<'a> {
    subgraph: Subgraph,
    fragments: HashMap<&'a str, &'a FragmentDefinition>,
    variables: &'a Map<String, Value>,
}

impl Executor<'_> {
    fn root(&self, set: &SelectionSet, out: &mut Vec<u8>) -> Result<(), String> {
        for (at, selection) in set.items.iter().enumerate() {
            let Selection::Field(field) = selection else {
                return Err("no fragments at the root".to_owned());
            };
            key(at == 0, field.alias.as_ref().unwrap_or(&field.name), out);
            if field.name == "_entities" {
                let representations = field
                    .arguments
                    .iter()
                    .find_map(|(name, value)| match value {
                        Literal::Variable(variable) if name == "representations" => {
                            self.variables.get(variable)?.as_array()
                        }
                        _ => None,
                    })
                    .ok_or("no representations")?;
                self.entities(representations, &field.selection_set, out)?;
            } else if field.name == "__typename" {
                out.extend_from_slice(b"\"Query\"");
            } else {
                let value = self
                    .subgraph
                    .root(&field.name)
                    .ok_or_else(|| format!("no field {}", field.name))?;
                self.value(&value, &field.selection_set, out)?;
            }
        }
        Ok(())
    }

    fn entities(
        &self,
        representations: &[Value],
        set: &SelectionSet,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        out.push(b'[');
        for (at, given) in representations.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            let typename = given["__typename"].as_str().unwrap_or("");
            let key = given.get(if typename == "Service" { "code" } else { "id" });
            let key = key.and_then(Value::as_str).and_then(|key| key.parse().ok());
            match key.and_then(|key| self.subgraph.find(typename, key)) {
                Some(id) => self.object(id, given, set, out)?,
                None => out.extend_from_slice(b"null"),
            }
        }
        out.push(b']');
        Ok(())
    }

    fn value(&self, value: &Field, set: &SelectionSet, out: &mut Vec<u8>) -> Result<(), String> {
        match value {
            Field::Leaf(json) => out.extend_from_slice(json.as_bytes()),
            Field::One(id) => self.object(*id, &Value::Null, set, out)?,
            Field::Many(ids) => {
                out.push(b'[');
                for (at, id) in ids.iter().enumerate() {
                    if at > 0 {
                        out.push(b',');
                    }
                    self.object(*id, &Value::Null, set, out)?;
                }
                out.push(b']');
            }
        }
        Ok(())
    }

    fn object(
        &self,
        id: Id,
        given: &Value,
        set: &SelectionSet,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        out.push(b'{');
        let mut first = true;
        self.fields(id, given, set, &mut first, out)?;
        out.push(b'}');
        Ok(())
    }

    fn fields(
        &self,
        id: Id,
        given: &Value,
        set: &SelectionSet,
        first: &mut bool,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        for selection in &set.items {
            match selection {
                Selection::Field(field) if field.directives.is_empty() => {
                    key(*first, field.alias.as_ref().unwrap_or(&field.name), out);
                    *first = false;
                    if field.name == "__typename" {
                        out.extend_from_slice(format!("\"{}\"", id.typename).as_bytes());
                        continue;
                    }
                    let number = |name: &str| given.get(name).and_then(Value::as_i64);
                    let value = self
                        .subgraph
                        .field(id, &field.name, number)
                        .ok_or_else(|| format!("no field {}.{}", id.typename, field.name))?;
                    self.value(&value, &field.selection_set, out)?;
                }
                Selection::InlineFragment(fragment) if fragment.directives.is_empty() => {
                    let on = fragment.type_condition.as_ref();
                    if on.is_none_or(|TypeCondition::On(name)| name == id.typename) {
                        self.fields(id, given, &fragment.selection_set, first, out)?;
                    }
                }
                Selection::FragmentSpread(spread) if spread.directives.is_empty() => {
                    let fragment = self
                        .fragments
                        .get(spread.fragment_name.as_str())
                        .ok_or("no such fragment")?;
                    let TypeCondition::On(name) = &fragment.type_condition;
                    if name == id.typename {
                        self.fields(id, given, &fragment.selection_set, first, out)?;
                    }
                }
                _ => return Err("no directives here".to_owned()),
            }
        }
        Ok(())
    }
}

fn key(first: bool, name: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(if first { b"\"" } else { b",\"" });
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(subgraph: Subgraph, body: &str) -> Result<Value, String> {
        let answer = execute(subgraph, body.as_bytes())?;
        serde_json::from_slice(&answer).map_err(|error| error.to_string())
    }

    #[test]
    fn entities_are_answered_by_their_representations() {
        let query = "query($r:[_Any!]!){_entities(representations:$r){...on Service{open wait}}}";
        let body = serde_json::json!({"query": query, "variables": {"r": [
            {"__typename": "Service", "code": "3", "fee": 15, "minutes": 20},
            {"__typename": "Service", "code": "2", "fee": 1299, "minutes": 480},
            {"__typename": "Service", "code": "99"},
        ]}});
        let expected = serde_json::json!({"data": {"_entities": [
            {"open": true, "wait": 5}, {"open": false, "wait": 0}, null
        ]}});
        assert_eq!(answer(Subgraph::Desks, &body.to_string()), Ok(expected));
    }

    #[test]
    fn what_is_not_known_is_an_error_and_never_a_wrong_answer() {
        for query in [
            "{officers{fee}}",
            "{services{name @skip(if:true)}}",
            "mutation{x}",
            "{x}",
            "{",
        ] {
            let body = serde_json::json!({"query": query}).to_string();
            assert!(answer(Subgraph::Officers, &body).is_err(), "{query}");
            assert!(answer(Subgraph::Services, &body).is_err(), "{query}");
        }
    }
}
