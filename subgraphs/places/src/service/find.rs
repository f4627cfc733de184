//! Finding by position: which division a point lies in, which places lie in a polygon, and the export of
//! shapes.

use async_graphql::Enum;
use minzheng_kit::{Result, page};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Value,
};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{divisions, places, shapes};
use crate::{
    model::{
        geometry, place,
        vocabulary::{DivisionLevel, GeometryState, GeometrySubject},
    },
    rules::{
        boundaries as law,
        geojson::{self, Geometry, Polygon},
        geometry::{BoundingBox, Point},
        scope::PlaceKind,
        topology,
    },
};

/// How far around a point places are looked for, in metres, one after the other.
const RINGS: [f64; 3] = [500.0, 5_000.0, 50_000.0];
/// The most places of one ring that are compared.
const MOST_NEAR: u64 = 2_000;
/// Rows that are read at once when places within a polygon are sought.
const CHUNK: u64 = 500;
/// How often at most for one page; then the page ends early and says that there is more.
const MOST_CHUNKS: usize = 20;

/// Where a point is.
#[derive(Clone, Debug)]
pub struct Found {
    /// The smallest division around it, if any is known.
    pub division: Option<Uuid>,
    /// Whether the division was found by its shape and not by the nearest place.
    pub by_shape: bool,
    /// The nearest place and the metres to it.
    pub nearest: Option<(place::Model, f64)>,
}

/// The division around a point, by shapes where they are known, else that of the nearest place.
pub async fn reverse<C: ConnectionTrait>(
    db: &C,
    point: Point,
    today: chrono::NaiveDate,
) -> Result<Found> {
    use geometry::Column as G;
    let candidates = geometry::Entity::find()
        .filter(G::SubjectKind.eq(GeometrySubject::Division))
        .filter(G::State.eq(GeometryState::Committed))
        .filter(G::West.lte(point.longitude))
        .filter(G::East.gte(point.longitude))
        .filter(G::South.lte(point.latitude))
        .filter(G::North.gte(point.latitude))
        .order_by_asc(G::AreaSquareMetres)
        .all(db)
        .await?;
    let mut around = None;
    for row in candidates {
        if topology::contains(&shapes::stored_area(&row.full_text)?, point) {
            around = Some(row.subject);
            break;
        }
    }
    let nearest = nearest(db, point).await?;
    let by_shape = around.is_some();
    let division = match (around, &nearest) {
        (Some(id), _) => Some(id),
        (None, Some((place, _))) => places::division_of(db, &[place.id], today)
            .await?
            .remove(&place.id),
        (None, None) => None,
    };
    Ok(Found {
        division,
        by_shape,
        nearest,
    })
}

fn in_box(area: BoundingBox) -> sea_orm::Condition {
    sea_orm::Condition::all()
        .add(place::Column::Latitude.between(area.south_west.latitude, area.north_east.latitude))
        .add(place::Column::Longitude.between(area.south_west.longitude, area.north_east.longitude))
}

fn point_of(row: &place::Model) -> Option<Point> {
    Some(Point {
        longitude: row.longitude?,
        latitude: row.latitude?,
    })
}

