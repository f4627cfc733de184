//! What becomes of an application: registered on the spot, refused with its reason, given up;
//! then certified and put into the archive.

use super::{Application, State, advance, checks, in_hand, parties_of, state_now, state_of};
use crate::kit::{Error, Result};
use crate::model::{application_party, marriage_record};
use crate::rules::Refusal;
use crate::rules::application::may_register;
use crate::rules::ledger::LedgerEvent;
use crate::rules::record::RecordState;
use crate::rules::registration::{is_remarriage, refused_for_good};
use crate::service::act::Act;
use crate::service::registration::{Registration, register as enter};
use crate::service::{archives, certificates, ledger, moves, registries};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// The application and the version it was read at.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Decision {
    /// The application and the version it was read at.
    pub application: (Uuid, i64),
}

/// M-11: registers on the spot what was found eligible today, through the commitment.
pub async fn register(act: Act<'_>, what: &Decision) -> Result<Uuid> {
    let (id, version) = what.application;
    let row = in_hand(&act, id, version).await?;
    let state = state_now(&row, act.today())?;
    may_register(state, checks::of_today(&act, id).await?)?;
    let registry = registries::by_id(act.tx, row.registry_id).await?;
    act.unless(moves::numbers_nothing(&act, &registry))?;
    let parties = parties_of(act.tx, &[id])
        .await?
        .remove(&id)
        .unwrap_or_default();
    crate::interop::counter::may_write(act.tx, act.services).await?;
    act.unless(checks::in_the_way(&act, &row).await?)?;
    let own = act.services.province.as_str();
    let (ours, theirs): (Vec<_>, Vec<_>) = parties
        .iter()
        .cloned()
        .partition(|party| party.authority == own);
    declared_never_married(&act, &ours).await?;
    // A person is registered only by the authority of the own ledger, or under its promise.
    if !theirs.is_empty() {
        crate::interop::counter::begin(&act, &row, &registry).await?;
        advance(&act, row, &[State::Holding]).await?;
        return Ok(id);
    }
    let earlier = marriage_record::Entity::find()
        .filter(marriage_record::Column::Man.eq(&row.man))
        .filter(marriage_record::Column::Woman.eq(&row.woman))
        .all(act.tx)
        .await?;
    let earlier: Vec<RecordState> = earlier
        .iter()
        .filter_map(|r| RecordState::from_text(&r.state))
        .collect();
    // M-14: whether it is a remarriage follows from the records and not from the form.
    let kind = match (row.conditions_first_met, is_remarriage(&earlier)) {
        (Some(_), _) => "RETROACTIVE",
        (None, true) => "REMARRIAGE",
        (None, false) => "MARRIAGE",
    };
    let entry = Registration {
        registry: &registry,
        code_of_the_day: &registry.county_code,
        kind,
        man: &row.man,
        woman: &row.woman,
        conditions_first_met: row.conditions_first_met,
        cross_province: false,
    };
    let record = enter(act.tx, &entry, act.now).await?;
    let registered = Application {
        kind: kind.to_owned(),
        record_id: Some(record.id),
        decided_at: Some(act.now),
        ..row
    };
    advance(
        &act,
        registered,
        &[State::Holding, State::Committing, State::Registered],
    )
    .await?;
    let body = json!({ "man": record.man, "woman": record.woman,
        "registeredOn": record.registered_on, "effectiveFrom": record.effective_from });
    act.tell("MarriageRegistered", &record.id.to_string(), body)
        .await?;
    Ok(id)
}

/// A signed declaration of never having been married is itself an entry of the ledger.
async fn declared_never_married(act: &Act<'_>, parties: &[application_party::Model]) -> Result<()> {
    let tokens: Vec<String> = parties.iter().map(|party| party.person.clone()).collect();
    let ledgers = ledger::of_persons(act.tx, &tokens).await?;
    for party in parties {
        let new = ledgers
            .get(&party.person)
            .is_none_or(|ledger| ledger.entries.is_empty());
        if new && party.declared_status.as_deref() == Some("NEVER_MARRIED") {
            let fact = ledger::Fact {
                event: LedgerEvent::DeclaredNeverMarried,
                effective_on: act.today(),
                record: None,
            };
            ledger::append(act.tx, &party.person, fact, act.now).await?;
        }
    }
    Ok(())
}

