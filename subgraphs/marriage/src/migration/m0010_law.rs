//! What the rules of the counter ask for besides: the kind of a party's number and the day on which the party was
//! seen, who died in a correction, whose identity is in doubt; and what became of divisions (D-8).

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    date_null, integer_null, string, string_null, timestamp_with_time_zone, uuid,
};

/// Adds the columns and the table.
pub(super) struct Law;

const COLUMNS: [(&str, &str); 3] = [
    ("application_party", "number_kind"),
    ("application_party", "seen_on"),
    ("correction", "deceased"),
];

impl MigrationName for Law {
    fn name(&self) -> &str {
        "marriage_0010_law"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Law {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in COLUMNS {
            let definition = match column {
                "seen_on" => date_null(column),
                _ => string_null(column),
            };
            manager
                .alter_table(
                    Table::alter()
                        .table(table)
                        .add_column(definition)
                        .to_owned(),
                )
                .await?;
        }
        manager
            .create_table(
                Table::create()
                    .table("identity_doubt")
                    .col(string("person").primary_key())
                    .col(timestamp_with_time_zone("since"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("division_descent")
                    .col(uuid("from_id"))
                    .col(uuid("to_id"))
                    .col(integer_null("permille"))
                    .primary_key(Index::create().col("from_id").col("to_id"))
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["division_descent", "identity_doubt"] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        for (table, column) in COLUMNS {
            manager
                .alter_table(Table::alter().table(table).drop_column(column).to_owned())
                .await?;
        }
        Ok(())
    }
}
