//! Cases about identities: proposed by one officer, decided by another, carried out in the transaction of
//! the decision, and told to the other subsystems.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder,
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    kit::{
        Error, Principal, Result, Services, UserError,
        events::{AliasCause, IdentityDoubted, PersonAliased, PersonSplit},
        id,
        mutation::{Act, history, missing, same_version},
        officer,
    },
    model::{
        identity_case::{self, ActiveModel, Model},
        person,
        terms::{AliasReason, CaseKind, IdentityCaseState, IdentityStatus},
    },
    rules::{
        approval,
        joining::{Joined, Side, may_decide, may_join, may_judge, may_part},
        status::{self, Change},
    },
    service::{columns, intake},
};

/// The officer who acts, as cases name them.
#[derive(Clone, Debug)]
pub struct Officer {
    /// Role and opaque id.
    pub name: String,
    /// The person whose account it is, where the token says.
    pub person: Option<String>,
    /// The code of their division.
    pub division: String,
}

impl Officer {
    /// The officer to the rule of two: persons by the record that stays, so that a joined number is nobody else.
    async fn known(&self, db: &impl ConnectionTrait) -> Result<Self> {
        let person = match &self.person {
            Some(person) => Some(main_of(db, person).await?),
            None => None,
        };
        Ok(Self {
            person,
            ..self.clone()
        })
    }

    fn as_second(&self) -> officer::Officer<'_> {
        officer::Officer {
            account: Some(&self.name),
            person: self.person.as_deref(),
        }
    }
}

/// The record that a token leads to: its own, or the one it was put under.
async fn main_of(db: &impl ConnectionTrait, token: &str) -> Result<String> {
    let row = person::Entity::find_by_id(token).one(db).await?;
    Ok(row
        .and_then(|row| row.alias_of)
        .unwrap_or_else(|| token.to_owned()))
}

/// Whether what concerns these persons is none of the officer's own: by their records and those they lead to.
pub async fn judges(
    db: &impl ConnectionTrait,
    officer: &Officer,
    persons: &[&str],
) -> Result<std::result::Result<(), UserError>> {
    let officer = officer.known(db).await?;
    let mut all: Vec<String> = Vec::new();
    for person in persons {
        all.push(main_of(db, person).await?);
        all.push((*person).to_owned());
    }
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    Ok(may_judge(officer.as_second(), &all))
}

/// What is proposed.
#[derive(Clone, Debug, PartialEq)]
pub enum Proposal {
    /// `old` is given up for `into`.
    Merge {
        /// The record that is given up.
        old: String,
        /// The record that stays.
        into: String,
        /// Why.
        cause: AliasReason,
    },
    /// A join is taken back.
    Split {
        /// Its case.
        merge: Uuid,
    },
    /// A supervisor sees a person in full.
    Reveal {
        /// The person.
        person: String,
    },
    /// A person gets another status.
    Status {
        /// The person.
        person: String,
        /// The new status.
        to: IdentityStatus,
        /// The version that the officer read.
        version: i64,
    },
}

/// Opens a case. A change of status that one officer may make is carried out at once. Several refusals are
/// told together.
pub async fn propose(
    act: Act<'_>,
    officer: &Officer,
    proposal: &Proposal,
    reason: &str,
) -> Result<std::result::Result<Uuid, Vec<UserError>>> {
    let mut case = match check(act, proposal).await? {
        Ok(case) => case,
        Err(refusals) => return Ok(Err(refusals)),
    };
    let officer = &officer.known(act.tx).await?;
    if let Err(refusal) = judges(act.tx, officer, &concerned(&case)).await? {
        return Ok(Err(vec![refusal]));
    }
    if open_case(act, &case, officer).await? {
        return Ok(Err(vec![
            UserError::new(
                "CASE_OPEN",
                "A case about this person waits for its decision.",
                "该人有待复核的身份事项。",
            )
            .field(&["person"]),
        ]));
    }
    let columns = act.services.columns.for_writing(act.tx, act.now()).await?;
    case.reason = columns.encrypt(&columns::CASE_REASON, &case.id.to_string(), reason.trim())?;
    case.division.clone_from(&officer.division);
    case.proposed_by.clone_from(&officer.name);
    case.proposed_person.clone_from(&officer.person);
    case.proposed_at = act.now();
    let at_once = case.state == IdentityCaseState::Done;
    let id = case.id;
    let row: ActiveModel = case.clone().into();
    identity_case::Entity::insert(row)
        .exec_without_returning(act.tx)
        .await?;
    note(act, &case, None).await?;
    if at_once {
        carry_out(act, &case).await?;
    }
    Ok(Ok(id))
}

