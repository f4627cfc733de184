//! What this subsystem does about events of others. Each consumer may see an event again.
//!
//! - [`deaths`]: `funeral` tells a death, its correction, and that a court took it back.
//! - [`aliases`]: `persons` gives one person another token, or takes that back.
//! - [`doubts`]: `persons` doubts an identity, or has settled the doubt.
//! - [`land`]: `places` changes divisions and moves places on the map.

mod aliases;
mod deaths;
mod doubts;
mod land;

use crate::kit::events::Consumer;

/// All consumers.
pub(crate) fn all() -> Vec<Box<dyn Consumer>> {
    vec![
        Box::new(deaths::Deaths),
        Box::new(aliases::Aliases),
        Box::new(doubts::Doubts),
        Box::new(land::Divisions),
        Box::new(land::Places),
    ]
}
