//! What the funeral subsystem adds to divisions: facilities and figures.
//!
//! For all divisions of a page one statement a field; the cockpit asks for 183 counties at once.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use minzheng_kit::batch::Siblings;
use minzheng_kit::contract::scope;
use minzheng_kit::federation::directives::{CacheScope, cache_control, key, requires_scopes};
use minzheng_kit::{DateTime, PrincipalExt, YearMonth, Yuan};
use uuid::Uuid;

use super::facility::FuneralFacility;
use super::land::{FacilityGap, FuneralKeyed, RuralBurialSite};
use super::waiver::WaiverSummary;
use super::{access, period, size};
use crate::rules::terms::{FacilityKind, FacilitySubKind};
use crate::service::day::{self, Found};
use crate::service::facilities::{self, Filter};
use crate::service::figures::{self, Counts};
use crate::service::suppression::{self, Shown, Tables};
use crate::service::{keyed, month_of, sites};

/// A division, by its id.
#[derive(Clone)]
pub struct Division {
    pub(super) id: Uuid,
    siblings: Arc<Siblings<Uuid>>,
}

impl Division {
    /// Divisions that were asked for together.
    pub(super) fn all(ids: Vec<Uuid>) -> Vec<Self> {
        let siblings = Siblings::new(ids.clone());
        ids.into_iter()
            .map(|id| Self {
                id,
                siblings: Arc::clone(&siblings),
            })
            .collect()
    }

    /// One division by itself.
    pub(super) fn one(id: Uuid) -> Self {
        Self {
            id,
            siblings: Siblings::new(vec![id]),
        }
    }
}

impl Division {
    /// What may be shown of the figures of a period, read once for all siblings.
    pub(super) async fn tables(
        &self,
        ctx: &Context<'_>,
        from: i32,
        to: i32,
    ) -> Result<Option<Arc<Tables>>> {
        let services = ctx.services();
        Ok(self
            .siblings
            .load(
                &self.id,
                "stat_tables",
                &format!("{from}-{to}"),
                |ids| async move {
                    let order = services.db.divisions();
                    let now = month_of(services.clock.today());
                    let tables =
                        suppression::tables(services.db.read(), &order, now, from, to).await?;
                    let tables = Arc::new(tables);
                    Ok(ids.iter().map(|id| (*id, Arc::clone(&tables))).collect())
                },
            )
            .await?)
    }
}

impl Division {
    /// The months of all siblings, for those who keep the records.
    async fn kept(
        &self,
        ctx: &Context<'_>,
        range: (i32, i32),
        rebased: bool,
    ) -> Result<Option<Arc<Found>>> {
        let db = &ctx.services().db;
        let arguments = format!("{range:?}/{rebased}");
        let load = |ids: Arc<[Uuid]>| async move {
            let order = db.divisions();
            if rebased {
                day::kept_rebased(db.read(), &order, &ids, range).await
            } else {
                day::kept(db.read(), &order, &ids, range).await
            }
        };
        let found = self.siblings.load(&self.id, "kept", &arguments, load);
        Ok(found.await?)
    }

    /// What may be shown of the months of all siblings to everybody else.
    async fn shown(
        &self,
        ctx: &Context<'_>,
        range: (i32, i32),
        rebased: bool,
    ) -> Result<Option<Arc<Found>>> {
        let Some(tables) = self.tables(ctx, range.0, range.1).await? else {
            return Ok(None);
        };
        let db = &ctx.services().db;
        let arguments = format!("{range:?}/{rebased}");
        let load = |ids: Arc<[Uuid]>| async move {
            let order = db.divisions();
            if rebased {
                Ok(day::shown_rebased(&order, &tables, &ids, range))
            } else {
                day::shown(db.read(), &order, &tables, &ids, range).await
            }
        };
        let found = self.siblings.load(&self.id, "shown", &arguments, load);
        Ok(found.await?)
    }
}

/// An administrative division (行政区划).
#[Object(directive = key::apply("id".into(), None))]
impl Division {
    /// Opaque identity (标识).
    async fn id(&self) -> ID {
        self.id.into()
    }

