//! Cases about identities: proposed by one officer, decided by another, carried out in the transaction of
//! the decision, and told to the other subsystems.

mod approved;
mod carry;
mod officer;

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel,
    QueryFilter,
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    kit::{
        Error, Result, UserError, id,
        mutation::{Act, missing, same_version},
    },
    model::{
        identity_case::{self, ActiveModel, Model},
        person,
        terms::{AliasReason, CaseKind, IdentityCaseState, IdentityStatus},
    },
    rules::{
        approval,
        joining::{Joined, Side, may_decide, may_join, may_part},
        status::{self, Change},
    },
    service::columns,
};
use carry::carry_out;

pub use approved::{expire, may_read};
pub use carry::told;
pub use officer::{Officer, judges};

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
        let refusals = refusals_now(act, &case).await?;
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

/// What the rules say of a case now: since the proposal the records may have changed.
async fn refusals_now(act: Act<'_>, case: &Model) -> Result<Vec<UserError>> {
    Ok(match case.kind {
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
    })
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

async fn note(act: Act<'_>, case: &Model, before: Option<IdentityCaseState>) -> Result<()> {
    let before = before.map(|state| json!({ "state": state.text() }));
    let after =
        json!({ "kind": case.kind.text(), "state": case.state.text(), "version": case.version });
    act.history("IdentityCase", &case.id.to_string(), before, Some(after))
        .await
}
