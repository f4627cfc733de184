//! The entity of a place with a name.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID, SimpleObject};
use minzheng_kit::{
    Date, GeoJson, PrincipalExt, Result,
    batch::Siblings,
    federation::directives::*,
    page::{self, Page, PageArgs},
};
use sea_orm::Order;
use uuid::Uuid;

use super::{
    division::{Division, day},
    shape::{Shape, course},
    sign::Signpost,
};
use crate::{
    model::{
        heritage_name, outdated_address, place, place_name,
        vocabulary::{NameStatus, PlaceHeritageCategory},
    },
    rules::{names, scope::PlaceKind},
    service::{heritage, places, shapes, signs},
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

impl Point {
    pub(super) fn new(longitude: f64, latitude: f64) -> Self {
        Self {
            longitude,
            latitude,
        }
    }
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
        let standard: Vec<&place_name::Model> = names
            .iter()
            .filter(|name| matches!(name.status, NameStatus::Standard | NameStatus::Former))
            .collect();
        let found = names::standard_on(&standard, |name| (name.valid_from, name.valid_to), on);
        Ok(found.map(|name| PlaceName::from((*name).clone())))
    }

    /// All names it has or had, earliest first (全部名称).
    async fn names(&self, ctx: &Context<'_>) -> Result<Option<Vec<PlaceName>>> {
        let names = self.name_rows(ctx).await?;
        Ok(Some(names.iter().cloned().map(PlaceName::from).collect()))
    }

    /// The smallest known division around it; where that one has ended its sole heir, else the county (所在区划).
    async fn division(&self, ctx: &Context<'_>) -> Result<Option<Division>> {
        let services = ctx.services();
        let (db, today) = (services.db.read(), services.clock.today());
        // The divisions of sibling places are siblings too.
        let found = self
            .siblings
            .load(&self.uuid, "divisions", "", |ids| async move {
                let of = places::division_of(db, &ids, today).await?;
                let divisions = Siblings::new(of.values().copied().collect());
                Ok(of
                    .into_iter()
                    .map(|(id, division)| (id, (division, Arc::clone(&divisions))))
                    .collect())
            })
            .await?;
        Ok(found.map(|(division, siblings)| Division::sibling(division, &siblings)))
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

    /// Its shape as the public gets it; null where only a point, or nothing, is known (公众图形).
    async fn geometry(&self, ctx: &Context<'_>) -> Result<Option<Shape>> {
        let db = ctx.services().db.read();
        let row = self
            .siblings
            .load(&self.uuid, "shape", "", |ids| async move {
                shapes::committed(db, &ids).await
            })
            .await?;
        match row {
            Some(row) => Shape::public(row),
            None => Ok(None),
        }
    }

    /// Its course as surveyed, for other subsystems to measure from and never for clients; null where it is not known
    /// (实测图形).
    #[graphql(
        directive = inaccessible::apply(),
        directive = requires_scopes::apply(vec![vec!["places.write".into()]])
    )]
    async fn course(&self, ctx: &Context<'_>) -> Result<Option<GeoJson>> {
        ctx.need("places.write")?;
        course(ctx, &self.siblings, self.uuid).await
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

    /// The version, to be sent with changes (版本号).
    async fn version(&self, ctx: &Context<'_>) -> Result<Option<i64>> {
        Ok(Some(self.row(ctx).await?.version))
    }

    /// What its name means; null where it is not recorded (含义).
    async fn meaning(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(self.row(ctx).await?.meaning.clone())
    }

    /// How its name is protected; null where it is not (地名保护信息).
    async fn heritage(&self, ctx: &Context<'_>) -> Result<Option<PlaceHeritage>> {
        let db = ctx.services().db.read();
        let row = self
            .siblings
            .load(&self.uuid, "heritage", "", |ids| async move {
                heritage::listings(db, &ids).await
            })
            .await?;
        Ok(row.map(PlaceHeritage::from))
    }

    /// The signs that show its name; empty where none is recorded (地名标志).
    async fn signposts(&self, ctx: &Context<'_>) -> Result<Option<Vec<Signpost>>> {
        let db = ctx.services().db.read();
        let rows = self
            .siblings
            .load(&self.uuid, "signposts", "", |ids| async move {
                signs::of_places(db, &ids).await
            })
            .await?;
        Ok(Some(
            rows.unwrap_or_default().into_iter().map(Signpost).collect(),
        ))
    }

    /// The names of before that its standard address still prints (地址中的原地名).
    async fn old_names_in_address(&self, ctx: &Context<'_>) -> Result<Option<Vec<AddressOldName>>> {
        let db = ctx.services().db.read();
        let rows = self
            .siblings
            .load(&self.uuid, "old names", "", |ids| async move {
                heritage::old_names(db, &ids).await
            })
            .await?;
        let rows = rows.unwrap_or_default().into_iter();
        Ok(Some(rows.map(AddressOldName::from).collect()))
    }

    /// The places of the county whose standard address prints a name of this one: whom a renaming concerns, with what other subsystems have there (地址中使用本地名的实体).
    async fn addressed_places(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 500 (条数).", default = 50)] first: i32,
        #[graphql(desc = "Behind this cursor (游标).")] after: Option<String>,
    ) -> Result<Option<Page<Place>>> {
        let db = ctx.services().db.read();
        let Some(select) = heritage::addressed_by(db, self.uuid).await? else {
            return Ok(None);
        };
        let order = [(place::Column::Id, Order::Asc)];
        let args = PageArgs::forward(Some(first), after);
        page::keyset(db, select, &order, &args, Place::all)
            .await
            .map(Some)
    }

    /// Whether the place is invented for demonstration (是否演示数据).
    async fn is_demo(&self, ctx: &Context<'_>) -> Result<Option<bool>> {
        Ok(Some(self.row(ctx).await?.is_demo))
    }
}

/// How a name is protected (地名保护信息).
#[derive(SimpleObject, Clone)]
pub(crate) struct PlaceHeritage {
    /// What it is protected as (保护类别).
    category: PlaceHeritageCategory,
    /// Since when (列入日期).
    listed_on: Date,
    /// The document of listing (公布文号).
    document: String,
    /// Protective measures; null before they are laid down (保护措施).
    measures: Option<String>,
    /// The day of the measures; null before (措施制定日期).
    measures_on: Option<Date>,
    /// The version of the listing, to be sent with changes (版本号).
    version: i64,
}

impl From<heritage_name::Model> for PlaceHeritage {
    fn from(row: heritage_name::Model) -> Self {
        Self {
            category: row.category,
            listed_on: Date(row.listed_on),
            document: row.document,
            measures: row.measures,
            measures_on: row.measures_on.map(Date),
            version: row.version,
        }
    }
}

/// A name of before in an address (地址中的原地名).
#[derive(SimpleObject, Clone)]
pub(crate) struct AddressOldName {
    /// The name that the address prints (原地名).
    old_name: String,
    /// The name in force; null where it was cancelled (现地名).
    new_name: Option<String>,
    /// Since when the address is outdated (起始日期).
    since: Date,
}

impl From<outdated_address::Model> for AddressOldName {
    fn from(row: outdated_address::Model) -> Self {
        Self {
            old_name: row.old_name,
            new_name: row.new_name,
            since: Date(row.since),
        }
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
