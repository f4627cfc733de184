//! The dated numbers and scopes of the law, for everyone, and the timers' job.

use super::counter_enums::{
    MarriageLegalParameterName, MarriageServiceScope, RegistryStandardLevel,
};
use super::enums::RegistrySiteKind;
use super::uuid;
use crate::kit::contract::scope;
use crate::kit::federation::directives::*;
use crate::kit::legal::Dated;
use crate::kit::{Date, PrincipalExt, Result};
use crate::rules::law::Parameter;
use crate::rules::scope::{ScopeRow, scope_on};
use crate::service::{registries, staff, timers};
use async_graphql::{Context, ID, Object, SimpleObject};
use std::collections::BTreeMap;

/// A number of the law with its time and source (法定参数).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = cache_control::apply(Some(3600), Some(CacheScope::Public)))]
pub struct MarriageLegalParameter {
    /// What it is about (参数).
    pub name: MarriageLegalParameterName,
    /// The value (数值).
    pub value: i64,
    /// First day (生效日期).
    pub valid_from: Date,
    /// Last day; null while it holds (失效日期).
    pub valid_to: Option<Date>,
    /// The law and article (法律依据).
    pub legal_basis: String,
    /// Where the text was read (来源).
    pub source: String,
    /// When somebody compared it with the published text; null if nobody has (核对日期).
    pub verified_on: Option<Date>,
}

impl MarriageLegalParameter {
    fn of(parameter: Parameter, row: &Dated<i64>) -> Self {
        Self {
            name: parameter.into(),
            value: row.value,
            valid_from: Date(row.valid_from),
            valid_to: row.valid_to.and_then(|to| to.pred_opt()).map(Date),
            legal_basis: row.legal_basis.to_owned(),
            source: row.source.to_owned(),
            verified_on: row.verified_on.map(Date),
        }
    }
}

/// How far registries' competence reaches over mainland couples, and since when (通办范围).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = cache_control::apply(Some(3600), Some(CacheScope::Public)))]
pub struct MarriageServiceScopeRule {
    /// How far (范围).
    pub scope: MarriageServiceScope,
    /// First day (生效日期).
    pub valid_from: Date,
    /// Last day; null while it holds (失效日期).
    pub valid_to: Option<Date>,
    /// The rule behind it (依据).
    pub legal_basis: String,
    /// When somebody compared it with the published text; null if nobody has (核对日期).
    pub verified_on: Option<Date>,
}

impl From<&ScopeRow> for MarriageServiceScopeRule {
    fn from(row: &ScopeRow) -> Self {
        Self {
            scope: row.scope.into(),
            valid_from: Date(row.valid_from()),
            valid_to: row.valid_to().map(Date),
            legal_basis: row.legal_basis.to_owned(),
            verified_on: row.verified_on().map(Date),
        }
    }
}

/// How many registries of a division hold a standard level today (等级登记机关数).
#[derive(SimpleObject, Clone, Debug)]
#[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
pub struct RegistryStandardCount {
    /// The level; null for those never assessed (等级).
    pub level: Option<RegistryStandardLevel>,
    /// How many registries (登记机关数).
    pub registries: i32,
    /// Of these in parks (其中公园式).
    pub in_parks: i32,
}

/// The dated numbers of the law.
#[derive(Clone, Copy, Debug, Default)]
pub struct LawQuery;

/// The dated numbers of the law.
#[Object]
impl LawQuery {
    /// The numbers of the law that this subsystem works by: all, or those that hold on a day (婚姻登记法定参数).
    #[graphql(directive = cache_control::apply(Some(3600), Some(CacheScope::Public)))]
    async fn marriage_legal_parameters(
        &self,
        #[graphql(desc = "Only those that hold on this day (日期).")] on: Option<Date>,
    ) -> Vec<MarriageLegalParameter> {
        let rows = Parameter::ALL.into_iter().flat_map(|parameter| {
            let rows = parameter.table().values.iter();
            rows.map(move |row| (parameter, row))
        });
        rows.filter(|(_, row)| on.is_none_or(|on| row.counts_on(on.0)))
            .map(|(parameter, row)| MarriageLegalParameter::of(parameter, row))
            .collect()
    }

