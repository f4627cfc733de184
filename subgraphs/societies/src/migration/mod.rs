//! The schema, step by step. A step that has been released is never edited: add the next.
//!
//! Every step runs on SQLite and PostgreSQL, and the program of the step before can still work on
//! its result.

mod m0001_register;
mod m0002_supervision;
mod m0003_development;
mod m0004_procedures;
mod m0005_office_reviews;
mod m0006_what_decides;
mod m0007_told;
mod m0008_deaths_and_grounds;
mod m0009_words_and_days;

use sea_orm_migration::MigrationTrait;

/// All steps in order.
#[must_use]
pub fn all() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(m0001_register::Migration),
        Box::new(m0002_supervision::Migration),
        Box::new(m0003_development::Migration),
        Box::new(m0004_procedures::Migration),
        Box::new(m0005_office_reviews::Migration),
        Box::new(m0006_what_decides::Migration),
        Box::new(m0007_told::Migration),
        Box::new(m0008_deaths_and_grounds::Migration),
        Box::new(m0009_words_and_days::Migration),
    ]
}
