//! Figures: months, sums, terms.

use crate::model;
use crate::service::development;
use crate::service::development::ProjectSummary as Projects;
use crate::service::development::{
    AdoptionSummary as Adoptions, FeeSummary, FundSummary, Hubs, PartyCover as Cover,
};
use crate::service::statistics::OrgMonth;
use crate::service::supervision::{Cleanup, Sla};
use crate::vocabulary::{CleanupResult, DayUnit, PartnerKind, PermitItem};
use async_graphql::{ComplexObject, Context, ID, SimpleObject};
use kit::batch::Siblings;
use kit::federation::directives::*;
use kit::{CreditCode, Date, DateTime, PrincipalExt, Result, YearMonth, Yuan};
use minzheng_kit as kit;
use std::sync::Arc;
use uuid::Uuid;

type Instant = chrono::DateTime<chrono::Utc>;

/// The social organizations of a division in one month (社会组织月度统计).
#[derive(SimpleObject, Clone, Debug)]
pub struct OrgStats {
    /// The month (月份).
    pub month: YearMonth,
    /// Organizations that exist at its end (期末存续数).
    pub live: i64,
    /// "Zombie" organizations cleaned up in it (清理僵尸型社会组织数).
    pub zombie_cleaned: i64,
    /// Illegal organizations banned in it (取缔非法社会组织数).
    pub illegal_banned: i64,
    /// Fees cut for enterprises in it (减免金额).
    pub fees_cut: Yuan,
    /// Enterprises that pay less by it (受惠企业数).
    pub enterprises_helped: i64,
    /// Median of the working days that permits decided in it took; null when none was decided, or where it would be of two divisions (许可办结工作日中位数).
    pub permit_median_days: Option<f64>,
    /// When the figures were taken (数据截至).
    pub as_of: DateTime,
    /// Whether what was counted in divisions that were merged or divided since stands here, before the change too (是否按现行区划归并).
    pub rebased: bool,
    /// False where something had to be left out because a share of a division that was divided is not known (是否完整).
    pub is_complete: bool,
}

impl OrgStats {
    /// The figures of a month as they were counted, taken at an instant.
    #[must_use]
    pub fn new(month: &OrgMonth, as_of: chrono::DateTime<chrono::Utc>) -> Self {
        Self {
            month: YearMonth::from_index(month.month),
            live: month.live,
            zombie_cleaned: month.zombie_cleaned,
            illegal_banned: month.illegal_banned,
            fees_cut: Yuan(month.fees_cut_fen),
            enterprises_helped: month.enterprises_helped,
            permit_median_days: month.permit_median_days,
            as_of: DateTime(as_of),
            rebased: false,
            is_complete: true,
        }
    }
}

/// Fees that associations cut for enterprises over some months, always the sum of the lines (涉企收费减免汇总).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct FeeReductionSummary {
    /// The first month (起始月份).
    pub from: YearMonth,
    /// The last month (截止月份).
    pub to: YearMonth,
    /// Associations that cut a fee (减免收费的协会商会数).
    pub associations: i64,
    /// Enterprises that pay less (受惠企业数).
    pub enterprises_helped: i64,
    /// What they save (减免金额).
    pub fees_cut: Yuan,
    /// When the figures were taken (数据截至).
    pub as_of: DateTime,
}

impl FeeReductionSummary {
    /// The sums of a range of months.
    #[must_use]
    pub fn new(summary: FeeSummary, from: YearMonth, to: YearMonth, as_of: Instant) -> Self {
        Self {
            as_of: DateTime(as_of),
            from,
            to,
            associations: summary.associations,
            enterprises_helped: summary.enterprises,
            fees_cut: Yuan(summary.cut_fen),
        }
    }
}

/// How many clean-up cases ended in one way (清理结果分类).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct CleanupByResult {
    /// The result (结果).
    pub result: CleanupResult,
    /// Cases (件数).
    pub cases: i64,
}

/// Organizations cleaned up over some months (社会组织清理统计).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct CleanupStats {
    /// "Zombie" organizations cleaned up (清理僵尸型社会组织数).
    pub zombie_cleaned: i64,
    /// Illegal organizations banned (取缔非法社会组织数).
    pub illegal_banned: i64,
    /// Both together (合计).
    pub total: i64,
    /// The cases by their result (按结果分类).
    pub by_result: Vec<CleanupByResult>,
    /// When the figures were taken (数据截至).
    pub as_of: DateTime,
}

impl CleanupStats {
    /// The figures, taken at an instant.
    #[must_use]
    pub fn new(cleanup: Cleanup, as_of: Instant) -> Self {
        Self {
            as_of: DateTime(as_of),
            zombie_cleaned: cleanup.zombie,
            illegal_banned: cleanup.illegal,
            total: cleanup.zombie + cleanup.illegal,
            by_result: cleanup
                .by_result
                .into_iter()
                .map(|(result, cases)| CleanupByResult { result, cases })
                .collect(),
        }
    }
}

