//! The register, its figures, and what the gateway asks of every subgraph.

use super::division;
use crate::graph::entity::{self, Entity};
use crate::graph::organization::Organization;
use crate::graph::parts::Rating;
use crate::graph::summary::{
    AdoptionSummary, CleanupStats, FeeReductionSummary, HubSummary, MicroFundSummary, PartyCover,
    PermitSla, ProjectSummary, SocietyProject,
};
use crate::model::{organization, project, rating};
use crate::service::register::{Filter, Search};
use crate::service::{Months, development, register, supervision};
use crate::vocabulary::OrgKind;
use async_graphql::{Context, ID, Object, SimpleObject};
use kit::federation::directives::*;
use kit::federation::{Any, Service};
use kit::page::{Page, PageArgs, keyset};
use kit::{CreditCode, Date, Error, PrincipalExt, Result, UserError, YearMonth};
use minzheng_kit as kit;
use sea_orm::Order;
use uuid::Uuid;

/// A rating that runs out, with its organization (即将到期的评估等级).
#[derive(SimpleObject, Clone)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct ExpiringRating {
    /// The rating (评估等级).
    pub rating: Rating,
    /// The organization; null when it is not found (社会组织).
    pub organization: Option<Organization>,
}

/// The longest text that is searched for, in characters.
const MAX_SEARCH_CHARS: usize = 60;

fn division_opt(id: Option<&ID>) -> Result<Option<Uuid>> {
    id.map(division).transpose()
}

const BY_CODE: [(organization::Column, Order); 1] =
    [(organization::Column::CreditCode, Order::Asc)];

/// The register and its figures (登记与统计).
#[derive(Clone, Copy, Debug, Default)]
pub struct Register;

