//! Notices of courts: taken in, waiting on the work list of the registry, annotated by a person.
//!
//! The court collects the certificates and sends the judgment; nothing happens to a record before an
//! officer has found it and written the judgment beside it (M-21a).

use super::act::{Act, add, same_version, save};
use super::couple::Known;
use super::office::Trail;
use super::{certificates, counter, divorce, ledger, two_marriages};
use crate::kit::{Error, Result};
use crate::model::{annotation, court_notice, divorce_record, marriage_record, sealed};
use crate::rules::Refusal;
use crate::rules::court::{Effect, NoticeKind, effect, not_received};
use crate::rules::record::RecordState;
use chrono::NaiveDate;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::Serialize;
use serde_json::json;
use std::collections::HashMap;
use uuid::Uuid;

/// A notice as it arrives.
#[derive(Clone, Debug, Serialize)]
pub struct Notice {
    /// The registry that received it.
    pub registry: Uuid,
    /// The court.
    pub court: String,
    /// Number of the judgment.
    pub doc_no: String,
    /// What it tells.
    pub kind: &'static str,
    /// From when the judgment has effect.
    pub effective_on: NaiveDate,
    /// The man.
    pub man: Known,
    /// The woman.
    pub woman: Known,
    /// The court collected the certificates.
    pub certificates_collected: bool,
}

/// Puts a notice on the work list.
pub async fn receive(act: Act<'_>, what: &Notice) -> Result<Uuid> {
    act.office(what.registry).await?;
    let (court, doc_no) = (what.court.trim(), what.doc_no.trim());
    act.unless(not_received(
        !court.is_empty() && court.chars().count() <= 64,
        !doc_no.is_empty() && doc_no.chars().count() <= 64,
        what.effective_on,
        act.today(),
    ))?;
    // While the key of indexes changes a known judgment may have the index of either key.
    let columns = act.services.columns.for_writing(act.tx, act.now).await?;
    let known = court_notice::Entity::find()
        .filter(court_notice::Column::Court.eq(court))
        .filter(court_notice::Column::DocIndex.is_in(columns.indexes(&sealed::JUDGMENT, doc_no)))
        .one(act.tx)
        .await?;
    if known.is_some() {
        return Err(Refusal::by_form(
            "NOTICE_KNOWN",
            "This judgment has been received before.",
            "该裁判文书已登记。",
        )
        .at(&["input", "docNo"])
        .into());
    }
    what.man.announce(&act).await?;
    what.woman.announce(&act).await?;
    let id = crate::kit::id::new();
    let row = court_notice::Model {
        id,
        registry_id: what.registry,
        court: court.to_owned(),
        doc_no: columns.encrypt_text(&sealed::JUDGMENT, &id.to_string(), doc_no)?,
        doc_index: Some(columns.index(&sealed::JUDGMENT, doc_no)?),
        kind: what.kind.to_owned(),
        effective_on: what.effective_on,
        received_on: act.today(),
        man: what.man.token.clone(),
        woman: what.woman.token.clone(),
        certificates_collected: what.certificates_collected,
        state: "WAITING".to_owned(),
        record_id: None,
        outcome: None,
        annotated_on: None,
        version: 1,
    };
    let id = row.id;
    add!(act.tx, court_notice, row)?;
    act.leave(
        "CourtNotice",
        id,
        None,
        "WAITING",
        json!({ "registry": what.registry }),
    )
    .await?;
    Ok(id)
}

/// The notice to annotate.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Annotate {
    /// The notice and the version it was read at.
    pub notice: (Uuid, i64),
    /// The marriage record; the couple's where none is named.
    pub record: Option<Uuid>,
}

/// M-21, M-22: writes the judgment beside the record and into both ledgers at its own day.
pub async fn annotate(act: Act<'_>, what: &Annotate) -> Result<Uuid> {
    let (id, version) = what.notice;
    let notice = court_notice::Entity::find_by_id(id)
        .one(act.tx)
        .await?
        .ok_or(Error::NotFound)?;
    act.office(notice.registry_id).await?;
    same_version(version, notice.version)?;
    if notice.state != "WAITING" {
        return Err(Refusal::by_form(
            "NOTICE_DONE",
            "This notice has been annotated before.",
            "该通知已批注。",
        )
        .into());
    }
    let record = record_of(&act, &notice, what.record).await?;
    let parties = [record.man.as_str(), record.woman.as_str()];
    act.unless(counter::officer_faults(&act, notice.registry_id, &parties).await?)?;
    let kind = NoticeKind::from_text(&notice.kind)
        .ok_or_else(|| Error::internal("unknown kind of a court notice"))?;
    let state = RecordState::from_text(&record.state)
        .ok_or_else(|| Error::internal("unknown state of a marriage record"))?;
    let effect = effect(state, record.ended_on, kind, notice.effective_on);
    let record_id = record.id;
    for person in [&record.man, &record.woman] {
        let fact = ledger::Fact {
            event: kind.event(),
            effective_on: notice.effective_on,
            record: Some(record_id),
        };
        crate::interop::facts::enter(&act, &record, person, fact).await?;
    }
    let judgment = act
        .opened(&sealed::JUDGMENT, notice.id, &notice.doc_no)
        .await?;
    note(
        &act,
        record_id,
        &notice.kind,
        Some(notice.effective_on),
        Some(&judgment),
    )
    .await?;
    let couple = [record.man.clone(), record.woman.clone()];
    if let Effect::Ends(to, on) = effect {
        end(&act, record, to, on).await?;
    }
    let trail = Trail::of(&act, "JUDGMENT");
    for person in &couple {
        two_marriages::judge(&trail, person).await?;
    }
    let annotated = court_notice::Model {
        state: "ANNOTATED".to_owned(),
        record_id: Some(record_id),
        outcome: Some(
            if effect == Effect::Noted {
                "NOTED"
            } else {
                "ENDED"
            }
            .to_owned(),
        ),
        annotated_on: Some(act.today()),
        ..notice
    };
    save!(act.tx, court_notice, annotated)?;
    act.leave(
        "CourtNotice",
        id,
        Some("WAITING"),
        "ANNOTATED",
        json!({ "record": record_id }),
    )
    .await?;
    Ok(id)
}

