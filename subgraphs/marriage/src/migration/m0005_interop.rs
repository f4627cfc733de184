//! The protocol between provinces: transactions, promises and decisions, the message log, what an
//! officer must look at. Nothing here names a person to whom the vault's key is missing: identities in
//! messages are sealed, our own persons stand by their tokens.

use super::m0001_tables::table;
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, date, integer, text, text_null,
    timestamp_with_time_zone, timestamp_with_time_zone_null, uuid, uuid_null,
};

/// Creates the tables.
pub(super) struct Interop;

impl MigrationName for Interop {
    fn name(&self) -> &'static str {
        "m0005_marriage_interop"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Interop {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            manager.create_table(table).await?;
        }
        for sql in INDEXES {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }
}

/// Indexes; `CREATE INDEX … WHERE` reads alike on SQLite and PostgreSQL.
const INDEXES: &[&str] = &[
    "CREATE INDEX ix_interop_row_due ON interop_row (due_at) WHERE due_at IS NOT NULL",
    "CREATE INDEX ix_interop_row_state ON interop_row (state)",
    "CREATE INDEX ix_interop_log_due ON interop_log (due_at) WHERE due_at IS NOT NULL",
    "CREATE UNIQUE INDEX ux_interop_log_application ON interop_log (application_id) WHERE application_id IS NOT NULL",
    "CREATE INDEX ix_interop_log_registry ON interop_log (registry_id, since)",
    "CREATE INDEX ix_interop_telling_due ON interop_telling (due_at) WHERE due_at IS NOT NULL",
    "CREATE UNIQUE INDEX ux_interop_evidence_txn ON interop_evidence (peer, txn)",
    "CREATE UNIQUE INDEX ux_interop_message_nonce ON interop_message (peer, direction, nonce)",
    "CREATE INDEX ix_interop_message_at ON interop_message (at)",
    "CREATE INDEX ix_interop_message_txn ON interop_message (txn)",
    "CREATE INDEX ix_interop_alarm_open ON interop_alarm (at) WHERE closed_at IS NULL",
    "CREATE INDEX ix_interop_access_person ON interop_access (person, id)",
    "CREATE UNIQUE INDEX ux_interop_application_txn ON interop_application (txn)",
];

fn tables() -> Vec<TableCreateStatement> {
    vec![
        table(
            "interop_station",
            vec![
                integer("id"),
                text("body"),
                timestamp_with_time_zone("updated_at"),
            ],
            &["id"],
        ),
        table(
            "interop_row",
            vec![
                uuid("txn"),
                text("state"),
                text("body"),
                timestamp_with_time_zone("since"),
                timestamp_with_time_zone_null("due_at"),
                integer("attempts"),
            ],
            &["txn"],
        ),
        table(
            "interop_log",
            vec![
                uuid("txn"),
                text("phase"),
                text("body"),
                uuid_null("application_id"),
                uuid_null("registry_id"),
                timestamp_with_time_zone("since"),
                boolean("closed"),
                boolean("stuck"),
                timestamp_with_time_zone_null("due_at"),
                integer("attempts"),
            ],
            &["txn"],
        ),
        table(
            "interop_person",
            vec![text("person"), uuid_null("hold"), uuid_null("mark")],
            &["person"],
        ),
        table(
            "interop_evidence",
            vec![
                text("peer"),
                big_integer("position"),
                uuid("txn"),
                text("body"),
            ],
            &["peer", "position"],
        ),
        table(
            "interop_telling",
            vec![
                uuid("notice"),
                text("peer"),
                text("body"),
                boolean("told"),
                big_integer_null("position"),
                timestamp_with_time_zone_null("due_at"),
                integer("attempts"),
            ],
            &["notice", "peer"],
        ),
        table(
            "interop_message",
            vec![
                text("peer"),
                text("direction"),
                big_integer("seq"),
                timestamp_with_time_zone("at"),
                text("txn"),
                text("phase"),
                text("officer"),
                text("purpose"),
                text("nonce"),
                text("jws"),
                text("hash"),
            ],
            &["peer", "direction", "seq"],
        ),
        table(
            "interop_root",
            vec![
                text("peer"),
                date("day"),
                big_integer("sent_count"),
                text("sent_root"),
                big_integer("received_count"),
                text("received_root"),
                boolean("noted"),
                text_null("theirs"),
            ],
            &["peer", "day"],
        ),
        table(
            "interop_alarm",
            vec![
                uuid("id"),
                timestamp_with_time_zone("at"),
                uuid_null("txn"),
                text("what"),
                timestamp_with_time_zone_null("closed_at"),
                text_null("closed_by"),
            ],
            &["id"],
        ),
        table(
            "interop_access",
            vec![
                uuid("id"),
                timestamp_with_time_zone("at"),
                text("person"),
                boolean("wrote"),
                uuid_null("txn"),
                text("by_authority"),
                text("officer"),
                text("purpose"),
            ],
            &["id"],
        ),
        table(
            "interop_application",
            vec![uuid("application_id"), uuid("txn"), text("body")],
            &["application_id"],
        ),
        table(
            "interop_record",
            vec![
                uuid("record_id"),
                uuid("txn"),
                text("man_authority"),
                text("woman_authority"),
            ],
            &["record_id"],
        ),
        table(
            "interop_glass",
            vec![
                uuid("txn"),
                text("officer"),
                text("statement"),
                text("stated_by"),
                timestamp_with_time_zone("at"),
            ],
            &["txn"],
        ),
    ]
}
