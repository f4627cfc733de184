//! Open matters (在办事项): what an officer is handling for somebody, or is about to. An officer reads a
//! person's marital records only while such a matter stands at a registry of theirs, which is what
//! domain.md E.4 calls "own registry, open case"; afterwards, and at other registries, the person is nobody's
//! business.
//!
//! A matter is an application for marriage or divorce until its papers are on the shelf, a case of
//! impersonation, a correction that waits for its second officer, a court's notice that waits, an
//! appointment, or a ticket of today. It opens the records of the persons it names, and of nobody else, whether
//! or not the request states it. What a citizen has filled in at home is no matter yet: they may have named
//! anybody. Nor is an appointment that an officer has booked for somebody: else one would open whom one likes.
//!
//! Whoever comes without being known (a walk-in with a ticket without a name) is served by stating that ticket:
//! purpose and id stand in the request's headers, and so in the access log. Such a ticket names nobody, so it
//! opens whomever the officer asks about while it is open: a walk-in cannot be checked before they are known.
//! This is the one way by which an officer reaches somebody who is not named, and it is watched by the log only.

use super::act::works_at;
use crate::kit::{Principal, Result, Services};
use crate::model::{archive_file, registry};
use crate::rules::Refusal;
use chrono::NaiveDate;
use sea_orm::sea_query::{Condition, Query, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Select, Statement, Value};
use std::collections::HashSet;
use uuid::Uuid;

/// The most persons that are asked about at once; who has more asks again.
const MOST_PERSONS: usize = 500;

/// What is open, by the persons it names: `P` stands for the list of persons, `$1` for today.
const BY_PERSON: &[&str] = &[
    "SELECT man AS person, registry_id FROM registration_application WHERE man IN P AND S",
    "SELECT woman AS person, registry_id FROM registration_application WHERE woman IN P AND S",
    "SELECT man AS person, registry_id FROM divorce_application WHERE man IN P AND D",
    "SELECT woman AS person, registry_id FROM divorce_application WHERE woman IN P AND D",
    "SELECT m.man AS person, c.registry_id FROM marriage_record m JOIN impersonation_case c ON c.record_id = m.id \
     WHERE m.man IN P AND c.state IN ('OPEN', 'PROPOSED')",
    "SELECT m.woman AS person, c.registry_id FROM marriage_record m JOIN impersonation_case c ON c.record_id = m.id \
     WHERE m.woman IN P AND c.state IN ('OPEN', 'PROPOSED')",
    "SELECT m.man AS person, c.registry_id FROM marriage_record m JOIN correction c ON c.record_id = m.id \
     WHERE m.man IN P AND c.state = 'PROPOSED'",
    "SELECT m.woman AS person, c.registry_id FROM marriage_record m JOIN correction c ON c.record_id = m.id \
     WHERE m.woman IN P AND c.state = 'PROPOSED'",
    "SELECT man AS person, registry_id FROM court_notice WHERE man IN P AND state = 'WAITING'",
    "SELECT woman AS person, registry_id FROM court_notice WHERE woman IN P AND state = 'WAITING'",
    "SELECT p.person AS person, a.registry_id FROM appointment_party p JOIN appointment a ON a.id = p.appointment_id \
     WHERE p.person IN P AND p.is_open AND p.day >= $1 AND NOT a.by_officer",
    "SELECT holder AS person, registry_id FROM queue_ticket WHERE holder IN P AND T",
];

/// A ticket that is open, by its id (`$2`), and names nobody.
const WALK_IN: &str = "SELECT registry_id FROM queue_ticket WHERE id = $2 AND holder IS NULL AND T";

/// A ticket that is open, by its id (`$2`), and names one of two (`$3`, `$4`).
const ONE_OF_TWO: &str =
    "SELECT registry_id FROM queue_ticket WHERE id = $2 AND holder IN ($3, $4) AND T";

/// What the registers say of two people is told to who serves them.
pub const NO_OPEN_MATTER: Refusal = Refusal::by_law(
    "NO_OPEN_MATTER",
    "Something on record stands in the way. It is told to who serves these people: draw a ticket for them or take their \
     appointment, and state it with the request.",
    "登记信息中存在不予办理的情形。仅向正在为当事人办理的工作人员说明：请先取号或调取预约，并在请求中注明。",
    "个人信息保护法第六条、第二十八条",
);

/// From its arrival at the counter until its papers are on the shelf, or it was refused or given up. What a
/// citizen drafted, with an appointment or without, is their word about another; the appointment counts itself.
pub(super) const OPEN_APPLICATION: &str =
    "state NOT IN ('DRAFT', 'BOOKED', 'REFUSED', 'ABORTED', 'ARCHIVED')";
/// The same; one that was left to lapse is over with its window, whether or not a job has written it down.
pub(super) const OPEN_DIVORCE: &str = "state IN ('RECEIVED', 'REVIEW', 'REGISTERED', 'CERTIFIED') \
     AND (state <> 'RECEIVED' OR window_ends >= $1)";
/// Of today, and not done.
const OPEN_TICKET: &str = "state IN ('WAITING', 'CALLED') AND day = $1";

fn sql(branches: &[&str], persons: &str) -> String {
    branches
        .join(" UNION ALL ")
        .replace(" IN P", &format!(" IN ({persons})"))
        .replace("AND S", &format!("AND {OPEN_APPLICATION}"))
        .replace("AND D", &format!("AND {OPEN_DIVORCE}"))
        .replace("AND T", &format!("AND {OPEN_TICKET}"))
}

