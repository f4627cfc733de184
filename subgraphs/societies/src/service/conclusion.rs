//! What the supervising department and the registry say of an annual report (O-10, O-11).

use super::act::{Act, id, refused, same_version};
use crate::input::supervision::{JudgeAnnualReportInput, RecordSupervisorViewInput};
use crate::model::annual_report;
use crate::rules::report;
use crate::vocabulary::{ReportDuty, ReportResult, SupervisorView};
use futures_util::future::BoxFuture;
use kit::{Error, Result};
use minzheng_kit as kit;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::json;
use uuid::Uuid;

async fn report_of(act: Act<'_>, given: &str, version: i64) -> Result<annual_report::Model> {
    let unknown = || {
        refused(
            "REPORT_UNKNOWN",
            "There is no such annual report.",
            "没有该年度报告。",
            "id",
        )
    };
    let row = annual_report::Entity::find_by_id(id(given, "id")?)
        .one(act.tx)
        .await?
        .ok_or_else(unknown)?;
    act.supervised(&row.credit_code).await?;
    same_version(row.version, version)?;
    if row.result.is_some() {
        return Err(refused(
            "REPORT_ALREADY_JUDGED",
            "The registry has already drawn its conclusion on this year.",
            "登记管理机关已作出该年度检查结论。",
            "id",
        ));
    }
    Ok(row)
}

async fn write(
    act: Act<'_>,
    old: &annual_report::Model,
    mut row: annual_report::Model,
    event: &str,
) -> Result<Uuid> {
    row.version = old.version + 1;
    let kept = row.clone();
    row.into_active_model().reset_all().update(act.tx).await?;
    let shown = |row: &annual_report::Model| {
        json!({
            "creditCode": row.credit_code, "year": row.year, "toSupervisor": row.to_supervisor,
            "view": row.supervisor_view.map(SupervisorView::text),
            "result": row.result.map(ReportResult::text), "reportVersion": row.version,
        })
    };
    let (before, after) = (shown(old), shown(&kept));
    act.done(
        "AnnualReport",
        &kept.id.to_string(),
        event,
        Some(before),
        after,
    )
    .await?;
    Ok(kept.id)
}

/// O-10: records the supervising department's view; an objection sends the report back.
pub fn view<'a>(act: Act<'a>, input: &'a RecordSupervisorViewInput) -> BoxFuture<'a, Result<Uuid>> {
    Box::pin(async move {
        let old = report_of(act, &input.id, input.version).await?;
        let handed_in = old.handed_to_supervisor;
        report::view_day(old.year, handed_in, input.viewed_on.0, act.today)
            .map_err(|refusal| super::act::at(refusal, "viewedOn"))?;
        let agreed = input.view == SupervisorView::Agreed;
        let row = annual_report::Model {
            supervisor_view: Some(input.view),
            to_supervisor: agreed.then_some(input.viewed_on.0),
            ..old.clone()
        };
        write(act, &old, row, "AnnualReportViewed").await
    })
}

/// O-11: the registry's conclusion. A report under inspection passes the supervising department first.
pub fn judge<'a>(act: Act<'a>, input: &'a JudgeAnnualReportInput) -> BoxFuture<'a, Result<Uuid>> {
    Box::pin(async move {
        let old = report_of(act, &input.id, input.version).await?;
        report::conclusion(
            input.result,
            old.duty == ReportDuty::Inspection,
            old.supervisor_view == Some(SupervisorView::Agreed),
        )
        .map_err(|refusal| super::act::at(refusal, "result"))?;
        let row = annual_report::Model {
            result: Some(input.result),
            ..old.clone()
        };
        write(act, &old, row, "AnnualReportJudged").await
    })
}

/// The report of an id.
pub async fn found(s: &kit::Services, id: Uuid) -> Result<annual_report::Model> {
    annual_report::Entity::find_by_id(id)
        .one(s.db.read())
        .await?
        .ok_or(Error::NotFound)
}
