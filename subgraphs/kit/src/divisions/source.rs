//! The embedded files, unpacked and read into rows, nothing concluded yet.
//!
//! The files are part of the program, so damage is a build fault; it is still an error and not a panic,
//! because a subsystem that needs no divisions should start without them.

use std::io::Read;

use flate2::read::GzDecoder;

use super::Level;

/// An embedded file of divisions that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("embedded division data: {file}, line {line}: {what}")]
pub struct DataError {
    /// Which file.
    pub file: &'static str,
    /// The line, from 1; 0 when the whole file is meant.
    pub line: usize,
    /// What is wrong, in words.
    pub what: &'static str,
}

/// One line of the history: a code under one name, from a year to a year.
pub(super) struct Row {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) level: Level,
    pub(super) from: u32,
    pub(super) to: Option<u32>,
    pub(super) successors: Vec<(String, Option<u32>)>,
}

impl Row {
    /// Whether the code is in use under this name throughout `year` (the last year is exclusive).
    pub(super) fn alive(&self, year: u32) -> bool {
        self.from <= year && self.to.is_none_or(|to| to > year)
    }
}

/// One line of the current tables: code as printed there, name, code of its county (townships only).
pub(super) struct Listed {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) parent: String,
}

pub(super) struct Source {
    pub(super) history: Vec<Row>,
    pub(super) provinces: Vec<Listed>,
    pub(super) cities: Vec<Listed>,
    pub(super) areas: Vec<Listed>,
    pub(super) streets: Vec<Listed>,
}

macro_rules! embedded {
    ($name:literal) => {
        (
            $name,
            include_bytes!(concat!("../../data/divisions/", $name, ".gz")).as_slice(),
        )
    };
}

/// Unpacks and reads all tables (about 2 MB of text).
pub(super) fn read() -> Result<Source, DataError> {
    Ok(Source {
        history: history(embedded!("history-1981-2024.csv"))?,
        provinces: listed(embedded!("provinces.csv"), None)?,
        cities: listed(embedded!("cities.csv"), None)?,
        areas: listed(embedded!("areas.csv"), Some(2))?,
        streets: listed(embedded!("streets.csv"), Some(2))?,
    })
}

/// The districts of 香港, 澳门 and 台湾 as the source has them, names without codes.
pub(super) fn outside_mainland() -> Result<serde_json::Value, DataError> {
    let (file, packed) = embedded!("hk-mo-tw.json");
    serde_json::from_str(&unpack(file, packed)?).map_err(|_| DataError {
        file,
        line: 0,
        what: "not JSON",
    })
}

fn unpack(file: &'static str, packed: &[u8]) -> Result<String, DataError> {
    let mut text = String::with_capacity(packed.len() * 6);
    GzDecoder::new(packed)
        .read_to_string(&mut text)
        .map_err(|_| DataError {
            file,
            line: 0,
            what: "damaged",
        })?;
    Ok(text)
}

fn history((file, packed): (&'static str, &[u8])) -> Result<Vec<Row>, DataError> {
    let text = unpack(file, packed)?;
    let mut rows = Vec::with_capacity(7000);
    for (n, line) in text.lines().enumerate().skip(1) {
        let error = |what| DataError {
            file,
            line: n + 1,
            what,
        };
        let cells: Vec<&str> = line.trim_end().split(',').collect();
        let &[code, _, _, name, level, _, from, to, successors] = cells.as_slice() else {
            return Err(error("nine columns wanted"));
        };
        rows.push(Row {
            code: six_digits(code).ok_or_else(|| error("bad code"))?,
            name: name.to_owned(),
            level: match level {
                "省级" => Level::Province,
                "地级" => Level::Prefecture,
                "县级" => Level::County,
                _ => return Err(error("unknown level")),
            },
            from: from.parse().map_err(|_| error("bad first year"))?,
            to: match to {
                "" => None,
                year => Some(year.parse().map_err(|_| error("bad last year"))?),
            },
            successors: successors
                .split(';')
                .filter(|part| !part.is_empty())
                .map(successor)
                .collect::<Option<_>>()
                .ok_or_else(|| error("bad successor"))?,
        });
    }
    Ok(rows)
}

fn successor(text: &str) -> Option<(String, Option<u32>)> {
    let Some((code, year)) = text.split_once('[') else {
        return Some((six_digits(text)?, None));
    };
    Some((
        six_digits(code)?,
        Some(year.strip_suffix(']')?.parse().ok()?),
    ))
}

fn six_digits(code: &str) -> Option<String> {
    (code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit())).then(|| code.to_owned())
}

fn listed(
    (file, packed): (&'static str, &[u8]),
    parent: Option<usize>,
) -> Result<Vec<Listed>, DataError> {
    let text = unpack(file, packed)?;
    let mut rows = Vec::with_capacity(text.len() / 30);
    for (n, line) in text.lines().enumerate().skip(1) {
        let error = |what| DataError {
            file,
            line: n + 1,
            what,
        };
        let mut cells = line.trim_end().split(',');
        let code = cells.next().unwrap_or_default();
        let name = cells
            .next()
            .ok_or_else(|| error("no name"))?
            .trim_matches('"');
        if code.is_empty() || !code.bytes().all(|b| b.is_ascii_digit()) {
            return Err(error("bad code"));
        }
        let parent = match parent {
            Some(at) => cells.nth(at - 2).ok_or_else(|| error("no parent"))?,
            None => "",
        };
        rows.push(Listed {
            code: code.to_owned(),
            name: name.to_owned(),
            parent: parent.to_owned(),
        });
    }
    Ok(rows)
}
