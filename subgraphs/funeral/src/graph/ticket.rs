//! The desk of the hotline operator: who calls, about which case, and what is near.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use minzheng_kit::federation::directives::personal;
use minzheng_kit::{Date, DateTime, PrincipalExt};

use super::GeoPoint;
use super::case::FuneralCase;
use super::division::Division;
use super::facility::{FuneralFacility, NearbyFacility, PriceLine, to_ten_metres};
use super::person::Person;
use super::size;
use crate::model::{call_record, hotline_ticket};
use crate::rules::geo::Point;
use crate::rules::terms::{FacilityKind, ItemClass, TicketCategory, TicketState};
use crate::rules::ticket;
use crate::service::facilities::{self, Filter};
use crate::service::{sla, tickets};

/// How far a hearse or facility is looked for, in kilometres.
const REACH_KM: f64 = 100.0;

/// A ticket that the caller, an operator of the hotline, may see.
pub struct HotlineTicket(Arc<hotline_ticket::Model>);

impl HotlineTicket {
    /// From its row; whoever makes one has checked [`super::access::hotline`].
    pub(super) fn of(row: hotline_ticket::Model) -> Self {
        Self(Arc::new(row))
    }

    fn here(&self) -> Point {
        Point {
            lon: self.0.lon,
            lat: self.0.lat,
        }
    }
}

/// A ticket of the funeral hotline 96444 (殡葬服务热线工单).
#[Object]
impl HotlineTicket {
    /// Opaque identity (标识).
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// Number for people (工单编号).
    async fn number(&self) -> &str {
        &self.0.number
    }

    /// The hotline (热线号码).
    async fn line(&self) -> &str {
        &self.0.line
    }

    /// What the call is about (诉求类别).
    async fn category(&self) -> TicketCategory {
        self.0.category
    }

    /// Where the ticket stands (工单状态).
    async fn state(&self, ctx: &Context<'_>) -> TicketState {
        tickets::seen(
            &self.0,
            ctx.services().clock.now(),
            &super::settings_today(ctx),
        )
    }

    /// When the call was taken (来电时间).
    async fn opened_at(&self) -> DateTime {
        DateTime(self.0.opened_at)
    }

    /// By when it is to be dispatched (应派单时间).
    async fn due_at(&self) -> DateTime {
        DateTime(self.0.due_at)
    }

    /// When it was dispatched; null until then (派单时间).
    async fn dispatched_at(&self) -> Option<DateTime> {
        self.0.dispatched_at.map(DateTime)
    }

    /// Whether it was dispatched late, or is not yet although due (是否逾期).
    async fn overdue(&self, ctx: &Context<'_>) -> bool {
        self.0
            .dispatched_at
            .unwrap_or_else(|| ctx.services().clock.now())
            > self.0.due_at
    }

    /// When the facility took it; null until then (接单时间).
    async fn accepted_at(&self) -> Option<DateTime> {
        self.0.accepted_at.map(DateTime)
    }

    /// By when arrival is promised; null until dispatched (承诺到达时间).
    async fn arrival_due_at(&self) -> Option<DateTime> {
        self.0.arrival_due_at.map(DateTime)
    }

    /// When the facility's people were there; null until then (到场时间).
    async fn arrived_at(&self) -> Option<DateTime> {
        self.0.arrived_at.map(DateTime)
    }

    /// Whether the people came later than promised, or are not there although due (是否逾期到达).
    async fn arrival_overdue(&self, ctx: &Context<'_>) -> bool {
        let came = self
            .0
            .arrived_at
            .unwrap_or_else(|| ctx.services().clock.now());
        self.0.arrival_due_at.is_some_and(|due| came > due)
    }

    /// When it was done; null until then (办结时间).
    async fn resolved_at(&self) -> Option<DateTime> {
        self.0.resolved_at.map(DateTime)
    }

    /// When it was closed; null until then (关闭时间).
    async fn closed_at(&self) -> Option<DateTime> {
        self.0.closed_at.map(DateTime)
    }

    /// The caller's mark, 1 to 5; null until closed (满意度).
    async fn satisfaction(&self) -> Option<i32> {
        self.0.satisfaction
    }

    /// How often it was opened again (重新受理次数).
    async fn reopened(&self) -> i32 {
        self.0.reopened
    }

    /// When it was last opened again; its times are measured from there; null where it never was (重新受理时间).
    async fn reopened_at(&self) -> Option<DateTime> {
        self.0.reopened_at.map(DateTime)
    }

    /// The calls about it, as far as the exchange tells; null if they cannot be read now (来电记录).
    async fn calls(&self, ctx: &Context<'_>) -> Result<Option<Vec<CallRecord>>> {
        let rows = tickets::calls(ctx.services().db.read(), self.0.id).await?;
        Ok(Some(rows.into_iter().map(CallRecord::from).collect()))
    }

