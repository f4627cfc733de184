//! Who acts in a case, and whether a case is one of theirs to judge.

use sea_orm::{ConnectionTrait, EntityTrait};

use crate::{
    kit::{Result, UserError, officer},
    model::person,
    rules::joining::may_judge,
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
    pub(super) async fn known(&self, db: &impl ConnectionTrait) -> Result<Self> {
        let person = match &self.person {
            Some(person) => Some(main_of(db, person).await?),
            None => None,
        };
        Ok(Self {
            person,
            ..self.clone()
        })
    }

    pub(super) fn as_second(&self) -> officer::Officer<'_> {
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
