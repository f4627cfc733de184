//! What this subgraph adds to `Division`, which places owns: organizations and their figures.

use super::keyed::SocietiesKeyed;
use super::organization::Organization;
use super::summary::{FeeReductionSummary, OrgStats};
use crate::service::register::Filter;
use crate::service::statistics::{Asked, Rebased};
use crate::service::{Months, development, keyed, page, register, statistics};
use crate::vocabulary::OrgKind;
use async_graphql::connection::Edge;
use async_graphql::{Context, ID, Object};
use kit::batch::Siblings;
use kit::contract::scope;
use kit::federation::directives::*;
use kit::page::{Page, PageArgs};
use kit::{PrincipalExt, Result, YearMonth};
use minzheng_kit as kit;
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// An administrative division, by its stable id (行政区划).
#[derive(Clone)]
pub struct Division {
    id: Uuid,
    siblings: Arc<Siblings<Uuid>>,
}

impl Division {
    /// One of several divisions that are resolved together.
    #[must_use]
    pub fn new(id: Uuid, siblings: Arc<Siblings<Uuid>>) -> Self {
        Self { id, siblings }
    }
}

impl Division {
    /// Figures that are not public are for whoever holds the scope; an officer sees their own division and what
    /// lies below.
    fn figures(&self, ctx: &Context<'_>) -> Result<()> {
        ctx.need(scope::STATISTICS_READ)?;
        let caller = ctx.principal();
        let known = caller.divisions.answers_for(&self.id);
        if known.is_some_and(|known| caller.sees_figures_of(&known.code)) {
            Ok(())
        } else {
            Err(kit::Error::Forbidden)
        }
    }
}

/// The credit code after which a page begins.
pub(super) fn after_code(args: &PageArgs) -> Result<Option<String>> {
    let Some(cursor) = &args.after else {
        return Ok(None);
    };
    match kit::page::decode(cursor, 1)?.into_iter().next() {
        Some(sea_orm::Value::String(Some(code))) => Ok(Some(code.to_string())),
        _ => Err(kit::UserError::new(
            "BAD_CURSOR",
            "This cursor is not of this list.",
            "游标无效。",
        )
        .into()),
    }
}

/// Turns credit codes under many parents into pages of organizations that all are siblings.
///
/// `codes` holds one more than `size` where there is a next page.
pub(super) async fn pages(
    ctx: &Context<'_>,
    codes: HashMap<Uuid, Vec<String>>,
    size: usize,
) -> Result<HashMap<Uuid, Arc<(Vec<Organization>, bool)>>> {
    let shown: Vec<String> = codes
        .values()
        .flat_map(|codes| codes.iter().take(size).cloned())
        .collect();
    let organizations = Organization::load(ctx, &shown).await?;
    let page = |(parent, codes): (Uuid, Vec<String>)| {
        let more = codes.len() > size;
        let nodes = codes
            .iter()
            .take(size)
            .filter_map(|code| organizations.get(code).cloned())
            .collect();
        (parent, Arc::new((nodes, more)))
    };
    Ok(codes.into_iter().map(page).collect())
}

/// A loaded page as a connection.
pub(super) fn connection(
    page: Option<Arc<(Vec<Organization>, bool)>>,
    after: bool,
) -> Page<Organization> {
    let (nodes, more) = page.as_deref().cloned().unwrap_or_default();
    let mut connection = Page::new(after, more);
    connection.edges = nodes
        .into_iter()
        .map(|node| Edge::new(kit::page::encode(&[node.code().into()]), node))
        .collect();
    connection
}

/// An administrative division, by its stable id (行政区划).
#[Object(directive = key::apply("id".into(), None))]
impl Division {
    /// The division's stable id (标识).
    async fn id(&self) -> ID {
        ID(self.id.to_string())
    }

