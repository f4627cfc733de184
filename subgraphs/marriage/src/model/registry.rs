//! Marriage registries 婚姻登记机关, with what a search by distance needs.
//!
//! The point is a copy: `places` owns it, the copy makes one index answer "near me". The
//! ancestors of the division are kept too, so that a province or a prefecture finds its
//! registries in one step.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "registry")]
pub struct Model {
    /// Opaque, stable for life.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Six-digit authority code and site number, such as `510118-1`; unique.
    pub code: String,
    /// Official name.
    pub name: String,
    /// Its division at county level.
    pub county_id: Uuid,
    /// The prefecture of that division; none where the county stands directly under the province.
    pub prefecture_id: Option<Uuid>,
    /// The province of that division.
    pub province_id: Uuid,
    /// Today's six-digit code of the division, for an officer's area.
    pub county_code: String,
    /// The place of its address, owned by `places`.
    pub place_id: Option<Uuid>,
    /// Longitude in degrees, a copy.
    pub lon: f64,
    /// Latitude in degrees, a copy.
    pub lat: f64,
    /// May register mainland residents.
    pub mainland: bool,
    /// May register residents of Hong Kong, Macao, Taiwan and overseas Chinese.
    pub hmt_overseas: bool,
    /// May register foreigners.
    pub foreign_parties: bool,
    /// `HALL` or `PARK`.
    pub site_kind: String,
    /// Couples served at once.
    pub windows: i32,
    /// Rooms for marriage and family counselling.
    pub counselling_rooms: i32,
    /// Credit code of the organization that provides the counselling.
    pub counselling_by: Option<String>,
    /// 延时服务: open at weekends and on holidays.
    pub weekend_service: bool,
    /// Counts the changes of the row and of its hours.
    pub version: i64,
}

/// None is declared: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
