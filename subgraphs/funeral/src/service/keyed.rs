//! What is keyed to a division and would move with it: the other side of [`crate::consumers::Divisions`], for the
//! rehearsal of a change.

use std::collections::HashMap;

use chrono::NaiveDate;
use minzheng_kit::Result;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::sql::Binds;

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

/// Of what holds from day to day: what has not ended.
const NOT_ENDED: &str = " AND (valid_to IS NULL OR valid_to > {day})";

/// The tables, and what of them is alive.
const TABLES: [(&str, &str); 9] = [
    ("facility", ""),
    ("waiver_policy", NOT_ENDED),
    ("facility_plan", NOT_ENDED),
    ("burial_zone", ""),
    ("rural_burial_site", ""),
    ("sea_voyage", " AND carried IS NULL"),
    ("hotline_ticket", " AND state <> 'CLOSED'"),
    ("illegal_grave", " AND state NOT IN ('RESTORED', 'EXEMPT')"),
    ("price_ceiling", NOT_ENDED),
];

/// What is keyed to divisions on a day, with one statement.
pub async fn of_divisions<C: ConnectionTrait>(
    c: &C,
    divisions: &[Uuid],
    on: NaiveDate,
) -> Result<HashMap<Uuid, Keyed>> {
    let mut binds = Binds::default();
    let wanted = binds.list(divisions);
    let day = binds.one(on);
    let parts = TABLES.map(|(table, alive)| {
        let alive = alive.replace("{day}", &day);
        format!(
            "SELECT '{table}' AS what, division_id AS division, COUNT(*) AS n FROM {table} \
             WHERE division_id IN ({wanted}){alive} GROUP BY division_id"
        )
    });
    let mut found: HashMap<Uuid, Keyed> =
        divisions.iter().map(|d| (*d, Keyed::default())).collect();
    for row in binds.all(c, &parts.join(" UNION ALL ")).await? {
        let keyed = found.entry(row.try_get("", "division")?).or_default();
        let n: i64 = row.try_get("", "n")?;
        let slot = match row.try_get::<String>("", "what")?.as_str() {
            "facility" => &mut keyed.facilities,
            "waiver_policy" => &mut keyed.waiver_policies,
            "facility_plan" => &mut keyed.facility_plans,
            "burial_zone" => &mut keyed.burial_zones,
            "rural_burial_site" => &mut keyed.rural_sites,
            "sea_voyage" => &mut keyed.voyages,
            "hotline_ticket" => &mut keyed.open_tickets,
            "illegal_grave" => &mut keyed.open_graves,
            _ => &mut keyed.price_ceilings,
        };
        *slot = n;
    }
    Ok(found)
}
