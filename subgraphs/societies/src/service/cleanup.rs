//! Cleaning up organizations that no longer act, and illegal ones (O-20, O-21).

use super::act::{Act, at, id, refused, same_version, text};
use super::listings::returned_letters;
use super::permit::{Ends, deregister, ending};
use super::{among, penalties, register};
use crate::input::supervision::{
    BanOrganizationInput, CloseCleanupInput, OpenCleanupInput, StepCleanupInput,
};
use crate::model::{cleanup_case, cleanup_step, organization, territory};
use crate::rules::cleanup::Effect;
use crate::rules::penalty::Penalty;
use crate::rules::state::{OrgEvent, may_develop, next};
use crate::rules::zombie::{LifeSigns, zombie_signs};
use crate::rules::{cleanup, credit, penalty};
use crate::vocabulary::{CleanupKind, CleanupResult, CleanupStep, OrgPenaltyKind, OrgState};
use chrono::NaiveDate;
use futures_util::future::BoxFuture;
use kit::{Error, Result, YearMonth};
use minzheng_kit as kit;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, JoinType,
    QueryFilter, QuerySelect, Select,
};
use serde_json::json;
use std::collections::HashMap;
use uuid::Uuid;

/// Opens a case; answers it. Whether a registered organization is a "zombie" follows from its reports,
/// activity and letters, not from the officer's word.
pub fn open<'a>(act: Act<'a>, input: &'a OpenCleanupInput) -> BoxFuture<'a, Result<Uuid>> {
    Box::pin(async move {
        let row = match input.kind {
            CleanupKind::Zombie => zombie(act, input).await?,
            CleanupKind::Illegal => illegal(act, input).await?,
        };
        let key = row.id;
        let after = shown(&row);
        cleanup_case::Entity::insert(row.into_active_model())
            .exec_without_returning(act.tx)
            .await?;
        act.done(
            "CleanupCase",
            &key.to_string(),
            "CleanupOpened",
            None,
            after,
        )
        .await?;
        Ok(key)
    })
}

fn new_case(
    kind: CleanupKind,
    division: Uuid,
    name: String,
    today: NaiveDate,
) -> cleanup_case::Model {
    cleanup_case::Model {
        id: kit::id::new(),
        kind,
        credit_code: None,
        name,
        division_id: division,
        opened: today,
        closed: None,
        closed_month: None,
        result: None,
        version: 1,
        ground: None,
        confiscated_fen: 0,
        merged_into: None,
    }
}

async fn zombie(act: Act<'_>, input: &OpenCleanupInput) -> Result<cleanup_case::Model> {
    let code = input.credit_code.as_ref().ok_or_else(|| {
        refused(
            "PART_MISSING",
            "This item needs this part of the form.",
            "该事项须填写此部分。",
            "creditCode",
        )
    })?;
    let organization = act.living(&code.0).await?;
    let open = cleanup_case::Entity::find()
        .filter(cleanup_case::Column::CreditCode.eq(organization.credit_code.as_str()))
        .filter(cleanup_case::Column::Closed.is_null())
        .one(act.tx)
        .await?;
    if open.is_some() {
        return Err(refused(
            "CASE_OPEN",
            "A case against this organization is open already.",
            "该社会组织已有未结的清理案件。",
            "creditCode",
        ));
    }
    let signs = zombie_signs(
        &life_signs(act.tx, &organization, act.today).await?,
        act.today,
    );
    if signs.is_empty() {
        return Err(Error::Invalid(
            kit::UserError::new(
                "NO_ZOMBIE_SIGN",
                "It reported, was active and can be reached: nothing shows a \"zombie\".",
                "该社会组织按期报送年报、有活动且可联系，不符合僵尸型社会组织情形。",
            )
            .field(&["input", "creditCode"])
            .basis("僵尸型社会组织清理口径"),
        ));
    }
    Ok(cleanup_case::Model {
        credit_code: Some(organization.credit_code.clone()),
        ..new_case(
            CleanupKind::Zombie,
            organization.division_id,
            organization.name,
            act.today,
        )
    })
}

