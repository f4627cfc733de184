//! Facilities, their prices and what is near.

use std::sync::Arc;

use async_graphql::connection::{Connection, EmptyFields};
use async_graphql::{Context, ID, Object, Result, SimpleObject};
use minzheng_kit::batch::Siblings;
use minzheng_kit::contract::scope;
use minzheng_kit::federation::directives::{CacheScope, cache_control, key, requires_scopes};
use minzheng_kit::{CreditCode, Date, DateTime, PrincipalExt, YearMonth, Yuan};
use uuid::Uuid;

use super::division::Division;
use super::places::{Organization, Place};
use super::plot::{Plot, WorshipSlot};
use super::waiver::WaiverSummary;
use super::worship::Hall;
use super::{GeoPoint, period, size};
use crate::model::{facility, service_item};
use crate::rules::price::chargeable;
use crate::rules::terms::{
    FacilityKind, FacilityOperator, FacilityState, FacilitySubKind, ItemClass, ItemUnit, PlotState,
};
use crate::service::{facilities, figures, halls, worship};

/// The facility and those it was read with.
#[derive(Clone)]
pub struct FuneralFacility {
    row: Arc<facility::Model>,
    siblings: Arc<Siblings<Uuid>>,
    division: Division,
    place: Place,
    organization: Organization,
}

impl FuneralFacility {
    /// Facilities that were read together.
    pub(super) fn all(rows: Vec<facility::Model>) -> Vec<Self> {
        let siblings = Siblings::new(rows.iter().map(|f| f.id).collect());
        let divisions = Division::all(rows.iter().map(|f| f.division_id).collect());
        let places = Place::all(rows.iter().map(|f| f.place_id).collect(), &Arc::default());
        let organizations = Organization::all(rows.iter().map(|f| f.credit_code.clone()).collect());
        rows.into_iter()
            .zip(divisions)
            .zip(places.into_iter().zip(organizations))
            .map(|((row, division), (place, organization))| Self {
                row: Arc::new(row),
                siblings: Arc::clone(&siblings),
                division,
                place,
                organization,
            })
            .collect()
    }
}

/// A funeral home, columbarium or cemetery (殡葬设施).
#[Object(
    directive = key::apply("id".into(), None),
    directive = cache_control::apply(Some(300), Some(CacheScope::Public))
)]
impl FuneralFacility {
    /// Opaque identity (标识).
    async fn id(&self) -> ID {
        self.row.id.into()
    }

    /// Name in Chinese (名称).
    async fn name(&self) -> &str {
        &self.row.name
    }

    /// Which of the three kinds of the law it is (设施类别).
    async fn kind(&self) -> FacilityKind {
        self.row.kind
    }

    /// Whom it serves (设施类型).
    async fn sub_kind(&self) -> FacilitySubKind {
        self.row.sub_kind
    }

    /// Who runs it (运营主体).
    async fn operator(&self) -> FacilityOperator {
        self.row.operator
    }

    /// Whether it works already (设施状态).
    async fn state(&self) -> FacilityState {
        self.row.state
    }

    /// Unified social credit code of the organization that runs it (统一社会信用代码).
    async fn credit_code(&self) -> CreditCode {
        CreditCode(self.row.credit_code.clone())
    }

    /// The organization that runs it; null where it stands in no register of organizations, as public
    /// institutions do not (运营单位).
    async fn organization(&self) -> Option<Organization> {
        // Never none here: whether the register has it is seen when it is asked, and a list of facilities
        // must not fall with one that it has not.
        Some(self.organization.clone())
    }

    /// Name of who runs it, verified by funeral supervision; null where only the register of
    /// organizations has it (运营单位名称).
    async fn operator_name(&self) -> Option<&str> {
        self.row.operator_name.as_deref()
    }

    /// Day on which that name was verified; null where there is none (名称核验日期).
    async fn operator_verified_on(&self) -> Option<Date> {
        self.row.operator_verified_on.map(Date)
    }

    /// Counts the changes; a step is based on it (版本).
    async fn version(&self) -> i64 {
        self.row.version
    }

    /// Its halls for farewells; null if they cannot be read now (告别厅).
    async fn halls(&self, ctx: &Context<'_>) -> Result<Option<Vec<Hall>>> {
        let services = ctx.services();
        let halls = self
            .siblings
            .load(&self.row.id, "halls", "", |ids| async move {
                halls::of_facilities(services.db.read(), &ids).await
            })
            .await?;
        Ok(Some(Hall::all(halls.unwrap_or_default())))
    }

