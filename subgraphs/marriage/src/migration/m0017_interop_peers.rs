//! Whom a row between provinces asks, so that one who does not answer is asked a few things at a time and keeps nobody
//! else waiting; since when an ending is to be told; all promises that a person is held by, not one; and what a peer
//! may have lost, in a chain by which it says how far it has read it.

use super::m0001_tables::table;
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, text, text_null, timestamp_with_time_zone_null, uuid,
};
use sea_orm_migration::sea_orm::DbBackend;

/// Adds the columns and the table. A row of before does not say whom it asks, which is taken for a peer of its own
/// until it is written again. Every promise that is open names its person.
pub(super) struct InteropPeers;

impl MigrationName for InteropPeers {
    fn name(&self) -> &'static str {
        "marriage_0017_interop_peers"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for InteropPeers {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in [
            ("interop_row", text_null("peer")),
            ("interop_log", text_null("peer")),
            ("interop_telling", timestamp_with_time_zone_null("since")),
            ("interop_evidence", text("hash").default("").to_owned()),
        ] {
            let added = Table::alter().table(table).add_column(column).to_owned();
            manager.alter_table(added).await?;
        }
        let columns = vec![text("person"), uuid("txn")];
        manager
            .create_table(table("interop_hold", columns, &["person", "txn"]))
            .await?;
        let columns = vec![
            text("peer"),
            uuid("notice"),
            big_integer("position"),
            text("body"),
            text("hash"),
        ];
        manager
            .create_table(table("interop_noted", columns, &["peer", "notice"]))
            .await?;
        let named = match manager.get_database_backend() {
            DbBackend::Postgres => "body::json #>> '{hold,person}'",
            _ => "json_extract(body, '$.hold.person')",
        };
        let held = format!(
            "INSERT INTO interop_hold (person, txn) SELECT {named}, txn FROM interop_row WHERE state = 'HELD'"
        );
        for sql in [
            held.as_str(),
            "DROP TABLE interop_person",
            "CREATE UNIQUE INDEX ux_interop_noted ON interop_noted (peer, position)",
        ] {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }
}
