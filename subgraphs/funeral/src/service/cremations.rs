//! Cremation and the ashes after it: F-1, F-15 and F-16.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use minzheng_kit::clock::legal_day;
use minzheng_kit::contract::scope;
use minzheng_kit::divisions::assignment::number_under;
use minzheng_kit::officer::Officer;
use minzheng_kit::{Error, Result, UserError, id};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder,
};
use uuid::Uuid;

use super::act::{Act, short, unique, unknown};
use super::collection::{self, Seen};
use super::course::{self, By, Handover, Step};
use super::people::group;
use super::{halls, month_of, proposals};
use crate::model::{
    ashes_custody, ashes_release, body_storage, case_entry, cremation, death_record, funeral_case,
    sealed,
};
use crate::rules::case::{cremation_times, custody as custody_kept};
use crate::rules::terms::{
    CaseAct, CaseState, CorrectionReason, Holder, KinRelation, ReleaseState,
};
use crate::rules::{burial, custody, death, no_such_move, proposal, unclaimed};

/// When and where a body was cremated.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// Number of the cremator.
    pub cremator: i32,
    /// When it began.
    pub started: DateTime<Utc>,
    /// When it ended.
    pub ended: DateTime<Utc>,
}

/// F-1, F-16: records a cremation; the death paper is checked again, and the notice for an unclaimed body must
/// have run.
pub async fn record(act: &Act<'_>, seen: Seen, times: Times) -> Result<Uuid> {
    let row = course::load(act, seen.case, seen.version, By::Officer).await?;
    crate::rules::case::advance(row.state, CaseState::Cremated)?;
    let paper = paper_of_body(act, &row).await?;
    claimed_or_noticed(act, &row, legal_day(times.started)).await?;
    let stored = collection::stored(act, row.id).await?;
    let checked = check(act, &row, stored.as_ref(), &times).await?;
    let key = id::new();
    let made = cremation_row(act, key, &row, checked, &paper, None)?;
    cremation::Entity::insert(made)
        .exec_without_returning(act.tx)
        .await
        .map_err(|e| {
            unique(e, || {
                no_such_move("The cremation is recorded already.", "火化已登记。")
            })
        })?;
    if let Some(stored) = stored {
        let mut stored: body_storage::ActiveModel = stored.into();
        stored.left_at = Set(Some(times.started));
        stored.update(act.tx).await?;
    }
    halls::call_off(act, row.id).await?;
    course::hand_over(
        act,
        &row,
        Some(Holder::Store),
        Holder::Cremator,
        times.started,
        Handover::default(),
    )
    .await?;
    let on = legal_day(times.ended);
    course::step(
        act,
        &row,
        Step::moves(CaseAct::Cremated, CaseState::Cremated, Some(key)),
        |case| {
            case.cremated_on = Set(Some(on));
            case.cremated_month = Set(Some(month_of(on)));
        },
    )
    .await?;
    Ok(row.id)
}

/// F-16: the body is somebody's, or its notice has run by the day on which it is cremated or buried.
pub async fn claimed_or_noticed(
    act: &Act<'_>,
    row: &funeral_case::Model,
    on: NaiveDate,
) -> Result<()> {
    let kin = super::confirmation::kin_of(act.tx, &[row.id]).await?;
    let claim = unclaimed::Claim {
        relation: row.relation,
        kin_known: !kin.is_empty(),
        mandate: row.mandate.is_some(),
    };
    let notice = collection::notices(act.tx, &[row.id])
        .await?
        .remove(&row.id);
    let notice = notice.map(|n| unclaimed::Notice {
        police_notified_on: n.police_notified_on,
        published_on: n.published_on,
        claimed_on: n.claimed_on,
    });
    Ok(unclaimed::may_dispose(
        &claim,
        notice.as_ref(),
        on,
        &act.rules(),
    )?)
}

/// F-1: the record of the death, whose paper lets a body be cremated or buried.
pub async fn paper_of_body(
    act: &Act<'_>,
    row: &funeral_case::Model,
) -> Result<death_record::Model> {
    death::confirmed(row.paper_pending)?;
    let record = death_of(act, row).await?;
    death::of_a_body(record.paper_kind)?;
    Ok(record)
}

async fn death_of(act: &Act<'_>, row: &funeral_case::Model) -> Result<death_record::Model> {
    let record = death_record::Entity::find_by_id(row.death_id)
        .one(act.tx)
        .await?
        .filter(|d| d.revoked_on.is_none())
        .ok_or_else(|| unknown("case", "No death is on record.", "无有效死亡登记。"))?;
    let columns = act.services.columns.load(act.tx).await?;
    let row = record.id.to_string();
    let number = columns.decrypt_text(&sealed::DEATH_PAPER, &row, &record.paper_number)?;
    death::death_paper(
        &death::DeathPaper {
            kind: record.paper_kind,
            number: &number,
            natural: record.natural,
            died_on: record.died_on,
        },
        act.today,
    )?;
    Ok(record)
}

