//! Facilities as institutions, burial places of villages, and zones in which nobody is buried.

use async_graphql::{Context, ID, InputObject, Object, Result};
use minzheng_kit::federation::directives::{cache_invalidate, requires_scopes};
use minzheng_kit::mutation::told;
use minzheng_kit::{CreditCode, Date, PrincipalExt, UserError, payloads};

use super::{key, keyed, run, written};
use crate::graph::facility::FuneralFacility;
use crate::graph::inputs::{PointInput, milli_m2};
use crate::graph::land::{BurialZone, RuralBurialSite};
use crate::model::{burial_zone, facility, rural_burial_site};
use crate::rules::terms::{
    FacilityKind, FacilityOperator, FacilityState, FacilitySubKind, ZoneKind,
};
use crate::service::{facilities, founding, moves, sites};

/// Facilities and land.
#[derive(Default)]
pub struct FacilityMutation;

#[Object]
impl FacilityMutation {
    /// Founds a facility; since 2026-03-30 only public bodies may (新建殡葬设施).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]), directive = cache_invalidate::apply(vec!["Division".into(), "Organization".into(), "Place".into()]))]
    async fn found_facility(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The facility (设施内容).")] input: FoundFacilityInput,
    ) -> Result<FacilityPayload> {
        let done = run(ctx, "foundFacility", input, |act, input| {
            Box::pin(async move {
                let new = founding::Founding {
                    kind: input.kind,
                    sub_kind: input.sub_kind,
                    operator: input.operator,
                    name: input.name.clone(),
                    credit_code: input.credit_code.0.clone(),
                    operator_name: input.operator_name.clone(),
                    division: key(&input.division, "division")?,
                    place: key(&input.place, "place")?,
                    point: input.point.point()?,
                    approved_on: input.approved_on.0,
                    approved_by: input.approved_by.clone(),
                    capacity: input.capacity,
                    phone: input.phone.clone(),
                };
                founding::found(&act, &new).await
            })
        });
        facility_told(ctx, done.await).await
    }

    /// Opens a facility, or closes it for good (启用或关闭设施).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]), directive = cache_invalidate::apply(vec!["FuneralFacility".into(), "Division".into()]))]
    async fn change_facility_state(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The facility and its state (变更内容).")] input: ChangeFacilityStateInput,
    ) -> Result<FacilityPayload> {
        let done = run(ctx, "changeFacilityState", input, |act, input| {
            Box::pin(async move {
                founding::set_state(
                    &act,
                    key(&input.facility, "facility")?,
                    input.version,
                    input.state,
                )
                .await
            })
        });
        facility_told(ctx, done.await).await
    }

    /// Assigns what a division that was divided has left to one of its successors: facilities with their cases, burial
    /// places and clean-ups; by an officer above all successors (指定承接区划).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]), directive = cache_invalidate::apply(vec!["FuneralFacility".into(), "Division".into()]))]
    async fn assign_facilities(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The assignment (指定内容).")] input: AssignFacilitiesInput,
    ) -> Result<AssignFacilitiesPayload> {
        let done = run(ctx, "assignFacilities", input, |act, input| {
            Box::pin(async move { moves::assign(&act, &input.assigning()?).await })
        });
        let rows = match done.await {
            Ok(homes) => facilities::by_ids(ctx.services().db.read(), &homes)
                .await
                .map(|mut found| {
                    let rows = homes.iter().filter_map(|home| found.remove(home));
                    rows.collect::<Vec<_>>()
                }),
            Err(error) => Err(error),
        };
        told(rows, |rows| AssignFacilitiesPayload {
            facilities: Some(FuneralFacility::all(rows)),
            ..AssignFacilitiesPayload::default()
        })
    }

    /// Records the verified name of who runs a facility (核验运营单位名称).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]), directive = cache_invalidate::apply(vec!["FuneralFacility".into()]))]
    async fn verify_operator(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The name (核验内容).")] input: VerifyOperatorInput,
    ) -> Result<FacilityPayload> {
        let done = run(ctx, "verifyOperator", input, |act, input| {
            Box::pin(async move {
                founding::verify_operator(
                    &act,
                    key(&input.facility, "facility")?,
                    input.version,
                    &input.operator_name,
                )
                .await
            })
        });
        facility_told(ctx, done.await).await
    }

