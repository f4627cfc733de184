//! Lists and calendars: cases for officers, prices and their breaches, halls, worship, illegal graves, land,
//! requests of near kin, and the parameters of the law.

use async_graphql::connection::{Connection, EmptyFields};
use async_graphql::{Context, ID, Object, Result};
use minzheng_kit::contract::scope;
use minzheng_kit::federation::directives::{CacheScope, cache_control, requires_scopes};
use minzheng_kit::legal::LegalParameter;
use minzheng_kit::page::{PageArgs, keyset};
use minzheng_kit::{Date, PrincipalExt, YearMonth};
use sea_orm::{ColumnTrait, EntityTrait, Order, QueryFilter, QuerySelect};

use super::breach::PriceBreach;
use super::case::FuneralCase;
use super::confirm::DeathRevocation;
use super::course::TimelineEntry;
use super::facility::PriceLine;
use super::kin::KinRequest;
use super::payloads::WaiverSettlement;
use super::plot::WorshipSlot;
use super::worship::{Hall, WorshipBooking, WorshipForecast};
use super::{access, period, settings_today, size, uuid};
use crate::model::{funeral_case, kin_request, price_breach, worship_booking};
use crate::rules::settings::REGISTER;
use crate::rules::terms::{BreachState, CaseState, KinRequestState};
use crate::rules::worship::crowd;
use crate::service::facilities::{self, divisions_in};
use crate::service::{
    cases, collection, course, deaths, halls, month_of, proposals, suppression, waivers, worship,
};

type Page<T> = Connection<String, T, EmptyFields, EmptyFields>;

/// Lists and calendars.
#[derive(Default)]
pub struct ListQuery;

