//! Penalties and inspections, and what follows from them for state and credit (O-13, O-15, O-19).

use super::act::{Act, alive, at, id, not_negative, refused, same_version};
use super::listings::enter;
use crate::input::supervision::{
    CloseOrgInspectionInput, EndSuspensionInput, ImposePenaltyInput, RecordOrgInspectionInput,
};
use crate::model::{inspection, organization, penalty};
use crate::rules::charity;
use crate::rules::credit::{self, Findings, abnormal_grounds, serious_grounds};
use crate::rules::parameter::{Parameter, number};
use crate::rules::penalty::{self as rule, Penalty};
use crate::rules::state::OrgEvent;
use crate::vocabulary::{
    ListingReason, OrgInspectionResult, OrgPenaltyGround, OrgPenaltyKind, OrgState,
};
use chrono::NaiveDate;
use futures_util::future::BoxFuture;
use kit::{Result, YearMonth};
use minzheng_kit as kit;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::json;

/// O-19: imposes a penalty; suspension and revocation change the state, and the lists follow in the same
/// transaction (O-13, O-15, O-17). Answers the organization.
pub fn impose<'a>(act: Act<'a>, input: &'a ImposePenaltyInput) -> BoxFuture<'a, Result<String>> {
    Box::pin(async move {
        let organization = act.living(&input.credit_code.0).await?;
        same_version(organization.version, input.version)?;
        let fen = |sum: Option<kit::Yuan>| sum.unwrap_or_default().0;
        let asked = Penalty {
            of: organization.kind,
            kind: input.kind,
            ground: input.ground,
            fine_fen: fen(input.fine),
            income_fen: fen(input.illegal_income),
            turnover_fen: fen(input.illegal_turnover),
            decided: input.decided_on.0,
            until: input.until.map(|day| day.0),
        };
        Ok(punish(act, organization, &asked).await?.credit_code)
    })
}

/// Imposes a penalty: judged, written, carried out, listed.
pub(super) async fn punish(
    act: Act<'_>,
    organization: organization::Model,
    asked: &Penalty,
) -> Result<organization::Model> {
    rule::penalty(asked, organization.founded, act.today).map_err(|refusal| at(refusal, "kind"))?;
    if asked.ground == OrgPenaltyGround::CharitySpending {
        let is_shown = super::breaches::is_shown(act.tx, &organization, act.today).await?;
        charity::may_be_warned(super::breaches::binds(&organization), is_shown, asked.kind)
            .map_err(|refusal| at(refusal, "ground"))?;
    }
    let row = penalty::Model {
        id: kit::id::new(),
        credit_code: organization.credit_code.clone(),
        kind: asked.kind,
        ground: asked.ground,
        fine_fen: asked.fine_fen,
        confiscated_fen: asked.income_fen,
        decided: asked.decided,
        until: asked.until,
    };
    let key = row.id.to_string();
    let after = json!({
        "creditCode": row.credit_code, "kind": row.kind.text(), "ground": row.ground.text(),
        "fineFen": row.fine_fen, "decided": row.decided, "until": row.until,
    });
    penalty::Entity::insert(row.into_active_model())
        .exec_without_returning(act.tx)
        .await?;
    act.done("Penalty", &key, "PenaltyImposed", None, after)
        .await?;
    let organization = carried_out(act, organization, asked).await?;
    for (reason, arose) in grounds(act, &organization, asked).await? {
        enter(act, &organization.credit_code, reason, arose).await?;
    }
    Ok(organization)
}

async fn carried_out(
    act: Act<'_>,
    organization: organization::Model,
    asked: &Penalty,
) -> Result<organization::Model> {
    match asked.kind {
        OrgPenaltyKind::Warning | OrgPenaltyKind::Fine => {
            // The version counts penalties too, so that two officers do not punish one act twice.
            act.save(&organization, organization.clone(), "OrganizationPunished")
                .await
        }
        OrgPenaltyKind::Suspension => {
            act.advance(&organization, OrgEvent::Suspend, "OrganizationSuspended")
                .await
        }
        OrgPenaltyKind::Revocation => revoke(act, &organization).await,
    }
}

