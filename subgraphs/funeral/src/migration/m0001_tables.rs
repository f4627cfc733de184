//! The first tables.
//!
//! What must never happen twice is kept by the database, not by a check before the write: one open
//! case for a deceased, one hold for a plot, one waiver for a household and item, no slot over its
//! capacity.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, boolean_null, date, date_null, double, integer,
    integer_null, text, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
    uuid_null,
};

/// Creates all tables of the funeral subsystem.
pub(super) struct Tables;

impl MigrationName for Tables {
    fn name(&self) -> &str {
        "m0001_funeral_tables"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Tables {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
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
        for unique in UNIQUE {
            manager.get_connection().execute_unprepared(unique).await?;
        }
        Ok(())
    }
}

/// Indexes for the ways in which rows are looked up.
const INDEXES: &[(&str, &[&str])] = &[
    ("division_scope", &["ancestor_id"]),
    ("facility", &["division_id"]),
    ("facility", &["credit_code"]),
    ("facility", &["place_id"]),
    ("facility", &["lat", "lon"]),
    ("facility", &["kind"]),
    ("hearse", &["facility_id"]),
    ("hearse", &["lat", "lon"]),
    ("price_line", &["facility_id", "valid_from"]),
    ("funeral_case", &["deceased"]),
    ("funeral_case", &["applicant"]),
    ("funeral_case", &["facility_id"]),
    ("funeral_case", &["division_id", "cremated_month"]),
    ("case_item", &["case_id"]),
    ("waiver_policy", &["division_id"]),
    ("waiver", &["case_id"]),
    ("waiver", &["applicant"]),
    ("waiver", &["division_id", "granted_month"]),
    ("waiver", &["settlement_id"]),
    ("waiver_settlement", &["division_id", "month"]),
    ("plot", &["facility_id", "state"]),
    ("plot_hold", &["case_id"]),
    ("sea_voyage", &["division_id", "sails_month"]),
    ("eco_burial", &["division_id", "buried_month"]),
    ("eco_burial", &["case_id"]),
    ("illegal_grave", &["division_id", "closed_month"]),
    ("report_figure", &["division_id", "month"]),
    ("worship_slot", &["facility_id", "day"]),
    ("hotline_ticket", &["caller"]),
    ("hotline_ticket", &["case_id"]),
    ("hotline_ticket", &["division_id", "opened_month"]),
    ("hotline_ticket", &["state"]),
];

/// Unique indexes that carry a rule of the law; `CREATE INDEX … WHERE` is the same on both engines.
const UNIQUE: &[&str] = &[
    // F-13: one deceased, one open case.
    "CREATE UNIQUE INDEX one_open_case ON funeral_case (deceased) WHERE state NOT IN ('CLOSED', 'CANCELLED')",
    // F-11: each household once per item.
    "CREATE UNIQUE INDEX one_waiver_per_household ON waiver (household, item_code)",
    // Two people cannot hold one plot, and a case holds one plot at a time.
    "CREATE UNIQUE INDEX one_hold_per_plot ON plot_hold (plot_id) WHERE ended_at IS NULL",
    "CREATE UNIQUE INDEX one_plot_per_case ON plot_hold (case_id) WHERE ended_at IS NULL",
];

fn tables() -> Vec<TableCreateStatement> {
    vec![
        Table::create()
            .table("division_scope")
            .col(uuid("division_id"))
            .col(uuid("ancestor_id"))
            .primary_key(Index::create().col("division_id").col("ancestor_id"))
            .to_owned(),
        Table::create()
            .table("facility")
            .col(uuid("id").primary_key())
            .col(text("kind"))
            .col(text("sub_kind"))
            .col(text("operator"))
            .col(text("state"))
            .col(text("name"))
            .col(text("credit_code"))
            .col(uuid("division_id"))
            .col(uuid("place_id"))
            .col(double("lon"))
            .col(double("lat"))
            .col(date("approved_on"))
            .col(text("approved_by"))
            .col(big_integer_null("investment"))
            .col(big_integer("capacity"))
            .col(integer("cremators"))
            .col(integer("hearses"))
            .col(text("phone"))
            .col(big_integer("version"))
            .to_owned(),
        Table::create()
            .table("hearse")
            .col(uuid("id").primary_key())
            .col(uuid("facility_id"))
            .col(text("label"))
            .col(double("lon"))
            .col(double("lat"))
            .col(timestamp_with_time_zone("seen_at"))
            .col(text("state"))
            .to_owned(),
        Table::create()
            .table("service_item")
            .col(text("code").primary_key())
            .col(text("name_zh"))
            .col(text("name_en"))
            .col(text("class"))
            .col(text("unit"))
            .to_owned(),
        Table::create()
            .table("price_line")
            .col(uuid("id").primary_key())
            .col(uuid("facility_id"))
            .col(text("item_code"))
            .col(integer("list_version"))
            .col(big_integer("price"))
            .col(big_integer_null("ceiling"))
            .col(big_integer_null("reference_low"))
            .col(big_integer_null("reference_high"))
            .col(text("basis"))
            .col(date("valid_from"))
            .col(date_null("valid_to"))
            .col(date("published_on"))
            .to_owned(),
        Table::create()
            .table("death_record")
            .col(uuid("id").primary_key())
            .col(text("deceased").unique_key())
            .col(date("died_on"))
            .col(text("paper_kind"))
            .col(text("paper_number"))
            .col(boolean_null("natural"))
            .col(uuid("division_id"))
            .col(timestamp_with_time_zone("recorded_at"))
            .to_owned(),
        Table::create()
            .table("funeral_case")
            .col(uuid("id").primary_key())
            .col(text("number").unique_key())
            .col(text("deceased"))
            .col(uuid("death_id"))
            .col(text("applicant"))
            .col(text("relation"))
            .col(text("phone_masked"))
            .col(uuid("facility_id"))
            .col(uuid("division_id"))
            .col(text("state"))
            .col(timestamp_with_time_zone("opened_at"))
            .col(date_null("cremated_on"))
            .col(integer_null("cremated_month"))
            .col(date_null("closed_on"))
            .col(big_integer("version"))
            .to_owned(),
        Table::create()
            .table("case_item")
            .col(uuid("id").primary_key())
            .col(uuid("case_id"))
            .col(text("item_code"))
            .col(uuid("price_line_id"))
            .col(integer("quantity"))
            .col(big_integer("amount"))
            .col(date("service_on"))
            .col(boolean("flagged"))
            .to_owned(),
        Table::create()
            .table("waiver_policy")
            .col(uuid("id").primary_key())
            .col(uuid("division_id"))
            .col(text("name"))
            .col(text("item_code"))
            .col(big_integer("standard"))
            .col(text("payer"))
            .col(text("legal_basis"))
            .col(date("valid_from"))
            .col(date_null("valid_to"))
            .to_owned(),
        Table::create()
            .table("waiver")
            .col(uuid("id").primary_key())
            .col(uuid("case_id"))
            .col(uuid("policy_id"))
            .col(text("item_code"))
            .col(text("household"))
            .col(text("applicant"))
            .col(uuid("division_id"))
            .col(big_integer("amount"))
            .col(text("payer"))
            .col(date("granted_on"))
            .col(integer("granted_month"))
            .col(uuid_null("settlement_id"))
            .to_owned(),
        Table::create()
            .table("waiver_settlement")
            .col(uuid("id").primary_key())
            .col(uuid("division_id"))
            .col(integer("month"))
            .col(big_integer("households"))
            .col(big_integer("amount"))
            .col(text("payer"))
            .col(text("source"))
            .col(date("settled_on"))
            .to_owned(),
        Table::create()
            .table("plot")
            .col(uuid("id").primary_key())
            .col(uuid("facility_id"))
            .col(text("kind"))
            .col(text("label"))
            .col(big_integer("area_milli_m2"))
            .col(integer("occupant_limit"))
            .col(text("state"))
            .col(timestamp_with_time_zone_null("held_until"))
            .col(date_null("contract_from"))
            .col(date_null("contract_to"))
            .col(big_integer("version"))
            .to_owned(),
        Table::create()
            .table("plot_hold")
            .col(uuid("id").primary_key())
            .col(uuid("plot_id"))
            .col(uuid("case_id"))
            .col(timestamp_with_time_zone("held_at"))
            .col(timestamp_with_time_zone("expires_at"))
            .col(timestamp_with_time_zone_null("ended_at"))
            .to_owned(),
        Table::create()
            .table("sea_voyage")
            .col(uuid("id").primary_key())
            .col(uuid("division_id"))
            .col(integer("round"))
            .col(text("port"))
            .col(date("sails_on"))
            .col(integer("sails_month"))
            .col(integer("quota"))
            .col(integer("enrolled"))
            .col(integer_null("carried"))
            .check(Expr::col("enrolled").lte(Expr::col("quota")))
            .to_owned(),
        Table::create()
            .table("eco_burial")
            .col(uuid("id").primary_key())
            .col(uuid("case_id"))
            .col(text("kind"))
            .col(uuid_null("facility_id"))
            .col(uuid_null("voyage_id"))
            .col(uuid("division_id"))
            .col(date("buried_on"))
            .col(integer("buried_month"))
            .col(boolean("keeps_ashes"))
            .col(big_integer("subsidy"))
            .to_owned(),
        Table::create()
            .table("illegal_grave")
            .col(uuid("id").primary_key())
            .col(text("kind"))
            .col(uuid("division_id"))
            .col(double("lon"))
            .col(double("lat"))
            .col(date("found_on"))
            .col(big_integer("area_milli_m2"))
            .col(text("state"))
            .col(big_integer("restored_milli_m2"))
            .col(date_null("closed_on"))
            .col(integer_null("closed_month"))
            .to_owned(),
        Table::create()
            .table("report_figure")
            .col(uuid("id").primary_key())
            .col(uuid("division_id"))
            .col(integer("month"))
            .col(text("indicator"))
            .col(big_integer("value"))
            .col(text("source"))
            .to_owned(),
        Table::create()
            .table("worship_slot")
            .col(uuid("id").primary_key())
            .col(uuid("facility_id"))
            .col(date("day"))
            .col(integer("starts_hour"))
            .col(integer("ends_hour"))
            .col(integer("capacity"))
            .col(integer("booked"))
            .check(Expr::col("booked").lte(Expr::col("capacity")))
            .to_owned(),
        Table::create()
            .table("hotline_ticket")
            .col(uuid("id").primary_key())
            .col(text("number").unique_key())
            .col(text("line"))
            .col(text("category"))
            .col(text("state"))
            .col(text("caller_masked"))
            .col(text_null("caller"))
            .col(uuid_null("case_id"))
            .col(uuid_null("facility_id"))
            .col(uuid("division_id"))
            .col(double("lon"))
            .col(double("lat"))
            .col(timestamp_with_time_zone("opened_at"))
            .col(integer("opened_month"))
            .col(timestamp_with_time_zone("due_at"))
            .col(timestamp_with_time_zone_null("dispatched_at"))
            .col(timestamp_with_time_zone_null("arrived_at"))
            .col(timestamp_with_time_zone_null("closed_at"))
            .col(integer_null("satisfaction"))
            .col(big_integer("version"))
            .to_owned(),
    ]
}
