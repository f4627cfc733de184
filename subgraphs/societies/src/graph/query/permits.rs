//! Applications, terms at risk, heads of several societies, and the numbers of the law.

use super::{division, own_division};
use crate::graph::organization::Organization;
use crate::graph::permit::PermitCase;
use crate::graph::person::{Person, may_see_offices};
use crate::graph::review::OfficeReview;
use crate::graph::settings::{OrgThreshold, legal_parameter};
use crate::model::{office_review, permit_case};
use crate::rules::parameter::PARAMETERS;
use crate::rules::threshold::THRESHOLDS;
use crate::service::permit::read::{self, Wanted};
use crate::vocabulary::{PermitItem, PermitState};
use async_graphql::{Context, ID, Object, SimpleObject};
use kit::batch::Siblings;
use kit::contract::scope;
use kit::federation::directives::*;
use kit::legal::LegalParameter;
use kit::page::{Page, PageArgs, keyset};
use kit::{Date, PrincipalExt, Result, Role, UserError};
use minzheng_kit as kit;
use sea_orm::Order;

const BY_ID: [(permit_case::Column, Order); 1] = [(permit_case::Column::Id, Order::Asc)];

/// The societies that a person heads (法定代表人任职冲突).
#[derive(SimpleObject, Clone)]
pub struct LegalRepConflict {
    /// The person (自然人).
    pub person: Person,
    /// The living associations whose legal representative the person is (担任法定代表人的社会团体).
    #[graphql(directive = personal::apply("office".into(), "person { id }".into()))]
    pub organizations: Vec<Organization>,
    /// Whether that is more than one, which the law forbids (是否冲突).
    #[graphql(directive = personal::apply("office".into(), "person { id }".into()))]
    pub is_conflict: bool,
    /// The article that forbids it (法律依据).
    pub legal_basis: &'static str,
}

/// Applications and terms (许可办理).
#[derive(Clone, Copy, Debug, Default)]
pub struct Permits;

/// Applications and terms (许可办理).
#[Object]
impl Permits {
    /// One application: for the officers of its division and for whoever handed it in; null when there is none (登记申请).
    #[graphql(directive = requires_scopes::apply(vec![vec!["officer".into()], vec!["self".into()]]))]
    async fn permit_case(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The application's id (标识).")] id: ID,
    ) -> Result<Option<PermitCase>> {
        let bad = || {
            UserError::new(
                "BAD_ID",
                "This is not the id of a record.",
                "记录标识不正确。",
            )
            .field(&["id"])
        };
        let id = kit::id::parse(&id).ok_or_else(bad)?;
        let db = ctx.services().db.read();
        let Some(row) = read::found(db, id).await? else {
            return Ok(None);
        };
        let own = match ctx.principal().role {
            Role::Citizen => {
                let persons = read::persons(db, &[row.id]).await?;
                let mut persons = persons.values().flatten();
                persons.any(|person| ctx.principal().is_person(&person.person))
            }
            _ => own_division(ctx, &ID(row.division_id.to_string())).is_ok(),
        };
        // Who may not read it may not know of it either.
        Ok(if own {
            PermitCase::page(vec![row]).into_iter().next()
        } else {
            None
        })
    }

