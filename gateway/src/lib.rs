//! The federation gateway: one GraphQL endpoint over many subgraphs. It knows no domain; it learns
//! everything from the supergraph.
//!
//! Data flows one way. A request arrives at the [`server`], is decoded ([`request`]) and its caller
//! identified ([`identity`]); the [`pipeline`] then takes it from text to bytes: parsed, counted and
//! validated ([`operation`]), cut to what may be asked ([`authorise`]), planned ([`plan`]) and
//! executed ([`execute`]) over the [`transport`] and the [`cache`]. Everything derived from the
//! schema comes from the [`supergraph`], which [`schema_source`] brings in.
//!
//! The modules stand in the order in which data passes; none imports one that stands above it.

pub mod server;

pub mod pipeline;
pub mod schema_source;

pub mod request;

pub mod identity;

pub mod operation;

pub mod authorise;

pub mod plan;

pub mod execute;

pub mod transport;

pub mod cache;

pub mod supergraph;

pub mod telemetry;

pub mod config;
pub mod contract;
pub mod error;
