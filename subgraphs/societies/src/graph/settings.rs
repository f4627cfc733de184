//! The numbers of the law as clients read them: each with its article, source and time.

use crate::rules::parameter::ParameterRow;
use crate::rules::threshold::{Measure, OrgThreshold as Row};
use crate::vocabulary::{OrgKind, RegistrarLevel};
use async_graphql::{Enum, SimpleObject};
use chrono::NaiveDate;
use kit::Date;
use kit::federation::directives::*;
use kit::legal::LegalParameter;
use minzheng_kit as kit;

/// What a threshold limits (数额标准类型).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrgMeasure {
    /// Individual members at least (个人会员数下限).
    IndividualMembers,
    /// Unit members at least (单位会员数下限).
    UnitMembers,
    /// Members of both sorts at least (会员总数下限).
    MixedMembers,
    /// Funds or original fund at least, in fen (资金下限，分).
    Funds,
    /// Original fund of a public-raising foundation at least, in fen (公募基金会原始基金下限，分).
    PublicRaisingFunds,
    /// Original fund from which the ministry may register, in fen (国务院民政部门登记的原始基金下限，分).
    MinistryFunds,
}

impl From<Measure> for OrgMeasure {
    fn from(measure: Measure) -> Self {
        match measure {
            Measure::IndividualMembers => Self::IndividualMembers,
            Measure::UnitMembers => Self::UnitMembers,
            Measure::MixedMembers => Self::MixedMembers,
            Measure::FundsFen => Self::Funds,
            Measure::PublicRaisingFundsFen => Self::PublicRaisingFunds,
            Measure::MinistryFundsFen => Self::MinistryFunds,
        }
    }
}

/// A number that an organization must reach to be registered (登记条件数额标准).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = cache_control::apply(Some(3600), Some(CacheScope::Public)))]
pub struct OrgThreshold {
    /// The kind of organization (类别).
    pub kind: OrgKind,
    /// The registrar's level; null for all (登记管理机关层级).
    pub level: Option<RegistrarLevel>,
    /// What it limits (类型).
    pub measure: OrgMeasure,
    /// The number: a count, or fen (数值).
    pub value: i64,
    /// The first day it holds (生效日期).
    pub valid_from: Date,
    /// The first day it no longer holds; null while it holds (失效日期).
    pub valid_to: Option<Date>,
    /// Whether an amendment whose text is not confirmed may have changed it (是否待核实).
    pub is_provisional: bool,
    /// The law and its article (法律依据).
    pub legal_basis: &'static str,
    /// The day it was compared with the published text; null if nobody has (核对日期).
    pub verified_on: Option<Date>,
}

impl OrgThreshold {
    /// A threshold as it stands on a day.
    #[must_use]
    pub fn on(row: &Row, on: NaiveDate) -> Self {
        Self {
            kind: row.kind,
            level: row.level,
            measure: row.measure.into(),
            value: row.value,
            valid_from: Date(row.valid_from),
            valid_to: row.valid_to.map(Date),
            is_provisional: row.is_provisional(on),
            legal_basis: row.legal_basis,
            verified_on: row.verified_on.map(Date),
        }
    }
}

/// A number of the law as every subsystem shows its own. A row of a place below a province says the
/// place in its source.
#[must_use]
pub fn legal_parameter(row: &ParameterRow) -> LegalParameter {
    let [code, unit, en, zh] = row.parameter.words();
    let source = if row.place.len() > 2 {
        format!("{}; {}", row.source, row.place)
    } else {
        row.source.to_owned()
    };
    LegalParameter {
        code: code.to_owned(),
        name_en: en.to_owned(),
        name_zh: zh.to_owned(),
        value: row.value.to_string(),
        unit: unit.to_owned(),
        province: row.place.get(..2).map(str::to_owned),
        valid_from: Date(row.valid_from),
        valid_to: row.valid_to.map(Date),
        legal_basis: row.legal_basis.to_owned(),
        source,
        verified_on: row.verified_on.map(Date),
    }
}
