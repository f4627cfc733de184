//! The tables as sea-orm entities, one file each.
//!
//! Months are stored as one integer ([`minzheng_kit::YearMonth::index`]), so that a range of months is a plain
//! comparison on SQLite and PostgreSQL alike; money is integer fen.

pub mod adoption;
pub mod annual_report;
pub mod cleanup_case;
pub mod credit_listing;
pub mod fee_reduction;
pub mod member_stat;
pub mod micro_fund;
pub mod office;
pub mod organization;
pub mod organization_name;
pub mod party_unit;
pub mod permit_case;
pub mod project;
pub mod rating;
pub mod target;
pub mod territory;
