//! What is keyed to a division and would move with it: the other side of [`super::moves`], for the rehearsal of a
//! change of divisions.

use crate::vocabulary::OrgState;
use kit::{
    Result,
    keyed::{self, Kind},
};
use minzheng_kit as kit;
use sea_orm::ConnectionTrait;
use std::collections::HashMap;
use uuid::Uuid;

/// How many rows of each kind stand under a division itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keyed {
    /// Living organizations that its registry keeps.
    pub organizations: i64,
    /// Living organizations whose code was given here and which another registry keeps.
    pub founded_here: i64,
    /// Applications that are not decided.
    pub open_permits: i64,
    /// Clean-ups that are not closed.
    pub open_cleanups: i64,
    /// Projects of the five partners.
    pub projects: i64,
    /// Micro funds.
    pub micro_funds: i64,
    /// Households and villages that organizations adopted.
    pub adoptions: i64,
    /// Numbers that a work plan promised.
    pub targets: i64,
}

/// Where the number of one kind goes.
type Number = fn(&mut Keyed) -> &mut i64;

/// The tables, and what of them is alive.
fn kinds() -> [Kind<Keyed>; 8] {
    let of = |table: &'static str, number: Number| Kind::new(table, "division_id", number);
    let living = OrgState::LIVE
        .map(|state| format!("'{}'", state.text()))
        .join(", ");
    [
        Kind::new(
            "organization",
            "registrar_division_id",
            |keyed: &mut Keyed| &mut keyed.organizations,
        )
        .alive(format!("state IN ({living})")),
        of("organization", |keyed| &mut keyed.founded_here).alive(format!(
            "state IN ({living}) AND registrar_division_id <> division_id"
        )),
        of("permit_case", |keyed| &mut keyed.open_permits).alive("decided IS NULL"),
        of("cleanup_case", |keyed| &mut keyed.open_cleanups).alive("closed IS NULL"),
        of("project", |keyed| &mut keyed.projects),
        of("micro_fund", |keyed| &mut keyed.micro_funds),
        of("adoption", |keyed| &mut keyed.adoptions),
        of("target", |keyed| &mut keyed.targets),
    ]
}

/// What is keyed to divisions, with one statement.
pub async fn of_divisions(
    db: &impl ConnectionTrait,
    divisions: &[Uuid],
) -> Result<HashMap<Uuid, Keyed>> {
    keyed::of_divisions(db, divisions, &kinds(), Vec::new()).await
}
