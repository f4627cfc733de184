//! The entity of a place with a name.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID, SimpleObject};
use minzheng_kit::{Date, PrincipalExt, Result, batch::Siblings, federation::directives::*};
use uuid::Uuid;

use super::division::{Division, day};
use crate::{
    model::{place, place_name, vocabulary::NameStatus},
    rules::scope::PlaceKind,
    service::places,
};

/// A point on the CGCS2000 ellipsoid (坐标点).
#[derive(SimpleObject, Clone, Copy, Debug)]
#[graphql(directive = shareable::apply())]
pub(crate) struct Point {
    /// Degrees east (经度).
    longitude: f64,
    /// Degrees north (纬度).
    latitude: f64,
}

/// A name of a place for a time (地名).
#[derive(SimpleObject, Clone)]
pub(crate) struct PlaceName {
    /// The whole name (全称).
    text: String,
    /// The specific part (专名).
    specific: String,
    /// The generic part; null where the name has none (通名).
    generic: Option<String>,
    /// Pinyin without tone marks, as on signs (罗马字母拼写).
    roman: String,
    /// Pinyin with tone marks (汉语拼音).
    roman_toned: String,
    /// What the name is to its place (状态).
    status: NameStatus,
    /// The first day (起始日期).
    valid_from: Date,
    /// The last day, exclusive; null while in use (截止日期，不含当日).
    valid_to: Option<Date>,
}

impl From<place_name::Model> for PlaceName {
    fn from(row: place_name::Model) -> Self {
        Self {
            text: row.name,
            specific: row.specific,
            generic: row.generic,
            roman: row.roman,
            roman_toned: row.roman_toned,
            status: row.status,
            valid_from: Date(row.valid_from),
            valid_to: row.valid_to.map(Date),
        }
    }
}

/// A place with a name (地名实体).
#[derive(SimpleObject, Clone)]
#[graphql(
    complex,
    directive = key::apply("id".into(), None),
    directive = cache_control::apply(Some(600), Some(CacheScope::Public))
)]
pub(crate) struct Place {
    /// Opaque identity (标识).
    id: ID,
    #[graphql(skip)]
    uuid: Uuid,
    #[graphql(skip)]
    siblings: Arc<Siblings<Uuid>>,
    #[graphql(skip)]
    known: Option<Arc<place::Model>>,
}

impl Place {
    pub(super) fn sibling(uuid: Uuid, siblings: &Arc<Siblings<Uuid>>) -> Self {
        Self {
            id: uuid.into(),
            uuid,
            siblings: Arc::clone(siblings),
            known: None,
        }
    }

    pub(super) fn one(uuid: Uuid) -> Self {
        Self::sibling(uuid, &Siblings::new(vec![uuid]))
    }

    /// Places of one page.
    pub(super) fn all(rows: Vec<place::Model>) -> Vec<Self> {
        let siblings = Siblings::new(rows.iter().map(|row| row.id).collect());
        rows.into_iter()
            .map(|row| {
                let place = Self::sibling(row.id, &siblings);
                Self {
                    known: Some(Arc::new(row)),
                    ..place
                }
            })
            .collect()
    }

    async fn row(&self, ctx: &Context<'_>) -> Result<Arc<place::Model>> {
        if let Some(known) = &self.known {
            return Ok(Arc::clone(known));
        }
        let db = ctx.services().db.read();
        self.siblings
            .load(&self.uuid, "place", "", |ids| async move {
                let found = places::by_ids(db, &ids).await?;
                Ok(found
                    .into_iter()
                    .map(|(id, row)| (id, Arc::new(row)))
                    .collect())
            })
            .await?
            .ok_or(minzheng_kit::Error::NotFound)
    }

    async fn name_rows(&self, ctx: &Context<'_>) -> Result<Arc<Vec<place_name::Model>>> {
        let db = ctx.services().db.read();
        let rows = self
            .siblings
            .load(&self.uuid, "names", "", |ids| async move {
                let found = places::names(db, &ids).await?;
                Ok(found
                    .into_iter()
                    .map(|(id, rows)| (id, Arc::new(rows)))
                    .collect())
            })
            .await?;
        Ok(rows.unwrap_or_default())
    }
}

