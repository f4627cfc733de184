//! What hangs on an organization: ratings, listings, reports, fees, members.

use crate::model;
use crate::rules;
use crate::rules::report::late_at_supervisor;
use crate::vocabulary::{
    CharityBasis, CreditList, ListingReason, OfficeEnd, OfficeRole, RatingLevel, RatingState,
    ReportDuty, ReportResult, SupervisorView,
};
use async_graphql::{ID, SimpleObject};
use chrono::NaiveDate;
use kit::federation::directives::*;
use kit::{Date, YearMonth, Yuan};
use minzheng_kit as kit;

/// A name of an organization in its time (社会组织名称沿革).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct OrgName {
    /// The name as registered (登记名称).
    pub name: String,
    /// The name of the division that it begins with, as printed; null when it names none (名称所冠行政区划).
    pub division_name: Option<String>,
    /// The first day of the name (启用日期).
    pub valid_from: Date,
    /// The first day on which it no longer holds; null while it holds (停用日期).
    pub valid_to: Option<Date>,
}

impl From<model::organization_name::Model> for OrgName {
    fn from(row: model::organization_name::Model) -> Self {
        Self {
            name: row.name,
            division_name: row.division_name,
            valid_from: Date(row.valid_from),
            valid_to: row.valid_to.map(Date),
        }
    }
}

/// The standing of an organization as a charity (慈善组织属性).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct CharityStatus {
    /// Whether it was registered as a charity or recognised later (取得方式).
    pub basis: CharityBasis,
    /// Since when it is a charity (取得日期).
    pub since: Date,
    /// Since when it may raise funds from the public; null when it may not (公开募捐资格取得日期).
    pub public_raising_since: Option<Date>,
}

/// A rating from 1A to 5A (评估等级).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct Rating {
    /// The rating's id (标识).
    pub id: ID,
    /// The grade (等级).
    pub level: RatingLevel,
    /// The score out of 1,000; null where it is not published (得分).
    pub score: Option<i32>,
    /// The day it was given (评定日期).
    pub valid_from: Date,
    /// The first day on which it no longer counts, five years later (有效期截止).
    pub valid_to: Date,
    /// Whether it counts today (状态).
    pub state: RatingState,
    /// Whether it opens policies that ask for 3A or more today (可享受政策).
    pub enjoys_policies: bool,
    /// The day it was lowered or taken away; null otherwise (调整日期).
    pub changed_on: Option<Date>,
    /// The version to name when it is changed (版本).
    pub version: i64,
}

impl Rating {
    /// The rating as it stands on a day.
    #[must_use]
    pub fn on(row: &model::rating::Model, today: NaiveDate) -> Self {
        let state = rules::rating::state_on(row.state, row.valid_to, today);
        Self {
            id: ID(row.id.to_string()),
            level: row.level,
            score: row.score,
            valid_from: Date(row.valid_from),
            valid_to: Date(row.valid_to),
            state,
            enjoys_policies: rules::rating::enjoys_policies(row.level, state),
            changed_on: row.changed.map(Date),
            version: row.version,
        }
    }
}

/// An entry in a list of bad credit (信用名单记录).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct CreditListing {
    /// The entry's id (标识).
    pub id: ID,
    /// The list on which it counts today: an abnormal entry is serious after its two years (名单).
    pub list: CreditList,
    /// Why it was entered (列入事由).
    pub reason: ListingReason,
    /// The day of entry (列入日期).
    pub listed_on: Date,
    /// The day on which an abnormal entry becomes serious; null for others (转入严重失信名单日期).
    pub escalates_on: Option<Date>,
    /// The day it was taken off; null while it stands (移出日期).
    pub removed_on: Option<Date>,
    /// The day on which the ground arose; null where it is not known (事由发生日期).
    pub arose_on: Option<Date>,
    /// Whether it was entered later than five working days after that (是否超期录入).
    pub is_entered_late: bool,
    /// The ground of the abnormal entry from which this one became serious, by which it is judged when it is to be taken off; null for others (转入前的列入事由).
    pub first_reason: Option<ListingReason>,
    /// The version to name when it is taken off (版本).
    pub version: i64,
}

impl CreditListing {
    /// The entry as it stands on a day.
    #[must_use]
    pub fn on(row: model::credit_listing::Model, today: NaiveDate) -> Self {
        Self {
            id: ID(row.id.to_string()),
            list: rules::credit::list_on(row.list, row.escalates, row.removed, today),
            reason: row.reason,
            listed_on: Date(row.listed),
            escalates_on: row.escalates.map(Date),
            removed_on: row.removed.map(Date),
            arose_on: row.arose.map(Date),
            is_entered_late: row.entered_late,
            first_reason: row.first_reason,
            version: row.version,
        }
    }
}

