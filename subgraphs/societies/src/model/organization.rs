//! A registered social organization. Its current name is repeated here for search; the history of names
//! is in [`super::organization_name`], its offices in [`super::office`].

use crate::vocabulary::{
    ActivityField, CharityBasis, DirectRegistrationClass, HubKind, OrgKind, OrgState,
    RegistrarLevel,
};
use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "organization")]
pub struct Model {
    /// The unified social credit code, the key for ever.
    #[sea_orm(primary_key, auto_increment = false)]
    pub credit_code: String,
    /// Its kind.
    pub kind: OrgKind,
    /// Where it stands.
    pub state: OrgState,
    /// The name it carries now.
    pub name: String,
    /// The division of its registration.
    pub division_id: Uuid,
    /// The level of the authority that registered it.
    pub registrar_level: RegistrarLevel,
    /// The division of the authority that registered it.
    pub registrar_division_id: Uuid,
    /// The day it was founded.
    pub founded: Date,
    /// The month of `founded`, as [`minzheng_kit::YearMonth::index`].
    pub founded_month: i32,
    /// The day it ceased to exist, if it did.
    pub ended: Option<Date>,
    /// The month of `ended`.
    pub ended_month: Option<i32>,
    /// The place of its domicile, owned by the subgraph of places.
    pub domicile_place_id: Option<Uuid>,
    /// Longitude of the domicile, a copy.
    pub longitude: Option<f64>,
    /// Latitude of the domicile, a copy.
    pub latitude: Option<f64>,
    /// The supervising department; none for directly registered bodies.
    pub supervisor: Option<String>,
    /// Registered funds, in fen.
    pub funds_fen: i64,
    /// Hub or brand, if it is one.
    pub hub_kind: Option<HubKind>,
    /// How it became a charity, if it is one.
    pub charity_basis: Option<CharityBasis>,
    /// The day it became a charity.
    pub charity_since: Option<Date>,
    /// The day of its licence to raise funds from the public.
    pub public_raising_since: Option<Date>,
    /// Counts the changes of the row.
    pub version: i64,
    /// The field in which it works.
    pub activity: Option<ActivityField>,
    /// The department that guides its trade.
    pub industry_department: Option<String>,
    /// The area in which it may act, where it is not its division's.
    pub activity_area: Option<String>,
    /// Whether it is a foundation that raises from the public, as it was registered.
    pub raises_publicly: bool,
    /// The class by which it is registered directly, where it was founded so.
    pub direct_class: Option<DirectRegistrationClass>,
}

/// None: statements join by hand, so that their number can be counted.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
