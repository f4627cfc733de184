//! All divisions of China in use, and every code of a county, prefecture or province since 1981.
//!
//! Each subsystem speaks of divisions by id ([`division_id`]) and may look one up here; `places` owns the
//! entity and imports this set into its database. The set is embedded in the program (no network, no
//! file to lose) and read once, on first use.
//!
//! **A code is not an identity.** A division keeps its id through renaming, change of kind and recoding
//! (新津县 510132 and 新津区 510118 are one); the id is made from its *first* code, so that it is equal in
//! every province. A code that was later given to another division makes another id. A split, a merger
//! or a change of level ends a division; [`Lineage`] says what became of it, and [`Dataset::today`]
//! follows that to the divisions of today.
//!
//! The set is as old as its source. What `places` has told since stands over it: [`Divisions`] is what is
//! asked wherever a code, a level or a parent decides something today; the set itself is asked for the
//! past, and by whoever makes demonstration data.
//!
//! What the source cannot say: dates finer than a year; the history of townships (they are known from one
//! table of 2023 only, [`Precision::Snapshot`]); the successors of most prefectures, which are inferred
//! from their counties. Rows that are only structure (a prefecture called 市辖区; the county row that
//! repeats 东莞市, which has no counties) are no divisions: what stands under them goes one level up.

pub mod assignment;
mod demo_places;
mod descent;
mod kind;
mod lineage;
mod now;
mod source;
mod told;
mod tree;

use std::{collections::HashMap, sync::OnceLock};

use uuid::Uuid;

pub use demo_places::{DemoPlace, demo_place_id};
pub use descent::{Descent, Figures, Forebear, Joined, Sources, Step, share_of};
pub use kind::{CodeSystem, Kind, Level};
pub use now::Divisions;
pub use source::DataError;
pub(crate) use told::{Held, given_since};
pub use told::{learn, told};

/// The year of the statistics bureau's table from which townships and zones are known.
pub const SNAPSHOT_YEAR: u32 = 2023;

/// A division in use today.
#[derive(Clone, Debug)]
pub struct Division {
    /// Stable for life, equal in every province.
    pub id: Uuid,
    /// Six digits (zeros at the end for provinces and prefectures), nine for townships.
    pub code: String,
    /// Full name, such as 新津区.
    pub name: String,
    /// Level in the tree.
    pub level: Level,
    /// Kind, by name and code class.
    pub kind: Kind,
    /// Whose code it is.
    pub system: CodeSystem,
    /// The division above; none for provinces.
    pub parent: Option<Uuid>,
}

/// A code as it was (or is) in use: one line of the history.
#[derive(Clone, Debug)]
pub struct HistoricCode {
    /// Six digits.
    pub code: String,
    /// The name under this code in these years.
    pub name: String,
    /// Level.
    pub level: Level,
    /// First year; 1981 means "then or earlier".
    pub from_year: u32,
    /// Last year, exclusive; none while in use.
    pub to_year: Option<u32>,
    /// Codes that took over, as the source has them; with a year where only a part moved then.
    pub successors: Vec<(String, Option<u32>)>,
    /// The division that bore it.
    pub id: Uuid,
}

/// How exactly a date is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// The year only; stored as 1 January.
    Year,
    /// In use in the table of [`SNAPSHOT_YEAR`]; since when is not known.
    Snapshot,
}

/// A division under one code, name and parent for some years. The versions of a division do not overlap
/// and leave no gap (D-1).
#[derive(Clone, Debug)]
pub struct Version {
    /// Whose version.
    pub division: Uuid,
    /// Code in these years.
    pub code: String,
    /// Name in these years.
    pub name: String,
    /// Level, the same in all versions of a division.
    pub level: Level,
    /// Kind in these years.
    pub kind: Kind,
    /// Whose code it is.
    pub system: CodeSystem,
    /// The division above in these years.
    pub parent: Option<Uuid>,
    /// First year.
    pub from_year: u32,
    /// Last year, exclusive.
    pub to_year: Option<u32>,
    /// How exactly `from_year` is known.
    pub precision: Precision,
}

/// What happened between two divisions, or to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Relation {
    /// New name, same division.
    Rename,
    /// New kind (县 to 区), same division; or a new division of another level on the same ground.
    Retype,
    /// New code only, same division.
    Recode,
    /// Absorbed, or joined with others into a new division.
    Merge,
    /// Divided among two or more.
    Split,
    /// A part went over, the division goes on.
    Transfer,
    /// Ended, and no successor is known.
    Abolish,
    /// Begun on ground of others, or without a known predecessor.
    Create,
}

impl Relation {
    /// The stable name stored in databases.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rename => "RENAME",
            Self::Retype => "RETYPE",
            Self::Recode => "RECODE",
            Self::Merge => "MERGE",
            Self::Split => "SPLIT",
            Self::Transfer => "TRANSFER",
            Self::Abolish => "ABOLISH",
            Self::Create => "CREATE",
        }
    }
}

/// One step of descent.
#[derive(Clone, Debug)]
pub struct Lineage {
    /// The division before; none for [`Relation::Create`].
    pub from: Option<Uuid>,
    /// The division after (the same as `from` for a new name, kind or code); none for [`Relation::Abolish`].
    pub to: Option<Uuid>,
    /// Code before.
    pub from_code: Option<String>,
    /// Code after.
    pub to_code: Option<String>,
    /// What happened.
    pub relation: Relation,
    /// The year it took effect.
    pub year: u32,
    /// Concluded from where the counties went, not stated by the source.
    pub inferred: bool,
}

