//! Which columns are encrypted, told once by each subgraph: what is written, read, sealed in place and
//! rotated all goes by this list.

use sea_orm::{QueryResult, Value};
use uuid::Uuid;

use crate::error::Result;

/// What a sealed text begins with: `enc:KEY:BASE64`.
pub(super) const SEALED: &str = "enc:";

/// The column by which rows are told apart; its value is bound into each encrypted value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKey {
    /// A text.
    Text(&'static str),
    /// A UUID.
    Uuid(&'static str),
}

impl RowKey {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Text(name) | Self::Uuid(name) => name,
        }
    }

    /// The key of a row that was read as `k`: as text, and to bind.
    pub(super) fn read(self, row: &QueryResult) -> Result<(String, Value)> {
        Ok(match self {
            Self::Text(_) => {
                let key: String = row.try_get("", "k")?;
                (key.clone(), key.into())
            }
            Self::Uuid(_) => {
                let key: Uuid = row.try_get("", "k")?;
                (key.to_string(), key.into())
            }
        })
    }
}

/// How the column keeps its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As bytes.
    Bytes,
    /// As text, `enc:KEY:BASE64`; what has no such beginning was written before the column was encrypted.
    Text,
}

/// One encrypted column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedColumn {
    pub(super) table: &'static str,
    pub(super) column: &'static str,
    pub(super) key: RowKey,
    pub(super) form: Form,
    pub(super) index: Option<&'static str>,
    bound: Option<&'static str>,
}

impl SealedColumn {
    /// A column of bytes.
    pub const fn bytes(table: &'static str, column: &'static str, key: RowKey) -> Self {
        Self {
            table,
            column,
            key,
            form: Form::Bytes,
            index: None,
            bound: None,
        }
    }

    /// A column of text that may hold values from before it was encrypted.
    pub const fn text(table: &'static str, column: &'static str, key: RowKey) -> Self {
        Self {
            form: Form::Text,
            ..Self::bytes(table, column, key)
        }
    }

    /// The same with a blind index in another column, of bytes.
    #[must_use]
    pub const fn indexed(self, index: &'static str) -> Self {
        Self {
            index: Some(index),
            ..self
        }
    }

    /// The same, bound to another name than `table.column`.
    #[must_use]
    pub const fn bound_as(self, bound: &'static str) -> Self {
        Self {
            bound: Some(bound),
            ..self
        }
    }

    /// What is authenticated with a value: the column and the row.
    pub(super) fn bound(&self, row: &str) -> String {
        match self.bound {
            Some(bound) => format!("{bound}|{row}"),
            None => format!("{}.{}|{row}", self.table, self.column),
        }
    }
}

impl std::fmt::Display for SealedColumn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.table, self.column)
    }
}
