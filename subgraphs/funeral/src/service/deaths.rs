//! A death after it was recorded: corrections by new entries, each told to the others once, and what near
//! kin ask for the dead. F-19 and F-20.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use minzheng_kit::contract::scope as contract_scope;
use minzheng_kit::events::{self, DeathCorrected, DeathRevoked, Event, Known};
use minzheng_kit::mutation::history;
use minzheng_kit::officer::Officer;
use minzheng_kit::{Error, Result, UserError, id};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder,
};
use serde_json::json;
use uuid::Uuid;

use super::act::{Act, same_version, short, unique, unknown};
use super::confirmation;
use super::people::group;
use super::proposals;
use crate::model::{
    case_entry, death_correction, death_record, death_revocation, funeral_case, kin_request, sealed,
};
use crate::rules::death::Revocation;
use crate::rules::terms::{
    CorrectionReason, DeathPaperKind, KinRequestState, KinRight, RevocationState,
};
use crate::rules::{death, kin, no_such_move, proposal};

/// What a record of a death is corrected to.
#[derive(Clone, Debug)]
pub struct Correction {
    /// Why.
    pub reason: CorrectionReason,
    /// Day of death.
    pub died_on: NaiveDate,
    /// Who attested it.
    pub paper_kind: DeathPaperKind,
    /// Number of the paper.
    pub paper_number: String,
    /// Whether it was natural.
    pub natural: Option<bool>,
    /// The person that the paper names, by their token, and their day of birth, where it was entered.
    pub deceased: Option<(String, NaiveDate)>,
}

async fn load(act: &Act<'_>, record: Uuid, version: i64) -> Result<death_record::Model> {
    let row = death_record::Entity::find_by_id(record)
        .one(act.tx)
        .await?
        .ok_or(Error::Forbidden)?;
    act.officer(contract_scope::FUNERAL_CASE, row.division_id)?;
    same_version(row.version, version)?;
    if row.revoked_on.is_some() {
        return Err(Error::Invalid(no_such_move(
            "The record was taken back.",
            "该死亡登记已撤销。",
        )));
    }
    Ok(row)
}

/// Corrects a record of a death: what stood there stays as an entry, and the others are told. The day lies not
/// after what was done with the body, and not before the birth where the paper's number is entered with it.
pub async fn correct(act: &Act<'_>, record: Uuid, version: i64, to: &Correction) -> Result<Uuid> {
    let row = load(act, record, version).await?;
    death::death_paper(
        &death::DeathPaper {
            kind: to.paper_kind,
            number: &to.paper_number,
            natural: to.natural,
            died_on: to.died_on,
        },
        act.today,
    )?;
    if let Some((person, born_on)) = &to.deceased {
        if *person != row.deceased {
            return Err(Error::Invalid(
                UserError::new(
                    "PAPER_OF_ANOTHER",
                    "The paper names another person than the record.",
                    "死亡证明所载人员与登记不一致。",
                )
                .field(&["deceased"]),
            ));
        }
        death::after_birth(to.died_on, *born_on)?;
    }
    death::before_the_course(to.died_on, earliest_step(act, record).await?)?;
    keep(act, &row, to.reason, false).await?;
    let paper = to.paper_number.trim();
    let paper = act.seal(&sealed::DEATH_PAPER, row.id, paper).await?;
    let mut active: death_record::ActiveModel = row.clone().into();
    active.died_on = Set(to.died_on);
    active.paper_kind = Set(to.paper_kind);
    active.paper_number = Set(paper);
    active.natural = Set(to.natural);
    active.version = Set(version + 1);
    active.update(act.tx).await?;
    let told = DeathCorrected {
        person: row.deceased.clone(),
        died_on: to.died_on,
        record,
        revision: version + 1,
    };
    tell(act, &row, &told).await?;
    Ok(record)
}

