//! Other numbers of a person, entered by an officer: an old number of 15 digits, a passport, the placeholder
//! of an old record.
//!
//! A number that the vault knows already is a person of its own, who is joined by two officers
//! ([`super::cases`]), never here.

use sea_orm::{ActiveValue::Set, EntityTrait};
use serde_json::json;

use crate::{
    kit::{
        Error, Result, UserError,
        events::{AliasCause, PersonAliased},
        identity::PersonNumber,
        mutation::{Act, missing},
        tokenizer::PersonToken,
        vault::Identity,
    },
    model::{person, terms::IdentityStatus},
    service::{columns, intake},
};

/// Adds a number to a person; gives the token of the new name.
///
/// # Errors
/// A refusal when the person is no main record or the number is somebody already.
pub async fn record(act: Act<'_>, person: &str, number: &PersonNumber) -> Result<String> {
    let refuse = |code, en, zh, field| Error::from(UserError::new(code, en, zh).field(&[field]));
    let main = person::Entity::find_by_id(person)
        .one(act.tx)
        .await?
        .ok_or_else(|| missing(Error::NotFound, "person"))?;
    if main.alias_of.is_some() {
        return Err(refuse(
            "IS_ALIAS",
            "This record is already another name of somebody.",
            "该记录已是他人记录的别名。",
            "person",
        ));
    }
    let token = match act.services.tokenizer.token_of(number) {
        Some(token) => token.into_made(),
        None => PersonToken::by_chance()?.0,
    };
    let known = person::Entity::find_by_id(&token).one(act.tx).await?;
    if known.is_some() {
        return Err(refuse(
            "NUMBER_KNOWN",
            "This number names a person already; propose to join the two.",
            "该号码已对应一名自然人，请提出合并。",
            "number",
        ));
    }
    let columns = act.services.columns.for_writing(act.tx, act.now()).await?;
    let name = main
        .name
        .as_deref()
        .map(|name| columns.decrypt(&columns::NAME, &main.token, name))
        .transpose()?;
    let identity = Identity::of(number, name.as_deref().map_or("", String::as_str));
    let mut row = intake::row(
        &columns,
        &token,
        &identity,
        number,
        IdentityStatus::Legacy,
        act.now(),
    )?;
    row.alias_of = Set(Some(main.token.clone()));
    person::Entity::insert(row)
        .exec_without_returning(act.tx)
        .await?;
    act.history(
        "Person",
        &token,
        None,
        Some(json!({ "aliasOf": main.token })),
    )
    .await?;
    // A subsystem may hold the token of a number whose identity never arrived.
    act.tell(&PersonAliased {
        old: token.clone(),
        new: main.token,
        cause: AliasCause::Merge,
        merge: None,
        complete: None,
    })
    .await?;
    Ok(token)
}
