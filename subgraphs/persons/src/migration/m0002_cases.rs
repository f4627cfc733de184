//! Cases about identities, full readings, tokens of earlier keys, and versions of persons.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, binary, text, text_null, timestamp_with_time_zone,
        timestamp_with_time_zone_null, uuid, uuid_null,
    },
};

/// Adds to the vault's tables; a program of before goes on beside it.
pub(super) struct Cases;

impl MigrationName for Cases {
    fn name(&self) -> &str {
        "persons_0002_cases"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Cases {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in [
            big_integer("version").default(1).take(),
            uuid_null("alias_case").take(),
        ] {
            manager
                .alter_table(Table::alter().table("person").add_column(column).to_owned())
                .await?;
        }
        manager.create_table(case()).await?;
        for (name, columns) in [
            ("ix_identity_case_person", &["person"][..]),
            (
                "ix_identity_case_division",
                &["division", "proposed_at", "id"],
            ),
        ] {
            let mut index = Index::create().name(name).table("identity_case").to_owned();
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        manager
            .create_table(
                Table::create()
                    .table("reveal")
                    .col(uuid("id").primary_key())
                    .col(text("token"))
                    .col(timestamp_with_time_zone("at"))
                    .col(text("actor_role"))
                    .col(text_null("actor"))
                    .col(text_null("purpose"))
                    .col(text_null("case_id"))
                    .col(binary("reason"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("retired_token")
                    .col(text("old").primary_key())
                    .col(text("token"))
                    .col(timestamp_with_time_zone("at"))
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["retired_token", "reveal", "identity_case"] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        for column in ["alias_case", "version"] {
            manager
                .alter_table(
                    Table::alter()
                        .table("person")
                        .drop_column(column)
                        .to_owned(),
                )
                .await?;
        }
        Ok(())
    }
}

fn case() -> TableCreateStatement {
    Table::create()
        .table("identity_case")
        .col(uuid("id").primary_key())
        .col(text("kind"))
        .col(text("state"))
        .col(text("person"))
        .col(text_null("into"))
        .col(text_null("cause"))
        .col(text_null("to_status"))
        .col(uuid_null("merge"))
        .col(text_null("moved"))
        .col(binary("reason"))
        .col(text("division"))
        .col(text("proposed_by"))
        .col(timestamp_with_time_zone("proposed_at"))
        .col(text_null("decided_by"))
        .col(timestamp_with_time_zone_null("decided_at"))
        .col(big_integer("version"))
        .to_owned()
}