/// How one item of permit keeps its term by law and its promised term (许可办结时限).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct PermitSla {
    /// The item (许可事项).
    pub item: PermitItem,
    /// How its days are counted (期限计算单位).
    pub unit: DayUnit,
    /// Days by law, for a case of today (法定期限).
    pub statutory_days: i32,
    /// Days promised, for a case of today (承诺期限).
    pub committed_days: i32,
    /// Cases decided in the months asked for (办结件数).
    pub decided: i64,
    /// Of them within the promise, each by its own term (承诺期限内办结件数).
    pub within_committed: i64,
    /// Of them within the law, each by its own term (法定期限内办结件数).
    pub within_statutory: i64,
    /// Median of the days taken; null when none was decided (办结天数中位数).
    pub median_days: Option<f64>,
    /// Cases open today (在办件数).
    pub open: i64,
    /// Of them past the promised day (超承诺期限在办件数).
    pub open_late: i64,
}

impl From<Sla> for PermitSla {
    fn from(sla: Sla) -> Self {
        Self {
            item: sla.item,
            unit: sla.unit,
            statutory_days: sla.statutory_days,
            committed_days: sla.committed_days,
            decided: sla.decided,
            within_committed: sla.within_committed,
            within_statutory: sla.within_statutory,
            median_days: sla.median_days,
            open: sla.open,
            open_late: sla.open_late,
        }
    }
}

/// A project of the five partners: community, organizations, social workers, volunteers, charity (五社联动项目).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(complex, directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct SocietyProject {
    /// The project's id (标识).
    pub id: ID,
    /// Its name (项目名称).
    pub name: String,
    /// The first day (启动日期).
    pub started_on: Date,
    /// Whether it is a pilot (是否试点).
    pub is_pilot: bool,
    /// Whether it is among the ten best of the province (是否省级十佳).
    pub is_honoured: bool,
    /// Money put in (投入资金).
    pub amount: Yuan,
    /// Community organizations grown by it (培育社区社会组织数).
    pub organizations_grown: i32,
    /// People served (服务人次).
    pub people_served: i64,
    /// Whether the report gives the people only roughly (服务人次是否约数).
    pub is_people_served_approximate: bool,
    /// The version to name when it is changed (版本).
    pub version: i64,
    #[graphql(skip)]
    key: Uuid,
    #[graphql(skip)]
    siblings: Arc<Siblings<Uuid>>,
}

/// One of the partners of a project (项目主体).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct ProjectPartner {
    /// Which of the five (主体类型).
    pub kind: PartnerKind,
    /// Its name (名称).
    pub name: String,
    /// The code of the organization, if it is one of the register; null for others (统一社会信用代码).
    pub credit_code: Option<CreditCode>,
}

/// What is loaded for the projects of a page together.
#[ComplexObject]
impl SocietyProject {
    /// The partners; empty where the report names none, null on failure (联动主体).
    async fn partners(&self, ctx: &Context<'_>) -> Option<Result<Vec<ProjectPartner>>> {
        let db = ctx.services().db.read();
        let load = |keys: Arc<[Uuid]>| async move { development::partners(db, &keys).await };
        let rows = self.siblings.load(&self.key, "partners", "", load).await;
        let one = |row: model::project_partner::Model| ProjectPartner {
            kind: row.kind,
            name: row.name,
            credit_code: row.credit_code.map(CreditCode),
        };
        Some(rows.map(|rows| rows.unwrap_or_default().into_iter().map(one).collect()))
    }
}

impl SocietyProject {
    /// The projects of one page.
    #[must_use]
    pub fn page(rows: Vec<model::project::Model>) -> Vec<Self> {
        let siblings = Siblings::new(rows.iter().map(|row| row.id).collect());
        rows.into_iter()
            .map(|row| Self::of(row, Arc::clone(&siblings)))
            .collect()
    }

    fn of(row: model::project::Model, siblings: Arc<Siblings<Uuid>>) -> Self {
        Self {
            id: ID(row.id.to_string()),
            name: row.name,
            started_on: Date(row.started),
            is_pilot: row.pilot,
            is_honoured: row.honoured,
            amount: Yuan(row.amount_fen),
            organizations_grown: row.organizations_grown,
            people_served: row.people_served,
            is_people_served_approximate: row.people_approximate,
            version: row.version,
            key: row.id,
            siblings,
        }
    }
}

/// A small fund of a community (社区微基金).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct MicroFund {
    /// The fund's id (标识).
    pub id: ID,
    /// Its name (名称).
    pub name: String,
    /// Its money (资金规模).
    pub amount: Yuan,
    /// Whether the report gives the amount only roughly (资金是否约数).
    pub is_amount_approximate: bool,
    /// The first day (设立日期).
    pub opened_on: Date,
    /// The version to name when money moves (版本).
    pub version: i64,
}

