//! The data keys as resolvers use them: opened at the first need, and again when a value was encrypted with
//! a key that came later (a rotation by another process).

use std::sync::{Arc, PoisonError, RwLock};

use zeroize::Zeroizing;

use crate::{
    kit::{Error, Result, Services},
    service::columns::{Column, Columns},
};

/// The keys of one schema.
#[derive(Clone, Debug, Default)]
pub(crate) struct Opened(Arc<RwLock<Option<Arc<Columns>>>>);

impl Opened {
    /// Opens a value of a row.
    pub(crate) async fn decrypt(
        &self,
        services: &Services,
        column: Column,
        row: &str,
        value: &[u8],
    ) -> Result<Zeroizing<String>> {
        let columns = match self.kept() {
            Some(columns) if columns.knows(value) => columns,
            _ => self.load(services).await?,
        };
        columns.decrypt(column, row, value)
    }

    fn kept(&self) -> Option<Arc<Columns>> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    async fn load(&self, services: &Services) -> Result<Arc<Columns>> {
        let columns = Columns::load(services.db.read(), services).await?;
        if columns.newest() == 0 {
            return Err(Error::internal("the vault has no data key"));
        }
        let columns = Arc::new(columns);
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        *kept = Some(Arc::clone(&columns));
        Ok(columns)
    }
}