/// The first day on which something was done with the body of a recorded death.
async fn earliest_step(act: &Act<'_>, record: Uuid) -> Result<Option<NaiveDate>> {
    let cases = funeral_case::Entity::find()
        .filter(funeral_case::Column::DeathId.eq(record))
        .all(act.tx)
        .await?;
    let ids: Vec<Uuid> = cases.iter().map(|c| c.id).collect();
    let stored = super::collection::storages(act.tx, &ids).await?;
    let received = stored
        .values()
        .flatten()
        .map(|s| minzheng_kit::clock::legal_day(s.from_at));
    let laid = super::interments::of_cases(act.tx, &ids).await?;
    let laid = laid.values().map(|i| i.interred_on);
    Ok(cases
        .iter()
        .filter_map(|c| c.cremated_on)
        .chain(received)
        .chain(laid)
        .min())
}

/// 民法典 50, F-19: takes a recorded death back: at once where a court has set its declaration aside, on other
/// grounds when a second officer has confirmed it ([`confirm_revocation`]).
pub async fn revoke(
    act: &Act<'_>,
    record: Uuid,
    version: i64,
    reason: CorrectionReason,
    paper: Option<&str>,
) -> Result<Uuid> {
    let row = load(act, record, version).await?;
    // Nobody is the officer of their own matter.
    if act.as_officer().is_among([row.deceased.as_str()]) {
        return Err(Error::Forbidden);
    }
    let how = death::may_revoke(row.paper_kind, reason)?;
    no_case_runs(act, &row).await?;
    if how == Revocation::AtOnce {
        return take_back(act, &row, reason).await;
    }
    proposals::end_lapsed_revocation(act, record).await?;
    let key = id::new();
    let paper = short(paper.unwrap_or(""), "paper", 60)?;
    let asked = death_revocation::ActiveModel {
        id: Set(key),
        death_id: Set(record),
        reason: Set(reason),
        paper: Set(Some(act.seal(&sealed::REVOCATION_PAPER, key, paper).await?)),
        state: Set(RevocationState::Asked),
        asked_by: Set(act.subject()),
        asked_person: Set(act.principal.person.clone()),
        asked_at: Set(act.now),
        confirmed_by: Set(None),
        confirmed_at: Set(None),
    };
    death_revocation::Entity::insert(asked)
        .exec_without_returning(act.tx)
        .await
        .map_err(|e| {
            unique(e, || {
                no_such_move("A revocation is under way already.", "已有撤销申请。")
                    .field(&["record"])
            })
        })?;
    act.done(
        ("DeathRecord", record),
        "DeathRevocationAsked",
        None,
        json!({ "revocation": key, "reason": reason }),
    )
    .await?;
    Ok(record)
}

/// F-19: a second officer confirms that a death is taken back, or withdraws it.
pub async fn confirm_revocation(
    act: &Act<'_>,
    record: Uuid,
    version: i64,
    confirm: bool,
) -> Result<Uuid> {
    let row = load(act, record, version).await?;
    let asked = revocation_of(act.tx, record)
        .await?
        .filter(|asked| {
            matches!(
                asked.state,
                RevocationState::Asked | RevocationState::Expired
            )
        })
        .ok_or_else(|| {
            unknown(
                "record",
                "No revocation of this death was asked for.",
                "该死亡登记无撤销申请。",
            )
        })?;
    let (key, reason) = (asked.id, asked.reason);
    proposal::in_time(asked.asked_at, act.now, &act.rules())?;
    if confirm {
        let first = Officer {
            account: asked.asked_by.as_deref(),
            person: asked.asked_person.as_deref(),
        };
        death::second_officer(asked.state, first, act.as_officer(), &row.deceased)?;
        // What was right when it was asked for must still be.
        death::may_revoke(row.paper_kind, reason)?;
        no_case_runs(act, &row).await?;
    }
    let state = if confirm {
        RevocationState::Confirmed
    } else {
        RevocationState::Withdrawn
    };
    let mut asked: death_revocation::ActiveModel = asked.into();
    asked.state = Set(state);
    asked.confirmed_by = Set(act.subject());
    asked.confirmed_at = Set(Some(act.now));
    asked.update(act.tx).await?;
    act.done(
        ("DeathRecord", record),
        "DeathRevocationDecided",
        Some(json!({ "revocation": key, "state": RevocationState::Asked })),
        json!({ "revocation": key, "state": state }),
    )
    .await?;
    if confirm {
        take_back(act, &row, reason).await?;
    }
    Ok(record)
}