    /// The fees that were waived in its cases from one month to another; null if that may not or cannot be
    /// read (本单位案件减免汇总).
    #[graphql(directive = requires_scopes::apply(vec![vec!["statistics.read".into()]]))]
    async fn waivers_received(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "First month (起始月份).")] from: YearMonth,
        #[graphql(desc = "Last month, included (截止月份).")] to: YearMonth,
    ) -> Result<Option<WaiverSummary>> {
        super::access::figures(ctx, self.row.division_id)?;
        let (first, last) = period(from, to)?;
        let services = ctx.services();
        let totals = self
            .siblings
            .load(
                &self.row.id,
                "waivers_received",
                &format!("{first}-{last}"),
                |ids| async move {
                    figures::waivers_of_facilities(services.db.read(), &ids, first, last).await
                },
            )
            .await?;
        let as_of = DateTime(services.clock.now());
        // Who keeps the records sees them; to others a facility tells its own count where that tells of nobody.
        let keeps = super::access::officer(ctx, scope::FUNERAL_CASE, self.row.division_id).is_ok();
        let open = keeps
            || self
                .division
                .tables(ctx, first, last)
                .await?
                .is_some_and(|t| t.facility_is_open(self.row.id, first, last));
        let totals = totals.unwrap_or_default();
        Ok(Some(WaiverSummary::of(totals, open, (from, to), as_of)))
    }

    /// The division it lies in (所在区划).
    async fn division(&self) -> Division {
        self.division.clone()
    }

    /// The place of its address (所在地名).
    async fn place(&self) -> Place {
        self.place.clone()
    }

    /// Where it is (位置).
    async fn point(&self) -> GeoPoint {
        GeoPoint {
            longitude: self.row.lon,
            latitude: self.row.lat,
        }
    }

    /// Day of its approval (批准日期).
    async fn approved_on(&self) -> Date {
        Date(self.row.approved_on)
    }

    /// Authority that approved it (批准机关).
    async fn approved_by(&self) -> &str {
        &self.row.approved_by
    }

    /// What it cost to build; null where that is not published (建设投资).
    async fn investment(&self) -> Option<Yuan> {
        self.row.investment.map(Yuan)
    }

    /// Niches, graves or bodies a day, by kind (容量).
    async fn capacity(&self) -> i64 {
        self.row.capacity
    }

    /// Number of cremators (火化炉数).
    async fn cremators(&self) -> i32 {
        self.row.cremators
    }

    /// Number of hearses (接运车数).
    async fn hearses(&self) -> i32 {
        self.row.hearses
    }

    /// Published telephone number (公示电话).
    async fn phone(&self) -> &str {
        &self.row.phone
    }

    /// The published price list as it holds on a day, today if none is given; null if it cannot be
    /// read now (收费公示).
    async fn prices(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day; today if not given (日期).")] on: Option<Date>,
        #[graphql(desc = "Only items of this class (项目类别).")] class: Option<ItemClass>,
    ) -> Result<Option<Vec<PriceLine>>> {
        let services = ctx.services();
        let on = on.map_or_else(|| services.clock.today(), |d| d.0);
        let order = &ctx.principal().divisions;
        let lists = self
            .siblings
            .load(&self.row.id, "prices", &on.to_string(), |ids| async move {
                let lists = facilities::prices(services.db.read(), order, &ids, on).await?;
                Ok(lists
                    .into_iter()
                    .map(|(id, list)| (id, Arc::new(list)))
                    .collect())
            })
            .await?;
        let lines = lists.iter().flat_map(|list| list.iter());
        Ok(Some(
            lines
                .filter(|(_, item)| class.is_none_or(|c| c == item.class))
                .map(PriceLine::of)
                .collect(),
        ))
    }

    /// How many niches and graves are free; null if that cannot be read now (空闲格位、墓位数).
    #[graphql(directive = cache_control::apply(Some(30), Some(CacheScope::Public)))]
    async fn free_plots(&self, ctx: &Context<'_>) -> Result<Option<i64>> {
        let services = ctx.services();
        let free = self
            .siblings
            .load(&self.row.id, "free_plots", "", |ids| async move {
                facilities::free_plots(services.db.read(), &ids, services.clock.now()).await
            })
            .await?;
        Ok(Some(free.unwrap_or(0)))
    }

    /// Its niches and graves; null if they cannot be read now (格位、墓位).
    #[graphql(directive = cache_control::apply(Some(30), Some(CacheScope::Public)))]
    async fn plots(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only in this state (状态).")] state: Option<PlotState>,
        #[graphql(desc = "How many at most, 50 if not given (条数).")] first: Option<i32>,
        #[graphql(desc = "Those after this cursor (游标).")] after: Option<String>,
    ) -> Result<Option<Connection<String, Plot, EmptyFields, EmptyFields>>> {
        super::plot::page(ctx, self.row.id, state, first, after)
            .await
            .map(Some)
    }

    /// The spans of time in which graves can be visited from today on; null if they cannot be read
    /// now (祭扫时段).
    #[graphql(directive = cache_control::apply(Some(30), Some(CacheScope::Public)))]
    async fn worship_slots(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many at most, 20 if not given (条数).")] first: Option<i32>,
    ) -> Result<Option<Vec<WorshipSlot>>> {
        let services = ctx.services();
        let (limit, today) = (size(first, 20, 100), services.clock.today());
        let rules = super::settings_today(ctx);
        let slots = self
            .siblings
            .load(
                &self.row.id,
                "worship_slots",
                &limit.to_string(),
                |ids| async move { worship::slots(services.db.read(), &ids, today, limit).await },
            )
            .await?;
        Ok(Some(
            slots
                .unwrap_or_default()
                .into_iter()
                .map(|row| WorshipSlot::of(row, &rules))
                .collect(),
        ))
    }
}

