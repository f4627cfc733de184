//! What a facility has, and what a division plans: niches and graves, halls, hearses, capacity, plans.

use async_graphql::{Context, ID, InputObject, Object, Result};
use minzheng_kit::federation::directives::{cache_invalidate, requires_scopes};
use minzheng_kit::mutation::told;
use minzheng_kit::{Date, payloads};

use super::facilities::{FacilityPayload, facility_told};
use super::{key, keyed, run, written};
use crate::graph::hearse::Hearse;
use crate::graph::inputs::{PointInput, milli_m2};
use crate::graph::land::FacilityPlan;
use crate::graph::worship::Hall;
use crate::model::{facility_plan, hall, hearse};
use crate::rules::plan::Need;
use crate::rules::terms::{FacilityKind, PlotKind};
use crate::service::{furnishing, sites};

/// What a facility has, and what a division plans.
#[derive(Default)]
pub struct FurnishingMutation;

#[Object]
impl FurnishingMutation {
    /// Enters niches or graves of a facility, numbered on (登记格位、墓位).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]), directive = cache_invalidate::apply(vec!["FuneralFacility".into()]))]
    async fn add_plots(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The places (登记内容).")] input: AddPlotsInput,
    ) -> Result<FacilityPayload> {
        let done = run(ctx, "addPlots", input, |act, input| {
            Box::pin(async move {
                let new = furnishing::Plots {
                    facility: key(&input.facility, "facility")?,
                    kind: input.kind,
                    row: input.row.clone(),
                    first: input.first,
                    count: input.count,
                    area_milli_m2: milli_m2(input.area_m2, "areaM2")?,
                    occupant_limit: input.occupant_limit,
                };
                furnishing::add_plots(&act, &new).await
            })
        });
        facility_told(ctx, done.await).await
    }

    /// Enters a hall for farewells (登记告别厅).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]), directive = cache_invalidate::apply(vec!["FuneralFacility".into()]))]
    async fn add_hall(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The hall (登记内容).")] input: AddHallInput,
    ) -> Result<HallPayload> {
        let done = run(ctx, "addHall", input, |act, input| {
            Box::pin(async move {
                let home = key(&input.facility, "facility")?;
                furnishing::add_hall(&act, home, &input.name, input.seats).await
            })
        });
        told(written::<hall::Entity>(ctx, done.await).await, |row| {
            HallPayload {
                hall: Hall::all(vec![row]).pop(),
                ..HallPayload::default()
            }
        })
    }

    /// Enters a hearse of a funeral home; it is ready where it stands (登记接运车).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]), directive = cache_invalidate::apply(vec!["FuneralFacility".into()]))]
    async fn add_hearse(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The hearse (登记内容).")] input: AddHearseInput,
    ) -> Result<HearsePayload> {
        let done = run(ctx, "addHearse", input, |act, input| {
            Box::pin(async move {
                let home = key(&input.facility, "facility")?;
                furnishing::add_hearse(&act, home, &input.label, input.point.point()?).await
            })
        });
        hearse_told(ctx, done.await).await
    }

    /// A hearse reports where it is, and whether it is in service (上报接运车位置).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]))]
    async fn report_hearse(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where it is (上报内容).")] input: ReportHearseInput,
    ) -> Result<HearsePayload> {
        let done = run(ctx, "reportHearse", input, |act, input| {
            Box::pin(async move {
                let report = furnishing::Report {
                    hearse: key(&input.hearse, "hearse")?,
                    at: input.point.point()?,
                    in_service: input.in_service,
                };
                furnishing::report_hearse(&act, &report).await
            })
        });
        hearse_told(ctx, done.await).await
    }

    /// Changes how much a facility takes, and how many cremators it has (变更设施容量).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]), directive = cache_invalidate::apply(vec!["FuneralFacility".into(), "Division".into()]))]
    async fn change_facility_capacity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The facility and what it takes (变更内容).")]
        input: ChangeFacilityCapacityInput,
    ) -> Result<FacilityPayload> {
        let done = run(ctx, "changeFacilityCapacity", input, |act, input| {
            Box::pin(async move {
                furnishing::change_capacity(
                    &act,
                    key(&input.facility, "facility")?,
                    input.version,
                    input.capacity,
                    input.cremators,
                )
                .await
            })
        });
        facility_told(ctx, done.await).await
    }

    /// Sets what a division plans to have of a kind of facility (制定殡葬设施布局规划).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]), directive = cache_invalidate::apply(vec!["Division".into()]))]
    async fn set_facility_plan(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The plan (规划内容).")] input: SetFacilityPlanInput,
    ) -> Result<FacilityPlanPayload> {
        let done = run(ctx, "setFacilityPlan", input, |act, input| {
            Box::pin(async move {
                let new = sites::NewPlan {
                    division: key(&input.division, "division")?,
                    kind: input.kind,
                    need: Need {
                        population: input.population,
                        deaths_per_ten_thousand: i64::from(input.deaths_per_ten_thousand),
                        years: i64::from(input.years),
                        share_percent: i64::from(input.share_percent),
                    },
                    basis: input.basis.clone(),
                    from: input.valid_from.0,
                };
                sites::set_plan(&act, &new).await
            })
        });
        told(
            written::<facility_plan::Entity>(ctx, done.await).await,
            |row| FacilityPlanPayload {
                plan: Some(FacilityPlan::from(row)),
                ..FacilityPlanPayload::default()
            },
        )
    }
}

