//! What is keyed to a division and would move with it: the other side of `consumers::land`, for the rehearsal of a
//! change of divisions. Registries stand under a county; what is open stands at a registry and goes along.

use super::matters::{OPEN_APPLICATION, OPEN_DIVORCE};
use crate::kit::{
    Result,
    keyed::{self, Kind},
};
use chrono::NaiveDate;
use sea_orm::ConnectionTrait;
use std::collections::HashMap;
use uuid::Uuid;

/// How many rows of each kind stand under a division itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keyed {
    /// Registries.
    pub registries: i64,
    /// Registrars of these who may act.
    pub registrars: i64,
    /// Counselling rooms of these.
    pub rooms: i64,
    /// Slots of today and later in which somebody is booked.
    pub booked_slots: i64,
    /// Months of figures.
    pub months: i64,
    /// Appointments of today and later.
    pub appointments: i64,
    /// Applications for marriage between the counter and the shelf.
    pub open_applications: i64,
    /// Applications for divorce that may still end in one.
    pub open_divorces: i64,
    /// Courts' notices that wait.
    pub notices: i64,
}

/// Where the number of one kind goes.
type Number = fn(&mut Keyed) -> &mut i64;

/// The tables, most of them behind their registry, and what of them is alive. `$1` is today.
fn kinds() -> [Kind<Keyed>; 9] {
    let of = |table: &'static str, number: Number| Kind::new(table, "county_id", number);
    let at = |table: &str, number: Number| {
        let rows = format!("{table} t JOIN registry r ON r.id = t.registry_id");
        Kind::new(rows, "r.county_id", number)
    };
    [
        of("registry", |keyed| &mut keyed.registries),
        of("monthly_count", |keyed| &mut keyed.months),
        at("registrar", |keyed| &mut keyed.registrars).alive("t.status = 'ACTIVE'"),
        at("counselling_room", |keyed| &mut keyed.rooms),
        at("slot", |keyed| &mut keyed.booked_slots).alive("t.booked > 0 AND t.day >= $1"),
        at("appointment", |keyed| &mut keyed.appointments)
            .alive("t.state = 'BOOKED' AND t.day >= $1"),
        at("registration_application", |keyed| {
            &mut keyed.open_applications
        })
        .alive(OPEN_APPLICATION),
        at("divorce_application", |keyed| &mut keyed.open_divorces).alive(OPEN_DIVORCE),
        at("court_notice", |keyed| &mut keyed.notices).alive("t.state = 'WAITING'"),
    ]
}

/// What is keyed to divisions, with one statement.
///
/// # Errors
/// What the database says.
pub async fn of_divisions(
    db: &impl ConnectionTrait,
    divisions: &[Uuid],
    today: NaiveDate,
) -> Result<HashMap<Uuid, Keyed>> {
    keyed::of_divisions(db, divisions, &kinds(), vec![today.into()]).await
}
