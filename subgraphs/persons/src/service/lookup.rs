//! Finding persons by token, always many at once.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::{
    kit::Result,
    model::person::{self, Model},
};

/// The rows of tokens; an unknown token has none.
pub async fn by_tokens(
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
