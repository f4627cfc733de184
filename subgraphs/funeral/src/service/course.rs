//! The course of a case: every step moves its state by the rules, counts its version, and leaves an
//! entry that is never changed.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use minzheng_kit::contract::scope;
use minzheng_kit::{Error, Result, id};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder,
};
use serde_json::json;
use uuid::Uuid;

use super::act::{Act, same_version, unique};
use super::authority;
use super::people::group;
use crate::model::{case_entry, custody_link, funeral_case};
use crate::rules::terms::{CaseAct, CaseState, CorrectionReason, Holder};
use crate::rules::{case, custody, death, no_such_move};

/// Who may take a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Officers of the case's division.
    Officer,
    /// They, and the applicant.
    OfficerOrApplicant,
}

/// Loads a case for a step: it is there, the caller may act on it, and it is still as the caller saw it.
pub async fn load(act: &Act<'_>, case: Uuid, version: i64, by: By) -> Result<funeral_case::Model> {
    let row = funeral_case::Entity::find_by_id(case)
        .one(act.tx)
        .await?
        .ok_or(Error::Forbidden)?;
    let own = by == By::OfficerOrApplicant && authority::is_applicant(act.principal, &row);
    if !own {
        act.officer(scope::FUNERAL_CASE, row.division_id)?;
    }
    same_version(row.version, version)?;
    Ok(row)
}

/// Refuses a step on a case that has ended.
pub fn still_open(row: &funeral_case::Model) -> Result<()> {
    if case::is_open(row.state) {
        return Ok(());
    }
    Err(Error::Invalid(
        no_such_move("The case is no longer open.", "治丧案件已结束。").field(&["case"]),
    ))
}

/// A step in the course of a case.
pub struct Step {
    /// What was done.
    pub act: CaseAct,
    /// The state it leads to; none where the state stays.
    pub to: Option<CaseState>,
    /// The record it made or changed.
    pub record: Option<Uuid>,
    /// The entry it corrects, and why.
    pub corrects: Option<(Uuid, CorrectionReason)>,
}

impl Step {
    /// A step that leaves the state as it is.
    pub const fn note(act: CaseAct, record: Uuid) -> Self {
        Self {
            act,
            to: None,
            record: Some(record),
            corrects: None,
        }
    }

    /// A step that moves the state.
    pub const fn moves(act: CaseAct, to: CaseState, record: Option<Uuid>) -> Self {
        Self {
            act,
            to: Some(to),
            record,
            corrects: None,
        }
    }
}

/// Takes a step: the state by the rules, whatever else `change` sets, the version, the entry, the
/// history row and the event.
pub async fn step(
    act: &Act<'_>,
    row: &funeral_case::Model,
    step: Step,
    change: impl FnOnce(&mut funeral_case::ActiveModel),
) -> Result<funeral_case::Model> {
    // Nothing is done on a paper that nobody has seen, but to see it or to call the case off.
    if !matches!(step.act, CaseAct::PaperConfirmed | CaseAct::Cancelled) {
        death::confirmed(row.paper_pending)?;
    }
    let state = match step.to {
        Some(CaseState::Cancelled) => case::cancel(row.state, row.continues.is_some())?,
        Some(to) => case::advance(row.state, to)?,
        None => row.state,
    };
    let mut active: funeral_case::ActiveModel = row.clone().into();
    active.state = Set(state);
    active.version = Set(row.version + 1);
    change(&mut active);
    let after = active.update(act.tx).await?;
    entry(act, after.id, after.state, &step).await?;
    act.done(
        ("FuneralCase", after.id),
        "FuneralCaseAdvanced",
        Some(json!({ "state": row.state, "version": row.version })),
        json!({ "state": after.state, "version": after.version, "act": step.act, "record": step.record }),
    )
    .await?;
    Ok(after)
}

/// Leaves an entry.
pub async fn entry(act: &Act<'_>, case: Uuid, state: CaseState, step: &Step) -> Result<()> {
    let last = case_entry::Entity::find()
        .filter(case_entry::Column::CaseId.eq(case))
        .order_by_desc(case_entry::Column::Seq)
        .one(act.tx)
        .await?;
    let row = case_entry::ActiveModel {
        id: Set(id::new()),
        case_id: Set(case),
        seq: Set(last.map_or(1, |l| l.seq + 1)),
        act: Set(step.act),
        state: Set(state),
        at: Set(act.now),
        officer: Set(act.subject()),
        record_id: Set(step.record),
        corrects: Set(step.corrects.map(|(entry, _)| entry)),
        reason: Set(step.corrects.map(|(_, reason)| reason)),
    };
    case_entry::Entity::insert(row)
        .exec_without_returning(act.tx)
        .await?;
    Ok(())
}

