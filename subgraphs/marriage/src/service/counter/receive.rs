//! Taking an application in: a citizen's draft, the receipt at the counter, and what the registrar
//! sees and asks of each party.

use super::{
    Application, State, advance, competence_text, in_hand, parties_of, registrar_faults, state_now,
    state_of,
};
use crate::kit::{Error, Result};
use crate::model::{application_party, appointment, appointment_party, registration_application};
use crate::rules::Refusal;
use crate::rules::age::{AgeSettings, Sex, marriage_age};
use crate::rules::eligibility::{Finding, finding, free_to_marry, one_man_one_woman};
use crate::rules::registration::conditions_not_met;
use crate::rules::scope::may_come_here;
use crate::service::act::{Act, add, same_version, save};
use crate::service::couple::{Hidden, Known};
use crate::service::{ledger, registries, visits};
use chrono::NaiveDate;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// What a citizen fills in at home. It registers nothing (M-3).
#[derive(Clone, Debug, Serialize)]
pub struct Draft {
    /// The registry.
    pub registry: Uuid,
    /// `MARRIAGE`, `REMARRIAGE` or `RETROACTIVE`.
    pub kind: &'static str,
    /// The caller's own number, to be compared with the token.
    pub own: Known,
    /// The other one.
    pub partner: Known,
    /// The appointment they will come with.
    pub appointment: Option<Uuid>,
}

/// Keeps a draft.
pub async fn draft(act: Act<'_>, what: &Draft) -> Result<Uuid> {
    what.own.stands(&act).await?;
    if !what.own.is(act.caller.person.as_deref()) {
        return Err(Refusal::by_form(
            "NOT_YOUR_NUMBER",
            "This is not the identity number of the person signed in.",
            "所填身份号码与登录人不符。",
        )
        .at(&["input", "own"])
        .into());
    }
    let registry = registries::by_id(act.tx, what.registry).await?;
    let (man, woman) = in_places(&act, &what.own, &what.partner)?;
    if let Some(id) = what.appointment {
        own_appointment(&act, id, registry.id, &what.own.token).await?;
    }
    what.partner.announce(&act).await?;
    let state = if what.appointment.is_some() {
        State::Booked
    } else {
        State::Draft
    };
    let row = Application {
        id: crate::kit::id::new(),
        kind: what.kind.to_owned(),
        registry_id: registry.id,
        county_id: registry.county_id,
        man: man.token.clone(),
        woman: woman.token.clone(),
        state: state.as_str().to_owned(),
        appointment_id: what.appointment,
        registrar_id: None,
        conditions_first_met: None,
        received_on: None,
        received_at: None,
        refusal_code: None,
        record_id: None,
        decided_at: None,
        version: 1,
    };
    let id = row.id;
    add!(act.tx, registration_application, row)?;
    act.leave(
        "RegistrationApplication",
        id,
        None,
        state.as_str(),
        json!({}),
    )
    .await?;
    Ok(id)
}

/// The man and the woman of two persons, by their numbers.
fn in_places<'k>(
    act: &Act<'_>,
    one: &'k Known,
    other: &'k Known,
) -> Result<(&'k Known, &'k Known)> {
    let sex_of = |known: &Known, field: &str| {
        let facts = known.facts();
        facts
            .map(|facts| facts.sex)
            .map_err(|refusal| refusal.at(&["input", field]))
    };
    let (own, partner) = (sex_of(one, "own")?, sex_of(other, "partner")?);
    let (man, woman, his, hers) = match own {
        Sex::Man => (one, other, own, partner),
        Sex::Woman => (other, one, partner, own),
    };
    match one_man_one_woman(his, hers, man.token == woman.token) {
        Some(refusal) => Err(act.refuse(vec![refusal.at(&["input", "partner"])])),
        None => Ok((man, woman)),
    }
}

async fn own_appointment(
    act: &Act<'_>,
    id: Uuid,
    registry: Uuid,
    person: &str,
) -> Result<appointment::Model> {
    let row = appointment::Entity::find_by_id(id)
        .one(act.tx)
        .await?
        .ok_or(Error::NotFound)?;
    let party = appointment_party::Entity::find()
        .filter(appointment_party::Column::AppointmentId.eq(id))
        .filter(appointment_party::Column::Person.eq(person))
        .one(act.tx)
        .await?;
    let fits = row.registry_id == registry && row.service == "MARRIAGE" && party.is_some();
    if !fits {
        return Err(Error::NotFound);
    }
    visits::still_open(&row, act.now)?;
    Ok(row)
}

