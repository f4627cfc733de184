//! A new token key while the vault is in use (re-tokenisation 重新令牌化): every person gets a new token, and all
//! subsystems are told by the event that a merge has ([`PersonAliased`]). The tokens of before keep finding
//! their person. It may be cut off and run again.
//!
//! Data keys, the key of blind indexes and the master key are kit's affair ([`crate::kit::seal::rotation`]).

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect, Statement,
};

use crate::{
    kit::{
        Principal, Result, Services,
        database::insert_many,
        events::{AliasCause, PersonAliased},
        identity,
        mutation::{Act, Actor},
        seal::SealedColumn,
        tokenizer::PersonToken,
    },
    model::{person, retired_token},
    service::columns,
};

/// Rows of one transaction.
const BATCH: u64 = 200;

/// What is told while it goes on: how many rows are done.
pub type Progress<'p> = &'p (dyn Fn(usize) + Sync);

fn keeper(services: &Services) -> Actor {
    Actor::new(
        services,
        &Principal::of(crate::kit::Role::Operator, &services.province),
    )
}

async fn batch(act: Act<'_>, after: &str) -> Result<Vec<person::Model>> {
    Ok(person::Entity::find()
        .filter(person::Column::Token.gt(after))
        .order_by_asc(person::Column::Token)
        .limit(BATCH)
        .all(act.tx)
        .await?)
}

/// Gives every person whose token was made with an earlier key a token of the present one; answers how
/// many.
///
/// # Errors
/// When a number cannot be opened, or the database's own.
pub async fn tokens(services: &Services, progress: Progress<'_>) -> Result<usize> {
    let actor = keeper(services);
    let mut done = 0;
    let mut after = Some(String::new());
    while let Some(place) = after {
        let (count, next) = actor
            .write(place, |act, place| Box::pin(retokenise(act, place)))
            .await?;
        done += count;
        after = next;
        progress(done);
    }
    // Until this is told a subsystem with the new key goes on under the tokens of before.
    actor
        .write((), |act, ()| {
            Box::pin(async move {
                act.tell(&PersonAliased {
                    old: String::new(),
                    new: String::new(),
                    cause: AliasCause::Rekey,
                    merge: None,
                    complete: Some(act.services.tokenizer.version()),
                })
                .await
            })
        })
        .await?;
    Ok(done)
}

async fn retokenise(act: Act<'_>, after: &str) -> Result<(usize, Option<String>)> {
    let columns = act.services.columns.load(act.tx).await?;
    let rows = batch(act, after).await?;
    let next = rows.last().map(|row| row.token.clone());
    let present = act.services.tokenizer.version();
    let mut fresh = Vec::new();
    let mut retired = Vec::new();
    for row in rows {
        let earlier = PersonToken::version_of(&row.token).is_some_and(|v| v != 0 && v != present);
        let (true, Some(value)) = (earlier, &row.id_number) else {
            continue;
        };
        let text = columns.decrypt(&columns::ID_NUMBER, &row.token, value)?;
        let number = identity::read(&text, act.today()).ok();
        let Some(token) = number.and_then(|number| act.services.tokenizer.token_of(&number)) else {
            tracing::error!(
                "a person's number has no token under the present key; it keeps the old one"
            );
            continue;
        };
        let token = token.into_made();
        let moved = |column: &SealedColumn, value: &Option<Vec<u8>>| match value {
            Some(value) => columns.renewed(column, &row.token, &token, value),
            None => Ok(None),
        };
        let (id_number, name) = (
            moved(&columns::ID_NUMBER, &row.id_number)?,
            moved(&columns::NAME, &row.name)?,
        );
        retired.push((row.token.clone(), token.clone()));
        if fresh.iter().any(|done: &person::Model| done.token == token) {
            continue;
        }
        fresh.push(person::Model {
            token,
            id_number,
            name,
            version: row.version + 1,
            updated_at: act.now(),
            ..row
        });
    }
    if fresh.is_empty() {
        return Ok((0, next));
    }
    let count = fresh.len();
    replace(act, fresh, &retired).await?;
    for (old, token) in retired {
        act.tell(&PersonAliased {
            old,
            new: token,
            cause: AliasCause::Rekey,
            merge: None,
            complete: None,
        })
        .await?;
    }
    Ok((count, next))
}

/// Puts the new rows in the place of the old ones and turns what points to them.
async fn replace(
    act: Act<'_>,
    fresh: Vec<person::Model>,
    retired: &[(String, String)],
) -> Result<()> {
    // A row of the new token may have come from a subsystem that has the new key already; the vault's own
    // row is the better one.
    person::Entity::delete_many()
        .filter(person::Column::Token.is_in(retired.iter().flat_map(|(old, new)| [old, new])))
        .exec(act.tx)
        .await?;
    insert_many(
        act.tx,
        fresh
            .into_iter()
            .map(|row| row.into_active_model().reset_all()),
    )
    .await?;
    let rows: Vec<retired_token::ActiveModel> = retired
        .iter()
        .map(|(old, token)| retired_token::ActiveModel {
            old: Set(old.clone()),
            token: Set(token.clone()),
            at: Set(act.now()),
        })
        .collect();
    retired_token::Entity::delete_many()
        .filter(retired_token::Column::Old.is_in(retired.iter().map(|(old, _)| old)))
        .exec(act.tx)
        .await?;
    insert_many(act.tx, rows).await?;
    for (table, column) in [
        ("person", "alias_of"),
        ("identity_case", "person"),
        ("identity_case", "into"),
        ("identity_case", "proposed_person"),
        ("reveal", "token"),
        // A token of the key before last leads to the present one at once.
        ("retired_token", "token"),
    ] {
        let sql = format!(
            "UPDATE \"{table}\" SET \"{column}\" = \
             (SELECT r.token FROM retired_token AS r WHERE r.old = \"{table}\".\"{column}\") \
             WHERE \"{column}\" IN (SELECT old FROM retired_token)"
        );
        act.tx
            .execute_raw(Statement::from_string(act.tx.get_database_backend(), sql))
            .await?;
    }
    Ok(())
}

/// Empties the table in which a program of before kept its wrapped keys, so that a key that was replaced is
/// gone for good.
///
/// # Errors
/// The database's own.
pub async fn forget_old_table(services: &Services) -> Result<()> {
    keeper(services)
        .write((), |act, ()| {
            Box::pin(async move {
                let sql = "DELETE FROM data_key";
                let backend = act.tx.get_database_backend();
                act.tx
                    .execute_raw(Statement::from_string(backend, sql))
                    .await?;
                Ok(())
            })
        })
        .await
}
