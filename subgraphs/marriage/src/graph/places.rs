//! What this subsystem adds to entities that others own: divisions, places and organizations.

use super::enums::{RegistryService, RegistrySiteKind};
use super::keyed::MarriageKeyed;
use super::registry::MarriageRegistry;
use super::statistics::{CounsellingSummary, MarriageStats, StatIndicator};
use super::{access, period, size};
use crate::kit::batch::Siblings;
use crate::kit::divisions::Sources;
use crate::kit::federation::directives::*;
use crate::kit::{CreditCode, PrincipalExt, Result, YearMonth};
use crate::model::registry;
use crate::service::registries::{self, capacity};
use crate::service::suppression::Shown;
use crate::service::{indicators, keyed, rebase, statistics, suppression};
use async_graphql::{Context, ID, Object};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// The most registries that one field gives.
const MOST_REGISTRIES: usize = 500;

/// An administrative division (行政区划).
#[derive(Clone, Debug)]
pub struct Division {
    id: Uuid,
    siblings: Arc<Siblings<Uuid>>,
}

impl Division {
    /// Divisions that are shown together.
    #[must_use]
    pub fn together(ids: &[Uuid]) -> Vec<Self> {
        let siblings = Siblings::new(ids.to_vec());
        ids.iter().map(|id| Self::one_of(*id, &siblings)).collect()
    }

    /// One division of several that are shown together.
    #[must_use]
    pub fn one_of(id: Uuid, siblings: &Arc<Siblings<Uuid>>) -> Self {
        Self {
            id,
            siblings: Arc::clone(siblings),
        }
    }
}

impl Division {
    /// The counts of all siblings, once for each range: whole for those who keep the records, with
    /// small cells hidden for everyone else.
    async fn months(
        &self,
        ctx: &Context<'_>,
        from: YearMonth,
        to: YearMonth,
    ) -> Result<Option<Arc<Vec<Shown>>>> {
        let services = ctx.services();
        let (db, today) = (services.db.clone(), services.clock.today());
        let whole = access::keeps_records(ctx, self.id);
        let what = if whole { "wholeStats" } else { "shownStats" };
        let range = format!("{from} {to}");
        self.siblings
            .load(&self.id, what, &range, |ids| async move {
                if !whole {
                    return suppression::shown(db.read(), &db.divisions(), &ids, from, to, today)
                        .await;
                }
                let months = statistics::monthly(db.read(), &ids, from, to).await?;
                let shown =
                    |list: Arc<Vec<statistics::Month>>| list.iter().map(Shown::whole).collect();
                Ok(months
                    .into_iter()
                    .map(|(id, list)| (id, Arc::new(shown(list))))
                    .collect())
            })
            .await
    }
}

impl Division {
    /// The counts of all siblings brought to the divisions of today, once for each range. Where nothing has moved
    /// they are the figures themselves, so that no question tells more than another.
    async fn rebased(
        &self,
        ctx: &Context<'_>,
        from: YearMonth,
        to: YearMonth,
    ) -> Result<Option<Arc<(Vec<Shown>, bool)>>> {
        let services = ctx.services();
        let (db, today) = (services.db.clone(), services.clock.today());
        let whole = access::keeps_records(ctx, self.id);
        let what = if whole {
            "wholeRebased"
        } else {
            "shownRebased"
        };
        let range = format!("{from} {to}");
        self.siblings
            .load(&self.id, what, &range, |ids| async move {
                let sources = rebase::sources(db.read(), &ids).await?;
                let mut wanted: Vec<Uuid> = ids.to_vec();
                wanted.extend(sources.values().flat_map(Sources::divisions));
                wanted.sort_unstable();
                wanted.dedup();
                let shown: HashMap<Uuid, Arc<Vec<Shown>>> = if whole {
                    let months = statistics::monthly(db.read(), &wanted, from, to).await?;
                    let all = |list: Arc<Vec<statistics::Month>>| {
                        Arc::new(list.iter().map(Shown::whole).collect::<Vec<_>>())
                    };
                    months
                        .into_iter()
                        .map(|(id, list)| (id, all(list)))
                        .collect()
                } else {
                    suppression::shown(db.read(), &db.divisions(), &wanted, from, to, today).await?
                };
                let parts: HashMap<Uuid, Vec<Shown>> = shown
                    .iter()
                    .map(|(id, list)| (*id, list.as_ref().clone()))
                    .collect();
                Ok(sources
                    .into_iter()
                    .map(|(id, sources)| {
                        let own = parts.get(&id).cloned().unwrap_or_default();
                        let found = if sources.moved {
                            sources.sum(&parts, from, to)
                        } else {
                            (own, true)
                        };
                        (id, Arc::new(found))
                    })
                    .collect())
            })
            .await
    }
}

