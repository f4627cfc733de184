//! What clients see of the vault: `Person`, masked, and `me`.

mod person;

use std::sync::Arc;

use async_graphql::{Context, EmptyMutation, EmptySubscription, Object, Schema, Union};
use tokio::sync::OnceCell;

use crate::{
    kit::{
        Graph, PrincipalExt, Result, Services,
        batch::Siblings,
        events::{self, FeedEvent},
        federation::{self, Any, Entities, directives::*},
    },
    service::{columns::Columns, lookup},
};

pub use person::Person;

/// The vault's schema over its services.
pub(crate) fn build(services: Services) -> Graph {
    Graph::new(
        Schema::build(Query, EmptyMutation, EmptySubscription)
            .data(services)
            .data(Opened::default())
            .disable_suggestions()
            .finish(),
    )
}

/// The data keys, opened at the first need. A key that is made later is found by loading again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Opened(Arc<OnceCell<Columns>>);

impl Opened {
    pub(crate) async fn columns(&self, services: &Services) -> Result<&Columns> {
        self.0
            .get_or_try_init(|| Columns::load(services.db.read(), services))
            .await
    }
}

/// What may be asked of the vault (自然人查询).
#[derive(Debug)]
pub struct Query;

/// An entity of this subgraph.
#[derive(Union)]
#[graphql(name = "_Entity")]
enum Entity {
    Person(Person),
}

/// What may be asked (查询).
#[Object]
impl Query {
    /// The signed-in citizen; null when the caller is no known natural person (本人).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["self".into()]]),
        directive = cache_control::apply(Some(0), Some(CacheScope::Private))
    )]
    async fn me(&self, ctx: &Context<'_>) -> Result<Option<Person>> {
        let token = ctx.person()?.to_owned();
        let db = ctx.services().db.read();
        let mut found = lookup::by_tokens(db, [token.clone()]).await?;
        let siblings = Siblings::new(vec![token.clone()]);
        Ok(Some(match found.remove(&token) {
            Some(row) => Person::known(row, siblings),
            None => Person::pending(token, siblings),
        }))
    }

    /// Entities by their representations.
    #[graphql(name = "_entities")]
    async fn entities(&self, ctx: &Context<'_>, representations: Vec<Any>) -> Entities<Entity> {
        federation::resolve(representations, |typename, keys| async move {
            match typename.as_str() {
                "Person" => persons(ctx, &keys).await,
                _ => federation::unknown(keys.len()),
            }
        })
        .await
    }

    /// This subgraph's schema.
    #[graphql(name = "_service")]
    async fn service(&self) -> federation::Service {
        federation::Service
    }

    /// This subgraph's events.
    #[graphql(name = "_events")]
    async fn events(&self, ctx: &Context<'_>, after: i64, first: i32) -> Result<Vec<FeedEvent>> {
        events::feed(ctx, after, first).await
    }
}

/// Persons by token, in one query; null for a token that is not in the vault.
async fn persons(ctx: &Context<'_>, keys: &[Any]) -> Entities<Entity> {
    // Not `key`: that name is a directive's.
    let token_of = |representation: &Any| representation.key("id").map(str::to_owned);
    let siblings = Siblings::new(keys.iter().filter_map(token_of).collect());
    let unique = siblings.keys();
    let found = lookup::by_tokens(ctx.services().db.read(), unique.iter().cloned()).await;
    let found = match found {
        Ok(found) => found,
        Err(error) => return federation::failed(keys.len(), &error),
    };
    keys.iter()
        .map(|representation| {
            let row = found.get(representation.key("id")?)?.clone();
            Some(Ok(Entity::Person(Person::known(
                row,
                Arc::clone(&siblings),
            ))))
        })
        .collect()
}
