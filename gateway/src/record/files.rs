//! The log in files: `CLASS/DAY/CHAIN.jsonl`, and `seals.jsonl` beside them.
//!
//! Files are only ever appended to. A group is written and then made durable with `fdatasync`, once for
//! each file it concerns; a new file is made durable with its folder before anything in it counts.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use super::Class;
use super::store::{Group, Segment, Store, StoreError};

const SEALS: &str = "seals.jsonl";
const ENDING: &str = "jsonl";

/// The log in a folder.
pub struct Files {
    folder: PathBuf,
    /// Files being written to: the segments of today.
    open: HashMap<Segment, File>,
}

impl Files {
    /// The log in this folder, which is made when it is not there.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
        Ok(Self::at(folder))
    }

    /// The log in this folder, as it is.
    #[must_use]
    pub fn at(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            open: HashMap::new(),
        }
    }

    fn path(&self, segment: &Segment) -> PathBuf {
        self.folder
            .join(segment.class.as_str())
            .join(segment.day.to_string())
            .join(format!("{}.{ENDING}", segment.chain))
    }

    /// The file of a segment, made durable with its folders when it is new.
    fn file(&mut self, segment: &Segment) -> io::Result<&mut File> {
        if !self.open.contains_key(segment) {
            // Yesterday's are not written to again.
            self.open.retain(|other, _| other.day >= segment.day);
            let path = self.path(segment);
            let day = path.parent().unwrap_or(&self.folder).to_owned();
            let class = day.parent().unwrap_or(&self.folder).to_owned();
            fs::create_dir_all(&day)?;
            let file = private(OpenOptions::new().append(true).create_new(true)).open(&path)?;
            for folder in [&day, &class, &self.folder] {
                File::open(folder)?.sync_all()?;
            }
            self.open.insert(segment.clone(), file);
        }
        self.open
            .get_mut(segment)
            .ok_or_else(|| io::Error::other("the file was lost"))
    }
}

impl Store for Files {
    fn append(&mut self, group: &Group) -> Result<(), StoreError> {
        let mut texts: Vec<Vec<u8>> = vec![Vec::new(); group.segments.len()];
        for record in &group.records {
            let text = texts
                .get_mut(record.segment)
                .ok_or_else(|| StoreError::new("a record without a segment"))?;
            text.extend_from_slice(&record.line);
            text.push(b'\n');
        }
        let mut all = || -> io::Result<()> {
            for (segment, text) in group.segments.iter().zip(&texts) {
                self.file(segment)?.write_all(text)?;
            }
            for segment in &group.segments {
                self.file(segment)?.sync_data()?;
            }
            Ok(())
        };
        all().map_err(|error| {
            // What is in these files now is not known; nothing more is written to them.
            self.open.clear();
            failed(&self.folder, &error)
        })
    }

    fn segments(&mut self) -> Result<Vec<Segment>, StoreError> {
        let mut segments = Vec::new();
        for class in Class::ALL {
            for (day, name) in entries(&self.folder.join(class.as_str()))? {
                let Ok(date) = name.parse::<NaiveDate>() else {
                    continue;
                };
                for (_, name) in entries(&day)? {
                    if let Some((chain, ENDING)) = name.rsplit_once('.') {
                        segments.push(Segment {
                            class,
                            day: date,
                            chain: chain.to_owned(),
                        });
                    }
                }
            }
        }
        segments.sort();
        Ok(segments)
    }

    fn lines(&mut self, segment: &Segment, each: &mut dyn FnMut(&[u8])) -> Result<(), StoreError> {
        read_lines(&self.path(segment), each)
    }

    fn seals(&mut self) -> Result<Vec<Vec<u8>>, StoreError> {
        Ok(read_seals(&self.folder.join(SEALS))?.0)
    }

    fn has_cut_off_seal(&mut self) -> Result<bool, StoreError> {
        Ok(read_seals(&self.folder.join(SEALS))?.1)
    }

    fn add_seal(&mut self, number: u64, line: &[u8]) -> Result<bool, StoreError> {
        let path = self.folder.join(SEALS);
        let failed = |error: io::Error| failed(&path, &error);
        let mut file = private(OpenOptions::new().append(true).create(true))
            .open(&path)
            .map_err(failed)?;
        // Let go when the file is closed: what another gateway is writing is no cut-off seal.
        file.lock().map_err(failed)?;
        let (seals, cut_off) = read_seals(&path)?;
        if seals.len() as u64 + 1 != number {
            return Ok(false);
        }
        let length: u64 = seals.iter().map(|seal| seal.len() as u64 + 1).sum();
        let mut all = || -> io::Result<()> {
            if cut_off {
                file.set_len(length)?;
            }
            let written = file
                .write_all(&[line, b"\n"].concat())
                .and_then(|()| file.sync_all());
            if written.is_err() {
                let _ = file.set_len(length);
            }
            written?;
            File::open(&self.folder)?.sync_all()
        };
        all().map_err(failed).map(|()| true)
    }

    fn drop_segment(&mut self, segment: &Segment) -> Result<(), StoreError> {
        let path = self.path(segment);
        self.open.remove(segment);
        fs::remove_file(&path).map_err(|error| failed(&path, &error))?;
        if let Some(day) = path.parent() {
            // Only when it is empty, which the system checks.
            let _ = fs::remove_dir(day);
        }
        Ok(())
    }
}

/// Entries of a folder with their names; none when it is not there.
fn entries(folder: &Path) -> Result<Vec<(PathBuf, String)>, StoreError> {
    let read = match fs::read_dir(folder) {
        Ok(read) => read,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(folder, &error)),
    };
    let mut all = Vec::new();
    for entry in read {
        let entry = entry.map_err(|error| failed(folder, &error))?;
        all.push((
            entry.path(),
            entry.file_name().to_string_lossy().into_owned(),
        ));
    }
    Ok(all)
}

/// The whole seals of a file, none when it is not there; and whether half of one stands behind them, as a crash leaves
/// it. A seal is told to nobody before it is whole and durable, so half of one is as good as none.
fn read_seals(path: &Path) -> Result<(Vec<Vec<u8>>, bool), StoreError> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Default::default()),
        Err(error) => return Err(failed(path, &error)),
    };
    let mut lines: Vec<Vec<u8>> = text
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect();
    let cut_off = lines.pop().is_some_and(|rest| !rest.is_empty());
    Ok((lines, cut_off))
}

fn read_lines(path: &Path, each: &mut dyn FnMut(&[u8])) -> Result<(), StoreError> {
    let file = File::open(path).map_err(|error| failed(path, &error))?;
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = reader
            .read_until(b'\n', &mut line)
            .map_err(|error| failed(path, &error))?;
        if read == 0 {
            return Ok(());
        }
        each(line.strip_suffix(b"\n").unwrap_or(&line));
    }
}

fn failed(path: &Path, error: &io::Error) -> StoreError {
    StoreError(format!("{}: {error}", path.display()))
}

/// Readable by its owner only: the log tells who looked at whom.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}
