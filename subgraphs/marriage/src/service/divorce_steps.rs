//! A divorce from the window on: both ask for the certificate, the registry reviews, registers,
//! certifies and archives, or refuses.
//!
//! A timer's state is never trusted: whether the window is open is computed here again, at this
//! moment, from the dates.

use super::act::{Act, add, same_version, save};
use super::divorce::{self, Standing, standing};
use super::{archives, certificates, counter, ledger, moves, registries, statistics};
use crate::interop::divorce::REGISTERING;
use crate::kit::{Error, Result, UserError, YearMonth};
use crate::model::{divorce_application, divorce_record, marriage_record, registry};
use crate::rules::Refusal;
use crate::rules::certificate::Prefix;
use crate::rules::cooling_off::Phase;
use crate::rules::divorce::{may_refuse, may_request_certificate, stands_in_the_way};
use crate::rules::ledger::LedgerEvent;
use crate::rules::record::{RecordState, may_change};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use sea_orm::{DatabaseTransaction, EntityTrait};
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
    let phase = match standing(&application, act.now) {
        Standing::Cooling => Phase::Cooling,
        Standing::WindowOpen => Phase::WindowOpen,
        Standing::DeemedWithdrawn => Phase::DeemedWithdrawn,
        Standing::EndUncertain => Phase::EndUncertain,
        _ => return Err(not_in_state()),
    };
    let same_registry = what.registry == application.row.registry_id;
    may_request_certificate(phase, what.both_present, same_registry)?;
    let row = (*application.row).clone();
    let parties = [row.man.as_str(), row.woman.as_str()];
    let mut faults = named_faults(&act, what.registrar, what.registry, &parties).await?;
    faults.extend(in_the_way(&act, &row).await?);
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
    if application.row.state != state {
        return Err(not_in_state());
    }
    acts(act, &application.row).await?;
    Ok((*application.row).clone())
}

/// M-26: whoever acts is judged at each step.
async fn acts(act: &Act<'_>, row: &Row) -> Result<()> {
    let parties = [row.man.as_str(), row.woman.as_str()];
    let faults = counter::acting_faults(act, row.registrar_id, row.registry_id, &parties).await?;
    act.unless(faults)
}

/// Why neither the registrar named nor the one of the caller's account may act.
async fn named_faults(
    act: &Act<'_>,
    named: Uuid,
    registry: Uuid,
    parties: &[&str],
) -> Result<Vec<Refusal>> {
    let faults = counter::registrar_faults(act, named, registry, parties).await?;
    if faults.is_empty() {
        return counter::acting_faults(act, Some(named), registry, parties).await;
    }
    Ok(faults)
}

/// What has come to stand in the way since the application was received.
async fn in_the_way(act: &Act<'_>, row: &Row) -> Result<Vec<Refusal>> {
    let marriage = marriage_record::Entity::find_by_id(row.marriage_id)
        .one(act.tx)
        .await?;
    Ok(stands_in_the_way(
        divorce::someone_dead(act.tx, [&row.man, &row.woman]).await?,
        divorce::disputed(act.tx, marriage.as_ref()).await?,
        divorce::notice_waits(act.tx, &row.man, &row.woman).await?,
    ))
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
    let registry = registries::by_id(act.tx, row.registry_id).await?;
    reasons.extend(in_the_way(&act, &row).await?);
    let mut reasons: Vec<_> = reasons.into_iter().map(UserError::from).collect();
    reasons.extend(moves::numbers_nothing(&act, &registry));
    act.unless(reasons)?;
    let marriage = marriage_record::Entity::find_by_id(row.marriage_id)
        .one(act.tx)
        .await?
        .ok_or(Error::NotFound)?;
    let from = RecordState::from_text(&marriage.state)
        .ok_or_else(|| Error::internal("unknown state of a marriage record"))?;
    may_change(from, RecordState::DissolvedDivorce, None)?;
    // A ledger that another province keeps takes the divorce together with ours.
    if crate::interop::divorce::register(&act, &row).await? {
        return step(&act, row, REGISTERING).await;
    }
    crate::interop::counter::may_write(act.tx, act.services).await?;
    let today = act.today();
    let marriage_id = marriage.id;
    let papers = Papers {
        marriage: marriage_id,
        man: &row.man,
        woman: &row.woman,
        on: today,
        application: Some(&row),
    };
    let record_id = enter(act.tx, &registry, &papers, act.now).await?;
    certificates::cancel(act.tx, marriage_id, "CANCELLED").await?;
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
        let fact = ledger::Fact {
            event: LedgerEvent::Divorced,
            effective_on: today,
            record: Some(marriage_id),
        };
        ledger::append(act.tx, holder, fact, act.now).await?;
    }
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