    /// Enters a burial place of a village (登记农村集中安葬点).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]), directive = cache_invalidate::apply(vec!["Division".into()]))]
    async fn register_rural_burial_site(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The place (登记内容).")] input: RegisterRuralBurialSiteInput,
    ) -> Result<RuralBurialSitePayload> {
        let done = run(ctx, "registerRuralBurialSite", input, |act, input| {
            Box::pin(async move {
                let site = sites::Site {
                    division: key(&input.division, "division")?,
                    name: input.name.clone(),
                    point: input.point.point()?,
                    area_milli_m2: milli_m2(input.area_m2, "areaM2")?,
                    graves: input.graves,
                };
                sites::register(&act, &site).await
            })
        });
        site_told(ctx, done.await).await
    }

    /// Records an inspection of a burial place of a village (巡查农村集中安葬点).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]), directive = cache_invalidate::apply(vec!["Division".into()]))]
    async fn inspect_rural_burial_site(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was seen (巡查内容).")] input: InspectRuralBurialSiteInput,
    ) -> Result<RuralBurialSitePayload> {
        let done = run(ctx, "inspectRuralBurialSite", input, |act, input| {
            Box::pin(async move {
                sites::inspect(
                    &act,
                    key(&input.site, "site")?,
                    input.version,
                    input.graves,
                    input.managed,
                )
                .await
            })
        });
        site_told(ctx, done.await).await
    }

    /// Enters a zone in which nobody is buried (划定禁葬区).
    #[graphql(directive = requires_scopes::apply(vec![vec!["funeral.case".into()]]))]
    async fn designate_burial_zone(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The zone (划定内容).")] input: DesignateBurialZoneInput,
    ) -> Result<BurialZonePayload> {
        let done = run(ctx, "designateBurialZone", input, |act, input| {
            Box::pin(async move {
                let ring = input
                    .ring
                    .iter()
                    .map(PointInput::point)
                    .collect::<minzheng_kit::Result<Vec<_>>>()?;
                sites::designate(
                    &act,
                    key(&input.division, "division")?,
                    input.kind,
                    &input.name,
                    &ring,
                )
                .await
            })
        });
        told(
            written::<burial_zone::Entity>(ctx, done.await).await,
            |row| BurialZonePayload {
                zone: Some(BurialZone::of(row)),
                ..BurialZonePayload::default()
            },
        )
    }
}

keyed!(
    AssignFacilitiesInput,
    FoundFacilityInput,
    ChangeFacilityStateInput,
    VerifyOperatorInput,
    RegisterRuralBurialSiteInput,
    InspectRuralBurialSiteInput,
    DesignateBurialZoneInput,
);

payloads! {
    /// What came of a step with a facility (设施办理结果).
    pub FacilityPayload {
        /// The facility; null when the step was refused (设施).
        facility: FuneralFacility,
    }
    /// What came of an assignment (指定承接区划结果).
    pub AssignFacilitiesPayload {
        /// The facilities under their new division; null when it was refused (设施).
        facilities: Vec<FuneralFacility>,
    }
    /// What came of a step with a burial place of a village (农村集中安葬点办理结果).
    pub RuralBurialSitePayload {
        /// The place; null when the step was refused (安葬点).
        site: RuralBurialSite,
    }
    /// What came of designating a zone (禁葬区划定结果).
    pub BurialZonePayload {
        /// The zone; null when it was refused (禁葬区).
        zone: BurialZone,
    }
}

pub(super) async fn facility_told(
    ctx: &Context<'_>,
    outcome: minzheng_kit::Result<uuid::Uuid>,
) -> Result<FacilityPayload> {
    told(written::<facility::Entity>(ctx, outcome).await, |row| {
        FacilityPayload {
            facility: FuneralFacility::all(vec![row]).pop(),
            ..FacilityPayload::default()
        }
    })
}

async fn site_told(
    ctx: &Context<'_>,
    outcome: minzheng_kit::Result<uuid::Uuid>,
) -> Result<RuralBurialSitePayload> {
    told(
        written::<rural_burial_site::Entity>(ctx, outcome).await,
        |row| RuralBurialSitePayload {
            site: RuralBurialSite::all(vec![row]).pop(),
            ..RuralBurialSitePayload::default()
        },
    )
}

/// A facility to be founded (新建设施).
#[derive(InputObject, Clone, Debug)]
pub struct FoundFacilityInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// Which of the three kinds of the law it is (设施类别).
    pub kind: FacilityKind,
    /// Whom it serves (设施类型).
    pub sub_kind: FacilitySubKind,
    /// Who runs it (运营主体).
    pub operator: FacilityOperator,
    /// Its name (名称).
    pub name: String,
    /// Unified social credit code of who runs it (统一社会信用代码).
    pub credit_code: CreditCode,
    /// Name of who runs it, as on its certificate (运营单位名称).
    pub operator_name: String,
    /// The division it lies in (所在区划).
    pub division: ID,
    /// The place of its address (所在地名).
    pub place: ID,
    /// Where it is (位置).
    pub point: PointInput,
    /// Day of its approval (批准日期).
    pub approved_on: Date,
    /// Authority that approved it (批准机关).
    pub approved_by: String,
    /// Niches, graves or bodies a day, by kind (容量).
    pub capacity: i64,
    /// Published telephone number (公示电话).
    pub phone: String,
}

