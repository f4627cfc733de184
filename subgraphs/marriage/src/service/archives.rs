//! Archive files 档案: where the papers of an act are, and how they are found again: by the number
//! in whatever form, by the name of the place on that day, by person.

use super::act::{Act, add};
use crate::kit::divisions::Divisions;
use crate::kit::{Error, Result};
use crate::model::{archive_file, certificate, divorce_record, marriage_record};
use crate::rules::archive::{Retention, once, retain_until};
use crate::rules::certificate::CertificateNumber;
use chrono::{Datelike, NaiveDate};
use sea_orm::{ColumnTrait, Condition, QueryFilter};
use sea_orm::{EntityTrait, Select};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// The papers as they are put on the shelf.
#[derive(Clone, Debug, Serialize)]
pub struct Papers {
    /// Volume.
    pub volume: String,
    /// Pages.
    pub pages: i32,
    /// Reference to the scan.
    pub digital_ref: Option<String>,
    /// SHA-256 of the scan, hexadecimal.
    pub digest: Option<String>,
    /// Of lasting value.
    pub permanent: bool,
}

/// An act that left papers.
struct Shelved<'a> {
    kind: &'a str,
    record: Uuid,
    registry: Uuid,
    county: Uuid,
    couple: (&'a str, &'a str),
    number: String,
    on: NaiveDate,
}

/// Puts the papers of a marriage on the shelf.
pub async fn shelve_marriage(act: &Act<'_>, record: Uuid, papers: &Papers) -> Result<Uuid> {
    let row = marriage_record::Entity::find_by_id(record)
        .one(act.tx)
        .await?
        .ok_or(Error::NotFound)?;
    let registry = row.registry_id.ok_or(Error::NotFound)?;
    let number = row
        .certificate_no
        .clone()
        .or(row.legacy_no.clone())
        .unwrap_or_default();
    let shelved = Shelved {
        kind: "MARRIAGE",
        record,
        registry,
        county: row.county_id,
        couple: (&row.man, &row.woman),
        number,
        on: row.registered_on,
    };
    shelve(act, &shelved, papers).await
}

/// Puts the papers of a divorce on the shelf.
pub async fn shelve_divorce(
    act: &Act<'_>,
    record: Uuid,
    couple: (&str, &str),
    papers: &Papers,
) -> Result<Uuid> {
    let row = divorce_record::Entity::find_by_id(record)
        .one(act.tx)
        .await?
        .ok_or(Error::NotFound)?;
    let shelved = Shelved {
        kind: "DIVORCE",
        record,
        registry: row.registry_id,
        county: row.county_id,
        couple,
        number: row.certificate_no.clone(),
        on: row.registered_on,
    };
    shelve(act, &shelved, papers).await
}

/// A replacement and its papers.
#[derive(Clone, Debug, Serialize)]
pub struct ShelveReplacement {
    /// The registry that replaced it.
    pub registry: Uuid,
    /// The new certificate.
    pub certificate: Uuid,
    /// The file.
    pub file: Papers,
}

/// M-24: puts the papers of a replacement on the shelf of the registry that made it, once.
///
/// # Errors
/// `NotFound` for a certificate that replaces none, or that another registry replaced.
pub async fn shelve_replacement(act: Act<'_>, what: &ShelveReplacement) -> Result<Uuid> {
    let registry = act.office(what.registry).await?;
    let made = certificate::Entity::find_by_id(what.certificate)
        .one(act.tx)
        .await?
        .ok_or(Error::NotFound)?;
    // Of one that was issued before it was noted by whom, the number tells the county.
    let here = match made.registry_id {
        Some(issuer) => issuer == registry.id,
        None => CertificateNumber::parse(&made.number)
            .is_ok_and(|number| number.code == registry.county_code),
    };
    let marriage = match made.kind.as_str() {
        "MARRIAGE_REPLACEMENT" if here => made.record_id,
        "DIVORCE_REPLACEMENT" if here => divorce_record::Entity::find_by_id(made.record_id)
            .one(act.tx)
            .await?
            .map(|divorce| divorce.marriage_id)
            .ok_or(Error::NotFound)?,
        _ => return Err(Error::NotFound),
    };
    let record = marriage_record::Entity::find_by_id(marriage)
        .one(act.tx)
        .await?
        .ok_or(Error::NotFound)?;
    let there = archive_file::Entity::find()
        .filter(archive_file::Column::RecordKind.eq(REPLACEMENT))
        .filter(archive_file::Column::RecordId.eq(made.id))
        .one(act.tx)
        .await?;
    act.unless(once(there.is_some()).into_iter().collect())?;
    let shelved = Shelved {
        kind: REPLACEMENT,
        record: made.id,
        registry: registry.id,
        county: registry.county_id,
        couple: (&record.man, &record.woman),
        number: made.number.clone(),
        on: made.issued_on,
    };
    shelve(&act, &shelved, &what.file).await
}

