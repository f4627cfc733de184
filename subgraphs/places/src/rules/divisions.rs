//! Changes of divisions (行政区划管理条例, 2019) as a plan: which versions end, which begin, who descends from
//! whom. The plan is made from what is there on the day of the change and written by the service; a rehearsal
//! is the same plan, shown and not written.
//!
//! A change of a county reaches below: its townships get the county's new code before their own three digits,
//! its new prefecture and province. A division that ends leaves nobody behind: what stood under it goes to
//! its heir (D-3).
//!
//! [`law`] says what may be, [`making`] makes the plan, [`invariants`] hold over any history.

mod invariants;
mod law;
mod making;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use async_graphql::Enum;
use chrono::NaiveDate;
use uuid::Uuid;

use crate::model::vocabulary::{DivisionKind, DivisionLevel, LineageRelation, NamingAuthority};

pub use invariants::{Part, Span, broken, leads_to_life, parts, rebased, within};
pub use law::{
    authority_fits, check, code_fits, code_under, papers_are_whole, sides_fit, term_fits,
};
pub(crate) use law::{level_of, parent_of};
pub use making::plan;

/// A paper that lies with the application for a change (申报材料), 行政区划管理条例 13.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq, Hash, sea_orm::EnumIter)]
#[graphql(name = "DivisionChangePaper")]
pub enum Paper {
    /// The reasons and the plan (变更理由和方案).
    Reasons,
    /// History, geography, population, economy and the like (基本情况及历史沿革).
    Situation,
    /// The evaluation of risks (风险评估报告).
    Risk,
    /// The experts' report (专家论证报告).
    Expert,
    /// Opinions of the people's congress, the consultative conference and the public (征求意见情况).
    Opinions,
    /// Maps of before and after (变更前后的行政区划图).
    Maps,
}

/// A division as it stands, without an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Which.
    pub division: Uuid,
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Level.
    pub level: DivisionLevel,
    /// Kind.
    pub kind: DivisionKind,
    /// The division above.
    pub parent: Option<Uuid>,
    /// The prefecture it lies in; itself for a prefecture.
    pub prefecture: Option<Uuid>,
    /// The province it lies in; itself for a province.
    pub province: Uuid,
    /// Since when.
    pub from: NaiveDate,
}

/// What is there on the day: the divisions concerned, all below them, those above, and their new siblings.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// By id.
    pub states: HashMap<Uuid, State>,
    /// Ids that are or were in use.
    pub used: HashSet<Uuid>,
    /// Codes in use anywhere on the day, of those that the change asks for.
    pub codes: HashSet<String>,
}

/// A division as it is to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The division that goes on; none for a new one.
    pub division: Option<Uuid>,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: DivisionKind,
    /// The division above; none for the one above the first source.
    pub parent: Option<Uuid>,
    /// Of the divisions below the source those that come under it, for a split.
    pub takes: Vec<Uuid>,
    /// The part of the source that it gets, for a split.
    pub share: Option<f64>,
}

/// A change as it was approved.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What happens.
    pub relation: LineageRelation,
    /// Who changes.
    pub sources: Vec<Uuid>,
    /// Into what.
    pub targets: Vec<Target>,
    /// The first day of the new state.
    pub effective: NaiveDate,
    /// Day of approval.
    pub approved_on: NaiveDate,
    /// Who approved.
    pub authority: NamingAuthority,
    /// Whether the term was made longer.
    pub is_extended: bool,
    /// What lay with the application.
    pub papers: Vec<Paper>,
}

/// A step of descent.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Before.
    pub from: Option<Uuid>,
    /// After.
    pub to: Option<Uuid>,
    /// Code before.
    pub from_code: Option<String>,
    /// Code after.
    pub to_code: Option<String>,
    /// What happened.
    pub relation: LineageRelation,
    /// The part that went.
    pub share: Option<f64>,
}

/// What a change does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Versions that end on the day.
    pub closed: Vec<State>,
    /// Versions that begin on the day.
    pub opened: Vec<State>,
    /// Divisions that begin with it.
    pub founded: Vec<Uuid>,
    /// Divisions that are no source and change all the same, for they stand below.
    pub below: Vec<Uuid>,
    /// The steps of descent.
    pub steps: Vec<Step>,
}