/// A divorce that is registered, for its papers.
#[derive(Clone, Copy, Debug)]
pub struct Papers<'a> {
    /// The marriage that it ends.
    pub marriage: Uuid,
    /// Person token.
    pub man: &'a str,
    /// Person token.
    pub woman: &'a str,
    /// The day of registration.
    pub on: NaiveDate,
    /// The application it came of; none where that was lost with a restore.
    pub application: Option<&'a Row>,
}

/// The divorce's own record, its number, a certificate for each, and its place in the figures. Ledgers and
/// application are the caller's.
///
/// # Errors
/// When the run of numbers is exhausted, or the database does not answer.
pub async fn enter(
    tx: &DatabaseTransaction,
    registry: &registry::Model,
    what: &Papers<'_>,
    now: DateTime<Utc>,
) -> Result<Uuid> {
    let year = what.on.year();
    let number = certificates::allocate(tx, Prefix::Divorce, &registry.county_code, year).await?;
    let number = number.to_string();
    let record = divorce_record::Model {
        id: crate::kit::id::new(),
        marriage_id: what.marriage,
        registry_id: registry.id,
        county_id: registry.county_id,
        certificate_no: number.clone(),
        application_received_on: what.application.map(|row| row.received_on),
        registered_on: what.on,
        children: what.application.and_then(|row| row.children),
        agreement_sealed: what
            .application
            .and_then(|row| row.agreement_sealed.clone()),
    };
    let id = record.id;
    add!(tx, divorce_record, record)?;
    for holder in [what.man, what.woman] {
        let paper = certificates::Paper {
            number: &number,
            kind: "DIVORCE",
            holder,
            record: id,
            replaces: None,
            registry: registry.id,
        };
        certificates::issue(tx, paper, what.on, None).await?;
    }
    let count = statistics::Act {
        divorces: 1,
        ..statistics::Act::default()
    };
    statistics::count(tx, registry, YearMonth::of(what.on), count, now).await?;
    Ok(id)
}

/// Why a divorce is refused, as a code of the list.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Refuse {
    /// The application and the version it was read at.
    pub application: (Uuid, i64),
    /// The reason.
    pub reason: &'static str,
}

/// M-15, M-16: refuses a couple that has come for the certificate and states the reason; not while the
/// cooling-off runs.
pub async fn refuse(act: Act<'_>, what: &Refuse) -> Result<Uuid> {
    let (id, version) = what.application;
    let application = divorce::by_id(act.tx, id).await?;
    act.office(application.row.registry_id).await?;
    same_version(version, application.row.version)?;
    let now = standing(&application, act.now);
    // Between provinces only the deciding authority can say that it has not happened.
    if matches!(now, Standing::Receiving | Standing::Registering) {
        crate::interop::officers::walk_out(&act, id).await?;
        return Ok(id);
    }
    let phase = match now {
        Standing::Cooling => Some(Phase::Cooling),
        Standing::WindowOpen => Some(Phase::WindowOpen),
        Standing::DeemedWithdrawn => Some(Phase::DeemedWithdrawn),
        Standing::EndUncertain => Some(Phase::EndUncertain),
        Standing::Review => None,
        _ => return Err(not_in_state()),
    };
    may_refuse(phase)?;
    acts(&act, &application.row).await?;
    let refused = Row {
        refusal_code: Some(what.reason.to_owned()),
        closed_on: Some(act.today()),
        ..(*application.row).clone()
    };
    crate::interop::divorce::unmark(act.tx, id, act.account()?).await?;
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