    /// Living organizations registered here and below, in order of their codes; null on failure (社会组织).
    #[graphql(
        directive = cache_control::apply(Some(300), Some(CacheScope::Public)),
        directive = list_size::apply(Some(50), Some(vec!["first".into()]))
    )]
    async fn organizations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only this kind (类别).")] kind: Option<OrgKind>,
        #[graphql(desc = "Only charities, or only others (是否慈善组织).")] charity: Option<bool>,
        #[graphql(desc = "How many, 50 when it is left out, 500 at most (条数).")] first: Option<
            i32,
        >,
        #[graphql(desc = "Behind this cursor (游标).")] after: Option<String>,
    ) -> Option<Result<Page<Organization>>> {
        let args = PageArgs::forward(first, after);
        let filter = Filter { kind, charity };
        let load = async {
            let (size, _) = args.size()?;
            let after = after_code(&args)?;
            let arguments = format!("{}/{size}/{after:?}", filter.key());
            let (filter, from) = (&filter, after.as_deref());
            let load = |ids: Arc<[Uuid]>| async move {
                let limit = size as u64 + 1;
                let codes =
                    page::in_divisions(ctx.services().db.read(), &ids, filter, from, limit).await?;
                pages(ctx, codes, size).await
            };
            let loaded = self
                .siblings
                .load(&self.id, "organizations", &arguments, load)
                .await?;
            Ok(connection(loaded, after.is_some()))
        };
        Some(load.await)
    }

    /// How many living organizations are registered here and below; null on failure (社会组织数).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn org_count(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only this kind (类别).")] kind: Option<OrgKind>,
        #[graphql(desc = "Only charities, or only others (是否慈善组织).")] charity: Option<bool>,
    ) -> Option<Result<i64>> {
        let filter = Filter { kind, charity };
        let arguments = filter.key();
        let load = |ids: Arc<[Uuid]>| async move {
            register::count(ctx.services().db.read(), &ids, &filter).await
        };
        let number = self
            .siblings
            .load(&self.id, "orgCount", &arguments, load)
            .await;
        Some(number.map(Option::unwrap_or_default))
    }

    /// The figures of social organizations month by month; null when it may not be read or on failure (社会组织统计).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["statistics.read".into()]]),
        directive = list_size::apply(Some(12), None)
    )]
    async fn org_stats(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first month (起始月份).")] from: YearMonth,
        #[graphql(desc = "The last month, at most ten years later (截止月份).")] to: YearMonth,
        #[graphql(
            default = false,
            desc = "Brings what was counted in divisions merged or divided since to those of today (是否按现行区划归并)."
        )]
        rebased: bool,
    ) -> Option<Result<Vec<OrgStats>>> {
        let load = async {
            self.figures(ctx)?;
            let range = Months::new(from, to)?;
            let arguments = format!("{from}/{to}/{rebased}");
            let load = |ids: Arc<[Uuid]>| async move {
                let db = &ctx.services().db;
                let order = db.divisions();
                if rebased {
                    let all = statistics::rebased(db.read(), &order, &ids, range).await?;
                    let shared = all.into_iter().map(|(id, found)| (id, Arc::new(found)));
                    return Ok(shared.collect());
                }
                let asked = Asked::of_their_day(&order, &ids, range);
                let all = statistics::months(db.read(), &asked).await?;
                let shared = all
                    .into_iter()
                    .map(|(id, months)| (id, Arc::new((months, true))));
                Ok(shared.collect())
            };
            let found = self
                .siblings
                .load(&self.id, "orgStats", &arguments, load)
                .await?;
            let as_of = ctx.services().clock.now();
            let shown = |found: &Rebased| -> Vec<OrgStats> {
                let (months, is_complete) = found;
                let one = |month| OrgStats {
                    rebased,
                    is_complete: *is_complete,
                    ..OrgStats::new(month, as_of)
                };
                months.iter().map(one).collect()
            };
            Ok(found.map(|found| shown(&found)).unwrap_or_default())
        };
        Some(load.await)
    }

    /// What is keyed to this division itself and would move with it, for the rehearsal of a change of divisions; null when
    /// it may not be read or on failure (区划变更影响的社会组织数据).
    #[graphql(directive = requires_scopes::apply(vec![vec!["statistics.read".into()]]))]
    async fn societies_keyed(&self, ctx: &Context<'_>) -> Option<Result<SocietiesKeyed>> {
        let load = async {
            self.figures(ctx)?;
            let load = |ids: Arc<[Uuid]>| async move {
                keyed::of_divisions(ctx.services().db.read(), &ids).await
            };
            let keyed = self.siblings.load(&self.id, "keyed", "", load).await?;
            Ok(SocietiesKeyed::from(keyed.unwrap_or_default()))
        };
        Some(load.await)
    }

    /// Fees that associations registered here and below cut for enterprises; null on failure (涉企收费减免汇总).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn fee_reduction_summary(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first month (起始月份).")] from: YearMonth,
        #[graphql(desc = "The last month, at most ten years later (截止月份).")] to: YearMonth,
    ) -> Option<Result<FeeReductionSummary>> {
        let load = async {
            let range = Months::new(from, to)?;
            let arguments = format!("{from}/{to}");
            let load = |ids: Arc<[Uuid]>| async move {
                development::fee_summaries(ctx.services().db.read(), &ids, range).await
            };
            let summary = self
                .siblings
                .load(&self.id, "feeReductionSummary", &arguments, load)
                .await?;
            Ok(FeeReductionSummary::new(
                summary.unwrap_or_default(),
                from,
                to,
                ctx.services().clock.now(),
            ))
        };
        Some(load.await)
    }
}