/// O-19: the registration is revoked; the organization is still to be liquidated.
async fn revoke(act: Act<'_>, before: &organization::Model) -> Result<organization::Model> {
    let after = organization::Model {
        state: super::act::moved(before, OrgEvent::Revoke)?,
        ended: Some(act.today),
        ended_month: Some(YearMonth::of(act.today).index()),
        ..before.clone()
    };
    act.save(before, after, "OrganizationRevoked").await
}

/// O-13, O-15: the grounds for the lists that this penalty makes, and the days on which they arose, the older minor ones
/// counted in. It is judged by the numbers of the day of its decision, an older one by those of its own.
async fn grounds(
    act: Act<'_>,
    organization: &organization::Model,
    asked: &Penalty,
) -> Result<Vec<(ListingReason, NaiveDate)>> {
    let measures = penalty::Entity::find()
        .filter(penalty::Column::CreditCode.eq(organization.credit_code.as_str()))
        .filter(penalty::Column::Kind.is_in([OrgPenaltyKind::Warning, OrgPenaltyKind::Fine]))
        .all(act.tx)
        .await?;
    let minor: Vec<_> = measures
        .iter()
        .filter(|one| one.fine_fen < number(Parameter::LargeFine, one.decided))
        .map(|one| one.decided)
        .collect();
    // An older penalty may be entered after a newer one: what counts is the most that any of them has behind it, of
    // those that have this one there; and the ground arose on the day of that one.
    let together = |arose: NaiveDate| {
        let back = |decided: &&NaiveDate| credit::counts_back(**decided, arose);
        (minor.iter().filter(back).count(), arose)
    };
    let (repeated, repeated_on) = minor
        .iter()
        .filter(|arose| credit::counts_back(asked.decided, **arose))
        .map(|arose| together(*arose))
        .max()
        .unwrap_or((0, asked.decided));
    let measured = matches!(asked.kind, OrgPenaltyKind::Warning | OrgPenaltyKind::Fine);
    let findings = Findings {
        penalty_fen: measured.then_some(asked.fine_fen),
        minor_penalties: u32::try_from(repeated).unwrap_or(u32::MAX),
        fake_change: asked.ground == OrgPenaltyGround::Fraud,
        suspended: asked.kind == OrgPenaltyKind::Suspension,
        revoked: asked.kind == OrgPenaltyKind::Revocation,
        ..Findings::default()
    };
    let serious = serious_grounds(&findings, None, asked.decided);
    let grounds = if serious.is_empty() {
        abnormal_grounds(&findings, asked.decided)
    } else {
        serious
    };
    let arose = |reason| match reason {
        ListingReason::RepeatedPenalties => repeated_on,
        _ => asked.decided,
    };
    Ok(grounds
        .into_iter()
        .map(|reason| (reason, arose(reason)))
        .collect())
}

/// O-19: a suspension is over, on the day after its last (截止日期); answers the organization.
pub fn end_suspension<'a>(
    act: Act<'a>,
    input: &'a EndSuspensionInput,
) -> BoxFuture<'a, Result<String>> {
    Box::pin(async move {
        let organization = act.supervised(&input.credit_code.0).await?;
        same_version(organization.version, input.version)?;
        let running = penalty::Entity::find()
            .filter(penalty::Column::CreditCode.eq(organization.credit_code.as_str()))
            .filter(penalty::Column::Kind.eq(OrgPenaltyKind::Suspension))
            .filter(penalty::Column::Until.gte(act.today))
            .one(act.tx)
            .await?;
        let runs = organization.state == OrgState::Suspended && running.is_some();
        rule::may_resume(organization.kind, runs).map_err(|refusal| at(refusal, "creditCode"))?;
        let after = act
            .advance(&organization, OrgEvent::Resume, "SuspensionEnded")
            .await?;
        Ok(after.credit_code)
    })
}