/// O-21: what the register knows of an organization's life: its last report and the activities in it, the
/// letters that came back.
pub(crate) async fn life_signs(
    db: &impl ConnectionTrait,
    organization: &organization::Model,
    today: NaiveDate,
) -> Result<LifeSigns> {
    let codes = [organization.credit_code.clone()];
    // Newest year first.
    let reports: Vec<_> = register::reports(db, &codes)
        .await?
        .into_values()
        .flatten()
        .collect();
    // Only a report can say that nothing was done; what no report tells is not held against anybody, the
    // missing report is a sign of its own.
    let idle = reports.first().is_some_and(|last| last.activities == 0);
    let last_activity = if idle {
        let active = reports.iter().find(|report| report.activities > 0);
        active.map_or(Some(organization.founded), |report| {
            NaiveDate::from_ymd_opt(report.year, 12, 31)
        })
    } else {
        Some(today)
    };
    let letters = returned_letters(db, &organization.credit_code).await?;
    Ok(LifeSigns {
        founded: organization.founded,
        last_report_year: reports.iter().map(|report| report.year).max(),
        last_activity,
        unreachable: credit::unreachable(&letters, today).is_ok(),
    })
}

async fn illegal(act: Act<'_>, input: &OpenCleanupInput) -> Result<cleanup_case::Model> {
    let missing = |field| {
        refused(
            "PART_MISSING",
            "This item needs this part of the form.",
            "该事项须填写此部分。",
            field,
        )
    };
    let ground = input.ground.ok_or_else(|| missing("ground"))?;
    let (name, division, code, revoked) = match &input.credit_code {
        // It was registered once.
        Some(code) => {
            let organization = act.supervised(&code.0).await?;
            let registered = organization.state.is_live();
            penalty::ban(ground, registered, organization.state == OrgState::Revoked)
                .map_err(|refusal| at(refusal, "ground"))?;
            (
                organization.name,
                organization.division_id,
                Some(organization.credit_code),
                true,
            )
        }
        None => {
            let division = id(
                input.division.as_ref().ok_or_else(|| missing("division"))?,
                "division",
            )?;
            act.officer(&division)?;
            let name = input.name.as_deref().ok_or_else(|| missing("name"))?;
            (text(name, 60, "name")?, division, None, false)
        }
    };
    if !revoked {
        // Somebody acting under the name of a registered body is another matter, told apart by the name.
        let carries = organization::Entity::find()
            .filter(organization::Column::Name.eq(name.as_str()))
            .filter(organization::Column::DivisionId.eq(division))
            .filter(organization::Column::State.is_in(OrgState::LIVE))
            .one(act.tx)
            .await?;
        penalty::ban(ground, carries.is_some(), false).map_err(|refusal| at(refusal, "name"))?;
    }
    Ok(cleanup_case::Model {
        credit_code: code,
        ground: Some(ground),
        ..new_case(CleanupKind::Illegal, division, name, act.today)
    })
}

async fn open_case(act: Act<'_>, given: &str, version: i64) -> Result<cleanup_case::Model> {
    let unknown = || {
        refused(
            "CASE_UNKNOWN",
            "There is no such case.",
            "没有该案件。",
            "id",
        )
    };
    let case = cleanup_case::Entity::find_by_id(id(given, "id")?)
        .one(act.tx)
        .await?
        .ok_or_else(unknown)?;
    act.officer(&case.division_id)?;
    same_version(case.version, version)?;
    if case.closed.is_some() {
        return Err(refused(
            "CASE_CLOSED",
            "The case is closed already.",
            "该案件已结案。",
            "id",
        ));
    }
    Ok(case)
}

async fn steps_of(db: &impl ConnectionTrait, case: Uuid) -> Result<Vec<CleanupStep>> {
    let rows = cleanup_step::Entity::find()
        .filter(cleanup_step::Column::CaseId.eq(case))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| row.step).collect())
}

