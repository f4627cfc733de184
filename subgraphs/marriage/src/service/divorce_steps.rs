//! A divorce from the window on: both ask for the certificate, the registry reviews, registers,
//! certifies and archives, or refuses.
//!
//! A timer's state is never trusted: whether the window is open is computed here again, at this
//! moment, from the stored dates.

use super::act::{Act, add, same_version, save};
use super::divorce::{self, Standing, standing};
use super::{archives, certificates, counter, ledger, registries, statistics};
use crate::kit::{Error, Result, YearMonth};
use crate::model::{divorce_application, divorce_record, marriage_record};
use crate::rules::Refusal;
use crate::rules::certificate::Prefix;
use crate::rules::cooling_off::Phase;
use crate::rules::divorce::may_request_certificate;
use crate::rules::ledger::LedgerEvent;
use crate::rules::record::{RecordState, may_change};
use chrono::Datelike;
use sea_orm::EntityTrait;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

type Row = divorce_application::Model;

/// Both stand before the registrar and ask for the certificate.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Ask {
    /// The application and the version it was read at.
    pub application: (Uuid, i64),
    /// The registry where they ask.
    pub registry: Uuid,
    /// Who handles it.
    pub registrar: Uuid,
    /// Both are present.
    pub both_present: bool,
}

fn not_in_state() -> Error {
    Refusal::by_form(
        "APPLICATION_STATE",
        "In its present state the application does not allow this step.",
        "该申请当前状态不允许此操作。",
    )
    .into()
}

/// M-17: takes the couple's request for the certificate, in the window, where they applied.
pub async fn ask(act: Act<'_>, what: &Ask) -> Result<Uuid> {
    let (id, version) = what.application;
    let application = divorce::by_id(act.tx, id).await?;
    act.office(what.registry).await?;
    same_version(version, application.row.version)?;
    let phase = match standing(&application.row, application.closes, act.now) {
        Standing::Cooling => Phase::Cooling,
        Standing::WindowOpen => Phase::WindowOpen,
        Standing::DeemedWithdrawn => Phase::DeemedWithdrawn,
        _ => return Err(not_in_state()),
    };
    let same_registry = what.registry == application.row.registry_id;
    may_request_certificate(phase, what.both_present, same_registry)?;
    let row = (*application.row).clone();
    let parties = [row.man.as_str(), row.woman.as_str()];
    let faults = counter::registrar_faults(&act, what.registrar, what.registry, &parties).await?;
    act.unless(faults)?;
    let asked = Row {
        certificate_asked_at: Some(act.now),
        registrar_id: Some(what.registrar),
        ..row
    };
    step(&act, asked, "REVIEW").await
}

async fn step(act: &Act<'_>, row: Row, state: &str) -> Result<Uuid> {
    let before = row.state.clone();
    let saved = save!(
        act.tx,
        divorce_application,
        Row {
            state: state.to_owned(),
            ..row
        }
    )?;
    let more = json!({ "registry": saved.registry_id });
    act.leave("DivorceApplication", saved.id, Some(&before), state, more)
        .await?;
    Ok(saved.id)
}

async fn at(act: &Act<'_>, (id, version): (Uuid, i64), state: &str) -> Result<Row> {
    let application = divorce::by_id(act.tx, id).await?;
    act.office(application.row.registry_id).await?;
    same_version(version, application.row.version)?;
    if application.row.state == state {
        Ok((*application.row).clone())
    } else {
        Err(not_in_state())
    }
}

/// The registrar's review before registration.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Review {
    /// The application and the version it was read at.
    pub application: (Uuid, i64),
    /// Both are truly willing, asked once more.
    pub both_willing: bool,
    /// Children, property and debts are settled in the agreement.
    pub agreement_settled: bool,
}

