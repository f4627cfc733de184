//! What can be asked.

use async_graphql::connection::{Connection, EmptyFields};
use async_graphql::{Context, ID, Object, Result};
use minzheng_kit::contract::scope;
use minzheng_kit::federation::directives::{CacheScope, cache_control, requires_scopes};
use minzheng_kit::federation::{self, Any};
use minzheng_kit::page::{PageArgs, keyset};
use minzheng_kit::{Date, DateTime, Error, PrincipalExt, YearMonth, Yuan};
use sea_orm::{ColumnTrait, EntityTrait, Order, QueryFilter};

use super::case::FuneralCase;
use super::division::Division;
use super::entities::Entity;
use super::facility::{FuneralFacility, NearbyFacility, ServiceItem};
use super::inputs::PointInput;
use super::sea::{EcoBurialStats, IllegalGraveSummary, SeaBurialVoyage};
use super::ticket::{HotlineTicket, TicketSla};
use super::waiver::{WaiverEligibility, WaiverPolicy, WaiverSummary};
use super::{access, bad_argument, period, size, uuid};
use crate::model::{facility, funeral_case, hotline_ticket, sea_voyage};
use crate::rules::terms::{FacilityKind, FacilityState, FacilitySubKind, TicketState};
use crate::service::facilities::{self, Filter, MAX_RADIUS_KM, divisions_in};
use crate::service::{cases, figures, graves, month_of, sea, sla, suppression, waivers};

type Page<T> = Connection<String, T, EmptyFields, EmptyFields>;

/// Facilities, fees, figures, cases and the hotline.
#[derive(Default)]
pub struct FirstQuery;

