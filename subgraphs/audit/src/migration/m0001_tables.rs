//! Records of the log, the persons they tell of, and how far it was read.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, integer, text, text_null, timestamp_with_time_zone, uuid},
};

pub(super) struct Tables;

impl MigrationName for Tables {
    fn name(&self) -> &str {
        "audit_0001_tables"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Tables {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("log_position")
                    .col(text("segment").primary_key())
                    .col(big_integer("position"))
                    .to_owned(),
            )
            .await?;
        manager.create_table(entry()).await?;
        manager.create_table(subject()).await?;
        for (name, table, columns) in [
            ("ix_access_entry_at", "access_entry", &["at", "id"][..]),
            (
                "ix_access_entry_actor",
                "access_entry",
                &["actor", "at", "id"],
            ),
            (
                "ix_access_entry_case",
                "access_entry",
                &["case_id", "at", "id"],
            ),
            (
                "ix_access_entry_month",
                "access_entry",
                &["month", "actor_role", "decision"],
            ),
            ("ix_access_entry_segment", "access_entry", &["segment"]),
            (
                "ix_access_subject_person",
                "access_subject",
                &["person", "at", "id"],
            ),
            ("ix_access_subject_segment", "access_subject", &["segment"]),
        ] {
            let mut index = Index::create().name(name).table(table).to_owned();
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["access_subject", "access_entry", "log_position"] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        Ok(())
    }
}

fn entry() -> TableCreateStatement {
    Table::create()
        .table("access_entry")
        .col(uuid("id").primary_key())
        .col(text("segment"))
        .col(text("chain"))
        .col(big_integer("seq"))
        .col(timestamp_with_time_zone("at"))
        .col(integer("month"))
        .col(text("class"))
        .col(text("decision"))
        .col(text_null("trace_id"))
        .col(text_null("actor"))
        .col(text("actor_issuer"))
        .col(text("actor_role"))
        .col(text_null("actor_division"))
        .col(text("province"))
        .col(text_null("purpose"))
        .col(text_null("case_id"))
        .col(text("document"))
        .col(text_null("operation"))
        .col(text("fields"))
        .col(text("persons"))
        .col(text("hash"))
        .to_owned()
}

fn subject() -> TableCreateStatement {
    Table::create()
        .table("access_subject")
        .col(uuid("id").primary_key())
        .col(text("segment"))
        .col(uuid("entry"))
        .col(timestamp_with_time_zone("at"))
        .col(text("person"))
        .col(text("decision"))
        .col(text("actor_role"))
        .col(text_null("actor_division"))
        .col(text("province"))
        .col(text_null("purpose"))
        .col(text("fields"))
        .to_owned()
}
