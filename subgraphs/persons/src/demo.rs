//! The ten thousand invented persons of a province, the old numbers of a few of them, and cases about
//! identities: one that waits for its second officer, one that was carried out, one about a doubt.

use std::sync::Arc;

use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, sea_query::OnConflict};

use crate::{
    kit::{
        Error, Result, Services, citizen_id,
        database::insert_many,
        demo::{self, DemoPerson},
        id, identity,
        seal::Columns,
        vault::Identity,
    },
    model::{
        identity_case,
        person::{self, ActiveModel},
        terms::{AliasReason, CaseKind, IdKind, IdentityCaseState, IdentityStatus},
    },
    rules::checked,
    service::{columns, intake},
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
                    let columns = services
                        .columns
                        .for_writing(tx, services.clock.now())
                        .await?;
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
    old_numbers(services).await?;
    cases(services).await
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
                let columns = services
                    .columns
                    .for_writing(tx, services.clock.now())
                    .await?;
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
        &columns::ID_NUMBER,
        alias.as_str(),
        &old,
    )?));
    row.name = Set(Some(columns.encrypt(
        &columns::NAME,
        alias.as_str(),
        &person.name,
    )?));
    row.token = Set(alias.0);
    row.alias_of = Set(Some(main.0));
    row.id_kind = Set(IdKind::OldCitizenId);
    row.status = Set(IdentityStatus::Legacy);
    Ok(row)
}

/// A demonstration passport of Utopia, the state of the specimens of ICAO Doc 9303, and its case.
struct Passport {
    /// The story person whose passport it turns out to be.
    of: usize,
    kind: CaseKind,
    state: IdentityCaseState,
}

const PASSPORTS: [Passport; 3] = [
    Passport {
        of: 16,
        kind: CaseKind::Merge,
        state: IdentityCaseState::Proposed,
    },
    Passport {
        of: 17,
        kind: CaseKind::Merge,
        state: IdentityCaseState::Done,
    },
    Passport {
        of: 18,
        kind: CaseKind::Status,
        state: IdentityCaseState::Proposed,
    },
];

/// The county whose officers the story's cases belong to.
fn county(province: &str) -> &'static str {
    match province {
        "51" => "510118",
        "32" => "320302",
        "35" => "350112",
        _ => "361103",
    }
}

async fn cases(services: &Services) -> Result<()> {
    let job = Arc::new(services.clone());
    services
        .db
        .write(move |tx| {
            let services = Arc::clone(&job);
            Box::pin(async move {
                let columns = services
                    .columns
                    .for_writing(tx, services.clock.now())
                    .await?;
                for passport in &PASSPORTS {
                    let (row, case) = passport_case(&services, &columns, passport)?;
                    let there = identity_case::Entity::find_by_id(case.id).one(tx).await?;
                    if there.is_none() {
                        person::Entity::insert(row)
                            .exec_without_returning(tx)
                            .await?;
                        let case: identity_case::ActiveModel = case.into();
                        identity_case::Entity::insert(case)
                            .exec_without_returning(tx)
                            .await?;
                    }
                }
                Ok(())
            })
        })
        .await
}

fn passport_case(
    services: &Services,
    columns: &Columns,
    passport: &Passport,
) -> Result<(ActiveModel, identity_case::Model)> {
    let province = services.province.as_str();
    let owner = demo::person(province, passport.of);
    let now = services.clock.now();
    let number = identity::read(
        &format!("UTO:D{province}9901{:02}", passport.of),
        services.clock.today(),
    )
    .map_err(|_| Error::internal("a demonstration passport is not valid"))?;
    let token = services
        .tokenizer
        .token_of(&number)
        .ok_or_else(|| Error::internal("a passport without a token"))?
        .into_made();
    let main = services.tokenizer.demo(&owner).0;
    let id = id::derived("identity-case", &format!("{province} {}", passport.of));
    let done = passport.state == IdentityCaseState::Done;
    let merge = passport.kind == CaseKind::Merge;
    let known = Identity::of(&number, &owner.name);
    let status = if merge {
        IdentityStatus::Declared
    } else {
        IdentityStatus::Disputed
    };
    let mut row = intake::row(columns, &token, &known, &number, status, now)?;
    if done {
        row.alias_of = Set(Some(main.clone()));
        row.alias_case = Set(Some(id));
        row.version = Set(2);
    }
    let reason = if merge {
        "护照与身份证为同一人（示例）"
    } else {
        "姓名写法不一致，已核对（示例）"
    };
    let case = identity_case::Model {
        id,
        kind: passport.kind,
        state: passport.state,
        person: token,
        into: merge.then_some(main),
        cause: merge.then_some(AliasReason::Merge),
        to_status: (!merge).then_some(IdentityStatus::Verified),
        merge: None,
        moved: done.then(|| "[]".to_owned()),
        reason: columns.encrypt(&columns::CASE_REASON, &id.to_string(), reason)?,
        division: county(province).to_owned(),
        proposed_by: "registrar:demo-registrar".to_owned(),
        proposed_person: None,
        // Long enough ago to be in order, too short to have waited in vain.
        proposed_at: now - chrono::Duration::hours(passport.of as i64),
        decided_by: done.then(|| "supervisor:demo-supervisor".to_owned()),
        decided_at: done.then_some(now - chrono::Duration::hours(1)),
        version: if done { 2 } else { 1 },
    };
    Ok((row, case))
}
