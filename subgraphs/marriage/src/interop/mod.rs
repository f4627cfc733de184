//! Marriage across provinces 跨省婚姻登记: never twice, never lost.
//!
//! [`core`] is the protocol as pure state machines; the rest is the shell around it, in the order in which
//! a message flows: [`wire`] (signed texts and sealed identities), [`routing`] and [`book`] (whom a number
//! leads to, who is trusted), [`node`] (this province), [`client`] (the way to a peer), [`log`] (every text,
//! chained), [`store`] (the core's rows beside the ledger), [`steps`] (one event through the core),
//! [`exchange`] (texts in and out), [`told`] (of whom an answer tells), [`run`] (what goes on without being asked). [`counter`] is where a
//! registry's own work meets the protocol, [`divorce`] the same for the weeks of a divorce, [`work`] what
//! officers see of it, [`officers`] what they do.
//!
//! Only the core decides anything; only [`store::apply`] writes what it decided; nothing is sent before it
//! is written.

pub mod book;
pub mod client;
pub mod conformance;
pub mod core;
pub mod counter;
pub mod divorce;
#[cfg(test)]
mod examples;
pub mod exchange;
pub mod facts;
pub mod fault;
pub mod log;
pub mod node;
pub mod officers;
pub mod routing;
pub mod run;
pub mod steps;
pub mod store;
pub mod told;
pub mod wire;
pub mod work;