/// An administrative division (行政区划).
#[Object(directive = key::apply("id".into(), None))]
impl Division {
    /// The opaque id, stable for life (标识).
    pub async fn id(&self) -> ID {
        ID(self.id.to_string())
    }

    /// The marriage registries of the division and of all divisions below it, by code (婚姻登记机关).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)), directive = list_size::apply(None, Some(vec!["first".into()])))]
    async fn registries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that offer this service (办理事项).")] service: Option<
            RegistryService,
        >,
        #[graphql(desc = "Only those of this kind (场所类型).")] site_kind: Option<
            RegistrySiteKind,
        >,
        #[graphql(default = 50, desc = "How many at most, up to 500 (数量).")] first: i32,
    ) -> Result<Option<Vec<MarriageRegistry>>> {
        let db = ctx.services().db.clone();
        let rows = self
            .siblings
            .load(&self.id, "registries", "", |ids| async move {
                let rows = registries::by_divisions(db.read(), &ids).await?;
                let rows = rows.into_iter().map(|(of, rows)| (of, Arc::new(rows)));
                Ok(rows.collect())
            })
            .await?;
        let offered = |row: &registry::Model| {
            service.is_none_or(|wanted| capacity(row).places(wanted.into()) > 0)
                && site_kind.is_none_or(|kind| kind.as_str() == row.site_kind)
        };
        let rows = rows
            .iter()
            .flat_map(|rows| rows.iter())
            .filter(|row| offered(row));
        let rows = rows.take(size(first, MOST_REGISTRIES)).cloned().collect();
        Ok(Some(MarriageRegistry::together(rows)))
    }

    /// Counts of marriage and divorce registration, one entry for each month of the range (婚姻登记统计).
    #[graphql(directive = requires_scopes::apply(vec![vec!["statistics.read".into()]]))]
    async fn marriage_stats(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "First month (起始月份).")] from: YearMonth,
        #[graphql(desc = "Last month, included (结束月份).")] to: YearMonth,
        #[graphql(
            default = false,
            desc = "Brings what was counted in divisions merged or renumbered since to those of today (是否按现行区划归并)."
        )]
        rebased: bool,
    ) -> async_graphql::Result<Option<Vec<MarriageStats>>> {
        access::figures(ctx, self.id)?;
        period(from, to)?;
        if rebased {
            return Ok(self.rebased(ctx, from, to).await?.map(|found| {
                let (months, complete) = &*found;
                months
                    .iter()
                    .map(|month| MarriageStats::brought(month, *complete))
                    .collect()
            }));
        }
        let months = self.months(ctx, from, to).await?;
        Ok(months.map(|months| months.iter().map(MarriageStats::from).collect()))
    }

    /// Indicators of a month: sums of the year up to it with the year before, and stocks of today (婚姻登记统计指标).
    #[graphql(directive = requires_scopes::apply(vec![vec!["statistics.read".into()]]))]
    async fn marriage_indicators(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The month (月份).")] month: YearMonth,
    ) -> async_graphql::Result<Option<Vec<StatIndicator>>> {
        access::figures(ctx, self.id)?;
        let year = |year: i32, last: u32| {
            (
                YearMonth { year, month: 1 },
                YearMonth { year, month: last },
            )
        };
        let (from, to) = year(month.year - 1, month.month);
        let before = self.months(ctx, from, to).await?.unwrap_or_default();
        let (from, to) = year(month.year, month.month);
        let now = self.months(ctx, from, to).await?.unwrap_or_default();
        let mut list = indicators::of_months(&before, &now);
        list.extend(indicators::stocks(ctx.services().db.read(), self.id).await?);
        Ok(Some(list.into_iter().map(StatIndicator::from).collect()))
    }

    /// Marriage and family counselling in the division over the range; null where it would give one or two sessions away (婚姻家庭辅导汇总).
    #[graphql(directive = requires_scopes::apply(vec![vec!["statistics.read".into()]]))]
    async fn counselling_summary(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "First month (起始月份).")] from: YearMonth,
        #[graphql(desc = "Last month, included (结束月份).")] to: YearMonth,
    ) -> async_graphql::Result<Option<CounsellingSummary>> {
        access::figures(ctx, self.id)?;
        period(from, to)?;
        let services = ctx.services();
        let (db, today) = (services.db.clone(), services.clock.today());
        let whole = access::keeps_records(ctx, self.id);
        let what = if whole {
            "wholeCounselling"
        } else {
            "counselling"
        };
        let found = self
            .siblings
            .load(&self.id, what, &format!("{from} {to}"), |ids| async move {
                if whole {
                    return statistics::counselling(db.read(), &ids, from, to).await;
                }
                suppression::counselling(db.read(), &db.divisions(), &ids, from, to, today).await
            })
            .await?;
        Ok(found.map(CounsellingSummary::from))
    }

    /// What is keyed to this division itself and would move with it, for the rehearsal of a change of divisions; null
    /// if it cannot be read now (区划变更影响的婚姻登记数据).
    #[graphql(directive = requires_scopes::apply(vec![vec!["marriage.case".into()], vec!["statistics.read".into()]]))]
    async fn marriage_keyed(&self, ctx: &Context<'_>) -> Result<Option<MarriageKeyed>> {
        let keeps = access::keeps_records(ctx, self.id);
        if !keeps {
            access::figures(ctx, self.id)?;
        }
        let services = ctx.services();
        let today = services.clock.today();
        let keyed = self
            .siblings
            .load(&self.id, "keyed", "", |ids| async move {
                keyed::of_divisions(services.db.read(), &ids, today).await
            })
            .await?;
        Ok(keyed.map(|keyed| MarriageKeyed::of(keyed, keeps)))
    }
}

