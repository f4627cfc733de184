//! Certificate numbers: taken inside the registering transaction, without gaps or reuse.
//!
//! The run's row is locked by the update that counts it up, so two registrars wait for each other,
//! and a transaction that is rolled back gives its number back with everything else. A database
//! sequence would not.

use super::act::{Act, add};
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

/// What a certificate is made of.
#[derive(Clone, Copy, Debug)]
pub struct Paper<'a> {
    /// Its number.
    pub number: &'a str,
    /// `MARRIAGE`, `DIVORCE`, `MARRIAGE_REPLACEMENT` or `DIVORCE_REPLACEMENT`.
    pub kind: &'a str,
    /// Person token.
    pub holder: &'a str,
    /// The record it certifies.
    pub record: Uuid,
    /// The certificate it replaces.
    pub replaces: Option<Uuid>,
    /// The registry that issues it.
    pub registry: Uuid,
}

/// Issues a certificate; it is printed later or at once.
pub async fn issue(
    tx: &impl ConnectionTrait,
    paper: Paper<'_>,
    on: chrono::NaiveDate,
    print_no: Option<&str>,
) -> Result<certificate::Model> {
    let row = certificate::Model {
        id: crate::kit::id::new(),
        number: paper.number.to_owned(),
        kind: paper.kind.to_owned(),
        holder: paper.holder.to_owned(),
        record_id: paper.record,
        issued_on: on,
        state: "ISSUED".to_owned(),
        print_no: print_no.map(str::to_owned),
        replaces: paper.replaces,
        registry_id: Some(paper.registry),
    };
    add!(tx, certificate, row.clone())?;
    Ok(row)
}

/// Takes the certificates in force of a record out of force.
pub async fn cancel(tx: &impl ConnectionTrait, record: Uuid, state: &str) -> Result<()> {
    certificate::Entity::update_many()
        .col_expr(certificate::Column::State, Expr::value(state))
        .filter(certificate::Column::RecordId.eq(record))
        .filter(certificate::Column::State.eq("ISSUED"))
        .exec(tx)
        .await?;
    Ok(())
}

/// Puts the certificates of a record back in force that its end had taken out of force; those that were
/// replaced stay replaced.
pub async fn reinstate(tx: &impl ConnectionTrait, record: Uuid) -> Result<()> {
    certificate::Entity::update_many()
        .col_expr(certificate::Column::State, Expr::value("ISSUED"))
        .filter(certificate::Column::RecordId.eq(record))
        .filter(certificate::Column::State.eq("CANCELLED"))
        .exec(tx)
        .await?;
    Ok(())
}

/// Enters the numbers of the printed forms, one for each holder. A form is used once.
pub async fn print(act: &Act<'_>, record: Uuid, forms: &[(&str, &str)]) -> Result<()> {
    for (holder, form) in forms {
        let wanted = form.trim();
        let used = certificate::Entity::find()
            .filter(certificate::Column::PrintNo.eq(wanted))
            .one(act.tx)
            .await?;
        if wanted.is_empty() || wanted.len() > 32 || used.is_some() {
            return Err(Refusal::by_form(
                "PRINT_NUMBER_UNUSABLE",
                "The number of a printed form is missing or was used before.",
                "证件印制号缺失或已使用。",
            )
            .at(&["input", "printNumbers"])
            .into());
        }
        let printed = certificate::Entity::update_many()
            .col_expr(certificate::Column::PrintNo, Expr::value(wanted))
            .filter(certificate::Column::RecordId.eq(record))
            .filter(certificate::Column::Holder.eq(*holder))
            .filter(certificate::Column::State.eq("ISSUED"))
            .filter(certificate::Column::PrintNo.is_null())
            .exec(act.tx)
            .await?;
        if printed.rows_affected != 1 {
            return Err(Error::Conflict);
        }
    }
    Ok(())
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
