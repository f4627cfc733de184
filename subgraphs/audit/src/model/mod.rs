//! Tables: what was read of the log, by which it is found.

pub mod access_entry;
pub mod access_subject;
pub mod log_position;
