//! Signs of place names, and offences against the rules on using names and keeping signs (地名管理条例 37–38).

use sea_orm_migration::{prelude::*, schema::*};

use super::m001_first::table;

/// Adds the tables.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let signpost = table(
            "signpost",
            &["id"],
            vec![
                uuid("id"),
                uuid("place"),
                text("position"),
                double_null("longitude"),
                double_null("latitude"),
                text("condition"),
                text("shown"),
                text("keeper"),
                date("checked_on"),
                big_integer("version"),
            ],
        );
        let offence = table(
            "name_offence",
            &["id"],
            vec![
                uuid("id"),
                text("kind"),
                uuid("division"),
                uuid("county"),
                uuid_null("place"),
                uuid_null("signpost"),
                big_integer("fine_fen"),
                text("document"),
                date("decided_on"),
            ],
        );
        for table in [signpost, offence] {
            manager.create_table(table).await?;
        }
        for (table, name, columns) in [
            ("signpost", "signpost_place", &["place", "id"][..]),
            (
                "name_offence",
                "name_offence_county",
                &["county", "decided_on", "id"][..],
            ),
        ] {
            let mut index = Index::create();
            index.table(Alias::new(table)).name(name);
            for column in columns {
                index.col(Alias::new(*column));
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["name_offence", "signpost"] {
            let mut drop = Table::drop();
            drop.table(Alias::new(table)).if_exists();
            manager.drop_table(drop).await?;
        }
        Ok(())
    }
}