/// 民法典 1078: registers the divorce and certifies it on the spot: record, number, both ledgers.
pub async fn register(act: Act<'_>, what: &Review) -> Result<Uuid> {
    const BASIS: &str = "民法典第一千零七十八条";
    let row = at(&act, what.application, "REVIEW").await?;
    let mut reasons = Vec::new();
    if !what.both_willing {
        reasons.push(Refusal::by_law(
            "NOT_FULLY_WILLING",
            "Both must be truly willing to divorce.",
            "双方须确属自愿离婚。",
            BASIS,
        ));
    }
    if !what.agreement_settled {
        reasons.push(Refusal::by_law(
            "AGREEMENT_NOT_SETTLED",
            "Children, property and debts are not settled in the agreement.",
            "双方未对子女抚养、财产以及债务处理等事项协商一致。",
            BASIS,
        ));
    }
    act.unless(reasons)?;
    let marriage = marriage_record::Entity::find_by_id(row.marriage_id)
        .one(act.tx)
        .await?
        .ok_or(Error::NotFound)?;
    let from = RecordState::from_text(&marriage.state)
        .ok_or_else(|| Error::internal("unknown state of a marriage record"))?;
    may_change(from, RecordState::DissolvedDivorce, None)?;
    let today = act.today();
    let registry = registries::by_id(act.tx, row.registry_id).await?;
    let number =
        certificates::allocate(act.tx, Prefix::Divorce, &registry.county_code, today.year())
            .await?;
    let number = number.to_string();
    let record = divorce_record::Model {
        id: crate::kit::id::new(),
        marriage_id: marriage.id,
        registry_id: registry.id,
        county_id: registry.county_id,
        certificate_no: number.clone(),
        application_received_on: Some(row.received_on),
        registered_on: today,
        children: row.children,
        agreement_sealed: row.agreement_sealed.clone(),
    };
    let record_id = record.id;
    add!(act.tx, divorce_record, record)?;
    certificates::cancel(act.tx, marriage.id, "CANCELLED").await?;
    let marriage_id = marriage.id;
    save!(
        act.tx,
        marriage_record,
        marriage_record::Model {
            state: RecordState::DissolvedDivorce.as_str().to_owned(),
            ended_on: Some(today),
            ..marriage
        }
    )?;
    for holder in [&row.man, &row.woman] {
        let paper = certificates::Paper {
            number: &number,
            kind: "DIVORCE",
            holder,
            record: record_id,
            replaces: None,
        };
        certificates::issue(act.tx, paper, today, None).await?;
        let fact = ledger::Fact {
            event: LedgerEvent::Divorced,
            effective_on: today,
            record: Some(marriage_id),
        };
        ledger::append(act.tx, holder, fact, act.now).await?;
    }
    let count = statistics::Act {
        divorces: 1,
        ..statistics::Act::default()
    };
    statistics::count(act.tx, &registry, YearMonth::of(today), count, act.now).await?;
    let body = json!({ "man": row.man, "woman": row.woman, "registeredOn": today });
    act.tell("DivorceRegistered", &record_id.to_string(), body)
        .await?;
    let registered = Row {
        divorce_record_id: Some(record_id),
        closed_on: Some(today),
        ..row
    };
    step(&act, registered, "REGISTERED").await
}

/// Why a divorce is refused, as a code of the list.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Refuse {
    /// The application and the version it was read at.
    pub application: (Uuid, i64),
    /// The reason.
    pub reason: &'static str,
}

/// M-15: refuses an application that is being handled and states the reason.
pub async fn refuse(act: Act<'_>, what: &Refuse) -> Result<Uuid> {
    let (id, version) = what.application;
    let application = divorce::by_id(act.tx, id).await?;
    act.office(application.row.registry_id).await?;
    same_version(version, application.row.version)?;
    let now = standing(&application.row, application.closes, act.now);
    if !matches!(
        now,
        Standing::Cooling | Standing::WindowOpen | Standing::Review
    ) {
        return Err(not_in_state());
    }
    let refused = Row {
        refusal_code: Some(what.reason.to_owned()),
        closed_on: Some(act.today()),
        ..(*application.row).clone()
    };
    step(&act, refused, "REFUSED").await
}

/// Prints and hands over both divorce certificates.
pub async fn certify(act: Act<'_>, what: &counter::decide::Print) -> Result<Uuid> {
    let row = at(&act, what.application, "REGISTERED").await?;
    let record = row.divorce_record_id.ok_or(Error::NotFound)?;
    let forms = [
        (row.man.as_str(), what.his.as_str()),
        (row.woman.as_str(), what.hers.as_str()),
    ];
    certificates::print(&act, record, &forms).await?;
    step(&act, row, "CERTIFIED").await
}

/// M-24: puts the papers into the archive.
pub async fn archive(act: Act<'_>, what: &counter::decide::Shelve) -> Result<Uuid> {
    let row = at(&act, what.application, "CERTIFIED").await?;
    let record = row.divorce_record_id.ok_or(Error::NotFound)?;
    archives::shelve_divorce(&act, record, (&row.man, &row.woman), &what.file).await?;
    step(&act, row, "ARCHIVED").await
}
