//! What an approved case does to the records, in the transaction of the decision, and what the other subsystems are
//! told of it.

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder,
};
use serde_json::json;

use super::{find, note, person_row};
use crate::{
    kit::{
        Error, Result,
        events::{AliasCause, IdentityDoubted, PersonAliased, PersonSplit},
        mutation::Act,
    },
    model::{
        identity_case::Model,
        person,
        terms::{AliasReason, CaseKind, IdentityCaseState, IdentityStatus},
    },
    service::intake,
};

/// Does what an approved case says; gives the other names that moved along with a join.
pub(super) async fn carry_out(act: Act<'_>, case: &Model) -> Result<Option<String>> {
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

fn before_text(status: IdentityStatus) -> String {
    use sea_orm::ActiveEnum;
    status.to_value()
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
