//! Small help for the statements that are written by hand: those that group over several tables.
//!
//! Placeholders are `$1`, `$2`, … on both engines; values are always bound, never pasted.

use minzheng_kit::error::Result;
use sea_orm::{ConnectionTrait, QueryResult, Statement, Value};
use uuid::Uuid;

/// Collects the values of a statement and hands out their placeholders.
#[derive(Default)]
pub struct Binds(Vec<Value>);

impl Binds {
    /// Binds one value and returns its placeholder.
    pub fn one(&mut self, value: impl Into<Value>) -> String {
        self.0.push(value.into());
        format!("${}", self.0.len())
    }

    /// Binds a list and returns `$n, $n+1, …`; of an empty list `NULL`, which nothing equals.
    pub fn list(&mut self, values: &[Uuid]) -> String {
        if values.is_empty() {
            return "NULL".to_owned();
        }
        values
            .iter()
            .map(|v| self.one(*v))
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// Runs the statement and returns its rows.
    pub async fn all<C: ConnectionTrait>(self, c: &C, sql: &str) -> Result<Vec<QueryResult>> {
        let statement = Statement::from_sql_and_values(c.get_database_backend(), sql, self.0);
        Ok(c.query_all_raw(statement).await?)
    }
}
