//! Of whom an answer tells, where no field of it leads to them: a signed text, for instance, that says something
//! of persons whom only its two sides know.
//!
//! The resolver says so here; the endpoint puts it beside the answer, and the gateway records it before it shows
//! the answer, and shows it to nobody ([`TOLD`](crate::contract::TOLD)). The field must be marked
//! `personal::apply(category, TOLD_SUBJECT)`; without the mark nobody reads what is said here.

use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::{Context, Value};
use serde::Serialize;

use crate::error::{Error, Result};

/// Of whom something was told, and for what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Told {
    /// Person tokens.
    pub persons: Vec<String>,
    /// The purpose that the question stated, once it is verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// The case or transaction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
}

/// What the resolvers of one request have said.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disclosure(Arc<Mutex<Option<Told>>>);

impl Disclosure {
    /// It as it stands beside the answer; none when nobody was told of.
    pub(crate) fn told(&self) -> Option<Value> {
        let told = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()?;
        // Should it ever not be writable, the gateway takes what stands there for malformed and shows nothing.
        Some(async_graphql::to_value(told).unwrap_or(Value::Boolean(true)))
    }
}

/// Says of whom the answer to this mutation tells. Of several mutations in one request each adds its persons; the
/// gateway sends one at a time.
///
/// # Errors
/// When the request did not come by the endpoint, which alone would hand it on: then nothing may be told.
pub fn tell(ctx: &Context<'_>, told: Told) -> Result<()> {
    let disclosure = ctx
        .data_opt::<Disclosure>()
        .ok_or_else(|| Error::internal("nobody records whom this answer tells of"))?;
    if told.persons.is_empty() {
        return Ok(());
    }
    let mut said = disclosure.0.lock().unwrap_or_else(PoisonError::into_inner);
    match said.as_mut() {
        Some(said) => said.persons.extend(told.persons),
        None => *said = Some(told),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use async_graphql::{EmptySubscription, Object, Request, Schema};

    use super::*;
    use crate::graph::Graph;

    struct Query;

    #[Object]
    impl Query {
        async fn nothing(&self) -> Option<bool> {
            None
        }
    }

    struct Mutation;

    #[Object]
    impl Mutation {
        async fn exchange(&self, ctx: &Context<'_>, persons: Vec<String>) -> Result<String> {
            let purpose = Some("P".to_owned());
            let told = Told {
                persons,
                purpose,
                case: None,
            };
            tell(ctx, told)?;
            Ok("answer".to_owned())
        }
    }

    #[tokio::test]
    async fn whom_an_answer_tells_of_stands_beside_it() {
        let schema = || Schema::build(Query, Mutation, EmptySubscription).finish();
        let graph = Graph::new(schema());
        for (query, told) in [
            (
                "mutation { exchange(persons: [\"a\", \"b\"]) }",
                r#"{"told":{"persons":["a","b"],"purpose":"P"}}"#,
            ),
            (
                "mutation { one: exchange(persons: [\"a\"]) two: exchange(persons: [\"b\"]) }",
                r#"{"told":{"persons":["a","b"],"purpose":"P"}}"#,
            ),
            ("mutation { exchange(persons: []) }", "{}"),
            ("{ nothing }", "{}"),
        ] {
            let response = graph.execute(Request::new(query)).await;
            assert!(response.errors.is_empty(), "{:?}", response.errors);
            let beside = serde_json::to_string(&response.extensions).unwrap();
            assert_eq!(beside, told, "{query}");
        }
        // Nobody would hand it on: then nothing is told.
        let query = "mutation { exchange(persons: [\"a\"]) }";
        let response = schema().execute(query).await;
        assert_eq!(response.errors.len(), 1);
        assert!(!response.data.to_string().contains("answer"));
    }
}
