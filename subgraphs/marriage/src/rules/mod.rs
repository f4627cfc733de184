//! The law of marriage registration as pure functions, one article at a time.
//!
//! Nothing here reads a clock, a database or a random number: the day, the calendar and the facts
//! are arguments, so that a rule can be tested by a table and quoted in a refusal. A rule that
//! refuses returns a [`Refusal`], which names the article; services turn it into `userErrors`.
//! Numbers that the law may change stand in [`law`], with their days.
//!
//! Where each rule id of the domain study is decided:
//!
//! | rule | file | rule | file |
//! |---|---|---|---|
//! | M-1 | [`age`] | M-15 to M-19 | [`divorce`], [`cooling_off`] |
//! | M-2, M-5, M-8, M-25 | [`eligibility`], [`proof`] | M-20, M-25a | [`replacement`] |
//! | M-3, M-4, M-6, M-7, M-9, M-10, M-12, M-14 | [`registration`], [`reasons`] | M-21, M-21a, M-22 | [`court`], [`record`] |
//! | M-11 | [`application`] | M-23, M-24 | [`death`], [`eligibility`], [`archive`] |
//! | M-13, I-1 | [`record`], [`registration`], [`ledger`] | M-26 | [`registrar`], [`impersonation`], [`record`] |
//! | B.1.3 | [`certificate`], [`crate::kit::divisions::assignment`] | B.1.5 | [`application`], [`visit`] |

pub mod age;
pub mod application;
pub mod archive;
pub mod certificate;
pub mod cooling_off;
pub mod court;
pub mod days;
pub mod death;
pub mod divorce;
pub mod eligibility;
pub mod elsewhere;
pub mod impersonation;
pub mod law;
pub mod ledger;
pub mod opening;
pub mod proof;
pub mod reasons;
pub mod record;
pub mod refusal;
pub mod registrar;
pub mod registration;
pub mod replacement;
pub mod scope;
pub mod visit;

pub use refusal::Refusal;
