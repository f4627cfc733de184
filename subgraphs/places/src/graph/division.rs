//! The entity that joins the subsystems by area.
//!
//! A `Division` is an id with its siblings: whatever one of them needs is loaded for all of them, so that
//! 183 districts cost what one does.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID, SimpleObject};
use chrono::NaiveDate;
use minzheng_kit::{
    Date, DateTime, Error, PrincipalExt, Result, YearMonth,
    batch::Siblings,
    federation::directives::*,
    months,
    page::{self, Page, PageArgs},
};
use sea_orm::{Order, Select};
use uuid::Uuid;

use super::{
    boundary::BoundarySummary,
    change::DivisionChange,
    naming::{Freshness, NamingSummary, PlaceStats},
    shape::Shape,
    version::{DivisionLineage, DivisionVersion},
};
use crate::{
    model::{division_version, geometry, vocabulary::DivisionLevel},
    service::{boundaries, divisions, shapes, statistics},
};

/// The most months that statistics are asked for at once: ten years.
const MOST_MONTHS: i32 = 120;

/// An administrative division, the same through renaming, change of kind and recoding; a code is not its identity (行政区划).
#[derive(SimpleObject, Clone)]
#[graphql(
    complex,
    directive = key::apply("id".into(), None),
    directive = cache_control::apply(Some(3600), Some(CacheScope::Public))
)]
pub(crate) struct Division {
    /// Opaque identity, stable for life and equal in every province (标识).
    id: ID,
    #[graphql(skip)]
    uuid: Uuid,
    #[graphql(skip)]
    siblings: Arc<Siblings<Uuid>>,
    /// A version that is at hand already; asked before the database is.
    #[graphql(skip)]
    known: Option<Arc<division_version::Model>>,
}

impl Division {
    /// One of several divisions that were asked for together.
    pub(super) fn sibling(uuid: Uuid, siblings: &Arc<Siblings<Uuid>>) -> Self {
        Self {
            id: uuid.into(),
            uuid,
            siblings: Arc::clone(siblings),
            known: None,
        }
    }

    /// A division by itself.
    pub(super) fn one(uuid: Uuid) -> Self {
        Self::sibling(uuid, &Siblings::new(vec![uuid]))
    }

    /// Divisions of one page, with the versions they were found by.
    pub(super) fn of_versions(rows: Vec<division_version::Model>) -> Vec<Self> {
        let siblings = Siblings::new(rows.iter().map(|row| row.division).collect());
        rows.into_iter()
            .map(|row| Self {
                known: Some(Arc::new(row.clone())),
                ..Self::sibling(row.division, &siblings)
            })
            .collect()
    }

    async fn version_on(
        &self,
        ctx: &Context<'_>,
        on: NaiveDate,
    ) -> Result<Option<Arc<division_version::Model>>> {
        if let Some(known) = &self.known
            && known.valid_from <= on
            && known.valid_to.is_none_or(|to| to > on)
        {
            return Ok(Some(Arc::clone(known)));
        }
        let db = ctx.services().db.read();
        self.siblings
            .load(&self.uuid, "version", &on.to_string(), |ids| async move {
                let found = divisions::versions_on(db, &ids, on).await?;
                Ok(found
                    .into_iter()
                    .map(|(id, row)| (id, Arc::new(row)))
                    .collect())
            })
            .await
    }

    async fn shape_row(&self, ctx: &Context<'_>) -> Result<Option<geometry::Model>> {
        let db = ctx.services().db.read();
        self.siblings
            .load(&self.uuid, "shape", "", |ids| async move {
                shapes::committed(db, &ids).await
            })
            .await
    }

    async fn level(&self, ctx: &Context<'_>) -> Result<DivisionLevel> {
        if let Some(known) = &self.known {
            return Ok(known.level);
        }
        let db = ctx.services().db.read();
        self.siblings
            .load(&self.uuid, "level", "", |ids| async move {
                let found = divisions::existing(db, &ids).await?;
                Ok(found.into_iter().map(|(id, row)| (id, row.level)).collect())
            })
            .await?
            .ok_or(Error::NotFound)
    }
}

