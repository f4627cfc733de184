//! Corrections of marriage records: the only way back from an end. One officer proposes with
//! evidence, another applies; the ledgers get a new entry, and nothing is taken out of them.

use super::act::{Act, add, same_version, save};
use super::office::Trail;
use super::{certificates, counter, court, ledger, two_marriages};
use crate::kit::officer::Officer;
use crate::kit::{Error, Result};
use crate::model::{correction, divorce_record, marriage_record, sealed};
use crate::rules::Refusal;
use crate::rules::eligibility::DECEASED;
use crate::rules::elsewhere::CORRECTION_NOT_SHARED;
use crate::rules::ledger::{LedgerEvent, death_in, married_twice};
use crate::rules::record::{Correction, DECIDED_WITHIN, RecordState, is_expired, may_change};
use chrono::NaiveDate;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// What the first officer proposes.
#[derive(Clone, Debug, Serialize)]
pub struct Propose {
    /// The registry that handles it.
    pub registry: Uuid,
    /// The record and the version it was read at.
    pub record: (Uuid, i64),
    /// The right state.
    pub to: &'static str,
    /// The right day of the end; none for a marriage that exists.
    pub ended_on: Option<NaiveDate>,
    /// `MAN` or `WOMAN`: who died, where a death is the right end.
    pub deceased: Option<&'static str>,
    /// Reference to the evidence.
    pub evidence: String,
}

fn state(text: &str) -> Result<RecordState> {
    RecordState::from_text(text)
        .ok_or_else(|| Error::internal("unknown state of a marriage record"))
}

async fn record(act: &Act<'_>, id: Uuid) -> Result<marriage_record::Model> {
    marriage_record::Entity::find_by_id(id)
        .one(act.tx)
        .await?
        .ok_or(Error::NotFound)
}

/// Proposes a correction.
pub async fn propose(act: Act<'_>, what: &Propose) -> Result<Uuid> {
    act.office(what.registry).await?;
    let (id, version) = what.record;
    let record = record(&act, id).await?;
    same_version(version, record.version)?;
    let (from, to) = (state(&record.state)?, state(what.to)?);
    let account = act.account()?;
    let couple = [record.man.as_str(), record.woman.as_str()];
    act.unless(counter::officer_faults(&act, what.registry, &couple).await?)?;
    let correction = Correction {
        first: act.officer(),
        second: None,
        evidence: &what.evidence,
    };
    let mut reasons: Vec<_> = may_change(from, to, Some(&correction))
        .err()
        .into_iter()
        .collect();
    let fits = match what.ended_on {
        None => to == RecordState::Valid,
        Some(day) => to != RecordState::Valid && day >= record.effective_from && day <= act.today(),
    };
    if (to == RecordState::EndedDeath) != what.deceased.is_some() {
        reasons.push(Refusal::by_law(
            "DECEASED_NOT_NAMED",
            "A correction to an end by death names who died, and no other correction does.",
            "更正为因死亡终止的，须指明死亡的一方；其他更正不得填写。",
            "民法典第一千零五十一条；民法典第十三条",
        ));
    }
    if !fits || what.evidence.trim().is_empty() || what.evidence.chars().count() > 64 {
        reasons.push(Refusal::by_form(
            "CORRECTION_INCOMPLETE",
            "A correction names its evidence, and the day of the end for a marriage that ended.",
            "更正须附证据编号；婚姻已终止的须填写终止日期。",
        ));
    }
    // One that waited too long is over, whether or not a job has written it down.
    correction::Entity::update_many()
        .col_expr(correction::Column::State, Expr::value("EXPIRED"))
        .filter(correction::Column::RecordId.eq(id))
        .filter(correction::Column::State.eq("PROPOSED"))
        .filter(correction::Column::ProposedAt.lte(act.now - DECIDED_WITHIN))
        .exec(act.tx)
        .await?;
    let open = correction::Entity::find()
        .filter(correction::Column::RecordId.eq(id))
        .filter(correction::Column::State.eq("PROPOSED"))
        .filter(correction::Column::ProposedAt.gt(act.now - DECIDED_WITHIN))
        .one(act.tx)
        .await?;
    if open.is_some() {
        reasons.push(Refusal::by_form(
            "CORRECTION_ALREADY_PROPOSED",
            "A correction of this record waits for its second officer.",
            "该记录已有待复核的更正。",
        ));
    }
    act.unless(reasons)?;
    let made = crate::kit::id::new();
    let row = correction::Model {
        id: made,
        record_id: id,
        registry_id: what.registry,
        from_state: record.state.clone(),
        to_state: what.to.to_owned(),
        ended_on: what.ended_on,
        deceased: what.deceased.map(str::to_owned),
        evidence: act
            .encrypted(&sealed::CORRECTION, made, what.evidence.trim())
            .await?,
        proposed_by: account.to_owned(),
        proposed_person: act.caller.person.clone(),
        proposed_at: act.now,
        decided_by: None,
        decided_at: None,
        state: "PROPOSED".to_owned(),
        version: 1,
    };
    add!(act.tx, correction, row)?;
    act.leave(
        "Correction",
        made,
        None,
        "PROPOSED",
        json!({ "record": id }),
    )
    .await?;
    Ok(made)
}