/// Those of these persons whose marital records the officer may read now.
///
/// # Errors
/// When the database is away.
pub async fn readable(
    services: &Services,
    caller: &Principal,
    persons: &[String],
) -> Result<HashSet<String>> {
    if serves_walk_in(services, caller).await? {
        return Ok(persons.iter().cloned().collect());
    }
    let (db, today) = (services.db.read(), services.clock.today());
    let mut found: Vec<(String, Uuid)> = Vec::new();
    for part in persons.chunks(MOST_PERSONS) {
        found.extend(naming(db, part, today).await?);
    }
    let own = own_among(db, caller, found.iter().map(|(_, registry)| *registry)).await?;
    found.retain(|(_, registry)| own.contains(registry));
    Ok(found.into_iter().map(|(person, _)| person).collect())
}

/// Whether the marital records of all of these, who come together, are open to the officer. Of two who come with the
/// ticket of one of them, the ticket that the request states opens both.
///
/// # Errors
/// When the database is away.
pub async fn open_for_all(
    services: &Services,
    caller: &Principal,
    together: &[&str; 2],
) -> Result<bool> {
    let persons = together.map(str::to_owned);
    let found = readable(services, caller, &persons).await?;
    Ok(persons.iter().all(|person| found.contains(person))
        || states_ticket(services, caller, ONE_OF_TWO, together).await?)
}

/// Whether the request states, with its purpose, an open ticket without a name at a registry of the officer.
async fn serves_walk_in(services: &Services, caller: &Principal) -> Result<bool> {
    states_ticket(services, caller, WALK_IN, &[]).await
}

/// Whether the request states, with its purpose, such a ticket at a registry of the officer.
async fn states_ticket(
    services: &Services,
    caller: &Principal,
    such: &str,
    holders: &[&str],
) -> Result<bool> {
    let stated = caller.purpose.as_ref().and(caller.case.as_deref());
    let Some(id) = stated.and_then(crate::kit::id::parse) else {
        return Ok(false);
    };
    let (db, today) = (services.db.read(), services.clock.today());
    let mut values: Vec<Value> = vec![today.into(), id.into()];
    values.extend(holders.iter().map(|holder| Value::from(*holder)));
    let rows = db
        .query_all_raw(Statement::from_sql_and_values(
            db.get_database_backend(),
            sql(&[such], ""),
            values,
        ))
        .await?;
    let registries = rows
        .iter()
        .map(|row| row.try_get("", "registry_id"))
        .collect::<std::result::Result<Vec<Uuid>, _>>()?;
    Ok(!own_among(db, caller, registries.into_iter())
        .await?
        .is_empty())
}

/// Open matters that name these persons, with the registry of each.
async fn naming(
    db: &impl ConnectionTrait,
    persons: &[String],
    today: NaiveDate,
) -> Result<Vec<(String, Uuid)>> {
    if persons.is_empty() {
        return Ok(Vec::new());
    }
    let places: Vec<String> = (0..persons.len())
        .map(|at| format!("${}", at + 2))
        .collect();
    let mut values: Vec<Value> = vec![today.into()];
    values.extend(persons.iter().map(|person| Value::from(person.as_str())));
    let rows = db
        .query_all_raw(Statement::from_sql_and_values(
            db.get_database_backend(),
            sql(BY_PERSON, &places.join(", ")),
            values,
        ))
        .await?;
    rows.iter()
        .map(|row| Ok((row.try_get("", "person")?, row.try_get("", "registry_id")?)))
        .collect()
}

/// Those of these registries at which the caller works.
async fn own_among(
    db: &impl ConnectionTrait,
    caller: &Principal,
    registries: impl Iterator<Item = Uuid>,
) -> Result<HashSet<Uuid>> {
    let registries: HashSet<Uuid> = registries.collect();
    if registries.is_empty() {
        return Ok(registries);
    }
    let rows = registry::Entity::find()
        .filter(registry::Column::Id.is_in(registries))
        .all(db)
        .await?;
    let own = rows.iter().filter(|row| works_at(caller, row));
    Ok(own.map(|row| row.id).collect())
}

/// The same files, if they are kept at a registry at which the caller works.
#[must_use]
pub fn kept_here(
    select: Select<archive_file::Entity>,
    caller: &Principal,
) -> Select<archive_file::Entity> {
    select.filter(archive_file::Column::RegistryId.in_subquery(own_registries(caller)))
}

/// The registries at which the caller works; none for a caller who works nowhere.
fn own_registries(caller: &Principal) -> SelectStatement {
    let here = match (&caller.registry, caller.reach()) {
        (Some(own), _) => {
            // What is no id is no registry's.
            let own = crate::kit::id::parse(own).unwrap_or_default();
            Condition::all().add(registry::Column::Id.eq(own))
        }
        (None, Some(reach)) => {
            Condition::all().add(registry::Column::CountyCode.starts_with(reach))
        }
        (None, None) => Condition::all().add(registry::Column::Id.eq(Uuid::nil())),
    };
    Query::select()
        .column(registry::Column::Id)
        .from(registry::Entity)
        .cond_where(here)
        .to_owned()
}