/// The day meant: today when none is given.
pub(super) fn day(ctx: &Context<'_>, as_of: Option<Date>) -> NaiveDate {
    as_of.map_or_else(|| ctx.services().clock.today(), |date| date.0)
}

/// A page of divisions, by code.
pub(super) async fn page(
    ctx: &Context<'_>,
    select: Select<division_version::Entity>,
    args: &PageArgs,
) -> Result<Page<Division>> {
    use division_version::Column as C;
    let order = [(C::Code, Order::Asc), (C::Division, Order::Asc)];
    page::keyset(
        ctx.services().db.read(),
        select,
        &order,
        args,
        Division::of_versions,
    )
    .await
}

/// Refuses a range of months that is turned round or longer than ten years.
fn bounded(from: YearMonth, to: YearMonth) -> Result<()> {
    if (0..MOST_MONTHS).contains(&(to.index() - from.index())) {
        return Ok(());
    }
    Err(minzheng_kit::UserError::new(
        "MONTH_RANGE",
        "Ask for one month to ten years, the earlier month first.",
        "月份区间应在一个月至十年之间，且起始月份在前。",
    )
    .field(&["from"])
    .into())
}

#[ComplexObject]
impl Division {
    /// Code, name and place in the tree as of today; null when the division has ended or has not begun (现行版本).
    async fn current(&self, ctx: &Context<'_>) -> Result<Option<DivisionVersion>> {
        let today = ctx.services().clock.today();
        Ok(self.version_on(ctx, today).await?.map(DivisionVersion))
    }

    /// The same as of a day; null when it did not exist then (某日版本).
    async fn version(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day (日期).")] as_of: Date,
    ) -> Result<Option<DivisionVersion>> {
        Ok(self.version_on(ctx, as_of.0).await?.map(DivisionVersion))
    }

    /// All versions, earliest first; they follow each other without gap (历史版本).
    async fn versions(&self, ctx: &Context<'_>) -> Result<Option<Vec<DivisionVersion>>> {
        let db = ctx.services().db.read();
        let rows = self
            .siblings
            .load(&self.uuid, "versions", "", |ids| async move {
                divisions::all_versions(db, &ids).await
            })
            .await?;
        Ok(rows.map(|rows| {
            rows.into_iter()
                .map(|row| DivisionVersion(Arc::new(row)))
                .collect()
        }))
    }

    /// The division above; null for provinces (上级区划).
    async fn parent(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day, today if not given (日期).")] as_of: Option<Date>,
    ) -> Result<Option<Division>> {
        let on = day(ctx, as_of);
        let Some(parent) = self.version_on(ctx, on).await?.and_then(|v| v.parent) else {
            return Ok(None);
        };
        // The parents of siblings are siblings too.
        let db = ctx.services().db.read();
        let together = self
            .siblings
            .load(&self.uuid, "parents", &on.to_string(), |ids| async move {
                let versions = divisions::versions_on(db, &ids, on).await?;
                let parents = Siblings::new(versions.values().filter_map(|v| v.parent).collect());
                Ok(versions
                    .into_keys()
                    .map(|id| (id, Arc::clone(&parents)))
                    .collect())
            })
            .await?;
        Ok(Some(together.map_or_else(
            || Self::one(parent),
            |siblings| Self::sibling(parent, &siblings),
        )))
    }

    /// The divisions directly below, by code (下级区划).
    async fn children(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day, today if not given (日期).")] as_of: Option<Date>,
        #[graphql(desc = "How many, at most 500 (条数).", default = 100)] first: i32,
        #[graphql(desc = "Behind this cursor (游标).")] after: Option<String>,
    ) -> Result<Page<Division>> {
        let on = day(ctx, as_of);
        page(
            ctx,
            divisions::children(self.uuid, on),
            &PageArgs::forward(Some(first), after),
        )
        .await
    }

