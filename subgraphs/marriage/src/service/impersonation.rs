//! Cases of impersonation: while one is open both persons are `DISPUTED` and nothing is registered
//! for them in silence; two officers end it, on the word of a court, a prosecutor or the police.

use super::act::{Act, add, same_version, save};
use super::couple::Known;
use super::office::{self, Trail, UNDECIDED};
use super::{certificates, corrections, counter, court, ledger, two_marriages};
use crate::kit::officer::Officer;
use crate::kit::{Error, Result};
use crate::model::{case_evidence, impersonation_case, marriage_record, sealed};
use crate::rules::Refusal;
use crate::rules::elsewhere::CORRECTION_NOT_SHARED;
use crate::rules::impersonation::{
    EvidenceKind, Ground, divorce_behind_death, not_dismissed, not_revoked, two_officers,
};
use crate::rules::ledger::{LedgerEvent, death_in};
use crate::rules::record::{Correction, RecordState, is_expired, may_change};
use chrono::NaiveDate;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::Serialize;
use serde_json::json;
use std::collections::HashMap;
use uuid::Uuid;

/// What is needed to open a case.
#[derive(Clone, Debug, Serialize)]
pub struct Open {
    /// The registry that handles it.
    pub registry: Uuid,
    /// The marriage record.
    pub record: Uuid,
    /// The person whose identity was used.
    pub complainant: Known,
}

/// Opens a case about a record.
pub async fn open(act: Act<'_>, what: &Open) -> Result<Uuid> {
    act.office(what.registry).await?;
    let record = record(&act, what.record).await?;
    what.complainant.stands(&act).await?;
    let person = &what.complainant.token;
    if record.man != *person && record.woman != *person {
        return Err(Refusal::by_form(
            "NOT_A_PARTY",
            "The complainant is not named in this record.",
            "申请人不是该登记记录的当事人。",
        )
        .at(&["input", "complainant"])
        .into());
    }
    let open = impersonation_case::Entity::find()
        .filter(impersonation_case::Column::RecordId.eq(record.id))
        .filter(impersonation_case::Column::State.is_in(UNDECIDED))
        .one(act.tx)
        .await?;
    if let Some(open) = &open
        && open.ground == Ground::TwoMarriages.as_str()
        && open.registry_id == what.registry
    {
        // Nobody had complained of it yet.
        office::take_over(act.tx, open, person, Ground::Complaint).await?;
        enter(&act, &record, LedgerEvent::Disputed).await?;
        let more = json!({ "record": record.id });
        act.leave(
            "ImpersonationCase",
            open.id,
            Some(&open.state),
            "OPEN",
            more,
        )
        .await?;
        return Ok(open.id);
    }
    if open.is_some() {
        return Err(Refusal::by_form(
            "CASE_ALREADY_OPEN",
            "A case about this record is open already.",
            "该记录已有未结案件。",
        )
        .into());
    }
    let row = impersonation_case::Model {
        id: crate::kit::id::new(),
        record_id: record.id,
        registry_id: what.registry,
        complainant: person.clone(),
        ground: Ground::Complaint.as_str().to_owned(),
        opened_on: act.today(),
        state: "OPEN".to_owned(),
        proposed: None,
        proposed_by: None,
        proposed_person: None,
        proposed_at: None,
        decided_by: None,
        decided_on: None,
        version: 1,
    };
    let id = row.id;
    add!(act.tx, impersonation_case, row)?;
    enter(&act, &record, LedgerEvent::Disputed).await?;
    court::note(&act, record.id, "CASE_OPENED", None, None).await?;
    act.leave(
        "ImpersonationCase",
        id,
        None,
        "OPEN",
        json!({ "record": record.id }),
    )
    .await?;
    Ok(id)
}

/// M-26: nobody handles a case about the own marriage, or that of near kin.
async fn not_in_own_cause(act: &Act<'_>, case: &impersonation_case::Model) -> Result<()> {
    let record = record(act, case.record_id).await?;
    let couple = [record.man.as_str(), record.woman.as_str()];
    act.unless(counter::officer_faults(act, case.registry_id, &couple).await?)
}

async fn record(act: &Act<'_>, id: Uuid) -> Result<marriage_record::Model> {
    marriage_record::Entity::find_by_id(id)
        .one(act.tx)
        .await?
        .ok_or(Error::NotFound)
}

async fn enter(act: &Act<'_>, record: &marriage_record::Model, event: LedgerEvent) -> Result<()> {
    for person in [&record.man, &record.woman] {
        let fact = ledger::Fact {
            event,
            effective_on: act.today(),
            record: Some(record.id),
        };
        crate::interop::facts::enter(act, record, person, fact).await?;
    }
    Ok(())
}

