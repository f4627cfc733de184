//! Applications for divorce: received and withdrawn here, read in [`reading`].
//!
//! What a timer would do,
//! marking overdue applications as deemed withdrawn, is also done before a new application of the
//! same couple is received, so that no job is needed for a right answer.

mod reading;

pub(in crate::service) use reading::with_closing;
pub use reading::{
    Application, Closing, IN_HAND, Standing, by_id, dates, dates_by, in_hand, of_persons, of_rows,
    open_at, standing, standing_by,
};

use super::act::{Act, still_as_read, works_at};
use super::couple::{Hidden, Known};
use super::office::Trail;
use super::{counter, ledger, registries, shanghai, statistics};
use crate::interop::divorce::{self as shared, RECEIVING};
use crate::kit::YearMonth;
use crate::kit::calendar::WorkCalendar;
use crate::kit::contract::scope;
use crate::kit::{Error, Result, Services, UserError};
use crate::model::{court_notice, divorce_application, impersonation_case, marriage_record};
use crate::rules::Refusal;
use crate::rules::cooling_off::{NO_COOLING_OFF, divorce_dates};
use crate::rules::divorce::{
    DivorceFacts, SEEN_AT_THE_COUNTER, may_withdraw, not_received, registered_in_china,
    who_withdraws,
};
use crate::rules::ledger::death_in;
use crate::rules::record::RecordState;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// What the registrar enters when he receives an application.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// The registry.
    pub registry: Uuid,
    /// Both spouses stand before the registrar.
    pub both_present: bool,
    /// The written agreement is signed by both.
    pub agreement_signed: bool,
    /// Both have full capacity.
    pub full_capacity: bool,
    /// Children, as the agreement states.
    pub children: Option<i32>,
    /// Reference to the agreement, sealed for the vault.
    pub agreement_sealed: Option<Vec<u8>>,
    /// Help in the crisis was offered, and whether it was taken.
    pub crisis_help_accepted: Option<bool>,
    /// Who handles it.
    pub registrar: Option<Uuid>,
}

/// The application of a couple as the registers see it.
struct Assessment {
    /// Their latest marriage record, a valid one if there is any.
    record: Option<marriage_record::Model>,
    /// Open by state, but their window has passed.
    overdue: Vec<Application>,
    /// Why the application is not received.
    refusals: Vec<Refusal>,
}

async fn assess(
    db: &impl ConnectionTrait,
    man: &str,
    woman: &str,
    receipt: &Receipt,
    now: DateTime<Utc>,
) -> Result<Assessment> {
    let records = marriage_record::Entity::find()
        .filter(marriage_record::Column::Man.eq(man))
        .filter(marriage_record::Column::Woman.eq(woman))
        .order_by_desc(marriage_record::Column::RegisteredOn)
        .all(db)
        .await?;
    let valid = records
        .iter()
        .position(|r| r.state == RecordState::Valid.as_str())
        .unwrap_or(0);
    let record = records.into_iter().nth(valid);
    let mut open = Vec::new();
    if let Some(record) = &record {
        let rows = divorce_application::Entity::find()
            .filter(divorce_application::Column::MarriageId.eq(record.id))
            .filter(divorce_application::Column::State.is_in(IN_HAND))
            .all(db)
            .await?;
        open = with_closing(db, rows).await?;
    }
    let (overdue, open): (Vec<_>, Vec<_>) = open
        .into_iter()
        .partition(|a| standing(a, now) == Standing::DeemedWithdrawn);
    let mark = shared::mark_of(db, [man, woman]).await?;
    let mut refusals = not_received(&DivorceFacts {
        dead: someone_dead(db, [man, woman]).await?,
        disputed: disputed(db, record.as_ref()).await?,
        notice_waits: notice_waits(db, man, woman).await?,
        both_present: receipt.both_present,
        agreement_signed: receipt.agreement_signed,
        full_capacity: receipt.full_capacity,
        // Where there is no record at all, that is the reason, and not where it was registered.
        registered_in_china: record
            .as_ref()
            .is_none_or(|r| registered_in_china(&r.source)),
        record: record
            .as_ref()
            .and_then(|r| RecordState::from_text(&r.state))
            .unwrap_or(RecordState::Void),
        open_elsewhere: !open.is_empty() || mark == Some(shared::Mark::Elsewhere),
    });
    // The other ledgers have yet to hear of the end of ours.
    if open.is_empty() && overdue.is_empty() && mark == Some(shared::Mark::Here) {
        refusals.push(crate::rules::elsewhere::STILL_CLOSING);
    }
    Ok(Assessment {
        record,
        overdue,
        refusals,
    })
}

