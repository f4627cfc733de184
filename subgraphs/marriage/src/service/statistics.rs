//! Counts by division and month, for any division and for many at once in one statement.
//!
//! Rows are kept by county with their ancestors, so a prefecture or province is a sum over an
//! index. Monthly counts are flows: the year to date is their running sum (BI-1), computed here
//! and never stored, so the two cannot be added by mistake.

use crate::kit::{DateTime as Instant, Result, YearMonth, months};
use crate::model::{counselling_month, monthly_count, registry};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter,
    QuerySelect, Statement, Value,
};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// The longest range that is answered, in months.
pub const MAX_MONTHS: i32 = 120;

/// The counts of one month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Month {
    /// The month.
    pub month: YearMonth,
    /// Marriages registered.
    pub registered: i64,
    /// Of these with a party of another province.
    pub cross_province: i64,
    /// Divorces registered.
    pub divorces: i64,
    /// Applications withdrawn in the cooling-off.
    pub withdrawn: i64,
    /// Marriages registered from January to this month.
    pub ytd_registered: i64,
    /// When the figures last changed; none where there are none.
    pub as_of: Option<Instant>,
}

/// Division and its months in order.
pub type ByDivision<T> = HashMap<Uuid, Arc<Vec<T>>>;

/// The SQL of one sum per division and month, for divisions of any level, as one statement.
fn sums(
    backend: DbBackend,
    table: &str,
    columns: &[&str],
    divisions: &[Uuid],
    from: YearMonth,
    to: YearMonth,
) -> Statement {
    // Both engines read `$n`; each list of ids is bound once and used by three selects.
    let list: Vec<String> = (1..=divisions.len()).map(|n| format!("${n}")).collect();
    let (list, low, high) = (list.join(", "), divisions.len() + 1, divisions.len() + 2);
    let sums: Vec<String> = columns
        .iter()
        .map(|c| format!("CAST(SUM({c}) AS BIGINT) AS {c}"))
        .collect();
    let sums = sums.join(", ");
    let select = |level: &str| {
        format!(
            "SELECT {level} AS division, month, {sums}, MAX(as_of) AS as_of FROM {table} \
             WHERE {level} IN ({list}) AND month BETWEEN ${low} AND ${high} \
             GROUP BY {level}, month"
        )
    };
    let sql = ["county_id", "prefecture_id", "province_id"]
        .map(select)
        .join(" UNION ALL ");
    let mut values: Vec<Value> = divisions.iter().map(|id| Value::from(*id)).collect();
    values.extend([Value::from(from.index()), Value::from(to.index())]);
    Statement::from_sql_and_values(backend, sql, values)
}

/// The monthly counts of each of these divisions, every month of the range for each of them, in
/// one statement.
pub async fn monthly(
    db: &impl ConnectionTrait,
    divisions: &[Uuid],
    from: YearMonth,
    to: YearMonth,
) -> Result<ByDivision<Month>> {
    // The year to date needs the months from January on.
    let january = YearMonth {
        year: from.year,
        month: 1,
    };
    let columns = ["registered", "cross_province", "divorces", "withdrawn"];
    let statement = sums(
        db.get_database_backend(),
        "monthly_count",
        &columns,
        divisions,
        january,
        to,
    );
    let mut counts: HashMap<(Uuid, i32), Month> = HashMap::new();
    for row in db.query_all_raw(statement).await? {
        let index: i32 = row.try_get("", "month")?;
        let as_of: DateTime<Utc> = row.try_get("", "as_of")?;
        let month = Month {
            month: YearMonth::from_index(index),
            registered: row.try_get("", "registered")?,
            cross_province: row.try_get("", "cross_province")?,
            divorces: row.try_get("", "divorces")?,
            withdrawn: row.try_get("", "withdrawn")?,
            ytd_registered: 0,
            as_of: Some(Instant(as_of)),
        };
        counts.insert((row.try_get("", "division")?, index), month);
    }
    Ok(divisions
        .iter()
        .map(|division| {
            let mut year_to_date = 0;
            let mut list = Vec::new();
            for month in months::range(january, to) {
                if month.month == 1 {
                    year_to_date = 0;
                }
                let found = counts.get(&(*division, month.index())).copied();
                let mut entry = found.unwrap_or(Month {
                    month,
                    registered: 0,
                    cross_province: 0,
                    divorces: 0,
                    withdrawn: 0,
                    ytd_registered: 0,
                    as_of: None,
                });
                year_to_date += entry.registered;
                entry.ytd_registered = year_to_date;
                if month >= from {
                    list.push(entry);
                }
            }
            (*division, Arc::new(list))
        })
        .collect())
}

/// Counselling in a division over a range of months.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counselling {
    /// Rooms there are today.
    pub rooms: i64,
    /// Sessions held in the range.
    pub sessions: i64,
    /// When the figures last changed.
    pub as_of: Option<Instant>,
}

