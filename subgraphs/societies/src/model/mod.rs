//! The tables as sea-orm entities, one file each.
//!
//! Months are stored as one integer ([`minzheng_kit::YearMonth::index`]), so that a range of months is a plain
//! comparison on SQLite and PostgreSQL alike; money is integer fen.

pub mod adoption;
pub mod annual_report;
pub mod branch;
pub mod cleanup_case;
pub mod cleanup_step;
pub mod code_segment;
pub mod credit_listing;
pub mod death;
pub mod fee_reduction;
pub mod filing;
pub mod inspection;
pub mod letter;
pub mod liquidation;
pub mod member_stat;
pub mod micro_fund;
pub mod name_claim;
pub mod office;
pub mod office_review;
pub mod organization;
pub mod organization_name;
pub mod party_unit;
pub mod penalty;
pub mod permit_case;
pub mod permit_person;
pub mod project;
pub mod project_partner;
pub mod rating;
pub mod sealed;
pub mod target;
pub mod territory;
pub mod told;