/// A facility with its distance (附近殡葬设施).
#[derive(SimpleObject)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct NearbyFacility {
    /// Distance as the crow flies, in kilometres, to 10 metres (直线距离，公里).
    pub distance_km: f64,
    /// The facility (设施).
    pub facility: FuneralFacility,
}

impl NearbyFacility {
    /// Facilities found by distance, in that order.
    pub(super) fn all(found: Vec<(f64, facility::Model)>) -> Vec<Self> {
        let (distances, rows): (Vec<f64>, Vec<facility::Model>) = found.into_iter().unzip();
        distances
            .into_iter()
            .zip(FuneralFacility::all(rows))
            .map(|(distance, facility)| Self {
                distance_km: to_ten_metres(distance),
                facility,
            })
            .collect()
    }
}

/// A distance in kilometres, to ten metres.
pub(super) fn to_ten_metres(km: f64) -> f64 {
    (km * 100.0).round() / 100.0
}

/// An item of the published service list (服务项目).
#[derive(SimpleObject)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct ServiceItem {
    /// Code of the item (项目编码).
    pub code: String,
    /// Chinese name (中文名称).
    pub name_zh: String,
    /// English name (英文名称).
    pub name_en: String,
    /// Whether it is a base item (项目类别).
    pub class: ItemClass,
    /// Unit in which it is charged (计价单位).
    pub unit: ItemUnit,
}

impl From<service_item::Model> for ServiceItem {
    fn from(row: service_item::Model) -> Self {
        Self {
            code: row.code,
            name_zh: row.name_zh,
            name_en: row.name_en,
            class: row.class,
            unit: row.unit,
        }
    }
}

/// A line of a published price list (收费公示项).
#[derive(SimpleObject)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct PriceLine {
    /// The item (项目).
    pub item: ServiceItem,
    /// What is charged for one unit (收费标准).
    pub price: Yuan,
    /// Government-guided ceiling on the day that is asked about: that of the publication, or a lower one set since; null
    /// for a non-base item (政府指导价上限).
    pub ceiling: Option<Yuan>,
    /// What is charged for one unit on that day: the price, or the ceiling where that lies below it by now (实际可收标准).
    pub chargeable: Yuan,
    /// Lower end of the reference range; null for a base item (参考价下限).
    pub reference_low: Option<Yuan>,
    /// Upper end of the reference range; null for a base item (参考价上限).
    pub reference_high: Option<Yuan>,
    /// Version of the list (清单版本).
    pub list_version: i32,
    /// The document that sets the price (定价依据).
    pub basis: String,
    /// First day on which it holds (生效日期).
    pub valid_from: Date,
    /// First day on which it no longer holds; null while in force (失效日期).
    pub valid_to: Option<Date>,
    /// Day it was published (公示日期).
    pub published_on: Date,
}

impl PriceLine {
    /// From a line and its item.
    pub(super) fn of((line, item): &facilities::Price) -> Self {
        Self {
            item: item.clone().into(),
            price: Yuan(line.price),
            ceiling: line.ceiling.map(Yuan),
            chargeable: Yuan(chargeable(line.price, line.ceiling)),
            reference_low: line.reference_low.map(Yuan),
            reference_high: line.reference_high.map(Yuan),
            list_version: line.list_version,
            basis: line.basis.clone(),
            valid_from: Date(line.valid_from),
            valid_to: line.valid_to.map(Date),
            published_on: Date(line.published_on),
        }
    }
}
