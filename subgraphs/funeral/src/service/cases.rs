//! Opening a funeral case: the death in, the case opened, the rest of the house told.
//!
//! All of it is one transaction: the record of the death, the case, its history, the event
//! `DeathRegistered` (once for a death, F-19) and the sealed identities for `persons`.
//!
//! An officer of the funeral home has the paper before them, and what they enter counts at once. What a
//! citizen enters is kept as their claim: no death is recorded and nobody is told before an officer has seen
//! the paper ([`super::confirmation`]).

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use minzheng_kit::contract::scope as contract_scope;
use minzheng_kit::divisions::assignment::number_under;
use minzheng_kit::error::{Error, Result, UserError};
use minzheng_kit::events::{self, Event};
use minzheng_kit::{Services, id};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, JoinType,
    QueryFilter, QueryOrder, QuerySelect, RelationDef,
};
use serde_json::json;
use uuid::Uuid;

use super::act::{Act, unique};
use super::authority;
use super::course::{self, Step};
use super::scope;
use crate::model::{
    case_item, death_claim, death_record, facility, funeral_case, sealed, service_item, waiver,
};
use crate::rules::terms::{
    CaseAct, CaseState, DeathPaperKind, FacilityKind, FacilityState, KinRelation,
};
use crate::rules::{case, death};

/// A death paper as it is entered.
#[derive(Clone, Debug)]
pub struct Paper {
    /// Day of death.
    pub died_on: NaiveDate,
    /// Who attested it.
    pub kind: DeathPaperKind,
    /// Number of the paper.
    pub number: String,
    /// Whether the death was natural.
    pub natural: Option<bool>,
}

impl Paper {
    /// F-1: judges the paper on a day, of a person born on another.
    pub fn judge(&self, today: NaiveDate, born_on: NaiveDate) -> Result<()> {
        death::death_paper(
            &death::DeathPaper {
                kind: self.kind,
                number: &self.number,
                natural: self.natural,
                died_on: self.died_on,
            },
            today,
        )?;
        Ok(death::after_birth(self.died_on, born_on)?)
    }
}

/// What is needed to open a case. Persons are tokens; their identities are sealed already.
#[derive(Clone, Debug)]
pub struct Opening {
    /// Token of the deceased.
    pub deceased: String,
    /// The day the deceased was born, from the ID number.
    pub born_on: NaiveDate,
    /// Token of the applicant.
    pub applicant: String,
    /// What the applicant is to the deceased.
    pub relation: KinRelation,
    /// The applicant's phone, masked.
    pub phone_masked: String,
    /// The death paper.
    pub paper: Paper,
    /// The funeral home.
    pub facility: Uuid,
}

/// A case that was opened.
pub struct Opened {
    /// The case.
    pub case: funeral_case::Model,
    /// The record of the death where that is new; none where it was known, or waits for an officer.
    pub new_death: Option<death_record::Model>,
}

