//! What the whole course of a case, bills, niches, voyages, worship, the hotline and the clean-up need
//! beyond the first tables. Old and new programs run side by side, so this only adds: a new column has a
//! default or may be empty.
//!
//! As before, what must never happen twice is kept by the database.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, boolean_null, date, date_null, double, integer,
    integer_null, text, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
    uuid_null,
};

/// Adds the tables and columns.
pub(super) struct Operations;

impl MigrationName for Operations {
    fn name(&self) -> &str {
        "m0002_funeral_operations"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Operations {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, mut column) in columns() {
            // SQLite takes one change a statement.
            let change = Table::alter()
                .table(table)
                .add_column(&mut column)
                .to_owned();
            manager.alter_table(change).await?;
        }
        for table in records().into_iter().chain(resources()) {
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
        for unique in UNIQUE {
            manager.get_connection().execute_unprepared(unique).await?;
        }
        Ok(())
    }
}

/// Indexes for the ways in which rows are looked up.
const INDEXES: &[(&str, &[&str])] = &[
    ("transport", &["case_id"]),
    ("body_storage", &["case_id"]),
    ("hall", &["facility_id"]),
    ("hall_booking", &["case_id"]),
    ("hall_booking", &["hall_id", "day"]),
    ("cremation", &["case_id"]),
    ("ashes_custody", &["case_id"]),
    ("ashes_release", &["case_id"]),
    ("interment", &["case_id"]),
    ("interment", &["interred_on"]),
    ("death_correction", &["death_id"]),
    ("price_breach", &["division_id", "state"]),
    ("price_breach", &["facility_id"]),
    ("plot_contract", &["plot_id"]),
    ("plot_contract", &["case_id"]),
    ("plot_occupant", &["plot_id"]),
    ("plot_occupant", &["case_id"]),
    ("plot", &["state", "contract_to"]),
    ("sea_enrolment", &["voyage_id", "state"]),
    ("worship_booking", &["slot_id"]),
    ("worship_booking", &["booker"]),
    ("illegal_grave", &["lat", "lon"]),
    ("illegal_grave", &["state", "division_id"]),
    ("illegal_grave", &["reporter"]),
    ("burial_zone", &["min_lat", "max_lat"]),
    ("rural_burial_site", &["division_id"]),
    ("facility_plan", &["division_id"]),
    ("kin_request", &["case_id"]),
    ("kin_request", &["asker"]),
    ("funeral_case", &["division_id", "state"]),
];

/// Unique indexes that carry a rule of the law.
const UNIQUE: &[&str] = &[
    "CREATE UNIQUE INDEX one_place_in_a_course ON case_entry (case_id, seq)",
    "CREATE UNIQUE INDEX one_place_in_a_chain ON custody_link (case_id, seq)",
    "CREATE UNIQUE INDEX one_step_of_a_grave ON grave_step (grave_id, seq)",
    // A hearse has one task at a time, a cabinet one body, a box one set of ashes.
    "CREATE UNIQUE INDEX one_task_per_hearse ON transport (hearse_id) WHERE state IN ('SENT', 'ARRIVED')",
    "CREATE UNIQUE INDEX one_transport_per_case ON transport (case_id) WHERE state IN ('SENT', 'ARRIVED')",
    "CREATE UNIQUE INDEX one_body_per_cabinet ON body_storage (facility_id, cabinet_no) WHERE left_at IS NULL",
    "CREATE UNIQUE INDEX one_cabinet_per_case ON body_storage (case_id) WHERE left_at IS NULL",
    "CREATE UNIQUE INDEX one_set_per_box ON ashes_custody (facility_id, box_no) WHERE ended_at IS NULL",
    "CREATE UNIQUE INDEX one_cremation_per_case ON cremation (case_id) WHERE superseded = false",
    "CREATE UNIQUE INDEX one_cremation_number ON cremation (certificate_no) WHERE superseded = false",
    "CREATE UNIQUE INDEX one_interment_per_case ON interment (case_id) WHERE superseded = false",
    "CREATE UNIQUE INDEX one_release_at_a_time ON ashes_release (case_id) WHERE state <> 'WITHDRAWN'",
    "CREATE UNIQUE INDEX one_notice_per_case ON unclaimed_notice (case_id)",
    // Two people cannot lie in one seat of a grave.
    "CREATE UNIQUE INDEX one_person_per_seat ON plot_occupant (plot_id, seat) WHERE left_on IS NULL",
    "CREATE UNIQUE INDEX one_contract_in_force ON plot_contract (plot_id) WHERE ended_on IS NULL",
    "CREATE UNIQUE INDEX one_voyage_per_case ON sea_enrolment (case_id) WHERE state IN ('ENROLLED', 'CARRIED')",
    "CREATE UNIQUE INDEX one_open_request_of_kin ON kin_request (case_id, kin_right) WHERE state = 'OPEN'",
];

fn columns() -> Vec<(&'static str, ColumnDef)> {
    vec![
        ("facility", text_null("operator_name")),
        ("facility", date_null("operator_verified_on")),
        ("death_record", big_integer("version").default(1).take()),
        ("death_record", date_null("revoked_on")),
        ("funeral_case", timestamp_with_time_zone_null("settled_at")),
        ("funeral_case", big_integer_null("payable")),
        ("funeral_case", text_null("cancel_reason")),
        ("case_item", uuid_null("corrects")),
        ("case_item", boolean("superseded").default(false).take()),
        ("case_item", uuid_null("facility_id")),
        ("hearse", big_integer("version").default(1).take()),
        ("sea_voyage", date_null("cancelled_on")),
        ("sea_voyage", big_integer("version").default(1).take()),
        ("worship_slot", integer_null("attended")),
        ("illegal_grave", text_null("number")),
        ("illegal_grave", text_null("reporter")),
        ("illegal_grave", boolean("heritage").default(false).take()),
        ("illegal_grave", date_null("due_on")),
        ("illegal_grave", big_integer("version").default(1).take()),
        ("hotline_ticket", uuid_null("hearse_id")),
        (
            "hotline_ticket",
            timestamp_with_time_zone_null("accepted_at"),
        ),
        (
            "hotline_ticket",
            timestamp_with_time_zone_null("arrival_due_at"),
        ),
        (
            "hotline_ticket",
            timestamp_with_time_zone_null("resolved_at"),
        ),
        (
            "hotline_ticket",
            timestamp_with_time_zone_null("waiting_since"),
        ),
        ("hotline_ticket", integer("reopened").default(0).take()),
        ("eco_burial", boolean("superseded").default(false).take()),
    ]
}

/// What happens in a case.
fn records() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("case_entry")
            .col(uuid("id").primary_key())
            .col(uuid("case_id"))
            .col(integer("seq"))
            .col(text("act"))
            .col(text("state"))
            .col(timestamp_with_time_zone("at"))
            .col(text_null("officer"))
            .col(uuid_null("record_id"))
            .col(uuid_null("corrects"))
            .col(text_null("reason"))
            .to_owned(),
        Table::create()
            .table("transport")
            .col(uuid("id").primary_key())
            .col(uuid("case_id"))
            .col(uuid("hearse_id"))
            .col(uuid_null("ticket_id"))
            .col(uuid("facility_id"))
            .col(double("lon"))
            .col(double("lat"))
            .col(text("state"))
            .col(text_null("seal_no"))
            .col(timestamp_with_time_zone("sent_at"))
            .col(timestamp_with_time_zone("due_at"))
            .col(timestamp_with_time_zone_null("arrived_at"))
            .col(timestamp_with_time_zone_null("delivered_at"))
            .to_owned(),
        Table::create()
            .table("body_storage")
            .col(uuid("id").primary_key())
            .col(uuid("case_id"))
            .col(uuid("facility_id"))
            .col(text("cabinet_no"))
            .col(timestamp_with_time_zone("from_at"))
            .col(date("until"))
            .col(text("extension"))
            .col(text_null("approval"))
            .col(timestamp_with_time_zone_null("left_at"))
            .to_owned(),
        Table::create()
            .table("hall")
            .col(uuid("id").primary_key())
            .col(uuid("facility_id"))
            .col(text("name"))
            .col(integer("seats"))
            .to_owned(),
        Table::create()
            .table("hall_booking")
            .col(uuid("id").primary_key())
            .col(uuid("hall_id"))
            .col(uuid("case_id"))
            .col(date("day"))
            .col(integer("starts_hour"))
            .col(integer("ends_hour"))
            .col(text("state"))
            .col(timestamp_with_time_zone("booked_at"))
            .col(big_integer("version"))
            .to_owned(),
        Table::create()
            .table("hall_hour")
            .col(uuid("hall_id"))
            .col(date("day"))
            .col(integer("hour"))
            .col(uuid("booking_id"))
            .primary_key(Index::create().col("hall_id").col("day").col("hour"))
            .to_owned(),
        Table::create()
            .table("cremation")
            .col(uuid("id").primary_key())
            .col(uuid("case_id"))
            .col(text("certificate_no"))
            .col(integer("cremator"))
            .col(timestamp_with_time_zone("started_at"))
            .col(timestamp_with_time_zone("ended_at"))
            .col(text_null("officer"))
            .col(text("paper_kind"))
            .col(uuid_null("corrects"))
            .col(boolean("superseded"))
            .to_owned(),
        Table::create()
            .table("custody_link")
            .col(uuid("id").primary_key())
            .col(uuid("case_id"))
            .col(integer("seq"))
            .col(text("giver"))
            .col(text("taker"))
            .col(timestamp_with_time_zone("at"))
            .col(text_null("box_no"))
            .col(text_null("officer"))
            .col(text_null("checker"))
            .to_owned(),
        Table::create()
            .table("ashes_custody")
            .col(uuid("id").primary_key())
            .col(uuid("case_id"))
            .col(uuid("facility_id"))
            .col(text("box_no"))
            .col(timestamp_with_time_zone("from_at"))
            .col(date("paid_until"))
            .col(timestamp_with_time_zone_null("ended_at"))
            .to_owned(),
        Table::create()
            .table("ashes_release")
            .col(uuid("id").primary_key())
            .col(uuid("case_id"))
            .col(text("receiver"))
            .col(text("relation"))
            .col(text_null("authority"))
            .col(text("state"))
            .col(text_null("asked_by"))
            .col(timestamp_with_time_zone("asked_at"))
            .col(text_null("confirmed_by"))
            .col(timestamp_with_time_zone_null("confirmed_at"))
            .to_owned(),
        Table::create()
            .table("interment")
            .col(uuid("id").primary_key())
            .col(uuid("case_id"))
            .col(text("kind"))
            .col(uuid_null("facility_id"))
            .col(uuid_null("plot_id"))
            .col(uuid_null("voyage_id"))
            .col(date("interred_on"))
            .col(boolean("keeps_ashes"))
            .col(boolean("custom_respected"))
            .col(big_integer("subsidy"))
            .col(uuid_null("corrects"))
            .col(boolean("superseded"))
            .to_owned(),
        Table::create()
            .table("unclaimed_notice")
            .col(uuid("id").primary_key())
            .col(uuid("case_id"))
            .col(text("police_paper"))
            .col(date("police_notified_on"))
            .col(date("published_on"))
            .col(date("ends_on"))
            .col(date_null("claimed_on"))
            .to_owned(),
        Table::create()
            .table("death_correction")
            .col(uuid("id").primary_key())
            .col(uuid("death_id"))
            .col(big_integer("version"))
            .col(text("reason"))
            .col(date("was_died_on"))
            .col(text("was_paper_kind"))
            .col(boolean_null("was_natural"))
            .col(boolean("revokes"))
            .col(timestamp_with_time_zone("corrected_at"))
            .col(text_null("officer"))
            .to_owned(),
    ]
}