/// Whether one of these has died, by the ledgers kept here.
pub(super) async fn someone_dead(db: &impl ConnectionTrait, persons: [&str; 2]) -> Result<bool> {
    let ledgers = ledger::of_persons(db, &persons.map(str::to_owned)).await?;
    Ok(ledgers
        .values()
        .any(|ledger| death_in(&ledger.entries, None).is_some()))
}

/// Whether a case of impersonation about the record is open.
pub(super) async fn disputed(
    db: &impl ConnectionTrait,
    record: Option<&marriage_record::Model>,
) -> Result<bool> {
    use impersonation_case::Column;
    let Some(record) = record else {
        return Ok(false);
    };
    let open = impersonation_case::Entity::find()
        .filter(Column::RecordId.eq(record.id))
        .filter(Column::State.is_in(["OPEN", "PROPOSED"]))
        .one(db)
        .await?;
    Ok(open.is_some())
}

/// Whether a court's notice about the couple waits to be annotated.
pub(super) async fn notice_waits(
    db: &impl ConnectionTrait,
    man: &str,
    woman: &str,
) -> Result<bool> {
    use court_notice::Column;
    let waiting = court_notice::Entity::find()
        .filter(Column::Man.eq(man))
        .filter(Column::Woman.eq(woman))
        .filter(Column::State.eq("WAITING"))
        .one(db)
        .await?;
    Ok(waiting.is_some())
}

/// M-15, M-16, M-19: receives the application of a couple, in the caller's transaction. The error
/// is the first refusal; [`apply`] tells them all.
pub async fn receive(
    services: &Services,
    tx: &DatabaseTransaction,
    man: &str,
    woman: &str,
    receipt: &Receipt,
) -> Result<divorce_application::Model> {
    let trail = Trail::of_time(services, tx);
    enter(&trail, (man, woman), receipt, "RECEIVED").await
}

/// Enters the application at the moment of the trail, which is that of what time has ended before it.
async fn enter(
    trail: &Trail<'_>,
    (man, woman): (&str, &str),
    receipt: &Receipt,
    state: &str,
) -> Result<divorce_application::Model> {
    let (tx, now) = (trail.tx, trail.at);
    let assessment = assess(tx, man, woman, receipt, now).await?;
    if let Some(refusal) = assessment.refusals.first() {
        return Err((*refusal).into());
    }
    let record = assessment.record.ok_or(Error::NotFound)?;
    for application in &assessment.overdue {
        deem_withdrawn(trail, application).await?;
    }
    let dates =
        divorce_dates(&WorkCalendar::default(), shanghai(now).date()).ok_or(NO_COOLING_OFF)?;
    let row = divorce_application::Model {
        id: crate::kit::id::new(),
        marriage_id: record.id,
        registry_id: receipt.registry,
        man: man.to_owned(),
        woman: woman.to_owned(),
        received_on: dates.received_on,
        received_at: now,
        cooling_off_ends: dates.cooling_off_ends,
        window_opens: dates.window_opens,
        window_ends: dates.window_ends,
        provisional: dates.provisional,
        state: state.to_owned(),
        closed_on: None,
        children: receipt.children,
        agreement_sealed: receipt.agreement_sealed.clone(),
        crisis_help_accepted: receipt.crisis_help_accepted,
        certificate_asked_at: None,
        refusal_code: None,
        divorce_record_id: None,
        registrar_id: receipt.registrar,
        version: 1,
    };
    divorce_application::Entity::insert(divorce_application::ActiveModel::from(row.clone()))
        .exec_without_returning(tx)
        .await?;
    Ok(row)
}

/// M-17, 民法典 1077: writes down that the window of an application has passed unused, on its last day, wherever that
/// is found first: by the job, before the couple's next application, or when something else would end it. The mark
/// on ledgers of other provinces goes with it.
pub async fn deem_withdrawn(trail: &Trail<'_>, application: &Application) -> Result<()> {
    let (row, after) = (&application.row, "DEEMED_WITHDRAWN");
    let day = dates(row).window_ends;
    set_state(trail.tx, row, after, day).await?;
    shared::unmark(trail.tx, row.id, "").await?;
    let id = row.id.to_string();
    trail
        .leave("DivorceApplication", &id, &row.state, after)
        .await
}

