//! Changing keys while the vault is in use.
//!
//! - [`data_keys`]: a new data key; every value is encrypted anew, in batches; the old keys are dropped.
//! - [`master_key`]: the few data keys are wrapped anew, in one transaction.
//! - [`tokens`]: a new token key. Every person gets a new token, and all subsystems are told by the event
//!   that a merge has. The tokens of before keep finding their person.
//!
//! Each may be cut off and run again.

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect, Statement, sea_query::OnConflict,
};

use crate::{
    kit::{
        Error, Principal, Result, Services,
        database::insert_many,
        events::{AliasCause, PersonAliased},
        identity,
        keys::Secret,
        mutation::{Act, Actor},
        tokenizer::PersonToken,
    },
    model::{data_key, identity_case, person, retired_token, reveal},
    service::columns::{Column, Columns, number, unwrap_key, wrap_key},
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

/// Makes a new data key, encrypts everything with it and drops the keys of before; answers how many
/// values were encrypted anew.
///
/// # Errors
/// When a value cannot be opened (nothing is dropped then), or the database's own.
pub async fn data_keys(services: &Services, progress: Progress<'_>) -> Result<usize> {
    let actor = keeper(services);
    let newest = actor
        .write((), |act, ()| {
            Box::pin(async move {
                let mut columns = Columns::load_or_create(act.tx, act.services).await?;
                columns.add_key(act.tx, act.services).await?;
                Ok(columns.newest())
            })
        })
        .await?;
    let mut done = 0;
    let mut after = Some(String::new());
    while let Some(place) = after {
        let (count, next) = actor
            .write(place, |act, place| Box::pin(renew_persons(act, place)))
            .await?;
        done += count;
        after = next;
        progress(done);
    }
    done += actor
        .write((), |act, ()| Box::pin(renew_reasons(act)))
        .await?;
    let newest = i32::try_from(newest).map_err(|_| Error::internal("a data key's number"))?;
    actor
        .write(newest, |act, newest| {
            Box::pin(async move {
                data_key::Entity::delete_many()
                    .filter(data_key::Column::Id.lt(*newest))
                    .exec(act.tx)
                    .await?;
                Ok(())
            })
        })
        .await?;
    progress(done);
    Ok(done)
}

/// Encrypts the values of one batch anew; gives their number and where the next batch begins.
async fn renew_persons(act: Act<'_>, after: &str) -> Result<(usize, Option<String>)> {
    let columns = Columns::load(act.tx, act.services).await?;
    let rows = batch(act, after).await?;
    let next = rows.last().map(|row| row.token.clone());
    let mut changed = Vec::new();
    for row in rows {
        let renew = |column, value: &Option<Vec<u8>>| match value {
            Some(value) => columns.renewed(column, &row.token, &row.token, value),
            None => Ok(None),
        };
        let id_number = renew(Column::IdNumber, &row.id_number)?;
        let name = renew(Column::Name, &row.name)?;
        if id_number.is_none() && name.is_none() {
            continue;
        }
        let mut row = row;
        row.id_number = id_number.or(row.id_number);
        row.name = name.or(row.name);
        changed.push(row.into_active_model().reset_all());
    }
    let count = changed.len();
    if count > 0 {
        person::Entity::insert_many(changed)
            .on_conflict(
                OnConflict::column(person::Column::Token)
                    .update_columns([person::Column::IdNumber, person::Column::Name])
                    .to_owned(),
            )
            .exec_without_returning(act.tx)
            .await?;
    }
    Ok((count, next))
}

async fn batch(act: Act<'_>, after: &str) -> Result<Vec<person::Model>> {
    Ok(person::Entity::find()
        .filter(person::Column::Token.gt(after))
        .order_by_asc(person::Column::Token)
        .limit(BATCH)
        .all(act.tx)
        .await?)
}

/// The officers' reasons: few, so in one transaction.
async fn renew_reasons(act: Act<'_>) -> Result<usize> {
    let columns = Columns::load(act.tx, act.services).await?;
    let mut count = 0;
    for case in identity_case::Entity::find().all(act.tx).await? {
        let id = case.id.to_string();
        if let Some(reason) = columns.renewed(Column::Reason, &id, &id, &case.reason)? {
            let mut case = case.into_active_model();
            case.reason = Set(reason);
            case.update(act.tx).await?;
            count += 1;
        }
    }
    for row in reveal::Entity::find().all(act.tx).await? {
        let id = row.id.to_string();
        if let Some(reason) = columns.renewed(Column::Reason, &id, &id, &row.reason)? {
            let mut row = row.into_active_model();
            row.reason = Set(reason);
            row.update(act.tx).await?;
            count += 1;
        }
    }
    Ok(count)
}

/// Wraps the data keys with the next master key; answers how many. The program holds both keys until
/// the next one has taken the place of the present one.
///
/// # Errors
/// When a data key cannot be opened with any of the master keys held.
pub async fn master_key(services: &Services, next: &Secret) -> Result<usize> {
    keeper(services)
        .write(next.clone(), |act, next| {
            Box::pin(async move {
                let Some(keys) = &act.services.vault_keys else {
                    return Err(Error::internal(
                        "this process does not hold the vault's master key",
                    ));
                };
                let held = [next, &keys.master];
                let rows = data_key::Entity::find().all(act.tx).await?;
                let count = rows.len();
                for row in rows {
                    let id = number(row.id)?;
                    let key = unwrap_key(&held, id, &row.wrapped)?;
                    let mut row = row.into_active_model();
                    row.wrapped = Set(wrap_key(next, id, &key)?);
                    row.update(act.tx).await?;
                }
                Ok(count)
            })
        })
        .await
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
    Ok(done)
}

async fn retokenise(act: Act<'_>, after: &str) -> Result<(usize, Option<String>)> {
    let columns = Columns::load(act.tx, act.services).await?;
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
        let text = columns.decrypt(Column::IdNumber, &row.token, value)?;
        let number = identity::read(&text, act.today()).ok();
        let Some(token) = number.and_then(|number| act.services.tokenizer.token_of(&number)) else {
            tracing::error!(
                "a person's number has no token under the present key; it keeps the old one"
            );
            continue;
        };
        let moved = |column, value: &Option<Vec<u8>>| match value {
            Some(value) => columns.renewed(column, &row.token, token.as_str(), value),
            None => Ok(None),
        };
        let (id_number, name) = (
            moved(Column::IdNumber, &row.id_number)?,
            moved(Column::Name, &row.name)?,
        );
        retired.push((row.token.clone(), token.0.clone()));
        if fresh
            .iter()
            .any(|done: &person::Model| done.token == token.0)
        {
            continue;
        }
        fresh.push(person::Model {
            token: token.0,
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