    /// Counts the changes; a step is based on it (版本).
    async fn version(&self) -> i64 {
        self.0.version
    }

    /// The caller's telephone, masked (来电号码，脱敏).
    #[graphql(directive = personal::apply("phone".into(), "caller { id }".into()))]
    async fn caller_phone(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(tickets::caller_phone(ctx.services(), &self.0).await?)
    }

    /// The caller, once identified; null before (来电人).
    #[graphql(directive = personal::apply("funeral".into(), "caller { id }".into()))]
    async fn caller(&self) -> Option<Person> {
        self.0.caller.clone().map(Person::one)
    }

    /// The division of the call (所属区划).
    async fn division(&self) -> Division {
        Division::one(self.0.division_id)
    }

    /// Where help is needed (求助位置).
    #[graphql(directive = personal::apply("location".into(), "caller { id }".into()))]
    async fn point(&self) -> GeoPoint {
        GeoPoint {
            longitude: self.0.lon,
            latitude: self.0.lat,
        }
    }

    /// The caller's open cases, each with whether the caller is its recorded applicant; null if
    /// they cannot be read now (来电人在办案件).
    #[graphql(directive = personal::apply("funeral".into(), "caller { id }".into()))]
    async fn caller_cases(&self, ctx: &Context<'_>) -> Result<Option<Vec<CallerCase>>> {
        let rows = tickets::callers_cases(ctx.services().db.read(), &self.0).await?;
        let mut applicant = Vec::with_capacity(rows.len());
        for case in &rows {
            let is = tickets::caller_is_applicant(ctx.services(), &self.0, case).await?;
            applicant.push(is);
        }
        let cases = FuneralCase::all(rows).into_iter().zip(applicant);
        Ok(Some(
            cases
                .map(|(case, caller_is_applicant)| CallerCase {
                    case,
                    caller_is_applicant,
                })
                .collect(),
        ))
    }

    /// The facility it was sent to; null until dispatched (承办单位).
    async fn facility(&self, ctx: &Context<'_>) -> Result<Option<FuneralFacility>> {
        let Some(id) = self.0.facility_id else {
            return Ok(None);
        };
        let mut found = facilities::by_ids(ctx.services().db.read(), &[id]).await?;
        Ok(found
            .remove(&id)
            .and_then(|row| FuneralFacility::all(vec![row]).pop()))
    }

    /// The hearse that is ready and nearest; null if none is within reach (最近的待命接运车).
    async fn nearest_hearse(&self, ctx: &Context<'_>) -> Result<Option<NearbyHearse>> {
        let db = ctx.services().db.read();
        let Some((distance, hearse)) =
            facilities::nearest_hearse(db, self.here(), REACH_KM).await?
        else {
            return Ok(None);
        };
        let mut home = facilities::by_ids(db, &[hearse.facility_id]).await?;
        Ok(Some(NearbyHearse {
            label: hearse.label,
            distance_km: to_ten_metres(distance),
            promised_minutes: ticket::arrival_promise_minutes(
                distance,
                &super::settings_today(ctx),
            ),
            seen_at: DateTime(hearse.seen_at),
            facility: home
                .remove(&hearse.facility_id)
                .and_then(|row| FuneralFacility::all(vec![row]).pop()),
        }))
    }

    /// The nearest facilities of a kind; null if they cannot be read now (最近的殡葬设施).
    async fn nearest_facilities(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The kind, funeral homes if not given (设施类别).")] kind: Option<
            FacilityKind,
        >,
        #[graphql(desc = "How many at most, 3 if not given (条数).")] first: Option<i32>,
    ) -> Result<Option<Vec<NearbyFacility>>> {
        let filter = Filter {
            kind: Some(kind.unwrap_or(FacilityKind::FuneralHome)),
            ..Filter::default()
        };
        let db = ctx.services().db.read();
        let found = facilities::near(db, self.here(), REACH_KM, filter, size(first, 3, 20)).await?;
        Ok(Some(NearbyFacility::all(found)))
    }

    /// The ceilings of the base items at the nearest funeral home on a day; null if there is none
    /// near (最近殡仪馆基础项目限价).
    async fn price_ceilings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day; today if not given (日期).")] on: Option<Date>,
    ) -> Result<Option<Vec<PriceLine>>> {
        let services = ctx.services();
        let on = on.map_or_else(|| services.clock.today(), |d| d.0);
        let filter = Filter {
            kind: Some(FacilityKind::FuneralHome),
            ..Filter::default()
        };
        let near = facilities::near(services.db.read(), self.here(), REACH_KM, filter, 1).await?;
        let Some((_, home)) = near.into_iter().next() else {
            return Ok(None);
        };
        let lists = facilities::prices(
            services.db.read(),
            &ctx.principal().divisions,
            &[home.id],
            on,
        )
        .await?;
        let lines = lists.get(&home.id).into_iter().flatten();
        Ok(Some(
            lines
                .filter(|(_, item)| item.class != ItemClass::NonBase)
                .map(PriceLine::of)
                .collect(),
        ))
    }
}