/// The register and its figures (登记与统计).
#[Object]
impl Register {
    /// The organization with this credit code; null when there is none (按统一社会信用代码查询社会组织).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn organization(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The unified social credit code (统一社会信用代码).")]
        credit_code: CreditCode,
    ) -> Result<Option<Organization>> {
        let code = kit::credit_code::parse(&credit_code.0)
            .map_err(|error| Error::Invalid(error.user_error().field(&["creditCode"])))?;
        let found = Organization::load(ctx, std::slice::from_ref(&code.0)).await?;
        Ok(found.into_values().next())
    }

    /// Organizations by part of their name or the beginning of their code, ended ones too; null on failure (检索社会组织).
    #[graphql(
        directive = cache_control::apply(Some(300), Some(CacheScope::Public)),
        directive = list_size::apply(Some(50), Some(vec!["first".into()]))
    )]
    async fn search_organizations(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Part of a name or beginning of a code, at most 60 characters; all when it is left out (检索词)."
        )]
        text: Option<String>,
        #[graphql(desc = "Only this kind (类别).")] kind: Option<OrgKind>,
        #[graphql(
            name = "division",
            desc = "Only registered in this division and below (行政区划标识)."
        )]
        within: Option<ID>,
        #[graphql(desc = "How many, 50 when it is left out, 500 at most (条数).")] first: Option<
            i32,
        >,
        #[graphql(desc = "Behind this cursor (游标).")] after: Option<String>,
    ) -> Option<Result<Page<Organization>>> {
        let page = async {
            if text
                .as_ref()
                .is_some_and(|text| text.chars().count() > MAX_SEARCH_CHARS)
            {
                let error = UserError::new(
                    "TEXT_TOO_LONG",
                    "Search for at most 60 characters.",
                    "检索词不得超过60字。",
                );
                return Err(error.field(&["text"]).into());
            }
            let search = Search {
                text,
                kind,
                division: division_opt(within.as_ref())?,
            };
            let args = PageArgs::forward(first, after);
            keyset(
                ctx.services().db.read(),
                register::search(&search),
                &BY_CODE,
                &args,
                Organization::page,
            )
            .await
        };
        Some(page.await)
    }

    /// How many living organizations are registered in a division and below; null on failure (社会组织数).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn org_count(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "division", desc = "The division's id (行政区划标识).")] within: ID,
        #[graphql(desc = "Only this kind (类别).")] kind: Option<OrgKind>,
        #[graphql(desc = "Only charities, or only others (是否慈善组织).")] charity: Option<bool>,
    ) -> Option<Result<i64>> {
        let count = async {
            let id = division(&within)?;
            let counts =
                register::count(ctx.services().db.read(), &[id], &Filter { kind, charity }).await?;
            Ok(counts.get(&id).copied().unwrap_or_default())
        };
        Some(count.await)
    }

    /// Ratings that count today and run out before a day, the first to run out first; null on failure (即将到期的评估等级).
    #[graphql(
        directive = cache_control::apply(Some(300), Some(CacheScope::Public)),
        directive = list_size::apply(Some(50), Some(vec!["first".into()]))
    )]
    async fn ratings_expiring(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day before which they run out (截止日期).")] before: Date,
        #[graphql(
            name = "division",
            desc = "Only of organizations registered in this division and below (行政区划标识)."
        )]
        within: Option<ID>,
        #[graphql(desc = "How many, 50 when it is left out, 500 at most (条数).")] first: Option<
            i32,
        >,
        #[graphql(desc = "Behind this cursor (游标).")] after: Option<String>,
    ) -> Option<Result<Page<ExpiringRating>>> {
        let page = async {
            let services = ctx.services();
            let today = services.clock.today();
            let order = [
                (rating::Column::ValidTo, Order::Asc),
                (rating::Column::Id, Order::Asc),
            ];
            let select =
                supervision::ratings_expiring(today, before.0, division_opt(within.as_ref())?);
            let args = PageArgs::forward(first, after);
            // The organizations are loaded after the page is cut, for all its rows at once.
            let mut codes = Vec::new();
            let mut page = keyset(services.db.read(), select, &order, &args, |rows| {
                codes.extend(rows.iter().map(|row| row.credit_code.clone()));
                rows.iter()
                    .map(|row| ExpiringRating {
                        rating: Rating::on(row, today),
                        organization: None,
                    })
                    .collect()
            })
            .await?;
            let organizations = Organization::load(ctx, &codes).await?;
            for (edge, code) in page.edges.iter_mut().zip(&codes) {
                edge.node.organization = organizations.get(code).cloned();
            }
            Ok(page)
        };
        Some(page.await)
    }

    /// Living organizations that have to report on a year and did not; null on failure (未报送年度报告的社会组织).
    #[graphql(
        directive = cache_control::apply(Some(300), Some(CacheScope::Public)),
        directive = list_size::apply(Some(50), Some(vec!["first".into()]))
    )]
    async fn annual_reports_missing(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The year reported on (报告年度).")] year: i32,
        #[graphql(
            name = "division",
            desc = "Only registered in this division and below (行政区划标识)."
        )]
        within: Option<ID>,
        #[graphql(desc = "How many, 50 when it is left out, 500 at most (条数).")] first: Option<
            i32,
        >,
        #[graphql(desc = "Behind this cursor (游标).")] after: Option<String>,
    ) -> Option<Result<Page<Organization>>> {
        let page = async {
            let select = register::without_report(year, division_opt(within.as_ref())?);
            let args = PageArgs::forward(first, after);
            keyset(
                ctx.services().db.read(),
                select,
                &BY_CODE,
                &args,
                Organization::page,
            )
            .await
        };
        Some(page.await)
    }

    /// Fees that associations cut for enterprises in a division and below; null on failure (涉企收费减免汇总).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn fee_reduction_summary(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "division", desc = "The division's id (行政区划标识).")] within: ID,
        #[graphql(desc = "The first month (起始月份).")] from: YearMonth,
        #[graphql(desc = "The last month, at most ten years later (截止月份).")] to: YearMonth,
    ) -> Option<Result<FeeReductionSummary>> {
        let summary = async {
            let (id, range) = (division(&within)?, Months::new(from, to)?);
            let all = development::fee_summaries(ctx.services().db.read(), &[id], range).await?;
            Ok(FeeReductionSummary::new(
                all.get(&id).copied().unwrap_or_default(),
                from,
                to,
                ctx.services().clock.now(),
            ))
        };
        Some(summary.await)
    }

    /// Organizations cleaned up in a division and below; null on failure (社会组织清理统计).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn cleanup_stats(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "division", desc = "The division's id (行政区划标识).")] within: ID,
        #[graphql(desc = "The first month (起始月份).")] from: YearMonth,
        #[graphql(desc = "The last month, at most ten years later (截止月份).")] to: YearMonth,
    ) -> Option<Result<CleanupStats>> {
        let stats = async {
            let (id, range) = (division(&within)?, Months::new(from, to)?);
            let mut all = supervision::cleanup(ctx.services().db.read(), &[id], range).await?;
            Ok(CleanupStats::new(
                all.remove(&id).unwrap_or_default(),
                ctx.services().clock.now(),
            ))
        };
        Some(stats.await)
    }

    /// How each item of permit keeps its terms in a division and below; null on failure (许可办结时限统计).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn permit_sla(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "division", desc = "The division's id (行政区划标识).")] within: ID,
        #[graphql(desc = "The first month of decisions (起始月份).")] from: YearMonth,
        #[graphql(desc = "The last month of decisions, at most ten years later (截止月份).")]
        to: YearMonth,
    ) -> Option<Result<Vec<PermitSla>>> {
        let sla = async {
            let services = ctx.services();
            let (id, range) = (division(&within)?, Months::new(from, to)?);
            let place = ctx.principal().divisions.successor(&id);
            let place = place.map_or("", |division| division.code.as_str());
            let (db, today) = (services.db.read(), services.clock.today());
            let all = supervision::permit_sla(db, id, place, range, today).await?;
            Ok(all.into_iter().map(PermitSla::from).collect())
        };
        Some(sla.await)
    }

    /// Projects of the five partners in a division and below; null on failure (五社联动项目).
    #[graphql(
        directive = cache_control::apply(Some(300), Some(CacheScope::Public)),
        directive = list_size::apply(Some(50), Some(vec!["first".into()]))
    )]
    async fn projects(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "division", desc = "The division's id (行政区划标识).")] within: ID,
        #[graphql(desc = "How many, 50 when it is left out, 500 at most (条数).")] first: Option<
            i32,
        >,
        #[graphql(desc = "Behind this cursor (游标).")] after: Option<String>,
    ) -> Option<Result<Page<SocietyProject>>> {
        let page = async {
            let select = development::projects(division(&within)?);
            let order = [(project::Column::Id, Order::Asc)];
            let args = PageArgs::forward(first, after);
            let db = ctx.services().db.read();
            keyset(db, select, &order, &args, SocietyProject::page).await
        };
        Some(page.await)
    }

    /// Projects of the five partners in a division and below, summed; null on failure (五社联动汇总).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn project_summary(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "division", desc = "The division's id (行政区划标识).")] within: ID,
    ) -> Option<Result<ProjectSummary>> {
        let summary = async {
            let services = ctx.services();
            let sums = development::project_summary(services.db.read(), division(&within)?).await?;
            Ok(ProjectSummary::new(sums, services.clock.now()))
        };
        Some(summary.await)
    }

    /// Small funds of communities in a division and below, summed; null on failure (社区微基金汇总).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn micro_funds(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "division", desc = "The division's id (行政区划标识).")] within: ID,
    ) -> Option<Result<MicroFundSummary>> {
        let summary = async {
            let services = ctx.services();
            let sums = development::fund_summary(services.db.read(), division(&within)?).await?;
            Ok(MicroFundSummary::new(sums, services.clock.now()))
        };
        Some(summary.await)
    }

    /// Poor households adopted by organizations in a division and below, summed; null on failure (结对帮扶汇总).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn adoptions(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "division", desc = "The division's id (行政区划标识).")] within: ID,
    ) -> Option<Result<AdoptionSummary>> {
        let summary = async {
            let services = ctx.services();
            let sums =
                development::adoption_summary(services.db.read(), division(&within)?).await?;
            Ok(AdoptionSummary::new(sums, services.clock.now()))
        };
        Some(summary.await)
    }

    /// Hub and brand organizations of a division and below, beside the division's own targets; null on failure (枢纽型社会组织).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn hubs(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "division", desc = "The division's id (行政区划标识).")] within: ID,
    ) -> Option<Result<HubSummary>> {
        let summary = async {
            let services = ctx.services();
            let sums = development::hubs(services.db.read(), division(&within)?).await?;
            Ok(HubSummary::new(sums, services.clock.now()))
        };
        Some(summary.await)
    }

    /// How many organizations of a division and below have a party body; null on failure (党组织覆盖情况).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn party_cover(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "division", desc = "The division's id (行政区划标识).")] within: ID,
    ) -> Option<Result<PartyCover>> {
        let cover = async {
            let services = ctx.services();
            let sums = development::party_cover(services.db.read(), division(&within)?).await?;
            Ok(PartyCover::new(sums, services.clock.now()))
        };
        Some(cover.await)
    }

    /// Entities by their keys, for the gateway.
    #[graphql(name = "_entities")]
    async fn entities(
        &self,
        ctx: &Context<'_>,
        representations: Vec<Any>,
    ) -> Vec<Option<async_graphql::Result<Entity>>> {
        entity::resolve(ctx, representations).await
    }

    /// The schema of this subgraph, for the gateway.
    #[graphql(name = "_service")]
    async fn service(&self) -> Service {
        Service
    }

    /// The events of this subgraph, for other subgraphs.
    #[graphql(name = "_events")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        after: i64,
        first: i32,
    ) -> Result<Vec<kit::events::FeedEvent>> {
        kit::events::feed(ctx, after, first).await
    }
}
