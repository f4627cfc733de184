//! The register itself: organizations, names, offices, members, territory.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

/// Creates the tables.
#[derive(Debug)]
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0001_register"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("organization")
                    .col(text("credit_code"))
                    .col(text("kind"))
                    .col(text("state"))
                    .col(text("name"))
                    .col(uuid("division_id"))
                    .col(text("registrar_level"))
                    .col(uuid("registrar_division_id"))
                    .col(date("founded"))
                    .col(integer("founded_month"))
                    .col(date_null("ended"))
                    .col(integer_null("ended_month"))
                    .col(uuid_null("domicile_place_id"))
                    .col(double_null("longitude"))
                    .col(double_null("latitude"))
                    .col(text_null("supervisor"))
                    .col(big_integer("funds_fen"))
                    .col(text_null("hub_kind"))
                    .col(text_null("charity_basis"))
                    .col(date_null("charity_since"))
                    .col(date_null("public_raising_since"))
                    .col(big_integer("version"))
                    .primary_key(Index::create().col("credit_code"))
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("organization_by_division_id")
                    .table("organization")
                    .col("division_id")
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("organization_by_name")
                    .table("organization")
                    .col("name")
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("organization_by_domicile_place_id")
                    .table("organization")
                    .col("domicile_place_id")
                    .take(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("organization_name")
                    .col(text("credit_code"))
                    .col(date("valid_from"))
                    .col(date_null("valid_to"))
                    .col(text("name"))
                    .col(uuid_null("division_id"))
                    .col(text_null("division_name"))
                    .primary_key(Index::create().col("credit_code").col("valid_from"))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("office")
                    .col(uuid("id"))
                    .col(text("credit_code"))
                    .col(text("person"))
                    .col(text("role"))
                    .col(date("since"))
                    .col(date_null("until"))
                    .col(text_null("ended"))
                    .primary_key(Index::create().col("id"))
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("office_by_person")
                    .table("office")
                    .col("person")
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("office_by_credit_code")
                    .table("office")
                    .col("credit_code")
                    .take(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("member_stat")
                    .col(text("credit_code"))
                    .col(date("as_of"))
                    .col(integer("individual"))
                    .col(integer("unit"))
                    .primary_key(Index::create().col("credit_code").col("as_of"))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("territory")
                    .col(uuid("ancestor"))
                    .col(uuid("division"))
                    .col(integer("depth"))
                    .primary_key(Index::create().col("ancestor").col("division"))
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("territory_by_division")
                    .table("territory")
                    .col("division")
                    .take(),
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            "territory",
            "member_stat",
            "office",
            "organization_name",
            "organization",
        ] {
            manager
                .drop_table(Table::drop().table(table).take())
                .await?;
        }
        Ok(())
    }
}
