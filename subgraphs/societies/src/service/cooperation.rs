//! Changes of what organizations do for others: fees cut (O-23), projects, adoptions, small funds, hubs,
//! party bodies.

use super::act::{Act, at, id, not_negative, refused, same_version, text};
use crate::input::development::{
    AssessPartyUnitInput, CreateMicroFundInput, CreateProjectInput, DeclareAdoptionInput,
    DeclareFeeReductionInput, EstablishPartyUnitInput, MoveMicroFundInput,
    RecordProjectResultInput, SetHubKindInput,
};
use crate::model::{
    adoption, fee_reduction, micro_fund, organization, party_unit, project, project_partner,
};
use crate::rules::cooperation;
use crate::rules::fee::{FeeLine, fee_line, total_fen};
use crate::vocabulary::OrgKind;
use futures_util::future::BoxFuture;
use kit::{Result, YearMonth};
use minzheng_kit as kit;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::json;
use uuid::Uuid;

/// Most lines of one declaration.
const MAX_LINES: usize = 50;

/// O-23: declares the fees an association cuts in a month; answers the association.
pub fn declare_fees<'a>(
    act: Act<'a>,
    input: &'a DeclareFeeReductionInput,
) -> BoxFuture<'a, Result<String>> {
    Box::pin(async move {
        let organization = act.organization(&input.credit_code.0).await?;
        act.officer_or_head(&organization).await?;
        super::act::active(&organization)?;
        if organization.kind != OrgKind::SocialGroup {
            return Err(refused(
                "NOT_AN_ASSOCIATION",
                "Fee reductions are declared by associations.",
                "涉企收费减免由行业协会商会申报。",
                "creditCode",
            ));
        }
        if input.month.index() > YearMonth::of(act.today).index() {
            return Err(refused(
                "MONTH_IN_THE_FUTURE",
                "The month has begun.",
                "申报月份不得晚于本月。",
                "month",
            ));
        }
        if input.lines.is_empty() || input.lines.len() > MAX_LINES {
            return Err(refused(
                "LINES_OUT_OF_RANGE",
                "A declaration has 1 to 50 lines.",
                "减免明细应为1至50项。",
                "lines",
            ));
        }
        let rows: Result<Vec<fee_reduction::Model>> = input
            .lines
            .iter()
            .map(|line| fee(&organization, input.month, line))
            .collect();
        let rows = rows?;
        once_each(act, &organization, &rows).await?;
        let lines: Vec<FeeLine> = rows
            .iter()
            .map(|row| FeeLine {
                old_fen: row.old_fen,
                new_fen: row.new_fen,
                enterprises: row.enterprises,
            })
            .collect();
        let after = json!({
            "creditCode": organization.credit_code, "month": input.month.to_string(),
            "lines": rows.len(), "totalFen": total_fen(&lines),
        });
        let rows = rows.into_iter().map(IntoActiveModel::into_active_model);
        fee_reduction::Entity::insert_many(rows)
            .exec_without_returning(act.tx)
            .await?;
        act.done(
            "FeeReduction",
            &organization.credit_code,
            "FeesReduced",
            None,
            after,
        )
        .await?;
        Ok(organization.credit_code)
    })
}

fn fee(
    organization: &organization::Model,
    month: YearMonth,
    line: &crate::input::development::FeeLineInput,
) -> Result<fee_reduction::Model> {
    let enterprises = i64::from(line.enterprises_helped);
    fee_line(&FeeLine {
        old_fen: line.old_fee.0,
        new_fen: line.new_fee.0,
        enterprises,
    })
    .map_err(|refusal| at(refusal, "lines"))?;
    Ok(fee_reduction::Model {
        id: kit::id::new(),
        credit_code: organization.credit_code.clone(),
        division_id: organization.division_id,
        item: text(&line.item, 40, "lines")?,
        old_fen: line.old_fee.0,
        new_fen: line.new_fee.0,
        enterprises,
        month: month.index(),
    })
}

