//! The first schema. Frozen: later changes are further migrations.

use sea_orm_migration::{prelude::*, schema::*};

/// Creates every table of `places`.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in divisions().into_iter().chain(names()).chain(boundaries()) {
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
            manager
                .drop_table(
                    Table::drop()
                        .table(Alias::new(*table))
                        .if_exists()
                        .to_owned(),
                )
                .await?;
        }
        Ok(())
    }
}

const TABLES: &[&str] = &[
    "division",
    "division_version",
    "division_lineage",
    "division_change",
    "place",
    "place_name",
    "naming_application",
    "naming_area",
    "filing",
    "public_notice",
    "boundary_line",
    "boundary_area",
    "marker",
    "joint_inspection",
    "place_change",
];

/// Table, index, columns.
const INDEXES: &[(&str, &str, &[&str])] = &[
    (
        "division_version",
        "ix_division_version_code",
        &["code", "valid_from"],
    ),
    (
        "division_version",
        "ix_division_version_parent",
        &["parent", "code"],
    ),
    (
        "division_version",
        "ix_division_version_prefecture",
        &["prefecture", "level", "code"],
    ),
    (
        "division_version",
        "ix_division_version_province",
        &["province", "level", "code"],
    ),
    (
        "division_lineage",
        "ix_division_lineage_from",
        &["from_division"],
    ),
    (
        "division_lineage",
        "ix_division_lineage_to",
        &["to_division"],
    ),
    (
        "division_change",
        "ix_division_change_division",
        &["division"],
    ),
    (
        "division_change",
        "ix_division_change_prefecture",
        &["prefecture"],
    ),
    (
        "division_change",
        "ix_division_change_province",
        &["province"],
    ),
    ("place", "ix_place_division", &["division", "id"]),
    ("place", "ix_place_county", &["county", "kind"]),
    ("place", "ix_place_point", &["latitude", "longitude"]),
    (
        "place_name",
        "ix_place_name_place",
        &["place", "valid_from"],
    ),
    ("place_name", "ix_place_name_name", &["name"]),
    (
        "place_name",
        "ix_place_name_sound",
        &["sound", "kind", "county"],
    ),
    (
        "naming_application",
        "ix_naming_application_sound",
        &["sound", "county"],
    ),
    (
        "naming_application",
        "ix_naming_application_month",
        &["approved_month"],
    ),
    (
        "naming_application",
        "ix_naming_application_state",
        &["state", "id"],
    ),
    ("filing", "ix_filing_due", &["due_on"]),
    (
        "filing",
        "ix_filing_reviewer",
        &["reviewer", "reviewed_month"],
    ),
    ("boundary_line", "ix_boundary_line_due", &["due_on", "id"]),
    ("marker", "ix_marker_line", &["line"]),
    (
        "joint_inspection",
        "ix_joint_inspection_line",
        &["line", "round"],
    ),
];

/// A table with its columns; more than one key column makes a compound key.
pub(super) fn table(name: &str, keys: &[&str], columns: Vec<ColumnDef>) -> TableCreateStatement {
    let mut table = Table::create();
    table.table(Alias::new(name));
    for column in columns {
        table.col(column);
    }
    if !keys.is_empty() {
        let mut key = Index::create();
        for column in keys {
            key.col(Alias::new(*column));
        }
        table.primary_key(&mut key);
    }
    table.to_owned()
}

fn divisions() -> Vec<TableCreateStatement> {
    vec![
        table(
            "division",
            &["id"],
            vec![
                uuid("id"),
                text("level"),
                text("first_code"),
                boolean("is_demo"),
                big_integer("version"),
            ],
        ),
        table(
            "division_version",
            &["division", "valid_from"],
            vec![
                uuid("division"),
                date("valid_from"),
                date_null("valid_to"),
                text("code"),
                text("name"),
                text("level"),
                text("kind"),
                text("code_system"),
                text("date_precision"),
                uuid_null("parent"),
                uuid_null("prefecture"),
                uuid("province"),
                text_null("approval_doc"),
            ],
        ),
        table(
            "division_lineage",
            &["seq"],
            vec![
                big_integer("seq"),
                uuid_null("from_division"),
                uuid_null("to_division"),
                text_null("from_code"),
                text_null("to_code"),
                text("relation"),
                date("effective"),
                boolean("inferred"),
            ],
        ),
        table(
            "division_change",
            &["id"],
            vec![
                uuid("id"),
                text("relation"),
                uuid("division"),
                uuid_null("prefecture"),
                uuid("province"),
                uuid_null("subject"),
                text("before"),
                text("after"),
                integer("sources"),
                date("effective"),
                text_null("approval_doc"),
                boolean("is_demo"),
            ],
        ),
    ]
}

