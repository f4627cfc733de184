//! The reader of the access log 访问日志: who saw whose personal data, for those who may know.
//!
//! The gateway alone writes the log, and what it wrote is the truth (`minzheng access-log verify` proves it).
//! Here it is only read ([`source`]): as files of a standalone province or from PostgreSQL of a split one.
//! What was read is kept in tables of our own ([`service::ingest`]), by which it can be found: they are an
//! index, dropped and made anew at any time, and follow the log when old segments are purged.
//!
//! Who asks ([`graph`]): a citizen sees who looked at them, by role and division, when and for what purpose; an
//! officer their own acts, a supervisor those of the own division as it is now, another province what it asked for
//! itself, all three without the persons ([`service::whose`]); an auditor searches everything, but never sees a value,
//! for the log holds none; a dashboard sees counts by month. A person whose token changes keeps their history
//! ([`consumers`]).
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)
)]

pub(crate) use minzheng_kit as kit;

mod consumers;
pub mod graph;
mod migration;
pub mod model;
pub mod service;
pub mod source;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use kit::{Graph, Result, Services, Subsystem};
use sea_orm_migration::MigrationTrait;

use service::ingest::Reader;
pub use source::Source;

/// The reader of the access log, as the program wants it.
#[derive(Clone, Debug, Default)]
pub struct Audit {
    reader: Arc<Reader>,
}

impl Audit {
    /// Reads the log there. The default reads none, and finds nothing.
    #[must_use]
    pub fn reading(source: Source) -> Self {
        Self {
            reader: Arc::new(Reader::new(source)),
        }
    }
}

#[async_trait::async_trait]
impl Subsystem for Audit {
    fn name(&self) -> &'static str {
        "audit"
    }

    fn migrations(&self) -> Vec<Box<dyn MigrationTrait>> {
        migration::all()
    }

    fn schema(&self, services: Services) -> Graph {
        graph::build(services, Arc::clone(&self.reader))
    }

    async fn seed(
        &self,
        _services: &Services,
        _progress: &(dyn Fn(&str, usize, usize) + Sync),
    ) -> Result<()> {
        Ok(())
    }

    async fn tick(&self, services: &Services) -> Result<()> {
        self.reader.catch_up(services).await?;
        self.reader.forget_purged(services).await
    }

    fn consumers(&self) -> Vec<Box<dyn kit::events::Consumer>> {
        vec![Box::new(consumers::Tokens), Box::new(consumers::Divisions)]
    }
}
