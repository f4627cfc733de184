//! What officers, and the persons concerned, read of the counter, the courts, the hall, counselling
//! and the archive.

use super::access::{self, View};
use super::archive::{MaritalProof, MarriageArchiveFile};
use super::cases::{ImpersonationCase, MarriageCorrection};
use super::counselling::{CounsellingRoom, CounsellingSession, Counsellor};
use super::counter::RegistrationApplication;
use super::counter_enums::{
    CourtNoticeState, ImpersonationCaseState, MarriageCorrectionState, RegistrationApplicationState,
};
use super::court::CourtNotice;
use super::divorce::{DivorceApplication, DivorceTimelineStep, timeline};
use super::eligibility::EligibilityReason;
use super::person::{Person, is_token};
use super::queue::{HallGuide, QueueTicket, RegistryQueue};
use super::staff::{self, MarriageRegistrar};
use super::{bad_argument, size, uuid};
use crate::kit::citizen_id;
use crate::kit::contract::scope;
use crate::kit::federation::directives::*;
use crate::kit::page::{Page, PageArgs, keyset};
use crate::kit::{CitizenIdInput, Date, DateTime, Error, PrincipalExt, Result};
use crate::model::{
    correction, counselling_session, court_notice, impersonation_case, queue_ticket,
    registration_application,
};
use crate::rules::application::State;
use crate::rules::{divorce as divorce_rules, eligibility as eligibility_rules, proof};
use crate::service::{archives, counselling, counter, divorce, ledger, queue, records, registries};
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
async fn own_office(ctx: &Context<'_>, registry: &ID) -> async_graphql::Result<Uuid> {
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

    /// The caller's own applications for marriage, latest first (我的婚姻登记申请).
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
    #[graphql(directive = authenticated::apply())]
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
            |rows| CourtNotice::together(rows),
        );
        Ok(page.await?)
    }

    /// Cases of impersonation of a registry, oldest first; for its officers and the supervisor of its division (冒名案件).
    #[graphql(directive = authenticated::apply(), directive = list_size::apply(None, Some(vec!["first".into()])))]
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
            |rows| ImpersonationCase::together(rows),
        );
        Ok(page.await?)
    }

    /// Corrections at a registry, oldest first; for its officers and the supervisor of its division (更正).
    #[graphql(directive = authenticated::apply(), directive = list_size::apply(None, Some(vec!["first".into()])))]
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
            |rows| QueueTicket::together(rows),
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
        let page = keyset(ctx.services().db.read(), select, &order, &args, |rows| {
            CounsellingSession::together(rows)
        });
        Ok(page.await?)
    }

    /// Archive files, by certificate number of any form, by place name of the day and year, or by person; for officers (查档).
    #[graphql(directive = requires_scopes::apply(case()), directive = list_size::apply(None, Some(vec!["first".into()])))]
    async fn archive_files(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The number on the certificate, in whatever form (证件字号).")]
        number: Option<String>,
        #[graphql(desc = "The name of the place on that day, with the year (当时的行政区划名称).")]
        place_then: Option<String>,
        #[graphql(desc = "The year of the act (年份).")] year: Option<i32>,
        #[graphql(desc = "Identity number of either spouse (当事人身份号码).")] holder: Option<
            CitizenIdInput,
        >,
        #[graphql(desc = "Either spouse, for example found by an earlier name (自然人).")]
        person: Option<ID>,
        #[graphql(desc = "How many from the front (数量).")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor (起始游标).")] after: Option<String>,
    ) -> async_graphql::Result<Page<MarriageArchiveFile>> {
        use crate::model::archive_file::Column;
        ctx.need(scope::MARRIAGE_CASE)?;
        let services = ctx.services();
        let token = holder
            .map(|number| {
                citizen_id::parse(&number.0, services.clock.today())
                    .map(|number| services.tokenizer.token(&number).to_string())
                    .map_err(|error| {
                        Error::Invalid(error.user_error().field(&["holder"])).graphql()
                    })
            })
            .transpose()?;
        let sought = archives::Sought {
            number: number.map(|number| number.trim().to_owned()),
            place: place_then.map(|place| place.trim().to_owned()),
            year,
            person: token.or_else(|| person.map(|id| id.to_string()).filter(|id| is_token(id))),
        };
        let select = archives::search(&sought).ok_or_else(|| {
            bad_argument(
                "number",
                "Give a number, a person, or a place with its year.",
                "请提供证件字号、当事人，或者行政区划名称和年份。",
            )
        })?;
        let args = PageArgs::forward(first, after);
        let page = keyset(
            services.db.read(),
            select,
            &[(Column::Id, Order::Asc)],
            &args,
            |rows| rows.into_iter().map(MarriageArchiveFile::from).collect(),
        );
        Ok(page.await?)
    }

    /// The least answer about a person's marital status; for the person, or for an officer who states a purpose (婚姻状况证明).
    #[graphql(directive = requires_scopes::apply(own_or_case()))]
    async fn marital_proof(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The person (自然人).")] person: ID,
    ) -> async_graphql::Result<Option<MaritalProof>> {
        if !is_token(&person) {
            return Ok(None);
        }
        let view = access::person(ctx, &person)?;
        let purpose = ctx
            .principal()
            .purpose
            .clone()
            .filter(|purpose| !purpose.is_empty());
        if view == View::Officer && purpose.is_none() {
            return Err(bad_argument(
                "person",
                "An officer states the purpose of the inquiry in the request.",
                "工作人员查询须在请求中注明用途。",
            ));
        }
        let services = ctx.services();
        let db = services.db.read();
        let token = person.to_string();
        let ledgers = ledger::of_persons(db, std::slice::from_ref(&token)).await?;
        let status = ledgers
            .get(&token)
            .map_or(crate::rules::ledger::Status::NoRecord, |l| l.status);
        let answer = proof::answer(status);
        let disclaimer = proof::needs_disclaimer(answer)
            .then(|| EligibilityReason::from(&eligibility_rules::NO_RECORD_DISCLAIMER));
        Ok(Some(MaritalProof {
            person: Person::alone(token),
            answer: answer.into(),
            purpose,
            issued_at: DateTime(services.clock.now()),
            coverage_from: records::coverage_from(db).await?.map(Date),
            disclaimer,
        }))
    }

    /// The steps of a divorce by consent with their days; null when there is no application that the caller may see (离婚登记进程).
    #[graphql(directive = requires_scopes::apply(own_or_case()))]
    async fn divorce_timeline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The application (离婚登记申请).")] application: ID,
    ) -> async_graphql::Result<Option<Vec<DivorceTimelineStep>>> {
        let Some(id) = crate::kit::id::parse(&application) else {
            return Ok(None);
        };
        let services = ctx.services();
        let db = services.db.read();
        let found = match divorce::by_id(db, id).await {
            Ok(found) => found,
            Err(Error::NotFound) => return Ok(None),
            Err(error) => return Err(error.graphql()),
        };
        let own = ctx
            .person()
            .is_ok_and(|token| token == found.row.man || token == found.row.woman);
        let registry = registries::by_id(db, found.row.registry_id).await?;
        let sees = own || access::works_at(ctx.principal(), &registry);
        Ok(sees.then(|| timeline(&found, services.clock.now())))
    }

    /// Applications for divorce at a registry that are being handled, by the end of their window; for its officers (正在办理的离婚登记申请).
    #[graphql(directive = requires_scopes::apply(case()), directive = list_size::apply(None, Some(vec!["first".into()])))]
    async fn open_divorce_applications(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The registry (登记机关).")] registry: ID,
        #[graphql(desc = "How many, up to 200 (数量).", default = 50)] first: i32,
    ) -> async_graphql::Result<Option<Vec<DivorceApplication>>> {
        let registry = own_office(ctx, &registry).await?;
        let most = size(first, 200);
        let list = divorce::open_at(ctx.services().db.read(), registry, most as u64).await?;
        Ok(Some(DivorceApplication::together(&list)))
    }

    /// What the law says for court proceedings in these situations; it never stands in the way of a divorce by consent (离婚提示).
    #[graphql(directive = cache_control::apply(Some(3600), Some(CacheScope::Public)))]
    async fn divorce_advice(
        &self,
        #[graphql(desc = "One spouse is a serving soldier (一方为现役军人).")] soldier: bool,
        #[graphql(
            desc = "Pregnancy, the year after a birth or six months after a termination (女方孕期或产后一年内等)."
        )]
        pregnancy_or_first_year: bool,
    ) -> Vec<EligibilityReason> {
        divorce_rules::advice(soldier, pregnancy_or_first_year)
            .iter()
            .map(EligibilityReason::from)
            .collect()
    }
}
