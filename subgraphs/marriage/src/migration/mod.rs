//! Migrations of the marriage subsystem, oldest first. A migration is never changed once released.

mod m0001_tables;
mod m0002_counter;
mod m0003_judgment_index;
mod m0005_interop;
mod m0006_open_matters;
mod m0007_interop_divorce;
mod m0010_law;
mod m0011_access_txn;
mod m0012_registry_version;
mod m0013_interop_marks;
mod m0014_by_officer;
mod m0015_who_decides;
mod m0016_issued_by;
mod m0017_interop_peers;
mod m0018_left_appointments;

#[cfg(test)]
pub(crate) use m0015_who_decides::KNOWN;

use sea_orm_migration::MigrationTrait;

/// All migrations in order; kit runs its own before them.
pub(crate) fn all() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(m0001_tables::Tables),
        Box::new(m0002_counter::Counter),
        Box::new(m0003_judgment_index::JudgmentIndex),
        Box::new(m0005_interop::Interop),
        Box::new(m0006_open_matters::OpenMatters),
        Box::new(m0007_interop_divorce::InteropDivorce),
        Box::new(m0010_law::Law),
        Box::new(m0011_access_txn::AccessTxn),
        Box::new(m0012_registry_version::RegistryVersion),
        Box::new(m0013_interop_marks::InteropMarks),
        Box::new(m0014_by_officer::ByOfficer),
        Box::new(m0015_who_decides::WhoDecides),
        Box::new(m0016_issued_by::IssuedBy),
        Box::new(m0017_interop_peers::InteropPeers),
        Box::new(m0018_left_appointments::LeftAppointments),
    ]
}