async fn nearest<C: ConnectionTrait>(db: &C, point: Point) -> Result<Option<(place::Model, f64)>> {
    for ring in RINGS {
        let rows = place::Entity::find()
            .filter(in_box(point.around(ring)))
            .limit(MOST_NEAR)
            .all(db)
            .await?;
        let found = rows
            .into_iter()
            .filter_map(|row| {
                let away = point_of(&row)?.distance(point);
                (away <= ring).then_some((row, away))
            })
            .min_by(|a, b| a.1.total_cmp(&b.1));
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// Some places within a polygon, by id, and where to go on.
#[derive(Clone, Debug)]
pub struct Within {
    /// The places.
    pub places: Vec<place::Model>,
    /// Whether there may be more.
    pub more: bool,
    /// The last id that was looked at, when there is more.
    pub last: Option<Uuid>,
}

/// The places within an area, by id: cut by its box in the database, by its shape here.
pub async fn within<C: ConnectionTrait>(
    db: &C,
    area: &[Polygon],
    kind: Option<PlaceKind>,
    after: Option<Uuid>,
    size: usize,
) -> Result<Within> {
    let bounds = Geometry::Area(area.to_vec()).bounds();
    let mut found = Vec::with_capacity(size);
    let mut last = after;
    for _ in 0..MOST_CHUNKS {
        let mut select = place::Entity::find().filter(in_box(bounds));
        if let Some(kind) = kind {
            select = select.filter(place::Column::Kind.eq(kind));
        }
        if let Some(last) = last {
            select = select.filter(place::Column::Id.gt(last));
        }
        let rows = select
            .order_by_asc(place::Column::Id)
            .limit(CHUNK)
            .all(db)
            .await?;
        let is_end = (rows.len() as u64) < CHUNK;
        for row in rows {
            let inside = point_of(&row).is_some_and(|point| topology::contains(area, point));
            if inside {
                if found.len() == size {
                    return Ok(Within {
                        places: found,
                        more: true,
                        last,
                    });
                }
                last = Some(row.id);
                found.push(row);
            } else if found.len() < size {
                last = Some(row.id);
            }
        }
        if is_end {
            return Ok(Within {
                places: found,
                more: false,
                last: None,
            });
        }
    }
    Ok(Within {
        places: found,
        more: true,
        last,
    })
}

/// The id in a cursor of [`within`].
pub fn cursor_id(cursor: &str) -> Result<Uuid> {
    match page::decode(cursor, 1)?.first() {
        Some(Value::Uuid(Some(id))) => Ok(*id),
        _ => Err(minzheng_kit::UserError::new(
            "BAD_CURSOR",
            "This cursor is not of this list.",
            "游标无效。",
        )
        .into()),
    }
}

/// In what form shapes are exported (矢量数据格式).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(name = "VectorFormat")]
pub enum Format {
    /// A GeoJSON feature collection (GeoJSON要素集合).
    #[graphql(name = "GEOJSON")]
    GeoJson,
    /// Lines of code, name and well-known text, separated by tabs (WKT文本).
    Wkt,
}

/// An export.
#[derive(Clone, Debug)]
pub struct Export {
    /// The text.
    pub content: String,
    /// How many shapes.
    pub features: usize,
    /// Divisions of the level without a shape that may be given.
    pub missing: usize,
}

/// The most divisions of one export.
const MOST_EXPORTED: u64 = 500;

/// The shapes of the divisions of a level below one, as surveyed or as the public gets them.
pub async fn export<C: ConnectionTrait>(
    db: &C,
    above: (Uuid, DivisionLevel),
    level: DivisionLevel,
    format: Format,
    full: bool,
    today: chrono::NaiveDate,
) -> Result<Export> {
    let versions = divisions::descendants(above.0, above.1, level, today)
        .order_by_asc(crate::model::division_version::Column::Code)
        .limit(MOST_EXPORTED)
        .all(db)
        .await?;
    let ids: Vec<Uuid> = versions.iter().map(|one| one.division).collect();
    let known = shapes::committed(db, &ids).await?;
    let (mut features, mut lines, mut missing) = (Vec::new(), Vec::new(), 0);
    for version in &versions {
        let shown = known
            .get(&version.division)
            .filter(|row| full || law::may_be_published(row.map_review_no.as_deref(), row.is_demo));
        let Some(row) = shown else {
            missing += 1;
            continue;
        };
        let text = if full {
            &row.full_text
        } else {
            &row.public_text
        };
        let shape: Json =
            serde_json::from_str(text).map_err(|e| minzheng_kit::Error::internal(e.to_string()))?;
        match format {
            Format::GeoJson => features.push(json!({
                "type": "Feature",
                "id": version.division,
                "properties": { "code": version.code, "name": version.name, "version": row.number,
                    "mapReviewNo": row.map_review_no, "isDemo": row.is_demo },
                "geometry": shape,
            })),
            Format::Wkt => {
                let shape = geojson::read(&shape)?;
                lines.push(format!(
                    "{}\t{}\t{}",
                    version.code,
                    version.name,
                    shape.wkt()
                ));
            }
        }
    }
    let count = features.len() + lines.len();
    let content = match format {
        Format::GeoJson => json!({ "type": "FeatureCollection", "features": features }).to_string(),
        Format::Wkt => lines.join("\n"),
    };
    Ok(Export {
        content,
        features: count,
        missing,
    })
}
