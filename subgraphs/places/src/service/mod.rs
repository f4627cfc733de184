//! The use cases of `places`: reads that load for many parents at once, and mutations, each one
//! transaction. Resolvers are thin over these; tests may call them without GraphQL.
//!
//! [`act`] is what every change goes through, [`timers`] what falls due by itself, [`telling`] what the other
//! subsystems hear of it. [`naming`] leads names,
//! [`heritage`] protects them; [`divisions`] reads the tree and [`division_change`] changes it; [`boundaries`],
//! [`inspections`] and [`markers`] keep the lines; [`shapes`] keeps geometries, which [`shape_fits`] judges and
//! [`shape_changes`] changes; [`places`] and [`statistics`] answer
//! what is asked most.

pub mod act;
pub mod boundaries;
pub mod boundary_requests;
pub mod division_change;
pub mod division_requests;
pub mod divisions;
pub mod due_days;
pub mod find;
pub mod heritage;
pub mod inspections;
pub mod markers;
pub mod naming;
pub mod places;
pub mod shape_changes;
pub mod shape_fits;
pub mod shape_requests;
pub mod shapes;
pub mod sign_requests;
pub mod signs;
pub mod statistics;
pub mod telling;
pub mod timers;