    /// How far the competence of this province's registries reached on a day; null before the first known rule (通办范围).
    #[graphql(directive = cache_control::apply(Some(3600), Some(CacheScope::Public)))]
    async fn marriage_service_scope(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day; today when null (日期).")] on: Option<Date>,
    ) -> Option<MarriageServiceScopeRule> {
        let services = ctx.services();
        let day = on.map_or_else(|| services.clock.today(), |on| on.0);
        scope_on(services.province.as_str(), day).map(MarriageServiceScopeRule::from)
    }

    /// How many registries of a division hold each standard level today (婚姻登记机关等级情况).
    #[graphql(directive = cache_control::apply(Some(300), Some(CacheScope::Public)))]
    async fn registry_standards(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The division, of any level (行政区划).")] division: ID,
    ) -> async_graphql::Result<Option<Vec<RegistryStandardCount>>> {
        let services = ctx.services();
        let (db, today) = (services.db.read(), services.clock.today());
        let id = uuid(&division, "division")?;
        let rows = registries::by_divisions(db, &[id])
            .await?
            .remove(&id)
            .unwrap_or_default();
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        let standards = staff::standards_of(db, &ids).await?;
        let mut counts: BTreeMap<Option<&str>, (i32, i32)> = BTreeMap::new();
        for row in &rows {
            let level = standards
                .get(&row.id)
                .and_then(|list| staff::level_on(list, today));
            let count = counts
                .entry(level.map(|standard| standard.level.as_str()))
                .or_default();
            count.0 += 1;
            count.1 += i32::from(row.site_kind == RegistrySiteKind::Park.as_str());
        }
        let list = counts
            .into_iter()
            .rev()
            .map(|(level, (registries, in_parks))| {
                Ok(RegistryStandardCount {
                    level: level.map(RegistryStandardLevel::of).transpose()?,
                    registries,
                    in_parks,
                })
            });
        Ok(Some(list.collect::<Result<Vec<_>>>()?))
    }
}

/// What a run of the timers' job did (到期处理结果).
#[derive(SimpleObject, Clone, Copy, Debug)]
pub struct MarriageTimersPayload {
    /// Applications for divorce now deemed withdrawn (视为撤回件数).
    pub deemed_withdrawn: i64,
    /// Appointments nobody came to (未到预约数).
    pub no_shows: i64,
    /// Tickets of past days that were closed (过期排队号数).
    pub tickets: i64,
    /// Applications for marriage left at the counter on a past day (逾日未办结的结婚登记申请数).
    pub left_applications: i64,
    /// Applications for divorce whose dates have become certain (期限已确定的离婚登记申请数).
    pub dates_settled: i64,
}

/// The timers' job.
#[derive(Clone, Copy, Debug, Default)]
pub struct TimersMutation;

/// The timers' job.
#[Object]
impl TimersMutation {
    /// Writes down what time alone has brought about; every reading computes the same, so it may run at any time and again; for officers (到期处理).
    #[graphql(directive = requires_scopes::apply(vec![vec!["marriage.case".into()]]))]
    async fn run_marriage_timers(
        &self,
        ctx: &Context<'_>,
    ) -> async_graphql::Result<MarriageTimersPayload> {
        ctx.need(scope::MARRIAGE_CASE)?;
        let swept = timers::run(ctx.services()).await?;
        let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        Ok(MarriageTimersPayload {
            deemed_withdrawn: count(swept.deemed_withdrawn as u64),
            no_shows: count(swept.no_shows),
            tickets: count(swept.tickets),
            left_applications: count(swept.left_applications),
            dates_settled: count(swept.dates_settled),
        })
    }
}
