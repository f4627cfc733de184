//! Figures by division and month, each one statement for all divisions asked at once.
//!
//! A thing counts for every division it lies in, whatever its level: the `*_area` tables have a row for
//! each. Months are numbers (year × 12 + month − 1), so that grouping is the same in both databases.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use minzheng_kit::{Result, YearMonth};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter,
    QueryOrder, QuerySelect, RelationDef,
};
use uuid::Uuid;

use super::divisions;
use crate::{
    model::{
        boundary_area, boundary_line, division_change, filing, naming_application, naming_area,
        vocabulary::NamingKind,
    },
    rules::{divisions as law, scope::PlaceKind},
};

/// What happened to names and boundaries in one month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Month {
    /// Names approved.
    pub named: i64,
    /// Renamings approved.
    pub renamed: i64,
    /// Filings due in the month that came late or have not come.
    pub filed_late: i64,
    /// Boundary lines whose inspection falls due in the month.
    pub boundaries_due: i64,
}

/// Figures on naming over some months.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Naming {
    /// Names approved, of any kind of place.
    pub named: i64,
    /// Renamings approved.
    pub renamed: i64,
    /// Names cancelled.
    pub cancelled: i64,
    /// Of the names and renamings those of roads.
    pub roads: i64,
    /// Filings that the division's department reviewed.
    pub filings_reviewed: i64,
}

/// The join from the area rows to their applications.
fn to_application() -> RelationDef {
    naming_area::Entity::belongs_to(naming_application::Entity)
        .from(naming_area::Column::Application)
        .to(naming_application::Column::Id)
        .into()
}

/// The join from the area rows to the filings of their applications.
fn to_filing() -> RelationDef {
    naming_area::Entity::belongs_to(filing::Entity)
        .from(naming_area::Column::Application)
        .to(filing::Column::Application)
        .into()
}

#[derive(FromQueryResult)]
struct ByMonth {
    division: Uuid,
    month: Option<i32>,
    count: i64,
}

#[derive(FromQueryResult)]
struct Approved {
    division: Uuid,
    month: Option<i32>,
    kind: NamingKind,
    place_kind: PlaceKind,
    count: i64,
}

/// By month, for each of these divisions. Months without anything are missing.
pub async fn months<C: ConnectionTrait>(
    db: &C,
    ids: &[Uuid],
    from: YearMonth,
    to: YearMonth,
    today: NaiveDate,
) -> Result<HashMap<Uuid, BTreeMap<i32, Month>>> {
    let mut months: HashMap<Uuid, BTreeMap<i32, Month>> = HashMap::with_capacity(ids.len());
    let mut at = |division: Uuid, month: Option<i32>, add: &dyn Fn(&mut Month)| {
        if let Some(month) = month {
            add(months
                .entry(division)
                .or_default()
                .entry(month)
                .or_default());
        }
    };
    for row in approved(db, ids, from, to).await? {
        at(row.division, row.month, &|m| match row.kind {
            NamingKind::Name => m.named += row.count,
            NamingKind::Rename => m.renamed += row.count,
            NamingKind::Cancel => {}
        });
    }
    for row in filed_late(db, ids, from, to, today).await? {
        at(row.division, row.month, &|m| m.filed_late += row.count);
    }
    for row in boundaries_due(db, ids, from, to).await? {
        at(row.division, row.month, &|m| m.boundaries_due += row.count);
    }
    Ok(months)
}

/// Figures by month that were brought to the divisions of today.
#[derive(Clone, Debug, Default)]
pub struct Rebased {
    /// By month.
    pub months: BTreeMap<i32, Month>,
    /// Whether nothing had to be left out because a share of a split is not known.
    pub is_complete: bool,
}

/// D-8: the same by month, for each of these divisions with all that became a part of it: figures of a town
/// that was merged stand with the town of today. Four statements more, however many divisions are asked.
pub async fn rebased_months<C: ConnectionTrait>(
    db: &C,
    ids: &[Uuid],
    from: YearMonth,
    to: YearMonth,
    today: NaiveDate,
) -> Result<HashMap<Uuid, Rebased>> {
    let forebears = divisions::forebears(db, ids).await?;
    let mut all: Vec<Uuid> = forebears.values().flatten().map(|one| one.0).collect();
    all.sort_unstable();
    all.dedup();
    let own = months(db, &all, from, to, today).await?;
    let mut found = HashMap::with_capacity(forebears.len());
    for (id, forebears) in forebears {
        let mut rebased = Rebased {
            is_complete: true,
            ..Rebased::default()
        };
        for (forebear, part) in forebears {
            let Some(figures) = own.get(&forebear) else {
                continue;
            };
            let Some(part) = part else {
                rebased.is_complete = false;
                continue;
            };
            for (month, figures) in figures {
                let sum = rebased.months.entry(*month).or_default();
                sum.named += law::rebased(figures.named, part);
                sum.renamed += law::rebased(figures.renamed, part);
                sum.filed_late += law::rebased(figures.filed_late, part);
                sum.boundaries_due += law::rebased(figures.boundaries_due, part);
            }
        }
        found.insert(id, rebased);
    }
    Ok(found)
}

