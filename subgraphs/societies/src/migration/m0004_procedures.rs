//! Procedures: applications with their form and persons, branches, filings, penalties, inspections,
//! letters, steps of clean-up cases, partners of projects.
//!
//! Old rows stay as they are: every new column is nullable or has the value that old rows mean.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

/// Creates the tables and columns.
#[derive(Debug)]
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0004_procedures"
    }
}

/// New columns of old tables.
fn columns() -> Vec<(&'static str, ColumnDef)> {
    let version = || big_integer("version").default(1).take();
    vec![
        ("permit_case", text("state").default("ACCEPTED").take()),
        ("permit_case", version()),
        ("permit_case", date_null("submitted")),
        ("permit_case", text_null("name")),
        ("permit_case", text_null("form")),
        ("permit_case", text_null("missing")),
        ("permit_case", text_null("ground")),
        ("permit_case", boolean("late").default(false).take()),
        ("organization", text_null("activity")),
        ("organization", text_null("industry_department")),
        ("organization", text_null("activity_area")),
        ("rating", version()),
        ("rating", date_null("changed")),
        ("credit_listing", version()),
        ("credit_listing", date_null("arose")),
        (
            "credit_listing",
            boolean("entered_late").default(false).take(),
        ),
        ("cleanup_case", version()),
        ("cleanup_case", text_null("ground")),
        (
            "cleanup_case",
            big_integer("confiscated_fen").default(0).take(),
        ),
        ("annual_report", text_null("supervisor_view")),
        ("project", version()),
        ("micro_fund", version()),
        ("party_unit", version()),
        ("party_unit", date_null("assessed")),
        ("party_unit", text_null("aspects")),
    ]
    .into_iter()
    .map(|(table, column)| (table, column.into_column_def()))
    .collect()
}

fn tables() -> Vec<TableCreateStatement> {
    let id = || Index::create().col("id").take();
    vec![
        // Who applies and who is to lead: tokens of persons, never in the form itself.
        Table::create()
            .table("permit_person")
            .col(uuid("id"))
            .col(uuid("case_id"))
            .col(text("role"))
            .col(text("person"))
            .primary_key(&mut id())
            .take(),
        // A name is asked for by one open application at a time.
        Table::create()
            .table("name_claim")
            .col(text("name"))
            .col(uuid("case_id"))
            .primary_key(Index::create().col("name"))
            .take(),
        Table::create()
            .table("code_segment")
            .col(text("prefix"))
            .col(big_integer("next"))
            .primary_key(Index::create().col("prefix"))
            .take(),
        Table::create()
            .table("branch")
            .col(uuid("id"))
            .col(text("credit_code"))
            .col(text("kind"))
            .col(text("name"))
            .col(date("opened"))
            .col(date_null("closed"))
            .col(big_integer("version").default(1))
            .primary_key(&mut id())
            .take(),
        Table::create()
            .table("filing")
            .col(uuid("id"))
            .col(text("credit_code"))
            .col(text("kind"))
            .col(date("filed"))
            .primary_key(&mut id())
            .take(),
        Table::create()
            .table("liquidation")
            .col(text("credit_code"))
            .col(text("reason"))
            .col(date("group_formed"))
            .col(date_null("ended"))
            .primary_key(Index::create().col("credit_code"))
            .take(),
        Table::create()
            .table("penalty")
            .col(uuid("id"))
            .col(text("credit_code"))
            .col(text("kind"))
            .col(text("ground"))
            .col(big_integer("fine_fen"))
            .col(big_integer("confiscated_fen"))
            .col(date("decided"))
            .col(date_null("until"))
            .primary_key(&mut id())
            .take(),
        Table::create()
            .table("inspection")
            .col(uuid("id"))
            .col(text("credit_code"))
            .col(text("kind"))
            .col(date("inspected"))
            .col(text("result"))
            .col(date_null("rectify_by"))
            .col(date_null("closed"))
            .col(big_integer("version").default(1))
            .primary_key(&mut id())
            .take(),
        Table::create()
            .table("letter")
            .col(uuid("id"))
            .col(text("credit_code"))
            .col(date("sent"))
            .col(boolean("returned"))
            .primary_key(&mut id())
            .take(),
        Table::create()
            .table("cleanup_step")
            .col(uuid("case_id"))
            .col(text("step"))
            .col(date("on_day"))
            .primary_key(Index::create().col("case_id").col("step"))
            .take(),
        Table::create()
            .table("project_partner")
            .col(uuid("id"))
            .col(uuid("project_id"))
            .col(text("kind"))
            .col(text("name"))
            .col(text_null("credit_code"))
            .primary_key(&mut id())
            .take(),
    ]
}

const INDEXES: [(&str, &[&str]); 13] = [
    ("permit_case", &["state", "committed_due"]),
    ("permit_case", &["credit_code"]),
    ("permit_person", &["person"]),
    ("permit_person", &["case_id"]),
    ("branch", &["credit_code"]),
    ("filing", &["credit_code"]),
    ("penalty", &["credit_code"]),
    ("inspection", &["credit_code"]),
    ("letter", &["credit_code"]),
    ("project_partner", &["project_id"]),
    ("credit_listing", &["list", "removed"]),
    ("cleanup_case", &["credit_code"]),
    ("adoption", &["credit_code"]),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column at a time.
        for (table, column) in columns() {
            let mut column = column;
            manager
                .alter_table(Table::alter().table(table).add_column(&mut column).take())
                .await?;
        }
        for table in tables() {
            manager.create_table(table).await?;
        }
        for (table, columns) in INDEXES {
            let mut index = Index::create();
            index
                .name(format!("{table}_by_{}", columns.join("_")))
                .table(table);
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index.take()).await?;
        }
        // What old applications mean: decided ones are granted or refused.
        let db = manager.get_connection();
        for decided in [
            "UPDATE permit_case SET state = 'GRANTED' WHERE granted = TRUE",
            "UPDATE permit_case SET state = 'REFUSED' WHERE granted = FALSE",
            "UPDATE permit_case SET submitted = received WHERE submitted IS NULL",
        ] {
            db.execute_unprepared(decided).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            "project_partner",
            "cleanup_step",
            "letter",
            "inspection",
            "penalty",
            "liquidation",
            "filing",
            "branch",
            "code_segment",
            "name_claim",
            "permit_person",
        ] {
            manager
                .drop_table(Table::drop().table(table).take())
                .await?;
        }
        for (table, columns) in INDEXES {
            if ["permit_case", "credit_listing", "cleanup_case", "adoption"].contains(&table) {
                let name = format!("{table}_by_{}", columns.join("_"));
                manager
                    .drop_index(Index::drop().name(name).table(table).to_owned())
                    .await?;
            }
        }
        for (table, column) in columns() {
            let name = column.get_column_name();
            manager
                .alter_table(Table::alter().table(table).drop_column(name).take())
                .await?;
        }
        Ok(())
    }
}