/// Opens a case. The paper counts at once where an officer of the funeral home enters it, who is not the
/// applicant; otherwise it waits for one.
pub async fn open(act: &Act<'_>, opening: &Opening) -> Result<Opened> {
    let (tx, now, today) = (act.tx, act.now, act.today);
    opening.paper.judge(today, opening.born_on)?;
    if opening.applicant == opening.deceased {
        return Err(UserError::new(
            "APPLICANT_IS_DECEASED",
            "The applicant is the deceased.",
            "申办人不能是逝者本人。",
        )
        .field(&["applicant"])
        .into());
    }
    let home = funeral_home(tx, opening.facility).await?;
    let confirmed = act
        .officer(contract_scope::FUNERAL_CASE, home.division_id)
        .is_ok()
        && !act.principal.is_person(&opening.applicant);
    if confirmed {
        no_case_beside(act, &opening.deceased, None).await?;
    } else {
        no_claim_again(act, opening).await?;
    }
    let now_in = act.principal.divisions.successor(&home.division_id);
    let code = number_under(now_in.map(|d| d.code.as_str()))?.to_owned();
    scope::ensure(tx, home.division_id).await?;
    let recorded = if confirmed {
        Some(record_death(act, &opening.deceased, &opening.paper, home.division_id).await?)
    } else {
        None
    };
    let key = id::new();
    let opened = funeral_case::ActiveModel {
        id: Set(key),
        number: Set(number(&code, today, key)),
        deceased: Set(opening.deceased.clone()),
        // A claim has no record yet; an identity of its own leads to nobody's.
        death_id: Set(recorded.as_ref().map_or_else(id::new, |(d, _)| d.id)),
        applicant: Set(opening.applicant.clone()),
        relation: Set(opening.relation),
        phone_masked: Set(act
            .seal(&sealed::CASE_PHONE, key, &opening.phone_masked)
            .await?),
        facility_id: Set(home.id),
        division_id: Set(home.division_id),
        state: Set(CaseState::Opened),
        opened_at: Set(now),
        cremated_on: Set(None),
        cremated_month: Set(None),
        closed_on: Set(None),
        settled_at: Set(None),
        payable: Set(None),
        cancel_reason: Set(None),
        paper_pending: Set(!confirmed),
        relation_confirmed: Set(confirmed),
        mandate: Set(None),
        continues: Set(None),
        counted_in: Set(None),
        household: Set(None),
        version: Set(1),
    }
    .insert(tx)
    .await
    .map_err(|error| unique(error, opened_meanwhile))?;
    if !confirmed {
        keep_claim(act, key, &opening.paper).await?;
    }
    course::entry(
        act,
        key,
        CaseState::Opened,
        &Step::note(CaseAct::Opened, key),
    )
    .await?;
    Ok(Opened {
        case: opened,
        new_death: recorded.and_then(|(death, is_new)| is_new.then_some(death)),
    })
}

async fn funeral_home<C: ConnectionTrait>(tx: &C, facility: Uuid) -> Result<facility::Model> {
    match facility::Entity::find_by_id(facility).one(tx).await? {
        Some(home)
            if home.kind == FacilityKind::FuneralHome && home.state == FacilityState::Open =>
        {
            Ok(home)
        }
        Some(_) => Err(Error::Invalid(
            UserError::new(
                "NOT_A_FUNERAL_HOME",
                "A case is opened at an open funeral home.",
                "治丧案件须由运营中的殡仪馆受理。",
            )
            .field(&["facility"]),
        )),
        None => Err(Error::Invalid(
            UserError::new(
                "FACILITY_UNKNOWN",
                "There is no such facility.",
                "没有该殡葬设施。",
            )
            .field(&["facility"]),
        )),
    }
}

/// Another was opened between the look and the writing.
pub fn opened_meanwhile() -> UserError {
    UserError::new(
        "CASE_ALREADY_OPEN",
        "A case for this deceased is open already.",
        "该逝者已有在办治丧案件。",
    )
    .field(&["deceased"])
}

/// F-13: refuses where a case of the deceased whose paper was seen is open, other than `but`. Its number is told to
/// whoever may see that case.
pub async fn no_case_beside(act: &Act<'_>, deceased: &str, but: Option<Uuid>) -> Result<()> {
    let running = open_case_of(act.tx, deceased).await?;
    let running = running.filter(|case| Some(case.id) != but);
    Ok(case::no_second_case(beside(act, running.as_ref()))?)
}

/// What the caller may be told of an open case.
fn beside<'c>(act: &Act<'_>, running: Option<&'c funeral_case::Model>) -> case::Beside<'c> {
    let sees = |case| authority::case(act.principal, &act.services.province, case).is_ok();
    match running {
        None => case::Beside::Nothing,
        Some(case) if sees(case) => case::Beside::Own(&case.number),
        Some(_) => case::Beside::Another,
    }
}

