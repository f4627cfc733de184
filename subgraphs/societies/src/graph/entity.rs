//! Entities asked for by key: one query per type for a whole `_entities` call.
//!
//! `Division`, `Person` and `Place` need no look-up: whatever id comes has fields here, empty ones
//! where nothing is known. An organization that is not known is null at its own index; a key that is
//! no key is an error at its own index.

use super::division::Division;
use super::organization::Organization;
use super::person::Person;
use super::place::Place;
use async_graphql::{Context, Union};
use kit::batch::Siblings;
use kit::federation::{self, Any, Entities};
use kit::{Error, UserError};
use minzheng_kit as kit;
use std::sync::Arc;
use uuid::Uuid;

/// What other subgraphs may ask for by key.
#[derive(Union)]
#[graphql(name = "_Entity")]
pub enum Entity {
    /// A social organization.
    Organization(Organization),
    /// A division, with what is known of it here.
    Division(Division),
    /// A person, with what is known of them here.
    Person(Person),
    /// A place, with what is known of it here.
    Place(Place),
}

/// The entities in the order of their representations.
pub async fn resolve(ctx: &Context<'_>, representations: Vec<Any>) -> Entities<Entity> {
    federation::resolve(representations, |typename, keys| async move {
        match typename.as_str() {
            "Organization" => organizations(ctx, &keys).await,
            "Division" => by_uuid(&keys, |id, siblings| {
                Entity::Division(Division::new(id, siblings))
            }),
            "Place" => by_uuid(&keys, |id, siblings| {
                Entity::Place(Place::new(id, siblings))
            }),
            "Person" => persons(&keys),
            _ => federation::unknown(keys.len()),
        }
    })
    .await
}

fn bad_key() -> async_graphql::Error {
    Error::Invalid(UserError::new(
        "BAD_KEY",
        "A representation has no key of its type.",
        "实体标识不正确。",
    ))
    .graphql()
}

async fn organizations(ctx: &Context<'_>, keys: &[Any]) -> Entities<Entity> {
    let mut codes: Vec<String> = keys
        .iter()
        .filter_map(|key| key.key("creditCode").map(str::to_owned))
        .collect();
    codes.sort_unstable();
    codes.dedup();
    let found = match Organization::load(ctx, &codes).await {
        Ok(found) => found,
        Err(error) => return federation::failed(keys.len(), &error),
    };
    let one = |key: &Any| match key.key("creditCode") {
        None => Some(Err(bad_key())),
        Some(code) => found
            .get(code)
            .cloned()
            .map(|one| Ok(Entity::Organization(one))),
    };
    keys.iter().map(one).collect()
}

fn by_uuid(keys: &[Any], entity: impl Fn(Uuid, Arc<Siblings<Uuid>>) -> Entity) -> Entities<Entity> {
    let siblings = Siblings::new(keys.iter().filter_map(|key| key.uuid("id")).collect());
    let one = |key: &Any| match key.uuid("id") {
        None => Some(Err(bad_key())),
        Some(id) => Some(Ok(entity(id, Arc::clone(&siblings)))),
    };
    keys.iter().map(one).collect()
}

fn persons(keys: &[Any]) -> Entities<Entity> {
    let ids = keys
        .iter()
        .filter_map(|key| key.key("id").map(str::to_owned))
        .collect();
    let siblings = Siblings::new(ids);
    let one = |key: &Any| match key.key("id") {
        None => Some(Err(bad_key())),
        Some(id) => Some(Ok(Entity::Person(Person::new(
            id.to_owned(),
            Arc::clone(&siblings),
        )))),
    };
    keys.iter().map(one).collect()
}