/// A place with a standard name and address (地点).
#[derive(Clone, Debug)]
pub struct Place {
    id: Uuid,
    siblings: Arc<Siblings<Uuid>>,
}

impl Place {
    /// Places that are shown together.
    #[must_use]
    pub fn together(ids: &[Uuid]) -> Vec<Self> {
        let siblings = Siblings::new(ids.to_vec());
        ids.iter()
            .map(|id| Self {
                id: *id,
                siblings: Arc::clone(&siblings),
            })
            .collect()
    }

    /// One place alone.
    #[must_use]
    pub fn alone(id: Uuid) -> Self {
        Self {
            id,
            siblings: Siblings::new(vec![id]),
        }
    }
}

/// A place with a standard name and address (地点).
#[Object(directive = key::apply("id".into(), None))]
impl Place {
    /// The opaque id (标识).
    pub async fn id(&self) -> ID {
        ID(self.id.to_string())
    }

    /// The marriage registries at this address (位于此处的婚姻登记机关).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn registries(&self, ctx: &Context<'_>) -> Result<Option<Vec<MarriageRegistry>>> {
        let db = ctx.services().db.clone();
        let found = self
            .siblings
            .load(&self.id, "registries", "", |ids| async move {
                let rows = registries::by_places(db.read(), &ids).await?;
                Ok(MarriageRegistry::grouped(rows))
            })
            .await?;
        Ok(Some(found.as_deref().cloned().unwrap_or_default()))
    }
}

/// A social organization (社会组织).
#[derive(Clone, Debug)]
pub struct Organization {
    code: String,
    siblings: Arc<Siblings<String>>,
}

impl Organization {
    /// Organizations that are shown together.
    #[must_use]
    pub fn together(codes: &[String]) -> Vec<Self> {
        let siblings = Siblings::new(codes.to_vec());
        let one = |code: &String| Self {
            code: code.clone(),
            siblings: Arc::clone(&siblings),
        };
        codes.iter().map(one).collect()
    }

    /// One organization alone.
    #[must_use]
    pub fn alone(code: String) -> Self {
        Self {
            siblings: Siblings::new(vec![code.clone()]),
            code,
        }
    }
}

/// A social organization (社会组织).
#[Object(directive = key::apply("creditCode".into(), None))]
impl Organization {
    /// The unified social credit code (统一社会信用代码).
    pub async fn credit_code(&self) -> CreditCode {
        CreditCode(self.code.clone())
    }

    /// The marriage registries where it gives counselling (提供婚姻家庭辅导的登记机关).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn counselling_at(&self, ctx: &Context<'_>) -> Result<Option<Vec<MarriageRegistry>>> {
        let db = ctx.services().db.clone();
        let found = self
            .siblings
            .load(&self.code, "counselling", "", |codes| async move {
                let rows = registries::by_counselling_organizations(db.read(), &codes).await?;
                Ok(MarriageRegistry::grouped(rows))
            })
            .await?;
        Ok(Some(found.as_deref().cloned().unwrap_or_default()))
    }
}
