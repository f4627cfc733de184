//! What happens to the core (events), and what it is shown with each (its own durable rows).
//!
//! The core keeps nothing between two steps: whoever calls it loads the rows named at each type,
//! calls one `step`, and writes all effects in **one** database transaction before anything is
//! sent. Losing everything but those rows, at any moment, is what a crash is.
//!
//! One file for each of the three machines: the `station` (a start), the `authority` and the `coordinator`.

mod authority;
mod coordinator;
mod station;

pub use authority::{
    AuthorityEvent, Entry, Fact, FactKind, Hold, Row, Standing, Subject, Telling, View,
};
pub use coordinator::{CoordinatorEvent, Desk, Log, Phase};
pub use station::{Evidence, PeerEpoch, Reading, Station, StationEvent};

use super::names::Span;

/// After this the coordinator gives up and the holder asks for the decision. Nothing frees itself.
pub const SOFT_EXPIRY: Span = Span::minutes(10);
/// A transaction older than this that has no row here is refused.
pub const TOO_OLD: Span = Span::hours(30 * 24);
/// Break-glass is not allowed before a hold is this old.
pub const BREAK_GLASS_AFTER: Span = Span::hours(24);
/// How long to wait before the same question is asked again; the shell adds jitter.
pub const ASK_AGAIN: Span = Span(3_000);
/// How often an open doubt is put to the decider once the soft expiry is over.
pub const DOUBT_AGAIN: Span = Span::minutes(1);