/// What a registrar enters when a couple comes to the counter.
#[derive(Clone, Debug, Serialize)]
pub struct Receive {
    /// The draft or checked-in application, where there is one.
    pub application: Option<(Uuid, i64)>,
    /// The registry.
    pub registry: Uuid,
    /// Who handles it.
    pub registrar: Uuid,
    /// `MARRIAGE`, `REMARRIAGE` or `RETROACTIVE`.
    pub kind: &'static str,
    /// The man, by the paper he shows.
    pub man: Known,
    /// The woman, by the paper she shows.
    pub woman: Known,
    /// The appointment they came with.
    pub appointment: Option<Uuid>,
    /// M-13: when both first met the conditions.
    pub conditions_first_met: Option<NaiveDate>,
}

/// Takes an application in; what the numbers themselves tell against it is kept as codes.
pub async fn receive(act: Act<'_>, what: &Receive) -> Result<Uuid> {
    let registry = act.office(what.registry).await?;
    let (man, woman) = (&what.man, &what.woman);
    let facts_of = |known: &Known, field: &str| {
        known
            .facts()
            .map_err(|refusal| refusal.at(&["input", field]))
    };
    let (his, hers) = match (facts_of(man, "man"), facts_of(woman, "woman")) {
        (Ok(his), Ok(hers)) => (his, hers),
        (his, hers) => {
            let missing = [his.err(), hers.err()].into_iter().flatten().collect();
            return Err(act.refuse(missing));
        }
    };
    let mut reasons: Vec<_> = one_man_one_woman(his.sex, hers.sex, man.token == woman.token)
        .map(|refusal| refusal.at(&["input", "woman"]))
        .into_iter()
        .collect();
    let parties = [man.token.as_str(), woman.token.as_str()];
    for refusal in registrar_faults(&act, what.registrar, registry.id, &parties).await? {
        reasons.push(refusal.at(&["input", "registrar"]));
    }
    let retroactive = what.kind == "RETROACTIVE";
    let today = act.today();
    if retroactive != what.conditions_first_met.is_some()
        || what.conditions_first_met.is_some_and(|day| day >= today)
    {
        reasons.push(
            Refusal::by_law(
                "CONDITIONS_DAY_MISPLACED",
                "A registration made good later, and only that, states a past day on which both first met the conditions.",
                "补办结婚登记须填写双方均符合结婚实质要件的过去日期，其他登记不得填写。",
                "民法典婚姻家庭编司法解释（一）第六条",
            )
            .at(&["input", "conditionsFirstMet"]),
        );
    }
    let mut on_record = Vec::new();
    if let Some(day) = what.conditions_first_met {
        let overlap = retroactive_overlap(&act, &parties, day).await?;
        on_record.extend(overlap.map(|refusal| refusal.at(&["input", "conditionsFirstMet"])));
    }
    if other_in_hand(&act, what).await? {
        on_record.push(
            Refusal::by_law(
                "REGISTRATION_IN_PROGRESS",
                "Another registration of one party is in progress.",
                "一方正在其他登记机关办理登记。",
                "民法典第一千零四十二条",
            )
            .at(&["input", "man"]),
        );
    }
    act.unless_on_record(parties, reasons, on_record).await?;
    man.announce(&act).await?;
    woman.announce(&act).await?;
    let row = taken_in(&act, what, registry.county_id).await?;
    // The age asked for is that of the day; one made good later is judged by its own day too.
    let on = what.conditions_first_met.unwrap_or(today);
    // Where the two may register is told by six digits of each, which are kept nowhere.
    let households = [man.prefix(), woman.prefix()];
    let place = may_come_here(&registry.county_code, households, today).map(|refusal| refusal.code);
    application_party::Entity::delete_many()
        .filter(application_party::Column::ApplicationId.eq(row.id))
        .exec(act.tx)
        .await?;
    for (role, person, facts) in [("MAN", man, his), ("WOMAN", woman, hers)] {
        let faults: Vec<&str> = marriage_age(facts.sex, facts.birth, on, AgeSettings::on(on))
            .map(|refusal| refusal.code)
            .into_iter()
            .chain(place)
            .collect();
        let party = application_party::Model {
            application_id: row.id,
            role: role.to_owned(),
            person: person.token.clone(),
            authority: person.authority(act.services),
            needs: competence_text(person.needs()).to_owned(),
            number_faults: faults.join(","),
            doc_kind: None,
            doc_sealed: None,
            declared_status: None,
            no_spouse_declared: false,
            no_kinship_declared: false,
            declaration_signed_at: None,
            present: false,
            willing: None,
            questioned_apart_at: None,
            illness_explained_at: None,
            single_status_papers: false,
            photo_ref: None,
            face_match: "NOT_DONE".to_owned(),
            number_kind: Some(person.kind().as_str().to_owned()),
            seen_on: None,
        };
        add!(act.tx, application_party, party)?;
    }
    crate::interop::counter::prepare(&act, row.id, &registry.county_code, man, woman).await?;
    if let Some(id) = row.appointment_id {
        visits::served(&act, id).await?;
    }
    Ok(row.id)
}