/// What is handed over, and by whom it is checked.
#[derive(Clone, Debug, Default)]
pub struct Handover {
    /// Number of the box of ashes.
    pub box_no: Option<String>,
    /// The second officer.
    pub checker: Option<String>,
}

/// How many cases a chain of custody is followed back through.
const LONGEST_CHAIN: usize = 20;

/// The last link of a chain; that of the case before where this one continues it and has none of its own.
async fn last_link(act: &Act<'_>, row: &funeral_case::Model) -> Result<Option<custody::Link>> {
    let (mut case, mut before) = (row.id, row.continues);
    for _ in 0..LONGEST_CHAIN {
        let last = custody_link::Entity::find()
            .filter(custody_link::Column::CaseId.eq(case))
            .order_by_desc(custody_link::Column::Seq)
            .one(act.tx)
            .await?;
        if let Some(last) = last {
            return Ok(Some(link_of(&last)));
        }
        let Some(earlier) = before else { break };
        case = earlier;
        before = funeral_case::Entity::find_by_id(earlier)
            .one(act.tx)
            .await?
            .and_then(|c| c.continues);
    }
    Ok(None)
}

/// F-15: adds a link to the chain of custody. A case that was already under way before chains were
/// kept begins its chain where it stands; one that continues an earlier case goes on with its chain.
pub async fn hand_over(
    act: &Act<'_>,
    row: &funeral_case::Model,
    from: Option<Holder>,
    to: Holder,
    at: DateTime<Utc>,
    what: Handover,
) -> Result<()> {
    let last = last_link(act, row).await?;
    let from = from
        .or_else(|| last.map(|l| l.to))
        .unwrap_or(Holder::Family);
    let begun_before = last.is_none() && row.state > CaseState::Collecting;
    let link = if begun_before {
        custody::Link {
            seq: 1,
            from,
            to,
            at,
        }
    } else {
        custody::next_link(last.as_ref(), from, to, at)?
    };
    let row = custody_link::ActiveModel {
        id: Set(id::new()),
        case_id: Set(row.id),
        seq: Set(link.seq),
        giver: Set(link.from),
        taker: Set(link.to),
        at: Set(link.at),
        box_no: Set(what.box_no),
        officer: Set(act.subject()),
        checker: Set(what.checker),
    };
    custody_link::Entity::insert(row)
        .exec_without_returning(act.tx)
        .await
        .map_err(|e| {
            unique(e, || {
                no_such_move(
                    "Someone else continued the chain of custody.",
                    "保管交接已由他人登记。",
                )
            })
        })?;
    Ok(())
}

/// A link as the rule sees it.
pub fn link_of(row: &custody_link::Model) -> custody::Link {
    custody::Link {
        seq: row.seq,
        from: row.giver,
        to: row.taker,
        at: row.at,
    }
}

/// The courses of cases, in order, with one statement.
pub async fn timelines<C: ConnectionTrait>(
    c: &C,
    cases: &[Uuid],
) -> Result<HashMap<Uuid, Vec<case_entry::Model>>> {
    let rows = case_entry::Entity::find()
        .filter(case_entry::Column::CaseId.is_in(cases.iter().copied()))
        .order_by_asc(case_entry::Column::CaseId)
        .order_by_asc(case_entry::Column::Seq)
        .all(c)
        .await?;
    Ok(group(rows, usize::MAX, |e| e.case_id))
}

/// The chains of custody of cases, in order, with one statement.
pub async fn chains<C: ConnectionTrait>(
    c: &C,
    cases: &[Uuid],
) -> Result<HashMap<Uuid, Vec<custody_link::Model>>> {
    let rows = custody_link::Entity::find()
        .filter(custody_link::Column::CaseId.is_in(cases.iter().copied()))
        .order_by_asc(custody_link::Column::CaseId)
        .order_by_asc(custody_link::Column::Seq)
        .all(c)
        .await?;
    Ok(group(rows, usize::MAX, |l| l.case_id))
}
