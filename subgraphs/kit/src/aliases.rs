//! What a subsystem does when a person's token changes: everything kept under the old one moves, and
//! when the merge is taken back ([`PersonSplit`]), exactly what had moved goes back.
//!
//! A consumer names its columns once:
//!
//! ```ignore
//! const COLUMNS: &[TokenColumn] = &[TokenColumn::new("office", "person")];
//!
//! fn kinds(&self) -> &'static [&'static str] { aliases::KINDS }
//!
//! async fn apply(&self, _: &Services, tx: &DatabaseTransaction, event: &Event) -> Result<()> {
//!     aliases::apply(tx, event, COLUMNS).await?;
//!     Ok(())
//! }
//! ```
//!
//! The same call notes the name itself ([`crate::merged`]), so that the number leads to the rows from the same
//! transaction on.
//!
//! What cannot simply move (two open cases of what is now one person, a hash chain) is the subsystem's
//! own business; it does that before or after.

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, Statement};

use crate::{
    error::Result,
    events::{Event, Known, PersonAliased, PersonSplit},
    merged,
    mutation::execute,
};

/// The kinds of events that [`apply`] takes.
pub const KINDS: &[&str] = &[PersonAliased::KIND, PersonSplit::KIND];

/// A column that holds persons' tokens. The names are the program's own and never come from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenColumn {
    table: &'static str,
    column: &'static str,
    id: &'static str,
}

impl TokenColumn {
    /// A column of a table whose primary key is `id`.
    pub const fn new(table: &'static str, column: &'static str) -> Self {
        Self {
            table,
            column,
            id: "id",
        }
    }

    /// Of a table with another primary key.
    #[must_use]
    pub const fn with_key(mut self, id: &'static str) -> Self {
        self.id = id;
        self
    }

    /// The primary key as text, in SQL.
    fn key_text(&self, backend: DbBackend) -> String {
        match backend {
            // A UUID is a blob here, a number is not.
            DbBackend::Sqlite => format!("hex(\"{}\")", self.id),
            _ => format!("CAST(\"{}\" AS TEXT)", self.id),
        }
    }

    fn place(&self) -> String {
        format!("{}.{}", self.table, self.column)
    }
}

/// Does what an event of [`KINDS`] asks for; answers how many values were changed. Other events change
/// nothing, and the same event may come again.
///
/// # Errors
/// When the event is broken, or the database's own.
pub async fn apply(
    tx: &DatabaseTransaction,
    event: &Event,
    columns: &[TokenColumn],
) -> Result<u64> {
    let mut changed = 0;
    if let Some(told) = event.read::<PersonAliased>()? {
        merged::note(tx, &told).await?;
        if told.old == told.new {
            return Ok(0);
        }
        for column in columns {
            changed += rename(tx, &told, column).await?;
        }
    } else if let Some(told) = event.read::<PersonSplit>()? {
        merged::forget(tx, &told).await?;
        for column in columns {
            changed += restore(tx, &told, column).await?;
        }
    }
    Ok(changed)
}

/// Notes a row that a merge has moved otherwise than by [`apply`], so that a split finds it ([`noted`]).
///
/// # Errors
/// The database's own.
pub async fn note(tx: &DatabaseTransaction, merge: &str, place: &str, row: &str) -> Result<()> {
    let sql = "INSERT INTO alias_move (merge_id, place, row_id) VALUES ($1, $2, $3) \
               ON CONFLICT (merge_id, place, row_id) DO NOTHING";
    execute(tx, sql, vec![merge.into(), place.into(), row.into()]).await?;
    Ok(())
}