    /// The funeral facilities in this division and below it; null if they cannot be read now
    /// (殡葬设施).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn facilities(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this kind (设施类别).")] kind: Option<FacilityKind>,
        #[graphql(desc = "Only of this sub-kind (设施类型).")] sub_kind: Option<FacilitySubKind>,
        #[graphql(desc = "How many at most, 50 if not given (条数).")] first: Option<i32>,
    ) -> Result<Option<Vec<FuneralFacility>>> {
        let services = ctx.services();
        let limit = size(first, 50, 500);
        let filter = Filter {
            kind,
            sub_kind,
            state: None,
        };
        let rows = self
            .siblings
            .load(
                &self.id,
                "facilities",
                &format!("{filter:?}{limit}"),
                |ids| async move {
                    facilities::of_divisions(services.db.read(), &ids, filter, limit).await
                },
            )
            .await?;
        Ok(Some(FuneralFacility::all(rows.unwrap_or_default())))
    }

    /// How many facilities of each kind there are; null if they cannot be counted now (设施数量).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn facility_counts(&self, ctx: &Context<'_>) -> Result<Option<FacilityCounts>> {
        let services = ctx.services();
        let counts = self
            .siblings
            .load(&self.id, "facility_counts", "", |ids| async move {
                let counts = figures::facility_counts(services.db.read(), &ids).await?;
                Ok(counts
                    .into_iter()
                    .map(|(id, c)| (id, Arc::new(c)))
                    .collect())
            })
            .await?;
        Ok(counts.map(|c| FacilityCounts::of(&c)))
    }

    /// The funeral figures of each month from one to another: of their own day, or brought to the divisions of today;
    /// null if they may not or cannot be read (殡葬月度统计).
    #[graphql(directive = requires_scopes::apply(vec![vec!["statistics.read".into()]]))]
    async fn funeral_stats(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "First month (起始月份).")] from: YearMonth,
        #[graphql(desc = "Last month, included (截止月份).")] to: YearMonth,
        #[graphql(
            default = false,
            desc = "Brings what was counted in divisions merged or divided since to those of today (是否按现行区划归并)."
        )]
        rebased: bool,
    ) -> Result<Option<Vec<FuneralStats>>> {
        access::figures(ctx, self.id)?;
        let range = period(from, to)?;
        // One that has ended keeps the figures of its day.
        let order = ctx.services().db.divisions();
        if order.answers_for(&self.id).is_none() {
            return Ok(None);
        }
        let found = if access::officer(ctx, scope::FUNERAL_CASE, self.id).is_ok() {
            self.kept(ctx, range, rebased).await?
        } else {
            self.shown(ctx, range, rebased).await?
        };
        let as_of = DateTime(ctx.services().clock.now());
        Ok(found.map(|found| {
            let one = |month: &Shown| FuneralStats {
                rebased,
                is_complete: found.is_complete,
                ..FuneralStats::of(*month, as_of)
            };
            found.months.iter().map(one).collect()
        }))
    }

    /// What is keyed to this division itself and would move with it, for the rehearsal of a change of divisions; for
    /// officers of the division; null if it cannot be read now (区划变更影响的殡葬数据).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()], vec!["statistics.read".into()]]))]
    async fn funeral_keyed(&self, ctx: &Context<'_>) -> Result<Option<FuneralKeyed>> {
        if access::officer(ctx, scope::FUNERAL_CASE, self.id).is_err() {
            access::figures(ctx, self.id)?;
        }
        let services = ctx.services();
        let keyed = self
            .siblings
            .load(&self.id, "keyed", "", |ids| async move {
                keyed::of_divisions(services.db.read(), &ids, services.clock.today()).await
            })
            .await?;
        Ok(keyed.map(FuneralKeyed::from))
    }

    /// The burial places of villages in this division and below it; null if they cannot be read now
    /// (农村集中安葬点).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn rural_burial_sites(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many at most, 50 if not given (条数).")] first: Option<i32>,
    ) -> Result<Option<Vec<RuralBurialSite>>> {
        let services = ctx.services();
        let limit = size(first, 50, 500);
        let rows = self
            .siblings
            .load(
                &self.id,
                "rural_sites",
                &limit.to_string(),
                |ids| async move { sites::of_divisions(services.db.read(), &ids, limit).await },
            )
            .await?;
        Ok(Some(RuralBurialSite::all(rows.unwrap_or_default())))
    }

    /// What the division's plan asks for and what there is, by kind of facility; empty where there is no
    /// plan (设施缺口).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn facility_gap(&self, ctx: &Context<'_>) -> Result<Option<Vec<FacilityGap>>> {
        let services = ctx.services();
        let rules = super::settings_today(ctx);
        let today = services.clock.today();
        let gaps = self
            .siblings
            .load(&self.id, "facility_gap", "", |ids| async move {
                let gaps = sites::gaps(services.db.read(), &ids, today, &rules).await?;
                Ok(gaps
                    .into_iter()
                    .map(|(id, list)| (id, Arc::new(list)))
                    .collect())
            })
            .await?;
        let as_of = DateTime(services.clock.now());
        let list = gaps.as_deref().map_or(&[][..], Vec::as_slice);
        Ok(Some(
            list.iter().map(|gap| FacilityGap::of(gap, as_of)).collect(),
        ))
    }

    /// What was waived of funeral fees from one month to another; null if it cannot be read now
    /// (殡葬费用减免汇总).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn waiver_summary(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "First month (起始月份).")] from: YearMonth,
        #[graphql(desc = "Last month, included (截止月份).")] to: YearMonth,
    ) -> Result<Option<WaiverSummary>> {
        let (first, last) = period(from, to)?;
        let services = ctx.services();
        let totals =
            self.siblings
                .load(
                    &self.id,
                    "waiver_summary",
                    &format!("{first}-{last}"),
                    |ids| async move {
                        figures::waiver_totals(services.db.read(), &ids, first, last).await
                    },
                )
                .await?;
        let tables = self.tables(ctx, first, last).await?;
        let open = tables.is_some_and(|t| t.period_is_open(self.id, first, last));
        let as_of = DateTime(services.clock.now());
        Ok(totals.map(|totals| WaiverSummary::of(totals, open, (from, to), as_of)))
    }
}

