//! What the registry keeps on an organization besides its registration.

use crate::model::{self, annual_report};
use crate::rules::charity::{enough_spent, management_kept};
use crate::rules::credit::party_body_required;
use crate::service::{breaches, record, register};
use crate::vocabulary::{
    LiquidationReason, OrgBranchKind, OrgFilingKind, OrgInspectionKind, OrgInspectionResult,
    OrgPenaltyGround, OrgPenaltyKind,
};
use async_graphql::{Context, ID, Object, SimpleObject};
use kit::batch::Siblings;
use kit::federation::directives::*;
use kit::{Date, PrincipalExt, Result, Yuan};
use minzheng_kit as kit;
use std::sync::Arc;

/// A branch or representative office, without a legal person of its own (分支机构、代表机构).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct OrgBranch {
    /// Its id (标识).
    pub id: ID,
    /// Branch or representative office (类型).
    pub kind: OrgBranchKind,
    /// Its name (名称).
    pub name: String,
    /// The first day (设立日期).
    pub opened_on: Date,
    /// The last day; null while it is open (撤销日期).
    pub closed_on: Option<Date>,
    /// The version to name when it is closed (版本).
    pub version: i64,
}

/// What was filed with the registry (备案记录).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct OrgFiling {
    /// What was filed (备案事项).
    pub kind: OrgFilingKind,
    /// The day (日期).
    pub filed_on: Date,
}

/// A liquidation (清算).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct OrgLiquidation {
    /// Why the organization ends (终止原因).
    pub reason: LiquidationReason,
    /// The day the liquidation group was formed (清算组织成立日期).
    pub group_formed_on: Date,
    /// The day the liquidation ended; null while it goes on (清算结束日期).
    pub ended_on: Option<Date>,
}

/// A penalty (行政处罚).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct OrgPenalty {
    /// Its id (标识).
    pub id: ID,
    /// What it is (处罚种类).
    pub kind: OrgPenaltyKind,
    /// What was punished (处罚事由).
    pub ground: OrgPenaltyGround,
    /// The fine; nothing is 0 (罚款).
    pub fine: Yuan,
    /// Illegal income confiscated; nothing is 0 (没收违法所得).
    pub confiscated: Yuan,
    /// The day of the decision (处罚决定日期).
    pub decided_on: Date,
    /// The last day of a suspension; null for other penalties (停止活动截止日期).
    pub until: Option<Date>,
}

/// An inspection (检查).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct OrgInspection {
    /// Its id (标识).
    pub id: ID,
    /// Why it took place (检查类型).
    pub kind: OrgInspectionKind,
    /// The day (检查日期).
    pub inspected_on: Date,
    /// What it found (检查结论).
    pub result: OrgInspectionResult,
    /// The day by which it must be put right; null when nothing was found (整改期限).
    pub rectify_by: Option<Date>,
    /// Whether the term is over and nothing was put right (是否逾期未整改).
    pub is_overdue: bool,
    /// The day it was closed; null while it is open (结案日期).
    pub closed_on: Option<Date>,
    /// The version to name when it is closed (版本).
    pub version: i64,
}

/// The spending of a charity in one year, measured by the Charity Law (慈善活动支出和管理费用检验).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct CharityYear {
    /// The year (年度).
    pub year: i32,
    /// Whether the test binds it: a foundation that raises from the public (是否适用).
    pub is_binding: bool,
    /// Income of the year before; null when its report is not there (上年总收入).
    pub last_income: Option<Yuan>,
    /// Charitable spending of the year (慈善活动支出).
    pub charitable_spending: Yuan,
    /// Management costs of the year (管理费用).
    pub management_cost: Yuan,
    /// Whether at least 70 percent of last year's income were spent; null when that is not known (支出比例是否达标).
    pub is_enough_spent: Option<bool>,
    /// Whether management kept within 10 percent of the year's spending (管理费用比例是否达标).
    pub is_management_within: bool,
}

/// What the registry keeps on an organization besides its registration (监管记录).
#[derive(Clone, Debug)]
pub struct OrganizationRecord {
    code: String,
    codes: Arc<Siblings<String>>,
    raises_as_foundation: bool,
    is_charity: bool,
}

impl OrganizationRecord {
    /// The record of one of several organizations that are resolved together.
    pub(super) fn new(row: &model::organization::Model, codes: Arc<Siblings<String>>) -> Self {
        Self {
            code: row.credit_code.clone(),
            codes,
            raises_as_foundation: breaches::binds(row),
            is_charity: row.charity_since.is_some(),
        }
    }
}

