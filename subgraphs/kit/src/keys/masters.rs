//! The master keys of columns, and their change in two steps: the next ones are made beside the present ones, and take
//! their place when all data keys are wrapped with them.

use std::fs;

use super::{
    Keys, Secret,
    files::{NEXT, next_name, unwritable, variable},
    name,
    secret::derived,
};
use crate::error::{Error, Result};

/// The subgraph whose columns have the vault's own master key.
const VAULT: &str = "persons";

impl Keys {
    /// The master keys of a subgraph's columns, the newest first: while one is being changed there are two.
    ///
    /// `persons` has `vault-master.key`. The others have `columns-master-NAME.key`, or one derived from the
    /// installation's `columns-master.key`.
    ///
    /// # Errors
    /// When there is none, or it is broken.
    pub fn column_masters(&self, subgraph: &str) -> Result<Vec<Secret>> {
        let mut held = Vec::new();
        for next in [true, false] {
            let key = if subgraph == VAULT {
                self.find(&next_name(name::VAULT_MASTER, next))?
            } else {
                let own = format!("{}-{subgraph}", name::COLUMNS_MASTER);
                match self.find(&next_name(&own, next))? {
                    Some(key) => Some(key),
                    None => self
                        .find(&next_name(name::COLUMNS_MASTER, next))?
                        .map(|root| derived(&root, b"minzheng columns master ", subgraph)),
                }
            };
            held.extend(key);
        }
        if held.is_empty() {
            let missing = if subgraph == VAULT {
                name::VAULT_MASTER.to_owned()
            } else {
                format!("{}-{subgraph}", name::COLUMNS_MASTER)
            };
            return Err(self.missing(&missing));
        }
        Ok(held)
    }

    /// Makes the next master keys of everything this folder has a master key for, or finds those that an
    /// earlier try left. The data keys are wrapped with them, and then [`Keys::adopt_masters`] ends the change.
    ///
    /// # Errors
    /// When a file cannot be written, or a key comes from a variable whose successor is not set.
    pub fn create_next_masters(&self) -> Result<()> {
        for name in self.masters()? {
            let next = next_name(&name, true);
            if self.find(&next)?.is_some() {
                continue;
            }
            if std::env::var(variable(&name)).is_ok() {
                return Err(Error::internal(format!(
                    "The key {name} comes from the variable {}: put its successor into {} and run this again.",
                    variable(&name),
                    variable(&next)
                )));
            }
            self.create(&next, Secret::random()?.expose())?;
        }
        Ok(())
    }

    /// Puts the next master keys in the place of the present ones, each in one step of the file system.
    /// Answers the variables that the operator has to change by hand, where keys come from variables.
    ///
    /// # Errors
    /// When the files cannot be renamed.
    pub fn adopt_masters(&self) -> Result<Vec<String>> {
        let mut by_hand = Vec::new();
        for name in self.masters()? {
            let (from, to) = (self.file(&next_name(&name, true)), self.file(&name));
            if from.exists() {
                fs::rename(&from, &to).map_err(|error| unwritable(&to, &error))?;
            } else if std::env::var(variable(&next_name(&name, true))).is_ok() {
                by_hand.push(variable(&name));
            }
        }
        Ok(by_hand)
    }

    /// The names of the master keys that this folder or the environment holds.
    fn masters(&self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for name in [name::VAULT_MASTER, name::COLUMNS_MASTER] {
            if self.find(name)?.is_some() {
                names.push(name.to_owned());
            }
        }
        let own = format!("{}-", name::COLUMNS_MASTER);
        let files = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        for file in files {
            let file = file.file_name();
            let Some(name) = file.to_str().and_then(|name| name.strip_suffix(".key")) else {
                continue;
            };
            if name.starts_with(&own) && !name.ends_with(NEXT) {
                names.push(name.to_owned());
            }
        }
        names.sort();
        Ok(names)
    }
}
