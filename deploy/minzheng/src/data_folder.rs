//! The folder in which a standalone province lives: databases, keys, and a note of what it is.
//!
//! One process owns it at a time (a locked file). The first import happens in a folder beside the
//! final one and is moved into place when it is whole, so that a start that was cut off leaves
//! nothing half-done: the next start begins anew.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// The layout's version. A folder of a later version is refused, never rewritten.
const FORMAT: u32 = 1;

/// The note's file name.
const NOTE: &str = "province.json";

/// The locked file.
const LOCK: &str = "lock";

/// The folder of the databases.
const DATABASES: &str = "databases";

/// The subgraph whose database only repeats what is kept elsewhere.
const REMAKEABLE: &str = "audit";

/// The provinces for which there is demonstration data.
pub(crate) const PROVINCES: [&str; 4] = ["51", "32", "35", "36"];

/// What the note in the folder says.
#[derive(Serialize, Deserialize)]
struct Note {
    format: u32,
    province: String,
}

/// An opened data folder. It stays locked as long as this value lives.
pub(crate) struct DataFolder {
    root: PathBuf,
    province: String,
    _lock: File,
}

impl DataFolder {
    /// Opens the folder, making it if it is not there, and takes its lock. One that holds other things, or databases
    /// without the note that says whose, is left as it is.
    pub(crate) fn open(root: &Path, province: Option<&str>) -> Result<Self, Failure> {
        judge(root, province)?;
        let unwritable = |error: io::Error| {
            Failure::new(format!(
                "The data folder {} cannot be written ({error}). Choose another with --data, or mend its permissions.",
                root.display()
            ))
        };
        fs::create_dir_all(root).map_err(unwritable)?;
        restrict(root).map_err(unwritable)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(root.join(LOCK))
            .map_err(unwritable)?;
        if lock.try_lock().is_err() {
            return Err(Failure::new(format!(
                "The data folder {} is in use by another minzheng. Stop that one, or choose another folder with --data.",
                root.display()
            )));
        }
        let province = Self::settle_province(root, province)?;
        Ok(Self {
            root: root.to_owned(),
            province,
            _lock: lock,
        })
    }

    /// The province is chosen once, at first start; a later start may only repeat it.
    fn settle_province(root: &Path, asked: Option<&str>) -> Result<String, Failure> {
        match (province_of(root)?, asked) {
            (Some(here), Some(code)) if code != here => Err(Failure::new(format!(
                "The data folder {} holds province {here}, and a folder keeps its province. Choose another folder with --data.",
                root.display(),
            ))),
            (Some(here), _) => Ok(here),
            (None, asked) => {
                let code = asked.unwrap_or(PROVINCES[0]);
                note_province(root, code)?;
                Ok(code.to_owned())
            }
        }
    }

    /// The two-digit code of the province that lives here.
    pub(crate) fn province(&self) -> &str {
        &self.province
    }

    /// Where keys are kept.
    pub(crate) fn keys(&self) -> PathBuf {
        keys_of(&self.root)
    }

    /// Where the access log is kept.
    pub(crate) fn access_log(&self) -> PathBuf {
        access_log_of(&self.root)
    }

    /// Where the databases are, once imported.
    pub(crate) fn databases(&self) -> PathBuf {
        self.root.join(DATABASES)
    }

    /// Whether the first import is still to be done.
    pub(crate) fn is_new(&self) -> bool {
        !self.databases().exists()
    }

    /// An empty folder for the first import; what a start that was cut off left there is removed.
    pub(crate) fn begin_import(&self) -> Result<PathBuf, Failure> {
        let path = self.root.join("importing");
        let failed = |error: io::Error| {
            Failure::new(format!(
                "The import folder {} cannot be made ({error}).",
                path.display()
            ))
        };
        if path.exists() {
            fs::remove_dir_all(&path).map_err(failed)?;
        }
        fs::create_dir(&path).map_err(failed)?;
        Ok(path)
    }

    /// Puts a finished import in its place.
    pub(crate) fn finish_import(&self) -> Result<(), Failure> {
        fs::rename(self.root.join("importing"), self.databases())
            .and_then(|()| File::open(&self.root)?.sync_all())
            .map_err(|error| {
                Failure::new(format!(
                    "The finished import cannot be put in place ({error})."
                ))
            })
    }

    /// The database file of a subgraph, checked to be a database at all before anything opens it: a
    /// damaged file is reported, never repaired or replaced behind the user's back. Only the index of the
    /// access log, which holds nothing of its own, is made when it is missing (the second value).
    pub(crate) fn database(&self, name: &str) -> Result<(PathBuf, bool), Failure> {
        let path = self.databases().join(format!("{name}.db"));
        if name == REMAKEABLE && !path.exists() {
            return Ok((path, true));
        }
        let mut head = [0_u8; 16];
        let read = File::open(&path).and_then(|mut file| file.read_exact(&mut head));
        match read {
            Ok(()) if &head == b"SQLite format 3\0" => Ok((path, false)),
            Ok(()) => Err(damaged_database(&path, "it is not a database")),
            Err(error) => Err(damaged_database(&path, &error.to_string())),
        }
    }
}