/// The second officer's word.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Decide {
    /// The correction and the version it was read at.
    pub correction: (Uuid, i64),
    /// Applies it; otherwise it is rejected.
    pub apply: bool,
}

/// Applies or rejects a correction; only another officer than the one who proposed it may.
pub async fn decide(act: Act<'_>, what: &Decide) -> Result<Uuid> {
    let (id, version) = what.correction;
    let row = correction::Entity::find_by_id(id)
        .one(act.tx)
        .await?
        .ok_or(Error::NotFound)?;
    act.review(row.registry_id).await?;
    same_version(version, row.version)?;
    if row.state != "PROPOSED" {
        return Err(Refusal::by_form(
            "CORRECTION_DECIDED",
            "This correction has been decided.",
            "该更正已办结。",
        )
        .into());
    }
    if is_expired(row.proposed_at, act.now) {
        return Err(Refusal::by_form(
            "CORRECTION_EXPIRED",
            "This correction has waited too long for its second officer; propose it again.",
            "该更正逾期未复核，已失效，请重新提出。",
        )
        .into());
    }
    let second = act.account()?;
    let first = Officer {
        account: Some(&row.proposed_by),
        person: row.proposed_person.as_deref(),
    };
    let both = Correction {
        first,
        second: Some(act.officer()),
        evidence: &row.evidence,
    };
    let record = record(&act, row.record_id).await?;
    let couple = [record.man.clone(), record.woman.clone()];
    let parties = couple.each_ref().map(String::as_str);
    act.unless(counter::officer_faults(&act, row.registry_id, &parties).await?)?;
    let (from, to) = (state(&record.state)?, state(&row.to_state)?);
    if !act.officer().is_another_than(first) {
        act.unless(vec![Refusal::by_form(
            "CORRECTION_NEEDS_TWO_OFFICERS",
            "A correction needs two different officers and evidence.",
            "更正须由两名不同的工作人员办理并附证据。",
        )])?;
    }
    if what.apply {
        may_change(from, to, Some(&both))?;
        let shared = crate::interop::facts::is_shared(act.tx, record.id).await?;
        if shared && !(from == RecordState::Valid && ends_everywhere(to)) {
            act.unless(vec![CORRECTION_NOT_SHARED])?;
        }
        let deceased = row.deceased.as_deref();
        apply(&act, record, to, row.ended_on, deceased).await?;
        let evidence = act
            .opened(&sealed::CORRECTION, row.id, &row.evidence)
            .await?;
        court::note(
            &act,
            row.record_id,
            "CORRECTED",
            row.ended_on,
            Some(&evidence),
        )
        .await?;
    }
    let trail = Trail::of(&act, "CORRECTION");
    for person in &couple {
        two_marriages::judge(&trail, person).await?;
    }
    let result = if what.apply { "APPLIED" } else { "REJECTED" };
    let decided = correction::Model {
        decided_by: Some(second.to_owned()),
        decided_at: Some(act.now),
        state: result.to_owned(),
        ..row
    };
    save!(act.tx, correction, decided)?;
    act.leave("Correction", id, Some("PROPOSED"), result, json!({}))
        .await?;
    Ok(id)
}

