//! The tables of the protocol between provinces. Rows that hold a state of the core keep it as JSON beside the
//! columns that are searched by.

pub mod access;
pub mod alarm;
pub mod application;
pub mod divorce;
pub mod evidence;
pub mod glass;
pub mod hold;
pub mod log;
pub mod mark;
pub mod message;
pub mod noted;
pub mod record;
pub mod root;
pub mod row;
pub mod station;
pub mod telling;