/// M-15, M-17, M-21, M-23: the marriage has ended otherwise, so nothing more comes of an application for its divorce: it
/// is refused, today, for there is no marriage. One whose window had passed before is deemed withdrawn all the same:
/// whether a job had written that down decides nothing.
pub async fn marriage_ended(trail: &Trail<'_>, services: &Services, marriage: Uuid) -> Result<()> {
    use divorce_application::Column;
    let open = divorce_application::Entity::find()
        .filter(Column::MarriageId.eq(marriage))
        .filter(Column::State.is_in(IN_HAND))
        .all(trail.tx)
        .await?;
    let now = services.clock.now();
    let time = Trail::of_time(services, trail.tx);
    for application in with_closing(trail.tx, open).await? {
        if standing(&application, now) == Standing::DeemedWithdrawn {
            deem_withdrawn(&time, &application).await?;
            continue;
        }
        let row = &application.row;
        let after = "REFUSED";
        set_state(trail.tx, row, after, trail.today).await?;
        divorce_application::Entity::update_many()
            .col_expr(Column::RefusalCode, Expr::value("NO_VALID_MARRIAGE"))
            .filter(Column::Id.eq(row.id))
            .exec(trail.tx)
            .await?;
        shared::unmark(trail.tx, row.id, "").await?;
        let id = row.id.to_string();
        trail
            .leave("DivorceApplication", &id, &row.state, after)
            .await?;
    }
    Ok(())
}

async fn set_state(
    tx: &impl ConnectionTrait,
    row: &divorce_application::Model,
    state: &str,
    day: chrono::NaiveDate,
) -> Result<divorce_application::Model> {
    use divorce_application::Column;
    let changed = divorce_application::Entity::update_many()
        .col_expr(Column::State, Expr::value(state))
        .col_expr(Column::ClosedOn, Expr::value(day))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.eq(row.id))
        .filter(Column::Version.eq(row.version))
        .exec(tx)
        .await?;
    if changed.rows_affected != 1 {
        return Err(Error::Conflict);
    }
    Ok(divorce_application::Model {
        state: state.to_owned(),
        closed_on: Some(day),
        version: row.version + 1,
        ..row.clone()
    })
}

/// What the registrar enters at the counter.
#[derive(Clone, Debug, Serialize)]
pub struct Apply {
    /// The registry.
    pub registry: Uuid,
    /// The man.
    pub man: Known,
    /// The woman.
    pub woman: Known,
    /// Both stand before the registrar.
    pub both_present: bool,
    /// The written agreement is signed by both.
    pub agreement_signed: bool,
    /// Both have full capacity.
    pub full_capacity: bool,
    /// Children, as the agreement states.
    pub children: Option<i32>,
    /// Reference to the agreement; sealed at once.
    pub agreement: Option<Hidden>,
    /// Who handles it; the registrar of the caller's account where none is named.
    pub registrar: Option<Uuid>,
    /// Help in the crisis was offered, and whether it was taken.
    pub crisis_help_accepted: Option<bool>,
}