/// What there is to be had, and what is watched over.
fn resources() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("price_breach")
            .col(uuid("id").primary_key())
            .col(uuid("facility_id"))
            .col(uuid("division_id"))
            .col(text("item_code"))
            .col(big_integer("charged"))
            .col(date("service_on"))
            .col(text("kind"))
            .col(text("state"))
            .col(uuid_null("case_id"))
            .col(text_null("reporter"))
            .col(big_integer("refunded"))
            .col(timestamp_with_time_zone("reported_at"))
            .col(date_null("decided_on"))
            .col(big_integer("version"))
            .to_owned(),
        Table::create()
            .table("plot_contract")
            .col(uuid("id").primary_key())
            .col(uuid("plot_id"))
            .col(uuid_null("case_id"))
            .col(date("valid_from"))
            .col(date("valid_to"))
            .col(big_integer("usage_fee"))
            .col(big_integer("upkeep_fee"))
            .col(uuid_null("renews"))
            .col(date_null("ended_on"))
            .to_owned(),
        Table::create()
            .table("plot_occupant")
            .col(uuid("id").primary_key())
            .col(uuid("plot_id"))
            .col(integer("seat"))
            .col(uuid("case_id"))
            .col(text("person"))
            .col(date_null("laid_on"))
            .col(date_null("left_on"))
            .to_owned(),
        Table::create()
            .table("sea_enrolment")
            .col(uuid("id").primary_key())
            .col(uuid("voyage_id"))
            .col(uuid("case_id"))
            .col(integer("relatives"))
            .col(text("state"))
            .col(timestamp_with_time_zone("enrolled_at"))
            .col(timestamp_with_time_zone_null("ended_at"))
            .to_owned(),
        Table::create()
            .table("worship_booking")
            .col(uuid("id").primary_key())
            .col(uuid("slot_id"))
            .col(uuid("facility_id"))
            .col(text("booker"))
            .col(text("mode"))
            .col(integer("people"))
            .col(integer("places"))
            .col(text("state"))
            .col(timestamp_with_time_zone("booked_at"))
            .col(big_integer("version"))
            .to_owned(),
        Table::create()
            .table("grave_step")
            .col(uuid("id").primary_key())
            .col(uuid("grave_id"))
            .col(integer("seq"))
            .col(text("state"))
            .col(date("on_day"))
            .col(text_null("paper"))
            .col(text_null("officer"))
            .to_owned(),
        Table::create()
            .table("burial_zone")
            .col(uuid("id").primary_key())
            .col(uuid("division_id"))
            .col(text("kind"))
            .col(text("name"))
            .col(text("ring"))
            .col(double("min_lon"))
            .col(double("min_lat"))
            .col(double("max_lon"))
            .col(double("max_lat"))
            .col(date("valid_from"))
            .col(date_null("valid_to"))
            .to_owned(),
        Table::create()
            .table("rural_burial_site")
            .col(uuid("id").primary_key())
            .col(uuid("division_id"))
            .col(text("name"))
            .col(double("lon"))
            .col(double("lat"))
            .col(big_integer("area_milli_m2"))
            .col(integer("graves"))
            .col(boolean("managed"))
            .col(date("registered_on"))
            .col(date_null("inspected_on"))
            .col(big_integer("version"))
            .to_owned(),
        Table::create()
            .table("facility_plan")
            .col(uuid("id").primary_key())
            .col(uuid("division_id"))
            .col(text("kind"))
            .col(big_integer("population"))
            .col(integer("deaths_per_ten_thousand"))
            .col(integer("years"))
            .col(integer("share_percent"))
            .col(text("basis"))
            .col(date("valid_from"))
            .col(date_null("valid_to"))
            .to_owned(),
        Table::create()
            .table("kin_request")
            .col(uuid("id").primary_key())
            .col(uuid("case_id"))
            .col(text("asker"))
            .col(text("kin_right"))
            .col(text("state"))
            .col(date("asked_on"))
            .col(date("due_on"))
            .col(date_null("decided_on"))
            .col(big_integer("version"))
            .to_owned(),
    ]
}