/// The records that a case is about.
fn concerned(case: &Model) -> Vec<&str> {
    std::iter::once(&case.person)
        .chain(&case.into)
        .map(String::as_str)
        .collect()
}

/// Whether the like of it waits for its second officer: readings in full are each officer's own, everything
/// else about a person goes one after the other.
async fn open_case(act: Act<'_>, case: &Model, officer: &Officer) -> Result<bool> {
    use identity_case::Column;
    let open = identity_case::Entity::find()
        .filter(Column::Person.eq(&case.person))
        .filter(Column::State.eq(IdentityCaseState::Proposed))
        .filter(Column::ProposedAt.gt(act.now() - approval::DECIDED_WITHIN));
    let open = if case.kind == CaseKind::Reveal {
        open.filter(Column::Kind.eq(CaseKind::Reveal))
            .filter(Column::ProposedBy.eq(&officer.name))
    } else {
        open.filter(Column::Kind.ne(CaseKind::Reveal))
    };
    Ok(open.one(act.tx).await?.is_some())
}

/// Whether an officer's reading of a person in full was approved and the approval is still good. An approval for the
/// person that another number leads to holds for the number, if it led there when it was given.
pub async fn may_read(
    db: &impl ConnectionTrait,
    officer: &str,
    row: &person::Model,
    now: DateTime<Utc>,
) -> Result<bool> {
    use identity_case::Column;
    let persons = std::iter::once(&row.token).chain(&row.alias_of);
    let approved = identity_case::Entity::find()
        .filter(Column::Person.is_in(persons))
        .filter(Column::Kind.eq(CaseKind::Reveal))
        .filter(Column::State.eq(IdentityCaseState::Done))
        .filter(Column::ProposedBy.eq(officer))
        .filter(Column::DecidedAt.gt(now - approval::GOOD_FOR))
        .all(db)
        .await?;
    if approved.is_empty() {
        return Ok(false);
    }
    let joined_at = match row.alias_case {
        Some(join) => find(db, join).await?.decided_at,
        // A number that an officer added to the person, or a record of before cases: its last change.
        None => None,
    };
    let joined_at = joined_at.unwrap_or(row.updated_at);
    Ok(approved.iter().any(|case| {
        case.decided_at.is_some_and(|at| {
            approval::is_good(at, now)
                && (case.person == row.token || approval::covers(at, joined_at))
        })
    }))
}

/// Writes down which proposals nobody decided in time. Deciding looks at the clock itself.
pub async fn expire(services: &Services) -> Result<()> {
    let job = services.clone();
    services
        .db
        .write(move |tx| {
            let services = job.clone();
            Box::pin(async move {
                use identity_case::Column;
                let over = services.clock.now() - approval::DECIDED_WITHIN;
                let rows = identity_case::Entity::find()
                    .filter(Column::State.eq(IdentityCaseState::Proposed))
                    .filter(Column::ProposedAt.lte(over))
                    .all(tx)
                    .await?;
                let nobody = Principal::service(&services.province, services.name);
                let state = |state: IdentityCaseState| Some(json!({ "state": state.text() }));
                for row in rows {
                    let (id, version) = (row.id.to_string(), row.version + 1);
                    let mut row = row.into_active_model();
                    row.state = Set(IdentityCaseState::Expired);
                    row.version = Set(version);
                    row.update(tx).await?;
                    let before = state(IdentityCaseState::Proposed);
                    let after = state(IdentityCaseState::Expired);
                    history(tx, "IdentityCase", &id, &nobody, before, after).await?;
                }
                Ok(())
            })
        })
        .await
}

