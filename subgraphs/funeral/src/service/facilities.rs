//! Facilities, their price lists and their vehicles.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use minzheng_kit::divisions::Divisions;
use minzheng_kit::error::Result;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QueryOrder,
    QuerySelect, RelationDef,
};
use uuid::Uuid;

use super::ceilings::Ceilings;
use super::people::group;
use super::sql::Binds;
use crate::model::{division_scope, facility, hearse, plot, price_line, service_item};
use crate::rules::geo::Point;
use crate::rules::price::binding_ceiling;
use crate::rules::terms::{FacilityKind, FacilityState, FacilitySubKind, HearseState};

/// The widest search by distance, in kilometres.
pub const MAX_RADIUS_KM: f64 = 300.0;

/// What facilities are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// Only of this kind.
    pub kind: Option<FacilityKind>,
    /// Only of this sub-kind.
    pub sub_kind: Option<FacilitySubKind>,
    /// Only in this state.
    pub state: Option<FacilityState>,
}

impl Filter {
    /// The condition on the table `facility`.
    pub fn condition(&self) -> Condition {
        Condition::all()
            .add_option(self.kind.map(|k| facility::Column::Kind.eq(k)))
            .add_option(self.sub_kind.map(|k| facility::Column::SubKind.eq(k)))
            .add_option(self.state.map(|s| facility::Column::State.eq(s)))
    }
}