/// Records an inspection; answers the organization.
pub fn inspect<'a>(
    act: Act<'a>,
    input: &'a RecordOrgInspectionInput,
) -> BoxFuture<'a, Result<String>> {
    Box::pin(async move {
        let organization = act.supervised(&input.credit_code.0).await?;
        alive(&organization)?;
        let (day, by) = (input.inspected_on.0, input.rectify_by.map(|day| day.0));
        if day > act.today || by.is_some_and(|by| by <= day) {
            return Err(refused(
                "DAY_IMPOSSIBLE",
                "The inspection was today or before, and its term ends after it.",
                "检查日期不得晚于今天，整改期限应晚于检查日期。",
                "inspectedOn",
            ));
        }
        let row = inspection::Model {
            id: kit::id::new(),
            credit_code: organization.credit_code.clone(),
            kind: input.kind,
            inspected: day,
            result: by.map_or(OrgInspectionResult::NoProblem, |_| {
                OrgInspectionResult::RectificationOrdered
            }),
            rectify_by: by,
            closed: by.is_none().then_some(act.today),
            version: 1,
            party_members: input
                .party_members
                .map(|number| not_negative(i64::from(number), "partyMembers").map(|_| number))
                .transpose()?,
        };
        let key = row.id.to_string();
        let after = shown(&row);
        inspection::Entity::insert(row.into_active_model())
            .exec_without_returning(act.tx)
            .await?;
        act.done("Inspection", &key, "OrganizationInspected", None, after)
            .await?;
        Ok(organization.credit_code)
    })
}

/// Closes an inspection: put right, or entered in the abnormal list when the term is over. Answers the
/// organization.
pub fn close<'a>(
    act: Act<'a>,
    input: &'a CloseOrgInspectionInput,
) -> BoxFuture<'a, Result<String>> {
    Box::pin(async move {
        let unknown = || {
            refused(
                "INSPECTION_UNKNOWN",
                "There is no such inspection.",
                "没有该检查记录。",
                "id",
            )
        };
        let old = inspection::Entity::find_by_id(id(&input.id, "id")?)
            .one(act.tx)
            .await?
            .ok_or_else(unknown)?;
        let organization = act.supervised(&old.credit_code).await?;
        same_version(old.version, input.version)?;
        if old.closed.is_some() {
            return Err(refused(
                "INSPECTION_CLOSED",
                "The inspection is closed already.",
                "该检查已结案。",
                "id",
            ));
        }
        let overdue = old.rectify_by.is_some_and(|by| by < act.today);
        credit::order_closed(input.is_put_right, overdue)
            .map_err(|refusal| at(refusal, "isPutRight"))?;
        let result = if input.is_put_right {
            OrgInspectionResult::PutRight
        } else {
            OrgInspectionResult::NotPutRight
        };
        let row = inspection::Model {
            result,
            closed: Some(act.today),
            version: old.version + 1,
            ..old.clone()
        };
        let (before, after) = (shown(&old), shown(&row));
        row.into_active_model().reset_all().update(act.tx).await?;
        act.done(
            "Inspection",
            &old.id.to_string(),
            "InspectionClosed",
            Some(before),
            after,
        )
        .await?;
        if !input.is_put_right {
            let arose = old.rectify_by.unwrap_or(act.today);
            enter(
                act,
                &organization.credit_code,
                ListingReason::NotPutRight,
                arose,
            )
            .await?;
        }
        Ok(organization.credit_code)
    })
}

fn shown(row: &inspection::Model) -> serde_json::Value {
    json!({
        "creditCode": row.credit_code, "kind": row.kind.text(), "result": row.result.text(),
        "rectifyBy": row.rectify_by, "closed": row.closed,
    })
}