async fn no_case_runs(act: &Act<'_>, row: &death_record::Model) -> Result<()> {
    let running = super::cases::open_case_of(act.tx, &row.deceased).await?;
    if running.is_none() {
        return Ok(());
    }
    Err(Error::Invalid(no_such_move(
        "A case of this person is open; call it off first.",
        "该人员有在办治丧案件，请先取消。",
    )))
}

async fn take_back(
    act: &Act<'_>,
    row: &death_record::Model,
    reason: CorrectionReason,
) -> Result<Uuid> {
    keep(act, row, reason, true).await?;
    let (record, version) = (row.id, row.version);
    let mut active: death_record::ActiveModel = row.clone().into();
    active.revoked_on = Set(Some(act.today));
    active.version = Set(version + 1);
    active.update(act.tx).await?;
    let told = DeathRevoked {
        person: row.deceased.clone(),
        record,
        revision: version + 1,
    };
    tell(act, row, &told).await?;
    Ok(record)
}

/// The latest revocation of a record that was asked for; none where nobody did.
pub async fn revocation_of<C: ConnectionTrait>(
    c: &C,
    record: Uuid,
) -> Result<Option<death_revocation::Model>> {
    Ok(death_revocation::Entity::find()
        .filter(death_revocation::Column::DeathId.eq(record))
        .order_by_desc(death_revocation::Column::AskedAt)
        .order_by_desc(death_revocation::Column::Id)
        .one(c)
        .await?)
}

