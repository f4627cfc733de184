//! What an approval is good for, and what becomes of a proposal that nobody decides.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel,
    QueryFilter,
};
use serde_json::json;

use super::find;
use crate::{
    kit::{Principal, Result, Services, mutation::history},
    model::{
        identity_case, person,
        terms::{CaseKind, IdentityCaseState},
    },
    rules::approval,
};

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