/// A fee is cut once a month: twice would count its savings twice.
async fn once_each(
    act: Act<'_>,
    organization: &organization::Model,
    rows: &[fee_reduction::Model],
) -> Result<()> {
    let month = rows.first().map_or(0, |row| row.month);
    let declared = fee_reduction::Entity::find()
        .filter(fee_reduction::Column::CreditCode.eq(organization.credit_code.as_str()))
        .filter(fee_reduction::Column::Month.eq(month))
        .all(act.tx)
        .await?;
    let mut seen: Vec<&str> = declared.iter().map(|row| row.item.as_str()).collect();
    for row in rows {
        if seen.contains(&row.item.as_str()) {
            return Err(refused(
                "FEE_DECLARED_TWICE",
                "A fee is declared once a month.",
                "同一收费项目每月只能申报一次。",
                "lines",
            ));
        }
        seen.push(&row.item);
    }
    Ok(())
}

/// Creates a project of the five partners; answers it.
pub fn create_project<'a>(
    act: Act<'a>,
    input: &'a CreateProjectInput,
) -> BoxFuture<'a, Result<Uuid>> {
    Box::pin(async move {
        let division = id(&input.division, "division")?;
        act.officer(&division)?;
        let kinds: Vec<_> = input.partners.iter().map(|partner| partner.kind).collect();
        cooperation::partners(&kinds).map_err(|refusal| at(refusal, "partners"))?;
        let code = match &input.credit_code {
            Some(code) => {
                let organization = act.organization(&code.0).await?;
                super::act::active(&organization)?;
                Some(organization.credit_code)
            }
            None => None,
        };
        let row = project::Model {
            id: kit::id::new(),
            name: text(&input.name, 60, "name")?,
            division_id: division,
            credit_code: code,
            started: input.started_on.0,
            pilot: input.is_pilot,
            honoured: false,
            amount_fen: not_negative(input.amount.0, "amount")?,
            organizations_grown: 0,
            people_served: 0,
            people_approximate: false,
            version: 1,
        };
        let key = row.id;
        let mut partners = Vec::with_capacity(input.partners.len());
        for partner in &input.partners {
            let code = match &partner.credit_code {
                Some(code) => {
                    let partner = act.organization(&code.0).await?;
                    super::act::active(&partner)?;
                    Some(partner.credit_code)
                }
                None => None,
            };
            let partner = project_partner::Model {
                id: kit::id::new(),
                project_id: key,
                kind: partner.kind,
                name: text(&partner.name, 60, "partners")?,
                credit_code: code,
            };
            partners.push(partner.into_active_model());
        }
        let after = shown(&row);
        project::Entity::insert(row.into_active_model())
            .exec_without_returning(act.tx)
            .await?;
        project_partner::Entity::insert_many(partners)
            .exec_without_returning(act.tx)
            .await?;
        act.done("Project", &key.to_string(), "ProjectCreated", None, after)
            .await?;
        Ok(key)
    })
}

fn shown(row: &project::Model) -> serde_json::Value {
    json!({
        "name": row.name, "division": row.division_id, "creditCode": row.credit_code,
        "amountFen": row.amount_fen, "organizationsGrown": row.organizations_grown,
        "peopleServed": row.people_served, "honoured": row.honoured,
    })
}