/// The case that a proposal makes, if the rules let it; officer, time and reason are still missing.
async fn check(
    act: Act<'_>,
    proposal: &Proposal,
) -> Result<std::result::Result<Model, Vec<UserError>>> {
    let mut case = Model {
        id: id::new(),
        kind: CaseKind::Merge,
        state: IdentityCaseState::Proposed,
        person: String::new(),
        into: None,
        cause: None,
        to_status: None,
        merge: None,
        moved: None,
        reason: Vec::new(),
        division: String::new(),
        proposed_by: String::new(),
        proposed_person: None,
        proposed_at: act.now(),
        decided_by: None,
        decided_at: None,
        version: 1,
    };
    match proposal {
        Proposal::Merge { old, into, cause } => {
            let refusals = refusals_of_join(act, old, into, *cause).await?;
            if !refusals.is_empty() {
                return Ok(Err(refusals));
            }
            case.person.clone_from(old);
            case.into = Some(into.clone());
            case.cause = Some(*cause);
        }
        Proposal::Split { merge } => {
            let joined = find(act.tx, *merge)
                .await
                .map_err(|error| missing(error, "merge"))?;
            if let Err(refusal) = parting(act, &joined).await? {
                return Ok(Err(vec![refusal]));
            }
            case.kind = CaseKind::Split;
            case.merge = Some(joined.id);
            case.person = joined.person;
            case.into = joined.into;
        }
        Proposal::Reveal { person } => {
            person_row(act, person, "person").await?;
            case.kind = CaseKind::Reveal;
            case.person.clone_from(person);
        }
        Proposal::Status {
            person,
            to,
            version,
        } => {
            let row = person_row(act, person, "person").await?;
            same_version(row.version, *version)?;
            match status::change(row.status, *to) {
                Err(refusal) => return Ok(Err(vec![refusal])),
                Ok(Change::AtOnce) => case.state = IdentityCaseState::Done,
                Ok(Change::ByTwo) => {}
            }
            case.kind = CaseKind::Status;
            case.person.clone_from(person);
            case.to_status = Some(*to);
        }
    }
    Ok(Ok(case))
}

/// Decides a case and carries it out if it is approved.
pub async fn decide(
    act: Act<'_>,
    officer: &Officer,
    case: Uuid,
    version: i64,
    approve: bool,
) -> Result<std::result::Result<Uuid, Vec<UserError>>> {
    let case = find(act.tx, case)
        .await
        .map_err(|error| missing(error, "case"))?;
    let oversees = act.actor.oversees(&case.division);
    let officer = officer.known(act.tx).await?;
    let first = Officer {
        name: case.proposed_by.clone(),
        person: case.proposed_person.clone(),
        division: case.division.clone(),
    };
    if let Err(refusal) = may_decide(
        first.known(act.tx).await?.as_second(),
        officer.as_second(),
        oversees,
        case.state,
        approval::is_expired(case.proposed_at, act.now()),
    ) {
        return Ok(Err(vec![refusal]));
    }
    if let Err(refusal) = judges(act.tx, &officer, &concerned(&case)).await? {
        return Ok(Err(vec![refusal]));
    }
    same_version(case.version, version)?;
    if approve {
        // The rules are asked again: since the proposal the records may have changed.
        let refusals = match case.kind {
            CaseKind::Merge => {
                let into = case.into.as_deref().unwrap_or_default();
                let cause = case.cause.unwrap_or(AliasReason::Merge);
                refusals_of_join(act, &case.person, into, cause).await?
            }
            CaseKind::Split => {
                let joined = find(act.tx, case.merge.unwrap_or_default()).await?;
                parting(act, &joined).await?.err().into_iter().collect()
            }
            CaseKind::Reveal => Vec::new(),
            CaseKind::Status => {
                let row = person_row(act, &case.person, "person").await?;
                let to = case.to_status.unwrap_or(IdentityStatus::Pending);
                status::change(row.status, to).err().into_iter().collect()
            }
        };
        if !refusals.is_empty() {
            return Ok(Err(refusals));
        }
    }
    let moved = if approve {
        carry_out(act, &case).await?
    } else {
        None
    };
    let before = case.clone();
    let mut row = case.into_active_model();
    row.state = Set(if approve {
        IdentityCaseState::Done
    } else {
        IdentityCaseState::Refused
    });
    row.moved = Set(moved);
    row.decided_by = Set(Some(officer.name.clone()));
    row.decided_at = Set(Some(act.now()));
    row.version = Set(version + 1);
    let after = row.update(act.tx).await?;
    note(act, &after, Some(before.state)).await?;
    Ok(Ok(after.id))
}

