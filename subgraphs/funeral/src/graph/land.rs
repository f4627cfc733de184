//! Land: zones in which nobody is buried, burial places of villages, and what a division plans.

use async_graphql::{ID, SimpleObject};
use minzheng_kit::federation::directives::{CacheScope, cache_control};
use minzheng_kit::{Date, DateTime};

use super::GeoPoint;
use super::division::Division;
use crate::model::{burial_zone, facility_plan, rural_burial_site};
use crate::rules::terms::{FacilityKind, ZoneKind};
use crate::service::keyed::Keyed;
use crate::service::sites;

/// A zone in which nobody is buried (禁葬区).
#[derive(SimpleObject, Clone)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct BurialZone {
    /// Opaque identity (标识).
    pub id: ID,
    /// What it protects (类别).
    pub kind: ZoneKind,
    /// Its name (名称).
    pub name: String,
    /// The corners of its outer ring (边界点).
    pub ring: Vec<GeoPoint>,
    /// First day (生效日期).
    pub valid_from: Date,
}

impl BurialZone {
    /// From its row.
    pub(super) fn of(row: burial_zone::Model) -> Self {
        let ring = sites::ring_of(&row);
        Self {
            id: row.id.into(),
            kind: row.kind,
            name: row.name,
            ring: ring
                .into_iter()
                .map(|p| GeoPoint {
                    longitude: p.lon,
                    latitude: p.lat,
                })
                .collect(),
            valid_from: Date(row.valid_from),
        }
    }
}

/// A burial place of a village (农村集中安葬点).
#[derive(SimpleObject, Clone)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct RuralBurialSite {
    /// Opaque identity (标识).
    pub id: ID,
    /// Its name (名称).
    pub name: String,
    /// Where it is (位置).
    pub point: GeoPoint,
    /// Area in square metres (面积，平方米).
    pub area_m2: f64,
    /// Graves in it (墓穴数).
    pub graves: i32,
    /// Whether someone looks after it by the rules (是否规范管理).
    pub managed: bool,
    /// Day it was entered (登记日期).
    pub registered_on: Date,
    /// Day of the last inspection; null before the first (上次巡查日期).
    pub inspected_on: Option<Date>,
    /// Counts the changes; a step is based on it (版本).
    pub version: i64,
    /// The division (所在区划).
    pub division: Division,
}

impl RuralBurialSite {
    /// Places that were read together.
    pub(super) fn all(rows: Vec<rural_burial_site::Model>) -> Vec<Self> {
        let divisions = Division::all(rows.iter().map(|r| r.division_id).collect());
        rows.into_iter()
            .zip(divisions)
            .map(|(row, division)| Self {
                id: row.id.into(),
                name: row.name,
                point: GeoPoint {
                    longitude: row.lon,
                    latitude: row.lat,
                },
                area_m2: row.area_milli_m2 as f64 / 1000.0,
                graves: row.graves,
                managed: row.managed,
                registered_on: Date(row.registered_on),
                inspected_on: row.inspected_on.map(Date),
                version: row.version,
                division,
            })
            .collect()
    }
}

/// What a plan asks for and what there is (设施缺口).
#[derive(SimpleObject, Clone)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct FacilityGap {
    /// The kind of facility (设施类别).
    pub kind: FacilityKind,
    /// People who live there by the plan (规划人口).
    pub population: i64,
    /// Years that the plan covers (规划年限).
    pub years: i32,
    /// Niches, graves or bodies a day that are needed (规划需求).
    pub needed: i64,
    /// What there is in operation (现有容量).
    pub capacity: i64,
    /// What is being built (在建容量).
    pub being_built: i64,
    /// What is missing; nought where there is enough (缺口).
    pub missing: i64,
    /// The plan (规划依据).
    pub basis: String,
    /// When this was counted (统计时间).
    pub as_of: DateTime,
}

impl FacilityGap {
    /// From a gap.
    pub(super) fn of(gap: &sites::Gap, as_of: DateTime) -> Self {
        Self {
            kind: gap.kind,
            population: gap.population,
            years: gap.years,
            needed: gap.needed,
            capacity: gap.capacity,
            being_built: gap.being_built,
            missing: gap.missing,
            basis: gap.basis.clone(),
            as_of,
        }
    }
}

/// What a division plans to have of a kind of facility (殡葬设施布局规划).
#[derive(SimpleObject, Clone)]
pub struct FacilityPlan {
    /// Opaque identity (标识).
    pub id: ID,
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

impl From<facility_plan::Model> for FacilityPlan {
    fn from(row: facility_plan::Model) -> Self {
        Self {
            id: row.id.into(),
            kind: row.kind,
            population: row.population,
            deaths_per_ten_thousand: row.deaths_per_ten_thousand,
            years: row.years,
            share_percent: row.share_percent,
            basis: row.basis,
            valid_from: Date(row.valid_from),
        }
    }
}

/// What is keyed to a division itself and would move with it (区划关联的殡葬数据).
#[derive(SimpleObject, Clone)]
pub struct FuneralKeyed {
    /// Facilities (殡葬设施数).
    pub facilities: i64,
    /// Policies of waivers (减免政策数).
    pub waiver_policies: i64,
    /// Facility plans (设施规划数).
    pub facility_plans: i64,
    /// Zones in which nobody is buried (禁葬区数).
    pub burial_zones: i64,
    /// Burial places of villages (农村集中安葬点数).
    pub rural_sites: i64,
    /// Voyages to come (未完成海葬航次数).
    pub voyages: i64,
    /// Tickets that are not closed (未关闭热线工单数).
    pub open_tickets: i64,
    /// Clean-ups that are not ended (未办结违建坟墓数).
    pub open_graves: i64,
    /// Ceilings of base items (政府指导价数).
    pub price_ceilings: i64,
}

impl From<Keyed> for FuneralKeyed {
    fn from(keyed: Keyed) -> Self {
        Self {
            facilities: keyed.facilities,
            waiver_policies: keyed.waiver_policies,
            facility_plans: keyed.facility_plans,
            burial_zones: keyed.burial_zones,
            rural_sites: keyed.rural_sites,
            voyages: keyed.voyages,
            open_tickets: keyed.open_tickets,
            open_graves: keyed.open_graves,
            price_ceilings: keyed.price_ceilings,
        }
    }
}