/// M-10: refuses what the checks found; the reason stays with the application.
pub async fn refuse(act: Act<'_>, what: &Decision) -> Result<Uuid> {
    let (id, version) = what.application;
    let row = in_hand(&act, id, version).await?;
    // Only the law's own grounds refuse, as they stand now; what can be brought or mended is waited for.
    let grounds = checks::grounds_now(&act, &row).await?;
    let ground = grounds
        .iter()
        .map(String::as_str)
        .find(|code| refused_for_good(code));
    let Some(reason) = ground else {
        return Err(Refusal::by_law(
            "NO_GROUND_FOR_REFUSAL",
            "No check of today has found a ground of the law; what meets the conditions is registered on the spot, and what is missing can be brought.",
            "当日核验未发现法定不予登记的情形；符合条件的应当当场登记，材料欠缺的可以补正。",
            "婚姻登记条例（国务院令第804号）",
        )
        .into());
    };
    let refused = Application {
        refusal_code: Some(reason.to_owned()),
        decided_at: Some(act.now),
        ..row
    };
    advance(&act, refused, &[State::Refused]).await?;
    Ok(id)
}

/// The couple left, or did not go on.
pub async fn give_up(act: Act<'_>, what: &Decision) -> Result<Uuid> {
    let (id, version) = what.application;
    let row = in_hand(&act, id, version).await?;
    // Between provinces only the deciding authority can say that it has ended.
    if matches!(state_of(&row)?, State::Holding | State::Committing) {
        crate::interop::officers::walk_out(&act, id).await?;
        return Ok(id);
    }
    let left = Application {
        decided_at: Some(act.now),
        ..row
    };
    advance(&act, left, &[State::Aborted]).await?;
    Ok(id)
}

/// The numbers of the printed forms, for the man and for the woman.
#[derive(Clone, Debug, Serialize)]
pub struct Print {
    /// The application and the version it was read at.
    pub application: (Uuid, i64),
    /// Number of the man's form.
    pub his: String,
    /// Number of the woman's form.
    pub hers: String,
}

/// Prints and hands over both certificates; possible only once registered.
pub async fn certify(act: Act<'_>, what: &Print) -> Result<Uuid> {
    let (id, version) = what.application;
    let row = in_hand(&act, id, version).await?;
    let record = row.record_id.ok_or_else(|| {
        Error::from(Refusal::by_law(
            "NOT_REGISTERED",
            "A certificate is printed only after the registration.",
            "登记完成后方可打印证件。",
            "民法典第一千零四十九条",
        ))
    })?;
    let forms = [
        (row.man.as_str(), what.his.as_str()),
        (row.woman.as_str(), what.hers.as_str()),
    ];
    certificates::print(&act, record, &forms).await?;
    advance(&act, row, &[State::Certified]).await?;
    Ok(id)
}

/// Where the papers go.
#[derive(Clone, Debug, Serialize)]
pub struct Shelve {
    /// The application and the version it was read at.
    pub application: (Uuid, i64),
    /// The file.
    pub file: archives::Papers,
}

/// M-24: puts the papers into the archive and ends the application.
pub async fn archive(act: Act<'_>, what: &Shelve) -> Result<Uuid> {
    let (id, version) = what.application;
    let row = in_hand(&act, id, version).await?;
    crate::rules::application::step(state_of(&row)?, State::Archived)?;
    let record = row.record_id.ok_or(Error::NotFound)?;
    archives::shelve_marriage(&act, record, &what.file).await?;
    advance(&act, row, &[State::Archived]).await?;
    Ok(id)
}
