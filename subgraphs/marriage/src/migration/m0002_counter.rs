//! The tables of the whole counter: applications, registrars, courts, cases, queue, counselling,
//! archive. What existed before only gains columns that may be empty, so that the old and the new
//! program run together.

use super::m0001_tables::table;
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, blob_null, boolean, boolean_null, date, date_null, integer, integer_null, text,
    text_null, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid, uuid_null,
};

/// Creates the tables and adds the columns.
pub(super) struct Counter;

impl MigrationName for Counter {
    fn name(&self) -> &'static str {
        "m0002_marriage_counter"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Counter {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            manager.create_table(table).await?;
        }
        for (table, columns) in columns() {
            // SQLite adds one column at a time.
            for column in columns {
                let alter = Table::alter().table(table).add_column(column).to_owned();
                manager.alter_table(alter).await?;
            }
        }
        for sql in INDEXES {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }
}

/// Indexes; `CREATE INDEX … WHERE` reads alike on SQLite and PostgreSQL.
const INDEXES: &[&str] = &[
    "CREATE INDEX ix_registrar_registry ON registrar (registry_id)",
    "CREATE UNIQUE INDEX ux_registrar_licence ON registrar (licence_no)",
    "CREATE UNIQUE INDEX ux_registrar_account ON registrar (account) WHERE account IS NOT NULL",
    "CREATE INDEX ix_application_registry ON registration_application (registry_id, id)",
    "CREATE INDEX ix_application_man ON registration_application (man)",
    "CREATE INDEX ix_application_woman ON registration_application (woman)",
    "CREATE INDEX ix_application_appointment ON registration_application (appointment_id)",
    "CREATE UNIQUE INDEX ux_application_man ON registration_application (man) WHERE state IN ('RECEIVED', 'CHECKING', 'ELIGIBLE', 'SUSPENDED_UNVERIFIED', 'HOLDING', 'COMMITTING')",
    "CREATE UNIQUE INDEX ux_application_woman ON registration_application (woman) WHERE state IN ('RECEIVED', 'CHECKING', 'ELIGIBLE', 'SUSPENDED_UNVERIFIED', 'HOLDING', 'COMMITTING')",
    "CREATE INDEX ix_annotation_record ON annotation (record_id)",
    "CREATE UNIQUE INDEX ux_court_notice ON court_notice (court, doc_no)",
    "CREATE INDEX ix_court_notice_registry ON court_notice (registry_id, id)",
    "CREATE INDEX ix_court_notice_waiting ON court_notice (registry_id, id) WHERE state = 'WAITING'",
    "CREATE UNIQUE INDEX ux_impersonation_open ON impersonation_case (record_id) WHERE state IN ('OPEN', 'PROPOSED')",
    "CREATE INDEX ix_impersonation_registry ON impersonation_case (registry_id, id)",
    "CREATE INDEX ix_impersonation_complainant ON impersonation_case (complainant)",
    "CREATE INDEX ix_evidence_case ON case_evidence (case_id)",
    "CREATE INDEX ix_correction_registry ON correction (registry_id, id)",
    "CREATE UNIQUE INDEX ux_correction_open ON correction (record_id) WHERE state = 'PROPOSED'",
    "CREATE UNIQUE INDEX ux_queue_ticket ON queue_ticket (registry_id, day, number)",
    "CREATE INDEX ix_queue_state ON queue_ticket (registry_id, day, state, number)",
    "CREATE INDEX ix_queue_holder ON queue_ticket (holder, day)",
    "CREATE INDEX ix_guide_registry ON guide (registry_id)",
    "CREATE INDEX ix_room_registry ON counselling_room (registry_id)",
    "CREATE INDEX ix_counsellor_registry ON counsellor (registry_id)",
    "CREATE UNIQUE INDEX ux_session_room ON counselling_session (room_id, day, opens) WHERE state IN ('BOOKED', 'HELD')",
    "CREATE INDEX ix_session_first ON counselling_session (first_party)",
    "CREATE INDEX ix_session_second ON counselling_session (second_party)",
    "CREATE INDEX ix_session_divorce ON counselling_session (divorce_id)",
    "CREATE INDEX ix_session_registry ON counselling_session (registry_id, day)",
    "CREATE INDEX ix_standard_registry ON registry_standard (registry_id, valid_from)",
    "CREATE UNIQUE INDEX ux_archive_record ON archive_file (record_id, record_kind)",
    "CREATE INDEX ix_archive_number ON archive_file (number, id)",
    "CREATE INDEX ix_archive_place ON archive_file (place_then, year, id)",
    "CREATE INDEX ix_archive_man ON archive_file (man, id)",
    "CREATE INDEX ix_archive_woman ON archive_file (woman, id)",
    "CREATE INDEX ix_kin_edge_b ON kin_edge (person_b)",
    "CREATE UNIQUE INDEX ux_divorce_in_hand ON divorce_application (marriage_id) WHERE state IN ('RECEIVED', 'REVIEW')",
    "CREATE INDEX ix_divorce_due ON divorce_application (window_ends) WHERE state IN ('RECEIVED', 'REVIEW')",
    "CREATE INDEX ix_divorce_marriage ON divorce_application (marriage_id)",
    "CREATE UNIQUE INDEX ux_certificate_print ON certificate (print_no) WHERE print_no IS NOT NULL",
    "CREATE INDEX ix_marriage_legacy ON marriage_record (legacy_no)",
    "CREATE INDEX ix_court_notice_couple ON court_notice (man, woman)",
    "CREATE INDEX ix_appointment_due ON appointment (day) WHERE state = 'BOOKED'",
    "CREATE INDEX ix_appointment_registry ON appointment (registry_id, day, opens)",
];