/// Facilities by id, with one statement.
pub async fn by_ids<C: ConnectionTrait>(
    c: &C,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, facility::Model>> {
    let rows = facility::Entity::find()
        .filter(facility::Column::Id.is_in(ids.iter().copied()))
        .all(c)
        .await?;
    Ok(rows.into_iter().map(|f| (f.id, f)).collect())
}

/// The open facilities within a radius, nearest first, with the distance in kilometres.
pub async fn near<C: ConnectionTrait>(
    c: &C,
    point: Point,
    radius_km: f64,
    filter: Filter,
    limit: usize,
) -> Result<Vec<(f64, facility::Model)>> {
    let radius = radius_km.clamp(0.0, MAX_RADIUS_KM);
    let bounds = point.around(radius);
    let rows = facility::Entity::find()
        .filter(facility::Column::Lat.between(bounds.low.lat, bounds.high.lat))
        .filter(facility::Column::Lon.between(bounds.low.lon, bounds.high.lon))
        .filter(
            Filter {
                state: Some(FacilityState::Open),
                ..filter
            }
            .condition(),
        )
        .all(c)
        .await?;
    Ok(nearest(
        rows,
        point,
        radius,
        limit,
        |f| Point {
            lon: f.lon,
            lat: f.lat,
        },
        |f| f.id,
    ))
}

/// The hearse that is ready and nearest, within a radius, with its distance in kilometres.
pub async fn nearest_hearse<C: ConnectionTrait>(
    c: &C,
    point: Point,
    radius_km: f64,
) -> Result<Option<(f64, hearse::Model)>> {
    let radius = radius_km.clamp(0.0, MAX_RADIUS_KM);
    let bounds = point.around(radius);
    let rows = hearse::Entity::find()
        .filter(hearse::Column::Lat.between(bounds.low.lat, bounds.high.lat))
        .filter(hearse::Column::Lon.between(bounds.low.lon, bounds.high.lon))
        .filter(hearse::Column::State.eq(HearseState::Ready))
        .all(c)
        .await?;
    Ok(nearest(
        rows,
        point,
        radius,
        1,
        |h| Point {
            lon: h.lon,
            lat: h.lat,
        },
        |h| h.id,
    )
    .into_iter()
    .next())
}

fn nearest<T>(
    rows: Vec<T>,
    from: Point,
    radius: f64,
    limit: usize,
    at: impl Fn(&T) -> Point,
    id: impl Fn(&T) -> Uuid,
) -> Vec<(f64, T)> {
    let mut found: Vec<(f64, T)> = rows
        .into_iter()
        .map(|row| (from.distance_km(at(&row)), row))
        .filter(|(d, _)| *d <= radius)
        .collect();
    found.sort_by(|(a, x), (b, y)| a.total_cmp(b).then_with(|| id(x).cmp(&id(y))));
    found.truncate(limit);
    found
}

/// A line of a price list with its item.
pub type Price = (price_line::Model, service_item::Model);

/// The price lists of facilities as they hold on a day, by item code, with two statements. The ceiling of a line is the
/// one that binds on that day, which may have been lowered since the list was published (F-7).
pub async fn prices<C: ConnectionTrait>(
    c: &C,
    order: &Divisions,
    ids: &[Uuid],
    on: NaiveDate,
) -> Result<HashMap<Uuid, Vec<Price>>> {
    let item_of: RelationDef = price_line::Entity::belongs_to(service_item::Entity)
        .from(price_line::Column::ItemCode)
        .to(service_item::Column::Code)
        .into();
    let rows = price_line::Entity::find()
        .filter(price_line::Column::FacilityId.is_in(ids.iter().copied()))
        .filter(price_line::Column::ValidFrom.lte(on))
        .filter(
            Condition::any()
                .add(price_line::Column::ValidTo.is_null())
                .add(price_line::Column::ValidTo.gt(on)),
        )
        .order_by_asc(price_line::Column::ItemCode)
        .join(JoinType::InnerJoin, item_of)
        .select_also(service_item::Entity)
        .all(c)
        .await?;
    let standing = Ceilings::of(c, order, ids).await?;
    let mut lists: HashMap<Uuid, Vec<Price>> = HashMap::new();
    for (mut line, item) in rows {
        if let Some(item) = item {
            line.ceiling =
                binding_ceiling(line.ceiling, standing.on(line.facility_id, &item.code, on));
            lists
                .entry(line.facility_id)
                .or_default()
                .push((line, item));
        }
    }
    Ok(lists)
}

/// The published service items, by code.
pub async fn items<C: ConnectionTrait>(c: &C) -> Result<HashMap<String, service_item::Model>> {
    let rows = service_item::Entity::find().all(c).await?;
    Ok(rows
        .into_iter()
        .map(|item| (item.code.clone(), item))
        .collect())
}

/// How many niches and graves of each facility are free, with one statement. A hold that ran out
/// is free again.
pub async fn free_plots<C: ConnectionTrait>(
    c: &C,
    ids: &[Uuid],
    now: DateTime<Utc>,
) -> Result<HashMap<Uuid, i64>> {
    let rows: Vec<(Uuid, i64)> = plot::Entity::find()
        .select_only()
        .column(plot::Column::FacilityId)
        .column_as(plot::Column::Id.count(), "n")
        .filter(plot::Column::FacilityId.is_in(ids.iter().copied()))
        .filter(super::plots::free(now))
        .group_by(plot::Column::FacilityId)
        .into_tuple()
        .all(c)
        .await?;
    Ok(rows.into_iter().collect())
}

/// The facilities of each division, those of the divisions below included, at most
/// `limit` each, with one statement.
pub async fn of_divisions<C: ConnectionTrait>(
    c: &C,
    divisions: &[Uuid],
    filter: Filter,
    limit: usize,
) -> Result<HashMap<Uuid, Vec<facility::Model>>> {
    use sea_orm::{ActiveEnum, FromQueryResult};
    let mut binds = Binds::default();
    let wanted = binds.list(divisions);
    let mut also = String::new();
    for (column, value) in [
        ("kind", filter.kind.map(|v| v.to_value())),
        ("sub_kind", filter.sub_kind.map(|v| v.to_value())),
        ("state", filter.state.map(|v| v.to_value())),
    ] {
        if let Some(value) = value {
            also.push_str(&format!(" AND f.{column} = {}", binds.one(value)));
        }
    }
    let limit = binds.one(i64::try_from(limit).unwrap_or(i64::MAX));
    // A window over one statement, so that a division with a thousand does not send a thousand.
    let sql = format!(
        "SELECT * FROM (SELECT f.*, s.ancestor_id AS scope_key, \
           ROW_NUMBER() OVER (PARTITION BY s.ancestor_id ORDER BY f.id) AS place_in_scope \
         FROM facility f JOIN division_scope s ON s.division_id = f.division_id \
         WHERE s.ancestor_id IN ({wanted}){also}) r \
         WHERE r.place_in_scope <= {limit} ORDER BY r.scope_key, r.place_in_scope"
    );
    let mut found: HashMap<Uuid, Vec<facility::Model>> = HashMap::new();
    for row in binds.all(c, &sql).await? {
        found
            .entry(row.try_get("", "scope_key")?)
            .or_default()
            .push(facility::Model::from_query_result(&row, "")?);
    }
    Ok(found)
}

/// The facilities that stand at each place, at most `limit` each.
pub async fn of_places<C: ConnectionTrait>(
    c: &C,
    places: &[Uuid],
    limit: usize,
) -> Result<HashMap<Uuid, Vec<facility::Model>>> {
    let rows = facility::Entity::find()
        .filter(facility::Column::PlaceId.is_in(places.iter().copied()))
        .order_by_asc(facility::Column::Id)
        .all(c)
        .await?;
    Ok(group(rows, limit, |f| f.place_id))
}

/// The facilities that each organization runs, by its credit code, at most `limit` each.
pub async fn of_organizations<C: ConnectionTrait>(
    c: &C,
    codes: &[String],
    limit: usize,
) -> Result<HashMap<String, Vec<facility::Model>>> {
    let rows = facility::Entity::find()
        .filter(facility::Column::CreditCode.is_in(codes.iter().cloned()))
        .order_by_asc(facility::Column::Id)
        .all(c)
        .await?;
    Ok(group(rows, limit, |f| f.credit_code.clone()))
}

/// The ids of all divisions in `division`, itself included, as a sub-select for other queries.
pub fn divisions_in(division: Uuid) -> sea_orm::sea_query::SelectStatement {
    use sea_orm::QueryTrait;
    division_scope::Entity::find()
        .select_only()
        .column(division_scope::Column::DivisionId)
        .filter(division_scope::Column::AncestorId.eq(division))
        .into_query()
}
