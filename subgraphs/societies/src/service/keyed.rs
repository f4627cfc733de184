//! What is keyed to a division and would move with it: the other side of [`super::moves`], for the rehearsal of a
//! change of divisions.

use crate::vocabulary::OrgState;
use kit::Result;
use minzheng_kit as kit;
use sea_orm::{ConnectionTrait, Statement, Value};
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

/// What is counted by its name: the table, the column of the division, and what of it is alive. `L` stands for the
/// living states.
const TABLES: [(&str, &str, &str, &str); 8] = [
    (
        "organizations",
        "organization",
        "registrar_division_id",
        "state IN (L)",
    ),
    (
        "founded",
        "organization",
        "division_id",
        "state IN (L) AND registrar_division_id <> division_id",
    ),
    ("permits", "permit_case", "division_id", "decided IS NULL"),
    ("cleanups", "cleanup_case", "division_id", "closed IS NULL"),
    ("projects", "project", "division_id", "1 = 1"),
    ("funds", "micro_fund", "division_id", "1 = 1"),
    ("adoptions", "adoption", "division_id", "1 = 1"),
    ("targets", "target", "division_id", "1 = 1"),
];

/// What is keyed to divisions, with one statement.
pub async fn of_divisions(
    db: &impl ConnectionTrait,
    divisions: &[Uuid],
) -> Result<HashMap<Uuid, Keyed>> {
    let mut found: HashMap<Uuid, Keyed> =
        divisions.iter().map(|d| (*d, Keyed::default())).collect();
    if divisions.is_empty() {
        return Ok(found);
    }
    let wanted: Vec<String> = (1..=divisions.len()).map(|at| format!("${at}")).collect();
    let wanted = wanted.join(", ");
    let living = OrgState::LIVE
        .map(|state| format!("'{}'", state.text()))
        .join(", ");
    let parts = TABLES.map(|(what, table, column, alive)| {
        format!(
            "SELECT '{what}' AS what, {column} AS division, COUNT(*) AS n FROM {table} \
             WHERE {column} IN ({wanted}) AND {} GROUP BY {column}",
            alive.replace("(L)", &format!("({living})"))
        )
    });
    let values: Vec<Value> = divisions.iter().map(|d| Value::from(*d)).collect();
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
            "organizations" => &mut keyed.organizations,
            "founded" => &mut keyed.founded_here,
            "permits" => &mut keyed.open_permits,
            "cleanups" => &mut keyed.open_cleanups,
            "projects" => &mut keyed.projects,
            "funds" => &mut keyed.micro_funds,
            "adoptions" => &mut keyed.adoptions,
            _ => &mut keyed.targets,
        };
        *place = row.try_get("", "n")?;
    }
    Ok(found)
}
