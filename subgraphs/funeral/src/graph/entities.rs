//! Entities by their keys: those owned here and those that others own and this subsystem adds to.

use async_graphql::{Context, Union};
use minzheng_kit::federation::{self, Any, Entities};
use minzheng_kit::{Error, PrincipalExt};
use uuid::Uuid;

use super::access;
use super::case::FuneralCase;
use super::division::Division;
use super::facility::FuneralFacility;
use super::near::{BoundaryLine, Courses};
use super::person::Person;
use super::places::{Organization, Place};
use crate::model::{facility, funeral_case};
use crate::service::{cases, facilities};

/// Any entity of this subsystem.
#[derive(Union)]
#[graphql(name = "_Entity")]
pub enum Entity {
    /// A person.
    Person(Person),
    /// A division.
    Division(Division),
    /// A place.
    Place(Place),
    /// A boundary line.
    BoundaryLine(BoundaryLine),
    /// An organization.
    Organization(Organization),
    /// A facility.
    FuneralFacility(FuneralFacility),
    /// A case.
    FuneralCase(FuneralCase),
}

/// Resolves all representations, each type at once. A malformed or unknown key is an error or null
/// at its own index only.
pub(super) async fn resolve(ctx: &Context<'_>, representations: Vec<Any>) -> Entities<Entity> {
    federation::resolve(representations, |typename, keys| async move {
        match typename.as_str() {
            "Person" => texts(&keys, "id", Person::all, Entity::Person),
            "Organization" => texts(&keys, "creditCode", Organization::all, Entity::Organization),
            "Division" => uuids(&keys, Division::all, Entity::Division),
            "Place" => {
                let courses = Courses::of(&keys);
                uuids(&keys, |ids| Place::all(ids, &courses), Entity::Place)
            }
            "BoundaryLine" => {
                let courses = Courses::of(&keys);
                uuids(
                    &keys,
                    |ids| BoundaryLine::all(ids, &courses),
                    Entity::BoundaryLine,
                )
            }
            "FuneralFacility" => loaded_facilities(ctx, &keys).await,
            "FuneralCase" => loaded_cases(ctx, &keys).await,
            _ => federation::unknown(keys.len()),
        }
    })
    .await
}

/// Stubs with text keys: made without a look, they load when a field is asked.
fn texts<T>(
    keys: &[Any],
    field: &str,
    all: impl Fn(Vec<String>) -> Vec<T>,
    entity: impl Fn(T) -> Entity,
) -> Entities<Entity> {
    let good = keys
        .iter()
        .filter_map(|k| k.key(field))
        .map(str::to_owned)
        .collect();
    let mut made = all(good).into_iter();
    keys.iter()
        .map(|k| {
            k.key(field)
                .and_then(|_| made.next())
                .map(|stub| Ok(entity(stub)))
        })
        .collect()
}

/// Stubs with UUID keys.
fn uuids<T>(
    keys: &[Any],
    all: impl Fn(Vec<Uuid>) -> Vec<T>,
    entity: impl Fn(T) -> Entity,
) -> Entities<Entity> {
    let good = keys.iter().filter_map(|k| k.uuid("id")).collect();
    let mut made = all(good).into_iter();
    keys.iter()
        .map(|k| {
            k.uuid("id")
                .and_then(|_| made.next())
                .map(|stub| Ok(entity(stub)))
        })
        .collect()
}

async fn loaded_facilities(ctx: &Context<'_>, keys: &[Any]) -> Entities<Entity> {
    let ids: Vec<Uuid> = keys.iter().filter_map(|k| k.uuid("id")).collect();
    let found = match facilities::by_ids(ctx.services().db.read(), &ids).await {
        Ok(found) => found,
        Err(error) => return federation::failed(keys.len(), &error),
    };
    let rows: Vec<Option<facility::Model>> = keys
        .iter()
        .map(|k| k.uuid("id").and_then(|id| found.get(&id).cloned()))
        .collect();
    let mut made = FuneralFacility::all(rows.iter().flatten().cloned().collect()).into_iter();
    rows.iter()
        .map(|row| {
            row.as_ref()
                .and_then(|_| made.next())
                .map(|f| Ok(Entity::FuneralFacility(f)))
        })
        .collect()
}

async fn loaded_cases(ctx: &Context<'_>, keys: &[Any]) -> Entities<Entity> {
    let ids: Vec<Uuid> = keys.iter().filter_map(|k| k.uuid("id")).collect();
    let found = match cases::by_ids(ctx.services().db.read(), &ids).await {
        Ok(found) => found,
        Err(error) => return federation::failed(keys.len(), &error),
    };
    // A case that is not there and one that may not be seen look alike.
    let rows: Vec<Option<&funeral_case::Model>> = keys
        .iter()
        .map(|k| {
            k.uuid("id")
                .and_then(|id| found.get(&id))
                .filter(|case| access::case(ctx, case).is_ok())
        })
        .collect();
    let mut made =
        FuneralCase::all(rows.iter().flatten().map(|c| (*c).clone()).collect()).into_iter();
    rows.iter()
        .map(|row| {
            Some(match row.and_then(|_| made.next()) {
                Some(case) => Ok(Entity::FuneralCase(case)),
                None => Err(Error::Forbidden.graphql()),
            })
        })
        .collect()
}