/// Takes a step in a case; answers it.
pub fn step<'a>(act: Act<'a>, input: &'a StepCleanupInput) -> BoxFuture<'a, Result<Uuid>> {
    Box::pin(async move {
        let case = open_case(act, &input.id, input.version).await?;
        let taken = steps_of(act.tx, case.id).await?;
        cleanup::step(input.step, &taken).map_err(|refusal| at(refusal, "step"))?;
        let row = cleanup_step::Model {
            case_id: case.id,
            step: input.step,
            on_day: act.today,
        };
        cleanup_step::Entity::insert(row.into_active_model())
            .exec_without_returning(act.tx)
            .await?;
        write(act, &case, case.clone(), "CleanupStepped").await
    })
}

/// Closes a case against a "zombie"; answers it. What the result means for the register happens with it.
pub fn close<'a>(act: Act<'a>, input: &'a CloseCleanupInput) -> BoxFuture<'a, Result<Uuid>> {
    Box::pin(async move {
        let case = open_case(act, &input.id, input.version).await?;
        let taken = steps_of(act.tx, case.id).await?;
        cleanup::close(case.kind, input.result, &taken).map_err(|refusal| at(refusal, "result"))?;
        if input.result == CleanupResult::Ban {
            next(OrgState::UnregisteredIllegal, OrgEvent::Ban)
                .map_err(|refusal| at(refusal, "result"))?;
        }
        let mut closed = cleanup_case::Model {
            result: Some(input.result),
            ..ended(&case, act.today)
        };
        // An illegal body that was never registered has nothing in the register.
        if let Some(code) = case.credit_code.as_deref() {
            let organization = act.supervised(code).await?;
            closed.merged_into = successor(act, input, code).await?;
            carry_out(act, input, organization, closed.merged_into.is_some()).await?;
        }
        write(act, &case, closed, "CleanupClosed").await
    })
}

/// Who takes over an organization that is merged: another one of the register that may act.
async fn successor(act: Act<'_>, input: &CloseCleanupInput, own: &str) -> Result<Option<String>> {
    let Some(into) = input.merged_into.as_ref() else {
        return Ok(None);
    };
    let into = act.organization(&into.0).await?;
    if input.result != CleanupResult::Merge || into.credit_code == own {
        return Err(at(cleanup::SUCCESSOR_UNFIT, "mergedInto"));
    }
    may_develop(into.state).map_err(|_| at(cleanup::SUCCESSOR_UNFIT, "mergedInto"))?;
    Ok(Some(into.credit_code))
}

/// What the result means for the register.
async fn carry_out(
    act: Act<'_>,
    input: &CloseCleanupInput,
    organization: organization::Model,
    taken_over: bool,
) -> Result<()> {
    let effect = cleanup::effect(input.result, organization.state, taken_over)
        .map_err(|refusal| at(refusal, "result"))?;
    match effect {
        Effect::Nothing => {}
        Effect::Warn => {
            let signs = life_signs(act.tx, &organization, act.today).await?;
            for reason in cleanup::warned_for(&zombie_signs(&signs, act.today)) {
                let code = &organization.credit_code;
                super::listings::enter(act, code, reason, act.today).await?;
            }
        }
        Effect::TakenOver => {
            deregister(act, &organization, Ends::TakenOver).await?;
        }
        Effect::End => {
            let given = input.deregistration.as_ref();
            let (ended, _) = ending(act, &organization, given).await?;
            deregister(act, &organization, Ends::Liquidated(ended)).await?;
        }
        Effect::Revoke => {
            let signs = zombie_signs(
                &life_signs(act.tx, &organization, act.today).await?,
                act.today,
            );
            let ground = cleanup::revocation_ground(input.ground, &signs)
                .map_err(|refusal| at(refusal, "ground"))?;
            let asked = Penalty {
                of: organization.kind,
                kind: OrgPenaltyKind::Revocation,
                ground,
                fine_fen: 0,
                income_fen: 0,
                turnover_fen: 0,
                decided: act.today,
                until: None,
            };
            penalties::punish(act, organization, &asked).await?;
        }
    }
    Ok(())
}