/// The revocations that wait for a second officer in a division and below it, oldest first, at most `limit`; those
/// that were asked for at `lapsed` or before have waited too long.
pub async fn revocations_waiting<C: ConnectionTrait>(
    c: &C,
    division: Uuid,
    lapsed: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<death_revocation::Model>> {
    use sea_orm::{QuerySelect, QueryTrait};
    let records = death_record::Entity::find()
        .select_only()
        .column(death_record::Column::Id)
        .filter(
            death_record::Column::DivisionId.in_subquery(super::facilities::divisions_in(division)),
        )
        .into_query();
    Ok(death_revocation::Entity::find()
        .filter(death_revocation::Column::State.eq(RevocationState::Asked))
        .filter(death_revocation::Column::AskedAt.gt(lapsed))
        .filter(death_revocation::Column::DeathId.in_subquery(records))
        .order_by_asc(death_revocation::Column::AskedAt)
        .limit(limit)
        .all(c)
        .await?)
}

async fn keep(
    act: &Act<'_>,
    row: &death_record::Model,
    reason: CorrectionReason,
    revokes: bool,
) -> Result<()> {
    let entry = death_correction::ActiveModel {
        id: Set(id::new()),
        death_id: Set(row.id),
        version: Set(row.version + 1),
        reason: Set(reason),
        was_died_on: Set(row.died_on),
        was_paper_kind: Set(row.paper_kind),
        was_natural: Set(row.natural),
        revokes: Set(revokes),
        corrected_at: Set(act.now),
        officer: Set(act.subject()),
    };
    death_correction::Entity::insert(entry)
        .exec_without_returning(act.tx)
        .await?;
    Ok(())
}

/// Tells of a correction, once: its key is made of the record and its version.
async fn tell<K: Known>(act: &Act<'_>, row: &death_record::Model, told: &K) -> Result<()> {
    history(
        act.tx,
        "DeathRecord",
        &row.id.to_string(),
        act.principal,
        Some(json!({ "version": row.version })),
        Some(json!({ "version": row.version + 1, "event": K::KIND })),
    )
    .await?;
    events::emit(act.tx, &Event::of(told, act.now)?).await
}

/// The corrections of records, oldest first, with one statement.
pub async fn corrections<C: ConnectionTrait>(
    c: &C,
    records: &[Uuid],
) -> Result<HashMap<Uuid, Vec<death_correction::Model>>> {
    let rows = death_correction::Entity::find()
        .filter(death_correction::Column::DeathId.is_in(records.iter().copied()))
        .order_by_asc(death_correction::Column::Version)
        .all(c)
        .await?;
    Ok(group(rows, usize::MAX, |r| r.death_id))
}

/// F-20: near kin on record ask to see, correct or delete what is kept of the dead.
pub async fn ask(act: &Act<'_>, case: Uuid, right: KinRight) -> Result<Uuid> {
    let me = act.person()?;
    let row = funeral_case::Entity::find_by_id(case)
        .one(act.tx)
        .await?
        .ok_or(Error::Forbidden)?;
    let relation = confirmation::proved(act.tx, &row, me).await?;
    // Who is neither the applicant nor on record learns nothing of the case.
    if row.applicant != me && relation.is_none() {
        return Err(Error::Forbidden);
    }
    death::confirmed(row.paper_pending)?;
    kin::may_ask(relation)?;
    let key = id::new();
    let asked = kin_request::ActiveModel {
        id: Set(key),
        case_id: Set(case),
        asker: Set(me.to_owned()),
        kin_right: Set(right),
        state: Set(KinRequestState::Open),
        asked_on: Set(act.today),
        due_on: Set(kin::answer_due(act.today, &act.rules()).day),
        decided_on: Set(None),
        version: Set(1),
    };
    kin_request::Entity::insert(asked)
        .exec_without_returning(act.tx)
        .await
        .map_err(|e| {
            unique(e, || {
                UserError::new(
                    "ASKED_ALREADY",
                    "This was asked for already and is open.",
                    "同类请求正在处理。",
                )
                .basis(kin::ARTICLE)
            })
        })?;
    act.done(
        ("KinRequest", key),
        "KinRightUsed",
        None,
        json!({ "right": right, "case": case }),
    )
    .await?;
    Ok(key)
}

/// Whether something of a case or its death was corrected since a legal day.
async fn corrected_since(
    act: &Act<'_>,
    case: &funeral_case::Model,
    since: NaiveDate,
) -> Result<bool> {
    // A legal day begins at midnight in Shanghai.
    let since = since.and_time(NaiveTime::MIN).and_utc() - TimeDelta::hours(8);
    let of_death = death_correction::Entity::find()
        .filter(death_correction::Column::DeathId.eq(case.death_id))
        .filter(death_correction::Column::CorrectedAt.gte(since))
        .one(act.tx)
        .await?;
    if of_death.is_some() {
        return Ok(true);
    }
    let of_course = case_entry::Entity::find()
        .filter(case_entry::Column::CaseId.eq(case.id))
        .filter(case_entry::Column::Corrects.is_not_null())
        .filter(case_entry::Column::At.gte(since))
        .one(act.tx)
        .await?;
    Ok(of_course.is_some())
}

/// F-20: an officer decides a request.
pub async fn decide(act: &Act<'_>, request: Uuid, version: i64, grant: bool) -> Result<Uuid> {
    let row = kin_request::Entity::find_by_id(request)
        .one(act.tx)
        .await?
        .ok_or(Error::Forbidden)?;
    let case = funeral_case::Entity::find_by_id(row.case_id)
        .one(act.tx)
        .await?
        .ok_or(Error::Forbidden)?;
    act.officer(contract_scope::FUNERAL_CASE, case.division_id)?;
    same_version(row.version, version)?;
    let corrected = corrected_since(act, &case, row.asked_on).await?;
    let state = kin::decide(row.state, row.kin_right, grant, corrected)?;
    let before = row.state;
    let mut row: kin_request::ActiveModel = row.into();
    row.state = Set(state);
    row.decided_on = Set(Some(act.today));
    row.version = Set(version + 1);
    row.update(act.tx).await?;
    act.done(
        ("KinRequest", request),
        "KinRequestDecided",
        Some(json!({ "state": before })),
        json!({ "state": state }),
    )
    .await?;
    Ok(request)
}
