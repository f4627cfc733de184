//! Reviews of offices that ended with a death which was taken back.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

/// Creates the table.
#[derive(Debug)]
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0005_office_reviews"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("office_review")
            .col(uuid("id"))
            .col(uuid("office_id"))
            .col(text("credit_code"))
            .col(uuid("division_id"))
            .col(text("person"))
            .col(text("role"))
            .col(date("opened"))
            .col(date_null("decided"))
            .col(boolean_null("restored"))
            .col(big_integer("version").default(1))
            .primary_key(Index::create().col("id"))
            .take();
        manager.create_table(table).await?;
        let db = manager.get_connection();
        for index in [
            "CREATE INDEX office_review_waiting ON office_review (division_id, opened, id) WHERE decided IS NULL",
            "CREATE INDEX office_review_person ON office_review (person)",
        ] {
            db.execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("office_review").take())
            .await
    }
}
