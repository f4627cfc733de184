//! The index's tables.

mod m0001_tables;

use sea_orm_migration::MigrationTrait;

/// All migrations, in order.
pub(crate) fn all() -> Vec<Box<dyn MigrationTrait>> {
    vec![Box::new(m0001_tables::Tables)]
}
