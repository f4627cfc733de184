//! Applications to the registry, from the counter to the decision (O-4 to O-9, O-18, O-22).
//!
//! - [`submit`]: what comes in is judged by the rules at once; what the law refuses never becomes a case.
//! - [`decide`]: papers complete or not, granted or refused; a grant changes the register in the same
//!   transaction.
//! - [`read`]: cases for officers and applicants, and those at risk.
//! - [`settle`]: last days that could not be told before the calendar of their year was known.
//!
//! A case holds what is asked for as a [`Form`] without persons; their tokens are beside it
//! ([`crate::model::permit_person`]), so that a person's new token finds them.

pub mod decide;
mod ending;
mod founding;
mod grant;
pub(crate) use ending::{ending, group_formed};
pub(crate) use grant::{Ends, deregister};
pub mod read;
pub mod settle;
pub mod submit;

use self::submit::Head;
use super::act;
use crate::model::{office, organization, organization_name, permit_case, permit_person};
use crate::rules::name as rules_name;
use crate::rules::office::{HeldOffice, may_lead_society};
use crate::rules::permit::{Applicant, may_be_granted, state_on};
use crate::rules::term::{asked_term, days_taken, due_on};
use crate::vocabulary::{
    ActivityField, DayUnit, DirectRegistrationClass, OfficeRole, OrgChangeItem, OrgKind, OrgState,
    PermitItem, PermitState, RegistrarLevel,
};
use chrono::NaiveDate;
use kit::Result;
use kit::calendar::WorkCalendar;
use minzheng_kit as kit;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use uuid::Uuid;

/// The role of who hands an application in.
pub const APPLICANT: &str = "APPLICANT";
/// The role of who is to lead the organization.
pub const HEAD: &str = "LEGAL_REPRESENTATIVE";

/// What is asked for, as it is kept with the case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Form {
    /// Founding.
    Found(Box<Founding>),
    /// A change of registration.
    Change(Change),
    /// Approval of the charter.
    Charter,
    /// Deregistration; the day the liquidation ended.
    Deregister(NaiveDate),
    /// Recognition as a charity.
    RecogniseCharity,
    /// The licence to raise from the public.
    PublicRaising,
}

/// An organization to be founded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Founding {
    /// The kind.
    pub kind: OrgKind,
    /// The level of the registrar.
    pub level: RegistrarLevel,
    /// The name.
    pub name: String,
    /// The division's name at the beginning of the name.
    pub division_name: Option<String>,
    /// Funds, in fen.
    pub funds_fen: i64,
    /// Individual and unit members.
    pub members: (u32, u32),
    /// The domicile.
    pub domicile: Option<Uuid>,
    /// The supervising department.
    pub supervisor: Option<String>,
    /// The department of its trade.
    pub industry_department: Option<String>,
    /// The area of activity.
    pub activity_area: Option<String>,
    /// The field.
    pub activity: Option<ActivityField>,
    /// As a charity at once.
    pub as_charity: bool,
    /// A foundation that raises from the public.
    #[serde(default)]
    pub raises_publicly: bool,
    /// The class by which it is registered directly.
    #[serde(default)]
    pub direct_class: Option<DirectRegistrationClass>,
}

/// A change of registration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What changes.
    pub item: OrgChangeItem,
    /// The new name or department.
    pub text: Option<String>,
    /// The division's name at the beginning of a new name.
    pub division_name: Option<String>,
    /// The new domicile.
    pub domicile: Option<Uuid>,
    /// The new funds, in fen.
    pub funds_fen: Option<i64>,
}

impl Form {
    /// Whether a body asks to be a charity from the start.
    #[must_use]
    pub fn as_charity(&self) -> bool {
        matches!(self, Self::Found(founding) if founding.as_charity)
    }

    /// The form of a case; none for old cases without one.
    #[must_use]
    pub fn of(case: &permit_case::Model) -> Option<Self> {
        serde_json::from_str(case.form.as_deref()?).ok()
    }
}

/// Where a case stands on a day, and its two last days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The state that counts.
    pub state: PermitState,
    /// The day from which its days run.
    pub received: NaiveDate,
    /// Last day by law; none before acceptance or where the calendar is not known.
    pub statutory_due: Option<NaiveDate>,
    /// Last day by promise; the same.
    pub committed_due: Option<NaiveDate>,
    /// Days the decision took; none before it, and where the calendar is not known.
    pub days_taken: Option<i32>,
    /// A last day is not known because the calendar of its year is not.
    pub provisional: bool,
}