/// How many facilities in operation a division has, by kind (殡葬设施数量).
#[derive(SimpleObject)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct FacilityCounts {
    /// Funeral homes (殡仪馆).
    pub funeral_homes: i64,
    /// Service points of funeral homes (殡仪服务站).
    pub service_points: i64,
    /// Urban public cemeteries (城市公益性公墓).
    pub urban_cemeteries: i64,
    /// Urban public columbaria (城市公益性骨灰堂).
    pub urban_columbaria: i64,
    /// Rural public cemeteries (农村公益性公墓).
    pub rural_cemeteries: i64,
    /// Rural public columbaria (农村公益性骨灰堂).
    pub rural_columbaria: i64,
    /// Life parks for ecological burial (生命公园).
    pub life_parks: i64,
    /// Commercial facilities approved before the revision of 2026 (修订前经营性设施).
    pub commercial: i64,
    /// Facilities of any kind under construction (在建设施).
    pub under_construction: i64,
}

impl FacilityCounts {
    fn of(counts: &Counts) -> Self {
        use FacilityKind::{Cemetery, Columbarium, FuneralHome};
        use FacilitySubKind::{
            LifePark, Pre2026Commercial, RuralPublic, ServicePoint, UrbanPublic,
        };
        Self {
            funeral_homes: counts.of(FuneralHome, UrbanPublic),
            service_points: counts.of_sub_kind(ServicePoint),
            urban_cemeteries: counts.of(Cemetery, UrbanPublic),
            urban_columbaria: counts.of(Columbarium, UrbanPublic),
            rural_cemeteries: counts.of(Cemetery, RuralPublic),
            rural_columbaria: counts.of(Columbarium, RuralPublic),
            life_parks: counts.of_sub_kind(LifePark),
            commercial: counts.of_sub_kind(Pre2026Commercial),
            under_construction: counts.under_construction,
        }
    }
}

/// The funeral figures of one month (殡葬月度统计).
#[derive(SimpleObject)]
pub struct FuneralStats {
    /// The month (月份).
    pub month: YearMonth,
    /// Cremations; null where the number is so small that it would tell of single people
    /// (火化数，小数隐去).
    pub cremations: Option<i64>,
    /// Households that had a fee waived; null where the number is too small to be told
    /// (减免户数，小数隐去).
    pub waiver_households: Option<i64>,
    /// What was waived; null where the number of households is (减免金额，小数隐去).
    pub waived: Option<Yuan>,
    /// Sets of ashes given to the sea; null where the number is too small to be told
    /// (海葬骨灰份数，小数隐去).
    pub sea_burials: Option<i64>,
    /// Illegal graves closed (违建坟墓办结数).
    pub illegal_graves_closed: i64,
    /// Whether the figures are brought to the divisions of today (是否已按现行区划归并).
    pub rebased: bool,
    /// Whether nothing was left out for want of a stated share of a divided division (是否完整).
    pub is_complete: bool,
    /// When these figures were counted (统计时间).
    pub as_of: DateTime,
}

impl FuneralStats {
    fn of(figures: Shown, as_of: DateTime) -> Self {
        Self {
            month: YearMonth::from_index(figures.month),
            cremations: figures.cremations,
            waiver_households: figures.households,
            waived: figures.waived.map(Yuan),
            sea_burials: figures.sea_burials,
            illegal_graves_closed: figures.graves_closed,
            rebased: false,
            is_complete: true,
            as_of,
        }
    }
}
