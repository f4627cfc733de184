//! The vault's tables.

mod m0001_tables;
mod m0002_cases;
mod m0003_column_keys;
mod m0004_alias_used;
mod m0005_proposer;

use sea_orm_migration::MigrationTrait;

/// All migrations, in order.
pub(crate) fn all() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(m0001_tables::Tables),
        Box::new(m0002_cases::Cases),
        Box::new(m0003_column_keys::Keys),
        Box::new(m0004_alias_used::Used),
        Box::new(m0005_proposer::Proposer),
    ]
}
