//! Geometry: what lies where.

use async_graphql::{Context, ID, Object, connection::Edge};
use minzheng_kit::{
    Date, GeoJson, PrincipalExt, Result,
    federation::directives::*,
    page::{self, Page, PageArgs},
};
use sea_orm::Value;

use super::{bad, known, names, unknown};
use crate::{
    graph::{
        division::{Division, day},
        place::Place,
        shape::{ReverseGeocode, Shape, VectorExport},
    },
    model::vocabulary::DivisionLevel,
    rules::{
        geojson::{self, Geometry},
        geometry,
        scope::PlaceKind,
        topology,
    },
    service::{
        divisions,
        find::{self, Format},
        naming::requests::PlacePointInput,
        shapes,
    },
};

/// The entrances to geometry.
#[derive(Default)]
pub(super) struct Shapes;

async fn exported(
    ctx: &Context<'_>,
    above: uuid::Uuid,
    level: DivisionLevel,
    format: Format,
    full: bool,
) -> Result<VectorExport> {
    let services = ctx.services();
    let db = services.db.read();
    let own = divisions::existing(db, &[above])
        .await?
        .remove(&above)
        .ok_or_else(|| unknown(&["divisionId"]))?;
    let today = services.clock.today();
    let export = find::export(db, (above, own.level), level, format, full, today).await?;
    Ok(VectorExport {
        format,
        media_type: match format {
            Format::GeoJson => "application/geo+json",
            Format::Wkt => "text/tab-separated-values",
        },
        datum: "CGCS2000",
        is_simplified: !full,
        feature_count: export.features,
        missing_count: export.missing,
        content: export.content,
    })
}

#[Object]
impl Shapes {
    /// The smallest division around a point and the nearest place (逆地理编码).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn reverse_geocode(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The point, in CGCS2000 degrees (坐标点).")] point: PlacePointInput,
        #[graphql(desc = "The day, today if not given (日期).")] as_of: Option<Date>,
    ) -> Result<ReverseGeocode> {
        let point = geometry::Point {
            longitude: point.longitude,
            latitude: point.latitude,
        };
        if !point.is_plausible() {
            return Err(bad(
                "POINT_OUTSIDE",
                "The point is not in this country.",
                "坐标不在有效范围内。",
                &["point"],
            ));
        }
        let on = day(ctx, as_of);
        let found = find::reverse(ctx.services().db.read(), point, on).await?;
        let (place, away) = found.nearest.unzip();
        Ok(ReverseGeocode {
            division: found.division.map(Division::one),
            is_by_shape: found.by_shape,
            nearest_place: place
                .into_iter()
                .flat_map(|row| Place::all(vec![row]))
                .next(),
            distance_metres: away.map(f64::round),
        })
    }

    /// The places within a polygon, by identity (范围内地名).
    #[graphql(directive = cache_control::apply(Some(60), Some(CacheScope::Public)))]
    async fn places_within(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A GeoJSON Polygon or MultiPolygon, in CGCS2000 degrees (范围).")]
        polygon: GeoJson,
        #[graphql(desc = "The kind of place (地名类别).")] kind: Option<PlaceKind>,
        #[graphql(desc = "How many, at most 500 (条数).", default = 50)] first: i32,
        #[graphql(desc = "Behind this cursor (游标).")] after: Option<String>,
    ) -> Result<Page<Place>> {
        let args = PageArgs::forward(Some(first), after);
        let (size, _) = args.size()?;
        let shape = geojson::read(&polygon.0).map_err(|fault| fault.field(&["polygon"]))?;
        if let Some(fault) = topology::check(&shape) {
            return Err(fault.field(&["polygon"]).into());
        }
        let Geometry::Area(area) = shape else {
            return Err(bad(
                "GEOMETRY_KIND",
                "A polygon is expected here.",
                "此处应为面。",
                &["polygon"],
            ));
        };
        let after = args.after.as_deref().map(find::cursor_id).transpose()?;
        let db = ctx.services().db.read();
        let found = find::within(db, &area, kind, after, size).await?;
        let cursor = |id: uuid::Uuid| page::encode(&[Value::from(id)]);
        let mut cursors: Vec<String> = found.places.iter().map(|row| cursor(row.id)).collect();
        // The last entry's cursor leads behind everything that was looked at.
        if let (Some(end), Some(last)) = (cursors.last_mut(), found.last) {
            *end = cursor(last);
        }
        let mut page = Page::new(args.after.is_some(), found.more);
        page.edges = cursors
            .into_iter()
            .zip(Place::all(found.places))
            .map(|(cursor, place)| Edge::new(cursor, place))
            .collect();
        Ok(page)
    }

    /// The shapes of the divisions of a level below one, as the public gets them (公众矢量数据导出).
    #[graphql(directive = cache_control::apply(Some(3600), Some(CacheScope::Public)))]
    async fn export_vector(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The division above (上级区划).")] division_id: ID,
        #[graphql(desc = "The level of the shapes (级别).")] level: DivisionLevel,
        #[graphql(desc = "The form (格式).")] format: Format,
    ) -> Result<VectorExport> {
        exported(
            ctx,
            known(&division_id, &["divisionId"])?,
            level,
            format,
            false,
        )
        .await
    }

    /// The same as surveyed, for officers whose area the division is in (完整矢量数据导出).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["places.write".into()]]),
        directive = cache_control::apply(Some(0), Some(CacheScope::Private))
    )]
    async fn export_full_vector(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The division above (上级区划).")] division_id: ID,
        #[graphql(desc = "The level of the shapes (级别).")] level: DivisionLevel,
        #[graphql(desc = "The form (格式).")] format: Format,
    ) -> Result<VectorExport> {
        ctx.need("places.write")?;
        let division = names::own_area(ctx, Some(&division_id)).await?;
        exported(ctx, division, level, format, true).await
    }

    /// The versions of a shape, proposed ones too, latest first, the hundred latest at most; for officers whose area its division is in (图形版本列表).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["places.write".into()]]),
        directive = cache_control::apply(Some(0), Some(CacheScope::Private))
    )]
    async fn geometry_versions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The division (区划).")] division_id: ID,
    ) -> Result<Vec<Shape>> {
        ctx.need("places.write")?;
        let division = names::own_area(ctx, Some(&division_id)).await?;
        let rows = shapes::versions(ctx.services().db.read(), division).await?;
        rows.into_iter().map(Shape::full).collect()
    }
}
