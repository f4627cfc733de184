//! The schema's history. Every migration runs on SQLite and PostgreSQL and lets the program of before and
//! after run together.

use sea_orm_migration::MigrationTrait;

mod m001_first;
mod m002_whole;
mod m003_signs;
mod m004_filing_told;
mod m005_sides;
mod m006_due_days;

/// All migrations, in order.
pub(crate) fn all() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(m001_first::Migration),
        Box::new(m002_whole::Migration),
        Box::new(m003_signs::Migration),
        Box::new(m004_filing_told::FilingTold),
        Box::new(m005_sides::Sides),
        Box::new(m006_due_days::DueDays),
    ]
}
