//! What can be read.

use super::act::PaperFactsInput;
use super::divorce::{DivorceApplication, DivorceDates};
use super::eligibility::EligibilityCheck;
use super::entities::{self, Entity};
use super::enums::{CertificateKind, RegistryService, RegistrySiteKind};
use super::inputs::PointInput;
use super::person::MyMarriage;
use super::places::Division;
use super::registry::{DayOpening, MarriageRegistry, NearbyRegistry};
use super::{access, bad_argument, size, uuid};
use crate::kit::calendar::WorkCalendar;
use crate::kit::divisions::Divisions;
use crate::kit::federation::{self, Any, Entities, directives::*};
use crate::kit::identity;
use crate::kit::page::{Page, PageArgs, keyset};
use crate::kit::{CitizenIdInput, Date, Error, PrincipalExt, Result, Services, UserError};
use crate::model::registry;
use crate::rules::certificate::{CertificateNumber, Prefix};
use crate::rules::cooling_off::{NO_COOLING_OFF, divorce_dates};
use crate::service::couple::{Facts, Known};
use crate::service::registries::NearQuery;
use crate::service::{divorce, eligibility, registries};
use async_graphql::{Context, ID, Object, SimpleObject};
use sea_orm::{ColumnTrait, Condition, EntityTrait, Order, QueryFilter};
use std::sync::Arc;

/// The most registries a search by distance gives.
const MOST_NEAR: usize = 50;

/// Registries, one's own marriage, eligibility, and what federation asks.
#[derive(Clone, Copy, Debug, Default)]
pub struct RegistryQuery;