/// A piece of evidence.
#[derive(Clone, Debug, Serialize)]
pub struct Evidence {
    /// The case and the version it was read at.
    pub case: (Uuid, i64),
    /// What it is.
    pub kind: &'static str,
    /// The organ that issued it.
    pub issued_by: String,
    /// Number of the document.
    pub reference: String,
    /// Day of the document.
    pub issued_on: NaiveDate,
}

async fn open_case(act: &Act<'_>, (id, version): (Uuid, i64)) -> Result<impersonation_case::Model> {
    let case = impersonation_case::Entity::find_by_id(id)
        .one(act.tx)
        .await?
        .ok_or(Error::NotFound)?;
    same_version(version, case.version)?;
    if matches!(case.state.as_str(), "OPEN" | "PROPOSED") {
        Ok(case)
    } else {
        Err(Refusal::by_form("CASE_CLOSED", "This case is closed.", "该案件已办结。").into())
    }
}

/// Adds a piece of evidence to an open case.
pub async fn add_evidence(act: Act<'_>, what: &Evidence) -> Result<Uuid> {
    let case = open_case(&act, what.case).await?;
    act.office(case.registry_id).await?;
    not_in_own_cause(&act, &case).await?;
    let fine = |text: &str| !text.trim().is_empty() && text.chars().count() <= 64;
    if !fine(&what.issued_by) || !fine(&what.reference) || what.issued_on > act.today() {
        return Err(Refusal::by_law(
            "EVIDENCE_INCOMPLETE",
            "Evidence names the organ, the number and a past day.",
            "证据须填写出具机关、文号和出具日期。",
            "最高人民法院等关于妥善处理以冒名顶替或者弄虚作假的方式办理婚姻登记问题的指导意见",
        )
        .into());
    }
    let id = crate::kit::id::new();
    let row = case_evidence::Model {
        id,
        case_id: case.id,
        kind: what.kind.to_owned(),
        issued_by: what.issued_by.trim().to_owned(),
        reference: act
            .encrypted(&sealed::EVIDENCE, id, what.reference.trim())
            .await?,
        issued_on: what.issued_on,
        added_at: act.now,
    };
    add!(act.tx, case_evidence, row)?;
    let (id, state) = (case.id, case.state.clone());
    save!(act.tx, impersonation_case, case)?;
    act.leave(
        "ImpersonationCase",
        id,
        Some(&state),
        &state,
        json!({ "evidence": what.kind }),
    )
    .await?;
    Ok(id)
}

/// What the first officer proposes.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Propose {
    /// The case and the version it was read at.
    pub case: (Uuid, i64),
    /// Revoke the registration; otherwise dismiss the case.
    pub revoke: bool,
}

/// The first officer's proposal.
pub async fn propose(act: Act<'_>, what: &Propose) -> Result<Uuid> {
    let case = open_case(&act, what.case).await?;
    act.office(case.registry_id).await?;
    not_in_own_cause(&act, &case).await?;
    if what.revoke {
        act.unless(
            not_revoked(&evidence_kinds(&act, case.id).await?)
                .into_iter()
                .collect(),
        )?;
    }
    let (id, state) = (case.id, case.state.clone());
    let proposed = impersonation_case::Model {
        state: "PROPOSED".to_owned(),
        proposed: Some(if what.revoke { "REVOKE" } else { "DISMISS" }.to_owned()),
        proposed_by: Some(act.account()?.to_owned()),
        proposed_person: act.caller.person.clone(),
        proposed_at: Some(act.now),
        ..case
    };
    save!(act.tx, impersonation_case, proposed)?;
    act.leave("ImpersonationCase", id, Some(&state), "PROPOSED", json!({}))
        .await?;
    Ok(id)
}

async fn evidence_kinds(act: &Act<'_>, case: Uuid) -> Result<Vec<EvidenceKind>> {
    let rows = evidence_of(act.tx, &[case])
        .await?
        .remove(&case)
        .unwrap_or_default();
    Ok(rows
        .iter()
        .filter_map(|row| EvidenceKind::from_text(&row.kind))
        .collect())
}

/// The second officer's word.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Decide {
    /// The case and the version it was read at.
    pub case: (Uuid, i64),
    /// Agrees with the proposal; otherwise it goes back.
    pub agree: bool,
}

