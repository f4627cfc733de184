//! What every subgraph needs, and nothing of any subject: identifiers, scalars, the database,
//! federation, pages, errors, the caller, cryptography and events.
//!
//! A subgraph is a [`subsystem::Subsystem`]; it is handed [`subsystem::Services`] and gives a
//! [`graph::Graph`]; [`server::Endpoint`] stands in front of the graph and lets in only what the
//! gateway has signed, the same in one process and over HTTP.
//!
//! Read in this order: [`subsystem`], [`database`], [`graph`], [`federation`], [`principal`],
//! [`error`], [`mutation`], [`events`], [`seal`], [`server`].
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)
)]

pub mod aliases;
pub mod batch;
pub mod calendar;
pub mod chores;
pub mod citizen_id;
pub mod clock;
pub mod credit_code;
pub mod database;
pub mod demo;
pub mod disclosure;
pub mod divisions;
pub mod error;
pub mod events;
pub mod federation;
pub mod feed;
pub mod graph;
pub mod id;
pub mod identity;
pub mod keyed;
pub mod keys;
pub mod legal;
pub mod merged;
pub mod migration;
pub mod money;
pub mod months;
pub mod mutation;
pub mod officer;
pub mod page;
pub mod peers;
pub mod principal;
pub mod scalars;
pub mod seal;
pub mod server;
pub mod subsystem;
pub mod suppress;
mod terms;
pub mod testing;
pub mod tokenizer;
pub mod vault;
pub mod wake;

pub use minzheng_contract as contract;

pub use clock::Clock;
pub use database::Database;
pub use error::{Error, Result, UserError};
pub use graph::Graph;
pub use migration::migrations;
pub use principal::{Principal, PrincipalExt, Role};
pub use scalars::{
    CitizenIdInput, CreditCode, Date, DateTime, DivisionCode, GeoJson, YearMonth, Yuan,
};
pub use subsystem::{Province, Services, Subsystem};
