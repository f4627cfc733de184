//! The first tables.
//!
//! What must never happen twice is kept by the database and not by a check before the write: one
//! open appointment for a person and service, no slot over its capacity, one open application for
//! divorce for a marriage, one certificate number, one place in a ledger.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, blob, boolean, date, date_null, double, integer, integer_null, text, text_null,
    timestamp_with_time_zone, uuid, uuid_null,
};

/// Creates all tables of the marriage subsystem.
pub(super) struct Tables;

impl MigrationName for Tables {
    fn name(&self) -> &'static str {
        "m0001_marriage_tables"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Tables {
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
    // Near me: a box of degrees by latitude, then longitude.
    "CREATE INDEX ix_registry_point ON registry (lat, lon)",
    "CREATE UNIQUE INDEX ux_registry_code ON registry (code)",
    "CREATE INDEX ix_registry_county ON registry (county_id)",
    "CREATE INDEX ix_registry_prefecture ON registry (prefecture_id)",
    "CREATE INDEX ix_registry_province ON registry (province_id, name)",
    "CREATE INDEX ix_registry_place ON registry (place_id)",
    "CREATE INDEX ix_registry_counselling ON registry (counselling_by)",
    // A slot is found, and taken, by what it is.
    "CREATE UNIQUE INDEX ux_slot ON slot (registry_id, day, service, opens)",
    "CREATE INDEX ix_appointment_slot ON appointment (slot_id)",
    "CREATE INDEX ix_appointment_party ON appointment_party (person, day)",
    "CREATE UNIQUE INDEX ux_appointment_open ON appointment_party (person, service) WHERE is_open",
    "CREATE INDEX ix_marriage_man ON marriage_record (man)",
    "CREATE INDEX ix_marriage_woman ON marriage_record (woman)",
    "CREATE INDEX ix_marriage_registry ON marriage_record (registry_id, registered_on)",
    "CREATE UNIQUE INDEX ux_marriage_certificate ON marriage_record (certificate_no)",
    // M-19: one open application for a couple.
    "CREATE UNIQUE INDEX ux_divorce_open ON divorce_application (marriage_id) WHERE state = 'RECEIVED'",
    "CREATE INDEX ix_divorce_man ON divorce_application (man)",
    "CREATE INDEX ix_divorce_woman ON divorce_application (woman)",
    "CREATE INDEX ix_divorce_registry ON divorce_application (registry_id, received_on)",
    "CREATE INDEX ix_divorce_record_marriage ON divorce_record (marriage_id)",
    "CREATE UNIQUE INDEX ux_divorce_certificate ON divorce_record (certificate_no)",
    "CREATE UNIQUE INDEX ux_certificate ON certificate (number, holder)",
    "CREATE INDEX ix_certificate_holder ON certificate (holder)",
    "CREATE INDEX ix_certificate_record ON certificate (record_id)",
    "CREATE INDEX ix_ledger_record ON ledger_entry (record_id)",
    "CREATE INDEX ix_month_prefecture ON monthly_count (prefecture_id, month)",
    "CREATE INDEX ix_month_province ON monthly_count (province_id, month)",
    "CREATE INDEX ix_counselling_county ON counselling_month (county_id, month)",
    "CREATE INDEX ix_counselling_prefecture ON counselling_month (prefecture_id, month)",
    "CREATE INDEX ix_counselling_province ON counselling_month (province_id, month)",
];

/// A table with its columns and the columns of its primary key.
pub(super) fn table(
    name: &'static str,
    columns: Vec<ColumnDef>,
    key: &[&'static str],
) -> TableCreateStatement {
    let mut table = Table::create();
    table.table(name);
    for column in columns {
        table.col(column);
    }
    let mut primary = Index::create();
    for column in key {
        primary.col(*column);
    }
    table.primary_key(&mut primary);
    if name == "slot" {
        table.check(Expr::cust("booked >= 0 AND booked <= capacity"));
    }
    table
}

fn tables() -> Vec<TableCreateStatement> {
    vec![
        table(
            "registry",
            vec![
                uuid("id"),
                text("code"),
                text("name"),
                uuid("county_id"),
                uuid_null("prefecture_id"),
                uuid("province_id"),
                text("county_code"),
                uuid_null("place_id"),
                double("lon"),
                double("lat"),
                boolean("mainland"),
                boolean("hmt_overseas"),
                boolean("foreign_parties"),
                text("site_kind"),
                integer("windows"),
                integer("counselling_rooms"),
                text_null("counselling_by"),
                boolean("weekend_service"),
            ],
            &["id"],
        ),
        table(
            "opening_hours",
            vec![
                uuid("registry_id"),
                integer("weekday"),
                integer("opens"),
                integer("closes"),
            ],
            &["registry_id", "weekday", "opens"],
        ),
        table(
            "opening_exception",
            vec![
                uuid("registry_id"),
                date("day"),
                integer("opens"),
                integer_null("closes"),
            ],
            &["registry_id", "day", "opens"],
        ),
        table(
            "slot",
            vec![
                uuid("id"),
                uuid("registry_id"),
                text("service"),
                date("day"),
                integer("opens"),
                integer("closes"),
                integer("capacity"),
                integer("booked"),
            ],
            &["id"],
        ),
        table(
            "appointment",
            vec![
                uuid("id"),
                uuid("slot_id"),
                uuid("registry_id"),
                text("service"),
                date("day"),
                integer("opens"),
                integer("closes"),
                text("state"),
                timestamp_with_time_zone("booked_at"),
                big_integer("version"),
            ],
            &["id"],
        ),
        table(
            "appointment_party",
            vec![
                uuid("appointment_id"),
                text("person"),
                text("service"),
                date("day"),
                boolean("is_open"),
            ],
            &["appointment_id", "person"],
        ),
        table(
            "marriage_record",
            vec![
                uuid("id"),
                uuid_null("registry_id"),
                uuid("county_id"),
                text_null("certificate_no"),
                text_null("legacy_no"),
                text("kind"),
                date("registered_on"),
                date("effective_from"),
                text("man"),
                text("woman"),
                text("state"),
                date_null("ended_on"),
                text("source"),
                text("quality"),
                boolean("cross_province"),
                big_integer("version"),
            ],
            &["id"],
        ),
        table(
            "divorce_application",
            vec![
                uuid("id"),
                uuid("marriage_id"),
                uuid("registry_id"),
                text("man"),
                text("woman"),
                date("received_on"),
                timestamp_with_time_zone("received_at"),
                date("cooling_off_ends"),
                date("window_opens"),
                date("window_ends"),
                boolean("provisional"),
                text("state"),
                date_null("closed_on"),
                big_integer("version"),
            ],
            &["id"],
        ),
        table(
            "divorce_record",
            vec![
                uuid("id"),
                uuid("marriage_id"),
                uuid("registry_id"),
                uuid("county_id"),
                text("certificate_no"),
                date_null("application_received_on"),
                date("registered_on"),
            ],
            &["id"],
        ),
        table(
            "certificate",
            vec![
                uuid("id"),
                text("number"),
                text("kind"),
                text("holder"),
                uuid("record_id"),
                date("issued_on"),
                text("state"),
            ],
            &["id"],
        ),
        table(
            "certificate_run",
            vec![
                text("prefix"),
                text("code"),
                integer("year"),
                integer("last"),
            ],
            &["prefix", "code", "year"],
        ),
        table(
            "ledger_entry",
            vec![
                text("person"),
                big_integer("seq"),
                text("event"),
                date("effective_on"),
                timestamp_with_time_zone("at"),
                uuid_null("record_id"),
                blob("prev_hash"),
                blob("hash"),
            ],
            &["person", "seq"],
        ),
        table(
            "monthly_count",
            vec![
                uuid("county_id"),
                integer("month"),
                uuid_null("prefecture_id"),
                uuid("province_id"),
                big_integer("registered"),
                big_integer("cross_province"),
                big_integer("divorces"),
                big_integer("withdrawn"),
                timestamp_with_time_zone("as_of"),
            ],
            &["county_id", "month"],
        ),
        table(
            "counselling_month",
            vec![
                uuid("registry_id"),
                integer("month"),
                uuid("county_id"),
                uuid_null("prefecture_id"),
                uuid("province_id"),
                big_integer("sessions"),
                timestamp_with_time_zone("as_of"),
            ],
            &["registry_id", "month"],
        ),
        table(
            "record_coverage",
            vec![uuid("county_id"), date("complete_from")],
            &["county_id"],
        ),
    ]
}
