//! What clients see: divisions and places, their names, boundaries and figures.
//!
//! Divisions and places are public data, so reading them needs no scope and may be cached by anyone; the
//! monthly figures of a division are for officers and dashboards, and writing is for place-name officers.

mod boundary;
mod change;
mod division;
mod inputs;
mod mutation;
mod naming;
mod payloads;
mod place;
mod query;
mod shape;
mod sign;
mod subscription;
mod version;

use async_graphql::Union;

pub(crate) use mutation::Mutation;
pub(crate) use query::Query;
pub(crate) use subscription::Subscription;

/// What the gateway may ask for by key.
#[derive(Union)]
#[graphql(name = "_Entity")]
pub(crate) enum Entity {
    /// A division.
    Division(division::Division),
    /// A place.
    Place(place::Place),
    /// A boundary line.
    BoundaryLine(boundary::BoundaryLine),
}