fn ended(case: &cleanup_case::Model, today: NaiveDate) -> cleanup_case::Model {
    cleanup_case::Model {
        closed: Some(today),
        closed_month: Some(YearMonth::of(today).index()),
        ..case.clone()
    }
}

/// O-20: bans an illegal organization and confiscates its property; answers the case.
pub fn ban<'a>(act: Act<'a>, input: &'a BanOrganizationInput) -> BoxFuture<'a, Result<Uuid>> {
    Box::pin(async move {
        let case = open_case(act, &input.id, input.version).await?;
        let taken = steps_of(act.tx, case.id).await?;
        cleanup::close(case.kind, CleanupResult::Ban, &taken)
            .map_err(|refusal| at(refusal, "id"))?;
        next(OrgState::UnregisteredIllegal, OrgEvent::Ban).map_err(|refusal| at(refusal, "id"))?;
        let confiscated = input.confiscated.unwrap_or_default().0;
        let closed = cleanup_case::Model {
            result: Some(CleanupResult::Ban),
            confiscated_fen: super::act::not_negative(confiscated, "confiscated")?,
            ..ended(&case, act.today)
        };
        write(act, &case, closed, "IllegalOrganizationBanned").await
    })
}

async fn write(
    act: Act<'_>,
    old: &cleanup_case::Model,
    mut row: cleanup_case::Model,
    event: &str,
) -> Result<Uuid> {
    row.version = old.version + 1;
    let (before, after) = (shown(old), shown(&row));
    row.into_active_model().reset_all().update(act.tx).await?;
    act.done(
        "CleanupCase",
        &old.id.to_string(),
        event,
        Some(before),
        after,
    )
    .await?;
    Ok(old.id)
}

fn shown(row: &cleanup_case::Model) -> serde_json::Value {
    json!({
        "kind": row.kind.text(), "creditCode": row.credit_code, "name": row.name,
        "division": row.division_id, "closed": row.closed,
        "result": row.result.map(CleanupResult::text), "confiscatedFen": row.confiscated_fen,
        "mergedInto": row.merged_into,
    })
}

/// Cases of a division and below; to be paged by day of opening and id.
#[must_use]
pub fn cases(
    division: Uuid,
    kind: Option<CleanupKind>,
    open: Option<bool>,
) -> Select<cleanup_case::Entity> {
    let mut find = cleanup_case::Entity::find()
        .join(
            JoinType::InnerJoin,
            cleanup_case::Entity::belongs_to(territory::Entity)
                .from(cleanup_case::Column::DivisionId)
                .to(territory::Column::Division)
                .into(),
        )
        .filter(territory::Column::Ancestor.eq(division));
    if let Some(kind) = kind {
        find = find.filter(cleanup_case::Column::Kind.eq(kind));
    }
    let closed = cleanup_case::Column::Closed;
    match open {
        Some(true) => find.filter(closed.is_null()),
        Some(false) => find.filter(closed.is_not_null()),
        None => find,
    }
}

/// The steps of these cases, in order.
pub async fn steps(
    db: &impl ConnectionTrait,
    cases: &[Uuid],
) -> Result<HashMap<Uuid, Vec<cleanup_step::Model>>> {
    let mut rows = cleanup_step::Entity::find()
        .filter(among(cleanup_step::Column::CaseId, cases))
        .all(db)
        .await?;
    // Several on one day: by their own order, not by their texts.
    rows.sort_by_key(|row| (row.on_day, row.step));
    Ok(super::grouped(rows, |row| row.case_id))
}

/// The case of an id.
pub async fn found(s: &kit::Services, id: Uuid) -> Result<cleanup_case::Model> {
    cleanup_case::Entity::find_by_id(id)
        .one(s.db.read())
        .await?
        .ok_or(Error::NotFound)
}
