//! Who has died, as the subgraph of funerals told it. Nobody of them is registered as head of anything.
//!
//! Only the person's token and the day are kept, and a death that a court takes back is forgotten.

use super::act;
use crate::model::death;
use crate::rules::office::may_be_registered;
use chrono::NaiveDate;
use kit::Result;
use minzheng_kit as kit;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};
use uuid::Uuid;

/// The day on which a person died, as it was told; none for the living. Of two persons who were merged and had both
/// been told dead, the earlier day.
pub async fn died_on(db: &impl ConnectionTrait, person: &str) -> Result<Option<NaiveDate>> {
    let row = death::Entity::find()
        .filter(death::Column::Person.eq(person))
        .order_by_asc(death::Column::DiedOn)
        .one(db)
        .await?;
    Ok(row.map(|row| row.died_on))
}

/// O-5, O-6: whether a person may be registered in an office; refused in words that do not say why.
///
/// Only officers are asked this way: by a refusal at once, whoever hands in a form for somebody would learn whether
/// they live. What a citizen hands in is taken alike, and the officer who takes it up is told.
pub async fn registrable(db: &impl ConnectionTrait, person: &str, field: &str) -> Result<()> {
    let died = died_on(db, person).await?;
    may_be_registered(died.is_some()).map_err(|refusal| act::at(refusal, field))
}

/// The key of a death that was told under a token.
fn key(told: &str) -> Uuid {
    kit::id::derived("societies death", told)
}

/// The death of a person was told under a token of theirs. Told again, it stays as it is: its day is changed by
/// [`correct`] alone.
pub async fn note(
    tx: &impl ConnectionTrait,
    told: &str,
    person: &str,
    died_on: NaiveDate,
) -> Result<()> {
    let row = death::Model {
        id: key(told),
        person: person.to_owned(),
        died_on,
    };
    death::Entity::insert(row.into_active_model())
        .on_conflict(
            OnConflict::column(death::Column::Id)
                .do_nothing()
                .to_owned(),
        )
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// The day of a death that is right.
pub async fn correct(tx: &impl ConnectionTrait, person: &str, died_on: NaiveDate) -> Result<()> {
    death::Entity::update_many()
        .col_expr(death::Column::DiedOn, Expr::value(died_on))
        .filter(death::Column::Person.eq(person))
        .exec(tx)
        .await?;
    Ok(())
}

/// A merge was taken back: a death that was told under the token which counts again is that person's, also where it
/// was told while the two were one.
pub async fn separate(tx: &impl ConnectionTrait, person: &str) -> Result<()> {
    death::Entity::update_many()
        .col_expr(death::Column::Person, Expr::value(person))
        .filter(death::Column::Id.eq(key(person)))
        .exec(tx)
        .await?;
    Ok(())
}

/// A court took the death back.
pub async fn forget(tx: &impl ConnectionTrait, person: &str) -> Result<()> {
    death::Entity::delete_many()
        .filter(death::Column::Person.eq(person))
        .exec(tx)
        .await?;
    Ok(())
}
