//! One key: a file of 64 hexadecimal digits, or a variable that goes before it.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use super::{Keys, Secret};
use crate::error::{Error, Result};

/// What the name of a key's successor ends with, while it is being changed.
pub(super) const NEXT: &str = "-next";

impl Keys {
    /// Where a key would lie.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.key"))
    }

    /// A key without which nothing goes on.
    pub(super) fn need(&self, name: &str) -> Result<Secret> {
        self.find(name)?.ok_or_else(|| self.missing(name))
    }

    pub(super) fn missing(&self, name: &str) -> Error {
        Error::internal(format!(
            "The key {name} is missing: neither {} nor the file {} is there.",
            variable(name),
            self.file(name).display()
        ))
    }

    /// A key, if there is one.
    pub(super) fn find(&self, name: &str) -> Result<Option<Secret>> {
        let broken = |place: String| {
            Error::internal(format!("The key in {place} is not 64 hexadecimal digits."))
        };
        if let Ok(text) = std::env::var(variable(name)) {
            return Secret::from_hex(&text)
                .map(Some)
                .ok_or_else(|| broken(variable(name)));
        }
        let path = self.file(name);
        match fs::read_to_string(&path) {
            Ok(text) => Secret::from_hex(&text)
                .map(Some)
                .ok_or_else(|| broken(path.display().to_string())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::internal(format!(
                "The key file {} cannot be read: {error}.",
                path.display()
            ))),
        }
    }

    /// Writes the public half of a key, once.
    pub(super) fn publish(&self, name: &str, bytes: &[u8; 32]) -> Result<()> {
        if self.find(name)?.is_none() {
            self.create(name, bytes)?;
        }
        Ok(())
    }

    /// Writes a key file that did not exist, readable by the owner only from its first moment.
    pub(super) fn create(&self, name: &str, bytes: &[u8; 32]) -> Result<()> {
        let path = self.file(name);
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = options.open(&path).and_then(|mut file| {
            writeln!(file, "{}", hex::encode(bytes))?;
            file.sync_all()
        });
        written.map_err(|error| unwritable(&path, &error))
    }
}

/// Why a key could not be kept.
pub(super) fn unwritable(path: &Path, error: &std::io::Error) -> Error {
    Error::internal(format!(
        "The key file {} cannot be written: {error}.",
        path.display()
    ))
}

/// The name of a key, or of the one that is taking its place.
pub(super) fn next_name(name: &str, next: bool) -> String {
    if next {
        format!("{name}{NEXT}")
    } else {
        name.to_owned()
    }
}

/// The variable that holds a key instead of its file.
pub(super) fn variable(name: &str) -> String {
    format!(
        "MINZHENG_KEY_{}",
        name.replace('-', "_").to_ascii_uppercase()
    )
}