/// What a file of a replacement is about.
const REPLACEMENT: &str = "REPLACEMENT";

/// The files of a person's own marriages, divorces and replacements; to be paged.
#[must_use]
pub fn of_person(person: &str) -> Select<archive_file::Entity> {
    archive_file::Entity::find().filter(
        Condition::any()
            .add(archive_file::Column::Man.eq(person))
            .add(archive_file::Column::Woman.eq(person)),
    )
}

async fn shelve(act: &Act<'_>, what: &Shelved<'_>, papers: &Papers) -> Result<Uuid> {
    let retention = if papers.permanent {
        Retention::Permanent
    } else {
        Retention::LongTerm
    };
    let row = archive_file::Model {
        id: crate::kit::id::new(),
        record_kind: what.kind.to_owned(),
        record_id: what.record,
        registry_id: what.registry,
        man: what.couple.0.to_owned(),
        woman: what.couple.1.to_owned(),
        number: what.number.clone(),
        place_then: place_then(&act.caller.divisions, what.county, &what.number),
        year: what.on.year(),
        volume_no: papers.volume.clone(),
        pages: papers.pages,
        digital_ref: papers.digital_ref.clone(),
        digest: papers.digest.clone(),
        retention: retention.as_str().to_owned(),
        retain_until: retain_until(retention, what.on, act.today()),
        archived_on: act.today(),
    };
    let id = row.id;
    add!(act.tx, archive_file, row)?;
    act.leave(
        "ArchiveFile",
        id,
        None,
        "ARCHIVED",
        json!({ "record": what.record }),
    )
    .await?;
    Ok(id)
}

/// The name of the division as the certificate's code says it, or else today's; a code that was given since the
/// program was made is known by what was told.
#[must_use]
pub fn place_then(divisions: &Divisions, county: Uuid, number: &str) -> String {
    let dataset = crate::kit::divisions::dataset();
    let by_number = CertificateNumber::parse(number).ok().and_then(|n| {
        let then = dataset.historic_at(&n.code, u32::from(n.year));
        let then = then.map(|then| then.name.clone());
        then.or_else(|| divisions.by_code(&n.code).map(|now| now.name.clone()))
    });
    by_number
        .or_else(|| {
            divisions
                .by_id(&county)
                .map(|division| division.name.clone())
        })
        .unwrap_or_default()
}

/// How files are sought; at least one must be given.
#[derive(Clone, Debug, Default)]
pub struct Sought {
    /// The number on the certificate, in whatever form.
    pub number: Option<String>,
    /// The name of the place on that day.
    pub place: Option<String>,
    /// Year of the act.
    pub year: Option<i32>,
    /// Person token of either.
    pub person: Option<String>,
}

/// The files sought; none when nothing narrows the search.
#[must_use]
pub fn search(what: &Sought) -> Option<Select<archive_file::Entity>> {
    use archive_file::Column;
    if what.number.is_none()
        && what.person.is_none()
        && (what.place.is_none() || what.year.is_none())
    {
        return None;
    }
    let mut select = archive_file::Entity::find();
    if let Some(number) = &what.number {
        select = select.filter(Column::Number.eq(number));
    }
    if let Some(place) = &what.place {
        select = select.filter(Column::PlaceThen.eq(place));
    }
    if let Some(year) = what.year {
        select = select.filter(Column::Year.eq(year));
    }
    if let Some(person) = &what.person {
        let either = Condition::any()
            .add(Column::Man.eq(person))
            .add(Column::Woman.eq(person));
        select = select.filter(either);
    }
    Some(select)
}