/// M-13: why the stated day cannot stand, by the ledgers kept here.
pub(super) async fn retroactive_overlap(
    act: &Act<'_>,
    parties: &[&str; 2],
    day: NaiveDate,
) -> Result<Option<Refusal>> {
    let tokens = parties.map(str::to_owned);
    let ledgers = ledger::of_persons(act.tx, &tokens).await?;
    let entries = |at: usize| {
        let person = tokens.get(at).and_then(|token| ledgers.get(token));
        person.map_or(&[][..], |ledger| ledger.entries.as_slice())
    };
    // Who is married now is told so by the checks, and not also by the day.
    let married = [entries(0), entries(1)]
        .iter()
        .any(|entries| finding(entries) == Finding::SpouseOnRecord);
    if married {
        return Ok(free_to_marry(Finding::SpouseOnRecord).map(|(_, refusal)| refusal));
    }
    Ok(conditions_not_met([entries(0), entries(1)], day))
}

async fn other_in_hand(act: &Act<'_>, what: &Receive) -> Result<bool> {
    use registration_application::Column;
    let tokens = || [what.man.token.clone(), what.woman.token.clone()];
    let rows = registration_application::Entity::find()
        .filter(
            sea_orm::Condition::any()
                .add(Column::Man.is_in(tokens()))
                .add(Column::Woman.is_in(tokens())),
        )
        .all(act.tx)
        .await?;
    let own = what.application.map(|(id, _)| id);
    let today = act.today();
    let mut other = false;
    for row in rows.into_iter().filter(|row| Some(row.id) != own) {
        let (stored, now) = (state_of(&row)?, state_now(&row, today)?);
        other |= now.is_at_counter();
        if stored != now {
            // Left at the counter on a past day: written down now, for a person stands in one application.
            advance(act, row, &[]).await?;
        }
    }
    Ok(other)
}

/// The application as received: a new row, or the draft brought to the counter.
async fn taken_in(act: &Act<'_>, what: &Receive, county: Uuid) -> Result<Application> {
    let received = Application {
        id: crate::kit::id::new(),
        kind: what.kind.to_owned(),
        registry_id: what.registry,
        county_id: county,
        man: what.man.token.clone(),
        woman: what.woman.token.clone(),
        state: State::Received.as_str().to_owned(),
        appointment_id: what.appointment,
        registrar_id: Some(what.registrar),
        conditions_first_met: what.conditions_first_met,
        received_on: Some(act.today()),
        received_at: Some(act.now),
        refusal_code: None,
        record_id: None,
        decided_at: None,
        version: 1,
    };
    let Some((id, version)) = what.application else {
        let id = received.id;
        add!(act.tx, registration_application, received.clone())?;
        act.leave(
            "RegistrationApplication",
            id,
            None,
            "RECEIVED",
            json!({ "registry": what.registry }),
        )
        .await?;
        return Ok(received);
    };
    let draft = super::by_id(act.tx, id).await?;
    same_version(version, draft.version)?;
    let same_couple = draft.man == received.man && draft.woman == received.woman;
    if !same_couple || draft.registry_id != what.registry {
        return Err(Refusal::by_form(
            "NOT_THE_DRAFTED_COUPLE",
            "The draft is of another couple or for another registry.",
            "该预填申请属于其他当事人或其他登记机关。",
        )
        .at(&["input", "application"])
        .into());
    }
    let over = state_now(&draft, act.today())?;
    if over.is_over() {
        crate::rules::application::step(over, State::Checking)?;
    }
    let brought = Application {
        id: draft.id,
        state: draft.state.clone(),
        appointment_id: what.appointment.or(draft.appointment_id),
        version: draft.version,
        ..received
    };
    // What is at the counter today may be received again; what was left on a past day is over.
    let course: &[State] = match state_now(&draft, act.today())? {
        State::Draft | State::Booked | State::CheckedIn => &[State::Received],
        _ => &[State::Checking],
    };
    advance(act, brought, course).await
}