/// O-4: a case as it stands on a day. Silence accepts from the day the papers came in. What could not be told when the
/// case was written, because the calendar of the year was not known then, is told as soon as it is.
#[must_use]
pub fn standing(case: &permit_case::Model, today: NaiveDate) -> Standing {
    standing_by(&WorkCalendar::china(), case, today)
}

/// The same by a calendar.
#[must_use]
pub(crate) fn standing_by(
    calendar: &WorkCalendar,
    case: &permit_case::Model,
    today: NaiveDate,
) -> Standing {
    let is_rest = |day| calendar.is_rest(day);
    let submitted = case.submitted.unwrap_or(case.received);
    let state = state_on(case.state, submitted, today, &is_rest);
    let (received, written) = if state == case.state {
        (case.received, (case.statutory_due, case.committed_due))
    } else {
        (submitted, (None, None))
    };
    // Whose papers are not taken yet, or were taken back, has no last day.
    let runs = matches!(
        state,
        PermitState::Accepted | PermitState::Granted | PermitState::Refused
    );
    let told = match written {
        (Some(_), Some(_)) => written,
        _ if runs => last_days(calendar, case, received),
        _ => (None, None),
    };
    let (statutory_due, committed_due) = (written.0.or(told.0), written.1.or(told.1));
    let took = |decided| days_taken(received, decided, case.unit, &is_rest).map(i32::from);
    Standing {
        state,
        received,
        statutory_due,
        committed_due,
        days_taken: case.days_taken.or_else(|| case.decided.and_then(took)),
        provisional: runs && (statutory_due.is_none() || committed_due.is_none()),
    }
}

/// The last days by law and by promise of a case whose days run from `received`.
fn last_days(
    calendar: &WorkCalendar,
    case: &permit_case::Model,
    received: NaiveDate,
) -> (Option<NaiveDate>, Option<NaiveDate>) {
    let due = |days: i32| {
        let days = u16::try_from(days + case.extended_days).unwrap_or_default();
        due_on(received, days, case.unit, &|day| calendar.is_rest(day))
    };
    (due(case.statutory_days), due(case.committed_days))
}

/// From when the days run: from the complete papers where the law counts calendar days, from the
/// acceptance where it counts working days.
fn clock_start(unit: DayUnit, submitted: NaiveDate, accepted: NaiveDate) -> NaiveDate {
    match unit {
        DayUnit::Calendar => submitted,
        DayUnit::Working => accepted,
    }
}

/// A new case without its decision.
fn new_case(
    act: act::Act<'_>,
    item: PermitItem,
    (division, as_charity): (Uuid, bool),
    code: Option<String>,
) -> permit_case::Model {
    let today = act.today;
    let place = act.actor.divisions.successor(&division);
    let place = place.map_or("", |division| division.code.as_str());
    let term = asked_term(item, as_charity, place, today);
    permit_case::Model {
        id: kit::id::new(),
        item,
        credit_code: code,
        division_id: division,
        received: today,
        unit: term.unit,
        statutory_days: i32::from(term.statutory_days),
        committed_days: i32::from(term.committed_days),
        statutory_due: None,
        committed_due: None,
        decided: None,
        decided_month: None,
        days_taken: None,
        granted: None,
        state: PermitState::Submitted,
        version: 1,
        submitted: Some(today),
        name: None,
        form: None,
        missing: None,
        ground: None,
        late: false,
        extended_days: 0,
        extension_reason: None,
    }
}

/// O-18, O-22: whether an organization may be granted an item as it stands on a day ([`may_be_granted`]).
fn grantable(item: PermitItem, organization: &organization::Model, today: NaiveDate) -> Result<()> {
    let applicant = Applicant {
        state: organization.state,
        charity_since: organization.charity_since,
        raising_since: organization.public_raising_since,
    };
    may_be_granted(item, &applicant, today).map_err(|refusal| act::at(refusal, "creditCode"))
}

/// O-5, O-6: whether a person may be registered as the head of an organization of a kind: not the dead, and of
/// societies nobody who heads another. It is asked again when it is granted.
pub(super) async fn may_head(
    db: &impl ConnectionTrait,
    person: &str,
    kind: OrgKind,
    code: &str,
) -> Result<()> {
    super::deceased::registrable(db, person, "id").await?;
    if kind == OrgKind::SocialGroup {
        may_lead(db, person, code).await?;
    }
    Ok(())
}

