//! Archive files 档案: where the papers of an act are, and how they are found again: by the number
//! in whatever form, by the name of the place on that day, by person.

use super::act::{Act, add};
use crate::kit::{Error, Result};
use crate::model::{archive_file, divorce_record, marriage_record};
use crate::rules::archive::{Retention, retain_until};
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
        place_then: place_then(what.county, &what.number),
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

/// The name of the division as the certificate's code says it, or else today's.
#[must_use]
pub fn place_then(county: Uuid, number: &str) -> String {
    let dataset = crate::kit::divisions::dataset();
    crate::rules::certificate::CertificateNumber::parse(number)
        .ok()
        .and_then(|n| {
            dataset
                .historic_at(&n.code, u32::from(n.year))
                .map(|then| then.name.clone())
        })
        .or_else(|| dataset.by_id(&county).map(|division| division.name.clone()))
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
