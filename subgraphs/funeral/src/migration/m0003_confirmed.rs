//! What was said and what was confirmed are kept apart: a citizen's statement of a death waits for an
//! officer, a death is taken back by two, near kin are recorded by an officer. Then what the published
//! lists rest on (ceilings and who may set them), guests of voyages, calls with their answer times, and
//! waivers that are taken back by a negative row. This only adds; the one index that changes lets more in.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, boolean, boolean_null, date, date_null, integer, text, text_null,
    timestamp_with_time_zone, timestamp_with_time_zone_null, uuid, uuid_null,
};

/// Adds the tables and columns.
pub(super) struct Confirmed;

impl MigrationName for Confirmed {
    fn name(&self) -> &str {
        "m0003_funeral_confirmed"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Confirmed {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, mut column) in columns() {
            // SQLite takes one change a statement.
            let change = Table::alter()
                .table(table)
                .add_column(&mut column)
                .to_owned();
            manager.alter_table(change).await?;
        }
        for table in tables() {
            manager.create_table(table).await?;
        }
        for (table, columns) in INDEXES {
            let mut index = Index::create()
                .name(format!("ix_{table}_{}", columns.join("_")))
                .table(*table)
                .to_owned();
            for column in *columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        for statement in STATEMENTS {
            manager
                .get_connection()
                .execute_unprepared(statement)
                .await?;
        }
        Ok(())
    }
}

/// Indexes for the ways in which rows are looked up.
const INDEXES: &[(&str, &[&str])] = &[
    ("kin_record", &["case_id"]),
    ("kin_record", &["kin"]),
    ("death_revocation", &["death_id"]),
    ("call_record", &["ticket_id"]),
    ("sea_guest", &["voyage_id"]),
    ("price_ceiling", &["division_id", "item_code"]),
    ("ceiling_authority", &["division_id"]),
    ("hearse", &["reserved_for"]),
    ("funeral_case", &["continues"]),
    ("cremation", &["certificate_no"]),
];

/// Unique indexes that carry a rule of the law, and what older rows stand for.
const STATEMENTS: &[&str] = &[
    "CREATE UNIQUE INDEX one_claim_per_case ON death_claim (case_id)",
    // F-19: one revocation of a death waits for its second officer at a time.
    "CREATE UNIQUE INDEX one_revocation_at_a_time ON death_revocation (death_id) WHERE state = 'ASKED'",
    // F-11: each household once per item, not counting what was taken back and what takes it back.
    "DROP INDEX one_waiver_per_household",
    "CREATE UNIQUE INDEX one_waiver_per_household ON waiver (household, item_code) WHERE reverses IS NULL AND reversed_on IS NULL",
    // What was counted as enrolled without a case here were guests.
    "UPDATE sea_voyage SET guests = enrolled - (SELECT COUNT(*) FROM sea_enrolment e WHERE e.voyage_id = sea_voyage.id AND e.state = 'ENROLLED') WHERE carried IS NULL AND cancelled_on IS NULL",
];

fn columns() -> Vec<(&'static str, ColumnDef)> {
    vec![
        (
            "funeral_case",
            boolean("paper_pending").default(false).take(),
        ),
        (
            "funeral_case",
            boolean("relation_confirmed").default(true).take(),
        ),
        ("funeral_case", text_null("mandate")),
        ("funeral_case", uuid_null("continues")),
        ("waiver", uuid_null("reverses")),
        ("waiver", date_null("reversed_on")),
        ("hearse", uuid_null("reserved_for")),
        (
            "hotline_ticket",
            timestamp_with_time_zone_null("reopened_at"),
        ),
        ("sea_voyage", integer("guests").default(0).take()),
        ("illegal_grave", date_null("overdue_told")),
    ]
}

fn tables() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("death_claim")
            .col(uuid("id").primary_key())
            .col(uuid("case_id"))
            .col(date("died_on"))
            .col(text("paper_kind"))
            .col(text("paper_number"))
            .col(boolean_null("natural"))
            .col(timestamp_with_time_zone("claimed_at"))
            .col(timestamp_with_time_zone_null("confirmed_at"))
            .col(text_null("confirmed_by"))
            .to_owned(),
        Table::create()
            .table("death_revocation")
            .col(uuid("id").primary_key())
            .col(uuid("death_id"))
            .col(text("reason"))
            .col(text_null("paper"))
            .col(text("state"))
            .col(text_null("asked_by"))
            .col(timestamp_with_time_zone("asked_at"))
            .col(text_null("confirmed_by"))
            .col(timestamp_with_time_zone_null("confirmed_at"))
            .to_owned(),
        Table::create()
            .table("kin_record")
            .col(uuid("id").primary_key())
            .col(uuid("case_id"))
            .col(text("kin"))
            .col(text("relation"))
            .col(text("proof"))
            .col(date("recorded_on"))
            .col(text_null("officer"))
            .to_owned(),
        Table::create()
            .table("call_record")
            .col(uuid("id").primary_key())
            .col(uuid("ticket_id"))
            .col(timestamp_with_time_zone("rang_at"))
            .col(timestamp_with_time_zone("answered_at"))
            .col(text_null("operator"))
            .to_owned(),
        Table::create()
            .table("sea_guest")
            .col(uuid("id").primary_key())
            .col(uuid("voyage_id"))
            .col(text("origin"))
            .col(text("paper"))
            .col(integer("sets"))
            .col(timestamp_with_time_zone("enrolled_at"))
            .col(text_null("officer"))
            .to_owned(),
        Table::create()
            .table("price_ceiling")
            .col(uuid("id").primary_key())
            .col(uuid("division_id"))
            .col(text("item_code"))
            .col(big_integer("ceiling"))
            .col(text("basis"))
            .col(date("valid_from"))
            .col(date_null("valid_to"))
            .to_owned(),
        Table::create()
            .table("ceiling_authority")
            .col(uuid("id").primary_key())
            .col(uuid("division_id"))
            .col(text("basis"))
            .col(date("valid_from"))
            .col(date_null("valid_to"))
            .to_owned(),
    ]
}