/// Registries, one's own marriage, eligibility, and what federation asks.
#[Object]
impl RegistryQuery {
    /// The nearest marriage registries, nearest first; with a day, only those open on it that have free places (附近的婚姻登记机关).
    #[graphql(directive = cache_control::apply(Some(3), Some(CacheScope::Public)), directive = list_size::apply(None, Some(vec!["first".into()])))]
    async fn registries_near(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "From where (起点).")] point: PointInput,
        #[graphql(desc = "Open with free places on this day; any when null (日期).")] date: Option<
            Date,
        >,
        #[graphql(
            default_with = "RegistryService::Marriage",
            desc = "For which service (办理事项)."
        )]
        service: RegistryService,
        #[graphql(
            default = 50.0,
            desc = "How far in kilometres, up to 300 (半径，公里)."
        )]
        radius_km: f64,
        #[graphql(default = 10, desc = "How many at most, up to 50 (数量).")] first: i32,
    ) -> async_graphql::Result<Option<Vec<NearbyRegistry>>> {
        let query = NearQuery {
            point: point.checked()?,
            date: date.map(|date| date.0),
            service: service.into(),
            radius_km,
            first: size(first, MOST_NEAR),
        };
        let services = ctx.services();
        let found = registries::near(services.db.read(), &query, services.clock.now()).await?;
        let rows = found
            .iter()
            .map(|near| Arc::clone(&near.registry))
            .collect();
        let nodes = MarriageRegistry::together(rows);
        let near = found.into_iter().zip(nodes).map(|(near, registry)| {
            let (opening, free_places) = match (date, near.day) {
                (Some(date), Some((hours, free))) => {
                    (Some(DayOpening::of(date, &hours)), Some(free))
                }
                _ => (None, None),
            };
            // To ten metres: a straight line is no better than that.
            let distance_km = (near.distance_km * 100.0).round() / 100.0;
            NearbyRegistry {
                distance_km,
                opening,
                free_places,
                registry,
            }
        });
        Ok(Some(near.collect()))
    }

    /// Marriage registries of a division of any level, or of the whole province, by code (婚姻登记机关列表).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)), directive = list_size::apply(None, Some(vec!["first".into()])))]
    async fn registries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this division and those below it (行政区划).")] division: Option<
            ID,
        >,
        #[graphql(desc = "Only those of this kind (场所类型).")] site_kind: Option<
            RegistrySiteKind,
        >,
        #[graphql(desc = "How many from the front (数量).")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor (起始游标).")] after: Option<String>,
    ) -> async_graphql::Result<Page<MarriageRegistry>> {
        use registry::Column;
        let mut select = registry::Entity::find();
        if let Some(division) = &division {
            let id = uuid(division, "division")?;
            select = select.filter(
                Condition::any()
                    .add(Column::CountyId.eq(id))
                    .add(Column::PrefectureId.eq(id))
                    .add(Column::ProvinceId.eq(id)),
            );
        }
        if let Some(kind) = site_kind {
            select = select.filter(Column::SiteKind.eq(kind.as_str()));
        }
        let order = [(Column::Code, Order::Asc)];
        let args = PageArgs::forward(first, after);
        let page = keyset(ctx.services().db.read(), select, &order, &args, |rows| {
            MarriageRegistry::together(rows.into_iter().map(Arc::new).collect())
        });
        Ok(page.await?)
    }

    /// A marriage registry by its id; null when there is none (婚姻登记机关).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn registry(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id (标识).")] id: ID,
    ) -> async_graphql::Result<Option<MarriageRegistry>> {
        let Some(id) = crate::kit::id::parse(&id) else {
            return Ok(None);
        };
        match registries::by_id(ctx.services().db.read(), id).await {
            Ok(row) => Ok(Some(MarriageRegistry::alone(Arc::new(row)))),
            Err(Error::NotFound) => Ok(None),
            Err(error) => Err(error.graphql()),
        }
    }

    /// The caller's own marriage, certificate and divorce deadline (我的婚姻登记).
    #[graphql(directive = requires_scopes::apply(vec![vec!["self".into()]]))]
    async fn my_marriage(&self, ctx: &Context<'_>) -> Result<Option<MyMarriage>> {
        ctx.person().map(|token| Some(MyMarriage::of(token)))
    }

    /// The dates that would follow if an application for divorce were received on a day (离婚登记期限计算).
    #[graphql(directive = cache_control::apply(Some(3600), Some(CacheScope::Public)))]
    async fn divorce_dates(
        &self,
        #[graphql(desc = "The day of receipt (受理日).")] received_on: Date,
    ) -> async_graphql::Result<DivorceDates> {
        let dates = divorce_dates(&WorkCalendar::default(), received_on.0);
        let dates = dates
            .ok_or_else(|| bad_argument("receivedOn", NO_COOLING_OFF.en, NO_COOLING_OFF.zh))?;
        Ok(dates.into())
    }

    /// An application for divorce; null when there is none that the caller may see (离婚登记申请).
    #[graphql(directive = requires_scopes::apply(vec![vec!["self".into()], vec!["marriage.case".into()]]))]
    async fn divorce_application(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id (标识).")] id: ID,
    ) -> async_graphql::Result<Option<DivorceApplication>> {
        let Some(id) = crate::kit::id::parse(&id) else {
            return Ok(None);
        };
        let db = ctx.services().db.read();
        let application = match divorce::by_id(db, id).await {
            Ok(application) => application,
            Err(Error::NotFound) => return Ok(None),
            Err(error) => return Err(error.graphql()),
        };
        let caller = ctx.principal();
        let row = &application.row;
        let own = ctx
            .person()
            .is_ok_and(|token| token == row.man || token == row.woman);
        let officer = !own && {
            let registry = registries::by_id(db, row.registry_id).await?;
            access::works_at(caller, &registry)
        };
        Ok((own || officer).then(|| DivorceApplication::alone(application)))
    }

    /// What the registers say about two people who want to marry at a registry; for its officers (结婚登记资格核验).
    #[graphql(directive = requires_scopes::apply(vec![vec!["marriage.case".into()]]))]
    async fn eligibility_check(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Identity number of the man (男方身份号码).")] man: CitizenIdInput,
        #[graphql(desc = "Identity number of the woman (女方身份号码).")] woman: CitizenIdInput,
        #[graphql(desc = "The registry that would register them (登记机关).")] registry: ID,
        #[graphql(
            desc = "What the man's passport tells; only with a passport (男方护照载明事项)."
        )]
        man_facts: Option<PaperFactsInput>,
        #[graphql(
            desc = "What the woman's passport tells; only with a passport (女方护照载明事项)."
        )]
        woman_facts: Option<PaperFactsInput>,
    ) -> async_graphql::Result<Option<EligibilityCheck>> {
        ctx.need(crate::kit::contract::scope::MARRIAGE_CASE)?;
        let services = ctx.services();
        let (man, his) = read_number(services, &man, man_facts, "man").await?;
        let (woman, hers) = read_number(services, &woman, woman_facts, "woman").await?;
        let registry = uuid(&registry, "registry")?;
        let row = registries::by_id(services.db.read(), registry).await?;
        if !access::works_at(ctx.principal(), &row) {
            return Err(Error::Forbidden.graphql());
        }
        let couple = [&man, &woman].map(|known| known.token.clone());
        access::matter_with(ctx, &couple).await?;
        let answer = eligibility::check(services, (&man, his), (&woman, hers), registry).await?;
        Ok(Some(answer.into()))
    }

    /// Where a certificate of today's form comes from, by its number alone; no record is looked up (证件字号解析).
    #[graphql(directive = cache_control::apply(Some(3600), Some(CacheScope::Public)))]
    async fn certificate_origin(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The printed number (证件字号).")] number: String,
    ) -> async_graphql::Result<Option<CertificateOrigin>> {
        let number = CertificateNumber::parse(number.trim()).map_err(|_| {
            bad_argument(
                "number",
                "This is no certificate number of the present form; it may be an older one.",
                "证件字号不是现行格式，可能为旧式证号。",
            )
        })?;
        Ok(Some(CertificateOrigin::of(
            &ctx.principal().divisions,
            &number,
        )))
    }

    /// Entities by their keys, for the gateway.
    #[graphql(name = "_entities")]
    async fn entities(&self, ctx: &Context<'_>, representations: Vec<Any>) -> Entities<Entity> {
        let db = ctx.services().db.clone();
        federation::resolve(representations, move |typename, keys| {
            entities::load(db.clone(), typename, keys)
        })
        .await
    }

    /// This subgraph's schema, for the gateway.
    #[graphql(name = "_service")]
    async fn service(&self) -> federation::Service {
        federation::Service
    }

    /// What happened here, for other subgraphs.
    #[graphql(name = "_events")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        after: i64,
        first: i32,
    ) -> Result<Vec<crate::kit::events::FeedEvent>> {
        crate::kit::events::feed(ctx, after, first).await
    }
}