/// Sessions held by division and month, with the freshness of the figure.
pub type Sessions = HashMap<(Uuid, i32), (i64, Instant)>;

/// The sessions of each of these divisions in each month of a range, in one statement.
pub async fn sessions(
    db: &impl ConnectionTrait,
    divisions: &[Uuid],
    from: YearMonth,
    to: YearMonth,
) -> Result<Sessions> {
    let statement = sums(
        db.get_database_backend(),
        counselling_month_table(),
        &["sessions"],
        divisions,
        from,
        to,
    );
    let mut found = Sessions::new();
    for row in db.query_all_raw(statement).await? {
        let as_of: DateTime<Utc> = row.try_get("", "as_of")?;
        let key = (row.try_get("", "division")?, row.try_get("", "month")?);
        found.insert(key, (row.try_get("", "sessions")?, Instant(as_of)));
    }
    Ok(found)
}

/// The counselling rooms there are today in each of these divisions, in one statement.
pub async fn rooms(db: &impl ConnectionTrait, divisions: &[Uuid]) -> Result<HashMap<Uuid, i64>> {
    use registry::Column;
    let rows: Vec<(Uuid, Option<Uuid>, Uuid, i32)> = registry::Entity::find()
        .select_only()
        .columns([
            Column::CountyId,
            Column::PrefectureId,
            Column::ProvinceId,
            Column::CounsellingRooms,
        ])
        .filter(Column::CounsellingRooms.gt(0))
        .into_tuple()
        .all(db)
        .await?;
    let mut found: HashMap<Uuid, i64> = divisions.iter().map(|id| (*id, 0)).collect();
    for (county, prefecture, province, rooms) in rows {
        for division in [Some(county), prefecture, Some(province)]
            .into_iter()
            .flatten()
        {
            if let Some(sum) = found.get_mut(&division) {
                *sum += i64::from(rooms);
            }
        }
    }
    Ok(found)
}

/// Counselling in each of these divisions, whole, in two statements: sessions and rooms.
pub async fn counselling(
    db: &impl ConnectionTrait,
    divisions: &[Uuid],
    from: YearMonth,
    to: YearMonth,
) -> Result<HashMap<Uuid, Counselling>> {
    let rooms = rooms(db, divisions).await?;
    let mut found: HashMap<Uuid, Counselling> = divisions
        .iter()
        .map(|id| {
            let rooms = rooms.get(id).copied().unwrap_or(0);
            let empty = Counselling {
                rooms,
                ..Counselling::default()
            };
            (*id, empty)
        })
        .collect();
    for ((division, _), (count, as_of)) in sessions(db, divisions, from, to).await? {
        if let Some(sum) = found.get_mut(&division) {
            sum.sessions += count;
            sum.as_of = sum.as_of.max(Some(as_of));
        }
    }
    Ok(found)
}

/// The counselling table's name, for the one statement that is written by hand.
fn counselling_month_table() -> &'static str {
    use sea_orm::EntityName as _;
    counselling_month::Entity.table_name()
}

/// Which count an act moves.
#[derive(Clone, Copy, Debug, Default)]
pub struct Act {
    /// Marriages registered.
    pub registered: i64,
    /// Of these with a party of another province.
    pub cross_province: i64,
    /// Divorces registered.
    pub divorces: i64,
    /// Applications withdrawn in the cooling-off.
    pub withdrawn: i64,
}

/// Moves the counts of a registry's county, in the transaction of the act itself.
pub async fn count(
    tx: &impl ConnectionTrait,
    registry: &registry::Model,
    month: YearMonth,
    act: Act,
    now: DateTime<Utc>,
) -> Result<()> {
    use monthly_count::{ActiveModel, Column, Entity};
    let plus = |column: Column, by: i64| Expr::col((Entity, column)).add(by);
    let conflict = OnConflict::columns([Column::CountyId, Column::Month])
        .value(Column::Registered, plus(Column::Registered, act.registered))
        .value(
            Column::CrossProvince,
            plus(Column::CrossProvince, act.cross_province),
        )
        .value(Column::Divorces, plus(Column::Divorces, act.divorces))
        .value(Column::Withdrawn, plus(Column::Withdrawn, act.withdrawn))
        .value(Column::AsOf, now)
        .to_owned();
    Entity::insert(ActiveModel {
        county_id: Set(registry.county_id),
        month: Set(month.index()),
        prefecture_id: Set(registry.prefecture_id),
        province_id: Set(registry.province_id),
        registered: Set(act.registered),
        cross_province: Set(act.cross_province),
        divorces: Set(act.divorces),
        withdrawn: Set(act.withdrawn),
        as_of: Set(now),
    })
    .on_conflict(conflict)
    .exec_without_returning(tx)
    .await?;
    Ok(())
}