/// The second officer decides: the registration is revoked, or the case is dismissed, or the proposal
/// goes back.
pub async fn decide(act: Act<'_>, what: &Decide) -> Result<Uuid> {
    let case = open_case(&act, what.case).await?;
    act.review(case.registry_id).await?;
    not_in_own_cause(&act, &case).await?;
    let second = act.account()?;
    act.unless(
        two_officers(proposer(&case), act.officer())
            .into_iter()
            .collect(),
    )?;
    if case.proposed_at.is_some_and(|at| is_expired(at, act.now)) {
        return Err(Refusal::by_form(
            "PROPOSAL_EXPIRED",
            "This proposal has waited too long for its second officer; propose it again.",
            "该意见逾期未复核，已失效，请重新提出。",
        )
        .into());
    }
    let id = case.id;
    if !what.agree {
        let back = impersonation_case::Model {
            state: "OPEN".to_owned(),
            proposed: None,
            proposed_by: None,
            proposed_person: None,
            proposed_at: None,
            ..case
        };
        save!(act.tx, impersonation_case, back)?;
        return act
            .leave("ImpersonationCase", id, Some("PROPOSED"), "OPEN", json!({}))
            .await
            .map(|()| id);
    }
    let record = record(&act, case.record_id).await?;
    let revoke = case.proposed.as_deref() == Some("REVOKE");
    let of_two_marriages = case.ground == Ground::TwoMarriages.as_str();
    if revoke {
        act.unless(
            not_revoked(&evidence_kinds(&act, id).await?)
                .into_iter()
                .collect(),
        )?;
        revoke_record(&act, &case, record.clone()).await?;
    } else if of_two_marriages {
        let over = two_marriages::is_over_another(act.tx, &record).await?;
        act.unless(not_dismissed(over).into_iter().collect())?;
    }
    // A case that nobody complained of has entered nothing that would have to be cleared.
    if !of_two_marriages {
        enter(&act, &record, LedgerEvent::Cleared).await?;
    }
    let state = if revoke { "REVOKED" } else { "DISMISSED" };
    court::note(
        &act,
        record.id,
        &format!("CASE_{state}"),
        Some(act.today()),
        None,
    )
    .await?;
    let decided = impersonation_case::Model {
        state: state.to_owned(),
        decided_by: Some(second.to_owned()),
        decided_on: Some(act.today()),
        ..case
    };
    save!(act.tx, impersonation_case, decided)?;
    act.leave(
        "ImpersonationCase",
        id,
        Some("PROPOSED"),
        state,
        json!({ "record": record.id }),
    )
    .await?;
    let trail = Trail::of(&act, "CASE");
    for person in [&record.man, &record.woman] {
        two_marriages::judge(&trail, person).await?;
    }
    Ok(id)
}

/// Who has proposed the decision; nobody where there is no proposal.
fn proposer(case: &impersonation_case::Model) -> Officer<'_> {
    Officer {
        account: case.proposed_by.as_deref(),
        person: case.proposed_person.as_deref(),
    }
}

/// Revokes the registration that the case is about: the marriage, or the divorce that was registered behind the death of
/// one who had to be there.
async fn revoke_record(
    act: &Act<'_>,
    case: &impersonation_case::Model,
    record: marriage_record::Model,
) -> Result<()> {
    let from = RecordState::from_text(&record.state)
        .ok_or_else(|| Error::internal("unknown state of a marriage record"))?;
    let reference = case.id.to_string();
    let correction = Correction {
        first: proposer(case),
        second: Some(act.officer()),
        evidence: &reference,
    };
    let couple = [record.man.clone(), record.woman.clone()];
    let ledgers = ledger::of_persons(act.tx, &couple).await?;
    let died = ledgers
        .get(&case.complainant)
        .and_then(|ledger| death_in(&ledger.entries, None));
    let died = divorce_behind_death(from, record.registered_on, record.ended_on, died);
    if let Some(day) = died {
        may_change(from, RecordState::EndedDeath, Some(&correction))?;
        if crate::interop::facts::is_shared(act.tx, record.id).await? {
            return act.unless(vec![CORRECTION_NOT_SHARED]);
        }
        let who = if case.complainant == record.man {
            "MAN"
        } else {
            "WOMAN"
        };
        return corrections::apply(act, record, RecordState::EndedDeath, Some(day), Some(who))
            .await;
    }
    may_change(from, RecordState::RevokedFraud, Some(&correction))?;
    enter(act, &record, LedgerEvent::RevokedFraud).await?;
    certificates::cancel(act.tx, record.id, "CANCELLED").await?;
    court::end(act, record, RecordState::RevokedFraud, act.today()).await
}

/// The evidence in each of these cases, oldest first, in one statement.
pub async fn evidence_of(
    db: &impl ConnectionTrait,
    cases: &[Uuid],
) -> Result<HashMap<Uuid, Vec<case_evidence::Model>>> {
    let rows = case_evidence::Entity::find()
        .filter(case_evidence::Column::CaseId.is_in(cases.iter().copied()))
        .order_by_asc(case_evidence::Column::Id)
        .all(db)
        .await?;
    let mut found: HashMap<Uuid, Vec<case_evidence::Model>> = HashMap::new();
    for row in rows {
        found.entry(row.case_id).or_default().push(row);
    }
    Ok(found)
}
