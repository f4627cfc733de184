//! The funeral law as pure functions, one article at a time.
//!
//! Nothing here reads a clock, a database or a random source: what a rule needs is passed in, so
//! that a table test can put any case before it. A refusal is a [`UserError`] with a stable code,
//! the words in two languages and the article; no refusal ever repeats a value it was given.
//!
//! The regulation (殡葬管理条例) was wholly revised, in force 2026-03-30. Where only the text of
//! 1997/2012 could be read, the rule is a dated parameter in [`settings`] that names its basis, its
//! source and how far it was checked, so that a wrong one can be found and replaced.
//!
//! | rule | where |
//! | --- | --- |
//! | F-1 death paper and who has seen it, F-19 one event, corrections and revocations of a death | [`death`] |
//! | F-2 transport, F-10 interment by certificate, F-13 one open case, F-14 storage, the case's states | [`case`] |
//! | F-3 cremation area and custom, F-5 villagers, F-9 area and term, F-10 no purchase for the living, F-12 ashes kept | [`burial`] |
//! | F-4 forbidden zones | [`zone`] |
//! | F-6 on the list, F-7 ceilings and bundling, F-8 two fees | [`price`] |
//! | F-6 and F-7 what is published, and who sets a ceiling | [`price_list`] |
//! | F-11 waivers | [`waiver`] |
//! | D-7 policies, plans and ceilings of a division that another one follows | [`succession`] |
//! | F-15 two persons, chain of custody | [`custody`] |
//! | F-16 unclaimed bodies | [`unclaimed`] |
//! | F-17 who founds a facility, what it is furnished with | [`facility`] |
//! | F-18 the hotline | [`ticket`] |
//! | F-20 rights of near kin | [`kin`] |
//! | B.0.3 and D-7 a division that was divided: assignment, and under which code papers are numbered | [`minzheng_kit::divisions::assignment`] |
//! | F-15, F-19 what waits for a second officer | [`proposal`] |
//! | the last day of a period (民法典 201, 203) | [`period`] |

pub mod burial;
pub mod case;
pub mod custody;
pub mod death;
pub mod facility;
pub mod geo;
pub mod grave;
pub mod kin;
pub mod near;
pub mod period;
pub mod plan;
pub mod plot;
pub mod price;
pub mod price_list;
pub mod proposal;
pub mod sea;
pub mod settings;
pub mod succession;
pub mod terms;
pub mod ticket;
pub mod unclaimed;
pub mod waiver;
pub mod worship;
pub mod zone;

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
