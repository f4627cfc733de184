//! The tables of the funeral subsystem, one file each.
//!
//! Persons are opaque tokens, divisions and places are the ids of their owners, money is fen, and
//! a month is one number (`YearMonth::index`), so that statistics group alike on SQLite and PostgreSQL.

pub mod ashes_custody;
pub mod ashes_release;
pub mod body_storage;
pub mod burial_zone;
pub mod call_record;
pub mod case_entry;
pub mod case_item;
pub mod ceiling_authority;
pub mod cremation;
pub mod custody_link;
pub mod death_claim;
pub mod death_correction;
pub mod death_record;
pub mod death_revocation;
pub mod division_scope;
pub mod eco_burial;
pub mod facility;
pub mod facility_plan;
pub mod funeral_case;
pub mod grave_step;
pub mod hall;
pub mod hall_booking;
pub mod hall_hour;
pub mod hearse;
pub mod hotline_ticket;
pub mod illegal_grave;
pub mod interment;
pub mod kin_record;
pub mod kin_request;
pub mod plot;
pub mod plot_contract;
pub mod plot_hold;
pub mod plot_occupant;
pub mod price_breach;
pub mod price_ceiling;
pub mod price_line;
pub mod report_figure;
pub mod rural_burial_site;
pub mod sea_enrolment;
pub mod sea_guest;
pub mod sea_voyage;
pub mod sealed;
pub mod service_item;
pub mod transport;
pub mod unclaimed_notice;
pub mod waiver;
pub mod waiver_policy;
pub mod waiver_settlement;
pub mod worship_booking;
pub mod worship_slot;