/// Reads an identity number of a query's argument, with what the paper tells; the error names the argument, never
/// the number.
async fn read_number(
    services: &Services,
    input: &CitizenIdInput,
    paper: Option<PaperFactsInput>,
    path: &'static str,
) -> async_graphql::Result<(Known, Facts)> {
    let refused = |refusal: UserError| Error::Invalid(refusal.field(&[path])).graphql();
    let number = identity::read(&input.0, services.clock.today())
        .map_err(|error| refused(error.user_error()))?;
    let known = Known::of(services, number, paper.map(Facts::from))
        .await
        .map_err(|refusal| refused(refusal.into()))?;
    let facts = known.facts().map_err(|refusal| refused(refusal.into()))?;
    Ok((known, facts))
}

/// Where a certificate number comes from (证件字号来源).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = cache_control::apply(Some(3600), Some(CacheScope::Public)))]
pub struct CertificateOrigin {
    /// What such a certificate certifies (证件类别).
    pub kind: CertificateKind,
    /// The year of issue (发证年份).
    pub year: i32,
    /// The division code printed on it (证件所印行政区划代码).
    pub code: String,
    /// What that code meant then; null when it was in use in no such year (当时的行政区划名称).
    pub name_then: Option<String>,
    /// The divisions of today that took over, usually one; empty when the code was never in use (现行行政区划).
    pub divisions: Vec<Division>,
}

impl CertificateOrigin {
    /// The origin of a number, by the division code that was printed on it.
    pub(super) fn of(now: &Divisions, number: &CertificateNumber) -> Self {
        let dataset = crate::kit::divisions::dataset();
        let then = dataset.historic_at(&number.code, u32::from(number.year));
        // The history knows no economic zones, and nothing of the changes since it was made: such codes are
        // looked up among those of now.
        let id = then
            .map(|then| then.id)
            .or_else(|| Some(now.meaning(&number.code)?.id));
        let today: Vec<_> = id
            .map(|id| now.today(&id).iter().map(|d| d.id).collect())
            .unwrap_or_default();
        Self {
            kind: match number.prefix {
                Prefix::Marriage => CertificateKind::Marriage,
                Prefix::Divorce => CertificateKind::Divorce,
                Prefix::MarriageReplacement => CertificateKind::MarriageReplacement,
                Prefix::DivorceReplacement => CertificateKind::DivorceReplacement,
            },
            year: i32::from(number.year),
            code: number.code.clone(),
            name_then: then.map(|then| then.name.clone()),
            divisions: Division::together(&today),
        }
    }
}