impl From<model::micro_fund::Model> for MicroFund {
    fn from(row: model::micro_fund::Model) -> Self {
        Self {
            id: ID(row.id.to_string()),
            name: row.name,
            amount: Yuan(row.amount_fen),
            is_amount_approximate: row.approximate,
            opened_on: Date(row.opened),
            version: row.version,
        }
    }
}

/// The projects of the five partners in a division, summed (五社联动汇总).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct ProjectSummary {
    /// Projects (项目数).
    pub projects: i64,
    /// Of them pilots (试点项目数).
    pub pilots: i64,
    /// Of them among the ten best of the province (省级十佳数).
    pub honoured: i64,
    /// Money put in (投入资金).
    pub amount: Yuan,
    /// Community organizations grown (培育社区社会组织数).
    pub organizations_grown: i64,
    /// People served (服务人次).
    pub people_served: i64,
    /// Whether the reports give the people only roughly (服务人次是否约数).
    pub is_people_served_approximate: bool,
    /// When the figures were taken (数据截至).
    pub as_of: DateTime,
}

impl ProjectSummary {
    /// The figures, taken at an instant.
    #[must_use]
    pub fn new(sums: Projects, as_of: Instant) -> Self {
        Self {
            as_of: DateTime(as_of),
            projects: sums.projects,
            pilots: sums.pilots,
            honoured: sums.honoured,
            amount: Yuan(sums.amount_fen),
            organizations_grown: sums.organizations_grown,
            people_served: sums.people_served,
            is_people_served_approximate: sums.approximate > 0,
        }
    }
}

/// Small funds of communities in a division (社区微基金汇总).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct MicroFundSummary {
    /// Funds (微基金数).
    pub funds: i64,
    /// Their money (资金规模).
    pub amount: Yuan,
    /// Whether the report gives the amount only roughly, as "over" it (资金是否约数).
    pub is_amount_approximate: bool,
    /// When the figures were taken (数据截至).
    pub as_of: DateTime,
}

impl MicroFundSummary {
    /// The figures, taken at an instant.
    #[must_use]
    pub fn new(sums: FundSummary, as_of: Instant) -> Self {
        Self {
            as_of: DateTime(as_of),
            funds: sums.funds,
            amount: Yuan(sums.amount_fen),
            is_amount_approximate: sums.approximate > 0,
        }
    }
}

/// Poor households that organizations adopted in a division (结对帮扶汇总).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct AdoptionSummary {
    /// Organizations that adopt (参与社会组织数).
    pub organizations: i64,
    /// Households adopted; null where so few, or what would tell so few, are withheld (结对家庭户数).
    pub households: Option<i64>,
    /// Whether the report gives both only roughly, as "more than" (是否约数).
    pub is_approximate: bool,
    /// When the figures were taken (数据截至).
    pub as_of: DateTime,
}

impl AdoptionSummary {
    /// The figures, taken at an instant.
    #[must_use]
    pub fn new(sums: Adoptions, as_of: Instant) -> Self {
        Self {
            as_of: DateTime(as_of),
            organizations: sums.organizations,
            households: sums.households,
            is_approximate: sums.approximate > 0,
        }
    }
}

/// A number that a work plan promised for a year; it is no result (工作目标).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct YearTarget {
    /// The year of the plan (年度).
    pub year: i32,
    /// The number promised (目标数).
    pub value: i64,
}

/// Hub and brand organizations of a division, beside what was promised (枢纽型与品牌性社会组织汇总).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct HubSummary {
    /// Hubs that exist (枢纽型社会组织数).
    pub hubs: i64,
    /// Brands that exist (品牌性社会组织数).
    pub brands: i64,
    /// Hubs that the division's own plans promised; never part of the results (枢纽型社会组织培育目标).
    pub hub_targets: Vec<YearTarget>,
    /// When the figures were taken (数据截至).
    pub as_of: DateTime,
}

impl HubSummary {
    /// The figures, taken at an instant.
    #[must_use]
    pub fn new(hubs: Hubs, as_of: Instant) -> Self {
        Self {
            as_of: DateTime(as_of),
            hubs: hubs.hubs,
            brands: hubs.brands,
            hub_targets: hubs
                .targets
                .into_iter()
                .map(|(year, value)| YearTarget { year, value })
                .collect(),
        }
    }
}

/// How many organizations have a party body (党组织覆盖情况).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct PartyCover {
    /// Living organizations (存续社会组织数).
    pub organizations: i64,
    /// Of them with a party body (建立党组织数).
    pub covered: i64,
    /// Of those assessed (已考核数).
    pub assessed: i64,
    /// When the figures were taken (数据截至).
    pub as_of: DateTime,
}

impl PartyCover {
    /// The figures, taken at an instant.
    #[must_use]
    pub fn new(cover: Cover, as_of: Instant) -> Self {
        Self {
            as_of: DateTime(as_of),
            organizations: cover.organizations,
            covered: cover.covered,
            assessed: cover.assessed,
        }
    }
}
