//! The entrances, by subject: to single things and their lists, to names, to divisions and their changes, to
//! boundaries, to geometry.

mod changes;
mod lines;
mod names;
mod offences;
mod shapes;
mod things;

pub(super) use names::{PlaceChangeEntry, own_area};

use async_graphql::{ID, MergedObject};
use minzheng_kit::{Result, UserError, id};
use uuid::Uuid;

/// The entrances of the place-name subsystem.
#[derive(MergedObject, Default)]
pub(crate) struct Query(
    things::Things,
    names::Names,
    changes::Changes,
    lines::Lines,
    shapes::Shapes,
    offences::Offences,
);

fn bad(code: &str, en: &str, zh: &str, field: &[&str]) -> minzheng_kit::Error {
    UserError::new(code, en, zh).field(field).into()
}

fn unknown(field: &[&str]) -> minzheng_kit::Error {
    bad(
        "ID_UNKNOWN",
        "This identity names nothing here.",
        "标识无效。",
        field,
    )
}

/// The id that a client sent for something that must exist.
fn known(id: &ID, field: &[&str]) -> Result<Uuid> {
    id::parse(id).ok_or_else(|| unknown(field))
}