    /// Applications kept in a division and below, oldest first, for its officers; null when they may not be read or on failure (登记申请列表).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["officer".into()]]),
        directive = list_size::apply(Some(50), Some(vec!["first".into()]))
    )]
    async fn permit_cases(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "division", desc = "The division's id (行政区划标识).")] within: ID,
        #[graphql(desc = "Only of this item (许可事项).")] item: Option<PermitItem>,
        #[graphql(desc = "Only recorded in this state (状态).")] state: Option<PermitState>,
        #[graphql(desc = "How many, 50 when it is left out, 500 at most (条数).")] first: Option<
            i32,
        >,
        #[graphql(desc = "Behind this cursor (游标).")] after: Option<String>,
    ) -> Option<Result<Page<PermitCase>>> {
        let page = async {
            let select = read::cases(own_division(ctx, &within)?, Wanted { item, state });
            let args = PageArgs::forward(first, after);
            keyset(
                ctx.services().db.read(),
                select,
                &BY_ID,
                &args,
                PermitCase::page,
            )
            .await
        };
        Some(page.await)
    }

    /// Open applications whose promised day has passed or is near, or that nobody answers; null when they may not be read or on failure (临期超期申请).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["officer".into()]]),
        directive = list_size::apply(Some(50), Some(vec!["first".into()]))
    )]
    async fn sla_at_risk(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "division", desc = "The division's id (行政区划标识).")] within: ID,
        #[graphql(desc = "How many, 50 when it is left out, 500 at most (条数).")] first: Option<
            i32,
        >,
        #[graphql(desc = "Behind this cursor (游标).")] after: Option<String>,
    ) -> Option<Result<Page<PermitCase>>> {
        let page = async {
            let services = ctx.services();
            let select = read::at_risk(own_division(ctx, &within)?, services.clock.today());
            let args = PageArgs::forward(first, after);
            keyset(services.db.read(), select, &BY_ID, &args, PermitCase::page).await
        };
        Some(page.await)
    }

    /// The caller's own applications, oldest first; null when the caller is no known person or on failure (我的登记申请).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["self".into()]]),
        directive = list_size::apply(Some(50), Some(vec!["first".into()]))
    )]
    async fn my_permit_cases(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 50 when it is left out, 500 at most (条数).")] first: Option<
            i32,
        >,
        #[graphql(desc = "Behind this cursor (游标).")] after: Option<String>,
    ) -> Option<Result<Page<PermitCase>>> {
        let page = async {
            let select = read::of_person(ctx.person()?);
            let args = PageArgs::forward(first, after);
            keyset(
                ctx.services().db.read(),
                select,
                &BY_ID,
                &args,
                PermitCase::page,
            )
            .await
        };
        Some(page.await)
    }

    /// The associations that a person heads, and whether that is one too many; null when it may not be read or on failure (法定代表人任职冲突).
    #[graphql(directive = requires_scopes::apply(vec![vec!["person.masked".into()]]))]
    async fn legal_rep_conflicts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The person's opaque token (自然人标识).")] person: ID,
    ) -> Option<Result<LegalRepConflict>> {
        let found = async {
            ctx.need(scope::PERSON_MASKED)?;
            may_see_offices(ctx.principal(), &person)?;
            let rows = read::societies_headed(ctx.services().db.read(), &person).await?;
            let siblings = Siblings::new(vec![person.to_string()]);
            Ok(LegalRepConflict {
                person: Person::new(person.to_string(), siblings),
                is_conflict: rows.len() > 1,
                organizations: Organization::page(rows),
                legal_basis: "社会团体登记管理条例 (2016) 第十二条",
            })
        };
        Some(found.await)
    }

    /// What an organization must have to be registered, as it holds on a day; null on failure (登记条件数额标准).
    #[graphql(directive = cache_control::apply(Some(3600), Some(CacheScope::Public)))]
    async fn org_thresholds(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day; today when it is left out (日期).")] on: Option<Date>,
    ) -> Option<Vec<OrgThreshold>> {
        let on = on.map_or_else(|| ctx.services().clock.today(), |day| day.0);
        let holds = THRESHOLDS
            .iter()
            .filter(|row| row.valid_from <= on && row.valid_to.is_none_or(|to| on < to));
        Some(holds.map(|row| OrgThreshold::on(row, on)).collect())
    }

    /// The days, years, sums and shares by which organizations are judged, as they hold on a day; null on failure (社会组织法定期限与标准).
    #[graphql(directive = cache_control::apply(Some(3600), Some(CacheScope::Public)))]
    async fn societies_legal_parameters(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day; today when it is left out (日期).")] on: Option<Date>,
    ) -> Option<Vec<LegalParameter>> {
        let on = on.map_or_else(|| ctx.services().clock.today(), |day| day.0);
        let holds = PARAMETERS
            .iter()
            .filter(|row| row.valid_from <= on && row.valid_to.is_none_or(|to| on < to));
        Some(holds.map(legal_parameter).collect())
    }

    /// Living organizations without a legal representative, because the last one died, resigned or is over term; null when they may not be read or on failure (法定代表人空缺的社会组织).
    #[graphql(
        directive = requires_scopes::apply(vec![vec!["officer".into()]]),
        directive = list_size::apply(Some(50), Some(vec!["first".into()]))
    )]
    async fn organizations_without_head(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "division", desc = "The division's id (行政区划标识).")] within: ID,
        #[graphql(desc = "How many, 50 when it is left out, 500 at most (条数).")] first: Option<
            i32,
        >,
        #[graphql(desc = "Behind this cursor (游标).")] after: Option<String>,
    ) -> Option<Result<Page<Organization>>> {
        let page = async {
            let select = crate::service::register::without_head(own_division(ctx, &within)?);
            let order = [(crate::model::organization::Column::CreditCode, Order::Asc)];
            let args = PageArgs::forward(first, after);
            keyset(
                ctx.services().db.read(),
                select,
                &order,
                &args,
                Organization::page,
            )
            .await
        };
        Some(page.await)
    }

    /// Offices of a division and below that ended with a death which a court took back and wait for a decision, the
    /// oldest first, for its officers; null when they may not be read or on failure (待复核职务).
    #[graphql(
        directive = authenticated::apply(),
        directive = list_size::apply(Some(50), Some(vec!["first".into()]))
    )]
    async fn office_reviews(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "division", desc = "The division's id (行政区划标识).")] within: ID,
        #[graphql(desc = "How many, 50 when it is left out, 500 at most (条数).")] first: Option<
            i32,
        >,
        #[graphql(desc = "Behind this cursor (游标).")] after: Option<String>,
    ) -> Option<Result<Page<OfficeReview>>> {
        let page = async {
            let select = crate::service::reviews::waiting(own_division(ctx, &within)?);
            let order = [
                (office_review::Column::Opened, Order::Asc),
                (office_review::Column::Id, Order::Asc),
            ];
            let args = PageArgs::forward(first, after);
            keyset(
                ctx.services().db.read(),
                select,
                &order,
                &args,
                OfficeReview::page,
            )
            .await
        };
        Some(page.await)
    }

    /// Hub or brand organizations of a division and below, in order of their codes; null on failure (枢纽型、品牌性社会组织名录).
    #[graphql(
        directive = cache_control::apply(Some(300), Some(CacheScope::Public)),
        directive = list_size::apply(Some(50), Some(vec!["first".into()]))
    )]
    async fn hub_organizations(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "division", desc = "The division's id (行政区划标识).")] within: ID,
        #[graphql(desc = "How many, 50 when it is left out, 500 at most (条数).")] first: Option<
            i32,
        >,
        #[graphql(desc = "Behind this cursor (游标).")] after: Option<String>,
    ) -> Option<Result<Page<Organization>>> {
        let page = async {
            let select = crate::service::register::hubs(division(&within)?);
            let order = [(crate::model::organization::Column::CreditCode, Order::Asc)];
            let args = PageArgs::forward(first, after);
            keyset(
                ctx.services().db.read(),
                select,
                &order,
                &args,
                Organization::page,
            )
            .await
        };
        Some(page.await)
    }
}