#[Object]
impl ListQuery {
    /// The numbers that the funeral law and the province set, with where they come from
    /// (殡葬法定参数).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn funeral_legal_parameters(
        &self,
        #[graphql(desc = "Only what counts on this day; all if not given (日期).")] on: Option<
            Date,
        >,
    ) -> Vec<LegalParameter> {
        REGISTER.list(on.map(|d| d.0))
    }

    /// The cases of a division, newest first, for its officers (治丧案件列表).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]))]
    async fn funeral_cases(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The division; the officer's own if not given (行政区划).")]
        division: Option<ID>,
        #[graphql(desc = "Only in this state (案件状态).")] state: Option<CaseState>,
        #[graphql(
            desc = "Only those whose body is stored beyond what is allowed (仅超期存放).",
            default
        )]
        storage_overdue: bool,
        #[graphql(desc = "How many at most, 50 if not given (条数).")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor (游标).")] after: Option<String>,
    ) -> Result<Option<Page<FuneralCase>>> {
        let division = match division {
            Some(id) => uuid(&id, "division")?,
            None => access::own_division(ctx)?,
        };
        access::officer(ctx, scope::FUNERAL_CASE, division)?;
        let mut select = funeral_case::Entity::find()
            .filter(funeral_case::Column::DivisionId.in_subquery(divisions_in(division)));
        if let Some(state) = state {
            select = select.filter(funeral_case::Column::State.eq(state));
        }
        if storage_overdue {
            let late = collection::overdue(ctx.services().clock.today());
            select = select.filter(funeral_case::Column::Id.in_subquery(late));
        }
        let order = [
            (funeral_case::Column::OpenedAt, Order::Desc),
            (funeral_case::Column::Id, Order::Asc),
        ];
        let args = PageArgs::forward(first, after);
        Ok(Some(
            keyset(
                ctx.services().db.read(),
                select,
                &order,
                &args,
                FuneralCase::all,
            )
            .await?,
        ))
    }

    /// The course of a case, in order, for its applicant and for officers; null if there is no such case
    /// (案件流程).
    #[graphql(directive = requires_scopes::apply(vec![vec!["self".into()], vec!["funeral.case".into()]]))]
    async fn case_timeline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The case (治丧案件).")] case: ID,
    ) -> Result<Option<Vec<TimelineEntry>>> {
        let id = uuid(&case, "case")?;
        let db = ctx.services().db.read();
        let found = cases::by_ids(db, &[id]).await?.remove(&id);
        if access::visible_case(ctx, found)?.is_none() {
            return Ok(None);
        }
        let entries = course::timelines(db, &[id])
            .await?
            .remove(&id)
            .unwrap_or_default();
        Ok(Some(entries.into_iter().map(TimelineEntry::from).collect()))
    }

    /// The published price list of a facility as it holds on a day; empty where nothing is published
    /// (收费目录).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn price_catalogue(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The facility (设施).")] facility: ID,
        #[graphql(desc = "The day; today if not given (日期).")] on: Option<Date>,
    ) -> Result<Option<Vec<PriceLine>>> {
        let services = ctx.services();
        let id = uuid(&facility, "facility")?;
        let on = on.map_or_else(|| services.clock.today(), |d| d.0);
        let lists =
            facilities::prices(services.db.read(), &ctx.principal().divisions, &[id], on).await?;
        Ok(Some(
            lists
                .get(&id)
                .into_iter()
                .flatten()
                .map(PriceLine::of)
                .collect(),
        ))
    }

    /// Prices outside the lists of a division, newest first, for its officers (价格违规列表).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]))]
    async fn price_breaches(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The division; the officer's own if not given (行政区划).")]
        division: Option<ID>,
        #[graphql(desc = "Only in this state (处理状态).")] state: Option<BreachState>,
        #[graphql(desc = "How many at most, 50 if not given (条数).")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor (游标).")] after: Option<String>,
    ) -> Result<Option<Page<PriceBreach>>> {
        let division = match division {
            Some(id) => uuid(&id, "division")?,
            None => access::own_division(ctx)?,
        };
        access::officer(ctx, scope::FUNERAL_CASE, division)?;
        let mut select = price_breach::Entity::find()
            .filter(price_breach::Column::DivisionId.in_subquery(divisions_in(division)));
        if let Some(state) = state {
            select = select.filter(price_breach::Column::State.eq(state));
        }
        let order = [
            (price_breach::Column::ReportedAt, Order::Desc),
            (price_breach::Column::Id, Order::Asc),
        ];
        let args = PageArgs::forward(first, after);
        Ok(Some(
            keyset(
                ctx.services().db.read(),
                select,
                &order,
                &args,
                PriceBreach::all,
            )
            .await?,
        ))
    }

    /// The settled batches of waivers of a division from one month to another, newest first
    /// (减免结算批次).
    #[graphql(directive = requires_scopes::apply(vec![vec!["statistics.read".into()]]))]
    async fn waiver_settlements(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The division (行政区划).")] division: ID,
        #[graphql(desc = "First month (起始月份).")] from: YearMonth,
        #[graphql(desc = "Last month, included (截止月份).")] to: YearMonth,
        #[graphql(desc = "How many at most, 50 if not given (条数).")] first: Option<i32>,
    ) -> Result<Option<Vec<WaiverSettlement>>> {
        let division = uuid(&division, "division")?;
        access::figures(ctx, division)?;
        let (start, end) = period(from, to)?;
        let limit = size(first, 50, 500);
        let services = ctx.services();
        let db = services.db.read();
        // All of them, whatever was asked for: a batch is judged with the others of its month.
        let rows = waivers::settlements(db, division, start, end).await?;
        let told = if access::officer(ctx, scope::FUNERAL_CASE, division).is_ok() {
            rows.iter().map(|row| row.id).collect()
        } else {
            let order = services.db.divisions();
            let tables =
                suppression::tables(db, &order, month_of(services.clock.today()), start, end)
                    .await?;
            tables.settled(&rows)
        };
        let shown = rows.into_iter().take(limit).map(|row| {
            let open = told.contains(&row.id);
            WaiverSettlement::of(row, open)
        });
        Ok(Some(shown.collect()))
    }

    /// The halls of a funeral home with their calendars; empty where there are none (告别厅日历).
    #[graphql(directive = cache_control::apply(Some(30), Some(CacheScope::Public)))]
    async fn hall_calendar(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The funeral home (殡仪馆).")] facility: ID,
    ) -> Result<Option<Vec<Hall>>> {
        let id = uuid(&facility, "facility")?;
        let halls = halls::of_facilities(ctx.services().db.read(), &[id])
            .await?
            .remove(&id);
        Ok(Some(Hall::all(halls.unwrap_or_default())))
    }

    /// How crowded a facility will be on a day, span by span, by what is booked (客流程度).
    #[graphql(directive = cache_control::apply(Some(30), Some(CacheScope::Public)))]
    async fn crowd_level(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The facility (设施).")] facility: ID,
        #[graphql(desc = "The day; today if not given (日期).")] on: Option<Date>,
    ) -> Result<Option<Vec<WorshipSlot>>> {
        let services = ctx.services();
        let id = uuid(&facility, "facility")?;
        let day = on.map_or_else(|| services.clock.today(), |d| d.0);
        let rules = settings_today(ctx);
        let slots = worship::slots(services.db.read(), &[id], day, 100)
            .await?
            .remove(&id);
        Ok(Some(
            slots
                .unwrap_or_default()
                .into_iter()
                .filter(|slot| slot.day == day)
                .map(|slot| WorshipSlot::of(slot, &rules))
                .collect(),
        ))
    }

    /// What is to be expected at a facility on a day, span by span (客流预测).
    #[graphql(directive = cache_control::apply(Some(30), Some(CacheScope::Public)))]
    async fn worship_forecast(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The facility (设施).")] facility: ID,
        #[graphql(desc = "The day (日期).")] on: Date,
    ) -> Result<Option<Vec<WorshipForecast>>> {
        let id = uuid(&facility, "facility")?;
        let rules = settings_today(ctx);
        let spans = worship::forecast(ctx.services().db.read(), id, on.0).await?;
        Ok(Some(
            spans
                .into_iter()
                .map(|(slot, expected)| WorshipForecast {
                    level: crowd(expected, i64::from(slot.capacity), &rules),
                    expected,
                    slot: WorshipSlot::of(slot, &rules),
                })
                .collect(),
        ))
    }

    /// The caller's bookings for visiting graves, newest first (我的祭扫预约).
    #[graphql(directive = requires_scopes::apply(vec![vec!["self".into()]]))]
    async fn my_worship_bookings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many at most, 50 if not given (条数).")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor (游标).")] after: Option<String>,
    ) -> Result<Option<Page<WorshipBooking>>> {
        let own = ctx.person()?.to_owned();
        let select =
            worship_booking::Entity::find().filter(worship_booking::Column::Booker.eq(own));
        let order = [
            (worship_booking::Column::BookedAt, Order::Desc),
            (worship_booking::Column::Id, Order::Asc),
        ];
        let args = PageArgs::forward(first, after);
        Ok(Some(
            keyset(
                ctx.services().db.read(),
                select,
                &order,
                &args,
                WorshipBooking::all,
            )
            .await?,
        ))
    }

    /// The recorded deaths of the officer's division that are to be taken back and wait for a second officer, oldest
    /// first, at most a hundred; null if they cannot be read now (待复核的撤销死亡登记).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]))]
    async fn death_revocations(&self, ctx: &Context<'_>) -> Result<Option<Vec<DeathRevocation>>> {
        let division = access::own_division(ctx)?;
        access::officer(ctx, scope::FUNERAL_CASE, division)?;
        let services = ctx.services();
        let lapsed = proposals::asked_before(services.clock.now(), &settings_today(ctx));
        let rows = deaths::revocations_waiting(services.db.read(), division, lapsed, 100).await?;
        let shown = rows.into_iter().map(|row| DeathRevocation::of(row, ctx));
        Ok(Some(shown.collect()))
    }

    /// The requests of near kin: the caller's own, or for officers those of their division that are open
    /// (近亲属请求).
    #[graphql(directive = requires_scopes::apply(vec![vec!["self".into()], vec!["funeral.case".into()]]))]
    async fn kin_requests(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many at most, 50 if not given (条数).")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor (游标).")] after: Option<String>,
    ) -> Result<Option<Page<KinRequest>>> {
        let select = if ctx.principal().has_scope(scope::FUNERAL_CASE) {
            let division = access::own_division(ctx)?;
            access::officer(ctx, scope::FUNERAL_CASE, division)?;
            let of_division = sea_orm::QueryTrait::into_query(
                funeral_case::Entity::find()
                    .select_only()
                    .column(funeral_case::Column::Id)
                    .filter(funeral_case::Column::DivisionId.in_subquery(divisions_in(division))),
            );
            kin_request::Entity::find()
                .filter(kin_request::Column::State.eq(KinRequestState::Open))
                .filter(kin_request::Column::CaseId.in_subquery(of_division))
        } else {
            let own = ctx.person()?.to_owned();
            kin_request::Entity::find().filter(kin_request::Column::Asker.eq(own))
        };
        let order = [
            (kin_request::Column::AskedOn, Order::Desc),
            (kin_request::Column::Id, Order::Asc),
        ];
        let args = PageArgs::forward(first, after);
        Ok(Some(
            keyset(
                ctx.services().db.read(),
                select,
                &order,
                &args,
                KinRequest::all,
            )
            .await?,
        ))
    }
}
