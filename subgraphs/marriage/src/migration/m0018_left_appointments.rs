//! Appointments whose couple arrived and that nobody ended, and drafts that outlived their appointment.

use sea_orm_migration::prelude::*;

/// The job finds the first by their day; the second are drafts again.
pub(super) struct LeftAppointments;

const KEPT: &str =
    "CREATE INDEX ix_appointment_kept ON appointment (day) WHERE state = 'CHECKED_IN'";

/// What was drafted for an appointment that has ended without it is a draft again.
const FREED: &str = "UPDATE registration_application SET state = 'DRAFT', appointment_id = NULL, version = version + 1 \
     WHERE state IN ('BOOKED', 'CHECKED_IN') AND appointment_id IN \
     (SELECT id FROM appointment WHERE state IN ('SERVED', 'NO_SHOW', 'CANCELLED'))";

impl MigrationName for LeftAppointments {
    fn name(&self) -> &'static str {
        "marriage_0018_left_appointments"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for LeftAppointments {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for sql in [KEPT, FREED] {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = "DROP INDEX ix_appointment_kept";
        manager.get_connection().execute_unprepared(sql).await?;
        Ok(())
    }
}