/// O-5, O-6: the same of who is named in a form that comes in. A citizen is not told whether somebody lives
/// ([`super::deceased::registrable`]).
async fn may_be_named(act: act::Act<'_>, head: &Head, kind: OrgKind, code: &str) -> Result<()> {
    let token = kit::vault::citizen_of(act.tx, act.services, &head.id).await?;
    if act.actor.role != kit::Role::Citizen {
        super::deceased::registrable(act.tx, token.as_str(), "legalRepresentative").await?;
    }
    if kind == OrgKind::SocialGroup {
        may_lead(act.tx, token.as_str(), code).await?;
    }
    Ok(())
}

/// O-6: a person may head a society only when they head no other living one.
async fn may_lead(db: &impl ConnectionTrait, person: &str, code: &str) -> Result<()> {
    let held = office::Entity::find()
        .filter(office::Column::Person.eq(person))
        .filter(office::Column::Role.eq(OfficeRole::LegalRepresentative))
        .filter(office::Column::Until.is_null())
        .all(db)
        .await?;
    let codes: Vec<String> = held
        .iter()
        .map(|office| office.credit_code.clone())
        .collect();
    let kinds = super::register::organizations(db, &codes).await?;
    let offices: Vec<HeldOffice> = held
        .into_iter()
        .filter_map(|office| {
            let organization = kinds.get(&office.credit_code)?;
            organization.state.is_live().then_some(HeldOffice {
                kind: organization.kind,
                role: office.role,
                credit_code: office.credit_code,
            })
        })
        .collect();
    may_lead_society(&offices, code).map_err(|refusal| act::at(refusal, "legalRepresentative"))
}

/// O-7: no living organization carries the name, and none of the kind with the same registrar one that says
/// the same but for its division and form. `bare` is the kind, the division's name in it, and the whole name.
async fn name_is_free(
    db: &impl ConnectionTrait,
    (kind, division_name, name): (OrgKind, Option<&str>, &str),
    registrar: &Uuid,
    code: &str,
) -> Result<()> {
    let taken = organization::Entity::find()
        .filter(organization::Column::Name.eq(name))
        .filter(organization::Column::CreditCode.ne(code))
        .filter(organization::Column::State.is_in(OrgState::LIVE))
        .one(db)
        .await?;
    if taken.is_none() {
        return not_similar(db, (kind, division_name, name), registrar, code).await;
    }
    Err(kit::Error::Invalid(
        kit::UserError::new(
            "NAME_TAKEN",
            "A living organization carries this name.",
            "该名称已被其他社会组织登记使用。",
        )
        .field(&["input", "name"])
        .basis("社会组织名称管理办法 (2024) 第五条"),
    ))
}

/// O-5, O-7: no living body of the kind with this registrar has a similar name.
async fn not_similar(
    db: &impl ConnectionTrait,
    (kind, division_name, name): (OrgKind, Option<&str>, &str),
    registrar: &Uuid,
    code: &str,
) -> Result<()> {
    let core = rules_name::core(kind, division_name, name);
    let beside = organization::Entity::find()
        .filter(organization::Column::RegistrarDivisionId.eq(*registrar))
        .filter(organization::Column::Kind.eq(kind))
        .filter(organization::Column::CreditCode.ne(code))
        .filter(organization::Column::State.is_in(OrgState::LIVE))
        .filter(organization::Column::Name.contains(core.as_str()))
        .all(db)
        .await?;
    if beside.is_empty() {
        return Ok(());
    }
    let codes: Vec<String> = beside.iter().map(|one| one.credit_code.clone()).collect();
    let names = organization_name::Entity::find()
        .filter(super::among(organization_name::Column::CreditCode, &codes))
        .filter(organization_name::Column::ValidTo.is_null())
        .all(db)
        .await?;
    let named: HashMap<&str, Option<&str>> = names
        .iter()
        .map(|row| (row.credit_code.as_str(), row.division_name.as_deref()))
        .collect();
    let similar = beside.iter().any(|one| {
        let begins = named.get(one.credit_code.as_str()).copied().flatten();
        rules_name::core(kind, begins, &one.name) == core
    });
    rules_name::not_similar(similar).map_err(|refusal| act::at(refusal, "name"))
}

/// The token of a role in a case.
async fn person_of(db: &impl ConnectionTrait, case: Uuid, role: &str) -> Result<Option<String>> {
    let row = permit_person::Entity::find()
        .filter(permit_person::Column::CaseId.eq(case))
        .filter(permit_person::Column::Role.eq(role))
        .one(db)
        .await?;
    Ok(row.map(|row| row.person))
}