/// What the registrar sees and asks of one party.
#[derive(Clone, Debug, Serialize)]
pub struct Declaration {
    /// The application and the version it was read at.
    pub application: (Uuid, i64),
    /// `MAN` or `WOMAN`.
    pub role: &'static str,
    /// Stands before the registrar.
    pub present: bool,
    /// Asked alone, the party said to be willing.
    pub willing: bool,
    /// Asked alone.
    pub questioned_apart: bool,
    /// The paper shown.
    pub document: &'static str,
    /// Its number; sealed at once.
    pub document_number: Option<Hidden>,
    /// `NEVER_MARRIED`, `DIVORCED` or `WIDOWED`.
    pub declared_status: &'static str,
    /// Signed: no spouse.
    pub no_spouse: bool,
    /// Signed: no forbidden kinship.
    pub no_kinship: bool,
    /// The duty to tell of a serious illness was explained.
    pub illness_explained: bool,
    /// Papers of single status were shown.
    pub single_status_papers: bool,
    /// Reference to the photo.
    pub photo: Option<String>,
    /// `PASS`, `FAIL` or `NOT_DONE`.
    pub face_match: &'static str,
}

/// M-3, M-4, M-6, M-7, M-9: records what one party said and showed. A sign of coercion stops the
/// case and is reported.
pub async fn declare(act: Act<'_>, what: &Declaration) -> Result<Uuid> {
    let (id, version) = what.application;
    let row = in_hand(&act, id, version).await?;
    let state = state_now(&row, act.today())?;
    if !state.is_at_counter() {
        return Err(crate::rules::application::step(state, State::Checking)
            .err()
            .map_or(Error::Conflict, Error::from));
    }
    let party = parties_of(act.tx, &[id])
        .await?
        .remove(&id)
        .unwrap_or_default()
        .into_iter()
        .find(|party| party.role == what.role)
        .ok_or(Error::NotFound)?;
    let signed = what.no_spouse || what.no_kinship;
    let changed = application_party::Model {
        doc_kind: Some(what.document.to_owned()),
        doc_sealed: what
            .document_number
            .as_ref()
            .map(|number| number.seal(&act))
            .transpose()?,
        declared_status: Some(what.declared_status.to_owned()),
        no_spouse_declared: what.no_spouse,
        no_kinship_declared: what.no_kinship,
        declaration_signed_at: signed.then_some(act.now),
        present: what.present,
        // An unwilling party counts however it came out.
        willing: (what.questioned_apart || !what.willing).then_some(what.willing),
        questioned_apart_at: what.questioned_apart.then_some(act.now),
        illness_explained_at: what.illness_explained.then_some(act.now),
        single_status_papers: what.single_status_papers,
        photo_ref: what.photo.clone(),
        face_match: what.face_match.to_owned(),
        seen_on: what.present.then(|| act.today()),
        ..party
    };
    use sea_orm::ActiveModelTrait as _;
    application_party::Entity::update(application_party::ActiveModel::from(changed).reset_all())
        .exec(act.tx)
        .await?;
    if !what.willing {
        act.tell(
            "CoercionSuspected",
            &id.to_string(),
            json!({ "registry": row.registry_id }),
        )
        .await?;
        let stopped = Application {
            refusal_code: Some("NOT_FULLY_WILLING".to_owned()),
            decided_at: Some(act.now),
            ..row
        };
        advance(&act, stopped, &[State::Refused]).await?;
    } else if state == State::Received {
        save!(act.tx, registration_application, row)?;
    } else {
        // What was found before no longer stands.
        advance(&act, row, &[State::Checking]).await?;
    }
    Ok(id)
}