    /// All divisions of a level anywhere below, by code: the dashboard's entrance (某级下辖区划).
    async fn descendants(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The level (级别).")] level: DivisionLevel,
        #[graphql(desc = "The day, today if not given (日期).")] as_of: Option<Date>,
        #[graphql(desc = "How many, at most 500 (条数).", default = 100)] first: i32,
        #[graphql(desc = "Behind this cursor (游标).")] after: Option<String>,
    ) -> Result<Page<Division>> {
        let on = day(ctx, as_of);
        let select = divisions::descendants(self.uuid, self.level(ctx).await?, level, on);
        page(ctx, select, &PageArgs::forward(Some(first), after)).await
    }

    /// All steps of descent from and to this division, earliest first (沿革).
    async fn lineage(&self, ctx: &Context<'_>) -> Result<Option<Vec<DivisionLineage>>> {
        let db = ctx.services().db.read();
        let rows = self
            .siblings
            .load(&self.uuid, "lineage", "", |ids| async move {
                divisions::lineage(db, &ids).await
            })
            .await?;
        Ok(Some(DivisionLineage::all(rows.unwrap_or_default())))
    }

    /// The divisions that hold today what this one held: itself while it lasts, else all its heirs (今属区划).
    async fn today(&self, ctx: &Context<'_>) -> Result<Option<Vec<Division>>> {
        let services = ctx.services();
        let (db, on) = (services.db.read(), services.clock.today());
        let ids = self
            .siblings
            .load(&self.uuid, "today", "", |ids| async move {
                divisions::today(db, &ids, on).await
            })
            .await?
            .unwrap_or_default();
        let siblings = Siblings::new(ids.clone());
        Ok(Some(
            ids.into_iter()
                .map(|id| Self::sibling(id, &siblings))
                .collect(),
        ))
    }

