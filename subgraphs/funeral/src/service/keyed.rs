//! What is keyed to a division and would move with it: the other side of [`crate::consumers::Divisions`], for the
//! rehearsal of a change.

use std::collections::HashMap;

use chrono::NaiveDate;
use minzheng_kit::Result;
use minzheng_kit::keyed::{self, Kind};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

/// How many rows of each kind stand under a division itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keyed {
    /// Facilities.
    pub facilities: i64,
    /// Policies of waivers.
    pub waiver_policies: i64,
    /// Facility plans.
    pub facility_plans: i64,
    /// Zones in which nobody is buried.
    pub burial_zones: i64,
    /// Burial places of villages.
    pub rural_sites: i64,
    /// Voyages to come.
    pub voyages: i64,
    /// Tickets that are not closed.
    pub open_tickets: i64,
    /// Clean-ups that are not ended.
    pub open_graves: i64,
    /// Ceilings of base items.
    pub price_ceilings: i64,
}

/// Where the number of one kind goes.
type Number = fn(&mut Keyed) -> &mut i64;

/// Of what holds from day to day: what has not ended. `$1` is the day.
const NOT_ENDED: &str = "valid_to IS NULL OR valid_to > $1";

/// The tables, and what of them is alive.
fn kinds() -> [Kind<Keyed>; 9] {
    let of = |table: &'static str, number: Number| Kind::new(table, "division_id", number);
    [
        of("facility", |keyed| &mut keyed.facilities),
        of("waiver_policy", |keyed| &mut keyed.waiver_policies).alive(NOT_ENDED),
        of("facility_plan", |keyed| &mut keyed.facility_plans).alive(NOT_ENDED),
        of("burial_zone", |keyed| &mut keyed.burial_zones),
        of("rural_burial_site", |keyed| &mut keyed.rural_sites),
        of("sea_voyage", |keyed| &mut keyed.voyages).alive("carried IS NULL"),
        of("hotline_ticket", |keyed| &mut keyed.open_tickets).alive("state <> 'CLOSED'"),
        of("illegal_grave", |keyed| &mut keyed.open_graves)
            .alive("state NOT IN ('RESTORED', 'EXEMPT')"),
        of("price_ceiling", |keyed| &mut keyed.price_ceilings).alive(NOT_ENDED),
    ]
}

/// What is keyed to divisions on a day, with one statement.
pub async fn of_divisions<C: ConnectionTrait>(
    c: &C,
    divisions: &[Uuid],
    on: NaiveDate,
) -> Result<HashMap<Uuid, Keyed>> {
    keyed::of_divisions(c, divisions, &kinds(), vec![on.into()]).await
}
