//! What a decision makes of records, certificates and applications here, in the transaction that writes
//! the decision down.
//!
//! Each authority keeps a record of its own person's marriage, from the record core that came with the
//! commit; the accepting registry's province has certificate, statistics and application besides. Where a
//! province is both, the two halves meet in one row, in either order.

use super::Desk;
use crate::interop::core::effect::LedgerWrite;
use crate::interop::core::event::{Entry, Log, Row};
use crate::interop::core::message::{Act, Class, Commitment, Ending, Outcome, RecordCore};
use crate::interop::core::names::{AuthorityId, TxnId};
use crate::interop::divorce;
use crate::interop::wire::jwe::{Identity, Place};
use crate::kit::citizen_id::{self, CitizenId};
use crate::kit::events::{Event, emit};
use crate::kit::mutation::history;
use crate::kit::{Error, Principal, Result, YearMonth, vault};
use crate::model::interop::{application as offer, log, record as shared};
use crate::model::{marriage_record, registration_application, registry};
use crate::rules::application::State;
use crate::rules::certificate::Prefix;
use crate::rules::record::RecordState;
use crate::rules::registration::is_remarriage;
use crate::service::{certificates, registries, statistics};
use chrono::{Datelike, NaiveDate};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

/// The name under which the details of a record are sealed, beside those of the parties.
pub const DETAILS: &str = "details";

/// What is kept of a marriage beyond its days: sealed to each authority that keeps it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Details {
    /// The six-digit code of the accepting registry's division.
    pub division: String,
    /// The man.
    pub man: Identity,
    /// The woman.
    pub woman: Identity,
}

impl std::fmt::Debug for Details {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Details(***)")
    }
}

/// The couple as this province names it.
pub(in crate::interop) struct Couple {
    /// Person token of the man.
    pub(in crate::interop) man: String,
    /// Person token of the woman.
    pub(in crate::interop) woman: String,
    man_authority: String,
    woman_authority: String,
    division: String,
}

impl Couple {
    fn cross_province(&self, own: &str) -> bool {
        self.man_authority != own || self.woman_authority != own
    }
}

/// Opens the details that are sealed to us and tells the vault who the two are.
pub(in crate::interop) async fn couple(
    desk: Desk<'_>,
    txn: TxnId,
    core: &RecordCore,
) -> Result<Couple> {
    let unreadable = || Error::internal("the details of a committed record cannot be read");
    let sealed = core.details.get(&desk.node.id).ok_or_else(unreadable)?;
    let name = txn.0.to_string();
    let details: Details = desk
        .node
        .open_sealed(
            &sealed.0,
            Place {
                txn: &name,
                party: DETAILS,
            },
        )
        .map_err(|_| unreadable())?;
    let today = desk.services.clock.today();
    let number = |identity: &Identity| -> Result<CitizenId> {
        citizen_id::parse(&identity.id_number, today).map_err(|_| unreadable())
    };
    let (man, woman) = (number(&details.man)?, number(&details.woman)?);
    let book = desk.node.book();
    let authority = |number: &CitizenId| book.routing.authority(number.division_code()).to_owned();
    Ok(Couple {
        man_authority: authority(&man),
        woman_authority: authority(&woman),
        man: vault::announce(desk.tx, desk.services, &man, &details.man.name)
            .await?
            .into(),
        woman: vault::announce(desk.tx, desk.services, &woman, &details.woman.name)
            .await?
            .into(),
        division: details.division,
    })
}

/// An authority's row has come to an end: what was committed becomes a record here.
///
/// # Errors
/// When the database does not answer, or the record core cannot be read.
pub async fn settled(desk: Desk<'_>, row: &Row) -> Result<()> {
    let decision = match row {
        Row::Decided { decision, .. } => decision,
        Row::Confirmed { verdict, .. } => &verdict.body.decision,
        _ => return Ok(()),
    };
    match decision.commitment() {
        Some(done) => committed(desk, done).await,
        None => Ok(()),
    }
}

async fn committed(desk: Desk<'_>, done: &Commitment) -> Result<()> {
    let record = done.plan.act.record().0;
    match done.plan.act {
        Act::Marry { .. } => {
            if by_id(desk, record).await?.is_some() {
                return Ok(());
            }
            let couple = couple(desk, done.plan.txn, &done.core).await?;
            let row = made(desk, &couple, record, &done.core).await?;
            insert(desk, row, &couple, done.plan.txn).await
        }
        Act::Divorce { .. } => dissolve(desk, record, done.core.registered_on).await,
        Act::ApplyDivorce { .. } | Act::WithdrawDivorce { .. } => Ok(()),
    }
}

