//! What makes names, changes of divisions, boundaries and geometry whole: the steps and reports of an
//! application, protected names, sides of changes, causes and signatures of inspections, geometries.
//!
//! Only adds: every new column is null or has a default, so that the program of before goes on working.

use sea_orm_migration::{prelude::*, schema::*};

use super::m001_first::table;

/// Adds the columns and tables.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column a statement.
        for (table, columns) in columns() {
            for mut column in columns {
                let mut alter = Table::alter();
                alter.table(Alias::new(table)).add_column(&mut column);
                manager.alter_table(alter).await?;
            }
        }
        for table in tables() {
            manager.create_table(table).await?;
        }
        for (table, name, columns) in INDEXES {
            let mut index = Index::create();
            index.table(Alias::new(*table)).name(*name);
            for column in *columns {
                index.col(Alias::new(*column));
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES.iter().rev() {
            let mut drop = Table::drop();
            drop.table(Alias::new(*table)).if_exists();
            manager.drop_table(drop).await?;
        }
        Ok(())
    }
}

const TABLES: &[&str] = &[
    "naming_step",
    "naming_report",
    "heritage_name",
    "outdated_address",
    "division_side",
    "marker_act",
    "geometry",
];

const INDEXES: &[(&str, &str, &[&str])] = &[
    (
        "naming_application",
        "ix_naming_application_place",
        &["place"],
    ),
    (
        "naming_application",
        "ix_naming_application_county",
        &["county", "state", "id"],
    ),
    ("naming_step", "ix_naming_step", &["application", "seq"]),
    ("naming_report", "ix_naming_report", &["application"]),
    (
        "outdated_address",
        "ix_outdated_address_county",
        &["county", "place"],
    ),
    ("division_side", "ix_division_side_division", &["division"]),
    ("marker_act", "ix_marker_act_marker", &["marker"]),
    (
        "joint_inspection",
        "ix_joint_inspection_state",
        &["state", "id"],
    ),
    (
        "geometry",
        "ix_geometry_subject",
        &["subject", "state", "number"],
    ),
    (
        "geometry",
        "ix_geometry_box",
        &["subject_kind", "state", "west", "east"],
    ),
];

fn version() -> ColumnDef {
    let mut column = big_integer("version");
    column.default(1);
    column
}

fn text_default(name: &'static str, value: &'static str) -> ColumnDef {
    let mut column = text(name);
    column.default(value);
    column
}

fn columns() -> Vec<(&'static str, Vec<ColumnDef>)> {
    let mut settled = boolean("settled");
    settled.default(true);
    vec![
        (
            "naming_application",
            vec![
                text_null("authority"),
                text_null("approval_doc"),
                date_null("effective_on"),
                text_null("position"),
                text_null("reviewed_by"),
            ],
        ),
        (
            "filing",
            vec![
                text_null("receiver"),
                date_null("chased_on"),
                date_null("reported_on"),
            ],
        ),
        ("public_notice", vec![date_null("registry_sent_on")]),
        ("division_lineage", vec![double_null("share")]),
        (
            "division_change",
            vec![
                date_null("approved_on"),
                text_null("authority"),
                text_null("extension_doc"),
                date_null("code_due_on"),
                timestamp_with_time_zone_null("recorded_at"),
                settled,
            ],
        ),
        ("boundary_line", vec![version()]),
        ("marker", vec![version()]),
        (
            "joint_inspection",
            vec![
                text_default("cause", "PERIODIC"),
                text_default("state", "FILED"),
                text_null("stretch"),
                date_null("scheduled_on"),
                text_null("left_team"),
                text_null("right_team"),
                date_null("closed_on"),
                text_null("result_doc"),
                text_null("received_by"),
                version(),
            ],
        ),
    ]
}

fn tables() -> Vec<TableCreateStatement> {
    names().into_iter().chain(ground()).collect()
}

fn names() -> Vec<TableCreateStatement> {
    vec![
        table(
            "naming_step",
            &["application", "seq"],
            vec![
                uuid("application"),
                integer("seq"),
                timestamp_with_time_zone("at"),
                text("act"),
                text("state"),
                text("actor_role"),
                text_null("actor"),
                text_null("remark"),
            ],
        ),
        table(
            "naming_report",
            &["id"],
            vec![
                uuid("id"),
                uuid("application"),
                text("kind"),
                text("outcome"),
                text("document"),
                text("summary"),
                date("made_on"),
                timestamp_with_time_zone("recorded_at"),
                text_null("recorded_by"),
            ],
        ),
        table(
            "heritage_name",
            &["place"],
            vec![
                uuid("place"),
                text("category"),
                date("listed_on"),
                text("document"),
                text_null("measures"),
                date_null("measures_on"),
                big_integer("version"),
            ],
        ),
        table(
            "outdated_address",
            &["place", "application"],
            vec![
                uuid("place"),
                uuid("application"),
                uuid("county"),
                text("old_name"),
                text_null("new_name"),
                date("since"),
            ],
        ),
    ]
}

fn ground() -> Vec<TableCreateStatement> {
    vec![
        table(
            "division_side",
            &["change", "division", "role"],
            vec![uuid("change"), uuid("division"), text("role")],
        ),
        table(
            "marker_act",
            &["id"],
            vec![
                uuid("id"),
                uuid("marker"),
                uuid("line"),
                text("act"),
                double_null("longitude"),
                double_null("latitude"),
                text_null("survey_doc"),
                text("reason"),
                date("proposed_on"),
                date_null("left_agreed_on"),
                date_null("right_agreed_on"),
                date_null("done_on"),
                big_integer("version"),
            ],
        ),
        table(
            "geometry",
            &["id"],
            vec![
                uuid("id"),
                text("subject_kind"),
                uuid("subject"),
                integer("number"),
                text("state"),
                text("full_text"),
                text("public_text"),
                double("west"),
                double("south"),
                double("east"),
                double("north"),
                double("length_metres"),
                double("area_square_metres"),
                text("source"),
                text_null("map_review_no"),
                integer("based_on"),
                text_null("proposed_by"),
                timestamp_with_time_zone("proposed_at"),
                timestamp_with_time_zone_null("committed_at"),
                boolean("is_demo"),
            ],
        ),
    ]
}
