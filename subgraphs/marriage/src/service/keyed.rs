//! What is keyed to a division and would move with it: the other side of `consumers::land`, for the rehearsal of a
//! change of divisions. Registries stand under a county; what is open stands at a registry and goes along.

use super::matters::{OPEN_APPLICATION, OPEN_DIVORCE};
use crate::kit::Result;
use chrono::NaiveDate;
use sea_orm::{ConnectionTrait, Statement, Value};
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

/// What is counted by its name: the table behind the registry, and what of it is alive. `$1` is today.
fn tables() -> [(&'static str, &'static str, String); 7] {
    let of = |what, table, alive: &str| (what, table, alive.to_owned());
    [
        of("registrars", "registrar", "t.status = 'ACTIVE'"),
        of("rooms", "counselling_room", "1 = 1"),
        of("booked_slots", "slot", "t.booked > 0 AND t.day >= $1"),
        of(
            "appointments",
            "appointment",
            "t.state = 'BOOKED' AND t.day >= $1",
        ),
        of("applications", "registration_application", OPEN_APPLICATION),
        of("divorces", "divorce_application", OPEN_DIVORCE),
        of("notices", "court_notice", "t.state = 'WAITING'"),
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
    let mut found: HashMap<Uuid, Keyed> =
        divisions.iter().map(|d| (*d, Keyed::default())).collect();
    if divisions.is_empty() {
        return Ok(found);
    }
    let wanted: Vec<String> = (2..divisions.len() + 2)
        .map(|at| format!("${at}"))
        .collect();
    let wanted = wanted.join(", ");
    let mut parts = vec![
        format!(
            "SELECT 'registries' AS what, county_id AS division, COUNT(*) AS n FROM registry \
             WHERE county_id IN ({wanted}) GROUP BY county_id"
        ),
        format!(
            "SELECT 'months' AS what, county_id AS division, COUNT(*) AS n FROM monthly_count \
             WHERE county_id IN ({wanted}) GROUP BY county_id"
        ),
    ];
    parts.extend(tables().map(|(what, table, alive)| {
        format!(
            "SELECT '{what}' AS what, r.county_id AS division, COUNT(*) AS n FROM {table} t \
             JOIN registry r ON r.id = t.registry_id \
             WHERE r.county_id IN ({wanted}) AND {alive} GROUP BY r.county_id"
        )
    }));
    let mut values: Vec<Value> = vec![today.into()];
    values.extend(divisions.iter().map(|division| Value::from(*division)));
    let rows = db
        .query_all_raw(Statement::from_sql_and_values(
            db.get_database_backend(),
            parts.join(" UNION ALL "),
            values,
        ))
        .await?;
    for row in rows {
        let keyed = found.entry(row.try_get("", "division")?).or_default();
        let place = match row.try_get::<String>("", "what")?.as_str() {
            "registries" => &mut keyed.registries,
            "months" => &mut keyed.months,
            "registrars" => &mut keyed.registrars,
            "rooms" => &mut keyed.rooms,
            "booked_slots" => &mut keyed.booked_slots,
            "appointments" => &mut keyed.appointments,
            "applications" => &mut keyed.open_applications,
            "divorces" => &mut keyed.open_divorces,
            _ => &mut keyed.notices,
        };
        *place = row.try_get("", "n")?;
    }
    Ok(found)
}