/// A call to the hotline (来电记录).
#[derive(SimpleObject)]
pub struct CallRecord {
    /// When the telephone began to ring (振铃时间).
    pub rang_at: DateTime,
    /// When it was answered (接听时间).
    pub answered_at: DateTime,
    /// Seconds that the caller waited (等待秒数).
    pub waited_seconds: i64,
}

impl From<call_record::Model> for CallRecord {
    fn from(row: call_record::Model) -> Self {
        Self {
            rang_at: DateTime(row.rang_at),
            answered_at: DateTime(row.answered_at),
            waited_seconds: (row.answered_at - row.rang_at).num_seconds(),
        }
    }
}

/// An open case of a caller (来电人案件).
#[derive(SimpleObject)]
pub struct CallerCase {
    /// The case (案件).
    pub case: FuneralCase,
    /// Whether the caller is the recorded applicant: the same person, or the same masked telephone
    /// on a ticket that names the case (来电人是否为申办人).
    pub caller_is_applicant: bool,
}

/// A hearse with its distance (附近接运车).
#[derive(SimpleObject)]
pub struct NearbyHearse {
    /// What it is called on the radio (车辆呼号).
    pub label: String,
    /// Distance as the crow flies, in kilometres (直线距离，公里).
    pub distance_km: f64,
    /// Minutes within which it is promised, by distance band (承诺到达分钟数).
    pub promised_minutes: i64,
    /// When its position was reported (定位时间).
    pub seen_at: DateTime,
    /// The funeral home it belongs to; null if that cannot be read now (所属殡仪馆).
    pub facility: Option<FuneralFacility>,
}

/// How fast calls for a collection were answered in a period; times are measured from the call, or from the last time the
/// ticket was opened again (热线时效).
#[derive(SimpleObject)]
pub struct TicketSla {
    /// Calls for a collection (接运工单数).
    pub tickets: i64,
    /// Dispatched late, or not yet although due (逾期派单数).
    pub late: i64,
    /// Later at the spot than promised, or not yet although due (逾期到达数).
    pub arrived_late: i64,
    /// Opened again (重新受理数).
    pub reopened: i64,
    /// Mean of the callers' marks, 1 to 5; null where none was given (平均满意度).
    pub mean_satisfaction: Option<f64>,
    /// Calls whose ring and answer are known (有接听记录的来电数).
    pub calls: i64,
    /// Seconds from ring to answer (来电等待秒数).
    pub to_answer: Percentiles,
    /// Minutes from call to the facility's taking it (来电至接单分钟数).
    pub to_accept: Percentiles,
    /// Minutes from call to its being done (来电至办结分钟数).
    pub to_resolve: Percentiles,
    /// Minutes from call to dispatch (来电至派单分钟数).
    pub to_dispatch: Percentiles,
    /// Minutes from call to arrival (来电至到场分钟数).
    pub to_arrival: Percentiles,
    /// When this was counted (统计时间).
    pub as_of: DateTime,
}

impl TicketSla {
    /// From sorted times.
    pub(super) fn of(sla: &sla::Sla, as_of: DateTime) -> Self {
        Self {
            tickets: sla.tickets,
            late: sla.late,
            arrived_late: sla.arrived_late,
            reopened: sla.reopened,
            mean_satisfaction: (!sla.marks.is_empty()).then(|| {
                let mean = sla.marks.iter().sum::<i64>() as f64 / sla.marks.len() as f64;
                (mean * 100.0).round() / 100.0
            }),
            calls: sla.calls,
            to_answer: Percentiles::of(&sla.to_answer),
            to_accept: Percentiles::of(&sla.to_accept),
            to_resolve: Percentiles::of(&sla.to_resolve),
            to_dispatch: Percentiles::of(&sla.to_dispatch),
            to_arrival: Percentiles::of(&sla.to_arrival),
            as_of,
        }
    }
}

/// Percentiles by nearest rank, in the unit that the field names; null where nothing was counted (百分位数).
#[derive(SimpleObject)]
pub struct Percentiles {
    /// Half took no longer (中位数).
    pub p50: Option<i64>,
    /// Nine in ten took no longer (90分位).
    pub p90: Option<i64>,
    /// Ninety-nine in a hundred took no longer (99分位).
    pub p99: Option<i64>,
}

impl Percentiles {
    fn of(sorted: &[i64]) -> Self {
        let at = |percent| ticket::percentile(sorted, percent);
        Self {
            p50: at(50),
            p90: at(90),
            p99: at(99),
        }
    }
}
