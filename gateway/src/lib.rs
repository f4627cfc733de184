//! The federation gateway: one GraphQL endpoint over many subgraphs. It knows no domain; it learns
//! everything from the supergraph.
//!
//! Data flows one way. A request arrives at the [`server`], is decoded ([`request`]), and its caller is
//! identified ([`identity`]); the [`pipeline`] then takes it from text to bytes: parsed, counted and
//! validated ([`operation`]), cut to what may be asked ([`authorise`]), planned ([`plan`]) and
//! executed ([`execute`]) over the [`transport`] and the [`cache`], and what it shows of persons is
//! recorded ([`record`]) before the answer leaves, whole or in parts; a subscription's plan again for each
//! event, told in the words of [`subscribe`]. Everything derived from the schema comes from the
//! [`supergraph`], which [`schema_source`] brings in.
//!
//! The stages `operation`, `authorise`, `plan` and `execute` read what the stages before them made and
//! never reach forward; everything else imports only what stands below it. That is why [`identity`]
//! stands low although it is met early: who asks goes along with a request to the subgraphs.

pub mod server;

pub mod subscribe;

pub mod pipeline;
pub mod schema_source;

pub mod request;

pub mod operation;

pub mod authorise;

pub mod plan;

pub mod execute;

pub mod transport;

pub mod cache;

pub mod record;

pub mod supergraph;

pub mod identity;

pub mod telemetry;

pub mod tls;

#[cfg(any(test, feature = "fuzzing"))]
pub mod probe;

pub mod config;
pub mod error;

pub use minzheng_contract as contract;
