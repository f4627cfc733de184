//! Who has died, as the subgraph of funerals tells it; the ground from which an entry became serious; how many full
//! party members a body has, as its report or an inspection says.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

/// Adds the table and the columns.
#[derive(Debug)]
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0008_deaths_and_grounds"
    }
}

fn columns() -> Vec<(&'static str, ColumnDef)> {
    vec![
        ("credit_listing", text_null("first_reason").take()),
        ("annual_report", integer_null("party_members").take()),
        ("inspection", integer_null("party_members").take()),
    ]
}

/// Of deaths told before, those that ended an office are known by it, unless a court took the death back. Who held no
/// office then is not known: nothing was kept of them.
const DEATHS: &str = "INSERT INTO death (id, person, died_on) \
    SELECT id, person, until FROM office WHERE ended = 'DEATH' AND until IS NOT NULL AND NOT EXISTS \
    (SELECT 1 FROM office_review WHERE office_review.office_id = office.id)";

/// The entries that went over into the serious list on a day, of one organization. Where there were several, a missing
/// report comes first: it is what keeps the entry standing.
const GROUNDS: [&str; 2] = [
    "UPDATE credit_listing SET first_reason = 'NO_ANNUAL_REPORT' WHERE reason = 'ABNORMAL_TWO_YEARS' AND EXISTS \
     (SELECT 1 FROM credit_listing AS was WHERE was.credit_code = credit_listing.credit_code \
     AND was.list = 'ABNORMAL' AND was.escalates = credit_listing.listed AND was.removed = was.escalates \
     AND was.reason = 'NO_ANNUAL_REPORT')",
    "UPDATE credit_listing SET first_reason = (SELECT MIN(was.reason) FROM credit_listing AS was \
     WHERE was.credit_code = credit_listing.credit_code AND was.list = 'ABNORMAL' \
     AND was.escalates = credit_listing.listed AND was.removed = was.escalates) \
     WHERE reason = 'ABNORMAL_TWO_YEARS' AND first_reason IS NULL",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("death")
            .col(uuid("id"))
            .col(text("person"))
            .col(date("died_on"))
            .primary_key(Index::create().col("id"))
            .take();
        manager.create_table(table).await?;
        for (table, column) in columns() {
            let added = Table::alter().table(table).add_column(column).take();
            manager.alter_table(added).await?;
        }
        let db = manager.get_connection();
        db.execute_unprepared("CREATE INDEX death_person ON death (person)")
            .await?;
        db.execute_unprepared(DEATHS).await?;
        for grounds in GROUNDS {
            db.execute_unprepared(grounds).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in columns() {
            let name = column.get_column_name();
            let dropped = Table::alter()
                .table(table)
                .drop_column(Alias::new(name))
                .take();
            manager.alter_table(dropped).await?;
        }
        manager
            .drop_table(Table::drop().table("death").take())
            .await
    }
}