/// What a merge has moved at a place.
///
/// # Errors
/// The database's own.
pub async fn noted(db: &impl ConnectionTrait, merge: &str, place: &str) -> Result<Vec<String>> {
    let sql = "SELECT row_id FROM alias_move WHERE merge_id = $1 AND place = $2 ORDER BY row_id";
    let values = [merge.into(), place.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let rows = db.query_all_raw(statement).await?;
    rows.iter()
        .map(|row| Ok(row.try_get("", "row_id")?))
        .collect()
}

async fn rename(tx: &DatabaseTransaction, told: &PersonAliased, at: &TokenColumn) -> Result<u64> {
    let TokenColumn { table, column, .. } = at;
    if let Some(merge) = &told.merge {
        let key = at.key_text(tx.get_database_backend());
        let sql = format!(
            "INSERT INTO alias_move (merge_id, place, row_id) \
             SELECT $1, $2, {key} FROM \"{table}\" WHERE \"{column}\" = $3 \
             ON CONFLICT (merge_id, place, row_id) DO NOTHING"
        );
        let values = vec![
            merge.as_str().into(),
            at.place().into(),
            told.old.as_str().into(),
        ];
        execute(tx, &sql, values).await?;
    }
    let sql = format!("UPDATE \"{table}\" SET \"{column}\" = $1 WHERE \"{column}\" = $2");
    let values = vec![told.new.as_str().into(), told.old.as_str().into()];
    execute(tx, &sql, values).await
}

async fn restore(tx: &DatabaseTransaction, told: &PersonSplit, at: &TokenColumn) -> Result<u64> {
    let TokenColumn { table, column, .. } = at;
    let key = at.key_text(tx.get_database_backend());
    let sql = format!(
        "UPDATE \"{table}\" SET \"{column}\" = $1 WHERE \"{column}\" = $2 AND {key} IN \
         (SELECT row_id FROM alias_move WHERE merge_id = $3 AND place = $4)"
    );
    let values = vec![
        told.old.as_str().into(),
        told.new.as_str().into(),
        told.merge.as_str().into(),
        at.place().into(),
    ];
    execute(tx, &sql, values).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        Services,
        database::tests::{databases, fill, thing},
        testing,
    };
    use sea_orm::{EntityTrait, QueryOrder};

    const COLUMNS: &[TokenColumn] = &[TokenColumn::new("thing", "name")];

    async fn happens(services: &Services, kind: &str, body: serde_json::Value) -> u64 {
        let event = Event {
            kind: kind.to_owned(),
            key: "k".to_owned(),
            at: testing::clock().now(),
            body,
        };
        let told = services.db.write(move |tx| {
            let event = event.clone();
            Box::pin(async move { apply(tx, &event, COLUMNS).await })
        });
        told.await.unwrap()
    }

    async fn names(services: &Services) -> Vec<String> {
        let rows = thing::Entity::find()
            .order_by_asc(thing::Column::Share)
            .all(services.db.read())
            .await
            .unwrap();
        rows.into_iter().map(|row| row.name).collect()
    }

    #[tokio::test]
    async fn a_split_takes_back_what_the_merge_moved_and_nothing_else() {
        for services in databases().await {
            fill(&services, 3).await;
            let aliased = |old: &str, new: &str, merge: &str| json!({ "version": 1, "old": old, "new": new, "cause": "MERGE", "merge": merge });
            let first = aliased("thing 0", "thing 2", "m1");
            assert_eq!(happens(&services, "PersonAliased", first.clone()).await, 1);
            // The same event again changes nothing.
            assert_eq!(happens(&services, "PersonAliased", first).await, 0);
            happens(
                &services,
                "PersonAliased",
                aliased("thing 1", "thing 2", "m2"),
            )
            .await;
            assert_eq!(names(&services).await, ["thing 2", "thing 2", "thing 2"]);
            let split = json!({ "version": 1, "old": "thing 1", "new": "thing 2", "merge": "m2" });
            assert_eq!(happens(&services, "PersonSplit", split.clone()).await, 1);
            assert_eq!(happens(&services, "PersonSplit", split).await, 0);
            assert_eq!(names(&services).await, ["thing 2", "thing 1", "thing 2"]);
            // A change of key has nothing to take back, and other events are none of our business.
            let rekey = json!({ "old": "thing 2", "new": "T", "cause": "REKEY" });
            assert_eq!(happens(&services, "PersonAliased", rekey).await, 2);
            assert_eq!(happens(&services, "DeathRegistered", json!({})).await, 0);
        }
    }
}