/// What the registry keeps on an organization besides its registration (监管记录).
#[Object(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
impl OrganizationRecord {
    /// Branches and representative offices, newest first; null on failure (分支机构、代表机构).
    async fn branches(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = false, desc = "Show closed ones too (含已撤销).")] include_closed: bool,
    ) -> Option<Result<Vec<OrgBranch>>> {
        let db = ctx.services().db.read();
        let load = |codes: Arc<[String]>| async move { record::branches(db, &codes).await };
        let rows = self.codes.load(&self.code, "branches", "", load).await;
        let one = |row: model::branch::Model| OrgBranch {
            id: ID(row.id.to_string()),
            kind: row.kind,
            name: row.name,
            opened_on: Date(row.opened),
            closed_on: row.closed.map(Date),
            version: row.version,
        };
        Some(rows.map(|rows| {
            let rows = rows.unwrap_or_default().into_iter();
            rows.filter(|row| include_closed || row.closed.is_none())
                .map(one)
                .collect()
        }))
    }

    /// What was filed, newest first; null on failure (备案记录).
    async fn filings(&self, ctx: &Context<'_>) -> Option<Result<Vec<OrgFiling>>> {
        let db = ctx.services().db.read();
        let load = |codes: Arc<[String]>| async move { record::filings(db, &codes).await };
        let rows = self.codes.load(&self.code, "filings", "", load).await;
        let one = |row: model::filing::Model| OrgFiling {
            kind: row.kind,
            filed_on: Date(row.filed),
        };
        Some(rows.map(|rows| rows.unwrap_or_default().into_iter().map(one).collect()))
    }

    /// Its liquidation; null when there is none or on failure (清算).
    async fn liquidation(&self, ctx: &Context<'_>) -> Result<Option<OrgLiquidation>> {
        let db = ctx.services().db.read();
        let load = |codes: Arc<[String]>| async move { record::liquidations(db, &codes).await };
        let row = self.codes.load(&self.code, "liquidation", "", load).await?;
        Ok(row.map(|row| OrgLiquidation {
            reason: row.reason,
            group_formed_on: Date(row.group_formed),
            ended_on: row.ended.map(Date),
        }))
    }

    /// Penalties, newest first; null on failure (行政处罚).
    async fn penalties(&self, ctx: &Context<'_>) -> Option<Result<Vec<OrgPenalty>>> {
        let db = ctx.services().db.read();
        let load = |codes: Arc<[String]>| async move { record::penalties(db, &codes).await };
        let rows = self.codes.load(&self.code, "penalties", "", load).await;
        let one = |row: model::penalty::Model| OrgPenalty {
            id: ID(row.id.to_string()),
            kind: row.kind,
            ground: row.ground,
            fine: Yuan(row.fine_fen),
            confiscated: Yuan(row.confiscated_fen),
            decided_on: Date(row.decided),
            until: row.until.map(Date),
        };
        Some(rows.map(|rows| rows.unwrap_or_default().into_iter().map(one).collect()))
    }

    /// Inspections, newest first; null on failure (检查记录).
    async fn inspections(&self, ctx: &Context<'_>) -> Option<Result<Vec<OrgInspection>>> {
        let services = ctx.services();
        let (db, today) = (services.db.read(), services.clock.today());
        let load = |codes: Arc<[String]>| async move { record::inspections(db, &codes).await };
        let rows = self.codes.load(&self.code, "inspections", "", load).await;
        let one = |row: model::inspection::Model| OrgInspection {
            id: ID(row.id.to_string()),
            kind: row.kind,
            inspected_on: Date(row.inspected),
            result: row.result,
            rectify_by: row.rectify_by.map(Date),
            is_overdue: row.closed.is_none() && row.rectify_by.is_some_and(|by| by < today),
            closed_on: row.closed.map(Date),
            version: row.version,
        };
        Some(rows.map(|rows| rows.unwrap_or_default().into_iter().map(one).collect()))
    }

    /// Whether it has so many full party members that a party body is required; null when no report or inspection says how many there are, or on failure (是否应当设立党组织).
    async fn is_party_body_required(&self, ctx: &Context<'_>) -> Result<Option<bool>> {
        let services = ctx.services();
        let (db, today) = (services.db.read(), services.clock.today());
        let load = |codes: Arc<[String]>| async move { register::reports(db, &codes).await };
        let reports = self.codes.load(&self.code, "reports", "", load).await?;
        let load = |codes: Arc<[String]>| async move { record::inspections(db, &codes).await };
        let inspected = self.codes.load(&self.code, "inspections", "", load).await?;
        let members =
            record::party_members(&reports.unwrap_or_default(), &inspected.unwrap_or_default());
        Ok(party_body_required(members, today))
    }

    /// Its spending year by year as the Charity Law measures it, newest first; empty for bodies that are no
    /// charities, null on failure (慈善活动支出检验).
    async fn charity_years(&self, ctx: &Context<'_>) -> Option<Result<Vec<CharityYear>>> {
        if !self.is_charity {
            return Some(Ok(Vec::new()));
        }
        let db = ctx.services().db.read();
        let load = |codes: Arc<[String]>| async move { register::reports(db, &codes).await };
        let rows = self.codes.load(&self.code, "reports", "", load).await;
        Some(rows.map(|rows| {
            let rows: Vec<annual_report::Model> = rows.unwrap_or_default();
            let of = |report: &annual_report::Model| {
                let (figures, income_known) = breaches::figures(report, &rows);
                let on = breaches::judged_on(report.year);
                CharityYear {
                    year: report.year,
                    is_binding: self.raises_as_foundation,
                    last_income: income_known.then_some(Yuan(figures.last_income_fen)),
                    charitable_spending: Yuan(report.charitable_fen),
                    management_cost: Yuan(report.management_fen),
                    is_enough_spent: income_known.then(|| enough_spent(&figures, on)),
                    is_management_within: management_kept(&figures, on),
                }
            };
            rows.iter().map(of).collect()
        }))
    }
}
