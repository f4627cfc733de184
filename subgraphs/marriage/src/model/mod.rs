//! The tables of the marriage subsystem as sea-orm entities, one file each.
//!
//! Persons appear by their opaque token only; no table holds a name or an identity number.
//! Months are stored as months since year 0 (`YearMonth::index`), times of day as minutes after
//! midnight in Shanghai.

pub mod annotation;
pub mod application_check;
pub mod application_party;
pub mod appointment;
pub mod appointment_party;
pub mod archive_file;
pub mod case_evidence;
pub mod certificate;
pub mod certificate_run;
pub mod correction;
pub mod counselling_month;
pub mod counselling_room;
pub mod counselling_session;
pub mod counsellor;
pub mod court_notice;
pub mod division_descent;
pub mod divorce_application;
pub mod divorce_record;
pub mod guide;
pub mod identity_doubt;
pub mod impersonation_case;
pub mod interop;
pub mod kin_edge;
pub mod ledger_entry;
pub mod marriage_record;
pub mod monthly_count;
pub mod opening_exception;
pub mod opening_hours;
pub mod queue_run;
pub mod queue_ticket;
pub mod record_coverage;
pub mod registrar;
pub mod registration_application;
pub mod registry;
pub mod registry_standard;
pub mod sealed;
pub mod slot;
