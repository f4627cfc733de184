//! What clients see of the vault: `Person`, masked or, for a reason, in full; `me`; and the cases by which
//! officers judge identities.

mod access;
mod case;
pub mod mutation;
mod person;

use std::sync::Arc;

use async_graphql::{Context, EmptySubscription, ID, Object, Schema, Union};
use sea_orm::{ColumnTrait, Condition, EntityTrait, Order, QueryFilter};

use crate::{
    kit::{
        Error, Graph, PrincipalExt, Result, Services,
        batch::Siblings,
        events::{self, FeedEvent},
        federation::{self, Any, Entities, directives::*},
        id,
        page::{Page, PageArgs, keyset},
        tokenizer::PersonToken,
    },
    model::{identity_case, terms::IdentityCaseState},
    service::{cases, lookup},
};

pub use case::IdentityCase;
pub use person::{FullIdentity, Person};

/// The vault's schema over its services.
pub(crate) fn build(services: Services) -> Graph {
    Graph::new(
        Schema::build(Query, mutation::Mutation, EmptySubscription)
            .data(services.clone())
            .disable_suggestions()
            .finish(),
    )
    .over(services)
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
        Ok(Some(match found.remove(&token) {
            Some(row) => {
                let siblings = Siblings::new(vec![row.token.clone()]);
                Person::known(token, row, siblings)
            }
            None => Person::pending(token),
        }))
    }

    /// Cases about identities in the officer's division and below, the latest first; null when they cannot be read (身份事项列表).
    #[graphql(directive = requires_scopes::apply(vec![vec!["person.judge".into()]]))]
    async fn identity_cases(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only in this state (状态).")] state: Option<IdentityCaseState>,
        #[graphql(desc = "How many, 50 when it is left out, 500 at most (条数).")] first: Option<
            i32,
        >,
        #[graphql(desc = "Behind this cursor (游标).")] after: Option<String>,
    ) -> Option<Result<Page<IdentityCase>>> {
        Some(list(ctx, state, &PageArgs::forward(first, after)).await)
    }

    /// A case about an identity in the officer's division or below; null when there is none (身份事项).
    #[graphql(directive = requires_scopes::apply(vec![vec!["person.judge".into()]]))]
    async fn identity_case(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "id", desc = "The case (身份事项标识).")] case: ID,
    ) -> Result<Option<IdentityCase>> {
        access::judge(ctx)?;
        let Some(case) = id::parse(&case) else {
            return Ok(None);
        };
        match cases::find(ctx.services().db.read(), case).await {
            Ok(row) if ctx.principal().oversees(&row.division) => {
                Ok(IdentityCase::all(vec![row]).pop())
            }
            Ok(_) | Err(Error::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
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

async fn list(
    ctx: &Context<'_>,
    state: Option<IdentityCaseState>,
    args: &PageArgs,
) -> Result<Page<IdentityCase>> {
    use identity_case::Column;
    access::judge(ctx)?;
    let reach = ctx.principal().reach().ok_or(Error::Forbidden)?;
    // Cases proposed under a code of before a change are the successor's.
    let former = ctx.principal().divisions.former_within(reach);
    let own = Condition::any()
        .add(Column::Division.starts_with(reach))
        .add(Column::Division.is_in(former));
    let mut select = identity_case::Entity::find().filter(own);
    if let Some(state) = state {
        select = select.filter(Column::State.eq(state));
    }
    let order = [(Column::ProposedAt, Order::Desc), (Column::Id, Order::Desc)];
    keyset(
        ctx.services().db.read(),
        select,
        &order,
        args,
        IdentityCase::all,
    )
    .await
}

/// Persons by token, in one query; pending for a token whose identity has not arrived, null for what is
/// no token.
async fn persons(ctx: &Context<'_>, keys: &[Any]) -> Entities<Entity> {
    // Not `key`: that name is a directive's.
    let token_of = |representation: &Any| representation.key("id").map(str::to_owned);
    let asked = Siblings::new(keys.iter().filter_map(token_of).collect()).keys();
    let found = lookup::by_tokens(ctx.services().db.read(), asked.iter().cloned()).await;
    let found = match found {
        Ok(found) => found,
        Err(error) => return federation::failed(keys.len(), &error),
    };
    let siblings = Siblings::new(found.values().map(|row| row.token.clone()).collect());
    keys.iter()
        .map(|representation| {
            let token = token_of(representation)?;
            let person = match found.get(&token) {
                Some(row) => Person::known(token, row.clone(), Arc::clone(&siblings)),
                None if PersonToken::version_of(&token).is_some() => Person::pending(token),
                None => return None,
            };
            Some(Ok(Entity::Person(person)))
        })
        .collect()
}