/// Records what a project has brought; answers it.
pub fn record_result<'a>(
    act: Act<'a>,
    input: &'a RecordProjectResultInput,
) -> BoxFuture<'a, Result<Uuid>> {
    Box::pin(async move {
        let unknown = || {
            refused(
                "PROJECT_UNKNOWN",
                "There is no such project.",
                "没有该项目。",
                "id",
            )
        };
        let old = project::Entity::find_by_id(id(&input.id, "id")?)
            .one(act.tx)
            .await?
            .ok_or_else(unknown)?;
        act.officer(&old.division_id)?;
        same_version(old.version, input.version)?;
        let grown = not_negative(i64::from(input.organizations_grown), "organizationsGrown")?;
        let row = project::Model {
            organizations_grown: i32::try_from(grown).unwrap_or(i32::MAX),
            people_served: not_negative(i64::from(input.people_served), "peopleServed")?,
            people_approximate: false,
            honoured: input.is_honoured,
            version: old.version + 1,
            ..old.clone()
        };
        let (before, after) = (shown(&old), shown(&row));
        row.into_active_model().reset_all().update(act.tx).await?;
        act.done(
            "Project",
            &old.id.to_string(),
            "ProjectResult",
            Some(before),
            after,
        )
        .await?;
        Ok(old.id)
    })
}

/// Declares the adoption of households, by number only; answers the organization.
pub fn adopt<'a>(act: Act<'a>, input: &'a DeclareAdoptionInput) -> BoxFuture<'a, Result<String>> {
    Box::pin(async move {
        let organization = act.organization(&input.credit_code.0).await?;
        act.officer_or_head(&organization).await?;
        super::act::active(&organization)?;
        if input.households < 1 || input.started_on.0 > act.today {
            return Err(refused(
                "ADOPTION_IMPOSSIBLE",
                "At least one household, from today or before.",
                "结对户数至少一户，开始日期不得晚于今天。",
                "households",
            ));
        }
        let row = adoption::Model {
            id: kit::id::new(),
            credit_code: organization.credit_code.clone(),
            division_id: organization.division_id,
            households: input.households,
            approximate: false,
            started: input.started_on.0,
        };
        let key = row.id.to_string();
        // Not how many: a small number tells who is poor.
        let after = json!({ "creditCode": row.credit_code, "started": row.started });
        adoption::Entity::insert(row.into_active_model())
            .exec_without_returning(act.tx)
            .await?;
        act.done("Adoption", &key, "HouseholdsAdopted", None, after)
            .await?;
        Ok(organization.credit_code)
    })
}

/// Opens a small fund; answers it.
pub fn create_fund<'a>(
    act: Act<'a>,
    input: &'a CreateMicroFundInput,
) -> BoxFuture<'a, Result<Uuid>> {
    Box::pin(async move {
        let division = id(&input.division, "division")?;
        act.officer(&division)?;
        let row = micro_fund::Model {
            id: kit::id::new(),
            name: text(&input.name, 60, "name")?,
            division_id: division,
            amount_fen: not_negative(input.amount.0, "amount")?,
            approximate: false,
            opened: input.opened_on.0,
            version: 1,
        };
        let key = row.id;
        let after = json!({ "name": row.name, "division": division, "amountFen": row.amount_fen });
        micro_fund::Entity::insert(row.into_active_model())
            .exec_without_returning(act.tx)
            .await?;
        act.done(
            "MicroFund",
            &key.to_string(),
            "MicroFundOpened",
            None,
            after,
        )
        .await?;
        Ok(key)
    })
}

/// Money comes to a fund or leaves it; answers the fund.
pub fn move_fund<'a>(act: Act<'a>, input: &'a MoveMicroFundInput) -> BoxFuture<'a, Result<Uuid>> {
    Box::pin(async move {
        let unknown = || {
            refused(
                "FUND_UNKNOWN",
                "There is no such fund.",
                "没有该微基金。",
                "id",
            )
        };
        let old = micro_fund::Entity::find_by_id(id(&input.id, "id")?)
            .one(act.tx)
            .await?
            .ok_or_else(unknown)?;
        act.officer(&old.division_id)?;
        same_version(old.version, input.version)?;
        let row = micro_fund::Model {
            amount_fen: cooperation::balance(old.amount_fen, input.amount.0)
                .map_err(|refusal| at(refusal, "amount"))?,
            version: old.version + 1,
            ..old.clone()
        };
        let (before, after) = (
            json!({ "amountFen": old.amount_fen }),
            json!({ "amountFen": row.amount_fen }),
        );
        row.into_active_model().reset_all().update(act.tx).await?;
        act.done(
            "MicroFund",
            &old.id.to_string(),
            "MicroFundMoved",
            Some(before),
            after,
        )
        .await?;
        Ok(old.id)
    })
}

