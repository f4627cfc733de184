//! Legal parameters as clients see them. The type is the same in every subgraph and shareable; each
//! subgraph lists its own under a root field of its own name (`marriageLegalParameters`, …), because a
//! shareable root field would be asked of one subgraph only.

use async_graphql::SimpleObject;
use chrono::NaiveDate;

use super::{Dated, Parameter, Shown};
use crate::{federation::directives::shareable, scalars::Date};

/// One number that the law sets, with the time in which it counts and where it comes from (法定参数).
#[derive(SimpleObject, Clone, Debug, PartialEq)]
#[graphql(directive = shareable::apply())]
pub struct LegalParameter {
    /// The stable code: the rule's id and a name (参数代码).
    pub code: String,
    /// What it is, in English (英文名称).
    pub name_en: String,
    /// What it is, in Chinese (中文名称).
    pub name_zh: String,
    /// The value as text (取值).
    pub value: String,
    /// The unit in capitals, such as DAYS, YEARS or YUAN; NONE for a yes or no (单位).
    pub unit: String,
    /// The two digits of the only province where it counts, or more digits for a smaller area; null for the whole country (适用省份或者地区).
    pub province: Option<String>,
    /// The first day on which it counts (生效日期).
    pub valid_from: Date,
    /// The first day on which it counts no longer; null while it is in force (失效日期).
    pub valid_to: Option<Date>,
    /// The article that sets it (法律依据).
    pub legal_basis: String,
    /// The text that it was read from (来源).
    pub source: String,
    /// The day on which somebody compared it with the published text; null if nobody has (核对日期).
    pub verified_on: Option<Date>,
}

impl LegalParameter {
    /// One value of a table.
    pub(super) fn of<T: Shown>(parameter: &Parameter<T>, dated: &Dated<T>) -> Self {
        Self {
            code: parameter.code.to_owned(),
            name_en: parameter.name_en.to_owned(),
            name_zh: parameter.name_zh.to_owned(),
            value: dated.value.shown(),
            unit: parameter.unit.to_owned(),
            province: dated.province.map(str::to_owned),
            valid_from: Date(dated.valid_from),
            valid_to: dated.valid_to.map(Date),
            legal_basis: dated.legal_basis.to_owned(),
            source: dated.source.to_owned(),
            verified_on: dated.verified_on.map(Date),
        }
    }

    /// Whether it counts on a day.
    pub fn counts_on(&self, on: NaiveDate) -> bool {
        self.valid_from.0 <= on && self.valid_to.is_none_or(|to| on < to.0)
    }
}
