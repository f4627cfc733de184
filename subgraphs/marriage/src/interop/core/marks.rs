//! The divorce mark 离婚申请标记, as entries of a ledger make it, in whatever order they stand.
//!
//! A restore brings entries back out of order, and a paper on an earlier marriage may come at any time: so a mark
//! belongs to the marriage it was applied for, and whether it is open follows from all that was ever entered of
//! its application, never from the last entry.

use super::event::Entry;
use super::names::RecordId;

/// What a ledger says of one application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The application.
    pub application: RecordId,
    /// The marriage it is about; none where that was not kept, and then any that stands.
    pub record: Option<RecordId>,
    /// It was entered.
    pub opened: bool,
    /// It was withdrawn, or the divorce was registered.
    pub closed: bool,
}

/// What is known of an application after one more entry; none for an entry that says nothing of one.
#[must_use]
pub fn noted(
    known: Option<Mark>,
    entry: Entry,
    application: Option<RecordId>,
    record: Option<RecordId>,
) -> Option<Mark> {
    let (opened, closed) = match entry {
        Entry::Marked => (true, false),
        Entry::Unmarked | Entry::Divorced => (false, true),
        _ => return None,
    };
    let application = application?;
    let before = known.unwrap_or(Mark {
        application,
        record: None,
        opened: false,
        closed: false,
    });
    Some(Mark {
        application,
        record: before.record.or(record),
        opened: before.opened || opened,
        closed: before.closed || closed,
    })
}

/// The open application: one that was entered and not closed, while its marriage stands.
#[must_use]
pub fn open(
    marks: impl IntoIterator<Item = Mark>,
    stands: impl Fn(Option<RecordId>) -> bool,
) -> Option<RecordId> {
    marks
        .into_iter()
        .filter(|mark| mark.opened && !mark.closed && stands(mark.record))
        .map(|mark| mark.application)
        .min()
}
