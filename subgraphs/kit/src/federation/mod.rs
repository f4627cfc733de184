//! Federation, done by us: representations in, entities out, one bad row never failing the rest.
//!
//! A subgraph declares two ordinary fields on its `Query`:
//!
//! ```ignore
//! #[graphql(name = "_entities")]
//! async fn entities(&self, ctx: &Context<'_>, representations: Vec<Any>)
//!     -> Vec<Option<async_graphql::Result<Entity>>> {
//!     federation::resolve(representations, |typename, keys| async move {
//!         match typename.as_str() {
//!             "Person" => load_persons(ctx, keys).await,   // one query for all of them
//!             _ => federation::unknown(keys.len()),
//!         }
//!     }).await
//! }
//! #[graphql(name = "_service")]
//! async fn service(&self) -> federation::Service { federation::Service }
//! ```
//!
//! Both are taken out of the SDL by [`crate::graph`]; the gateway knows that every subgraph has
//! them.

pub mod directives;

use std::future::Future;

use async_graphql::{
    Context, InputValueError, InputValueResult, Object, Scalar, ScalarType, Value,
};
use chrono::NaiveDate;
use futures_util::future::join_all;
use uuid::Uuid;

/// An entity's representation as the gateway sends it: `__typename`, key fields and the fields that
/// a `@requires` names.
#[derive(Clone, Debug)]
pub struct Any(serde_json::Map<String, serde_json::Value>);

/// A representation of an entity by its key.
#[Scalar(name = "_Any")]
impl ScalarType for Any {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value.into_json() {
            Ok(serde_json::Value::Object(map)) => Ok(Self(map)),
            _ => Err(InputValueError::custom("A representation is an object.")),
        }
    }

    fn to_value(&self) -> Value {
        Value::from_json(serde_json::Value::Object(self.0.clone())).unwrap_or_default()
    }
}

impl Any {
    /// A representation; for tests.
    pub fn new(map: serde_json::Map<String, serde_json::Value>) -> Self {
        Self(map)
    }

    /// The entity's type; empty when the representation names none.
    pub fn typename(&self) -> &str {
        self.key("__typename").unwrap_or_default()
    }

    /// A field as it came.
    pub fn get(&self, field: &str) -> Option<&serde_json::Value> {
        self.0.get(field)
    }

    /// A text field, for example the key.
    pub fn key(&self, field: &str) -> Option<&str> {
        self.0.get(field).and_then(serde_json::Value::as_str)
    }

    /// A UUID field.
    pub fn uuid(&self, field: &str) -> Option<Uuid> {
        self.key(field).and_then(crate::id::parse)
    }

    /// A day.
    pub fn date(&self, field: &str) -> Option<NaiveDate> {
        self.key(field)
            .and_then(|text| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok())
    }

    /// A whole number.
    pub fn int(&self, field: &str) -> Option<i64> {
        self.0.get(field).and_then(serde_json::Value::as_i64)
    }
}

/// The answers of one `_entities` call: null where there is no such entity, an error where this one
/// failed.
pub type Entities<E> = Vec<Option<async_graphql::Result<E>>>;

/// Loads entities type by type, each type with one call of `load`, all types at once, and puts the
/// answers back where their representations stood.
///
/// `load` answers in the order of the keys it was given; a shorter answer is filled with null.
pub async fn resolve<E, F, Fut>(representations: Vec<Any>, load: F) -> Entities<E>
where
    F: Fn(String, Vec<Any>) -> Fut,
    Fut: Future<Output = Entities<E>>,
{
    let total = representations.len();
    let mut groups: Vec<(String, Vec<usize>, Vec<Any>)> = Vec::new();
    for (place, representation) in representations.into_iter().enumerate() {
        let typename = representation.typename();
        let known = groups.iter().position(|(name, ..)| name == typename);
        let group = match known {
            Some(at) => at,
            None => {
                groups.push((typename.to_owned(), Vec::new(), Vec::new()));
                groups.len() - 1
            }
        };
        if let Some((_, places, keys)) = groups.get_mut(group) {
            places.push(place);
            keys.push(representation);
        }
    }
    let loads = groups.into_iter().map(|(typename, places, keys)| {
        let loading = load(typename, keys);
        async move { (places, loading.await) }
    });
    let mut answers: Entities<E> = std::iter::repeat_with(|| None).take(total).collect();
    for (places, loaded) in join_all(loads).await {
        for (place, answer) in places.into_iter().zip(loaded) {
            if let Some(slot) = answers.get_mut(place) {
                *slot = answer;
            }
        }
    }
    answers
}

/// The answers for `count` representations of a type that this subgraph does not know.
pub fn unknown<E>(count: usize) -> Entities<E> {
    std::iter::repeat_with(|| None).take(count).collect()
}

/// The answers for `count` representations when loading all of them failed.
pub fn failed<E>(count: usize, error: &crate::Error) -> Entities<E> {
    std::iter::repeat_with(|| Some(Err(error.clone().graphql())))
        .take(count)
        .collect()
}

/// The subgraph's SDL, put into each request by [`crate::Graph`].
#[derive(Clone)]
pub(crate) struct Sdl(pub(crate) std::sync::Arc<str>);

/// What a gateway asks of a subgraph: its schema.
#[derive(Clone, Copy, Debug)]
pub struct Service;

/// What a gateway asks of a subgraph: its schema.
#[Object(name = "_Service")]
impl Service {
    /// The subgraph's schema definition.
    async fn sdl(&self, ctx: &Context<'_>) -> String {
        ctx.data_opt::<Sdl>()
            .map(|sdl| sdl.0.to_string())
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn representation(typename: &str, id: &str) -> Any {
        let mut map = serde_json::Map::new();
        map.insert("__typename".into(), typename.into());
        map.insert("id".into(), id.into());
        Any::new(map)
    }

    #[tokio::test]
    async fn answers_stand_where_their_representations_stood() {
        let asked = vec![
            representation("A", "1"),
            representation("B", "2"),
            representation("A", "3"),
            representation("C", "4"),
        ];
        let answers = resolve(asked, |typename, keys| async move {
            match typename.as_str() {
                "C" => failed(keys.len(), &crate::Error::Unavailable),
                "B" => unknown(keys.len()),
                _ => keys
                    .iter()
                    .map(|key| key.key("id").map(|id| Ok(format!("{typename}{id}"))))
                    .collect(),
            }
        })
        .await;
        assert_eq!(answers.len(), 4);
        assert!(matches!(&answers[0], Some(Ok(text)) if text == "A1"));
        assert!(answers[1].is_none());
        assert!(matches!(&answers[2], Some(Ok(text)) if text == "A3"));
        assert!(matches!(&answers[3], Some(Err(_))));
    }

    #[tokio::test]
    async fn a_short_answer_is_filled_with_null() {
        let asked = vec![representation("A", "1"), representation("A", "2")];
        let answers: Entities<String> = resolve(asked, |_, _| async {
            vec![Some(Ok("only one".to_owned()))]
        })
        .await;
        assert_eq!(answers.len(), 2);
        assert!(answers[1].is_none());
    }
}