/// Whether a province may live in this folder, before anything in it is touched.
fn judge(root: &Path, asked: Option<&str>) -> Result<(), Failure> {
    if let Some(code) = asked
        && !PROVINCES.contains(&code)
    {
        return Err(Failure::new(format!(
            "There is no demonstration data for the province asked for; --province takes one of {}.",
            PROVINCES.join(", ")
        )));
    }
    if province_of(root)?.is_some() {
        return Ok(());
    }
    // What cannot be listed is not there, or is told when it is to be made.
    let names = fs::read_dir(root).into_iter().flatten().flatten();
    let names: Vec<_> = names.map(|entry| entry.file_name()).collect();
    if names.iter().any(|name| name == DATABASES) {
        return Err(damaged_note(
            &root.join(NOTE),
            &"it is missing, and there are databases",
        ));
    }
    // A start that was cut off leaves its lock; a disk of its own brings `lost+found`.
    let is_foreign = |name: &OsString| {
        let name = name.to_string_lossy();
        name != LOCK && name != "lost+found" && !name.starts_with('.')
    };
    if names.iter().any(is_foreign) {
        return Err(Failure::new(format!(
            "The folder {} holds other things and no province; nothing was changed. Name a new or an empty folder with --data.",
            root.display()
        )));
    }
    Ok(())
}

/// The province noted in a folder; `None` when there is no note.
pub(crate) fn province_of(root: &Path) -> Result<Option<String>, Failure> {
    let path = root.join(NOTE);
    let note: Note = match fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| damaged_note(&path, &error))?,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(damaged_note(&path, &error)),
    };
    if note.format == FORMAT {
        Ok(Some(note.province))
    } else {
        Err(damaged_note(
            &path,
            &format!("layout {} is not known to this version", note.format),
        ))
    }
}

/// Notes the province of a folder.
pub(crate) fn note_province(root: &Path, province: &str) -> Result<(), Failure> {
    let path = root.join(NOTE);
    let note = Note {
        format: FORMAT,
        province: province.to_owned(),
    };
    serde_json::to_vec(&note)
        .map_err(io::Error::from)
        .and_then(|bytes| write_whole(&path, &bytes))
        .map_err(|error| damaged_note(&path, &error))
}

fn damaged_note(path: &Path, why: &dyn std::fmt::Display) -> Failure {
    Failure::new(format!(
        "{} is damaged ({why}). Put it back from a backup; nothing was changed.",
        path.display()
    ))
}

/// Where the keys of a data folder are kept; `minzheng token` reads them without owning the folder.
pub(crate) fn keys_of(root: &Path) -> PathBuf {
    root.join("keys")
}

/// Where the access log of a data folder is kept.
pub(crate) fn access_log_of(root: &Path) -> PathBuf {
    root.join("access-log")
}

/// One sentence for every way in which a database file can be unusable.
pub(crate) fn damaged_database(path: &Path, why: &str) -> Failure {
    Failure::new(format!(
        "The database {} is damaged or missing ({why}). Put it back from a backup; nothing was changed.",
        path.display()
    ))
}

/// Writes a small file so that it is there whole or not at all.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    let mut file = File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)
}

/// The folder is its owner's alone: it holds keys and personal data.
#[cfg(unix)]
fn restrict(root: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(root, fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn restrict(_root: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_keeps_its_province() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(
            DataFolder::open(root.path(), Some("35"))
                .unwrap()
                .province(),
            "35"
        );
        assert_eq!(
            DataFolder::open(root.path(), None).unwrap().province(),
            "35"
        );
        assert!(DataFolder::open(root.path(), Some("51")).is_err());
    }

    #[test]
    fn a_folder_has_one_owner_at_a_time() {
        let root = tempfile::tempdir().unwrap();
        let first = DataFolder::open(root.path(), None).unwrap();
        assert!(DataFolder::open(root.path(), None).is_err());
        drop(first);
        assert!(DataFolder::open(root.path(), None).is_ok());
    }

    #[test]
    fn a_folder_of_other_things_or_without_its_note_is_refused_and_left_as_it_is() {
        let root = tempfile::tempdir().unwrap();
        let mine = root.path().join("letters");
        fs::write(&mine, b"dear").unwrap();
        #[cfg(unix)]
        let mode = || {
            use std::os::unix::fs::PermissionsExt;
            fs::metadata(root.path()).unwrap().permissions().mode()
        };
        #[cfg(unix)]
        fs::set_permissions(
            root.path(),
            std::os::unix::fs::PermissionsExt::from_mode(0o755),
        )
        .unwrap();
        #[cfg(unix)]
        let before = mode();
        for asked in [None, Some("35"), Some("44")] {
            assert!(DataFolder::open(root.path(), asked).is_err());
        }
        #[cfg(unix)]
        assert_eq!(mode(), before);
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);

        let root = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(root.path(), Some("32")).unwrap();
        fs::create_dir(folder.databases()).unwrap();
        drop(folder);
        fs::remove_file(root.path().join(NOTE)).unwrap();
        for asked in [None, Some("32"), Some("35")] {
            let Err(refused) = DataFolder::open(root.path(), asked) else {
                panic!("it became {asked:?}");
            };
            assert!(refused.to_string().contains(NOTE), "{refused}");
        }
        assert!(!root.path().join(NOTE).exists());
    }

    #[test]
    fn an_import_that_was_cut_off_is_begun_anew() {
        let root = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(root.path(), None).unwrap();
        fs::write(folder.begin_import().unwrap().join("half.db"), b"half").unwrap();
        assert!(folder.is_new());
        assert!(!folder.begin_import().unwrap().join("half.db").exists());
        folder.finish_import().unwrap();
        assert!(!folder.is_new());
    }

    #[test]
    fn a_database_that_is_none_is_reported_and_left_alone() {
        let root = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(root.path(), None).unwrap();
        fs::create_dir(folder.databases()).unwrap();
        let path = folder.databases().join("places.db");
        fs::write(&path, b"this is no database at all").unwrap();
        assert!(
            folder
                .database("places")
                .unwrap_err()
                .to_string()
                .contains("damaged")
        );
        assert_eq!(fs::read(&path).unwrap(), b"this is no database at all");
    }
}
