//! Boundary lines and their inspections.

use std::collections::HashMap;

use chrono::NaiveDate;
use minzheng_kit::Result;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, RelationDef, Select,
};
use uuid::Uuid;

use crate::model::{
    boundary_area, boundary_line, joint_inspection, marker, marker_act, vocabulary::BoundaryLevel,
};

/// The boundaries of one division, summed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Summary {
    /// Lines between counties.
    pub county_lines: i64,
    /// Lines between townships.
    pub township_lines: i64,
    /// Lines between provinces.
    pub province_lines: i64,
    /// Length of all lines together.
    pub length_metres: i64,
    /// Joint inspections that every line has been through.
    pub rounds: i32,
}

/// The join from the area rows to their lines.
fn line() -> RelationDef {
    boundary_area::Entity::belongs_to(boundary_line::Entity)
        .from(boundary_area::Column::Line)
        .to(boundary_line::Column::Id)
        .into()
}

#[derive(FromQueryResult)]
struct Summed {
    division: Uuid,
    level: BoundaryLevel,
    lines: i64,
    metres: i64,
    rounds: i32,
}

/// The lines that lie in or around each of these divisions, summed; a division without any is missing.
pub async fn summaries<C: ConnectionTrait>(db: &C, ids: &[Uuid]) -> Result<HashMap<Uuid, Summary>> {
    use sea_orm::sea_query::{Alias, ExprTrait};
    let rows = boundary_area::Entity::find()
        .select_only()
        .column(boundary_area::Column::Division)
        .column(boundary_line::Column::Level)
        .column_as(boundary_line::Column::Id.count(), "lines")
        // PostgreSQL sums bigint to numeric.
        .column_as(
            boundary_line::Column::LengthMetres
                .sum()
                .cast_as(Alias::new("bigint")),
            "metres",
        )
        .column_as(boundary_line::Column::Rounds.min(), "rounds")
        .join(JoinType::InnerJoin, line())
        .filter(boundary_area::Column::Division.is_in(ids.iter().copied()))
        .group_by(boundary_area::Column::Division)
        .group_by(boundary_line::Column::Level)
        .into_model::<Summed>()
        .all(db)
        .await?;
    let mut summaries: HashMap<Uuid, Summary> = HashMap::new();
    for row in rows {
        let fresh = Summary {
            rounds: row.rounds,
            ..Summary::default()
        };
        let summary = summaries.entry(row.division).or_insert(fresh);
        summary.length_metres += row.metres;
        summary.rounds = Ord::min(summary.rounds, row.rounds);
        match row.level {
            BoundaryLevel::Province => summary.province_lines = row.lines,
            BoundaryLevel::County => summary.county_lines = row.lines,
            BoundaryLevel::Township => summary.township_lines = row.lines,
        }
    }
    Ok(summaries)
}

/// Which lines are asked for by the day on which they are due.
#[derive(Clone, Copy, Debug)]
pub struct Due {
    /// Not before this day; from the beginning if none.
    pub from: Option<NaiveDate>,
    /// Not after this day.
    pub by: NaiveDate,
    /// Between divisions of this level only.
    pub level: Option<BoundaryLevel>,
}

/// The lines whose inspection is due then, of one division or all, soonest first.
pub fn due(wanted: Due, division: Option<Uuid>) -> Select<boundary_line::Entity> {
    let mut lines =
        boundary_line::Entity::find().filter(boundary_line::Column::DueOn.lte(wanted.by));
    if let Some(from) = wanted.from {
        lines = lines.filter(boundary_line::Column::DueOn.gte(from));
    }
    if let Some(level) = wanted.level {
        lines = lines.filter(boundary_line::Column::Level.eq(level));
    }
    match division {
        None => lines,
        Some(id) => lines.filter(
            boundary_line::Column::Id.in_subquery(
                boundary_area::Entity::find()
                    .select_only()
                    .column(boundary_area::Column::Line)
                    .filter(boundary_area::Column::Division.eq(id))
                    .into_query(),
            ),
        ),
    }
}

/// The joint inspections of these lines, first round first.
pub async fn inspections<C: ConnectionTrait>(
    db: &C,
    lines: &[Uuid],
) -> Result<HashMap<Uuid, Vec<joint_inspection::Model>>> {
    let rows = joint_inspection::Entity::find()
        .filter(joint_inspection::Column::Line.is_in(lines.iter().copied()))
        .order_by_asc(joint_inspection::Column::Round)
        .all(db)
        .await?;
    let mut of: HashMap<Uuid, Vec<_>> = HashMap::with_capacity(lines.len());
    for row in rows {
        of.entry(row.line).or_default().push(row);
    }
    Ok(of)
}

/// The markers of these lines, by number.
pub async fn markers<C: ConnectionTrait>(
    db: &C,
    lines: &[Uuid],
) -> Result<HashMap<Uuid, Vec<marker::Model>>> {
    let rows = marker::Entity::find()
        .filter(marker::Column::Line.is_in(lines.iter().copied()))
        .order_by_asc(marker::Column::No)
        .all(db)
        .await?;
    let mut of: HashMap<Uuid, Vec<_>> = HashMap::with_capacity(lines.len());
    for row in rows {
        of.entry(row.line).or_default().push(row);
    }
    Ok(of)
}

/// Lines by their ids.
pub async fn by_ids<C: ConnectionTrait>(db: &C, ids: &[Uuid]) -> Result<Vec<boundary_line::Model>> {
    Ok(boundary_line::Entity::find()
        .filter(boundary_line::Column::Id.is_in(ids.iter().copied()))
        .all(db)
        .await?)
}

/// One line.
pub async fn one<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<Option<boundary_line::Model>> {
    Ok(boundary_line::Entity::find_by_id(id).one(db).await?)
}

/// One inspection.
pub async fn inspection<C: ConnectionTrait>(
    db: &C,
    id: Uuid,
) -> Result<Option<joint_inspection::Model>> {
    Ok(joint_inspection::Entity::find_by_id(id).one(db).await?)
}

/// One marker.
pub async fn marker<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<Option<marker::Model>> {
    Ok(marker::Entity::find_by_id(id).one(db).await?)
}

/// One move or mending of a marker.
pub async fn marker_act<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<Option<marker_act::Model>> {
    Ok(marker_act::Entity::find_by_id(id).one(db).await?)
}