fn names() -> Vec<TableCreateStatement> {
    vec![
        table(
            "place",
            &["id"],
            vec![
                uuid("id"),
                text("kind"),
                uuid("division"),
                uuid("county"),
                double_null("longitude"),
                double_null("latitude"),
                text_null("address"),
                text_null("origin"),
                text_null("meaning"),
                boolean("is_heritage"),
                boolean("is_demo"),
                big_integer("version"),
            ],
        ),
        table(
            "place_name",
            &["id"],
            vec![
                uuid("id"),
                uuid("place"),
                text("kind"),
                uuid("county"),
                text("name"),
                text("specific"),
                text_null("generic"),
                text("roman"),
                text("roman_toned"),
                text("sound"),
                text("status"),
                date("valid_from"),
                date_null("valid_to"),
            ],
        ),
        table(
            "naming_application",
            &["id"],
            vec![
                uuid("id"),
                text("kind"),
                text("state"),
                uuid_null("place"),
                text("place_kind"),
                uuid("division"),
                uuid("county"),
                text("name"),
                text("specific"),
                text("generic"),
                text("roman"),
                text("sound"),
                double_null("longitude"),
                double_null("latitude"),
                text("reasons"),
                json_binary("conflicts"),
                text_null("applicant"),
                timestamp_with_time_zone("submitted_at"),
                date_null("approved_on"),
                integer_null("approved_month"),
                text_null("approved_by"),
                boolean("is_demo"),
                big_integer("version"),
            ],
        ),
        table(
            "naming_area",
            &["division", "application"],
            vec![uuid("division"), uuid("application")],
        ),
        table(
            "filing",
            &["application"],
            vec![
                uuid("application"),
                date("due_on"),
                integer("due_month"),
                date_null("filed_on"),
                uuid("reviewer"),
                date_null("reviewed_on"),
                integer_null("reviewed_month"),
                text_null("result"),
            ],
        ),
        table(
            "public_notice",
            &["application"],
            vec![
                uuid("application"),
                date("due_on"),
                date_null("published_on"),
                text_null("channel"),
                text_null("body"),
            ],
        ),
        table(
            "place_change",
            &[],
            vec![
                big_pk_auto("seq"),
                timestamp_with_time_zone("at"),
                text("kind"),
                uuid_null("division"),
                uuid_null("place"),
                uuid_null("application"),
            ],
        ),
    ]
}

fn boundaries() -> Vec<TableCreateStatement> {
    vec![
        table(
            "boundary_line",
            &["id"],
            vec![
                uuid("id"),
                text("level"),
                uuid("left_division"),
                uuid("right_division"),
                big_integer("length_metres"),
                text_null("agreement_doc"),
                integer("rounds"),
                date_null("last_inspected"),
                date("due_on"),
                integer("due_month"),
                boolean("is_demo"),
            ],
        ),
        table(
            "boundary_area",
            &["division", "line"],
            vec![uuid("division"), uuid("line")],
        ),
        table(
            "marker",
            &["id"],
            vec![
                uuid("id"),
                uuid("line"),
                text("no"),
                double("longitude"),
                double("latitude"),
                uuid("keeper"),
                text("condition"),
            ],
        ),
        table(
            "joint_inspection",
            &["id"],
            vec![
                uuid("id"),
                uuid("line"),
                integer("year"),
                integer("round"),
                text_null("findings"),
                date_null("signed_by_left"),
                date_null("signed_by_right"),
                date_null("filed_on"),
            ],
        ),
    ]
}
