//! What keeps records: the small interface behind which files and PostgreSQL stand.
//!
//! A *segment* is what one chain wrote on one day. It only grows at its end, and is dropped as a whole.

use chrono::NaiveDate;

use super::Class;

/// Where a chain's records of one day are.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Segment {
    /// How long it is kept.
    pub class: Class,
    /// The day, by Beijing time.
    pub day: NaiveDate,
    /// The chain.
    pub chain: String,
}

/// A record to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The position of its segment in the group's list.
    pub segment: usize,
    /// Its number in the chain.
    pub seq: u64,
    /// Its line, without a line feed.
    pub line: Vec<u8>,
}

/// Records that become durable together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Group {
    /// The segments concerned.
    pub segments: Vec<Segment>,
    /// The records in order.
    pub records: Vec<Kept>,
}

/// The store cannot do what it was asked. The text stays in the log of the program.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StoreError(pub String);

impl StoreError {
    /// With a reason.
    pub fn new(reason: impl std::fmt::Display) -> Self {
        Self(reason.to_string())
    }
}

/// Keeps records. Blocking; used by threads of the access log only.
pub trait Store: Send {
    /// Makes a group durable: when it answers without error, a power cut takes nothing of it.
    ///
    /// # Errors
    /// When that is not certain. Some of the group may be there all the same.
    fn append(&mut self, group: &Group) -> Result<(), StoreError>;

    /// All segments there are, in order.
    ///
    /// # Errors
    /// The store's own.
    fn segments(&mut self) -> Result<Vec<Segment>, StoreError>;

    /// The lines of a segment in the order in which they are kept. A last line that was cut off is
    /// handed over as it is.
    ///
    /// # Errors
    /// The store's own.
    fn lines(&mut self, segment: &Segment, each: &mut dyn FnMut(&[u8])) -> Result<(), StoreError>;

    /// All seals in order, from the first.
    ///
    /// # Errors
    /// The store's own.
    fn seals(&mut self) -> Result<Vec<Vec<u8>>, StoreError>;

    /// Whether half a seal stands behind them, which a crash left and the next seal takes the place of.
    ///
    /// # Errors
    /// The store's own.
    fn has_cut_off_seal(&mut self) -> Result<bool, StoreError> {
        Ok(false)
    }

    /// Adds the seal of this number; false when there is one of that number already.
    ///
    /// # Errors
    /// The store's own.
    fn add_seal(&mut self, number: u64, line: &[u8]) -> Result<bool, StoreError>;

    /// Drops a whole segment.
    ///
    /// # Errors
    /// The store's own.
    fn drop_segment(&mut self, segment: &Segment) -> Result<(), StoreError>;
}
