//! What officers, and the persons concerned, read of the counter, the courts, the hall and
//! counselling.

use super::access::{self, View};
use super::cases::{ImpersonationCase, MarriageCorrection};
use super::counselling::{CounsellingRoom, CounsellingSession, Counsellor};
use super::counter::RegistrationApplication;
use super::counter_enums::{
    CourtNoticeState, ImpersonationCaseState, MarriageCorrectionState, RegistrationApplicationState,
};
use super::court::CourtNotice;
use super::queue::{HallGuide, QueueTicket, RegistryQueue};
use super::staff::{self, MarriageRegistrar};
use super::uuid;
use crate::kit::contract::scope;
use crate::kit::federation::directives::*;
use crate::kit::page::{Page, PageArgs, keyset};
use crate::kit::{Date, Error, PrincipalExt, Result};
use crate::model::{
    correction, counselling_session, court_notice, impersonation_case, queue_ticket,
    registration_application,
};
use crate::rules::application::State;
use crate::service::{counselling, counter, queue, registries};
use async_graphql::{Context, ID, Object};
use sea_orm::{ColumnTrait, Condition, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

/// The most entries of a list of one person.
const MOST_OWN: u64 = 50;

/// Reading the counter.
#[derive(Clone, Copy, Debug, Default)]
pub struct CounterQuery;

fn case() -> Vec<Vec<String>> {
    vec![vec!["marriage.case".into()]]
}

fn own_or_case() -> Vec<Vec<String>> {
    vec![vec!["self".into()], vec!["marriage.case".into()]]
}

/// A registry of which the caller is an officer.
pub(super) async fn own_office(ctx: &Context<'_>, registry: &ID) -> async_graphql::Result<Uuid> {
    ctx.need(scope::MARRIAGE_CASE)?;
    let id = uuid(registry, "registry")?;
    access::office(ctx, id).await?;
    Ok(id)
}

/// Reading the counter.
#[Object]
impl CounterQuery {
    /// Applications for marriage at a registry, latest first; for its officers (婚姻登记申请列表).
    #[graphql(directive = requires_scopes::apply(case()), directive = list_size::apply(None, Some(vec!["first".into()])))]
    async fn registration_applications(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The registry (登记机关).")] registry: ID,
        #[graphql(desc = "Only in this state (状态).")] state: Option<RegistrationApplicationState>,
        #[graphql(desc = "How many from the front (数量).")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor (起始游标).")] after: Option<String>,
    ) -> async_graphql::Result<Page<RegistrationApplication>> {
        use registration_application::{Column, Entity};
        let registry = own_office(ctx, &registry).await?;
        let mut select = Entity::find().filter(Column::RegistryId.eq(registry));
        if let Some(state) = state {
            select = select.filter(Column::State.eq(State::from(state).as_str()));
        }
        let args = PageArgs::forward(first, after);
        let page = keyset(
            ctx.services().db.read(),
            select,
            &[(Column::Id, Order::Desc)],
            &args,
            |rows| RegistrationApplication::together(rows, View::Officer),
        );
        Ok(page.await?)
    }

    /// An application for marriage; null when there is none that the caller may see (婚姻登记申请).
    #[graphql(directive = requires_scopes::apply(own_or_case()))]
    async fn registration_application(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id (标识).")] id: ID,
    ) -> async_graphql::Result<Option<RegistrationApplication>> {
        let Some(id) = crate::kit::id::parse(&id) else {
            return Ok(None);
        };
        let db = ctx.services().db.read();
        let row = match counter::by_id(db, id).await {
            Ok(row) => row,
            Err(Error::NotFound) => return Ok(None),
            Err(error) => return Err(error.graphql()),
        };
        let own = ctx
            .person()
            .is_ok_and(|token| token == row.man || token == row.woman);
        let sees = own
            || access::works_at(
                ctx.principal(),
                &registries::by_id(db, row.registry_id).await?,
            );
        let view = if own { View::Own } else { View::Officer };
        Ok(RegistrationApplication::together(vec![row], view)
            .pop()
            .filter(|_| sees))
    }

    /// The caller's own applications for marriage, latest first, the fifty latest at most (我的婚姻登记申请).
    #[graphql(directive = requires_scopes::apply(vec![vec!["self".into()]]))]
    async fn my_registration_applications(
        &self,
        ctx: &Context<'_>,
    ) -> async_graphql::Result<Option<Vec<RegistrationApplication>>> {
        use registration_application::{Column, Entity};
        let own = ctx.person()?;
        let rows = Entity::find()
            .filter(
                Condition::any()
                    .add(Column::Man.eq(own))
                    .add(Column::Woman.eq(own)),
            )
            .order_by_desc(Column::Id)
            .limit(MOST_OWN)
            .all(ctx.services().db.read())
            .await
            .map_err(Error::from)?;
        Ok(Some(RegistrationApplication::together(rows, View::Own)))
    }

    /// The registrars of a registry; for its officers and the supervisor of its division (婚姻登记员).
    #[graphql(directive = requires_scopes::apply(vec![vec!["officer".into()]]))]
    async fn marriage_registrars(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The registry (登记机关).")] registry: ID,
    ) -> async_graphql::Result<Option<Vec<MarriageRegistrar>>> {
        Ok(Some(
            staff::registrars(ctx, uuid(&registry, "registry")?).await?,
        ))
    }

    /// The work list of courts' notices of a registry, oldest first; for its officers (法院通知工作清单).
    #[graphql(directive = requires_scopes::apply(case()), directive = list_size::apply(None, Some(vec!["first".into()])))]
    async fn court_notices(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The registry (登记机关).")] registry: ID,
        #[graphql(desc = "Only in this state (状态).")] state: Option<CourtNoticeState>,
        #[graphql(desc = "How many from the front (数量).")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor (起始游标).")] after: Option<String>,
    ) -> async_graphql::Result<Page<CourtNotice>> {
        use court_notice::{Column, Entity};
        let registry = own_office(ctx, &registry).await?;
        let mut select = Entity::find().filter(Column::RegistryId.eq(registry));
        if let Some(state) = state {
            select = select.filter(Column::State.eq(state.as_str()));
        }
        let args = PageArgs::forward(first, after);
        let page = keyset(
            ctx.services().db.read(),
            select,
            &[(Column::Id, Order::Asc)],
            &args,
            CourtNotice::together,
        );
        Ok(page.await?)
    }

    /// Cases of impersonation of a registry, oldest first; for its officers and the supervisor of its division (冒名案件).
    #[graphql(directive = requires_scopes::apply(vec![vec!["officer".into()]]), directive = list_size::apply(None, Some(vec!["first".into()])))]
    async fn impersonation_cases(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The registry (登记机关).")] registry: ID,
        #[graphql(desc = "Only in this state (状态).")] state: Option<ImpersonationCaseState>,
        #[graphql(desc = "How many from the front (数量).")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor (起始游标).")] after: Option<String>,
    ) -> async_graphql::Result<Page<ImpersonationCase>> {
        use impersonation_case::{Column, Entity};
        let registry = access::reviewed_office(ctx, uuid(&registry, "registry")?).await?;
        let mut select = Entity::find().filter(Column::RegistryId.eq(registry));
        if let Some(state) = state {
            select = select.filter(Column::State.eq(state.as_str()));
        }
        let args = PageArgs::forward(first, after);
        let page = keyset(
            ctx.services().db.read(),
            select,
            &[(Column::Id, Order::Asc)],
            &args,
            ImpersonationCase::together,
        );
        Ok(page.await?)
    }

    /// Corrections at a registry, oldest first; for its officers and the supervisor of its division (更正).
    #[graphql(directive = requires_scopes::apply(vec![vec!["officer".into()]]), directive = list_size::apply(None, Some(vec!["first".into()])))]
    async fn marriage_corrections(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The registry (登记机关).")] registry: ID,
        #[graphql(desc = "Only in this state (状态).")] state: Option<MarriageCorrectionState>,
        #[graphql(desc = "How many from the front (数量).")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor (起始游标).")] after: Option<String>,
    ) -> async_graphql::Result<Page<MarriageCorrection>> {
        use correction::{Column, Entity};
        let registry = access::reviewed_office(ctx, uuid(&registry, "registry")?).await?;
        let mut select = Entity::find().filter(Column::RegistryId.eq(registry));
        if let Some(state) = state {
            select = select.filter(Column::State.eq(state.as_str()));
        }
        let args = PageArgs::forward(first, after);
        let mut unknown = Ok(());
        let page = keyset(
            ctx.services().db.read(),
            select,
            &[(Column::Id, Order::Asc)],
            &args,
            |rows| {
                let list: Result<Vec<_>> = rows.into_iter().map(MarriageCorrection::of).collect();
                list.unwrap_or_else(|error| {
                    unknown = Err(error);
                    Vec::new()
                })
            },
        )
        .await?;
        unknown?;
        Ok(page)
    }

    /// The queue of a registry today, without any person (排队情况).
    #[graphql(directive = cache_control::apply(Some(3), Some(CacheScope::Public)))]
    async fn queue(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The registry (登记机关).")] registry: ID,
    ) -> async_graphql::Result<Option<RegistryQueue>> {
        let services = ctx.services();
        let id = uuid(&registry, "registry")?;
        let today = services.clock.today();
        let queue = queue::of_day(services.db.read(), id, today).await?;
        Ok(Some(RegistryQueue::of(today, queue)))
    }

    /// The tickets of a registry today, by number; for its officers (今日排队号).
    #[graphql(directive = requires_scopes::apply(case()), directive = list_size::apply(None, Some(vec!["first".into()])))]
    async fn queue_tickets(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The registry (登记机关).")] registry: ID,
        #[graphql(desc = "How many from the front (数量).")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor (起始游标).")] after: Option<String>,
    ) -> async_graphql::Result<Page<QueueTicket>> {
        use queue_ticket::{Column, Entity};
        let registry = own_office(ctx, &registry).await?;
        let select = Entity::find()
            .filter(Column::RegistryId.eq(registry))
            .filter(Column::Day.eq(ctx.services().clock.today()));
        let args = PageArgs::forward(first, after);
        let page = keyset(
            ctx.services().db.read(),
            select,
            &[(Column::Number, Order::Asc)],
            &args,
            QueueTicket::together,
        );
        Ok(page.await?)
    }

    /// The guides of a registry; for its officers (引导员).
    #[graphql(directive = requires_scopes::apply(case()))]
    async fn hall_guides(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The registry (登记机关).")] registry: ID,
    ) -> async_graphql::Result<Option<Vec<HallGuide>>> {
        let registry = own_office(ctx, &registry).await?;
        let rows = queue::guides(ctx.services().db.read(), registry).await?;
        Ok(Some(rows.into_iter().map(HallGuide::from).collect()))
    }

    /// The rooms for counselling at a registry (婚姻家庭辅导室).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn counselling_rooms(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The registry (登记机关).")] registry: ID,
    ) -> async_graphql::Result<Option<Vec<CounsellingRoom>>> {
        let id = uuid(&registry, "registry")?;
        let rows = counselling::rooms_of(ctx.services().db.read(), &[id]).await?;
        Ok(Some(
            rows.values().flatten().map(CounsellingRoom::from).collect(),
        ))
    }

    /// The counsellors of a registry; for its officers (婚姻家庭辅导员).
    #[graphql(directive = requires_scopes::apply(case()))]
    async fn counsellors(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The registry (登记机关).")] registry: ID,
    ) -> async_graphql::Result<Option<Vec<Counsellor>>> {
        let registry = own_office(ctx, &registry).await?;
        let rows = counselling::counsellors(ctx.services().db.read(), registry).await?;
        Ok(Some(
            rows.into_iter()
                .map(Counsellor::of)
                .collect::<Result<Vec<_>>>()?,
        ))
    }

    /// The counselling sessions of a registry on a day; for its officers (某日辅导安排).
    #[graphql(directive = requires_scopes::apply(case()), directive = list_size::apply(None, Some(vec!["first".into()])))]
    async fn counselling_sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The registry (登记机关).")] registry: ID,
        #[graphql(desc = "The day (日期).")] date: Date,
        #[graphql(desc = "How many from the front (数量).")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor (起始游标).")] after: Option<String>,
    ) -> async_graphql::Result<Page<CounsellingSession>> {
        use counselling_session::{Column, Entity};
        let registry = own_office(ctx, &registry).await?;
        let select = Entity::find()
            .filter(Column::RegistryId.eq(registry))
            .filter(Column::Day.eq(date.0));
        let order = [(Column::Opens, Order::Asc), (Column::Id, Order::Asc)];
        let args = PageArgs::forward(first, after);
        let page = keyset(
            ctx.services().db.read(),
            select,
            &order,
            &args,
            CounsellingSession::together,
        );
        Ok(page.await?)
    }
}
