//! The ten thousand invented persons of a province, and the old numbers of a few of them.

use std::sync::Arc;

use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, sea_query::OnConflict};

use crate::{
    kit::{
        Error, Result, Services, citizen_id,
        database::insert_many,
        demo::{self, DemoPerson},
        vault::Identity,
    },
    model::{
        person::{self, ActiveModel},
        terms::{IdKind, IdentityStatus},
    },
    rules::checked,
    service::{
        columns::{Column, Columns},
        intake,
    },
};

/// Persons written in one transaction.
const BATCH: usize = 2_500;

/// Story persons of middle age whose old 15-digit number was found in an archive.
const WITH_OLD_NUMBER: std::ops::Range<usize> = 12..20;

/// Fills the vault. Safe to repeat: rows that are there stay.
pub(crate) async fn seed<'p>(
    services: &Services,
    progress: &(dyn Fn(&'p str, usize, usize) + Sync),
) -> Result<()> {
    progress("persons", 0, demo::PERSONS);
    for start in (0..demo::PERSONS).step_by(BATCH) {
        let end = (start + BATCH).min(demo::PERSONS);
        let job = Arc::new(services.clone());
        services
            .db
            .write(move |tx| {
                let services = Arc::clone(&job);
                Box::pin(async move {
                    let columns = Columns::load_or_create(tx, &services).await?;
                    let there = known(tx, &services, start..end).await?;
                    let mut rows = Vec::with_capacity(end - start);
                    for i in start..end {
                        let person = demo::person(&services.province, i);
                        let row = citizen(&services, &columns, &person)?;
                        if !there.contains(&services.tokenizer.demo(&person).0) {
                            rows.push(row);
                        }
                    }
                    insert_many(tx, rows).await
                })
            })
            .await?;
        progress("persons", end, demo::PERSONS);
    }
    old_numbers(services).await
}

/// The tokens of a range of persons that are in the vault already.
async fn known(
    db: &impl ConnectionTrait,
    services: &Services,
    range: std::ops::Range<usize>,
) -> Result<std::collections::HashSet<String>> {
    let tokens = range.map(|i| {
        services
            .tokenizer
            .demo(&demo::person(&services.province, i))
            .0
    });
    let found = crate::service::lookup::by_tokens(db, tokens).await?;
    Ok(found.into_keys().collect())
}

fn citizen(services: &Services, columns: &Columns, person: &DemoPerson) -> Result<ActiveModel> {
    let identity = Identity {
        id_number: person.id_number.clone(),
        name: person.name.clone(),
    };
    let id = checked(&identity, services.clock.today())
        .ok_or_else(|| Error::internal("a demonstration person has no valid number"))?;
    let token = services.tokenizer.demo(person);
    let now = services.clock.now();
    intake::row(
        columns,
        token.as_str(),
        &identity,
        &id,
        IdentityStatus::Verified,
        now,
    )
}

/// Old 15-digit numbers, as rows of their own that point to the person.
async fn old_numbers(services: &Services) -> Result<()> {
    let job = Arc::new(services.clone());
    services
        .db
        .write(move |tx| {
            let services = Arc::clone(&job);
            Box::pin(async move {
                let columns = Columns::load_or_create(tx, &services).await?;
                for i in WITH_OLD_NUMBER {
                    let row = old_number(&services, &columns, i)?;
                    person::Entity::insert(row)
                        .on_conflict(
                            OnConflict::column(person::Column::Token)
                                .do_nothing()
                                .to_owned(),
                        )
                        .exec_without_returning(tx)
                        .await?;
                }
                Ok(())
            })
        })
        .await
}

fn old_number(services: &Services, columns: &Columns, i: usize) -> Result<ActiveModel> {
    let person = demo::person(&services.province, i);
    // Without century and check character; the way back is `citizen_id::from_fifteen`.
    let old = format!(
        "{}{}",
        person.id_number.get(..6).unwrap_or_default(),
        person.id_number.get(8..17).unwrap_or_default()
    );
    debug_assert_eq!(
        citizen_id::from_fifteen(&old).as_deref(),
        Some(person.id_number.as_str())
    );
    let main = services.tokenizer.demo(&person);
    let alias = services.tokenizer.demo(&DemoPerson {
        id_number: old.clone(),
        ..person.clone()
    });
    let mut row = citizen(services, columns, &person)?;
    row.id_number = Set(Some(columns.encrypt(
        Column::IdNumber,
        alias.as_str(),
        &old,
    )?));
    row.name = Set(Some(columns.encrypt(
        Column::Name,
        alias.as_str(),
        &person.name,
    )?));
    row.token = Set(alias.0);
    row.alias_of = Set(Some(main.0));
    row.id_kind = Set(IdKind::OldCitizenId);
    row.status = Set(IdentityStatus::Legacy);
    Ok(row)
}