async fn by_id(desk: Desk<'_>, record: Uuid) -> Result<Option<marriage_record::Model>> {
    Ok(marriage_record::Entity::find_by_id(record)
        .one(desk.tx)
        .await?)
}

/// The record as its authority keeps it: the registry is another province's and has no row here.
async fn made(
    desk: Desk<'_>,
    couple: &Couple,
    record: Uuid,
    core: &RecordCore,
) -> Result<marriage_record::Model> {
    let registry = match crate::kit::id::parse(&core.registry) {
        Some(id) => registry::Entity::find_by_id(id).one(desk.tx).await?,
        None => None,
    };
    // A code of before a change means what alone goes on in its place.
    let county = desk
        .services
        .db
        .divisions()
        .meaning(&couple.division)
        .map(|division| division.id)
        .ok_or_else(|| Error::internal("the division of an accepting registry is not known"))?;
    Ok(marriage_record::Model {
        id: record,
        registry_id: registry.map(|row| row.id),
        county_id: county,
        certificate_no: None,
        legacy_no: None,
        kind: kind(desk, couple, core, record).await?.to_owned(),
        registered_on: core.registered_on,
        effective_from: core.effective_from,
        man: couple.man.clone(),
        woman: couple.woman.clone(),
        state: RecordState::Valid.as_str().to_owned(),
        ended_on: None,
        source: "ONLINE".to_owned(),
        quality: "A".to_owned(),
        cross_province: couple.cross_province(&desk.node.own),
        version: 1,
    })
}

/// M-13, M-14: the kind follows from the days and the earlier records.
async fn kind(
    desk: Desk<'_>,
    couple: &Couple,
    core: &RecordCore,
    but: Uuid,
) -> Result<&'static str> {
    if core.effective_from < core.registered_on {
        return Ok("RETROACTIVE");
    }
    let earlier = marriage_record::Entity::find()
        .filter(marriage_record::Column::Man.eq(&couple.man))
        .filter(marriage_record::Column::Woman.eq(&couple.woman))
        .filter(marriage_record::Column::Id.ne(but))
        .all(desk.tx)
        .await?;
    let earlier: Vec<RecordState> = earlier
        .iter()
        .filter_map(|row| RecordState::from_text(&row.state))
        .collect();
    Ok(if is_remarriage(&earlier) {
        "REMARRIAGE"
    } else {
        "MARRIAGE"
    })
}

async fn insert(
    desk: Desk<'_>,
    row: marriage_record::Model,
    couple: &Couple,
    txn: TxnId,
) -> Result<()> {
    let id = row.id;
    marriage_record::Entity::insert(marriage_record::ActiveModel::from(row))
        .exec_without_returning(desk.tx)
        .await?;
    let both = shared::Model {
        record_id: id,
        txn: txn.0,
        man_authority: couple.man_authority.clone(),
        woman_authority: couple.woman_authority.clone(),
    };
    shared::Entity::insert(shared::ActiveModel::from(both))
        .exec_without_returning(desk.tx)
        .await?;
    Ok(())
}

/// A divorce ends the record, where there is one here.
pub(in crate::interop) async fn dissolve(
    desk: Desk<'_>,
    record: Uuid,
    on: NaiveDate,
) -> Result<()> {
    end(desk, record, RecordState::DissolvedDivorce, on).await
}

/// What a record becomes when its marriage ends otherwise.
const fn after(ending: Ending) -> RecordState {
    match ending {
        Ending::SpouseDied => RecordState::EndedDeath,
        Ending::DivorcedByCourt => RecordState::DissolvedJudgment,
        Ending::Voided => RecordState::Void,
        Ending::Annulled => RecordState::Annulled,
        Ending::RevokedFraud => RecordState::RevokedFraud,
    }
}

/// Ends a record that is valid; one that has ended stays as it is.
async fn end(desk: Desk<'_>, record: Uuid, state: RecordState, on: NaiveDate) -> Result<()> {
    use marriage_record::Column;
    let ended = marriage_record::Entity::update_many()
        .col_expr(Column::State, Expr::value(state.as_str()))
        .col_expr(Column::EndedOn, Expr::value(on))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.eq(record))
        .filter(Column::State.eq(RecordState::Valid.as_str()))
        .exec(desk.tx)
        .await?;
    if ended.rows_affected > 0 {
        certificates::cancel(desk.tx, record, "CANCELLED").await?;
    }
    Ok(())
}