/// Does what an approved case says; gives the other names that moved along with a join.
async fn carry_out(act: Act<'_>, case: &Model) -> Result<Option<String>> {
    match case.kind {
        CaseKind::Merge => join(act, case).await.map(Some),
        CaseKind::Split => part(act, case).await.map(|()| None),
        // The approval itself is what was asked for; the reading is the proposer's, see `may_read`.
        CaseKind::Reveal => Ok(None),
        CaseKind::Status => {
            let row = person_row(act, &case.person, "person").await?;
            let to = case.to_status.unwrap_or(row.status);
            let before = row.status;
            let mut changed = touched(act, row);
            changed.status = Set(to);
            changed.update(act.tx).await?;
            note_person(
                act,
                &case.person,
                json!({ "status": before_text(before) }),
                json!({ "status": before_text(to) }),
            )
            .await?;
            let doubted = to == IdentityStatus::Disputed;
            if doubted != (before == IdentityStatus::Disputed) {
                let person = case.person.clone();
                act.tell(&IdentityDoubted { person, doubted }).await?;
            }
            Ok(None)
        }
    }
}

async fn join(act: Act<'_>, case: &Model) -> Result<String> {
    let into = case.into.clone().unwrap_or_default();
    let old = person_row(act, &case.person, "old").await?;
    let names = person::Entity::find()
        .filter(person::Column::AliasOf.eq(&case.person))
        .order_by_asc(person::Column::Token)
        .all(act.tx)
        .await?;
    let moved: Vec<String> = names.iter().map(|name| name.token.clone()).collect();
    let mut row = touched(act, old);
    row.alias_of = Set(Some(into.clone()));
    row.alias_case = Set(Some(case.id));
    row.update(act.tx).await?;
    for name in names {
        let mut row = touched(act, name);
        row.alias_of = Set(Some(into.clone()));
        row.update(act.tx).await?;
    }
    note_person(
        act,
        &case.person,
        json!({ "aliasOf": null }),
        json!({ "aliasOf": into }),
    )
    .await?;
    act.tell(&told(case)).await?;
    serde_json::to_string(&moved).map_err(|e| Error::internal(e.to_string()))
}

