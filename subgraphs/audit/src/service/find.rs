//! Finding in what was taken in: one's own, by filter, and counts.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect, Select,
};

use crate::kit::{Result, YearMonth};
use crate::model::{access_entry, access_subject};

/// What an auditor looks for; what is not named does not count.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// From this day on.
    pub from: Option<NaiveDate>,
    /// Up to and with this day.
    pub to: Option<NaiveDate>,
    /// Of this role.
    pub role: Option<String>,
    /// Of officers of this division and below: the digits their codes begin with.
    pub division: Option<String>,
    /// About this person.
    pub person: Option<String>,
    /// By this caller.
    pub actor: Option<String>,
    /// In this case.
    pub case: Option<String>,
    /// With this outcome.
    pub decision: Option<&'static str>,
    /// Of this class.
    pub class: Option<&'static str>,
}

/// The first instant of a day by Beijing time.
fn start(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(chrono::NaiveTime::MIN).and_utc() - TimeDelta::hours(8)
}

/// The first instant after a day.
fn end(day: NaiveDate) -> DateTime<Utc> {
    start(day) + TimeDelta::days(1)
}

/// What was seen of one person.
#[must_use]
pub fn about(
    person: &str,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
) -> Select<access_subject::Entity> {
    use access_subject::Column;
    let mut select = access_subject::Entity::find().filter(Column::Person.eq(person));
    if let Some(from) = from {
        select = select.filter(Column::At.gte(start(from)));
    }
    if let Some(to) = to {
        select = select.filter(Column::At.lt(end(to)));
    }
    select
}

/// What a filter lets through.
#[must_use]
pub fn entries(filter: &Filter) -> Select<access_entry::Entity> {
    use access_entry::Column;
    let mut select = access_entry::Entity::find();
    if let Some(from) = filter.from {
        select = select.filter(Column::At.gte(start(from)));
    }
    if let Some(to) = filter.to {
        select = select.filter(Column::At.lt(end(to)));
    }
    if let Some(division) = &filter.division {
        select = select.filter(Column::ActorDivision.starts_with(division));
    }
    for (column, wanted) in [
        (Column::ActorRole, filter.role.as_deref()),
        (Column::Actor, filter.actor.as_deref()),
        (Column::CaseId, filter.case.as_deref()),
        (Column::Decision, filter.decision),
        (Column::Class, filter.class),
    ] {
        if let Some(wanted) = wanted {
            select = select.filter(column.eq(wanted));
        }
    }
    if let Some(person) = &filter.person {
        let concerned = Query::select()
            .column(access_subject::Column::Entry)
            .from(access_subject::Entity)
            .and_where(access_subject::Column::Person.eq(person.as_str()))
            .to_owned();
        select = select.filter(Column::Id.in_subquery(concerned));
    }
    select
}

/// How often, in one month, by one role, with one outcome.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Count {
    /// The month's index.
    pub month: i32,
    /// The role.
    pub actor_role: String,
    /// The outcome.
    pub decision: String,
    /// How many records.
    pub records: i64,
}

/// Counts by month, role and outcome, of all records or of some; months without any are left out.
///
/// # Errors
/// The database's own.
pub async fn counts<C: ConnectionTrait>(
    db: &C,
    from: YearMonth,
    to: YearMonth,
    of: Option<Condition>,
) -> Result<Vec<Count>> {
    use access_entry::Column;
    Ok(access_entry::Entity::find()
        .filter(Condition::all().add_option(of))
        .select_only()
        .column(Column::Month)
        .column(Column::ActorRole)
        .column(Column::Decision)
        .column_as(Column::Id.count(), "records")
        .filter(Column::Month.between(from.index(), to.index()))
        .group_by(Column::Month)
        .group_by(Column::ActorRole)
        .group_by(Column::Decision)
        .order_by_asc(Column::Month)
        .order_by_asc(Column::ActorRole)
        .order_by_asc(Column::Decision)
        .into_model::<Count>()
        .all(db)
        .await?)
}