/// COMMITTED is on file at the coordinator: record, certificate, statistics, application, and the event
/// that carries it to the national base, once for each transaction.
///
/// # Errors
/// When the database does not answer, or the record core cannot be read.
pub async fn register(desk: Desk<'_>, txn: TxnId, act: Act, core: &RecordCore) -> Result<()> {
    match act {
        Act::Marry { record } => marry(desk, txn, record.0, core).await,
        _ => divorce::committed(desk, txn, act, core).await,
    }
}

async fn marry(desk: Desk<'_>, txn: TxnId, record: Uuid, core: &RecordCore) -> Result<()> {
    let couple = couple(desk, txn, core).await?;
    let registry = crate::kit::id::parse(&core.registry)
        .ok_or_else(|| Error::internal("the accepting registry of a record is none"))?;
    let registry = registries::by_id(desk.tx, registry).await?;
    let known = by_id(desk, record).await?;
    if known
        .as_ref()
        .is_some_and(|row| row.certificate_no.is_some())
    {
        return Ok(());
    }
    let year = core.registered_on.year();
    let number = certificates::allocate(desk.tx, Prefix::Marriage, &couple.division, year)
        .await?
        .to_string();
    if known.is_none() {
        let row = made(desk, &couple, record, core).await?;
        insert(desk, row, &couple, txn).await?;
    }
    marriage_record::Entity::update_many()
        .col_expr(
            marriage_record::Column::CertificateNo,
            Expr::value(number.as_str()),
        )
        .col_expr(
            marriage_record::Column::RegistryId,
            Expr::value(registry.id),
        )
        .filter(marriage_record::Column::Id.eq(record))
        .exec(desk.tx)
        .await?;
    for holder in [&couple.man, &couple.woman] {
        let paper = certificates::Paper {
            number: &number,
            kind: "MARRIAGE",
            holder,
            record,
            replaces: None,
        };
        certificates::issue(desk.tx, paper, core.registered_on, None).await?;
    }
    let act = statistics::Act {
        registered: 1,
        cross_province: i64::from(couple.cross_province(&desk.node.own)),
        ..statistics::Act::default()
    };
    statistics::count(
        desk.tx,
        &registry,
        YearMonth::of(core.registered_on),
        act,
        desk.now,
    )
    .await?;
    let body = json!({ "version": 1, "man": couple.man, "woman": couple.woman,
        "registeredOn": core.registered_on, "effectiveFrom": core.effective_from });
    tell(desk, "MarriageRegistered", &record.to_string(), body).await?;
    let Some(application) = application_of(desk, txn).await? else {
        return Ok(());
    };
    let kind = kind(desk, &couple, core, record).await?;
    close(desk, application, State::Registered, |row| {
        registration_application::Model {
            kind: kind.to_owned(),
            record_id: Some(record),
            ..row
        }
    })
    .await
}

/// The application that a transaction came of.
async fn application_of(desk: Desk<'_>, txn: TxnId) -> Result<Option<Uuid>> {
    let row = offer::Entity::find()
        .filter(offer::Column::Txn.eq(txn.0))
        .one(desk.tx)
        .await?;
    Ok(row.map(|row| row.application_id))
}

/// The application goes where its transaction has gone.
///
/// # Errors
/// When the database does not answer.
pub async fn follow(desk: Desk<'_>, state: &Log) -> Result<()> {
    let txn = state.plan.txn;
    let application = match state.plan.act {
        Act::Marry { .. } => application_of(desk, txn).await?,
        Act::ApplyDivorce { application, .. }
        | Act::WithdrawDivorce { application, .. }
        | Act::Divorce { application, .. } => Some(application.0),
    };
    let Some(application) = application else {
        return Ok(());
    };
    log::Entity::update_many()
        .col_expr(log::Column::ApplicationId, Expr::value(Some(application)))
        .filter(log::Column::Txn.eq(txn.0))
        .exec(desk.tx)
        .await?;
    if !matches!(state.plan.act, Act::Marry { .. }) {
        return divorce::follow(desk, state).await;
    }
    match state.decision().map(|decision| &decision.outcome) {
        None if state.grant.is_some() || state.plan.ha.is_none() => {
            close(desk, application, State::Committing, |row| row).await
        }
        None => Ok(()),
        Some(Outcome::Committed(_)) => Ok(()),
        Some(Outcome::Aborted { class }) => {
            let code = refusal_of(*class).to_owned();
            close(desk, application, State::Aborted, |row| {
                registration_application::Model {
                    refusal_code: Some(code.clone()),
                    ..row
                }
            })
            .await
        }
    }
}