/// M-15, M-16, M-19: receives the application of a couple and fixes its dates; every refusal at
/// once, so that the couple comes once more and not three times.
pub async fn apply(act: Act<'_>, what: &Apply) -> Result<Uuid> {
    let office = act.office(what.registry).await?;
    // An application of elsewhere that a restore has lost may be about to come back.
    crate::interop::counter::may_write(act.tx, act.services).await?;
    let own = counter::own_registrar(&act, what.registry).await?;
    let registrar = own.or(what.registrar);
    let receipt = Receipt {
        registry: what.registry,
        both_present: what.both_present,
        agreement_signed: what.agreement_signed,
        full_capacity: what.full_capacity,
        children: what.children.filter(|n| (0..=30).contains(n)),
        agreement_sealed: what
            .agreement
            .as_ref()
            .map(|agreement| agreement.seal(&act))
            .transpose()?,
        crisis_help_accepted: what.crisis_help_accepted,
        registrar,
    };
    let (man, woman) = (&what.man.token, &what.woman.token);
    let mut assessment = assess(act.tx, man, woman, &receipt, act.now).await?;
    let parties = [man.as_str(), woman.as_str()];
    let acting = counter::acting_faults(&act, what.registrar, what.registry, &parties).await?;
    let others = match &assessment.record {
        Some(record) => {
            let couple = [&what.man, &what.woman];
            shared::concerns_others(act.tx, act.services, record.id, couple).await?
        }
        None => false,
    };
    // Silence of our records says nothing where others keep the ledgers.
    let own = act.services.province.as_str();
    let away = [&what.man, &what.woman]
        .into_iter()
        .any(|known| known.authority(act.services) != own);
    if assessment.record.is_none() && away {
        assessment
            .refusals
            .retain(|refusal| refusal.code != "NO_VALID_MARRIAGE");
        assessment
            .refusals
            .insert(0, crate::rules::elsewhere::MARRIAGE_NOT_ON_FILE);
    }
    // The timers close it, and then tell the other ledgers.
    if others && !assessment.overdue.is_empty() {
        assessment
            .refusals
            .push(crate::rules::elsewhere::STILL_CLOSING);
    }
    let (seen, on_record): (Vec<_>, Vec<_>) = assessment
        .refusals
        .into_iter()
        .partition(|refusal| SEEN_AT_THE_COUNTER.contains(&refusal.code));
    let seen = seen
        .into_iter()
        .chain(acting)
        .map(UserError::from)
        .collect();
    let on_record = on_record.into_iter().map(UserError::from).collect();
    act.unless_on_record(parties, seen, on_record).await?;
    what.man.announce(&act).await?;
    what.woman.announce(&act).await?;
    let state = if others { RECEIVING } else { "RECEIVED" };
    let trail = Trail::of_time(act.services, act.tx);
    let row = enter(&trail, (man, woman), &receipt, state).await?;
    if others {
        shared::receive(&act, &row, &office.county_code, &what.man, &what.woman).await?;
    }
    let more = json!({ "receivedOn": row.received_on, "registry": row.registry_id });
    act.leave("DivorceApplication", row.id, None, &row.state, more)
        .await?;
    Ok(row.id)
}

/// The application to be withdrawn.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Withdraw {
    /// The application.
    pub application: Uuid,
    /// The version at which it was read, if the caller says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// `MAN` or `WOMAN`: who stands before the officer with the paper; a party that is signed in need not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<&'static str>,
}

/// M-16, M-26: either party alone withdraws, under the own account or at the registry that received it.
pub async fn withdraw(act: Act<'_>, what: &Withdraw) -> Result<Uuid> {
    let application = by_id(act.tx, what.application).await?;
    let row = &application.row;
    let registry = registries::by_id(act.tx, row.registry_id).await?;
    let party = act.caller.has_scope(scope::SELF)
        && (act.caller.is_person(&row.man) || act.caller.is_person(&row.woman));
    // Who may not touch an application does not learn that it exists.
    if !party && !works_at(act.caller, &registry) {
        return Err(Error::NotFound);
    }
    still_as_read(what.version, row.version)?;
    let signed_in = if !party {
        None
    } else if act.caller.is_person(&row.man) {
        Some("MAN")
    } else {
        Some("WOMAN")
    };
    let by = who_withdraws(signed_in, what.by).map_err(|refusal| refusal.at(&["input", "by"]))?;
    if !party {
        let couple = [row.man.as_str(), row.woman.as_str()];
        act.unless(counter::officer_faults(&act, row.registry_id, &couple).await?)?;
    }
    // Between provinces only the deciding authority can say that it has not been received.
    if row.state == RECEIVING {
        crate::interop::officers::walk_out(&act, row.id).await?;
        return Ok(row.id);
    }
    if row.state != "RECEIVED" {
        return Err(Refusal::by_form(
            "APPLICATION_NOT_OPEN",
            "This application is no longer open.",
            "该离婚登记申请已办结或已撤回。",
        )
        .at(&["input", "application"])
        .into());
    }
    let wall = shanghai(act.now);
    may_withdraw(&dates(row), application.closing.cooling_off, wall)?;
    let after = set_state(act.tx, row, "WITHDRAWN", wall.date()).await?;
    let officer = act.caller.subject.as_deref().filter(|_| !party);
    shared::unmark(act.tx, after.id, officer.unwrap_or_default()).await?;
    let count = statistics::Act {
        withdrawn: 1,
        ..statistics::Act::default()
    };
    statistics::count(
        act.tx,
        &registry,
        YearMonth::of(wall.date()),
        count,
        act.now,
    )
    .await?;
    act.leave(
        "DivorceApplication",
        after.id,
        Some("RECEIVED"),
        "WITHDRAWN",
        json!({ "by": by }),
    )
    .await?;
    Ok(after.id)
}
