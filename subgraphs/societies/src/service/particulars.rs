//! Branches, filings and the beginning of a liquidation (O-8, O-9, O-18).

use super::act::{Act, at, id, refused, same_version, text};
use crate::input::registration::{
    CloseBranchInput, FileParticularInput, OpenBranchInput, StartLiquidationInput,
};
use crate::model::{branch, filing, liquidation};
use crate::rules::change;
use crate::rules::founding::{self, BranchParent};
use crate::rules::state::OrgEvent;
use futures_util::future::BoxFuture;
use kit::Result;
use minzheng_kit as kit;
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::json;

/// O-8: opens a branch or representative office; answers the organization.
pub fn open_branch<'a>(act: Act<'a>, input: &'a OpenBranchInput) -> BoxFuture<'a, Result<String>> {
    Box::pin(async move {
        let organization = act.organization(&input.credit_code.0).await?;
        act.officer_or_head(&organization).await?;
        super::act::active(&organization)?;
        let parent = match &input.under {
            None => BranchParent::Organization(organization.kind),
            Some(under) => {
                let above = branch::Entity::find_by_id(id(under, "under")?)
                    .one(act.tx)
                    .await?;
                if above.is_none_or(|above| above.credit_code != organization.credit_code) {
                    return Err(refused(
                        "BRANCH_UNKNOWN",
                        "The organization has no such branch.",
                        "该社会组织没有此分支机构。",
                        "under",
                    ));
                }
                BranchParent::Branch(organization.kind)
            }
        };
        founding::branch(parent, input.is_regional).map_err(|refusal| at(refusal, "under"))?;
        let name = text(&input.name, 60, "name")?;
        let row = branch::Model {
            id: kit::id::new(),
            credit_code: organization.credit_code.clone(),
            kind: input.kind,
            name,
            opened: act.today,
            closed: None,
            version: 1,
        };
        let key = row.id.to_string();
        let after =
            json!({ "creditCode": row.credit_code, "kind": row.kind.text(), "name": row.name });
        branch::Entity::insert(row.into_active_model())
            .exec_without_returning(act.tx)
            .await?;
        act.done("Branch", &key, "BranchOpened", None, after)
            .await?;
        Ok(organization.credit_code)
    })
}

/// Closes a branch; answers the organization.
pub fn close_branch<'a>(
    act: Act<'a>,
    input: &'a CloseBranchInput,
) -> BoxFuture<'a, Result<String>> {
    Box::pin(async move {
        let unknown = || {
            refused(
                "BRANCH_UNKNOWN",
                "There is no such branch.",
                "没有该分支机构。",
                "id",
            )
        };
        let row = branch::Entity::find_by_id(id(&input.id, "id")?)
            .one(act.tx)
            .await?
            .ok_or_else(unknown)?;
        let organization = act.organization(&row.credit_code).await?;
        act.officer_or_head(&organization).await?;
        same_version(row.version, input.version)?;
        if row.closed.is_some() {
            return Err(refused(
                "BRANCH_CLOSED",
                "The branch is closed already.",
                "该分支机构已撤销。",
                "id",
            ));
        }
        let mut next = row.clone().into_active_model();
        next.closed = Set(Some(act.today));
        next.version = Set(row.version + 1);
        next.update(act.tx).await?;
        let (key, before) = (row.id.to_string(), json!({ "closed": null }));
        let after = json!({ "creditCode": row.credit_code, "closed": act.today });
        act.done("Branch", &key, "BranchClosed", Some(before), after)
            .await?;
        Ok(organization.credit_code)
    })
}

/// O-9: files the seal or the bank account; answers the organization.
pub fn file<'a>(act: Act<'a>, input: &'a FileParticularInput) -> BoxFuture<'a, Result<String>> {
    Box::pin(async move {
        let organization = act.organization(&input.credit_code.0).await?;
        act.officer_or_head(&organization).await?;
        super::act::alive(&organization)?;
        if input.kind == crate::vocabulary::OrgFilingKind::Charter {
            return Err(at(change::CHARTER_IS_APPROVED, "kind"));
        }
        let row = filing::Model {
            id: kit::id::new(),
            credit_code: organization.credit_code.clone(),
            kind: input.kind,
            filed: act.today,
        };
        let key = row.id.to_string();
        let after =
            json!({ "creditCode": row.credit_code, "kind": row.kind.text(), "filed": row.filed });
        filing::Entity::insert(row.into_active_model())
            .exec_without_returning(act.tx)
            .await?;
        act.done("Filing", &key, "ParticularFiled", None, after)
            .await?;
        Ok(organization.credit_code)
    })
}

/// O-18: a liquidation begins; from now on only acts of liquidation are allowed. A revoked body has its group formed
/// too, and stays revoked.
pub fn start_liquidation<'a>(
    act: Act<'a>,
    input: &'a StartLiquidationInput,
) -> BoxFuture<'a, Result<String>> {
    Box::pin(async move {
        let organization = act.organization(&input.credit_code.0).await?;
        act.officer_or_head(&organization).await?;
        same_version(organization.version, input.version)?;
        if input.group_formed_on.0 > act.today || input.group_formed_on.0 < organization.founded {
            return Err(refused(
                "DAY_IMPOSSIBLE",
                "The group was formed between the founding and today.",
                "清算组织成立日期应在社会组织成立之后且不晚于今天。",
                "groupFormedOn",
            ));
        }
        let formed = super::permit::group_formed(act.tx, &organization.credit_code).await?;
        change::one_group(formed.is_some()).map_err(|refusal| at(refusal, "creditCode"))?;
        let after = act
            .advance(&organization, OrgEvent::Liquidate, "LiquidationStarted")
            .await?;
        let row = liquidation::Model {
            credit_code: after.credit_code.clone(),
            reason: input.reason,
            group_formed: input.group_formed_on.0,
            ended: None,
        };
        liquidation::Entity::insert(row.into_active_model())
            .exec_without_returning(act.tx)
            .await?;
        Ok(after.credit_code)
    })
}