async fn check(
    act: &Act<'_>,
    row: &funeral_case::Model,
    stored: Option<&body_storage::Model>,
    times: &Times,
) -> Result<Times> {
    cremation_times(
        stored.map(|s| s.from_at),
        times.started,
        times.ended,
        act.now,
    )?;
    let home = super::facilities::by_ids(act.tx, &[row.facility_id]).await?;
    let cremators = home.get(&row.facility_id).map_or(0, |f| f.cremators);
    if (1..=cremators).contains(&times.cremator) {
        return Ok(*times);
    }
    Err(Error::Invalid(
        UserError::new(
            "CREMATOR_UNKNOWN",
            "The home has no such cremator.",
            "该馆没有该编号的火化炉。",
        )
        .field(&["cremator"]),
    ))
}

fn cremation_row(
    act: &Act<'_>,
    key: Uuid,
    row: &funeral_case::Model,
    times: Times,
    paper: &death_record::Model,
    corrects: Option<&cremation::Model>,
) -> Result<cremation::ActiveModel> {
    let certificate_no = match corrects {
        // A correction keeps the number that was printed.
        Some(printed) => printed.certificate_no.clone(),
        None => {
            let now = act.principal.divisions.successor(&row.division_id);
            let code = number_under(now.map(|d| d.code.as_str()))?;
            let day = legal_day(times.ended).format("%Y%m%d").to_string();
            let tail = row.id.simple().to_string().split_off(22).to_uppercase();
            format!("HH{code}-{day}-{tail}")
        }
    };
    Ok(cremation::ActiveModel {
        id: Set(key),
        case_id: Set(row.id),
        certificate_no: Set(certificate_no),
        cremator: Set(times.cremator),
        started_at: Set(times.started),
        ended_at: Set(times.ended),
        officer: Set(act.subject()),
        paper_kind: Set(paper.paper_kind),
        corrects: Set(corrects.map(|c| c.id)),
        superseded: Set(false),
    })
}

/// Corrects a cremation by a new row; the old one stays and is marked.
pub async fn correct(
    act: &Act<'_>,
    seen: Seen,
    times: Times,
    reason: CorrectionReason,
) -> Result<Uuid> {
    let row = course::load(act, seen.case, seen.version, By::Officer).await?;
    let old = of_cases(act.tx, &[row.id])
        .await?
        .remove(&row.id)
        .ok_or_else(|| unknown("case", "No cremation is recorded.", "本案无火化登记。"))?;
    let paper = paper_of_body(act, &row).await?;
    // A corrected day is judged as the first one was: the notice for an unclaimed body had run by then.
    claimed_or_noticed(act, &row, legal_day(times.started)).await?;
    let stored = collection::storages(act.tx, &[row.id])
        .await?
        .remove(&row.id)
        .and_then(|mut s| s.pop());
    let times = check(act, &row, stored.as_ref(), &times).await?;
    let kept = custodies(act.tx, &[row.id]).await?;
    let kept = kept.get(&row.id).and_then(|kept| kept.first());
    custody::after_cremation(times.ended, kept.map(|k| k.from_at))?;
    let laid = super::interments::of_cases(act.tx, &[row.id]).await?;
    if let Some(laid) = laid.get(&row.id) {
        let on = legal_day(times.ended);
        burial::interment_day(laid.interred_on, None, Some(on), act.today)?;
    }
    let key = id::new();
    let made = cremation_row(act, key, &row, times, &paper, Some(&old))?;
    let entry = entry_of(act, row.id, old.id).await?;
    let mut old: cremation::ActiveModel = old.into();
    old.superseded = Set(true);
    old.update(act.tx).await?;
    cremation::Entity::insert(made)
        .exec_without_returning(act.tx)
        .await?;
    // The body left the store for this cremation, and is counted there until then (F-14).
    if let Some(stored) = stored {
        let mut stored: body_storage::ActiveModel = stored.into();
        stored.left_at = Set(Some(times.started));
        stored.update(act.tx).await?;
    }
    let on = legal_day(times.ended);
    let step = Step {
        corrects: Some((entry, reason)),
        ..Step::note(CaseAct::Corrected, key)
    };
    course::step(act, &row, step, |case| {
        case.cremated_on = Set(Some(on));
        case.cremated_month = Set(Some(month_of(on)));
    })
    .await?;
    Ok(row.id)
}