/// Gives a record its new state, takes its certificates out of force and ends what is open on it.
pub async fn end(
    act: &Act<'_>,
    record: marriage_record::Model,
    to: RecordState,
    on: NaiveDate,
) -> Result<()> {
    let (id, before) = (record.id, record.state.clone());
    let changed = marriage_record::Model {
        state: to.as_str().to_owned(),
        ended_on: Some(on),
        ..record
    };
    save!(act.tx, marriage_record, changed)?;
    certificates::cancel(act.tx, id, "CANCELLED").await?;
    // M-22: what certified a registered divorce certifies nothing where the marriage never was, or ended otherwise.
    let divorces = divorce_record::Entity::find()
        .filter(divorce_record::Column::MarriageId.eq(id))
        .all(act.tx)
        .await?;
    for divorce in divorces {
        if to == RecordState::DissolvedDivorce {
            certificates::reinstate(act.tx, divorce.id).await?;
        } else {
            certificates::cancel(act.tx, divorce.id, "CANCELLED").await?;
        }
    }
    divorce::marriage_ended(&Trail::of(act, "MARRIAGE_ENDED"), act.services, id).await?;
    act.leave(
        "MarriageRecord",
        id,
        Some(&before),
        to.as_str(),
        json!({ "endedOn": on }),
    )
    .await
}

/// Writes an annotation beside a record.
pub async fn note(
    act: &Act<'_>,
    record: Uuid,
    kind: &str,
    effective_on: Option<NaiveDate>,
    reference: Option<&str>,
) -> Result<()> {
    let id = crate::kit::id::new();
    let reference = match reference {
        Some(text) => Some(act.encrypted(&sealed::ANNOTATION, id, text).await?),
        None => None,
    };
    let row = annotation::Model {
        id,
        record_id: record,
        kind: kind.to_owned(),
        noted_on: act.today(),
        effective_on,
        reference,
    };
    add!(act.tx, annotation, row)?;
    Ok(())
}

/// The couple's record that the judgment is about: the one named, or else the valid one, or else the
/// latest that began before the judgment.
async fn record_of(
    act: &Act<'_>,
    notice: &court_notice::Model,
    named: Option<Uuid>,
) -> Result<marriage_record::Model> {
    use marriage_record::Column;
    let rows = marriage_record::Entity::find()
        .filter(Column::Man.eq(&notice.man))
        .filter(Column::Woman.eq(&notice.woman))
        .order_by_desc(Column::RegisteredOn)
        .all(act.tx)
        .await?;
    let began = |row: &&marriage_record::Model| row.effective_from <= notice.effective_on;
    let found = match named {
        Some(id) => rows.iter().find(|row| row.id == id),
        None => rows
            .iter()
            .filter(began)
            .find(|row| row.state == RecordState::Valid.as_str())
            .or_else(|| rows.iter().find(began)),
    };
    found.cloned().ok_or_else(|| {
        Refusal::by_form(
            "RECORD_NOT_FOUND",
            "There is no record of this marriage.",
            "未查到该婚姻登记记录。",
        )
        .at(&["input", "record"])
        .into()
    })
}

/// The annotations of each of these records, oldest first, in one statement.
pub async fn annotations_of(
    db: &impl ConnectionTrait,
    records: &[Uuid],
) -> Result<HashMap<Uuid, Vec<annotation::Model>>> {
    let rows = annotation::Entity::find()
        .filter(annotation::Column::RecordId.is_in(records.iter().copied()))
        .order_by_asc(annotation::Column::Id)
        .all(db)
        .await?;
    let mut found: HashMap<Uuid, Vec<annotation::Model>> = HashMap::new();
    for row in rows {
        found.entry(row.record_id).or_default().push(row);
    }
    Ok(found)
}
