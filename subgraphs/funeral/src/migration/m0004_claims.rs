//! One open case for a deceased is one whose paper an officer has seen. What citizens claim stands beside it: a
//! stranger's word must neither keep a family from its case nor tell anybody that there is one. The index only
//! lets more in.

use sea_orm_migration::prelude::*;

/// Loosens the index.
pub(super) struct Claims;

impl MigrationName for Claims {
    fn name(&self) -> &str {
        "m0004_funeral_claims"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Claims {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for statement in STATEMENTS {
            manager
                .get_connection()
                .execute_unprepared(statement)
                .await?;
        }
        Ok(())
    }
}

/// F-13; and the way in which the cases of a deceased are looked up, which the loosened index no longer serves.
const STATEMENTS: &[&str] = &[
    "DROP INDEX one_open_case",
    "CREATE UNIQUE INDEX one_open_case ON funeral_case (deceased) WHERE state NOT IN ('CLOSED', 'CANCELLED') AND NOT paper_pending",
    "CREATE INDEX ix_funeral_case_claims ON funeral_case (deceased) WHERE paper_pending",
];