/// The entry that a record stands behind; the record itself where the case is older than its course.
pub async fn entry_of(act: &Act<'_>, case: Uuid, record: Uuid) -> Result<Uuid> {
    let found = case_entry::Entity::find()
        .filter(case_entry::Column::CaseId.eq(case))
        .filter(case_entry::Column::RecordId.eq(record))
        .order_by_desc(case_entry::Column::Seq)
        .one(act.tx)
        .await?;
    Ok(found.map_or(record, |e| e.id))
}

/// F-15: the ashes are taken into custody, in a box of their own.
pub async fn take_into_custody(
    act: &Act<'_>,
    seen: Seen,
    box_no: &str,
    paid_until: Option<NaiveDate>,
) -> Result<Uuid> {
    let row = course::load(act, seen.case, seen.version, By::Officer).await?;
    let interred = super::interments::of_cases(act.tx, &[row.id])
        .await?
        .remove(&row.id);
    custody_kept(
        interred.as_ref().map(|i| i.kind),
        interred.as_ref().is_none_or(|i| i.keeps_ashes),
    )?;
    let box_no = short(box_no, "boxNo", 30)?.to_owned();
    let paid_until = custody::paid_until(paid_until, act.today, &act.rules())?;
    let key = id::new();
    let kept = ashes_custody::ActiveModel {
        id: Set(key),
        case_id: Set(row.id),
        facility_id: Set(row.facility_id),
        box_no: Set(box_no.clone()),
        from_at: Set(act.now),
        paid_until: Set(paid_until),
        ended_at: Set(None),
    };
    ashes_custody::Entity::insert(kept)
        .exec_without_returning(act.tx)
        .await
        .map_err(|e| {
            unique(e, || {
                UserError::new("BOX_TAKEN", "This box is taken.", "该寄存位已占用。")
                    .field(&["boxNo"])
            })
        })?;
    let what = Handover {
        box_no: Some(box_no),
        checker: None,
    };
    // Ashes of an earlier case come from whoever held them last.
    let from = row.continues.is_none().then_some(Holder::Cremator);
    course::hand_over(act, &row, from, Holder::AshStore, act.now, what).await?;
    course::step(
        act,
        &row,
        Step::moves(CaseAct::AshesTaken, CaseState::AshesInCustody, Some(key)),
        |_| (),
    )
    .await?;
    Ok(row.id)
}

/// The custody that is running for a case.
pub async fn in_custody(act: &Act<'_>, case: Uuid) -> Result<Option<ashes_custody::Model>> {
    Ok(ashes_custody::Entity::find()
        .filter(ashes_custody::Column::CaseId.eq(case))
        .filter(ashes_custody::Column::EndedAt.is_null())
        .one(act.tx)
        .await?)
}

/// Ends the custody of a case, if one runs; answers its box.
pub async fn end_custody(act: &Act<'_>, case: Uuid) -> Result<Option<String>> {
    let Some(kept) = in_custody(act, case).await? else {
        return Ok(None);
    };
    let box_no = kept.box_no.clone();
    let mut kept: ashes_custody::ActiveModel = kept.into();
    kept.ended_at = Set(Some(act.now));
    kept.update(act.tx).await?;
    Ok(Some(box_no))
}

/// To whom ashes are to be given.
#[derive(Clone, Debug)]
pub struct Receiver {
    /// Token of the person.
    pub token: String,
    /// What they are to the deceased.
    pub relation: KinRelation,
    /// Number of the written authority.
    pub authority: Option<String>,
}

/// F-15: a first officer asks for the release of ashes.
pub async fn ask_release(act: &Act<'_>, seen: Seen, to: &Receiver) -> Result<Uuid> {
    let row = course::load(act, seen.case, seen.version, By::Officer).await?;
    if in_custody(act, row.id).await?.is_none() {
        return Err(Error::Invalid(no_such_move(
            "No ashes are kept in this case.",
            "本案无寄存骨灰。",
        )));
    }
    custody::not_their_own(act.as_officer(), &to.token)?;
    proposals::end_lapsed_release(act, row.id).await?;
    custody::receiver(&custody::Receiver {
        is_applicant: to.token == row.applicant,
        authority: to.authority.as_deref(),
        relation: to.relation,
    })?;
    let key = id::new();
    let authority = match to.authority.as_deref() {
        Some(number) => Some(act.seal(&sealed::AUTHORITY, key, number.trim()).await?),
        None => None,
    };
    let asked = ashes_release::ActiveModel {
        id: Set(key),
        case_id: Set(row.id),
        receiver: Set(to.token.clone()),
        relation: Set(to.relation),
        authority: Set(authority),
        state: Set(ReleaseState::Asked),
        asked_by: Set(act.subject()),
        asked_person: Set(act.principal.person.clone()),
        asked_at: Set(act.now),
        confirmed_by: Set(None),
        confirmed_at: Set(None),
    };
    ashes_release::Entity::insert(asked)
        .exec_without_returning(act.tx)
        .await
        .map_err(|e| {
            unique(e, || {
                no_such_move("A release is under way already.", "已有领取申请。")
            })
        })?;
    course::step(act, &row, Step::note(CaseAct::ReleaseAsked, key), |_| ()).await?;
    Ok(row.id)
}

