//! The lists of bad credit, clean-up cases, and small funds.

use super::{division, own_division};
use crate::graph::cleanup::CleanupCase;
use crate::graph::organization::Organization;
use crate::graph::parts::CreditListing;
use crate::graph::summary::MicroFund;
use crate::model::{cleanup_case, credit_listing, micro_fund, organization};
use crate::service::listings::{self, Wanted};
use crate::service::{breaches, cleanup, development};
use crate::vocabulary::{ActivityField, CleanupKind, CreditList, ListingReason};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use kit::federation::directives::*;
use kit::page::{Page, PageArgs, keyset};
use kit::{Date, PrincipalExt, Result};
use minzheng_kit as kit;
use sea_orm::Order;

/// An entry in a credit list with its organization (信用名单在列社会组织).
#[derive(SimpleObject, Clone)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct ListedOrganization {
    /// The entry (信用名单记录).
    pub listing: CreditListing,
    /// The organization; null when it is not found (社会组织).
    pub organization: Option<Organization>,
}

/// Which entries of the credit lists are wanted (信用名单筛选条件).
#[derive(InputObject, Clone, Debug, Default)]
pub struct CreditListFilter {
    /// Only this list, as it counts today (名单).
    pub list: Option<CreditList>,
    /// Only for this ground (列入事由).
    pub reason: Option<ListingReason>,
    /// Only organizations of these fields; all when it is left out (业务领域).
    pub activities: Option<Vec<ActivityField>>,
    /// Only entries that become serious before this day (转入严重失信名单截止日期).
    pub escalates_before: Option<Date>,
}

/// Credit and clean-up (信用与清理).
#[derive(Clone, Copy, Debug, Default)]
pub struct Credit;

/// Credit and clean-up (信用与清理).
#[Object]
impl Credit {
    /// Entries that stand today in a division and below, the oldest first; an abnormal one is serious after its two years; null on failure (信用名单).
    #[graphql(
        directive = cache_control::apply(Some(300), Some(CacheScope::Public)),
        directive = list_size::apply(Some(50), Some(vec!["first".into()]))
    )]
    async fn credit_lists(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "division", desc = "The division's id (行政区划标识).")] within: ID,
        #[graphql(desc = "Which entries; all when it is left out (筛选条件).")] filter: Option<
            CreditListFilter,
        >,
        #[graphql(desc = "How many, 50 when it is left out, 500 at most (条数).")] first: Option<
            i32,
        >,
        #[graphql(desc = "Behind this cursor (游标).")] after: Option<String>,
    ) -> Option<Result<Page<ListedOrganization>>> {
        let page = async {
            let services = ctx.services();
            let today = services.clock.today();
            let filter = filter.unwrap_or_default();
            let wanted = Wanted {
                list: filter.list,
                reason: filter.reason,
                activities: filter.activities.unwrap_or_default(),
                escalates_before: filter.escalates_before.map(|day| day.0),
            };
            let select = listings::standing(division(&within)?, &wanted, today);
            let order = [
                (credit_listing::Column::Listed, Order::Asc),
                (credit_listing::Column::Id, Order::Asc),
            ];
            let args = PageArgs::forward(first, after);
            let mut codes = Vec::new();
            let mut page = keyset(services.db.read(), select, &order, &args, |rows| {
                codes.extend(rows.iter().map(|row| row.credit_code.clone()));
                let one = |row| ListedOrganization {
                    listing: CreditListing::on(row, today),
                    organization: None,
                };
                rows.into_iter().map(one).collect()
            })
            .await?;
            let mut different = codes.clone();
            different.sort_unstable();
            different.dedup();
            let organizations = Organization::load(ctx, &different).await?;
            for (edge, code) in page.edges.iter_mut().zip(&codes) {
                edge.node.organization = organizations.get(code).cloned();
            }
            Ok(page)
        };
        Some(page.await)
    }

    /// Clean-up cases of a division and below, the oldest first, for its officers; null when they may not be read or on failure (清理案件).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["officer".into()]]),
        directive = list_size::apply(Some(50), Some(vec!["first".into()]))
    )]
    async fn cleanup_cases(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "division", desc = "The division's id (行政区划标识).")] within: ID,
        #[graphql(desc = "Only this kind (清理对象类型).")] kind: Option<CleanupKind>,
        #[graphql(desc = "Only open ones, or only closed ones (是否未结).")] open: Option<bool>,
        #[graphql(desc = "How many, 50 when it is left out, 500 at most (条数).")] first: Option<
            i32,
        >,
        #[graphql(desc = "Behind this cursor (游标).")] after: Option<String>,
    ) -> Option<Result<Page<CleanupCase>>> {
        let page = async {
            let select = cleanup::cases(own_division(ctx, &within)?, kind, open);
            let order = [
                (cleanup_case::Column::Opened, Order::Asc),
                (cleanup_case::Column::Id, Order::Asc),
            ];
            let args = PageArgs::forward(first, after);
            keyset(
                ctx.services().db.read(),
                select,
                &order,
                &args,
                CleanupCase::page,
            )
            .await
        };
        Some(page.await)
    }

    /// Foundations of a division and below that raise from the public and, by their report on a year, spent less than the law asks or more on management than it allows, in order of their codes, for its officers; null when they may not be read or on failure (年度支出或者管理费用不符合规定的慈善组织).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["officer".into()]]),
        directive = list_size::apply(Some(50), Some(vec!["first".into()]))
    )]
    async fn charity_breaches(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "division", desc = "The division's id (行政区划标识).")] within: ID,
        #[graphql(desc = "The year that was reported on (报告年度).")] year: i32,
        #[graphql(desc = "How many, 50 when it is left out, 500 at most (条数).")] first: Option<
            i32,
        >,
        #[graphql(desc = "Behind this cursor (游标).")] after: Option<String>,
    ) -> Option<Result<Page<Organization>>> {
        let page = async {
            let db = ctx.services().db.read();
            let select = breaches::of_year(db, own_division(ctx, &within)?, year).await?;
            let order = [(organization::Column::CreditCode, Order::Asc)];
            let args = PageArgs::forward(first, after);
            keyset(db, select, &order, &args, Organization::page).await
        };
        Some(page.await)
    }

    /// Small funds of communities in a division and below, one by one; null on failure (社区微基金名录).
    #[graphql(
        directive = cache_control::apply(Some(300), Some(CacheScope::Public)),
        directive = list_size::apply(Some(50), Some(vec!["first".into()]))
    )]
    async fn micro_fund_list(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "division", desc = "The division's id (行政区划标识).")] within: ID,
        #[graphql(desc = "How many, 50 when it is left out, 500 at most (条数).")] first: Option<
            i32,
        >,
        #[graphql(desc = "Behind this cursor (游标).")] after: Option<String>,
    ) -> Option<Result<Page<MicroFund>>> {
        let page = async {
            let select = development::funds(division(&within)?);
            let order = [(micro_fund::Column::Id, Order::Asc)];
            let args = PageArgs::forward(first, after);
            let node =
                |rows: Vec<micro_fund::Model>| rows.into_iter().map(MicroFund::from).collect();
            keyset(ctx.services().db.read(), select, &order, &args, node).await
        };
        Some(page.await)
    }
}
