//! Certificate numbers: taken inside the registering transaction, without gaps or reuse.
//!
//! The run's row is locked by the update that counts it up, so two registrars wait for each other,
//! and a transaction that is rolled back gives its number back with everything else. A database
//! sequence would not.

use crate::kit::{Error, Result};
use crate::model::{certificate, certificate_run};
use crate::rules::Refusal;
use crate::rules::certificate::{CertificateNumber, LAST_SERIAL, Prefix};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use std::collections::HashMap;
use uuid::Uuid;

/// Takes the next number of a run. `code` is the division code valid on the day of issue.
pub async fn allocate(
    tx: &impl ConnectionTrait,
    prefix: Prefix,
    code: &str,
    year: i32,
) -> Result<CertificateNumber> {
    use certificate_run::{ActiveModel, Column, Entity};
    let last = Expr::col((Entity, Column::Last));
    let conflict = OnConflict::columns([Column::Prefix, Column::Code, Column::Year])
        .value(Column::Last, last.clone().add(1))
        .action_and_where(last.lt(i32::try_from(LAST_SERIAL).unwrap_or(i32::MAX)))
        .to_owned();
    let taken = Entity::insert(ActiveModel {
        prefix: Set(prefix.letters().to_owned()),
        code: Set(code.to_owned()),
        year: Set(year),
        last: Set(1),
    })
    .on_conflict(conflict)
    .exec_without_returning(tx)
    .await?;
    if taken != 1 {
        return Err(Refusal::by_form(
            "CERTIFICATE_NUMBERS_EXHAUSTED",
            "The certificate numbers of this division and year are exhausted.",
            "该行政区划当年的证件编号已用尽。",
        )
        .into());
    }
    // The row is ours until the end of the transaction: what we read is what we wrote.
    let row = Entity::find_by_id((prefix.letters().to_owned(), code.to_owned(), year))
        .one(tx)
        .await?
        .ok_or_else(|| Error::internal("a certificate run vanished"))?;
    Ok(CertificateNumber {
        prefix,
        code: code.to_owned(),
        year: u16::try_from(year).map_err(|_| Error::internal("year of a certificate"))?,
        serial: u32::try_from(row.last).map_err(|_| Error::internal("serial of a certificate"))?,
    })
}

/// The certificates that certify each of these records, in one statement.
pub async fn of_records(
    db: &impl ConnectionTrait,
    records: &[Uuid],
) -> Result<HashMap<Uuid, Vec<certificate::Model>>> {
    let rows = certificate::Entity::find()
        .filter(certificate::Column::RecordId.is_in(records.iter().copied()))
        .all(db)
        .await?;
    let mut found: HashMap<Uuid, Vec<certificate::Model>> = HashMap::new();
    for row in rows {
        found.entry(row.record_id).or_default().push(row);
    }
    Ok(found)
}
