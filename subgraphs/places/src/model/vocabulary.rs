//! The code tables of `places`: stored as their GraphQL names.

use async_graphql::Enum;
use minzheng_kit::divisions as kit;
use sea_orm::{DeriveActiveEnum, EnumIter};

/// The level of a division (行政区划级别).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "Text",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
#[graphql(name = "DivisionLevel")]
pub enum DivisionLevel {
    /// Provinces, autonomous regions, municipalities (省级).
    Province,
    /// Prefecture-level cities, prefectures (地级).
    Prefecture,
    /// Counties, districts, county-level cities (县级).
    County,
    /// Towns, townships, subdistricts (乡级).
    Township,
}

/// The kind of a division (行政区划类型).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "Text",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
#[graphql(name = "DivisionKind")]
pub enum DivisionKind {
    /// Province, autonomous region, municipality or special administrative region (省、自治区、直辖市、特别行政区).
    Province,
    /// Prefecture-level city, prefecture, autonomous prefecture or league (地级市、地区、自治州、盟).
    Prefecture,
    /// County, autonomous county or banner (县、自治县、旗).
    County,
    /// District of a city (市辖区).
    District,
    /// County-level city (县级市).
    CountyCity,
    /// Town (镇).
    Town,
    /// Township (乡).
    Township,
    /// Ethnic township (民族乡).
    EthnicTownship,
    /// Subdistrict (街道).
    Subdistrict,
    /// Zone or farm that is counted like a division but is none in law (功能区、类似乡级单位).
    Zone,
    /// Village (村).
    Village,
    /// Community (社区).
    Community,
}

/// Whose table a code is from (代码体系).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "Text",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
#[graphql(name = "CodeSystem")]
pub enum CodeSystem {
    /// The Ministry of Civil Affairs (民政部).
    Mca,
    /// The National Bureau of Statistics; the row may be none in law (国家统计局).
    Nbs,
}

/// How exactly a date is known (日期精度).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "Text",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
#[graphql(name = "DatePrecision")]
pub enum DatePrecision {
    /// To the day (日).
    Day,
    /// To the year; the day shown is 1 January (年).
    Year,
    /// The division is in the table of that year; since when is not known (仅知该年在用).
    Snapshot,
}

/// What happened between divisions (沿革关系).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "Text",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
#[graphql(name = "LineageRelation")]
pub enum LineageRelation {
    /// New name, same division (更名).
    Rename,
    /// New kind on the same ground (建制变更).
    Retype,
    /// New code only (代码变更).
    Recode,
    /// Absorbed, or joined with others (合并).
    Merge,
    /// Divided among two or more (拆分).
    Split,
    /// A part went over (划转).
    Transfer,
    /// Ended without a known successor (撤销).
    Abolish,
    /// Founded (设立).
    Create,
}

/// What a name is to its place (地名状态).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "Text",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
#[graphql(name = "NameStatus")]
pub enum NameStatus {
    /// The standard name (标准地名).
    Standard,
    /// A standard name of earlier (曾用名).
    Former,
    /// Another name in use (别名).
    Alias,
    /// A name in dialect (方言名).
    Dialect,
    /// A name in a minority language (少数民族语名).
    Minority,
}

/// What an application asks for (申请类型).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "Text",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
#[graphql(name = "NamingKind")]
pub enum NamingKind {
    /// A name for what has none (命名).
    Name,
    /// Another name (更名).
    Rename,
    /// The end of a name (注销).
    Cancel,
}

/// The level of the divisions that a line parts (界线级别).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "Text",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
#[graphql(name = "BoundaryLevel")]
pub enum BoundaryLevel {
    /// Between provinces (省界).
    Province,
    /// Between counties (县界).
    County,
    /// Between townships (乡界).
    Township,
}

/// How a boundary marker was found (界桩状况).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "Text",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
#[graphql(name = "MarkerCondition")]
pub enum MarkerCondition {
    /// In good state (完好).
    Good,
    /// Damaged (损坏).
    Damaged,
    /// Not where it should be (移位).
    Moved,
    /// Gone (丢失).
    Missing,
}