/// D.6 (54), (55): what is only claimed is taken in, whatever stands beside it, so that no answer tells whether
/// somebody has died; only the applicant's own open case is named.
async fn no_claim_again(act: &Act<'_>, opening: &Opening) -> Result<()> {
    use funeral_case::Column;
    let own = funeral_case::Entity::find()
        .filter(Column::Deceased.eq(&opening.deceased))
        .filter(Column::Applicant.eq(&opening.applicant))
        .filter(Column::State.is_not_in([CaseState::Closed, CaseState::Cancelled]))
        .one(act.tx)
        .await?;
    Ok(case::no_second_case(beside(act, own.as_ref()))?)
}

/// The open case of a deceased whose paper an officer has seen, if there is one (F-13).
pub async fn open_case_of<C: ConnectionTrait>(
    tx: &C,
    deceased: &str,
) -> Result<Option<funeral_case::Model>> {
    Ok(funeral_case::Entity::find()
        .filter(funeral_case::Column::Deceased.eq(deceased))
        .filter(funeral_case::Column::State.is_not_in([CaseState::Closed, CaseState::Cancelled]))
        .filter(funeral_case::Column::PaperPending.eq(false))
        .one(tx)
        .await?)
}

/// The applicant's phone, masked.
///
/// # Errors
/// When it cannot be opened.
pub async fn applicant_phone(services: &Services, case: &funeral_case::Model) -> Result<String> {
    let (db, row) = (services.db.read(), case.id.to_string());
    let opened = services
        .columns
        .open_text(db, &sealed::CASE_PHONE, &row, &case.phone_masked)
        .await?;
    Ok(opened.to_string())
}

/// Keeps what a citizen said of the paper.
async fn keep_claim(act: &Act<'_>, case: Uuid, paper: &Paper) -> Result<()> {
    let key = id::new();
    let number = paper.number.trim();
    let row = death_claim::ActiveModel {
        id: Set(key),
        case_id: Set(case),
        died_on: Set(paper.died_on),
        paper_kind: Set(paper.kind),
        paper_number: Set(act.seal(&sealed::CLAIMED_PAPER, key, number).await?),
        natural: Set(paper.natural),
        claimed_at: Set(act.now),
        confirmed_at: Set(None),
        confirmed_by: Set(None),
    };
    death_claim::Entity::insert(row)
        .exec_without_returning(act.tx)
        .await?;
    Ok(())
}

/// Records the death unless it is recorded already; another day of death is refused. Answers whether it is new.
pub async fn record_death(
    act: &Act<'_>,
    deceased: &str,
    paper: &Paper,
    division: Uuid,
) -> Result<(death_record::Model, bool)> {
    let (tx, now) = (act.tx, act.now);
    let known = death_record::Entity::find()
        .filter(death_record::Column::Deceased.eq(deceased))
        .one(tx)
        .await?;
    if let Some(known) = known {
        if known.revoked_on.is_some() {
            // Who came back from a declared death dies once more, and that is told anew.
            return renew_death(act, known, paper).await;
        }
        if known.died_on == paper.died_on {
            return Ok((known, false));
        }
        return Err(UserError::new(
            "DEATH_ALREADY_RECORDED",
            "The death is recorded already, with another day.",
            "该逝者死亡信息已登记，日期不一致。",
        )
        .field(&["diedOn"])
        .into());
    }
    let key = id::new();
    let number = paper.number.trim();
    let record = death_record::ActiveModel {
        id: Set(key),
        deceased: Set(deceased.to_owned()),
        died_on: Set(paper.died_on),
        paper_kind: Set(paper.kind),
        paper_number: Set(act.seal(&sealed::DEATH_PAPER, key, number).await?),
        natural: Set(paper.natural),
        division_id: Set(division),
        recorded_at: Set(now),
        version: Set(1),
        revoked_on: Set(None),
    }
    .insert(tx)
    .await?;
    Ok((record, true))
}