/// What a divided division left, and the successor that gets it (指定承接区划).
#[derive(InputObject, Clone, Debug)]
pub struct AssignFacilitiesInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The division that was divided (原行政区划).
    pub from: ID,
    /// The successor that gets them (承接行政区划).
    pub to: ID,
    /// The facilities, with all their cases; at most 500 of all kinds in one assignment (设施).
    #[graphql(default)]
    pub facilities: Vec<ID>,
    /// The versions of the facilities that the assignment is based on, in the same order; not compared if not given
    /// (设施版本).
    pub versions: Option<Vec<i64>>,
    /// The burial places of villages (农村集中安葬点).
    #[graphql(default)]
    pub burial_sites: Vec<ID>,
    /// The clean-ups of illegal graves (违建坟墓整治案件).
    #[graphql(default)]
    pub illegal_graves: Vec<ID>,
}

impl AssignFacilitiesInput {
    fn assigning(&self) -> minzheng_kit::Result<moves::Assigning> {
        let keys = |ids: &[ID], field: &str| {
            ids.iter()
                .map(|id| key(id, field))
                .collect::<minzheng_kit::Result<Vec<_>>>()
        };
        let homes = keys(&self.facilities, "facilities")?;
        let versions = match &self.versions {
            None => vec![None; homes.len()],
            Some(versions) if versions.len() == homes.len() => {
                versions.iter().copied().map(Some).collect()
            }
            Some(_) => {
                return Err(UserError::new(
                    "VERSIONS_DO_NOT_FIT",
                    "Give one version for each facility, in the same order, or none at all.",
                    "应按相同顺序逐一填写各设施的版本，或者全部不填。",
                )
                .field(&["versions"])
                .into());
            }
        };
        Ok(moves::Assigning {
            from: key(&self.from, "from")?,
            to: key(&self.to, "to")?,
            facilities: homes.into_iter().zip(versions).collect(),
            sites: keys(&self.burial_sites, "burialSites")?,
            graves: keys(&self.illegal_graves, "illegalGraves")?,
        })
    }
}

/// A facility to be opened or closed (启用或关闭).
#[derive(InputObject, Clone, Debug)]
pub struct ChangeFacilityStateInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The facility (设施).
    pub facility: ID,
    /// The version that the step is based on (版本).
    pub version: i64,
    /// The state it is to have (设施状态).
    pub state: FacilityState,
}

/// The name of who runs a facility (运营单位名称).
#[derive(InputObject, Clone, Debug)]
pub struct VerifyOperatorInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The facility (设施).
    pub facility: ID,
    /// The version that the step is based on (版本).
    pub version: i64,
    /// The verified name (运营单位名称).
    pub operator_name: String,
}

/// A burial place of a village (农村集中安葬点).
#[derive(InputObject, Clone, Debug)]
pub struct RegisterRuralBurialSiteInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The division (所在区划).
    pub division: ID,
    /// Its name (名称).
    pub name: String,
    /// Where it is (位置).
    pub point: PointInput,
    /// Its area in square metres (面积，平方米).
    pub area_m2: f64,
    /// Graves in it (墓穴数).
    pub graves: i32,
}

/// An inspection (巡查).
#[derive(InputObject, Clone, Debug)]
pub struct InspectRuralBurialSiteInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The place (安葬点).
    pub site: ID,
    /// The version that the step is based on (版本).
    pub version: i64,
    /// Graves in it now (墓穴数).
    pub graves: i32,
    /// Whether someone looks after it by the rules (是否规范管理).
    pub managed: bool,
}

/// A zone in which nobody is buried (禁葬区).
#[derive(InputObject, Clone, Debug)]
pub struct DesignateBurialZoneInput {
    /// A key of the client's choice: repeating the call with it has no further effect (幂等键).
    pub request_key: String,
    /// The division (所在区划).
    pub division: ID,
    /// What it protects (类别).
    pub kind: ZoneKind,
    /// Its name (名称).
    pub name: String,
    /// The corners of its outer ring (边界点).
    pub ring: Vec<PointInput>,
}