async fn part(act: Act<'_>, case: &Model) -> Result<()> {
    let joined = find(act.tx, case.merge.unwrap_or_default()).await?;
    let into = joined.into.clone().unwrap_or_default();
    let old = person_row(act, &joined.person, "merge").await?;
    let used = old.alias_used;
    let mut row = touched(act, old);
    row.alias_of = Set(None);
    row.alias_case = Set(None);
    row.alias_used = Set(false);
    row.update(act.tx).await?;
    let moved: Vec<String> =
        serde_json::from_str(joined.moved.as_deref().unwrap_or("[]")).unwrap_or_default();
    let names = person::Entity::find()
        .filter(person::Column::Token.is_in(moved))
        .filter(person::Column::AliasOf.eq(&into))
        .all(act.tx)
        .await?;
    for name in names {
        let mut row = touched(act, name);
        row.alias_of = Set(Some(joined.person.clone()));
        row.update(act.tx).await?;
    }
    note_person(
        act,
        &joined.person,
        json!({ "aliasOf": into }),
        json!({ "aliasOf": null }),
    )
    .await?;
    let told = PersonSplit {
        old: joined.person.clone(),
        new: into,
        merge: joined.id.to_string(),
    };
    let version = joined.version + 1;
    let before = joined.state;
    let mut row = joined.into_active_model();
    row.state = Set(IdentityCaseState::Reversed);
    row.version = Set(version);
    let reversed = row.update(act.tx).await?;
    note(act, &reversed, Some(before)).await?;
    act.tell(&told).await?;
    if used {
        intake::doubt(act.tx, [&told.old, &told.new], act.now()).await?;
    }
    Ok(())
}

/// What the other subsystems are told of a join.
pub fn told(case: &Model) -> PersonAliased {
    PersonAliased {
        old: case.person.clone(),
        new: case.into.clone().unwrap_or_default(),
        cause: match case.cause {
            Some(AliasReason::Correction) => AliasCause::Correction,
            _ => AliasCause::Merge,
        },
        merge: Some(case.id.to_string()),
        complete: None,
    }
}

/// A person's row to be changed: its version grows.
fn touched(act: Act<'_>, row: person::Model) -> person::ActiveModel {
    let version = row.version + 1;
    let mut row = row.into_active_model();
    row.version = Set(version);
    row.updated_at = Set(act.now());
    row
}

async fn refusals_of_join(
    act: Act<'_>,
    old: &str,
    into: &str,
    cause: AliasReason,
) -> Result<Vec<UserError>> {
    let old = person_row(act, old, "old").await?;
    let into = person_row(act, into, "into").await?;
    Ok(may_join(side(&old), side(&into), cause))
}

fn side(row: &person::Model) -> Side<'_> {
    Side {
        token: &row.token,
        kind: row.id_kind,
        sex: row.sex,
        birth_year: row.birth_year,
        is_alias: row.alias_of.is_some(),
    }
}

async fn parting(act: Act<'_>, joined: &Model) -> Result<std::result::Result<(), UserError>> {
    let row = person_row(act, &joined.person, "merge").await?;
    let still_under = joined.kind == CaseKind::Merge
        && row.alias_of == joined.into
        && row.alias_case == Some(joined.id);
    let joined = Joined {
        state: if joined.kind == CaseKind::Merge {
            joined.state
        } else {
            IdentityCaseState::Refused
        },
        still_under,
    };
    Ok(may_part(joined))
}

async fn person_row(act: Act<'_>, token: &str, field: &str) -> Result<person::Model> {
    person::Entity::find_by_id(token)
        .one(act.tx)
        .await?
        .ok_or_else(|| missing(Error::NotFound, field))
}

/// A case by id.
pub async fn find(db: &impl ConnectionTrait, case: Uuid) -> Result<Model> {
    identity_case::Entity::find_by_id(case)
        .one(db)
        .await?
        .ok_or(Error::NotFound)
}

fn before_text(status: IdentityStatus) -> String {
    use sea_orm::ActiveEnum;
    status.to_value()
}

async fn note(act: Act<'_>, case: &Model, before: Option<IdentityCaseState>) -> Result<()> {
    let before = before.map(|state| json!({ "state": state.text() }));
    let after =
        json!({ "kind": case.kind.text(), "state": case.state.text(), "version": case.version });
    act.history("IdentityCase", &case.id.to_string(), before, Some(after))
        .await
}

async fn note_person(
    act: Act<'_>,
    person: &str,
    before: serde_json::Value,
    after: serde_json::Value,
) -> Result<()> {
    act.history("Person", person, Some(before), Some(after))
        .await
}
