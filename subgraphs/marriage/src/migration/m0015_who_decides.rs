//! Who issued a certificate, whose account proposed what a second officer decides, and what a case was opened for.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{text, text_null, uuid_null};

/// Adds the columns. Of a replacement of before, the registry is known where its county had but one, as its number
/// names the county; where it had several, the number goes on telling. What was proposed before says only the account.
pub(super) struct WhoDecides;

impl MigrationName for WhoDecides {
    fn name(&self) -> &'static str {
        "marriage_0015_who_decides"
    }
}

/// The table and its new column.
fn columns() -> Vec<(&'static str, ColumnDef)> {
    vec![
        ("certificate", uuid_null("registry_id")),
        ("correction", text_null("proposed_person")),
        ("impersonation_case", text_null("proposed_person")),
        (
            "impersonation_case",
            text("ground").default("COMPLAINT").to_owned(),
        ),
        ("interop_glass", text_null("person")),
    ]
}

/// Who issued what was issued before, as far as it is known.
pub(crate) const KNOWN: [&str; 3] = [
    "UPDATE certificate SET registry_id = (SELECT m.registry_id FROM marriage_record m WHERE m.id = certificate.record_id) \
     WHERE kind = 'MARRIAGE'",
    "UPDATE certificate SET registry_id = (SELECT d.registry_id FROM divorce_record d WHERE d.id = certificate.record_id) \
     WHERE kind = 'DIVORCE'",
    "UPDATE certificate SET registry_id = (SELECT r.id FROM registry r WHERE r.county_code = SUBSTR(certificate.number, 3, 6) \
     AND NOT EXISTS (SELECT 1 FROM registry o WHERE o.county_code = r.county_code AND o.id <> r.id)) \
     WHERE kind IN ('MARRIAGE_REPLACEMENT', 'DIVORCE_REPLACEMENT')",
];

#[async_trait::async_trait]
impl MigrationTrait for WhoDecides {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in columns() {
            let added = Table::alter().table(table).add_column(column).to_owned();
            manager.alter_table(added).await?;
        }
        for sql in KNOWN {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for sql in [
            "ALTER TABLE certificate DROP COLUMN registry_id",
            "ALTER TABLE correction DROP COLUMN proposed_person",
            "ALTER TABLE impersonation_case DROP COLUMN proposed_person",
            "ALTER TABLE impersonation_case DROP COLUMN ground",
            "ALTER TABLE interop_glass DROP COLUMN person",
        ] {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }
}