#[ComplexObject]
impl Place {
    /// The kind of place (地名类别).
    async fn kind(&self, ctx: &Context<'_>) -> Result<Option<PlaceKind>> {
        Ok(Some(self.row(ctx).await?.kind))
    }

    /// The standard name on a day, today if none is given; null when it had none then (标准地名).
    async fn standard_name(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day, today if not given (日期).")] as_of: Option<Date>,
    ) -> Result<Option<PlaceName>> {
        let on = day(ctx, as_of);
        let names = self.name_rows(ctx).await?;
        let standard = names.iter().find(|name| {
            matches!(name.status, NameStatus::Standard | NameStatus::Former)
                && name.valid_from <= on
                && name.valid_to.is_none_or(|to| to > on)
        });
        Ok(standard.cloned().map(PlaceName::from))
    }

    /// All names it has or had, earliest first (全部名称).
    async fn names(&self, ctx: &Context<'_>) -> Result<Option<Vec<PlaceName>>> {
        let names = self.name_rows(ctx).await?;
        Ok(Some(names.iter().cloned().map(PlaceName::from).collect()))
    }

    /// The smallest known division around it (所在区划).
    async fn division(&self, ctx: &Context<'_>) -> Result<Option<Division>> {
        let division = self.row(ctx).await?.division;
        let db = ctx.services().db.read();
        // The divisions of sibling places are siblings too.
        let together = self
            .siblings
            .load(&self.uuid, "divisions", "", |ids| async move {
                let rows = places::by_ids(db, &ids).await?;
                let divisions = Siblings::new(rows.values().map(|row| row.division).collect());
                Ok(rows
                    .into_keys()
                    .map(|id| (id, Arc::clone(&divisions)))
                    .collect())
            })
            .await?;
        Ok(Some(together.map_or_else(
            || Division::one(division),
            |s| Division::sibling(division, &s),
        )))
    }

    /// Its point; null where it was not surveyed (坐标).
    async fn point(&self, ctx: &Context<'_>) -> Result<Option<Point>> {
        let row = self.row(ctx).await?;
        Ok(row
            .longitude
            .zip(row.latitude)
            .map(|(longitude, latitude)| Point {
                longitude,
                latitude,
            }))
    }

    /// The datum of the point, always CGCS2000 (坐标系).
    async fn datum(&self) -> &'static str {
        "CGCS2000"
    }

    /// The standard address; null where there is none (标准地址).
    async fn address(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(self.row(ctx).await?.address.clone())
    }

    /// Where the name comes from; null where it is not recorded (来历).
    async fn origin(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(self.row(ctx).await?.origin.clone())
    }

    /// Whether the name is on the list of protected names (是否地名文化遗产).
    async fn is_heritage(&self, ctx: &Context<'_>) -> Result<Option<bool>> {
        Ok(Some(self.row(ctx).await?.is_heritage))
    }

    /// Whether the place is invented for demonstration (是否演示数据).
    async fn is_demo(&self, ctx: &Context<'_>) -> Result<Option<bool>> {
        Ok(Some(self.row(ctx).await?.is_demo))
    }
}

/// Those of the ids that are places, as siblings and in the order asked.
pub(super) async fn load(ctx: &Context<'_>, ids: &[Option<Uuid>]) -> Result<Vec<Option<Place>>> {
    let wanted: Vec<Uuid> = ids.iter().flatten().copied().collect();
    let found = places::by_ids(ctx.services().db.read(), &wanted).await?;
    let siblings = Siblings::new(
        wanted
            .into_iter()
            .filter(|id| found.contains_key(id))
            .collect(),
    );
    let place = |id: &Uuid| {
        let row = found.get(id)?;
        Some(Place {
            known: Some(Arc::new(row.clone())),
            ..Place::sibling(*id, &siblings)
        })
    };
    Ok(ids.iter().map(|id| id.as_ref().and_then(place)).collect())
}
