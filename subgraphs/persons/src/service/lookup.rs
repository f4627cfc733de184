//! Finding persons by token, always many at once.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::{
    kit::{Result, tokenizer::PersonToken},
    model::{
        person::{self, Model},
        retired_token,
    },
};

/// The rows of tokens, by the token asked for; an unknown token has none. A token of an earlier key finds
/// the person it was.
pub async fn by_tokens(
    db: &impl ConnectionTrait,
    tokens: impl IntoIterator<Item = String>,
) -> Result<HashMap<String, Model>> {
    let tokens: Vec<String> = tokens.into_iter().collect();
    let mut found = rows(db, tokens.clone()).await?;
    // What is no token at all is in no table.
    let absent: Vec<String> = tokens
        .into_iter()
        .filter(|token| !found.contains_key(token) && PersonToken::version_of(token).is_some())
        .collect();
    if absent.is_empty() {
        return Ok(found);
    }
    let retired = retired_token::Entity::find()
        .filter(retired_token::Column::Old.is_in(absent))
        .all(db)
        .await?;
    if retired.is_empty() {
        return Ok(found);
    }
    let present = rows(db, retired.iter().map(|row| row.token.clone())).await?;
    for row in retired {
        if let Some(person) = present.get(&row.token) {
            found.insert(row.old, person.clone());
        }
    }
    Ok(found)
}

async fn rows(
    db: &impl ConnectionTrait,
    tokens: impl IntoIterator<Item = String>,
) -> Result<HashMap<String, Model>> {
    let rows = person::Entity::find()
        .filter(person::Column::Token.is_in(tokens))
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.token.clone(), row))
        .collect())
}

/// The other names of persons, by the token they belong to.
pub async fn aliases(
    db: &impl ConnectionTrait,
    tokens: impl IntoIterator<Item = String>,
) -> Result<HashMap<String, Vec<Model>>> {
    let rows = person::Entity::find()
        .filter(person::Column::AliasOf.is_in(tokens))
        .order_by_asc(person::Column::Token)
        .all(db)
        .await?;
    let mut found: HashMap<String, Vec<Model>> = HashMap::new();
    for row in rows {
        if let Some(owner) = row.alias_of.clone() {
            found.entry(owner).or_default().push(row);
        }
    }
    Ok(found)
}