/// How many lines each embedded table has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Mainland provinces.
    pub provinces: usize,
    /// Prefectures, structure rows included.
    pub prefectures: usize,
    /// Counties, districts and zones.
    pub counties: usize,
    /// Townships and subdistricts.
    pub townships: usize,
    /// Lines of the history.
    pub historic: usize,
}

/// The divisions, indexed.
#[derive(Default)]
pub struct Dataset {
    current: Vec<Division>,
    historic: Vec<HistoricCode>,
    versions: Vec<Version>,
    lineage: Vec<Lineage>,
    counts: Counts,
    by_code: HashMap<String, usize>,
    by_id: HashMap<Uuid, usize>,
    children: HashMap<Uuid, Vec<usize>>,
    historic_by_code: HashMap<String, Vec<usize>>,
    today: HashMap<Uuid, Vec<Uuid>>,
}

/// The id of the division whose first code was `first_code`: UUIDv5, equal in every province. For the code
/// of today's division use [`Dataset::by_code`]: its first code may be another.
pub fn division_id(first_code: &str) -> Uuid {
    /// UUIDv5 of `https://minzheng.example/division` in the URL namespace.
    static NAMESPACE: OnceLock<Uuid> = OnceLock::new();
    let namespace = NAMESPACE
        .get_or_init(|| Uuid::new_v5(&Uuid::NAMESPACE_URL, b"https://minzheng.example/division"));
    Uuid::new_v5(namespace, first_code.as_bytes())
}

/// Reads the embedded set. Use [`dataset`], which does it once.
pub fn load() -> Result<Dataset, DataError> {
    Ok(tree::build(source::read()?))
}

/// The embedded set, read on first use (some 50 ms). Should the embedded files be damaged, the set is
/// empty and an error is logged; the tests of this crate make that a build fault.
pub fn dataset() -> &'static Dataset {
    static DATASET: OnceLock<Dataset> = OnceLock::new();
    DATASET.get_or_init(|| {
        load().unwrap_or_else(|error| {
            tracing::error!(%error, "no divisions");
            Dataset::default()
        })
    })
}

/// The districts of 香港, 澳门 and 台湾: a tree of names as JSON, for they have no codes in this set.
pub fn outside_mainland() -> Result<serde_json::Value, DataError> {
    source::outside_mainland()
}

impl Dataset {
    /// All divisions in use, by code.
    pub fn current(&self) -> &[Division] {
        &self.current
    }

    /// The division that bears this code today: six digits, or nine for a township.
    pub fn by_code(&self, code: &str) -> Option<&Division> {
        self.by_code.get(code).map(|&i| &self.current[i])
    }

    /// A division in use, by id.
    pub fn by_id(&self, id: &Uuid) -> Option<&Division> {
        self.by_id.get(id).map(|&i| &self.current[i])
    }

    /// The divisions directly below, by code.
    pub fn children(&self, id: &Uuid) -> impl Iterator<Item = &Division> {
        self.children
            .get(id)
            .into_iter()
            .flatten()
            .map(|&i| &self.current[i])
    }

    /// The divisions above, nearest first.
    pub fn ancestors(&self, id: &Uuid) -> Vec<&Division> {
        let mut above = Vec::with_capacity(3);
        let mut parent = self.by_id(id).and_then(|d| d.parent);
        while let Some(division) = parent.and_then(|id| self.by_id(&id)) {
            above.push(division);
            parent = division.parent;
        }
        above
    }

    /// The counties of a province, named by its first two digits or its whole code, by code.
    pub fn counties_of(&self, province: &str) -> impl Iterator<Item = &Division> {
        let prefix = province.get(..2).unwrap_or("-").to_owned();
        self.current
            .iter()
            .filter(move |d| d.level == Level::County && d.code.starts_with(&prefix))
    }

    /// Whether these six digits were ever the code of a division, as in an ID number.
    pub fn known_code_ever(&self, six: &str) -> bool {
        self.historic_by_code.contains_key(six) || self.by_code.contains_key(six)
    }

    /// Every code of a county, prefecture or province since 1981, as the source lists them.
    pub fn historic(&self) -> &[HistoricCode] {
        &self.historic
    }

    /// What `code` meant in `year`.
    pub fn historic_at(&self, code: &str, year: u32) -> Option<&HistoricCode> {
        self.historic_by_code
            .get(code)?
            .iter()
            .map(|&i| &self.historic[i])
            .find(|h| h.from_year <= year && h.to_year.is_none_or(|to| to > year))
    }

    /// The divisions that hold today what this one held, itself while it lasts.
    pub fn today(&self, id: &Uuid) -> Vec<&Division> {
        if let Some(itself) = self.by_id(id) {
            return vec![itself];
        }
        self.today
            .get(id)
            .into_iter()
            .flatten()
            .filter_map(|id| self.by_id(id))
            .collect()
    }

    /// All versions of all divisions, ended ones too, by division and year.
    pub fn versions(&self) -> &[Version] {
        &self.versions
    }

    /// All steps of descent, by year.
    pub fn lineage(&self) -> &[Lineage] {
        &self.lineage
    }

    /// How many lines the embedded tables have.
    pub fn counts(&self) -> Counts {
        self.counts
    }
}

#[cfg(test)]
mod tests;
