//! The tables of the funeral subsystem, one file each.
//!
//! Persons are opaque tokens, divisions and places are the ids of their owners, money is fen, and
//! a month is one number (`YearMonth::index`), so that statistics group alike on SQLite and PostgreSQL.

pub mod case_item;
pub mod death_record;
pub mod division_scope;
pub mod eco_burial;
pub mod facility;
pub mod funeral_case;
pub mod hearse;
pub mod hotline_ticket;
pub mod illegal_grave;
pub mod plot;
pub mod plot_hold;
pub mod price_line;
pub mod report_figure;
pub mod sea_voyage;
pub mod service_item;
pub mod waiver;
pub mod waiver_policy;
pub mod waiver_settlement;
pub mod worship_slot;