/// The code under which the couple is told of a class.
#[must_use]
pub const fn refusal_of(class: Class) -> &'static str {
    match class {
        Class::NotFree => "SPOUSE_ON_RECORD",
        Class::HeldByOther => "REGISTRATION_IN_PROGRESS",
        Class::Disputed => "RECORDS_DISPUTED",
        Class::LegacyUnresolved => "LEGACY_RECORD_UNRESOLVED",
        Class::Dead => "PARTY_DEAD_ON_RECORD",
        Class::WalkedOut => "COUPLE_LEFT",
        Class::NotTwoPersons => "SAME_PERSON",
        Class::AlreadyMarked => "APPLICATION_ALREADY_OPEN",
        Class::NotMarried | Class::NotMarked => "RECORD_DOES_NOT_FIT",
        Class::Unverified => "AUTHORITY_DOES_NOT_KNOW",
        Class::Unresolved
        | Class::WrongEpoch
        | Class::TooOld
        | Class::Ended
        | Class::ForceAborted => "NOT_DECIDED_IN_TIME",
    }
}

/// Takes an application on, if its present state leads there; one that is further is left alone.
async fn close(
    desk: Desk<'_>,
    id: Uuid,
    to: State,
    change: impl FnOnce(registration_application::Model) -> registration_application::Model,
) -> Result<()> {
    let Some(row) = registration_application::Entity::find_by_id(id)
        .one(desk.tx)
        .await?
    else {
        return Ok(());
    };
    let from = State::from_text(&row.state)
        .ok_or_else(|| Error::internal("unknown state of a marriage application"))?;
    // A province that was restored may have forgotten the button, and what was registered was registered.
    let forgotten = to == State::Registered && from == State::Eligible;
    let open = matches!(from, State::Holding | State::Committing) || forgotten;
    if !open || from == to {
        return Ok(());
    }
    let changed = registration_application::Model {
        state: to.as_str().to_owned(),
        decided_at: (to != State::Committing).then_some(desk.now),
        version: row.version + 1,
        ..change(row)
    };
    let registry = changed.registry_id;
    use sea_orm::ActiveModelTrait as _;
    registration_application::Entity::update(
        registration_application::ActiveModel::from(changed).reset_all(),
    )
    .exec(desk.tx)
    .await?;
    let actor =
        Principal::service(&desk.services.province, "marriage").at(desk.services.clock.now());
    let state = |state: State| Some(json!({ "state": state.as_str() }));
    history(
        desk.tx,
        "RegistrationApplication",
        &id.to_string(),
        &actor,
        state(from),
        state(to),
    )
    .await?;
    let body = json!({ "version": 1, "state": to.as_str(), "more": { "registry": registry } });
    tell(
        desk,
        "RegistrationApplicationChanged",
        &id.to_string(),
        body,
    )
    .await
}

/// An entry of a ledger is told to whoever follows it: the person, at once.
///
/// # Errors
/// When the database does not answer.
pub async fn entered(desk: Desk<'_>, write: &LedgerWrite) -> Result<()> {
    // A notice of another authority ends the record too; what became known here was written by its service.
    if let (Entry::Ended(ending), Some(record), Some(_)) = (write.entry, write.record, write.txn) {
        let on = write
            .effective_on
            .unwrap_or_else(|| desk.services.clock.today());
        end(desk, record.0, after(ending), on).await?;
    }
    if matches!(write.entry, Entry::Held | Entry::Released) {
        return Ok(());
    }
    let body = json!({ "version": 1, "seq": write.seq });
    tell(desk, "MaritalLedgerEntered", &write.person.0, body).await
}

pub(in crate::interop) async fn tell(
    desk: Desk<'_>,
    kind: &str,
    key: &str,
    body: Value,
) -> Result<()> {
    let event = Event {
        kind: kind.to_owned(),
        key: key.to_owned(),
        at: desk.services.clock.now(),
        body,
    };
    emit(desk.tx, &event).await
}

/// The other authority of a marriage and the transaction that made it, for a person of ours.
///
/// # Errors
/// When the database does not answer.
pub async fn other_authority(desk: Desk<'_>, record: Uuid) -> Result<Option<(AuthorityId, TxnId)>> {
    let row = shared::Entity::find_by_id(record).one(desk.tx).await?;
    Ok(row.and_then(|row| {
        [row.man_authority, row.woman_authority]
            .into_iter()
            .find(|code| *code != desk.node.own)
            .and_then(|code| code.parse().ok())
            .map(|other| (other, TxnId(row.txn)))
    }))
}