    /// Names given, changed and filed late and inspections due, month by month; every month asked for is there (地名月度统计).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["statistics.read".into()]]),
        directive = cache_control::apply(Some(0), Some(CacheScope::Private))
    )]
    async fn place_stats(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "First month (起始月份).")] from: YearMonth,
        #[graphql(desc = "Last month, included (截止月份).")] to: YearMonth,
        #[graphql(
            desc = "Whether figures of divisions that became a part of this one are counted with it; as of each month if not (是否按现行区划归并).",
            default = false
        )]
        rebased: bool,
    ) -> Result<Option<Vec<PlaceStats>>> {
        ctx.need("statistics.read")?;
        let today = ctx.services().clock.today();
        let code = match self.version_on(ctx, today).await? {
            Some(version) => Some(version.code.clone()),
            // One that has ended lies where its first code says.
            None => divisions::existing(ctx.services().db.read(), &[self.uuid])
                .await?
                .remove(&self.uuid)
                .map(|row| row.first_code),
        };
        if !code.is_some_and(|code| ctx.principal().sees_figures_of(&code)) {
            return Err(Error::Forbidden);
        }
        bounded(from, to)?;
        let services = ctx.services();
        let (db, today) = (services.db.read(), services.clock.today());
        let args = format!("{from}{to}");
        let (found, is_complete) = if rebased {
            let found = self
                .siblings
                .load(&self.uuid, "rebased", &args, |ids| async move {
                    statistics::rebased_months(db, &ids, from, to, today).await
                })
                .await?
                .unwrap_or_default();
            (found.months, found.is_complete)
        } else {
            let found = self
                .siblings
                .load(&self.uuid, "months", &args, |ids| async move {
                    statistics::months(db, &ids, from, to, today).await
                })
                .await?;
            (found.unwrap_or_default(), true)
        };
        let fresh = Freshness {
            as_of: DateTime(services.clock.now()),
            rebased,
            is_complete,
        };
        let stats = months::range(from, to).map(|month| {
            let figures = found.get(&month.index()).copied().unwrap_or_default();
            PlaceStats::new(month, figures, fresh)
        });
        Ok(Some(stats.collect()))
    }

    /// What was decided on names over some months, summed; filings count for whose department reviewed them (地名工作汇总).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn naming_summary(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "First month (起始月份).")] from: YearMonth,
        #[graphql(desc = "Last month, included (截止月份).")] to: YearMonth,
    ) -> Result<Option<NamingSummary>> {
        bounded(from, to)?;
        let db = ctx.services().db.read();
        let found = self
            .siblings
            .load(
                &self.uuid,
                "naming",
                &format!("{from}{to}"),
                |ids| async move { statistics::naming(db, &ids, from, to).await },
            )
            .await?;
        Ok(Some(found.unwrap_or_default().into()))
    }

    /// The boundary lines in and around the division, summed (界线汇总).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn boundary_summary(&self, ctx: &Context<'_>) -> Result<Option<BoundarySummary>> {
        let db = ctx.services().db.read();
        let found = self
            .siblings
            .load(&self.uuid, "boundaries", "", |ids| async move {
                boundaries::summaries(db, &ids).await
            })
            .await?;
        Ok(Some(found.unwrap_or_default().into()))
    }

    /// Changes of divisions approved here since 2019, earliest first (行政区划变更事项).
    async fn changes(&self, ctx: &Context<'_>) -> Result<Option<Vec<DivisionChange>>> {
        let db = ctx.services().db.read();
        let rows = self
            .siblings
            .load(&self.uuid, "changes", "", |ids| async move {
                statistics::changes(db, &ids).await
            })
            .await?;
        Ok(Some(DivisionChange::all(rows.unwrap_or_default())))
    }

    /// Its shape as the public gets it, coarser than the survey; null where none is known or may be published (公众图形).
    async fn geometry(&self, ctx: &Context<'_>) -> Result<Option<Shape>> {
        match self.shape_row(ctx).await? {
            Some(row) => Shape::public(row),
            None => Ok(None),
        }
    }

    /// Its shape as surveyed, for officers whose area it is in; null where none is known (完整图形).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["places.write".into()]]),
        directive = cache_control::apply(Some(0), Some(CacheScope::Private))
    )]
    async fn full_geometry(&self, ctx: &Context<'_>) -> Result<Option<Shape>> {
        ctx.need("places.write")?;
        let today = ctx.services().clock.today();
        let code = self.version_on(ctx, today).await?.map(|v| v.code.clone());
        if !code.is_some_and(|code| ctx.principal().oversees(&code)) {
            return Err(Error::Forbidden);
        }
        self.shape_row(ctx).await?.map(Shape::full).transpose()
    }

    /// Whether the division is invented for demonstration (是否演示数据).
    async fn is_demo(&self, ctx: &Context<'_>) -> Result<Option<bool>> {
        let db = ctx.services().db.read();
        self.siblings
            .load(&self.uuid, "demo", "", |ids| async move {
                let found = divisions::existing(db, &ids).await?;
                Ok(found
                    .into_iter()
                    .map(|(id, row)| (id, row.is_demo))
                    .collect())
            })
            .await
    }
}

/// Those of the ids that are divisions, as siblings and in the order asked.
pub(super) async fn load(ctx: &Context<'_>, ids: &[Option<Uuid>]) -> Result<Vec<Option<Division>>> {
    let wanted: Vec<Uuid> = ids.iter().flatten().copied().collect();
    let found = divisions::existing(ctx.services().db.read(), &wanted).await?;
    let siblings = Siblings::new(
        wanted
            .into_iter()
            .filter(|id| found.contains_key(id))
            .collect(),
    );
    let division = |id: &Uuid| {
        found
            .contains_key(id)
            .then(|| Division::sibling(*id, &siblings))
    };
    Ok(ids
        .iter()
        .map(|id| id.as_ref().and_then(division))
        .collect())
}