async fn renew_death(
    act: &Act<'_>,
    known: death_record::Model,
    paper: &Paper,
) -> Result<(death_record::Model, bool)> {
    let version = known.version + 1;
    let number = paper.number.trim();
    let number = act.seal(&sealed::DEATH_PAPER, known.id, number).await?;
    let mut known: death_record::ActiveModel = known.into();
    known.died_on = Set(paper.died_on);
    known.paper_kind = Set(paper.kind);
    known.paper_number = Set(number);
    known.natural = Set(paper.natural);
    known.recorded_at = Set(act.now);
    known.revoked_on = Set(None);
    known.version = Set(version);
    Ok((known.update(act.tx).await?, true))
}

/// F-19: the event that tells marriage, societies and whoever else of a death.
pub fn death_registered(record: &death_record::Model, at: DateTime<Utc>) -> Event {
    Event {
        kind: "DeathRegistered".to_owned(),
        key: death::event_key(&record.deceased, record.version),
        at,
        body: json!({ "person": record.deceased, "diedOn": record.died_on, "record": record.id }),
    }
}

/// Writes an event to the outbox of this transaction.
pub async fn tell(tx: &sea_orm::DatabaseTransaction, event: &Event) -> Result<()> {
    events::emit(tx, event).await
}

/// The number of a case for people: 治丧 with the county's code, the day and the end of its id.
pub fn number(code: &str, day: NaiveDate, key: Uuid) -> String {
    let tail = key.simple().to_string().split_off(24).to_uppercase();
    format!("ZS{code}-{}-{tail}", day.format("%Y%m%d"))
}

/// Cases by id, with one statement.
pub async fn by_ids<C: ConnectionTrait>(
    c: &C,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, funeral_case::Model>> {
    let rows = funeral_case::Entity::find()
        .filter(funeral_case::Column::Id.is_in(ids.iter().copied()))
        .all(c)
        .await?;
    Ok(rows.into_iter().map(|case| (case.id, case)).collect())
}

/// A line of a bill with its item.
pub type BillLine = (case_item::Model, service_item::Model);

/// The bills of cases, by item, with one statement (and the item list).
pub async fn bills<C: ConnectionTrait>(
    c: &C,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Vec<BillLine>>> {
    let rows = case_item::Entity::find()
        .filter(case_item::Column::CaseId.is_in(ids.iter().copied()))
        .filter(case_item::Column::Superseded.eq(false))
        .order_by_asc(case_item::Column::ItemCode)
        .all(c)
        .await?;
    let items = super::facilities::items(c).await?;
    let mut bills: HashMap<Uuid, Vec<BillLine>> = HashMap::new();
    for line in rows {
        if let Some(item) = items.get(&line.item_code) {
            bills
                .entry(line.case_id)
                .or_default()
                .push((line, item.clone()));
        }
    }
    Ok(bills)
}

/// The waivers of cases, by item, with one statement.
pub async fn waivers<C: ConnectionTrait>(
    c: &C,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Vec<waiver::Model>>> {
    let rows = waiver::Entity::find()
        .filter(waiver::Column::CaseId.is_in(ids.iter().copied()))
        .order_by_asc(waiver::Column::ItemCode)
        .all(c)
        .await?;
    Ok(super::people::group(rows, usize::MAX, |w| w.case_id))
}

/// The records of the deaths of cases, with one statement.
pub async fn deaths_of<C: ConnectionTrait>(
    c: &C,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, death_record::Model>> {
    let rows = funeral_case::Entity::find()
        .filter(funeral_case::Column::Id.is_in(ids.iter().copied()))
        .join(JoinType::InnerJoin, death_of())
        .select_also(death_record::Entity)
        .all(c)
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|(case, death)| death.map(|d| (case.id, d)))
        .collect())
}

/// The join from a case to its death.
fn death_of() -> RelationDef {
    funeral_case::Entity::belongs_to(death_record::Entity)
        .from(funeral_case::Column::DeathId)
        .to(death_record::Column::Id)
        .into()
}
