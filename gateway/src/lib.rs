//! The federation gateway: one GraphQL endpoint over many subgraphs. It knows no domain; it learns
//! everything from the supergraph.
//!
//! Data flows one way. A request is decoded and identified at the edge (`server`, `request`,
//! `identity`), handed to the [`pipeline`] which parses, limits, authorises, plans and executes it
//! against the loaded [`supergraph`], and leaves as bytes. The modules below stand in the order in
//! which data passes; none imports one that stands above it.

pub mod identity;
// pub mod pipeline;
pub mod request;
// pub mod server;
// pub mod operation;
// pub mod authorise;
// pub mod plan;
// pub mod execute;
pub mod cache;
pub mod transport;
// pub mod supergraph;
pub mod config;
pub mod contract;
pub mod error;
pub mod telemetry;
