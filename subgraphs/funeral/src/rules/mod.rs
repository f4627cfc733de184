//! The funeral law as pure functions, one article at a time.
//!
//! Nothing here reads a clock, a database or a random source: what a rule needs is passed in, so
//! that a table test can put any case before it. A refusal is a [`UserError`] with a stable code,
//! the words in two languages and the article; no refusal ever repeats a value it was given.
//!
//! The regulation (殡葬管理条例) was wholly revised, in force 2026-03-30. Where only the text of
//! 1997/2012 could be read, the rule is a setting in [`settings`] that names its basis and the
//! day it was verified, so that a wrong one can be found and replaced.

pub mod burial;
pub mod case;
pub mod death;
pub mod facility;
pub mod geo;
pub mod grave;
pub mod plot;
pub mod price;
pub mod settings;
pub mod terms;
pub mod ticket;
pub mod waiver;

use minzheng_kit::error::UserError;

/// What a rule answers: leave, or the reason for the refusal.
pub type Verdict<T = ()> = Result<T, UserError>;

/// The regulation in force since 2026-03-30, as a legal basis is cited.
pub const REGULATION: &str = "殡葬管理条例（2026年修订）";

/// The price notice that goes with it.
pub const PRICE_NOTICE: &str = "发改价格〔2026〕108号";

/// A move that a state machine does not have. Nothing goes back; corrections are new entries.
pub(crate) fn no_such_move(en: &str, zh: &str) -> UserError {
    UserError::new("STATE_NOT_ALLOWED", en, zh).field(&["state"])
}
