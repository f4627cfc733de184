//! The tables of the marriage subsystem as sea-orm entities, one file each.
//!
//! Persons appear by their opaque token only; no table holds a name or an identity number.
//! Months are stored as months since year 0 (`YearMonth::index`), times of day as minutes after
//! midnight in Shanghai.

pub mod appointment;
pub mod appointment_party;
pub mod certificate;
pub mod certificate_run;
pub mod counselling_month;
pub mod divorce_application;
pub mod divorce_record;
pub mod ledger_entry;
pub mod marriage_record;
pub mod monthly_count;
pub mod opening_exception;
pub mod opening_hours;
pub mod record_coverage;
pub mod registry;
pub mod slot;