/// Names a hub or a brand; answers the organization.
pub fn set_hub<'a>(act: Act<'a>, input: &'a SetHubKindInput) -> BoxFuture<'a, Result<String>> {
    Box::pin(async move {
        let before = act.living(&input.credit_code.0).await?;
        same_version(before.version, input.version)?;
        // A name may be taken back from whoever exists.
        if input.hub_kind.is_some() {
            super::act::active(&before)?;
        }
        let after = organization::Model {
            hub_kind: input.hub_kind,
            ..before.clone()
        };
        Ok(act.save(&before, after, "HubNamed").await?.credit_code)
    })
}

/// Sets up a party body; answers the organization.
pub fn establish_party<'a>(
    act: Act<'a>,
    input: &'a EstablishPartyUnitInput,
) -> BoxFuture<'a, Result<String>> {
    Box::pin(async move {
        let organization = act.acting(&input.credit_code.0).await?;
        let code = organization.credit_code.clone();
        let there = party_unit::Entity::find_by_id(code.as_str())
            .one(act.tx)
            .await?;
        if there.is_some() {
            return Err(refused(
                "PARTY_UNIT_EXISTS",
                "The organization has a party body already.",
                "该社会组织已建立党组织。",
                "creditCode",
            ));
        }
        if input.established_on.0 > act.today || input.established_on.0 < organization.founded {
            return Err(refused(
                "DAY_IMPOSSIBLE",
                "The day lies between the founding and today.",
                "日期应在社会组织成立之后且不晚于今天。",
                "establishedOn",
            ));
        }
        let row = party_unit::Model {
            credit_code: code.clone(),
            division_id: organization.division_id,
            established: input.established_on.0,
            score: None,
            version: 1,
            assessed: None,
            aspects: None,
        };
        let after = json!({ "creditCode": code, "established": row.established });
        party_unit::Entity::insert(row.into_active_model())
            .exec_without_returning(act.tx)
            .await?;
        act.done("PartyUnit", &code, "PartyUnitEstablished", None, after)
            .await?;
        Ok(code)
    })
}

/// Assesses a party body over its five aspects; answers the organization.
pub fn assess_party<'a>(
    act: Act<'a>,
    input: &'a AssessPartyUnitInput,
) -> BoxFuture<'a, Result<String>> {
    Box::pin(async move {
        let organization = act.living(&input.credit_code.0).await?;
        let code = organization.credit_code;
        let old = party_unit::Entity::find_by_id(code.as_str())
            .one(act.tx)
            .await?
            .ok_or_else(|| {
                refused(
                    "NO_PARTY_UNIT",
                    "The organization has no party body.",
                    "该社会组织未建立党组织。",
                    "creditCode",
                )
            })?;
        same_version(old.version, input.version)?;
        let score =
            cooperation::assessment(&input.aspects).map_err(|refusal| at(refusal, "aspects"))?;
        if input.assessed_on.0 > act.today || input.assessed_on.0 < old.established {
            return Err(refused(
                "DAY_IMPOSSIBLE",
                "The day lies between the setting up and today.",
                "考核日期应在建立党组织之后且不晚于今天。",
                "assessedOn",
            ));
        }
        let row = party_unit::Model {
            score: Some(score),
            version: old.version + 1,
            assessed: Some(input.assessed_on.0),
            aspects: Some(json!(input.aspects).to_string()),
            ..old.clone()
        };
        let (before, after) = (
            json!({ "score": old.score }),
            json!({ "creditCode": code, "score": score }),
        );
        row.into_active_model().reset_all().update(act.tx).await?;
        act.done("PartyUnit", &code, "PartyUnitAssessed", Some(before), after)
            .await?;
        Ok(code)
    })
}