/// F-15: a second officer confirms the release, or withdraws it.
pub async fn confirm_release(act: &Act<'_>, seen: Seen, confirm: bool) -> Result<Uuid> {
    let row = course::load(act, seen.case, seen.version, By::Officer).await?;
    act.officer(scope::FUNERAL_CASE, row.division_id)?;
    let asked = releases(act.tx, &[row.id])
        .await?
        .remove(&row.id)
        .ok_or_else(|| unknown("case", "No release was asked for.", "本案无领取申请。"))?;
    let key = asked.id;
    if matches!(asked.state, ReleaseState::Asked | ReleaseState::Expired) {
        proposal::in_time(asked.asked_at, act.now, &act.rules())?;
    }
    if confirm {
        let first = Officer {
            account: asked.asked_by.as_deref(),
            person: asked.asked_person.as_deref(),
        };
        custody::second_person(asked.state, first, act.as_officer(), &asked.receiver)?;
    } else if asked.state != ReleaseState::Asked {
        return Err(Error::Invalid(no_such_move(
            "The ashes were released already.",
            "骨灰已领取。",
        )));
    }
    let first = asked.asked_by.clone();
    let mut asked: ashes_release::ActiveModel = asked.into();
    asked.state = Set(if confirm {
        ReleaseState::Confirmed
    } else {
        ReleaseState::Withdrawn
    });
    asked.confirmed_by = Set(act.subject());
    asked.confirmed_at = Set(Some(act.now));
    asked.update(act.tx).await?;
    if confirm {
        let box_no = end_custody(act, row.id).await?;
        let what = Handover {
            box_no,
            checker: first,
        };
        course::hand_over(
            act,
            &row,
            Some(Holder::AshStore),
            Holder::Family,
            act.now,
            what,
        )
        .await?;
    }
    let done = if confirm {
        CaseAct::AshesReleased
    } else {
        CaseAct::Corrected
    };
    course::step(act, &row, Step::note(done, key), |_| ()).await?;
    Ok(row.id)
}

/// The cremations of cases as they stand after corrections, with one statement.
pub async fn of_cases<C: ConnectionTrait>(
    c: &C,
    cases: &[Uuid],
) -> Result<HashMap<Uuid, cremation::Model>> {
    let rows = cremation::Entity::find()
        .filter(cremation::Column::CaseId.is_in(cases.iter().copied()))
        .filter(cremation::Column::Superseded.eq(false))
        .all(c)
        .await?;
    Ok(rows.into_iter().map(|r| (r.case_id, r)).collect())
}

/// The custodies of cases, oldest first, with one statement.
pub async fn custodies<C: ConnectionTrait>(
    c: &C,
    cases: &[Uuid],
) -> Result<HashMap<Uuid, Vec<ashes_custody::Model>>> {
    let rows = ashes_custody::Entity::find()
        .filter(ashes_custody::Column::CaseId.is_in(cases.iter().copied()))
        .order_by_asc(ashes_custody::Column::FromAt)
        .all(c)
        .await?;
    Ok(group(rows, usize::MAX, |r| r.case_id))
}

/// The latest releases of cases that were not withdrawn, those that ran out among them, with one statement.
pub async fn releases<C: ConnectionTrait>(
    c: &C,
    cases: &[Uuid],
) -> Result<HashMap<Uuid, ashes_release::Model>> {
    let rows = ashes_release::Entity::find()
        .filter(ashes_release::Column::CaseId.is_in(cases.iter().copied()))
        .filter(ashes_release::Column::State.ne(ReleaseState::Withdrawn))
        .order_by_asc(ashes_release::Column::AskedAt)
        .order_by_asc(ashes_release::Column::Id)
        .all(c)
        .await?;
    Ok(rows.into_iter().map(|r| (r.case_id, r)).collect())
}
