//! The person whose account proposed a case: two accounts of one person are not two officers.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::text_null;

/// Adds the column. Of proposals that wait only the account is known.
pub(super) struct Proposer;

impl MigrationName for Proposer {
    fn name(&self) -> &str {
        "persons_0005_proposer"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Proposer {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .alter_table(
                Table::alter()
                    .table("identity_case")
                    .add_column(text_null("proposed_person"))
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .alter_table(
                Table::alter()
                    .table("identity_case")
                    .drop_column("proposed_person")
                    .to_owned(),
            )
            .await
    }
}
