//! The day on which a report came to the supervising department, apart from the one on which that department agreed;
//! last days of permits at the turn of the year, which were said to be certain before the notice for 2027 was known.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::date_null;

/// Adds the column.
#[derive(Debug)]
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0009_words_and_days"
    }
}

/// The form of before called the day of handing in an agreement, so that nobody knows any more whose word an agreement
/// was. Where nothing was concluded yet the day stays as the one of handing in, and an officer records the view anew.
/// What is judged is left alone.
const WORD_OF_THE_FORM: &str = "UPDATE annual_report SET handed_to_supervisor = to_supervisor, to_supervisor = NULL, \
    supervisor_view = NULL WHERE result IS NULL AND to_supervisor IS NOT NULL";

/// They are told anew, and written down when the calendar is known.
const TURN_OF_THE_YEAR: [&str; 2] = [
    "UPDATE permit_case SET statutory_due = NULL WHERE decided IS NULL \
     AND statutory_due BETWEEN '2026-12-26' AND '2026-12-31'",
    "UPDATE permit_case SET committed_due = NULL WHERE decided IS NULL \
     AND committed_due BETWEEN '2026-12-26' AND '2026-12-31'",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let added = Table::alter()
            .table("annual_report")
            .add_column(date_null("handed_to_supervisor"))
            .take();
        manager.alter_table(added).await?;
        let db = manager.get_connection();
        db.execute_unprepared(WORD_OF_THE_FORM).await?;
        for days in TURN_OF_THE_YEAR {
            db.execute_unprepared(days).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let dropped = Table::alter()
            .table("annual_report")
            .drop_column("handed_to_supervisor")
            .take();
        manager.alter_table(dropped).await
    }
}