/// A fee that an association cut for enterprises (涉企收费减免).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct FeeReduction {
    /// The line's id (标识).
    pub id: ID,
    /// The fee (收费项目).
    pub item: String,
    /// The fee before, for one enterprise (原标准).
    pub old_fee: Yuan,
    /// The fee after, for one enterprise (新标准).
    pub new_fee: Yuan,
    /// Enterprises that pay less (受惠企业数).
    pub enterprises_helped: i64,
    /// What they save in all (减免金额).
    pub cut: Yuan,
    /// The month it was declared for (申报月份).
    pub month: YearMonth,
}

impl From<model::fee_reduction::Model> for FeeReduction {
    fn from(row: model::fee_reduction::Model) -> Self {
        let line = rules::fee::FeeLine {
            old_fen: row.old_fen,
            new_fen: row.new_fen,
            enterprises: row.enterprises,
        };
        Self {
            id: ID(row.id.to_string()),
            item: row.item,
            old_fee: Yuan(row.old_fen),
            new_fee: Yuan(row.new_fen),
            enterprises_helped: row.enterprises,
            cut: Yuan(rules::fee::saved_fen(&line)),
            month: YearMonth::from_index(row.month),
        }
    }
}

/// An annual report (年度报告).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct AnnualReport {
    /// The report's id (标识).
    pub id: ID,
    /// The year it is about (报告年度).
    pub year: i32,
    /// Annual inspection or annual work report (报告类型).
    pub duty: ReportDuty,
    /// The day it was handed in to the supervising department; null where there is none or the day is not known (报送业务主管单位日期).
    pub submitted_to_supervisor: Option<Date>,
    /// Whether that was after the last day, 31 March and behind rest days; null where that day is null (报送业务主管单位是否逾期).
    pub is_late_to_supervisor: Option<bool>,
    /// The day the supervising department agreed, as an officer recorded it; null where it did not (业务主管单位初审同意日期).
    pub supervisor_agreed_on: Option<Date>,
    /// The day it reached the registry (报送登记管理机关日期).
    pub submitted_to_registry: Date,
    /// Whether that was after the last day, 31 May and behind rest days (是否逾期).
    pub is_late: bool,
    /// The registry's conclusion; null until it is drawn (年检结论).
    pub result: Option<ReportResult>,
    /// The supervising department's view; null where none was recorded (业务主管单位意见).
    pub supervisor_view: Option<SupervisorView>,
    /// Income of the year (年度收入).
    pub income: Yuan,
    /// Spending of the year (年度支出).
    pub spending: Yuan,
    /// Of it on charitable activity (慈善活动支出).
    pub charitable_spending: Yuan,
    /// Of it on management (管理费用).
    pub management_cost: Yuan,
    /// Full-time staff (专职工作人员数).
    pub staff: i32,
    /// Activities held (开展活动次数).
    pub activities: i32,
    /// The version to name when it is replaced (版本).
    pub version: i64,
}

impl From<model::annual_report::Model> for AnnualReport {
    fn from(row: model::annual_report::Model) -> Self {
        Self {
            id: ID(row.id.to_string()),
            year: row.year,
            duty: row.duty,
            submitted_to_supervisor: row.handed_to_supervisor.map(Date),
            supervisor_agreed_on: row.to_supervisor.map(Date),
            is_late_to_supervisor: row
                .handed_to_supervisor
                .map(|day| late_at_supervisor(row.year, day)),
            submitted_to_registry: Date(row.to_registry),
            is_late: row.late,
            result: row.result,
            supervisor_view: row.supervisor_view,
            income: Yuan(row.income_fen),
            spending: Yuan(row.spending_fen),
            charitable_spending: Yuan(row.charitable_fen),
            management_cost: Yuan(row.management_fen),
            staff: row.staff,
            activities: row.activities,
            version: row.version,
        }
    }
}

/// How many members an association has (会员数).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct MemberStat {
    /// The day of the count (统计日期).
    pub as_of: Date,
    /// Individual members (个人会员数).
    pub individual: i32,
    /// Unit members (单位会员数).
    pub unit: i32,
}

/// A party body inside an organization (社会组织党组织).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct PartyUnit {
    /// The day it was set up (成立日期).
    pub established_on: Date,
    /// The last assessment out of 100 over its five aspects; null when there was none (标准化考核得分).
    pub score: Option<i32>,
    /// The day of that assessment; null when there was none or it is not known (考核日期).
    pub assessed_on: Option<Date>,
    /// Its five aspects of 20 each; null where they are not known (五个方面得分).
    pub aspects: Option<Vec<i32>>,
    /// The version to name when it is assessed (版本).
    pub version: i64,
}

/// An office that a person holds or held in an organization (社会组织职务).
#[derive(SimpleObject, Clone)]
pub struct Office {
    /// The office's id (标识).
    pub id: ID,
    /// The office (职务).
    pub role: OfficeRole,
    /// The organization; null when it is not found (所在社会组织).
    pub organization: Option<super::organization::Organization>,
    /// The first day (任职日期).
    pub since: Date,
    /// The last day; null while it is held (离任日期).
    pub until: Option<Date>,
    /// Why it ended; null while it is held (离任原因).
    pub ended_by: Option<OfficeEnd>,
}