fn columns() -> Vec<(&'static str, Vec<ColumnDef>)> {
    vec![
        (
            "divorce_application",
            vec![
                integer_null("children"),
                blob_null("agreement_sealed"),
                boolean_null("crisis_help_accepted"),
                timestamp_with_time_zone_null("certificate_asked_at"),
                text_null("refusal_code"),
                uuid_null("divorce_record_id"),
                uuid_null("registrar_id"),
            ],
        ),
        (
            "divorce_record",
            vec![integer_null("children"), blob_null("agreement_sealed")],
        ),
        (
            "certificate",
            vec![text_null("print_no"), uuid_null("replaces")],
        ),
    ]
}

fn tables() -> Vec<TableCreateStatement> {
    vec![
        table(
            "registrar",
            vec![
                uuid("id"),
                uuid("registry_id"),
                text("person"),
                text_null("account"),
                text("licence_no"),
                date("valid_from"),
                date_null("valid_to"),
                text("status"),
                big_integer("version"),
            ],
            &["id"],
        ),
        table(
            "registration_application",
            vec![
                uuid("id"),
                text("kind"),
                uuid("registry_id"),
                uuid("county_id"),
                text("man"),
                text("woman"),
                text("state"),
                uuid_null("appointment_id"),
                uuid_null("registrar_id"),
                date_null("conditions_first_met"),
                date_null("received_on"),
                timestamp_with_time_zone_null("received_at"),
                text_null("refusal_code"),
                uuid_null("record_id"),
                timestamp_with_time_zone_null("decided_at"),
                big_integer("version"),
            ],
            &["id"],
        ),
        table(
            "application_party",
            vec![
                uuid("application_id"),
                text("role"),
                text("person"),
                text("authority"),
                text("needs"),
                text("number_faults"),
                text_null("doc_kind"),
                blob_null("doc_sealed"),
                text_null("declared_status"),
                boolean("no_spouse_declared"),
                boolean("no_kinship_declared"),
                timestamp_with_time_zone_null("declaration_signed_at"),
                boolean("present"),
                boolean_null("willing"),
                timestamp_with_time_zone_null("questioned_apart_at"),
                timestamp_with_time_zone_null("illness_explained_at"),
                boolean("single_status_papers"),
                text_null("photo_ref"),
                text("face_match"),
            ],
            &["application_id", "role"],
        ),
        table(
            "application_check",
            vec![
                uuid("application_id"),
                text("code"),
                text("role"),
                text("outcome"),
                text_null("reason"),
                date("checked_on"),
                timestamp_with_time_zone("at"),
            ],
            &["application_id", "code", "role"],
        ),
        table(
            "annotation",
            vec![
                uuid("id"),
                uuid("record_id"),
                text("kind"),
                date("noted_on"),
                date_null("effective_on"),
                text_null("reference"),
            ],
            &["id"],
        ),
        table(
            "court_notice",
            vec![
                uuid("id"),
                uuid("registry_id"),
                text("court"),
                text("doc_no"),
                text("kind"),
                date("effective_on"),
                date("received_on"),
                text("man"),
                text("woman"),
                boolean("certificates_collected"),
                text("state"),
                uuid_null("record_id"),
                text_null("outcome"),
                date_null("annotated_on"),
                big_integer("version"),
            ],
            &["id"],
        ),
        table(
            "impersonation_case",
            vec![
                uuid("id"),
                uuid("record_id"),
                uuid("registry_id"),
                text("complainant"),
                date("opened_on"),
                text("state"),
                text_null("proposed"),
                text_null("proposed_by"),
                text_null("decided_by"),
                date_null("decided_on"),
                big_integer("version"),
            ],
            &["id"],
        ),
        table(
            "case_evidence",
            vec![
                uuid("id"),
                uuid("case_id"),
                text("kind"),
                text("issued_by"),
                text("reference"),
                date("issued_on"),
                timestamp_with_time_zone("added_at"),
            ],
            &["id"],
        ),
        table(
            "correction",
            vec![
                uuid("id"),
                uuid("record_id"),
                uuid("registry_id"),
                text("from_state"),
                text("to_state"),
                date_null("ended_on"),
                text("evidence"),
                text("proposed_by"),
                timestamp_with_time_zone("proposed_at"),
                text_null("decided_by"),
                timestamp_with_time_zone_null("decided_at"),
                text("state"),
                big_integer("version"),
            ],
            &["id"],
        ),
        table(
            "queue_run",
            vec![uuid("registry_id"), date("day"), integer("last")],
            &["registry_id", "day"],
        ),
        table(
            "queue_ticket",
            vec![
                uuid("id"),
                uuid("registry_id"),
                date("day"),
                integer("number"),
                text("service"),
                text("state"),
                uuid_null("appointment_id"),
                text_null("holder"),
                uuid_null("guide_id"),
                integer_null("desk"),
                timestamp_with_time_zone("taken_at"),
                timestamp_with_time_zone_null("called_at"),
                big_integer("version"),
            ],
            &["id"],
        ),
        table(
            "guide",
            vec![
                uuid("id"),
                uuid("registry_id"),
                text("label"),
                boolean("on_duty"),
            ],
            &["id"],
        ),
        table(
            "counselling_room",
            vec![
                uuid("id"),
                uuid("registry_id"),
                text("name"),
                text_null("provider"),
            ],
            &["id"],
        ),
        table(
            "counsellor",
            vec![
                uuid("id"),
                uuid("registry_id"),
                text("person"),
                text("qualification"),
                text_null("provider"),
                boolean("active"),
            ],
            &["id"],
        ),
        table(
            "counselling_session",
            vec![
                uuid("id"),
                uuid("room_id"),
                uuid("registry_id"),
                uuid_null("counsellor_id"),
                text("kind"),
                text("first_party"),
                text_null("second_party"),
                date("day"),
                integer("opens"),
                integer("closes"),
                text("state"),
                text_null("outcome"),
                uuid_null("appointment_id"),
                uuid_null("divorce_id"),
                timestamp_with_time_zone("booked_at"),
                big_integer("version"),
            ],
            &["id"],
        ),
        table(
            "registry_standard",
            vec![
                uuid("id"),
                uuid("registry_id"),
                text("level"),
                text("basis"),
                date("assessed_on"),
                date("valid_from"),
                date_null("valid_to"),
            ],
            &["id"],
        ),
        table(
            "archive_file",
            vec![
                uuid("id"),
                text("record_kind"),
                uuid("record_id"),
                uuid("registry_id"),
                text("man"),
                text("woman"),
                text("number"),
                text("place_then"),
                integer("year"),
                text("volume_no"),
                integer("pages"),
                text_null("digital_ref"),
                text_null("digest"),
                text("retention"),
                date_null("retain_until"),
                date("archived_on"),
            ],
            &["id"],
        ),
        table(
            "kin_edge",
            vec![
                text("person_a"),
                text("person_b"),
                text("kind"),
                text("source"),
            ],
            &["person_a", "person_b"],
        ),
    ]
}