/// Whether the end is one that the other authority of a marriage is told of.
const fn ends_everywhere(to: RecordState) -> bool {
    matches!(
        to,
        RecordState::DissolvedJudgment
            | RecordState::Void
            | RecordState::Annulled
            | RecordState::RevokedFraud
    )
}

/// M-21, M-22, M-23: enters the correction in both ledgers and gives the papers the state that follows from the
/// right record, by the same ways as a judgment and a revived marriage do.
pub(super) async fn apply(
    act: &Act<'_>,
    record: marriage_record::Model,
    to: RecordState,
    ended_on: Option<NaiveDate>,
    deceased: Option<&str>,
) -> Result<()> {
    let today = act.today();
    let couple = [record.man.clone(), record.woman.clone()];
    let before = ledger::of_persons(act.tx, &couple).await?;
    let shared = crate::interop::facts::is_shared(act.tx, record.id).await?;
    for (person, role) in couple.iter().zip(["MAN", "WOMAN"]) {
        let known = before.get(person);
        let died = known.and_then(|ledger| death_in(&ledger.entries, Some(record.id)));
        let end = entered(to, deceased == Some(role));
        // Where another province keeps a ledger too, it is told of the right end and enters it there.
        let mut facts = Vec::new();
        if !shared || end.is_none() {
            facts.push((LedgerEvent::Corrected, today, Some(record.id)));
        }
        if let Some(event) = end {
            facts.push((event, ended_on.unwrap_or(today), Some(record.id)));
        }
        // Where the right end is another than a death, the death that was told stays told: only whether it ended
        // this marriage was wrong.
        if let Some(day) = died
            && !matches!(to, RecordState::Valid | RecordState::EndedDeath)
        {
            facts.push((LedgerEvent::Died, day, None));
        }
        for (event, effective_on, of) in facts {
            let fact = ledger::Fact {
                event,
                effective_on,
                record: of,
            };
            crate::interop::facts::enter(act, &record, person, fact).await?;
        }
    }
    let after = ledger::of_persons(act.tx, &couple).await?;
    let mut reasons = Vec::new();
    for ledger in after.values() {
        if married_twice(&ledger.entries) {
            reasons.push(OVERLAPS);
        }
        if to == RecordState::Valid && death_in(&ledger.entries, None).is_some() {
            reasons.push(DECEASED);
        }
    }
    reasons.dedup();
    act.unless(reasons)?;
    if let (false, Some(day)) = (to == RecordState::Valid, ended_on) {
        return court::end(act, record, to, day).await;
    }
    let (id, was) = (record.id, record.state.clone());
    let changed = marriage_record::Model {
        state: to.as_str().to_owned(),
        ended_on: None,
        ..record
    };
    save!(act.tx, marriage_record, changed)?;
    certificates::reinstate(act.tx, id).await?;
    // The marriage lives: what certified its divorce certifies nothing.
    let divorces = divorce_record::Entity::find()
        .filter(divorce_record::Column::MarriageId.eq(id))
        .all(act.tx)
        .await?;
    for divorce in divorces {
        certificates::cancel(act.tx, divorce.id, "CANCELLED").await?;
    }
    let more = json!({ "endedOn": null });
    act.leave("MarriageRecord", id, Some(&was), to.as_str(), more)
        .await
}

/// What a ledger is told of the right end: the one who died, that they died, and the other one that the spouse did.
const fn entered(to: RecordState, died: bool) -> Option<LedgerEvent> {
    match to {
        RecordState::Valid => None,
        RecordState::DissolvedDivorce => Some(LedgerEvent::Divorced),
        RecordState::DissolvedJudgment => Some(LedgerEvent::DivorcedByCourt),
        RecordState::EndedDeath if died => Some(LedgerEvent::Died),
        RecordState::EndedDeath => Some(LedgerEvent::SpouseDied),
        RecordState::Void => Some(LedgerEvent::Voided),
        RecordState::Annulled => Some(LedgerEvent::Annulled),
        RecordState::RevokedFraud => Some(LedgerEvent::RevokedFraud),
    }
}

const OVERLAPS: Refusal = Refusal::by_law(
    "CORRECTION_OVERLAPS",
    "Corrected so, one party would have been married to two at one time; the other record must be cleared first.",
    "如此更正将使一方同时存在两段婚姻，须先核实另一登记记录。",
    "民法典第一千零四十二条",
);