/// A code table that is stored as its GraphQL names.
macro_rules! stored {
    ($($(#[$of:meta])* $name:ident { $($(#[$about:meta])* $item:ident,)+ })+) => {$(
        $(#[$of])*
        #[derive(Enum, Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
        #[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
        pub enum $name { $($(#[$about])* $item,)+ }
    )+};
}

stored! {
    /// The rank of a body that approves a name or a change of divisions (审批机关).
    NamingAuthority {
        /// The National People's Congress (全国人民代表大会).
        NationalPeoplesCongress,
        /// The State Council (国务院).
        StateCouncil,
        /// A ministry of the State Council (国务院有关部门).
        Ministry,
        /// The government of a province, autonomous region or municipality (省级人民政府).
        ProvinceGovernment,
        /// The government of a prefecture or of a city with districts (市级人民政府).
        PrefectureGovernment,
        /// The government of a county, district or county-level city (县级人民政府).
        CountyGovernment,
        /// The department for place names (地名主管部门).
        PlaceNameDepartment,
        /// Another department, such as housing or transport (其他有关部门).
        OtherDepartment,
    }
    /// Who must receive a filing (备案接收机关).
    NamingFilingReceiver {
        /// The State Council, papers to the Ministry of Civil Affairs (国务院，径送民政部).
        StateCouncil,
        /// The government one level higher (上一级人民政府).
        HigherGovernment,
        /// The department for place names one level higher (上一级地名主管部门).
        HigherPlaceNameDepartment,
        /// The department for place names of the same level (同级地名主管部门).
        SameLevelPlaceNameDepartment,
    }
    /// Whose report on an application it is (论证材料类型).
    NamingReportKind {
        /// The evaluation by the department (综合评估报告).
        Evaluation,
        /// The opinion of experts (专家论证意见).
        Expert,
        /// The opinions of the public (听取公众意见情况).
        Opinions,
        /// The evaluation of risks (风险评估报告).
        Risk,
    }
    /// What a report says (论证结论).
    NamingReportOutcome {
        /// In favour (同意).
        InFavour,
        /// In favour under conditions that the summary names (有条件同意).
        Conditional,
        /// Against (不同意).
        Against,
    }
    /// What a name is protected as (保护类别).
    PlaceHeritageCategory {
        /// An ancient town of a thousand years (千年古镇).
        AncientTown,
        /// An ancient village (千年古村落).
        AncientVillage,
        /// An ancient county (千年古县).
        AncientCounty,
        /// A famous mountain or river (著名山川).
        FamousFeature,
        /// An old street, gate or bridge (古街古巷).
        OldStreet,
        /// Another name of historic value (其他历史地名).
        Historic,
    }
    /// A side of a change of divisions (变更一方).
    DivisionSideRole {
        /// As it was before (变更前).
        Source,
        /// As it is after (变更后).
        Target,
        /// Below one of them and given a new code or place in the tree by the change (随同变更的下级).
        Below,
    }
    /// What offends against the rules on names (地名违法行为).
    NameOffenceKind {
        /// Another name than the standard one on signs, maps or papers (未使用标准地名).
        Misuse,
        /// A sign set up, removed, moved, covered or damaged without leave (擅自设置、拆除、移动、涂改、遮挡、损毁地名标志).
        SignDamaged,
    }
    /// Why a joint inspection is held (联检原因).
    JointInspectionCause {
        /// Every five years (五年一轮).
        Periodic,
        /// A flood, slide or quake changed the ground (自然灾害).
        Disaster,
        /// A river took another course (河流改道).
        RiverShift,
        /// A road was built or moved (道路变化).
        RoadChange,
        /// Another change of the ground or a marker (其他变化).
        OtherChange,
    }
    /// Where a joint inspection stands (联检状态).
    JointInspectionState {
        /// Scheduled, not yet signed (已安排).
        Scheduled,
        /// Both sides have signed (双方已签字).
        Signed,
        /// Closed, to be filed (已完成).
        Closed,
        /// Filed with the approving body (已备案).
        Filed,
    }
    /// What is done to a marker (界桩事项).
    MarkerActKind {
        /// It is moved (移动).
        Move,
        /// It is mended where it stands (修复).
        Mend,
        /// Another side keeps it from then on (变更管理方).
        Keeper,
    }
    /// What a geometry is the shape of (图形对象).
    GeometrySubject {
        /// A division (行政区划).
        Division,
        /// A place (地名实体).
        Place,
        /// A boundary line (界线).
        BoundaryLine,
    }
    /// Where a geometry was taken from (图形来源).
    GeometrySource {
        /// The official detailed map of boundaries (行政区域界线详图).
        OfficialMap,
        /// A survey (测绘成果).
        Survey,
        /// Drawn by a user; never for boundaries (用户绘制).
        UserDrawn,
    }
    /// Where a version of a geometry stands (图形版本状态).
    GeometryState {
        /// Proposed (已提出).
        Proposed,
        /// In use (使用中).
        Committed,
        /// Replaced by a later version (已被替代).
        Superseded,
    }
}

impl From<kit::Level> for DivisionLevel {
    fn from(value: kit::Level) -> Self {
        match value {
            kit::Level::Province => Self::Province,
            kit::Level::Prefecture => Self::Prefecture,
            kit::Level::County => Self::County,
            kit::Level::Township => Self::Township,
        }
    }
}

impl From<kit::Kind> for DivisionKind {
    fn from(value: kit::Kind) -> Self {
        match value {
            kit::Kind::Province => Self::Province,
            kit::Kind::Prefecture => Self::Prefecture,
            kit::Kind::County => Self::County,
            kit::Kind::District => Self::District,
            kit::Kind::CountyCity => Self::CountyCity,
            kit::Kind::Town => Self::Town,
            kit::Kind::Township => Self::Township,
            kit::Kind::EthnicTownship => Self::EthnicTownship,
            kit::Kind::Subdistrict => Self::Subdistrict,
            kit::Kind::Zone => Self::Zone,
        }
    }
}

impl From<kit::CodeSystem> for CodeSystem {
    fn from(value: kit::CodeSystem) -> Self {
        match value {
            kit::CodeSystem::Mca => Self::Mca,
            kit::CodeSystem::Nbs => Self::Nbs,
        }
    }
}

impl From<kit::Precision> for DatePrecision {
    fn from(value: kit::Precision) -> Self {
        match value {
            kit::Precision::Year => Self::Year,
            kit::Precision::Snapshot => Self::Snapshot,
        }
    }
}

impl From<kit::Relation> for LineageRelation {
    fn from(value: kit::Relation) -> Self {
        match value {
            kit::Relation::Rename => Self::Rename,
            kit::Relation::Retype => Self::Retype,
            kit::Relation::Recode => Self::Recode,
            kit::Relation::Merge => Self::Merge,
            kit::Relation::Split => Self::Split,
            kit::Relation::Transfer => Self::Transfer,
            kit::Relation::Abolish => Self::Abolish,
            kit::Relation::Create => Self::Create,
        }
    }
}