/// Over all months from `from` to `to`, for each of these divisions.
pub async fn naming<C: ConnectionTrait>(
    db: &C,
    ids: &[Uuid],
    from: YearMonth,
    to: YearMonth,
) -> Result<HashMap<Uuid, Naming>> {
    let mut figures: HashMap<Uuid, Naming> = HashMap::with_capacity(ids.len());
    for row in approved(db, ids, from, to).await? {
        let naming = figures.entry(row.division).or_default();
        match row.kind {
            NamingKind::Name => naming.named += row.count,
            NamingKind::Rename => naming.renamed += row.count,
            NamingKind::Cancel => naming.cancelled += row.count,
        }
        if row.place_kind == PlaceKind::Road && row.kind != NamingKind::Cancel {
            naming.roads += row.count;
        }
    }
    let reviewed = filing::Entity::find()
        .select_only()
        .column_as(filing::Column::Reviewer, "division")
        .column_as(filing::Column::ReviewedMonth.max(), "month")
        .column_as(filing::Column::Application.count(), "count")
        .filter(filing::Column::Reviewer.is_in(ids.iter().copied()))
        .filter(filing::Column::ReviewedMonth.between(from.index(), to.index()))
        .group_by(filing::Column::Reviewer)
        .into_model::<ByMonth>()
        .all(db)
        .await?;
    for row in reviewed {
        figures.entry(row.division).or_default().filings_reviewed = row.count;
    }
    Ok(figures)
}

/// The division changes approved in these divisions, by day.
pub async fn changes<C: ConnectionTrait>(
    db: &C,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Vec<division_change::Model>>> {
    use division_change::Column as C;
    let keys = || ids.iter().copied();
    let rows = division_change::Entity::find()
        .filter(
            Condition::any()
                .add(C::Division.is_in(keys()))
                .add(C::Prefecture.is_in(keys()))
                .add(C::Province.is_in(keys())),
        )
        .order_by_asc(C::Effective)
        .order_by_asc(C::Id)
        .all(db)
        .await?;
    let asked: std::collections::HashSet<Uuid> = keys().collect();
    let mut changes: HashMap<Uuid, Vec<_>> = HashMap::new();
    for row in rows {
        for division in [Some(row.division), row.prefecture, Some(row.province)]
            .into_iter()
            .flatten()
        {
            if asked.contains(&division) {
                changes.entry(division).or_default().push(row.clone());
            }
        }
    }
    Ok(changes)
}

async fn approved<C: ConnectionTrait>(
    db: &C,
    ids: &[Uuid],
    from: YearMonth,
    to: YearMonth,
) -> Result<Vec<Approved>> {
    use naming_application::Column as C;
    Ok(naming_area::Entity::find()
        .select_only()
        .column(naming_area::Column::Division)
        .column_as(C::ApprovedMonth, "month")
        .column(C::Kind)
        .column(C::PlaceKind)
        .column_as(C::Id.count(), "count")
        .join(JoinType::InnerJoin, to_application())
        .filter(naming_area::Column::Division.is_in(ids.iter().copied()))
        .filter(C::ApprovedMonth.between(from.index(), to.index()))
        .group_by(naming_area::Column::Division)
        .group_by(C::ApprovedMonth)
        .group_by(C::Kind)
        .group_by(C::PlaceKind)
        .into_model::<Approved>()
        .all(db)
        .await?)
}

/// P-12: late when filed after the day it was due, or not filed and due before today.
async fn filed_late<C: ConnectionTrait>(
    db: &C,
    ids: &[Uuid],
    from: YearMonth,
    to: YearMonth,
    today: NaiveDate,
) -> Result<Vec<ByMonth>> {
    use filing::Column as C;
    use sea_orm::sea_query::{Expr, ExprTrait};
    let late = Condition::any()
        .add(Expr::col((filing::Entity, C::FiledOn)).gt(Expr::col((filing::Entity, C::DueOn))))
        .add(
            Condition::all()
                .add(C::FiledOn.is_null())
                .add(C::DueOn.lt(today)),
        );
    Ok(naming_area::Entity::find()
        .select_only()
        .column(naming_area::Column::Division)
        .column_as(C::DueMonth, "month")
        .column_as(C::Application.count(), "count")
        .join(JoinType::InnerJoin, to_filing())
        .filter(naming_area::Column::Division.is_in(ids.iter().copied()))
        .filter(C::DueMonth.between(from.index(), to.index()))
        .filter(late)
        .group_by(naming_area::Column::Division)
        .group_by(C::DueMonth)
        .into_model::<ByMonth>()
        .all(db)
        .await?)
}

async fn boundaries_due<C: ConnectionTrait>(
    db: &C,
    ids: &[Uuid],
    from: YearMonth,
    to: YearMonth,
) -> Result<Vec<ByMonth>> {
    use boundary_line::Column as C;
    let line: RelationDef = boundary_area::Entity::belongs_to(boundary_line::Entity)
        .from(boundary_area::Column::Line)
        .to(C::Id)
        .into();
    Ok(boundary_area::Entity::find()
        .select_only()
        .column(boundary_area::Column::Division)
        .column_as(C::DueMonth, "month")
        .column_as(C::Id.count(), "count")
        .join(JoinType::InnerJoin, line)
        .filter(boundary_area::Column::Division.is_in(ids.iter().copied()))
        .filter(C::DueMonth.between(from.index(), to.index()))
        .group_by(boundary_area::Column::Division)
        .group_by(C::DueMonth)
        .into_model::<ByMonth>()
        .all(db)
        .await?)
}