#[Object]
impl FirstQuery {
    /// The funeral facilities of the province or of a division, by identity (殡葬设施列表).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    #[expect(
        clippy::too_many_arguments,
        reason = "each is an argument of the field"
    )]
    async fn facilities(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only in this division and below it (行政区划).")] division: Option<ID>,
        #[graphql(desc = "Only of this kind (设施类别).")] kind: Option<FacilityKind>,
        #[graphql(desc = "Only of this sub-kind (设施类型).")] sub_kind: Option<FacilitySubKind>,
        #[graphql(desc = "Only in this state (设施状态).")] state: Option<FacilityState>,
        #[graphql(desc = "How many at most, 50 if not given (条数).")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor (游标).")] after: Option<String>,
    ) -> Result<Option<Page<FuneralFacility>>> {
        let mut select = facility::Entity::find().filter(
            Filter {
                kind,
                sub_kind,
                state,
            }
            .condition(),
        );
        if let Some(division) = division {
            let division = uuid(&division, "division")?;
            select =
                select.filter(facility::Column::DivisionId.in_subquery(divisions_in(division)));
        }
        let order = [(facility::Column::Id, Order::Asc)];
        let args = PageArgs::forward(first, after);
        Ok(Some(
            keyset(
                ctx.services().db.read(),
                select,
                &order,
                &args,
                FuneralFacility::all,
            )
            .await?,
        ))
    }

    /// The open facilities near a point, nearest first (附近殡葬设施).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn facilities_near(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The point (位置).")] point: PointInput,
        #[graphql(desc = "Only of this kind (设施类别).")] kind: Option<FacilityKind>,
        #[graphql(desc = "Only of this sub-kind (设施类型).")] sub_kind: Option<FacilitySubKind>,
        #[graphql(
            desc = "How far, in kilometres, at most 300 (半径，公里).",
            default = 20.0
        )]
        radius_km: f64,
        #[graphql(desc = "How many at most, 10 if not given (条数).")] first: Option<i32>,
    ) -> Result<Option<Vec<NearbyFacility>>> {
        if !(0.0..=MAX_RADIUS_KM).contains(&radius_km) {
            return Err(bad_argument(
                "radiusKm",
                "The radius lies between 0 and 300 kilometres.",
                "半径须在0至300公里之间。",
            ));
        }
        let filter = Filter {
            kind,
            sub_kind,
            state: None,
        };
        let found = facilities::near(
            ctx.services().db.read(),
            point.checked()?,
            radius_km,
            filter,
            size(first, 10, 100),
        )
        .await?;
        Ok(Some(NearbyFacility::all(found)))
    }

    /// A facility by identity; null if there is none (殡葬设施).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn facility(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its identity (标识).")] id: ID,
    ) -> Result<Option<FuneralFacility>> {
        let Some(id) = minzheng_kit::id::parse(&id) else {
            return Ok(None);
        };
        let mut found = facilities::by_ids(ctx.services().db.read(), &[id]).await?;
        Ok(found
            .remove(&id)
            .and_then(|row| FuneralFacility::all(vec![row]).pop()))
    }

    /// The published list of service items (服务项目清单).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn service_items(&self, ctx: &Context<'_>) -> Result<Option<Vec<ServiceItem>>> {
        let mut items: Vec<_> = facilities::items(ctx.services().db.read())
            .await?
            .into_values()
            .collect();
        items.sort_by(|a, b| a.code.cmp(&b.code));
        Ok(Some(items.into_iter().map(ServiceItem::from).collect()))
    }

    /// What a household can have waived in a division on a day; null if there is no such division
    /// (减免资格查询).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn waiver_eligibility(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The division (行政区划).")] division: ID,
        #[graphql(desc = "The day; today if not given (日期).")] on: Option<Date>,
    ) -> Result<Option<WaiverEligibility>> {
        let services = ctx.services();
        let division = uuid(&division, "division")?;
        if ctx.principal().divisions.by_id(&division).is_none() {
            return Ok(None);
        }
        let on = on.map_or_else(|| services.clock.today(), |d| d.0);
        let found = waivers::policies(services.db.read(), division, on).await?;
        let items = facilities::items(services.db.read()).await?;
        let at_most = Yuan(found.iter().map(|p| p.policy.standard).sum());
        let policies: Vec<WaiverPolicy> = found
            .into_iter()
            .filter_map(|found| {
                items
                    .get(&found.policy.item_code)
                    .cloned()
                    .map(|item| WaiverPolicy::of(found.policy, item, found.contested))
            })
            .collect();
        Ok(Some(WaiverEligibility {
            division: Division::one(division),
            on: Date(on),
            eligible: !policies.is_empty(),
            policies,
            at_most,
        }))
    }

    /// What a division waived from one month to another; null if there is no such division
    /// (减免汇总).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn waiver_summary(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The division (行政区划).")] division: ID,
        #[graphql(desc = "First month (起始月份).")] from: YearMonth,
        #[graphql(desc = "Last month, included (截止月份).")] to: YearMonth,
    ) -> Result<Option<WaiverSummary>> {
        let (first, last) = period(from, to)?;
        let division = uuid(&division, "division")?;
        if ctx.principal().divisions.by_id(&division).is_none() {
            return Ok(None);
        }
        let services = ctx.services();
        let totals = figures::waiver_totals(services.db.read(), &[division], first, last).await?;
        let order = services.db.divisions();
        let now = month_of(services.clock.today());
        let tables = suppression::tables(services.db.read(), &order, now, first, last).await?;
        let open = tables.period_is_open(division, first, last);
        let as_of = DateTime(services.clock.now());
        Ok(totals
            .get(&division)
            .map(|t| WaiverSummary::of(*t, open, (from, to), as_of)))
    }

    /// The voyages for burials at sea, newest first (海葬航次).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn sea_burial_voyages(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this division and below it (行政区划).")] division: Option<ID>,
        #[graphql(desc = "How many at most, 50 if not given (条数).")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor (游标).")] after: Option<String>,
    ) -> Result<Option<Page<SeaBurialVoyage>>> {
        let today = ctx.services().clock.today();
        let mut select = sea_voyage::Entity::find();
        if let Some(division) = division {
            let division = uuid(&division, "division")?;
            select =
                select.filter(sea_voyage::Column::DivisionId.in_subquery(divisions_in(division)));
        }
        let order = [
            (sea_voyage::Column::SailsOn, Order::Desc),
            (sea_voyage::Column::Id, Order::Asc),
        ];
        let args = PageArgs::forward(first, after);
        Ok(Some(
            keyset(ctx.services().db.read(), select, &order, &args, |rows| {
                SeaBurialVoyage::all(rows, today)
            })
            .await?,
        ))
    }

    /// Ecological burials of a division from one month to another (节地生态安葬统计).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn eco_burial_stats(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The division (行政区划).")] division: ID,
        #[graphql(desc = "First month (起始月份).")] from: YearMonth,
        #[graphql(desc = "Last month, included (截止月份).")] to: YearMonth,
    ) -> Result<Option<EcoBurialStats>> {
        let (first, last) = period(from, to)?;
        let services = ctx.services();
        let stats = sea::eco_stats(
            services.db.read(),
            &services.db.divisions(),
            uuid(&division, "division")?,
            month_of(services.clock.today()),
            first,
            last,
        )
        .await?;
        Ok(Some(EcoBurialStats::of(
            stats,
            DateTime(services.clock.now()),
        )))
    }

    /// The clean-up of illegal graves in a division, in figures (违建坟墓整治汇总).
    #[graphql(directive = requires_scopes::apply(vec![vec!["statistics.read".into()]]))]
    async fn illegal_graves(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The division (行政区划).")] division: ID,
    ) -> Result<Option<IllegalGraveSummary>> {
        let division = uuid(&division, "division")?;
        access::figures(ctx, division)?;
        let services = ctx.services();
        let summary = graves::summary(services.db.read(), division).await?;
        Ok(Some(IllegalGraveSummary::of(
            summary,
            DateTime(services.clock.now()),
        )))
    }

    /// The cases that the caller opened as applicant, newest first (我申办的治丧案件).
    #[graphql(directive = requires_scopes::apply(vec![vec!["self".into()]]))]
    async fn my_family_cases(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many at most, 50 if not given (条数).")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor (游标).")] after: Option<String>,
    ) -> Result<Option<Page<FuneralCase>>> {
        let own = ctx.person()?.to_owned();
        let select = funeral_case::Entity::find().filter(funeral_case::Column::Applicant.eq(own));
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

    /// A case by identity, for its applicant and for officers; null if there is none that the officer may read
    /// (治丧案件).
    #[graphql(directive = requires_scopes::apply(vec![vec!["self".into()], vec!["funeral.case".into()]]))]
    async fn funeral_case(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its identity (标识).")] id: ID,
    ) -> Result<Option<FuneralCase>> {
        let Some(id) = minzheng_kit::id::parse(&id) else {
            return Ok(None);
        };
        let mut found = cases::by_ids(ctx.services().db.read(), &[id]).await?;
        let case = access::visible_case(ctx, found.remove(&id))?;
        Ok(case.and_then(|case| FuneralCase::all(vec![case]).pop()))
    }

    /// A ticket by identity; null if there is none that the operator may read (热线工单).
    #[graphql(directive = requires_scopes::apply(vec![vec!["hotline".into()]]))]
    async fn hotline_ticket(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its identity (标识).")] id: ID,
    ) -> Result<Option<HotlineTicket>> {
        ctx.need(scope::HOTLINE)?;
        let id = uuid(&id, "id")?;
        let row = hotline_ticket::Entity::find_by_id(id)
            .one(ctx.services().db.read())
            .await
            .map_err(Error::from)?;
        // One of elsewhere looks like one that is not there.
        let row = row.filter(|row| access::hotline(ctx, row.division_id).is_ok());
        Ok(row.map(HotlineTicket::of))
    }

    /// The tickets that are not closed, in the operator's division, oldest first (未办结工单).
    #[graphql(directive = requires_scopes::apply(vec![vec!["hotline".into()]]))]
    async fn open_tickets(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many at most, 50 if not given (条数).")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor (游标).")] after: Option<String>,
    ) -> Result<Option<Page<HotlineTicket>>> {
        ctx.need(scope::HOTLINE)?;
        let mut select = hotline_ticket::Entity::find().filter(
            hotline_ticket::Column::State.is_not_in([TicketState::Closed, TicketState::Resolved]),
        );
        let division = access::own_division(ctx)?;
        select =
            select.filter(hotline_ticket::Column::DivisionId.in_subquery(divisions_in(division)));
        let order = [
            (hotline_ticket::Column::OpenedAt, Order::Asc),
            (hotline_ticket::Column::Id, Order::Asc),
        ];
        let args = PageArgs::forward(first, after);
        let page = keyset(ctx.services().db.read(), select, &order, &args, |rows| {
            rows.into_iter().map(HotlineTicket::of).collect()
        });
        Ok(Some(page.await?))
    }

    /// How fast the hotline answered in a division from one month to another (热线时效).
    #[graphql(directive = requires_scopes::apply(vec![vec!["hotline".into()], vec!["statistics.read".into()]]))]
    async fn ticket_sla(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The division (行政区划).")] division: ID,
        #[graphql(desc = "First month (起始月份).")] from: YearMonth,
        #[graphql(desc = "Last month, included (截止月份).")] to: YearMonth,
    ) -> Result<Option<TicketSla>> {
        let division = uuid(&division, "division")?;
        if access::hotline(ctx, division).is_err() {
            access::figures(ctx, division)?;
        }
        let (first, last) = period(from, to)?;
        let services = ctx.services();
        let now = services.clock.now();
        let sla = sla::sla(services.db.read(), division, first, last, now).await?;
        Ok(Some(TicketSla::of(&sla, DateTime(now))))
    }

    #[graphql(name = "_entities")]
    async fn entities(
        &self,
        ctx: &Context<'_>,
        representations: Vec<Any>,
    ) -> federation::Entities<Entity> {
        super::entities::resolve(ctx, representations).await
    }

    #[graphql(name = "_service")]
    async fn service(&self) -> federation::Service {
        federation::Service
    }

    #[graphql(name = "_events")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        after: i64,
        first: i32,
    ) -> Result<Vec<minzheng_kit::events::FeedEvent>> {
        Ok(minzheng_kit::events::feed(ctx, after, first).await?)
    }
}
