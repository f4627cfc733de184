//! The law of marriage registration as pure functions, one article at a time.
//!
//! Nothing here reads a clock, a database or a random number: the day, the calendar and the facts
//! are arguments, so that a rule can be tested by a table and quoted in a refusal. A rule that
//! refuses returns a [`Refusal`], which names the article; services turn it into `userErrors`.
//!
//! Rule ids (`M-1` …) are those of the domain study. Rules that bind a court (M-18) or the
//! archive (M-24) are not decided here; what they mean for a screen stands in [`divorce`].

pub mod age;
pub mod certificate;
pub mod cooling_off;
pub mod days;
pub mod divorce;
pub mod eligibility;
pub mod ledger;
pub mod opening;
pub mod record;
pub mod refusal;
pub mod registration;

pub use refusal::Refusal;
