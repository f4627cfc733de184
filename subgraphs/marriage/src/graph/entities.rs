//! `_entities`: representations in, entities out, each type loaded in one statement.
//!
//! Divisions, places, organizations and persons are owned by others; here a well-formed key is
//! enough, and what this subsystem adds is loaded when it is asked for. A registry is ours: an
//! unknown id is null, in its own place only.

use super::person::{Person, is_token};
use super::places::{Division, Organization, Place};
use super::registry::MarriageRegistry;
use crate::kit::Database;
use crate::kit::federation::{self, Any, Entities};
use crate::service::registries;
use async_graphql::Union;
use std::collections::HashMap;
use uuid::Uuid;

/// Everything that other subgraphs may ask for by its key.
#[derive(Union, Clone, Debug)]
#[graphql(name = "_Entity")]
pub enum Entity {
    /// A person.
    Person(Person),
    /// A division.
    Division(Division),
    /// A place.
    Place(Place),
    /// An organization.
    Organization(Organization),
    /// A registry.
    MarriageRegistry(MarriageRegistry),
}

/// Resolves all representations of one type.
pub async fn load(db: Database, typename: String, keys: Vec<Any>) -> Entities<Entity> {
    match typename.as_str() {
        "Person" => by_key(&keys, person_key, |tokens| {
            Person::together(tokens)
                .into_iter()
                .map(Entity::Person)
                .collect()
        }),
        "Division" => by_key(
            &keys,
            |key| key.uuid("id"),
            |ids| {
                Division::together(ids)
                    .into_iter()
                    .map(Entity::Division)
                    .collect()
            },
        ),
        "Place" => by_key(
            &keys,
            |key| key.uuid("id"),
            |ids| {
                Place::together(ids)
                    .into_iter()
                    .map(Entity::Place)
                    .collect()
            },
        ),
        "Organization" => by_key(&keys, organization_key, |codes| {
            Organization::together(codes)
                .into_iter()
                .map(Entity::Organization)
                .collect()
        }),
        "MarriageRegistry" => load_registries(&db, &keys).await,
        _ => federation::unknown(keys.len()),
    }
}

fn person_key(key: &Any) -> Option<String> {
    key.key("id").filter(|id| is_token(id)).map(str::to_owned)
}

fn organization_key(key: &Any) -> Option<String> {
    let alphanumeric =
        |code: &&str| code.len() == 18 && code.bytes().all(|b| b.is_ascii_alphanumeric());
    key.key("creditCode")
        .filter(alphanumeric)
        .map(str::to_owned)
}

/// Entities made of keys alone: malformed keys are null, the others stand together.
fn by_key<K>(
    keys: &[Any],
    read: impl Fn(&Any) -> Option<K>,
    make: impl FnOnce(&[K]) -> Vec<Entity>,
) -> Entities<Entity> {
    let read: Vec<Option<K>> = keys.iter().map(read).collect();
    let places: Vec<bool> = read.iter().map(Option::is_some).collect();
    let good: Vec<K> = read.into_iter().flatten().collect();
    let mut made = make(&good).into_iter();
    places
        .into_iter()
        .map(|good| if good { made.next().map(Ok) } else { None })
        .collect()
}

async fn load_registries(db: &Database, keys: &[Any]) -> Entities<Entity> {
    let ids: Vec<Option<Uuid>> = keys.iter().map(|key| key.uuid("id")).collect();
    let wanted: Vec<Uuid> = ids.iter().flatten().copied().collect();
    match registries::by_ids(db.read(), &wanted).await {
        Err(error) => federation::failed(keys.len(), &error),
        Ok(found) => {
            let together = MarriageRegistry::together(found.into_values().collect());
            let by_id: HashMap<Uuid, MarriageRegistry> = together
                .into_iter()
                .map(|registry| (registry.row_id(), registry))
                .collect();
            ids.into_iter()
                .map(|id| {
                    by_id
                        .get(&id?)
                        .cloned()
                        .map(|r| Ok(Entity::MarriageRegistry(r)))
                })
                .collect()
        }
    }
}
