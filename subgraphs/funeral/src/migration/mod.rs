//! Migrations, in order. Old and new versions of the program run together during a change, so a
//! migration only ever adds.

mod m0001_tables;
mod m0002_operations;
mod m0003_confirmed;
mod m0004_claims;
mod m0005_assigned;

use sea_orm_migration::MigrationTrait;

/// All migrations of this subsystem.
pub fn all() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(m0001_tables::Tables),
        Box::new(m0002_operations::Operations),
        Box::new(m0003_confirmed::Confirmed),
        Box::new(m0004_claims::Claims),
        Box::new(m0005_assigned::Assigned),
    ]
}