keyed!(
    AddPlotsInput,
    AddHallInput,
    AddHearseInput,
    ReportHearseInput,
    ChangeFacilityCapacityInput,
    SetFacilityPlanInput,
);

payloads! {
    /// What came of entering a hall (告别厅登记结果).
    pub HallPayload {
        /// The hall; null when it was refused (告别厅).
        hall: Hall,
    }
    /// What came of a step with a hearse (接运车办理结果).
    pub HearsePayload {
        /// The hearse; null when the step was refused (接运车).
        hearse: Hearse,
    }
    /// What came of setting a plan (规划制定结果).
    pub FacilityPlanPayload {
        /// The plan; null when it was refused (规划).
        plan: FacilityPlan,
    }
}

async fn hearse_told(
    ctx: &Context<'_>,
    outcome: minzheng_kit::Result<uuid::Uuid>,
) -> Result<HearsePayload> {
    told(written::<hearse::Entity>(ctx, outcome).await, |row| {
        HearsePayload {
            hearse: Some(Hearse::from(row)),
            ..HearsePayload::default()
        }
    })
}

/// Niches or graves to be entered (登记格位、墓位).
#[derive(InputObject, Clone, Debug)]
pub struct AddPlotsInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The facility (设施).
    pub facility: ID,
    /// What they are (位类别).
    pub kind: PlotKind,
    /// Area and row; the number follows (区域及排号).
    pub row: String,
    /// First number (起始编号).
    pub first: i32,
    /// How many, 1 to 500 (数量).
    pub count: i32,
    /// Area of each in square metres (单位面积，平方米).
    pub area_m2: f64,
    /// How many each holds, 1 or 2 (可安放数).
    pub occupant_limit: i32,
}

/// A hall to be entered (登记告别厅).
#[derive(InputObject, Clone, Debug)]
pub struct AddHallInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The funeral home (殡仪馆).
    pub facility: ID,
    /// Its name (名称).
    pub name: String,
    /// How many people it takes (可容纳人数).
    pub seats: i32,
}

/// A hearse to be entered (登记接运车).
#[derive(InputObject, Clone, Debug)]
pub struct AddHearseInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The funeral home (殡仪馆).
    pub facility: ID,
    /// What it is called on the radio (车辆呼号).
    pub label: String,
    /// Where it stands (位置).
    pub point: PointInput,
}

/// Where a hearse is (上报位置).
#[derive(InputObject, Clone, Debug)]
pub struct ReportHearseInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The hearse (接运车).
    pub hearse: ID,
    /// Where it is (位置).
    pub point: PointInput,
    /// Whether it is in service; as before if not given (是否在役).
    pub in_service: Option<bool>,
}

/// How much a facility takes (设施容量).
#[derive(InputObject, Clone, Debug)]
pub struct ChangeFacilityCapacityInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The facility (设施).
    pub facility: ID,
    /// The version that the step is based on (版本).
    pub version: i64,
    /// Niches, graves or bodies a day; as before if not given (容量).
    pub capacity: Option<i64>,
    /// Number of cremators; as before if not given (火化炉数).
    pub cremators: Option<i32>,
}

/// A plan of a division (设施布局规划).
#[derive(InputObject, Clone, Debug)]
pub struct SetFacilityPlanInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The division (区划).
    pub division: ID,
    /// The kind of facility (设施类别).
    pub kind: FacilityKind,
    /// People who will live there (规划人口).
    pub population: i64,
    /// Deaths a year in ten thousand (每万人年死亡数).
    pub deaths_per_ten_thousand: i32,
    /// Years that the plan covers (规划年限).
    pub years: i32,
    /// Of a hundred deaths how many use this kind (使用比例，百分数).
    pub share_percent: i32,
    /// The plan's paper (规划依据).
    pub basis: String,
    /// First day (生效日期).
    pub valid_from: Date,
}
